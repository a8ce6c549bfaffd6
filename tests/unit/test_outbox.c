/* client/outbox: numbers, chunks, verdicts, lives, files, across openings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/feed.h"
#include "client/outbox.h"
#include "support/temporary.h"

struct fixture {
        struct temporary temporary;
        char directory[128];
        struct qf_outbox *outbox;
        struct qf_buffer buffer;
};

static void open_now(struct fixture *fixture)
{
        assert_int_equal(qf_outbox_open(fixture->directory, &fixture->outbox), 0);
}

static void reopen(struct fixture *fixture)
{
        fixture->outbox = qf_outbox_close(fixture->outbox);
        open_now(fixture);
}

static int make(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        temporary_make(&fixture->temporary);
        (void)temporary_in(&fixture->temporary, "outbox", fixture->directory, sizeof fixture->directory);
        open_now(fixture);
        *state = fixture;
        return 0;
}

static int unmake(void **state)
{
        struct fixture *fixture = *state;
        qf_outbox_close(fixture->outbox);
        qf_buffer_deinit(&fixture->buffer);
        temporary_remove(fixture->temporary.path, 3);
        free(fixture);
        return 0;
}

/* Chunks of so many events, from next on; the facts say the number of the first. */
static void write_chunks(struct fixture *fixture, const uint32_t *counts, uint32_t count)
{
        struct qf_chunk chunks[8];
        char facts[8][24];
        uint64_t number = qf_outbox_standing(fixture->outbox)->next;
        for (uint32_t i = 0; i < count; i++) {
                (void)snprintf(facts[i], sizeof facts[i], "facts %llu", (unsigned long long)number);
                chunks[i] = (struct qf_chunk){.first = number,
                                              .count = counts[i],
                                              .made_ms = 1000,
                                              .facts = qf_view_of(facts[i]),
                                              .texts = QF_VIEW("texts"),
                                              .cursor = QF_VIEW("row 7")};
                number += counts[i];
        }
        assert_int_equal(qf_outbox_write(fixture->outbox, chunks, count, NULL), 0);
}

static struct qf_outbox_answered answer(struct fixture *fixture, uint64_t first, uint32_t count,
                                        const struct qf_exception *exceptions, uint32_t exceptions_count)
{
        struct qf_outbox_answered answered;
        struct qf_outbox_answer given = {.first = first,
                                         .count = count,
                                         .position = 77,
                                         .exceptions = exceptions,
                                         .exceptions_count = exceptions_count};
        assert_int_equal(qf_outbox_answer(fixture->outbox, &given, &answered), 0);
        return answered;
}

static const uint8_t no_journal[QF_LIFE_BYTES];

static const struct qf_outbox_standing *standing(const struct fixture *fixture)
{
        return qf_outbox_standing(fixture->outbox);
}

static void outbox_new_begins_at_one(void **state)
{
        struct fixture *fixture = *state;
        assert_int_equal(standing(fixture)->next, 1);
        assert_int_equal(standing(fixture)->acked, 0);
        assert_int_equal(standing(fixture)->first_kept, 1);
        assert_int_equal(standing(fixture)->holder >> 32, 1);
}

static void outbox_opened_again_counts_openings_and_keeps_its_id(void **state)
{
        struct fixture *fixture = *state;
        uint8_t id[QF_OUTBOX_ID_BYTES];
        memcpy(id, standing(fixture)->id, sizeof id);
        write_chunks(fixture, (const uint32_t[]){3, 2}, 2);
        reopen(fixture);
        assert_memory_equal(standing(fixture)->id, id, sizeof id);
        assert_int_equal(standing(fixture)->holder >> 32, 2);
        assert_int_equal(standing(fixture)->next, 6);
}

static void outbox_opened_twice_is_in_use(void **state)
{
        struct fixture *fixture = *state;
        struct qf_outbox *second = NULL;
        assert_int_equal(qf_outbox_open(fixture->directory, &second), QF_STORE_IN_USE);
}

