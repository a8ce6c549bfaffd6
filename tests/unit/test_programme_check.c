/* What ingest says of an event's contents: one row for each reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "model/kinds.h"
#include "programme/programme.h"

static struct qf_view v(const char *text)
{
        return qf_view_of(text);
}

struct fixture {
        struct qf_programme *programme;
        struct qf_arena *arena;
};

static void tell(struct qf_programme *programme, enum qf_kind kind, struct qf_register told)
{
        const struct qf_event event = {.kind = (uint8_t)kind, .registered = &told};
        struct qf_detail detail;
        assert_int_equal(qf_programme_check_register(programme, &event, &detail).code, 0);
        assert_int_equal(qf_programme_apply(programme, &event, 1), 0);
}

static void tell_programme(struct qf_programme *programme)
{
        static const char *const contents[] = {"PL", "DL", "MC"};
        tell(programme, QF_KIND_SETTING,
             (struct qf_register){.code = v("first_date"), .value = v("20210101")});
        tell(programme, QF_KIND_SETTING, (struct qf_register){.code = v("timely_days"), .value = v("10")});
        tell(programme, QF_KIND_SETTING,
             (struct qf_register){.code = v("attendances_max"), .value = v("50000")});
        tell(programme, QF_KIND_DIMENSION, (struct qf_register){.code = v("org"), .required = true});
        tell(programme, QF_KIND_DIMENSION,
             (struct qf_register){.code = v("co_org"), .dimension = v("org"), .multi = true});
        tell(programme, QF_KIND_DIMENSION, (struct qf_register){.code = v("org_kind"), .groups = v("org")});
        tell(programme, QF_KIND_DIMENSION,
             (struct qf_register){.code = v("content"), .multi = true, .most = 2});
        tell(programme, QF_KIND_DIMENSION, (struct qf_register){.code = v("old"), .closed = false});
        tell(programme, QF_KIND_MEMBER, (struct qf_register){.dimension = v("old"), .code = v("x")});
        tell(programme, QF_KIND_DIMENSION, (struct qf_register){.code = v("old"), .closed = true});
        for (size_t i = 0; i < 3; i++)
                tell(programme, QF_KIND_MEMBER,
                     (struct qf_register){.dimension = v("content"), .code = v(contents[i])});
        tell(programme, QF_KIND_MEMBER, (struct qf_register){.dimension = v("org"), .code = v("MW")});
        tell(programme, QF_KIND_MEMBER,
             (struct qf_register){
                     .dimension = v("org"), .code = v("HG"), .parent = v("MW"), .zh = v("福州海关")});
        tell(programme, QF_KIND_MEMBER,
             (struct qf_register){.dimension = v("org"), .code = v("HG-1"), .parent = v("HG")});
        tell(programme, QF_KIND_MEMBER,
             (struct qf_register){.dimension = v("org"),
                                  .code = v("HG-2"),
                                  .parent = v("HG"),
                                  .valid_from = 20230601,
                                  .valid_to = 20231231});
        tell(programme, QF_KIND_COUNTER,
             (struct qf_register){.code = v("sign_in"), .feeds = v("attendances")});
        const struct qf_view orgs[] = {v("HG")};
        tell(programme, QF_KIND_SOURCE,
             (struct qf_register){.code = v("clerk"),
                                  .parent = v("HG"),
                                  .orgs = orgs,
                                  .orgs_count = 1,
                                  .roles = QF_ROLE_FEED});
}

static int setup(void **state)
{
        static struct fixture fixture;
        assert_int_equal(qf_programme_new(&fixture.programme), 0);
        assert_int_equal(qf_arena_new(1 << 20, &fixture.arena), 0);
        tell_programme(fixture.programme);
        *state = &fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;
        fixture->programme = qf_programme_free(fixture->programme);
        fixture->arena = qf_arena_free(fixture->arena);
        return 0;
}

enum { ROW_VALUES = 4 };

struct row {
        const char *what;
        struct qf_event event;
        const char *values[ROW_VALUES][2];
        uint16_t class, code;
        const char *field, *near;
};

/* The batch of one event that a row describes, resolved. */
static void make_batch(struct fixture *fixture, const struct row *row, struct qf_event *event,
                       struct qf_batch *batch, struct qf_view *dimensions, struct qf_view *texts,
                       struct qf_value *values)
{
        uint32_t count = 0;
        for (; count < ROW_VALUES && row->values[count][0]; count++) {
                dimensions[count] = v(row->values[count][0]);
                texts[count] = v(row->values[count][1]);
                values[count] = (struct qf_value){.dimension_at = (uint16_t)count, .member_at = count};
        }
        *event = row->event;
        event->values_count = (uint16_t)count;
        *batch = (struct qf_batch){.count = 1,
                                   .events = event,
                                   .texts = texts,
                                   .texts_count = count,
                                   .dimensions = dimensions,
                                   .dimensions_count = count,
                                   .values = values,
                                   .values_count = count};
        qf_arena_reset(fixture->arena);
        assert_int_equal(qf_programme_resolve(fixture->programme, batch, fixture->arena), 0);
}

