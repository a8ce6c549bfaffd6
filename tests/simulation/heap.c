/* Why: a process that is killed gives all its memory back, and so must one that is
 * simulated, or 10,000 crashes would fill the machine. The linker sends malloc and
 * its kin here (--wrap); a block belongs to the process that ran when it was taken.
 * Memory that OpenSSL takes for a process is reached through its contexts. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/world.h"

struct sim_block {
        struct sim_block *next, *previous;
        struct sim_process *owner;
        void *raw; /* as it was given */
        size_t size;
        size_t pad;
};

_Static_assert(sizeof(struct sim_block) % 16 == 0, "what follows it is aligned");

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *at);
EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
void __real_EVP_MD_CTX_free(EVP_MD_CTX *context);
EVP_MD *__real_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
void __real_EVP_MD_free(EVP_MD *algorithm);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *at);
char *__wrap_strdup(const char *text);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
void __wrap_EVP_MD_CTX_free(EVP_MD_CTX *context);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
void __wrap_EVP_MD_free(EVP_MD *algorithm);

static void *adopt(void *raw, size_t before, size_t size)
{
        struct sim_process *owner = sim.running;

        if (!raw)
                return NULL;
        struct sim_block *block = (struct sim_block *)((char *)raw + before) - 1;
        *block = (struct sim_block){.owner = owner, .raw = raw, .size = size};
        if (owner) {
                block->next = owner->blocks;
                if (owner->blocks)
                        owner->blocks->previous = block;
                owner->blocks = block;
        }
        return block + 1;
}

void *__wrap_malloc(size_t size)
{
        return size > SIZE_MAX / 2 ? NULL
                                   : adopt(__real_malloc(sizeof(struct sim_block) + size),
                                           sizeof(struct sim_block), size);
}

void *__wrap_calloc(size_t count, size_t size)
{
        size_t bytes;

        if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
                return NULL;
        return adopt(__real_calloc(1, sizeof(struct sim_block) + bytes), sizeof(struct sim_block), bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
        size_t before = (sizeof(struct sim_block) + alignment - 1) / alignment * alignment;

        return adopt(__real_aligned_alloc(alignment, before + size), before, size);
}

void __wrap_free(void *at)
{
        if (!at)
                return;
        struct sim_block *block = (struct sim_block *)at - 1;
        if (block->next)
                block->next->previous = block->previous;
        if (block->previous)
                block->previous->next = block->next;
        else if (block->owner)
                block->owner->blocks = block->next;
        __real_free(block->raw);
}

void *__wrap_realloc(void *at, size_t size)
{
        if (!at)
                return __wrap_malloc(size);
        const struct sim_block *block = (struct sim_block *)at - 1;
        void *moved = __wrap_malloc(size);
        if (!moved)
                return NULL;
        memcpy(moved, at, block->size < size ? block->size : size);
        __wrap_free(at);
        return moved;
}

char *__wrap_strdup(const char *text)
{
        size_t len = strlen(text) + 1;
        char *copy = __wrap_malloc(len);
        return copy ? memcpy(copy, text, len) : NULL;
}

/* --- the simulator's own -------------------------------------------------------------- */

void *sim_new(size_t size)
{
        struct sim_process *process = sim_step_aside();
        void *at = __wrap_calloc(1, size);
        sim_step_back(process);
        if (!at)
                abort();
        return at;
}

void *sim_resize(void *at, size_t size)
{
        struct sim_process *process = sim_step_aside();
        void *moved = __wrap_realloc(at, size);
        sim_step_back(process);
        if (!moved)
                abort();
        return moved;
}

void sim_free(void *at)
{
        __wrap_free(at);
}

/* --- a process's end -------------------------------------------------------------------- */

static void drop_context(void *at)
{
        __real_EVP_MD_CTX_free(at);
}

static void drop_algorithm(void *at)
{
        __real_EVP_MD_free(at);
}

static void hold_foreign(void *at, void (*drop)(void *at))
{
        struct sim_process *owner = sim.running;

        for (int i = 0; owner && at && i < SIM_FOREIGN; i++)
                if (!owner->foreign[i].at) {
                        owner->foreign[i].at = at;
                        owner->foreign[i].drop = drop;
                        return;
                }
        if (owner && at)
                abort(); /* more contexts than a process of ours has */
}

static void let_foreign_go(const void *at)
{
        struct sim_process *owner = sim.running;

        for (int i = 0; owner && i < SIM_FOREIGN; i++)
                if (owner->foreign[i].at == at)
                        owner->foreign[i].at = NULL;
}

EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
        EVP_MD_CTX *context = __real_EVP_MD_CTX_new();
        hold_foreign(context, drop_context);
        return context;
}

void __wrap_EVP_MD_CTX_free(EVP_MD_CTX *context)
{
        let_foreign_go(context);
        __real_EVP_MD_CTX_free(context);
}

EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties)
{
        EVP_MD *algorithm = __real_EVP_MD_fetch(library, name, properties);
        hold_foreign(algorithm, drop_algorithm);
        return algorithm;
}

void __wrap_EVP_MD_free(EVP_MD *algorithm)
{
        for (int i = 0; sim.running && i < SIM_FOREIGN; i++)
                if (sim.running->foreign[i].at == algorithm) { /* one is fetched many times over */
                        sim.running->foreign[i].at = NULL;
                        break;
                }
        __real_EVP_MD_free(algorithm);
}

void sim_heap_drop(struct sim_process *process)
{
        while (process->blocks)
                __wrap_free(process->blocks + 1);
        for (int i = 0; i < SIM_FOREIGN; i++) {
                if (process->foreign[i].at)
                        process->foreign[i].drop(process->foreign[i].at);
                process->foreign[i].at = NULL;
        }
}

size_t sim_heap_left(const struct sim_process *process)
{
        size_t left = 0;

        for (const struct sim_block *block = process->blocks; block; block = block->next)
                left += block->size;
        return left;
}
