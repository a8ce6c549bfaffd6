/* ingest/judge: what is said of each event, and what it leaves behind in heads,
 * history and waiting ticks. */
#include "support/ingest_fixture.h"

#include "store/history.h"

static uint16_t code_of(struct ingest_fixture *fixture, uint8_t outbox, uint64_t number,
                        enum qf_action action, uint32_t revision, uint32_t attendances)
{
        struct qf_from_partner send = send_of(outbox, number);
        put_activity(fixture, action, "K", revision, attendances, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        struct qf_verdict verdict = verdict_at(answer, 0);
        return (uint16_t)(verdict.class * 1000 + verdict.code);
}

static void statements_are_judged_by_what_stands(void **state)
{
        struct ingest_fixture *fixture = *state;
        enum { DUPLICATE = QF_DUPLICATE * 1000, REJECTED = QF_REJECTED * 1000 };
        assert_int_equal(code_of(fixture, 1, 1, QF_REPLACE, 0, 5), REJECTED + QF_E143_NOTHING);
        assert_int_equal(code_of(fixture, 1, 2, QF_CREATE, 0, 5), 0);
        assert_int_equal(code_of(fixture, 1, 3, QF_CREATE, 0, 5), DUPLICATE);
        assert_int_equal(code_of(fixture, 1, 4, QF_CREATE, 0, 6), REJECTED + QF_E141_CONFLICT);
        assert_int_equal(code_of(fixture, 1, 5, QF_REPLACE, 0, 6), 0);
        assert_int_equal(code_of(fixture, 1, 6, QF_CREATE, 0, 5), DUPLICATE + QF_N102_SUPERSEDED);
        assert_int_equal(code_of(fixture, 1, 7, QF_REPLACE, 5, 7), 0);
        assert_int_equal(code_of(fixture, 1, 8, QF_REPLACE, 4, 9), QF_N103_HISTORY);
        assert_int_equal(code_of(fixture, 1, 9, QF_REPLACE, 4, 8), REJECTED + QF_E142_STALE);
        assert_int_equal(code_of(fixture, 1, 10, QF_WITHDRAW, 0, 0), 0);
        assert_int_equal(code_of(fixture, 1, 11, QF_WITHDRAW, 0, 0), DUPLICATE);
        assert_int_equal(code_of(fixture, 1, 12, QF_CREATE, 0, 7), DUPLICATE + QF_N104_WITHDRAWN_SINCE);
        assert_int_equal(code_of(fixture, 1, 13, QF_CREATE, 0, 77), REJECTED + QF_E144_WITHDRAWN);
        assert_int_equal(code_of(fixture, 1, 14, QF_REPLACE, 0, 7), 0);
}

/* Interleaving 7: five revisions in all 120 orders over two outboxes, each twice, the first once more. */
static void apply_order(struct ingest_fixture *fixture, const uint32_t order[5], uint32_t round)
{
        static const enum qf_action actions[6] = {0,          QF_CREATE,   QF_REPLACE,
                                                  QF_REPLACE, QF_WITHDRAW, QF_REPLACE};
        char key[16];
        struct qf_from_partner send = send_of((uint8_t)(1 + round % 2), 1 + round / 2 * 11);
        (void)snprintf(key, sizeof key, "R%u", round);
        for (uint32_t i = 0; i < 5; i++) {
                put_activity(fixture, actions[order[i]], key, order[i], order[i], "HX");
                put_activity(fixture, actions[order[i]], key, order[i], order[i], "HX");
        }
        put_activity(fixture, QF_CREATE, key, 1, 1, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        for (uint32_t i = 0; i < 5; i++) {
                assert_int_equal(verdict_at(answer, 2 * i).class, QF_ACCEPTED);
                assert_int_equal(verdict_at(answer, 2 * i + 1).class, QF_DUPLICATE);
        }
        assert_int_equal(verdict_at(answer, 10).code, QF_N102_SUPERSEDED);
}

static void revisions_in_every_order_end_alike(void **state)
{
        struct ingest_fixture *fixture = *state;
        uint32_t round = 0;
        for (uint32_t code = 0; code < 5 * 5 * 5 * 5 * 5; code++) {
                uint32_t order[5], seen = 0, left = code;
                for (uint32_t i = 0; i < 5; i++, left /= 5) {
                        order[i] = left % 5 + 1;
                        seen |= 1u << order[i];
                }
                if (seen == 0x3e)
                        apply_order(fixture, order, round++);
        }
        assert_int_equal(round, 120);
        struct qf_txn *txn = NULL;
        struct qf_head_key key;
        struct qf_head head;
        struct qf_group *group = qf_ingest_group(fixture->ingest);
        assert_int_equal(qf_group_read(group, &txn), 0);
        qf_head_key_pack(1, QF_VIEW("R77"), 0, &key);
        assert_int_equal(qf_heads_get(qf_group_heads(group), txn, &key, &head), 0);
        assert_int_equal(head.revision, 5);
        assert_int_equal(head.state, QF_HEAD_LIVE);
        for (uint32_t revision = 1; revision < 5; revision++) {
                struct qf_head past;
                assert_int_equal(qf_history_past(txn, &key, &head, revision, &past), 0);
                assert_int_equal(past.revision, revision);
        }
        qf_txn_abort(&txn);
}

static void ticks_wait_for_their_activity_and_are_taken(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = send_of(1, 1);
        for (int i = 0; i < 3; i++)
                put_tick(fixture, "T1", 1);
        put_tick(fixture, "T2", 1);
        put_tick(fixture, "T1", 1001);
        put_activity(fixture, QF_CREATE, "T1", 0, 0, "HX");
        put_tick(fixture, "T1", 1);
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->exceptions_count, 1);
        assert_int_equal(verdict_at(answer, 4).class, QF_REJECTED);
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_group_read(qf_ingest_group(fixture->ingest), &txn), 0);
        assert_int_equal(qf_txn_rows(txn, QF_TABLE_TICKKEY), 2); /* T2, and how many */
        qf_txn_abort(&txn);
}

