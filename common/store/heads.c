/* Why: the pages of table head that a hundred corrections touch are a hundred, and
 * each is read, copied, written and synced by itself. Sixteen thousand of them, in
 * the order of their keys, share many pages, and what they leave free lies together.
 *
 * What stood is a chain: the row of a change has the place (position, entry, index) of
 * the event that made it, which is that of the head that stands since. Each row knows
 * one that lies further back as well, by the rule of Myers' skip stacks (1983), so that
 * an old revision of a record that was changed ten thousand times is found in a few
 * dozen steps. */
#include "store/heads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/standings.h"

enum {
        CHANGE_KEY = 20,
        PLACE_BYTES = CHANGE_KEY - 4,
        JUMP_BYTES = PLACE_BYTES + 8,
        CHANGE_FIXED = 2 * QF_HEAD_BYTES + 4 + JUMP_BYTES
};

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

/* A head further back in the chain, by where its row is; the first of a chain has none. */
struct jump {
        uint8_t place[PLACE_BYTES];
        uint32_t revision, depth; /* depth: changes before it */
};

struct change {
        struct qf_head_key key;
        struct qf_head head, past;
        uint32_t depth;
        struct jump jump;
};

static void put_place(uint8_t at[PLACE_BYTES], const struct qf_head *head)
{
        qf_put_be64(at, head->position);
        qf_put_be32(at + 8, head->entry);
        qf_put_be32(at + 12, head->index);
}

/* Behind all other keys of table hist: no partner has that number. */
static void put_change_key(uint8_t at[CHANGE_KEY], const uint8_t place[PLACE_BYTES])
{
        qf_put_be32(at, UINT32_MAX);
        memcpy(at + 4, place, PLACE_BYTES);
}

/* Each leads to what lies before it, so that a walk ends. */
static bool leads_back(const struct change *change)
{
        uint8_t own[PLACE_BYTES], before[PLACE_BYTES];
        put_place(own, &change->head);
        put_place(before, &change->past);
        return memcmp(before, own, sizeof own) < 0 && memcmp(change->jump.place, before, sizeof before) <= 0;
}

static int unpack_change(struct qf_view value, struct change *ret_change)
{
        const uint8_t *tail = (const uint8_t *)value.at + 2 * QF_HEAD_BYTES;
        if (value.len <= CHANGE_FIXED + 4 || value.len > CHANGE_FIXED + sizeof ret_change->key.at)
                return -EBADMSG;
        int result = qf_head_unpack((struct qf_view){value.at, QF_HEAD_BYTES}, &ret_change->head);
        if (result == 0)
                result = qf_head_unpack((struct qf_view){value.at + QF_HEAD_BYTES, QF_HEAD_BYTES},
                                        &ret_change->past);
        ret_change->depth = qf_get_le32(tail);
        ret_change->jump.depth = qf_get_le32(tail + 4);
        ret_change->jump.revision = qf_get_le32(tail + 8);
        memcpy(ret_change->jump.place, tail + 12, PLACE_BYTES);
        ret_change->key.len = value.len - CHANGE_FIXED;
        memcpy(ret_change->key.at, value.at + CHANGE_FIXED, ret_change->key.len);
        return result != 0 || leads_back(ret_change) ? result : QF_STORE_DAMAGED;
}

/* The change that made what stands there; QF_STORE_NONE: nothing stood before. */
static int get_change(struct qf_txn *txn, const uint8_t place[PLACE_BYTES], struct change *ret_change)
{
        uint8_t at[CHANGE_KEY];
        struct qf_view value;
        put_change_key(at, place);
        int result = qf_txn_get(txn, QF_TABLE_HIST, bytes(at, sizeof at), &value);
        return result == 0 ? unpack_change(value, ret_change) : result;
}

/* Where the next one of the chain jumps to: back as far as the two jumps before it together when these are of one
 * length, else to the one before it. */
static int choose_jump(struct qf_txn *txn, const struct qf_head *standing, uint32_t *ret_depth,
                       struct jump *ret_jump)
{
        struct change last, before;
        struct jump near = {.revision = standing->revision};
        put_place(near.place, standing);
        int result = get_change(txn, near.place, &last);
        if (result == QF_STORE_NONE) { /* the first change */
                *ret_depth = 1;
                *ret_jump = near;
                return 0;
        }
        if (result != 0)
                return result;
        near.depth = last.depth;
        result = get_change(txn, last.jump.place, &before);
        if (result == QF_STORE_NONE) /* the first of the chain jumps to itself */
                before.jump = last.jump;
        else if (result != 0)
                return result;
        *ret_depth = last.depth + 1;
        *ret_jump = last.depth - last.jump.depth == last.jump.depth - before.jump.depth ? before.jump : near;
        return 0;
}

static int put_change(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                      const struct qf_head *head)
{
        uint8_t place[PLACE_BYTES], at[CHANGE_KEY], row[CHANGE_FIXED + sizeof key->at];
        uint8_t *tail = row + 2 * QF_HEAD_BYTES;
        uint32_t depth;
        struct jump jump;
        int result = choose_jump(txn, standing, &depth, &jump);
        if (result != 0)
                return result;
        put_place(place, head);
        put_change_key(at, place);
        qf_head_pack(head, row);
        qf_head_pack(standing, row + QF_HEAD_BYTES);
        qf_put_le32(tail, depth);
        qf_put_le32(tail + 4, jump.depth);
        qf_put_le32(tail + 8, jump.revision);
        memcpy(tail + 12, jump.place, PLACE_BYTES);
        memcpy(row + CHANGE_FIXED, key->at, key->len);
        return qf_txn_put(txn, QF_TABLE_HIST, bytes(at, sizeof at), bytes(row, CHANGE_FIXED + key->len));
}

int qf_heads_load(struct qf_heads *heads, struct qf_txn *txn, uint64_t through)
{
        const struct qf_head last = {.position = through, .entry = UINT32_MAX, .index = UINT32_MAX};
        uint8_t place[PLACE_BYTES], from[CHANGE_KEY];
        put_place(place, &last);
        put_change_key(from, place);
        struct qf_view key = bytes(from, sizeof from), value;
        struct change change;
        qf_standings_clear(heads->changed);
        heads->settled = false;
        int result = qf_txn_seek(txn, QF_TABLE_HIST, key, true, &key, &value);
        while (result == 0) {
                result = unpack_change(value, &change);
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

/* What the head took the place of; QF_STORE_NONE: nothing. */
static int find_past(struct qf_txn *txn, const struct qf_head *head, struct qf_head *ret_past)
{
        uint8_t place[PLACE_BYTES];
        struct change change;
        put_place(place, head);
        int result = get_change(txn, place, &change);
        if (result == 0)
                *ret_past = change.past;
        return result;
}

/* Revisions fall from each to the one before it, so that all behind a jump to a higher one are passed by. */
int qf_heads_past(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                  uint32_t revision, struct qf_head *ret_past)
{
        uint8_t place[PLACE_BYTES];
        struct change change;
        int result = qf_hist_get(txn, key, revision, ret_past);
        if (result != QF_STORE_NONE)
                return result;
        put_place(place, standing);
        while ((result = get_change(txn, place, &change)) == 0 && change.past.revision > revision) {
                if (change.jump.revision > revision)
                        memcpy(place, change.jump.place, sizeof place);
                else
                        put_place(place, &change.past);
        }
        if (result == 0 && change.past.revision != revision)
                return QF_STORE_NONE;
        if (result == 0)
                *ret_past = change.past;
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
