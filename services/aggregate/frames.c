/* Columns are filled in place, in arrays made once. A code is written once a
 * frame: a table stamped with the frame's number finds it again, so beginning a
 * frame costs nothing. The size is an upper estimate, kept while adding. */
#include "aggregate/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
        FULL_BYTES = QF_FRAME_BYTES - 12 * 1024, /* a row of 256 values with new codes still fits */
        ITEMS_MAX = 8192,
        VALUES_MAX = 32768,
        TEXTS_MAX = 8192,
        NAMES = 16384,      /* a power of two */
        NEAR_MEMBERS = 512, /* of each dimension: found without hashing */
        HEAD_BYTES = 128,
        DECLARED_MAX = 1024,
        PAIRS_MAX = 8192,
};

struct name {
        uint64_t key;
        uint32_t frame, text;
};

struct near_name {
        uint32_t frame, text;
};

enum { NAME_DIMENSION = 1, NAME_MEMBER = 2, NAME_PARTNER = 3 };

struct qf_frames {
        const struct qf_programme *programme;
        uint32_t frame; /* number of this frame: stamps names */
        size_t size;
        uint32_t cells, rows, values, texts, registers, declared;
        struct name names[NAMES];
        struct near_name near[QF_DIMENSIONS_MAX + 1][1 + NEAR_MEMBERS]; /* 0: the dimension itself */
        struct qf_view text[TEXTS_MAX];
        uint32_t dimension[VALUES_MAX], member[VALUES_MAX]; /* of cells, or of the values of rows */
        uint32_t first[ITEMS_MAX];                          /* period; row */
        uint32_t date[ITEMS_MAX], sessions[ITEMS_MAX], attendances[ITEMS_MAX], counts[ITEMS_MAX];
        uint32_t partner[ITEMS_MAX], mark[ITEMS_MAX];
        struct qf_view key[ITEMS_MAX];
        char key_bytes[QF_FRAME_BYTES];
        uint32_t key_bytes_used;
        uint64_t changed[ITEMS_MAX];
        int64_t value[ITEMS_MAX * QF_MEASURES];
        struct qf_view event[ITEMS_MAX];
        struct qf_declared_row of_kind[DECLARED_MAX]; /* their keys, figures and values: */
        char keys[DECLARED_MAX][QF_KEY_BYTES_MAX];
        uint32_t figures[DECLARED_MAX][QF_FIGURES_MAX];
        struct qf_pair pairs[PAIRS_MAX];
        uint32_t pairs_count;
};

int qf_frames_new(struct qf_frames **ret_frames)
{
        struct qf_frames *frames = calloc(1, sizeof(*frames));

        if (!frames)
                return -ENOMEM;
        *ret_frames = frames;
        return 0;
}

struct qf_frames *qf_frames_free(struct qf_frames *frames)
{
        free(frames);
        return NULL;
}

void qf_frames_begin(struct qf_frames *frames, const struct qf_programme *programme)
{
        frames->programme = programme;
        if (++frames->frame == 0) { /* the numbers begin again: what they stamped is not of these frames */
                memset(frames->names, 0, sizeof(frames->names));
                memset(frames->near, 0, sizeof(frames->near));
                frames->frame = 1;
        }
        frames->size = HEAD_BYTES;
        frames->cells = frames->rows = frames->values = frames->texts = frames->registers = 0;
        frames->declared = frames->pairs_count = frames->key_bytes_used = 0;
}

bool qf_frames_empty(const struct qf_frames *frames)
{
        return frames->cells == 0 && frames->rows == 0 && frames->registers == 0 && frames->declared == 0;
}

static struct qf_view dimension_code(const struct qf_frames *frames, uint16_t dimension)
{
        if (dimension == QF_DIMENSION_TOTAL)
                return QF_VIEW("total");
        return qf_programme_dimension(frames->programme, dimension)->code;
}

static struct qf_view member_code(const struct qf_frames *frames, uint16_t dimension, uint32_t member)
{
        if (dimension == QF_DIMENSION_TOTAL)
                return QF_VIEW("all");
        if (member == QF_MEMBER_NONE)
                return QF_VIEW("");
        return qf_programme_member(frames->programme, dimension, member)->code;
}

static struct qf_view name_text(const struct qf_frames *frames, unsigned kind, uint16_t dimension,
                                uint32_t id)
{
        if (kind == NAME_DIMENSION)
                return dimension_code(frames, dimension);
        if (kind == NAME_MEMBER)
                return member_code(frames, dimension, id);
        return qf_view_of(qf_programme_partner_code(frames->programme, id));
}

