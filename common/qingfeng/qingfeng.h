/* libqingfeng: feeding a Qingfeng service and reading its totals, from C and from
 * whatever can call C. Three handles, each opaque, each used by one thread at a
 * time; different handles are independent of each other.
 *
 *     qingfeng_feed           states events, which are safe in an outbox on disk first
 *     qingfeng_reader         asks for totals, and for figures of the declared kinds
 *     qingfeng_subscription   hears each change of totals
 *
 * Results. 0: done. Negative: -errno, this machine failed (-ENOMEM, -EIO, -ENOENT:
 * no such key file; -EINVAL: an argument). Positive: enum qingfeng_outcome, and
 * qingfeng_*_say tells it in English. What ret_... points at is written on success
 * only. No function ends the process, prints, or installs a signal handler; after
 * fork() a handle is its parent's alone.
 *
 * Text is UTF-8 and ends with NUL. What is handed to a function is not needed after it
 * returns; what is handed to a callback lives until the callback returns, and a
 * callback calls no function of the same handle. Times are milliseconds; dates are
 * yyyymmdd. Structs and functions keep their meaning as long as the library is
 * libqingfeng.so.0; what is new gets a new name. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum qingfeng_outcome {
        QINGFENG_AWAY = 1,     /* no answer in time: whoever waits may go on waiting */
        QINGFENG_REFUSED = 2,  /* the server does not know the key, or the key has no such right */
        QINGFENG_RETURNED = 3, /* what was given is wrong: mend it; nothing of it was taken */
        QINGFENG_STOPPED =
                4, /* the outbox was stopped and keeps what it has: a human looks (qf feed --resume) */
        QINGFENG_IN_USE = 5, /* another process, or another handle, has the outbox open */
        QINGFENG_FORMAT = 6, /* no outbox, or one of another version */
        QINGFENG_FULL = 7,   /* no room on the disk: nothing of what was given, or heard, was kept */
        QINGFENG_OTHER = 8,  /* what the server says is not understood, or is more than fits */
        QINGFENG_ANOTHERS =
                9, /* the outbox was copied from another source's: nothing was sent; move it away, open a new one */
};

/* Where a service is, and who asks. */
struct qingfeng_server {
        const char *endpoint;      /* "tcp://HOST:PORT" or "ipc://PATH": of feed or of read in client.yaml */
        const char *server_public; /* file with the server's public key, or its two while it changes */
        const char *key;           /* file with this program's secret key, mode 0600 (qf key new) */
};

/* "0.1.0". */
const char *qingfeng_version(void);

/* --- feeding ------------------------------------------------------------ */

struct qingfeng_feed;

struct qingfeng_verdict {
        uint64_t number;     /* of the event, as qingfeng_feed_add gave it */
        uint64_t position;   /* in the journal: totals that are asked for at least this have it in them */
        int counts;          /* not 0: the service has it; 0: it was rejected or quarantined */
        int again;           /* not 0: this number had a verdict before (the service was set back) */
        const char *verdict; /* "accepted", "late", "duplicate", "quarantined", "rejected" */
        const char *code;    /* "E141", "Q204" ...; "" for a plain verdict */
        const char *text;    /* what is wrong and how to mend it; "" for a plain verdict */
};

/* What a human should hear of. Codes below 100 are the refusals of PROTOCOL.md 6.2. */
enum qingfeng_alarm {
        QINGFENG_ROLLED_BACK = 100,     /* the service lost acknowledged events: they are sent again */
        QINGFENG_VERDICT_CHANGED = 101, /* the service gave another verdict than before */
        QINGFENG_RESTORED = 102,        /* it was restored from a backup; what it lacks is sent again */
        QINGFENG_BEYOND = 103,          /* this outbox was copied or set back; a new one goes on */
        QINGFENG_TWO_SERVERS = 104,     /* two services answer in turn: stopped */
        QINGFENG_GONE_HERE =
                105, /* the service asks for events that are gone here: it waits for qf feed --skip */
        QINGFENG_OTHER_JOURNAL = 106, /* not the service that was fed so far: stopped, nothing was sent */
};

struct qingfeng_feed_calls {
        void *ctx;
        /* Each event once, in order of numbers, when its verdict is on this disk. NULL: none. */
        void (*verdict)(void *ctx, const struct qingfeng_verdict *verdict);
        /* alarm: enum qingfeng_alarm or a refusal; number: the first event that it is about, 0: none; say: the service's
         * words, often "". NULL: none. */
        void (*alarm)(void *ctx, uint32_t alarm, uint64_t number, const char *say);
};

