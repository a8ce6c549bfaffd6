/* Why: one file that opens anywhere, asks nobody for anything, runs nothing, and prints as it looks. */
#include <string.h>

#include "qf/cli/text_table.h"
#include "qf/reports/document_chart.h"
#include "qf/reports/document_forms.h"

static const char style[] =
        "@page{size:A4;margin:16mm 15mm 18mm}"
        "*{box-sizing:border-box}"
        "body{margin:0 auto;max-width:900px;padding:0 28px 60px;color:#2b2725;background:#fff;font:16px/1.75 \"Noto Serif CJK SC\",\"Source Han Serif SC\",SimSun,Songti SC,serif}"
        "h1,h2,h3,th,td,.card,nav,figure,.notes,dl,.front p{font-family:\"Noto Sans CJK SC\",\"Source Han Sans SC\",\"Microsoft YaHei\",\"PingFang SC\",sans-serif}"
        ".front{margin:0 -28px 28px;padding:72px 44px 40px;color:#fff;background:linear-gradient(160deg,#b23a36,#9e1b1e 45%,#6f1013)}"
        ".front h1{margin:6px 0 14px;font:700 38px/1.3 \"Noto Serif CJK SC\",\"Source Han Serif SC\",SimSun,Songti SC,serif}"
        ".front p{margin:2px 0;color:#f9e6d4}.front .rule{width:64px;height:4px;margin:0 0 18px;background:#f0c48a}"
        ".stamp{display:inline-block;margin-top:14px!important;padding:3px 14px;border:1.5px solid #f0c48a;border-radius:3px;color:#ffe3b8!important;font-weight:600}"
        "nav ol{columns:2;margin:0;padding:0;list-style:none;font-size:14px;line-height:2}a{color:#9e1b1e;text-decoration:none}a:hover{text-decoration:underline}"
        "h2{margin:44px 0 14px;padding-top:14px;border-top:3px solid #9e1b1e;font-size:22px;line-height:1.4}"
        ".cards{display:flex;flex-wrap:wrap;gap:14px;margin:18px 0}.card{flex:1 1 150px;break-inside:avoid;padding:12px 16px;border-left:3px solid #9e1b1e;border-radius:0 6px 6px 0;background:#fbf5f0}"
        ".card b{display:block;color:#9e1b1e;font-size:30px;line-height:1.35;font-variant-numeric:tabular-nums}.card span{display:block;color:#6b5b52;font-size:13px;line-height:1.5}"
        "figure{margin:22px 0;break-inside:avoid}figcaption{margin-bottom:8px;font-weight:600;font-size:14px}svg{display:block;width:100%;height:auto}"
        ".wide{overflow-x:auto}table{width:100%;border-collapse:collapse;margin:14px 0;font-size:13.5px;line-height:1.5}"
        "thead{display:table-header-group}th{padding:7px 9px;color:#fff;background:#9e1b1e;font-weight:600;text-align:left}"
        "td{min-width:8em;padding:6px 9px;border-bottom:1px solid #efe6df;overflow-wrap:anywhere;white-space:pre-wrap}td.n,td.r{min-width:0}tr{break-inside:avoid}"
        "tbody tr:nth-child(even) td{background:#fbf5f0}.n{white-space:nowrap}.r{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}th.r{white-space:normal}"
        ".total td{border-top:1.5px solid #9e1b1e;font-weight:700}.notes{margin:10px 0;padding-left:1.2em;color:#6b5b52;font-size:13.5px}"
        ".none{color:#6b5b52}dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;font-size:13.5px}dt{color:#6b5b52}dd{margin:0;overflow-wrap:anywhere}"
        /* On a phone what is too wide to be read is moved by a finger, not made smaller. */
        "@media screen and (max-width:600px){body{padding:0 16px 40px}.front{margin:0 -16px 20px;padding:48px 28px 28px}figure{overflow-x:auto}svg{min-width:500px}th{word-break:keep-all}}"
        "@media print{body{max-width:none;padding:0;font-size:11pt}.front{margin:0 0 20px;-webkit-print-color-adjust:exact;print-color-adjust:exact}"
        "th,.card,tbody tr:nth-child(even) td{-webkit-print-color-adjust:exact;print-color-adjust:exact}h2{break-after:avoid}.wide{overflow:visible}table{font-size:8.5pt}}";

enum { BRIEF_COLUMNS = 12, TITLE_BYTES = 256 };

static const double WIDTH = 500;

/* --- text -------------------------------------------------------------------------- */

static int escaped(struct qf_buffer *to, struct qf_view text)
{
        int r = 0;
        for (uint32_t i = 0; i < text.len && !r; i++) {
                switch (text.at[i]) {
                case '&': r = qf_buffer_append(to, "&amp;", 5); break;
                case '<': r = qf_buffer_append(to, "&lt;", 4); break;
                case '>': r = qf_buffer_append(to, "&gt;", 4); break;
                case '"': r = qf_buffer_append(to, "&quot;", 6); break;
                default: r = qf_buffer_append(to, text.at + i, 1);
                }
        }
        return r;
}