static void check_row(struct fixture *fixture, const struct row *row)
{
        struct qf_view dimensions[ROW_VALUES], texts[ROW_VALUES];
        struct qf_value values[ROW_VALUES];
        struct qf_event event;
        struct qf_batch batch;
        struct qf_detail detail = {0};
        make_batch(fixture, row, &event, &batch, dimensions, texts, values);
        const struct qf_source *source = qf_programme_source(fixture->programme, 1);
        const struct qf_verdict verdict =
                qf_programme_check(fixture->programme, source, &batch, &event, 20230702, &detail);
        if (verdict.class != row->class || verdict.code != row->code)
                fail_msg("%s: class %u code %u", row->what, verdict.class, verdict.code);
        if (row->field && (!detail.field || strcmp(detail.field, row->field)))
                fail_msg("%s: field %s", row->what, detail.field ? detail.field : "none");
        if (row->near && !qf_view_same(detail.near, v(row->near)))
                fail_msg("%s: near %.*s", row->what, (int)detail.near.len, detail.near.at);
        const struct qf_verdict again =
                qf_programme_check(fixture->programme, source, &batch, &event, 20230702, NULL);
        assert_memory_equal(&again, &verdict, sizeof(again));
}

#define ACTIVITY .kind = QF_KIND_ACTIVITY, .action = QF_CREATE, .sessions = 1
#define OWN                                                                                                  \
        {                                                                                                    \
                "org", "HG"                                                                                  \
        }

