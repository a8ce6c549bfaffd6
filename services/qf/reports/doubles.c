/* Why: a joint activity counts once, by its lead organisation; whoever else reports
 * it too doubles it, and only a person can say which two are one. */
#include "qf/reports/doubles.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "programme/programme.h"
#include "views/listed.h"

enum { TITLE_BYTES = 512, LIKE_LEAST = 750 /* of 1000, as qf_name_likeness has it */ };

/* Marks that one writes and another leaves out: each three bytes of UTF-8. */
static bool is_mark(const char *at)
{
        static const char marks[] = "　、，。：；！？（）《》〈〉「」『』【】“”‘’…—";
        for (const char *mark = marks; *mark; mark += 3)
                if (!memcmp(at, mark, 3))
                        return true;
        return false;
}

static struct qf_view fold_title(struct qf_view title, char room[TITLE_BYTES])
{
        uint32_t len = 0;
        for (uint32_t i = 0; i < title.len && len < TITLE_BYTES; i++) {
                const unsigned char c = (unsigned char)title.at[i];
                const bool three = c >= 0xe0 && i + 2 < title.len;
                if (three && is_mark(&title.at[i]))
                        i += 2;
                else if (c >= 0x80 || isalnum(c))
                        room[len++] = (char)tolower(c);
        }
        return (struct qf_view){room, len};
}

static bool same_digits(struct qf_view a, struct qf_view b)
{
        uint32_t i = 0, k = 0;
        for (;; i++, k++) {
                while (i < a.len && (a.at[i] < '0' || a.at[i] > '9'))
                        i++;
                while (k < b.len && (b.at[k] < '0' || b.at[k] > '9'))
                        k++;
                if (i == a.len || k == b.len)
                        return i == a.len && k == b.len;
                if (a.at[i] != b.at[k])
                        return false;
        }
}

bool qf_titles_alike(struct qf_view a, struct qf_view b)
{
        char room[2][TITLE_BYTES];
        const struct qf_view one = fold_title(a, room[0]), other = fold_title(b, room[1]);
        if (!one.len || !other.len)
                return false;
        return qf_view_same(one, other) ||
               (same_digits(one, other) && qf_name_likeness(one, other) >= LIKE_LEAST);
}

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
        if (qf_titles_alike(a->title, b->title))
                why |= QF_DOUBLE_TITLE;
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

static int by_title(const void *one, const void *other)
{
        const struct qf_told *a = one, *b = other;
        const int r = qf_view_order(a->title, b->title);
        return r ? r : by_org(one, other);
}

/* Those that nothing but their titles tells of. */
static int pairs_of_titles(struct qf_told *day, uint32_t count,
                           int (*found)(void *ctx, const struct qf_told *a, const struct qf_told *b,
                                        unsigned why),
                           void *ctx)
{
        const bool many = count > QF_DOUBLES_TITLES_DAY;
        int r = 0;
        qsort(day, count, sizeof(*day), by_title);
        for (uint32_t i = 0; i < count && !r; i++)
                for (uint32_t k = i + 1; k < count && day[i].title.len && !r; k++) {
                        if (many && !qf_view_same(day[i].title, day[k].title))
                                break;
                        if (qf_double_of(&day[i], &day[k]) == QF_DOUBLE_TITLE)
                                r = found(ctx, &day[i], &day[k], QF_DOUBLE_TITLE);
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
        if (!r)
                r = pairs_of_titles(day, count, found, ctx);
        qsort(day, count, sizeof(*day), by_org);
        for (uint32_t i = 0; i < count && !r; i++) {
                struct qf_view codes = day[i].co_orgs, org;
                while (qf_listed_next(&codes, &org) && !r)
                        for (uint32_t k = first_led_by(day, count, org);
                             k < count && qf_view_same(day[k].org, org) && !r; k++) {
                                /* Those of one site were found; two that name each other come up twice. */
                                const bool again = k < i && qf_listed_has(day[k].co_orgs, day[i].org);
                                const unsigned why = qf_double_of(&day[i], &day[k]);
                                if ((why & QF_DOUBLE_CO_HOST) && !(why & QF_DOUBLE_SITE) && !again)
                                        r = found(ctx, &day[i], &day[k], why);
                        }
        }
        return r;
}
