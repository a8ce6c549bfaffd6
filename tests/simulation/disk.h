/* Simulated storage: directories of sorted rows, in place of LMDB. It keeps the
 * contract of store/environment.h and store/directory.h, and does all that the
 * contract allows: transactions that find no room, commits of which nobody knows
 * whether they were, and a process that is gone at any call. */
#pragma once

#include <stdbool.h>

#include "simulation/tree.h"
#include "simulation/world.h"
#include "store/environment.h"

enum { SIM_MARKS = 4 };

struct sim_directory {
        char name[48];
        struct sim_machine *machine;
        struct sim_directory *next;
        bool made;
        char format[32];
        struct sim_rows tables[QF_TABLES_MAX];
        struct sim_process *owner; /* who has it open */
        struct qf_environment *environment;
        char marks[SIM_MARKS][16];
        void (*committed)(struct sim_directory *directory, void *ctx); /* what is on disk has changed */
        void *ctx;
};

struct sim_copy { /* a backup, or a disk as it once was */
        bool made;
        char format[32];
        struct sim_rows tables[QF_TABLES_MAX];
};

struct sim_directory *sim_directory_find(const char *name);
/* Makes it known, with nothing in it. */
struct sim_directory *sim_directory_new(const char *name, struct sim_machine *machine);
void sim_directory_mark(struct sim_directory *directory, const char *mark);
void sim_copy_take(const struct sim_directory *directory, struct sim_copy *ret_copy);
void sim_copy_put(const struct sim_copy *copy, struct sim_directory *directory); /* nobody has it open */
void sim_copy_drop(struct sim_copy *copy);
void sim_disk_end(void); /* of all directories */
