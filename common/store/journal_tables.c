/* Why: one place knows how ingest's rows lie on disk. Everything but the journal
 * itself can be made again from it; a version byte first lets a later format be
 * told from this one.
 *
 * journal   P be64 → record
 * outbox    source be32 · id 16 → 0 version u8, sealed u8, cursor length u8, zero u8 · 4 ref u32 · 8 last u64
 *           16 holder u64 · 24 first position u64 · 32 last position u64 · 40 cursor
 *           outbox 7 of source 2 at number 900: 01000000 07000000 8403000000000000 …
 * runs      outbox ref be32 · first be64 → 0 version u8, skipped u8, zero 2 · 4 count u32 · 8 position u64
 *           numbers 401 .. 900 in record 12: key 00000007 0000000000000191, value 01000000 f4010000 0c00000000000000
 * head      partner be32 · key [· 01 method] → 0 version u8, kind u8, state u8, zero u8 · 4 revision u32
 *           8 content 16 · 24 lead organisation u32 · 28 index u16, entry u16 · 32 position u64 · 40 date u32
 *           a live activity "A1" of partner 1: key 00000001 4131, value 01010100 01000000 <16> 03000000 00000000 …
 * hist      head's key · 02 · revision be32 → as head: what was said late of a revision that was jumped over
 *           head's key · 03 · its content 16 → that revision be32
 *           head's key · 00 · revision be32 → as head: either, and what stood, of records before changes from
 *           ff ff ff ff · position be64 · entry be32 · index be32, of an event that moved a head → 0 the head ·
 *           44 what stood before it, both as in head · 88 changes before it u32 · 92 one that lies further back:
 *           changes before that u32, its revision u32, its position, entry and index · 116 branches u8 ·
 *           117 each: bit u8, its position, entry and index · the head's key (store/history.c)
 * tickkey   partner be32 · key → position u64 le; partner be32 → count u32 le
 * aside     partner be32 · key [· 01 method, or 64 + kind] → 0 position u64 · 8 source u32; source be32 → count u32 le
 * register  index be32 → 0 version u8, zero 7 · 8 position u64 · 16 Event
 * meta      "state" → 0 version u8, zero 3 · 4 life number u32 · 8 journal id 16 · 24 life 16 · 40 digest key 16
 *           56 outboxes u32, registers u32 · 64 life begins u64 · 72 registers position u64 · 80 office key 32
 *           112 clock accepted i64 · 120 changes from u64, heads through u64 (both not in format 3)
 *
 * Behind every value but a record, which has its own, lies a checksum of key and value (store/environment.h).
 * Keys hold no bytes below 0x20 (they are checked text), so that 00 to 03 keep
 * the parts behind them apart from longer keys. */
#include "store/journal_tables.h"

#include <errno.h>

#include "base/cleanup.h"
#include "store/record.h"

enum {
        VERSION = 1,
        OUTBOX_BYTES = 40,
        RUN_BYTES = 16,
        ASIDE_BYTES = 12,
        REGISTER_BYTES = 16,
        STATE_BYTES = 136,
        STATE_BYTES_3 = 120 /* of format 3 */
};

const char *const qf_journal_tables[] = {"journal", "outbox", "runs",     "head", "hist",
                                         "tickkey", "aside",  "register", "meta", NULL};

static struct qf_view bytes(const uint8_t *at, size_t len)
{
        return (struct qf_view){(const char *)at, (uint32_t)len};
}

static const uint8_t *row_of(struct qf_view value, uint32_t len)
{
        const uint8_t *at = (const uint8_t *)value.at;
        return value.len >= len && at[0] == VERSION ? at : NULL;
}

/* --- state -------------------------------------------------------------- */

