/* qf/why: a number put together again; what is missing, doubled or of another member must show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qf/reading/why.h"

static const struct qf_view by[] = {{"date", 4}, {"partner", 7}, {"key", 3}, {"content", 7}};

struct rows {
        struct qf_view members[3][4];
        int64_t figures[3][6];
        struct qf_answer_row row[3];
        struct qf_to_reader list;
};

/* Three records on three days: of law; of law and ethos; of neither. */
static void make(struct rows *rows)
{
        static const char *const days[] = {"20230506", "20230610", "20240120"};
        static const char *const contents[] = {"law", "ethos,law", ""};

        *rows = (struct rows){
                .list = {.by_count = 4, .by = by, .answer_rows_count = 3, .answer_rows = rows->row}};
        for (int i = 0; i < 3; i++) {
                rows->members[i][0] = qf_view_of(days[i]);
                rows->members[i][1] = QF_VIEW("east");
                rows->members[i][2] = QF_VIEW("k");
                rows->members[i][3] = qf_view_of(contents[i]);
                rows->row[i] = (struct qf_answer_row){.members = rows->members[i],
                                                      .counts = {{1, i + 1, 10 * i, i == 0, 0}},
                                                      .figures_count = 6,
                                                      .figures = rows->figures[i]};
        }
        rows->list.answer_rows = rows->row;
}

static struct qf_why_sum sum_of(const struct qf_why *why, const struct rows *rows)
{
        struct qf_why_sum sum = {0};

        for (int i = 0; i < 3; i++) {
                const struct qf_why_part part = qf_why_part_of(why, &rows->list, &rows->row[i]);
                assert_true(qf_why_add(why, &part, &sum));
        }
        return sum;
}

static void assert_sum(struct qf_why_sum sum, int64_t value, int64_t of, int64_t unknown)
{
        assert_true(qf_why_same(&sum, &(struct qf_why_sum){value, of, unknown}));
}

static void activities_add_up_and_unknown_is_beside_them(void **state)
{
        struct rows rows;
        struct qf_why why = {0};
        (void)state;

        make(&rows);
        assert_true(qf_why_name(&why, QF_VIEW("activity"), QF_VIEW("activities")));
        assert_sum(sum_of(&why, &rows), 6, 3, 0);
        assert_true(qf_why_name(&why, QF_VIEW("activity"), QF_VIEW("attendances")));
        assert_sum(sum_of(&why, &rows), 30, 2, 1);
        assert_false(qf_why_name(&why, QF_VIEW("activity"), QF_VIEW("views")));
        assert_false(qf_why_name(&why, QF_VIEW("concert"), QF_VIEW("views")));
}

static void a_cell_is_of_one_member(void **state)
{
        static const struct {
                const char *cell;
                int64_t activities;
        } cells[] = {{"content=law", 3},    {"content=ethos", 2}, {"content=", 3},      {"content=la", 0},
                     {"mode=", 6},          {"year=2023", 3},     {"month=2023-06", 2}, {"month=202305", 1},
                     {"day=2024-01-20", 3}, {"month=2024-02", 0}, {"month=", 0}};
        struct rows rows;
        (void)state;

        make(&rows);
        for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
                struct qf_why why = {.count = QF_ACTIVITIES};
                assert_true(qf_why_cell(&why, qf_view_of(cells[i].cell)));
                assert_int_equal(sum_of(&why, &rows).value, cells[i].activities);
        }
        struct qf_why why = {0};
        assert_false(qf_why_cell(&why, QF_VIEW("content")));
        assert_false(qf_why_cell(&(struct qf_why){0}, QF_VIEW("month=2023-5")));
        assert_false(qf_why_cell(&(struct qf_why){0}, QF_VIEW("year=this")));
        assert_true(qf_why_cell(&why, QF_VIEW("a=b")) && qf_why_cell(&why, QF_VIEW("c=d")));
        assert_false(qf_why_cell(&why, QF_VIEW("e=f")));
}

