/* The world of one seed: virtual time, one source of chance, processes that run in
 * turns and can end between any two calls to their storage, and the list of what
 * happened. Everything is a function of the seed, so that a failure is replayed by
 * running its seed again.
 *
 *     events (a heap of times) ──► turn of a process ──► storage, network: more events
 *                                        └── crash: back here, its memory is given back as a whole */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_MS = 1000 * 1000, SIM_NAME = 24, SIM_FOREIGN = 24 };
#define SIM_DAY_MS (INT64_C(24) * 3600 * 1000)
#define SIM_SECOND (INT64_C(1000) * SIM_MS)

/* How often in a million each kind of fault comes; drawn for each seed. */
struct sim_rates {
        uint32_t crash;       /* at a call to the storage */
        uint32_t commit_full; /* nothing was written */
        uint32_t commit_lost; /* error, and nobody knows */
        uint32_t write_full;  /* the map is full in the middle of a group */
        uint32_t read_error;
        uint32_t lose, twice, late; /* messages */
        uint32_t cut;               /* a connection, at a message */
        uint32_t slow_commit;
        uint32_t stall; /* a process stands still, at a turn */
};

struct sim_block;
struct sim_process;
struct sim_machine {
        char name[SIM_NAME];
        int64_t full_until_ns;                               /* its disk */
        int64_t wall_offset_ms, wall_least_ms, wall_most_ms; /* now; of all that it has had */
};

struct sim_kind {
        int (*start)(struct sim_process *process); /* negative or positive: it ended, as main would */
        int (*turn)(struct sim_process *process, int64_t *ret_next_ns);
        void (*stop)(struct sim_process *process); /* in order; never after a crash */
};

struct sim_process {
        char name[SIM_NAME];
        const struct sim_kind *kind;
        struct sim_machine *machine;
        void *self; /* of its program; gone with a crash */
        void *role; /* of the simulator: stays */
        bool up, ending, unwanted;
        uint32_t lives;
        uint32_t number;
        int64_t busy_until_ns, wake_ns, restart_ns;
        int64_t frail_until_ns; /* crashes far more often than others */
        int64_t commits_spent_ns;
        struct sim_block *blocks; /* its memory */
        struct {
                void *at;
                void (*drop)(void *at);
        } foreign[SIM_FOREIGN]; /* what libraries hold for it */
        struct qf_loop *loop;
        struct qf_socket *sockets;
        jmp_buf crash;
};

struct sim_world {
        uint64_t seed, random;
        int64_t now_ns;
        int64_t beginning_ms; /* what the clocks show then, since 1970 */
        uint64_t steps, crashes, commits, messages;
        bool calm;             /* no more faults */
        bool copied_back;      /* the journal, in silence: one life has two histories */
        bool counting_stopped; /* and said so: a human looks */
        struct sim_rates rates;
        struct sim_process *running; /* NULL: the simulator itself */
        struct sim_process **processes;
        uint32_t processes_count;
        bool tell; /* the story, line by line, on stdout */
        bool violated;
};

extern struct sim_world sim;

void sim_begin(uint64_t seed);
void sim_end(void);
uint64_t sim_draw(void);
uint64_t sim_below(uint64_t bound); /* 0 .. bound - 1 */
int64_t sim_between(int64_t least, int64_t most);
bool sim_chance(uint32_t in_a_million);         /* of a process; never while it is calm */
void sim_random_bytes(void *bytes, size_t len); /* for product code: of the seed, too */

/* Calls what at a time; what is done to a process that has crashed since must find out itself. */
void sim_at(int64_t ns, void (*what)(void *ctx, uint64_t argument), void *ctx, uint64_t argument);
bool sim_run_until(int64_t ns, uint64_t steps_most); /* false: an invariant was violated */

struct sim_process *sim_process_new(const char *name, const struct sim_kind *kind,
                                    struct sim_machine *machine, void *role);
void sim_process_start(struct sim_process *process);
void sim_process_kill(struct sim_process *process);             /* as kill -9 */
void sim_process_end(struct sim_process *process);              /* as SIGTERM: in order */
void sim_process_wake(struct sim_process *process, int64_t ns); /* a turn no later than this */
void sim_machine_fail(struct sim_machine *machine);             /* power: all its processes at once */
int64_t sim_wall_ms(int64_t ns);                                /* what right clocks show */
int64_t sim_local_ns(void);                                     /* the clock of whoever runs */
void sim_spend(int64_t ns);                                     /* the running process is busy so long */
/* A place where the running process may be gone before its next instruction. */
void sim_crash_point(const char *where);
void sim_crash_at(const char *where, uint32_t in_a_million); /* one that is seldom come by */

/* Calls back into the simulator from a process: what is allocated meanwhile is not the process's. */
struct sim_process *sim_step_aside(void);
void sim_step_back(struct sim_process *process);

void sim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* a line of the story */
void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2))); /* an invariant does not hold */
const char *sim_failure(void);

/* The simulator's own memory (heap.c): never a process's. */
void *sim_new(size_t size);
void *sim_resize(void *at, size_t size);
void sim_free(void *at);
void sim_heap_drop(struct sim_process *process);         /* all that it has */
size_t sim_heap_left(const struct sim_process *process); /* bytes that were not given back */

/* What of the process belongs to the other modules and goes with it. */
void sim_network_drop(struct sim_process *process);
void sim_disk_drop(struct sim_process *process);

/* --- probes: that a rare path was reached --------------------------------------------- */

#define SIM_PROBE(name)                                                                                      \
        do {                                                                                                 \
                static uint64_t *probe_;                                                                     \
                if (!probe_)                                                                                 \
                        probe_ = sim_probe(name);                                                            \
                ++*probe_;                                                                                   \
        } while (0)
uint64_t *sim_probe(const char *name);
void sim_probes_print(void);
