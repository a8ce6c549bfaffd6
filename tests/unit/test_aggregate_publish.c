/* aggregate/publish over real counts: what a subscriber is sent adds up to the
 * picture at the version its last frame ends, however it behaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/directory.h"
#include "support/publishing.h"

static void newcomer_gets_the_whole_picture_and_its_registers(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].registers, 8);
        assert_int_equal(fixture->reader[0].fresh, 1);
        assert_int_equal(fixture->reader[0].pulses, 1);
}

static void commit_sends_only_what_changed(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        uint64_t bytes = fixture->reader[0].bytes, frames = fixture->reader[0].frames;
        feed(fixture, 300, 301);
        commit_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].frames, frames + 1);
        assert_true(fixture->reader[0].bytes - bytes < 400);
        assert_int_equal(fixture->reader[0].registers, 8);
}

static void what_is_not_committed_is_not_sent(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 10);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        uint64_t frames = fixture->reader[0].frames;
        feed(fixture, 10, 20);
        apply_all(fixture);
        turn(fixture);
        assert_int_equal(fixture->reader[0].frames, frames);
        commit_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
}

static void version_moves_when_nothing_is_counted(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 10);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        journal_tick(&fixture->journal, "not there", 1);
        journal_batch(&fixture->journal);
        commit_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
}

static void subscriber_without_credit_gets_one_pass_later(void **state)
{
        struct fixture *fixture = *state;
        struct qf_from_reader more = {.what = QF_MORE, .id = 7, .credit = 1 << 20};

        feed(fixture, 0, 500);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1);
        subscribe(fixture, 1, 0, 1 << 20);
        turn(fixture);
        assert_int_equal(fixture->reader[0].frames, 1);
        assert_int_equal(fixture->reader[0].have, 0);
        expect_same(fixture, 1);
        for (uint32_t round = 1; round < 5; round++) {
                feed(fixture, round * 500, round * 500 + 500);
                commit_all(fixture);
                turn(fixture);
        }
        assert_int_equal(fixture->reader[0].frames, 1);
        say(fixture, 0, &more);
        turn(fixture);
        expect_same(fixture, 0);
        expect_same(fixture, 1);
}

static void resume_sends_what_is_newer_than_have(void **state)
{
        struct fixture *fixture = *state;
        struct qf_from_reader leave = {.what = QF_LEAVE, .id = 7};

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, 7, 1 << 20);
        turn(fixture);
        say(fixture, 0, &leave);
        feed(fixture, 300, 310);
        commit_all(fixture);
        turn(fixture);
        uint64_t bytes = fixture->reader[0].bytes;
        subscribe(fixture, 0, 7, 1 << 20);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].fresh, 1);
        assert_int_equal(fixture->reader[0].rows, 310);
        assert_true(fixture->reader[0].bytes - bytes < 4000);
}

static void resume_survives_a_restart_of_aggregation(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, 7, 1 << 20);
        turn(fixture);
        feed(fixture, 300, 320);
        commit_all(fixture);
        qf_publish_bind(fixture->publish, NULL);
        fixture->counting = qf_counting_close(fixture->counting);
        open_counts(fixture);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].fresh, 1);
        assert_int_equal(fixture->reader[0].rows, 320);
        subscribe(fixture, 1, 7, 1 << 20);
        turn(fixture);
        expect_same(fixture, 1);
        assert_int_equal(fixture->reader[1].rows, 320);
}

/* As a process: what it knew of subscribers is gone, and they speak before its first turn. */
static void resume_with_a_new_process_does_not_begin_anew(void **state)
{
        struct fixture *fixture = *state;
        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, 7, 1 << 20);
        turn(fixture);
        restart(fixture);
        subscribe(fixture, 0, 7, 1 << 20);
        turn(fixture);
        assert_int_equal(fixture->reader[0].fresh, 1);
}

static void rebuild_keeps_the_old_picture_until_it_is_passed(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        uint64_t frames = fixture->reader[0].frames, version = fixture->counting->committed;
        qf_publish_bind(fixture->publish, NULL);
        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_directory_set_aside(fixture->place.directory), 0);
        open_counts(fixture);
        turn(fixture);
        commit_all(fixture);
        turn(fixture);
        assert_int_equal(fixture->reader[0].frames, frames);
        assert_int_equal(fixture->counting->committed, version);
        feed(fixture, 300, 320);
        commit_all(fixture);
        turn(fixture);
        assert_int_equal(fixture->reader[0].fresh, 1);
        expect_same(fixture, 0);
}

static void another_life_begins_from_nothing(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 300);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        journal_go_back(&fixture->journal, 4);
        journal_life(&fixture->journal, 2);
        qf_publish_bind(fixture->publish, NULL);
        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_directory_set_aside(fixture->place.directory), 0);
        open_counts(fixture);
        commit_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].fresh, 2);
        assert_int_equal(fixture->reader[0].have, 5);
}

