/* Why: people look up who is in the programme, what a thing is called and where it
 * stands: today, or on a day of a report. What is printed is the register itself,
 * as the journal has it. */
#include "qf/office/programme_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "model/kinds.h"
#include "model/period.h"
#include "qf/cli/asking.h"
#include "qf/feeding/feeding.h"
#include "qf/cli/figures.h"
#include "qf/cli/json_out.h"

/* --- as JSON ---------------------------------------------------------------- */

/* As the file says it: parent and groups from the beginning, then the moves, each of them whole. */
static void set_place(json_t *object, const struct qf_programme *programme, uint16_t dimension,
                      const struct qf_member_place *place)
{
        const struct qf_member *parent = qf_programme_member(programme, dimension, place->parent);
        json_t *groups = json_array();
        if (place->from)
                (void)json_object_set_new(object, "from", json_integer(place->from));
        (void)json_object_set_new(object, "zh", qf_json_text(place->zh));
        (void)json_object_set_new(object, "en", qf_json_text(place->en));
        if (parent)
                (void)json_object_set_new(object, "parent", qf_json_text(parent->code));
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

static json_t *json_begun(const struct qf_programme *programme, uint16_t dimension,
                          const struct qf_member *member, const struct qf_member_place *place)
{
        json_t *object = json_object();
        (void)json_object_set_new(object, "code", qf_json_text(member->code));
        set_place(object, programme, dimension, place);
        if (member->valid_from)
                (void)json_object_set_new(object, "valid_from", json_integer(member->valid_from));
        if (member->valid_to)
                (void)json_object_set_new(object, "valid_to", json_integer(member->valid_to));
        if (member->at.len)
                (void)json_object_set_new(object, "at", qf_json_text(member->at));
        return object;
}

static json_t *json_of_member(const struct qf_programme *programme, uint16_t dimension, uint32_t id)
{
        const struct qf_member *member = qf_programme_member(programme, dimension, id);
        json_t *object = json_begun(programme, dimension, member, qf_member_place(member, 0));
        json_t *moved = json_array();
        for (uint32_t i = 1; i < member->places_count; i++) {
                json_t *move = json_object();
                set_place(move, programme, dimension, &member->places[i]);
                (void)json_array_append_new(moved, move);
        }
        if (member->places_count > 1)
                (void)json_object_set(object, "moved", moved);
        json_decref(moved);
        return object;
}

static json_t *json_of_dimension(const struct qf_programme *programme, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        json_t *object = json_object(), *members = json_array();
        (void)json_object_set_new(object, "code", qf_json_text(dimension->code));
        (void)json_object_set_new(object, "zh", qf_json_text(dimension->zh));
        (void)json_object_set_new(object, "en", qf_json_text(dimension->en));
        (void)json_object_set_new(object, "multi", json_boolean(dimension->multi));
        (void)json_object_set_new(object, "required", json_boolean(dimension->required));
        (void)json_object_set_new(object, "closed", json_boolean(dimension->closed));
        (void)json_object_set_new(object, "apart", json_boolean(dimension->apart));
        (void)json_object_set_new(object, "most", json_integer(dimension->most));
        if (dimension->members_of != id)
                (void)json_object_set_new(
                        object, "members_of",
                        qf_json_text(qf_programme_dimension(programme, dimension->members_of)->code));
        if (dimension->groups)
                (void)json_object_set_new(
                        object, "groups",
                        qf_json_text(qf_programme_dimension(programme, dimension->groups)->code));
        for (uint32_t i = 1; dimension->members_of == id && i <= dimension->members; i++)
                (void)json_array_append_new(members, json_of_member(programme, id, i));
        (void)json_object_set_new(object, "members", members);
        return object;
}

static json_t *json_of_kinds(const struct qf_programme *programme)
{
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);
        json_t *used = json_array();

        for (size_t i = 0; i < count; i++)
                if (qf_programme_uses(programme, &kinds[i]))
                        (void)json_array_append_new(used, json_string(kinds[i].code));
        return used;
}

