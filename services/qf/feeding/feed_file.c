/* Why: feeding a file is one promise in four steps: read it, put all of it into
 * the outbox in one transaction (with a note that this file was fed), send, tell.
 * Killed at any moment, the same command says what became of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "model/period.h"
#include "qf/cli/asking.h"
#include "qf/cli/progress.h"
#include "qf/feeding/feed_command.h"
#include "qf/feeding/feed_control.h"
#include "qf/sheets/feed_map.h"
#include "qf/feeding/feed_open.h"
#include "qf/sheets/feed_returned.h"
#include "qf/sheets/feed_rows.h"
#include "qf/feeding/feed_summary.h"
#include "qf/feeding/feed_tally.h"
#include "qf/feeding/feed_told.h"
#include "qf/feeding/feeding.h"

enum { SURVEY_COLUMNS = 2, HEADER_LINES = 10 };

struct feeding { /* of one file */
        struct qf_cli *cli;
        const struct qf_feed_command *command;
        const char *path;
        struct qf_opened opened;
        uint8_t hash[QF_OUTBOX_HASH];
        struct qf_map_file *map_file;
        struct qf_kind_map *kind_map;
        const struct qf_map *map;
        struct qf_binding binding;
        struct qf_rows *rows;
        struct qf_feed *feed;
        const struct qf_programme *programme;
        struct qf_feed_tally tally;
        struct qf_notes_list file_notes, server_notes, closing_notes;
        struct qf_buffer control_text;    /* words of closing_notes */
        struct qf_told_list told;         /* what stands, of conflicts and of what fell */
        bool fed_before, reads_otherwise; /* than it did then */
        int64_t fed_before_ms;
        uint64_t fed_first, fed_count; /* numbers it got then; 0: not fed before */
        struct qf_buffer fed_name;
        uint64_t waited_at_start;
};

static void feeding_deinit(struct feeding *feeding)
{
        qf_feed_close(feeding->feed);
        qf_rows_free(feeding->rows);
        qf_binding_deinit(&feeding->binding);
        qf_map_free(feeding->map_file);
        qf_opened_deinit(&feeding->opened);
        qf_kind_map_free(feeding->kind_map);
        qf_buffer_deinit(&feeding->fed_name);
        qf_feed_tally_deinit(&feeding->tally);
        qf_notes_list_deinit(&feeding->file_notes);
        qf_notes_list_deinit(&feeding->server_notes);
        qf_notes_list_deinit(&feeding->closing_notes);
        qf_buffer_deinit(&feeding->control_text);
        qf_told_deinit(&feeding->told);
}

static int broke(struct feeding *feeding, int error)
{
        return qf_cli_broke(feeding->cli, error, feeding->path);
}

/* --- reading ------------------------------------------------------------ */

/* The file, how it is read and by whom: another map, sheet or source is another feed. */
int qf_feed_file_hash(struct qf_cli *cli, const struct qf_feed_command *command, struct qf_view bytes,
                      uint8_t ret_hash[QF_OUTBOX_HASH])
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer map = {0};
        struct qf_sha256 *sha = NULL;

        int result = command->map ? qf_file_bytes(command->map, &map) : 0;
        if (result)
                return qf_cli_unread(cli, result, command->map);
        result = qf_sha256_new(&sha);
        if (result)
                return qf_cli_broke(cli, result, "SHA-256");
        uint8_t len[8];
        qf_sha256_begin(sha);
        qf_sha256_add(sha, "qf-file-1", 9);
        qf_sha256_add(sha, cli->source, strlen(cli->source) + 1);
        qf_put_le64(len, map.len);
        qf_sha256_add(sha, len, sizeof(len));
        qf_sha256_add(sha, map.at, map.len);
        if (command->kind)
                qf_sha256_add(sha, command->kind, strlen(command->kind) + 1);
        if (command->sheet)
                qf_sha256_add(sha, command->sheet, strlen(command->sheet) + 1);
        qf_sha256_add(sha, bytes.at, bytes.len);
        qf_sha256_end(sha, ret_hash);
        qf_sha256_free(sha);
        return 0;
}

