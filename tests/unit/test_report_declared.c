/* Totals of declared kinds: what the rules of adding allow, what they refuse and
 * in which words, and what is not known beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "support/office.h"

#define NOT UINT32_MAX
#define FIGURES(...) (uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
#define FIGURES_COUNT(...)                                                                                   \
        sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (uint32_t[])                                   \
        {                                                                                                    \
                __VA_ARGS__                                                                                  \
        }
#define NAMES(...)                                                                                           \
        .by_count = sizeof((struct qf_view[]){__VA_ARGS__}) / sizeof(struct qf_view),                        \
        .by = (struct qf_view[])                                                                             \
        {                                                                                                    \
                __VA_ARGS__                                                                                  \
        }
#define MEASURE(code)                                                                                        \
        .measures_count = 1, .measures = (struct qf_view[])                                                  \
        {                                                                                                    \
                QF_VIEW(code)                                                                                \
        }
#define ASK(...)                                                                                             \
        ask(office, &office->all,                                                                            \
            (struct qf_from_reader){.query = QF_QUERY_DECLARED, .kind = QF_VIEW("broadcast"), __VA_ARGS__})

static struct qf_to_reader ask(struct office *office, const struct qf_rights *rights,
                               struct qf_from_reader of)
{
        struct qf_to_reader answer = {.what = QF_ANSWER};

        assert_int_equal(office_ask(office, rights, &of, &answer), 0);
        return answer;
}

static void declare(struct office *office, const char *key, uint32_t date, const char *org, uint32_t contents,
                    const uint32_t *figures, uint32_t count)
{
        assert_int_equal(office_declare(office, QF_KIND_BROADCAST, key, date, org, contents, count, figures),
                         0);
}

/* start, minutes, views, viewers, peak, replay views */
static int broadcasts(void **state)
{
        if (office_setup(state) != 0)
                return -1;
        struct office *office = *state;
        declare(office, "a", 20230506, "east", 3, FIGURES(NOT, NOT, 10240, 7000, 1200, 300));
        declare(office, "b", 20230610, "east", 1, FIGURES(NOT, NOT, 11873, 9100, 1900, NOT));
        declare(office, "c", 20240120, "west", 2, FIGURES(NOT, NOT, 12506, 8000, 900, 50));
        return 0;
}

static const int64_t *numbers(const struct qf_to_reader *answer, const struct qf_answer_row *row,
                              const char *measure)
{
        for (uint32_t i = 0; i < answer->measures_count; i++)
                if (qf_view_same(answer->measures[i], qf_view_of(measure)))
                        return &row->figures[3 * i];
        fail_msg("no measure %s", measure);
        return NULL;
}

static void assert_numbers(const struct qf_to_reader *answer, const struct qf_answer_row *row,
                           const char *measure, int64_t value, int64_t known, int64_t unknown)
{
        const int64_t *got = numbers(answer, row, measure);

        assert_int_equal(got[0], value);
        assert_int_equal(got[1], known);
        assert_int_equal(got[2], unknown);
}

static bool has_note(const struct qf_to_reader *answer, const char *note)
{
        bool has = false;

        for (uint32_t i = 0; i < answer->notes_count; i++)
                has |= qf_view_same(answer->notes[i], qf_view_of(note));
        return has;
}

static void assert_refused(const struct qf_to_reader *answer, const char *words)
{
        assert_int_equal(answer->code, QF_QUERY_NOT_ADDED);
        if (!memmem(answer->say.at, answer->say.len, words, strlen(words)))
                fail_msg("\"%.*s\" does not say \"%s\"", (int)answer->say.len, answer->say.at, words);
}

static void each_measure_is_combined_by_its_rule(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.by_count = 0);

        assert_int_equal(answer.code, 0);
        assert_int_equal(answer.measures_count, 5);
        assert_numbers(&answer, &answer.all, "broadcasts", 3, 3, 0);
        assert_numbers(&answer, &answer.all, "views", 34619, 3, 0);
        assert_numbers(&answer, &answer.all, "peak", 1900, 3, 0);
        assert_numbers(&answer, &answer.all, "replay_views", 350, 2, 1); /* one does not say: not 0 */
        assert_numbers(&answer, &answer.all, "viewers", 0, 0, QF_NOT_COMBINED);
        assert_true(has_note(&answer, "mixed viewers record"));
        assert_int_equal(answer.all.counts.of[QF_RECORDS], 3);
}

