/* Why: "638 then, 640 now" is answered by naming the two. What stood at the close
 * and what stands now are made of the journal, and held against each other: what
 * was changed and changed back is no change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "programme/edition_data.h"
#include "qf/cli/json_out.h"
#include "qf/operator/checking.h"
#include "qf/operator/journal_reader.h"
#include "qf/office/period.h"
#include "qf/operator/recount.h"
#include "qf/cli/text_table.h"
#include "views/labels.h"

enum { COLUMNS = 6, NAME_FIELDS = 3 };

struct changes {
        struct qf_cli *cli;
        struct qf_recount recount;
        const struct qf_edition *from, *to; /* to NULL: now */
        struct qf_buffer was, is;           /* lists of an edition's fold */
        uint32_t added, gone, changed;
};

static void free_fold(struct qf_edition_fold **fold)
{
        *fold = qf_edition_fold_free(*fold);
}

static void close_open(struct qf_period_open *open)
{
        qf_period_close(open);
}

/* --- what stood ------------------------------------------------------------------- */

/* What belongs to the edition, as it stands now. */
static int list_now(const struct changes *changes, struct qf_buffer *ret_list)
{
        QF_CLEANUP(free_fold) struct qf_edition_fold *fold = NULL;
        int r = qf_edition_fold_new(changes->recount.apply.programme, changes->from, &fold);
        if (r < 0)
                return r;
        qf_edition_fold_list(fold);
        r = qf_recount_fold(changes->recount.standings, fold);
        return r == 0 ? qf_edition_fold_print(fold, NULL, ret_list) : r;
}

static bool is_close_of(const struct qf_edition *edition, const struct qf_edition_said *said)
{
        return edition && said->first == edition->first && said->last == edition->last &&
               said->number == edition->number && qf_view_same(said->scope, edition->scope);
}

static int hear_event(void *ctx, const struct qf_event *event, uint64_t position)
{
        struct changes *changes = ctx;
        (void)position;
        if (event->kind != QF_KIND_PERIOD_CLOSE)
                return 0;
        const struct qf_edition_said said = qf_edition_said(event);
        if (is_close_of(changes->from, &said))
                return list_now(changes, &changes->was);
        return is_close_of(changes->to, &said) ? list_now(changes, &changes->is) : 0;
}

static int take_record(void *ctx, const struct qf_record_head *head, struct qf_view record)
{
        struct changes *changes = ctx;
        int r = qf_recount_take(&changes->recount, head, record);
        if (r == -EBADMSG)
                return qf_cli_fail(
                        changes->cli, QF_EXIT_OTHER, "日志的第 %llu 条记录无法计入：%s\n核查日志：qf audit",
                        "record %llu of the journal can't be counted: %s\nCheck the journal: qf audit",
                        (unsigned long long)head->position,
                        qf_standstill_text(changes->cli, changes->recount.apply.why));
        return r;
}

/* --- what differs ------------------------------------------------------------------- */

struct listed {
        struct qf_view line, name; /* kind, partner and key */
        struct qf_view kind, partner, key, date, number;
};

static bool next(struct qf_view *rest, struct listed *ret_listed)
{
        struct qf_view line;
        if (!qf_edition_line(rest, &line))
                return false;
        *ret_listed = (struct listed){.line = line};
        struct qf_view fields = line;
        (void)qf_edition_field(&fields, &ret_listed->kind);
        if (qf_view_same(ret_listed->kind, QF_VIEW("statement")))
                (void)qf_edition_field(&fields, &ret_listed->kind);
        (void)qf_edition_field(&fields, &ret_listed->partner);
        (void)qf_edition_field(&fields, &ret_listed->key);
        ret_listed->name =
                (struct qf_view){line.at, (uint32_t)(ret_listed->key.at + ret_listed->key.len - line.at)};
        (void)qf_edition_field(&fields, &ret_listed->date);
        ret_listed->number = fields.at ? fields : QF_VIEW("");
        return true;
}