/* Opens an outbox, a directory that is made when it is not there, towards a server, which need not be there. calls may
 * be NULL. 0; QINGFENG_IN_USE, _FORMAT, _FULL; -ENOENT, -EPERM (a key file others can read), -EINVAL (no key in it). */
int qingfeng_feed_open(const char *outbox, const struct qingfeng_server *server,
                       const struct qingfeng_feed_calls *calls, struct qingfeng_feed **ret_feed);
/* What was flushed stays in the outbox and is sent by whoever opens it next; what was not is forgotten. NULL: nothing. */
void qingfeng_feed_close(struct qingfeng_feed *feed);

/* Fetches the programme's names, from the server or, when it does not answer within timeout_ms, from the outbox. After it
 * names and aliases of members are understood, and wrong ones are returned at once; without it codes go as they are,
 * and the server judges. 0; QINGFENG_AWAY: neither had them; QINGFENG_REFUSED, _ANOTHERS. */
int qingfeng_feed_learn(struct qingfeng_feed *feed, int64_t timeout_ms);

/* States an event: one JSON object as `qf feed -` reads it (docs/partner.md), such as
 *     {"kind":"activity","key":"HX-1","date":"2023-05-06","org":"HX","attendances":12}
 * *ret_number (may be NULL) is its number. It is not on disk before the next flush. 0; QINGFENG_RETURNED; QINGFENG_FULL. */
int qingfeng_feed_add(struct qingfeng_feed *feed, const char *line, uint64_t *ret_number);
/* Puts all that was added on disk, in one step: from here on neither a crash nor a server that is away loses it.
 * 0; QINGFENG_FULL. */
int qingfeng_feed_flush(struct qingfeng_feed *feed);
/* Sends what was flushed and calls verdict, until every event has one. 0; QINGFENG_AWAY: not all of them within
 * timeout_ms (0: looks once, never waits), call it again; QINGFENG_FULL: no room for the verdicts, call it again when there
 * is; QINGFENG_REFUSED, _STOPPED, _ANOTHERS. */
int qingfeng_feed_drain(struct qingfeng_feed *feed, int64_t timeout_ms);
/* Flushed events without a verdict, those of earlier runs among them. */
uint64_t qingfeng_feed_waiting(const struct qingfeng_feed *feed);
/* The last positive outcome as a sentence; "" when there was none. Until the next call with this handle. */
const char *qingfeng_feed_say(const struct qingfeng_feed *feed);

/* --- totals ------------------------------------------------------------- */

/* What is counted of activities. Attendances are of those activities whose attendance is known. */
struct qingfeng_counts {
        int64_t records;            /* statements: one may stand for several activities */
        int64_t activities;         /* sessions held */
        int64_t attendances;        /* people, once for each time that they came */
        int64_t records_unknown;    /* of the records, those whose attendance is not known */
        int64_t activities_unknown; /* of the activities, likewise */
};

struct qingfeng_reader;

struct qingfeng_question { /* zeroes: the total of everything */
        const char *const
                *by; /* rows by these: codes of at most two dimensions, and "day", "month" or "year" */
        uint32_t by_count;
        const char *const *where; /* "DIMENSION=CODE"; of one dimension any of them, of several all */
        uint32_t where_count;
        uint32_t first_day, last_day; /* yyyymmdd, inclusive; 0: open */
        uint64_t at_least;            /* not before this position of the journal is counted; 0: as it is */
};

/* A row: members[i] is the code of the member of by[i], "" when it is not stated; members of periods are digits. */
typedef void (*qingfeng_row)(void *ctx, const char *const *members, const struct qingfeng_counts *counts);

/* Connects with the first question. The key needs the role read. As qingfeng_feed_open for keys. */
int qingfeng_reader_open(const struct qingfeng_server *server, struct qingfeng_reader **ret_reader);
void qingfeng_reader_close(struct qingfeng_reader *reader); /* NULL: nothing */
/* Asks, calls row (may be NULL) for each row, and gives the true total, which rows need not add up to.
 * 0; QINGFENG_AWAY: no answer within timeout_ms, or at_least is not counted yet; QINGFENG_REFUSED; QINGFENG_RETURNED: such
 * a question has no answer (an unknown dimension); QINGFENG_OTHER. */
int qingfeng_reader_totals(struct qingfeng_reader *reader, const struct qingfeng_question *question,
                           int64_t timeout_ms, qingfeng_row row, void *ctx,
                           struct qingfeng_counts *ret_total);

