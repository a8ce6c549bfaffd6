/* Seen organisations as one byte each: a subtree is looked through once when the
 * registers change, not once for each cell that is sent. Only those that somebody's
 * move has let in or out are looked at again with the date of what is read. */
#include "report/rights.h"

#include <errno.h>
#include <stdlib.h>

#include "model/period.h"

enum { NEVER, ALWAYS, SOME_DAYS };

static bool is_seen(const struct qf_rights *rights, uint32_t member, uint32_t date)
{
        const struct qf_programme *programme = rights->programme;
        uint16_t dimension = (uint16_t)rights->organisations;

        for (uint32_t i = 0; i < rights->own_count; i++)
                if (qf_programme_within(programme, dimension, member, rights->own[i], date) ||
                    qf_programme_within(programme, dimension, rights->own[i], member, date))
                        return true;
        return false;
}

/* By the days between which the tree stays; most members need but one look. */
static uint8_t look_at(const struct qf_rights *rights, uint32_t member, bool own_move)
{
        uint32_t count = 0;
        const uint32_t *days =
                qf_programme_moving_days(rights->programme, (uint16_t)rights->organisations, &count);
        bool seen = is_seen(rights, member, 0);

        if (!own_move && !qf_programme_moves(rights->programme, (uint16_t)rights->organisations, member))
                count = 0;
        for (uint32_t i = 0; i < count; i++)
                if (is_seen(rights, member, days[i]) != seen)
                        return SOME_DAYS;
        return seen ? ALWAYS : NEVER;
}

static int look_through(struct qf_rights *rights, const struct qf_source *source)
{
        uint16_t organisations = (uint16_t)rights->organisations;
        const struct qf_dimension *dimension = qf_programme_dimension(rights->programme, organisations);
        bool own_move = false;

        rights->own = calloc(source->orgs_count + 1, sizeof(*rights->own));
        rights->seen = calloc((size_t)dimension->members + 1, 1);
        if (!rights->own || !rights->seen)
                return -ENOMEM;
        for (uint32_t i = 0; i < source->orgs_count; i++) {
                uint32_t member = qf_programme_find_member(rights->programme, organisations, source->orgs[i]);

                if (member == QF_MEMBER_UNKNOWN || member == QF_MEMBER_NONE)
                        continue;
                rights->own[rights->own_count++] = member;
                own_move |= qf_programme_moves(rights->programme, organisations, member);
        }
        rights->count = dimension->members + 1;
        rights->seen[QF_MEMBER_NONE] = ALWAYS;
        for (uint32_t member = 1; member < rights->count; member++) {
                rights->seen[member] = look_at(rights, member, own_move);
                rights->dated |= rights->seen[member] == SOME_DAYS;
        }
        return 0;
}

int qf_rights_renew(struct qf_rights *rights, const struct qf_programme *programme, uint64_t stamp,
                    const struct qf_source *source)
{
        qf_rights_deinit(rights);
        rights->programme = programme;
        rights->stamp = stamp;
        rights->of = source->ref;
        rights->organisations = qf_programme_find_dimension(programme, QF_VIEW("org"));
        rights->all = source->roles & QF_ROLE_ADMIN;
        if (rights->all || rights->organisations == QF_DIMENSION_UNKNOWN)
                return 0;
        return look_through(rights, source);
}

int qf_rights_keep(struct qf_rights *rights, const struct qf_programme *programme, uint64_t stamp,
                   const struct qf_source *source)
{
        if (rights->programme == programme && rights->stamp == stamp && rights->of == source->ref)
                return 0;
        return qf_rights_renew(rights, programme, stamp, source);
}

void qf_rights_deinit(struct qf_rights *rights)
{
        free(rights->seen);
        free(rights->own);
        *rights = (struct qf_rights){0};
}

const struct qf_source *qf_rights_source(const struct qf_programme *programme, struct qf_view name)
{
        uint32_t ref = qf_programme_find_source(programme, name);

        return ref ? qf_programme_source(programme, ref) : NULL;
}

bool qf_rights_covers(const struct qf_rights *rights, uint16_t dimension)
{
        const struct qf_dimension *of = qf_programme_dimension(rights->programme, dimension);

        return of && !of->groups &&
               (dimension == rights->organisations || of->members_of == rights->organisations);
}

static uint8_t how_seen(const struct qf_rights *rights, uint16_t dimension, uint32_t member)
{
        if (rights->all || !qf_rights_covers(rights, dimension))
                return ALWAYS;
        return member < rights->count ? rights->seen[member] : NEVER;
}

bool qf_rights_on_some_days(const struct qf_rights *rights, uint16_t dimension, uint32_t member)
{
        return how_seen(rights, dimension, member) == SOME_DAYS;
}

bool qf_rights_ever_sees(const struct qf_rights *rights, uint16_t dimension, uint32_t member)
{
        return how_seen(rights, dimension, member) != NEVER;
}

bool qf_rights_sees(const struct qf_rights *rights, uint16_t dimension, uint32_t member, uint32_t date)
{
        uint8_t how = how_seen(rights, dimension, member);

        return how == SOME_DAYS ? is_seen(rights, member, date) : how == ALWAYS;
}

bool qf_rights_owns(const struct qf_rights *rights, uint32_t member, uint32_t date)
{
        bool owns = rights->all;

        for (uint32_t i = 0; i < rights->own_count && !owns; i++)
                owns = qf_programme_within(rights->programme, (uint16_t)rights->organisations, member,
                                           rights->own[i], date);
        return owns;
}

bool qf_rights_sees_cell(const struct qf_rights *rights, struct qf_cell_key key)
{
        uint32_t first = qf_date_first_day(key.period), last = qf_date_last_day(key.period), count = 0;
        const uint32_t *days;

        if (!qf_rights_on_some_days(rights, key.dimension, key.member))
                return qf_rights_ever_sees(rights, key.dimension, key.member);
        if (!is_seen(rights, key.member, first))
                return false;
        days = qf_programme_moving_days(rights->programme, (uint16_t)rights->organisations, &count);
        for (uint32_t i = 0; i < count && days[i] <= last; i++)
                if (days[i] > first && !is_seen(rights, key.member, days[i]))
                        return false;
        return true;
}
