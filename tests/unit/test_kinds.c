/* Declared kinds below the daemons: the table against the messages, what is wrong
 * with a statement, its bytes on the wire, on disk and under the digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/kinds.h"
#include "model/statement.h"
#include "model/verdict.h"
#include "programme/programme.h"
#include "store/counts_tables.h"
#include "store/standings.h"
#include "wire/body.h"
#include "wire/kinds.h"

/* --- the table --------------------------------------------------------------------- */

static void every_message_has_the_figures_of_its_row(void **state)
{
        static const char *const common[] = {"key", "action", "revision", "date", "value"};
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);

        (void)state;
        for (size_t k = 0; k < count; k++) {
                const struct qf_kind_spec *spec = &kinds[k];
                if (spec->kind < QF_KIND_DECLARED)
                        continue;
                const struct qf_layout *layout = qf_kind_layout(spec->kind);
                assert_non_null(layout);
                assert_true(qf_layout_fits(layout));
                assert_int_equal(layout->fields_count, 5 + spec->figures_count);
                for (uint32_t i = 0; i < layout->fields_count; i++) {
                        assert_string_equal(layout->descriptor->fields[i].name,
                                            i < 5 ? common[i] : spec->figures[i - 5].code);
                        assert_int_equal(layout->descriptor->fields[i].id, i + 1);
                }
        }
}

static void check_measure(const struct qf_kind_spec *spec, const struct qf_kind_measure *measure)
{
        const char *rest = measure->within;
        struct qf_view word;
        unsigned words = 0;

        assert_true(measure->figure < spec->figures_count && measure->of < spec->figures_count);
        assert_ptr_equal(qf_kind_measure(spec, qf_view_of(measure->code)),
                         measure); /* no other has its code */
        assert_true(strlen(measure->zh) > 0 && strlen(measure->en) > 0 &&
                    strlen(qf_rule_zh(measure->rule)) > 0);
        assert_true(measure->rule != QF_RULE_RATIO ||
                    (measure->figure != QF_NO_FIGURE && measure->of != QF_NO_FIGURE));
        assert_true((measure->rule != QF_RULE_MAX && measure->rule != QF_RULE_EACH) ||
                    measure->figure != QF_NO_FIGURE);
        while (qf_kind_word(&rest, &word))
                words++;
        assert_in_range(words, 0, 3);
}

static void every_row_of_the_table_is_sound(void **state)
{
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);

        (void)state;
        for (size_t k = 0; k < count; k++) {
                const struct qf_kind_spec *spec = &kinds[k];
                assert_true(strlen(spec->zh) > 0 && strlen(spec->en) > 0 && strlen(spec->key_zh) > 0);
                if (spec->kind < QF_KIND_DECLARED)
                        continue;
                assert_ptr_equal(qf_kind_spec(spec->kind), spec);
                assert_ptr_equal(qf_kind_named(qf_view_of(spec->code)), spec);
                assert_in_range(spec->kind, QF_KIND_DECLARED, QF_KIND_LATER_MAX);
                for (int i = 0; i < spec->figures_count; i++) {
                        assert_int_equal(qf_kind_figure(spec, qf_view_of(spec->figures[i].code)), i);
                        assert_true(spec->figures[i].least <= spec->figures[i].most);
                        assert_true(spec->figures[i].most < UINT32_MAX);
                        assert_in_range(spec->figures[i].at_most, 0, spec->figures_count);
                }
                for (uint32_t i = 0; i < spec->measures_count; i++)
                        check_measure(spec, &spec->measures[i]);
        }
        assert_null(qf_kind_named(QF_VIEW("activity"))); /* has cells, and is asked for without a kind */
        assert_null(qf_kind_spec(QF_KIND_TICK));
}

static void what_is_wrong_with_a_statement_has_a_code(void **state)
{
        const struct qf_kind_spec *spec = qf_kind_spec(QF_KIND_BROADCAST);
        struct qf_event event = {.kind = QF_KIND_BROADCAST};
        uint16_t code = 0;

        (void)state;
        assert_int_equal(qf_kind_fault(spec, &event, &code), QF_NO_FIGURE);
        event.stated = 1 << 2 | 1 << 3; /* views, viewers */
        event.figures[2] = event.figures[3] = 10;
        assert_int_equal(qf_kind_fault(spec, &event, &code), QF_NO_FIGURE);
        event.figures[3] = 11;
        assert_int_equal(qf_kind_fault(spec, &event, &code), 3);
        assert_int_equal(code, QF_E115_PART_ABOVE_WHOLE);
        event.stated = 1 << 3; /* of an unknown whole any part is possible */
        assert_int_equal(qf_kind_fault(spec, &event, &code), QF_NO_FIGURE);
        event.figures[3] = 1000000001;
        assert_int_equal(qf_kind_fault(spec, &event, &code), 3);
        assert_int_equal(code, QF_E101_NOT_A_NUMBER);
        event = (struct qf_event){.kind = QF_KIND_VISIT};
        assert_int_equal(qf_kind_fault(qf_kind_spec(QF_KIND_VISIT), &event, &code), 0);
        assert_int_equal(code, QF_E109_MISSING);
}

