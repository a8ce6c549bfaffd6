/* Why: "which column is what" is data, for our own template as for anybody's
 * file, so that one reader serves both and a new source costs ten lines of YAML. */
#include "qf/sheets/feed_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_LINES = 10, TEMPLATE_HEADERS_LEAST = 3, MISSING_BYTES_MAX = 64 };

/* --- the template ------------------------------------------------------- */

#define HEADERS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The table of clerks' headers; the second word of each row is the English one. */
static const struct qf_map_column template_columns[] = {
        {.headers = HEADERS("操作", "action"), .field = QF_FIELD_ACTION, .optional = true},
        {.headers = HEADERS("活动编号", "activity_no", "编号", "台账号", "key"),
         .field = QF_FIELD_KEY,
         .optional = true},
        {.headers = HEADERS("主办单位", "lead_org", "单位", "牵头单位", "org"),
         .field = QF_FIELD_VALUE,
         .dimension = "org",
         .fill_down = true},
        {.headers = HEADERS("协办单位", "co_orgs", "联办单位", "共建单位", "co_org"),
         .field = QF_FIELD_VALUE,
         .dimension = "co_org",
         .optional = true},
        {.headers = HEADERS("活动日期", "occurred_on", "日期", "时间", "date"), .field = QF_FIELD_DATE},
        {.headers = HEADERS("活动名称", "title", "名称", "主题"), .field = QF_FIELD_TITLE, .optional = true},
        {.headers = HEADERS("线上线下", "channel"),
         .field = QF_FIELD_VALUE,
         .dimension = "channel",
         .optional = true},
        {.headers = HEADERS("方式", "mode", "活动形式"),
         .field = QF_FIELD_VALUE,
         .dimension = "mode",
         .optional = true},
        {.headers = HEADERS("地点", "site", "研学点"),
         .field = QF_FIELD_VALUE,
         .dimension = "site",
         .optional = true},
        {.headers = HEADERS("场次", "sessions", "场数"), .field = QF_FIELD_SESSIONS, .optional = true},
        {.headers = HEADERS("参加人次", "attendances", "人次", "参加人数", "覆盖人次"),
         .field = QF_FIELD_ATTENDANCES},
        {.headers = HEADERS("人次来源", "method"), .field = QF_FIELD_METHOD, .optional = true},
        {.headers = HEADERS("实到人数", "participants"), .field = QF_FIELD_PARTICIPANTS, .optional = true},
        {.headers = HEADERS("内容", "content"),
         .field = QF_FIELD_VALUE,
         .dimension = "content",
         .optional = true},
        {.headers = HEADERS("三抓三促", "workstream", "stream"),
         .field = QF_FIELD_VALUE,
         .dimension = "workstream",
         .optional = true},
        {.headers = HEADERS("五共", "five_co"),
         .field = QF_FIELD_VALUE,
         .dimension = "five_co",
         .optional = true},
        {.headers = HEADERS("重点", "priority"),
         .field = QF_FIELD_VALUE,
         .dimension = "priority",
         .optional = true},
        {.headers = HEADERS("举措编号", "initiative", "measure", "举措"),
         .field = QF_FIELD_VALUE,
         .dimension = "initiative",
         .optional = true},
        {.headers = HEADERS("开始时间", "start"), .field = QF_FIELD_START, .optional = true},
        {.headers = HEADERS("时长", "minutes"), .field = QF_FIELD_MINUTES, .optional = true},
        {.headers = HEADERS("佐证件数", "evidence"), .field = QF_FIELD_EVIDENCE, .optional = true},
        {.headers = HEADERS("备注", "note"), .field = QF_FIELD_NOTE, .optional = true},
        {.headers = HEADERS("更正原因", "reason"), .field = QF_FIELD_REASON, .optional = true},
        {.headers = HEADERS("修改次数", "revision"), .field = QF_FIELD_REVISION, .optional = true},
        {.headers = HEADERS("台账校验", "seal"), .field = QF_FIELD_SEAL, .optional = true},
        {.headers = HEADERS("填报岗位", "recorded_by"), .field = QF_FIELD_RECORDED_BY, .optional = true},
        {.headers = HEADERS("错误", "error", "怎么改", "how to mend"),
         .field = QF_FIELD_OURS,
         .optional = true},
};

static const struct qf_map_constant template_constants[] = {
        {.field = QF_FIELD_VALUE, .dimension = "channel", .value = "offline"},
        {.field = QF_FIELD_METHOD, .value = "registered"},
};

static const char *const usual_missing[] = {"-", "—", "——", "/", "无", "N/A"};

