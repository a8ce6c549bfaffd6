/* What is wrong with a statement or tick, whatever stands under its key. A hot
 * path of ingest: integers only, no memory, the first fault that only the sender
 * can mend wins over one that our side can mend. */
#include "programme/registers.h"

#include "base/text.h"
#include "model/kinds.h"
#include "model/period.h"
#include "model/personal.h"

struct finding {
        struct qf_verdict verdict;
        const char *field;
        struct qf_view got;
        uint16_t near_dimension; /* where to look for a similar name; 0: nowhere */
        struct qf_view near;     /* else */
};

/* Every check says whether something is wrong; what it is, is written only then: nearly always nothing is. */
static bool found(struct finding *ret_finding, enum qf_verdict_class class, enum qf_code code,
                  const char *field, struct qf_view got)
{
        *ret_finding = (struct finding){.verdict = {(uint16_t) class, (uint16_t)code},
                                        .field = field,
                                        .got = got,
                                        .near = QF_VIEW("")};
        return true;
}

static bool rejected(struct finding *ret_finding, enum qf_code code, const char *field)
{
        return found(ret_finding, QF_REJECTED, code, field, QF_VIEW(""));
}

static bool quarantined(struct finding *ret_finding, enum qf_code code, const char *field)
{
        return found(ret_finding, QF_QUARANTINED, code, field, QF_VIEW(""));
}

bool qf_programme_entitled(const struct qf_programme *programme, const struct qf_source *source, uint32_t org,
                           uint32_t date)
{
        if (org == QF_MEMBER_NONE || !programme->org || !source)
                return true;
        const struct qf_source_entry *entry = programme->sources[source->ref - 1];
        const struct qf_members *members = &programme->dimensions[programme->org].members;
        for (uint32_t depth = 0; org && org <= members->count && depth <= QF_TREE_DEPTH_MAX; depth++) {
                for (uint32_t i = 0; i < entry->source.orgs_count; i++)
                        if (entry->orgs[i] == org)
                                return true;
                org = qf_member_place(&members->at[org].member, date)->parent;
        }
        return false;
}

/* A member's dates and the event's, which may be a month or a year, have a day in common. */
static bool valid_then(const struct qf_member *member, uint32_t date)
{
        if (!member->valid_from && !member->valid_to)
                return true;
        return member->valid_from <= qf_date_last_day(date) &&
               (!member->valid_to || qf_date_first_day(date) <= member->valid_to);
}

/* The dimensions that events of its kind have members in. */
static uint32_t carried(const struct qf_programme *programme, const struct qf_event *event)
{
        return event->kind == QF_KIND_ACTIVITY ? programme->counted : programme->counted | programme->apart;
}

static bool unknown_member(const struct qf_programme *programme, const struct qf_batch *batch,
                           const struct qf_value *value, struct finding *ret_finding)
{
        (void)found(ret_finding, QF_QUARANTINED,
                    value->dimension == programme->org ? QF_Q104_UNKNOWN_ORG : QF_Q205_UNKNOWN_MEMBER,
                    programme->dimensions[value->dimension].dimension.code.at,
                    batch->texts[value->member_at]);
        ret_finding->near_dimension = value->dimension;
        return true;
}

static bool check_value(const struct qf_programme *programme, const struct qf_source *source,
                        const struct qf_batch *batch, const struct qf_event *event,
                        const struct qf_value *value, struct finding *ret_finding)
{
        if (value->dimension == QF_DIMENSION_UNKNOWN || !(carried(programme, event) >> value->dimension & 1))
                return found(ret_finding, QF_QUARANTINED, QF_Q206_UNKNOWN_DIMENSION, "dimension",
                             batch->dimensions[value->dimension_at]);
        if (value->member == QF_MEMBER_UNKNOWN)
                return unknown_member(programme, batch, value, ret_finding);
        const struct qf_dimension *dimension = &programme->dimensions[value->dimension].dimension;
        const struct qf_view got = batch->texts[value->member_at];
        if (value->dimension == programme->org &&
            !qf_programme_entitled(programme, source, value->member, event->date))
                return found(ret_finding, QF_REJECTED, QF_E103_NOT_YOURS, dimension->code.at, got);
        const struct qf_members *members = &programme->dimensions[dimension->members_of].members;
        if (dimension->closed ||
            (members->dated && !valid_then(&members->at[value->member].member, event->date)))
                return found(ret_finding, QF_QUARANTINED, QF_Q205_UNKNOWN_MEMBER, dimension->code.at, got);
        return false;
}

