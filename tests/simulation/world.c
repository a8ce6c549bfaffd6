/* Why: see world.h. A process is a set of callbacks that run to their end in one
 * turn; it has a clock that moves on while it works, and is deaf until then. */
#include "simulation/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/disk.h"
#include "simulation/network.h"

enum { FRAIL = 4000 }; /* crashes in a million more */

struct event {
        int64_t ns;
        uint64_t order; /* what was asked for first comes first */
        void (*what)(void *ctx, uint64_t argument);
        void *ctx;
        uint64_t argument;
};

struct sim_world sim;
static struct {
        struct event *heap;
        size_t count, room;
        uint64_t orders;
        char failure[512];
} events;

/* --- chance ------------------------------------------------------------------------------ */

uint64_t sim_draw(void)
{
        uint64_t z = (sim.random += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

uint64_t sim_below(uint64_t bound)
{
        return sim_draw() % bound;
}

int64_t sim_between(int64_t least, int64_t most)
{
        return least + (int64_t)sim_below((uint64_t)(most - least) + 1);
}

bool sim_chance(uint32_t in_a_million)
{
        return in_a_million != 0 && !sim.calm && sim.running && sim_below(1000000) < in_a_million;
}

void sim_random_bytes(void *bytes, size_t len)
{
        uint8_t *at = bytes;

        for (size_t i = 0; i < len; i++)
                at[i] = (uint8_t)sim_draw();
}

/* --- the story ----------------------------------------------------------------------------- */

void sim_say(const char *format, ...)
{
        va_list args;

        if (!sim.tell)
                return;
        printf("%10.6f %-12s ", (double)sim_local_ns() / 1e9, sim.running ? sim.running->name : "-");
        va_start(args, format);
        (void)vprintf(format, args);
        va_end(args);
        (void)putchar('\n');
}

void sim_fail(const char *format, ...)
{
        va_list args;

        if (sim.violated)
                return;
        sim.violated = true;
        va_start(args, format);
        (void)vsnprintf(events.failure, sizeof(events.failure), format, args);
        va_end(args);
        sim_say("VIOLATION: %s", events.failure);
}

const char *sim_failure(void)
{
        return events.failure;
}

/* --- events ---------------------------------------------------------------------------------- */

static bool is_before(const struct event *a, const struct event *b)
{
        return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

void sim_at(int64_t ns, void (*what)(void *ctx, uint64_t argument), void *ctx, uint64_t argument)
{
        struct event event = {ns > sim.now_ns ? ns : sim.now_ns, events.orders++, what, ctx, argument};

        if (events.count == events.room) {
                events.room = events.room ? events.room * 2 : 1024;
                events.heap = sim_resize(events.heap, events.room * sizeof(*events.heap));
        }
        size_t at = events.count++;
        while (at > 0 && is_before(&event, &events.heap[(at - 1) / 2])) {
                events.heap[at] = events.heap[(at - 1) / 2];
                at = (at - 1) / 2;
        }
        events.heap[at] = event;
}

static struct event take_first(void)
{
        struct event first = events.heap[0], last = events.heap[--events.count];
        size_t at = 0;

        for (;;) {
                size_t child = 2 * at + 1;
                if (child >= events.count)
                        break;
                if (child + 1 < events.count && is_before(&events.heap[child + 1], &events.heap[child]))
                        child++;
                if (!is_before(&events.heap[child], &last))
                        break;
                events.heap[at] = events.heap[child];
                at = child;
        }
        events.heap[at] = last;
        return first;
}

bool sim_run_until(int64_t ns, uint64_t steps_most)
{
        while (events.count > 0 && events.heap[0].ns <= ns && sim.steps < steps_most && !sim.violated) {
                struct event event = take_first();
                sim.now_ns = event.ns;
                sim.steps++;
                event.what(event.ctx, event.argument);
        }
        if (sim.steps < steps_most && sim.now_ns < ns && !sim.violated)
                sim.now_ns = ns;
        return !sim.violated;
}

/* --- processes --------------------------------------------------------------------------------- */

struct sim_process *sim_step_aside(void)
{
        struct sim_process *process = sim.running;
        sim.running = NULL;
        return process;
}

void sim_step_back(struct sim_process *process)
{
        sim.running = process;
}

int64_t sim_wall_ms(int64_t ns)
{
        return sim.beginning_ms + ns / SIM_MS;
}

int64_t sim_local_ns(void)
{
        return sim.running && sim.running->busy_until_ns > sim.now_ns ? sim.running->busy_until_ns
                                                                      : sim.now_ns;
}

void sim_spend(int64_t ns)
{
        if (sim.running)
                sim.running->busy_until_ns = sim_local_ns() + ns;
}

struct sim_process *sim_process_new(const char *name, const struct sim_kind *kind,
                                    struct sim_machine *machine, void *role)
{
        struct sim_process *process = sim_new(sizeof(*process));

        (void)snprintf(process->name, sizeof(process->name), "%s", name);
        process->kind = kind;
        process->machine = machine;
        process->role = role;
        process->number = sim.processes_count;
        process->wake_ns = INT64_MAX;
        process->restart_ns = 100 * SIM_MS;
        sim.processes = sim_resize(sim.processes, (sim.processes_count + 1) * sizeof(struct sim_process *));
        sim.processes[sim.processes_count++] = process;
        return process;
}

static void start_again(void *ctx, uint64_t lives)
{
        struct sim_process *process = ctx;

        if (!process->up && process->lives == lives && !process->unwanted)
                sim_process_start(process);
}

/* Its memory, sockets, locks and open transactions are gone; what is on disk stays. */
static void bury(struct sim_process *process)
{
        sim_network_drop(process);
        sim_disk_drop(process);
        sim_heap_drop(process);
        process->self = NULL;
        process->loop = NULL;
        process->up = false;
        process->wake_ns = INT64_MAX;
        sim_at(sim.now_ns + process->restart_ns + sim_between(0, process->restart_ns), start_again, process,
               process->lives);
}

static int guarded(struct sim_process *process, bool begins, int64_t *ret_next_ns)
{
        if (setjmp(process->crash) != 0)
                return 1; /* it is not: bury has been told by the caller */
        int result = begins ? process->kind->start(process) : process->kind->turn(process, ret_next_ns);
        if (result == 0 && !process->ending)
                return 0;
        process->kind->stop(process);
        if (sim_heap_left(process) > 0)
                sim_fail("%s left %zu bytes behind", process->name, sim_heap_left(process));
        return 2;
}

static void run(struct sim_process *process, bool begins)
{
        int64_t next_ns = INT64_MAX;

        process->wake_ns = INT64_MAX;
        sim.running = process;
        if (process->busy_until_ns < sim.now_ns)
                process->busy_until_ns = sim.now_ns;
        process->busy_until_ns += 10000 + (int64_t)sim_below(20000);
        int ended = guarded(process, begins, &next_ns);
        if (ended == 2)
                sim_say("ends");
        sim.running = NULL;
        if (ended != 0) {
                sim.crashes += ended == 1;
                bury(process);
        } else {
                sim_process_wake(process, next_ns);
        }
}

static void take_turn(void *ctx, uint64_t lives)
{
        struct sim_process *process = ctx;

        if (!process->up || process->lives != lives || sim.now_ns < process->wake_ns)
                return;
        if (process->busy_until_ns > sim.now_ns) { /* still at work */
                process->wake_ns = process->busy_until_ns;
                sim_at(process->wake_ns, take_turn, process, lives);
                return;
        }
        if (!sim.calm && sim_below(1000000) < sim.rates.stall) {
                SIM_PROBE("process stalled");
                process->busy_until_ns = sim.now_ns + sim_between(SIM_SECOND / 10, 8 * SIM_SECOND);
                process->wake_ns = process->busy_until_ns;
                sim_at(process->wake_ns, take_turn, process, lives);
                return;
        }
        run(process, false);
}

void sim_process_wake(struct sim_process *process, int64_t ns)
{
        if (!process->up || ns >= process->wake_ns)
                return;
        process->wake_ns = ns > sim.now_ns ? ns : sim.now_ns;
        sim_at(process->wake_ns, take_turn, process, process->lives);
}

void sim_process_start(struct sim_process *process)
{
        if (process->up)
                return;
        process->up = true;
        process->ending = process->unwanted = false;
        process->lives++;
        process->busy_until_ns = sim.now_ns;
        run(process, true);
}

void sim_process_kill(struct sim_process *process)
{
        if (!process->up || process == sim.running)
                return;
        sim.crashes++;
        sim_say("kill -9 %s", process->name);
        bury(process);
}

void sim_process_end(struct sim_process *process)
{
        process->unwanted = true;
        if (!process->up)
                return;
        process->ending = true;
        sim_process_wake(process, sim.now_ns);
}

void sim_machine_fail(struct sim_machine *machine)
{
        for (uint32_t i = 0; i < sim.processes_count; i++)
                if (sim.processes[i]->machine == machine)
                        sim_process_kill(sim.processes[i]);
}

void sim_crash_point(const char *where)
{
        sim_crash_at(where, sim.rates.crash);
}

void sim_crash_at(const char *where, uint32_t in_a_million)
{
        struct sim_process *process = sim.running;

        if (process && process->frail_until_ns > sim.now_ns)
                in_a_million += FRAIL;
        if (!process || !sim_chance(in_a_million))
                return;
        sim_say("crashes %s", where);
        longjmp(process->crash, 1);
}

/* --- a seed ---------------------------------------------------------------------------------------- */

void sim_begin(uint64_t seed)
{
        bool tell = sim.tell;

        sim = (struct sim_world){.seed = seed, .random = seed * UINT64_C(0xd1342543de82ef95), .tell = tell};
        events.count = 0;
        events.orders = 0;
        events.failure[0] = '\0';
}

void sim_end(void)
{
        for (uint32_t i = 0; i < sim.processes_count; i++) {
                struct sim_process *process = sim.processes[i];
                sim_network_drop(process);
                sim_disk_drop(process);
                sim_heap_drop(process);
                sim_free(process);
        }
        sim_network_end();
        sim_disk_end();
        for (size_t i = 0; i < events.count; i++)
                if (events.heap[i].what == sim_network_deliver)
                        sim_network_deliver(events.heap[i].ctx, 0);
        events.count = 0;
        sim_free(sim.processes);
        sim.processes = NULL;
        sim.processes_count = 0;
}
