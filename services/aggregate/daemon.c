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
#include <string.h>

#include "aggregate/config.h"
#include "aggregate/counting.h"
#include "aggregate/doubt.h"
#include "aggregate/gauges.h"
#include "aggregate/pace.h"
#include "aggregate/publish.h"
#include "aggregate/sockets.h"
#include "base/clock.h"
#include "base/crash_note.h"
#include "base/log.h"
#include "client/follow.h"
#include "store/directory.h"
#include "wire/socket.h"

enum {
        TICK_MS = 100,
        PULSE_MS = 1000,
        CHECK_READERS_MS = 60 * 1000,
        READS_PER_TURN = 256,
        BYTES_PER_TURN = 1024 * 1024,
        COMMIT_MS = 20,
        DISK_FLOOR_MIB = 64,
        CREDIT_BYTES = 6 * 1024 * 1024, /* a fifth of a second of a million events each: some commits */
        MESSAGES_PER_TURN = 64,
};

struct daemon {
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

static struct qf_counting_options counting_options(const struct daemon *daemon)
{
        uint64_t floor_mib = daemon->config->disk_floor_mib ? daemon->config->disk_floor_mib : DISK_FLOOR_MIB;

        return (struct qf_counting_options){
                .directory = daemon->config->directory,
                .map_bytes = (uint64_t)daemon->config->map_mib << 20,
                .disk_floor_bytes = floor_mib << 20,
                .distrusted = daemon->distrusted,
                .check_rows = QF_CHECK_ROWS,
                .inside = qf_crash_note_doing(daemon->note),
                .goes_on = qf_service_goes_on,
        };
}

/* Readers are told that numbers are doubted also while nothing else is wrong. */
static const char *say_of(const struct daemon *daemon)
{
        const char *say = daemon->stopped || daemon->full ? daemon->say : qf_follow_say(daemon->follow);

        return say[0] == '\0' && daemon->checked ? "being checked: an audit found damage" : say;
}

static struct qf_publish_facts facts_of(const struct daemon *daemon)
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

/* --- counts that begin anew ------------------------------------------------------- */

static int open_counts(struct daemon *daemon)
{
        struct qf_counting_options options = counting_options(daemon);
        int r = qf_counting_open(&options, &daemon->counting);

        daemon->distrusted = false;
        if (r == QF_COUNTING_IN_USE) {
                qf_log(QF_LOG_ERROR, "another process has the counts directory=%s", options.directory);
                return QF_SERVICE_IN_USE;
        }
        if (r < 0)
                return r;
        if (daemon->counting->made_anew)
                qf_log(QF_LOG_WARNING, "the counts could not be used and are made anew directory=%s",
                       options.directory);
        qf_publish_bind(daemon->publish, daemon->counting);
        return 0;
}

enum beginning { AS_ON_DISK, FROM_NOTHING, FROM_CHECKPOINT };

/* Goes on from what is on disk, which is nothing after setting aside. */
static int reopen_counts(struct daemon *daemon, enum beginning beginning)
{
        const struct qf_counts_past past = daemon->counting->past;

        qf_publish_bind(daemon->publish, NULL);
        daemon->counting = qf_counting_close(daemon->counting);
        int r = beginning == AS_ON_DISK ? 0 : qf_directory_set_aside(daemon->config->directory);
        if (r == 0 && beginning == FROM_CHECKPOINT)
                r = qf_directory_copy(daemon->config->directory, ".checkpoint");
        if (r == 0)
                r = open_counts(daemon);
        if (r == 0 && beginning == FROM_CHECKPOINT && past.lives_count != 0)
                daemon->counting->past.lives_count = 0; /* what was known since is more than it knows */
        if (r == 0)
                r = qf_counting_remember(daemon->counting, &past);
        if (r != 0)
                return r < 0 ? r : -EBUSY;
        struct qf_place place = qf_counting_place(daemon->counting);
        daemon->pace.events = 0;
        qf_follow_restart(daemon->follow, &place);
        daemon->attached_once = false;
        return 0;
}

/* Counts that hold nothing are not worth being kept. */
static enum beginning from_nothing(const struct daemon *daemon)
{
        return daemon->counting->committed > 0 ? FROM_NOTHING : AS_ON_DISK;
}

static const char rebuild_mark[] = ".rebuild", checking_mark[] = ".checking",
                  archive_mark[] = ".wants-archive";

/* What is on disk is not what was written: the journal has it all, so it is counted again. Others pass through. */
static int mend(struct daemon *daemon, int result)
{
        if (result != QF_STORE_DAMAGED)
                return result;
        qf_log(QF_LOG_ERROR, "the counts are damaged and are made anew directory=%s",
               daemon->config->directory);
        return reopen_counts(daemon, FROM_NOTHING);
}

/* `qf rebuild` asks by a file beside the directory, so that it can ask also when nobody runs. */
static int rebuild_when_asked(struct daemon *daemon)
{
        int r = qf_directory_marked(daemon->config->directory, rebuild_mark);

        if (r != QF_DIRECTORY_MARKED)
                return r;
        qf_log(QF_LOG_NOTICE, "the counts are made anew, as asked file=%s%s", daemon->config->directory,
               rebuild_mark);
        r = reopen_counts(daemon, from_nothing(daemon));
        if (r == 0)
                r = qf_directory_unmark(daemon->config->directory, rebuild_mark);
        daemon->stopped = daemon->full = daemon->checkpoint_tried = false;
        daemon->stop_before = 0;
        return r;
}

/* --- committing --------------------------------------------------------------------- */

static void stop_counting(struct daemon *daemon, const char *say)
{
        if (!daemon->stopped)
                qf_log(QF_LOG_ERROR, "counting stopped position=%" PRIu64 " why=\"%s\"",
                       daemon->counting->meta.position, say);
        daemon->stopped = true;
        daemon->say = say;
        qf_follow_pause(daemon->follow, true);
}

/* Puts the open group on disk, or only the place that makes it showable. Attached: so the journal has what was counted. */
static int write_down(struct daemon *daemon, enum qf_pace_what what)
{
        int64_t began_ns = qf_clock_mono_ns();
        int r = what == QF_PACE_COMMIT ? qf_counting_commit(daemon->counting, qf_publish_row, daemon->publish)
                                       : qf_counting_show(daemon->counting, qf_publish_row, daemon->publish);

        if (r == 0)
                r = qf_counting_confirm(daemon->counting);
        qf_pace_did(&daemon->pace, what, began_ns, qf_clock_mono_ns(), daemon->counting->apply.events);
        if (r == QF_COUNTING_FULL) {
                if (!daemon->full)
                        qf_log(QF_LOG_ERROR, "no room to commit the counts: counting waits directory=%s",
                               daemon->config->directory);
                daemon->full = true;
                daemon->say = "the disk is full: counting waits for room";
                qf_follow_pause(daemon->follow, true);
                return 0;
        }
        if (r < 0)
                return mend(daemon, r);
        if (daemon->full) {
                qf_log(QF_LOG_NOTICE, "there is room again: counting goes on");
                daemon->full = false;
                qf_follow_pause(daemon->follow, false);
        }
        if (daemon->stop_before && daemon->counting->committed + 1 == daemon->stop_before)
                stop_counting(daemon, daemon->say);
        return 0;
}

/* --- records -------------------------------------------------------------------------- */

/* Memory is void after a record that can't be applied: back to the disk, count up to the record before, stop. */
static int step_back(struct daemon *daemon, uint64_t position)
{
        daemon->say = daemon->counting->apply.why;
        daemon->stop_before = position;
        qf_log(QF_LOG_ERROR, "a record can't be applied position=%" PRIu64 " why=\"%s\"", position,
               daemon->say);
        int r = reopen_counts(daemon, AS_ON_DISK);
        if (r == 0 && daemon->counting->committed + 1 == position)
                stop_counting(daemon, daemon->say);
        return r;
}

static int take_record(struct daemon *daemon, const struct qf_follow_step *step)
{
        struct qf_counting *counting = daemon->counting;

        if (step->head.position == daemon->stop_before)
                return write_down(daemon, QF_PACE_COMMIT);
        qf_pace_hear(&daemon->pace, qf_counting_settled(counting), qf_counting_showable(counting),
                     qf_clock_mono_ns());
        int r = qf_counting_apply(counting, &step->head, step->record);
        if (r == -EBADMSG)
                return step_back(daemon, step->head.position);
        if (r < 0)
                return mend(daemon, r);
        if (qf_counting_crowded(counting))
                return write_down(daemon, QF_PACE_COMMIT);
        return 0;
}

static int count_another_life(struct daemon *daemon)
{
        qf_log(QF_LOG_WARNING, "the journal was restored from a backup: the counts are made anew");
        int r = reopen_counts(daemon, from_nothing(daemon));
        return r == 0 ? qf_counting_end_lives(daemon->counting) : r;
}

/* The journal no longer has what comes next: the checkpoint has it counted, or less; or more than a journal put back has. */
static int begin_behind_trimmed(struct daemon *daemon, bool another_life)
{
        uint64_t first = qf_follow_first(daemon->follow);

        if (daemon->counting->meta.position > 0) {
                stop_counting(daemon, qf_follow_say(daemon->follow));
                return 0;
        }
        const char *say = qf_follow_say(daemon->follow);
        /* Of a life that was shown nobody can ask any more whether it was the same up to there. */
        int r = another_life ? qf_counting_end_lives(daemon->counting) : 0;
        if (r == 0 && !daemon->checkpoint_tried)
                r = reopen_counts(daemon, FROM_CHECKPOINT);
        daemon->checkpoint_tried = true;
        if (r == 0 && daemon->counting->meta.position + 1 < first) {
                stop_counting(daemon, say); /* nobody is shown a picture: so it is told beside it */
                r = qf_directory_mark(daemon->config->directory, archive_mark);
        } else if (r == 0)
                qf_log(QF_LOG_NOTICE, "the counts begin with the checkpoint position=%" PRIu64,
                       daemon->counting->meta.position);
        return r;
}

static int take_step(struct daemon *daemon, const struct qf_follow_step *step)
{
        switch (step->what) {
        case QF_FOLLOW_NOTHING: return 0;
        case QF_FOLLOW_ATTACHED:
                daemon->attached_once = true;
                daemon->stopped = daemon->checkpoint_tried = false;
                (void)!qf_directory_unmark(daemon->config->directory, archive_mark);
                daemon->caught_up_at = qf_follow_last(daemon->follow);
                qf_log(QF_LOG_INFO, "attached to the journal at=%" PRIu64 " last=%" PRIu64,
                       daemon->counting->meta.position, daemon->caught_up_at);
                return write_down(daemon, QF_PACE_COMMIT);
        case QF_FOLLOW_RECORD: return take_record(daemon, step);
        case QF_FOLLOW_ROLLED_BACK: return count_another_life(daemon);
        case QF_FOLLOW_TRIMMED: return begin_behind_trimmed(daemon, step->another_life);
        case QF_FOLLOW_STOPPED: stop_counting(daemon, qf_follow_say(daemon->follow)); return 0;
        }
        return 0;
}

static int say(struct daemon *daemon)
{
        while (qf_counting_checked(daemon->counting)) { /* before that no record is asked for */
                int64_t now_ms = qf_clock_mono_ms();
                daemon->out.len = 0;
                int r = qf_follow_say_next(daemon->follow, now_ms, &daemon->out);
                if (r != 0)
                        return r < 0 ? r : 0;
                r = qf_socket_send(daemon->journal, NULL,
                                   (struct qf_view){(const char *)daemon->out.at, (uint32_t)daemon->out.len},
                                   (struct qf_view){NULL, 0});
                if (r < 0)
                        return r;
                if (r > 0) {
                        qf_follow_unsent(daemon->follow, now_ms);
                        return 0;
                }
        }
        return 0;
}

static int journal_readable(void *ctx)
{
        struct daemon *daemon = ctx;
        int64_t now_ms = qf_clock_mono_ms();
        struct qf_follow_step step;
        struct qf_received received;
        size_t bytes = 0;
        int r = 0;

        daemon->read = true;
        daemon->drained = false;
        for (unsigned i = 0; i < READS_PER_TURN && bytes < BYTES_PER_TURN && r == 0; i++) {
                r = qf_socket_receive(daemon->journal, &received);
                if (r != 0)
                        break;
                bytes += received.frame[1].len;
                r = qf_follow_take(daemon->follow, now_ms, received.frame[0], received.frame[1], &step);
                if (r == 0)
                        r = take_step(daemon, &step);
                if (r == 0 && step.what == QF_FOLLOW_RECORD && qf_counting_settled(daemon->counting))
                        break; /* a large group was committed: it is published before another is begun */
        }
        if (r < 0)
                return r;
        daemon->drained = r > 0;
        return say(daemon);
}

/* --- the totals ------------------------------------------------------------------------- */

static int send_totals(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        struct daemon *daemon = ctx;

        return qf_socket_send(daemon->totals, peer, frame, (struct qf_view){NULL, 0});
}

static int totals_readable(void *ctx)
{
        struct daemon *daemon = ctx;
        struct qf_publish_facts facts = facts_of(daemon);
        struct qf_received received;
        int r = 0;

        for (unsigned i = 0; i < MESSAGES_PER_TURN && r == 0; i++) {
                r = qf_socket_receive(daemon->totals, &received);
                if (r == 0)
                        r = mend(daemon,
                                 qf_publish_take(daemon->publish, &received.peer, received.frame[0], &facts));
        }
        return r < 0 ? r : 0;
}

/* --- turns and timers ---------------------------------------------------------------------- */

static void note_complete(struct daemon *daemon)
{
        if (qf_counting_showable(daemon->counting) && qf_follow_attached(daemon->follow) &&
            daemon->counting->shown >= qf_follow_last(daemon->follow))
                daemon->complete_at_ms = qf_follow_beat_ms(daemon->follow);
}

/* Commits or shows when it is time; otherwise *wake_ns says when it will be. */
static int go_on_when_due(struct daemon *daemon, int64_t *wake_ns)
{
        const struct qf_counting *counting = daemon->counting;
        const bool hidden = !qf_counting_showable(counting) && !qf_counting_is_behind(counting);

        if (qf_counting_settled(counting) || daemon->full)
                return 0;
        const enum qf_pace_what what = qf_pace_next(&daemon->pace, daemon->drained || !daemon->read, hidden,
                                                    qf_clock_mono_ns(), wake_ns);
        return what == QF_PACE_WAIT ? 0 : write_down(daemon, what);
}

static int turn(void *ctx, bool *ret_more)
{
        struct daemon *daemon = ctx;
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
                return mend(daemon, r);
        *ret_more |= !qf_counting_checked(daemon->counting);
        if (next_ms < INT64_MAX / 1000000 && next_ms * 1000000 < wake_ns)
                wake_ns = next_ms * 1000000;
        return wake_ns < INT64_MAX ? qf_loop_wake_at(daemon->loop, wake_ns) : 0;
}

/* An ingest that was restarted knows nothing of the attachment, and may have another journal than where counting stopped. */
static void attach_to_new_ingest(struct daemon *daemon)
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
        int r = rebuild_when_asked(ctx);

