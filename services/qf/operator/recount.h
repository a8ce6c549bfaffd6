/* Counting again, in memory, from nothing but the records of the journal. */
#pragma once

#include "client/apply.h"
#include "model/picture.h"
#include "qf/operator/recount_editions.h"
#include "store/standings.h"

struct qf_recount {
        struct qf_apply apply;
        struct qf_standings *standings;
        uint64_t position;
        uint64_t verdicts[QF_REJECTED + 1]; /* events by class */
        struct qf_recount_editions editions;
};

/* The recount must stay where it is until deinit. */
QF_CHECK int qf_recount_init(struct qf_recount *recount);
void qf_recount_deinit(struct qf_recount *recount);
/* As qf_apply_record. */
QF_CHECK int qf_recount_take(struct qf_recount *recount, const struct qf_record_head *head,
                             struct qf_view record);

/* Of each declared kind, by its number: how many statements stand, and their digest. Negative: counts that do not
 * parse. */
struct qf_recount_declared {
        uint32_t count;
        uint64_t digest;
};
enum { QF_RECOUNT_KINDS = QF_KIND_SETTING };
QF_CHECK int qf_recount_declared(const struct qf_recount *recount,
                                 struct qf_recount_declared ret_kinds[QF_RECOUNT_KINDS]);

/* The first cell that differs between ours and theirs, in a fixed order of cells: by dimension's and member's code,
 * then period. A cell that is not there is zero. */
struct qf_difference {
        struct qf_view dimension, member; /* codes; of "total": "all" */
        uint32_t period;
        enum qf_measure measure;
        int64_t counted, held; /* from the journal; in use */
};

/* False: they are equal. Ids may differ between the two: cells are compared by their codes. */
bool qf_recount_compare(const struct qf_recount *recount, const struct qf_picture *picture,
                        const struct qf_programme *programme, struct qf_difference *ret_first);