static int read_file(struct feeding *feeding)
{
        int exit_code = qf_open_sheet(feeding->cli, feeding->path, feeding->command->sheet, &feeding->opened);
        const struct qf_view bytes = {(const char *)feeding->opened.bytes.at,
                                      (uint32_t)feeding->opened.bytes.len};
        if (exit_code == 0)
                exit_code = qf_opened_has_sheets(feeding->cli, &feeding->opened, feeding->path,
                                                 feeding->command->sheet);
        return exit_code ? exit_code
                         : qf_feed_file_hash(feeding->cli, feeding->command, bytes, feeding->hash);
}

static int load_kind(struct feeding *feeding)
{
        struct qf_cli *cli = feeding->cli;
        const struct qf_kind_spec *spec = qf_asking_kind(cli, feeding->command->kind);
        if (!spec)
                return cli->exit_code;
        if (feeding->command->map)
                return qf_cli_misused(cli, "--kind 自带模板，不和 --map 一起用。",
                                      "--kind has a template of its own, and does not go with --map.");
        feeding->kind_map = qf_map_of_kind(spec);
        if (!feeding->kind_map)
                return broke(feeding, -ENOMEM);
        feeding->map = qf_kind_map_of(feeding->kind_map);
        return 0;
}

/* Of a file that nothing was said of: the template that knows most of its columns. */
static int choose_template(struct feeding *feeding)
{
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);
        feeding->map = qf_map_template();
        uint32_t best = qf_map_known(feeding->map, feeding->opened.sheet.grid);
        for (size_t i = 0; i < count; i++) {
                if (kinds[i].kind < QF_KIND_DECLARED)
                        continue;
                struct qf_kind_map *map = qf_map_of_kind(&kinds[i]);
                if (!map)
                        return broke(feeding, -ENOMEM);
                uint32_t known = qf_map_known(qf_kind_map_of(map), feeding->opened.sheet.grid);
                if (known > best) {
                        best = known;
                        qf_kind_map_free(feeding->kind_map);
                        feeding->kind_map = map;
                        feeding->map = qf_kind_map_of(map);
                } else {
                        qf_kind_map_free(map);
                }
        }
        return 0;
}

static int load_map(struct feeding *feeding)
{
        if (feeding->command->kind)
                return load_kind(feeding);
        if (!feeding->command->map)
                return choose_template(feeding);
        int result = qf_map_load(feeding->command->map, feeding->cli->chinese, &feeding->map_file);
        if (result < 0)
                return qf_cli_unread(feeding->cli, result, feeding->command->map);
        if (result > 0)
                return QF_EXIT_USAGE;
        feeding->map = qf_map_of(feeding->map_file);
        return 0;
}

/* Whether the first lines have headers of a kind's own figures. */
static bool has_columns(const struct feeding *feeding, uint32_t kind)
{
        const struct qf_grid *grid = feeding->opened.sheet.grid;
        const struct qf_kind_spec *spec = qf_kind_spec(kind);
        uint32_t known = 0;
        for (uint32_t row = 0; row < HEADER_LINES && row < qf_grid_rows(grid); row++)
                for (uint32_t i = 0; i < qf_grid_cells(grid, row); i++)
                        for (unsigned k = 0; k < spec->figures_count; k++)
                                known += qf_cell_same(qf_grid_cell(grid, row, i),
                                                      qf_view_of(spec->figures[k].zh));
        return known >= SURVEY_COLUMNS;
}

/* The sheet of an earlier template: each line had a wave and one of its results. */
static bool mixes_surveys(const struct feeding *feeding)
{
        return has_columns(feeding, QF_KIND_SURVEY_WAVE) && has_columns(feeding, QF_KIND_SURVEY_RESULT);
}

