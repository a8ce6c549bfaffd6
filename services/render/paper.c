/* Why: Chinese typesetting is Pango's work; what is ours is where a page ends and
 * what stands at its head. Fonts are families by preference, as fontconfig finds
 * them; zh-CN is said to each layout, or Japanese forms of characters are taken. */
#include "render/paper.h"

#include <cairo-pdf.h>
#include <math.h>
#include <stdio.h>

#define A4_SHORT 595.28
#define A4_LONG 841.89

static const char sans[] =
        "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, WenQuanYi Zen Hei, sans-serif";
static const char serif[] =
        "Noto Serif CJK SC, Source Han Serif SC, AR PL UMing CN, Noto Sans CJK SC, WenQuanYi Micro Hei, serif";

static void ink(struct paper *paper, unsigned rgb)
{
        cairo_set_source_rgb(paper->cr, (rgb >> 16) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

/* --- text ------------------------------------------------------------------------ */

static PangoLayout *lay(struct paper *paper, double width, const struct paper_look *look, struct qf_view text)
{
        static const PangoAlignment aligns[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER, PANGO_ALIGN_RIGHT};
        PangoLayout *layout = pango_layout_new(paper->context);
        PangoFontDescription *font = pango_font_description_new();
        pango_font_description_set_family_static(font, look->serif ? serif : sans);
        pango_font_description_set_absolute_size(font, look->size * PANGO_SCALE);
        pango_font_description_set_weight(font, look->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(layout, font);
        pango_font_description_free(font);
        if (width > 0) {
                pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
                pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
                if (look->one_line)
                        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
        }
        pango_layout_set_alignment(layout, aligns[look->align]);
        if (look->spacing > 0)
                pango_layout_set_line_spacing(layout, (float)look->spacing);
        pango_layout_set_text(layout, text.len ? text.at : "", (int)text.len);
        paper->unknown |= pango_layout_get_unknown_glyphs_count(layout) > 0;
        return layout;
}

static double height_of(PangoLayout *layout)
{
        int width, height;
        pango_layout_get_size(layout, &width, &height);
        return (double)height / PANGO_SCALE;
}

double paper_text(struct paper *paper, double x, double y, double width, const struct paper_look *look,
                  struct qf_view text)
{
        PangoLayout *layout = lay(paper, width, look, text);
        const double height = height_of(layout);
        ink(paper, look->rgb);
        cairo_move_to(paper->cr, x, y);
        pango_cairo_show_layout(paper->cr, layout);
        cairo_new_path(paper->cr); /* or what is drawn next begins where the text ended */
        g_object_unref(layout);
        return height;
}

double paper_text_height(struct paper *paper, double width, const struct paper_look *look,
                         struct qf_view text)
{
        PangoLayout *layout = lay(paper, width, look, text);
        const double height = height_of(layout);
        g_object_unref(layout);
        return height;
}

double paper_text_width(struct paper *paper, const struct paper_look *look, struct qf_view text)
{
        PangoLayout *layout = lay(paper, 0, look, text);
        int width, height;
        pango_layout_get_size(layout, &width, &height);
        g_object_unref(layout);
        return (double)width / PANGO_SCALE;
}

double paper_word_width(struct paper *paper, const struct paper_look *look, struct qf_view text)
{
        PangoLayout *layout = lay(paper, 1, look, text);
        PangoRectangle logical;
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD);
        pango_layout_get_extents(layout, NULL, &logical);
        g_object_unref(layout);
        return (double)logical.width / PANGO_SCALE;
}

void paper_box(struct paper *paper, double x, double y, double width, double height, unsigned rgb)
{
        ink(paper, rgb);
        cairo_rectangle(paper->cr, x, y, width, height);
        cairo_fill(paper->cr);
}

/* --- lines ------------------------------------------------------------------------ */

void paper_lines_begin(struct paper *paper, struct paper_lines *lines, double width,
                       const struct paper_look *look, struct qf_view text)
{
        *lines =
                (struct paper_lines){.layout = lay(paper, width, look, text), .rgb = look->rgb, .left = true};
        lines->next = pango_layout_get_iter(lines->layout);
}

void paper_lines_end(struct paper_lines *lines)
{
        pango_layout_iter_free(lines->next);
        g_object_unref(lines->layout);
}

static int end_of(PangoLayoutIter *line)
{
        int from, to;
        pango_layout_iter_get_line_yrange(line, &from, &to);
        return to;
}

/* Of the last that has room with those before it. */
static int end_within(const struct paper_lines *lines, double room)
{
        PangoLayoutIter *line = pango_layout_iter_copy(lines->next);
        int end = lines->left ? end_of(line) : lines->top;
        while (lines->left && pango_layout_iter_next_line(line) &&
               end_of(line) - lines->top <= room * PANGO_SCALE)
                end = end_of(line);
        pango_layout_iter_free(line);
        return end;
}

double paper_lines_height(const struct paper_lines *lines, double room)
{
        return (double)(end_within(lines, room) - lines->top) / PANGO_SCALE;
}

void paper_lines_put(struct paper *paper, struct paper_lines *lines, double x, double y, double room)
{
        const int end = end_within(lines, room);
        ink(paper, lines->rgb);
        while (lines->left && end_of(lines->next) <= end) {
                PangoRectangle logical;
                pango_layout_iter_get_line_extents(lines->next, NULL, &logical);
                const int below = pango_layout_iter_get_baseline(lines->next) - lines->top;
                cairo_move_to(paper->cr, x + (double)logical.x / PANGO_SCALE,
                              y + (double)below / PANGO_SCALE);
                pango_cairo_show_layout_line(paper->cr, pango_layout_iter_get_line_readonly(lines->next));
                lines->left = pango_layout_iter_next_line(lines->next);
        }
        cairo_new_path(paper->cr); /* or what is drawn next begins where the text ended */
        lines->top = end;
}

/* --- pages ------------------------------------------------------------------------- */

double paper_room(const struct paper *paper)
{
        return paper->height - QF_PAPER_BOTTOM - paper->y;
}

double paper_high(const struct paper *paper)
{
        return paper->height - QF_PAPER_BOTTOM - QF_PAPER_TOP;
}

double paper_wide(const struct paper *paper)
{
        return paper->width - 2 * QF_PAPER_MARGIN;
}

bool paper_is_lying(const struct paper *paper)
{
        return paper->width > paper->height;
}

static void put_head(struct paper *paper)
{
        const struct qf_document *document = paper->document;
        const struct paper_look left = {.size = 8.5, .rgb = QF_PAPER_GREY, .one_line = true},
                                right = {.size = 8.5,
                                         .rgb = QF_PAPER_GREY,
                                         .align = PAPER_RIGHT,
                                         .one_line = true},
                                stamp = {.size = 8.5,
                                         .rgb = QF_PAPER_RED,
                                         .bold = true,
                                         .align = PAPER_CENTRE,
                                         .one_line = true},
                                number = {.size = 9, .rgb = QF_PAPER_GREY, .align = PAPER_CENTRE};
        const double wide = paper_wide(paper), stamped = paper_text_width(paper, &stamp, document->stamp),
                     side = stamped > 0 ? fmax(wide / 4, (wide - stamped) / 2 - 10) : wide / 2;
        char text[32];
        paper_box(paper, QF_PAPER_MARGIN, 40, 28, 3, QF_PAPER_RED);
        (void)paper_text(paper, QF_PAPER_MARGIN, 47, side, &left, document->title);
        (void)paper_text(paper, QF_PAPER_MARGIN + side, 47, wide - 2 * side, &stamp, document->stamp);
        if (!qf_view_same(paper->running, document->title))
                (void)paper_text(paper, QF_PAPER_MARGIN + wide - side, 47, side, &right, paper->running);
        if (paper->page <= paper->front)
                return;
        (void)snprintf(text, sizeof(text), "— %u —", paper->page - paper->front);
        (void)paper_text(paper, 0, paper->height - 44, paper->width, &number, qf_view_of(text));
}

void paper_begin(struct paper *paper, bool landscape)
{
        if (paper->page)
                cairo_show_page(paper->cr);
        paper->page++;
        paper->width = landscape ? A4_LONG : A4_SHORT;
        paper->height = landscape ? A4_SHORT : A4_LONG;
        cairo_pdf_surface_set_size(paper->surface, paper->width, paper->height);
        paper->y = QF_PAPER_TOP;
        if (paper->page > 1 || !paper->front)
                put_head(paper);
}

void paper_need(struct paper *paper, double height)
{
        if (height > paper_room(paper) && paper->y > QF_PAPER_TOP)
                paper_begin(paper, paper_is_lying(paper));
}

void paper_paragraph(struct paper *paper, const struct paper_look *look, struct qf_view text)
{
        struct paper_lines lines;
        paper_lines_begin(paper, &lines, paper_wide(paper), look, text);
        while (lines.left) {
                const double height = paper_lines_height(&lines, paper_room(paper));
                paper_need(paper, height);
                paper_lines_put(paper, &lines, QF_PAPER_MARGIN, paper->y, height);
                paper->y += height;
        }
        paper_lines_end(&lines);
}
