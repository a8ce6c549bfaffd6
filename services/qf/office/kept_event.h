/* One event of the journal that outlives the record it was read from: kept as the
 * bytes of a body, read again when it is wanted, and said again for its partner. */
#pragma once

#include "base/arena.h"
#include "client/feed.h"
#include "qf/cli/cli.h"
#include "wire/body.h"

struct qf_kept_event { /* zero-initialised is none */
        struct qf_buffer facts, texts;
};

void qf_kept_event_deinit(struct qf_kept_event *kept);
/* Keeps an event of a batch in the place of what was kept. -ENOMEM; -EMSGSIZE: no body can hold it. */
QF_CHECK int qf_kept_event_set(struct qf_kept_event *kept, const struct qf_batch *batch,
                               const struct qf_event *event);
/* The same of an event that no batch holds, its members by code. */
QF_CHECK int qf_kept_event_put(struct qf_kept_event *kept, const struct qf_event *event,
                               const struct qf_pair *pairs, uint32_t count);
bool qf_kept_event_same(const struct qf_kept_event *one, const struct qf_kept_event *other);
/* Reads it into the arena, as the only event of a batch. */
QF_CHECK int qf_kept_event_get(const struct qf_kept_event *kept, struct qf_arena *arena,
                               struct qf_batch *ret_batch);
/* Its members by code, as feeding takes them: room for QF_VALUES_MAX. Their number. */
uint32_t qf_event_pairs(const struct qf_batch *batch, const struct qf_event *event,
                        struct qf_pair *ret_pairs);

/* The office's word about records of others: an admin's feed, one verdict for each event, in order. "0 or 1". */
struct qf_office_word {
        struct qf_cli *cli;
        struct qf_feed *feed;
        const char *partner; /* of the last that was added */
        uint64_t first;      /* number of the first; 0: none was added yet */
        uint32_t heard, room;
        struct qf_verdict *verdicts; /* of the heard ones */
};

QF_CHECK int qf_office_open(struct qf_cli *cli, struct qf_office_word *ret_word);
void qf_office_close(struct qf_office_word *word);
/* For a partner (its organisation's code, which outlives the word). Kept on disk and sent by qf_office_send only. */
QF_CHECK int qf_office_add(struct qf_office_word *word, const char *partner, const struct qf_event *event,
                           const struct qf_pair *pairs, uint32_t count);
/* Sends all that was added and waits for its verdicts. */
QF_CHECK int qf_office_send(struct qf_office_word *word);
