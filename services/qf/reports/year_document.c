/* Why: the annual report is the reports that there are, one after the other, each with the figures that it prints by
 * itself, so that none of them can differ from what `qf report` says; only what has no report of its own is asked for
 * here. */
#include "qf/reports/year_document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/period.h"
#include "qf/cli/figures.h"
#include "qf/office/period.h"
#include "qf/reports/year_sections.h"
#include "views/scorecard.h"

enum { EDITION_ANSWER_BYTES = 512 * 1024 * 1024 }; /* a million records, as reporting gives */

const char *const qf_year_indicators[] = {"activities", "attendances", "mean", "growth", NULL};

static void close_document(struct qf_year_sections *sections)
{
        for (uint32_t i = 0; i < sections->count; i++)
                qf_page_deinit(&sections->runs[i].page);
        sections->idle = qf_asking_close(sections->idle);
        sections->edition.arena = qf_arena_free(sections->edition.arena);
        free(sections->runs);
        free(sections->handed);
}

/* --- parts ------------------------------------------------------------------------- */

struct qf_report_run *qf_year_section_begin(struct qf_year_sections *sections, const char *name,
                                            const char *const *indicators, const struct qf_list *where)
{
        struct qf_report_run *run = &sections->runs[sections->count];
        QF_ASSERT(sections->count < QF_YEAR_SECTIONS_MAX);
        *run = (struct qf_report_run){.cli = sections->cli,
                                      .programme = sections->source->programme,
                                      .options = {.above = QF_CLAIM_VIEWS,
                                                  .year = sections->source->report->year,
                                                  .base = sections->source->report->base,
                                                  .where = *where},
                                      .first_day = sections->first_day,
                                      .last_day = sections->last_day,
                                      .asof = sections->last_day,
                                      .today = sections->last_day,
                                      .idle = sections->idle};
        sections->idle = NULL;
        if (sections->source->edition)
                run->edition = &sections->edition;
        qf_page_init(&run->page, sections->cli, run->programme, name, indicators);
        run->page.edition = sections->source->names;
        run->page.rounding = sections->source->report->rounding;
        return run;
}

/* Pages hold what they show; what was answered is let go of. */
static void end(struct qf_year_sections *sections, struct qf_report_run *run)
{
        for (uint32_t i = 0; i < run->askings_count; i++) {
                if (!run->idle)
                        run->idle = run->askings[i];
                else
                        run->askings[i] = qf_asking_close(run->askings[i]);
        }
        sections->idle = QF_TAKE(run->idle);
        if (run->edition)
                qf_arena_reset(run->edition->arena);
}

/* Into the sections, if it has anything to say. */
void qf_year_section_end(struct qf_year_sections *sections, struct qf_report_run *run, bool shown,
                         const char *heading)
{
        end(sections, run);
        if (!shown) {
                qf_page_deinit(&run->page);
                return;
        }
        qf_handed_page(sections->handed, &run->page, heading);
        sections->count++;
}

/* --- the other reports --------------------------------------------------------------- */

/* What of it an edition has: nothing where two dimensions cross, or records count that are not of its period, such as an
 * agreement that was signed before. */
enum of_channels { OF_NO_ACTIVITIES, OF_ALL_CHANNELS, OF_THE_HEADLINE };

enum held { NOT_HELD, HELD_OF_ALL /* of one organisation it crosses two */, HELD };

static const struct {
        const struct qf_command *command;
        const char *needs;   /* a dimension with members */
        const char *kind;    /* a kind with records in the period; NULL: what the report shows decides */
        enum of_channels of; /* whose activities it counts */
        bool of_all;         /* says nothing of one organisation */
        enum held held;
} derived[] = {
        {&qf_report_joint, "co_org", NULL, OF_THE_HEADLINE, false, NOT_HELD},
        {&qf_report_partners, "org_kind", NULL, OF_ALL_CHANNELS, true, NOT_HELD},
        {&qf_report_five_co, "five_co", "agreement", OF_ALL_CHANNELS, false, NOT_HELD},
        {&qf_report_broadcasts, NULL, "broadcast", OF_NO_ACTIVITIES, false, HELD},
        {&qf_report_site_categories, "site_category", NULL, OF_ALL_CHANNELS, false, HELD_OF_ALL},
        {&qf_report_plan, "initiative", "assignment", OF_ALL_CHANNELS, false, NOT_HELD},
        {&qf_report_findings, "finding_kind", "finding", OF_NO_ACTIVITIES, false, HELD},
};

