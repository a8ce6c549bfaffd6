/* Why: a crash while a directory is made must not leave one that cannot be opened
 * (LMDB syncs neither a file's creation nor its directory), and two processes must
 * never write to one. It knows nothing of what is in the data file. */
#include "store/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"

enum { COPY_BYTES = 64 * 1024 };

static int sync_path(const char *path)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int parent_of(const char *path, char ret_parent[PATH_MAX])
{
        int result = qf_path_beside(path, "", ret_parent);
        if (result < 0)
                return result;
        char *slash = strrchr(ret_parent, '/');
        if (slash)
                slash[slash == ret_parent] = '\0';
        else
                memcpy(ret_parent, ".", sizeof ".");
        return 0;
}

int qf_directory_sync_parent(const char *path)
{
        char parent[PATH_MAX];
        int result = parent_of(path, parent);
        return result < 0 ? result : sync_path(parent);
}

/* Root makes it for daemons that are not root: it is theirs whose the folder is that it stands in. What has a second name
 * may be anybody's. */
static int give(int fd, const char *place)
{
        char parent[PATH_MAX];
        struct stat folder, about;
        if (geteuid() != 0)
                return 0;
        int result = parent_of(place, parent);
        if (result < 0)
                return result;
        if (stat(parent, &folder) < 0 || fstat(fd, &about) < 0)
                return -errno;
        if ((about.st_uid == folder.st_uid && about.st_gid == folder.st_gid) ||
            (S_ISREG(about.st_mode) && about.st_nlink != 1))
                return 0;
        return fchown(fd, folder.st_uid, folder.st_gid) < 0 ? -errno : 0;
}

static int give_path(const char *path, const char *place)
{
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        return fd < 0 ? -errno : give(fd, place);
}

