/* Why: what is printed must be what is read again, so both go by one template. */
#include "qf/reading/ledger_columns.h"

#include <string.h>

static bool is_printed(const struct qf_programme *programme, const struct qf_map_column *column)
{
        switch (column->field) {
        case QF_FIELD_OURS:
        case QF_FIELD_SEAL: return false;
        case QF_FIELD_VALUE:
                return qf_programme_find_dimension(programme, qf_view_of(column->dimension)) !=
                       QF_DIMENSION_UNKNOWN;
        default: return true;
        }
}

static bool has_dimension(const struct qf_ledger_column *columns, uint32_t count, struct qf_view code)
{
        for (uint32_t i = 0; i < count; i++)
                if (columns[i].field == QF_FIELD_VALUE && qf_view_same(columns[i].dimension, code))
                        return true;
        return false;
}

uint32_t qf_ledger_columns(const struct qf_programme *programme, bool chinese,
                           struct qf_ledger_column columns[QF_LEDGER_COLUMNS_MAX])
{
        const struct qf_map *map = qf_map_template();
        uint32_t count = 0;
        for (uint32_t i = 0; i < map->columns_count && count < QF_LEDGER_COLUMNS_MAX; i++)
                if (is_printed(programme, &map->columns[i]))
                        columns[count++] = (struct qf_ledger_column){
                                .field = map->columns[i].field,
                                .dimension = qf_view_of(map->columns[i].dimension),
                                .header = qf_view_of(map->columns[i].headers[chinese ? 0 : 1]),
                        };
        for (uint16_t id = 1; id <= qf_programme_dimensions(programme) && count < QF_LEDGER_COLUMNS_MAX;
             id++) {
                const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
                if (dimension->groups || has_dimension(columns, count, dimension->code))
                        continue;
                bool by_name = chinese && dimension->zh.len > 0 && !qf_map_has(map, dimension->zh);
                columns[count++] = (struct qf_ledger_column){
                        .field = QF_FIELD_VALUE,
                        .dimension = dimension->code,
                        .header = by_name ? dimension->zh : dimension->code,
                };
        }
        return count;
}

int qf_ledger_org(struct qf_cli *cli, const struct qf_programme *programme, const char *name,
                  uint32_t *ret_member)
{
        uint16_t dimension = qf_programme_find_dimension(programme, QF_VIEW("org"));
        uint32_t member = name && dimension != QF_DIMENSION_UNKNOWN
                                  ? qf_programme_guess_member(programme, dimension, qf_view_of(name))
                                  : QF_MEMBER_UNKNOWN;
        if (member == QF_MEMBER_UNKNOWN || member == QF_MEMBER_NONE) {
                (void)qf_cli_misused(
                        cli, "名录里没有单位“%s”。\n都有哪些：qf programme show org",
                        "no organisation of the register is \"%s\".\nWhich there are: qf programme show org",
                        name ? name : "");
                return 1;
        }
        *ret_member = member;
        return 0;
}
