/* Why: a clerk reads one line and knows that nothing was lost: read = taken +
 * late + duplicate + set aside + returned + forgotten + waiting, each part from the events. */
#include "qf/feeding/feed_summary.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "model/ratio.h"
#include "qf/cli/figures.h"

enum { NOTES_SHOWN = 10 };

/* 1,308 */
static const char *grouped(uint64_t value, char room[32])
{
        return qf_ratio_grouped((int64_t)value, room, 32);
}

/* --- messages ----------------------------------------------------------- */

static int print_note(const struct qf_cli *cli, const struct qf_note *note)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer line = {0};
        int result = qf_note_print(note, cli->chinese, &line);
        if (result == 0)
                printf("%.*s\n", (int)line.len, (const char *)line.at);
        return result;
}

/* The same trouble in a thousand lines is one trouble: of each kind the first few are shown. */
static int print_notes(const struct qf_cli *cli, const struct qf_notes_list *list)
{
        uint32_t count = list ? qf_notes_list_count(list) : 0, left_off = 0;
        uint32_t of_code[QF_NOTES] = {0};
        for (uint32_t i = 0; i < count; i++) {
                struct qf_note note = qf_notes_list_at(list, i);
                if (of_code[note.code]++ >= NOTES_SHOWN) {
                        left_off++;
                        continue;
                }
                int result = print_note(cli, &note);
                if (result)
                        return result;
        }
        if (left_off > 0)
                printf(qf_cli_say(cli, "……还有 %u 条同类的，没有一一列出（--json 列出全部）。\n",
                                  "... and %u more of these kinds (--json lists all).\n"),
                       left_off);
        return 0;
}

/* --- sums --------------------------------------------------------------- */

struct figures {
        uint64_t read, taken, late, duplicate, aside, returned, forgotten, waiting;
        struct qf_feed_sums sums;
};

static struct figures figures_of(const struct qf_feed_tally *tally)
{
        struct figures figures = {.read = tally->lines, .sums = qf_feed_tally_sums(tally)};
        figures.taken = figures.sums.events[QF_ACCEPTED];
        figures.late = figures.sums.events[QF_LATE];
        figures.duplicate = figures.sums.events[QF_DUPLICATE];
        figures.aside = figures.sums.events[QF_QUARANTINED];
        figures.returned = figures.sums.events[QF_REJECTED] + tally->returned_here;
        figures.forgotten = tally->forgotten;
        figures.waiting = qf_feed_tally_count(tally) - tally->answered - tally->forgotten;
        return figures;
}

static void print_main(const struct qf_cli *cli, const struct qf_feed_report *report,
                       const struct figures *figures)
{
        char room[8][32];
        const char *read = grouped(figures->read, room[0]);
        const char *taken = grouped(figures->taken, room[1]);
        const char *duplicate = grouped(figures->duplicate, room[2]);
        const char *late = grouped(figures->late, room[3]);
        const char *aside = grouped(figures->aside, room[4]);
        const char *returned = grouped(figures->returned, room[5]);
        const char *waiting = grouped(figures->waiting, room[6]);

        if (cli->chinese)
                printf("共 %s %s：收下 %s，重复 %s（以前报过，没有重复计数），迟报 %s（已计入），待核 %s，退回 %s",
                       read, report->unit_zh, taken, duplicate, late, aside, returned);
        else
                printf("%s %s: %s taken, %s %s (known before, not counted again), %s late (counted), %s set aside, "
                       "%s returned",
                       read, qf_figures_noun((int64_t)figures->read, report->unit_en_one, report->unit_en),
                       taken, duplicate,
                       qf_figures_noun((int64_t)figures->duplicate, "duplicate", "duplicates"), late, aside,
                       returned);
        if (figures->forgotten > 0)
                printf(qf_cli_say(cli, "，早有结论、这里已不留存 %s",
                                  ", %s answered then and no longer kept here"),
                       grouped(figures->forgotten, room[7]));
        if (figures->waiting > 0)
                printf(qf_cli_say(cli, report->dry_run ? "，可以报送 %s" : "，已存待发 %s",
                                  report->dry_run ? ", %s ready to send" : ", %s kept and not answered yet"),
                       waiting);
        fputs(qf_cli_say(cli, "。\n", ".\n"), stdout);
}

