/* Why one file: a figure must not be printed in one form and missing in another,
 * so each cell is given once and goes into all three. */
#include "qf/reports/page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "qf/cli/asking.h"
#include "qf/cli/figures.h"
#include "qf/reports/edition_read.h"
#include "qf/reports/indicators.h"
#include "views/csv.h"
#include "views/json.h"
#include "views/labels.h"
#include "views/listed.h"

enum { CELL_BYTES = 128, LINE_BYTES = 1024, INDENT_MAX = 8 };

static const char nothing[] = "—";

void qf_page_init(struct qf_page *page, struct qf_cli *cli, const struct qf_programme *programme,
                  const char *report, const char *const *indicators)
{
        *page = (struct qf_page){.cli = cli,
                                 .programme = programme,
                                 .rounding = qf_programme_settings(programme)->rounding,
                                 .to = stdout,
                                 .report = report,
                                 .indicators = indicators,
                                 .facts = json_object(),
                                 .rows = json_array()};
        if (!page->facts || !page->rows)
                page->error = -ENOMEM;
}

void qf_page_deinit(struct qf_page *page)
{
        qf_text_table_deinit(&page->table);
        qf_buffer_deinit(&page->lines);
        qf_buffer_deinit(&page->remarks);
        qf_buffer_deinit(&page->hints);
        json_decref(page->facts);
        json_decref(page->rows);
        json_decref(page->own);
        qf_buffer_deinit(&page->csv);
        qf_buffer_deinit(&page->figures);
        qf_buffer_deinit(&page->plains);
        for (size_t i = 0; i < sizeof(page->section) / sizeof(page->section[0]); i++)
                free(page->section[i]);
}

static void keep(struct qf_page *page, int r)
{
        if (!page->error)
                page->error = r;
}

/* --- cells ------------------------------------------------------------------ */

/* A number as it is: a growth of "+50.92" is none that a spreadsheet would run. */
static void csv_plain(struct qf_page *page, struct qf_view text, bool first)
{
        keep(page, qf_buffer_print(&page->csv, "%s%.*s", first ? "" : ",", (int)text.len, text.at));
}

struct filled {
        struct qf_view text, csv, plain;
        json_t *json;
        enum qf_document_kind kind;
        int64_t value, among;
};

static void note_figure(struct qf_page *page, const struct filled *filled)
{
        const struct qf_page_figure figure = {filled->kind, filled->value, filled->among,
                                              (uint32_t)page->plains.len, filled->plain.len};
        if (filled->plain.len)
                keep(page, qf_buffer_append(&page->plains, filled->plain.at, filled->plain.len));
        keep(page, qf_buffer_append(&page->figures, &figure, sizeof(figure)));
}

static void put(struct qf_page *page, struct filled filled)
{
        const struct qf_view text = filled.text, csv = filled.csv;
        json_t *json = filled.json;
        note_figure(page, &filled);
        QF_ASSERT(page->at < page->table.columns);
        const struct qf_page_column *column = &page->columns[page->at];
        if (column->type == QF_PAGE_TEXT)
                keep(page, qf_csv_text(&page->csv, csv, page->at == 0));
        else
                csv_plain(page, csv, page->at == 0);
        page->at++;
        keep(page, qf_text_table_add(&page->table, text));
        if (json_object_set_new(page->row, column->code, json))
                keep(page, -ENOMEM);
        if (page->at == page->table.columns)
                keep(page, qf_csv_end_line(&page->csv));
}

static void words(struct qf_page *page, struct qf_view text, struct qf_view csv, json_t *json)
{
        put(page, (struct filled){.text = text, .csv = csv, .json = json, .kind = QF_CELL_WORDS});
}

void qf_page_column(struct qf_page *page, struct qf_view code, const char *label, enum qf_page_type type)
{
        QF_ASSERT(page->table.columns < QF_TABLE_COLUMNS_MAX && !page->table.cells);
        struct qf_page_column *column = &page->columns[page->table.columns];
        (void)snprintf(column->code, sizeof(column->code), "%.*s", (int)code.len, code.at);
        (void)snprintf(column->label, sizeof(column->label), "%s", label);
        (void)qf_text_whole(column->label);
        column->type = type;
        page->table.right[page->table.columns++] = type != QF_PAGE_TEXT;
}

