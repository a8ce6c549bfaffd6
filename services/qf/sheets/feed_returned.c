/* Why: what came back has to be mended where it was written, in a spreadsheet: the
 * same columns in the same order, two more that say what is wrong and how to mend
 * it, with a BOM so that Excel shows Chinese. It is written whole, then renamed to a
 * name that nothing has: what was mended in an earlier one is a clerk's work. */
#include "qf/sheets/feed_returned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "qf/feeding/feed_open.h"
#include "qf/sheets/feed_csv.h"
#include "qf/sheets/feed_fill.h"

enum { NAMES_MAX = 9999 };

/* number: 1 is not written. */
static int path_of(const struct qf_returned *returned, uint32_t number, char **ret_path)
{
        const char *input = returned->input;
        const char *ending = strrchr(input, '.');
        const char *folder = strrchr(input, '/');
        const char *mark = returned->chinese ? "_退回" : ".returned";
        if (!ending || (folder && ending < folder))
                ending = input + strlen(input);
        size_t stem = (size_t)(ending - input);
        char digits[16] = "";
        if (number > 1)
                (void)snprintf(digits, sizeof(digits), "%u", number);
        return asprintf(ret_path, "%.*s%s%s.csv", (int)stem, input, mark, digits) < 0 ? -ENOMEM : 0;
}

struct writing {
        const struct qf_returned *of;
        FILE *file;
        uint32_t next_here, next_server;
        struct qf_fill fill;
};

/* Our own two columns of an earlier time; what a map ignores may be a part of its key. */
static bool is_left_out(const struct qf_returned *of, uint32_t column)
{
        return of->map->is_template && of->binding->columns[column].field == QF_FIELD_OURS;
}

/* Merged cells are written out: away from the lines above them they would mean another organisation. What was a count of
 * several rows, or a plain number under days from 1904, says so: fed as it is, it would be one row's, or another day. */
static void write_cell(const struct writing *writing, uint32_t column, bool first)
{
        const struct qf_returned *of = writing->of;
        enum qf_fill_how how;
        struct qf_view cell = qf_fill_cell(&writing->fill, column, &how);
        const char *said = NULL;
        char room[QF_CELL_ROOM];
        if (cell.len > 0 && cell.len < sizeof(room) / 2 && qf_fill_is_shared(&writing->fill, column))
                said = of->chinese ? "（合并）" : " (merged)";
        else if (qf_map_is_date(of->map, of->binding->columns[column].field) &&
                 qf_grid_counts_from_1904(of->grid) && qf_cell_is_serial(cell))
                said = " (1904)";
        if (said)
                cell = (struct qf_view){
                        room, (uint32_t)snprintf(room, sizeof(room), "%.*s%s", (int)cell.len, cell.at, said)};
        qf_csv_write(writing->file, cell, first);
}

static void write_cells(const struct writing *writing)
{
        const struct qf_binding *binding = writing->of->binding;
        bool first = true;
        for (uint32_t i = 0; i < binding->columns_count; i++) {
                if (is_left_out(writing->of, i))
                        continue;
                write_cell(writing, i, first);
                first = false;
        }
}

static void write_header(const struct writing *writing)
{
        const struct qf_binding *binding = writing->of->binding;
        bool first = true;
        for (uint32_t i = 0; i < binding->columns_count; i++) {
                if (is_left_out(writing->of, i))
                        continue;
                qf_csv_write(writing->file, qf_map_header(writing->of->grid, binding->header_row, i), first);
                first = false;
        }
        (void)fputs(writing->of->chinese ? ",错误,怎么改\r\n" : ",error,how to mend\r\n", writing->file);
}

static int describe_note(bool chinese, const struct qf_note *note, struct qf_buffer *why,
                         struct qf_buffer *how)
{
        int result = qf_buffer_print(why, "%s%s ", why->len > 0 ? "; " : "", qf_note_name(note));
        if (result == 0 && note->column.len > 0)
                result = qf_buffer_print(why, chinese ? "「%.*s」" : "\"%.*s\": ", (int)note->column.len,
                                         note->column.at);
        if (result == 0)
                result = qf_note_why(note, chinese, why);
        if (result == 0 && how->len > 0)
                result = qf_buffer_append(how, "; ", 2);
        return result ? result : qf_note_how(note, chinese, how);
}

