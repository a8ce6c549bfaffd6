/* How many connections each address has and how often it asks to be let in: so
 * that one machine, gone wild or ill-disposed, does not take the places of all.
 * No socket, no clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { QF_CROWD_ADDRESSES = 4096, QF_CROWD_ADDRESS_BYTES = 64 };

struct qf_crowd_limits {
        uint32_t connections; /* of one address at once; 0: any */
        uint32_t asks_per_s;  /* handshakes of one address; ten seconds' worth at once; 0: any */
};

struct qf_crowd;

QF_CHECK int qf_crowd_new(struct qf_crowd_limits limits, struct qf_crowd **ret_crowd);
struct qf_crowd *qf_crowd_free(struct qf_crowd *crowd);
/* A connection, known by its descriptor until it is closed. false: it is one too many, and still counted until then.
 * When all rows are taken by addresses with connections, a newcomer's are not counted. */
bool qf_crowd_opened(struct qf_crowd *crowd, int fd, const char *address, int64_t mono_ms);
void qf_crowd_closed(struct qf_crowd *crowd, int fd);
void qf_crowd_all_closed(struct qf_crowd *crowd);
/* Somebody there asks to be let in. false: it asks too often. */
bool qf_crowd_asks(struct qf_crowd *crowd, const char *address, int64_t mono_ms);
