/* Why: feed, fold and reconcile read the same files, and a clerk must hear the same
 * sentence whichever of them could not. */
#include "qf/feeding/feed_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static const uint64_t file_bytes_most = (uint64_t)256 << 20;

int qf_file_bytes(const char *path, struct qf_buffer *ret_bytes)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat status;
        if (fd < 0)
                return -errno;
        if (fstat(fd, &status))
                return -errno;
        if (S_ISDIR(status.st_mode))
                return -EISDIR;
        for (;;) {
                int result = qf_buffer_reserve(ret_bytes, 64 * 1024);
                if (result)
                        return result;
                ssize_t got = read(fd, ret_bytes->at + ret_bytes->len, ret_bytes->room - ret_bytes->len);
                if (got < 0 && errno != EINTR)
                        return -errno;
                if (got == 0)
                        return 0;
                ret_bytes->len += got > 0 ? (size_t)got : 0;
                if (ret_bytes->len > file_bytes_most)
                        return -EFBIG;
        }
}

int qf_note_fail(struct qf_cli *cli, int exit_code, const struct qf_note *note)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer why = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer how = {0};
        int result = qf_note_why(note, cli->chinese, &why);
        if (result == 0)
                result = qf_note_how(note, cli->chinese, &how);
        if (result)
                return qf_cli_broke(cli, result, qf_note_name(note));
        return qf_cli_fail(cli, exit_code, "%s %.*s。\n%.*s。", "%s %.*s.\n%.*s.", qf_note_name(note),
                           (int)why.len, (const char *)why.at, (int)how.len, (const char *)how.at);
}

int qf_bind_fail(struct qf_cli *cli, int outcome, struct qf_view missing, struct qf_view near)
{
        static const enum qf_note_code codes[] = {
                [QF_BIND_NO_HEADER] = QF_NOTE_NO_HEADER,
                [QF_BIND_NO_COLUMN] = QF_NOTE_NO_COLUMN,
                [QF_BIND_NO_DIMENSION] = QF_NOTE_NO_COLUMN,
                [QF_BIND_SCALED] = QF_NOTE_SCALED,
        };
        const struct qf_note note = {.code = codes[outcome], .got = missing, .near = near};
        return qf_note_fail(cli, QF_EXIT_RETURNED, &note);
}

static int said(struct qf_cli *cli, int result, const char *name, const struct qf_sheet *sheet)
{
        static const enum qf_note_code codes[] = {
                [QF_SHEET_ENCODING] = QF_NOTE_ENCODING,   [QF_SHEET_OLD] = QF_NOTE_OLD_WORKBOOK,
                [QF_SHEET_OTHER] = QF_NOTE_NO_SHEET,      [QF_SHEET_DAMAGED] = QF_NOTE_DAMAGED,
                [QF_SHEET_TOO_LARGE] = QF_NOTE_TOO_LARGE, [QF_SHEET_NO_SUCH] = QF_NOTE_NO_SUCH_SHEET,
                [QF_SHEET_QUOTE] = QF_NOTE_OPEN_QUOTE,    [QF_SHEET_LINES] = QF_NOTE_LINES_OF_JSON,
        };
        struct qf_note note = {
                .code = codes[result],
                .a = sheet->line,
                .got = qf_view_of(name),
                .near = {(const char *)sheet->others.at, (uint32_t)sheet->others.len},
        };
        return qf_note_fail(cli, result == QF_SHEET_NO_SUCH ? QF_EXIT_USAGE : QF_EXIT_RETURNED, &note);
}

int qf_open_sheet(struct qf_cli *cli, const char *path, const char *name, struct qf_opened *ret_opened)
{
        int result = qf_file_bytes(path, &ret_opened->bytes);
        if (result == 0)
                result = qf_sheet_read(
                        (struct qf_view){(const char *)ret_opened->bytes.at, (uint32_t)ret_opened->bytes.len},
                        name, &ret_opened->sheet);
        if (result > 0)
                return said(cli, result, name, &ret_opened->sheet);
        return result ? qf_cli_unread(cli, result, path) : 0;
}

int qf_opened_has_sheets(struct qf_cli *cli, const struct qf_opened *opened, const char *path,
                         const char *name)
{
        if (!name || opened->sheet.workbook)
                return 0;
        return qf_cli_fail(cli, QF_EXIT_USAGE, "%s 不是工作簿，没有可选的表。\n去掉 --sheet，再来一次。",
                           "%s is no workbook: it has no sheets to choose from.\nLeave out --sheet.", path);
}

struct qf_note qf_opened_others(const struct qf_opened *opened)
{
        const struct qf_buffer *others = &opened->sheet.others;
        return (struct qf_note){.code = QF_NOTE_OTHER_SHEETS,
                                .near = {(const char *)others->at, (uint32_t)others->len}};
}

int qf_note_say(const struct qf_cli *cli, const char *path, const struct qf_note *note)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        int result = qf_note_print(note, cli->chinese, &text);
        if (result == 0)
                fprintf(stderr, qf_cli_say(cli, "%s：%.*s\n", "%s: %.*s\n"), path, (int)text.len,
                        (const char *)text.at);
        return result;
}

void qf_opened_deinit(struct qf_opened *opened)
{
        qf_sheet_deinit(&opened->sheet);
        qf_buffer_deinit(&opened->bytes);
}
