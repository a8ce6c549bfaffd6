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

static struct finding found(enum qf_verdict_class class, enum qf_code code, const char *field,
                            struct qf_view got)
{
        return (struct finding){.verdict = {(uint16_t) class, (uint16_t)code},
                                .field = field,
                                .got = got,
                                .near = QF_VIEW("")};
}

static struct finding rejected(enum qf_code code, const char *field)
{
        return found(QF_REJECTED, code, field, QF_VIEW(""));
}

static struct finding quarantined(enum qf_code code, const char *field)
{
        return found(QF_QUARANTINED, code, field, QF_VIEW(""));
}

static bool is_wrong(const struct finding *finding)
{
        return finding->verdict.class == QF_REJECTED || finding->verdict.class == QF_QUARANTINED;
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

static struct finding unknown_member(const struct qf_programme *programme, const struct qf_batch *batch,
                                     const struct qf_value *value)
{
        struct finding finding = found(
                QF_QUARANTINED,
                value->dimension == programme->org ? QF_Q104_UNKNOWN_ORG : QF_Q205_UNKNOWN_MEMBER,
                programme->dimensions[value->dimension].dimension.code.at, batch->texts[value->member_at]);
        finding.near_dimension = value->dimension;
        return finding;
}

static struct finding check_value(const struct qf_programme *programme, const struct qf_source *source,
                                  const struct qf_batch *batch, const struct qf_event *event,
                                  const struct qf_value *value)
{
        if (value->dimension == QF_DIMENSION_UNKNOWN || !(carried(programme, event) >> value->dimension & 1))
                return found(QF_QUARANTINED, QF_Q206_UNKNOWN_DIMENSION, "dimension",
                             batch->dimensions[value->dimension_at]);
        if (value->member == QF_MEMBER_UNKNOWN)
                return unknown_member(programme, batch, value);
        const struct qf_dimension *dimension = &programme->dimensions[value->dimension].dimension;
        const struct qf_view got = batch->texts[value->member_at];
        if (value->dimension == programme->org &&
            !qf_programme_entitled(programme, source, value->member, event->date))
                return found(QF_REJECTED, QF_E103_NOT_YOURS, dimension->code.at, got);
        const struct qf_members *members = &programme->dimensions[dimension->members_of].members;
        if (dimension->closed ||
            (members->dated && !valid_then(&members->at[value->member].member, event->date)))
                return found(QF_QUARANTINED, QF_Q205_UNKNOWN_MEMBER, dimension->code.at, got);
        return (struct finding){0};
}

static struct finding check_numbers_of_members(const struct qf_programme *programme, const uint16_t *counts,
                                               uint32_t stated, uint32_t required)
{
        const uint32_t missing = required & ~stated;
        if (missing)
                return rejected(QF_E109_MISSING,
                                programme->dimensions[__builtin_ctz(missing)].dimension.code.at);
        for (uint32_t left = stated; left; left &= left - 1) {
                const struct qf_dimension *dimension = &programme->dimensions[__builtin_ctz(left)].dimension;
                if (counts[__builtin_ctz(left)] > dimension->most)
                        return rejected(QF_E110_TOO_MANY, dimension->code.at);
        }
        return (struct finding){0};
}

/* Nearly all events: members that are known, in dimensions that only the ids of have to be looked at, and an organisation
 * that the source speaks for. */
static bool all_plain(const struct qf_programme *programme, const struct qf_source *source,
                      const struct qf_batch *batch, const struct qf_event *event, uint32_t required)
{
        const struct qf_value *values = &batch->values[event->values_first];
        uint32_t stated = 0, last = 0, together = 0; /* bitmap; of one dimension, side by side */
        for (uint32_t i = 0; i < event->values_count; i++) {
                const uint32_t dimension = values[i].dimension;
                if (dimension > QF_DIMENSIONS_MAX || !(programme->plain >> dimension & 1) ||
                    values[i].member == QF_MEMBER_UNKNOWN)
                        return false;
                if (dimension == programme->org &&
                    !qf_programme_entitled(programme, source, values[i].member, event->date))
                        return false;
                together = dimension == last ? together + 1 : 1;
                last = dimension;
                if (together > 1 ? together > programme->dimensions[dimension].dimension.most
                                 : stated >> dimension & 1)
                        return false;
                stated |= UINT32_C(1) << dimension;
        }
        return (required & ~stated) == 0;
}

static struct finding check_each(const struct qf_programme *programme, const struct qf_source *source,
                                 const struct qf_batch *batch, const struct qf_event *event,
                                 uint32_t required)
{
        uint16_t counts[QF_DIMENSIONS_MAX + 1] = {0};
        uint32_t stated = 0;
        struct finding first = {0};
        for (uint32_t i = 0; i < event->values_count; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];
                const struct finding finding = check_value(programme, source, batch, event, value);
                if (finding.verdict.class == QF_REJECTED)
                        return finding;
                if (!is_wrong(&first))
                        first = finding;
                if (value->dimension != QF_DIMENSION_UNKNOWN) {
                        counts[value->dimension]++;
                        stated |= UINT32_C(1) << value->dimension;
                }
        }
        const struct finding counted = check_numbers_of_members(programme, counts, stated, required);
        return is_wrong(&counted) ? counted : first;
}

