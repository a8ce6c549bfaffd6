/* A record of the journal as a disk, or a hand that knows the format, may give it back: once as the bytes are, and
 * once with hash and checksum made right, so that the shape behind them is looked at too. What opens is counted, as
 * aggregation and `qf verify` do: all of it, or a sentence that says why not. */
#include "fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "qf/recount.h"
#include "store/record.h"

enum {
        HEADER = 160,
        HASHED_FROM = 16,
        HASHED_TO = 96,
        HASH_AT = 96,
        LENGTHS_AT = 128,
        CRC_AT = 12,
        LENGTH_AT = 8
};

static void count(struct qf_view record, const struct qf_record_head *head)
{
        struct qf_recount recount;

        QF_ASSERT(qf_recount_init(&recount) == 0);
        int r = qf_recount_take(&recount, head, record);
        QF_ASSERT(r == 0 || r == -EOVERFLOW || (r == -EBADMSG && recount.apply.why[0]));
        qf_recount_deinit(&recount);
}

static void read_record(struct qf_view record, struct qf_sha256 *sha)
{
        struct qf_record_head head;
        struct qf_entry entry;
        size_t offset = 0;
        uint32_t entries = 0;

        if (qf_record_open(record, sha, &head) != 0)
                return;
        while (qf_record_next(record, &offset, &entry)) {
                entries++;
                for (uint32_t i = 0; i < entry.exceptions_count; i++)
                        (void)qf_entry_exception(&entry, i);
                for (uint32_t at = entry.skip; at < entry.count && at < entry.skip + 64; at++)
                        (void)qf_entry_verdict(&entry, at);
        }
        QF_ASSERT(entries == head.entries);
        count(record, &head);
}

/* What a hand with the format would do: right length, hash and checksum over whatever stands there. */
static void make_right(uint8_t *bytes, uint32_t len, struct qf_sha256 *sha)
{
        uint8_t lengths[8] = {0};
        uint32_t entries = qf_get_le32(bytes + LENGTHS_AT);

        if (entries > len - HEADER)
                entries = len - HEADER;
        qf_put_le32(bytes + LENGTHS_AT, entries);
        qf_put_le32(bytes + LENGTHS_AT + 4, len - HEADER - entries);
        qf_put_le32(bytes + LENGTH_AT, len);
        memcpy(lengths, bytes + LENGTHS_AT, 4);
        qf_sha256_begin(sha);
        qf_sha256_add(sha, "qf-journal-1", 12);
        qf_sha256_add(sha, bytes + HASHED_FROM, HASHED_TO - HASHED_FROM);
        qf_sha256_add(sha, lengths, sizeof(lengths));
        qf_sha256_add(sha, bytes + HEADER, entries);
        qf_sha256_end(sha, bytes + HASH_AT);
        qf_put_le32(bytes + CRC_AT, qf_crc32c(bytes + HASHED_FROM, len - HASHED_FROM));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_sha256 *sha = NULL;

        if (len > QF_RECORD_BYTES_MAX || qf_sha256_new(&sha) != 0)
                return 0;
        read_record((struct qf_view){(const char *)bytes, (uint32_t)len}, sha);
        QF_CLEANUP(qf_cleanup_free) uint8_t *copy = malloc(len ? len : 1);
        if (copy && len >= HEADER) {
                memcpy(copy, bytes, len);
                make_right(copy, (uint32_t)len, sha);
                read_record((struct qf_view){(const char *)copy, (uint32_t)len}, sha);
        }
        qf_sha256_free(sha);
        return 0;
}
