/* What became of each event that a command fed, and the sums of it: parts that
 * add up to what was read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "client/feed.h"
#include "model/event.h"
#include "qf/cli/cli.h"
#include "client/feed_notes.h"

/* Beside the classes of verdicts: answered, and not kept any more; not answered yet. */
enum { QF_CLASSES = QF_REJECTED + 1, QF_CLASS_FORGOTTEN = 0xfe, QF_CLASS_WAITING = 0xff };

struct qf_fed {        /* one event */
        uint32_t line; /* of the file or of standard input, from 1 */
        uint32_t sessions, attendances;
        uint8_t kind;
        bool known;    /* attendances are stated */
        uint8_t class; /* enum qf_verdict_class, or one of the two above */
        uint16_t code;
};

struct qf_feed_sums {
        uint64_t events[QF_CLASSES]; /* by class */
        uint64_t activities, attendances, unknown_events,
                unknown_activities; /* of those taken, late ones too */
        uint64_t conflicts;
};

struct qf_feed_tally {
        uint64_t first;       /* number of fed[0] */
        struct qf_buffer fed; /* struct qf_fed */
        uint64_t answered, forgotten;
        uint64_t lines;              /* read, returned ones included */
        uint64_t returned_here;      /* not sent at all */
        struct qf_feed_sums earlier; /* of events that waited from before */
};

void qf_feed_tally_deinit(struct qf_feed_tally *tally);
QF_CHECK int qf_feed_tally_add(struct qf_feed_tally *tally, const struct qf_event *event, uint32_t line);
uint64_t qf_feed_tally_count(const struct qf_feed_tally *tally);
/* The event that a number is; NULL: one from before. */
struct qf_fed *qf_feed_tally_find(struct qf_feed_tally *tally, uint64_t number);
/* Notes a verdict; *ret_news: it is the first for that event. Returns the event, NULL: one from before. */
struct qf_fed *qf_feed_tally_verdict(struct qf_feed_tally *tally, uint64_t number, struct qf_verdict verdict,
                                     bool *ret_news);
/* Takes what the outbox knows already of the events from first on. */
QF_CHECK int qf_feed_tally_recall(struct qf_feed_tally *tally, struct qf_outbox *outbox);
struct qf_feed_sums qf_feed_tally_sums(const struct qf_feed_tally *tally);
/* 0, QF_EXIT_RETURNED, QF_EXIT_CONFLICT: of all that was fed and answered. */
int qf_feed_tally_exit(const struct qf_feed_tally *tally);
