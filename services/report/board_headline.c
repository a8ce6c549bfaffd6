/* The few figures that stand first, each with what it is compared to and what it
 * means. A year that is not over is compared over the same days. */
#include <stdio.h>

#include "model/ratio.h"
#include "report/board.h"
#include "views/listed.h"

enum {
        FIGURE_TEXT = 32,
        YEARS = 3, /* the one shown, the one before it, the base */
        TODAY = YEARS,
        SPANS,
};

enum from { FROM_COUNTS, FROM_ORGS, FROM_KIND };

static const struct figure {
        enum from from;
        enum qf_measure measure, unknown;
        const char *kind, *of; /* a measure of a declared kind */
        const char *code, *zh, *en, *unit_zh, *unit_en, *definition_zh, *definition_en;
} figures[] = {
        {FROM_COUNTS, QF_ACTIVITIES, QF_MEASURES, NULL, NULL, "activities", "活动", "activities", "场",
         "activities", "举办的场次：一次活动办几场算几场；撤回的不算。联合举办的活动按主办单位只算一次。",
         "Activities held: one that was held several times counts as often; what was withdrawn does not. A joint "
         "activity counts once, for its lead organisation."},
        {FROM_COUNTS, QF_ATTENDANCES, QF_ACTIVITIES_UNKNOWN, NULL, NULL, "attendances", "覆盖人次",
         "attendances", "人次", "attendances",
         "参加的人次，不是人数：同一人参加两次算两次。人次不详的活动不按 0 算，另列场数。",
         "Attendances, not people: who comes twice counts twice. Where the attendance is not known it is not 0: such "
         "activities are counted beside it."},
        {FROM_ORGS, QF_RECORDS, QF_MEASURES, NULL, NULL, "organisations", "参与单位", "organisations", "家",
         "organisations", "这一年主办过活动的单位。", "Organisations that led an activity in the year."},
        {FROM_KIND, QF_RECORDS, QF_MEASURES, "broadcast", "views", "views", "直播观看人次",
         "views of broadcasts", "人次", "views", "各场直播报送的观看人次之和，不含回放；没有报的场次不算。",
         "Views of all broadcasts as reported, replays not among them; broadcasts that do not state them are not."},
        {FROM_KIND, QF_RECORDS, QF_MEASURES, "visit", "visits", "visits", "研学人次", "visits to sites",
         "人次", "visits", "各研学点报送的研学人次之和。", "Visits to all sites, as reported."},
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

struct values { /* of one year, or of today */
        bool known[FIGURES];
        int64_t is[FIGURES], unknown[FIGURES];
};

static struct qf_board_question question_of(uint32_t first_day, uint32_t last_day)
{
        return (struct qf_board_question){.query = QF_QUERY_TOTALS,
                                          .by = {QF_VIEW("org")},
                                          .first_day = first_day,
                                          .last_day = last_day};
}

static void take_counts(const struct qf_to_reader *answer, struct values *values)
{
        int64_t orgs = 0;

        for (uint32_t i = 0; i < answer->answer_rows_count; i++)
                orgs += answer->answer_rows[i].members[0].len > 0 &&
                        answer->answer_rows[i].counts.of[QF_ACTIVITIES] > 0;
        for (int i = 0; i < FIGURES; i++) {
                const struct figure *figure = &figures[i];

                if (figure->from == FROM_KIND)
                        continue;
                /* How many led one is not known to who sees some of them. */
                values->known[i] = figure->from == FROM_ORGS
                                           ? !qf_listed_restricted(answer)
                                           : qf_counts_known(&answer->all.counts, figure->measure);
                values->is[i] = figure->from == FROM_ORGS ? orgs : answer->all.counts.of[figure->measure];
                values->unknown[i] =
                        figure->unknown == QF_MEASURES ? 0 : answer->all.counts.of[figure->unknown];
        }
}

static int take_kind(struct qf_board *board, int which, struct qf_board_question question,
                     struct values *values, json_t *panel, struct qf_board_why *ret_why)
{
        const struct qf_kind_spec *spec = qf_kind_named(qf_view_of(figures[which].kind));
        const ptrdiff_t place = qf_kind_measure(spec, qf_view_of(figures[which].of)) - spec->measures;
        struct qf_to_reader answer;

        if (!qf_programme_uses(board->world.programme, spec))
                return 0;
        question.query = QF_QUERY_DECLARED;
        question.by[0] = QF_VIEW("");
        question.kind = qf_view_of(figures[which].kind);
        int r = qf_board_ask(board, &question, &answer, ret_why);
        if (r != 0)
                return r;
        qf_board_note_undated(panel, &answer);
        const int64_t *numbers = &answer.all.figures[3 * place];
        values->known[which] = numbers[2] != QF_NOT_COMBINED && (numbers[1] || !numbers[2]);
        values->is[which] = numbers[0];
        values->unknown[which] = numbers[2] != QF_NOT_COMBINED ? numbers[2] : 0;
        return 0;
}

static int take_days(struct qf_board *board, uint32_t first_day, uint32_t last_day, struct values *values,
                     json_t *panel, struct qf_board_why *ret_why)
{
        const struct qf_board_question question = question_of(first_day, last_day);
        struct qf_to_reader answer;
        int r = qf_board_ask(board, &question, &answer, ret_why);

        if (r == 0) {
                take_counts(&answer, values);
                qf_board_note_undated(panel, &answer);
        }
        for (int i = 0; i < FIGURES && r == 0; i++)
                if (figures[i].from == FROM_KIND)
                        r = take_kind(board, i, question, values, panel, ret_why);
        return r;
}

static void put_growth(json_t *row, const char *value_name, const char *growth_name, bool there, bool known,
                       int64_t now, int64_t other, enum qf_rounding rounding)
{
        char text[FIGURE_TEXT];

        /* What is not known is not 0, and nothing is compared with it. */
        (void)json_object_set_new(row, value_name, there ? json_integer(other) : json_null());
        (void)json_object_set_new(
                row, growth_name,
                there && known ? json_string(qf_ratio_growth(now, other, rounding, text, sizeof(text)))
                               : json_null());
}

/* What today adds to the year that is shown. Organisations do not add up: one may have led others before. */
static json_t *json_today(int i, const struct values *today)
{
        const bool adds = figures[i].from != FROM_ORGS && today->known[i];

        return adds ? json_integer(today->is[i]) : json_null();
}

static json_t *row_of(const struct qf_board *board, int i, const struct values values[SPANS])
{
        const struct figure *figure = &figures[i];
        const enum qf_rounding rounding = qf_programme_settings(board->world.programme)->rounding;
        const bool in_person = board->in_person && figure->measure == QF_ACTIVITIES;
        json_t *row = json_pack(
                "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:o}", "code", figure->code, "zh",
                in_person ? "线下活动" : figure->zh, "en", in_person ? "activities in person" : figure->en,
                "unit_zh", figure->unit_zh, "unit_en", figure->unit_en, "definition_zh",
                figure->definition_zh, "definition_en", figure->definition_en, "value",
                values[0].known[i] ? json_integer(values[0].is[i]) : json_null(), "unknown",
                (json_int_t)values[0].unknown[i], "today_value", json_today(i, &values[TODAY]));

        put_growth(row, "last_value", "growth_last", values[1].known[i], values[0].known[i], values[0].is[i],
                   values[1].is[i], rounding);
        put_growth(row, "base_value", "growth_base", values[2].known[i], values[0].known[i], values[0].is[i],
                   values[2].is[i], rounding);
        return row;
}

/* A declared kind that no year has anything of is left out. */
static bool is_shown(int i, const struct values values[SPANS])
{
        return figures[i].from != FROM_KIND || values[0].unknown[i] || values[0].is[i] || values[1].is[i] ||
               values[2].is[i];
}

int qf_board_headline(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const bool running = board->year == board->today / 10000;
        const uint32_t years[YEARS] = {board->year, board->last, board->base};
        struct values values[SPANS] = {{{0}, {0}, {0}}};
        json_t *rows = json_array();
        int r = 0;

        for (int i = 0; i < YEARS && r == 0; i++)
                if (years[i])
                        r = take_days(board, years[i] * 10000 + 101, qf_board_last_day(board, years[i]),
                                      &values[i], i == 0 ? panel : NULL, ret_why);
        if (running && r == 0)
                r = take_days(board, board->today, board->today, &values[TODAY], NULL, ret_why);
        for (int i = 0; i < FIGURES && r == 0; i++)
                if (is_shown(i, values))
                        (void)json_array_append_new(rows, row_of(board, i, values));
        (void)json_object_set_new(panel, "same_days_upto", json_integer(qf_board_same_days_upto(board)));
        (void)json_object_set_new(panel, "rows", rows);
        return r;
}
