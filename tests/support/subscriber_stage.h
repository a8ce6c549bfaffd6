/* A subscriber and a server that is played by a test, frame by frame. */
#pragma once

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
        bool (*keeps)(struct qf_cell_key key);
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
        (void)cell;
        ((struct heard *)ctx)->moved++;
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
                .keeps = stage->keeps,
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

/* Of all time: the sum over its months and what is known to a year only; member "" is "not stated". -1: the names are not known. */
static int64_t activities(const struct stage *stage, const char *dimension, const char *member)
{
        const struct qf_programme *programme = qf_subscription_programme(stage->subscription);
        const struct qf_picture *picture = qf_subscription_picture(stage->subscription);
        const bool total = strcmp(dimension, "total") == 0;
        const uint16_t of =
                total ? QF_DIMENSION_TOTAL : qf_programme_find_dimension(programme, qf_view_of(dimension));
        const uint32_t id = total || !*member ? QF_MEMBER_NONE
                                              : qf_programme_find_member(programme, of, qf_view_of(member));
        int64_t sum = 0;

        if (of == QF_DIMENSION_UNKNOWN || id == QF_MEMBER_UNKNOWN)
                return -1;
        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i);
                if (cell->key.dimension == of && cell->key.member == id && cell->key.period % 100 == 0)
                        sum += cell->counts.of[QF_ACTIVITIES];
        }
        return sum;
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
