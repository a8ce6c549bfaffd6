/* client/follow: conversations with a journal feed, well-behaved and not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/follow.h"
#include "support/journal.h"

struct fixture {
        struct journal journal;
        struct qf_follow *follow;
        struct qf_arena *arena;
        struct qf_buffer out;
        struct qf_journal_message said; /* last message taken from the follower */
        struct qf_follow_step step;
        struct qf_place furthest; /* what the owner remembers */
        uint8_t life[16];         /* of a life that it knows */
        int64_t now_ms;
};

static struct qf_place furthest(void *ctx)
{
        const struct fixture *fixture = ctx;

        return fixture->furthest;
}

static bool knows(void *ctx, const uint8_t life[16])
{
        const struct fixture *fixture = ctx;

        return memcmp(fixture->life, life, sizeof fixture->life) == 0;
}

static int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        struct qf_follow_options options = {
                .name = "test", .credit_bytes = 4000, .past = {fixture, furthest, knows}};

        assert_non_null(fixture);
        memset(fixture->life, 1, sizeof fixture->life);
        journal_new(&fixture->journal);
        journal_programme(&fixture->journal);
        for (int i = 0; i < 8; i++) {
                char key[8];
                (void)snprintf(key, sizeof key, "k%d", i);
                journal_activity(&fixture->journal, key, QF_CREATE, 20230506, i, NULL);
                journal_batch(&fixture->journal);
        }
        assert_int_equal(qf_follow_new(&options, &fixture->follow), 0);
        assert_int_equal(qf_arena_new(65536, &fixture->arena), 0);
        *state = fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;

        qf_follow_free(fixture->follow);
        qf_arena_free(fixture->arena);
        qf_buffer_deinit(&fixture->out);
        journal_free(&fixture->journal);
        free(fixture);
        return 0;
}

/* True when the follower says something, which is then in said. */
static bool says(struct fixture *fixture)
{
        struct qf_wire_fault fault;

        fixture->out.len = 0;
        int r = qf_follow_say_next(fixture->follow, fixture->now_ms, &fixture->out);
        if (r == 1)
                return false;
        assert_int_equal(r, 0);
        qf_arena_reset(fixture->arena);
        struct qf_view message = {(const char *)fixture->out.at, (uint32_t)fixture->out.len};
        assert_int_equal(qf_journal_message_decode(fixture->arena, true, message, &fixture->said, &fault), 0);
        return true;
}

static enum qf_follow_what hears(struct fixture *fixture, const struct qf_journal_message *message,
                                 struct qf_view record)
{
        struct qf_buffer bytes = {0};

        assert_int_equal(qf_journal_message_encode(false, message, &bytes), 0);
        assert_int_equal(qf_follow_take(fixture->follow, fixture->now_ms,
                                        (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len}, record,
                                        &fixture->step),
                         0);
        qf_buffer_deinit(&bytes);
        return fixture->step.what;
}

static enum qf_follow_what hears_attached(struct fixture *fixture)
{
        struct qf_journal_message message = {
                .what = QF_ATTACHED,
                .attach = fixture->said.attach,
                .journal = "journal-under-t",
                .first = 1,
                .last = fixture->journal.last,
        };
        return hears(fixture, &message, (struct qf_view){NULL, 0});
}

static enum qf_follow_what hears_detached(struct fixture *fixture, uint32_t why, int life)
{
        struct qf_journal_message message = {
                .what = QF_DETACHED,
                .attach = fixture->said.attach,
                .why = why,
                .life_number = 2, /* says nothing: it may come twice */
        };
        memset(message.life, life, sizeof message.life);
        return hears(fixture, &message, (struct qf_view){NULL, 0});
}

static enum qf_follow_what hears_record(struct fixture *fixture, uint64_t position)
{
        struct qf_journal_message message = {
                .what = QF_RECORD, .attach = fixture->said.attach, .position = position};
        return hears(fixture, &message, fixture->journal.record[position - 1]);
}

static void attach(struct fixture *fixture)
{
        assert_true(says(fixture));
        assert_int_equal(fixture->said.what, QF_ATTACH);
        assert_int_equal(hears_attached(fixture), QF_FOLLOW_ATTACHED);
}

static void follow_hands_out_records_in_order(void **state)
{
        struct fixture *fixture = *state;

        attach(fixture);
        assert_int_equal(fixture->said.position, 0);
        assert_int_equal(fixture->said.credit, 4000);
        for (uint64_t position = 1; position <= fixture->journal.last; position++) {
                assert_int_equal(hears_record(fixture, position), QF_FOLLOW_RECORD);
                assert_int_equal(fixture->step.head.position, position);
        }
        assert_int_equal(qf_follow_place(fixture->follow)->position, fixture->journal.last);
        assert_memory_equal(qf_follow_place(fixture->follow)->hash, fixture->journal.hash, 32);
}

