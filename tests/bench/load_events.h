/* The benchmark's events: spread over the members of a programme and over months as the peers' own are (300 members of
 * 8 dimensions, 12 months, four fifths of the events in the last one), each a function of its number, so that the truth
 * can be counted apart. */
#pragma once

#include <stdint.h>

#include "programme/programme.h"
#include "wire/body.h"

enum {
        LOAD_DIMENSIONS_MAX = 24,
        LOAD_MEMBERS_MAX = 1024,
        LOAD_YEARS_MAX = 5,
        LOAD_MONTHS = 12,
        LOAD_LAST_YEAR = 2023,
        LOAD_TICKED = 100000,
};

/* What members there are. Members are numbered through: 1 .. last[0] belong to the first dimension, and so on. */
struct load_shape {
        unsigned dimensions, years;
        unsigned days; /* of each month, the first ones */
        unsigned last[LOAD_DIMENSIONS_MAX];
        struct qf_view dimension[LOAD_DIMENSIONS_MAX], member[LOAD_MEMBERS_MAX + 1];
        char texts[(LOAD_DIMENSIONS_MAX + LOAD_MEMBERS_MAX + 1) * (QF_CODE_BYTES_MAX + 1)];
        size_t texts_len;
};

enum load_workload {
        LOAD_STATEMENTS, /* each event a new activity, ids rise */
        LOAD_RANDOM,     /* the same, ids in no order, among 10 million */
        LOAD_CORRECTED,  /* one of twenty corrects an activity among the last million */
        LOAD_TICKS,      /* sign-ins at LOAD_TICKED activities */
        LOAD_STAGE,      /* those activities, attendances not stated */
};

struct load_event {
        uint32_t date;
        uint16_t member[LOAD_DIMENSIONS_MAX];
        uint32_t attendances;
};

/* The peers' own: "d1" …, the last is "org"; members "m001" … "m300". NULL: no memory. */
struct load_shape *load_shape_new(void);
/* That of a programme: every dimension that activities have, its members that have none below them. */
struct load_shape *load_shape_of(const struct qf_programme *programme);
unsigned load_members(const struct load_shape *shape); /* all dimensions together */

struct load_event load_make(const struct load_shape *shape, uint64_t number);
/* The activity that tick number counts at, and how much. */
uint32_t load_ticked(uint64_t number, uint32_t *ret_amount);
/* The event whose activity event number states: itself, or an earlier one that it corrects. */
uint64_t load_stated(enum load_workload workload, uint64_t number);

/* Adds event number of a workload to the writer. As qf_body_writer_add: positive when the body is full. */
int load_add(struct qf_body_writer *writer, const struct load_shape *shape, enum load_workload workload,
             uint64_t number);
