/* What readers say, and what is answered. Whoever is refused hears why; a message
 * that is not understood is answered, never obeyed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "report/board_making.h"
#include "report/edition_rights.h"
#include "report/query.h"
#include "report/report.h"
#include "report/status.h"

enum {
        ANSWER_BYTES_MAX = 1024 * 1024,
        SLICE_NS = 1000 * 1000,
        OF_SOURCE = 1 /* question under way at a time */
};

static int encode_message(struct qf_report *report, const struct qf_to_reader *message)
{
        report->out.len = 0;
        return qf_to_reader_encode(message, &report->out);
}

static int send_encoded(struct qf_report *report, const struct qf_peer *peer)
{
        report->moved += report->out.len;
        int r = qf_report_send(report, peer,
                               (struct qf_view){(const char *)report->out.at, (uint32_t)report->out.len});

        return r < 0 ? r : 0; /* who does not take an answer does without */
}

int qf_report_answer(struct qf_report *report, const struct qf_peer *peer, const struct qf_to_reader *message)
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

        return qf_report_answer(report, peer, &denied);
}

struct qf_to_reader qf_report_begin_answer(const struct qf_report *report, uint32_t id)
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

int qf_report_answer_not(struct qf_report *report, const struct qf_peer *peer, uint32_t id, uint32_t code,
                         const char *say)
{
        struct qf_to_reader answer = qf_report_begin_answer(report, id);

        answer.code = code;
        answer.say = qf_view_of(say);
        return qf_report_answer(report, peer, &answer);
}

/* The source that a key belongs to, if it may still read: the key or its roles may have gone since the door was
 * passed, and while a question waited. */
const struct qf_source *qf_report_reader(const struct qf_report *report, struct qf_view user)
{
        struct qf_published now = qf_upstream_published(report->upstream);

        return qf_admission_source(now.programme, user, now.now_ms, QF_MAY_READ);
}

static int answer_status(struct qf_report *report, const struct qf_peer *peer, struct qf_view user,
                         uint32_t id, struct qf_view aggregate, int64_t mono_ms)
{
        struct qf_to_reader answer = qf_report_begin_answer(report, id), pulse;
        struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_source *source = qf_report_reader(report, user);
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
                .training = qf_programme_settings(qf_subscription_programme(report->upstream->subscription))
                                    ->training,
                .say = say,
                .cells = qf_picture_cells(now.picture),
                .rows = qf_table_columns(report->upstream->table).rows,
                .table_bytes = qf_table_bytes(report->upstream->table),
                .subscribers = qf_subscribers_count(report->subscribers),
                .queries = report->queries,
                .registers = now.log->settled,
                .put_off = report->share.put_off,
                .measured = report->upstream->measured,
                .all_sources = source && (source->roles & QF_ROLE_ADMIN),
                .source = source ? source->name : (struct qf_view){0},
        };
        qf_report_measure(report, mono_ms);
        for (uint32_t i = 0; i < report->doors_count; i++)
                facts.dropped += qf_socket_dropped(report->doors[i].socket);
        r = qf_report_status_print(&facts, aggregate, &json);
        answer.json = (struct qf_view){(const char *)json.at, (uint32_t)json.len};
        if (r == 0)
                r = qf_report_answer(report, peer, &answer);
        qf_buffer_deinit(&json);
        return r;
}

struct asker { /* of one message */
        const struct qf_peer *peer;
        struct qf_view user;
        const struct qf_source *source;
};

/* Only aggregation can answer it. */
static bool is_passed_on(const struct qf_from_reader *ask)
{
        return ask->query == QF_QUERY_STATUS || ask->query == QF_QUERY_WAITING ||
               ask->query == QF_QUERY_EDITION;
}

