/* `qf redact`: free text that should never have been written leaves the journal; what
 * was counted, judged and hashed stays, and that it was done is journaled. qf-ingest
 * does the work; here it is put into words, with what still has the text. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/event.h"
#include "model/personal.h"
#include "qf/cli/tool.h"
#include "views/event_json.h"

/* As services/ingest/redact.h has them. */
enum { IN_USE = 1, MISSING, NOTHING, PARTNER, SEVERAL, FULL, SET_ASIDE, DAMAGED };

enum { ALL_WORDS = (1 << QF_WORDS) - 1, REASON_CHARACTERS = 200, NAME_TEXT = 60, NUMBER_TEXT = 16 };

struct options {
        struct qf_list fields;
        const char *partner, *at, *reason;
        bool dry_run;
};

static const struct qf_option table[] = {
        {"field", QF_OPTION_LIST, offsetof(struct options, fields), "title,note,reason,recorded_by",
         "只删这些（不写：四种都删）", "only these; none given: all four", 0},
        {"partner", QF_OPTION_TEXT, offsetof(struct options, partner), "ORG", "谁报的（几家都有这个编号时）",
         "whose record it is, where several have the key", 0},
        {"at", QF_OPTION_TEXT, offsetof(struct options, at), "POSITION", "只删这一处（qf history 里的位置）",
         "only of this event: its place in qf history", 0},
        {"reason", QF_OPTION_TEXT, offsetof(struct options, reason), "TEXT",
         "原因，记入日志；不要把原文写进来", "why, as the journal will say: not the text itself", 0},
        {"dry-run", QF_OPTION_FLAG, offsetof(struct options, dry_run), NULL, "只看会删哪些",
         "only tell what would go", 0},
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct redacting {
        struct qf_cli *cli;
        struct options options;
        const char *key;
        json_t *places; /* array of what was found */
        json_t *said;   /* the last line */
};

static long long said(const struct redacting *redacting, const char *name)
{
        return (long long)json_integer_value(json_object_get(redacting->said, name));
}

static int hear(void *ctx, const json_t *line)
{
        struct redacting *redacting = ctx;
        json_t *copy = json_deep_copy(line);

        if (!copy)
                return -ENOMEM;
        if (json_object_get(line, "outcome")) {
                json_decref(redacting->said);
                redacting->said = copy;
                return 0;
        }
        const uint8_t gone = (uint8_t)json_integer_value(json_object_get(line, "gone"));
        if (json_object_set_new(copy, "gone", qf_words_json(gone)) != 0 ||
            json_array_append_new(redacting->places, json_incref(copy)) != 0) {
                json_decref(copy);
                return -ENOMEM;
        }
        json_decref(copy);
        return 0;
}

/* --- what is said --------------------------------------------------------------- */

static int say_nothing(const struct redacting *redacting)
{
        struct qf_cli *cli = redacting->cli;
        const long long first = said(redacting, "first");

        if (first > 1)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "%s：从第 %lld 条记录起没有这样的文字；更早的已修剪，在档案里。\n看说过什么：qf history %s --archive 档案",
                        "%s: no such text from record %lld on; what is older was trimmed, and lies in the archive.\n"
                        "See what was said: qf history %s --archive DIR",
                        redacting->key, first, redacting->key);
        return qf_cli_fail(
                cli, QF_EXIT_OTHER, "%s：没有这样的文字（或已经删去）。\n看说过什么：qf history %s",
                "%s: there is no such text, or it is gone already.\nSee what was said: qf history %s",
                redacting->key, redacting->key);
}

