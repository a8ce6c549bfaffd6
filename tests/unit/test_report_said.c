/* report/said and report/recall: events of the journal that fit a question, as far as who asks may read them; pages that
 * go on where the one before ended, within a record too; and bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "report/recall.h"
#include "support/office.h"
#include "wire/body.h"

struct saying {
        struct office *office;
        struct qf_sha256 *sha;
        struct qf_arena *arena;
        struct qf_record_writer *writer;
        struct qf_buffer facts, texts;
        struct qf_view record;
};

static void add_batch(struct saying *saying, const char *prefix, uint32_t count, const char *org,
                      enum qf_action action)
{
        const struct qf_pair value = {QF_VIEW("org"), qf_view_of(org)};
        const struct qf_exception late = {.at = 1, .len = 1, .verdict = {QF_LATE, 0}};
        struct qf_body_writer *writer = NULL;
        char key[32];

        assert_int_equal(qf_body_writer_new(&writer), 0);
        for (uint32_t i = 0; i < count; i++) {
                (void)snprintf(key, sizeof key, "%s-%u", prefix, i);
                const struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                               .action = (uint8_t)action,
                                               .key = qf_view_of(key),
                                               .date = action == QF_WITHDRAW ? 0 : 20230506};
                assert_int_equal(qf_body_writer_add(writer, &event, &value, action == QF_WITHDRAW ? 0 : 1),
                                 0);
        }
        saying->facts.len = saying->texts.len = 0;
        assert_int_equal(qf_body_writer_end(writer, 0, &saying->facts, &saying->texts), 0);
        (void)qf_body_writer_free(writer);
        const struct qf_entry entry = {
                .kind = QF_ENTRY_BATCH,
                .flags = 1,
                .outbox = 1,
                .source = 1,
                .partner = 1,
                .count = count,
                .first = 1,
                .exceptions_count = count > 1 ? 1 : 0,
                .facts = {(const char *)saying->facts.at, (uint32_t)saying->facts.len}};
        assert_int_equal(qf_record_add(saying->writer, &entry, &late), 0);
}

/* Three entries: of east, of west, and withdrawals, which name no organisation. Partner 1 is "east". */
static int make(void **state)
{
        struct saying *saying = calloc(1, sizeof *saying);
        struct qf_record_head head = {
                .position = 7, .life_number = 1, .received_at_ms = INT64_C(1690000000000)};

        if (!saying || office_setup((void **)&saying->office) != 0 || qf_sha256_new(&saying->sha) != 0 ||
            qf_arena_new(QF_DECODE_ARENA_BYTES, &saying->arena) != 0 ||
            qf_record_writer_new(&saying->writer) != 0)
                return -1;
        qf_record_begin(saying->writer);
        add_batch(saying, "E", 3, "east", QF_CREATE);
        add_batch(saying, "W", 3, "west", QF_CREATE);
        add_batch(saying, "E", 1, "", QF_WITHDRAW);
        assert_int_equal(qf_record_end(saying->writer, saying->sha, &head, &saying->record), 0);
        *state = saying;
        return 0;
}

static int unmake(void **state)
{
        struct saying *saying = *state;

        (void)office_teardown((void **)&saying->office);
        (void)qf_record_writer_free(saying->writer);
        (void)qf_sha256_free(saying->sha);
        (void)qf_arena_free(saying->arena);
        qf_buffer_deinit(&saying->facts);
        qf_buffer_deinit(&saying->texts);
        free(saying);
        return 0;
}

static uint32_t found(struct saying *saying, struct qf_said *said, const struct qf_rights *rights)
{
        const uint32_t before = said->found;

        if (said->place.position == 0)
                said->place.position = 7;
        if (said->limit == 0)
                said->limit = 100;
        assert_int_equal(qf_said_take(said, saying->office->programme, rights, saying->sha, saying->arena,
                                      saying->record),
                         0);
        qf_buffer_deinit(&said->json);
        return said->found - before;
}

static void a_question_finds_what_fits_it(void **state)
{
        struct saying *saying = *state;
        const struct qf_rights *all = &saying->office->all;

        struct qf_said said = {.limit = 100};

        assert_int_equal(found(saying, &said, all), 7);
        assert_int_equal(said.begins, 0);
        said = (struct qf_said){.limit = 100, .place = {.position = 3}};
        assert_int_equal(found(saying, &said, all), 7);
        assert_int_equal(said.begins, 7);
        assert_int_equal(found(saying, &(struct qf_said){.key = QF_VIEW("E-0")}, all), 2);
        assert_int_equal(found(saying, &(struct qf_said){.key = QF_VIEW("E")}, all), 0);
        assert_int_equal(found(saying, &(struct qf_said){.verdict = QF_VIEW("late")}, all), 2);
        assert_int_equal(found(saying, &(struct qf_said){.kind = QF_VIEW("attendance")}, all), 0);
        assert_int_equal(found(saying, &(struct qf_said){.partner = QF_VIEW("east")}, all), 7);
        assert_int_equal(found(saying, &(struct qf_said){.partner = QF_VIEW("west")}, all), 0);
}