/* Interleaving 9, ingest's part: quarantined, mended, and the organisation added. */
static void quarantined_event_touches_no_head(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = send_of(1, 1);
        put_activity(fixture, QF_CREATE, "M", 0, 5, "NEW");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(verdict_at(answer, 0).code, QF_Q104_UNKNOWN_ORG);
        assert_true(answer->details_count == 1 && qf_view_same(answer->details[0].got, QF_VIEW("NEW")));
        send = send_of(1, 2);
        put_activity(fixture, QF_CREATE, "M", 0, 5, "HX");
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "hx.a", &send)->exceptions_count, 0);
}

/* So many creates of an organisation that is not there, a batch at a time; gives how many were set aside. */
static uint32_t set_aside(struct ingest_fixture *fixture, const char *source, uint8_t outbox, uint64_t number,
                          uint32_t first, uint32_t count)
{
        uint32_t aside = 0;
        for (uint32_t done = 0; done < count;) {
                struct qf_from_partner send = send_of(outbox, number + done);
                uint32_t end = count - done < 2500 ? count : done + 2500;
                char key[16];
                for (; done < end; done++) {
                        (void)snprintf(key, sizeof key, "Q%05u", first + done);
                        put_activity(fixture, QF_CREATE, key, 0, 5, "NEW");
                }
                end_body(fixture, &send);
                const struct qf_to_partner *answer = ask(fixture, source, &send);
                for (uint32_t i = 0; i < send.count; i++) {
                        const struct qf_verdict verdict = verdict_at(answer, i);
                        assert_true(verdict.code == QF_Q104_UNKNOWN_ORG ||
                                    verdict.code == QF_E199_QUARANTINE_FULL);
                        assert_int_equal(verdict.class,
                                         verdict.code == QF_Q104_UNKNOWN_ORG ? QF_QUARANTINED : QF_REJECTED);
                        aside += verdict.code == QF_Q104_UNKNOWN_ORG;
                }
        }
        return aside;
}