static int said_binding(struct feeding *feeding, int result, struct qf_view missing, struct qf_view near)
{
        struct qf_cli *cli = feeding->cli;
        if (result > 0 && mixes_surveys(feeding))
                return qf_cli_fail(
                        cli, QF_EXIT_RETURNED,
                        "这张表把调查批次和调查结果写在同一行，是旧的样子。\n请分成两张再交：批次一行，用 qf template "
                        "survey_wave；每个项目的结果一行，用 qf template survey_result。",
                        "this sheet has survey waves and their results in one line, as an old template had.\nHand in two: "
                        "qf template survey_wave, a line for each wave, and qf template survey_result, a line for each "
                        "question.");
        if (result == QF_BIND_NO_DIMENSION)
                return qf_cli_fail(
                        cli, QF_EXIT_USAGE,
                        "映射文件里的 field: %.*s 不是字段，方案里也没有这个维度。\n看有哪些：qf programme show",
                        "the map's field \"%.*s\" is no field, and the programme has no such dimension.\nSee which "
                        "there are: qf programme show",
                        (int)missing.len, missing.at);
        if (result < 0)
                return broke(feeding, result);
        if (result == QF_BIND_NO_HEADER && !feeding->command->sheet) /* the first was read */
                near = qf_opened_others(&feeding->opened).near;
        return qf_bind_fail(cli, result, missing, near);
}

/* What is to be said of the file as a whole. */
static int note_file(struct feeding *feeding)
{
        const struct qf_sheet *sheet = &feeding->opened.sheet;
        const struct qf_binding *binding = &feeding->binding;
        struct qf_note encoding = {.code = QF_NOTE_GB18030};
        const struct qf_note others = qf_opened_others(&feeding->opened);
        int result = sheet->encoding == QF_ENCODING_GB18030
                             ? qf_notes_list_add(&feeding->file_notes, &encoding)
                             : 0;
        if (result == 0 && others.near.len > 0 && !feeding->command->sheet)
                result = qf_notes_list_add(&feeding->file_notes, &others);
        for (uint32_t i = 0; i < binding->columns_count && result == 0; i++) {
                const struct qf_bound *bound = &binding->columns[i];
                const bool read = bound->field != QF_FIELD_NONE && bound->field != QF_FIELD_OURS;
                struct qf_note note = {.code = bound->again ? QF_NOTE_COLUMN_AGAIN : QF_NOTE_HIDDEN,
                                       .line = binding->header_row + 1,
                                       .column = qf_map_header(sheet->grid, binding->header_row, i)};
                if (bound->again)
                        note.near = qf_view_of(bound->map->headers[0]);
                if (bound->again || (read && qf_grid_is_hidden(sheet->grid, i)))
                        result = qf_notes_list_add(&feeding->file_notes, &note);
        }
        return result ? broke(feeding, result) : 0;
}

static int bind_columns(struct feeding *feeding)
{
        const struct qf_programme *programme = feeding->programme;
        struct qf_view missing, near;
        int result = qf_map_bind(feeding->map, feeding->opened.sheet.grid, programme, &feeding->binding,
                                 &missing, &near);
        if (result)
                return said_binding(feeding, result, missing, near);
        uint32_t ref = qf_programme_find_source(programme, qf_view_of(feeding->cli->source));
        struct qf_rows_options options = {
                .grid = feeding->opened.sheet.grid,
                .map = feeding->map,
                .binding = &feeding->binding,
                .programme = programme,
                .source = ref ? qf_programme_source(programme, ref) : NULL,
                .today = qf_date_at(qf_clock_wall_ms(), qf_programme_settings(programme)->zone_minutes),
        };
        result = qf_rows_new(&options, &feeding->rows);
        return result ? broke(feeding, result) : note_file(feeding);
}

/* --- rows to events ------------------------------------------------------ */

/* adds: into the outbox; else they were there already, and are only looked at. */
static int take_rows(struct feeding *feeding, bool adds)
{
        struct qf_row_event row;
        for (;;) {
                int outcome = qf_rows_next(feeding->rows, &row);
                if (outcome < 0)
                        return broke(feeding, outcome);
                if (outcome == QF_ROW_END)
                        return 0;
                feeding->tally.lines++;
                if (outcome == QF_ROW_RETURNED) {
                        feeding->tally.returned_here++;
                        continue;
                }
                if (adds && qf_feeding_add(feeding->cli, feeding->feed, &row.event, row.values,
                                           row.values_count, NULL))
                        return feeding->cli->exit_code;
                int result = qf_feed_tally_add(&feeding->tally, &row.event, row.row + 1);
                if (result)
                        return broke(feeding, result);
        }
}

