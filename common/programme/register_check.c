/* Whether a register event fits the registers. It is asked before the event is
 * journaled, so that what stands in the journal can always be applied, in every
 * daemon, without a question. */
#include "programme/registers.h"

#include <string.h>

#include "base/text.h"
#include "model/period.h"

struct fault {
        const char *field; /* NULL: none */
        struct qf_view got;
};

static const struct fault fine = {0};

static struct fault wrong(const char *field, struct qf_view got)
{
        return (struct fault){field, got};
}

/* Codes stand in prefixes, filters and files: nothing that divides there, and nothing that can't be seen. */
bool qf_is_code(struct qf_view code)
{
        if (!code.len || code.len > QF_CODE_BYTES_MAX || !qf_text_valid(code, false))
                return false;
        for (uint32_t i = 0; i < code.len; i++)
                if (strchr(" /,=\"'*\\", code.at[i]))
                        return false;
        return true;
}

/* Names of dimensions share their place in queries with periods and the total. */
static bool is_dimension_code(struct qf_view code)
{
        static const struct qf_view taken[] = {
                {"total", 5}, {"all", 3}, {"day", 3}, {"month", 5}, {"year", 4}};
        if (!qf_is_code(code))
                return false;
        for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
                if (qf_view_same(code, taken[i]))
                        return false;
        return true;
}

static bool is_label(struct qf_view label)
{
        return label.len <= QF_LABEL_BYTES_MAX && qf_text_valid(label, false);
}

static bool is_day(uint32_t day)
{
        return !day || (day % 100 && qf_date_valid(day));
}

/* "26.05" with at most so many degrees: digits, one point between some of them, a sign before. */
static bool is_degrees(struct qf_view text, uint32_t most)
{
        uint64_t whole, unused;
        if (text.len && text.at[0] == '-')
                text = (struct qf_view){text.at + 1, text.len - 1};
        const char *point = text.len ? memchr(text.at, '.', text.len) : NULL;
        const uint32_t before = point ? (uint32_t)(point - text.at) : text.len;
        const struct qf_view fraction = {text.at + before + 1, point ? text.len - before - 1 : 0};
        return qf_text_number((struct qf_view){text.at, before}, most, &whole) &&
               (!point ||
                (fraction.len <= 9 && whole < most && qf_text_number(fraction, 999999999, &unused)));
}

/* "LATITUDE,LONGITUDE" */
static bool is_place(struct qf_view at)
{
        const char *comma = at.len ? memchr(at.at, ',', at.len) : NULL;
        const uint32_t before = comma ? (uint32_t)(comma - at.at) : 0;
        return !at.len || (comma && is_degrees((struct qf_view){at.at, before}, 90) &&
                           is_degrees((struct qf_view){comma + 1, at.len - before - 1}, 180));
}

static struct fault check_labels(const struct qf_register *told)
{
        if (!is_label(told->zh))
                return wrong("zh", told->zh);
        return is_label(told->en) ? fine : wrong("en", told->en);
}

static struct fault check_setting(const struct qf_programme *programme, const struct qf_register *told)
{
        struct qf_settings settings = programme->settings;
        if (!qf_text_valid(told->value, false))
                return wrong("value", told->value);
        /* Real numbers do not become a training's: it begins as one, before anybody but the office can feed. */
        if (qf_view_same(told->code, QF_VIEW("training")) && !settings.training &&
            programme->sources_count > 1)
                return wrong("name", told->code);
        return qf_settings_take(&settings, told->code, told->value)
                       ? fine
                       : wrong(told->code.len ? "value" : "name", told->value);
}

/* The dimension that another shares or groups: on events itself, with members of its own. */
static bool is_base(const struct qf_programme *programme, struct qf_view code, uint16_t *ret_id)
{
        const uint16_t id = qf_programme_find_dimension(programme, code);
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        *ret_id = id;
        return dimension && dimension->members_of == id && !dimension->groups;
}

static struct fault check_dimension_stands(const struct qf_dimension *standing,
                                           const struct qf_register *told, uint16_t id, uint16_t shares,
                                           uint16_t groups)
{
        if (standing->multi && !told->multi)
                return wrong("multi", told->code);
        if (standing->members_of != (told->dimension.len ? shares : id))
                return wrong("members_of", told->dimension);
        if (standing->groups != (told->groups.len ? groups : 0))
                return wrong("groups", told->groups);
        if (told->apart && !standing->apart) /* activities have members of it */
                return wrong("apart", told->code);
        return fine;
}

