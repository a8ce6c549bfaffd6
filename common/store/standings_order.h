/* The order of a list of slots, by partner and key. Internal to common/store/standings.c. */
#pragma once

#include "store/standings.h"

enum { QF_SLOT_RUNS_MOST = 1024 };

struct qf_slots_run {
        struct qf_standing_slot *const *at, *const *end;
};

struct qf_slots_order {                   /* all zero: of an empty list */
        uint32_t runs[QF_SLOT_RUNS_MOST]; /* where in the list keys begin to rise anew */
        uint32_t runs_count;              /* QF_SLOT_RUNS_MOST + 1: they are not known */
        struct qf_slots_run merging[QF_SLOT_RUNS_MOST];
        struct qf_ordered *places, *other; /* room that is kept for the next list */
        size_t room;
};

/* Whether runs are noted still: there may be too many. */
static inline bool qf_slots_order_known(const struct qf_slots_order *order)
{
        return order->runs_count <= QF_SLOT_RUNS_MOST;
}

/* While they are: a slot of this partner and key is put behind the last of count slots. key: as who adds it has it, since
 * to read what was just copied into a new slot is a wait. */
void qf_slots_order_add(struct qf_slots_order *order, struct qf_standing_slot *const *slots, size_t count,
                        uint32_t partner, struct qf_view key);
/* Slots of the list changed their places. */
void qf_slots_order_mix(struct qf_slots_order *order);
/* The list is empty. */
void qf_slots_order_begin(struct qf_slots_order *order);
/* The slots in order: the list itself, or an array that lives until the next call. -ENOMEM. */
QF_CHECK int qf_slots_order_of(struct qf_slots_order *order, struct qf_standing_slot *const *slots,
                               size_t count, struct qf_standing_slot *const **ret_sorted);
void qf_slots_order_deinit(struct qf_slots_order *order);
