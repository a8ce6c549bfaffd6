/* wire/socket and wire/zap with real sockets: who gets in, what is dropped, and what a sender hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/keys.h"
#include "wire/socket.h"

enum { DEADLINE_MS = 10000, QUIET_MS = 300 };

struct pair { /* a server behind a door and the context of its clients */
        char directory[64];
        char endpoint[128];
        struct qf_context *context, *clients;
        struct qf_zap *zap;
        struct qf_curve server_curve, client_curve;
        struct qf_socket *server, *client;
        const char *user; /* what the door says of client_curve's key */
        int asked;
};

static const char *decide(void *ctx, const uint8_t public_key[32], const char *address)
{
        struct pair *pair = ctx;

        (void)address;
        pair->asked++;
        return memcmp(public_key, pair->client_curve.public_key, 32) == 0 ? pair->user : NULL;
}

static int setup(void **state)
{
        struct pair *pair = calloc(1, sizeof *pair);

        assert_non_null(pair);
        memcpy(pair->directory, "/tmp/qf-socket-XXXXXX", 22);
        assert_non_null(mkdtemp(pair->directory));
        snprintf(pair->endpoint, sizeof pair->endpoint, "ipc://%s/s", pair->directory);
        assert_int_equal(qf_context_new(1, &pair->context), 0);
        assert_int_equal(qf_context_new(1, &pair->clients), 0);
        assert_int_equal(qf_key_make(pair->server_curve.public_key, pair->server_curve.secret_key), 0);
        assert_int_equal(qf_key_make(pair->client_curve.public_key, pair->client_curve.secret_key), 0);
        memcpy(pair->client_curve.server_key, pair->server_curve.public_key, 32);
        pair->user = "office";
        *state = pair;
        return 0;
}

static int teardown(void **state)
{
        struct pair *pair = *state;
        char path[128];

        qf_socket_close(pair->client);
        qf_socket_close(pair->server);
        qf_zap_close(pair->zap);
        qf_context_free(pair->clients);
        qf_context_free(pair->context);
        snprintf(path, sizeof path, "%s/s", pair->directory);
        (void)unlink(path);
        assert_int_equal(rmdir(pair->directory), 0);
        free(pair);
        return 0;
}

static void serve(struct pair *pair, bool curve, uint32_t frame_max)
{
        struct qf_socket_options options = {.type = QF_ROUTER,
                                            .server = true,
                                            .curve = curve ? &pair->server_curve : NULL,
                                            .frame_bytes_max = frame_max};

        assert_int_equal(qf_socket_bind(pair->context, &options, pair->endpoint, &pair->server), 0);
}

static void open_door(struct pair *pair)
{
        assert_int_equal(qf_zap_open(pair->context, decide, pair, &pair->zap), 0);
}

static void join(struct pair *pair, const struct qf_curve *curve)
{
        struct qf_socket_options options = {.type = QF_DEALER, .curve = curve};

        assert_int_equal(qf_socket_connect(pair->clients, &options, pair->endpoint, &pair->client), 0);
}

/* Sends when the handshake is over; turns the door meanwhile. 0; 1: it never was. */
static int say(struct pair *pair, struct qf_view frame, struct qf_view second, int64_t wait_ms)
{
        int64_t end = qf_clock_mono_ms() + wait_ms;
        int r;

        do {
                if (pair->zap)
                        assert_int_equal(qf_zap_turn(pair->zap), 0);
                (void)!qf_socket_wait_send(pair->client, 5);
                r = qf_socket_send(pair->client, NULL, frame, second);
        } while (r == 1 && qf_clock_mono_ms() < end);
        return r;
}

static int hear(struct pair *pair, struct qf_socket *socket, struct qf_received *received, int64_t wait_ms)
{
        int64_t end = qf_clock_mono_ms() + wait_ms;
        int r;

        do {
                if (pair->zap)
                        assert_int_equal(qf_zap_turn(pair->zap), 0);
                r = qf_socket_wait(&socket, 1, 5);
                if (r == 0)
                        r = qf_socket_receive(socket, received);
        } while (r == 1 && qf_clock_mono_ms() < end);
        return r;
}

