/* Registers: ids by first appearance, names found and guessed, what contradicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "base/bytes.h"
#include "programme/programme.h"

static struct qf_view v(const char *text)
{
        return qf_view_of(text);
}

static int setup(void **state)
{
        return qf_programme_new((struct qf_programme **)state);
}

static int teardown(void **state)
{
        *state = qf_programme_free(*state);
        return 0;
}

static uint16_t judge(const struct qf_programme *programme, enum qf_kind kind, const struct qf_register *told)
{
        const struct qf_event event = {.kind = (uint8_t)kind, .action = QF_REPLACE, .registered = told};
        struct qf_detail detail;
        const struct qf_verdict verdict = qf_programme_check_register(programme, &event, &detail);
        return verdict.code;
}

/* Checks and applies, as ingest does. */
static uint16_t tell(struct qf_programme *programme, enum qf_kind kind, struct qf_register told)
{
        const struct qf_event event = {.kind = (uint8_t)kind, .action = QF_REPLACE, .registered = &told};
        const uint16_t code = judge(programme, kind, &told);
        if (!code)
                assert_int_equal(qf_programme_apply(programme, &event, qf_programme_position(programme) + 1),
                                 0);
        return code;
}

static uint16_t tell_dimension(struct qf_programme *programme, const char *code)
{
        return tell(programme, QF_KIND_DIMENSION, (struct qf_register){.code = v(code)});
}

static uint16_t tell_member(struct qf_programme *programme, const char *dimension, const char *code,
                            const char *parent)
{
        return tell(programme, QF_KIND_MEMBER,
                    (struct qf_register){.dimension = v(dimension), .code = v(code), .parent = v(parent)});
}

static void ids_follow_first_appearance(void **state)
{
        struct qf_programme *programme = *state;
        assert_int_equal(tell_dimension(programme, "org"), 0);
        assert_int_equal(tell_dimension(programme, "mode"), 0);
        assert_int_equal(tell_dimension(programme, "org"), 0);
        assert_int_equal(tell_member(programme, "org", "MW", ""), 0);
        assert_int_equal(tell_member(programme, "org", "HG", "MW"), 0);
        assert_int_equal(tell_member(programme, "org", "MW", ""), 0);
        assert_int_equal(qf_programme_dimensions(programme), 2);
        assert_int_equal(qf_programme_find_dimension(programme, v("mode")), 2);
        assert_int_equal(qf_programme_find_dimension(programme, v("none")), QF_DIMENSION_UNKNOWN);
        assert_int_equal(qf_programme_find_member(programme, 1, v("HG")), 2);
        assert_int_equal(qf_programme_find_member(programme, 2, v("HG")), QF_MEMBER_UNKNOWN);
        assert_int_equal(qf_programme_dimension(programme, 1)->members, 2);
        assert_true(qf_programme_within(programme, 1, 2, 1, 20230101));
        assert_false(qf_programme_within(programme, 1, 1, 2, 20230101));
        assert_int_equal(qf_programme_position(programme), 6);
        assert_int_equal(qf_programme_counted(programme), 6);
        assert_null(qf_programme_dimension(programme, 3));
        assert_null(qf_programme_member(programme, 1, 3));
        assert_null(qf_programme_member(programme, 77, 1));
}

static void a_thousand_members_are_all_found(void **state)
{
        struct qf_programme *programme = *state;
        char code[16];
        assert_int_equal(tell_dimension(programme, "org"), 0);
        for (int i = 0; i < 1000; i++) {
                (void)snprintf(code, sizeof(code), "O%d", i);
                assert_int_equal(tell_member(programme, "org", code, ""), 0);
        }
        for (int i = 0; i < 1000; i++) {
                (void)snprintf(code, sizeof(code), "O%d", i);
                assert_int_equal(qf_programme_find_member(programme, 1, v(code)), i + 1);
        }
}

