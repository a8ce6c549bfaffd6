/* Why: before a month's totals are believed, somebody asks who has not reported,
 * and whose own totals are others than those counted. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "model/ratio.h"
#include "qf/cli/figures.h"
#include "qf/reports/report_run.h"
#include "views/completeness.h"
#include "views/json.h"

enum { MONTHS_MAX = 120 };

struct sheets {
        struct qf_cli *cli;
        const struct qf_programme *programme;
        uint32_t first_day, last_day;
        struct qf_cover *covers;
        uint32_t count;
        struct qf_cover_sums sums;
        struct qf_view org; /* of it and those below it; empty: all */
        uint64_t version;   /* up to which both answers reach */
        bool restricted;
};

static void close_asking(struct qf_asking **asking)
{
        *asking = qf_asking_close(*asking);
}

static void close_sheets(struct sheets *sheets)
{
        free(sheets->covers);
}

/* --- what is known --------------------------------------------------------- */

static void keep_org(struct sheets *sheets)
{
        const uint16_t org = qf_programme_find_dimension(sheets->programme, QF_VIEW("org"));
        const uint32_t above = qf_programme_find_member(sheets->programme, org, sheets->org);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < sheets->count; i++) {
                const struct qf_cover *cover = &sheets->covers[i];
                const uint32_t member = qf_programme_find_member(sheets->programme, org, cover->org);
                if (qf_programme_within(sheets->programme, org, member, above, cover->month * 100))
                        sheets->covers[kept++] = *cover;
        }
        sheets->count = kept;
}

/* Both answers are held until all is printed. 0 or 1. */
static int ask(struct sheets *sheets, struct qf_asking *listing, struct qf_asking *counting)
{
        static const struct qf_view by[] = {{"org", 3}, {"month", 5}};
        struct qf_to_reader listed, counted;
        if (qf_report_list(sheets->cli, listing,
                           (struct qf_from_reader){.kind = QF_VIEW("period_report"),
                                                   .first_day = sheets->first_day,
                                                   .last_day = sheets->last_day},
                           &listed) ||
            qf_asking_query(counting,
                            (struct qf_from_reader){.query = QF_QUERY_TOTALS,
                                                    .by_count = 2,
                                                    .by = by,
                                                    .first_day = sheets->first_day,
                                                    .last_day = sheets->last_day},
                            &counted))
                return 1;
        if (counted.by_count != 2)
                return qf_report_not_understood(sheets->cli);
        int r = qf_completeness_make(
                sheets->programme,
                &(struct qf_cover_bounds){.first_day = sheets->first_day, .last_day = sheets->last_day},
                &listed, &counted, &sheets->covers, &sheets->count);
        if (r < 0)
                return qf_cli_broke(sheets->cli, r, "report");
        if (sheets->org.len)
                keep_org(sheets);
        sheets->version = listed.version < counted.version ? listed.version : counted.version;
        sheets->restricted = qf_listed_restricted(&listed) || qf_listed_restricted(&counted);
        sheets->sums = qf_completeness_sum(sheets->covers, sheets->count);
        return 0;
}

int qf_report_missing(struct qf_cli *cli, const struct qf_programme *programme, uint32_t first_day,
                      uint32_t last_day, void (*missing)(void *ctx, const struct qf_cover *cover), void *ctx)
{
        QF_CLEANUP(close_asking) struct qf_asking *listing = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *counting = NULL;
        QF_CLEANUP(close_sheets)
        struct sheets sheets = {
                .cli = cli, .programme = programme, .first_day = first_day, .last_day = last_day};
        if (qf_asking_open(cli, &listing) || qf_asking_open(cli, &counting) ||
            ask(&sheets, listing, counting))
                return 1;
        for (uint32_t i = 0; i < sheets.count; i++)
                if (sheets.covers[i].expected && !sheets.covers[i].received)
                        missing(ctx, &sheets.covers[i]);
        return 0;
}

/* --- what is printed ------------------------------------------------------- */

static json_t *json_of(const struct sheets *sheets)
{
        json_t *rows = json_array();
        for (uint32_t i = 0; i < sheets->count; i++) {
                const struct qf_cover *cover = &sheets->covers[i];
                (void)json_array_append_new(
                        rows,
                        json_pack("{s:o, s:I, s:b, s:b, s:b, s:b, s:[I,I], s:[I,I], s:b}", "org",
                                  qf_json_text(cover->org), "month", (json_int_t)cover->month, "expected",
                                  cover->expected, "received", cover->received, "zero", cover->zero, "late",
                                  cover->late, "declared", (json_int_t)cover->declared[0],
                                  (json_int_t)cover->declared[1], "counted", (json_int_t)cover->counted[0],
                                  (json_int_t)cover->counted[1], "differs", qf_cover_differs(cover)));
        }
        const struct qf_cover_sums *sums = &sheets->sums;
        return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "restricted", sheets->restricted,
                         "expected", (json_int_t)sums->expected, "received", (json_int_t)sums->received,
                         "timely", (json_int_t)sums->timely, "beside", (json_int_t)sums->beside, "zero",
                         (json_int_t)sums->zero, "differing", (json_int_t)sums->differing, "rows", rows);
}

