/* relay/topics: new subscriptions first, changes once a second, everything every
 * five, nothing that nobody wants, and to everybody something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "relay/topics.h"
#include "support/office.h"
#include "wire/publisher.h"

struct listener {
        struct office *office;
        struct qf_topics *topics;
        uint32_t published;
        char topic[QF_TOPIC_BYTES];
        char value[24];
        enum qf_pulse_state state;
};

static int publish(void *ctx, struct qf_view topic, struct qf_view value)
{
        struct listener *listener = ctx;

        listener->published++;
        memcpy(listener->topic, topic.at, topic.len);
        listener->topic[topic.len] = '\0';
        memcpy(listener->value, value.at, value.len);
        listener->value[value.len] = '\0';
        return 0;
}

static int setup(void **state)
{
        struct listener *listener = calloc(1, sizeof(*listener));
        void *office = NULL;

        if (!listener || office_setup(&office) != 0)
                return -1;
        listener->office = office;
        *state = listener;
        return qf_topics_new(publish, listener, &listener->topics) |
               office_activity(office, 20230506, 1, 120, OFFICE_EAST, 0x1) |
               office_activity(office, 20230000, 1, 10, OFFICE_WEST, 0x1) |
               office_activity(office, 20221231, 1, 7, OFFICE_WEST, 0);
}

static int teardown(void **state)
{
        struct listener *listener = *state;
        void *office = listener->office;

        (void)qf_topics_free(listener->topics);
        (void)office_teardown(&office);
        free(listener);
        return 0;
}

/* How many values a step publishes. */
static uint32_t step(struct listener *listener, int64_t mono_ms)
{
        const struct qf_topics_source source = {listener->office->programme, listener->office->picture,
                                                listener->office->position, listener->state};

        listener->published = 0;
        assert_int_equal(qf_topics_step(listener->topics, &source, mono_ms), 0);
        return listener->published;
}

static void subscribe(struct listener *listener, const char *prefix)
{
        assert_int_equal(qf_topics_subscribe(listener->topics, qf_view_of(prefix)), 0);
}

static void nobody_listens_and_nothing_is_made(void **state)
{
        for (int64_t ms = 0; ms < 20000; ms += 50)
                assert_int_equal(step(*state, ms), 0);
}

static void a_new_subscription_is_served_at_once(void **state)
{
        struct listener *listener = *state;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/attendances/total/all/20230506/");
        assert_int_equal(step(listener, 10050), 1);
        assert_string_equal(listener->topic, "t/attendances/total/all/20230506/");
        assert_string_equal(listener->value, "120");
        assert_int_equal(step(listener, 10100), 0);
}

/* Looking through all cells for each of them would hold the relay up for seconds. */
static void new_subscriptions_are_served_by_one_walk(void **state)
{
        struct listener *listener = *state;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/attendances/total/all/2022123");
        subscribe(listener, "t/attendances/total/all/20221231/");
        subscribe(listener, "t/attendances/total/all/20230506/");
        assert_int_equal(step(listener, 10050), 2); /* what two of them ask for goes out once */
        subscribe(listener, "t/attendances/total/all/20230506/");
        subscribe(listener, "t/activities/org/nobody/2023/");
        assert_int_equal(step(listener, 10100), 2);
        assert_string_equal(listener->topic, "t/activities/org/nobody/2023/");
        assert_string_equal(listener->value, "");
}

static void a_year_is_the_sum_of_its_months_and_undated(void **state)
{
        struct listener *listener = *state;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/attendances/total/all/2023/");
        assert_true(step(listener, 10050) > 0);
        assert_string_equal(listener->topic, "t/attendances/total/all/2023/");
        assert_string_equal(listener->value, "130");
}

static void days_are_of_the_total_only(void **state)
{
        struct listener *listener = *state;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/activities/org/east/20230506/");
        assert_int_equal(step(listener, 10050), 1);
        assert_string_equal(listener->value, "");
        subscribe(listener, "t/activities/org/east/20230500/");
        assert_int_equal(step(listener, 10100), 1);
}

