/* report/edition_rights: what a reader gets of an edition, by the rights of the edition's own months. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/edition_rights.h"
#include "support/office.h"

static struct qf_from_reader edition_asked(const char *scope, uint32_t first_day, uint32_t last_day)
{
        return (struct qf_from_reader){.query = QF_QUERY_EDITION,
                                       .scope = qf_view_of(scope),
                                       .first_day = first_day,
                                       .last_day = last_day,
                                       .edition = 1};
}

static void sifted_is(const struct qf_rights *rights, const char *scope, const char *data, const char *wanted)
{
        struct qf_buffer sifted = {0};
        bool hidden = false;

        assert_int_equal(qf_edition_sift(rights, qf_view_of(scope), qf_view_of(data), &sifted, &hidden), 0);
        assert_int_equal(qf_buffer_append(&sifted, "", 1), 0);
        assert_string_equal(sifted.at, wanted);
        assert_int_equal(hidden, strcmp(data, wanted) != 0);
        qf_buffer_deinit(&sifted);
}

static void of_organisations_above_only_totals_are_read(void **state)
{
        struct office *office = *state;
        const struct qf_from_reader ask = edition_asked("district", 20230301, 20230331);

        assert_int_equal(qf_edition_sight(&office->east, &ask), QF_EDITION_BY_LINES);
        sifted_is(&office->east, "district",
                  "cell\torg\tdistrict\t20230300\t1\t1\t5\t0\t0\n"
                  "cell\tcontent\tlaw\t20230300\t1\t1\t5\t0\t0\n"
                  "statement\tvisit\tdistrict\tk\t20230301\t1\t\torg=district\n"
                  "statement\tvisit\teast\tk\t20230301\t1\t\torg=east_school\n",
                  "cell\torg\tdistrict\t20230300\t1\t1\t5\t0\t0\n"
                  "cell\tcontent\tlaw\t20230300\t1\t1\t5\t0\t0\n"
                  "statement\tvisit\teast\tk\t20230301\t1\t\torg=east_school\n");
}

/* The school is the reader's until the middle of April. */
static void a_moved_organisation_is_read_in_its_own_months(void **state)
{
        struct office *office = *state;
        const uint32_t eastern = qf_programme_find_source(office->programme, QF_VIEW("eastern"));
        const struct qf_from_reader march = edition_asked("east_school", 20230301, 20230331),
                                    april = edition_asked("east_school", 20230401, 20230430),
                                    both = edition_asked("east_school", 20230301, 20230430),
                                    ever = edition_asked("east_school", 0, UINT32_MAX),
                                    all = edition_asked("", 20230301, 20230430);
        static const char data[] = "cell\ttotal\tall\t20230300\t1\t1\t5\t0\t0\n"
                                   "cell\tcontent\tlaw\t20230300\t1\t1\t5\t0\t0\n"
                                   "cell\torg\teast_school\t20230300\t1\t1\t5\t0\t0\n"
                                   "cell\tco_org\teast\t20230300\t1\t1\t5\t0\t0\n";
        static const char later[] = "cell\ttotal\tall\t20230400\t1\t1\t5\t0\t0\n"
                                    "cell\tcontent\tlaw\t20230500\t1\t1\t5\t0\t0\n"
                                    "cell\torg\teast_school\t20230400\t1\t1\t5\t0\t0\n"
                                    "cell\tco_org\teast\t20230400\t1\t1\t5\t0\t0\n"
                                    "cell\ttotal\tall\t20230000\t1\t1\t5\t0\t0\n";

        assert_int_equal(office_moves(office, "east_school", "east", "school", 20230415, "west", "school"),
                         0);
        assert_int_equal(qf_rights_renew(&office->east, office->programme, 2,
                                         qf_programme_source(office->programme, eastern)),
                         0);
        assert_int_equal(qf_edition_sight(&office->east, &march), QF_EDITION_WHOLE);
        assert_int_equal(qf_edition_sight(&office->east, &april), QF_EDITION_BY_LINES);
        assert_int_equal(qf_edition_sight(&office->east, &both), QF_EDITION_BY_LINES);
        assert_int_equal(qf_edition_sight(&office->east, &ever), QF_EDITION_BY_LINES);
        assert_int_equal(qf_edition_sight(&office->east, &all), QF_EDITION_BY_LINES);
        sifted_is(&office->east, "east_school", data, data);
        sifted_is(&office->east, "east_school", later, "");
        sifted_is(&office->east, "", "cell\ttotal\tall\t20230400\t1\t1\t5\t0\t0\n",
                  "cell\ttotal\tall\t20230400\t1\t1\t5\t0\t0\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(of_organisations_above_only_totals_are_read),
                CASE(a_moved_organisation_is_read_in_its_own_months),
        };
        return cmocka_run_group_tests_name("edition rights", tests, NULL, NULL);
}
