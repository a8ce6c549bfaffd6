/* Bodies of batches: bytes ↔ struct qf_batch. Checks all that shape can be
 * checked for before memory is spent: sizes, counts, columns' lengths, indices,
 * UTF-8, NUL, unknown fields, bounds of shape, sums. Names are not resolved here. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "model/event.h"

struct qf_wire_fault {    /* why a message is malformed */
        const char *what; /* static sentence: "column of field 7 has 3 values for 5 events" without numbers */
        uint64_t got;
};

/* What the largest legal message needs; an arena of it costs no memory before it is used. */
enum { QF_DECODE_ARENA_BYTES = 8 * 1024 * 1024 };

/* 0; or positive 1 with *ret_fault. All memory comes from the arena; a full arena is a fault. The batch's views point
 * into facts, texts and the arena. Numbers out of their bounds are not faults: each event gets its own verdict.
 * Register events get the key they stand under: "member/DIM/CODE", "setting/NAME" … A kind of a later version comes
 * with its kind and key alone. ret_batch->redacted: as only the journal may say it; who takes what was sent refuses it. */
QF_CHECK int qf_body_decode(struct qf_arena *arena, struct qf_view facts, struct qf_view texts,
                            uint32_t count, struct qf_batch *ret_batch, struct qf_wire_fault *ret_fault);

/* The texts of a batch without what redacted names of its event at redacted->at; equal bytes for equal texts, in whichever
 * order redactions came. Appends to the buffer. 0, positive 1 with *ret_fault, -ENOMEM. PROTOCOL.md 4.6. */
QF_CHECK int qf_texts_redact(struct qf_arena *arena, struct qf_view texts, const struct qf_redacted *redacted,
                             struct qf_buffer *ret_texts, struct qf_wire_fault *ret_fault);

/* Encoding. The writer collects events and gives bodies in columns; register events, and one event by itself, in rows. */
struct qf_body_writer;
QF_CHECK int qf_body_writer_new(struct qf_body_writer **ret_writer);
struct qf_body_writer *qf_body_writer_free(struct qf_body_writer *writer);
enum qf_body_outcome {
        QF_BODY_FULL = 1, /* end this body first, then add it again */
        QF_BODY_SHAPE =
                2, /* no body can hold it: a key of more than 96 bytes, a text of more than 2048, 257 values … */
};

/* What a body that is written here can say: columns hold one more than a number. */
#define QF_WRITTEN_MAX (UINT32_MAX - 1)
#define QF_AT_MS_MAX (INT64_MAX / 4)

/* Copies the event and its words; values name dimension and member by the views given. 0, enum qf_body_outcome with
 * nothing added, or -ENOMEM. */
QF_CHECK int qf_body_writer_add(struct qf_body_writer *writer, const struct qf_event *event,
                                const struct qf_pair *values, uint32_t values_count);
uint32_t qf_body_writer_count(const struct qf_body_writer *writer);
size_t qf_body_writer_size(const struct qf_body_writer *writer); /* upper estimate of facts + texts */
/* Whose records the events of this body and those after it are (at most QF_CODE_BYTES_MAX); empty: the sender's own. */
void qf_body_writer_set_partner(struct qf_body_writer *writer, struct qf_view partner);
/* Appends facts and texts to the buffers and empties the writer. */
QF_CHECK int qf_body_writer_end(struct qf_body_writer *writer, int64_t sent_at_ms, struct qf_buffer *facts,
                                struct qf_buffer *texts);

/* One register event as Event bytes, for Registers and Update; and back. */
QF_CHECK int qf_register_encode(const struct qf_event *event, struct qf_buffer *buffer);
QF_CHECK int qf_register_decode(struct qf_arena *arena, struct qf_view bytes, struct qf_event *ret_event,
                                struct qf_wire_fault *ret_fault);