static void what_is_in_no_topic_need_not_be_held(void **state)
{
        (void)state;
        assert_true(
                qf_topics_keeps((struct qf_cell_key){.dimension = QF_DIMENSION_TOTAL, .period = 20230506}));
        assert_true(qf_topics_keeps((struct qf_cell_key){.dimension = 1, .member = 1, .period = 20230500}));
        assert_true(qf_topics_keeps((struct qf_cell_key){.dimension = 1, .member = 1, .period = 20230000}));
        assert_false(qf_topics_keeps((struct qf_cell_key){.dimension = 1, .member = 1, .period = 20230506}));
}

static void changes_go_out_once_a_second(void **state)
{
        struct listener *listener = *state;
        uint32_t published = 0;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/attendances/total/all/20230506/");
        assert_int_equal(step(listener, 10050), 1);
        for (int64_t ms = 10100; ms <= 13000; ms += 50) {
                assert_int_equal(office_activity(listener->office, 20230506, 1, 1, OFFICE_EAST, 0), 0);
                published += step(listener, ms);
        }
        assert_in_range(published, 3, 4); /* three changes, and perhaps its turn in the round */
        assert_int_equal(strtol(listener->value, NULL, 10), 120 + 59);
}

static void everything_goes_out_every_five_seconds(void **state)
{
        struct listener *listener = *state;
        uint32_t published = 0;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/attendances/total/all/20230506/");
        (void)step(listener, 10050);
        for (int64_t ms = 10100; ms <= 25000; ms += 50)
                published += step(listener, ms);
        assert_int_equal(published, 3);
}

/* At once, and with every round: also who subscribes while it is under way. */
static void where_nothing_is_the_prefix_itself_is_said(void **state)
{
        static const char *const nothing[] = {"t/activities/org/nobody/2023/", "t/activities/org/east/2019",
                                              "x"};
        struct listener *listener = *state;
        uint32_t published = 0;

        assert_int_equal(step(listener, 10000), 0);
        for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
                subscribe(listener, nothing[i]);
                assert_int_equal(step(listener, 10050 + 50 * (int64_t)i), 1);
                assert_string_equal(listener->topic, nothing[i]);
                assert_string_equal(listener->value, "");
        }
        for (int64_t ms = 10200; ms <= 25000; ms += 50)
                published += step(listener, ms);
        assert_int_equal(published, 3 * 3);
        subscribe(listener, nothing[0]); /* somebody else, who has heard nothing yet */
        assert_int_equal(step(listener, 25050), 1);
}

static void what_a_restored_journal_has_not_is_taken_back_at_once(void **state)
{
        struct listener *listener = *state;
        struct office restored = *listener->office, *office = listener->office;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/attendances/total/all/20230506/");
        assert_int_equal(step(listener, 10050), 1);
        assert_string_equal(listener->value, "120");
        assert_int_equal(qf_picture_new(&restored.picture), 0);
        listener->office = &restored;
        qf_topics_begin_anew(listener->topics);
        assert_int_equal(step(listener, 10100), 1);
        assert_string_equal(listener->topic, "t/attendances/total/all/20230506/");
        assert_string_equal(listener->value, "");
        listener->office = office;
        (void)qf_picture_free(restored.picture);
}

/* Nothing else would tell it before the next round. What is late is so with every message under load, and moves on. */
static void everybody_hears_at_once_that_nothing_moves(void **state)
{
        static const struct {
                enum qf_pulse_state state;
                uint32_t published;
        } turns[] = {{QF_PULSE_QUIET, 0}, {QF_PULSE_LATE, 0},    {QF_PULSE_QUIET, 0},
                     {QF_PULSE_DEAD, 2},  {QF_PULSE_DEAD, 0},    {QF_PULSE_STOPPED, 2},
                     {QF_PULSE_LATE, 2},  {QF_PULSE_STOPPED, 2}, {QF_PULSE_QUIET, 2}};
        struct listener *listener = *state;

        assert_int_equal(step(listener, 10000), 0);
        subscribe(listener, "t/attendances/total/all/20230506/");
        subscribe(listener, "t/activities/org/nobody/2023/");
        assert_int_equal(step(listener, 10050), 2);
        for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
                listener->state = turns[i].state;
                assert_int_equal(step(listener, 10050), turns[i].published);
        }
}

