/* Reading begins one short transaction a group, and only when the cache does not
 * know: keys that rise with time, which is how activities arrive, are new when
 * they lie beyond the partner's highest, and are never looked for on disk. */
#include "aggregate/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/counts_tables.h"

/* In the list of one commit: a row stands there again when it changed after it was told of. */
enum { CHANGED_MOST = 400000 };
enum { PARTNERS_KNOWN = 1024 }; /* highest keys are remembered for partners with a lower number */

struct key {
        uint8_t len; /* 0: none */
        char bytes[QF_STANDING_KEY_BYTES];
};

struct highest {
        bool known;
        struct key any,
                stored; /* of all keys that were got; of those on disk: what is beyond it need not be looked for there */
};

struct check {              /* how far the tables were read, and what was found */
        struct qf_txn *txn; /* one walk: begun again at a key, it would not see a way that leads astray */
        unsigned table;
        struct qf_view key; /* of the last row; empty: none yet */
        uint64_t rows, digest;
};

struct qf_records {
        struct qf_environment *environment;
        struct qf_txn *reading;
        struct qf_standings *cache;
        size_t cache_bytes;
        struct highest *highest[PARTNERS_KNOWN];
        uint64_t rows, digest;           /* on disk: of rec; of rec and wait */
        uint64_t next_rows, next_digest; /* after the transaction being written */
        struct check check;
        struct qf_standing_slot *found;     /* by the last get; NULL: it found none */
        uint8_t scratch[QF_STANDING_BYTES]; /* for packing: a local would be cleared with every call */
};

int qf_records_new(struct qf_environment *environment, size_t cache_bytes, struct qf_records **ret_records)
{
        struct qf_records *records = calloc(1, sizeof(*records));

        if (!records)
                return -ENOMEM;
        records->environment = environment;
        records->cache_bytes = cache_bytes;
        int r = qf_standings_new(&records->cache);
        if (r < 0) {
                free(records);
                return r;
        }
        *ret_records = records;
        return 0;
}

struct qf_records *qf_records_free(struct qf_records *records)
{
        if (!records)
                return NULL;
        qf_records_rest(records);
        qf_txn_abort(&records->check.txn);
        for (size_t i = 0; i < PARTNERS_KNOWN; i++)
                free(records->highest[i]);
        qf_standings_free(records->cache);
        free(records);
        return NULL;
}

void qf_records_rest(struct qf_records *records)
{
        qf_txn_abort(&records->reading);
}

static bool is_large(const struct qf_records *records)
{
        return qf_standings_bytes(records->cache) > records->cache_bytes;
}

bool qf_records_crowded(const struct qf_records *records)
{
        return is_large(records) || qf_standings_dirty_count(records->cache) > CHANGED_MOST;
}

static int begin_reading(struct qf_records *records)
{
        return records->reading ? 0 : qf_txn_begin(records->environment, false, &records->reading);
}

/* --- the highest key of each partner -------------------------------------- */

static void set_key(struct key *key, struct qf_view to)
{
        key->len = (uint8_t)to.len;
        memcpy(key->bytes, to.at, to.len);
}

/* The last key of a partner on disk. */
static int find_highest(struct qf_records *records, uint32_t partner, struct highest *highest)
{
        uint8_t upto[QF_COUNTS_KEY_BYTES + 1], key_partner[4];
        struct qf_view key, value;

        qf_put_be32(key_partner, partner);
        memset(upto, 0xff, sizeof(upto));
        memcpy(upto, key_partner, sizeof(key_partner));
        int r = begin_reading(records);
        if (r == 0)
                r = qf_txn_seek_back(records->reading, QF_COUNTS_REC,
                                     (struct qf_view){(const char *)upto, sizeof(upto)}, &key, &value);
        if (r < 0 || r > QF_STORE_NONE)
                return r < 0 ? r : -EIO;
        if (r == 0 && key.len > 4 && key.len <= QF_COUNTS_KEY_BYTES && memcmp(key.at, key_partner, 4) == 0) {
                set_key(&highest->any, (struct qf_view){key.at + 4, key.len - 4});
                highest->stored = highest->any;
        }
        highest->known = true;
        return 0;
}

/* 0 with *ret_highest, NULL for partners that are not remembered. */
static int highest_of(struct qf_records *records, uint32_t partner, struct highest **ret_highest)
{
        *ret_highest = NULL;
        if (partner >= PARTNERS_KNOWN)
                return 0;
        struct highest **place = &records->highest[partner];
        if (!*place)
                *place = calloc(1, sizeof(**place));
        if (!*place)
                return -ENOMEM;
        int r = (*place)->known ? 0 : find_highest(records, partner, *place);
        if (r == 0)
                *ret_highest = *place;
        return r;
}

