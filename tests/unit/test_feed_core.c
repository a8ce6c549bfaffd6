/* client/feed_core: conversations with a server that is honest, slow, new, set
 * back, full or not ours. No clock, disk or socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/feed.h"
#include "client/feed_core.h"

/* An outbox of chunks of ten events each: 1 .. next - 1. */
struct conversation {
        struct qf_feed_core core;
        struct qf_outbox_standing standing;
        int64_t now;
};

enum { CHUNK = 10, CHUNK_BYTES = 1000 };

static void begin(struct conversation *talk, uint64_t next, uint64_t acked)
{
        *talk = (struct conversation){.standing = {.next = next, .acked = acked, .first_kept = 1},
                                      .now = 1000};
        qf_feed_core_init(&talk->core, &talk->standing, 42, talk->now);
}

static struct qf_feed_step step(struct conversation *talk)
{
        return qf_feed_core_next(&talk->core, talk->now);
}

static void assert_waits(struct conversation *talk)
{
        assert_int_equal(step(talk).what, QF_STEP_WAIT);
}

static struct qf_feed_news hear(struct conversation *talk, struct qf_to_partner message,
                                enum qf_life_seen life)
{
        return qf_feed_core_heard(&talk->core, &message, life, talk->now);
}

static struct qf_feed_news hear_welcome(struct conversation *talk, uint64_t expected, enum qf_life_seen life)
{
        return hear(talk, (struct qf_to_partner){.what = QF_WELCOME, .expected = expected}, life);
}

/* Hello, and the Welcome to it. */
static struct qf_feed_news greet(struct conversation *talk, uint64_t expected, enum qf_life_seen life)
{
        assert_int_equal(step(talk).what, QF_STEP_HELLO);
        assert_waits(talk);
        return hear_welcome(talk, expected, life);
}

/* The chunk that holds the number goes out. */
static void send_at(struct conversation *talk, uint64_t number)
{
        struct qf_feed_step asked = step(talk);
        assert_int_equal(asked.what, QF_STEP_SEND);
        assert_int_equal(asked.number, number);
        uint64_t first = (number - 1) / CHUNK * CHUNK + 1;
        qf_feed_core_sent(&talk->core, first, CHUNK, CHUNK_BYTES, talk->now);
}

static struct qf_feed_news hear_verdicts(struct conversation *talk, uint64_t first, uint32_t count)
{
        return hear(talk, (struct qf_to_partner){.what = QF_VERDICTS, .first = first, .count = count},
                    QF_LIFE_SAME);
}

/* Verdicts that the outbox stores. */
static void answer(struct conversation *talk, uint64_t first, uint32_t count)
{
        assert_int_equal(hear_verdicts(talk, first, count).what, QF_NEWS_ANSWER);
        if (first <= talk->standing.acked + 1 && first + count - 1 > talk->standing.acked)
                talk->standing.acked = first + count - 1;
        qf_feed_core_stored(&talk->core, first + count, &talk->standing);
}

static struct qf_feed_news refuse(struct conversation *talk, enum qf_refusal why, uint64_t first,
                                  uint64_t expected, uint32_t retry_ms)
{
        return hear(talk,
                    (struct qf_to_partner){.what = QF_REFUSED,
                                           .why = why,
                                           .first = first,
                                           .expected = expected,
                                           .retry_ms = retry_ms},
                    QF_LIFE_SAME);
}

/* --- the good day ------------------------------------------------------- */

static void nothing_is_sent_before_the_welcome(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        assert_int_equal(step(&talk).what, QF_STEP_HELLO);
        assert_waits(&talk);
        assert_int_equal(hear_welcome(&talk, 1, QF_LIFE_FIRST).what, QF_NEWS_WELCOME);
        send_at(&talk, 1);
        send_at(&talk, 11);
        send_at(&talk, 21);
        assert_waits(&talk);
        answer(&talk, 1, 30);
        assert_waits(&talk);
        assert_int_equal(talk.core.flight_count, 0);
}

static void window_is_held(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 100 * CHUNK + 1, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        for (uint64_t i = 0; i < QF_FEED_WINDOW; i++)
                send_at(&talk, i * CHUNK + 1);
        assert_waits(&talk);
        answer(&talk, 1, CHUNK);
        send_at(&talk, QF_FEED_WINDOW * CHUNK + 1);
        assert_waits(&talk);
}