static void each_reason_has_its_verdict(void **state)
{
        char title[121];
        const struct qf_words long_title = {.title = {title, sizeof(title)}};
        memset(title, 't', sizeof(title));
        const struct row rows[] = {
                {"plain", {ACTIVITY, .date = 20230701}, {OWN}, QF_ACCEPTED, 0, NULL, NULL},
                {"month", {ACTIVITY, .date = 20230700}, {OWN}, QF_ACCEPTED, 0, NULL, NULL},
                {"year", {ACTIVITY, .date = 20230000}, {OWN}, QF_ACCEPTED, 0, NULL, NULL},
                {"below own", {ACTIVITY, .date = 20230701}, {{"org", "HG-1"}}, QF_ACCEPTED, 0, NULL, NULL},
                {"late", {ACTIVITY, .date = 20230530}, {OWN}, QF_LATE, 0, NULL, NULL},
                {"in time", {ACTIVITY, .date = 20230601}, {OWN}, QF_ACCEPTED, 0, NULL, NULL},
                {"no such action",
                 {.kind = QF_KIND_ACTIVITY, .action = 4, .date = 20230701},
                 {OWN},
                 QF_REJECTED,
                 QF_E101_NOT_A_NUMBER,
                 "action",
                 NULL},
#define OUT_OF_BOUNDS(member, value, bit)                                                                    \
        {#member " " #value,                                                                                 \
         {.kind = QF_KIND_ACTIVITY, .date = 20230701, .stated = (bit), .member = (value)},                   \
         {OWN},                                                                                              \
         QF_REJECTED,                                                                                        \
         QF_E101_NOT_A_NUMBER,                                                                               \
         #member,                                                                                            \
         NULL}
                OUT_OF_BOUNDS(method, 5, 0),
                OUT_OF_BOUNDS(sessions, 0, QF_STATED_SESSIONS),
                OUT_OF_BOUNDS(start, 1440, QF_STATED_START),
                OUT_OF_BOUNDS(minutes, 0, QF_STATED_MINUTES),
                OUT_OF_BOUNDS(minutes, 1441, QF_STATED_MINUTES),
                OUT_OF_BOUNDS(evidence, 100, QF_STATED_EVIDENCE),
                {"121 characters",
                 {ACTIVITY, .date = 20230701, .words = &long_title},
                 {OWN},
                 QF_REJECTED,
                 QF_E101_NOT_A_NUMBER,
                 "title",
                 NULL},
                {"no date", {ACTIVITY}, {OWN}, QF_REJECTED, QF_E109_MISSING, "date", NULL},
                {"no day",
                 {ACTIVITY, .date = 20230231},
                 {OWN},
                 QF_REJECTED,
                 QF_E105_NO_SUCH_DATE,
                 "date",
                 ""},
                {"too early",
                 {ACTIVITY, .date = 20201231},
                 {OWN},
                 QF_REJECTED,
                 QF_E105_NO_SUCH_DATE,
                 "date",
                 "2021-01-01"},
                {"too early month",
                 {ACTIVITY, .date = 20201200},
                 {OWN},
                 QF_REJECTED,
                 QF_E105_NO_SUCH_DATE,
                 "date",
                 "2021-01-01"},
                {"future", {ACTIVITY, .date = 20230703}, {OWN}, QF_REJECTED, QF_E106_FUTURE, "date", NULL},
                {"future month",
                 {ACTIVITY, .date = 20230800},
                 {OWN},
                 QF_REJECTED,
                 QF_E106_FUTURE,
                 "date",
                 NULL},
                {"no org",
                 {ACTIVITY, .date = 20230701},
                 {{"content", "PL"}},
                 QF_REJECTED,
                 QF_E109_MISSING,
                 "org",
                 NULL},
                {"not yours",
                 {ACTIVITY, .date = 20230701},
                 {{"org", "MW"}},
                 QF_REJECTED,
                 QF_E103_NOT_YOURS,
                 "org",
                 NULL},
                {"anyone joins",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"co_org", "MW"}},
                 QF_ACCEPTED,
                 0,
                 NULL,
                 NULL},
                {"unknown org",
                 {ACTIVITY, .date = 20230701},
                 {{"org", "海关福州"}},
                 QF_QUARANTINED,
                 QF_Q104_UNKNOWN_ORG,
                 "org",
                 "福州海关"},
                {"unknown co_org",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"co_org", "ZZ"}},
                 QF_QUARANTINED,
                 QF_Q205_UNKNOWN_MEMBER,
                 "co_org",
                 ""},
                {"unknown member",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"content", "XX"}},
                 QF_QUARANTINED,
                 QF_Q205_UNKNOWN_MEMBER,
                 "content",
                 ""},
                {"unknown dimension",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"colour", "red"}},
                 QF_QUARANTINED,
                 QF_Q206_UNKNOWN_DIMENSION,
                 "dimension",
                 NULL},
                {"grouping",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"org_kind", "town"}},
                 QF_QUARANTINED,
                 QF_Q206_UNKNOWN_DIMENSION,
                 "dimension",
                 NULL},
                {"closed",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"old", "x"}},
                 QF_QUARANTINED,
                 QF_Q205_UNKNOWN_MEMBER,
                 "old",
                 NULL},
                {"too many",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"content", "PL"}, {"content", "DL"}, {"content", "MC"}},
                 QF_REJECTED,
                 QF_E110_TOO_MANY,
                 "content",
                 NULL},
                {"two orgs",
                 {ACTIVITY, .date = 20230701},
                 {OWN, {"org", "HG-1"}},
                 QF_REJECTED,
                 QF_E110_TOO_MANY,
                 "org",
                 NULL},
                {"not yet valid",
                 {ACTIVITY, .date = 20230531},
                 {{"org", "HG-2"}},
                 QF_QUARANTINED,
                 QF_Q205_UNKNOWN_MEMBER,
                 "org",
                 NULL},
                {"valid in part",
                 {ACTIVITY, .date = 20230600},
                 {{"org", "HG-2"}},
                 QF_ACCEPTED,
                 0,
                 NULL,
                 NULL},
                {"rejected wins",
                 {ACTIVITY, .date = 20230701},
                 {{"content", "XX"}},
                 QF_REJECTED,
                 QF_E109_MISSING,
                 "org",
                 NULL},
                {"above cap",
                 {ACTIVITY, .date = 20230701, .stated = QF_STATED_ATTENDANCES, .attendances = 50001},
                 {OWN},
                 QF_QUARANTINED,
                 QF_Q107_ABOVE_CAP,
                 "attendances",
                 NULL},
                {"more people",
                 {ACTIVITY, .date = 20230701, .stated = QF_STATED_ATTENDANCES | QF_STATED_PARTICIPANTS,
                  .attendances = 200, .participants = 300},
                 {OWN},
                 QF_REJECTED,
                 QF_E108_MORE_PEOPLE,
                 "participants",
                 NULL},
                {"withdraw says nothing",
                 {.kind = QF_KIND_ACTIVITY, .action = QF_WITHDRAW},
                 {{0}},
                 QF_ACCEPTED,
                 0,
                 NULL,
                 NULL},
                {"attendance",
                 {.kind = QF_KIND_ATTENDANCE,
                  .action = QF_CREATE,
                  .method = QF_HEADCOUNT,
                  .stated = QF_STATED_ATTENDANCES,
                  .attendances = 12},
                 {{0}},
                 QF_ACCEPTED,
                 0,
                 NULL,
                 NULL},
                {"attendance of what",
                 {.kind = QF_KIND_ATTENDANCE, .action = QF_CREATE, .method = QF_HEADCOUNT},
                 {{0}},
                 QF_REJECTED,
                 QF_E109_MISSING,
                 "attendances",
                 NULL},
                {"attendance how",
                 {.kind = QF_KIND_ATTENDANCE, .action = QF_CREATE, .stated = QF_STATED_ATTENDANCES},
                 {{0}},
                 QF_REJECTED,
                 QF_E109_MISSING,
                 "method",
                 NULL},
                {"tick",
                 {.kind = QF_KIND_TICK, .counter = QF_VIEW("sign_in"), .amount = 1},
                 {{0}},
                 QF_ACCEPTED,
                 0,
                 NULL,
                 NULL},
                {"no such counter",
                 {.kind = QF_KIND_TICK, .counter = QF_VIEW("visit"), .amount = 1},
                 {{0}},
                 QF_REJECTED,
                 QF_E111_UNKNOWN_COUNTER,
                 "counter",
                 NULL},
                {"newer kind", {.kind = 31}, {{0}}, QF_QUARANTINED, QF_Q190_NEWER, "kind", NULL},
        };
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check_row(*state, &rows[i]);
}

