/* Why: what was agreed with partners, what of it is in force, and what was promised
 * and never done. */
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/reports/agreements.h"
#include "qf/reports/report_run.h"

enum { DAYS = 90, ITEMS_MOST = QF_TABLE_COLUMNS_MAX - 4 };

struct held {
        struct qf_agreement *at;
        uint32_t count, in_force, expiring, signed_in_year;
};

static void close_held(struct held *held)
{
        free(held->at);
}

/* All that were ever signed: what ended or begins later is told apart by the day. */
static int ask_agreements(struct qf_report_run *run, struct held *held)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("agreement"));
        const uint32_t days = run->options.days ? (uint32_t)run->options.days : DAYS;
        struct qf_to_reader answer;
        if (qf_report_ask_list(run, "agreement", 0, 0, &answer))
                return 1;
        held->at = calloc((size_t)answer.answer_rows_count + 1, sizeof(*held->at));
        if (!held->at)
                return qf_report_no_memory(run);
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                const struct qf_agreement agreement = {
                        .partner = qf_listed_member(&answer, row, "org"),
                        .key = row->members[QF_LISTED_KEY],
                        .items = qf_listed_member(&answer, row, "five_co"),
                        .signed_on = qf_date_first_day(qf_listed_date(row)),
                        .until = qf_listed_day(spec, row, "until"),
                };
                held->in_force += qf_agreement_in_force(&agreement, run->asof);
                held->expiring += qf_agreement_expiring(&agreement, run->asof, days);
                held->signed_in_year +=
                        agreement.signed_on <= run->asof && agreement.signed_on / 10000 == run->asof / 10000;
                held->at[held->count++] = agreement;
        }
        return 0;
}

static void say_stock(struct qf_report_run *run, const struct held *held)
{
        struct qf_page *page = &run->page;
        const uint32_t day = run->asof, days = run->options.days ? (uint32_t)run->options.days : DAYS;
        qf_page_line(
                page, "截至%04u-%02u-%02u：有效协议%u份，其中%u天内到期%u份；当年签订%u份。",
                "As at %04u-%02u-%02u: %u in force, within %u days %u of them end; %u signed in the year.",
                day / 10000, day / 100 % 100, day % 100, held->in_force, days, held->expiring,
                held->signed_in_year);
        qf_page_fact(page, "asof", json_integer(day));
        qf_page_fact(page, "days", json_integer(days));
        qf_page_fact(page, "in_force", json_integer(held->in_force));
        qf_page_fact(page, "expiring", json_integer(held->expiring));
        qf_page_fact(page, "signed_in_year", json_integer(held->signed_in_year));
}

/* --- the register of agreements ------------------------------------------------ */

static void put_agreement(struct qf_report_run *run, const struct qf_agreement *agreement)
{
        const uint32_t days = run->options.days ? (uint32_t)run->options.days : DAYS;
        const bool in_force = qf_agreement_in_force(agreement, run->asof),
                   expiring = qf_agreement_expiring(agreement, run->asof, days);
        struct qf_page *page = &run->page;
        qf_page_row(page);
        qf_page_member(page, "org", agreement->partner, 0);
        qf_page_text(page, agreement->key);
        qf_page_date(page, agreement->signed_on);
        qf_page_date(page, agreement->until);
        qf_page_known(page, in_force && agreement->until, qf_agreement_days_left(agreement, run->asof));
        qf_page_members(page, "five_co", agreement->items);
        const char *state = expiring   ? "expiring"
                            : in_force ? "in_force"
                                       : (agreement->signed_on > run->asof ? "ahead" : "over");
        const char *words = expiring   ? qf_cli_say(run->cli, "将到期", "about to end")
                            : in_force ? qf_cli_say(run->cli, "有效", "in force")
                            : agreement->signed_on > run->asof
                                    ? qf_cli_say(run->cli, "未签订", "not yet signed")
                                    : qf_cli_say(run->cli, "已到期", "over");
        qf_page_cell(page, qf_view_of(words), json_string(state));
}

