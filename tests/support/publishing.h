/* Counts of a journal made here, and two subscribers of what is published of them:
 * for tests of aggregate/publish. */
#pragma once

#include <stdlib.h>

#include "aggregate/publish.h"
#include "support/counts.h"
#include "support/totals_reader.h"

struct fixture {
        struct counts_place place;
        struct journal journal;
        struct qf_counting *counting;
        struct qf_publish *publish;
        struct qf_publish_facts facts;
        struct qf_arena *arena;
        struct subscriber reader[2];
        int64_t now_ms;
};

static inline int receive(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        struct fixture *fixture = ctx;
        struct subscriber *reader = &fixture->reader[peer->id[0] - 1];
        struct qf_to_reader message;
        struct qf_wire_fault fault;

        if (reader->gone)
                return 1;
        qf_arena_reset(fixture->arena);
        assert_int_equal(qf_to_reader_decode(fixture->arena, frame, &message, &fault), 0);
        switch (message.what) {
        case QF_UPDATE: hold_update(reader, &message, frame.len); break;
        case QF_PULSE:
                reader->pulses++;
                reader->last_pulse = message;
                break;
        case QF_ANSWER:
                assert_true(message.json.len < sizeof reader->json);
                memcpy(reader->json, message.json.at, message.json.len);
                reader->json[message.json.len] = 0;
                break;
        case QF_DENIED: reader->denied = message.why; break;
        }
        return 0;
}

static inline void open_counts(struct fixture *fixture)
{
        fixture->counting = counts_open(&fixture->place);
        qf_publish_bind(fixture->publish, fixture->counting);
}

static inline int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);

        assert_non_null(fixture);
        counts_begin(&fixture->place, &fixture->journal);
        fixture->facts.say = "";
        for (uint8_t i = 0; i < 2; i++)
                fixture->reader[i].peer = (struct qf_peer){.len = 1, .id = {(uint8_t)(i + 1)}};
        assert_int_equal(qf_arena_new(4 << 20, &fixture->arena), 0);
        assert_int_equal(qf_publish_new(receive, fixture, &fixture->publish), 0);
        open_counts(fixture);
        *state = fixture;
        return 0;
}

static inline int teardown(void **state)
{
        struct fixture *fixture = *state;

        qf_publish_free(fixture->publish);
        counts_end(&fixture->place, &fixture->journal, fixture->counting);
        qf_arena_free(fixture->arena);
        free(fixture);
        return 0;
}

static inline void apply_all(struct fixture *fixture)
{
        counts_apply_upto(fixture->counting, &fixture->journal, fixture->journal.last);
}

static inline void commit_all(struct fixture *fixture)
{
        apply_all(fixture);
        assert_int_equal(qf_counting_commit(fixture->counting, qf_publish_row, fixture->publish), 0);
}

static inline void show_all(struct fixture *fixture)
{
        apply_all(fixture);
        assert_int_equal(qf_counting_show(fixture->counting, qf_publish_row, fixture->publish), 0);
}

/* Another process goes on from the disk. */
static inline void restart(struct fixture *fixture)
{
        qf_publish_free(fixture->publish);
        qf_counting_close(fixture->counting);
        assert_int_equal(qf_publish_new(receive, fixture, &fixture->publish), 0);
        open_counts(fixture);
}

/* Turns until nothing is left to do. */
static inline void turn(struct fixture *fixture)
{
        int64_t next_ms;
        bool more;

        do {
                fixture->now_ms += 1000;
                assert_int_equal(
                        qf_publish_turn(fixture->publish, fixture->now_ms, &fixture->facts, &next_ms, &more),
                        0);
        } while (more);
}

static inline void say(struct fixture *fixture, unsigned who, const struct qf_from_reader *message)
{
        struct qf_buffer bytes = {0};

        assert_int_equal(qf_from_reader_encode(message, &bytes), 0);
        assert_int_equal(qf_publish_take(fixture->publish, &fixture->reader[who].peer,
                                         (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len},
                                         &fixture->facts),
                         0);
        qf_buffer_deinit(&bytes);
}

static inline void subscribe(struct fixture *fixture, unsigned who, uint32_t want, uint64_t credit)
{
        struct qf_from_reader message = {.what = QF_SUBSCRIBE,
                                         .version = 1,
                                         .id = 7,
                                         .want = want,
                                         .credit = credit,
                                         .have = fixture->reader[who].have};

        memcpy(message.epoch, fixture->reader[who].epoch, sizeof message.epoch);
        say(fixture, who, &message);
}

/* Every cell of the counts is held, with the same values, and no other. */
static inline void expect_same(struct fixture *fixture, unsigned who)
{
        const struct subscriber *reader = &fixture->reader[who];
        int64_t sum = 0, held = 0;

        assert_int_equal(reader->have, fixture->counting->shown);
        assert_int_equal(reader->cells_count, qf_picture_cells(fixture->counting->picture));
        for (size_t i = 0; i < reader->cells_count; i++) {
                const struct qf_cell *cell = qf_picture_at(fixture->counting->picture, i);
                for (int64_t m = 0; m < QF_MEASURES; m++) {
                        sum += cell->counts.of[m] * (m + 1) + (int64_t)cell->changed;
                        held += reader->cells[i].value[m] * (m + 1) + (int64_t)reader->cells[i].changed;
                }
        }
        assert_int_equal(sum, held);
}

static inline void feed(struct fixture *fixture, uint32_t from, uint32_t to)
{
        char key[16];

        for (uint32_t i = from; i < to; i++) {
                (void)snprintf(key, sizeof key, "k%05u", i);
                journal_activity(&fixture->journal, key, QF_CREATE, 20230101 + i % 12 * 100 + i % 28,
                                 (int32_t)i, i % 2 ? "walk" : NULL);
                if (i % 50 == 49)
                        journal_batch(&fixture->journal);
        }
        if (qf_body_writer_count(fixture->journal.body))
                journal_batch(&fixture->journal);
}
