/* The daemons as processes of the world: their own start, loop callbacks and stop. */
#pragma once

#include "service/service.h"
#include "simulation/world.h"

struct sim_daemon { /* role of the process */
        const struct qf_service *service;
        const void *config;
        void *more; /* of the simulator, for this daemon alone */
};

extern const struct sim_kind sim_daemon_kind;
