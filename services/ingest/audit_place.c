/* Why a lock on the folder itself: it is gone with the last process of the audit, be it
 * killed, and there is no file of a lock that somebody would have to remove. */
#include "ingest/audit_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "store/directory.h"

enum { PLACES = 16, TAKEN = 1 };

static int name_place(const char *scratch, unsigned number, struct qf_audit_place *place)
{
        char suffix[16];
        (void)snprintf(suffix, sizeof suffix, ".%u", number);
        int result = qf_path_beside(scratch, suffix, place->folder);
        return result == 0 ? qf_path_beside(place->folder, "/tables", place->tables) : result;
}

/* 0, TAKEN: another audit has it, or has just removed it. */
static int lock_place(struct qf_audit_place *place)
{
        struct stat held, there;
        if (mkdir(place->folder, 0700) < 0 && errno != EEXIST)
                return -errno;
        QF_CLEANUP(qf_cleanup_close)
        int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? TAKEN : -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? TAKEN : -errno;
        if (fstat(fd, &held) < 0)
                return -errno;
        if (stat(place->folder, &there) < 0 || held.st_ino != there.st_ino || held.st_dev != there.st_dev)
                return TAKEN;
        place->lock = fd;
        fd = -1;
        return 0;
}

static int empty_place(const struct qf_audit_place *place)
{
        int result = qf_directory_forget(place->tables, ".new");
        return result == 0 ? qf_directory_forget(place->tables, "") : result;
}

int qf_audit_place_leave(struct qf_audit_place *place)
{
        int result = empty_place(place);
        if (result == 0 && rmdir(place->folder) < 0)
                result = -errno;
        (void)close(place->lock);
        return result;
}

int qf_audit_place_take(const char *scratch, struct qf_audit_place *ret_place)
{
        struct qf_audit_place place;
        bool has = false;
        for (unsigned number = 1; number <= PLACES; number++) {
                int result = name_place(scratch, number, &place);
                if (result == 0 && has && access(place.folder, F_OK) < 0)
                        continue;
                if (result == 0)
                        result = lock_place(&place);
                if (result == TAKEN)
                        continue;
                if (result == 0 && !has) {
                        *ret_place = place;
                        has = true;
                        result = empty_place(ret_place);
                } else if (result == 0) {
                        result = qf_audit_place_leave(&place);
                }
                if (result < 0) {
                        if (has)
                                (void)close(ret_place->lock);
                        return result;
                }
        }
        return has ? 0 : -EBUSY;
}