static bool check_numbers_of_members(const struct qf_programme *programme, const uint16_t *counts,
                                     uint32_t stated, uint32_t required, struct finding *ret_finding)
{
        const uint32_t missing = required & ~stated;
        if (missing)
                return rejected(ret_finding, QF_E109_MISSING,
                                programme->dimensions[__builtin_ctz(missing)].dimension.code.at);
        for (uint32_t left = stated; left; left &= left - 1) {
                const struct qf_dimension *dimension = &programme->dimensions[__builtin_ctz(left)].dimension;
                if (counts[__builtin_ctz(left)] > dimension->most)
                        return rejected(ret_finding, QF_E110_TOO_MANY, dimension->code.at);
        }
        return false;
}

static bool few_enough(const struct qf_programme *programme, const struct qf_value *values, uint32_t count)
{
        uint16_t counts[QF_DIMENSIONS_MAX + 1] = {0};
        for (uint32_t i = 0; i < count; i++)
                if (++counts[values[i].dimension] > programme->dimensions[values[i].dimension].dimension.most)
                        return false;
        return true;
}

/* Nearly all events: members that are known, in dimensions that only the ids of have to be looked at, and an organisation
 * that the source speaks for. */
static bool all_plain(const struct qf_programme *programme, const struct qf_source *source,
                      const struct qf_batch *batch, const struct qf_event *event, uint32_t required)
{
        const struct qf_value *values = &batch->values[event->values_first];
        uint32_t stated = 0, again = 0;
        for (uint32_t i = 0; i < event->values_count; i++) {
                const uint32_t dimension = values[i].dimension, member = values[i].member;
                if (dimension > QF_DIMENSIONS_MAX || member == QF_MEMBER_UNKNOWN ||
                    (dimension == programme->org &&
                     !qf_programme_entitled(programme, source, member, event->date)))
                        return false;
                again |= stated & UINT32_C(1) << dimension;
                stated |= UINT32_C(1) << dimension;
        }
        return ((stated & ~programme->plain) | (required & ~stated)) == 0 &&
               (again == 0 || few_enough(programme, values, event->values_count));
}

static bool check_each(const struct qf_programme *programme, const struct qf_source *source,
                       const struct qf_batch *batch, const struct qf_event *event, uint32_t required,
                       struct finding *ret_finding)
{
        uint16_t counts[QF_DIMENSIONS_MAX + 1] = {0};
        uint32_t stated = 0;
        bool wrong = false;
        for (uint32_t i = 0; i < event->values_count; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];
                struct finding finding;
                if (check_value(programme, source, batch, event, value, &finding)) {
                        const bool is_rejected = finding.verdict.class == QF_REJECTED;
                        if (!wrong || is_rejected)
                                *ret_finding = finding;
                        if (is_rejected)
                                return true;
                        wrong = true;
                }
                if (value->dimension != QF_DIMENSION_UNKNOWN) {
                        counts[value->dimension]++;
                        stated |= UINT32_C(1) << value->dimension;
                }
        }
        return check_numbers_of_members(programme, counts, stated, required, ret_finding) || wrong;
}

static bool check_values(const struct qf_programme *programme, const struct qf_source *source,
                         const struct qf_batch *batch, const struct qf_event *event, uint32_t required,
                         struct finding *ret_finding)
{
        return !all_plain(programme, source, batch, event, required) &&
               check_each(programme, source, batch, event, required, ret_finding);
}

static bool check_date(const struct qf_programme *programme, uint32_t date, uint32_t today,
                       struct finding *ret_finding)
{
        if (!date)
                return rejected(ret_finding, QF_E109_MISSING, "date");
        if (!qf_date_valid(date))
                return rejected(ret_finding, QF_E105_NO_SUCH_DATE, "date");
        if (qf_date_last_day(date) < programme->settings.first_date) {
                (void)rejected(ret_finding, QF_E105_NO_SUCH_DATE, "date");
                ret_finding->near = qf_view_of(programme->settings.first_day);
                return true;
        }
        return qf_date_first_day(date) > today && rejected(ret_finding, QF_E106_FUTURE, "date");
}

