/* ingest/known where its answer is not a comparison of bytes: what is sent again cannot be read, its record is damaged, or
 * lies in the archive. */
#include "support/ingest_fixture.h"

#include "ingest/restore.h"
#include "ingest/trim.h"
#include "support/back_up.h"
#include "support/damage.h"

/* Three records of thirty numbers each. */
static void feed_three(struct ingest_fixture *fixture)
{
        for (uint64_t first = 1; first <= 61; first += 30) {
                struct qf_from_partner send = creates_of(fixture, 1, first, 30);
                assert_int_equal(ask(fixture, "hx.a", &send)->what, QF_VERDICTS);
        }
}

static uint64_t last_of(const struct ingest_fixture *fixture)
{
        return qf_group_committed(qf_ingest_group(fixture->ingest))->last;
}

static bool is_own(uint64_t number)
{
        return number % 10 != 0;
}

/* It says nothing under a known number, so it is no other content either. */
static void what_cannot_be_read_is_malformed_and_not_forked(void **state)
{
        struct ingest_fixture *fixture = *state;

        feed_three(fixture);
        const uint64_t last = last_of(fixture);
        struct qf_from_partner send = creates_of(fixture, 1, 11, 15);
        send.facts = QF_VIEW("\xff\xff\xff");
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_REFUSED);
        assert_int_equal(answer->why, QF_REFUSED_MALFORMED);
        assert_int_equal(last_of(fixture), last);
        send = creates_of(fixture, 1, 11, 15); /* the outbox stands where it stood */
        assert_int_equal(ask(fixture, "hx.a", &send)->known, 15);
}

static void flip_in_record(const char *directory, uint64_t position)
{
        uint8_t mark[24] = "QFJ1";
        size_t bytes, found = 0;
        char *at = map_file(directory, &bytes), *end = at + bytes;

        for (char *hit = at; (hit = memmem(hit, (size_t)(end - hit), mark, 4)); hit += 4)
                if (qf_get_le64((uint8_t *)hit + 16) == position)
                        hit[200] ^= 1, found++;
        (void)munmap(at, bytes);
        assert_true(found > 0);
}

/* Nothing is guessed: the sender keeps what it has and asks later; who needs nothing of that record is answered. */
static void numbers_of_a_damaged_record_are_put_off(void **state)
{
        struct ingest_fixture *fixture = *state;

        feed_three(fixture);
        const uint64_t damaged = last_of(fixture) - 1;
        fixture->ingest = qf_ingest_close(fixture->ingest);
        flip_in_record(fixture->directory, damaged);
        fixture_open(fixture);
        struct qf_from_partner send = creates_of(fixture, 1, 25, 40); /* of all three records */
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_REFUSED);
        assert_int_equal(answer->why, QF_REFUSED_BUSY);
        assert_int_equal(answer->expected, 91);
        send = creates_of(fixture, 1, 1, 30);
        assert_int_equal(ask(fixture, "hx.a", &send)->known, 30);
        send = creates_of(fixture, 1, 65, 30); /* of the record behind it, and what is new */
        answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        assert_int_equal(answer->known, 26);
}

static void trim_before(struct ingest_fixture *fixture, uint64_t position)
{
        const struct qf_backup_options how = {.write = true, .segment_bytes = 1 << 20};
        char archive[160], before[24];
        struct qf_backup *backup = NULL;
        struct qf_group *group = NULL;
        struct qf_trim_about about;

        (void)snprintf(archive, sizeof archive, "%s/archive", fixture->temporary.path);
        (void)snprintf(before, sizeof before, "%llu", (unsigned long long)position);
        const struct qf_trim_wanted wanted = {.directory = fixture->directory,
                                              .archive = archive,
                                              .before = before,
                                              .reason = "room",
                                              .cut = true};
        const uint64_t last = last_of(fixture);
        fixture->ingest = qf_ingest_close(fixture->ingest);
        assert_int_equal(qf_restore_open(fixture->directory, &group), 0);
        assert_int_equal(qf_backup_open(archive, &how, &backup), 0);
        assert_int_equal(qf_backup_resume(backup), 0);
        assert_int_equal(back_up(group, backup, 1, last), 0);
        assert_int_equal(qf_backup_sync(backup), 0);
        (void)qf_backup_close(backup);
        (void)qf_group_close(group);
        assert_int_equal(qf_trim(&wanted, fixture->now_ms, &about), 0);
        fixture_open(fixture);
}

/* One batch over two records in the archive, one that is here and what is new: each number has its own answer. */
static void numbers_in_the_archive_are_known_and_no_more(void **state)
{
        struct ingest_fixture *fixture = *state;

        feed_three(fixture);
        trim_before(fixture, last_of(fixture)); /* the third record stays */
        struct qf_from_partner send = creates_of(fixture, 1, 16, 80);
        const struct qf_to_partner *answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->what, QF_VERDICTS);
        assert_int_equal(answer->first, 16);
        assert_int_equal(answer->count, 80);
        assert_int_equal(answer->known, 75);
        for (uint64_t number = 16; number < 96; number++) {
                const struct qf_verdict verdict = verdict_at(answer, (uint32_t)(number - 16));
                const uint16_t wanted = number <= 60     ? QF_DUPLICATE
                                        : is_own(number) ? QF_ACCEPTED
                                                         : QF_REJECTED;
                assert_int_equal(verdict.class, wanted);
                assert_int_equal(verdict.code == QF_N190_ARCHIVED, number <= 60);
        }
        /* What it says cannot be compared any more; where it can it is. */
        send = send_of(1, 58);
        for (uint64_t number = 58; number <= 62; number++)
                put_activity(fixture, QF_CREATE, "other", 0, 1, "HX");
        end_body(fixture, &send);
        answer = ask(fixture, "hx.a", &send);
        assert_int_equal(answer->why, QF_REFUSED_FORKED);
        assert_int_equal(answer->first, 61);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                TEST(what_cannot_be_read_is_malformed_and_not_forked),
                TEST(numbers_of_a_damaged_record_are_put_off),
                TEST(numbers_in_the_archive_are_known_and_no_more),
        };
        return cmocka_run_group_tests_name("ingest known", tests, NULL, NULL);
}
