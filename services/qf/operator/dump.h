/* What a walk over the journal must remember to say names instead of numbers: the
 * programme as it stands at each record, and the ids of outboxes. Entries must be
 * taken in order, from the first record on. */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "programme/programme.h"
#include "store/record.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

struct qf_dump_outbox {
        uint8_t id[QF_OUTBOX_ID_BYTES];
};

struct qf_dump {
        struct qf_programme *programme;
        struct qf_arena *arena;          /* of what the last entry was decoded to */
        struct qf_dump_outbox *outboxes; /* by ref - 1 */
        uint32_t outboxes_count;
};

QF_CHECK int qf_dump_init(struct qf_dump *dump);
void qf_dump_deinit(struct qf_dump *dump);

/* Decodes an entry and takes what it says of names. Views live until the next entry. -EBADMSG. */
QF_CHECK int qf_dump_take_batch(struct qf_dump *dump, const struct qf_record_head *head,
                                const struct qf_entry *entry, struct qf_batch *ret_batch);
QF_CHECK int qf_dump_take_control(struct qf_dump *dump, const struct qf_record_head *head,
                                  const struct qf_entry *entry, struct qf_control *ret_control);

/* Where an event lies, and what it was answered. */
struct qf_dump_place {
        const struct qf_record_head *head;
        const struct qf_entry *entry;
        uint32_t entry_at; /* in the record */
};

/* The line of an event, as `qf journal dump` prints it. NULL: no memory. */
json_t *qf_dump_line(const struct qf_dump *dump, const struct qf_dump_place *place,
                     const struct qf_batch *batch, uint32_t at);

/* NULL: no memory. A reference that nothing named gives "". */
json_t *qf_dump_outbox_of(const struct qf_dump *dump, uint32_t ref);
json_t *qf_dump_source_of(const struct qf_dump *dump, uint32_t ref);
json_t *qf_dump_partner_of(const struct qf_dump *dump, uint32_t ref);
json_t *qf_dump_control(const struct qf_dump *dump, const struct qf_entry *entry,
                        const struct qf_control *control);
