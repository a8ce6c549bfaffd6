/* What a hand with the journal's format would do: right length, hash and checksum over whatever stands in a record. */
#pragma once

#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"

enum {
        RIGHT_HEADER = 160,
        RIGHT_LENGTH_AT = 8,
        RIGHT_CRC_AT = 12,
        RIGHT_HASHED_FROM = 16,
        RIGHT_HASHED_TO = 96,
        RIGHT_HASH_AT = 96,
        RIGHT_LENGTHS_AT = 128,
};

/* len: at least RIGHT_HEADER. */
static inline void make_right(uint8_t *bytes, uint32_t len, struct qf_sha256 *sha)
{
        uint8_t lengths[8] = {0};
        uint32_t entries = qf_get_le32(bytes + RIGHT_LENGTHS_AT);

        if (entries > len - RIGHT_HEADER)
                entries = len - RIGHT_HEADER;
        qf_put_le32(bytes + RIGHT_LENGTHS_AT, entries);
        qf_put_le32(bytes + RIGHT_LENGTHS_AT + 4, len - RIGHT_HEADER - entries);
        qf_put_le32(bytes + RIGHT_LENGTH_AT, len);
        memcpy(lengths, bytes + RIGHT_LENGTHS_AT, 4);
        qf_sha256_begin(sha);
        qf_sha256_add(sha, "qf-journal-1", 12);
        qf_sha256_add(sha, bytes + RIGHT_HASHED_FROM, RIGHT_HASHED_TO - RIGHT_HASHED_FROM);
        qf_sha256_add(sha, lengths, sizeof(lengths));
        qf_sha256_add(sha, bytes + RIGHT_HEADER, entries);
        qf_sha256_end(sha, bytes + RIGHT_HASH_AT);
        qf_put_le32(bytes + RIGHT_CRC_AT, qf_crc32c(bytes + RIGHT_HASHED_FROM, len - RIGHT_HASHED_FROM));
}
