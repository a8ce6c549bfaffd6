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

/* How many digits tables write a period with; 0: it is none. */
static uint32_t period_digits(struct qf_view dimension)
{
        return qf_view_same(dimension, QF_VIEW("year"))    ? 4
               : qf_view_same(dimension, QF_VIEW("month")) ? 6
               : qf_view_same(dimension, QF_VIEW("day"))   ? 8
                                                           : 0;
}

/* "2023-05" as it is printed, or 202305, to 202305; nothing stays nothing: the date is not known so far. */
static bool write_period(struct qf_why *why, uint32_t c)
{
        const struct qf_view member = why->member[c];
        uint32_t len = 0;

        for (uint32_t i = 0; i < member.len; i++) {
                if (member.at[i] == '-')
                        continue;
                if (member.at[i] < '0' || member.at[i] > '9' || len == QF_WHY_PERIOD_BYTES - 1)
                        return false;
                why->period[c][len++] = member.at[i];
        }
        why->member[c] = (struct qf_view){why->period[c], len};
        return len == 0 || len == period_digits(why->dimension[c]);
}

bool qf_why_cell(struct qf_why *why, struct qf_view text)
{
        const char *equals = text.len ? memchr(text.at, '=', text.len) : NULL;

        if (!equals || why->cells_count == QF_WHY_CELLS_MAX)
                return false;
        const uint32_t len = (uint32_t)(equals - text.at), c = why->cells_count++;
        why->dimension[c] = (struct qf_view){text.at, len};
        why->member[c] = (struct qf_view){equals + 1, text.len - len - 1};
        return period_digits(why->dimension[c]) == 0 || write_period(why, c);
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

static struct qf_view codes_of(const struct qf_to_reader *list, const struct qf_answer_row *row,
                               struct qf_view dimension)
{
        struct qf_view codes = QF_VIEW(""); /* a dimension that nobody on the page has members in */

        for (uint32_t i = 0; i < list->by_count; i++)
                if (qf_view_same(list->by[i], dimension))
                        codes = row->members[i];
        return codes;
}

/* Of a row known to the month only no day is known, of one known to the year only no month. */
static bool is_in_period(const struct qf_answer_row *row, uint32_t digits, struct qf_view member)
{
        const uint32_t date = qf_listed_date(row);
        const bool known = digits == 4 || (digits == 6 ? qf_date_month(date) != 0 : date % 100 != 0);
        uint64_t period = 0;

        if (!known || member.len == 0)
                return !known && member.len == 0;
        return qf_text_number(member, QF_DATE_LAST, &period) && period == (digits == 4   ? date / 10000
                                                                           : digits == 6 ? date / 100
                                                                                         : date);
}

/* Whether one of its members belongs to this group on its date, or, for no group, one that belongs to none. */
static bool is_in_group(const struct qf_why *why, uint16_t grouping, uint16_t grouped,
                        const struct qf_to_reader *list, const struct qf_answer_row *row,
                        struct qf_view group)
{
        const struct qf_dimension *dimension = qf_programme_dimension(why->programme, grouped);
        struct qf_view codes = codes_of(list, row, dimension->code), code;

        if (codes.len == 0)
                return group.len == 0;
        while (qf_listed_next(&codes, &code)) {
                const uint32_t member = qf_programme_find_member(why->programme, grouped, code);
                const struct qf_member *found = qf_programme_member(
                        why->programme, grouping,
                        qf_programme_group_of(why->programme, grouping, member, qf_listed_date(row)));
                if (qf_view_same(found ? found->code : QF_VIEW(""), group))
                        return true;
        }
        return false;
}

static bool is_in_cell(const struct qf_why *why, uint32_t c, const struct qf_to_reader *list,
                       const struct qf_answer_row *row)
{
        const uint32_t digits = period_digits(why->dimension[c]);
        const uint16_t id =
                why->programme ? qf_programme_find_dimension(why->programme, why->dimension[c]) : 0;
        const struct qf_dimension *dimension = id ? qf_programme_dimension(why->programme, id) : NULL;

        if (digits)
                return is_in_period(row, digits, why->member[c]);
        if (dimension && dimension->groups)
                return is_in_group(why, id, dimension->groups, list, row, why->member[c]);
        return has_code(codes_of(list, row, why->dimension[c]), why->member[c]);
}

static bool is_in_cells(const struct qf_why *why, const struct qf_to_reader *list,
                        const struct qf_answer_row *row)
{
        for (uint32_t c = 0; c < why->cells_count; c++)
                if (!is_in_cell(why, c, list, row))
                        return false;
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