static bool has_members(const struct qf_year_sections *sections, const char *code)
{
        const struct qf_programme *programme = sections->source->programme;
        const struct qf_dimension *dimension =
                code ? qf_programme_dimension(programme,
                                              qf_programme_find_dimension(programme, qf_view_of(code)))
                     : NULL;
        return !code || (dimension && dimension->members);
}

/* Some number in it is not 0. */
static bool says_something(const struct qf_page *page)
{
        const struct qf_page_figure *figures = (const void *)page->figures.at;
        for (size_t i = 0; i < page->figures.len / sizeof(*figures); i++)
                if ((figures[i].kind == QF_CELL_NUMBER || figures[i].kind == QF_CELL_RATE) &&
                    figures[i].value)
                        return true;
        return false;
}

static int has_records(struct qf_year_sections *sections, const char *kind, bool *ret_has)
{
        struct qf_report_run *run = qf_year_section_begin(sections, "year", NULL, &sections->own);
        struct qf_to_reader answer;
        *ret_has = true;
        const int r = kind && qf_report_ask_list(run, kind, 0, sections->last_day, &answer);
        if (kind && !r)
                *ret_has = answer.answer_rows_count > 0;
        qf_year_section_end(sections, run, false, NULL);
        return r;
}

static bool is_meant(const struct qf_year_sections *sections, size_t i)
{
        return has_members(sections, derived[i].needs) &&
               !(sections->source->options->org && derived[i].of_all);
}

static bool is_held(const struct qf_year_sections *sections, size_t i)
{
        return !sections->source->edition || derived[i].held == HELD ||
               (derived[i].held == HELD_OF_ALL && !sections->source->options->org);
}

static int add_derived(struct qf_year_sections *sections)
{
        for (size_t i = 0;
             i < sizeof(derived) / sizeof(derived[0]) && sections->count + 4 < QF_YEAR_SECTIONS_MAX; i++) {
                const struct qf_report *report = derived[i].command->of;
                bool has = false;
                if (!is_meant(sections, i) || !is_held(sections, i))
                        continue;
                if (has_records(sections, derived[i].kind, &has))
                        return 1;
                if (!has)
                        continue;
                struct qf_report_run *run = qf_year_section_begin(
                        sections, derived[i].command->name, report->indicators,
                        derived[i].of == OF_THE_HEADLINE ? &sections->chosen : &sections->own);
                const int r = report->fill(run);
                if (!r && sections->source->edition && derived[i].held == HELD_OF_ALL)
                        qf_page_remark(
                                &run->page, "哪些有效、属于哪一类，按现在的名录。",
                                "Which are valid, and of which kind, is as the registers have it now.");
                if (!r && sections->channel && derived[i].of == OF_ALL_CHANNELS)
                        qf_page_remark(&run->page, "本节的活动线上线下都算。",
                                       "Activities of this section are of all channels.");
                qf_year_section_end(sections, run, !r && says_something(&run->page),
                                    qf_cli_say(run->cli, report->title_zh, report->title_en));
                if (r)
                        return 1;
        }
        return 0;
}

static int add_months(struct qf_year_sections *sections)
{
        const struct qf_report *report = qf_report_months.of;
        struct qf_report_run *run =
                qf_year_section_begin(sections, "months", report->indicators, &sections->chosen);
        const int r = report->fill(run);
        qf_year_section_end(sections, run, !r, qf_cli_say(sections->cli, report->title_zh, report->title_en));
        return r;
}

static int add_sheets(struct qf_year_sections *sections)
{
        const struct qf_report *report = qf_report_completeness.of;
        const uint32_t upto = sections->source->report->upto;
        if (upto && upto / 100 % 100 == 1)
                return 0; /* no month is over */
        struct qf_report_run *run =
                qf_year_section_begin(sections, "completeness", report->indicators, &sections->own);
        run->options.org = sections->source->options->org;
        run->first_day = sections->source->report->year * 10000 + 101;
        if (upto)
                run->last_day = qf_date_last_day((upto / 100 - 1) * 100);
        const int r = report->first(run);
        sections->cli->names_on = sections->last_day;
        qf_year_section_end(sections, run, !r && says_something(&run->page),
                            qf_cli_say(run->cli, "报送完整性", "Completeness of reporting"));
        return r;
}

