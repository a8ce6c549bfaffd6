/* A subscriber against a server that is played here, frame by frame: what is shown
 * is always a whole version, and everything lost heals. */
#include "support/subscriber_stage.h"

static void what_is_asked_for_is_said(void **state)
{
        struct stage *stage = *state;
        UNTIL(stage, 10, stage->subscribes == 1);
        assert_int_equal(stage->last.have, 0);
        assert_int_equal(stage->last.want, QF_WANT_CELLS | QF_WANT_ROWS | QF_WANT_REGISTERS);
        assert_int_equal(stage->last.credit, 4096);
        assert_int_equal(stage->last.prefixes_count, 1);
        assert_true(qf_view_same(stage->last.prefixes[0], QF_VIEW("activities/total")));
}

static void a_version_is_shown_whole_or_not_at_all(void **state)
{
        struct stage *stage = *state;
        struct qf_to_reader first = update(0, 10, false, NULL, 20230500, 5, 7);
        first.fresh = true;
        UNTIL(stage, 10, stage->subscribes == 1);
        put(stage, first, epoch_a);
        UNTIL(stage, 0, stage->heard.begins == 1);
        assert_false(qf_subscription_held(stage->subscription));
        put(stage, update(0, 10, false, NULL, 20230400, 2, 9), epoch_a);
        put(stage, update(0, 10, true, NULL, 20230600, 1, 3), epoch_a);
        UNTIL(stage, 0, stage->heard.consistent == 1);
        assert_int_equal(qf_subscription_version(stage->subscription), 10);
        assert_int_equal(activities(stage, "total", "all"), 8);
        assert_int_equal(stage->heard.anew, 1);
        assert_int_equal(qf_picture_newest(qf_subscription_picture(stage->subscription))->changed, 9);
        /* Parts of the next version change nothing yet. */
        put(stage, update(10, 12, false, NULL, 20230500, 50, 12), epoch_a);
        put(stage, update(10, 12, false, NULL, 20230700, 4, 11), epoch_a);
        pulse(stage, epoch_a, 12, 12);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->version == 12);
        assert_int_equal(activities(stage, "total", "all"), 8);
        put(stage, update(10, 12, true, NULL, 20230500, 6, 12), epoch_a);
        UNTIL(stage, 0, stage->heard.consistent == 2);
        assert_int_equal(activities(stage, "total", "all"), 13);
        assert_int_equal(stage->heard.moved, 2);
        assert_int_equal(stage->heard.anew, 1);
}

static void registers_give_names_to_cells(void **state)
{
        struct stage *stage = *state;
        struct qf_buffer rooms[2] = {{0}};
        struct qf_view views[2];
        struct qf_to_reader nothing = update(0, 10, false, NULL, 20230000, -1, 0);
        UNTIL(stage, 10, stage->subscribes == 1);
        nothing.fresh = true;
        put(stage,
            with_register(nothing, QF_KIND_DIMENSION, (struct qf_register){.code = QF_VIEW("mode")},
                          &rooms[0], &views[0]),
            epoch_a);
        nothing.fresh = false;
        put(stage,
            with_register(nothing, QF_KIND_MEMBER,
                          (struct qf_register){.dimension = QF_VIEW("mode"), .code = QF_VIEW("x")}, &rooms[1],
                          &views[1]),
            epoch_a);
        put(stage, update(0, 10, false, "x", 20230000, 3, 4), epoch_a);
        put(stage, update(0, 10, true, "", 20230000, 2, 5), epoch_a);
        UNTIL(stage, 0, qf_subscription_held(stage->subscription));
        assert_int_equal(stage->heard.registered, 2);
        assert_int_equal(activities(stage, "mode", "x"), 3);
        assert_int_equal(activities(stage, "mode", ""), 2);
        assert_int_equal(activities(stage, "mode", "y"), -1);
        assert_int_equal(activities(stage, "none", "x"), -1);
        qf_buffer_deinit(&rooms[0]);
        qf_buffer_deinit(&rooms[1]);
}

