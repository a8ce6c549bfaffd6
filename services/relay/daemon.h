/* qf-relay as a service: headline totals as plain topics on this machine. */
#pragma once

#include "service/service.h"

extern const struct qf_service qf_relay_service;
