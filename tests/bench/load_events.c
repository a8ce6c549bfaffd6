/* Numbers are mixed, not drawn, so that event i is the same in every run and in
 * any order. Keys rise with the number, as ledgers' do, unless they are to be random. */
#include "bench/load_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_RANDOM = 10000000, CORRECTED_WITHIN = 1000000, CORRECTED_ONE_IN = 20 };

static uint64_t mix(uint64_t x)
{
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

/* --- shapes ----------------------------------------------------------------------- */

static struct qf_view keep(struct load_shape *shape, struct qf_view code)
{
        char *kept = shape->texts + shape->texts_len;

        memcpy(kept, code.at, code.len);
        shape->texts_len += code.len;
        return (struct qf_view){kept, code.len};
}

struct load_shape *load_shape_new(void)
{
        static const unsigned counts[] = {100, 50, 60, 4, 8, 40, 20, 18};
        struct load_shape *shape = calloc(1, sizeof *shape);
        unsigned member = 0;
        char code[16];

        if (!shape)
                return NULL;
        shape->dimensions = sizeof counts / sizeof counts[0];
        shape->years = 1;
        shape->days = 28;
        for (unsigned i = 0; i < shape->dimensions; i++) {
                (void)snprintf(code, sizeof code, i + 1 < shape->dimensions ? "d%u" : "org", i + 1);
                shape->dimension[i] = keep(shape, qf_view_of(code));
                shape->last[i] = (i ? shape->last[i - 1] : 0) + counts[i];
                while (member < shape->last[i]) {
                        member++;
                        (void)snprintf(code, sizeof code, "m%03u", member);
                        shape->member[member] = keep(shape, qf_view_of(code));
                }
        }
        return shape;
}

/* Whether some member of the dimension stands below this one. */
static bool has_below(const struct qf_programme *programme, uint16_t dimension, uint32_t member)
{
        const struct qf_dimension *of = qf_programme_dimension(programme, dimension);

        for (uint32_t id = 1; id <= of->members; id++) {
                const struct qf_member *other = qf_programme_member(programme, dimension, id);
                if (other->places_count && qf_member_place(other, 0)->parent == member)
                        return true;
        }
        return false;
}

struct load_shape *load_shape_of(const struct qf_programme *programme)
{
        struct load_shape *shape = calloc(1, sizeof *shape);
        unsigned member = 0;

        if (!shape)
                return NULL;
        shape->years = 1;
        shape->days = 28;
        for (uint16_t id = 1; id <= qf_programme_dimensions(programme); id++) {
                const struct qf_dimension *of = qf_programme_dimension(programme, id);
                uint16_t own = of->members_of ? of->members_of : id;
                uint32_t members = qf_programme_dimension(programme, own)->members;
                unsigned before = member;
                if (of->groups || of->apart || shape->dimensions == LOAD_DIMENSIONS_MAX)
                        continue;
                for (uint32_t i = 1; i <= members && member < LOAD_MEMBERS_MAX; i++)
                        if (!has_below(programme, own, i))
                                shape->member[++member] =
                                        keep(shape, qf_programme_member(programme, own, i)->code);
                if (member == before)
                        continue;
                shape->dimension[shape->dimensions] = keep(shape, of->code);
                shape->last[shape->dimensions++] = member;
        }
        return shape;
}

unsigned load_members(const struct load_shape *shape)
{
        return shape->last[shape->dimensions - 1];
}

/* --- events ------------------------------------------------------------------------- */

struct load_event load_make(const struct load_shape *shape, uint64_t number)
{
        struct load_event event;
        uint64_t when = mix(number * 4), what = mix(when);
        uint32_t month = (when & 0xff) < 205 ? 12 : 1 + (uint32_t)(when >> 8) % 12;
        uint32_t year = LOAD_LAST_YEAR - (uint32_t)(when >> 40) % shape->years;
        unsigned first = 0;

        event.attendances = 1 + (uint32_t)(mix(what) % 200);
        event.date = year * 10000 + month * 100 + 1 + (uint32_t)(when >> 32) % shape->days;
        for (unsigned i = 0; i < shape->dimensions; i++) {
                if (i % 8 == 0 && i > 0) /* 56 bits are used up */
                        what = mix(what);
                event.member[i] =
                        (uint16_t)(first + 1 + (what >> i % 8 * 7) % 1024 * (shape->last[i] - first) / 1024);
                first = shape->last[i];
        }
        return event;
}

uint32_t load_ticked(uint64_t number, uint32_t *ret_amount)
{
        uint64_t mixed = mix(number ^ UINT64_C(0x7469636b));

        *ret_amount = 1 + (uint32_t)(mixed >> 60 == 0);
        return (uint32_t)(mixed % LOAD_TICKED);
}

uint64_t load_stated(enum load_workload workload, uint64_t number)
{
        if (workload == LOAD_CORRECTED)
                for (uint64_t mixed; number > 0 && (mixed = mix(~number)) % CORRECTED_ONE_IN == 0;)
                        number -= 1 + mixed / CORRECTED_ONE_IN %
                                              (number < CORRECTED_WITHIN ? number : CORRECTED_WITHIN);
        return number;
}

/* "HX-" and twelve digits: as long as the peers' ids. */
static struct qf_view write_key(uint64_t number, char ret_key[16])
{
        ret_key[0] = 'H';
        ret_key[1] = 'X';
        ret_key[2] = '-';
        for (unsigned i = 14; i >= 3; i--, number /= 10)
                ret_key[i] = (char)('0' + number % 10);
        return (struct qf_view){ret_key, 15};
}

static int add_activity(struct qf_body_writer *writer, const struct load_shape *shape,
                        enum load_workload workload, uint64_t number)
{
        struct load_event made = load_make(shape, number);
        struct qf_pair values[LOAD_DIMENSIONS_MAX];
        uint64_t stated = load_stated(workload, number);
        /* 7,368,787 has no factor in common with 10 million: each id comes once. */
        uint64_t id = workload == LOAD_RANDOM ? stated % KEYS_RANDOM * 7368787 % KEYS_RANDOM +
                                                        stated / KEYS_RANDOM * KEYS_RANDOM
                                              : stated;
        char key[16];
        struct qf_event event = {
                .kind = QF_KIND_ACTIVITY,
                .action = stated == number ? QF_CREATE : QF_REPLACE,
                .key = write_key(id, key),
                .date = made.date,
                .sessions = 1,
        };

        if (workload != LOAD_STAGE) {
                event.stated = QF_STATED_ATTENDANCES;
                event.attendances = made.attendances;
        }
        for (unsigned i = 0; i < shape->dimensions; i++)
                values[i] = (struct qf_pair){shape->dimension[i], shape->member[made.member[i]]};
        return qf_body_writer_add(writer, &event, values, shape->dimensions);
}

static int add_tick(struct qf_body_writer *writer, uint64_t number)
{
        struct qf_event event = {.kind = QF_KIND_TICK, .action = QF_CREATE, .counter = QF_VIEW("sign_in")};
        char key[16];

        event.key = write_key(load_ticked(number, &event.amount), key);
        return qf_body_writer_add(writer, &event, NULL, 0);
}

int load_add(struct qf_body_writer *writer, const struct load_shape *shape, enum load_workload workload,
             uint64_t number)
{
        return workload == LOAD_TICKS ? add_tick(writer, number)
                                      : add_activity(writer, shape, workload, number);
}
