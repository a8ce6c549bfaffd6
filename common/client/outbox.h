/* A durable outbox (PROTOCOL.md 2): one directory, one process at a time. Events
 * get their numbers 1, 2, 3 … and lie on disk before they are sent first; they
 * stay, as the bytes that were sent, until the server says that every kept backup
 * has them. Verdicts are on disk before the application hears of them.
 *
 * A chunk is a batch as it was cut once: it is never cut anew or encoded again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "model/verdict.h"
#include "store/environment.h" /* enum qf_store_outcome: what the functions here return when positive */
#include "wire/feed_messages.h"

#define QF_OUTBOX_FORMAT "qf-outbox-2"

enum {
        QF_OUTBOX_KEEP_DAYS = 30, /* acknowledged chunks at least, when the server asks for no less */
        QF_OUTBOX_LIVES_MAX = 64,
        QF_OUTBOX_SAY_MAX = 200,
        QF_OUTBOX_HASH = 32,
};

struct qf_outbox;

/* What a human should see of it, some of which stop it. Beside enum qf_refusal, from 100 on. */
enum qf_feed_alarm {
        QF_ALARM_NONE = 0,
        /* The server lost acknowledged events; they are sent again. */
        QF_ALARM_ROLLED_BACK = 100,
        /* Another verdict within one life. */
        QF_ALARM_VERDICT_CHANGED = 101,
        /* The server was restored from a backup; what it lost is sent again. */
        QF_ALARM_RESTORED = 102,
        /* The server has numbers this outbox never made: it was copied or set back. */
        QF_ALARM_BEYOND = 103,
        /* A life returned: two servers answer. Stops. */
        QF_ALARM_TWO_SERVERS = 104,
        /* The server asks for numbers that are gone here: waits for a Skip. */
        QF_ALARM_GONE_HERE = 105,
        /* The server has another journal than the one that was fed so far. Stops. */
        QF_ALARM_OTHER_JOURNAL = 106,
};

struct qf_outbox_standing {
        uint8_t id[QF_OUTBOX_ID_BYTES];
        uint64_t holder;             /* openings << 32 | random bits of this opening */
        uint64_t next;               /* number that the next event gets */
        uint64_t acked;              /* last number whose verdict is stored, and all below it */
        uint64_t first_kept;         /* oldest number it could send again; next when it keeps none */
        uint8_t life[QF_LIFE_BYTES]; /* of the journal, seen last; zero: none */
        uint64_t registers;          /* position of the registers in the cache; 0: none */
        uint32_t stopped;            /* enum qf_refusal or enum qf_feed_alarm that stopped it; 0: goes on */
        char say[QF_OUTBOX_SAY_MAX]; /* the server's words with it */
};

struct qf_chunk {
        uint64_t first;
        uint32_t count;
        int64_t made_ms;
        struct qf_view facts, texts, cursor;
};

/* A file that was fed: known again by the hash of its bytes, its map and its source. */
struct qf_fed_file {
        uint8_t hash[QF_OUTBOX_HASH];
        int64_t fed_ms;
        uint64_t first, count; /* numbers its events got; first 0: of an outbox before this one */
        struct qf_view name;
};

/* Verdicts of numbers first .. first + count - 1, as they came. */
struct qf_outbox_answer {
        uint64_t first;
        uint32_t count;
        uint64_t position;
        uint8_t hash[32];
        uint32_t exceptions_count;
        const struct qf_exception *exceptions;
};

/* What storing an answer found. */
struct qf_outbox_answered {
        uint64_t from, upto; /* numbers whose verdicts are now stored: from .. upto - 1; equal: none */
        uint64_t news;       /* those below it were stored just so before, in this life; upto: all of them */
        uint64_t changed;    /* numbers that had another verdict before */
        uint64_t changed_first; /* the first of them; 0: none */
        bool same_life;         /* ... and had it in this life: an alarm */
};

/* Makes it when it is not there. Each opening is counted before it returns. 0, QF_STORE_IN_USE, _FORMAT, _FULL. */
QF_CHECK int qf_outbox_open(const char *directory, struct qf_outbox **ret_outbox);
struct qf_outbox *qf_outbox_close(struct qf_outbox *outbox);
/* Whose it is, by the name that the server knows the source by: the first that is said, here or by a Welcome. To the server
 * an outbox that is copied into another source's place is a new one, which it has nothing of: all would be sent, and ticks
 * counted, once more. QF_OUTBOX_ANOTHERS; QF_STORE_FULL. */
enum { QF_OUTBOX_ANOTHERS = 21 };
QF_CHECK int qf_outbox_claim(struct qf_outbox *outbox, struct qf_view source);
const struct qf_outbox_standing *qf_outbox_standing(const struct qf_outbox *outbox);

/* Writes chunks, whose numbers must go on from next, and with them the note that a file was fed (NULL: none), in
 * one transaction. QF_STORE_FULL: nothing was written. */
QF_CHECK int qf_outbox_write(struct qf_outbox *outbox, const struct qf_chunk *chunks, uint32_t count,
                             const struct qf_fed_file *file);
/* Copies the chunk that holds a number into the buffer, which the views of *ret_chunk look at. QF_STORE_NONE. */
QF_CHECK int qf_outbox_chunk(struct qf_outbox *outbox, uint64_t number, struct qf_buffer *buffer,
                             struct qf_chunk *ret_chunk);
