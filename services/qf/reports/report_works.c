/* Why: works at sites are begun in one year and done in another: each year has its
 * flows, and what is under way at its end. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/reports/report_run.h"

struct work {
        struct qf_view kind;
        uint32_t begun, done; /* yyyymmdd; 0: not done */
};

struct works {
        struct work *at;
        uint32_t count;
};

static void close_works(struct works *works)
{
        free(works->at);
}

/* Of a year, and of a kind or of all (NULL). */
static void count(const struct works *works, const struct qf_view *kind, uint32_t year, uint32_t asof,
                  uint32_t ret_counts[3])
{
        const uint32_t end = year * 10000 + 1231 < asof ? year * 10000 + 1231 : asof;
        ret_counts[0] = ret_counts[1] = ret_counts[2] = 0;
        for (uint32_t i = 0; i < works->count; i++) {
                const struct work *work = &works->at[i];
                if ((kind && !qf_view_same(work->kind, *kind)) || work->begun > end)
                        continue;
                ret_counts[0] += work->begun / 10000 == year;
                ret_counts[1] += work->done && work->done <= end && work->done / 10000 == year;
                ret_counts[2] += !work->done || work->done > end;
        }
}

static void put(struct qf_page *page, const uint32_t counts[3])
{
        for (unsigned i = 0; i < 3; i++)
                qf_page_number(page, counts[i]);
}

static void put_year(struct qf_report_run *run, const struct works *works, const uint32_t *kinds,
                     uint32_t kinds_count, uint32_t year)
{
        const uint16_t dimension = qf_programme_find_dimension(run->programme, QF_VIEW("works_kind"));
        struct qf_page *page = &run->page;
        uint32_t counts[3];
        for (uint32_t i = 0; i <= kinds_count; i++) {
                const struct qf_view kind =
                        i < kinds_count ? qf_programme_member(run->programme, dimension, kinds[i])->code
                                        : QF_VIEW("");
                count(works, &kind, year, run->asof, counts);
                if (!counts[0] && !counts[1] && !counts[2])
                        continue;
                qf_page_row(page);
                qf_page_date(page, year * 10000);
                qf_page_member(page, "works_kind", kind, 0);
                put(page, counts);
        }
}

static int fill(struct qf_report_run *run)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("site_works"));
        QF_CLEANUP(close_works) struct works works = {0};
        QF_CLEANUP(qf_cleanup_free) uint32_t *kinds = NULL;
        struct qf_page *page = &run->page;
        uint32_t kinds_count, first = UINT32_MAX;
        struct qf_to_reader answer;
        if (qf_report_ask_list(run, "site_works", 0, 0, &answer) ||
            qf_report_order(run, qf_programme_find_dimension(run->programme, QF_VIEW("works_kind")), &kinds,
                            &kinds_count))
                return 1;
        works.at = calloc((size_t)answer.answer_rows_count + 1, sizeof(*works.at));
        if (!works.at)
                return qf_report_no_memory(run);
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                const struct work work = {.kind = qf_listed_member(&answer, row, "works_kind"),
                                          .begun = qf_date_first_day(qf_listed_date(row)),
                                          .done = qf_listed_day(spec, row, "done")};
                first = work.begun / 10000 < first ? work.begun / 10000 : first;
                works.at[works.count++] = work;
        }
        static const struct qf_page_head columns[] = {
                {"year", "年", "year", QF_PAGE_TEXT},
                {"works_kind", "类别", "kind", QF_PAGE_TEXT},
                {"begun", "开工", "begun", QF_PAGE_NUMBER},
                {"done", "完工", "done", QF_PAGE_NUMBER},
                {"under_way", "年末在建", "under way at its end", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t year = first; year <= run->asof / 10000; year++)
                put_year(run, &works, kinds, kinds_count, year);
        qf_page_fact(page, "asof", json_integer(run->asof));
        return 0;
}

static const struct qf_option site_works_options[] = {QF_REPORT_ASOF, QF_REPORT_WHERE, QF_REPORT_FORMS, {0}};

static const char *const site_works_indicators[] = {"works", NULL};

static const struct qf_report site_works_report = {.indicators = site_works_indicators,
                                                   .kinds = "site_works",
                                                   .fill = fill,
                                                   .title_zh = "阵地建设",
                                                   .title_en = "Works at sites"};

const struct qf_command qf_report_site_works = {
        .name = "site-works",
        .zh = "阵地建设：每年开工、完工、在建",
        .en = "works at sites: begun, done and under way by year",
        .run = qf_report_run,
        .of = &site_works_report,
        .options = site_works_options,
        .more_zh = "类别是方案里的维度 works_kind；没有这个维度时不分类别。",
        .more_en = "Kinds are those of the programme's dimension works_kind, where it has one.",
};
