/* Queries that wait for a version, or until their source's share of time is there again:
 * kept as the bytes that came, at most so many, each for at most so long. No socket, no
 * clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "programme/admission.h"
#include "wire/socket.h"

enum {
        QF_DEFERRED_MAX = 256,
        QF_DEFERRED_OF_SOURCE_MAX = 16,
        QF_DEFERRED_MS = 10000,
        QF_DEFERRED_BYTES_MAX = 8192
};

struct qf_deferred_query {
        struct qf_peer peer;
        char user[QF_ADMISSION_USER_TEXT]; /* who asked: it may be revoked while it waits */
        uint32_t source, id;
        uint64_t at_least;
        int64_t from_ms, until_ms; /* not before; not after */
        struct qf_buffer message;
};

struct qf_deferred { /* zero-initialised is empty */
        uint32_t count;
        struct qf_deferred_query at[QF_DEFERRED_MAX];
};

void qf_deferred_deinit(struct qf_deferred *deferred);
/* 0; positive 1: there are too many, or too many of its source, or it is too large; -ENOMEM. message is left empty by
 * the caller. */
QF_CHECK int qf_deferred_add(struct qf_deferred *deferred, const struct qf_deferred_query *query,
                             struct qf_view message);
/* Takes out one that can be answered, or whose time is over; the caller releases its message. */
bool qf_deferred_next(struct qf_deferred *deferred, uint64_t version, int64_t mono_ms,
                      struct qf_deferred_query *ret_query);
/* Puts one back that was just taken out, with its message. */
void qf_deferred_again(struct qf_deferred *deferred, const struct qf_deferred_query *query);
