/* An event as decoded from a batch, in either form. Views point into the
 * message or its arena and live as long as it. Pure data: no wire, no store. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum qf_kind {
        QF_KIND_ACTIVITY = 1,
        QF_KIND_ATTENDANCE = 2,
        QF_KIND_TICK = 3,
        QF_KIND_BROADCAST = 4, /* from here on kinds that model/kinds.h declares */
        QF_KIND_VISIT = 5,
        QF_KIND_SURVEY_WAVE = 6,
        QF_KIND_SURVEY_RESULT = 7,
        QF_KIND_AGREEMENT = 8,
        QF_KIND_SCORE = 9,
        QF_KIND_PERIOD_REPORT = 10,
        QF_KIND_CHECKPOINT = 11,
        QF_KIND_FINDING = 12,
        QF_KIND_ASSIGNMENT = 13,
        QF_KIND_PROGRESS = 14,
        QF_KIND_HIGHLIGHT = 15,
        QF_KIND_SITE_WORKS = 16,
        QF_KIND_ROUTINE_CHECK = 17,
        QF_KIND_ASSESSMENT = 18,
        QF_KIND_SETTING = 32, /* from here on registers */
        QF_KIND_DIMENSION = 33,
        QF_KIND_MEMBER = 34,
        QF_KIND_COUNTER = 35,
        QF_KIND_SOURCE = 36,
        QF_KIND_PERIOD_CLOSE = 40, /* from here on editions: said as registers are, and never replaced */
        QF_KIND_PERIOD_REOPEN = 41,
        QF_KIND_EDITION_PART = 42, /* not a register: it has no place among them */
        QF_KIND_PUBLISH = 43,
};

enum qf_action { QF_CREATE = 1, QF_REPLACE = 2, QF_WITHDRAW = 3, QF_DROP = 4 };

enum qf_method {
        QF_METHOD_NONE = 0,
        QF_SIGNED_IN = 1,
        QF_HEADCOUNT = 2,
        QF_REGISTERED = 3,
        QF_ESTIMATED = 4
};

/* Limits of shape; the programme may lower them (PROTOCOL.md 9). */
enum {
        QF_KEY_BYTES_MAX = 96,
        QF_CODE_BYTES_MAX = 32,
        QF_BATCH_EVENTS_MAX = 8192,
        QF_BODY_BYTES_MAX = 256 * 1024,
        QF_VALUES_MAX = 256, /* of one event, all dimensions together */
        QF_SESSIONS_MAX = 1000,
        QF_ATTENDANCES_MAX = 100000,
        QF_AMOUNT_MAX = 1000,
        QF_DIMENSIONS_MAX = 31, /* bitmaps of 32 */
        QF_FIGURES_MAX = 8,     /* of a declared kind; figure i is stated when bit i is */
};

#define QF_MEMBER_NONE 0u /* "not stated": every dimension has it */
#define QF_MEMBER_UNKNOWN UINT32_MAX
#define QF_DIMENSION_TOTAL 0u /* its only member is 0, "all" */
#define QF_DIMENSION_UNKNOWN UINT16_MAX

/* One member of one dimension of one event. Decoding fills name indices;
 * qf_programme_resolve fills the register's ids. */
struct qf_value {
        uint16_t dimension_at; /* index in qf_batch.dimensions */
        uint16_t dimension;    /* id in the registers, or QF_DIMENSION_UNKNOWN */
        uint32_t member_at;    /* index in qf_batch.texts */
        uint32_t member;       /* id in the registers, or QF_MEMBER_UNKNOWN */
};

enum qf_stated {
        QF_STATED_SESSIONS = 1,
        QF_STATED_ATTENDANCES = 2,
        QF_STATED_PARTICIPANTS = 4,
        QF_STATED_START = 8,
        QF_STATED_MINUTES = 16,
        QF_STATED_EVIDENCE = 32,
        QF_STATED_AT = 64,
};

enum qf_words_part { QF_WORD_TITLE, QF_WORD_NOTE, QF_WORD_REASON, QF_WORD_RECORDED_BY, QF_WORDS };

/* Texts of an event that the office took out of the journal (PROTOCOL.md 4.6); bits are 1 << enum qf_words_part. */
struct qf_redacted {
        uint32_t at;              /* place in its batch */
        uint8_t gone;             /* never 0 */
        uint8_t longer, personal; /* of those: had more characters than they may, held a number of a person */
        uint8_t words[16];        /* digest of all four as they were received: of qf_words_append's bytes */
        uint8_t content[16];      /* digest of what the event said */
};

struct qf_words { /* free text of one event; empty views: none */
        struct qf_view title, note, reason, recorded_by;
        const struct qf_redacted *redacted; /* NULL: nothing is gone. What is gone is empty above */
};

struct qf_view *qf_words_at(struct qf_words *words, unsigned word);
struct qf_view qf_words_text(const struct qf_words *words, unsigned word);
const char *qf_word_name(unsigned word); /* as in proto/ */
/* Whether it was said, be it gone since. words may be NULL. */
bool qf_words_say(const struct qf_words *words, unsigned word);
/* Appends all four, each behind its length u32. words may be NULL. -ENOMEM. */
QF_CHECK int qf_words_append(const struct qf_words *words, struct qf_buffer *buffer);

