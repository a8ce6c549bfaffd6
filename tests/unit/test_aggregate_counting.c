/* aggregate/counting over a real store: apply, commit, restart, lose what was
 * open, notice what was damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "support/counting.h"

static int64_t count_of(const struct fixture *fixture, const char *dimension, const char *member,
                        uint32_t period, enum qf_measure measure)
{
        const struct qf_programme *programme = fixture->counting->apply.programme;
        struct qf_cell_key key = {0, 0, period};

        if (dimension)
                key.dimension = qf_programme_find_dimension(programme, qf_view_of(dimension));
        if (dimension && member)
                key.member = qf_programme_find_member(programme, key.dimension, qf_view_of(member));
        assert_int_equal(qf_picture_settle(fixture->counting->picture), 0);
        const struct qf_cell *cell = qf_picture_find(fixture->counting->picture, key);
        return cell ? cell->counts.of[measure] : 0;
}

static void activity_is_counted_by_day_month_and_member(void **state)
{
        struct fixture *fixture = *state;

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 120, "walk");
        journal_activity(&fixture->journal, "b", QF_CREATE, 20230500, 30, NULL);
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230506, QF_ATTENDANCES), 120);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230500, QF_ATTENDANCES), 150);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230500, QF_ACTIVITIES), 2);
        assert_int_equal(count_of(fixture, "org", "AA", 20230500, QF_ACTIVITIES), 2);
        assert_int_equal(count_of(fixture, "mode", "walk", 20230500, QF_ACTIVITIES), 1);
        assert_int_equal(count_of(fixture, "mode", NULL, 20230500, QF_ACTIVITIES), 1);
        assert_int_equal(fixture->counting->apply.tally.rows, 2);
}

static void counts_are_the_same_after_a_restart(void **state)
{
        struct fixture *fixture = *state;

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 120, "walk");
        journal_batch(&fixture->journal);
        journal_tick(&fixture->journal, "c", 3);
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        assert_int_equal(fixture->rows_written, 1);
        size_t cells = qf_picture_cells(fixture->counting->picture);
        reopen(fixture);
        assert_false(fixture->counting->made_anew);
        assert_int_equal(fixture->counting->committed, fixture->journal.last);
        assert_int_equal(qf_picture_cells(fixture->counting->picture), cells);
        assert_int_equal(count_of(fixture, "mode", "walk", 20230500, QF_ATTENDANCES), 120);
        assert_memory_equal(fixture->counting->meta.hash, fixture->journal.hash, 32);
        assert_int_equal(qf_programme_sources(fixture->counting->apply.programme), 1);
        journal_activity(&fixture->journal, "c", QF_CREATE, 20230507, -1, "talk");
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, "mode", "talk", 20230507, QF_ATTENDANCES), 3);
}

static void what_was_not_committed_is_not_there_after_a_kill(void **state)
{
        struct fixture *fixture = *state;

        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 120, "walk");
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_false(qf_counting_settled(fixture->counting));
        reopen(fixture);
        assert_int_equal(fixture->counting->committed, fixture->journal.last - 1);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230500, QF_ACTIVITIES), 0);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230500, QF_ACTIVITIES), 1);
}

/* The digest of the tables does not depend on how records were grouped into commits. */
static void grouping_does_not_change_what_is_on_disk(void **state)
{
        struct fixture *fixture = *state;
        char key[16];

        for (uint32_t i = 0; i < 60; i++) {
                (void)snprintf(key, sizeof key, "k%02u", i * 7 % 40);
                journal_activity(&fixture->journal, key, i < 40 ? QF_CREATE : QF_REPLACE, 20230501 + i % 28,
                                 (int32_t)i, i % 3 ? "walk" : "talk");
                journal_batch(&fixture->journal);
        }
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        struct qf_counts_meta at_once = fixture->counting->meta;
        begin_anew(fixture);
        for (uint64_t position = 1; position <= fixture->journal.last; position++) {
                apply_upto(fixture, position);
                if (position % 5 == 0)
                        reopen(fixture);
                else
                        commit(fixture);
        }
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        assert_int_equal(fixture->counting->meta.cell_digest, at_once.cell_digest);
        assert_int_equal(fixture->counting->meta.cell_rows, at_once.cell_rows);
        assert_int_equal(fixture->counting->meta.rows, at_once.rows);
}

