/* Why: a program of a partner's feeds with what `qf feed -` feeds with, the same
 * lines, the same outbox and the same machine; here are only names and sentences. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/feed.h"
#include "client/feed_json.h"
#include "model/verdict.h"
#include "qingfeng/parts.h"

_Static_assert((int)QINGFENG_ROLLED_BACK == (int)QF_ALARM_ROLLED_BACK &&
                       (int)QINGFENG_VERDICT_CHANGED == (int)QF_ALARM_VERDICT_CHANGED &&
                       (int)QINGFENG_RESTORED == (int)QF_ALARM_RESTORED &&
                       (int)QINGFENG_BEYOND == (int)QF_ALARM_BEYOND &&
                       (int)QINGFENG_TWO_SERVERS == (int)QF_ALARM_TWO_SERVERS &&
                       (int)QINGFENG_GONE_HERE == (int)QF_ALARM_GONE_HERE &&
                       (int)QINGFENG_OTHER_JOURNAL == (int)QF_ALARM_OTHER_JOURNAL,
               "alarms are told as they are numbered");

struct qingfeng_feed {
        struct qf_line line; /* its socket is the feed's */
        struct qf_feed *feed;
        const struct qf_programme *programme; /* the feed's; NULL: not learnt */
        struct qingfeng_feed_calls calls;
        struct qf_buffer say, text;
};

/* --- telling ------------------------------------------------------------ */

static int say(struct qingfeng_feed *feed, int outcome, const char *sentence)
{
        return qf_said(&feed->say, qf_view_of(sentence), outcome);
}

static int say_stopped(struct qingfeng_feed *feed)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(qf_feed_outbox(feed->feed));
        if (standing->say[0])
                return say(feed, QINGFENG_STOPPED, standing->say);
        return say(feed, QINGFENG_STOPPED, qf_refusal_text((uint16_t)standing->stopped)->en);
}

/* enum qf_feed_outcome → enum qingfeng_outcome. */
static int say_outcome(struct qingfeng_feed *feed, int result)
{
        switch (result) {
        case QF_FEED_STOPPED: return say_stopped(feed);
        case QF_FEED_REFUSED:
                return say(feed, QINGFENG_REFUSED, "the server does not know this key, or it may not feed");
        case QF_FEED_ANOTHERS:
                return say(
                        feed, QINGFENG_ANOTHERS,
                        "the outbox was copied from another source's, and its events are that one's: nothing was "
                        "sent. Move it away: this key gets an outbox of its own");
        case QF_FEED_FULL: return say(feed, QINGFENG_FULL, "no room on the disk: nothing of this was kept");
        case QF_FEED_TOO_LARGE:
                return say(feed, QINGFENG_RETURNED, "the event is too large for any batch: shorten it");
        default: return result;
        }
}

/* A text that ends, in the handle's room; "" without memory. */
static const char *note_text(struct qf_buffer *room, const struct qf_note *note)
{
        room->len = 0;
        if (qf_note_print(note, false, room) || qf_buffer_append(room, "", 1))
                return "";
        return (const char *)room->at;
}

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct qingfeng_feed *feed = ctx;
        const uint16_t code = verdict->verdict.code;
        struct qf_note note = {.code = QF_NOTE_VERDICT, .verdict_code = code, .line = 1};
        if (verdict->detail) {
                note.column = verdict->detail->field;
                note.got = verdict->detail->got;
                note.near = verdict->detail->near;
        }
        const struct qingfeng_verdict told = {
                .number = verdict->number,
                .position = verdict->position,
                .counts = verdict->verdict.class != QF_REJECTED && verdict->verdict.class != QF_QUARANTINED,
                .again = verdict->again,
                .verdict = qf_verdict_class_name(verdict->verdict.class),
                .code = code ? qf_code_text(code)->name : "",
                .text = code ? note_text(&feed->text, &note) : "",
        };
        if (feed->calls.verdict)
                feed->calls.verdict(feed->calls.ctx, &told);
        return 0;
}

