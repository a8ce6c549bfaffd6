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

static json_t *answer_json(const struct qf_to_reader *answer, json_t *rows, json_t *all)
{
        return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "version", (json_int_t)answer->version,
                         "complete_at_ms", (json_int_t)answer->complete_at_ms, "by",
                         qf_json_texts(answer->by, answer->by_count), "rows", rows, "all", all, "notes",
                         qf_json_texts(answer->notes, answer->notes_count));
}

json_t *qf_answer_counts_json(const struct qf_to_reader *answer)
{
        json_t *rows = json_array(), *all = json_object();

        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                json_t *row = json_object();
                (void)json_object_set_new(row, "members",
                                          qf_json_texts(answer->answer_rows[i].members, answer->by_count));
                qf_json_put_counts(row, &answer->answer_rows[i].counts);
                (void)json_array_append_new(rows, row);
        }
        qf_json_put_counts(all, &answer->all.counts);
        return answer_json(answer, rows, all);
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

json_t *qf_answer_totals_json(const struct qf_kind_spec *spec, const struct qf_to_reader *answer)
{
        json_t *rows = json_array();

        for (uint32_t i = 0; i < answer->answer_rows_count; i++)
                (void)json_array_append_new(rows, totals_row_json(spec, answer, &answer->answer_rows[i]));
        return answer_json(answer, rows, totals_row_json(spec, answer, &answer->all));
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

json_t *qf_answer_list_json(const struct qf_to_reader *answer)
{
        json_t *rows = json_array();

        for (uint32_t i = 0; i < answer->answer_rows_count; i++)
                (void)json_array_append_new(rows, list_row_json(answer, &answer->answer_rows[i]));
        return answer_json(answer, rows,
                           json_pack("{s:I}", "records", (json_int_t)answer->all.counts.of[QF_RECORDS]));
}
