/* store/standings, store/counts_tables: what is packed is unpacked; the cache
 * holds what was put, hands out the changed ones in key order, and survives growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/counts_tables.h"
#include "store/standings.h"

enum { MANY = 20000, RUN = 100 };

static int setup(void **state)
{
        struct qf_standings *standings = NULL;

        assert_int_equal(qf_standings_new(&standings), 0);
        *state = standings;
        return 0;
}

static int teardown(void **state)
{
        qf_standings_free(*state);
        return 0;
}

static void put(struct qf_standings *standings, uint32_t partner, const char *key, const char *value,
                bool dirty)
{
        assert_int_equal(
                qf_standings_put(standings, partner, qf_view_of(key), qf_view_of(value), dirty, NULL), 0);
}

static void assert_holds(const struct qf_standings *standings, uint32_t partner, const char *key,
                         const char *value)
{
        const struct qf_standing_slot *slot = qf_standings_find(standings, partner, qf_view_of(key));

        assert_non_null(slot);
        assert_true(qf_view_same(qf_standing_slot_value(slot), qf_view_of(value)));
}

static void put_then_find_gives_the_value(void **state)
{
        struct qf_standings *standings = *state;

        put(standings, 1, "a", "one", false);
        put(standings, 2, "a", "two", false);
        put(standings, 1, "ab", "three", false);
        assert_holds(standings, 1, "a", "one");
        assert_holds(standings, 2, "a", "two");
        assert_holds(standings, 1, "ab", "three");
        assert_null(qf_standings_find(standings, 3, QF_VIEW("a")));
        assert_int_equal(qf_standings_count(standings), 3);
}

static void put_longer_value_moves_the_slot_and_keeps_it_dirty(void **state)
{
        struct qf_standings *standings = *state;
        char longer[200];
        size_t count;

        memset(longer, 'x', sizeof longer - 1);
        longer[sizeof longer - 1] = 0;
        put(standings, 1, "a", "one", true);
        qf_standings_find(standings, 1, QF_VIEW("a"))->waiting = 2;
        put(standings, 1, "a", longer, true);
        assert_holds(standings, 1, "a", longer);
        struct qf_standing_slot *const *dirty;
        assert_int_equal(qf_standings_dirty(standings, &dirty, &count), 0);
        assert_int_equal(count, 1);
        assert_true(qf_view_same(qf_standing_slot_value(dirty[0]), qf_view_of(longer)));
        assert_int_equal(dirty[0]->waiting, 2);
}

static void expect_untold(struct qf_standings *standings, const char *keys)
{
        size_t count, told = 0;
        struct qf_standing_slot *const *untold = qf_standings_untold(standings, &count);

        assert_int_equal(count, strlen(keys));
        for (size_t i = 0; i < count; i++)
                told += qf_standing_slot_key(untold[i]).at[0] == keys[i];
        assert_int_equal(told, count);
}

static void what_changed_since_it_was_asked_is_told_once(void **state)
{
        struct qf_standings *standings = *state;
        size_t count;

        put(standings, 1, "c", "one", true);
        put(standings, 1, "a", "one", true);
        put(standings, 1, "c", "two", true);
        put(standings, 1, "x", "one", false);
        expect_untold(standings, "ca");
        expect_untold(standings, "");
        put(standings, 1, "c", "longer than there is room for", true);
        put(standings, 1, "b", "one", true);
        expect_untold(standings, "cb");
        put(standings, 1, "a", "three", true);
        struct qf_standing_slot *const *dirty;
        assert_int_equal(qf_standings_dirty(standings, &dirty, &count), 0);
        assert_int_equal(count, 3);
        for (size_t i = 0; i < count; i++)
                assert_int_equal(qf_standing_slot_key(dirty[i]).at[0], "abc"[i]);
        assert_true(qf_view_same(qf_standing_slot_value(dirty[0]), QF_VIEW("three")));
        expect_untold(standings, "a");
        put(standings, 1, "b", "two", true);
        assert_int_equal(qf_standings_dirty_count(standings), 4);
        assert_int_equal(qf_standings_clean(standings, NULL), 0);
        expect_untold(standings, "");
        put(standings, 1, "b", "three", true);
        expect_untold(standings, "b");
}

static void set_fails_when_the_value_does_not_fit(void **state)
{
        struct qf_standings *standings = *state;
        char longer[200] = {0};

        put(standings, 1, "a", "one", false);
        struct qf_standing_slot *slot = qf_standings_find(standings, 1, QF_VIEW("a"));
        assert_true(qf_standings_set(standings, slot, QF_VIEW("four"), true));
        assert_holds(standings, 1, "a", "four");
        assert_int_equal(qf_standings_dirty_count(standings), 1);
        assert_false(qf_standings_set(standings, slot, (struct qf_view){longer, sizeof longer}, true));
        assert_holds(standings, 1, "a", "four");
}

/* All that is dirty comes out sorted, and is clean then. */
static void expect_in_order(struct qf_standings *standings, size_t wanted)
{
        struct qf_standing_slot *const *dirty;
        size_t count;

        assert_int_equal(qf_standings_dirty(standings, &dirty, &count), 0);
        assert_int_equal(count, wanted);
        for (size_t i = 1; i < count; i++) {
                int order = qf_view_order(qf_standing_slot_key(dirty[i - 1]), qf_standing_slot_key(dirty[i]));
                assert_true(dirty[i - 1]->partner < dirty[i]->partner ||
                            (dirty[i - 1]->partner == dirty[i]->partner && order < 0));
        }
        assert_int_equal(qf_standings_clean(standings, NULL), 0);
        assert_int_equal(qf_standings_dirty_count(standings), 0);
        assert_int_equal(qf_standings_count(standings), wanted);
}

