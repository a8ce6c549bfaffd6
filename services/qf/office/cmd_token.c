/* Why: a browser, a scraper or a script reads by HTTP with a word instead of a key
 * pair. The word is drawn here and shown once; what is kept is a line with its
 * digest, in the file that report.yaml names. Taking a token away is taking its
 * line out: qf-report sees that within a second. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/cli/asking.h"
#include "qf/cli/there.h"
#include "wire/tokens.h"

struct options {
        struct qf_list orgs;
        const char *role, *file;
};

static const struct qf_option table[] = {
        {"role", QF_OPTION_TEXT, offsetof(struct options, role), "read|admin|metrics",
         "能看什么：read 本机构的数，admin 全部，metrics 只有运行指标；可用逗号并列",
         "what it may read: read its organisations, admin everything, metrics only /metrics; several by commas",
         0},
        {"org", QF_OPTION_LIST, offsetof(struct options, orgs), "ORG[,ORG]", "read 能看哪些机构（连同下级）",
         "organisations that read may see, with all below them", 0},
        {"file", QF_OPTION_TEXT, offsetof(struct options, file), "FILE",
         "把这一行写进令牌文件（没有就新建，0600）",
         "add the line to this file of tokens (made when it is not there, 0600)", 0},
        {0},
};

enum { ASKED_MS = 3000 };

static void close_subscription(struct qf_subscription **subscription)
{
        *subscription = qf_subscription_close(*subscription);
}

/* Words of the file are parted by spaces and commas. 0 or 1. */
static int check_word(struct qf_cli *cli, struct qf_view word, uint32_t most)
{
        bool fits = word.len > 0 && word.len <= most && qf_text_valid(word, false) && word.at[0] != '#' &&
                    !qf_view_same(word, QF_VIEW("-"));

        for (uint32_t i = 0; i < word.len; i++)
                fits &= !strchr(" ,\t", word.at[i]);
        if (fits)
                return 0;
        return qf_cli_misused(cli, "“%.*s”不能用：1 到 %u 个字节，没有空格和逗号，不以 # 开头。",
                              "\"%.*s\" cannot be used: 1 to %u bytes, no spaces and commas, no leading #.",
                              (int)word.len, word.at, most) != 0;
}

static int check(struct qf_cli *cli, const struct options *options, struct qf_token *token)
{
        token->roles = options->role ? qf_token_roles(qf_view_of(options->role)) : 0;
        token->orgs = options->orgs.at;
        token->orgs_count = options->orgs.count;
        if (token->roles == 0)
                return qf_cli_misused(cli, "要写 --role：read、admin、metrics。",
                                      "--role is needed: read, admin, metrics.") != 0;
        if (token->roles == QF_TOKEN_READ && token->orgs_count == 0)
                return qf_cli_misused(cli, "read 要写 --org：能看哪些机构。",
                                      "read needs --org: the organisations that it may see.") != 0;
        for (uint32_t i = 0; i < token->orgs_count; i++)
                if (check_word(cli, token->orgs[i], 32) != 0)
                        return 1;
        return check_word(cli, token->name, QF_TOKEN_NAME_MAX);
}

/* 0; positive 1: nobody can be asked, or nobody answers; negative. */
static int ask_registers(struct qf_cli *cli, struct qf_subscription **ret_subscription)
{
        const struct qf_subscription_options registers = {.want = QF_WANT_REGISTERS};
        struct qf_socket *socket = NULL;

        if (!cli->read || qf_there_nobody(cli, cli->read))
                return 1;
        if (qf_cli_connect_read(cli, &socket) != 0)
                return 1;
        int r = qf_subscription_open(&socket, &registers, ret_subscription);
        if (r == 0 && qf_subscription_wait_version(*ret_subscription, 0, ASKED_MS) != 0)
                r = 1;
        return r;
}

/* A word of a mistyped organisation would see nothing, and nobody would know why. Who makes one before the service runs is
 * told that it was not looked up. 0 or 1. */
