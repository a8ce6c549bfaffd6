/* Feeding events. Add events, flush them into the outbox, pump until
 * it is drained; a callback hears each verdict, once it is on disk. One thread.
 *
 *         qf_feed_open(&options, &feed);
 *         qf_feed_add(feed, &event, values, count, &number);
 *         qf_feed_flush(feed, NULL);                     safe from here on
 *         while (qf_feed_pump(feed, 1000) == 0 && !qf_feed_drained(feed))
 *                 ;
 *         qf_feed_close(feed);
 *
 * Without a server events are safe all the same: the next feed over the same
 * outbox sends them. What the machine does is feed_core.h: pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "client/outbox.h"
#include "model/event.h"
#include "programme/programme.h"
#include "wire/socket.h"

struct qf_feed;

struct qf_feed_verdict {
        uint64_t number;
        struct qf_verdict verdict;
        const struct qf_detail_text *detail; /* NULL: none */
        bool again; /* had one before, in another life of the server or another one in this */
        uint64_t position;
};

struct qf_feed_options {
        const char *outbox;        /* directory; made when it is not there */
        struct qf_socket **socket; /* connected DEALER, taken over also when opening fails; NULL: only keep */
        const char *source;        /* whose outbox it is (qf_outbox_claim); NULL: as the server says */
        const char *agent;         /* program and version; NULL: "libqingfeng" */
        uint32_t batch_events;     /* cut after so many; 0: 512 */
        const char *
                skip_reason; /* a human's: numbers that the server asks for and that are gone here are lost */
        void *ctx;
        /* Once for each event, in order of numbers. Negative stops the pump with that result. NULL: none. */
        int (*verdict)(void *ctx, const struct qf_feed_verdict *verdict);
        /* Something a human should see (enum qf_feed_alarm or qf_refusal); number: the first concerned. NULL: none. */
        void *alarm_ctx;
        void (*alarm)(void *alarm_ctx, uint32_t alarm, uint64_t number, struct qf_view say);
};

enum qf_feed_outcome {
        QF_FEED_STOPPED = 1,   /* refused for good: qf_outbox_standing(qf_feed_outbox(feed)) says why */
        QF_FEED_REFUSED = 2,   /* the server refuses the key, or its right */
        QF_FEED_IN_USE = 3,    /* another process has the outbox open */
        QF_FEED_FORMAT = 4,    /* not an outbox, or one whose format is no longer read */
        QF_FEED_FULL = 5,      /* no room on this disk: nothing was kept */
        QF_FEED_TOO_LARGE = 6, /* one event above the limits of a batch */
        QF_FEED_NEWER = 7,     /* the outbox was written by a newer version, in another format */
        QF_FEED_ANOTHERS = 8,  /* the outbox is of another source: copied from there */
};

/* 0; QF_FEED_IN_USE, _FORMAT, _NEWER, _ANOTHERS, _FULL. */
QF_CHECK int qf_feed_open(const struct qf_feed_options *options, struct qf_feed **ret_feed);
struct qf_feed *qf_feed_close(struct qf_feed *feed); /* what was added and not flushed is forgotten */

/* Takes an event: kinds of statement with their values by code, or a register event. *ret_number (may be NULL) is the
 * number it will have; it is on disk only after a flush. 0, QF_FEED_TOO_LARGE, QF_FEED_FULL. */
QF_CHECK int qf_feed_add(struct qf_feed *feed, const struct qf_event *event, const struct qf_pair *values,
                         uint32_t values_count, uint64_t *ret_number);
/* From here on the events added are of another partner's records (its organisation's code; empty: of one's own), which
 * takes the role admin. 0, or as qf_feed_add. */
QF_CHECK int qf_feed_set_partner(struct qf_feed *feed, struct qf_view partner);
/* Puts all that was added on disk, with a note of the file it came from (NULL: none). 0; QF_FEED_FULL: nothing of it
 * was kept. Above 32 MiB the earlier part of it was put there by qf_feed_add already. */
QF_CHECK int qf_feed_flush(struct qf_feed *feed, const struct qf_fed_file *file);
/* Forgets what was added and not flushed. */
QF_CHECK int qf_feed_forget(struct qf_feed *feed);

/* Sends and receives for at most timeout_ms; returns at once when something was heard, or all is drained.
 * 0, QF_FEED_STOPPED, QF_FEED_REFUSED, QF_FEED_ANOTHERS (nothing was sent), QF_FEED_FULL (no room for what was heard,
 * which is asked for again: whoever pumps on goes on), or negative. */
QF_CHECK int qf_feed_pump(struct qf_feed *feed, int64_t timeout_ms);
/* The same; returns also when a descriptor of the caller's can be read. */
QF_CHECK int qf_feed_pump_beside(struct qf_feed *feed, int fd, int64_t timeout_ms);
/* Every flushed event has its verdict and, with a server, the server has all it asked for again (after a restore). */
bool qf_feed_drained(const struct qf_feed *feed);
uint64_t qf_feed_waiting(const struct qf_feed *feed); /* flushed events without a verdict */
/* The server asks for numbers from here on that are gone here, and nobody said they may be skipped; 0: no. */
uint64_t qf_feed_gone(const struct qf_feed *feed);
int64_t qf_feed_stalled_ms(
        const struct qf_feed *feed); /* since the last verdict or Welcome, or since opening */
int64_t qf_feed_silent_ms(const struct qf_feed *feed); /* since the server was heard last, or since opening */

/* Brings the registers up to date: from the server when it answers within timeout_ms, else from the cache in the
 * outbox. *ret_programme is owned by the feed until its next learn or close. 0; positive 1: no server and no cache
 * (*ret_programme untouched); QF_FEED_REFUSED (2): with the cache, if there is one. fresh (may be NULL): it came from the server. */
QF_CHECK int qf_feed_learn(struct qf_feed *feed, int64_t timeout_ms,
                           const struct qf_programme **ret_programme, bool *ret_fresh);
/* For who stays connected for days: qf_feed_learn goes by what the last Welcome said of the registers, this asks. The
 * same outcomes; 0 is also that nothing was heard in time, and the cache stands. */
QF_CHECK int qf_feed_learn_anew(struct qf_feed *feed, int64_t timeout_ms,
                                const struct qf_programme **ret_programme);

struct qf_outbox *qf_feed_outbox(struct qf_feed *feed);
/* What the last Welcome said: cursors of this source's outboxes and so on; NULL before the first. */
const struct qf_to_partner *qf_feed_welcome(const struct qf_feed *feed);
/* What time it is, by this machine's clock and by the server's, as its last Welcome said (qf_outbox_trim). */
struct qf_outbox_now qf_feed_now(const struct qf_feed *feed);
