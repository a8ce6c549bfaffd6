/* Following a journal (PROTOCOL.md 4): a consumer's side of ingest's journal
 * feed, as a state machine without socket or clock. Frames go in, messages to
 * send come out, and the records come out one by one, each checked: position,
 * shape, CRC32C, hash, and that it continues the one before.
 *
 *         away ──Attach──► asked ──Attached──► reading ──Record──► …
 *          ▲                                      │ nothing heard for 3 s, a bad record (three times)
 *          └──────────────────────────────────────┘ */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "store/record.h"

struct qf_follow;

/* A place in a journal; position 0 is before the first record. */
struct qf_place {
        uint8_t journal[16]; /* zero: any */
        uint64_t position;
        uint8_t hash[QF_SHA256_BYTES];
};

/* What the owner ever had of the journal, also before it began to read it again. NULL functions: nothing. */
struct qf_follow_past {
        void *ctx;
        /* The furthest record; position 0: none that the journal must still have. */
        struct qf_place (*furthest)(void *ctx);
        bool (*knows)(void *ctx, const uint8_t life[16]); /* whether it had records of that life */
};

struct qf_follow_options {
        struct qf_place from;
        struct qf_follow_past past;
        const char *name;      /* said to ingest: "aggregate" */
        uint64_t credit_bytes; /* in flight; 0: 32 MiB */
};

enum qf_follow_what {
        QF_FOLLOW_NOTHING,  /* nothing for the caller */
        QF_FOLLOW_ATTACHED, /* the feed answers: qf_follow_journal and qf_follow_last are known */
        QF_FOLLOW_RECORD,   /* the next record, checked */
        QF_FOLLOW_ROLLED_BACK, /* another history, of a life that is not known: what was made of the journal is void */
        QF_FOLLOW_TRIMMED, /* what comes next was trimmed: qf_follow_first is the first record that is kept */
        QF_FOLLOW_STOPPED, /* can't go on; qf_follow_say tells why, for people */
};

struct qf_follow_step {
        enum qf_follow_what what;
        struct qf_record_head head; /* of a record */
        struct qf_view record;      /* lives as long as the frame given */
        bool another_life;          /* of what was trimmed: the journal's life is not known */
};

QF_CHECK int qf_follow_new(const struct qf_follow_options *options, struct qf_follow **ret_follow);
struct qf_follow *qf_follow_free(struct qf_follow *follow);

/* Takes one received message. -ENOMEM. After ROLLED_BACK, TRIMMED or STOPPED nothing more happens until restart. */
QF_CHECK int qf_follow_take(struct qf_follow *follow, int64_t mono_ms, struct qf_view frame,
                            struct qf_view second, struct qf_follow_step *ret_step);
/* What to send now, appended to the buffer: 0 one message (then ask again); positive 1: nothing. To be called after
 * each take, and at least every 250 ms. -ENOMEM. */
QF_CHECK int qf_follow_say_next(struct qf_follow *follow, int64_t mono_ms, struct qf_buffer *buffer);
/* The message could not be sent: it will be said again later. */
void qf_follow_unsent(struct qf_follow *follow, int64_t mono_ms);

/* Begins anew from a place, not paused: after a rollback, or when what was read past it was not kept. The journal must
 * still have the furthest record of the past, or a life that is not of it: otherwise it stops. */
void qf_follow_restart(struct qf_follow *follow, const struct qf_place *from);
/* Asks again where it stands, also after TRIMMED or STOPPED: whoever feeds may have another journal now. */
void qf_follow_try_again(struct qf_follow *follow);
/* While paused records are dropped and nothing is asked for; resuming attaches at the last record handed out. */
void qf_follow_pause(struct qf_follow *follow, bool paused);

const struct qf_place *qf_follow_place(const struct qf_follow *follow); /* of the last record handed out */
bool qf_follow_attached(const struct qf_follow *follow);
uint64_t qf_follow_last(const struct qf_follow *follow); /* last position of the journal that is known of */
uint64_t qf_follow_first(
        const struct qf_follow *follow); /* first position that is kept, once attached or trimmed */
int64_t qf_follow_beat_ms(const struct qf_follow *follow); /* ingest's clock when it said so; 0: not yet */
uint32_t qf_follow_gaps(const struct qf_follow *follow); /* outboxes that wait for a Skip, by the last beat */
struct qf_view qf_follow_metrics(const struct qf_follow *follow); /* of ingest, encoded, by the last beat */
int64_t qf_follow_silent_ms(const struct qf_follow *follow, int64_t mono_ms); /* since ingest said anything */
/* Each sentence that it stops or waits with. */
extern const char qf_follow_gone_back[], qf_follow_other_journal[], qf_follow_newer[],
        qf_follow_not_allowed[], qf_follow_trimmed[], qf_follow_too_many[], qf_follow_damaged[],
        qf_follow_away[];
const char *qf_follow_say(const struct qf_follow *follow); /* static sentence: why it stopped or waits; "" */