/* Events of a file are safe all at once, with the note that it was fed. */
static int keep_rows(struct feeding *feeding)
{
        struct qf_fed_file file = {
                .fed_ms = qf_clock_wall_ms(),
                .first = qf_outbox_standing(qf_feed_outbox(feeding->feed))->next,
                .name = qf_view_of(feeding->path),
        };
        feeding->tally.first = file.first;
        int exit_code = take_rows(feeding, true);
        if (exit_code)
                return exit_code;
        file.count = qf_feed_tally_count(&feeding->tally);
        memcpy(file.hash, feeding->hash, sizeof(file.hash));
        if (qf_feeding_flush(feeding->cli, feeding->feed, file.count > 0 ? &file : NULL))
                return feeding->cli->exit_code;
        return 0;
}

/* A row that was returned then and would be taken now would be missed, if nothing were said. */
static void say_reads_otherwise(struct feeding *feeding, uint64_t then)
{
        const unsigned long long now = qf_feed_tally_count(&feeding->tally);
        fprintf(stderr,
                qf_cli_say(
                        feeding->cli,
                        "它现在读出来和那次不同（名录或程序变了）：那次报了 %llu 条，现在能报 %llu 条，逐行的结果对不上了。那次的看 qf history 编号；照现在的报：加 --again\n",
                        "It reads otherwise than it did then (the registers or qf changed): %llu events were fed, %llu could be now, and "
                        "results can't be told by line. For those of then see qf history KEY; to feed it as it reads now: --again\n"),
                (unsigned long long)then, now);
        feeding->reads_otherwise = true;
        feeding->tally.fed.len = 0;
        feeding->tally.lines = feeding->tally.returned_here = 0;
}

/* Fed before: what became of it is read from the outbox; what has no verdict yet is waited for. */
static int recall_rows(struct feeding *feeding, const struct qf_fed_file *file)
{
        int exit_code = take_rows(feeding, false);
        if (exit_code)
                return exit_code;
        if (qf_feed_tally_count(&feeding->tally) != file->count) {
                say_reads_otherwise(feeding, file->count);
                return 0;
        }
        feeding->tally.first = file->first;
        int result = qf_feed_tally_recall(&feeding->tally, qf_feed_outbox(feeding->feed));
        return result ? broke(feeding, result) : 0;
}

/* --- verdicts ----------------------------------------------------------- */

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct feeding *feeding = ctx;
        bool news;
        bool recalled_later = feeding->fed_first && !feeding->tally.first &&
                              verdict->number >= feeding->fed_first &&
                              verdict->number - feeding->fed_first < feeding->fed_count;
        const struct qf_fed *fed = recalled_later ? NULL
                                                  : qf_feed_tally_verdict(&feeding->tally, verdict->number,
                                                                          verdict->verdict, &news);
        return fed && news && qf_told_is(fed->kind, verdict)
                       ? qf_told_add(&feeding->told, fed->kind, verdict, feeding->cli->chinese)
                       : 0;
}

/* A row without a number that was set aside stays with the office: mended, it would have another key. */
static struct qf_note note_of(const struct feeding *feeding, const struct qf_fed *fed)
{
        const struct qf_binding *binding = &feeding->binding;
        struct qf_note note = {.code = QF_NOTE_VERDICT, .verdict_code = fed->code, .line = fed->line};
        int32_t key = binding->by_field[QF_FIELD_KEY];
        if (key >= 0) {
                note.column = qf_map_header(feeding->opened.sheet.grid, binding->header_row, (uint32_t)key);
                note.got = qf_grid_cell(feeding->opened.sheet.grid, fed->line - 1, (uint32_t)key);
        }
        note.held = fed->class == QF_QUARANTINED && note.got.len == 0 && binding->keys_count == 0;
        return note;
}

