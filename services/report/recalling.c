/* The edge of what was said: one socket to ingest's journal, one Fetch under way for
 * each question. Ingest gives each a quarter of a mebibyte at most and forgets it, so
 * a question costs feeding as much as a consumer that asks for a little. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "report/query_plan.h"
#include "report/report.h"
#include "wire/feed_messages.h"

static int fetch(struct qf_report *report, struct qf_recall *recall)
{
        const struct qf_journal_message ask = {.what = QF_FETCH,
                                               .attach = recall->fetch,
                                               .position = recall->said.place.position,
                                               .credit = QF_RECALL_SCAN_BYTES};

        recall->asked = ask.position;
        report->out.len = 0;
        int r = qf_journal_message_encode(true, &ask, &report->out);
        if (r < 0)
                return r;
        r = qf_socket_send(report->journal, NULL,
                           (struct qf_view){(const char *)report->out.at, (uint32_t)report->out.len},
                           (struct qf_view){0});
        return r < 0 ? r : 0; /* what is not sent is overdue later */
}

/* As any message of its source: not while that is over its share. */
static int fetch_on(struct qf_report *report, struct qf_recall *recall, int64_t mono_ms)
{
        uint32_t retry_ms = 0;
        int r = qf_share_ask(&report->share, QF_SHARE_ANSWERS, recall->source, report->begun_ns, &retry_ms);

        if (r < 0)
                return r;
        recall->until_ms = mono_ms + retry_ms + QF_RECALL_MS;
        if (r == 0)
                return fetch(report, recall);
        recall->from_ms = mono_ms + retry_ms + 1;
        return 0;
}

int qf_report_recall(struct qf_report *report, const struct qf_peer *peer, struct qf_view user,
                     const struct qf_source *source, const struct qf_from_reader *ask, int64_t mono_ms)
{
        struct qf_recall *recall = qf_recall_place(&report->recalls, source->ref);

        if (!report->journal)
                return qf_report_answer_not(
                        report, peer, ask->id, QF_QUERY_NOT_HERE,
                        "this server does not look into the journal: see journal in report.yaml");
        if (!recall)
                return qf_report_answer_not(report, peer, ask->id, QF_QUERY_NOT_HERE,
                                            "too many such questions are open");
        int r = qf_recall_take(&report->recalls, recall, ask, mono_ms);
        if (r > 0)
                return qf_report_answer_not(report, peer, ask->id, QF_QUERY_UNKNOWN_NAME,
                                            "this is no page of what was said");
        if (r < 0)
                return r;
        recall->peer = *peer;
        recall->source = source->ref;
        recall->id = ask->id;
        qf_admission_copy(user, recall->user);
        report->queries++;
        return fetch(report, recall);
}

/* Of a position; 0: none. */
static int note(struct qf_report *report, struct qf_to_reader *message, const char *code, uint64_t position)
{
        char text[24];

        (void)snprintf(text, sizeof text, "%" PRIu64, position);
        return position ? qf_plan_note(message, report->arena, code, qf_view_of(text)) : 0;
}

static int answer(struct qf_report *report, struct qf_recall *recall, bool ended)
{
        struct qf_to_reader message = qf_report_begin_answer(report, recall->id);
        uint8_t page[QF_SAID_PLACE_BYTES];
        int r = note(report, &message, "trimmed", recall->said.begins);

        qf_said_place_write(&recall->said.place, page);
        if (r == 0)
                r = note(report, &message, "unreadable", recall->said.unreadable);
        if (r < 0)
                return r;
        message.json = (struct qf_view){(const char *)recall->said.json.at, (uint32_t)recall->said.json.len};
        if (!ended)
                message.next = (struct qf_view){(const char *)page, sizeof page};
        r = qf_report_answer(report, &recall->peer, &message);
        qf_recall_leave(recall);
        return r;
}

static int answer_not(struct qf_report *report, struct qf_recall *recall, const char *say)
{
        int r = qf_report_answer_not(report, &recall->peer, recall->id, QF_QUERY_NOT_HERE, say);
        qf_recall_leave(recall);
        return r;
}

