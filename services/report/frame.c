/* A code is written once per frame: a small table finds it again. */
#include "report/frame.h"

#include <errno.h>

enum { SLOTS = 2048 }; /* a power of two above twice the texts of a frame */

struct named {
        uint64_t key; /* 0: empty */
        uint32_t text;
};

struct texts {
        const struct qf_programme *programme;
        struct named *slots;
        struct qf_view *at;
        uint32_t count;
};

struct columns {
        uint32_t *dimension, *member, *period, *measures;
        int64_t *value;
        uint64_t *changed;
};

static struct qf_view code_of(const struct texts *texts, uint16_t dimension, bool is_member, uint32_t member)
{
        const struct qf_dimension *of = qf_programme_dimension(texts->programme, dimension);
        const struct qf_member *named = NULL;

        if (!of)
                return is_member ? QF_VIEW("all") : QF_VIEW("total");
        if (!is_member)
                return of->code;
        if (member != QF_MEMBER_NONE)
                named = qf_programme_member(texts->programme, dimension, member);
        return named ? named->code : QF_VIEW("");
}

static uint32_t text_of(struct texts *texts, uint16_t dimension, bool is_member, uint32_t member)
{
        uint64_t key = UINT64_C(1) << 63 | (uint64_t)is_member << 62 | (uint64_t)dimension << 32 | member;
        size_t at = (size_t)((key ^ key >> 31) * UINT64_C(0x9E3779B97F4A7C15) >> 40) % SLOTS;

        while (texts->slots[at].key != key && texts->slots[at].key != 0)
                at = (at + 1) % SLOTS;
        if (texts->slots[at].key == 0) {
                texts->slots[at] = (struct named){key, texts->count};
                texts->at[texts->count++] = code_of(texts, dimension, is_member, member);
        }
        return texts->slots[at].text;
}

static int make_room(struct qf_arena *arena, size_t count, struct texts *texts, struct columns *columns)
{
        texts->slots = qf_arena_zero(arena, SLOTS, sizeof(*texts->slots));
        texts->at = qf_arena_zero(arena, 2 * count + 1, sizeof(*texts->at));
        columns->dimension = qf_arena_take(arena, (count + 1) * sizeof(*columns->dimension));
        columns->member = qf_arena_take(arena, (count + 1) * sizeof(*columns->member));
        columns->period = qf_arena_take(arena, (count + 1) * sizeof(*columns->period));
        columns->measures = qf_arena_take(arena, QF_MEASURES * sizeof(*columns->measures));
        columns->value = qf_arena_take(arena, (count + 1) * QF_MEASURES * sizeof(*columns->value));
        columns->changed = qf_arena_take(arena, (count + 1) * sizeof(*columns->changed));
        return texts->slots && texts->at && columns->dimension && columns->member && columns->period &&
                               columns->measures && columns->value && columns->changed
                       ? 0
                       : -ENOMEM;
}

static uint32_t list_measures(uint32_t bitmap, uint32_t *measures)
{
        uint32_t count = 0;

        for (uint32_t m = 0; m < QF_MEASURES; m++)
                if (bitmap >> m & 1)
                        measures[count++] = m;
        return count;
}

int qf_report_frame_encode(struct qf_arena *arena, const struct qf_programme *programme, uint32_t measures,
                           struct qf_cell *const *cells, size_t count, struct qf_to_reader *update,
                           struct qf_buffer *buffer)
{
        struct texts texts = {.programme = programme};
        struct columns columns;
        uint32_t measures_count, values = 0;

        QF_ASSERT(count <= QF_REPORT_FRAME_CELLS);
        qf_arena_reset(arena);
        if (make_room(arena, count, &texts, &columns) < 0)
                return -ENOMEM;
        measures_count = list_measures(measures, columns.measures);
        for (size_t i = 0; i < count; i++) {
                const struct qf_cell *cell = cells[i];

                columns.dimension[i] = text_of(&texts, cell->key.dimension, false, 0);
                columns.member[i] = text_of(&texts, cell->key.dimension, true, cell->key.member);
                columns.period[i] = cell->key.period;
                columns.changed[i] = cell->changed;
                for (uint32_t m = 0; m < measures_count; m++)
                        columns.value[values++] = cell->counts.of[columns.measures[m]];
        }
        update->what = QF_UPDATE;
        if (count)
                update->cells = (struct qf_cells_part){
                        texts.count,       texts.at,       measures_count, columns.measures, (uint32_t)count,
                        columns.dimension, columns.member, columns.period, columns.value,    columns.changed};
        return qf_to_reader_encode(update, buffer);
}
