/* Why: the sentence of the year's report with the table it is made of, so that
 * each of its numbers can be found again below it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/period.h"
#include "qf/reports/reports.h"
#include "qf/reports/year_document.h"
#include "qf/reports/year_edition.h"

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

/* --- what is asked -------------------------------------------------------- */

void qf_report_choose_channel(const struct qf_cli *cli, const struct qf_programme *programme,
                              struct qf_list *where, struct qf_view *ret_label)
{
        static const struct qf_view offline = {"channel=offline", 15};
        struct qf_view chosen = {0};
        uint32_t filters = 0;
        for (uint32_t i = 0; i < where->count; i++) {
                if (where->at[i].len > 8 && !memcmp(where->at[i].at, "channel=", 8)) {
                        chosen = where->at[i];
                        filters++;
                }
        }
        const uint16_t id = qf_programme_find_dimension(programme, QF_VIEW("channel"));
        if (!filters && where->count < QF_LIST_MAX &&
            qf_programme_find_member(programme, id, QF_VIEW("offline")) != QF_MEMBER_UNKNOWN) {
                chosen = where->at[where->count++] = offline;
                filters = 1;
        }
        if (filters == 1)
                *ret_label = qf_asking_member_label(cli, programme, QF_VIEW("channel"),
                                                    (struct qf_view){chosen.at + 8, chosen.len - 8}, NULL, 0);
}

static int ask_years(struct qf_asking *asking, const struct qf_list *where, struct qf_years *years,
                     struct qf_to_reader *ret_answer)
{
        static const struct qf_view by[] = {{"year", 4}};
        const struct qf_from_reader query = {
                .query = QF_QUERY_TOTALS,
                .by_count = 1,
                .by = by,
                .where_count = where->count,
                .where = where->at,
                .first_day = years->first * 10000 + 101,
                .last_day = (years->first + years->count - 1) * 10000 + 1231,
        };
        if (qf_asking_query(asking, query, ret_answer))
                return 1;
        for (uint32_t i = 0; i < ret_answer->answer_rows_count; i++) {
                uint64_t year;
                if (qf_text_number(ret_answer->answer_rows[i].members[0], 9999, &year) &&
                    year >= years->first && year - years->first < years->count)
                        years->at[year - years->first] = ret_answer->answer_rows[i].counts;
        }
        return 0;
}

/* The year is not over: both are counted up to the same day. */
static int ask_same_days(struct qf_asking *asking, const struct qf_list *where, uint32_t today,
                         struct qf_year_report *report)
{
        const struct qf_from_reader query = {
                .query = QF_QUERY_GROWTH,
                .where_count = where->count,
                .where = where->at,
                .year = report->year,
                .base = report->base,
                .first_day = report->year * 10000 + 101,
                .last_day = today,
        };
        struct qf_to_reader answer;
        if (qf_asking_query(asking, query, &answer))
                return 1;
        if (answer.answer_rows_count == 2) {
                report->now = answer.answer_rows[0].counts;
                report->before = answer.answer_rows[1].counts;
                report->upto = today;
                for (uint32_t i = 0; i < answer.notes_count; i++)
                        report->undated_excluded |=
                                qf_view_same(answer.notes[i], QF_VIEW("undated_excluded"));
        }
        return 0;
}

/* --- the command ---------------------------------------------------------- */

static int check_years(struct qf_cli *cli, struct qf_report_years *options, struct qf_years *years)
{
        if (!options->base)
                options->base = options->year - 1;
        if (!options->from)
                options->from = options->year;
        if (options->year < 1900 || options->base < 1900 || options->from < 1900 ||
            options->from > options->year || options->base >= options->year)
                return qf_cli_misused(
                        cli, "要写成 --year 2023 --base 2021 --from 2022：base 早于 year，from 不晚于 year。",
                        "say --year 2023 --base 2021 --from 2022: base before year, from not after it.");
        years->first = (uint32_t)(options->base < options->from ? options->base : options->from);
        years->count = (uint32_t)options->year - years->first + 1;
        if (years->count > QF_YEARS_MAX)
                return qf_cli_misused(cli, "年份跨度太大。", "these years are too far apart.");
        return 0;
}