static void settings_are_parsed_and_bounded(void **state)
{
        static const struct {
                const char *name, *value;
                bool taken;
        } rows[] = {
                {"time_zone", "+08:00", true},
                {"time_zone", "-08:00", true},
                {"time_zone", "8", false},
                {"time_zone", "+15:00", false},
                {"rounding", "half_up", true},
                {"rounding", "up", false},
                {"personal_numbers", "aside", true},
                {"personal_numbers", "no", false},
                {"kinds", "all", true},
                {"kinds", "none", true},
                {"kinds", "broadcast", true},
                {"kinds", "survey_wave survey_result", true},
                {"kinds", "", false},
                {"kinds", "activity", false},
                {"kinds", "broadcast  visit", false},
                {"kinds", "broadcast visit ", false},
                {"kinds", "broadcast all", false},
                {"sample", "yes", true},
                {"sample", "maybe", false},
                {"timely_days", "15", true},
                {"timely_days", "-1", false},
                {"attendances_max", "5000", true},
                {"attendances_max", "100001", false},
                {"attendances_max", "0", false},
                {"sessions_max", "1001", false},
                {"first_date", "20210101", true},
                {"first_date", "20210230", false},
                {"first_date", "20210100", false},
                {"code", "123n", true},
                {"title_zh", "廉洁文化", true},
                {"colour", "red", false},
        };
        struct qf_programme *programme = *state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(
                        tell(programme, QF_KIND_SETTING,
                             (struct qf_register){.code = v(rows[i].name), .value = v(rows[i].value)}),
                        rows[i].taken ? 0 : QF_E161_REGISTER);
        const struct qf_settings *settings = qf_programme_settings(programme);
        assert_int_equal(settings->zone_minutes, -480);
        assert_int_equal(settings->timely_days, 15);
        assert_int_equal(settings->attendances_max, 5000);
        assert_int_equal(settings->first_date, 20210101);
        assert_true(qf_view_same(settings->title_zh, v("廉洁文化")));
}

