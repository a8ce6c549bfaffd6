/* Why: a mean hides the one session that nobody came to; three numbers do not. */
#include "qf/reports/spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/ratio.h"

static int compare(const void *one, const void *other)
{
        const int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
        return a < b ? -1 : a > b;
}

struct qf_spread qf_spread_of(int64_t *values, uint32_t count)
{
        if (!count)
                return (struct qf_spread){0};
        qsort(values, count, sizeof(*values), compare);
        return (struct qf_spread){.count = count,
                                  .least = values[0],
                                  .most = values[count - 1],
                                  .median_sum = values[(count - 1) / 2] + values[count / 2]};
}

char *qf_spread_median(const struct qf_spread *spread, char *ret_text, size_t room)
{
        (void)qf_ratio_grouped(spread->median_sum / 2, ret_text, room);
        const size_t len = strlen(ret_text);
        (void)snprintf(ret_text + len, room - len, "%s", spread->median_sum % 2 ? ".5" : "");
        return ret_text;
}
