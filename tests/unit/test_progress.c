/* services/qf/cli/progress: the line that says how far a long command is, for every width. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qf/cli/progress.h"
#include "qf/cli/text_table.h"

static const struct qf_progress_figures half = {.doing = "auditing",
                                                .unit = "records",
                                                .done = 12600,
                                                .all = 25200,
                                                .elapsed_ms = 3000,
                                                .columns = 120};

static void assert_line(struct qf_progress_figures figures, const char *wanted)
{
        char text[QF_PROGRESS_BYTES];

        assert_string_equal(qf_progress_text(&figures, text), wanted);
}

static void a_line_says_share_rate_and_what_is_left(void **state)
{
        struct qf_progress_figures figures = half;

        (void)state;
        assert_line(figures,
                    "auditing [############------------]  50% 12,600/25,200 records, 4,200/s, 3 s left");
        figures.chinese = true;
        figures.doing = "核查";
        figures.unit = "条记录";
        assert_line(figures,
                    "核查 [############------------]  50% 12,600/25,200 条记录，每秒 4,200，还要 3 秒");
        figures = half;
        figures.from = 12000; /* what was there before is neither speed nor share */
        assert_line(figures,
                    "auditing [------------------------]   4% 12,600/25,200 records, 200/s, 63 s left");
        figures.elapsed_ms = 60000;
        assert_line(figures,
                    "auditing [------------------------]   4% 12,600/25,200 records, 10/s, 21 min left");
        figures.elapsed_ms = 600000;
        assert_line(figures,
                    "auditing [------------------------]   4% 12,600/25,200 records, 1/s, 3.5 h left");
        figures = half;
        figures.done = 25199; /* something is left */
        assert_line(figures,
                    "auditing [#######################-]  99% 25,199/25,200 records, 8,400/s, 1 s left");
}

static void what_is_not_known_is_not_said(void **state)
{
        struct qf_progress_figures figures = half;

        (void)state;
        figures.all = 0;
        assert_line(figures, "auditing 12,600 records, 4,200/s");
        figures.elapsed_ms = 0;
        assert_line(figures, "auditing 12,600 records");
        figures = half;
        figures.done = 30000; /* more came meanwhile */
        assert_line(figures, "auditing [########################] 100% 30,000/25,200 records, 10,000/s");
        figures.done = 0;
        assert_line(figures, "auditing [------------------------]   0% 0/25,200 records");
}

static void no_line_is_wider_than_its_terminal(void **state)
{
        struct qf_progress_figures figures = half;
        char text[QF_PROGRESS_BYTES];

        (void)state;
        figures.doing = "核查";
        figures.unit = "条记录";
        figures.chinese = true;
        for (figures.columns = 0; figures.columns <= 120; figures.columns++)
                assert_true(qf_text_columns(qf_view_of(qf_progress_text(&figures, text))) <= figures.columns);
}

static void a_narrow_terminal_gets_what_matters_most(void **state)
{
        struct qf_progress_figures figures = half;

        (void)state;
        figures.columns = 70;
        assert_line(figures, "auditing [######------]  50% 12,600/25,200 records, 4,200/s, 3 s left");
        figures.columns = 60;
        assert_line(figures, "auditing [######------]  50% 12,600/25,200 records, 3 s left");
        figures.columns = 39;
        assert_line(figures, "auditing [######------]  50%, 3 s left");
        figures.doing = "counting the archive";
        assert_line(figures, "counting the archive  50%, 3 s left");
        figures.columns = 30;
        assert_line(figures, "counting the archive  50%");
        figures.all = 0;
        assert_line(figures, "counting the archive");
        figures.columns = 10;
        assert_line(figures, "");
}

static void a_run_with_nothing_to_do_is_done(void **state)
{
        struct qf_progress_figures figures = half;

        (void)state;
        figures.done = figures.from = figures.all;
        assert_line(figures, "auditing [########################] 100% 25,200/25,200 records");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_line_says_share_rate_and_what_is_left),
                cmocka_unit_test(what_is_not_known_is_not_said),
                cmocka_unit_test(a_narrow_terminal_gets_what_matters_most),
                cmocka_unit_test(a_run_with_nothing_to_do_is_done),
                cmocka_unit_test(no_line_is_wider_than_its_terminal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
