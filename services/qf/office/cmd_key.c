/* Why: keys are the only way in, so making, registering and revoking them has to
 * be easy to do right. The secret half is made where it is used and never leaves
 * that machine; the public half is registered by the office, as a register event
 * like any other change of the programme: dated, journaled, with a verdict.
 *
 *     partner: qf key new NAME ─► NAME.secret (stays), NAME.public ─► office: qf key add NAME PUBLIC --org … */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "client/subscribe.h"
#include "model/period.h"
#include "programme/admission.h"
#include "qf/cli/asking.h"
#include "qf/cli/cli.h"
#include "qf/office/cmd_key.h"
#include "qf/feeding/feeding.h"
#include "wire/keys.h"

enum { OVERLAP_DAYS = 7, OVERLAP_MOST = 366, KEYS_MAX = 4, NAME_BYTES_MAX = 32, PATIENCE_MS = 5000 };

struct options {
        struct qf_list orgs, roles;
        const char *partner, *from, *to, *out;
        uint64_t overlap;
        bool rotates;
};

/* --- small checks --------------------------------------------------------------------- */

static int check_name(struct qf_cli *cli, const char *name)
{
        struct qf_view view = qf_view_of(name);

        if (view.len > 0 && view.len <= NAME_BYTES_MAX && name[0] != '.' && !strchr(name, '/') &&
            qf_text_valid(view, false))
                return 0;
        qf_cli_misused(cli, "“%s”不能作数据源的名字：1 到 32 个字节，不含“/”，不以“.”开头。",
                       "\"%s\" cannot be the name of a source: 1 to 32 bytes, no \"/\", no leading \".\".",
                       name);
        return 1;
}

/* Both halves look alike; what is registered is in the journal for good. */
static bool names_secret(const char *path)
{
        static const char ending[] = ".secret";
        const size_t len = strlen(path);

        return len >= sizeof ending - 1 && strcmp(path + len - (sizeof ending - 1), ending) == 0;
}

/* The path of a .public file, or a key as text. The file comes first: a path of 40 characters may look like a key. */
static int read_public(struct qf_cli *cli, const char *text, uint8_t ret_key[32])
{
        if (names_secret(text)) {
                qf_cli_fail(cli, QF_EXIT_USAGE,
                            "“%s”是私钥，不要给别人，也不能登记；什么都没有改。\n登记它旁边的 .public 文件。",
                            "\"%s\" is the secret half: it is for nobody else, and nothing was changed.\n"
                            "Register the .public file beside it.",
                            text);
                return 1;
        }
        if (qf_key_read_public(text, ret_key) == 0 || qf_key_parse(text, ret_key))
                return 0;
        qf_cli_fail(
                cli, QF_EXIT_USAGE,
                "“%s”不是公钥，也不是公钥文件。\n公钥是 qf key new 打印的 40 个字符；在命令行里用单引号括起来。",
                "\"%s\" is neither a public key nor a file with one.\n"
                "It is the 40 characters that qf key new prints; put them in single quotes.",
                text);
        return 1;
}

static int read_roles(struct qf_cli *cli, const struct qf_list *list, uint32_t *ret_roles)
{
        uint32_t bits = 0;

        for (uint32_t i = 0; i < list->count; i++) {
                uint32_t bit = 0;
                for (size_t j = 0; j < QF_KEY_ROLES; j++)
                        if (qf_view_same(list->at[i], qf_view_of(qf_key_roles[j].name)))
                                bit = qf_key_roles[j].bit;
                if (bit == 0) {
                        qf_cli_misused(cli, "--role 只有 feed、read、admin，没有“%.*s”。",
                                       "--role is feed, read or admin, not \"%.*s\".", (int)list->at[i].len,
                                       list->at[i].at);
                        return 1;
                }
                bits |= bit;
        }
        *ret_roles = bits;
        return 0;
}

/* --- new ------------------------------------------------------------------------------- */

