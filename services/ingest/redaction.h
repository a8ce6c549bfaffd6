/* Free text that the office took out of earlier records (PROTOCOL.md 4.6): which it
 * is, a record without it, and what proves that nobody else took it out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/record.h"
#include "wire/feed_messages.h"

struct qf_redaction {
        uint64_t position;
        uint32_t entry;
        struct qf_redacted redacted;    /* of the event at redacted.at */
        uint8_t texts[QF_SHA256_BYTES]; /* of the entry's texts as they are then */
        bool proven;                    /* qf_redactions_see: a control entry says so */
};

struct qf_redactions { /* zero-initialised: none; in the order of the journal */
        struct qf_redaction *list;
        uint32_t count, room;
};

QF_CHECK int qf_redactions_add(struct qf_redactions *redactions, const struct qf_redaction *redaction);
void qf_redactions_deinit(struct qf_redactions *redactions);

/* Adds those that a record's control entries say. 0 or -ENOMEM; what does not decode is somebody else's to find. */
QF_CHECK int qf_redactions_collect(struct qf_redactions *redactions, struct qf_arena *arena,
                                   struct qf_view record);

struct qf_redacting;
QF_CHECK int qf_redacting_new(struct qf_redacting **ret_redacting);
struct qf_redacting *qf_redacting_free(struct qf_redacting *redacting);
/* The record without what is listed of it, and with the hash it had: itself where nothing is. The view lives until the
 * next call. Fills texts of those listed, once it is known what the entry is in the end. -EBADMSG: it does not decode. */
QF_CHECK int qf_redacting_record(struct qf_redacting *redacting, struct qf_redactions *redactions,
                                 const struct qf_record_head *head, struct qf_view record,
                                 struct qf_view *ret_record);

/* For audit, which reads a record before what is said of it: notes its redacted entries … */
QF_CHECK int qf_redactions_see(struct qf_redactions *seen, struct qf_sha256 *sha, uint64_t position,
                               struct qf_view record);
/* … and proves them by what a later one says, the last of which holds. False: that text was never taken out. */
bool qf_redactions_prove(struct qf_redactions *seen, const struct qf_redaction *said);
