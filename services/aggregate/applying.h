/* Between counting.c, which opens and commits, and applying.c, which counts. */
#pragma once

struct qf_counting;

void qf_counting_set_epoch(struct qf_counting *counting); /* from the life and the rules */
