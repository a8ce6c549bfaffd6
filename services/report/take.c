/* What readers say, and what is answered. Whoever is refused hears why; a message
 * that is not understood is answered, never obeyed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "report/query.h"
#include "report/report.h"
#include "report/status.h"

enum { ANSWER_BYTES_MAX = 1024 * 1024 };

static int encode_message(struct qf_report *report, const struct qf_to_reader *message)
{
        report->out.len = 0;
        return qf_to_reader_encode(message, &report->out);
}

static int send_encoded(struct qf_report *report, const struct qf_peer *peer)
{
        int r = qf_report_send(report, peer,
                               (struct qf_view){(const char *)report->out.at, (uint32_t)report->out.len});

        return r < 0 ? r : 0; /* who does not take an answer does without */
}

static int send_message(struct qf_report *report, const struct qf_peer *peer,
                        const struct qf_to_reader *message)
{
        int r = encode_message(report, message);

        return r < 0 ? r : send_encoded(report, peer);
}

static int deny(struct qf_report *report, const struct qf_peer *peer, uint32_t id, uint16_t why,
                const char *say)
{
        const struct qf_to_reader denied = {.what = QF_DENIED,
                                            .id = id,
                                            .why = why,
                                            .say = qf_view_of(say ? say : qf_refusal_text(why)->en)};

        return send_message(report, peer, &denied);
}

static struct qf_to_reader begin_answer(const struct qf_report *report, uint32_t id)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        struct qf_to_reader answer = {
                .what = QF_ANSWER,
                .id = id,
                .version = now.version,
                .complete_at_ms = qf_subscription_pulse(report->upstream->subscription)->complete_at_ms,
        };

        memcpy(answer.epoch, now.epoch, sizeof(answer.epoch));
        return answer;
}

static int answer_not(struct qf_report *report, const struct qf_peer *peer, uint32_t id, uint32_t code,
                      const char *say)
{
        struct qf_to_reader answer = begin_answer(report, id);

        answer.code = code;
        answer.say = qf_view_of(say);
        return send_message(report, peer, &answer);
}

static int answer_status(struct qf_report *report, const struct qf_peer *peer, uint32_t id,
                         struct qf_view aggregate, int64_t mono_ms)
{
        struct qf_to_reader answer = begin_answer(report, id), pulse;
        struct qf_published now = qf_upstream_published(report->upstream);
        struct qf_buffer json = {0};
        struct qf_report_facts facts;
        char say[256];
        int r;

        qf_report_pulse(report, mono_ms, &pulse);
        (void)snprintf(say, sizeof(say), "%.*s", (int)pulse.say.len, pulse.say.at);
        facts = (struct qf_report_facts){
                .version = now.version,
                .journal_last = pulse.journal_last,
                .complete_at_ms = pulse.complete_at_ms,
                .silent_ms = qf_subscription_silent_ms(report->upstream->subscription, mono_ms),
                .catching_up = pulse.catching_up,
                .stopped = pulse.stopped,
                .say = say,
                .cells = qf_picture_cells(now.picture),
                .rows = qf_table_columns(report->upstream->table).rows,
                .table_bytes = qf_table_bytes(report->upstream->table),
                .subscribers = qf_subscribers_count(report->subscribers),
                .queries = report->queries,
                .registers = now.log->settled,
        };
        for (uint32_t i = 0; i < report->doors_count; i++)
                facts.dropped += qf_socket_dropped(report->doors[i].socket);
        r = qf_report_status_print(&facts, aggregate, &json);
        answer.json = (struct qf_view){(const char *)json.at, (uint32_t)json.len};
        if (r == 0)
                r = send_message(report, peer, &answer);
        qf_buffer_deinit(&json);
        return r;
}

