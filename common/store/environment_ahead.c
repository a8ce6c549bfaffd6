/* Why: a commit that makes its file longer must also write where the file's new blocks lie, and waits once more for
 * that. So what the next small commits will fill is written before, as zeros, a piece at a time.
 *
 * Only what lies behind the file's end is written, so nothing that is in it is touched; and where it cannot be
 * written (no room, a broken disk) nothing is lost but the time: what is wrong shows at the commit. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/environment_parts.h"

enum {
        PIECE = 1024 * 1024,    /* at most, and half of what is there */
        GREW_MOST = 256 * 1024, /* a larger commit has so much to write that zeros cost more than they save */
};

static uint64_t piece_for(const struct qf_environment *environment, uint64_t end)
{
        uint64_t piece = environment->used_bytes / 2 < PIECE ? environment->used_bytes / 2 : PIECE;

        piece -= piece % QF_PAGE_BYTES;
        return end + piece <= qf_environment_map(environment) ? piece : 0;
}

int qf_environment_write_ahead(struct qf_environment *environment)
{
        static uint8_t zeros[PIECE]; /* never written; const would make it a part of the program's file */
        const uint64_t before = environment->used_bytes, used = qf_environment_used(environment);
        struct stat about;
        int fd;

        environment->used_bytes = used;
        if (before == 0 || used <= before || used - before > GREW_MOST ||
            used + (used - before) <= environment->ahead_bytes)
                return 0;
        if (mdb_env_get_fd(environment->env, &fd) != 0 || fstat(fd, &about) < 0)
                return -errno;
        const uint64_t end = (uint64_t)about.st_size > used ? (uint64_t)about.st_size : used;
        environment->ahead_bytes = end;
        if (used + (used - before) <= end)
                return 0;
        ssize_t written = pwrite(fd, zeros, piece_for(environment, end), (off_t)end);
        if (written > 0)
                environment->ahead_bytes += (uint64_t)written;
        return 0;
}
