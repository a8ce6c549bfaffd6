#include <string.h>
#include "views/listed.h"

#include "base/text.h"
#include "model/period.h"

uint32_t qf_listed_column(const struct qf_to_reader *answer, const char *dimension)
{
        uint32_t i = 0;
        while (i < answer->by_count && !qf_view_same(answer->by[i], qf_view_of(dimension)))
                i++;
        return i;
}

struct qf_view qf_listed_member(const struct qf_to_reader *answer, const struct qf_answer_row *row,
                                const char *dimension)
{
        const uint32_t column = qf_listed_column(answer, dimension);
        return column < answer->by_count ? row->members[column] : QF_VIEW("");
}

/* "2023", "202305", "20230500" or "20230506"; 0: none of these. */
static uint32_t last_day_of(struct qf_view period)
{
        uint64_t date;
        if (!qf_text_number(period, QF_DATE_LAST, &date) || period.len % 2 || period.len < 4)
                return 0;
        for (uint32_t len = period.len; len < 8; len += 2)
                date *= 100;
        return qf_date_valid((uint32_t)date) ? qf_date_last_day((uint32_t)date) : 0;
}

uint32_t qf_listed_names_on(const struct qf_to_reader *answer, const struct qf_answer_row *row,
                            uint32_t range_last)
{
        static const char *const periods[] = {"day", "month", "year", "date"};
        for (unsigned i = 0; row->members && i < sizeof(periods) / sizeof(periods[0]); i++) {
                const uint32_t last = last_day_of(qf_listed_member(answer, row, periods[i]));
                if (last)
                        return range_last && range_last < last ? range_last : last;
        }
        return range_last;
}

uint32_t qf_listed_date(const struct qf_answer_row *row)
{
        uint64_t date = 0;
        return qf_text_number(row->members[QF_LISTED_DATE], QF_DATE_LAST, &date) ? (uint32_t)date : 0;
}

bool qf_listed_figure(const struct qf_kind_spec *spec, const struct qf_answer_row *row, const char *figure,
                      int64_t *ret_value)
{
        const int place = qf_kind_figure(spec, qf_view_of(figure));
        if (place == QF_NO_FIGURE || !row->figures[place])
                return false;
        *ret_value = row->figures[place] - 1;
        return true;
}

uint32_t qf_listed_day(const struct qf_kind_spec *spec, const struct qf_answer_row *row, const char *figure)
{
        int64_t day;
        return qf_listed_figure(spec, row, figure, &day) ? (uint32_t)day : 0;
}

bool qf_listed_restricted(const struct qf_to_reader *answer)
{
        for (uint32_t i = 0; i < answer->notes_count; i++)
                if (qf_view_same(answer->notes[i], QF_VIEW("restricted")))
                        return true;
        return false;
}

bool qf_listed_next(struct qf_view *codes, struct qf_view *ret_code)
{
        if (!codes->len)
                return false;
        const char *comma = memchr(codes->at, ',', codes->len);
        const uint32_t len = comma ? (uint32_t)(comma - codes->at) : codes->len, step = len + (comma != NULL);
        *ret_code = (struct qf_view){codes->at, len};
        *codes = (struct qf_view){codes->at + step, codes->len - step};
        return true;
}

bool qf_listed_has(struct qf_view codes, struct qf_view code)
{
        struct qf_view one;
        while (qf_listed_next(&codes, &one))
                if (qf_view_same(one, code))
                        return true;
        return false;
}