/* The verdicts of the chunk that holds a number: exceptions as in Verdicts, in the buffer. QF_STORE_NONE: not yet
 * answered. */
QF_CHECK int qf_outbox_verdicts(struct qf_outbox *outbox, uint64_t number, struct qf_buffer *buffer,
                                struct qf_outbox_answer *ret_answer);
/* Pure: what an answer says of one of its numbers. */
struct qf_verdict qf_outbox_verdict_in(const struct qf_outbox_answer *answer, uint64_t number);
/* A receipt: the record that the journal had at a position in a life, as its verdicts said. */
struct qf_receipt {
        uint64_t first; /* number */
        uint32_t count;
        uint64_t position;
        uint8_t hash[32], life[QF_LIFE_BYTES];
};
/* Reads an outbox that nobody has open, and changes nothing in it: its receipts by number. Outcomes as qf_outbox_open;
 * negative also from take. */
typedef int (*qf_receipt_take)(void *ctx, const struct qf_receipt *receipt);
QF_CHECK int qf_outbox_receipts(const char *directory, qf_receipt_take take, void *ctx);
/* The same of its standing: what waits, whether it was stopped. Its holder is not told: 0. QF_STORE_NONE: none was made there. */
QF_CHECK int qf_outbox_look(const char *directory, struct qf_outbox_standing *ret_standing);
/* Stores verdicts for the chunks that the answer covers whole, and moves acked where they go on from it. */
QF_CHECK int qf_outbox_answer(struct qf_outbox *outbox, const struct qf_outbox_answer *answer,
                              struct qf_outbox_answered *ret_answered);
/* What time it is: by this machine's clock and by the server's, of which either may be set wrong. earliest_ms 0: the
 * server has not said. */
struct qf_outbox_now {
        int64_t earliest_ms, latest_ms;
};
/* Forgets acknowledged chunks below keep_from, and those that are too old or too many. Too old is what was acknowledged
 * when it looked at least QF_OUTBOX_KEEP_DAYS ago, whichever clock was right then and is now; it looks as often. */
QF_CHECK int qf_outbox_trim(struct qf_outbox *outbox, uint64_t keep_from, struct qf_outbox_now now);

enum qf_life_seen {
        QF_LIFE_SAME = 0,
        QF_LIFE_FIRST = 1,
        QF_LIFE_NEW = 2,
        QF_LIFE_RETURNED = 3, /* seen before another one: two servers answer */
        QF_LIFE_OTHER_JOURNAL =
                4 /* of a journal that the outbox never fed: of another programme, or a training */
};
/* Pure: what a life of a journal is to the outbox. A journal of zeros: the server does not say. */
enum qf_life_seen qf_outbox_life(const struct qf_outbox *outbox, const uint8_t journal[QF_LIFE_BYTES],
                                 const uint8_t life[QF_LIFE_BYTES]);
/* The first journal that is named here is the outbox's for good. */
QF_CHECK int qf_outbox_set_life(struct qf_outbox *outbox, const uint8_t journal[QF_LIFE_BYTES],
                                const uint8_t life[QF_LIFE_BYTES]);

/* Stops it for good until a human says go on; why 0 lets it go on: where two servers answered, with the one that does
 * from now on. */
QF_CHECK int qf_outbox_stop(struct qf_outbox *outbox, uint32_t why, struct qf_view say);
/* Pure: whether a new name mends what stopped an outbox: it was cloned, fenced, forked or sealed, or has fed another
 * journal. */
bool qf_outbox_wants_renewal(uint32_t stopped);
/* What qf_outbox_renew found: nothing that a new name would mend. */
enum { QF_OUTBOX_GOES_ON = 20 };
/* A new id, numbers from 1. Chunks without a verdict move to the new numbers, the answered ones go; one that met another
 * journal feeds the one that it meets next. 0, or, where a human asked, QF_OUTBOX_GOES_ON: nothing changed, since a server
 * that lost events can get them from here alone. */
QF_CHECK int qf_outbox_renew(struct qf_outbox *outbox, bool asked);

/* QF_STORE_NONE: never fed. Its name is in the buffer. */
QF_CHECK int qf_outbox_find_file(struct qf_outbox *outbox, const uint8_t hash[QF_OUTBOX_HASH],
                                 struct qf_buffer *buffer, struct qf_fed_file *ret_file);

/* A note whose name begins so is of a request, whose sender says it again soon or never: the only notes that are
 * forgotten. Looks at `most` notes on from *at (which goes round), and forgets requests taken before before_ms. */
#define QF_OUTBOX_REQUEST "request:"
QF_CHECK int qf_outbox_forget_requests(struct qf_outbox *outbox, uint8_t at[QF_OUTBOX_HASH], uint32_t most,
                                       int64_t before_ms);

/* The cache of the registers: Event bytes, each behind its u32 length. QF_STORE_NONE: none. */
QF_CHECK int qf_outbox_registers(struct qf_outbox *outbox, struct qf_buffer *buffer);
QF_CHECK int qf_outbox_set_registers(struct qf_outbox *outbox, uint64_t position, struct qf_view events);