/* Asks aggregation; what it does not answer in a second is answered without it. */
static int pass_on(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                   bool lines, int64_t mono_ms)
{
        struct qf_from_reader question = *ask;
        struct qf_aside_question open;
        int r;

        question.id = qf_aside_ask(&report->aside, by->peer, by->user, by->source->ref, ask, lines, mono_ms);
        if (question.id == 0)
                return qf_report_answer_not(report, by->peer, ask->id, QF_QUERY_NOT_HERE,
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
                return answer_status(report, by->peer, by->user, ask->id, (struct qf_view){0}, mono_ms);
        return qf_report_answer_not(report, by->peer, ask->id, QF_QUERY_NOT_HERE, "aggregation is away");
}

/* An answer that does not fit its memory is the asker's to narrow. */
static int send_answer(struct qf_report *report, const struct qf_question *question, int r)
{
        if (r == 0)
                r = encode_message(report, &question->answer);
        if (r == -ENOMEM || (r == 0 && report->out.len > ANSWER_BYTES_MAX))
                return qf_report_answer_not(report, &question->peer, question->id, QF_QUERY_TOO_MUCH,
                                            "the answer is too large: narrow it");
        if (r == -EOVERFLOW)
                return qf_report_answer_not(report, &question->peer, question->id, QF_QUERY_TOO_MUCH,
                                            "the sum is too large");
        return r < 0 ? r : send_encoded(report, &question->peer);
}

static int begin_question(struct qf_report *report, struct qf_question *question,
                          const struct qf_source *source)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        const struct qf_query_world world = {now.programme, now.picture, report->upstream->table,
                                             report->upstream->declared};
        const struct qf_to_reader answer = qf_report_begin_answer(report, question->id);

        return qf_underway_begin(question, &now, &world, source, &answer);
}

int64_t qf_report_slice(void)
{
        return qf_clock_mono_ns() + SLICE_NS;
}

/* It is begun anew with them. */
static bool lacks_rows(const struct qf_report *report, const struct qf_question *question)
{
        return !qf_upstream_whole(report->upstream) && qf_query_reads_rows(question->query);
}

int qf_report_work(const struct qf_report *report, struct qf_question *question, int64_t until_ns)
{
        int r = QF_QUERY_GOES_ON;

        while (r == QF_QUERY_GOES_ON && !lacks_rows(report, question)) {
                r = qf_underway_step(question);
                if (qf_clock_mono_ns() >= until_ns)
                        break;
        }
        return r;
}

/* 0: it was answered, or nobody may hear it any more; positive 1: it goes on; negative. */
static int work_on(struct qf_report *report, struct qf_question *question, const struct qf_source *source,
                   int64_t mono_ms)
{
        const int64_t until_ns = qf_report_slice();
        int r = 0;

        if (!question->query || question->stamp != report->upstream->stamp) {
                if (question->query && mono_ms >= question->until_ms)
                        return qf_report_answer_not(report, &question->peer, question->id, QF_QUERY_NOT_HERE,
                                                    "the registers change all the time: ask again");
                r = begin_question(report, question, source);
        }
        if (r == 0)
                r = qf_report_work(report, question, until_ns);
        if (r == QF_QUERY_GOES_ON && mono_ms >= question->until_ms && lacks_rows(report, question))
                return qf_report_answer_not(report, &question->peer, question->id, QF_QUERY_NOT_HERE,
                                            "the activities are still being read in: ask again");
        if (r == QF_QUERY_GOES_ON)
                return 1;
        report->queries++;
        return send_answer(report, question, r);
}

static int work(struct qf_report *report, struct qf_question *question, int64_t mono_ms)
{
        const struct qf_source *source = qf_report_reader(report, qf_view_of(question->user));
        int r = source ? work_on(report, question, source, mono_ms) : 0;

        if (r > 0)
                return 0;
        qf_underway_leave(&report->underway, question);
        return r;
}

/* The first slice is at once: most questions need no other. */
static int answer_query(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                        struct qf_view message, int64_t mono_ms)
{
        struct qf_question *place =
                qf_underway_place(&report->underway, by->source->ref, OF_SOURCE, ask->query);
        struct qf_question who = {.peer = *by->peer,
                                  .source = by->source->ref,
                                  .id = ask->id,
                                  .until_ms = mono_ms + QF_UNDERWAY_MS};
        int r;

        qf_admission_copy(by->user, who.user);
        r = qf_underway_take(&report->underway, place, &who, message);
        return r < 0 ? r : work(report, place, mono_ms);
}

void qf_report_changes(void *ctx, enum qf_query_of of, uint32_t number)
{
        struct qf_report *report = ctx;

        qf_underway_changes(&report->underway, report->upstream->stamp, of, number);
        qf_underway_changes(&report->http_underway, report->upstream->stamp, of, number);
        qf_board_changes(report->board, report->upstream->stamp, of, number);
}

