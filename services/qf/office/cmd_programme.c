/* Why: the programme is data, and this is its door: a YAML file is compared with
 * what stands, and only what is new or different is fed, as register events of
 * the office, each with a verdict like any other event. Daemons read no file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "programme/admission.h"
#include "programme/programme_file.h"
#include "qf/cli/cli.h"
#include "qf/cli/figures.h"
#include "qf/cli/json_out.h"
#include "qf/cli/yaml_said.h"
#include "qf/feeding/feeding.h"
#include "qf/office/programme_show.h"

enum { PATIENCE_MS = 10000, RETURNED_SHOWN_MAX = 20, WHAT_BYTES = 128 };

static void close_file(struct qf_programme_file **file)
{
        *file = qf_programme_file_free(*file);
}

static void close_feed(struct qf_feed **feed)
{
        if (*feed)
                *feed = qf_feed_close(*feed);
}

static void close_json(json_t **json)
{
        json_decref(*json);
}

/* --- load ----------------------------------------------------------------- */

struct load {
        struct qf_cli *cli;
        const struct qf_event *events;
        uint32_t count;
        enum qf_register_compared *compared;
        uint32_t of[3]; /* by enum qf_register_compared */
        uint64_t first; /* number of the first that is fed; 0: none */
        uint32_t *fed;  /* places of those fed, in order of numbers */
        uint32_t fed_count;
        uint32_t taken, returned;
        json_t *restated;
};

/* "dimension mode", "member org HX": as people look for it in the file. */
static void name_of(const struct qf_cli *cli, const struct qf_event *event, char *text, size_t room)
{
        const struct qf_register *told = event->registered;
        const char *kind = event->kind == QF_KIND_SETTING     ? qf_cli_say(cli, "设置", "setting")
                           : event->kind == QF_KIND_DIMENSION ? qf_cli_say(cli, "维度", "dimension")
                           : event->kind == QF_KIND_MEMBER    ? qf_cli_say(cli, "成员", "member")
                                                              : qf_cli_say(cli, "计数器", "counter");
        (void)snprintf(text, room, "%s %.*s%s%.*s", kind, (int)told->dimension.len, told->dimension.at,
                       event->kind == QF_KIND_MEMBER ? " " : "", (int)told->code.len, told->code.at);
}

static void say_returned(const struct load *load, const struct qf_event *event,
                         const struct qf_feed_verdict *verdict)
{
        const struct qf_code_text *text = qf_code_text(verdict->verdict.code);
        char name[WHAT_BYTES];
        name_of(load->cli, event, name, sizeof(name));
        (void)fprintf(stderr, "%s: %s %s", name, text->name, qf_cli_say(load->cli, text->zh, text->en));
        if (verdict->detail)
                (void)fprintf(stderr, " (%.*s: %.*s)", (int)verdict->detail->field.len,
                              verdict->detail->field.at, (int)verdict->detail->got.len,
                              verdict->detail->got.at);
        (void)fputc('\n', stderr);
}

static int hear_verdict(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct load *load = ctx;
        if (!load->first || verdict->number < load->first || verdict->number - load->first >= load->fed_count)
                return 0; /* of something fed before */
        if (verdict->verdict.class != QF_REJECTED && verdict->verdict.class != QF_QUARANTINED) {
                load->taken++;
                return 0;
        }
        if (load->returned++ < RETURNED_SHOWN_MAX)
                say_returned(load, &load->events[load->fed[verdict->number - load->first]], verdict);
        return 0;
}

static int compile(struct qf_cli *cli, const char *path, struct qf_programme_file **ret_file)
{
        QF_CLEANUP(qf_cleanup_free) char *error = NULL;
        char said[2 * QF_CONFIG_TEXT];
        int r = qf_programme_file_load(path, ret_file, &error);
        if (r == -EFBIG)
                return qf_cli_fail(
                        cli, QF_EXIT_RETURNED, "%s 超过 %d MiB，方案文件最多这么大。\n没有发送任何内容。",
                        "%s is larger than %d MiB, which is the most that a programme file may have.\n"
                        "Nothing was sent.",
                        path, QF_PROGRAMME_FILE_BYTES_MAX >> 20);
        if (r < 0) {
                qf_cli_unread(cli, r, path);
                return 1;
        }
        if (r)
                qf_cli_fail(cli, QF_EXIT_RETURNED, "%s：%s\n改好后再装载。没有发送任何内容。",
                            "%s: %s\nMend it and load it again. Nothing was sent.", path,
                            qf_yaml_said(cli->chinese, error, said));
        return r;
}

