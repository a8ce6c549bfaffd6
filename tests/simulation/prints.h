/* What an event says, as one number: of one that was made, of one that was decoded. */
#pragma once

#include "model/event.h"

/* Of its own records, or of a partner's that the office speaks for. */
uint64_t sim_print_made(const struct qf_event *event, const struct qf_pair *values, uint32_t values_count,
                        struct qf_view partner);
uint64_t sim_print_decoded(const struct qf_batch *batch, const struct qf_event *event);