static void ten_thousand_of_a_source_are_set_aside(void **state)
{
        struct ingest_fixture *fixture = *state;
        assert_int_equal(set_aside(fixture, "hx.a", 1, 1, 0, 9999), 9999);
        assert_int_equal(set_aside(fixture, "hx.a", 1, 10000, 0, 2500), 2500); /* the same ones again */
        assert_int_equal(set_aside(fixture, "hx.a", 1, 12500, 9999, 3), 1);
        assert_int_equal(set_aside(fixture, "qp.a", 2, 1, 0, 3), 3); /* others' are their own */
        fixture_reopen(fixture);
        assert_int_equal(set_aside(fixture, "hx.a", 1, 12503, 10002, 2), 0);
        /* What is mended makes room: taken under the same key, whatever else is said of it. */
        struct qf_from_partner send = send_of(1, 12505);
        put_activity(fixture, QF_CREATE, "Q00007", 0, 5, "HX");
        put_activity(fixture, QF_CREATE, "Q00007", 0, 6, "HX");
        put_activity(fixture, QF_CREATE, "Q00008", 0, 5, "QP");
        put_tick(fixture, "Q00009", 1);
        put_activity(fixture, QF_CREATE, "other", 0, 5, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(verdict_at(answer, 1).code, QF_E141_CONFLICT);
        assert_int_equal(verdict_at(answer, 2).code, QF_E103_NOT_YOURS);
        assert_int_equal(set_aside(fixture, "hx.a", 1, 12510, 10010, 3), 1);
}

static void sender_must_be_entitled_to_what_stands(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_view org = QF_VIEW("QP");
        struct qf_source_key key = {0};
        struct qf_register desk = {.code = QF_VIEW("hx.desk"),
                                   .parent =
                                           QF_VIEW("HX"), /* of the same partner, for another organisation */
                                   .roles = QF_ROLE_FEED,
                                   .orgs_count = 1,
                                   .orgs = &org,
                                   .keys_count = 1,
                                   .keys = &key};
        struct qf_from_partner office = send_of(0xee, 7), send = send_of(1, 1);
        key_of("hx.desk", key.public_key);
        put_register(fixture, QF_KIND_SOURCE, &desk);
        end_body(fixture, &office);
        assert_int_equal(ask(fixture, "office", &office)->exceptions_count, 0);
        put_activity(fixture, QF_CREATE, "K", 0, 5, "HX");
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "hx.a", &send)->exceptions_count, 0);
        send = send_of(2, 1);
        put_activity(fixture, QF_REPLACE, "K", 0, 5, "QP");
        put_activity(fixture, QF_WITHDRAW, "K", 0, 0, "QP");
        put_activity(fixture, QF_CREATE, "OWN", 0, 5, "QP");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.desk", &send);
        assert_int_equal(verdict_at(answer, 0).code, QF_E103_NOT_YOURS);
        assert_int_equal(verdict_at(answer, 1).code, QF_E103_NOT_YOURS);
        assert_int_equal(verdict_at(answer, 2).class, QF_ACCEPTED);
}

static void put_dated(struct ingest_fixture *fixture, enum qf_action action, const char *key, uint32_t date)
{
        struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                 .action = (uint8_t)action,
                                 .key = qf_view_of(key),
                                 .date = date,
                                 .sessions = 1};
        struct qf_pair value = {QF_VIEW("org"), QF_VIEW("MV")};
        put_event(fixture, &event, &value, action == QF_WITHDRAW ? 0 : 1);
}

