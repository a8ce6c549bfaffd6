/* The board as it is pushed to those who watch it: a view (year, organisation, and
 * whose rights) is made once however many watch it, and each watcher holds a place
 * in one shared frame. No socket and no query: panels come from calls.
 *
 * Who is slow is never waited for and never remembered: when it has taken a frame
 * it gets what changed meanwhile, newest values only. Text is Server-Sent Events
 * (HTML, 9.2): event: PANEL, data: one line of JSON; the last event of a frame
 * carries the id that a watcher who comes again says it had. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/event.h"
#include "report/http_answer.h"

enum {
        QF_LIVE_PANELS = 16,
        QF_LIVE_VIEWS = 32,         /* different ones at a time */
        QF_LIVE_VIEWS_OF_TOKEN = 8, /* of them that one token has watched */
        QF_LIVE_ID = 64,
        QF_LIVE_MARK = 160,
        QF_LIVE_ALWAYS = 2,     /* so many panels, the first, are made at each tick: status and recent */
        QF_LIVE_BEAT_MS = 5000, /* status at least so often: it carries the ages of the data */
};

struct qf_live_key {
        uint32_t year, base; /* 0: not said */
        char org[QF_CODE_BYTES_MAX + 1];
        char cross[2][QF_CODE_BYTES_MAX + 1]; /* dimensions of the cross-table; "": not said */
        struct qf_http_who who;
};

struct qf_live_panels { /* each one line of JSON; empty: the programme has no such panel */
        struct qf_buffer text[QF_LIVE_PANELS];
        char mark[QF_LIVE_MARK]; /* status is sent at once when this is another, else with the next beat */
        struct qf_buffer kept;   /* what all were made with, for the maker who makes only the first ones */
};

struct qf_live_calls {
        void *ctx;
        uint32_t count; /* of panels */
        const char *(*name)(uint32_t panel);
        int64_t (*mono_ns)(void); /* now: what making takes is measured */
        /* Before all panels of a view are made. 0; positive: its reader is over his share until *ret_retry_ms from now. */
        int (*ask)(void *ctx, const struct qf_live_key *key, uint32_t *ret_retry_ms);
        /* Whether the reader may see it. */
        bool (*may)(void *ctx, const struct qf_live_key *key);
        /* Appends the first panels, by what all were made with (kept). Positive 1: nobody may see it any more; negative:
         * stop. */
        int (*always)(void *ctx, const struct qf_live_key *key, const struct qf_buffer *kept,
                      struct qf_live_panels *panels);
        /* Begins all panels of a view, in the place of those of another that were begun; and makes them, a slice at a
         * time: QF_LIVE_GOES_ON, or as before. */
        int (*begin)(void *ctx, const struct qf_live_key *key);
        int (*step)(void *ctx, struct qf_live_panels *panels);
};

struct qf_live;
struct qf_live_watcher;

QF_CHECK int qf_live_new(const struct qf_live_calls *calls, struct qf_live **ret_live);
struct qf_live *qf_live_free(struct qf_live *live); /* nobody watches any more */
uint32_t qf_live_watchers(const struct qf_live *live);

enum qf_live_outcome {
        QF_LIVE_FULL = 1, /* too many different views, of all or of this token */
        QF_LIVE_NO_RIGHT,
        QF_LIVE_WAIT,    /* making views takes its share of the time, or the reader his */
        QF_LIVE_GOES_ON, /* it is being made, or will be next */
};

/* What stands: epoch, version, day and rights as one word without spaces, for all that is made from now on. rights: is
 * another number when those of any reader may have changed. bundle: version of the board's files. */
void qf_live_set(struct qf_live *live, const char *id, uint32_t rights, const char *bundle);
/* It is time to look at all that is watched. */
void qf_live_tick(struct qf_live *live);
/* A slice of the view that is made, and one of those watched made anew, as far as it no longer stands; *ret_news:
 * watchers have something to take; *ret_more: there is more to do. Negative: stop. */
QF_CHECK int qf_live_turn(struct qf_live *live, int64_t mono_ms, bool *ret_news, bool *ret_more);
bool qf_live_is_busy(const struct qf_live *live); /* a view is made, or is to be */

/* last_event_id: what the watcher had before, or NULL. A view that has to wait, or is still made, is joined all the same:
 * what is made later comes then. 0, FULL, NO_RIGHT, negative. */
QF_CHECK int qf_live_join(struct qf_live *live, const struct qf_live_key *key, const char *last_event_id,
                          int64_t mono_ms, struct qf_live_watcher **ret_watcher);
/* Bytes for the watcher: 0: nothing now; -1: it ends. */
ssize_t qf_live_read(struct qf_live_watcher *watcher, char *room, size_t room_bytes);
void qf_live_leave(struct qf_live_watcher *watcher);

/* Who looks once: zero-initialised, the same each time it is asked, and let go of at the end. */
struct qf_live_looker {
        void *view; /* held; NULL: none */
        uint64_t wholes;
};
/* The panels as they stand and what they were made at, made now if need be; valid until the next call. 0, enum
 * qf_live_outcome, negative. GOES_ON: ask again when qf_live_turn did more; WAIT: there are none yet, and *ret_retry_ms is
 * when to ask again. */
QF_CHECK int qf_live_look(struct qf_live *live, struct qf_live_looker *looker, const struct qf_live_key *key,
                          int64_t mono_ms, const struct qf_live_panels **ret_panels, const char **ret_id,
                          uint32_t *ret_retry_ms);
void qf_live_look_away(struct qf_live_looker *looker);
