/* Why: a partner's promise "sent once" has to outlive its process, so numbers,
 * bytes and verdicts are rows of one LMDB, each change one transaction. What is
 * in memory is a copy of the row "standing", replaced only after the commit.
 *
 * chunk   first number u64 be → version u8, zero u8[3], count u32, made i64, facts u32, texts u32, cursor u32,
 *         facts, texts, cursor
 * answer  first number u64 be → version u8, zero u8[3], count u32, position u64, hash 32, life 16,
 *         exceptions {at u32, len u32, class u16, code u16}
 * file    hash 32 → version u8, fed i64, first u64, count u64, outbox 16, name
 * meta    "standing" → outbox_rows.h; "lives" → 16 bytes each, in the order seen; "journal" → 16 bytes; "source" → its name
 *         "registers" → events; "look" → acked u64, at i64: when old chunks were looked for (outbox_keep.c) */
#include "client/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "client/outbox_parts.h"

static const char *const tables[] = {"meta", "chunk", "answer", "file", NULL};

const struct qf_environment_options qf_outbox_options = {
        .format = QF_OUTBOX_FORMAT,
        .tables = tables,
        .map_bytes = UINT64_C(256) << 20,
        .map_bytes_max = UINT64_C(64) << 30,
        .disk_floor_bytes = UINT64_C(16) << 20,
};

/* --- standing ----------------------------------------------------------- */

/* Of the answered row to what others see. The holder's random bits are of this opening only. */
static void adopt(struct qf_outbox *outbox, const struct qf_outbox_row *row)
{
        struct qf_outbox_standing *standing = &outbox->standing;
        outbox->row = *row;
        memcpy(standing->id, row->id, sizeof(standing->id));
        memcpy(standing->life, row->life, sizeof(standing->life));
        standing->holder = (uint64_t)row->openings << 32 | (uint32_t)standing->holder;
        standing->next = row->next;
        standing->acked = row->acked;
        standing->first_kept = row->first_kept;
        standing->registers = row->registers;
        standing->stopped = row->stopped;
        memcpy(standing->say, row->say, sizeof(standing->say));
}

/* Writes the row and ends the transaction; memory follows only when the disk has it. */
int qf_outbox_commit_row(struct qf_outbox *outbox, struct qf_txn **txn, const struct qf_outbox_row *row)
{
        uint8_t bytes[QF_OUTBOX_ROW_BYTES];
        qf_outbox_row_write(row, bytes);
        int result = qf_txn_put(*txn, QF_OUTBOX_META, QF_VIEW("standing"),
                                (struct qf_view){(const char *)bytes, sizeof(bytes)});
        if (result)
                return result;
        result = qf_txn_commit(txn);
        if (result)
                return result;
        adopt(outbox, row);
        return 0;
}

static int load_lives(struct qf_outbox *outbox, struct qf_txn *txn)
{
        struct qf_view lives;
        int result = qf_txn_get(txn, QF_OUTBOX_META, QF_VIEW("lives"), &lives);
        if (result == QF_STORE_NONE)
                return 0;
        if (result)
                return result;
        if (lives.len % QF_LIFE_BYTES || lives.len > sizeof(outbox->lives))
                return QF_STORE_FORMAT;
        memcpy(outbox->lives, lives.at, lives.len);
        outbox->lives_count = lives.len / QF_LIFE_BYTES;
        return 0;
}

static int load_journal(struct qf_outbox *outbox, struct qf_txn *txn)
{
        struct qf_view journal;
        int result = qf_txn_get(txn, QF_OUTBOX_META, QF_VIEW("journal"), &journal);
        if (result)
                return result == QF_STORE_NONE ? 0 : result;
        if (journal.len != sizeof(outbox->journal))
                return QF_STORE_FORMAT;
        memcpy(outbox->journal, journal.at, journal.len);
        return 0;
}