void qf_page_heads(struct qf_page *page, const struct qf_page_head *heads, size_t count)
{
        for (size_t i = 0; i < count; i++)
                qf_page_column(page, qf_view_of(heads[i].code),
                               page->cli->chinese ? heads[i].zh : heads[i].en, heads[i].type);
}

static void csv_head(struct qf_page *page, const struct qf_page_column *column, bool first)
{
        static const char *const parts[] = {"(k)", "(n)", "%"};
        char label[QF_PAGE_LABEL_BYTES + 8];
        for (unsigned i = 0; i < (column->type == QF_PAGE_RATE ? 3 : 1); i++) {
                (void)snprintf(label, sizeof(label), "%s%s", column->label,
                               column->type == QF_PAGE_RATE ? parts[i] : "");
                keep(page, qf_csv_text(&page->csv, qf_view_of(label), first && i == 0));
        }
}

static void heads(struct qf_page *page)
{
        if (page->table.cells)
                return;
        keep(page, qf_csv_begin(&page->csv));
        for (unsigned i = 0; i < page->table.columns; i++) {
                keep(page, qf_text_table_add(&page->table, qf_view_of(page->columns[i].label)));
                csv_head(page, &page->columns[i], i == 0);
        }
        keep(page, qf_csv_end_line(&page->csv));
        keep(page, qf_text_table_line(&page->table));
}

void qf_page_row(struct qf_page *page)
{
        heads(page);
        QF_ASSERT(!page->row || page->at == page->table.columns);
        page->at = 0;
        page->row = json_object();
        page->rows_count++;
        if (json_array_append_new(page->rows, page->row))
                keep(page, -ENOMEM);
}

void qf_page_total(struct qf_page *page)
{
        heads(page);
        page->at = 0;
        page->total = true;
        page->row = json_object();
        if (json_object_set_new(page->facts, "all", page->row))
                keep(page, -ENOMEM);
        keep(page, qf_text_table_line(&page->table));
}

void qf_page_text(struct qf_page *page, struct qf_view text)
{
        words(page, text, text, qf_json_text(text));
}

void qf_page_cell(struct qf_page *page, struct qf_view text, json_t *json)
{
        words(page, text, text, json);
}

void qf_page_word(struct qf_page *page, const char *zh, const char *en)
{
        const struct qf_view text = qf_view_of(qf_cli_say(page->cli, zh, en));
        words(page, text, text, json_null());
}

void qf_page_number(struct qf_page *page, int64_t value)
{
        char text[QF_FIGURE_BYTES], plain[QF_FIGURE_BYTES];
        (void)snprintf(plain, sizeof(plain), "%lld", (long long)value);
        put(page, (struct filled){.text = qf_view_of(qf_ratio_grouped(value, text, sizeof(text))),
                                  .csv = qf_view_of(plain),
                                  .json = json_integer(value),
                                  .kind = QF_CELL_NUMBER,
                                  .value = value});
}

void qf_page_said_number(struct qf_page *page, struct qf_view text, int64_t value, json_t *json)
{
        put(page,
            (struct filled){.text = text, .csv = text, .json = json, .kind = QF_CELL_NUMBER, .value = value});
}

void qf_page_decimal(struct qf_page *page, struct qf_view text)
{
        put(page, (struct filled){.text = text,
                                  .csv = text,
                                  .json = qf_json_text(text),
                                  .kind = QF_CELL_DECIMAL,
                                  .plain = text});
}

void qf_page_nothing(struct qf_page *page)
{
        const enum qf_page_type type = page->columns[page->at].type;
        put(page, (struct filled){.text = qf_view_of(type == QF_PAGE_TEXT ? "" : nothing),
                                  .csv = type == QF_PAGE_RATE ? QF_VIEW(",,") : QF_VIEW(""),
                                  .json = json_null(),
                                  .kind = QF_CELL_NOTHING});
}

