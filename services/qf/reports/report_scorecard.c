/* Why: what the programme says of itself in public, from counts alone: the year's
 * sentence, the rates of its surveys, and the claim about every broadcast. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/cli/figures.h"
#include "qf/reports/page.h"
#include "qf/reports/reports.h"
#include "views/json.h"
#include "views/scorecard.h"

enum { PERCENT_MOST = 100, CELL_BYTES = 256 };

struct options {
        struct qf_report_years years;
        struct qf_list over;
        uint64_t views;
};

/* What is printed: sentences, and the figures behind them as a table or as JSON. */
struct card {
        struct qf_cli *cli;
        const struct qf_programme *programme;
        struct qf_asking *asking;
        struct qf_page page;
        struct qf_buffer text;
        json_t *json;
        struct qf_year_report year;
        char survey[CELL_BYTES]; /* of the first rates: the last one */
        uint64_t version;
};

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

static void close_card(struct card *card)
{
        qf_page_deinit(&card->page);
        qf_buffer_deinit(&card->text);
        json_decref(card->json);
}

static int broke(struct card *card, int r)
{
        return r ? qf_cli_broke(card->cli, r, "report") : 0;
}

/* What reporting remarks, as that it may not show all, goes below the sentence it is about. */
static int add_notes(struct card *card, const struct qf_to_reader *answer)
{
        char note[QF_NOTE_TEXT_BYTES];
        int r = 0;
        for (uint32_t i = 0; !r && i < answer->notes_count; i++) {
                (void)qf_figures_list_note(card->cli, card->programme, answer->notes[i], note, sizeof(note));
                if (*note)
                        r = qf_buffer_print(&card->text, "%s\n", note);
        }
        return r;
}

/* --- the table -------------------------------------------------------------- */

