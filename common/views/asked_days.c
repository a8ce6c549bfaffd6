/* Why: dates are asked for in many places, and what is wrong with one is said in the same words in all of them. */
#include "views/asked_days.h"

#include "client/feed_cell.h"
#include "model/period.h"

const struct qf_asked_fault *qf_asked_date(struct qf_view text, bool whole_day, uint32_t *ret_date)
{
        static const struct qf_asked_fault
                no_such = {"日历上没有这个日期，请写真实的，如 2023-05-06",
                           "no calendar has this date; write one such as 2023-05-06"},
                no_day = {"要写成 2023-05-06 这样的一天", "a day such as 2023-05-06"},
                no_date = {"要写成 2023-05-06、2023-05 或 2023 这样的日期",
                           "a date such as 2023-05-06, 2023-05 or 2023"};
        uint32_t date = 0;
        const int outcome = text.at ? qf_cell_date(text, QF_ORDER_YMD, &date) : 0;

        if (outcome == QF_CELL_NO_SUCH)
                return &no_such;
        if (outcome || (whole_day && text.at && date % 100 == 0))
                return whole_day ? &no_day : &no_date;
        if (text.at)
                *ret_date = date;
        return NULL;
}

const struct qf_asked_fault *qf_asked_days(struct qf_view from, struct qf_view to, uint32_t *ret_first_day,
                                           uint32_t *ret_last_day, const char **ret_of)
{
        static const struct qf_asked_fault backwards = {"在要问的最后一天之后",
                                                        "it is after the last day that is asked for"};
        uint32_t first = 0, last = 0;
        const struct qf_asked_fault *fault = qf_asked_date(from, false, &first);

        *ret_of = "from";
        if (!fault) {
                fault = qf_asked_date(to, false, &last);
                *ret_of = fault ? "to" : "from";
        }
        if (!fault && first && last && qf_date_first_day(first) > qf_date_last_day(last))
                fault = &backwards;
        if (fault)
                return fault;
        *ret_first_day = first ? qf_date_first_day(first) : *ret_first_day;
        *ret_last_day = last ? qf_date_last_day(last) : *ret_last_day;
        return NULL;
}