static void what_contradicts_is_refused(void **state)
{
        struct qf_programme *programme = *state;
        assert_int_equal(tell_dimension(programme, "org"), 0);
        assert_int_equal(tell(programme, QF_KIND_DIMENSION,
                              (struct qf_register){.code = v("content"), .multi = true, .most = 3}),
                         0);
        assert_int_equal(
                tell(programme, QF_KIND_DIMENSION,
                     (struct qf_register){.code = v("co_org"), .multi = true, .dimension = v("org")}),
                0);
        assert_int_equal(tell(programme, QF_KIND_DIMENSION,
                              (struct qf_register){.code = v("org_kind"), .groups = v("org")}),
                         0);
        assert_int_equal(tell_member(programme, "org", "A", ""), 0);
        assert_int_equal(tell_member(programme, "org", "B", "A"), 0);
        assert_int_equal(tell_member(programme, "org_kind", "town", ""), 0);
        const struct qf_pair group = {v("org_kind"), v("town")}, missing = {v("org_kind"), v("village")};
        const struct {
                enum qf_kind kind;
                struct qf_register told;
        } bad[] = {
                {QF_KIND_DIMENSION, {.code = v("content"), .multi = false}},
                {QF_KIND_DIMENSION, {.code = v("co_org"), .multi = true}},
                {QF_KIND_DIMENSION, {.code = v("org_kind"), .groups = v("content")}},
                {QF_KIND_DIMENSION, {.code = v("x"), .dimension = v("co_org")}},
                {QF_KIND_DIMENSION, {.code = v("x"), .dimension = v("none")}},
                {QF_KIND_DIMENSION, {.code = v("total")}},
                {QF_KIND_DIMENSION, {.code = v("a/b")}},
                {QF_KIND_DIMENSION, {.code = v("")}},
                {QF_KIND_DIMENSION, {.code = v("x"), .most = 2}},
                {QF_KIND_DIMENSION, {.code = v("x"), .multi = true, .most = 33}},
                {QF_KIND_MEMBER, {.dimension = v("org"), .code = v("A"), .parent = v("B")}},
                {QF_KIND_MEMBER, {.dimension = v("org"), .code = v("A"), .parent = v("A")}},
                {QF_KIND_MEMBER, {.dimension = v("org"), .code = v("C"), .parent = v("none")}},
                {QF_KIND_MEMBER, {.dimension = v("co_org"), .code = v("C")}},
                {QF_KIND_MEMBER, {.dimension = v("none"), .code = v("C")}},
                {QF_KIND_MEMBER, {.dimension = v("org"), .code = v("C D")}},
                {QF_KIND_MEMBER, {.dimension = v("org"), .code = v("C"), .valid_from = 20230230}},
                {QF_KIND_MEMBER,
                 {.dimension = v("org"), .code = v("C"), .valid_from = 20240101, .valid_to = 20230101}},
                {QF_KIND_MEMBER,
                 {.dimension = v("org"), .code = v("C"), .pairs = &missing, .pairs_count = 1}},
                {QF_KIND_MEMBER,
                 {.dimension = v("content"), .code = v("C"), .pairs = &group, .pairs_count = 1}},
                {QF_KIND_COUNTER, {.code = v("sign_in"), .feeds = v("sessions")}},
                {QF_KIND_SOURCE, {.code = v("office"), .roles = QF_ROLE_ADMIN}},
                {QF_KIND_SOURCE, {.code = v("clerk"), .roles = QF_ROLE_FEED}},
                {QF_KIND_SOURCE, {.code = v("clerk"), .roles = QF_ROLE_FEED, .parent = v("none")}},
                {QF_KIND_SOURCE, {.code = v("clerk"), .parent = v("A")}},
        };
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                if (judge(programme, bad[i].kind, &bad[i].told) != QF_E161_REGISTER)
                        fail_msg("row %zu was let in", i);
        assert_int_equal(
                tell(programme, QF_KIND_MEMBER,
                     (struct qf_register){
                             .dimension = v("org"), .code = v("C"), .pairs = &group, .pairs_count = 1}),
                0);
        const uint16_t kinds = qf_programme_find_dimension(programme, v("org_kind"));
        assert_int_equal(qf_programme_group_of(programme, kinds, 3, 20230101), 1);
        assert_int_equal(qf_programme_group_of(programme, kinds, 1, 20230101), 0);
        const uint16_t co_org = qf_programme_find_dimension(programme, v("co_org"));
        assert_int_equal(qf_programme_find_member(programme, co_org, v("B")), 2);
        assert_int_equal(qf_programme_dimension(programme, co_org)->members, 3);
        assert_false(qf_programme_counted(programme) >> kinds & 1);
}

static void a_dimension_too_many_is_refused(void **state)
{
        char code[8];
        for (int i = 0; i < QF_DIMENSIONS_MAX; i++) {
                (void)snprintf(code, sizeof(code), "d%d", i);
                assert_int_equal(tell_dimension(*state, code), 0);
        }
        assert_int_equal(tell_dimension(*state, "d31"), QF_E161_REGISTER);
        assert_int_equal(tell_dimension(*state, "d3"), 0);
}