/* Asks aggregation; what it does not answer in a second is answered without it. */
static int pass_on(struct qf_report *report, const struct qf_peer *peer, struct qf_view user,
                   const struct qf_from_reader *ask, int64_t mono_ms)
{
        struct qf_from_reader question = *ask;
        struct qf_aside_question open;
        int r;

        question.id = qf_aside_ask(&report->aside, peer, user, ask, mono_ms);
        if (question.id == 0)
                return answer_not(report, peer, ask->id, QF_QUERY_NOT_HERE,
                                  "too many such questions are open");
        report->out.len = 0;
        r = qf_from_reader_encode(&question, &report->out);
        if (r == 0)
                r = qf_socket_send(report->aggregate, NULL,
                                   (struct qf_view){(const char *)report->out.at, (uint32_t)report->out.len},
                                   (struct qf_view){0});
        if (r <= 0)
                return r;
        (void)qf_aside_answered(&report->aside, question.id, &open);
        if (ask->query == QF_QUERY_STATUS)
                return answer_status(report, peer, ask->id, (struct qf_view){0}, mono_ms);
        return answer_not(report, peer, ask->id, QF_QUERY_NOT_HERE, "aggregation is away");
}

static int renew_rights(struct qf_report *report, const struct qf_published *now,
                        const struct qf_source *source)
{
        if (report->rights_source == source->ref && report->rights.programme == now->programme &&
            report->rights.stamp == now->stamp)
                return 0;
        report->rights_source = source->ref;
        return qf_rights_renew(&report->rights, now->programme, now->stamp, source);
}

static int compute(struct qf_report *report, const struct qf_source *source, const struct qf_from_reader *ask,
                   struct qf_to_reader *answer)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_query_world world = {now.programme, now.picture, report->upstream->table};
        int r = renew_rights(report, &now, source);

        qf_arena_reset(report->answers);
        if (r < 0)
                return r;
        switch (ask->query) {
        case QF_QUERY_TOTALS: return qf_query_totals(&world, &report->rights, ask, report->answers, answer);
        case QF_QUERY_GROWTH: return qf_query_growth(&world, &report->rights, ask, report->answers, answer);
        case QF_QUERY_CHECK: return qf_query_check(&world, report->answers, answer);
        default:
                answer->code = QF_QUERY_UNKNOWN_NAME;
                answer->say = QF_VIEW("this server does not know this kind of question");
                return 0;
        }
}

/* An answer that does not fit its memory is the asker's to narrow. */
static int answer_query(struct qf_report *report, const struct qf_peer *peer, const struct qf_source *source,
                        const struct qf_from_reader *ask)
{
        struct qf_to_reader answer = begin_answer(report, ask->id);
        int r = compute(report, source, ask, &answer);

        report->queries++;
        if (r == 0)
                r = encode_message(report, &answer);
        if (r == -ENOMEM || (r == 0 && report->out.len > ANSWER_BYTES_MAX))
                return answer_not(report, peer, ask->id, QF_QUERY_TOO_MUCH,
                                  "the answer is too large: narrow it");
        if (r == -EOVERFLOW)
                return answer_not(report, peer, ask->id, QF_QUERY_TOO_MUCH, "the sum is too large");
        return r < 0 ? r : send_encoded(report, peer);
}

struct asker { /* of one message */
        const struct qf_peer *peer;
        struct qf_view user;
        const struct qf_source *source;
};

static int take_query(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                      struct qf_view message, int64_t mono_ms)
{
        struct qf_deferred_query query = {.peer = *by->peer, .id = ask->id, .at_least = ask->at_least};
        int r;

        if (ask->query == QF_QUERY_STATUS)
                return pass_on(report, by->peer, by->user, ask, mono_ms);
        if (ask->query == QF_QUERY_WAITING)
                return by->source->roles & QF_ROLE_ADMIN
                               ? pass_on(report, by->peer, by->user, ask, mono_ms)
                               : deny(report, by->peer, ask->id, QF_REFUSED_NOT_ALLOWED,
                                      "the waiting list is for sources with the role admin");
        if (ask->at_least <= qf_upstream_published(report->upstream).version)
                return answer_query(report, by->peer, by->source, ask);
        qf_admission_copy(by->user, query.user);
        query.until_ms = mono_ms + QF_DEFERRED_MS;
        r = qf_deferred_add(&report->deferred, &query, message);
        return r > 0 ? answer_not(report, by->peer, ask->id, QF_QUERY_BEHIND,
                                  "too many queries wait for a later version")
                     : r;
}

