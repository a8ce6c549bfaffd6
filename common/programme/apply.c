/* Register events → registers. Nothing is refused here: ingest asked
 * qf_programme_check_register before, and readers hear only what was accepted,
 * though in another order, so that a name may be referred to before it is told. */
#include "programme/registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Replaces a text unless it is the same: an administrator who sends the programme every night costs no memory. */
static int keep(struct qf_programme *programme, struct qf_view *text, struct qf_view new)
{
        if (text->at && qf_view_same(*text, new))
                return 0;
        return qf_programme_copy(programme, new, text);
}

static int keep_all(struct qf_programme *programme, const struct qf_view **texts, uint32_t *count,
                    const struct qf_view *new, uint32_t new_count)
{
        bool same = *count == new_count;
        for (uint32_t i = 0; same && i < new_count; i++)
                same = qf_view_same((*texts)[i], new[i]);
        if (same)
                return 0;
        struct qf_view *copies = qf_programme_room(programme, (size_t)new_count * sizeof(*copies) + 1);
        if (!copies)
                return -ENOMEM;
        for (uint32_t i = 0; i < new_count; i++) {
                int r = qf_programme_copy(programme, new[i], &copies[i]);
                if (r)
                        return r;
        }
        *texts = copies;
        *count = new_count;
        return 0;
}

static int reserve_dimension(struct qf_programme *programme, struct qf_view code, uint16_t *ret_id)
{
        const uint16_t found = qf_programme_find_dimension(programme, code);
        if (found != QF_DIMENSION_UNKNOWN) {
                *ret_id = found;
                return 0;
        }
        if (programme->dimensions_count == QF_DIMENSIONS_MAX)
                return -E2BIG;
        const uint16_t id = (uint16_t)(programme->dimensions_count + 1);
        struct qf_dimension_entry *entry = &programme->dimensions[id];
        entry->dimension =
                (struct qf_dimension){.zh = QF_VIEW(""), .en = QF_VIEW(""), .most = 1, .members_of = id};
        int r = qf_programme_copy(programme, code, &entry->dimension.code);
        if (r)
                return r;
        programme->dimensions_count++;
        programme->counted |= UINT32_C(1) << id;
        if (qf_view_same(code, QF_VIEW("org")))
                programme->org = id;
        *ret_id = id;
        return 0;
}

static int room_for_member(struct qf_members *members)
{
        if (members->count + 1 < members->room)
                return 0;
        const uint32_t room = members->room ? members->room * 2 : 16;
        struct qf_member_entry *at = realloc(members->at, room * sizeof(*at));
        if (!at)
                return -ENOMEM;
        if (!members->room)
                at[0] = (struct qf_member_entry){0};
        members->at = at;
        members->room = room;
        return 0;
}

/* Members are told of the dimension that has them, which an ingest checks: of those that share them is another list. */
static bool has_own_members(const struct qf_programme *programme, uint16_t dimension)
{
        return programme->dimensions[dimension].dimension.members_of == dimension;
}

static int reserve_member(struct qf_programme *programme, uint16_t dimension, struct qf_view code,
                          uint32_t *ret_id)
{
        const uint32_t found = qf_programme_find_member(programme, dimension, code);
        if (found != QF_MEMBER_UNKNOWN) {
                *ret_id = found;
                return 0;
        }
        if (!has_own_members(programme, dimension))
                return -EBADMSG;
        struct qf_members *members = &programme->dimensions[dimension].members;
        int r = room_for_member(members);
        if (r)
                return r;
        struct qf_member_entry entry = {.member = {.zh = QF_VIEW(""), .en = QF_VIEW(""), .at = QF_VIEW("")}};
        r = qf_programme_copy(programme, code, &entry.member.code);
        if (!r)
                r = qf_index_add(&members->codes, qf_index_hash(code), members->count + 1);
        if (r)
                return r;
        members->at[++members->count] = entry;
        *ret_id = members->count;
        for (uint32_t i = 1; i <= programme->dimensions_count; i++)
                if (programme->dimensions[i].dimension.members_of == dimension)
                        programme->dimensions[i].dimension.members = members->count;
        return 0;
}

static int apply_setting(struct qf_programme *programme, const struct qf_register *told)
{
        struct qf_settings *settings = &programme->settings, before = *settings;
        struct qf_view value;
        int r = qf_programme_copy(programme, told->value, &value);
        if (r)
                return r;
        if (!qf_settings_take(settings, told->code, value))
                *settings = before; /* of a newer server: not ours to know */
        else
                programme->settings_told |= qf_settings_bit(told->code);
        return 0;
}