/* "2 · 120" of an activity; the figures of a statement as they are said. */
static char *say_figures(const struct listed *listed, char *text, size_t room)
{
        size_t len = 0;
        struct qf_view rest = listed->number, field;
        text[0] = '\0';
        while (qf_edition_field(&rest, &field) && len + field.len + 4 < room) {
                if (memchr(field.at, '=', field.len))
                        break; /* members */
                len += (size_t)snprintf(text + len, room - len, "%s%.*s", len ? " · " : "",
                                        field.len ? (int)field.len : 3, field.len ? field.at : "—");
        }
        return text;
}

static int tell_text(struct qf_text_table *table, const struct changes *changes, const struct listed *was,
                     const struct listed *is)
{
        const struct qf_cli *cli = changes->cli;
        const struct listed *named = is ? is : was;
        QF_ASSERT(named);
        char before[96] = "", after[96] = "", date[64], room[2][QF_PERIOD_TEXT_BYTES];
        const char *what = !was  ? qf_cli_say(cli, "新增", "new")
                           : !is ? qf_cli_say(cli, "不再计入", "gone")
                                 : qf_cli_say(cli, "更改", "changed");
        const struct qf_view day = qf_label_period(named->date, room[0], sizeof(room[0]));
        if (was)
                (void)say_figures(was, before, sizeof(before));
        if (is)
                (void)say_figures(is, after, sizeof(after));
        if (was && is && !qf_view_same(was->date, is->date)) {
                const struct qf_view old = qf_label_period(was->date, room[1], sizeof(room[1]));
                (void)snprintf(date, sizeof(date), "%.*s → %.*s", (int)old.len, old.at, (int)day.len, day.at);
        } else
                (void)snprintf(date, sizeof(date), "%.*s", (int)day.len, day.at);
        const struct qf_view cells[COLUMNS] = {qf_view_of(what), named->partner,     named->key,
                                               qf_view_of(date), qf_view_of(before), qf_view_of(after)};
        int r = 0;
        for (unsigned i = 0; i < COLUMNS && !r; i++)
                r = qf_text_table_add(table, cells[i]);
        return r;
}

static int tell_json(json_t *rows, const struct listed *was, const struct listed *is)
{
        const struct listed *named = is ? is : was;
        return json_array_append_new(
                       rows, json_pack("{s:o, s:o, s:o, s:o?, s:o?}", "kind", qf_json_text(named->kind),
                                       "partner", qf_json_text(named->partner), "key",
                                       qf_json_text(named->key), "was", was ? qf_json_text(was->line) : NULL,
                                       "is", is ? qf_json_text(is->line) : NULL))
                       ? -ENOMEM
                       : 0;
}

static int tell(struct changes *changes, struct qf_text_table *table, json_t *rows, const struct listed *was,
                const struct listed *is)
{
        if (was && is && qf_view_same(was->line, is->line))
                return 0;
        ++*(!was ? &changes->added : !is ? &changes->gone : &changes->changed);
        return rows ? tell_json(rows, was, is) : tell_text(table, changes, was, is);
}

/* Both lists are sorted by lines, and so by names, of which each has one line. */
static int compare(struct changes *changes, struct qf_text_table *table, json_t *rows)
{
        struct qf_view before = {(const char *)changes->was.at, (uint32_t)changes->was.len},
                       after = {(const char *)changes->is.at, (uint32_t)changes->is.len};
        struct listed was, is;
        bool has_was = next(&before, &was), has_is = next(&after, &is);
        int r = 0;
        while (!r && (has_was || has_is)) {
                const int order = !has_was ? 1 : !has_is ? -1 : qf_view_order(was.name, is.name);
                r = tell(changes, table, rows, order <= 0 ? &was : NULL, order >= 0 ? &is : NULL);
                if (order <= 0)
                        has_was = next(&before, &was);
                if (order >= 0)
                        has_is = next(&after, &is);
        }
        return r;
}

/* --- what is printed ------------------------------------------------------------------ */

