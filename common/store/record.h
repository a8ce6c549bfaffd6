/* The journal's record as bytes (PROTOCOL.md 4): header, entries, texts; CRC32C
 * finds rot, the hash chain finds hands. Free text lies behind the entries and
 * only its digest is under the hash, so that it can be redacted.
 *
 * record  0 magic "QFJ1" · 4 version u16 (2: some texts are redacted), header length u16 (160) · 8 length u32 (all) · 12 CRC32C of 16..end
 *        16 position u64 · 24 writer (journal id) 16 · 40 life number u32, entries u32 · 48 received_at ms i64
 *        56 events before this record u64 · 64 previous hash 32 · 96 hash 32 · 128 entries length u32,
 *        texts length u32 · 136 zero · 160 entries · texts
 * entry   0 length u32 (header to padding) · 4 kind u8, flags u8 (1 = must be understood), exceptions u16
 *         8 outbox ref u32 · 12 source ref u32 · 16 partner ref u32 · 20 count u32 · 24 first u64 · 32 holder u64
 *        40 skip u32 · 44 facts length u32 · 48 texts length u32 · 52 cursor length u32 · 56 events before this
 *        entry in the record u32 · 60 zero u32 · 64 SHA-256 of texts (zero when none) 32
 *        96 exceptions {at u32, len u32, class u16, code u16} · cursor · facts · pad to 8
 * Texts of the entries follow each other in the texts part, in entry order; redacted ones as 0 u32, length u32, bytes,
 * in place of those that the entry tells of.
 * hash = SHA-256("qf-journal-1" ‖ bytes 16..95 ‖ bytes 128..135 with texts length zero ‖ entries). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "model/verdict.h"

enum qf_entry_kind { QF_ENTRY_BATCH = 1, QF_ENTRY_CONTROL = 2 };

enum { QF_RECORD_BYTES = 64 * 1024 /* closed at or above */, QF_RECORD_BYTES_MAX = 640 * 1024 };

struct qf_entry {
        uint8_t kind, flags;
        uint32_t outbox, source, partner; /* refs */
        uint32_t count, skip;             /* events at places skip .. count - 1 are new */
        uint64_t first, holder;
        struct qf_view facts, texts, cursor;
        uint32_t
                texts_length; /* that texts had when texts_hash was made: read here, and written of redacted ones */
        uint8_t texts_hash[QF_SHA256_BYTES];
        bool redacted; /* texts are not those any more */
        uint32_t exceptions_count;
        const uint8_t *exceptions; /* packed; read with qf_entry_exception */
};

struct qf_record_head {
        uint64_t position;
        uint8_t writer[16];
        uint32_t life_number, entries;
        int64_t received_at_ms;
        uint64_t events_before;
        uint8_t previous[QF_SHA256_BYTES], hash[QF_SHA256_BYTES];
};

struct qf_record_writer;

QF_CHECK int qf_record_writer_new(struct qf_record_writer **ret_writer);
struct qf_record_writer *qf_record_writer_free(struct qf_record_writer *writer);
void qf_record_begin(struct qf_record_writer *writer);
/* Copies the entry; exceptions are given as structs, or NULL: as they lie packed in the entry that was read. -ENOMEM. */
QF_CHECK int qf_record_add(struct qf_record_writer *writer, const struct qf_entry *entry,
                           const struct qf_exception *exceptions);
uint32_t qf_record_entries(const struct qf_record_writer *writer);
size_t qf_record_size(const struct qf_record_writer *writer);
/* Seals it with everything in head but entries and hash, which it fills. The view lives until the next begin. */
QF_CHECK int qf_record_end(struct qf_record_writer *writer, struct qf_sha256 *sha,
                           struct qf_record_head *head, struct qf_view *ret_record);

enum qf_record_fault {
        QF_RECORD_SHAPE = 1,
        QF_RECORD_CRC = 2,
        QF_RECORD_HASH = 3,
        QF_RECORD_CHAIN = 4,
        QF_RECORD_VERSION = 5
};

/* Checks shape, CRC and hash. 0 or enum qf_record_fault. */
QF_CHECK int qf_record_open(struct qf_view record, struct qf_sha256 *sha, struct qf_record_head *ret_head);
/* Walks entries of an opened record: start with *offset = 0; false at the end. */
bool qf_record_next(struct qf_view record, size_t *offset, struct qf_entry *ret_entry);
struct qf_exception qf_entry_exception(const struct qf_entry *entry, uint32_t i);
/* Verdict of the event at a place; plain accepted when no exception covers it. */
struct qf_verdict qf_entry_verdict(const struct qf_entry *entry, uint32_t at);
