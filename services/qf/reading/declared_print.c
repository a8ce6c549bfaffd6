/* Why one file: a total and a list are both rows of names and figures, and both
 * say beside them what is not known and what was not combined. */
#include "qf/reading/declared_print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/cli/asking.h"
#include "client/figure_text.h"
#include "qf/cli/figures.h"
#include "qf/cli/json_out.h"
#include "qf/cli/text_table.h"
#include "views/answer_csv.h"
#include "views/answer_json.h"
#include "views/labels.h"
#include "views/listed.h"

enum { NUMBERS = 3, CELL_BYTES = 96 };

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

/* Activities have no figures of a kind: their numbers are the row's own. */
static bool is_of_activities(const struct qf_to_reader *answer)
{
        return answer->measures_count == 0 && answer->all.counts.of[QF_ACTIVITIES] != 0;
}

/* --- as a table -------------------------------------------------------------------- */

/* What all rows need. */
struct printing {
        struct qf_cli *cli;
        const struct qf_programme *programme;
        const struct qf_kind_spec *spec;
        const struct qf_to_reader *answer;
        uint32_t names_on; /* of the row that is added */
        struct qf_text_table table;
};

static struct qf_view member_label(const struct printing *printing, struct qf_view dimension,
                                   struct qf_view member, char *room, size_t room_bytes)
{
        return qf_label_member_on(printing->names_on, printing->cli->chinese, printing->programme, dimension,
                                  member, room, room_bytes);
}

static int add_text(struct printing *printing, const char *cell)
{
        return qf_text_table_add(&printing->table, qf_view_of(cell));
}

static const char *measure_label(const struct printing *printing, struct qf_view name, char *room,
                                 size_t room_bytes)
{
        const struct qf_kind_measure *measure =
                printing->spec ? qf_kind_measure(printing->spec, qf_measure_of(name)) : NULL;
        const char *how = "";

        if (!measure) {
                (void)snprintf(room, room_bytes, "%.*s", (int)name.len, name.at);
                return room;
        }
        if (name.len > 4 && memcmp(name.at, "max:", 4) == 0)
                how = qf_cli_say(printing->cli, "最大", "largest ");
        else if (name.len > 4 && memcmp(name.at, "min:", 4) == 0)
                how = qf_cli_say(printing->cli, "最小", "smallest ");
        (void)snprintf(room, room_bytes, "%s%s", how, printing->cli->chinese ? measure->zh : measure->en);
        return room;
}

static const struct qf_figure *figure_of(const struct printing *printing, int place)
{
        return printing->spec && place >= 0 && place < printing->spec->figures_count
                       ? &printing->spec->figures[place]
                       : NULL;
}

/* 22,113 · 96.5% (965/1,000) · — · with what is not known beside it. */
static int add_numbers(struct printing *printing, struct qf_view name, const int64_t *numbers)
{
        const struct qf_kind_measure *measure =
                printing->spec ? qf_kind_measure(printing->spec, qf_measure_of(name)) : NULL;
        const enum qf_rounding rounding = qf_programme_settings(printing->programme)->rounding;
        const struct qf_figure *figure = figure_of(printing, measure ? measure->figure : -1);
        char value[QF_FIGURE_TEXT], of[QF_FIGURE_TEXT], share[QF_FIGURE_TEXT], cell[CELL_BYTES];
        int len;

        if (figure && figure->type == QF_FIGURE_FLAG)
                figure = NULL; /* how many said yes is a number */

        if (numbers[2] == QF_NOT_COMBINED || !qf_measure_is_known(measure, numbers))
                (void)snprintf(cell, sizeof(cell), "—");
        else if (measure && measure->rule == QF_RULE_RATIO)
                (void)snprintf(cell, sizeof(cell), "%s%% (%s/%s)",
                               qf_ratio_percent(numbers[0], numbers[1], 1, rounding, share, sizeof(share)),
                               qf_ratio_grouped(numbers[0], value, sizeof(value)),
                               qf_ratio_grouped(numbers[1], of, sizeof(of)));
        else
                (void)snprintf(cell, sizeof(cell), "%s",
                               qf_figure_print(figure, numbers[0], printing->cli->chinese, value));
        len = (int)strlen(cell);
        if (numbers[2] > 0)
                (void)snprintf(cell + len, sizeof(cell) - (size_t)len,
                               qf_cli_say(printing->cli, "（不详 %lld）", " (%lld unknown)"),
                               (long long)numbers[2]);
        return add_text(printing, cell);
}

static int add_totals_row(struct printing *printing, const struct qf_answer_row *row)
{
        const struct qf_to_reader *answer = printing->answer;
        char room[QF_FIGURE_BYTES];
        int r = 0;

        printing->names_on = qf_listed_names_on(answer, row, printing->cli->names_on);
        for (uint32_t k = 0; !r && k < answer->by_count; k++) {
                const char *all = k ? "" : qf_cli_say(printing->cli, "合计", "total");
                r = qf_text_table_add(&printing->table,
                                      row->members ? member_label(printing, answer->by[k], row->members[k],
                                                                  room, sizeof(room))
                                                   : qf_view_of(all));
        }
        for (uint32_t i = 0; !r && i < answer->measures_count; i++)
                r = add_numbers(printing, answer->measures[i], &row->figures[NUMBERS * i]);
        return r;
}