static int tagged(struct qf_buffer *to, const char *open, struct qf_view text, const char *close)
{
        int r = qf_buffer_print(to, "%s", open);
        if (!r)
                r = escaped(to, text);
        return r ? r : qf_buffer_print(to, "%s", close);
}

/* --- charts -------------------------------------------------------------------------- */

struct svg {
        struct qf_buffer *to;
        int error;
};

static void keep(struct svg *svg, int r)
{
        svg->error = svg->error ? svg->error : r;
}

static void box(void *ctx, double x, double y, double width, double height, enum qf_ink ink)
{
        struct svg *svg = ctx;
        keep(svg,
             qf_buffer_print(svg->to,
                             "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#%06x\"/>", x,
                             y, width > 0 ? width : 0, height, qf_ink_rgb(ink)));
}

static void text(void *ctx, double x, double y, double size, int align, enum qf_ink ink, struct qf_view text)
{
        static const char *const anchors[] = {"start", "middle", "end"};
        struct svg *svg = ctx;
        keep(svg,
             qf_buffer_print(
                     svg->to,
                     "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"%s\" fill=\"#%06x\"%s>", x,
                     y + size * 1.12, size, anchors[align + 1], qf_ink_rgb(ink),
                     ink == QF_INK_STRONG ? " font-weight=\"700\"" : ""));
        keep(svg, tagged(svg->to, "", text, "</text>"));
}

static void ring(void *ctx, double x, double y, double radius, double share)
{
        struct svg *svg = ctx;
        const double around = 2 * 3.14159265358979 * radius;
        keep(svg,
             qf_buffer_print(
                     svg->to,
                     "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"none\" stroke=\"#%06x\" stroke-width=\"8\"/>"
                     "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"none\" stroke=\"#%06x\" stroke-width=\"8\" "
                     "stroke-dasharray=\"%.2f %.2f\" transform=\"rotate(-90 %.1f %.1f)\"/>",
                     x, y, radius, qf_ink_rgb(QF_INK_PALE), x, y, radius, qf_ink_rgb(QF_INK_STRONG),
                     around * share, around, x, y));
}

static int chart(struct qf_buffer *to, bool chinese, const struct qf_document_table *table,
                 const struct qf_document_chart *chart)
{
        char room[TITLE_BYTES];
        const struct qf_view title = qf_chart_title(chinese, table, chart, room, sizeof(room));
        struct svg svg = {.to = to};
        const struct qf_pen pen = {&svg, box, text, ring};
        const double height = qf_chart_height(table, chart, WIDTH);
        if (!(height > 0))
                return 0;
        int r = tagged(to, "<figure><figcaption>", title, "</figcaption>");
        if (!r)
                r = qf_buffer_print(to, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", WIDTH,
                                    height + 6);
        if (!r)
                r = tagged(to, "", title, "\">");
        if (r)
                return r;
        qf_chart_draw(table, chart, WIDTH, &pen);
        return svg.error ? svg.error : qf_buffer_print(to, "</svg></figure>\n");
}

/* --- sections --------------------------------------------------------------------------- */

/* What is short, a date or a state, stays on one line. */
static int cell(struct qf_buffer *to, const struct qf_document_table *table, uint32_t row, uint32_t column)
{
        const struct qf_view text = qf_document_cell(table, row, column)->text;
        const bool brief = qf_text_columns(text) <= BRIEF_COLUMNS;
        return tagged(to,
                      table->columns[column].right ? "<td class=\"r\">"
                      : brief                      ? "<td class=\"n\">"
                                                   : "<td>",
                      text, "</td>");
}

static int table(struct qf_buffer *to, const struct qf_document_table *table)
{
        int r = qf_buffer_print(to, "<div class=\"wide\"><table><thead><tr>");
        for (uint32_t i = 0; i < table->columns_count && !r; i++)
                r = tagged(to, table->columns[i].right ? "<th class=\"r\">" : "<th>", table->columns[i].label,
                           "</th>");
        if (!r)
                r = qf_buffer_print(to, "</tr></thead><tbody>\n");
        for (uint32_t row = 0; row < table->rows_count && !r; row++) {
                r = qf_buffer_print(to, row == qf_document_rows(table) ? "<tr class=\"total\">" : "<tr>");
                for (uint32_t i = 0; i < table->columns_count && !r; i++)
                        r = cell(to, table, row, i);
                if (!r)
                        r = qf_buffer_print(to, "</tr>\n");
        }
        return r ? r : qf_buffer_print(to, "</tbody></table></div>\n");
}

static int cards(struct qf_buffer *to, const struct qf_document *document)
{
        int r = qf_buffer_print(to, "%s", document->cards_count ? "<div class=\"cards\">" : "");
        for (uint32_t i = 0; i < document->cards_count && !r; i++) {
                r = tagged(to, "<div class=\"card\"><span>", document->cards[i].label, "</span>");
                if (!r)
                        r = tagged(to, "<b>", document->cards[i].figure, "</b>");
                if (!r)
                        r = tagged(to, "<span>", document->cards[i].beside, "</span></div>");
        }
        return r ? r : qf_buffer_print(to, "%s", document->cards_count ? "</div>\n" : "");
}