static void put_state(uint8_t at[STATE_BYTES], const struct qf_journal_state *state)
{
        memset(at, 0, STATE_BYTES);
        at[0] = VERSION;
        qf_put_le32(at + 4, state->life_number);
        memcpy(at + 8, state->journal, 16);
        memcpy(at + 24, state->life, 16);
        memcpy(at + 40, state->digest_key, 16);
        qf_put_le32(at + 56, state->outboxes);
        qf_put_le32(at + 60, state->registers);
        qf_put_le64(at + 64, state->life_begins);
        qf_put_le64(at + 72, state->registers_position);
        memcpy(at + 80, state->office_key, 32);
        qf_put_le64(at + 112, (uint64_t)state->clock_accepted_ms);
        qf_put_le64(at + 120, state->changes_from);
        qf_put_le64(at + 128, state->heads_through);
}

static int get_state(struct qf_txn *txn, struct qf_journal_state *ret_state)
{
        struct qf_view value;
        int result = qf_txn_get(txn, QF_TABLE_META, QF_VIEW("state"), &value);
        if (result != 0)
                return result;
        const uint8_t *at = row_of(value, STATE_BYTES_3);
        const bool older = value.len < STATE_BYTES;
        if (!at)
                return -EBADMSG;
        *ret_state =
                (struct qf_journal_state){.life_number = qf_get_le32(at + 4),
                                          .outboxes = qf_get_le32(at + 56),
                                          .registers = qf_get_le32(at + 60),
                                          .life_begins = qf_get_le64(at + 64),
                                          .registers_position = qf_get_le64(at + 72),
                                          .clock_accepted_ms = (int64_t)qf_get_le64(at + 112),
                                          .heads_through = older ? 0 : qf_get_le64(at + 128),
                                          .changes_from = older ? QF_CHANGES_NEVER : qf_get_le64(at + 120)};
        memcpy(ret_state->journal, at + 8, 16);
        memcpy(ret_state->life, at + 24, 16);
        memcpy(ret_state->digest_key, at + 40, 16);
        memcpy(ret_state->office_key, at + 80, 32);
        return 0;
}

/* The last record says where the journal ends; it is checked on the way. */
static int get_end(struct qf_txn *txn, struct qf_sha256 *sha, struct qf_journal_state *state)
{
        struct qf_view key, record;
        struct qf_record_head head;
        struct qf_entry entry;
        int result = qf_txn_last(txn, QF_TABLE_JOURNAL, &key, &record);
        if (result != 0)
                return result == QF_STORE_NONE ? -EBADMSG : result;
        if (qf_record_open(record, sha, &head) != 0 || key.len != 8 ||
            head.position != qf_get_be64((const uint8_t *)key.at))
                return -EBADMSG;
        state->last = head.position;
        state->received_at_ms = head.received_at_ms;
        state->events = head.events_before;
        memcpy(state->hash, head.hash, sizeof state->hash);
        for (size_t offset = 0; qf_record_next(record, &offset, &entry);)
                state->events += entry.kind == QF_ENTRY_BATCH ? entry.count - entry.skip : 0;
        return 0;
}

/* The first one says what was trimmed. */
static int get_beginning(struct qf_txn *txn, struct qf_sha256 *sha, struct qf_journal_state *state)
{
        struct qf_view key = {"", 0}, record;
        struct qf_record_head head;
        int result = qf_txn_seek(txn, QF_TABLE_JOURNAL, key, false, &key, &record);
        if (result != 0)
                return result > 0 ? -EBADMSG : result;
        state->first = key.len == 8 ? qf_get_be64((const uint8_t *)key.at) : 0;
        if (state->first == 1)
                return 0;
        if (qf_record_open(record, sha, &head) != 0 || head.position != state->first)
                return -EBADMSG;
        if (qf_txn_rows(txn, QF_TABLE_JOURNAL) != state->last - state->first + 1) /* damage looks like that */
                return -EBADMSG;
        memcpy(state->before, head.previous, sizeof state->before);
        return 0;
}

