/* Ingest on editions: what is taken, in which order, and what is said of what comes after a close. */
#include "support/ingest_fixture.h"

#include "programme/editions.h"

struct office {
        struct ingest_fixture *fixture;
        uint64_t next;
};

static struct qf_edition_said march(uint32_t number)
{
        return (struct qf_edition_said){.first = 202305, .last = 202305, .number = number};
}

static void put_said(struct ingest_fixture *fixture, enum qf_kind kind, struct qf_edition_said said)
{
        const struct qf_register registered = qf_edition_register(&said);
        put_register(fixture, kind, &registered);
}

/* The verdict of one event of the office. */
static struct qf_verdict tell(struct office *office, enum qf_kind kind, struct qf_edition_said said)
{
        struct qf_from_partner send = send_of(0xee, office->next++);
        put_said(office->fixture, kind, said);
        end_body(office->fixture, &send);
        return verdict_at(ask(office->fixture, "office", &send), 0);
}

static void assert_said(struct qf_verdict verdict, enum qf_verdict_class class, uint16_t code)
{
        assert_int_equal(verdict.class, class);
        assert_int_equal(verdict.code, code);
}

static int make(void **state)
{
        struct office *office = calloc(1, sizeof(*office));
        office->fixture = fixture_loaded();
        office->next = 7;
        *state = office;
        return 0;
}

static int unmake(void **state)
{
        struct office *office = *state;
        fixture_remove(office->fixture);
        free(office);
        return 0;
}

static void what_contradicts_is_refused(void **state)
{
        static const struct qf_view nobody[] = {{"ZZ", 2}};
        struct office *office = *state;
        struct qf_edition_said said = march(2);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED,
                    QF_E161_REGISTER); /* not the first */
        said = march(0);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED, QF_E161_REGISTER);
        said = march(1);
        said.scope = QF_VIEW("ZZ");
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED, QF_E161_REGISTER);
        said = march(1);
        said.first = 202306; /* begins after it ends */
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED, QF_E161_REGISTER);
        said = march(1);
        said.last = 202313;
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED, QF_E161_REGISTER);
        said = march(1);
        said.waived = nobody;
        said.waived_count = 1;
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED, QF_E161_REGISTER);
        said = march(1);
        said.last = 202311; /* the fixture's clock stands in it */
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED, QF_E106_FUTURE);
        said.last = 202310;
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_ACCEPTED, 0);
        said.reason = QF_VIEW("early");
        said.number = 2;
        assert_said(tell(office, QF_KIND_PERIOD_REOPEN, said), QF_REJECTED,
                    QF_E161_REGISTER); /* no such edition */
}

static void numbers_follow_each_other_and_nothing_is_replaced(void **state)
{
        struct office *office = *state;
        struct qf_edition_said said = march(1);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_DUPLICATE, 0);
        said.by = QF_VIEW("somebody else");
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, march(2)), QF_REJECTED,
                    QF_E161_REGISTER); /* not reopened */
        assert_said(tell(office, QF_KIND_PERIOD_REOPEN, march(1)), QF_REJECTED,
                    QF_E161_REGISTER); /* no reason */
        said = march(1);
        said.reason = QF_VIEW("sent late");
        assert_said(tell(office, QF_KIND_PERIOD_REOPEN, said), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_PERIOD_REOPEN, said), QF_DUPLICATE, 0);
        said.reason = QF_VIEW("another reason");
        assert_said(tell(office, QF_KIND_PERIOD_REOPEN, said), QF_REJECTED, QF_E161_REGISTER);
        fixture_reopen(office->fixture); /* it all comes back from disk */
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, march(3)), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, march(2)), QF_ACCEPTED, 0);
        /* Of another scope they are counted apart. */
        said = march(1);
        said.scope = QF_VIEW("HX");
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, said), QF_ACCEPTED, 0);
        /* Only the office may. */
        struct qf_from_partner send = send_of(1, 1);
        put_said(office->fixture, QF_KIND_PERIOD_CLOSE, march(3));
        end_body(office->fixture, &send);
        assert_said(verdict_at(ask(office->fixture, "hx.a", &send), 0), QF_REJECTED, QF_E160_NOT_ADMIN);
}

static char bytes[QF_EDITION_PART_BYTES];

