/* Why: what is overdue depends on the day that is asked about, so it is worked
 * out from the statements and kept nowhere. */
#include "views/oversight.h"

#include <stdlib.h>
#include <string.h>

struct qf_view qf_oversight_cycle(struct qf_view key)
{
        const char *slash = key.len ? memchr(key.at, '/', key.len) : NULL;
        return slash ? (struct qf_view){key.at, (uint32_t)(slash - key.at)} : key;
}

static int compare_texts(struct qf_view a, struct qf_view b)
{
        const uint32_t len = a.len < b.len ? a.len : b.len;
        const int r = len ? memcmp(a.at, b.at, len) : 0;
        return r || a.len == b.len ? r : a.len < b.len ? -1 : 1;
}

static int compare(const void *one, const void *other)
{
        const struct qf_oversight_item *a = one, *b = other;
        int r = compare_texts(a->cycle, b->cycle);
        if (!r)
                r = compare_texts(a->org, b->org);
        if (!r && a->checkpoint != b->checkpoint)
                r = a->checkpoint < b->checkpoint ? -1 : 1;
        return r ? r : compare_texts(a->key, b->key);
}

static bool is_raised(const struct qf_oversight_item *item, uint32_t asof)
{
        return !item->checkpoint && item->since <= asof;
}

static bool is_closed(const struct qf_oversight_item *item, uint32_t asof)
{
        return is_raised(item, asof) && item->verified && item->verified <= asof;
}

bool qf_oversight_is_done(const struct qf_oversight_item *item, uint32_t asof)
{
        return item->checkpoint && item->since <= asof;
}

bool qf_oversight_is_overdue(const struct qf_oversight_item *item, uint32_t asof)
{
        const bool rectified = item->rectified && item->rectified <= asof;
        return is_raised(item, asof) && !is_closed(item, asof) && !rectified && item->due && item->due < asof;
}

static void count_in(struct qf_oversight_row *row, const struct qf_oversight_item *item, uint32_t asof)
{
        row->raised += is_raised(item, asof);
        row->closed += is_closed(item, asof);
        row->open = row->raised - row->closed;
        row->overdue += qf_oversight_is_overdue(item, asof);
}

uint32_t qf_oversight_fold(struct qf_oversight_item *items, uint32_t count, uint32_t asof,
                           struct qf_oversight_row *rows, struct qf_oversight_row *ret_all)
{
        uint32_t made = 0, last = 0; /* last: checkpoint that was counted in this row */
        *ret_all = (struct qf_oversight_row){.count = count};
        if (count)
                qsort(items, count, sizeof(*items), compare);
        for (uint32_t i = 0; i < count; i++) {
                const struct qf_oversight_item *item = &items[i];
                if (!made || !qf_view_same(rows[made - 1].cycle, item->cycle) ||
                    !qf_view_same(rows[made - 1].org, item->org)) {
                        rows[made++] =
                                (struct qf_oversight_row){.cycle = item->cycle, .org = item->org, .first = i};
                        last = 0;
                }
                struct qf_oversight_row *row = &rows[made - 1];
                row->count++;
                count_in(row, item, asof);
                count_in(ret_all, item, asof);
                if (qf_oversight_is_done(item, asof) && item->checkpoint != last) {
                        last = item->checkpoint;
                        row->done++;
                        ret_all->done++;
                }
        }
        return made;
}
