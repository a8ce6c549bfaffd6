/* Subscribers that are told the same: equal prefixes, equal wants, equal rights.
 * Each audience keeps the last frame made for it with the place it was made from,
 * so that all who stand there are sent the very same bytes. */
#pragma once

#include "base/arena.h"
#include "model/fanout.h"
#include "report/prefix.h"
#include "report/subscribers.h"

/* Where a subscriber stands: a frame is a function of it and of what is published. */
struct qf_stand {
        struct qf_fanout fanout;
        uint32_t registers_next;
};

struct qf_audience {
        struct qf_audience *next;
        uint32_t users;
        uint32_t want;                      /* enum qf_want, or-ed */
        char source[QF_CODE_BYTES_MAX + 1]; /* whose rights; empty: may read all */
        struct qf_prefixes prefixes;
        struct qf_rights rights;

        /* The last frame. */
        bool made;
        uint32_t id;
        uint64_t version, stamp;
        struct qf_stand before, after;
        struct qf_buffer frame;
};

/* Finds or makes the audience and counts one user more. */
QF_CHECK int qf_audience_join(struct qf_audience **list, const struct qf_from_reader *ask,
                              const struct qf_source *source, struct qf_audience **ret_audience);
void qf_audience_leave(struct qf_audience **list, struct qf_audience *audience);
/* The frame for who stands there, made or found; *stand moves behind it. The view lives until the next call. */
QF_CHECK int qf_audience_frame(struct qf_audience *audience, const struct qf_published *now,
                               struct qf_arena *arena, uint32_t id, struct qf_stand *stand,
                               struct qf_view *ret_frame);
void qf_audience_forget(struct qf_audience *audience); /* the frame */
bool qf_audience_due(const struct qf_audience *audience, const struct qf_published *now,
                     const struct qf_stand *stand);