static void follow_gives_credit_as_an_absolute_total(void **state)
{
        struct fixture *fixture = *state;
        uint64_t bytes = 0;

        attach(fixture);
        for (uint64_t position = 1; position <= fixture->journal.last; position++) {
                assert_int_equal(hears_record(fixture, position), QF_FOLLOW_RECORD);
                bytes += fixture->journal.record[position - 1].len;
                if (!says(fixture))
                        continue;
                assert_int_equal(fixture->said.what, QF_CREDIT);
                assert_int_equal(fixture->said.credit, bytes + 4000);
        }
        assert_true(bytes > 1000);
        assert_false(says(fixture));
}

static void follow_says_credit_again_when_it_did_not_go_out(void **state)
{
        struct fixture *fixture = *state;
        uint64_t position = 0;

        attach(fixture);
        do
                assert_int_equal(hears_record(fixture, ++position), QF_FOLLOW_RECORD);
        while (!says(fixture));
        uint64_t credit = fixture->said.credit;
        qf_follow_unsent(fixture->follow, fixture->now_ms);
        assert_true(says(fixture));
        assert_int_equal(fixture->said.credit, credit);
}

static void follow_asks_again_when_nobody_answers(void **state)
{
        struct fixture *fixture = *state;

        assert_true(says(fixture));
        uint32_t first = fixture->said.attach;
        assert_false(says(fixture));
        fixture->now_ms += 1500;
        assert_true(says(fixture));
        assert_int_not_equal(fixture->said.attach, first);
        qf_follow_unsent(fixture->follow, fixture->now_ms);
        assert_false(says(fixture));
        fixture->now_ms += 200;
        assert_true(says(fixture));
        assert_int_equal(hears_attached(fixture), QF_FOLLOW_ATTACHED);
}

static void follow_attaches_again_at_its_place_when_the_feed_falls_silent(void **state)
{
        struct fixture *fixture = *state;

        attach(fixture);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
        assert_int_equal(hears_record(fixture, 2), QF_FOLLOW_RECORD);
        fixture->now_ms += 5000;
        assert_true(says(fixture));
        assert_int_equal(fixture->said.what, QF_ATTACH);
        assert_int_equal(fixture->said.position, 2);
        assert_memory_equal(fixture->said.hash, fixture->journal.head[1].hash, 32);
        assert_int_equal(hears_attached(fixture), QF_FOLLOW_ATTACHED);
        assert_int_equal(hears_record(fixture, 3), QF_FOLLOW_RECORD);
}

static void follow_drops_what_is_of_an_older_attachment(void **state)
{
        struct fixture *fixture = *state;
        struct qf_journal_message old = {.what = QF_RECORD, .position = 1};

        attach(fixture);
        old.attach = fixture->said.attach;
        fixture->now_ms += 5000;
        attach(fixture);
        assert_int_equal(hears(fixture, &old, fixture->journal.record[0]), QF_FOLLOW_NOTHING);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
}

static void follow_stops_after_three_bad_records(void **state)
{
        struct fixture *fixture = *state;

        for (int i = 0; i < 3; i++) {
                attach(fixture);
                assert_int_equal(fixture->said.position, 0);
                assert_int_equal(hears_record(fixture, 2), i < 2 ? QF_FOLLOW_NOTHING : QF_FOLLOW_STOPPED);
        }
        assert_non_null(strstr(qf_follow_say(fixture->follow), "three times"));
        fixture->now_ms += 60000;
        assert_false(says(fixture));
}

static void follow_mends_a_bad_record_by_asking_again(void **state)
{
        struct fixture *fixture = *state;

        attach(fixture);
        ((char *)(uintptr_t)fixture->journal.record[0].at)[200] ^= 1;
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_NOTHING);
        ((char *)(uintptr_t)fixture->journal.record[0].at)[200] ^= 1;
        attach(fixture);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
}

static void follow_refuses_a_record_of_another_chain(void **state)
{
        struct fixture *fixture = *state;
        struct journal *other = calloc(1, sizeof *other);
        struct qf_journal_message message = {.what = QF_RECORD, .position = 2};

        assert_non_null(other);
        journal_new(other);
        attach(fixture);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
        other->hash[0] ^= 1;
        journal_programme(other);
        message.attach = fixture->said.attach;
        assert_int_equal(hears(fixture, &message, other->record[1]), QF_FOLLOW_NOTHING);
        assert_int_equal(qf_follow_place(fixture->follow)->position, 1);
        journal_free(other);
        free(other);
}