static struct qf_edition_said part_of(const char *file, uint32_t part, uint32_t len)
{
        struct qf_edition_said said = march(1);
        said.file = qf_view_of(file);
        said.part = part;
        said.data = (struct qf_view){bytes, len};
        return said;
}

static struct qf_edition_said publish_of(const char *file, uint32_t parts, uint32_t size)
{
        struct qf_edition_said said = march(1);
        said.file = qf_view_of(file);
        said.parts = parts;
        said.size = size;
        said.digest = (struct qf_view){bytes, QF_SHA256_BYTES};
        return said;
}

static void an_edition_is_published_whole_or_not_at_all(void **state)
{
        struct office *office = *state;
        memset(bytes, 'x', sizeof(bytes));
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 0, 7)), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, march(1)), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 1, 7)), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("da ta", 0, 7)), QF_REJECTED,
                    QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 0, 0)), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 0, sizeof(bytes))), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 0, sizeof(bytes))), QF_DUPLICATE, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 0, 9)), QF_REJECTED, QF_E161_REGISTER);
        const uint32_t size = sizeof(bytes) + 5;
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("data", 2, size)), QF_REJECTED,
                    QF_E161_REGISTER);
        fixture_reopen(office->fixture);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 1, 5)), QF_ACCEPTED, 0);
        /* Not while one is left over, nor of a size that cannot be, nor without a digest, nor before "data". */
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("data", 1, 5)), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("data", 2, sizeof(bytes))), QF_REJECTED,
                    QF_E161_REGISTER);
        struct qf_edition_said said = publish_of("data", 2, size);
        said.digest.len = 31;
        assert_said(tell(office, QF_KIND_PUBLISH, said), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("year.txt", 0, 5)), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("year.txt", 1, 5)), QF_REJECTED,
                    QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("data", 2, size)), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("year.txt", 1, 5)), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("data", 2, size)), QF_DUPLICATE, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 2, 5)), QF_REJECTED, QF_E161_REGISTER);
}

/* So that a place in the file says in which part it lies, and what is published is as long as it says. */
static void a_file_has_no_gaps(void **state)
{
        struct office *office = *state;
        memset(bytes, 'x', sizeof(bytes));
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, march(1)), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 0, 7)), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("data", 1, 7)), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("data", 1, 8)), QF_REJECTED, QF_E161_REGISTER);
        assert_said(tell(office, QF_KIND_PUBLISH, publish_of("data", 1, 7)), QF_ACCEPTED, 0);

        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("a", 0, sizeof(bytes))), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("a", 1, sizeof(bytes))), QF_ACCEPTED, 0);
        fixture_reopen(office->fixture);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("a", 2, 10)), QF_ACCEPTED, 0);
        assert_said(tell(office, QF_KIND_EDITION_PART, part_of("a", 2, 10)), QF_DUPLICATE, 0);
        for (uint32_t size = 9; size <= 11; size++)
                assert_said(tell(office, QF_KIND_PUBLISH, publish_of("a", 3, 2 * sizeof(bytes) + size)),
                            size == 10 ? QF_ACCEPTED : QF_REJECTED, size == 10 ? 0 : QF_E161_REGISTER);
}

static void put_day(struct office *office, enum qf_action action, const char *key, uint32_t date)
{
        struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                 .action = (uint8_t)action,
                                 .key = qf_view_of(key),
                                 .date = date,
                                 .sessions = 1};
        struct qf_pair value = {QF_VIEW("org"), QF_VIEW("HX")};
        put_event(office->fixture, &event, &value, action == QF_WITHDRAW ? 0 : 1);
}

static void put_count(struct office *office, const char *key)
{
        struct qf_event event = {.kind = QF_KIND_ATTENDANCE,
                                 .action = QF_REPLACE,
                                 .revision = 9,
                                 .method = QF_HEADCOUNT,
                                 .stated = QF_STATED_ATTENDANCES,
                                 .attendances = 5,
                                 .key = qf_view_of(key)};
        put_event(office->fixture, &event, NULL, 0);
}

static void put_broadcast(struct office *office, const char *key, uint32_t date)
{
        struct qf_event event = {
                .kind = QF_KIND_BROADCAST, .action = QF_CREATE, .key = qf_view_of(key), .date = date};
        struct qf_pair value = {QF_VIEW("org"), QF_VIEW("HX")};
        put_event(office->fixture, &event, &value, 1);
}

struct wanted { /* codes of the events of a batch */
        uint16_t codes[24];
        uint32_t count;
};