static void smaller_window_of_the_server_is_held(void **state)
{
        struct conversation talk;
        struct qf_to_partner welcome = {
                .what = QF_WELCOME, .expected = 1, .window = 2, .window_bytes = 100 * CHUNK_BYTES};
        (void)state;
        begin(&talk, 101, 0);
        assert_int_equal(step(&talk).what, QF_STEP_HELLO);
        (void)hear(&talk, welcome, QF_LIFE_FIRST);
        send_at(&talk, 1);
        send_at(&talk, 11);
        assert_waits(&talk);
}

static void window_of_bytes_is_held(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 101, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        qf_feed_core_sent(&talk.core, 1, CHUNK, QF_FEED_WINDOW_BYTES, talk.now);
        assert_waits(&talk);
}

/* --- rows of Hello ------------------------------------------------------ */

struct row {
        const char *what;
        uint64_t next, acked, first_kept, expected;
        enum qf_life_seen life;
        uint32_t alarm;
        enum qf_feed_step_what then;
        uint64_t number;
};

static void welcome_tells_where_to_go_on(void **state)
{
        static const struct row rows[] = {
                {"all new", 31, 0, 1, 1, QF_LIFE_FIRST, 0, QF_STEP_SEND, 1},
                {"nothing to do", 31, 30, 31, 31, QF_LIFE_SAME, 0, QF_STEP_WAIT, 0},
                {"verdicts were lost", 31, 10, 1, 31, QF_LIFE_SAME, 0, QF_STEP_SEND, 11},
                {"verdicts were lost, new life", 31, 10, 1, 21, QF_LIFE_NEW, 0, QF_STEP_SEND, 11},
                {"restored from backup", 31, 30, 1, 11, QF_LIFE_NEW, QF_ALARM_RESTORED, QF_STEP_SEND, 11},
                {"rolled back in silence", 31, 30, 1, 11, QF_LIFE_SAME, QF_ALARM_ROLLED_BACK, QF_STEP_SEND,
                 11},
                {"gone here", 31, 30, 21, 11, QF_LIFE_NEW, QF_ALARM_GONE_HERE, QF_STEP_WAIT, 0},
                {"beyond, all answered", 31, 30, 1, 51, QF_LIFE_SAME, QF_ALARM_BEYOND, QF_STEP_SEAL, 50},
                {"beyond, some to clear", 31, 20, 1, 51, QF_LIFE_SAME, QF_ALARM_BEYOND, QF_STEP_SEND, 21},
        };
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct conversation talk;
                print_message("%s\n", rows[i].what);
                begin(&talk, rows[i].next, rows[i].acked);
                talk.standing.first_kept = rows[i].first_kept;
                qf_feed_core_kept(&talk.core, &talk.standing);
                struct qf_feed_news news = greet(&talk, rows[i].expected, rows[i].life);
                assert_int_equal(news.what, QF_NEWS_WELCOME);
                assert_int_equal(news.alarm, rows[i].alarm);
                struct qf_feed_step then = step(&talk);
                assert_int_equal(then.what, rows[i].then);
                if (then.what != QF_STEP_WAIT)
                        assert_int_equal(then.number, rows[i].number);
        }
}

static void another_journal_stops_before_anything_is_sent(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 10);
        struct qf_feed_news news = greet(&talk, 11, QF_LIFE_OTHER_JOURNAL);
        assert_int_equal(news.what, QF_NEWS_HALT);
        assert_int_equal(news.alarm, QF_ALARM_OTHER_JOURNAL);
        assert_true(news.keep);
        assert_waits(&talk);
}

static void life_that_returns_stops(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 10);
        struct qf_feed_news news = greet(&talk, 11, QF_LIFE_RETURNED);
        assert_int_equal(news.what, QF_NEWS_HALT);
        assert_int_equal(news.alarm, QF_ALARM_TWO_SERVERS);
        assert_true(news.keep);
        assert_waits(&talk);
}

