/* Opening a clerk's file from a command: what keeps it from being read is said in
 * the reader's language. */
#pragma once

#include "qf/cli/cli.h"
#include "client/feed_notes.h"
#include "qf/sheets/feed_map.h"
#include "qf/sheets/feed_sheet.h"

struct qf_opened { /* zero-initialised is none */
        struct qf_buffer bytes;
        struct qf_sheet sheet;
};

/* An exit code: 0, or what was said. name: which sheet; NULL: the first. What ret_opened holds is released by
 * qf_opened_deinit, whatever the outcome. */
QF_CHECK int qf_open_sheet(struct qf_cli *cli, const char *path, const char *name,
                           struct qf_opened *ret_opened);
/* A sheet was asked for of a text, which has none. 0, or QF_EXIT_USAGE, said. */
QF_CHECK int qf_opened_has_sheets(struct qf_cli *cli, const struct qf_opened *opened, const char *path,
                                  const char *name);
/* W002: which sheets of the workbook were not read; nothing is near where there are none. Lives as long as what was opened. */
struct qf_note qf_opened_others(const struct qf_opened *opened);
/* Says a note on stderr, behind the path. 0 or -errno. */
QF_CHECK int qf_note_say(const struct qf_cli *cli, const char *path, const struct qf_note *note);
void qf_opened_deinit(struct qf_opened *opened);
/* The same without a meaning: bytes of a file of at most 256 MiB. -errno. */
QF_CHECK int qf_file_bytes(const char *path, struct qf_buffer *ret_bytes);
/* Says a note that ends the command: why, and what to do. Returns exit_code, or what broke. */
int qf_note_fail(struct qf_cli *cli, int exit_code, const struct qf_note *note);
/* The same of columns that could not be bound (enum qf_bind_outcome): QF_EXIT_RETURNED, or what broke. */
int qf_bind_fail(struct qf_cli *cli, int outcome, struct qf_view missing, struct qf_view near);