static void a_gap_asks_again_from_what_is_held(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        put(stage, update(11, 12, true, NULL, 20230500, 9, 12), epoch_a);
        UNTIL(stage, 50, stage->subscribes == 2);
        assert_int_equal(stage->last.have, 10);
        assert_memory_equal(stage->last.epoch, epoch_a, QF_EPOCH_BYTES);
        assert_int_equal(activities(stage, "total", "all"), 5);
        put(stage, update(10, 12, true, NULL, 20230500, 9, 12), epoch_a);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 12);
        assert_int_equal(activities(stage, "total", "all"), 9);
}

/* Asked again out of impatience: the rest of the transfer before comes all the same, and nothing after it. */
static void a_transfer_that_was_only_slow_is_whole(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        put(stage, update(10, 12, false, NULL, 20230700, 4, 11), epoch_a);
        pulse(stage, epoch_a, 12, 12);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->version == 12);
        UNTIL(stage, 200, stage->subscribes == 2);
        assert_int_equal(stage->last.have, 10);
        put(stage, update(10, 12, true, NULL, 20230500, 6, 12), epoch_a);
        put(stage, update(10, 12, false, NULL, 20230700, 4, 11), epoch_a);
        put(stage, update(10, 12, true, NULL, 20230500, 6, 12), epoch_a);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 12);
        assert_int_equal(activities(stage, "total", "all"), 10);
}

/* A picture that is on its way is not asked for again because nobody looked for a while: it would begin anew, and on a
 * busy machine never end. */
static void who_comes_late_reads_before_it_asks(void **state)
{
        struct stage *stage = *state;
        struct qf_to_reader part = update(0, 10, false, NULL, 20230500, 5, 7);
        part.fresh = true;
        UNTIL(stage, 10, stage->subscribes == 1);
        put(stage, part, epoch_a);
        UNTIL(stage, 0, stage->heard.begins == 1);
        for (uint32_t late = 0; late < 5; late++) {
                struct qf_socket *reader = qf_subscription_socket(stage->subscription);
                put(stage, update(0, 10, false, NULL, 20230600, 5, 7), epoch_a);
                assert_int_equal(qf_socket_wait(&reader, 1, DEADLINE_MS), 0);
                stage->now += 30000;
                assert_int_equal(qf_subscription_turn(stage->subscription, stage->now), 0);
        }
        put(stage, update(0, 10, true, NULL, 20230700, 5, 7), epoch_a);
        UNTIL(stage, 0, qf_subscription_held(stage->subscription));
        assert_int_equal(stage->subscribes, 1);
        assert_int_equal(stage->heard.begins, 1);
}

/* A picture from nothing, of the epoch that is held, breaks off; the server then goes on from what is held. */
static void a_picture_that_was_given_up_does_not_come_back(void **state)
{
        struct stage *stage = *state;
        struct qf_to_reader again = update(0, 12, false, NULL, 20230400, 2, 9);
        hold(stage);
        again.fresh = true;
        put(stage, again, epoch_a);
        UNTIL(stage, 0, stage->heard.begins == 2);
        UNTIL(stage, 500, stage->subscribes == 2); /* silence */
        assert_int_equal(stage->last.have, 10);
        put(stage, update(0, 12, true, NULL, 20230600, 1, 3), epoch_a); /* its end, late */
        put(stage, update(10, 12, true, NULL, 20230500, 6, 12), epoch_a);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 12);
        assert_int_equal(activities(stage, "total", "all"), 6);
        assert_int_equal(stage->heard.anew, 1);
}

/* Asked again before the frames were read that waited: the first of a picture from nothing, of a transfer that the
 * server then dropped for the new one. Found by the simulator. */
static void a_picture_that_the_server_gave_up_is_not_mixed_in(void **state)
{
        struct stage *stage = *state;
        struct qf_to_reader again = update(0, 12, false, NULL, 20230400, 2, 9);
        hold(stage);
        again.fresh = true;
        put(stage, again, epoch_a);
        put(stage, update(10, 12, false, NULL, 20230500, 6, 12), epoch_a);
        put(stage, update(10, 12, true, NULL, 20230600, 1, 11), epoch_a);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 12);
        assert_int_equal(activities(stage, "total", "all"), 7);
        assert_int_equal(stage->heard.anew, 1);
}

