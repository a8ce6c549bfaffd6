/* LMDB's file, read whole, damaged in one of five ways, and written again. Any
 * error of the machine aborts the test. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DAMAGE_KINDS = 5, DAMAGE_PAGE = 4096 };
extern const char *const
        damage_kinds[DAMAGE_KINDS]; /* one bit, a page zeroed, a file cut, two pages swapped, an old page */

struct damage_file {
        uint8_t *at; /* malloc: the caller's */
        size_t len;
};

struct damage_file damage_read(const char *directory);
/* The directory is made when it is not there; its lock file goes. */
void damage_write(const char *directory, const uint8_t *at, size_t len);
uint64_t damage_draw(uint64_t *seed); /* SplitMix64 */
/* A damaged copy of the file, as it would lie on disk. before: the file of an earlier time. */
struct damage_file damage_make(const struct damage_file *now, const struct damage_file *before, unsigned kind,
                               uint64_t *seed);
