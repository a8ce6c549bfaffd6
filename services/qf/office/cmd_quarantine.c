/* `qf quarantine`: what was set aside, why, since when; said again by the office once
 * the register is mended, or given up for a reason. Both are events like all others,
 * in the journal under the partner's key: counts follow, and a rebuild says the same. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/office/aside.h"
#include "views/event_json.h"
#include "qf/cli/json_out.h"
#include "qf/reading/spoken.h"
#include "wire/body.h"

struct options {
        const char *org, *code, *reason, *archive;
        uint64_t limit;
        bool all, remote;
};

#define OPTION_ORG                                                                                           \
        {                                                                                                    \
                "partner", QF_OPTION_TEXT, offsetof(struct options, org), "ORG", "只看这个单位报的",         \
                        "only what this organisation's sources said", 0                                      \
        }
#define OPTION_CODE                                                                                          \
        {                                                                                                    \
                "code", QF_OPTION_TEXT, offsetof(struct options, code), "CODE", "只看这个代码的，如 Q204",   \
                        "only those with this code, such as Q204", 0                                         \
        }
#define OPTION_REASON                                                                                        \
        {                                                                                                    \
                "reason", QF_OPTION_TEXT, offsetof(struct options, reason), "TEXT", "原因，记入日志",        \
                        "why; it is journaled", 0                                                            \
        }

static const struct qf_option list_table[] = {
        OPTION_ORG,
        OPTION_CODE,
        {"limit", QF_OPTION_NUMBER, offsetof(struct options, limit), "N", "最多几条（默认 1000）",
         "at most so many (1000 when not said)", 0},
        QF_REMOTE_OPTION,
        QF_ARCHIVE_OPTION,
        {0},
};
static const struct qf_option retry_table[] = {
        {"all", QF_OPTION_FLAG, offsetof(struct options, all), NULL, "全部", "all of them", 0},
        OPTION_ORG,
        OPTION_CODE,
        OPTION_REASON,
        QF_ARCHIVE_OPTION,
        {0},
};
static const struct qf_option drop_table[] = {OPTION_ORG, OPTION_REASON, QF_ARCHIVE_OPTION, {0}};

struct quarantine {
        struct qf_cli *cli;
        struct options options;
        struct qf_aside_list list;
        uint32_t chosen_count;
        struct qf_aside_item **chosen;
        struct qf_spoken_codes codes;
        struct qf_office_word office;
        struct qf_arena *arena;
};

static void close_all(struct quarantine *quarantine)
{
        qf_office_close(&quarantine->office);
        qf_aside_deinit(&quarantine->list);
        (void)qf_arena_free(quarantine->arena);
        free(quarantine->chosen);
}

/* --- choosing ------------------------------------------------------------------------ */

static bool is_named(const struct qf_aside_item *item, int count, char *const *keys)
{
        bool named = count == 0;

        for (int i = 0; i < count && !named; i++)
                named = strcmp(keys[i], item->key) == 0;
        return named;
}

static bool has_code(const struct qf_aside_item *item, const char *code)
{
        return !code || strcmp(qf_code_text(item->verdict.code)->name, code) == 0;
}

/* Keys are a partner's own: the first partner that has one, and whether it is the only one. NULL: nobody has it. */
static const char *partner_of(const struct quarantine *quarantine, const char *key, bool *ret_only)
{
        const char *partner = NULL;

        *ret_only = true;
        for (uint32_t i = 0; i < quarantine->chosen_count; i++) {
                const struct qf_aside_item *item = quarantine->chosen[i];
                if (strcmp(item->key, key) != 0)
                        continue;
                *ret_only = *ret_only && (!partner || strcmp(partner, item->partner) == 0);
                partner = partner ? partner : item->partner;
        }
        return partner;
}