static int apply_dimension(struct qf_programme *programme, const struct qf_register *told)
{
        uint16_t id, other;
        int r = reserve_dimension(programme, told->code, &id);
        if (r)
                return r;
        struct qf_dimension_entry *entry = &programme->dimensions[id];
        struct qf_dimension *dimension = &entry->dimension;
        if ((r = keep(programme, &dimension->zh, told->zh)) ||
            (r = keep(programme, &dimension->en, told->en)))
                return r;
        if (told->dimension.len) {
                if ((r = reserve_dimension(programme, told->dimension, &other)))
                        return r;
                if (other != dimension->members_of && (entry->told || entry->members.count))
                        return -EBADMSG; /* ids of one list would be taken for another's */
                dimension->members_of = other;
                dimension->members = programme->dimensions[other].members.count;
        }
        if (told->groups.len) {
                if ((r = reserve_dimension(programme, told->groups, &other)))
                        return r;
                dimension->groups = other;
        }
        dimension->multi = told->multi;
        dimension->required = told->required;
        dimension->closed = told->closed;
        dimension->apart = told->apart;
        dimension->most = told->most ? told->most : told->multi ? QF_MOST_MAX : 1;
        dimension->order = told->order;
        entry->told = true;
        const uint32_t bit = UINT32_C(1) << id;
        const bool counted = !dimension->groups && !dimension->apart;
        programme->counted = counted ? programme->counted | bit : programme->counted & ~bit;
        programme->apart = dimension->apart ? programme->apart | bit : programme->apart & ~bit;
        programme->required =
                dimension->required && counted ? programme->required | bit : programme->required & ~bit;
        return 0;
}

/* Names that hold no more stay in the index: who looks up compares with what holds. */
static int index_name(struct qf_members *members, struct qf_view name, uint32_t id)
{
        char room[QF_NAME_FOLD_BYTES];
        const struct qf_view folded = qf_name_fold(name, room, sizeof(room));
        if (!folded.len)
                return 0;
        const uint32_t hash = qf_index_hash(folded);
        struct qf_index_walk walk = qf_index_begin(&members->names, hash);
        uint32_t known;
        while ((known = qf_index_next(&members->names, &walk)))
                if (known == id)
                        return 0;
        return qf_index_add(&members->names, hash, id);
}

static int index_names(struct qf_members *members, uint32_t id)
{
        const struct qf_member *member = &members->at[id].member;
        int r;
        if ((r = index_name(members, member->code, id)))
                return r;
        for (uint32_t i = 0; i < member->places_count; i++)
                if ((r = index_name(members, member->places[i].zh, id)) ||
                    (r = index_name(members, member->places[i].en, id)))
                        return r;
        for (uint32_t i = 0; i < member->aliases_count; i++)
                if ((r = index_name(members, member->aliases[i], id)))
                        return r;
        return 0;
}

static int make_place(struct qf_programme *programme, uint16_t dimension, const struct qf_move *move,
                      struct qf_member_place *ret_place)
{
        struct qf_member_of *groups = NULL;
        struct qf_member_place place = {.from = move->from, .groups_count = move->pairs_count};
        int r = move->parent.len ? reserve_member(programme, dimension, move->parent, &place.parent) : 0;
        if (!r && move->pairs_count &&
            !(groups = qf_programme_room(programme, move->pairs_count * sizeof(*groups))))
                return -ENOMEM;
        for (uint32_t i = 0; i < move->pairs_count && !r; i++) {
                r = reserve_dimension(programme, move->pairs[i].dimension, &groups[i].dimension);
                if (!r)
                        r = reserve_member(programme, groups[i].dimension, move->pairs[i].member,
                                           &groups[i].member);
        }
        place.groups = groups;
        if (!r && (move->zh.len || move->en.len || !move->from)) {
                if (!(r = qf_programme_copy(programme, move->zh, &place.zh)))
                        r = qf_programme_copy(programme, move->en, &place.en);
        }
        if (!r && place.parent)
                programme->dimensions[dimension].members.at[place.parent].holds = true;
        if (!r)
                *ret_place = place;
        return r;
}

/* Days stay when a register event that told of them is replaced: more than need be do no harm. */
static int note_moving_day(struct qf_members *members, uint32_t day)
{
        uint32_t at = members->moving_days_count;
        while (at && members->moving_days[at - 1] > day)
                at--;
        if (at && members->moving_days[at - 1] == day)
                return 0;
        uint32_t *days = realloc(members->moving_days, (members->moving_days_count + 1) * sizeof(*days));
        if (!days)
                return -ENOMEM;
        memmove(&days[at + 1], &days[at], (members->moving_days_count - at) * sizeof(*days));
        days[at] = day;
        members->moving_days = days;
        members->moving_days_count++;
        return 0;
}

