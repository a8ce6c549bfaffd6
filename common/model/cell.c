/* Counts are added with an overflow check, all five or none: a total that wrapped
 * would be believed. */
#include "model/cell.h"

const char *qf_measure_code(enum qf_measure measure)
{
        static const char *const codes[QF_MEASURES] = {
                [QF_RECORDS] = "records",
                [QF_ACTIVITIES] = "activities",
                [QF_ATTENDANCES] = "attendances",
                [QF_RECORDS_UNKNOWN] = "records_unknown",
                [QF_ACTIVITIES_UNKNOWN] = "activities_unknown",
        };

        return (unsigned)measure < QF_MEASURES ? codes[measure] : "";
}

bool qf_counts_known(const struct qf_counts *counts, enum qf_measure measure)
{
        return measure != QF_ATTENDANCES || !counts->of[QF_ACTIVITIES] ||
               counts->of[QF_ACTIVITIES] > counts->of[QF_ACTIVITIES_UNKNOWN];
}

enum qf_compared qf_counts_compared(const struct qf_counts *now, const struct qf_counts *before,
                                    enum qf_measure measure)
{
        if (!qf_counts_known(before, measure))
                return QF_COMPARED_WITH_UNKNOWN;
        if (!before->of[measure])
                return QF_COMPARED_WITH_NONE;
        return qf_counts_known(now, measure) ? QF_COMPARED : QF_COMPARED_UNKNOWN;
}

bool qf_counts_add(struct qf_counts *to, const struct qf_counts *more, int sign)
{
        struct qf_counts sum;
        bool over = false;

        for (int i = 0; i < QF_MEASURES; i++) {
                if (sign < 0)
                        over |= __builtin_sub_overflow(to->of[i], more->of[i], &sum.of[i]);
                else
                        over |= __builtin_add_overflow(to->of[i], more->of[i], &sum.of[i]);
        }
        if (over)
                return false;
        *to = sum;
        return true;
}