/* Nothing is said of some keys when others are mistaken. 0, or 1: said. */
static int check_keys(struct quarantine *quarantine, bool speaks, int count, char *const *keys)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer missing = {0};
        struct qf_cli *cli = quarantine->cli;
        int r = 0;

        for (int i = 0; i < count && r == 0; i++) {
                bool only;
                if (!partner_of(quarantine, keys[i], &only))
                        r = qf_buffer_print(&missing, "%s%s", missing.len ? qf_cli_say(cli, "、", ", ") : "",
                                            keys[i]);
                else if (speaks && !only)
                        return qf_cli_fail(
                                       cli, QF_EXIT_OTHER,
                                       "编号“%s”不止一个单位有。什么都没有改。\n用 --partner 写明单位：qf quarantine show %s",
                                       "more than one partner has \"%s\" set aside. Nothing was changed.\n"
                                       "Name the organisation with --partner: qf quarantine show %s",
                                       keys[i], keys[i]) != 0;
        }
        if (r < 0)
                return qf_cli_broke(cli, r, "quarantine") != 0;
        if (missing.len == 0)
                return 0;
        return qf_cli_fail(
                       cli, QF_EXIT_OTHER,
                       "没有放在一边的：%.*s。什么都没有改。\n看有哪些：qf quarantine list",
                       "nothing is set aside under %.*s. Nothing was changed.\nSee what there is: qf quarantine list",
                       (int)missing.len, (const char *)missing.at) != 0;
}

/* 0, or 1: said. */
static int choose(struct quarantine *quarantine, bool speaks, int count, char *const *keys)
{
        const struct options *options = &quarantine->options;

        quarantine->chosen_count = 0;
        quarantine->chosen = calloc(quarantine->list.count + 1, sizeof(struct qf_aside_item *));
        if (!quarantine->chosen) {
                qf_cli_broke(quarantine->cli, -ENOMEM, "quarantine");
                return 1;
        }
        for (uint32_t i = 0; i < quarantine->list.count; i++) {
                struct qf_aside_item *item = &quarantine->list.at[i];
                if (item->open && is_named(item, count, keys) && has_code(item, options->code) &&
                    (!options->org || strcmp(options->org, item->partner) == 0))
                        quarantine->chosen[quarantine->chosen_count++] = item;
        }
        return check_keys(quarantine, speaks, count, keys);
}

/* --- showing ------------------------------------------------------------------------- */

static int print_item(struct quarantine *quarantine, const struct qf_aside_item *item, bool whole)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        struct qf_cli *cli = quarantine->cli;
        const struct qf_programme *programme = quarantine->list.programme;
        const int64_t received_ms = json_integer_value(json_object_get(item->line, "received_at"));
        const uint32_t day = qf_date_at(received_ms, qf_programme_settings(programme)->zone_minutes);

        if (cli->json)
                return qf_json_print(json_incref(item->line));
        qf_spoken_note(&quarantine->codes, qf_code_text(item->verdict.code));
        int r = qf_buffer_print(&text, "%04u-%02u-%02u  %lld.%lld.%lld  %s  %s  ", day / 10000,
                                day / 100 % 100, day % 100,
                                (long long)json_integer_value(json_object_get(item->line, "position")),
                                (long long)json_integer_value(json_object_get(item->line, "entry")),
                                (long long)json_integer_value(json_object_get(item->line, "index")),
                                json_string_value(json_object_get(item->line, "source")), item->partner);
        if (r == 0)
                r = qf_spoken_statement(cli, item->line, &text);
        if (r == 0)
                r = qf_buffer_print(&text, whole ? "\n   " : "\n");
        if (r == 0 && whole)
                r = qf_spoken_facts(cli, programme, item->line, &text);
        if (r == 0 && fwrite(text.at, 1, text.len, stdout) != text.len)
                r = -EIO;
        return r;
}

static int show(struct quarantine *quarantine, bool whole)
{
        const uint64_t limit = quarantine->options.limit;
        int r = 0;

        for (uint32_t i = 0; i < quarantine->chosen_count && i < limit && r == 0; i++)
                r = print_item(quarantine, quarantine->chosen[i], whole);
        if (r < 0)
                return qf_cli_broke(quarantine->cli, r, "stdout");
        qf_spoken_print(quarantine->cli, &quarantine->codes);
        if (quarantine->chosen_count > limit)
                fprintf(stderr,
                        qf_cli_say(quarantine->cli, "共 %u 条，只列出前 %llu 条：用 --limit\n",
                                   "%u are set aside, of which the first %llu are shown: --limit\n"),
                        quarantine->chosen_count, (unsigned long long)limit);
        else if (!whole && !quarantine->cli->json)
                printf(qf_cli_say(quarantine->cli, "放在一边的 %u 条\n", "%u set aside\n"),
                       quarantine->chosen_count);
        return QF_EXIT_DONE;
}