static void beyond_is_cleared_then_sealed(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 20);
        (void)greet(&talk, 51, QF_LIFE_SAME);
        send_at(&talk, 21);
        answer(&talk, 21, 10);
        struct qf_feed_step seal = step(&talk);
        assert_int_equal(seal.what, QF_STEP_SEAL);
        assert_int_equal(seal.number, 50);
        qf_feed_core_unsent(&talk.core, &seal, talk.now);
        assert_waits(&talk);
        talk.now += QF_FEED_UNSENT_MS;
        assert_int_equal(step(&talk).what, QF_STEP_SEAL);
}

static void restored_numbers_are_sent_again_to_the_end(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 41, 30);
        (void)greet(&talk, 11, QF_LIFE_NEW);
        send_at(&talk, 11);
        send_at(&talk, 21);
        send_at(&talk, 31);
        answer(&talk, 11, 30);
        assert_int_equal(talk.standing.acked, 40);
        assert_waits(&talk);
}

static void what_is_gone_is_skipped_only_when_a_human_says_so(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 30);
        talk.standing.first_kept = 21;
        qf_feed_core_kept(&talk.core, &talk.standing);
        assert_int_equal(greet(&talk, 11, QF_LIFE_NEW).alarm, QF_ALARM_GONE_HERE);
        assert_int_equal(talk.core.gone, 11);
        assert_waits(&talk);
        qf_feed_core_allow_skip(&talk.core);
        struct qf_feed_step skip = step(&talk);
        assert_int_equal(skip.what, QF_STEP_SKIP);
        assert_int_equal(skip.number, 11);
        assert_int_equal(skip.through, 20);
        assert_waits(&talk);
        (void)hear_welcome(&talk, 21, QF_LIFE_SAME);
        send_at(&talk, 21);
}

static void skip_is_cut_to_a_million(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 5000001, 5000000);
        talk.standing.first_kept = 5000001;
        qf_feed_core_kept(&talk.core, &talk.standing);
        qf_feed_core_allow_skip(&talk.core);
        (void)greet(&talk, 1, QF_LIFE_NEW);
        struct qf_feed_step skip = step(&talk);
        assert_int_equal(skip.through - skip.number + 1, QF_FEED_SKIP_MOST);
}

/* --- refusals ----------------------------------------------------------- */

static void busy_waits_then_one_goes_ahead(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 51, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        for (uint64_t number = 1; number < 51; number += CHUNK)
                send_at(&talk, number);
        for (uint64_t number = 11; number < 51; number += CHUNK) /* each of the group is told */
                assert_int_equal(refuse(&talk, QF_REFUSED_BUSY, number, 11, 500).what, QF_NEWS_NONE);
        assert_waits(&talk);
        answer(&talk, 1, 10);
        talk.now += 249;
        assert_waits(&talk);
        talk.now += 502;
        send_at(&talk, 11);
        assert_waits(&talk);                               /* alone */
        (void)refuse(&talk, QF_REFUSED_BUSY, 21, 11, 500); /* an old one, late */
        assert_int_equal(talk.core.state, QF_FEED_GOING);
        answer(&talk, 11, 10);
        send_at(&talk, 21);
        send_at(&talk, 31);
}

static void busy_again_is_heard_again(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        (void)refuse(&talk, QF_REFUSED_BUSY, 1, 1, 0);
        talk.now += 1000;
        send_at(&talk, 1);
        (void)refuse(&talk, QF_REFUSED_BUSY, 1, 1, 0);
        assert_int_equal(talk.core.state, QF_FEED_PAUSED);
        assert_waits(&talk);
        talk.now += 1000;
        send_at(&talk, 1);
        answer(&talk, 1, 10);
        send_at(&talk, 11);
        send_at(&talk, 21);
}

static void gap_goes_back_to_the_number_expected(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 51, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        send_at(&talk, 11);
        send_at(&talk, 21);
        (void)refuse(&talk, QF_REFUSED_GAP, 21, 11, 0); /* the second was lost on the way */
        answer(&talk, 1, 10);
        talk.now += 1000;
        send_at(&talk, 11);
        answer(&talk, 11, 10);
        send_at(&talk, 21);
}

static void gap_within_a_chunk_sends_the_whole_chunk(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        send_at(&talk, 11);
        (void)refuse(&talk, QF_REFUSED_GAP, 11, 5, 0);
        talk.now += 1000;
        send_at(&talk, 5);
        answer(&talk, 1, 10);
        send_at(&talk, 11);
}