static int load_row(const struct qf_environment *environment, struct qf_txn *txn,
                    struct qf_outbox_row *ret_row)
{
        struct qf_view value;
        int result = qf_txn_get(txn, QF_OUTBOX_META, QF_VIEW("standing"), &value);
        if (result == QF_STORE_NONE && !qf_environment_fresh(environment))
                return QF_STORE_DAMAGED;
        if (result == QF_STORE_NONE) {
                *ret_row = (struct qf_outbox_row){.next = 1, .first_kept = 1};
                qf_random(ret_row->id, sizeof(ret_row->id));
                return 0;
        }
        if (result)
                return result;
        return qf_outbox_row_read(value, ret_row) ? 0 : QF_STORE_FORMAT;
}

static int begin_opening(struct qf_outbox *outbox)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_outbox_row row;
        uint32_t bits;

        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result)
                return result;
        result = load_lives(outbox, txn);
        if (result == 0)
                result = load_journal(outbox, txn);
        if (result)
                return result;
        result = load_row(outbox->environment, txn, &row);
        if (result)
                return result;
        row.openings++;
        qf_random(&bits, sizeof(bits));
        outbox->standing.holder = bits;
        return qf_outbox_commit_row(outbox, &txn, &row);
}

int qf_outbox_open(const char *directory, struct qf_outbox **ret_outbox)
{
        struct qf_outbox *outbox = calloc(1, sizeof(*outbox));
        if (!outbox)
                return -ENOMEM;
        int result = qf_environment_open(directory, &qf_outbox_options, &outbox->environment);
        if (result == 0)
                result = begin_opening(outbox);
        if (result) {
                qf_outbox_close(outbox);
                return result;
        }
        *ret_outbox = outbox;
        return 0;
}

struct qf_outbox *qf_outbox_close(struct qf_outbox *outbox)
{
        if (outbox) {
                qf_environment_close(outbox->environment);
                free(outbox);
        }
        return NULL;
}

const struct qf_outbox_standing *qf_outbox_standing(const struct qf_outbox *outbox)
{
        return &outbox->standing;
}

/* --- chunks ------------------------------------------------------------- */

int qf_outbox_put_chunk(struct qf_txn *txn, const struct qf_chunk *chunk, struct qf_buffer *buffer)
{
        uint8_t key[8];
        buffer->len = 0;
        int result = qf_chunk_write(chunk, buffer);
        if (result)
                return result;
        return qf_txn_put(txn, QF_OUTBOX_CHUNK, qf_outbox_key(chunk->first, key), qf_buffer_view(buffer));
}

int qf_outbox_write(struct qf_outbox *outbox, const struct qf_chunk *chunks, uint32_t count,
                    const struct qf_fed_file *file)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer buffer = {0};
        struct qf_outbox_row row = outbox->row;

        int result = qf_txn_begin(outbox->environment, true, &txn);
        for (uint32_t i = 0; i < count && result == 0; i++) {
                QF_ASSERT(chunks[i].first == row.next);
                QF_ASSERT(chunks[i].count > 0);
                result = qf_outbox_put_chunk(txn, &chunks[i], &buffer);
                row.next += chunks[i].count;
                row.kept_bytes += buffer.len;
        }
        if (result == 0 && file) {
                buffer.len = 0;
                result = qf_fed_file_write(file, row.id, &buffer);
                if (result == 0)
                        result = qf_txn_put(txn, QF_OUTBOX_FILE,
                                            (struct qf_view){(const char *)file->hash, QF_OUTBOX_HASH},
                                            qf_buffer_view(&buffer));
        }
        return result ? result : qf_outbox_commit_row(outbox, &txn, &row);
}

/* The row of the chunk that holds a number. */
int qf_outbox_find_chunk(struct qf_txn *txn, uint64_t number, struct qf_chunk *ret_chunk,
                         struct qf_view *ret_value)
{
        struct qf_view found;
        uint8_t key[8];
        int result = qf_txn_seek_back(txn, QF_OUTBOX_CHUNK, qf_outbox_key(number, key), &found, ret_value);
        if (result)
                return result;
        if (found.len != sizeof(key) || !qf_chunk_read(found, *ret_value, ret_chunk))
                return QF_STORE_FORMAT;
        return number < ret_chunk->first + ret_chunk->count ? 0 : QF_STORE_NONE;
}

static int copy_value(struct qf_view *value, struct qf_buffer *buffer)
{
        buffer->len = 0;
        int result = qf_buffer_append(buffer, value->at, value->len);
        value->at = (const char *)buffer->at;
        return result;
}

