/* store/heads: a journal whose changes are written after every fourth, and opened
 * again and again, judges as a list in memory does; and the records make its tables. */
#include "support/ingest_fixture.h"

#include "base/cleanup.h"
#include "ingest/audit.h"
#include "store/history.h"

enum { KEYS = 9, ROUNDS = 250, EACH = 4, PAST_MOST = 400 };

struct record {
        struct qf_head head;
        struct qf_head past[PAST_MOST];
        uint32_t past_count;
};

static struct record records[KEYS];
static uint64_t drawn = 1;

static uint32_t draw(uint32_t below)
{
        drawn = drawn * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (uint32_t)(drawn >> 33) % below;
}

static void fill_content(uint8_t content[QF_CONTENT_BYTES], uint32_t attendances)
{
        memset(content, 0, QF_CONTENT_BYTES);
        qf_put_le32(content, attendances);
}

static void look_back(const struct record *record, const struct qf_statement *statement,
                      enum qf_past *ret_past, bool *ret_content)
{
        bool withdraws = statement->action == QF_WITHDRAW;
        for (uint32_t i = 0; i < record->past_count; i++) {
                const struct qf_head *past = &record->past[i];
                bool same = memcmp(past->content, statement->content, QF_CONTENT_BYTES) == 0;
                *ret_content |= same;
                if (past->revision == statement->revision)
                        *ret_past = (withdraws ? past->state == QF_HEAD_WITHDRAWN
                                               : past->state == QF_HEAD_LIVE && same)
                                            ? QF_PAST_SAME
                                            : QF_PAST_OTHER;
        }
}

static struct qf_verdict judge(struct record *record, enum qf_action action, uint32_t revision,
                               uint32_t attendances)
{
        uint8_t content[QF_CONTENT_BYTES];
        struct qf_statement statement = {.action = (uint8_t)action, .revision = revision, .content = content};
        enum qf_past past = QF_PAST_NEVER;
        bool past_content = false;
        fill_content(content, action == QF_WITHDRAW ? 0 : attendances); /* a withdrawal states nothing */
        look_back(record, &statement, &past, &past_content);
        struct qf_judgement judgement = qf_statement_judge(&record->head, &statement, past, past_content);
        struct qf_head said = {.state = action == QF_WITHDRAW ? QF_HEAD_WITHDRAWN : QF_HEAD_LIVE,
                               .revision = judgement.revision};
        memcpy(said.content, content, sizeof content);
        if (judgement.adds_history)
                record->past[record->past_count++] = said;
        if (!judgement.moves_head)
                return judgement.verdict;
        if (record->head.state != QF_HEAD_NONE)
                record->past[record->past_count++] = record->head;
        if (action == QF_WITHDRAW) /* it keeps what it withdrew */
                memcpy(said.content, record->head.content, sizeof said.content);
        record->head = said;
        return judgement.verdict;
}

/* Some statements in one batch, half of the time one group with the batch before. */
static void say_some(struct ingest_fixture *fixture, uint64_t first, bool alone)
{
        static const enum qf_action actions[] = {QF_CREATE, QF_REPLACE, QF_REPLACE, QF_REPLACE, QF_WITHDRAW};
        struct qf_verdict wanted[EACH];
        struct qf_from_partner send = send_of(1, first);
        for (unsigned i = 0; i < EACH; i++) {
                char key[16];
                uint32_t at = draw(KEYS), revision = draw(2) ? 0 : 1 + draw(records[at].head.revision + 2);
                enum qf_action action = actions[draw(5)];
                uint32_t attendances = 1 + draw(3);
                (void)snprintf(key, sizeof key, "K%u", at);
                put_activity(fixture, action, key, revision, attendances, "HX");
                wanted[i] = judge(&records[at], action, revision, attendances);
        }
        end_body(fixture, &send);
        if (!alone) {
                say(fixture, "hx.a", &send);
                return;
        }
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        uint32_t at = (uint32_t)(first - answer->first); /* it may answer the batch before as well */
        for (unsigned i = 0; i < EACH; i++) {
                assert_int_equal(verdict_at(answer, at + i).class, wanted[i].class);
                assert_int_equal(verdict_at(answer, at + i).code, wanted[i].code);
        }
}

