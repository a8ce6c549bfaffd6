/* Why: an event means the same as a row and as columns because both are read by
 * the tables below, and a kind is added without touching decoder or encoder. */
#include "wire/kinds.h"

#include "base/digest.h"
#include "body.pb-c.h"

#define EVENT(member) QF_NUMBER_AT(struct qf_event_row, event.member)
#define STATED(member, bit) QF_STATED_AT_BIT(struct qf_event_row, event.member, bit)
#define KEY QF_VIEW_AT(struct qf_event_row, event.key, QF_KEY_BYTES_MAX, 0)
#define CODE(member) QF_VIEW_AT(struct qf_event_row, member, QF_CODE_BYTES_MAX, 0)
#define REGISTER(member) QF_NUMBER_AT(struct qf_event_row, registered.member)
#define LABEL(member) QF_VIEW_AT(struct qf_event_row, registered.member, 512, 0)
#define STATED_BITS .what_offset = QF_NOWHERE, .stated_offset = offsetof(struct qf_event_row, event.stated)

enum { ALIASES_MAX = 256, MOVES_MAX = 64, KEYS_MAX = 4, ORGS_MAX = 1024 };

static const struct qf_field value_fields[] = {
        QF_VIEW_AT(struct qf_pair, dimension, QF_CODE_BYTES_MAX, QF_FIELD_NEEDED),
        QF_VIEW_AT(struct qf_pair, member, QF_TEXT_ENTRY_BYTES_MAX, 0),
};
static const struct qf_layout value_layout = {&qf__value__descriptor, QF_FIELDS(value_fields), QF_PLAIN};

static const struct qf_field activity_fields[] = {
        KEY,
        EVENT(action),
        EVENT(revision),
        EVENT(date),
        QF_MANY_MESSAGES_AT(struct qf_event_row, pairs, pairs_count, struct qf_pair, QF_VALUES_MAX,
                            value_layout),
        STATED(sessions, QF_STATED_SESSIONS),
        STATED(attendances, QF_STATED_ATTENDANCES),
        EVENT(method),
        STATED(participants, QF_STATED_PARTICIPANTS),
        STATED(start, QF_STATED_START),
        STATED(minutes, QF_STATED_MINUTES),
        STATED(evidence, QF_STATED_EVIDENCE),
        QF_VIEW_AT(struct qf_event_row, event.merged_into, QF_KEY_BYTES_MAX, 0),
};
static const struct qf_field attendance_fields[] = {
        KEY,           EVENT(action), EVENT(revision), STATED(attendances, QF_STATED_ATTENDANCES),
        EVENT(method), EVENT(at_ms),
};
static const struct qf_field tick_fields[] = {
        KEY,
        QF_VIEW_AT(struct qf_event_row, event.counter, QF_TEXT_ENTRY_BYTES_MAX, 0),
        EVENT(amount),
        STATED(at_ms, QF_STATED_AT),
};
/* Of every declared kind: how many of the figures there are, its message tells. */
#define FIGURE(i) STATED(figures[i], 1 << (i))
static const struct qf_field declared_fields[] = {
        KEY,
        EVENT(action),
        EVENT(revision),
        EVENT(date),
        QF_MANY_MESSAGES_AT(struct qf_event_row, pairs, pairs_count, struct qf_pair, QF_VALUES_MAX,
                            value_layout),
        FIGURE(0),
        FIGURE(1),
        FIGURE(2),
        FIGURE(3),
        FIGURE(4),
        FIGURE(5),
        FIGURE(6),
        FIGURE(7),
};
#define DECLARED(of, figures)                                                                                \
        {                                                                                                    \
                &(of), .fields = declared_fields, .fields_count = 5 + (figures), STATED_BITS                 \
        }
static const struct qf_field setting_fields[] = {
        CODE(registered.code),
        LABEL(value),
};
static const struct qf_field dimension_fields[] = {
        CODE(registered.code),
        LABEL(zh),
        LABEL(en),
        REGISTER(multi),
        REGISTER(required),
        REGISTER(most),
        CODE(registered.dimension),
        CODE(registered.groups),
        REGISTER(order),
        REGISTER(closed),
        REGISTER(apart),
};
static const struct qf_field move_fields[] = {
        QF_NUMBER_AT(struct qf_move, from),
        QF_VIEW_AT(struct qf_move, parent, QF_CODE_BYTES_MAX, 0),
        QF_MANY_MESSAGES_AT(struct qf_move, pairs, pairs_count, struct qf_pair, QF_DIMENSIONS_MAX,
                            value_layout),
        QF_VIEW_AT(struct qf_move, zh, 512, 0),
        QF_VIEW_AT(struct qf_move, en, 512, 0),
};
static const struct qf_layout move_layout = {&qf__move__descriptor, QF_FIELDS(move_fields), QF_PLAIN};
static const struct qf_field member_fields[] = {
        CODE(registered.dimension),
        CODE(registered.code),
        LABEL(zh),
        LABEL(en),
        QF_MANY_VIEWS_AT(struct qf_event_row, registered.aliases, registered.aliases_count, ALIASES_MAX, 512),
        CODE(registered.parent),
        REGISTER(valid_from),
        REGISTER(valid_to),
        REGISTER(order),
        QF_MANY_MESSAGES_AT(struct qf_event_row, registered.pairs, registered.pairs_count, struct qf_pair,
                            QF_DIMENSIONS_MAX, value_layout),
        QF_MANY_MESSAGES_AT(struct qf_event_row, registered.moves, registered.moves_count, struct qf_move,
                            MOVES_MAX, move_layout),
        LABEL(at),
};
static const struct qf_field counter_fields[] = {
        CODE(registered.code), LABEL(zh), LABEL(en), CODE(registered.feeds), REGISTER(cap),
};
static const struct qf_field source_key_fields[] = {
        QF_BYTES_AT(struct qf_source_key, public_key, QF_FIELD_NEEDED),
        QF_NUMBER_AT(struct qf_source_key, valid_from),
        QF_NUMBER_AT(struct qf_source_key, valid_to),
};
static const struct qf_layout source_key_layout = {&qf__source_key__descriptor, QF_FIELDS(source_key_fields),
                                                   QF_PLAIN};