/* MV is below HX until 1 June 2023. Corrections are judged by the date that stands and by the one that is stated. */
static void what_moved_away_is_mended_by_the_date_that_stands(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_move moves[] = {{.from = 20230601, .parent = QF_VIEW("QP")}};
        struct qf_register member = {
                .dimension = QF_VIEW("org"), .code = QF_VIEW("MV"), .parent = QF_VIEW("HX"), .moves = moves};
        struct qf_from_partner office = send_of(0xee, 7), send = send_of(1, 1);
        put_register(fixture, QF_KIND_MEMBER, &member);
        end_body(fixture, &office);
        assert_int_equal(ask(fixture, "office", &office)->exceptions_count, 0);
        put_dated(fixture, QF_CREATE, "OLD", 20230531);
        put_dated(fixture, QF_CREATE, "NEW", 20230601);
        put_dated(fixture, QF_CREATE, "GONE", 20230601);
        put_dated(fixture, QF_WITHDRAW, "GONE", 0);
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "hx.a", &send)->exceptions_count, 0);
        office = send_of(0xee, 8);
        member.moves_count = 1;
        put_register(fixture, QF_KIND_MEMBER, &member);
        end_body(fixture, &office);
        assert_int_equal(ask(fixture, "office", &office)->exceptions_count, 0);
        fixture_reopen(fixture); /* the registers' history comes back from disk */

        static const struct {
                enum qf_action action;
                const char *key;
                uint32_t date, code;
        } rows[] = {{QF_REPLACE, "OLD", 20230601, QF_E103_NOT_YOURS},
                    {QF_REPLACE, "OLD", 20230530, 0},
                    {QF_REPLACE, "NEW", 20230531, QF_E103_NOT_YOURS},
                    {QF_WITHDRAW, "NEW", 0, QF_E103_NOT_YOURS},
                    {QF_CREATE, "NEWER", 20230602, QF_E103_NOT_YOURS},
                    {QF_CREATE, "OLDER", 20230500, 0},
                    {QF_WITHDRAW, "OLD", 0, 0},
                    {QF_REPLACE, "OLD", 20230529, 0},
                    {QF_REPLACE, "GONE", 20230531, QF_E103_NOT_YOURS}};
        enum { COUNT = sizeof rows / sizeof rows[0] };
        send = send_of(1, 5);
        for (size_t i = 0; i < COUNT; i++)
                put_dated(fixture, rows[i].action, rows[i].key, rows[i].date);
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        for (uint32_t i = 0; i < COUNT; i++)
                if (verdict_at(answer, i).code != rows[i].code)
                        fail_msg("row %u: code %u", i, verdict_at(answer, i).code);
        send = send_of(1, 1);
        put_dated(fixture, QF_CREATE, "NEW", 20230602);
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "qp.a", &send)->exceptions_count, 0); /* its own since */
}

