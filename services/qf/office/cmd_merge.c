/* `qf merge`: two organisations reported one activity. A human says which record
 * stays; the other organisation becomes its co-host, and its own record is merged
 * away. Both are statements of the office under the partners' keys; --undo says both
 * back. Nothing is ever merged by itself. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/cli/json_out.h"
#include "qf/office/stood.h"

struct options {
        const char *reason, *co, *archive;
        bool undo;
};

static const struct qf_option option_table[] = {
        {"reason", QF_OPTION_TEXT, offsetof(struct options, reason), "TEXT", "原因，记入日志",
         "why; it is journaled", 0},
        {"undo", QF_OPTION_FLAG, offsetof(struct options, undo), NULL,
         "撤销合并：合并加上的协办单位去掉，两条各计各的；合并到一半断了也可以",
         "take a merge back: the co-hosts it added go, both count; also of one that was broken off", 0},
        {"co", QF_OPTION_TEXT, offsetof(struct options, co), "DIM", "协办单位的维度（默认 co_org）",
         "the dimension of co-hosts (co_org when not said)", 0},
        QF_ARCHIVE_OPTION,
        {0},
};

struct merge {
        struct qf_cli *cli;
        struct options options;
        struct qf_stood_reading reading;
        struct qf_office_word office;
        struct qf_arena *arena;
};

static void close_merge(struct merge *merge)
{
        qf_office_close(&merge->office);
        qf_stood_deinit(&merge->reading);
        (void)qf_arena_free(merge->arena);
}

/* --- what is said ----------------------------------------------------------------- */

struct said { /* a statement, put together again */
        struct qf_event event;
        struct qf_words words;
        uint32_t count;
        struct qf_pair pairs[QF_VALUES_MAX];
};

static int recall(struct merge *merge, const struct qf_kept_event *kept, struct said *said)
{
        struct qf_batch batch;
        int r = qf_kept_event_get(kept, merge->arena, &batch);

        if (r < 0) {
                qf_cli_broke(merge->cli, r, "journal");
                return 1;
        }
        said->event = batch.events[0];
        said->words = said->event.words ? *said->event.words : (struct qf_words){0};
        said->event.words = &said->words;
        said->count = qf_event_pairs(&batch, &batch.events[0], said->pairs);
        return 0;
}

static int begin_replace(struct merge *merge, const struct qf_stood *stood, struct said *said)
{
        if (recall(merge, &stood->last, said))
                return 1;
        said->words.reason = qf_view_of(merge->options.reason);
        said->event.action = QF_REPLACE;
        said->event.revision = stood->revision + 1; /* refused when somebody was quicker */
        return 0;
}

static bool has_pair(const struct said *said, struct qf_pair pair)
{
        for (uint32_t i = 0; i < said->count; i++)
                if (qf_view_same(said->pairs[i].dimension, pair.dimension) &&
                    qf_view_same(said->pairs[i].member, pair.member))
                        return true;
        return false;
}

/* The organisations of one record become co-hosts of another, but for its own. */
static bool add_hosts(struct said *keep, const struct said *away, struct qf_view co)
{
        bool added = false;

        for (uint32_t i = 0; i < away->count && keep->count < QF_VALUES_MAX; i++) {
                const struct qf_view dimension = away->pairs[i].dimension;
                const struct qf_pair host = {co, away->pairs[i].member}, lead = {QF_VIEW("org"), host.member};
                if ((!qf_view_same(dimension, co) && !qf_view_same(dimension, QF_VIEW("org"))) ||
                    has_pair(keep, host) || has_pair(keep, lead))
                        continue;
                keep->pairs[keep->count++] = host;
                added = true;
        }
        return added;
}

/* Whether the office's word is what stood with hosts of the other record added: else it was no merge's. 0, 1, or -ENOMEM. */
static int is_merges(const struct said *before, const struct said *word, const struct said *away,
                     const struct qf_kept_event *kept)
{
        QF_CLEANUP(qf_kept_event_deinit) struct qf_kept_event again = {0};
        struct said likewise = *before;
        uint32_t stood = 0;

        for (uint32_t i = 0; i < word->count; i++) {
                const struct qf_pair lead = {QF_VIEW("org"), word->pairs[i].member};
                if (has_pair(before, word->pairs[i]))
                        stood++;
                else if (!has_pair(away, word->pairs[i]) && !has_pair(away, lead))
                        return 0;
        }
        likewise.event.action = word->event.action;
        likewise.event.revision = word->event.revision;
        likewise.words.reason = word->words.reason;
        likewise.event.words = &likewise.words;
        int r = qf_kept_event_put(&again, &likewise.event, word->pairs, word->count);
        return r < 0 ? r : stood == before->count && qf_kept_event_same(&again, kept);
}

/* What the merge gave goes, all else stays, whoever said it: another merge, a retry, its partner since. */
static void remove_given(struct said *stays, const struct said *before, const struct said *word)
{
        uint32_t left = 0;

        for (uint32_t i = 0; i < stays->count; i++)
                if (has_pair(before, stays->pairs[i]) || !has_pair(word, stays->pairs[i]))
                        stays->pairs[left++] = stays->pairs[i];
        stays->count = left;
}

