/* A report as it is handed on: front, sections of sentences, one table and charts
 * of it, what may be added, where it comes from. Plain structs of views: a report
 * fills them once, and each form (PDF, workbook, HTML, Markdown) is one function
 * over them that asks nobody and reads no clock. What the views look at belongs
 * to whoever filled it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/ratio.h"

enum qf_form {
        QF_FORM_TEXT,
        QF_FORM_JSON,
        QF_FORM_CSV,
        QF_FORM_MARKDOWN,
        QF_FORM_HTML,
        QF_FORM_XLSX,
        QF_FORM_PDF,
        QF_FORMS
};

enum {
        QF_DOCUMENT_CHARTS = 2,
        QF_DOCUMENT_SERIES = 2,
        QF_DOCUMENT_COVER_LEAST = 4 /* sections, from which on it has a cover and contents */
};

enum qf_document_kind {
        QF_CELL_WORDS,
        QF_CELL_NOTHING, /* not known, not stated, not computable: "—", "(not stated)" or empty; never 0 */
        QF_CELL_NUMBER,  /* value */
        QF_CELL_DECIMAL, /* plain is the number as it was rounded: "29.4" */
        QF_CELL_PERCENT, /* the same in percent: "50.92" of "+50.92%" */
        QF_CELL_RATE,    /* value of among; plain is the percentage, empty when there is none */
        QF_CELL_DATE,    /* value is 20230506; 20230500 of a month, 20230000 of a year */
};

struct qf_document_cell {
        enum qf_document_kind kind;
        struct qf_view text; /* as people read it: "96.5% (965/1,000)" */
        struct qf_view plain;
        int64_t value, among;
};

struct qf_document_column {
        struct qf_view label;
        bool right; /* numbers */
        bool rate;  /* three columns where there are cells to calculate with: k, n, % */
};

struct qf_document_table {
        uint32_t columns_count, rows_count;
        bool total; /* the last row is of all */
        enum qf_rounding rounding;
        const struct qf_document_column *columns;
        const struct qf_document_cell *cells; /* row by row */
};

enum qf_document_chart_kind {
        QF_CHART_COLUMNS, /* side by side, in the order of the rows */
        QF_CHART_BARS,    /* the longest first */
        QF_CHART_RINGS,   /* a ring for each row of a rate */
};

struct qf_document_chart {
        enum qf_document_chart_kind kind;
        struct qf_view title;
        uint32_t labels;                                   /* the column of names */
        uint32_t series_count, series[QF_DOCUMENT_SERIES]; /* columns; the first is what it is about */
};

struct qf_document_lines {
        uint32_t count;
        const struct qf_view *at;
};

struct qf_document_section {
        struct qf_view heading;
        struct qf_document_lines lines; /* sentences above the table */
        struct qf_document_table table; /* columns_count 0: none */
        uint32_t charts_count;
        struct qf_document_chart charts[QF_DOCUMENT_CHARTS];
        struct qf_document_lines notes; /* below it: what is missing, what does not add up */
};

struct qf_document_card { /* a figure of the first page */
        struct qf_view label, figure, beside;
};

struct qf_document_definition {
        struct qf_view name, means, adds;
};

struct qf_document_source { /* where it comes from, a line each */
        struct qf_view name, value;
};

struct qf_document {
        bool chinese;
        struct qf_view programme, title, whose, period, stamp; /* stamp: sample, training; empty: real */
        struct qf_view edition;                                /* empty: of now */
        int64_t made_s; /* seconds since 1970: of the data, not of the making */
        uint32_t cards_count, sections_count, definitions_count, sources_count;
        const struct qf_document_card *cards;
        const struct qf_document_section *sections;
        const struct qf_document_definition *definitions;
        const struct qf_document_source *sources;
};

struct qf_document_fault { /* why a form could not be made */
        char what[160];
};

/* Makes the bytes of a form and appends them. Positive 1: *ret_fault says why not; -ENOMEM and other -errno. The same document
 * gives the same bytes. */
typedef int (*qf_document_form)(const struct qf_document *document, struct qf_buffer *ret_bytes,
                                struct qf_document_fault *ret_fault);

/* Forms that need a library which qf is not linked with: qf-render is (services/render). */
struct qf_renderers {
        qf_document_form pdf, xlsx;
};

static inline const struct qf_document_cell *qf_document_cell(const struct qf_document_table *table,
                                                              uint32_t row, uint32_t column)
{
        return &table->cells[(size_t)row * table->columns_count + column];
}
/* Rows without the total. */
static inline uint32_t qf_document_rows(const struct qf_document_table *table)
{
        return table->rows_count - (table->total && table->rows_count);
}
