/* Why: a clerk writes names, an event has codes; what is no name of the register is
 * returned with the most similar one, and nothing is guessed. */
#include <string.h>

#include "qf/sheets/feed_rows_parts.h"

static struct qf_view translate(const struct qf_map_column *column, struct qf_view name)
{
        for (uint32_t i = 0; column && i < column->aliases_count; i++)
                if (qf_cell_same(name, qf_view_of(column->aliases[i].from)))
                        return qf_view_of(column->aliases[i].to);
        return name;
}

static uint32_t find_member(const struct qf_programme *programme, uint16_t dimension, struct qf_view name)
{
        char room[QF_CELL_ROOM];
        uint32_t member = qf_programme_guess_member(programme, dimension, name);
        if (member != QF_MEMBER_UNKNOWN)
                return member;
        return qf_programme_guess_member(programme, dimension, qf_cell_fold(name, room));
}

static void add_value(struct qf_rows *rows, struct qf_row_event *row, uint16_t dimension,
                      struct qf_view member)
{
        struct qf_pair pair = {qf_programme_dimension(rows->options.programme, dimension)->code, member};
        for (uint32_t i = 0; i < row->values_count; i++)
                if (qf_view_same(row->values[i].dimension, pair.dimension) &&
                    qf_view_same(row->values[i].member, pair.member))
                        return;
        if (row->values_count < QF_ROW_VALUES_MAX)
                row->values[row->values_count++] = pair;
}

static void take_member(struct qf_rows *rows, struct qf_row_event *row, uint16_t dimension, int32_t column,
                        struct qf_view name)
{
        const struct qf_programme *programme = rows->options.programme;
        uint32_t id = find_member(programme, dimension, name);
        if (id == QF_MEMBER_NONE)
                return;
        if (id != QF_MEMBER_UNKNOWN) {
                add_value(rows, row, dimension, qf_programme_member(programme, dimension, id)->code);
                return;
        }
        uint16_t org = qf_programme_find_dimension(programme, QF_VIEW("org"));
        bool is_org = qf_programme_dimension(programme, dimension)->members_of == org;
        qf_rows_say(rows, is_org ? QF_NOTE_UNKNOWN_ORG : QF_NOTE_UNKNOWN_MEMBER, column, name,
                    qf_programme_near_member(programme, dimension, name));
}

/* A whole cell that is a member is one, whatever characters it holds. */
static void take_members(struct qf_rows *rows, struct qf_row_event *row, uint16_t dimension, int32_t column,
                         struct qf_view cell)
{
        const struct qf_map_column *map = column >= 0 ? rows->options.binding->columns[column].map : NULL;
        const struct qf_dimension *is = qf_programme_dimension(rows->options.programme, dimension);
        const char *split = map && map->split ? map->split : is->multi ? "、;；，," : NULL;
        struct qf_view whole = translate(map, cell), piece;

        if (!split || find_member(rows->options.programme, dimension, whole) != QF_MEMBER_UNKNOWN) {
                take_member(rows, row, dimension, column, whole);
                return;
        }
        while (qf_cell_split(&cell, qf_view_of(split), &piece))
                if (!qf_map_is_missing(rows->options.map, piece))
                        take_member(rows, row, dimension, column, translate(map, piece));
}

void qf_rows_take_values(struct qf_rows *rows, struct qf_row_event *row)
{
        const struct qf_binding *binding = rows->options.binding;
        const struct qf_map *map = rows->options.map;
        uint32_t stated = 0; /* bitmap of dimensions */

        for (uint32_t i = 0; i < binding->columns_count; i++) {
                const struct qf_bound *bound = &binding->columns[i];
                if (bound->field != QF_FIELD_VALUE)
                        continue;
                struct qf_view cell = qf_rows_cell(rows, i);
                if (cell.len == 0)
                        continue;
                stated |= UINT32_C(1) << bound->dimension;
                take_members(rows, row, bound->dimension, (int32_t)i, cell);
        }
        for (uint32_t i = 0; i < map->constants_count; i++) {
                if (map->constants[i].field != QF_FIELD_VALUE)
                        continue;
                uint16_t id = qf_programme_find_dimension(rows->options.programme,
                                                          qf_view_of(map->constants[i].dimension));
                if (id != QF_DIMENSION_UNKNOWN && !(stated >> id & 1))
                        take_members(rows, row, id, -1, qf_view_of(map->constants[i].value));
        }
}
