/* store/environment: one process, safe creation, clean fullness, order of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "store/environment.h"
#include "support/temporary.h"

static const char *const TABLES[] = {"rows", "others", NULL};
enum { ROWS, OTHERS };

struct fixture {
        struct temporary temporary;
        char directory[128];
};

static int make(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        temporary_make(&fixture->temporary);
        (void)temporary_in(&fixture->temporary, "data", fixture->directory, sizeof fixture->directory);
        *state = fixture;
        return 0;
}

static int unmake(void **state)
{
        struct fixture *fixture = *state;
        temporary_remove(fixture->temporary.path, 3);
        free(fixture);
        return 0;
}

static const struct qf_environment_options OPTIONS = {.format = "qf-test-1",
                                                      .tables = TABLES,
                                                      .map_bytes = 1 << 20,
                                                      .map_bytes_max = 64 << 20,
                                                      .plain = 1u << ROWS};

static struct qf_environment *open_now(const struct fixture *fixture,
                                       const struct qf_environment_options *options)
{
        struct qf_environment *environment = NULL;
        assert_int_equal(qf_environment_open(fixture->directory, options, &environment), 0);
        return environment;
}

static void put_number(struct qf_txn *txn, uint32_t number, int expected)
{
        uint8_t key[4];
        qf_put_be32(key, number);
        assert_int_equal(qf_txn_put(txn, ROWS, (struct qf_view){(const char *)key, 4}, QF_VIEW("value")),
                         expected);
}

static void environment_opened_twice_is_in_use(void **state)
{
        struct qf_environment *first = open_now(*state, &OPTIONS), *second = NULL;
        const struct fixture *fixture = *state;
        assert_int_equal(qf_environment_open(fixture->directory, &OPTIONS, &second), QF_STORE_IN_USE);
        assert_null(second);
        (void)qf_environment_close(first);
        first = open_now(fixture, &OPTIONS);
        (void)qf_environment_close(first);
}

static void environment_with_other_format_is_refused(void **state)
{
        struct qf_environment_options other = OPTIONS;
        static const char *const more[] = {"rows", "others", "third", NULL};
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        const struct fixture *fixture = *state;
        (void)qf_environment_close(environment);
        static const struct {
                const char *format;
                int outcome;
        } rows[] = {{"qf-test-2", QF_STORE_OLDER},     {"qf-test-0", QF_STORE_NEWER},
                    {"qf-test-10", QF_STORE_OLDER},    {"qf-other-1", QF_STORE_FORMAT},
                    {"qf-testing-1", QF_STORE_FORMAT}, {"qf-test-x", QF_STORE_FORMAT}};
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                other.format = rows[i].format;
                assert_int_equal(qf_environment_open(fixture->directory, &other, &environment),
                                 rows[i].outcome);
        }
        other = OPTIONS;
        other.tables = more;
        assert_int_equal(qf_environment_open(fixture->directory, &other, &environment), QF_STORE_FORMAT);
}

static void environment_that_was_not_ours_is_refused(void **state)
{
        const struct fixture *fixture = *state;
        struct qf_environment *environment = NULL;
        char path[160];
        assert_int_equal(mkdir(fixture->directory, 0700), 0);
        (void)snprintf(path, sizeof path, "%s/data.mdb", fixture->directory);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        assert_int_equal(qf_environment_open(fixture->directory, &OPTIONS, &environment), QF_STORE_FORMAT);
        assert_int_equal(write(fd, path, sizeof path), sizeof path);
        assert_int_equal(close(fd), 0);
        assert_int_not_equal(qf_environment_open(fixture->directory, &OPTIONS, &environment), 0);
        assert_null(environment);
}

static void environment_half_made_is_made_anew(void **state)
{
        const struct fixture *fixture = *state;
        char path[160];
        (void)snprintf(path, sizeof path, "%s.new", fixture->directory);
        assert_int_equal(mkdir(path, 0700), 0);
        (void)snprintf(path, sizeof path, "%s.new/data.mdb", fixture->directory);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        assert_int_equal(write(fd, "half", 4), 4);
        assert_int_equal(close(fd), 0);
        struct qf_environment *environment = open_now(fixture, &OPTIONS);
        (void)snprintf(path, sizeof path, "%s.new", fixture->directory);
        assert_int_not_equal(access(path, F_OK), 0);
        (void)qf_environment_close(environment);
}

static void environment_read_only_needs_one_that_is_there(void **state)
{
        struct qf_environment_options options = OPTIONS;
        const struct fixture *fixture = *state;
        struct qf_environment *environment = NULL;
        options.read_only = true;
        assert_true(qf_environment_open(fixture->directory, &options, &environment) < 0);
        (void)qf_environment_close(open_now(fixture, &OPTIONS));
        environment = open_now(fixture, &options);
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        assert_int_equal(qf_txn_rows(txn, ROWS), 0);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static int append_row(struct qf_txn *txn, uint32_t number)
{
        uint8_t key[4], *room;
        qf_put_be32(key, number);
        int result = qf_txn_append(txn, ROWS, (struct qf_view){(const char *)key, 4}, 1000, &room);
        if (result == 0)
                memset(room, 7, 1000);
        return result;
}

static void append_so_many(struct qf_txn *txn, uint32_t count)
{
        for (uint32_t number = 0; number < count; number++)
                assert_int_equal(append_row(txn, number), 0);
}

static uint32_t fill_until_full(struct qf_environment *environment, uint32_t first)
{
        struct qf_txn *txn = NULL;
        int result = 0;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        for (; result == 0; first++)
                result = append_row(txn, first);
        assert_int_equal(result, QF_STORE_FULL);
        put_number(txn, 1, QF_STORE_FULL);
        assert_int_equal(qf_txn_commit(&txn), QF_STORE_FULL);
        assert_null(txn);
        return first;
}

static void full_map_voids_the_transaction_and_no_other(void **state)
{
        struct qf_environment_options tiny = OPTIONS;
        tiny.map_bytes_max = tiny.map_bytes;
        struct qf_environment *environment = open_now(*state, &tiny);
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        put_number(txn, 0, 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        assert_true(fill_until_full(environment, 1) > 100);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_rows(txn, ROWS), 1);
        put_number(txn, 1, 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
}

/* Whatever is left of the map: the format is written anew, or the map is said to be full. */
static void format_that_finds_no_room_says_so(void **state)
{
        struct qf_environment_options tiny = OPTIONS;
        tiny.map_bytes_max = tiny.map_bytes;
        struct qf_environment *environment = open_now(*state, &tiny);
        const uint32_t fit = fill_until_full(environment, 0) - 1;
        uint32_t full = 0;
        for (uint32_t rows = fit - 20; rows <= fit; rows++) {
                struct qf_txn *txn = NULL;
                assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
                append_so_many(txn, rows);
                const int result = qf_txn_renew_format(txn, OPTIONS.format);
                assert_true(result == 0 || result == QF_STORE_FULL);
                full += result == QF_STORE_FULL;
                qf_txn_abort(&txn);
        }
        assert_in_range(full, 1, 20);
        (void)qf_environment_close(environment);
}

