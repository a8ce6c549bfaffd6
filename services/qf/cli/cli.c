/* Why: a command that fails says what is wrong and what to do next, in the
 * reader's language and on stderr, whichever command it is. */
#include "qf/cli/cli.h"

#include "qf/cli/progress.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SAID_BYTES = 2048 };

static bool reads_chinese(void)
{
        static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
                const char *value = getenv(names[i]);
                if (value && value[0])
                        return strncmp(value, "zh", 2) == 0;
        }
        return false;
}

void qf_cli_init(struct qf_cli *cli, const char *program)
{
        *cli = (struct qf_cli){.program = program, .chinese = reads_chinese(), .signal_fd = -1};
}

void qf_cli_deinit(struct qf_cli *cli)
{
        char *const owned[] = {cli->dir,     cli->source,        cli->feed, cli->read,
                               cli->journal, cli->server_public, cli->key,  cli->outbox};

        for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
                free(owned[i]);
        cli->context = qf_context_free(cli->context);
        if (cli->signal_fd >= 0)
                (void)close(cli->signal_fd);
        *cli = (struct qf_cli){.program = cli->program, .signal_fd = -1};
}

const char *qf_cli_say(const struct qf_cli *cli, const char *zh, const char *en)
{
        return cli->chinese ? zh : en;
}

const char *qf_cli_noun(const struct qf_cli *cli, uint64_t number, const char *one, const char *many)
{
        return cli->chinese ? "" : number == 1 ? one : many;
}

/* --- errors ----------------------------------------------------------------- */

static void print_json(int exit_code, const char *what, const char *next)
{
        json_t *object = json_pack("{s:s, s:s, s:i}", "error", what, "next", next, "exit", exit_code);

        if (!object)
                return;
        (void)json_dumpf(object, stderr, JSON_COMPACT);
        (void)fputc('\n', stderr);
        json_decref(object);
}

static void print_text(const struct qf_cli *cli, const char *what, const char *next)
{
        fprintf(stderr, "%s%s%s\n", cli->called[0] ? cli->called : "qf", qf_cli_say(cli, "：", ": "), what);
        while (*next) {
                size_t len = strcspn(next, "\n");
                fprintf(stderr, "  → %.*s\n", (int)len, next);
                next += len + (next[len] == '\n');
        }
}

/* text: what is wrong, newline, what to do next (one line or several). */
static int fail(struct qf_cli *cli, int exit_code, char *text)
{
        char *next = strchr(text, '\n');

        if (next)
                *next++ = '\0';
        qf_progress_clear(cli->progress);
        if (cli->json)
                print_json(exit_code, text, next ? next : "");
        else
                print_text(cli, text, next ? next : "");
        cli->exit_code = exit_code;
        return exit_code;
}

int qf_cli_fail(struct qf_cli *cli, int exit_code, const char *zh, const char *en, ...)
{
        char text[SAID_BYTES];
        va_list args;

        va_start(args, en);
        int n = vsnprintf(text, sizeof text, cli->chinese ? zh : en, args);
        va_end(args);
        return fail(cli, exit_code, n < 0 ? memcpy(text, "?", 2) : text);
}

/* What an errno is in Chinese, and what mends it, wherever it came from; the system's own words are English unless its
 * administrator installed others. */
