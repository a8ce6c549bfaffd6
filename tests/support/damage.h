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

enum {
        PAGE_BYTES = 4096,
        PAGE_FLAGS = 10,
        PAGE_LOWER = 12,
        PAGE_NODES = 16,
        BRANCH_PAGE = 1,
        META_LAST_PAGE = 136
};

/* Where the i-th child of a page begins that leads on: le16 page, page, page, bytes of the key, the key. */
static inline uint8_t *branch_node(uint8_t *page, unsigned i)
{
        return page + qf_get_le16(page + PAGE_NODES + 2 * i);
}

/* How many children it leads to; 0: it does not lead on through keys that are positions. */
static inline unsigned branch_of_records(uint8_t *page)
{
        unsigned nodes = (qf_get_le16(page + PAGE_LOWER) - PAGE_NODES) / 2u;
        if (qf_get_le16(page + PAGE_FLAGS) != BRANCH_PAGE || nodes < 3)
                return 0;
        const uint8_t *last = branch_node(page, nodes - 1);
        return qf_get_le16(last + 6) == 8 && qf_get_be64(last + 8) < 1000000 ? nodes : 0;
}

static inline void lead_to(uint8_t *node, uint64_t page)
{
        qf_put_le16(node, (uint16_t)page);
        qf_put_le16(node + 2, (uint16_t)(page >> 16));
        qf_put_le16(node + 4, (uint16_t)(page >> 32));
}

/* The last page but one of the journal's records is nowhere, which LMDB says; the last one lies behind the end of the
 * file, where whoever looks dies. *ret_lost, *ret_deadly: the first position on each. */
static inline void lose_last_pages(const char *directory, uint64_t *ret_lost, uint64_t *ret_deadly)
{
        size_t bytes;
        uint8_t *at = (uint8_t *)map_file(directory, &bytes);
        const uint64_t behind = bytes / PAGE_BYTES + 1;
        *ret_lost = *ret_deadly = 0;
        for (size_t meta = 0; meta < 2; meta++)
                qf_put_le64(at + meta * PAGE_BYTES + META_LAST_PAGE, behind);
        for (uint8_t *page = at + (size_t)2 * PAGE_BYTES; page < at + bytes; page += PAGE_BYTES) {
                const unsigned nodes = branch_of_records(page);
                if (nodes == 0)
                        continue;
                uint8_t *lost = branch_node(page, nodes - 2), *deadly = branch_node(page, nodes - 1);
                lead_to(lost, behind + 1000);
                lead_to(deadly, behind);
                if (qf_get_be64(deadly + 8) < *ret_deadly)
                        continue; /* of an older commit */
                *ret_lost = qf_get_be64(lost + 8);
                *ret_deadly = qf_get_be64(deadly + 8);
        }
        (void)munmap(at, bytes);
        assert_true(*ret_deadly > *ret_lost && *ret_lost > 0);
}
