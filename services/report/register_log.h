/* Register events in the order they were learnt, as bytes, with the version that
 * each became visible at: what a subscriber is told before the cells that use it. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct qf_register_log { /* zero-initialised is empty */
        struct qf_buffer bytes;
        uint32_t count, settled, room; /* settled: those of a consistent version */
        struct qf_register_place {
                size_t at;
                uint32_t len;
                uint64_t version;
        } * places;
};

void qf_register_log_deinit(struct qf_register_log *log);
QF_CHECK int qf_register_log_add(struct qf_register_log *log, struct qf_view event);
void qf_register_log_settle(struct qf_register_log *log, uint64_t version);
struct qf_view qf_register_log_at(const struct qf_register_log *log, uint32_t i); /* until the next add */
uint32_t qf_register_log_after(const struct qf_register_log *log,
                               uint64_t version); /* first one later than it */
