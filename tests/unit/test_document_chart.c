/* qf/reports/document_chart: what a chart says stands where it is meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qf/reports/document_chart.h"

enum { BOXES = 16 };

/* What a pen is told: the ends of the strong bars, and where the numbers begin. */
struct drawn {
        double ends[BOXES], numbers[BOXES];
        unsigned ends_count, numbers_count;
};

static void hear_box(void *ctx, double x, double y, double width, double height, enum qf_ink ink)
{
        struct drawn *drawn = ctx;
        (void)y;
        if (ink == QF_INK_STRONG && height < 8 && width != height) /* the key of the legend is a square */
                drawn->ends[drawn->ends_count++] = x + width;
}

static void hear_text(void *ctx, double x, double y, double size, int align, enum qf_ink ink,
                      struct qf_view text)
{
        struct drawn *drawn = ctx;
        (void)y;
        (void)size;
        (void)ink;
        if (align < 0 && text.len && *text.at >= '0' && *text.at <= '9')
                drawn->numbers[drawn->numbers_count++] = x;
}

static void hear_ring(void *ctx, double x, double y, double radius, double share)
{
        (void)ctx;
        (void)x;
        (void)y;
        (void)radius;
        (void)share;
}

/* Also where the bar that it is compared with is the longer one. */
static void the_number_of_a_bar_stands_at_its_end(void **state)
{
        const struct qf_document_column columns[] = {{.label = qf_view_of("name")},
                                                     {.label = qf_view_of("now"), .right = true},
                                                     {.label = qf_view_of("before"), .right = true}};
        const struct qf_document_cell cells[] = {{.text = qf_view_of("A")},
                                                 {.kind = QF_CELL_NUMBER, .value = 46},
                                                 {.kind = QF_CELL_NUMBER, .value = 90},
                                                 {.text = qf_view_of("B")},
                                                 {.kind = QF_CELL_NUMBER, .value = 20},
                                                 {.kind = QF_CELL_NUMBER, .value = 10}};
        const struct qf_document_table table = {
                .columns_count = 3, .rows_count = 2, .columns = columns, .cells = cells};
        const struct qf_document_chart chart = {.kind = QF_CHART_BARS, .series_count = 2, .series = {1, 2}};
        struct drawn drawn = {0};
        const struct qf_pen pen = {&drawn, hear_box, hear_text, hear_ring};
        (void)state;
        qf_chart_draw(&table, &chart, 400, &pen);
        assert_int_equal(drawn.ends_count, 2);
        assert_int_equal(drawn.numbers_count, 2);
        for (unsigned i = 0; i < 2; i++)
                assert_true(drawn.numbers[i] > drawn.ends[i] && drawn.numbers[i] < drawn.ends[i] + 10);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(the_number_of_a_bar_stands_at_its_end)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