static void compare(struct load *load, const struct qf_programme *programme)
{
        for (uint32_t i = 0; i < load->count; i++) {
                load->compared[i] = qf_programme_compare(programme, &load->events[i]);
                load->of[load->compared[i]]++;
        }
}

/* --- what changes of the past ---------------------------------------------- */

static int print_place(const struct qf_cli *cli, struct qf_view parent, struct qf_buffer *text)
{
        return parent.len ? qf_buffer_print(text, qf_cli_say(cli, "属 %.*s", "below %.*s"), (int)parent.len,
                                            parent.at)
                          : qf_buffer_print(text, "%s", qf_cli_say(cli, "不属谁", "below nobody"));
}

static int print_group(struct qf_view dimension, struct qf_view member, struct qf_buffer *text)
{
        return qf_buffer_print(text, " %.*s=%.*s", (int)dimension.len, dimension.at, (int)member.len,
                               member.at);
}

static int print_days(const struct qf_cli *cli, const struct qf_restated *restated, struct qf_buffer *text)
{
        char from[QF_FIGURE_BYTES], until[QF_FIGURE_BYTES];
        (void)qf_figures_date(restated->from, from);
        (void)qf_figures_date(restated->until, until);
        if (restated->from && restated->until)
                return qf_buffer_print(text, qf_cli_say(cli, "%s 起、%s 之前：", "from %s, before %s: "),
                                       from, until);
        if (restated->from)
                return qf_buffer_print(text, qf_cli_say(cli, "%s 起：", "from %s on: "), from);
        if (restated->until)
                return qf_buffer_print(text, qf_cli_say(cli, "%s 之前：", "before %s: "), until);
        return qf_buffer_print(text, "%s", qf_cli_say(cli, "一向：", "at all times: "));
}

/* "before 2023-07-01: below ZJ org_kind=town; it was below PZ org_kind=dept" */
static int print_restated(const struct qf_cli *cli, const struct qf_programme *programme, uint16_t dimension,
                          const struct qf_restated *restated, struct qf_buffer *text)
{
        const struct qf_member *parent = qf_programme_member(programme, dimension, restated->was->parent);
        int r = print_days(cli, restated, text);
        if (!r)
                r = print_place(cli, restated->is.parent, text);
        for (uint32_t i = 0; i < restated->is.pairs_count && !r; i++)
                r = print_group(restated->is.pairs[i].dimension, restated->is.pairs[i].member, text);
        if (!r)
                r = qf_buffer_print(text, "%s", qf_cli_say(cli, "；原来", "; it was "));
        if (!r)
                r = print_place(cli, parent ? parent->code : QF_VIEW(""), text);
        for (uint32_t i = 0; i < restated->was->groups_count && !r; i++) {
                const struct qf_member_of *group = &restated->was->groups[i];
                r = print_group(qf_programme_dimension(programme, group->dimension)->code,
                                qf_programme_member(programme, group->dimension, group->member)->code, text);
        }
        return r;
}

static int keep_restated(struct load *load, const struct qf_register *told,
                         const struct qf_restated *restated)
{
        char from[QF_FIGURE_BYTES], until[QF_FIGURE_BYTES];
        return json_array_append_new(
                       load->restated,
                       json_pack("{s:s%, s:s%, s:s?, s:s?}", "dimension", told->dimension.at,
                                 (size_t)told->dimension.len, "member", told->code.at, (size_t)told->code.len,
                                 "from", restated->from ? qf_figures_date(restated->from, from) : NULL,
                                 "until", restated->until ? qf_figures_date(restated->until, until) : NULL))
                       ? -ENOMEM
                       : 0;
}

static int say_restated(struct load *load, const struct qf_programme *programme, const struct qf_event *event,
                        const struct qf_restated *restated)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        const uint16_t dimension = qf_programme_find_dimension(programme, event->registered->dimension);
        char name[WHAT_BYTES];
        int r = keep_restated(load, event->registered, restated);
        if (!r)
                r = print_restated(load->cli, programme, dimension, restated, &text);
        name_of(load->cli, event, name, sizeof(name));
        if (!r && !load->cli->json)
                printf("! %s %.*s\n", name, (int)text.len, (const char *)text.at);
        return r;
}

