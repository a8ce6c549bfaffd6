/* Why: charts are drawn by the one pen that HTML has too; what is of paper is its ink, and how they stand on a page. */
#include <math.h>

#include "qf/reports/document_chart.h"
#include "render/paper.h"

enum { TITLE_BYTES = 256, COLUMNS_SMALL = 6 };

#define CHART_AROUND 36.0 /* its title, and the space below it */

static void pen_box(void *ctx, double x, double y, double width, double height, enum qf_ink ink)
{
        paper_box(ctx, x, y, width, height, qf_ink_rgb(ink));
}

static void pen_text(void *ctx, double x, double y, double size, int align, enum qf_ink ink,
                     struct qf_view text)
{
        const struct paper_look look = {.size = size, .rgb = qf_ink_rgb(ink), .bold = ink == QF_INK_STRONG};
        const double width = align < 0 ? 0 : paper_text_width(ctx, &look, text);
        /* Pango's lines are higher than the letters; the pen means the letters. */
        (void)paper_text(ctx, x - width * (align + 1) / 2, y - size * 0.18, 0, &look, text);
}

static void pen_ring(void *ctx, double x, double y, double radius, double share)
{
        cairo_t *cr = ((struct paper *)ctx)->cr;
        const double shares[] = {1, share};
        const enum qf_ink inks[] = {QF_INK_PALE, QF_INK_STRONG};
        cairo_set_line_width(cr, 8);
        for (unsigned i = 0; i < 2; i++) {
                const unsigned rgb = qf_ink_rgb(inks[i]);
                cairo_new_path(cr);
                cairo_set_source_rgb(cr, (rgb >> 16) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
                cairo_arc(cr, x, y, radius, -M_PI / 2, -M_PI / 2 + 2 * M_PI * shares[i]);
                cairo_stroke(cr);
        }
}

/* Two of few columns stand side by side; on a page that lies on its side any two. */
static bool are_small(const struct paper *paper, const struct qf_document_section *section)
{
        bool small = section->charts_count == 2;
        for (uint32_t i = 0; i < section->charts_count; i++)
                small &= section->charts[i].kind == QF_CHART_COLUMNS &&
                         (paper_is_lying(paper) || (section->charts[i].series_count == 1 &&
                                                    qf_document_rows(&section->table) <= COLUMNS_SMALL));
        return small;
}

double paper_charts_height(const struct paper *paper, const struct qf_document_section *section, double scale)
{
        double height = 0;
        for (uint32_t i = 0; i < section->charts_count; i += are_small(paper, section) ? 2 : 1)
                height += qf_chart_height(&section->table, &section->charts[i], paper_wide(paper)) * scale +
                          CHART_AROUND;
        return height;
}

/* Smaller by the scale. */
static void put_chart(struct paper *paper, const struct qf_document_section *section, uint32_t at, double x,
                      double wide, double scale)
{
        const struct paper_look look = {.size = 10.5, .bold = true, .rgb = QF_PAPER_INK};
        const struct qf_document_chart *chart = &section->charts[at];
        const struct qf_pen pen = {paper, pen_box, pen_text, pen_ring};
        char room[TITLE_BYTES];
        const struct qf_view title =
                qf_chart_title(paper->document->chinese, &section->table, chart, room, sizeof(room));
        const double y = paper->y + paper_text(paper, x, paper->y, wide, &look, title) + 6;
        cairo_save(paper->cr);
        cairo_translate(paper->cr, x, y);
        cairo_scale(paper->cr, scale, scale);
        qf_chart_draw(&section->table, chart, wide / scale, &pen);
        cairo_restore(paper->cr);
}

void paper_charts(struct paper *paper, const struct qf_document_section *section, double scale)
{
        const bool small = are_small(paper, section);
        const double all = paper_is_lying(paper) && !small ? paper_wide(paper) * 0.8 : paper_wide(paper),
                     wide = small ? all / 2 - 10 : all;
        for (uint32_t i = 0; i < section->charts_count; i++) {
                const double height =
                        qf_chart_height(&section->table, &section->charts[i], wide) * scale + CHART_AROUND;
                paper_need(paper, height);
                put_chart(paper, section, i, QF_PAPER_MARGIN, wide, scale);
                if (small)
                        put_chart(paper, section, ++i, QF_PAPER_MARGIN + all / 2 + 10, wide, scale);
                paper->y += height;
        }
}
