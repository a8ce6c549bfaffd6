/* Why: one message may cost so much memory and no more, and giving it all back
 * is one assignment. One block of the cap's size is reserved; pages that a
 * message never touches cost nothing. */
#include "base/arena.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct qf_arena {
        size_t cap;
        size_t used;
        uint8_t *block;
};

enum { ALIGNMENT = 16 };

int qf_arena_new(size_t cap, struct qf_arena **ret_arena)
{
        struct qf_arena *arena = malloc(sizeof *arena);
        if (!arena)
                return -ENOMEM;
        *arena = (struct qf_arena){.cap = cap, .block = malloc(cap)};
        if (!arena->block) {
                free(arena);
                return -ENOMEM;
        }
        *ret_arena = arena;
        return 0;
}

struct qf_arena *qf_arena_free(struct qf_arena *arena)
{
        if (arena)
                free(arena->block);
        free(arena);
        return NULL;
}

void qf_arena_reset(struct qf_arena *arena)
{
        arena->used = 0;
}

void *qf_arena_take(struct qf_arena *arena, size_t size)
{
        if (size > arena->cap - arena->used)
                return NULL;
        void *taken = arena->block + arena->used;
        size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
        size_t left = arena->cap - arena->used;
        arena->used += rounded < left ? rounded : left;
        return taken;
}

void *qf_arena_zero(struct qf_arena *arena, size_t count, size_t size)
{
        size_t bytes;
        if (__builtin_mul_overflow(count, size, &bytes))
                return NULL;
        void *taken = qf_arena_take(arena, bytes);
        if (taken)
                memset(taken, 0, bytes);
        return taken;
}

size_t qf_arena_used(const struct qf_arena *arena)
{
        return arena->used;
}
