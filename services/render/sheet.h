/* A sheet of a workbook: the section of a document, its charts, and how it prints. */
#pragma once

#include <xlsxwriter.h>

#include "qf/reports/document.h"

enum {
        SHEET_TEXT_BYTES = 4096,
        SHEET_CELL_UNITS = 32767, /* of UTF-16: what Excel takes in a cell */
        SHEET_CELL_BYTES = 3 * SHEET_CELL_UNITS + 1,
        SHEET_NAME_BYTES = 128,
        SHEET_KINDS = 7
};

struct book {
        lxw_workbook *workbook;
        const struct qf_document *document;
        lxw_error error;
        lxw_format *cells[2][SHEET_KINDS]; /* by total and enum qf_document_kind */
        lxw_format *year, *line,
                *figures[2]; /* line: over the cells beside it; figures: whole, with a decimal */
        lxw_format *head, *head_right, *title, *stamp, *text, *grey, *figure, *label, *link;
        char scratch[SHEET_CELL_BYTES];
};

/* As the library wants it, and "…" at the end of what is longer than a cell; until the next call. */
const char *book_text(struct book *book, struct qf_view text);
/* What Excel takes as a sheet's name: at most 31 characters, none of []:*?/\ in it. */
void book_sheet_name(struct qf_view heading, char ret_name[SHEET_NAME_BYTES]);
/* Of a cell with a number that is printed so. */
lxw_format *book_number_format(struct book *book, const char *number);
/* "-12,345.5", as it was rounded, as a number. */
double book_number(struct qf_view plain);
lxw_worksheet *book_sheet(struct book *book, struct qf_view heading);

/* A text over so many columns, each of this width in characters, in a row as high as it needs; width 0: as high as it is.
 * Gives its points. */
double sheet_wide(struct book *book, lxw_worksheet *sheet, lxw_row_t row, unsigned columns, double width,
                  struct qf_view text, lxw_format *format);
/* Lines that a text takes in a column of so many characters; a row of so many lines. */
unsigned sheet_lines(struct qf_view text, double width);
double sheet_height(lxw_worksheet *sheet, lxw_row_t row, unsigned lines); /* gives its points */
/* A4 on its side, as wide as the page; rows up to this one are on every page, 0: all is on one. */
void sheet_print(struct book *book, lxw_worksheet *sheet, lxw_row_t head);
void sheet_section(struct book *book, const struct qf_document_section *section);
