/* Batches bring keys that rise, so that a list is mostly a few long runs of them, and
 * where two outboxes take turns, stretches of one lie in the gaps of another: merging
 * them looks at a few slots of each stretch.
 *
 * Why not qsort for what has no such runs: the slots of a commit lie all over memory,
 * and each comparison would wait for two of them, some fifteen times a slot. Keys of
 * one programme share a beginning; the eight bytes after it, taken once from each,
 * nearly always decide, and eight bytes sort by digits. What they leave undecided is
 * compared in full. */
#include "store/standings_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"

enum { PARTNER_BYTES = 4, DIGITS = 8 };
enum { RUNS_FREE = 8, STRETCH = 64 }; /* shorter ones are not worth merging, beyond so many */

/* As memcmp: by partner, then by key. */
static int order_of(const struct qf_standing_slot *slot, uint32_t partner, struct qf_view key)
{
        if (slot->partner != partner)
                return slot->partner < partner ? -1 : 1;
        return qf_view_order(qf_standing_slot_key(slot), key);
}

static int compare(const struct qf_standing_slot *a, const struct qf_standing_slot *b)
{
        return order_of(a, b->partner, qf_standing_slot_key(b));
}

static int compare_places(const void *a, const void *b)
{
        const struct qf_ordered *left = a, *right = b;

        return compare(left->item, right->item);
}

void qf_slots_order_deinit(struct qf_slots_order *order)
{
        free(order->places);
        free(order->other);
        order->places = order->other = NULL;
        order->room = 0;
}

static int reserve(struct qf_slots_order *order, size_t count)
{
        if (order->room >= count)
                return 0;
        qf_slots_order_deinit(order);
        order->places = malloc(count * sizeof(*order->places));
        order->other = malloc(count * sizeof(*order->other));
        if (!order->places || !order->other) {
                qf_slots_order_deinit(order);
                return -ENOMEM;
        }
        order->room = count;
        return 0;
}

/* --- runs ---------------------------------------------------------------------- */

void qf_slots_order_mix(struct qf_slots_order *order)
{
        order->runs_count = QF_SLOT_RUNS_MOST + 1;
}

void qf_slots_order_add(struct qf_slots_order *order, struct qf_standing_slot *const *slots, size_t count,
                        uint32_t partner, struct qf_view key)
{
        if (count > 0 && order_of(slots[count - 1], partner, key) < 0)
                return;
        if (order->runs_count == QF_SLOT_RUNS_MOST || order->runs_count > RUNS_FREE + count / STRETCH)
                qf_slots_order_mix(order);
        else
                order->runs[order->runs_count++] = (uint32_t)count;
}

void qf_slots_order_begin(struct qf_slots_order *order)
{
        order->runs_count = 0;
}

static int compare_runs(const void *a, const void *b)
{
        const struct qf_slots_run *left = a, *right = b;

        return compare(*left->at, *right->at);
}