void qf_page_blank(struct qf_page *page)
{
        put(page,
            (struct filled){.csv = page->columns[page->at].type == QF_PAGE_RATE ? QF_VIEW(",,") : QF_VIEW(""),
                            .json = json_null(),
                            .kind = QF_CELL_WORDS});
}

void qf_page_known(struct qf_page *page, bool known, int64_t value)
{
        if (known)
                qf_page_number(page, value);
        else
                qf_page_nothing(page);
}

void qf_page_rate(struct qf_page *page, int64_t k, int64_t n)
{
        char share[QF_FIGURE_BYTES], a[QF_FIGURE_BYTES], b[QF_FIGURE_BYTES], text[4 * QF_FIGURE_BYTES],
                csv[4 * QF_FIGURE_BYTES];
        QF_ASSERT(page->columns[page->at].type == QF_PAGE_RATE);
        (void)qf_ratio_percent(k, n, 1, page->rounding, share, sizeof(share));
        (void)snprintf(text, sizeof(text), n ? "%s%% (%s/%s)" : "%s (%s/%s)", share,
                       qf_ratio_grouped(k, a, sizeof(a)), qf_ratio_grouped(n, b, sizeof(b)));
        (void)snprintf(csv, sizeof(csv), "%lld,%lld,%s", (long long)k, (long long)n, n ? share : "");
        put(page, (struct filled){.text = qf_view_of(text),
                                  .csv = qf_view_of(csv),
                                  .json = json_pack("{s:I, s:I, s:o}", "k", (json_int_t)k, "n", (json_int_t)n,
                                                    "percent", n ? json_string(share) : json_null()),
                                  .kind = QF_CELL_RATE,
                                  .value = k,
                                  .among = n,
                                  .plain = qf_view_of(n ? share : "")});
}

void qf_page_growth(struct qf_page *page, const struct qf_counts *now, const struct qf_counts *before,
                    enum qf_measure measure)
{
        char growth[QF_FIGURE_BYTES], text[QF_FIGURE_BYTES + 1];
        if (qf_counts_compared(now, before, measure) != QF_COMPARED) {
                qf_page_nothing(page);
                return;
        }
        (void)qf_ratio_growth(now->of[measure], before->of[measure], page->rounding, growth, sizeof(growth));
        (void)snprintf(text, sizeof(text), "%s%%", growth);
        put(page, (struct filled){.text = qf_view_of(text),
                                  .csv = qf_view_of(growth),
                                  .json = json_string(growth),
                                  .kind = QF_CELL_PERCENT,
                                  .plain = qf_view_of(growth)});
}

void qf_page_attendances(struct qf_page *page, const struct qf_counts *counts)
{
        qf_page_known(page, !counts->of[QF_ACTIVITIES] || qf_figures_known(counts),
                      counts->of[QF_ATTENDANCES]);
}

void qf_page_counts(struct qf_page *page, const struct qf_counts *counts)
{
        qf_page_number(page, counts->of[QF_ACTIVITIES]);
        qf_page_attendances(page, counts);
}

void qf_page_mean(struct qf_page *page, int64_t sum, int64_t count)
{
        char text[QF_FIGURE_BYTES];
        if (!count) {
                qf_page_nothing(page);
                return;
        }
        (void)qf_ratio_mean(sum, count, 1, page->rounding, text, sizeof(text));
        qf_page_decimal(page, qf_view_of(text));
}

void qf_page_flag(struct qf_page *page, bool is, const char *yes, const char *no)
{
        const struct qf_view text = qf_view_of(is ? yes : no);
        words(page, text, text, json_boolean(is));
}

struct qf_view qf_page_label(const struct qf_page *page, const char *dimension, struct qf_view code)
{
        struct qf_view label = code;
        if (page->edition && code.len)
                label = qf_edition_label(page->cli, page->edition, qf_view_of(dimension), code);
        return label.at != code.at ? label
                                   : qf_asking_member_label(page->cli, page->programme, qf_view_of(dimension),
                                                            code, NULL, 0);
}