/* All notes of a line, joined. Lists are in the order of lines, and so are the calls: *next never goes back. */
static int describe(bool chinese, const struct qf_notes_list *list, uint32_t line, uint32_t *next,
                    struct qf_buffer *why, struct qf_buffer *how)
{
        for (; list && *next < qf_notes_list_count(list); (*next)++) {
                struct qf_note note = qf_notes_list_at(list, *next);
                if (note.line > line)
                        return 0;
                int result = note.line == line && qf_note_returns(&note)
                                     ? describe_note(chinese, &note, why, how)
                                     : 0;
                if (result)
                        return result;
        }
        return 0;
}

static int write_row(struct writing *writing, uint32_t row)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer why = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer how = {0};
        const struct qf_returned *of = writing->of;
        int result = describe(of->chinese, of->here, row + 1, &writing->next_here, &why, &how);
        if (result == 0)
                result = describe(of->chinese, of->server, row + 1, &writing->next_server, &why, &how);
        if (result)
                return result;
        write_cells(writing);
        qf_csv_write(writing->file, (struct qf_view){(const char *)why.at, (uint32_t)why.len}, false);
        qf_csv_write(writing->file, (struct qf_view){(const char *)how.at, (uint32_t)how.len}, false);
        (void)fputs("\r\n", writing->file);
        return 0;
}

static void mark(const struct qf_notes_list *list, uint8_t *returned, uint32_t rows)
{
        for (uint32_t i = 0; list && i < qf_notes_list_count(list); i++) {
                struct qf_note note = qf_notes_list_at(list, i);
                if (qf_note_returns(&note) && note.line >= 1 && note.line <= rows)
                        returned[note.line - 1] = 1;
        }
}

static int write_all(struct writing *writing)
{
        uint32_t rows = qf_grid_rows(writing->of->grid);
        QF_CLEANUP(qf_cleanup_free) uint8_t *returned = calloc(rows + 1u, 1);
        if (!returned)
                return -ENOMEM;
        mark(writing->of->here, returned, rows);
        mark(writing->of->server, returned, rows);
        (void)fputs("\xef\xbb\xbf", writing->file);
        write_header(writing);
        for (uint32_t row = writing->of->binding->header_row + 1; row < rows; row++) {
                qf_fill_row(&writing->fill, row);
                int result = returned[row] ? write_row(writing, row) : 0;
                if (result)
                        return result;
        }
        if (ferror(writing->file) || fflush(writing->file) || fsync(fileno(writing->file)))
                return -EIO;
        return 0;
}

static int write_whole(const char *path, struct writing *writing)
{
        writing->file = fopen(path, "we");
        if (!writing->file)
                return -errno;
        int result = qf_fill_init(&writing->fill, writing->of->grid, writing->of->binding);
        if (result == 0)
                result = write_all(writing);
        qf_fill_deinit(&writing->fill);
        if (fclose(writing->file) && result == 0)
                result = -EIO;
        return result;
}

/* Gives the fresh file the first name that says the same or is not there. */
static int place(const char *fresh, const struct qf_returned *returned, char **ret_path, bool *ret_beside)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer ours = {0};
        int result = qf_file_bytes(fresh, &ours);
        for (uint32_t number = 1; number <= NAMES_MAX && result == 0; number++) {
                QF_CLEANUP(qf_buffer_deinit) struct qf_buffer theirs = {0};
                QF_CLEANUP(qf_cleanup_free) char *path = NULL;
                result = path_of(returned, number, &path);
                if (result)
                        return result;
                const int there = qf_file_bytes(path, &theirs);
                const bool same = there == 0 && qf_view_same(qf_buffer_view(&ours), qf_buffer_view(&theirs));
                if (there == -ENOMEM)
                        return there;
                if (!same && there != -ENOENT)
                        continue;
                if (same ? unlink(fresh) : rename(fresh, path))
                        return -errno;
                *ret_path = QF_TAKE(path);
                *ret_beside = number > 1;
                return 0;
        }
        return result ? result : -EEXIST;
}

int qf_returned_write(const struct qf_returned *returned, char **ret_path, bool *ret_beside)
{
        struct writing writing = {.of = returned};
        QF_CLEANUP(qf_cleanup_free) char *path = NULL;
        QF_CLEANUP(qf_cleanup_free) char *fresh = NULL;
        int result = path_of(returned, 1, &path);
        if (result || asprintf(&fresh, "%s.new", path) < 0)
                return -ENOMEM;
        result = write_whole(fresh, &writing);
        if (result == 0)
                result = place(fresh, returned, ret_path, ret_beside);
        if (result) {
                (void)unlink(fresh);
                *ret_path = QF_TAKE(path);
        }
        return result;
}
