/* Seen organisations as one byte each: a subtree is looked through once when the
 * registers change, not once for each cell that is sent. */
#include "report/rights.h"

#include <errno.h>
#include <stdlib.h>

static bool is_seen(const struct qf_programme *programme, uint16_t organisations, const uint32_t *own,
                    uint32_t count, uint32_t member)
{
        for (uint32_t i = 0; i < count; i++)
                if (qf_programme_within(programme, organisations, member, own[i]) ||
                    qf_programme_within(programme, organisations, own[i], member))
                        return true;
        return false;
}

static int look_through(struct qf_rights *rights, const struct qf_source *source)
{
        uint16_t organisations = (uint16_t)rights->organisations;
        const struct qf_dimension *dimension = qf_programme_dimension(rights->programme, organisations);
        uint32_t *own = calloc(source->orgs_count + 1, sizeof(*own));
        uint32_t count = 0;

        rights->seen = calloc((size_t)dimension->members + 1, 1);
        if (!own || !rights->seen) {
                free(own);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < source->orgs_count; i++) {
                uint32_t member = qf_programme_find_member(rights->programme, organisations, source->orgs[i]);

                if (member != QF_MEMBER_UNKNOWN && member != QF_MEMBER_NONE)
                        own[count++] = member;
        }
        rights->count = dimension->members + 1;
        rights->seen[QF_MEMBER_NONE] = 1;
        for (uint32_t member = 1; member < rights->count; member++)
                rights->seen[member] = is_seen(rights->programme, organisations, own, count, member);
        free(own);
        return 0;
}

int qf_rights_renew(struct qf_rights *rights, const struct qf_programme *programme, uint64_t stamp,
                    const struct qf_source *source)
{
        qf_rights_deinit(rights);
        rights->programme = programme;
        rights->stamp = stamp;
        rights->organisations = qf_programme_find_dimension(programme, QF_VIEW("org"));
        rights->all = source->roles & QF_ROLE_ADMIN;
        if (rights->all || rights->organisations == QF_DIMENSION_UNKNOWN)
                return 0;
        return look_through(rights, source);
}

void qf_rights_deinit(struct qf_rights *rights)
{
        free(rights->seen);
        *rights = (struct qf_rights){0};
}

const struct qf_source *qf_rights_source(const struct qf_programme *programme, struct qf_view name)
{
        uint32_t ref = qf_programme_find_source(programme, name);

        return ref ? qf_programme_source(programme, ref) : NULL;
}

bool qf_rights_may_read(const struct qf_source *source)
{
        return source && source->keys_count > 0 && (source->roles & (QF_ROLE_READ | QF_ROLE_ADMIN)) != 0;
}

bool qf_rights_covers(const struct qf_rights *rights, uint16_t dimension)
{
        const struct qf_dimension *of = qf_programme_dimension(rights->programme, dimension);

        return of && !of->groups &&
               (dimension == rights->organisations || of->members_of == rights->organisations);
}

bool qf_rights_sees(const struct qf_rights *rights, uint16_t dimension, uint32_t member)
{
        if (rights->all || !qf_rights_covers(rights, dimension))
                return true;
        return member < rights->count && rights->seen[member];
}
