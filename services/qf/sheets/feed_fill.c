/* Why: a clerk merges the cells of what is the same for several rows. Names, dates
 * and words are the same in each of them, and so is the number of a record, which
 * then tells none (feed_row_key.c), and a part of a key; counts never are. */
#include "qf/sheets/feed_fill.h"

#include <errno.h>
#include <stdlib.h>

int qf_fill_init(struct qf_fill *fill, const struct qf_grid *grid, const struct qf_binding *binding)
{
        *fill = (struct qf_fill){.grid = grid, .binding = binding};
        const uint32_t rows = qf_grid_rows(grid);
        uint32_t last = 0, column;
        fill->columns = calloc(binding->columns_count + 1u, sizeof(*fill->columns));
        fill->written = calloc(rows + 1u, sizeof(*fill->written));
        if (!fill->columns || !fill->written) {
                qf_fill_deinit(fill);
                return -ENOMEM;
        }
        for (uint32_t row = 0; row < rows; row++) {
                last = qf_grid_first_text(grid, row, &column).len > 0 ? row : last;
                fill->written[row] = last;
        }
        return 0;
}

void qf_fill_deinit(struct qf_fill *fill)
{
        free(fill->columns);
        free(fill->written);
        fill->columns = NULL;
        fill->written = NULL;
}

static bool fills_down(const struct qf_bound *bound)
{
        return bound->field != QF_FIELD_NONE && bound->map && bound->map->fill_down;
}

static bool is_key_part(const struct qf_binding *binding, uint32_t column)
{
        for (uint32_t i = 0; i < binding->keys_count; i++)
                if (binding->keys[i] == column)
                        return true;
        return false;
}

static bool is_of_all_rows(const struct qf_binding *binding, uint32_t column)
{
        switch (binding->columns[column].field) {
        case QF_FIELD_KEY:
        case QF_FIELD_DATE:
        case QF_FIELD_YEAR:
        case QF_FIELD_MONTH:
        case QF_FIELD_DAY:
        case QF_FIELD_METHOD:
        case QF_FIELD_START:
        case QF_FIELD_TITLE:
        case QF_FIELD_NOTE:
        case QF_FIELD_REASON:
        case QF_FIELD_RECORDED_BY:
        case QF_FIELD_ACTION:
        case QF_FIELD_VALUE: return true;
        default: return is_key_part(binding, column);
        }
}

/* Merges that begin in this row, below the header. Lines at the end of one that hold nothing are no rows: a record that is
 * two lines high has its cells for itself. */
static void take_merges(struct qf_fill *fill)
{
        const uint32_t rows = qf_grid_rows(fill->grid);
        uint32_t count;
        const struct qf_grid_merge *merges = qf_grid_merges(fill->grid, &count);
        for (; fill->next_merge < count && merges[fill->next_merge].first <= fill->row; fill->next_merge++) {
                const struct qf_grid_merge *merge = &merges[fill->next_merge];
                if (merge->first != fill->row || merge->column >= fill->binding->columns_count)
                        continue;
                struct qf_fill_column *column = &fill->columns[merge->column];
                column->merged = qf_grid_cell(fill->grid, merge->first, merge->column);
                column->first = merge->first;
                column->last = fill->written[merge->last < rows ? merge->last : rows - 1];
        }
}

void qf_fill_row(struct qf_fill *fill, uint32_t row)
{
        fill->row = row;
        take_merges(fill);
        for (uint32_t i = 0; i < fill->binding->columns_count; i++) {
                struct qf_view cell = qf_grid_cell(fill->grid, row, i);
                if (cell.len > 0 && fills_down(&fill->binding->columns[i]))
                        fill->columns[i].above = cell;
        }
}

struct qf_view qf_fill_cell(const struct qf_fill *fill, uint32_t column, enum qf_fill_how *ret_how)
{
        struct qf_view cell = qf_grid_cell(fill->grid, fill->row, column);
        const struct qf_fill_column *at = &fill->columns[column];

        *ret_how = QF_FILL_OWN;
        if (cell.len > 0)
                return cell;
        if (qf_fill_spans(fill, column) && at->merged.len > 0 && is_of_all_rows(fill->binding, column)) {
                *ret_how = QF_FILL_MERGED;
                return at->merged;
        }
        if (at->above.len > 0)
                *ret_how = QF_FILL_ASSUMED;
        return at->above;
}

bool qf_fill_spans(const struct qf_fill *fill, uint32_t column)
{
        const struct qf_fill_column *at = &fill->columns[column];
        return at->last > at->first && at->first <= fill->row && fill->row <= at->last;
}

bool qf_fill_is_shared(const struct qf_fill *fill, uint32_t column)
{
        const enum qf_field field = fill->binding->columns[column].field;
        return qf_fill_spans(fill, column) && field != QF_FIELD_NONE && field != QF_FIELD_OURS &&
               !is_of_all_rows(fill->binding, column);
}
