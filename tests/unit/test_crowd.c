/* wire/crowd: each address has its share of connections and handshakes, whatever others do, in a table that does not grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wire/crowd.h"

static struct qf_crowd *crowd_of(uint32_t connections, uint32_t asks_per_s)
{
        struct qf_crowd *crowd = NULL;

        assert_int_equal(qf_crowd_new((struct qf_crowd_limits){connections, asks_per_s}, &crowd), 0);
        return crowd;
}

static void connections_of_an_address_are_counted(void **state)
{
        struct qf_crowd *crowd = crowd_of(3, 0);

        (void)state;
        for (int fd = 10; fd < 13; fd++)
                assert_true(qf_crowd_opened(crowd, fd, "10.0.0.1", 0));
        assert_false(qf_crowd_opened(crowd, 13, "10.0.0.1", 0));
        assert_true(qf_crowd_opened(crowd, 14, "10.0.0.2", 0));
        qf_crowd_closed(crowd, 13);
        qf_crowd_closed(crowd, 13); /* told twice */
        assert_false(qf_crowd_opened(crowd, 13, "10.0.0.1", 0));
        qf_crowd_closed(crowd, 13);
        qf_crowd_closed(crowd, 10);
        assert_true(qf_crowd_opened(crowd, 10, "10.0.0.1", 0));
        /* The end of one was not told, and its descriptor is another's now. */
        assert_true(qf_crowd_opened(crowd, 11, "10.0.0.2", 0));
        assert_true(qf_crowd_opened(crowd, 15, "10.0.0.1", 0));
        qf_crowd_all_closed(crowd);
        for (int fd = 20; fd < 23; fd++)
                assert_true(qf_crowd_opened(crowd, fd, "10.0.0.1", 0));
        assert_true(qf_crowd_opened(crowd, -1, "10.0.0.1", 0));
        assert_true(qf_crowd_opened(crowd, 1 << 20, "10.0.0.1", 0)); /* beyond what is counted */
        qf_crowd_closed(crowd, 1 << 20);
        qf_crowd_free(crowd);
}

static void an_address_asks_so_often(void **state)
{
        struct qf_crowd *crowd = crowd_of(0, 5);
        int let_in = 0;

        (void)state;
        for (int i = 0; i < 100; i++)
                let_in += qf_crowd_asks(crowd, "10.0.0.1", 1000);
        assert_int_equal(let_in, 50); /* ten seconds' worth */
        assert_true(qf_crowd_asks(crowd, "10.0.0.2", 1000));
        assert_false(qf_crowd_asks(crowd, "10.0.0.1", 1199));
        assert_true(qf_crowd_asks(crowd, "10.0.0.1", 1200));
        assert_false(qf_crowd_asks(crowd, "10.0.0.1", 1201));
        for (int i = 0, at = 2000; i < 100; i++, at += 200)
                assert_true(qf_crowd_asks(crowd, "10.0.0.1", at));
        qf_crowd_free(crowd);
}

static void without_limits_all_are_let_in(void **state)
{
        struct qf_crowd *crowd = crowd_of(0, 0);

        (void)state;
        for (int fd = 0; fd < 1000; fd++)
                assert_true(qf_crowd_opened(crowd, fd, "10.0.0.1", 0) && qf_crowd_asks(crowd, "10.0.0.1", 0));
        qf_crowd_free(crowd);
}

/* More addresses than there are rows: those that are at rest give theirs up, those with connections keep them. */
static void the_table_does_not_grow_and_forgets_nobody_who_is_there(void **state)
{
        struct qf_crowd *crowd = crowd_of(1, 1);
        char address[QF_CROWD_ADDRESS_BYTES];

        (void)state;
        assert_true(qf_crowd_opened(crowd, 1, "192.168.0.1", 0));
        for (int i = 0; i < 3 * QF_CROWD_ADDRESSES; i++) {
                (void)snprintf(address, sizeof address, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
                assert_true(qf_crowd_asks(crowd, address, (int64_t)i * 20));
        }
        assert_false(qf_crowd_opened(crowd, 2, "192.168.0.1", 3 * QF_CROWD_ADDRESSES * 20));
        /* All ask at the same moment: there is no room for one more, who is let in without being counted. */
        for (int i = 0; i < 2 * QF_CROWD_ADDRESSES; i++) {
                (void)snprintf(address, sizeof address, "11.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
                assert_true(qf_crowd_asks(crowd, address, 1 << 30));
        }
        assert_false(qf_crowd_opened(crowd, 3, "192.168.0.1", 1 << 30));
        qf_crowd_free(crowd);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(connections_of_an_address_are_counted),
                cmocka_unit_test(an_address_asks_so_often),
                cmocka_unit_test(without_limits_all_are_let_in),
                cmocka_unit_test(the_table_does_not_grow_and_forgets_nobody_who_is_there),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
