/* Why: eleven reports differ in what they ask and how they fold it, and in nothing
 * else. */
#include "qf/reports/report_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "model/kinds.h"
#include "model/period.h"
#include "qf/cli/figures.h"
#include "qf/reports/edition_answers.h"
#include "views/claim.h"

enum { BY_MOST = 3 };

static void close_run(struct qf_report_run *run)
{
        for (uint32_t i = 0; i < run->askings_count; i++)
                run->askings[i] = qf_asking_close(run->askings[i]);
        run->idle = qf_asking_close(run->idle);
        qf_page_deinit(&run->page);
        run->registers = qf_subscription_close(run->registers);
}

/* --- asking ------------------------------------------------------------------ */

static bool shows(const struct qf_report_run *run, const char *indicator)
{
        const char *const *code = run->page.indicators;
        while (code && *code && strcmp(*code, indicator) != 0)
                code++;
        return code && *code;
}

/* What is about a number that the page does not show is not said. */
static void take_note(struct qf_report_run *run, struct qf_view note, bool list)
{
        static const char adds[] = "not_additive";
        char text[QF_NOTE_TEXT_BYTES];
        if (qf_view_same(note, QF_VIEW("attendance_unknown"))) {
                if (shows(run, "attendances"))
                        qf_page_remark(&run->page, "有的活动人次不详，不按 0 算。",
                                       "For some activities the attendance is not known: that is not 0.");
                return;
        }
        if (run->own_total && qf_view_same(note, QF_VIEW("restricted")))
                return;
        if (run->own_words && note.len >= sizeof(adds) - 1 && !memcmp(note.at, adds, sizeof(adds) - 1))
                return;
        qf_page_remark(&run->page, "%s", "%s",
                       list ? qf_figures_list_note(run->cli, run->programme, note, text, sizeof(text))
                            : qf_figures_note(run->cli, run->programme, note, text, sizeof(text)));
}

static void take_notes(struct qf_report_run *run, const struct qf_to_reader *answer, bool list)
{
        run->restricted |= qf_listed_restricted(answer);
        for (uint32_t i = 0; i < answer->notes_count; i++)
                take_note(run, answer->notes[i], list);
}

static int ask_edition(struct qf_report_run *run, const struct qf_from_reader *query,
                       struct qf_to_reader *ret_answer)
{
        const bool list = query->query == QF_QUERY_LIST;
        const int r =
                qf_edition_answer(run->programme, run->edition->data, query, run->edition->arena, ret_answer);
        if (r)
                return qf_cli_broke(run->cli, r < 0 ? r : -EINVAL, "edition");
        take_notes(run, ret_answer, list);
        if (run->edition->restricted)
                take_note(run, QF_VIEW("restricted"), list);
        run->restricted |= run->edition->restricted;
        return 0;
}

int qf_report_ask(struct qf_report_run *run, struct qf_from_reader query, struct qf_to_reader *ret_answer)
{
        if (run->edition)
                return ask_edition(run, &query, ret_answer);
        QF_ASSERT(run->askings_count < QF_REPORT_ASKINGS);
        struct qf_asking **asking = &run->askings[run->askings_count];
        *asking = QF_TAKE(run->idle);
        if (!*asking && qf_asking_open(run->cli, asking))
                return 1;
        run->askings_count++;
        if (query.query == QF_QUERY_LIST ? qf_report_list(run->cli, *asking, query, ret_answer)
                                         : qf_asking_query(*asking, query, ret_answer))
                return 1;
        if (query.query == QF_QUERY_TOTALS && ret_answer->by_count != query.by_count)
                return qf_report_not_understood(run->cli);
        take_notes(run, ret_answer, query.query == QF_QUERY_LIST);
        run->version = ret_answer->version;
        return 0;
}

void qf_report_answered(struct qf_report_run *run)
{
        run->idle = run->askings[--run->askings_count];
}

int qf_report_ask_list(struct qf_report_run *run, const char *kind, uint32_t first_day, uint32_t last_day,
                       struct qf_to_reader *ret_answer)
{
        return qf_report_ask(run,
                             (struct qf_from_reader){.query = QF_QUERY_LIST,
                                                     .kind = qf_view_of(kind),
                                                     .first_day = first_day,
                                                     .last_day = last_day,
                                                     .where_count = run->options.where.count,
                                                     .where = run->options.where.at},
                             ret_answer);
}

