/* Agreements on a day: in force, about to end, over. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct qf_agreement {
        struct qf_view partner, key; /* organisation it is with */
        struct qf_view items;        /* five-co codes, joined by commas */
        uint32_t signed_on, until;   /* yyyymmdd; until 0: open */
};

/* From the day it is signed to its last day, both included. */
bool qf_agreement_in_force(const struct qf_agreement *agreement, uint32_t day);
/* In force on the day, and its last day is at most so many days later. */
bool qf_agreement_expiring(const struct qf_agreement *agreement, uint32_t day, uint32_t days);
int32_t qf_agreement_days_left(const struct qf_agreement *agreement, uint32_t day); /* it has a last day */
