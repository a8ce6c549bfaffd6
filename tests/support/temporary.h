/* A directory of a test's own, removed with all that is in it. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct temporary {
        char path[64];
};

static inline void temporary_make(struct temporary *temporary)
{
        const char *folder = getenv("TMPDIR");
        if (!folder || strlen(folder) > 40) /* paths of ipc endpoints have to stay short */
                folder = "/tmp";
        (void)snprintf(temporary->path, sizeof temporary->path, "%s/qf-test-XXXXXX", folder);
        if (!mkdtemp(temporary->path))
                abort();
}

/* In memory where there is such a place: for tests that sync thousands of times, and of which nothing has to last. */
static inline void temporary_make_in_memory(struct temporary *temporary)
{
        (void)snprintf(temporary->path, sizeof temporary->path, "/dev/shm/qf-test-XXXXXX");
        if (!mkdtemp(temporary->path))
                temporary_make(temporary);
}

static inline const char *temporary_in(const struct temporary *temporary, const char *name, char *ret_path,
                                       size_t room)
{
        (void)snprintf(ret_path, room, "%s/%s", temporary->path, name);
        return ret_path;
}

/* Two levels deep: tests make no more. */
static inline void temporary_remove(const char *path, int depth)
{
        char inside[4096];
        DIR *directory = depth > 0 ? opendir(path) : NULL;
        for (struct dirent *entry; directory && (entry = readdir(directory));) {
                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                int len = snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
                if (len > 0 && len < (int)sizeof inside && unlink(inside) < 0)
                        temporary_remove(inside, depth - 1);
        }
        if (directory)
                (void)closedir(directory);
        (void)rmdir(path);
}