static uint32_t add_text(struct qf_frames *frames, unsigned kind, uint16_t dimension, uint32_t id)
{
        struct qf_view text = name_text(frames, kind, dimension, id);

        frames->text[frames->texts] = text;
        frames->size += text.len + 3u;
        return frames->texts++;
}

/* The text's index in this frame, added when it is not there yet. */
static uint32_t find_text(struct qf_frames *frames, unsigned kind, uint16_t dimension, uint32_t id)
{
        uint64_t key = (uint64_t)kind << 56 | (uint64_t)dimension << 32 | id;
        size_t at = (size_t)((key ^ key >> 29) * UINT64_C(0x9E3779B97F4A7C15) >> 40) % NAMES;

        while (frames->names[at].frame == frames->frame && frames->names[at].key != key)
                at = (at + 1) % NAMES;
        struct name *name = &frames->names[at];
        if (name->frame != frames->frame)
                *name = (struct name){key, frames->frame, add_text(frames, kind, dimension, id)};
        return name->text;
}

/* The same for dimensions and their first members, which most are. */
static inline uint32_t text_of(struct qf_frames *frames, unsigned kind, uint16_t dimension, uint32_t id)
{
        if (kind == NAME_PARTNER || dimension > QF_DIMENSIONS_MAX || id >= NEAR_MEMBERS)
                return find_text(frames, kind, dimension, id);
        struct near_name *near = &frames->near[dimension][kind == NAME_DIMENSION ? 0 : id + 1];
        if (near->frame != frames->frame)
                *near = (struct near_name){frames->frame, add_text(frames, kind, dimension, id)};
        return near->text;
}

static size_t varint_bytes(uint64_t value)
{
        return (size_t)(70 - __builtin_clzll(value | 1)) / 7;
}

static bool is_full(const struct qf_frames *frames)
{
        return frames->size > FULL_BYTES || frames->cells + frames->rows + frames->registers >= ITEMS_MAX ||
               frames->texts + QF_VALUES_MAX + QF_DIMENSIONS_MAX + 1 > TEXTS_MAX ||
               frames->declared == DECLARED_MAX || frames->pairs_count + QF_VALUES_MAX > PAIRS_MAX ||
               frames->values + QF_VALUES_MAX > VALUES_MAX;
}

bool qf_frames_add_cell(struct qf_frames *frames, const struct qf_cell *cell)
{
        if (is_full(frames))
                return false;
        uint32_t i = frames->cells++;
        frames->dimension[i] = text_of(frames, NAME_DIMENSION, cell->key.dimension, 0);
        frames->member[i] = text_of(frames, NAME_MEMBER, cell->key.dimension, cell->key.member);
        frames->first[i] = cell->key.period;
        frames->changed[i] = cell->changed;
        frames->size += 2 + 2 + 4 + varint_bytes(cell->changed);
        for (unsigned measure = 0; measure < QF_MEASURES; measure++) {
                int64_t value = cell->counts.of[measure];
                frames->value[i * QF_MEASURES + measure] = value;
                frames->size += varint_bytes((uint64_t)value << 1 ^ (uint64_t)(value >> 63));
        }
        return true;
}

static struct qf_view copy_key(char *room, struct qf_view standing_key)
{
        struct qf_view key = qf_standing_key_plain(standing_key);

        QF_ASSERT(key.len <= QF_KEY_BYTES_MAX);
        memcpy(room, key.at, key.len);
        return (struct qf_view){room, key.len};
}

/* One by one, with codes in full: they are few. */
static void add_declared(struct qf_frames *frames, uint32_t partner, struct qf_view key,
                         const struct qf_standing *standing)
{
        uint32_t at = frames->declared++;
        struct qf_declared_row *row = &frames->of_kind[at];

        *row = (struct qf_declared_row){
                .row = standing->row & ~QF_ROW_DECLARED,
                .kind = standing->kind,
                .partner = qf_view_of(qf_programme_partner_code(frames->programme, partner)),
                .key = copy_key(frames->keys[at], key),
                .date = standing->state == QF_HEAD_LIVE ? standing->date : 0,
                .late = standing->late,
                .stated = standing->stated,
                .figures = frames->figures[at],
                .values_count = standing->members_count,
                .values = &frames->pairs[frames->pairs_count],
                .changed = standing->changed,
        };
        frames->size += 40 + row->partner.len + row->key.len;
        for (unsigned i = 0; i < QF_FIGURES_MAX; i++) {
                if (!(standing->stated >> i & 1))
                        continue;
                frames->figures[at][row->figures_count++] = standing->figures[i];
                frames->size += varint_bytes(standing->figures[i]);
        }
        for (uint32_t m = 0; m < standing->members_count; m++) {
                struct qf_pair *pair = &frames->pairs[frames->pairs_count++];
                pair->dimension = dimension_code(frames, standing->members[m].dimension);
                pair->member =
                        member_code(frames, standing->members[m].dimension, standing->members[m].member);
                frames->size += 8 + pair->dimension.len + pair->member.len;
        }
}