static void an_old_frame_changes_nothing(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        put(stage, update(5, 9, true, NULL, 20230500, 4, 9), epoch_a);
        put(stage, update(8, 11, true, NULL, 20230600, 1, 11), epoch_a); /* an overlap is no gap */
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 11);
        assert_int_equal(activities(stage, "total", "all"), 6);
        assert_int_equal(stage->subscribes, 1);
}

static void names_never_told_are_asked_for_again(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        put(stage, update(10, 11, true, "x", 20230500, 4, 11), epoch_a);
        UNTIL(stage, 50, stage->subscribes == 2);
        assert_int_equal(qf_subscription_version(stage->subscription), 10);
}

static void another_epoch_replaces_the_picture_at_its_end(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        struct qf_to_reader fresh = update(0, 4, false, NULL, 20220100, 1, 2);
        fresh.fresh = true;
        put(stage, fresh, epoch_b);
        UNTIL(stage, 0, stage->heard.begins == 2);
        assert_int_equal(activities(stage, "total", "all"), 5);
        put(stage, update(0, 4, true, NULL, 20220200, 1, 3), epoch_b);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 4);
        assert_int_equal(activities(stage, "total", "all"), 2);
        assert_memory_equal(qf_subscription_epoch(stage->subscription), epoch_b, QF_EPOCH_BYTES);
        assert_int_equal(stage->heard.anew, 2);
        /* Of the epoch before nothing is taken any more. */
        put(stage, update(10, 12, true, NULL, 20230500, 9, 12), epoch_a);
        UNTIL(stage, 50, stage->subscribes == 2);
        assert_int_equal(qf_subscription_version(stage->subscription), 4);
}

static void a_transfer_cut_by_a_new_server_begins_anew(void **state)
{
        struct stage *stage = *state;
        struct qf_to_reader fresh = update(0, 10, false, NULL, 20230500, 5, 7);
        UNTIL(stage, 10, stage->subscribes == 1);
        fresh.fresh = true;
        put(stage, fresh, epoch_a);
        UNTIL(stage, 0, stage->heard.begins == 1);
        stage->server = qf_socket_close(stage->server);
        serve(stage);
        UNTIL(stage, 50, stage->subscribes == 2);
        assert_int_equal(stage->last.have, 0);
        fresh = update(0, 11, true, NULL, 20230600, 3, 11);
        fresh.fresh = true;
        put(stage, fresh, epoch_a);
        UNTIL(stage, 0, qf_subscription_held(stage->subscription));
        assert_int_equal(activities(stage, "total", "all"), 3);
        assert_int_equal(stage->heard.begins, 2);
}

static void silence_asks_again_within_two_seconds(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        pulse(stage, epoch_a, 10, 10);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->version == 10);
        const int64_t heard = stage->now;
        UNTIL(stage, 20, stage->subscribes == 2);
        assert_true(stage->now - heard <= 2000);
        assert_int_equal(stage->last.have, 10);
}

static void pulses_tell_quiet_late_stopped_and_dead_apart(void **state)
{
        struct stage *stage = *state;
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_NONE);
        hold(stage);
        pulse(stage, epoch_a, 10, 10);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->journal_last == 10);
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_QUIET);
        pulse(stage, epoch_a, 10, 12);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->journal_last == 12);
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_LATE);
        put(stage,
            (struct qf_to_reader){.what = QF_PULSE,
                                  .version = 10,
                                  .journal_last = 13,
                                  .stopped = true,
                                  .say = QF_VIEW("record 11 cannot be applied")},
            epoch_a);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->stopped);
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_STOPPED);
        assert_string_equal(qf_subscription_say(stage->subscription), "record 11 cannot be applied");
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now + 3001), QF_PULSE_DEAD);
        assert_int_equal(qf_subscription_silent_ms(stage->subscription, stage->now + 3001), 3001);
}

