/* Why: a clerk's table of broadcasts or visits needs no map file: what its columns
 * may be called is told by the table of kinds, in both languages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qf/sheets/feed_map.h"

enum { COLUMNS_MAX = 24, NAMES_MAX = 10 };

struct qf_kind_map {
        struct qf_map map;
        uint32_t count;
        struct qf_map_column columns[COLUMNS_MAX];
        const char *names[COLUMNS_MAX][NAMES_MAX + 1];
};

/* What every kind's table has: as the activities' template names it, or by names of its own. */
static const struct {
        enum qf_field field;
        const char *dimension;
        bool needed, fill_down;
        const char *names[4];
} common[] = {
        {QF_FIELD_ACTION, NULL, false, false, {NULL}},
        {QF_FIELD_VALUE, "org", true, true, {NULL}},
        {QF_FIELD_VALUE, "site", false, false, {"研学点", "site", "地点"}},
        {QF_FIELD_TITLE, NULL, false, false, {"名称", "title", "主题"}},
        {QF_FIELD_NOTE, NULL, false, false, {NULL}},
        {QF_FIELD_REASON, NULL, false, false, {NULL}},
        {QF_FIELD_REVISION, NULL, false, false, {NULL}},
        {QF_FIELD_RECORDED_BY, NULL, false, false, {NULL}},
        {QF_FIELD_OURS, NULL, false, false, {NULL}},
};

static const char *const missing[] = {"-", "—", "——", "/", "N/A"};

static struct qf_map_column *add_column(struct qf_kind_map *kind_map, enum qf_field field, bool needed)
{
        struct qf_map_column *column = &kind_map->columns[kind_map->count];

        QF_ASSERT(kind_map->count < COLUMNS_MAX);
        *column = (struct qf_map_column){
                .headers = kind_map->names[kind_map->count++], .field = field, .optional = !needed};
        return column;
}

static void add_name(struct qf_kind_map *kind_map, const char *name)
{
        const char **names = kind_map->names[kind_map->count - 1];
        uint32_t at = 0;

        while (names[at])
                at++;
        QF_ASSERT(at < NAMES_MAX);
        names[at] = name;
}

static void add_names(struct qf_kind_map *kind_map, const char *const *names)
{
        for (; names && *names; names++)
                add_name(kind_map, *names);
}

static void add_own(struct qf_kind_map *kind_map, const struct qf_kind_spec *spec)
{
        (void)add_column(kind_map, QF_FIELD_KEY, false);
        add_names(kind_map, spec->key_headers);
        add_names(kind_map, (const char *const[]){"编号", "key", "no", NULL});
        (void)add_column(kind_map, QF_FIELD_DATE, true);
        add_names(kind_map, spec->date_headers);
        add_names(kind_map, (const char *const[]){"日期", "date", "时间", NULL});
        for (uint32_t i = 0; i < spec->figures_count; i++) {
                const struct qf_figure *figure = &spec->figures[i];
                (void)add_column(kind_map, (enum qf_field)(QF_FIELD_FIGURE + i), figure->required);
                add_names(kind_map, (const char *const[]){figure->zh, figure->code, figure->en, NULL});
                add_names(kind_map, figure->synonyms);
        }
}

struct qf_kind_map *qf_map_of_kind(const struct qf_kind_spec *spec)
{
        struct qf_kind_map *kind_map = calloc(1, sizeof(*kind_map));

        if (!kind_map)
                return NULL;
        for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
                if (common[i].field ==
                    QF_FIELD_TITLE) /* as people write: what, who and where, when, how much, words */
                        add_own(kind_map, spec);
                struct qf_map_column *column = add_column(kind_map, common[i].field, common[i].needed);
                column->dimension = common[i].dimension;
                column->fill_down = common[i].fill_down;
                add_names(kind_map,
                          common[i].names[0]
                                  ? common[i].names
                                  : qf_map_template_column(common[i].field, common[i].dimension)->headers);
        }
        kind_map->map = (struct qf_map){
                .columns_count = kind_map->count,
                .columns = kind_map->columns,
                .missing_count = sizeof(missing) / sizeof(missing[0]),
                .missing = missing,
                .is_template = true,
                .kind = spec,
        };
        return kind_map;
}

struct qf_kind_map *qf_kind_map_free(struct qf_kind_map *kind_map)
{
        free(kind_map);
        return NULL;
}

const struct qf_map *qf_kind_map_of(const struct qf_kind_map *kind_map)
{
        return &kind_map->map;
}
