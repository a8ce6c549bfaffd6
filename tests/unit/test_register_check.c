/* What a register event may not say, and which of its fields is told to be wrong; and what a programme file would
 * change: each field of a register that stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "programme/registers.h"

static const struct qf_pair town = {{"kind", 4}, {"town", 4}}, port = {{"kind", 4}, {"port", 4}},
                            hg = {{"org", 3}, {"HG", 2}}, no_kind = {{"none", 4}, {"town", 4}},
                            no_town = {{"kind", 4}, {"city", 4}};
static const struct qf_pair towns[] = {{{"kind", 4}, {"town", 4}}, {{"kind", 4}, {"port", 4}}};
static const struct qf_view aliases[] = {{"HX county", 9}, {"county", 6}};
static const struct qf_view hx = {"HX", 2}, nobody = {"ZZ", 2}, no_text = {"a\x01", 2}, empty = {"", 0};
static const struct qf_move moves[] = {
        {.from = 20230701, .parent = {"HG", 2}, .pairs_count = 1, .pairs = &port, .zh = {"新县", 6}},
};
static const struct qf_source_key key = {.public_key = {7}, .valid_from = 20230101},
                                  bad_from = {.public_key = {8}, .valid_from = 20230230},
                                  bad_to = {.public_key = {8}, .valid_to = 20230200};
static char long_text[300];

/* What stands: each kind once, with every field said. */
static const struct {
        enum qf_kind kind;
        struct qf_register told;
} standing[] = {
        {QF_KIND_SETTING, {.code = {"title_zh", 8}, .value = {"清风", 6}}},
        {QF_KIND_DIMENSION, {.code = {"org", 3}, .required = true}},
        {QF_KIND_DIMENSION, {.code = {"kind", 4}, .groups = {"org", 3}}},
        {QF_KIND_DIMENSION, {.code = {"co_org", 6}, .multi = true, .dimension = {"org", 3}}},
        {QF_KIND_DIMENSION, {.code = {"topic", 5}, .multi = true, .most = 3, .zh = {"主题", 6}}},
        {QF_KIND_MEMBER, {.dimension = {"kind", 4}, .code = {"town", 4}}},
        {QF_KIND_MEMBER, {.dimension = {"kind", 4}, .code = {"port", 4}}},
        {QF_KIND_MEMBER, {.dimension = {"org", 3}, .code = {"HG", 2}}},
        {QF_KIND_MEMBER,
         {.dimension = {"org", 3},
          .code = {"HX", 2},
          .zh = {"县", 3},
          .en = {"county", 6},
          .at = {"26.05,-119.3", 12},
          .valid_from = 20200101,
          .valid_to = 20291231,
          .order = 3,
          .aliases_count = 2,
          .aliases = aliases,
          .pairs_count = 1,
          .pairs = &town,
          .moves_count = 1,
          .moves = moves}},
        {QF_KIND_COUNTER, {.code = {"sign_in", 7}, .feeds = {"attendances", 11}, .cap = 1000}},
        {QF_KIND_SOURCE,
         {.code = {"hx.a", 4},
          .parent = {"HX", 2},
          .roles = QF_ROLE_FEED,
          .orgs_count = 1,
          .orgs = &hx,
          .keys_count = 1,
          .keys = &key}},
};

enum { TITLE = 0, TOPIC = 4, KIND = 2, CO_ORG = 3, MEMBER = 8, COUNTER = 9, SOURCE = 10 };

static int setup(void **state)
{
        struct qf_programme *programme = NULL;
        memset(long_text, 'x', sizeof long_text);
        assert_int_equal(qf_programme_new(&programme), 0);
        for (size_t i = 0; i < sizeof standing / sizeof standing[0]; i++) {
                const struct qf_event event = {.kind = (uint8_t)standing[i].kind,
                                               .action = QF_REPLACE,
                                               .registered = &standing[i].told};
                assert_int_equal(qf_programme_check_register(programme, &event, NULL).class, QF_ACCEPTED);
                assert_int_equal(qf_programme_apply(programme, &event, i + 1), 0);
        }
        *state = programme;
        return 0;
}

static int teardown(void **state)
{
        *state = qf_programme_free(*state);
        return 0;
}

#define LONG(len)                                                                                            \
        {                                                                                                    \
                long_text, (len)                                                                             \
        }