static void heads(struct qf_page *page)
{
        static const struct qf_page_head columns[] = {
                {"figure", "指标", "figure", QF_PAGE_TEXT},
                {"of", "时期、批次", "period, survey", QF_PAGE_TEXT},
                {"value", "数值", "value", QF_PAGE_NUMBER},
                {"share", "率", "rate", QF_PAGE_RATE},
                {"holds", "说法", "claim", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
}

/* A row up to its value. */
static void begin_row(struct qf_page *page, struct qf_view figure, struct qf_view of)
{
        qf_page_row(page);
        qf_page_text(page, figure);
        qf_page_text(page, of);
}

static void end_row(struct qf_page *page, const char *claim)
{
        qf_page_blank(page); /* where a rate would stand */
        qf_page_text(page, qf_view_of(claim));
}

static struct qf_view named(const struct card *card, const char *zh, const char *en)
{
        return qf_view_of(qf_cli_say(card->cli, zh, en));
}

static void put_year(struct card *card, const struct qf_year_report *report)
{
        struct qf_page *page = &card->page;
        char range[QF_FIGURE_BYTES], against[QF_FIGURE_BYTES];
        if (report->from < report->year)
                (void)snprintf(range, sizeof(range), "%u–%u", report->from, report->year);
        else
                (void)snprintf(range, sizeof(range), "%u", report->year);
        (void)snprintf(against, sizeof(against), qf_cli_say(card->cli, "%u 较 %u", "%u on %u"), report->year,
                       report->base);
        begin_row(page, named(card, "活动（场）", "activities"), qf_view_of(range));
        qf_page_number(page, report->range.of[QF_ACTIVITIES]);
        end_row(page, "");
        begin_row(page, named(card, "人次", "attendances"), qf_view_of(range));
        qf_page_attendances(page, &report->range);
        end_row(page, "");
        begin_row(page, named(card, "活动增长", "growth of activities"), qf_view_of(against));
        qf_page_growth(page, &report->now, &report->before, QF_ACTIVITIES);
        end_row(page, "");
        begin_row(page, named(card, "人次增长", "growth of attendances"), qf_view_of(against));
        qf_page_growth(page, &report->now, &report->before, QF_ATTENDANCES);
        end_row(page, "");
}

/* "above 98%: true"; "": nothing is said of it. */
static void put_rate(struct card *card, const struct qf_score_rate *rate)
{
        struct qf_page *page = &card->page;
        const struct qf_view wave = rate->labels[QF_SCORE_WAVE], base = rate->labels[QF_SCORE_BASE];
        const bool holds = rate->over && qf_ratio_over(rate->k, rate->n, rate->over);
        char of[CELL_BYTES], claim[QF_FIGURE_BYTES] = "";
        (void)snprintf(of, sizeof(of), "%.*s%s%.*s", (int)wave.len, wave.at,
                       qf_cli_say(card->cli, "，", ", "), (int)base.len, base.at);
        if (rate->over)
                (void)snprintf(
                        claim, sizeof(claim), qf_cli_say(card->cli, "超过%lld%%：%s", "above %lld%%: %s"),
                        (long long)rate->over,
                        holds ? qf_cli_say(card->cli, "是", "yes") : qf_cli_say(card->cli, "否", "NO"));
        begin_row(page, rate->labels[QF_SCORE_RATE], qf_view_of(of));
        qf_page_blank(page);
        qf_page_rate(page, rate->k, rate->n);
        qf_page_text(page, qf_view_of(claim));
}

static void put_broadcasts(struct card *card, const struct qf_claim *claim,
                           const struct qf_claim_checked *checked)
{
        struct qf_page *page = &card->page;
        char text[CELL_BYTES], bound[QF_FIGURE_BYTES];
        begin_row(page, named(card, "直播（场）", "broadcasts"), QF_VIEW(""));
        qf_page_number(page, checked->records);
        end_row(page, "");
        if (!checked->records)
                return;
        (void)snprintf(text, sizeof(text), qf_cli_say(card->cli, "每场超过%s：%s", "each above %s: %s"),
                       qf_ratio_grouped(claim->bound, bound, sizeof(bound)),
                       qf_claim_holds(checked) ? qf_cli_say(card->cli, "是", "yes")
                                               : qf_cli_say(card->cli, "否", "NO"));
        begin_row(page, named(card, "最少观看人次", "least views"), QF_VIEW(""));
        qf_page_known(page, checked->least, checked->least ? checked->least->figures[claim->place] - 1 : 0);
        end_row(page, text);
}

/* The records of a kind within the years. 0 or 1. */
static int ask_list(struct card *card, const struct options *options, struct qf_view kind,
                    struct qf_to_reader *ret_answer)
{
        return qf_report_list(card->cli, card->asking,
                              (struct qf_from_reader){
                                      .kind = kind,
                                      .first_day = (uint32_t)options->years.from * 10000 + 101,
                                      .last_day = (uint32_t)options->years.year * 10000 + 1231,
                              },
                              ret_answer);
}

/* --- the rates ------------------------------------------------------------- */

/* --over satisfaction=98. 0: nothing is said of this rate. */
static int64_t said_over(const struct qf_list *over, struct qf_view rate)
{
        uint64_t percent;
        for (uint32_t i = 0; i < over->count; i++) {
                const struct qf_view said = over->at[i];
                if (said.len > rate.len + 1 && !memcmp(said.at, rate.at, rate.len) &&
                    said.at[rate.len] == '=' &&
                    qf_text_number((struct qf_view){said.at + rate.len + 1, said.len - rate.len - 1},
                                   PERCENT_MOST, &percent))
                        return (int64_t)percent;
        }
        return 0;
}

static int add_rates(struct card *card, const struct options *options, const struct qf_to_reader *answer)
{
        const enum qf_rounding rounding = qf_programme_settings(card->programme)->rounding;
        struct qf_score_rate *rates = NULL;
        uint32_t count;
        int r = qf_scorecard_take(card->cli->chinese, card->programme, answer, &rates, &count);
        for (uint32_t i = 0; !r && i < count; i++)
                rates[i].over = said_over(&options->over, rates[i].codes[QF_SCORE_RATE]);
        if (!r)
                r = qf_scorecard_rates(card->cli->chinese, rates, count, rounding, &card->text);
        if (!r)
                (void)json_object_set_new(card->json, "rates", qf_scorecard_json(rates, count, rounding));
        for (uint32_t i = 0; !r && i < count; i++)
                put_rate(card, &rates[i]);
        if (!r && count)
                (void)snprintf(card->survey, sizeof(card->survey), "%.*s",
                               (int)rates[0].labels[QF_SCORE_WAVE].len, rates[0].labels[QF_SCORE_WAVE].at);
        free(rates);
        return r ? r : add_notes(card, answer);
}

static int score_rates(struct card *card, const struct options *options)
{
        struct qf_to_reader answer;
        if (ask_list(card, options, QF_VIEW("survey_result"), &answer))
                return 1;
        int r = add_rates(card, options, &answer);
        return r > 0 ? qf_report_not_understood(card->cli) : broke(card, r);
}

/* --- the broadcasts -------------------------------------------------------- */

static json_t *broadcasts_json(const struct qf_claim *claim, const struct qf_to_reader *answer)
{
        const struct qf_claim_checked checked = qf_claim_check(claim, answer);
        json_t *breaks = json_array(), *unknown = json_array();
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                const int64_t views = row->figures[claim->place];
                if (views && !qf_claim_is_broken(claim, row))
                        continue;
                (void)json_array_append_new(
                        views ? breaks : unknown,
                        json_pack("{s:o, s:o, s:o, s:o}", "date", qf_json_text(row->members[0]), "partner",
                                  qf_json_text(row->members[1]), "key", qf_json_text(row->members[2]),
                                  "views", views ? json_integer(views - 1) : json_null()));
        }
        return json_pack("{s:b, s:I, s:I, s:o, s:o, s:o}", "holds", qf_claim_holds(&checked), "above",
                         (json_int_t)claim->bound, "records", (json_int_t)checked.records, "least",
                         checked.least ? json_integer(checked.least->figures[claim->place] - 1) : json_null(),
                         "breaks", breaks, "unknown", unknown);
}

static int score_broadcasts(struct card *card, const struct options *options)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("broadcast"));
        const struct qf_claim claim = {.spec = spec,
                                       .place = qf_kind_figure(spec, QF_VIEW("views")),
                                       .bound = (uint32_t)options->views};
        struct qf_to_reader answer;
        if (ask_list(card, options, QF_VIEW("broadcast"), &answer))
                return 1;
        int r = qf_scorecard_broadcasts(card->cli->chinese, &claim, &answer, &card->text);
        if (!r)
                (void)json_object_set_new(card->json, "broadcasts", broadcasts_json(&claim, &answer));
        const struct qf_claim_checked checked = qf_claim_check(&claim, &answer);
        put_broadcasts(card, &claim, &checked);
        return broke(card, r ? r : add_notes(card, &answer));
}

