/* Views over declared kinds: rows in, what is said of them out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "views/completeness.h"
#include "views/oversight.h"
#include "views/scorecard.h"

enum { VIEWS = 2, FIGURES = 6 };

static void expect_text(struct qf_buffer *text, const char *wanted)
{
        assert_int_equal(qf_buffer_append(text, "", 1), 0);
        assert_string_equal((const char *)text->at, wanted);
        qf_buffer_deinit(text);
}

/* --- rates ----------------------------------------------------------------- */

static struct qf_score_rate rate(uint32_t wave, uint32_t order, int64_t k, int64_t n, int64_t over)
{
        static const char *const waves[] = {"W1", "W2"}, *const names[] = {"知晓率", "参与率", "满意率"};
        return (struct qf_score_rate){
                .labels = {qf_view_of(waves[wave]), QF_VIEW("all"), qf_view_of(names[order])},
                .order = {wave, 0, order},
                .k = k,
                .n = n,
                .over = over};
}

static void the_three_rates_are_said_with_k_and_n(void **state)
{
        const struct qf_score_rate rates[] = {rate(0, 0, 965, 1000, 0), rate(0, 1, 941, 1000, 0),
                                              rate(0, 2, 983, 1000, 98)};
        struct qf_buffer text = {0};
        (void)state;
        assert_int_equal(qf_scorecard_rates(true, rates, 3, QF_HALF_UP, &text), 0);
        expect_text(&text, "调查（W1，all）：知晓率96.5%（965/1000），参与率94.1%（941/1000），"
                           "满意率超过98%（983/1000）。\n");
        assert_int_equal(qf_scorecard_rates(false, rates, 3, QF_HALF_UP, &text), 0);
        expect_text(&text, "Survey (W1, all): 知晓率 96.5% (965/1000), 参与率 94.1% (941/1000), "
                           "满意率 above 98% (983/1000).\n");
}

/* 49/50, 9799/10000 and 50/51 all print 98.0 %: only the last is above 98 %. 163/169 is 96.4, and 96.5 rounded twice. */
static void what_is_above_is_decided_on_integers(void **state)
{
        const struct qf_score_rate rates[] = {rate(0, 0, 49, 50, 98), rate(0, 1, 9799, 10000, 98),
                                              rate(1, 0, 50, 51, 98), rate(1, 1, 163, 169, 0),
                                              rate(1, 2, 0, 0, 0)};
        struct qf_buffer text = {0};
        (void)state;
        assert_int_equal(qf_scorecard_rates(true, rates, 5, QF_HALF_UP, &text), 0);
        expect_text(&text,
                    "调查（W1，all）：知晓率98.0%（49/50）不超过98%，参与率98.0%（9799/10000）不超过98%。\n"
                    "调查（W2，all）：知晓率超过98%（50/51），参与率96.4%（163/169），满意率—（0/0）。\n");
        assert_int_equal(qf_scorecard_rates(false, rates, 1, QF_HALF_UP, &text), 0);
        expect_text(&text, "Survey (W1, all): 知晓率 98.0% (49/50) not above 98%.\n");
}

static void only_the_same_question_is_pooled(void **state)
{
        struct qf_score_rate rates[] = {rate(1, 2, 49, 50, 0), rate(0, 2, 580, 590, 0),
                                        rate(0, 0, 965, 1000, 0), rate(0, 2, 403, 410, 0)};
        (void)state;
        assert_int_equal(qf_scorecard_pool(rates, 4), 3);
        assert_int_equal(rates[0].k, 965);
        assert_int_equal(rates[1].k, 983);
        assert_int_equal(rates[1].n, 1000);
        assert_int_equal(rates[2].n, 50);
        assert_int_equal(qf_scorecard_pool(rates, 0), 0);
}

/* --- broadcasts ------------------------------------------------------------ */