static void print_new(const struct qf_cli *cli, const char *name, const char *key, const char *secret_path)
{
        if (cli->json) {
                json_t *object = json_pack("{s:s, s:s, s:s}", "source", name, "public", key, "secret_file",
                                           secret_path);
                if (object)
                        (void)json_dumpf(object, stdout, JSON_COMPACT);
                json_decref(object);
                (void)putchar('\n');
                return;
        }
        if (strcmp(name, "office") == 0) {
                printf(qf_cli_say(
                               cli,
                               "%s\n\n办公室的私钥在 %s：它什么都能做，只留在办公室。\n"
                               "qf-ingest 启动时认它：停下 qf up 再启动，或 systemctl restart qf-ingest。原来的从此不认。\n",
                               "%s\n\nThe office's secret half is %s: it may do everything, and stays with the office.\n"
                               "qf-ingest takes it when it starts: stop qf up and start it, or systemctl restart "
                               "qf-ingest. The one before is refused from then on.\n"),
                       key, secret_path);
                return;
        }
        printf(qf_cli_say(
                       cli,
                       "%s\n\n私钥在 %s，只留在这台机器上，不给任何人。\n把上面的公钥交给办公室，由办公室登记：\n"
                       "  qf key add %s '%s' --org 机构代码 --role feed,read\n",
                       "%s\n\nThe secret half is %s: it stays on this machine, for nobody else.\n"
                       "Give the public key above to the office, which registers it:\n"
                       "  qf key add %s '%s' --org CODE --role feed,read\n"),
               key, secret_path, name, key);
}

static int make_key(struct qf_cli *cli, const char *name, const char *folder)
{
        char secret_path[PATH_MAX], public_path[PATH_MAX], text[QF_KEY_TEXT];
        uint8_t public_key[32], secret[32];

        if (snprintf(secret_path, sizeof secret_path, "%s/%s.secret", folder, name) >=
                    (int)sizeof secret_path ||
            snprintf(public_path, sizeof public_path, "%s/%s.public", folder, name) >=
                    (int)sizeof public_path)
                return qf_cli_broke(cli, -ENAMETOOLONG, folder);
        int r = qf_key_make(public_key, secret);
        if (r == 0)
                r = qf_key_write_secret(secret_path, secret);
        explicit_bzero(secret, sizeof secret);
        if (r == -EEXIST)
                return qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "%s 已经有了，不会覆盖。\n换一个名字；若要换密钥，先把旧文件移走。",
                        "%s exists already and is not overwritten.\nTake another name; to change a key, move "
                        "the old file away first.",
                        secret_path);
        if (r == 0)
                r = qf_key_write_public(public_path, public_key);
        if (r < 0)
                return qf_cli_broke(cli, r, secret_path);
        qf_key_text(public_key, text);
        print_new(cli, name, text, secret_path);
        return QF_EXIT_DONE;
}

static const struct qf_option new_options[] = {
        {"out", QF_OPTION_TEXT, offsetof(struct options, out), "DIR",
         "放在哪个目录；默认 --dir 的 keys，否则当前目录", "where to; default keys of --dir, else here", 0},
        {0},
};

static int run_new(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        char folder[PATH_MAX];
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) || check_name(cli, argv[0]))
                return cli->exit_code;
        (void)snprintf(folder, sizeof folder, "%s%s", cli->dir && !options.out ? cli->dir : "",
                       options.out ? options.out
                       : cli->dir  ? "/keys"
                                   : ".");
        return make_key(cli, argv[0], folder);
}

static const struct qf_command key_new = {
        .name = "new",
        .zh = "制作一对密钥",
        .en = "make a pair of keys",
        .run = run_new,
        .arguments = "NAME",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = new_options,
        .local = true,
};

/* --- sending a source's entry -------------------------------------------------------------- */

