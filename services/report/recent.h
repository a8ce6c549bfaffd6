/* What changed last, the newest few: numbers of rows, so that what is shown of them
 * is what stands, with the rights of who looks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { QF_RECENT_MAX = 40 };

enum qf_recent_what { QF_RECENT_NEW, QF_RECENT_CHANGED, QF_RECENT_WITHDRAWN };

struct qf_recent_row {
        int64_t at_ms;      /* when reporting learnt of it */
        uint32_t row, date; /* the row's; of a withdrawn one that which it had */
        bool declared;      /* row of declared kinds; else of activities */
        enum qf_recent_what what;
};

struct qf_recent { /* zero-initialised is empty */
        struct qf_recent_row at[QF_RECENT_MAX];
        uint32_t count, newest; /* its place; the one before it is the next older one */
        uint32_t highest[2];    /* row that was ever added, of activities and of declared kinds */
};

/* A row comes first; it is there once, however often it changes. was, is: its dates; 0: it counts nothing. */
void qf_recent_add(struct qf_recent *recent, int64_t at_ms, bool declared, uint32_t row, uint32_t was,
                   uint32_t is);
/* 0 the newest, count - 1 the oldest. */
const struct qf_recent_row *qf_recent_at(const struct qf_recent *recent, uint32_t i);