static void who_leaves_is_served_no_more(void **state)
{
        struct listener *listener = *state;

        subscribe(listener, "t/");
        subscribe(listener, "t/");
        qf_topics_unsubscribe(listener->topics, qf_view_of("t/"));
        assert_true(step(listener, 10000) > 50);
        qf_topics_unsubscribe(listener->topics, qf_view_of("t/"));
        qf_topics_unsubscribe(listener->topics, qf_view_of("never"));
        assert_int_equal(step(listener, 20000), 0);
        for (int i = 0; i < 100; i++)
                subscribe(listener, "t/records/total/");
        assert_true(step(listener, 20050) > 0); /* more than are served one by one: all at once */
        qf_topics_forget(listener->topics);
        assert_int_equal(step(listener, 30000), 0);
}

/* As many as the publisher lets one client have. Time of the processor, a hundred times what it takes: looking through all of
 * them for each is a minute. */
static void a_flood_of_prefixes_holds_nobody_up(void **state)
{
        enum { PREFIXES = 200000, CHARACTERS = 90 };
        struct listener *listener = *state;
        const clock_t from = clock();
        char prefix[] = "????";

        for (int i = 0; i < PREFIXES; i++) {
                for (int k = 0, rest = i; k < 3; k++, rest /= CHARACTERS)
                        prefix[k] = (char)('!' + rest % CHARACTERS);
                subscribe(listener, prefix);
                assert_true(clock() - from < 20 * CLOCKS_PER_SEC);
        }
        subscribe(listener, "t/records/total/");
        assert_true(step(listener, 0) > PREFIXES);
        assert_true(clock() - from < 20 * CLOCKS_PER_SEC);
}

static void only_local_endpoints_are_published_on(void **state)
{
        (void)state;
        assert_true(qf_publisher_is_local("ipc:///run/qingfeng/relay.ipc"));
        assert_true(qf_publisher_is_local("tcp://127.0.0.1:7000"));
        assert_true(qf_publisher_is_local("tcp://[::1]:7000"));
        assert_false(qf_publisher_is_local("tcp://*:7000"));
        assert_false(qf_publisher_is_local("tcp://0.0.0.0:7000"));
        assert_false(qf_publisher_is_local("tcp://localhost.example.org:7000"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(nobody_listens_and_nothing_is_made, setup, teardown),
                cmocka_unit_test_setup_teardown(a_new_subscription_is_served_at_once, setup, teardown),
                cmocka_unit_test_setup_teardown(new_subscriptions_are_served_by_one_walk, setup, teardown),
                cmocka_unit_test_setup_teardown(a_year_is_the_sum_of_its_months_and_undated, setup, teardown),
                cmocka_unit_test_setup_teardown(days_are_of_the_total_only, setup, teardown),
                cmocka_unit_test(what_is_in_no_topic_need_not_be_held),
                cmocka_unit_test_setup_teardown(changes_go_out_once_a_second, setup, teardown),
                cmocka_unit_test_setup_teardown(everything_goes_out_every_five_seconds, setup, teardown),
                cmocka_unit_test_setup_teardown(where_nothing_is_the_prefix_itself_is_said, setup, teardown),
                cmocka_unit_test_setup_teardown(what_a_restored_journal_has_not_is_taken_back_at_once, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(everybody_hears_at_once_that_nothing_moves, setup, teardown),
                cmocka_unit_test_setup_teardown(who_leaves_is_served_no_more, setup, teardown),
                cmocka_unit_test_setup_teardown(a_flood_of_prefixes_holds_nobody_up, setup, teardown),
                cmocka_unit_test(only_local_endpoints_are_published_on),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
