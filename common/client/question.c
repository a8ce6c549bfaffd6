/* Why one place: the command and the library ask the same daemon and meet the same
 * silence; what they say of it is their own. */
#include "client/question.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"

enum {
        ARENA_BYTES = 32 * 1024 * 1024, /* answers have up to 50,000 rows */
        PROTOCOL = 1,
        SLICE_MS = 50, /* between two looks whether the key was refused */
};

struct qf_questions {
        struct qf_socket *socket;
        struct qf_arena *arena;
        struct qf_buffer out;
        uint32_t asked; /* id of the last question */
};

struct qf_questions *qf_questions_free(struct qf_questions *questions)
{
        if (!questions)
                return NULL;
        questions->socket = qf_socket_close(questions->socket);
        questions->arena = qf_arena_free(questions->arena);
        qf_buffer_deinit(&questions->out);
        free(questions);
        return NULL;
}

int qf_questions_new(struct qf_socket **socket, struct qf_questions **ret_questions)
{
        struct qf_questions *questions = calloc(1, sizeof(*questions));
        int r = questions ? 0 : -ENOMEM;

        if (r)
                *socket = qf_socket_close(*socket);
        else {
                questions->socket = *socket;
                *socket = NULL;
                r = qf_arena_new(ARENA_BYTES, &questions->arena);
        }
        if (r)
                questions = qf_questions_free(questions);
        else
                *ret_questions = questions;
        return r;
}

struct qf_socket *qf_questions_socket(const struct qf_questions *questions)
{
        return questions->socket;
}

struct qf_arena *qf_questions_room(struct qf_questions *questions)
{
        return questions->arena;
}

/* 0: wait on; else the outcome. */
static int in_vain(const struct qf_questions *questions, const struct qf_patience *patience, int64_t until_ms)
{
        if (patience->stop && patience->stop(patience->ctx))
                return QF_QUESTION_STOPPED;
        if (qf_socket_refused(questions->socket))
                return QF_QUESTION_REFUSED;
        return qf_clock_mono_ms() < until_ms ? 0 : QF_QUESTION_AWAY;
}

static int send_question(struct qf_questions *questions, const struct qf_patience *patience, int64_t until_ms)
{
        const struct qf_view frame = {(const char *)questions->out.at, (uint32_t)questions->out.len};

        for (;;) {
                int r = qf_socket_send(questions->socket, NULL, frame, (struct qf_view){0});
                if (r > 0)
                        r = qf_socket_wait_send(questions->socket, SLICE_MS);
                else if (r == 0)
                        return 0;
                if (r > 0)
                        r = in_vain(questions, patience, until_ms);
                if (r)
                        return r;
        }
}

/* *ret_mine: the frame ends the last question, in the way that is returned. */
static int take_frame(struct qf_questions *questions, struct qf_view frame, struct qf_to_reader *ret_answer,
                      bool *ret_mine)
{
        struct qf_to_reader answer = {0};
        struct qf_wire_fault fault;

        qf_arena_reset(questions->arena);
        *ret_mine = true;
        int r = qf_to_reader_decode(questions->arena, frame, &answer, &fault);
        if (r) {
                *ret_answer = (struct qf_to_reader){.say = qf_view_of(r < 0 ? strerror(-r) : fault.what)};
                return r < 0 && r != -ENOMEM ? r : QF_QUESTION_STRANGE;
        }
        *ret_answer = answer;
        if (answer.what == QF_DENIED && (answer.id == questions->asked || answer.id == 0))
                return QF_QUESTION_DENIED;
        *ret_mine = answer.what == QF_ANSWER && answer.id == questions->asked;
        return *ret_mine && answer.code ? QF_QUESTION_NONE : 0;
}

static int receive_answer(struct qf_questions *questions, const struct qf_patience *patience,
                          int64_t until_ms, struct qf_to_reader *ret_answer)
{
        for (;;) {
                struct qf_received received;
                bool mine = false;
                int r = qf_socket_receive(questions->socket, &received);
                if (r == 0) {
                        r = take_frame(questions, received.frame[0], ret_answer, &mine);
                        if (mine)
                                return r;
                        continue;
                }
                if (r > 0)
                        r = qf_socket_wait(&questions->socket, 1, SLICE_MS);
                if (r > 0)
                        r = in_vain(questions, patience, until_ms);
                if (r)
                        return r;
        }
}

int qf_questions_ask(struct qf_questions *questions, struct qf_from_reader query,
                     const struct qf_patience *patience, struct qf_to_reader *ret_answer)
{
        const int64_t now_ms = qf_clock_mono_ms();

        query.what = QF_QUERY;
        query.version = PROTOCOL;
        query.id = ++questions->asked;
        questions->out.len = 0;
        int r = qf_from_reader_encode(&query, &questions->out);
        if (!r)
                r = send_question(questions, patience, now_ms + patience->connect_ms);
        return r ? r : receive_answer(questions, patience, now_ms + patience->answer_ms, ret_answer);
}
