/* What all commands of qf share: the options every command takes, where the
 * daemons and keys are, both languages, and how an error is said. A command is
 * one file cmd_<name>.c that ends with one table; commands.c lists them.
 *
 *         static int run_totals(struct qf_cli *cli, int argc, char **argv)
 *         {
 *                 struct options options = {0};
 *                 int count;
 *                 if (qf_cli_parse(cli, &options, argc, argv, &count))
 *                         return cli->exit_code;
 *                 …
 *         const struct qf_command qf_cmd_totals = {.name = "totals", .run = run_totals, …
 *
 * Functions that return "0 or 1" have said what is wrong and set cli->exit_code
 * when they return 1: the command returns that code and prints no more. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/socket.h"

/* DIR of an installation: links to where its parts are (deploy/systemd/qingfeng.tmpfiles). */
#define QF_INSTALLED_DIR "/var/lib/qingfeng"
/* "/var/lib/qingfeng-NAME" gives NAME, "/var/lib/qingfeng" "". NULL: the directory is of no installation. */
const char *qf_instance_of(const char *dir);

enum { QF_CLI_START_BYTES = 4096 + 16 };
/* How to start the daemons of a directory: the units of an installation, or else qf up. */
const char *qf_cli_start(const char *dir, char ret_text[QF_CLI_START_BYTES]);

enum qf_exit {
        QF_EXIT_DONE = 0,     /* all taken */
        QF_EXIT_OTHER = 1,    /* anything else; also: a check found a difference */
        QF_EXIT_RETURNED = 2, /* some events came back */
        QF_EXIT_CONFLICT = 3, /* fenced, cloned, forked, E141 and its like */
        QF_EXIT_USAGE = 64,
        QF_EXIT_AWAY = 75,    /* the server does not answer; what was to be sent is kept in the outbox */
        QF_EXIT_REFUSED = 77, /* the key is not known, or lacks the right */
};

struct qf_cli;
struct qf_renderers; /* qf/reports/document.h */

struct qf_option;

struct qf_heading { /* above a part, in help and in the manual page; ended by one without a part */
        const struct qf_command *above;
        const char *zh, *en;
};

/* All there is to know of a command: parsing, help, completion and its manual page come from here (DECISIONS 106). */
struct qf_command {
        const char *name;
        const char *zh, *en; /* one line for the list of commands */
        int (*run)(struct qf_cli *cli, int argc,
                   char **argv);               /* returns the exit code; NULL where there are parts */
        const struct qf_command *const *parts; /* "new" of "qf key new" …, NULL-terminated; NULL: none */
        const struct qf_heading *headings;     /* of its parts, each above the first of a group; NULL: none */
        const void *of;                        /* what run needs besides, where several commands share it */

        const char *arguments; /* words of cli_words.h, shown after the name: "KIND [FILE]"; NULL: none */
        int arguments_min, arguments_max;
        const struct qf_option *options; /* NULL: only the common ones */
        const char *more_zh, *more_en; /* paragraphs below the options; lines that begin with a space are kept
                                             * as they are; NULL: none */
        bool local;                    /* needs no --dir or --config (key new, feed --dry-run) */
        bool local_too;                /* the same, but finds the daemons of this machine (backup --verify) */
        bool makes_dir;                /* --dir need not exist yet: cli->dir is it as given (up) */
        bool dir_may_lack;             /* the same where it does not (restore) */
};

struct qf_cli {
        const char *program;                  /* argv[0] of the process: up finds the daemons beside it */
        const struct qf_command *command;     /* the one that runs */
        char called[64];                      /* "qf key new" */
        const struct qf_renderers *renderers; /* of qf-render; NULL in qf, which hands over to it */
        bool json;                            /* --json */
        bool chinese;                         /* --lang, or else LC_ALL, LC_MESSAGES, LANG */
        int exit_code;                        /* set by functions that return 1 */