/* --- noted ticks, against counts that note none -------------------------------- */

enum { HAPPENS = 900 };

struct pair {
        struct counts_place places[2];
        struct qf_counting *of[2]; /* the second notes nothing */
        uint64_t told[2];          /* of all rows that were told: their order does not matter */
        unsigned side;
};

static void open_pair(struct pair *pair)
{
        for (unsigned i = 0; i < 2; i++) { /* with so small a cache each commit clears it */
                struct qf_counting_options options = {
                        .directory = pair->places[i].directory, .map_bytes = 1 << 20, .cache_bytes = 1};
                pair->of[i] = qf_counting_close(pair->of[i]);
                assert_int_equal(qf_counting_open(&options, &pair->of[i]), 0);
        }
        pair->of[1]->apply.tally.store.note = NULL;
        pair->of[1]->apply.tally.store.each_open = NULL;
}

static void state_attendance(struct journal *journal, const char *key, unsigned what)
{
        struct qf_event event = {.kind = QF_KIND_ATTENDANCE,
                                 .key = qf_view_of(key),
                                 .action = what % 4 ? QF_WITHDRAW : QF_REPLACE, /* or ticks count nothing */
                                 .method = (uint8_t)(what / 4 % 2),
                                 .stated = QF_STATED_ATTENDANCES,
                                 .attendances = what % 40};
        JOURNAL_MUST(qf_body_writer_add(journal->body, &event, NULL, 0));
}

static void merge(struct journal *journal, const char *key, const char *other)
{
        struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                 .key = qf_view_of(key),
                                 .action = QF_WITHDRAW,
                                 .merged_into = qf_view_of(other)};
        JOURNAL_MUST(qf_body_writer_add(journal->body, &event, NULL, 0));
}

static void close_period(struct journal *journal)
{
        static uint32_t number;
        const struct qf_edition_said said = {.first = 202306, .last = 202306, .number = ++number};
        const struct qf_register registered = qf_edition_register(&said);

        journal_register(journal, QF_KIND_PERIOD_CLOSE, &registered);
}

static void end_entry(struct journal *journal)
{
        if (qf_body_writer_count(journal->body))
                journal_add_batch(journal, 1, 0, NULL, 0);
}

static bool is_register(unsigned what) /* these have entries of their own */
{
        return what / 64 % 24 >= 7 && what / 64 % 24 <= 9;
}

/* What can happen to one of a few activities; ticks come in rows, as they do at an entrance. */
static void happen(struct journal *journal, unsigned what)
{
        static const char *const keys[] = {"a", "b", "c", "d", "e"}, *const dimensions[] = {"p", "q", "r"};
        static const uint32_t amounts[] = {0, 1, 7, UINT32_MAX - 3};
        const char *key = keys[what % 5];
        const uint32_t date = 20230501 + what / 5 % 3 * 100, ticks = what / 15 % 4;

        if (is_register(what))
                end_entry(journal);
        switch (what / 64 % 24) {
        case 0: journal_activity(journal, key, QF_REPLACE, date, -1, "walk"); break;
        case 1: journal_activity(journal, key, QF_REPLACE, date, (int32_t)ticks, "talk"); break;
        case 2: journal_activity(journal, key, QF_REPLACE, 20230500, -1, NULL); break;
        case 3: journal_activity(journal, key, QF_WITHDRAW, date, -1, NULL); break;
        case 4: merge(journal, key, keys[(what + 1) % 5]); break;
        case 5:
        case 6: state_attendance(journal, key, what / 7); break;
        case 7: journal_member(journal, "mode", keys[ticks]); break;
        case 8: journal_dimension(journal, dimensions[ticks % 3], ticks % 2); break;
        case 9: close_period(journal); break;
        default:
                for (uint32_t i = 0; i <= ticks; i++)
                        journal_tick(journal, key, amounts[(what / 3 + i * ticks) % 4]);
        }
        if (is_register(what))
                end_entry(journal);
}

static int note_told(void *ctx, uint32_t partner, struct qf_view key, uint32_t row, struct qf_view packed)
{
        struct pair *pair = ctx;

        (void)partner;
        pair->told[pair->side] += (uint64_t)qf_row_sum(key, packed) * row;
        return 0;
}

