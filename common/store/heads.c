/* Why: the pages of table head that a hundred corrections touch are a hundred, and
 * each is read, copied, written and synced by itself. Sixteen thousand of them, in
 * the order of their keys, share many pages, and what they leave free lies together.
 *
 * What stood is a chain: the row of a change has the place (position, entry, index) of
 * the event that made it, which is that of the head that stands since. */
#include "store/heads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/standings.h"

enum { CHANGE_KEY = 20 };

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

/* --- rows of changes ------------------------------------------------------ */

/* Behind all other keys of table hist: no partner has that number. */
static void put_change_key(uint8_t at[CHANGE_KEY], const struct qf_head *head)
{
        qf_put_be32(at, UINT32_MAX);
        qf_put_be64(at + 4, head->position);
        qf_put_be32(at + 12, head->entry);
        qf_put_be32(at + 16, head->index);
}

static int put_change(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                      const struct qf_head *head)
{
        uint8_t at[CHANGE_KEY], row[2 * QF_HEAD_BYTES + sizeof key->at];
        put_change_key(at, head);
        qf_head_pack(head, row);
        qf_head_pack(standing, row + QF_HEAD_BYTES);
        memcpy(row + 2 * QF_HEAD_BYTES, key->at, key->len);
        return qf_txn_put(txn, QF_TABLE_HIST, bytes(at, sizeof at), bytes(row, 2 * QF_HEAD_BYTES + key->len));
}

struct change {
        struct qf_head_key key;
        struct qf_head head, past;
};

static int get_change(struct qf_view value, struct change *ret_change)
{
        const uint32_t heads = 2 * QF_HEAD_BYTES;
        if (value.len <= heads + 4 || value.len > heads + sizeof ret_change->key.at)
                return -EBADMSG;
        int result = qf_head_unpack((struct qf_view){value.at, QF_HEAD_BYTES}, &ret_change->head);
        if (result == 0)
                result = qf_head_unpack((struct qf_view){value.at + QF_HEAD_BYTES, QF_HEAD_BYTES},
                                        &ret_change->past);
        ret_change->key.len = value.len - heads;
        memcpy(ret_change->key.at, value.at + heads, ret_change->key.len);
        return result;
}

int qf_heads_load(struct qf_heads *heads, struct qf_txn *txn, uint64_t through)
{
        const struct qf_head last = {.position = through, .entry = UINT32_MAX, .index = UINT32_MAX};
        uint8_t from[CHANGE_KEY];
        put_change_key(from, &last);
        struct qf_view key = bytes(from, sizeof from), value;
        struct change change;
        qf_standings_clear(heads->changed);
        heads->settled = false;
        int result = qf_txn_seek(txn, QF_TABLE_HIST, key, true, &key, &value);
        while (result == 0) {
                result = get_change(value, &change);
                if (result == 0)
                        result = note(heads, &change.key, &change.head);
                if (result == 0)
                        result = qf_txn_seek(txn, QF_TABLE_HIST, key, true, &key, &value);
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
        int result = put_change(txn, key, standing, head);
        return result == 0 ? note(heads, key, head) : result;
}

/* --- what stood ------------------------------------------------------------- */

/* What the head took the place of; QF_STORE_NONE: nothing. Each lies before the one that took its place, so that a walk
 * ends. */
static int find_past(struct qf_txn *txn, const struct qf_head *head, struct qf_head *ret_past)
{
        uint8_t at[CHANGE_KEY], before[CHANGE_KEY];
        struct qf_view value;
        struct change change;
        put_change_key(at, head);
        int result = qf_txn_get(txn, QF_TABLE_HIST, bytes(at, sizeof at), &value);
        if (result == 0)
                result = get_change(value, &change);
        if (result != 0)
                return result;
        put_change_key(before, &change.past);
        if (memcmp(before, at, sizeof at) >= 0)
                return QF_STORE_DAMAGED;
        *ret_past = change.past;
        return 0;
}

/* Revisions fall from each to the one before it. */
int qf_heads_past(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                  uint32_t revision, struct qf_head *ret_past)
{
        int result = qf_hist_get(txn, key, revision, ret_past);
        if (result != QF_STORE_NONE)
                return result;
        struct qf_head past = *standing;
        while ((result = find_past(txn, &past, &past)) == 0 && past.revision > revision)
                ;
        if (result == 0 && past.revision != revision)
                return QF_STORE_NONE;
        if (result == 0)
                *ret_past = past;
        return result;
}

int qf_heads_had(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                 const uint8_t content[QF_CONTENT_BYTES], bool *ret_had)
{
        int result = qf_hist_has_content(txn, key, content, ret_had);
        struct qf_head past = *standing;
        while (result == 0 && !*ret_had && (result = find_past(txn, &past, &past)) == 0)
                *ret_had = memcmp(past.content, content, QF_CONTENT_BYTES) == 0;
        return result == QF_STORE_NONE ? 0 : result;
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
        struct qf_standing_slot *const *changed = qf_standings_dirty(heads->changed, &count);
        int result = 0;
        for (size_t i = 0; i < count && result == 0; i++)
                result = write_changed(txn, changed[i]);
        qf_standings_clear(heads->changed);
        heads->settled = false;
        return result;
}