static int fill_totals(struct printing *printing)
{
        const struct qf_to_reader *answer = printing->answer;
        char room[CELL_BYTES];
        int r = 0;

        for (uint32_t k = 0; !r && k < answer->by_count; k++)
                r = qf_text_table_add(
                        &printing->table,
                        qf_asking_dimension_label(printing->cli, printing->programme, answer->by[k]));
        for (uint32_t i = 0; !r && i < answer->measures_count; i++) {
                printing->table.right[answer->by_count + i] = true;
                r = add_text(printing, measure_label(printing, answer->measures[i], room, sizeof(room)));
        }
        if (!r)
                r = qf_text_table_line(&printing->table);
        for (uint32_t i = 0; !r && i < answer->answer_rows_count; i++)
                r = add_totals_row(printing, &answer->answer_rows[i]);
        if (!r && answer->by_count)
                r = qf_text_table_line(&printing->table);
        return r ? r : add_totals_row(printing, &answer->all);
}

/* Names behind the codes "C1,C2". */
static int add_names(struct printing *printing, struct qf_view dimension, struct qf_view codes)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer names = {0};
        char room[QF_FIGURE_BYTES];
        struct qf_view code;
        int r = 0;

        while (r == 0 && codes.len && qf_listed_next(&codes, &code)) {
                const struct qf_view name = member_label(printing, dimension, code, room, sizeof(room));
                r = qf_buffer_print(&names, "%s%.*s", names.len ? "、" : "", (int)name.len, name.at);
        }
        return r == 0 ? qf_text_table_add(&printing->table, qf_buffer_view(&names)) : r;
}

enum { ACTIVITY_COLUMNS = 2 };

static int add_counts(struct printing *printing, const struct qf_counts *counts)
{
        char cell[QF_FIGURE_BYTES];
        int r = qf_text_table_add(&printing->table, qf_view_of(qf_ratio_grouped(counts->of[QF_ACTIVITIES],
                                                                                cell, sizeof(cell))));

        if (r == 0)
                r = add_text(printing,
                             counts->of[QF_RECORDS_UNKNOWN]
                                     ? ""
                                     : qf_ratio_grouped(counts->of[QF_ATTENDANCES], cell, sizeof(cell)));
        return r;
}

static int add_list_row(struct printing *printing, const struct qf_answer_row *row)
{
        const struct qf_to_reader *answer = printing->answer;
        char room[QF_FIGURE_BYTES], cell[QF_FIGURE_TEXT];
        int r = 0;

        printing->names_on = qf_listed_names_on(answer, row, printing->cli->names_on);
        for (uint32_t k = 0; !r && k < answer->by_count; k++) {
                if (qf_view_same(answer->by[k], QF_VIEW("date")))
                        r = qf_text_table_add(
                                &printing->table,
                                member_label(printing, QF_VIEW("day"), row->members[k], room, sizeof(room)));
                else if (qf_view_same(answer->by[k], QF_VIEW("key")))
                        r = qf_text_table_add(&printing->table, row->members[k]);
                else
                        r = add_names(printing,
                                      qf_view_same(answer->by[k], QF_VIEW("partner")) ? QF_VIEW("org")
                                                                                      : answer->by[k],
                                      row->members[k]);
        }
        for (uint32_t i = 0; !r && i < answer->measures_count; i++)
                r = add_text(printing,
                             row->figures_count && row->figures[i]
                                     ? qf_figure_print(figure_of(printing, (int)i), row->figures[i] - 1,
                                                       printing->cli->chinese, cell)
                                     : "");
        return r == 0 && is_of_activities(answer) ? add_counts(printing, &row->counts) : r;
}

static int fill_list(struct printing *printing)
{
        const struct qf_to_reader *answer = printing->answer;
        int r = 0;

        for (uint32_t k = 0; !r && k < answer->by_count; k++)
                r = qf_text_table_add(&printing->table, qf_label_column(printing->cli->chinese,
                                                                        printing->programme, answer->by[k]));
        for (uint32_t i = 0; !r && i < answer->measures_count; i++) {
                const struct qf_figure *figure = figure_of(printing, (int)i);
                printing->table.right[answer->by_count + i] = true;
                r = figure ? add_text(printing, printing->cli->chinese ? figure->zh : figure->en)
                           : qf_text_table_add(&printing->table, answer->measures[i]);
        }
        for (uint32_t i = 0; !r && i < ACTIVITY_COLUMNS && is_of_activities(answer); i++) {
                printing->table.right[answer->by_count + i] = true;
                r = add_text(printing, i == 0 ? qf_cli_say(printing->cli, "场次", "activities")
                                              : qf_cli_say(printing->cli, "人次", "attendances"));
        }
        if (!r)
                r = qf_text_table_line(&printing->table);
        for (uint32_t i = 0; !r && i < answer->answer_rows_count; i++)
                r = add_list_row(printing, &answer->answer_rows[i]);
        return r;
}

