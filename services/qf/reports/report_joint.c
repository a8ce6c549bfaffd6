/* Why: "from solo to chorus" is three figures of a year: how much was held jointly,
 * how much others led, and in how many different ways. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/reports/report_run.h"

enum { YEARS_MAX = 200, FIRST_YEAR = 1900 };

struct year {
        int64_t activities, alone,
                hosts; /* alone: without co-host; hosts: led by the body that runs the programme */
        uint32_t modes;
};

struct years {
        struct qf_report_run *run;
        uint32_t host;             /* member */
        struct year at[YEARS_MAX]; /* by year - FIRST_YEAR */
};

static struct year *year_of(struct years *years, struct qf_view text)
{
        uint64_t year;
        if (!qf_text_number(text, FIRST_YEAR + YEARS_MAX - 1, &year) || year < FIRST_YEAR)
                return NULL;
        return &years->at[year - FIRST_YEAR];
}

/* The first organisation of the programme, unless --host says who runs it. */
static int find_host(struct years *years)
{
        struct qf_report_run *run = years->run;
        const uint16_t org = qf_programme_find_dimension(run->programme, QF_VIEW("org"));
        QF_CLEANUP(qf_cleanup_free) uint32_t *ids = NULL;
        uint32_t count;
        if (qf_report_order(run, org, &ids, &count))
                return 1;
        years->host = count ? ids[0] : 0;
        if (run->options.host)
                years->host = qf_programme_find_member(run->programme, org, qf_view_of(run->options.host));
        if (!years->host || years->host == QF_MEMBER_UNKNOWN)
                return run->cli->exit_code = qf_cli_misused(run->cli, "单位名录里没有“%s”。",
                                                            "there is no organisation \"%s\".",
                                                            run->options.host ? run->options.host : "");
        return 0;
}

static int ask(struct years *years)
{
        struct qf_report_run *run = years->run;
        const uint16_t org = qf_programme_find_dimension(run->programme, QF_VIEW("org"));
        struct qf_to_reader co_orgs, orgs, modes;
        /* By the lead too: who may not see all organisations must not be told how often the others are alone. */
        if (qf_report_ask_by(run, "org co_org year", &co_orgs) || qf_report_ask_by(run, "org year", &orgs) ||
            qf_report_ask_by(run, "mode year", &modes))
                return 1;
        for (uint32_t i = 0; i < co_orgs.answer_rows_count; i++) {
                const struct qf_answer_row *row = &co_orgs.answer_rows[i];
                struct year *year = year_of(years, row->members[2]);
                if (year && !row->members[1].len)
                        year->alone += row->counts.of[QF_ACTIVITIES];
        }
        for (uint32_t i = 0; i < orgs.answer_rows_count; i++) {
                const struct qf_answer_row *row = &orgs.answer_rows[i];
                struct year *year = year_of(years, row->members[1]);
                if (!year)
                        return qf_report_not_understood(run->cli);
                year->activities += row->counts.of[QF_ACTIVITIES];
                if (qf_view_same(row->members[0],
                                 qf_programme_member(run->programme, org, years->host)->code))
                        year->hosts += row->counts.of[QF_ACTIVITIES];
        }
        for (uint32_t i = 0; i < modes.answer_rows_count; i++) {
                const struct qf_answer_row *row = &modes.answer_rows[i];
                struct year *year = year_of(years, row->members[1]);
                if (year)
                        year->modes += row->members[0].len && row->counts.of[QF_ACTIVITIES];
        }
        return 0;
}

static void put_year(struct qf_page *page, const struct year *year)
{
        qf_page_number(page, year->activities);
        qf_page_rate(page, year->activities - year->alone, year->activities);
        qf_page_rate(page, year->activities - year->hosts, year->activities);
}