static int check_orgs(struct qf_cli *cli, const struct qf_token *token)
{
        QF_CLEANUP(close_subscription) struct qf_subscription *subscription = NULL;
        int r = token->orgs_count ? ask_registers(cli, &subscription) : 0;

        if (r < 0)
                return qf_cli_broke(cli, r, cli->read) != 0;
        if (cli->exit_code != QF_EXIT_DONE)
                return 1;
        for (uint32_t i = 0; i < token->orgs_count && r == 0; i++)
                if (qf_asking_org(cli, qf_subscription_programme(subscription), token->orgs[i]) != 0)
                        return 1;
        if (r > 0)
                fprintf(stderr, "%s\n",
                        qf_cli_say(
                                cli, "没有问到服务，--org 的代码没有核对：服务在运行时加 --dir 或 --config。",
                                "No server answered, so the codes of --org were not looked up: give --dir or --config "
                                "while it runs."));
        return 0;
}

/* What an editor left without its last line end would be one line with ours; of half a line the whole file is refused. */
static int append_line(int fd, const struct qf_buffer *line, struct qf_buffer *added)
{
        struct stat about;
        char last = '\n';

        if (fstat(fd, &about) < 0 || (about.st_size > 0 && pread(fd, &last, 1, about.st_size - 1) != 1))
                return errno ? -errno : -EIO;
        int r = last == '\n' ? 0 : qf_buffer_append(added, "\n", 1);
        if (r == 0)
                r = qf_buffer_append(added, line->at, line->len);
        if (r < 0)
                return r;
        ssize_t n = write(fd, added->at, added->len);
        if (n == (ssize_t)added->len)
                return fsync(fd) < 0 ? -errno : 0;
        r = n < 0 ? -errno : -ENOSPC;
        (void)!ftruncate(fd, about.st_size);
        return r;
}

/* One write of a whole line behind the others: whoever reads meanwhile has it or has it not. */
static int add_line(struct qf_cli *cli, const char *path, const struct qf_buffer *line)
{
        QF_CLEANUP(qf_cleanup_close)
        int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        struct qf_buffer added = {0};

        int r = fd < 0 ? -errno : append_line(fd, line, &added);
        qf_buffer_deinit(&added);
        return r < 0 ? qf_cli_broke(cli, r, path) != 0 : 0;
}

static void print(const struct qf_cli *cli, const struct options *options, const char *text,
                  const struct qf_buffer *line)
{
        int len = (int)line->len - 1; /* without its newline */

        if (cli->json) {
                json_t *object =
                        json_pack("{s:s, s:s%}", "token", text, "line", (const char *)line->at, (size_t)len);
                if (object)
                        (void)json_dumpf(object, stdout, JSON_COMPACT);
                json_decref(object);
                (void)putchar('\n');
                return;
        }
        printf("%s\n\n", text);
        if (options->file)
                printf(qf_cli_say(
                               cli, "以后不再显示。%s 里加了一行，一秒内生效。\n",
                               "It is not shown again. A line was added to %s; it works within a second.\n"),
                       options->file);
        else
                printf(qf_cli_say(
                               cli, "以后不再显示。把下面一行加进令牌文件（0600）：\n%.*s\n",
                               "It is not shown again. Add this line to the file of tokens (0600):\n%.*s\n"),
                       len, (const char *)line->at);
}

static int run_new(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        struct qf_token token = {0};
        struct qf_buffer line = {0};
        char text[QF_TOKEN_TEXT] = "";
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        token.name = qf_view_of(argv[0]);
        if (check(cli, &options, &token) != 0 || check_orgs(cli, &token) != 0)
                return cli->exit_code;
        int r = qf_token_make(text, token.digest);
        if (r == 0)
                r = qf_token_print(&token, &line);
        if (r < 0)
                (void)qf_cli_broke(cli, r, "qf token new");
        else if (!options.file || add_line(cli, options.file, &line) == 0)
                print(cli, &options, text, &line);
        explicit_bzero(text, sizeof text);
        qf_buffer_deinit(&line);
        return cli->exit_code;
}

static const struct qf_command token_new = {
        .name = "new",
        .zh = "做一个令牌",
        .en = "make a token",
        .run = run_new,
        .arguments = "NAME",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = table,
        .local_too = true,
        .more_zh =
                "令牌只显示这一次。文件里只有它的摘要：report.yaml 的 http: tokens: 指向这个文件。要收回，就删掉那一行。",
        .more_en =
                "The token is shown this once. The file, which http: tokens: in report.yaml names, has its digest only. To "
                "take it back, take its line out.",
};

const struct qf_command qf_cmd_token = {
        .name = "token",
        .zh = "给看网页和指标的人或程序一个令牌",
        .en = "a token for who reads by HTTP",
        .parts = (const struct qf_command *const[]){&token_new, NULL},
};
