/* A table in plain text, aligned also where Chinese characters take two columns
 * of the terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

enum { QF_TABLE_COLUMNS_MAX = 40 };

struct qf_text_table {
        unsigned columns;
        bool right[QF_TABLE_COLUMNS_MAX]; /* numbers */
        struct qf_buffer text;            /* cells, each behind a u32 length */
        uint32_t cells;
};

void qf_text_table_deinit(struct qf_text_table *table);
/* Cells go from left to right, row after row. -ENOMEM. */
QF_CHECK int qf_text_table_add(struct qf_text_table *table, struct qf_view cell);
/* A line across, before the next row; only where a row is complete. -ENOMEM. */
QF_CHECK int qf_text_table_line(struct qf_text_table *table);
/* Cells in their order, from offset 0 on; false: no more. A line across has at NULL. */
bool qf_text_table_next(const struct qf_text_table *table, size_t *offset, struct qf_view *ret_cell);
void qf_text_table_print(const struct qf_text_table *table, FILE *to);

uint32_t qf_text_columns(struct qf_view text); /* columns of a terminal that valid UTF-8 takes */
/* As much of its beginning as fits into so many columns. */
struct qf_view qf_text_fit(struct qf_view text, uint32_t columns);