static const struct {
        int number;
        const char *is, *zh, *en;
} mends[] = {
        {ENOENT, "没有这个文件或目录", "看路径对不对，文件或目录在不在。",
         "Is the path right, and is it there?"},
        {ENOTDIR, "不是目录", "它或路径中的一段是文件：换一个目录。",
         "It, or a part of the path, is a file: use another folder."},
        {EISDIR, "这是一个目录", "这里要一个文件，不是目录。", "It is a folder, and a file is wanted."},
        {EACCES, "没有权限", "ls -l 看它是谁的；以那个用户运行。",
         "You may not: see whose it is with ls -l, and run this as that user."},
        {EPERM, "不允许", "以拥有它的用户或 root 运行。",
         "You may not: run this as the user it belongs to, or as root."},
        {ENOSPC, "磁盘满了", "腾出地方再来。", "The disk is full: make room and do it again."},
        {EDQUOT, "超出了磁盘配额", "腾出地方再来。",
         "Your share of the disk is used up: make room and do it again."},
        {EROFS, "磁盘只能读", "可能出过错，看 dmesg。",
         "The disk can only be read: it may have failed, see dmesg."},
        {EIO, "读写出错", "磁盘或文件坏了：看 dmesg，换一份。",
         "The disk or the file is damaged: see dmesg, use another copy."},
        {ENOMEM, "内存不够", "关掉别的程序，或换大一点的机器。",
         "There is too little memory: end other programs, or use a larger machine."},
        {EMFILE, "打开的文件太多", "ulimit -n 看上限。",
         "Too many files are open: see the limit with ulimit -n."},
        {EADDRINUSE, "地址被占用", "换一个端口，或停下占用它的程序。",
         "Somebody has that address: use another port, or stop who has it."},
        {EADDRNOTAVAIL, "不是本机的地址", "本机有哪些地址：ip address。",
         "This machine has no such address: see which it has with ip address."},
        {EEXIST, "已经有了", "换一个名字，或先移走它。", "Use another name, or move it away first."},
        {ENOTEMPTY, "不是空的", "换一个名字，或先移走里面的。",
         "Use another name, or move what is in it away."},
        {ECONNREFUSED, "没有程序在那里接收", "启动它，或看地址对不对。",
         "Start it, or see whether the address is right."},
        {ELOOP, "链接绕成了圈", "看路径上的链接。", "See the links on that path."},
        {ENAMETOOLONG, "路径太长", "换一个短的。", "Use a shorter one."},
};

const char *qf_cli_errno(const struct qf_cli *cli, int error)
{
        const int number = error < 0 ? -error : error;

        for (size_t i = 0; cli->chinese && i < sizeof mends / sizeof mends[0]; i++)
                if (mends[i].number == number)
                        return mends[i].is;
        return strerror(number);
}

int qf_cli_unprinted(struct qf_cli *cli)
{
        return qf_cli_fail(
                cli, QF_EXIT_OTHER, "打印的内容没有全部写出去。\n磁盘满了，还是接收的程序已停？换一处再来。",
                "not all that was printed could be written.\nIs that disk full, or did the program that "
                "reads it end? Send it elsewhere.");
}

int qf_cli_broke(struct qf_cli *cli, int error, const char *doing)
{
        const int number = error < 0 ? -error : error;

        if (ferror(stdout)) /* whatever was read, written out is what failed */
                return qf_cli_unprinted(cli);
        if (number == EUCLEAN) /* a checksum of ours: the system's words for it tell nobody anything */
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "%s：磁盘上的内容与写下时不同，已损坏。\n保留它，不要再用。",
                        "%s: what is on disk is not what was written: it is damaged.\nKeep it, and use it no "
                        "more.",
                        doing);
        for (size_t i = 0; i < sizeof mends / sizeof mends[0]; i++)
                if (mends[i].number == number)
                        return qf_cli_fail(cli, QF_EXIT_OTHER, "%s：%s。\n%s", "%s: %s.\n%s", doing,
                                           qf_cli_errno(cli, number),
                                           qf_cli_say(cli, mends[i].zh, mends[i].en));
        return qf_cli_fail(cli, QF_EXIT_OTHER, "%s：%s。\n看哪里不对：qf doctor",
                           "%s: %s.\nSee what is wrong: qf doctor", doing, strerror(number));
}

int qf_cli_unread(struct qf_cli *cli, int error, const char *path)
{
        if (error != -ENOENT)
                return qf_cli_broke(cli, error, path);
        return qf_cli_fail(cli, QF_EXIT_USAGE, "没有文件 %s。\n核对文件名和所在目录。",
                           "there is no file %s.\nCheck its name and folder.", path);
}

int qf_cli_no_source(struct qf_cli *cli, const char *name)
{
        return qf_cli_fail(cli, QF_EXIT_USAGE, "没有叫“%s”的数据源。\n看有哪些：qf key list",
                           "there is no source \"%s\".\nSee which there are: qf key list", name);
}

/* --- signals ---------------------------------------------------------------- */

void qf_cli_hold_signals(struct qf_cli *cli)
{
        sigset_t set;

        if (cli->signal_fd >= 0)
                return;
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        cli->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool qf_cli_interrupted(struct qf_cli *cli)
{
        struct signalfd_siginfo info;

        if (cli->signal_fd >= 0 && read(cli->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
                cli->interrupted = true;
        return cli->interrupted;
}
