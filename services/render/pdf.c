/* Why: this is what an office hands in, so it looks like it: a cover, contents with
 * pages, figures large, charts and tables from the same cells, and at the end what
 * the figures mean and where they come from. It is laid out twice, first to learn
 * on which page each section begins. */
#include "render/pdf.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "qf/reports/document_chart.h"
#include "qf/reports/document_forms.h"
#include "render/paper.h"

enum { WAVES = 9, LINK_BYTES = 64, TIME_BYTES = 32, ROWS_WHOLE = 24 };

#define WAVE_STEP 6.0
#define DOT_STEP 5.0
#define SOURCES_HEAD 62.0
#define DEFINITIONS_HEAD 110.0
#define ROUNDED 1.0      /* what is worked out to fit does */
#define CHART_LEAST 0.75 /* charts are made smaller down to this where a section then has room on its page */

struct parts { /* page of each section, of definitions and of sources */
        uint32_t count;
        unsigned *pages;
};

/* --- the cover ---------------------------------------------------------------------------- */

static void put_waves(struct paper *paper)
{
        const double wide = paper->width, high = paper->height;
        cairo_pattern_t *shade = cairo_pattern_create_linear(0, 0, wide, high);
        paper_box(paper, 0, 0, wide, high, QF_PAPER_RED);
        cairo_pattern_add_color_stop_rgba(shade, 0, 1, .85, .6, .17);
        cairo_pattern_add_color_stop_rgba(shade, 1, 0, 0, 0, .30);
        cairo_set_source(paper->cr, shade);
        cairo_rectangle(paper->cr, 0, 0, wide, high);
        cairo_fill(paper->cr);
        cairo_pattern_destroy(shade);
        cairo_set_source_rgba(paper->cr, 1, .9, .75, .17);
        cairo_set_line_width(paper->cr, 1.1);
        for (int wave = 0; wave < WAVES; wave++) {
                const double level = high - 64 - wave * 15;
                for (int at = 0; at * WAVE_STEP <= wide + WAVE_STEP; at++)
                        cairo_line_to(paper->cr, at * WAVE_STEP,
                                      level + 13 * sin(at * WAVE_STEP / 72 + wave * .5));
                cairo_stroke(paper->cr);
        }
}

static void put_cover(struct paper *paper)
{
        const struct qf_document *document = paper->document;
        const struct paper_look
                small = {.size = 13, .rgb = 0xF6DFC8, .spacing = 1.3},
                title = {.size = 36, .rgb = 0xFFFFFF, .serif = true, .bold = true, .spacing = 1.2},
                whose = {.size = 21, .rgb = 0xFBE8D3, .serif = true, .bold = true, .spacing = 1.2},
                stamp = {.size = 13, .rgb = 0xFFE3B8, .bold = true},
                low = {.size = 12, .rgb = 0xFFFFFF, .spacing = 1.3};
        const double x = QF_PAPER_MARGIN + 6, wide = paper->width - 2 * x;
        double y = 150;
        put_waves(paper);
        y += paper_text(paper, x, y, wide, &small, document->programme) + 12;
        y += paper_text(paper, x, y, wide, &title, document->title) + 12;
        if (document->whose.len)
                y += paper_text(paper, x, y, wide, &whose, document->whose) + 6;
        paper_box(paper, x, y + 10, 64, 3.5, 0xF0C48A);
        y += 34;
        if (document->stamp.len) {
                const double width = paper_text_width(paper, &stamp, document->stamp), height = 26;
                cairo_set_source_rgb(paper->cr, 0.94, 0.77, 0.54);
                cairo_set_line_width(paper->cr, 1.3);
                cairo_rectangle(paper->cr, x, y, width + 24, height);
                cairo_stroke(paper->cr);
                (void)paper_text(paper, x + 12, y + 3.5, 0, &stamp, document->stamp);
        }
        y = paper->height - 268;
        y += paper_text(paper, x, y, wide, &low, document->period) + 5;
        (void)paper_text(paper, x, y, wide, &low, document->edition);
}

/* --- contents ------------------------------------------------------------------------------- */

static struct qf_view part_heading(const struct qf_document *document, uint32_t part)
{
        const struct qf_document_words *words = qf_document_words(document->chinese);
        if (part < document->sections_count)
                return document->sections[part].heading;
        return qf_view_of(part == document->sections_count ? words->definitions : words->sources);
}