/* --- the wire -------------------------------------------------------------------------- */

static const struct qf_pair values[] = {{{"org", 3}, {"HX", 2}}, {{"content", 7}, {"law", 3}}};

static struct qf_event broadcast(const char *key, uint32_t views)
{
        struct qf_event event = {.kind = QF_KIND_BROADCAST,
                                 .action = QF_CREATE,
                                 .key = qf_view_of(key),
                                 .date = 20230506,
                                 .stated = 1 << 0 | 1 << 2 | 1 << 4};

        event.figures[0] = 1170;
        event.figures[2] = views;
        event.figures[4] = 0; /* stated, and 0 */
        return event;
}

/* Columns, among other kinds, and rows say the same. */
static void statements_come_back_from_columns_as_they_went(void **state)
{
        struct qf_body_writer *writer = NULL;
        struct qf_buffer facts = {0}, texts = {0};
        struct qf_arena *arena = NULL;
        struct qf_batch batch;
        struct qf_wire_fault fault;
        struct qf_event sent[] = {
                broadcast("a", 10240),
                broadcast("b", 999999999),
                {.kind = QF_KIND_ACTIVITY, .key = QF_VIEW("a"), .date = 20230501, .sessions = 1},
                {.kind = QF_KIND_VISIT, .action = QF_WITHDRAW, .key = QF_VIEW("v"), .revision = 3}};

        (void)state;
        assert_int_equal(qf_arena_new(1 << 20, &arena), 0);
        assert_int_equal(qf_body_writer_new(&writer), 0);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(qf_body_writer_add(writer, &sent[i], values, i < 3 ? 2 : 0), 0);
        assert_int_equal(qf_body_writer_end(writer, 7, &facts, &texts), 0);
        assert_int_equal(qf_body_decode(arena, (struct qf_view){(char *)facts.at, (uint32_t)facts.len},
                                        (struct qf_view){0}, 4, &batch, &fault),
                         0);
        for (size_t i = 0; i < 4; i++) {
                const struct qf_event *got = &batch.events[i];
                assert_int_equal(got->kind, sent[i].kind);
                assert_int_equal(got->date, sent[i].date);
                assert_int_equal(got->values_count, i < 3 ? 2 : 0);
                if (i != 2) {
                        assert_int_equal(got->stated, sent[i].stated);
                        assert_memory_equal(got->figures, sent[i].figures, sizeof(got->figures));
                }
        }
        assert_int_equal(batch.events[2].sessions, 1);
        assert_int_equal(batch.events[3].action, QF_WITHDRAW);
        assert_false(qf_event_same(&batch, &batch.events[0], &batch, &batch.events[1]));
        batch.events[1].key = batch.events[0].key;
        batch.events[1].figures[2] = 10240;
        assert_true(qf_event_same(&batch, &batch.events[0], &batch, &batch.events[1]));
        batch.events[1].figures[7] = 1; /* the last of the union */
        assert_false(qf_event_same(&batch, &batch.events[0], &batch, &batch.events[1]));
        qf_buffer_deinit(&facts);
        qf_buffer_deinit(&texts);
        (void)qf_body_writer_free(writer);
        (void)qf_arena_free(arena);
}

static void any_figure_is_content(void **state)
{
        struct qf_event one = broadcast("a", 5), other = broadcast("a", 6);
        const struct qf_batch batch = {.count = 1, .events = &one};
        struct qf_buffer first = {0}, second = {0};

        (void)state;
        assert_int_equal(qf_programme_canonical(&batch, &one, &first), 0);
        assert_int_equal(qf_programme_canonical(&batch, &other, &second), 0);
        assert_int_equal(first.len, second.len);
        assert_memory_not_equal(first.at, second.at, first.len);
        second.len = 0;
        other = broadcast("a", 5);
        other.stated = 1 << 0 | 1 << 2; /* a peak that is not stated is not a peak of 0 */
        assert_int_equal(qf_programme_canonical(&batch, &other, &second), 0);
        assert_memory_not_equal(first.at, second.at, first.len);
        qf_buffer_deinit(&first);
        qf_buffer_deinit(&second);
}

