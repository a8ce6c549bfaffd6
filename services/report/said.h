/* What was said: events of the journal that fit a question, as far as who asks may
 * read them, record by record. Pure: the records are brought by recall.h. */
#pragma once

#include "base/arena.h"
#include "report/rights.h"
#include "store/record.h"
#include "wire/body.h"

enum { QF_SAID_ROWS_MAX = 5000, QF_SAID_BYTES_MAX = 900 * 1024, QF_SAID_PLACE_BYTES = 16 };

/* A place in the journal: the next event to look at. */
struct qf_said_place {
        uint64_t position;
        uint32_t entry, index;
};

struct qf_said { /* zero-initialised fields: any */
        struct qf_view key, partner, verdict, kind;
        uint32_t limit; /* at most QF_SAID_ROWS_MAX */
        struct qf_said_place place;
        uint32_t found;
        /* The journal begins at this position, what is before was trimmed; 0: it was all there. */
        uint64_t begins;
        uint64_t unreadable; /* the record at this position was passed over; 0: none was */
        bool full;           /* the limit is reached, or a record was passed over: place is where to go on */
        struct qf_buffer json; /* a line for each event found */
};

/* From a page, which is empty at first. False: it is none. */
bool qf_said_place_read(struct qf_view page, struct qf_said_place *ret_place);
void qf_said_place_write(const struct qf_said_place *place, uint8_t ret_page[QF_SAID_PLACE_BYTES]);

/* Takes a record, which must be the one of the place or a later one; the place moves behind it, or to where the limit
 * was reached. 0; positive 1: it is damaged; negative. */
QF_CHECK int qf_said_take(struct qf_said *said, const struct qf_programme *programme,
                          const struct qf_rights *rights, struct qf_sha256 *sha, struct qf_arena *arena,
                          struct qf_view record);
/* Passes over a record that cannot be read, or not whole; an answer ends behind it. */
void qf_said_pass(struct qf_said *said, uint64_t position);
