/* Live totals and queries as plain structs. Names are codes (text) on the wire;
 * both ends map them to their registers' ids. Source: proto/totals.proto. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "model/cell.h"
#include "model/event.h"
#include "wire/body.h"

enum { QF_PAGE_BYTES_MAX = 8 + QF_KEY_BYTES_MAX };
enum { QF_EPOCH_BYTES = 16, QF_PREFIXES_MAX = 64, QF_PREFIX_BYTES_MAX = 128, QF_FRAME_BYTES = 64 * 1024 };

enum qf_want { QF_WANT_CELLS = 1, QF_WANT_ROWS = 2, QF_WANT_REGISTERS = 4, QF_WANT_ROWS_BEHIND = 8 };

enum qf_from_reader_what { QF_SUBSCRIBE = 1, QF_MORE = 2, QF_QUERY = 3, QF_LEAVE = 4 };

enum qf_query_what {
        QF_QUERY_TOTALS = 1,
        QF_QUERY_GROWTH = 2,
        QF_QUERY_STATUS = 3,
        QF_QUERY_WAITING = 4,
        QF_QUERY_CHECK = 5,
        QF_QUERY_DECLARED = 6,
        QF_QUERY_LIST = 7,
        QF_QUERY_EDITION = 8,
        QF_QUERY_SAID = 9,
};

struct qf_from_reader {
        enum qf_from_reader_what what;
        uint32_t version, id;
        uint8_t epoch[QF_EPOCH_BYTES]; /* zero: none */
        uint64_t have;
        uint32_t prefixes_count;
        const struct qf_view *prefixes;
        uint64_t credit; /* subscribe, more: absolute since Subscribe */
        uint32_t every_ms, want;
        enum qf_query_what query;
        uint32_t by_count, where_count;
        const struct qf_view *by, *where;
        uint32_t first_day, last_day, year, base, limit;
        uint64_t at_least;
        struct qf_view kind, page, key, partner, verdict;
        uint32_t measures_count;
        const struct qf_view *measures;
        struct qf_view scope, file; /* of an edition, whose months are those of first_day and last_day */
        uint32_t edition;
        uint64_t offset;
};

enum qf_to_reader_what { QF_UPDATE = 1, QF_PULSE = 2, QF_ANSWER = 3, QF_DENIED = 4 };

/* Columns as on the wire: index i of each array is one cell or row. */
struct qf_cells_part {
        uint32_t texts_count;
        const struct qf_view *texts;
        uint32_t measures_count;
        const uint32_t *measures; /* enum qf_measure */
        uint32_t count;
        const uint32_t *dimension, *member, *period; /* text, text, number */
        const int64_t *value;                        /* count * measures_count */
        const uint64_t *changed;
};

struct qf_rows_part {
        uint32_t texts_count;
        const struct qf_view *texts;
        uint32_t count;
        const uint32_t *row, *date, *sessions, *attendances; /* attendances + 1, 0 not known */
        const uint32_t *values;                              /* how many of dimension/member belong to each */
        uint32_t values_count;
        const uint32_t *dimension, *member;
        const uint64_t *changed;
        const uint32_t *partner;
        const struct qf_view *key;
        const uint32_t *mark; /* QF_MARK_…; NULL: of none is anything said */
};

/* How attendances were counted, enum qf_method, and: */
enum { QF_MARK_LATE = 8, QF_MARKS = 16 };

/* A statement of a declared kind as it stands. */
struct qf_declared_row {
        uint32_t row, kind;
        struct qf_view partner, key;
        uint32_t date; /* 0: counts nothing */
        bool late;
        uint32_t stated;
        uint32_t figures_count, values_count; /* figures: of the stated ones, in order */
        const uint32_t *figures;
        const struct qf_pair *values;
        uint64_t changed;
};

enum { QF_NOT_COMBINED = -1 }; /* the third figure of a measure: the rules of adding do not allow a value */

struct qf_answer_row {
        const struct qf_view *members; /* by_count of them */
        struct qf_counts counts;
        uint32_t figures_count; /* declared: three for each measure; list: one for each */
        const int64_t *figures;
};

/* Why a question is not answered: the code of an Answer. */
enum qf_query_code {
        QF_QUERY_ANSWERED = 0,
        QF_QUERY_UNKNOWN_NAME = 1, /* a dimension, member or period that is not known */
        QF_QUERY_TOO_MUCH = 2,     /* more than two dimensions, or more than 50,000 rows */
        QF_QUERY_NOT_YOURS = 3,    /* an organisation outside the reading rights */
        QF_QUERY_BEHIND = 4,       /* the version asked for was not reached in time */
        QF_QUERY_DIFFERENT = 5,    /* check: cells and table differ */
        QF_QUERY_NOT_HERE = 6,     /* nobody can answer it now */
        QF_QUERY_NOT_ADDED = 7,    /* the rules of adding do not allow it */
};

struct qf_to_reader {
        enum qf_to_reader_what what;
        uint32_t id;
        uint8_t epoch[QF_EPOCH_BYTES];
        uint64_t after, upto; /* update */
        bool end, fresh, catching_up, stopped, rows_follow;
        uint32_t events_count;
        const struct qf_view *events; /* register events, encoded */
        struct qf_cells_part cells;
        struct qf_rows_part rows;
        uint32_t declared_count;
        const struct qf_declared_row *declared;
        uint64_t version, journal_last; /* pulse; answer: version */
        int64_t complete_at_ms;
        struct qf_view say;
        struct qf_view ingest, aggregate; /* pulse of aggregation: encoded metrics (metrics.h); empty: none */
        uint32_t code, why;               /* enum qf_query_code; enum qf_refusal */
        uint32_t notes_count, by_count, measures_count, answer_rows_count;
        const struct qf_view *notes, *by, *measures;
        const struct qf_answer_row *answer_rows;
        struct qf_answer_row all;
        struct qf_view json, next;
        struct qf_view data;   /* of an edition's file, from the offset on */
        uint64_t size, offset; /* of the file; where to go on */
        uint8_t digest[32];    /* of the file; zero: none is known */
};

QF_CHECK int qf_from_reader_decode(struct qf_arena *arena, struct qf_view message,
                                   struct qf_from_reader *ret_message, struct qf_wire_fault *ret_fault);
QF_CHECK int qf_from_reader_encode(const struct qf_from_reader *message, struct qf_buffer *buffer);
QF_CHECK int qf_to_reader_decode(struct qf_arena *arena, struct qf_view message,
                                 struct qf_to_reader *ret_message, struct qf_wire_fault *ret_fault);
QF_CHECK int qf_to_reader_encode(const struct qf_to_reader *message, struct qf_buffer *buffer);