static int say_failed(const struct redacting *redacting)
{
        struct qf_cli *cli = redacting->cli;

        switch (said(redacting, "outcome")) {
        case IN_USE:
                return qf_cli_fail(cli, QF_EXIT_OTHER, "qf-ingest 还在运行。\n先停下服务，再删。",
                                   "qf-ingest runs.\nStop the daemons first, then redact.");
        case MISSING:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "%s/journal 里没有能读的日志。\n看损坏在哪里：qf audit",
                        "there is no journal in %s/journal that can be read.\nSee where: qf audit", cli->dir);
        case DAMAGED:
                return qf_cli_fail(cli, QF_EXIT_OTHER,
                                   "第 %lld 条记录读不出，什么也没有改动。\n看损坏在哪里：qf audit",
                                   "record %lld can't be read; nothing was changed.\nSee where: qf audit",
                                   said(redacting, "last"));
        case NOTHING: return say_nothing(redacting);
        case PARTNER:
                return qf_cli_fail(cli, QF_EXIT_USAGE, "没有报送单位 %s。\n看有哪些：qf key list",
                                   "no organisation %s feeds.\nSee which do: qf key list",
                                   redacting->options.partner);
        case SEVERAL:
                return qf_cli_fail(cli, QF_EXIT_USAGE,
                                   "几家都有编号 %s，什么也没有改动。\n用 --partner 指明哪一家。",
                                   "several have the key %s; nothing was changed.\nSay whose with --partner.",
                                   redacting->key);
        case FULL:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER, "磁盘放不下日志的副本，什么也没有改动。\n腾出地方再来。",
                        "there is no room for a copy of the journal; nothing was changed.\nMake room and try "
                        "again.");
        case SET_ASIDE:
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "%s/journal.set-aside 是以前的日志，里面也有原文，什么也没有改动。\n不再需要它，就先删掉它。",
                        "%s/journal.set-aside, an earlier journal, may have the text too; nothing was changed.\n"
                        "When it is no longer needed, remove it first.",
                        cli->dir);
        default: return qf_cli_broke(cli, (int)said(redacting, "outcome"), "qf redact");
        }
}