static void chunk_is_found_by_any_of_its_numbers(void **state)
{
        struct fixture *fixture = *state;
        struct qf_chunk chunk;
        write_chunks(fixture, (const uint32_t[]){3, 2}, 2);
        reopen(fixture);
        for (uint64_t number = 4; number <= 5; number++) {
                assert_int_equal(qf_outbox_chunk(fixture->outbox, number, &fixture->buffer, &chunk), 0);
                assert_int_equal(chunk.first, 4);
                assert_int_equal(chunk.count, 2);
                assert_int_equal(chunk.made_ms, 1000);
                assert_true(qf_view_same(chunk.facts, QF_VIEW("facts 4")));
                assert_true(qf_view_same(chunk.texts, QF_VIEW("texts")));
                assert_true(qf_view_same(chunk.cursor, QF_VIEW("row 7")));
        }
        assert_int_equal(qf_outbox_chunk(fixture->outbox, 6, &fixture->buffer, &chunk), QF_STORE_NONE);
}

static void answer_over_several_chunks_is_stored_for_each(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_exception exceptions[] = {{1, 3, {QF_DUPLICATE, 0}}, {4, 1, {QF_REJECTED, 141}}};
        struct qf_outbox_answer stored;
        write_chunks(fixture, (const uint32_t[]){3, 2}, 2);
        struct qf_outbox_answered answered = answer(fixture, 1, 5, exceptions, 2);
        assert_int_equal(answered.from, 1);
        assert_int_equal(answered.upto, 6);
        assert_int_equal(answered.changed, 0);
        reopen(fixture);
        assert_int_equal(standing(fixture)->acked, 5);
        assert_int_equal(qf_outbox_verdicts(fixture->outbox, 2, &fixture->buffer, &stored), 0);
        assert_int_equal(stored.first, 1);
        assert_int_equal(stored.position, 77);
        assert_int_equal(stored.exceptions_count, 1);
        assert_int_equal(stored.exceptions[0].at, 1);
        assert_int_equal(stored.exceptions[0].len, 2);
        assert_int_equal(qf_outbox_verdicts(fixture->outbox, 5, &fixture->buffer, &stored), 0);
        assert_int_equal(stored.first, 4);
        assert_int_equal(stored.exceptions_count, 2);
        assert_int_equal(stored.exceptions[1].verdict.code, 141);
}

static void answer_of_half_a_chunk_is_not_stored(void **state)
{
        struct fixture *fixture = *state;
        write_chunks(fixture, (const uint32_t[]){3, 2}, 2);
        struct qf_outbox_answered answered = answer(fixture, 1, 4, NULL, 0);
        assert_int_equal(answered.upto, 4);
        assert_int_equal(standing(fixture)->acked, 3);
}

static void answer_behind_a_hole_moves_nothing(void **state)
{
        struct fixture *fixture = *state;
        write_chunks(fixture, (const uint32_t[]){3, 2}, 2);
        (void)answer(fixture, 4, 2, NULL, 0);
        assert_int_equal(standing(fixture)->acked, 0);
        (void)answer(fixture, 1, 3, NULL, 0);
        assert_int_equal(standing(fixture)->acked, 3);
}

static void verdict_that_changes_in_one_life_is_an_alarm(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_exception rejected = {1, 1, {QF_REJECTED, 141}};
        write_chunks(fixture, (const uint32_t[]){3}, 1);
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, (const uint8_t *)"first life 16 b!"),
                         0);
        (void)answer(fixture, 1, 3, NULL, 0);
        struct qf_outbox_answered answered = answer(fixture, 1, 3, &rejected, 1);
        assert_int_equal(answered.changed, 1);
        assert_int_equal(answered.changed_first, 2);
        assert_true(answered.same_life);
}