static void note(void *ctx, const struct qf_audit_finding *finding)
{
        unsigned *count = ctx;
        (void)finding;
        ++*count;
}

static void judged_as_a_list_in_memory_judges(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_audit_report report;
        unsigned found = 0;
        char scratch[128];
        for (uint64_t round = 0; round < ROUNDS; round++) {
                say_some(fixture, 1 + round * EACH, round % 2 == 1);
                if (round % 6 == 5)
                        fixture_reopen(fixture);
        }
        turn(fixture);
        assert_true(qf_group_committed(qf_ingest_group(fixture->ingest))->heads_through > 0);
        const struct qf_audit_calls calls = {.ctx = &found, .found = note};
        (void)temporary_in(&fixture->temporary, "scratch", scratch, sizeof scratch);
        assert_int_equal(qf_audit(fixture->directory, scratch, "", &calls, &report), 0);
        assert_int_equal(found, 0);
        assert_int_equal(report.judged, report.last);
}

enum { CHANGES = 20000 };

/* Each eighth says what one of those before it said. */
static void draw_content(uint32_t change, uint8_t content[QF_CONTENT_BYTES])
{
        const uint64_t of = change % 8 == 7 ? change - 5 : change;
        for (uint32_t i = 0; i < QF_CONTENT_BYTES; i += 8)
                qf_put_le64(content + i, (of + i + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

static bool had(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                const uint8_t content[QF_CONTENT_BYTES])
{
        bool yes = false;
        assert_int_equal(qf_history_had(txn, key, standing, content, &yes), 0);
        return yes;
}

/* The group stays open; ret_standing is what stands in the end. */
static struct qf_txn *change_often(struct ingest_fixture *fixture, const struct qf_head_key *key,
                                   struct qf_head *ret_standing)
{
        struct qf_group *group = qf_ingest_group(fixture->ingest);
        struct qf_head standing = {.state = QF_HEAD_LIVE, .revision = 2, .position = 1};
        draw_content(0, standing.content);
        assert_int_equal(qf_group_begin(group, fixture->now_ms), 0);
        struct qf_txn *txn = qf_group_txn(group);
        assert_int_equal(qf_heads_insert(qf_group_heads(group), txn, key, &standing, ret_standing), 0);
        for (uint32_t i = 1; i <= CHANGES; i++) {
                struct qf_head head = standing;
                head.revision = 2 + 2 * i;
                head.position = 1 + i / 64;
                head.index = i % 64;
                draw_content(i, head.content);
                assert_int_equal(qf_heads_change(qf_group_heads(group), txn, key, &standing, &head), 0);
                standing = head;
        }
        *ret_standing = standing;
        return txn;
}

/* A record that was changed twenty thousand times, each second revision jumped over: what is asked about each revision
 * and each content walks few rows, or these tests take minutes. */
static void each_revision_of_a_long_past_is_found(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_head standing, past;
        struct qf_head_key key;
        qf_head_key_pack(7, QF_VIEW("K"), 0, &key);
        struct qf_txn *txn = change_often(fixture, &key, &standing);
        for (uint32_t revision = 1; revision < standing.revision; revision++) {
                const bool was = revision % 2 == 0;
                assert_int_equal(qf_history_past(txn, &key, &standing, revision, &past),
                                 was ? 0 : QF_STORE_NONE);
                if (was)
                        assert_int_equal(past.revision, revision);
        }
        qf_group_undo(qf_ingest_group(fixture->ingest));
}

static void each_content_of_a_long_past_is_found(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_head standing;
        struct qf_head_key key;
        qf_head_key_pack(7, QF_VIEW("K"), 0, &key);
        struct qf_txn *txn = change_often(fixture, &key, &standing);
        for (uint32_t i = 0; i < CHANGES; i++) {
                uint8_t content[QF_CONTENT_BYTES];
                draw_content(i, content);
                assert_true(had(txn, &key, &standing, content));
                for (uint32_t bit = i % 7; bit < 8 * QF_CONTENT_BYTES; bit += 41) {
                        content[bit / 8] ^= (uint8_t)(1u << bit % 8);
                        assert_false(had(txn, &key, &standing, content));
                        content[bit / 8] ^= (uint8_t)(1u << bit % 8);
                }
        }
        assert_false(had(txn, &key, &standing, standing.content)); /* it stands, and never stood before */
        qf_group_undo(qf_ingest_group(fixture->ingest));
}

static struct qf_view place_of(const struct qf_head *head, uint8_t ret_key[20])
{
        qf_put_be32(ret_key, UINT32_MAX);
        qf_put_be64(ret_key + 4, head->position);
        qf_put_be32(ret_key + 12, head->entry);
        qf_put_be32(ret_key + 16, head->index);
        return (struct qf_view){(const char *)ret_key, 20};
}

/* It would lead to itself for ever (found by fuzz.tables). */
static void row_of_another_place_is_damage(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_head standing, past;
        struct qf_head_key key;
        struct qf_view value;
        uint8_t last[20], before[20];
        qf_head_key_pack(7, QF_VIEW("K"), 0, &key);
        struct qf_txn *txn = change_often(fixture, &key, &standing);
        assert_int_equal(qf_history_past(txn, &key, &standing, standing.revision - 2, &past), 0);
        assert_int_equal(qf_txn_get(txn, QF_TABLE_HIST, place_of(&standing, last), &value), 0);
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer copy = {0};
        assert_int_equal(qf_buffer_append(&copy, value.at, value.len), 0);
        value = (struct qf_view){(const char *)copy.at, (uint32_t)copy.len};
        assert_int_equal(qf_txn_put(txn, QF_TABLE_HIST, place_of(&past, before), value), 0);
        assert_int_equal(qf_history_past(txn, &key, &standing, standing.revision - 4, &past),
                         QF_STORE_DAMAGED);
        qf_group_undo(qf_ingest_group(fixture->ingest));
}

static void each_content_that_was_said_late_is_found(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_group *group = qf_ingest_group(fixture->ingest);
        struct qf_head standing = {.state = QF_HEAD_LIVE, .revision = CHANGES + 1, .position = 1}, past;
        struct qf_head_key key;
        qf_head_key_pack(7, QF_VIEW("K"), 0, &key);
        assert_int_equal(qf_group_begin(group, fixture->now_ms), 0);
        struct qf_txn *txn = qf_group_txn(group);
        for (uint32_t i = 1; i <= CHANGES; i++) {
                struct qf_head late = {.state = QF_HEAD_LIVE, .revision = i, .position = 2 + i};
                draw_content(i, late.content);
                assert_false(i % 8 != 7 && had(txn, &key, &standing, late.content));
                assert_int_equal(qf_history_put(txn, &key, &late), 0);
                assert_true(had(txn, &key, &standing, late.content));
                assert_int_equal(qf_history_past(txn, &key, &standing, i, &past), 0);
                assert_memory_equal(past.content, late.content, sizeof late.content);
        }
        qf_group_undo(group);
}

static int make(void **state)
{
        qf_heads_changes_most = 4;
        return fixture_setup(state);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(judged_as_a_list_in_memory_judges, make, fixture_teardown),
                cmocka_unit_test_setup_teardown(each_revision_of_a_long_past_is_found, make,
                                                fixture_teardown),
                cmocka_unit_test_setup_teardown(each_content_of_a_long_past_is_found, make, fixture_teardown),
                cmocka_unit_test_setup_teardown(row_of_another_place_is_damage, make, fixture_teardown),
                cmocka_unit_test_setup_teardown(each_content_that_was_said_late_is_found, make,
                                                fixture_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
