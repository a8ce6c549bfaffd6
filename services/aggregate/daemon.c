/*     ingest journal ─DEALER─► follow ─► counting ─show─► publish ─ROUTER─► reporting
 *                                           └─commit─► disk
 *
 * One thread; publishing happens only between a showing and the next record. What
 * stops the counting (a record that can't be applied, a journal that went back) does
 * not stop the publishing: the last good numbers stay there, said to be stopped. */
#include "aggregate/daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "aggregate/daemon_parts.h"
#include "aggregate/doubt.h"
#include "aggregate/sockets.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/directory.h"

enum {
        TICK_MS = 100,
        PULSE_MS = 1000,
        CHECK_READERS_MS = 60 * 1000,
        COMMIT_MS = 20,
        CREDIT_BYTES = 6 * 1024 * 1024, /* a fifth of a second of a million events each: some commits */
        MESSAGES_PER_TURN = 64,
};

/* Readers are told that numbers are doubted also while nothing else is wrong. */
static const char *say_of(const struct qf_aggregate *daemon)
{
        const char *say = daemon->stopped || daemon->full ? daemon->say : qf_follow_say(daemon->follow);

        return say[0] == '\0' && daemon->checked ? "being checked: an audit found damage" : say;
}

static struct qf_publish_facts facts_of(const struct qf_aggregate *daemon)
{
        int64_t counted_ms = daemon->counting ? daemon->counting->meta.received_at_ms : 0;

        return (struct qf_publish_facts){
                .journal_last = qf_follow_last(daemon->follow),
                .complete_at_ms = daemon->complete_at_ms ? daemon->complete_at_ms : counted_ms,
                .catching_up = !daemon->attached_once ||
                               (daemon->counting && daemon->counting->shown < daemon->caught_up_at),
                .stopped = daemon->stopped || daemon->full,
                .gaps = qf_follow_gaps(daemon->follow),
                .say = say_of(daemon),
                .ingest = qf_follow_metrics(daemon->follow),
                .aggregate = qf_counting_gauges_made(daemon->gauges),
        };
}

/* --- the totals ------------------------------------------------------------------------- */

static int send_totals(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        struct qf_aggregate *daemon = ctx;

        return qf_socket_send(daemon->totals, peer, frame, (struct qf_view){NULL, 0});
}

static int totals_readable(void *ctx)
{
        struct qf_aggregate *daemon = ctx;
        struct qf_publish_facts facts = facts_of(daemon);
        struct qf_received received;
        int r = 0;

        for (unsigned i = 0; i < MESSAGES_PER_TURN && r == 0; i++) {
                r = qf_socket_receive(daemon->totals, &received);
                if (r == 0)
                        r = qf_aggregate_mend(daemon, qf_publish_take(daemon->publish, &received.peer,
                                                                      received.frame[0], &facts));
        }
        return r < 0 ? r : 0;
}

/* --- turns and timers ---------------------------------------------------------------------- */

static void note_complete(struct qf_aggregate *daemon)
{
        if (qf_counting_showable(daemon->counting) && qf_follow_attached(daemon->follow) &&
            daemon->counting->shown >= qf_follow_last(daemon->follow))
                daemon->complete_at_ms = qf_follow_beat_ms(daemon->follow);
}

/* Commits or shows when it is time; otherwise *wake_ns says when it will be. */
static int go_on_when_due(struct qf_aggregate *daemon, int64_t *wake_ns)
{
        const struct qf_counting *counting = daemon->counting;
        const bool hidden = !qf_counting_showable(counting) && !qf_counting_is_behind(counting);

        if (qf_counting_settled(counting) || daemon->full)
                return 0;
        const enum qf_pace_what what = qf_pace_next(&daemon->pace, daemon->drained || !daemon->read, hidden,
                                                    qf_clock_mono_ns(), wake_ns);
        return what == QF_PACE_WAIT ? 0 : qf_aggregate_write_down(daemon, what);
}

static int turn(void *ctx, bool *ret_more)
{
        struct qf_aggregate *daemon = ctx;
        int64_t wake_ns = INT64_MAX, next_ms = INT64_MAX;
        int r = go_on_when_due(daemon, &wake_ns);

        daemon->read = false;
        if (r < 0)
                return r;
        note_complete(daemon);
        struct qf_publish_facts facts = facts_of(daemon);
        r = qf_publish_turn(daemon->publish, qf_clock_mono_ms(), &facts, &next_ms, ret_more);
        r = r < 0 ? r : qf_counting_check_on(daemon->counting);
        if (r < 0)
                return qf_aggregate_mend(daemon, r);
        *ret_more |= !qf_counting_checked(daemon->counting);
        if (next_ms < INT64_MAX / 1000000 && next_ms * 1000000 < wake_ns)
                wake_ns = next_ms * 1000000;
        return wake_ns < INT64_MAX ? qf_loop_wake_at(daemon->loop, wake_ns) : 0;
}

/* An ingest that was restarted knows nothing of the attachment, and may have another journal than where counting stopped. */
static void attach_to_new_ingest(struct qf_aggregate *daemon)
{
        uint32_t connections = qf_socket_connections(daemon->journal);
        bool anew = daemon->connections != 0 && connections != daemon->connections;
        daemon->connections = connections;
        daemon->checkpoint_tried &= !anew;
        if (anew && !daemon->full && !daemon->stop_before)
                qf_follow_try_again(daemon->follow);
}

static int tick(void *ctx)
{
        int r = qf_aggregate_rebuild_when_asked(ctx);

        attach_to_new_ingest(ctx);
        return r < 0 ? r : qf_aggregate_say(ctx);
}

