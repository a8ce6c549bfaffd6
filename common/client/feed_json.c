/* Why: a partner's script needs no library to feed: one object a line. A name that
 * the programme does not know is returned here, as it is for a clerk's file. */
#include "client/feed_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/period.h"
#include "client/feed_cell.h"
#include "client/feed_field.h"
#include "client/figure_text.h"
#include "wire/body.h"

static int wrong(struct qf_json_event *event, enum qf_note_code code, const char *column, struct qf_view got)
{
        event->note = (struct qf_note){.code = code, .column = qf_view_of(column), .got = got};
        return 1;
}

static struct qf_view text_of(const json_t *value)
{
        return (struct qf_view){json_string_value(value), (uint32_t)json_string_length(value)};
}

/* An integer, or a text that is one. */
static bool number_of(const json_t *value, uint32_t most, uint32_t *ret_number)
{
        if (json_is_string(value))
                return !qf_cell_number_is_twofold(text_of(value)) &&
                       qf_cell_number(text_of(value), most, ret_number) == 0;
        json_int_t number = json_integer_value(value);
        if (!json_is_integer(value) || number < 0 || (uint64_t)number > most)
                return false;
        *ret_number = (uint32_t)number;
        return true;
}

/* --- numbers ------------------------------------------------------------ */

static int take_counted(struct qf_json_event *event, const char *name, const json_t *value,
                        enum qf_field field)
{
        struct qf_event *to = &event->event;
        uint32_t number = 0, most = field == QF_FIELD_SESSIONS   ? QF_SESSIONS_MAX
                                    : field == QF_FIELD_MINUTES  ? 1440
                                    : field == QF_FIELD_EVIDENCE ? 99
                                    : field == QF_FIELD_REVISION ? QF_WRITTEN_MAX
                                                                 : QF_ATTENDANCES_MAX;
        if (!number_of(value, most, &number))
                return wrong(event, QF_NOTE_NOT_A_NUMBER, name, text_of(value));
        switch (field) {
        case QF_FIELD_SESSIONS:
                to->sessions = number;
                to->stated |= QF_STATED_SESSIONS;
                return number > 0 ? 0 : wrong(event, QF_NOTE_NOT_A_NUMBER, name, QF_VIEW("0"));
        case QF_FIELD_ATTENDANCES: to->attendances = number, to->stated |= QF_STATED_ATTENDANCES; return 0;
        case QF_FIELD_PARTICIPANTS: to->participants = number, to->stated |= QF_STATED_PARTICIPANTS; return 0;
        case QF_FIELD_MINUTES: to->minutes = (uint16_t)number, to->stated |= QF_STATED_MINUTES; return 0;
        case QF_FIELD_EVIDENCE: to->evidence = (uint16_t)number, to->stated |= QF_STATED_EVIDENCE; return 0;
        default: to->revision = number; return 0;
        }
}

static int take_start(struct qf_json_event *event, const char *name, const json_t *value)
{
        uint32_t minutes;
        if (json_is_string(value)) {
                if (qf_cell_clock(text_of(value), &event->event.start))
                        return wrong(event, QF_NOTE_CLOCK, name, text_of(value));
        } else if (number_of(value, 1439, &minutes)) {
                event->event.start = (uint16_t)minutes;
        } else {
                return wrong(event, QF_NOTE_NOT_A_NUMBER, name, QF_VIEW(""));
        }
        event->event.stated |= QF_STATED_START;
        return 0;
}

static int take_date(struct qf_json_event *event, const char *name, const json_t *value)
{
        uint32_t number;
        if (json_is_integer(value) && number_of(value, QF_DATE_LAST, &number) && qf_date_valid(number)) {
                event->event.date = number;
                return 0;
        }
        int result = qf_cell_date_is_twofold(text_of(value))
                             ? QF_CELL_UNCLEAR
                             : qf_cell_date(text_of(value), QF_ORDER_YMD, &event->event.date);
        if (result == 0)
                return 0;
        return wrong(event, result == QF_CELL_NO_SUCH ? QF_NOTE_NO_SUCH_DATE : QF_NOTE_UNCLEAR_DATE, name,
                     text_of(value));
}