static void follow_tells_a_restored_journal_from_one_copied_back(void **state)
{
        struct fixture *fixture = *state;
        struct qf_place place = {.position = 5};

        qf_follow_restart(fixture->follow, &place);
        assert_true(says(fixture));
        assert_int_equal(hears_detached(fixture, QF_DETACHED_ROLLED_BACK, 2), QF_FOLLOW_ROLLED_BACK);
        assert_false(says(fixture));
        qf_follow_restart(fixture->follow, &place);
        assert_true(says(fixture));
        assert_int_equal(hears_detached(fixture, QF_DETACHED_ROLLED_BACK, 1), QF_FOLLOW_STOPPED);
        assert_non_null(strstr(qf_follow_say(fixture->follow), "qf restore --adopt"));
}

/* Of a life that is not known what was trimmed may have been another history, and nobody has it any more to compare. */
static void follow_says_whether_what_was_trimmed_is_of_a_known_life(void **state)
{
        struct fixture *fixture = *state;

        assert_true(says(fixture));
        assert_int_equal(hears_detached(fixture, QF_DETACHED_TRIMMED, 1), QF_FOLLOW_TRIMMED);
        assert_false(fixture->step.another_life);
        assert_false(says(fixture));
        qf_follow_try_again(
                fixture->follow); /* as when ingest was started again: another journal may lie there */
        assert_true(says(fixture));
        assert_int_equal(hears_detached(fixture, QF_DETACHED_TRIMMED, 2), QF_FOLLOW_TRIMMED);
        assert_true(fixture->step.another_life);
}

static void follow_stops_at_another_journal(void **state)
{
        struct fixture *fixture = *state;
        struct qf_place place = {.journal = "another journal", .position = 5};

        qf_follow_restart(fixture->follow, &place);
        assert_true(says(fixture));
        assert_int_equal(hears_attached(fixture), QF_FOLLOW_STOPPED);
}

static void follow_waits_when_there_are_too_many(void **state)
{
        struct fixture *fixture = *state;

        assert_true(says(fixture));
        assert_int_equal(hears_detached(fixture, QF_DETACHED_TOO_MANY, 0), QF_FOLLOW_NOTHING);
        fixture->now_ms += 5000;
        assert_false(says(fixture));
        fixture->now_ms += 6000;
        attach(fixture);
}

static void follow_paused_asks_for_nothing_and_goes_on_where_it_was(void **state)
{
        struct fixture *fixture = *state;

        attach(fixture);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
        qf_follow_pause(fixture->follow, true);
        assert_int_equal(hears_record(fixture, 2), QF_FOLLOW_NOTHING);
        fixture->now_ms += 60000;
        assert_false(says(fixture));
        qf_follow_pause(fixture->follow, false);
        attach(fixture);
        assert_int_equal(fixture->said.position, 1);
}

static void follow_restarted_is_not_paused_any_more(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_place beginning = {.position = 0};

        attach(fixture);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
        qf_follow_pause(fixture->follow, true);
        qf_follow_restart(fixture->follow, &beginning);
        attach(fixture);
        assert_int_equal(fixture->said.position, 0);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
}

/* Made anew, and remembers how far it was. */
static void restart_with_past(struct fixture *fixture)
{
        const struct qf_place beginning = {.position = 0};

        fixture->furthest = *qf_follow_place(fixture->follow);
        qf_follow_restart(fixture->follow, &beginning);
}

/* A journal that was copied back and went on: to count it from its beginning would hide what was shown already. */
static void follow_holds_a_journal_read_again_to_what_it_said(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_place beginning = {.position = 0};

        attach(fixture);
        for (uint64_t i = 1; i <= 5; i++)
                assert_int_equal(hears_record(fixture, i), QF_FOLLOW_RECORD);
        restart_with_past(fixture);
        assert_true(says(fixture)); /* first of all: is the fifth record still what it was? */
        assert_int_equal(fixture->said.position, 5);
        assert_int_equal(fixture->said.credit, 0);
        assert_memory_equal(fixture->said.hash, fixture->journal.head[4].hash, 32);
        assert_int_equal(hears_attached(fixture), QF_FOLLOW_NOTHING);
        attach(fixture);
        assert_int_equal(fixture->said.position, 0);
        for (uint64_t i = 1; i <= 5; i++)
                assert_int_equal(hears_record(fixture, i), QF_FOLLOW_RECORD);
        qf_follow_restart(fixture->follow, &beginning);
        assert_true(says(fixture));
        assert_int_equal(hears_detached(fixture, QF_DETACHED_BEHIND, 1), QF_FOLLOW_STOPPED);
        assert_non_null(strstr(qf_follow_say(fixture->follow), "qf restore --adopt"));
}

