/* The simulator's storage (tests/simulation/disk.h) in a world in which nothing ever goes wrong: a journal that is made
 * in no time, and put back as it was before the next input. */
#include "simulation/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fuzz/calm.h"

/* --- large blocks ----------------------------------------------------------------------- */

/* A daemon that opens takes 30 MiB, and what a sanitizer does about each such block is most of the time of an input:
 * the blocks are kept for the next one. (The linker leads our own code's calls here.) */
enum { LARGE = 128 * 1024, LARGE_MAX = 64 };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *at);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *at);

static struct {
        void *at;
        size_t size;
        bool used;
} large[LARGE_MAX];

/* Its index, or LARGE_MAX. */
static unsigned find_large(const void *at)
{
        unsigned i = 0;

        while (i < LARGE_MAX && large[i].at != at)
                i++;
        return at ? i : LARGE_MAX;
}

static void *take_large(size_t size)
{
        unsigned i = 0;

        while (i < LARGE_MAX && large[i].at && (large[i].used || large[i].size != size))
                i++;
        QF_ASSERT(i < LARGE_MAX);
        if (!large[i].at)
                large[i].at = __real_aligned_alloc(64, (size + 63) & ~(size_t)63);
        large[i].size = size;
        large[i].used = large[i].at != NULL;
        return large[i].at;
}

void *__wrap_malloc(size_t size)
{
        return size < LARGE ? __real_malloc(size) : take_large(size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
        return size < LARGE || alignment > 64 ? __real_aligned_alloc(alignment, size) : take_large(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
        if (count == 0 || size < LARGE / count || size > SIZE_MAX / count)
                return __real_calloc(count, size);
        void *at = take_large(count * size);
        return at ? memset(at, 0, count * size) : NULL;
}

void *__wrap_realloc(void *at, size_t size)
{
        unsigned i = find_large(at);

        if (i == LARGE_MAX)
                return __real_realloc(at, size);
        void *grown = __real_malloc(size);
        if (grown) {
                memcpy(grown, at, size < large[i].size ? size : large[i].size);
                large[i].used = false;
        }
        return grown;
}

void __wrap_free(void *at)
{
        unsigned i = find_large(at);

        if (i == LARGE_MAX) {
                __real_free(at);
                return;
        }
        QF_ASSERT(large[i].used); /* else it is freed twice */
        large[i].used = false;
}

/* --- the world ---------------------------------------------------------------------------- */

static struct sim_machine machine;
static struct sim_process process = {.name = "target", .machine = &machine, .up = true};
static uint64_t probed;

struct sim_world sim = {.calm = true, .running = &process};

struct sim_directory *calm_directory(const char *name)
{
        return sim_directory_new(name, &machine);
}

uint64_t sim_below(uint64_t bound)
{
        (void)bound;
        return 0;
}

int64_t sim_between(int64_t least, int64_t most)
{
        (void)most;
        return least;
}

bool sim_chance(uint32_t in_a_million)
{
        (void)in_a_million;
        return false;
}

void sim_crash_point(const char *where)
{
        (void)where;
}

void sim_crash_at(const char *where, uint32_t in_a_million)
{
        (void)where;
        (void)in_a_million;
}

void sim_spend(int64_t ns)
{
        (void)ns;
}

struct sim_process *sim_step_aside(void)
{
        return sim.running;
}

void sim_step_back(struct sim_process *back)
{
        (void)back;
}

void sim_say(const char *format, ...)
{
        (void)format;
}

uint64_t *sim_probe(const char *name)
{
        (void)name;
        return &probed;
}

void *sim_new(size_t size)
{
        return calloc(1, size);
}

void sim_free(void *at)
{
        free(at);
}