struct qf_event {
        uint8_t kind;   /* enum qf_kind */
        uint8_t action; /* enum qf_action */
        uint8_t method; /* enum qf_method */
        uint8_t stated; /* enum qf_stated, or-ed; of a declared kind 1 << place of the figure */
        uint32_t revision;
        struct qf_view key;
        uint32_t date; /* yyyymmdd with 00 for what is not known */
        union {
                struct {                   /* activity, attendance, tick */
                        uint32_t sessions; /* 1 when not stated */
                        uint32_t attendances;
                        uint32_t participants;
                        uint32_t amount;
                        uint16_t start, minutes;
                        uint16_t evidence;
                };
                uint32_t figures[QF_FIGURES_MAX]; /* of a declared kind */
        };
        uint16_t values_count;
        uint32_t values_first; /* in qf_batch.values; contiguous, in the order sent */
        int64_t at_ms;         /* tick: its own time; attendance: as of */
        struct qf_view counter, merged_into;
        const struct qf_words *words;         /* NULL: none */
        const struct qf_register *registered; /* of register kinds, else NULL */
};

struct qf_batch {
        uint32_t count;
        struct qf_event *events;
        uint32_t texts_count;
        const struct qf_view *texts;
        uint32_t dimensions_count;
        const struct qf_view *dimensions; /* codes as sent */
        uint32_t values_count;
        struct qf_value *values;
        int64_t sent_at_ms;
        struct qf_view partner; /* whose records these are, when the office speaks for it; else empty */
        bool redacted;          /* some of its texts are gone: as only the journal has it */
        bool unknown;           /* resolved: the registers do not know some name of its values */
};

/* A register event: one fact about the programme. */
struct qf_pair {
        struct qf_view dimension, member;
};

/* Where a member stands from a day on. */
struct qf_move {
        uint32_t from; /* yyyymmdd */
        struct qf_view parent;
        uint32_t pairs_count;
        const struct qf_pair *pairs; /* its groups */
        struct qf_view zh, en;       /* its names from that day on; both empty: as before */
};

struct qf_source_key {
        uint8_t public_key[32];
        uint32_t valid_from, valid_to; /* yyyymmdd, 0: open */
};

enum qf_role { QF_ROLE_FEED = 1, QF_ROLE_READ = 2, QF_ROLE_ADMIN = 4 };

struct qf_register {
        struct qf_view code; /* setting: its name; member: its code; source: its name; edition: its scope */
        struct qf_view zh, en;
        struct qf_view value;     /* setting */
        struct qf_view dimension; /* member: its dimension; dimension: members_of */
        struct qf_view groups;    /* dimension */
        struct qf_view parent;    /* member; source: partner */
        struct qf_view at;        /* member: "LATITUDE,LONGITUDE" in degrees; empty: not said */
        struct qf_view feeds;     /* counter */
        bool multi, required, closed, apart;
        uint32_t most, order, cap, roles;
        uint32_t valid_from, valid_to;
        uint32_t aliases_count, pairs_count, moves_count, orgs_count, keys_count;
        const struct qf_view *aliases;
        const struct qf_pair *pairs; /* member: its groups */
        const struct qf_move *moves; /* member: parent and pairs hold until the first of them */
        const struct qf_view *orgs;  /* source */
        const struct qf_source_key *keys;
};

/* What an event of an edition says, which lies in the fields of a register: one shape serves the decoder. */
struct qf_edition_said {
        struct qf_view scope; /* an organisation's code; empty: everything */
        uint32_t first, last; /* yyyymm */
        uint32_t number;
        struct qf_view by, reason;    /* close, reopen, publish: a desk; reopen */
        uint32_t waived_count;        /* close */
        const struct qf_view *waived; /* organisations without a cover sheet */
        struct qf_view file;          /* part, publish */
        uint32_t part;
        struct qf_view data;   /* part */
        uint32_t parts, size;  /* publish */
        struct qf_view digest; /* publish: SHA-256 */
};
struct qf_edition_said qf_edition_said(const struct qf_event *event);
/* The key that it stands under: "close/HX/202303-202303/1", "reopen/…", "publish/…/data", "part//202301-202312/2/data/0".
 * Gives its length, cut at room - 1 where numbers are beyond all bounds. */
int qf_edition_key(uint8_t kind, const struct qf_edition_said *said, char *ret_key, size_t room);
struct qf_register qf_edition_register(const struct qf_edition_said *said); /* the other way */

enum {
        QF_EDITION_PART_BYTES = 32 * 1024, /* of all parts of a file but the last */
        QF_EDITION_PARTS_MAX = 4096,
        QF_EDITION_NUMBER_MAX = 9999,
        QF_EDITION_REASON_MAX = 200, /* characters */
        QF_EDITION_BY_MAX = 40,
};

/* Whether two events say the same, names compared as text (values sorted), free
 * text included. Tells a resend that was cut differently from a fork. */
bool qf_event_same(const struct qf_batch *a, const struct qf_event *ea, const struct qf_batch *b,
                   const struct qf_event *eb);
/* The same but for free text. */
bool qf_event_same_facts(const struct qf_batch *a, const struct qf_event *ea, const struct qf_batch *b,
                         const struct qf_event *eb);
