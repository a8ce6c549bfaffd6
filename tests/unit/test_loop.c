/* service/loop: sockets, descriptors, timers and signals in one thread. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/clock.h"
#include "service/loop.h"

struct seen {
        struct qf_loop *loop;
        int fds[2];
        void *context, *a, *b;
        int reads, ticks, turns, stop_after;
};

static int setup(void **state)
{
        struct seen *seen = calloc(1, sizeof *seen);

        assert_non_null(seen);
        assert_int_equal(pipe2(seen->fds, O_CLOEXEC | O_NONBLOCK), 0);
        assert_int_equal(qf_loop_new(&seen->loop), 0);
        *state = seen;
        return 0;
}

static int teardown(void **state)
{
        struct seen *seen = *state;

        qf_loop_free(seen->loop);
        if (seen->context) {
                assert_int_equal(zmq_close(seen->a), 0);
                assert_int_equal(zmq_close(seen->b), 0);
                assert_int_equal(zmq_ctx_term(seen->context), 0);
        }
        assert_int_equal(close(seen->fds[0]), 0);
        assert_int_equal(close(seen->fds[1]), 0);
        free(seen);
        return 0;
}

static int read_one_byte(void *ctx)
{
        struct seen *seen = ctx;
        char byte;

        assert_int_equal(read(seen->fds[0], &byte, 1), 1);
        if (++seen->reads == seen->stop_after)
                qf_loop_stop(seen->loop);
        return 0;
}

static void descriptor_is_offered_until_it_is_empty(void **state)
{
        struct seen *seen = *state;

        seen->stop_after = 3;
        assert_int_equal(write(seen->fds[1], "abc", 3), 3);
        assert_int_equal(qf_loop_add_fd(seen->loop, seen->fds[0], read_one_byte, seen), 0);
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_int_equal(seen->reads, 3);
}

static int read_message(void *ctx)
{
        struct seen *seen = ctx;
        char text[8];

        assert_int_equal(zmq_recv(seen->b, text, sizeof text, ZMQ_DONTWAIT), 2);
        if (++seen->reads == seen->stop_after)
                qf_loop_stop(seen->loop);
        return 0;
}

static void hold_messages(struct seen *seen, int count)
{
        seen->context = zmq_ctx_new();
        seen->a = zmq_socket(seen->context, ZMQ_PAIR);
        seen->b = zmq_socket(seen->context, ZMQ_PAIR);
        assert_int_equal(zmq_bind(seen->b, "inproc://loop"), 0);
        assert_int_equal(zmq_connect(seen->a, "inproc://loop"), 0);
        seen->stop_after = count;
        for (int i = 0; i < count; i++)
                assert_int_equal(zmq_send(seen->a, "hi", 2, 0), 2);
        assert_int_equal(qf_loop_add_socket(seen->loop, seen->b, read_message, seen), 0);
}

static void socket_is_offered_for_each_message_left(void **state)
{
        struct seen *seen = *state;

        hold_messages(seen, 4);
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_int_equal(seen->reads, 4);
}

static void others_are_offered_while_a_socket_rests(void **state)
{
        struct seen *seen = *state;
        int64_t until_ns = qf_clock_mono_ns() + INT64_C(30000000000);

        hold_messages(seen, 1);
        assert_int_equal(write(seen->fds[1], "abc", 3), 3);
        assert_int_equal(qf_loop_add_fd(seen->loop, seen->fds[0], read_one_byte, seen), 0);
        qf_loop_rest(seen->loop, seen->b, until_ns);
        seen->stop_after = 3; /* all of the descriptor, meanwhile */
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_true(qf_clock_mono_ns() < until_ns);
}

static void rest_of_a_socket_ends_by_itself(void **state)
{
        struct seen *seen = *state;
        int64_t until_ns = qf_clock_mono_ns() + INT64_C(3000000);

        hold_messages(seen, 1);
        qf_loop_rest(seen->loop, seen->b, until_ns);
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_int_equal(seen->reads, 1);
        assert_true(qf_clock_mono_ns() >= until_ns);
}

static int tick(void *ctx)
{
        struct seen *seen = ctx;

        if (++seen->ticks == seen->stop_after)
                qf_loop_stop(seen->loop);
        return 0;
}

static void timer_keeps_its_period(void **state)
{
        struct seen *seen = *state;
        int64_t start = qf_clock_mono_ms();

        seen->stop_after = 5;
        assert_int_equal(qf_loop_every(seen->loop, 20, tick, seen), 0);
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_int_equal(seen->ticks, 5);
        assert_true(qf_clock_mono_ms() - start >= 100);
}

