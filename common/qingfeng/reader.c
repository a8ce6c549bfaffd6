/* Why: a total is one question and one answer. What comes late, after the caller
 * gave up, belongs to no question any more and is known by its number. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "model/verdict.h"
#include "qingfeng/parts.h"
#include "wire/totals_messages.h"

enum {
        ARENA_BYTES = 32 * 1024 * 1024, /* answers have up to 50,000 rows */
        PROTOCOL = 1,
        SLICE_MS = 50, /* between two looks whether the key was refused */
        BY_MAX = 3,
        CODE_BEHIND = 4, /* PROTOCOL.md, code 4: the version asked for was not reached in time */
};

struct qingfeng_reader {
        struct qf_line line;
        struct qf_arena *arena;
        struct qf_buffer out, say;
        uint32_t asked; /* id of the last question */
};

void qingfeng_reader_close(struct qingfeng_reader *reader)
{
        if (!reader)
                return;
        qf_line_close(&reader->line);
        reader->arena = qf_arena_free(reader->arena);
        qf_buffer_deinit(&reader->out);
        qf_buffer_deinit(&reader->say);
        free(reader);
}

int qingfeng_reader_open(const struct qingfeng_server *server, struct qingfeng_reader **ret_reader)
{
        struct qingfeng_reader *reader = calloc(1, sizeof(*reader));
        int r = reader ? qf_arena_new(ARENA_BYTES, &reader->arena) : -ENOMEM;
        if (!r)
                r = qf_line_open(server, &reader->line);
        if (r)
                qingfeng_reader_close(reader);
        else
                *ret_reader = reader;
        return r;
}

const char *qingfeng_reader_say(const struct qingfeng_reader *reader)
{
        return qf_sentence(&reader->say);
}

/* --- asking ------------------------------------------------------------- */

static int views_of(struct qf_arena *arena, const char *const *texts, uint32_t count,
                    const struct qf_view **ret_views)
{
        struct qf_view *views = qf_arena_zero(arena, count, sizeof(*views));
        if (!views)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
                views[i] = qf_view_of(texts[i]);
        *ret_views = views;
        return 0;
}

static int write_question(struct qingfeng_reader *reader, const struct qingfeng_question *question)
{
        struct qf_from_reader query = {
                .what = QF_QUERY,
                .version = PROTOCOL,
                .id = ++reader->asked,
                .query = QF_QUERY_TOTALS,
                .by_count = question->by_count,
                .where_count = question->where_count,
                .first_day = question->first_day,
                .last_day = question->last_day,
                .at_least = question->at_least,
        };
        qf_arena_reset(reader->arena);
        reader->out.len = 0;
        int r = views_of(reader->arena, question->by, question->by_count, &query.by);
        if (!r)
                r = views_of(reader->arena, question->where, question->where_count, &query.where);
        return r ? r : qf_from_reader_encode(&query, &reader->out);
}

static int say_away(struct qingfeng_reader *reader)
{
        if (qf_socket_refused(reader->line.socket))
                return qf_said(&reader->say, QF_VIEW("the server does not know this key"), QINGFENG_REFUSED);
        return qf_said(&reader->say, QF_VIEW("the server does not answer"), QINGFENG_AWAY);
}

static bool in_vain(struct qingfeng_reader *reader, int64_t until)
{
        return qf_clock_mono_ms() >= until || qf_socket_refused(reader->line.socket);
}

static int send_question(struct qingfeng_reader *reader, int64_t until)
{
        const struct qf_view frame = {(const char *)reader->out.at, (uint32_t)reader->out.len};
        for (;;) {
                int r = qf_socket_send(reader->line.socket, NULL, frame, (struct qf_view){0});
                if (r <= 0)
                        return r;
                if (in_vain(reader, until))
                        return say_away(reader);
                r = qf_socket_wait_send(reader->line.socket, SLICE_MS);
                if (r < 0)
                        return r;
        }
}