static void put_contents(struct paper *paper, const struct parts *parts)
{
        const struct paper_look heading = {.size = 22, .serif = true, .bold = true, .rgb = QF_PAPER_INK},
                                entry = {.size = 11.5, .rgb = QF_PAPER_INK},
                                number = {.size = 11.5, .rgb = QF_PAPER_INK, .align = PAPER_RIGHT};
        const double step = fmin(30, (paper->height - QF_PAPER_TOP - QF_PAPER_BOTTOM - 60) / parts->count);
        char text[LINK_BYTES], link[LINK_BYTES];
        const struct qf_view name = qf_view_of(qf_document_words(paper->document->chinese)->contents);
        paper->running = name;
        paper_begin(paper, false);
        paper->y += paper_text(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), &heading, name) + 18;
        for (uint32_t i = 0; i < parts->count; i++) {
                const struct qf_view said = part_heading(paper->document, i);
                const double from = QF_PAPER_MARGIN +
                                    fmin(paper_text_width(paper, &entry, said), paper_wide(paper) - 50) + 8;
                (void)snprintf(text, sizeof(text), "%u", parts->pages[i] - paper->front);
                (void)snprintf(link, sizeof(link), "dest='part%u'", i);
                cairo_tag_begin(paper->cr, CAIRO_TAG_LINK, link);
                (void)paper_text(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper) - 50, &entry, said);
                cairo_tag_end(paper->cr, CAIRO_TAG_LINK);
                for (int at = 0; from + at * DOT_STEP < paper->width - QF_PAPER_MARGIN - 30; at++)
                        paper_box(paper, from + at * DOT_STEP, paper->y + 11, 1.1, 1.1, 0xB9ADA5);
                (void)paper_text(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), &number,
                                 qf_view_of(text));
                paper->y += step;
        }
}

/* --- sections ----------------------------------------------------------------------------------- */

/* On one line, smaller where it must be and can be read; of all cards alike, or their lines do not stand in a row. */
static void fit(struct paper *paper, struct paper_look *look, double least, struct qf_view text, double width)
{
        while (look->size > least && paper_text_width(paper, look, text) > width)
                look->size -= 0.5;
}

static void put_cards(struct paper *paper)
{
        const struct qf_document *document = paper->document;
        struct paper_look label = {.size = 9.5, .rgb = QF_PAPER_GREY, .one_line = true},
                          figure = {.size = 23, .rgb = QF_PAPER_RED, .bold = true},
                          beside = {.size = 8.5, .rgb = QF_PAPER_GREY};
        const double gap = 12,
                     width = (paper_wide(paper) - gap * (document->cards_count - 1)) / document->cards_count;
        for (uint32_t i = 0; i < document->cards_count; i++) {
                fit(paper, &label, 7.5, document->cards[i].label, width - 18);
                fit(paper, &figure, 5, document->cards[i].figure, width - 18);
                fit(paper, &beside, 7, document->cards[i].beside, width - 18);
        }
        for (uint32_t i = 0; i < document->cards_count; i++) {
                const struct qf_document_card *card = &document->cards[i];
                const double x = QF_PAPER_MARGIN + i * (width + gap);
                paper_box(paper, x, paper->y, width, 84, QF_PAPER_PALE);
                paper_box(paper, x, paper->y, 2.5, 84, QF_PAPER_RED);
                (void)paper_text(paper, x + 12, paper->y + 9, width - 18, &label, card->label);
                (void)paper_text(paper, x + 12, paper->y + 24 + (23 - figure.size) / 2, 0, &figure,
                                 card->figure);
                (void)paper_text(paper, x + 12, paper->y + 61, width - 18, &beside, card->beside);
        }
        paper->y += document->cards_count ? 100 : 0;
}

static const struct paper_look line_look = {.size = 11.3, .serif = true, .rgb = QF_PAPER_INK, .spacing = 1.5},
                               note_look = {.size = 8.8, .rgb = QF_PAPER_GREY, .spacing = 1.15};

static void put_notes(struct paper *paper, const struct qf_document_lines *notes)
{
        for (uint32_t i = 0; i < notes->count; i++) {
                paper->y += i ? 2 : 7;
                paper_paragraph(paper, &note_look, notes->at[i]);
        }
}

static double lines_height(struct paper *paper, const struct paper_look *look, double between,
                           const struct qf_document_lines *lines)
{
        double height = 0;
        for (uint32_t i = 0; i < lines->count; i++)
                height += paper_text_height(paper, paper_wide(paper), look, lines->at[i]) + between;
        return height;
}

/* Of the table and what stands below it. */
static double rest_height(struct paper *paper, const struct qf_document_section *section)
{
        return (section->table.rows_count ? paper_table_height(paper, &section->table) : 20) +
               lines_height(paper, &note_look, 3, &section->notes) + 6;
}

