/* Questions for what was said (PROTOCOL.md 8): the journal's records are fetched from
 * ingest a few at a time, and looked through. Bounded: so many questions, so many
 * bytes of the journal for each answer, which then says where to go on. */
#pragma once

#include "report/said.h"
#include "programme/admission.h"
#include "wire/feed_messages.h"
#include "wire/socket.h"
#include "wire/totals_messages.h"

enum {
        QF_RECALLS_MAX = 16,
        QF_RECALLS_OF_SOURCE_MAX = 2,
        QF_RECALL_SCAN_BYTES = 16 * 1024 * 1024, /* of the journal, for one answer */
        QF_RECALL_MS = 3000,                     /* without a word from ingest */
};

struct qf_recall {
        uint32_t fetch; /* id towards ingest; 0: free */
        struct qf_peer peer;
        char user[QF_ADMISSION_USER_TEXT];
        uint32_t source, id;
        int64_t until_ms;
        int64_t from_ms; /* its source is over its share: goes on then; 0: does not wait */
        struct qf_rights rights;
        struct qf_said said;
        uint64_t asked;         /* position of the fetch under way */
        struct qf_buffer words; /* key, partner, verdict and kind, which said looks at */
        uint64_t scanned;
};

struct qf_recalls { /* zero-initialised is empty */
        uint32_t last;
        struct qf_recall at[QF_RECALLS_MAX];
};

/* A place for a question of a source; NULL: too many are open. */
struct qf_recall *qf_recall_place(struct qf_recalls *recalls, uint32_t source);
/* Keeps what is asked. 0; positive 1: its page is none; -ENOMEM. */
QF_CHECK int qf_recall_take(struct qf_recalls *recalls, struct qf_recall *recall,
                            const struct qf_from_reader *ask, int64_t mono_ms);
struct qf_recall *qf_recall_find(struct qf_recalls *recalls, uint32_t fetch); /* NULL: none */
enum qf_recall_next {                     /* what ingest's word is for a question */
                      QF_RECALL_LOOK,     /* a record, to be looked through */
                      QF_RECALL_WAIT,     /* nothing to do */
                      QF_RECALL_FETCH,    /* all came that was asked for: on to the next */
                      QF_RECALL_PAGE,     /* enough for an answer */
                      QF_RECALL_END,      /* there is no more */
                      QF_RECALL_STUCK,    /* nothing came of what is there */
                      QF_RECALL_DAMAGED,  /* the next record cannot be read */
                      QF_RECALL_SENT_AWAY /* ingest does not let us look */
};
enum qf_recall_next qf_recall_next(const struct qf_recall *recall, const struct qf_journal_message *message);
/* One whose time to go on has come; it waits no more. NULL: none. */
struct qf_recall *qf_recall_due(struct qf_recalls *recalls, int64_t mono_ms);
struct qf_recall *qf_recall_overdue(struct qf_recalls *recalls, int64_t mono_ms);
void qf_recall_leave(struct qf_recall *recall);
void qf_recalls_deinit(struct qf_recalls *recalls);
