/* Checksums: CRC32C finds rot, SHA-256 chains find hands, SipHash-2-4-128 with a
 * journal's secret key tells contents apart (a partner cannot aim at a collision
 * without the key, and 30 ns an event instead of 250). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define QF_SHA256_BYTES 32
#define QF_CONTENT_BYTES 16

struct qf_sha256; /* a reusable context: one per thread of work */

QF_CHECK int qf_sha256_new(struct qf_sha256 **ret_sha);
struct qf_sha256 *qf_sha256_free(struct qf_sha256 *sha);
void qf_sha256_begin(struct qf_sha256 *sha);
void qf_sha256_add(struct qf_sha256 *sha, const void *bytes, size_t len);
void qf_sha256_end(struct qf_sha256 *sha, uint8_t ret_hash[QF_SHA256_BYTES]);

uint32_t qf_crc32c(const void *bytes, size_t len);
void qf_content_digest(const uint8_t key[16], const void *bytes, size_t len,
                       uint8_t ret_digest[QF_CONTENT_BYTES]);
