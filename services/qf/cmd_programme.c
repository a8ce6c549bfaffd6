/* Why: the programme is data, and this is its door: a YAML file is compared with
 * what stands, and only what is new or different is fed, as register events of
 * the office, each with a verdict like any other event. Daemons read no file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "programme/programme_file.h"
#include "qf/cli.h"
#include "qf/feeding.h"

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
        int r = qf_programme_file_load(path, ret_file, &error);
        if (r < 0) {
                qf_cli_broke(cli, r, path);
                return 1;
        }
        if (r)
                qf_cli_fail(cli, QF_EXIT_RETURNED, "%s：%s\n改好后再装载。没有发送任何内容。",
                            "%s: %s\nMend it and load it again. Nothing was sent.", path, error);
        return r;
}

static void compare(struct load *load, const struct qf_programme *programme)
{
        for (uint32_t i = 0; i < load->count; i++) {
                load->compared[i] = qf_programme_compare(programme, &load->events[i]);
                load->of[load->compared[i]]++;
        }
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
        const struct qf_cli *cli = load->cli;
        if (cli->json)
                printf("{\"new\":%u,\"changed\":%u,\"unchanged\":%u,\"returned\":%u,\"dry_run\":%s}\n",
                       load->of[QF_REGISTER_NEW], load->of[QF_REGISTER_CHANGED], load->of[QF_REGISTER_SAME],
                       load->returned, dry_run ? "true" : "false");
        else
                printf(qf_cli_say(cli, "新增 %u，更改 %u，不变 %u%s\n",
                                  "%u new, %u changed, %u unchanged%s\n"),
                       load->of[QF_REGISTER_NEW], load->of[QF_REGISTER_CHANGED], load->of[QF_REGISTER_SAME],
                       dry_run ? qf_cli_say(cli, "（试装，没有发送）", " (dry run, nothing was sent)") : "");
        if (load->returned)
                (void)fprintf(stderr, qf_cli_say(cli, "退回 %u 项。\n", "%u came back.\n"), load->returned);
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
        if (cli->outbox)
                return load_online(&load, dry_run);
        if (!dry_run)
                return qf_cli_misused(cli, "要说明装载到哪里：--dir DIR 或 --config FILE。",
                                      "say where to load it: --dir DIR or --config FILE.");
        load.of[QF_REGISTER_NEW] = load.count; /* nothing to compare with: the file is right in itself */
        return print_summary(&load, true);
}

static int run_load(struct qf_cli *cli, int argc, char **argv)
{
        static const struct qf_option table[] = {
                {"dry-run", QF_OPTION_FLAG, offsetof(struct load_options, dry_run), NULL,
                 "只检查文件、列出差别，不发送", "check the file and list what differs, send nothing", 0},
                {"training", QF_OPTION_FLAG, offsetof(struct load_options, training), NULL,
                 "作为演练：处处注明数字不是真实的；不能取消，已有报送方的不能改成演练",
                 "as a training: it is said everywhere that the numbers are not real; never taken back, and not when "
                 "partners are registered already",
                 0},
                {0},
        };
        static const struct qf_usage usage = {
                .subcommand = "load",
                .arguments = "FILE.yaml",
                .arguments_min = 1,
                .arguments_max = 1,
                .options = table,
                .local = true,
                .zh = "文件里没有的不会被删除：要停用一个成员，给它 valid_to；要停用一个维度，写 closed: true。"
                      "单位从某天起改隶属，写 moved: [{from: 2023-07-01, parent: 代码}]，原来的 parent 不动。",
                .en = "What is not in the file stays: end a member with valid_to, a dimension with closed: true. "
                      "A member that moves keeps its parent and gets moved: [{from: 2023-07-01, parent: CODE}].",
        };
        struct load_options options = {0};
        int count;
        if (qf_cli_parse(cli, &usage, &options, argc, argv, &count))
                return cli->exit_code;
        return load_file(cli, argv[0], &options);
}

/* --- show ----------------------------------------------------------------- */

static json_t *text(struct qf_view view)
{
        return json_stringn(view.len ? view.at : "", view.len);
}

/* As the file says it: parent and groups from the beginning, then the moves, each of them whole. */
static void set_place(json_t *object, const struct qf_programme *programme, uint16_t dimension,
                      const struct qf_member_place *place)
{
        const struct qf_member *parent = qf_programme_member(programme, dimension, place->parent);
        json_t *groups = json_array();
        if (place->from)
                (void)json_object_set_new(object, "from", json_integer(place->from));
        if (parent)
                (void)json_object_set_new(object, "parent", text(parent->code));
        for (uint32_t i = 0; i < place->groups_count; i++) {
                const struct qf_member_of *group = &place->groups[i];
                const struct qf_view name = qf_programme_dimension(programme, group->dimension)->code;
                const struct qf_view code =
                        qf_programme_member(programme, group->dimension, group->member)->code;
                (void)json_array_append_new(
                        groups, json_sprintf("%.*s=%.*s", (int)name.len, name.at, (int)code.len, code.at));
        }
        if (place->groups_count)
                (void)json_object_set(object, "groups", groups);
        json_decref(groups);
}