/* --- text --------------------------------------------------------------- */

static int take_text(struct qf_json_event *event, const char *name, const json_t *value, size_t characters,
                     bool lines, struct qf_view *ret_text)
{
        struct qf_view text = text_of(value);
        if (!json_is_string(value) || !qf_text_valid(text, lines))
                return wrong(event, QF_NOTE_JSON, name, QF_VIEW(""));
        if (qf_text_characters(text) > characters)
                return wrong(event, QF_NOTE_TOO_LONG, name, QF_VIEW(""));
        *ret_text = text;
        return 0;
}

static int take_word(struct qf_json_event *event, const char *name, const json_t *value, enum qf_field field)
{
        int result = field == QF_FIELD_ACTION ? qf_cell_action(text_of(value), &event->event.action)
                                              : qf_cell_method(text_of(value), &event->event.method);
        if (!json_is_string(value) || result == QF_CELL_UNCLEAR)
                return wrong(event, QF_NOTE_WORD, name, text_of(value));
        return 0;
}

static int take_key(struct qf_json_event *event, const char *name, const json_t *value,
                    struct qf_view *ret_key)
{
        struct qf_view key = text_of(value);
        if (!json_is_string(value) || key.len == 0 || !qf_text_valid(key, false))
                return wrong(event, QF_NOTE_MISSING, name, QF_VIEW(""));
        if (key.len > QF_KEY_BYTES_MAX)
                return wrong(event, QF_NOTE_KEY, name, key);
        *ret_key = key;
        return 0;
}

/* --- members ------------------------------------------------------------ */

static int take_member(struct qf_json_event *event, const struct qf_programme *programme, uint16_t dimension,
                       const char *code, const json_t *value)
{
        struct qf_view name = text_of(value);
        if (!json_is_string(value))
                return wrong(event, QF_NOTE_JSON, code, QF_VIEW(""));
        if (name.len == 0)
                return 0;
        if (event->values_count == QF_JSON_VALUES_MAX)
                return wrong(event, QF_NOTE_TOO_LONG, code, QF_VIEW(""));
        if (programme) {
                uint32_t id = qf_programme_guess_member(programme, dimension, name);
                if (id == QF_MEMBER_UNKNOWN) {
                        struct qf_view near = qf_programme_near_member(programme, dimension, name);
                        bool is_org = strcmp(code, "org") == 0 || strcmp(code, "co_org") == 0;
                        (void)wrong(event, is_org ? QF_NOTE_UNKNOWN_ORG : QF_NOTE_UNKNOWN_MEMBER, code, name);
                        event->note.near = near;
                        return 1;
                }
                name = qf_programme_member(programme, dimension, id)->code;
        }
        event->values[event->values_count++] = (struct qf_pair){qf_view_of(code), name};
        return 0;
}

static int take_members(struct qf_json_event *event, const struct qf_programme *programme, const char *code,
                        const json_t *value)
{
        uint16_t dimension = programme ? qf_programme_find_dimension(programme, qf_view_of(code)) : 0;
        if (dimension == QF_DIMENSION_UNKNOWN)
                return wrong(event, QF_NOTE_JSON, code, QF_VIEW(""));
        if (!json_is_array(value))
                return take_member(event, programme, dimension, code, value);
        for (size_t i = 0; i < json_array_size(value); i++) {
                int result = take_member(event, programme, dimension, code, json_array_get(value, i));
                if (result)
                        return result;
        }
        return 0;
}

/* --- fields ------------------------------------------------------------- */

