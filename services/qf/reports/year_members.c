/* Why: a number of the year is seen from each side that activities are counted by: who, where, how, about what; beside the
 * year that it is compared with. Of a published edition the frozen cells say it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/period.h"
#include "qf/cli/figures.h"
#include "qf/reports/edition_read.h"
#include "qf/reports/year_sections.h"

enum { DIMENSIONS_MAX = 14, BARS_LEAST = 2, STATED_SHARE = 10 /* one in so many */ };

struct divided { /* by member */
        uint32_t members;
        struct qf_counts *now, *before, all_now, all_before;
};

static void free_divided(struct divided *divided)
{
        free(divided->now);
        free(divided->before);
}

static int divide_live(struct qf_report_run *run, const struct qf_dimension *dimension, uint16_t id,
                       uint32_t members, struct qf_counts *counts, struct qf_counts *all)
{
        char code[QF_CODE_BYTES_MAX + 1];
        struct qf_to_reader answer;
        (void)snprintf(code, sizeof(code), "%.*s", (int)dimension->code.len, dimension->code.at);
        if (qf_report_ask_by(run, code, &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_view member = answer.answer_rows[i].members[0];
                const uint32_t at =
                        member.len ? qf_programme_find_member(run->programme, id, member) : QF_MEMBER_NONE;
                if (at <= members)
                        counts[at] = answer.answer_rows[i].counts;
        }
        *all = answer.all.counts;
        return 0;
}

static struct qf_counts divide_edition(const struct qf_year_sections *sections, uint16_t id, uint32_t year,
                                       struct qf_counts *counts)
{
        const uint32_t first = year * 100 + 1, last = year * 100 + 12;
        const struct qf_view data = sections->source->data;
        qf_edition_sum_members(data, sections->source->programme, id, first, last, counts);
        return qf_edition_sum(data, QF_VIEW("total"), QF_VIEW("all"), first, last);
}

static int divide(struct qf_year_sections *sections, struct qf_report_run *run,
                  const struct qf_dimension *dimension, uint16_t id, struct divided *divided)
{
        const struct qf_year_report *report = sections->source->report;
        divided->members = dimension->members;
        divided->now = calloc((size_t)dimension->members + 1, sizeof(*divided->now));
        divided->before = calloc((size_t)dimension->members + 1, sizeof(*divided->before));
        if (!divided->now || !divided->before)
                return qf_report_no_memory(run);
        if (sections->source->edition) {
                divided->all_now = divide_edition(sections, id, report->year, divided->now);
                divided->all_before = divide_edition(sections, id, report->base, divided->before);
                return 0;
        }
        run->first_day = report->year * 10000 + 101;
        if (divide_live(run, dimension, id, divided->members, divided->now, &divided->all_now))
                return 1;
        qf_report_answered(run);
        run->first_day = report->base * 10000 + 101;
        run->last_day =
                report->upto ? qf_date_in_year(report->upto, report->base) : report->base * 10000 + 1231;
        return divide_live(run, dimension, id, divided->members, divided->before, &divided->all_before);
}

static void put_counts(struct qf_page *page, const struct qf_counts *now, const struct qf_counts *before)
{
        qf_page_number(page, now->of[QF_ACTIVITIES]);
        qf_page_number(page, before->of[QF_ACTIVITIES]);
        qf_page_growth(page, now, before, QF_ACTIVITIES);
        qf_page_attendances(page, now);
        qf_page_mean(page, now->of[QF_ATTENDANCES], qf_figures_known(now));
        qf_page_number(page, now->of[QF_ACTIVITIES_UNKNOWN]);
}

static void put_dimension_heads(const struct qf_year_sections *sections, struct qf_page *page,
                                const struct qf_dimension *dimension)
{
        const struct qf_year_report *report = sections->source->report;
        const struct qf_view label = qf_asking_dimension_label(page->cli, page->programme, dimension->code);
        char text[QF_PAGE_LABEL_BYTES];
        (void)snprintf(text, sizeof(text), "%.*s", (int)label.len, label.at);
        qf_page_column(page, dimension->code, text, QF_PAGE_TEXT);
        (void)snprintf(text, sizeof(text), qf_cli_say(page->cli, "%u年场次", "activities %u"), report->year);
        qf_page_column(page, QF_VIEW("activities"), text, QF_PAGE_NUMBER);
        (void)snprintf(text, sizeof(text), qf_cli_say(page->cli, "%u年场次", "activities %u"), report->base);
        qf_page_column(page, QF_VIEW("activities_base"), text, QF_PAGE_NUMBER);
        qf_page_column(page, QF_VIEW("growth"), qf_cli_say(page->cli, "增长", "growth"), QF_PAGE_NUMBER);
        (void)snprintf(text, sizeof(text), qf_cli_say(page->cli, "%u年人次", "attendances %u"), report->year);
        qf_page_column(page, QF_VIEW("attendances"), text, QF_PAGE_NUMBER);
        qf_page_column(page, QF_VIEW("mean"), qf_cli_say(page->cli, "场均人次", "mean"), QF_PAGE_NUMBER);
        qf_page_column(page, QF_VIEW("unknown"), qf_cli_say(page->cli, "人次不详", "not known"),
                       QF_PAGE_NUMBER);
}

/* How many members have activities in the year. */
static uint32_t put_members(struct qf_report_run *run, uint16_t id, const struct divided *divided,
                            const uint32_t *order, uint32_t count)
{
        uint32_t active = 0;
        for (uint32_t i = 0; i <= count; i++) {
                const uint32_t member = i < count ? order[i] : QF_MEMBER_NONE;
                const struct qf_member *found = qf_programme_member(run->programme, id, member);
                const struct qf_view code = member && found ? found->code : QF_VIEW("");
                const struct qf_counts *now = &divided->now[member], *before = &divided->before[member];
                if (!now->of[QF_RECORDS] && !before->of[QF_RECORDS])
                        continue;
                active += member && now->of[QF_ACTIVITIES];
                qf_page_row(&run->page);
                qf_page_member(&run->page, run->page.columns[0].code, code, 0);
                put_counts(&run->page, now, before);
        }
        return active;
}

static void remark_dimension(const struct qf_year_sections *sections, struct qf_report_run *run,
                             const struct qf_dimension *dimension)
{
        char note[QF_CODE_BYTES_MAX + 16], text[QF_NOTE_TEXT_BYTES];
        if (sections->source->edition && sections->channel)
                qf_page_remark(
                        &run->page, "本表线上线下都算：公布的数据只按一个维度冻结。",
                        "This table is of all channels: published figures are frozen by one dimension at a time.");
        if (!sections->source->edition || !dimension->multi)
                return;
        (void)snprintf(note, sizeof(note), "not_additive %.*s", (int)dimension->code.len, dimension->code.at);
        qf_page_remark(&run->page, "%s", "%s",
                       qf_figures_note(run->cli, run->programme, qf_view_of(note), text, sizeof(text)));
}

static void note_left_out(struct qf_year_sections *sections, struct qf_view label)
{
        const size_t len = strlen(sections->left_out);
        (void)snprintf(sections->left_out + len, sizeof(sections->left_out) - len, "%s%.*s",
                       len ? qf_cli_say(sections->cli, "、", ", ") : "", (int)label.len, label.at);
        (void)qf_text_whole(sections->left_out);
}

/* *ret_active: members with activities; *ret_restricted: of those that are seen. 0 or 1. */
static int add_dimension(struct qf_year_sections *sections, uint16_t id, uint32_t *ret_active,
                         bool *ret_restricted)
{
        const struct qf_dimension *dimension = qf_programme_dimension(sections->source->programme, id);
        QF_CLEANUP(free_divided) struct divided divided = {0};
        QF_CLEANUP(qf_cleanup_free) uint32_t *order = NULL;
        struct qf_report_run *run =
                qf_year_section_begin(sections, "year", qf_year_indicators, &sections->chosen);
        uint32_t count, active = 0;
        char heading[QF_HANDED_BYTES];
        if (divide(sections, run, dimension, id, &divided) || qf_report_order(run, id, &order, &count)) {
                qf_year_section_end(sections, run, false, NULL);
                return 1;
        }
        put_dimension_heads(sections, &run->page, dimension);
        active = put_members(run, id, &divided, order, count);
        qf_page_total(&run->page);
        qf_page_word(&run->page, "合计", "total");
        put_counts(&run->page, &divided.all_now, &divided.all_before);
        remark_dimension(sections, run, dimension);
        const struct qf_view label = qf_asking_dimension_label(run->cli, run->programme, dimension->code);
        (void)snprintf(heading, sizeof(heading), qf_cli_say(run->cli, "各%.*s活动场次", "Activities by %.*s"),
                       (int)label.len, label.at);
        if (active >= BARS_LEAST)
                qf_page_chart(&run->page, QF_CHART_BARS, 0, 1, 2, heading);
        (void)snprintf(heading, sizeof(heading), qf_cli_say(run->cli, "按%.*s", "By %.*s"), (int)label.len,
                       label.at);
        const int64_t all = divided.all_now.of[QF_ACTIVITIES],
                      stated = all - divided.now[QF_MEMBER_NONE].of[QF_ACTIVITIES];
        if (active && stated * STATED_SHARE < all)
                note_left_out(sections, label);
        const bool alone = active == 1 && sections->source->options->org &&
                           qf_view_same(dimension->code, QF_VIEW("org"));
        qf_year_section_end(sections, run, active && !alone && stated * STATED_SHARE >= all, heading);
        *ret_active = active;
        *ret_restricted = run->restricted || sections->source->restricted;
        return 0;
}

static bool is_shown(const struct qf_year_sections *sections, uint16_t id)
{
        static const char *const elsewhere[] = {"co_org", "initiative", "task", "channel"};
        const struct qf_programme *programme = sections->source->programme;
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        for (unsigned i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
                if (qf_view_same(dimension->code, qf_view_of(elsewhere[i])))
                        return strcmp(elsewhere[i], "channel") == 0 && !sections->channel;
        return (qf_programme_counted(programme) >> id & 1) && dimension->members;
}

int qf_year_members(struct qf_year_sections *sections)
{
        const struct qf_programme *programme = sections->source->programme;
        const uint16_t org = qf_programme_find_dimension(programme, QF_VIEW("org"));
        uint32_t active = 0, added = 0;
        bool restricted = false;
        if (qf_programme_dimension(programme, org) && add_dimension(sections, org, &active, &restricted))
                return 1;
        if (!sections->source->options->org && !restricted) {
                const uint32_t card = sections->handed->cards_count++;
                (void)snprintf(sections->handed->cards[card].label, QF_HANDED_BYTES, "%s",
                               qf_cli_say(sections->cli, "办活动的单位", "Organisations active"));
                (void)snprintf(sections->handed->cards[card].figure, QF_HANDED_BYTES, "%u", active);
                (void)snprintf(sections->handed->cards[card].beside, QF_HANDED_BYTES,
                               qf_cli_say(sections->cli, "%u年办过活动", "held activities in %u"),
                               sections->source->report->year);
        }
        for (uint16_t id = 1; id <= qf_programme_dimensions(programme) && added < DIMENSIONS_MAX; id++) {
                if (id == org || !is_shown(sections, id))
                        continue;
                const uint32_t before = sections->count;
                if (add_dimension(sections, id, &active, &restricted))
                        return 1;
                added += sections->count - before;
        }
        return 0;
}