bool qf_frames_add_row(struct qf_frames *frames, uint32_t partner, struct qf_view key,
                       const struct qf_standing *standing)
{
        int64_t attendances = 0;

        if (is_full(frames))
                return false;
        if (standing->kind) {
                add_declared(frames, partner, key, standing);
                return true;
        }
        bool known = qf_standing_attendances(standing, &attendances);
        uint32_t i = frames->rows++;
        frames->first[i] = standing->row;
        frames->date[i] = standing->state == QF_HEAD_LIVE ? standing->date : 0;
        frames->sessions[i] = standing->sessions;
        frames->attendances[i] = !known                     ? 0
                                 : attendances < UINT32_MAX ? (uint32_t)attendances + 1
                                                            : UINT32_MAX;
        frames->changed[i] = standing->changed;
        frames->partner[i] = text_of(frames, NAME_PARTNER, 0, partner);
        frames->key[i] = copy_key(&frames->key_bytes[frames->key_bytes_used], key);
        frames->key_bytes_used += frames->key[i].len;
        frames->counts[i] = standing->members_count;
        frames->mark[i] = qf_standing_method(standing) | (standing->late ? QF_MARK_LATE : 0u);
        frames->size += 27 + varint_bytes(standing->changed) + frames->key[i].len;
        for (uint32_t m = 0; m < standing->members_count; m++) {
                struct qf_member_of of = standing->members[m];
                frames->dimension[frames->values] = text_of(frames, NAME_DIMENSION, of.dimension, 0);
                frames->member[frames->values] = text_of(frames, NAME_MEMBER, of.dimension, of.member);
                frames->values++;
                frames->size += 4;
        }
        return true;
}

bool qf_frames_add_register(struct qf_frames *frames, struct qf_view event)
{
        bool fits = frames->size + event.len + 4 <= QF_FRAME_BYTES || frames->registers == 0;

        if (is_full(frames) || !fits)
                return false;
        frames->event[frames->registers++] = event;
        frames->size += event.len + 4u;
        return true;
}

static struct qf_cells_part cells_part(const struct qf_frames *frames)
{
        static const uint32_t measures[QF_MEASURES] = {QF_RECORDS, QF_ACTIVITIES, QF_ATTENDANCES,
                                                       QF_RECORDS_UNKNOWN, QF_ACTIVITIES_UNKNOWN};
        return (struct qf_cells_part){
                .texts_count = frames->texts,
                .texts = frames->text,
                .measures_count = QF_MEASURES,
                .measures = measures,
                .count = frames->cells,
                .dimension = frames->dimension,
                .member = frames->member,
                .period = frames->first,
                .value = frames->value,
                .changed = frames->changed,
        };
}

static struct qf_rows_part rows_part(const struct qf_frames *frames)
{
        return (struct qf_rows_part){
                .texts_count = frames->texts,
                .texts = frames->text,
                .count = frames->rows,
                .row = frames->first,
                .date = frames->date,
                .sessions = frames->sessions,
                .attendances = frames->attendances,
                .values = frames->counts,
                .values_count = frames->values,
                .dimension = frames->dimension,
                .member = frames->member,
                .changed = frames->changed,
                .partner = frames->partner,
                .key = frames->key,
                .mark = frames->mark,
        };
}

int qf_frames_end(struct qf_frames *frames, struct qf_to_reader *update, struct qf_buffer *buffer)
{
        QF_ASSERT(frames->cells == 0 || frames->rows == 0);
        update->what = QF_UPDATE;
        update->events_count = frames->registers;
        update->events = frames->event;
        update->cells = frames->cells ? cells_part(frames) : (struct qf_cells_part){0};
        update->declared_count = frames->declared;
        update->declared = frames->of_kind;
        update->rows = frames->rows ? rows_part(frames) : (struct qf_rows_part){0};
        return qf_to_reader_encode(update, buffer);
}