/* How much of a section must be on the page where it begins: all of it where that fits a page. */
static double needed_height(struct paper *paper, const struct qf_document_section *section)
{
        const double lines = 76 + lines_height(paper, &line_look, 8, &section->lines),
                     charts = paper_charts_height(paper, section, CHART_LEAST),
                     all = lines + charts + rest_height(paper, section);
        return all <= paper_high(paper) ? all : lines + charts + paper_table_least(paper, &section->table);
}

/* 1, or less where what stands below them then fits what is left of the page. */
static double charts_scale(struct paper *paper, const struct qf_document_section *section)
{
        const double bare = paper_charts_height(paper, section, 0),
                     all = paper_charts_height(paper, section, 1) - bare,
                     below[] = {rest_height(paper, section), paper_table_least(paper, &section->table)};
        for (unsigned i = 0; all > 0 && i < sizeof(below) / sizeof(below[0]); i++) {
                const double scale = (paper_room(paper) - ROUNDED - bare - below[i]) / all;
                if (scale >= CHART_LEAST)
                        return fmin(scale, 1);
        }
        return 1;
}

static void begin_part(struct paper *paper, struct parts *parts, uint32_t part, bool landscape, double needed)
{
        const struct paper_look look = {.size = paper->front ? 18 : 14.5,
                                        .serif = true,
                                        .bold = true,
                                        .rgb = QF_PAPER_INK,
                                        .spacing = 1.1};
        char name[LINK_BYTES], dest[LINK_BYTES];
        const struct qf_view said = part_heading(paper->document, part);
        paper->running = said;
        if (paper_is_lying(paper) != landscape || paper->page <= paper->front || needed > paper_room(paper))
                paper_begin(paper, landscape);
        else
                paper->y += paper->front ? 30 : 22;
        parts->pages[part] = paper->page;
        (void)snprintf(name, sizeof(name), "name='part%u'", part);
        (void)snprintf(dest, sizeof(dest), "dest='part%u'", part);
        cairo_tag_begin(paper->cr, CAIRO_TAG_DEST, name);
        if (part || paper->document->sections_count > 1) /* else the title says it */
                paper->y += paper_text(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), &look, said) + 12;
        cairo_tag_end(paper->cr, CAIRO_TAG_DEST);
        char *title = strndup(said.at, said.len);
        if (title)
                (void)cairo_pdf_surface_add_outline(paper->surface, CAIRO_PDF_OUTLINE_ROOT, title, dest,
                                                    (cairo_pdf_outline_flags_t)0);
        else
                paper->error = -ENOMEM;
        free(title);
}

static bool is_wide(struct paper *paper, const struct qf_document_section *section)
{
        return section->table.rows_count && paper_table_is_wide(paper, &section->table);
}

static void put_section(struct paper *paper, struct parts *parts, uint32_t at)
{
        const struct qf_document_section *section = &paper->document->sections[at];
        const struct paper_look none = {.size = 10.5, .rgb = QF_PAPER_GREY};
        const double notes = lines_height(paper, &note_look, 3, &section->notes) + 6;
        begin_part(paper, parts, at, is_wide(paper, section),
                   at ? needed_height(paper, section) : 0); /* the first follows the title */
        if (!at)
                put_cards(paper);
        for (uint32_t i = 0; i < section->lines.count; i++) {
                paper_paragraph(paper, &line_look, section->lines.at[i]);
                paper->y += 7;
        }
        paper->y += section->lines.count ? 6 : 0;
        paper_charts(paper, section, charts_scale(paper, section));
        /* Not torn, unless that would leave much of the page empty. */
        const double rest = section->table.rows_count <= ROWS_WHOLE ? rest_height(paper, section) : HUGE_VAL;
        if (rest <= paper_high(paper) && paper_room(paper) < paper_high(paper) / 3)
                paper_need(paper, rest);
        if (section->table.rows_count)
                paper_table(paper, &section->table, notes);
        else if (section->table.columns_count)
                paper_paragraph(paper, &none,
                                qf_view_of(qf_document_words(paper->document->chinese)->nothing));
        put_notes(paper, &section->notes);
}

/* --- what stands at the end -------------------------------------------------------------------------- */

static uint32_t sources_beside(const struct paper *paper)
{
        return paper->front ? 1 : 2;
}

static double sources_size(const struct paper *paper)
{
        return paper->front ? 9.3 : 8.5;
}

static double sources_height(const struct paper *paper)
{
        return SOURCES_HEAD +
               paper->document->sources_count * (sources_size(paper) * 1.8) / sources_beside(paper);
}

