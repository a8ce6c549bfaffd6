/* Why: a journal that was copied back and went on would show another history under
 * the epoch that readers have, if it could be counted again from its beginning by
 * somebody who remembers nothing. Setting counts aside is one rename, so what they
 * knew is always in one of two places, whenever the process ends. */
#include "aggregate/past.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/directory.h"

static const struct qf_view past_key = {"past", 4}, meta_key = {"m", 1};

static void abort_txn(struct qf_txn **txn)
{
        qf_txn_abort(txn);
}

static void close_environment(struct qf_environment **environment)
{
        *environment = qf_environment_close(*environment);
}

bool qf_past_knows(const struct qf_counts_past *past, const uint8_t life[16])
{
        for (uint32_t i = 0; i < past->lives_count; i++)
                if (memcmp(past->lives[i], life, sizeof(past->lives[i])) == 0)
                        return true;
        return false;
}

static void add_life(struct qf_counts_past *past, const uint8_t life[16])
{
        if (past->lives_count == QF_COUNTS_LIVES_MAX)
                memmove(past->lives, past->lives + 1, sizeof(past->lives[0]) * --past->lives_count);
        memcpy(past->lives[past->lives_count++], life, sizeof(past->lives[0]));
}

void qf_past_note(struct qf_counts_past *past, const struct qf_counts_meta *meta)
{
        if (!qf_past_knows(past, meta->life))
                add_life(past, meta->life);
        else if (meta->position < past->position)
                return;
        memcpy(past->journal, meta->journal, sizeof(past->journal));
        memcpy(past->hash, meta->hash, sizeof(past->hash));
        past->position = meta->position;
}

int qf_past_read(struct qf_txn *txn, const struct qf_counts_meta *meta, struct qf_counts_past *ret_past)
{
        struct qf_view value;
        int r = qf_txn_get(txn, QF_COUNTS_META, past_key, &value);

        if (r == 0)
                return qf_counts_past_unpack(value, ret_past);
        if (r != QF_STORE_NONE)
                return r;
        *ret_past = (struct qf_counts_past){0};
        qf_past_note(ret_past, meta);
        return 0;
}

int qf_past_write(struct qf_txn *txn, const struct qf_counts_past *past)
{
        uint8_t bytes[QF_COUNTS_PAST_BYTES];
        uint32_t len = (uint32_t)qf_counts_past_pack(past, bytes);

        return qf_txn_put(txn, QF_COUNTS_META, past_key, (struct qf_view){(const char *)bytes, len});
}

static int read_aside(const char *aside, struct qf_counts_past *ret_past)
{
        static const struct qf_environment_options reading = {.format = qf_counts_format,
                                                              .tables = qf_counts_table_names,
                                                              .read_only = true,
                                                              .beside = true};
        QF_CLEANUP(close_environment) struct qf_environment *environment = NULL;
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;
        struct qf_counts_meta meta;
        struct qf_view value;
        int r = qf_environment_open(aside, &reading, &environment);

        if (r == 0)
                r = qf_txn_begin(environment, false, &txn);
        if (r == 0)
                r = qf_txn_get(txn, QF_COUNTS_META, meta_key, &value);
        if (r == 0)
                r = qf_counts_meta_unpack(value, &meta);
        return r == 0 ? qf_past_read(txn, &meta, ret_past) : r;
}

/* They were set aside because they are damaged, or were never there: nobody will ever know. -EINVAL is LMDB's word for a
 * file whose first pages say what cannot be. */
static bool is_lost(int result)
{
        return result > 0 || result == QF_STORE_DAMAGED || result == -EBADMSG || result == -EINVAL ||
               result == -ENOENT;
}

int qf_past_recall(const char *directory, struct qf_counts_past *ret_past)
{
        char aside[PATH_MAX];
        struct qf_counts_past past = {0};
        int r = qf_directory_aside(directory, aside);

        if (r == 0)
                r = read_aside(aside, &past);
        if (r != 0 && !is_lost(r))
                return r;
        *ret_past = r == 0 ? past : (struct qf_counts_past){0};
        return 0;
}
