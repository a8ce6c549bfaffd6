/* Why: what is said in public of a survey or of every broadcast is decided on k,
 * n and views as integers; printed figures only show it. */
#include "views/scorecard.h"

#include <errno.h>
#include <stdlib.h>

#include "views/json.h"
#include "views/labels.h"
#include "views/listed.h"

enum { FIGURE_BYTES = 48 };

static int compare(const void *one, const void *other)
{
        const struct qf_score_rate *a = one, *b = other;
        for (unsigned i = 0; i < QF_SCORE_NAMES; i++)
                if (a->order[i] != b->order[i])
                        return a->order[i] < b->order[i] ? -1 : 1;
        return 0;
}

uint32_t qf_scorecard_pool(struct qf_score_rate *rates, uint32_t count)
{
        uint32_t kept = 0;
        if (count)
                qsort(rates, count, sizeof(*rates), compare);
        for (uint32_t i = 0; i < count; i++) {
                if (kept && compare(&rates[kept - 1], &rates[i]) == 0) {
                        rates[kept - 1].k += rates[i].k;
                        rates[kept - 1].n += rates[i].n;
                } else {
                        rates[kept++] = rates[i];
                }
        }
        return kept;
}

static const char *const rate_names[QF_SCORE_NAMES] = {"wave", "base", "rate_kind"};

/* columns: where the names stand in a row; places: where k and n do. Both are required of a result. */
static struct qf_score_rate rate_of(bool chinese, const struct qf_programme *programme,
                                    const uint32_t columns[QF_SCORE_NAMES], const int places[2],
                                    const struct qf_answer_row *row)
{
        struct qf_score_rate rate = {.k = row->figures[places[0]] - 1, .n = row->figures[places[1]] - 1};
        for (unsigned name = 0; name < QF_SCORE_NAMES; name++) {
                const struct qf_view dimension = qf_view_of(rate_names[name]),
                                     code = row->members[columns[name]];
                rate.codes[name] = code;
                rate.labels[name] = qf_label_member(chinese, programme, dimension, code, NULL, 0);
                rate.order[name] = qf_programme_find_member(
                        programme, qf_programme_find_dimension(programme, dimension), code);
        }
        return rate;
}

int qf_scorecard_take(bool chinese, const struct qf_programme *programme, const struct qf_to_reader *answer,
                      struct qf_score_rate **ret_rates, uint32_t *ret_count)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("survey_result"));
        const int places[] = {qf_kind_figure(spec, QF_VIEW("k")), qf_kind_figure(spec, QF_VIEW("n"))};
        uint32_t columns[QF_SCORE_NAMES];
        for (unsigned name = 0; name < QF_SCORE_NAMES; name++) {
                columns[name] = qf_listed_column(answer, rate_names[name]);
                if (columns[name] == answer->by_count && answer->answer_rows_count)
                        return 1;
        }
        struct qf_score_rate *rates = calloc((size_t)answer->answer_rows_count + 1, sizeof(*rates));
        if (!rates)
                return -ENOMEM;
        for (uint32_t i = 0; i < answer->answer_rows_count; i++)
                rates[i] = rate_of(chinese, programme, columns, places, &answer->answer_rows[i]);
        *ret_count = qf_scorecard_pool(rates, answer->answer_rows_count);
        *ret_rates = rates;
        return 0;
}

json_t *qf_scorecard_json(const struct qf_score_rate *rates, uint32_t count, enum qf_rounding rounding)
{
        char share[FIGURE_BYTES];
        json_t *array = json_array();
        for (uint32_t i = 0; i < count; i++) {
                const struct qf_score_rate *rate = &rates[i];
                json_t *row = json_object();
                for (unsigned name = 0; name < QF_SCORE_NAMES; name++)
                        (void)json_object_set_new(row, rate_names[name], qf_json_text(rate->codes[name]));
                (void)json_object_set_new(row, "k", json_integer(rate->k));
                (void)json_object_set_new(row, "n", json_integer(rate->n));
                (void)json_object_set_new(
                        row, "percent",
                        json_string(qf_ratio_percent(rate->k, rate->n, 1, rounding, share, sizeof(share))));
                if (rate->over)
                        (void)json_object_set_new(row, "over",
                                                  json_pack("{s:I, s:b}", "percent", (json_int_t)rate->over,
                                                            "holds",
                                                            qf_ratio_over(rate->k, rate->n, rate->over)));
                (void)json_array_append_new(array, row);
        }
        return array;
}