/* Version 20 of one journal is neither before nor behind record 9 of another. */
static void a_pulse_of_another_epoch_says_nothing_of_what_is_held(void **state)
{
        struct stage *stage = *state;
        struct qf_to_reader fresh = update(0, 20, true, NULL, 20230500, 1, 2);
        fresh.fresh = true;
        hold(stage);
        pulse(stage, epoch_a, 10, 10);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->version == 10);
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_QUIET);
        put(stage, fresh, epoch_b);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 20);
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_LATE);
        pulse(stage, epoch_b, 20, 20);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->version == 20);
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_QUIET);
        pulse(stage, epoch_a, 11, 11);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->version == 11);
        assert_int_equal(qf_subscription_state(stage->subscription, stage->now), QF_PULSE_LATE);
}

static void tell_complete(struct stage *stage, const uint8_t *epoch, uint64_t version, int64_t at_ms)
{
        struct qf_to_reader message = {
                .what = QF_PULSE, .version = version, .journal_last = version, .complete_at_ms = at_ms};

        put(stage, message, epoch);
        UNTIL(stage, 0, qf_subscription_pulse(stage->subscription)->version == version);
}

/* A Pulse overtakes what it speaks of: it needs no credit. */
static void what_is_complete_is_what_is_held(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        const struct qf_pulse *pulse = qf_subscription_pulse(stage->subscription);
        tell_complete(stage, epoch_a, 10, 1000);
        assert_int_equal(pulse->complete_at_ms, 1000);
        tell_complete(stage, epoch_a, 12, 2000);
        assert_int_equal(pulse->complete_at_ms, 1000);
        tell_complete(stage, epoch_a, 14, 3000); /* who is always a little late has it all the same */
        put(stage, update(10, 13, true, NULL, 20230500, 9, 12), epoch_a);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 13);
        assert_int_equal(pulse->complete_at_ms, 2000);
        /* Of the totals of another journal nothing is known by these. */
        tell_complete(stage, epoch_b, 3, 4000);
        assert_int_equal(pulse->complete_at_ms, 2000);
        struct qf_to_reader other = update(0, 4, true, NULL, 20230500, 1, 4);
        other.fresh = true;
        put(stage, other, epoch_b);
        UNTIL(stage, 0, qf_subscription_version(stage->subscription) == 4);
        assert_int_equal(pulse->complete_at_ms, 4000);
        tell_complete(stage, epoch_b, 5, 5000);
        put(stage, other, epoch_a);
        UNTIL(stage, 0, !memcmp(qf_subscription_epoch(stage->subscription), epoch_a, QF_EPOCH_BYTES));
        assert_int_equal(pulse->complete_at_ms, 0);
        tell_complete(stage, epoch_a, 4, 6000);
        assert_int_equal(pulse->complete_at_ms, 6000);
}

static void nothing_newer_though_there_is_asks_again(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        for (int i = 0; i < 8 && stage->subscribes < 2; i++) {
                pulse(stage, epoch_a, 20, 20);
                const int64_t next = stage->now + 500;
                UNTIL(stage, 20, stage->now >= next || stage->subscribes == 2);
        }
        assert_int_equal(stage->subscribes, 2);
}

static void credit_is_given_as_frames_are_taken(void **state)
{
        struct stage *stage = *state;
        hold(stage);
        for (uint64_t version = 11; version < 200; version++) {
                put(stage, update(version - 1, version, true, NULL, 20230500, (int64_t)version, version),
                    epoch_a);
                UNTIL(stage, 0, qf_subscription_version(stage->subscription) == version);
        }
        UNTIL(stage, 0, stage->mores > 0);
        assert_int_equal(stage->last.what, QF_MORE);
        assert_true(stage->last.credit > 4096);
}

