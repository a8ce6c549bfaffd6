/* A record of the journal as a disk, or a hand that knows the format, may give it back: once as the bytes are, and
 * once with hash and checksum made right, so that the shape behind them is looked at too. What opens is counted, as
 * aggregation and `qf verify` do: all of it, or a sentence that says why not. */
#include "fuzz/right.h"
#include "fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "qf/operator/recount.h"
#include "store/record.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_sha256 *sha = NULL;

        if (len > QF_RECORD_BYTES_MAX || qf_sha256_new(&sha) != 0)
                return 0;
        read_record((struct qf_view){(const char *)bytes, (uint32_t)len}, sha);
        QF_CLEANUP(qf_cleanup_free) uint8_t *copy = malloc(len ? len : 1);
        if (copy && len >= RIGHT_HEADER) {
                memcpy(copy, bytes, len);
                make_right(copy, (uint32_t)len, sha);
                read_record((struct qf_view){(const char *)copy, (uint32_t)len}, sha);
        }
        qf_sha256_free(sha);
        return 0;
}
