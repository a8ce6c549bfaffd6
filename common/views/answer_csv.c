/* Why the last line is the total as it was counted: rows of an answer need not add
 * up to it, and who adds them in a sheet sees the difference. */
#include "views/answer_csv.h"

#include <stdio.h>
#include <string.h>

#include "client/figure_text.h"
#include "views/answer_json.h"
#include "views/csv.h"
#include "views/labels.h"
#include "views/listed.h"

enum { NUMBERS = 3, LABEL_BYTES = 128, PERIOD_BYTES = 16 };

struct writing {
        const struct qf_answer_form *form;
        struct qf_buffer *file;
};

static const char *say(const struct writing *writing, const char *zh, const char *en)
{
        return writing->form->chinese ? zh : en;
}

static int put(const struct writing *writing, struct qf_view cell, bool first)
{
        return qf_csv_text(writing->file, cell, first);
}

/* Heads of all dimensions, or the names of a row's members; of the total "total" and nothing else. */
static int put_heads(const struct writing *writing)
{
        int r = 0;

        for (uint32_t i = 0; i < writing->form->answer->by_count && r == 0; i++)
                r = put(writing,
                        qf_label_dimension(writing->form->chinese, writing->form->programme,
                                           writing->form->answer->by[i]),
                        i == 0);
        if (r == 0 && writing->form->answer->by_count == 0)
                r = put(writing, QF_VIEW(""), true);
        return r;
}

static int put_members(const struct writing *writing, const struct qf_answer_row *row)
{
        const uint32_t day = qf_listed_names_on(writing->form->answer, row, writing->form->names_on);
        char room[PERIOD_BYTES];
        int r = 0;

        for (uint32_t i = 0; i < writing->form->answer->by_count && r == 0; i++)
                r = put(writing,
                        qf_label_member_on(day, writing->form->chinese, writing->form->programme,
                                           writing->form->answer->by[i], row->members[i], room, sizeof(room)),
                        i == 0);
        return r;
}

static int put_total(const struct writing *writing)
{
        int r = put(writing, qf_view_of(say(writing, "合计", "total")), true);

        for (uint32_t i = 1; i < writing->form->answer->by_count && r == 0; i++)
                r = put(writing, QF_VIEW(""), false);
        return r;
}

/* --- activities ------------------------------------------------------------- */

static int put_counts(const struct writing *writing, const struct qf_answer_row *row)
{
        static const enum qf_measure shown[] = {QF_ACTIVITIES, QF_ATTENDANCES, QF_ACTIVITIES_UNKNOWN,
                                                QF_RECORDS};
        int r = 0;

        for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]) && r == 0; i++)
                r = qf_csv_number(writing->file, row->counts.of[shown[i]]);
        return r;
}

static int put_counts_heads(const struct writing *writing)
{
        const char *const heads[] = {say(writing, "活动（场）", "activities"),
                                     say(writing, "人次", "attendances"),
                                     say(writing, "人次不详（场）", "attendance not known"),
                                     say(writing, "记录（条）", "records")};
        int r = 0;

        for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]) && r == 0; i++)
                r = put(writing, qf_view_of(heads[i]), false);
        return r;
}

/* --- declared kinds ------------------------------------------------------------ */

static const struct qf_kind_measure *measure_at(const struct writing *writing, uint32_t i)
{
        return qf_kind_measure(writing->form->spec, qf_measure_of(writing->form->answer->measures[i]));
}

static bool is_ratio(const struct qf_kind_measure *measure)
{
        return measure && measure->rule == QF_RULE_RATIO;
}

static int put_measure_heads(const struct writing *writing)
{
        char head[LABEL_BYTES];
        int r = 0;

        for (uint32_t i = 0; i < writing->form->answer->measures_count && r == 0; i++) {
                const struct qf_kind_measure *measure = measure_at(writing, i);
                const struct qf_view name = writing->form->answer->measures[i];

                (void)snprintf(head, sizeof(head), "%.*s%s",
                               measure ? (int)strlen(say(writing, measure->zh, measure->en)) : (int)name.len,
                               measure ? say(writing, measure->zh, measure->en) : name.at,
                               is_ratio(measure) ? " k" : "");
                r = put(writing, qf_view_of(head), false);
                if (r == 0 && is_ratio(measure))
                        r = put(writing, QF_VIEW("n"), false);
        }
        return r;
}

static int put_measures(const struct writing *writing, const struct qf_answer_row *row)
{
        int r = 0;

        for (uint32_t i = 0; i < writing->form->answer->measures_count && row->figures_count && r == 0; i++) {
                const int64_t *numbers = &row->figures[NUMBERS * i];
                const struct qf_kind_measure *measure = measure_at(writing, i);
                const bool known = numbers[2] != QF_NOT_COMBINED && qf_measure_is_known(measure, numbers);

                r = known ? qf_csv_number(writing->file, numbers[0])
                          : put(writing, numbers[2] == QF_NOT_COMBINED ? QF_VIEW("—") : QF_VIEW(""), false);
                if (r == 0 && is_ratio(measure))
                        r = known ? qf_csv_number(writing->file, numbers[1])
                                  : put(writing, QF_VIEW(""), false);
        }
        return r;
}

/* --- records --------------------------------------------------------------------- */