static int fill_joint(struct qf_report_run *run)
{
        QF_CLEANUP(qf_cleanup_free) struct years *years = calloc(1, sizeof(*years));
        struct qf_page *page = &run->page;
        struct year all = {0};
        if (!years)
                return qf_report_no_memory(run);
        years->run = run;
        run->own_words = true;
        run->own_total = true;
        if (find_host(years) || ask(years))
                return 1;
        static const struct qf_page_head columns[] = {
                {"year", "年", "year", QF_PAGE_TEXT},
                {"activities", "场次", "activities", QF_PAGE_NUMBER},
                {"joint", "联办率", "joint", QF_PAGE_RATE},
                {"partner_led", "伙伴主办率", "led by partners", QF_PAGE_RATE},
                {"modes", "方式数", "modes", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t i = 0; i < YEARS_MAX; i++) {
                const struct year *year = &years->at[i];
                if (!year->activities)
                        continue;
                qf_page_row(page);
                qf_page_date(page, (FIRST_YEAR + i) * 10000);
                put_year(page, year);
                qf_page_known(page, !run->restricted, year->modes);
                all.activities += year->activities;
                all.alone += year->alone;
                all.hosts += year->hosts;
        }
        qf_page_total(page);
        qf_page_word(page, "合计", "total");
        put_year(page, &all);
        qf_page_nothing(page); /* the same mode may come in each year */
        const struct qf_view host = qf_page_label(
                page, "org",
                qf_programme_member(run->programme,
                                    qf_programme_find_dimension(run->programme, QF_VIEW("org")), years->host)
                        ->code);
        qf_page_line(page, "牵头机关：%.*s。", "The programme is run by: %.*s.", (int)host.len, host.at);
        if (run->restricted)
                qf_page_remark(page, "看不到全部单位：场次和比率只是看得到的单位主办的。",
                               "Not all organisations are seen: activities and rates are of those that are.");
        return 0;
}

static const struct qf_option joint_options[] = {
        QF_REPORT_FROM,
        QF_REPORT_TO,
        {"host", QF_OPTION_TEXT, offsetof(struct qf_report_options, host), "ORG",
         "牵头机关；默认方案里第一个单位", "who runs the programme; default its first organisation", 0},
        QF_REPORT_WHERE,
        QF_REPORT_FORMS,
        {0},
};

static const char *const joint_indicators[] = {"activities", "joint", "partner_led", "modes", NULL};

static const struct qf_report joint_report = {.indicators = joint_indicators,
                                              .fill = fill_joint,
                                              .title_zh = "联办与伙伴主办",
                                              .title_en = "Joint delivery and partners in the lead"};

const struct qf_command qf_report_joint = {
        .name = "joint",
        .zh = "联办率、伙伴主办率、方式数，逐年",
        .en = "joint-delivery and partner-led rates, and modes, by year",
        .run = qf_report_run,
        .of = &joint_report,
        .options = joint_options,
};

/* --- how varied each organisation is ------------------------------------------------ */

static int fill_modes(struct qf_report_run *run)
{
        struct qf_page *page = &run->page;
        struct qf_to_reader answer;
        if (qf_report_ask_by(run, "year org mode", &answer))
                return 1;
        static const struct qf_page_head columns[] = {
                {"year", "年", "year", QF_PAGE_TEXT},
                {"org", "单位", "organisation", QF_PAGE_TEXT},
                {"activities", "场次", "activities", QF_PAGE_NUMBER},
                {"modes", "方式数", "modes", QF_PAGE_NUMBER},
                {"which", "哪些方式", "which", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t i = 0; i < answer.answer_rows_count;) {
                const struct qf_view *of = answer.answer_rows[i].members;
                QF_CLEANUP(qf_buffer_deinit) struct qf_buffer which = {0};
                int64_t activities = 0;
                uint32_t modes = 0;
                uint64_t year;
                for (; i < answer.answer_rows_count; i++) {
                        const struct qf_answer_row *row = &answer.answer_rows[i];
                        if (!qf_view_same(row->members[0], of[0]) || !qf_view_same(row->members[1], of[1]))
                                break;
                        activities += row->counts.of[QF_ACTIVITIES];
                        if (!row->members[2].len || !row->counts.of[QF_ACTIVITIES])
                                continue;
                        if (qf_buffer_print(&which, "%s%.*s", modes++ ? "," : "", (int)row->members[2].len,
                                            row->members[2].at))
                                return qf_report_no_memory(run);
                }
                qf_page_row(page);
                qf_page_date(page, qf_text_number(of[0], 9999, &year) ? (uint32_t)year * 10000 : 0);
                run->cli->names_on = qf_listed_names_on(&answer, &answer.answer_rows[i - 1], run->last_day);
                qf_page_member(page, "org", of[1], 0);
                qf_page_number(page, activities);
                qf_page_number(page, modes);
                qf_page_members(page, "mode", (struct qf_view){(const char *)which.at, (uint32_t)which.len});
        }
        return 0;
}

static const struct qf_option modes_options[] = {
        QF_REPORT_FROM, QF_REPORT_TO, QF_REPORT_WHERE, QF_REPORT_FORMS, {0}};

static const char *const modes_indicators[] = {"activities", "modes", NULL};

static const struct qf_report modes_report = {.indicators = modes_indicators,
                                              .fill = fill_modes,
                                              .title_zh = "各单位的方式数",
                                              .title_en = "Modes each organisation used"};

const struct qf_command qf_report_modes = {
        .name = "modes",
        .zh = "每个单位每年用过几种方式",
        .en = "how many different modes each organisation used in a year",
        .run = qf_report_run,
        .of = &modes_report,
        .options = modes_options,
};
