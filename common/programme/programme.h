/* The registers: what the programme is, learnt from register events in journal
 * order. Pure memory: ids are given in order of first appearance, so they are a
 * function of the journal and equal in every daemon. Dimension id 0 is the total;
 * member id 0 of each dimension is "not stated". Nothing is ever removed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/cell.h"
#include "model/event.h"
#include "model/ratio.h"
#include "model/verdict.h"

struct qf_programme;

struct qf_dimension {
        struct qf_view code, zh, en;
        bool multi, required, closed;
        bool apart; /* only statements of declared kinds have members of it */
        uint32_t most;
        uint16_t members_of; /* id of the dimension whose members it shares; its own id: its own */
        uint16_t groups;     /* id of the dimension whose members it groups; 0: it is on events itself */
        uint32_t order;
        uint32_t members; /* ids 1 .. members */
};

/* Where a member stands from a day on. */
struct qf_member_place {
        uint32_t from;         /* yyyymmdd; of the first place 0 */
        uint32_t parent;       /* 0: none */
        struct qf_view zh, en; /* what it is called from that day on */
        uint32_t groups_count;
        const struct qf_member_of *groups; /* grouping dimension and its member */
};

struct qf_member {
        struct qf_view code;
        struct qf_view zh, en;                /* its last names; those of a day are in its place */
        struct qf_view at;                    /* "LATITUDE,LONGITUDE" in degrees; empty: not said */
        uint32_t places_count;                /* 0: it was referred to and not told yet */
        const struct qf_member_place *places; /* by day */
        uint32_t valid_from, valid_to;
        uint32_t order;
        uint32_t aliases_count;
        const struct qf_view *aliases;
};

struct qf_counter {
        struct qf_view code, zh, en;
        uint32_t cap;
};

struct qf_source {
        uint32_t ref; /* 1 .. in order of first appearance; 1 is always "office" */
        uint32_t
                partner; /* partner ref: 1 .. in order of first appearance of its organisation; 0 for office */
        struct qf_view name, partner_code;
        uint32_t roles;
        uint32_t keys_count;
        const struct qf_source_key *keys;
        uint32_t orgs_count;
        const struct qf_view *orgs;
};

struct qf_settings {               /* from Setting events; defaults here */
        int32_t zone_minutes;      /* "time_zone": +08:00; default 0 */
        enum qf_rounding rounding; /* "rounding": half_up (default) or half_even */
        uint32_t
                timely_days; /* "timely_days": late after the period's end by more; 0 (default): never late */
        uint32_t attendances_max; /* "attendances_max": above it quarantined; default 100,000 */
        uint32_t sessions_max;    /* "sessions_max"; default 1,000 */
        uint32_t first_date;      /* "first_date" yyyymmdd; default 20000101 */
        char first_day[11];       /* the same, as people write it: "2000-01-01" */
        bool sample;              /* "sample": the data is invented; whatever shows it to many says so */
        bool training;            /* "training": yes; never taken back: none of its numbers are real */
        uint32_t kinds;      /* "kinds": the declared kinds that are used, 1 << enum qf_kind; default all */
        bool personal_aside; /* "personal_numbers": taken (default), or aside: texts with one are set aside */
        struct qf_view code, title_zh, title_en; /* "code", "title_zh", "title_en" */
        struct qf_view scope_zh, scope_en; /* "scope_zh", "scope_en": whose programme, in a sentence: 全区 */
        struct qf_view goal_zh,
                goal_en; /* "goal_zh", "goal_en": what it is for; no number is ever said of it */
};

QF_CHECK int qf_programme_new(struct qf_programme **ret_programme);
struct qf_programme *qf_programme_free(struct qf_programme *programme);

/* Whether a register event could be applied: QF_CODE_NONE, or E161 with what contradicts in *ret_field.
 * (A dimension may not lose "multi", nor change members_of or groups; names are 1..32 bytes; a parent and a
 * grouping member must exist and make no circle on any day; moves go by date; at most 31 dimensions, 65,536 members,
 * 131,072 organisations.) */
struct qf_verdict qf_programme_check_register(const struct qf_programme *programme,
                                              const struct qf_event *event, struct qf_detail *ret_detail);
/* Applies it, copying what it needs. position: of its record. -ENOMEM; -E2BIG, -EBADMSG: what no check lets through. */
QF_CHECK int qf_programme_apply(struct qf_programme *programme, const struct qf_event *event,
                                uint64_t position);
uint64_t qf_programme_position(const struct qf_programme *programme); /* of the last applied; 0: none */
/* Of the last setting, dimension, member or counter: what the programme is, apart from who feeds it. */
uint64_t qf_programme_version(const struct qf_programme *programme);

/* How a register event (setting, dimension, member, counter) compares with what stands. */
enum qf_register_compared { QF_REGISTER_NEW, QF_REGISTER_CHANGED, QF_REGISTER_SAME };
enum qf_register_compared qf_programme_compare(const struct qf_programme *programme,
                                               const struct qf_event *event);

/* Days on which a member stands elsewhere, by parent or groups, than it does when the event is applied: totals by what lies
 * above it are others then. *day: 0 at first, where the walk goes on; false: there are no more, or it was not told before. */
struct qf_restated {
        uint32_t from, until; /* the first day, 0: from the beginning; the first day no longer, 0: for ever */
        const struct qf_member_place *was;
        struct qf_move is;
};
bool qf_programme_restated(const struct qf_programme *programme, const struct qf_event *event, uint32_t *day,
                           struct qf_restated *ret_restated);

const struct qf_settings *qf_programme_settings(const struct qf_programme *programme);
/* Whether there may be statements of a declared kind: it is among "kinds", and the programme has the dimensions that it
 * speaks of. What shows one that may not be shows nothing but its absence, and is left out. NULL: no. */
