/* client/outbox_rows: what a damaged disk gives back is not taken for an answer or a chunk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "client/outbox_rows.h"

enum { COUNT_AT = 4, CHUNK_BYTES = 28, ANSWER_BYTES = 64, RUN_BYTES = 12 };

struct run {
        uint32_t at, len;
};

/* An answer of `count` events with two runs. */
static bool reads_answer(uint32_t count, struct run first, struct run second)
{
        uint8_t key[8] = {0}, value[ANSWER_BYTES + 2 * RUN_BYTES] = {1};
        const struct run runs[] = {first, second};
        struct qf_answer_row row;

        qf_put_le32(value + COUNT_AT, count);
        for (size_t i = 0; i < 2; i++) {
                qf_put_le32(value + ANSWER_BYTES + i * RUN_BYTES, runs[i].at);
                qf_put_le32(value + ANSWER_BYTES + i * RUN_BYTES + 4, runs[i].len);
        }
        return qf_answer_row_read((struct qf_view){(const char *)key, sizeof key},
                                  (struct qf_view){(const char *)value, sizeof value}, &row);
}

static void verdicts_are_runs_in_order_within_the_answer(void **state)
{
        (void)state;
        assert_true(reads_answer(9, (struct run){1, 2}, (struct run){3, 6}));
        assert_false(reads_answer(9, (struct run){3, 6}, (struct run){1, 2}));
        assert_false(reads_answer(9, (struct run){1, 3}, (struct run){3, 1}));
        assert_false(reads_answer(9, (struct run){1, 2}, (struct run){3, 7}));
        assert_false(reads_answer(9, (struct run){1, 2}, (struct run){3, UINT32_MAX}));
        assert_false(reads_answer(9, (struct run){1, 0}, (struct run){3, 1}));
}

/* A count that no batch has would be walked event by event. */
static void no_answer_and_no_chunk_is_larger_than_a_batch(void **state)
{
        uint8_t key[8] = {0}, value[CHUNK_BYTES] = {1};
        const struct qf_view key_view = {(const char *)key, sizeof key},
                             value_view = {(const char *)value, sizeof value};
        struct qf_chunk chunk;

        (void)state;
        assert_true(reads_answer(QF_BATCH_EVENTS_MAX, (struct run){0, 1}, (struct run){1, 1}));
        assert_false(reads_answer(QF_BATCH_EVENTS_MAX + 1, (struct run){0, 1}, (struct run){1, 1}));
        assert_false(reads_answer(UINT32_MAX, (struct run){0, 1}, (struct run){1, 1}));
        qf_put_le32(value + COUNT_AT, QF_BATCH_EVENTS_MAX);
        assert_true(qf_chunk_read(key_view, value_view, &chunk));
        qf_put_le32(value + COUNT_AT, QF_BATCH_EVENTS_MAX + 1);
        assert_false(qf_chunk_read(key_view, value_view, &chunk));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(verdicts_are_runs_in_order_within_the_answer),
                cmocka_unit_test(no_answer_and_no_chunk_is_larger_than_a_batch),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