        attach_to_new_ingest(ctx);
        return r < 0 ? r : say(ctx);
}

/* `qf audit` leaves a file beside the directory until what it found is mended. */
static int look_if_checked(struct daemon *daemon)
{
        int r = qf_directory_marked(daemon->config->directory, checking_mark);

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
        struct daemon *daemon = ctx;
        int r = daemon->full ? write_down(daemon, QF_PACE_COMMIT) : 0;

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
        struct daemon *daemon = ctx;

        return qf_environment_check_readers(daemon->counting->environment);
}

/* --- start and stop --------------------------------------------------------------------------- */

static int open_parts(struct daemon *daemon)
{
        int r = qf_publish_new(send_totals, daemon, &daemon->publish);

        if (r == 0)
                r = qf_counting_gauges_new(qf_clock_wall_ms(), &daemon->gauges);
        if (r == 0)
                r = qf_doubt_open(daemon->config->directory, &daemon->note, &daemon->distrusted);
        if (r == 0)
                r = open_counts(daemon);
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
        return r == 0 ? rebuild_when_asked(daemon) : r;
}

static int join_loop(struct daemon *daemon, struct qf_loop *loop)
{
        int r = qf_loop_add_socket(loop, qf_socket_handle(daemon->journal), journal_readable, daemon);

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
        struct daemon *daemon = ctx;

        daemon->config = config;
        daemon->pace.commit_ms = daemon->config->commit_ms ? daemon->config->commit_ms : COMMIT_MS;
        qf_environment_set_floor(daemon->counting->environment, counting_options(daemon).disk_floor_bytes);
        return 0;
}

static int start(struct qf_loop *loop, const void *config, struct qf_logbook *book, void **ret_daemon)
{
        (void)book; /* nobody comes in here, and its starts are noted by the skeleton */
        struct daemon *daemon = calloc(1, sizeof(*daemon));

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
        return r == 0 ? say(daemon) : r;
}

static void stop(void *ctx)
{
        struct daemon *daemon = ctx;

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
        const struct daemon *daemon = ctx;
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