/* Of what is stated of a date, and not of what is taken back. */
static bool is_late(const struct qf_programme *programme, const struct qf_event *event, uint32_t today)
{
        if (!programme->settings.timely_days || event->action == QF_WITHDRAW ||
            event->kind == QF_KIND_ATTENDANCE || event->kind == QF_KIND_TICK)
                return false;
        const uint32_t month = qf_date_month(event->date);
        const uint32_t last = qf_date_last_day(month ? month : event->date);
        return qf_date_days(today) > qf_date_days(last) + (int32_t)programme->settings.timely_days;
}

static bool check_bounds(const struct qf_programme *programme, const struct qf_event *event,
                         struct finding *ret_finding)
{
        const struct qf_settings *settings = &programme->settings;
        if (event->stated & QF_STATED_PARTICIPANTS && event->stated & QF_STATED_ATTENDANCES &&
            event->participants > event->attendances)
                return rejected(ret_finding, QF_E108_MORE_PEOPLE, "participants");
        if (event->stated & QF_STATED_ATTENDANCES && event->attendances > settings->attendances_max)
                return quarantined(ret_finding, QF_Q107_ABOVE_CAP, "attendances");
        if (event->stated & QF_STATED_SESSIONS && event->sessions > settings->sessions_max)
                return quarantined(ret_finding, QF_Q107_ABOVE_CAP, "sessions");
        return false;
}

static bool check_activity(const struct qf_programme *programme, const struct qf_source *source,
                           const struct qf_batch *batch, const struct qf_event *event, uint32_t today,
                           struct finding *ret_finding)
{
        if (event->action == QF_WITHDRAW)
                return false;
        if (check_date(programme, event->date, today, ret_finding))
                return true;
        const bool beyond = check_bounds(programme, event, ret_finding);
        if (beyond && ret_finding->verdict.class == QF_REJECTED)
                return true;
        return check_values(programme, source, batch, event, programme->required, ret_finding) || beyond;
}

/* "org site": dimensions without which a kind says nothing, as far as the programme has them. */
static uint32_t needs_of(const struct qf_programme *programme, const struct qf_kind_spec *spec)
{
        const char *rest = spec->needs;
        struct qf_view code;
        uint32_t needs = 0;

        while (qf_kind_word(&rest, &code)) {
                const uint16_t id = qf_programme_find_dimension(programme, code);
                if (id != QF_DIMENSION_UNKNOWN && (programme->counted | programme->apart) >> id & 1)
                        needs |= UINT32_C(1) << id;
        }
        return needs;
}

static bool check_declared(const struct qf_programme *programme, const struct qf_source *source,
                           const struct qf_batch *batch, const struct qf_event *event, uint32_t today,
                           struct finding *ret_finding)
{
        const struct qf_kind_spec *spec = qf_kind_spec(event->kind);
        uint16_t code = QF_CODE_NONE;
        if (!spec)
                return quarantined(ret_finding, QF_Q190_NEWER, "kind");
        if (event->action == QF_WITHDRAW)
                return false;
        if (!(programme->settings.kinds >> event->kind & 1))
                return found(ret_finding, QF_QUARANTINED, QF_Q212_UNUSED_KIND, "kind",
                             qf_view_of(spec->code));
        if (check_date(programme, event->date, spec->ahead ? QF_DATE_LAST : today, ret_finding))
                return true;
        const int fault = qf_kind_fault(spec, event, &code);
        if (fault != QF_NO_FIGURE)
                return rejected(ret_finding, code, spec->figures[fault].code);
        return check_values(programme, source, batch, event, needs_of(programme, spec), ret_finding);
}

static bool check_attendance(const struct qf_programme *programme, const struct qf_event *event,
                             struct finding *ret_finding)
{
        if (event->method == QF_METHOD_NONE)
                return rejected(ret_finding, QF_E109_MISSING, "method");
        if (event->action == QF_WITHDRAW)
                return false;
        if (!(event->stated & QF_STATED_ATTENDANCES))
                return rejected(ret_finding, QF_E109_MISSING, "attendances");
        return check_bounds(programme, event, ret_finding);
}

static bool check_tick(const struct qf_programme *programme, const struct qf_event *event,
                       struct finding *ret_finding)
{
        if (!qf_programme_find_counter(programme, event->counter))
                return found(ret_finding, QF_REJECTED, QF_E111_UNKNOWN_COUNTER, "counter", event->counter);
        if (!event->amount || event->amount > QF_AMOUNT_MAX)
                return rejected(ret_finding, QF_E101_NOT_A_NUMBER, "amount");
        return false;
}