static void gap_below_what_was_answered_asks_the_way(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 51, 20);
        (void)greet(&talk, 21, QF_LIFE_SAME);
        send_at(&talk, 21);
        (void)refuse(&talk, QF_REFUSED_GAP, 21, 5, 0);
        assert_int_equal(talk.core.state, QF_FEED_ASKING);
        talk.now += 1000;
        assert_int_equal(greet(&talk, 5, QF_LIFE_SAME).alarm, QF_ALARM_ROLLED_BACK);
        send_at(&talk, 5);
}

static void refusal_for_good_halts(void **state)
{
        static const struct {
                enum qf_refusal why;
                bool keep;
        } rows[] = {
                {QF_REFUSED_MALFORMED, true}, {QF_REFUSED_FENCED, true}, {QF_REFUSED_CLONED, true},
                {QF_REFUSED_SEALED, true},    {QF_REFUSED_FORKED, true}, {QF_REFUSED_NOT_ALLOWED, false},
                {QF_REFUSED_VERSION, false},
        };
        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct conversation talk;
                begin(&talk, 31, 0);
                (void)greet(&talk, 1, QF_LIFE_FIRST);
                send_at(&talk, 1);
                struct qf_feed_news news = refuse(&talk, rows[i].why, 1, 0, 0);
                assert_int_equal(news.what, QF_NEWS_HALT);
                assert_int_equal(news.alarm, rows[i].why);
                assert_int_equal(news.keep, rows[i].keep);
                talk.now += 100000;
                assert_waits(&talk);
                assert_int_equal(hear_verdicts(&talk, 1, 10).what, QF_NEWS_NONE);
        }
}

static void stopped_outbox_says_nothing(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        talk.standing.stopped = QF_REFUSED_CLONED;
        qf_feed_core_init(&talk.core, &talk.standing, 42, talk.now);
        talk.now += 100000;
        assert_waits(&talk);
}

/* --- lost messages and silence ------------------------------------------ */

static void silence_asks_and_goes_on_from_the_welcome(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        send_at(&talk, 11);
        send_at(&talk, 21);
        struct qf_feed_step wait = step(&talk);
        assert_int_equal(wait.until_ms, talk.now + QF_FEED_SILENCE_MS);
        talk.now = wait.until_ms;
        (void)greet(&talk, 21, QF_LIFE_SAME);
        send_at(&talk, 1); /* to hear the verdicts that were lost */
        answer(&talk, 1, 20);
        send_at(&talk, 21);
        answer(&talk, 21, 10);
        assert_waits(&talk);
}

static void hello_without_answer_backs_off(void **state)
{
        struct conversation talk;
        int64_t last_wait = 0;
        (void)state;
        begin(&talk, 31, 0);
        for (int i = 0; i < 12; i++) {
                assert_int_equal(step(&talk).what, QF_STEP_HELLO);
                struct qf_feed_step wait = step(&talk);
                assert_int_equal(wait.what, QF_STEP_WAIT);
                last_wait = wait.until_ms - talk.now;
                assert_in_range(last_wait, 100, 2 * QF_FEED_BACKOFF_MAX_MS);
                talk.now = wait.until_ms;
        }
        assert_in_range(last_wait, QF_FEED_BACKOFF_MAX_MS, 2 * QF_FEED_BACKOFF_MAX_MS);
}

static void hello_without_connection_does_not_back_off(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        for (int i = 0; i < 12; i++) {
                struct qf_feed_step hello = step(&talk);
                assert_int_equal(hello.what, QF_STEP_HELLO);
                qf_feed_core_unsent(&talk.core, &hello, talk.now);
                assert_waits(&talk);
                talk.now += QF_FEED_UNSENT_MS;
        }
}

static void new_connection_asks_at_once(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        qf_feed_core_reconnected(&talk.core, talk.now);
        assert_int_equal(step(&talk).what, QF_STEP_HELLO);
}

/* The server may have been restored meanwhile: who has nothing to send must hear what is asked for again. */
static void new_connection_asks_although_nothing_is_under_way(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 30);
        (void)greet(&talk, 31, QF_LIFE_FIRST);
        assert_waits(&talk);
        qf_feed_core_reconnected(&talk.core, talk.now);
        assert_int_equal(greet(&talk, 11, QF_LIFE_NEW).alarm, QF_ALARM_RESTORED);
        send_at(&talk, 11);
}

