/* ingest/answers: the outboxes that a Welcome tells of. */
#include "support/ingest_fixture.h"

static int make(void **state)
{
        struct ingest_fixture *fixture = fixture_make();
        load_programme(fixture);
        *state = fixture;
        return 0;
}

static int unmake(void **state)
{
        fixture_remove(*state);
        return 0;
}

/* Begins an outbox of a number of its own: by sealing it, or by skipping its first number. */
static void begin_outbox(struct ingest_fixture *fixture, uint32_t number, bool sealed)
{
        struct qf_from_partner begins = send_of(1, 1);
        memcpy(begins.outbox, &number, sizeof number);
        begins.what = sealed ? QF_SEAL : QF_SKIP;
        begins.through = sealed ? 0 : 1;
        fixture->now_ms += 1000;
        (void)ask(fixture, "hx.a", &begins);
}

/* Whichever come first where they are looked for, those that are sealed make room. */
static void all_outboxes_that_live_are_told_and_as_many_sealed_as_fit(void **state)
{
        enum { SHOWN = 1000, OUTBOXES = 1100, LIVE = OUTBOXES / 10 * 9 };
        struct ingest_fixture *fixture = *state;
        for (uint32_t i = 0; i < OUTBOXES; i++)
                begin_outbox(fixture, i, i % 10 == 1);
        const struct qf_from_partner hello = {.what = QF_HELLO, .version = 1};
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &hello);
        assert_int_equal(answer->outboxes_count, SHOWN);
        for (uint32_t i = 0; i < SHOWN; i++) {
                assert_int_equal(answer->outboxes[i].sealed, i >= LIVE);
                assert_int_equal(answer->outboxes[i].last, i < LIVE);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
                all_outboxes_that_live_are_told_and_as_many_sealed_as_fit, make, unmake)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