/* What explains is torn wherever a page ends, but where it comes from does not stand alone on the last. */
static int put_definitions(struct paper *paper, struct parts *parts)
{
        enum { COLUMNS = 3 };
        const struct qf_document *document = paper->document;
        const struct qf_document_words *words = qf_document_words(document->chinese);
        const struct qf_document_column columns[COLUMNS] = {{.label = qf_view_of(words->name)},
                                                            {.label = qf_view_of(words->means)},
                                                            {.label = qf_view_of(words->adds)}};
        QF_CLEANUP(qf_cleanup_free)
        struct qf_document_cell *cells =
                calloc((size_t)document->definitions_count * COLUMNS + 1, sizeof(*cells));
        const struct paper_look lead = {.size = 10, .rgb = QF_PAPER_GREY, .spacing = 1.2};
        if (!cells)
                return -ENOMEM;
        for (uint32_t i = 0; i < document->definitions_count; i++) {
                cells[i * COLUMNS].text = document->definitions[i].name;
                cells[i * COLUMNS + 1].text = document->definitions[i].means;
                cells[i * COLUMNS + 2].text = document->definitions[i].adds;
        }
        const struct qf_document_table table = {.columns_count = COLUMNS,
                                                .rows_count = document->definitions_count,
                                                .columns = columns,
                                                .cells = cells};
        const double all = DEFINITIONS_HEAD + (table.rows_count ? paper_table_height(paper, &table) : 0),
                     end = sources_height(paper);
        const bool fits = all + end <= paper_room(paper);
        begin_part(
                paper, parts, document->sections_count, fits && paper_is_lying(paper),
                fits || table.rows_count < PAPER_ROWS_TORN
                        ? all + end
                        : fmax(DEFINITIONS_HEAD + paper_table_least(paper, &table), paper_high(paper) / 3));
        paper_paragraph(paper, &lead, qf_view_of(words->definitions_lead));
        paper->y += 8;
        if (table.rows_count)
                paper_table(paper, &table, end);
        return 0;
}

/* A line each; of a report without a cover two beside each other, so that they seldom need a page. */
static void put_sources(struct paper *paper, struct parts *parts)
{
        const struct qf_document *document = paper->document;
        const uint32_t beside = sources_beside(paper);
        const double size = sources_size(paper), column = paper->front ? 110 : 94,
                     wide = QF_PAPER_STANDING / beside - column;
        const struct paper_look name = {.size = size, .rgb = QF_PAPER_GREY},
                                value = {.size = size, .rgb = QF_PAPER_INK};
        begin_part(paper, parts, document->sections_count + 1, paper_is_lying(paper), sources_height(paper));
        for (uint32_t i = 0; i < document->sources_count; i += beside) {
                double height = 0;
                for (uint32_t at = i; at < i + beside && at < document->sources_count; at++)
                        height = fmax(height, paper_text_height(paper, wide - 6, &value,
                                                                document->sources[at].value));
                paper_need(paper, height);
                for (uint32_t at = i; at < i + beside && at < document->sources_count; at++) {
                        const double x = QF_PAPER_MARGIN + (at - i) * (column + wide);
                        (void)paper_text(paper, x, paper->y, column - 6, &name, document->sources[at].name);
                        (void)paper_text(paper, x + column, paper->y, wide - 6, &value,
                                         document->sources[at].value);
                }
                paper->y += height + 4;
        }
}

/* A report of one table has no cover: its title stands above it. */
static void put_title(struct paper *paper)
{
        const struct qf_document *document = paper->document;
        const struct paper_look title = {.size = 24,
                                         .serif = true,
                                         .bold = true,
                                         .rgb = QF_PAPER_RED,
                                         .spacing = 1.1},
                                small = {.size = 10.5, .rgb = QF_PAPER_GREY, .spacing = 1.15};
        const struct qf_view said[] = {document->whose, document->period, document->edition};
        paper_begin(paper, document->sections_count && is_wide(paper, &document->sections[0]));
        paper->y +=
                paper_text(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), &small, document->programme) +
                2;
        paper->y +=
                paper_text(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), &title, document->title) + 4;
        for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++)
                if (said[i].len)
                        paper->y += paper_text(paper, QF_PAPER_MARGIN, paper->y, paper_wide(paper), &small,
                                               said[i]) +
                                    1;
        paper->y -= 8;
}

/* --- the file -------------------------------------------------------------------------------------------- */

static int lay_out(struct paper *paper, struct parts *parts)
{
        if (paper->document->sections_count >= QF_DOCUMENT_COVER_LEAST) {
                paper->front = 2;
                paper_begin(paper, false);
                put_cover(paper);
                put_contents(paper, parts);
        } else {
                put_title(paper);
        }
        for (uint32_t i = 0; i < paper->document->sections_count; i++)
                put_section(paper, parts, i);
        int r = put_definitions(paper, parts);
        put_sources(paper, parts);
        cairo_show_page(paper->cr);
        return r ? r : paper->error;
}

