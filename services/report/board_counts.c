/* Panels made of counts of activities: the headline with what it is compared to,
 * months, organisations, what is done for whom, and sites with their lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/ratio.h"
#include "report/board.h"
#include "views/json.h"

enum { PARTNERS_SHOWN = 60, FIGURE_TEXT = 32, MATRIX_MEMBERS = 16, MONTHS = 12 };

static struct qf_board_question of_year(uint32_t year, struct qf_view first, struct qf_view second)
{
        return (struct qf_board_question){.query = QF_QUERY_TOTALS,
                                          .by = {first, second},
                                          .first_day = year * 10000 + 101,
                                          .last_day = year * 10000 + 1231};
}

/* The row of these members; NULL: it counts nothing. */
static const struct qf_counts *find_row(const struct qf_to_reader *answer, struct qf_view member)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++)
                if (qf_view_same(answer->answer_rows[i].members[0], member))
                        return &answer->answer_rows[i].counts;
        return NULL;
}

static json_int_t count_in(const struct qf_counts *counts, enum qf_measure measure)
{
        return counts ? (json_int_t)counts->of[measure] : 0;
}

/* --- headline ------------------------------------------------------------------------ */

static const struct figure {
        enum qf_measure measure, unknown;
        const char *code, *zh, *en, *unit_zh, *unit_en;
        const char *definition_zh, *definition_en;
} figures[] = {
        {QF_ACTIVITIES, QF_MEASURES, "activities", "活动", "activities", "场", "activities",
         "举办的场次：一次活动办几场算几场；撤回的不算。联合举办的活动按主办单位只算一次。",
         "Activities held: one that was held several times counts as often; what was withdrawn does not. A joint "
         "activity counts once, for its lead organisation."},
        {QF_ATTENDANCES, QF_ACTIVITIES_UNKNOWN, "attendances", "覆盖人次", "attendances", "人次",
         "attendances", "参加的人次，不是人数：同一人参加两次算两次。人次不详的活动不按 0 算，另列场数。",
         "Attendances, not people: who comes twice counts twice. Where the attendance is not known it is not 0: such "
         "activities are counted beside it."},
};

struct compared {
        struct qf_counts now, last, base;
        uint32_t upto; /* the same days of each; 0: whole years */
};

/* Both years, of the same days as long as this one lasts. */
static int compare_with(struct qf_board *board, uint32_t year, bool same_days, struct qf_counts *ret_now,
                        struct qf_counts *ret_other, struct qf_view *ret_say)
{
        struct qf_to_reader answer;
        int r = qf_board_ask(
                board,
                &(struct qf_board_question){.query = QF_QUERY_GROWTH,
                                            .year = board->year,
                                            .base = year,
                                            .first_day = same_days ? board->year * 10000 + 101 : 0,
                                            .last_day = same_days ? board->today : 0},
                &answer, ret_say);

        if (r == 0 && answer.answer_rows_count == 2) {
                *ret_now = answer.answer_rows[0].counts;
                *ret_other = answer.answer_rows[1].counts;
        }
        return r;
}

static void put_growth(json_t *row, const char *value_name, const char *growth_name, bool there, int64_t now,
                       int64_t other, enum qf_rounding rounding)
{
        char text[FIGURE_TEXT];

        (void)json_object_set_new(row, value_name, there ? json_integer(other) : json_null());
        (void)json_object_set_new(
                row, growth_name,
                there ? json_string(qf_ratio_growth(now, other, rounding, text, sizeof(text))) : json_null());
}

static json_t *headline_row(const struct qf_board *board, const struct figure *figure,
                            const struct compared *compared)
{
        const enum qf_rounding rounding = qf_programme_settings(board->world.programme)->rounding;
        const int64_t now = compared->now.of[figure->measure];
        const bool named = board->in_person && figure->measure == QF_ACTIVITIES;
        json_t *row = json_pack(
                "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "code", figure->code, "zh",
                named ? "线下活动" : figure->zh, "en", named ? "activities in person" : figure->en, "unit_zh",
                figure->unit_zh, "unit_en", figure->unit_en, "definition_zh", figure->definition_zh,
                "definition_en", figure->definition_en, "value", (json_int_t)now, "unknown",
                figure->unknown == QF_MEASURES ? (json_int_t)0
                                               : (json_int_t)compared->now.of[figure->unknown]);

        put_growth(row, "last_value", "growth_last", true, now, compared->last.of[figure->measure], rounding);
        put_growth(row, "base_value", "growth_base", board->base != 0, now,
                   compared->base.of[figure->measure], rounding);
        return row;
}

int qf_board_headline(struct qf_board *board, json_t *panel, struct qf_view *ret_say)
{
        const bool same_days = board->year == board->today / 10000 && board->today % 10000 != 1231;
        struct compared compared = {.upto = same_days ? board->today : 0};
        json_t *rows = json_array();
        int r = compare_with(board, board->last, same_days, &compared.now, &compared.last, ret_say);

        if (r == 0 && board->base)
                r = compare_with(board, board->base, same_days, &compared.now, &compared.base, ret_say);
        for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]) && r == 0; i++)
                (void)json_array_append_new(rows, headline_row(board, &figures[i], &compared));
        (void)json_object_set_new(panel, "same_days_upto", json_integer(compared.upto));
        (void)json_object_set_new(panel, "rows", rows);
        return r;
}

