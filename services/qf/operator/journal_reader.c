/* The edge of client/follow for commands: one socket, one wait. It gives up when
 * ingest has not answered at all within three seconds, and waits for as long as
 * it takes once it has. */
#include "qf/operator/journal_reader.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "qf/cli/progress.h"
#include "qf/cli/there.h"
#include "store/backup.h"
#include "wire/feed_messages.h"

enum { ANSWER_MS = 3000, AWAY_MS = 10000, SLICE_MS = 100, SETTLE_MS = 1000 };

struct qf_journal_reader {
        struct qf_cli *cli;
        struct qf_socket *socket;
        struct qf_follow *follow;
        struct qf_buffer out;
        uint64_t to;
        int64_t heard_ms, patience_ms;
        bool follows;
        uint64_t *first;  /* NULL: more than that is asked */
        uint64_t settled; /* position */
        int64_t settled_ms;
        qf_journal_take take;
        qf_journal_settle settle;
        void *ctx;
};

void qf_place_of(const struct qf_record_head *head, struct qf_place *ret_place)
{
        *ret_place = (struct qf_place){.position = head->position};
        memcpy(ret_place->journal, head->writer, sizeof ret_place->journal);
        memcpy(ret_place->hash, head->hash, sizeof ret_place->hash);
}

static int open_reader(struct qf_journal_reader *reader, const struct qf_place *from)
{
        struct qf_follow_options options = {.name = "qf"};

        if (from)
                options.from = *from;
        reader->settled = options.from.position;
        if (qf_cli_connect_journal(reader->cli, &reader->socket) != 0)
                return 1;
        int r = qf_follow_new(&options, &reader->follow);
        if (r < 0) {
                qf_cli_broke(reader->cli, r, reader->cli->journal);
                return 1;
        }
        return 0;
}

static void close_reader(struct qf_journal_reader *reader)
{
        qf_buffer_deinit(&reader->out);
        qf_follow_free(reader->follow);
        qf_socket_close(reader->socket);
}

static int say(struct qf_journal_reader *reader)
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

static bool is_done(const struct qf_journal_reader *reader)
{
        if (reader->first)
                return *reader->first > 0;
        return !reader->follows && qf_follow_attached(reader->follow) &&
               qf_follow_place(reader->follow)->position >= reader->to;
}

/* Who goes on with a copy gives no archive: the copy begins as one. */
static int say_trimmed(const struct qf_journal_reader *reader)
{
        struct qf_cli *cli = reader->cli;

        return qf_cli_fail(
                cli, QF_EXIT_OTHER, "日志修剪过，从第 %llu 条记录开始；之前的在档案里。\n%s",
                "the journal was trimmed and begins at record %llu; what is before lies in its archive.\n%s",
                (unsigned long long)qf_follow_first(reader->follow),
                reader->settle ? qf_cli_say(cli, "先把档案拷贝到新的目录，再往那里备份。",
                                            "Copy the archive to the new directory, and back up into that.")
                : cli->archive
                        ? qf_cli_say(cli, "给的档案没有到那里：加 --archive 完整的档案目录。",
                                     "The archive given does not reach so far: --archive DIR of all of it.")
                        : qf_cli_say(cli, "加 --archive 档案目录（qf trim 用的那个）。",
                                     "Give --archive DIR, the backup that qf trim used."));
}

