/* ingest/restore: lives of journals that are put back. */
#include "ingest/restore.h"
#include "support/ingest_fixture.h"

/* Whoever counted the first restored journal must hear that the second one is another. */
static void second_restore_from_one_backup_is_a_life_of_its_own(void **state)
{
        struct ingest_fixture *fixture = fixture_make();
        struct qf_restore_about about;
        char restored[128];
        (void)state;
        load_programme(fixture);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        (void)temporary_in(&fixture->temporary, "restored", restored, sizeof restored);
        assert_int_equal(qf_restore(fixture->directory, restored, 0, "first", fixture->now_ms, &about), 0);
        assert_int_equal(about.life_number, 2);
        uint64_t begins = about.life_begins;
        assert_int_equal(qf_restore(fixture->directory, restored, 0, "again", fixture->now_ms, &about), 0);
        assert_int_equal(about.life_number, 3);
        assert_int_equal(about.life_begins, begins);
        /* Records with such a life are still judged to be what ingest wrote. */
        assert_int_equal(qf_restore(restored, fixture->directory, 0, "back", fixture->now_ms, &about), 0);
        assert_int_equal(about.life_number, 4);
        assert_int_equal(about.differing, 0);
        fixture_remove(fixture);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(second_restore_from_one_backup_is_a_life_of_its_own),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
