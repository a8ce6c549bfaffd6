/* A ring of those that are being made: each gives its place to the next. */
#include "report/http_later.h"

#include <stdlib.h>

struct qf_http_later {
        struct qf_http_later *next, *before;
        struct MHD_Connection *connection;
        struct qf_http_answer answer;
        bool sleeps; /* and is in the ring */
};

static void enter(struct qf_http_laters *laters, struct qf_http_later *later)
{
        struct qf_http_later *first = laters->first;

        later->next = first ? first : later;
        later->before = first ? first->before : later;
        later->before->next = later->next->before = later;
        laters->first = first ? first : later;
        laters->count++;
}

static void leave(struct qf_http_laters *laters, struct qf_http_later *later)
{
        later->before->next = later->next;
        later->next->before = later->before;
        if (laters->first == later)
                laters->first = later->next == later ? NULL : later->next;
        laters->count--;
        later->sleeps = false;
}

struct qf_http_later *qf_http_later_begin(struct qf_http_laters *laters, struct MHD_Connection *to,
                                          const struct qf_http_answer *answer)
{
        struct qf_http_later *later = calloc(1, sizeof(*later));

        if (!later)
                return NULL;
        later->connection = to;
        later->answer = *answer;
        later->sleeps = true;
        enter(laters, later);
        MHD_suspend_connection(to);
        return later;
}

static void wake(struct qf_http_laters *laters, struct qf_http_later *later)
{
        struct qf_http_making *making = &later->answer.making;

        making->close(making->ctx);
        *making = (struct qf_http_making){0};
        leave(laters, later);
        MHD_resume_connection(later->connection);
}

void qf_http_laters_turn(struct qf_http_laters *laters, bool *ret_more)
{
        struct qf_http_later *later = laters->first;

        if (!later)
                return;
        laters->first = later->next;
        int r = later->answer.making.step(later->answer.making.ctx, &later->answer);
        if (r < 0)
                later->answer.status = 0;
        if (r <= 0)
                wake(laters, later);
        *ret_more = true;
}

struct qf_http_answer qf_http_later_take(struct qf_http_later *later)
{
        const struct qf_http_answer answer = later->answer;

        if (answer.status)
                later->answer.body = (struct qf_buffer){0};
        return answer;
}

void qf_http_later_end(struct qf_http_laters *laters, struct qf_http_later *later)
{
        if (later->sleeps)
                leave(laters, later);
        if (later->answer.making.step)
                later->answer.making.close(later->answer.making.ctx);
        qf_buffer_deinit(&later->answer.body);
        free(later);
}

void qf_http_laters_end(struct qf_http_laters *laters)
{
        while (laters->first) {
                struct qf_http_answer *answer = &laters->first->answer;

                answer->retry_s = 1;
                if (qf_http_problem(answer, 503, QF_VIEW("The server stops: ask again in a while.")) < 0)
                        answer->status = 0;
                wake(laters, laters->first);
        }
}