int qf_report_ask_by(struct qf_report_run *run, const char *by, struct qf_to_reader *ret_answer)
{
        struct qf_view names[BY_MOST];
        uint32_t count = 0;
        while (count < BY_MOST && qf_kind_word(&by, &names[count]))
                count++;
        return qf_report_ask(run,
                             (struct qf_from_reader){.query = QF_QUERY_TOTALS,
                                                     .by_count = count,
                                                     .by = names,
                                                     .where_count = run->options.where.count,
                                                     .where = run->options.where.at,
                                                     .first_day = run->first_day,
                                                     .last_day = run->last_day},
                             ret_answer);
}

/* --- rows of an answer --------------------------------------------------------- */

bool qf_report_valid(const struct qf_member *member, uint32_t first_day, uint32_t last_day)
{
        return member->places_count && (!last_day || member->valid_from <= last_day) &&
               (!member->valid_to || member->valid_to >= first_day);
}

/* --- the registers --------------------------------------------------------------- */

struct ordered {
        uint32_t order, id;
};

static int compare_ordered(const void *one, const void *other)
{
        const struct ordered *a = one, *b = other;
        if (a->order != b->order)
                return a->order < b->order ? -1 : 1;
        return a->id < b->id ? -1 : a->id > b->id;
}

int qf_report_order(struct qf_report_run *run, uint16_t dimension, uint32_t **ret_ids, uint32_t *ret_count)
{
        const struct qf_dimension *found = qf_programme_dimension(run->programme, dimension);
        const uint32_t members = found ? found->members : 0;
        struct ordered *ordered = calloc((size_t)members + 1, sizeof(*ordered));
        uint32_t *ids = calloc((size_t)members + 1, sizeof(*ids)), count = 0;
        if (!ordered || !ids) {
                free(ordered);
                free(ids);
                return qf_report_no_memory(run);
        }
        for (uint32_t id = 1; id <= members; id++) {
                const struct qf_member *member = qf_programme_member(run->programme, dimension, id);
                if (member && member->places_count)
                        ordered[count++] = (struct ordered){member->order, id};
        }
        qsort(ordered, count, sizeof(*ordered), compare_ordered);
        for (uint32_t i = 0; i < count; i++)
                ids[i] = ordered[i].id;
        free(ordered);
        *ret_ids = ids;
        *ret_count = count;
        return 0;
}

bool qf_report_asked(const struct qf_report_run *run, const char *dimension, uint32_t member)
{
        const uint16_t id = qf_programme_find_dimension(run->programme, qf_view_of(dimension));
        const uint32_t day = run->last_day ? run->last_day : run->today;
        const uint32_t len = (uint32_t)strlen(dimension);
        bool filtered = false;
        for (uint32_t i = 0; i < run->options.where.count; i++) {
                const struct qf_view text = run->options.where.at[i];
                if (text.len <= len || memcmp(text.at, dimension, len) != 0 || text.at[len] != '=')
                        continue;
                const struct qf_view code = {text.at + len + 1, text.len - len - 1};
                filtered = true;
                if (qf_programme_within(run->programme, id, member,
                                        qf_programme_find_member(run->programme, id, code), day))
                        return true;
        }
        return !filtered;
}

void qf_report_this_year(struct qf_report_run *run)
{
        if (run->first_day || run->last_day)
                return;
        run->first_day = run->today / 10000 * 10000 + 101;
        run->last_day = run->today;
}

int qf_report_no_memory(struct qf_report_run *run)
{
        (void)qf_cli_broke(run->cli, -ENOMEM, "report");
        return 1;
}

/* --- the command --------------------------------------------------------------- */

static int read_days(struct qf_report_run *run)
{
        struct qf_from_reader days = {0};
        uint32_t asof = 0;
        if (qf_asking_days(run->cli, run->options.from, run->options.to, &days) ||
            qf_asking_date(run->cli, "asof", run->options.asof, false, &asof))
                return run->cli->exit_code = QF_EXIT_USAGE;
        run->first_day = days.first_day;
        run->last_day = days.last_day;
        run->asof = asof ? qf_date_last_day(asof) : run->asof;
        return 0;
}

static void say_period(const struct qf_report_run *run, char *text, size_t room)
{
        const uint32_t first = run->first_day, last = run->last_day;
        if (!first && !last)
                (void)snprintf(text, room,
                               qf_cli_say(run->cli, "截至 %04u-%02u-%02u", "As at %04u-%02u-%02u"),
                               run->asof / 10000, run->asof / 100 % 100, run->asof % 100);
        else
                (void)snprintf(text, room,
                               qf_cli_say(run->cli, "%04u-%02u-%02u 至 %04u-%02u-%02u",
                                          "%04u-%02u-%02u to %04u-%02u-%02u"),
                               first / 10000, first / 100 % 100, first % 100,
                               (last ? last : run->today) / 10000, (last ? last : run->today) / 100 % 100,
                               (last ? last : run->today) % 100);
}

