/* model/picture: cells, their order of change, and moves that always add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/picture.h"

static int setup(void **state)
{
        struct qf_picture *picture;

        if (qf_picture_new(&picture) != 0)
                return -1;
        *state = picture;
        return 0;
}

static int teardown(void **state)
{
        *state = qf_picture_free(*state);
        return 0;
}

static int64_t count(const struct qf_picture *picture, uint16_t dimension, uint32_t member, uint32_t period)
{
        const struct qf_cell *cell =
                qf_picture_find(picture, (struct qf_cell_key){dimension, member, period});

        return cell ? cell->counts.of[QF_ATTENDANCES] : -1;
}

static void many_cells_are_found_again(void **state)
{
        struct qf_picture *picture = *state;
        struct qf_cell *first, *cell;

        assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){1, 0, 20230501}, &first), 0);
        for (uint32_t i = 0; i < 20000; i++) {
                assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){1, i, 20230501}, &cell), 0);
                cell->counts.of[0] = i;
        }
        assert_int_equal(qf_picture_cells(picture), 20000);
        for (uint32_t i = 0; i < 20000; i++)
                assert_int_equal(qf_picture_find(picture, (struct qf_cell_key){1, i, 20230501})->counts.of[0],
                                 i);
        assert_ptr_equal(first, qf_picture_at(picture, 0));
        assert_null(qf_picture_find(picture, (struct qf_cell_key){2, 1, 20230501}));
        assert_null(qf_picture_at(picture, 20000));
}

static void what_cannot_be_a_cell_is_refused(void **state)
{
        struct qf_cell *cell;

        assert_int_equal(qf_picture_cell(*state, (struct qf_cell_key){0, 0, 0}, &cell), -EINVAL);
        assert_int_equal(qf_picture_cell(*state, (struct qf_cell_key){128, 0, 20230000}, &cell), -EINVAL);
        assert_int_equal(qf_picture_cell(*state, (struct qf_cell_key){0, 0, UINT32_MAX}, &cell), -EINVAL);
        assert_null(qf_picture_find(*state, (struct qf_cell_key){500, 0, 20230000}));
}

/* Sums of members are as good as sets here: each member has a number that no sum of others gives. */
static uint64_t changed_after(const struct qf_picture *picture, uint64_t after)
{
        struct qf_picture_walk walk = qf_picture_changed(picture, after);
        uint64_t members = 0;

        for (const struct qf_cell *cell; (cell = qf_picture_walk_next(&walk)) != NULL;) {
                assert_true(cell->changed > after);
                assert_int_equal(members >> cell->key.member & 1, 0);
                members |= UINT64_C(1) << cell->key.member;
        }
        return members;
}

static void the_list_is_in_order_of_change(void **state)
{
        struct qf_picture *picture = *state;
        struct qf_cell *cells[5];
        const struct qf_cell_month *month;
        const uint32_t order[] = {1, 3, 4, 2, 0}; /* newest first */

        assert_null(qf_picture_newest(picture));
        assert_int_equal(changed_after(picture, 0), 0);
        for (uint32_t i = 0; i < 5; i++) {
                assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){1, i, 20230500}, &cells[i]),
                                 0);
                qf_picture_touch(picture, cells[i], 10 + i);
        }
        qf_picture_touch(picture, cells[3], 20);
        qf_picture_touch(picture, cells[1], 21);
        qf_picture_touch(picture, cells[1], 21);
        assert_int_equal(qf_picture_latest(picture), 21);
        month = qf_picture_newest(picture);
        for (int i = 0; i < 5; i++, month = qf_picture_older(picture, month))
                assert_int_equal(month->member, order[i]);
        assert_null(month);
        assert_int_equal(changed_after(picture, 21), 0);
        assert_int_equal(changed_after(picture, 20), 1u << 1);
        assert_int_equal(changed_after(picture, 12), 1u << 1 | 1u << 3 | 1u << 4);
        assert_int_equal(changed_after(picture, 0), 31);
}

/* Arriving from a server cells come in any order: each is found by its own position. */
static void what_changed_is_found_whatever_the_order_of_touching(void **state)
{
        static const uint64_t positions[] = {7, 3, 9, 1, 9, 4};
        struct qf_picture *picture = *state;
        struct qf_cell *cell;

        for (uint32_t i = 0; i < 6; i++) {
                assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){1, i, 20230501}, &cell), 0);
                qf_picture_touch(picture, cell, positions[i]);
        }
        for (uint64_t after = 0; after < 10; after++) {
                uint64_t members = 0;
                for (uint32_t i = 0; i < 6; i++)
                        members |= positions[i] > after ? UINT64_C(1) << i : 0;
                assert_int_equal(changed_after(picture, after), members);
        }
}