struct sent {
        uint64_t number; /* of the event; 0: it was not added yet */
        bool heard;
        struct qf_verdict verdict;
        uint64_t position;
        bool stands;                             /* the source, before */
        char field[32], got[4 * NAME_BYTES_MAX]; /* as the server said */
};

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct sent *sent = ctx;

        if (sent->number == 0 || verdict->number != sent->number) /* of an earlier command */
                return 0;
        sent->heard = true;
        sent->verdict = verdict->verdict;
        sent->position = verdict->position;
        if (verdict->detail) {
                (void)snprintf(sent->field, sizeof sent->field, "%.*s", (int)verdict->detail->field.len,
                               verdict->detail->field.at);
                (void)snprintf(sent->got, sizeof sent->got, "%.*s", (int)verdict->detail->got.len,
                               verdict->detail->got.at);
        }
        return 0;
}

static int say_returned(struct qf_cli *cli, const struct sent *sent)
{
        const struct qf_code_text *code = qf_code_text(sent->verdict.code);
        const bool partner = strcmp(sent->field, "partner") == 0;

        if (sent->verdict.code != QF_E161_REGISTER || sent->got[0] == '\0' ||
            (!partner && strcmp(sent->field, "org") != 0)) {
                char near[sizeof sent->field + sizeof sent->got + 8] = "";
                if (sent->field[0])
                        (void)snprintf(near, sizeof near, " (%s: %s)", sent->field, sent->got);
                return qf_cli_fail(
                        cli, sent->verdict.code == QF_E160_NOT_ADMIN ? QF_EXIT_REFUSED : QF_EXIT_RETURNED,
                        "%s：%s%s", "%s: %s%s", code->name, qf_cli_say(cli, code->zh, code->en), near);
        }
        if (partner && sent->stands)
                return qf_cli_fail(cli, QF_EXIT_RETURNED,
                                   "E161：这个数据源的记录已经归另一家机构，不能改归“%s”；什么都没有改。\n"
                                   "给“%s”另起一个数据源：qf key add 名字 公钥 --org %s",
                                   "E161: the records of this source are another organisation's, and cannot "
                                   "become those of \"%s\"; nothing was changed.\n"
                                   "Give \"%s\" a source of its own: qf key add NAME PUBLIC --org %s",
                                   sent->got, sent->got, sent->got);
        return qf_cli_fail(cli, QF_EXIT_RETURNED,
                           "E161：方案里没有机构“%s”；什么都没有改。\n"
                           "看有哪些：qf programme show org。新机构先写进方案文件：qf programme load 文件",
                           "E161: the programme has no organisation \"%s\"; nothing was changed.\n"
                           "See which there are: qf programme show org. A new one goes into the programme "
                           "file first: qf programme load FILE",
                           sent->got);
}

static int say_verdict(struct qf_cli *cli, const struct sent *sent, const char *zh, const char *en)
{
        if (sent->verdict.class == QF_REJECTED || sent->verdict.class == QF_QUARANTINED)
                return say_returned(cli, sent);
        const bool everywhere = qf_asking_knows(cli, sent->position);
        if (cli->json)
                printf("{\"verdict\":\"%s\"}\n", qf_verdict_class_name(sent->verdict.class));
        else
                puts(sent->verdict.class == QF_DUPLICATE
                             ? qf_cli_say(cli, "早已如此，没有变化。", "It was so already.")
                             : qf_cli_say(cli, zh, en));
        if (!everywhere && !cli->json)
                puts(qf_cli_say(cli, "查询服务这时没有答复：它回来后才知道。",
                                "Reporting does not answer now: it will know when it is back."));
        return QF_EXIT_DONE;
}

static int send_source(struct qf_cli *cli, struct qf_feed *feed, const struct qf_register *source,
                       struct sent *sent)
{
        struct qf_event event = {.kind = QF_KIND_SOURCE, .action = QF_REPLACE, .registered = source};

        return qf_feeding_add(cli, feed, &event, NULL, 0, &sent->number) ||
               qf_feeding_flush(cli, feed, NULL) || qf_feeding_drain(cli, feed, PATIENCE_MS, NULL, NULL) ||
               !sent->heard;
}