/* 0 when it was taken (or known), else 1: said. */
static int say(struct merge *merge, const struct qf_stood *stood, const struct said *said)
{
        struct qf_office_word *office = &merge->office;

        if (qf_office_add(office, stood->partner, &said->event, said->pairs, said->count) ||
            qf_office_send(office))
                return 1;
        const struct qf_verdict verdict = office->verdicts[office->heard - 1];
        if (verdict.class <= QF_DUPLICATE)
                return 0;
        qf_cli_fail(merge->cli, verdict.class == QF_QUARANTINED ? QF_EXIT_RETURNED : QF_EXIT_CONFLICT,
                    "%s：%s %s\n弄清后再来一次：已经做了的不会重复。",
                    "%s: %s %s\nTry again when it is clear: what was done is not done twice.", stood->key,
                    qf_code_text(verdict.code)->name,
                    qf_cli_say(merge->cli, qf_code_text(verdict.code)->zh, qf_code_text(verdict.code)->en));
        return 1;
}

static void withdraw(const struct merge *merge, const struct qf_stood *away, const char *into,
                     struct said *said)
{
        *said = (struct said){.words = {.reason = qf_view_of(merge->options.reason)},
                              .event = {.kind = QF_KIND_ACTIVITY,
                                        .action = QF_WITHDRAW,
                                        .revision = away->revision + 1,
                                        .key = qf_view_of(away->key),
                                        .merged_into = qf_view_of(into)}};
        said->event.words = &said->words;
}

/* --- both ways ---------------------------------------------------------------------- */

static const char *state_name(const struct qf_cli *cli, uint8_t state)
{
        return state == QF_HEAD_LIVE     ? qf_cli_say(cli, "现有", "stands")
               : state == QF_HEAD_MERGED ? qf_cli_say(cli, "已并入别的", "is merged away")
                                         : qf_cli_say(cli, "已撤回", "is withdrawn");
}

/* 0, or 1: said. */
static int check_states(struct merge *merge, uint8_t wanted_keep, uint8_t wanted_away)
{
        const struct qf_stood *keep = &merge->reading.at[QF_STOOD_KEEP],
                              *away = &merge->reading.at[QF_STOOD_AWAY];
        struct qf_cli *cli = merge->cli;

        if (strcmp(keep->key, away->key) == 0 && strcmp(keep->partner, away->partner) == 0)
                return qf_cli_misused(cli, "两个编号是同一条。", "Both keys are of the same record.");
        if (keep->state == wanted_keep && away->state == wanted_away)
                return 0;
        qf_cli_fail(cli, QF_EXIT_CONFLICT, "不能：%s %s，%s %s。什么都没有改。\n看来龙去脉：qf history %s",
                    "not so: %s %s, %s %s. Nothing was changed.\nSee what was said of it: qf history %s",
                    keep->key, state_name(cli, keep->state), away->key, state_name(cli, away->state),
                    keep->state == wanted_keep ? away->key : keep->key);
        return 1;
}

static int put_together(struct merge *merge)
{
        const struct qf_stood *keep = &merge->reading.at[QF_STOOD_KEEP],
                              *away = &merge->reading.at[QF_STOOD_AWAY];
        const struct qf_view co = qf_view_of(merge->options.co);
        struct said stays, goes;

        if (check_states(merge, QF_HEAD_LIVE, QF_HEAD_LIVE) || begin_replace(merge, keep, &stays) ||
            begin_replace(merge, away, &goes))
                return 1;
        if (add_hosts(&stays, &goes, co) && say(merge, keep, &stays))
                return 1;
        withdraw(merge, away, keep->key, &goes);
        return say(merge, away, &goes);
}

/* Takes from the first what the merge gave it. 0, or 1: said. *ret_fewer: it gave something that is still there. */
static int take_back(struct merge *merge, struct said *stays, const struct said *away, bool *ret_fewer)
{
        const struct qf_stood_reading *reading = &merge->reading;
        const uint32_t count = stays->count;
        struct said before, word;

        *ret_fewer = false;
        if (!reading->worded || reading->before.facts.len == 0)
                return 0;
        if (recall(merge, &reading->before, &before) || recall(merge, &reading->word, &word))
                return 1;
        int r = is_merges(&before, &word, away, &reading->word);
        if (r > 0)
                remove_given(stays, &before, &word);
        *ret_fewer = stays->count < count;
        return r < 0 ? qf_cli_broke(merge->cli, r, "merge") : 0;
}

/* The co-hosts first: broken off in between, the activity counts once, and the same words go on with it. A merge that
 * was broken off there has both records standing, and is taken back too. */
