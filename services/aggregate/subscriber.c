/* A transfer: registers, then rows, then cells, so that a name is known before it
 * is used; the last frame of the cells says end, and is made only when registers
 * and rows are complete at that very version. Between two fills a commit may have
 * come: then there are rows and registers again, and they go first.
 *
 * Who wants rows behind the cells gets a picture from nothing the other way round:
 * cells whenever they are newer than what it has, rows in between. Rows are told of
 * only when table rec was checked as a whole. */
#include "aggregate/subscriber.h"

#include <errno.h>
#include <string.h>

#include "aggregate/publish.h"
#include "base/cleanup.h"

enum {
        FILL_FRAMES = 16,      /* of registers or rows in one fill */
        SCAN_ROWS = 16 * 1024, /* looked at in one fill */
        AHEAD = 8,             /* cells are fetched before they are added: they lie anywhere */
        PRESSED_BYTES = QF_RING_BYTES / 4,
};

/* Reads table rec from here on, and the ring for what is not in it yet. What fell out of the ring before it was committed
 * is in neither: then the table is read once more. */
static void begin_scan(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        subscriber->rows_scanning = true;
        subscriber->rows_key_len = 0;
        subscriber->rows_scan_from = fill->counting ? fill->counting->committed : 0;
        subscriber->rows_missed = !qf_ring_covers(fill->ring, subscriber->rows_scan_from);
        subscriber->rows_cursor = qf_ring_after(fill->ring, subscriber->rows_scan_from);
}

void qf_subscriber_begin(struct qf_subscriber *subscriber, const struct qf_fill *fill, uint64_t have,
                         bool fresh)
{
        subscriber->have = fresh ? 0 : have;
        subscriber->fresh = fresh;
        subscriber->moving = false;
        subscriber->rows_owed =
                fresh && (subscriber->want & QF_WANT_ROWS) && (subscriber->want & QF_WANT_ROWS_BEHIND);
        subscriber->queue.len = subscriber->queue_at = 0;
        qf_fanout_begin(&subscriber->fanout, subscriber->have, false);
        subscriber->rows_have = subscriber->have;
        subscriber->rows_scanning = false;
        subscriber->rows_cursor = qf_ring_begin(fill->ring);
        if (!qf_ring_covers(fill->ring, subscriber->have))
                begin_scan(subscriber, fill);
}

bool qf_subscriber_due(const struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        const bool newer = subscriber->fresh || subscriber->have < fill->counting->shown;

        if (subscriber->rows_owed)
                return newer || qf_counting_checked(fill->counting);
        if (subscriber->want & QF_WANT_ROWS && !qf_counting_checked(fill->counting))
                return false;
        return subscriber->moving || newer;
}

bool qf_subscriber_pressed(const struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        return subscriber->rows_owed || qf_subscriber_lags(subscriber, fill);
}

bool qf_subscriber_lags(const struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        return subscriber->want & QF_WANT_ROWS && !subscriber->rows_owed && !subscriber->rows_scanning &&
               qf_ring_end(fill->ring) - subscriber->rows_cursor > PRESSED_BYTES;
}

/* Ends the frame that is being made and puts it into the queue. */
static int queue_frame(struct qf_subscriber *subscriber, const struct qf_fill *fill, uint64_t upto, bool end)
{
        struct qf_to_reader update = {
                .id = subscriber->id,
                .after = subscriber->have,
                .upto = upto,
                .end = end,
                .fresh = subscriber->fresh,
                .catching_up = fill->facts->catching_up,
                .rows_follow = end && subscriber->rows_owed,
        };
        uint8_t length[4] = {0};
        int r = qf_buffer_append(&subscriber->queue, length, sizeof(length));

        if (r < 0)
                return r;
        size_t at = subscriber->queue.len;
        memcpy(update.epoch, fill->counting->epoch, sizeof(update.epoch));
        r = qf_frames_end(fill->frames, &update, &subscriber->queue);
        if (r < 0)
                return r;
        qf_put_le32(subscriber->queue.at + at - sizeof(length), (uint32_t)(subscriber->queue.len - at));
        subscriber->fresh = false;
        qf_frames_begin(fill->frames, fill->counting->apply.programme);
        return 0;
}

static int queue_if_any(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        if (qf_frames_empty(fill->frames))
                return 0;
        return queue_frame(subscriber, fill, fill->counting->shown, false);
}

/* --- registers --------------------------------------------------------------- */

static int fill_registers(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        uint32_t count = qf_registers_count(fill->counting->registers);
        unsigned frames = 0;
        uint64_t position;
        int r = 0;

        while (r == 0 && subscriber->registers_next < count && frames < FILL_FRAMES) {
                struct qf_view event =
                        qf_registers_at(fill->counting->registers, subscriber->registers_next, &position);
                if (qf_frames_add_register(fill->frames, event)) {
                        subscriber->registers_next++;
                        continue;
                }
                r = queue_if_any(subscriber, fill);
                frames++;
        }
        return r == 0 ? queue_if_any(subscriber, fill) : r;
}

static bool registers_done(const struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        return !(subscriber->want & QF_WANT_REGISTERS) ||
               subscriber->registers_next >= qf_registers_count(fill->counting->registers);
}

/* --- rows ----------------------------------------------------------------------- */

static int add_row(struct qf_subscriber *subscriber, const struct qf_fill *fill, uint32_t partner,
                   struct qf_view key, struct qf_view packed)
{
        struct qf_standing *row = fill->row;
        int r = qf_standing_unpack(packed, row);

