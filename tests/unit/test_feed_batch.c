/* Events on their way into an outbox: whatever the order of kinds, none is turned away that some batch can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "client/feed_batch.h"

static void kinds_in_turn_are_cut_into_batches(void **state)
{
        struct qf_feed_batch batch;
        (void)state;
        assert_int_equal(qf_feed_batch_init(&batch, 500), 0);
        for (uint32_t i = 0; i < 400; i++) {
                struct qf_event event = {.kind = i % 2 ? QF_KIND_TICK : QF_KIND_ATTENDANCE,
                                         .key = QF_VIEW("HX-1"),
                                         .amount = i % 2,
                                         .method = (uint8_t)(1 - i % 2)};
                assert_int_equal(qf_feed_batch_add(&batch, &event, NULL, 0), 0);
        }
        assert_true(batch.count >= 5); /* 64 runs each */
        qf_feed_batch_deinit(&batch);
}

static void event_that_no_batch_can_hold_is_told(void **state)
{
        struct qf_feed_batch batch;
        char key[97];
        (void)state;
        memset(key, 'k', sizeof key);
        struct qf_event event = {.kind = QF_KIND_TICK, .key = {key, sizeof key}};
        assert_int_equal(qf_feed_batch_init(&batch, 500), 0);
        assert_int_equal(qf_feed_batch_add(&batch, &event, NULL, 0), 1);
        qf_feed_batch_deinit(&batch);
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_in_turn_are_cut_into_batches),
        cmocka_unit_test(event_that_no_batch_can_hold_is_told),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