static bool same_parents(const struct qf_member *member, const struct qf_member_place *places, uint32_t count)
{
        bool same = member->places_count == count;
        for (uint32_t i = 0; same && i < count; i++)
                same = member->places[i].from == places[i].from &&
                       member->places[i].parent == places[i].parent;
        return same;
}

static int apply_places(struct qf_programme *programme, uint16_t dimension, uint32_t id,
                        const struct qf_register *told, uint64_t position)
{
        const uint32_t count = told->moves_count + 1;
        struct qf_member_place *places = qf_programme_room(programme, count * sizeof(*places));
        if (!places)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++) {
                const struct qf_move move = qf_register_place(told, i);
                int r = make_place(programme, dimension, &move, &places[i]);
                if (!r && i)
                        r = note_moving_day(&programme->dimensions[dimension].members, move.from);
                if (r)
                        return r;
                if (i && !move.zh.len && !move.en.len) {
                        places[i].zh = places[i - 1].zh;
                        places[i].en = places[i - 1].en;
                }
        }
        struct qf_member *member = &programme->dimensions[dimension].members.at[id].member;
        if (dimension == programme->org && member->places_count && !same_parents(member, places, count))
                programme->moved = position;
        member->places = places;
        member->places_count = count;
        return 0;
}

static int apply_member(struct qf_programme *programme, const struct qf_register *told, uint64_t position)
{
        uint16_t dimension;
        uint32_t id;
        int r = reserve_dimension(programme, told->dimension, &dimension);
        if (!r && !has_own_members(programme, dimension))
                r = -EBADMSG;
        if (!r)
                r = reserve_member(programme, dimension, told->code, &id);
        if (!r)
                r = apply_places(programme, dimension, id, told, position);
        if (r)
                return r;
        struct qf_members *members = &programme->dimensions[dimension].members;
        struct qf_member *member = &members->at[id].member;
        const struct qf_member_place *last = &member->places[member->places_count - 1];
        if ((r = keep(programme, &member->at, told->at)) ||
            (r = keep_all(programme, &member->aliases, &member->aliases_count, told->aliases,
                          told->aliases_count)))
                return r;
        member->zh = last->zh;
        member->en = last->en;
        member->valid_from = told->valid_from;
        member->valid_to = told->valid_to;
        member->order = told->order;
        members->at[id].told = true;
        members->dated |= told->valid_from || told->valid_to;
        return index_names(members, id);
}

static int apply_counter(struct qf_programme *programme, const struct qf_register *told)
{
        struct qf_counter *counter = NULL;
        for (uint32_t i = 0; i < programme->counters_count; i++)
                if (qf_view_same(programme->counters[i].code, told->code))
                        counter = &programme->counters[i];
        int r;
        if (!counter) {
                if (programme->counters_count == QF_COUNTERS_MAX)
                        return -E2BIG;
                counter = &programme->counters[programme->counters_count];
                *counter = (struct qf_counter){0};
                if ((r = qf_programme_copy(programme, told->code, &counter->code)))
                        return r;
                programme->counters_count++;
        }
        if ((r = keep(programme, &counter->zh, told->zh)) || (r = keep(programme, &counter->en, told->en)))
                return r;
        counter->cap = told->cap;
        return 0;
}

static int reserve_partner(struct qf_programme *programme, struct qf_view code, uint32_t *ret_ref)
{
        uint32_t ref = qf_programme_find_partner(programme, code);
        if (!ref) {
                const uint32_t count = programme->partners_count;
                struct qf_view *partners = realloc(programme->partners, (count + 1) * sizeof(*partners));
                if (!partners)
                        return -ENOMEM;
                programme->partners = partners;
                int r = qf_programme_copy(programme, code, &partners[count]);
                if (!r)
                        r = qf_index_add(&programme->partner_codes, qf_index_hash(code), count + 1);
                if (r)
                        return r;
                ref = ++programme->partners_count;
        }
        *ret_ref = ref;
        return 0;
}

static int reserve_source(struct qf_programme *programme, struct qf_view name,
                          struct qf_source_entry **ret_entry)
{
        const uint32_t found = qf_programme_find_source(programme, name), count = programme->sources_count;
        if (found) {
                *ret_entry = programme->sources[found - 1];
                return 0;
        }
        if (count == QF_SOURCES_MAX)
                return -E2BIG;
        struct qf_source_entry **sources = realloc(programme->sources, (count + 1) * sizeof(*sources));
        if (!sources)
                return -ENOMEM;
        programme->sources = sources;
        struct qf_source_entry *entry = qf_programme_room(programme, sizeof(*entry));
        if (!entry)
                return -ENOMEM;
        *entry = (struct qf_source_entry){.source = {.ref = count + 1, .partner_code = QF_VIEW("")}};
        int r = qf_programme_copy(programme, name, &entry->source.name);
        if (!r)
                r = qf_index_add(&programme->source_names, qf_index_hash(name), count + 1);
        if (r)
                return r;
        sources[programme->sources_count++] = entry;
        *ret_entry = entry;
        return 0;
}