/* Some days of a month changed, others not. */
static void a_walk_passes_over_days_that_did_not_change(void **state)
{
        struct qf_picture *picture = *state;
        struct qf_picture_walk walk;
        struct qf_cell *cell;

        for (uint32_t day = 0; day < 32; day++) {
                assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){1, 1, 20230500 + day}, &cell),
                                 0);
                qf_picture_touch(picture, cell, day % 3 == 1 ? 8 : 5);
        }
        walk = qf_picture_changed(picture, 5);
        for (uint32_t day = 1; day < 32; day += 3) {
                cell = qf_picture_walk_next(&walk);
                assert_non_null(cell);
                assert_int_equal(cell->key.period % 100, day);
        }
        assert_null(qf_picture_walk_next(&walk));
}

static void a_move_touches_day_and_month_and_not_stated(void **state)
{
        const struct qf_member_of members[] = {{1, 7}, {2, 3}, {2, 4}};
        const struct qf_contribution of = {20230506, {{1, 1, 120, 0, 0}}, 3, members};

        assert_int_equal(qf_picture_move(*state, NULL, &of, 0xF, 5), 0); /* dimensions 1, 2, 3 */
        assert_int_equal(qf_picture_cells(*state), 10);
        assert_int_equal(count(*state, 0, 0, 20230506), 120);
        assert_int_equal(count(*state, 0, 0, 20230500), 120);
        assert_int_equal(count(*state, 1, 7, 20230500), 120);
        assert_int_equal(count(*state, 2, 4, 20230506), 120);
        assert_int_equal(count(*state, 3, 0, 20230506), 120);
        assert_int_equal(count(*state, 1, 0, 20230506), -1);
}

static void undated_records_go_to_month_only_or_year_only(void **state)
{
        const struct qf_contribution month = {20230500, {{1, 1, 7, 0, 0}}, 0, NULL};
        const struct qf_contribution year = {20230000, {{1, 1, 9, 0, 0}}, 0, NULL};

        assert_int_equal(qf_picture_move(*state, NULL, &month, 1, 5), 0);
        assert_int_equal(qf_picture_move(*state, NULL, &year, 1, 6), 0);
        assert_int_equal(qf_picture_cells(*state), 2);
        assert_int_equal(count(*state, 0, 0, 20230500), 7);
        assert_int_equal(count(*state, 0, 0, 20230000), 9);
}

static void a_move_that_cancels_still_touches(void **state)
{
        const struct qf_contribution of = {20230506, {{1, 1, 120, 0, 0}}, 0, NULL};
        const struct qf_contribution gone = {0};

        assert_int_equal(qf_picture_move(*state, NULL, &of, 1, 5), 0);
        assert_int_equal(qf_picture_move(*state, &of, &of, 1, 6), 0);
        assert_int_equal(qf_picture_newest(*state)->changed, 6);
        assert_int_equal(count(*state, 0, 0, 20230500), 120);
        assert_int_equal(qf_picture_move(*state, &of, &gone, 1, 7), 0);
        assert_int_equal(count(*state, 0, 0, 20230500), 0);
        assert_int_equal(qf_picture_newest(*state)->changed, 7);
        assert_int_equal(qf_picture_move(*state, &gone, NULL, 1, 8), 0);
        assert_int_equal(qf_picture_newest(*state)->changed, 7);
}

/* The numbers of more members than are asked for at a time, whose months are made while others are on their way. */
static struct qf_contribution some_contribution(uint32_t i, struct qf_member_of members[40])
{
        struct qf_contribution of = {.date = 20230100 + i * 7 % 12 * 100 + i * i % 4, .members = members};

        of.counts = (struct qf_counts){{1, i % 3, i, i % 5 == 0, i % 7 == 0}};
        for (; of.members_count < i * i % 41; of.members_count++)
                members[of.members_count] = (struct qf_member_of){of.members_count < 20 ? 1 : 2,
                                                                  i % 50 * 20 + of.members_count % 20};
        return of;
}

