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
enum { SIM_SELDOM = 100 * 1000 }; /* crashes in a million, where few calls come by */

/* One process has a directory, and one at most looks beside it. */
enum { SIM_OWNED, SIM_BESIDE, SIM_OPENINGS };
struct sim_opening {
        struct sim_process *process;
        struct qf_environment *environment; /* NULL: nobody */
};

struct sim_directory {
        char name[48];
        struct sim_machine *machine;
        struct sim_directory *next;
        bool made;
        char format[32];
        struct sim_rows tables[QF_TABLES_MAX];
        struct sim_opening open[SIM_OPENINGS];
        bool unreadable; /* its pages are damaged */
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
/* DIRECTORY followed by a suffix, made known where it is not. */
struct sim_directory *sim_directory_beside(const struct sim_directory *directory, const char *suffix);
void sim_tables_drop(struct sim_rows tables[QF_TABLES_MAX]);
void sim_tables_share(const struct sim_rows from[QF_TABLES_MAX], struct sim_rows to[QF_TABLES_MAX]);
void sim_directory_mark(struct sim_directory *directory, const char *mark); /* which is not there */
void sim_copy_take(const struct sim_directory *directory, struct sim_copy *ret_copy);
void sim_copy_put(const struct sim_copy *copy, struct sim_directory *directory); /* nobody has it open */
void sim_copy_drop(struct sim_copy *copy);
void sim_disk_end(void); /* of all directories */