static void denial_and_too_many_cells_are_outcomes(void **state)
{
        struct stage *stage = *state;
        int r = 0;
        UNTIL(stage, 10, stage->subscribes == 1);
        put(stage, (struct qf_to_reader){.what = QF_DENIED, .why = 2, .say = QF_VIEW("too many subscribers")},
            epoch_a);
        for (int64_t until = qf_clock_mono_ms() + DEADLINE_MS; !r && qf_clock_mono_ms() < until;)
                r = qf_subscription_wait(stage->subscription, TURN_MS);
        assert_int_equal(r, QF_SUBSCRIPTION_DENIED);
        assert_string_equal(qf_subscription_say(stage->subscription), "too many subscribers");

        stage->subscription = qf_subscription_close(stage->subscription);
        subscribe(stage, 1);
        stage->subscribes = 0;
        UNTIL(stage, 10, stage->subscribes == 1);
        struct qf_to_reader fresh = update(0, 4, false, NULL, 20220100, 1, 2);
        fresh.fresh = true;
        put(stage, fresh, epoch_a);
        put(stage, update(0, 4, true, NULL, 20220200, 1, 2), epoch_a);
        r = 0;
        for (int64_t until = qf_clock_mono_ms() + DEADLINE_MS; !r && qf_clock_mono_ms() < until;)
                r = qf_subscription_wait(stage->subscription, TURN_MS);
        assert_int_equal(r, QF_SUBSCRIPTION_TOO_LARGE);
}

static void who_is_told_to_wait_asks_again(void **state)
{
        struct stage *stage = *state;

        UNTIL(stage, 10, stage->subscribes == 1);
        put(stage, (struct qf_to_reader){.what = QF_DENIED, .why = QF_REFUSED_BUSY, .say = QF_VIEW("wait")},
            epoch_a);
        UNTIL(stage, 10, stage->subscribes == 2);
        assert_string_equal(qf_subscription_say(stage->subscription), "wait");
        struct qf_to_reader fresh = update(0, 4, true, NULL, 20220100, 1, 2);
        fresh.fresh = true;
        put(stage, fresh, epoch_a);
        UNTIL(stage, 10, qf_subscription_held(stage->subscription));
}

static bool keeps_months(struct qf_cell_key key)
{
        return key.period % 100 == 0;
}

static void cells_that_are_not_kept_take_no_room(void **state)
{
        struct stage *stage = *state;
        stage->subscription = qf_subscription_close(stage->subscription);
        stage->keeps = keeps_months;
        subscribe(stage, 1);
        stage->subscribes = 0;
        UNTIL(stage, 10, stage->subscribes == 1);
        for (uint32_t day = 1; day <= 3; day++) {
                struct qf_to_reader part = update(0, 4, false, NULL, 20220100 + day, 1, 2);
                part.fresh = day == 1;
                put(stage, part, epoch_a);
        }
        put(stage, update(0, 4, true, NULL, 20220100, 3, 2), epoch_a);
        UNTIL(stage, 10, qf_subscription_held(stage->subscription));
        assert_int_equal(qf_picture_cells(qf_subscription_picture(stage->subscription)), 1);
        put(stage, update(4, 5, true, NULL, 20220104, 1, 5), epoch_a);
        put(stage, update(5, 6, true, NULL, 20220100, 4, 6), epoch_a);
        UNTIL(stage, 10, qf_subscription_version(stage->subscription) == 6);
        assert_int_equal(qf_picture_cells(qf_subscription_picture(stage->subscription)), 1);
        assert_int_equal(stage->heard.moved, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(what_is_asked_for_is_said),
                TEST(a_version_is_shown_whole_or_not_at_all),
                TEST(registers_give_names_to_cells),
                TEST(a_gap_asks_again_from_what_is_held),
                TEST(who_comes_late_reads_before_it_asks),
                TEST(a_transfer_that_was_only_slow_is_whole),
                TEST(a_picture_that_was_given_up_does_not_come_back),
                TEST(a_picture_that_the_server_gave_up_is_not_mixed_in),
                TEST(an_old_frame_changes_nothing),
                TEST(names_never_told_are_asked_for_again),
                TEST(another_epoch_replaces_the_picture_at_its_end),
                TEST(a_transfer_cut_by_a_new_server_begins_anew),
                TEST(silence_asks_again_within_two_seconds),
                TEST(pulses_tell_quiet_late_stopped_and_dead_apart),
                TEST(a_pulse_of_another_epoch_says_nothing_of_what_is_held),
                TEST(what_is_complete_is_what_is_held),
                TEST(nothing_newer_though_there_is_asks_again),
                TEST(credit_is_given_as_frames_are_taken),
                TEST(denial_and_too_many_cells_are_outcomes),
                TEST(who_is_told_to_wait_asks_again),
                TEST(cells_that_are_not_kept_take_no_room),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
