/* Why: what a message of the journal's feed means for the counts, and when they go
 * to disk because of it. A record that can't be applied stops the counting behind
 * the record before it; nothing here stops the publishing. */
#include "aggregate/daemon_parts.h"

#include <errno.h>
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/directory.h"

enum {
        READS_PER_TURN = 256,
        BYTES_PER_TURN = 1024 * 1024,
        LAG_LOOK_NS = 1000 * 1000, /* while a subscriber lags: its credit is looked at as it comes */
};

/* --- committing --------------------------------------------------------------------- */

static void stop_counting(struct qf_aggregate *daemon, const char *say)
{
        if (!daemon->stopped)
                qf_log(QF_LOG_ERROR, "counting stopped position=%" PRIu64 " why=\"%s\"",
                       daemon->counting->meta.position, say);
        daemon->stopped = true;
        daemon->say = say;
        qf_follow_pause(daemon->follow, true);
}

/* Attached: so the journal has what was counted. */
int qf_aggregate_write_down(struct qf_aggregate *daemon, enum qf_pace_what what)
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
                return qf_aggregate_mend(daemon, r);
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
static int step_back(struct qf_aggregate *daemon, uint64_t position)
{
        daemon->say = daemon->counting->apply.why;
        daemon->stop_before = position;
        qf_log(QF_LOG_ERROR, "a record can't be applied position=%" PRIu64 " why=\"%s\"", position,
               daemon->say);
        int r = qf_aggregate_reopen_counts(daemon, QF_AS_ON_DISK);
        if (r == 0 && daemon->counting->committed + 1 == position)
                stop_counting(daemon, daemon->say);
        return r;
}

static int take_record(struct qf_aggregate *daemon, const struct qf_follow_step *step)
{
        struct qf_counting *counting = daemon->counting;

        if (step->head.position == daemon->stop_before)
                return qf_aggregate_write_down(daemon, QF_PACE_COMMIT);
        qf_pace_hear(&daemon->pace, qf_counting_settled(counting), qf_counting_showable(counting),
                     qf_clock_mono_ns());
        int r = qf_counting_apply(counting, &step->head, step->record);
        if (r == -EBADMSG)
                return step_back(daemon, step->head.position);
        if (r < 0)
                return qf_aggregate_mend(daemon, r);
        if (qf_counting_crowded(counting))
                return qf_aggregate_write_down(daemon, QF_PACE_COMMIT);
        return 0;
}

static int count_another_life(struct qf_aggregate *daemon)
{
        qf_log(QF_LOG_WARNING, "the journal was restored from a backup: the counts are made anew");
        daemon->complete_at_ms = 0; /* that was another life's */
        int r = qf_aggregate_reopen_counts(daemon, qf_aggregate_from_nothing(daemon));
        return r == 0 ? qf_counting_end_lives(daemon->counting) : r;
}

/* The journal no longer has what comes next: the checkpoint has it counted, or less; or more than a journal put back has. */
static int begin_behind_trimmed(struct qf_aggregate *daemon, bool another_life)
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
                r = qf_aggregate_reopen_counts(daemon, QF_FROM_CHECKPOINT);
        daemon->checkpoint_tried = true;
        if (r == 0 && daemon->counting->meta.position + 1 < first) {
                stop_counting(daemon, say); /* nobody is shown a picture: so it is told beside it */
                r = qf_directory_mark(daemon->config->directory, QF_AGGREGATE_WANTS_ARCHIVE);
        } else if (r == 0)
                qf_log(QF_LOG_NOTICE, "the counts begin with the checkpoint position=%" PRIu64,
                       daemon->counting->meta.position);
        return r;
}

static int take_step(struct qf_aggregate *daemon, const struct qf_follow_step *step)
{
        switch (step->what) {
        case QF_FOLLOW_NOTHING: return 0;
        case QF_FOLLOW_ATTACHED:
                daemon->attached_once = true;
                daemon->stopped = daemon->checkpoint_tried = false;
                (void)!qf_directory_unmark(daemon->config->directory, QF_AGGREGATE_WANTS_ARCHIVE);
                daemon->caught_up_at = qf_follow_last(daemon->follow);
                qf_log(QF_LOG_INFO, "attached to the journal at=%" PRIu64 " last=%" PRIu64,
                       daemon->counting->meta.position, daemon->caught_up_at);
                return qf_aggregate_write_down(daemon, QF_PACE_COMMIT);
        case QF_FOLLOW_RECORD: return take_record(daemon, step);
        case QF_FOLLOW_ROLLED_BACK: return count_another_life(daemon);
        case QF_FOLLOW_TRIMMED: return begin_behind_trimmed(daemon, step->another_life);
        case QF_FOLLOW_STOPPED: stop_counting(daemon, qf_follow_say(daemon->follow)); return 0;
        }
        return 0;
}

int qf_aggregate_say(struct qf_aggregate *daemon)
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

int qf_aggregate_read_journal(void *ctx)
{
        struct qf_aggregate *daemon = ctx;
        int64_t now_ms = qf_clock_mono_ms();
        struct qf_follow_step step;
        struct qf_received received;
        size_t bytes = 0;
        int r = 0;

        if (qf_counting_showable(daemon->counting) && qf_publish_lags(daemon->publish, now_ms)) {
                qf_loop_rest(daemon->loop, qf_socket_handle(daemon->journal),
                             qf_clock_mono_ns() + LAG_LOOK_NS);
                return qf_aggregate_say(daemon);
        }
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
        return qf_aggregate_say(daemon);
}
