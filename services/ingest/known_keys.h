/* Keys that are sure to have a head, as fingerprints: a tick asks only whether its
 * record is known, and a head is never removed. Forgetting is always safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct qf_known_keys;

QF_CHECK int qf_known_keys_new(struct qf_known_keys **ret_keys);
struct qf_known_keys *qf_known_keys_free(struct qf_known_keys *keys);
bool qf_known_keys_has(const struct qf_known_keys *keys, uint64_t fingerprint);
void qf_known_keys_add(struct qf_known_keys *keys, uint64_t fingerprint);
void qf_known_keys_clear(struct qf_known_keys *keys);