static struct qf_register entry_of(const struct qf_source *source)
{
        return (struct qf_register){.code = source->name,
                                    .parent = source->partner_code,
                                    .roles = source->roles,
                                    .orgs_count = source->orgs_count,
                                    .orgs = source->orgs};
}

/* --- add ----------------------------------------------------------------------------------- */

/* What is not said stays as it stands. */
static int build_entry(struct qf_cli *cli, const struct options *options, struct qf_register *entry)
{
        uint32_t bits = 0;

        if (read_roles(cli, &options->roles, &bits) != 0)
                return 1;
        if (bits != 0)
                entry->roles = bits;
        else if (entry->roles == 0)
                entry->roles = QF_ROLE_FEED | QF_ROLE_READ;
        if (options->orgs.count > 0) {
                entry->orgs = options->orgs.at;
                entry->orgs_count = options->orgs.count;
        }
        if (options->partner)
                entry->parent = qf_view_of(options->partner);
        if (entry->parent.len == 0 && entry->orgs_count > 0)
                entry->parent = entry->orgs[0];
        if (entry->orgs_count > 0)
                return 0;
        qf_cli_misused(cli, "要说明它代表哪些机构：--org 机构代码。",
                       "say for which organisations it speaks: --org CODE.");
        return 1;
}

/* Appends a key unless it is there; then its dates are the new ones. */
static int add_key(struct qf_cli *cli, struct qf_source_key *keys, uint32_t *count,
                   const struct qf_source_key *key)
{
        for (uint32_t i = 0; i < *count; i++) {
                if (memcmp(keys[i].public_key, key->public_key, sizeof key->public_key) == 0) {
                        keys[i] = *key;
                        return 0;
                }
        }
        if (*count == KEYS_MAX) {
                qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "一个数据源最多 %d 个密钥。\n先吊销旧的：qf key revoke NAME PUBLIC",
                        "a source has at most %d keys.\nRevoke an old one first: qf key revoke NAME PUBLIC",
                        (int)KEYS_MAX);
                return 1;
        }
        keys[(*count)++] = *key;
        return 0;
}

/* Other keys of a source that changes its key end with the overlap, unless they end before; what is over goes. */
static void end_others(struct qf_source_key *keys, uint32_t *count, uint32_t today, uint32_t last_day)
{
        uint32_t kept = 0;

        for (uint32_t i = 0; i < *count; i++) {
                if (keys[i].valid_to == 0 || keys[i].valid_to > last_day)
                        keys[i].valid_to = last_day;
                if (keys[i].valid_to >= today)
                        keys[kept++] = keys[i];
        }
        *count = kept;
}

/* Ingest refuses it too, and names nobody: whoever feeds there may not know the others. */
static bool is_of_another(struct qf_cli *cli, const struct qf_programme *programme,
                          const struct qf_source_key *key, uint32_t ref)
{
        const uint32_t holder = qf_programme_find_key(programme, key->public_key, 0);

        if (holder == 0 || holder == ref)
                return false;
        const struct qf_view name = qf_programme_source(programme, holder)->name;
        qf_cli_fail(cli, QF_EXIT_RETURNED,
                    "E161：这个公钥是数据源“%.*s”的，一个密钥只属于一个数据源；什么都没有改。\n"
                    "给新的数据源另做一对：qf key new 名字",
                    "E161: this public key is that of the source \"%.*s\", and a key belongs to one source; "
                    "nothing was changed.\n"
                    "Make a pair of its own: qf key new NAME",
                    (int)name.len, name.at);
        return true;
}

