/* What ingest itself writes into the journal: its life, the office of its
 * configuration, and other control entries. */
#pragma once

#include <stdint.h>

#include "ingest/group.h"
#include "ingest/judge.h"
#include "wire/feed_messages.h"

struct qf_beginning {
        const uint8_t *office_key; /* 32 bytes; not of a new life */
        void (*random)(void *bytes, size_t len);
        int64_t now_ms;
        uint32_t life_above; /* of a new life: its number is above this one too */
};

/* Begins the journal's life when it is new, and names the office when its key is new; commits. Between groups. */
QF_CHECK int qf_beginning_write(struct qf_group *group, struct qf_judge *judge,
                                const struct qf_beginning *beginning);

/* Begins another life behind what there is (a restored journal, or one that was copied back); commits. Between groups. */
QF_CHECK int qf_beginning_new_life(struct qf_group *group, const struct qf_beginning *beginning,
                                   struct qf_view reason);

/* A human accepts that the clock is behind the journal: its time stands still until the clock is there. Commits. */
QF_CHECK int qf_beginning_accept_clock(struct qf_group *group, int64_t now_ms, struct qf_view reason);

/* Adds a control entry to the open group. about: the refs and numbers of the entry. buffer: for its bytes. */
QF_CHECK int qf_control_add(struct qf_group *group, struct qf_buffer *buffer,
                            const struct qf_control *control, const struct qf_entry *about,
                            struct qf_sender *sender);