/* Many keys in a scrambled order; partners lists how many partners share them. */
static void expect_sorted(struct qf_standings *standings, uint32_t partners)
{
        char key[32];

        for (uint32_t i = 0; i < MANY; i++) {
                uint32_t number = i * 7919 % MANY;
                (void)snprintf(key, sizeof key, number % 3 ? "key-%06u" : "key-%06u-long", number);
                put(standings, 1 + number % partners, key, "v", true);
                qf_standings_ahead(standings, 1, QF_VIEW("anything"));
        }
        expect_in_order(standings, MANY);
}

/* Keys of a partner that rise from a number, as a batch has them. */
static void put_run(struct qf_standings *standings, uint32_t partner, unsigned first, unsigned step)
{
        char key[32];

        for (unsigned i = 0; i < RUN; i++) {
                (void)snprintf(key, sizeof key, "key-%06u", first + i * step);
                put(standings, partner, key, "v", true);
        }
}

/* Two outboxes of a partner take turns, one of them ahead; another partner comes between. */
static void runs_with_gaps_are_merged(void **state)
{
        static const unsigned order[] = {0, 2, 4, 1, 6, 8, 3, 5, 7};

        for (unsigned i = 0; i < 9; i++) {
                put_run(*state, 2, order[i] * RUN, 1);
                if (i % 4 == 3)
                        put_run(*state, 1, i * RUN, 1);
        }
        expect_in_order(*state, 11 * RUN);
}

static void runs_that_take_turns_with_each_key_are_sorted(void **state)
{
        put_run(*state, 1, 1, 2);
        put_run(*state, 1, 0, 2);
        put_run(*state, 2, 0, 1);
        expect_in_order(*state, 3 * RUN);
}

static void a_few_in_no_order_are_sorted(void **state)
{
        put_run(*state, 1, 5, 1);
        put(*state, 1, "key-000002", "v", true);
        put(*state, 1, "key-000001", "v", true);
        put(*state, 1, "key-000200", "v", true);
        put(*state, 1, "key-000003", "v", true);
        expect_in_order(*state, RUN + 4);
}

static void dirty_of_one_partner_are_in_key_order(void **state)
{
        expect_sorted(*state, 1);
}

static void dirty_of_several_partners_are_in_key_order(void **state)
{
        expect_sorted(*state, 5);
}

static void keys_that_are_prefixes_of_each_other_are_in_order(void **state)
{
        struct qf_standings *standings = *state;
        char key[QF_KEY_BYTES_MAX + 1];
        size_t count;

        memset(key, 'a', sizeof key);
        for (unsigned len = QF_KEY_BYTES_MAX; len >= 1; len--) {
                key[len] = 0;
                put(standings, 1, key, "v", true);
        }
        struct qf_standing_slot *const *dirty;
        assert_int_equal(qf_standings_dirty(standings, &dirty, &count), 0);
        assert_int_equal(count, QF_KEY_BYTES_MAX);
        for (size_t i = 0; i < count; i++)
                assert_int_equal(dirty[i]->key_len, i + 1);
}

static void clear_forgets_everything_and_can_be_used_again(void **state)
{
        struct qf_standings *standings = *state;

        expect_sorted(standings, 1);
        assert_true(qf_standings_bytes(standings) > MANY);
        qf_standings_clear(standings);
        assert_int_equal(qf_standings_bytes(standings), 0);
        assert_null(qf_standings_find(standings, 1, QF_VIEW("key-000001")));
        expect_sorted(standings, 2);
}

/* --- packing ------------------------------------------------------------------ */

static struct qf_standing full_standing(void)
{
        struct qf_standing standing = {
                .state = QF_HEAD_WITHDRAWN,
                .stated = 1,
                .late = 1,
                .sessions = UINT16_MAX,
                .row = UINT32_MAX,
                .date = 29991231,
                .attendances = UINT32_MAX,
                .method = 4,
                .claimed = 0x1f,
                .ticks = -5,
                .tick_events = UINT64_MAX,
                .changed = UINT64_MAX,
                .members_count = QF_VALUES_MAX,
        };