/* Copied back, fed, and adopted: what is counted again up to the new life is longer than what readers hold of the old. */
static void nothing_is_said_of_a_life_that_is_over(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 40);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        uint64_t have = fixture->reader[0].have;
        journal_go_back(&fixture->journal, 4);
        feed(fixture, 100, 200);
        qf_publish_bind(fixture->publish, NULL);
        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_directory_set_aside(fixture->place.directory), 0);
        open_counts(fixture);
        assert_int_equal(qf_counting_end_lives(fixture->counting), 0);
        commit_all(fixture);
        assert_true(fixture->counting->committed > have);
        turn(fixture);
        assert_int_equal(fixture->reader[0].have, have);
        journal_life(&fixture->journal, 2);
        commit_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].fresh, 2);
}

static void rows_are_scanned_then_followed(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 1000);
        journal_tick(&fixture->journal, "k00001", 5);
        journal_batch(&fixture->journal);
        commit_all(fixture);
        subscribe(fixture, 0, 7, 4 << 20);
        turn(fixture);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].rows, 1000);
        assert_int_equal(fixture->reader[0].row_attendances[12], 12);
        assert_int_equal(fixture->reader[0].row_values[2], 2);
        journal_activity(&fixture->journal, "k00011", QF_REPLACE, 20230506, 99, NULL);
        journal_batch(&fixture->journal);
        commit_all(fixture);
        turn(fixture);
        assert_int_equal(fixture->reader[0].row_attendances[12], 100);
        assert_int_equal(fixture->reader[0].row_values[12], 1);
        journal_activity(&fixture->journal, "k00011", QF_WITHDRAW, 20230506, -1, NULL);
        journal_batch(&fixture->journal);
        commit_all(fixture);
        turn(fixture);
        expect_same(fixture, 0);
}

/* While much arrives there is one turn a commit: what it cannot finish would never be finished. */
static void one_turn_sends_all_that_a_large_commit_changed(void **state)
{
        struct fixture *fixture = *state;
        int64_t next_ms;
        bool more;

        feed(fixture, 0, 10);
        commit_all(fixture);
        subscribe(fixture, 0, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS, 1 << 30);
        turn(fixture);
        for (uint32_t i = 10; i < 70000; i += 10) {
                feed(fixture, i, i + 10);
                if (i % 2000 == 0)
                        commit_all(fixture);
        }
        commit_all(fixture);
        fixture->now_ms += 1000;
        assert_int_equal(qf_publish_turn(fixture->publish, fixture->now_ms, &fixture->facts, &next_ms, &more),
                         0);
        expect_same(fixture, 0);
        assert_int_equal(fixture->reader[0].rows, 70000);
}

static void rate_is_kept(void **state)
{
        struct fixture *fixture = *state;
        struct qf_from_reader message = {
                .what = QF_SUBSCRIBE, .version = 1, .id = 7, .credit = 1 << 20, .every_ms = 5000};
        int64_t next_ms;
        bool more;

        feed(fixture, 0, 10);
        commit_all(fixture);
        say(fixture, 0, &message);
        turn(fixture);
        uint64_t frames = fixture->reader[0].frames;
        feed(fixture, 10, 20);
        commit_all(fixture);
        int64_t asked_ms = fixture->now_ms + 10;
        assert_int_equal(qf_publish_turn(fixture->publish, asked_ms, &fixture->facts, &next_ms, &more), 0);
        assert_int_equal(fixture->reader[0].frames, frames);
        assert_int_equal(next_ms, fixture->now_ms + 5000);
        assert_int_equal(qf_publish_turn(fixture->publish, next_ms, &fixture->facts, &next_ms, &more), 0);
        expect_same(fixture, 0);
}

static void deaf_subscriber_is_dropped_after_five_pulses(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 10);
        commit_all(fixture);
        subscribe(fixture, 0, 0, 1 << 20);
        fixture->reader[0].gone = true;
        for (int i = 0; i < 4; i++)
                assert_int_equal(qf_publish_pulse(fixture->publish, &fixture->facts), 0);
        assert_int_equal(qf_publish_subscribers(fixture->publish), 1);
        assert_int_equal(qf_publish_pulse(fixture->publish, &fixture->facts), 0);
        assert_int_equal(qf_publish_subscribers(fixture->publish), 0);
}