static void rows_of_several_members_do_not_add_up_and_say_so(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(NAMES(QF_VIEW("content")));

        assert_int_equal(answer.answer_rows_count, 2);
        assert_numbers(&answer, &answer.answer_rows[0], "views", 22113, 2, 0);
        assert_numbers(&answer, &answer.answer_rows[1], "views", 22746, 2, 0);
        assert_numbers(&answer, &answer.all, "views", 34619, 3, 0); /* the true total */
        assert_true(has_note(&answer, "not_additive content"));
}

static void one_record_alone_has_its_people(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(NAMES(QF_VIEW("year")));

        assert_int_equal(answer.answer_rows_count, 2);
        assert_numbers(&answer, &answer.answer_rows[0], "viewers", 0, 0, QF_NOT_COMBINED);
        assert_numbers(&answer, &answer.answer_rows[1], "viewers", 8000, 1, 0);
        answer = ASK(MEASURE("viewers"), .where_count = 1, .where = (struct qf_view[]){QF_VIEW("org=west")});
        assert_int_equal(answer.code, 0);
        assert_numbers(&answer, &answer.all, "viewers", 8000, 1, 0);
}

static void what_is_never_added_is_refused_in_words(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(MEASURE("sum:peak"));

        assert_refused(&answer, "peaks are never added; ask for max:peak");
        answer = ASK(MEASURE("viewers"));
        assert_refused(&answer, "of one record alone and never added");
        answer = ASK(MEASURE("sum:viewers"));
        assert_refused(&answer, "max:viewers");
        answer = ASK(MEASURE("max:broadcasts"));
        assert_refused(&answer, "single records");
        answer = ASK(MEASURE("max:viewers"));
        assert_numbers(&answer, &answer.all, "max:viewers", 9100, 3, 0);
        answer = ASK(MEASURE("min:views"));
        assert_numbers(&answer, &answer.all, "min:views", 10240, 3, 0);
        answer = ASK(MEASURE("people"));
        assert_int_equal(answer.code, QF_QUERY_UNKNOWN_NAME);
        answer = ask(office, &office->all,
                     (struct qf_from_reader){.query = QF_QUERY_DECLARED, .kind = QF_VIEW("activity")});
        assert_int_equal(answer.code, QF_QUERY_UNKNOWN_NAME);
}

static void filters_and_ranges_hold(void **state)
{
        struct office *office = *state;
        struct qf_to_reader answer = ASK(.first_day = 20230601, .last_day = 20231231);

        assert_numbers(&answer, &answer.all, "views", 11873, 1, 0);
        answer = ASK(.where_count = 1,
                     .where = (struct qf_view[]){QF_VIEW("org=district")}); /* and all below */
        assert_numbers(&answer, &answer.all, "views", 34619, 3, 0);
        answer = ASK(.where_count = 1, .where = (struct qf_view[]){QF_VIEW("org_kind=town")});
        assert_numbers(&answer, &answer.all, "views", 34619, 3, 0);
        answer = ASK(.where_count = 1, .where = (struct qf_view[]){QF_VIEW("content=law")});
        assert_numbers(&answer, &answer.all, "views", 22746, 2, 0);
        answer = ASK(.first_day = 20250101);
        assert_numbers(&answer, &answer.all, "views", 0, 0, 0);
        assert_int_equal(answer.all.counts.of[QF_RECORDS], 0);
}

static void what_is_withdrawn_counts_nothing(void **state)
{
        struct office *office = *state;
        const struct qf_pair org = {QF_VIEW("org"), QF_VIEW("east")};
        const struct qf_declared_row gone = {.row = 2,
                                             .kind = QF_KIND_BROADCAST,
                                             .partner = QF_VIEW("east"),
                                             .key = QF_VIEW("b"),
                                             .values_count = 1,
                                             .values = &org};
        struct qf_buffer packed = {0};

        assert_int_equal(qf_declared_pack(office->programme, &gone, 1, &packed), 0);
        assert_int_equal(qf_declared_apply(office->declared, &packed), 0);
        qf_buffer_deinit(&packed);
        struct qf_to_reader answer = ASK(.by_count = 0);
        assert_numbers(&answer, &answer.all, "views", 22746, 2, 0);
        assert_numbers(&answer, &answer.all, "peak", 1200, 2, 0);
        answer = ask(office, &office->all,
                     (struct qf_from_reader){.query = QF_QUERY_LIST, .kind = QF_VIEW("broadcast")});
        assert_int_equal(answer.answer_rows_count, 2);
}