void qf_page_member(struct qf_page *page, const char *dimension, struct qf_view code, unsigned indent)
{
        const struct qf_view label = qf_page_label(page, dimension, code);
        char text[LINE_BYTES];
        (void)snprintf(text, sizeof(text), "%*s%.*s", (int)(2 * (indent < INDENT_MAX ? indent : INDENT_MAX)),
                       "", (int)label.len, label.at);
        put(page, (struct filled){.text = qf_view_of(text),
                                  .csv = label,
                                  .json = qf_json_text(code),
                                  .kind = code.len ? QF_CELL_WORDS : QF_CELL_NOTHING});
}

void qf_page_members(struct qf_page *page, const char *dimension, struct qf_view codes)
{
        struct qf_buffer text = {0};
        json_t *array = json_array();
        for (struct qf_view code; qf_listed_next(&codes, &code);) {
                const struct qf_view label = qf_page_label(page, dimension, code);
                keep(page, qf_buffer_print(&text, "%s%.*s", text.len ? qf_cli_say(page->cli, "、", ", ") : "",
                                           (int)label.len, label.at));
                (void)json_array_append_new(array, qf_json_text(code));
        }
        const struct qf_view joined = {(const char *)text.at, (uint32_t)text.len};
        words(page, joined, joined, array);
        qf_buffer_deinit(&text);
}

void qf_page_date(struct qf_page *page, uint32_t date)
{
        char code[QF_FIGURE_BYTES], text[QF_FIGURE_BYTES];
        if (!date) {
                qf_page_nothing(page);
                return;
        }
        (void)snprintf(code, sizeof(code), "%08u", date);
        const struct qf_view label = qf_label_period(qf_view_of(code), text, sizeof(text));
        put(page, (struct filled){.text = label,
                                  .csv = label,
                                  .json = qf_json_text(label),
                                  .kind = QF_CELL_DATE,
                                  .value = date});
}

/* --- words ------------------------------------------------------------------- */

__attribute__((format(printf, 3, 0), format(printf, 4, 0))) static void put_words(
        const struct qf_page *page, char line[LINE_BYTES], const char *zh, const char *en, va_list args)
{
        (void)vsnprintf(line, LINE_BYTES, qf_cli_say(page->cli, zh, en), args);
        (void)qf_text_whole(line);
}

void qf_page_line(struct qf_page *page, const char *zh, const char *en, ...)
{
        char line[LINE_BYTES];
        va_list args;
        va_start(args, en);
        put_words(page, line, zh, en, args);
        va_end(args);
        keep(page, qf_buffer_print(&page->lines, "%s\n", line));
}

void qf_page_lines(struct qf_page *page, const struct qf_buffer *lines)
{
        keep(page, qf_buffer_append(&page->lines, lines->at, lines->len));
}

static bool is_said(const struct qf_buffer *said, const char *line)
{
        const size_t len = strlen(line);
        for (const uint8_t *at = said->at, *end = at + said->len; len && at && at < end;
             at = memchr(at, '\n', (size_t)(end - at)), at = at ? at + 1 : NULL)
                if ((size_t)(end - at) > len && !memcmp(at, line, len) && at[len] == '\n')
                        return true;
        return false;
}

void qf_page_remark(struct qf_page *page, const char *zh, const char *en, ...)
{
        char line[LINE_BYTES];
        va_list args;
        va_start(args, en);
        put_words(page, line, zh, en, args);
        va_end(args);
        if (*line && !is_said(&page->remarks, line))
                keep(page, qf_buffer_print(&page->remarks, "%s\n", line));
}

void qf_page_hint(struct qf_page *page, const char *zh, const char *en, ...)
{
        char line[LINE_BYTES];
        va_list args;
        va_start(args, en);
        put_words(page, line, zh, en, args);
        va_end(args);
        keep(page, qf_buffer_print(&page->hints, "%s\n", line));
}

