/* Paper: A4 pages of a PDF on which text, tables and charts are put from top to
 * bottom. What does not fit goes onto the next page; a row is torn only when it is
 * higher than a page. Lengths are points, from the top left corner. */
#pragma once

#include <cairo.h>
#include <pango/pangocairo.h>

#include "qf/reports/document.h"

#define QF_PAPER_MARGIN 54.0
#define QF_PAPER_TOP 84.0    /* where a page begins, below its head */
#define QF_PAPER_BOTTOM 62.0 /* what is left free below */

#define QF_PAPER_STANDING (595.28 - 2 * QF_PAPER_MARGIN) /* between the margins of a page that stands */

#define QF_PAPER_RED 0x9E1B1Eu
#define QF_PAPER_INK 0x2B2725u
#define QF_PAPER_GREY 0x6B5B52u
#define QF_PAPER_PALE 0xFBF5F0u

struct paper {
        cairo_surface_t *surface;
        cairo_t *cr;
        PangoContext *context;
        const struct qf_document *document;
        double width, height, y;
        unsigned page, front;   /* pages so far; of them before the first numbered one */
        struct qf_view running; /* the section, at the head of each page */
        bool unknown;           /* some character has no glyph in any font */
        int error;              /* -ENOMEM: something was left out */
};

enum {
        PAPER_ROWS_KEPT = 3, /* of a table's beginning on one page */
        PAPER_ROWS_TORN = 5  /* a table of fewer is on one page, with what stands below it */
};

enum paper_align { PAPER_LEFT, PAPER_CENTRE, PAPER_RIGHT };

struct paper_look {
        bool serif, bold;
        enum paper_align align;
        double size, spacing; /* spacing: of lines, 0: the font's own */
        bool one_line;        /* what is longer than its box ends with "…" */
        unsigned rgb;
};

/* Puts text into a box of this width (0: as wide as it is) and gives its height. */
double paper_text(struct paper *paper, double x, double y, double width, const struct paper_look *look,
                  struct qf_view text);
double paper_text_height(struct paper *paper, double width, const struct paper_look *look,
                         struct qf_view text);
double paper_text_width(struct paper *paper, const struct paper_look *look, struct qf_view text);
/* Of what stays together where a line ends: the longest word, or a Chinese character. */
double paper_word_width(struct paper *paper, const struct paper_look *look, struct qf_view text);
void paper_box(struct paper *paper, double x, double y, double width, double height, unsigned rgb);

double paper_room(const struct paper *paper); /* left on this page */
double paper_high(const struct paper *paper); /* of an empty one */
double paper_wide(const struct paper *paper); /* between the margins */
bool paper_is_lying(const struct paper *paper);
void paper_begin(struct paper *paper, bool landscape); /* a new page, with head and number */
void paper_need(struct paper *paper, double height); /* a new page of the same shape unless so much is left */

/* The lines of a text, put part by part where it goes on on another page. Begun ones are to be ended. */
struct paper_lines {
        PangoLayout *layout;
        PangoLayoutIter *next;
        int top; /* of what is yet to be put, in Pango's units */
        unsigned rgb;
        bool left; /* some are yet to be put */
};

void paper_lines_begin(struct paper *paper, struct paper_lines *lines, double width,
                       const struct paper_look *look, struct qf_view text);
/* Of the next that have this room together, at least of one; 0 when none are left. */
double paper_lines_height(const struct paper_lines *lines, double room);
/* Puts those. */
void paper_lines_put(struct paper *paper, struct paper_lines *lines, double x, double y, double room);
void paper_lines_end(struct paper_lines *lines);

/* A paragraph, broken between pages by lines. */
void paper_paragraph(struct paper *paper, const struct paper_look *look, struct qf_view text);

/* A table with its head on each page; its last rows are on the page of what stands below it, so high. */
void paper_table(struct paper *paper, const struct qf_document_table *table, double below);
/* On pages of this shape: of all of it, and of what of its beginning is on one page. */
double paper_table_height(struct paper *paper, const struct qf_document_table *table);
double paper_table_least(struct paper *paper, const struct qf_document_table *table);
/* Too wide for a page that stands. */
bool paper_table_is_wide(struct paper *paper, const struct qf_document_table *table);

/* The charts of a section below each other, or side by side where they are small; made smaller by the scale. */
void paper_charts(struct paper *paper, const struct qf_document_section *section, double scale);
double paper_charts_height(const struct paper *paper, const struct qf_document_section *section,
                           double scale);
