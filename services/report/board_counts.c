/* Panels made of counts of activities: months, organisations, what is done for whom,
 * and sites with their lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/board.h"
#include "views/json.h"

enum {
        PARTNERS_SHOWN = 60,
        SITES_SHOWN = 1000,
        FIGURE_TEXT = 32,
        MATRIX_MEMBERS = 16,
        CROSSED_MEMBERS = 60,
        MONTHS = 12
};

/* Of the days that the headline is of: all panels of a year count the same. */
static struct qf_board_question of_days(const struct qf_board *board, uint32_t year, struct qf_view first,
                                        struct qf_view second)
{
        return (struct qf_board_question){.query = QF_QUERY_TOTALS,
                                          .by = {first, second},
                                          .first_day = year * 10000 + 101,
                                          .last_day = qf_board_last_day(board, year)};
}

const struct qf_counts *qf_board_find_counts(const struct qf_to_reader *answer, struct qf_view member)
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

json_t *qf_board_attendances(const struct qf_counts *counts)
{
        return counts && !qf_counts_known(counts, QF_ATTENDANCES)
                       ? json_null()
                       : json_integer(count_in(counts, QF_ATTENDANCES));
}

/* --- months --------------------------------------------------------------------------- */

static const struct qf_counts *of_month(const struct qf_to_reader *answer, uint32_t month)
{
        char text[FIGURE_TEXT];

        (void)snprintf(text, sizeof(text), "%u", month);
        return qf_board_find_counts(answer, qf_view_of(text));
}

static json_t *month_row(json_t *month, const struct qf_counts *here, const struct qf_counts *before)
{
        return json_pack("{s:o, s:I, s:o, s:I, s:I, s:o, s:I}", "month", month, "activities",
                         count_in(here, QF_ACTIVITIES), "attendances", qf_board_attendances(here),
                         "activities_unknown", count_in(here, QF_ACTIVITIES_UNKNOWN), "last_activities",
                         count_in(before, QF_ACTIVITIES), "last_attendances", qf_board_attendances(before),
                         "last_activities_unknown", count_in(before, QF_ACTIVITIES_UNKNOWN));
}

/* The year before has all its months beside those that have been. */
int qf_board_months(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        struct qf_board_question question = of_days(board, board->year, QF_VIEW("month"), QF_VIEW(""));
        struct qf_to_reader now, last;
        json_t *rows = json_array();
        int r = qf_board_ask(board, &question, &now, ret_why);

        question.first_day = board->last * 10000 + 101;
        question.last_day = board->last * 10000 + 1231;
        if (r == 0)
                r = qf_board_ask(board, &question, &last, ret_why);
        (void)json_object_set_new(panel, "rows", rows);
        if (r != 0)
                return r;
        for (uint32_t month = 1; month <= MONTHS; month++)
                (void)json_array_append_new(rows, month_row(json_integer(board->year * 100 + month),
                                                            of_month(&now, board->year * 100 + month),
                                                            of_month(&last, board->last * 100 + month)));
        const struct qf_counts *here = qf_board_find_counts(&now, QF_VIEW("")),
                               *before = qf_board_find_counts(&last, QF_VIEW(""));
        if (here || before)
                (void)json_object_set_new(panel, "undated", month_row(json_null(), here, before));
        qf_board_note_undated(panel, &now);
        return 0;
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
                const struct qf_counts *before = qf_board_find_counts(last, sorted[i]->members[0]);

                (void)json_array_append_new(
                        rows, json_pack("{s:o, s:I, s:o, s:I, s:I, s:o, s:I}", "org",
                                        qf_json_text(sorted[i]->members[0]), "activities",
                                        count_in(counts, QF_ACTIVITIES), "attendances",
                                        qf_board_attendances(counts), "activities_unknown",
                                        count_in(counts, QF_ACTIVITIES_UNKNOWN), "last_activities",
                                        count_in(before, QF_ACTIVITIES), "last_attendances",
                                        qf_board_attendances(before), "last_activities_unknown",
                                        count_in(before, QF_ACTIVITIES_UNKNOWN)));
        }
        return 0;
}

int qf_board_partners(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        struct qf_board_question question = of_days(board, board->year, QF_VIEW("org"), QF_VIEW(""));
        struct qf_to_reader now, last;
        json_t *rows = json_array();
        int r = qf_board_ask(board, &question, &now, ret_why);

        (void)json_object_set_new(panel, "rows", rows);
        question = of_days(board, board->last, QF_VIEW("org"), QF_VIEW(""));
        if (r == 0)
                r = qf_board_ask(board, &question, &last, ret_why);
        if (r != 0)
                return r;
        qf_board_note(panel, &now);
        qf_board_note_undated(panel, &now);
        (void)json_object_set_new(panel, "count", json_integer(now.answer_rows_count));
        (void)json_object_set_new(panel, "same_days_upto", json_integer(qf_board_same_days_upto(board)));
        return put_partners(board, &now, &last, rows);
}

