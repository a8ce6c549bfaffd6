/* What a programme file would change: each of its events against the registers,
 * so that only what is new or different is fed. */
#include "programme/registers.h"

static bool same_settings(const struct qf_settings *a, const struct qf_settings *b)
{
        return a->zone_minutes == b->zone_minutes && a->rounding == b->rounding &&
               a->timely_days == b->timely_days && a->attendances_max == b->attendances_max &&
               a->sessions_max == b->sessions_max && a->first_date == b->first_date &&
               qf_view_same(a->code, b->code) && qf_view_same(a->title_zh, b->title_zh) &&
               qf_view_same(a->title_en, b->title_en) && qf_view_same(a->scope_zh, b->scope_zh) &&
               qf_view_same(a->scope_en, b->scope_en) && qf_view_same(a->goal_zh, b->goal_zh) &&
               qf_view_same(a->goal_en, b->goal_en) && a->personal_aside == b->personal_aside &&
               a->kinds == b->kinds && a->sample == b->sample && a->training == b->training;
}

static enum qf_register_compared compared(bool same)
{
        return same ? QF_REGISTER_SAME : QF_REGISTER_CHANGED;
}

static enum qf_register_compared compare_setting(const struct qf_programme *programme,
                                                 const struct qf_register *told)
{
        struct qf_settings with = programme->settings;
        if (!(programme->settings_told & qf_settings_bit(told->code)))
                return QF_REGISTER_NEW;
        return compared(qf_settings_take(&with, told->code, told->value) &&
                        same_settings(&with, &programme->settings));
}

static enum qf_register_compared compare_dimension(const struct qf_programme *programme,
                                                   const struct qf_register *told)
{
        const uint16_t id = qf_programme_find_dimension(programme, told->code);
        if (id == QF_DIMENSION_UNKNOWN || !programme->dimensions[id].told)
                return QF_REGISTER_NEW;
        const struct qf_dimension *dimension = &programme->dimensions[id].dimension;
        const uint32_t most = told->most ? told->most : told->multi ? QF_MOST_MAX : 1;
        const struct qf_view shares = dimension->members_of == id
                                              ? QF_VIEW("")
                                              : programme->dimensions[dimension->members_of].dimension.code;
        const struct qf_view groups =
                dimension->groups ? programme->dimensions[dimension->groups].dimension.code : QF_VIEW("");
        return compared(qf_view_same(dimension->zh, told->zh) && qf_view_same(dimension->en, told->en) &&
                        dimension->multi == told->multi && dimension->required == told->required &&
                        dimension->closed == told->closed && dimension->apart == told->apart &&
                        dimension->most == most && dimension->order == told->order &&
                        qf_view_same(shares, told->dimension) && qf_view_same(groups, told->groups));
}

static bool same_aliases(const struct qf_member *member, const struct qf_register *told)
{
        bool same = member->aliases_count == told->aliases_count;
        for (uint32_t i = 0; same && i < told->aliases_count; i++)
                same = qf_view_same(member->aliases[i], told->aliases[i]);
        return same;
}

static bool same_place(const struct qf_programme *programme, uint16_t dimension,
                       const struct qf_member_place *place, const struct qf_move *told)
{
        const struct qf_member *parent = qf_programme_member(programme, dimension, place->parent);
        bool same = place->from == told->from && place->groups_count == told->pairs_count &&
                    qf_view_same(parent ? parent->code : QF_VIEW(""), told->parent);
        const bool named = told->zh.len || told->en.len || !told->from; /* else as the place before */
        same = same && qf_view_same(place->zh, named ? told->zh : place[-1].zh) &&
               qf_view_same(place->en, named ? told->en : place[-1].en);
        for (uint32_t i = 0; same && i < told->pairs_count; i++) {
                const struct qf_member_of *group = &place->groups[i];
                same = qf_view_same(programme->dimensions[group->dimension].dimension.code,
                                    told->pairs[i].dimension) &&
                       qf_view_same(qf_programme_member(programme, group->dimension, group->member)->code,
                                    told->pairs[i].member);
        }
        return same;
}

static bool same_places(const struct qf_programme *programme, uint16_t dimension,
                        const struct qf_member *member, const struct qf_register *told)
{
        bool same = member->places_count == told->moves_count + 1;
        for (uint32_t i = 0; same && i < member->places_count; i++) {
                const struct qf_move place = qf_register_place(told, i);
                same = same_place(programme, dimension, &member->places[i], &place);
        }
        return same;
}

