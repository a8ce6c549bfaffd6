/* A folder of a target's own, for what is read by more than one path. */
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

static char folder[PATH_MAX - 64];

static inline void folder_remove(void)
{
        (void)rmdir(folder);
}

/* Made once, and removed at the end when it is empty then. */
static inline const char *folder_of(const char *name)
{
        const char *under = getenv("TMPDIR");

        if (folder[0])
                return folder;
        (void)snprintf(folder, sizeof folder, "%s/qf-fuzz-%s-XXXXXX", under ? under : "/tmp", name);
        QF_ASSERT(mkdtemp(folder));
        (void)atexit(folder_remove);
        return folder;
}

static inline void folder_put(const char *name, const void *bytes, size_t len)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        QF_ASSERT(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
        (void)close(fd);
}

static inline void folder_drop(const char *name)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        (void)unlink(path);
}
