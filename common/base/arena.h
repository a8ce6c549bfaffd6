/* Bump allocation with a hard cap, for what lives as long as one message. There
 * is no free: qf_arena_reset makes all of it anew. Above the cap NULL is
 * returned, which callers report as "too large" (positive outcome), so that a
 * decompression or allocation bomb costs no more than the cap. */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct qf_arena;

QF_CHECK int qf_arena_new(size_t cap, struct qf_arena **ret_arena);
struct qf_arena *qf_arena_free(struct qf_arena *arena); /* NULL is a no-op; returns NULL */
void qf_arena_reset(struct qf_arena *arena);
void *qf_arena_take(struct qf_arena *arena,
                    size_t size); /* 16-byte aligned, not zeroed; NULL above the cap */
void *qf_arena_zero(struct qf_arena *arena, size_t count, size_t size); /* zeroed; overflow is NULL too */
size_t qf_arena_used(const struct qf_arena *arena);