static int take_subscribe(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                          int64_t mono_ms)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        int r;

        if (ask->version > 1)
                return deny(report, by->peer, ask->id, QF_REFUSED_VERSION, NULL);
        r = qf_subscribers_join(report->subscribers, &now, by->peer, by->user, ask, mono_ms);
        if (r > 0)
                return deny(report, by->peer, ask->id, (uint16_t)r, NULL);
        return r;
}

/* The source that a key belongs to, if it may still read: the key or its roles may have gone since the door was
 * passed, and while a question waited. */
static const struct qf_source *reader_of(const struct qf_report *report, struct qf_view user)
{
        struct qf_published now = qf_upstream_published(report->upstream);

        return qf_admission_source(now.programme, user, now.now_ms, QF_MAY_READ);
}

int qf_report_take(struct qf_report *report, const struct qf_peer *peer, struct qf_view user,
                   struct qf_view message, int64_t mono_ms)
{
        const struct asker by = {peer, user, reader_of(report, user)};
        struct qf_from_reader ask;
        struct qf_wire_fault fault;
        int r;

        if (!by.source)
                return deny(report, peer, 0, QF_REFUSED_NOT_ALLOWED, "this key may not read");
        qf_arena_reset(report->arena);
        r = qf_from_reader_decode(report->arena, message, &ask, &fault);
        if (r != 0)
                return r < 0 ? r : deny(report, peer, 0, QF_REFUSED_MALFORMED, fault.what);
        switch (ask.what) {
        case QF_SUBSCRIBE: return take_subscribe(report, &by, &ask, mono_ms);
        case QF_MORE: qf_subscribers_more(report->subscribers, peer, ask.id, ask.credit); return 0;
        case QF_LEAVE: qf_subscribers_leave(report->subscribers, peer, ask.id); return 0;
        case QF_QUERY: return take_query(report, &by, &ask, message, mono_ms);
        }
        return 0;
}

static int answer_deferred(struct qf_report *report, const struct qf_deferred_query *query)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_source *source = reader_of(report, qf_view_of(query->user));
        struct qf_view message = {(const char *)query->message.at, (uint32_t)query->message.len};
        struct qf_from_reader ask;
        struct qf_wire_fault fault;
        int r;

        if (!source) /* revoked while it waited: nothing is sent to it */
                return 0;
        if (query->at_least > now.version)
                return answer_not(report, &query->peer, query->id, QF_QUERY_BEHIND,
                                  "the version asked for was not reached in time");
        qf_arena_reset(report->arena);
        r = qf_from_reader_decode(report->arena, message, &ask, &fault);
        return r == 0 ? answer_query(report, &query->peer, source, &ask) : r < 0 ? r : 0;
}

int qf_report_settle_questions(struct qf_report *report, int64_t mono_ms)
{
        uint64_t version = qf_upstream_published(report->upstream).version;
        struct qf_deferred_query query;
        struct qf_aside_question question;
        int r = 0;

        while (r == 0 && qf_deferred_next(&report->deferred, version, mono_ms, &query)) {
                r = answer_deferred(report, &query);
                qf_buffer_deinit(&query.message);
        }
        while (r == 0 && qf_aside_overdue(&report->aside, mono_ms, &question))
                r = !reader_of(report, qf_view_of(question.user)) ? 0
                    : question.what == QF_QUERY_STATUS
                            ? answer_status(report, &question.peer, question.id, (struct qf_view){0}, mono_ms)
                            : answer_not(report, &question.peer, question.id, QF_QUERY_NOT_HERE,
                                         "aggregation does not answer");
        return r;
}

int qf_report_take_aside(struct qf_report *report, struct qf_view message, int64_t mono_ms)
{
        struct qf_to_reader answer;
        struct qf_aside_question question;
        struct qf_wire_fault fault;
        int r;

        qf_arena_reset(report->arena);
        r = qf_to_reader_decode(report->arena, message, &answer, &fault);
        if (r != 0)
                return r < 0 ? r : 0;
        if (answer.what != QF_ANSWER || !qf_aside_answered(&report->aside, answer.id, &question) ||
            !reader_of(report, qf_view_of(question.user)))
                return 0;
        if (question.what == QF_QUERY_STATUS)
                return answer_status(report, &question.peer, question.id, answer.json, mono_ms);
        answer.id = question.id;
        return send_message(report, &question.peer, &answer);
}
