/* ingest/core: rules of the numbers, failed groups, restarts, interleavings of PROTOCOL.md 9 that are ingest's. */
#include "support/ingest_fixture.h"

#include "store/record.h"

static uint64_t last_position(struct ingest_fixture *fixture)
{
        return qf_group_committed(qf_ingest_group(fixture->ingest))->last;
}

static uint64_t events_in_journal(struct ingest_fixture *fixture)
{
        return qf_group_committed(qf_ingest_group(fixture->ingest))->events;
}

static const struct qf_to_partner *hello(struct ingest_fixture *fixture, const char *source, uint8_t outbox)
{
        struct qf_from_partner message = {.what = QF_HELLO, .version = 1};
        memset(message.outbox, outbox, sizeof message.outbox);
        return ask(fixture, source, &message);
}

static void expect_taken(const struct qf_to_partner *answer, uint64_t first, uint32_t count, uint32_t known)
{
        assert_int_equal(answer->what, QF_VERDICTS);
        assert_int_equal(answer->first, first);
        assert_int_equal(answer->count, count);
        assert_int_equal(answer->known, known);
        for (uint32_t i = 0; i < count; i++)
                assert_int_equal(verdict_at(answer, i).class,
                                 (first + i) % 10 == 0 ? QF_REJECTED : QF_ACCEPTED);
}

static void expect_refused(const struct qf_to_partner *answer, uint32_t why, uint64_t expected)
{
        assert_int_equal(answer->what, QF_REFUSED);
        assert_int_equal(answer->why, why);
        assert_int_equal(answer->expected, expected);
}

/* --- numbers ------------------------------------------------------------ */

static void batch_is_taken_once_and_answered_the_same_again(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 100);
        uint8_t hash[32];
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        expect_taken(answer, 1, 100, 0);
        assert_int_equal(verdict_at(answer, 9).code, QF_E103_NOT_YOURS);
        assert_true(answer->details_count > 0);
        uint64_t position = answer->position, events = events_in_journal(fixture);
        memcpy(hash, answer->hash, sizeof hash);
        answer = ask(fixture, "hx.a", &send);
        expect_taken(answer, 1, 100, 100);
        assert_int_equal(answer->position, position);
        assert_memory_equal(answer->hash, hash, sizeof hash);
        assert_int_equal(events_in_journal(fixture), events);
        assert_int_equal(hello(fixture, "hx.a", 1)->expected, 101);
}

/* Interleaving 1: committed, answer lost, cut anew. */
static void resend_cut_differently_is_known_as_far_as_it_is(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 400);
        expect_taken(ask(fixture, "hx.a", &send), 1, 400, 0);
        send = creates_of(fixture, 1, 401, 300);
        say(fixture, "hx.a", &send);
        send = creates_of(fixture, 1, 701, 200);
        say(fixture, "hx.a", &send);
        turn(fixture);
        fixture_reopen(fixture);
        uint64_t events = events_in_journal(fixture);
        send = creates_of(fixture, 1, 351, 650);
        expect_taken(ask(fixture, "hx.a", &send), 351, 650, 550);
        assert_int_equal(events_in_journal(fixture), events + 100);
        assert_int_equal(hello(fixture, "hx.a", 1)->expected, 1001);
        send = creates_of(fixture, 1, 1, 1000);
        expect_taken(ask(fixture, "hx.a", &send), 1, 1000, 1000);
}

static void hole_is_refused_with_the_number_expected_and_said_once(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        (void)ask(fixture, "hx.a", &send);
        send = creates_of(fixture, 1, 7, 5);
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_GAP, 6);
        say(fixture, "hx.a", &send);
        turn(fixture);
        assert_int_equal(fixture->heard_count, 0);
        fixture->now_ms += 101;
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_GAP, 6);
        send = creates_of(fixture, 9, 2, 1);
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_GAP, 1);
}

static void batches_of_one_outbox_share_an_answer(void **state)
{
        struct ingest_fixture *fixture = *state;
        for (uint32_t i = 0; i < 4; i++) {
                struct qf_from_partner send = creates_of(fixture, 1, 1 + i * 25, 25);
                say(fixture, "hx.a", &send);
        }
        struct qf_from_partner again = creates_of(fixture, 1, 76, 25); /* known within the open group */
        say(fixture, "hx.a", &again);
        turn(fixture);
        assert_int_equal(fixture->heard_count, 2);
        expect_taken(&fixture->heard[0].message, 1, 100, 0);
        expect_taken(&fixture->heard[1].message, 76, 25, 25);
        assert_memory_equal(fixture->heard[0].message.hash, fixture->heard[1].message.hash, 32);
}

