/* Why: a site that nobody visits is found only by asking for what is not there:
 * from the register, not from the events. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/reports/report_run.h"

enum { NUMBERS = 3, COORDINATES_BYTES = 32 };

struct site {
        struct qf_counts counts;
        int64_t visits, receptions; /* persons received; how many statements say so */
};

struct sites {
        struct qf_report_run *run;
        uint16_t dimension, category;
        uint32_t *order, order_count;
        struct site *at; /* by id; 0: no site stated */
        struct qf_counts all;
        int64_t all_visits;
};

static void close_sites(struct sites *sites)
{
        free(sites->order);
        free(sites->at);
}

static uint32_t first_day(const struct sites *sites)
{
        return sites->run->first_day;
}

static uint32_t last_day(const struct sites *sites)
{
        return sites->run->last_day ? sites->run->last_day : sites->run->today;
}

/* --- what is asked ---------------------------------------------------------------- */

static struct site *site_of(struct sites *sites, struct qf_view code)
{
        const uint32_t id = code.len ? qf_programme_find_member(sites->run->programme, sites->dimension, code)
                                     : QF_MEMBER_NONE;
        return id == QF_MEMBER_UNKNOWN ? NULL : &sites->at[id];
}

static int ask_visits(struct sites *sites)
{
        static const struct qf_view by[] = {{"site", 4}}, measures[] = {{"visits", 6}};
        const struct qf_report_run *run = sites->run;
        struct qf_to_reader answer;
        if (qf_report_ask(sites->run,
                          (struct qf_from_reader){.query = QF_QUERY_DECLARED,
                                                  .kind = QF_VIEW("visit"),
                                                  .by_count = 1,
                                                  .by = by,
                                                  .measures_count = 1,
                                                  .measures = measures,
                                                  .where_count = run->options.where.count,
                                                  .where = run->options.where.at,
                                                  .first_day = run->first_day,
                                                  .last_day = run->last_day},
                          &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                struct site *site = site_of(sites, row->members[0]);
                if (!site || row->figures_count != NUMBERS)
                        return qf_report_not_understood(run->cli);
                site->visits = row->figures[0];
                site->receptions = row->counts.of[QF_RECORDS];
        }
        sites->all_visits = answer.all.figures_count == NUMBERS ? answer.all.figures[0] : 0;
        return 0;
}

static int ask(struct sites *sites)
{
        struct qf_report_run *run = sites->run;
        struct qf_to_reader answer;
        sites->dimension = qf_programme_find_dimension(run->programme, QF_VIEW("site"));
        sites->category = qf_programme_find_dimension(run->programme, QF_VIEW("site_category"));
        const struct qf_dimension *dimension = qf_programme_dimension(run->programme, sites->dimension);
        if (!dimension || !sites->dimension)
                return run->cli->exit_code = qf_cli_misused(run->cli, "方案里没有维度 site。",
                                                            "the programme has no dimension site.");
        sites->at = calloc((size_t)dimension->members + 1, sizeof(*sites->at));
        if (!sites->at)
                return qf_report_no_memory(run);
        if (qf_report_order(run, sites->dimension, &sites->order, &sites->order_count) ||
            qf_report_ask_by(run, "site", &answer) || ask_visits(sites))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                struct site *site = site_of(sites, answer.answer_rows[i].members[0]);
                if (!site)
                        return qf_report_not_understood(run->cli);
                site->counts = answer.answer_rows[i].counts;
        }
        sites->all = answer.all.counts;
        return 0;
}

/* --- what is known of one ----------------------------------------------------------- */

static const struct qf_member *member_of(const struct sites *sites, uint32_t id)
{
        return qf_programme_member(sites->run->programme, sites->dimension, id);
}

static bool is_valid(const struct sites *sites, uint32_t id)
{
        return qf_report_valid(member_of(sites, id), first_day(sites), last_day(sites));
}

static bool is_silent(const struct sites *sites, uint32_t id)
{
        const struct site *site = &sites->at[id];
        return is_valid(sites, id) && !site->counts.of[QF_RECORDS] && !site->receptions;
}