static int fill_agreements(struct qf_report_run *run)
{
        QF_CLEANUP(close_held) struct held held = {0};
        struct qf_page *page = &run->page;
        if (ask_agreements(run, &held))
                return 1;
        say_stock(run, &held);
        static const struct qf_page_head columns[] = {
                {"org", "单位", "partner", QF_PAGE_TEXT},
                {"key", "编号", "key", QF_PAGE_TEXT},
                {"signed", "签订", "signed", QF_PAGE_TEXT},
                {"until", "有效期至", "until", QF_PAGE_TEXT},
                {"days_left", "剩余天数", "days left", QF_PAGE_NUMBER},
                {"five_co", "五共", "five co-", QF_PAGE_TEXT},
                {"state", "状态", "state", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
        for (uint32_t i = 0; i < held.count; i++)
                put_agreement(run, &held.at[i]);
        return 0;
}

static const struct qf_option agreements_options[] = {
        QF_REPORT_ASOF,
        {"days", QF_OPTION_NUMBER, offsetof(struct qf_report_options, days), "N",
         "多少天之内到期算将到期；默认 90", "about to end: within so many days; default 90", 3650},
        QF_REPORT_WHERE,
        QF_REPORT_FORMS,
        {0},
};

static const char *const agreements_indicators[] = {"in_force", "expiring", NULL};

static const struct qf_report agreements_report = {.indicators = agreements_indicators,
                                                   .kinds = "agreement",
                                                   .fill = fill_agreements,
                                                   .title_zh = "联动协议",
                                                   .title_en = "Agreements"};

const struct qf_command qf_report_agreements = {
        .name = "agreements",
        .zh = "联动协议：有效的、将到期的",
        .en = "agreements: in force, about to end",
        .run = qf_report_run,
        .of = &agreements_report,
        .options = agreements_options,
};

/* --- five co-: promised, done, idle ---------------------------------------------- */

struct item {
        bool promised;
        int64_t activities;
};

struct five_co {
        struct qf_report_run *run;
        uint16_t org;
        uint32_t *items, items_count, *orgs, orgs_count, idle;
        struct item *cells; /* items_count of each organisation, by its id */
        bool *partner;      /* it has an agreement in force, or held such activities itself */
        struct held held;
        struct qf_to_reader all;
};

static void close_five_co(struct five_co *five)
{
        free(five->items);
        free(five->orgs);
        free(five->cells);
        free(five->partner);
        close_held(&five->held);
}

static struct qf_view item_code(const struct five_co *five, uint32_t place)
{
        const uint16_t id = qf_programme_find_dimension(five->run->programme, QF_VIEW("five_co"));
        return qf_programme_member(five->run->programme, id, five->items[place])->code;
}

static uint32_t place_of(const struct five_co *five, struct qf_view item)
{
        uint32_t place = 0;
        while (place < five->items_count && !qf_view_same(item_code(five, place), item))
                place++;
        return place;
}

static uint32_t parent_of(const struct five_co *five, uint32_t org)
{
        return qf_member_place(qf_programme_member(five->run->programme, five->org, org), five->run->asof)
                ->parent;
}

/* What an organisation led counts for all that it stands below, too; what it helped with for itself. */
static void add_activities(struct five_co *five, const struct qf_to_reader *answer, bool led)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                const uint32_t place = place_of(five, row->members[1]);
                uint32_t org = qf_programme_find_member(five->run->programme, five->org, row->members[0]);
                if (place == five->items_count || !row->members[0].len || org == QF_MEMBER_UNKNOWN)
                        continue;
                five->partner[org] = true;
                for (; org; org = led ? parent_of(five, org) : 0)
                        five->cells[(size_t)org * five->items_count + place].activities +=
                                row->counts.of[QF_ACTIVITIES];
        }
}

