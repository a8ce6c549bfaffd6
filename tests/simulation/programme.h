/* The programme of the simulated world, and what a partner may say in it. */
#pragma once

#include "model/event.h"
#include "simulation/world.h"

enum { SIM_KEY_OFFICE = 1, SIM_KEY_SERVER = 2, SIM_KEY_READER = 3, SIM_KEY_PARTNERS = 10 };

/* A register event by its number; false: there are no more. The room belongs to the caller. */
struct sim_registered {
        struct qf_register about;
        struct qf_source_key key;
        struct qf_view org;
        uint8_t kind;
};
bool sim_programme_event(uint32_t number, struct sim_registered *ret_registered);
enum { SIM_PROGRAMME_FIRST = 20 }; /* so many at the beginning; the rest comes later */

enum { SIM_NOTE = 32 };
struct sim_statement {
        struct qf_event event;
        struct qf_pair values[6];
        uint32_t values_count;
        char key[16];
        struct qf_words words;
        char note[SIM_NOTE];
};
/* Some worlds are wide: so many days that their cells fill several frames. */
void sim_programme_widen(bool wide);
void sim_statement_make(const char *org, struct sim_statement *ret_statement);
