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

/* Whatever a field is, it is another when its first byte is, or when the text is: each is one that a fork may hide in. */
struct field {
        const char *name;
        size_t at, size;
};

#define FIELD(type, name)                                                                                    \
        {                                                                                                    \
#name, offsetof(struct type, name), sizeof(((struct type *)NULL)->name)                      \
        }

static void change(void *of, const struct field *field)
{
        if (field->size == sizeof(struct qf_view))
                *(struct qf_view *)(void *)((char *)of + field->at) = QF_VIEW("another");
        else
                ((uint8_t *)of)[field->at] ^= 1;
}

static void each_field_of_an_event_may_tell_a_fork(void **state)
{
        static const struct field fields[] = {
                FIELD(qf_event, kind),    FIELD(qf_event, action),       FIELD(qf_event, method),
                FIELD(qf_event, stated),  FIELD(qf_event, revision),     FIELD(qf_event, key),
                FIELD(qf_event, date),    FIELD(qf_event, sessions),     FIELD(qf_event, attendances),
                FIELD(qf_event, amount),  FIELD(qf_event, participants), FIELD(qf_event, start),
                FIELD(qf_event, minutes), FIELD(qf_event, evidence),     FIELD(qf_event, at_ms),
                FIELD(qf_event, counter), FIELD(qf_event, merged_into),
        };
        static const struct field texts[] = {
                FIELD(qf_words, title),
                FIELD(qf_words, note),
                FIELD(qf_words, reason),
                FIELD(qf_words, recorded_by),
        };
        struct cut a, b;

        (void)state;
        cut(&a, false);
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
                cut(&b, true);
                change(&b.event, &fields[i]);
                if (qf_event_same_facts(&a.batch, &a.event, &b.batch, &b.event))
                        fail_msg("another %s is taken for the same", fields[i].name);
        }
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                cut(&b, true);
                change(&b.words, &texts[i]);
                assert_true(qf_event_same_facts(&a.batch, &a.event, &b.batch, &b.event));
                if (qf_event_same(&a.batch, &a.event, &b.batch, &b.event))
                        fail_msg("another %s is taken for the same", texts[i].name);
        }
        cut(&b, true);
        b.dimensions[1] = QF_VIEW("mode");
        assert_false(qf_event_same(&a.batch, &a.event, &b.batch, &b.event));
}

static const struct field of_register[] = {
        FIELD(qf_register, code),        FIELD(qf_register, zh),
        FIELD(qf_register, en),          FIELD(qf_register, value),
        FIELD(qf_register, dimension),   FIELD(qf_register, groups),
        FIELD(qf_register, parent),      FIELD(qf_register, at),
        FIELD(qf_register, feeds),       FIELD(qf_register, multi),
        FIELD(qf_register, required),    FIELD(qf_register, closed),
        FIELD(qf_register, apart),       FIELD(qf_register, most),
        FIELD(qf_register, order),       FIELD(qf_register, cap),
        FIELD(qf_register, roles),       FIELD(qf_register, valid_from),
        FIELD(qf_register, valid_to),    FIELD(qf_register, aliases_count),
        FIELD(qf_register, pairs_count), FIELD(qf_register, moves_count),
        FIELD(qf_register, orgs_count),  FIELD(qf_register, keys_count),
};
static const struct field of_pair[] = {FIELD(qf_pair, dimension), FIELD(qf_pair, member)};
static const struct field of_move[] = {
        FIELD(qf_move, from), FIELD(qf_move, parent),      FIELD(qf_move, zh),
        FIELD(qf_move, en),   FIELD(qf_move, pairs_count),
};
static const struct field of_key[] = {
        FIELD(qf_source_key, public_key),
        FIELD(qf_source_key, valid_from),
        FIELD(qf_source_key, valid_to),
};

static void each_field_of_a_register_may_tell_a_fork(void **state)
{
        const struct qf_view text = QF_VIEW("one");
        const struct qf_pair pair = {QF_VIEW("kind"), QF_VIEW("town")};
        const struct qf_move move = {.from = 20230701, .pairs_count = 1, .pairs = &pair};
        const struct qf_source_key key = {.valid_from = 20230101};
        const struct qf_register x = {.aliases_count = 1,
                                      .aliases = &text,
                                      .orgs_count = 1,
                                      .orgs = &text,
                                      .pairs_count = 1,
                                      .pairs = &pair,
                                      .moves_count = 1,
                                      .moves = &move,
                                      .keys_count = 1,
                                      .keys = &key};
        const struct qf_event ex = {.kind = QF_KIND_MEMBER, .registered = &x};
        const struct qf_batch none = {0};
        struct qf_view another = QF_VIEW("two");
        struct qf_pair other_pair;
        struct qf_move other_move;
        struct qf_source_key other_key;
        struct qf_register y;
        const struct qf_event ey = {.kind = QF_KIND_MEMBER, .registered = &y};
        const struct {
                const struct field *fields;
                size_t count;
                void *copy; /* of what is changed, and what it is copied from */
                const void *from;
                size_t size, points; /* where a register points to the copy */
        } parts[] = {
                {of_register, sizeof(of_register) / sizeof(of_register[0]), &y, &x, sizeof(y), 0},
                {of_pair, 2, &other_pair, &pair, sizeof(pair), offsetof(struct qf_register, pairs)},
                {of_move, 5, &other_move, &move, sizeof(move), offsetof(struct qf_register, moves)},
                {of_key, 3, &other_key, &key, sizeof(key), offsetof(struct qf_register, keys)},
        };

        (void)state;
        for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
                for (size_t i = 0; i < parts[part].count; i++) {
                        y = x;
                        memcpy(parts[part].copy, parts[part].from, parts[part].size);
                        if (parts[part].points)
                                memcpy((char *)&y + parts[part].points, &parts[part].copy, sizeof(void *));
                        assert_true(qf_event_same(&none, &ex, &none, &ey));
                        change(parts[part].copy, &parts[part].fields[i]);
                        if (qf_event_same(&none, &ex, &none, &ey))
                                fail_msg("another %s is taken for the same", parts[part].fields[i].name);
                }
        }
        y = x;
        y.orgs = &another;
        assert_false(qf_event_same(&none, &ex, &none, &ey));
        y = x;
        y.aliases = &another;
        assert_false(qf_event_same(&none, &ex, &none, &ey));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(cut_differently_is_the_same),
                cmocka_unit_test(any_other_content_is_a_fork),
                cmocka_unit_test(each_field_of_an_event_may_tell_a_fork),
                cmocka_unit_test(each_field_of_a_register_may_tell_a_fork),
                cmocka_unit_test(registers_are_compared_deeply),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
