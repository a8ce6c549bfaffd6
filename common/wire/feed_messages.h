/* Messages between partners and ingest, and between consumers and ingest's
 * journal feed, as plain structs. Views point into the message or the arena.
 * Decoders: 0, positive 1 (malformed, *ret_fault says why), -ENOMEM. Encoders
 * append to the buffer. Source of every field: proto/feed.proto, journal.proto. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "model/verdict.h"
#include "wire/body.h"

enum { QF_OUTBOX_ID_BYTES = 16, QF_LIFE_BYTES = 16, QF_CURSOR_BYTES_MAX = 64, QF_DETAILS_MAX = 64 };

/* What ingest takes and an outbox sends at most: batches and bytes without an answer, numbers in one Skip. */
enum { QF_FEED_WINDOW = 64, QF_FEED_WINDOW_BYTES = 4 * 1024 * 1024 };
enum { QF_FEED_SKIP_MOST = 1000000, QF_FEED_SKIP_REASON_BYTES = 800 };
/* Of a register event: the longest that is taken is a member with all its moves, each with names and all groups. */
enum { QF_REGISTER_BYTES_MAX = 128 * 1024 };

enum qf_from_partner_what { QF_HELLO = 1, QF_SEND = 2, QF_SKIP = 3, QF_SEAL = 4, QF_LEARN = 5 };

struct qf_from_partner { /* fields by what; the others are zero */
        enum qf_from_partner_what what;
        uint32_t version;
        uint8_t outbox[QF_OUTBOX_ID_BYTES];
        uint64_t holder;
        uint64_t next, acked, first_kept; /* hello */
        uint8_t life[QF_LIFE_BYTES];      /* hello; zero: none */
        struct qf_view agent;
        uint64_t first; /* send, skip */
        uint32_t count; /* send */
        struct qf_view facts, texts, cursor;
        uint64_t through; /* skip; seal: last */
        struct qf_view reason;
        uint32_t from; /* learn */
};

enum qf_to_partner_what { QF_WELCOME = 1, QF_VERDICTS = 2, QF_REFUSED = 3, QF_REGISTERS = 4 };

struct qf_outbox_state {
        uint8_t outbox[QF_OUTBOX_ID_BYTES];
        uint64_t last;
        struct qf_view cursor;
        bool sealed;
};

struct qf_detail_text { /* as received: field is text */
        uint32_t at;
        struct qf_view field, got, say, near;
};

struct qf_to_partner {
        enum qf_to_partner_what what;
        uint32_t version;
        uint8_t outbox[QF_OUTBOX_ID_BYTES];
        uint64_t expected;
        uint8_t journal[QF_LIFE_BYTES]; /* welcome; zero: it does not say */
        uint8_t life[QF_LIFE_BYTES];
        struct qf_view source; /* welcome: name of who asks; empty: it does not say */
        uint64_t keep_from;
        uint32_t window, window_bytes, body_bytes, batch_events;
        int64_t now_ms;
        uint64_t registers_position; /* welcome, registers */
        uint32_t outboxes_count;
        const struct qf_outbox_state *outboxes;
        uint64_t first; /* verdicts, refused */
        uint32_t count, known;
        uint64_t position;
        uint8_t hash[32];
        uint32_t exceptions_count;
        const struct qf_exception *exceptions;
        uint32_t details_count;
        const struct qf_detail_text *details;
        uint32_t why; /* refused: enum qf_refusal */
        uint32_t retry_ms;
        struct qf_view say;
        uint32_t from, total; /* registers */
        uint32_t events_count;
        const struct qf_view *events;
};

QF_CHECK int qf_from_partner_decode(struct qf_arena *arena, struct qf_view message,
                                    struct qf_from_partner *ret_message, struct qf_wire_fault *ret_fault);
QF_CHECK int qf_from_partner_encode(const struct qf_from_partner *message, struct qf_buffer *buffer);
QF_CHECK int qf_to_partner_decode(struct qf_arena *arena, struct qf_view message,
                                  struct qf_to_partner *ret_message, struct qf_wire_fault *ret_fault);