static void verdict_of_a_new_life_replaces_the_old(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_exception rejected = {0, 2, {QF_REJECTED, 141}};
        struct qf_outbox_answer stored;
        write_chunks(fixture, (const uint32_t[]){3}, 1);
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, (const uint8_t *)"first life 16 b!"),
                         0);
        (void)answer(fixture, 1, 3, NULL, 0);
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, (const uint8_t *)"other life 16 b!"),
                         0);
        struct qf_outbox_answered answered = answer(fixture, 1, 3, &rejected, 1);
        assert_int_equal(answered.changed, 2);
        assert_false(answered.same_life);
        assert_int_equal(qf_outbox_verdicts(fixture->outbox, 1, &fixture->buffer, &stored), 0);
        assert_int_equal(stored.exceptions_count, 1);
        assert_false(answer(fixture, 1, 3, &rejected, 1).changed);
}

static void lives_are_told_apart(void **state)
{
        struct fixture *fixture = *state;
        const uint8_t *a = (const uint8_t *)"aaaaaaaaaaaaaaaa", *b = (const uint8_t *)"bbbbbbbbbbbbbbbb";
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, a), QF_LIFE_FIRST);
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, a), 0);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, a), QF_LIFE_SAME);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, b), QF_LIFE_NEW);
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, b), 0);
        reopen(fixture);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, b), QF_LIFE_SAME);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, a), QF_LIFE_RETURNED);
}

static void an_outbox_feeds_one_journal_for_good(void **state)
{
        struct fixture *fixture = *state;
        const uint8_t *life = (const uint8_t *)"aaaaaaaaaaaaaaaa",
                      *next = (const uint8_t *)"bbbbbbbbbbbbbbbb";
        const uint8_t *real = (const uint8_t *)"the real journal",
                      *training = (const uint8_t *)"training journal";
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, life),
                         0); /* of a server that did not say */
        assert_int_equal(qf_outbox_life(fixture->outbox, real, life), QF_LIFE_SAME);
        assert_int_equal(qf_outbox_set_life(fixture->outbox, real, life), 0);
        reopen(fixture);
        assert_int_equal(qf_outbox_life(fixture->outbox, real, life), QF_LIFE_SAME);
        assert_int_equal(qf_outbox_life(fixture->outbox, training, life), QF_LIFE_OTHER_JOURNAL);
        assert_int_equal(qf_outbox_life(fixture->outbox, real, next), QF_LIFE_NEW);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, next), QF_LIFE_NEW);
}

/* Each stands still until a human has decided, and must go on then. */
static void a_human_decides_which_of_two_servers_is_the_right_one(void **state)
{
        struct fixture *fixture = *state;
        const uint8_t *real = (const uint8_t *)"aaaaaaaaaaaaaaaa",
                      *trial = (const uint8_t *)"bbbbbbbbbbbbbbbb";
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, real), 0);
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, trial), 0);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, real), QF_LIFE_RETURNED);
        assert_int_equal(qf_outbox_stop(fixture->outbox, QF_ALARM_TWO_SERVERS, QF_VIEW("")), 0);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, real), QF_LIFE_RETURNED);
        assert_int_equal(qf_outbox_stop(fixture->outbox, 0, QF_VIEW("")), 0);
        for (unsigned i = 0; i < 2; i++, reopen(fixture)) {
                assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, real), QF_LIFE_NEW);
                assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, trial), QF_LIFE_SAME);
        }
        assert_int_equal(qf_outbox_set_life(fixture->outbox, no_journal, real), 0);
        assert_int_equal(qf_outbox_life(fixture->outbox, no_journal, trial),
                         QF_LIFE_RETURNED); /* it still answers */
}

