/* The second opinion: reporting adds numbers up from cells and columns, this from
 * the records that it lists. What the two have in common is the table of kinds. */
#include "qf/reading/why.h"

#include <string.h>

#include "base/text.h"
#include "model/period.h"
#include "views/listed.h"

static bool name_count(struct qf_why *why, struct qf_view measure)
{
        for (unsigned i = 0; i < QF_MEASURES; i++) {
                if (!qf_view_same(measure, qf_view_of(qf_measure_code((enum qf_measure)i))))
                        continue;
                why->count = (enum qf_measure)i;
                return true;
        }
        return false;
}

bool qf_why_name(struct qf_why *why, struct qf_view kind, struct qf_view measure)
{
        static const char *const hows[] = {
                [QF_WHY_SUM] = "sum:", [QF_WHY_MAX] = "max:", [QF_WHY_MIN] = "min:"};

        why->spec = NULL;
        if (qf_view_same(kind, QF_VIEW("activity")))
                return name_count(why, measure);
        why->spec = qf_kind_named(kind);
        for (unsigned how = QF_WHY_SUM; how <= QF_WHY_MIN && measure.len > 4; how++) {
                if (memcmp(measure.at, hows[how], 4) != 0)
                        continue;
                why->how = (enum qf_why_how)how;
                measure = (struct qf_view){measure.at + 4, measure.len - 4};
        }
        why->measure = why->spec ? qf_kind_measure(why->spec, measure) : NULL;
        return why->measure != NULL;
}

bool qf_why_cell(struct qf_why *why, struct qf_view text)
{
        const char *equals = text.len ? memchr(text.at, '=', text.len) : NULL;

        if (!equals || why->cells_count == QF_WHY_CELLS_MAX)
                return false;
        const uint32_t len = (uint32_t)(equals - text.at);
        why->dimension[why->cells_count] = (struct qf_view){text.at, len};
        why->member[why->cells_count++] = (struct qf_view){equals + 1, text.len - len - 1};
        return true;
}

bool qf_why_is_stock(const struct qf_why *why)
{
        return why->measure && why->measure->rule == QF_RULE_STOCK;
}

/* Whether a list of codes, joined by commas, has one; an empty list has the empty code. */
static bool has_code(struct qf_view codes, struct qf_view code)
{
        if (codes.len == 0 || code.len == 0)
                return codes.len == code.len;
        return qf_listed_has(codes, code);
}

static bool is_in_cells(const struct qf_why *why, const struct qf_to_reader *list,
                        const struct qf_answer_row *row)
{
        for (uint32_t c = 0; c < why->cells_count; c++) {
                struct qf_view codes = QF_VIEW(""); /* a dimension that nobody on the page has members in */
                for (uint32_t i = 0; i < list->by_count; i++)
                        if (qf_view_same(list->by[i], why->dimension[c]))
                                codes = row->members[i];
                if (!has_code(codes, why->member[c]))
                        return false;
        }
        return true;
}

static bool is_stated(const struct qf_answer_row *row, int8_t figure)
{
        return figure >= 0 && (uint32_t)figure < row->figures_count && row->figures[figure] != 0;
}

static bool stands(const struct qf_why *why, const struct qf_answer_row *row)
{
        const int8_t end = why->measure->of;
        uint64_t date = 0;

        return qf_text_number(row->members[0], QF_DATE_LAST, &date) &&
               qf_date_first_day((uint32_t)date) <= why->stock_day &&
               (!is_stated(row, end) ||
                row->figures[end] - 1 >= (int64_t)why->stock_day + why->measure->ends);
}

struct qf_why_part qf_why_part_of(const struct qf_why *why, const struct qf_to_reader *list,
                                  const struct qf_answer_row *row)
{
        struct qf_why_part part = {.belongs = is_in_cells(why, list, row)};

        if (!why->spec) {
                part.known = why->count != QF_ATTENDANCES || row->counts.of[QF_RECORDS_UNKNOWN] == 0;
                part.value = row->counts.of[why->count];
                part.of = 1;
                return part;
        }
        const struct qf_kind_measure *measure = why->measure;
        if (measure->rule == QF_RULE_STOCK)
                part.belongs = part.belongs && stands(why, row);
        part.known = measure->figure == QF_NO_FIGURE || is_stated(row, measure->figure);
        if (measure->rule == QF_RULE_RATIO)
                part.known = part.known && is_stated(row, measure->of);
        if (!part.known)
                return part;
        part.value = measure->figure == QF_NO_FIGURE ? 1 : row->figures[measure->figure] - 1;
        part.of = measure->rule == QF_RULE_RATIO ? row->figures[measure->of] - 1 : 1;
        return part;
}

/* The largest and the smallest are of those that are known. */
static bool put_value(const struct qf_why *why, const struct qf_why_part *part, struct qf_why_sum *sum)
{
        const bool first = sum->of == 0;
        const bool largest = why->how == QF_WHY_MAX ||
                             (why->how == QF_WHY_OWN && why->measure && why->measure->rule == QF_RULE_MAX);

        if (why->how == QF_WHY_MIN)
                sum->value = first || part->value < sum->value ? part->value : sum->value;
        else if (largest)
                sum->value = first || part->value > sum->value ? part->value : sum->value;
        else
                return !__builtin_add_overflow(sum->value, part->value, &sum->value);
        return true;
}

bool qf_why_add(const struct qf_why *why, const struct qf_why_part *part, struct qf_why_sum *sum)
{
        if (!part->belongs)
                return true;
        sum->unknown += !part->known;
        if (!part->known)
                return true;
        return put_value(why, part, sum) && !__builtin_add_overflow(sum->of, part->of, &sum->of);
}

static const struct qf_answer_row *find_row(const struct qf_why *why, const struct qf_to_reader *totals)
{
        if (why->cells_count == 0)
                return &totals->all;
        for (uint32_t i = 0; i < totals->answer_rows_count; i++) {
                bool same = totals->by_count == why->cells_count;
                for (uint32_t c = 0; c < why->cells_count && same; c++)
                        same = qf_view_same(totals->answer_rows[i].members[c], why->member[c]);
                if (same)
                        return &totals->answer_rows[i];
        }
        return NULL;
}

bool qf_why_number(const struct qf_why *why, const struct qf_to_reader *totals, struct qf_why_sum *ret_sum)
{
        const struct qf_answer_row *row = find_row(why, totals);

        *ret_sum = (struct qf_why_sum){0};
        if (!row)
                return true; /* a row that nothing is in is not printed */
        if (!why->spec) {
                ret_sum->value = row->counts.of[why->count];
                ret_sum->unknown = why->count == QF_ATTENDANCES ? row->counts.of[QF_RECORDS_UNKNOWN] : 0;
                ret_sum->of = row->counts.of[QF_RECORDS] - ret_sum->unknown;
                return true;
        }
        if (row->figures_count != 3 || row->figures[2] < 0)
                return false;
        *ret_sum = (struct qf_why_sum){row->figures[0], row->figures[1], row->figures[2]};
        return true;
}

bool qf_why_same(const struct qf_why_sum *a, const struct qf_why_sum *b)
{
        return a->value == b->value && a->of == b->of && a->unknown == b->unknown;
}
