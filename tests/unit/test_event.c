/* model/event: a resend that was cut differently is the same; a fork is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/event.h"

struct cut {
        struct qf_view texts[8], dimensions[4];
        struct qf_value values[4];
        struct qf_words words;
        struct qf_batch batch;
        struct qf_event event;
};

/* The same activity under tables in one of two orders. */
static void cut(struct cut *cut, bool other_way)
{
        memset(cut, 0, sizeof(*cut));
        cut->texts[other_way ? 3 : 0] = QF_VIEW("politics");
        cut->texts[other_way ? 1 : 2] = QF_VIEW("law");
        cut->dimensions[other_way] = QF_VIEW("content");
        cut->values[0] = (struct qf_value){.dimension_at = other_way, .member_at = other_way ? 1 : 0};
        cut->values[1] = (struct qf_value){.dimension_at = other_way, .member_at = other_way ? 3 : 2};
        cut->words.title = QF_VIEW("清风讲堂");
        cut->batch = (struct qf_batch){.count = 1,
                                       .texts_count = 8,
                                       .texts = cut->texts,
                                       .dimensions_count = 4,
                                       .dimensions = cut->dimensions,
                                       .values_count = 2,
                                       .values = cut->values};
        cut->event = (struct qf_event){.kind = QF_KIND_ACTIVITY,
                                       .action = QF_CREATE,
                                       .key = QF_VIEW("HX-1"),
                                       .date = 20230506,
                                       .sessions = 1,
                                       .values_count = 2,
                                       .words = &cut->words};
}

static void cut_differently_is_the_same(void **state)
{
        struct cut a, b;

        (void)state;
        cut(&a, false);
        cut(&b, true);
        assert_true(qf_event_same(&a.batch, &a.event, &b.batch, &b.event));
}

static void any_other_content_is_a_fork(void **state)
{
        struct cut a, b;

        (void)state;
        cut(&a, false);
        for (int change = 0; change < 8; change++) {
                cut(&b, true);
                switch (change) {
                case 0: b.event.date++; break;
                case 1: b.event.key = QF_VIEW("HX-2"); break;
                case 2: b.texts[1] = QF_VIEW("morals"); break;
                case 3: b.words.title = QF_VIEW("清风讲座"); break;
                case 4: b.event.words = NULL; break;
                case 5: b.event.values_count = 1; break;
                case 6: b.event.stated = QF_STATED_ATTENDANCES; break;
                default: b.event.merged_into = QF_VIEW("HX-9"); break;
                }
                assert_false(qf_event_same(&a.batch, &a.event, &b.batch, &b.event));
        }
}

static void registers_are_compared_deeply(void **state)
{
        const struct qf_view alias[] = {QF_VIEW("海关")};
        const struct qf_pair pair[] = {{QF_VIEW("org_kind"), QF_VIEW("customs")}};
        const struct qf_source_key key[] = {{.valid_from = 20230101}}, later[] = {{.valid_from = 20240101}};
        const struct qf_move move = {
                .from = 20230701, .parent = QF_VIEW("MW"), .pairs_count = 1, .pairs = pair};
        const struct qf_move other[] = {
                move,
                {.from = 20230702, .parent = QF_VIEW("MW"), .pairs_count = 1, .pairs = pair},
                {.from = 20230701, .parent = QF_VIEW("ZJ"), .pairs_count = 1, .pairs = pair},
                {.from = 20230701, .parent = QF_VIEW("MW")}};
        struct qf_register x = {.code = QF_VIEW("HG"),
                                .aliases_count = 1,
                                .aliases = alias,
                                .pairs_count = 1,
                                .pairs = pair,
                                .moves_count = 1,
                                .moves = &move,
                                .keys_count = 1,
                                .keys = key};
        struct qf_register y = x;
        const struct qf_event ex = {.kind = QF_KIND_MEMBER, .registered = &x};
        const struct qf_event ey = {.kind = QF_KIND_MEMBER, .registered = &y};
        const struct qf_event plain = {.kind = QF_KIND_MEMBER};
        const struct qf_batch none = {0};

        (void)state;
        assert_true(qf_event_same(&none, &ex, &none, &ey));
        y.keys = later;
        assert_false(qf_event_same(&none, &ex, &none, &ey));
        y = x;
        y.aliases_count = 0;
        assert_false(qf_event_same(&none, &ex, &none, &ey));
        y = x;
        y.pairs_count = 0;
        assert_false(qf_event_same(&none, &ex, &none, &ey));
        y = x;
        y.moves_count = 0;
        assert_false(qf_event_same(&none, &ex, &none, &ey));
        for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
                y = x;
                y.moves = &other[i];
                assert_int_equal(qf_event_same(&none, &ex, &none, &ey), i == 0);
        }
        assert_false(qf_event_same(&none, &ex, &none, &plain));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(cut_differently_is_the_same),
                cmocka_unit_test(any_other_content_is_a_fork),
                cmocka_unit_test(registers_are_compared_deeply),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