static void sources_keep_refs_keys_and_partners(void **state)
{
        struct qf_programme *programme = *state;
        const struct qf_source_key office = {.public_key = {1}};
        const struct qf_source_key key = {.public_key = {2}, .valid_from = 20230101, .valid_to = 20231231};
        const struct qf_register first = {
                .code = v("office"), .roles = QF_ROLE_ADMIN, .keys = &office, .keys_count = 1};
        const struct qf_event event = {.kind = QF_KIND_SOURCE, .registered = &first};
        assert_int_equal(qf_programme_apply(programme, &event, 1), 0);
        assert_int_equal(tell_dimension(programme, "org"), 0);
        assert_int_equal(tell_member(programme, "org", "HG", ""), 0);
        const struct qf_view orgs[] = {v("HG")};
        struct qf_register clerk = {.code = v("hg-clerk"),
                                    .parent = v("HG"),
                                    .roles = QF_ROLE_FEED,
                                    .orgs = orgs,
                                    .orgs_count = 1,
                                    .keys = &key,
                                    .keys_count = 1};
        assert_int_equal(tell(programme, QF_KIND_SOURCE, clerk), 0);
        clerk.code = v("hg-page");
        assert_int_equal(tell(programme, QF_KIND_SOURCE, clerk), QF_E161_REGISTER); /* another's key */
        clerk.keys_count = 0;
        assert_int_equal(tell(programme, QF_KIND_SOURCE, clerk), 0);
        assert_int_equal(qf_programme_sources(programme), 3);
        assert_string_equal(qf_programme_partner_code(programme, 2), ""); /* one partner */
        assert_int_equal(qf_programme_find_source(programme, v("hg-page")), 3);
        assert_int_equal(qf_programme_source(programme, 3)->partner, 1);
        assert_int_equal(qf_programme_source(programme, 1)->partner, 0);
        assert_string_equal(qf_programme_partner_code(programme, 1), "HG");
        assert_int_equal(qf_programme_find_key(programme, office.public_key, 20200101), 1);
        assert_int_equal(qf_programme_find_key(programme, key.public_key, 20230601), 2);
        assert_int_equal(qf_programme_find_key(programme, key.public_key, 20240101), 0);
        clerk.code = v("hg-clerk");
        assert_int_equal(tell(programme, QF_KIND_SOURCE, clerk), 0); /* revoked */
        assert_int_equal(qf_programme_find_key(programme, key.public_key, 20230601), 0);
        assert_true(qf_programme_entitled(programme, qf_programme_source(programme, 2), 1, 20230101));
        assert_false(qf_programme_entitled(programme, qf_programme_source(programme, 1), 1, 20230101));
}

static void names_are_guessed_by_label_and_alias(void **state)
{
        struct qf_programme *programme = *state;
        const struct qf_view aliases[] = {v("海关"), v("Mawei Customs")};
        assert_int_equal(tell_dimension(programme, "org"), 0);
        assert_int_equal(tell(programme, QF_KIND_MEMBER,
                              (struct qf_register){.dimension = v("org"),
                                                   .code = v("HG"),
                                                   .zh = v("福州海关"),
                                                   .en = v("Fuzhou Customs"),
                                                   .aliases = aliases,
                                                   .aliases_count = 2}),
                         0);
        assert_int_equal(tell(programme, QF_KIND_MEMBER,
                              (struct qf_register){.dimension = v("org"),
                                                   .code = v("SW"),
                                                   .zh = v("税务局"),
                                                   .en = v("Tax Office")}),
                         0);
        assert_int_equal(qf_programme_guess_member(programme, 1, v("HG")), 1);
        assert_int_equal(qf_programme_guess_member(programme, 1, v(" 福州海关 ")), 1);
        assert_int_equal(qf_programme_guess_member(programme, 1, v("FUZHOU customs")), 1);
        assert_int_equal(qf_programme_guess_member(programme, 1, v("海关")), 1);
        assert_int_equal(qf_programme_guess_member(programme, 1, v("")), QF_MEMBER_UNKNOWN);
        assert_int_equal(qf_programme_guess_member(programme, 1, v("海关福州")), QF_MEMBER_UNKNOWN);
        assert_true(qf_view_same(qf_programme_near_member(programme, 1, v("海关福州")), v("福州海关")));
        assert_true(qf_view_same(qf_programme_near_member(programme, 1, v("Tax Ofice")), v("Tax Office")));
        assert_int_equal(qf_programme_near_member(programme, 1, v("Raymond")).len, 0);
        /* A second member of the same name makes the name say nothing; a new label takes the old one away. */
        assert_int_equal(
                tell(programme, QF_KIND_MEMBER,
                     (struct qf_register){.dimension = v("org"), .code = v("SW2"), .zh = v("税务局")}),
                0);
        assert_int_equal(qf_programme_guess_member(programme, 1, v("税务局")), QF_MEMBER_UNKNOWN);
        assert_int_equal(
                tell(programme, QF_KIND_MEMBER,
                     (struct qf_register){.dimension = v("org"), .code = v("SW2"), .zh = v("第二税务局")}),
                0);
        assert_int_equal(qf_programme_guess_member(programme, 1, v("税务局")), 2);
}