static int section(struct qf_buffer *to, const struct qf_document *document, uint32_t at)
{
        const struct qf_document_section *section = &document->sections[at];
        int r = qf_buffer_print(to, "<section><h2 id=\"s%u\">", at + 1);
        if (!r)
                r = tagged(to, "", section->heading, "</h2>\n");
        if (!r && !at)
                r = cards(to, document);
        for (uint32_t i = 0; i < section->lines.count && !r; i++)
                r = tagged(to, "<p>", section->lines.at[i], "</p>\n");
        for (uint32_t i = 0; i < section->charts_count && !r; i++)
                r = chart(to, document->chinese, &section->table, &section->charts[i]);
        if (!r && section->table.rows_count)
                r = table(to, &section->table);
        else if (!r && section->table.columns_count)
                r = qf_buffer_print(to, "<p class=\"none\">%s</p>\n",
                                    qf_document_words(document->chinese)->nothing);
        for (uint32_t i = 0; i < section->notes.count && !r; i++)
                r = tagged(to, i ? "<li>" : "<ul class=\"notes\"><li>", section->notes.at[i], "</li>");
        return r ? r : qf_buffer_print(to, section->notes.count ? "</ul></section>\n" : "</section>\n");
}

/* --- front and back ------------------------------------------------------------------------ */

static int contents(struct qf_buffer *to, const struct qf_document *document,
                    const struct qf_document_words *words)
{
        int r = qf_buffer_print(to, "<nav><h2>%s</h2><ol>", words->contents);
        for (uint32_t i = 0; i < document->sections_count && !r; i++) {
                r = qf_buffer_print(to, "<li><a href=\"#s%u\">", i + 1);
                if (!r)
                        r = tagged(to, "", document->sections[i].heading, "</a></li>");
        }
        return r ? r
                 : qf_buffer_print(
                           to,
                           "<li><a href=\"#definitions\">%s</a></li><li><a href=\"#sources\">%s</a></li></ol></nav>\n",
                           words->definitions, words->sources);
}

static int front(struct qf_buffer *to, const struct qf_document *document)
{
        int r = qf_buffer_print(
                to,
                "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"/>"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/><title>",
                document->chinese ? "zh-CN" : "en");
        if (!r)
                r = tagged(to, "", document->title, "</title><style>");
        if (!r)
                r = qf_buffer_append(to, style, sizeof(style) - 1);
        if (!r)
                r = tagged(to, "</style></head><body>\n<header class=\"front\"><p>", document->programme,
                           "</p>");
        if (!r)
                r = tagged(to, "<h1>", document->title, "</h1><div class=\"rule\"></div>");
        if (!r && document->whose.len)
                r = tagged(to, "<p>", document->whose, "</p>");
        if (!r)
                r = tagged(to, "<p>", document->period, "</p>");
        if (!r)
                r = tagged(to, "<p>", document->edition, "</p>");
        if (!r && document->stamp.len)
                r = tagged(to, "<p class=\"stamp\">", document->stamp, "</p>");
        return r ? r : qf_buffer_print(to, "</header>\n");
}

static int back(struct qf_buffer *to, const struct qf_document *document,
                const struct qf_document_words *words)
{
        int r = qf_buffer_print(
                to,
                "<section><h2 id=\"definitions\">%s</h2><p>%s</p><div class=\"wide\"><table><thead><tr><th>%s</th><th>%s</th>"
                "<th>%s</th></tr></thead><tbody>\n",
                words->definitions, words->definitions_lead, words->name, words->means, words->adds);
        for (uint32_t i = 0; i < document->definitions_count && !r; i++) {
                r = tagged(to, "<tr><td>", document->definitions[i].name, "</td>");
                if (!r)
                        r = tagged(to, "<td>", document->definitions[i].means, "</td>");
                if (!r)
                        r = tagged(to, "<td>", document->definitions[i].adds, "</td></tr>\n");
        }
        if (!r)
                r = qf_buffer_print(
                        to, "</tbody></table></div></section>\n<section><h2 id=\"sources\">%s</h2><dl>",
                        words->sources);
        for (uint32_t i = 0; i < document->sources_count && !r; i++) {
                r = tagged(to, "<dt>", document->sources[i].name, "</dt>");
                if (!r)
                        r = tagged(to, "<dd>", document->sources[i].value, "</dd>");
        }
        return r ? r : qf_buffer_print(to, "</dl></section>\n</body></html>\n");
}

int qf_document_html(const struct qf_document *document, struct qf_buffer *ret_bytes,
                     struct qf_document_fault *ret_fault)
{
        const struct qf_document_words *words = qf_document_words(document->chinese);
        (void)ret_fault;
        int r = front(ret_bytes, document);
        if (!r && document->sections_count >= QF_DOCUMENT_COVER_LEAST)
                r = contents(ret_bytes, document, words);
        for (uint32_t i = 0; i < document->sections_count && !r; i++)
                r = section(ret_bytes, document, i);
        return r ? r : back(ret_bytes, document, words);
}