/* --- months --------------------------------------------------------------------------- */

static const struct qf_counts *of_month(const struct qf_to_reader *answer, uint32_t month)
{
        char text[FIGURE_TEXT];

        (void)snprintf(text, sizeof(text), "%u", month);
        return find_row(answer, qf_view_of(text));
}

int qf_board_months(struct qf_board *board, json_t *panel, struct qf_view *ret_say)
{
        struct qf_board_question question = of_year(board->year, QF_VIEW("month"), QF_VIEW(""));
        struct qf_to_reader now, last;
        json_t *rows = json_array();
        int r = qf_board_ask(board, &question, &now, ret_say);

        question = of_year(board->last, QF_VIEW("month"), QF_VIEW(""));
        if (r == 0)
                r = qf_board_ask(board, &question, &last, ret_say);
        for (uint32_t month = 1; month <= MONTHS && r == 0; month++) {
                const struct qf_counts *here = of_month(&now, board->year * 100 + month);
                const struct qf_counts *before = of_month(&last, board->last * 100 + month);

                (void)json_array_append_new(rows,
                                            json_pack("{s:I, s:I, s:I, s:I, s:I}", "month",
                                                      (json_int_t)(board->year * 100 + month), "activities",
                                                      count_in(here, QF_ACTIVITIES), "attendances",
                                                      count_in(here, QF_ATTENDANCES), "last_activities",
                                                      count_in(before, QF_ACTIVITIES), "last_attendances",
                                                      count_in(before, QF_ATTENDANCES)));
        }
        (void)json_object_set_new(panel, "rows", rows);
        if (r == 0) {
                const struct qf_counts *undated = find_row(&now, QF_VIEW(""));
                (void)json_object_set_new(panel, "undated_activities",
                                          json_integer(count_in(undated, QF_ACTIVITIES)));
                (void)json_object_set_new(panel, "undated_attendances",
                                          json_integer(count_in(undated, QF_ATTENDANCES)));
        }
        return r;
}

/* --- organisations ---------------------------------------------------------------------- */

static int order_by_activities(const void *a, const void *b)
{
        const struct qf_answer_row *x = *(const struct qf_answer_row *const *)a,
                                   *y = *(const struct qf_answer_row *const *)b;

        if (x->counts.of[QF_ACTIVITIES] != y->counts.of[QF_ACTIVITIES])
                return x->counts.of[QF_ACTIVITIES] > y->counts.of[QF_ACTIVITIES] ? -1 : 1;
        return qf_view_order(x->members[0], y->members[0]);
}

static int put_partners(struct qf_board *board, const struct qf_to_reader *now,
                        const struct qf_to_reader *last, json_t *rows)
{
        const uint32_t count = now->answer_rows_count;
        const struct qf_answer_row **sorted = qf_arena_zero(board->arena, count + 1, sizeof(*sorted));

        if (!sorted)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
                sorted[i] = &now->answer_rows[i];
        if (count > 1)
                qsort((void *)sorted, count, sizeof(*sorted), order_by_activities);
        for (uint32_t i = 0; i < count && i < PARTNERS_SHOWN; i++) {
                const struct qf_counts *counts = &sorted[i]->counts;
                const struct qf_counts *before = find_row(last, sorted[i]->members[0]);

                (void)json_array_append_new(rows,
                                            json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "org",
                                                      qf_json_text(sorted[i]->members[0]), "activities",
                                                      count_in(counts, QF_ACTIVITIES), "attendances",
                                                      count_in(counts, QF_ATTENDANCES), "activities_unknown",
                                                      count_in(counts, QF_ACTIVITIES_UNKNOWN),
                                                      "last_activities", count_in(before, QF_ACTIVITIES),
                                                      "last_attendances", count_in(before, QF_ATTENDANCES)));
        }
        return 0;
}

int qf_board_partners(struct qf_board *board, json_t *panel, struct qf_view *ret_say)
{
        struct qf_board_question question = of_year(board->year, QF_VIEW("org"), QF_VIEW(""));
        struct qf_to_reader now, last;
        json_t *rows = json_array();
        int r = qf_board_ask(board, &question, &now, ret_say);

        (void)json_object_set_new(panel, "rows", rows);
        question = of_year(board->last, QF_VIEW("org"), QF_VIEW(""));
        if (r == 0)
                r = qf_board_ask(board, &question, &last, ret_say);
        if (r != 0)
                return r;
        qf_board_note(panel, &now);
        (void)json_object_set_new(panel, "count", json_integer(now.answer_rows_count));
        return put_partners(board, &now, &last, rows);
}

/* --- what for whom ------------------------------------------------------------------------ */

