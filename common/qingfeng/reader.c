/* Why: a total is one question and one answer (client/question); what a program is
 * told of it are codes and numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "client/question.h"
#include "model/verdict.h"
#include "qingfeng/parts.h"

enum { BY_MAX = 3, MEASURES_MAX = 64, NUMBERS = 3 };

struct qingfeng_reader {
        struct qf_line line; /* its socket is the questions' */
        struct qf_questions *questions;
        struct qf_buffer say;
};

void qingfeng_reader_close(struct qingfeng_reader *reader)
{
        if (!reader)
                return;
        reader->questions = qf_questions_free(reader->questions);
        qf_line_close(&reader->line);
        qf_buffer_deinit(&reader->say);
        free(reader);
}

int qingfeng_reader_open(const struct qingfeng_server *server, struct qingfeng_reader **ret_reader)
{
        struct qingfeng_reader *reader = calloc(1, sizeof(*reader));
        int r = reader ? qf_line_open(server, &reader->line) : -ENOMEM;
        if (!r)
                r = qf_questions_new(&reader->line.socket, &reader->questions);
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

static int views_of(struct qf_arena *room, const char *const *texts, uint32_t count,
                    const struct qf_view **ret_views)
{
        struct qf_view *views = qf_arena_zero(room, count, sizeof(*views));
        if (!views)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
                views[i] = qf_view_of(texts[i]);
        *ret_views = views;
        return 0;
}

static int denied(uint32_t why)
{
        return why == QF_REFUSED_BUSY          ? QINGFENG_AWAY
               : why == QF_REFUSED_NOT_ALLOWED ? QINGFENG_REFUSED
               : why == QF_REFUSED_MALFORMED   ? QINGFENG_RETURNED
                                               : QINGFENG_OTHER;
}

/* enum qf_question_outcome → enum qingfeng_outcome. */
static int say_outcome(struct qingfeng_reader *reader, int outcome, const struct qf_to_reader *answer)
{
        switch (outcome) {
        case QF_QUESTION_AWAY:
                return qf_said(&reader->say, QF_VIEW("the server does not answer"), QINGFENG_AWAY);
        case QF_QUESTION_REFUSED:
                return qf_said(&reader->say, QF_VIEW("the server does not know this key"), QINGFENG_REFUSED);
        case QF_QUESTION_STRANGE: return qf_said(&reader->say, answer->say, QINGFENG_OTHER);
        case QF_QUESTION_DENIED: return qf_said(&reader->say, answer->say, denied(answer->why));
        case QF_QUESTION_NONE:
                return qf_said(&reader->say, answer->say,
                               answer->code == QF_QUERY_BEHIND ? QINGFENG_AWAY : QINGFENG_RETURNED);
        default: return outcome;
        }
}

static int ask(struct qingfeng_reader *reader, const struct qingfeng_question *question,
               struct qf_from_reader query, int64_t timeout_ms, struct qf_to_reader *ret_answer)
{
        const struct qf_patience patience = {.connect_ms = timeout_ms, .answer_ms = timeout_ms};
        struct qf_arena *room = qf_questions_room(reader->questions);
        query.by_count = question->by_count;
        query.where_count = question->where_count;
        query.first_day = question->first_day;
        query.last_day = question->last_day;
        query.at_least = question->at_least;
        int r = views_of(room, question->by, question->by_count, &query.by);
        if (!r)
                r = views_of(room, question->where, question->where_count, &query.where);
        if (!r)
                r = say_outcome(reader, qf_questions_ask(reader->questions, query, &patience, ret_answer),
                                ret_answer);
        if (!r && (ret_answer->by_count > BY_MAX || ret_answer->measures_count > MEASURES_MAX))
                r = qf_said(&reader->say, QF_VIEW("the answer has more columns than are known"),
                            QINGFENG_OTHER);
        return r;
}

/* --- the answer --------------------------------------------------------- */

/* A text that ends, in the room of the answer. */
static const char *text_of(struct qf_arena *room, struct qf_view view)
{
        char *text = qf_arena_zero(room, view.len + 1u, 1);
        if (text && view.len)
                memcpy(text, view.at, view.len);
        return text;
}

static int texts_of(struct qf_arena *room, const struct qf_view *views, uint32_t count,
                    const char **ret_texts)
{
        for (uint32_t i = 0; i < count; i++) {
                ret_texts[i] = text_of(room, views[i]);
                if (!ret_texts[i])
                        return -ENOMEM;
        }
        return 0;
}

int qingfeng_reader_totals(struct qingfeng_reader *reader, const struct qingfeng_question *question,
                           int64_t timeout_ms, qingfeng_row row, void *ctx, struct qingfeng_counts *ret_total)
{
        struct qf_arena *room = qf_questions_room(reader->questions);
        struct qf_to_reader answer = {0};
        qf_arena_reset(room);
        int r = ask(reader, question, (struct qf_from_reader){.query = QF_QUERY_TOTALS}, timeout_ms, &answer);
        for (uint32_t i = 0; row && !r && i < answer.answer_rows_count; i++) {
                const char *members[BY_MAX];
                const struct qingfeng_counts counts = qf_counts_told(&answer.answer_rows[i].counts);
                r = texts_of(room, answer.answer_rows[i].members, answer.by_count, members);
                if (!r)
                        row(ctx, members, &counts);
        }
        if (!r)
                *ret_total = qf_counts_told(&answer.all.counts);
        return r;
}

/* --- declared kinds ------------------------------------------------------- */

static struct qingfeng_figure figure_of(const char *measure, const int64_t numbers[NUMBERS])
{
        return (struct qingfeng_figure){
                .measure = measure,
                .value = numbers[0],
                .of = numbers[1],
                .unknown = numbers[2] < 0 ? 0 : numbers[2],
                .combined = numbers[2] >= 0,
        };
}

static int tell_figures(struct qingfeng_reader *reader, const struct qf_to_reader *answer,
                        const struct qf_answer_row *row, const char *const *measures, qingfeng_figures call,
                        void *ctx)
{
        struct qingfeng_figure figures[MEASURES_MAX];
        const char *members[BY_MAX];
        const bool is_all = row == &answer->all;
        if (row->figures_count != answer->measures_count * NUMBERS)
                return qf_said(&reader->say, QF_VIEW("the answer is not understood"), QINGFENG_OTHER);
        for (uint32_t i = 0; i < answer->measures_count; i++)
                figures[i] = figure_of(measures[i], row->figures + (size_t)i * NUMBERS);
        int r = is_all ? 0
                       : texts_of(qf_questions_room(reader->questions), row->members, answer->by_count,
                                  members);
        if (!r)
                call(ctx, is_all ? NULL : members, figures, answer->measures_count);
        return r;
}

int qingfeng_reader_declared(struct qingfeng_reader *reader, const char *kind,
                             const struct qingfeng_question *question, const char *const *measures,
                             uint32_t measures_count, int64_t timeout_ms, qingfeng_figures call, void *ctx)
{
        struct qf_arena *room = qf_questions_room(reader->questions);
        struct qf_from_reader query = {
                .query = QF_QUERY_DECLARED, .kind = qf_view_of(kind), .measures_count = measures_count};
        struct qf_to_reader answer = {0};
        const char *names[MEASURES_MAX];
        qf_arena_reset(room);
        int r = views_of(room, measures, measures_count, &query.measures);
        if (!r)
                r = ask(reader, question, query, timeout_ms, &answer);
        if (!r)
                r = texts_of(room, answer.measures, answer.measures_count, names);
        for (uint32_t i = 0; !r && i < answer.answer_rows_count; i++)
                r = tell_figures(reader, &answer, &answer.answer_rows[i], names, call, ctx);
        return r ? r : tell_figures(reader, &answer, &answer.all, names, call, ctx);
}