struct qingfeng_figure {     /* of one measure of a declared kind (qf kinds; docs/programme.md) */
        const char *measure; /* as it was asked for */
        int64_t value;       /* of a ratio: the counted */
        int64_t of; /* of a ratio: out of so many; else how many records state it: 0 is not known, not 0 */
        int64_t unknown; /* records that do not state it */
        int combined;    /* 0: its rule does not let the records be combined: there is no value */
};

/* A row, as above; members NULL: all of them, which comes last. */
typedef void (*qingfeng_figures)(void *ctx, const char *const *members, const struct qingfeng_figure *figures,
                                 uint32_t count);

/* The same of a declared kind ("broadcast", "visit" ...: qf kinds). measures: "CODE", or "sum:CODE", "max:CODE", "min:CODE";
 * count 0: all that it has; at most 64. Outcomes as qingfeng_reader_totals. */
int qingfeng_reader_declared(struct qingfeng_reader *reader, const char *kind,
                             const struct qingfeng_question *question, const char *const *measures,
                             uint32_t measures_count, int64_t timeout_ms, qingfeng_figures call, void *ctx);
const char *qingfeng_reader_say(const struct qingfeng_reader *reader); /* as qingfeng_feed_say */

/* --- subscribing -------------------------------------------------------- */

enum { QINGFENG_EPOCH_BYTES = 16 };

enum qingfeng_state {
        QINGFENG_NONE = 0,      /* nothing was received yet */
        QINGFENG_QUIET = 1,     /* all that is known to the service is counted and was received */
        QINGFENG_LATE = 2,      /* the service is catching up */
        QINGFENG_HALTED = 3,    /* counting stopped: the last good numbers are held */
        QINGFENG_NOT_HEARD = 4, /* no word for three seconds */
};

struct qingfeng_cell {         /* of one member of one dimension in one period; its counts as they are now */
        const char *dimension; /* code; "total" with member "all": everything */
        const char *member;    /* code; "": not stated */
        uint32_t
                period; /* yyyymmdd; yyyymm00: of the whole month; yyyy0000: what is known to the year only */
        struct qingfeng_counts counts;
};

struct qingfeng_subscription;

struct qingfeng_subscription_calls {
        void *ctx;
        /* A cell that is other than it was. NULL: none. */
        void (*cell)(void *ctx, const struct qingfeng_cell *cell);
        /* The cells heard so far are, together, the service's at this version; epoch names the counting whose version it
         * is. anew not 0: the cells heard since the update before this one are all there are, forget all others. NULL:
         * none. */
        void (*update)(void *ctx, const uint8_t epoch[QINGFENG_EPOCH_BYTES], uint64_t version, int anew);
};

/* Subscribes with the first wait. prefixes: MEASURE/DIMENSION/MEMBER/PERIOD, cut anywhere (PROTOCOL.md 7), such as
 * "activities/org/HX/"; count 0: all cells; at most 64. The key needs the role read. As qingfeng_feed_open for keys.
 *
 * It resumes by itself: after a lost connection or a restart of the service it asks for what changed since its version,
 * and anew is 0; only when the epoch is another one everything comes again. A program that starts again begins anew,
 * unless it says what it kept: qingfeng_subscription_resume. */
int qingfeng_subscription_open(const struct qingfeng_server *server, const char *const *prefixes,
                               uint32_t prefixes_count, const struct qingfeng_subscription_calls *calls,
                               struct qingfeng_subscription **ret_subscription);
void qingfeng_subscription_close(struct qingfeng_subscription *subscription); /* NULL: nothing */
/* Before the first wait: goes on from the last update whose cells this program kept, with its epoch and version. It then hears
 * the cells that changed since, and anew is 0; when the epoch is over, all of them, and anew is not 0. Keep epoch and
 * version together with the cells, in one step: what was heard before an update that was not kept comes again. Version 0:
 * nothing was kept. */
void qingfeng_subscription_resume(struct qingfeng_subscription *subscription,
                                  const uint8_t epoch[QINGFENG_EPOCH_BYTES], uint64_t version);
/* Waits for something to arrive, at most timeout_ms, and calls cell and update for it. To be called again within 250 ms, for
 * as long as the subscription is to live. 0, also when nothing came; QINGFENG_REFUSED; QINGFENG_OTHER. */
int qingfeng_subscription_wait(struct qingfeng_subscription *subscription, int64_t timeout_ms);
enum qingfeng_state qingfeng_subscription_state(const struct qingfeng_subscription *subscription);
/* Of the last update; 0 before the first. */
uint64_t qingfeng_subscription_version(const struct qingfeng_subscription *subscription);
const char *qingfeng_subscription_say(
        const struct qingfeng_subscription *subscription); /* as qingfeng_feed_say */

#ifdef __cplusplus
}
#endif
