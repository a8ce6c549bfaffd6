/* What aggregation tells: registers, cells and activities, kept here as the last
 * consistent version. While aggregation is away that version stays. */
#pragma once

#include "base/error.h"
#include "client/subscribe.h"
#include "report/declared.h"
#include "report/measured.h"
#include "report/query.h"
#include "report/recent.h"
#include "report/register_log.h"
#include "report/subscribers.h"
#include "report/table.h"

/* What is published, but for registers, is about to change: by its number (qf_query_changes). */
struct qf_upstream_calls {
        void *ctx;
        void (*changes)(void *ctx, enum qf_query_of of, uint32_t number);
};

struct qf_upstream {
        struct qf_upstream_calls calls;
        struct qf_subscription *subscription;
        struct qf_register_log log, arriving_log;
        /* Arriving: NULL unless a picture begins anew, or its rows are not all there. */
        struct qf_table *table, *arriving_table;
        struct qf_declared *declared, *arriving_declared;
        struct qf_buffer pending, pending_declared; /* of a version that is not complete yet, packed */
        struct qf_measured *measured;               /* what the daemons say of themselves */
        struct qf_recent recent;
        uint64_t stamp;
        bool begun_anew, another_epoch; /* since the last turn */
        bool whole;                     /* table and declared are those of the version that is held */
        uint8_t epoch[QF_EPOCH_BYTES];
};

/* Connects; *ret_upstream is heap-held, as callbacks point to it. */
QF_CHECK int qf_upstream_open(struct qf_context *context, const char *endpoint,
                              const struct qf_upstream_calls *calls, struct qf_upstream **ret_upstream);
struct qf_upstream *qf_upstream_close(struct qf_upstream *upstream);
/* Takes what waits. Negative: stop. */
QF_CHECK int qf_upstream_turn(struct qf_upstream *upstream, int64_t mono_ms);
bool qf_upstream_held(const struct qf_upstream *upstream);
/* Of a first picture cells come first: until the rows are there as well, only cells can be asked. */
bool qf_upstream_whole(const struct qf_upstream *upstream);
struct qf_published qf_upstream_published(const struct qf_upstream *upstream);

/* Rows as columns → rows of a table, the very one that they are applied to later: it has the codes of what they say. Names
 * must be known to the programme: positive 1 otherwise. */
QF_CHECK int qf_upstream_pack_rows(const struct qf_programme *programme, const struct qf_rows_part *rows,
                                   struct qf_table *table, struct qf_buffer *buffer);
QF_CHECK int qf_upstream_apply_rows(struct qf_table *table, const struct qf_buffer *packed);