static int dawdle_then_stop(void *ctx)
{
        struct seen *seen = ctx;
        int64_t until = qf_clock_mono_ms() + 100;

        while (qf_clock_mono_ms() < until)
                ;
        if (++seen->reads == 2)
                qf_loop_stop(seen->loop);
        return 0;
}

static void late_timer_does_not_make_up_for_what_it_missed(void **state)
{
        struct seen *seen = *state;

        assert_int_equal(qf_loop_every(seen->loop, 5, tick, seen), 0);
        assert_int_equal(qf_loop_every(seen->loop, 1, dawdle_then_stop, seen), 0);
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_true(seen->ticks <= 2);
}

static int turn_three_times(void *ctx, bool *ret_more)
{
        struct seen *seen = ctx;

        *ret_more = ++seen->turns < 3;
        if (seen->turns == 3)
                qf_loop_stop(seen->loop);
        return 0;
}

static void turn_that_has_more_does_not_wait(void **state)
{
        struct seen *seen = *state;
        int64_t start = qf_clock_mono_ms();

        qf_loop_set_turn(seen->loop, turn_three_times, seen);
        assert_int_equal(write(seen->fds[1], "a", 1), 1);
        assert_int_equal(qf_loop_add_fd(seen->loop, seen->fds[0], read_one_byte, seen), 0);
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_int_equal(seen->turns, 3);
        assert_true(qf_clock_mono_ms() - start < 5000);
}

static int wake_soon_then_stop(void *ctx, bool *ret_more)
{
        struct seen *seen = ctx;

        (void)ret_more;
        if (++seen->turns == 4)
                qf_loop_stop(seen->loop);
        return qf_loop_wake_at(seen->loop, qf_clock_mono_ns() + 2500000);
}

static void loop_wakes_when_told(void **state)
{
        struct seen *seen = *state;
        int64_t start = qf_clock_mono_ns();

        qf_loop_set_turn(seen->loop, wake_soon_then_stop, seen);
        assert_int_equal(qf_loop_wake_at(seen->loop, start + 2500000), 0);
        assert_int_equal(qf_loop_run(seen->loop), 0);
        assert_int_equal(seen->turns, 4);
        assert_in_range(qf_clock_mono_ns() - start, 4 * 2500000, INT64_C(5000000000));
}

static int break_off(void *ctx)
{
        (void)ctx;
        return -EIO;
}

static void callback_that_fails_ends_the_loop(void **state)
{
        struct seen *seen = *state;

        qf_loop_set_turn(seen->loop, turn_three_times, seen);
        assert_int_equal(qf_loop_every(seen->loop, 1, break_off, seen), 0);
        assert_int_equal(qf_loop_run(seen->loop), -EIO);
        assert_int_equal(seen->turns, 0);
}

static int raise_term(void *ctx)
{
        (void)ctx;
        return raise(SIGTERM) == 0 ? 0 : -EIO;
}

static void signal_ends_the_loop_in_order(void **state)
{
        struct seen *seen = *state;

        assert_int_equal(qf_loop_every(seen->loop, 1, raise_term, seen), 0);
        assert_int_equal(qf_loop_run(seen->loop), 0);
}

static void too_many_of_a_kind_is_an_error(void **state)
{
        struct seen *seen = *state;
        int r = 0;

        for (int i = 0; i < 100 && r == 0; i++)
                r = qf_loop_every(seen->loop, 1000, tick, seen);
        assert_int_equal(r, -ENOSPC);
        for (int i = r = 0; i < 100 && r == 0; i++)
                r = qf_loop_add_fd(seen->loop, seen->fds[0], read_one_byte, seen);
        assert_int_equal(r, -ENOSPC);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_LOOP(descriptor_is_offered_until_it_is_empty),
                WITH_LOOP(socket_is_offered_for_each_message_left),
                WITH_LOOP(others_are_offered_while_a_socket_rests),
                WITH_LOOP(rest_of_a_socket_ends_by_itself),
                WITH_LOOP(timer_keeps_its_period),
                WITH_LOOP(late_timer_does_not_make_up_for_what_it_missed),
                WITH_LOOP(turn_that_has_more_does_not_wait),
                WITH_LOOP(loop_wakes_when_told),
                WITH_LOOP(callback_that_fails_ends_the_loop),
                WITH_LOOP(signal_ends_the_loop_in_order),
                WITH_LOOP(too_many_of_a_kind_is_an_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
