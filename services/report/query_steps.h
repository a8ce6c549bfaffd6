/* What questions of all kinds are answered by: a plan, walks over what it is about, and what is written of
 * it at the end. Private to the query engine. */
#pragma once

#include "report/query.h"
#include "report/scan.h"

enum { QF_WALKS_MAX = 4 };

/* look and keep: 0; positive 1: the answer says why not; negative. */
struct qf_walk {
        enum qf_query_of of;
        uint32_t block; /* numbers that one step looks at */
        struct qf_scan scan;
        void *ctx;
        uint32_t (*numbers)(const void *ctx); /* not NULL: how many there are, known when its turn comes */
        /* Looks at count numbers from first on, but for those passed over. */
        int (*look)(void *ctx, const struct qf_scan *scan, uint32_t first, uint32_t count);
        /* A number that was looked at is about to change; NULL: what was seen of it is in the sums. */
        int (*keep)(void *ctx, uint32_t number);
};

struct qf_query_kind {
        size_t bytes; /* of what it keeps */
        int (*plan)(struct qf_query *query);
        int (*write)(struct qf_query *query);
        void (*deinit)(void *kept);
};

struct qf_query {
        struct qf_query_world world;
        const struct qf_rights *rights;
        const struct qf_from_reader *ask;
        struct qf_arena *arena;
        struct qf_to_reader *answer;
        const struct qf_query_kind *kind;
        void *kept; /* kind->bytes, of zeros at first */
        bool planned;
        int over; /* of a change: 0, positive: refused, or negative */
        uint32_t walks_count, walk;
        struct qf_walk walks[QF_WALKS_MAX];
};

extern const struct qf_query_kind qf_query_totals, qf_query_growth, qf_query_declared, qf_query_list,
        qf_query_check;

/* By a plan, over numbers 0 .. end - 1. */
void qf_query_walk(struct qf_query *query, const struct qf_walk *walk, uint32_t end);
