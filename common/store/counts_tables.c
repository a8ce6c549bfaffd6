/* Keys and values of aggregation's tables. Everything read back is checked for
 * its length; what does not parse is -EBADMSG, which the caller answers by making
 * the counts anew from the journal: they are never the truth.
 *
 * meta, 184 bytes: 0 rules u32, life number u32 · 8 journal 16 · 24 life 16 · 40 hash 32 · 72 position u64
 *      80 received at i64 · 88 rows u32, counted dimensions u32 · 96 registers u32, rows of declared kinds u32
 *      104 cell rows u64 · 112 cell digest u64 · 120 rows of rec u64 · 128 digest of rec and wait u64 · 136 rows, digest of edition u64
 *      152 zero
 * past, 56 bytes and 16 for each life: 0 journal 16 · 16 position u64 · 24 hash 32 · 56 lives
 * A standing, "activity of 2023-05-06, 1 session, 120 attendances, row 7, position 9, one member (1, 3)":
 *      05 07 ea e2 d2 09 01 78 09 01 01 03 */
#include "store/counts_tables.h"

#include <errno.h>
#include <stddef.h>

#include "base/digest.h"

const char qf_counts_format[] = "qf-counts-3";
const char *const qf_counts_table_names[] = {"meta", "rec", "wait", "cell", "reg", "edition", NULL};

enum {
        FLAG_STATED = 1 << 2, /* of a declared kind: it came late */
        METHOD_SHIFT = 3,
        METHOD_DECLARED = 7, /* no method: a record of a declared kind */
        FLAG_CLAIMS = 1 << 6,
        FLAG_TICKS = 1 << 7
};

static uint8_t *put_long_varint(uint8_t *at, uint64_t value)
{
        while (value > 127) {
                *at++ = (uint8_t)(value | 128);
                value >>= 7;
        }
        *at++ = (uint8_t)value;
        return at;
}

/* Most take one byte or two. */
static inline uint8_t *put_varint(uint8_t *at, uint64_t value)
{
        if (value < 1u << 7) {
                *at = (uint8_t)value;
                return at + 1;
        }
        if (value >= 1u << 14)
                return put_long_varint(at, value);
        at[0] = (uint8_t)(value | 128);
        at[1] = (uint8_t)(value >> 7);
        return at + 2;
}

static uint64_t zigzag(int64_t value)
{
        return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
        return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* A reader whose fault is sticky: the end is checked once. */
struct reader {
        const uint8_t *at, *end;
        bool bad;
};

static struct reader reader_of(struct qf_view bytes)
{
        const uint8_t *at = (const uint8_t *)bytes.at;
        return (struct reader){.at = at, .end = at + bytes.len};
}

static uint64_t get_long_varint(struct reader *reader)
{
        const uint8_t *at = reader->at;
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at < reader->end; shift += 7) {
                const uint8_t byte = *at++;
                value |= (uint64_t)(byte & 127) << shift;
                if (byte < 128) {
                        reader->at = at;
                        return value;
                }
        }
        reader->bad = true;
        return 0;
}

static inline uint64_t get_varint(struct reader *reader)
{
        if (reader->at < reader->end && *reader->at < 128)
                return *reader->at++;
        return get_long_varint(reader);
}

static inline uint32_t get_varint32(struct reader *reader)
{
        uint64_t value = get_varint(reader);
        if (value > UINT32_MAX)
                reader->bad = true;
        return (uint32_t)value;
}

static inline uint8_t get_byte(struct reader *reader)
{
        if (reader->at < reader->end)
                return *reader->at++;
        reader->bad = true;
        return 0;
}

void qf_counts_meta_pack(const struct qf_counts_meta *meta, uint8_t ret_bytes[QF_COUNTS_META_BYTES])
{
        memset(ret_bytes, 0, QF_COUNTS_META_BYTES);
        qf_put_le32(ret_bytes, meta->rules);
        qf_put_le32(ret_bytes + 4, meta->life_number);
        memcpy(ret_bytes + 8, meta->journal, 16);
        memcpy(ret_bytes + 24, meta->life, 16);
        memcpy(ret_bytes + 40, meta->hash, 32);
        qf_put_le64(ret_bytes + 72, meta->position);
        qf_put_le64(ret_bytes + 80, (uint64_t)meta->received_at_ms);
        qf_put_le32(ret_bytes + 88, meta->rows);
        qf_put_le32(ret_bytes + 92, meta->counted_dimensions);
        qf_put_le32(ret_bytes + 96, meta->registers);
        qf_put_le32(ret_bytes + 100, meta->declared_rows);
        qf_put_le64(ret_bytes + 104, meta->cell_rows);
        qf_put_le64(ret_bytes + 112, meta->cell_digest);
        qf_put_le64(ret_bytes + 120, meta->record_rows);
        qf_put_le64(ret_bytes + 128, meta->record_digest);
        qf_put_le64(ret_bytes + 136, meta->edition_rows);
        qf_put_le64(ret_bytes + 144, meta->edition_digest);
}