int qf_journal_state_get(struct qf_txn *txn, struct qf_sha256 *sha, struct qf_journal_state *ret_state)
{
        struct qf_journal_state state;
        int result = get_state(txn, &state);
        if (result == 0)
                result = get_end(txn, sha, &state);
        if (result == 0)
                result = get_beginning(txn, sha, &state);
        if (result == 0)
                *ret_state = state;
        return result;
}

int qf_journal_changes_from(struct qf_txn *txn, uint64_t *ret_from)
{
        struct qf_journal_state state;
        int result = get_state(txn, &state);
        if (result == 0)
                *ret_from = state.changes_from;
        return result;
}

bool qf_journal_state_same(const struct qf_journal_state *a, const struct qf_journal_state *b)
{
        uint8_t row_a[STATE_BYTES], row_b[STATE_BYTES];
        put_state(row_a, a);
        put_state(row_b, b);
        return memcmp(row_a, row_b, sizeof row_a) == 0;
}

int qf_journal_state_put(struct qf_txn *txn, const struct qf_journal_state *state)
{
        uint8_t at[STATE_BYTES];
        put_state(at, state);
        return qf_txn_put(txn, QF_TABLE_META, QF_VIEW("state"), bytes(at, sizeof at));
}

/* --- records ------------------------------------------------------------ */

int qf_journal_append(struct qf_txn *txn, uint64_t position, struct qf_view record)
{
        uint8_t key[8], *room;
        qf_put_be64(key, position);
        int result = qf_txn_append(txn, QF_TABLE_JOURNAL, bytes(key, sizeof key), record.len, &room);
        if (result == 0)
                memcpy(room, record.at, record.len);
        return result;
}

int qf_journal_get(struct qf_txn *txn, uint64_t position, struct qf_view *ret_record)
{
        uint8_t key[8];
        qf_put_be64(key, position);
        return qf_txn_get(txn, QF_TABLE_JOURNAL, bytes(key, sizeof key), ret_record);
}

/* --- outboxes ----------------------------------------------------------- */

enum { OUTBOX_KEY = 20, RUN_KEY = 12 };

static void put_outbox_key(uint8_t key[OUTBOX_KEY], const struct qf_journal_outbox *row)
{
        qf_put_be32(key, row->source);
        memcpy(key + 4, row->id, 16);
}

int qf_journal_outbox_put(struct qf_txn *txn, const struct qf_journal_outbox *row)
{
        uint8_t key[OUTBOX_KEY],
                at[OUTBOX_BYTES + QF_OUTBOX_CURSOR_MAX] = {VERSION, row->sealed, row->cursor_len};
        put_outbox_key(key, row);
        qf_put_le32(at + 4, row->ref);
        qf_put_le64(at + 8, row->last);
        qf_put_le64(at + 16, row->holder);
        qf_put_le64(at + 24, row->first_position);
        qf_put_le64(at + 32, row->last_position);
        memcpy(at + OUTBOX_BYTES, row->cursor, row->cursor_len);
        return qf_txn_put(txn, QF_TABLE_OUTBOX, bytes(key, sizeof key),
                          bytes(at, OUTBOX_BYTES + row->cursor_len));
}

int qf_journal_outbox_next(struct qf_txn *txn, const struct qf_journal_outbox *previous,
                           struct qf_journal_outbox *ret_row)
{
        uint8_t from[OUTBOX_KEY] = {0};
        struct qf_view key, value;
        if (previous)
                put_outbox_key(from, previous);
        int result =
                qf_txn_seek(txn, QF_TABLE_OUTBOX, bytes(from, sizeof from), previous != NULL, &key, &value);
        if (result != 0)
                return result;
        const uint8_t *at = row_of(value, OUTBOX_BYTES);
        if (!at || key.len != OUTBOX_KEY || at[2] > QF_OUTBOX_CURSOR_MAX ||
            value.len != (uint32_t)OUTBOX_BYTES + at[2])
                return -EBADMSG;
        *ret_row = (struct qf_journal_outbox){.source = qf_get_be32((const uint8_t *)key.at),
                                              .ref = qf_get_le32(at + 4),
                                              .sealed = at[1] != 0,
                                              .last = qf_get_le64(at + 8),
                                              .holder = qf_get_le64(at + 16),
                                              .first_position = qf_get_le64(at + 24),
                                              .last_position = qf_get_le64(at + 32),
                                              .cursor_len = at[2]};
        memcpy(ret_row->id, key.at + 4, sizeof ret_row->id);
        memcpy(ret_row->cursor, at + OUTBOX_BYTES, at[2]);
        return 0;
}