static int show_json(const struct qf_programme *programme)
{
        const struct qf_settings *settings = qf_programme_settings(programme);
        json_t *object = json_object(), *dimensions = json_array();
        (void)json_object_set_new(object, "code", qf_json_text(settings->code));
        (void)json_object_set_new(object, "zh", qf_json_text(settings->title_zh));
        (void)json_object_set_new(object, "en", qf_json_text(settings->title_en));
        (void)json_object_set_new(object, "goal_zh", qf_json_text(settings->goal_zh));
        (void)json_object_set_new(object, "goal_en", qf_json_text(settings->goal_en));
        (void)json_object_set_new(object, "zone_minutes", json_integer(settings->zone_minutes));
        (void)json_object_set_new(object, "first_date", json_integer(settings->first_date));
        (void)json_object_set_new(object, "timely_days", json_integer(settings->timely_days));
        (void)json_object_set_new(object, "attendances_max", json_integer(settings->attendances_max));
        (void)json_object_set_new(object, "rounding",
                                  json_string(settings->rounding == QF_HALF_UP ? "half_up" : "half_even"));
        (void)json_object_set_new(object, "personal_numbers",
                                  json_string(settings->personal_aside ? "aside" : "taken"));
        (void)json_object_set_new(object, "kinds", json_of_kinds(programme));
        (void)json_object_set_new(object, "sample", json_boolean(settings->sample));
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
        printf(qf_cli_say(cli, "，%u%s 个成员", ", %u %s"), dimension->members,
               qf_cli_noun(cli, dimension->members, "member", "members"));
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

static void show_place(const struct qf_cli *cli, const struct qf_programme *programme, uint16_t dimension,
                       const struct qf_member *member, const struct qf_member_place *place)
{
        const struct qf_member *parent = qf_programme_member(programme, dimension, place->parent);
        const struct qf_view name = label(cli, member->code, place->zh, place->en);
        printf("%.*s", (int)name.len, name.at);
        if (parent)
                printf(qf_cli_say(cli, "；隶属 %.*s", "; below %.*s"), (int)parent->code.len,
                       parent->code.at);
        for (uint32_t i = 0; i < place->groups_count; i++) {
                const struct qf_member_of *of = &place->groups[i];
                const struct qf_member *group = qf_programme_member(programme, of->dimension, of->member);
                const struct qf_view said = label(cli, group->code, group->zh, group->en);
                printf(qf_cli_say(cli, "；%.*s", "; %.*s"), (int)said.len, said.at);
        }
}

static void show_days(const struct qf_cli *cli, const struct qf_member *member)
{
        char text[QF_FIGURE_BYTES];
        if (member->valid_from)
                printf(qf_cli_say(cli, "；%s 起", "; from %s"), qf_figures_date(member->valid_from, text));
        if (member->valid_to)
                printf(qf_cli_say(cli, "；至 %s", "; until %s"), qf_figures_date(member->valid_to, text));
}

static void show_member(const struct qf_cli *cli, const struct qf_programme *programme, uint16_t dimension,
                        const struct qf_member *member, uint32_t day)
{
        char from[QF_FIGURE_BYTES];
        printf("%-18.*s ", (int)member->code.len, member->code.at);
        show_place(cli, programme, dimension, member, qf_member_place(member, day));
        show_days(cli, member);
        if (member->at.len)
                printf(qf_cli_say(cli, "；位置 %.*s", "; at %.*s"), (int)member->at.len, member->at.at);
        for (uint32_t i = 1; !day && i < member->places_count; i++) {
                printf(qf_cli_say(cli, "；%s 起：", "; from %s: "),
                       qf_figures_date(member->places[i].from, from));
                show_place(cli, programme, dimension, member, &member->places[i]);
        }
        (void)putchar('\n');
}

/* --- the members of one dimension, on a day ---------------------------------- */

static bool stands(const struct qf_member *member, uint32_t day)
{
        return !day || (member->valid_from <= day && (!member->valid_to || member->valid_to >= day));
}

static int show_members(const struct qf_cli *cli, const struct qf_programme *programme, uint16_t id,
                        uint32_t day)
{
        const uint32_t members = qf_programme_dimension(programme, id)->members;
        char said[QF_FIGURE_BYTES];
        uint32_t count = 0;
        for (uint32_t i = 1; i <= members; i++) {
                const struct qf_member *member = qf_programme_member(programme, id, i);
                if (!stands(member, day))
                        continue;
                show_member(cli, programme, id, member, day);
                count++;
        }
        if (day)
                printf(qf_cli_say(cli, "%s：有效 %u 个，共 %u 个\n", "%s: %u in force, of %u in all\n"),
                       qf_figures_date(day, said), count, members);
        return QF_EXIT_DONE;
}

static int members_json(struct qf_cli *cli, const struct qf_programme *programme, uint16_t id, uint32_t day)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        json_t *members = json_array();
        for (uint32_t i = 1; i <= dimension->members; i++) {
                const struct qf_member *member = qf_programme_member(programme, id, i);
                if (stands(member, day))
                        (void)json_array_append_new(members,
                                                    json_begun(programme, dimension->members_of, member,
                                                               qf_member_place(member, day)));
        }
        return qf_json_say(cli, json_pack("{s:o, s:i, s:I, s:o}", "dimension", qf_json_text(dimension->code),
                                          "asof", day, "in_force", (json_int_t)json_array_size(members),
                                          "members", members));
}

/* A map of what has a place (RFC 7946: longitude first); what has none is not put anywhere. The numbers are printed as
 * they were told. */