static void a_kind_that_is_not_used_waits_for_the_office(void **state)
{
        struct fixture *fixture = *state;
        const struct row rows[] = {
                {"used",
                 {.kind = QF_KIND_AGREEMENT, .date = 20230601},
                 {{"org", "HG"}},
                 QF_ACCEPTED,
                 0,
                 NULL,
                 NULL},
                {"not used",
                 {.kind = QF_KIND_AGREEMENT, .date = 20230601},
                 {{"org", "HG"}},
                 QF_QUARANTINED,
                 QF_Q212_UNUSED_KIND,
                 "kind",
                 NULL},
                {"taken back",
                 {.kind = QF_KIND_AGREEMENT, .action = QF_WITHDRAW},
                 {{0}},
                 QF_ACCEPTED,
                 0,
                 NULL,
                 NULL},
        };
        check_row(fixture, &rows[0]);
        tell(fixture->programme, QF_KIND_SETTING,
             (struct qf_register){.code = v("kinds"), .value = v("broadcast score")});
        check_row(fixture, &rows[1]);
        check_row(fixture, &rows[2]);
        assert_true(qf_programme_uses(fixture->programme, qf_kind_spec(QF_KIND_BROADCAST)));
        assert_false(qf_programme_uses(fixture->programme, qf_kind_spec(QF_KIND_AGREEMENT)));
        assert_false(qf_programme_uses(fixture->programme,
                                       qf_kind_spec(QF_KIND_SCORE))); /* no dimension indicator */
        assert_false(qf_programme_uses(fixture->programme, NULL));
        tell(fixture->programme, QF_KIND_SETTING,
             (struct qf_register){.code = v("kinds"), .value = v("all")});
        check_row(fixture, &rows[0]);
}