/* Whether there is a place for it now. */
static bool has_place(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask)
{
        return is_passed_on(ask) || ask->query == QF_QUERY_SAID ||
               qf_underway_place(&report->underway, by->source->ref, OF_SOURCE, ask->query);
}

/* --- editions ------------------------------------------------------------- */

static int rights_of(const struct qf_report *report, const struct qf_source *source,
                     struct qf_rights *ret_rights)
{
        const struct qf_published now = qf_upstream_published(report->upstream);

        *ret_rights = (struct qf_rights){0};
        return qf_rights_renew(ret_rights, now.programme, now.stamp, source);
}

static int ask_edition(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                       int64_t mono_ms)
{
        struct qf_rights rights;
        int r = rights_of(report, by->source, &rights);
        const enum qf_edition_sight sight = r == 0 ? qf_edition_sight(&rights, ask) : QF_EDITION_HIDDEN;

        qf_rights_deinit(&rights);
        if (r < 0)
                return r;
        if (sight == QF_EDITION_HIDDEN)
                return qf_report_answer_not(report, by->peer, ask->id, QF_QUERY_NOT_YOURS,
                                            "this edition is of organisations outside the reading rights");
        return pass_on(report, by, ask, sight == QF_EDITION_BY_LINES, mono_ms);
}

/* An edition's data as far as this source may read it. */
static int answer_lines(struct qf_report *report, const struct qf_aside_question *question,
                        const struct qf_source *source, struct qf_to_reader *answer)
{
        static const struct qf_view restricted[] = {{"restricted", 10}};
        struct qf_buffer data = {0};
        struct qf_rights rights;
        bool hidden = false;
        int r = rights_of(report, source, &rights);

        if (r == 0)
                r = qf_edition_sift(&rights, qf_view_of(question->scope), answer->data, &data, &hidden);
        answer->data = (struct qf_view){(const char *)data.at, (uint32_t)data.len};
        answer->notes = restricted;
        answer->notes_count = hidden ? 1 : 0;
        if (r == 0)
                r = qf_report_answer(report, &question->peer, answer);
        qf_rights_deinit(&rights);
        qf_buffer_deinit(&data);
        return r;
}

static int answer_now(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                      struct qf_view message, int64_t mono_ms)
{
        if (ask->query == QF_QUERY_WAITING && !(by->source->roles & QF_ROLE_ADMIN))
                return deny(report, by->peer, ask->id, QF_REFUSED_NOT_ALLOWED,
                            "the waiting list is for sources with the role admin");
        if (ask->query == QF_QUERY_EDITION)
                return ask_edition(report, by, ask, mono_ms);
        if (ask->query == QF_QUERY_SAID)
                return qf_report_recall(report, by->peer, by->user, by->source, ask, mono_ms);
        if (is_passed_on(ask))
                return pass_on(report, by, ask, false, mono_ms);
        return answer_query(report, by, ask, message, mono_ms);
}

/* 0: the source may be served; QF_QUOTA_OVER: not before *ret_retry_ms; negative. */
static int ask_share(struct qf_report *report, const struct asker *by, uint32_t *ret_retry_ms)
{
        return qf_share_ask(&report->share, QF_SHARE_ANSWERS, by->source->ref, report->begun_ns,
                            ret_retry_ms);
}

static int put_off(struct qf_report *report, const struct asker *by, uint32_t id, size_t bytes)
{
        qf_share_put_off(&report->share, by->source->ref, bytes);
        return deny(report, by->peer, id, QF_REFUSED_BUSY, "this source asks for more than its share: wait");
}

/* What cannot be answered yet waits, a few of a source; who waits for each answer is never refused. */
static int take_query(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                      struct qf_view message, int64_t mono_ms)
{
        struct qf_deferred_query query = {.peer = *by->peer,
                                          .source = by->source->ref,
                                          .id = ask->id,
                                          .at_least = is_passed_on(ask) ? 0 : ask->at_least,
                                          .until_ms = mono_ms + QF_DEFERRED_MS};
        uint32_t retry_ms = 0;
        int over = ask_share(report, by, &retry_ms), r;
        bool reached = query.at_least <= qf_upstream_published(report->upstream).version;

        if (over < 0)
                return over;
        if (!over && reached && has_place(report, by, ask))
                return answer_now(report, by, ask, message, mono_ms);
        qf_admission_copy(by->user, query.user);
        query.from_ms = mono_ms + retry_ms;
        r = qf_deferred_add(&report->deferred, &query, message);
        if (r > 0 && (over || reached))
                return put_off(report, by, ask->id, message.len);
        return r > 0 ? qf_report_answer_not(report, by->peer, ask->id, QF_QUERY_BEHIND,
                                            "too many queries wait for a later version")
                     : r;
}