/* --- what stands --------------------------------------------------------------------------- */

static int apply(struct qf_tally *tally, const struct qf_event *event, uint64_t position)
{
        const struct qf_batch batch = {.count = 1};

        return qf_tally_apply(tally, &batch, event, (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE}, 1,
                              position);
}

static void statements_stand_apart_by_kind_and_leave_cells_alone(void **state)
{
        struct qf_standings *standings = NULL;
        struct qf_tally tally = {0};
        struct qf_standing *standing = malloc(sizeof(*standing));
        char room[QF_STANDING_KEY_BYTES];
        struct qf_event sent = broadcast("a", 10240);
        struct qf_event visit = {.kind = QF_KIND_VISIT, .key = QF_VIEW("a"), .date = 20230507, .stated = 1};

        (void)state;
        visit.figures[0] = 35;
        assert_int_equal(qf_standings_new(&standings), 0);
        assert_int_equal(qf_picture_new(&tally.picture), 0);
        tally.store = qf_standings_store(standings);
        assert_int_equal(apply(&tally, &sent, 5), 0);
        assert_int_equal(apply(&tally, &visit, 6), 0);
        assert_int_equal(qf_picture_cells(tally.picture), 0);
        assert_int_equal(tally.rows, 0);
        assert_int_equal(tally.declared_rows, 2);
        assert_int_equal(qf_standings_count(standings), 2);
        struct qf_view key = qf_standing_key(QF_KIND_BROADCAST, QF_VIEW("a"), room);
        assert_true(qf_view_same(qf_standing_key_plain(key), QF_VIEW("a")));
        assert_int_equal(tally.store.get(tally.store.ctx, 1, key, standing), 0);
        assert_int_equal(standing->row, QF_ROW_DECLARED + 1);
        assert_int_equal(standing->figures[2], 10240);
        assert_int_equal(standing->stated, 1 << 0 | 1 << 2 | 1 << 4);
        assert_int_equal(standing->changed, 5);
        sent.action = QF_WITHDRAW;
        assert_int_equal(apply(&tally, &sent, 7), 0);
        assert_int_equal(tally.store.get(tally.store.ctx, 1, key, standing), 0);
        assert_int_equal(standing->state, QF_HEAD_WITHDRAWN);
        assert_int_equal(standing->row, QF_ROW_DECLARED + 1); /* it keeps its place */
        (void)qf_picture_free(tally.picture);
        (void)qf_standings_free(standings);
        free(standing);
}

static void standings_come_back_from_disk_as_they_went(void **state)
{
        struct qf_standing *standing = calloc(1, sizeof(*standing)), *back = calloc(1, sizeof(*back));
        uint8_t bytes[QF_STANDING_BYTES];

        (void)state;
        *standing = (struct qf_standing){.state = QF_HEAD_LIVE,
                                         .kind = QF_KIND_BROADCAST,
                                         .row = QF_ROW_DECLARED + 7,
                                         .date = 20230506,
                                         .stated = 0x85,
                                         .figures = {1170, 0, 4000000000u, 0, 0, 0, 0, 1},
                                         .changed = UINT64_C(1) << 40,
                                         .members_count = 2,
                                         .members = {{1, 3}, {2, 70000}}};
        const size_t len = qf_standing_pack(standing, bytes);
        const struct qf_view packed = {(const char *)bytes, (uint32_t)len};
        assert_int_equal(qf_standing_row(packed), QF_ROW_DECLARED + 7);
        assert_int_equal(qf_standing_unpack(packed, back), 0);
        assert_memory_equal(back, standing, sizeof(*back));
        for (uint32_t cut = 0; cut < len; cut++)
                assert_true(qf_standing_unpack((struct qf_view){packed.at, cut}, back) < 0);
        free(standing);
        free(back);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_message_has_the_figures_of_its_row),
                cmocka_unit_test(every_row_of_the_table_is_sound),
                cmocka_unit_test(what_is_wrong_with_a_statement_has_a_code),
                cmocka_unit_test(statements_come_back_from_columns_as_they_went),
                cmocka_unit_test(any_figure_is_content),
                cmocka_unit_test(statements_stand_apart_by_kind_and_leave_cells_alone),
                cmocka_unit_test(standings_come_back_from_disk_as_they_went),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
