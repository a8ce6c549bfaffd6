/* Why from the table: what a human reads here and what /metrics says is one figure,
 * and a new one needs no line of this file. */
#include "qf/operator/status_figures.h"

#include <stdio.h>

#include "qf/cli/text_table.h"
#include "qf/cli/wrap.h"

enum {
        NAME_TEXT = 160,
        VALUE_TEXT = 64,
        FIGURE_TEXT = 320,
        MINUTE_S = 60,
        HOUR_S = 60 * 60,
        DAY_S = 24 * 60 * 60
};

static const double RATE_LEAST = 0.05;

static void print_bytes(double bytes, char *ret_text, size_t room)
{
        static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
        size_t unit = 0;

        while (bytes >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
                bytes /= 1024;
                unit++;
        }
        (void)snprintf(ret_text, room, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

/* The largest unit alone: nobody needs the seconds of a day. */
static void print_ago(const struct qf_cli *cli, double seconds, char *ret_text, size_t room)
{
        if (seconds < 2.0 * MINUTE_S)
                (void)snprintf(ret_text, room, qf_cli_say(cli, "%.0f 秒前", "%.0f s ago"),
                               seconds < 0 ? 0 : seconds);
        else if (seconds < 2.0 * HOUR_S)
                (void)snprintf(ret_text, room, qf_cli_say(cli, "%.0f 分钟前", "%.0f min ago"),
                               seconds / MINUTE_S);
        else if (seconds < 2.0 * DAY_S)
                (void)snprintf(ret_text, room, qf_cli_say(cli, "%.0f 小时前", "%.0f h ago"),
                               seconds / HOUR_S);
        else
                (void)snprintf(ret_text, room, qf_cli_say(cli, "%.0f 天前", "%.0f days ago"),
                               seconds / DAY_S);
}

static void print_value(const struct qf_cli *cli, const struct qf_metric_row *row, const json_t *value,
                        int64_t now_ms, char ret_text[VALUE_TEXT])
{
        double is = json_number_value(value);

        if (!value)
                (void)snprintf(ret_text, VALUE_TEXT, "-");
        else if (row->unit == QF_UNIT_BYTES)
                print_bytes(is, ret_text, VALUE_TEXT);
        else if (row->unit == QF_UNIT_TIME)
                print_ago(cli, (double)now_ms / 1000 - is, ret_text, VALUE_TEXT);
        else if (row->unit == QF_UNIT_SECONDS)
                (void)snprintf(ret_text, VALUE_TEXT, qf_cli_say(cli, "%.2f 秒", "%.2f s"), is);
        else
                (void)snprintf(ret_text, VALUE_TEXT, "%.0f", is);
}

/* On a line of its own where it no longer fits a terminal; a rate of nothing is not worth one. */
static uint32_t print_figure(const struct qf_cli *cli, const char *name, const char *value,
                             const json_t *rate, uint32_t at)
{
        char text[FIGURE_TEXT], often[VALUE_TEXT] = "";

        if (json_number_value(rate) >= RATE_LEAST)
                (void)snprintf(often, sizeof often, qf_cli_say(cli, "（每秒 %.1f）", " (%.1f/s)"),
                               json_number_value(rate));
        (void)snprintf(text, sizeof text, "%s %s%s", name, value, often);
        const uint32_t columns = qf_text_columns(qf_view_of(text));
        if (at > 0 && at + columns + 3 > QF_WRAP_COLUMNS) {
                fputs(qf_cli_say(cli, "，\n", ",\n"), stdout);
                at = 0;
        }
        printf("%s%s", at > 0 ? qf_cli_say(cli, "，", ", ") : "  ", text);
        return at + 2 + columns;
}

void qf_status_print_figures(const struct qf_cli *cli, const json_t *facts, enum qf_metric_from from)
{
        const json_t *metrics = json_object_get(facts, "metrics"), *rates = json_object_get(facts, "rates");
        char name[NAME_TEXT], value[VALUE_TEXT];
        uint32_t at = 0;

        for (uint32_t number = 1; number < QF_METRIC_END; number++) {
                const struct qf_metric_row *row = qf_metric_row(number);
                if (!row || row->from != from || row->of_sources || !row->en)
                        continue;
                qf_metric_name(row, name, sizeof name);
                const json_t *known = json_object_get(metrics, name);
                if (!known)
                        continue;
                print_value(cli, row, known, 0, value);
                at = print_figure(cli, qf_cli_say(cli, row->zh, row->en), value, json_object_get(rates, name),
                                  at);
        }
        if (at > 0)
                (void)putchar('\n');
}

/* "events 82"; "" where it is not known of that source. */
static void print_cell(const struct qf_cli *cli, uint32_t number, const json_t *source, int64_t now_ms,
                       char ret_text[FIGURE_TEXT])
{
        const struct qf_metric_row *row = qf_metric_row(number);
        const json_t *known = row && row->of_sources && row->en ? json_object_get(source, row->name) : NULL;
        char value[VALUE_TEXT];

        ret_text[0] = '\0';
        if (!known)
                return;
        print_value(cli, row, known, now_ms, value);
        (void)snprintf(ret_text, FIGURE_TEXT, "%s %s", qf_cli_say(cli, row->zh, row->en), value);
}

static void print_source(const struct qf_cli *cli, const json_t *source, int64_t now_ms,
                         const uint32_t widths[QF_METRIC_END])
{
        char text[FIGURE_TEXT];
        uint32_t blanks = 0;

        printf("  %-12s", json_string_value(json_object_get(source, "name")));
        for (uint32_t number = 1; number < QF_METRIC_END; number++) {
                if (widths[number] == 0)
                        continue;
                print_cell(cli, number, source, now_ms, text);
                if (text[0]) {
                        printf("%*s  %s", (int)blanks, "", text);
                        blanks = widths[number] - qf_text_columns(qf_view_of(text));
                } else {
                        blanks += 2 + widths[number];
                }
        }
        (void)putchar('\n');
}

void qf_status_print_sources(const struct qf_cli *cli, const json_t *facts, int64_t now_ms)
{
        const json_t *sources = json_object_get(facts, "sources"), *source;
        uint32_t widths[QF_METRIC_END] = {0};
        char text[FIGURE_TEXT];
        size_t i;

        if (json_array_size(sources) == 0)
                return;
        printf("%s\n", qf_cli_say(cli, "数据源", "sources"));
        json_array_foreach (sources, i, source) {
                for (uint32_t number = 1; number < QF_METRIC_END; number++) {
                        print_cell(cli, number, source, now_ms, text);
                        const uint32_t columns = qf_text_columns(qf_view_of(text));
                        widths[number] = columns > widths[number] ? columns : widths[number];
                }
        }
        json_array_foreach (sources, i, source) {
                print_source(cli, source, now_ms, widths);
        }
}