static void assert_same_cells(struct qf_picture *picture, struct qf_picture *other)
{
        const struct qf_cell_month *month = qf_picture_newest(picture);

        assert_int_equal(qf_picture_cells(picture), qf_picture_cells(other));
        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i),
                                     *same = qf_picture_find(other, cell->key);
                assert_non_null(same);
                assert_memory_equal(&cell->counts, &same->counts, sizeof cell->counts);
                assert_int_equal(cell->changed, same->changed);
        }
        for (; month && qf_picture_older(picture, month); month = qf_picture_older(picture, month))
                assert_true(month->changed >= qf_picture_older(picture, month)->changed);
}

static void settle(struct pair *pair, bool commits)
{
        for (pair->side = 0; pair->side < 2; pair->side++) {
                struct qf_counting *counting = pair->of[pair->side];
                assert_int_equal(commits ? qf_counting_commit(counting, note_told, pair)
                                         : qf_counting_show(counting, note_told, pair),
                                 0);
        }
        assert_int_equal(pair->told[0], pair->told[1]);
        assert_same_cells(pair->of[0]->picture, pair->of[1]->picture);
        if (commits)
                assert_memory_equal(&pair->of[0]->meta, &pair->of[1]->meta, sizeof pair->of[0]->meta);
}

/* Whatever happens between them, and wherever it is shown, committed and cleared, or lost and counted again. */
static void ticks_that_were_noted_count_as_each_by_itself(void **state)
{
        struct fixture *fixture = *state;
        struct journal *journal = &fixture->journal;
        struct pair pair = {.side = 0};

        for (unsigned i = 0; i < 2; i++)
                temporary_in(&fixture->place.temporary, i ? "alone" : "noted", pair.places[i].directory,
                             sizeof pair.places[i].directory);
        open_pair(&pair);
        srand(17);
        for (unsigned i = 0; i < HAPPENS; i++) {
                journal_begin(journal);
                for (int k = rand() % 3; k >= 0; k--)
                        happen(journal, (unsigned)rand());
                end_entry(journal);
                journal_end(journal);
                for (unsigned side = 0; side < 2; side++)
                        counts_apply_upto(pair.of[side], journal, journal->last);
                const int then = rand() % 40;
                if (then < 8)
                        settle(&pair, then < 3);
                else if (then == 39)
                        open_pair(&pair);
        }
        counts_apply_upto(pair.of[0], journal, journal->last);
        counts_apply_upto(pair.of[1], journal, journal->last);
        settle(&pair, true);
        for (unsigned side = 0; side < 2; side++)
                qf_counting_close(pair.of[side]);
}

static void ticks_wait_and_come_back(void **state)
{
        struct fixture *fixture = *state;

        journal_tick(&fixture->journal, "a", 2);
        journal_tick(&fixture->journal, "a", 3);
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        reopen(fixture);
        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, -1, "walk");
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230506, QF_ATTENDANCES), 5);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230506, QF_RECORDS_UNKNOWN), 0);
        commit(fixture);
        journal_activity(&fixture->journal, "a", QF_WITHDRAW, 20230506, -1, NULL);
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230506, QF_ATTENDANCES), 0);
        commit(fixture);
}

static uint64_t rows_of(struct fixture *fixture, enum qf_counts_table table)
{
        struct qf_txn *txn = NULL;

        qf_records_rest(fixture->counting->records);
        assert_int_equal(qf_txn_begin(fixture->counting->environment, false, &txn), 0);
        uint64_t rows = qf_txn_rows(txn, table);
        qf_txn_abort(&txn);
        return rows;
}

static void the_waiting_list_is_kept_with_the_ticks(void **state)
{
        struct fixture *fixture = *state;

        journal_tick(&fixture->journal, "a", 2);
        journal_tick(&fixture->journal, "b", 2);
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        assert_int_equal(rows_of(fixture, QF_COUNTS_WAIT), 2);
        reopen(fixture);
        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, -1, "walk");
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        assert_int_equal(rows_of(fixture, QF_COUNTS_WAIT), 1);
        journal_activity(&fixture->journal, "a", QF_WITHDRAW, 20230506, -1, NULL);
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        assert_int_equal(rows_of(fixture, QF_COUNTS_WAIT), 2);
}

