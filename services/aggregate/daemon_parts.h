/* What daemon.c, daemon_anew.c and daemon_reading.c share; nobody else includes it. */
#pragma once

#include "aggregate/config.h"
#include "aggregate/counting.h"
#include "aggregate/gauges.h"
#include "aggregate/pace.h"
#include "aggregate/publish.h"
#include "base/crash_note.h"
#include "client/follow.h"
#include "service/loop.h"
#include "wire/socket.h"

struct qf_aggregate {
        const struct qf_aggregate_config *config;
        struct qf_loop *loop;
        struct qf_context *context;
        struct qf_socket *journal, *totals;
        struct qf_follow *follow;
        struct qf_counting *counting;
        struct qf_publish *publish;
        struct qf_crash_note *note;
        struct qf_counting_gauges *gauges;
        bool checked;    /* an audit found damage that is not mended yet */
        bool distrusted; /* the last process died in the counts */
        struct qf_buffer out;
        struct qf_pace pace;
        bool read, drained;    /* of the journal, in this turn */
        bool full;             /* the last commit found no room: tried again each second */
        bool stopped;          /* counting can't go on */
        const char *say;       /* why */
        uint64_t stop_before;  /* can't be applied: commit what is before it, then stop; 0: none */
        uint64_t caught_up_at; /* catching up until this position is on disk */
        bool attached_once, checkpoint_tried; /* tried: and not attached since */
        uint32_t connections;                 /* made to ingest so far */
        int64_t complete_at_ms;               /* by ingest's beats (what it judges time by); 0: none yet */
};

/* Files beside the directory of the counts: asked to count anew; an audit found damage; what is to be counted lies in the
 * journal's archive. */
#define QF_AGGREGATE_REBUILD ".rebuild"
#define QF_AGGREGATE_CHECKING ".checking"
#define QF_AGGREGATE_WANTS_ARCHIVE ".wants-archive"

enum qf_beginning { QF_AS_ON_DISK, QF_FROM_NOTHING, QF_FROM_CHECKPOINT };

/* --- daemon_anew.c: counts that are opened, and that begin anew -------------------- */

struct qf_counting_options qf_aggregate_counting_options(const struct qf_aggregate *daemon);
/* 0, QF_SERVICE_IN_USE (logged), -errno. */
QF_CHECK int qf_aggregate_open_counts(struct qf_aggregate *daemon);
/* Goes on from what is on disk, which is nothing after setting aside. -errno. */
QF_CHECK int qf_aggregate_reopen_counts(struct qf_aggregate *daemon, enum qf_beginning beginning);
/* Counts that hold nothing are not worth being kept. */
enum qf_beginning qf_aggregate_from_nothing(const struct qf_aggregate *daemon);
/* What is on disk is not what was written: the journal has it all, so it is counted again. Other results pass through. */
QF_CHECK int qf_aggregate_mend(struct qf_aggregate *daemon, int result);
/* `qf rebuild` asks by a file, so that it can ask also when nobody runs. -errno. */
QF_CHECK int qf_aggregate_rebuild_when_asked(struct qf_aggregate *daemon);

/* --- daemon_reading.c: the journal, from its messages to the disk ------------------- */

/* A qf_loop_call of struct qf_aggregate: takes what waits, for one turn; then says what there is to say. -errno. */
QF_CHECK int qf_aggregate_read_journal(void *ctx);
/* Credit, or another attempt to attach; to be called at least every 250 ms (client/follow.h). -errno. */
QF_CHECK int qf_aggregate_say(struct qf_aggregate *daemon);
/* Puts the open group on disk, or only the place that makes it showable. -errno. */
QF_CHECK int qf_aggregate_write_down(struct qf_aggregate *daemon, enum qf_pace_what what);