static const struct qf_map template_map = {
        .columns_count = sizeof(template_columns) / sizeof(template_columns[0]),
        .columns = template_columns,
        .constants_count = sizeof(template_constants) / sizeof(template_constants[0]),
        .constants = template_constants,
        .missing_count = sizeof(usual_missing) / sizeof(usual_missing[0]),
        .missing = usual_missing,
        .is_template = true,
};

const struct qf_map *qf_map_template(void)
{
        return &template_map;
}

const struct qf_map_column *qf_map_template_column(enum qf_field field, const char *dimension)
{
        for (size_t i = 0; i < sizeof(template_columns) / sizeof(template_columns[0]); i++) {
                const struct qf_map_column *column = &template_columns[i];
                if (column->field == field &&
                    (field != QF_FIELD_VALUE || strcmp(column->dimension, dimension) == 0))
                        return column;
        }
        return NULL;
}

bool qf_map_is_missing(const struct qf_map *map, struct qf_view cell)
{
        char room[QF_CELL_ROOM];
        if (cell.len == 0)
                return true;
        if (cell.len > MISSING_BYTES_MAX || map->missing_count == 0)
                return false;
        struct qf_view folded = qf_cell_fold(cell, room);
        for (uint32_t i = 0; i < map->missing_count; i++)
                if (qf_cell_is_word(cell, folded, qf_view_of(map->missing[i])))
                        return true;
        return false;
}

/* --- binding ------------------------------------------------------------ */

/* "参加人次（必填）*" is 参加人次. */
static struct qf_view plain_header(struct qf_view header)
{
        static const char *const ends[] = {"（", "(", "*", "＊"};
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
                const char *at = memmem(header.at, header.len, ends[i], strlen(ends[i]));
                if (at && at > header.at)
                        header.len = (uint32_t)(at - header.at);
        }
        return qf_cell_trim(header);
}

/* 观看人次（万） */
static bool says_scale(struct qf_view header)
{
        static const char *const brackets[][2] = {{"（", "）"}, {"(", ")"}};
        for (size_t i = 0; i < sizeof(brackets) / sizeof(brackets[0]); i++) {
                const size_t len = strlen(brackets[i][0]);
                const char *open = memmem(header.at, header.len, brackets[i][0], len);
                if (!open)
                        continue;
                const uint32_t left = header.len - (uint32_t)(open + len - header.at);
                const char *close = memmem(open + len, left, brackets[i][1], len);
                if (close && qf_cell_is_scale((struct qf_view){open + len, (uint32_t)(close - (open + len))}))
                        return true;
        }
        return false;
}

static bool is_called(const struct qf_map_column *column, struct qf_view header)
{
        for (const char *const *name = column->headers; *name; name++)
                if (qf_cell_same(header, qf_view_of(*name)))
                        return true;
        return false;
}

static const struct qf_map_column *find_column(const struct qf_map *map, struct qf_view header)
{
        for (uint32_t pass = 0; pass < 2 && header.len > 0; pass++, header = plain_header(header))
                for (uint32_t i = 0; i < map->columns_count; i++)
                        if (is_called(&map->columns[i], header))
                                return &map->columns[i];
        return NULL;
}

struct qf_view qf_map_header(const struct qf_grid *grid, uint32_t header_row, uint32_t column)
{
        struct qf_view header = qf_grid_cell(grid, header_row, column);
        if (header.len > 0 || header_row == 0)
                return header;
        return qf_grid_cell(grid, header_row - 1, column);
}

/* How many columns a line names, as a header; *ret_own: not by the line above it. */
static uint32_t known_columns(const struct qf_map *map, const struct qf_grid *grid, uint32_t row,
                              uint32_t *ret_own)
{
        uint32_t known = 0, cells = qf_grid_cells(grid, row);
        if (row > 0 && qf_grid_cells(grid, row - 1) > cells)
                cells = qf_grid_cells(grid, row - 1);
        *ret_own = 0;
        for (uint32_t i = 0; i < cells; i++) {
                known += find_column(map, qf_map_header(grid, row, i)) != NULL;
                *ret_own += find_column(map, qf_grid_cell(grid, row, i)) != NULL;
        }
        return known;
}

/* The first of the first lines that has all columns, or else most of them. */
static bool find_header(const struct qf_map *map, const struct qf_grid *grid, uint32_t *ret_row)
{
        uint32_t least = map->is_template ? TEMPLATE_HEADERS_LEAST : 1, best = 0;
        for (uint32_t row = 0; row < qf_grid_rows(grid) && row < HEADER_LINES; row++) {
                uint32_t own, known = known_columns(map, grid, row, &own);
                if (known < least || known <= best || own == 0)
                        continue;
                best = known;
                *ret_row = row;
        }
        return best > 0;
}