static void print_measures(const struct qf_cli *cli, const struct qf_feed_report *report,
                           const struct figures *figures)
{
        char room[4][32];
        const struct qf_feed_sums *sums = &figures->sums;

        if (sums->activities == 0)
                return;
        const char *activities = grouped(sums->activities, room[0]);
        const char *attendances = grouped(sums->attendances, room[1]);
        if (cli->chinese)
                printf("收下的合 %s 场、%s 人次", activities, attendances);
        else
                printf("Taken: %s %s, %s %s", activities,
                       qf_figures_noun((int64_t)sums->activities, "activity", "activities"), attendances,
                       qf_figures_noun((int64_t)sums->attendances, "attendance", "attendances"));
        if (sums->unknown_events > 0 && cli->chinese)
                printf("；其中 %s %s（%s 场）没有人次，按“不知道”记，不等于 0",
                       grouped(sums->unknown_events, room[2]), report->unit_zh,
                       grouped(sums->unknown_activities, room[3]));
        else if (sums->unknown_events > 0)
                printf("; of %s %s (%s %s) the attendance is not known, which is not 0",
                       grouped(sums->unknown_events, room[2]),
                       qf_figures_noun((int64_t)sums->unknown_events, report->unit_en_one, report->unit_en),
                       grouped(sums->unknown_activities, room[3]),
                       qf_figures_noun((int64_t)sums->unknown_activities, "activity", "activities"));
        fputs(qf_cli_say(cli, "。\n", ".\n"), stdout);
}

static void print_earlier(const struct qf_cli *cli, const struct qf_feed_tally *tally)
{
        const uint64_t *events = tally->earlier.events;
        char room[5][32];
        uint64_t all = 0;
        for (uint32_t class = 0; class < QF_CLASSES; class ++)
                all += events[class];
        if (all == 0)
                return;
        printf(qf_cli_say(cli, "上次留下的 %s%s 条也已报送：收下 %s，重复 %s%s，待核 %s，退回 %s。\n",
                          "%s %s kept from before sent too: %s taken, %s %s, %s set aside, %s returned.\n"),
               grouped(all, room[0]), qf_cli_noun(cli, all, "event", "events"),
               grouped(events[QF_ACCEPTED] + events[QF_LATE], room[1]),
               grouped(events[QF_DUPLICATE], room[2]),
               qf_cli_noun(cli, events[QF_DUPLICATE], "duplicate", "duplicates"),
               grouped(events[QF_QUARANTINED], room[3]), grouped(events[QF_REJECTED], room[4]));
}

static int print_text(const struct qf_cli *cli, const struct qf_feed_report *report)
{
        struct figures figures = figures_of(report->tally);
        int result = 0;
        for (uint32_t i = 0; i < QF_REPORT_CLOSING && result == 0; i++)
                result = print_notes(cli, report->notes[i]);
        if (result)
                return result;
        print_earlier(cli, report->tally);
        if (report->tally->lines == 0)
                return 0;
        print_main(cli, report, &figures);
        print_measures(cli, report, &figures);
        result = print_notes(cli, report->notes[QF_REPORT_CLOSING]);
        if (result == 0 && report->returned_beside)
                fputs(qf_cli_say(
                              cli, "原来的退回文件内容不同，可能已经改过，没有动它；改好了就交那个。\n",
                              "The file of returned rows that was there says otherwise, and was left: when you have mended it, feed that one.\n"),
                      stdout);
        if (result == 0 && report->returned_path && figures.aside > 0 && figures.returned == 0)
                printf(qf_cli_say(
                               cli, "待核的抄在 %s，等办公室定夺，不用再报。\n",
                               "What was set aside is copied to %s: it waits for the office, and need not be fed again.\n"),
                       report->returned_path);
        else if (result == 0 && report->returned_path)
                printf(qf_cli_say(cli, "退回的在 %s，改好后只交这个文件即可。\n",
                                  "The returned rows are in %s: mend them and feed only that file.\n"),
                       report->returned_path);
        return result;
}

