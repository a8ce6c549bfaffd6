/* Charts of a document's tables as strokes of a pen, so that paper and page show
 * the same one. Lengths are points; y grows downwards. Pure. */
#pragma once

#include "qf/reports/document.h"

enum qf_ink { QF_INK_STRONG, QF_INK_SOFT, QF_INK_LINE, QF_INK_TEXT, QF_INK_PALE, QF_INKS };

unsigned qf_ink_rgb(enum qf_ink ink); /* 0xrrggbb, the same on paper and page */

struct qf_pen {
        void *ctx;
        void (*box)(void *ctx, double x, double y, double width, double height, enum qf_ink ink);
        /* One line of text with its top at y; align: -1 begins at x, 0 is around it, 1 ends there. */
        void (*text)(void *ctx, double x, double y, double size, int align, enum qf_ink ink,
                     struct qf_view text);
        /* A ring around x, y of which a share, 0..1, is strong. */
        void (*ring)(void *ctx, double x, double y, double radius, double share);
};

/* How high it is at a width; 0: there is nothing to show. */
double qf_chart_height(const struct qf_document_table *table, const struct qf_document_chart *chart,
                       double width);
/* What stands above it: its title, and how many of the rows are shown where that is not all; written into room. */
struct qf_view qf_chart_title(bool chinese, const struct qf_document_table *table,
                              const struct qf_document_chart *chart, char *room, size_t room_bytes);
void qf_chart_draw(const struct qf_document_table *table, const struct qf_document_chart *chart, double width,
                   const struct qf_pen *pen);
/* Rings are of one survey: of the rows that say a rate, up to where the first name comes again. The first and the last of
 * them; how many. */
uint32_t qf_document_rings(const struct qf_document_table *table, const struct qf_document_chart *chart,
                           uint32_t *ret_first, uint32_t *ret_last);