int qf_directory_lock(const char *directory, bool shared, int *ret_fd)
{
        char path[PATH_MAX];
        int result = qf_path_beside(directory, ".lock", path);
        if (result < 0)
                return result;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        if (flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? QF_DIRECTORY_IN_USE : -errno;
        result = give(fd, path);
        if (result < 0)
                return result;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

/* An environment's directory holds these two files and nothing else. */
int qf_directory_remove(const char *directory)
{
        static const char *const files[] = {"/data.mdb", "/lock.mdb"};
        char path[PATH_MAX];
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                int result = qf_path_beside(directory, files[i], path);
                if (result < 0)
                        return result;
                if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
                        return -errno;
        }
        return rmdir(directory) < 0 && errno != ENOENT ? -errno : 0;
}

int qf_directory_find(const char *directory, int *ret_fd)
{
        char path[PATH_MAX];
        struct stat about;
        int result = qf_path_beside(directory, "/data.mdb", path);
        if (result < 0)
                return result;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? QF_DIRECTORY_MISSING : -errno;
        if (fstat(fd, &about) < 0)
                return -errno;
        if (about.st_size == 0) /* taken for a new one, it would hide that all is lost */
                return QF_DIRECTORY_EMPTY;
        *ret_fd = fd;
        fd = -1;
        return 0;
}

static int give_made(const char *made, const char *place)
{
        static const char *const inside[] = {"/data.mdb", "/lock.mdb", ""};
        char path[PATH_MAX];
        int result = 0;
        for (size_t i = 0; result == 0 && i < sizeof inside / sizeof inside[0]; i++) {
                result = qf_path_beside(made, inside[i], path);
                if (result == 0)
                        result = give_path(path, place);
                if (result == -ENOENT && i == 1) /* a copy has none yet */
                        result = 0;
        }
        return result;
}

int qf_directory_create(const char *directory, qf_directory_fill fill, const void *ctx, int *ret_outcome)
{
        char made[PATH_MAX], place[PATH_MAX], data[PATH_MAX];
        int result = qf_path_beside(directory, ".new", made);
        if (result == 0)
                result = qf_path_beside(directory, "", place);
        if (result == 0)
                result = qf_path_beside(directory, ".new/data.mdb", data);
        if (result == 0)
                result = qf_directory_remove(made);
        if (result < 0)
                return result;
        if (mkdir(made, 0700) < 0)
                return -errno;
        result = fill(ctx, made);
        if (result > 0) {
                *ret_outcome = result;
                result = QF_DIRECTORY_UNFILLED;
        }
        if (result == 0)
                result = give_made(made, place);
        if (result == 0)
                result = sync_path(data);
        if (result == 0)
                result = sync_path(made);
        if (result == 0 && rename(made, place) < 0)
                result = -errno;
        if (result == 0)
                return qf_directory_sync_parent(place);
        (void)!qf_directory_remove(made);
        return result;
}

int qf_directory_aside(const char *directory, char ret_path[PATH_MAX])
{
        return qf_path_beside(directory, QF_DIRECTORY_ASIDE, ret_path);
}

int qf_directory_set_aside(const char *directory)
{
        char place[PATH_MAX], aside[PATH_MAX];
        int result = qf_path_beside(directory, "", place);
        if (result == 0)
                result = qf_directory_aside(directory, aside);
        if (result == 0 && access(place, F_OK) < 0) /* what was set aside before stays */
                return errno == ENOENT ? 0 : -errno;
        if (result == 0)
                result = qf_directory_remove(aside);
        if (result < 0)
                return result;
        return rename(place, aside) < 0 && errno != ENOENT ? -errno : 0;
}

/* Of the file system, and for ever: any other failure is one of this moment, and what is not at one stroke is no answer to it. */
static bool cannot_exchange(int error)
{
        return error == EINVAL || error == ENOSYS;
}

int qf_directory_replace(const char *directory, const char *made)
{
        char place[PATH_MAX], aside[PATH_MAX];
        int result = qf_path_beside(directory, "", place);
        if (result == 0)
                result = qf_directory_aside(directory, aside);
        if (result < 0)
                return result;
        if (renameat2(AT_FDCWD, made, AT_FDCWD, place, RENAME_EXCHANGE) == 0) {
                result = qf_directory_remove(aside);
                if (result == 0 && rename(made, aside) < 0)
                        result = -errno;
        } else if (cannot_exchange(errno) || errno == ENOENT) { /* or nothing stands there */
                result = qf_directory_set_aside(directory);
                if (result == 0 && rename(made, place) < 0)
                        result = -errno;
        } else {
                return -errno;
        }
        return result == 0 ? qf_directory_sync_parent(place) : result;
}

int qf_directory_exchange(const char *directory, const char *made)
{
        char place[PATH_MAX], aside[PATH_MAX];
        int result = qf_path_beside(directory, "", place);
        if (result == 0)
                result = qf_directory_aside(directory, aside);
        if (result < 0)
                return result;
        if (renameat2(AT_FDCWD, made, AT_FDCWD, place, RENAME_EXCHANGE) < 0) {
                if (!cannot_exchange(errno))
                        return -errno;
                result = qf_directory_set_aside(directory); /* the file system can't */
                if (result == 0 && (rename(made, place) < 0 || rename(aside, made) < 0))
                        result = -errno;
        }
        return result == 0 ? qf_directory_sync_parent(place) : result;
}

int qf_directory_move(const char *made, const char *directory)
{
        int result = qf_directory_remove(directory);
        if (result == 0 && rename(made, directory) < 0)
                result = -errno;
        return result == 0 ? qf_directory_sync_parent(directory) : result;
}

struct copying {
        int from;
};

static int copy_bytes(int from, int to)
{
        uint8_t bytes[COPY_BYTES];
        ssize_t got;
        while ((got = read(from, bytes, sizeof bytes)) > 0) {
                /* A disk that fills takes a part first. */
                for (ssize_t done = 0, wrote; done < got; done += wrote) {
                        wrote = write(to, bytes + done, (size_t)(got - done));
                        if (wrote < 0)
                                return -errno;
                }
        }
        return got < 0 ? -errno : 0;
}

static int fill_copy(const void *ctx, const char *path)
{
        const struct copying *copying = ctx;
        char data[PATH_MAX];
        int result = qf_path_beside(path, "/data.mdb", data);
        if (result < 0)
                return result;
        QF_CLEANUP(qf_cleanup_close) int to = open(data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        return to < 0 ? -errno : copy_bytes(copying->from, to);
}

int qf_directory_copy(const char *directory, const char *suffix)
{
        char from[PATH_MAX];
        QF_CLEANUP(qf_cleanup_close) int found = -1;
        int outcome = 0;
        int result = qf_path_beside(directory, suffix, from);
        if (result == 0)
                result = qf_directory_find(from, &found);
        if (result != 0)
                return result < 0 ? result : 0;
        const struct copying copying = {.from = found};
        result = qf_directory_create(directory, fill_copy, &copying, &outcome);
        return result > 0 ? -EIO : result;
}

int qf_directory_marked(const char *directory, const char *mark)
{
        char path[PATH_MAX];
        int result = qf_path_beside(directory, mark, path);
        if (result < 0)
                return result;
        if (access(path, F_OK) == 0)
                return QF_DIRECTORY_MARKED;
        return errno == ENOENT ? 0 : -errno;
}

int qf_directory_mark(const char *directory, const char *mark)
{
        char path[PATH_MAX];
        int result = qf_path_beside(directory, mark, path);
        if (result < 0)
                return result;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
        return fd < 0 ? -errno : give(fd, path);
}

int qf_directory_unmark(const char *directory, const char *mark)
{
        char path[PATH_MAX];
        int result = qf_path_beside(directory, mark, path);
        if (result < 0)
                return result;
        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int qf_directory_forget(const char *directory, const char *suffix)
{
        char path[PATH_MAX];
        int result = qf_path_beside(directory, suffix, path);
        if (result == 0)
                result = qf_directory_remove(path);
        return result == 0 ? qf_directory_unmark(path, ".lock") : result;
}
