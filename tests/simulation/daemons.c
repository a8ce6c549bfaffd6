/* Why: what runs here is the struct qf_service that main.c of each daemon hands to
 * service.c; only the loop below it is the world's. */
#include "simulation/daemons.h"

#include "simulation/loop.h"

static int start(struct sim_process *process)
{
        const struct sim_daemon *daemon = process->role;
        int r = qf_loop_new(&process->loop);

        if (r < 0)
                return r;
        r = daemon->service->start(process->loop, daemon->config, NULL, &process->self);
        if (r == 0)
                sim_process_wake(process, sim_local_ns());
        return r;
}

static int turn(struct sim_process *process, int64_t *ret_next_ns)
{
        return sim_loop_turn(process->loop, ret_next_ns);
}

static void stop(struct sim_process *process)
{
        const struct sim_daemon *daemon = process->role;

        if (process->self)
                daemon->service->stop(process->self);
        process->self = NULL;
        process->loop = qf_loop_free(process->loop);
}

const struct sim_kind sim_daemon_kind = {start, turn, stop};