static void follow_asks_again_when_the_journal_changed_under_it(void **state)
{
        struct fixture *fixture = *state;

        attach(fixture);
        for (uint64_t i = 1; i <= 5; i++)
                assert_int_equal(hears_record(fixture, i), QF_FOLLOW_RECORD);
        restart_with_past(fixture);
        assert_true(says(fixture));
        assert_int_equal(hears_attached(fixture), QF_FOLLOW_NOTHING);
        attach(fixture);
        journal_go_back(&fixture->journal, 4);
        journal_activity(&fixture->journal, "another", QF_CREATE, 20230506, 1, NULL);
        journal_batch(&fixture->journal);
        for (uint64_t i = 1; i <= 4; i++)
                assert_int_equal(hears_record(fixture, i), QF_FOLLOW_RECORD);
        assert_int_equal(hears_record(fixture, 5), QF_FOLLOW_NOTHING);
        assert_false(
                says(fixture)); /* an ingest that sends it again and again is not asked without a breath */
        fixture->now_ms += 100;
        assert_true(says(fixture));
        assert_int_equal(fixture->said.position, 5);
        assert_int_equal(hears_detached(fixture, QF_DETACHED_ROLLED_BACK, 2), QF_FOLLOW_ROLLED_BACK);
}

/* Set aside and begun anew, with another journal there since. */
static void follow_held_to_another_journal_says_what_to_do(void **state)
{
        struct fixture *fixture = *state;

        fixture->furthest = (struct qf_place){.journal = "another journal", .position = 3};
        assert_true(says(fixture));
        assert_int_equal(fixture->said.position, 3);
        assert_memory_equal(fixture->said.journal, fixture->furthest.journal, 16);
        assert_int_equal(hears_detached(fixture, QF_DETACHED_OTHER_JOURNAL, 2), QF_FOLLOW_STOPPED);
        assert_non_null(strstr(qf_follow_say(fixture->follow), "remove counts and counts.set-aside"));
}

/* As a command that remembers nothing. */
static void follow_without_a_past_takes_every_life_for_another(void **state)
{
        struct fixture *fixture = *state;
        struct qf_follow_options options = {.name = "test", .from = {.position = 3}};

        qf_follow_free(fixture->follow);
        assert_int_equal(qf_follow_new(&options, &fixture->follow), 0);
        assert_true(says(fixture));
        assert_int_equal(fixture->said.position, 3);
        assert_int_equal(hears_detached(fixture, QF_DETACHED_ROLLED_BACK, 1), QF_FOLLOW_ROLLED_BACK);
}

static void follow_survives_noise(void **state)
{
        struct fixture *fixture = *state;

        attach(fixture);
        assert_int_equal(
                qf_follow_take(fixture->follow, 0, QF_VIEW("\377\377noise"), QF_VIEW("more"), &fixture->step),
                0);
        assert_int_equal(fixture->step.what, QF_FOLLOW_NOTHING);
        assert_int_equal(hears_record(fixture, 1), QF_FOLLOW_RECORD);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(follow_hands_out_records_in_order),
                CASE(follow_gives_credit_as_an_absolute_total),
                CASE(follow_says_credit_again_when_it_did_not_go_out),
                CASE(follow_asks_again_when_nobody_answers),
                CASE(follow_attaches_again_at_its_place_when_the_feed_falls_silent),
                CASE(follow_drops_what_is_of_an_older_attachment),
                CASE(follow_stops_after_three_bad_records),
                CASE(follow_mends_a_bad_record_by_asking_again),
                CASE(follow_refuses_a_record_of_another_chain),
                CASE(follow_tells_a_restored_journal_from_one_copied_back),
                CASE(follow_says_whether_what_was_trimmed_is_of_a_known_life),
                CASE(follow_stops_at_another_journal),
                CASE(follow_waits_when_there_are_too_many),
                CASE(follow_paused_asks_for_nothing_and_goes_on_where_it_was),
                CASE(follow_restarted_is_not_paused_any_more),
                CASE(follow_asks_again_when_the_journal_changed_under_it),
                CASE(follow_held_to_another_journal_says_what_to_do),
                CASE(follow_without_a_past_takes_every_life_for_another),
                CASE(follow_holds_a_journal_read_again_to_what_it_said),
                CASE(follow_survives_noise),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