        for (unsigned method = 0; method < 5; method++)
                standing.claims[method] = (struct qf_claim){UINT32_MAX - method, INT64_MIN + method};
        for (uint32_t i = 0; i < QF_VALUES_MAX; i++)
                standing.members[i] = (struct qf_member_of){(uint16_t)(i % 25), UINT32_MAX - 1 - i};
        return standing;
}

static void assert_same_standing(const struct qf_standing *a, const struct qf_standing *b)
{
        assert_int_equal(a->state, b->state);
        assert_int_equal(a->stated, b->stated);
        assert_int_equal(a->late, b->late);
        assert_int_equal(a->sessions, b->sessions);
        assert_int_equal(a->row, b->row);
        assert_int_equal(a->date, b->date);
        assert_int_equal(a->attendances, b->attendances);
        assert_int_equal(a->method, b->method);
        assert_int_equal(a->ticks, b->ticks);
        assert_true(a->tick_events == b->tick_events);
        assert_true(a->changed == b->changed);
        assert_int_equal(a->claimed, b->claimed);
        for (unsigned method = 0; method < 5; method++) {
                assert_int_equal(a->claims[method].attendances, b->claims[method].attendances);
                assert_true(a->claims[method].as_of_ms == b->claims[method].as_of_ms);
        }
        assert_int_equal(a->members_count, b->members_count);
        for (uint32_t i = 0; i < a->members_count; i++) {
                assert_int_equal(a->members[i].dimension, b->members[i].dimension);
                assert_int_equal(a->members[i].member, b->members[i].member);
        }
}

static void standing_packs_and_unpacks(void **state)
{
        uint8_t bytes[QF_STANDING_BYTES];
        struct qf_standing full = full_standing(), empty, got;

        (void)state;
        memset(&got, 0x55, sizeof got);
        size_t len = qf_standing_pack(&full, bytes);
        assert_in_range(len, 1, QF_STANDING_BYTES);
        assert_int_equal(qf_standing_unpack((struct qf_view){(const char *)bytes, (uint32_t)len}, &got), 0);
        assert_same_standing(&got, &full);
        assert_int_equal(qf_standing_row((struct qf_view){(const char *)bytes, (uint32_t)len}), UINT32_MAX);
        qf_standing_clear(&empty);
        len = qf_standing_pack(&empty, bytes);
        assert_int_equal(len, 7);
        assert_int_equal(qf_standing_unpack((struct qf_view){(const char *)bytes, (uint32_t)len}, &got), 0);
        assert_same_standing(&got, &empty);
}

static void the_example_of_the_comment_is_true(void **state)
{
        static const uint8_t example[] = {0x05, 0x07, 0xea, 0xe2, 0xd2, 0x09,
                                          0x01, 0x78, 0x09, 0x01, 0x01, 0x03};
        struct qf_standing got;

        (void)state;
        assert_int_equal(qf_standing_unpack((struct qf_view){(const char *)example, sizeof example}, &got),
                         0);
        assert_int_equal(got.state, QF_HEAD_LIVE);
        assert_int_equal(got.row, 7);
        assert_int_equal(got.date, 20230506);
}

static void damaged_standing_is_refused(void **state)
{
        uint8_t bytes[QF_STANDING_BYTES];
        struct qf_standing full = full_standing(), got;

        (void)state;
        uint32_t len = (uint32_t)qf_standing_pack(&full, bytes);
        for (uint32_t cut = 0; cut < len; cut++)
                assert_int_equal(qf_standing_unpack((struct qf_view){(const char *)bytes, cut}, &got),
                                 -EBADMSG);
        bytes[len] = 0;
        assert_int_equal(qf_standing_unpack((struct qf_view){(const char *)bytes, len + 1}, &got), -EBADMSG);
}

