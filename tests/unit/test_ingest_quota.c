/* base/quota: buckets of each source; ingest/core: who sends more than its share is told to wait, others are not. */
#include "support/ingest_fixture.h"

#include "base/quota.h"

enum { HOUR_S = 3600, A_SECOND = 100, AT_ONCE = 1000 };

static struct qf_quotas *quotas_of_events(void)
{
        const struct qf_quota_limit limits[QF_QUOTA_KINDS] = {
                [QF_QUOTA_EVENTS] = {(uint64_t)A_SECOND * HOUR_S, AT_ONCE}};
        struct qf_quotas *quotas = NULL;

        assert_int_equal(qf_quotas_new(limits, QF_QUOTA_KINDS, &quotas), 0);
        return quotas;
}

/* 0: taken; else the milliseconds to wait. */
static uint32_t take(struct qf_quotas *quotas, uint32_t source, uint64_t events, int64_t now_ms)
{
        const uint64_t costs[QF_QUOTA_KINDS] = {[QF_QUOTA_EVENTS] = events, [QF_QUOTA_BYTES] = 1u << 30};
        uint32_t retry_ms = 0;
        int result = qf_quotas_take(quotas, source, costs, now_ms, &retry_ms);

        assert_int_equal(result, retry_ms ? QF_QUOTA_OVER : 0);
        return retry_ms;
}

static void what_is_over_waits_as_long_as_it_must(void **state)
{
        struct qf_quotas *quotas = quotas_of_events();

        (void)state;
        assert_int_equal(take(quotas, 1, AT_ONCE, 5000), 0);
        assert_int_equal(take(quotas, 1, 1, 5000), 10);
        assert_int_equal(take(quotas, 1, 50, 5000), 500);
        assert_int_equal(take(quotas, 1, 50, 5499), 1);
        assert_int_equal(take(quotas, 1, 50, 5500), 0);
        assert_int_equal(take(quotas, 1, 1, 5500), 10);
        assert_int_equal(take(quotas, 2, AT_ONCE, 5500), 0); /* another source has its own */
        assert_int_equal(take(quotas, 9999, AT_ONCE, 5500), 0);
        qf_quotas_free(quotas);
}

static void a_bucket_holds_no_more_than_its_size(void **state)
{
        struct qf_quotas *quotas = quotas_of_events();
        uint64_t taken = 0;

        (void)state;
        assert_int_equal(take(quotas, 1, 1, 1), 0);
        while (take(quotas, 1, 1, INT64_C(10) * 365 * 24 * HOUR_S * 1000) == 0)
                taken++;
        assert_int_equal(taken, AT_ONCE);
        qf_quotas_free(quotas);
}

static void what_is_larger_than_the_bucket_takes_a_full_one(void **state)
{
        struct qf_quotas *quotas = quotas_of_events();

        (void)state;
        assert_int_equal(take(quotas, 1, 8192, 1000), 0);
        assert_int_equal(take(quotas, 1, 8192, 1000), 10000);
        assert_int_equal(take(quotas, 1, 8192, 11000), 0);
        qf_quotas_free(quotas);
}

static void a_clock_that_is_set_back_fills_nothing_and_stops_nothing(void **state)
{
        struct qf_quotas *quotas = quotas_of_events();

        (void)state;
        assert_int_equal(take(quotas, 1, AT_ONCE, 1000000), 0);
        assert_int_equal(take(quotas, 1, 100, 1000), 1000);
        assert_int_equal(take(quotas, 1, 100, 1900), 100);
        assert_int_equal(take(quotas, 1, 100, 2000), 0);
        qf_quotas_free(quotas);
}

static void owe(struct qf_quotas *quotas, uint32_t source, uint64_t events, int64_t now_ms)
{
        const uint64_t costs[QF_QUOTA_KINDS] = {[QF_QUOTA_EVENTS] = events};

        assert_int_equal(qf_quotas_owe(quotas, source, costs, now_ms), 0);
}