static int take_named(struct qf_json_event *event, const char *name, const json_t *value, enum qf_field field)
{
        switch (field) {
        case QF_FIELD_KEY: return take_key(event, name, value, &event->event.key);
        case QF_FIELD_ACTION:
        case QF_FIELD_METHOD: return take_word(event, name, value, field);
        case QF_FIELD_DATE: return take_date(event, name, value);
        case QF_FIELD_START: return take_start(event, name, value);
        case QF_FIELD_TITLE: return take_text(event, name, value, 120, false, &event->words.title);
        case QF_FIELD_NOTE: return take_text(event, name, value, 500, true, &event->words.note);
        case QF_FIELD_REASON: return take_text(event, name, value, 200, true, &event->words.reason);
        case QF_FIELD_RECORDED_BY: return take_text(event, name, value, 40, false, &event->words.recorded_by);
        case QF_FIELD_SESSIONS:
        case QF_FIELD_ATTENDANCES:
        case QF_FIELD_PARTICIPANTS:
        case QF_FIELD_MINUTES:
        case QF_FIELD_EVIDENCE:
        case QF_FIELD_REVISION: return take_counted(event, name, value, field);
        default: return wrong(event, QF_NOTE_JSON, name, QF_VIEW(""));
        }
}

/* Those of ticks and attendance counts. Positive 2: not one of them. */
static int take_other(struct qf_json_event *event, const char *name, const json_t *value)
{
        struct qf_event *to = &event->event;
        if (strcmp(name, "kind") == 0)
                return 0;
        if (strcmp(name, "counter") == 0)
                return take_key(event, name, value, &to->counter);
        if (strcmp(name, "merged_into") == 0)
                return take_key(event, name, value, &to->merged_into);
        if (strcmp(name, "amount") == 0)
                return number_of(value, QF_AMOUNT_MAX, &to->amount) && to->amount > 0
                               ? 0
                               : wrong(event, QF_NOTE_NOT_A_NUMBER, name, text_of(value));
        if (strcmp(name, "at_ms") == 0 || strcmp(name, "as_of_ms") == 0) {
                const json_int_t ms = json_integer_value(value);
                if (!json_is_integer(value) || ms < 0 || ms > QF_AT_MS_MAX)
                        return wrong(event, QF_NOTE_NOT_A_NUMBER, name, text_of(value));
                to->at_ms = ms;
                to->stated |= QF_STATED_AT;
                return 0;
        }
        return 2;
}

/* Of a declared kind: a figure of its table. Positive 2: not one of them. */
static int take_figure(struct qf_json_event *event, const char *name, const json_t *value)
{
        const struct qf_kind_spec *spec = qf_kind_spec(event->event.kind);
        const int place = spec ? qf_kind_figure(spec, qf_view_of(name)) : QF_NO_FIGURE;
        enum qf_note_code note = QF_NOTE_NOT_A_NUMBER; /* of "", which JSON need not say */
        char room[QF_FIGURE_TEXT] = "";
        struct qf_view text = text_of(value);
        if (place == QF_NO_FIGURE)
                return 2;
        const json_int_t number = json_integer_value(value);
        const bool clock = spec->figures[place].type == QF_FIGURE_CLOCK;
        if (json_is_integer(value) && clock && (number < 0 || number > 1439))
                return wrong(event, QF_NOTE_NOT_A_NUMBER, name, text_of(value));
        if (json_is_integer(value) && clock)
                (void)snprintf(room, sizeof(room), "%02d:%02d", (int)number / 60, (int)number % 60);
        else if (json_is_integer(value))
                (void)snprintf(room, sizeof(room), "%" JSON_INTEGER_FORMAT, number);
        else if (json_is_real(value)) /* as it was written: no figure has fifteen digits */
                (void)snprintf(room, sizeof(room), "%.15g", json_real_value(value));
        else if (json_is_boolean(value))
                (void)snprintf(room, sizeof(room), "%d", json_is_true(value));
        if (!json_is_string(value))
                text = qf_view_of(room);
        if (qf_figure_state(&spec->figures[place], text, &event->event.figures[place], &note))
                return wrong(event, note, name, text_of(value));
        event->event.stated |= (uint8_t)(1u << place);
        return 0;
}