int qf_report_years_of_org(struct qf_cli *cli, const struct qf_programme *programme,
                           struct qf_report_years *options)
{
        struct qf_view org;
        if (!options->org)
                return 0;
        if (qf_report_whose(cli, programme, options->org, &org))
                return 1;
        if (options->where.count == QF_LIST_MAX)
                return qf_cli_misused(cli, "--where 太多。", "too many of --where.");
        for (uint32_t i = 0; i < options->where.count; i++)
                if (qf_asking_filters(options->where.at[i], "org"))
                        return qf_cli_misused(
                                cli, "有 --org 就不要再写 --where org=：同一维度写几个单位，是任一即可。",
                                "with --org leave out --where org=: several of one dimension mean any of them.");
        cli->names_on = (uint32_t)options->year * 10000 + 1231;
        const struct qf_view label = qf_asking_member_label(cli, programme, QF_VIEW("org"), org, NULL, 0);
        (void)snprintf(options->org_where, sizeof(options->org_where), "org=%.*s", (int)org.len, org.at);
        (void)snprintf(options->org_scope, sizeof(options->org_scope), qf_cli_say(cli, "%.*s", "by %.*s"),
                       (int)label.len, label.at);
        options->where.at[options->where.count++] = qf_view_of(options->org_where);
        return 0;
}

/* Everything but the table's other years; 0 or 1. */
static int ask_report(struct qf_cli *cli, struct qf_asking *asking, const struct qf_programme *programme,
                      struct qf_report_years *options, struct qf_years *years,
                      struct qf_year_report *ret_report, uint64_t *ret_version)
{
        const struct qf_settings *settings = qf_programme_settings(programme);
        const uint32_t today = qf_date_at(qf_clock_wall_ms(), settings->zone_minutes);
        struct qf_to_reader answer;
        *ret_report =
                (struct qf_year_report){.from = (uint32_t)options->from,
                                        .year = (uint32_t)options->year,
                                        .base = (uint32_t)options->base,
                                        .rounding = settings->rounding,
                                        .training = settings->training,
                                        .scope = cli->chinese ? settings->scope_zh : settings->scope_en};
        if (options->org)
                ret_report->scope = qf_view_of(options->org_scope);
        qf_report_choose_channel(cli, programme, &options->where, &ret_report->channel);
        if (ask_years(asking, &options->where, years, &answer))
                return 1;
        *ret_version = answer.version;
        if (!qf_years_sum(years, ret_report)) {
                (void)qf_cli_broke(cli, -EOVERFLOW, "report");
                return 1;
        }
        return qf_date_year(today) == ret_report->year && today % 10000 != 1231 &&
               ask_same_days(asking, &options->where, today, ret_report);
}

int qf_report_years_ask(struct qf_cli *cli, struct qf_asking *asking, const struct qf_programme *programme,
                        struct qf_report_years *options, struct qf_year_report *ret_report,
                        uint64_t *ret_version)
{
        struct qf_years years = {0};
        return check_years(cli, options, &years) ||
               ask_report(cli, asking, programme, options, &years, ret_report, ret_version);
}

/* As text, JSON or CSV. Exit code. */
static int give_page(struct qf_cli *cli, const struct qf_programme *programme,
                     const struct qf_handing *handing, struct qf_year_page *page)
{
        QF_CLEANUP(qf_cleanup_free) char *text = NULL;
        size_t len = 0;
        page->to = open_memstream(&text, &len);
        if (!page->to)
                return qf_cli_broke(cli, -ENOMEM, "report");
        const int exit_code = qf_year_print(cli, programme, page);
        if (fclose(page->to) != 0)
                return qf_cli_broke(cli, -ENOMEM, "report");
        return exit_code ? exit_code
                         : qf_handing_give(cli, handing, page->form, "year",
                                           (struct qf_view){text, (uint32_t)len});
}

static int give_document(struct qf_cli *cli, const struct qf_year_source *source, enum qf_form form)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        char name[QF_HANDED_BYTES];
        if (qf_year_document(source, form, &bytes))
                return cli->exit_code;
        qf_year_document_name(source, name, sizeof(name));
        return qf_handing_give(cli, &source->options->handing, form, name,
                               (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len});
}

