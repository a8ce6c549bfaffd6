/* What core.c and core_refuse.c share; nobody else includes it. */
#pragma once

#include "ingest/answers.h"
#include "ingest/core.h"
#include "ingest/judge.h"

struct qf_ingest {
        struct qf_group *group;
        struct qf_judge *judge;
        struct qf_outboxes *outboxes;
        struct qf_answers *answers;
        struct qf_findings findings;
        struct qf_arena *arena, *stored; /* of the message; of what it is compared with */
        struct qf_sha256 *sha;
        struct qf_buffer control;
        struct qf_ingest_edges edges;
        bool failed; /* the open group does not fit: it will be taken back */
        int broken;  /* negative: what is open may be half of something, and is never committed */
        uint32_t messages, events; /* in the open group */
        size_t bytes;
        int64_t alarmed_at_ms;
        int64_t anothers_at_ms; /* of its own: a partner who resends must not hide what else needs a human */
        uint64_t kept;
        struct qf_quotas *quotas;
        uint64_t put_off; /* messages that were over a source's quota */
        uint32_t put_off_source;
        uint32_t put_off_messages; /* in the open group */
        size_t put_off_bytes;
        uint32_t rest_us;
};

/* One message on its way. */
struct qf_arrival {
        struct qf_ingest *ingest;
        const struct qf_asker *asker;
        const struct qf_source *source;
        const struct qf_from_partner *message;
        struct qf_sender *sender; /* NULL: its outbox was never seen */
        int64_t now_ms;
};

/* At most one alarm in ten seconds: the first says it all. */
void qf_core_alarm(struct qf_ingest *ingest, int64_t now_ms, const char *text);

struct qf_answer qf_arrival_answer(const struct qf_arrival *arrival, enum qf_to_partner_what what);
/* Each adds one Refused. say: empty for the refusal's own words. -ENOMEM. */
QF_CHECK int qf_arrival_refuse(const struct qf_arrival *arrival, uint32_t why, struct qf_view say);
QF_CHECK int qf_arrival_refuse_fault(const struct qf_arrival *arrival, const struct qf_wire_fault *fault);
/* The group does not fit any more: whatever is asked of it from here on is busy. */
QF_CHECK int qf_arrival_refuse_full(const struct qf_arrival *arrival);
/* What it sends brought us down, again and again: not even decoded, so that others are served. */
QF_CHECK int qf_arrival_refuse_shut(const struct qf_arrival *arrival);
/* The source asks for more than its share: put off, so that others are served. */
QF_CHECK int qf_arrival_refuse_over(const struct qf_arrival *arrival, uint32_t retry_ms);
/* An outbox that another source has: told to the operator, too. */
QF_CHECK int qf_arrival_refuse_anothers(const struct qf_arrival *arrival, uint32_t source);
/* At most one for the same number in 100 ms: a whole window may be behind a gap. */
QF_CHECK int qf_arrival_refuse_gap(const struct qf_arrival *arrival);
