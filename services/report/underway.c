/* A fixed table. The memory of an answer is kept for the next, unless it became large. */
#include "report/underway.h"

#include <errno.h>

enum { ARENA_BYTES = 32 * 1024 * 1024, KEPT_BYTES = 1024 * 1024 };

static void forget(struct qf_question *question)
{
        question->query = qf_query_free(question->query);
        question->answered = false;
        if (question->arena && qf_arena_used(question->arena) > KEPT_BYTES)
                question->arena = qf_arena_free(question->arena);
}

void qf_underway_deinit(struct qf_underway *underway)
{
        for (uint32_t i = 0; i < QF_UNDERWAY_MAX; i++) {
                struct qf_question *question = &underway->at[i];

                forget(question);
                (void)qf_arena_free(question->arena);
                qf_rights_deinit(&question->rights);
                qf_buffer_deinit(&question->message);
        }
        *underway = (struct qf_underway){0};
}

struct qf_question *qf_underway_place(struct qf_underway *underway, uint32_t source, uint32_t most,
                                      enum qf_query_what what)
{
        struct qf_question *place = NULL;
        uint32_t of_source = 0;

        for (uint32_t i = 0; i < QF_UNDERWAY_MAX; i++) {
                struct qf_question *question = &underway->at[i];

                of_source += question->taken && question->source == source;
                if (of_source == most ||
                    (question->taken && what == QF_QUERY_CHECK && question->ask.query == what))
                        return NULL;
                if (!question->taken &&
                    (!place || question->rights.of == source)) /* its rights may still hold */
                        place = question;
        }
        return place;
}

int qf_underway_take(struct qf_underway *underway, struct qf_question *question,
                     const struct qf_question *who, struct qf_view message)
{
        question->message.len = 0;
        int r = qf_buffer_append(&question->message, message.at, message.len);

        if (r == 0 && !question->arena)
                r = qf_arena_new(ARENA_BYTES, &question->arena);
        if (r < 0)
                return r;
        question->peer = who->peer;
        memcpy(question->user, who->user, sizeof(question->user));
        question->source = who->source;
        question->id = who->id;
        question->until_ms = who->until_ms;
        question->taken = true;
        underway->count++;
        return 0;
}

int qf_underway_begin(struct qf_question *question, const struct qf_published *now,
                      const struct qf_query_world *world, const struct qf_source *source,
                      const struct qf_to_reader *answer)
{
        const struct qf_view message = {(const char *)question->message.at, (uint32_t)question->message.len};
        struct qf_wire_fault fault;

        question->query = qf_query_free(question->query);
        question->answered = false;
        qf_arena_reset(question->arena);
        int r = qf_from_reader_decode(question->arena, message, &question->ask, &fault);
        QF_ASSERT(r <= 0); /* it was read before */
        if (r == 0)
                r = qf_rights_keep(&question->rights, now->programme, now->stamp, source);
        if (r < 0)
                return r;
        question->answer = *answer;
        question->stamp = now->stamp;
        return qf_query_begin(world, &question->rights, &question->ask, question->arena, &question->answer,
                              &question->query);
}

/* The answer does without its query. */
int qf_underway_step(struct qf_question *question)
{
        int r = qf_query_step(question->query);

        if (r == 0) {
                question->query = qf_query_free(question->query);
                question->answered = true;
        }
        return r;
}

void qf_underway_leave(struct qf_underway *underway, struct qf_question *question)
{
        forget(question);
        qf_buffer_deinit(&question->message);
        question->taken = false;
        underway->count--;
}

struct qf_question *qf_underway_next(struct qf_underway *underway)
{
        for (uint32_t i = 0; i < QF_UNDERWAY_MAX; i++) {
                underway->last = (underway->last + 1) % QF_UNDERWAY_MAX;
                if (underway->at[underway->last].taken)
                        return &underway->at[underway->last];
        }
        return NULL;
}

void qf_underway_changes(struct qf_underway *underway, uint64_t stamp, enum qf_query_of of, uint32_t number)
{
        for (uint32_t i = 0; i < QF_UNDERWAY_MAX && underway->count > 0; i++) {
                const struct qf_question *question = &underway->at[i];

                if (question->taken && question->query && question->stamp == stamp)
                        qf_query_changes(question->query, of, number);
        }
}
