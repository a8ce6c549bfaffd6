/* What derived views work out of records: agreements on a day, the plan, doubles, outliers, and the dictionary of
 * indicators. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qf/reports/agreements.h"
#include "qf/reports/doubles.h"
#include "qf/reports/indicators.h"
#include "qf/reports/outliers.h"
#include "qf/reports/spread.h"
#include "views/assignments.h"

enum { PAIRS = 16, ROOM = 32 };

static void an_agreement_stands_from_its_first_day_to_its_last(void **state)
{
        const struct qf_agreement ends = {.signed_on = 20230901, .until = 20240229},
                                  open = {.signed_on = 20230901};
        (void)state;
        assert_false(qf_agreement_in_force(&ends, 20230831));
        assert_true(qf_agreement_in_force(&ends, 20230901) && qf_agreement_in_force(&ends, 20240229));
        assert_false(qf_agreement_in_force(&ends, 20240301));
        assert_int_equal(qf_agreement_days_left(&ends, 20240228), 1);
        assert_false(qf_agreement_expiring(&ends, 20240129, 30));
        assert_true(qf_agreement_expiring(&ends, 20240130, 30));
        assert_false(qf_agreement_expiring(&ends, 20230831, 3650)); /* not yet signed */
        assert_false(qf_agreement_expiring(&ends, 20240301, 3650)); /* over */
        assert_true(qf_agreement_in_force(&open, 29991231));
        assert_false(qf_agreement_expiring(&open, 20240101, 3650));
}

static void the_middle_of_an_even_number_is_exact(void **state)
{
        int64_t four[] = {11873, 10000, 50000, 10240}, one[] = {7};
        char text[ROOM];
        (void)state;
        const struct qf_spread spread = qf_spread_of(four, 4), alone = qf_spread_of(one, 1);
        assert_int_equal(spread.least, 10000);
        assert_int_equal(spread.most, 50000);
        assert_string_equal(qf_spread_median(&spread, text, sizeof(text)), "11,056.5");
        assert_string_equal(qf_spread_median(&alone, text, sizeof(text)), "7");
        assert_int_equal(qf_spread_of(NULL, 0).count, 0);
}

static void an_assignment_is_done_by_word_and_overdue_by_calendar(void **state)
{
        struct qf_assignment one = {.due = 20230630};
        (void)state;
        assert_int_equal(qf_assignment_state(&one, 20230630), QF_PLAN_NOT_STARTED);
        one.actual.of[QF_RECORDS] = 1;
        assert_int_equal(qf_assignment_state(&one, 20230630), QF_PLAN_UNDER_WAY);
        assert_int_equal(qf_assignment_state(&one, 20230701), QF_PLAN_OVERDUE);
        one.done = one.reported = true;
        assert_int_equal(qf_assignment_state(&one, 20230701), QF_PLAN_DONE);

        struct qf_assignment two[] = {{.done = true}, {.reported = true}};
        assert_int_equal(qf_initiative_state(two, 2, 20230701), QF_PLAN_UNDER_WAY);
        two[1] = (struct qf_assignment){0};
        assert_int_equal(qf_initiative_state(&two[1], 1, 20230701), QF_PLAN_NOT_STARTED);
        assert_int_equal(qf_initiative_state(two, 2, 20230701), QF_PLAN_UNDER_WAY); /* one is done */
        two[1].due = 20230630;
        assert_int_equal(qf_initiative_state(two, 2, 20230701), QF_PLAN_OVERDUE);
        two[1].done = true;
        assert_int_equal(qf_initiative_state(two, 2, 20230701), QF_PLAN_DONE);
        assert_int_equal(qf_initiative_state(two, 0, 20230701), QF_PLAN_UNASSIGNED);
}

