/* report/prefix: a prefix may be cut anywhere, and wants what its text begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/prefix.h"
#include "support/office.h"

static const struct qf_cell total = {.key = {0, 0, 20230500}};
static const struct qf_cell east = {.key = {OFFICE_ORG, OFFICE_EAST, 20230506}};
static const struct qf_cell east_school = {.key = {OFFICE_ORG, OFFICE_EAST_SCHOOL, 20230506}};
static const struct qf_cell unstated = {.key = {OFFICE_CONTENT, 0, 20230000}};

static bool wants(const struct office *office, const char *prefix, const struct qf_cell *cell)
{
        const struct qf_view asked = qf_view_of(prefix);
        struct qf_prefixes prefixes;
        bool wanted;

        assert_int_equal(qf_prefixes_make(&prefixes, &asked, 1), 0);
        wanted = qf_prefixes_want(&prefixes, office->programme, cell);
        qf_prefixes_deinit(&prefixes);
        return wanted;
}

static void prefixes_may_be_cut_anywhere(void **state)
{
        static const struct {
                const char *prefix;
                bool total, east, east_school, unstated;
        } rows[] = {
                {"", true, true, true, true},
                {"act", true, true, true, true},
                {"activities", true, true, true, true},
                {"activities/", true, true, true, true},
                {"activities/total/all/2023", true, false, false, false},
                {"activities/total/all/20230500/", true, false, false, false},
                {"activities/total/all/2022", false, false, false, false},
                {"activities/o", false, true, true, false},
                {"activities/org/east", false, true, true, false},
                {"activities/org/east/", false, true, false, false},
                {"activities/org/east/20230506", false, true, false, false},
                {"activities/org/east/20230506/more", false, false, false, false},
                {"activities/content//2023", false, false, false, true},
                {"nothing", false, false, false, false},
                {"nothing/total", false, false, false, false},
                {"act/total", false, false, false, false},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
                assert_int_equal(wants(*state, rows[i].prefix, &total), rows[i].total);
                assert_int_equal(wants(*state, rows[i].prefix, &east), rows[i].east);
                assert_int_equal(wants(*state, rows[i].prefix, &east_school), rows[i].east_school);
                assert_int_equal(wants(*state, rows[i].prefix, &unstated), rows[i].unstated);
        }
}

static void measures_are_those_that_are_named(void **state)
{
        const struct qf_view asked[] = {QF_VIEW("attendances/total"), QF_VIEW("records")};
        struct qf_prefixes prefixes, none, same;

        (void)state;
        assert_int_equal(qf_prefixes_make(&prefixes, asked, 2), 0);
        assert_int_equal(qf_prefixes_make(&same, asked, 2), 0);
        assert_int_equal(qf_prefixes_make(&none, NULL, 0), 0);
        assert_int_equal(prefixes.measures,
                         1u << QF_ATTENDANCES | 1u << QF_RECORDS | 1u << QF_RECORDS_UNKNOWN);
        assert_int_equal(none.measures, (1u << QF_MEASURES) - 1);
        assert_true(qf_prefixes_same(&prefixes, &same));
        assert_false(qf_prefixes_same(&prefixes, &none));
        qf_prefixes_deinit(&prefixes);
        qf_prefixes_deinit(&same);
        qf_prefixes_deinit(&none);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(prefixes_may_be_cut_anywhere, office_setup, office_teardown),
                cmocka_unit_test(measures_are_those_that_are_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