static void close_stream(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

/* Names of the backups on the list that reach to the earliest record of it: POSITION HASH NAME. */
static json_t *backups_with(const struct redacting *redacting)
{
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        json_t *names = json_array();
        char path[PATH_MAX];
        size_t room = 0;

        if (qf_cli_beside(redacting->cli, "journal", ".backups", path) < 0)
                return names;
        QF_CLEANUP(close_stream) FILE *stream = fopen(path, "re");
        while (stream && getline(&line, &room, stream) > 0) {
                char *hash = strchr(line, ' '), *name = hash ? strchr(hash + 1, ' ') : NULL;
                line[strcspn(line, "\n")] = '\0';
                const struct qf_view number = {line, hash ? (uint32_t)(hash - line) : 0};
                uint64_t position = 0;
                if (name && qf_text_number(number, UINT64_MAX, &position) &&
                    position >= (uint64_t)said(redacting, "earliest"))
                        (void)json_array_append_new(names, json_string(name + 1));
        }
        return names;
}

static void print_places(const struct redacting *redacting)
{
        const json_t *place, *word;
        size_t i, k;

        json_array_foreach (redacting->places, i, place) {
                printf("  %lld.%lld.%lld  %s ",
                       (long long)json_integer_value(json_object_get(place, "position")),
                       (long long)json_integer_value(json_object_get(place, "entry")),
                       (long long)json_integer_value(json_object_get(place, "index")),
                       json_string_value(json_object_get(place, "partner")));
                const json_t *gone = json_object_get(place, "gone");
                json_array_foreach (gone, k, word) {
                        printf(" %s", json_string_value(word));
                }
                (void)putchar('\n');
        }
}

static void print_left(const struct redacting *redacting, const json_t *backups)
{
        const struct qf_cli *cli = redacting->cli;
        const json_t *name;
        size_t i;

        json_array_foreach (backups, i, name) {
                printf(qf_cli_say(
                               cli,
                               "备份 %s 里还有原文：另备份到新目录，再毁掉它，并删去 journal.backups 里它那一行。\n",
                               "the backup %s still has it: back up to a new directory, then destroy this one and its "
                               "line in journal.backups.\n"),
                       json_string_value(name));
        }
        fputs(qf_cli_say(
                      cli,
                      "以前的导出、档案、不在名单里的备份和报送单位的发件箱里也可能有：见管理员手册“把一段文字删去”。启动服务，再 qf audit。\n",
                      "Earlier exports, archives, backups that are not on the list and the partner's outbox may have it too: "
                      "see the operator's manual, \"Taking a text out\". Start the daemons, then qf audit.\n"),
              stdout);
        if (said(redacting, "noted") != 0)
                fputs(qf_cli_say(cli, "登记簿写不进去；日志里有。\n",
                                 "The logbook could not be written; the journal has it.\n"),
                      stdout);
}

static int say_done(const struct redacting *redacting)
{
        struct qf_cli *cli = redacting->cli;
        const bool dry = redacting->options.dry_run;
        json_t *backups = backups_with(redacting);

        if (cli->json) {
                json_t *out = json_pack("{s:b, s:O, s:O}", "redacted", !dry, "events", redacting->places,
                                        "backups", backups);
                if (!dry)
                        (void)json_object_set_new(out, "position", json_integer(said(redacting, "last")));
                (void)json_dumpf(out, stdout, JSON_COMPACT);
                (void)putchar('\n');
                json_decref(out);
        } else {
                printf(dry ? qf_cli_say(cli, "会删去 %s 的 %lld%s 处文字：\n",
                                        "of %s the texts of %lld %s would go:\n")
                           : qf_cli_say(cli, "已删去 %s 的 %lld%s 处文字：\n",
                                        "of %s the texts of %lld %s are gone:\n"),
                       redacting->key, said(redacting, "found"),
                       qf_cli_noun(cli, (uint64_t)said(redacting, "found"), "event", "events"));
                print_places(redacting);
                if (dry)
                        fputs(qf_cli_say(cli, "什么也没有改动。\n", "Nothing was changed.\n"), stdout);
                else
                        print_left(redacting, backups);
        }
        json_decref(backups);
        return cli->exit_code = QF_EXIT_DONE;
}

/* --- what is asked ---------------------------------------------------------------- */

/* Who sits at the keyboard, as the system knows it. */
static void find_user(char ret_name[NAME_TEXT])
{
        const struct passwd *user = getpwuid(getuid());
        const char *behind = getenv("SUDO_USER");

        if (behind)
                (void)snprintf(ret_name, NAME_TEXT, "%.40s", behind);
        else if (user)
                (void)snprintf(ret_name, NAME_TEXT, "%.40s", user->pw_name);
        else
                (void)snprintf(ret_name, NAME_TEXT, "uid %u", (unsigned)getuid());
}

/* 0: not one of them. */
static unsigned words_of(const struct qf_list *fields)
{
        unsigned words = fields->count ? 0 : ALL_WORDS;

        for (uint32_t i = 0; i < fields->count; i++) {
                unsigned word = 0;
                while (word < QF_WORDS && !qf_view_same(fields->at[i], qf_view_of(qf_word_name(word))))
                        word++;
                if (word == QF_WORDS)
                        return 0;
                words |= 1u << word;
        }
        return words;
}

/* Of a trial it lies beside its logs, of an installation with the daemon; "" where there is none. */
static void find_logbook(const struct qf_cli *cli, char ret_path[PATH_MAX])
{
        static const char *const places[] = {"log/ingest.logbook", "ingest/logbook"};

        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
                const int len = snprintf(ret_path, PATH_MAX, "%s/%s", cli->dir, places[i]);
                if (len < PATH_MAX && access(ret_path, F_OK) == 0)
                        return;
        }
        ret_path[0] = '\0';
}

