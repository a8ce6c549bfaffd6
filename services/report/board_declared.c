/* Panels made of statements of declared kinds, by the code that `qf report` uses: the
 * rates of surveys, the claim about every broadcast, oversight, the plan, and who has
 * reported. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "report/board.h"
#include "views/assignments.h"
#include "views/claim.h"
#include "views/completeness.h"
#include "views/json.h"
#include "views/listed.h"
#include "views/oversight.h"
#include "views/scorecard.h"

enum { COVERS_SHOWN = 1000 };

static struct qf_board_question list_of(const struct qf_board *board, struct qf_view kind)
{
        return (struct qf_board_question){.query = QF_QUERY_LIST,
                                          .kind = kind,
                                          .first_day = board->year * 10000 + 101,
                                          .last_day = board->year * 10000 + 1231};
}

static bool has_kind(const struct qf_board *board, struct qf_view kind)
{
        return qf_programme_uses(board->world.programme, qf_kind_named(kind));
}

static int not_understood(struct qf_board_why *ret_why)
{
        *ret_why = (struct qf_board_why){QF_VIEW("its own list is not understood"), "程序自带的清单读不懂"};
        return 1;
}

/* --- rates ---------------------------------------------------------------------------- */

bool qf_board_has_rates(const struct qf_board *board)
{
        return has_kind(board, QF_VIEW("survey_result"));
}

int qf_board_rates(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const struct qf_board_question question = list_of(board, QF_VIEW("survey_result"));
        QF_CLEANUP(qf_cleanup_free) struct qf_score_rate *rates = NULL;
        struct qf_to_reader answer;
        uint32_t count = 0;
        int r = qf_board_ask(board, &question, &answer, ret_why);

        if (r != 0)
                return r;
        qf_board_note(panel, &answer);
        r = qf_scorecard_take(true, board->world.programme, &answer, &rates, &count);
        if (r != 0)
                return r < 0 ? r : not_understood(ret_why);
        (void)json_object_set_new(
                panel, "rows",
                qf_scorecard_json(rates, count, qf_programme_settings(board->world.programme)->rounding));
        return 0;
}

/* --- broadcasts ----------------------------------------------------------------------- */

bool qf_board_has_broadcasts(const struct qf_board *board)
{
        return has_kind(board, QF_VIEW("broadcast"));
}

/* Those that break the claim, and those of which it is not known. */
static void put_exceptions(const struct qf_claim *claim, const struct qf_to_reader *answer, json_t *rows)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                const int64_t views = row->figures[claim->place];

                if (views && !qf_claim_is_broken(claim, row))
                        continue;
                (void)json_array_append_new(
                        rows, json_pack("{s:I, s:o, s:o, s:o}", "date", (json_int_t)qf_listed_date(row),
                                        "partner", qf_json_text(row->members[QF_LISTED_PARTNER]), "key",
                                        qf_json_text(row->members[QF_LISTED_KEY]), "views",
                                        views ? json_integer(views - 1) : json_null()));
        }
}

static json_t *known_or_null(const struct qf_to_reader *totals, uint32_t measure)
{
        const int64_t *numbers = &totals->all.figures[3 * measure];

        return numbers[2] != QF_NOT_COMBINED && numbers[1] ? json_integer(numbers[0]) : json_null();
}

