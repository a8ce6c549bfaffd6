/* Why: the journal's record is read by processes that do not share our memory,
 * by an independent implementation and in ten years: its bytes are laid out here
 * by hand (record.h). Reading trusts nothing: shape is checked before any walk,
 * so that qf_record_next needs no checks of its own.
 *
 * Example, a record of one control entry of 4 bytes of facts (long fields cut):
 *   51464a31 0100a000 08010000 <crc>  position 0100000000000000 …
 *   160: 68000000 02010000 00000000 … (entry of 104 bytes, kind 2, flags 1)
 *   256: 0a021001 00000000 (facts, padding) */
#include "store/record.h"

#include <errno.h>
#include <stdlib.h>

enum {
        HEADER = 160,
        ENTRY = 96,
        EXCEPTION = 12,
        REDACTED = 8, /* 0 u32, length u32: before redacted texts */
        VERSION = 1,
        VERSION_REDACTED = 2,
        MAGIC = 0x314a4651, /* "QFJ1" */
};

struct qf_record_writer {
        struct qf_buffer record; /* header and entries; texts join them at the end */
        struct qf_buffer texts;
        uint32_t entries, events;
        bool redacted;
};

int qf_record_writer_new(struct qf_record_writer **ret_writer)
{
        struct qf_record_writer *writer = calloc(1, sizeof *writer);
        if (!writer)
                return -ENOMEM;
        int result = qf_buffer_reserve(&writer->record, QF_RECORD_BYTES);
        if (result < 0) {
                free(writer);
                return result;
        }
        qf_record_begin(writer);
        *ret_writer = writer;
        return 0;
}

struct qf_record_writer *qf_record_writer_free(struct qf_record_writer *writer)
{
        if (writer) {
                qf_buffer_deinit(&writer->record);
                qf_buffer_deinit(&writer->texts);
        }
        free(writer);
        return NULL;
}

void qf_record_begin(struct qf_record_writer *writer)
{
        memset(writer->record.at, 0, HEADER);
        writer->record.len = HEADER;
        writer->texts.len = 0;
        writer->entries = writer->events = 0;
        writer->redacted = false;
}

uint32_t qf_record_entries(const struct qf_record_writer *writer)
{
        return writer->entries;
}

size_t qf_record_size(const struct qf_record_writer *writer)
{
        return writer->record.len + writer->texts.len;
}

static uint32_t padded(uint32_t len)
{
        return (len + 7) & ~7u;
}

static void put_entry(uint8_t *at, uint32_t length, const struct qf_entry *entry, uint32_t events_before)
{
        memset(at, 0, ENTRY);
        qf_put_le32(at, length);
        at[4] = entry->kind;
        at[5] = entry->flags;
        qf_put_le16(at + 6, (uint16_t)entry->exceptions_count);
        qf_put_le32(at + 8, entry->outbox);
        qf_put_le32(at + 12, entry->source);
        qf_put_le32(at + 16, entry->partner);
        qf_put_le32(at + 20, entry->count);
        qf_put_le64(at + 24, entry->first);
        qf_put_le64(at + 32, entry->holder);
        qf_put_le32(at + 40, entry->skip);
        qf_put_le32(at + 44, entry->facts.len);
        uint32_t texts_length = entry->redacted ? entry->texts_length : entry->texts.len;
        qf_put_le32(at + 48, texts_length);
        qf_put_le32(at + 52, entry->cursor.len);
        qf_put_le32(at + 56, events_before);
        if (texts_length > 0)
                memcpy(at + 64, entry->texts_hash, QF_SHA256_BYTES);
}

static uint8_t *put_view(uint8_t *at, struct qf_view view)
{
        if (view.len > 0)
                memcpy(at, view.at, view.len);
        return at + view.len;
}

static int add_texts(struct qf_record_writer *writer, const struct qf_entry *entry)
{
        uint8_t before[REDACTED] = {0};
        int result = 0;
        if (entry->redacted) {
                qf_put_le32(before + 4, entry->texts.len);
                writer->redacted = true;
                result = qf_buffer_append(&writer->texts, before, sizeof before);
        }
        return result == 0 ? qf_buffer_append(&writer->texts, entry->texts.at, entry->texts.len) : result;
}