        /* Where things are; absolute or relative to the working directory; NULL: not known. Filled by qf_cli_parse
         * from --dir (environment: QF_DIR) or --config. Owned by cli. */
        char *dir;           /* only with --dir */
        char *source;        /* --as, or the config's source; "office" with --dir */
        char *feed, *read;   /* endpoints */
        char *journal;       /* endpoint of the journal feed; NULL: a client's config that does not name it */
        char *server_public; /* path */
        char *key;           /* path of the secret key of the source */
        char *outbox;        /* directory */

        uint32_t names_on;   /* day whose names are shown, the last of a report's range; 0: the last names */
        const char *archive; /* of what was trimmed from the journal, as a command was told; NULL: none */
        struct qf_context *context; /* made by the first qf_cli_context */
        int signal_fd;              /* -1 until qf_cli_hold_signals */
        bool interrupted;
        struct qf_progress *progress; /* of what lasts, while it does (progress.h); NULL */
};

/* --- options ------------------------------------------------------------ */

/* Runs the part of a command that the line names, and of that one its part: "key new NAME" of qf. Exit code. */
int qf_cli_run(struct qf_cli *cli, const struct qf_command *command, int argc, char **argv);
/* All of a main(): qf's, and that of qf-render, which has renderers. Exit code. */
int qf_cli_main(const struct qf_command *all, const struct qf_renderers *renderers, int argc, char **argv);

enum qf_option_kind {
        QF_OPTION_FLAG,   /* bool */
        QF_OPTION_TEXT,   /* const char * */
        QF_OPTION_NUMBER, /* uint64_t, decimal, at most .most (0: no bound) */
        QF_OPTION_LIST,   /* struct qf_list: repeated, or separated by commas */
};

enum { QF_LIST_MAX = 64 };

struct qf_list { /* views into argv */
        uint32_t count;
        struct qf_view at[QF_LIST_MAX];
};

struct qf_option {
        const char *name; /* "by" for --by; NULL ends the table */
        enum qf_option_kind kind;
        size_t at;         /* offsetof in the command's struct of options */
        const char *value; /* what help calls its value, a word of cli_words.h: "DIM[,DIM]" */
        const char *zh, *en;
        uint64_t most;
};

/* A row for commands that read the journal from its first record; their struct options has it as archive. */
#define QF_ARCHIVE_OPTION                                                                                    \
        {                                                                                                    \
                "archive", QF_OPTION_TEXT, offsetof(struct options, archive), "DIR",                         \
                        "日志修剪过时，之前的记录在这里", "what was trimmed from the journal", 0             \
        }

/* And for those that may ask reporting instead; theirs has it as remote. */
#define QF_REMOTE_OPTION                                                                                     \
        {                                                                                                    \
                "remote", QF_OPTION_FLAG, offsetof(struct options, remote), NULL,                            \
                        "不读日志，问服务端（只看密钥能读的）",                                              \
                        "ask the server, with the rights of the key, instead of the journal", 0              \
        }

extern const struct qf_option qf_cli_common_options[]; /* that every command takes */

/* Parses what follows the command's name, by its table: its options and the common ones, in any order, "--name value" and
 * "--name=value"; "--" ends options; "-" is an argument. Arguments are moved to argv[0 .. *ret_count - 1]. options: the
 * command's struct, which .at of its table is counted in; NULL where it has no table. 0 or 1 (also after --help and
 * --version, with exit code 0). */
QF_CHECK int qf_cli_parse(struct qf_cli *cli, void *options, int argc, char **argv, int *ret_count);
/* Prints the usage to stderr after a line that says what is wrong; returns QF_EXIT_USAGE. */
int qf_cli_misused(struct qf_cli *cli, const char *zh, const char *en, ...)
        __attribute__((format(printf, 2, 4), format(printf, 3, 4)));

/* --- saying things ------------------------------------------------------ */

/* The text of the language in use; may be given to printf. */
const char *qf_cli_say(const struct qf_cli *cli, const char *zh, const char *en)
        __attribute__((format_arg(2), format_arg(3)));
/* The noun behind a number, in English; "" for a Chinese reader, whose formats take it and show nothing: "%u%s 行". */
const char *qf_cli_noun(const struct qf_cli *cli, uint64_t number, const char *one, const char *many);
/* Says an error on stderr: what is wrong, and after a newline in the text what to do next. Both formats take the same
 * arguments. With --json it is one object {"error", "next", "exit"} on stderr. Sets cli->exit_code and returns it. */