static void a_reader_may_hear_a_child_before_its_parent(void **state)
{
        struct qf_programme *programme = *state;
        const struct qf_pair group = {v("org_kind"), v("customs")};
        const struct qf_register child = {
                .dimension = v("org"), .code = v("HG"), .parent = v("MW"), .pairs = &group, .pairs_count = 1};
        const struct qf_register kind = {.code = v("org_kind"), .groups = v("org")};
        const struct qf_register parent = {.dimension = v("org"), .code = v("MW"), .en = v("District")};
        const struct qf_event events[] = {{.kind = QF_KIND_MEMBER, .registered = &child},
                                          {.kind = QF_KIND_DIMENSION, .registered = &kind},
                                          {.kind = QF_KIND_MEMBER, .registered = &parent}};
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(qf_programme_apply(programme, &events[i], i + 1), 0);
        const uint16_t org = qf_programme_find_dimension(programme, v("org"));
        const uint16_t kinds = qf_programme_find_dimension(programme, v("org_kind"));
        const uint32_t hg = qf_programme_find_member(programme, org, v("HG"));
        assert_true(qf_programme_within(programme, org, hg, qf_programme_find_member(programme, org, v("MW")),
                                        20230101));
        assert_int_equal(qf_programme_group_of(programme, kinds, hg, 20230101), 1);
        assert_int_equal(qf_programme_counted(programme), 1u << org);
}

/* "org" with the members A to D, and "kind" that groups them, with x and y. */
static void tell_tree(struct qf_programme *programme)
{
        static const char *const codes[] = {"A", "B", "C", "D"};
        assert_int_equal(tell_dimension(programme, "org"), 0);
        assert_int_equal(tell(programme, QF_KIND_DIMENSION,
                              (struct qf_register){.code = v("kind"), .groups = v("org")}),
                         0);
        assert_int_equal(tell_member(programme, "kind", "x", ""), 0);
        assert_int_equal(tell_member(programme, "kind", "y", ""), 0);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(tell_member(programme, "org", codes[i], ""), 0);
}

enum { ORG = 1, KIND = 2, A = 1, B = 2, C = 3, D = 4 };

static uint16_t tell_moves(struct qf_programme *programme, const char *code, const char *parent,
                           const struct qf_move *moves, uint32_t count)
{
        return tell(programme, QF_KIND_MEMBER,
                    (struct qf_register){.dimension = v("org"),
                                         .code = v(code),
                                         .parent = v(parent),
                                         .moves = moves,
                                         .moves_count = count});
}

