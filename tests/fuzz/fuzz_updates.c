/* What a subscriber, or reporting, is told by whoever says that it is the server: Updates, one frame after the other,
 * into a picture, its registers and the table of activities. Nothing they say may break the reader; the lowest bit of a
 * frame's byte says that the version is whole. */
#include "fuzz/frames.h"
#include "fuzz/target.h"

#include <errno.h>

#include "client/arriving.h"
#include "report/upstream.h"

enum { CELLS_MAX = 4096, FRAMES_MAX = 64, ROWS_MOST = 1 << 20 };

struct reader {
        struct qf_held held;
        struct qf_arriving arriving;
        struct qf_table *table;
        struct qf_buffer pending;
        struct qf_arena *arena;
};

static void open_reader(struct reader *reader)
{
        static struct qf_arena *arena; /* made once: anew for each input would be most of the time */

        *reader = (struct reader){0};
        if (!arena)
                QF_ASSERT(qf_arena_new(QF_DECODE_ARENA_BYTES, &arena) == 0);
        reader->arena = arena;
        QF_ASSERT(qf_programme_new(&reader->held.programme) == 0);
        QF_ASSERT(qf_picture_new(&reader->held.picture) == 0 && qf_table_new(&reader->table) == 0);
        qf_arriving_init(&reader->arriving, CELLS_MAX, NULL);
}

static void close_reader(struct reader *reader)
{
        qf_arriving_deinit(&reader->arriving);
        qf_programme_free(reader->held.programme);
        qf_picture_free(reader->held.picture);
        qf_table_free(reader->table);
        qf_buffer_deinit(&reader->pending);
}

/* A large row number takes room for all below it: that is aggregation's to say, and no fault of the reader's. */
static bool are_few(const struct qf_rows_part *rows)
{
        for (uint32_t i = 0; i < rows->count; i++)
                if (rows->row[i] > ROWS_MOST)
                        return false;
        return true;
}

static int take_update(struct reader *reader, const struct qf_to_reader *update)
{
        struct qf_programme *programme;
        int r = update->fresh ? qf_arriving_begin(&reader->arriving, true) : 0;

        for (uint32_t i = 0; i < update->events_count && r == 0; i++)
                r = qf_arriving_register(&reader->arriving, &reader->held, reader->arena, update->events[i],
                                         update->upto);
        programme = qf_arriving_programme(&reader->arriving, &reader->held);
        if (r == 0)
                r = qf_arriving_cells(&reader->arriving, &reader->held, reader->arena, &update->cells);
        if (r == 0 && are_few(&update->rows))
                r = qf_upstream_pack_rows(programme, &update->rows, reader->table, &reader->pending);
        return r;
}

static int settle(struct reader *reader, uint64_t version)
{
        int r = qf_upstream_apply_rows(reader->table, &reader->pending);

        QF_ASSERT(r == 0 || r == -EINVAL);
        reader->pending.len = 0;
        r = qf_arriving_settle(&reader->arriving, &reader->held, version, &(struct qf_arriving_calls){0});
        if (r == 0)
                QF_ASSERT(reader->held.version == version &&
                          qf_picture_cells(reader->held.picture) <= CELLS_MAX);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct frames frames = {bytes, len};
        struct reader reader;
        struct qf_view frame;
        uint8_t about;
        int r = 0;

        open_reader(&reader);
        for (unsigned i = 0; i < FRAMES_MAX && r == 0 && frames_next(&frames, &about, &frame); i++) {
                struct qf_to_reader message;
                struct qf_wire_fault fault;
                qf_arena_reset(reader.arena);
                if (qf_to_reader_decode(reader.arena, frame, &message, &fault) != 0 ||
                    message.what != QF_UPDATE)
                        continue;
                r = take_update(&reader, &message);
                if (r == 0 && about & 1)
                        r = settle(&reader, message.upto);
        }
        QF_ASSERT(r >= 0); /* strange or too large, but nothing broke */
        close_reader(&reader);
        return 0;
}
