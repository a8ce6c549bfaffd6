/* What the counts must be, counted apart from everything that is tested. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/load_events.h"
#include "client/subscribe.h"

struct load_truth; /* activities and attendances by member (0: all) and month */

struct load_truth *load_truth_new(void); /* NULL: no memory */
void load_truth_free(struct load_truth *truth);
void load_truth_add_activities(struct load_truth *truth, uint64_t count, bool stated);
void load_truth_add_ticks(struct load_truth *truth, uint64_t count); /* at the first LOAD_TICKED activities */
/* Compares every month's cell of a consistent picture; says the first difference on stderr. */
bool load_truth_holds(const struct load_truth *truth, const struct load_codes *codes,
                      const struct qf_subscription *subscription);
