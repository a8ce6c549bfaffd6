/* Sorting by numbers: byte by byte, without comparing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qf_ordered {
        uint64_t number;
        void *item;
};

/* Sorts by number; those of the same number stay in the order they had. spare: room for as many. Returns which of the
 * two holds them then. */
struct qf_ordered *qf_order(struct qf_ordered *at, struct qf_ordered *spare, size_t count);