        if (r < 0 || row->row == 0 || row->changed <= subscriber->rows_have)
                return r;
        if (!qf_frames_add_row(fill->frames, partner, key, row)) {
                r = queue_if_any(subscriber, fill);
                if (r == 0 && !qf_frames_add_row(fill->frames, partner, key, row))
                        r = -EMSGSIZE;
        }
        subscriber->items++;
        return r;
}

static void abort_txn(struct qf_txn **txn)
{
        qf_txn_abort(txn);
}

/* A stretch of table rec in key order, in a read transaction of its own. */
static int scan_rows(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        QF_CLEANUP(abort_txn) struct qf_txn *txn = NULL;
        struct qf_view key = {(const char *)subscriber->rows_key, subscriber->rows_key_len}, packed;
        int r = qf_txn_begin(fill->counting->environment, false, &txn);

        for (unsigned looked = 0; r == 0 && looked < SCAN_ROWS; looked++) {
                r = qf_txn_seek(txn, QF_COUNTS_REC, key, key.len > 0, &key, &packed);
                if (r == 0)
                        r = key.len > 4 && key.len <= sizeof(subscriber->rows_key) ? 0 : QF_STORE_DAMAGED;
                if (r == 0)
                        r = add_row(subscriber, fill, qf_get_be32((const uint8_t *)key.at),
                                    (struct qf_view){key.at + 4, key.len - 4}, packed);
        }
        if (r == 0) {
                memcpy(subscriber->rows_key, key.at, key.len);
                subscriber->rows_key_len = key.len;
                return 0;
        }
        if (r != QF_STORE_NONE)
                return r < 0 ? r : -EIO;
        subscriber->rows_scanning = false;
        subscriber->rows_have = subscriber->rows_scan_from;
        if (subscriber->rows_missed)
                begin_scan(subscriber, fill);
        return 0;
}

static int read_ring(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        struct qf_view key, packed;
        uint32_t partner;
        int r = 0;

        for (unsigned rows = 0; rows < SCAN_ROWS && r == 0; rows++) {
                if (!qf_ring_next(fill->ring, &subscriber->rows_cursor, &partner, &key, &packed))
                        return 0;
                r = add_row(subscriber, fill, partner, key, packed);
        }
        return r;
}

static int fill_rows(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        if (!subscriber->rows_scanning && !qf_ring_holds(fill->ring, subscriber->rows_cursor)) {
                if (!subscriber->rows_owed) /* what it has is as of the last transfer, or scan */
                        subscriber->rows_have = subscriber->have;
                begin_scan(subscriber, fill);
        }
        int r = subscriber->rows_scanning ? scan_rows(subscriber, fill) : read_ring(subscriber, fill);
        return r == 0 ? queue_if_any(subscriber, fill) : r;
}

static bool rows_done(const struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        return !(subscriber->want & QF_WANT_ROWS) ||
               (!subscriber->rows_scanning && subscriber->rows_cursor == qf_ring_end(fill->ring));
}

/* --- cells, and the end ------------------------------------------------------------ */

static void finish(struct qf_subscriber *subscriber, uint64_t version)
{
        subscriber->have = version;
        subscriber->moving = false;
}

static int fill_cells(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        uint64_t version = fill->counting->shown;
        struct qf_fanout_chunk chunk = {.upto = version, .end = true};
        int r = 0;

        if (subscriber->want & QF_WANT_CELLS)
                qf_fanout_next(&subscriber->fanout, fill->counting->picture, version, NULL, NULL, fill->cells,
                               QF_FILL_CELLS, &chunk);
        for (size_t i = 0; i < chunk.count && r == 0; i++) {
                if (i + AHEAD < chunk.count)
                        __builtin_prefetch(fill->cells[i + AHEAD]);
                if (qf_frames_add_cell(fill->frames, fill->cells[i]))
                        continue;
                r = queue_frame(subscriber, fill, chunk.upto, false);
                if (r == 0 && !qf_frames_add_cell(fill->frames, fill->cells[i]))
                        r = -EMSGSIZE;
        }
        subscriber->items += chunk.count;
        if (r == 0)
                r = queue_frame(subscriber, fill, chunk.upto, chunk.end);
        if (r == 0 && chunk.end)
                finish(subscriber, version);
        return r;
}

/* Whether it is the turn of the rows. Those that were owed are all there with the next end. */
static bool owes_rows(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        if (!subscriber->rows_owed)
                return !rows_done(subscriber, fill);
        if (subscriber->fresh || subscriber->have < fill->counting->shown)
                return false;
        subscriber->rows_owed = !rows_done(subscriber, fill);
        return subscriber->rows_owed;
}

int qf_subscriber_fill(struct qf_subscriber *subscriber, const struct qf_fill *fill)
{
        if (!subscriber->moving) {
                subscriber->moving = true;
                subscriber->items = 0;
                subscriber->registers_next = qf_registers_after(fill->counting->registers,
                                                                subscriber->fresh ? 0 : subscriber->have);
        }
        qf_frames_begin(fill->frames, fill->counting->apply.programme);
        if (!registers_done(subscriber, fill))
                return fill_registers(subscriber, fill);
        if (owes_rows(subscriber, fill))
                return fill_rows(subscriber, fill);
        return fill_cells(subscriber, fill);
}
