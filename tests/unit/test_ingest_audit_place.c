/* ingest/audit_place: each audit has a place of its own, there are sixteen, and what killed ones left goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "ingest/audit_place.h"
#include "support/temporary.h"

enum { PLACES = 16, PATH_BYTES = 160 };

struct fixture {
        struct temporary home;
        char scratch[PATH_BYTES], path[PATH_BYTES];
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);
        temporary_make(&f->home);
        (void)temporary_in(&f->home, "audit", f->scratch, sizeof f->scratch);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;
        temporary_remove(f->home.path, 3);
        free(f);
        return 0;
}

static const char *in(struct fixture *f, const char *name)
{
        return temporary_in(&f->home, name, f->path, sizeof f->path);
}

/* What an audit that was killed left in its place. */
static void leave_behind(struct fixture *f, unsigned number)
{
        char name[32];
        (void)snprintf(name, sizeof name, "audit.%u", number);
        assert_int_equal(mkdir(in(f, name), 0700), 0);
        (void)snprintf(name, sizeof name, "audit.%u/tables", number);
        assert_int_equal(mkdir(in(f, name), 0700), 0);
        (void)snprintf(name, sizeof name, "audit.%u/tables/data.mdb", number);
        FILE *file = fopen(in(f, name), "w");
        assert_non_null(file);
        assert_int_equal(fclose(file), 0);
}

static void there_are_sixteen_places_and_no_more(void **state)
{
        struct fixture *f = *state;
        struct qf_audit_place places[PLACES], more;
        for (int i = 0; i < PLACES; i++) {
                assert_int_equal(qf_audit_place_take(f->scratch, &places[i]), 0);
                assert_int_equal(access(places[i].folder, F_OK), 0);
                assert_int_not_equal(access(places[i].tables, F_OK), 0);
        }
        assert_int_equal(qf_audit_place_take(f->scratch, &more), -EBUSY);
        assert_int_equal(qf_audit_place_leave(&places[4]), 0);
        assert_int_equal(qf_audit_place_take(f->scratch, &more), 0);
        assert_string_equal(more.folder, places[4].folder);
        assert_int_equal(qf_audit_place_leave(&more), 0);
        for (int i = 0; i < PLACES; i++)
                if (i != 4)
                        assert_int_equal(qf_audit_place_leave(&places[i]), 0);
        assert_int_not_equal(access(in(f, "audit.1"), F_OK), 0);
}

static void what_killed_ones_left_goes(void **state)
{
        struct fixture *f = *state;
        struct qf_audit_place place;
        leave_behind(f, 1);
        leave_behind(f, 3);
        assert_int_equal(qf_audit_place_take(f->scratch, &place), 0);
        assert_string_equal(place.folder, in(f, "audit.1"));
        assert_int_not_equal(access(place.tables, F_OK), 0);
        assert_int_not_equal(access(in(f, "audit.3"), F_OK), 0);
        assert_int_equal(qf_audit_place_leave(&place), 0);
}

static void what_is_no_place_is_an_error_and_holds_none(void **state)
{
        struct fixture *f = *state;
        struct qf_audit_place place;
        assert_int_equal(symlink("/tmp", in(f, "audit.1")), 0); /* nothing is removed through a link */
        assert_true(qf_audit_place_take(f->scratch, &place) < 0);
        assert_int_equal(unlink(in(f, "audit.1")), 0);
        assert_int_equal(symlink("/tmp", in(f, "audit.2")),
                         0); /* of what was left: the place that it has is given back */
        assert_true(qf_audit_place_take(f->scratch, &place) < 0);
        assert_int_equal(unlink(in(f, "audit.2")), 0);
        assert_int_equal(qf_audit_place_take(f->scratch, &place), 0);
        assert_string_equal(place.folder, in(f, "audit.1"));
        FILE *file = fopen(in(f, "audit.1/not-ours"), "w"); /* what it did not make stays, and is said */
        assert_non_null(file);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(qf_audit_place_leave(&place), -ENOTEMPTY);
        assert_int_equal(access(in(f, "audit.1/not-ours"), F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(there_are_sixteen_places_and_no_more),
                TEST(what_killed_ones_left_goes),
                TEST(what_is_no_place_is_an_error_and_holds_none),
        };
        return cmocka_run_group_tests_name("ingest audit place", tests, NULL, NULL);
}
