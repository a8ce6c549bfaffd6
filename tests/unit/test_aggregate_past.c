/* aggregate/past in counts over a real store: what readers were shown outlives the
 * counts that they were shown of, however those are made anew. */
#include "support/counting.h"

/* qf rebuild, and a crash before anything is counted again: at any moment one of the two directories knows. */
static void counts_made_anew_know_how_far_the_journal_was_counted(void **state)
{
        struct fixture *fixture = *state;

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 1, "walk");
        journal_batch(&fixture->journal);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        struct qf_place furthest = qf_counting_furthest(fixture->counting);
        assert_int_equal(furthest.position, fixture->journal.last);
        assert_memory_equal(furthest.hash, fixture->journal.hash, sizeof furthest.hash);
        fixture->counting = qf_counting_close(fixture->counting);
        assert_int_equal(qf_directory_set_aside(fixture->place.directory), 0);
        assert_int_equal(qf_directory_set_aside(fixture->place.directory),
                         0); /* again: what is aside stays */
        fixture->counting = counts_open(&fixture->place);
        assert_int_equal(fixture->counting->committed, 0);
        assert_true(qf_counting_is_behind(fixture->counting));
        begin_anew(fixture); /* these are new, and know it too */
        struct qf_place held = qf_counting_furthest(fixture->counting);
        assert_memory_equal(&held, &furthest, sizeof held);
        apply_upto(fixture, 2);
        commit(fixture);
        reopen(fixture);
        assert_int_equal(fixture->counting->committed, 2);
        held = qf_counting_furthest(fixture->counting);
        assert_memory_equal(&held, &furthest, sizeof held);
        assert_true(qf_counting_is_behind(fixture->counting));
        apply_upto(fixture, fixture->journal.last);
        assert_false(qf_counting_is_behind(fixture->counting));
}

/* Lives are told apart by nonce, and remembered when the journal has them no more. */
static void lives_that_were_counted_are_known(void **state)
{
        struct fixture *fixture = *state;
        struct qf_follow_past past = qf_counting_past(&fixture->counting);
        uint8_t life[16];

        journal_life(&fixture->journal, 2);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        begin_anew(fixture);
        assert_int_equal(qf_counting_end_lives(fixture->counting), 0);
        assert_int_equal(past.furthest(past.ctx).position, 0); /* nothing that another life must have */
        reopen(fixture);
        for (int number = 1; number <= 3; number++) {
                memset(life, number, sizeof life);
                assert_int_equal(past.knows(past.ctx, life), number <= 2);
        }
        journal_go_back(&fixture->journal, fixture->journal.last - 1);
        apply_upto(fixture, fixture->journal.last);
        assert_true(qf_counting_is_behind(fixture->counting));
        journal_life(&fixture->journal, 3);
        apply_upto(fixture, fixture->journal.last);
        assert_false(qf_counting_is_behind(fixture->counting));
        assert_true(past.knows(past.ctx, life));
        assert_int_equal(past.furthest(past.ctx).position, fixture->journal.last);
}

/* A checkpoint of the records up to a position, in the place of what stands; whoever put it there did nothing more. */
static void put_checkpoint(struct fixture *fixture, uint64_t position)
{
        begin_anew(fixture);
        apply_upto(fixture, position);
        commit(fixture);
        assert_int_equal(qf_counting_forget(fixture->counting), 0);
        reopen(fixture);
}

/* At any moment the checkpoint is held to what was shown before, and not to what it says of itself. */
static void a_checkpoint_takes_over_what_was_shown(void **state)
{
        struct fixture *fixture = *state;

        journal_activity(&fixture->journal, "a", QF_CREATE, 20230506, 1, "walk");
        journal_batch(&fixture->journal);
        put_checkpoint(fixture, 2); /* where nobody was shown anything it speaks for itself */
        assert_int_equal(qf_counting_furthest(fixture->counting).position, 2);
        assert_false(qf_counting_is_behind(fixture->counting));
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        struct qf_place furthest = qf_counting_furthest(fixture->counting);
        put_checkpoint(fixture, 2);
        struct qf_place held = qf_counting_furthest(fixture->counting);
        assert_memory_equal(&held, &furthest, sizeof held);
        assert_true(qf_counting_is_behind(fixture->counting));
        journal_life(&fixture->journal,
                     1); /* further than ever, in a life that is known: that is noted at once */
        put_checkpoint(fixture, fixture->journal.last);
        reopen(fixture);
        assert_int_equal(qf_counting_furthest(fixture->counting).position, fixture->journal.last);
        assert_int_equal(qf_counting_end_lives(fixture->counting), 0);
        put_checkpoint(fixture, fixture->journal.last); /* of a life that is over nothing is shown */
        assert_true(qf_counting_is_behind(fixture->counting));
}

/* Counts of a checkpoint, whose life was never shown, on a disk that is full just when the journal has their last record:
 * they may be shown once that is on disk, not before. */
static void a_life_is_confirmed_on_disk_or_not_at_all(void **state)
{
        struct fixture *fixture = *state;
        struct qf_follow_past past = qf_counting_past(&fixture->counting);
        uint8_t life[16];

        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        memset(life, 1, sizeof life);
        fixture->counting->past.lives_count = 0;
        fixture->counting->past.position = QF_COUNTS_LIVES_OVER;
        qf_environment_set_floor(fixture->counting->environment, UINT64_MAX);
        assert_int_equal(qf_counting_confirm(fixture->counting), QF_COUNTING_FULL);
        assert_false(past.knows(past.ctx, life));
        assert_true(qf_counting_is_behind(fixture->counting));
        qf_environment_set_floor(fixture->counting->environment, 0);
        assert_int_equal(qf_counting_confirm(fixture->counting), 0);
        assert_false(qf_counting_is_behind(fixture->counting));
        reopen(fixture);
        assert_true(past.knows(past.ctx, life));
}

/* More restores than anybody makes: the oldest lives are forgotten, the newest never. */
static void of_many_lives_the_newest_are_known(void **state)
{
        struct fixture *fixture = *state;
        struct qf_follow_past past = qf_counting_past(&fixture->counting);
        uint8_t life[16];

        for (uint32_t number = 2; number <= QF_COUNTS_LIVES_MAX + 1; number++)
                journal_life(&fixture->journal, number);
        apply_upto(fixture, fixture->journal.last);
        commit(fixture);
        reopen(fixture);
        for (int number = 1; number <= QF_COUNTS_LIVES_MAX + 1; number++) {
                memset(life, number, sizeof life);
                assert_int_equal(past.knows(past.ctx, life), number > 1);
        }
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(counts_made_anew_know_how_far_the_journal_was_counted),
                CASE(lives_that_were_counted_are_known),
                CASE(a_checkpoint_takes_over_what_was_shown),
                CASE(a_life_is_confirmed_on_disk_or_not_at_all),
                CASE(of_many_lives_the_newest_are_known),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
