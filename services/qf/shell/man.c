/* Why: a manual page by hand is one release behind. What roff would take for its own is escaped. It parts lines at
 * spaces alone, which Chinese has none of: it is told where else they may be parted, and must not fill them up. */
#include "qf/shell/man.h"

#include <stdlib.h>
#include <string.h>

#include "qf/cli/cli_help.h"
#include "qf/cli/wrap.h"

enum { CALLED_BYTES = 64 };

struct man {
        const struct qf_cli *cli;
        FILE *to;
};

static void put_piece(const struct man *man, struct qf_view piece)
{
        for (uint32_t i = 0; i < piece.len; i++) {
                if (piece.at[i] == '\\')
                        (void)fputs("\\e", man->to);
                else if (piece.at[i] == '-')
                        (void)fputs("\\-", man->to);
                else
                        (void)fputc(piece.at[i], man->to);
                if (piece.at[i] == '\n' && (piece.at[i + 1] == '.' || piece.at[i + 1] == '\''))
                        (void)fputs("\\&", man->to);
        }
}

static void put(const struct man *man, const char *text)
{
        if (*text == '.' || *text == '\'')
                (void)fputs("\\&", man->to);
        while (*text) {
                const struct qf_view piece = qf_wrap_piece(text);
                put_piece(man, piece);
                text += piece.len;
                if (*text && *text != ' ' && *text != '\n')
                        (void)fputs("\\:", man->to); /* a line may end here */
        }
}

static const char *say(const struct man *man, const char *zh, const char *en)
{
        return qf_cli_say(man->cli, zh, en);
}

static void head(const struct man *man, const char *zh, const char *en)
{
        (void)fprintf(man->to, ".SH %s\n", say(man, zh, en));
}

/* A line that is kept as it is, between .nf and .fi. */
static void keep(const struct man *man, char *line, bool *kept)
{
        if (!*kept)
                (void)fputs(".nf\n", man->to);
        *kept = true;
        put(man, line);
        (void)fputc('\n', man->to);
}

/* Paragraphs of a table: lines that begin with a space are examples. */
static void paragraphs(const struct man *man, const char *text)
{
        char *copy = strdup(text), *rest = copy;
        bool kept = false, first = true;

        for (char *line = copy ? strsep(&rest, "\n") : NULL; line; line = strsep(&rest, "\n")) {
                if (*line == '\0') /* paragraphs are apart anyway */
                        continue;
                if (*line == ' ') {
                        keep(man, line, &kept);
                        continue;
                }
                (void)fputs(kept ? ".fi\n.PP\n" : first ? "" : ".PP\n", man->to);
                kept = first = false;
                put(man, line);
                (void)fputc('\n', man->to);
        }
        if (kept)
                (void)fputs(".fi\n", man->to);
        free(copy);
}

static void options(const struct man *man, const struct qf_option *option)
{
        for (; option && option->name; option++) {
                (void)fputs(".TP\n\\fB", man->to);
                put(man, "--");
                put(man, option->name);
                (void)fputs("\\fR", man->to);
                if (option->value) {
                        (void)fputs(" \\fI", man->to);
                        put(man, option->value);
                        (void)fputs("\\fR", man->to);
                }
                (void)fputc('\n', man->to);
                put(man, say(man, option->zh, option->en));
                (void)fputc('\n', man->to);
        }
}

static void usage(const struct man *man, const char *called, const struct qf_command *command)
{
        (void)fputs("\\fB", man->to);
        put(man, called);
        (void)fprintf(man->to, "\\fR%s [\\fI%s\\fR]", command->parts ? say(man, " 命令", " COMMAND") : "",
                      say(man, "选项", "OPTIONS"));
        if (command->arguments) {
                (void)fputs(" \\fI", man->to);
                put(man, command->arguments);
                (void)fputs("\\fR", man->to);
        }
        (void)fputc('\n', man->to);
}

static void below(const struct man *man, const struct qf_command *command)
{
        if (command->more_zh) {
                (void)fputs(".PP\n", man->to);
                paragraphs(man, say(man, command->more_zh, command->more_en));
        }
}

static void part(const struct man *man, const char *called, const struct qf_command *command)
{
        (void)fputs(".SS ", man->to);
        put(man, called);
        (void)fputc('\n', man->to);
        usage(man, called, command);
        (void)fputs(".PP\n", man->to);
        put(man, say(man, command->zh, command->en));
        (void)fputc('\n', man->to);
        options(man, command->options);
        below(man, command);
}