/* --- the command ----------------------------------------------------------- */

static int score_year(struct card *card, struct options *options)
{
        if (qf_report_years_ask(card->cli, card->asking, card->programme, &options->years, &card->year,
                                &card->version))
                return 1;
        heads(&card->page);
        put_year(card, &card->year);
        int r = card->cli->chinese ? qf_year_report_zh(&card->year, &card->text)
                                   : qf_year_report_en(&card->year, &card->text);
        return broke(card, r ? r : qf_buffer_print(&card->text, "\n"));
}

static int hand_on(struct card *card, const struct qf_report_years *years, enum qf_form form)
{
        QF_CLEANUP(qf_cleanup_free) struct qf_handed *handed = malloc(sizeof(*handed));
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        const uint32_t last = card->year.upto ? card->year.upto : card->year.year * 10000 + 1231;
        const char *title = qf_cli_say(card->cli, "成绩单", "Scorecard");
        if (!handed)
                return qf_cli_broke(card->cli, -ENOMEM, "report");
        qf_handed_init(handed, card->cli, card->programme);
        (void)snprintf(handed->title, sizeof(handed->title), "%s", title);
        qf_handed_years(handed, card->cli, &card->year, last);
        handed->made_s = qf_handed_time(last);
        qf_page_chart(&card->page, QF_CHART_RINGS, 0, 3, 0, card->survey);
        qf_handed_page(handed, &card->page, title);
        qf_handed_sources(handed, card->cli, &years->where, card->version);
        if (qf_handed_make(card->cli, handed, form, &bytes))
                return card->cli->exit_code;
        return qf_handing_give(card->cli, &years->handing, form, card->page.report,
                               (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len});
}