static int look_through(struct qf_report *report, struct qf_recall *recall, const struct qf_source *source,
                        uint64_t position, struct qf_view record)
{
        const struct qf_published now = qf_upstream_published(report->upstream);
        int r = qf_rights_keep(&recall->rights, now.programme, now.stamp, source);

        if (r == 0)
                r = qf_said_take(&recall->said, now.programme, &recall->rights, report->sha, report->said,
                                 record);
        recall->scanned += record.len;
        if (r > 0)
                qf_said_pass(&recall->said, position);
        return r < 0 ? r : 0;
}

/* What is behind it is told with the next answer, if there is anything. */
static int pass_over(struct qf_report *report, struct qf_recall *recall,
                     const struct qf_journal_message *message)
{
        const uint64_t wanted = recall->said.place.position;

        qf_said_pass(&recall->said, wanted > message->first ? wanted : message->first);
        return answer(report, recall, recall->said.place.position > message->last);
}

static int go_on(struct qf_report *report, struct qf_recall *recall, const struct qf_journal_message *message,
                 const struct qf_source *source, struct qf_view record, int64_t mono_ms)
{
        switch (qf_recall_next(recall, message)) {
        case QF_RECALL_LOOK: return look_through(report, recall, source, message->position, record);
        case QF_RECALL_WAIT: return 0;
        case QF_RECALL_FETCH: return fetch_on(report, recall, mono_ms);
        case QF_RECALL_PAGE: return answer(report, recall, false);
        case QF_RECALL_END: return answer(report, recall, true);
        case QF_RECALL_STUCK:
                return answer_not(report, recall,
                                  "ingest did not bring the next record: ask again, or run qf audit");
        case QF_RECALL_DAMAGED: return pass_over(report, recall, message);
        case QF_RECALL_SENT_AWAY: break;
        }
        return answer_not(report, recall, "ingest does not let reporting look into the journal");
}

/* A record, or the end of what was fetched: on to the next, or enough for an answer. */
static int take(struct qf_report *report, struct qf_recall *recall, const struct qf_journal_message *message,
                struct qf_view record, int64_t mono_ms)
{
        const struct qf_source *source = qf_report_reader(report, qf_view_of(recall->user));

        recall->until_ms = mono_ms + QF_RECALL_MS;
        if (!source) { /* revoked while it waited: nothing is sent to it */
                qf_recall_leave(recall);
                return 0;
        }
        qf_report_begin(report, record.len);
        int r = go_on(report, recall, message, source, record, mono_ms);
        return r < 0 ? r : qf_report_end(report, source->ref);
}

int qf_report_take_fetched(struct qf_report *report, struct qf_view frame, struct qf_view record,
                           int64_t mono_ms)
{
        struct qf_journal_message message;
        struct qf_wire_fault fault;

        qf_arena_reset(report->arena);
        int r = qf_journal_message_decode(report->arena, false, frame, &message, &fault);
        if (r != 0)
                return r < 0 ? r : 0;
        struct qf_recall *recall = qf_recall_find(&report->recalls, message.attach);
        return recall ? take(report, recall, &message, record, mono_ms) : 0;
}

/* It waited for its share. */
static int wake(struct qf_report *report, struct qf_recall *recall, int64_t mono_ms)
{
        const struct qf_source *source = qf_report_reader(report, qf_view_of(recall->user));

        if (!source) {
                qf_recall_leave(recall);
                return 0;
        }
        qf_report_begin(report, 0);
        int r = fetch_on(report, recall, mono_ms);
        return r < 0 ? r : qf_report_end(report, source->ref);
}

int qf_report_settle_recalls(struct qf_report *report, int64_t mono_ms)
{
        struct qf_recall *recall;
        int r = 0;

        while (r == 0 && (recall = qf_recall_due(&report->recalls, mono_ms)))
                r = wake(report, recall, mono_ms);
        while (r == 0 && (recall = qf_recall_overdue(&report->recalls, mono_ms)))
                r = answer_not(report, recall, "ingest does not answer");
        return r;
}