static void nobody_reads_what_is_said_of_others(void **state)
{
        struct saying *saying = *state;
        struct qf_rights west = {0};
        const struct qf_view own[] = {QF_VIEW("west")};
        const struct qf_source_key key = {.public_key = {7}};

        /* East is the partner of all: what names west is west's all the same. */
        assert_int_equal(found(saying, &(struct qf_said){.limit = 100}, &saying->office->east), 4);
        assert_int_equal(found(saying, &(struct qf_said){.key = QF_VIEW("W-0")}, &saying->office->east), 0);
        assert_int_equal(office_tell(saying->office, QF_KIND_SOURCE,
                                     (struct qf_register){.code = QF_VIEW("western"),
                                                          .parent = QF_VIEW("west"),
                                                          .roles = QF_ROLE_READ,
                                                          .orgs_count = 1,
                                                          .orgs = own,
                                                          .keys_count = 1,
                                                          .keys = &key}),
                         0);
        const uint32_t ref = qf_programme_find_source(saying->office->programme, QF_VIEW("western"));
        assert_int_equal(qf_rights_renew(&west, saying->office->programme, 2,
                                         qf_programme_source(saying->office->programme, ref)),
                         0);
        assert_int_equal(found(saying, &(struct qf_said){.limit = 100}, &west), 3);
        assert_int_equal(found(saying, &(struct qf_said){.key = QF_VIEW("E-0")}, &west), 0);
        qf_rights_deinit(&west);
}

/* Each page one event, until there are no more: each once, in order. */
static void pages_go_on_within_a_record(void **state)
{
        struct saying *saying = *state;
        struct qf_said_place place = {.position = 7};
        uint8_t page[QF_SAID_PLACE_BYTES];
        uint32_t pages = 0;

        while (place.position == 7) {
                struct qf_said said = {.limit = 1, .place = place};
                const uint32_t more = found(saying, &said, &saying->office->all);
                assert_int_equal(more, 1);
                assert_true(said.full || said.place.position == 8);
                qf_said_place_write(&said.place, page);
                assert_true(qf_said_place_read((struct qf_view){(const char *)page, sizeof page}, &place));
                pages++;
        }
        assert_int_equal(pages, 7);
        assert_true(qf_said_place_read(QF_VIEW(""), &place));
        assert_int_equal(place.position, 1);
        assert_false(qf_said_place_read(QF_VIEW("short"), &place));
}

static void damage_is_told_and_takes_nothing(void **state)
{
        struct saying *saying = *state;
        struct qf_said said = {.limit = 10, .place = {.position = 7}};
        char bytes[64] = {0};

        assert_int_equal(qf_said_take(&said, saying->office->programme, &saying->office->all, saying->sha,
                                      saying->arena, (struct qf_view){bytes, sizeof bytes}),
                         1);
        assert_int_equal(said.found, 0);
        assert_int_equal(found(saying, &said, &saying->office->all), 7);
        qf_said_pass(&said, 8); /* what was found stays; the next page begins behind it */
        assert_true(said.full && said.found == 7 && said.unreadable == 8 && said.place.position == 9);
}

static void rights_are_kept_while_they_hold(void **state)
{
        const struct office *office = ((struct saying *)*state)->office;
        const struct qf_programme *programme = office->programme;
        const struct qf_source *eastern = qf_programme_source(
                                       programme, qf_programme_find_source(programme, QF_VIEW("eastern"))),
                               *chief = qf_programme_source(
                                       programme, qf_programme_find_source(programme, QF_VIEW("chief")));
        struct qf_rights rights = {0};

        assert_int_equal(qf_rights_keep(&rights, programme, 5, eastern), 0);
        assert_true(qf_rights_owns(&rights, OFFICE_EAST, 20230506));
        rights.own[0] = OFFICE_WEST; /* seen as long as they are not made anew */
        assert_int_equal(qf_rights_keep(&rights, programme, 5, eastern), 0);
        assert_true(qf_rights_owns(&rights, OFFICE_WEST, 20230506));
        assert_int_equal(qf_rights_keep(&rights, programme, 6, eastern), 0);
        assert_false(qf_rights_owns(&rights, OFFICE_WEST, 20230506));
        assert_int_equal(qf_rights_keep(&rights, programme, 6, chief), 0);
        assert_true(rights.all);
        qf_rights_deinit(&rights);
}

