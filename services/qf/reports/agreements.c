/* Why: a stock is counted on a day; what has not begun, or is over, is none of it. */
#include "qf/reports/agreements.h"

#include "model/period.h"

bool qf_agreement_in_force(const struct qf_agreement *agreement, uint32_t day)
{
        return agreement->signed_on <= day && (!agreement->until || agreement->until >= day);
}

int32_t qf_agreement_days_left(const struct qf_agreement *agreement, uint32_t day)
{
        return qf_date_days(agreement->until) - qf_date_days(day);
}

bool qf_agreement_expiring(const struct qf_agreement *agreement, uint32_t day, uint32_t days)
{
        return agreement->until && qf_agreement_in_force(agreement, day) &&
               qf_agreement_days_left(agreement, day) <= (int32_t)days;
}
