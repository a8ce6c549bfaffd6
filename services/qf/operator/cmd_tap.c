/* `qf tap`: has ingest copy what one source sends into a file, for a while, and says
 * where it lies; `qf replay` sends such a file to a test service. For a partner's
 * client that is refused and nobody knows why. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "model/verdict.h"
#include "qf/cli/progress.h"
#include "qf/cli/there.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum {
        SECONDS = 60,
        SECONDS_MAX = 3600,
        TAKEN_MS = 3000, /* ingest looks each second */
        ENDED_MS = 3000,
        SLICE_MS = 100,
        ANSWER_MS = 10000,
        QUIET_MS = 1500
};

struct tap_options {
        uint64_t seconds;
};

static const struct qf_option tap_table[] = {
        {"seconds", QF_OPTION_NUMBER, offsetof(struct tap_options, seconds), "N",
         "记录多久（默认 60，最多 3600）", "for how long (60; at most 3600)", SECONDS_MAX},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

/* --- tapping ---------------------------------------------------------------------- */

static int make_mark(struct qf_cli *cli, const char *path, const char *source, uint64_t seconds)
{
        char text[128];
        int len = snprintf(text, sizeof text, "%s %llu\n", source, (unsigned long long)seconds);

        if (strlen(source) > 32 || len >= (int)sizeof text)
                return qf_cli_misused(cli, "名字太长。", "that name is too long.") != 0;
        QF_CLEANUP(qf_cleanup_close) int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        if (fd < 0 && errno == EEXIST)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "已有人在记录。\n等它结束，或删去 %s。",
                                   "somebody taps already.\nWait for the end, or remove %s.", path) != 0;
        if (fd < 0 || write(fd, text, (size_t)len) != len)
                return qf_cli_broke(cli, -errno, path) != 0;
        return 0;
}

/* Its file, or that of an earlier tap; ingest makes a new one when it begins. */
struct tapped {
        ino_t file;
        struct timespec made;
};

static struct tapped look(const char *path)
{
        struct stat found;

        if (stat(path, &found) < 0)
                return (struct tapped){0};
        return (struct tapped){found.st_ino, found.st_ctim};
}

static bool is_same(struct tapped one, struct tapped other)
{
        return one.file == other.file && one.made.tv_sec == other.made.tv_sec &&
               one.made.tv_nsec == other.made.tv_nsec;
}

static void pause_a_slice(struct qf_cli *cli)
{
        struct pollfd interrupt = {.fd = cli->signal_fd, .events = POLLIN};

        (void)poll(&interrupt, 1, SLICE_MS);
}

/* Whether ingest begins. */
static bool is_begun(struct qf_cli *cli, const char *tapped, struct tapped before)
{
        const int64_t until_ms = qf_clock_mono_ms() + TAKEN_MS;

        while (is_same(look(tapped), before)) {
                if (qf_clock_mono_ms() > until_ms || qf_cli_interrupted(cli))
                        return false;
                pause_a_slice(cli);
        }
        return true;
}

/* Waits until ingest took the mark away, or a signal. */
static void wait_gone(struct qf_cli *cli, const char *path, uint64_t seconds)
{
        const int64_t began_ms = qf_clock_mono_ms(), until_ms = began_ms + (int64_t)seconds * 1000 + ENDED_MS;
        struct qf_progress progress;

        qf_progress_begin(&progress, cli, qf_cli_say(cli, "记录", "copying"), qf_cli_say(cli, "秒", "s"));
        while (access(path, F_OK) == 0 && qf_clock_mono_ms() < until_ms && !qf_cli_interrupted(cli)) {
                const uint64_t gone = (uint64_t)(qf_clock_mono_ms() - began_ms) / 1000;
                qf_progress_at(&progress, gone < seconds ? gone : seconds, seconds);
                pause_a_slice(cli);
        }
        qf_progress_end(&progress);
}