/* NULL: it was not told yet. */
static const struct qf_member *find_told(const struct qf_programme *programme, uint16_t dimension,
                                         struct qf_view code)
{
        const uint32_t id = qf_programme_find_member(programme, dimension, code);
        const struct qf_member_entry *entry =
                id == QF_MEMBER_UNKNOWN ? NULL : qf_programme_member_entry(programme, dimension, id);
        return entry && entry->told ? &entry->member : NULL;
}

static enum qf_register_compared compare_member(const struct qf_programme *programme,
                                                const struct qf_register *told)
{
        const uint16_t dimension = qf_programme_find_dimension(programme, told->dimension);
        const struct qf_member *member = find_told(programme, dimension, told->code);
        if (!member)
                return QF_REGISTER_NEW;
        return compared(qf_view_same(member->at, told->at) && member->valid_from == told->valid_from &&
                        member->valid_to == told->valid_to && member->order == told->order &&
                        same_aliases(member, told) && same_places(programme, dimension, member, told));
}

/* --- days of the past ------------------------------------------------------- */

static struct qf_move told_on(const struct qf_register *told, uint32_t day)
{
        uint32_t i = told->moves_count;
        while (i && told->moves[i - 1].from > day)
                i--;
        return qf_register_place(told, i);
}

/* The next on which it moves, by the one or by the other. */
static uint32_t next_move(const struct qf_member *member, const struct qf_register *told, uint32_t day)
{
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < member->places_count; i++)
                if (member->places[i].from > day && member->places[i].from < next)
                        next = member->places[i].from;
        for (uint32_t i = 0; i < told->moves_count; i++)
                if (told->moves[i].from > day && told->moves[i].from < next)
                        next = told->moves[i].from;
        return next;
}

static bool names_group(const struct qf_programme *programme, const struct qf_move *told,
                        const struct qf_member_of *group)
{
        const struct qf_view dimension = programme->dimensions[group->dimension].dimension.code;
        const struct qf_view member = qf_programme_member(programme, group->dimension, group->member)->code;
        for (uint32_t i = 0; i < told->pairs_count; i++)
                if (qf_view_same(told->pairs[i].dimension, dimension) &&
                    qf_view_same(told->pairs[i].member, member))
                        return true;
        return false;
}

static bool stands_alike(const struct qf_programme *programme, uint16_t dimension,
                         const struct qf_member_place *place, const struct qf_move *told)
{
        const struct qf_member *parent = qf_programme_member(programme, dimension, place->parent);
        bool same = place->groups_count == told->pairs_count &&
                    qf_view_same(parent ? parent->code : QF_VIEW(""), told->parent);
        for (uint32_t i = 0; same && i < place->groups_count; i++)
                same = names_group(programme, told, &place->groups[i]);
        return same;
}

bool qf_programme_restated(const struct qf_programme *programme, const struct qf_event *event, uint32_t *day,
                           struct qf_restated *ret_restated)
{
        const struct qf_register *told = event->registered;
        const uint16_t dimension = qf_programme_find_dimension(programme, told->dimension);
        const struct qf_member *member =
                event->kind == QF_KIND_MEMBER ? find_told(programme, dimension, told->code) : NULL;
        while (member && *day != UINT32_MAX) {
                const uint32_t from = *day, until = next_move(member, told, from);
                const struct qf_member_place *was = qf_member_place(member, from);
                const struct qf_move is = told_on(told, from);
                *day = until;
                if (stands_alike(programme, dimension, was, &is))
                        continue;
                *ret_restated = (struct qf_restated){from, until == UINT32_MAX ? 0 : until, was, is};
                return true;
        }
        return false;
}

static enum qf_register_compared compare_counter(const struct qf_programme *programme,
                                                 const struct qf_register *told)
{
        const struct qf_counter *counter = qf_programme_find_counter(programme, told->code);
        if (!counter)
                return QF_REGISTER_NEW;
        return compared(qf_view_same(counter->zh, told->zh) && qf_view_same(counter->en, told->en) &&
                        counter->cap == told->cap);
}

enum qf_register_compared qf_programme_compare(const struct qf_programme *programme,
                                               const struct qf_event *event)
{
        QF_ASSERT(event->registered);
        switch (event->kind) {
        case QF_KIND_SETTING: return compare_setting(programme, event->registered);
        case QF_KIND_DIMENSION: return compare_dimension(programme, event->registered);
        case QF_KIND_MEMBER: return compare_member(programme, event->registered);
        case QF_KIND_COUNTER: return compare_counter(programme, event->registered);
        default: return QF_REGISTER_CHANGED; /* sources are not in programme files: they are always told */
        }
}