struct qf_kind_spec;
bool qf_programme_uses(const struct qf_programme *programme, const struct qf_kind_spec *spec);
uint32_t qf_programme_dimensions(const struct qf_programme *programme); /* ids 1 .. so many */
uint32_t qf_programme_counted(const struct qf_programme *programme);    /* bitmap: on activities */
const struct qf_dimension *qf_programme_dimension(const struct qf_programme *programme, uint16_t id);
uint16_t qf_programme_find_dimension(const struct qf_programme *programme,
                                     struct qf_view code); /* or UNKNOWN */
const struct qf_member *qf_programme_member(const struct qf_programme *programme, uint16_t dimension,
                                            uint32_t id);
uint32_t qf_programme_find_member(const struct qf_programme *programme, uint16_t dimension,
                                  struct qf_view code);
/* By code, label in either language, or alias (for clerks' files); QF_MEMBER_UNKNOWN when none or several. */
uint32_t qf_programme_guess_member(const struct qf_programme *programme, uint16_t dimension,
                                   struct qf_view name);
/* Which free text holds a number that is somebody's, where the programme sets such aside; NULL: none. */
const char *qf_programme_personal(const struct qf_programme *programme, const struct qf_words *words);
/* Of words, 1 << enum qf_words_part: longer than they may be; with a number that is somebody's, whatever the programme sets. Of
 * what is gone what was found before. */
uint8_t qf_programme_long_words(const struct qf_words *words);
uint8_t qf_programme_personal_words(const struct qf_words *words);
enum { QF_NAME_LIKE_LEAST = 500 }; /* likeness from which on one name may be meant by the other */
/* How much two names have in common: characters, and pairs of them, each of 1000. */
uint32_t qf_name_likeness(struct qf_view a, struct qf_view b);
/* The most similar member's label, for messages; empty view: none near. */
struct qf_view qf_programme_near_member(const struct qf_programme *programme, uint16_t dimension,
                                        struct qf_view name);
/* The tree on a date, which may be a month or a year: then on its first day. Whether a member takes events on a day
 * (valid_from, valid_to) says nothing of where it stands. */
const struct qf_member_place *qf_member_place(const struct qf_member *member, uint32_t date);
bool qf_programme_within(const struct qf_programme *programme, uint16_t dimension, uint32_t member,
                         uint32_t ancestor, uint32_t date); /* member is the ancestor or below it */
/* The member of a grouping dimension that a member belongs to on a date; 0: none. */
uint32_t qf_programme_group_of(const struct qf_programme *programme, uint16_t grouping, uint32_t member,
                               uint32_t date);
/* Whether what lies above a member depends on the date. */
bool qf_programme_moves(const struct qf_programme *programme, uint16_t dimension, uint32_t member);
/* All days on which some member of the dimension moves or once was to move, sorted: between them its tree stays. */
const uint32_t *qf_programme_moving_days(const struct qf_programme *programme, uint16_t dimension,
                                         uint32_t *ret_count);
/* Position at which it last changed what a source may read: its own organisations or roles, or where some organisation
 * stands; 0: never since they were first told. */
uint64_t qf_programme_rights_changed(const struct qf_programme *programme, const struct qf_source *source);
const struct qf_counter *qf_programme_find_counter(const struct qf_programme *programme, struct qf_view code);
/* Sign-ins at one record are to be looked at beyond so many, the highest cap of its counters; 0: one of them has none. */
uint32_t qf_programme_cap(const struct qf_programme *programme);

uint32_t qf_programme_sources(const struct qf_programme *programme); /* refs 1 .. so many */
const struct qf_source *qf_programme_source(const struct qf_programme *programme, uint32_t ref);
uint32_t qf_programme_find_source(const struct qf_programme *programme,
                                  struct qf_view name); /* ref, 0: none */
uint32_t qf_programme_find_key(const struct qf_programme *programme, const uint8_t public_key[32],
                               uint32_t today); /* ref of the source whose key is valid, 0: none */
const char *qf_programme_partner_code(const struct qf_programme *programme,
                                      uint32_t partner); /* organisation's code */
uint32_t qf_programme_find_partner(const struct qf_programme *programme,
                                   struct qf_view code); /* ref; 0: none */

/* Fills dimension and member ids of all values of a batch; unknown names stay UNKNOWN. Each name is looked
 * up once per batch. -ENOMEM. */
struct qf_arena;
QF_CHECK int qf_programme_resolve(const struct qf_programme *programme, struct qf_batch *batch,
                                  struct qf_arena *arena);

/* Whether a source may speak for an organisation, a member of dimension "org" (0, none: anyone may), on a date: it, or
 * one that it stands below then, is one of the source's. */
bool qf_programme_entitled(const struct qf_programme *programme, const struct qf_source *source, uint32_t org,
                           uint32_t date);

/* What is wrong with a statement or tick, apart from what stands: bounds, required fields, unknown names, rights,
 * dates. today: local date of receipt. Returns accepted, late, quarantined or rejected. ret_detail: what to mend; its
 * field may be a dimension's code. NULL when it is not wanted: looking for a similar name takes time. */
struct qf_verdict qf_programme_check(const struct qf_programme *programme, const struct qf_source *source,
                                     const struct qf_batch *batch, const struct qf_event *event,
                                     uint32_t today, struct qf_detail *ret_detail);

/* Canonical facts of a resolved statement for its content digest: kind, fields, values sorted by id, digest of its
 * words; without revision, action of create or replace, times of sending. Appends to the buffer. -ENOMEM. */
struct qf_buffer;
QF_CHECK int qf_programme_canonical(const struct qf_batch *batch, const struct qf_event *event,
                                    struct qf_buffer *buffer);