/* --- the survey -------------------------------------------------------------------------- */

static void put_rates(struct qf_page *page, const struct qf_score_rate *rates, uint32_t count)
{
        static const struct qf_page_head heads[] = {
                {"rate", "指标", "rate", QF_PAGE_TEXT},
                {"wave", "批次", "wave", QF_PAGE_TEXT},
                {"base", "基数", "base", QF_PAGE_TEXT},
                {"share", "比率", "share", QF_PAGE_RATE},
        };
        qf_page_heads(page, heads, sizeof(heads) / sizeof(heads[0]));
        for (uint32_t i = 0; i < count; i++) {
                qf_page_row(page);
                qf_page_cell(page, rates[i].labels[QF_SCORE_RATE], json_null());
                qf_page_cell(page, rates[i].labels[QF_SCORE_WAVE], json_null());
                qf_page_cell(page, rates[i].labels[QF_SCORE_BASE], json_null());
                qf_page_rate(page, rates[i].k, rates[i].n);
        }
        char title[QF_PAGE_LABEL_BYTES];
        (void)snprintf(title, sizeof(title), "%.*s", (int)rates[0].labels[QF_SCORE_WAVE].len,
                       rates[0].labels[QF_SCORE_WAVE].at);
        qf_page_chart(page, QF_CHART_RINGS, 0, 3, 0, title);
}

/* As its members were called when an edition was closed. */
static void name_rate(const struct qf_page *page, struct qf_score_rate *rate)
{
        static const char *const dimensions[] = {
                [QF_SCORE_WAVE] = "wave", [QF_SCORE_BASE] = "base", [QF_SCORE_RATE] = "rate_kind"};
        for (unsigned name = 0; page->edition && name < QF_SCORE_NAMES; name++)
                rate->labels[name] = qf_page_label(page, dimensions[name], rate->codes[name]);
}

/* The survey's own section, and its sentence on the first page. */
static int add_rates(struct qf_year_sections *sections, struct qf_page *overview)
{
        static const char *const indicators[] = {"rate", NULL};
        struct qf_report_run *run = qf_year_section_begin(sections, "scorecard", indicators, &sections->own);
        QF_CLEANUP(qf_cleanup_free) struct qf_score_rate *rates = NULL;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        struct qf_to_reader answer;
        uint32_t count = 0;
        int r = qf_report_ask_list(run, "survey_result", sections->source->report->from * 10000 + 101,
                                   sections->last_day, &answer);
        if (!r && qf_scorecard_take(run->cli->chinese, run->programme, &answer, &rates, &count))
                r = qf_report_not_understood(run->cli);
        for (uint32_t i = 0; !r && i < count; i++)
                name_rate(&run->page, &rates[i]);
        if (!r && count) {
                put_rates(&run->page, rates, count);
                r = qf_scorecard_rates(run->cli->chinese, rates, count, run->page.rounding, &text)
                            ? qf_report_no_memory(run)
                            : 0;
                if (!r)
                        qf_page_lines(overview, &text);
        }
        qf_year_section_end(sections, run, !r && count, qf_cli_say(sections->cli, "问卷调查", "Survey"));
        return r;
}

/* --- the first page ------------------------------------------------------------------------- */

static void add_card(struct qf_year_sections *sections, const char *label, const char *figure,
                     enum qf_measure measure)
{
        const struct qf_year_report *report = sections->source->report;
        struct qf_handed *handed = sections->handed;
        char growth[QF_FIGURE_BYTES];
        const uint32_t at = handed->cards_count++;
        const int64_t change = report->now.of[measure] - report->before.of[measure];
        (void)snprintf(handed->cards[at].label, QF_HANDED_BYTES, "%s", label);
        (void)qf_text_whole(handed->cards[at].label);
        (void)snprintf(handed->cards[at].figure, QF_HANDED_BYTES, "%s", figure);
        const enum qf_compared compared = qf_counts_compared(&report->now, &report->before, measure);
        if (compared == QF_COMPARED_WITH_NONE)
                (void)snprintf(handed->cards[at].beside, QF_HANDED_BYTES,
                               qf_cli_say(sections->cli, "%u年为0，无法比较", "not comparable: %u has none"),
                               report->base);
        else if (compared != QF_COMPARED)
                (void)snprintf(
                        handed->cards[at].beside, QF_HANDED_BYTES,
                        qf_cli_say(sections->cli, "%u年不详，无法比较", "not comparable: not known of %u"),
                        compared == QF_COMPARED_UNKNOWN ? report->year : report->base);
        else
                (void)snprintf(handed->cards[at].beside, QF_HANDED_BYTES,
                               qf_cli_say(sections->cli, "较%u年 %s%s%%", "on %u %s%s%%"), report->base,
                               change > 0   ? "▲ "
                               : change < 0 ? "▼ "
                                            : "",
                               qf_year_report_growth(report, measure, growth, sizeof(growth)) +
                                       (*growth == '+' || *growth == '-'));
}

