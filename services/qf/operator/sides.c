/* Why: whoever asks how the service is must not be made known to it by asking. */
#include "qf/operator/sides.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "qf/cli/there.h"
#include "wire/feed_messages.h"
#include "wire/totals_messages.h"

enum { WAIT_MS = 3000, SLICE_MS = 50, ARENA_BYTES = 4 * 1024 * 1024 };

struct asking {
        struct qf_cli *cli;
        struct qf_arena *arena;
        struct qf_buffer question;
};

/* Sends the question and waits for any message. 0, an exit code, or -errno. */
static int ask(struct asking *asking, struct qf_socket *socket, int64_t end, bool *sent,
               struct qf_received *received)
{
        struct qf_view question = {(const char *)asking->question.at, (uint32_t)asking->question.len};
        struct qf_there there = {asking->cli, qf_socket_endpoint(socket), 0};

        for (;;) {
                int r = 1;
                if (!*sent) {
                        r = qf_socket_send(socket, NULL, question, (struct qf_view){0});
                        *sent = r == 0;
                }
                if (r >= 0 && *sent)
                        r = qf_socket_receive(socket, received);
                if (r <= 0)
                        return r;
                if (qf_socket_refused(socket))
                        return QF_EXIT_REFUSED;
                if (qf_clock_mono_ms() >= end || qf_there_in_vain(&there))
                        return QF_EXIT_AWAY;
                r = *sent ? qf_socket_wait(&socket, 1, SLICE_MS) : qf_socket_wait_send(socket, SLICE_MS);
                if (r < 0)
                        return r;
        }
}

static json_t *facts_of_welcome(const struct qf_to_partner *welcome)
{
        return json_pack("{s:I, s:I, s:i, s:i}", "registers_position",
                         (json_int_t)welcome->registers_position, "clock_ahead_ms",
                         (json_int_t)(welcome->now_ms - qf_clock_wall_ms()), "window", (int)welcome->window,
                         "outboxes", (int)welcome->outboxes_count);
}

static int ask_ingest(struct asking *asking, struct qf_side *side)
{
        struct qf_from_partner hello = {.what = QF_HELLO,
                                        .version = 1,
                                        .next = 1,
                                        .first_kept = 1,
                                        .agent = QF_VIEW("qf status " QF_VERSION)};
        int64_t end = qf_clock_mono_ms() + WAIT_MS;
        struct qf_to_partner message;
        struct qf_received received;
        struct qf_wire_fault fault;
        struct qf_socket *socket = NULL;
        bool sent = false;

        qf_random(hello.outbox, sizeof hello.outbox);
        int r = qf_from_partner_encode(&hello, &asking->question);
        if (r == 0 && qf_cli_connect_feed(asking->cli, &socket) != 0)
                return 1;
        while (r == 0) {
                r = ask(asking, socket, end, &sent, &received);
                qf_arena_reset(asking->arena);
                if (r == 0 && qf_to_partner_decode(asking->arena, received.frame[0], &message, &fault) == 0) {
                        side->facts = message.what == QF_WELCOME ? facts_of_welcome(&message) : NULL;
                        r = message.what == QF_REFUSED ? QF_EXIT_REFUSED : 0;
                        break;
                }
        }
        qf_socket_close(socket);
        side->exit_code = r;
        return r < 0 ? (qf_cli_broke(asking->cli, r, asking->cli->feed), 1) : 0;
}

static int ask_report(struct asking *asking, struct qf_side *side)
{
        struct qf_from_reader query = {.what = QF_QUERY, .id = 1, .query = QF_QUERY_STATUS};
        int64_t end = qf_clock_mono_ms() + WAIT_MS;
        struct qf_to_reader message;
        struct qf_received received;
        struct qf_wire_fault fault;
        struct qf_socket *socket = NULL;
        bool sent = false;

        asking->question.len = 0;
        int r = qf_from_reader_encode(&query, &asking->question);
        if (r == 0 && qf_cli_connect_read(asking->cli, &socket) != 0)
                return 1;
        while (r == 0) {
                r = ask(asking, socket, end, &sent, &received);
                qf_arena_reset(asking->arena);
                if (r == 0 && qf_to_reader_decode(asking->arena, received.frame[0], &message, &fault) == 0) {
                        if (message.what == QF_ANSWER && message.code == 0)
                                side->facts = json_loadb(message.json.at, message.json.len, 0, NULL);
                        r = message.what == QF_ANSWER && message.code == 0 ? 0 : QF_EXIT_REFUSED;
                        break;
                }
        }
        qf_socket_close(socket);
        side->exit_code = r;
        return r < 0 ? (qf_cli_broke(asking->cli, r, asking->cli->read), 1) : 0;
}

int qf_sides_ask(struct qf_cli *cli, struct qf_side *ret_ingest, struct qf_side *ret_report)
{
        struct asking asking = {.cli = cli};
        int r = qf_arena_new(ARENA_BYTES, &asking.arena);

        if (r < 0)
                return qf_cli_broke(cli, r, cli->called) != 0;
        r = ask_ingest(&asking, ret_ingest);
        if (r == 0)
                r = ask_report(&asking, ret_report);
        qf_arena_free(asking.arena);
        qf_buffer_deinit(&asking.question);
        return r;
}