/* Figures of a broadcast: start, minutes, views, viewers, peak, replay views; of a finding: see kinds.c. */
static void each_rule_has_its_own_way(void **state)
{
        struct rows rows;
        struct qf_why why = {0};
        (void)state;

        make(&rows);
        rows.figures[0][2] = 101;
        rows.figures[2][2] = 51;
        assert_true(qf_why_name(&why, QF_VIEW("broadcast"), QF_VIEW("views")));
        assert_sum(sum_of(&why, &rows), 150, 2, 1);
        why = (struct qf_why){0};
        assert_true(qf_why_name(&why, QF_VIEW("broadcast"), QF_VIEW("min:views")));
        assert_sum(sum_of(&why, &rows), 50, 2, 1);
        rows.figures[1][4] = 8;
        rows.figures[2][4] = 10;
        why = (struct qf_why){0};
        assert_true(qf_why_name(&why, QF_VIEW("broadcast"), QF_VIEW("peak")));
        assert_sum(sum_of(&why, &rows), 9, 2, 1);
        /* A ratio: k and n of a survey result; a record that does not state both is not known. */
        make(&rows);
        rows.figures[0][0] = 966;
        rows.figures[0][1] = 1001;
        rows.figures[1][0] = 5;
        why = (struct qf_why){0};
        assert_true(qf_why_name(&why, QF_VIEW("survey_result"), QF_VIEW("share")));
        assert_sum(sum_of(&why, &rows), 965, 1000, 2);
}

/* An agreement is in force on its last day, and not on the next. */
static void a_stock_is_what_stands_on_a_day(void **state)
{
        struct rows rows;
        struct qf_why why = {0};
        (void)state;

        make(&rows);
        rows.figures[0][0] = 20230701 + 1;
        assert_true(qf_why_name(&why, QF_VIEW("agreement"), QF_VIEW("in_force")));
        assert_true(qf_why_is_stock(&why));
        why.stock_day = 20230701;
        assert_int_equal(sum_of(&why, &rows).value, 2);
        why.stock_day = 20230702;
        assert_int_equal(sum_of(&why, &rows).value, 1);
        why.stock_day = 20230505;
        assert_int_equal(sum_of(&why, &rows).value, 0);
}

static void the_number_is_read_as_it_is_told(void **state)
{
        struct qf_view members[2] = {QF_VIEW("east"), QF_VIEW("west")};
        const int64_t mixed[] = {0, 0, -1}, told[] = {7, 2, 1};
        const struct qf_answer_row lines[] = {{.members = &members[0], .counts = {{3, 6, 30, 1, 1}}},
                                              {.members = &members[1], .counts = {{1, 1, 5, 0, 0}}}};
        struct qf_to_reader totals = {.by_count = 1, .answer_rows_count = 2, .answer_rows = lines};
        struct qf_why why = {.count = QF_ATTENDANCES};
        struct qf_why_sum number;
        (void)state;

        assert_true(qf_why_cell(&why, QF_VIEW("org=east")));
        assert_true(qf_why_number(&why, &totals, &number));
        assert_sum(number, 30, 2, 1);
        why.member[0] = QF_VIEW("north"); /* a row that is not printed: nothing is in it */
        assert_true(qf_why_number(&why, &totals, &number));
        assert_sum(number, 0, 0, 0);
        why = (struct qf_why){0};
        assert_true(qf_why_name(&why, QF_VIEW("broadcast"), QF_VIEW("viewers")));
        totals.all = (struct qf_answer_row){.figures_count = 3, .figures = mixed};
        assert_false(qf_why_number(&why, &totals, &number));
        totals.all.figures = told;
        assert_true(qf_why_number(&why, &totals, &number));
        assert_sum(number, 7, 2, 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(activities_add_up_and_unknown_is_beside_them),
                cmocka_unit_test(a_cell_is_of_one_member),
                cmocka_unit_test(each_rule_has_its_own_way),
                cmocka_unit_test(a_stock_is_what_stands_on_a_day),
                cmocka_unit_test(the_number_is_read_as_it_is_told),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