static void other_content_under_a_known_number_is_forked(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 20);
        (void)ask(fixture, "hx.a", &send);
        uint64_t events = events_in_journal(fixture);
        send = send_of(1, 11);
        put_activity(fixture, QF_CREATE, "A1-00011", 0, 11, "HX");
        put_activity(fixture, QF_CREATE, "A1-00012", 0, 99, "HX");
        for (int i = 0; i < 20; i++)
                put_activity(fixture, QF_CREATE, "beyond", 0, 1, "HX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        expect_refused(answer, QF_REFUSED_FORKED, 21);
        assert_int_equal(answer->first, 12);
        assert_int_equal(events_in_journal(fixture), events);
}

/* Interleaving 4: a cloned disk. */
static void holder_decides_between_two_copies_of_an_outbox(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        send.holder = UINT64_C(1) << 32 | 7;
        (void)ask(fixture, "hx.a", &send);
        send = creates_of(fixture, 1, 6, 5);
        send.holder = UINT64_C(1) << 32 | 8;
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_CLONED, 6);
        send.holder = UINT64_C(3) << 32 | 8;
        expect_taken(ask(fixture, "hx.a", &send), 6, 5, 0);
        send = creates_of(fixture, 1, 11, 5);
        send.holder = UINT64_C(1) << 32 | 7;
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_FENCED, 11);
        assert_int_equal(hello(fixture, "hx.a", 1)->expected, 11);
}

/* An outbox copied to another source before anybody had answered it: what is heard first has it, also within one group. */
static void outbox_of_two_sources_is_the_first_ones(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        say(fixture, "hx.a", &send);
        say(fixture, "qp.a", &send);
        turn(fixture);
        expect_taken(&fixture->heard[0].message, 1, 5, 0);
        expect_refused(&fixture->heard[1].message, QF_REFUSED_ANOTHERS, 1);
        assert_int_equal(fixture->alarms, 1);
        fixture_reopen(fixture);
        send.holder = UINT64_C(9) << 32; /* however often it was opened */
        expect_refused(ask(fixture, "qp.a", &send), QF_REFUSED_ANOTHERS, 1);
}

static void seal_ends_an_outbox_for_ever(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5), seal = send_of(1, 0);
        (void)ask(fixture, "hx.a", &send);
        seal.what = QF_SEAL;
        seal.through = 4;
        expect_refused(ask(fixture, "hx.a", &seal), QF_REFUSED_FORKED, 6);
        seal.through = 5;
        expect_refused(ask(fixture, "hx.a", &seal), QF_REFUSED_SEALED, 6);
        fixture_reopen(fixture);
        send = creates_of(fixture, 1, 6, 5);
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_SEALED, 6);
        const struct qf_to_partner *answer = hello(fixture, "hx.a", 1);
        assert_int_equal(answer->outboxes_count, 1);
        assert_true(answer->outboxes[0].sealed);
}

static void skip_goes_over_a_hole_and_is_never_taken_back(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5), skip = send_of(1, 6);
        (void)ask(fixture, "hx.a", &send);
        skip.what = QF_SKIP;
        skip.through = 40;
        skip.reason = QF_VIEW("disk lost");
        assert_int_equal(ask(fixture, "hx.a", &skip)->expected, 41);
        assert_int_equal(ask(fixture, "hx.a", &skip)->expected, 41);
        send = creates_of(fixture, 1, 41, 5);
        expect_taken(ask(fixture, "hx.a", &send), 41, 5, 0);
        send = creates_of(fixture, 1, 39, 7);
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_FORKED, 46);
        skip.first = 50;
        skip.through = 60;
        expect_refused(ask(fixture, "hx.a", &skip), QF_REFUSED_GAP, 46);
        skip.first = 46;
        skip.through = 46 + 2000000;
        expect_refused(ask(fixture, "hx.a", &skip), QF_REFUSED_MALFORMED, 46);
}

static uint32_t gaps(const struct ingest_fixture *fixture)
{
        return qf_outboxes_gaps(qf_ingest_outboxes(fixture->ingest));
}