static struct fault check_dimension(const struct qf_programme *programme, const struct qf_register *told)
{
        uint16_t shares = 0, groups = 0;
        if (!is_dimension_code(told->code))
                return wrong("code", told->code);
        if (told->dimension.len && (told->groups.len || !is_base(programme, told->dimension, &shares)))
                return wrong("members_of", told->dimension);
        if (told->groups.len && (told->multi || told->required || !is_base(programme, told->groups, &groups)))
                return wrong("groups", told->groups);
        if (told->apart && (told->groups.len || told->required || qf_view_same(told->code, QF_VIEW("org"))))
                return wrong("apart", told->code);
        if (told->most > QF_MOST_MAX || (!told->multi && told->most > 1))
                return wrong("most", told->code);
        const struct fault labels = check_labels(told);
        if (labels.field)
                return labels;
        const uint16_t id = qf_programme_find_dimension(programme, told->code);
        const struct qf_dimension *standing = qf_programme_dimension(programme, id);
        if (standing)
                return check_dimension_stands(standing, told, id, shares, groups);
        return programme->dimensions_count < QF_DIMENSIONS_MAX ? fine : wrong("code", told->code);
}

/* How many stand from a member upwards on a day; TREE_DEPTH_MAX: too many, or it goes by self. */
static uint32_t count_above(const struct qf_members *members, uint32_t member, uint32_t self, uint32_t day)
{
        uint32_t count = 0;
        for (; member && count < QF_TREE_DEPTH_MAX; count++) {
                if (member == self)
                        return QF_TREE_DEPTH_MAX;
                member = qf_member_place(&members->at[member].member, day)->parent;
        }
        return count;
}

/* How many stand below each other under a member on a day. */
static uint32_t count_below(const struct qf_members *members, uint32_t self, uint32_t day)
{
        uint32_t most = 0;
        for (uint32_t id = 1; members->at[self].holds && id <= members->count; id++) {
                uint32_t member = id, count = 0;
                for (; member && member != self && count < QF_TREE_DEPTH_MAX; count++)
                        member = qf_member_place(&members->at[member].member, day)->parent;
                if (member == self && count > most)
                        most = count;
        }
        return most;
}

/* The parent of a place that holds until a day: looked at anew on each day on which somebody of the tree moves. */
static struct fault check_parent(const struct qf_programme *programme, uint16_t dimension,
                                 struct qf_view code, const struct qf_move *place, uint32_t end)
{
        if (!place->parent.len)
                return fine;
        const struct qf_members *members = qf_programme_members(programme, dimension);
        const uint32_t self = qf_programme_find_member(programme, dimension, code);
        const uint32_t above = qf_programme_find_member(programme, dimension, place->parent);
        if (above == QF_MEMBER_UNKNOWN)
                return wrong("parent", place->parent);
        uint32_t day = place->from;
        for (uint32_t next = 0; day < end; next++) {
                uint32_t depth = count_above(members, above, self, day) + 1;
                if (self != QF_MEMBER_UNKNOWN)
                        depth += count_below(members, self, day);
                if (depth > QF_TREE_DEPTH_MAX)
                        return wrong("parent", place->parent);
                while (next < members->moving_days_count && members->moving_days[next] <= day)
                        next++;
                day = next < members->moving_days_count ? members->moving_days[next] : end;
        }
        return fine;
}

static struct fault check_groups(const struct qf_programme *programme, uint16_t dimension,
                                 struct qf_view code, const struct qf_move *told)
{
        if (told->pairs_count > QF_DIMENSIONS_MAX)
                return wrong("group", code);
        for (uint32_t i = 0; i < told->pairs_count; i++) {
                const struct qf_pair *pair = &told->pairs[i];
                const uint16_t id = qf_programme_find_dimension(programme, pair->dimension);
                const struct qf_dimension *grouping = qf_programme_dimension(programme, id);
                if (!grouping || grouping->groups != dimension)
                        return wrong("group", pair->dimension);
                if (qf_programme_find_member(programme, id, pair->member) == QF_MEMBER_UNKNOWN)
                        return wrong("group", pair->member);
                for (uint32_t k = 0; k < i; k++)
                        if (qf_view_same(told->pairs[k].dimension, pair->dimension))
                                return wrong("group", pair->dimension);
        }
        return fine;
}

static struct fault check_places(const struct qf_programme *programme, uint16_t dimension,
                                 const struct qf_register *told)
{
        if (told->moves_count > QF_MOVES_MAX)
                return wrong("moved", told->code);
        for (uint32_t i = 0; i <= told->moves_count; i++) {
                const struct qf_move place = qf_register_place(told, i);
                const uint32_t end = i < told->moves_count ? told->moves[i].from : UINT32_MAX;
                if (i && (!place.from || !is_day(place.from)))
                        return wrong("moved", told->code);
                if (!is_label(place.zh) || !is_label(place.en))
                        return wrong("moved", told->code);
                if (end <= place.from || (!i && end <= told->valid_from) ||
                    (i && told->valid_to && place.from > told->valid_to))
                        return wrong("moved", told->code);
                struct fault fault = check_parent(programme, dimension, told->code, &place, end);
                if (!fault.field)
                        fault = check_groups(programme, dimension, told->code, &place);
                if (fault.field)
                        return fault;
        }
        return fine;
}

static struct fault check_aliases(const struct qf_register *told)
{
        if (told->aliases_count > QF_ALIASES_MAX)
                return wrong("alias", told->code);
        for (uint32_t i = 0; i < told->aliases_count; i++)
                if (!told->aliases[i].len || !is_label(told->aliases[i]))
                        return wrong("alias", told->aliases[i]);
        return fine;
}