static void a_new_name_feeds_the_journal_that_it_meets(void **state)
{
        struct fixture *fixture = *state;
        const uint8_t *life = (const uint8_t *)"aaaaaaaaaaaaaaaa",
                      *next = (const uint8_t *)"bbbbbbbbbbbbbbbb";
        const uint8_t *lost = (const uint8_t *)"the lost journal",
                      *begun = (const uint8_t *)"one begun anew !";
        assert_int_equal(qf_outbox_set_life(fixture->outbox, lost, life), 0);
        assert_int_equal(qf_outbox_set_registers(fixture->outbox, 7, QF_VIEW("names")), 0);
        write_chunks(fixture, (const uint32_t[]){3}, 1);
        assert_int_equal(qf_outbox_stop(fixture->outbox, QF_REFUSED_CLONED, QF_VIEW("")), 0);
        assert_int_equal(qf_outbox_renew(fixture->outbox, true), 0);
        assert_int_equal(qf_outbox_life(fixture->outbox, begun, next), QF_LIFE_OTHER_JOURNAL);
        assert_int_equal(qf_outbox_stop(fixture->outbox, QF_ALARM_OTHER_JOURNAL, QF_VIEW("")), 0);
        assert_int_equal(qf_outbox_renew(fixture->outbox, true), 0);
        for (unsigned i = 0; i < 2; i++, reopen(fixture)) {
                assert_int_equal(qf_outbox_life(fixture->outbox, begun, next), QF_LIFE_FIRST);
                assert_int_equal(standing(fixture)->next, 4);
                assert_int_equal(standing(fixture)->registers, 0);
                assert_int_equal(qf_outbox_registers(fixture->outbox, &fixture->buffer), QF_STORE_NONE);
        }
        assert_int_equal(qf_outbox_set_life(fixture->outbox, begun, next), 0);
        assert_int_equal(qf_outbox_life(fixture->outbox, lost, life), QF_LIFE_OTHER_JOURNAL);
}

static void an_outbox_is_of_the_first_source_that_is_named(void **state)
{
        struct fixture *fixture = *state;
        assert_int_equal(qf_outbox_claim(fixture->outbox, QF_VIEW("alpha")), 0);
        reopen(fixture);
        assert_int_equal(qf_outbox_claim(fixture->outbox, QF_VIEW("alpha-2")), QF_OUTBOX_ANOTHERS);
        assert_int_equal(qf_outbox_claim(fixture->outbox, QF_VIEW("alpha")), 0);
        assert_int_equal(qf_outbox_renew(fixture->outbox, false),
                         0); /* under a new name it is whose it was */
        assert_int_equal(qf_outbox_claim(fixture->outbox, QF_VIEW("alpha-2")), QF_OUTBOX_ANOTHERS);
}

static struct qf_outbox_now at(int64_t ms)
{
        return (struct qf_outbox_now){ms, ms};
}

static void trim_forgets_what_every_backup_has_and_nothing_unanswered(void **state)
{
        struct fixture *fixture = *state;
        struct qf_chunk chunk;
        write_chunks(fixture, (const uint32_t[]){3, 2, 4}, 3);
        (void)answer(fixture, 1, 5, NULL, 0);
        assert_int_equal(qf_outbox_trim(fixture->outbox, 4, at(2000)), 0);
        assert_int_equal(standing(fixture)->first_kept, 4);
        assert_int_equal(qf_outbox_chunk(fixture->outbox, 3, &fixture->buffer, &chunk), QF_STORE_NONE);
        assert_int_equal(qf_outbox_trim(fixture->outbox, 100, at(2000)), 0);
        assert_int_equal(standing(fixture)->first_kept, 6);
        assert_int_equal(qf_outbox_chunk(fixture->outbox, 6, &fixture->buffer, &chunk), 0);
}

static const int64_t day = (int64_t)24 * 3600 * 1000;

/* What it keeps from on, when it looks at such a time. */
static uint64_t kept_at(struct fixture *fixture, int64_t earliest_ms, int64_t latest_ms)
{
        assert_int_equal(qf_outbox_trim(fixture->outbox, 1, (struct qf_outbox_now){earliest_ms, latest_ms}),
                         0);
        return standing(fixture)->first_kept;
}

/* Of when it was answered, and of nothing that any one clock said when it was made. */
static void trim_forgets_thirty_days_after_it_saw_the_answer(void **state)
{
        struct fixture *fixture = *state;
        write_chunks(fixture, (const uint32_t[]){3, 2, 4}, 3);
        (void)answer(fixture, 1, 3, NULL, 0);
        assert_int_equal(kept_at(fixture, 20000 * day, 20000 * day), 1);
        (void)answer(fixture, 4, 2, NULL, 0);
        assert_int_equal(kept_at(fixture, 20029 * day, 20029 * day), 1);
        reopen(fixture);
        assert_int_equal(kept_at(fixture, 20030 * day, 20030 * day), 4);
        assert_int_equal(kept_at(fixture, 20059 * day, 20059 * day), 4);
        assert_int_equal(kept_at(fixture, 20060 * day, 20060 * day), 6);
        assert_int_equal(kept_at(fixture, 20090 * day, 20090 * day), 6); /* what has no answer stays */
}

