/* programme/editions: which closed period a record belongs to, also among very many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "programme/editions.h"
#include "support/office.h"

enum { MANY = 20000, LOOK_UPS = 16384 /* of a batch: what stood, what is said */ };

static void say(struct office *office, enum qf_kind kind, const char *scope, uint32_t month, uint32_t number)
{
        const struct qf_edition_said said = {.scope = qf_view_of(scope),
                                             .first = month,
                                             .last = month,
                                             .number = number,
                                             .reason = QF_VIEW("late")};
        assert_int_equal(office_tell(office, kind, qf_edition_register(&said)), 0);
}

static uint32_t closed(const struct office *office, uint32_t date, uint32_t org)
{
        const struct qf_edition *edition = qf_programme_closed(office->programme, date, org);
        return edition ? edition->number * 1000000 + edition->first : 0;
}

static void a_record_belongs_to_its_organisations_and_those_above(void **state)
{
        struct office *office = *state;
        say(office, QF_KIND_PERIOD_CLOSE, "east", 202303, 1);
        assert_int_equal(closed(office, 20230315, OFFICE_EAST), 1202303);
        assert_int_equal(closed(office, 20230300, OFFICE_EAST_SCHOOL), 1202303);
        assert_int_equal(closed(office, 20230000, OFFICE_EAST_SCHOOL), 0);
        assert_int_equal(closed(office, 20230315, OFFICE_DISTRICT), 0);
        assert_int_equal(closed(office, 20230315, OFFICE_WEST), 0);
        assert_int_equal(closed(office, 20230315, QF_MEMBER_NONE), 0);
        say(office, QF_KIND_PERIOD_CLOSE, "", 202303, 1); /* the one that was closed first is told */
        assert_string_equal(qf_programme_closed(office->programme, 20230315, OFFICE_EAST_SCHOOL)->scope.at,
                            "east");
        assert_int_equal(closed(office, 20230315, OFFICE_WEST), 1202303);
        assert_int_equal(closed(office, 20230315, QF_MEMBER_NONE), 1202303);
        say(office, QF_KIND_PERIOD_REOPEN, "east", 202303, 1);
        assert_string_equal(qf_programme_closed(office->programme, 20230315, OFFICE_EAST_SCHOOL)->scope.at,
                            "");
        say(office, QF_KIND_PERIOD_REOPEN, "", 202303, 1);
        assert_int_equal(closed(office, 20230315, OFFICE_EAST_SCHOOL), 0);
        say(office, QF_KIND_PERIOD_CLOSE, "east", 202303, 2);
        assert_int_equal(closed(office, 20230315, OFFICE_EAST_SCHOOL), 2202303);
        assert_int_equal(qf_programme_find_edition(office->programme, QF_VIEW("east"), 202303, 202303, 0), 3);
        assert_int_equal(qf_programme_find_edition(office->programme, QF_VIEW("east"), 202303, 202303, 1), 1);
        assert_int_equal(qf_programme_find_edition(office->programme, QF_VIEW("east"), 202304, 202304, 0), 0);
}

/* Time of the processor, a hundred times what it takes: walking all of them takes several times as much. */
static void periods_of_others_cost_a_record_nothing(void **state)
{
        struct office *office = *state;
        char scope[16];
        for (uint32_t i = 0; i < MANY; i++) {
                (void)snprintf(scope, sizeof scope, "S%05u", i);
                say(office, QF_KIND_PERIOD_CLOSE, scope, 202303, 1);
        }
        const clock_t begun = clock();
        for (uint32_t i = 0; i < LOOK_UPS; i++)
                assert_int_equal(closed(office, 20230315, OFFICE_EAST_SCHOOL), 0);
        assert_true(clock() - begun < CLOCKS_PER_SEC);
        say(office, QF_KIND_PERIOD_CLOSE, "east", 202303, 1);
        assert_int_equal(closed(office, 20230315, OFFICE_EAST_SCHOOL), 1202303);
}

/* Found by fuzz_updates: a reader does what it is told, and a server may leave out what ours never does. */
static void a_file_without_a_digest_has_none(void **state)
{
        static const uint8_t none[QF_SHA256_BYTES];
        struct office *office = *state;
        const struct qf_edition_said said = {.scope = QF_VIEW("east"),
                                             .first = 202303,
                                             .last = 202303,
                                             .number = 1,
                                             .file = QF_EDITION_DATA,
                                             .parts = 1,
                                             .size = 9};
        say(office, QF_KIND_PERIOD_CLOSE, "east", 202303, 1);
        assert_int_equal(office_tell(office, QF_KIND_PUBLISH, qf_edition_register(&said)), 0);
        const struct qf_edition_file *file =
                qf_edition_file(qf_programme_edition(office->programme, 1), QF_EDITION_DATA);
        assert_non_null(file);
        assert_memory_equal(file->digest, none, sizeof none);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, office_setup, office_teardown)

enum {
        CLOSE = QF_KIND_PERIOD_CLOSE,
        REOPEN = QF_KIND_PERIOD_REOPEN,
        PART = QF_KIND_EDITION_PART,
        PUBLISH = QF_KIND_PUBLISH,
        MARCH = 202303,
        MOST = QF_EDITION_PART_BYTES
};
static char text[MOST + 1], digest[32];
static const struct qf_view nobody = {"nobody", 6}, east = {"east", 4};
/* clang-format off */
#define PUBLISHED(name, parts_, size_, digest_bytes)                                                         \
        PUBLISH,                                                                                             \
        {.first = MARCH, .last = MARCH, .number = 1, .file = {name, sizeof(name) - 1},                       \
         .parts = (parts_), .size = (size_), .digest = {digest, (digest_bytes)}}