/* How many slots of a run come before another; its first one does. */
static size_t count_before(const struct qf_slots_run *run, const struct qf_standing_slot *other)
{
        const size_t count = (size_t)(run->end - run->at);
        size_t low = 1, high = 1;

        if (compare(run->end[-1], other) < 0)
                return count;
        for (; high < count && compare(run->at[high], other) < 0; high *= 2)
                low = high + 1;
        if (high > count)
                high = count;
        while (low < high) {
                const size_t middle = low + (high - low) / 2;

                if (compare(run->at[middle], other) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* What is left of the first of some runs finds its place among them. */
static void sink(struct qf_slots_run *runs, size_t count)
{
        const struct qf_slots_run first = runs[0];
        size_t i = 0;

        for (; i + 1 < count && compare(*runs[i + 1].at, *first.at) < 0; i++)
                runs[i] = runs[i + 1];
        runs[i] = first;
}

/* Runs lie in the order of their first slots: what comes of the first before the second is next of all. False: they are not
 * known, or change too often to be worth it. */
static bool merge_runs(struct qf_slots_order *order, struct qf_standing_slot *const *slots, size_t count,
                       struct qf_standing_slot **ret_sorted)
{
        struct qf_slots_run *run = order->merging, *end = run + order->runs_count;
        size_t sorted = 0, steps = 0;

        if (!qf_slots_order_known(order))
                return false;
        for (uint32_t i = 0; i < order->runs_count; i++) {
                run[i].at = slots + order->runs[i];
                run[i].end = i + 1 < order->runs_count ? slots + order->runs[i + 1] : slots + count;
        }
        qsort(run, order->runs_count, sizeof(*run), compare_runs);
        while (run < end && steps++ <= RUNS_FREE + count / STRETCH) {
                const size_t many =
                        run + 1 < end ? count_before(run, *run[1].at) : (size_t)(run->end - run->at);

                memcpy(&ret_sorted[sorted], run->at, many * sizeof(*run->at));
                sorted += many;
                run->at += many;
                if (run->at == run->end)
                        run++;
                else
                        sink(run, (size_t)(end - run));
        }
        return run == end;
}

/* --- digits -------------------------------------------------------------------- */

/* How many bytes at the beginning of the keys are the same in all slots; 0 when partners differ. */
static uint32_t shared_bytes(struct qf_standing_slot *const *slots, size_t count)
{
        const struct qf_standing_slot *first = slots[0];
        uint32_t shared = first->key_len;

        for (size_t i = 1; i < count && shared > 0; i++) {
                uint32_t same = 0;
                if (slots[i]->partner != first->partner)
                        return 0;
                while (same < shared && same < slots[i]->key_len &&
                       slots[i]->bytes[same] == first->bytes[same])
                        same++;
                shared = same;
        }
        return shared;
}

static bool one_partner(struct qf_standing_slot *const *slots, size_t count)
{
        for (size_t i = 1; i < count; i++)
                if (slots[i]->partner != slots[0]->partner)
                        return false;
        return true;
}

/* The first digits are the partner's unless there is but one. Bytes beyond the end of a key are zero, which no key
 * has: the shorter comes first. */
static uint64_t digits_of(const struct qf_standing_slot *slot, uint32_t shared, bool with_partner)
{
        uint8_t bytes[DIGITS] = {0};
        size_t begin = with_partner ? PARTNER_BYTES : 0, left = slot->key_len - shared;

        if (with_partner)
                qf_put_be32(bytes, slot->partner);
        memcpy(bytes + begin, slot->bytes + shared, left < DIGITS - begin ? left : DIGITS - begin);
        return qf_get_be64(bytes);
}

/* Runs of equal digits are compared in full. */
static void sort_ties(struct qf_ordered *places, size_t count)
{
        for (size_t i = 0; i < count;) {
                size_t end = i + 1;
                while (end < count && places[end].number == places[i].number)
                        end++;
                if (end - i > 1)
                        qsort(places + i, end - i, sizeof(*places), compare_places);
                i = end;
        }
}

/* Of the two arrays, that which is not needed any more takes the slots. */
static struct qf_standing_slot **sort_digits(struct qf_slots_order *order,
                                             struct qf_standing_slot *const *slots, size_t count)
{
        bool with_partner = !one_partner(slots, count);
        uint32_t shared = with_partner ? 0 : shared_bytes(slots, count);

        for (size_t i = 0; i < count; i++)
                order->places[i] = (struct qf_ordered){digits_of(slots[i], shared, with_partner), slots[i]};
        struct qf_ordered *sorted = qf_order(order->places, order->other, count);
        struct qf_standing_slot **result = (void *)(sorted == order->places ? order->other : order->places);
        sort_ties(sorted, count);
        for (size_t i = 0; i < count; i++)
                result[i] = sorted[i].item;
        return result;
}

int qf_slots_order_of(struct qf_slots_order *order, struct qf_standing_slot *const *slots, size_t count,
                      struct qf_standing_slot *const **ret_sorted)
{
        if (order->runs_count <= 1) {
                *ret_sorted = slots;
                return 0;
        }
        int r = reserve(order, count);
        if (r < 0)
                return r;
        struct qf_standing_slot **merged = (void *)order->places;
        *ret_sorted = merge_runs(order, slots, count, merged) ? merged : sort_digits(order, slots, count);
        return 0;
}