/* One that is set wrong, here or there, makes nothing old. */
static void a_clock_that_jumps_ages_nothing(void **state)
{
        struct fixture *fixture = *state;
        write_chunks(fixture, (const uint32_t[]){3}, 1);
        (void)answer(fixture, 1, 3, NULL, 0);
        assert_int_equal(kept_at(fixture, 0, 30000 * day), 1);       /* the server has not said */
        assert_int_equal(kept_at(fixture, 1 * day, 20000 * day), 1); /* one boots in 1970 */
        assert_int_equal(kept_at(fixture, 20001 * day, 20001 * day), 1);
        assert_int_equal(kept_at(fixture, 20002 * day, 30000 * day), 1); /* one is far ahead */
        assert_int_equal(kept_at(fixture, 2 * day, 3 * day), 1);     /* both are set back: it begins anew */
        assert_int_equal(kept_at(fixture, 2 * day, 20003 * day), 1); /* and one is right again */
        assert_int_equal(kept_at(fixture, 32 * day, 20003 * day), 1);
        assert_int_equal(kept_at(fixture, 33 * day, 20003 * day), 4);
}

/* The look was at numbers that are others now. */
static void a_new_name_begins_to_age_anew(void **state)
{
        struct fixture *fixture = *state;
        write_chunks(fixture, (const uint32_t[]){3, 2}, 2);
        (void)answer(fixture, 1, 3, NULL, 0);
        assert_int_equal(kept_at(fixture, 20000 * day, 20000 * day), 1);
        assert_int_equal(qf_outbox_renew(fixture->outbox, false), 0);
        (void)answer(fixture, 1, 2, NULL, 0);
        assert_int_equal(kept_at(fixture, 20040 * day, 20040 * day), 1);
        assert_int_equal(kept_at(fixture, 20070 * day, 20070 * day), 3);
}

static void renew_carries_the_unanswered_under_new_numbers(void **state)
{
        struct fixture *fixture = *state;
        struct qf_chunk chunk;
        uint8_t id[QF_OUTBOX_ID_BYTES];
        memcpy(id, standing(fixture)->id, sizeof id);
        write_chunks(fixture, (const uint32_t[]){3, 2, 4}, 3);
        (void)answer(fixture, 1, 3, NULL, 0);
        assert_int_equal(qf_outbox_stop(fixture->outbox, QF_REFUSED_CLONED, QF_VIEW("twice")), 0);
        assert_int_equal(qf_outbox_renew(fixture->outbox, true), 0);
        reopen(fixture);
        assert_memory_not_equal(standing(fixture)->id, id, sizeof id);
        assert_int_equal(standing(fixture)->next, 7);
        assert_int_equal(standing(fixture)->acked, 0);
        assert_int_equal(standing(fixture)->stopped, 0);
        assert_int_equal(qf_outbox_chunk(fixture->outbox, 1, &fixture->buffer, &chunk), 0);
        assert_int_equal(chunk.count, 2);
        assert_true(qf_view_same(chunk.facts, QF_VIEW("facts 4")));
        assert_int_equal(qf_outbox_chunk(fixture->outbox, 3, &fixture->buffer, &chunk), 0);
        assert_int_equal(chunk.count, 4);
}