static int redact(struct redacting *redacting, unsigned words)
{
        char journal[PATH_MAX], logbook[PATH_MAX], user[NAME_TEXT], bits[NUMBER_TEXT];
        const struct options *options = &redacting->options;
        const char *const argv[] = {"qf-ingest",
                                    "redact",
                                    journal,
                                    options->partner ? options->partner : "",
                                    redacting->key,
                                    options->at ? options->at : "",
                                    bits,
                                    options->reason ? options->reason : "",
                                    user,
                                    logbook,
                                    options->dry_run ? "0" : "1",
                                    NULL};
        int status = 0;

        if (qf_cli_beside(redacting->cli, "journal", "", journal) < 0)
                return qf_cli_broke(redacting->cli, -ENAMETOOLONG, redacting->cli->dir);
        (void)snprintf(bits, sizeof bits, "%u", words);
        find_user(user);
        find_logbook(redacting->cli, logbook);
        if (qf_tool_run(redacting->cli, argv, hear, redacting, &status) != 0)
                return redacting->cli->exit_code;
        if (!redacting->said)
                return qf_cli_broke(redacting->cli, -EIO, "qf-ingest");
        return said(redacting, "outcome") != 0 ? say_failed(redacting) : say_done(redacting);
}

/* 0 or 1. */
static int check_reason(struct qf_cli *cli, const struct options *options)
{
        const struct qf_view reason = qf_view_of(options->reason ? options->reason : "");

        if (!options->dry_run && reason.len == 0)
                return qf_cli_misused(cli, "用 --reason 写明原因，它记入日志。",
                                      "say why with --reason: it is journaled.") != 0;
        if (!qf_text_valid(reason, false) || qf_text_characters(reason) > REASON_CHARACTERS)
                return qf_cli_misused(cli, "原因最多 %d 个字，一行。",
                                      "The reason has at most %d characters, in one line.",
                                      REASON_CHARACTERS) != 0;
        if (qf_personal_find(reason, NULL) != QF_PERSONAL_NONE)
                return qf_cli_misused(
                               cli, "原因里有像手机号或身份证号的数：它会永远留在日志里。",
                               "The reason has a number that looks like somebody's: the journal keeps it for ever.") !=
                       0;
        return 0;
}

static int run(struct qf_cli *cli, int argc, char **argv)
{
        struct redacting redacting = {.cli = cli};
        int count;

        if (qf_cli_parse(cli, &redacting.options, argc, argv, &count) != 0)
                return cli->exit_code;
        const unsigned words = words_of(&redacting.options.fields);
        if (!cli->dir)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "要在 qf up 的目录旁做。\n请加 --dir 目录。",
                                   "this is done beside the daemons.\nGive --dir DIR.");
        if (words == 0)
                return qf_cli_misused(cli, "--field 是 title、note、reason、recorded_by。",
                                      "--field is title, note, reason or recorded_by.");
        if (check_reason(cli, &redacting.options) != 0)
                return cli->exit_code;
        redacting.key = argv[0];
        redacting.places = json_array();
        redact(&redacting, words);
        json_decref(redacting.places);
        json_decref(redacting.said);
        return cli->exit_code;
}

const struct qf_command qf_cmd_redact = {
        .name = "redact",
        .zh = "把不该写下的文字从日志里删去，数不变",
        .en = "take free text out of the journal; counts and hashes stay",
        .run = run,
        .arguments = "KEY",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = table,
        .more_zh =
                "标题、备注里写了姓名、手机号：先用 --dry-run 看，停下服务，删，再启动。删去的找不回来；数、裁决、校验值、回执都不变，"
                "报送单位重送原来的仍认得。以前的备份、导出和它的发件箱里还有，见它最后说的。\n"
                "  qf redact HX/2023-017 --field title --reason 含手机号",
        .more_en =
                "A name or a mobile number in a title or a note: look with --dry-run; stop the daemons, redact, start them. What "
                "went cannot be had back; counts, verdicts, hashes and receipts stay, and an honest resend is still known. "
                "Earlier backups, exports and partners' outboxes still have it: see what it says at its end.\n"
                "  qf redact HX/2023-017 --field title --reason \"a mobile number\"",
};