QF_CHECK int qf_to_partner_encode(const struct qf_to_partner *message, struct qf_buffer *buffer);

enum qf_journal_what { /* both directions */
                       QF_ATTACH = 1,
                       QF_CREDIT = 2,
                       QF_KEPT = 3,
                       QF_FETCH = 4, /* the last that is said to ingest */
                       QF_ATTACHED = 5,
                       QF_BEAT = 6,
                       QF_DETACHED = 7,
                       QF_RECORD = 8, /* the record itself is the second frame */
                       QF_FETCHED = 9,
};

enum qf_detached_why {
        QF_DETACHED_ROLLED_BACK = 1,
        QF_DETACHED_BEHIND = 2,
        QF_DETACHED_OTHER_JOURNAL = 3,
        QF_DETACHED_VERSION = 4,
        QF_DETACHED_TOO_MANY = 5,
        QF_DETACHED_DAMAGED = 6,
        QF_DETACHED_NOT_ALLOWED = 7,
        QF_DETACHED_TRIMMED = 8,
};

struct qf_journal_message {
        enum qf_journal_what what;
        uint32_t version, attach;
        uint8_t journal[16]; /* zero: any */
        uint8_t life[QF_LIFE_BYTES];
        uint64_t position; /* attach, kept: last it has; record: its position */
        uint8_t hash[32];
        uint64_t credit; /* attach, credit: absolute since Attach */
        struct qf_view name;
        uint64_t first, last;
        int64_t now_ms;
        uint32_t gaps;          /* beat: outboxes that wait for a Skip */
        struct qf_view metrics; /* beat: encoded (metrics.h); empty: none */
        uint32_t why, life_number;
        uint64_t life_begins;
        struct qf_view say;
};

/* to_ingest: which of the two envelopes (FromConsumer or ToConsumer). */
QF_CHECK int qf_journal_message_decode(struct qf_arena *arena, bool to_ingest, struct qf_view message,
                                       struct qf_journal_message *ret_message,
                                       struct qf_wire_fault *ret_fault);
QF_CHECK int qf_journal_message_encode(bool to_ingest, const struct qf_journal_message *message,
                                       struct qf_buffer *buffer);

/* Bodies of control entries. */
enum qf_control_what {
        QF_CONTROL_LIFE = 1,
        QF_CONTROL_OUTBOX = 2,
        QF_CONTROL_SKIPPED = 3,
        QF_CONTROL_SEALED = 4,
        QF_CONTROL_OFFICE = 5,
        QF_CONTROL_CLOCK = 6,
        QF_CONTROL_ANCHOR = 7,
        QF_CONTROL_REDACTION = 8
};

struct qf_control {
        enum qf_control_what what;
        uint32_t number;           /* life; outbox: its ref */
        uint8_t nonce[16];         /* life; outbox: its id */
        uint64_t previous_last;    /* life; sealed: last; anchor: the last record that was trimmed */
        uint8_t previous_hash[32]; /* life, anchor: of that record */
        uint8_t digest_key[16];
        struct qf_view reason;
        struct qf_view source;        /* outbox: name of its source */
        uint64_t first, through;      /* skipped */
        struct qf_event office;       /* office: kind QF_KIND_SOURCE */
        int64_t journal_ms, clock_ms; /* clock */
        uint64_t position;            /* redaction: of the record */
        uint32_t entry;               /* in it */
        struct qf_redacted redacted;
        uint8_t texts[32]; /* SHA-256 of the entry's texts as they are now */
        struct qf_view by;
};

QF_CHECK int qf_control_decode(struct qf_arena *arena, struct qf_view bytes, struct qf_control *ret_control,
                               struct qf_wire_fault *ret_fault);
QF_CHECK int qf_control_encode(const struct qf_control *control, struct qf_buffer *buffer);
