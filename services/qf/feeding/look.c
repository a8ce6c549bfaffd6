/* Why: who only looks at what is registered numbers nothing, so needs no outbox, which one process has at a time: Learn is a
 * question of its own. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "qf/feeding/feeding.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum { ANSWER_MS = 5000, ARENA_BYTES = 4 * 1024 * 1024 };

struct look {
        struct qf_cli *cli;
        struct qf_socket *socket;
        struct qf_arena *arena;
        struct qf_buffer frame;
        struct qf_programme *programme; /* of the parts so far */
        uint64_t position;              /* of all parts */
        uint32_t from;                  /* events of the parts so far */
};

static void look_deinit(struct look *look)
{
        qf_socket_close(look->socket);
        qf_arena_free(look->arena);
        qf_buffer_deinit(&look->frame);
        qf_programme_free(look->programme);
}

/* 0, or 1: said. */
static int ask(struct look *look)
{
        const struct qf_from_partner learn = {.what = QF_LEARN, .from = look->from};

        look->frame.len = 0;
        int r = qf_from_partner_encode(&learn, &look->frame);
        if (r < 0)
                return qf_cli_broke(look->cli, r, look->cli->feed) != 0;
        return qf_cli_send(look->cli, look->socket, qf_buffer_view(&look->frame), ANSWER_MS);
}

static int begin_anew(struct look *look, uint64_t position)
{
        look->programme = qf_programme_free(look->programme);
        look->position = position;
        look->from = 0;
        return qf_programme_new(&look->programme);
}

static int apply(struct look *look, const struct qf_to_partner *part)
{
        struct qf_event event;
        struct qf_wire_fault fault;
        int r = part->from == 0 ? begin_anew(look, part->registers_position) : 0;

        for (uint32_t i = 0; i < part->events_count && r == 0; i++) {
                r = qf_register_decode(look->arena, part->events[i], &event, &fault);
                if (r == 0)
                        r = qf_programme_apply(look->programme, &event, part->registers_position);
        }
        look->from += part->events_count;
        return r > 0 ? -EBADMSG : r;
}

/* The next part. 0, or 1: said. */
static int hear(struct look *look, bool *ret_whole)
{
        struct qf_to_partner message;
        struct qf_received received;
        struct qf_wire_fault fault;

        if (qf_cli_receive(look->cli, look->socket, ANSWER_MS, &received))
                return 1;
        qf_arena_reset(look->arena);
        int r = qf_to_partner_decode(look->arena, received.frame[0], &message, &fault);
        if (r == 0 && message.what == QF_REFUSED) {
                if (message.why == QF_REFUSED_NOT_ALLOWED)
                        qf_feeding_say(look->cli, NULL, QF_FEED_REFUSED);
                else
                        qf_cli_fail(look->cli, QF_EXIT_AWAY, "服务端现在不答：%s\n稍后再试。",
                                    "the server does not answer this now: %s\nTry again in a while.",
                                    qf_cli_say(look->cli, qf_refusal_text((uint16_t)message.why)->zh,
                                               qf_refusal_text((uint16_t)message.why)->en));
                return 1;
        }
        if (r == 0 && (message.what != QF_REGISTERS || message.from != look->from))
                r = -EBADMSG;
        if (r == 0 && look->from > 0 && message.registers_position != look->position) {
                look->from = 0; /* something was registered between two parts */
                return 0;
        }
        if (r == 0)
                r = apply(look, &message);
        if (r)
                return qf_cli_broke(look->cli, r < 0 ? r : -EBADMSG, look->cli->feed) != 0;
        *ret_whole = look->from >= message.total || message.events_count == 0;
        return 0;
}

int qf_feeding_look(struct qf_cli *cli, struct qf_programme **ret_programme)
{
        QF_CLEANUP(look_deinit) struct look look = {.cli = cli};
        bool whole = false;
        int r = qf_arena_new(ARENA_BYTES, &look.arena);

        if (r < 0)
                return qf_cli_broke(cli, r, cli->feed) != 0;
        if (qf_cli_connect_feed(cli, &look.socket))
                return 1;
        while (!whole)
                if (ask(&look) || hear(&look, &whole))
                        return 1;
        *ret_programme = QF_TAKE(look.programme);
        return 0;
}