static const struct {
        enum qf_kind kind;
        const char *field; /* NULL: nothing is wrong */
        struct qf_register told;
} wrong[] = {
        {QF_KIND_SETTING, "value", {.code = {"title_zh", 8}, .value = {"a\x01", 2}}},
        {QF_KIND_SETTING, "value", {.code = {"goal_en", 7}, .value = LONG(257)}},
        {QF_KIND_SETTING, NULL, {.code = {"goal_en", 7}, .value = LONG(256)}},
        {QF_KIND_SETTING, "value", {.code = {"code", 4}, .value = LONG(33)}},
        {QF_KIND_SETTING, "value", {.code = {"code", 4}}},
        {QF_KIND_SETTING, "value", {.code = {"time_zone", 9}, .value = {"08:00+", 6}}},
        {QF_KIND_SETTING, "value", {.code = {"time_zone", 9}, .value = {"+08.00", 6}}},
        {QF_KIND_SETTING, "value", {.code = {"time_zone", 9}, .value = {"+08:60", 6}}},
        {QF_KIND_SETTING, "value", {.code = {"first_date", 10}, .value = {"1", 1}}},
        {QF_KIND_SETTING, NULL, {.code = {"rounding", 8}, .value = {"half_even", 9}}},
        {QF_KIND_SETTING, NULL, {.code = {"personal_numbers", 16}, .value = {"taken", 5}}},
        {QF_KIND_SETTING, NULL, {.code = {"sample", 6}, .value = {"no", 2}}},
        {QF_KIND_SETTING, "name", {.value = {"x", 1}}},
        {QF_KIND_SETTING, NULL, {.code = {"training", 8}, .value = {"yes", 3}}},
        {QF_KIND_DIMENSION, "code", {.code = LONG(33)}},
        {QF_KIND_DIMENSION, NULL, {.code = LONG(32)}},
        {QF_KIND_DIMENSION, "code", {.code = {"a\x01", 2}}},
        {QF_KIND_DIMENSION, "code", {.code = {"month", 5}}},
        {QF_KIND_DIMENSION, "zh", {.code = {"new", 3}, .zh = LONG(257)}},
        {QF_KIND_DIMENSION, "en", {.code = {"new", 3}, .en = {"a\x01", 2}}},
        {QF_KIND_DIMENSION, NULL, {.code = {"new", 3}, .en = LONG(256)}},
        {QF_KIND_DIMENSION, "members_of", {.code = {"new", 3}, .dimension = {"kind", 4}}},
        {QF_KIND_DIMENSION,
         "members_of",
         {.code = {"new", 3}, .dimension = {"org", 3}, .groups = {"org", 3}}},
        {QF_KIND_DIMENSION, "members_of", {.code = {"co_org", 6}, .multi = true}},
        {QF_KIND_DIMENSION, "members_of", {.code = {"topic", 5}, .multi = true, .dimension = {"org", 3}}},
        {QF_KIND_DIMENSION, "groups", {.code = {"new", 3}, .groups = {"org", 3}, .multi = true}},
        {QF_KIND_DIMENSION, "groups", {.code = {"new", 3}, .groups = {"org", 3}, .required = true}},
        {QF_KIND_DIMENSION, "groups", {.code = {"new", 3}, .groups = {"kind", 4}}},
        {QF_KIND_DIMENSION, "groups", {.code = {"kind", 4}}},
        {QF_KIND_DIMENSION, "multi", {.code = {"topic", 5}}},
        {QF_KIND_DIMENSION, "apart", {.code = {"new", 3}, .apart = true, .groups = {"org", 3}}},
        {QF_KIND_DIMENSION, "apart", {.code = {"org", 3}, .apart = true}},
        {QF_KIND_DIMENSION, "apart", {.code = {"topic", 5}, .multi = true, .apart = true}},
        {QF_KIND_DIMENSION, "most", {.code = {"new", 3}, .multi = true, .most = 33}},
        {QF_KIND_MEMBER, "dimension", {.dimension = {"none", 4}, .code = {"N", 1}}},
        {QF_KIND_MEMBER, "dimension", {.dimension = {"co_org", 6}, .code = {"N", 1}}},
        {QF_KIND_MEMBER, "code", {.dimension = {"org", 3}, .code = {"N/1", 3}}},
        {QF_KIND_MEMBER, "valid_to", {.dimension = {"org", 3}, .code = {"N", 1}, .valid_to = 20230600}},
        {QF_KIND_MEMBER, "zh", {.dimension = {"org", 3}, .code = {"N", 1}, .zh = LONG(257)}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"26.05", 5}}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"91,10", 5}}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"90.1,10", 7}}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"1,181", 5}}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {",1", 2}}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"1.,1", 4}}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"1.0123456789,1", 14}}},
        {QF_KIND_MEMBER, "at", {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"1,x", 3}}},
        {QF_KIND_MEMBER, NULL, {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"-90,180", 7}}},
        {QF_KIND_MEMBER, NULL, {.dimension = {"org", 3}, .code = {"N", 1}, .at = {"-1.5,-179.999", 13}}},
        {QF_KIND_MEMBER,
         "alias",
         {.dimension = {"org", 3}, .code = {"N", 1}, .aliases_count = 17, .aliases = aliases}},
        {QF_KIND_MEMBER,
         "alias",
         {.dimension = {"org", 3}, .code = {"N", 1}, .aliases_count = 1, .aliases = &empty}},
        {QF_KIND_MEMBER,
         "alias",
         {.dimension = {"org", 3}, .code = {"N", 1}, .aliases_count = 1, .aliases = &no_text}},
        {QF_KIND_MEMBER, "parent", {.dimension = {"org", 3}, .code = {"N", 1}, .parent = {"ZZ", 2}}},
        {QF_KIND_MEMBER,
         "group",
         {.dimension = {"org", 3}, .code = {"N", 1}, .pairs_count = 32, .pairs = &town}},
        {QF_KIND_MEMBER,
         "group",
         {.dimension = {"org", 3}, .code = {"N", 1}, .pairs_count = 1, .pairs = &no_kind}},
        {QF_KIND_MEMBER,
         "group",
         {.dimension = {"org", 3}, .code = {"N", 1}, .pairs_count = 1, .pairs = &no_town}},
        {QF_KIND_MEMBER,
         "group",
         {.dimension = {"org", 3}, .code = {"N", 1}, .pairs_count = 1, .pairs = &hg}},
        {QF_KIND_MEMBER,
         "group",
         {.dimension = {"org", 3}, .code = {"N", 1}, .pairs_count = 2, .pairs = towns}},
        {QF_KIND_COUNTER, "code", {.code = {"a b", 3}, .feeds = {"attendances", 11}}},
        {QF_KIND_COUNTER, "feeds", {.code = {"new", 3}}},
        {QF_KIND_COUNTER, "zh", {.code = {"new", 3}, .feeds = {"attendances", 11}, .zh = LONG(257)}},
        {QF_KIND_SOURCE, "name", {.code = {"office", 6}, .roles = QF_ROLE_ADMIN}},
        {QF_KIND_SOURCE, "name", {.code = {"a=b", 3}, .roles = QF_ROLE_READ}},
        {QF_KIND_SOURCE, "roles", {.code = {"new", 3}}},
        {QF_KIND_SOURCE, "roles", {.code = {"new", 3}, .roles = 8}},
        {QF_KIND_SOURCE, "partner", {.code = {"new", 3}, .roles = QF_ROLE_FEED}},
        {QF_KIND_SOURCE, "partner", {.code = {"new", 3}, .roles = QF_ROLE_READ, .parent = {"ZZ", 2}}},
        {QF_KIND_SOURCE, "partner", {.code = {"hx.a", 4}, .roles = QF_ROLE_FEED, .parent = {"HG", 2}}},
        {QF_KIND_SOURCE, "org", {.code = {"new", 3}, .roles = QF_ROLE_READ, .orgs_count = 257, .orgs = &hx}},
        {QF_KIND_SOURCE,
         "org",
         {.code = {"new", 3}, .roles = QF_ROLE_READ, .orgs_count = 1, .orgs = &nobody}},
        {QF_KIND_SOURCE, "key", {.code = {"new", 3}, .roles = QF_ROLE_READ, .keys_count = 5, .keys = &key}},
        {QF_KIND_SOURCE, "key", {.code = {"new", 3}, .roles = QF_ROLE_READ, .keys_count = 1, .keys = &key}},
        {QF_KIND_SOURCE,
         "key",
         {.code = {"new", 3}, .roles = QF_ROLE_READ, .keys_count = 1, .keys = &bad_from}},
        {QF_KIND_SOURCE,
         "key",
         {.code = {"new", 3}, .roles = QF_ROLE_READ, .keys_count = 1, .keys = &bad_to}},
        {QF_KIND_SOURCE, NULL, {.code = {"new", 3}, .roles = QF_ROLE_READ}},
};