/* Led by one below and helped with by the one above, who has it already: not twice. */
static void take_twice(struct five_co *five, const struct qf_to_reader *answer, uint32_t place)
{
        const struct qf_programme *programme = five->run->programme;
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                const uint32_t lead = qf_programme_find_member(programme, five->org, row->members[0]),
                               host = qf_programme_find_member(programme, five->org, row->members[1]);
                if (row->members[1].len && host != QF_MEMBER_UNKNOWN &&
                    qf_programme_within(programme, five->org, lead, host, five->run->asof))
                        five->cells[(size_t)host * five->items_count + place].activities -=
                                row->counts.of[QF_ACTIVITIES];
        }
}

static int ask_twice(struct five_co *five)
{
        static const struct qf_view by[] = {{"org", 3}, {"co_org", 6}};
        for (uint32_t place = 0; place < five->items_count; place++) {
                const struct qf_view item = item_code(five, place);
                char filter[2 * QF_PAGE_CODE_BYTES];
                (void)snprintf(filter, sizeof(filter), "five_co=%.*s", (int)item.len, item.at);
                const struct qf_view where = qf_view_of(filter);
                struct qf_to_reader answer;
                if (qf_report_ask(five->run,
                                  (struct qf_from_reader){.query = QF_QUERY_TOTALS,
                                                          .by_count = 2,
                                                          .by = by,
                                                          .where_count = 1,
                                                          .where = &where,
                                                          .first_day = five->run->first_day,
                                                          .last_day = five->run->last_day},
                                  &answer))
                        return 1;
                take_twice(five, &answer, place);
                qf_report_answered(five->run);
        }
        return 0;
}

static void add_promises(struct five_co *five)
{
        for (uint32_t i = 0; i < five->held.count; i++) {
                const struct qf_agreement *agreement = &five->held.at[i];
                const uint32_t org =
                        qf_programme_find_member(five->run->programme, five->org, agreement->partner);
                if (org == QF_MEMBER_UNKNOWN || !qf_agreement_in_force(agreement, five->run->asof))
                        continue;
                five->partner[org] = true;
                for (uint32_t place = 0; place < five->items_count; place++)
                        five->cells[(size_t)org * five->items_count + place].promised |=
                                qf_listed_has(agreement->items, item_code(five, place));
        }
}

static void put_partner(struct five_co *five, uint32_t org)
{
        struct qf_page *page = &five->run->page;
        uint32_t idle = 0;
        qf_page_row(page);
        qf_page_member(page, "org", qf_programme_member(five->run->programme, five->org, org)->code, 0);
        for (uint32_t place = 0; place < five->items_count; place++) {
                const struct item *item = &five->cells[(size_t)org * five->items_count + place];
                const long long activities = (long long)item->activities;
                char text[QF_PAGE_CODE_BYTES] = "";
                json_t *json = json_pack("{s:b, s:I}", "promised", item->promised, "activities",
                                         (json_int_t)activities);
                idle += item->promised && !activities;
                if (item->promised && activities)
                        (void)snprintf(text, sizeof(text),
                                       qf_cli_say(five->run->cli, "约定 %lld", "promised %lld"), activities);
                else if (activities)
                        (void)snprintf(text, sizeof(text), "%lld", activities);
                if (activities)
                        qf_page_said_number(page, qf_view_of(text), activities, json);
                else
                        qf_page_cell(page,
                                     qf_view_of(item->promised
                                                        ? qf_cli_say(five->run->cli, "约而未动", "idle")
                                                        : ""),
                                     json);
        }
        qf_page_number(page, idle);
        five->idle += idle;
}