static int add_source(struct qf_cli *cli, struct qf_feed *feed, const struct options *options,
                      const char *name, const struct qf_source_key *key, struct sent *sent)
{
        const struct qf_programme *programme = NULL;
        struct qf_source_key keys[KEYS_MAX] = {0};
        struct qf_register entry = {.code = qf_view_of(name)};
        uint32_t count = 0;

        if (qf_feeding_learn_now(cli, feed, &programme) != 0)
                return 1;
        uint32_t ref = qf_programme_find_source(programme, entry.code);
        sent->stands = ref != 0;
        if (ref != 0) {
                const struct qf_source *source = qf_programme_source(programme, ref);
                entry = entry_of(source);
                for (; count < source->keys_count && count < KEYS_MAX; count++)
                        keys[count] = source->keys[count];
        } else if (options->rotates) {
                return qf_cli_no_source(cli, name);
        }
        if (is_of_another(cli, programme, key, ref))
                return 1;
        if (options->rotates) {
                uint32_t today = qf_admission_today(programme, qf_clock_wall_ms());
                /* No overlap: the last day is over. */
                int32_t last = qf_date_days(today) + (int32_t)options->overlap - (options->overlap == 0);
                end_others(keys, &count, today, qf_date_from_days(last));
        }
        if (build_entry(cli, options, &entry) != 0 || add_key(cli, keys, &count, key) != 0)
                return 1;
        entry.keys = keys;
        entry.keys_count = count;
        return send_source(cli, feed, &entry, sent);
}

static const struct qf_option add_options[] = {
        {"org", QF_OPTION_LIST, offsetof(struct options, orgs), "ORG[,ORG]", "它代表的机构（含下属）",
         "organisations it speaks for, with all below them", 0},
        {"role", QF_OPTION_LIST, offsetof(struct options, roles), "feed,read,admin",
         "可做什么；默认 feed,read", "what it may do; default feed,read", 0},
        {"partner", QF_OPTION_TEXT, offsetof(struct options, partner), "ORG",
         "记录归哪个机构；默认第一个 --org", "whose records it feeds; default the first --org", 0},
        {"from", QF_OPTION_TEXT, offsetof(struct options, from), "DAY", "密钥自哪天有效",
         "first day of the key", 0},
        {"to", QF_OPTION_TEXT, offsetof(struct options, to), "DAY", "密钥到哪天有效", "last day of the key",
         0},
        {0},
};

static int register_key(struct qf_cli *cli, struct options *options, int argc, char **argv)
{
        struct qf_source_key key = {0};
        struct sent sent = {0};
        struct qf_feed *feed = NULL;
        int count;

        if (qf_cli_parse(cli, options, argc, argv, &count) || check_name(cli, argv[0]) ||
            read_public(cli, argv[1], key.public_key) ||
            qf_asking_date(cli, "from", options->from, true, &key.valid_from) ||
            qf_asking_date(cli, "to", options->to, true, &key.valid_to) ||
            qf_feeding_open(cli, true, hear_verdict, &sent, &feed))
                return cli->exit_code;
        int r = add_source(cli, feed, options, argv[0], &key, &sent);
        (void)qf_feed_close(feed);
        if (r)
                return cli->exit_code;
        if (!options->rotates)
                return say_verdict(cli, &sent, "登记好了，即刻可用。", "Registered; it works at once.");
        return options->overlap == 0
                       ? say_verdict(cli, &sent, "换好了：新的即刻可用，旧的即刻失效。",
                                     "Changed: the new key works at once, the others no longer.")
                       : say_verdict(cli, &sent, "换好了：新的即刻可用，旧的到期失效（qf key list）。",
                                     "Changed: the new key works at once, the others until the day that "
                                     "qf key list shows.");
}

static int run_add(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};

        return register_key(cli, &options, argc, argv);
}

static const struct qf_command key_add = {
        .name = "add",
        .zh = "登记一个数据源的公钥",
        .en = "register the public key of a source",
        .run = run_add,
        .arguments = "SOURCE PUBLIC",
        .arguments_min = 2,
        .arguments_max = 2,
        .options = add_options,
};

/* --- rotate ---------------------------------------------------------------------------------- */

static const struct qf_option rotate_options[] = {
        {"overlap", QF_OPTION_NUMBER, offsetof(struct options, overlap), "DAYS",
         "旧密钥还有效几天，含今天之后；默认 7，0 立即失效",
         "days for which the others still work; default 7, 0: none", OVERLAP_MOST},
        {0},
};

