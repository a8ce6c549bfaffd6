/* A table of a clerk's file, read to its end by a map. */
#pragma once

#include "fuzz/desk.h"

#include "qf/sheets/feed_map.h"
#include "qf/sheets/feed_rows.h"
#include "qf/sheets/feed_sheet.h"

static inline void table_notes(const struct qf_rows *rows)
{
        struct qf_buffer text = {0};
        for (uint32_t i = 0; i < qf_notes_list_count(qf_rows_notes(rows)); i++) {
                struct qf_note note = qf_notes_list_at(qf_rows_notes(rows), i);
                text.len = 0;
                QF_ASSERT(qf_note_print(&note, i % 2 == 0, &text) == 0 && text.len > 0);
        }
        qf_buffer_deinit(&text);
}

static inline void table_rows(struct desk *desk, const struct qf_grid *grid, const struct qf_map *map,
                              const struct qf_binding *binding)
{
        const struct qf_rows_options options = {grid,         map,       binding, desk->programme,
                                                desk->source, DESK_TODAY};
        struct qf_rows *rows = NULL;
        struct qf_row_event row;
        struct qf_verdict verdict;
        int outcome;

        QF_ASSERT(qf_rows_new(&options, &rows) == 0);
        while ((outcome = qf_rows_next(rows, &row)) != QF_ROW_END) {
                QF_ASSERT(outcome == QF_ROW_EVENT || outcome == QF_ROW_RETURNED);
                if (outcome == QF_ROW_RETURNED)
                        continue;
                /* It was judged at the desk already, by the same rules: ingest can't reject it. */
                QF_ASSERT(desk_judge(desk, &row.event, row.values, row.values_count, &verdict) == 0);
                QF_ASSERT(verdict.class != QF_REJECTED);
        }
        table_notes(rows);
        qf_rows_free(rows);
}

/* What no reader of tables takes is no fault. */
static inline void table_read(struct desk *desk, const struct qf_map *map, struct qf_view bytes)
{
        struct qf_sheet sheet;
        struct qf_binding binding = {0};
        struct qf_view missing, near;
        int result = qf_sheet_read(bytes, NULL, &sheet);

        QF_ASSERT(result >= 0);
        if (result == 0)
                result = qf_map_bind(map, sheet.grid, desk->programme, &binding, &missing, &near);
        QF_ASSERT(result >= 0);
        if (result == 0)
                table_rows(desk, sheet.grid, map, &binding);
        qf_binding_deinit(&binding);
        qf_sheet_deinit(&sheet);
}
