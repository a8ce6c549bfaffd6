/* Numbers are mixed, not drawn, so that event i is the same in every run and in
 * any order. Keys rise with the number, as ledgers' do. */
#include "bench/load_events.h"

#include <stdio.h>
#include <stdlib.h>

static const unsigned cardinality[LOAD_DIMENSIONS] = {100, 50, 60, 4, 8, 40, 20, 18};

struct load_codes {
        char dimension[LOAD_DIMENSIONS][4];
        char member[LOAD_MEMBERS + 1][8];
};

static uint64_t mix(uint64_t x)
{
        x += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

struct load_event load_make(uint64_t number)
{
        struct load_event event;
        uint64_t when = mix(number * 4), what = mix(when);
        uint32_t month = (when & 0xff) < 205 ? 12 : 1 + (uint32_t)(when >> 8) % 12;
        unsigned base = 1;

        event.date = 20230000 + month * 100 + 1 + (uint32_t)(when >> 32) % 28;
        for (unsigned i = 0; i < LOAD_DIMENSIONS; i++) {
                event.member[i] = (uint16_t)(base + (what >> i * 7) % 1024 * cardinality[i] / 1024);
                base += cardinality[i];
        }
        event.attendances = 1 + (uint32_t)(mix(what) % 200);
        return event;
}

uint32_t load_ticked(uint64_t number, uint32_t *ret_amount)
{
        uint64_t mixed = mix(number ^ UINT64_C(0x7469636b));

        *ret_amount = 1 + (uint32_t)(mixed >> 60 == 0);
        return (uint32_t)(mixed % LOAD_TICKED);
}

struct load_codes *load_codes_new(void)
{
        struct load_codes *codes = calloc(1, sizeof *codes);

        if (!codes)
                return NULL;
        for (unsigned i = 0; i < LOAD_DIMENSIONS; i++)
                (void)snprintf(codes->dimension[i], sizeof codes->dimension[i],
                               i + 1 < LOAD_DIMENSIONS ? "d%u" : "org", i + 1);
        for (unsigned i = 1; i <= LOAD_MEMBERS; i++)
                (void)snprintf(codes->member[i], sizeof codes->member[i], "m%03u", i);
        return codes;
}

void load_codes_free(struct load_codes *codes)
{
        free(codes);
}

struct qf_view load_dimension(const struct load_codes *codes, unsigned dimension)
{
        return (struct qf_view){codes->dimension[dimension], dimension + 1 < LOAD_DIMENSIONS ? 2 : 3};
}

struct qf_view load_member(const struct load_codes *codes, unsigned member)
{
        return (struct qf_view){codes->member[member], 4};
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

int load_add_activity(struct qf_body_writer *writer, const struct load_codes *codes, uint64_t number,
                      bool stated)
{
        struct load_event made = load_make(number);
        struct qf_pair values[LOAD_DIMENSIONS];
        char key[16];
        struct qf_event event = {
                .kind = QF_KIND_ACTIVITY,
                .action = QF_CREATE,
                .key = write_key(number, key),
                .date = made.date,
                .sessions = 1,
                .stated = stated ? QF_STATED_ATTENDANCES : 0,
                .attendances = stated ? made.attendances : 0,
        };

        for (unsigned i = 0; i < LOAD_DIMENSIONS; i++)
                values[i] = (struct qf_pair){load_dimension(codes, i), load_member(codes, made.member[i])};
        return qf_body_writer_add(writer, &event, values, LOAD_DIMENSIONS);
}

int load_add_tick(struct qf_body_writer *writer, uint64_t number)
{
        struct qf_event event = {.kind = QF_KIND_TICK, .action = QF_CREATE, .counter = QF_VIEW("sign_in")};
        char key[16];

        event.key = write_key(load_ticked(number, &event.amount), key);
        return qf_body_writer_add(writer, &event, NULL, 0);
}
