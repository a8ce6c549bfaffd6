/* The texts of a body being written: each once, with a number in order of first
 * appearance. Internal to common/wire/body*.c. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

struct qf_name {
        uint32_t at, len; /* at: in the bytes */
        uint64_t head,
                tail; /* first and last bytes, all of a text of at most 16: most comparisons end here */
        uint32_t hash;
};

struct qf_names {
        struct qf_buffer bytes;
        struct qf_name *names;
        uint32_t count, names_room;
        uint32_t *slots; /* number + 1, by hash; slots_room is a power of two */
        uint32_t slots_room;
};

void qf_names_deinit(struct qf_names *names);
void qf_names_clear(struct qf_names *names);
void qf_names_cut(struct qf_names *names, uint32_t count); /* forgets the newest, until count are left */
/* The number of a text, giving it one when it is new. 0; positive 1: it is not valid text; -ENOMEM. */
QF_CHECK int qf_names_number(struct qf_names *names, struct qf_view text, uint32_t *ret_number);
/* Whether that is the text with this number. */
bool qf_names_is(const struct qf_names *names, uint32_t number, struct qf_view text);
static inline struct qf_view qf_names_view(const struct qf_names *names, uint32_t number)
{
        const struct qf_name *name = &names->names[number];
        return (struct qf_view){(const char *)names->bytes.at + name->at, name->len};
}
/* Numbers in the order of their texts, into ret_order (room for count). */
void qf_names_sort(const struct qf_names *names, uint32_t *ret_order);
