/* The benchmark's events: the peers' own distribution (300 members of 8
 * dimensions, 12 months, four fifths of the events in the last one), each a
 * function of its number, so that the truth can be counted apart. */
#pragma once

#include <stdint.h>

#include "wire/body.h"

enum { LOAD_DIMENSIONS = 8, LOAD_MEMBERS = 300, LOAD_MONTHS = 12, LOAD_TICKED = 100000 };

struct load_event {
        uint32_t date;
        uint16_t member[LOAD_DIMENSIONS]; /* 1 .. 300, all dimensions together */
        uint32_t attendances;
};

struct load_event load_make(uint64_t number);
/* The activity that tick number counts at, and how much. */
uint32_t load_ticked(uint64_t number, uint32_t *ret_amount);

/* Codes "d1" …, the last is "org"; members "m001" … "m300". */
struct load_codes;
struct load_codes *load_codes_new(void); /* NULL: no memory */
void load_codes_free(struct load_codes *codes);
struct qf_view load_dimension(const struct load_codes *codes, unsigned dimension);
struct qf_view load_member(const struct load_codes *codes, unsigned member);

/* Adds an activity (attendances stated or not), or a tick, to the writer. As qf_body_writer_add: positive when the body
 * is full. */
int load_add_activity(struct qf_body_writer *writer, const struct load_codes *codes, uint64_t number,
                      bool stated);
int load_add_tick(struct qf_body_writer *writer, uint64_t number);