static void rights_are_judged_by_the_date(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_move away[] = {{.from = 20230615, .parent = v("MW")},
                                       {.from = 20230625, .parent = v("HG")}};
        const struct row rows[] = {
                {"before", {ACTIVITY, .date = 20230614}, {{"org", "M"}}, QF_ACCEPTED, 0, NULL, NULL},
                {"away",
                 {ACTIVITY, .date = 20230615},
                 {{"org", "M"}},
                 QF_REJECTED,
                 QF_E103_NOT_YOURS,
                 "org",
                 NULL},
                {"last day",
                 {ACTIVITY, .date = 20230624},
                 {{"org", "M"}},
                 QF_REJECTED,
                 QF_E103_NOT_YOURS,
                 "org",
                 NULL},
                {"back", {ACTIVITY, .date = 20230625}, {{"org", "M"}}, QF_ACCEPTED, 0, NULL, NULL},
                {"month", {ACTIVITY, .date = 20230600}, {{"org", "M"}}, QF_ACCEPTED, 0, NULL, NULL},
                {"below",
                 {ACTIVITY, .date = 20230620},
                 {{"org", "M-1"}},
                 QF_REJECTED,
                 QF_E103_NOT_YOURS,
                 "org",
                 NULL},
                {"below, back", {ACTIVITY, .date = 20230701}, {{"org", "M-1"}}, QF_ACCEPTED, 0, NULL, NULL},
        };
        tell(fixture->programme, QF_KIND_MEMBER,
             (struct qf_register){.dimension = v("org"),
                                  .code = v("M"),
                                  .parent = v("HG"),
                                  .moves = away,
                                  .moves_count = 2});
        tell(fixture->programme, QF_KIND_MEMBER,
             (struct qf_register){.dimension = v("org"), .code = v("M-1"), .parent = v("M")});
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check_row(fixture, &rows[i]);
}

static size_t canonical(struct fixture *fixture, const struct row *row, struct qf_buffer *buffer)
{
        struct qf_view dimensions[ROW_VALUES], texts[ROW_VALUES];
        struct qf_value values[ROW_VALUES];
        struct qf_event event;
        struct qf_batch batch;
        make_batch(fixture, row, &event, &batch, dimensions, texts, values);
        buffer->len = 0;
        assert_int_equal(qf_programme_canonical(&batch, &event, buffer), 0);
        return buffer->len;
}