static void a_member_stands_where_it_stood_on_the_day(void **state)
{
        struct qf_programme *programme = *state;
        const struct qf_pair x = {v("kind"), v("x")}, y = {v("kind"), v("y")};
        const struct qf_move moves[] = {{.from = 20220701, .parent = v("B"), .pairs_count = 1, .pairs = &y},
                                        {.from = 20230101, .parent = v("")},
                                        {.from = 20230301, .parent = v("A"), .pairs_count = 1, .pairs = &x}};
        static const struct {
                uint32_t date, parent, group;
        } rows[] = {{0, A, 1},        {20220630, A, 1}, {20220701, B, 2}, {20221231, B, 2}, {20230101, 0, 0},
                    {20230228, 0, 0}, {20230301, A, 1}, {29991231, A, 1}, {20220700, B, 2}, {20220600, A, 1},
                    {20220000, A, 1}, {20230000, 0, 0}, {20230300, A, 1}, {20240000, A, 1}};
        tell_tree(programme);
        assert_int_equal(tell(programme, QF_KIND_MEMBER,
                              (struct qf_register){.dimension = v("org"),
                                                   .code = v("C"),
                                                   .parent = v("A"),
                                                   .pairs = &x,
                                                   .pairs_count = 1,
                                                   .moves = moves,
                                                   .moves_count = 3}),
                         0);
        assert_int_equal(tell_member(programme, "org", "D", "C"), 0);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const uint32_t date = rows[i].date;
                for (uint32_t above = A; above <= B; above++)
                        if (qf_programme_within(programme, ORG, D, above, date) != (rows[i].parent == above))
                                fail_msg("%u: below %u", date, above);
                if (qf_programme_group_of(programme, KIND, C, date) != rows[i].group)
                        fail_msg("%u: group %u", date, qf_programme_group_of(programme, KIND, C, date));
        }
        assert_true(qf_programme_moves(programme, ORG, C));
        assert_true(qf_programme_moves(programme, ORG, D)); /* with what it stands below */
        assert_false(qf_programme_moves(programme, ORG, A));
        assert_false(qf_programme_moves(programme, KIND, 1));
        uint32_t count;
        const uint32_t *days = qf_programme_moving_days(programme, ORG, &count);
        assert_int_equal(count, 3);
        assert_int_equal(days[0], 20220701);
        assert_int_equal(days[2], 20230301);
        /* Said otherwise, it never moved at all. */
        assert_int_equal(tell_member(programme, "org", "C", "B"), 0);
        assert_true(qf_programme_within(programme, ORG, D, B, 20200101));
        assert_false(qf_programme_moves(programme, ORG, D));
}

static void moves_are_refused_that_do_not_fit(void **state)
{
        struct qf_programme *programme = *state;
        struct qf_move many[33];
        const struct qf_pair missing = {v("kind"), v("z")};
        const struct qf_move no_day[] = {{.from = 20220700, .parent = v("A")}},
                             no_date[] = {{.from = 0, .parent = v("A")}};
        const struct qf_move back[] = {{.from = 20220701, .parent = v("A")},
                                       {.from = 20220701, .parent = v("B")}};
        const struct qf_move nobody[] = {{.from = 20220701, .parent = v("E")}},
                             self[] = {{.from = 20220701, .parent = v("C")}};
        const struct qf_move no_group[] = {
                {.from = 20220701, .parent = v("A"), .pairs_count = 1, .pairs = &missing}};
        const struct {
                const struct qf_move *moves;
                uint32_t count;
        } rows[] = {{no_day, 1}, {no_date, 1}, {back, 2}, {nobody, 1}, {self, 1}, {no_group, 1}, {many, 33}};
        tell_tree(programme);
        for (uint32_t i = 0; i < 33; i++)
                many[i] = (struct qf_move){.from = 20220101 + i % 28 + i / 28 * 100,
                                           .parent = v(i % 2 ? "A" : "B")};
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (tell_moves(programme, "C", "", rows[i].moves, rows[i].count) != QF_E161_REGISTER)
                        fail_msg("row %zu was let in", i);
        assert_int_equal(tell_moves(programme, "C", "", many, 32), 0);
        struct qf_register bound = {.dimension = v("org"), .code = v("C"), .moves = back, .moves_count = 1};
        static const uint32_t days[] = {20220630, 20220701, 20220702};
        for (size_t i = 0; i < 3; i++) {
                const uint32_t day = days[i];
                bound.valid_from = day;
                bound.valid_to = 0;
                assert_int_equal(tell(programme, QF_KIND_MEMBER, bound),
                                 day < 20220701 ? 0 : QF_E161_REGISTER);
                bound.valid_from = 0;
                bound.valid_to = day;
                assert_int_equal(tell(programme, QF_KIND_MEMBER, bound),
                                 day < 20220701 ? QF_E161_REGISTER : 0);
        }
}