/* What was asked for and is no plain sum says what it is. */
static void print_footnotes(const struct printing *printing)
{
        char room[CELL_BYTES];

        for (uint32_t i = 0; i < printing->answer->measures_count && printing->spec; i++) {
                const struct qf_view name = printing->answer->measures[i];
                const struct qf_kind_measure *measure = qf_kind_measure(printing->spec, qf_measure_of(name));
                if (measure && measure->rule != QF_RULE_SUM)
                        printf(qf_cli_say(printing->cli, "%s：%s。\n", "%s: %s.\n"),
                               measure_label(printing, name, room, sizeof(room)),
                               printing->cli->chinese ? qf_rule_zh(measure->rule)
                                                      : qf_rule_en(measure->rule));
        }
}

void qf_declared_notes(const struct qf_cli *cli, const struct qf_programme *programme,
                       const struct qf_to_reader *answer, bool list)
{
        char room[QF_NOTE_TEXT_BYTES];

        for (uint32_t i = 0; i < answer->notes_count; i++)
                puts(list ? qf_figures_list_note(cli, programme, answer->notes[i], room, sizeof(room))
                          : qf_figures_note(cli, programme, answer->notes[i], room, sizeof(room)));
}

static int print(struct qf_cli *cli, const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                 int (*fill)(struct printing *printing))
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        struct printing printing = {.cli = cli, .spec = spec, .answer = answer};

        if (answer->by_count + answer->measures_count + ACTIVITY_COLUMNS > QF_TABLE_COLUMNS_MAX)
                return qf_cli_broke(cli, -E2BIG, "columns");
        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        printing.programme = qf_subscription_programme(registers);
        printing.table.columns = answer->by_count + answer->measures_count +
                                 (fill == fill_list && is_of_activities(answer) ? ACTIVITY_COLUMNS : 0);
        int r = fill(&printing);
        if (r == 0) {
                qf_text_table_print(&printing.table, stdout);
                if (fill == fill_totals)
                        print_footnotes(&printing);
                qf_declared_notes(cli, printing.programme, answer, fill == fill_list);
        }
        qf_text_table_deinit(&printing.table);
        return r ? qf_cli_broke(cli, r, "table") : QF_EXIT_DONE;
}

bool qf_declared_fits(const struct qf_to_reader *answer, uint32_t per_measure)
{
        const uint32_t figures = answer->measures_count * per_measure;
        bool fits = per_measure == 1 || answer->all.figures_count == figures;

        for (uint32_t i = 0; i < answer->answer_rows_count && fits; i++)
                fits = answer->answer_rows[i].figures_count == figures;
        return fits;
}

static int not_understood(struct qf_cli *cli)
{
        return qf_cli_fail(cli, QF_EXIT_OTHER, "看不懂服务端的回答。\n多半是版本不同，请升级 qf。",
                           "the server's answer is not understood.\nVersions may differ: upgrade qf.");
}

static int print_csv(struct qf_cli *cli, struct qf_answer_form form)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer file = {0};
        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        form.chinese = cli->chinese;
        form.programme = qf_subscription_programme(registers);
        form.names_on = cli->names_on;
        int r = qf_answer_csv(&form, 0, UINT32_MAX, &file);
        if (r < 0)
                return qf_cli_broke(cli, r, "CSV");
        return fwrite(file.at, 1, file.len, stdout) == file.len ? QF_EXIT_DONE
                                                                : qf_cli_broke(cli, -EIO, "CSV");
}

int qf_declared_counts_csv(struct qf_cli *cli, const struct qf_to_reader *answer)
{
        return print_csv(cli, (struct qf_answer_form){.of = QF_ANSWER_OF_COUNTS, .answer = answer});
}

int qf_declared_totals(struct qf_cli *cli, const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                       bool csv)
{
        const struct qf_answer_form form = {.of = QF_ANSWER_OF_TOTALS, .spec = spec, .answer = answer};
        if (!qf_declared_fits(answer, NUMBERS))
                return not_understood(cli);
        if (cli->json)
                return qf_json_say(cli, qf_answer_json(&form));
        return csv && spec ? print_csv(cli, form) : print(cli, spec, answer, fill_totals);
}

int qf_declared_list(struct qf_cli *cli, const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                     bool csv)
{
        const struct qf_answer_form form = {.of = QF_ANSWER_OF_LIST, .spec = spec, .answer = answer};
        if (!qf_declared_fits(answer, 1))
                return not_understood(cli);
        if (cli->json)
                return qf_json_say(cli, qf_answer_json(&form));
        return csv ? print_csv(cli, form) : print(cli, spec, answer, fill_list);
}