static const struct qf_view none;

static void right_key_comes_in_with_its_user_id(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        open_door(pair);
        serve(pair, true, 0);
        join(pair, &pair->client_curve);
        assert_int_equal(say(pair, QF_VIEW("hello"), none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        assert_int_equal(received.frames, 1);
        assert_true(qf_view_same(received.user, QF_VIEW("office")));
        assert_true(qf_view_same(received.frame[0], QF_VIEW("hello")));
        assert_false(qf_socket_refused(pair->client));

        assert_int_equal(qf_socket_send(pair->server, &received.peer, QF_VIEW("welcome"), none), 0);
        assert_int_equal(hear(pair, pair->client, &received, DEADLINE_MS), 0);
        assert_true(qf_view_same(received.frame[0], QF_VIEW("welcome")));
        assert_int_equal(received.user.len, 0);
}

static void wrong_key_is_refused_and_knows_it(void **state)
{
        struct pair *pair = *state;
        struct qf_curve stranger = {0};
        int64_t end = qf_clock_mono_ms() + DEADLINE_MS;

        assert_int_equal(qf_key_make(stranger.public_key, stranger.secret_key), 0);
        memcpy(stranger.server_key, pair->server_curve.public_key, 32);
        open_door(pair);
        serve(pair, true, 0);
        join(pair, &stranger);
        while (!qf_socket_refused(pair->client) && qf_clock_mono_ms() < end)
                assert_int_equal(say(pair, QF_VIEW("let me in"), none, 10), 1);
        assert_true(qf_socket_refused(pair->client));
        assert_true(pair->asked > 0);
        struct qf_received received;
        assert_int_equal(hear(pair, pair->server, &received, QUIET_MS), 1);
}

static void key_that_decide_gives_no_name_is_refused(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        pair->user = NULL;
        open_door(pair);
        serve(pair, true, 0);
        join(pair, &pair->client_curve);
        assert_int_equal(say(pair, QF_VIEW("x"), none, QUIET_MS), 1);
        assert_int_equal(hear(pair, pair->server, &received, QUIET_MS), 1);
}

static void no_key_at_all_does_not_come_in(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        open_door(pair);
        serve(pair, true, 0);
        join(pair, NULL);
        assert_int_equal(say(pair, QF_VIEW("x"), none, QUIET_MS), 1);
        assert_int_equal(hear(pair, pair->server, &received, QUIET_MS), 1);
        assert_int_equal(pair->asked, 0);
}

static void without_a_door_even_the_right_key_does_not_come_in(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        serve(pair, true, 0);
        join(pair, &pair->client_curve);
        assert_int_equal(say(pair, QF_VIEW("x"), none, QUIET_MS), 1);
        assert_int_equal(hear(pair, pair->server, &received, QUIET_MS), 1);
}

static void two_frames_arrive_and_three_are_dropped(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        serve(pair, false, 0);
        join(pair, NULL);
        assert_int_equal(say(pair, QF_VIEW("one"), QF_VIEW("two"), DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        assert_int_equal(received.frames, 2);
        assert_true(qf_view_same(received.frame[1], QF_VIEW("two")));

        void *raw = qf_socket_handle(pair->client);
        for (int i = 0; i < 4; i++)
                assert_int_equal(zmq_send(raw, "many", 4, i < 3 ? ZMQ_SNDMORE : 0), 4);
        assert_int_equal(say(pair, QF_VIEW("after"), none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        assert_int_equal(received.frames, 1);
        assert_true(qf_view_same(received.frame[0], QF_VIEW("after")));
        assert_int_equal(qf_socket_dropped(pair->server), 1);
}

static void empty_second_frame_is_a_frame(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        serve(pair, false, 0);
        join(pair, NULL);
        assert_int_equal(say(pair, QF_VIEW(""), QF_VIEW(""), DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        assert_int_equal(received.frames, 2);
        assert_int_equal(received.frame[0].len, 0);
}

static void oversize_frame_closes_the_connection_and_others_go_on(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;
        static char big[5000];

        open_door(pair);
        serve(pair, true, 4096);
        join(pair, &pair->client_curve);
        assert_int_equal(say(pair, QF_VIEW("small"), none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        struct qf_peer first = received.peer;
        assert_int_equal(say(pair, (struct qf_view){big, 4096}, none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        assert_int_equal(received.frame[0].len, 4096);
        assert_int_equal(say(pair, (struct qf_view){big, sizeof big}, none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, QUIET_MS), 1);
        assert_int_equal(qf_socket_send(pair->server, &first, QF_VIEW("gone?"), none), 1);
        assert_int_equal(say(pair, QF_VIEW("again"), none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        assert_true(qf_view_same(received.frame[0], QF_VIEW("again")));
}

static void send_to_nobody_says_one(void **state)
{
        struct pair *pair = *state;
        struct qf_peer stranger = {.len = 5, .id = {0, 1, 2, 3, 4}};

        serve(pair, false, 0);
        assert_int_equal(qf_socket_send(pair->server, &stranger, QF_VIEW("x"), none), 1);
        assert_int_equal(qf_socket_send(pair->server, &stranger, QF_VIEW("x"), QF_VIEW("y")), 1);
        snprintf(pair->endpoint, sizeof pair->endpoint, "ipc://%s/nobody", pair->directory);
        join(pair, NULL);
        assert_int_equal(qf_socket_send(pair->client, NULL, QF_VIEW("x"), none), 1);
        assert_int_equal(qf_socket_wait_send(pair->client, 20), 1);
}

static void peer_that_does_not_read_makes_send_say_one(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;
        static char body[65536];
        int sent = 0;

        serve(pair, false, 0);
        join(pair, NULL);
        assert_int_equal(say(pair, QF_VIEW("hello"), none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        struct qf_peer peer = received.peer;
        while (sent < 10000 &&
               qf_socket_send(pair->server, &peer, (struct qf_view){body, sizeof body}, none) == 0)
                sent++;
        assert_true(sent >= 64 && sent < 1000);
}

static void nothing_waits_says_one(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        serve(pair, false, 0);
        assert_int_equal(qf_socket_receive(pair->server, &received), 1);
        assert_int_equal(qf_socket_wait(&pair->server, 1, 0), 1);
}

static void bind_says_the_port_and_that_it_is_taken(void **state)
{
        struct pair *pair = *state;
        struct qf_socket_options options = {.type = QF_ROUTER, .server = true};
        struct qf_socket *second = NULL;

        assert_int_equal(qf_socket_bind(pair->context, &options, "tcp://127.0.0.1:*", &pair->server), 0);
        assert_memory_equal(qf_socket_endpoint(pair->server), "tcp://127.0.0.1:", 16);
        assert_true(strlen(qf_socket_endpoint(pair->server)) > 16);
        assert_int_equal(qf_socket_bind(pair->context, &options, qf_socket_endpoint(pair->server), &second),
                         -EADDRINUSE);
        assert_null(second);
}

static void too_long_ipc_path_is_an_error(void **state)
{
        struct pair *pair = *state;
        struct qf_socket_options options = {.type = QF_ROUTER, .server = true};
        char endpoint[200];

        memset(endpoint, 'x', sizeof endpoint);
        memcpy(endpoint, "ipc:///tmp/", 11);
        endpoint[sizeof endpoint - 1] = '\0';
        assert_true(qf_socket_bind(pair->context, &options, endpoint, &pair->server) < 0);
        assert_null(pair->server);
}

/* A restart of a daemon has to heal within two seconds, and the sockets' part is some of it. */
static void client_comes_back_after_the_server_restarts(void **state)
{
        struct pair *pair = *state;
        struct qf_received received;

        open_door(pair);
        serve(pair, true, 0);
        join(pair, &pair->client_curve);
        assert_int_equal(say(pair, QF_VIEW("before"), none, DEADLINE_MS), 0);
        assert_int_equal(hear(pair, pair->server, &received, DEADLINE_MS), 0);
        pair->server = qf_socket_close(pair->server);
        assert_int_equal(qf_socket_connections(pair->client), 1);
        serve(pair, true, 0);
        /* What was sent into the old connection is gone: that is why everything above resends. */
        int64_t start = qf_clock_mono_ms();
        do {
                (void)!say(pair, QF_VIEW("after"), none, 20);
        } while (hear(pair, pair->server, &received, 20) == 1 && qf_clock_mono_ms() - start < DEADLINE_MS);
        assert_true(qf_view_same(received.frame[0], QF_VIEW("after")));
        assert_true(qf_clock_mono_ms() - start < 2000);
        assert_int_equal(qf_socket_connections(pair->client), 2);
}

/* The server's key changes: who has both comes in before and after, by itself, whichever it tried first. */
static void a_server_may_change_its_key_for_those_who_have_both(void **state)
{
        struct pair *pair = *state;
        struct qf_curve next = {0}, both = pair->client_curve;

        assert_int_equal(qf_key_make(next.public_key, next.secret_key), 0);
        memcpy(both.server_key, next.public_key, 32);
        memcpy(both.other_server_key, pair->server_curve.public_key, 32);
        open_door(pair);
        serve(pair, true, 0);
        join(pair, &both);
        for (int round = 0; round < 3; round++) {
                struct qf_received received = {0};
                struct qf_curve before = pair->server_curve;
                int64_t start = qf_clock_mono_ms();
                do {
                        (void)!say(pair, QF_VIEW("here"), none, 20);
                        (void)qf_socket_refused(
                                pair->client); /* as all clients do: hears what became of it */
                } while (hear(pair, pair->server, &received, 20) == 1 &&
                         qf_clock_mono_ms() - start < DEADLINE_MS);
                assert_true(qf_view_same(received.frame[0], QF_VIEW("here")));
                assert_true(qf_clock_mono_ms() - start < 3000);
                assert_false(qf_socket_refused(pair->client));
                pair->server = qf_socket_close(pair->server);
                memcpy(pair->server_curve.public_key, next.public_key, 32);
                memcpy(pair->server_curve.secret_key, next.secret_key, 32);
                next = before;
                serve(pair, true, 0);
        }
}

static void waiting_wakes_for_a_connection(void **state)
{
        struct pair *pair = *state;
        int64_t start = qf_clock_mono_ms();

        join(pair, NULL);
        assert_int_equal(qf_socket_wait(&pair->client, 1, 20), 1);
        serve(pair, false, 0);
        assert_int_equal(qf_socket_wait(&pair->client, 1, DEADLINE_MS), 0);
        assert_true(qf_clock_mono_ms() - start < DEADLINE_MS);
        assert_int_equal(qf_socket_connections(pair->client), 1);
        assert_int_equal(qf_socket_wait(&pair->client, 1, 20), 1);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                WITH_PAIR(right_key_comes_in_with_its_user_id),
                WITH_PAIR(wrong_key_is_refused_and_knows_it),
                WITH_PAIR(key_that_decide_gives_no_name_is_refused),
                WITH_PAIR(no_key_at_all_does_not_come_in),
                WITH_PAIR(without_a_door_even_the_right_key_does_not_come_in),
                WITH_PAIR(two_frames_arrive_and_three_are_dropped),
                WITH_PAIR(empty_second_frame_is_a_frame),
                WITH_PAIR(oversize_frame_closes_the_connection_and_others_go_on),
                WITH_PAIR(send_to_nobody_says_one),
                WITH_PAIR(peer_that_does_not_read_makes_send_say_one),
                WITH_PAIR(nothing_waits_says_one),
                WITH_PAIR(bind_says_the_port_and_that_it_is_taken),
                WITH_PAIR(too_long_ipc_path_is_an_error),
                WITH_PAIR(client_comes_back_after_the_server_restarts),
                WITH_PAIR(a_server_may_change_its_key_for_those_who_have_both),
                WITH_PAIR(waiting_wakes_for_a_connection),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