int qf_counts_meta_unpack(struct qf_view bytes, struct qf_counts_meta *ret_meta)
{
        const uint8_t *at = (const uint8_t *)bytes.at;

        if (bytes.len != QF_COUNTS_META_BYTES)
                return -EBADMSG;
        *ret_meta = (struct qf_counts_meta){
                .rules = qf_get_le32(at),
                .life_number = qf_get_le32(at + 4),
                .position = qf_get_le64(at + 72),
                .received_at_ms = (int64_t)qf_get_le64(at + 80),
                .rows = qf_get_le32(at + 88),
                .counted_dimensions = qf_get_le32(at + 92),
                .registers = qf_get_le32(at + 96),
                .declared_rows = qf_get_le32(at + 100),
                .cell_rows = qf_get_le64(at + 104),
                .cell_digest = qf_get_le64(at + 112),
                .record_rows = qf_get_le64(at + 120),
                .record_digest = qf_get_le64(at + 128),
                .edition_rows = qf_get_le64(at + 136),
                .edition_digest = qf_get_le64(at + 144),
        };
        memcpy(ret_meta->journal, at + 8, 16);
        memcpy(ret_meta->life, at + 24, 16);
        memcpy(ret_meta->hash, at + 40, 32);
        return 0;
}

size_t qf_counts_past_pack(const struct qf_counts_past *past, uint8_t ret_bytes[QF_COUNTS_PAST_BYTES])
{
        size_t lives = (size_t)past->lives_count * sizeof(past->lives[0]);

        memcpy(ret_bytes, past->journal, 16);
        qf_put_le64(ret_bytes + 16, past->position);
        memcpy(ret_bytes + 24, past->hash, 32);
        memcpy(ret_bytes + 56, past->lives, lives);
        return 56 + lives;
}

int qf_counts_past_unpack(struct qf_view bytes, struct qf_counts_past *ret_past)
{
        const uint8_t *at = (const uint8_t *)bytes.at;

        if (bytes.len < 56 || bytes.len > QF_COUNTS_PAST_BYTES || (bytes.len - 56) % 16 != 0)
                return -EBADMSG;
        *ret_past = (struct qf_counts_past){
                .position = qf_get_le64(at + 16),
                .lives_count = (bytes.len - 56) / 16,
        };
        memcpy(ret_past->journal, at, 16);
        memcpy(ret_past->hash, at + 24, 32);
        memcpy(ret_past->lives, at + 56, bytes.len - 56);
        return 0;
}

size_t qf_edition_row_key(uint32_t id, struct qf_view file, uint32_t part,
                          uint8_t ret_bytes[QF_EDITION_KEY_BYTES])
{
        const uint32_t len = file.len < QF_CODE_BYTES_MAX ? file.len : QF_CODE_BYTES_MAX;

        qf_put_be32(ret_bytes, id);
        qf_put_be32(ret_bytes + 4, part);
        if (len)
                memcpy(ret_bytes + 8, file.at, len);
        return 8 + len;
}

size_t qf_counts_key(uint32_t partner, struct qf_view key, uint8_t ret_bytes[QF_COUNTS_KEY_BYTES])
{
        QF_ASSERT(key.len <= QF_STANDING_KEY_BYTES);
        qf_put_be32(ret_bytes, partner);
        memcpy(ret_bytes + 4, key.at, key.len);
        return 4 + (size_t)key.len;
}

static uint8_t *put_claims(uint8_t *at, const struct qf_standing *standing)
{
        *at++ = standing->claimed;
        for (unsigned method = 0; method < 5; method++) {
                if (!(standing->claimed & 1 << method))
                        continue;
                at = put_varint(at, standing->claims[method].attendances);
                at = put_varint(at, zigzag(standing->claims[method].as_of_ms));
        }
        return at;
}

static uint8_t *put_members(uint8_t *at, const struct qf_standing *standing)
{
        const struct qf_member_of *member = standing->members, *end = member + standing->members_count;

        at = put_varint(at, standing->members_count);
        for (; member < end; member++) {
                *at++ = (uint8_t)member->dimension;
                at = put_varint(at, member->member);
        }
        return at;
}