static void put_run_key(uint8_t key[RUN_KEY], uint32_t outbox, uint64_t number)
{
        qf_put_be32(key, outbox);
        qf_put_be64(key + 4, number);
}

int qf_journal_run_put(struct qf_txn *txn, uint32_t outbox, const struct qf_journal_run *run)
{
        uint8_t key[RUN_KEY], at[RUN_BYTES] = {VERSION, run->skipped};
        put_run_key(key, outbox, run->first);
        qf_put_le32(at + 4, run->count);
        qf_put_le64(at + 8, run->position);
        return qf_txn_put(txn, QF_TABLE_RUNS, bytes(key, sizeof key), bytes(at, sizeof at));
}

bool qf_journal_run_read(struct qf_view key, struct qf_view value, uint32_t *ret_outbox,
                         struct qf_journal_run *ret_run)
{
        const uint8_t *at = row_of(value, RUN_BYTES);
        if (!at || key.len != RUN_KEY)
                return false;
        *ret_outbox = qf_get_be32((const uint8_t *)key.at);
        *ret_run = (struct qf_journal_run){.first = qf_get_be64((const uint8_t *)key.at + 4),
                                           .count = qf_get_le32(at + 4),
                                           .skipped = at[1] != 0,
                                           .position = qf_get_le64(at + 8)};
        return true;
}

int qf_journal_run_at(struct qf_txn *txn, uint32_t outbox, uint64_t number, struct qf_journal_run *ret_run)
{
        uint8_t upto[RUN_KEY];
        uint32_t of = 0;
        struct qf_journal_run run;
        struct qf_view key, value;
        put_run_key(upto, outbox, number);
        int result = qf_txn_seek_back(txn, QF_TABLE_RUNS, bytes(upto, sizeof upto), &key, &value);
        if (result != 0)
                return result;
        if (!qf_journal_run_read(key, value, &of, &run))
                return -EBADMSG;
        if (of != outbox)
                return QF_STORE_NONE;
        *ret_run = run;
        return 0;
}

int qf_journal_run_find(struct qf_txn *txn, uint32_t outbox, uint64_t number, struct qf_journal_run *ret_run)
{
        struct qf_journal_run run;
        int result = qf_journal_run_at(txn, outbox, number, &run);
        if (result != 0)
                return result;
        if (number - run.first >= run.count)
                return QF_STORE_NONE;
        *ret_run = run;
        return 0;
}

int qf_journal_run_last(struct qf_txn *txn, uint32_t outbox, struct qf_journal_run *ret_run)
{
        return qf_journal_run_at(txn, outbox, UINT64_MAX, ret_run);
}

/* --- heads -------------------------------------------------------------- */

void qf_head_key_pack(uint32_t partner, struct qf_view key, uint8_t method, struct qf_head_key *ret_key)
{
        QF_ASSERT(key.len <= QF_KEY_BYTES_MAX);
        qf_put_be32(ret_key->at, partner);
        if (key.len > 0)
                memcpy(ret_key->at + 4, key.at, key.len);
        ret_key->len = 4 + key.len;
        if (method != 0) {
                ret_key->at[ret_key->len++] = 1;
                ret_key->at[ret_key->len++] = method;
        }
}