static void month_packs_and_unpacks(void **state)
{
        struct qf_cell day = {
                .key = {3, 70000, 20230506}, .counts.of = {1, 2, INT64_MAX, -4, 0}, .changed = 9};
        struct qf_cell month = {
                .key = {3, 70000, 20230500}, .counts.of = {INT64_MIN, 0, 0, 0, 0}, .changed = 8};
        struct qf_cell *cells[QF_CELL_ROW_CELLS] = {[0] = &month, [6] = &day};
        struct qf_cell_saved saved[QF_CELL_ROW_CELLS];
        uint8_t key[QF_CELL_ROW_KEY_BYTES], value[QF_CELL_ROW_BYTES];
        struct qf_cell_row_key row;
        uint32_t count = 0;

        (void)state;
        qf_cell_row_key_pack(qf_cell_row_of(day.key), key);
        assert_int_equal(qf_cell_row_key_unpack((struct qf_view){(const char *)key, sizeof key}, &row), 0);
        assert_int_equal(row.month, 202305);
        uint32_t len = (uint32_t)qf_cell_row_pack(1u << 0 | 1u << 6, cells, value);
        assert_int_equal(qf_cell_row_unpack(row, (struct qf_view){(const char *)value, len}, saved, &count),
                         0);
        assert_int_equal(count, 2);
        assert_int_equal(saved[0].key.period, 20230500);
        assert_true(saved[0].counts.of[0] == INT64_MIN);
        assert_int_equal(saved[1].key.period, 20230506);
        assert_int_equal(saved[1].key.member, 70000);
        assert_memory_equal(&saved[1].counts, &day.counts, sizeof day.counts);
        assert_int_equal(saved[1].changed, 9);
        assert_int_equal(
                qf_cell_row_unpack(row, (struct qf_view){(const char *)value, len - 1}, saved, &count),
                -EBADMSG);
}

static void the_largest_month_fits(void **state)
{
        struct qf_cell cell = {.counts.of = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
                               .changed = UINT64_MAX};
        struct qf_cell *cells[QF_CELL_ROW_CELLS];
        uint8_t value[QF_CELL_ROW_BYTES];

        (void)state;
        for (unsigned i = 0; i < QF_CELL_ROW_CELLS; i++)
                cells[i] = &cell;
        assert_in_range(qf_cell_row_pack(UINT32_MAX, cells, value), 1, QF_CELL_ROW_BYTES);
}

static void meta_packs_and_unpacks(void **state)
{
        struct qf_counts_meta meta = {.rules = 1,
                                      .life_number = 2,
                                      .position = 3,
                                      .received_at_ms = -4,
                                      .rows = 5,
                                      .counted_dimensions = 6,
                                      .registers = 7,
                                      .cell_rows = 8,
                                      .cell_digest = 9},
                              got;
        uint8_t bytes[QF_COUNTS_META_BYTES];

        (void)state;
        memset(meta.hash, 7, sizeof meta.hash);
        qf_counts_meta_pack(&meta, bytes);
        assert_int_equal(qf_counts_meta_unpack((struct qf_view){(const char *)bytes, sizeof bytes}, &got), 0);
        assert_int_equal(got.received_at_ms, -4);
        assert_int_equal(got.cell_digest, 9);
        assert_int_equal(got.registers, 7);
        assert_memory_equal(got.hash, meta.hash, sizeof meta.hash);
        assert_int_equal(qf_counts_meta_unpack((struct qf_view){(const char *)bytes, 10}, &got), -EBADMSG);
}

static void past_packs_and_unpacks(void **state)
{
        struct qf_counts_past past = {.journal = "journal",
                                      .position = 10,
                                      .hash = "furthest",
                                      .lives_count = 2,
                                      .lives = {"first", "second"}},
                              got;
        uint8_t bytes[QF_COUNTS_PAST_BYTES + 16] = {0};

        (void)state;
        uint32_t len = (uint32_t)qf_counts_past_pack(&past, bytes);
        assert_int_equal(len, 56 + 2 * 16);
        assert_int_equal(qf_counts_past_unpack((struct qf_view){(const char *)bytes, len}, &got), 0);
        assert_memory_equal(&got, &past, sizeof past);
        static const uint32_t bad[] = {0, 55, 56 + 15, QF_COUNTS_PAST_BYTES + 16};
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
                assert_int_equal(qf_counts_past_unpack((struct qf_view){(const char *)bytes, bad[i]}, &got),
                                 -EBADMSG);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(put_then_find_gives_the_value),
                CASE(put_longer_value_moves_the_slot_and_keeps_it_dirty),
                CASE(what_changed_since_it_was_asked_is_told_once),
                CASE(set_fails_when_the_value_does_not_fit),
                CASE(dirty_of_one_partner_are_in_key_order),
                CASE(dirty_of_several_partners_are_in_key_order),
                CASE(runs_with_gaps_are_merged),
                CASE(runs_that_take_turns_with_each_key_are_sorted),
                CASE(a_few_in_no_order_are_sorted),
                CASE(keys_that_are_prefixes_of_each_other_are_in_order),
                CASE(clear_forgets_everything_and_can_be_used_again),
                cmocka_unit_test(standing_packs_and_unpacks),
                cmocka_unit_test(the_example_of_the_comment_is_true),
                cmocka_unit_test(damaged_standing_is_refused),
                cmocka_unit_test(month_packs_and_unpacks),
                cmocka_unit_test(the_largest_month_fits),
                cmocka_unit_test(meta_packs_and_unpacks),
                cmocka_unit_test(past_packs_and_unpacks),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