static bool is_beyond(const struct key *key, struct qf_view other)
{
        return qf_view_order(other, (struct qf_view){key->bytes, key->len}) > 0;
}

/* --- the tally's store ----------------------------------------------------- */

static int read_record(struct qf_records *records, uint32_t partner, struct qf_view key,
                       struct qf_standing *ret_record)
{
        uint8_t bytes[QF_COUNTS_KEY_BYTES];
        struct qf_view found = {(const char *)bytes, (uint32_t)qf_counts_key(partner, key, bytes)}, value;
        struct qf_standing_slot *slot;
        int r = begin_reading(records);

        if (r == 0)
                r = qf_txn_get(records->reading, QF_COUNTS_REC, found, &value);
        if (r == QF_STORE_NONE) {
                qf_standing_clear(ret_record);
                return 0;
        }
        if (r == 0)
                r = qf_standing_unpack(value, ret_record);
        if (r == 0)
                r = qf_standings_put(records->cache, partner, key, value, false, &slot);
        if (r != 0)
                return r < 0 ? r : -EIO;
        slot->waiting = (uint8_t)qf_standing_waiting(ret_record);
        slot->stored = qf_row_sum(found, value);
        records->found = slot;
        return 0;
}

static int take_found(struct qf_records *records, struct qf_standing *ret_record)
{
        int r = qf_standing_unpack(qf_standing_slot_value(records->found), ret_record);

        ret_record->open = qf_standings_take_open(records->cache, records->found);
        return r;
}

static int get(void *ctx, uint32_t partner, struct qf_view key, struct qf_standing *ret_record)
{
        struct qf_records *records = ctx;
        struct highest *highest;
        int r = highest_of(records, partner, &highest);

        if (r < 0)
                return r;
        if (highest && is_beyond(&highest->any, key)) { /* it is new, and put next */
                set_key(&highest->any, key);
                records->found = NULL;
                qf_standing_clear(ret_record);
                return 0;
        }
        records->found = qf_standings_find(records->cache, partner, key);
        if (records->found)
                return take_found(records, ret_record);
        if (highest && is_beyond(&highest->stored, key)) {
                qf_standing_clear(ret_record);
                return 0;
        }
        return read_record(records, partner, key, ret_record);
}

/* The slot that the last get found, when it is of this key: most puts follow a get. */
static struct qf_standing_slot *found_slot(const struct qf_records *records, uint32_t partner,
                                           struct qf_view key)
{
        struct qf_standing_slot *slot = records->found;

        if (slot && slot->partner == partner && qf_view_same(qf_standing_slot_key(slot), key))
                return slot;
        return NULL;
}

static int put(void *ctx, uint32_t partner, struct qf_view key, const struct qf_standing *record)
{
        struct qf_records *records = ctx;
        struct qf_view value = {(const char *)records->scratch, 0};
        struct qf_standing_slot *slot = found_slot(records, partner, key);

        records->found = NULL;
        value.len = (uint32_t)qf_standing_pack(record, records->scratch);
        if (slot && qf_standings_set(records->cache, slot, value, true))
                return 0;
        return qf_standings_put(records->cache, partner, key, value, true, NULL);
}

void qf_records_ahead(void *ctx, uint32_t partner, struct qf_view key)
{
        struct qf_records *records = ctx;

        qf_standings_ahead(records->cache, partner, key); /* new ones too: their place is fetched */
}

/* What is only on disk is read first, which counting at once does. */
static int note(void *ctx, uint32_t partner, struct qf_view key, uint32_t amount, uint64_t position)
{
        struct qf_records *records = ctx;
        struct qf_standing_slot *slot = qf_standings_find(records->cache, partner, key);

        return slot ? qf_standings_note(records->cache, slot, amount, position) : 1;
}

static int each_open(void *ctx, qf_tally_open each, void *each_ctx)
{
        struct qf_records *records = ctx;
        struct qf_standing record;
        size_t count;
        struct qf_standing_slot *const *slots = qf_standings_open(records->cache, &count);
        int r = 0;

        for (size_t i = 0; i < count && r == 0; i++) {
                qf_standing_slots_ahead(slots, i, count);
                if (slots[i]->open.events == 0)
                        continue;
                records->found = slots[i];
                r = take_found(records, &record);
                record.partner = slots[i]->partner;
                if (r == 0)
                        r = each(each_ctx, qf_standing_slot_key(slots[i]), &record);
        }
        return r;
}

struct qf_tally_store qf_records_store(struct qf_records *records)
{
        return (struct qf_tally_store){
                .ctx = records, .get = get, .put = put, .note = note, .each_open = each_open};
}

/* --- all of them ------------------------------------------------------------ */