/* Notes for what the server did not take, in the order of lines. *ret_returned: some go back to the clerk. */
static int note_returned(struct feeding *feeding, bool *ret_returned)
{
        *ret_returned = feeding->tally.returned_here > 0;
        for (uint64_t i = 0; i < qf_feed_tally_count(&feeding->tally); i++) {
                const uint64_t number = feeding->tally.first + i;
                const struct qf_fed *fed = qf_feed_tally_find(&feeding->tally, number);
                const struct qf_view told = fed ? qf_told_find(&feeding->told, number) : (struct qf_view){0};
                const bool away = fed && (fed->class == QF_REJECTED || fed->class == QF_QUARANTINED);
                const bool after = fed && fed->code == QF_E151_AFTER_CLOSE;
                if (!away && !told.len && !after)
                        continue;
                struct qf_note note = note_of(feeding, fed);
                if (!away)
                        note.code = told.len ? QF_NOTE_FELL : QF_NOTE_AFTER_CLOSE;
                note.near = told;
                *ret_returned |= qf_note_returns(&note);
                int result = qf_notes_list_add(&feeding->server_notes, &note);
                if (result)
                        return broke(feeding, result);
        }
        return 0;
}

/* --- progress ----------------------------------------------------------- */

static void show_bar(void *ctx)
{
        struct feeding *feeding = ctx;
        const uint64_t all = feeding->waited_at_start, waiting = qf_feed_waiting(feeding->feed);

        qf_progress_at(feeding->cli->progress, waiting < all ? all - waiting : 0, all);
}

static int drain(struct feeding *feeding)
{
        struct qf_progress progress;

        feeding->waited_at_start = qf_feed_waiting(feeding->feed);
        qf_progress_begin(&progress, feeding->cli, qf_cli_say(feeding->cli, "报送", "feeding"),
                          qf_cli_say(feeding->cli, "条", "events"));
        const int failed = qf_feeding_drain(feeding->cli, feeding->feed,
                                            (int64_t)feeding->command->patience_ms, show_bar, feeding);
        qf_progress_end(&progress);
        return failed ? feeding->cli->exit_code : 0;
}

/* --- telling ------------------------------------------------------------ */

static int note_closing(struct feeding *feeding)
{
        struct qf_control_check check = {
                .rows = feeding->rows,
                .tally = &feeding->tally,
                .returned = {qf_rows_notes(feeding->rows), &feeding->server_notes},
                .chinese = feeding->cli->chinese,
        };
        struct qf_note hashed = {.code = QF_NOTE_HASHED,
                                 .a = qf_rows_hashed(feeding->rows),
                                 .b = qf_rows_identical(feeding->rows)};
        int result = qf_control_check(&check, &feeding->closing_notes, &feeding->control_text);
        if (result == 0 && hashed.a > 0)
                result = qf_notes_list_add(&feeding->closing_notes, &hashed);
        if (result == 0 && feeding->tally.lines == 0 && !feeding->fed_before)
                result = qf_notes_list_add(&feeding->file_notes, &(struct qf_note){.code = QF_NOTE_NO_ROWS});
        return result ? broke(feeding, result) : 0;
}

static int write_returned(struct feeding *feeding, char **ret_path, bool *ret_beside)
{
        const struct qf_returned returned = {
                .input = feeding->path,
                .chinese = feeding->cli->chinese,
                .grid = feeding->opened.sheet.grid,
                .map = feeding->map,
                .binding = &feeding->binding,
                .here = qf_rows_notes(feeding->rows),
                .server = &feeding->server_notes,
        };
        int result = qf_returned_write(&returned, ret_path, ret_beside);
        return result ? qf_cli_broke(feeding->cli, result, *ret_path ? *ret_path : feeding->path) : 0;
}