static size_t pack_declared(const struct qf_standing *standing, uint8_t *ret_bytes)
{
        uint8_t *at = ret_bytes;

        *at++ = (uint8_t)((standing->state & 3u) | (standing->late ? FLAG_STATED : 0u) |
                          METHOD_DECLARED << METHOD_SHIFT);
        at = put_varint(at, standing->row);
        at = put_varint(at, standing->date);
        *at++ = standing->kind;
        *at++ = standing->stated;
        for (unsigned i = 0; i < QF_FIGURES_MAX; i++)
                if (standing->stated >> i & 1)
                        at = put_varint(at, standing->figures[i]);
        at = put_varint(at, standing->changed);
        return (size_t)(put_members(at, standing) - ret_bytes);
}

size_t qf_standing_pack(const struct qf_standing *standing, uint8_t ret_bytes[QF_STANDING_BYTES])
{
        bool ticks = standing->ticks != 0 || standing->tick_events != 0;

        QF_ASSERT(standing->members_count <= QF_VALUES_MAX);
        if (standing->kind)
                return pack_declared(standing, ret_bytes);
        uint8_t *at = ret_bytes;
        *at++ = (uint8_t)((standing->state & 3u) | (standing->stated & 1u ? FLAG_STATED : 0u) |
                          (standing->method & 7u) << METHOD_SHIFT | (standing->claimed ? FLAG_CLAIMS : 0u) |
                          (ticks ? FLAG_TICKS : 0u));
        at = put_varint(at, standing->row);
        at = put_varint(at, standing->date);
        at = put_varint(at, (uint32_t)standing->sessions << 1 | (standing->late & 1u));
        at = put_varint(at, standing->attendances);
        at = put_varint(at, standing->changed);
        at = put_members(at, standing);
        if (standing->claimed)
                at = put_claims(at, standing);
        if (ticks) {
                at = put_varint(at, zigzag(standing->ticks));
                at = put_varint(at, standing->tick_events);
        }
        return (size_t)(at - ret_bytes);
}

void qf_standing_clear(struct qf_standing *standing)
{
        memset(standing, 0, offsetof(struct qf_standing, members));
}

static void get_claims(struct reader *reader, struct qf_standing *standing)
{
        standing->claimed = get_byte(reader) & 0x1f;
        for (unsigned method = 0; method < 5; method++) {
                if (!(standing->claimed & 1 << method))
                        continue;
                standing->claims[method].attendances = get_varint32(reader);
                standing->claims[method].as_of_ms = unzigzag(get_varint(reader));
        }
}

static void get_members(struct reader *reader, struct qf_standing *standing)
{
        uint32_t members = get_varint32(reader);
        if (members > QF_VALUES_MAX) {
                reader->bad = true;
                return;
        }
        standing->members_count = members;
        for (struct qf_member_of *member = standing->members, *end = member + members; member < end;
             member++) {
                if (reader->end - reader->at >= 2 && reader->at[1] < 128) { /* nearly all */
                        member->dimension = reader->at[0];
                        member->member = reader->at[1];
                        reader->at += 2;
                        continue;
                }
                member->dimension = get_byte(reader);
                member->member = get_varint32(reader);
        }
}

static void get_declared(struct reader *reader, struct qf_standing *standing)
{
        standing->method = 0;
        standing->row = get_varint32(reader);
        standing->date = get_varint32(reader);
        standing->kind = get_byte(reader);
        standing->stated = get_byte(reader);
        for (unsigned i = 0; i < QF_FIGURES_MAX; i++)
                if (standing->stated >> i & 1)
                        standing->figures[i] = get_varint32(reader);
        standing->changed = get_varint(reader);
        get_members(reader, standing);
        reader->bad |= standing->kind == 0;
}

int qf_standing_unpack(struct qf_view bytes, struct qf_standing *ret_standing)
{
        struct reader reader = reader_of(bytes);

        qf_standing_clear(ret_standing);
        uint8_t flags = get_byte(&reader);
        ret_standing->state = flags & 3;
        ret_standing->stated = (flags & FLAG_STATED) != 0;
        ret_standing->method = flags >> METHOD_SHIFT & 7;
        if (ret_standing->method == METHOD_DECLARED) {
                ret_standing->late = ret_standing->stated;
                ret_standing->stated = 0;
                get_declared(&reader, ret_standing);
                return reader.bad || reader.at != reader.end ? -EBADMSG : 0;
        }
        ret_standing->row = get_varint32(&reader);
        ret_standing->date = get_varint32(&reader);
        const uint32_t sessions = get_varint32(&reader);
        ret_standing->sessions = (uint16_t)(sessions >> 1);
        ret_standing->late = sessions & 1;
        ret_standing->attendances = get_varint32(&reader);
        ret_standing->changed = get_varint(&reader);
        get_members(&reader, ret_standing);
        if (flags & FLAG_CLAIMS)
                get_claims(&reader, ret_standing);
        if (flags & FLAG_TICKS) {
                ret_standing->ticks = unzigzag(get_varint(&reader));
                ret_standing->tick_events = get_varint(&reader);
        }
        return reader.bad || reader.at != reader.end ? -EBADMSG : 0;
}

