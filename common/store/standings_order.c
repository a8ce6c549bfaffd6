/* Why not qsort: the slots of a commit lie all over memory, and each comparison
 * would wait for two of them, some fifteen times a slot. Keys of one programme
 * share a beginning; the eight bytes after it, taken once from each, nearly always
 * decide, and eight bytes sort by digits. What they leave undecided is compared
 * in full. */
#include "store/standings_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"

enum { PARTNER_BYTES = 4, DIGITS = 8, SMALL = 64 };

int qf_slot_order(const struct qf_standing_slot *slot, uint32_t partner, struct qf_view key)
{
        if (slot->partner != partner)
                return slot->partner < partner ? -1 : 1;
        return qf_view_order(qf_standing_slot_key(slot), key);
}

static int compare(const struct qf_standing_slot *a, const struct qf_standing_slot *b)
{
        return qf_slot_order(a, b->partner, qf_standing_slot_key(b));
}

static int compare_pointers(const void *a, const void *b)
{
        return compare(*(struct qf_standing_slot *const *)a, *(struct qf_standing_slot *const *)b);
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
        *order = (struct qf_slots_order){.room = 0};
}

static bool reserve(struct qf_slots_order *order, size_t count)
{
        if (order->room >= count)
                return true;
        qf_slots_order_deinit(order);
        order->places = malloc(count * sizeof(*order->places));
        order->other = malloc(count * sizeof(*order->other));
        if (!order->places || !order->other) {
                qf_slots_order_deinit(order);
                return false;
        }
        order->room = count;
        return true;
}

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

void qf_slots_sort(struct qf_slots_order *order, struct qf_standing_slot **slots, size_t count)
{
        if (count < SMALL || !reserve(order, count)) {
                if (count > 1)
                        qsort(slots, count, sizeof(*slots), compare_pointers);
                return;
        }
        bool with_partner = !one_partner(slots, count);
        uint32_t shared = with_partner ? 0 : shared_bytes(slots, count);
        for (size_t i = 0; i < count; i++)
                order->places[i] = (struct qf_ordered){digits_of(slots[i], shared, with_partner), slots[i]};
        struct qf_ordered *sorted = qf_order(order->places, order->other, count);
        sort_ties(sorted, count);
        for (size_t i = 0; i < count; i++)
                slots[i] = sorted[i].item;
}
