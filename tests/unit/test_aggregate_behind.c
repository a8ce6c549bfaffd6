/* aggregate/publish before all standings were checked: cells are told, rows wait, and come behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate/ring.h"
#include "support/publishing.h"

static uint32_t rows_held(const struct subscriber *reader)
{
        uint32_t held = 0;

        for (uint32_t row = 1; row <= reader->rows; row++)
                held += reader->row_changed[row] != 0;
        return held;
}

static void reopen_unchecked(struct fixture *fixture)
{
        const struct qf_counting_options options = {
                .directory = fixture->place.directory, .map_bytes = 1 << 20, .check_rows = 50};

        qf_publish_bind(fixture->publish, NULL);
        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_counting_open(&options, &fixture->counting), 0);
        qf_publish_bind(fixture->publish, fixture->counting);
        assert_false(qf_counting_checked(fixture->counting));
}

static void check_to_the_end(struct fixture *fixture)
{
        for (int slices = 0; !qf_counting_checked(fixture->counting); slices++) {
                assert_true(slices < 10);
                assert_int_equal(qf_counting_check_on(fixture->counting), 0);
        }
}

static void cells_are_told_before_rows_were_checked(void **state)
{
        struct fixture *fixture = *state;
        const uint32_t all = QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS;

        feed(fixture, 0, 300);
        commit_all(fixture);
        reopen_unchecked(fixture);
        subscribe(fixture, 0, all | QF_WANT_ROWS_BEHIND, 1 << 30);
        subscribe(fixture, 1, all, 1 << 30);
        turn(fixture);
        expect_same(fixture, 0);
        assert_true(fixture->reader[0].rows_follow);
        assert_int_equal(rows_held(&fixture->reader[0]), 0);
        assert_int_equal(fixture->reader[1].frames, 0);
        check_to_the_end(fixture);
        feed(fixture, 300, 310);
        commit_all(fixture);
        turn(fixture);
        for (unsigned who = 0; who < 2; who++) {
                expect_same(fixture, who);
                assert_false(fixture->reader[who].rows_follow);
                assert_int_equal(rows_held(&fixture->reader[who]), 310);
                assert_int_equal(fixture->reader[who].fresh, 1);
        }
        feed(fixture, 310, 320);
        commit_all(fixture);
        turn(fixture);
        assert_int_equal(rows_held(&fixture->reader[0]), 320);
        assert_false(fixture->reader[0].rows_follow);
}

static void rows_that_are_owed_come_after_counts_made_anew(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 300);
        commit_all(fixture);
        reopen_unchecked(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS | QF_WANT_ROWS_BEHIND,
                  1 << 30);
        turn(fixture);
        assert_true(fixture->reader[0].rows_follow);
        reopen_unchecked(fixture);
        check_to_the_end(fixture);
        turn(fixture);
        expect_same(fixture, 0);
        assert_false(fixture->reader[0].rows_follow);
        assert_int_equal(rows_held(&fixture->reader[0]), 300);
}

static void rows_that_are_owed_go_on_between_commits(void **state)
{
        struct fixture *fixture = *state;
        const uint64_t credit = 20000;
        struct qf_from_reader more = {.what = QF_MORE, .version = 1, .id = 7, .credit = credit};
        unsigned rounds = 0;

        feed(fixture, 0, 8000);
        commit_all(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS | QF_WANT_ROWS_BEHIND, credit);
        do {
                feed(fixture, 8000 + rounds, 8001 + rounds);
                commit_all(fixture);
                more.credit += credit;
                say(fixture, 0, &more);
                turn(fixture);
                assert_true(++rounds < 100);
        } while (fixture->reader[0].have == 0 || fixture->reader[0].rows_follow);
        assert_true(rounds > 2);
        more.credit += 1 << 20;
        say(fixture, 0, &more);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(rows_held(&fixture->reader[0]), 8000 + rounds);
}

/* How long it is waited for, who takes nothing more. */
static int64_t waited_ms(struct fixture *fixture)
{
        const int64_t from_ms = fixture->now_ms;

        while (qf_publish_lags(fixture->publish, fixture->now_ms)) {
                fixture->now_ms++;
                assert_true(fixture->now_ms - from_ms <= 500);
        }
        return fixture->now_ms - from_ms;
}

/* A subscriber of rows that takes them, slowly: it is waited for as long as it takes some. */
static void who_lags_is_waited_for_while_it_takes_frames(void **state)
{
        struct fixture *fixture = *state;
        struct qf_from_reader more = {.what = QF_MORE, .version = 1, .id = 7, .credit = 200000};
        const uint32_t rows = 110000;

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS, more.credit);
        turn(fixture);
        assert_int_equal(rows_held(&fixture->reader[0]), 300);
        assert_false(qf_publish_lags(fixture->publish, fixture->now_ms));
        feed(fixture, 300, rows);
        show_all(fixture);
        assert_true(qf_publish_lags(fixture->publish, fixture->now_ms));
        turn(fixture);
        assert_true(rows_held(&fixture->reader[0]) > 300 && rows_held(&fixture->reader[0]) < rows / 2);
        assert_true(waited_ms(fixture) >= 450);
        more.credit = 1 << 30;
        say(fixture, 0, &more);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(rows_held(&fixture->reader[0]), rows);
        assert_int_equal(fixture->reader[0].fresh, 1);
        assert_false(qf_publish_lags(fixture->publish, fixture->now_ms));
}

/* A commit of seconds, in which nobody could be sent anything, is nobody's silence: who took all until then is waited for. One who
 * was silent before is not waited for again. */