static const struct qf_field source_fields[] = {
        CODE(registered.code),
        CODE(registered.parent),
        QF_MANY_MESSAGES_AT(struct qf_event_row, registered.keys, registered.keys_count, struct qf_source_key,
                            KEYS_MAX, source_key_layout),
        QF_MANY_VIEWS_AT(struct qf_event_row, registered.orgs, registered.orgs_count, ORGS_MAX,
                         QF_CODE_BYTES_MAX),
        REGISTER(roles),
};

#define EDITION CODE(registered.code), REGISTER(valid_from), REGISTER(valid_to), REGISTER(order)
static const struct qf_field period_close_fields[] = {
        EDITION,
        QF_MANY_VIEWS_AT(struct qf_event_row, registered.orgs, registered.orgs_count, ORGS_MAX,
                         QF_CODE_BYTES_MAX),
        LABEL(zh),
};
static const struct qf_field period_reopen_fields[] = {
        EDITION,
        QF_VIEW_AT(struct qf_event_row, registered.en, QF_TEXT_ENTRY_BYTES_MAX, 0),
        LABEL(zh),
};
static const struct qf_field edition_part_fields[] = {
        EDITION,
        CODE(registered.feeds),
        REGISTER(most),
        QF_VIEW_AT(struct qf_event_row, registered.value, QF_EDITION_PART_BYTES, 0),
};
static const struct qf_field publish_fields[] = {
        EDITION,
        CODE(registered.feeds),
        REGISTER(most),
        REGISTER(cap),
        QF_VIEW_AT(struct qf_event_row, registered.value, QF_SHA256_BYTES, 0),
        LABEL(zh),
};

static const struct qf_layout activity_layout = {&qf__activity__descriptor, QF_FIELDS(activity_fields),
                                                 STATED_BITS};
static const struct qf_layout attendance_layout = {&qf__attendance__descriptor, QF_FIELDS(attendance_fields),
                                                   STATED_BITS};
static const struct qf_layout tick_layout = {&qf__tick__descriptor, QF_FIELDS(tick_fields), STATED_BITS};
static const struct qf_layout broadcast_layout = DECLARED(qf__broadcast__descriptor, 6);
static const struct qf_layout visit_layout = DECLARED(qf__visit__descriptor, 2);
static const struct qf_layout survey_wave_layout = DECLARED(qf__survey_wave__descriptor, 3);
static const struct qf_layout survey_result_layout = DECLARED(qf__survey_result__descriptor, 2);
static const struct qf_layout agreement_layout = DECLARED(qf__agreement__descriptor, 1);
static const struct qf_layout score_layout = DECLARED(qf__score__descriptor, 2);
static const struct qf_layout period_report_layout = DECLARED(qf__period_report__descriptor, 4);
static const struct qf_layout checkpoint_layout = DECLARED(qf__checkpoint__descriptor, 1);
static const struct qf_layout finding_layout = DECLARED(qf__finding__descriptor, 3);
static const struct qf_layout assignment_layout = DECLARED(qf__assignment__descriptor, 3);
static const struct qf_layout progress_layout = DECLARED(qf__progress__descriptor, 2);
static const struct qf_layout highlight_layout = DECLARED(qf__highlight__descriptor, 0);
static const struct qf_layout site_works_layout = DECLARED(qf__site_works__descriptor, 1);
static const struct qf_layout routine_check_layout = DECLARED(qf__routine_check__descriptor, 1);
static const struct qf_layout assessment_layout = DECLARED(qf__assessment__descriptor, 2);
static const struct qf_layout setting_layout = {&qf__setting__descriptor, QF_FIELDS(setting_fields),
                                                QF_PLAIN};