struct walk {
        int (*each)(void *ctx, uint32_t partner, struct qf_view key, const struct qf_standing *standing);
        void *ctx;
        struct qf_standing standing; /* too large for the stack of a callback */
};

static int walk_packed(struct walk *walk, uint32_t partner, struct qf_view key, struct qf_view packed)
{
        int r = qf_standing_unpack(packed, &walk->standing);

        return r == 0 ? walk->each(walk->ctx, partner, key, &walk->standing) : r;
}

static int walk_cached(void *ctx, const struct qf_standing_slot *slot)
{
        return walk_packed(ctx, slot->partner, qf_standing_slot_key(slot), qf_standing_slot_value(slot));
}

/* Those of the disk that the cache does not have. */
static int walk_disk(struct qf_records *records, struct walk *walk)
{
        struct qf_view found = {"", 0}, value;
        int r = begin_reading(records);

        if (r == 0)
                r = qf_txn_seek(records->reading, QF_COUNTS_REC, found, false, &found, &value);
        while (r == 0) {
                if (found.len <= 4)
                        return -EBADMSG;
                const uint32_t partner = qf_get_be32((const uint8_t *)found.at);
                const struct qf_view key = {found.at + 4, found.len - 4};
                if (!qf_standings_find(records->cache, partner, key))
                        r = walk_packed(walk, partner, key, value);
                if (r == 0)
                        r = qf_txn_seek(records->reading, QF_COUNTS_REC, found, true, &found, &value);
        }
        return r == QF_STORE_NONE ? 0 : r > 0 ? -EIO : r;
}

int qf_records_each(struct qf_records *records,
                    int (*each)(void *ctx, uint32_t partner, struct qf_view key,
                                const struct qf_standing *standing),
                    void *ctx)
{
        QF_CLEANUP(qf_cleanup_free) struct walk *walk = calloc(1, sizeof(*walk));

        if (!walk)
                return -ENOMEM;
        walk->each = each;
        walk->ctx = ctx;
        int r = qf_standings_each(records->cache, walk_cached, walk);
        return r == 0 ? walk_disk(records, walk) : r;
}

/* --- committing ------------------------------------------------------------ */

/* For one that has ticks and does not stand. Apart from the next: a local of this size is cleared with every call. */
static __attribute__((noinline)) int unpack_waiting(struct qf_view packed, uint8_t *ret_waiting)
{
        struct qf_standing standing;
        int r = qf_standing_unpack(packed, &standing);

        if (r == 0)
                *ret_waiting = (uint8_t)qf_standing_waiting(&standing);
        return r;
}

/* Whether the ticks of a packed standing count nothing; most have none, which its first byte tells. */
static int waiting_of(struct qf_view packed, uint8_t *ret_waiting)
{
        *ret_waiting = QF_WAITING_NOT;
        if (packed.len == 0 || !((uint8_t)packed.at[0] & 0x80) || ((uint8_t)packed.at[0] & 3) == QF_HEAD_LIVE)
                return 0;
        return unpack_waiting(packed, ret_waiting);
}

static uint64_t waiting_digest(struct qf_view key, uint8_t waiting)
{
        if (waiting == QF_WAITING_NOT)
                return 0;
        return qf_record_row_digest(qf_row_sum(key, (struct qf_view){(const char *)&waiting, 1}));
}

static int write_waiting(struct qf_records *records, struct qf_txn *txn, struct qf_view key, uint8_t before,
                         uint8_t waiting)
{
        if (waiting == before)
                return 0;
        records->next_digest += waiting_digest(key, waiting) - waiting_digest(key, before);
        if (waiting != QF_WAITING_NOT)
                return qf_txn_put(txn, QF_COUNTS_WAIT, key, (struct qf_view){(const char *)&waiting, 1});
        int r = qf_txn_delete(txn, QF_COUNTS_WAIT, key);
        return r == QF_STORE_NONE ? QF_STORE_DAMAGED : r;
}

/* The last key of rec: rows beyond it are put behind it, in order, without looking for their places. */
struct end {
        struct qf_view key;
        bool passed;
        uint8_t bytes[QF_COUNTS_KEY_BYTES];
};

static int find_end(struct qf_txn *txn, struct end *ret_end)
{
        struct qf_view key, value;
        int r = qf_txn_last(txn, QF_COUNTS_REC, &key, &value);

        if (r == 0 && key.len > sizeof(ret_end->bytes))
                return QF_STORE_DAMAGED;
        if (r == 0)
                memcpy(ret_end->bytes, key.at, key.len);
        ret_end->passed = r == QF_STORE_NONE;
        ret_end->key = (struct qf_view){(const char *)ret_end->bytes, r == 0 ? key.len : 0};
        return r == QF_STORE_NONE ? 0 : r;
}

