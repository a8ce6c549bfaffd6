/* What aggregation keeps on disk, byte for byte. Keys are big-endian, so that
 * order of bytes is order of numbers; values are LEB128 varints (v; z: zigzag)
 * unless said. All of it but meta is a function of the journal alone.
 *
 * meta  "m" → struct qf_counts_meta, fixed little-endian, 184 bytes (see the .c)
 *       "past" → struct qf_counts_past, fixed little-endian: 56 bytes and 16 for each life
 * rec   partner be32 ‖ record key → u8 state | stated << 2 | method << 3 | claims? << 6 | ticks? << 7
 *       · row v · date v · sessions << 1 | late v · attendances v · changed v · members v, each: dimension u8, member v
 *       · with claims: u8 bitmap of methods (bit 0 .. 4), each: attendances v, as_of z
 *       · with ticks: sum z, events v
 *       of a declared kind (the record key then begins with 0x00 and the kind): u8 state | late << 2 | 7 << 3 · row v · date v
 *       · kind u8 · stated u8 · each stated figure v · changed v · members v, each: dimension u8, member v
 * wait  partner be32 ‖ record key → u8: why the ticks of this key count nothing (enum qf_waiting)
 * cell  month be32 ‖ dimension u8 ‖ member be32 → bitmap le32 of the days that have a cell (bit 0: the month
 *       itself, or, for month yyyy00, the year), each: five counts z, changed v. A month's cells of one member
 *       are one row, since a day and its month are always touched together; the rows of a month lie together,
 *       since most that happens, happens in the last one or two: a commit then writes few pages.
 * reg   number be32 from 1 → position le64 ‖ Event: every register event in journal order
 * edition  id be32 → SHA-256 of the data as it was frozen ‖ its size le64
 *       id be32 ‖ part be32 ‖ name of a file, empty: the data as it was frozen → the bytes of that part */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/picture.h"
#include "model/statement.h"
#include "model/tally.h"

enum qf_counts_table {
        QF_COUNTS_META,
        QF_COUNTS_REC,
        QF_COUNTS_WAIT,
        QF_COUNTS_CELL,
        QF_COUNTS_REG,
        QF_COUNTS_EDITION
};

enum {
        QF_COUNTS_KEY_BYTES = 4 + QF_STANDING_KEY_BYTES,
        QF_STANDING_BYTES = 2048, /* of the largest packed standing */
        QF_CELL_ROW_KEY_BYTES = 9,
        QF_CELL_ROW_BYTES = 2048, /* of the largest packed month */
        QF_CELL_ROW_CELLS = 32,
        QF_EDITION_FACTS_KEY_BYTES = 4,
        QF_EDITION_KEY_BYTES = 8 + QF_CODE_BYTES_MAX,
        QF_COUNTS_META_BYTES = 184,
        QF_COUNTS_LIVES_MAX = 64, /* after more restores than that the oldest life makes room */
        QF_COUNTS_PAST_BYTES = 56 + 16 * QF_COUNTS_LIVES_MAX,
        QF_COUNTING_RULES = 2, /* another way of counting is another number: the counts are made anew */
};

enum qf_waiting {
        QF_WAITING_NOT = 0,
        QF_WAITING_NO_ACTIVITY = 1,
        QF_WAITING_WITHDRAWN = 2,
        QF_WAITING_MERGED = 3
};

extern const char qf_counts_format[]; /* for qf_environment_options */
extern const char *const qf_counts_table_names[];

struct qf_counts_meta {
        uint32_t rules, life_number;
        uint8_t journal[16], life[16], hash[32];
        uint64_t position;
        int64_t received_at_ms; /* of the record at position */
        uint32_t rows, declared_rows, counted_dimensions, registers;
        uint64_t cell_rows, cell_digest;     /* sum of qf_cell_row_digest over table cell */
        uint64_t record_rows, record_digest; /* rows of rec; sum of qf_record_row_digest over rec and wait */
        uint64_t edition_rows, edition_digest; /* the same of edition */
};

