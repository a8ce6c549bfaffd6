/* Why: an outbox grows for years, is copied and set back. What it forgets, and how
 * it goes on under a new name, is here; layouts and the daily work are in outbox.c. */
#include <string.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "client/outbox_parts.h"

enum { TRIM_ROWS = 256 };

static const uint64_t keep_bytes = (uint64_t)1 << 30;
static const int64_t keep_ms = (int64_t)QF_OUTBOX_KEEP_DAYS * 24 * 3600 * 1000;

/* --- forgetting --------------------------------------------------------- */

/* Ages are of looks, not of chunks: when a chunk was made one clock says, which may have been wrong, and jumps. */
struct look {
        uint64_t upto; /* was acknowledged then */
        int64_t at_ms; /* the latest that any clock said; 0: none yet */
};

static int read_look(struct qf_txn *txn, struct look *ret_look)
{
        struct qf_view value;
        int result = qf_txn_get(txn, QF_OUTBOX_META, QF_VIEW("look"), &value);
        *ret_look = (struct look){0};
        if (result)
                return result == QF_STORE_NONE ? 0 : result;
        if (value.len != 16)
                return QF_STORE_FORMAT;
        ret_look->upto = qf_get_le64((const uint8_t *)value.at);
        ret_look->at_ms = (int64_t)qf_get_le64((const uint8_t *)value.at + 8);
        return 0;
}

static int write_look(struct qf_txn *txn, const struct look *look)
{
        uint8_t bytes[16];
        qf_put_le64(bytes, look->upto);
        qf_put_le64(bytes + 8, (uint64_t)look->at_ms);
        return qf_txn_put(txn, QF_OUTBOX_META, QF_VIEW("look"),
                          (struct qf_view){(const char *)bytes, sizeof(bytes)});
}

static bool is_old(const struct look *look, struct qf_outbox_now now)
{
        return now.earliest_ms > 0 && look->at_ms > 0 && now.earliest_ms - look->at_ms >= keep_ms;
}

/* The first, one behind another that is old, or one in place of what no clock calls past. */
static bool wants_look(const struct look *look, struct qf_outbox_now now)
{
        return now.earliest_ms > 0 && (look->at_ms == 0 || look->at_ms > now.latest_ms || is_old(look, now));
}

static bool is_due(const struct qf_outbox_row *row, const struct qf_chunk *chunk, uint64_t keep_from)
{
        uint64_t after = chunk->first + chunk->count;
        return after <= row->acked + 1 && (after <= keep_from || row->kept_bytes > keep_bytes);
}

static int forget_chunk(struct qf_txn *txn, uint64_t first)
{
        uint8_t key[8];
        struct qf_view at = qf_outbox_key(first, key);
        int result = qf_txn_delete(txn, QF_OUTBOX_CHUNK, at);
        if (result)
                return result;
        result = qf_txn_delete(txn, QF_OUTBOX_ANSWER, at);
        return result == QF_STORE_NONE ? 0 : result;
}

/* One transaction's worth; *ret_more when there is more to forget. */
static int trim_some(struct qf_outbox *outbox, uint64_t keep_from, struct qf_outbox_now now, bool *ret_more)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_outbox_row row = outbox->row;
        struct look look;
        unsigned forgotten = 0;

        *ret_more = false;
        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result == 0)
                result = read_look(txn, &look);
        if (result)
                return result;
        if (is_old(&look, now) && look.upto >= keep_from)
                keep_from = look.upto + 1;
        while (forgotten < TRIM_ROWS) {
                struct qf_chunk chunk;
                struct qf_view value;
                result = qf_outbox_find_chunk(txn, row.first_kept, &chunk, &value);
                if (result == QF_STORE_NONE)
                        break;
                if (result)
                        return result;
                if (!is_due(&row, &chunk, keep_from))
                        break;
                row.first_kept = chunk.first + chunk.count;
                row.kept_bytes -= value.len;
                result = forget_chunk(txn, chunk.first);
                if (result)
                        return result;
                forgotten++;
        }
        *ret_more = forgotten == TRIM_ROWS;
        const bool looks = !*ret_more && wants_look(&look, now);
        if (looks) {
                result = write_look(txn, &(struct look){row.acked, now.latest_ms});
                if (result)
                        return result;
        }
        return forgotten || looks ? qf_outbox_commit_row(outbox, &txn, &row) : 0;
}

int qf_outbox_trim(struct qf_outbox *outbox, uint64_t keep_from, struct qf_outbox_now now)
{
        bool more = true;
        while (more) {
                int result = trim_some(outbox, keep_from, now, &more);
                if (result)
                        return result;
        }
        return 0;
}

