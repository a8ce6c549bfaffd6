/* Lines of JSON that a program hands over in one piece, with an answer to each:
 * what `qf feed --listen` does with a request, whatever it came by.
 *
 * All of a body is taken or nothing of it, in one transaction of the outbox, and
 * with it the key that the request is known by: said again after an answer was
 * lost, or after a kill -9 anywhere, it is recognised and takes no new numbers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "client/feed.h"
#include "qf/cli/cli.h"

enum {
        QF_POST_BYTES_MAX = 1024 * 1024, /* of a body: it fits one transaction, whatever is in it */
        QF_POST_KEY_MAX = 255,           /* of an Idempotency-Key, visible ASCII */
        QF_POST_VERDICTS_MAX = 10000,    /* in one answer */
};

struct qf_posts; /* towards one outbox; one thread */

struct qf_post_answer {
        unsigned status;   /* of HTTP */
        unsigned retry_s;  /* when it would do; 0: it does not say */
        const char *allow; /* with 405: the method that would do */
        json_t *json;      /* the caller's; NULL: no memory to make it */
};

/* Opens the outbox of cli->source, and learns the names of the programme. 0 or 1, as in cli.h. */
QF_CHECK int qf_posts_open(struct qf_cli *cli, struct qf_posts **ret_posts);
struct qf_posts *qf_posts_close(struct qf_posts *posts);
/* Sends and hears for at most timeout_ms, or until the descriptor can be read. What only a human can mend is said once,
 * and shown by the status; events are kept all the same. 0, or negative: the process must end. */
QF_CHECK int qf_posts_turn(struct qf_posts *posts, int fd, int64_t timeout_ms);

/* Takes a body. key: what the request is known by; NULL: nothing. 202 taken, and on disk; 200 it was before; 400, 409, 422,
 * 428 nothing of it was taken, and why; 503 no room. Negative: nobody knows whether it was, and the process must end. */
QF_CHECK int qf_posts_take(struct qf_posts *posts, struct qf_view body, const char *key,
                           struct qf_post_answer *ret_answer);
/* What became of count numbers from first on. Negative as above. */
QF_CHECK int qf_posts_verdicts(struct qf_posts *posts, uint64_t first, uint64_t count,
                               struct qf_post_answer *ret_answer);
void qf_posts_status(struct qf_posts *posts, struct qf_post_answer *ret_answer);
/* 200, or 503: somebody has to look; what is handed over is kept all the same. */
void qf_posts_health(struct qf_posts *posts, struct qf_post_answer *ret_answer);
/* An answer of one sentence, in the language in use. */
struct qf_post_answer qf_post_say(const struct qf_cli *cli, unsigned status, const char *zh, const char *en);
