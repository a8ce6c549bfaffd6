/* Why: who reads totals with a program finds the same form wherever he asks. */
#include "views/answer_json.h"

#include <string.h>

#include "views/json.h"

enum { NUMBERS = 3 };

struct qf_view qf_measure_of(struct qf_view name)
{
        const char *colon = name.len ? memchr(name.at, ':', name.len) : NULL;

        return colon ? (struct qf_view){colon + 1, name.len - (uint32_t)(colon + 1 - name.at)} : name;
}

bool qf_measure_is_known(const struct qf_kind_measure *measure, const int64_t *numbers)
{
        return numbers[1] != 0 || (measure && measure->figure == QF_NO_FIGURE);
}

/* {"value", "of" or "known", "unknown"}; null: not combined, or nothing is known. */
static json_t *numbers_json(const struct qf_kind_measure *measure, const int64_t *numbers)
{
        const bool ratio = measure && measure->rule == QF_RULE_RATIO;

        if (numbers[2] == QF_NOT_COMBINED)
                return json_null();
        return json_pack("{s:o, s:I, s:I}", "value",
                         qf_measure_is_known(measure, numbers) ? json_integer(numbers[0]) : json_null(),
                         ratio ? "of" : "known", (json_int_t)numbers[1], "unknown", (json_int_t)numbers[2]);
}

static json_t *totals_row_json(const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                               const struct qf_answer_row *row)
{
        json_t *object = json_object();

        if (row->members)
                (void)json_object_set_new(object, "members", qf_json_texts(row->members, answer->by_count));
        (void)json_object_set_new(object, "records", json_integer(row->counts.of[QF_RECORDS]));
        for (uint32_t i = 0; i < answer->measures_count && row->figures_count; i++) {
                const struct qf_view name = answer->measures[i];
                (void)json_object_setn_new(
                        object, name.at, name.len,
                        numbers_json(spec ? qf_kind_measure(spec, qf_measure_of(name)) : NULL,
                                     &row->figures[NUMBERS * i]));
        }
        return object;
}

static json_t *counts_row_json(const struct qf_to_reader *answer, const struct qf_answer_row *row)
{
        json_t *object = json_object();

        if (row->members)
                (void)json_object_set_new(object, "members", qf_json_texts(row->members, answer->by_count));
        qf_json_put_counts(object, &row->counts);
        return object;
}

static json_t *list_row_json(const struct qf_to_reader *answer, const struct qf_answer_row *row)
{
        json_t *object = json_object();

        if (row->counts.of[QF_ACTIVITIES]) /* an activity: it has no figures of a kind */
                qf_json_put_counts(object, &row->counts);
        for (uint32_t i = 0; i < answer->by_count; i++)
                (void)json_object_setn_new(object, answer->by[i].at, answer->by[i].len,
                                           qf_json_text(row->members[i]));
        for (uint32_t i = 0; i < answer->measures_count && row->figures_count; i++)
                if (row->figures[i])
                        (void)json_object_setn_new(object, answer->measures[i].at, answer->measures[i].len,
                                                   json_integer(row->figures[i] - 1));
        return object;
}

static json_t *row_json(const struct qf_answer_form *form, const struct qf_answer_row *row)
{
        return form->of == QF_ANSWER_OF_COUNTS   ? counts_row_json(form->answer, row)
               : form->of == QF_ANSWER_OF_TOTALS ? totals_row_json(form->spec, form->answer, row)
                                                 : list_row_json(form->answer, row);
}

/* What comes before the rows, and what comes behind them. */
static json_t *head_json(const struct qf_to_reader *answer)
{
        return json_pack("{s:I, s:I, s:o}", "version", (json_int_t)answer->version, "complete_at_ms",
                         (json_int_t)answer->complete_at_ms, "by",
                         qf_json_texts(answer->by, answer->by_count));
}

static json_t *tail_json(const struct qf_answer_form *form)
{
        const struct qf_to_reader *answer = form->answer;
        json_t *all = form->of == QF_ANSWER_OF_LIST
                              ? json_pack("{s:I}", "records", (json_int_t)answer->all.counts.of[QF_RECORDS])
                              : row_json(form, &answer->all);

        return json_pack("{s:o, s:o}", "all", all, "notes",
                         qf_json_texts(answer->notes, answer->notes_count));
}

json_t *qf_answer_json(const struct qf_answer_form *form)
{
        json_t *object = head_json(form->answer), *rows = json_array(), *tail = tail_json(form);

        for (uint32_t i = 0; i < form->answer->answer_rows_count; i++)
                (void)json_array_append_new(rows, row_json(form, &form->answer->answer_rows[i]));
        (void)json_object_set_new(object, "rows", rows);
        (void)json_object_update(object, tail);
        json_decref(tail);
        return object;
}

/* An object without its last brace, or without its first. */
static int write_head(const struct qf_answer_form *form, struct qf_buffer *text)
{
        int r = qf_json_append(head_json(form->answer), text);

        if (r < 0)
                return r;
        text->len--;
        return qf_buffer_print(text, ",\"rows\":[");
}

static int write_tail(const struct qf_answer_form *form, const char *next, struct qf_buffer *text)
{
        json_t *tail = tail_json(form);
        int r = qf_buffer_print(text, "]");
        const size_t at = text->len;

        if (next)
                (void)json_object_set_new(tail, "next", json_string(next));
        if (r == 0)
                r = qf_json_append(tail, text);
        else
                json_decref(tail);
        if (r == 0)
                text->at[at] = ',';
        return r;
}

int qf_answer_json_write(const struct qf_answer_form *form, uint32_t from, uint32_t most, const char *next,
                         struct qf_buffer *text)
{
        const uint32_t count = form->answer->answer_rows_count;
        const bool last = most >= count - from;
        int r = from == 0 ? write_head(form, text) : 0;

        for (uint32_t i = from; i < (last ? count : from + most) && r == 0; i++) {
                r = i == 0 ? 0 : qf_buffer_append(text, ",", 1);
                if (r == 0)
                        r = qf_json_append(row_json(form, &form->answer->answer_rows[i]), text);
        }
        return r == 0 && last ? write_tail(form, next, text) : r;
}
