/* Names as people write them: found by code, label or alias, and the most
 * similar one when there is none, for a message that says what to mend. */
#include "programme/registers.h"

#include <string.h>

enum {
        CHARACTERS_MAX = 64, /* of a name that is compared for likeness */
        NEAR_MEMBERS_MAX = 4096,
};

struct qf_view qf_name_fold(struct qf_view name, char *room, size_t room_bytes)
{
        while (name.len && (name.at[0] == ' ' || name.at[0] == '\t')) {
                name.at++;
                name.len--;
        }
        while (name.len && (name.at[name.len - 1] == ' ' || name.at[name.len - 1] == '\t'))
                name.len--;
        const uint32_t len = name.len < room_bytes ? name.len : (uint32_t)room_bytes;
        for (uint32_t i = 0; i < len; i++) {
                const char c = name.at[i];
                room[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        return (struct qf_view){room, len};
}

static bool folds_to(struct qf_view name, struct qf_view folded)
{
        char room[QF_NAME_FOLD_BYTES];
        return name.len >= folded.len && qf_view_same(qf_name_fold(name, room, sizeof(room)), folded);
}

static bool is_called(const struct qf_member *member, struct qf_view folded)
{
        if (folds_to(member->code, folded))
                return true;
        for (uint32_t i = 0; i < member->places_count; i++)
                if (folds_to(member->places[i].zh, folded) || folds_to(member->places[i].en, folded))
                        return true;
        for (uint32_t i = 0; i < member->aliases_count; i++)
                if (folds_to(member->aliases[i], folded))
                        return true;
        return false;
}

uint32_t qf_programme_guess_member(const struct qf_programme *programme, uint16_t dimension,
                                   struct qf_view name)
{
        uint32_t found = qf_programme_find_member(programme, dimension, name);
        if (found != QF_MEMBER_UNKNOWN)
                return found;
        char room[QF_NAME_FOLD_BYTES];
        const struct qf_view folded = qf_name_fold(name, room, sizeof(room));
        if (!folded.len)
                return QF_MEMBER_UNKNOWN;
        const struct qf_members *members = qf_programme_members(programme, dimension);
        struct qf_index_walk walk = qf_index_begin(&members->names, qf_index_hash(folded));
        uint32_t id;
        while ((id = qf_index_next(&members->names, &walk))) {
                if (!is_called(&members->at[id].member, folded))
                        continue;
                if (found != QF_MEMBER_UNKNOWN && found != id)
                        return QF_MEMBER_UNKNOWN; /* several are called so */
                found = id;
        }
        return found;
}

struct characters {
        uint32_t count;
        uint32_t at[CHARACTERS_MAX];
};

/* Of valid UTF-8; anything else gives some characters all the same. */
static void split(struct qf_view name, struct characters *ret)
{
        ret->count = 0;
        for (uint32_t i = 0; i < name.len && ret->count < CHARACTERS_MAX;) {
                const uint8_t c = (uint8_t)name.at[i];
                const uint32_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
                uint32_t character = 0;
                for (uint32_t k = 0; k < len && i < name.len; k++)
                        character = character << 8 | (uint8_t)name.at[i++];
                ret->at[ret->count++] = character;
        }
}

/* How many runs of so many characters both have, each used once. */
static uint32_t shared(const struct characters *a, const struct characters *b, uint32_t run)
{
        uint64_t used = 0;
        uint32_t count = 0;
        for (uint32_t i = 0; i + run <= a->count; i++) {
                for (uint32_t k = 0; k + run <= b->count; k++) {
                        if (used >> k & 1 || memcmp(&a->at[i], &b->at[k], run * sizeof(a->at[0])) != 0)
                                continue;
                        used |= UINT64_C(1) << k;
                        count++;
                        break;
                }
        }
        return count;
}

/* Characters in common, in any order, and pairs of them in common: 海关福州 is near 福州海关. */
static uint32_t likeness(const struct characters *a, const struct characters *b)
{
        const uint32_t all = a->count + b->count;
        if (a->count < 2 || b->count < 2 || a->count * 3 < b->count || b->count * 3 < a->count)
                return 0;
        return (shared(a, b, 1) * 1000 / all) + (shared(a, b, 2) * 1000 / (all - 2));
}

uint32_t qf_name_likeness(struct qf_view a, struct qf_view b)
{
        char room[QF_NAME_FOLD_BYTES];
        struct characters one, other;
        split(qf_name_fold(a, room, sizeof(room)), &one);
        split(qf_name_fold(b, room, sizeof(room)), &other);
        return likeness(&one, &other);
}

static void prefer(const struct characters *name, struct qf_view candidate, struct qf_view shown,
                   uint32_t *best, struct qf_view *near)
{
        char room[QF_NAME_FOLD_BYTES];
        struct characters other;
        split(qf_name_fold(candidate, room, sizeof(room)), &other);
        const uint32_t like = likeness(name, &other);
        if (like <= *best)
                return;
        *best = like;
        *near = shown;
}

struct qf_view qf_programme_near_member(const struct qf_programme *programme, uint16_t dimension,
                                        struct qf_view name)
{
        const struct qf_members *members = qf_programme_members(programme, dimension);
        const uint32_t count = members->count < NEAR_MEMBERS_MAX ? members->count : NEAR_MEMBERS_MAX;
        char room[QF_NAME_FOLD_BYTES];
        struct characters characters;
        struct qf_view near = QF_VIEW("");
        uint32_t best = QF_NAME_LIKE_LEAST - 1;
        split(qf_name_fold(name, room, sizeof(room)), &characters);
        for (uint32_t id = 1; id <= count; id++) {
                const struct qf_member *member = &members->at[id].member;
                const struct qf_view label = member->zh.len   ? member->zh
                                             : member->en.len ? member->en
                                                              : member->code;
                prefer(&characters, member->zh, member->zh, &best, &near);
                prefer(&characters, member->en, member->en, &best, &near);
                prefer(&characters, member->code, member->code, &best, &near);
                for (uint32_t i = 0; i < member->aliases_count; i++)
                        prefer(&characters, member->aliases[i], label, &best, &near);
        }
        return near;
}
