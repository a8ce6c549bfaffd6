/* What the counts must be, counted apart from everything that is tested. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/load_events.h"
#include "client/subscribe.h"

struct load_truth; /* activities and attendances by member (0: all) and month */

/* After so many events of a workload (ticks: behind their stage). NULL: no memory. */
struct load_truth *load_truth_new(const struct load_shape *shape, enum load_workload workload,
                                  uint64_t events);
void load_truth_free(struct load_truth *truth);
/* Compares every month's cell of a consistent picture; says the first difference on stderr. */
bool load_truth_holds(const struct load_truth *truth, const struct qf_subscription *subscription);

/* The two-way table of two dimensions by number, of statements that have the filter's member, as lines of JSON:
 * {"members":["m211","m215"],"activities":17,"attendances":1716}. Positive: no memory. */
int load_table_print(const struct load_shape *shape, uint64_t events, unsigned rows, unsigned columns,
                     unsigned filter, FILE *file);