static int take_subscribe(struct qf_report *report, const struct asker *by, const struct qf_from_reader *ask,
                          struct qf_view message, int64_t mono_ms)
{
        struct qf_published now = qf_upstream_published(report->upstream);
        uint32_t retry_ms;
        int r = ask_share(report, by, &retry_ms);

        if (r != 0)
                return r < 0 ? r : put_off(report, by, ask->id, message.len);
        if (ask->version > 1)
                return deny(report, by->peer, ask->id, QF_REFUSED_VERSION, NULL);
        r = qf_subscribers_join(report->subscribers, &now, by->peer, by->user, ask, mono_ms);
        if (r > 0)
                return deny(report, by->peer, ask->id, (uint16_t)r, NULL);
        return r;
}

/* What is done from here on, up to end, is done for one source. */
void qf_report_begin(struct qf_report *report, size_t received)
{
        report->begun_ns = qf_clock_mono_ns();
        report->moved = received;
}

int qf_report_end(struct qf_report *report, uint32_t source)
{
        return qf_share_pay(&report->share, QF_SHARE_ANSWERS, source, report->begun_ns, report->moved,
                            qf_clock_mono_ns());
}

static int take_unreadable(struct qf_report *report, const struct asker *by, struct qf_view message,
                           const struct qf_wire_fault *fault)
{
        uint32_t retry_ms;
        int over = ask_share(report, by, &retry_ms);

        if (over != 0)
                return over < 0 ? over : put_off(report, by, 0, message.len);
        return deny(report, by->peer, 0, QF_REFUSED_MALFORMED, fault->what);
}

static int take(struct qf_report *report, const struct asker *by, struct qf_view message, int64_t mono_ms)
{
        struct qf_from_reader ask;
        struct qf_wire_fault fault;
        int r;

        qf_arena_reset(report->arena);
        r = qf_from_reader_decode(report->arena, message, &ask, &fault);
        if (r != 0)
                return r < 0 ? r : take_unreadable(report, by, message, &fault);
        switch (ask.what) {
        case QF_SUBSCRIBE: return take_subscribe(report, by, &ask, message, mono_ms);
        case QF_MORE: qf_subscribers_more(report->subscribers, by->peer, ask.id, ask.credit); return 0;
        case QF_LEAVE: qf_subscribers_leave(report->subscribers, by->peer, ask.id); return 0;
        case QF_QUERY: return take_query(report, by, &ask, message, mono_ms);
        }
        return 0;
}

int qf_report_take(struct qf_report *report, const struct qf_peer *peer, struct qf_view user,
                   struct qf_view message, int64_t mono_ms)
{
        const struct asker by = {peer, user, qf_report_reader(report, user)};
        int r;

        if (!by.source)
                return deny(report, peer, 0, QF_REFUSED_NOT_ALLOWED, "this key may not read");
        qf_report_begin(report, message.len);
        r = take(report, &by, message, mono_ms);
        return r < 0 ? r : qf_report_end(report, by.source->ref);
}

/* 0; positive 1: it waits on; negative. */
static int answer_deferred(struct qf_report *report, const struct asker *by, struct qf_deferred_query *query,
                           int64_t mono_ms)
{
        struct qf_view message = {(const char *)query->message.at, (uint32_t)query->message.len};
        struct qf_from_reader ask;
        struct qf_wire_fault fault;
        uint32_t retry_ms = 0;
        int r;

        if (query->at_least > qf_upstream_published(report->upstream).version)
                return qf_report_answer_not(report, by->peer, query->id, QF_QUERY_BEHIND,
                                            "the version asked for was not reached in time");
        r = ask_share(report, by, &retry_ms);
        if (r > 0 && mono_ms >= query->until_ms)
                return put_off(report, by, query->id, message.len);
        query->from_ms = mono_ms + retry_ms;
        if (r != 0)
                return r;
        qf_arena_reset(report->arena);
        r = qf_from_reader_decode(report->arena, message, &ask, &fault);
        if (r != 0)
                return r < 0 ? r : 0;
        if (has_place(report, by, &ask))
                return answer_now(report, by, &ask, message, mono_ms);
        query->from_ms = mono_ms + 1;
        return mono_ms >= query->until_ms ? put_off(report, by, query->id, message.len) : 1;
}