/* What ingest made of the mark: a file that ends where it begins. */
static bool is_of_no_source(const char *tapped)
{
        char line[1024] = "";
        FILE *file = fopen(tapped, "re");

        if (!file)
                return false;
        for (int i = 0; i < 2; i++)
                if (!fgets(line, sizeof line, file))
                        line[0] = '\0';
        (void)fclose(file);
        return strstr(line, "\"why\":\"no such source\"") != NULL;
}

static int say_away(struct qf_cli *cli)
{
        char start[QF_CLI_START_BYTES];

        return qf_cli_fail(cli, QF_EXIT_AWAY,
                           "qf-ingest 没有在运行，什么也没有记录。\n启动它：%s；看哪里不对：qf doctor",
                           "qf-ingest does not run: nothing was copied.\nStart it: %s; see what is "
                           "wrong: qf doctor",
                           qf_cli_start(cli->dir, start));
}

static int run_tap(struct qf_cli *cli, int argc, char **argv)
{
        struct tap_options options = {.seconds = SECONDS};
        char mark[PATH_MAX], tapped[PATH_MAX];
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "this is done beside the daemons.\nGive --dir DIR.");
        if (qf_cli_beside(cli, "journal", ".tap", mark) < 0 ||
            qf_cli_beside(cli, "journal", ".tapped", tapped) < 0)
                return qf_cli_broke(cli, -ENAMETOOLONG, cli->dir);
        if (qf_there_nobody(cli, cli->feed))
                return say_away(cli);
        qf_cli_hold_signals(cli);
        const struct tapped before = look(tapped);
        if (make_mark(cli, mark, argv[0], options.seconds) != 0)
                return cli->exit_code;
        const bool begun = is_begun(cli, tapped, before);
        if (begun)
                wait_gone(cli, mark, options.seconds);
        if (access(mark, F_OK) == 0 && unlink(mark) < 0 && errno != ENOENT)
                return qf_cli_broke(cli, -errno, mark);
        if (!begun && !qf_cli_interrupted(cli))
                return say_away(cli);
        if (!begun)
                return cli->exit_code = QF_EXIT_OTHER;
        if (is_of_no_source(tapped))
                return qf_cli_no_source(cli, argv[0]);
        printf(qf_cli_say(cli, "在 %s\n", "it is in %s\n"), tapped);
        return cli->exit_code = QF_EXIT_DONE;
}

const struct qf_command qf_cmd_tap = {
        .name = "tap",
        .zh = "记录一个数据源送来的帧，查它的程序",
        .en = "copy what a source sends, to debug its program",
        .run = run_tap,
        .arguments = "SOURCE",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = tap_table,
        .more_zh =
                "让 qf-ingest 把一个数据源送来的每一帧照原样记到 journal.tapped（最多 64 MiB），用来查对方的程序错在哪里。\n"
                "里面有这个单位上报的全部内容，没有密钥；用完即删。记录的起止写进登记簿。",
        .more_en =
                "Has qf-ingest copy every frame that a source sends, as it came, into journal.tapped (at most 64 MiB): to see what a "
                "partner's program really says.\n"
                "All that it reports is in it, no key is: remove it afterwards. The logbook says that it was done.",
};

/* --- replaying -------------------------------------------------------------------- */

struct replay_options {
        bool fast;
};