/* `qf audit` leaves a file beside the directory until what it found is mended. */
static int look_if_checked(struct qf_aggregate *daemon)
{
        int r = qf_directory_marked(daemon->config->directory, QF_AGGREGATE_CHECKING);

        if (r < 0)
                return r;
        if (!daemon->checked && r > 0)
                qf_log(QF_LOG_WARNING,
                       "an audit found damage: readers are told that the numbers are being checked");
        daemon->checked = r > 0;
        return 0;
}

static int pulse(void *ctx)
{
        struct qf_aggregate *daemon = ctx;
        int r = daemon->full ? qf_aggregate_write_down(daemon, QF_PACE_COMMIT) : 0;

        if (r == 0)
                r = look_if_checked(daemon);
        if (r < 0)
                return r;
        note_complete(daemon);
        struct qf_publish_facts facts = facts_of(daemon);
        r = qf_counting_gauges_make(daemon->gauges, daemon->counting, &facts,
                                    qf_follow_silent_ms(daemon->follow, qf_clock_mono_ms()),
                                    daemon->pace.committing.lasted_ns);
        return r < 0 ? r : qf_publish_pulse(daemon->publish, &facts);
}

static int check_readers(void *ctx)
{
        struct qf_aggregate *daemon = ctx;

        return qf_environment_check_readers(daemon->counting->environment);
}

/* --- start and stop --------------------------------------------------------------------------- */

static int open_parts(struct qf_aggregate *daemon)
{
        int r = qf_publish_new(send_totals, daemon, &daemon->publish);

        if (r == 0)
                r = qf_counting_gauges_new(qf_clock_wall_ms(), &daemon->gauges);
        if (r == 0)
                r = qf_doubt_open(daemon->config->directory, &daemon->note, &daemon->distrusted);
        if (r == 0)
                r = qf_aggregate_open_counts(daemon);
        if (r == 0 && daemon->counting->made_anew == false)
                qf_log(QF_LOG_INFO, "counts opened position=%" PRIu64 " cells=%zu rows=%u",
                       daemon->counting->committed, qf_picture_cells(daemon->counting->picture),
                       daemon->counting->apply.tally.rows);
        if (r != 0)
                return r;
        struct qf_follow_options options = {.from = qf_counting_place(daemon->counting),
                                            .past = qf_counting_past(&daemon->counting),
                                            .name = "aggregate",
                                            .credit_bytes = CREDIT_BYTES};
        r = qf_follow_new(&options, &daemon->follow);
        return r == 0 ? qf_aggregate_rebuild_when_asked(daemon) : r;
}

static int join_loop(struct qf_aggregate *daemon, struct qf_loop *loop)
{
        int r = qf_loop_add_socket(loop, qf_socket_handle(daemon->journal), qf_aggregate_read_journal,
                                   daemon);

        if (r == 0)
                r = qf_loop_add_socket(loop, qf_socket_handle(daemon->totals), totals_readable, daemon);
        if (r == 0)
                r = qf_loop_every(loop, TICK_MS, tick, daemon);
        if (r == 0)
                r = qf_loop_every(loop, PULSE_MS, pulse, daemon);
        if (r == 0)
                r = qf_loop_every(loop, CHECK_READERS_MS, check_readers, daemon);
        qf_loop_set_turn(loop, turn, daemon);
        return r;
}

static int reload(void *ctx, const void *config)
{
        struct qf_aggregate *daemon = ctx;

        daemon->config = config;
        daemon->pace.commit_ms = daemon->config->commit_ms ? daemon->config->commit_ms : COMMIT_MS;
        qf_environment_set_floor(daemon->counting->environment,
                                 qf_aggregate_counting_options(daemon).disk_floor_bytes);
        return 0;
}

static int start(struct qf_loop *loop, const void *config, struct qf_logbook *book, void **ret_daemon)
{
        (void)book; /* nobody comes in here, and its starts are noted by the skeleton */
        struct qf_aggregate *daemon = calloc(1, sizeof(*daemon));

        if (!daemon)
                return -ENOMEM;
        *ret_daemon = daemon;
        daemon->config = config;
        daemon->loop = loop;
        daemon->say = "";
        int r = open_parts(daemon);
        if (r == 0)
                r = reload(daemon, config);
        if (r == 0)
                r = qf_aggregate_sockets(daemon->config, &daemon->context, &daemon->journal, &daemon->totals);
        if (r == 0)
                r = join_loop(daemon, loop);
        return r == 0 ? qf_aggregate_say(daemon) : r;
}

static void stop(void *ctx)
{
        struct qf_aggregate *daemon = ctx;

        if (!daemon)
                return;
        /* What is open is not committed: the journal has it, and after an error memory may be bad. */
        daemon->publish = qf_publish_free(daemon->publish);
        daemon->counting = qf_counting_close(daemon->counting);
        daemon->note = qf_crash_note_close(daemon->note);
        daemon->follow = qf_follow_free(daemon->follow);
        daemon->gauges = qf_counting_gauges_free(daemon->gauges);
        daemon->journal = qf_socket_close(daemon->journal);
        daemon->totals = qf_socket_close(daemon->totals);
        daemon->context = qf_context_free(daemon->context);
        qf_buffer_deinit(&daemon->out);
        free(daemon);
}

static void status(void *ctx, char *ret_text, unsigned room)
{
        const struct qf_aggregate *daemon = ctx;
        struct qf_publish_facts facts = facts_of(daemon);

        qf_counting_say(daemon->counting, &facts, ret_text, room);
}

const struct qf_service qf_aggregate_service = {
        .name = "qf-aggregate",
        .summary = "keeps exact running counts of a journal and publishes live totals",
        .schema = &qf_aggregate_schema,
        .sandbox = qf_aggregate_sandbox,
        .logbook = offsetof(struct qf_aggregate_config, logbook),
        .start = start,
        .reload = reload,
        .stop = stop,
        .status = status,
};