void qf_counts_meta_pack(const struct qf_counts_meta *meta, uint8_t ret_bytes[QF_COUNTS_META_BYTES]);
QF_CHECK int qf_counts_meta_unpack(struct qf_view bytes, struct qf_counts_meta *ret_meta); /* 0 or -EBADMSG */

/* As the furthest position: the lives that were counted are over, and the journal is counted again up to another one. */
#define QF_COUNTS_LIVES_OVER UINT64_MAX

/* What was ever counted of a journal, also before the counts were made anew: readers were shown it. */
struct qf_counts_past {
        uint8_t journal[16];
        uint64_t
                position; /* the furthest record that was counted of the last life, or QF_COUNTS_LIVES_OVER */
        uint8_t hash[32]; /* of it */
        uint32_t lives_count;
        uint8_t lives[QF_COUNTS_LIVES_MAX][16]; /* nonces of those that were counted, the last one last */
};

/* Returns the length. */
size_t qf_counts_past_pack(const struct qf_counts_past *past, uint8_t ret_bytes[QF_COUNTS_PAST_BYTES]);
QF_CHECK int qf_counts_past_unpack(struct qf_view bytes, struct qf_counts_past *ret_past); /* 0 or -EBADMSG */

size_t qf_edition_row_key(uint32_t id, struct qf_view file, uint32_t part,
                          uint8_t ret_bytes[QF_EDITION_KEY_BYTES]);
size_t qf_counts_key(uint32_t partner, struct qf_view key, uint8_t ret_bytes[QF_COUNTS_KEY_BYTES]);
/* Members are 8-bit dimensions and any member; the partner is in the key. Returns the length. */
size_t qf_standing_pack(const struct qf_standing *standing, uint8_t ret_bytes[QF_STANDING_BYTES]);
/* Fills everything but the partner, and no more members than there are. 0 or -EBADMSG. */
QF_CHECK int qf_standing_unpack(struct qf_view bytes, struct qf_standing *ret_standing);
void qf_standing_clear(
        struct qf_standing *standing);           /* to "nothing known", without touching the members' room */
uint32_t qf_standing_row(struct qf_view packed); /* of a packed one, without unpacking the rest */
enum qf_waiting qf_standing_waiting(const struct qf_standing *standing);

/* A month of one member: the cells of its days and its own. */
struct qf_cell_row_key {
        uint16_t dimension;
        uint32_t member, month; /* yyyymm, or yyyy00 for what is known to the year only */
};

struct qf_cell_row_key qf_cell_row_of(struct qf_cell_key key);
void qf_cell_row_key_pack(struct qf_cell_row_key key, uint8_t ret_bytes[QF_CELL_ROW_KEY_BYTES]);
QF_CHECK int qf_cell_row_key_unpack(struct qf_view bytes, struct qf_cell_row_key *ret_key);
/* days: bitmap of those that have a cell, bit 0 the month itself; cells: by day. Returns the length. */
size_t qf_cell_row_pack(uint32_t days, struct qf_cell *const cells[QF_CELL_ROW_CELLS],
                        uint8_t ret_bytes[QF_CELL_ROW_BYTES]);
struct qf_cell_saved {
        struct qf_cell_key key;
        struct qf_counts counts;
        uint64_t changed;
};
/* Returns how many cells the month has in *ret_count. 0 or -EBADMSG. */
QF_CHECK int qf_cell_row_unpack(struct qf_cell_row_key key, struct qf_view bytes,
                                struct qf_cell_saved ret_cells[QF_CELL_ROW_CELLS], uint32_t *ret_count);
uint64_t qf_cell_row_digest(struct qf_view key, struct qf_view value);
/* Of a row's checksum (qf_row_sum); 0, of a row that is not there, is 0. */
uint64_t qf_record_row_digest(uint32_t sum);