/* Content by audience where the programme has both, else its first two dimensions of several values and few members. */
static uint32_t find_matrix(const struct qf_board *board, struct qf_view names[2])
{
        const struct qf_programme *programme = board->world.programme;
        uint32_t found = 0;

        if (qf_board_has(board, "content") && qf_board_has(board, "audience")) {
                names[0] = QF_VIEW("content");
                names[1] = QF_VIEW("audience");
                return 2;
        }
        for (uint16_t id = 1; id <= qf_programme_dimensions(programme) && found < 2; id++) {
                const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
                const bool shares = dimension->members_of && dimension->members_of != id;

                if (dimension->multi && !dimension->apart && !dimension->groups && !shares &&
                    dimension->members >= 2 && dimension->members <= MATRIX_MEMBERS)
                        names[found++] = dimension->code;
        }
        return found;
}

bool qf_board_has_matrix(const struct qf_board *board)
{
        struct qf_view names[2];

        return find_matrix(board, names) == 2;
}

int qf_board_matrix(struct qf_board *board, json_t *panel, struct qf_view *ret_say)
{
        struct qf_view names[2] = {{0}, {0}};
        struct qf_to_reader answer;
        json_t *rows = json_array();

        (void)find_matrix(board, names);
        const struct qf_board_question question = of_year(board->year, names[0], names[1]);
        int r = qf_board_ask(board, &question, &answer, ret_say);

        for (uint32_t i = 0; r == 0 && i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];

                (void)json_array_append_new(
                        rows, json_pack("{s:o, s:o, s:I, s:I}", "row", qf_json_text(row->members[0]),
                                        "column", qf_json_text(row->members[1]), "activities",
                                        count_in(&row->counts, QF_ACTIVITIES), "attendances",
                                        count_in(&row->counts, QF_ATTENDANCES)));
        }
        (void)json_object_set_new(panel, "rows_of", qf_json_text(names[0]));
        (void)json_object_set_new(panel, "columns_of", qf_json_text(names[1]));
        (void)json_object_set_new(panel, "rows", rows);
        return r;
}

/* --- sites -------------------------------------------------------------------------------- */

/* The dimension that groups the sites into lines. */
static uint16_t find_lines(const struct qf_board *board)
{
        const struct qf_programme *programme = board->world.programme;
        const uint16_t site = qf_programme_find_dimension(programme, QF_VIEW("site"));

        for (uint16_t id = 1; id <= qf_programme_dimensions(programme) && site != QF_DIMENSION_UNKNOWN; id++)
                if (qf_programme_dimension(programme, id)->groups == site)
                        return id;
        return QF_DIMENSION_UNKNOWN;
}

bool qf_board_has_sites(const struct qf_board *board)
{
        return find_lines(board) != QF_DIMENSION_UNKNOWN;
}

static json_t *site_row(const struct qf_board *board, uint16_t lines, uint32_t site,
                        const struct qf_to_reader *counted, const struct qf_to_reader *visited)
{
        const struct qf_programme *programme = board->world.programme;
        const uint16_t sites = qf_programme_dimension(programme, lines)->groups;
        const struct qf_view code = qf_programme_member(programme, sites, site)->code;
        const uint32_t line = qf_programme_group_of(programme, lines, site, board->today);
        const struct qf_counts *counts = find_row(counted, code);
        json_t *visits = json_null();

        for (uint32_t i = 0; i < visited->answer_rows_count; i++)
                if (qf_view_same(visited->answer_rows[i].members[0], code) &&
                    visited->answer_rows[i].figures_count)
                        visits = json_integer(visited->answer_rows[i].figures[0]);
        return json_pack("{s:o, s:o, s:I, s:I, s:o}", "site", qf_json_text(code), "line",
                         qf_json_text(line ? qf_programme_member(programme, lines, line)->code : QF_VIEW("")),
                         "activities", count_in(counts, QF_ACTIVITIES), "attendances",
                         count_in(counts, QF_ATTENDANCES), "visits", visits);
}

/* Activities that say their site, and visits to it, which are records of their own. */
int qf_board_sites(struct qf_board *board, json_t *panel, struct qf_view *ret_say)
{
        const uint16_t lines = find_lines(board);
        const struct qf_dimension *of = qf_programme_dimension(board->world.programme, lines);
        struct qf_board_question question = of_year(board->year, QF_VIEW("site"), QF_VIEW(""));
        struct qf_to_reader counted, visited;
        json_t *rows = json_array();
        int r = qf_board_ask(board, &question, &counted, ret_say);

        question.query = QF_QUERY_DECLARED;
        question.kind = QF_VIEW("visit");
        if (r == 0)
                r = qf_board_ask(board, &question, &visited, ret_say);
        for (uint32_t site = 1;
             r == 0 && site <= qf_programme_dimension(board->world.programme, of->groups)->members; site++)
                (void)json_array_append_new(rows, site_row(board, lines, site, &counted, &visited));
        (void)json_object_set_new(panel, "of", json_string("site"));
        (void)json_object_set_new(panel, "lines_of", qf_json_text(of->code));
        (void)json_object_set_new(panel, "rows", rows);
        return r;
}