static int put_list_heads(const struct writing *writing)
{
        int r = 0;

        for (uint32_t i = 0; i < writing->form->answer->by_count && r == 0; i++)
                r = put(writing,
                        qf_label_column(writing->form->chinese, writing->form->programme,
                                        writing->form->answer->by[i]),
                        i == 0);
        for (uint32_t i = 0; writing->form->spec && i < writing->form->spec->figures_count && r == 0; i++)
                r = put(writing,
                        qf_view_of(say(writing, writing->form->spec->figures[i].zh,
                                       writing->form->spec->figures[i].en)),
                        false);
        if (!writing->form->spec && r == 0)
                r = put(writing, qf_view_of(say(writing, "场次", "activities")), false);
        if (!writing->form->spec && r == 0)
                r = put(writing, qf_view_of(say(writing, "人次", "attendances")), false);
        return r;
}

/* Names behind the codes "C1,C2". */
static int put_names(const struct writing *writing, uint32_t day, struct qf_view dimension,
                     struct qf_view codes, bool first)
{
        struct qf_buffer names = {0};
        struct qf_view code;
        int r = 0;

        while (r == 0 && qf_listed_next(&codes, &code)) {
                const struct qf_view name = qf_label_member_on(
                        day, writing->form->chinese, writing->form->programme, dimension, code, NULL, 0);

                r = qf_buffer_print(&names, "%s%.*s", names.len ? "、" : "", (int)name.len, name.at);
        }
        if (r == 0)
                r = put(writing, (struct qf_view){(const char *)names.at, (uint32_t)names.len}, first);
        qf_buffer_deinit(&names);
        return r;
}

static int put_cell(const struct writing *writing, uint32_t day, struct qf_view column, struct qf_view cell,
                    bool first)
{
        char room[PERIOD_BYTES];

        if (qf_view_same(column, QF_VIEW("date")))
                return put(writing, qf_label_period(cell, room, sizeof(room)), first);
        if (qf_view_same(column, QF_VIEW("key")))
                return put(writing, cell, first);
        return put_names(writing, day, qf_view_same(column, QF_VIEW("partner")) ? QF_VIEW("org") : column,
                         cell, first);
}

/* Counts as plain digits, for who calculates on; the rest as people write it. */
static int put_figure(const struct writing *writing, const struct qf_figure *figure, int64_t stated)
{
        char text[QF_FIGURE_TEXT];

        if (stated == 0)
                return put(writing, QF_VIEW(""), false);
        if (figure->type == QF_FIGURE_COUNT)
                return qf_csv_number(writing->file, stated - 1);
        return put(writing, qf_view_of(qf_figure_print(figure, stated - 1, writing->form->chinese, text)),
                   false);
}

static int put_figures(const struct writing *writing, const struct qf_answer_row *row)
{
        const struct qf_kind_spec *spec = writing->form->spec;
        int r = 0;

        for (uint32_t i = 0; spec && i < spec->figures_count && i < row->figures_count && r == 0; i++)
                r = put_figure(writing, &spec->figures[i], row->figures[i]);
        if (spec)
                return r;
        r = qf_csv_number(writing->file, row->counts.of[QF_ACTIVITIES]);
        if (r == 0)
                r = row->counts.of[QF_RECORDS_UNKNOWN]
                            ? put(writing, QF_VIEW(""), false)
                            : qf_csv_number(writing->file, row->counts.of[QF_ATTENDANCES]);
        return r;
}

static int put_record(const struct writing *writing, const struct qf_answer_row *row)
{
        const struct qf_to_reader *answer = writing->form->answer;
        const uint32_t day = qf_listed_names_on(answer, row, writing->form->names_on);
        int r = 0;

        for (uint32_t i = 0; i < answer->by_count && r == 0; i++)
                r = put_cell(writing, day, answer->by[i], row->members[i], i == 0);
        return r;
}

/* --- all of them --------------------------------------------------------------------- */

static const struct {
        int (*heads)(const struct writing *writing), (*more_heads)(const struct writing *writing);
        int (*members)(const struct writing *writing, const struct qf_answer_row *row);
        int (*figures)(const struct writing *writing, const struct qf_answer_row *row);
        bool total;
} forms[] = {
        [QF_ANSWER_OF_COUNTS] = {put_heads, put_counts_heads, put_members, put_counts, true},
        [QF_ANSWER_OF_TOTALS] = {put_heads, put_measure_heads, put_members, put_measures, true},
        [QF_ANSWER_OF_LIST] = {put_list_heads, NULL, put_record, put_figures, false},
};

static int put_head(const struct writing *writing)
{
        const enum qf_answer_of of = writing->form->of;
        int r = qf_csv_begin(writing->file);

        if (r == 0)
                r = forms[of].heads(writing);
        if (r == 0 && forms[of].more_heads)
                r = forms[of].more_heads(writing);
        return r == 0 ? qf_csv_end_line(writing->file) : r;
}

/* NULL: the total. */
static int put_row(const struct writing *writing, const struct qf_answer_row *row)
{
        const enum qf_answer_of of = writing->form->of;
        int r = row ? forms[of].members(writing, row) : put_total(writing);

        if (r == 0)
                r = forms[of].figures(writing, row ? row : &writing->form->answer->all);
        return r == 0 ? qf_csv_end_line(writing->file) : r;
}

int qf_answer_csv(const struct qf_answer_form *form, uint32_t from, uint32_t most, struct qf_buffer *file)
{
        const struct writing writing = {form, file};
        const uint32_t count = form->answer->answer_rows_count;
        const bool last = most >= count - from;
        int r = from == 0 ? put_head(&writing) : 0;

        for (uint32_t i = from; i < (last ? count : from + most) && r == 0; i++)
                r = put_row(&writing, &form->answer->answer_rows[i]);
        return r == 0 && last && forms[form->of].total ? put_row(&writing, NULL) : r;
}
