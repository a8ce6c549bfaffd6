/* Why: what a disk does to a file is drawn from a seed, so that one round comes again. */
#include "faults/damage_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const damage_kinds[DAMAGE_KINDS] = {"bit", "zeroed", "truncated", "swapped", "stale"};

struct damage_file damage_read(const char *directory)
{
        char path[256];
        struct stat about;
        struct damage_file file = {0};
        (void)snprintf(path, sizeof path, "%s/data.mdb", directory);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || fstat(fd, &about) != 0)
                abort();
        file.len = (size_t)about.st_size;
        file.at = malloc(file.len);
        if (!file.at || read(fd, file.at, file.len) != (ssize_t)file.len)
                abort();
        (void)close(fd);
        return file;
}

void damage_write(const char *directory, const uint8_t *at, size_t len)
{
        char path[256];
        (void)mkdir(directory, 0700);
        (void)snprintf(path, sizeof path, "%s/lock.mdb", directory);
        (void)unlink(path);
        (void)snprintf(path, sizeof path, "%s/data.mdb", directory);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || write(fd, at, len) != (ssize_t)len)
                abort();
        (void)close(fd);
}

/* SplitMix64. */
uint64_t damage_draw(uint64_t *seed)
{
        uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

/* A damaged copy of the file, as it would lie on disk. */
struct damage_file damage_make(const struct damage_file *now, const struct damage_file *before, unsigned kind,
                               uint64_t *seed)
{
        struct damage_file out = {malloc(now->len), now->len};
        size_t pages = now->len / DAMAGE_PAGE, one = damage_draw(seed) % pages,
               other = damage_draw(seed) % pages;
        uint8_t held[DAMAGE_PAGE];
        if (!out.at)
                abort();
        memcpy(out.at, now->at, now->len);
        switch (kind) {
        case 0: out.at[damage_draw(seed) % now->len] ^= (uint8_t)(1u << damage_draw(seed) % 8); break;
        case 1: memset(out.at + one * DAMAGE_PAGE, 0, DAMAGE_PAGE); break;
        case 2: out.len = damage_draw(seed) % now->len; break;
        case 3:
                memcpy(held, out.at + one * DAMAGE_PAGE, DAMAGE_PAGE);
                memcpy(out.at + one * DAMAGE_PAGE, out.at + other * DAMAGE_PAGE, DAMAGE_PAGE);
                memcpy(out.at + other * DAMAGE_PAGE, held, DAMAGE_PAGE);
                break;
        default:
                one %= before->len / DAMAGE_PAGE;
                memcpy(out.at + one * DAMAGE_PAGE, before->at + one * DAMAGE_PAGE, DAMAGE_PAGE);
                break;
        }
        return out;
}