/* The backup that was restored is older than the outbox, which has forgotten its first numbers. */
static void an_outbox_that_the_journal_does_not_have_is_named_at_its_gap(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner asks = {
                .what = QF_HELLO, .version = 1, .next = 91, .acked = 90, .first_kept = 1};
        struct qf_from_partner skip = send_of(1, 1);
        memset(asks.outbox, 1, sizeof asks.outbox);
        assert_int_equal(ask(fixture, "hx.a", &asks)->expected, 1);
        assert_int_equal(gaps(fixture), 0); /* it can send all */
        asks.first_kept = 41;
        assert_int_equal(ask(fixture, "hx.a", &asks)->expected, 1);
        assert_int_equal(gaps(fixture), 1);
        skip.what = QF_SKIP;
        skip.through = 40;
        assert_int_equal(ask(fixture, "hx.a", &skip)->expected, 41);
        assert_int_equal(gaps(fixture), 0);
        for (uint32_t i = 0; i < 3000; i++) { /* ids that are made up take no more memory than so many */
                memcpy(asks.outbox, &i, sizeof i);
                fixture->now_ms += 1000;
                (void)ask(fixture, "hx.a", &asks);
        }
        assert_int_equal(gaps(fixture), 1000);
        struct qf_from_partner send = creates_of(fixture, 1, 41, 5);
        expect_taken(ask(fixture, "hx.a", &send), 41, 5, 0);
}

static void cursor_is_told_to_who_asks(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        send.cursor = QF_VIEW("row 5 of file 7");
        (void)ask(fixture, "hx.a", &send);
        fixture_reopen(fixture);
        const struct qf_to_partner *answer = hello(fixture, "hx.a", 3);
        assert_int_equal(answer->expected, 1);
        assert_int_equal(answer->outboxes_count, 1);
        assert_int_equal(answer->outboxes[0].last, 5);
        assert_true(qf_view_same(answer->outboxes[0].cursor, QF_VIEW("row 5 of file 7")));
        assert_int_equal(hello(fixture, "qp.a", 3)->outboxes_count, 0);
}

/* --- who may ------------------------------------------------------------ */

static void stranger_is_not_allowed(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        const struct qf_to_partner *answer = ask(fixture, "nobody", &send);
        expect_refused(answer, QF_REFUSED_NOT_ALLOWED, 1);
        assert_memory_equal(answer->outbox, send.outbox,
                            sizeof send.outbox); /* so that it knows what is meant */
        char user[QF_ADMISSION_USER_TEXT];
        uint8_t key[32];
        key_of("hx.a", key);
        assert_true(qf_admission_user(qf_ingest_programme(fixture->ingest), key, fixture->now_ms, user));
        assert_memory_equal(user, "hx.a#", 5);
        key[31] = 1;
        assert_false(qf_admission_user(qf_ingest_programme(fixture->ingest), key, fixture->now_ms, user));
}

static void revoked_key_is_refused_while_its_connection_stands(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_view org = QF_VIEW("HX");
        struct qf_register revoked = {
                .code = QF_VIEW("hx.a"), .parent = org, .roles = QF_ROLE_FEED, .orgs_count = 1, .orgs = &org};
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        expect_taken(ask(fixture, "hx.a", &send), 1, 5, 0);
        struct qf_from_partner office = send_of(0xee, 7);
        put_register(fixture, QF_KIND_SOURCE, &revoked);
        end_body(fixture, &office);
        assert_int_equal(ask(fixture, "office", &office)->exceptions_count, 0);
        send = creates_of(fixture, 1, 6, 5);
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_NOT_ALLOWED, 1);
}

static void registers_take_only_the_office(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = send_of(1, 1);
        put_org(fixture, "XX");
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(verdict_at(answer, 0).code, QF_E160_NOT_ADMIN);
}

static void source_that_is_shut_waits_and_others_go_on(void **state)
{
        struct ingest_fixture *fixture = *state;
        fixture->shut = qf_programme_find_source(qf_ingest_programme(fixture->ingest), QF_VIEW("hx.a"));
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        expect_refused(answer, QF_REFUSED_BUSY, 1);
        assert_int_equal(answer->retry_ms, 60000);
        send = send_of(1, 1);
        put_activity(fixture, QF_CREATE, "Q", 0, 1, "QP");
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "qp.a", &send)->what, QF_VERDICTS);
        assert_int_equal(fixture->judging, 0);
}