/* Those that every kind has; for a declared kind no others have a name. */
static bool is_common(enum qf_field field)
{
        return field == QF_FIELD_KEY || field == QF_FIELD_ACTION || field == QF_FIELD_REVISION ||
               field == QF_FIELD_DATE || field == QF_FIELD_TITLE || field == QF_FIELD_NOTE ||
               field == QF_FIELD_REASON || field == QF_FIELD_RECORDED_BY;
}

static int take_field(struct qf_json_event *event, const struct qf_programme *programme, const char *name,
                      const json_t *value)
{
        const enum qf_field field = qf_field_named(qf_view_of(name));
        const bool declared = qf_kind_spec(event->event.kind) != NULL;
        int result = declared ? take_figure(event, name, value) : take_other(event, name, value);
        if (result != 2)
                return result;
        if (strcmp(name, "kind") == 0)
                return 0;
        if (declared && field != QF_FIELD_NONE && !is_common(field))
                return wrong(event, QF_NOTE_JSON, name, QF_VIEW(""));
        return field != QF_FIELD_NONE ? take_named(event, name, value, field)
                                      : take_members(event, programme, name, value);
}

static int take_fields(struct qf_json_event *event, const struct qf_programme *programme)
{
        const char *name;
        json_t *value;
        json_object_foreach (event->json, name, value) {
                if (json_is_null(value))
                        continue;
                int result = take_field(event, programme, name, value);
                if (result)
                        return result;
        }
        return 0;
}

static bool take_kind(struct qf_json_event *event)
{
        const char *kind = json_string_value(json_object_get(event->json, "kind"));
        if (!kind || strcmp(kind, "activity") == 0)
                event->event.kind = QF_KIND_ACTIVITY;
        else if (strcmp(kind, "attendance") == 0)
                event->event.kind = QF_KIND_ATTENDANCE;
        else if (strcmp(kind, "tick") == 0)
                event->event.kind = QF_KIND_TICK;
        else if (qf_kind_named(qf_view_of(kind)))
                event->event.kind = qf_kind_named(qf_view_of(kind))->kind;
        else
                return false;
        event->event.action = event->event.kind == QF_KIND_TICK ? 0 : QF_CREATE;
        if (event->event.kind == QF_KIND_TICK)
                event->event.amount = 1;
        else if (event->event.kind == QF_KIND_ACTIVITY)
                event->event.sessions = 1;
        return true;
}

/* Attendance counts and ticks have no members. */
static bool is_whole(const struct qf_json_event *event)
{
        return event->event.kind == QF_KIND_ACTIVITY || qf_kind_spec(event->event.kind) ||
               event->values_count == 0;
}

int qf_json_event_read(struct qf_view line, const struct qf_programme *programme,
                       struct qf_json_event *ret_event)
{
        json_error_t error;
        *ret_event =
                (struct qf_json_event){.json = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, &error)};
        if (!ret_event->json && json_error_code(&error) == json_error_out_of_memory)
                return -ENOMEM;
        if (!json_is_object(ret_event->json) || !take_kind(ret_event))
                return wrong(ret_event, QF_NOTE_JSON, "", QF_VIEW(""));
        int result = take_fields(ret_event, programme);
        if (result)
                return result;
        if (ret_event->event.key.len == 0)
                return wrong(ret_event, QF_NOTE_MISSING, "key", QF_VIEW(""));
        if (!is_whole(ret_event))
                return wrong(ret_event, QF_NOTE_JSON, "", QF_VIEW(""));
        const struct qf_words *words = &ret_event->words;
        const char *personal = programme ? qf_programme_personal(programme, words) : NULL;
        if (personal) {
                ret_event->note = (struct qf_note){.code = QF_NOTE_PERSONAL, .column = qf_view_of(personal)};
                return 1;
        }
        if (words->title.len + words->note.len + words->reason.len + words->recorded_by.len > 0)
                ret_event->event.words = words;
        return 0;
}

void qf_json_event_deinit(struct qf_json_event *event)
{
        json_decref(event->json);
        event->json = NULL;
}