void qf_page_fact(struct qf_page *page, const char *code, json_t *value)
{
        if (json_object_set_new(page->facts, code, value))
                keep(page, -ENOMEM);
}

void qf_page_own_json(struct qf_page *page, json_t *object)
{
        page->own = object;
        if (!object)
                keep(page, -ENOMEM);
}

void qf_page_chart(struct qf_page *page, enum qf_document_chart_kind kind, unsigned labels, unsigned series,
                   unsigned second, const char *title)
{
        QF_ASSERT(page->charts_count < QF_DOCUMENT_CHARTS && series < page->table.columns);
        /* cppcheck-suppress arrayIndexOutOfBoundsCond -- it does not know that the assertion ends the process */
        char *kept = page->charts_titles[page->charts_count];
        (void)snprintf(kept, QF_PAGE_LABEL_BYTES, "%s", title);
        (void)qf_text_whole(kept);
        page->charts[page->charts_count++] = (struct qf_document_chart){
                .kind = kind, .labels = labels, .series_count = second ? 2 : 1, .series = {series, second}};
}

/* --- printing ---------------------------------------------------------------- */

static json_t *lines_json(const struct qf_buffer *lines)
{
        json_t *array = json_array();
        const char *line = (const char *)lines->at, *end = line + lines->len;
        for (const char *stop; line < end && (stop = memchr(line, '\n', (size_t)(end - line)));
             line = stop + 1)
                (void)json_array_append_new(array, json_stringn(line, (size_t)(stop - line)));
        return array;
}

static json_t *json_of(struct qf_page *page)
{
        json_t *indicators = json_array();
        for (const char *const *code = page->indicators; code && *code; code++)
                (void)json_array_append_new(indicators, json_string(*code));
        json_t *object = page->own ? json_incref(page->own)
                                   : json_pack("{s:s, s:o, s:O}", "report", page->report, "lines",
                                               lines_json(&page->lines), "rows", page->rows);
        if (json_object_set_new(object, "notes", lines_json(&page->remarks)) ||
            (!page->own && json_object_update(object, page->facts)) ||
            json_object_set_new(object, "indicators", indicators)) {
                json_decref(object);
                return NULL;
        }
        return object;
}

static int print_json(struct qf_page *page)
{
        json_t *object = json_of(page);
        int r = -ENOMEM;
        if (object)
                r = json_dumpf(object, page->to, JSON_COMPACT) || fputc('\n', page->to) == EOF ? -EIO : 0;
        json_decref(object);
        return r ? qf_cli_broke(page->cli, r, page->report) : QF_EXIT_DONE;
}

static int print_text(struct qf_page *page)
{
        if (page->lines.len)
                (void)fwrite(page->lines.at, 1, page->lines.len, page->to);
        if (page->rows_count || page->total ||
            !page->lines.len) { /* heads alone say nothing that the lines did not */
                (void)fputs(page->lines.len ? "\n" : "", page->to);
                qf_text_table_print(&page->table, page->to);
        }
        if (page->remarks.len || page->hints.len)
                (void)fputc('\n', page->to);
        (void)fwrite(page->remarks.len ? page->remarks.at : (const uint8_t *)"", 1, page->remarks.len,
                     page->to);
        (void)fwrite(page->hints.len ? page->hints.at : (const uint8_t *)"", 1, page->hints.len, page->to);
        if (page->indicators)
                qf_indicators_footnotes(page->cli, page->indicators, page->to);
        return QF_EXIT_DONE;
}

int qf_page_print(struct qf_page *page, enum qf_form form)
{
        heads(page);
        if (page->error)
                return qf_cli_broke(page->cli, page->error, page->report);
        if (form == QF_FORM_JSON)
                return print_json(page);
        if (form == QF_FORM_TEXT)
                return print_text(page);
        (void)fwrite(page->csv.at, 1, page->csv.len, page->to);
        return QF_EXIT_DONE;
}