static void what_was_taken_unasked_is_owed_up_to_a_bucket(void **state)
{
        struct qf_quotas *quotas = quotas_of_events();

        (void)state;
        owe(quotas, 1, AT_ONCE, 1000);
        assert_int_equal(take(quotas, 1, 0, 1000), 0); /* empty, and nothing owed */
        owe(quotas, 1, 50, 1000);
        assert_int_equal(take(quotas, 1, 0, 1000), 500);
        assert_int_equal(take(quotas, 1, 10, 1000), 600);
        assert_int_equal(take(quotas, 1, 0, 1500), 0);
        for (int i = 0; i < 5; i++)
                owe(quotas, 1, AT_ONCE, 1500);
        assert_int_equal(take(quotas, 1, 0, 1500), 10000);
        assert_int_equal(take(quotas, 2, AT_ONCE, 1500), 0);
        qf_quotas_free(quotas);
}

/* As large as a configuration can say: 4 TiB a second, for twenty seconds. */
static void the_largest_limit_is_one(void **state)
{
        const struct qf_quota_limit limit = {.an_hour = (uint64_t)UINT32_MAX * 1024 * HOUR_S,
                                             .at_once = (uint64_t)UINT32_MAX * 1024 * 20};
        const uint64_t much = UINT64_C(1) << 50, nothing = 0;
        struct qf_quotas *quotas = NULL;
        uint32_t retry_ms = 0;

        (void)state;
        assert_int_equal(qf_quotas_new(&limit, 1, &quotas), 0);
        assert_int_equal(qf_quotas_take(quotas, 1, &much, 1000, &retry_ms), 0);
        assert_int_equal(qf_quotas_owe(quotas, 1, &much, 1000), 0);
        assert_int_equal(qf_quotas_take(quotas, 1, &nothing, 1000, &retry_ms), QF_QUOTA_OVER);
        assert_int_equal(qf_quotas_take(quotas, 1, &nothing, 1000 + retry_ms, &retry_ms), 0);
        assert_int_equal(qf_quotas_take(quotas, 1, &much, INT64_MAX, &retry_ms), 0);
        qf_quotas_free(quotas);
}

/* --- in the core ---------------------------------------------------------- */

static struct ingest_fixture *fixture_with(enum qf_quota_kind kind, uint64_t an_hour, uint64_t at_once)
{
        struct ingest_fixture *fixture = fixture_loaded();
        fixture->options.quotas[kind] = (struct qf_quota_limit){an_hour, at_once};
        fixture_reopen(fixture);
        return fixture;
}

static void a_flood_is_put_off_and_others_are_served(void **state)
{
        struct ingest_fixture *fixture = fixture_with(QF_QUOTA_EVENTS, (uint64_t)A_SECOND * HOUR_S, 20);
        struct qf_from_partner send = creates_of(fixture, 1, 1, 20);
        uint32_t source = 0;

        (void)state;
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        send = creates_of(fixture, 1, 21, 10);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_REFUSED);
        assert_int_equal(answer->why, QF_REFUSED_BUSY);
        assert_int_equal(answer->retry_ms, 100);
        assert_int_equal(answer->expected, 21);
        assert_int_equal(qf_ingest_put_off(fixture->ingest, &source), 1);
        assert_int_equal(qf_programme_find_source(qf_ingest_programme(fixture->ingest), QF_VIEW("hx.a")),
                         source);
        struct qf_from_partner other = creates_of(fixture, 2, 1, 20);
        assert_int_equal(ask(fixture, "qp.a", &other)->what, QF_VERDICTS);
        fixture->now_ms += 100;
        send = creates_of(fixture, 1, 21, 10);
        answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        assert_int_equal(answer->count, 10);
        fixture_remove(fixture);
}

static void hellos_and_noise_are_counted_and_batches_go_on(void **state)
{
        struct ingest_fixture *fixture = fixture_with(QF_QUOTA_ASKS, HOUR_S, 3);
        struct qf_from_partner hello = {.what = QF_HELLO, .version = 1, .next = 1, .first_kept = 1};
        struct qf_from_partner noise = {.what = QF_SKIP, .first = 9, .through = 3};
        struct qf_from_partner learn = {.what = QF_LEARN};

        (void)state;
        hello.outbox[0] = 1;
        assert_int_equal(ask(fixture, "hx.a", &hello)->what, QF_WELCOME);
        assert_int_equal(ask(fixture, "hx.a", &noise)->why, QF_REFUSED_MALFORMED);
        assert_int_equal(ask(fixture, "hx.a", &learn)->what, QF_REGISTERS);
        assert_int_equal(ask(fixture, "hx.a", &hello)->why, QF_REFUSED_BUSY);
        assert_int_equal(ask(fixture, "hx.a", &noise)->why, QF_REFUSED_BUSY);
        assert_int_equal(ask(fixture, "qp.a", &hello)->what, QF_WELCOME);
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        fixture->now_ms += 1000;
        assert_int_equal(ask(fixture, "hx.a", &hello)->what, QF_WELCOME);
        fixture_remove(fixture);
}