static void verdicts_are_obeyed_and_known_events_skipped(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_exception exceptions[] = {
                {.at = 2, .len = 1, .verdict = {QF_REJECTED, QF_E141_CONFLICT}},
                {.at = 3, .len = 1, .verdict = {QF_LATE, QF_CODE_NONE}},
                {.at = 4, .len = 1, .verdict = {QF_ACCEPTED, QF_N103_HISTORY}},
        };

        journal_begin(&fixture->journal);
        for (int i = 0; i < 6; i++) {
                const char key[2] = {(char)('a' + i), 0};
                journal_activity(&fixture->journal, key, QF_CREATE, 20230506, 1 << i, NULL);
        }
        journal_add_batch(&fixture->journal, 1, 1, exceptions, 3);
        journal_end(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230506, QF_ATTENDANCES), 2 + 8 + 32);
}

static void a_new_dimension_counts_what_was_as_not_stated(void **state)
{
        struct fixture *fixture = *state;

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 120, "walk");
        journal_batch(&fixture->journal);
        journal_activity(&fixture->journal, "b", QF_CREATE, 20230506, -1, "walk");
        journal_tick(&fixture->journal, "b", 3); /* noted, and counted behind the dimension */
        journal_batch(&fixture->journal);
        journal_dimension(&fixture->journal, "site", false);
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, "site", NULL, 20230506, QF_ATTENDANCES), 120);
        commit(fixture);
        assert_int_equal(count_of(fixture, "site", NULL, 20230506, QF_ATTENDANCES), 123);
        reopen(fixture);
        assert_int_equal(count_of(fixture, "site", NULL, 20230500, QF_ATTENDANCES), 123);
}

static void a_record_may_use_what_it_registers(void **state)
{
        struct fixture *fixture = *state;

        journal_begin(&fixture->journal);
        journal_member(&fixture->journal, "mode", "swim");
        journal_add_batch(&fixture->journal, 0, 0, NULL, 0);
        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 7, "swim");
        journal_add_batch(&fixture->journal, 1, 0, NULL, 0);
        journal_end(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, "mode", "swim", 20230506, QF_ATTENDANCES), 7);
}

static void a_record_that_names_the_unknown_stops_the_counting(void **state)
{
        struct fixture *fixture = *state;

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 7, "flying");
        journal_batch(&fixture->journal);
        uint64_t last = fixture->journal.last;
        apply_upto(fixture, last - 1);
        assert_int_equal(qf_counting_apply(fixture->counting, &fixture->journal.head[last - 1],
                                           fixture->journal.record[last - 1]),
                         -EBADMSG);
        assert_non_null(strstr(fixture->counting->apply.why, "names"));
}

static void another_life_is_another_epoch(void **state)
{
        struct fixture *fixture = *state;
        uint8_t before[QF_EPOCH_BYTES];

        apply_upto(fixture, fixture->journal.last);
        memcpy(before, fixture->counting->epoch, sizeof before);
        commit(fixture);
        reopen(fixture);
        assert_memory_equal(fixture->counting->epoch, before, sizeof before);
        journal_life(&fixture->journal, 2);
        apply_upto(fixture, fixture->journal.last);
        assert_memory_not_equal(fixture->counting->epoch, before, sizeof before);
        assert_int_equal(fixture->counting->meta.life_number, 2);
}

/* Rewrites one row of the counts, behind their back. */
static void tamper(struct fixture *fixture, enum qf_counts_table table, struct qf_view key,
                   struct qf_view value)
{
        struct qf_environment_options how = {.format = qf_counts_format,
                                             .tables = qf_counts_table_names,
                                             .map_bytes = 1 << 20,
                                             .map_bytes_max = 1 << 20};
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;

        assert_int_equal(qf_environment_open(fixture->place.directory, &how, &environment), 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_put(txn, table, key, value), 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        qf_environment_close(environment);
}

static void expect_made_anew(struct fixture *fixture)
{
        fixture->counting = counts_open(&fixture->place);
        assert_true(fixture->counting->made_anew);
        assert_int_equal(fixture->counting->committed, 0);
        apply_upto(fixture, fixture->journal.last);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230506, QF_ATTENDANCES), 120);
}

