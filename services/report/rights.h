/* What a source may read: everything for the role admin; else its organisations
 * with all below them, and the totals of those above them. The one check that
 * subscriptions and queries ask. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "programme/programme.h"

struct qf_rights {
        bool all;
        uint32_t organisations; /* dimension id of "org"; QF_DIMENSION_UNKNOWN while there is none */
        uint32_t count;         /* of seen: members 0 .. count - 1; those beyond are not seen */
        uint8_t *seen;
        const struct qf_programme *programme;
        uint64_t stamp; /* of the registers they were made from */
};

/* Makes or renews them. stamp: another one for each change of the registers. -ENOMEM: they see nothing. */
QF_CHECK int qf_rights_renew(struct qf_rights *rights, const struct qf_programme *programme, uint64_t stamp,
                             const struct qf_source *source);
/* The source of this name; NULL: there is none. */
const struct qf_source *qf_rights_source(const struct qf_programme *programme, struct qf_view name);
/* Whether the source has a key, and a role that reads. NULL: not. */
bool qf_rights_may_read(const struct qf_source *source);
void qf_rights_deinit(struct qf_rights *rights);
/* Whether the dimension's members are organisations. */
bool qf_rights_covers(const struct qf_rights *rights, uint16_t dimension);
bool qf_rights_sees(const struct qf_rights *rights, uint16_t dimension, uint32_t member);