/* --- what for whom ------------------------------------------------------------------------ */

/* What may be chosen: what activities have members in, of a number that a table can show. */
bool qf_board_may_cross(const struct qf_programme *programme, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);

        return dimension && !dimension->apart && dimension->members >= 2 &&
               dimension->members <= CROSSED_MEMBERS;
}

/* May be crossed when nothing was chosen: what says something of its own. */
static bool is_candidate(const struct qf_programme *programme, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        const bool shares = dimension->members_of && dimension->members_of != id;

        return qf_board_may_cross(programme, id) && !dimension->groups && !shares;
}

/* Those that no other panel shows go first: what an activity is about, and for whom, of which there may be several. */
static bool is_usual(const struct qf_programme *programme, uint16_t id)
{
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);

        return is_candidate(programme, id) && dimension->multi && dimension->members <= MATRIX_MEMBERS;
}

static uint32_t count_of(const struct qf_programme *programme,
                         bool (*is)(const struct qf_programme *programme, uint16_t id))
{
        uint32_t count = 0;

        for (uint16_t id = 1; id <= qf_programme_dimensions(programme); id++)
                count += is(programme, id);
        return count;
}

bool qf_board_has_matrix(const struct qf_board *board)
{
        return count_of(board->world.programme, is_candidate) >= 2;
}

struct candidate {
        struct qf_view code;
        uint32_t members;
        bool usual;
        int wanted; /* content, then audience, go before others that are stated as seldom or as often */
        int64_t stated;
        bool often; /* by at least a quarter of the records: a table of "not stated" shows nothing */
};

static bool goes_before(const struct candidate *a, const struct candidate *b)
{
        if (a->often != b->often)
                return a->often;
        if (a->usual != b->usual)
                return a->usual;
        return a->wanted != b->wanted ? a->wanted > b->wanted : a->stated > b->stated;
}

/* What records of the year state: content by audience, else those dimensions that most of them do. Where there are no two
 * such, others fill up, and the longer list stands in the rows. */
static int find_matrix(struct qf_board *board, struct qf_view ret_names[2], struct qf_board_why *ret_why)
{
        const struct qf_programme *programme = board->world.programme;
        const bool usual = count_of(programme, is_usual) >= 2;
        struct candidate best[2] = {{.stated = -1}, {.stated = -1}};
        int r = 0;

        for (uint16_t id = 1; id <= qf_programme_dimensions(programme) && r == 0; id++) {
                const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
                struct candidate one = {.code = dimension->code,
                                        .members = dimension->members,
                                        .usual = is_usual(programme, id)};
                const struct qf_board_question question = of_days(board, board->year, one.code, QF_VIEW(""));
                struct qf_to_reader answer;

                if (usual ? !one.usual : !is_candidate(programme, id))
                        continue;
                one.wanted = qf_view_same(one.code, QF_VIEW("content"))    ? 2
                             : qf_view_same(one.code, QF_VIEW("audience")) ? 1
                                                                           : 0;
                r = qf_board_ask(board, &question, &answer, ret_why);
                if (r == 0) {
                        const int64_t records = answer.all.counts.of[QF_RECORDS];
                        one.stated =
                                records - count_in(qf_board_find_counts(&answer, QF_VIEW("")), QF_RECORDS);
                        one.often = records > 0 && one.stated * 4 >= records;
                }
                if (best[0].stated < 0 || goes_before(&one, &best[0])) {
                        best[1] = best[0];
                        best[0] = one;
                } else if (best[1].stated < 0 || goes_before(&one, &best[1])) {
                        best[1] = one;
                }
        }
        const int rows = !usual && best[1].members > best[0].members;
        ret_names[0] = best[rows].code;
        ret_names[1] = best[1 - rows].code;
        return r;
}

static void put_choices(const struct qf_programme *programme, json_t *panel)
{
        json_t *choices = json_array();

        for (uint16_t id = 1; id <= qf_programme_dimensions(programme); id++)
                if (qf_board_may_cross(programme, id))
                        (void)json_array_append_new(
                                choices, qf_json_text(qf_programme_dimension(programme, id)->code));
        (void)json_object_set_new(panel, "choices", choices);
}

/* Of which of the two rows do not add up, since an activity may be of several of its members. */
static void put_not_additive(const struct qf_to_reader *answer, json_t *panel)
{
        static const char note[] = "not_additive ";
        json_t *dimensions = json_array();

        for (uint32_t i = 0; i < answer->notes_count; i++) {
                const struct qf_view text = answer->notes[i];

                if (text.len >= sizeof(note) && memcmp(text.at, note, sizeof(note) - 1) == 0)
                        (void)json_array_append_new(dimensions, json_stringn(text.at + sizeof(note) - 1,
                                                                             text.len - (sizeof(note) - 1)));
        }
        (void)json_object_set_new(panel, "not_additive", dimensions);
}

