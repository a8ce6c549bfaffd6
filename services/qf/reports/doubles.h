/* One activity told twice: two partners each report what they held together as
 * their own. Found within one day, never merged here. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum qf_double_why {
        QF_DOUBLE_NONE,
        QF_DOUBLE_SITE = 1, /* the same day and site */
        QF_DOUBLE_CO_HOST =
                2, /* the same day, no two different sites, and one names the other's lead as co-host */
        QF_DOUBLE_TITLE = 4, /* the same day, no two different sites, and their titles are alike */
};

enum { QF_DOUBLES_TITLES_DAY = 512 }; /* of a day with more activities only equal titles are found */

/* As people write one title twice: the same but for spaces and punctuation, or nearly, with the same digits. */
bool qf_titles_alike(struct qf_view a, struct qf_view b);

struct qf_told { /* an activity, as one partner told it */
        struct qf_view org, partner, key, co_orgs /* joined by commas */, site, title /* empty: not known */;
        int64_t attendances;
        bool known; /* its attendances are */
};

/* Of two activities of one day: bits of enum qf_double_why; 0 where one organisation led both. */
unsigned qf_double_of(const struct qf_told *a, const struct qf_told *b);

/* All pairs of one day: once each. Sorts the activities. found: 0, or what stops it. */
QF_CHECK int qf_doubles_of_day(struct qf_told *day, uint32_t count,
                               int (*found)(void *ctx, const struct qf_told *a, const struct qf_told *b,
                                            unsigned why),
                               void *ctx);