static struct qf_view category_of(const struct sites *sites, uint32_t id)
{
        const uint32_t group =
                qf_programme_group_of(sites->run->programme, sites->category, id, last_day(sites));
        return group ? qf_programme_member(sites->run->programme, sites->category, group)->code : QF_VIEW("");
}

static bool is_listed(const struct sites *sites, uint32_t id)
{
        const struct site *site = &sites->at[id];
        if (!qf_report_asked(sites->run, "site", id))
                return false;
        return sites->run->options.silent
                       ? is_silent(sites, id)
                       : is_valid(sites, id) || site->counts.of[QF_RECORDS] || site->receptions;
}

static uint32_t count_sites(const struct sites *sites, bool (*is)(const struct sites *sites, uint32_t id))
{
        uint32_t count = 0;
        for (uint32_t i = 0; i < sites->order_count; i++)
                count += is(sites, sites->order[i]);
        return count;
}

/* --- the list ------------------------------------------------------------------------ */

static void put_site(struct sites *sites, uint32_t id)
{
        struct qf_page *page = &sites->run->page;
        const struct qf_member *member = id ? member_of(sites, id) : NULL;
        const struct qf_view code = id ? member->code : QF_VIEW("");
        qf_page_row(page);
        qf_page_text(page, code);
        qf_page_member(page, "site", code, 0);
        if (id && category_of(sites, id).len)
                qf_page_member(page, "site_category", category_of(sites, id), 0);
        else
                qf_page_nothing(page);
        qf_page_counts(page, &sites->at[id].counts);
        qf_page_number(page, sites->at[id].visits);
        if (id)
                qf_page_flag(page, is_silent(sites, id), qf_cli_say(page->cli, "静默", "silent"), "");
        else
                qf_page_nothing(page);
}

