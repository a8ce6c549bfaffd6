/* All activities as columns in memory, for whatever the cells cannot answer:
 * filters and crossings. Row numbers index the columns.
 *
 * Each dimension is a column of codes, one to four bytes wide as needed; a code
 * names a set of members, kept once however many activities have it, so that a
 * query looks at each set once and at each row with table look-ups only. Code 0
 * is the empty set, "not stated". Eighteen bytes a row, one to four per dimension,
 * and its key, which is kept once: a row is of one record for ever. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/cell.h"
#include "model/event.h"

/* Columns that are no dimensions of the programme: how attendances were counted, as a member 1 .. 4 (enum qf_method), and
 * whether the record came late, as member 1. */
enum { QF_TABLE_METHOD = QF_DIMENSIONS_MAX + 1, QF_TABLE_LATE, QF_TABLE_MEMBERS_MAX = QF_VALUES_MAX + 2 };
enum { QF_TABLE_DIMENSIONS = QF_TABLE_LATE + 1, QF_TABLE_ROWS_MAX = 1 << 28 };

struct qf_table;

struct qf_table_row {
        uint32_t row, date;             /* date 0: counts nothing */
        uint32_t sessions, attendances; /* attendances + 1; 0: not known */
        uint32_t members_count;
        const struct qf_member_of *members; /* sorted by dimension and member, without repeats */
        uint32_t partner;                   /* member of dimension "org" that fed it; 0: not known */
        struct qf_view key;                 /* at most QF_KEY_BYTES_MAX */
};

/* What a row says in a dimension: the code of the set of its members. */
struct qf_table_value {
        uint16_t dimension;
        uint32_t code;
};

/* Columns as they are in memory; valid until the next set, or the next code that is made. */
struct qf_table_columns {
        uint32_t rows; /* numbers 0 .. rows - 1; those never set have date 0 */
        const uint32_t *date, *attendances;
        const uint16_t *sessions;
};

struct qf_table_column {
        uint32_t rows;  /* beyond them all codes are 0 */
        uint32_t width; /* bytes of a code */
        const void *codes;
        uint32_t sets;         /* codes 0 .. sets - 1 */
        const uint32_t *first; /* of each set in members, and one past the last */
        const uint32_t *members;
};

QF_CHECK int qf_table_new(struct qf_table **ret_table);
struct qf_table *qf_table_free(struct qf_table *table);
/* From now on who watches hears of each row just before it is set; NULL: nobody does. */
void qf_table_watch(struct qf_table *table, void (*changes)(void *ctx, uint32_t row), void *ctx);
/* Sets or replaces a row. -EINVAL: numbers that no row can have; -ENOMEM: the row is as it was, or counts nothing. */
QF_CHECK int qf_table_set(struct qf_table *table, const struct qf_table_row *row);
/* In two steps, for whoever is told of the same members again and again: the code of some, sorted and without repeats, made
 * when it is new (-EINVAL: no such dimension; -ENOMEM); and a row with values by rising dimensions in the place of its members,
 * which are not looked at. Fails as qf_table_set. */
QF_CHECK int qf_table_code_of(struct qf_table *table, uint16_t dimension, const struct qf_member_of *members,
                              uint32_t count, uint32_t *ret_code);
QF_CHECK int qf_table_put(struct qf_table *table, const struct qf_table_row *row,
                          const struct qf_table_value *values, uint32_t values_count);
struct qf_table_columns qf_table_columns(const struct qf_table *table);
struct qf_table_column qf_table_column(const struct qf_table *table, uint16_t dimension);
uint32_t qf_table_code(const struct qf_table_column *column, uint32_t row);
/* The codes of so many rows at once, for scans. */
void qf_table_codes(const struct qf_table_column *column, uint32_t first_row, uint32_t count,
                    uint32_t *ret_codes);
uint32_t qf_table_partner(const struct qf_table *table, uint32_t row);
struct qf_view qf_table_key(const struct qf_table *table, uint32_t row); /* valid until the next set */
size_t qf_table_bytes(const struct qf_table *table);                     /* of memory */
