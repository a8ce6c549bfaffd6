/* Counts of a journal made here, in a directory of their own: what the tests of aggregate/counting and of
 * aggregate/publish have in common. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate/counting.h"
#include "support/journal.h"
#include "support/temporary.h"

struct counts_place {
        struct temporary temporary;
        char directory[128];
};

/* With the programme in the journal, and no counts yet. */
static inline void counts_begin(struct counts_place *place, struct journal *journal)
{
        temporary_make(&place->temporary);
        temporary_in(&place->temporary, "counts", place->directory, sizeof place->directory);
        journal_new(journal);
        journal_programme(journal);
}

static inline void counts_end(struct counts_place *place, struct journal *journal,
                              struct qf_counting *counting)
{
        qf_counting_close(counting);
        journal_free(journal);
        temporary_remove(place->temporary.path, 2);
}

static inline struct qf_counting *counts_open(const struct counts_place *place)
{
        struct qf_counting_options options = {.directory = place->directory, .map_bytes = 1 << 20};
        struct qf_counting *counting = NULL;

        assert_int_equal(qf_counting_open(&options, &counting), 0);
        return counting;
}

static inline void counts_apply_upto(struct qf_counting *counting, const struct journal *journal,
                                     uint64_t position)
{
        while (counting->meta.position < position) {
                uint64_t at = counting->meta.position;
                assert_int_equal(qf_counting_apply(counting, &journal->head[at], journal->record[at]), 0);
        }
}