/* Who corrects a parent, or moves somebody as of a day that is over, changes totals that were told: they are named. */
static int say_past(struct load *load, const struct qf_programme *programme)
{
        const uint32_t today = qf_admission_today(programme, qf_clock_wall_ms());
        struct qf_restated restated;
        int r = 0;
        for (uint32_t i = 0; i < load->count && !r; i++) {
                if (load->compared[i] != QF_REGISTER_CHANGED)
                        continue;
                for (uint32_t day = 0;
                     !r && qf_programme_restated(programme, &load->events[i], &day, &restated);)
                        if (restated.from < today)
                                r = say_restated(load, programme, &load->events[i], &restated);
        }
        if (!r && json_array_size(load->restated) && !load->cli->json)
                puts(qf_cli_say(
                        load->cli,
                        "这些日子里，按上级、按分组的合计和谁看得到都跟着变；已公布的版次不变。\n"
                        "若是从某天起才改的：原来的 parent、groups 不动，写 moved: [{from: 日期, parent: 代码}]。",
                        "On these days totals by what it stands below, and who reads them, are others; published "
                        "editions stay.\nWhat moves on a day keeps its parent and groups, and gets moved: [{from: "
                        "DAY, parent: CODE}]."));
        return r;
}

static int feed_changes(struct load *load, struct qf_feed *feed)
{
        for (uint32_t i = 0; i < load->count; i++) {
                uint64_t number;
                if (load->compared[i] == QF_REGISTER_SAME)
                        continue;
                if (qf_feeding_add(load->cli, feed, &load->events[i], NULL, 0, &number))
                        return 1;
                if (!load->first)
                        load->first = number;
                load->fed[load->fed_count++] = i;
        }
        return !load->fed_count ? 0
                                : qf_feeding_flush(load->cli, feed, NULL) ||
                                          qf_feeding_drain(load->cli, feed, PATIENCE_MS, NULL, NULL);
}

static void print_changes(const struct load *load)
{
        for (uint32_t i = 0; i < load->count; i++) {
                char name[WHAT_BYTES];
                if (load->compared[i] == QF_REGISTER_SAME)
                        continue;
                name_of(load->cli, &load->events[i], name, sizeof(name));
                printf("%s %s\n", load->compared[i] == QF_REGISTER_NEW ? "+" : "~", name);
        }
}

static int print_summary(const struct load *load, bool dry_run)
{
        struct qf_cli *cli = load->cli;
        int r = 0;
        if (cli->json)
                r = qf_json_print(json_pack(
                        "{s:I, s:I, s:I, s:I, s:b, s:O}", "new", (json_int_t)load->of[QF_REGISTER_NEW],
                        "changed", (json_int_t)load->of[QF_REGISTER_CHANGED], "unchanged",
                        (json_int_t)load->of[QF_REGISTER_SAME], "returned", (json_int_t)load->returned,
                        "dry_run", dry_run, "restated", load->restated));
        else
                printf(qf_cli_say(cli, "新增 %u，更改 %u，不变 %u%s\n",
                                  "%u new, %u changed, %u unchanged%s\n"),
                       load->of[QF_REGISTER_NEW], load->of[QF_REGISTER_CHANGED], load->of[QF_REGISTER_SAME],
                       dry_run ? qf_cli_say(cli, "（试装，没有发送）", " (dry run, nothing was sent)") : "");
        if (load->returned)
                (void)fprintf(stderr, qf_cli_say(cli, "退回 %u 项。\n", "%u came back.\n"), load->returned);
        if (r < 0)
                return qf_cli_broke(cli, r, "JSON");
        return load->returned ? QF_EXIT_RETURNED : QF_EXIT_DONE;
}

