/* What a body writer holds between the events added and the bytes made of them.
 * Internal to common/wire/body_writer.c (adding) and body_encode.c (encoding). */
#pragma once

#include "wire/body_names.h"
#include "wire/body_parts.h"

struct qf_held_value {
        uint32_t dimension; /* index in the writer's dimensions */
        uint32_t member;    /* number in names */
};

struct qf_held_event {
        struct qf_event event;         /* texts by number: views are not kept */
        uint32_t key;                  /* number in keys */
        uint32_t counter, merged_into; /* numbers in names, plus 1; 0: none */
        uint32_t values_first;
};

struct qf_held_run {
        uint32_t first;
        int64_t at_least, at_most; /* of at_ms, -1 at most: none yet; a column spans less than 2^32 ms */
};

struct qf_body_writer {
        struct qf_names keys, names;
        struct qf_held_event *events;
        uint32_t count, events_room;
        struct qf_held_value *values;
        uint32_t values_count, values_room;
        struct qf_held_run runs[QF_BODY_RUNS_MAX];
        uint32_t runs_count;
        uint32_t dimensions[QF_BATCH_DIMENSIONS_MAX]; /* numbers in names */
        uint32_t dimensions_count;
        uint64_t multi;            /* dimensions that an event named twice */
        uint32_t used, used_count; /* fields that any event states, by number; how many */
        struct qf_view last_key;   /* of the newest key, in keys */
        size_t size;               /* upper bound of facts */
        size_t expanded;           /* bytes of all texts */
        struct qf_buffer rows, texts;
        char partner[QF_CODE_BYTES_MAX];
        uint32_t partner_len;
        uint32_t *scratch; /* for columns */
        size_t scratch_room;
};

/* Facts as a row, when the writer holds one event by itself. 0, -ENOMEM, or QF_BODY_NO_ROW with nothing appended: columns
 * are to be taken. */
enum { QF_BODY_NO_ROW = 1 };
QF_CHECK int qf_body_encode_row(const struct qf_body_writer *writer, struct qf_buffer *facts);
/* Facts in columns of what the writer holds. -ENOMEM. */
QF_CHECK int qf_body_encode_columns(struct qf_body_writer *writer, struct qf_buffer *facts);
/* Bytes that a text takes over from the one before, cut between characters. */
uint32_t qf_body_shared(struct qf_view before, struct qf_view text);
