/* Why: what is refused, and how: one place for the words, and for how often they
 * are said. */
#include <stdio.h>
#include <string.h>

#include "ingest/core_parts.h"
#include "programme/programme.h"

enum { ALARM_EVERY_MS = 10 * 1000, GAP_EVERY_MS = 100, SHUT_RETRY_MS = 60 * 1000, ALARM_BYTES = 256 };

/* alarmed_at_ms: when its kind was last raised. */
static void alarm_of_kind(const struct qf_ingest *ingest, int64_t *alarmed_at_ms, int64_t now_ms,
                          const char *text)
{
        if (*alarmed_at_ms != 0 && now_ms - *alarmed_at_ms < ALARM_EVERY_MS && now_ms >= *alarmed_at_ms)
                return;
        *alarmed_at_ms = now_ms;
        ingest->edges.alarm(ingest->edges.ctx, text);
}

void qf_core_alarm(struct qf_ingest *ingest, int64_t now_ms, const char *text)
{
        alarm_of_kind(ingest, &ingest->alarmed_at_ms, now_ms, text);
}

struct qf_answer qf_arrival_answer(const struct qf_arrival *arrival, enum qf_to_partner_what what)
{
        struct qf_answer answer = {.asker = *arrival->asker,
                                   .what = what,
                                   .source = arrival->source ? arrival->source->ref : 0,
                                   .sender = arrival->sender,
                                   .first = arrival->message->first};
        memcpy(answer.outbox, arrival->message->outbox, sizeof answer.outbox);
        return answer;
}

int qf_arrival_refuse(const struct qf_arrival *arrival, uint32_t why, struct qf_view say)
{
        struct qf_answer answer = qf_arrival_answer(arrival, QF_REFUSED);
        answer.why = why;
        answer.say = say.len ? say : qf_view_of(qf_refusal_text((uint16_t)why)->en);
        answer.stands_alone =
                why == QF_REFUSED_MALFORMED || why == QF_REFUSED_NOT_ALLOWED || why == QF_REFUSED_VERSION;
        return qf_answers_add(arrival->ingest->answers, &answer);
}

int qf_arrival_refuse_fault(const struct qf_arrival *arrival, const struct qf_wire_fault *fault)
{
        return qf_arrival_refuse(arrival, QF_REFUSED_MALFORMED, qf_view_of(fault->what));
}

int qf_arrival_refuse_full(const struct qf_arrival *arrival)
{
        arrival->ingest->failed = true;
        qf_core_alarm(arrival->ingest, arrival->now_ms,
                      "the disk or the map is full: partners are told to wait");
        return qf_arrival_refuse(arrival, QF_REFUSED_BUSY, QF_VIEW(""));
}

static int put_off(const struct qf_arrival *arrival, uint32_t retry_ms, struct qf_view say)
{
        struct qf_answer answer = qf_arrival_answer(arrival, QF_REFUSED);
        answer.why = QF_REFUSED_BUSY;
        answer.retry_ms = retry_ms;
        answer.stands_alone = true;
        answer.say = say;
        return qf_answers_add(arrival->ingest->answers, &answer);
}

int qf_arrival_refuse_shut(const struct qf_arrival *arrival)
{
        return put_off(
                arrival, SHUT_RETRY_MS,
                QF_VIEW("what this source sends brought the server down three times: its operator is told"));
}

int qf_arrival_refuse_over(const struct qf_arrival *arrival, uint32_t retry_ms)
{
        arrival->ingest->put_off++;
        arrival->ingest->put_off_source = arrival->source->ref;
        return put_off(arrival, retry_ms, QF_VIEW("this source sends more than its share: wait"));
}

int qf_arrival_refuse_anothers(const struct qf_arrival *arrival, uint32_t source)
{
        const struct qf_source *own = arrival->source,
                               *other = qf_programme_source(qf_judge_programme(arrival->ingest->judge),
                                                            source);
        const struct qf_view has = other ? other->name : QF_VIEW("?");
        char text[ALARM_BYTES];
        (void)snprintf(text, sizeof text,
                       "the outbox of %.*s is one that %.*s has sent from: it was copied, and is refused",
                       (int)own->name.len, own->name.at, (int)has.len, has.at);
        alarm_of_kind(arrival->ingest, &arrival->ingest->anothers_at_ms, arrival->now_ms, text);
        return qf_arrival_refuse(arrival, QF_REFUSED_ANOTHERS, QF_VIEW(""));
}

int qf_arrival_refuse_gap(const struct qf_arrival *arrival)
{
        struct qf_sender *sender = arrival->sender;
        if (!sender)
                return qf_arrival_refuse(arrival, QF_REFUSED_GAP, QF_VIEW(""));
        uint64_t expected = sender->row.last + 1;
        int64_t since = arrival->now_ms - sender->gap_at_ms;
        if (sender->gap_expected == expected && since >= 0 && since < GAP_EVERY_MS)
                return 0; /* said already */
        sender->gap_expected = expected;
        sender->gap_at_ms = arrival->now_ms;
        return qf_arrival_refuse(arrival, QF_REFUSED_GAP, QF_VIEW(""));
}