static void hellos_have_a_share_of_their_own(void **state)
{
        struct ingest_fixture *fixture = fixture_with(QF_QUOTA_HELLOS, 10 * HOUR_S, 100);
        struct qf_from_partner hello = {.what = QF_HELLO, .version = 1, .next = 1, .first_kept = 1};
        struct qf_from_partner learn = {.what = QF_LEARN};

        (void)state;
        hello.outbox[0] = 1;
        for (int i = 0; i < 100; i++)
                assert_int_equal(ask(fixture, "hx.a", &hello)->what, QF_WELCOME);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &hello);
        assert_int_equal(answer->why, QF_REFUSED_BUSY);
        assert_int_equal(answer->retry_ms, 100);
        assert_int_equal(ask(fixture, "hx.a", &learn)->what, QF_REGISTERS);
        assert_int_equal(ask(fixture, "qp.a", &hello)->what, QF_WELCOME);
        fixture->now_ms += 250;
        for (int i = 0; i < 2; i++)
                assert_int_equal(ask(fixture, "hx.a", &hello)->what, QF_WELCOME);
        assert_int_equal(ask(fixture, "hx.a", &hello)->why, QF_REFUSED_BUSY);
        fixture_remove(fixture);
}

/* What is put off is looked at little by little, and the more of it there was, the longer is the rest. */
static void what_is_put_off_ends_the_group_and_is_followed_by_a_rest(void **state)
{
        struct ingest_fixture *fixture = fixture_with(QF_QUOTA_ASKS, HOUR_S, 1);
        struct qf_from_partner hello = {.what = QF_HELLO, .version = 1, .next = 1, .first_kept = 1};
        char user[QF_ADMISSION_USER_TEXT];
        const struct qf_asker asker = {.peer = {.len = 1}};
        uint32_t taken = 0;

        (void)state;
        hello.outbox[0] = 1;
        assert_int_equal(ask(fixture, "hx.a", &hello)->what, QF_WELCOME);
        assert_int_equal(qf_ingest_rest_us(fixture->ingest), 0);
        assert_int_equal(ask(fixture, "hx.a", &hello)->why, QF_REFUSED_BUSY);
        assert_in_range(qf_ingest_rest_us(fixture->ingest), 20, 40);
        fixture->bytes.len = 0;
        assert_int_equal(qf_from_partner_encode(&hello, &fixture->bytes), 0);
        while (!qf_ingest_is_full(fixture->ingest) && taken < 100000) {
                assert_int_equal(qf_ingest_take(fixture->ingest, &asker, user_of("hx.a", user),
                                                (struct qf_view){(const char *)fixture->bytes.at,
                                                                 (uint32_t)fixture->bytes.len},
                                                fixture->now_ms),
                                 0);
                taken++;
        }
        assert_int_equal(taken, QF_INGEST_PUT_OFF_MESSAGES);
        fixture->deaf = true;
        turn(fixture);
        assert_int_equal(qf_ingest_rest_us(fixture->ingest), QF_QUOTA_REST_MOST_US);
        assert_false(qf_ingest_is_full(fixture->ingest));
        turn(fixture);
        assert_int_equal(qf_ingest_rest_us(fixture->ingest), 0);
        fixture_remove(fixture);
}

static void bytes_are_counted_whatever_they_say(void **state)
{
        struct ingest_fixture *fixture = fixture_with(QF_QUOTA_BYTES, 100 * HOUR_S, 2000);
        uint64_t first = 1;
        const struct qf_to_partner *answer;

        (void)state;
        do {
                struct qf_from_partner send = creates_of(fixture, 1, first, 10);
                answer = ask(fixture, "hx.a", &send);
                first += 10;
        } while (answer->what == QF_VERDICTS && first < 1000);
        assert_int_equal(answer->why, QF_REFUSED_BUSY);
        assert_in_range(answer->retry_ms, 1, 20000);
        fixture_remove(fixture);
}