static void map_grows_after_it_was_full(void **state)
{
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        (void)fill_until_full(environment, 0);
        assert_int_equal(qf_environment_map(environment), 1 << 20);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        qf_txn_abort(&txn);
        assert_int_equal(qf_environment_map(environment), 2 << 20);
        (void)qf_environment_close(environment);
}

/* No more address space than is of use: a sanitizer leaves a process little of it. */
static void who_only_reads_maps_what_there_is_and_room_to_grow(void **state)
{
        struct qf_environment_options options = OPTIONS;
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        (void)fill_until_full(environment, 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        for (uint32_t number = 0; number < 80000; number++)
                put_number(txn, number, 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        uint64_t used = qf_environment_used(environment);
        assert_true(used > OPTIONS.map_bytes);
        (void)qf_environment_close(environment);
        options.read_only = true;
        options.map_bytes_max = UINT64_C(1) << 40;
        environment = open_now(*state, &options);
        assert_in_range(qf_environment_map(environment), 4 * used, 16 * used);
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        assert_int_equal(qf_txn_rows(txn, ROWS), 80000);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static void disk_floor_refuses_before_anything_is_written(void **state)
{
        struct qf_environment_options options = OPTIONS;
        options.disk_floor_bytes = UINT64_MAX;
        struct qf_environment *environment = open_now(*state, &options);
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_txn_begin(environment, true, &txn), QF_STORE_FULL);
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static void insert_of_a_standing_key_gives_what_stands(void **state)
{
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        struct qf_view standing;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_insert(txn, OTHERS, QF_VIEW("a"), QF_VIEW("one"), &standing), 0);
        assert_int_equal(qf_txn_insert(txn, OTHERS, QF_VIEW("a"), QF_VIEW("two"), &standing),
                         QF_STORE_EXISTS);
        assert_true(qf_view_same(standing, QF_VIEW("one")));
        assert_int_equal(qf_txn_delete(txn, OTHERS, QF_VIEW("a")), 0);
        assert_int_equal(qf_txn_delete(txn, OTHERS, QF_VIEW("a")), QF_STORE_NONE);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
}

/* Mostly rising, as partners' keys are, with some before all others and some again. */
static void inserts_in_any_order_lie_in_order_each_once(void **state)
{
        enum { INSERTS = 4000 };
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        struct qf_view standing, from = {0}, value;
        uint8_t key[4];
        const struct qf_view at = {(const char *)key, sizeof key};
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_rows(txn, OTHERS), 0);
        for (uint32_t i = 0; i < INSERTS; i++) {
                qf_put_be32(key, i % 700 < 500 ? INSERTS + i : INSERTS - i - 1);
                assert_int_equal(qf_txn_insert(txn, OTHERS, at, at, &standing), 0);
                assert_int_equal(qf_txn_rows(txn, OTHERS), i + 1);
                if (i % 7 != 0)
                        continue;
                assert_int_equal(qf_txn_insert(txn, OTHERS, at, QF_VIEW("other"), &standing),
                                 QF_STORE_EXISTS);
                assert_true(qf_view_same(standing, at));
        }
        for (uint32_t i = 0; i < INSERTS; i++) {
                assert_int_equal(qf_txn_seek(txn, OTHERS, from, i > 0, &from, &value), 0);
                assert_true(qf_view_same(from, value));
        }
        assert_int_equal(qf_txn_seek(txn, OTHERS, from, true, &from, &value), QF_STORE_NONE);
        assert_int_equal(qf_txn_commit(&txn), 0);
        (void)qf_environment_close(environment);
}

static void append_out_of_order_is_refused(void **state)
{
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        uint8_t *room;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_append(txn, ROWS, QF_VIEW("b"), 1, &room), 0);
        *room = 1;
        assert_int_equal(qf_txn_append(txn, ROWS, QF_VIEW("a"), 1, &room), QF_STORE_EXISTS);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static int put_last(struct qf_txn *txn, struct qf_view key, struct qf_view value)
{
        return qf_txn_put_summed(txn, OTHERS, key, value, qf_row_sum(key, value), true);
}

static void summed_rows_are_what_was_put(void **state)
{
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        struct qf_view key, value;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(put_last(txn, QF_VIEW("b"), QF_VIEW("first")), 0);
        assert_int_equal(put_last(txn, QF_VIEW("c"), QF_VIEW("second")), 0);
        assert_int_equal(put_last(txn, QF_VIEW("a"), QF_VIEW("behind")), QF_STORE_EXISTS);
        assert_int_equal(qf_txn_put_summed(txn, OTHERS, QF_VIEW("a"), QF_VIEW("behind"), 7, false), 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        assert_int_equal(qf_txn_last(txn, OTHERS, &key, &value), 0);
        assert_true(qf_view_same(key, QF_VIEW("c")) && qf_view_same(value, QF_VIEW("second")));
        assert_int_equal(qf_txn_get(txn, OTHERS, QF_VIEW("b"), &value), 0);
        assert_true(qf_view_same(value, QF_VIEW("first")));
        assert_int_equal(qf_txn_get(txn, OTHERS, QF_VIEW("a"), &value),
                         QF_STORE_DAMAGED); /* 7 is not its sum */
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static void expect_key(int result, struct qf_view key, uint32_t number)
{
        assert_int_equal(result, 0);
        assert_int_equal(qf_get_be32((const uint8_t *)key.at), number);
}

static void seeking_walks_keys_in_order_both_ways(void **state)
{
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        struct qf_view key, value;
        uint8_t at[4];
        struct qf_view from = {(const char *)at, 4};
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        for (uint32_t i = 1; i <= 300; i++)
                put_number(txn, i * 10, 0);
        qf_put_be32(at, 15);
        expect_key(qf_txn_seek(txn, ROWS, from, false, &key, &value), key, 20);
        expect_key(qf_txn_seek(txn, ROWS, key, false, &key, &value), key, 20);
        expect_key(qf_txn_seek(txn, ROWS, key, true, &key, &value), key, 30);
        expect_key(qf_txn_seek_back(txn, ROWS, from, &key, &value), key, 10);
        qf_put_be32(at, 30);
        expect_key(qf_txn_seek_back(txn, ROWS, from, &key, &value), key, 30);
        qf_put_be32(at, 5);
        assert_int_equal(qf_txn_seek_back(txn, ROWS, from, &key, &value), QF_STORE_NONE);
        qf_put_be32(at, 9999);
        expect_key(qf_txn_seek_back(txn, ROWS, from, &key, &value), key, 3000);
        assert_int_equal(qf_txn_seek(txn, ROWS, from, false, &key, &value), QF_STORE_NONE);
        expect_key(qf_txn_last(txn, ROWS, &key, &value), key, 3000);
        expect_key(qf_txn_seek(txn, ROWS, (struct qf_view){0}, false, &key, &value), key, 10);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static void committed_rows_are_there_after_reopening(void **state)
{
        struct qf_environment *environment = open_now(*state, &OPTIONS);
        struct qf_txn *txn = NULL;
        struct qf_view value;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_put(txn, OTHERS, QF_VIEW("kept"), QF_VIEW("yes")), 0);
        assert_int_equal(qf_txn_commit(&txn), 0);
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        assert_int_equal(qf_txn_put(txn, OTHERS, QF_VIEW("given up"), QF_VIEW("yes")), 0);
        (void)qf_environment_close(environment); /* with the transaction open: it is void */
        environment = open_now(*state, &OPTIONS);
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        assert_int_equal(qf_txn_get(txn, OTHERS, QF_VIEW("kept"), &value), 0);
        assert_true(qf_view_same(value, QF_VIEW("yes")));
        assert_int_equal(qf_txn_get(txn, OTHERS, QF_VIEW("given up"), &value), QF_STORE_NONE);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static uint64_t file_bytes(const struct fixture *fixture)
{
        char path[160];
        struct stat about;
        (void)snprintf(path, sizeof path, "%s/data.mdb", fixture->directory);
        assert_int_equal(stat(path, &about), 0);
        return (uint64_t)about.st_size;
}

static void append_rows(struct qf_environment *environment, uint32_t first, uint32_t count, uint32_t bytes)
{
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        for (uint32_t number = first; number < first + count; number++) {
                uint8_t key[4], *room;
                qf_put_be32(key, number);
                assert_int_equal(
                        qf_txn_append(txn, ROWS, (struct qf_view){(const char *)key, 4}, bytes, &room), 0);
                memset(room, 7, bytes);
        }
        assert_int_equal(qf_txn_commit(&txn), 0);
}

enum { SMALL_COMMITS = 200, PIECE = 1 << 20 };

static void small_commits_seldom_make_the_file_longer(void **state)
{
        struct qf_environment_options options = OPTIONS;
        options.map_bytes = options.map_bytes_max;
        struct qf_environment *environment = open_now(*state, &options);
        uint32_t longer = 0;
        append_rows(environment, 0, 40, 10000);
        for (uint32_t i = 0; i < SMALL_COMMITS; i++) {
                uint64_t before = file_bytes(*state);
                append_rows(environment, 40 + i, 1, 10000);
                longer += file_bytes(*state) > before;
                assert_true(file_bytes(*state) <= qf_environment_used(environment) + PIECE);
        }
        assert_in_range(longer, 1, SMALL_COMMITS / 4);
        (void)qf_environment_close(environment);
        environment = open_now(*state, &options);
        append_rows(environment, 40 + SMALL_COMMITS, 1, 10000);
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_txn_begin(environment, false, &txn), 0);
        assert_int_equal(qf_txn_rows(txn, ROWS), 41 + SMALL_COMMITS);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
}

static void large_commits_find_no_zeros_before_them(void **state)
{
        struct qf_environment_options options = OPTIONS;
        options.map_bytes = options.map_bytes_max;
        struct qf_environment *environment = open_now(*state, &options);
        for (uint32_t i = 0; i < 10; i++)
                append_rows(environment, 100 * i, 100, 10000);
        uint64_t before = file_bytes(*state);
        struct qf_txn *txn = NULL;
        assert_int_equal(qf_txn_begin(environment, true, &txn), 0);
        qf_txn_abort(&txn);
        assert_int_equal(file_bytes(*state), before);
        (void)qf_environment_close(environment);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(environment_opened_twice_is_in_use),
                CASE(environment_with_other_format_is_refused),
                CASE(environment_that_was_not_ours_is_refused),
                CASE(environment_half_made_is_made_anew),
                CASE(environment_read_only_needs_one_that_is_there),
                CASE(full_map_voids_the_transaction_and_no_other),
                CASE(format_that_finds_no_room_says_so),
                CASE(map_grows_after_it_was_full),
                CASE(who_only_reads_maps_what_there_is_and_room_to_grow),
                CASE(small_commits_seldom_make_the_file_longer),
                CASE(large_commits_find_no_zeros_before_them),
                CASE(disk_floor_refuses_before_anything_is_written),
                CASE(insert_of_a_standing_key_gives_what_stands),
                CASE(inserts_in_any_order_lie_in_order_each_once),
                CASE(append_out_of_order_is_refused),
                CASE(summed_rows_are_what_was_put),
                CASE(seeking_walks_keys_in_order_both_ways),
                CASE(committed_rows_are_there_after_reopening),
        };
        return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
