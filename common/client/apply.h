/* One record of the journal into counts: entries in order, events in order.
 * Ingest judged; here its verdicts are obeyed. Aggregation applies records to
 * what it keeps on disk, qf verify to memory: only the tally's store differs. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/tally.h"
#include "programme/programme.h"
#include "store/record.h"
#include "wire/feed_messages.h"

struct qf_apply_calls { /* all may be NULL; negative stops */
        void *ctx;
        /* A key that an event a few places on will ask the tally's store for: time to fetch it. */
        void (*ahead)(void *store_ctx, uint32_t partner, struct qf_view key);
        /* A register event that now stands, or a part of an edition; the programme has it already. */
        int (*registered)(void *ctx, const struct qf_event *event, uint64_t position);
        /* The journal has another life. */
        int (*life)(void *ctx, const struct qf_control *life);
};

struct qf_apply { /* the caller fills all but the last four */
        struct qf_programme *programme;
        struct qf_tally tally;
        struct qf_arena *arena; /* reset with each entry; 4 MiB are enough for all that ingest takes */
        struct qf_apply_calls calls;
        uint64_t events;        /* new events seen, whatever their verdict */
        int64_t received_at_ms; /* of the record that is applied */
        uint32_t source;        /* ref of who sent the entry that is applied; 0: ingest itself */
        const char *why;        /* static sentence: what could not be applied */
};

/* The sentences of why. */
extern const char qf_apply_bad_register[], qf_apply_bad_name[], qf_apply_bad_batch[], qf_apply_bad_control[],
        qf_apply_bad_kind[];

/* -EBADMSG: it can't be applied, *why says in which way: it does not decode, or names what no register event told.
 * It is then never guessed at or left out: stop. -EOVERFLOW, -ENOMEM, or what a callback gave. After any of them the
 * counts are void. */
QF_CHECK int qf_apply_record(struct qf_apply *apply, const struct qf_record_head *head,
                             struct qf_view record);