static void add_cards(struct qf_year_sections *sections)
{
        const struct qf_year_report *report = sections->source->report;
        struct qf_handed *handed = sections->handed;
        char label[QF_HANDED_BYTES], figure[QF_FIGURE_BYTES];
        if (sections->cli->chinese)
                (void)snprintf(label, sizeof(label), "%u年%.*s活动（场）", report->year,
                               (int)report->channel.len, report->channel.at);
        else
                (void)snprintf(label, sizeof(label), "Activities, %u%s%.*s", report->year,
                               report->channel.len ? ", " : "", (int)report->channel.len, report->channel.at);
        add_card(sections, label, qf_ratio_grouped(report->now.of[QF_ACTIVITIES], figure, sizeof(figure)),
                 QF_ACTIVITIES);
        (void)snprintf(label, sizeof(label), qf_cli_say(sections->cli, "%u年人次", "Attendances, %u"),
                       report->year);
        add_card(sections, label,
                 report->now.of[QF_ACTIVITIES] && !qf_figures_known(&report->now)
                         ? "—"
                         : qf_ratio_grouped(report->now.of[QF_ATTENDANCES], figure, sizeof(figure)),
                 QF_ATTENDANCES);
        const uint32_t at = handed->cards_count++;
        (void)snprintf(handed->cards[at].label, QF_HANDED_BYTES, "%s",
                       qf_cli_say(sections->cli, "场均人次", "Mean attendance"));
        (void)qf_figures_mean(&report->now, report->rounding, handed->cards[at].figure, QF_HANDED_BYTES);
        (void)snprintf(handed->cards[at].beside, QF_HANDED_BYTES,
                       qf_cli_say(sections->cli, "人次不详 %s 场，不算在内", "%s not known, left out"),
                       qf_ratio_grouped(report->now.of[QF_ACTIVITIES_UNKNOWN], figure, sizeof(figure)));
}

static void say_beside(struct qf_page *page, const char *beside)
{
        for (const char *at = beside ? beside : "", *stop; *at; at = stop + (*stop == '\n')) {
                stop = at + strcspn(at, "\n");
                if (stop > at)
                        qf_page_remark(page, "%.*s", "%.*s", (int)(stop - at), at);
        }
}

static int begin_overview(struct qf_year_sections *sections, struct qf_report_run **ret_run)
{
        const struct qf_year_source *source = sections->source;
        struct qf_report_run *run =
                qf_year_section_begin(sections, "year", qf_year_indicators, &sections->chosen);
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        struct qf_page *page = &run->page;
        int r = sections->cli->chinese ? qf_year_report_zh(source->report, &text)
                                       : qf_year_report_en(source->report, &text);
        qf_year_put(source->years, source->report, page);
        if (source->years->count > 1) {
                qf_page_chart(page, QF_CHART_COLUMNS, 0, 1, 0,
                              qf_cli_say(sections->cli, "逐年活动场次", "Activities by year"));
                qf_page_chart(page, QF_CHART_COLUMNS, 0, 3, 0,
                              qf_cli_say(sections->cli, "逐年人次", "Attendances by year"));
        }
        qf_page_line(page, "%.*s", "%.*s", (int)text.len, (const char *)text.at);
        if (!source->report->range.of[QF_RECORDS])
                qf_page_remark(page, "这一时期还没有收到活动记录。",
                               "No activity was reported for this period yet.");
        say_beside(page, source->beside);
        add_cards(sections);
        qf_year_section_end(sections, run, true, qf_cli_say(sections->cli, "总体情况", "Overview"));
        *ret_run = run;
        return r ? qf_report_no_memory(run) : 0;
}

/* --- before and after ------------------------------------------------------------------------ */

static const char *digest_of(const struct qf_edition *edition, char *ret_hex)
{
        qf_text_hex(qf_edition_file(edition, QF_EDITION_DATA)->digest, QF_SHA256_BYTES, ret_hex);
        return ret_hex;
}