static void new_outboxes_are_few_in_an_hour_and_known_ones_go_on(void **state)
{
        struct ingest_fixture *fixture = fixture_with(QF_QUOTA_OUTBOXES, 2, 3);
        struct qf_from_partner send;

        (void)state;
        for (uint8_t outbox = 1; outbox <= 3; outbox++) {
                send = creates_of(fixture, outbox, 1, 1);
                assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        }
        send = creates_of(fixture, 4, 1, 1);
        assert_int_equal(ask(fixture, "hx.a", &send)->why, QF_REFUSED_BUSY);
        send = creates_of(fixture, 3, 2, 5);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        fixture->now_ms += HOUR_S * 1000 / 2;
        send = creates_of(fixture, 4, 1, 1);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        fixture_remove(fixture);
}

static struct qf_from_partner first_of(struct ingest_fixture *fixture, uint32_t outbox)
{
        struct qf_from_partner send = send_of(0, 1);
        char key[16];
        memcpy(send.outbox, &outbox, sizeof outbox);
        (void)snprintf(key, sizeof key, "N%u", outbox);
        put_tick(fixture, key, 1);
        end_body(fixture, &send);
        return send;
}

static void a_thousand_outboxes_of_a_source_live(void **state)
{
        struct ingest_fixture *fixture = fixture_loaded();
        uint32_t sealed = 0;

        (void)state;
        for (uint32_t outbox = 1; outbox <= 1000; outbox++) {
                struct qf_from_partner send = first_of(fixture, outbox);
                say(fixture, "hx.a", &send);
                if (outbox % 50)
                        continue;
                turn(fixture);
                assert_int_equal(fixture->heard_count, 50);
                for (uint32_t i = 0; i < 50; i++)
                        assert_int_equal(fixture->heard[i].message.what, QF_VERDICTS);
        }
        struct qf_from_partner send = first_of(fixture, 1001);
        assert_int_equal(ask(fixture, "hx.a", &send)->why, QF_REFUSED_NOT_ALLOWED);
        send = first_of(fixture, 2001);
        assert_int_equal(ask(fixture, "qp.a", &send)->what, QF_VERDICTS);
        send = first_of(fixture, 1000); /* those that live go on */
        assert_int_equal(ask(fixture, "hx.a", &send)->known, 1);
        struct qf_from_partner seal = first_of(fixture, 7);
        seal.what = QF_SEAL;
        seal.through = 1;
        assert_int_equal(ask(fixture, "hx.a", &seal)->why, QF_REFUSED_SEALED);
        fixture_reopen(fixture);
        send = first_of(fixture, 1001);
        assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        send = first_of(fixture, 1002);
        assert_int_equal(ask(fixture, "hx.a", &send)->why, QF_REFUSED_NOT_ALLOWED);
        /* Whose machine was made anew goes on from those that live, however many were sealed. */
        const struct qf_from_partner hello = {.what = QF_HELLO, .version = 1, .next = 1, .first_kept = 1};
        const struct qf_to_partner *welcome = ask(fixture, "hx.a", &hello);
        assert_int_equal(welcome->outboxes_count, 1000);
        for (uint32_t i = 0; i < welcome->outboxes_count; i++)
                sealed += welcome->outboxes[i].sealed;
        assert_int_equal(sealed, 0);
        fixture_remove(fixture);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_over_waits_as_long_as_it_must),
                cmocka_unit_test(a_bucket_holds_no_more_than_its_size),
                cmocka_unit_test(what_is_larger_than_the_bucket_takes_a_full_one),
                cmocka_unit_test(a_clock_that_is_set_back_fills_nothing_and_stops_nothing),
                cmocka_unit_test(what_was_taken_unasked_is_owed_up_to_a_bucket),
                cmocka_unit_test(the_largest_limit_is_one),
                cmocka_unit_test(a_flood_is_put_off_and_others_are_served),
                cmocka_unit_test(hellos_and_noise_are_counted_and_batches_go_on),
                cmocka_unit_test(hellos_have_a_share_of_their_own),
                cmocka_unit_test(what_is_put_off_ends_the_group_and_is_followed_by_a_rest),
                cmocka_unit_test(bytes_are_counted_whatever_they_say),
                cmocka_unit_test(new_outboxes_are_few_in_an_hour_and_known_ones_go_on),
                cmocka_unit_test(a_thousand_outboxes_of_a_source_live),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