static void equal_statements_have_equal_canonical_bytes(void **state)
{
        const struct qf_words reason = {.title = QF_VIEW("t"), .reason = QF_VIEW("typing error")};
        const struct qf_words title = {.title = QF_VIEW("t")}, other = {.title = QF_VIEW("u")};
        const struct row plain = {.event = {ACTIVITY, .date = 20230701, .words = &title},
                                  .values = {OWN, {"content", "PL"}, {"content", "DL"}}};
        const struct row shuffled = {
                .event = {.kind = QF_KIND_ACTIVITY,
                          .action = QF_REPLACE,
                          .sessions = 1,
                          .revision = 7,
                          .date = 20230701,
                          .stated = QF_STATED_SESSIONS,
                          .words = &reason},
                .values = {{"content", "DL"}, {"content", "PL"}, {"content", "DL"}, OWN}};
        const struct row titled = {.event = {ACTIVITY, .date = 20230701, .words = &other},
                                   .values = {OWN, {"content", "PL"}, {"content", "DL"}}};
        const struct row zero = {
                .event = {ACTIVITY, .date = 20230701, .words = &title, .stated = QF_STATED_ATTENDANCES},
                .values = {OWN, {"content", "PL"}, {"content", "DL"}}};
        struct qf_buffer a = {0}, b = {0};
        const size_t size = canonical(*state, &plain, &a);
        assert_int_equal(canonical(*state, &shuffled, &b), size);
        assert_memory_equal(a.at, b.at, size);
        assert_int_equal(canonical(*state, &titled, &b), size);
        assert_memory_not_equal(a.at, b.at, size);
        assert_int_equal(canonical(*state, &zero, &b), size); /* unknown is not 0 */
        assert_memory_not_equal(a.at, b.at, size);
        qf_buffer_deinit(&a);
        qf_buffer_deinit(&b);
}

static void an_event_with_the_most_values_has_canonical_bytes(void **state)
{
        static struct qf_value values[QF_VALUES_MAX];
        struct qf_buffer a = {0};
        (void)state;
        for (uint32_t i = 0; i < QF_VALUES_MAX; i++)
                values[i] = (struct qf_value){.dimension = 2, .member = QF_VALUES_MAX - i};
        struct qf_event event = {ACTIVITY, .values_count = QF_VALUES_MAX};
        const struct qf_batch batch = {
                .count = 1, .events = &event, .values = values, .values_count = QF_VALUES_MAX};
        assert_int_equal(qf_programme_canonical(&batch, &event, &a), 0);
        assert_int_equal(a.len, 44 + QF_VALUES_MAX * 6 + 16);
        assert_int_equal(qf_get_le32(a.at + 46), 1); /* sorted */
        qf_buffer_deinit(&a);
}

static void names_are_resolved_also_without_room_for_a_memo(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_view dimensions[] = {v("org"), v("co_org"), v("none")}, texts[] = {v("HG"), v("ZZ")};
        struct qf_value values[4] = {{.dimension_at = 0, .member_at = 0},
                                     {.dimension_at = 1, .member_at = 0},
                                     {.dimension_at = 0, .member_at = 1},
                                     {.dimension_at = 2, .member_at = 0}};
        struct qf_batch batch = {.dimensions = dimensions,
                                 .dimensions_count = 3,
                                 .texts = texts,
                                 .texts_count = 2,
                                 .values = values,
                                 .values_count = 4};
        struct qf_arena *tiny = NULL;
        assert_int_equal(qf_arena_new(16, &tiny), 0);
        for (int round = 0; round < 2; round++) {
                while (round && qf_arena_take(tiny, 1))
                        continue;
                assert_int_equal(
                        qf_programme_resolve(fixture->programme, &batch, round ? tiny : fixture->arena), 0);
                assert_int_equal(values[0].member, 2);
                assert_int_equal(values[1].member, 2);
                assert_int_equal(values[2].member, QF_MEMBER_UNKNOWN);
                assert_int_equal(values[3].dimension, QF_DIMENSION_UNKNOWN);
                assert_int_equal(values[3].member, QF_MEMBER_UNKNOWN);
        }
        tiny = qf_arena_free(tiny);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(each_reason_has_its_verdict, setup, teardown),
                cmocka_unit_test_setup_teardown(a_kind_that_is_not_used_waits_for_the_office, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(rights_are_judged_by_the_date, setup, teardown),
                cmocka_unit_test_setup_teardown(equal_statements_have_equal_canonical_bytes, setup, teardown),
                cmocka_unit_test(an_event_with_the_most_values_has_canonical_bytes),
                cmocka_unit_test_setup_teardown(names_are_resolved_also_without_room_for_a_memo, setup,
                                                teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
