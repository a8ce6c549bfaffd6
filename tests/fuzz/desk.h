/* What a clerk's desk reads must be fit to be sent: an event that a reader of files gives goes through the body writer,
 * as `qf feed` sends it, and is decoded, resolved and judged, as ingest does. */
#pragma once

#include "support/programme_fixture.h"

#include "base/arena.h"
#include "wire/body.h"

enum { DESK_TODAY = 20240401 };

struct desk {
        struct qf_programme *programme;
        const struct qf_source *source;
        struct qf_body_writer *writer;
        struct qf_arena *arena;
};

static inline void desk_open(struct desk *desk, const char *programme, const char *org)
{
        desk->programme = programme_of_file(programme, "desk", org);
        desk->source = qf_programme_source(desk->programme, qf_programme_sources(desk->programme));
        QF_ASSERT(qf_body_writer_new(&desk->writer) == 0);
        QF_ASSERT(qf_arena_new(QF_DECODE_ARENA_BYTES, &desk->arena) == 0);
}

static inline void desk_close(struct desk *desk)
{
        qf_programme_free(desk->programme);
        qf_body_writer_free(desk->writer);
        qf_arena_free(desk->arena);
}

/* Positive QF_BODY_SHAPE: no body can hold it; else 0 and what ingest would say of it. */
static inline int desk_judge(struct desk *desk, const struct qf_event *event, const struct qf_pair *values,
                             uint32_t count, struct qf_verdict *ret_verdict)
{
        struct qf_buffer facts = {0}, texts = {0};
        struct qf_wire_fault fault;
        struct qf_batch batch;
        struct qf_detail detail;
        int result = qf_body_writer_add(desk->writer, event, values, count);

        QF_ASSERT(result == 0 || result == QF_BODY_SHAPE);
        if (result == QF_BODY_SHAPE)
                return result;
        QF_ASSERT(qf_body_writer_end(desk->writer, 1, &facts, &texts) == 0);
        qf_arena_reset(desk->arena);
        QF_ASSERT(qf_body_decode(desk->arena, (struct qf_view){(const char *)facts.at, (uint32_t)facts.len},
                                 (struct qf_view){(const char *)texts.at, (uint32_t)texts.len}, 1, &batch,
                                 &fault) == 0);
        QF_ASSERT(qf_programme_resolve(desk->programme, &batch, desk->arena) == 0);
        *ret_verdict = qf_programme_check(desk->programme, desk->source, &batch, &batch.events[0], DESK_TODAY,
                                          &detail);
        qf_buffer_deinit(&facts);
        qf_buffer_deinit(&texts);
        return 0;
}
