/* A report as a page: sentences, one table, remarks, and the definitions of what
 * it shows. The same cells are printed as text, as JSON or as CSV. An error while
 * it is filled is kept and said when it is printed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "model/cell.h"
#include "model/ratio.h"
#include "programme/programme.h"
#include "qf/cli/cli.h"
#include "qf/cli/text_table.h"
#include "qf/reports/document.h"

enum { QF_PAGE_LABEL_BYTES = 96, QF_PAGE_CODE_BYTES = 48 };

enum qf_page_type { QF_PAGE_TEXT, QF_PAGE_NUMBER, QF_PAGE_RATE };

struct qf_page_figure { /* what a cell is, beside its text; plain lies in qf_page.plains */
        enum qf_document_kind kind;
        int64_t value, among;
        uint32_t plain, plain_len;
};

struct qf_page_column {
        char code[QF_PAGE_CODE_BYTES], label[QF_PAGE_LABEL_BYTES];
        enum qf_page_type type;
};

struct qf_page_head { /* of a column that is always there */
        const char *code, *zh, *en;
        enum qf_page_type type;
};

struct qf_edition_names;

struct qf_page {
        struct qf_cli *cli;
        const struct qf_programme *programme;   /* labels */
        const struct qf_edition_names *edition; /* whose names are used where it has them; NULL: none */
        enum qf_rounding rounding;              /* the programme's, unless it is set */
        FILE *to;                               /* stdout, unless it is set */
        const char *report;
        const char *const *indicators; /* codes of what it shows, NULL-terminated; NULL: none */
        unsigned at;                   /* cells of the row that is filled */
        struct qf_page_column columns[QF_TABLE_COLUMNS_MAX];
        struct qf_text_table table;
        struct qf_buffer lines, remarks, hints, csv;
        json_t *facts, *rows, *row;
        json_t *own; /* of a report that has an object of its own instead of rows; NULL: none */
        uint32_t rows_count;
        bool total;
        struct qf_buffer figures, plains; /* a struct qf_page_figure for each cell */
        uint32_t charts_count;
        struct qf_document_chart charts[QF_DOCUMENT_CHARTS];
        char charts_titles[QF_DOCUMENT_CHARTS][QF_PAGE_LABEL_BYTES];
        void *section[4]; /* what qf_page_section made */
        int error;
};

void qf_page_init(struct qf_page *page, struct qf_cli *cli, const struct qf_programme *programme,
                  const char *report, const char *const *indicators);
void qf_page_deinit(struct qf_page *page);

/* Columns first. The code names the cell in JSON; the label, in the reader's language, is its head elsewhere. */
void qf_page_column(struct qf_page *page, struct qf_view code, const char *label, enum qf_page_type type);
void qf_page_heads(struct qf_page *page, const struct qf_page_head *heads, size_t count);
/* Then row by row, each cell from left to right. The total is "all" in JSON and stands below a line. */
void qf_page_row(struct qf_page *page);
void qf_page_total(struct qf_page *page);
void qf_page_text(struct qf_page *page, struct qf_view text);
void qf_page_cell(struct qf_page *page, struct qf_view text, json_t *json); /* json is taken */
void qf_page_word(struct qf_page *page, const char *zh,
                  const char *en); /* of the reader's language, null in JSON */
void qf_page_number(struct qf_page *page, int64_t value);
/* A number that is said with a word before it, "promised 23"; json is taken. */
void qf_page_said_number(struct qf_page *page, struct qf_view text, int64_t value, json_t *json);
void qf_page_decimal(struct qf_page *page, struct qf_view text);     /* "56.5", as it was rounded */
void qf_page_known(struct qf_page *page, bool known, int64_t value); /* a number, or "—" and null */
void qf_page_nothing(struct qf_page *page);                          /* "—" and null */
void qf_page_blank(struct qf_page *page);                      /* a cell that is not meant to be filled */
void qf_page_rate(struct qf_page *page, int64_t k, int64_t n); /* 96.5% (965/1,000) */
/* "+50.92%"; nothing where the two can not be compared (qf_counts_compared). */
void qf_page_growth(struct qf_page *page, const struct qf_counts *now, const struct qf_counts *before,
                    enum qf_measure measure);
/* Attendances: nothing where activities were held and the attendance of none is known, which is not 0. */
void qf_page_attendances(struct qf_page *page, const struct qf_counts *counts);
/* Two cells, activities and attendances. */
void qf_page_counts(struct qf_page *page, const struct qf_counts *counts);
void qf_page_mean(struct qf_page *page, int64_t sum, int64_t count);
void qf_page_flag(struct qf_page *page, bool is, const char *yes, const char *no);
/* Its label; the code in JSON. indent: of a tree, in text only. */
void qf_page_member(struct qf_page *page, const char *dimension, struct qf_view code, unsigned indent);
/* Several codes joined by commas, as a list has them. */
void qf_page_members(struct qf_page *page, const char *dimension, struct qf_view codes);
void qf_page_date(struct qf_page *page, uint32_t date); /* 2023-05-06, 2023-05; 0: nothing */

/* A sentence above the table, or a remark below it (said once); also a fact of the JSON object, which is taken. */
void qf_page_line(struct qf_page *page, const char *zh, const char *en, ...)
        __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* As they are, however long; each ends with a newline. */
void qf_page_lines(struct qf_page *page, const struct qf_buffer *lines);
void qf_page_remark(struct qf_page *page, const char *zh, const char *en, ...)
        __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* What to type next, for who reads it at a terminal: printed as text alone, never handed on. */
void qf_page_hint(struct qf_page *page, const char *zh, const char *en, ...)
        __attribute__((format(printf, 2, 4), format(printf, 3, 4)));
void qf_page_fact(struct qf_page *page, const char *code, json_t *value);
/* The object that is printed as JSON instead of the rows, with the indicators and what was remarked; it is taken. For
 * reports whose JSON is older than pages are. */
void qf_page_own_json(struct qf_page *page, json_t *object);
/* A picture of columns of the table, where the report is handed on (document.h); labels is the column of names. A second
 * series is what the first is compared with; 0: none. Once the columns are there. */
void qf_page_chart(struct qf_page *page, enum qf_document_chart_kind kind, unsigned labels, unsigned series,
                   unsigned second, const char *title);
/* The name of a member in the reader's language. */
struct qf_view qf_page_label(const struct qf_page *page, const char *dimension, struct qf_view code);

/* As text, JSON or CSV. Exit code. */
int qf_page_print(struct qf_page *page, enum qf_form form);
/* As a section of a document, which lives as long as the page. -errno, as an error while it was filled. */
QF_CHECK int qf_page_section(struct qf_page *page, struct qf_view heading,
                             struct qf_document_section *ret_section);
