/* A CSV file as rows of cells. The number of a row is that of the spreadsheet's
 * line, so that messages point where people look. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum qf_csv_outcome {
        QF_CSV_ENCODING = 1,  /* not UTF-8 */
        QF_CSV_TOO_LARGE = 2, /* above 256 MiB */
};

struct qf_csv;

/* Reads a whole file: with or without BOM, any line ends, cells divided by comma, semicolon or tab (whichever the
 * first lines have most of). */
QF_CHECK int qf_csv_read(struct qf_view bytes, struct qf_csv **ret_csv);
struct qf_csv *qf_csv_free(struct qf_csv *csv);
uint32_t qf_csv_rows(const struct qf_csv *csv);
uint32_t qf_csv_cells(const struct qf_csv *csv, uint32_t row);
/* Trimmed; empty beyond the row's end. Lives as long as the table. */
struct qf_view qf_csv_cell(const struct qf_csv *csv, uint32_t row, uint32_t column);
bool qf_csv_blank(const struct qf_csv *csv, uint32_t row); /* no cell holds anything */
