/* A subscriber against a server that is played here, frame by frame: what is shown
 * is always a whole version, and everything lost heals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "client/subscribe.h"
#include "support/temporary.h"

enum { DEADLINE_MS = 10000, TURN_MS = 10, CELLS_MAX = 100 };

struct heard { /* what the subscriber called back */
        uint32_t begins, registered, rows, moved, consistent, anew;
        uint64_t last_changed;
        bool in_order;
};

struct stage {
        struct temporary directory;
        char endpoint[128];
        struct qf_context *context;
        struct qf_socket *server;
        struct qf_arena *arena;
        struct qf_peer peer;
        struct qf_from_reader last; /* message of the subscriber; views are void after the next */
        uint32_t subscribes, mores;
        struct qf_subscription *subscription;
        struct heard heard;
        int64_t now; /* the subscriber's clock */
};

static int on_begins(void *ctx)
{
        ((struct heard *)ctx)->begins++;
        return 0;
}

static int on_registered(void *ctx, struct qf_view event)
{
        assert_true(event.len > 0);
        ((struct heard *)ctx)->registered++;
        return 0;
}

static int on_rows(void *ctx, const struct qf_rows_part *rows)
{
        ((struct heard *)ctx)->rows += rows->count;
        return 0;
}

static int on_moved(void *ctx, const struct qf_cell *cell)
{
        struct heard *heard = ctx;
        heard->in_order &= cell->changed >= heard->last_changed;
        heard->last_changed = cell->changed;
        heard->moved++;
        return 0;
}

static int on_consistent(void *ctx, uint64_t version, bool begun_anew)
{
        struct heard *heard = ctx;
        assert_true(version > 0);
        heard->consistent++;
        heard->anew += begun_anew;
        return 0;
}

static void subscribe(struct stage *stage, size_t cells_max)
{
        struct qf_socket *socket = NULL;
        const struct qf_socket_options options = {.type = QF_DEALER};
        static const char *const prefixes[] = {"activities/total"};
        assert_int_equal(qf_socket_connect(stage->context, &options, stage->endpoint, &socket), 0);
        const struct qf_subscription_options how = {
                .want = QF_WANT_ROWS,
                .prefixes = prefixes,
                .prefixes_count = 1,
                .credit_bytes = 4096,
                .cells_max = cells_max,
                .calls = {&stage->heard, on_begins, on_registered, on_rows, NULL, NULL, on_moved,
                          on_consistent, NULL},
        };
        assert_int_equal(qf_subscription_open(&socket, &how, &stage->subscription), 0);
        assert_null(socket);
}

static void serve(struct stage *stage)
{
        const struct qf_socket_options options = {.type = QF_ROUTER, .server = true};
        assert_int_equal(qf_socket_bind(stage->context, &options, stage->endpoint, &stage->server), 0);
}

static int setup(void **state)
{
        struct stage *stage = calloc(1, sizeof(*stage));
        temporary_make(&stage->directory);
        stage->heard.in_order = true;
        stage->now = qf_clock_mono_ms();
        (void)snprintf(stage->endpoint, sizeof(stage->endpoint), "ipc://%s/read", stage->directory.path);
        assert_int_equal(qf_context_new(1, &stage->context), 0);
        assert_int_equal(qf_arena_new(1 << 20, &stage->arena), 0);
        serve(stage);
        subscribe(stage, CELLS_MAX);
        *state = stage;
        return 0;
}

static int teardown(void **state)
{
        struct stage *stage = *state;
        stage->subscription = qf_subscription_close(stage->subscription);
        if (stage->server)
                stage->server = qf_socket_close(stage->server);
        stage->context = qf_context_free(stage->context);
        stage->arena = qf_arena_free(stage->arena);
        temporary_remove(stage->directory.path, 1);
        free(stage);
        return 0;
}

/* Takes what the subscriber said; true when there was something. */
static bool listen(struct stage *stage)
{
        struct qf_received received;
        struct qf_wire_fault fault;
        int r = qf_socket_receive(stage->server, &received);
        assert_true(r >= 0);
        if (r)
                return false;
        qf_arena_reset(stage->arena);
        assert_int_equal(qf_from_reader_decode(stage->arena, received.frame[0], &stage->last, &fault), 0);
        if (stage->last.what == QF_SUBSCRIBE)
                stage->peer = received.peer;
        stage->subscribes += stage->last.what == QF_SUBSCRIBE;
        stage->mores += stage->last.what == QF_MORE;
        return true;
}

/* Turns both sides until the condition holds; the subscriber's clock goes on by step_ms each time. */
#define UNTIL(stage, step_ms, condition)                                                                     \
        do {                                                                                                 \
                const int64_t until_ = qf_clock_mono_ms() + DEADLINE_MS;                                     \
                while (!(condition)) {                                                                       \
                        struct qf_socket *both_[] = {qf_subscription_socket((stage)->subscription),          \
                                                     (stage)->server};                                       \
                        assert_true(qf_clock_mono_ms() < until_);                                            \
                        (stage)->now += (step_ms);                                                           \
                        assert_int_equal(qf_subscription_turn((stage)->subscription, (stage)->now), 0);      \
                        (void)listen(stage);                                                                 \
                        if (!(condition))                                                                    \
                                assert_true(qf_socket_wait(both_, 2, TURN_MS) >= 0);                         \
                }                                                                                            \
        } while (0)

static const uint8_t epoch_a[QF_EPOCH_BYTES] = {1}, epoch_b[QF_EPOCH_BYTES] = {2};