bool qf_map_has(const struct qf_map *map, struct qf_view header)
{
        return find_column(map, header) != NULL;
}

bool qf_map_is_date(const struct qf_map *map, enum qf_field field)
{
        return field == QF_FIELD_DATE || (map->kind && field >= QF_FIELD_FIGURE &&
                                          map->kind->figures[field - QF_FIELD_FIGURE].type == QF_FIGURE_DATE);
}

uint32_t qf_map_known(const struct qf_map *map, const struct qf_grid *grid)
{
        uint32_t row, own;
        return find_header(map, grid, &row) ? known_columns(map, grid, row, &own) : 0;
}

static uint16_t dimension_called(const struct qf_programme *programme, struct qf_view header)
{
        for (uint16_t id = 1; header.len > 0 && id <= qf_programme_dimensions(programme); id++) {
                const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
                if (dimension->groups)
                        continue;
                if (qf_cell_same(header, dimension->code) || qf_cell_same(header, dimension->zh) ||
                    qf_cell_same(header, dimension->en))
                        return id;
        }
        return QF_DIMENSION_UNKNOWN;
}

static bool bound_already(const struct qf_binding *binding, const struct qf_map_column *column)
{
        for (uint32_t i = 0; i < binding->columns_count; i++)
                if (binding->columns[i].map == column)
                        return column->field != QF_FIELD_OURS;
        return false;
}

static bool is_count(const struct qf_map *map, enum qf_field field)
{
        switch (field) {
        case QF_FIELD_SESSIONS:
        case QF_FIELD_ATTENDANCES:
        case QF_FIELD_PARTICIPANTS: return true;
        default:
                return map->kind && field >= QF_FIELD_FIGURE &&
                       map->kind->figures[field - QF_FIELD_FIGURE].type == QF_FIGURE_COUNT;
        }
}

/* A dimension that this programme does not have makes a template's column one that nobody asked for. */
static int bind_column(const struct qf_map *map, const struct qf_programme *programme, struct qf_view header,
                       struct qf_binding *binding, uint32_t at, struct qf_view *ret_missing,
                       struct qf_view *ret_near)
{
        struct qf_bound *bound = &binding->columns[at];
        const struct qf_map_column *column = find_column(map, header);

        if (column && is_count(map, column->field) && says_scale(header)) {
                *ret_near = header;
                return QF_BIND_SCALED;
        }
        if (column && !bound_already(binding, column)) {
                *bound = (struct qf_bound){.field = column->field, .map = column};
                if (column->field != QF_FIELD_VALUE)
                        return 0;
                bound->dimension = qf_programme_find_dimension(programme, qf_view_of(column->dimension));
                if (bound->dimension != QF_DIMENSION_UNKNOWN)
                        return 0;
                *bound = (struct qf_bound){0};
                *ret_missing = qf_view_of(column->dimension);
                return map->is_template ? 0 : QF_BIND_NO_DIMENSION;
        }
        *bound = (struct qf_bound){.again = column != NULL, .map = column};
        uint16_t id =
                map->is_template && !column ? dimension_called(programme, header) : QF_DIMENSION_UNKNOWN;
        if (id != QF_DIMENSION_UNKNOWN)
                *bound = (struct qf_bound){.field = QF_FIELD_VALUE, .dimension = id};
        return 0;
}

/* A header that nobody asked for and that is a part of the wanted one, or the other way round, or else like it. */
static struct qf_view near_header(const struct qf_grid *grid, const struct qf_binding *binding,
                                  const struct qf_map_column *column)
{
        struct qf_view near = QF_VIEW("");
        uint32_t best = QF_NAME_LIKE_LEAST - 1;
        for (uint32_t i = 0; i < binding->columns_count; i++) {
                struct qf_view header = plain_header(qf_map_header(grid, binding->header_row, i));
                if (binding->columns[i].field != QF_FIELD_NONE || header.len < 2)
                        continue;
                for (const char *const *name = column->headers; *name; name++) {
                        struct qf_view wanted = qf_view_of(*name);
                        if (memmem(header.at, header.len, wanted.at, wanted.len) ||
                            memmem(wanted.at, wanted.len, header.at, header.len))
                                return header;
                        uint32_t like = qf_name_likeness(header, wanted);
                        if (like <= best)
                                continue;
                        best = like;
                        near = header;
                }
        }
        return near;
}

