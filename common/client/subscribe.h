/* A subscriber's side of live totals (PROTOCOL.md 7): keeps a picture of all the
 * cells that were asked for, equal to the server's at one version, and heals by
 * itself: it asks again, from where it stands, when frames stop, when a gap
 * shows, and when the server or the connection was new. One thread.
 *
 * What arrives is set aside until the frame that completes a version; only then
 * does the picture move, at once. Registers come with the cells, and the cells'
 * ids are those of qf_subscription_programme. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/picture.h"
#include "programme/programme.h"
#include "wire/socket.h"
#include "wire/totals_messages.h"

struct qf_subscription;

/* All may be NULL. Negative stops the turn with that result. */
struct qf_subscription_calls {
        void *ctx;
        /* A picture begins to arrive from nothing: what registered() and rows() say from now on belongs to it, and
         * what they said before is void. The picture held stays as it is until consistent(). May come again
         * before that, when a transfer was cut. */
        int (*begins)(void *ctx);
        /* A register event as it came, already applied to qf_subscription_arriving. */
        int (*registered)(void *ctx, struct qf_view event);
        /* Activities of a frame (only with QF_WANT_ROWS), handed on as they come: absolute values, in any order,
         * and whole only at the next consistent(). */
        int (*rows)(void *ctx, const struct qf_rows_part *rows);
        /* Statements of declared kinds of a frame, likewise. */
        int (*declared)(void *ctx, const struct qf_declared_row *rows, uint32_t count);
        /* A cell of the picture held is about to change; not for begun_anew. */
        void (*moves)(void *ctx, const struct qf_cell *cell);
        /* A cell that changed, in no order, the picture holds it already; not for begun_anew. */
        int (*moved)(void *ctx, const struct qf_cell *cell);
        /* The picture equals the server's at this version. begun_anew: it was made from nothing, cells' addresses,
         * the programme and its ids are new: forget what was kept of them. */
        int (*consistent)(void *ctx, uint64_t version, bool begun_anew);
        /* A Pulse: what it says besides qf_subscription_pulse. */
        int (*pulsed)(void *ctx, const struct qf_to_reader *pulse);
};

struct qf_subscription_options {
        uint32_t
                want; /* enum qf_want, or-ed; cells and registers always; QF_WANT_REGISTERS alone: no cells */
        uint32_t every_ms;       /* at most one update in so many ms; 0: after every commit */
        uint32_t prefixes_count; /* measure/dimension/member/period, cut anywhere; 0: all */
        const char *const *prefixes;
        uint32_t credit_bytes; /* in flight; 0: 1 MiB */
        size_t cells_max;      /* more is refused, bounded memory; 0: 4,000,000 */
        bool (*keeps)(
                struct qf_cell_key key); /* cells that are not kept are not held, nor told; NULL: all are */
        struct qf_subscription_calls calls;
};

enum qf_subscription_outcome {
        QF_SUBSCRIPTION_DENIED = 1, /* the server said no, other than BUSY: qf_subscription_say tells why */
        QF_SUBSCRIPTION_TOO_LARGE = 2, /* more cells than cells_max */
};

enum qf_pulse_state {
        QF_PULSE_NONE,    /* nothing consistent was received yet */
        QF_PULSE_QUIET,   /* all that is in the journal is shown */
        QF_PULSE_LATE,    /* the journal is ahead of what is shown, or the server is catching up */
        QF_PULSE_STOPPED, /* counting stopped: the last good numbers are shown */
        QF_PULSE_DEAD,    /* nothing was heard for three seconds */
};

struct qf_pulse { /* of the last Pulse; zero before the first */
        uint8_t epoch
                [QF_EPOCH_BYTES]; /* whose version these are: of another one they say nothing of what is held */
        uint64_t version, journal_last;
        int64_t complete_at_ms; /* ingest's clock when what is held was all of the journal; 0: not known */
        bool catching_up, stopped, heard;
};

/* Takes over a connected DEALER (also when it fails) and subscribes with the first turn. */
QF_CHECK int qf_subscription_open(struct qf_socket **socket, const struct qf_subscription_options *options,
                                  struct qf_subscription **ret_subscription);
struct qf_subscription *qf_subscription_close(
        struct qf_subscription *subscription); /* says Leave; returns NULL */

/* Before the first turn: goes on from a version that an earlier run of the program held, whose cells it kept itself. Names
 * are learnt first, from nothing, and not told of; then comes what changed since, as after a lost connection, and the
 * picture holds that alone; when the epoch is another one everything comes. Version 0: nothing was kept. */
void qf_subscription_resume(struct qf_subscription *subscription, const uint8_t epoch[QF_EPOCH_BYTES],
                            uint64_t version);
/* Takes all that waits, applies it, gives credit, subscribes again where needed. Never blocks. To be called when
 * the socket is readable, and at least every 250 ms. 0, enum qf_subscription_outcome, or negative. */
QF_CHECK int qf_subscription_turn(struct qf_subscription *subscription, int64_t mono_ms);
/* Waits at most so long for something to arrive, then takes a turn: for clients without a loop. */
QF_CHECK int qf_subscription_wait(struct qf_subscription *subscription, int64_t timeout_ms);
/* Turns until a consistent picture of at least this version is held, at most so long.
 * 0 held, QF_SUBSCRIPTION_DENIED or _TOO_LARGE, -ETIMEDOUT. */
QF_CHECK int qf_subscription_wait_version(struct qf_subscription *subscription, uint64_t at_least,
                                          int64_t timeout_ms);
struct qf_socket *qf_subscription_socket(
        const struct qf_subscription *subscription); /* borrowed; for loops */

/* False until the first consistent picture; the rest below is meaningful after it. */
bool qf_subscription_held(const struct qf_subscription *subscription);
/* With QF_WANT_ROWS_BEHIND: what is held are cells and registers, the rows told of so far are not all of them yet. */
bool qf_subscription_rows_follow(const struct qf_subscription *subscription);
uint64_t qf_subscription_version(const struct qf_subscription *subscription);
const uint8_t *qf_subscription_epoch(const struct qf_subscription *subscription); /* QF_EPOCH_BYTES */
const struct qf_pulse *qf_subscription_pulse(const struct qf_subscription *subscription);
enum qf_pulse_state qf_subscription_state(const struct qf_subscription *subscription, int64_t mono_ms);
int64_t qf_subscription_silent_ms(const struct qf_subscription *subscription,
                                  int64_t mono_ms); /* since last heard */
const char *qf_subscription_say(
        const struct qf_subscription *subscription); /* the server's last remark; "" */

/* Both stay as they are until the next turn. */
const struct qf_programme *qf_subscription_programme(const struct qf_subscription *subscription);
const struct qf_picture *qf_subscription_picture(const struct qf_subscription *subscription);
/* The programme that the frames now arriving speak of, for rows(): the same, or that of a picture that begins anew. */
const struct qf_programme *qf_subscription_arriving(const struct qf_subscription *subscription);