int qf_board_matrix(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        struct qf_view names[2] = {qf_view_of(board->key->cross[0]), qf_view_of(board->key->cross[1])};
        struct qf_to_reader answer = {0};
        json_t *rows = json_array();

        int r = names[0].len ? 0 : find_matrix(board, names, ret_why);
        const struct qf_board_question question = of_days(board, board->year, names[0], names[1]);

        put_choices(board->world.programme, panel);
        if (r == 0)
                r = qf_board_ask(board, &question, &answer, ret_why);
        for (uint32_t i = 0; r == 0 && i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];

                (void)json_array_append_new(
                        rows, json_pack("{s:o, s:o, s:I, s:o, s:I}", "row", qf_json_text(row->members[0]),
                                        "column", qf_json_text(row->members[1]), "activities",
                                        count_in(&row->counts, QF_ACTIVITIES), "attendances",
                                        qf_board_attendances(&row->counts), "activities_unknown",
                                        count_in(&row->counts, QF_ACTIVITIES_UNKNOWN)));
        }
        qf_board_note(panel, &answer);
        qf_board_note_undated(panel, &answer);
        put_not_additive(&answer, panel);
        (void)json_object_set_new(panel, "all", json_integer(answer.all.counts.of[QF_ACTIVITIES]));
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

/* The rows by the member that they are of; NULL where there is none. */
static const struct qf_answer_row **by_member(const struct qf_board *board, uint16_t dimension,
                                              const struct qf_to_reader *answer)
{
        const struct qf_programme *programme = board->world.programme;
        const uint32_t members = qf_programme_dimension(programme, dimension)->members;
        const struct qf_answer_row **rows = qf_arena_zero(board->arena, members + 1, sizeof(*rows));

        for (uint32_t i = 0; rows && i < answer->answer_rows_count; i++) {
                const uint32_t member =
                        qf_programme_find_member(programme, dimension, answer->answer_rows[i].members[0]);
                if (member <= members)
                        rows[member] = &answer->answer_rows[i];
        }
        return rows;
}

static json_t *site_row(const struct qf_board *board, uint16_t lines, uint32_t site,
                        const struct qf_answer_row *counted, const struct qf_answer_row *visited)
{
        const struct qf_programme *programme = board->world.programme;
        const uint16_t sites = qf_programme_dimension(programme, lines)->groups;
        const struct qf_view code = qf_programme_member(programme, sites, site)->code;
        const uint32_t line = qf_programme_group_of(programme, lines, site, board->today);
        const struct qf_counts *counts = counted ? &counted->counts : NULL;
        json_t *visits = visited && visited->figures_count ? json_integer(visited->figures[0]) : json_null();

        return json_pack("{s:o, s:o, s:I, s:o, s:I, s:o}", "site", qf_json_text(code), "line",
                         qf_json_text(line ? qf_programme_member(programme, lines, line)->code : QF_VIEW("")),
                         "activities", count_in(counts, QF_ACTIVITIES), "attendances",
                         qf_board_attendances(counts), "activities_unknown",
                         count_in(counts, QF_ACTIVITIES_UNKNOWN), "visits", visits);
}

static int put_sites(const struct qf_board *board, uint16_t lines, const struct qf_to_reader *counted,
                     const struct qf_to_reader *visited, json_t *rows)
{
        const uint16_t sites = qf_programme_dimension(board->world.programme, lines)->groups;
        const uint32_t count = qf_programme_dimension(board->world.programme, sites)->members;
        const struct qf_answer_row **counts = by_member(board, sites, counted),
                                   **visits = by_member(board, sites, visited);

        if (!counts || !visits)
                return -ENOMEM;
        for (uint32_t site = 1; site <= count && site <= SITES_SHOWN; site++)
                (void)json_array_append_new(rows, site_row(board, lines, site, counts[site], visits[site]));
        return 0;
}

/* Activities that say their site, and visits to it, which are records of their own. */
int qf_board_sites(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const uint16_t lines = find_lines(board);
        const struct qf_dimension *of = qf_programme_dimension(board->world.programme, lines);
        struct qf_board_question question = of_days(board, board->year, QF_VIEW("site"), QF_VIEW(""));
        struct qf_to_reader counted, visited;
        json_t *rows = json_array();
        int r = qf_board_ask(board, &question, &counted, ret_why);

        question.query = QF_QUERY_DECLARED;
        question.kind = QF_VIEW("visit");
        if (r == 0)
                r = qf_board_ask(board, &question, &visited, ret_why);
        if (r == 0) {
                qf_board_note_undated(panel, &counted);
                qf_board_note_undated(panel, &visited);
                r = put_sites(board, lines, &counted, &visited, rows);
        }
        (void)json_object_set_new(
                panel, "count",
                json_integer(qf_programme_dimension(board->world.programme, of->groups)->members));
        (void)json_object_set_new(panel, "of", json_string("site"));
        (void)json_object_set_new(panel, "lines_of", qf_json_text(of->code));
        (void)json_object_set_new(panel, "rows", rows);
        return r;
}