static json_t *json_of_member(const struct qf_programme *programme, uint16_t dimension, uint32_t id)
{
        const struct qf_member *member = qf_programme_member(programme, dimension, id);
        json_t *object = json_object(), *moved = json_array();
        (void)json_object_set_new(object, "code", text(member->code));
        (void)json_object_set_new(object, "zh", text(member->zh));
        (void)json_object_set_new(object, "en", text(member->en));
        set_place(object, programme, dimension, qf_member_place(member, 0));
        for (uint32_t i = 1; i < member->places_count; i++) {
                json_t *move = json_object();
                set_place(move, programme, dimension, &member->places[i]);
                (void)json_array_append_new(moved, move);
        }
        if (member->places_count > 1)
                (void)json_object_set(object, "moved", moved);
        json_decref(moved);
        if (member->valid_from)
                (void)json_object_set_new(object, "valid_from", json_integer(member->valid_from));
        if (member->valid_to)
                (void)json_object_set_new(object, "valid_to", json_integer(member->valid_to));
        return object;
}

static json_t *json_of_dimension(const struct qf_programme *programme, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        json_t *object = json_object(), *members = json_array();
        (void)json_object_set_new(object, "code", text(dimension->code));
        (void)json_object_set_new(object, "zh", text(dimension->zh));
        (void)json_object_set_new(object, "en", text(dimension->en));
        (void)json_object_set_new(object, "multi", json_boolean(dimension->multi));
        (void)json_object_set_new(object, "required", json_boolean(dimension->required));
        (void)json_object_set_new(object, "closed", json_boolean(dimension->closed));
        (void)json_object_set_new(object, "apart", json_boolean(dimension->apart));
        (void)json_object_set_new(object, "most", json_integer(dimension->most));
        if (dimension->members_of != id)
                (void)json_object_set_new(
                        object, "members_of",
                        text(qf_programme_dimension(programme, dimension->members_of)->code));
        if (dimension->groups)
                (void)json_object_set_new(object, "groups",
                                          text(qf_programme_dimension(programme, dimension->groups)->code));
        for (uint32_t i = 1; dimension->members_of == id && i <= dimension->members; i++)
                (void)json_array_append_new(members, json_of_member(programme, id, i));
        (void)json_object_set_new(object, "members", members);
        return object;
}

static int show_json(const struct qf_programme *programme)
{
        const struct qf_settings *settings = qf_programme_settings(programme);
        json_t *object = json_object(), *dimensions = json_array();
        (void)json_object_set_new(object, "code", text(settings->code));
        (void)json_object_set_new(object, "zh", text(settings->title_zh));
        (void)json_object_set_new(object, "en", text(settings->title_en));
        (void)json_object_set_new(object, "zone_minutes", json_integer(settings->zone_minutes));
        (void)json_object_set_new(object, "first_date", json_integer(settings->first_date));
        (void)json_object_set_new(object, "timely_days", json_integer(settings->timely_days));
        (void)json_object_set_new(object, "attendances_max", json_integer(settings->attendances_max));
        (void)json_object_set_new(object, "rounding",
                                  json_string(settings->rounding == QF_HALF_UP ? "half_up" : "half_even"));
        (void)json_object_set_new(object, "personal_numbers",
                                  json_string(settings->personal_aside ? "aside" : "taken"));
        (void)json_object_set_new(object, "training", json_boolean(settings->training));
        for (uint16_t id = 1; id <= qf_programme_dimensions(programme); id++)
                (void)json_array_append_new(dimensions, json_of_dimension(programme, id));
        (void)json_object_set_new(object, "dimensions", dimensions);
        const int r = json_dumpf(object, stdout, JSON_COMPACT);
        json_decref(object);
        (void)putchar('\n');
        return r ? QF_EXIT_OTHER : QF_EXIT_DONE;
}

static struct qf_view label(const struct qf_cli *cli, struct qf_view code, struct qf_view zh,
                            struct qf_view en)
{
        const struct qf_view first = cli->chinese ? zh : en, second = cli->chinese ? en : zh;
        return first.len ? first : second.len ? second : code;
}

