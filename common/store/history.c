/* Why: whoever sends often about one record must not be able to hold others, so nothing
 * that is asked about its past may walk through all of it.
 *
 * What stood is a chain: the row of a change has the place (position, entry, index) of
 * the event that made it, which is that of the head that stands since. Each row knows
 * one that lies further back as well, by the rule of Myers' skip stacks (1983), so that
 * an old revision of a record that was changed ten thousand times is found in a few
 * dozen steps.
 *
 * Whether a content ever stood is found as fast: the contents of a chain are the leaves
 * of a trie of their bits, which is never written anew. Each row has the branches that
 * turn off the way to its own content, as they were when it was written; a branch is the
 * last row in it, whose branches go on from there. Contents are keyed digests, so that
 * nobody can make the ways long, and no way is longer than a content has bits. */
#include "store/history.h"

#include <errno.h>
#include <string.h>

enum {
        CHANGE_KEY = 20,
        PLACE_BYTES = CHANGE_KEY - 4,
        JUMP_BYTES = PLACE_BYTES + 8,
        CHANGE_FIXED = 2 * QF_HEAD_BYTES + 4 + JUMP_BYTES + 1,
        CONTENT_BITS = 8 * QF_CONTENT_BYTES,
        BRANCH_BYTES = 1 + PLACE_BYTES,
        CHANGE_MOST = CHANGE_FIXED + CONTENT_BITS * BRANCH_BYTES + sizeof(((struct qf_head_key *)0)->at)
};

enum {
        HIST_KEY_MAX = sizeof(((struct qf_head_key *)0)->at) + 1 + QF_CONTENT_BYTES,
        OF_FORMAT_3 = 0,
        OF_REVISION = 2,
        OF_CONTENT = 3
};

static struct qf_view bytes(const uint8_t *at, size_t len)
{
        return (struct qf_view){(const char *)at, (uint32_t)len};
}

/* --- what was said late ----------------------------------------------------- */

static struct qf_view put_hist_key(uint8_t at[HIST_KEY_MAX], const struct qf_head_key *key, uint8_t of,
                                   uint32_t revision)
{
        memcpy(at, key->at, key->len);
        at[key->len] = of;
        qf_put_be32(at + key->len + 1, revision);
        return bytes(at, key->len + 5);
}

static struct qf_view put_content_key(uint8_t at[HIST_KEY_MAX], const struct qf_head_key *key,
                                      const uint8_t content[QF_CONTENT_BYTES])
{
        memcpy(at, key->at, key->len);
        at[key->len] = OF_CONTENT;
        memcpy(at + key->len + 1, content, QF_CONTENT_BYTES);
        return bytes(at, key->len + 1 + QF_CONTENT_BYTES);
}

static int put_past(struct qf_txn *txn, const struct qf_head_key *key, uint8_t of, const struct qf_head *past)
{
        uint8_t at[HIST_KEY_MAX], row[QF_HEAD_BYTES];
        qf_head_pack(past, row);
        return qf_txn_put(txn, QF_TABLE_HIST, put_hist_key(at, key, of, past->revision),
                          bytes(row, sizeof row));
}

int qf_history_put_3(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *past)
{
        return put_past(txn, key, OF_FORMAT_3, past);
}

int qf_history_put(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *past)
{
        uint8_t at[HIST_KEY_MAX], revision[4];
        qf_put_be32(revision, past->revision);
        int result = put_past(txn, key, OF_REVISION, past);
        return result != 0 ? result
                           : qf_txn_put(txn, QF_TABLE_HIST, put_content_key(at, key, past->content),
                                        bytes(revision, sizeof revision));
}