static int ask_five_co(struct five_co *five)
{
        struct qf_report_run *run = five->run;
        const uint16_t item = qf_programme_find_dimension(run->programme, QF_VIEW("five_co"));
        struct qf_to_reader led, helped;
        five->org = qf_programme_find_dimension(run->programme, QF_VIEW("org"));
        if (qf_report_order(run, item, &five->items, &five->items_count) ||
            qf_report_order(run, five->org, &five->orgs, &five->orgs_count))
                return 1;
        if (!five->items_count || five->items_count > ITEMS_MOST)
                return run->cli->exit_code = qf_cli_misused(run->cli, "方案里没有维度 five_co。",
                                                            "the programme has no dimension five_co.");
        const size_t members = qf_programme_dimension(run->programme, five->org)->members;
        five->cells = calloc((members + 1) * five->items_count, sizeof(*five->cells));
        five->partner = calloc(members + 1, sizeof(*five->partner));
        if (!five->cells || !five->partner)
                return qf_report_no_memory(run);
        if (ask_agreements(run, &five->held) || qf_report_ask_by(run, "org five_co", &led) ||
            qf_report_ask_by(run, "co_org five_co", &helped) || qf_report_ask_by(run, "five_co", &five->all))
                return 1;
        add_promises(five);
        add_activities(five, &led, true);
        add_activities(five, &helped, false);
        return ask_twice(five);
}

static void put_all(struct five_co *five)
{
        struct qf_page *page = &five->run->page;
        qf_page_total(page);
        qf_page_word(page, "活动合计", "activities");
        for (uint32_t place = 0; place < five->items_count; place++) {
                const struct qf_view item = item_code(five, place);
                int64_t activities = 0;
                for (uint32_t i = 0; i < five->all.answer_rows_count; i++)
                        if (qf_view_same(five->all.answer_rows[i].members[0], item))
                                activities = five->all.answer_rows[i].counts.of[QF_ACTIVITIES];
                qf_page_number(page, activities);
        }
        qf_page_number(page, five->idle);
}

static int fill_five_co(struct qf_report_run *run)
{
        QF_CLEANUP(close_five_co) struct five_co five = {.run = run};
        struct qf_page *page = &run->page;
        run->own_words = true;
        if (ask_five_co(&five))
                return 1;
        qf_page_column(page, QF_VIEW("org"), qf_cli_say(run->cli, "单位", "partner"), QF_PAGE_TEXT);
        for (uint32_t place = 0; place < five.items_count; place++) {
                char label[QF_PAGE_LABEL_BYTES];
                const struct qf_view code = item_code(&five, place),
                                     text = qf_page_label(page, "five_co", code);
                (void)snprintf(label, sizeof(label), "%.*s", (int)text.len, text.at);
                qf_page_column(page, code, label, QF_PAGE_NUMBER);
        }
        qf_page_column(page, QF_VIEW("idle"), qf_cli_say(run->cli, "约而未动", "idle"), QF_PAGE_NUMBER);
        say_stock(run, &five.held);
        for (uint32_t i = 0; i < five.orgs_count; i++)
                if (five.partner[five.orgs[i]])
                        put_partner(&five, five.orgs[i]);
        put_all(&five);
        qf_page_remark(
                page,
                "“约定”是有效协议里写了的；后面的数是这个单位主办（含下属）或协办的活动。一项活动可能计入多格。",
                "\"promised\": an agreement in force says so; the number is of activities that it, or one below it, led, or that it co-hosted. An activity may stand in several cells.");
        return 0;
}

static const struct qf_option five_co_options[] = {
        QF_REPORT_FROM, QF_REPORT_TO, QF_REPORT_ASOF, QF_REPORT_FORMS, {0}};

static const char *const five_co_indicators[] = {"idle", "in_force", "activities", NULL};

static const struct qf_report five_co_report = {.indicators = five_co_indicators,
                                                .kinds = "agreement",
                                                .fill = fill_five_co,
                                                .title_zh = "“五共”矩阵",
                                                .title_en = "Five co-: promised, done, idle"};

const struct qf_command qf_report_five_co = {
        .name = "five-co",
        .zh = "五共矩阵：约了的、做了的、约而未动的",
        .en = "partner × five co-: promised, done, idle",
        .run = qf_report_run,
        .of = &five_co_report,
        .options = five_co_options,
        .more_zh = "协议看 --asof 那天有效的；活动看 --from 到 --to。",
        .more_en = "Agreements are those in force on --asof; activities those of --from to --to.",
};
