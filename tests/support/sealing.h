/* A record written anew by somebody with the disk in hand, who knows how: its checksum and its hash are right. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/record.h"

/* The view lives until the writer begins another one. */
static inline struct qf_view seal_anew(struct qf_record_writer *writer, struct qf_sha256 *sha,
                                       struct qf_view record, void (*change)(struct qf_entry *entry))
{
        struct qf_exception exceptions[64];
        struct qf_record_head head;
        struct qf_entry entry;
        assert_int_equal(qf_record_open(record, sha, &head), 0);
        qf_record_begin(writer);
        for (size_t offset = 0; qf_record_next(record, &offset, &entry);) {
                for (uint32_t i = 0; i < entry.exceptions_count; i++)
                        exceptions[i] = qf_entry_exception(&entry, i);
                change(&entry);
                assert_int_equal(qf_record_add(writer, &entry, exceptions), 0);
        }
        assert_int_equal(qf_record_end(writer, sha, &head, &record), 0);
        return record;
}
