/* What a source may read: everything for the role admin; else its organisations
 * with all below them, and the totals of those above them, as the tree is on the
 * date of what is read. The one check that subscriptions and queries ask. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "programme/programme.h"

struct qf_rights {
        bool all;
        bool dated;             /* some are seen on some days only */
        uint32_t organisations; /* dimension id of "org"; QF_DIMENSION_UNKNOWN while there is none */
        uint32_t count;         /* of seen: members 0 .. count - 1; those beyond are not seen */
        uint8_t *seen;          /* never, always, or on some days */
        uint32_t own_count;
        uint32_t *own; /* the source's organisations */
        const struct qf_programme *programme;
        uint64_t stamp; /* of the registers they were made from */
        uint32_t of;    /* source's ref */
};

/* Makes or renews them. stamp: another one for each change of the registers. -ENOMEM: they see nothing. */
QF_CHECK int qf_rights_renew(struct qf_rights *rights, const struct qf_programme *programme, uint64_t stamp,
                             const struct qf_source *source);
/* Renews them unless they are of these registers and this source. -ENOMEM. */
QF_CHECK int qf_rights_keep(struct qf_rights *rights, const struct qf_programme *programme, uint64_t stamp,
                            const struct qf_source *source);
/* The source of this name; NULL: there is none. */
const struct qf_source *qf_rights_source(const struct qf_programme *programme, struct qf_view name);
void qf_rights_deinit(struct qf_rights *rights);
/* Whether the dimension's members are organisations. */
bool qf_rights_covers(const struct qf_rights *rights, uint16_t dimension);
/* Whether it is seen on a date: of a month or a year on the first day. */
bool qf_rights_sees(const struct qf_rights *rights, uint16_t dimension, uint32_t member, uint32_t date);
/* Whether an organisation is one of the source's or below one, on a date: whose records it reads, beside their totals. */
bool qf_rights_owns(const struct qf_rights *rights, uint32_t member, uint32_t date);
/* Whether it is seen on all days of the cell's period. */
bool qf_rights_sees_cell(const struct qf_rights *rights, struct qf_cell_key key);
/* Whether there are days on which it is seen and others on which it is not. */
bool qf_rights_on_some_days(const struct qf_rights *rights, uint16_t dimension, uint32_t member);
/* Whether there is a day on which it is seen. */
bool qf_rights_ever_sees(const struct qf_rights *rights, uint16_t dimension, uint32_t member);