static void a_list_has_the_records_that_may_be_read(void **state)
{
        struct office *office = *state;
        const struct qf_from_reader of = {.query = QF_QUERY_LIST, .kind = QF_VIEW("broadcast")};
        struct qf_to_reader answer = ask(office, &office->all, of);

        assert_int_equal(answer.answer_rows_count, 3);
        assert_int_equal(answer.by_count, 5); /* date, partner, key, org, content */
        assert_true(qf_view_same(answer.answer_rows[0].members[2], QF_VIEW("a")));
        assert_true(qf_view_same(answer.answer_rows[0].members[4], QF_VIEW("politics,law")));
        assert_int_equal(answer.answer_rows[0].figures[2], 10241); /* value + 1 */
        assert_int_equal(answer.answer_rows[0].figures[0], 0);     /* not stated */
        answer = ask(office, &office->east, of);
        assert_int_equal(answer.answer_rows_count, 2);
        assert_true(has_note(&answer, "restricted"));
        struct qf_from_reader under = of;
        under.key = QF_VIEW("a");
        answer = ask(office, &office->all, under);
        assert_int_equal(answer.answer_rows_count, 1);
        under.key = QF_VIEW("aa");
        answer = ask(office, &office->all, under);
        assert_int_equal(answer.answer_rows_count, 0);
}

/* What is left out for its date is what the answer would have, were the date known better. */
static void an_answer_says_what_its_days_leave_out(void **state)
{
        struct office *office = *state;
        struct qf_from_reader of = {.query = QF_QUERY_LIST,
                                    .kind = QF_VIEW("broadcast"),
                                    .first_day = 20230501,
                                    .last_day = 20230630};

        declare(office, "d", 20230000, "west", 1, FIGURES(NOT));
        struct qf_to_reader answer = ask(office, &office->all, of);
        assert_int_equal(answer.answer_rows_count, 2);
        assert_true(has_note(&answer, "undated_excluded"));
        answer = ask(office, &office->east, of);
        assert_int_equal(answer.answer_rows_count, 2);
        assert_false(has_note(&answer, "undated_excluded") || has_note(&answer, "restricted"));
        of.where_count = 1;
        of.where = (struct qf_view[]){QF_VIEW("org=east")};
        answer = ask(office, &office->all, of);
        assert_int_equal(answer.answer_rows_count, 2);
        assert_false(has_note(&answer, "undated_excluded"));
        assert_int_equal(office_activity(office, 20230000, 1, 10, OFFICE_WEST, 1), 0);
        of.query = QF_QUERY_TOTALS; /* of activities */
        of.kind = QF_VIEW("");
        answer = ask(office, &office->all, of);
        assert_false(has_note(&answer, "undated_excluded"));
        of.where = (struct qf_view[]){QF_VIEW("org=west")};
        answer = ask(office, &office->all, of);
        assert_true(has_note(&answer, "undated_excluded"));
}

static uint64_t digest_of(const struct office *office, uint32_t row)
{
        uint64_t digest = 0;

        assert_true(qf_declared_digest(office->declared, office->programme, row, &digest));
        return digest;
}

static void digests_tell_what_differs(void **state)
{
        struct office *office = *state;
        const uint64_t before = digest_of(office, 1);
        uint64_t none;

        assert_true(before != digest_of(office, 2));
        office->declared->at[1].figures[2]++;
        assert_true(before != digest_of(office, 1));
        office->declared->at[1].figures[2]--;
        assert_true(before == digest_of(office, 1));
        assert_false(qf_declared_digest(office->declared, office->programme, 0, &none)); /* rows begin at 1 */
}

/* k of n, agreements with a last day, points of a year: the other rules. */
static void ratios_are_pooled_within_one_question(void **state)
{
        struct office *office = *state;
        const struct qf_view content[] = {QF_VIEW("content=politics")};
        struct qf_from_reader of = {
                .query = QF_QUERY_DECLARED, .kind = QF_VIEW("survey_wave"), MEASURE("returned")};

        assert_int_equal(office_declare(office, QF_KIND_SURVEY_WAVE, "W1", 20231101, "east", 1,
                                        FIGURES_COUNT(NOT, 1100, 1000)),
                         0);
        assert_int_equal(office_declare(office, QF_KIND_SURVEY_WAVE, "W2", 20241101, "west", 1,
                                        FIGURES_COUNT(NOT, 500, NOT)),
                         0);
        struct qf_to_reader answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "returned", 1000, 1100, 1); /* half a pair is no pair */
        of.measures = (struct qf_view[]){QF_VIEW("max:returned")};
        answer = ask(office, &office->all, of);
        assert_refused(&answer, "single records");
        of.measures = (struct qf_view[]){QF_VIEW("sum:returned")};
        answer = ask(office, &office->all, of);
        assert_refused(&answer, "never added");
        of.measures = (struct qf_view[]){QF_VIEW("issued")};
        of.where_count = 1;
        of.where = content;
        answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "issued", 1600, 2, 0);

        /* 0 of 0 is no share: n is 0, not the number of records. */
        assert_int_equal(office_declare(office, QF_KIND_SURVEY_WAVE, "W3", 20250301, "west", 1,
                                        FIGURES_COUNT(NOT, 0, 0)),
                         0);
        of.measures = (struct qf_view[]){QF_VIEW("returned")};
        of.first_day = 20250101;
        of.by_count = 1;
        of.by = (struct qf_view[]){QF_VIEW("year")};
        answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "returned", 0, 0, 0);
        assert_numbers(&answer, &answer.answer_rows[0], "returned", 0, 0, 0);
}

