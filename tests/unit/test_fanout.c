/* model/fanout: whatever room and changes there are meanwhile, a subscriber's
 * picture equals the server's at each end, and only at an end is it said to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model/fanout.h"

enum { MEMBERS = 200, PERIOD = 20230500 };

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

static void change(struct qf_picture *picture, uint32_t member, uint64_t version)
{
        struct qf_cell *cell;

        assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){1, member, PERIOD}, &cell), 0);
        cell->counts.of[0]++;
        qf_picture_touch(picture, cell, version);
}

/* What a subscriber that follows the rules holds. */
struct held {
        uint64_t version;
        int64_t values[MEMBERS], arriving[MEMBERS];
};

static void take(struct held *held, struct qf_cell *const *cells, const struct qf_fanout_chunk *chunk)
{
        if (chunk->fresh)
                memset(held, 0, sizeof(*held));
        assert_true(chunk->after <= held->version);
        for (size_t i = 0; i < chunk->count; i++)
                held->arriving[cells[i]->key.member] = cells[i]->counts.of[0];
        if (chunk->end) {
                memcpy(held->values, held->arriving, sizeof(held->values));
                held->version = chunk->upto;
        }
}

static void check_equal(const struct held *held, const struct qf_picture *picture)
{
        for (uint32_t i = 0; i < MEMBERS; i++) {
                const struct qf_cell *cell = qf_picture_find(picture, (struct qf_cell_key){1, i, PERIOD});

                assert_int_equal(held->values[i], cell ? cell->counts.of[0] : 0);
        }
}

static void an_empty_picture_is_said_once(void **state)
{
        struct qf_fanout fanout;
        struct qf_fanout_chunk chunk;
        struct qf_cell *cells[4];

        qf_fanout_begin(&fanout, 99, true);
        assert_true(qf_fanout_due(&fanout, 0));
        qf_fanout_next(&fanout, *state, 0, NULL, NULL, cells, 4, &chunk);
        assert_true(chunk.fresh && chunk.end && chunk.count == 0 && chunk.upto == 0);
        assert_false(qf_fanout_due(&fanout, 0));
}

static void resuming_sends_only_what_changed(void **state)
{
        struct qf_fanout fanout;
        struct qf_fanout_chunk chunk;
        struct qf_cell *cells[4];

        for (uint32_t i = 0; i < 100; i++)
                change(*state, i, i + 1);
        qf_fanout_begin(&fanout, 98, false);
        qf_fanout_next(&fanout, *state, 100, NULL, NULL, cells, 4, &chunk);
        assert_int_equal(chunk.count, 2);
        assert_true(chunk.end && !chunk.fresh && chunk.after == 98 && chunk.upto == 100);
        assert_int_equal(cells[0]->key.member, 99);
        assert_false(qf_fanout_due(&fanout, 100));
}

static void a_pass_that_nothing_disturbs_ends_itself(void **state)
{
        struct qf_fanout fanout;
        struct qf_fanout_chunk chunk;
        struct qf_cell *cells[16];
        struct held held = {0};
        int chunks = 0;

        for (uint32_t i = 0; i < 100; i++)
                change(*state, i, i + 1);
        qf_fanout_begin(&fanout, 0, true);
        do {
                qf_fanout_next(&fanout, *state, 100, NULL, NULL, cells, 16, &chunk);
                assert_int_equal(chunk.fresh, chunks == 0);
                take(&held, cells, &chunk);
                chunks++;
        } while (!chunk.end);
        assert_int_equal(chunks, 7);
        check_equal(&held, *state);
}

static bool even_members(void *ctx, const struct qf_cell *cell)
{
        (void)ctx;
        return cell->key.member % 2 == 0;
}

static void only_wanted_cells_are_sent(void **state)
{
        struct qf_fanout fanout;
        struct qf_fanout_chunk chunk;
        struct qf_cell *cells[64];

        for (uint32_t i = 0; i < 100; i++)
                change(*state, i, i + 1);
        qf_fanout_begin(&fanout, 0, true);
        qf_fanout_next(&fanout, *state, 100, even_members, NULL, cells, 64, &chunk);
        assert_int_equal(chunk.count, 50);
        assert_true(chunk.end);
}

static void any_disturbance_ends_equal(void **state)
{
        (void)state;
        for (unsigned seed = 1; seed <= 300; seed++) {
                struct qf_picture *picture = NULL;
                struct qf_fanout fanout;
                struct qf_fanout_chunk chunk;
                struct qf_cell *cells[MEMBERS];
                struct held held = {0};
                uint64_t version = 0;
                int ends = 0;

                assert_int_equal(qf_picture_new(&picture), 0);
                srand(seed);
                qf_fanout_begin(&fanout, 0, true);
                for (int step = 0; step < 400; step++) {
                        for (int i = rand() % 12; i > 0 && step < 350; i--)
                                change(picture, (uint32_t)(rand() % MEMBERS), ++version);
                        if (!qf_fanout_due(&fanout, version) || rand() % 3 == 0)
                                continue;
                        qf_fanout_next(&fanout, picture, version, NULL, NULL, cells,
                                       1 + (size_t)(rand() % 40), &chunk);
                        take(&held, cells, &chunk);
                        if (!chunk.end)
                                continue;
                        ends++;
                        assert_int_equal(held.version, version);
                        check_equal(&held, picture);
                }
                assert_true(ends > 0);
                assert_int_equal(held.version, version);
                (void)qf_picture_free(picture);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(an_empty_picture_is_said_once, setup, teardown),
                cmocka_unit_test_setup_teardown(resuming_sends_only_what_changed, setup, teardown),
                cmocka_unit_test_setup_teardown(a_pass_that_nothing_disturbs_ends_itself, setup, teardown),
                cmocka_unit_test_setup_teardown(only_wanted_cells_are_sent, setup, teardown),
                cmocka_unit_test(any_disturbance_ends_equal),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