static void say_who(cairo_surface_t *surface, const struct qf_document *document)
{
        char text[512], when[TIME_BYTES];
        struct tm tm;
        const time_t made = (time_t)document->made_s;
        (void)gmtime_r(&made, &tm);
        (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
        (void)snprintf(text, sizeof(text), "%.*s", (int)document->title.len, document->title.at);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text);
        (void)snprintf(text, sizeof(text), "%.*s", (int)document->programme.len, document->programme.at);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, text);
        (void)snprintf(text, sizeof(text), "%.*s", (int)document->edition.len, document->edition.at);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, text);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "qf " QF_VERSION);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, when);
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, when);
}

struct out {
        struct qf_buffer *bytes; /* NULL: not kept */
        int error;
};

static cairo_status_t write_out(void *ctx, const unsigned char *data, unsigned length)
{
        struct out *out = ctx;
        if (out->bytes && !out->error)
                out->error = qf_buffer_append(out->bytes, data, length);
        return out->error ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static int render(const struct qf_document *document, PangoFontMap *fonts, struct parts *parts,
                  struct qf_buffer *ret_bytes, bool *ret_unknown)
{
        struct out out = {.bytes = ret_bytes};
        struct paper paper = {.document = document};
        paper.surface = cairo_pdf_surface_create_for_stream(write_out, &out, 595.28, 841.89);
        paper.cr = cairo_create(paper.surface);
        paper.context = pango_font_map_create_context(fonts);
        /* On paper nothing is rounded to pixels, or letters stand apart and a line is as wide as its size pleases. */
        cairo_font_options_t *options = cairo_font_options_create();
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
        pango_cairo_context_set_font_options(paper.context, options);
        cairo_font_options_destroy(options);
        pango_context_set_round_glyph_positions(paper.context, FALSE);
        pango_context_set_language(paper.context,
                                   pango_language_from_string(document->chinese ? "zh-CN" : "en"));
        say_who(paper.surface, document);
        int r = lay_out(&paper, parts);
        cairo_destroy(paper.cr);
        cairo_surface_finish(paper.surface);
        const cairo_status_t status = cairo_surface_status(paper.surface);
        cairo_surface_destroy(paper.surface);
        g_object_unref(paper.context);
        *ret_unknown |= paper.unknown;
        return r                                  ? r
               : out.error                        ? out.error
               : status == CAIRO_STATUS_SUCCESS   ? 0
               : status == CAIRO_STATUS_NO_MEMORY ? -ENOMEM
                                                  : -EIO;
}

static bool has_chinese_font(void)
{
        FcPattern *pattern = FcPatternCreate();
        FcObjectSet *objects = FcObjectSetBuild(FC_FAMILY, (char *)NULL);
        FcLangSet *langs = FcLangSetCreate();
        (void)FcLangSetAdd(langs, (const FcChar8 *)"zh-cn");
        (void)FcPatternAddLangSet(pattern, FC_LANG, langs);
        FcFontSet *found = FcFontList(NULL, pattern, objects);
        const bool any = found && found->nfont > 0;
        if (found)
                FcFontSetDestroy(found);
        FcLangSetDestroy(langs);
        FcObjectSetDestroy(objects);
        FcPatternDestroy(pattern);
        return any;
}

int qf_render_pdf(const struct qf_document *document, struct qf_buffer *ret_bytes,
                  struct qf_document_fault *ret_fault)
{
        struct parts parts = {.count = document->sections_count + 2};
        PangoFontMap *fonts = pango_cairo_font_map_new();
        bool unknown = false;
        parts.pages = calloc(parts.count, sizeof(*parts.pages));
        int r = parts.pages && fonts ? render(document, fonts, &parts, NULL, &unknown) : -ENOMEM;
        if (!r && unknown && !has_chinese_font()) {
                (void)snprintf(
                        ret_fault->what, sizeof(ret_fault->what), "%s",
                        document->chinese
                                ? "这台机器上没有中文字体，PDF 里会只有方框。\n安装：apt-get install fonts-noto-cjk"
                                : "No font on this machine has Chinese: the PDF would show boxes.\nInstall one: apt-get install fonts-noto-cjk");
                r = 1;
        }
        if (!r)
                r = render(document, fonts, &parts, ret_bytes, &unknown);
        if (fonts)
                g_object_unref(fonts);
        free(parts.pages);
        return r;
}