/* Views are added, the peak is the largest: measures 1 and 3 of the kind. */
int qf_board_broadcasts(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("broadcast"));
        const struct qf_claim claim = {
                .spec = spec, .place = qf_kind_figure(spec, QF_VIEW("views")), .bound = QF_CLAIM_VIEWS};
        struct qf_board_question question = list_of(board, QF_VIEW("broadcast"));
        struct qf_to_reader answer, totals;
        json_t *rows = json_array();

        question.last_day = qf_board_last_day(board, board->year); /* the headline has their views, too */
        int r = qf_board_ask(board, &question, &answer, ret_why);
        (void)json_object_set_new(panel, "rows", rows);
        question.query = QF_QUERY_DECLARED;
        if (r == 0)
                r = qf_board_ask(board, &question, &totals, ret_why);
        if (r != 0)
                return r;
        const struct qf_claim_checked checked = qf_claim_check(&claim, &answer);
        qf_board_note(panel, &answer);
        qf_board_note_undated(panel, &totals);
        put_exceptions(&claim, &answer, rows);
        (void)json_object_set_new(panel, "records", json_integer(checked.records));
        (void)json_object_set_new(panel, "above", json_integer(claim.bound));
        (void)json_object_set_new(panel, "holds", json_boolean(qf_claim_holds(&checked)));
        (void)json_object_set_new(panel, "least",
                                  checked.least ? json_integer(checked.least->figures[claim.place] - 1)
                                                : json_null());
        (void)json_object_set_new(
                panel, "views",
                known_or_null(&totals, (uint32_t)(qf_kind_measure(spec, QF_VIEW("views")) - spec->measures)));
        (void)json_object_set_new(
                panel, "peak",
                known_or_null(&totals, (uint32_t)(qf_kind_measure(spec, QF_VIEW("peak")) - spec->measures)));
        (void)json_object_set_new(panel, "has_data", json_boolean(checked.records > 0));
        return 0;
}

/* --- oversight ------------------------------------------------------------------------ */

bool qf_board_has_oversight(const struct qf_board *board)
{
        return has_kind(board, QF_VIEW("checkpoint")) && has_kind(board, QF_VIEW("finding"));
}

static void put_oversight(const struct qf_oversight *made, json_t *panel)
{
        json_t *rows = json_array();

        for (uint32_t i = 0; i < made->rows_count; i++)
                (void)json_array_append_new(rows, qf_oversight_row_json(made, &made->rows[i]));
        (void)json_object_set_new(panel, "restricted", json_boolean(made->restricted));
        (void)json_object_set_new(panel, "asof", json_integer(made->asof));
        (void)json_object_set_new(panel, "checkpoints", json_integer(made->checkpoints));
        (void)json_object_set_new(panel, "raised", json_integer(made->all.raised));
        (void)json_object_set_new(panel, "closed", json_integer(made->all.closed));
        (void)json_object_set_new(panel, "open", json_integer(made->all.open));
        (void)json_object_set_new(panel, "overdue", json_integer(made->all.overdue));
        (void)json_object_set_new(panel, "rows", rows);
}

/* Of the year that is shown: as it stood at its end, or stands today. */
int qf_board_oversight(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const uint32_t end = board->year * 10000 + 1231;
        struct qf_oversight made = {.programme = board->world.programme,
                                    .asof = end < board->today ? end : board->today};
        struct qf_board_question question = {.query = QF_QUERY_LIST, .kind = QF_VIEW("checkpoint")};
        struct qf_to_reader answers[2];
        int r = qf_board_ask(board, &question, &answers[0], ret_why);

        question.kind = QF_VIEW("finding");
        if (r == 0)
                r = qf_board_ask(board, &question, &answers[1], ret_why);
        if (r != 0)
                return r;
        r = qf_oversight_make(&made, answers);
        if (r == 0)
                put_oversight(&made, panel);
        qf_oversight_deinit(&made);
        return r > 0 ? not_understood(ret_why) : r;
}

/* --- the plan ------------------------------------------------------------------------- */

bool qf_board_has_plan(const struct qf_board *board)
{
        return has_kind(board, QF_VIEW("assignment")) && has_kind(board, QF_VIEW("progress"));
}

static int ask_assignments(struct qf_board *board, uint32_t asof, struct qf_to_reader ret_answers[3],
                           struct qf_board_why *ret_why)
{
        struct qf_board_question question = list_of(board, QF_VIEW("assignment"));
        int r = qf_board_ask(board, &question, &ret_answers[0], ret_why);

        question.kind = QF_VIEW("progress");
        question.last_day = asof;
        if (r == 0)
                r = qf_board_ask(board, &question, &ret_answers[1], ret_why);
        question.kind = QF_VIEW("");
        question.query = QF_QUERY_TOTALS;
        question.by[0] = QF_VIEW("org");
        question.by[1] = QF_VIEW("initiative");
        question.all_channels = true; /* what is not in person is progress too */
        return r == 0 ? qf_board_ask(board, &question, &ret_answers[2], ret_why) : r;
}