/* --- the answer --------------------------------------------------------- */

static int say_denied(struct qingfeng_reader *reader, const struct qf_to_reader *answer)
{
        const int outcome = answer->why == QF_REFUSED_BUSY          ? QINGFENG_AWAY
                            : answer->why == QF_REFUSED_NOT_ALLOWED ? QINGFENG_REFUSED
                            : answer->why == QF_REFUSED_MALFORMED   ? QINGFENG_RETURNED
                                                                    : QINGFENG_OTHER;
        return qf_said(&reader->say, answer->say, outcome);
}

/* *ret_mine: the frame ends the last question, in the way that is returned. */
static int take_frame(struct qingfeng_reader *reader, struct qf_view frame, struct qf_to_reader *ret_answer,
                      bool *ret_mine)
{
        struct qf_to_reader answer;
        struct qf_wire_fault fault;
        qf_arena_reset(reader->arena);
        *ret_mine = true;
        int r = qf_to_reader_decode(reader->arena, frame, &answer, &fault);
        if (r < 0)
                return r;
        if (r > 0)
                return qf_said(&reader->say, qf_view_of(fault.what), QINGFENG_OTHER);
        if (answer.what == QF_DENIED && (answer.id == reader->asked || answer.id == 0))
                return say_denied(reader, &answer);
        *ret_mine = answer.what == QF_ANSWER && answer.id == reader->asked;
        if (*ret_mine && answer.code)
                return qf_said(&reader->say, answer.say,
                               answer.code == CODE_BEHIND ? QINGFENG_AWAY : QINGFENG_RETURNED);
        *ret_answer = answer;
        return 0;
}

static int receive_answer(struct qingfeng_reader *reader, int64_t until, struct qf_to_reader *ret_answer)
{
        struct qf_socket *sockets[] = {reader->line.socket};
        for (;;) {
                struct qf_received received;
                bool mine = false;
                int r = qf_socket_receive(reader->line.socket, &received);
                if (r == 0) {
                        r = take_frame(reader, received.frame[0], ret_answer, &mine);
                        if (mine)
                                return r;
                        continue;
                }
                if (r > 0 && in_vain(reader, until))
                        return say_away(reader);
                if (r > 0)
                        r = qf_socket_wait(sockets, 1, SLICE_MS);
                if (r < 0)
                        return r;
        }
}

static int tell_row(struct qingfeng_reader *reader, const struct qf_answer_row *row, uint32_t by_count,
                    qingfeng_row call, void *ctx)
{
        const char *members[BY_MAX];
        for (uint32_t k = 0; k < by_count; k++) {
                char *member = qf_arena_zero(reader->arena, row->members[k].len + 1u, 1);
                if (!member)
                        return -ENOMEM;
                if (row->members[k].len)
                        memcpy(member, row->members[k].at, row->members[k].len);
                members[k] = member;
        }
        const struct qingfeng_counts counts = qf_counts_told(&row->counts);
        call(ctx, members, &counts);
        return 0;
}

int qingfeng_reader_totals(struct qingfeng_reader *reader, const struct qingfeng_question *question,
                           int64_t timeout_ms, qingfeng_row row, void *ctx, struct qingfeng_counts *ret_total)
{
        const int64_t until = qf_clock_mono_ms() + timeout_ms;
        struct qf_to_reader answer = {0};
        int r = write_question(reader, question);
        if (!r)
                r = send_question(reader, until);
        if (!r)
                r = receive_answer(reader, until, &answer);
        if (r)
                return r;
        if (answer.by_count > BY_MAX)
                return qf_said(&reader->say, QF_VIEW("the answer has more columns than are known"),
                               QINGFENG_OTHER);
        for (uint32_t i = 0; row && !r && i < answer.answer_rows_count; i++)
                r = tell_row(reader, &answer.answer_rows[i], answer.by_count, row, ctx);
        if (!r)
                *ret_total = qf_counts_told(&answer.all.counts);
        return r;
}
