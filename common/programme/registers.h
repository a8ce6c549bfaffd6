/* The registers as they lie in memory, for the files of this folder only.
 *
 * Texts are copied into blocks that are freed with the programme, so views given
 * out stay valid as long as it. An id once given stays; a name that is referred
 * to before it is told (readers hear registers in another order than the
 * journal's) has its id already and is told later. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/cell.h"
#include "programme/editions.h"
#include "programme/programme.h"

enum {
        QF_ORG_MEMBERS_MAX = 131072,
        QF_MEMBERS_MAX = 65536,
        QF_TREE_DEPTH_MAX = 32,
        QF_SOURCES_MAX = 10000,
        QF_SOURCE_KEYS_MAX = 4,
        QF_COUNTERS_MAX = 64,
        QF_MOST_MAX = 32,
        QF_LABEL_BYTES_MAX = 256,
        QF_ALIASES_MAX = 16,
        QF_MOVES_MAX = 32,
        QF_SOURCE_ORGS_MAX = 256,
};

/* Hash of a text → ids, several of which may share a hash: who asks compares. Ids are never taken out. */
struct qf_index {
        struct qf_index_slot {
                uint32_t hash, id; /* id 0: empty */
        } * slots;
        uint32_t room, used; /* room is a power of two, or 0 */
};

struct qf_index_walk {
        uint32_t hash, slot;
};

uint32_t qf_index_hash(struct qf_view text);
QF_CHECK int qf_index_add(struct qf_index *index, uint32_t hash, uint32_t id);
static inline struct qf_index_walk qf_index_begin(const struct qf_index *index, uint32_t hash)
{
        return (struct qf_index_walk){.hash = hash, .slot = index->room ? hash & (index->room - 1) : 0};
}

/* 0: no more. */
static inline uint32_t qf_index_next(const struct qf_index *index, struct qf_index_walk *walk)
{
        if (!index->room)
                return 0;
        for (;;) {
                const struct qf_index_slot *slot = &index->slots[walk->slot];
                if (!slot->id)
                        return 0;
                walk->slot = (walk->slot + 1) & (index->room - 1);
                if (slot->hash == walk->hash)
                        return slot->id;
        }
}

void qf_index_deinit(struct qf_index *index);

struct qf_member_entry {
        struct qf_member member;
        bool told, holds; /* holds: it is or was the parent of some */
};

struct qf_members {
        struct qf_member_entry *at; /* ids 1 .. count at [id] */
        uint32_t count, room;
        struct qf_index codes,
                names; /* names: folded codes, labels and aliases, also such as no longer hold */
        bool dated;    /* some member has a date */
        uint32_t *moving_days;
        uint32_t moving_days_count;
};

struct qf_dimension_entry {
        struct qf_dimension dimension;
        bool told;
        struct qf_members members; /* its own; empty when it shares */
};

struct qf_source_entry {
        struct qf_source source;
        uint32_t *orgs;   /* member ids of source.orgs */
        uint64_t changed; /* position at which orgs or roles became others */
};

struct qf_programme {
        struct qf_block *blocks;
        uint64_t position;
        struct qf_settings settings;
        uint32_t settings_told; /* bitmap by place in the table of settings.c */
        struct qf_dimension_entry dimensions[QF_DIMENSIONS_MAX + 1];
        uint32_t dimensions_count;
        uint32_t counted, apart,
                required; /* bitmaps: on activities; on declared kinds only; required of activities */
        uint32_t plain;   /* bitmap of those counted that are open, and whose members have no dates */
        uint16_t org;     /* id of dimension "org"; 0: none yet */
        uint64_t moved;   /* position at which it was last said of an organisation that it stood elsewhere */
        struct qf_counter counters[QF_COUNTERS_MAX];
        uint32_t counters_count;
        struct qf_source_entry **sources; /* refs 1 .. count at [ref - 1] */
        uint32_t sources_count;
        struct qf_index source_names, source_keys; /* keys also such as were revoked */
        struct qf_view *partners;                  /* refs 1 .. count at [ref - 1] */
        uint32_t partners_count;
        struct qf_index partner_codes;
        uint64_t
                version; /* position at which it was last told what the programme is, apart from who feeds it */
        struct qf_edition **editions; /* ids 1 .. count at [id - 1] */
        uint32_t editions_count;
        struct qf_index edition_scopes; /* codes of their scopes */
        uint32_t closed_last;           /* the latest month of those that stand closed */
};

/* Copies with a NUL behind it. -ENOMEM. */
QF_CHECK int qf_programme_copy(struct qf_programme *programme, struct qf_view text, struct qf_view *ret_copy);
/* Room that lives as long as the programme; NULL: no memory. */
void *qf_programme_room(struct qf_programme *programme, size_t size);

/* The members that a dimension uses, its own or those it shares. */
const struct qf_members *qf_programme_members(const struct qf_programme *programme, uint16_t dimension);
const struct qf_member_entry *qf_programme_member_entry(const struct qf_programme *programme,
                                                        uint16_t dimension, uint32_t id);
/* The places that a member's register event tells of: 0 .. moves_count. */
struct qf_move qf_register_place(const struct qf_register *told, uint32_t i);
/* Applies a setting's text to the settings. False: no such setting, or no such value. */
uint32_t qf_settings_bit(struct qf_view name); /* in settings_told; 0: no such setting */
/* A kind that the setting names, though the programme lacks a dimension that it speaks of; NULL: none. */
struct qf_kind_spec;
const struct qf_kind_spec *qf_programme_named_without(const struct qf_programme *programme,
                                                      struct qf_view *ret_lacks);
bool qf_settings_take(struct qf_settings *settings, struct qf_view name, struct qf_view value);

bool qf_is_code(struct qf_view code); /* a name that may stand in prefixes, filters and files */

/* A name as clerks may write it: outer spaces off, ASCII letters small. Cut at room. */
struct qf_view qf_name_fold(struct qf_view name, char *room, size_t room_bytes);
enum { QF_NAME_FOLD_BYTES = 512 };