static struct finding check_values(const struct qf_programme *programme, const struct qf_source *source,
                                   const struct qf_batch *batch, const struct qf_event *event,
                                   uint32_t required)
{
        const struct finding nothing = {0};

        if (all_plain(programme, source, batch, event, required))
                return nothing;
        return check_each(programme, source, batch, event, required);
}

static struct finding check_date(const struct qf_programme *programme, uint32_t date, uint32_t today)
{
        if (!date)
                return rejected(QF_E109_MISSING, "date");
        if (!qf_date_valid(date))
                return rejected(QF_E105_NO_SUCH_DATE, "date");
        if (qf_date_last_day(date) < programme->settings.first_date) {
                struct finding early = rejected(QF_E105_NO_SUCH_DATE, "date");
                early.near = qf_view_of(programme->settings.first_day);
                return early;
        }
        if (qf_date_first_day(date) > today)
                return rejected(QF_E106_FUTURE, "date");
        return (struct finding){0};
}

static bool is_late(const struct qf_programme *programme, uint32_t date, uint32_t today)
{
        if (!programme->settings.timely_days)
                return false;
        const uint32_t month = qf_date_month(date);
        const uint32_t last = qf_date_last_day(month ? month : date);
        return qf_date_days(today) > qf_date_days(last) + (int32_t)programme->settings.timely_days;
}

static struct finding check_bounds(const struct qf_programme *programme, const struct qf_event *event)
{
        const struct qf_settings *settings = &programme->settings;
        if (event->stated & QF_STATED_PARTICIPANTS && event->stated & QF_STATED_ATTENDANCES &&
            event->participants > event->attendances)
                return rejected(QF_E108_MORE_PEOPLE, "participants");
        if (event->stated & QF_STATED_ATTENDANCES && event->attendances > settings->attendances_max)
                return quarantined(QF_Q107_ABOVE_CAP, "attendances");
        if (event->stated & QF_STATED_SESSIONS && event->sessions > settings->sessions_max)
                return quarantined(QF_Q107_ABOVE_CAP, "sessions");
        return (struct finding){0};
}