static void damaged_cells_are_noticed_and_counted_again(void **state)
{
        struct fixture *fixture = *state;
        uint8_t key[QF_CELL_ROW_KEY_BYTES], value[QF_CELL_ROW_BYTES];
        struct qf_cell cell = {.counts.of = {9, 9, 9, 9, 9}, .changed = 3};
        struct qf_cell *cells[QF_CELL_ROW_CELLS] = {[6] = &cell};

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 120, "walk");
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        fixture->counting = qf_counting_close(fixture->counting);
        qf_cell_row_key_pack((struct qf_cell_row_key){0, 0, 202305}, key);
        uint32_t len = (uint32_t)qf_cell_row_pack(1u << 6, cells, value);
        tamper(fixture, QF_COUNTS_CELL, (struct qf_view){(const char *)key, sizeof key},
               (struct qf_view){(const char *)value, len});
        expect_made_anew(fixture);
        struct stat about;
        char aside[160];
        (void)snprintf(aside, sizeof aside, "%s.set-aside", fixture->place.directory);
        assert_int_equal(stat(aside, &about), 0);
}

static void counts_by_other_rules_are_made_anew(void **state)
{
        struct fixture *fixture = *state;
        uint8_t bytes[QF_COUNTS_META_BYTES];

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 120, "walk");
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        struct qf_counts_meta meta = fixture->counting->meta;
        fixture->counting = qf_counting_close(fixture->counting);
        meta.rules++;
        qf_counts_meta_pack(&meta, bytes);
        tamper(fixture, QF_COUNTS_META, QF_VIEW("m"), (struct qf_view){(const char *)bytes, sizeof bytes});
        expect_made_anew(fixture);
}

static void one_directory_has_one_owner(void **state)
{
        struct fixture *fixture = *state;
        struct qf_counting_options options = {.directory = fixture->place.directory};
        struct qf_counting *second = NULL;

        assert_int_equal(qf_counting_open(&options, &second), QF_COUNTING_IN_USE);
}

/* A map that cannot grow: nothing is lost, and what waits is written once there is room. */
static void a_full_store_keeps_what_it_has_and_goes_on_later(void **state)
{
        struct fixture *fixture = *state;
        struct qf_counting_options options = {
                .directory = fixture->place.directory, .map_bytes = 1 << 20, .map_bytes_max = 1 << 20};
        char key[16];
        int r = 0;

        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_counting_open(&options, &fixture->counting), 0);
        for (uint32_t i = 0; i < 200 && r == 0; i++) {
                for (uint32_t n = 0; n < 200; n++) {
                        (void)snprintf(key, sizeof key, "k%06u", i * 200 + n);
                        journal_activity(&fixture->journal, key, QF_CREATE, 20230506, 1, "walk");
                }
                journal_batch(&fixture->journal);
                apply_upto(fixture, fixture->journal.last);
                r = qf_counting_commit(fixture->counting, NULL, NULL);
        }
        assert_int_equal(r, QF_COUNTING_FULL);
        uint64_t committed = fixture->counting->committed;
        assert_int_equal(qf_counting_commit(fixture->counting, NULL, NULL), QF_COUNTING_FULL);
        reopen(fixture);
        assert_int_equal(fixture->counting->committed, committed);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        assert_int_equal(count_of(fixture, NULL, NULL, 20230506, QF_ACTIVITIES),
                         (int64_t)(fixture->journal.last - 2) * 200);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(activity_is_counted_by_day_month_and_member),
                CASE(counts_are_the_same_after_a_restart),
                CASE(what_was_not_committed_is_not_there_after_a_kill),
                CASE(grouping_does_not_change_what_is_on_disk),
                CASE(ticks_that_were_noted_count_as_each_by_itself),
                CASE(ticks_wait_and_come_back),
                CASE(the_waiting_list_is_kept_with_the_ticks),
                CASE(verdicts_are_obeyed_and_known_events_skipped),
                CASE(a_new_dimension_counts_what_was_as_not_stated),
                CASE(a_record_may_use_what_it_registers),
                CASE(a_record_that_names_the_unknown_stops_the_counting),
                CASE(another_life_is_another_epoch),
                CASE(damaged_cells_are_noticed_and_counted_again),
                CASE(counts_by_other_rules_are_made_anew),
                CASE(one_directory_has_one_owner),
                CASE(a_full_store_keeps_what_it_has_and_goes_on_later),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
