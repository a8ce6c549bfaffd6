/* The directory of a backup, as a disk or a hand may give it back: its list of closed files with their digests, and the
 * files. Whatever they say, records come in the order of their positions, none of a file that is not what the list says;
 * and records are added only behind what is whole. */
#include "fuzz/folder.h"
#include "fuzz/frames.h"
#include "fuzz/target.h"

#include <errno.h>

#include "store/backup.h"

enum { FILES_MAX = 8, NAME = 32 };

static char names[FILES_MAX][NAME];

/* The list, then files: what is said of each is its first position. */
static unsigned put_all(struct frames *frames)
{
        struct qf_view frame;
        uint8_t about;
        unsigned count = 0;

        (void)snprintf(names[count++], NAME, "segments");
        if (frames_next(frames, &about, &frame))
                folder_put("segments", frame.at, frame.len);
        while (count < FILES_MAX && frames_next(frames, &about, &frame)) {
                (void)snprintf(names[count], NAME, "%020u.records", about);
                folder_put(names[count++], frame.at, frame.len);
        }
        return count;
}

static void read_all(const char *path)
{
        const struct qf_backup_options how = {0};
        struct qf_backup *backup = NULL;
        struct qf_record_head head;
        struct qf_view record;
        uint64_t position = 0;
        int r = qf_backup_open(path, &how, &backup);

        QF_ASSERT(r == 0 || r == QF_BACKUP_FORMAT || r == QF_BACKUP_NEWER);
        if (r != 0)
                return;
        while ((r = qf_backup_next(backup, &head, &record)) == 0)
                QF_ASSERT(head.position == ++position && record.len > 0);
        QF_ASSERT(r == QF_BACKUP_END || (r == QF_BACKUP_DAMAGED && *qf_backup_why(backup)) || r == -ENOENT);
        QF_ASSERT(qf_backup_last(backup)->position == position);
        (void)qf_backup_close(backup);
        QF_ASSERT(qf_backup_open(path, &how, &backup) == 0);
        r = qf_backup_check_files(backup);
        QF_ASSERT(r == 0 || (r == QF_BACKUP_DAMAGED && *qf_backup_why(backup)) || r == -ENOENT);
        (void)qf_backup_close(backup);
}

static void resume(const char *path)
{
        const struct qf_backup_options how = {.write = true};
        struct qf_backup *backup = NULL;
        int r = qf_backup_open(path, &how, &backup);

        QF_ASSERT(r == 0 || r == QF_BACKUP_FORMAT || r == QF_BACKUP_NEWER);
        if (r != 0)
                return;
        r = qf_backup_resume(backup);
        QF_ASSERT(r == 0 || r == QF_BACKUP_DAMAGED || r == -ENOENT);
        (void)qf_backup_close(backup);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct frames frames = {bytes, len};
        const char *path = folder_of("segments");
        const unsigned count = put_all(&frames);

        read_all(path);
        resume(path);
        for (unsigned i = 0; i < count; i++)
                folder_drop(names[i]);
        folder_drop("segments.new");
        folder_drop("00000000000000000001.records");
        return 0;
}