static int take_apart(struct merge *merge)
{
        const struct qf_stood *keep = &merge->reading.at[QF_STOOD_KEEP],
                              *away = &merge->reading.at[QF_STOOD_AWAY];
        const bool half = away->state == QF_HEAD_LIVE;
        struct said stays, returns;
        bool fewer;

        if (check_states(merge, QF_HEAD_LIVE, half ? QF_HEAD_LIVE : QF_HEAD_MERGED))
                return 1;
        if (!half && strcmp(away->merged_into, keep->key) != 0) {
                qf_cli_fail(merge->cli, QF_EXIT_CONFLICT, "%s 并入的是 %s。\n写成：qf merge --undo %s %s",
                            "%s was merged into %s.\nSay: qf merge --undo %s %s", away->key,
                            away->merged_into, away->merged_into, away->key);
                return 1;
        }
        if (begin_replace(merge, away, &returns) || begin_replace(merge, keep, &stays) ||
            take_back(merge, &stays, &returns, &fewer))
                return 1;
        if (half && !fewer)
                return check_states(merge, QF_HEAD_LIVE, QF_HEAD_MERGED);
        return (fewer && say(merge, keep, &stays)) || (!half && say(merge, away, &returns));
}

static int say_done(const struct merge *merge)
{
        const struct qf_stood *keep = &merge->reading.at[QF_STOOD_KEEP],
                              *away = &merge->reading.at[QF_STOOD_AWAY];
        const bool undo = merge->options.undo;

        if (merge->cli->json)
                return qf_json_say(merge->cli, json_pack("{s:b, s:s, s:s, s:s, s:s}", "merged", !undo,
                                                         "keep_partner", keep->partner, "keep", keep->key,
                                                         "away_partner", away->partner, "away", away->key));
        printf(undo ? qf_cli_say(merge->cli, "分开了：%s %s 和 %s %s 各计各的。\n",
                                 "apart again: %s %s and %s %s.\n")
                    : qf_cli_say(merge->cli, "合并了：留 %s %s；%s %s 并入，不再计数。\n",
                                 "merged: %s %s stays; %s %s is merged away and counts no more.\n"),
               keep->partner, keep->key, away->partner, away->key);
        return QF_EXIT_DONE;
}

/* "PARTNER:KEY" or "KEY": a key that has a colon itself is written with its partner. */
static void name(struct qf_stood *stood, char *text)
{
        char *colon = strchr(text, ':');

        stood->key = text;
        if (!colon)
                return;
        *colon = '\0';
        stood->wanted = text;
        stood->key = colon + 1;
}

static int run_merge(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_merge)
        struct merge merge = {.cli = cli, .options = {.co = "co_org"}};
        int count;

        if (qf_cli_parse(cli, &merge.options, argc, argv, &count))
                return cli->exit_code;
        if (!merge.options.reason || !merge.options.reason[0])
                return qf_cli_misused(cli, "用 --reason 写明原因，它记入日志。",
                                      "say why with --reason: it is journaled.");
        name(&merge.reading.at[QF_STOOD_KEEP], argv[0]);
        name(&merge.reading.at[QF_STOOD_AWAY], argv[1]);
        cli->archive = merge.options.archive;
        int r = qf_arena_new(4 * QF_DECODE_ARENA_BYTES, &merge.arena);
        if (r < 0)
                return qf_cli_broke(cli, r, "merge");
        if (qf_stood_read(cli, &merge.reading))
                return cli->exit_code;
        const struct qf_programme *programme = merge.reading.names.programme;
        if (qf_programme_find_dimension(programme, qf_view_of(merge.options.co)) == QF_DIMENSION_UNKNOWN)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "方案里没有维度“%s”。\n用 --co 写协办单位的维度。",
                                   "the programme has no dimension \"%s\".\nName that of co-hosts: --co.",
                                   merge.options.co);
        if (qf_office_open(cli, &merge.office) ||
            (merge.options.undo ? take_apart(&merge) : put_together(&merge)))
                return cli->exit_code;
        return say_done(&merge);
}

const struct qf_command qf_cmd_merge = {
        .name = "merge",
        .zh = "两家报了同一场：并成一条",
        .en = "two records of one activity become one",
        .run = run_merge,
        .arguments = "KEEP AWAY",
        .arguments_min = 2,
        .arguments_max = 2,
        .options = option_table,
        .more_zh =
                "两家报了同一场：\n"
                "  qf merge HX/2023-017 SW/2023-5 --reason 联办，海关牵头\n"
                "第一个留下，第二个的主办单位成为它的协办单位，第二个并入，不再计数；SW 再改它会放在一边（Q210）。编号几家都有时写成 单位:编号。撤销：\n"
                "  qf merge --undo HX/2023-017 SW/2023-5 --reason 不是同一场\n"
                "密钥要有 admin 权限；读的是日志，在服务端的机器上运行。",
        .more_en =
                "Two reported the same activity:\n"
                "  qf merge HX/2023-017 SW/2023-5 --reason \"held together, customs leads\"\n"
                "The first stays, the organisation of the second becomes its co-host, and the second is merged away and counts no more; what SW says of it later is set aside (Q210). Where several have such a key: PARTNER:KEY. Back:\n"
                "  qf merge --undo HX/2023-017 SW/2023-5 --reason \"two events\"\n"
                "Needs the role admin; it reads the journal: run it on the server's machine.",
};