uint32_t qf_standing_row(struct qf_view packed)
{
        struct reader reader = reader_of(packed);

        (void)get_byte(&reader);
        return get_varint32(&reader);
}

enum qf_waiting qf_standing_waiting(const struct qf_standing *standing)
{
        if (standing->tick_events == 0 || standing->state == QF_HEAD_LIVE)
                return QF_WAITING_NOT;
        if (standing->state == QF_HEAD_WITHDRAWN)
                return QF_WAITING_WITHDRAWN;
        return standing->state == QF_HEAD_MERGED ? QF_WAITING_MERGED : QF_WAITING_NO_ACTIVITY;
}

struct qf_cell_row_key qf_cell_row_of(struct qf_cell_key key)
{
        return (struct qf_cell_row_key){key.dimension, key.member, key.period / 100};
}

void qf_cell_row_key_pack(struct qf_cell_row_key key, uint8_t ret_bytes[QF_CELL_ROW_KEY_BYTES])
{
        qf_put_be32(ret_bytes, key.month);
        ret_bytes[4] = (uint8_t)key.dimension;
        qf_put_be32(ret_bytes + 5, key.member);
}

int qf_cell_row_key_unpack(struct qf_view bytes, struct qf_cell_row_key *ret_key)
{
        const uint8_t *at = (const uint8_t *)bytes.at;

        if (bytes.len != QF_CELL_ROW_KEY_BYTES)
                return -EBADMSG;
        *ret_key = (struct qf_cell_row_key){
                .month = qf_get_be32(at), .dimension = at[4], .member = qf_get_be32(at + 5)};
        return 0;
}

size_t qf_cell_row_pack(uint32_t days, struct qf_cell *const cells[QF_CELL_ROW_CELLS],
                        uint8_t ret_bytes[QF_CELL_ROW_BYTES])
{
        uint8_t *at = ret_bytes + 4;

        qf_put_le32(ret_bytes, days);
        for (; days; days &= days - 1) {
                const struct qf_cell *cell = cells[__builtin_ctz(days)];
                for (unsigned measure = 0; measure < QF_MEASURES; measure++)
                        at = put_varint(at, zigzag(cell->counts.of[measure]));
                at = put_varint(at, cell->changed);
        }
        return (size_t)(at - ret_bytes);
}

int qf_cell_row_unpack(struct qf_cell_row_key key, struct qf_view bytes,
                       struct qf_cell_saved ret_cells[QF_CELL_ROW_CELLS], uint32_t *ret_count)
{
        uint32_t count = 0;

        if (bytes.len < 4 || key.month > UINT32_MAX / 100 - 1)
                return -EBADMSG;
        uint32_t which = qf_get_le32((const uint8_t *)bytes.at);
        struct reader reader = reader_of((struct qf_view){bytes.at + 4, bytes.len - 4});
        for (uint32_t day = 0; day < QF_CELL_ROW_CELLS; day++) {
                if (!(which & UINT32_C(1) << day))
                        continue;
                struct qf_cell_saved *saved = &ret_cells[count++];
                saved->key = (struct qf_cell_key){key.dimension, key.member, key.month * 100 + day};
                for (unsigned measure = 0; measure < QF_MEASURES; measure++)
                        saved->counts.of[measure] = unzigzag(get_varint(&reader));
                saved->changed = get_varint(&reader);
        }
        if (reader.bad || reader.at != reader.end)
                return -EBADMSG;
        *ret_count = count;
        return 0;
}

/* Finalizer of MurmurHash3: sums of checksums would otherwise cancel too easily. */
static uint64_t scatter(uint64_t digest)
{
        digest ^= digest >> 33;
        digest *= UINT64_C(0xff51afd7ed558ccd);
        digest ^= digest >> 33;
        digest *= UINT64_C(0xc4ceb9fe1a85ec53);
        return digest ^ digest >> 33;
}

uint64_t qf_cell_row_digest(struct qf_view key, struct qf_view value)
{
        return scatter((uint64_t)qf_crc32c(key.at, key.len) << 32 | qf_crc32c(value.at, value.len));
}

uint64_t qf_record_row_digest(uint32_t sum)
{
        return sum ? scatter(sum) : 0;
}