static int print(struct card *card, const struct qf_report_years *years, enum qf_form form)
{
        json_t *sentences = json_array();
        const char *line = (const char *)card->text.at, *end = line + card->text.len;
        for (const char *stop; line < end && (stop = memchr(line, '\n', (size_t)(end - line)));
             line = stop + 1)
                (void)json_array_append_new(sentences, json_stringn(line, (size_t)(stop - line)));
        (void)json_object_set_new(card->json, "sentences", sentences);
        qf_page_lines(&card->page, &card->text);
        qf_page_own_json(&card->page, json_incref(card->json));
        return form > QF_FORM_CSV ? hand_on(card, years, form)
                                  : qf_handing_page(card->cli, &years->handing, form, &card->page);
}

static const struct qf_option scorecard_options[] = {
        {"year", QF_OPTION_NUMBER, offsetof(struct options, years.year), "YEAR", "报告哪一年",
         "the year reported", 2999},
        {"base", QF_OPTION_NUMBER, offsetof(struct options, years.base), "YEAR", "与哪一年比；默认上一年",
         "the year it is compared with; default the one before", 2999},
        {"from", QF_OPTION_NUMBER, offsetof(struct options, years.from), "YEAR", "从哪一年起；默认只算这一年",
         "all begins with; default the year itself", 2999},
        {"over", QF_OPTION_LIST, offsetof(struct options, over), "RATE=PERCENT",
         "说某个率“超过百分之几”，按分子分母精确判断：satisfaction=98",
         "say of a rate that it is above, decided on k and n: satisfaction=98", 0},
        {"views", QF_OPTION_NUMBER, offsetof(struct options, views), "N",
         "每场直播都超过多少人次；默认 10000", "views that each broadcast is above; default 10000",
         1000000000},
        {"csv", QF_OPTION_FLAG, offsetof(struct options, years.csv), NULL, "打印成 CSV", "print CSV", 0},
        QF_HANDING_OPTIONS(offsetof(struct options, years.handing)),
        {0},
};

static int run_scorecard(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        QF_CLEANUP(close_card) struct card card = {.cli = cli, .json = json_object()};
        static const char *const indicators[] = {"activities", "attendances", "growth",
                                                 "rate",       "views",       NULL};
        struct options options = {.views = QF_CLAIM_VIEWS};
        enum qf_form form;
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count) ||
            qf_handing_form(cli, &options.years.handing, options.years.csv, &form) ||
            qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS},
                                &registers) ||
            qf_asking_open(cli, &asking))
                return cli->exit_code;
        card.asking = asking;
        card.programme = qf_subscription_programme(registers);
        qf_page_init(&card.page, cli, card.programme, "scorecard", indicators);
        if (score_year(&card, &options) || score_rates(&card, &options) || score_broadcasts(&card, &options))
                return cli->exit_code;
        return print(&card, &options.years, form);
}

const struct qf_command qf_report_scorecard = {
        .name = "scorecard",
        .zh = "成绩单：年度句子、“三率”、直播",
        .en = "the year's sentence, its rates, its broadcasts",
        .run = run_scorecard,
        .options = scorecard_options,
};