void qf_head_pack(const struct qf_head *head, uint8_t at[QF_HEAD_BYTES])
{
        qf_put_le32(at, VERSION | (uint32_t)head->kind << 8 | (uint32_t)head->state << 16);
        qf_put_le32(at + 4, head->revision);
        memcpy(at + 8, head->content, QF_CONTENT_BYTES);
        qf_put_le32(at + 24, head->lead_org);
        qf_put_le16(at + 28, (uint16_t)head->index);
        qf_put_le16(at + 30, (uint16_t)head->entry);
        qf_put_le64(at + 32, head->position);
        qf_put_le32(at + 40, head->date);
}

int qf_head_unpack(struct qf_view value, struct qf_head *ret_head)
{
        const uint8_t *at = row_of(value, QF_HEAD_BYTES);
        if (!at)
                return -EBADMSG;
        *ret_head = (struct qf_head){.kind = at[1],
                                     .state = at[2],
                                     .revision = qf_get_le32(at + 4),
                                     .lead_org = qf_get_le32(at + 24),
                                     .index = qf_get_le16(at + 28),
                                     .entry = qf_get_le16(at + 30),
                                     .position = qf_get_le64(at + 32),
                                     .date = qf_get_le32(at + 40)};
        memcpy(ret_head->content, at + 8, QF_CONTENT_BYTES);
        return 0;
}

static struct qf_view key_view(const struct qf_head_key *key)
{
        return bytes(key->at, key->len);
}

int qf_head_get(struct qf_txn *txn, const struct qf_head_key *key, struct qf_head *ret_head)
{
        struct qf_view value;
        int result = qf_txn_get(txn, QF_TABLE_HEAD, key_view(key), &value);
        return result != 0 ? result : qf_head_unpack(value, ret_head);
}

int qf_head_insert(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *head,
                   struct qf_head *ret_standing)
{
        uint8_t at[QF_HEAD_BYTES];
        struct qf_view standing;
        qf_head_pack(head, at);
        int result = qf_txn_insert(txn, QF_TABLE_HEAD, key_view(key), bytes(at, sizeof at), &standing);
        if (result != QF_STORE_EXISTS)
                return result;
        result = qf_head_unpack(standing, ret_standing);
        return result < 0 ? result : QF_STORE_EXISTS;
}

int qf_head_put(struct qf_txn *txn, const struct qf_head_key *key, const struct qf_head *head)
{
        uint8_t at[QF_HEAD_BYTES];
        qf_head_pack(head, at);
        return qf_txn_put(txn, QF_TABLE_HEAD, key_view(key), bytes(at, sizeof at));
}

/* --- rows that are counted, so that nobody has too many -------------------- */

static int get_count(struct qf_txn *txn, enum qf_journal_table table, struct qf_view whose,
                     uint32_t *ret_count)
{
        struct qf_view value;
        int result = qf_txn_get(txn, table, whose, &value);
        if (result == 0 && value.len != 4)
                return -EBADMSG;
        *ret_count = result == 0 ? qf_get_le32((const uint8_t *)value.at) : 0;
        return result == QF_STORE_NONE ? 0 : result;
}

static int put_count(struct qf_txn *txn, enum qf_journal_table table, struct qf_view whose, uint32_t count)
{
        uint8_t at[4];
        if (count == 0)
                return qf_txn_delete(txn, table, whose);
        qf_put_le32(at, count);
        return qf_txn_put(txn, table, whose, bytes(at, sizeof at));
}

static int add_counted(struct qf_txn *txn, enum qf_journal_table table, struct qf_view key,
                       struct qf_view value, struct qf_view whose, uint32_t most)
{
        struct qf_view standing;
        uint32_t count = 0;
        int result = qf_txn_get(txn, table, key, &standing);
        if (result != QF_STORE_NONE)
                return result;
        result = get_count(txn, table, whose, &count);
        if (result != 0)
                return result;
        if (count >= most)
                return QF_WAITING_TOO_MANY;
        result = qf_txn_put(txn, table, key, value);
        return result != 0 ? result : put_count(txn, table, whose, count + 1);
}

