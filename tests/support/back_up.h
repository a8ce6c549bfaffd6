/* Records of an open journal into a backup, as `qf backup` asks for them from a running one. */
#pragma once

#include "ingest/group.h"
#include "store/backup.h"

static inline int back_up(struct qf_group *group, struct qf_backup *backup, uint64_t first, uint64_t last)
{
        struct qf_sha256 *sha = NULL;
        struct qf_buffer copy = {0};
        struct qf_record_head head;
        int r = qf_sha256_new(&sha);
        for (uint64_t at = first; r == 0 && at <= last; at++) {
                copy.len = 0;
                r = qf_group_copy_record(group, at, &copy);
                const struct qf_view record = {(const char *)copy.at, (uint32_t)copy.len};
                if (r == 0)
                        r = qf_record_open(record, sha, &head);
                if (r == 0)
                        r = qf_backup_add(backup, &head, record);
        }
        qf_buffer_deinit(&copy);
        (void)qf_sha256_free(sha);
        return r;
}