static void what_is_noted_is_counted_when_it_is_settled(void **state)
{
        struct qf_picture *picture = *state, *one_by_one = NULL;
        struct qf_member_of before[40], members[40];
        struct qf_contribution old = {0};

        assert_int_equal(qf_picture_new(&one_by_one), 0);
        for (uint32_t i = 1; i <= 1000; i++) {
                const struct qf_contribution new = some_contribution(i, i % 2 ? members : before);

                assert_int_equal(qf_picture_note(picture, i % 3 ? &old : NULL, &new, 0xF, 2000 - i), 0);
                assert_int_equal(qf_picture_move(one_by_one, i % 3 ? &old : NULL, &new, 0xF, 2000 - i), 0);
                old = new;
        }
        assert_int_equal(qf_picture_settle(picture), 0);
        assert_int_equal(qf_picture_cells(picture), qf_picture_cells(one_by_one));
        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i),
                                     *other = qf_picture_find(one_by_one, cell->key);
                assert_non_null(other);
                assert_memory_equal(&cell->counts, &other->counts, sizeof(cell->counts));
                assert_int_equal(cell->changed, other->changed);
        }
        (void)qf_picture_free(one_by_one);
}

static void an_overflow_is_said(void **state)
{
        const struct qf_contribution of = {20230506, {{1, 1, INT64_MAX, 0, 0}}, 0, NULL};

        assert_int_equal(qf_picture_move(*state, NULL, &of, 1, 5), 0);
        assert_int_equal(qf_picture_move(*state, NULL, &of, 1, 6), -EOVERFLOW);
}

static void a_new_dimension_begins_with_all_not_stated(void **state)
{
        const struct qf_member_of members[] = {{1, 7}};
        const struct qf_contribution of = {20230506, {{1, 1, 120, 0, 0}}, 1, members};

        assert_int_equal(qf_picture_note(*state, NULL, &of, 3, 5), 0); /* what is on its way, too */
        assert_int_equal(qf_picture_add_dimension(*state, 2, 6), 0);
        assert_int_equal(count(*state, 2, 0, 20230506), 120);
        assert_int_equal(count(*state, 2, 0, 20230500), 120);
        assert_int_equal(qf_picture_move(*state, &of, NULL, 7, 7), 0);
        assert_int_equal(count(*state, 2, 0, 20230500), 0);
        assert_int_equal(count(*state, 1, 7, 20230500), 0);
}

/* No bound is asserted, since machines differ; the figure is printed for who changes the hot path. */
static void cost_of_a_move(void **state)
{
        enum { EVENTS = 100000 };
        int64_t begin = qf_clock_mono_ns();

        for (uint32_t i = 0; i < EVENTS; i++) {
                const struct qf_member_of members[] = {{1, i % 300}, {2, i % 7}, {3, i % 5}, {4, i % 11},
                                                       {5, i % 13},  {6, i % 3}, {7, i % 9}, {8, i % 17}};
                const struct qf_contribution of = {
                        20230101 + i % 12 * 100 + i % 28, {{1, 1, 50, 0, 0}}, 8, members};

                assert_int_equal(qf_picture_note(*state, NULL, &of, 0x1FF, 1 + i / 500), 0);
        }
        assert_int_equal(qf_picture_settle(*state), 0);
        print_message("%d moves of 9 dimensions: %lld ns each\n", EVENTS,
                      (long long)((qf_clock_mono_ns() - begin) / EVENTS));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(many_cells_are_found_again, setup, teardown),
                cmocka_unit_test_setup_teardown(what_cannot_be_a_cell_is_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(the_list_is_in_order_of_change, setup, teardown),
                cmocka_unit_test_setup_teardown(what_changed_is_found_whatever_the_order_of_touching, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(a_walk_passes_over_days_that_did_not_change, setup, teardown),
                cmocka_unit_test_setup_teardown(a_move_touches_day_and_month_and_not_stated, setup, teardown),
                cmocka_unit_test_setup_teardown(undated_records_go_to_month_only_or_year_only, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(a_move_that_cancels_still_touches, setup, teardown),
                cmocka_unit_test_setup_teardown(what_is_noted_is_counted_when_it_is_settled, setup, teardown),
                cmocka_unit_test_setup_teardown(an_overflow_is_said, setup, teardown),
                cmocka_unit_test_setup_teardown(a_new_dimension_begins_with_all_not_stated, setup, teardown),
                cmocka_unit_test_setup_teardown(cost_of_a_move, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