static void assignments_of_an_initiative_are_summed(void **state)
{
        struct qf_assignment three[] = {{.initiative = 2, .targets_activities = true, .target_activities = 4},
                                        {.initiative = 2, .targets_activities = true, .target_activities = 3},
                                        {.initiative = 7}};
        const struct qf_assignments all = {.at = three, .count = 3};
        uint32_t count;
        (void)state;
        const struct qf_assignment *of = qf_assignments_of(&all, 2, &count);
        assert_int_equal(count, 2);
        const struct qf_assignment sum = qf_assignments_sum(of, count);
        assert_true(sum.targets_activities && !sum.targets_attendances);
        assert_int_equal(sum.target_activities, 7);
        assert_ptr_equal(qf_assignments_of(&all, 7, &count), &three[2]);
        assert_int_equal(count, 1);
        (void)qf_assignments_of(&all, 5, &count);
        assert_int_equal(count, 0);
}

/* --- doubles ----------------------------------------------------------------- */

struct found {
        unsigned count, why[PAIRS];
        char keys[PAIRS][ROOM];
};

static int note(void *ctx, const struct qf_told *a, const struct qf_told *b, unsigned why)
{
        struct found *found = ctx;
        assert_true(found->count < PAIRS);
        (void)snprintf(found->keys[found->count], ROOM, "%.*s %.*s", (int)a->key.len, a->key.at,
                       (int)b->key.len, b->key.at);
        found->why[found->count++] = why;
        return 0;
}

static struct qf_told told(const char *key, const char *org, const char *site, const char *co_orgs)
{
        return (struct qf_told){.key = qf_view_of(key),
                                .org = qf_view_of(org),
                                .site = qf_view_of(site),
                                .co_orgs = qf_view_of(co_orgs)};
}

static void each_pair_is_found_once(void **state)
{
        struct qf_told day[] = {told("1", "bank", "S1", ""),      told("2", "customs", "S1", "bank"),
                                told("3", "bank", "S1", ""),      told("4", "town", "", "tax,customs"),
                                told("5", "customs", "", "town"), told("6", "tax", "", "ban"),
                                told("7", "", "S1", ""),          told("8", "port", "S9", "customs")};
        struct found found = {0};
        (void)state;
        assert_int_equal(qf_doubles_of_day(day, 8, note, &found), 0);
        assert_int_equal(found.count, 6);
        const struct {
                const char *keys;
                unsigned why;
        } wanted[] = {{"1 2", QF_DOUBLE_SITE | QF_DOUBLE_CO_HOST},
                      {"3 2", QF_DOUBLE_SITE | QF_DOUBLE_CO_HOST},
                      {"5 4", QF_DOUBLE_CO_HOST},
                      {"4 6", QF_DOUBLE_CO_HOST},
                      {"4 2", QF_DOUBLE_CO_HOST},
                      {"8 5", QF_DOUBLE_CO_HOST}}; /* 8 and 2 were at two sites */
        for (size_t i = 0; i < 6; i++) {
                unsigned times = 0;
                for (unsigned k = 0; k < found.count; k++)
                        times += !strcmp(found.keys[k], wanted[i].keys) && found.why[k] == wanted[i].why;
                assert_int_equal(times, 1);
        }
        found.count = 0;
        assert_int_equal(qf_doubles_of_day(day, 1, note, &found), 0);
        assert_int_equal(found.count, 0);
}

static void titles_are_compared_as_people_write_them(void **state)
{
        static const struct {
                const char *a, *b;
                bool alike;
        } rows[] = {{"清风讲堂", "清风讲堂", true},
                    {"“清风”讲堂（第3讲）", "清风讲堂第3讲", true},
                    {"Clean Hands, part 2", "clean hands part 2", true},
                    {"清风讲堂第3讲", "清风讲堂第4讲", false}, /* digits tell them apart */
                    {"清风讲堂守住底线", "清风讲堂守底线", true},
                    {"清风讲堂", "家风故事会", false},
                    {"", "", false},
                    {"《》", "《》", false}};
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                assert_int_equal(qf_titles_alike(qf_view_of(rows[i].a), qf_view_of(rows[i].b)),
                                 rows[i].alike);
                assert_int_equal(qf_titles_alike(qf_view_of(rows[i].b), qf_view_of(rows[i].a)),
                                 rows[i].alike);
        }
        struct qf_told day[] = {told("1", "a", "", ""), told("2", "b", "", ""), told("3", "a", "", ""),
                                told("4", "b", "S1", ""), told("5", "c", "S2", "")};
        struct found found = {0};
        for (size_t i = 0; i < 5; i++)
                day[i].title = QF_VIEW("清风讲堂");
        assert_int_equal(qf_doubles_of_day(day, 5, note, &found), 0);
        assert_int_equal(found.count, 7); /* all of two organisations, but 4 and 5, which were at two sites */
        for (unsigned i = 0; i < found.count; i++)
                assert_int_equal(found.why[i], QF_DOUBLE_TITLE);
}