static void hear_alarm(void *ctx, uint32_t alarm, uint64_t number, struct qf_view words)
{
        struct qingfeng_feed *feed = ctx;
        (void)qf_said(&feed->text, words, 0);
        if (feed->calls.alarm)
                feed->calls.alarm(feed->calls.ctx, alarm, number, qf_sentence(&feed->text));
}

/* --- opening ------------------------------------------------------------ */

void qingfeng_feed_close(struct qingfeng_feed *feed)
{
        if (!feed)
                return;
        if (feed->feed)
                feed->feed = qf_feed_close(feed->feed);
        qf_line_close(&feed->line);
        qf_buffer_deinit(&feed->say);
        qf_buffer_deinit(&feed->text);
        free(feed);
}

static int open_feed(struct qingfeng_feed *feed, const char *outbox)
{
        const struct qf_feed_options options = {
                .outbox = outbox,
                .socket = &feed->line.socket,
                .agent = "libqingfeng " QF_VERSION,
                .ctx = feed,
                .verdict = hear_verdict,
                .alarm_ctx = feed,
                .alarm = hear_alarm,
        };
        int r = qf_feed_open(&options, &feed->feed);
        return r == QF_FEED_IN_USE                         ? QINGFENG_IN_USE
               : r == QF_FEED_FORMAT || r == QF_FEED_NEWER ? QINGFENG_FORMAT
               : r == QF_FEED_FULL                         ? QINGFENG_FULL
                                                           : r;
}

int qingfeng_feed_open(const char *outbox, const struct qingfeng_server *server,
                       const struct qingfeng_feed_calls *calls, struct qingfeng_feed **ret_feed)
{
        struct qingfeng_feed *feed = calloc(1, sizeof(*feed));
        if (!feed)
                return -ENOMEM;
        if (calls)
                feed->calls = *calls;
        int r = outbox ? qf_line_open(server, &feed->line) : -EINVAL;
        if (!r)
                r = open_feed(feed, outbox);
        if (r)
                qingfeng_feed_close(feed);
        else
                *ret_feed = feed;
        return r;
}

/* --- feeding ------------------------------------------------------------ */

int qingfeng_feed_learn(struct qingfeng_feed *feed, int64_t timeout_ms)
{
        int r = qf_feed_learn(feed->feed, timeout_ms, &feed->programme, NULL);
        if (r == 1) /* of this function: no server, no cache */
                return say(feed, QINGFENG_AWAY, "the server does not answer, and no names are kept here yet");
        return say_outcome(feed, r);
}

int qingfeng_feed_add(struct qingfeng_feed *feed, const char *line, uint64_t *ret_number)
{
        struct qf_json_event event = {0};
        int r = qf_json_event_read(qf_view_of(line), feed->programme, &event);
        if (r > 0) {
                event.note.line = 1;
                r = say(feed, QINGFENG_RETURNED, note_text(&feed->text, &event.note));
        } else if (r == 0) {
                r = qf_feed_add(feed->feed, &event.event, event.values, event.values_count, ret_number);
                r = say_outcome(feed, r);
        }
        qf_json_event_deinit(&event);
        return r;
}

int qingfeng_feed_flush(struct qingfeng_feed *feed)
{
        return say_outcome(feed, qf_feed_flush(feed->feed, NULL));
}

int qingfeng_feed_drain(struct qingfeng_feed *feed, int64_t timeout_ms)
{
        const int64_t until = qf_clock_mono_ms() + timeout_ms;
        for (;;) {
                const int64_t left = until - qf_clock_mono_ms();
                int r = qf_feed_pump(feed->feed, left > 0 ? left : 0);
                if (r == QF_FEED_FULL)
                        return say(feed, QINGFENG_FULL,
                                   "no room on the disk for the verdicts: what was flushed is kept");
                if (r)
                        return say_outcome(feed, r);
                if (qf_feed_drained(feed->feed))
                        return 0;
                if (left <= 0)
                        return say(feed, QINGFENG_AWAY,
                                   "the server does not answer, or is busy: what was flushed is kept");
        }
}

uint64_t qingfeng_feed_waiting(const struct qingfeng_feed *feed)
{
        return qf_feed_waiting(feed->feed);
}

const char *qingfeng_feed_say(const struct qingfeng_feed *feed)
{
        return qf_sentence(&feed->say);
}
