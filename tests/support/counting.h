/* Counts that are applied, committed, opened again and made anew: for the tests of aggregate/counting. */
#pragma once

#include "store/directory.h"
#include "support/counts.h"

struct fixture {
        struct counts_place place;
        struct journal journal;
        struct qf_counting *counting;
        uint32_t rows_written;
};

static inline int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);

        assert_non_null(fixture);
        counts_begin(&fixture->place, &fixture->journal);
        fixture->counting = counts_open(&fixture->place);
        *state = fixture;
        return 0;
}

static inline int teardown(void **state)
{
        struct fixture *fixture = *state;

        counts_end(&fixture->place, &fixture->journal, fixture->counting);
        free(fixture);
        return 0;
}

static inline void apply_upto(struct fixture *fixture, uint64_t position)
{
        counts_apply_upto(fixture->counting, &fixture->journal, position);
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
        assert_int_equal(qf_directory_set_aside(fixture->place.directory), 0);
        fixture->counting = counts_open(&fixture->place);
}

static inline void reopen(struct fixture *fixture)
{
        fixture->counting = qf_counting_close(fixture->counting);
        fixture->counting = counts_open(&fixture->place);
}