static void what_is_wrong_is_refused_and_named(void **state)
{
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
                const struct qf_event event = {
                        .kind = (uint8_t)wrong[i].kind, .action = QF_REPLACE, .registered = &wrong[i].told};
                struct qf_detail detail = {0};
                const struct qf_verdict verdict = qf_programme_check_register(*state, &event, &detail);
                const char *field = verdict.class == QF_REJECTED ? detail.field : NULL;
                if (wrong[i].field ? !field || strcmp(field, wrong[i].field) != 0
                                   : verdict.class != QF_ACCEPTED)
                        fail_msg("row %zu: %s, not %s", i, field ? field : "taken",
                                 wrong[i].field ? wrong[i].field : "taken");
        }
}

/* Before there are organisations nobody stands for one; and what is not known today may be tomorrow. */
static void without_organisations_nobody_speaks_for_one(void **state)
{
        const struct qf_register source = {.code = {"new", 3}, .parent = hx, .roles = QF_ROLE_FEED},
                                 reader = {.code = {"new", 3},
                                           .roles = QF_ROLE_READ,
                                           .orgs_count = 1,
                                           .orgs = &hx};
        const struct qf_event events[] = {{.kind = QF_KIND_SOURCE, .registered = &source},
                                          {.kind = QF_KIND_SOURCE, .registered = &reader},
                                          {.kind = QF_KIND_SOURCE},
                                          {.kind = QF_KIND_SOURCE + 1, .registered = &source}};
        struct qf_programme *programme = NULL;
        struct qf_detail detail;
        (void)state;
        assert_int_equal(qf_programme_new(&programme), 0);
        for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
                assert_int_equal(qf_programme_check_register(programme, &events[i], &detail).code,
                                 i < 2 ? QF_E161_REGISTER : QF_Q190_NEWER);
        programme = qf_programme_free(programme);
}