static void stocks_are_what_stands_at_a_date(void **state)
{
        struct office *office = *state;
        struct qf_from_reader of = {.query = QF_QUERY_DECLARED, .kind = QF_VIEW("agreement")};

        assert_int_equal(
                office_declare(office, QF_KIND_AGREEMENT, "x", 20220301, "east", 0, FIGURES_COUNT(20230630)),
                0);
        assert_int_equal(
                office_declare(office, QF_KIND_AGREEMENT, "y", 20230500, "east", 0, FIGURES_COUNT(NOT)), 0);
        struct qf_to_reader answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "signed", 2, 2, 0);
        assert_numbers(&answer, &answer.all, "in_force", 0, 0, QF_NOT_COMBINED);
        assert_true(has_note(&answer, "mixed in_force date"));
        of.first_day = 20230101; /* a flow is of the range, a stock of its end */
        of.last_day = 20230630;
        answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "signed", 1, 1, 0);
        assert_numbers(&answer, &answer.all, "in_force", 2, 2, 0);
        of.last_day = 20230701;
        answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "in_force", 1, 1, 0);
        of.last_day =
                20230515; /* within the month of "y", which stands then, and of which nobody knows whether it was signed by then */
        answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "signed", 0, 0, 0);
        assert_true(has_note(&answer, "undated_excluded"));
        of.measures_count = 1;
        of.measures = (struct qf_view[]){QF_VIEW("in_force")};
        answer = ask(office, &office->all, of);
        assert_numbers(&answer, &answer.all, "in_force", 2, 2, 0);
        assert_false(has_note(&answer, "undated_excluded"));
        of.by_count = 1;
        of.by = (struct qf_view[]){QF_VIEW("month")};
        answer = ask(office, &office->all, of);
        assert_refused(&answer, "never added over time");
}

static void points_are_of_one_organisation_and_year(void **state)
{
        struct office *office = *state;
        struct qf_from_reader of = {.query = QF_QUERY_DECLARED, .kind = QF_VIEW("score"), MEASURE("points")};
        const struct qf_view by[] = {QF_VIEW("org"), QF_VIEW("year")};

        assert_int_equal(
                office_declare(office, QF_KIND_SCORE, "a", 20230000, "east", 0, FIGURES_COUNT(52125, 60000)),
                0);
        assert_int_equal(
                office_declare(office, QF_KIND_SCORE, "b", 20230000, "east", 0, FIGURES_COUNT(40005, 40500)),
                0);
        assert_int_equal(
                office_declare(office, QF_KIND_SCORE, "c", 20240000, "east", 0, FIGURES_COUNT(1000, 60000)),
                0);
        assert_int_equal(
                office_declare(office, QF_KIND_SCORE, "d", 20230000, "west", 0, FIGURES_COUNT(7, 60000)), 0);
        struct qf_to_reader answer = ask(office, &office->all, of);
        assert_refused(&answer, "within one year org");
        of.by = by;
        of.by_count = 1; /* by organisation alone, over two years */
        answer = ask(office, &office->all, of);
        assert_refused(&answer, "within one year org");
        of.by_count = 2;
        answer = ask(office, &office->all, of);
        assert_int_equal(answer.answer_rows_count, 3);
        assert_numbers(&answer, &answer.answer_rows[0], "points", 92130, 2, 0);
        assert_numbers(&answer, &answer.all, "points", 0, 0, QF_NOT_COMBINED); /* of all: no such number */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, broadcasts, office_teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(each_measure_is_combined_by_its_rule),
                TEST(rows_of_several_members_do_not_add_up_and_say_so),
                TEST(one_record_alone_has_its_people),
                TEST(what_is_never_added_is_refused_in_words),
                TEST(filters_and_ranges_hold),
                TEST(what_is_withdrawn_counts_nothing),
                TEST(a_list_has_the_records_that_may_be_read),
                TEST(an_answer_says_what_its_days_leave_out),
                TEST(digests_tell_what_differs),
                TEST(ratios_are_pooled_within_one_question),
                TEST(stocks_are_what_stands_at_a_date),
                TEST(points_are_of_one_organisation_and_year),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
