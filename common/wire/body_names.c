/* Why: the same few hundred codes come with every event of a batch; finding the
 * number of one must cost less than writing it would. */
#include "wire/body_names.h"

#include <errno.h>
#include <stdlib.h>

#include "base/order.h"
#include "base/text.h"

enum { SLOTS_FIRST = 2048, NAMES_FIRST = 256 };

void qf_names_deinit(struct qf_names *names)
{
        qf_buffer_deinit(&names->bytes);
        free(names->names);
        free(names->slots);
        *names = (struct qf_names){0};
}

/* Taken out newest first, each leaves the slots as they were before it came. */
void qf_names_cut(struct qf_names *names, uint32_t count)
{
        while (names->count > count) {
                const struct qf_name *last = &names->names[--names->count];
                uint32_t mask = names->slots_room - 1, slot = last->hash & mask;
                while (names->slots[slot] != names->count + 1)
                        slot = (slot + 1) & mask;
                names->slots[slot] = 0;
                names->bytes.len = last->at;
        }
}

/* One event by itself leaves few of many slots to be cleared. */
void qf_names_clear(struct qf_names *names)
{
        if (names->count < names->slots_room / 64)
                qf_names_cut(names, 0);
        else if (names->slots)
                memset(names->slots, 0, names->slots_room * sizeof *names->slots);
        names->bytes.len = 0;
        names->count = 0;
}

static uint64_t load8(const char *at)
{
        uint64_t word;
        memcpy(&word, at, sizeof word);
        return word;
}

static inline __attribute__((always_inline)) struct qf_name describe(struct qf_view text)
{
        struct qf_name name = {.len = text.len};
        name.head = text.len < 8 ? qf_get_short(text.at, text.len) : load8(text.at);
        name.tail = text.len < 8 ? 0 : load8(text.at + text.len - 8);
        return name;
}

static uint32_t hash_of(const struct qf_name *name, struct qf_view text)
{
        const uint64_t key = 0x9e3779b97f4a7c15u, other = 0xbf58476d1ce4e5b9u;
        uint64_t hash = qf_fold(name->head ^ key ^ text.len, name->tail ^ other);
        for (uint32_t at = 8; at + 8 < text.len; at += 8)
                hash = qf_fold(hash ^ key, load8(text.at + at) ^ other);
        return (uint32_t)hash;
}

static void place(struct qf_names *names, uint32_t number)
{
        uint32_t mask = names->slots_room - 1, slot = names->names[number].hash & mask;
        while (names->slots[slot] != 0)
                slot = (slot + 1) & mask;
        names->slots[slot] = number + 1;
}

/* Slots are at most a quarter full: a second look costs more than memory. */
static int grow(struct qf_names *names)
{
        if (names->count == names->names_room) {
                uint32_t room = names->names_room ? 2 * names->names_room : NAMES_FIRST;
                struct qf_name *larger = realloc(names->names, room * sizeof *larger);
                if (!larger)
                        return -ENOMEM;
                names->names = larger;
                names->names_room = room;
                int r = qf_buffer_reserve(&names->bytes, 1); /* so that an empty text has a place too */
                if (r < 0)
                        return r;
        }
        if (4 * (names->count + 1) <= names->slots_room)
                return 0;
        uint32_t room = names->slots_room ? 2 * names->slots_room : SLOTS_FIRST;
        uint32_t *slots = calloc(room, sizeof *slots);
        if (!slots)
                return -ENOMEM;
        free(names->slots);
        names->slots = slots;
        names->slots_room = room;
        for (uint32_t i = 0; i < names->count; i++)
                place(names, i);
        return 0;
}