/* Three of them with these views, -1: not known. */
static void expect_broadcasts(bool chinese, const int64_t *views, uint32_t count, const char *wanted)
{
        const struct qf_view members[3][3] = {{QF_VIEW("20230506"), QF_VIEW("a"), QF_VIEW("1")},
                                              {QF_VIEW("20230610"), QF_VIEW("a"), QF_VIEW("2")},
                                              {QF_VIEW("20230701"), QF_VIEW("b"), QF_VIEW("1")}};
        const struct qf_claim claim = {.place = VIEWS, .bound = 10000};
        int64_t figures[3][FIGURES] = {{0}};
        struct qf_answer_row rows[3];
        struct qf_buffer text = {0};
        for (uint32_t i = 0; i < count; i++) {
                figures[i][VIEWS] = views[i] + 1;
                rows[i] = (struct qf_answer_row){
                        .members = members[i], .figures_count = FIGURES, .figures = figures[i]};
        }
        const struct qf_to_reader answer = {.answer_rows_count = count, .answer_rows = rows};
        assert_int_equal(qf_scorecard_broadcasts(chinese, &claim, &answer, &text), 0);
        expect_text(&text, wanted);
}

static void the_broadcast_that_breaks_the_claim_is_named(void **state)
{
        (void)state;
        expect_broadcasts(true, (const int64_t[]){11873, 10240, 12506}, 3,
                          "直播3场，每场观看都超过1万人次，最少10,240（a/2，2023-06-10）。\n");
        expect_broadcasts(
                false, (const int64_t[]){10001, 10240, 12506}, 3,
                "3 broadcasts, each with more than 10,000 views, the least 10,001 (a/1, 2023-05-06).\n");
        expect_broadcasts(
                true, (const int64_t[]){10000, 10240, -1}, 3,
                "直播3场，并非每场观看都超过1万人次：10,000（a/1，2023-05-06）、不详（b/1，2023-07-01）。\n");
        expect_broadcasts(
                false, (const int64_t[]){-1, 10240}, 2,
                "2 broadcasts, of which it can't be said that each has more than 10,000 views: not known "
                "(a/1, 2023-05-06).\n");
        expect_broadcasts(false, NULL, 0, "No broadcasts.\n");
}

/* --- oversight ------------------------------------------------------------- */

static struct qf_oversight_item checkpoint(const char *key, const char *org, uint32_t member, uint32_t on)
{
        return (struct qf_oversight_item){.cycle = qf_oversight_cycle(qf_view_of(key)),
                                          .org = qf_view_of(org),
                                          .key = qf_view_of(key),
                                          .checkpoint = member,
                                          .since = on};
}

static struct qf_oversight_item finding(const char *key, const char *org, uint32_t raised, uint32_t due,
                                        uint32_t verified)
{
        struct qf_oversight_item item = checkpoint(key, org, 0, raised);
        item.due = due;
        item.verified = verified;
        return item;
}

static void the_board_is_as_it_stood_on_the_day(void **state)
{
        static const struct {
                uint32_t asof, done, raised, closed, overdue;
        } days[] = {{20230430, 1, 0, 0, 0}, {20230501, 2, 1, 0, 0}, {20230619, 2, 2, 0, 0},
                    {20230620, 2, 2, 1, 0}, {20230630, 2, 2, 1, 0}, {20230701, 2, 3, 1, 1},
                    {20230731, 2, 3, 1, 1}, {20230801, 2, 3, 1, 0}, {20231231, 3, 3, 1, 0}};
        (void)state;
        for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
                /* D1 twice under two keys is one checkpoint; the third finding has no date that it is due. */
                struct qf_oversight_item items[] = {finding("2023/a/3", "a", 20230701, 0, 0),
                                                    checkpoint("2023/a/D1", "a", 2, 20230501),
                                                    finding("2023/a/1", "a", 20230501, 20230630, 20230620),
                                                    checkpoint("2023/a/X1", "a", 1, 20230401),
                                                    checkpoint("2023/a/P4", "a", 10, 20231101),
                                                    checkpoint("2023/a/again", "a", 2, 20230501),
                                                    finding("2023/a/2", "a", 20230510, 20230630, 0)};
                items[6].rectified = 20230801;
                struct qf_oversight_row rows[7], all;
                assert_int_equal(qf_oversight_fold(items, 7, days[i].asof, rows, &all), 1);
                assert_int_equal(rows[0].done, days[i].done);
                assert_int_equal(rows[0].raised, days[i].raised);
                assert_int_equal(rows[0].closed, days[i].closed);
                assert_int_equal(rows[0].open, days[i].raised - days[i].closed);
                assert_int_equal(rows[0].overdue, days[i].overdue);
                assert_int_equal(all.raised, days[i].raised);
        }
}