static int get_said(struct qf_txn *txn, const struct qf_head_key *key, uint32_t revision,
                    struct qf_head *ret_past)
{
        uint8_t at[HIST_KEY_MAX];
        struct qf_view value;
        int result = qf_txn_get(txn, QF_TABLE_HIST, put_hist_key(at, key, OF_REVISION, revision), &value);
        if (result == QF_STORE_NONE)
                result = qf_txn_get(txn, QF_TABLE_HIST, put_hist_key(at, key, OF_FORMAT_3, revision), &value);
        return result != 0 ? result : qf_head_unpack(value, ret_past);
}

/* One after the other, as format 3 has them: no more come to them. */
static int has_content_3(struct qf_txn *txn, const struct qf_head_key *key,
                         const uint8_t content[QF_CONTENT_BYTES], bool *ret_has)
{
        uint8_t prefix[HIST_KEY_MAX];
        struct qf_view at = put_hist_key(prefix, key, OF_FORMAT_3, 0), value;
        const uint32_t len = at.len;
        struct qf_head past;
        int result = qf_txn_seek(txn, QF_TABLE_HIST, at, false, &at, &value);
        while (result == 0 && at.len == len && memcmp(at.at, prefix, len - 4) == 0) {
                result = qf_head_unpack(value, &past);
                *ret_has = result == 0 && memcmp(past.content, content, QF_CONTENT_BYTES) == 0;
                if (result != 0 || *ret_has)
                        return result;
                result = qf_txn_seek(txn, QF_TABLE_HIST, at, true, &at, &value);
        }
        return result == QF_STORE_NONE ? 0 : result;
}

static int has_said(struct qf_txn *txn, const struct qf_head_key *key,
                    const uint8_t content[QF_CONTENT_BYTES], bool *ret_has)
{
        uint8_t at[HIST_KEY_MAX];
        struct qf_view value;
        int result = qf_txn_get(txn, QF_TABLE_HIST, put_content_key(at, key, content), &value);
        *ret_has = result == 0;
        return result == QF_STORE_NONE ? has_content_3(txn, key, content, ret_has) : result;
}

/* --- rows of changes ------------------------------------------------------ */

/* A head further back in the chain, by where its row is; the first of a chain has none. */
struct jump {
        uint8_t place[PLACE_BYTES];
        uint32_t revision, depth; /* depth: changes before it */
};

/* The last row of the chain whose content has the same first bits and another one there. */
struct branch {
        uint8_t bit;
        uint8_t place[PLACE_BYTES];
};

