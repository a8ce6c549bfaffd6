/* The XML of a worksheet, and of the strings that all sheets share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "qf/sheets/feed_grid.h"
#include "qf/sheets/feed_xml.h"

enum {
        QF_XLSX_STRINGS_MAX = 4 * 1024 * 1024,
        QF_XLSX_CELL_BYTES = 4 * 32767, /* a spreadsheet's cell holds 32,767 characters */
};

struct qf_xlsx_book {             /* what a sheet needs to be read; zero-initialised is an empty one */
        struct qf_buffer text;    /* of the shared strings */
        struct qf_buffer strings; /* uint32_t: where each ends in text */
        struct qf_buffer formats; /* struct: number formats of its own, while styles are read */
        struct qf_buffer shapes;  /* uint8_t: enum qf_xlsx_shape by style */
        bool epoch_1904;
};

void qf_xlsx_book_deinit(struct qf_xlsx_book *book);
/* Positive: enum qf_xlsx_outcome. */
QF_CHECK int qf_xlsx_strings_read(struct qf_xlsx_book *book, struct qf_view part);
QF_CHECK int qf_xlsx_styles_read(struct qf_xlsx_book *book, struct qf_view part);
QF_CHECK int qf_xlsx_sheet_read(const struct qf_xlsx_book *book, struct qf_view part, struct qf_grid *grid);