static int add(struct qf_names *names, struct qf_view text, uint32_t hash, uint32_t *ret_number)
{
        if (!qf_text_valid(text, false))
                return 1;
        int r = grow(names);
        if (r < 0)
                return r;
        struct qf_name name = describe(text);
        name.at = (uint32_t)names->bytes.len;
        name.hash = hash;
        r = qf_buffer_append(&names->bytes, text.at, text.len);
        if (r < 0)
                return r;
        names->names[names->count] = name;
        place(names, names->count);
        *ret_number = names->count++;
        return 0;
}

static bool same_ends(const struct qf_name *a, const struct qf_name *b)
{
        return a->len == b->len && a->head == b->head && a->tail == b->tail;
}

static bool same_text(const struct qf_names *names, const struct qf_name *a, const struct qf_name *b,
                      struct qf_view text)
{
        if (!same_ends(a, b))
                return false;
        return a->len <= 16 || memcmp(names->bytes.at + a->at + 8, text.at + 8, a->len - 16) == 0;
}

bool qf_names_is(const struct qf_names *names, uint32_t number, struct qf_view text)
{
        struct qf_name name = describe(text);
        return same_text(names, &names->names[number], &name, text);
}

static __attribute__((noinline)) int find(struct qf_names *names, struct qf_view text, uint32_t hash,
                                          uint32_t *ret_number)
{
        const struct qf_name name = describe(text);
        if (names->slots_room == 0)
                return add(names, text, hash, ret_number);
        uint32_t mask = names->slots_room - 1;
        for (uint32_t slot = hash & mask; names->slots[slot] != 0; slot = (slot + 1) & mask) {
                uint32_t number = names->slots[slot] - 1;
                if (same_text(names, &names->names[number], &name, text)) {
                        *ret_number = number;
                        return 0;
                }
        }
        return add(names, text, hash, ret_number);
}

/* Most are short, and where they are looked for first: without a call. */
int qf_names_number(struct qf_names *names, struct qf_view text, uint32_t *ret_number)
{
        const struct qf_name name = describe(text);
        const uint32_t hash = hash_of(&name, text);
        const uint32_t found = names->slots_room ? names->slots[hash & (names->slots_room - 1)] : 0;
        if (found == 0 || text.len > 16 || !same_ends(&names->names[found - 1], &name))
                return find(names, text, hash, ret_number);
        *ret_number = found - 1;
        return 0;
}

/* First eight bytes as a number in the order of texts. */
static uint64_t lead_of(struct qf_view text)
{
        uint64_t word = 0;
        if (text.len)
                memcpy(&word, text.at, text.len < 8 ? text.len : 8);
        return __builtin_bswap64(word);
}

static int order_of(const void *left, const void *right)
{
        const struct qf_ordered *a = left, *b = right;
        return qf_view_order(*(const struct qf_view *)a->item, *(const struct qf_view *)b->item);
}

/* By their beginnings, which few share, without comparing; those that do among themselves. */
void qf_names_sort(const struct qf_names *names, uint32_t *ret_order)
{
        const uint32_t count = names->count;
        const size_t room = (size_t)count + 1;
        struct qf_ordered *all = malloc(room * (2 * sizeof *all + sizeof(struct qf_view)));
        if (!all) { /* any order is a valid one, this one is only longer */
                for (uint32_t i = 0; i < count; i++)
                        ret_order[i] = i;
                return;
        }
        struct qf_view *texts = (void *)(all + 2 * room);
        for (uint32_t i = 0; i < count; i++) {
                texts[i] = qf_names_view(names, i);
                all[i] = (struct qf_ordered){lead_of(texts[i]), &texts[i]};
        }
        struct qf_ordered *sorted = qf_order(all, all + room, count);
        for (uint32_t i = 0, end; i < count; i = end) {
                for (end = i + 1; end < count && sorted[end].number == sorted[i].number;)
                        end++;
                if (end - i > 1)
                        qsort(&sorted[i], end - i, sizeof *sorted, order_of);
        }
        for (uint32_t i = 0; i < count; i++)
                ret_order[i] = (uint32_t)((const struct qf_view *)sorted[i].item - texts);
        free(all);
}
