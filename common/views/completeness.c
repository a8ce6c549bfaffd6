/* Why: a month without a sheet is silence, one with a zero report is an answer;
 * only who feeds, and is there in that month, is waited for. */
#include "views/completeness.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *one, const void *other)
{
        const struct qf_cover *a = one, *b = other;
        const uint32_t len = a->org.len < b->org.len ? a->org.len : b->org.len;
        const int r = len ? memcmp(a->org.at, b->org.at, len) : 0;
        if (r)
                return r;
        if (a->org.len != b->org.len)
                return a->org.len < b->org.len ? -1 : 1;
        return a->month == b->month ? 0 : a->month < b->month ? -1 : 1;
}

static void put_in(struct qf_cover *cover, const struct qf_cover *part)
{
        cover->expected |= part->expected;
        cover->received |= part->received;
        cover->zero |= part->zero;
        for (unsigned i = 0; i < QF_COVER_NUMBERS; i++) {
                cover->declared[i] += part->declared[i];
                cover->counted[i] += part->counted[i];
        }
}

uint32_t qf_completeness_fold(struct qf_cover *parts, uint32_t count)
{
        uint32_t kept = 0;
        if (count)
                qsort(parts, count, sizeof(*parts), compare);
        for (uint32_t i = 0; i < count;) {
                struct qf_cover cover = parts[i];
                for (i++; i < count && compare(&cover, &parts[i]) == 0; i++)
                        put_in(&cover, &parts[i]);
                if (cover.expected || cover.received)
                        parts[kept++] = cover;
        }
        return kept;
}

bool qf_cover_differs(const struct qf_cover *cover)
{
        return cover->received && memcmp(cover->declared, cover->counted, sizeof(cover->declared)) != 0;
}

struct qf_cover_sums qf_completeness_sum(const struct qf_cover *covers, uint32_t count)
{
        struct qf_cover_sums sums = {0};
        for (uint32_t i = 0; i < count; i++) {
                sums.expected += covers[i].expected;
                sums.received += covers[i].expected && covers[i].received;
                sums.beside += !covers[i].expected && covers[i].received;
                sums.zero += covers[i].received && covers[i].zero;
                sums.differing += qf_cover_differs(&covers[i]);
        }
        return sums;
}