int qf_outbox_chunk(struct qf_outbox *outbox, uint64_t number, struct qf_buffer *buffer,
                    struct qf_chunk *ret_chunk)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_chunk chunk;
        struct qf_view value;
        uint8_t key[8];

        int result = qf_txn_begin(outbox->environment, false, &txn);
        if (result == 0)
                result = qf_outbox_find_chunk(txn, number, &chunk, &value);
        if (result == 0)
                result = copy_value(&value, buffer);
        if (result)
                return result;
        return qf_chunk_read(qf_outbox_key(chunk.first, key), value, ret_chunk) ? 0 : QF_STORE_FORMAT;
}

/* --- verdicts ----------------------------------------------------------- */

int qf_outbox_verdicts(struct qf_outbox *outbox, uint64_t number, struct qf_buffer *buffer,
                       struct qf_outbox_answer *ret_answer)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_view found, value;
        struct qf_answer_row row;
        uint8_t key[8];

        int result = qf_txn_begin(outbox->environment, false, &txn);
        if (result == 0)
                result = qf_txn_seek_back(txn, QF_OUTBOX_ANSWER, qf_outbox_key(number, key), &found, &value);
        if (result)
                return result;
        if (!qf_answer_row_read(found, value, &row))
                return QF_STORE_FORMAT;
        if (number >= row.first + row.count)
                return QF_STORE_NONE;
        return qf_answer_row_copy(&row, buffer, ret_answer);
}

struct qf_verdict qf_outbox_verdict_in(const struct qf_outbox_answer *answer, uint64_t number)
{
        uint64_t place = number - answer->first;
        for (uint32_t i = 0; i < answer->exceptions_count; i++)
                if (place >= answer->exceptions[i].at &&
                    place - answer->exceptions[i].at < answer->exceptions[i].len)
                        return answer->exceptions[i].verdict;
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

struct storing {
        struct qf_outbox *outbox;
        struct qf_txn *txn;
        const struct qf_outbox_answer *answer;
        struct qf_outbox_answered found;
        struct qf_buffer bytes;
        bool wrote;
};

static int compare_row(struct storing *storing, struct qf_view value, const struct qf_chunk *chunk,
                       bool *ret_same)
{
        struct qf_answer_row before;
        uint8_t key[8];

        if (!qf_answer_row_read(qf_outbox_key(chunk->first, key), value, &before))
                return QF_STORE_FORMAT;
        uint32_t first_changed = 0;
        uint32_t changed = qf_answer_row_differs(&before, storing->answer, &first_changed);
        bool same_life = memcmp(before.life, storing->outbox->row.life, QF_LIFE_BYTES) == 0;
        *ret_same = changed == 0 && same_life;
        if (changed == 0)
                return 0;
        if (storing->found.changed == 0)
                storing->found.changed_first = chunk->first + first_changed;
        storing->found.changed += changed;
        storing->found.same_life |= same_life;
        return 0;
}

/* One chunk that the answer covers whole. A verdict that is there already is compared; only what is new is written. */
static int store_chunk(struct storing *storing, const struct qf_chunk *chunk)
{
        struct qf_view before;
        uint8_t key[8];
        bool same = false;
        struct qf_view at = qf_outbox_key(chunk->first, key);

        int result = qf_txn_get(storing->txn, QF_OUTBOX_ANSWER, at, &before);
        if (result == 0)
                result = compare_row(storing, before, chunk, &same);
        else if (result == QF_STORE_NONE)
                result = 0;
        if (result || same)
                return result;
        storing->bytes.len = 0;
        result = qf_answer_row_write(storing->answer, chunk->first, chunk->count, storing->outbox->row.life,
                                     &storing->bytes);
        if (result)
                return result;
        if (!storing->wrote)
                storing->found.news = chunk->first;
        storing->wrote = true;
        return qf_txn_put(storing->txn, QF_OUTBOX_ANSWER, at, qf_buffer_view(&storing->bytes));
}

static int store_chunks(struct storing *storing)
{
        uint64_t end = storing->answer->first + storing->answer->count;
        uint64_t number = storing->answer->first;

        storing->found.from = storing->found.upto = number;
        while (number < end) {
                struct qf_chunk chunk;
                struct qf_view value;
                int result = qf_outbox_find_chunk(storing->txn, number, &chunk, &value);
                if (result == QF_STORE_NONE)
                        return 0;
                if (result)
                        return result;
                uint64_t after = chunk.first + chunk.count;
                if (after > end)
                        return 0;
                if (chunk.first < storing->answer->first) {
                        storing->found.from = storing->found.upto = number = after;
                        continue;
                }
                result = store_chunk(storing, &chunk);
                if (result)
                        return result;
                storing->found.upto = number = after;
        }
        return 0;
}

int qf_outbox_answer(struct qf_outbox *outbox, const struct qf_outbox_answer *answer,
                     struct qf_outbox_answered *ret_answered)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct storing storing = {.outbox = outbox, .answer = answer};
        struct qf_outbox_row row = outbox->row;

        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result)
                return result;
        storing.txn = txn;
        result = store_chunks(&storing);
        qf_buffer_deinit(&storing.bytes);
        if (result)
                return result;
        if (storing.found.from <= row.acked + 1 && storing.found.upto > row.acked + 1)
                row.acked = storing.found.upto - 1;
        if (storing.wrote || row.acked != outbox->row.acked)
                result = qf_outbox_commit_row(outbox, &txn, &row);
        if (!storing.wrote)
                storing.found.news = storing.found.upto;
        if (result == 0)
                *ret_answered = storing.found;
        return result;
}