static void answer_behind_a_lost_one_asks(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        send_at(&talk, 11);
        assert_int_equal(hear_verdicts(&talk, 11, 10).what, QF_NEWS_NONE);
        (void)greet(&talk, 21, QF_LIFE_SAME);
        send_at(&talk, 1);
}

static void late_answers_are_stored_while_asking(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        send_at(&talk, 11);
        talk.now += QF_FEED_SILENCE_MS;
        assert_int_equal(step(&talk).what, QF_STEP_HELLO);
        answer(&talk, 1, 10);
        assert_int_equal(hear_verdicts(&talk, 21, 10).what, QF_NEWS_NONE);
        (void)hear_welcome(&talk, 21, QF_LIFE_SAME);
        send_at(&talk, 11);
}

static void welcome_that_nobody_asked_for_changes_nothing(void **state)
{
        struct conversation talk;
        (void)state;
        begin(&talk, 31, 0);
        (void)greet(&talk, 1, QF_LIFE_FIRST);
        send_at(&talk, 1);
        assert_int_equal(hear_welcome(&talk, 1, QF_LIFE_SAME).what, QF_NEWS_NONE);
        assert_int_equal(talk.core.flight_count, 1);
}

/* --- registers ---------------------------------------------------------- */

static void registers_are_asked_for_part_by_part(void **state)
{
        struct conversation talk;
        struct qf_to_partner part = {.what = QF_REGISTERS, .from = 0, .events_count = 5, .total = 8};
        (void)state;
        begin(&talk, 1, 0);
        qf_feed_core_learn(&talk.core);
        assert_int_equal(step(&talk).what, QF_STEP_LEARN);
        assert_int_equal(step(&talk).what, QF_STEP_HELLO);
        assert_int_equal(hear(&talk, part, QF_LIFE_SAME).what, QF_NEWS_REGISTERS);
        assert_int_equal(hear(&talk, part, QF_LIFE_SAME).what, QF_NEWS_NONE); /* doubled on the way */
        struct qf_feed_step more = step(&talk);
        assert_int_equal(more.what, QF_STEP_LEARN);
        assert_int_equal(more.number, 5);
        talk.now += QF_FEED_LEARN_MS; /* lost: asked again */
        assert_int_equal(step(&talk).number, 5);
        part.from = 5;
        part.events_count = 3;
        (void)hear(&talk, part, QF_LIFE_SAME);
        assert_false(talk.core.learning);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_is_sent_before_the_welcome),
                cmocka_unit_test(window_is_held),
                cmocka_unit_test(smaller_window_of_the_server_is_held),
                cmocka_unit_test(window_of_bytes_is_held),
                cmocka_unit_test(welcome_tells_where_to_go_on),
                cmocka_unit_test(life_that_returns_stops),
                cmocka_unit_test(another_journal_stops_before_anything_is_sent),
                cmocka_unit_test(beyond_is_cleared_then_sealed),
                cmocka_unit_test(restored_numbers_are_sent_again_to_the_end),
                cmocka_unit_test(what_is_gone_is_skipped_only_when_a_human_says_so),
                cmocka_unit_test(skip_is_cut_to_a_million),
                cmocka_unit_test(busy_waits_then_one_goes_ahead),
                cmocka_unit_test(busy_again_is_heard_again),
                cmocka_unit_test(gap_goes_back_to_the_number_expected),
                cmocka_unit_test(gap_within_a_chunk_sends_the_whole_chunk),
                cmocka_unit_test(gap_below_what_was_answered_asks_the_way),
                cmocka_unit_test(refusal_for_good_halts),
                cmocka_unit_test(stopped_outbox_says_nothing),
                cmocka_unit_test(silence_asks_and_goes_on_from_the_welcome),
                cmocka_unit_test(hello_without_answer_backs_off),
                cmocka_unit_test(hello_without_connection_does_not_back_off),
                cmocka_unit_test(new_connection_asks_at_once),
                cmocka_unit_test(new_connection_asks_although_nothing_is_under_way),
                cmocka_unit_test(answer_behind_a_lost_one_asks),
                cmocka_unit_test(late_answers_are_stored_while_asking),
                cmocka_unit_test(welcome_that_nobody_asked_for_changes_nothing),
                cmocka_unit_test(registers_are_asked_for_part_by_part),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