static void pulse_says_how_things_are(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 10);
        commit_all(fixture);
        fixture->facts = (struct qf_publish_facts){
                .journal_last = 9, .complete_at_ms = 77, .stopped = true, .say = "why"};
        subscribe(fixture, 0, 0, 1 << 20);
        assert_int_equal(fixture->reader[0].last_pulse.version, fixture->counting->committed);
        assert_int_equal(fixture->reader[0].last_pulse.journal_last, 9);
        assert_int_equal(fixture->reader[0].last_pulse.complete_at_ms, 77);
        assert_true(fixture->reader[0].last_pulse.stopped);
}

/* Nobody waits for the pulse of the next second to hear that all is counted. */
static void the_end_of_catching_up_is_told_in_its_turn(void **state)
{
        struct fixture *fixture = *state;

        feed(fixture, 0, 10);
        commit_all(fixture);
        fixture->facts.catching_up = true;
        subscribe(fixture, 0, 0, 1 << 20);
        turn(fixture);
        feed(fixture, 10, 20);
        apply_all(fixture);
        turn(fixture); /* more is counted and not shown yet */
        assert_int_equal(fixture->reader[0].pulses, 1);
        commit_all(fixture);
        fixture->facts.catching_up = false;
        turn(fixture);
        turn(fixture);
        assert_int_equal(fixture->reader[0].pulses, 2);
        assert_false(fixture->reader[0].last_pulse.catching_up);
        assert_int_equal(fixture->reader[0].last_pulse.version, fixture->counting->committed);
}

static void the_sixty_fifth_subscriber_is_denied(void **state)
{
        struct fixture *fixture = *state;
        struct qf_from_reader message = {.what = QF_SUBSCRIBE, .version = 1, .credit = 1};

        for (message.id = 1; message.id <= 64; message.id++)
                say(fixture, 0, &message);
        assert_int_equal(fixture->reader[0].denied, 0);
        say(fixture, 0, &message);
        assert_int_not_equal(fixture->reader[0].denied, 0);
        message.id = 3;
        fixture->reader[0].denied = 0;
        say(fixture, 0, &message);
        assert_int_equal(fixture->reader[0].denied, 0);
}

static void queries_are_answered_in_json(void **state)
{
        struct fixture *fixture = *state;
        struct qf_from_reader query = {.what = QF_QUERY, .id = 3, .query = QF_QUERY_WAITING};

        journal_tick(&fixture->journal, "say \"x\"", 4);
        journal_batch(&fixture->journal);
        commit_all(fixture);
        say(fixture, 0, &query);
        assert_string_equal(fixture->reader[0].json,
                            "{\"waiting\":1,\"rows\":[{\"partner\":\"AA\",\"key\":\"say \\\"x\\\"\","
                            "\"why\":\"no_activity\",\"ticks\":4,\"events\":1}]}");
        query.query = QF_QUERY_STATUS;
        say(fixture, 0, &query);
        assert_non_null(strstr(fixture->reader[0].json, "\"version\":3,"));
        assert_non_null(strstr(fixture->reader[0].json, "\"waiting\":1,"));
        /* Whoever asks for it again and again commits nothing each time; the list itself is of all that was counted. */
        const uint64_t committed = fixture->counting->committed;
        journal_tick(&fixture->journal, "another", 1);
        journal_batch(&fixture->journal);
        apply_all(fixture);
        say(fixture, 0, &query);
        assert_non_null(strstr(fixture->reader[0].json, "\"waiting\":1,"));
        assert_int_equal(fixture->counting->committed, committed);
        query.query = QF_QUERY_WAITING;
        say(fixture, 0, &query);
        assert_non_null(strstr(fixture->reader[0].json, "\"waiting\":2,"));
        assert_true(fixture->counting->committed > committed);
        query.query = QF_QUERY_TOTALS;
        say(fixture, 0, &query);
        assert_int_not_equal(fixture->reader[0].denied, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(newcomer_gets_the_whole_picture_and_its_registers),
                CASE(commit_sends_only_what_changed),
                CASE(what_is_not_committed_is_not_sent),
                CASE(version_moves_when_nothing_is_counted),
                CASE(subscriber_without_credit_gets_one_pass_later),
                CASE(resume_sends_what_is_newer_than_have),
                CASE(resume_survives_a_restart_of_aggregation),
                CASE(resume_with_a_new_process_does_not_begin_anew),
                CASE(rebuild_keeps_the_old_picture_until_it_is_passed),
                CASE(another_life_begins_from_nothing),
                CASE(nothing_is_said_of_a_life_that_is_over),
                CASE(rows_are_scanned_then_followed),
                CASE(one_turn_sends_all_that_a_large_commit_changed),
                CASE(rate_is_kept),
                CASE(deaf_subscriber_is_dropped_after_five_pulses),
                CASE(pulse_says_how_things_are),
                CASE(the_end_of_catching_up_is_told_in_its_turn),
                CASE(the_sixty_fifth_subscriber_is_denied),
                CASE(queries_are_answered_in_json),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