static struct fault check_member(const struct qf_programme *programme, const struct qf_register *told)
{
        const uint16_t id = qf_programme_find_dimension(programme, told->dimension);
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        if (!dimension || dimension->members_of != id)
                return wrong("dimension", told->dimension);
        if (!qf_is_code(told->code))
                return wrong("code", told->code);
        if (!is_day(told->valid_from) || !is_day(told->valid_to) ||
            (told->valid_to && told->valid_from > told->valid_to))
                return wrong("valid_to", told->code);
        const uint32_t most = id == programme->org ? QF_ORG_MEMBERS_MAX : QF_MEMBERS_MAX;
        if (dimension->members >= most &&
            qf_programme_find_member(programme, id, told->code) == QF_MEMBER_UNKNOWN)
                return wrong("code", told->code);
        struct fault fault = is_place(told->at) ? check_labels(told) : wrong("at", told->at);
        if (!fault.field)
                fault = check_aliases(told);
        return fault.field ? fault : check_places(programme, id, told);
}

static struct fault check_counter(const struct qf_programme *programme, const struct qf_register *told)
{
        if (!qf_is_code(told->code))
                return wrong("code", told->code);
        if (!qf_view_same(told->feeds, QF_VIEW("attendances")))
                return wrong("feeds", told->feeds);
        if (!qf_programme_find_counter(programme, told->code) && programme->counters_count == QF_COUNTERS_MAX)
                return wrong("code", told->code);
        return check_labels(told);
}

static struct fault check_keys(const struct qf_programme *programme, const struct qf_register *told,
                               uint32_t self)
{
        if (told->keys_count > QF_SOURCE_KEYS_MAX)
                return wrong("key", told->code);
        for (uint32_t i = 0; i < told->keys_count; i++) {
                const struct qf_source_key *key = &told->keys[i];
                const uint32_t holder = qf_programme_find_key(programme, key->public_key, 0);
                if ((holder && holder != self) || !is_day(key->valid_from) || !is_day(key->valid_to))
                        return wrong("key", told->code);
        }
        return fine;
}

static struct fault check_source(const struct qf_programme *programme, const struct qf_register *told)
{
        /* The office's own key is in ingest's config: no feed can lock it out. */
        if (!qf_is_code(told->code) || qf_view_same(told->code, QF_VIEW("office")))
                return wrong("name", told->code);
        if (!told->roles || told->roles > (QF_ROLE_FEED | QF_ROLE_READ | QF_ROLE_ADMIN))
                return wrong("roles", told->code);
        const uint32_t self = qf_programme_find_source(programme, told->code);
        if (!self && programme->sources_count >= QF_SOURCES_MAX)
                return wrong("name", told->code);
        if (self && !qf_view_same(qf_programme_source(programme, self)->partner_code, told->parent))
                return wrong("partner", told->parent);
        if (told->parent.len &&
            (!programme->org ||
             qf_programme_find_member(programme, programme->org, told->parent) == QF_MEMBER_UNKNOWN))
                return wrong("partner", told->parent);
        if (!told->parent.len && told->roles & QF_ROLE_FEED)
                return wrong("partner", told->parent);
        if (told->orgs_count > QF_SOURCE_ORGS_MAX)
                return wrong("org", told->code);
        for (uint32_t i = 0; i < told->orgs_count; i++)
                if (!programme->org ||
                    qf_programme_find_member(programme, programme->org, told->orgs[i]) == QF_MEMBER_UNKNOWN)
                        return wrong("org", told->orgs[i]);
        return check_keys(programme, told, self);
}

struct qf_verdict qf_programme_check_register(const struct qf_programme *programme,
                                              const struct qf_event *event, struct qf_detail *ret_detail)
{
        struct fault fault;
        if (!event->registered)
                return (struct qf_verdict){QF_QUARANTINED, QF_Q190_NEWER};
        switch (event->kind) {
        case QF_KIND_SETTING: fault = check_setting(programme, event->registered); break;
        case QF_KIND_DIMENSION: fault = check_dimension(programme, event->registered); break;
        case QF_KIND_MEMBER: fault = check_member(programme, event->registered); break;
        case QF_KIND_COUNTER: fault = check_counter(programme, event->registered); break;
        case QF_KIND_SOURCE: fault = check_source(programme, event->registered); break;
        case QF_KIND_PERIOD_CLOSE:
        case QF_KIND_PERIOD_REOPEN:
        case QF_KIND_EDITION_PART:
        case QF_KIND_PUBLISH: return qf_edition_check(programme, event, ret_detail);
        default: return (struct qf_verdict){QF_QUARANTINED, QF_Q190_NEWER};
        }
        if (!fault.field)
                return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
        if (ret_detail) {
                ret_detail->field = fault.field;
                ret_detail->got = fault.got;
                ret_detail->near = QF_VIEW("");
        }
        return (struct qf_verdict){QF_REJECTED, QF_E161_REGISTER};
}