static int take_keys(struct qf_programme *programme, struct qf_source *source, const struct qf_register *told)
{
        struct qf_source_key *keys = qf_programme_room(programme, told->keys_count * sizeof(*keys) + 1);
        if (!keys)
                return -ENOMEM;
        for (uint32_t i = 0; i < told->keys_count; i++) {
                keys[i] = told->keys[i];
                const struct qf_view key = {(const char *)keys[i].public_key, sizeof(keys[i].public_key)};
                const uint32_t hash = qf_index_hash(key);
                struct qf_index_walk walk = qf_index_begin(&programme->source_keys, hash);
                uint32_t ref;
                while ((ref = qf_index_next(&programme->source_keys, &walk)))
                        if (ref == source->ref)
                                break;
                int r = ref ? 0 : qf_index_add(&programme->source_keys, hash, source->ref);
                if (r)
                        return r;
        }
        source->keys = keys;
        source->keys_count = told->keys_count;
        return 0;
}

static int take_orgs(struct qf_programme *programme, struct qf_source_entry *entry,
                     const struct qf_register *told)
{
        struct qf_source *source = &entry->source;
        uint32_t *orgs = qf_programme_room(programme, told->orgs_count * sizeof(*orgs) + 1);
        uint16_t dimension;
        int r = !orgs              ? -ENOMEM
                : told->orgs_count ? reserve_dimension(programme, QF_VIEW("org"), &dimension)
                                   : 0;
        for (uint32_t i = 0; i < told->orgs_count && !r; i++)
                r = reserve_member(programme, dimension, told->orgs[i], &orgs[i]);
        if (!r)
                r = keep_all(programme, &source->orgs, &source->orgs_count, told->orgs, told->orgs_count);
        if (!r)
                entry->orgs = orgs;
        return r;
}

static int apply_source(struct qf_programme *programme, const struct qf_register *told, uint64_t position)
{
        struct qf_source_entry *entry;
        int r = reserve_source(programme, told->code, &entry);
        if (r)
                return r;
        struct qf_source *source = &entry->source;
        if (told->parent.len) {
                if ((r = reserve_partner(programme, told->parent, &source->partner)) ||
                    (r = keep(programme, &source->partner_code, told->parent)))
                        return r;
        }
        const struct qf_view *orgs = source->orgs;
        if ((r = take_keys(programme, source, told)) || (r = take_orgs(programme, entry, told)))
                return r;
        if (source->roles && (source->roles != told->roles || source->orgs != orgs))
                entry->changed = position;
        source->roles = told->roles; /* last: until all is taken, its rights are those that it had */
        return 0;
}

static uint32_t find_plain(const struct qf_programme *programme)
{
        uint32_t plain = programme->counted;
        for (uint32_t id = 1; id <= programme->dimensions_count; id++)
                if (programme->dimensions[id].dimension.closed ||
                    qf_programme_members(programme, (uint16_t)id)->dated)
                        plain &= ~(UINT32_C(1) << id);
        return plain;
}

int qf_programme_apply(struct qf_programme *programme, const struct qf_event *event, uint64_t position)
{
        const struct qf_register *told = event->registered;
        QF_ASSERT(told);
        int r = 0;
        switch (event->kind) {
        case QF_KIND_SETTING: r = apply_setting(programme, told); break;
        case QF_KIND_DIMENSION: r = apply_dimension(programme, told); break;
        case QF_KIND_MEMBER: r = apply_member(programme, told, position); break;
        case QF_KIND_COUNTER: r = apply_counter(programme, told); break;
        case QF_KIND_SOURCE: r = apply_source(programme, told, position); break;
        case QF_KIND_PERIOD_CLOSE:
        case QF_KIND_PERIOD_REOPEN:
        case QF_KIND_PUBLISH: r = qf_edition_apply(programme, event, position); break;
        default: break; /* a part of an edition, or a kind of a newer server */
        }
        if (event->kind == QF_KIND_DIMENSION || event->kind == QF_KIND_MEMBER)
                programme->plain = find_plain(programme);
        if (!r && event->kind < QF_KIND_SOURCE)
                programme->version = position;
        if (!r && position > programme->position)
                programme->position = position;
        return r;
}