static void time_of_a_commit_is_no_silence(void **state)
{
        struct fixture *fixture = *state;
        struct qf_from_reader more = {.what = QF_MORE, .version = 1, .id = 7, .credit = 200000};

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS, more.credit);
        turn(fixture);
        feed(fixture, 300, 110000);
        show_all(fixture);
        fixture->now_ms += 3000; /* as long as that lasted */
        assert_true(qf_publish_lags(fixture->publish, fixture->now_ms));
        assert_in_range(waited_ms(fixture), 400, 500);
        for (unsigned commits = 0; commits < 3; commits++) {
                fixture->now_ms += 3000;
                assert_false(qf_publish_lags(fixture->publish, fixture->now_ms));
        }
        more.credit += 200000; /* it goes on, and so does waiting for it */
        say(fixture, 0, &more);
        turn(fixture);
        fixture->now_ms += 3000;
        assert_true(qf_publish_lags(fixture->publish, fixture->now_ms));
}

static void who_wants_no_rows_is_not_waited_for(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_REGISTERS, 1 << 20);
        turn(fixture);
        feed(fixture, 300, 110000);
        show_all(fixture);
        assert_false(qf_publish_lags(fixture->publish, fixture->now_ms));
}

/* Rows with keys as long as they may be. */
static void feed_long(struct fixture *fixture, uint32_t rows, uint8_t action, int32_t attendances)
{
        char key[QF_KEY_BYTES_MAX + 1];

        for (uint32_t i = 0; i < rows; i++) {
                (void)snprintf(key, sizeof key, "k%0*u", QF_KEY_BYTES_MAX - 1, i);
                journal_activity(&fixture->journal, key, action, 20230101 + i % 12 * 100, attendances,
                                 "walk");
                if (i % 500 == 499)
                        journal_batch(&fixture->journal);
        }
        if (qf_body_writer_count(fixture->journal.body))
                journal_batch(&fixture->journal);
}

static int64_t attendances_held(const struct subscriber *reader)
{
        int64_t sum = 0;

        for (uint32_t row = 1; row <= reader->rows; row++)
                sum += reader->row_attendances[row] ? reader->row_attendances[row] - 1 : 0;
        return sum;
}

/* Nothing of it is committed yet when the ring has lost most of it, and more than once: the reader stays at the totals that
 * it has, whole as they were, until table and ring have all behind them. */
static void what_overflows_the_ring_again_and_again_is_not_lost(void **state)
{
        enum { LONG = 60000, TIMES = 5 };
        struct fixture *fixture = *state;
        struct subscriber *reader = &fixture->reader[0];

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS, UINT64_C(1) << 40);
        turn(fixture);
        const uint64_t before = reader->have;
        const int64_t attendances = attendances_held(reader);
        expect_same(fixture, 0);
        for (int times = 1; times <= TIMES; times++) {
                feed_long(fixture, LONG, times == 1 ? QF_CREATE : QF_REPLACE, times);
                show_all(fixture);
        }
        assert_true(LONG * TIMES * (QF_KEY_BYTES_MAX + UINT64_C(48)) > 2 * (uint64_t)QF_RING_BYTES);
        for (int looks = 0; looks < 20;
             looks++) { /* it reads the table in vain, and says nothing that is half */
                int64_t next_ms;
                bool more;
                fixture->now_ms += 1000;
                assert_int_equal(
                        qf_publish_turn(fixture->publish, fixture->now_ms, &fixture->facts, &next_ms, &more),
                        0);
                assert_int_equal(reader->have, before);
        }
        int r = QF_COUNTING_FULL; /* the map of a test begins small, and doubles */
        for (int tries = 0; tries < 10 && r == QF_COUNTING_FULL; tries++)
                r = qf_counting_commit(fixture->counting, qf_publish_row, fixture->publish);
        assert_int_equal(r, 0);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(rows_held(reader), 300 + LONG);
        assert_int_equal(attendances_held(reader), attendances + (int64_t)LONG * TIMES);
        assert_int_equal(reader->fresh, 1);
}

static int add_to_ring(void *ctx, uint32_t partner, struct qf_view key, uint32_t row, struct qf_view packed)
{
        qf_ring_add(ctx, 1, partner, key, row, packed);
        return 0;
}

/* So whoever does not lag when a commit begins finds all of it in the ring. */
static void all_that_a_commit_may_have_fits_behind_who_does_not_lag(void **state)
{
        struct fixture *fixture = *state;
        struct qf_records *records = fixture->counting->records;
        struct qf_tally_store store = qf_records_store(records);
        static struct qf_standing standing;
        struct qf_ring *ring;
        uint32_t rows = 0;
        char key[16];

        assert_int_equal(qf_ring_new(&ring), 0);
        while (!qf_records_crowded(records)) {
                (void)snprintf(key, sizeof key, "k%06u", rows);
                assert_int_equal(store.get(store.ctx, 1, qf_view_of(key), &standing), 0);
                standing.row = ++rows;
                assert_int_equal(store.put(store.ctx, 1, qf_view_of(key), &standing), 0);
        }
        assert_true(rows > 100000);
        assert_int_equal(qf_records_tell(records, add_to_ring, ring), 0);
        assert_int_equal(qf_ring_begin(ring), 0);
        assert_true(qf_ring_end(ring) >= rows * UINT64_C(32));
        assert_true(qf_ring_end(ring) <= QF_RING_BYTES / 4 * 3);
        qf_ring_free(ring);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(cells_are_told_before_rows_were_checked),
                CASE(rows_that_are_owed_come_after_counts_made_anew),
                CASE(rows_that_are_owed_go_on_between_commits),
                CASE(who_lags_is_waited_for_while_it_takes_frames),
                CASE(time_of_a_commit_is_no_silence),
                CASE(who_wants_no_rows_is_not_waited_for),
                CASE(what_overflows_the_ring_again_and_again_is_not_lost),
                CASE(all_that_a_commit_may_have_fits_behind_who_does_not_lag),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