static int members_map(struct qf_cli *cli, const struct qf_programme *programme, uint16_t id, uint32_t day)
{
        json_t *features = json_array();
        for (uint32_t i = 1; i <= qf_programme_dimension(programme, id)->members; i++) {
                const struct qf_member *member = qf_programme_member(programme, id, i);
                const char *comma = member->at.len ? memchr(member->at.at, ',', member->at.len) : NULL;
                if (!comma || !stands(member, day))
                        continue;
                json_t *properties = json_begun(programme, id, member, qf_member_place(member, day));
                (void)json_array_append_new(
                        features, json_pack("{s:s, s:{s:s, s:[f, f]}, s:o}", "type", "Feature", "geometry",
                                            "type", "Point", "coordinates", strtod(comma + 1, NULL),
                                            strtod(member->at.at, NULL), "properties", properties));
        }
        return qf_json_say(cli, json_pack("{s:s, s:o}", "type", "FeatureCollection", "features", features));
}

static uint32_t place_of(const struct qf_programme *programme, uint16_t id)
{
        const uint32_t order = qf_programme_dimension(programme, id)->order;
        return order < QF_DIMENSIONS_MAX ? order : QF_DIMENSIONS_MAX;
}

static void show_kinds(const struct qf_cli *cli, const struct qf_programme *programme)
{
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);

        (void)fputs(qf_cli_say(cli, "事项：活动", "kinds: activity"), stdout);
        for (size_t i = 0; i < count; i++)
                if (qf_programme_uses(programme, &kinds[i]))
                        printf(qf_cli_say(cli, "、%s", ", %s"), qf_cli_say(cli, kinds[i].zh, kinds[i].code));
        (void)putchar('\n');
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
        const struct qf_view goal = label(cli, QF_VIEW(""), settings->goal_zh, settings->goal_en);
        if (goal.len)
                printf("%.*s\n", (int)goal.len, goal.at);
        /* In the file's order; ids are in that of first appearance. */
        for (uint32_t order = 0; order <= QF_DIMENSIONS_MAX; order++)
                for (uint16_t id = 1; id <= qf_programme_dimensions(programme); id++)
                        if (place_of(programme, id) == order)
                                show_dimension(cli, programme, id);
        show_kinds(cli, programme);
        return QF_EXIT_DONE;
}

/* --- the command -------------------------------------------------------------- */

struct options {
        const char *asof;
        bool geojson;
};

static int show_one(struct qf_cli *cli, const struct qf_programme *programme, const char *code,
                    const struct options *options)
{
        const uint16_t id = qf_programme_find_dimension(programme, qf_view_of(code));
        uint32_t day = 0;
        if (!qf_programme_dimension(programme, id))
                return qf_cli_fail(cli, QF_EXIT_USAGE, "没有维度“%s”。\n看有哪些：qf programme show",
                                   "there is no dimension \"%s\".\nSee which there are: qf programme show",
                                   code);
        if (qf_asking_date(cli, "asof", options->asof, false, &day))
                return cli->exit_code;
        day = day ? qf_date_last_day(day) : 0;
        if (options->geojson)
                return members_map(cli, programme, id, day);
        return cli->json ? members_json(cli, programme, id, day) : show_members(cli, programme, id, day);
}

static void close_feed(struct qf_feed **feed)
{
        if (*feed)
                *feed = qf_feed_close(*feed);
}

static void free_programme(struct qf_programme **programme)
{
        qf_programme_free(*programme);
}

static const struct qf_option show_options[] = {
        {"asof", QF_OPTION_TEXT, offsetof(struct options, asof), "DAY",
         "只看那一天有效的成员，用当天的名称、隶属和类别",
         "only the members in force on that day, as they were called and stood then", 0},
        {"geojson", QF_OPTION_FLAG, offsetof(struct options, geojson), NULL,
         "有坐标的成员，作为地图（GeoJSON）", "members that have a place, as a map (GeoJSON)", 0},
        {0},
};

static int run_show(struct qf_cli *cli, int argc, char **argv)
{
        QF_CLEANUP(close_feed) struct qf_feed *feed = NULL;
        QF_CLEANUP(free_programme) struct qf_programme *looked_at = NULL;
        const struct qf_programme *programme = NULL;
        struct options options = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        if (!count && (options.asof || options.geojson))
                return qf_cli_misused(cli, "要说明哪个维度。", "say of which dimension.");
        const int taken = qf_feeding_open_free(cli, &feed);
        if (taken == 1 || (feed ? qf_feeding_learn(cli, feed, &programme) : qf_feeding_look(cli, &looked_at)))
                return cli->exit_code;
        if (looked_at)
                programme = looked_at;
        if (count)
                return show_one(cli, programme, argv[0], &options);
        return cli->json ? show_json(programme) : show_text(cli, programme);
}

const struct qf_command qf_programme_show = {
        .name = "show",
        .zh = "查看现行方案",
        .en = "show the programme as it stands",
        .run = run_show,
        .arguments = "[DIMENSION]",
        .arguments_max = 1,
        .options = show_options,
        .more_zh = "例：qf programme show site --asof 2023-12-31",
        .more_en = "Example: qf programme show site --asof 2023-12-31",
};