static int remove_counted(struct qf_txn *txn, enum qf_journal_table table, struct qf_view key,
                          struct qf_view whose)
{
        uint32_t count = 0;
        int result = qf_txn_delete(txn, table, key);
        if (result != 0)
                return result == QF_STORE_NONE ? 0 : result;
        result = get_count(txn, table, whose, &count);
        if (result == 0 && count == 0)
                return -EBADMSG;
        return result != 0 ? result : put_count(txn, table, whose, count - 1);
}

int qf_waiting_add(struct qf_txn *txn, const struct qf_head_key *key, uint64_t position, uint32_t most)
{
        uint8_t at[8];
        qf_put_le64(at, position);
        return add_counted(txn, QF_TABLE_TICKKEY, key_view(key), bytes(at, sizeof at), bytes(key->at, 4),
                           most);
}

int qf_waiting_remove(struct qf_txn *txn, const struct qf_head_key *key)
{
        if (qf_txn_rows(txn, QF_TABLE_TICKKEY) == 0)
                return 0;
        return remove_counted(txn, QF_TABLE_TICKKEY, key_view(key), bytes(key->at, 4));
}

int qf_aside_add(struct qf_txn *txn, const struct qf_head_key *key, uint32_t source, uint64_t position,
                 uint32_t most)
{
        uint8_t at[ASIDE_BYTES], whose[4];
        qf_put_le64(at, position);
        qf_put_le32(at + 8, source);
        qf_put_be32(whose, source);
        return add_counted(txn, QF_TABLE_ASIDE, key_view(key), bytes(at, sizeof at),
                           bytes(whose, sizeof whose), most);
}

int qf_aside_remove(struct qf_txn *txn, const struct qf_head_key *key, bool *ret_was)
{
        uint8_t whose[4];
        struct qf_view value;
        *ret_was = false;
        if (qf_txn_rows(txn, QF_TABLE_ASIDE) == 0)
                return 0;
        int result = qf_txn_get(txn, QF_TABLE_ASIDE, key_view(key), &value);
        if (result != 0)
                return result == QF_STORE_NONE ? 0 : result;
        if (value.len != ASIDE_BYTES)
                return -EBADMSG;
        qf_put_be32(whose, qf_get_le32((const uint8_t *)value.at + 8));
        *ret_was = true;
        return remove_counted(txn, QF_TABLE_ASIDE, key_view(key), bytes(whose, sizeof whose));
}

/* --- registers ---------------------------------------------------------- */

int qf_register_row_add(struct qf_txn *txn, uint32_t index, uint64_t position, struct qf_view event)
{
        uint8_t key[4], about[REGISTER_BYTES] = {VERSION};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer row = {0};
        qf_put_be32(key, index);
        qf_put_le64(about + 8, position);
        int result = qf_buffer_append(&row, about, sizeof about);
        if (result == 0)
                result = qf_buffer_append(&row, event.at, event.len);
        if (result < 0)
                return result;
        return qf_txn_put(txn, QF_TABLE_REGISTER, bytes(key, sizeof key), bytes(row.at, row.len));
}

int qf_register_row_get(struct qf_txn *txn, uint32_t index, uint64_t *ret_position, struct qf_view *ret_event)
{
        uint8_t key[4];
        struct qf_view value;
        qf_put_be32(key, index);
        int result = qf_txn_get(txn, QF_TABLE_REGISTER, bytes(key, sizeof key), &value);
        if (result != 0)
                return result;
        const uint8_t *at = row_of(value, REGISTER_BYTES);
        if (!at)
                return -EBADMSG;
        *ret_position = qf_get_le64(at + 8);
        *ret_event = bytes(at + REGISTER_BYTES, value.len - REGISTER_BYTES);
        return 0;
}