/* clang-format on */
static const struct {
        const char *field; /* NULL: it is taken */
        int kind;
        struct qf_edition_said said;
} refused[] = {
        {"scope", CLOSE, {.scope = {"nobody", 6}, .first = MARCH, .last = MARCH, .number = 1}},
        {"first", CLOSE, {.first = 202300, .last = MARCH, .number = 2}},
        {"first", CLOSE, {.first = MARCH, .last = 202313, .number = 2}},
        {"first", CLOSE, {.first = MARCH, .last = 999912, .number = 2}},
        {"first", CLOSE, {.first = MARCH, .last = 202302, .number = 2}},
        {"edition", CLOSE, {.first = MARCH, .last = MARCH}},
        {"edition", CLOSE, {.first = MARCH, .last = MARCH, .number = 3}},
        {"edition", CLOSE, {.first = 202304, .last = 202304, .number = 2}},
        {"closed", CLOSE, {.first = MARCH, .last = MARCH, .number = 2}}, /* not reopened */
        {NULL, CLOSE, {.first = MARCH, .last = MARCH, .number = 1}},     /* said again */
        {"by", CLOSE, {.first = MARCH, .last = MARCH, .number = 1, .by = {text, 41}}},
        {"by", CLOSE, {.first = MARCH, .last = MARCH, .number = 1, .by = {"\x01", 1}}},
        {NULL, CLOSE, {.first = MARCH, .last = MARCH, .number = 1, .by = {text, 40}}},
        {"waived",
         CLOSE,
         {.first = 202304, .last = 202304, .number = 1, .waived_count = 1, .waived = &nobody}},
        {NULL, CLOSE, {.first = 202304, .last = 202304, .number = 1, .waived_count = 1, .waived = &east}},
        {"reason", REOPEN, {.first = MARCH, .last = MARCH, .number = 1}},
        {"reason", REOPEN, {.first = MARCH, .last = MARCH, .number = 1, .reason = {text, 201}}},
        {NULL, REOPEN, {.first = MARCH, .last = MARCH, .number = 1, .reason = {text, 200}}},
        {"edition", REOPEN, {.first = MARCH, .last = MARCH, .number = 2, .reason = {"late", 4}}},
        {"edition", REOPEN, {.first = 202304, .last = 202304, .number = 1, .reason = {"late", 4}}},
        {"edition",
         PART,
         {.first = MARCH, .last = MARCH, .number = 2, .file = {"data", 4}, .data = {text, 1}}},
        {"file", PART, {.first = MARCH, .last = MARCH, .number = 1, .file = {"a/b", 3}, .data = {text, 1}}},
        {"part", PART, {.first = MARCH, .last = MARCH, .number = 1, .file = {"data", 4}}},
        {"part",
         PART,
         {.first = MARCH, .last = MARCH, .number = 1, .file = {"data", 4}, .data = {text, MOST + 1}}},
        {"part",
         PART,
         {.first = MARCH,
          .last = MARCH,
          .number = 1,
          .file = {"data", 4},
          .part = QF_EDITION_PARTS_MAX,
          .data = {text, 1}}},
        {NULL, PART, {.first = MARCH, .last = MARCH, .number = 1, .file = {"data", 4}, .data = {text, MOST}}},
        {"size", PUBLISHED("data", 0, 1, 32)},
        {"size", PUBLISHED("data", QF_EDITION_PARTS_MAX + 1, 1, 32)},
        {"size", PUBLISHED("data", 2, MOST, 32)},
        {"size", PUBLISHED("data", 1, MOST + 1, 32)},
        {"digest", PUBLISHED("data", 1, 9, 31)},
        {"file", PUBLISHED("a.pdf", 1, 9, 32)}, /* printed before it is published */
        {NULL, PUBLISHED("data", 1, 9, 32)},
};

/* Each thing that may not be said of an edition, and the field that is named. */
static void what_may_not_be_said_of_an_edition_is_named(void **state)
{
        struct office *office = *state;
        memset(text, 'x', sizeof text);
        say(office, QF_KIND_PERIOD_CLOSE, "", MARCH, 1);
        for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
                const struct qf_register told = qf_edition_register(&refused[i].said);
                const struct qf_event event = {.kind = (uint8_t)refused[i].kind, .registered = &told};
                struct qf_detail detail = {0};
                const struct qf_verdict verdict =
                        qf_programme_check_register(office->programme, &event, &detail);
                const char *field = verdict.class == QF_REJECTED ? detail.field : NULL;
                if (refused[i].field ? !field || strcmp(field, refused[i].field) != 0
                                     : verdict.class != QF_ACCEPTED)
                        fail_msg("row %zu: %s, not %s", i, field ? field : "taken",
                                 refused[i].field ? refused[i].field : "taken");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(a_record_belongs_to_its_organisations_and_those_above),
                CASE(periods_of_others_cost_a_record_nothing),
                CASE(a_file_without_a_digest_has_none),
                CASE(what_may_not_be_said_of_an_edition_is_named),
        };
        return cmocka_run_group_tests_name("edition scopes", tests, NULL, NULL);
}
