/* Restoring a journal when memory, the store or a file fails at each call: the error comes out unchanged, and what is
 * done again afterwards puts the whole journal in place. */
#include "support/ingest_fixture.h"

#include <errno.h>

#include "ingest/restore.h"
#include "support/failing.h"

struct trial {
        struct ingest_fixture *from; /* closed: its directory is what is restored */
        struct temporary temporary;
        char directory[128];
        uint64_t last; /* record of the journal that is restored */
};

static void remove_all(struct trial *trial)
{
        temporary_remove(trial->temporary.path, 3);
        temporary_make_in_memory(&trial->temporary);
        (void)temporary_in(&trial->temporary, "journal", trial->directory, sizeof trial->directory);
}

static int setup(void **state)
{
        struct trial *trial = calloc(1, sizeof *trial);
        trial->from = fixture_loaded();
        for (uint64_t first = 1; first < 40; first += 20) {
                struct qf_from_partner send = creates_of(trial->from, 1, first, 20);
                (void)ask(trial->from, "hx.a", &send);
        }
        trial->last = qf_group_state(qf_ingest_group(trial->from->ingest))->last;
        trial->from->ingest = qf_ingest_close(trial->from->ingest);
        temporary_make_in_memory(&trial->temporary);
        remove_all(trial);
        *state = trial;
        return 0;
}

static int teardown(void **state)
{
        struct trial *trial = *state;
        temporary_remove(trial->temporary.path, 3);
        fixture_remove(trial->from);
        free(trial);
        return 0;
}

static int restore(void *ctx)
{
        struct trial *trial = ctx;
        struct qf_restore_about about;
        int r = qf_restore(&(struct qf_restore_from){.path = trial->from->directory, .archive = ""},
                           trial->directory, 0, "test", trial->from->now_ms, &about);
        if (r == 0)
                assert_int_equal(about.last, trial->last);
        return r;
}

static int adopt(void *ctx)
{
        struct trial *trial = ctx;
        struct qf_restore_about about;
        return qf_adopt(trial->directory, "test", trial->from->now_ms, &about);
}

/* A second restore sets what the first one left aside. */
static void restoring_again_puts_all_in_place(void *ctx)
{
        assert_int_equal(restore(ctx), 0);
        remove_all(ctx);
}

static void adopting_again_goes_well(void *ctx)
{
        assert_int_equal(adopt(ctx), 0);
}

static void failing_restore_can_be_done_again(void **state)
{
        failing_each(FAILING_MEMORY, restore, restoring_again_puts_all_in_place, *state, 20, 0);
        remove_all(*state);
        failing_each(FAILING_STORAGE, restore, restoring_again_puts_all_in_place, *state, 50, 0);
        remove_all(*state);
        /* What stands there and can't be read is no hindrance: it is often why there is a restore. Nor is it that the size
         * of a file which is only read is not told, or that what is no backup cannot be looked for, at each of
         * three passes (is it one, what was redacted, the records). */
        failing_each(FAILING_FILES, restore, restoring_again_puts_all_in_place, *state, 5, 10);
}

static void failing_adoption_can_be_done_again(void **state)
{
        assert_int_equal(restore(*state), 0);
        failing_each(FAILING_MEMORY, adopt, adopting_again_goes_well, *state, 5, 0);
        failing_each(FAILING_STORAGE, adopt, adopting_again_goes_well, *state, 5, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(failing_restore_can_be_done_again, setup, teardown),
                cmocka_unit_test_setup_teardown(failing_adoption_can_be_done_again, setup, teardown),
        };
        return cmocka_run_group_tests_name("failing restore", tests, NULL, NULL);
}
