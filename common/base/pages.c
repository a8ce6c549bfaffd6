/* An address range is mapped with room to spare, cut to whole huge pages, and the
 * system is asked to use them; when it does not, all works as before. */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const size_t huge_bytes = 2 * 1024 * 1024;

static size_t round_up(size_t bytes)
{
        return (bytes + huge_bytes - 1) & ~(huge_bytes - 1);
}

void *qf_pages_take(size_t bytes)
{
        if (bytes < huge_bytes)
                return calloc(1, bytes);
        if (bytes > SIZE_MAX / 2)
                return NULL;
        size_t size = round_up(bytes), mapped = size + huge_bytes;
        char *at = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED)
                return NULL;
        size_t before = (huge_bytes - (uintptr_t)at % huge_bytes) % huge_bytes;
        if (before > 0)
                (void)munmap(at, before);
        if (mapped - before > size)
                (void)munmap(at + before + size, mapped - before - size);
        (void)madvise(at + before, size, MADV_HUGEPAGE);
        return at + before;
}

static void *grow_small(void *at, size_t bytes, size_t wanted)
{
        char *grown = realloc(at, wanted);

        if (grown)
                memset(grown + bytes, 0, wanted - bytes);
        return grown;
}

void *qf_pages_grow(void *at, size_t bytes, size_t wanted)
{
        if (wanted < huge_bytes)
                return grow_small(at, bytes, wanted);
        if (bytes >= huge_bytes && wanted <= SIZE_MAX / 2) {
                void *grown = mremap(at, round_up(bytes), round_up(wanted), MREMAP_MAYMOVE);
                return grown == MAP_FAILED ? NULL : grown;
        }
        void *grown = qf_pages_take(wanted);
        if (grown && bytes > 0)
                memcpy(grown, at, bytes);
        if (grown)
                qf_pages_give(at, bytes);
        return grown;
}

void qf_pages_give(void *at, size_t bytes)
{
        if (!at)
                return;
        if (bytes < huge_bytes)
                free(at);
        else
                (void)munmap(at, round_up(bytes));
}