static int run_rotate(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {.overlap = OVERLAP_DAYS, .rotates = true};

        return register_key(cli, &options, argc, argv);
}

static const struct qf_command key_rotate = {
        .name = "rotate",
        .zh = "一个数据源换密钥",
        .en = "a source changes its key",
        .run = run_rotate,
        .arguments = "SOURCE PUBLIC",
        .arguments_min = 2,
        .arguments_max = 2,
        .options = rotate_options,
        .more_zh = "数据源换密钥：登记新的公钥，旧的到期自动失效。新的一对由使用者用 qf key new 制作。",
        .more_en = "A source changes its key: the new public key is registered, the others "
                   "end by themselves. Its holder makes the new pair with qf key new.",
};

/* --- revoke ---------------------------------------------------------------------------------- */

static int drop_key(struct qf_source_key *keys, uint32_t *count, const uint8_t public_key[32])
{
        for (uint32_t i = 0; i < *count; i++) {
                if (memcmp(keys[i].public_key, public_key, 32) != 0)
                        continue;
                keys[i] = keys[--*count];
                return 0;
        }
        return 1;
}

static int revoke_source(struct qf_cli *cli, struct qf_feed *feed, const char *name, const char *text,
                         struct sent *sent)
{
        const struct qf_programme *programme = NULL;
        struct qf_source_key keys[KEYS_MAX] = {0};
        uint8_t public_key[32];
        uint32_t count = 0;

        if (qf_feeding_learn_now(cli, feed, &programme) != 0)
                return 1;
        uint32_t ref = qf_programme_find_source(programme, qf_view_of(name));
        if (ref == 0)
                return qf_cli_no_source(cli, name);
        const struct qf_source *source = qf_programme_source(programme, ref);
        struct qf_register entry = entry_of(source);
        for (; text && count < source->keys_count && count < KEYS_MAX; count++)
                keys[count] = source->keys[count];
        if (text && read_public(cli, text, public_key) != 0)
                return 1;
        if (text && drop_key(keys, &count, public_key) != 0) {
                qf_cli_fail(cli, QF_EXIT_USAGE, "“%s”没有这个密钥。\n看有哪些：qf key list",
                            "\"%s\" has no such key.\nSee which there are: qf key list", name);
                return 1;
        }
        entry.keys = keys;
        entry.keys_count = count;
        return send_source(cli, feed, &entry, sent);
}

static int run_revoke(struct qf_cli *cli, int argc, char **argv)
{
        struct sent sent = {0};
        struct qf_feed *feed = NULL;
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count) || check_name(cli, argv[0]) ||
            qf_feeding_open(cli, true, hear_verdict, &sent, &feed))
                return cli->exit_code;
        int r = revoke_source(cli, feed, argv[0], count > 1 ? argv[1] : NULL, &sent);
        (void)qf_feed_close(feed);
        return r ? cli->exit_code : say_verdict(cli, &sent, "吊销了，即刻生效。", "Revoked, from now on.");
}

static const struct qf_command key_revoke = {
        .name = "revoke",
        .zh = "吊销密钥",
        .en = "revoke keys",
        .run = run_revoke,
        .arguments = "SOURCE [PUBLIC]",
        .arguments_min = 1,
        .arguments_max = 2,
        .more_zh = "不给 PUBLIC 时吊销它的全部密钥。",
        .more_en = "Without PUBLIC all its keys are revoked.",
};

/* --- the command ------------------------------------------------------------------------------ */

const struct qf_command qf_cmd_key = {
        .name = "key",
        .zh = "制作、登记、列出、吊销密钥",
        .en = "make, register, list and revoke keys",
        .parts = (const struct qf_command *const[]){&key_new, &key_add, &qf_cmd_key_list, &key_rotate,
                                                    &key_revoke, &qf_cmd_key_server, NULL},
};