/* A training begins as one: not with somebody who may have fed. */
static void real_numbers_do_not_become_a_training(void **state)
{
        const struct qf_register training = {.code = {"training", 8}, .value = {"yes", 3}},
                                 second = {.code = {"hx.b", 4}, .parent = hx, .roles = QF_ROLE_FEED};
        const struct qf_event event = {.kind = QF_KIND_SETTING, .registered = &training},
                              feeds = {.kind = QF_KIND_SOURCE, .registered = &second};
        struct qf_detail detail = {0};
        assert_int_equal(qf_programme_apply(*state, &feeds, 100), 0);
        assert_int_equal(qf_programme_check_register(*state, &event, &detail).code, QF_E161_REGISTER);
        assert_string_equal(detail.field, "name");
        assert_int_equal(qf_programme_apply(*state, &event, 101),
                         0); /* it was one already: as a replay has it */
        assert_int_equal(qf_programme_check_register(*state, &event, &detail).class, QF_ACCEPTED);
}

/* --- what a file would change --------------------------------------------------- */

static enum qf_register_compared compare(const struct qf_programme *programme, size_t at,
                                         const struct qf_register *told)
{
        const struct qf_event event = {.kind = (uint8_t)standing[at].kind, .registered = told};
        return qf_programme_compare(programme, &event);
}

static void what_stands_is_the_same_and_what_does_not_is_new(void **state)
{
        for (size_t i = 0; i < sizeof standing / sizeof standing[0]; i++) {
                struct qf_register told = standing[i].told;
                assert_int_equal(compare(*state, i, &told),
                                 i == SOURCE ? QF_REGISTER_CHANGED : QF_REGISTER_SAME);
                told.code = i == TITLE ? QF_VIEW("goal_zh") : QF_VIEW("new");
                if (i != SOURCE)
                        assert_int_equal(compare(*state, i, &told), QF_REGISTER_NEW);
        }
}

#define OTHER(at, name, ...)                                                                                 \
        {                                                                                                    \
                at, #name, offsetof(struct qf_register, name), sizeof(((struct qf_register *)NULL)->name),   \
                        __VA_ARGS__                                                                          \
        }
#define SAID(text)                                                                                           \
        {                                                                                                    \
                .view = {(text), sizeof(text) - 1 }                                                          \
        }