static void questions_are_bounded_and_overdue(void **state)
{
        static struct qf_recalls recalls;
        const struct qf_from_reader ask = {.key = QF_VIEW("K"), .partner = QF_VIEW("east"), .limit = 3};
        struct qf_recall *first = qf_recall_place(&recalls, 1), *second;
        (void)state;

        assert_int_equal(qf_recall_take(&recalls, first, &ask, 100), 0);
        first->source = 1;
        assert_true(qf_view_same(first->said.partner, QF_VIEW("east")) && first->said.limit == 3);
        second = qf_recall_place(&recalls, 1);
        assert_ptr_not_equal(first, second);
        assert_int_equal(qf_recall_take(&recalls, second, &ask, 100), 0);
        second->source = 1;
        assert_null(qf_recall_place(&recalls, 1)); /* two of one source */
        assert_non_null(qf_recall_place(&recalls, 2));
        assert_ptr_equal(qf_recall_find(&recalls, second->fetch), second);
        assert_null(qf_recall_overdue(&recalls, 100));
        assert_null(qf_recall_due(&recalls, INT64_MAX)); /* neither waits for its share */
        second->from_ms = 200;
        assert_null(qf_recall_due(&recalls, 199));
        assert_ptr_equal(qf_recall_due(&recalls, 200), second);
        assert_null(qf_recall_due(&recalls, 200));
        assert_ptr_equal(qf_recall_overdue(&recalls, 100 + QF_RECALL_MS), first);
        qf_recall_leave(first);
        assert_ptr_equal(qf_recall_place(&recalls, 1), first);
        assert_int_equal(qf_recall_take(&recalls, first, &(struct qf_from_reader){.page = QF_VIEW("x")}, 0),
                         1);
        qf_recalls_deinit(&recalls);
}

/* What ingest brought, or not, is never asked for without end. */
static void a_question_goes_on_until_it_is_answered(void **state)
{
        struct qf_recall recall = {.fetch = 1, .asked = 5, .said.place.position = 5};
        struct qf_journal_message fetched = {.what = QF_FETCHED, .position = 5, .last = 9};
        (void)state;

        assert_int_equal(qf_recall_next(&recall, &(struct qf_journal_message){.what = QF_RECORD}),
                         QF_RECALL_LOOK);
        assert_int_equal(qf_recall_next(&recall, &fetched), QF_RECALL_STUCK);
        recall.said.place.position = 7;
        assert_int_equal(qf_recall_next(&recall, &fetched), QF_RECALL_FETCH);
        recall.scanned = QF_RECALL_SCAN_BYTES;
        assert_int_equal(qf_recall_next(&recall, &fetched), QF_RECALL_PAGE);
        recall.scanned = 0;
        recall.said.full = true;
        recall.said.place.position = 5; /* within the first record */
        assert_int_equal(qf_recall_next(&recall, &fetched), QF_RECALL_PAGE);
        assert_int_equal(qf_recall_next(&recall, &(struct qf_journal_message){.what = QF_RECORD}),
                         QF_RECALL_WAIT);
        recall.said.place.position = 10;
        assert_int_equal(qf_recall_next(&recall, &fetched), QF_RECALL_END);

        struct qf_journal_message away = {.what = QF_DETACHED, .why = QF_DETACHED_DAMAGED};
        assert_int_equal(qf_recall_next(&recall, &away), QF_RECALL_DAMAGED);
        recall.said.found = 1;
        assert_int_equal(qf_recall_next(&recall, &away), QF_RECALL_DAMAGED);
        away.why = QF_DETACHED_NOT_ALLOWED;
        assert_int_equal(qf_recall_next(&recall, &away), QF_RECALL_SENT_AWAY);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make, unmake)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(a_question_finds_what_fits_it),
                CASE(nobody_reads_what_is_said_of_others),
                CASE(pages_go_on_within_a_record),
                CASE(damage_is_told_and_takes_nothing),
                CASE(questions_are_bounded_and_overdue),
                CASE(rights_are_kept_while_they_hold),
                CASE(a_question_goes_on_until_it_is_answered),
        };

        return cmocka_run_group_tests_name("report said", tests, NULL, NULL);
}
