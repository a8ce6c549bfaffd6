/* Why: an outbox is copied, restored and upgraded by people, so its rows have one
 * place that knows their bytes, each with a version first. Little-endian inside
 * values, big-endian in keys (their order is that of the numbers). */
#include "client/outbox_rows.h"

#include <string.h>

enum {
        ROW_VERSION = 1,
        CHUNK_HEADER = 4 + 4 + 8 + 3 * 4,
        ANSWER_HEADER = 4 + 4 + 8 + 32 + QF_LIFE_BYTES,
        EXCEPTION_BYTES = 12,
        FILE_HEADER = 1 + 3 * 8 + QF_OUTBOX_ID_BYTES,
};

static const uint64_t number_most = (uint64_t)1 << 62;

/* --- standing ----------------------------------------------------------- */

void qf_outbox_row_write(const struct qf_outbox_row *row, uint8_t ret_bytes[QF_OUTBOX_ROW_BYTES])
{
        uint8_t *at = ret_bytes;
        memset(at, 0, QF_OUTBOX_ROW_BYTES);
        at[0] = ROW_VERSION;
        qf_put_le32(at + 4, row->openings);
        memcpy(at + 8, row->id, 16);
        memcpy(at + 24, row->life, 16);
        qf_put_le64(at + 40, row->next);
        qf_put_le64(at + 48, row->acked);
        qf_put_le64(at + 56, row->first_kept);
        qf_put_le64(at + 64, row->kept_bytes);
        qf_put_le64(at + 72, row->registers);
        qf_put_le32(at + 80, row->stopped);
        memcpy(at + 84, row->say, sizeof(row->say));
}

bool qf_outbox_row_read(struct qf_view value, struct qf_outbox_row *ret_row)
{
        const uint8_t *at = (const uint8_t *)value.at;
        if (value.len != QF_OUTBOX_ROW_BYTES || at[0] != ROW_VERSION)
                return false;
        struct qf_outbox_row row = {
                .openings = qf_get_le32(at + 4),
                .next = qf_get_le64(at + 40),
                .acked = qf_get_le64(at + 48),
                .first_kept = qf_get_le64(at + 56),
                .kept_bytes = qf_get_le64(at + 64),
                .registers = qf_get_le64(at + 72),
                .stopped = qf_get_le32(at + 80),
        };
        memcpy(row.id, at + 8, 16);
        memcpy(row.life, at + 24, 16);
        memcpy(row.say, at + 84, sizeof(row.say));
        row.say[sizeof(row.say) - 1] = '\0';
        bool ordered = row.first_kept >= 1 && row.first_kept <= row.next && row.acked < row.next;
        if (!ordered || row.next > number_most)
                return false;
        *ret_row = row;
        return true;
}

/* --- chunks ------------------------------------------------------------- */

struct qf_view qf_outbox_key(uint64_t number, uint8_t room[8])
{
        qf_put_be64(room, number);
        return (struct qf_view){(const char *)room, 8};
}

static int append_view(struct qf_buffer *buffer, struct qf_view view)
{
        return view.len > 0 ? qf_buffer_append(buffer, view.at, view.len) : 0;
}

static bool is_batch(uint32_t count)
{
        return count > 0 && count <= QF_BATCH_EVENTS_MAX;
}

int qf_chunk_write(const struct qf_chunk *chunk, struct qf_buffer *buffer)
{
        uint8_t header[CHUNK_HEADER] = {ROW_VERSION};
        qf_put_le32(header + 4, chunk->count);
        qf_put_le64(header + 8, (uint64_t)chunk->made_ms);
        qf_put_le32(header + 16, chunk->facts.len);
        qf_put_le32(header + 20, chunk->texts.len);
        qf_put_le32(header + 24, chunk->cursor.len);
        int result = qf_buffer_append(buffer, header, sizeof(header));
        if (result == 0)
                result = append_view(buffer, chunk->facts);
        if (result == 0)
                result = append_view(buffer, chunk->texts);
        return result ? result : append_view(buffer, chunk->cursor);
}