/* Key of the note on from *at; QF_STORE_NONE: there is no further one, and *at is before the first again. */
static int forget_next(struct qf_txn *txn, uint8_t at[QF_OUTBOX_HASH], int64_t before_ms, bool *ret_forgot)
{
        struct qf_view from = {(const char *)at, QF_OUTBOX_HASH}, key, value;
        uint8_t owner[QF_OUTBOX_ID_BYTES];
        struct qf_fed_file file;

        int result = qf_txn_seek(txn, QF_OUTBOX_FILE, from, true, &key, &value);
        if (result == QF_STORE_NONE)
                memset(at, 0, QF_OUTBOX_HASH);
        if (result)
                return result;
        if (key.len != QF_OUTBOX_HASH)
                return QF_STORE_FORMAT;
        memcpy(at, key.at, QF_OUTBOX_HASH);
        if (!qf_fed_file_read(at, value, &file, owner))
                return QF_STORE_FORMAT;
        const size_t mark = sizeof(QF_OUTBOX_REQUEST) - 1;
        *ret_forgot = file.fed_ms < before_ms && file.name.len > mark &&
                      memcmp(file.name.at, QF_OUTBOX_REQUEST, mark) == 0;
        return *ret_forgot ? qf_txn_delete(txn, QF_OUTBOX_FILE, from) : 0;
}

int qf_outbox_forget_requests(struct qf_outbox *outbox, uint8_t at[QF_OUTBOX_HASH], uint32_t most,
                              int64_t before_ms)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        bool wrote = false;

        int result = qf_txn_begin(outbox->environment, true, &txn);
        for (uint32_t i = 0; i < most && result == 0; i++) {
                bool forgot = false;
                result = forget_next(txn, at, before_ms, &forgot);
                wrote |= forgot;
        }
        if (result && result != QF_STORE_NONE)
                return result;
        return wrote ? qf_txn_commit(&txn) : 0;
}

/* --- a new name --------------------------------------------------------- */

/* Moves a chunk to a number that is never above its own, so that rows still to come stay as they are. */
static int renumber_chunk(struct qf_txn *txn, struct qf_chunk *chunk, struct qf_outbox_row *row,
                          struct qf_buffer *copy, struct qf_buffer *bytes)
{
        uint64_t old = chunk->first;
        uint8_t key[8];

        copy->len = 0;
        int result = qf_chunk_write(chunk, copy); /* views into the table end with the next write */
        if (result)
                return result;
        struct qf_view value = qf_buffer_view(copy);
        if (!qf_chunk_read(qf_outbox_key(old, key), value, chunk))
                return QF_STORE_FORMAT;
        result = forget_chunk(txn, old);
        if (result)
                return result;
        chunk->first = row->next;
        row->next += chunk->count;
        row->kept_bytes += copy->len;
        return qf_outbox_put_chunk(txn, chunk, bytes);
}

static int renew_chunks(struct qf_txn *txn, uint64_t number, uint64_t end, uint64_t acked,
                        struct qf_outbox_row *row)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer copy = {0};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};

        while (number < end) {
                struct qf_chunk chunk;
                struct qf_view value;
                int result = qf_outbox_find_chunk(txn, number, &chunk, &value);
                if (result)
                        return result;
                number = chunk.first + chunk.count;
                if (chunk.first > acked)
                        result = renumber_chunk(txn, &chunk, row, &copy, &bytes);
                else
                        result = forget_chunk(txn, chunk.first);
                if (result)
                        return result;
        }
        return 0;
}

/* Files whose events all moved keep their numbers' place; of the others the numbers mean nothing any more. */
static int move_files(struct qf_txn *txn, uint64_t acked, const uint8_t old[QF_OUTBOX_ID_BYTES],
                      const uint8_t fresh[QF_OUTBOX_ID_BYTES])
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        uint8_t hash[QF_OUTBOX_HASH] = {0}, owner[QF_OUTBOX_ID_BYTES];
        struct qf_view at = {(const char *)hash, QF_OUTBOX_HASH}, key, value;

        for (bool after = false;; after = true) {
                struct qf_fed_file file;
                int result = qf_txn_seek(txn, QF_OUTBOX_FILE, at, after, &key, &value);
                if (result)
                        return result == QF_STORE_NONE ? 0 : result;
                if (key.len != QF_OUTBOX_HASH)
                        return QF_STORE_FORMAT;
                memcpy(hash, key.at, QF_OUTBOX_HASH);
                if (!qf_fed_file_read(hash, value, &file, owner))
                        return QF_STORE_FORMAT;
                if (file.first <= acked || memcmp(owner, old, sizeof(owner)) != 0)
                        continue;
                file.first -= acked;
                bytes.len = 0;
                result = qf_fed_file_write(&file, fresh, &bytes);
                if (result == 0)
                        result = qf_txn_put(txn, QF_OUTBOX_FILE, at, qf_buffer_view(&bytes));
                if (result)
                        return result;
        }
}