static void programme_loaded_twice_changes_nothing(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = send_of(0xee, 7), learn = {.what = QF_LEARN};
        put_programme(fixture);
        end_body(fixture, &send);
        const struct qf_to_partner *answer = ask(fixture, "office", &send);
        assert_int_equal(answer->count, 6);
        for (uint32_t i = 0; i < 6; i++)
                assert_int_equal(verdict_at(answer, i).class, QF_DUPLICATE);
        answer = ask(fixture, "hx.a", &learn);
        assert_int_equal(answer->what, QF_REGISTERS);
        assert_int_equal(answer->total, 7); /* with the office itself */
        assert_int_equal(answer->events_count, 7);
        fixture_reopen(fixture);
        assert_int_equal(qf_programme_sources(qf_ingest_programme(fixture->ingest)), 3);
}

static void numbers_that_cannot_be_are_malformed(void **state)
{
        static const uint64_t beyond = UINT64_C(1) << 62;
        static const struct qf_from_partner rows[] = {
                {.what = QF_HELLO, .version = 1, .next = beyond},
                {.what = QF_HELLO, .version = 1, .acked = beyond},
                {.what = QF_HELLO, .version = 1, .first_kept = beyond},
                {.what = QF_SEND, .first = 0, .count = 1},
                {.what = QF_SEND, .first = beyond, .count = 1},
                {.what = QF_SEND, .first = 1, .count = 0},
                {.what = QF_SEND, .first = 1, .count = QF_BATCH_EVENTS_MAX + 1},
                {.what = QF_SKIP, .first = 0, .through = 1},
                {.what = QF_SKIP, .first = 2, .through = 1},
                {.what = QF_SKIP, .first = 1, .through = beyond},
                {.what = QF_SKIP, .first = 1, .through = 1000001}, /* more than a human can have meant */
                {.what = QF_SEAL, .through = beyond},
        };
        struct ingest_fixture *fixture = *state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct qf_from_partner message = rows[i];
                message.holder = UINT64_C(1) << 32 | 1;
                memset(message.outbox, 1, sizeof message.outbox);
                if (message.what == QF_SEND)
                        message.facts = QF_VIEW("x");
                const struct qf_to_partner *answer = ask(fixture, "hx.a", &message);
                if (answer->what != QF_REFUSED || answer->why != QF_REFUSED_MALFORMED)
                        fail_msg("row %zu", i);
        }
        struct qf_from_partner send = creates_of(fixture, 1, 1, 2);
        expect_taken(ask(fixture, "hx.a", &send), 1, 2, 0); /* none used a number */
}

static void nonsense_is_malformed_and_uses_no_number(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        send.count = 6;
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_MALFORMED, 1);
        send.count = 5;
        send.facts = QF_VIEW("\xff\xff\xff\xff");
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_MALFORMED, 1);
        struct qf_asker asker = {.peer = {.len = 1}};
        char user[QF_ADMISSION_USER_TEXT];
        assert_int_equal(qf_ingest_take(fixture->ingest, &asker, user_of("hx.a", user),
                                        QF_VIEW("\x01\x02noise"), fixture->now_ms),
                         0);
        turn(fixture);
        expect_refused(&fixture->heard[0].message, QF_REFUSED_MALFORMED, 1);
        assert_int_equal(hello(fixture, "hx.a", 1)->expected, 1);
}

/* --- groups that fail ---------------------------------------------------- */

/* Interleaving 2: the same batch twice and its successor in one group, and no room. */
static void full_map_makes_the_whole_group_busy_and_changes_nothing(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 50);
        expect_taken(ask(fixture, "hx.a", &send), 1, 50, 0);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        fixture->options.disk_floor_bytes = UINT64_MAX;
        fixture_open(fixture);
        uint64_t before = last_position(fixture);
        for (int i = 0; i < 3; i++) {
                fixture->door = (uint32_t)i;
                send = creates_of(fixture, 1, i == 2 ? 101 : 51, 50);
                say(fixture, "hx.a", &send);
        }
        turn(fixture);
        assert_int_equal(fixture->heard_count, 3);
        for (int i = 0; i < 3; i++) {
                expect_refused(&fixture->heard[i].message, QF_REFUSED_BUSY, 51);
                assert_true(fixture->heard[i].message.retry_ms > 0);
        }
        assert_int_equal(last_position(fixture), before);
        assert_int_equal(fixture->alarms, 1);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        fixture->options.disk_floor_bytes = 0;
        fixture_open(fixture);
        send = creates_of(fixture, 1, 51, 50);
        fixture->door = 0;
        say(fixture, "hx.a", &send);
        fixture->door = 1;
        say(fixture, "hx.a", &send);
        turn(fixture);
        assert_int_equal(fixture->heard_count, 2);
        expect_taken(&fixture->heard[0].message, 51, 50, 0);
        expect_taken(&fixture->heard[1].message, 51, 50, 50);
}