static struct finding check_activity(const struct qf_programme *programme, const struct qf_source *source,
                                     const struct qf_batch *batch, const struct qf_event *event,
                                     uint32_t today)
{
        if (event->action == QF_WITHDRAW)
                return (struct finding){0};
        struct finding finding = check_date(programme, event->date, today);
        if (is_wrong(&finding))
                return finding;
        const struct finding bounds = check_bounds(programme, event);
        if (bounds.verdict.class == QF_REJECTED)
                return bounds;
        finding = check_values(programme, source, batch, event, programme->required);
        if (is_wrong(&finding))
                return finding;
        if (is_wrong(&bounds))
                return bounds;
        return found(is_late(programme, event->date, today) ? QF_LATE : QF_ACCEPTED, QF_CODE_NONE, NULL,
                     QF_VIEW(""));
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

static struct finding check_declared(const struct qf_programme *programme, const struct qf_source *source,
                                     const struct qf_batch *batch, const struct qf_event *event,
                                     uint32_t today)
{
        const struct qf_kind_spec *spec = qf_kind_spec(event->kind);
        uint16_t code = QF_CODE_NONE;
        if (!spec)
                return quarantined(QF_Q190_NEWER, "kind");
        if (event->action == QF_WITHDRAW)
                return (struct finding){0};
        if (!(programme->settings.kinds >> event->kind & 1))
                return found(QF_QUARANTINED, QF_Q212_UNUSED_KIND, "kind", qf_view_of(spec->code));
        struct finding finding = check_date(programme, event->date, spec->ahead ? QF_DATE_LAST : today);
        if (is_wrong(&finding))
                return finding;
        const int fault = qf_kind_fault(spec, event, &code);
        if (fault != QF_NO_FIGURE)
                return rejected(code, spec->figures[fault].code);
        finding = check_values(programme, source, batch, event, needs_of(programme, spec));
        if (is_wrong(&finding))
                return finding;
        return found(is_late(programme, event->date, today) ? QF_LATE : QF_ACCEPTED, QF_CODE_NONE, NULL,
                     QF_VIEW(""));
}

static struct finding check_attendance(const struct qf_programme *programme, const struct qf_event *event)
{
        if (event->method == QF_METHOD_NONE)
                return rejected(QF_E109_MISSING, "method");
        if (event->action == QF_WITHDRAW)
                return (struct finding){0};
        if (!(event->stated & QF_STATED_ATTENDANCES))
                return rejected(QF_E109_MISSING, "attendances");
        return check_bounds(programme, event);
}

static struct finding check_tick(const struct qf_programme *programme, const struct qf_event *event)
{
        if (!qf_programme_find_counter(programme, event->counter))
                return found(QF_REJECTED, QF_E111_UNKNOWN_COUNTER, "counter", event->counter);
        if (!event->amount || event->amount > QF_AMOUNT_MAX)
                return rejected(QF_E101_NOT_A_NUMBER, "amount");
        return (struct finding){0};
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

static struct finding check_words(const struct qf_words *words)
{
        const char *field = first_named(qf_programme_long_words(words));
        return field ? rejected(QF_E101_NOT_A_NUMBER, field) : (struct finding){0};
}

/* Bounds that hold in every programme (PROTOCOL.md 9). The wire lets them through, so that one bad event does not
 * sink its batch. */
static struct finding check_shape(const struct qf_event *event)
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
                return rejected(QF_E101_NOT_A_NUMBER, field);
        return event->words ? check_words(event->words) : (struct finding){0};
}

const char *qf_programme_personal(const struct qf_programme *programme, const struct qf_words *words)
{
        return programme->settings.personal_aside ? first_named(qf_programme_personal_words(words)) : NULL;
}

static struct finding check_facts(const struct qf_programme *programme, const struct qf_source *source,
                                  const struct qf_batch *batch, const struct qf_event *event, uint32_t today)
{
        const struct finding shape = check_shape(event);
        if (is_wrong(&shape))
                return shape;
        switch (event->kind) {
        case QF_KIND_ACTIVITY: return check_activity(programme, source, batch, event, today);
        case QF_KIND_ATTENDANCE: return check_attendance(programme, event);
        case QF_KIND_TICK: return check_tick(programme, event);
        default: return check_declared(programme, source, batch, event, today);
        }
}

static struct finding check_event(const struct qf_programme *programme, const struct qf_source *source,
                                  const struct qf_batch *batch, const struct qf_event *event, uint32_t today)
{
        const struct finding finding = check_facts(programme, source, batch, event, today);
        if (is_wrong(&finding) || !event->words)
                return finding;
        const char *field = qf_programme_personal(programme, event->words);
        return field ? quarantined(QF_Q211_PERSONAL, field) : finding;
}

struct qf_verdict qf_programme_check(const struct qf_programme *programme, const struct qf_source *source,
                                     const struct qf_batch *batch, const struct qf_event *event,
                                     uint32_t today, struct qf_detail *ret_detail)
{
        const struct finding finding = check_event(programme, source, batch, event, today);
        if (ret_detail && is_wrong(&finding))
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