bool qf_outbox_wants_renewal(uint32_t stopped)
{
        switch (stopped) {
        case QF_REFUSED_FENCED:
        case QF_REFUSED_CLONED:
        case QF_REFUSED_FORKED:
        case QF_REFUSED_SEALED:
        case QF_ALARM_OTHER_JOURNAL: return true;
        default: return false;
        }
}

static int forget(struct qf_txn *txn, struct qf_view meta)
{
        const int result = qf_txn_delete(txn, QF_OUTBOX_META, meta);
        return result == QF_STORE_NONE ? 0 : result;
}

/* The journal that it fed, its lives, and its registers. */
static int forget_journal(struct qf_txn *txn, struct qf_outbox_row *row)
{
        memset(row->life, 0, sizeof(row->life));
        row->registers = 0;
        int result = forget(txn, QF_VIEW("journal"));
        if (result == 0)
                result = forget(txn, QF_VIEW("lives"));
        return result == 0 ? forget(txn, QF_VIEW("registers")) : result;
}

int qf_outbox_renew(struct qf_outbox *outbox, bool asked)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        const struct qf_outbox_row *old = &outbox->row;
        struct qf_outbox_row row = *old;
        const bool elsewhere = old->stopped == QF_ALARM_OTHER_JOURNAL;

        if (asked && !qf_outbox_wants_renewal(old->stopped))
                return QF_OUTBOX_GOES_ON;
        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result)
                return result;
        row.next = row.first_kept = 1;
        row.acked = row.kept_bytes = 0;
        row.stopped = 0;
        memset(row.say, 0, sizeof(row.say));
        qf_random(row.id, sizeof(row.id));
        result = renew_chunks(txn, old->first_kept, old->next, old->acked, &row);
        if (result == 0)
                result = move_files(txn, old->acked, old->id, row.id);
        if (result == 0)
                result = forget(txn, QF_VIEW("look")); /* of numbers that mean nothing any more */
        if (result == 0 && elsewhere)
                result = forget_journal(txn, &row);
        if (result == 0)
                result = qf_outbox_commit_row(outbox, &txn, &row);
        if (result == 0 && elsewhere) {
                memset(outbox->journal, 0, sizeof(outbox->journal));
                outbox->lives_count = 0;
        }
        return result;
}

/* --- receipts ----------------------------------------------------------- */

static int walk_receipts(struct qf_txn *txn, qf_receipt_take take, void *ctx)
{
        struct qf_view key = {"", 0}, value;
        int result = qf_txn_seek(txn, QF_OUTBOX_ANSWER, key, false, &key, &value);
        while (result == 0) {
                struct qf_answer_row row;
                if (!qf_answer_row_read(key, value, &row))
                        return QF_STORE_FORMAT;
                struct qf_receipt receipt = {
                        .first = row.first, .count = row.count, .position = row.position};
                memcpy(receipt.hash, row.hash, sizeof(receipt.hash));
                memcpy(receipt.life, row.life, sizeof(receipt.life));
                result = take(ctx, &receipt);
                if (result == 0)
                        result = qf_txn_seek(txn, QF_OUTBOX_ANSWER, key, true, &key, &value);
        }
        return result == QF_STORE_NONE ? 0 : result;
}

/* What nobody has open, to be read only. The caller ends both, whatever the outcome. */
static int open_to_read(const char *directory, struct qf_environment **environment, struct qf_txn **txn)
{
        struct qf_environment_options options = qf_outbox_options;

        options.read_only = true;
        int result = qf_environment_open(directory, &options, environment);
        return result ? result : qf_txn_begin(*environment, false, txn);
}

int qf_outbox_receipts(const char *directory, qf_receipt_take take, void *ctx)
{
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        int result = open_to_read(directory, &environment, &txn);

        if (result == 0)
                result = walk_receipts(txn, take, ctx);
        qf_txn_abort(&txn);
        qf_environment_close(environment);
        return result;
}

int qf_outbox_look(const char *directory, struct qf_outbox_standing *ret_standing)
{
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        struct qf_outbox_row row;
        struct qf_view value;
        int result = open_to_read(directory, &environment, &txn);

        if (result == 0)
                result = qf_txn_get(txn, QF_OUTBOX_META, QF_VIEW("standing"), &value);
        if (result == 0 && !qf_outbox_row_read(value, &row))
                result = QF_STORE_FORMAT;
        if (result == 0) {
                *ret_standing = (struct qf_outbox_standing){.next = row.next,
                                                            .acked = row.acked,
                                                            .first_kept = row.first_kept,
                                                            .registers = row.registers,
                                                            .stopped = row.stopped};
                memcpy(ret_standing->id, row.id, sizeof(ret_standing->id));
                memcpy(ret_standing->say, row.say, sizeof(ret_standing->say));
        }
        qf_txn_abort(&txn);
        qf_environment_close(environment);
        return result;
}