int qf_cli_fail(struct qf_cli *cli, int exit_code, const char *zh, const char *en, ...)
        __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* The same for -errno from anywhere: doing is "reading the file %s" and its like in the language in use. */
int qf_cli_broke(struct qf_cli *cli, int error, const char *doing);
/* What an errno, of either sign, is in the language in use: "没有这个文件或目录". */
const char *qf_cli_errno(const struct qf_cli *cli, int error);
/* The same for -errno from a file that the line named: with -ENOENT it is the line that is wrong (QF_EXIT_USAGE). */
int qf_cli_unread(struct qf_cli *cli, int error, const char *path);
/* There is no source of that name. QF_EXIT_USAGE. */
int qf_cli_no_source(struct qf_cli *cli, const char *name);
/* What to do where the source's key is not there, or not known to the server: the office registers it, and its own is what
 * ingest finds when it starts. public_text: the key's public half; NULL: PUBLIC. */
enum { QF_CLI_ADVICE_BYTES = 1024 };
const char *qf_cli_key_advice(const struct qf_cli *cli, const char *public_text,
                              char ret_advice[QF_CLI_ADVICE_BYTES]);
bool qf_cli_is_office(const struct qf_cli *cli);
/* Says that standard output took not all; returns the exit code. */
int qf_cli_unprinted(struct qf_cli *cli);

/* --- reaching the daemons ----------------------------------------------- */

QF_CHECK int qf_cli_context(struct qf_cli *cli, struct qf_context **ret_context); /* 0 or 1 */
/* DEALER sockets to ingest's feed and to reporting, with CURVE. 0 or 1. */
QF_CHECK int qf_cli_connect_feed(struct qf_cli *cli, struct qf_socket **ret_socket);
QF_CHECK int qf_cli_connect_read(struct qf_cli *cli, struct qf_socket **ret_socket);
/* To ingest's journal feed: without keys beside the daemons, with CURVE from elsewhere. 0 or 1. */
QF_CHECK int qf_cli_connect_journal(struct qf_cli *cli, struct qf_socket **ret_socket);
/* Sends one frame, waiting for the connection as long as it may take. 0, or 1 as qf_cli_receive. */
QF_CHECK int qf_cli_send(struct qf_cli *cli, struct qf_socket *socket, struct qf_view frame,
                         int64_t timeout_ms);
/* Waits for a message; knows why none comes. 0 with *ret_received, or 1: away (75), refused (77), interrupted (1). */
QF_CHECK int qf_cli_receive(struct qf_cli *cli, struct qf_socket *socket, int64_t timeout_ms,
                            struct qf_received *ret_received);
/* Says that the server is away (75) or refuses the key (77), after a wait in vain; returns the exit code. */
int qf_cli_away(struct qf_cli *cli, struct qf_socket *socket);

/* From now on SIGINT and SIGTERM do not kill; qf_cli_interrupted tells of them. Idempotent. */
void qf_cli_hold_signals(struct qf_cli *cli);
bool qf_cli_interrupted(struct qf_cli *cli);

/* Fills the places of cli from a directory of qf up. 0 or 1. */
QF_CHECK int qf_cli_use_dir(struct qf_cli *cli, const char *dir, const char *source);
/* Fills them from a client config file; source: --as, NULL: the file's. 0 or 1. */
QF_CHECK int qf_cli_use_config(struct qf_cli *cli, const char *path, const char *source);

/* Path of a daemon's folder in cli->dir, or of a mark beside it: "counts", ".rebuild". The folder may be a link, as it
 * is in an installation, where each daemon has a place of its own. -ENAMETOOLONG. */
QF_CHECK int qf_cli_beside(const struct qf_cli *cli, const char *folder, const char *suffix,
                           char ret_path[PATH_MAX]);

void qf_cli_init(struct qf_cli *cli, const char *program);
void qf_cli_deinit(struct qf_cli *cli);
