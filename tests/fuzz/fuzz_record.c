/* A record of the journal as a disk may give it back. */
#include "fuzz/target.h"

#include "base/error.h"
#include "store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_sha256 *sha = NULL;
        struct qf_record_head head;
        struct qf_entry entry;
        size_t offset = 0;

        if (len > QF_RECORD_BYTES_MAX || qf_sha256_new(&sha) != 0)
                return 0;
        struct qf_view record = {(const char *)bytes, (uint32_t)len};
        if (qf_record_open(record, sha, &head) == 0) {
                uint32_t entries = 0;
                while (qf_record_next(record, &offset, &entry)) {
                        entries++;
                        for (uint32_t i = 0; i < entry.exceptions_count; i++)
                                (void)qf_entry_exception(&entry, i);
                        for (uint32_t at = entry.skip; at < entry.count && at < entry.skip + 64; at++)
                                (void)qf_entry_verdict(&entry, at);
                }
                QF_ASSERT(entries == head.entries);
        }
        qf_sha256_free(sha);
        return 0;
}
