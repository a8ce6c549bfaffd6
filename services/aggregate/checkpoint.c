/* Why: counting again needs every record, and a trimmed journal has not all of them.
 * The same code counts that counts what ingest sends, so that what comes out is what
 * stood there at that record. */
#include "aggregate/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "aggregate/counting.h"
#include "base/path.h"
#include "base/so_far.h"
#include "base/text.h"
#include "store/backup.h"
#include "store/directory.h"

#define MADE ".checkpoint.made"

enum { EXIT_USAGE = 64 };

static int commit(struct qf_counting *counting)
{
        int result = qf_counting_commit(counting, NULL, NULL);
        return result == QF_COUNTING_FULL ? QF_CHECKPOINT_FULL : result;
}

static int count(struct qf_counting *counting, struct qf_backup *backup, uint64_t through,
                 const struct qf_so_far *so_far)
{
        struct qf_record_head head;
        struct qf_view record;
        int result = 0;
        while (result == 0 && (through == 0 || counting->meta.position < through)) {
                result = qf_backup_next(backup, &head, &record);
                if (result == QF_BACKUP_END && through == 0 && counting->meta.position > 0)
                        break;
                if (result > 0)
                        return QF_CHECKPOINT_ARCHIVE;
                if (result == 0)
                        result = qf_counting_apply(counting, &head, record);
                if (result == 0 && qf_counting_crowded(counting))
                        result = commit(counting);
                qf_so_far_tell(so_far, counting->meta.position, through);
        }
        if (result == 0 || result == QF_BACKUP_END)
                result = commit(counting);
        if (result == 0)
                result = qf_counting_forget(counting);
        return result == QF_COUNTING_FULL ? QF_CHECKPOINT_FULL : result;
}

static int fill(const char *made, const char *archive, uint64_t through, const struct qf_so_far *so_far,
                uint64_t *ret_position)
{
        const struct qf_counting_options options = {.directory = made};
        const struct qf_backup_options how = {.write = false};
        struct qf_counting *counting = NULL;
        struct qf_backup *backup = NULL;
        int result = qf_backup_open(archive, &how, &backup);
        if (result != 0)
                return result > 0 || result == -ENOENT ? QF_CHECKPOINT_ARCHIVE : result;
        result = qf_counting_open(&options, &counting);
        if (result == 0)
                result = count(counting, backup, through, so_far);
        else if (result > 0)
                result = -EBUSY;
        else if (result == -ENOSPC)
                result = QF_CHECKPOINT_FULL;
        if (result == 0)
                *ret_position = counting->meta.position;
        (void)qf_counting_close(counting);
        (void)qf_backup_close(backup);
        if (result != 0) /* half made, it would hold the room that was too little */
                (void)!qf_directory_remove(made);
        return result;
}

int qf_checkpoint_make(const char *directory, const char *archive, uint64_t through,
                       const struct qf_so_far *so_far, uint64_t *ret_position)
{
        char made[PATH_MAX], place[PATH_MAX];
        int result = qf_path_beside(directory, MADE, made);
        if (result == 0)
                result = qf_path_beside(directory, ".checkpoint", place);
        if (result == 0)
                result = qf_directory_remove(made); /* of one that was broken off */
        if (result == 0)
                result = fill(made, archive, through, so_far, ret_position);
        if (result == 0)
                result = qf_directory_move(made, place);
        (void)!qf_directory_unmark(directory, MADE ".lock");
        return result;
}

int qf_checkpoint_tool(const char *directory, const char *archive, const char *through)
{
        int64_t told_ms = 0;
        const struct qf_so_far so_far = {.tell = qf_so_far_print, .ctx = &told_ms};
        uint64_t wanted = 0, position = 0;
        if (!qf_text_number(qf_view_of(through), UINT64_MAX, &wanted))
                return EXIT_USAGE;
        int result = qf_checkpoint_make(directory, archive, wanted, &so_far, &position);
        printf("{\"outcome\":%d,\"position\":%" PRIu64 "}\n", result, position);
        return 0;
}
