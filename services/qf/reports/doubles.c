/* Why: a joint activity counts once, by its lead organisation; whoever else reports
 * it too doubles it, and only a person can say which two are one. */
#include "qf/reports/doubles.h"

#include <stdlib.h>

#include "views/listed.h"

unsigned qf_double_of(const struct qf_told *a, const struct qf_told *b)
{
        unsigned why = QF_DOUBLE_NONE;
        if (!a->org.len || !b->org.len || qf_view_same(a->org, b->org))
                return QF_DOUBLE_NONE;
        if (a->site.len && b->site.len && !qf_view_same(a->site, b->site))
                return QF_DOUBLE_NONE; /* one activity is at one place */
        if (a->site.len && b->site.len)
                why |= QF_DOUBLE_SITE;
        if (qf_listed_has(a->co_orgs, b->org) || qf_listed_has(b->co_orgs, a->org))
                why |= QF_DOUBLE_CO_HOST;
        return why;
}

static int by_org(const void *one, const void *other)
{
        const struct qf_told *a = one, *b = other;
        const int r = qf_view_order(a->org, b->org);
        return r ? r : qf_view_order(a->key, b->key);
}

static int by_site(const void *one, const void *other)
{
        const struct qf_told *a = one, *b = other;
        const int r = qf_view_order(a->site, b->site);
        return r ? r : by_org(one, other);
}

static int pairs_of_sites(struct qf_told *day, uint32_t count,
                          int (*found)(void *ctx, const struct qf_told *a, const struct qf_told *b,
                                       unsigned why),
                          void *ctx)
{
        int r = 0;
        qsort(day, count, sizeof(*day), by_site);
        for (uint32_t i = 0; i < count && !r; i++)
                for (uint32_t k = i + 1;
                     k < count && day[i].site.len && qf_view_same(day[i].site, day[k].site) && !r; k++) {
                        const unsigned why = qf_double_of(&day[i], &day[k]);
                        if (why)
                                r = found(ctx, &day[i], &day[k], why);
                }
        return r;
}

static uint32_t first_led_by(const struct qf_told *day, uint32_t count, struct qf_view org)
{
        uint32_t first = 0, end = count;
        while (first < end) {
                const uint32_t middle = first + (end - first) / 2;
                if (qf_view_order(day[middle].org, org) < 0)
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

int qf_doubles_of_day(struct qf_told *day, uint32_t count,
                      int (*found)(void *ctx, const struct qf_told *a, const struct qf_told *b, unsigned why),
                      void *ctx)
{
        if (count < 2)
                return 0;
        int r = pairs_of_sites(day, count, found, ctx);
        qsort(day, count, sizeof(*day), by_org);
        for (uint32_t i = 0; i < count && !r; i++) {
                struct qf_view codes = day[i].co_orgs, org;
                while (qf_listed_next(&codes, &org) && !r)
                        for (uint32_t k = first_led_by(day, count, org);
                             k < count && qf_view_same(day[k].org, org) && !r; k++) {
                                /* Those of one site were found; two that name each other come up twice. */
                                const bool again = k < i && qf_listed_has(day[k].co_orgs, day[i].org);
                                if (qf_double_of(&day[i], &day[k]) == QF_DOUBLE_CO_HOST && !again)
                                        r = found(ctx, &day[i], &day[k], QF_DOUBLE_CO_HOST);
                        }
        }
        return r;
}