bool qf_chunk_read(struct qf_view key, struct qf_view value, struct qf_chunk *ret_chunk)
{
        const uint8_t *at = (const uint8_t *)value.at;
        if (key.len != 8 || value.len < CHUNK_HEADER || at[0] != ROW_VERSION)
                return false;
        uint64_t facts = qf_get_le32(at + 16), texts = qf_get_le32(at + 20), cursor = qf_get_le32(at + 24);
        if (CHUNK_HEADER + facts + texts + cursor != value.len || !is_batch(qf_get_le32(at + 4)))
                return false;
        const char *bytes = value.at + CHUNK_HEADER;
        *ret_chunk = (struct qf_chunk){
                .first = qf_get_be64((const uint8_t *)key.at),
                .count = qf_get_le32(at + 4),
                .made_ms = (int64_t)qf_get_le64(at + 8),
                .facts = {bytes, (uint32_t)facts},
                .texts = {bytes + facts, (uint32_t)texts},
                .cursor = {bytes + facts + texts, (uint32_t)cursor},
        };
        return true;
}

/* --- verdicts ----------------------------------------------------------- */

static int append_exception(struct qf_buffer *buffer, uint32_t at, uint32_t len, struct qf_verdict verdict)
{
        uint8_t bytes[EXCEPTION_BYTES];
        qf_put_le32(bytes, at);
        qf_put_le32(bytes + 4, len);
        qf_put_le16(bytes + 8, verdict.class);
        qf_put_le16(bytes + 10, verdict.code);
        return qf_buffer_append(buffer, bytes, sizeof(bytes));
}

int qf_answer_row_write(const struct qf_outbox_answer *answer, uint64_t first, uint32_t count,
                        const uint8_t life[QF_LIFE_BYTES], struct qf_buffer *buffer)
{
        uint8_t header[ANSWER_HEADER] = {ROW_VERSION};
        uint64_t before = first - answer->first, after = before + count;

        qf_put_le32(header + 4, count);
        qf_put_le64(header + 8, answer->position);
        memcpy(header + 16, answer->hash, 32);
        memcpy(header + 48, life, QF_LIFE_BYTES);
        int result = qf_buffer_append(buffer, header, sizeof(header));
        for (uint32_t i = 0; i < answer->exceptions_count && result == 0; i++) {
                const struct qf_exception *run = &answer->exceptions[i];
                uint64_t from = run->at > before ? run->at : before;
                uint64_t upto = (uint64_t)run->at + run->len < after ? (uint64_t)run->at + run->len : after;
                if (from < upto)
                        result = append_exception(buffer, (uint32_t)(from - before), (uint32_t)(upto - from),
                                                  run->verdict);
        }
        return result;
}

static struct qf_exception unpack(const struct qf_answer_row *row, uint32_t i)
{
        const uint8_t *at = row->exceptions + (size_t)i * EXCEPTION_BYTES;
        return (struct qf_exception){
                qf_get_le32(at), qf_get_le32(at + 4), {qf_get_le16(at + 8), qf_get_le16(at + 10)}};
}

/* As they came: runs in order that do not overlap, within the answer. */
static bool are_in_order(const struct qf_answer_row *row)
{
        uint64_t end = 0;
        for (uint32_t i = 0; i < row->exceptions_count; i++) {
                struct qf_exception run = unpack(row, i);
                if (run.at < end || run.len == 0)
                        return false;
                end = (uint64_t)run.at + run.len;
        }
        return end <= row->count;
}

bool qf_answer_row_read(struct qf_view key, struct qf_view value, struct qf_answer_row *ret_row)
{
        const uint8_t *at = (const uint8_t *)value.at;
        if (key.len != 8 || value.len < ANSWER_HEADER || at[0] != ROW_VERSION)
                return false;
        if ((value.len - ANSWER_HEADER) % EXCEPTION_BYTES || !is_batch(qf_get_le32(at + 4)))
                return false;
        struct qf_answer_row row = {
                .first = qf_get_be64((const uint8_t *)key.at),
                .count = qf_get_le32(at + 4),
                .position = qf_get_le64(at + 8),
                .exceptions_count = (value.len - ANSWER_HEADER) / EXCEPTION_BYTES,
                .exceptions = at + ANSWER_HEADER,
        };
        if (!are_in_order(&row))
                return false;
        memcpy(row.hash, at + 16, 32);
        memcpy(row.life, at + 48, QF_LIFE_BYTES);
        *ret_row = row;
        return true;
}

