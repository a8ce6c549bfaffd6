/* Why: help says what the parser takes, because both read the one table of a command. */
#include "qf/cli/cli_help.h"

#include <string.h>

#include "qf/cli/text_table.h"
#include "qf/cli/wrap.h"

enum { LEFT_MOST = 26, NAME_BYTES = 80 };

/* Two columns; what is too long for the left one has a line of its own. */
static void print_row(const char *left, const char *right, unsigned width, FILE *to)
{
        const unsigned columns = qf_text_columns(qf_view_of(left)), indent = width + 4;

        (void)fprintf(to, "  %s", left);
        if (columns > width)
                (void)fprintf(to, "\n%*s", (int)indent, "");
        else
                (void)fprintf(to, "%*s", (int)(width - columns + 2), "");
        qf_wrap(to, right, indent, indent);
}

static char *option_text(const struct qf_option *option, char ret_text[NAME_BYTES])
{
        (void)snprintf(ret_text, NAME_BYTES, "--%s%s%s", option->name, option->value ? " " : "",
                       option->value ? option->value : "");
        return ret_text;
}

static unsigned width_of(const struct qf_option *options, unsigned width)
{
        char left[NAME_BYTES];

        for (; options && options->name; options++) {
                const unsigned columns = qf_text_columns(qf_view_of(option_text(options, left)));
                width = columns > width && columns <= LEFT_MOST ? columns : width;
        }
        return width;
}

static void print_options(const struct qf_cli *cli, const struct qf_option *options, unsigned width, FILE *to)
{
        char left[NAME_BYTES];

        for (; options && options->name; options++)
                print_row(option_text(options, left), qf_cli_say(cli, options->zh, options->en), width, to);
}

const struct qf_heading *qf_help_heading(const struct qf_command *command, const struct qf_command *part)
{
        for (const struct qf_heading *heading = command->headings; heading && heading->above; heading++)
                if (heading->above == part)
                        return heading;
        return NULL;
}

static void print_parts(const struct qf_cli *cli, const struct qf_command *command, FILE *to)
{
        unsigned width = 0;

        for (const struct qf_command *const *part = command->parts; *part; part++)
                width = strlen((*part)->name) > width ? (unsigned)strlen((*part)->name) : width;
        for (const struct qf_command *const *part = command->parts; *part; part++) {
                const struct qf_heading *heading = qf_help_heading(command, *part);
                if (heading)
                        (void)fprintf(to, "%s%s\n", part == command->parts ? "" : "\n",
                                      qf_cli_say(cli, heading->zh, heading->en));
                print_row((*part)->name, qf_cli_say(cli, (*part)->zh, (*part)->en), width, to);
        }
}

static void print_usage(const struct qf_cli *cli, const struct qf_command *command, const char *called,
                        FILE *to)
{
        (void)fprintf(to, "%s%s", qf_cli_say(cli, "用法：", "Usage: "), called);
        if (command->parts)
                (void)fprintf(to, " %s", qf_cli_say(cli, "命令", "COMMAND"));
        (void)fprintf(to, " [%s]", qf_cli_say(cli, "选项", "OPTIONS"));
        if (command->arguments)
                (void)fprintf(to, " %s", command->arguments);
        (void)fputc('\n', to);
        if (command->zh)
                qf_wrap(to, qf_cli_say(cli, command->zh, command->en), 0, 0);
        (void)fputc('\n', to);
}

void qf_help_print(const struct qf_cli *cli, const struct qf_command *command, const char *called, FILE *to)
{
        const unsigned width = width_of(command->options, width_of(qf_cli_common_options, 0));

        print_usage(cli, command, called, to);
        if (command->parts) {
                print_parts(cli, command, to);
                (void)fprintf(to,
                              qf_cli_say(cli, "\n每个命令的选项：%s 命令 --help\n",
                                         "\nOptions of each: %s COMMAND --help\n"),
                              called);
                return;
        }
        print_options(cli, command->options, width, to);
        print_options(cli, qf_cli_common_options, width, to);
        if (command->more_zh) {
                (void)fputc('\n', to);
                qf_wrap(to, qf_cli_say(cli, command->more_zh, command->more_en), 0, 0);
        }
}

char *qf_help_parts(const struct qf_command *command, char *ret_text, size_t room)
{
        size_t len = 0;

        ret_text[0] = '\0';
        for (const struct qf_command *const *part = command->parts; *part && len < room; part++)
                len += (size_t)snprintf(ret_text + len, room - len, "%s%s", len ? ", " : "", (*part)->name);
        return ret_text;
}
