/* What a feeding client does, as a state machine without clock, disk or socket:
 * messages and times in, steps and news out. feed.c runs it over an outbox and a
 * socket, the simulator over its own. Rules: PROTOCOL.md 2.
 *
 * In turn: qf_feed_core_next says what to do now; the owner does it (and tells
 * with qf_feed_core_sent how large the batch was). Each message goes through
 * qf_feed_core_heard, which says what is new; after an answer was stored, the
 * owner says so with qf_feed_core_stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/outbox.h"
#include "wire/feed_messages.h"

enum {
        QF_FEED_SILENCE_MS = 1000, /* then Hello; doubles while nothing is answered */
        QF_FEED_SILENCE_MAX_MS = 10000,
        QF_FEED_BACKOFF_MS = 100,
        QF_FEED_BACKOFF_MAX_MS = 10000,
        QF_FEED_LEARN_MS = 1000,
        QF_FEED_UNSENT_MS = 50, /* nobody is connected: that costs nothing to find out */
};

enum qf_feed_state {
        QF_FEED_ASKING,  /* says Hello until a Welcome tells where to go on */
        QF_FEED_GOING,   /* sends and hears */
        QF_FEED_PAUSED,  /* was told to wait: goes on at until_ms */
        QF_FEED_SEALING, /* all that could be cleared is: the outbox is sealed and made anew */
        QF_FEED_HALTED,  /* stopped: a human is needed */
};

struct qf_feed_flight {
        uint64_t first;
        uint32_t count, bytes;
        int64_t sent_ms;
};

struct qf_feed_core { /* open only to be embedded */
        enum qf_feed_state state;
        uint64_t next, acked, first_kept; /* as the outbox stands */
        uint64_t send;                    /* the number to be sent next */
        uint64_t beyond;     /* numbers the server has and this outbox never made end here; 0: none */
        uint64_t gone;       /* the number asked for that is gone here; 0: none */
        bool may_skip;       /* a human said that what is gone is lost */
        uint64_t refused_at; /* number that a GAP or BUSY expected, until it is answered; 0: none */
        uint32_t window, window_bytes;
        uint32_t flight_first, flight_count, flight_bytes;
        struct qf_feed_flight flight[QF_FEED_WINDOW];
        int64_t heard_ms, until_ms; /* until_ms: of the pause, or of the next Hello */
        uint32_t backoff_ms, silence_ms;
        uint64_t random;
        bool learning;
        uint32_t learn_from;
        int64_t learn_ms; /* when to ask again */
};

enum qf_feed_step_what {
        QF_STEP_WAIT,
        QF_STEP_HELLO,
        QF_STEP_SEND,
        QF_STEP_LEARN,
        QF_STEP_SEAL,
        QF_STEP_SKIP
};

struct qf_feed_step {
        enum qf_feed_step_what what;
        uint64_t number;  /* send: of the chunk that holds it; seal: last; learn: from; skip: first */
        uint64_t through; /* skip: to here */
        int64_t until_ms; /* wait: for a message, at most until then */
};

enum qf_feed_news_what {
        QF_NEWS_NONE,
        QF_NEWS_WELCOME, /* remember the life; alarm may be set */
        QF_NEWS_ANSWER,  /* store it, then qf_feed_core_stored */
        QF_NEWS_HALT, /* alarm: enum qf_refusal or qf_feed_alarm; keep says whether it outlasts the process */
        QF_NEWS_REGISTERS, /* one part of them; last when learning is over */
};

struct qf_feed_news {
        enum qf_feed_news_what what;
        uint32_t alarm;
        uint64_t number;
        bool keep;
};

void qf_feed_core_init(struct qf_feed_core *core, const struct qf_outbox_standing *standing, uint64_t random,
                       int64_t mono_ms);
/* After events were written, or the outbox was trimmed. */
void qf_feed_core_kept(struct qf_feed_core *core, const struct qf_outbox_standing *standing);
/* A human says that what is asked for and gone here is lost. */
void qf_feed_core_allow_skip(struct qf_feed_core *core);
void qf_feed_core_learn(struct qf_feed_core *core);
/* Pure: whether the server has all that it asked for again: only then may the outbox forget. */
bool qf_feed_core_may_forget(const struct qf_feed_core *core);
struct qf_feed_step qf_feed_core_next(struct qf_feed_core *core, int64_t mono_ms);
/* A batch went out; bytes are those of its message. */
void qf_feed_core_sent(struct qf_feed_core *core, uint64_t first, uint32_t count, uint32_t bytes,
                       int64_t mono_ms);
/* What a step asked for could not be sent: no connection stands. */
void qf_feed_core_unsent(struct qf_feed_core *core, const struct qf_feed_step *step, int64_t mono_ms);
/* A new connection stands: what was under way on the old one may be lost, and the server may be one that was restored
 * and asks for what it had acknowledged, so the way is asked for at once, also by who has nothing to send. */
void qf_feed_core_reconnected(struct qf_feed_core *core, int64_t mono_ms);
/* life: what a Welcome's life is to the outbox. */
struct qf_feed_news qf_feed_core_heard(struct qf_feed_core *core, const struct qf_to_partner *message,
                                       enum qf_life_seen life, int64_t mono_ms);
/* The answer's verdicts below upto are on disk. */
void qf_feed_core_stored(struct qf_feed_core *core, uint64_t upto, const struct qf_outbox_standing *standing);