/* A map that fills in the middle of a group: registers, heads, outboxes and the tail go back together. */
static void map_that_fills_within_a_group_is_taken_back_whole(void **state)
{
        struct ingest_fixture *fixture = *state;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        temporary_remove(fixture->directory, 1);
        fixture->options.map_bytes = fixture->options.map_bytes_max = 1 << 20;
        fixture_open(fixture);
        load_programme(fixture);
        uint64_t position = qf_programme_position(qf_ingest_programme(fixture->ingest));
        struct qf_from_partner office = send_of(0xee, 7);
        put_org(fixture, "LATER");
        end_body(fixture, &office);
        say(fixture, "office", &office);
        uint64_t first = 1;
        while (!qf_ingest_is_full(fixture->ingest)) {
                struct qf_from_partner send = creates_of(fixture, 1, first, 500);
                say(fixture, "hx.a", &send);
                first += 500;
        }
        turn(fixture);
        for (uint32_t i = 0; i < fixture->heard_count; i++)
                assert_int_equal(fixture->heard[i].message.why, QF_REFUSED_BUSY);
        assert_int_equal(qf_programme_position(qf_ingest_programme(fixture->ingest)), position);
        assert_int_equal(hello(fixture, "hx.a", 1)->expected, 1);
        struct qf_from_partner send = creates_of(fixture, 1, 1, 20);
        expect_taken(ask(fixture, "hx.a", &send), 1, 20, 0);
        put_org(fixture, "LATER");
        end_body(fixture, &office);
        assert_int_equal(ask(fixture, "office", &office)->exceptions_count, 0);
}

/* Interleaving 3 as seen from outside: killed before it answered, whether or not the group came to the disk. */
static void killed_before_or_after_the_commit_each_number_is_taken_once(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 50);
        say(fixture, "hx.a", &send);
        fixture_reopen(fixture); /* before */
        expect_taken(ask(fixture, "hx.a", &send), 1, 50, 0);
        fixture_reopen(fixture); /* after, the answer lost */
        expect_taken(ask(fixture, "hx.a", &send), 1, 50, 50);
        assert_int_equal(events_in_journal(fixture), 56);
}

static void clock_that_went_back_stops_writing_but_not_answering(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_from_partner send = creates_of(fixture, 1, 1, 5);
        (void)ask(fixture, "hx.a", &send);
        fixture->now_ms -= 2 * 60 * 1000;
        send = creates_of(fixture, 1, 6, 5);
        expect_taken(ask(fixture, "hx.a", &send), 6, 5, 0);
        fixture->now_ms -= 60 * 60 * 1000;
        send = creates_of(fixture, 1, 11, 5);
        expect_refused(ask(fixture, "hx.a", &send), QF_REFUSED_BUSY, 11);
        expect_refused(ask(fixture, "qp.a", &send), QF_REFUSED_ANOTHERS, 1);
        assert_int_equal(fixture->alarms, 2); /* neither hides the other */
        assert_int_equal(hello(fixture, "hx.a", 1)->expected, 11);
}

/* --- the journal itself -------------------------------------------------- */