static void renew_keeps_what_a_new_name_does_not_mend(void **state)
{
        struct fixture *fixture = *state;
        uint8_t id[QF_OUTBOX_ID_BYTES];
        memcpy(id, standing(fixture)->id, sizeof id);
        write_chunks(fixture, (const uint32_t[]){3}, 1);
        (void)answer(fixture, 1, 3, NULL, 0);
        assert_int_equal(qf_outbox_renew(fixture->outbox, true), QF_OUTBOX_GOES_ON);
        assert_int_equal(qf_outbox_stop(fixture->outbox, QF_ALARM_TWO_SERVERS, QF_VIEW("")), 0);
        assert_int_equal(qf_outbox_renew(fixture->outbox, true), QF_OUTBOX_GOES_ON);
        assert_memory_equal(standing(fixture)->id, id, sizeof id);
        assert_int_equal(standing(fixture)->first_kept, 1);
        assert_int_equal(standing(fixture)->stopped, QF_ALARM_TWO_SERVERS);
}

static void stop_outlasts_the_process_and_cuts_no_character(void **state)
{
        struct fixture *fixture = *state;
        char say[3 * 100 + 1] = "";
        for (size_t i = 0; i < 100; i++)
                memcpy(say + 3 * i, "停", 4);
        assert_int_equal(qf_outbox_stop(fixture->outbox, QF_REFUSED_FENCED, qf_view_of(say)), 0);
        reopen(fixture);
        assert_int_equal(standing(fixture)->stopped, QF_REFUSED_FENCED);
        assert_int_equal(strlen(standing(fixture)->say) % 3, 0);
        assert_true(strlen(standing(fixture)->say) > 190);
        assert_int_equal(qf_outbox_stop(fixture->outbox, 0, QF_VIEW("")), 0);
        assert_int_equal(standing(fixture)->stopped, 0);
}

static void fed_file_is_known_by_its_hash(void **state)
{
        struct fixture *fixture = *state;
        struct qf_fed_file file = {.fed_ms = 99, .first = 1, .count = 2, .name = QF_VIEW("活动.csv")}, found;
        struct qf_chunk chunk = {.first = 1, .count = 2, .facts = QF_VIEW("f")};
        memset(file.hash, 7, sizeof file.hash);
        assert_int_equal(qf_outbox_find_file(fixture->outbox, file.hash, &fixture->buffer, &found),
                         QF_STORE_NONE);
        assert_int_equal(qf_outbox_write(fixture->outbox, &chunk, 1, &file), 0);
        reopen(fixture);
        assert_int_equal(qf_outbox_find_file(fixture->outbox, file.hash, &fixture->buffer, &found), 0);
        assert_int_equal(found.fed_ms, 99);
        assert_int_equal(found.count, 2);
        assert_true(qf_view_same(found.name, QF_VIEW("活动.csv")));
}

static void fed_file_keeps_its_place_when_its_events_move(void **state)
{
        struct fixture *fixture = *state;
        struct qf_fed_file answered = {.first = 1, .count = 2, .name = QF_VIEW("a")},
                           moved = {.first = 3, .count = 2}, found;
        struct qf_chunk chunk = {.first = 1, .count = 2, .facts = QF_VIEW("f")};
        memset(moved.hash, 7, sizeof moved.hash);
        assert_int_equal(qf_outbox_write(fixture->outbox, &chunk, 1, &answered), 0);
        chunk.first = 3;
        assert_int_equal(qf_outbox_write(fixture->outbox, &chunk, 1, &moved), 0);
        (void)answer(fixture, 1, 2, NULL, 0);
        assert_int_equal(qf_outbox_stop(fixture->outbox, QF_REFUSED_FORKED, QF_VIEW("")), 0);
        assert_int_equal(qf_outbox_renew(fixture->outbox, true), 0);
        assert_int_equal(qf_outbox_find_file(fixture->outbox, moved.hash, &fixture->buffer, &found), 0);
        assert_int_equal(found.first, 1);
        assert_int_equal(qf_outbox_find_file(fixture->outbox, answered.hash, &fixture->buffer, &found), 0);
        assert_int_equal(found.first, 0);
        assert_int_equal(found.count, 2);
}