int qf_record_add(struct qf_record_writer *writer, const struct qf_entry *entry,
                  const struct qf_exception *exceptions)
{
        QF_ASSERT(entry->exceptions_count <= UINT16_MAX);
        uint32_t unpadded =
                ENTRY + entry->exceptions_count * EXCEPTION + entry->cursor.len + entry->facts.len;
        uint32_t length = padded(unpadded);
        int result = qf_buffer_reserve(&writer->record, length);
        if (result == 0)
                result = add_texts(writer, entry);
        if (result < 0)
                return result;
        uint8_t *at = writer->record.at + writer->record.len;
        put_entry(at, length, entry, writer->events);
        at += ENTRY;
        if (!exceptions && entry->exceptions_count > 0)
                memcpy(at, entry->exceptions, (size_t)entry->exceptions_count * EXCEPTION);
        for (uint32_t i = 0; exceptions && i < entry->exceptions_count; i++) {
                uint8_t *put = at + (size_t)i * EXCEPTION;
                qf_put_le32(put, exceptions[i].at);
                qf_put_le32(put + 4, exceptions[i].len);
                qf_put_le16(put + 8, exceptions[i].verdict.class);
                qf_put_le16(put + 10, exceptions[i].verdict.code);
        }
        at += (size_t)entry->exceptions_count * EXCEPTION;
        at = put_view(at, entry->cursor);
        at = put_view(at, entry->facts);
        memset(at, 0, length - unpadded);
        writer->record.len += length;
        writer->entries++;
        if (entry->kind == QF_ENTRY_BATCH)
                writer->events += entry->count - entry->skip;
        return 0;
}

/* Everything but the checksum, the hash itself and the texts, which may be redacted. */
static void hash_record(const uint8_t *record, uint32_t entries_length, struct qf_sha256 *sha,
                        uint8_t ret_hash[QF_SHA256_BYTES])
{
        uint8_t lengths[8] = {0};
        memcpy(lengths, record + 128, 4);
        qf_sha256_begin(sha);
        qf_sha256_add(sha, "qf-journal-1", 12);
        qf_sha256_add(sha, record + 16, 80);
        qf_sha256_add(sha, lengths, sizeof lengths);
        qf_sha256_add(sha, record + HEADER, entries_length);
        qf_sha256_end(sha, ret_hash);
}

int qf_record_end(struct qf_record_writer *writer, struct qf_sha256 *sha, struct qf_record_head *head,
                  struct qf_view *ret_record)
{
        uint32_t entries_length = (uint32_t)(writer->record.len - HEADER);
        int result = qf_buffer_append(&writer->record, writer->texts.at, writer->texts.len);
        if (result < 0)
                return result;
        uint8_t *at = writer->record.at;
        uint32_t length = (uint32_t)writer->record.len;
        head->entries = writer->entries;
        qf_put_le32(at, MAGIC);
        qf_put_le16(at + 4, writer->redacted ? VERSION_REDACTED : VERSION);
        qf_put_le16(at + 6, HEADER);
        qf_put_le32(at + 8, length);
        qf_put_le64(at + 16, head->position);
        memcpy(at + 24, head->writer, 16);
        qf_put_le32(at + 40, head->life_number);
        qf_put_le32(at + 44, head->entries);
        qf_put_le64(at + 48, (uint64_t)head->received_at_ms);
        qf_put_le64(at + 56, head->events_before);
        memcpy(at + 64, head->previous, QF_SHA256_BYTES);
        qf_put_le32(at + 128, entries_length);
        qf_put_le32(at + 132, (uint32_t)writer->texts.len);
        hash_record(at, entries_length, sha, head->hash);
        memcpy(at + 96, head->hash, QF_SHA256_BYTES);
        qf_put_le32(at + 12, qf_crc32c(at + 16, length - 16));
        *ret_record = (struct qf_view){(const char *)at, length};
        return 0;
}

static const uint8_t *bytes_of(struct qf_view record)
{
        return (const uint8_t *)record.at;
}