static const struct qf_option replay_table[] = {
        {"fast", QF_OPTION_FLAG, offsetof(struct replay_options, fast), NULL, "不按原来的间隔，一帧接一帧",
         "without the pauses that were between them", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct replaying {
        struct qf_cli *cli;
        struct qf_socket *socket;
        struct qf_arena *arena;
        struct qf_buffer frame;
        uint64_t sent, answered;
        char life[33]; /* of where it was taken */
};

static void print_answer(struct replaying *replaying, const struct qf_to_partner *message)
{
        const struct qf_cli *cli = replaying->cli;

        replaying->answered++;
        switch (message->what) {
        case QF_VERDICTS:
                printf(qf_cli_say(cli, "裁决 %llu 起 %u 个，以前有过 %u，不是收下的 %u\n",
                                  "verdicts %llu + %u, known %u, other than accepted %u\n"),
                       (unsigned long long)message->first, message->count, message->known,
                       message->exceptions_count);
                break;
        case QF_REFUSED:
                printf(qf_cli_say(cli, "拒绝 %s，在 %llu，要的是 %llu：%.*s\n",
                                  "refused %s at %llu, expected %llu: %.*s\n"),
                       qf_refusal_text((uint16_t)message->why)->name, (unsigned long long)message->first,
                       (unsigned long long)message->expected, (int)message->say.len,
                       message->say.at ? message->say.at : "");
                break;
        case QF_WELCOME:
                printf(qf_cli_say(cli, "认得，要的是 %llu\n", "welcome, expected %llu\n"),
                       (unsigned long long)message->expected);
                break;
        default: puts(qf_cli_say(cli, "名录", "registers")); break;
        }
}

/* Hears what comes within so long. 0, 1: said, negative. */
static int hear(struct replaying *replaying, int64_t for_ms)
{
        int64_t end_ms = qf_clock_mono_ms() + for_ms;
        struct qf_to_partner message;
        struct qf_received received;
        struct qf_wire_fault fault;

        for (;;) {
                int r = qf_socket_receive(replaying->socket, &received);
                if (r < 0)
                        return r;
                if (r == 0) {
                        qf_arena_reset(replaying->arena);
                        if (qf_to_partner_decode(replaying->arena, received.frame[0], &message, &fault) == 0)
                                print_answer(replaying, &message);
                        continue;
                }
                int64_t rest_ms = end_ms - qf_clock_mono_ms();
                if (rest_ms <= 0)
                        return 0;
                if (qf_cli_interrupted(replaying->cli)) {
                        replaying->cli->exit_code = QF_EXIT_OTHER;
                        return 1;
                }
                r = qf_socket_wait(&replaying->socket, 1, rest_ms < SLICE_MS ? rest_ms : SLICE_MS);
                if (r < 0)
                        return r;
        }
}

/* Another life is another service, or one that was restored: only there numbers may be sent again. 0 or 1. */
static int check_place(struct replaying *replaying)
{
        struct qf_from_partner hello = {
                .what = QF_HELLO, .version = 1, .next = 1, .first_kept = 1, .agent = QF_VIEW("qf replay")};
        struct qf_to_partner message = {0};
        struct qf_received received;
        struct qf_wire_fault fault;
        char life[33] = "";

        qf_random(hello.outbox, sizeof hello.outbox);
        replaying->frame.len = 0;
        int r = qf_from_partner_encode(&hello, &replaying->frame);
        if (r < 0)
                return qf_cli_broke(replaying->cli, r, "replay") != 0;
        struct qf_view frame = {(const char *)replaying->frame.at, (uint32_t)replaying->frame.len};
        if (qf_cli_send(replaying->cli, replaying->socket, frame, ANSWER_MS) != 0 ||
            qf_cli_receive(replaying->cli, replaying->socket, ANSWER_MS, &received) != 0)
                return 1;
        if (qf_to_partner_decode(replaying->arena, received.frame[0], &message, &fault) == 0 &&
            message.what == QF_WELCOME)
                qf_text_hex(message.life, sizeof message.life, life);
        if (life[0] != '\0' && strcmp(life, replaying->life) != 0)
                return 0;
        return qf_cli_fail(
                       replaying->cli, QF_EXIT_OTHER,
                       "这正是记录时的那个服务（或它不回答）。\n在另一个目录 qf restore 一份备份，对那里重放。",
                       "this is the very service that it was taken from, or it does not answer.\nqf restore a backup "
                       "into another directory, and replay there.") != 0;
}

static int send_frame(struct replaying *replaying, const json_t *line)
{
        const json_t *text = json_object_get(line, "frame");
        struct qf_view hex = {json_string_value(text), (uint32_t)json_string_length(text)};

        replaying->frame.len = 0;
        int r = qf_buffer_reserve(&replaying->frame, hex.len / 2 + 1);
        if (r < 0)
                return r;
        if (!hex.at || !qf_text_unhex(hex, replaying->frame.at, hex.len / 2))
                return qf_cli_fail(replaying->cli, QF_EXIT_OTHER,
                                   "有一行不是 qf tap 的。\n用 qf tap 重新记录。",
                                   "a line is none of qf tap.\nRecord it again with qf tap.") != 0;
        struct qf_view frame = {(const char *)replaying->frame.at, hex.len / 2};
        replaying->sent++;
        return qf_cli_send(replaying->cli, replaying->socket, frame, ANSWER_MS);
}

static int take_line(struct replaying *replaying, const json_t *line, const struct replay_options *options,
                     int64_t begun_ms)
{
        if (json_object_get(line, "qf_tap")) {
                (void)snprintf(replaying->life, sizeof replaying->life, "%s",
                               json_string_value(json_object_get(line, "life")));
                return check_place(replaying);
        }
        if (replaying->life[0] == '\0')
                return qf_cli_fail(replaying->cli, QF_EXIT_OTHER,
                                   "这不是 qf tap 的文件。\n它记录的在 journal.tapped。",
                                   "this is no file of qf tap.\nWhat that copies is journal.tapped.") != 0;
        if (!json_object_get(line, "frame"))
                return 0; /* the end */
        int64_t due_ms = begun_ms + json_integer_value(json_object_get(line, "ms"));
        int r = options->fast ? 0 : hear(replaying, due_ms - qf_clock_mono_ms());
        return r == 0 ? send_frame(replaying, line) : r;
}

static int replay(struct replaying *replaying, FILE *file, const struct replay_options *options)
{
        QF_CLEANUP(qf_cleanup_free) char *text = NULL;
        int64_t begun_ms = qf_clock_mono_ms();
        size_t room = 0;
        int r = 0;

        for (ssize_t len; r == 0 && (len = getline(&text, &room, file)) > 0;) {
                json_t *line = json_loadb(text, (size_t)len, 0, NULL);
                r = take_line(replaying, line, options, begun_ms);
                json_decref(line);
        }
        return r == 0 ? hear(replaying, QUIET_MS) : r;
}

static int run_replay(struct qf_cli *cli, int argc, char **argv)
{
        struct replay_options options = {.fast = false};
        struct replaying replaying = {.cli = cli};
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        qf_cli_hold_signals(cli);
        FILE *file = fopen(argv[0], "re");
        int r = file ? qf_arena_new(QF_DECODE_ARENA_BYTES, &replaying.arena) : -errno;
        if (r < 0)
                qf_cli_unread(cli, r, argv[0]);
        else if (qf_cli_connect_feed(cli, &replaying.socket) == 0) {
                r = replay(&replaying, file, &options);
                if (r < 0)
                        qf_cli_broke(cli, r, argv[0]);
                else if (r == 0)
                        printf(qf_cli_say(cli, "送出 %llu%s 帧，收到 %llu%s 个回答\n",
                                          "%llu %s sent, %llu %s heard\n"),
                               (unsigned long long)replaying.sent,
                               qf_cli_noun(cli, replaying.sent, "frame", "frames"),
                               (unsigned long long)replaying.answered,
                               qf_cli_noun(cli, replaying.answered, "answer", "answers"));
        }
        if (file)
                (void)fclose(file);
        qf_socket_close(replaying.socket);
        qf_arena_free(replaying.arena);
        qf_buffer_deinit(&replaying.frame);
        return cli->exit_code;
}

const struct qf_command qf_cmd_replay = {
        .name = "replay",
        .zh = "把记录的帧送到试验服务",
        .en = "send what was copied to a test service",
        .run = run_replay,
        .arguments = "FILE",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = replay_table,
        .more_zh =
                "把 qf tap 记下的帧送到一个试验用的服务，打印每个回答。对记录时的那个服务本身不做。\n"
                "试验服务：在另一个目录 qf restore 一份备份，给那个数据源登记一把自己的密钥（qf key add）。",
        .more_en =
                "Sends the frames of qf tap to a test service and prints each answer. Not to the service that they were taken from.\n"
                "A test service: qf restore a backup into another directory, and register a key of your own for that source (qf key "
                "add).",
};
