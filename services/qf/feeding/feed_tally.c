/* Why: "parts that add up" is a promise to clerks, so the parts are counted from
 * the events themselves and never from running counters of several places. */
#include "qf/feeding/feed_tally.h"

#include <string.h>

#include "base/cleanup.h"

void qf_feed_tally_deinit(struct qf_feed_tally *tally)
{
        qf_buffer_deinit(&tally->fed);
}

int qf_feed_tally_add(struct qf_feed_tally *tally, const struct qf_event *event, uint32_t line)
{
        struct qf_fed fed = {
                .line = line,
                .kind = event->kind,
                .class = QF_CLASS_WAITING,
        };
        if (event->kind == QF_KIND_ACTIVITY && event->action != QF_WITHDRAW) {
                fed.sessions = event->stated & QF_STATED_SESSIONS ? event->sessions : 1;
                fed.known = event->stated & QF_STATED_ATTENDANCES;
                fed.attendances = fed.known ? event->attendances : 0;
        }
        return qf_buffer_append(&tally->fed, &fed, sizeof(fed));
}

uint64_t qf_feed_tally_count(const struct qf_feed_tally *tally)
{
        return tally->fed.len / sizeof(struct qf_fed);
}

static struct qf_fed *at(const struct qf_feed_tally *tally, uint64_t i)
{
        return (struct qf_fed *)(void *)tally->fed.at + i; /* the buffer comes from realloc: aligned */
}

struct qf_fed *qf_feed_tally_find(struct qf_feed_tally *tally, uint64_t number)
{
        if (tally->first == 0 || number < tally->first || number - tally->first >= qf_feed_tally_count(tally))
                return NULL;
        return at(tally, number - tally->first);
}

static bool is_conflict(struct qf_verdict verdict)
{
        return verdict.class == QF_REJECTED && verdict.code >= QF_E141_CONFLICT &&
               verdict.code <= QF_E144_WITHDRAWN;
}

struct qf_fed *qf_feed_tally_verdict(struct qf_feed_tally *tally, uint64_t number, struct qf_verdict verdict,
                                     bool *ret_news)
{
        struct qf_fed *fed = qf_feed_tally_find(tally, number);
        *ret_news = !fed || fed->class == QF_CLASS_WAITING;
        if (!fed) {
                tally->earlier.events[verdict.class < QF_CLASSES ? verdict.class : QF_REJECTED]++;
                tally->earlier.conflicts += is_conflict(verdict);
                return NULL;
        }
        tally->answered += fed->class == QF_CLASS_WAITING;
        fed->class = (uint8_t)(verdict.class < QF_CLASSES ? verdict.class : QF_REJECTED);
        fed->code = verdict.code;
        return fed;
}

int qf_feed_tally_recall(struct qf_feed_tally *tally, struct qf_outbox *outbox)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer buffer = {0};
        const uint64_t acked = qf_outbox_standing(outbox)->acked;
        uint64_t end = tally->first + qf_feed_tally_count(tally), number = tally->first;
        while (number < end) {
                struct qf_outbox_answer answer;
                int result = qf_outbox_verdicts(outbox, number, &buffer, &answer);
                if (result == QF_STORE_NONE && number > acked)
                        return 0;              /* not answered yet */
                if (result == QF_STORE_NONE) { /* every backup has it */
                        qf_feed_tally_find(tally, number++)->class = QF_CLASS_FORGOTTEN;
                        tally->forgotten++;
                        continue;
                }
                if (result)
                        return result;
                for (; number < answer.first + answer.count && number < end; number++) {
                        bool news;
                        (void)qf_feed_tally_verdict(tally, number, qf_outbox_verdict_in(&answer, number),
                                                    &news);
                }
        }
        return 0;
}

struct qf_feed_sums qf_feed_tally_sums(const struct qf_feed_tally *tally)
{
        struct qf_feed_sums sums = {0};
        for (uint64_t i = 0; i < qf_feed_tally_count(tally); i++) {
                const struct qf_fed *fed = at(tally, i);
                if (fed->class >= QF_CLASSES) /* waits, or is forgotten */
                        continue;
                sums.events[fed->class]++;
                sums.conflicts += is_conflict((struct qf_verdict){fed->class, fed->code});
                if (fed->class > QF_LATE || fed->kind != QF_KIND_ACTIVITY)
                        continue;
                sums.activities += fed->sessions;
                sums.attendances += fed->attendances;
                sums.unknown_events += !fed->known && fed->sessions > 0;
                sums.unknown_activities += fed->known ? 0 : fed->sessions;
        }
        return sums;
}

int qf_feed_tally_exit(const struct qf_feed_tally *tally)
{
        struct qf_feed_sums sums = qf_feed_tally_sums(tally);
        if (sums.conflicts + tally->earlier.conflicts > 0)
                return QF_EXIT_CONFLICT;
        uint64_t returned = tally->returned_here;
        for (uint32_t class = QF_QUARANTINED; class < QF_CLASSES; class ++)
                returned += sums.events[class] + tally->earlier.events[class];
        return returned > 0 ? QF_EXIT_RETURNED : QF_EXIT_DONE;
}