static void say_what(struct qf_year_sections *sections)
{
        char hex[2 * QF_SHA256_BYTES + 1];
        const struct qf_year_source *source = sections->source;
        const struct qf_year_report *report = source->report;
        struct qf_cli *cli = sections->cli;
        struct qf_handed *handed = sections->handed;
        char text[QF_EDITION_TEXT_BYTES];
        if (report->from < report->year)
                (void)snprintf(handed->title, sizeof(handed->title),
                               qf_cli_say(cli, "%u—%u年报告", "Report for %u–%u"), report->from,
                               report->year);
        else
                (void)snprintf(handed->title, sizeof(handed->title),
                               qf_cli_say(cli, "%u年度报告", "Annual report %u"), report->year);
        if (source->options->org) {
                const struct qf_view label = qf_asking_member_label(
                        cli, source->programme, QF_VIEW("org"), qf_view_of(source->options->org), NULL, 0);
                (void)snprintf(handed->whose, sizeof(handed->whose), "%.*s", (int)label.len, label.at);
        }
        qf_handed_years(handed, cli, report, sections->last_day);
        if (source->editions > 1)
                (void)snprintf(handed->edition, sizeof(handed->edition),
                               qf_cli_say(cli, "公布的数，由 %u 个时期合成",
                                          "Published figures, of %u periods together"),
                               source->editions);
        else if (source->edition)
                (void)snprintf(
                        handed->edition, sizeof(handed->edition),
                        qf_cli_say(cli, "公布的数：%s，SHA-256 %.16s…", "Published: %s, SHA-256 %.16s…"),
                        qf_edition_text(cli, source->edition, text), digest_of(source->edition, hex));
        else
                (void)snprintf(
                        handed->edition, sizeof(handed->edition),
                        qf_cli_say(cli, "现时数（日志位置 %llu），不是公布的一版",
                                   "Figures of now (position %llu of the journal), not a published edition"),
                        (unsigned long long)source->version);
}

static void say_sources(struct qf_year_sections *sections)
{
        char hex[2 * QF_SHA256_BYTES + 1];
        const struct qf_year_source *source = sections->source;
        struct qf_handed *handed = sections->handed;
        struct qf_cli *cli = sections->cli;
        char text[QF_EDITION_TEXT_BYTES];
        if (source->editions == 1) {
                qf_handed_source(handed, qf_cli_say(cli, "版次", "Edition"), "%s",
                                 qf_edition_text(cli, source->edition, text));
                qf_handed_source(handed, "SHA-256", "%s", digest_of(source->edition, hex));
        }
        qf_handed_sources(handed, cli, &sections->chosen, source->version);
        qf_handed_source(handed, qf_cli_say(cli, "修约", "Rounding"), "%s",
                         source->report->rounding == QF_HALF_EVEN
                                 ? qf_cli_say(cli, "四舍六入五成双，只修约一次", "half to even, once")
                                 : qf_cli_say(cli, "四舍五入，只修约一次", "half up, once"));
        qf_handed_source(
                handed, qf_cli_say(cli, "核对", "To check"), "%s",
                source->edition
                        ? qf_cli_say(
                                  cli, "公布的数据以上面的 SHA-256 为准，按日志可以重算",
                                  "published data has the SHA-256 above, and can be counted again from the journal")
                        : qf_cli_say(
                                  cli, "每个数都能查到是哪些记录得来的，按日志可以重算",
                                  "each number can be traced to its records, and counted again from the journal"));
}

void qf_year_document_name(const struct qf_year_source *source, char *ret_name, size_t room)
{
        const char *org = source->options->org;
        char from[QF_FIGURE_BYTES] = "";
        if (source->report->from < source->report->year)
                (void)snprintf(from, sizeof(from), "%u-", source->report->from);
        const int len =
                snprintf(ret_name, room, "%s-%s%u%s%s", qf_cli_say(source->cli, "年度报告", "annual-report"),
                         from, source->report->year, org ? "-" : "", org ? org : "");
        if (source->edition && len > 0 && (size_t)len < room)
                (void)snprintf(ret_name + len, room - (size_t)len,
                               qf_cli_say(source->cli, "-第%u版", "-edition-%u"), source->edition->number);
}

