/* One file of a backup (store/backup.h): records one behind the other. Each record
 * checks itself and the one before it, so a file that was cut off goes on where it
 * ends.
 *
 * file  "QFBACK1\n" · { length u32 le · record } … */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct qf_backup_file;

enum qf_backup_outcome {
        QF_BACKUP_END = 1,    /* no whole record follows */
        QF_BACKUP_FORMAT = 2, /* not such a file */
        QF_BACKUP_IN_USE = 3, /* another process writes to it */
        QF_BACKUP_DAMAGED = 4,
        QF_BACKUP_NEWER = 5, /* of a newer version, in another format */
};

/* write: makes it when it is not there; it must be read to its end before anything is added. */
QF_CHECK int qf_backup_file_open(const char *path, bool write, struct qf_backup_file **ret_file);
struct qf_backup_file *qf_backup_file_close(struct qf_backup_file *file);
/* The next record, as it lies there; the view lives until the next call. 0, QF_BACKUP_END, negative. */
QF_CHECK int qf_backup_file_next(struct qf_backup_file *file, struct qf_view *ret_record);
uint64_t qf_backup_file_bytes(const struct qf_backup_file *file); /* up to the last whole record */
bool qf_backup_file_torn(const struct qf_backup_file *file); /* something lies behind the last whole record */
/* Adds a record behind the last one read or added; what lay there is cut off. */
QF_CHECK int qf_backup_file_add(struct qf_backup_file *file, struct qf_view record);
QF_CHECK int qf_backup_file_sync(
        struct qf_backup_file *file); /* what was added is on disk, and so is its name */
