/* qf template: the header of a sheet for clerks, from the very maps that read it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "qf/cli/asking.h"
#include "qf/cli/cli.h"
#include "qf/sheets/feed_map.h"

/* The first name is the Chinese one; the English is the first of plain letters. */
static const char *name_of(const char *const *names, bool chinese)
{
        for (const char *const *name = names; !chinese && *name; name++)
                if ((*name)[0] > 0)
                        return *name;
        return names[0];
}

static bool needs(const struct qf_kind_spec *kind, struct qf_view dimension)
{
        const char *rest = kind->needs;
        struct qf_view word;
        while (rest && qf_kind_word(&rest, &word))
                if (qf_view_same(word, dimension))
                        return true;
        return false;
}

/* Of a kind's dimensions only those that it needs; a clerk may add others by their names. */
static bool is_printed(const struct qf_map *map, const struct qf_map_column *column)
{
        if (column->field == QF_FIELD_OURS || column->field == QF_FIELD_SEAL)
                return false;
        return column->field != QF_FIELD_VALUE || !map->kind ||
               needs(map->kind, qf_view_of(column->dimension));
}

static bool has_column(const struct qf_map *map, struct qf_view dimension)
{
        for (uint32_t i = 0; i < map->columns_count; i++)
                if (map->columns[i].field == QF_FIELD_VALUE &&
                    qf_view_same(qf_view_of(map->columns[i].dimension), dimension))
                        return true;
        return false;
}

static void print_header(const struct qf_map *map, bool chinese)
{
        const char *rest = map->kind ? map->kind->needs : NULL;
        struct qf_view word;
        const char *divider = "\xef\xbb\xbf";
        for (uint32_t i = 0; i < map->columns_count; i++) {
                if (!is_printed(map, &map->columns[i]))
                        continue;
                printf("%s%s", divider, name_of(map->columns[i].headers, chinese));
                divider = ",";
        }
        while (rest && qf_kind_word(&rest, &word)) /* by their codes: their names are the programme's */
                if (!has_column(map, word))
                        printf(",%.*s", (int)word.len, word.at);
        fputs("\r\n", stdout);
}

static int run_template(struct qf_cli *cli, int argc, char **argv)
{
        int count;
        if (qf_cli_parse(cli, NULL, argc, argv, &count))
                return cli->exit_code;
        if (strcmp(argv[0], "activity") == 0) {
                print_header(qf_map_template(), cli->chinese);
                return 0;
        }
        const struct qf_kind_spec *spec = qf_asking_kind(cli, argv[0]);
        if (!spec)
                return cli->exit_code;
        struct qf_kind_map *map = qf_map_of_kind(spec);
        if (!map)
                return qf_cli_broke(cli, -ENOMEM, argv[0]);
        print_header(qf_kind_map_of(map), cli->chinese);
        qf_kind_map_free(map);
        return 0;
}

const struct qf_command qf_cmd_template = {
        .name = "template",
        .zh = "打印一张空白的填报表",
        .en = "print an empty sheet for clerks",
        .run = run_template,
        .arguments = "KIND",
        .arguments_min = 1,
        .arguments_max = 1,
        .local = true,
        .more_zh =
                "打印 CSV UTF-8 的表头，每一列都可以照填：qf template activity > 活动.csv。有哪些：qf kinds。\n"
                "必填的列和认得的别名见报送员手册。",
        .more_en =
                "Prints the header of a CSV file in UTF-8: qf template activity > activities.csv. Which kinds there are: qf kinds",
};