/* --- the office's word ----------------------------------------------------------------- */

/* The event as it was, or only its key; the reason is the office's. */
static int say_again(struct quarantine *quarantine, const struct qf_aside_item *item, bool drop)
{
        struct qf_batch batch;
        struct qf_pair pairs[QF_VALUES_MAX];
        struct qf_words words = {0};

        qf_arena_reset(quarantine->arena);
        int r = qf_kept_event_get(&item->event, quarantine->arena, &batch);
        if (r < 0) {
                qf_cli_broke(quarantine->cli, r, item->key);
                return 1;
        }
        struct qf_event event = batch.events[0];
        if (drop)
                event = (struct qf_event){
                        .kind = item->kind, .action = QF_DROP, .method = item->method, .key = event.key};
        else if (event.words)
                words = *event.words;
        /* Named, so that a correction that comes before this word is not undone by it. */
        if (!drop && event.action == QF_REPLACE && event.revision == 0 && item->revision > 0 &&
            item->revision < QF_WRITTEN_MAX)
                event.revision = item->revision + 1;
        if (quarantine->options.reason)
                words.reason = qf_view_of(quarantine->options.reason);
        event.words = &words;
        return qf_office_add(&quarantine->office, item->partner, &event, pairs,
                             drop ? 0 : qf_event_pairs(&batch, &batch.events[0], pairs));
}

static int say_verdict(struct quarantine *quarantine, uint32_t at)
{
        const struct qf_aside_item *item = quarantine->chosen[at];
        const struct qf_verdict verdict = quarantine->office.verdicts[at];
        const char *code = qf_verdict_code_name(verdict);
        struct qf_cli *cli = quarantine->cli;

        if (cli->json)
                return qf_json_print(json_pack("{s:s, s:s, s:s, s:s, s:s?}", "partner", item->partner, "kind",
                                               qf_event_kind_code(item->kind), "key", item->key, "verdict",
                                               qf_verdict_class_name(verdict.class), "code", code));
        printf("%s  %s %s → %s%s%s\n", item->partner, qf_spoken_kind(cli, qf_event_kind_code(item->kind)),
               item->key, qf_spoken_verdict(cli, qf_verdict_class_name(verdict.class)), code ? " " : "",
               code ? code : "");
        qf_spoken_note(&quarantine->codes, qf_code_text(verdict.code));
        return 0;
}

static int speak(struct quarantine *quarantine, bool drop)
{
        struct qf_cli *cli = quarantine->cli;
        uint32_t back = 0;
        int r = qf_arena_new(2 * QF_DECODE_ARENA_BYTES, &quarantine->arena);

        if (r < 0)
                return qf_cli_broke(cli, r, "quarantine");
        if (qf_office_open(cli, &quarantine->office))
                return cli->exit_code;
        for (uint32_t i = 0; i < quarantine->chosen_count; i++)
                if (say_again(quarantine, quarantine->chosen[i], drop))
                        return cli->exit_code;
        if (quarantine->chosen_count && qf_office_send(&quarantine->office))
                return cli->exit_code;
        for (uint32_t i = 0; i < quarantine->office.heard && r == 0; i++) {
                back += quarantine->office.verdicts[i].class >= QF_QUARANTINED;
                r = say_verdict(quarantine, i);
        }
        if (r < 0)
                return qf_cli_broke(cli, r, "stdout");
        qf_spoken_print(cli, &quarantine->codes);
        if (!cli->json)
                printf(qf_cli_say(cli, "共 %u 条，没有收下 %u 条\n", "%u decided, %u of them not taken\n"),
                       quarantine->office.heard, back);
        return back ? QF_EXIT_RETURNED : QF_EXIT_DONE;
}