static void due(struct wanted *wanted, uint16_t code)
{
        wanted->codes[wanted->count++] = code;
}

static void what_comes_after_a_close_is_said_to(void **state)
{
        struct office *office = *state;
        struct qf_from_partner send = send_of(1, 1);
        put_day(office, QF_CREATE, "May", 20230506);
        put_day(office, QF_CREATE, "June", 20230606);
        put_day(office, QF_CREATE, "year", 20230000);
        put_tick(office->fixture, "May",
                 1); /* its key is remembered, and looked up all the same once a period is closed */
        end_body(office->fixture, &send);
        assert_int_equal(ask(office->fixture, "hx.a", &send)->exceptions_count, 0);
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, march(1)), QF_ACCEPTED, 0);
        struct qf_edition_said other = march(1);
        other.scope = QF_VIEW("QP"); /* not this organisation's */
        other.first = 202301;
        other.last = 202306;
        assert_said(tell(office, QF_KIND_PERIOD_CLOSE, other), QF_ACCEPTED, 0);

        send = send_of(1, 5);
        struct wanted wanted = {.count = 0};
        put_day(office, QF_CREATE, "new", 20230507);
        due(&wanted, QF_E151_AFTER_CLOSE);
        put_day(office, QF_CREATE, "month", 20230500);
        due(&wanted, QF_E151_AFTER_CLOSE);
        put_day(office, QF_CREATE, "next", 20230601);
        due(&wanted, 0);
        put_day(office, QF_CREATE, "whole", 20230000);
        due(&wanted, 0); /* may lie outside */
        put_tick(office->fixture, "May", 1);
        due(&wanted, QF_E151_AFTER_CLOSE);
        put_tick(office->fixture, "June", 1);
        due(&wanted, 0);
        put_tick(office->fixture, "nowhere", 1);
        due(&wanted, 0);
        put_count(office, "May");
        due(&wanted, QF_E151_AFTER_CLOSE);
        put_count(office, "June");
        due(&wanted, 0);
        put_day(office, QF_REPLACE, "June", 20230531);
        due(&wanted, QF_E151_AFTER_CLOSE); /* moves in */
        put_day(office, QF_REPLACE, "June", 20230602);
        due(&wanted, QF_E151_AFTER_CLOSE); /* and out again */
        put_day(office, QF_WITHDRAW, "June", 0);
        due(&wanted, 0);
        put_day(office, QF_WITHDRAW, "May", 0);
        due(&wanted, QF_E151_AFTER_CLOSE);
        put_tick(office->fixture, "May", 1);
        due(&wanted, 0); /* counts nothing now */
        put_day(office, QF_REPLACE, "May", 20230508);
        due(&wanted, QF_E151_AFTER_CLOSE); /* comes back */
        put_broadcast(office, "live", 20230509);
        due(&wanted, QF_E151_AFTER_CLOSE);
        put_day(office, QF_CREATE, "May", 20230509);
        due(&wanted, QF_E141_CONFLICT);
        put_day(office, QF_REPLACE, "May", 20230508);
        due(&wanted, 0); /* a duplicate */
        end_body(office->fixture, &send);
        const struct qf_to_partner *answer = ask(office->fixture, "hx.a", &send);
        for (uint32_t i = 0; i < wanted.count; i++)
                if (verdict_at(answer, i).code != wanted.codes[i])
                        fail_msg("event %u: code %u, not %u", i, verdict_at(answer, i).code, wanted.codes[i]);
        assert_int_equal(verdict_at(answer, 0).class, QF_ACCEPTED);

        /* Open again, nothing comes after it. */
        struct qf_edition_said said = march(1);
        said.reason = QF_VIEW("sent late");
        assert_said(tell(office, QF_KIND_PERIOD_REOPEN, said), QF_ACCEPTED, 0);
        send = send_of(1, 5 + wanted.count);
        put_day(office, QF_CREATE, "later", 20230507);
        end_body(office->fixture, &send);
        assert_int_equal(ask(office->fixture, "hx.a", &send)->exceptions_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(what_contradicts_is_refused),
                CASE(numbers_follow_each_other_and_nothing_is_replaced),
                CASE(an_edition_is_published_whole_or_not_at_all),
                CASE(a_file_has_no_gaps),
                CASE(what_comes_after_a_close_is_said_to),
        };
        return cmocka_run_group_tests_name("ingest editions", tests, NULL, NULL);
}