static int settle_deferred(struct qf_report *report, struct qf_deferred_query *query, int64_t mono_ms)
{
        const struct qf_view user = qf_view_of(query->user);
        const struct asker by = {&query->peer, user, qf_report_reader(report, user)};
        int r = 0;

        if (by.source) { /* else revoked while it waited: nothing is sent to it */
                qf_report_begin(report, 0);
                r = answer_deferred(report, &by, query, mono_ms);
                if (r > 0) {
                        qf_deferred_again(&report->deferred, query);
                        return 0;
                }
                if (r == 0)
                        r = qf_report_end(report, by.source->ref);
        }
        qf_buffer_deinit(&query->message);
        return r;
}

static int go_on(struct qf_report *report, int64_t mono_ms)
{
        struct qf_question *question = qf_underway_next(&report->underway);

        if (!question)
                return 0;
        const uint32_t source = question->source;
        qf_report_begin(report, 0);
        int r = work(report, question, mono_ms);
        return r < 0 ? r : qf_report_end(report, source);
}

/* What only waits for rows is looked at when some come, or its time is over. */
static bool has_work(const struct qf_report *report)
{
        for (uint32_t i = 0; i < QF_UNDERWAY_MAX; i++)
                if (report->underway.at[i].taken && !lacks_rows(report, &report->underway.at[i]))
                        return true;
        return false;
}

int qf_report_settle_questions(struct qf_report *report, int64_t mono_ms, bool *ret_more)
{
        const int64_t until_ns = qf_report_slice();
        uint64_t version = qf_upstream_published(report->upstream).version;
        struct qf_deferred_query query;
        struct qf_aside_question question;
        int r = go_on(report, mono_ms);
        bool late = false;

        while (r == 0 && !late && qf_deferred_next(&report->deferred, version, mono_ms, &query)) {
                r = settle_deferred(report, &query, mono_ms);
                late = qf_clock_mono_ns() >= until_ns;
        }
        *ret_more |= late || has_work(report);
        while (r == 0 && qf_aside_overdue(&report->aside, mono_ms, &question))
                r = !qf_report_reader(report, qf_view_of(question.user)) ? 0
                    : question.what == QF_QUERY_STATUS
                            ? answer_status(report, &question.peer, qf_view_of(question.user), question.id,
                                            (struct qf_view){0}, mono_ms)
                            : qf_report_answer_not(report, &question.peer, question.id, QF_QUERY_NOT_HERE,
                                                   "aggregation does not answer");
        return r == 0 ? qf_report_settle_recalls(report, mono_ms) : r;
}

int qf_report_take_aside(struct qf_report *report, struct qf_view message, int64_t mono_ms)
{
        struct qf_to_reader answer;
        struct qf_aside_question question;
        const struct qf_source *source;
        struct qf_wire_fault fault;
        int r;

        qf_report_begin(report, message.len);
        qf_arena_reset(report->arena);
        r = qf_to_reader_decode(report->arena, message, &answer, &fault);
        if (r != 0)
                return r < 0 ? r : 0;
        if (answer.what != QF_ANSWER || !qf_aside_answered(&report->aside, answer.id, &question))
                return 0;
        source = qf_report_reader(report, qf_view_of(question.user));
        if (!source)
                return 0;
        answer.id = question.id;
        if (question.what == QF_QUERY_STATUS)
                r = answer_status(report, &question.peer, qf_view_of(question.user), question.id, answer.json,
                                  mono_ms);
        else if (question.lines)
                r = answer_lines(report, &question, source, &answer);
        else
                r = qf_report_answer(report, &question.peer, &answer);
        return r < 0 ? r : qf_report_end(report, source->ref);
}