static void circles_are_looked_for_on_every_day(void **state)
{
        struct qf_programme *programme = *state;
        const struct qf_move leaves[] = {{.from = 20220701, .parent = v("")}};
        const struct qf_move under_a[] = {{.from = 20220701, .parent = v("A")}};
        const struct qf_move too_soon[] = {{.from = 20220630, .parent = v("A")}};
        const struct qf_move under_c[] = {{.from = 20230101, .parent = v("C")}};
        tell_tree(programme);
        assert_int_equal(tell_moves(programme, "A", "B", leaves, 1), 0);
        assert_int_equal(tell_moves(programme, "B", "", too_soon, 1), QF_E161_REGISTER); /* for a day */
        assert_int_equal(tell_member(programme, "org", "B", "A"), QF_E161_REGISTER);
        assert_int_equal(tell_moves(programme, "B", "", under_a, 1), 0); /* they change places */
        assert_int_equal(tell_member(programme, "org", "C", "B"), 0);
        assert_int_equal(tell_moves(programme, "D", "C", NULL, 0), 0);
        /* A above B above C above D from July 2022 on: A below C would close it in 2023. */
        assert_int_equal(tell_moves(programme, "A", "", under_c, 1), QF_E161_REGISTER);
        assert_int_equal(tell_moves(programme, "D", "", under_c, 1), 0);
        assert_int_equal(tell_member(programme, "org", "B", "D"), QF_E161_REGISTER); /* from 2023 on */
        assert_int_equal(tell_moves(programme, "D", "C", NULL, 0), 0);
        assert_true(qf_programme_within(programme, ORG, D, A, 20220701));
        assert_false(qf_programme_within(programme, ORG, D, A, 20220630));
        assert_true(qf_programme_within(programme, ORG, A, B, 20220630));
}

static void trees_are_no_deeper_than_they_may_be(void **state)
{
        struct qf_programme *programme = *state;
        char code[8], parent[8];
        assert_int_equal(tell_dimension(programme, "org"), 0);
        for (int chain = 0; chain < 2; chain++) { /* a1 above a2 … a32, and b1 to b5 */
                for (int i = 1; i <= (chain ? 5 : 32); i++) {
                        (void)snprintf(code, sizeof(code), "%c%d", "ab"[chain], i);
                        parent[0] = '\0';
                        if (i > 1)
                                (void)snprintf(parent, sizeof(parent), "%c%d", "ab"[chain], i - 1);
                        assert_int_equal(tell_member(programme, "org", code, parent), 0);
                }
        }
        assert_int_equal(tell_member(programme, "org", "a33", "a32"), QF_E161_REGISTER);
        assert_int_equal(tell_member(programme, "org", "a1", "b5"),
                         QF_E161_REGISTER); /* what is below goes along */
        assert_int_equal(tell_member(programme, "org", "b1", "a28"), QF_E161_REGISTER);
        assert_int_equal(tell_member(programme, "org", "b1", "a27"), 0);
        assert_true(qf_programme_within(programme, ORG, qf_programme_find_member(programme, ORG, v("b5")), 1,
                                        20230101));
        /* On a day when more is below. */
        const struct qf_move deep[] = {{.from = 20230101, .parent = v("a31")}},
                             none[] = {{.from = 20230101, .parent = v("a28")}};
        assert_int_equal(tell_member(programme, "org", "c1", ""), 0);
        assert_int_equal(
                tell_moves(programme, "c2", "", (struct qf_move[]){{.from = 20230601, .parent = v("c1")}}, 1),
                0);
        assert_int_equal(tell_moves(programme, "c1", "", deep, 1), QF_E161_REGISTER);
        assert_int_equal(tell_moves(programme, "c1", "", none, 1), 0);
}

