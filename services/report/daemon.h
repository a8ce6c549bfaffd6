/* qf-report as a service: the totals of aggregation to all who may read them. */
#pragma once

#include "service/service.h"

extern const struct qf_service qf_report_service;
