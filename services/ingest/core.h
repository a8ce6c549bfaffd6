/* Ingest without its edges: messages go in, answers come out when the group that
 * they speak of is on disk. No socket, no clock, no randomness of its own: a
 * simulator runs the very code that serves.
 *
 *     take, take, take …  → one group        turn  → commit, then answers */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/quota.h"
#include "ingest/answers.h"
#include "ingest/group.h"
#include "programme/admission.h"

struct qf_ingest;

struct qf_ingest_edges {
        void *ctx;
        qf_answers_send answer;
        void (*alarm)(void *ctx, const char *text); /* for the operator: something needs a human */
        void (*random)(void *bytes, size_t len);
        void (*judging)(void *ctx, uint32_t source);                 /* from now on; 0: nobody */
        bool (*is_shut)(void *ctx, uint32_t source, int64_t now_ms); /* it brought us down too often */
};

/* What each source has a share of. */
enum qf_quota_kind {
        QF_QUOTA_EVENTS,
        QF_QUOTA_BYTES, /* of messages */
        QF_QUOTA_ASKS,  /* messages that carry no events: Hello, Learn, Skip, Seal, and what cannot be read */
        QF_QUOTA_OUTBOXES, /* that the journal did not know */
        QF_QUOTA_HELLOS,   /* their answers list all outboxes: 100 KiB for 100 bytes */
        QF_QUOTA_KINDS,
};

struct qf_ingest_options {
        const char *directory;
        uint64_t map_bytes, map_bytes_max, disk_floor_bytes;
        uint8_t office_key[32];
        struct qf_quota_limit quotas[QF_QUOTA_KINDS]; /* of each source; zero: none */
};

/* Of a group. Events are bounded since each may touch a page of its own, and a transaction holds 131,071 of them. */
enum {
        QF_INGEST_GROUP_MESSAGES = 8192,
        QF_INGEST_GROUP_EVENTS = 65536,
        QF_INGEST_GROUP_BYTES = 8 * 1024 * 1024,
        /* Put off in a group, before what waits is looked at no further. */
        QF_INGEST_PUT_OFF_MESSAGES = 256,
        QF_INGEST_PUT_OFF_BYTES = 256 * 1024,
};

/* Opens or makes the journal and reads where it stands. QF_STORE_IN_USE, QF_STORE_FORMAT, QF_STORE_FULL. */
QF_CHECK int qf_ingest_open(const struct qf_ingest_options *options, const struct qf_ingest_edges *edges,
                            int64_t now_ms, struct qf_ingest **ret_ingest);
struct qf_ingest *qf_ingest_close(struct qf_ingest *ingest);

/* Takes one message into the open group. user: as qf_admission_user gave it. Negative: the process must end. */
QF_CHECK int qf_ingest_take(struct qf_ingest *ingest, const struct qf_asker *asker, struct qf_view user,
                            struct qf_view message, int64_t now_ms);
bool qf_ingest_is_full(const struct qf_ingest *ingest); /* the group is as large as it may be: turn first */
/* Commits the group and answers. Negative: nobody knows what is on disk, the process must end. After a negative result
 * of this or of take both do nothing more, and return it again: what is open must not reach the disk. */
QF_CHECK int qf_ingest_turn(struct qf_ingest *ingest, int64_t now_ms);

/* The time to judge the dates of keys by: the journal's, when our clock is so far behind it that partners are put off;
 * a server that boots in 1970 would else tell them that their keys are not known, and they would stop. */
int64_t qf_ingest_key_ms(const struct qf_ingest *ingest, int64_t now_ms);
/* How far the oldest backup reaches, from now on (kept.h). */
void qf_ingest_set_kept(struct qf_ingest *ingest, uint64_t position);

/* Other limits from now on. */
void qf_ingest_set_limits(struct qf_ingest *ingest, const struct qf_quota_limit quotas[QF_QUOTA_KINDS],
                          uint64_t disk_floor_bytes);

/* Those that ingest has seen. */
const struct qf_outboxes *qf_ingest_outboxes(const struct qf_ingest *ingest);

const struct qf_answers_said *qf_ingest_said(const struct qf_ingest *ingest);

/* For the journal feed and for status, between groups. */
struct qf_group *qf_ingest_group(struct qf_ingest *ingest);
/* How long to look at no door after the last turn: what a flood sends has been decrypted when it is put off, so only
 * a connection that is not read from holds it back. 0: nothing was put off. */
uint32_t qf_ingest_rest_us(const struct qf_ingest *ingest);
/* Messages that were put off since their source was over its quota; the last such source, 0: none. */
uint64_t qf_ingest_put_off(const struct qf_ingest *ingest, uint32_t *ret_source);
const struct qf_programme *qf_ingest_programme(const struct qf_ingest *ingest);