static void put(struct stage *stage, struct qf_to_reader message, const uint8_t epoch[QF_EPOCH_BYTES])
{
        struct qf_buffer buffer = {0};
        message.id = 1;
        memcpy(message.epoch, epoch, QF_EPOCH_BYTES);
        assert_int_equal(qf_to_reader_encode(&message, &buffer), 0);
        assert_int_equal(qf_socket_send(stage->server, &stage->peer,
                                        (struct qf_view){(const char *)buffer.at, (uint32_t)buffer.len},
                                        (struct qf_view){0}),
                         0);
        qf_buffer_deinit(&buffer);
}

/* Lives until the next. One cell of the total, or of "mode" when member is not NULL. */
static struct qf_to_reader update(uint64_t after, uint64_t upto, bool end, const char *member,
                                  uint32_t period, int64_t value, uint64_t changed)
{
        static uint32_t measures[] = {QF_ACTIVITIES}, zero[] = {0}, one[] = {1};
        static struct qf_view texts[2];
        static int64_t values[1];
        static uint64_t positions[1];
        static uint32_t periods[1];
        texts[0] = qf_view_of(member ? "mode" : "total");
        texts[1] = qf_view_of(member ? member : "all");
        values[0] = value;
        positions[0] = changed;
        periods[0] = period;
        return (struct qf_to_reader){
                .what = QF_UPDATE,
                .after = after,
                .upto = upto,
                .end = end,
                .cells = {.texts_count = 2,
                          .texts = texts,
                          .measures_count = 1,
                          .measures = measures,
                          .count = value >= 0,
                          .dimension = zero,
                          .member = one,
                          .period = periods,
                          .value = values,
                          .changed = positions},
        };
}

static struct qf_to_reader with_register(struct qf_to_reader message, enum qf_kind kind,
                                         struct qf_register told, struct qf_buffer *room,
                                         struct qf_view *view)
{
        const struct qf_event event = {.kind = (uint8_t)kind, .action = QF_REPLACE, .registered = &told};
        assert_int_equal(qf_register_encode(&event, room), 0);
        *view = (struct qf_view){(const char *)room->at, (uint32_t)room->len};
        message.events = view;
        message.events_count = 1;
        return message;
}

static int64_t activities(const struct stage *stage, const char *dimension, const char *member)
{
        struct qf_counts counts;
        if (!qf_subscription_sum(stage->subscription, qf_view_of(dimension), qf_view_of(member), 0, 0,
                                 &counts))
                return -1;
        return counts.of[QF_ACTIVITIES];
}

static void pulse(struct stage *stage, const uint8_t epoch[QF_EPOCH_BYTES], uint64_t version, uint64_t last)
{
        put(stage, (struct qf_to_reader){.what = QF_PULSE, .version = version, .journal_last = last}, epoch);
}

/* Subscribed, and a picture of version 10 held: 5 activities in May 2023. */
static void hold(struct stage *stage)
{
        struct qf_to_reader first = update(0, 10, true, NULL, 20230500, 5, 7);
        first.fresh = true;
        UNTIL(stage, 10, stage->subscribes == 1);
        put(stage, first, epoch_a);
        UNTIL(stage, 0, qf_subscription_held(stage->subscription));
}

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
        assert_true(stage->heard.in_order);
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

static void sums_take_whole_months_and_single_days(void **state)
{
        struct stage *stage = *state;
        struct qf_counts counts;
        struct qf_to_reader fresh = update(0, 9, false, NULL, 20230500, 10, 9);
        static const struct {
                uint32_t period;
                int64_t value;
        } cells[] = {{20230501, 3}, {20230502, 4}, {20230600, 7}, {20230610, 7}, {20230000, 2}};
        UNTIL(stage, 10, stage->subscribes == 1);
        fresh.fresh = true;
        put(stage, fresh, epoch_a); /* May: 10, of which 3 are known to the month only */
        for (size_t i = 0; i < 5; i++)
                put(stage, update(0, 9, i == 4, NULL, cells[i].period, cells[i].value, 9), epoch_a);
        UNTIL(stage, 0, qf_subscription_held(stage->subscription));
        assert_int_equal(activities(stage, "total", "all"), 19);
        static const struct {
                uint32_t first, last;
                int64_t activities;
        } rows[] = {{20230101, 20231231, 19}, {20230501, 20230531, 10}, {20230502, 20230630, 11},
                    {20230501, 20230501, 3},  {20230101, 20230630, 17}, {20230502, 0, 11}};
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                assert_true(qf_subscription_sum(stage->subscription, QF_VIEW("total"), QF_VIEW("all"),
                                                rows[i].first, rows[i].last, &counts));
                assert_int_equal(counts.of[QF_ACTIVITIES], rows[i].activities);
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(what_is_asked_for_is_said),
                TEST(a_version_is_shown_whole_or_not_at_all),
                TEST(registers_give_names_to_cells),
                TEST(a_gap_asks_again_from_what_is_held),
                TEST(a_transfer_that_was_only_slow_is_whole),
                TEST(a_picture_that_was_given_up_does_not_come_back),
                TEST(a_picture_that_the_server_gave_up_is_not_mixed_in),
                TEST(an_old_frame_changes_nothing),
                TEST(names_never_told_are_asked_for_again),
                TEST(another_epoch_replaces_the_picture_at_its_end),
                TEST(a_transfer_cut_by_a_new_server_begins_anew),
                TEST(silence_asks_again_within_two_seconds),
                TEST(pulses_tell_quiet_late_stopped_and_dead_apart),
                TEST(nothing_newer_though_there_is_asks_again),
                TEST(credit_is_given_as_frames_are_taken),
                TEST(denial_and_too_many_cells_are_outcomes),
                TEST(who_is_told_to_wait_asks_again),
                TEST(sums_take_whole_months_and_single_days),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