/* Exceptions lie in order, apart from each other, among the new events. */
static bool exceptions_fit(const uint8_t *entry, const uint8_t *exceptions, uint32_t exceptions_count)
{
        uint32_t count = qf_get_le32(entry + 20), next = qf_get_le32(entry + 40);
        if (next > count)
                return false;
        for (uint32_t i = 0; i < exceptions_count; i++) {
                const uint8_t *exception = exceptions + (size_t)i * EXCEPTION;
                uint32_t at = qf_get_le32(exception), len = qf_get_le32(exception + 4);
                if (at < next || len == 0 || at >= count || len > count - at)
                        return false;
                next = at + len;
        }
        return true;
}

static bool entry_fits(const uint8_t *entry, uint32_t left, uint32_t *ret_length, uint32_t *ret_texts)
{
        if (left < ENTRY)
                return false;
        uint32_t exceptions_count = qf_get_le16(entry + 6);
        uint64_t length = (uint64_t)ENTRY + exceptions_count * (uint64_t)EXCEPTION + qf_get_le32(entry + 44) +
                          qf_get_le32(entry + 52);
        length = (length + 7) & ~(uint64_t)7;
        if (length > left || length != qf_get_le32(entry))
                return false;
        *ret_length = (uint32_t)length;
        *ret_texts = qf_get_le32(entry + 48);
        return exceptions_fit(entry, entry + ENTRY, exceptions_count);
}

static bool all_zero(const uint8_t *at, uint32_t len)
{
        for (uint32_t i = 0; i < len; i++) {
                if (at[i] != 0)
                        return false;
        }
        return true;
}

/* Where an entry's texts lie, of those from at on. */
struct texts {
        uint32_t before, len; /* bytes before them, their own */
        bool redacted;
};

/* A Texts never begins with a zero. */
static struct texts texts_of(uint32_t version, const uint8_t *at, uint32_t left, uint32_t told)
{
        if (version != VERSION_REDACTED || told == 0 || left < REDACTED || qf_get_le32(at) != 0)
                return (struct texts){.len = told};
        return (struct texts){.before = REDACTED, .len = qf_get_le32(at + 4), .redacted = true};
}

static bool texts_match(const uint8_t *entry, const uint8_t *texts, uint32_t len, struct qf_sha256 *sha)
{
        uint8_t hash[QF_SHA256_BYTES];
        qf_sha256_begin(sha);
        qf_sha256_add(sha, texts, len);
        qf_sha256_end(sha, hash);
        return memcmp(hash, entry + 64, sizeof hash) == 0;
}

static int check_entries(const uint8_t *record, uint32_t entries_length, uint32_t texts_length,
                         struct qf_sha256 *sha)
{
        const uint8_t *at = record + HEADER + entries_length;
        uint32_t version = qf_get_le16(record + 4), left = texts_length, entries = 0, length, told;
        bool redacted = false;
        for (uint32_t entry_at = 0; entry_at < entries_length; entry_at += length, entries++) {
                const uint8_t *entry = record + HEADER + entry_at;
                if (!entry_fits(entry, entries_length - entry_at, &length, &told))
                        return QF_RECORD_SHAPE;
                struct texts texts = texts_of(version, at, left, told);
                if (texts.len > left - texts.before)
                        return QF_RECORD_SHAPE;
                if (texts.len > 0 && !texts.redacted && !texts_match(entry, at, texts.len, sha))
                        return QF_RECORD_HASH;
                at += texts.before + texts.len;
                left -= texts.before + texts.len;
                redacted = redacted || texts.redacted;
        }
        return left == 0 && entries == qf_get_le32(record + 44) && redacted == (version == VERSION_REDACTED)
                       ? 0
                       : QF_RECORD_SHAPE;
}

static void get_head(const uint8_t *at, struct qf_record_head *ret_head)
{
        *ret_head = (struct qf_record_head){.position = qf_get_le64(at + 16),
                                            .life_number = qf_get_le32(at + 40),
                                            .entries = qf_get_le32(at + 44),
                                            .received_at_ms = (int64_t)qf_get_le64(at + 48),
                                            .events_before = qf_get_le64(at + 56)};
        memcpy(ret_head->writer, at + 24, sizeof ret_head->writer);
        memcpy(ret_head->previous, at + 64, QF_SHA256_BYTES);
        memcpy(ret_head->hash, at + 96, QF_SHA256_BYTES);
}