static int load_online(struct load *load, bool dry_run)
{
        QF_CLEANUP(close_feed) struct qf_feed *feed = NULL;
        const struct qf_programme *programme = NULL;
        if (qf_feeding_open(load->cli, true, hear_verdict, load, &feed) ||
            qf_feeding_learn_now(load->cli, feed, &programme))
                return load->cli->exit_code;
        compare(load, programme);
        if (dry_run && !load->cli->json)
                print_changes(load);
        int r = say_past(load, programme);
        if (r)
                return qf_cli_broke(load->cli, r, "stdout");
        if (!dry_run && feed_changes(load, feed))
                return load->cli->exit_code;
        return print_summary(load, dry_run);
}

struct load_options {
        bool dry_run, training;
};

/* The file's events, behind the one that makes it a training. */
static struct qf_event *gather(const struct qf_programme_file *file, bool training, uint32_t *ret_count)
{
        static const struct qf_register told = {.code = {"training", 8}, .value = {"yes", 3}};
        uint32_t count, first = training ? 1 : 0;
        const struct qf_event *events = qf_programme_file_events(file, &count);
        struct qf_event *all = calloc((size_t)count + 1, sizeof(*all));
        if (!all)
                return NULL;
        all[0] = (struct qf_event){.kind = QF_KIND_SETTING, .action = QF_REPLACE, .registered = &told};
        memcpy(all + first, events, count * sizeof(*all));
        *ret_count = count + first;
        return all;
}

static int load_file(struct qf_cli *cli, const char *path, const struct load_options *options)
{
        QF_CLEANUP(close_file) struct qf_programme_file *file = NULL;
        bool dry_run = options->dry_run;
        if (compile(cli, path, &file))
                return cli->exit_code;
        struct load load = {.cli = cli};
        QF_CLEANUP(qf_cleanup_free) struct qf_event *events = gather(file, options->training, &load.count);
        if (!events)
                return qf_cli_broke(cli, -ENOMEM, path);
        load.events = events;
        QF_CLEANUP(qf_cleanup_free)
        enum qf_register_compared *compared = calloc(load.count, sizeof(*compared));
        QF_CLEANUP(qf_cleanup_free) uint32_t *fed = calloc(load.count, sizeof(*fed));
        if (!compared || !fed)
                return qf_cli_broke(cli, -ENOMEM, path);
        load.compared = compared;
        load.fed = fed;
        QF_CLEANUP(close_json) json_t *restated = json_array();
        load.restated = restated;
        if (cli->outbox)
                return load_online(&load, dry_run);
        if (!dry_run)
                return qf_cli_misused(cli, "要说明装载到哪里：--dir DIR 或 --config FILE。",
                                      "say where to load it: --dir DIR or --config FILE.");
        load.of[QF_REGISTER_NEW] = load.count; /* nothing to compare with: the file is right in itself */
        return print_summary(&load, true);
}

static const struct qf_option load_options[] = {
        {"dry-run", QF_OPTION_FLAG, offsetof(struct load_options, dry_run), NULL,
         "只检查文件、列出差别，不发送", "check the file and list what differs, send nothing", 0},
        {"training", QF_OPTION_FLAG, offsetof(struct load_options, training), NULL,
         "作为演练：处处注明数字不是真实的；不能取消，已有报送方的不能改成演练",
         "as a training: it is said everywhere that the numbers are not real; never taken back, and not when "
         "partners are registered already",
         0},
        {0},
};

static int run_load(struct qf_cli *cli, int argc, char **argv)
{
        struct load_options options = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        return load_file(cli, argv[0], &options);
}

static const struct qf_command programme_load = {
        .name = "load",
        .zh = "装载统计方案文件",
        .en = "load a programme file",
        .run = run_load,
        .arguments = "FILE.yaml",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = load_options,
        .local = true,
        .more_zh = "文件里没有的不会被删除：要停用一个成员，给它 valid_to；要停用一个维度，写 closed: true。"
                   "单位从某天起改隶属，写 moved: [{from: 2023-07-01, parent: 代码}]，原来的 parent 不动。",
        .more_en =
                "What is not in the file stays: end a member with valid_to, a dimension with closed: true. "
                "A member that moves keeps its parent and gets moved: [{from: 2023-07-01, parent: CODE}].",
};

const struct qf_command qf_cmd_programme = {
        .name = "programme",
        .zh = "装载、检查、查看统计方案",
        .en = "load, check and show the programme",
        .parts = (const struct qf_command *const[]){&programme_load, &qf_programme_show, NULL},
};