static const struct qf_view short_aliases[] = {{"HX county", 9}, {"shire", 5}};
static const struct qf_move
        other_day = {.from = 20230702,
                     .parent = {"HG", 2},
                     .pairs_count = 1,
                     .pairs = &port,
                     .zh = {"新县", 6}},
        no_parent = {.from = 20230701, .pairs_count = 1, .pairs = &port, .zh = {"新县", 6}},
        other_group = {.from = 20230701,
                       .parent = {"HG", 2},
                       .pairs_count = 1,
                       .pairs = &town,
                       .zh = {"新县", 6}},
        no_group = {.from = 20230701, .parent = {"HG", 2}, .zh = {"新县", 6}},
        other_name = {
                .from = 20230701, .parent = {"HG", 2}, .pairs_count = 1, .pairs = &port, .zh = {"新区", 6}};
static const struct {
        size_t of; /* in standing */
        const char *name;
        size_t at, size;
        union {
                struct qf_view view;
                uint32_t number;
                bool yes;
                const void *pointer;
        } value;
} changes[] = {
        OTHER(TITLE, value, SAID("清风明月")),
        OTHER(TOPIC, zh, SAID("专题")),
        OTHER(TOPIC, en, SAID("topic")),
        OTHER(TOPIC, multi, {.yes = false}),
        OTHER(TOPIC, required, {.yes = true}),
        OTHER(TOPIC, closed, {.yes = true}),
        OTHER(TOPIC, apart, {.yes = true}),
        OTHER(TOPIC, most, {.number = 4}),
        OTHER(TOPIC, order, {.number = 4}),
        OTHER(TOPIC, dimension, SAID("org")),
        OTHER(TOPIC, groups, SAID("org")),
        OTHER(CO_ORG, dimension, SAID("topic")),
        OTHER(KIND, groups, SAID("topic")),
        OTHER(MEMBER, zh, SAID("县城")),
        OTHER(MEMBER, en, SAID("shire")),
        OTHER(MEMBER, at, SAID("26,119")),
        OTHER(MEMBER, parent, SAID("HG")),
        OTHER(MEMBER, valid_from, {.number = 20200102}),
        OTHER(MEMBER, valid_to, {.number = 0}),
        OTHER(MEMBER, order, {.number = 4}),
        OTHER(MEMBER, aliases_count, {.number = 1}),
        OTHER(MEMBER, aliases, {.pointer = short_aliases}),
        OTHER(MEMBER, pairs_count, {.number = 0}),
        OTHER(MEMBER, pairs, {.pointer = &port}),
        OTHER(MEMBER, moves_count, {.number = 0}),
        OTHER(MEMBER, moves, {.pointer = &other_day}),
        OTHER(MEMBER, moves, {.pointer = &no_parent}),
        OTHER(MEMBER, moves, {.pointer = &other_group}),
        OTHER(MEMBER, moves, {.pointer = &no_group}),
        OTHER(MEMBER, moves, {.pointer = &other_name}),
        OTHER(COUNTER, zh, SAID("签到")),
        OTHER(COUNTER, en, SAID("sign-in")),
        OTHER(COUNTER, cap, {.number = 1001}),
};

static void each_field_that_is_told_otherwise_is_a_change(void **state)
{
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
                struct qf_register told = standing[changes[i].of].told;
                memcpy((char *)&told + changes[i].at, &changes[i].value, changes[i].size);
                if (compare(*state, changes[i].of, &told) != QF_REGISTER_CHANGED)
                        fail_msg("row %zu: another %s of %.*s is no change", i, changes[i].name,
                                 (int)told.code.len, told.code.at);
        }
}

/* A move that names nothing has the names of before, which may be none. */
static void names_that_a_move_no_longer_has_are_a_change(void **state)
{
        struct qf_move unnamed = moves[0];
        struct qf_register told = {
                .dimension = QF_VIEW("org"), .code = QF_VIEW("N"), .moves_count = 1, .moves = moves};
        const struct qf_event event = {.kind = QF_KIND_MEMBER, .registered = &told};
        unnamed.zh = QF_VIEW("");
        assert_int_equal(qf_programme_apply(*state, &event, 100), 0);
        assert_int_equal(qf_programme_compare(*state, &event), QF_REGISTER_SAME);
        told.moves = &unnamed;
        assert_int_equal(qf_programme_compare(*state, &event), QF_REGISTER_CHANGED);
        assert_int_equal(qf_programme_apply(*state, &event, 101), 0);
        assert_int_equal(qf_programme_compare(*state, &event), QF_REGISTER_SAME);
}

