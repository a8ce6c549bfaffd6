/* Why: a tick at a record that was stated long ago would cost a walk down the
 * store's tree; here it is one line of memory. Fingerprints are keyed hashes, so
 * that a wrong yes is a matter of 2^-64 that nobody can bring about; all that it
 * would do is leave one waiting key uncounted. */
#include "ingest/known_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, LINES = 1 << 15 }; /* 2 MiB: a line of memory each, the oldest of a line goes first */

struct qf_known_keys {
        uint64_t (*lines)[WAYS];
        uint8_t *next; /* of a line: the way to be written next */
};

int qf_known_keys_new(struct qf_known_keys **ret_keys)
{
        struct qf_known_keys *keys = calloc(1, sizeof *keys);
        if (!keys)
                return -ENOMEM;
        keys->lines = aligned_alloc(64, sizeof(uint64_t[WAYS]) * LINES);
        keys->next = malloc(LINES);
        if (!keys->lines || !keys->next) {
                (void)qf_known_keys_free(keys);
                return -ENOMEM;
        }
        qf_known_keys_clear(keys);
        *ret_keys = keys;
        return 0;
}

struct qf_known_keys *qf_known_keys_free(struct qf_known_keys *keys)
{
        if (keys) {
                free(keys->lines);
                free(keys->next);
        }
        free(keys);
        return NULL;
}

void qf_known_keys_clear(struct qf_known_keys *keys)
{
        memset(keys->lines, 0, sizeof(uint64_t[WAYS]) * LINES);
        memset(keys->next, 0, LINES);
}

bool qf_known_keys_has(const struct qf_known_keys *keys, uint64_t fingerprint)
{
        const uint64_t *line = keys->lines[fingerprint % LINES];
        bool has = false;
        for (unsigned i = 0; i < WAYS; i++)
                has |= line[i] == (fingerprint | 1);
        return has;
}

void qf_known_keys_add(struct qf_known_keys *keys, uint64_t fingerprint)
{
        uint64_t at = fingerprint % LINES;
        if (qf_known_keys_has(keys, fingerprint))
                return;
        keys->lines[at][keys->next[at]++ % WAYS] = fingerprint | 1;
}
