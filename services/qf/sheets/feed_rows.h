/* Rows of a bound table → activities, each checked as ingest will check it. A row
 * that is wrong becomes notes and no event. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/event.h"
#include "programme/programme.h"
#include "qf/sheets/feed_grid.h"
#include "qf/sheets/feed_map.h"
#include "client/feed_notes.h"

enum { QF_ROW_VALUES_MAX = 256 };

struct qf_row_event { /* views live until the next row */
        uint32_t row; /* index; the line is one more */
        struct qf_event event;
        struct qf_words words;
        uint32_t values_count;
        struct qf_pair values[QF_ROW_VALUES_MAX];
        char key[QF_KEY_BYTES_MAX];
        bool hashed;      /* the key is a hash of the row ... */
        uint32_t ordinal; /* ... and so many equal rows came up to this one */
};

enum qf_row_outcome {
        QF_ROW_EVENT = 1,
        QF_ROW_RETURNED = 2, /* notes say why */
        QF_ROW_END = 3,
};

struct qf_control_total { /* of a line 合计 or 小计 */
        uint32_t line;
        uint32_t first_line, last_line; /* whose rows it sums */
        bool has_attendances, has_activities;
        uint32_t attendances, activities;
};

struct qf_rows;

struct qf_rows_options {
        const struct qf_grid *grid;
        const struct qf_map *map;
        const struct qf_binding *binding;
        const struct qf_programme *programme;
        const struct qf_source *source; /* NULL: not known here, only ingest judges */
        uint32_t today;
};

QF_CHECK int qf_rows_new(const struct qf_rows_options *options, struct qf_rows **ret_rows);
struct qf_rows *qf_rows_free(struct qf_rows *rows);
enum { QF_ROW_SEAL_CHARACTERS = 16 };
/* What a row states, as a seal: the same in every spelling of it, another when anything was changed. Action, reason,
 * revision and desk are no part of it. */
void qf_rows_seal(struct qf_rows *rows, uint32_t row, char ret_seal[QF_ROW_SEAL_CHARACTERS + 1]);
/* enum qf_row_outcome, or -errno. */
QF_CHECK int qf_rows_next(struct qf_rows *rows, struct qf_row_event *ret_event);
const struct qf_notes_list *qf_rows_notes(const struct qf_rows *rows);
const struct qf_control_total *qf_rows_controls(const struct qf_rows *rows, uint32_t *ret_count);
uint32_t qf_rows_hashed(const struct qf_rows *rows);    /* events whose key is a hash */
uint32_t qf_rows_identical(const struct qf_rows *rows); /* of them, those with an equal row before them */
