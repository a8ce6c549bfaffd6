/* Why: a zero too many shows beside its neighbours and nowhere else. */
#include "qf/reports/outliers.h"

struct qf_usual qf_usual_of(const int64_t *sorted, uint32_t count)
{
        if (count < QF_OUTLIERS_LEAST)
                return (struct qf_usual){.few = true};
        const int64_t low = sorted[(count - 1) / 4], high = sorted[count - 1 - (count - 1) / 4];
        const int64_t distance = QF_OUTLIERS_TIMES * (high - low);
        return (struct qf_usual){.least = low > distance ? low - distance : 0, .most = high + distance};
}

bool qf_is_outlier(const struct qf_usual *usual, int64_t value)
{
        return !usual->few && (value < usual->least || value > usual->most);
}
