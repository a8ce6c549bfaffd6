/* An address range is mapped with room to spare, cut to whole huge pages, and the
 * system is asked to use them; when it does not, all works as before. */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
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

void qf_pages_give(void *at, size_t bytes)
{
        if (!at)
                return;
        if (bytes < huge_bytes)
                free(at);
        else
                (void)munmap(at, round_up(bytes));
}
