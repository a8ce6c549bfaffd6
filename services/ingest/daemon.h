/* qf-ingest as service/service.h wants a daemon. */
#pragma once

#include "service/service.h"

extern const struct qf_service qf_ingest_service;