/* 96.5%（965/1000）; "above 98%" only where 100 k > 98 n. */
static int append_rate(bool chinese, const struct qf_score_rate *rate, enum qf_rounding rounding,
                       struct qf_buffer *text)
{
        char share[FIGURE_BYTES];
        const struct qf_view name = rate->labels[QF_SCORE_RATE];
        const bool is_over = rate->over && qf_ratio_over(rate->k, rate->n, rate->over);
        int r = qf_buffer_print(text, chinese ? "%.*s" : "%.*s ", (int)name.len, name.at);
        if (!r && is_over)
                r = qf_buffer_print(text, chinese ? "超过%lld%%" : "above %lld%%", (long long)rate->over);
        else if (!r)
                r = qf_buffer_print(text, rate->n ? "%s%%" : "%s",
                                    qf_ratio_percent(rate->k, rate->n, 1, rounding, share, sizeof(share)));
        if (!r)
                r = qf_buffer_print(text, chinese ? "（%lld/%lld）" : " (%lld/%lld)", (long long)rate->k,
                                    (long long)rate->n);
        if (!r && rate->over && !is_over)
                r = qf_buffer_print(text, chinese ? "不超过%lld%%" : " not above %lld%%",
                                    (long long)rate->over);
        return r;
}

static bool same_survey(const struct qf_score_rate *one, const struct qf_score_rate *other)
{
        return one->order[QF_SCORE_WAVE] == other->order[QF_SCORE_WAVE] &&
               one->order[QF_SCORE_BASE] == other->order[QF_SCORE_BASE];
}

int qf_scorecard_rates(bool chinese, const struct qf_score_rate *rates, uint32_t count,
                       enum qf_rounding rounding, struct qf_buffer *ret_text)
{
        int r = 0;
        for (uint32_t i = 0; !r && i < count; i++) {
                const struct qf_score_rate *rate = &rates[i];
                const struct qf_view wave = rate->labels[QF_SCORE_WAVE], base = rate->labels[QF_SCORE_BASE];
                if (i && same_survey(rate, rate - 1))
                        r = qf_buffer_print(ret_text, chinese ? "，" : ", ");
                else
                        r = qf_buffer_print(ret_text,
                                            chinese ? "调查（%.*s，%.*s）：" : "Survey (%.*s, %.*s): ",
                                            (int)wave.len, wave.at, (int)base.len, base.at);
                if (!r)
                        r = append_rate(chinese, rate, rounding, ret_text);
                if (!r && (i + 1 == count || !same_survey(rate, rate + 1)))
                        r = qf_buffer_print(ret_text, chinese ? "。\n" : ".\n");
        }
        return r;
}

/* 10,240（alpha/live/1，2023-05-06） */
static int append_record(bool chinese, const struct qf_claim *claim, const struct qf_answer_row *row,
                         struct qf_buffer *text)
{
        char views[FIGURE_BYTES];
        char day[FIGURE_BYTES];
        const struct qf_view date = qf_label_period(row->members[0], day, sizeof(day));
        const int64_t figure = row->figures[claim->place];
        const char *unknown = chinese ? "不详" : "not known";
        return qf_buffer_print(text, chinese ? "%s（%.*s/%.*s，%.*s）" : "%s (%.*s/%.*s, %.*s)",
                               figure ? qf_ratio_grouped(figure - 1, views, sizeof(views)) : unknown,
                               (int)row->members[1].len, row->members[1].at, (int)row->members[2].len,
                               row->members[2].at, (int)date.len, date.at);
}

static int append_exceptions(bool chinese, const struct qf_claim *claim, const struct qf_to_reader *answer,
                             struct qf_buffer *text)
{
        const char *before = chinese ? "：" : ": ";
        int r = 0;
        for (uint32_t i = 0; !r && i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                if (row->figures[claim->place] && !qf_claim_is_broken(claim, row))
                        continue;
                r = qf_buffer_print(text, "%s", before);
                if (!r)
                        r = append_record(chinese, claim, row, text);
                before = chinese ? "、" : ", ";
        }
        return r;
}

int qf_scorecard_broadcasts(bool chinese, const struct qf_claim *claim, const struct qf_to_reader *answer,
                            struct qf_buffer *ret_text)
{
        char bound[FIGURE_BYTES];
        const struct qf_claim_checked checked = qf_claim_check(claim, answer);
        const char *how = chinese ? "每场观看都超过" : "each with more than ";
        int r;
        if (!checked.records)
                return qf_buffer_print(ret_text, chinese ? "没有直播。\n" : "No broadcasts.\n");
        if (checked.breaks)
                how = chinese ? "并非每场观看都超过" : "not each with more than ";
        else if (checked.unknown)
                how = chinese ? "不能说每场观看都超过" : "of which it can't be said that each has more than ";
        (void)(chinese ? qf_ratio_magnitude_zh(claim->bound, bound, sizeof(bound))
                       : qf_ratio_grouped(claim->bound, bound, sizeof(bound)));
        r = qf_buffer_print(ret_text, chinese ? "直播%u场，%s%s人次" : "%u broadcasts, %s%s views",
                            checked.records, how, bound);
        if (!r && qf_claim_holds(&checked)) {
                r = qf_buffer_print(ret_text, chinese ? "，最少" : ", the least ");
                if (!r)
                        r = append_record(chinese, claim, checked.least, ret_text);
        } else if (!r) {
                r = append_exceptions(chinese, claim, answer, ret_text);
        }
        return r ? r : qf_buffer_print(ret_text, chinese ? "。\n" : ".\n");
}
