/* Sorting slots by partner and key. Internal to common/store/standings.c. */
#pragma once

#include "store/standings.h"

struct qf_slots_order { /* room that is kept between sorts; zero-initialised is empty */
        struct qf_ordered *places, *other;
        size_t room;
};

int qf_slot_order(const struct qf_standing_slot *slot, uint32_t partner,
                  struct qf_view key); /* as memcmp: by partner, then by key */
/* Sorts in place; without memory for doing it fast it is done slowly. */
void qf_slots_sort(struct qf_slots_order *order, struct qf_standing_slot **slots, size_t count);
void qf_slots_order_deinit(struct qf_slots_order *order);