/* --- JSON --------------------------------------------------------------- */

static json_t *view_json(struct qf_view view)
{
        return json_stringn(view.len > 0 ? view.at : "", view.len);
}

static json_t *note_json(const struct qf_cli *cli, const struct qf_note *note)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        if (qf_note_print(note, cli->chinese, &text))
                return NULL;
        return json_pack("{s:s, s:i, s:o, s:o, s:o, s:b, s:o}", "code", qf_note_name(note), "line",
                         (int)note->line, "column", view_json(note->column), "got", view_json(note->got),
                         "near", view_json(note->near), "returned", (int)qf_note_returns(note), "text",
                         json_stringn((const char *)text.at, text.len));
}

static int add_notes(const struct qf_cli *cli, json_t *array, const struct qf_notes_list *list)
{
        for (uint32_t i = 0; list && i < qf_notes_list_count(list); i++) {
                struct qf_note note = qf_notes_list_at(list, i);
                if (json_array_append_new(array, note_json(cli, &note)))
                        return -ENOMEM;
        }
        return 0;
}

static json_t *earlier_json(const struct qf_feed_tally *tally)
{
        const uint64_t *events = tally->earlier.events;
        return json_pack("{s:I, s:I, s:I, s:I, s:I}", "taken", (json_int_t)events[QF_ACCEPTED], "late",
                         (json_int_t)events[QF_LATE], "duplicates", (json_int_t)events[QF_DUPLICATE],
                         "quarantined", (json_int_t)events[QF_QUARANTINED], "returned",
                         (json_int_t)events[QF_REJECTED]);
}

static json_t *sums_json(const struct qf_feed_report *report)
{
        struct figures figures = figures_of(report->tally);
        const struct qf_feed_sums *sums = &figures.sums;
        return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rows",
                         (json_int_t)figures.read, "taken", (json_int_t)figures.taken, "late",
                         (json_int_t)figures.late, "duplicates", (json_int_t)figures.duplicate, "quarantined",
                         (json_int_t)figures.aside, "returned", (json_int_t)figures.returned, "forgotten",
                         (json_int_t)figures.forgotten, "waiting", (json_int_t)figures.waiting, "activities",
                         (json_int_t)sums->activities, "attendances", (json_int_t)sums->attendances,
                         "rows_unknown", (json_int_t)sums->unknown_events, "activities_unknown",
                         (json_int_t)sums->unknown_activities, "rows_hashed", (json_int_t)report->hashed,
                         "rows_identical", (json_int_t)report->identical);
}

static int set_rest(json_t *object, const struct qf_feed_report *report)
{
        json_t *path = report->returned_path ? json_string(report->returned_path) : json_null();
        bool failed = json_object_set_new(object, "returned_file", path) ||
                      json_object_set_new(object, "earlier", earlier_json(report->tally)) ||
                      json_object_set_new(object, "dry_run", json_boolean(report->dry_run)) ||
                      json_object_set_new(object, "fed_before_ms", json_integer(report->fed_before_ms));
        return failed ? -ENOMEM : 0;
}

static int print_json(const struct qf_cli *cli, const struct qf_feed_report *report)
{
        json_t *object = sums_json(report), *messages = json_array();
        int result = object && messages ? 0 : -ENOMEM;
        for (uint32_t i = 0; i < QF_REPORT_LISTS && result == 0; i++)
                result = add_notes(cli, messages, report->notes[i]);
        if (result == 0)
                result = json_object_set(object, "messages", messages) ? -ENOMEM : set_rest(object, report);
        if (result == 0 && json_dumpf(object, stdout, JSON_COMPACT))
                result = -EIO;
        if (result == 0)
                (void)fputc('\n', stdout);
        json_decref(messages);
        json_decref(object);
        return result;
}

int qf_feed_report_print(const struct qf_cli *cli, const struct qf_feed_report *report)
{
        return cli->json ? print_json(cli, report) : print_text(cli, report);
}