/* --- lives -------------------------------------------------------------- */

static bool is_set(const uint8_t id[QF_LIFE_BYTES])
{
        static const uint8_t none[QF_LIFE_BYTES];
        return memcmp(id, none, QF_LIFE_BYTES) != 0;
}

enum qf_life_seen qf_outbox_life(const struct qf_outbox *outbox, const uint8_t journal[QF_LIFE_BYTES],
                                 const uint8_t life[QF_LIFE_BYTES])
{
        if (is_set(outbox->journal) && is_set(journal) &&
            memcmp(outbox->journal, journal, QF_LIFE_BYTES) != 0)
                return QF_LIFE_OTHER_JOURNAL;
        if (outbox->lives_count == 0)
                return QF_LIFE_FIRST;
        if (memcmp(outbox->row.life, life, QF_LIFE_BYTES) == 0)
                return QF_LIFE_SAME;
        for (uint32_t i = 0; i < outbox->lives_count; i++)
                if (memcmp(outbox->lives[i], life, QF_LIFE_BYTES) == 0)
                        return QF_LIFE_RETURNED;
        return QF_LIFE_NEW;
}

int qf_outbox_set_life(struct qf_outbox *outbox, const uint8_t journal[QF_LIFE_BYTES],
                       const uint8_t life[QF_LIFE_BYTES])
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_outbox_row row = outbox->row;

        bool learns = is_set(journal) && !is_set(outbox->journal);
        if (qf_outbox_life(outbox, journal, life) == QF_LIFE_SAME && !learns)
                return 0;
        uint8_t lives[QF_OUTBOX_LIVES_MAX][QF_LIFE_BYTES] = {{0}};
        bool known = outbox->lives_count > 0 && memcmp(row.life, life, QF_LIFE_BYTES) == 0;
        uint32_t skip = !known && outbox->lives_count == QF_OUTBOX_LIVES_MAX; /* the oldest makes room */
        uint32_t count = outbox->lives_count - skip;
        memcpy(lives, outbox->lives[skip], (size_t)count * QF_LIFE_BYTES);
        if (!known)
                memcpy(lives[count++], life, QF_LIFE_BYTES);
        memcpy(row.life, life, QF_LIFE_BYTES);
        if (!known)
                row.registers = 0; /* the cache stays, but is to be learnt anew */
        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result == 0)
                result = qf_txn_put(txn, QF_OUTBOX_META, QF_VIEW("lives"),
                                    (struct qf_view){(const char *)lives, count * QF_LIFE_BYTES});
        if (result == 0 && learns)
                result = qf_txn_put(txn, QF_OUTBOX_META, QF_VIEW("journal"),
                                    (struct qf_view){(const char *)journal, QF_LIFE_BYTES});
        if (result == 0)
                result = qf_outbox_commit_row(outbox, &txn, &row);
        if (result)
                return result;
        if (learns)
                memcpy(outbox->journal, journal, QF_LIFE_BYTES);
        memcpy(outbox->lives, lives, sizeof(lives));
        outbox->lives_count = count;
        return 0;
}