static int report_year(struct qf_cli *cli, struct qf_report_years *options, struct qf_years *years,
                       enum qf_form form)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *registers = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *asking = NULL;
        struct qf_year_report report;
        uint64_t version;
        if (qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS}, &registers))
                return cli->exit_code;
        const struct qf_programme *programme = qf_subscription_programme(registers);
        if (qf_report_years_of_org(cli, programme, options) || qf_asking_open(cli, &asking) ||
            ask_report(cli, asking, programme, options, years, &report, &version))
                return cli->exit_code;
        struct qf_year_published published = {.json = NULL};
        if (qf_year_beside(cli, asking, programme, options, &report, &published))
                return cli->exit_code;
        const int exit_code = form > QF_FORM_CSV
                                      ? give_document(cli,
                                                      &(struct qf_year_source){.cli = cli,
                                                                               .programme = programme,
                                                                               .options = options,
                                                                               .years = years,
                                                                               .report = &report,
                                                                               .version = version,
                                                                               .beside = published.text},
                                                      form)
                                      : give_page(cli, programme, &options->handing,
                                                  &(struct qf_year_page){.form = form,
                                                                         .years = years,
                                                                         .report = &report,
                                                                         .version = version,
                                                                         .below = published.text,
                                                                         .next = published.next,
                                                                         .more_name = "published",
                                                                         .more = published.json});
        json_decref(published.json);
        return exit_code;
}

static const struct qf_option year_options[] = {
        {"year", QF_OPTION_NUMBER, offsetof(struct qf_report_years, year), "YEAR", "报告哪一年",
         "the year reported", 2999},
        {"base", QF_OPTION_NUMBER, offsetof(struct qf_report_years, base), "YEAR", "与哪一年比；默认上一年",
         "the year it is compared with; default the one before", 2999},
        {"from", QF_OPTION_NUMBER, offsetof(struct qf_report_years, from), "YEAR",
         "合计从哪一年起；默认只算这一年", "the sum begins with; default the year itself", 2999},
        {"where", QF_OPTION_LIST, offsetof(struct qf_report_years, where), "DIM=CODE",
         "只算这些成员的；不提 channel 时只算线下",
         "only of these members; without a channel: in person only", 0},
        {"edition", QF_OPTION_NUMBER, offsetof(struct qf_report_years, edition), "N",
         "用公布的第N版的数，不用现在的", "of the figures published as edition N, not of those of now",
         QF_EDITION_NUMBER_MAX},
        {"org", QF_OPTION_TEXT, offsetof(struct qf_report_years, org), "ORG",
         "这个单位（和它下面的）自己的报告", "the own report of this organisation, with those below it", 0},
        QF_HANDING_OPTIONS(offsetof(struct qf_report_years, handing)),
        {"out", QF_OPTION_TEXT, offsetof(struct qf_report_years, handing.output), "FILE", "同 --output",
         "the same as --output", 0},
        {"csv", QF_OPTION_FLAG, offsetof(struct qf_report_years, csv), NULL, "打印成 CSV", "print CSV", 0},
        {0},
};

static int run_year(struct qf_cli *cli, int argc, char **argv)
{
        struct qf_report_years options = {0};
        struct qf_years years = {0};
        enum qf_form form;
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count) || check_years(cli, &options, &years) ||
            qf_handing_form(cli, &options.handing, options.csv, &form))
                return cli->exit_code;
        return options.edition ? qf_year_of_edition(cli, &options, &years, form)
                               : report_year(cli, &options, &years, form);
}

const struct qf_command qf_report_year = {
        .name = "year",
        .zh = "年度报告：句子和表；或整份，PDF、工作簿、网页",
        .en = "the year's report: its sentence and table; or all of it, as PDF, workbook or page",
        .run = run_year,
        .options = year_options,
        .more_zh =
                "--format pdf、xlsx、html、md 是整份报告：封面、目录、总体情况、逐月、各维度、其他各表、口径、出处；text、json、csv 只是句子和逐年的表。办公室把一版写成文件的同时按 "
                "SHA-256 存进日志，以后原样给出。\n\n--edition：一版已公布、时期盖住所有年份的，如 2021..2023；或者几个时期（月、季、半年、年）合起来盖住的，各取第N版或之前最近的一版。",
        .more_en =
                "--format pdf, xlsx, html and md are the whole report: cover, contents, overview, months, dimensions, the other tables, definitions and sources; text, json and csv are its sentence and the table of years. What the office writes into a file of an edition is kept in the journal by its SHA-256, and given as it was from then on.\n\n--edition: of a published period that covers all years, such as 2021..2023; or of several (months, quarters, half-years, years) that do so together, of each its edition N or the last before it.",
};