static int find_missing(const struct qf_map *map, const struct qf_grid *grid,
                        const struct qf_programme *programme, const struct qf_binding *binding,
                        struct qf_view *ret_missing, struct qf_view *ret_near)
{
        for (uint32_t i = 0; i < map->columns_count; i++) {
                const struct qf_map_column *column = &map->columns[i];
                bool there = column->optional;
                for (uint32_t k = 0; k < binding->columns_count && !there; k++)
                        there = binding->columns[k].map == column;
                if (!there && map->is_template && column->dimension)
                        there = qf_programme_find_dimension(programme, qf_view_of(column->dimension)) ==
                                QF_DIMENSION_UNKNOWN;
                if (there)
                        continue;
                *ret_missing = qf_view_of(column->headers[0]);
                *ret_near = near_header(grid, binding, column);
                return QF_BIND_NO_COLUMN;
        }
        return 0;
}

/* Of the template's those that the programme lacks are not asked for. */
static int check_constants(const struct qf_map *map, const struct qf_programme *programme,
                           struct qf_view *ret_missing)
{
        for (uint32_t i = 0; i < map->constants_count && !map->is_template; i++) {
                const struct qf_map_constant *constant = &map->constants[i];
                if (constant->field != QF_FIELD_VALUE ||
                    qf_programme_find_dimension(programme, qf_view_of(constant->dimension)) !=
                            QF_DIMENSION_UNKNOWN)
                        continue;
                *ret_missing = qf_view_of(constant->dimension);
                return QF_BIND_NO_DIMENSION;
        }
        return 0;
}

static int bind_keys(const struct qf_map *map, const struct qf_grid *grid, struct qf_binding *binding,
                     struct qf_view *ret_missing)
{
        for (uint32_t i = 0; i < map->keys_count; i++) {
                uint32_t column = 0;
                struct qf_view wanted = qf_view_of(map->keys[i]);
                while (column < binding->columns_count &&
                       !qf_cell_same(qf_map_header(grid, binding->header_row, column), wanted))
                        column++;
                if (column == binding->columns_count ||
                    binding->keys_count == sizeof(binding->keys) / sizeof(binding->keys[0])) {
                        *ret_missing = wanted;
                        return QF_BIND_NO_COLUMN;
                }
                binding->keys[binding->keys_count++] = column;
        }
        return 0;
}

static void index_fields(struct qf_binding *binding)
{
        for (uint32_t field = 0; field < QF_FIELDS; field++)
                binding->by_field[field] = -1;
        for (uint32_t i = binding->columns_count; i-- > 0;)
                binding->by_field[binding->columns[i].field] = (int32_t)i;
}

int qf_map_bind(const struct qf_map *map, const struct qf_grid *grid, const struct qf_programme *programme,
                struct qf_binding *ret_binding, struct qf_view *ret_missing, struct qf_view *ret_near)
{
        struct qf_binding binding = {0};
        int result = 0;

        *ret_missing = *ret_near = QF_VIEW("");
        if (!find_header(map, grid, &binding.header_row))
                return QF_BIND_NO_HEADER;
        uint32_t count = qf_grid_cells(grid, binding.header_row);
        if (binding.header_row > 0 && qf_grid_cells(grid, binding.header_row - 1) > count)
                count = qf_grid_cells(grid, binding.header_row - 1);
        binding.columns = calloc(count + 1u, sizeof(*binding.columns));
        if (!binding.columns)
                return -ENOMEM;
        for (uint32_t i = 0; i < count && result == 0; i++) {
                binding.columns_count = i;
                result = bind_column(map, programme, qf_map_header(grid, binding.header_row, i), &binding, i,
                                     ret_missing, ret_near);
        }
        binding.columns_count = count;
        if (result == 0)
                result = check_constants(map, programme, ret_missing);
        if (result == 0)
                result = find_missing(map, grid, programme, &binding, ret_missing, ret_near);
        if (result == 0)
                result = bind_keys(map, grid, &binding, ret_missing);
        if (result) {
                qf_binding_deinit(&binding);
                return result;
        }
        index_fields(&binding);
        *ret_binding = binding;
        return 0;
}

int32_t qf_binding_column(const struct qf_binding *binding, const struct qf_programme *programme,
                          const char *field)
{
        if (!field)
                return -1;
        uint16_t id = qf_programme_find_dimension(programme, qf_view_of(field));
        for (uint32_t i = 0; id != QF_DIMENSION_UNKNOWN && i < binding->columns_count; i++)
                if (binding->columns[i].field == QF_FIELD_VALUE && binding->columns[i].dimension == id)
                        return (int32_t)i;
        enum qf_field named = qf_field_named(qf_view_of(field));
        return named == QF_FIELD_NONE ? -1 : binding->by_field[named];
}

void qf_binding_deinit(struct qf_binding *binding)
{
        free(binding->columns);
        binding->columns = NULL;
}