static json_int_t count_of(const struct qf_to_reader *answer, struct qf_view member, enum qf_measure measure)
{
        const struct qf_counts *counts = qf_board_find_counts(answer, member);

        return counts ? (json_int_t)counts->of[measure] : 0;
}

/* How many of them are done and overdue, and when the next is due. */
static void put_states(const struct qf_assignment *of, uint32_t count, uint32_t asof, json_t *row)
{
        uint32_t states[QF_PLAN_STATES] = {0}, due = 0;

        for (uint32_t i = 0; i < count; i++) {
                states[qf_assignment_state(&of[i], asof)]++;
                if (!of[i].done && of[i].due && (!due || of[i].due < due))
                        due = of[i].due;
        }
        (void)json_object_set_new(row, "done", json_integer(states[QF_PLAN_DONE]));
        (void)json_object_set_new(row, "overdue", json_integer(states[QF_PLAN_OVERDUE]));
        (void)json_object_set_new(row, "due", due ? json_integer(due) : json_null());
}

/* What is to be reached is not known where not all of it is seen. */
static json_t *initiative_row(const struct qf_assignments *all, const struct qf_to_reader *counted,
                              struct qf_view code, uint32_t id, uint32_t asof)
{
        uint32_t count;
        const struct qf_assignment *of = qf_assignments_of(all, id, &count);
        const struct qf_assignment sum = qf_assignments_sum(of, count);
        json_t *row = json_pack(
                "{s:o, s:o, s:I}", "initiative", qf_json_text(code), "state",
                all->restricted
                        ? json_null()
                        : json_string(qf_plan_state_words(qf_initiative_state(of, count, asof))->code),
                "assigned", (json_int_t)count);

        put_states(of, count, asof, row);
        (void)json_object_set_new(row, "target_activities",
                                  sum.targets_activities && !all->restricted
                                          ? json_integer(sum.target_activities)
                                          : json_null());
        (void)json_object_set_new(row, "target_attendances",
                                  sum.targets_attendances && !all->restricted
                                          ? json_integer(sum.target_attendances)
                                          : json_null());
        (void)json_object_set_new(row, "activities", json_integer(count_of(counted, code, QF_ACTIVITIES)));
        (void)json_object_set_new(row, "attendances",
                                  qf_board_attendances(qf_board_find_counts(counted, code)));
        return row;
}

/* As `qf report plan` has it, of the year that is shown: as it stood at its end, or stands today. All initiatives, as soon
 * as one is assigned or has an activity. */
int qf_board_plan(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const struct qf_programme *programme = board->world.programme;
        const uint16_t initiative = qf_programme_find_dimension(programme, QF_VIEW("initiative"));
        const uint32_t end = board->year * 10000 + 1231, asof = end < board->today ? end : board->today;
        struct qf_board_question question = list_of(board, QF_VIEW(""));
        struct qf_to_reader answers[3], counted;
        struct qf_assignments all = {0};
        json_t *rows = json_array();
        int r = ask_assignments(board, asof, answers, ret_why);

        (void)json_object_set_new(panel, "asof", json_integer(asof));
        (void)json_object_set_new(panel, "rows", rows);
        question.query = QF_QUERY_TOTALS;
        question.by[0] = QF_VIEW("initiative");
        question.last_day = asof;
        question.all_channels = true;
        if (r == 0)
                r = qf_board_ask(board, &question, &counted, ret_why);
        if (r != 0)
                return r;
        r = qf_assignments_make(programme, asof, &answers[0], &answers[1], &answers[2], &all);
        const bool any = all.count || all.restricted ||
                         counted.all.counts.of[QF_RECORDS] > count_of(&counted, QF_VIEW(""), QF_RECORDS);
        qf_board_note(panel, &answers[0]);
        qf_board_note_undated(panel, &counted);
        for (uint32_t id = 1; r == 0 && any && id <= qf_programme_dimension(programme, initiative)->members;
             id++) {
                const struct qf_member *member = qf_programme_member(programme, initiative, id);

                if (member && member->places_count)
                        (void)json_array_append_new(rows,
                                                    initiative_row(&all, &counted, member->code, id, asof));
        }
        qf_assignments_deinit(&all);
        return r > 0 ? not_understood(ret_why) : r;
}