static void cycles_and_organisations_have_rows_of_their_own(void **state)
{
        struct qf_oversight_item items[] = {
                checkpoint("2023/b/X1", "b", 1, 20230401), checkpoint("2023/a/X1", "a", 1, 20230401),
                checkpoint("2022/b/X1", "b", 1, 20220401), finding("2023/b/1", "b", 20230401, 20230402, 0),
                checkpoint("2023/ab/X1", "ab", 1, 20230401)};
        static const char *const wanted[][2] = {{"2022", "b"}, {"2023", "a"}, {"2023", "ab"}, {"2023", "b"}};
        struct qf_oversight_row rows[5], all;
        (void)state;
        assert_int_equal(qf_oversight_fold(items, 5, 20231231, rows, &all), 4);
        for (size_t i = 0; i < 4; i++) {
                assert_true(qf_view_same(rows[i].cycle, qf_view_of(wanted[i][0])));
                assert_true(qf_view_same(rows[i].org, qf_view_of(wanted[i][1])));
                assert_int_equal(rows[i].done, 1);
        }
        assert_int_equal(rows[3].count, 2);
        assert_int_equal(rows[3].overdue, 1);
        assert_int_equal(all.overdue, 1);
        assert_int_equal(qf_oversight_fold(items, 5, 20230101, rows, &all),
                         1); /* a cycle that had not begun has none */
        assert_int_equal(rows[0].first + rows[0].count, 1);
        assert_int_equal(qf_oversight_fold(items, 0, 20231231, rows, &all), 0);
        assert_true(qf_view_same(qf_oversight_cycle(QF_VIEW("alone")), QF_VIEW("alone")));
}

/* --- completeness ---------------------------------------------------------- */

static void silence_a_zero_report_and_a_difference_are_three_things(void **state)
{
        const struct qf_view a = QF_VIEW("a"), b = QF_VIEW("b"), c = QF_VIEW("c");
        struct qf_cover parts[] = {
                {.org = b, .month = 202305, .expected = true},
                {.org = a, .month = 202305, .counted = {3, 359}},
                {.org = a, .month = 202305, .expected = true},
                {.org = a, .month = 202305, .expected = true}, /* two of its sources feed */
                {.org = a, .month = 202305, .received = true, .late = true, .declared = {3, 360}},
                {.org = a, .month = 202306, .received = true, .zero = true},
                {.org = a, .month = 202306, .expected = true},
                {.org = c, .month = 202305, .received = true, .late = true, .declared = {1, 9}},
                {.org = c, .month = 202305, .counted = {1, 9}},
                {.org = c, .month = 202306, .counted = {1, 9}}};
        (void)state;
        assert_int_equal(qf_completeness_fold(parts, 10), 4);
        assert_int_equal(parts[0].month, 202305);
        assert_true(qf_cover_differs(&parts[0]));
        assert_true(parts[1].zero && !qf_cover_differs(&parts[1]));
        assert_false(parts[2].received || qf_cover_differs(&parts[2]));
        assert_false(qf_cover_differs(&parts[3]));
        const struct qf_cover_sums sums = qf_completeness_sum(parts, 4);
        assert_int_equal(sums.expected, 3);
        assert_int_equal(sums.received, 2);
        assert_int_equal(sums.timely, 1);
        assert_int_equal(sums.beside, 1);
        assert_int_equal(sums.zero, 1);
        assert_int_equal(sums.differing, 1);
        assert_int_equal(qf_completeness_fold(parts, 0), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_three_rates_are_said_with_k_and_n),
                cmocka_unit_test(what_is_above_is_decided_on_integers),
                cmocka_unit_test(only_the_same_question_is_pooled),
                cmocka_unit_test(the_broadcast_that_breaks_the_claim_is_named),
                cmocka_unit_test(the_board_is_as_it_stood_on_the_day),
                cmocka_unit_test(cycles_and_organisations_have_rows_of_their_own),
                cmocka_unit_test(silence_a_zero_report_and_a_difference_are_three_things),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