/* 0, or the exit code of a misuse. */
static int check(struct quarantine *quarantine, bool retry, bool drop, int count)
{
        const struct options *options = &quarantine->options;

        if (retry && (count == 0) != options->all)
                return qf_cli_misused(quarantine->cli, "写明编号，或者 --all。", "name keys, or --all.");
        if ((retry || drop) && (!options->reason || !options->reason[0]))
                return qf_cli_misused(quarantine->cli, "用 --reason 写明原因，它记入日志。",
                                      "say why with --reason: it is journaled.");
        return 0;
}

static int run_quarantine(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_all) struct quarantine quarantine = {.cli = cli, .options = {.limit = 1000}};
        const char *part = cli->command->name;
        const bool retry = strcmp(part, "retry") == 0, drop = strcmp(part, "drop") == 0;
        int count;

        if (qf_cli_parse(cli, &quarantine.options, argc, argv, &count))
                return cli->exit_code;
        cli->archive = quarantine.options.archive;
        const bool asks = !retry && !drop && (quarantine.options.remote || !cli->journal);
        if (check(&quarantine, retry, drop, count) ||
            (asks ? qf_aside_ask(cli, quarantine.options.org, &quarantine.list)
                  : qf_aside_read(cli, &quarantine.list)) ||
            choose(&quarantine, retry || drop, count, argv) ||
            (retry && qf_aside_stands(cli, &quarantine.list)))
                return cli->exit_code;
        return retry || drop ? speak(&quarantine, drop) : show(&quarantine, strcmp(part, "show") == 0);
}

static const struct qf_command quarantine_list = {
        .name = "list",
        .zh = "放在一边的，逐条",
        .en = "what was set aside, one by one",
        .run = run_quarantine,
        .options = list_table,
        .more_zh =
                "放在一边、没有计数的：谁报的，什么时候，为什么。在服务端的机器上读日志；别处（或用 --remote）问服务端，看得到的范围随密钥。",
        .more_en =
                "What was set aside and does not count: whose, since when, and why. It reads the journal on the server's machine; "
                "elsewhere, or with --remote, it asks the server, with the rights of the key."};

static const struct qf_command quarantine_show = {.name = "show",
                                                  .zh = "一个编号下放在一边的内容",
                                                  .en = "what was set aside under a key",
                                                  .run = run_quarantine,
                                                  .arguments = "KEY",
                                                  .arguments_min = 1,
                                                  .arguments_max = 1,
                                                  .options = list_table,
                                                  .more_zh = "这个编号下放在一边的内容，一个字不差。",
                                                  .more_en =
                                                          "What was set aside under a key, in every field."};

static const struct qf_command quarantine_retry = {
        .name = "retry",
        .zh = "重新裁决",
        .en = "judge it anew",
        .run = run_quarantine,
        .arguments = "[KEY...]",
        .arguments_max = QF_LIST_MAX,
        .options = retry_table,
        .more_zh =
                "名录补好之后，重新裁决：qf quarantine retry --all --code Q205 --reason 补录了研学点。收下的计数，其余照旧放着；"
                "报送单位不用重报。密钥要有 admin 权限。",
        .more_en =
                "Judged anew, once the register is mended: qf quarantine retry --all --code Q205 --reason \"site was registered\".\n"
                "What is taken counts, the rest waits on; the partner need not send it again. Needs the role admin."};

static const struct qf_command quarantine_drop = {
        .name = "drop",
        .zh = "不要了",
        .en = "give it up",
        .run = run_quarantine,
        .arguments = "KEY",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = drop_table,
        .more_zh = "不要了，写明原因。内容留在日志里；同一编号以后仍可再报。密钥要有 admin 权限。",
        .more_en =
                "Given up, for a reason. What was said stays in the journal; the key may be used again. Needs the role admin."};

const struct qf_command qf_cmd_quarantine = {
        .name = "quarantine",
        .zh = "放在一边的：看、重新裁决、不要了",
        .en = "what was set aside: see it, judge it anew, give it up",
        .parts = (const struct qf_command *const[]){&quarantine_list, &quarantine_show, &quarantine_retry,
                                                    &quarantine_drop, NULL},
};
