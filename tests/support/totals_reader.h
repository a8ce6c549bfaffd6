/* A subscriber of totals as PROTOCOL.md describes one, in memory: for tests of
 * those who publish. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/socket.h"
#include "wire/totals_messages.h"

enum { CELLS = 4096, ROWS = 128 * 1024 };

struct held_cell {
        char name[64]; /* dimension/member/period */
        int64_t value[QF_MEASURES];
        uint64_t changed;
};

struct subscriber {
        struct qf_peer peer;
        struct held_cell cells[CELLS];
        size_t cells_count;
        uint64_t row_changed[ROWS];
        uint32_t row_attendances[ROWS], row_values[ROWS];
        uint32_t rows; /* highest row heard of */
        uint64_t have; /* of the last frame with end */
        uint8_t epoch[QF_EPOCH_BYTES];
        uint64_t bytes, frames, registers, fresh, pulses;
        struct qf_to_reader last_pulse;
        char json[4096];
        uint32_t denied;
        bool gone;        /* takes nothing */
        bool rows_follow; /* as the last end said */
};

static inline void hold_cell(struct subscriber *reader, const struct qf_cells_part *cells, uint32_t i)
{
        char name[64];
        size_t at = 0;

        (void)snprintf(name, sizeof name, "%.*s/%.*s/%u", (int)cells->texts[cells->dimension[i]].len,
                       cells->texts[cells->dimension[i]].at, (int)cells->texts[cells->member[i]].len,
                       cells->texts[cells->member[i]].at, cells->period[i]);
        while (at < reader->cells_count && strcmp(reader->cells[at].name, name) != 0)
                at++;
        assert_true(at < CELLS);
        if (at == reader->cells_count)
                reader->cells_count++;
        (void)snprintf(reader->cells[at].name, sizeof reader->cells[at].name, "%s", name);
        reader->cells[at].changed = cells->changed[i];
        for (unsigned m = 0; m < cells->measures_count; m++)
                reader->cells[at].value[cells->measures[m]] = cells->value[i * cells->measures_count + m];
}

static inline void hold_row(struct subscriber *reader, const struct qf_rows_part *rows, uint32_t i)
{
        uint32_t row = rows->row[i];

        assert_in_range(row, 1, ROWS - 1);
        assert_true(rows->texts[rows->partner[i]].len == 2);
        if (rows->changed[i] < reader->row_changed[row])
                return;
        if (reader->rows < row)
                reader->rows = row;
        reader->row_changed[row] = rows->changed[i];
        reader->row_attendances[row] = rows->attendances[i];
        reader->row_values[row] = rows->values[i];
}

static inline void hold_update(struct subscriber *reader, const struct qf_to_reader *update, uint32_t len)
{
        assert_true(len <= QF_FRAME_BYTES);
        reader->bytes += len;
        reader->frames++;
        if (update->fresh) {
                reader->fresh++;
                reader->cells_count = reader->registers = 0;
                reader->have = 0;
                memset(reader->row_changed, 0, sizeof reader->row_changed);
        }
        assert_true(update->after <= reader->have);
        reader->registers += update->events_count;
        for (uint32_t i = 0; i < update->cells.count; i++)
                hold_cell(reader, &update->cells, i);
        for (uint32_t i = 0; i < update->rows.count; i++)
                hold_row(reader, &update->rows, i);
        if (update->end) {
                reader->have = update->upto;
                reader->rows_follow = update->rows_follow;
        }
        memcpy(reader->epoch, update->epoch, sizeof reader->epoch);
}