static int print_text(struct changes *changes)
{
        struct qf_cli *cli = changes->cli;
        struct qf_text_table table = {.columns = COLUMNS};
        char from[QF_EDITION_TEXT_BYTES], to[QF_EDITION_TEXT_BYTES];
        const char *const heads[COLUMNS] = {
                "",
                qf_cli_say(cli, "单位", "partner"),
                qf_cli_say(cli, "编号", "key"),
                qf_cli_say(cli, "日期", "date"),
                qf_cli_say(cli, "那时（场 · 人次）", "then (activities · attendances)"),
                qf_cli_say(cli, "现在", "now")};
        int r = 0;
        for (unsigned i = 0; i < COLUMNS && !r; i++)
                r = qf_text_table_add(&table, qf_view_of(heads[i]));
        if (!r)
                r = qf_text_table_line(&table);
        if (!r)
                r = compare(changes, &table, NULL);
        if (!r) {
                printf(qf_cli_say(cli, "%s，到%s：新增 %u，更改 %u，不再计入 %u\n",
                                  "%s, to %s: %u new, %u changed, %u gone\n"),
                       qf_edition_text(cli, changes->from, from),
                       changes->to ? qf_edition_text(cli, changes->to, to) : qf_cli_say(cli, "现在", "now"),
                       changes->added, changes->changed, changes->gone);
                if (changes->added + changes->changed + changes->gone)
                        qf_text_table_print(&table, stdout);
        }
        qf_text_table_deinit(&table);
        return r ? qf_cli_broke(cli, r, "period") : QF_EXIT_DONE;
}

static int print_json(struct changes *changes)
{
        json_t *rows = json_array();
        int r = rows ? compare(changes, NULL, rows) : -ENOMEM;
        if (r) {
                json_decref(rows);
                return qf_cli_broke(changes->cli, r, "period");
        }
        return qf_json_say(changes->cli, json_pack("{s:I, s:I, s:I, s:o}", "new", (json_int_t)changes->added,
                                                   "changed", (json_int_t)changes->changed, "gone",
                                                   (json_int_t)changes->gone, "rows", rows));
}

static int run(struct changes *changes)
{
        int r = qf_recount_init(&changes->recount);
        if (r < 0)
                return qf_cli_broke(changes->cli, r, "period");
        changes->recount.apply.calls.ctx = changes;
        changes->recount.apply.calls.registered = hear_event;
        if (qf_journal_read(changes->cli, NULL, 0, take_record, changes))
                return changes->cli->exit_code;
        if (!changes->to)
                r = list_now(changes, &changes->is);
        if (r < 0)
                return qf_cli_broke(changes->cli, r, "period");
        return changes->cli->json ? print_json(changes) : print_text(changes);
}

struct options {
        struct qf_period_options of;
        const char *archive;
};

static const struct qf_option changes_options[] = {
        {"scope", QF_OPTION_TEXT, offsetof(struct options, of.scope), "ORG", "哪个单位的；不写是全部",
         "of which organisation; default everything", 0},
        {"edition", QF_OPTION_NUMBER, offsetof(struct options, of.edition), "N", "自哪一版；默认最后一版",
         "since which; default the last", QF_EDITION_NUMBER_MAX},
        {"to", QF_OPTION_NUMBER, offsetof(struct options, of.to), "N", "到哪一版；默认现在",
         "up to which; default now", QF_EDITION_NUMBER_MAX},
        QF_ARCHIVE_OPTION,
        {0},
};

static int run_changes(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        QF_CLEANUP(close_open) struct qf_period_open open = {0};
        QF_CLEANUP(qf_cleanup_free) struct changes *changes = calloc(1, sizeof(*changes));
        int count;
        if (!changes)
                return qf_cli_broke(cli, -ENOMEM, "period");
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        cli->archive = options.archive;
        changes->cli = cli;
        if (qf_period_open(cli, &options.of, argv[0], &open) ||
            qf_period_find(cli, &open, options.of.edition, &changes->from) ||
            (options.of.to && qf_period_find(cli, &open, options.of.to, &changes->to)))
                return cli->exit_code;
        const int exit_code = run(changes);
        qf_recount_deinit(&changes->recount);
        qf_buffer_deinit(&changes->was);
        qf_buffer_deinit(&changes->is);
        return exit_code;
}

const struct qf_command qf_period_changes = {
        .name = "changes",
        .zh = "封账后变动：逐条",
        .en = "what changed since, one by one",
        .run = run_changes,
        .arguments = "PERIOD",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = changes_options,
};