static int report(struct feeding *feeding)
{
        QF_CLEANUP(qf_cleanup_free) char *path = NULL;
        bool returns, beside = false;
        int result = note_returned(feeding, &returns);

        if (result == 0)
                result = note_closing(feeding);
        if (result == 0 && returns && !feeding->command->dry_run)
                result = write_returned(feeding, &path, &beside);
        if (result)
                return result;
        struct qf_feed_report said = {
                .tally = &feeding->tally,
                .notes = {&feeding->file_notes, qf_rows_notes(feeding->rows), &feeding->server_notes,
                          &feeding->closing_notes},
                .hashed = qf_rows_hashed(feeding->rows),
                .identical = qf_rows_identical(feeding->rows),
                .returned_path = path,
                .returned_beside = beside,
                .dry_run = feeding->command->dry_run,
                .fed_before_ms = feeding->fed_before ? feeding->fed_before_ms : 0,
                .unit_zh = "行",
                .unit_en = "rows",
                .unit_en_one = "row",
        };
        result = qf_feed_report_print(feeding->cli, &said);
        return result ? broke(feeding, result) : 0;
}

static void say_fed_before(struct feeding *feeding)
{
        char when[32] = "";
        time_t seconds = (time_t)(feeding->fed_before_ms / 1000);
        struct tm local;
        if (localtime_r(&seconds, &local))
                (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &local);
        fprintf(stderr,
                qf_cli_say(
                        feeding->cli,
                        "这个文件 %s 已经报送过（%.*s），这次没有再发。那次的结果：\n要再报一次（编号相同，不会重复计数）：加 --again\n",
                        "this file was fed already on %s (%.*s); nothing was sent now. What became of it follows.\nTo feed it "
                        "once more (same keys, nothing counts twice): --again\n"),
                when, (int)feeding->fed_name.len, (const char *)feeding->fed_name.at);
}

/* --- the command -------------------------------------------------------- */

static int find_in_ledger(struct feeding *feeding, struct qf_fed_file *ret_file)
{
        int result = qf_outbox_find_file(qf_feed_outbox(feeding->feed), feeding->hash, &feeding->fed_name,
                                         ret_file);
        if (result == QF_STORE_NONE)
                return 0;
        if (result)
                return broke(feeding, result < 0 ? result : -EBADMSG);
        feeding->fed_before = !feeding->command->again;
        feeding->fed_before_ms = ret_file->fed_ms;
        feeding->fed_first = feeding->fed_before ? ret_file->first : 0;
        feeding->fed_count = ret_file->count;
        memmove(feeding->fed_name.at, ret_file->name.at, ret_file->name.len);
        feeding->fed_name.len = ret_file->name.len;
        return 0;
}

static int feed_rows(struct feeding *feeding)
{
        struct qf_fed_file file = {0};
        int exit_code = find_in_ledger(feeding, &file);
        if (exit_code)
                return exit_code;
        if (qf_feeding_learn(feeding->cli, feeding->feed, &feeding->programme))
                return feeding->cli->exit_code;
        exit_code = bind_columns(feeding);
        if (exit_code)
                return exit_code;
        if (feeding->command->dry_run)
                return take_rows(feeding, false);
        if (!feeding->fed_before)
                return keep_rows(feeding);
        say_fed_before(feeding);
        return recall_rows(feeding, &file);
}

int qf_feed_file(struct qf_cli *cli, const struct qf_feed_command *command, const char *path)
{
        QF_CLEANUP(feeding_deinit) struct feeding feeding = {.cli = cli, .command = command, .path = path};

        int exit_code = read_file(&feeding);
        if (exit_code == 0)
                exit_code = load_map(&feeding);
        if (exit_code)
                return exit_code;
        if (qf_feeding_open(cli, true, hear_verdict, &feeding, &feeding.feed))
                return cli->exit_code;
        exit_code = feed_rows(&feeding);
        if (exit_code)
                return exit_code;
        int drained = command->dry_run ? 0 : drain(&feeding);
        exit_code = report(&feeding);
        if (drained || exit_code)
                return drained ? drained : exit_code;
        return feeding.reads_otherwise ? QF_EXIT_OTHER : qf_feed_tally_exit(&feeding.tally);
}
