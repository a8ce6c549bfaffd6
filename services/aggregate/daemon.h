/* The daemon: sockets, clocks and timers around counting and publishing. */
#pragma once

#include "service/service.h"

extern const struct qf_service qf_aggregate_service;