/* Cells are frozen by month and by one member: what crosses two dimensions is in no edition. */
static int say_what_is_not_here(struct qf_year_sections *sections, struct qf_page *overview)
{
        const char *comma = qf_cli_say(sections->cli, "、", ", ");
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer names = {0};
        int r = 0;
        for (size_t i = 0; !r && i < sizeof(derived) / sizeof(derived[0]); i++) {
                const struct qf_report *report = derived[i].command->of;
                bool has = false;
                if (!is_meant(sections, i) || is_held(sections, i))
                        continue;
                if (has_records(sections, derived[i].kind, &has))
                        return 1;
                if (has)
                        r = qf_buffer_print(&names, "%s%s",
                                            qf_cli_say(sections->cli, report->title_zh, report->title_en),
                                            comma);
        }
        qf_page_remark(
                overview,
                "公布的数按月、按一个维度冻结：两个维度交叉的，或者要看时期以外的记录的，不在版里，所以没有：%.*s报送完整性。见现时数的报告。",

                "Published figures are frozen by month and by one dimension at a time: what crosses two of them, or "
                "needs records from outside the period, is in no edition, and so there is no: %.*scompleteness of "
                "reporting. See the report of figures of now.",
                (int)names.len, names.len ? (const char *)names.at : "");
        return r < 0 ? qf_cli_broke(sections->cli, r, "report") : 0;
}

static int add_sections(struct qf_year_sections *sections, struct qf_report_run *overview)
{
        const struct qf_year_source *source = sections->source;
        if (source->edition && say_what_is_not_here(sections, &overview->page))
                return 1;
        if (source->restricted)
                qf_report_remark_restricted(&overview->page);
        return add_months(sections) ||
               (!(source->edition && source->options->where.count) && qf_year_members(sections)) ||
               add_rates(sections, &overview->page) || add_derived(sections) ||
               (!source->edition && add_sheets(sections));
}

/* What an edition answers is asked of what is read of it, for the channel that its headline is of. */
static int begin_edition(struct qf_year_sections *sections)
{
        const struct qf_year_source *source = sections->source;
        if (!source->edition)
                return 0;
        sections->edition =
                (struct qf_report_edition){.data = source->data, .restricted = source->restricted};
        if (sections->channel && !sections->chosen.count)
                sections->chosen.at[sections->chosen.count++] = QF_VIEW("channel=offline");
        const int r = qf_arena_new(EDITION_ANSWER_BYTES, &sections->edition.arena);
        return r < 0 ? qf_cli_broke(sections->cli, r, "report") : 0;
}

static int add_all(struct qf_year_sections *sections)
{
        struct qf_report_run *overview;
        if (begin_overview(sections, &overview))
                return 1;
        const int r = add_sections(sections, overview);
        if (!r && *sections->left_out)
                qf_page_remark(&overview->page, "填了的不足一成、没有单列的：%s。",
                               "Stated by less than a tenth, and not listed: %s.", sections->left_out);
        return r;
}

int qf_year_document(const struct qf_year_source *source, enum qf_form form, struct qf_buffer *ret_bytes)
{
        const struct qf_year_report *report = source->report;
        QF_CLEANUP(close_document)
        struct qf_year_sections sections = {.source = source,
                                            .cli = source->cli,
                                            .chosen = source->options->where,
                                            .channel = report->channel.len > 0,
                                            .first_day = report->from * 10000 + 101,
                                            .last_day = report->upto ? report->upto
                                                                     : report->year * 10000 + 1231};
        sections.runs = calloc(QF_YEAR_SECTIONS_MAX, sizeof(*sections.runs));
        sections.handed = calloc(1, sizeof(*sections.handed));
        if (!sections.runs || !sections.handed)
                return qf_cli_broke(source->cli, -ENOMEM, "report");
        for (uint32_t i = 0; i < sections.chosen.count; i++)
                if (source->options->org && sections.chosen.at[i].at == source->options->org_where)
                        sections.own.at[sections.own.count++] = sections.chosen.at[i];
        source->cli->names_on = sections.last_day;
        qf_handed_init(sections.handed, source->cli, source->programme);
        say_what(&sections);
        sections.handed->made_s = source->edition ? qf_edition_closed_ms(source->data) / 1000
                                                  : qf_handed_time(sections.last_day);
        sections.handed->training |= report->training;
        if (begin_edition(&sections) || add_all(&sections))
                return 1;
        say_sources(&sections);
        return qf_handed_make(source->cli, sections.handed, form, ret_bytes);
}