struct change {
        struct qf_head_key key;
        struct qf_head head, past;
        uint32_t depth;
        struct jump jump;
        uint32_t branches_count;
        struct branch branches[CONTENT_BITS]; /* rising */
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

/* Each leads from its own place to what lies before it, so that a walk ends. */
static bool leads_back(const uint8_t place[PLACE_BYTES], const struct change *change)
{
        uint8_t own[PLACE_BYTES], before[PLACE_BYTES];
        put_place(own, &change->head);
        put_place(before, &change->past);
        for (uint32_t i = 0; i < change->branches_count; i++) {
                const struct branch *branch = &change->branches[i];
                if (memcmp(branch->place, before, sizeof before) > 0 || branch->bit >= CONTENT_BITS ||
                    (i > 0 && branch->bit <= branch[-1].bit))
                        return false;
        }
        return memcmp(own, place, sizeof own) == 0 && memcmp(before, own, sizeof own) < 0 &&
               memcmp(change->jump.place, before, sizeof before) <= 0;
}

static uint32_t pack_change(const struct change *change, uint8_t row[CHANGE_MOST])
{
        uint8_t *at = row + 2 * QF_HEAD_BYTES;
        qf_head_pack(&change->head, row);
        qf_head_pack(&change->past, row + QF_HEAD_BYTES);
        qf_put_le32(at, change->depth);
        qf_put_le32(at + 4, change->jump.depth);
        qf_put_le32(at + 8, change->jump.revision);
        memcpy(at + 12, change->jump.place, PLACE_BYTES);
        at[12 + PLACE_BYTES] = (uint8_t)change->branches_count;
        at = row + CHANGE_FIXED;
        for (uint32_t i = 0; i < change->branches_count; i++, at += BRANCH_BYTES) {
                at[0] = change->branches[i].bit;
                memcpy(at + 1, change->branches[i].place, PLACE_BYTES);
        }
        memcpy(at, change->key.at, change->key.len);
        return (uint32_t)(at - row) + change->key.len;
}

static int unpack_change(const uint8_t place[PLACE_BYTES], struct qf_view value, struct change *ret_change)
{
        const uint8_t *tail = (const uint8_t *)value.at + 2 * QF_HEAD_BYTES;
        if (value.len < CHANGE_FIXED)
                return -EBADMSG;
        const uint32_t branches = tail[12 + PLACE_BYTES], key_at = CHANGE_FIXED + branches * BRANCH_BYTES;
        if (branches > CONTENT_BITS || value.len <= key_at + 4 ||
            value.len > key_at + sizeof ret_change->key.at)
                return -EBADMSG;
        int result = qf_head_unpack((struct qf_view){value.at, QF_HEAD_BYTES}, &ret_change->head);
        if (result == 0)
                result = qf_head_unpack((struct qf_view){value.at + QF_HEAD_BYTES, QF_HEAD_BYTES},
                                        &ret_change->past);
        ret_change->depth = qf_get_le32(tail);
        ret_change->jump.depth = qf_get_le32(tail + 4);
        ret_change->jump.revision = qf_get_le32(tail + 8);
        memcpy(ret_change->jump.place, tail + 12, PLACE_BYTES);
        ret_change->branches_count = branches;
        for (uint32_t i = 0; i < branches; i++) {
                const char *at = value.at + CHANGE_FIXED + i * BRANCH_BYTES;
                ret_change->branches[i].bit = (uint8_t)at[0];
                memcpy(ret_change->branches[i].place, at + 1, PLACE_BYTES);
        }
        ret_change->key.len = value.len - key_at;
        memcpy(ret_change->key.at, value.at + key_at, ret_change->key.len);
        return result != 0 || leads_back(place, ret_change) ? result : QF_STORE_DAMAGED;
}

/* The change that made what stands there; QF_STORE_NONE: nothing stood before. */
static int get_change(struct qf_txn *txn, const uint8_t place[PLACE_BYTES], struct change *ret_change)
{
        uint8_t at[CHANGE_KEY];
        struct qf_view value;
        put_change_key(at, place);
        int result = qf_txn_get(txn, QF_TABLE_HIST, bytes(at, sizeof at), &value);
        return result == 0 ? unpack_change(place, value, ret_change) : result;
}

/* Where the next one of the chain jumps to: back as far as the two jumps before it together when these are of one
 * length, else to the one before it. */
static int choose_jump(struct qf_txn *txn, const struct change *last, struct change *next)
{
        struct change before;
        int result = get_change(txn, last->jump.place, &before);
        if (result == QF_STORE_NONE) /* the first of the chain jumps to itself */
                before.jump = last->jump;
        else if (result != 0)
                return result;
        next->depth = last->depth + 1;
        next->jump.depth = last->depth;
        if (last->depth - last->jump.depth == last->jump.depth - before.jump.depth)
                next->jump = before.jump;
        return 0;
}

/* --- contents ------------------------------------------------------------- */

/* The first bit in which they differ; CONTENT_BITS: none. */
static uint32_t first_difference(const uint8_t a[QF_CONTENT_BYTES], const uint8_t b[QF_CONTENT_BYTES])
{
        for (uint32_t i = 0; i < QF_CONTENT_BYTES; i++) {
                if (a[i] != b[i])
                        return 8 * i + (uint32_t)__builtin_clz((uint32_t)(a[i] ^ b[i]) << 24);
        }
        return CONTENT_BITS;
}

static const struct branch *find_branch(const struct change *change, uint32_t bit)
{
        for (uint32_t i = 0; i < change->branches_count; i++) {
                if (change->branches[i].bit == bit)
                        return &change->branches[i];
        }
        return NULL;
}

/* Along the way to the content of next: whoever is met there turns off at some bit, and up to it has its branches in
 * common with next. at: the last row of the chain before next, and then whoever is met. */
static int choose_branches(struct qf_txn *txn, struct change *at, struct change *next)
{
        uint32_t from = 0;
        for (;;) {
                const uint32_t turn = first_difference(at->past.content, next->past.content);
                for (uint32_t i = 0; i < at->branches_count; i++) {
                        if (at->branches[i].bit >= from && at->branches[i].bit < turn)
                                next->branches[next->branches_count++] = at->branches[i];
                }
                if (turn == CONTENT_BITS)
                        return 0;
                struct branch *off = &next->branches[next->branches_count++];
                off->bit = (uint8_t)turn;
                put_place(off->place, &at->head);
                const struct branch *on = find_branch(at, turn);
                if (!on)
                        return 0;
                from = turn + 1;
                const struct branch way = *on;
                int result = get_change(txn, way.place, at);
                if (result != 0)
                        return result == QF_STORE_NONE ? QF_STORE_DAMAGED : result;
        }
}

int qf_history_change(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                      const struct qf_head *head)
{
        struct change last, next = {.key = *key, .head = *head, .past = *standing, .depth = 1};
        uint8_t place[PLACE_BYTES], at[CHANGE_KEY], row[CHANGE_MOST];
        next.jump.revision = standing->revision;
        put_place(next.jump.place, standing);
        int result = get_change(txn, next.jump.place, &last);
        if (result == 0)
                result = choose_jump(txn, &last, &next);
        if (result == 0)
                result = choose_branches(txn, &last, &next);
        if (result != 0 && result != QF_STORE_NONE) /* none: the first change */
                return result;
        put_place(place, head);
        put_change_key(at, place);
        return qf_txn_put(txn, QF_TABLE_HIST, bytes(at, sizeof at), bytes(row, pack_change(&next, row)));
}

int qf_history_next(struct qf_txn *txn, const struct qf_head *after, struct qf_head_key *ret_key,
                    struct qf_head *ret_head)
{
        uint8_t place[PLACE_BYTES], at[CHANGE_KEY];
        struct qf_view key, value;
        struct change change;
        put_place(place, after);
        put_change_key(at, place);
        int result = qf_txn_seek(txn, QF_TABLE_HIST, bytes(at, sizeof at), true, &key, &value);
        if (result == 0 && key.len != CHANGE_KEY)
                result = QF_STORE_DAMAGED;
        if (result == 0)
                result = unpack_change((const uint8_t *)key.at + CHANGE_KEY - PLACE_BYTES, value, &change);
        if (result != 0)
                return result;
        *ret_key = change.key;
        *ret_head = change.head;
        return 0;
}

/* --- what stood ------------------------------------------------------------- */

/* Revisions fall from each to the one before it, so that all behind a jump to a higher one are passed by. */
int qf_history_past(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                    uint32_t revision, struct qf_head *ret_past)
{
        uint8_t place[PLACE_BYTES];
        struct change change;
        int result = get_said(txn, key, revision, ret_past);
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

/* Each step goes into the branch of the content, or there is none. */
int qf_history_had(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *standing,
                   const uint8_t content[QF_CONTENT_BYTES], bool *ret_had)
{
        uint8_t place[PLACE_BYTES];
        struct change change;
        int result = has_said(txn, key, content, ret_had);
        if (result != 0 || *ret_had)
                return result;
        put_place(place, standing);
        while ((result = get_change(txn, place, &change)) == 0) {
                const uint32_t turn = first_difference(change.past.content, content);
                const struct branch *on = find_branch(&change, turn);
                *ret_had = turn == CONTENT_BITS;
                if (!on)
                        return 0;
                memcpy(place, on->place, sizeof place);
        }
        return result == QF_STORE_NONE ? 0 : result;
}
