/* Questions about totals, answered from the cells where those suffice and from
 * the table of activities elsewhere. Pure: no socket, no clock. */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "model/picture.h"
#include "programme/programme.h"
#include "report/declared.h"
#include "report/rights.h"
#include "report/table.h"
#include "wire/totals_messages.h"

enum { QF_QUERY_AXES = 2, QF_QUERY_FILTERS = 8, QF_QUERY_SAY_BYTES = 200 };

struct qf_query_world {
        const struct qf_programme *programme;
        const struct qf_picture *picture;
        const struct qf_table *table;
        const struct qf_declared *declared;
};

/* A question that is being answered, a piece at a time, as of the one moment when it began: what changes in between is
 * looked at just before (qf_query_changes). Not so for the registers: after any change of them, and when cells and
 * tables are those of another picture, it is to be freed unasked, and begun anew. */
struct qf_query;

enum qf_query_outcome { QF_QUERY_GOES_ON = 1 };
enum qf_query_of { QF_QUERY_OF_ROWS, QF_QUERY_OF_STATEMENTS, QF_QUERY_OF_CELLS, QF_QUERY_OF_ITSELF };

/* Begins one of query TOTALS, GROWTH, DECLARED, LIST or CHECK; all arguments live until it is freed. Its first step
 * makes the plan. -ENOMEM. */
QF_CHECK int qf_query_begin(const struct qf_query_world *world, const struct qf_rights *rights,
                            const struct qf_from_reader *ask, struct qf_arena *arena,
                            struct qf_to_reader *answer, struct qf_query **ret_query);
/* Work for a fraction of a millisecond. 0: the answer is filled in, all but id, version and time; what it points to
 * lives in arena, ask, query and world. QF_QUERY_GOES_ON: call again. -ENOMEM, -EOVERFLOW.
 *
 *   totals    notes are codes, some with a name after a space: "not_additive content" (rows of that dimension do not
 *             add up), "attendance_unknown", "undated" (a row "" has what is known to a longer period only),
 *             "undated_excluded" (records that it would have, but that are known to a longer period than asked for),
 *             "restricted" (rows of other organisations are left out), "cut" (limit), "same_days" (growth over the
 *             same days of both)
 *   growth    two rows, the year and its base; the printed growth is made of them by who prints
 *   declared  of a declared kind, folded over its statements by the rules of its measures (model/kinds.h): rows and
 *             all hold three figures for each measure of the answer, value, n of a ratio, and how many records do not
 *             state it; a value that the rules do not allow is 0, 0, QF_NOT_COMBINED, with the note "mixed MEASURE
 *             WHAT", and refused when it was asked for by name
 *   list      the statements themselves, by date, partner and key: by is date, partner, key and the dimensions they
 *             have members in (several joined by a comma); figures hold value + 1. Only of organisations that may
 *             be read
 *   check     makes all cells anew from the table and compares */
QF_CHECK int qf_query_step(struct qf_query *query);
/* Whether its next step looks at rows or statements, and not at cells. */
bool qf_query_reads_rows(const struct qf_query *query);
/* This row of the table of activities, of that of declared statements, or this cell is about to change. */
void qf_query_changes(struct qf_query *query, enum qf_query_of of, uint32_t number);
struct qf_query *qf_query_free(struct qf_query *query); /* NULL is a no-op; returns NULL */
/* The codes of a set of a dimension's column, joined by a comma: no code has one. -ENOMEM. */
QF_CHECK int qf_query_members(const struct qf_programme *programme, const struct qf_table_column *column,
                              uint16_t dimension, uint32_t set, struct qf_arena *arena,
                              struct qf_view *ret_text);
