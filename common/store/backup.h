/* A backup of a journal, or the archive of what was trimmed from it: a directory
 * that holds every record from the first one on, in files that are closed when they
 * are large and never touched again. Readable with nothing but PROTOCOL.md 4.4.
 *
 *     DIRECTORY/00000000000000000001.records   named by their first position; store/backup_file.h
 *     DIRECTORY/00000000000000090211.records   the last one is open, and not in the list
 *     DIRECTORY/segments                       "qf-backup 1", then of each closed file a line
 *                                              FIRST LAST BYTES SHA256 HASH
 *
 * SHA256 is of the file, HASH of its last record, both in hex. Each record names the
 * hash of the one before it, so that the files are a chain as well. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/backup_file.h"
#include "store/record.h"

struct qf_backup;

struct qf_backup_options {
        bool write;             /* makes the directory when it is not there, and locks it */
        uint64_t segment_bytes; /* a file is closed before it is larger; 0: 64 MiB */
};

/* 0, negative, QF_BACKUP_FORMAT (no backup is there, or its list cannot be read), QF_BACKUP_NEWER, QF_BACKUP_IN_USE. */
QF_CHECK int qf_backup_open(const char *directory, const struct qf_backup_options *options,
                            struct qf_backup **ret_backup);
struct qf_backup *qf_backup_close(struct qf_backup *backup);
/* Whether a directory is one: it has a list, or its first file. */
bool qf_backup_is(const char *directory);

/* The next record, whole and behind the one before it: 0, negative, QF_BACKUP_END, or QF_BACKUP_DAMAGED, and qf_backup_why
 * tells. The view lives until the next call. */
QF_CHECK int qf_backup_next(struct qf_backup *backup, struct qf_record_head *ret_head,
                            struct qf_view *ret_record);
/* Instead of reading all: only the last files, so that records may be added. 0, negative, QF_BACKUP_DAMAGED. */
QF_CHECK int qf_backup_resume(struct qf_backup *backup);
/* Adds the record that follows, after all was read or resumed; what is cut off at the end is cut away. */
QF_CHECK int qf_backup_add(struct qf_backup *backup, const struct qf_record_head *head,
                           struct qf_view record);
QF_CHECK int qf_backup_sync(struct qf_backup *backup); /* what was added is on disk */
/* Whether each closed file is, byte for byte, what was closed. 0, negative, QF_BACKUP_DAMAGED. */
QF_CHECK int qf_backup_check_files(struct qf_backup *backup);

const struct qf_record_head *qf_backup_last(const struct qf_backup *backup); /* position 0: none yet */
uint32_t qf_backup_files(const struct qf_backup *backup);                    /* closed ones */
/* Position of the last record of the closed files, as the list has it; 0: none. More may follow in the open one. */
uint64_t qf_backup_closed(const struct qf_backup *backup);
bool qf_backup_torn(const struct qf_backup *backup); /* at its end something was cut off */
const char *qf_backup_why(
        const struct qf_backup *backup); /* what is damaged: "" or a sentence with the file */