static void late_is_said_by_the_time_of_receipt(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_register days = {.code = QF_VIEW("timely_days"), .value = QF_VIEW("10")};
        struct qf_from_partner office = send_of(0xee, 7), send = send_of(1, 1);
        put_register(fixture, QF_KIND_SETTING, &days);
        end_body(fixture, &office);
        assert_int_equal(ask(fixture, "office", &office)->exceptions_count, 0);
        put_activity(fixture, QF_CREATE, "K", 0, 5, "HX");
        put_activity(fixture, QF_CREATE, "K", 0, 5, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(verdict_at(answer, 0).class, QF_LATE);
        assert_int_equal(verdict_at(answer, 1).class, QF_DUPLICATE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* --- the office speaks for a partner ------------------------------------ */

static struct qf_verdict office_says(struct ingest_fixture *fixture, const char *source, const char *partner,
                                     uint64_t number, const struct qf_event *event, const char *org)
{
        const struct qf_pair value = {QF_VIEW("org"), qf_view_of(org)};
        struct qf_from_partner send = send_of((uint8_t)source[0], number);
        qf_body_writer_set_partner(fixture->writer, qf_view_of(partner));
        put_event(fixture, event, &value, event->action >= QF_WITHDRAW ? 0 : 1);
        end_body(fixture, &send);
        qf_body_writer_set_partner(fixture->writer, QF_VIEW(""));
        const struct qf_to_partner *answer = ask(fixture, source, &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        return verdict_at(answer, 0);
}

static struct qf_event statement_of(enum qf_action action, const char *key, const struct qf_words *words)
{
        return (struct qf_event){.kind = QF_KIND_ACTIVITY,
                                 .action = (uint8_t)action,
                                 .key = qf_view_of(key),
                                 .date = action >= QF_WITHDRAW ? 0 : 20230506,
                                 .words = words};
}

/* Set aside, said again by the office once the organisation is there, and known to its partner from then on. */
static void the_office_retries_and_drops_for_a_partner(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_words why = {.reason = QF_VIEW("registered")};
        struct qf_event create = statement_of(QF_CREATE, "K", NULL), drop = statement_of(QF_DROP, "K", &why);

        assert_int_equal(office_says(fixture, "hx.a", "", 1, &create, "new").class, QF_QUARANTINED);
        assert_int_equal(office_says(fixture, "office", "HX", 1, &drop, "").code, QF_N105_DROPPED);
        assert_int_equal(office_says(fixture, "office", "HX", 2, &drop, "").class, QF_DUPLICATE);
        drop.words = NULL;
        assert_int_equal(office_says(fixture, "office", "HX", 3, &drop, "").code, QF_E109_MISSING);
        assert_int_equal(office_says(fixture, "hx.a", "", 2, &create, "new").class, QF_QUARANTINED);

        struct qf_from_partner send = send_of(0xee, 7);
        put_org(fixture, "new");
        end_body(fixture, &send);
        (void)ask(fixture, "office", &send);
        assert_int_equal(office_says(fixture, "hx.a", "", 3, &create, "new").code, QF_E103_NOT_YOURS);
        assert_int_equal(office_says(fixture, "office", "HX", 4, &create, "new").class, QF_ACCEPTED);
        drop.words = &why; /* nothing is open any more */
        assert_int_equal(office_says(fixture, "office", "HX", 5, &drop, "").class, QF_DUPLICATE);
}

static void nobody_else_speaks_for_a_partner(void **state)
{
        struct ingest_fixture *fixture = *state;
        const struct qf_words why = {.reason = QF_VIEW("mine")};
        struct qf_event create = statement_of(QF_CREATE, "K", NULL), drop = statement_of(QF_DROP, "K", &why);

        assert_int_equal(office_says(fixture, "qp.a", "HX", 1, &create, "HX").code, QF_E103_NOT_YOURS);
        assert_int_equal(office_says(fixture, "qp.a", "HX", 2, &drop, "HX").code, QF_E103_NOT_YOURS);
        assert_int_equal(office_says(fixture, "office", "nobody", 1, &create, "HX").code, QF_E103_NOT_YOURS);
        assert_int_equal(office_says(fixture, "hx.a", "", 1, &drop, "HX").code, QF_E101_NOT_A_NUMBER);
        /* The same number for another partner is another event. */
        assert_int_equal(office_says(fixture, "office", "HX", 2, &create, "HX").class, QF_ACCEPTED);
        struct qf_from_partner send = send_of('o', 2);
        const struct qf_pair value = {QF_VIEW("org"), QF_VIEW("HX")};
        qf_body_writer_set_partner(fixture->writer, QF_VIEW("QP"));
        put_event(fixture, &create, &value, 1);
        end_body(fixture, &send);
        qf_body_writer_set_partner(fixture->writer, QF_VIEW(""));
        const struct qf_to_partner *answer = ask(fixture, "office", &send);
        assert_int_equal(answer->what, QF_REFUSED);
        assert_int_equal(answer->why, QF_REFUSED_FORKED);
}

/* Merged away is for good, but for the office. */
static void what_was_merged_returns_by_the_office_alone(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_event create = statement_of(QF_CREATE, "K", NULL),
                        replace = statement_of(QF_REPLACE, "K", NULL);
        struct qf_event merge = statement_of(QF_WITHDRAW, "K", NULL);

        merge.merged_into = QF_VIEW("QP/1");
        assert_int_equal(office_says(fixture, "hx.a", "", 1, &create, "HX").class, QF_ACCEPTED);
        assert_int_equal(office_says(fixture, "office", "HX", 1, &merge, "").class, QF_ACCEPTED);
        assert_int_equal(office_says(fixture, "hx.a", "", 2, &create, "HX").code, QF_N104_WITHDRAWN_SINCE);
        assert_int_equal(office_says(fixture, "hx.a", "", 3, &replace, "HX").code, QF_Q210_MERGED_AWAY);
        assert_int_equal(office_says(fixture, "office", "HX", 2, &replace, "HX").class, QF_ACCEPTED);
        assert_int_equal(office_says(fixture, "hx.a", "", 4, &replace, "HX").class, QF_DUPLICATE);
}

static const struct qf_to_partner *count_all_again(struct ingest_fixture *fixture, uint64_t number,
                                                   uint32_t records)
{
        struct qf_from_partner send = send_of(1, number);
        struct qf_words words = {.title = QF_VIEW("another title")};
        const struct qf_pair value = {QF_VIEW("org"), QF_VIEW("HX")};
        for (uint32_t i = 0; i < records; i++) {
                char key[16];
                (void)snprintf(key, sizeof key, "S%05u", i);
                struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                         .action = QF_CREATE,
                                         .key = qf_view_of(key),
                                         .date = 20230506,
                                         .sessions = 1,
                                         .attendances = i + 1 == records ? 6 : 5,
                                         .stated = QF_STATED_ATTENDANCES,
                                         .words = &words};
                put_event(fixture, &event, &value, 1);
        }
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        for (uint32_t i = 0; i < records; i++)
                assert_int_equal(verdict_at(answer, i).code, QF_E141_CONFLICT);
        return answer;
}

/* All is judged, but only so much is read to tell a sender what stood: of 300 records of one event not all are, of one
 * record of 300 events all is. That nothing was found to tell makes no difference. */
static void what_stands_is_looked_up_within_bounds(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send;
        char key[16];
        for (uint32_t i = 0; i < 300; i++) {
                (void)snprintf(key, sizeof key, "S%05u", i);
                send = send_of(1, 1 + i);
                put_activity(fixture, QF_CREATE, key, 0, 5, "HX");
                end_body(fixture, &send);
                (void)ask(fixture, "hx.a", &send);
        }
        assert_int_equal(count_all_again(fixture, 301, 300)->details_count, 0);
        assert_int_equal(count_all_again(fixture, 601, 100)->details_count, 1); /* another group */

        send = send_of(1, 701);
        for (uint32_t i = 0; i < 300; i++) {
                (void)snprintf(key, sizeof key, "S%05u", i);
                put_activity(fixture, QF_REPLACE, key, 0, i, "HX");
                put_activity(fixture, QF_REPLACE, key, 0, 5, "HX");
        }
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        const struct qf_to_partner *answer = count_all_again(fixture, 1301, 300);
        assert_int_equal(answer->details_count, 1);
        assert_int_equal(answer->details[0].at, 299);
        assert_true(qf_view_same(answer->details[0].near, QF_VIEW("5")));
}

/* Also where what stands is of the same batch, behind events that were known before. */
static void what_stands_in_the_same_batch_is_told(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = send_of(1, 1);
        put_activity(fixture, QF_CREATE, "B1", 0, 1, "HX");
        end_body(fixture, &send);
        (void)ask(fixture, "hx.a", &send);
        put_activity(fixture, QF_CREATE, "B1", 0, 1, "HX");
        put_activity(fixture, QF_CREATE, "B2", 0, 12, "HX");
        put_activity(fixture, QF_CREATE, "B2", 0, 13, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->known, 1);
        assert_int_equal(verdict_at(answer, 2).code, QF_E141_CONFLICT);
        assert_int_equal(answer->details_count, 1);
        assert_true(qf_view_same(answer->details[0].near, QF_VIEW("12")));
        assert_true(qf_view_same(answer->details[0].got, QF_VIEW("13")));
}

static void long_text_that_is_told_is_cut_behind_a_character(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = send_of(1, 1);
        char org[1 + 40 * 3 + 1] = "x";
        for (unsigned i = 0; i < 40; i++)
                memcpy(org + 1 + (size_t)i * 3, "\u7ec4", 4);
        put_activity(fixture, QF_CREATE, "B1", 0, 1, org);
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->details_count, 1);
        assert_true(
                qf_view_same(answer->details[0].got, (struct qf_view){org, 1 + 31 * 3})); /* of 96 bytes */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(statements_are_judged_by_what_stands),
                CASE(revisions_in_every_order_end_alike),
                CASE(ticks_wait_for_their_activity_and_are_taken),
                CASE(quarantined_event_touches_no_head),
                CASE(ten_thousand_of_a_source_are_set_aside),
                CASE(sender_must_be_entitled_to_what_stands),
                CASE(late_is_said_by_the_time_of_receipt),
                CASE(the_office_retries_and_drops_for_a_partner),
                CASE(nobody_else_speaks_for_a_partner),
                CASE(what_was_merged_returns_by_the_office_alone),
                CASE(what_stands_is_looked_up_within_bounds),
                CASE(what_stands_in_the_same_batch_is_told),
                CASE(long_text_that_is_told_is_cut_behind_a_character),
                CASE(what_moved_away_is_mended_by_the_date_that_stands),
        };
        return cmocka_run_group_tests_name("ingest judge", tests, NULL, NULL);
}