/* 0, or 1: said. */
static int take_step(struct qf_journal_reader *reader, const struct qf_follow_step *step)
{
        if (reader->first && (step->what == QF_FOLLOW_ATTACHED || step->what == QF_FOLLOW_TRIMMED)) {
                *reader->first = qf_follow_first(reader->follow);
                return 0;
        }
        switch (step->what) {
        case QF_FOLLOW_NOTHING: return 0;
        case QF_FOLLOW_ATTACHED:
                if (reader->to == 0 || reader->to > qf_follow_last(reader->follow))
                        reader->to = qf_follow_last(reader->follow);
                reader->patience_ms = AWAY_MS;
                return 0;
        case QF_FOLLOW_RECORD:
                qf_progress_at(reader->cli->progress, step->head.position, reader->to);
                return reader->take(reader->ctx, &step->head, step->record);
        case QF_FOLLOW_ROLLED_BACK:
                return qf_cli_fail(
                               reader->cli, QF_EXIT_OTHER,
                               "日志恢复过，第 %llu 条之前已是另一段历史。\n换一个目录，从头来。",
                               "the journal was restored: up to record %llu it is another history now.\nBegin anew, in "
                               "another directory.",
                               (unsigned long long)qf_follow_place(reader->follow)->position) != 0;
        case QF_FOLLOW_TRIMMED: return say_trimmed(reader) != 0;
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
static int take_waiting(struct qf_journal_reader *reader)
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

/* What was handed out since the last time is worth being made durable, and told. */
static int settle_reader(struct qf_journal_reader *reader, bool at_once)
{
        uint64_t position = qf_follow_place(reader->follow)->position;
        int64_t now_ms = qf_clock_mono_ms();

        if (!reader->settle || (!at_once && (position == reader->settled || now_ms < reader->settled_ms)))
                return 0;
        reader->settled = position;
        reader->settled_ms = now_ms + SETTLE_MS;
        return reader->settle(reader->ctx, reader);
}

static int read_all(struct qf_journal_reader *reader)
{
        struct qf_there there = {reader->cli, qf_socket_endpoint(reader->socket), 0};

        reader->heard_ms = qf_clock_mono_ms();
        for (;;) {
                int r = say(reader);
                if (r == 0)
                        r = take_waiting(reader);
                if (r != 0)
                        return r;
                bool done = is_done(reader), interrupted = qf_cli_interrupted(reader->cli);
                r = settle_reader(reader, done || (interrupted && reader->follows));
                if (r != 0 || done || (interrupted && reader->follows))
                        return r;
                if (interrupted) {
                        reader->cli->exit_code = QF_EXIT_OTHER;
                        return 1;
                }
                if ((qf_clock_mono_ms() - reader->heard_ms > reader->patience_ms ||
                     (reader->patience_ms == ANSWER_MS && qf_there_in_vain(&there))) &&
                    !(reader->follows && reader->patience_ms == AWAY_MS)) {
                        qf_cli_away(reader->cli, reader->socket);
                        return 1;
                }
                r = qf_socket_wait(&reader->socket, 1, SLICE_MS);
                if (r < 0)
                        return r;
        }
}

static int read_journal(struct qf_journal_reader *reader, const struct qf_place *from)
{
        reader->patience_ms = ANSWER_MS;
        int r = open_reader(reader, from);

        if (r == 0)
                r = read_all(reader);
        if (r < 0)
                qf_cli_broke(reader->cli, r, qf_cli_say(reader->cli, "读日志", "reading the journal"));
        close_reader(reader);
        return r == 0 ? 0 : 1;
}

/* The records of cli->archive, up to position to (0: all). *place: of the last one. 0 or 1. */
static int read_archive(struct qf_cli *cli, uint64_t to, qf_journal_take take, void *ctx,
                        struct qf_place *place)
{
        const struct qf_backup_options how = {.write = false};
        struct qf_backup *archive = NULL;
        struct qf_record_head head;
        struct qf_view record;
        int r = qf_backup_open(cli->archive, &how, &archive);

        while (r == 0 && (to == 0 || place->position < to)) {
                r = qf_backup_next(archive, &head, &record);
                if (r == 0) {
                        qf_place_of(&head, place);
                        qf_progress_at(cli->progress, head.position, to);
                        r = take(ctx, &head, record);
                        if (r > 0)
                                break; /* said */
                }
        }
        if ((r == QF_BACKUP_DAMAGED || r == QF_BACKUP_FORMAT) && archive)
                qf_cli_fail(cli, QF_EXIT_OTHER, "%s 不是完好的档案：%s。\n核对：qf backup %s --verify",
                            "%s is no archive, or damaged: %s.\nCheck it: qf backup %s --verify",
                            cli->archive, qf_backup_why(archive), cli->archive);
        else if (r == QF_BACKUP_DAMAGED || r == QF_BACKUP_FORMAT)
                qf_cli_fail(cli, QF_EXIT_USAGE, "%s 不是档案。\n给 qf trim 用的那个备份目录：--archive DIR",
                            "%s is no archive.\nGive the backup that qf trim used: --archive DIR",
                            cli->archive);
        else if (r < 0)
                qf_cli_broke(cli, r, cli->archive);
        (void)qf_backup_close(archive);
        return r != 0 && r != QF_BACKUP_END;
}

int qf_journal_read(struct qf_cli *cli, const struct qf_place *from, uint64_t to, qf_journal_take take,
                    void *ctx)
{
        struct qf_journal_reader reader = {.cli = cli, .to = to, .take = take, .ctx = ctx};
        struct qf_place place = {.position = 0};

        if (!cli->archive)
                return read_journal(&reader, from);
        if (read_archive(cli, to, take, ctx, &place) != 0)
                return 1;
        return to != 0 && place.position >= to ? 0 : read_journal(&reader, &place);
}

int qf_journal_first(struct qf_cli *cli, uint64_t *ret_first)
{
        uint64_t first = 0;
        struct qf_journal_reader reader = {.cli = cli, .first = &first};
        int r = read_journal(&reader, NULL);

        if (r == 0)
                *ret_first = first;
        return r;
}

int qf_journal_follow(struct qf_cli *cli, const struct qf_place *from, bool follow, qf_journal_take take,
                      qf_journal_settle settle, void *ctx)
{
        struct qf_journal_reader reader = {
                .cli = cli, .follows = follow, .take = take, .settle = settle, .ctx = ctx};

        if (follow)
                qf_cli_hold_signals(cli);
        return read_journal(&reader, from);
}

int qf_journal_say_kept(struct qf_journal_reader *reader, struct qf_view name)
{
        const struct qf_place *place = qf_follow_place(reader->follow);
        struct qf_journal_message kept = {.what = QF_KEPT, .position = place->position, .name = name};

        memcpy(kept.hash, place->hash, sizeof kept.hash);
        reader->out.len = 0;
        int r = qf_journal_message_encode(true, &kept, &reader->out);
        if (r < 0)
                return r;
        struct qf_view message = {(const char *)reader->out.at, (uint32_t)reader->out.len};
        r = qf_socket_send(reader->socket, NULL, message, (struct qf_view){NULL, 0});
        return r < 0 ? r : 0; /* not sent: partners keep more than they must, until the next time */
}
