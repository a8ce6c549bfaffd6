/* One bit a number, made when the first is looked at ahead: most walks end before anything changes. */
#include "report/scan.h"

#include <errno.h>
#include <stdlib.h>

enum { BITS = 64 };

void qf_scan_deinit(struct qf_scan *scan)
{
        free(scan->ahead);
        *scan = (struct qf_scan){0};
}

bool qf_scan_next(struct qf_scan *scan, uint32_t most, uint32_t *ret_first, uint32_t *ret_count)
{
        const uint32_t left = scan->end - scan->next;

        if (left == 0)
                return false;
        *ret_first = scan->next;
        *ret_count = left < most ? left : most;
        scan->next += *ret_count;
        return true;
}

bool qf_scan_passed_over(const struct qf_scan *scan, uint32_t number)
{
        return scan->ahead && scan->ahead[number / BITS] >> number % BITS & 1;
}

bool qf_scan_awaits(const struct qf_scan *scan, uint32_t number)
{
        return number >= scan->next && number < scan->end && !qf_scan_passed_over(scan, number);
}

int qf_scan_look_ahead(struct qf_scan *scan, uint32_t number)
{
        if (!scan->ahead)
                scan->ahead = calloc((size_t)scan->end / BITS + 1, sizeof(*scan->ahead));
        if (!scan->ahead)
                return -ENOMEM;
        scan->ahead[number / BITS] |= UINT64_C(1) << number % BITS;
        return 0;
}