static void show_dimension(const struct qf_cli *cli, const struct qf_programme *programme, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        const struct qf_view name = label(cli, dimension->code, dimension->zh, dimension->en);
        printf("%-14.*s %.*s", (int)dimension->code.len, dimension->code.at, (int)name.len, name.at);
        printf(qf_cli_say(cli, "，%u 个成员", ", %u members"), dimension->members);
        if (dimension->multi)
                printf(qf_cli_say(cli, "，可多选（至多 %u）", ", several (at most %u)"), dimension->most);
        if (dimension->required)
                (void)fputs(qf_cli_say(cli, "，必填", ", required"), stdout);
        if (dimension->apart)
                (void)fputs(qf_cli_say(cli, "，不用于活动", ", not of activities"), stdout);
        if (dimension->closed)
                (void)fputs(qf_cli_say(cli, "，已关闭", ", closed"), stdout);
        if (dimension->groups) {
                const struct qf_dimension *base = qf_programme_dimension(programme, dimension->groups);
                printf(qf_cli_say(cli, "，是 %.*s 的分组", ", groups %.*s"), (int)base->code.len,
                       base->code.at);
        }
        (void)putchar('\n');
}

static void show_move(const struct qf_cli *cli, const struct qf_programme *programme, uint16_t dimension,
                      const struct qf_member_place *place)
{
        const struct qf_member *parent = qf_programme_member(programme, dimension, place->parent);
        printf(qf_cli_say(cli, "；%u 起隶属 %.*s", "; from %u below %.*s"), place->from,
               parent ? (int)parent->code.len : 1, parent ? parent->code.at : "-");
}

static int show_members(struct qf_cli *cli, const struct qf_programme *programme, const char *code)
{
        const uint16_t id = qf_programme_find_dimension(programme, qf_view_of(code));
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        if (!dimension)
                return qf_cli_fail(cli, QF_EXIT_USAGE, "没有维度“%s”。\n看有哪些：qf programme show",
                                   "there is no dimension \"%s\".\nSee which there are: qf programme show",
                                   code);
        for (uint32_t i = 1; i <= dimension->members; i++) {
                const struct qf_member *member = qf_programme_member(programme, id, i);
                const struct qf_view name = label(cli, member->code, member->zh, member->en);
                printf("%-18.*s %.*s", (int)member->code.len, member->code.at, (int)name.len, name.at);
                for (uint32_t k = 1; k < member->places_count; k++)
                        show_move(cli, programme, id, &member->places[k]);
                (void)putchar('\n');
        }
        return QF_EXIT_DONE;
}

static uint32_t place_of(const struct qf_programme *programme, uint16_t id)
{
        const uint32_t order = qf_programme_dimension(programme, id)->order;
        return order < QF_DIMENSIONS_MAX ? order : QF_DIMENSIONS_MAX;
}

static int show_text(const struct qf_cli *cli, const struct qf_programme *programme)
{
        const struct qf_settings *settings = qf_programme_settings(programme);
        const struct qf_view title = label(cli, settings->code, settings->title_zh, settings->title_en);
        if (!qf_programme_dimensions(programme)) {
                puts(qf_cli_say(cli, "还没有方案。装载：qf programme load FILE.yaml",
                                "There is no programme yet. Load one: qf programme load FILE.yaml"));
                return QF_EXIT_DONE;
        }
        printf("%.*s (%.*s)\n", (int)title.len, title.at, (int)settings->code.len, settings->code.at);
        /* In the file's order; ids are in that of first appearance. */
        for (uint32_t order = 0; order <= QF_DIMENSIONS_MAX; order++)
                for (uint16_t id = 1; id <= qf_programme_dimensions(programme); id++)
                        if (place_of(programme, id) == order)
                                show_dimension(cli, programme, id);
        return QF_EXIT_DONE;
}

static int run_show(struct qf_cli *cli, int argc, char **argv)
{
        static const struct qf_usage usage = {
                .subcommand = "show",
                .arguments = "[DIMENSION]",
                .arguments_max = 1,
        };
        QF_CLEANUP(close_feed) struct qf_feed *feed = NULL;
        const struct qf_programme *programme = NULL;
        int count;
        if (qf_cli_parse(cli, &usage, NULL, argc, argv, &count) ||
            qf_feeding_open(cli, true, NULL, NULL, &feed) || qf_feeding_learn(cli, feed, &programme))
                return cli->exit_code;
        if (cli->json)
                return show_json(programme);
        return count ? show_members(cli, programme, argv[0]) : show_text(cli, programme);
}

int qf_cmd_programme(struct qf_cli *cli, int argc, char **argv)
{
        static const struct qf_usage usage = {
                .arguments = "load|show",
                .arguments_min = 1,
                .arguments_max = 1,
                .local = true,
                .zh = "每一个的选项：qf programme load --help",
                .en = "Options of each: qf programme load --help",
        };
        int count;
        if (argc && !strcmp(argv[0], "load"))
                return run_load(cli, argc - 1, argv + 1);
        if (argc && !strcmp(argv[0], "show"))
                return run_show(cli, argc - 1, argv + 1);
        if (qf_cli_parse(cli, &usage, NULL, argc, argv, &count))
                return cli->exit_code;
        return qf_cli_misused(cli, "没有“%s”；有 load、show。", "there is no \"%s\"; there are load, show.",
                              argv[0]);
}
