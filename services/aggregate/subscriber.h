/* One subscriber of the totals: where it stands in registers, rows and cells, and
 * the frames made for it that wait for credit. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aggregate/counting.h"
#include "aggregate/frames.h"
#include "aggregate/ring.h"
#include "base/bytes.h"
#include "model/fanout.h"
#include "wire/socket.h"

struct qf_subscriber {
        bool used;
        struct qf_peer peer;
        uint32_t id, want, every_ms;
        uint64_t credit, sent; /* bytes since Subscribe */
        uint64_t have;         /* version it holds, complete */
        bool fresh;            /* the next frame is the first of a picture from nothing */
        bool moving;           /* a transfer towards a newer version is under way */
        bool rows_owed;        /* it holds cells, and not all rows yet */
        uint32_t registers_next;
        struct qf_fanout fanout;
        bool rows_scanning;      /* reads table rec; else the ring */
        uint64_t rows_have;      /* scanning: rows changed after it; */
        uint64_t rows_scan_from; /* and the version on disk when it began */
        bool rows_missed;        /* and the ring had not all behind that any more */
        uint64_t rows_cursor;    /* in the ring; while scanning: where the ring goes on */
        uint8_t rows_key[QF_COUNTS_KEY_BYTES];
        uint32_t rows_key_len;
        uint64_t items;         /* sent in this transfer: the more, the longer the next one waits */
        int64_t next_ms;        /* it rests until then */
        int64_t sent_ms;        /* when it took a frame last */
        struct qf_buffer queue; /* le32 length, frame, … */
        size_t queue_at;
        uint32_t deaf; /* pulses in a row that could not be sent */
};

/* What makes frames for all subscribers. */
struct qf_fill {
        struct qf_counting *counting;
        const struct qf_ring *ring;
        struct qf_frames *frames;
        struct qf_cell **cells;  /* room for QF_FILL_CELLS */
        struct qf_standing *row; /* room for one */
        const struct qf_publish_facts *facts;
};

enum { QF_FILL_CELLS = 128 * 1024 };

/* Where a subscriber begins: from nothing, or with what it has. */
void qf_subscriber_begin(struct qf_subscriber *subscriber, const struct qf_fill *fill, uint64_t have,
                         bool fresh);
/* Whether there is something newer than it has. */
bool qf_subscriber_due(const struct qf_subscriber *subscriber, const struct qf_fill *fill);
/* Whether rows must be sent also while it rests, before they fall out of the ring. */
bool qf_subscriber_pressed(const struct qf_subscriber *subscriber, const struct qf_fill *fill);
/* Whether what is told next could push out of the ring what it was not told yet. Then all of the table is read for it. */
bool qf_subscriber_lags(const struct qf_subscriber *subscriber, const struct qf_fill *fill);
/* Makes the next frames of the transfer, which is over when moving is false again. Only when the queue is empty and
 * the counts are showable. */
QF_CHECK int qf_subscriber_fill(struct qf_subscriber *subscriber, const struct qf_fill *fill);