static void exits(const struct man *man)
{
        static const struct {
                int code;
                const char *zh, *en;
        } codes[] = {
                {QF_EXIT_DONE, "全部收下；没有差别", "all taken; no difference found"},
                {QF_EXIT_OTHER, "其他", "anything else"},
                {QF_EXIT_RETURNED, "有退回的", "some events came back"},
                {QF_EXIT_CONFLICT, "冲突", "a conflict"},
                {QF_EXIT_USAGE, "用法不对", "usage"},
                {QF_EXIT_AWAY, "服务端不在，要报的都存在发件箱里",
                 "the server is away; what was to be sent is kept in the outbox"},
                {QF_EXIT_REFUSED, "密钥不被接受", "the key is refused"},
        };

        head(man, "退出码", "EXIT STATUS");
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
                (void)fprintf(man->to, ".TP\n%d\n%s\n", codes[i].code, say(man, codes[i].zh, codes[i].en));
}

static void title(const struct man *man, const char *name, const char *line)
{
        (void)fputs(".TH ", man->to);
        put(man, name);
        (void)fprintf(man->to, " 1 \"%s\" \"qingfeng %s\" \"%s\"\n.ad l\n.nh\n", QF_RELEASED, QF_VERSION,
                      say(man, "清风", "Qingfeng"));
        head(man, "名称", "NAME");
        put(man, name);
        (void)fputs(" \\- ", man->to);
        put_piece(man, qf_view_of(line)); /* whatis and apropos would keep what parts it */
        (void)fputc('\n', man->to);
        head(man, "用法", "SYNOPSIS");
}

static void of_qf(const struct man *man, const struct qf_command *qf)
{
        title(man, "qf", say(man, qf->zh, qf->en));
        usage(man, "qf", qf);
        head(man, "说明", "DESCRIPTION");
        paragraphs(man, say(man, qf->more_zh, qf->more_en));
        head(man, "命令", "COMMANDS");
        for (const struct qf_command *const *at = qf->parts; *at; at++) {
                const struct qf_heading *heading = qf_help_heading(qf, *at);
                if (heading) {
                        (void)fputs(".SS ", man->to);
                        put(man, say(man, heading->zh, heading->en));
                        (void)fputc('\n', man->to);
                }
                (void)fprintf(man->to, ".TP\n\\fBqf\\-%s\\fR(1)\n", (*at)->name);
                put(man, say(man, (*at)->zh, (*at)->en));
                (void)fputc('\n', man->to);
        }
        head(man, "每个命令都有的选项", "OPTIONS OF EVERY COMMAND");
        options(man, qf_cli_common_options);
        exits(man);
        head(man, "文件", "FILES");
        (void)fprintf(man->to, ".TP\n\\fI/etc/qingfeng\\fR\n%s\n.TP\n\\fI/var/lib/qingfeng\\fR\n%s\n",
                      say(man, "各服务的配置和密钥", "configurations of the daemons, and keys"),
                      say(man, "日志和计数", "journal and counts"));
        head(man, "另见", "SEE ALSO");
        (void)fputs("\\fBqf\\-ingest\\fR(8), \\fBlibqingfeng\\fR(3)\n", man->to);
}

void qf_man_print(const struct qf_cli *cli, const struct qf_command *qf, const struct qf_command *command,
                  FILE *to)
{
        const struct man man = {.cli = cli, .to = to};
        char name[2 * CALLED_BYTES], called[CALLED_BYTES];

        if (command == qf) {
                of_qf(&man, qf);
                return;
        }
        (void)snprintf(name, sizeof name, "qf-%s", command->name);
        (void)snprintf(called, sizeof called, "qf %s", command->name);
        title(&man, name, say(&man, command->zh, command->en));
        usage(&man, called, command);
        if (command->parts) {
                head(&man, "命令", "COMMANDS");
                for (const struct qf_command *const *at = command->parts; *at; at++) {
                        (void)snprintf(name, sizeof name, "%s %s", called, (*at)->name);
                        part(&man, name, *at);
                }
        } else if (command->more_zh) {
                head(&man, "说明", "DESCRIPTION");
                paragraphs(&man, say(&man, command->more_zh, command->more_en));
        }
        if (command->options) {
                head(&man, "选项", "OPTIONS");
                options(&man, command->options);
        }
        head(&man, "每个命令都有的选项", "OPTIONS OF EVERY COMMAND");
        options(&man, qf_cli_common_options);
        exits(&man);
        head(&man, "另见", "SEE ALSO");
        (void)fputs("\\fBqf\\fR(1)\n", to);
}
