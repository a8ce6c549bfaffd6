/* Why: which kinds of bodies take part: how many of each there are, have an
 * agreement, and held something. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/reports/agreements.h"
#include "qf/reports/report_run.h"

struct kind {
        uint32_t valid, agreed, active;
        struct qf_counts counts;
};

struct partners {
        struct qf_report_run *run;
        uint16_t org, kinds_dimension;
        uint32_t *order, order_count;
        struct kind *kinds; /* by id of org_kind; 0: no kind */
        bool *agreed;       /* by id of org */
};

static void close_partners(struct partners *partners)
{
        free(partners->order);
        free(partners->kinds);
        free(partners->agreed);
}

/* On the day of --asof. */
static struct kind *kind_of(const struct partners *partners, uint32_t org)
{
        return &partners->kinds[qf_programme_group_of(partners->run->programme, partners->kinds_dimension,
                                                      org, partners->run->asof)];
}

static int find_agreed(struct partners *partners)
{
        struct qf_report_run *run = partners->run;
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("agreement"));
        struct qf_to_reader answer;
        if (qf_report_ask_list(run, "agreement", 0, 0, &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                const struct qf_agreement agreement = {.signed_on = qf_date_first_day(qf_listed_date(row)),
                                                       .until = qf_listed_day(spec, row, "until")};
                const uint32_t org = qf_programme_find_member(run->programme, partners->org,
                                                              qf_listed_member(&answer, row, "org"));
                if (org != QF_MEMBER_UNKNOWN)
                        partners->agreed[org] |= qf_agreement_in_force(&agreement, run->asof);
        }
        return 0;
}

/* An activity is of the kind that its organisation was of on its day, as in all totals. */
static int find_active(struct partners *partners)
{
        struct qf_report_run *run = partners->run;
        struct qf_to_reader answer;
        if (qf_report_ask_by(run, "org org_kind", &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                const struct qf_view code = row->members[1];
                const uint32_t id =
                        code.len ? qf_programme_find_member(run->programme, partners->kinds_dimension, code)
                                 : QF_MEMBER_NONE;
                if (id == QF_MEMBER_UNKNOWN)
                        return qf_report_not_understood(run->cli);
                struct kind *kind = &partners->kinds[id];
                kind->active += row->members[0].len && row->counts.of[QF_ACTIVITIES] != 0;
                if (!qf_counts_add(&kind->counts, &row->counts, 1))
                        return qf_report_not_understood(run->cli);
        }
        return 0;
}

static void count_valid(struct partners *partners)
{
        const struct qf_report_run *run = partners->run;
        const uint32_t members = qf_programme_dimension(run->programme, partners->org)->members;
        for (uint32_t org = 1; org <= members; org++) {
                if (!qf_report_valid(qf_programme_member(run->programme, partners->org, org), run->asof,
                                     run->asof))
                        continue;
                kind_of(partners, org)->valid++;
                kind_of(partners, org)->agreed += partners->agreed[org];
        }
}

static void put_kind(struct partners *partners, uint32_t id)
{
        struct qf_page *page = &partners->run->page;
        const struct kind *kind = &partners->kinds[id];
        const struct qf_member *member = qf_programme_member(page->programme, partners->kinds_dimension, id);
        if (!id && !kind->valid && !kind->counts.of[QF_RECORDS])
                return;
        qf_page_row(page);
        qf_page_member(page, "org_kind", id ? member->code : QF_VIEW(""), 0);
        qf_page_number(page, kind->valid);
        qf_page_number(page, kind->agreed);
        qf_page_number(page, kind->active);
        qf_page_counts(page, &kind->counts);
}

static int fill(struct qf_report_run *run)
{
        QF_CLEANUP(close_partners) struct partners partners = {.run = run};
        struct qf_page *page = &run->page;
        partners.org = qf_programme_find_dimension(run->programme, QF_VIEW("org"));
        partners.kinds_dimension = qf_programme_find_dimension(run->programme, QF_VIEW("org_kind"));
        const struct qf_dimension *kinds = qf_programme_dimension(run->programme, partners.kinds_dimension),
                                  *org = qf_programme_dimension(run->programme, partners.org);
        if (!kinds || !partners.kinds_dimension || !org)
                return run->cli->exit_code = qf_cli_misused(run->cli, "方案里没有维度 org_kind。",
                                                            "the programme has no dimension org_kind.");
        partners.kinds = calloc((size_t)kinds->members + 1, sizeof(*partners.kinds));
        partners.agreed = calloc((size_t)org->members + 1, sizeof(*partners.agreed));
        if (!partners.kinds || !partners.agreed)
                return qf_report_no_memory(run);
        if (qf_report_order(run, partners.kinds_dimension, &partners.order, &partners.order_count) ||
            find_agreed(&partners) || find_active(&partners))
                return 1;
        count_valid(&partners);
        static const struct qf_page_head columns[] = {
                {"org_kind", "单位类别", "kind", QF_PAGE_TEXT},
                {"registered", "登记单位", "registered", QF_PAGE_NUMBER},
                {"agreed", "有有效协议", "with an agreement", QF_PAGE_NUMBER},
                {"active", "办过活动", "held activities", QF_PAGE_NUMBER},
                {"activities", "场次", "activities", QF_PAGE_NUMBER},
                {"attendances", "人次", "attendances", QF_PAGE_NUMBER},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t i = 0; i < partners.order_count; i++)
                put_kind(&partners, partners.order[i]);
        put_kind(&partners, QF_MEMBER_NONE);
        qf_page_fact(page, "asof", json_integer(run->asof));
        return 0;
}

static const struct qf_option partners_options[] = {
        QF_REPORT_FROM, QF_REPORT_TO, QF_REPORT_ASOF, QF_REPORT_FORMS, {0}};

static const char *const partners_indicators[] = {"in_force", "activities", "attendances", NULL};

static const struct qf_report partners_report = {.indicators = partners_indicators,
                                                 .fill = fill,
                                                 .title_zh = "各类单位",
                                                 .title_en = "Kinds of partners"};

const struct qf_command qf_report_partners = {
        .name = "partners",
        .zh = "各类单位：登记的、有协议的、办过活动的",
        .en = "kinds of partners: registered, with an agreement, active",
        .run = qf_report_run,
        .of = &partners_report,
        .options = partners_options,
        .more_zh = "单位和协议看 --asof 那天有效的；活动看 --from 到 --to，归在举办那天单位所属的类别。",
        .more_en =
                "Organisations and agreements are those of --asof; activities those of --from to --to, each of the "
                "kind that its organisation was of on its day.",
};
