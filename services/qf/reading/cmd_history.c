/* `qf history KEY`: everything that was ever said under a key, in the order of the
 * journal, with who said it, what it was answered and why it was corrected. With
 * --verdict all events that were answered so: what came late, what waits for us. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/cli/json_out.h"
#include "qf/reading/said.h"
#include "qf/reading/spoken.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, MINUTE_MS = 60 * 1000 };

struct options {
        const char *partner, *verdict, *archive;
        uint64_t limit;
        bool remote;
};

static const struct qf_option table[] = {
        {"partner", QF_OPTION_TEXT, offsetof(struct options, partner), "ORG", "只看这个单位报的",
         "only what this organisation's sources said", 0},
        {"verdict", QF_OPTION_TEXT, offsetof(struct options, verdict),
         "accepted|late|duplicate|quarantined|rejected", "只看这样裁决的", "only what was answered so", 0},
        {"limit", QF_OPTION_NUMBER, offsetof(struct options, limit), "N", "最多几条（默认 1000）",
         "at most so many (1000 when not said)", 0},
        QF_REMOTE_OPTION,
        QF_ARCHIVE_OPTION,
        {NULL, QF_OPTION_FLAG, 0, NULL, NULL, NULL, 0},
};

struct history {
        struct qf_cli *cli;
        struct options options;
        struct qf_saying saying;
        struct qf_spoken_codes codes;
        uint64_t found;
};

/* --- one line of what was said -------------------------------------------------------- */

static long long number_of(const json_t *object, const char *name)
{
        return json_integer_value(json_object_get(object, name));
}

/* The moment is in the programme's time zone. */
static int append_head(struct qf_buffer *text, const struct history *history, const json_t *line)
{
        const int32_t zone = qf_programme_settings(history->saying.programme)->zone_minutes;
        const int64_t received_ms = number_of(line, "received_at");
        const int64_t local_ms = received_ms + (int64_t)zone * MINUTE_MS;
        const uint32_t day = qf_date_at(received_ms, zone);
        const int64_t minute = (local_ms % DAY_MS + DAY_MS) % DAY_MS / MINUTE_MS;
        int r = qf_buffer_print(text, "%04u-%02u-%02u %02d:%02d  %lld.%lld.%lld  %s  ", day / 10000,
                                day / 100 % 100, day % 100, (int)(minute / 60), (int)(minute % 60),
                                number_of(line, "position"), number_of(line, "entry"),
                                number_of(line, "index"), json_string_value(json_object_get(line, "source")));

        return r == 0 ? qf_spoken_statement(history->cli, line, text) : r;
}

static int print_text(struct history *history, const json_t *line)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        const char *code = json_string_value(json_object_get(line, "code"));
        int r = append_head(&text, history, line);

        if (code)
                qf_spoken_note(&history->codes, qf_code_text_named(code));
        if (r == 0)
                r = qf_buffer_print(&text, "\n   ");
        if (r == 0)
                r = qf_spoken_facts(history->cli, history->saying.programme, line, &text);
        if (r == 0 && fwrite(text.at, 1, text.len, stdout) != text.len)
                r = -EIO;
        return r;
}

static int take_line(void *ctx, const json_t *line)
{
        struct history *history = ctx;

        if (++history->found > history->options.limit)
                return 0;
        return history->cli->json ? qf_json_print(json_incref((json_t *)(uintptr_t)line))
                                  : print_text(history, line);
}

/* 0 found; else the exit code. */
static int say_outcome(const struct history *history, const char *key)
{
        struct qf_cli *cli = history->cli;

        qf_spoken_print(cli, &history->codes);
        if (fflush(stdout) != 0)
                return qf_cli_broke(cli, -errno, "stdout");
        if (history->found == 0 && !key)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有这样裁决的事件。\n换一种：--verdict accepted 等；看一个编号：qf history 编号",
                        "no event has that verdict.\nAnother one: --verdict accepted and so on; one key: qf history KEY");
        if (history->found == 0 && history->saying.begins)
                return qf_cli_fail(cli, QF_EXIT_OTHER, "从那里起没有这样的事件；更早的见上。",
                                   "from there on there is no such event; for what is older see above.");
        if (history->found == 0)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "没有这样的事件。\n编号要与报送时完全一样；qf ledger 列出现有的编号。",
                        "there is no such event.\nA key is written as it was fed; qf ledger lists those that stand.");
        if (history->found > history->options.limit)
                fprintf(stderr,
                        qf_cli_say(cli, "共 %" PRIu64 " 条，只列出前 %" PRIu64 " 条：用 --limit\n",
                                   "%" PRIu64 " events, of which the first %" PRIu64 " are shown: --limit\n"),
                        history->found, history->options.limit);
        return QF_EXIT_DONE;
}

static bool is_class(const char *name)
{
        for (int class = QF_ACCEPTED; class <= QF_REJECTED; class ++)
                if (strcmp(name, qf_verdict_class_name((uint16_t) class)) == 0)
                        return true;
        return false;
}

static int run_history(struct qf_cli *cli, int argc, char **argv)
{
        struct history history = {.cli = cli, .options = {.limit = 1000}};
        int count;

        if (qf_cli_parse(cli, &history.options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (count == 0 && !history.options.verdict)
                return qf_cli_misused(cli, "要看哪个编号？或者用 --verdict 看一类裁决。",
                                      "which key? Or name a --verdict.");
        if (history.options.verdict && !is_class(history.options.verdict))
                return qf_cli_misused(
                        cli, "没有“%s”这种裁决。\n有：accepted、late、duplicate、quarantined、rejected",
                        "there is no verdict \"%s\".\nThere are: accepted, late, duplicate, quarantined, rejected",
                        history.options.verdict);
        const struct qf_said_filter filter = {.key = count ? argv[0] : NULL,
                                              .partner = history.options.partner,
                                              .verdict = history.options.verdict};
        cli->archive = history.options.archive;
        history.saying.remote = history.options.remote;
        if (qf_said_read(cli, &filter, take_line, &history, &history.saying) == 0)
                cli->exit_code = say_outcome(&history, filter.key);
        qf_said_close(&history.saying);
        return cli->exit_code;
}

const struct qf_command qf_cmd_history = {
        .name = "history",
        .zh = "一个编号下报过的每一条，和它的裁决",
        .en = "everything that was said of a key, with its verdict",
        .run = run_history,
        .arguments = "[KEY]",
        .arguments_min = 0,
        .arguments_max = 1,
        .options = table,
        .more_zh =
                "例：qf history HX/2023-017；qf history --verdict late --partner HX。在服务端的机器上读日志；从别处问服务端，看得到密钥能读的。",
        .more_en =
                "Examples: qf history HX/2023-017; qf history --verdict late --partner HX.\n"
                "On the server's machine it reads the journal; from elsewhere it asks, and sees what its key may read.",
};
