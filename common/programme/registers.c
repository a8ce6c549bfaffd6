/* The registers' memory and all that reads it: what is known of dimensions,
 * members, counters and sources. apply.c is the only file that changes them. */
#include "programme/registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/period.h"

enum { BLOCK_BYTES = 16 * 1024, BLOCK_ALIGN = 16 };

struct qf_block {
        struct qf_block *next;
        size_t used, room;
        _Alignas(BLOCK_ALIGN) uint8_t bytes[];
};

int qf_programme_new(struct qf_programme **ret_programme)
{
        struct qf_programme *programme = calloc(1, sizeof(*programme));
        if (!programme)
                return -ENOMEM;
        programme->settings = (struct qf_settings){
                .rounding = QF_HALF_UP,
                .attendances_max = QF_ATTENDANCES_MAX,
                .sessions_max = QF_SESSIONS_MAX,
                .first_date = 20000101,
                .first_day = "2000-01-01",
                .kinds = UINT32_MAX,
                .code = QF_VIEW(""),
                .title_zh = QF_VIEW(""),
                .title_en = QF_VIEW(""),
                .scope_zh = QF_VIEW(""),
                .scope_en = QF_VIEW(""),
                .goal_zh = QF_VIEW(""),
                .goal_en = QF_VIEW(""),
        };
        *ret_programme = programme;
        return 0;
}

struct qf_programme *qf_programme_free(struct qf_programme *programme)
{
        if (!programme)
                return NULL;
        for (uint32_t i = 0; i <= programme->dimensions_count; i++) {
                struct qf_members *members = &programme->dimensions[i].members;
                free(members->at);
                free(members->moving_days);
                qf_index_deinit(&members->codes);
                qf_index_deinit(&members->names);
        }
        qf_index_deinit(&programme->source_names);
        qf_index_deinit(&programme->source_keys);
        qf_index_deinit(&programme->partner_codes);
        qf_index_deinit(&programme->edition_scopes);
        free(programme->sources);
        free(programme->partners);
        free(programme->editions);
        while (programme->blocks) {
                struct qf_block *block = programme->blocks;
                programme->blocks = block->next;
                free(block);
        }
        free(programme);
        return NULL;
}

void *qf_programme_room(struct qf_programme *programme, size_t size)
{
        size = (size + BLOCK_ALIGN - 1) & ~(size_t)(BLOCK_ALIGN - 1);
        struct qf_block *block = programme->blocks;
        if (!block || block->room - block->used < size) {
                const size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
                block = malloc(sizeof(*block) + room);
                if (!block)
                        return NULL;
                *block = (struct qf_block){.next = programme->blocks, .room = room};
                programme->blocks = block;
        }
        void *at = block->bytes + block->used;
        block->used += size;
        return at;
}

int qf_programme_copy(struct qf_programme *programme, struct qf_view text, struct qf_view *ret_copy)
{
        if (!text.len) {
                *ret_copy = QF_VIEW("");
                return 0;
        }
        char *at = qf_programme_room(programme, (size_t)text.len + 1);
        if (!at)
                return -ENOMEM;
        memcpy(at, text.at, text.len);
        at[text.len] = 0;
        *ret_copy = (struct qf_view){at, text.len};
        return 0;
}

uint64_t qf_programme_position(const struct qf_programme *programme)
{
        return programme->position;
}

const struct qf_settings *qf_programme_settings(const struct qf_programme *programme)
{
        return &programme->settings;
}

uint32_t qf_programme_dimensions(const struct qf_programme *programme)
{
        return programme->dimensions_count;
}

uint32_t qf_programme_counted(const struct qf_programme *programme)
{
        return programme->counted;
}

const struct qf_dimension *qf_programme_dimension(const struct qf_programme *programme, uint16_t id)
{
        if (id == QF_DIMENSION_TOTAL || id > programme->dimensions_count)
                return NULL;
        return &programme->dimensions[id].dimension;
}

uint16_t qf_programme_find_dimension(const struct qf_programme *programme, struct qf_view code)
{
        for (uint16_t id = 1; id <= programme->dimensions_count; id++)
                if (qf_view_same(programme->dimensions[id].dimension.code, code))
                        return id;
        return QF_DIMENSION_UNKNOWN;
}

const struct qf_members *qf_programme_members(const struct qf_programme *programme, uint16_t dimension)
{
        if (dimension > programme->dimensions_count)
                return &programme->dimensions[QF_DIMENSION_TOTAL].members; /* always empty */
        return &programme->dimensions[programme->dimensions[dimension].dimension.members_of].members;
}

const struct qf_member_entry *qf_programme_member_entry(const struct qf_programme *programme,
                                                        uint16_t dimension, uint32_t id)
{
        const struct qf_members *members = qf_programme_members(programme, dimension);
        return id && id <= members->count ? &members->at[id] : NULL;
}

const struct qf_member *qf_programme_member(const struct qf_programme *programme, uint16_t dimension,
                                            uint32_t id)
{
        const struct qf_member_entry *entry = qf_programme_member_entry(programme, dimension, id);
        return entry ? &entry->member : NULL;
}

uint32_t qf_programme_find_member(const struct qf_programme *programme, uint16_t dimension,
                                  struct qf_view code)
{
        const struct qf_members *members = qf_programme_members(programme, dimension);
        struct qf_index_walk walk = qf_index_begin(&members->codes, qf_index_hash(code));
        uint32_t id;
        while ((id = qf_index_next(&members->codes, &walk)))
                if (qf_view_same(members->at[id].member.code, code))
                        return id;
        return QF_MEMBER_UNKNOWN;
}

