/* The bytes of an outbox's rows; layouts are in outbox.c. Reading checks lengths
 * and versions, since a disk may say anything. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/outbox.h"

enum qf_outbox_table { QF_OUTBOX_META = 0, QF_OUTBOX_CHUNK = 1, QF_OUTBOX_ANSWER = 2, QF_OUTBOX_FILE = 3 };

/* version u8, zero u8[3], openings u32, id 16, life 16, next, acked, first_kept, kept bytes, registers u64, stopped
 * u32, say */
enum { QF_OUTBOX_ROW_BYTES = 8 + 16 + 16 + 5 * 8 + 4 + QF_OUTBOX_SAY_MAX };

struct qf_outbox_row {
        uint32_t openings;
        uint8_t id[QF_OUTBOX_ID_BYTES], life[QF_LIFE_BYTES];
        uint64_t next, acked, first_kept, kept_bytes, registers;
        uint32_t stopped;
        char say[QF_OUTBOX_SAY_MAX];
};

void qf_outbox_row_write(const struct qf_outbox_row *row, uint8_t ret_bytes[QF_OUTBOX_ROW_BYTES]);
bool qf_outbox_row_read(struct qf_view value, struct qf_outbox_row *ret_row);

struct qf_view qf_outbox_key(uint64_t number, uint8_t room[8]);
QF_CHECK int qf_chunk_write(const struct qf_chunk *chunk, struct qf_buffer *buffer);
bool qf_chunk_read(struct qf_view key, struct qf_view value, struct qf_chunk *ret_chunk);

struct qf_answer_row {
        uint64_t first, position;
        uint32_t count, exceptions_count;
        uint8_t hash[32], life[QF_LIFE_BYTES];
        const uint8_t *exceptions; /* packed */
};

/* The part of an answer that speaks of numbers first .. first + count - 1. */
QF_CHECK int qf_answer_row_write(const struct qf_outbox_answer *answer, uint64_t first, uint32_t count,
                                 const uint8_t life[QF_LIFE_BYTES], struct qf_buffer *buffer);
bool qf_answer_row_read(struct qf_view key, struct qf_view value, struct qf_answer_row *ret_row);
/* How many numbers of the row have another verdict in the answer, which covers it; *ret_first: place of the first. */
uint32_t qf_answer_row_differs(const struct qf_answer_row *row, const struct qf_outbox_answer *answer,
                               uint32_t *ret_first);
/* Unpacks; exceptions lie in the buffer. */
QF_CHECK int qf_answer_row_copy(const struct qf_answer_row *row, struct qf_buffer *buffer,
                                struct qf_outbox_answer *ret_answer);

/* The row also says which outbox gave the numbers. */
QF_CHECK int qf_fed_file_write(const struct qf_fed_file *file, const uint8_t outbox[QF_OUTBOX_ID_BYTES],
                               struct qf_buffer *buffer);
bool qf_fed_file_read(const uint8_t hash[QF_OUTBOX_HASH], struct qf_view value, struct qf_fed_file *ret_file,
                      uint8_t ret_outbox[QF_OUTBOX_ID_BYTES]);