/* --- a human's decisions ------------------------------------------------ */

int qf_outbox_stop(struct qf_outbox *outbox, uint32_t why, struct qf_view say)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_outbox_row row = outbox->row;
        /* Whichever answers next is the right one, also with a life that was seen before. */
        const bool settled = why == 0 && row.stopped == QF_ALARM_TWO_SERVERS;

        row.stopped = why;
        memset(row.say, 0, sizeof(row.say));
        uint32_t len = say.len < sizeof(row.say) - 1 ? say.len : (uint32_t)sizeof(row.say) - 1;
        while (len > 0 && len < say.len && ((uint8_t)say.at[len] & 0xc0) == 0x80)
                len--; /* not within a character */
        if (len > 0)
                memcpy(row.say, say.at, len);
        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result == 0 && settled)
                result = qf_txn_put(txn, QF_OUTBOX_META, QF_VIEW("lives"),
                                    (struct qf_view){(const char *)row.life, QF_LIFE_BYTES});
        if (result == 0)
                result = qf_outbox_commit_row(outbox, &txn, &row);
        if (result == 0 && settled) {
                memcpy(outbox->lives[0], row.life, QF_LIFE_BYTES);
                outbox->lives_count = 1;
        }
        return result;
}

/* --- files and registers ------------------------------------------------ */

int qf_outbox_find_file(struct qf_outbox *outbox, const uint8_t hash[QF_OUTBOX_HASH],
                        struct qf_buffer *buffer, struct qf_fed_file *ret_file)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_view value;

        int result = qf_txn_begin(outbox->environment, false, &txn);
        if (result == 0)
                result = qf_txn_get(txn, QF_OUTBOX_FILE, (struct qf_view){(const char *)hash, QF_OUTBOX_HASH},
                                    &value);
        if (result == 0)
                result = copy_value(&value, buffer);
        if (result)
                return result;
        struct qf_fed_file file;
        uint8_t owner[QF_OUTBOX_ID_BYTES];
        if (!qf_fed_file_read(hash, value, &file, owner))
                return QF_STORE_FORMAT;
        if (memcmp(owner, outbox->row.id, sizeof(owner)) != 0)
                file.first = 0;
        *ret_file = file;
        return 0;
}

int qf_outbox_registers(struct qf_outbox *outbox, struct qf_buffer *buffer)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_view value;

        int result = qf_txn_begin(outbox->environment, false, &txn);
        if (result == 0)
                result = qf_txn_get(txn, QF_OUTBOX_META, QF_VIEW("registers"), &value);
        return result ? result : copy_value(&value, buffer);
}

int qf_outbox_set_registers(struct qf_outbox *outbox, uint64_t position, struct qf_view events)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_outbox_row row = outbox->row;

        row.registers = position;
        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result == 0)
                result = qf_txn_put(txn, QF_OUTBOX_META, QF_VIEW("registers"), events);
        return result ? result : qf_outbox_commit_row(outbox, &txn, &row);
}

int qf_outbox_claim(struct qf_outbox *outbox, struct qf_view source)
{
        QF_CLEANUP(qf_txn_abort) struct qf_txn *txn = NULL;
        struct qf_view owner;

        int result = qf_txn_begin(outbox->environment, true, &txn);
        if (result == 0)
                result = qf_txn_get(txn, QF_OUTBOX_META, QF_VIEW("source"), &owner);
        if (result == 0)
                return qf_view_same(owner, source) ? 0 : QF_OUTBOX_ANOTHERS;
        if (result == QF_STORE_NONE)
                result = qf_txn_put(txn, QF_OUTBOX_META, QF_VIEW("source"), source);
        return result ? result : qf_txn_commit(&txn);
}