/* HX stands below nobody, a town, and from July on below HG, a port. */
static void days_on_which_it_stands_elsewhere_are_told(void **state)
{
        enum { CHANGES = 5 };
        static const uint32_t days[CHANGES][2] = {
                {0, 20230701}, {0, 20230701}, {20230701, 0}, {20230701, 20230702}, {20230701, 0}};
        struct qf_register told[CHANGES], same = standing[MEMBER].told;
        struct qf_restated restated;
        uint32_t day = 0;
        for (size_t i = 0; i < CHANGES; i++)
                told[i] = standing[MEMBER].told;
        told[0].parent = QF_VIEW("HG");
        told[1].pairs = &port;
        told[2].moves_count = 0;
        told[3].moves = &other_day;
        told[4].moves = &no_group;
        for (size_t i = 0; i < CHANGES; i++) {
                const struct qf_event event = {.kind = QF_KIND_MEMBER, .registered = &told[i]};
                day = 0;
                assert_true(qf_programme_restated(*state, &event, &day, &restated));
                assert_int_equal(restated.from, days[i][0]);
                assert_int_equal(restated.until, days[i][1]);
                assert_false(qf_programme_restated(*state, &event, &day, &restated));
        }
        const struct qf_event event = {.kind = QF_KIND_MEMBER, .registered = &same};
        same.moves = &other_name;
        same.valid_to = 0;
        same.zh = QF_VIEW("县城");
        day = 0;
        assert_false(qf_programme_restated(*state, &event, &day, &restated));
        same.code = QF_VIEW("NEW");
        same.parent = QF_VIEW("HG");
        day = 0;
        assert_false(qf_programme_restated(*state, &event, &day, &restated));
}

static void the_highest_cap_is_that_of_all(void **state)
{
        struct qf_register told = standing[COUNTER].told;
        const struct qf_event event = {.kind = QF_KIND_COUNTER, .registered = &told};
        assert_int_equal(qf_programme_cap(*state), 1000);
        told.code = QF_VIEW("door");
        told.cap = 2000;
        assert_int_equal(qf_programme_apply(*state, &event, 100), 0);
        assert_int_equal(qf_programme_cap(*state), 2000);
        told.cap = 0;
        assert_int_equal(qf_programme_apply(*state, &event, 101), 0);
        assert_int_equal(qf_programme_cap(*state), 0);
}

/* Each setting that is told otherwise than it stands. */
static void each_setting_that_is_told_otherwise_is_a_change(void **state)
{
        static const struct {
                const char *name, *stands, *other;
        } rows[] = {
                {"time_zone", "+08:00", "+07:00"},
                {"rounding", "half_up", "half_even"},
                {"timely_days", "15", "16"},
                {"attendances_max", "500", "501"},
                {"sessions_max", "10", "11"},
                {"first_date", "20210101", "20210102"},
                {"code", "123n", "124n"},
                {"title_zh", "甲", "乙"},
                {"title_en", "a", "b"},
                {"scope_zh", "甲", "乙"},
                {"scope_en", "a", "b"},
                {"goal_zh", "甲", "乙"},
                {"goal_en", "a", "b"},
                {"kinds", "visit broadcast", "broadcast"},
                {"personal_numbers", "aside", "taken"},
                {"sample", "yes", "no"},
                {"training", "yes", "no"},
        };
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                struct qf_register told = {.code = qf_view_of(rows[i].name),
                                           .value = qf_view_of(rows[i].stands)};
                const struct qf_event event = {.kind = QF_KIND_SETTING, .registered = &told};
                assert_int_equal(qf_programme_apply(*state, &event, 100 + i), 0);
                assert_int_equal(compare(*state, TITLE, &told), QF_REGISTER_SAME);
                told.value = qf_view_of(rows[i].other);
                if (compare(*state, TITLE, &told) != QF_REGISTER_CHANGED)
                        fail_msg("%s", rows[i].name);
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(what_is_wrong_is_refused_and_named),
                cmocka_unit_test(without_organisations_nobody_speaks_for_one),
                CASE(real_numbers_do_not_become_a_training),
                CASE(what_stands_is_the_same_and_what_does_not_is_new),
                CASE(each_field_that_is_told_otherwise_is_a_change),
                CASE(names_that_a_move_no_longer_has_are_a_change),
                CASE(days_on_which_it_stands_elsewhere_are_told),
                CASE(the_highest_cap_is_that_of_all),
                CASE(each_setting_that_is_told_otherwise_is_a_change),
        };
        return cmocka_run_group_tests_name("register check", tests, NULL, NULL);
}