static void put_state(struct qf_page *page, const struct qf_cover *cover)
{
        if (!cover->received)
                qf_page_word(page, "未报", "missing");
        else if (cover->zero)
                qf_page_word(page, cover->late ? "零报告（迟）" : "零报告",
                             cover->late ? "zero report, late" : "zero report");
        else
                qf_page_word(page, cover->late ? "已报（迟）" : "已报",
                             cover->late ? "received late" : "received");
}

static void put_row(struct qf_page *page, const struct qf_cover *cover)
{
        page->cli->names_on = qf_date_last_day(cover->month * 100); /* as it was called then */
        qf_page_row(page);
        qf_page_member(page, "org", cover->org, 0);
        qf_page_date(page, cover->month * 100);
        put_state(page, cover);
        for (unsigned i = 0; i < QF_COVER_NUMBERS; i++) {
                qf_page_known(page, cover->received, cover->declared[i]);
                qf_page_number(page, cover->counted[i]);
        }
        qf_page_word(page, qf_cover_differs(cover) ? "是" : "", qf_cover_differs(cover) ? "yes" : "");
}

static void heads(struct qf_page *page)
{
        static const struct qf_page_head columns[] = {
                {"org", "单位", "organisation", QF_PAGE_TEXT},
                {"month", "月份", "month", QF_PAGE_TEXT},
                {"cover", "封面", "cover sheet", QF_PAGE_TEXT},
                {"declared_activities", "申报场次", "activities declared", QF_PAGE_NUMBER},
                {"counted_activities", "实计场次", "activities counted", QF_PAGE_NUMBER},
                {"declared_attendances", "申报人次", "attendances declared", QF_PAGE_NUMBER},
                {"counted_attendances", "实计人次", "attendances counted", QF_PAGE_NUMBER},
                {"differs", "不符", "differs", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
}

/* "96.5%", and "—" of nothing. */
static const char *share_of(const struct qf_page *page, const struct qf_cover_sums *sums, uint32_t part,
                            char room[QF_FIGURE_BYTES])
{
        char share[QF_FIGURE_BYTES - 1];
        (void)snprintf(room, QF_FIGURE_BYTES, sums->expected ? "%s%%" : "%s",
                       qf_ratio_percent(part, sums->expected, 1, page->rounding, share, sizeof(share)));
        return room;
}

static void say_sums(struct qf_page *page, const struct qf_cover_sums *sums)
{
        char share[QF_FIGURE_BYTES];
        qf_page_line(page, "应报 %u，已报 %u（%s），其中零报告 %u；申报与实计不同 %u",
                     "Expected %u, received %u (%s), zero reports %u; declared and counted differ: %u",
                     sums->expected, sums->received, share_of(page, sums, sums->received, share), sums->zero,
                     sums->differing);
}

/* By our clock, and only where the programme says what late is. */
static void say_timely(struct qf_page *page, const struct qf_cover_sums *sums)
{
        const uint32_t days = qf_programme_settings(page->programme)->timely_days;
        char share[QF_FIGURE_BYTES];
        if (!days) {
                qf_page_line(page, "方案没有定报送期限：不判迟报。",
                             "The programme sets no days to report in: nothing is late.");
                return;
        }
        qf_page_line(page, "按时（月后 %u 天内收到）%u/%u（%s），迟报 %u",
                     "In time (within %u days after the month) %u/%u (%s), late %u", days, sums->timely,
                     sums->expected, share_of(page, sums, sums->timely, share),
                     sums->received - sums->timely);
}

static int check_months(struct qf_report_run *run)
{
        if (run->first_day && run->last_day &&
            run->last_day / 10000 - run->first_day / 10000 < MONTHS_MAX / 12)
                return 0;
        run->cli->exit_code = qf_cli_misused(run->cli, "要写成 --from 2023-01 --to 2023-12，最多十年。",
                                             "say --from 2023-01 --to 2023-12, at most ten years.");
        return 1;
}

static void put_sums(struct qf_page *page, const struct qf_cover_sums *sums)
{
        qf_page_rate(page, sums->received, sums->expected);
        if (qf_programme_settings(page->programme)->timely_days)
                qf_page_rate(page, sums->timely, sums->expected);
        else
                qf_page_nothing(page); /* nobody said what late is */
        qf_page_number(page, sums->zero);
        qf_page_number(page, sums->differing);
}

static void put_orgs(const struct sheets *sheets, struct qf_page *page)
{
        static const struct qf_page_head heads[] = {
                {"org", "单位", "organisation", QF_PAGE_TEXT},
                {"completeness", "完整率", "complete", QF_PAGE_RATE},
                {"timeliness", "及时率", "in time", QF_PAGE_RATE},
                {"zero", "零报告", "zero reports", QF_PAGE_NUMBER},
                {"differing", "申报与实计不同", "declared and counted differ", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, heads, sizeof(heads) / sizeof(heads[0]));
        for (uint32_t from = 0, to; from < sheets->count; from = to) {
                for (to = from;
                     to < sheets->count && qf_view_same(sheets->covers[to].org, sheets->covers[from].org);)
                        to++;
                const struct qf_cover_sums sums = qf_completeness_sum(sheets->covers + from, to - from);
                qf_page_row(page);
                qf_page_member(page, "org", sheets->covers[from].org, 0);
                put_sums(page, &sums);
        }
        qf_page_total(page);
        qf_page_word(page, "合计", "total");
        put_sums(page, &sheets->sums);
}

/* What it is about is asked, and told; put: the table. */
static int fill_with(struct qf_report_run *run,
                     void (*put)(const struct sheets *sheets, struct qf_page *page))
{
        QF_CLEANUP(close_asking) struct qf_asking *listing = NULL;
        QF_CLEANUP(close_asking) struct qf_asking *counting = NULL;
        QF_CLEANUP(close_sheets) struct sheets sheets = {.cli = run->cli, .programme = run->programme};
        struct qf_page *page = &run->page;
        if (check_months(run) || qf_report_whose(run->cli, run->programme, run->options.org, &sheets.org))
                return 1;
        sheets.first_day = run->first_day / 100 * 100 + 1;
        sheets.last_day = run->last_day;
        if (qf_asking_open(run->cli, &listing) || qf_asking_open(run->cli, &counting) ||
            ask(&sheets, listing, counting))
                return 1;
        run->version = sheets.version;
        say_sums(page, &sheets.sums);
        say_timely(page, &sheets.sums);
        put(&sheets, page);
        if (sheets.restricted)
                qf_report_remark_restricted(page);
        qf_page_own_json(page, json_of(&sheets));
        return 0;
}

static void put_covers(const struct sheets *sheets, struct qf_page *page)
{
        heads(page);
        for (uint32_t i = 0; i < sheets->count; i++)
                put_row(page, &sheets->covers[i]);
}

static int fill(struct qf_report_run *run)
{
        return fill_with(run, put_covers);
}

static int fill_orgs(struct qf_report_run *run)
{
        return fill_with(run, put_orgs);
}

/* --- the command ----------------------------------------------------------- */

static const struct qf_option completeness_options[] = {
        {"from", QF_OPTION_TEXT, offsetof(struct qf_report_options, from), "MONTH",
         "自（含）：2023 或 2023-05", "from, inclusive: 2023 or 2023-05", 0},
        {"to", QF_OPTION_TEXT, offsetof(struct qf_report_options, to), "MONTH", "到（含）", "to, inclusive",
         0},
        {"org", QF_OPTION_TEXT, offsetof(struct qf_report_options, org), "ORG", "只看这个单位和它下面的",
         "only of this organisation and those below it", 0},
        QF_REPORT_FORMS,
        {0},
};

static const char *const completeness_indicators[] = {"completeness", "timeliness", NULL};

static const struct qf_report completeness_report = {
        .indicators = completeness_indicators,
        .kinds = "period_report",
        .fill = fill,
        .title_zh = "报送完整性报告",
        .title_en = "Completeness of reporting",
        .first = fill_orgs,
        .first_zh = "各单位报送情况",
        .first_en = "By organisation",
        .rest_zh = "逐月报送封面",
        .rest_en = "Cover sheets month by month",
};

const struct qf_command qf_report_completeness = {
        .name = "completeness",
        .zh = "报送完整性：谁报了、谁没报、申报与实计",
        .en = "cover sheets: who sent one, and what differs from the counts",
        .run = qf_report_run,
        .of = &completeness_report,
        .options = completeness_options,
        .more_zh = "零报告也算已报；“不符”是申报与实计不同。",
        .more_en =
                "A zero report is received; \"differs\" is yes where other numbers are declared than counted.",
};