static void put_sites(struct sites *sites)
{
        struct qf_page *page = &sites->run->page;
        static const struct qf_page_head columns[] = {
                {"site", "代码", "code", QF_PAGE_TEXT},
                {"name", "研学点", "site", QF_PAGE_TEXT},
                {"site_category", "类别", "category", QF_PAGE_TEXT},
                {"activities", "活动场次", "activities", QF_PAGE_NUMBER},
                {"attendances", "活动人次", "attendances", QF_PAGE_NUMBER},
                {"visits", "研学人次", "visits", QF_PAGE_NUMBER},
                {"silent", "静默", "silent", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t i = 0; i < sites->order_count; i++)
                if (is_listed(sites, sites->order[i]))
                        put_site(sites, sites->order[i]);
        if (sites->run->options.silent)
                return;
        if (sites->at[0].counts.of[QF_RECORDS])
                put_site(sites, QF_MEMBER_NONE);
        qf_page_total(page);
        qf_page_word(page, "合计", "total");
        qf_page_nothing(page);
        qf_page_nothing(page);
        qf_page_counts(page, &sites->all);
        qf_page_number(page, sites->all_visits);
        qf_page_nothing(page);
}

static void say_sites(struct sites *sites)
{
        struct qf_page *page = &sites->run->page;
        const uint32_t valid = count_sites(sites, is_valid), silent = count_sites(sites, is_silent);
        qf_page_fact(page, "valid", json_integer(valid));
        qf_page_fact(page, "silent", json_integer(silent));
        qf_page_line(page, "期内有效的研学点%u个，其中静默的%u个。",
                     "%u sites are valid in the period, %u of them silent.", valid, silent);
        if (sites->run->restricted)
                qf_report_remark_restricted(page);
}

/* --- categories ------------------------------------------------------------------------ */

static void put_category(struct sites *sites, struct qf_view code)
{
        struct qf_page *page = &sites->run->page;
        struct site sum = {0};
        uint32_t valid = 0, silent = 0;
        for (uint32_t i = 0; i < sites->order_count; i++) {
                const uint32_t id = sites->order[i];
                if (!qf_view_same(category_of(sites, id), code))
                        continue;
                valid += qf_report_valid(member_of(sites, id), last_day(sites), last_day(sites));
                silent += is_silent(sites, id);
                const bool fits = qf_counts_add(&sum.counts, &sites->at[id].counts, 1);
                QF_ASSERT(fits); /* they are of one programme */
                sum.visits += sites->at[id].visits;
        }
        if (!code.len && !valid && !sum.counts.of[QF_RECORDS] && !sum.visits)
                return;
        qf_page_row(page);
        qf_page_member(page, "site_category", code, 0);
        qf_page_number(page, valid);
        qf_page_number(page, silent);
        qf_page_counts(page, &sum.counts);
        qf_page_number(page, sum.visits);
}

static int put_categories(struct sites *sites)
{
        struct qf_page *page = &sites->run->page;
        QF_CLEANUP(qf_cleanup_free) uint32_t *categories = NULL;
        uint32_t count;
        if (qf_report_order(sites->run, sites->category, &categories, &count))
                return 1;
        static const struct qf_page_head columns[] = {
                {"site_category", "类别", "category", QF_PAGE_TEXT},
                {"sites", "研学点", "sites", QF_PAGE_NUMBER},
                {"silent", "静默", "silent", QF_PAGE_NUMBER},
                {"activities", "活动场次", "activities", QF_PAGE_NUMBER},
                {"attendances", "活动人次", "attendances", QF_PAGE_NUMBER},
                {"visits", "研学人次", "visits", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t i = 0; i < count; i++)
                put_category(
                        sites,
                        qf_programme_member(sites->run->programme, sites->category, categories[i])->code);
        put_category(sites, QF_VIEW(""));
        return 0;
}

/* --- the commands ------------------------------------------------------------------------ */

static int fill_sites(struct qf_report_run *run)
{
        QF_CLEANUP(close_sites) struct sites sites = {.run = run};
        if (ask(&sites))
                return 1;
        say_sites(&sites);
        put_sites(&sites);
        return 0;
}

static int fill_categories(struct qf_report_run *run)
{
        QF_CLEANUP(close_sites) struct sites sites = {.run = run};
        if (ask(&sites))
                return 1;
        say_sites(&sites);
        return put_categories(&sites);
}

static const struct qf_option sites_options[] = {
        QF_REPORT_FROM,
        QF_REPORT_TO,
        {"silent", QF_OPTION_FLAG, offsetof(struct qf_report_options, silent), NULL, "只列静默的",
         "only those that are silent", 0},
        QF_REPORT_WHERE,
        QF_REPORT_FORMS,
        {0},
};

static const char *const sites_indicators[] = {"sites",       "silent", "activities",
                                               "attendances", "visits", NULL};

static const struct qf_report sites_report = {
        .indicators = sites_indicators, .fill = fill_sites, .title_zh = "研学点", .title_en = "Sites"};

const struct qf_command qf_report_sites = {
        .name = "sites",
        .zh = "研学点：活动、研学人次，静默的",
        .en = "sites: activities, visits, and those that are silent",
        .run = qf_report_run,
        .of = &sites_report,
        .options = sites_options,
};

static const struct qf_option site_categories_options[] = {
        QF_REPORT_FROM, QF_REPORT_TO, QF_REPORT_WHERE, QF_REPORT_FORMS, {0}};

static const char *const site_categories_indicators[] = {"sites",       "silent", "activities",
                                                         "attendances", "visits", NULL};

static const struct qf_report site_categories_report = {.indicators = site_categories_indicators,
                                                        .fill = fill_categories,
                                                        .title_zh = "各类研学点",
                                                        .title_en = "Categories of sites"};

const struct qf_command qf_report_site_categories = {
        .name = "site-categories",
        .zh = "各类研学点",
        .en = "categories of sites",
        .run = qf_report_run,
        .of = &site_categories_report,
        .options = site_categories_options,
        .more_zh =
                "研学点连同它的活动和研学，归在最后一天所属的类别；qf totals --by site_category 按每场活动当天的。",
        .more_en =
                "Sites, with all that was held there, are of the category that they are of on the last day; "
                "qf totals --by site_category goes by the day of each activity.",
};