/* --- completeness --------------------------------------------------------------------- */

bool qf_board_has_completeness(const struct qf_board *board)
{
        return has_kind(board, QF_VIEW("period_report"));
}

static json_t *cover_json(const struct qf_cover *cover)
{
        return json_pack(
                "{s:o, s:I, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:b}", "org", qf_json_text(cover->org),
                "month", (json_int_t)cover->month, "expected", cover->expected, "received", cover->received,
                "zero", cover->zero, "declared_activities", (json_int_t)cover->declared[QF_COVER_ACTIVITIES],
                "counted_activities", (json_int_t)cover->counted[QF_COVER_ACTIVITIES], "declared_attendances",
                (json_int_t)cover->declared[QF_COVER_ATTENDANCES], "counted_attendances",
                (json_int_t)cover->counted[QF_COVER_ATTENDANCES], "differs", qf_cover_differs(cover));
}

static void put_covers(const struct qf_cover *covers, uint32_t count, json_t *panel)
{
        const struct qf_cover_sums sums = qf_completeness_sum(covers, count);
        json_t *rows = json_array();

        for (uint32_t i = 0; i < count && i < COVERS_SHOWN; i++)
                (void)json_array_append_new(rows, cover_json(&covers[i]));
        (void)json_object_set_new(panel, "expected", json_integer(sums.expected));
        (void)json_object_set_new(panel, "received", json_integer(sums.received));
        (void)json_object_set_new(panel, "beside", json_integer(sums.beside));
        (void)json_object_set_new(panel, "zero", json_integer(sums.zero));
        (void)json_object_set_new(panel, "differing", json_integer(sums.differing));
        (void)json_object_set_new(panel, "count", json_integer(count));
        (void)json_object_set_new(panel, "rows", rows);
}

/* A month is due when it is over, and of the organisations that are shown and that the reader may read. */
static bool is_due(const void *ctx, uint32_t org, uint32_t month)
{
        const struct qf_board *board = ctx;
        const struct qf_programme *programme = board->world.programme;
        const uint16_t orgs = qf_programme_find_dimension(programme, QF_VIEW("org"));
        const struct qf_view shown = qf_view_of(board->key->org);

        return month < board->today / 100 && qf_rights_owns(board->rights, org, month * 100 + 1) &&
               (!shown.len ||
                qf_programme_within(programme, orgs, org, qf_programme_find_member(programme, orgs, shown),
                                    month * 100 + 1));
}

/* Months of the year that have begun; what is declared is of all channels, and so is what it is held against. */
int qf_board_completeness(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const uint32_t end = board->year * 10000 + 1231;
        struct qf_board_question question = list_of(board, QF_VIEW("period_report"));
        QF_CLEANUP(qf_cleanup_free) struct qf_cover *covers = NULL;
        struct qf_to_reader listed, counted;
        uint32_t count = 0;

        question.last_day = end < board->today ? end : board->today;
        (void)json_object_set_new(panel, "from", json_integer(question.first_day));
        (void)json_object_set_new(panel, "to", json_integer(question.last_day));
        if (question.last_day < question.first_day) {
                (void)json_object_set_new(panel, "rows", json_array());
                return 0;
        }
        int r = qf_board_ask(board, &question, &listed, ret_why);
        question.query = QF_QUERY_TOTALS;
        question.kind = QF_VIEW("");
        question.by[0] = QF_VIEW("org");
        question.by[1] = QF_VIEW("month");
        question.all_channels = true;
        if (r == 0)
                r = qf_board_ask(board, &question, &counted, ret_why);
        if (r != 0)
                return r;
        qf_board_note(panel, &listed);
        r = qf_completeness_make(board->world.programme,
                                 &(struct qf_cover_bounds){.first_day = question.first_day,
                                                           .last_day = question.last_day,
                                                           .is_due = is_due,
                                                           .ctx = board},
                                 &listed, &counted, &covers, &count);
        if (r == 0)
                put_covers(covers, count, panel);
        return r;
}
