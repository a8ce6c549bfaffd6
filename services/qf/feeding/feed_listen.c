/* Why: a partner's system that has no ZeroMQ has HTTP. This runs beside it, answers
 * from the outbox, and feeds the server in the background as `qf feed` does. */
#include <stdio.h>

#include "base/cleanup.h"
#include "qf/feeding/feed_command.h"
#include "qf/feeding/feed_door.h"

enum { STOP_LOOK_MS = 250 };

static void close_posts(struct qf_posts **posts)
{
        *posts = qf_posts_close(*posts);
}

static void close_door(struct qf_door **door)
{
        *door = qf_door_close(*door);
}

/* Negative: what broke. */
static int serve(struct qf_cli *cli, struct qf_posts *posts, struct qf_door *door)
{
        int result = 0;
        while (result == 0 && !qf_cli_interrupted(cli)) {
                int64_t wait_ms;
                result = qf_door_turn(door, &wait_ms);
                if (result == 0)
                        result = qf_posts_turn(posts, qf_door_fd(door),
                                               wait_ms < STOP_LOOK_MS ? wait_ms : STOP_LOOK_MS);
        }
        return result;
}

int qf_feed_listen(struct qf_cli *cli, const char *listen)
{
        QF_CLEANUP(close_posts) struct qf_posts *posts = NULL;
        QF_CLEANUP(close_door) struct qf_door *door = NULL;

        if (qf_posts_open(cli, &posts) || qf_door_open(cli, listen, posts, &door))
                return cli->exit_code;
        printf(qf_cli_say(cli, "%s：在收 %s 的报送；Ctrl-C 停。\n",
                          "%s: events of %s are taken here; Ctrl-C stops.\n"),
               listen, cli->source);
        (void)fflush(stdout);
        int result = serve(cli, posts, door);
        return result ? qf_cli_broke(cli, result, cli->outbox) : QF_EXIT_DONE;
}
