/* Values of the counts and of an outbox as a disk may give them back: the first byte chooses the kind of row. What is
 * taken is written again, and that must be taken too and be the same. */
#include "fuzz/target.h"

#include "base/error.h"
#include "client/outbox_rows.h"
#include "store/counts_tables.h"

static void try_meta(struct qf_view value)
{
        uint8_t first[QF_COUNTS_META_BYTES], second[QF_COUNTS_META_BYTES];
        struct qf_counts_meta meta;

        if (qf_counts_meta_unpack(value, &meta) != 0)
                return;
        qf_counts_meta_pack(&meta, first);
        QF_ASSERT(qf_counts_meta_unpack((struct qf_view){(const char *)first, sizeof first}, &meta) == 0);
        qf_counts_meta_pack(&meta, second);
        QF_ASSERT(memcmp(first, second, sizeof first) == 0);
}

static void try_standing(struct qf_view value)
{
        static struct qf_standing standing, again;
        uint8_t first[QF_STANDING_BYTES], second[QF_STANDING_BYTES];

        if (qf_standing_unpack(value, &standing) != 0)
                return;
        QF_ASSERT(qf_standing_row(value) == standing.row);
        size_t len = qf_standing_pack(&standing, first);
        QF_ASSERT(len <= sizeof first);
        QF_ASSERT(qf_standing_unpack((struct qf_view){(const char *)first, (uint32_t)len}, &again) == 0);
        QF_ASSERT(qf_standing_waiting(&standing) == qf_standing_waiting(&again));
        QF_ASSERT(qf_standing_pack(&again, second) == len && memcmp(first, second, len) == 0);
}

static void try_cells(struct qf_view bytes)
{
        struct qf_cell_saved saved[QF_CELL_ROW_CELLS], again[QF_CELL_ROW_CELLS];
        struct qf_cell cells[QF_CELL_ROW_CELLS], *at[QF_CELL_ROW_CELLS] = {NULL};
        uint8_t key_bytes[QF_CELL_ROW_KEY_BYTES], packed[QF_CELL_ROW_BYTES];
        struct qf_cell_row_key key;
        uint32_t count = 0, count_again = 0, days = 0;

        if (bytes.len < QF_CELL_ROW_KEY_BYTES ||
            qf_cell_row_key_unpack((struct qf_view){bytes.at, QF_CELL_ROW_KEY_BYTES}, &key) != 0)
                return;
        qf_cell_row_key_pack(key, key_bytes);
        QF_ASSERT(memcmp(key_bytes, bytes.at, sizeof key_bytes) == 0);
        struct qf_view value = {bytes.at + QF_CELL_ROW_KEY_BYTES, bytes.len - QF_CELL_ROW_KEY_BYTES};
        if (qf_cell_row_unpack(key, value, saved, &count) != 0)
                return;
        QF_ASSERT(count <= QF_CELL_ROW_CELLS);
        for (uint32_t i = 0; i < count; i++) {
                struct qf_cell_row_key row = qf_cell_row_of(saved[i].key);
                QF_ASSERT(row.month == key.month && row.member == key.member);
                cells[i] = (struct qf_cell){
                        .key = saved[i].key, .counts = saved[i].counts, .changed = saved[i].changed};
                days |= UINT32_C(1) << saved[i].key.period % 100;
                at[saved[i].key.period % 100] = &cells[i];
        }
        size_t len = qf_cell_row_pack(days, at, packed);
        QF_ASSERT(len <= sizeof packed);
        QF_ASSERT(qf_cell_row_unpack(key, (struct qf_view){(const char *)packed, (uint32_t)len}, again,
                                     &count_again) == 0);
        QF_ASSERT(count == count_again);
        for (uint32_t i = 0; i < count; i++)
                QF_ASSERT(memcmp(&saved[i].counts, &again[i].counts, sizeof saved[i].counts) == 0 &&
                          saved[i].changed == again[i].changed && saved[i].key.period == again[i].key.period);
}

static void try_outbox(struct qf_view value)
{
        uint8_t first[QF_OUTBOX_ROW_BYTES], second[QF_OUTBOX_ROW_BYTES];
        struct qf_outbox_row row;

        if (!qf_outbox_row_read(value, &row))
                return;
        qf_outbox_row_write(&row, first);
        QF_ASSERT(qf_outbox_row_read((struct qf_view){(const char *)first, sizeof first}, &row));
        qf_outbox_row_write(&row, second);
        QF_ASSERT(memcmp(first, second, sizeof first) == 0);
}

static void try_chunk(struct qf_view key, struct qf_view value, struct qf_buffer *buffer)
{
        struct qf_chunk chunk, again;

        if (!qf_chunk_read(key, value, &chunk))
                return;
        QF_ASSERT(qf_chunk_write(&chunk, buffer) == 0 && qf_chunk_read(key, qf_buffer_view(buffer), &again));
        QF_ASSERT(chunk.first == again.first && chunk.count == again.count && chunk.made_ms == again.made_ms);
        QF_ASSERT(qf_view_same(chunk.facts, again.facts) && qf_view_same(chunk.texts, again.texts) &&
                  qf_view_same(chunk.cursor, again.cursor));
}

static void try_answer(struct qf_view key, struct qf_view value, struct qf_buffer *buffer)
{
        __attribute__((cleanup(qf_buffer_deinit))) struct qf_buffer written = {0};
        struct qf_answer_row row, again;
        struct qf_outbox_answer answer;
        uint32_t first = 0;

        if (!qf_answer_row_read(key, value, &row))
                return;
        QF_ASSERT(qf_answer_row_copy(&row, buffer, &answer) == 0);
        QF_ASSERT(qf_answer_row_differs(&row, &answer, &first) == 0);
        QF_ASSERT(qf_answer_row_write(&answer, row.first, row.count, row.life, &written) == 0);
        QF_ASSERT(qf_answer_row_read(key, qf_buffer_view(&written), &again));
        QF_ASSERT(qf_answer_row_differs(&again, &answer, &first) == 0);
}

static void try_file(struct qf_view value, struct qf_buffer *buffer)
{
        static const uint8_t hash[QF_OUTBOX_HASH];
        uint8_t outbox[QF_OUTBOX_ID_BYTES];
        struct qf_fed_file file;

        if (!qf_fed_file_read(hash, value, &file, outbox))
                return;
        QF_ASSERT(qf_fed_file_write(&file, outbox, buffer) == 0);
        QF_ASSERT(qf_view_same(qf_buffer_view(buffer), value));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        __attribute__((cleanup(qf_buffer_deinit))) struct qf_buffer buffer = {0};
        if (len < 9 || len > 64u * 1024)
                return 0;
        struct qf_view key = {(const char *)bytes + 1, 8};
        struct qf_view rest = {(const char *)bytes + 9, (uint32_t)len - 9};
        struct qf_view all = {(const char *)bytes + 1, (uint32_t)len - 1};

        switch (bytes[0] % 7) {
        case 0: try_meta(all); break;
        case 1: try_standing(all); break;
        case 2: try_cells(all); break;
        case 3: try_outbox(all); break;
        case 4: try_chunk(key, rest, &buffer); break;
        case 5: try_answer(key, rest, &buffer); break;
        default: try_file(all, &buffer); break;
        }
        return 0;
}