static const struct qf_layout dimension_layout = {&qf__dimension__descriptor, QF_FIELDS(dimension_fields),
                                                  QF_PLAIN};
static const struct qf_layout member_layout = {&qf__member__descriptor, QF_FIELDS(member_fields), QF_PLAIN};
static const struct qf_layout counter_layout = {&qf__counter__descriptor, QF_FIELDS(counter_fields),
                                                QF_PLAIN};
static const struct qf_layout period_close_layout = {&qf__period_close__descriptor,
                                                     QF_FIELDS(period_close_fields), QF_PLAIN};
static const struct qf_layout period_reopen_layout = {&qf__period_reopen__descriptor,
                                                      QF_FIELDS(period_reopen_fields), QF_PLAIN};
static const struct qf_layout edition_part_layout = {&qf__edition_part__descriptor,
                                                     QF_FIELDS(edition_part_fields), QF_PLAIN};
static const struct qf_layout publish_layout = {&qf__publish__descriptor, QF_FIELDS(publish_fields),
                                                QF_PLAIN};
const struct qf_layout qf_source_layout = {&qf__source__descriptor, QF_FIELDS(source_fields), QF_PLAIN};

static const struct qf_field event_fields[] = {
        QF_INSIDE_AT(0, activity_layout),      QF_INSIDE_AT(0, attendance_layout),
        QF_INSIDE_AT(0, tick_layout),          QF_INSIDE_AT(0, broadcast_layout),
        QF_INSIDE_AT(0, visit_layout),         QF_INSIDE_AT(0, survey_wave_layout),
        QF_INSIDE_AT(0, survey_result_layout), QF_INSIDE_AT(0, agreement_layout),
        QF_INSIDE_AT(0, score_layout),         QF_INSIDE_AT(0, period_report_layout),
        QF_INSIDE_AT(0, checkpoint_layout),    QF_INSIDE_AT(0, finding_layout),
        QF_INSIDE_AT(0, assignment_layout),    QF_INSIDE_AT(0, progress_layout),
        QF_INSIDE_AT(0, highlight_layout),     QF_INSIDE_AT(0, site_works_layout),
        QF_INSIDE_AT(0, routine_check_layout), QF_INSIDE_AT(0, assessment_layout),
        QF_INSIDE_AT(0, setting_layout),       QF_INSIDE_AT(0, dimension_layout),
        QF_INSIDE_AT(0, member_layout),        QF_INSIDE_AT(0, counter_layout),
        QF_INSIDE_AT(0, qf_source_layout),     QF_INSIDE_AT(0, period_close_layout),
        QF_INSIDE_AT(0, period_reopen_layout), QF_INSIDE_AT(0, edition_part_layout),
        QF_INSIDE_AT(0, publish_layout),
};
const struct qf_layout qf_event_layout = {
        &qf__event__descriptor,
        QF_FIELDS(event_fields),
        .what_offset = offsetof(struct qf_event_row, event.kind),
        .what_size = 1,
        .stated_offset = QF_NOWHERE,
};

const struct qf_layout *qf_kind_layout(uint32_t kind)
{
        switch (kind) {
        case QF_KIND_ACTIVITY: return &activity_layout;
        case QF_KIND_ATTENDANCE: return &attendance_layout;
        case QF_KIND_TICK: return &tick_layout;
        case QF_KIND_BROADCAST: return &broadcast_layout;
        case QF_KIND_VISIT: return &visit_layout;
        case QF_KIND_SURVEY_WAVE: return &survey_wave_layout;
        case QF_KIND_SURVEY_RESULT: return &survey_result_layout;
        case QF_KIND_AGREEMENT: return &agreement_layout;
        case QF_KIND_SCORE: return &score_layout;
        case QF_KIND_PERIOD_REPORT: return &period_report_layout;
        case QF_KIND_CHECKPOINT: return &checkpoint_layout;
        case QF_KIND_FINDING: return &finding_layout;
        case QF_KIND_ASSIGNMENT: return &assignment_layout;
        case QF_KIND_PROGRESS: return &progress_layout;
        case QF_KIND_HIGHLIGHT: return &highlight_layout;
        case QF_KIND_SITE_WORKS: return &site_works_layout;
        case QF_KIND_ROUTINE_CHECK: return &routine_check_layout;
        case QF_KIND_ASSESSMENT: return &assessment_layout;
        default: return NULL;
        }
}

const struct qf_field *qf_kind_field(const struct qf_layout *kind, uint32_t number)
{
        for (uint32_t i = 1; i < kind->fields_count; i++) /* 0 is the key, which the run holds */
                if (kind->descriptor->fields[i].id == number)
                        return &kind->fields[i];
        return NULL;
}

void qf_event_complete(struct qf_event *event)
{
        if (event->action == 0 && event->kind < QF_KIND_SETTING && event->kind != QF_KIND_TICK)
                event->action = QF_CREATE;
        if (event->kind == QF_KIND_ACTIVITY && !(event->stated & QF_STATED_SESSIONS))
                event->sessions = 1;
}
