/* A row judged before it is sent, with the function that ingest judges with. */
#pragma once

#include "model/verdict.h"
#include "qf/feed_rows.h"

struct qf_verdict qf_row_check(const struct qf_rows_options *options, struct qf_row_event *row,
                               struct qf_detail *ret_detail);
