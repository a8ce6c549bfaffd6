/* The programme of the simulated world, and what a partner may say in it. */
#pragma once

#include "model/event.h"
#include "simulation/world.h"

enum {
        SIM_KEY_OFFICE = 1,
        SIM_KEY_SERVER = 2,
        SIM_KEY_READER = 3,
        SIM_KEY_GUEST = 4,
        SIM_KEY_PARTNERS = 10,
        SIM_KEY_NEW = 100,
        SIM_ZONE_MINUTES = 8 * 60, /* the programme's setting time_zone */
};

/* Some worlds are wide: so many days that their cells fill several frames. */
void sim_programme_begin(bool wide);
/* The office writes another key of a source into its file, or other days (yyyymmdd, 0: open) of the same; 0: none. It has
 * not been told until it was. */
void sim_programme_rekey(const char *source, uint32_t key, uint32_t from, uint32_t upto);
bool sim_programme_is_untold(uint32_t number);
void sim_programme_told(uint32_t upto);
/* A register event by its number; false: there are no more. The room belongs to the caller. */
struct sim_registered {
        struct qf_register about;
        struct qf_source_key key;
        struct qf_view org;
        uint8_t kind;
};
bool sim_programme_event(uint32_t number, struct sim_registered *ret_registered);
enum { SIM_PROGRAMME_FIRST = 21 }; /* so many at the beginning; the rest comes later */

enum { SIM_NOTE = 32 };
struct sim_statement {
        struct qf_event event;
        struct qf_pair values[6];
        uint32_t values_count;
        char key[16], other[16];
        struct qf_words words;
        char note[SIM_NOTE];
};
void sim_statement_make(const char *org, struct sim_statement *ret_statement);
/* What only the office may say: that a source has this key. */
void sim_programme_claim(const char *source, uint32_t key, struct sim_registered *ret_registered);
/* About a record of a partner; sometimes that it was another's, into which it is merged. */
void sim_statement_of_office(const char *org, struct sim_statement *ret_statement);