static void journal_is_one_chain_and_tells_all(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_buffer copy = {0};
        struct qf_sha256 *sha = NULL;
        struct qf_record_head head;
        uint8_t previous[32] = {0};
        uint64_t events = 0, position = 0;
        for (uint64_t first = 1; first < 12000; first += 4000) {
                struct qf_from_partner send = creates_of(fixture, 1, first, 4000);
                (void)ask(fixture, "hx.a", &send);
        }
        assert_int_equal(qf_sha256_new(&sha), 0);
        assert_int_equal(qf_group_copy_records(qf_ingest_group(fixture->ingest), 1, 1 << 30, &copy), 0);
        for (size_t at = 0; at < copy.len;) {
                struct qf_view record = {(const char *)copy.at + at + 4, qf_get_le32(copy.at + at)};
                assert_int_equal(qf_record_open(record, sha, &head), 0);
                assert_int_equal(head.position, ++position);
                assert_memory_equal(head.previous, previous, 32);
                assert_int_equal(head.events_before, events);
                memcpy(previous, head.hash, 32);
                struct qf_entry entry;
                for (size_t offset = 0; qf_record_next(record, &offset, &entry);)
                        events += entry.kind == QF_ENTRY_BATCH ? entry.count - entry.skip : 0;
                at += 4 + record.len;
        }
        assert_int_equal(events, 12006);
        assert_int_equal(position, last_position(fixture));
        qf_buffer_deinit(&copy);
        (void)qf_sha256_free(sha);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* A server that boots in 1970 knows nobody by its own clock; a client that is told so stops for good. */
static void a_clock_far_behind_does_not_make_keys_unknown(void **state)
{
        struct ingest_fixture *fixture = *state;
        struct qf_source_key key = {.valid_from = 20220101};
        struct qf_view own = QF_VIEW("HX");
        const struct qf_register dated = {.code = QF_VIEW("hx.b"),
                                          .parent = own,
                                          .roles = QF_ROLE_FEED,
                                          .orgs_count = 1,
                                          .orgs = &own,
                                          .keys_count = 1,
                                          .keys = &key};
        struct qf_from_partner send = send_of(0xee, 7);
        int64_t right_ms = fixture->now_ms;
        key_of("hx.b", key.public_key);
        put_register(fixture, QF_KIND_SOURCE, &dated);
        end_body(fixture, &send);
        assert_int_equal(ask(fixture, "office", &send)->what, QF_VERDICTS);
        fixture->now_ms = 5000;
        assert_true(qf_ingest_key_ms(fixture->ingest, fixture->now_ms) == right_ms);
        send = creates_of(fixture, 1, 1, 1);
        assert_int_equal(ask(fixture, "hx.b", &send)->why, QF_REFUSED_BUSY);
        assert_int_equal(ask(fixture, "nobody", &send)->why, QF_REFUSED_NOT_ALLOWED);
        fixture->now_ms = right_ms - 1000;
        assert_true(qf_ingest_key_ms(fixture->ingest, fixture->now_ms) == fixture->now_ms);
        assert_int_equal(ask(fixture, "hx.b", &send)->what, QF_VERDICTS);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(batch_is_taken_once_and_answered_the_same_again),
                CASE(resend_cut_differently_is_known_as_far_as_it_is),
                CASE(hole_is_refused_with_the_number_expected_and_said_once),
                CASE(batches_of_one_outbox_share_an_answer),
                CASE(other_content_under_a_known_number_is_forked),
                CASE(holder_decides_between_two_copies_of_an_outbox),
                CASE(outbox_of_two_sources_is_the_first_ones),
                CASE(seal_ends_an_outbox_for_ever),
                CASE(skip_goes_over_a_hole_and_is_never_taken_back),
                CASE(an_outbox_that_the_journal_does_not_have_is_named_at_its_gap),
                CASE(cursor_is_told_to_who_asks),
                CASE(stranger_is_not_allowed),
                CASE(revoked_key_is_refused_while_its_connection_stands),
                CASE(registers_take_only_the_office),
                CASE(source_that_is_shut_waits_and_others_go_on),
                CASE(programme_loaded_twice_changes_nothing),
                CASE(numbers_that_cannot_be_are_malformed),
                CASE(nonsense_is_malformed_and_uses_no_number),
                CASE(full_map_makes_the_whole_group_busy_and_changes_nothing),
                CASE(map_that_fills_within_a_group_is_taken_back_whole),
                CASE(killed_before_or_after_the_commit_each_number_is_taken_once),
                CASE(clock_that_went_back_stops_writing_but_not_answering),
                CASE(a_clock_far_behind_does_not_make_keys_unknown),
                CASE(journal_is_one_chain_and_tells_all),
        };
        return cmocka_run_group_tests_name("ingest core", tests, NULL, NULL);
}