/* One page as a document of its own. */
static int hand_on(struct qf_report_run *run, const struct qf_report *report, enum qf_form form)
{
        QF_CLEANUP(close_run)
        struct qf_report_run first = {.cli = run->cli,
                                      .options = run->options,
                                      .programme = run->programme,
                                      .today = run->today,
                                      .first_day = run->first_day,
                                      .last_day = run->last_day,
                                      .asof = run->asof};
        QF_CLEANUP(qf_cleanup_free) struct qf_handed *handed = malloc(sizeof(*handed));
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        struct qf_list where = run->options.where;
        char own[QF_HANDED_BYTES];
        const char *title = qf_cli_say(run->cli, report->title_zh, report->title_en);
        const uint32_t last = run->last_day && run->last_day < run->today ? run->last_day : run->asof;
        if (!handed)
                return qf_cli_broke(run->cli, -ENOMEM, "report");
        qf_handed_init(handed, run->cli, run->programme);
        (void)snprintf(handed->title, sizeof(handed->title), "%s", title);
        say_period(run, handed->period, sizeof(handed->period));
        if (run->page.lines.len == strlen(handed->period) + 1 &&
            !memcmp(run->page.lines.at, handed->period, run->page.lines.len - 1))
                run->page.lines.len = 0; /* the title says so already */
        handed->made_s = qf_handed_time(last);
        qf_page_init(&first.page, run->cli, run->programme, run->cli->command->name, report->indicators);
        if (report->first) {
                if (report->first(&first))
                        return run->cli->exit_code;
                qf_handed_page(handed, &first.page, qf_cli_say(run->cli, report->first_zh, report->first_en));
                run->page.lines.len = 0; /* said there */
        }
        qf_handed_page(handed, &run->page,
                       report->first ? qf_cli_say(run->cli, report->rest_zh, report->rest_en) : title);
        if (run->options.org) {
                QF_ASSERT(where.count < QF_LIST_MAX); /* who takes --org takes no --where */
                (void)snprintf(own, sizeof(own), "org=%s", run->options.org);
                where.at[where.count++] = qf_view_of(own);
                const struct qf_view label = qf_page_label(&run->page, "org", qf_view_of(run->options.org));
                (void)snprintf(handed->whose, sizeof(handed->whose), "%.*s", (int)label.len, label.at);
        }
        qf_handed_sources(handed, run->cli, &where, run->version);
        if (qf_handed_make(run->cli, handed, form, &bytes))
                return run->cli->exit_code;
        return qf_handing_give(run->cli, &run->options.handing, form, run->cli->command->name,
                               (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len});
}

/* What never comes is not missing: such a report is not printed empty. */
static int refuse_unused(struct qf_report_run *run, const char *kinds)
{
        struct qf_view code;

        while (qf_kind_word(&kinds, &code)) {
                const struct qf_kind_spec *spec = qf_kind_named(code);
                if (!qf_programme_uses(run->programme, spec))
                        return qf_cli_fail(
                                run->cli, QF_EXIT_USAGE,
                                "本方案没有“%s”（%s），所以没有这份报告。\n"
                                "用哪些由方案文件的 kinds 和维度定：qf programme show",
                                "this programme has no %s (%s), and so no such report.\n"
                                "The kinds and dimensions of its file say what it uses: qf programme show",
                                qf_cli_say(run->cli, spec->zh, spec->en), spec->code);
        }
        return 0;
}

int qf_report_run(struct qf_cli *cli, int argc, char **argv)
{
        const struct qf_report *report = cli->command->of;
        QF_CLEANUP(close_run) struct qf_report_run run = {.cli = cli, .options.above = QF_CLAIM_VIEWS};
        enum qf_form form;
        int count;
        if (qf_cli_parse(cli, &run.options, argc, argv, &count) || read_days(&run) ||
            qf_handing_form(cli, &run.options.handing, run.options.csv, &form) ||
            qf_asking_subscribe(cli, (struct qf_subscription_options){.want = QF_WANT_REGISTERS},
                                &run.registers))
                return cli->exit_code;
        run.programme = qf_subscription_programme(run.registers);
        run.today = qf_date_at(qf_clock_wall_ms(), qf_programme_settings(run.programme)->zone_minutes);
        if (!run.options.to)
                cli->names_on = run.asof;
        if (!run.asof)
                run.asof = run.today;
        qf_page_init(&run.page, cli, run.programme, cli->command->name, report->indicators);
        if (refuse_unused(&run, report->kinds) || report->fill(&run))
                return cli->exit_code;
        return form > QF_FORM_CSV ? hand_on(&run, report, form)
                                  : qf_handing_page(cli, &run.options.handing, form, &run.page);
}