static void note_request(struct fixture *fixture, uint8_t mark, int64_t fed_ms, const char *name)
{
        struct qf_fed_file file = {.fed_ms = fed_ms, .first = 1, .count = 1, .name = qf_view_of(name)};
        struct qf_chunk chunk = {.first = standing(fixture)->next, .count = 1, .facts = QF_VIEW("f")};
        memset(file.hash, mark, sizeof file.hash);
        assert_int_equal(qf_outbox_write(fixture->outbox, &chunk, 1, &file), 0);
}

static bool knows_note(struct fixture *fixture, uint8_t mark)
{
        struct qf_fed_file found;
        uint8_t hash[QF_OUTBOX_HASH];
        memset(hash, mark, sizeof hash);
        return qf_outbox_find_file(fixture->outbox, hash, &fixture->buffer, &found) == 0;
}

static void old_requests_are_forgotten_a_few_at_a_time_and_files_never(void **state)
{
        struct fixture *fixture = *state;
        uint8_t at[QF_OUTBOX_HASH] = {0};
        note_request(fixture, 1, 10, QF_OUTBOX_REQUEST "a");
        note_request(fixture, 2, 10, "a.csv");
        note_request(fixture, 3, 90, QF_OUTBOX_REQUEST "b");
        note_request(fixture, 4, 20, QF_OUTBOX_REQUEST "c");
        assert_int_equal(qf_outbox_forget_requests(fixture->outbox, at, 3, 50), 0);
        assert_false(knows_note(fixture, 1));
        assert_true(knows_note(fixture, 4)); /* not looked at yet */
        assert_int_equal(qf_outbox_forget_requests(fixture->outbox, at, 3, 50), 0);
        reopen(fixture);
        assert_true(knows_note(fixture, 2) && knows_note(fixture, 3));
        assert_false(knows_note(fixture, 4));
        assert_int_equal(qf_outbox_forget_requests(fixture->outbox, at, 9, 100),
                         0); /* from the first again */
        assert_true(knows_note(fixture, 2));
        assert_false(knows_note(fixture, 3));
}

static void registers_are_kept(void **state)
{
        struct fixture *fixture = *state;
        assert_int_equal(qf_outbox_registers(fixture->outbox, &fixture->buffer), QF_STORE_NONE);
        assert_int_equal(qf_outbox_set_registers(fixture->outbox, 12, QF_VIEW("events")), 0);
        reopen(fixture);
        assert_int_equal(standing(fixture)->registers, 12);
        assert_int_equal(qf_outbox_registers(fixture->outbox, &fixture->buffer), 0);
        assert_int_equal(fixture->buffer.len, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(outbox_new_begins_at_one),
                TEST(outbox_opened_again_counts_openings_and_keeps_its_id),
                TEST(outbox_opened_twice_is_in_use),
                TEST(chunk_is_found_by_any_of_its_numbers),
                TEST(answer_over_several_chunks_is_stored_for_each),
                TEST(answer_of_half_a_chunk_is_not_stored),
                TEST(answer_behind_a_hole_moves_nothing),
                TEST(verdict_that_changes_in_one_life_is_an_alarm),
                TEST(verdict_of_a_new_life_replaces_the_old),
                TEST(lives_are_told_apart),
                TEST(an_outbox_feeds_one_journal_for_good),
                TEST(a_human_decides_which_of_two_servers_is_the_right_one),
                TEST(a_new_name_feeds_the_journal_that_it_meets),
                TEST(an_outbox_is_of_the_first_source_that_is_named),
                TEST(trim_forgets_what_every_backup_has_and_nothing_unanswered),
                TEST(trim_forgets_thirty_days_after_it_saw_the_answer),
                TEST(a_clock_that_jumps_ages_nothing),
                TEST(a_new_name_begins_to_age_anew),
                TEST(renew_carries_the_unanswered_under_new_numbers),
                TEST(renew_keeps_what_a_new_name_does_not_mend),
                TEST(stop_outlasts_the_process_and_cuts_no_character),
                TEST(fed_file_is_known_by_its_hash),
                TEST(fed_file_keeps_its_place_when_its_events_move),
                TEST(old_requests_are_forgotten_a_few_at_a_time_and_files_never),
                TEST(registers_are_kept),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