/* Walks exceptions in ascending order: gives the verdict at a place, and moves on. */
static struct qf_verdict verdict_at(const struct qf_answer_row *row, uint32_t place, uint32_t *i)
{
        for (; *i < row->exceptions_count; (*i)++) {
                struct qf_exception run = unpack(row, *i);
                if (place < run.at)
                        break;
                if (place - run.at < run.len)
                        return run.verdict;
        }
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

static struct qf_verdict answered_at(const struct qf_outbox_answer *answer, uint64_t place, uint32_t *i)
{
        for (; *i < answer->exceptions_count; (*i)++) {
                const struct qf_exception *run = &answer->exceptions[*i];
                if (place < run->at)
                        break;
                if (place - run->at < run->len)
                        return run->verdict;
        }
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

uint32_t qf_answer_row_differs(const struct qf_answer_row *row, const struct qf_outbox_answer *answer,
                               uint32_t *ret_first)
{
        uint64_t before = row->first - answer->first;
        uint32_t differ = 0, in_row = 0, in_answer = 0;
        for (uint32_t place = 0; place < row->count; place++) {
                struct qf_verdict was = verdict_at(row, place, &in_row);
                struct qf_verdict is = answered_at(answer, before + place, &in_answer);
                if ((was.class == is.class && was.code == is.code) || is.code == QF_N190_ARCHIVED)
                        continue; /* archived: what it was is not said any more */
                if (differ++ == 0)
                        *ret_first = place;
        }
        return differ;
}

int qf_answer_row_copy(const struct qf_answer_row *row, struct qf_buffer *buffer,
                       struct qf_outbox_answer *ret_answer)
{
        buffer->len = 0;
        for (uint32_t i = 0; i < row->exceptions_count; i++) {
                struct qf_exception run = unpack(row, i);
                int result = qf_buffer_append(buffer, &run, sizeof(run));
                if (result)
                        return result;
        }
        *ret_answer = (struct qf_outbox_answer){
                .first = row->first,
                .count = row->count,
                .position = row->position,
                .exceptions_count = row->exceptions_count,
                .exceptions = (const struct qf_exception *)(const void *)buffer->at,
        };
        memcpy(ret_answer->hash, row->hash, sizeof(row->hash));
        return 0;
}

/* --- files -------------------------------------------------------------- */

int qf_fed_file_write(const struct qf_fed_file *file, const uint8_t outbox[QF_OUTBOX_ID_BYTES],
                      struct qf_buffer *buffer)
{
        uint8_t header[FILE_HEADER] = {ROW_VERSION};
        qf_put_le64(header + 1, (uint64_t)file->fed_ms);
        qf_put_le64(header + 9, file->first);
        qf_put_le64(header + 17, file->count);
        memcpy(header + 25, outbox, QF_OUTBOX_ID_BYTES);
        int result = qf_buffer_append(buffer, header, sizeof(header));
        return result ? result : append_view(buffer, file->name);
}

bool qf_fed_file_read(const uint8_t hash[QF_OUTBOX_HASH], struct qf_view value, struct qf_fed_file *ret_file,
                      uint8_t ret_outbox[QF_OUTBOX_ID_BYTES])
{
        const uint8_t *at = (const uint8_t *)value.at;
        if (value.len < FILE_HEADER || at[0] != ROW_VERSION)
                return false;
        *ret_file = (struct qf_fed_file){
                .fed_ms = (int64_t)qf_get_le64(at + 1),
                .first = qf_get_le64(at + 9),
                .count = qf_get_le64(at + 17),
                .name = {value.at + FILE_HEADER, value.len - FILE_HEADER},
        };
        memcpy(ret_file->hash, hash, QF_OUTBOX_HASH);
        memcpy(ret_outbox, at + 25, QF_OUTBOX_ID_BYTES);
        return true;
}