struct qf_move qf_register_place(const struct qf_register *told, uint32_t i)
{
        if (i > 0)
                return told->moves[i - 1];
        return (struct qf_move){.parent = told->parent,
                                .pairs_count = told->pairs_count,
                                .pairs = told->pairs,
                                .zh = told->zh,
                                .en = told->en};
}

const struct qf_member_place *qf_member_place(const struct qf_member *member, uint32_t date)
{
        static const struct qf_member_place nowhere = {.zh = {"", 0}, .en = {"", 0}};
        uint32_t last = member->places_count;
        if (!last)
                return &nowhere;
        if (--last) {
                const uint32_t day = qf_date_first_day(date);
                while (last && member->places[last].from > day)
                        last--;
        }
        return &member->places[last];
}

uint32_t qf_programme_group_of(const struct qf_programme *programme, uint16_t grouping, uint32_t member,
                               uint32_t date)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, grouping);
        if (!dimension || !dimension->groups)
                return QF_MEMBER_NONE;
        const struct qf_member *grouped = qf_programme_member(programme, dimension->groups, member);
        if (!grouped)
                return QF_MEMBER_NONE;
        const struct qf_member_place *place = qf_member_place(grouped, date);
        for (uint32_t i = 0; i < place->groups_count; i++)
                if (place->groups[i].dimension == grouping)
                        return place->groups[i].member;
        return QF_MEMBER_NONE;
}

bool qf_programme_within(const struct qf_programme *programme, uint16_t dimension, uint32_t member,
                         uint32_t ancestor, uint32_t date)
{
        const struct qf_members *members = qf_programme_members(programme, dimension);
        for (uint32_t depth = 0; member && member <= members->count && depth <= QF_TREE_DEPTH_MAX; depth++) {
                if (member == ancestor)
                        return true;
                member = qf_member_place(&members->at[member].member, date)->parent;
        }
        return false;
}

bool qf_programme_moves(const struct qf_programme *programme, uint16_t dimension, uint32_t member)
{
        const struct qf_members *members = qf_programme_members(programme, dimension);
        if (!members->moving_days_count)
                return false;
        for (uint32_t depth = 0; member && member <= members->count && depth <= QF_TREE_DEPTH_MAX; depth++) {
                const struct qf_member *at = &members->at[member].member;
                if (at->places_count > 1)
                        return true;
                member = qf_member_place(at, 0)->parent;
        }
        return false;
}

const uint32_t *qf_programme_moving_days(const struct qf_programme *programme, uint16_t dimension,
                                         uint32_t *ret_count)
{
        const struct qf_members *members = qf_programme_members(programme, dimension);
        *ret_count = members->moving_days_count;
        return members->moving_days;
}

uint64_t qf_programme_rights_changed(const struct qf_programme *programme, const struct qf_source *source)
{
        const uint64_t changed = source->ref ? programme->sources[source->ref - 1]->changed : 0;
        return changed > programme->moved ? changed : programme->moved;
}

const struct qf_counter *qf_programme_find_counter(const struct qf_programme *programme, struct qf_view code)
{
        for (uint32_t i = 0; i < programme->counters_count; i++)
                if (qf_view_same(programme->counters[i].code, code))
                        return &programme->counters[i];
        return NULL;
}

uint32_t qf_programme_cap(const struct qf_programme *programme)
{
        uint32_t most = 0;
        for (uint32_t i = 0; i < programme->counters_count; i++) {
                const uint32_t cap = programme->counters[i].cap;
                if (!cap)
                        return 0;
                most = cap > most ? cap : most;
        }
        return most;
}

uint32_t qf_programme_sources(const struct qf_programme *programme)
{
        return programme->sources_count;
}

const struct qf_source *qf_programme_source(const struct qf_programme *programme, uint32_t ref)
{
        return ref && ref <= programme->sources_count ? &programme->sources[ref - 1]->source : NULL;
}

uint32_t qf_programme_find_source(const struct qf_programme *programme, struct qf_view name)
{
        struct qf_index_walk walk = qf_index_begin(&programme->source_names, qf_index_hash(name));
        uint32_t ref;
        while ((ref = qf_index_next(&programme->source_names, &walk)))
                if (qf_view_same(programme->sources[ref - 1]->source.name, name))
                        return ref;
        return 0;
}

static bool holds_key(const struct qf_source *source, const uint8_t public_key[32], uint32_t today)
{
        for (uint32_t i = 0; i < source->keys_count; i++) {
                const struct qf_source_key *key = &source->keys[i];
                if (memcmp(key->public_key, public_key, sizeof(key->public_key)) != 0)
                        continue;
                if (!today || (key->valid_from <= today && (!key->valid_to || today <= key->valid_to)))
                        return true;
        }
        return false;
}

uint32_t qf_programme_find_key(const struct qf_programme *programme, const uint8_t public_key[32],
                               uint32_t today)
{
        const struct qf_view key = {(const char *)public_key, 32};
        struct qf_index_walk walk = qf_index_begin(&programme->source_keys, qf_index_hash(key));
        uint32_t ref;
        while ((ref = qf_index_next(&programme->source_keys, &walk)))
                if (holds_key(&programme->sources[ref - 1]->source, public_key, today))
                        return ref;
        return 0;
}

const char *qf_programme_partner_code(const struct qf_programme *programme, uint32_t partner)
{
        return partner && partner <= programme->partners_count ? programme->partners[partner - 1].at : "";
}

uint32_t qf_programme_find_partner(const struct qf_programme *programme, struct qf_view code)
{
        struct qf_index_walk walk = qf_index_begin(&programme->partner_codes, qf_index_hash(code));
        uint32_t ref;
        while ((ref = qf_index_next(&programme->partner_codes, &walk)))
                if (qf_view_same(programme->partners[ref - 1], code))
                        break;
        return ref;
}
