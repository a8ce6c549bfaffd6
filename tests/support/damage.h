/* Damage in the file of a store, as a disk would do it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

static inline char *map_file(const char *directory, size_t *ret_bytes)
{
        char path[192];
        struct stat about;
        (void)snprintf(path, sizeof path, "%s/data.mdb", directory);
        int fd = open(path, O_RDWR);
        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &about), 0);
        char *at = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        assert_true(at != MAP_FAILED);
        (void)close(fd);
        *ret_bytes = (size_t)about.st_size;
        return at;
}

/* A large record of the journal has pages of its own: after this LMDB looks for them where there are none, and says that
 * the tree is damaged. */
static inline void lose_large_record(const char *directory, uint64_t position)
{
        uint8_t node[12] = {1, 0, 8, 0}; /* LMDB's flag of a large value, a key of 8 bytes, the key */
        size_t bytes, found = 0;
        qf_put_be64(node + 4, position);
        char *at = map_file(directory, &bytes), *end = at + bytes;
        for (char *hit = at; (hit = memmem(hit, (size_t)(end - hit), node, sizeof node)); hit += sizeof node)
                memset(hit + sizeof node, 0x7f, 7), found++;
        (void)munmap(at, bytes);
        assert_true(found > 0);
}