static int write_slot(struct qf_records *records, struct qf_txn *txn, struct qf_standing_slot *slot,
                      struct end *end)
{
        uint8_t bytes[QF_COUNTS_KEY_BYTES], waiting;
        struct qf_view value = qf_standing_slot_value(slot);
        struct qf_view key = {(const char *)bytes,
                              (uint32_t)qf_counts_key(slot->partner, qf_standing_slot_key(slot), bytes)};
        int r = waiting_of(value, &waiting);

        if (r == 0)
                r = write_waiting(records, txn, key, slot->waiting, waiting);
        if (r != 0)
                return r;
        slot->written = qf_row_sum(key, value);
        records->next_rows += slot->stored == 0;
        records->next_digest += qf_record_row_digest(slot->written) - qf_record_row_digest(slot->stored);
        if (!end->passed && slot->stored == 0)
                end->passed = qf_view_order(key, end->key) > 0;
        return qf_txn_put_summed(txn, QF_COUNTS_REC, key, value, slot->written, end->passed);
}

int qf_records_write(struct qf_records *records, struct qf_txn *txn)
{
        struct qf_standing_slot *const *dirty;
        size_t count, open;
        struct end end;

        (void)qf_standings_open(records->cache, &open);
        QF_ASSERT(open == 0);
        records->next_rows = records->rows;
        records->next_digest = records->digest;
        int r = qf_standings_dirty(records->cache, &dirty, &count);
        if (r == 0)
                r = find_end(txn, &end);
        for (size_t i = 0; i < count && r == 0; i++) {
                qf_standing_slots_ahead(dirty, i, count);
                r = write_slot(records, txn, dirty[i], &end);
        }
        return r;
}

int qf_records_tell(struct qf_records *records, qf_records_changed changed, void *ctx)
{
        size_t count;
        struct qf_standing_slot *const *untold = qf_standings_untold(records->cache, &count);
        int r = 0;

        for (size_t i = 0; i < count && r == 0 && changed; i++) {
                struct qf_view packed = qf_standing_slot_value(untold[i]);
                qf_standing_slots_ahead(untold, i, count);
                uint32_t row = qf_standing_row(packed);
                if (row != 0)
                        r = changed(ctx, untold[i]->partner, qf_standing_slot_key(untold[i]), row, packed);
        }
        return r;
}

/* Whether and how a row is on disk is noted at those that stay in memory. */
static int note_stored(struct qf_standing_slot *slot)
{
        slot->stored = slot->written;
        return waiting_of(qf_standing_slot_value(slot), &slot->waiting);
}

int qf_records_settle(struct qf_records *records)
{
        records->rows = records->next_rows;
        records->digest = records->next_digest;
        records->found = NULL;
        for (size_t i = 0; i < PARTNERS_KNOWN; i++)
                if (records->highest[i])
                        records->highest[i]->stored = records->highest[i]->any;
        if (!is_large(records))
                return qf_standings_clean(records->cache, note_stored);
        qf_standings_clear(records->cache);
        return 0;
}

uint64_t qf_records_rows(const struct qf_records *records)
{
        return records->next_rows;
}

uint64_t qf_records_digest(const struct qf_records *records)
{
        return records->next_digest;
}

/* --- checking ------------------------------------------------------------- */

void qf_records_expect(struct qf_records *records, uint64_t rows, uint64_t digest)
{
        records->rows = records->next_rows = rows;
        records->digest = records->next_digest = digest;
        records->check = (struct check){.table = QF_COUNTS_REC, .key = QF_VIEW("")};
}

/* One row of the table that is being read. 0, QF_STORE_NONE at its end. */
static int check_row(struct check *check)
{
        struct qf_view value;
        int r = qf_txn_seek(check->txn, check->table, check->key, check->key.len > 0, &check->key, &value);

        if (r != 0)
                return r;
        check->rows += check->table == QF_COUNTS_REC;
        check->digest += qf_record_row_digest(qf_row_sum(check->key, value));
        return 0;
}

int qf_records_check(struct qf_records *records, uint64_t most)
{
        struct check *check = &records->check;
        int r = check->txn ? 0 : qf_txn_begin_beside(records->environment, &check->txn);

        for (uint64_t looked = 0; r == 0 && looked < most; looked++) {
                r = check_row(check);
                if (r != QF_STORE_NONE || check->table == QF_COUNTS_WAIT)
                        continue;
                check->table = QF_COUNTS_WAIT;
                check->key = QF_VIEW("");
                r = 0;
        }
        if (r == 0)
                return QF_RECORDS_GOES_ON;
        qf_txn_abort(&check->txn);
        if (r != QF_STORE_NONE)
                return r;
        return check->rows == records->rows && check->digest == records->digest ? 0 : -EBADMSG;
}
