/* Why: the pages of table head that a hundred corrections touch are a hundred, and
 * each is read, copied, written and synced by itself. Sixteen thousand of them, in
 * the order of their keys, share many pages, and what they leave free lies together. */
#include "store/heads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/history.h"
#include "store/standings.h"

uint32_t qf_heads_changes_most = 16384;

struct qf_heads {
        struct qf_standings *changed; /* by key: the head, packed; all of them dirty */
        bool settled;                 /* they are those of what is on disk */
};

int qf_heads_new(struct qf_heads **ret_heads)
{
        struct qf_heads *heads = calloc(1, sizeof *heads);
        if (!heads)
                return -ENOMEM;
        int result = qf_standings_new(&heads->changed);
        if (result < 0) {
                free(heads);
                return result;
        }
        *ret_heads = heads;
        return 0;
}

struct qf_heads *qf_heads_free(struct qf_heads *heads)
{
        if (heads)
                (void)qf_standings_free(heads->changed);
        free(heads);
        return NULL;
}

static struct qf_view bytes(const uint8_t *at, size_t len)
{
        return (struct qf_view){(const char *)at, (uint32_t)len};
}

/* A key of table head is a partner and what qf_standings take for a record's key. */
static uint32_t partner_of(const struct qf_head_key *key)
{
        return qf_get_be32(key->at);
}

static struct qf_view rest_of(const struct qf_head_key *key)
{
        return bytes(key->at + 4, key->len - 4);
}

static int note(struct qf_heads *heads, const struct qf_head_key *key, const struct qf_head *head)
{
        uint8_t packed[QF_HEAD_BYTES];
        qf_head_pack(head, packed);
        heads->settled = false;
        return qf_standings_put(heads->changed, partner_of(key), rest_of(key), bytes(packed, sizeof packed),
                                true, NULL);
}

int qf_heads_load(struct qf_heads *heads, struct qf_txn *txn, uint64_t through)
{
        struct qf_head head = {.position = through, .entry = UINT32_MAX, .index = UINT32_MAX};
        struct qf_head_key key;
        int result;
        qf_standings_clear(heads->changed);
        heads->settled = false;
        while ((result = qf_history_next(txn, &head, &key, &head)) == 0) {
                result = note(heads, &key, &head);
                if (result != 0)
                        return result;
        }
        if (result != QF_STORE_NONE)
                return result;
        heads->settled = true;
        return 0;
}

void qf_heads_settle(struct qf_heads *heads)
{
        heads->settled = true;
}

bool qf_heads_settled(const struct qf_heads *heads)
{
        return heads->settled;
}

/* --- what stands ---------------------------------------------------------- */

/* Whether it is in memory. 0, QF_STORE_NONE, negative. */
static int find_changed(const struct qf_heads *heads, const struct qf_head_key *key, struct qf_head *ret_head)
{
        if (qf_standings_count(heads->changed) == 0)
                return QF_STORE_NONE;
        const struct qf_standing_slot *slot =
                qf_standings_find(heads->changed, partner_of(key), rest_of(key));
        return slot ? qf_head_unpack(qf_standing_slot_value(slot), ret_head) : QF_STORE_NONE;
}

int qf_heads_get(const struct qf_heads *heads, struct qf_txn *txn, const struct qf_head_key *key,
                 struct qf_head *ret_head)
{
        int result = find_changed(heads, key, ret_head);
        return result == QF_STORE_NONE ? qf_head_get(txn, key, ret_head) : result;
}

int qf_heads_insert(const struct qf_heads *heads, struct qf_txn *txn, const struct qf_head_key *key,
                    const struct qf_head *head, struct qf_head *ret_standing)
{
        int result = qf_head_insert(txn, key, head, ret_standing);
        if (result != QF_STORE_EXISTS)
                return result;
        result = find_changed(heads, key, ret_standing);
        return result < 0 ? result : QF_STORE_EXISTS;
}

int qf_heads_change(struct qf_heads *heads, struct qf_txn *txn, const struct qf_head_key *key,
                    const struct qf_head *standing, const struct qf_head *head)
{
        int result = qf_history_change(txn, key, standing, head);
        return result == 0 ? note(heads, key, head) : result;
}

/* --- writing them down -------------------------------------------------------- */

bool qf_heads_crowded(const struct qf_heads *heads)
{
        return qf_standings_count(heads->changed) >= qf_heads_changes_most;
}

static int write_changed(struct qf_txn *txn, const struct qf_standing_slot *slot)
{
        const struct qf_view rest = qf_standing_slot_key(slot);
        struct qf_head_key key = {.len = 4 + rest.len};
        struct qf_head head;
        qf_put_be32(key.at, slot->partner);
        memcpy(key.at + 4, rest.at, rest.len);
        int result = qf_head_unpack(qf_standing_slot_value(slot), &head);
        return result == 0 ? qf_head_put(txn, &key, &head) : result;
}

int qf_heads_write(struct qf_heads *heads, struct qf_txn *txn)
{
        size_t count;
        struct qf_standing_slot *const *changed;
        int result = qf_standings_dirty(heads->changed, &changed, &count);
        for (size_t i = 0; i < count && result == 0; i++)
                result = write_changed(txn, changed[i]);
        qf_standings_clear(heads->changed);
        heads->settled = false;
        return result;
}
