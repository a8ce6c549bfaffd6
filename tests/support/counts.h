/* Counts of a journal in a directory of their own, for the tests of aggregate/counting. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate/counting.h"
#include "store/directory.h"
#include "support/journal.h"
#include "support/temporary.h"

struct fixture {
        struct temporary temporary;
        char directory[128];
        struct journal journal;
        struct qf_counting *counting;
        uint32_t rows_written;
};

static inline struct qf_counting *open_counts(struct fixture *fixture)
{
        struct qf_counting_options options = {.directory = fixture->directory, .map_bytes = 1 << 20};
        struct qf_counting *counting = NULL;

        assert_int_equal(qf_counting_open(&options, &counting), 0);
        return counting;
}

static inline int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);

        assert_non_null(fixture);
        temporary_make(&fixture->temporary);
        temporary_in(&fixture->temporary, "counts", fixture->directory, sizeof fixture->directory);
        journal_new(&fixture->journal);
        journal_programme(&fixture->journal);
        fixture->counting = open_counts(fixture);
        *state = fixture;
        return 0;
}

static inline int teardown(void **state)
{
        struct fixture *fixture = *state;

        qf_counting_close(fixture->counting);
        journal_free(&fixture->journal);
        temporary_remove(fixture->temporary.path, 2);
        free(fixture);
        return 0;
}

static inline void apply_upto(struct fixture *fixture, uint64_t position)
{
        while (fixture->counting->meta.position < position) {
                uint64_t at = fixture->counting->meta.position;
                assert_int_equal(qf_counting_apply(fixture->counting, &fixture->journal.head[at],
                                                   fixture->journal.record[at]),
                                 0);
        }
}

static inline int note_row(void *ctx, uint32_t partner, struct qf_view key, uint32_t row,
                           struct qf_view packed)
{
        struct fixture *fixture = ctx;

        assert_int_equal(partner, 1);
        assert_true(key.len > 0);
        assert_true(row > 0);
        assert_true(packed.len > 5);
        fixture->rows_written++;
        return 0;
}

static inline void commit(struct fixture *fixture)
{
        assert_int_equal(qf_counting_commit(fixture->counting, note_row, fixture), 0);
        assert_true(qf_counting_settled(fixture->counting));
}

static inline void begin_anew(struct fixture *fixture)
{
        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_directory_set_aside(fixture->directory), 0);
        fixture->counting = open_counts(fixture);
}

static inline void reopen(struct fixture *fixture)
{
        fixture->counting = qf_counting_close(fixture->counting);
        fixture->counting = open_counts(fixture);
}