static int stop(void *ctx, const struct qf_told *a, const struct qf_told *b, unsigned why)
{
        (void)ctx, (void)a, (void)b, (void)why;
        return -5;
}

static void whoever_is_told_may_stop(void **state)
{
        struct qf_told sites[] = {told("1", "a", "S1", ""), told("2", "b", "S1", "")},
                       hosts[] = {told("1", "a", "", "b"), told("2", "b", "", "")};
        (void)state;
        assert_int_equal(qf_doubles_of_day(sites, 2, stop, NULL), -5);
        assert_int_equal(qf_doubles_of_day(hosts, 2, stop, NULL), -5);
}

/* --- outliers ------------------------------------------------------------------ */

static void an_outlier_lies_three_distances_outside(void **state)
{
        const int64_t sizes[] = {1, 50, 51, 52, 53, 54, 55, 56, 57, 5000};
        const struct qf_usual usual = qf_usual_of(sizes, 10), few = qf_usual_of(sizes, QF_OUTLIERS_LEAST - 1);
        (void)state;
        assert_int_equal(usual.least, 51 - 3 * 5); /* quartiles 51 and 56 */
        assert_int_equal(usual.most, 56 + 3 * 5);
        assert_true(qf_is_outlier(&usual, 35) && !qf_is_outlier(&usual, 36));
        assert_true(qf_is_outlier(&usual, 72) && !qf_is_outlier(&usual, 71));
        assert_true(few.few && !qf_is_outlier(&few, 5000));
        const int64_t wide[] = {0, 0, 0, 0, 100, 100, 100, 100};
        assert_int_equal(qf_usual_of(wide, 8).least, 0); /* nobody is fewer than none */
}

/* --- the dictionary ---------------------------------------------------------------- */

static void each_indicator_says_all_there_is_to_say(void **state)
{
        size_t count;
        const struct qf_indicator *all = qf_indicators(&count);
        (void)state;
        for (size_t i = 0; i < count; i++) {
                assert_ptr_equal(qf_indicator(all[i].code), &all[i]); /* no code twice */
                assert_true(*all[i].zh && *all[i].en && *all[i].of_zh && *all[i].of_en && *all[i].source);
                assert_int_equal(all[i].among_zh != NULL, all[i].among_en != NULL);
                /* A share is never added up, only what it is made of. */
                if (all[i].among_zh)
                        assert_true(all[i].over_time == QF_ADDS_POOLED || all[i].over_time == QF_ADDS_NEVER);
                assert_true(*qf_adds_zh(all[i].over_time) && *qf_adds_en(all[i].over_members));
        }
        assert_null(qf_indicator("weather"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_agreement_stands_from_its_first_day_to_its_last),
                cmocka_unit_test(the_middle_of_an_even_number_is_exact),
                cmocka_unit_test(an_assignment_is_done_by_word_and_overdue_by_calendar),
                cmocka_unit_test(assignments_of_an_initiative_are_summed),
                cmocka_unit_test(each_pair_is_found_once),
                cmocka_unit_test(titles_are_compared_as_people_write_them),
                cmocka_unit_test(whoever_is_told_may_stop),
                cmocka_unit_test(an_outlier_lies_three_distances_outside),
                cmocka_unit_test(each_indicator_says_all_there_is_to_say),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