int qf_record_open(struct qf_view record, struct qf_sha256 *sha, struct qf_record_head *ret_head)
{
        const uint8_t *at = bytes_of(record);
        uint8_t hash[QF_SHA256_BYTES];
        if (record.len < HEADER || qf_get_le32(at) != MAGIC)
                return QF_RECORD_SHAPE;
        if (qf_get_le16(at + 4) != VERSION && qf_get_le16(at + 4) != VERSION_REDACTED)
                return QF_RECORD_VERSION;
        if (qf_get_le16(at + 6) != HEADER || qf_get_le32(at + 8) != record.len)
                return QF_RECORD_SHAPE;
        if (qf_get_le32(at + 12) != qf_crc32c(at + 16, record.len - 16))
                return QF_RECORD_CRC;
        uint32_t entries_length = qf_get_le32(at + 128), texts_length = qf_get_le32(at + 132);
        if ((uint64_t)HEADER + entries_length + texts_length != record.len ||
            !all_zero(at + 136, HEADER - 136))
                return QF_RECORD_SHAPE;
        hash_record(at, entries_length, sha, hash);
        if (memcmp(hash, at + 96, sizeof hash) != 0)
                return QF_RECORD_HASH;
        int fault = check_entries(at, entries_length, texts_length, sha);
        if (fault == 0)
                get_head(at, ret_head);
        return fault;
}

static struct qf_view part(const uint8_t *at, uint32_t len)
{
        return (struct qf_view){(const char *)at, len};
}

/* The offset carries both places: of the entry below, of its texts in the upper half. */
bool qf_record_next(struct qf_view record, size_t *offset, struct qf_entry *ret_entry)
{
        const uint8_t *base = bytes_of(record);
        uint32_t entries_length = qf_get_le32(base + 128);
        uint32_t entry_at = (uint32_t)*offset, texts_at = (uint32_t)(*offset >> 32);
        if (entry_at >= entries_length)
                return false;
        const uint8_t *at = base + HEADER + entry_at;
        *ret_entry = (struct qf_entry){.kind = at[4],
                                       .flags = at[5],
                                       .exceptions_count = qf_get_le16(at + 6),
                                       .outbox = qf_get_le32(at + 8),
                                       .source = qf_get_le32(at + 12),
                                       .partner = qf_get_le32(at + 16),
                                       .count = qf_get_le32(at + 20),
                                       .first = qf_get_le64(at + 24),
                                       .holder = qf_get_le64(at + 32),
                                       .skip = qf_get_le32(at + 40),
                                       .exceptions = at + ENTRY};
        memcpy(ret_entry->texts_hash, at + 64, QF_SHA256_BYTES);
        const uint8_t *cursor = at + ENTRY + (size_t)ret_entry->exceptions_count * EXCEPTION;
        uint32_t cursor_len = qf_get_le32(at + 52);
        const uint8_t *texts_from = base + HEADER + entries_length + texts_at;
        struct texts texts = texts_of(qf_get_le16(base + 4), texts_from, qf_get_le32(base + 132) - texts_at,
                                      qf_get_le32(at + 48));
        ret_entry->cursor = part(cursor, cursor_len);
        ret_entry->facts = part(cursor + cursor_len, qf_get_le32(at + 44));
        ret_entry->texts = part(texts_from + texts.before, texts.len);
        ret_entry->texts_length = qf_get_le32(at + 48);
        ret_entry->redacted = texts.redacted;
        *offset = (size_t)(entry_at + qf_get_le32(at)) | (size_t)(texts_at + texts.before + texts.len) << 32;
        return true;
}

struct qf_exception qf_entry_exception(const struct qf_entry *entry, uint32_t i)
{
        const uint8_t *at = entry->exceptions + (size_t)i * EXCEPTION;
        return (struct qf_exception){.at = qf_get_le32(at),
                                     .len = qf_get_le32(at + 4),
                                     .verdict = {.class = qf_get_le16(at + 8), .code = qf_get_le16(at + 10)}};
}

struct qf_verdict qf_entry_verdict(const struct qf_entry *entry, uint32_t at)
{
        uint32_t low = 0, high = entry->exceptions_count;
        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                struct qf_exception exception = qf_entry_exception(entry, middle);
                if (at < exception.at)
                        high = middle;
                else if (at - exception.at >= exception.len)
                        low = middle + 1;
                else
                        return exception.verdict;
        }
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}
