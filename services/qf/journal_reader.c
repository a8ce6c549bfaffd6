/* The edge of client/follow for commands: one socket, one wait. It gives up when
 * ingest has not answered at all within three seconds, and waits for as long as
 * it takes once it has. */
#include "qf/journal_reader.h"

#include <errno.h>

#include "base/clock.h"

enum { ANSWER_MS = 3000, AWAY_MS = 10000, SLICE_MS = 100 };

struct reader {
        struct qf_cli *cli;
        struct qf_socket *socket;
        struct qf_follow *follow;
        struct qf_buffer out;
        uint64_t to;
        int64_t heard_ms, patience_ms;
        qf_journal_take take;
        void *ctx;
};

static int open_reader(struct reader *reader, const struct qf_place *from)
{
        struct qf_follow_options options = {.name = "qf"};
        struct qf_context *context;

        if (!reader->cli->journal) {
                qf_cli_fail(
                        reader->cli, QF_EXIT_USAGE,
                        "日志只能在 qf up 的目录旁读。\n请加 --dir 目录（只用客户端配置文件不够）。",
                        "the journal is read beside the daemons only.\nGive --dir DIR (a client config is not "
                        "enough).");
                return 1;
        }
        if (from)
                options.from = *from;
        if (qf_cli_context(reader->cli, &context) != 0)
                return 1;
        struct qf_socket_options how = {
                .type = QF_DEALER, .frame_bytes_max = QF_RECORD_BYTES_MAX, .receive_hwm = 256};
        int r = qf_socket_connect(context, &how, reader->cli->journal, &reader->socket);
        if (r == 0)
                r = qf_follow_new(&options, &reader->follow);
        if (r < 0) {
                qf_cli_broke(reader->cli, r, reader->cli->journal);
                return 1;
        }
        return 0;
}

static void close_reader(struct reader *reader)
{
        qf_buffer_deinit(&reader->out);
        qf_follow_free(reader->follow);
        qf_socket_close(reader->socket);
}

static int say(struct reader *reader)
{
        for (;;) {
                int64_t now_ms = qf_clock_mono_ms();
                reader->out.len = 0;
                int r = qf_follow_say_next(reader->follow, now_ms, &reader->out);
                if (r != 0)
                        return r < 0 ? r : 0;
                struct qf_view message = {(const char *)reader->out.at, (uint32_t)reader->out.len};
                r = qf_socket_send(reader->socket, NULL, message, (struct qf_view){NULL, 0});
                if (r < 0)
                        return r;
                if (r > 0) {
                        qf_follow_unsent(reader->follow, now_ms);
                        return 0;
                }
        }
}

static bool is_done(const struct reader *reader)
{
        return qf_follow_attached(reader->follow) && qf_follow_place(reader->follow)->position >= reader->to;
}

/* 0, or 1: said. */
static int take_step(struct reader *reader, const struct qf_follow_step *step)
{
        switch (step->what) {
        case QF_FOLLOW_NOTHING: return 0;
        case QF_FOLLOW_ATTACHED:
                if (reader->to == 0 || reader->to > qf_follow_last(reader->follow))
                        reader->to = qf_follow_last(reader->follow);
                reader->patience_ms = AWAY_MS;
                return 0;
        case QF_FOLLOW_RECORD: return reader->take(reader->ctx, &step->head, step->record);
        case QF_FOLLOW_ROLLED_BACK:
                return qf_cli_fail(
                               reader->cli, QF_EXIT_OTHER,
                               "日志恢复过，第 %llu 条之前已是另一段历史。\n换一个目录，从头来。",
                               "the journal was restored: up to record %llu it is another history now.\nBegin anew, in "
                               "another directory.",
                               (unsigned long long)qf_follow_place(reader->follow)->position) != 0;
        case QF_FOLLOW_STOPPED:
                qf_cli_fail(
                        reader->cli, QF_EXIT_OTHER,
                        "日志在位置 %llu 之后读不下去：%s。\n保留现场，查看 qf-ingest 的日志。",
                        "the journal cannot be read beyond position %llu: %s.\nKeep things as they are and look at "
                        "the log of qf-ingest.",
                        (unsigned long long)qf_follow_place(reader->follow)->position,
                        qf_follow_say(reader->follow));
                return 1;
        }
        return 0;
}

/* Takes all that waits. 0, 1: said, or negative. */
static int take_waiting(struct reader *reader)
{
        struct qf_follow_step step;
        struct qf_received received;

        while (!is_done(reader)) {
                int r = qf_socket_receive(reader->socket, &received);
                if (r != 0)
                        return r < 0 ? r : 0;
                reader->heard_ms = qf_clock_mono_ms();
                r = qf_follow_take(reader->follow, reader->heard_ms, received.frame[0], received.frame[1],
                                   &step);
                if (r == 0)
                        r = take_step(reader, &step);
                if (r == 0)
                        r = say(reader);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int read_all(struct reader *reader)
{
        reader->heard_ms = qf_clock_mono_ms();
        for (;;) {
                int r = say(reader);
                if (r == 0)
                        r = take_waiting(reader);
                if (r != 0 || is_done(reader))
                        return r;
                if (qf_cli_interrupted(reader->cli)) {
                        reader->cli->exit_code = QF_EXIT_OTHER;
                        return 1;
                }
                if (qf_clock_mono_ms() - reader->heard_ms > reader->patience_ms) {
                        qf_cli_away(reader->cli, reader->socket);
                        return 1;
                }
                r = qf_socket_wait(&reader->socket, 1, SLICE_MS);
                if (r < 0)
                        return r;
        }
}

int qf_journal_read(struct qf_cli *cli, const struct qf_place *from, uint64_t to, qf_journal_take take,
                    void *ctx)
{
        struct reader reader = {.cli = cli, .to = to, .take = take, .ctx = ctx, .patience_ms = ANSWER_MS};
        int r = open_reader(&reader, from);

        if (r == 0)
                r = read_all(&reader);
        if (r < 0)
                qf_cli_broke(cli, r, qf_cli_say(cli, "读日志", "reading the journal"));
        close_reader(&reader);
        return r == 0 ? 0 : 1;
}