/* What activities have had cannot become another's; the way back is an increment. */
static void a_dimension_apart_is_not_on_activities(void **state)
{
        struct qf_programme *programme = *state;
        struct qf_register told = {.code = QF_VIEW("question"), .apart = true};

        assert_int_equal(tell(programme, QF_KIND_DIMENSION, told), 0);
        const uint16_t id = qf_programme_find_dimension(programme, told.code);
        assert_true(qf_programme_dimension(programme, id)->apart);
        assert_int_equal(qf_programme_counted(programme) >> id & 1, 0);
        told.required = true;
        assert_int_equal(tell(programme, QF_KIND_DIMENSION, told), QF_E161_REGISTER);
        told = (struct qf_register){.code = QF_VIEW("question")};
        assert_int_equal(tell(programme, QF_KIND_DIMENSION, told), 0);
        assert_int_equal(qf_programme_counted(programme) >> id & 1, 1);
        told.apart = true;
        assert_int_equal(tell(programme, QF_KIND_DIMENSION, told), QF_E161_REGISTER);
}

static int apply(struct qf_programme *programme, enum qf_kind kind, struct qf_register told)
{
        const struct qf_event event = {.kind = (uint8_t)kind, .action = QF_REPLACE, .registered = &told};

        return qf_programme_apply(programme, &event, qf_programme_position(programme) + 1);
}

/* Whoever hears registers from a server does not check them. Found by fuzz.updates. */
static void members_of_a_shared_list_are_told_of_its_owner(void **state)
{
        struct qf_programme *programme = *state;
        const struct qf_register shares = {.code = v("co_organizer"), .dimension = v("org")};
        const struct qf_register grouped = {.dimension = v("org"),
                                            .code = v("beta"),
                                            .pairs = (const struct qf_pair[]){{v("co_organizer"), v("new")}},
                                            .pairs_count = 1};

        assert_int_equal(tell_dimension(programme, "org"), QF_CODE_NONE);
        assert_int_equal(tell_member(programme, "org", "alpha", ""), QF_CODE_NONE);
        assert_int_equal(apply(programme, QF_KIND_DIMENSION, shares), 0);
        assert_int_equal(apply(programme, QF_KIND_MEMBER,
                               (struct qf_register){.dimension = v("co_organizer"), .code = v("alpha")}),
                         -EBADMSG);
        assert_int_equal(apply(programme, QF_KIND_MEMBER, grouped), -EBADMSG);
        assert_int_equal(apply(programme, QF_KIND_DIMENSION,
                               (struct qf_register){.code = v("org"), .dimension = v("other")}),
                         -EBADMSG);
        assert_int_equal(apply(programme, QF_KIND_DIMENSION, shares), 0); /* again the same */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(ids_follow_first_appearance, setup, teardown),
                cmocka_unit_test_setup_teardown(a_thousand_members_are_all_found, setup, teardown),
                cmocka_unit_test_setup_teardown(settings_are_parsed_and_bounded, setup, teardown),
                cmocka_unit_test_setup_teardown(what_contradicts_is_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(a_dimension_too_many_is_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(sources_keep_refs_keys_and_partners, setup, teardown),
                cmocka_unit_test_setup_teardown(names_are_guessed_by_label_and_alias, setup, teardown),
                cmocka_unit_test_setup_teardown(a_reader_may_hear_a_child_before_its_parent, setup, teardown),
                cmocka_unit_test_setup_teardown(a_member_stands_where_it_stood_on_the_day, setup, teardown),
                cmocka_unit_test_setup_teardown(moves_are_refused_that_do_not_fit, setup, teardown),
                cmocka_unit_test_setup_teardown(circles_are_looked_for_on_every_day, setup, teardown),
                cmocka_unit_test_setup_teardown(trees_are_no_deeper_than_they_may_be, setup, teardown),
                cmocka_unit_test_setup_teardown(members_of_a_shared_list_are_told_of_its_owner, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(a_dimension_apart_is_not_on_activities, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