/* Of what is gone a bit tells what was found while it was there. */
uint8_t qf_programme_long_words(const struct qf_words *words)
{
        static const uint16_t most[QF_WORDS] = {120, 500, 200, 40}; /* characters */
        unsigned bits = words->redacted ? words->redacted->longer : 0;
        for (unsigned word = 0; word < QF_WORDS; word++) {
                const struct qf_view text = qf_words_text(words, word);
                if (text.len > most[word] && qf_text_characters(text) > most[word])
                        bits |= 1u << word;
        }
        return (uint8_t)bits;
}

uint8_t qf_programme_personal_words(const struct qf_words *words)
{
        unsigned bits = words->redacted ? words->redacted->personal : 0;
        for (unsigned word = 0; word < QF_WORDS; word++)
                if (qf_personal_find(qf_words_text(words, word), NULL) != QF_PERSONAL_NONE)
                        bits |= 1u << word;
        return (uint8_t)bits;
}

static const char *first_named(uint8_t bits)
{
        unsigned word = 0;
        while (word < QF_WORDS && !(bits >> word & 1))
                word++;
        return word < QF_WORDS ? qf_word_name(word) : NULL;
}

static bool check_words(const struct qf_words *words, struct finding *ret_finding)
{
        const char *field = first_named(qf_programme_long_words(words));
        return field && rejected(ret_finding, QF_E101_NOT_A_NUMBER, field);
}

/* Bounds that hold in every programme (PROTOCOL.md 9). The wire lets them through, so that one bad event does not
 * sink its batch. */
static bool check_shape(const struct qf_event *event, struct finding *ret_finding)
{
        const uint8_t stated = qf_kind_is_declared(event->kind) ? 0 : event->stated;
        const char *field = NULL;
        if (event->action > QF_WITHDRAW)
                field = "action";
        else if (event->method > QF_ESTIMATED)
                field = "method";
        else if ((stated & QF_STATED_SESSIONS) && event->sessions == 0)
                field = "sessions";
        else if ((stated & QF_STATED_START) && event->start > 1439)
                field = "start";
        else if ((stated & QF_STATED_MINUTES) && (event->minutes == 0 || event->minutes > 1440))
                field = "minutes";
        else if ((stated & QF_STATED_EVIDENCE) && event->evidence > 99)
                field = "evidence";
        if (field)
                return rejected(ret_finding, QF_E101_NOT_A_NUMBER, field);
        return event->words && check_words(event->words, ret_finding);
}

const char *qf_programme_personal(const struct qf_programme *programme, const struct qf_words *words)
{
        return programme->settings.personal_aside ? first_named(qf_programme_personal_words(words)) : NULL;
}

static bool check_facts(const struct qf_programme *programme, const struct qf_source *source,
                        const struct qf_batch *batch, const struct qf_event *event, uint32_t today,
                        struct finding *ret_finding)
{
        if (check_shape(event, ret_finding))
                return true;
        switch (event->kind) {
        case QF_KIND_ACTIVITY: return check_activity(programme, source, batch, event, today, ret_finding);
        case QF_KIND_ATTENDANCE: return check_attendance(programme, event, ret_finding);
        case QF_KIND_TICK: return check_tick(programme, event, ret_finding);
        default: return check_declared(programme, source, batch, event, today, ret_finding);
        }
}

static bool check_event(const struct qf_programme *programme, const struct qf_source *source,
                        const struct qf_batch *batch, const struct qf_event *event, uint32_t today,
                        struct finding *ret_finding)
{
        if (check_facts(programme, source, batch, event, today, ret_finding))
                return true;
        const char *field = event->words ? qf_programme_personal(programme, event->words) : NULL;
        return field && quarantined(ret_finding, QF_Q211_PERSONAL, field);
}

struct qf_verdict qf_programme_check(const struct qf_programme *programme, const struct qf_source *source,
                                     const struct qf_batch *batch, const struct qf_event *event,
                                     uint32_t today, struct qf_detail *ret_detail)
{
        struct finding finding;
        if (!check_event(programme, source, batch, event, today, &finding))
                return (struct qf_verdict){is_late(programme, event, today) ? QF_LATE : QF_ACCEPTED,
                                           QF_CODE_NONE};
        if (ret_detail)
                *ret_detail = (struct qf_detail){
                        .at = (uint32_t)(event - batch->events),
                        .field = finding.field,
                        .got = finding.got,
                        .near = finding.near_dimension
                                        ? qf_programme_near_member(programme, finding.near_dimension,
                                                                   finding.got)
                                        : finding.near,
                };
        return finding.verdict;
}
