/* Why: the same few hundred codes come with every event of a batch; finding the
 * number of one must cost less than writing it would. */
#include "wire/body_names.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"

enum { SLOTS_FIRST = 1024, NAMES_FIRST = 256 };

void qf_names_deinit(struct qf_names *names)
{
        qf_buffer_deinit(&names->bytes);
        free(names->names);
        free(names->slots);
        *names = (struct qf_names){0};
}

void qf_names_clear(struct qf_names *names)
{
        names->bytes.len = 0;
        names->count = 0;
        if (names->slots)
                memset(names->slots, 0, names->slots_room * sizeof *names->slots);
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

static uint64_t load_up_to_8(const char *at, uint32_t len)
{
        uint64_t word = 0;
        memcpy(&word, at, len < 8 ? len : 8);
        return word;
}

/* A multiplication moves bits up only; folding the upper half down lets every byte reach the slot. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        return hash ^ hash >> 32;
}

static uint32_t hash_of(struct qf_view text)
{
        uint64_t hash = text.len;
        uint32_t at = 0;
        for (; text.len - at >= 8; at += 8)
                hash = mix(hash, qf_get_le64((const uint8_t *)text.at + at));
        if (at < text.len)
                hash = mix(hash, load_up_to_8(text.at + at, text.len - at));
        return (uint32_t)mix(hash, 0);
}

static void place(struct qf_names *names, uint32_t number)
{
        uint32_t mask = names->slots_room - 1, slot = names->names[number].hash & mask;
        while (names->slots[slot] != 0)
                slot = (slot + 1) & mask;
        names->slots[slot] = number + 1;
}

/* Slots are at most half full. */
static int grow(struct qf_names *names)
{
        if (names->count == names->names_room) {
                uint32_t room = names->names_room ? 2 * names->names_room : NAMES_FIRST;
                struct qf_name *larger = realloc(names->names, room * sizeof *larger);
                if (!larger)
                        return -ENOMEM;
                names->names = larger;
                names->names_room = room;
        }
        if (2 * (names->count + 1) <= names->slots_room)
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
        size_t at = names->bytes.len;
        r = qf_buffer_append(&names->bytes, text.at, text.len);
        if (r < 0)
                return r;
        names->names[names->count] = (struct qf_name){(uint32_t)at, text.len, hash};
        place(names, names->count);
        *ret_number = names->count++;
        return 0;
}

int qf_names_number(struct qf_names *names, struct qf_view text, uint32_t *ret_number)
{
        uint32_t hash = hash_of(text);
        if (names->slots_room == 0)
                return add(names, text, hash, ret_number);
        uint32_t mask = names->slots_room - 1;
        for (uint32_t slot = hash & mask; names->slots[slot] != 0; slot = (slot + 1) & mask) {
                uint32_t number = names->slots[slot] - 1;
                if (names->names[number].hash == hash && qf_view_same(qf_names_view(names, number), text)) {
                        *ret_number = number;
                        return 0;
                }
        }
        return add(names, text, hash, ret_number);
}

struct sorted {
        uint64_t lead; /* first eight bytes, so that most comparisons touch no text */
        struct qf_view text;
        uint32_t number;
};

static int order_of(const void *left, const void *right)
{
        const struct sorted *a = left, *b = right;
        if (a->lead != b->lead)
                return a->lead < b->lead ? -1 : 1;
        return qf_view_order(a->text, b->text);
}

void qf_names_sort(const struct qf_names *names, uint32_t *ret_order)
{
        struct sorted *all = malloc((names->count + 1) * sizeof *all);
        for (uint32_t i = 0; i < names->count; i++)
                ret_order[i] = i;
        if (!all) /* any order is a valid one, this one is only longer */
                return;
        for (uint32_t i = 0; i < names->count; i++) {
                struct qf_view text = qf_names_view(names, i);
                all[i] = (struct sorted){__builtin_bswap64(load_up_to_8(text.at, text.len)), text, i};
        }
        qsort(all, names->count, sizeof *all, order_of);
        for (uint32_t i = 0; i < names->count; i++)
                ret_order[i] = all[i].number;
        free(all);
}
