/* A programme has some thousands of register events in all its life; they are
 * kept whole, so that a subscriber's snapshot is a copy and a restart a replay. */
#include "aggregate/registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/counts_tables.h"
#include "wire/body.h"

struct item {
        uint64_t position;
        size_t at; /* in bytes */
        uint32_t len;
};

struct qf_registers {
        struct item *items;
        uint32_t count, room, written;
        struct qf_buffer bytes;
};

int qf_registers_new(struct qf_registers **ret_registers)
{
        struct qf_registers *registers = calloc(1, sizeof(*registers));

        if (!registers)
                return -ENOMEM;
        *ret_registers = registers;
        return 0;
}

struct qf_registers *qf_registers_free(struct qf_registers *registers)
{
        if (!registers)
                return NULL;
        qf_buffer_deinit(&registers->bytes);
        free(registers->items);
        free(registers);
        return NULL;
}

static int reserve_item(struct qf_registers *registers)
{
        if (registers->count < registers->room)
                return 0;
        uint32_t room = registers->room ? registers->room * 2 : 64;
        struct item *items = realloc(registers->items, room * sizeof(*items));
        if (!items)
                return -ENOMEM;
        registers->items = items;
        registers->room = room;
        return 0;
}

static void note_item(struct qf_registers *registers, uint64_t position, size_t at)
{
        registers->items[registers->count++] = (struct item){
                .position = position,
                .at = at,
                .len = (uint32_t)(registers->bytes.len - at),
        };
}

int qf_registers_add(struct qf_registers *registers, const struct qf_event *event, uint64_t position)
{
        size_t at = registers->bytes.len;
        int r = reserve_item(registers);

        if (r == 0)
                r = qf_register_encode(event, &registers->bytes);
        if (r == 0)
                note_item(registers, position, at);
        return r;
}

static int load_item(struct qf_registers *registers, struct qf_view value, struct qf_arena *arena,
                     struct qf_programme *programme)
{
        struct qf_view bytes = {value.at + 8, value.len - 8};
        uint64_t position = qf_get_le64((const uint8_t *)value.at);
        size_t at = registers->bytes.len;
        struct qf_wire_fault fault;
        struct qf_event event;

        qf_arena_reset(arena);
        int r = qf_register_decode(arena, bytes, &event, &fault);
        if (r > 0)
                return -EBADMSG;
        if (r == 0)
                r = qf_programme_apply(programme, &event, position);
        if (r == 0)
                r = reserve_item(registers);
        if (r == 0)
                r = qf_buffer_append(&registers->bytes, bytes.at, bytes.len);
        if (r == 0)
                note_item(registers, position, at);
        return r;
}

int qf_registers_load(struct qf_registers *registers, struct qf_txn *txn, uint32_t count,
                      struct qf_arena *arena, struct qf_programme *programme)
{
        struct qf_view key = {"", 0}, value;
        int r = qf_txn_seek(txn, QF_COUNTS_REG, key, false, &key, &value);

        while (r == 0) {
                bool next = key.len == 4 && qf_get_be32((const uint8_t *)key.at) == registers->count + 1;
                r = next && value.len > 8 ? load_item(registers, value, arena, programme) : -EBADMSG;
                if (r == 0)
                        r = qf_txn_seek(txn, QF_COUNTS_REG, key, true, &key, &value);
        }
        if (r != QF_STORE_NONE)
                return r < 0 ? r : -EBADMSG;
        registers->written = registers->count;
        return registers->count == count ? 0 : -EBADMSG;
}

static int write_item(const struct qf_registers *registers, struct qf_txn *txn, uint32_t i,
                      struct qf_buffer *row)
{
        const struct item *item = &registers->items[i];
        uint8_t key[4], position[8];

        qf_put_be32(key, i + 1);
        qf_put_le64(position, item->position);
        row->len = 0;
        int r = qf_buffer_append(row, position, sizeof(position));
        if (r == 0)
                r = qf_buffer_append(row, registers->bytes.at + item->at, item->len);
        if (r < 0)
                return r;
        return qf_txn_put(txn, QF_COUNTS_REG, (struct qf_view){(const char *)key, sizeof(key)},
                          (struct qf_view){(const char *)row->at, (uint32_t)row->len});
}

int qf_registers_write(struct qf_registers *registers, struct qf_txn *txn)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer row = {0};
        int r = 0;

        for (uint32_t i = registers->written; i < registers->count && r == 0; i++)
                r = write_item(registers, txn, i, &row);
        return r;
}

void qf_registers_written(struct qf_registers *registers)
{
        registers->written = registers->count;
}

uint32_t qf_registers_count(const struct qf_registers *registers)
{
        return registers->count;
}

struct qf_view qf_registers_at(const struct qf_registers *registers, uint32_t i, uint64_t *ret_position)
{
        const struct item *item = &registers->items[i];

        *ret_position = item->position;
        return (struct qf_view){(const char *)registers->bytes.at + item->at, item->len};
}

uint32_t qf_registers_after(const struct qf_registers *registers, uint64_t position)
{
        uint32_t low = 0, high = registers->count;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (registers->items[middle].position <= position)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}
