/* A field that was not stated is left out: unknown is not zero, and who reads
 * this shares nothing with us but proto/. An object that could not be filled for
 * want of memory is not given at all. */
#include "views/event_json.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/kinds.h"
#include "views/json.h"

/* An object being filled; failed is sticky. */
struct object {
        json_t *json;
        bool failed;
};

static void set(struct object *object, const char *name, json_t *value)
{
        if (json_object_set_new(object->json, name, value) != 0)
                object->failed = true;
}

json_t *qf_hex_json(const uint8_t *bytes, size_t len)
{
        QF_CLEANUP(qf_cleanup_free) char *text = malloc(2 * len + 1);

        if (!text)
                return NULL;
        qf_text_hex(bytes, len, text);
        return json_string(text);
}

static void set_text(struct object *object, const char *name, struct qf_view text)
{
        if (text.len)
                set(object, name, qf_json_text(text));
}

static void set_number(struct object *object, const char *name, uint64_t value)
{
        if (value)
                set(object, name, json_integer((json_int_t)value));
}

static void set_true(struct object *object, const char *name, bool value)
{
        if (value)
                set(object, name, json_true());
}

static json_t *finish(struct object *object)
{
        if (!object->failed && object->json)
                return object->json;
        json_decref(object->json);
        return NULL;
}

const char *qf_event_kind_code(uint8_t kind)
{
        const struct qf_kind_spec *spec = qf_kind_spec(kind);

        if (spec)
                return spec->code;
        switch (kind) {
        case QF_KIND_ACTIVITY: return "activity";
        case QF_KIND_ATTENDANCE: return "attendance";
        case QF_KIND_TICK: return "tick";
        case QF_KIND_SETTING: return "setting";
        case QF_KIND_DIMENSION: return "dimension";
        case QF_KIND_MEMBER: return "member";
        case QF_KIND_COUNTER: return "counter";
        case QF_KIND_SOURCE: return "source";
        case QF_KIND_PERIOD_CLOSE: return "period_close";
        case QF_KIND_PERIOD_REOPEN: return "period_reopen";
        case QF_KIND_EDITION_PART: return "edition_part";
        case QF_KIND_PUBLISH: return "publish";
        default: return "unknown";
        }
}

static const char *action_name(uint8_t action)
{
        static const char *const names[] = {[QF_CREATE] = "create",
                                            [QF_REPLACE] = "replace",
                                            [QF_WITHDRAW] = "withdraw",
                                            [QF_DROP] = "drop"};

        return action >= QF_REPLACE && action <= QF_DROP ? names[action] : names[QF_CREATE];
}

static const char *method_name(uint8_t method)
{
        static const char *const names[] = {"unspecified", "signed_in", "headcount", "registered",
                                            "estimated"};

        return method < sizeof(names) / sizeof(names[0]) ? names[method] : names[0];
}

/* {"dimension": ["member", …]} in the order sent. */
static json_t *values_of(const struct qf_batch *batch, const struct qf_event *event)
{
        struct object values = {.json = json_object()};

        for (uint32_t i = 0; i < event->values_count && values.json; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];
                struct qf_view dimension = batch->dimensions[value->dimension_at];
                json_t *members = json_object_getn(values.json, dimension.at, dimension.len);
                if (!members) {
                        members = json_array();
                        if (json_object_setn_new(values.json, dimension.at, dimension.len, members) != 0)
                                values.failed = true;
                }
                if (json_array_append_new(members, qf_json_text(batch->texts[value->member_at])) != 0)
                        values.failed = true;
        }
        return finish(&values);
}

json_t *qf_words_json(uint8_t bits)
{
        json_t *names = json_array();

        for (unsigned word = 0; word < QF_WORDS && names; word++)
                if (bits >> word & 1 && json_array_append_new(names, json_string(qf_word_name(word))) != 0) {
                        json_decref(names);
                        names = NULL;
                }
        return names;
}

static void set_words(struct object *object, const struct qf_words *words)
{
        if (!words)
                return;
        set_text(object, "title", words->title);
        set_text(object, "note", words->note);
        set_text(object, "reason", words->reason);
        set_text(object, "recorded_by", words->recorded_by);
        if (words->redacted)
                set(object, "redacted", qf_words_json(words->redacted->gone));
}

static void set_statement(struct object *object, const struct qf_event *event)
{
        set_text(object, "key", event->key);
        set(object, "action", json_string(action_name(event->action)));
        set_number(object, "revision", event->revision);
        if (event->stated & QF_STATED_ATTENDANCES)
                set(object, "attendances", json_integer(event->attendances));
        if (event->method)
                set(object, "method", json_string(method_name(event->method)));
}

static void set_activity(struct object *object, const struct qf_batch *batch, const struct qf_event *event)
{
        set_statement(object, event);
        set(object, "date", json_integer(event->date));
        if (event->values_count)
                set(object, "values", values_of(batch, event));
        if (event->stated & QF_STATED_SESSIONS)
                set(object, "sessions", json_integer(event->sessions));
        if (event->stated & QF_STATED_PARTICIPANTS)
                set(object, "participants", json_integer(event->participants));
        if (event->stated & QF_STATED_START)
                set(object, "start", json_integer(event->start));
        if (event->stated & QF_STATED_MINUTES)
                set(object, "minutes", json_integer(event->minutes));
        if (event->stated & QF_STATED_EVIDENCE)
                set(object, "evidence", json_integer(event->evidence));
        set_text(object, "merged_into", event->merged_into);
}

static void set_declared(struct object *object, const struct qf_batch *batch, const struct qf_event *event,
                         const struct qf_kind_spec *spec)
{
        set_text(object, "key", event->key);
        set(object, "action", json_string(action_name(event->action)));
        set_number(object, "revision", event->revision);
        set(object, "date", json_integer(event->date));
        if (event->values_count)
                set(object, "values", values_of(batch, event));
        for (unsigned i = 0; i < spec->figures_count; i++)
                if (event->stated >> i & 1)
                        set(object, spec->figures[i].code, json_integer(event->figures[i]));
}

static void set_tick(struct object *object, const struct qf_event *event)
{
        set_text(object, "key", event->key);
        set_text(object, "counter", event->counter);
        set(object, "amount", json_integer(event->amount));
        if (event->stated & QF_STATED_AT)
                set(object, "at_ms", json_integer(event->at_ms));
}

/* --- registers ------------------------------------------------------------------ */

static json_t *groups_of(const struct qf_pair *pairs, uint32_t count)
{
        json_t *array = json_array();

        for (uint32_t i = 0; i < count; i++) {
                struct object pair = {.json = json_object()};
                set(&pair, "dimension", qf_json_text(pairs[i].dimension));
                set(&pair, "member", qf_json_text(pairs[i].member));
                (void)json_array_append_new(array, finish(&pair));
        }
        return array;
}

static json_t *moves_of(const struct qf_register *registered)
{
        json_t *array = json_array();

        for (uint32_t i = 0; i < registered->moves_count; i++) {
                const struct qf_move *of = &registered->moves[i];
                struct object move = {.json = json_object()};
                set_number(&move, "from", of->from);
                set_text(&move, "parent", of->parent);
                set_text(&move, "zh", of->zh);
                set_text(&move, "en", of->en);
                if (of->pairs_count)
                        set(&move, "group", groups_of(of->pairs, of->pairs_count));
                (void)json_array_append_new(array, finish(&move));
        }
        return array;
}

static json_t *keys_of(const struct qf_register *registered)
{
        json_t *array = json_array();

        for (uint32_t i = 0; i < registered->keys_count; i++) {
                struct object key = {.json = json_object()};
                set(&key, "public", qf_hex_json(registered->keys[i].public_key, 32));
                set_number(&key, "valid_from", registered->keys[i].valid_from);
                set_number(&key, "valid_to", registered->keys[i].valid_to);
                (void)json_array_append_new(array, finish(&key));
        }
        return array;
}

static void set_labels(struct object *object, const struct qf_register *registered)
{
        set_text(object, "code", registered->code);
        set_text(object, "zh", registered->zh);
        set_text(object, "en", registered->en);
        set_number(object, "order", registered->order);
}

static void set_dimension(struct object *object, const struct qf_register *registered)
{
        set_labels(object, registered);
        set_true(object, "multi", registered->multi);
        set_true(object, "required", registered->required);
        set_number(object, "most", registered->most);
        set_text(object, "members_of", registered->dimension);
        set_text(object, "groups", registered->groups);
        set_true(object, "closed", registered->closed);
        set_true(object, "apart", registered->apart);
}

static void set_member(struct object *object, const struct qf_register *registered)
{
        set_text(object, "dimension", registered->dimension);
        set_labels(object, registered);
        if (registered->aliases_count)
                set(object, "alias", qf_json_texts(registered->aliases, registered->aliases_count));
        set_text(object, "parent", registered->parent);
        set_number(object, "valid_from", registered->valid_from);
        set_number(object, "valid_to", registered->valid_to);
        if (registered->pairs_count)
                set(object, "group", groups_of(registered->pairs, registered->pairs_count));
        set_text(object, "at", registered->at);
        if (registered->moves_count)
                set(object, "moved", moves_of(registered));
}

static void set_source(struct object *object, const struct qf_register *registered)
{
        set_text(object, "name", registered->code);
        set_text(object, "partner", registered->parent);
        set(object, "key", keys_of(registered));
        set(object, "org", qf_json_texts(registered->orgs, registered->orgs_count));
        set_number(object, "roles", registered->roles);
}

static void set_register(struct object *object, uint8_t kind, const struct qf_register *registered)
{
        switch (kind) {
        case QF_KIND_SETTING:
                set_text(object, "name", registered->code);
                set_text(object, "value", registered->value);
                break;
        case QF_KIND_DIMENSION: set_dimension(object, registered); break;
        case QF_KIND_MEMBER: set_member(object, registered); break;
        case QF_KIND_COUNTER:
                set_labels(object, registered);
                set_text(object, "feeds", registered->feeds);
                set_number(object, "cap", registered->cap);
                break;
        default: set_source(object, registered); break;
        }
}

static json_t *hex_of(struct qf_view bytes)
{
        return qf_hex_json((const uint8_t *)bytes.at, bytes.len);
}

static void set_edition(struct object *object, const struct qf_event *event)
{
        const struct qf_edition_said said = qf_edition_said(event);

        set_text(object, "scope", said.scope);
        set_number(object, "first", said.first);
        set_number(object, "last", said.last);
        set_number(object, "edition", said.number);
        switch (event->kind) {
        case QF_KIND_PERIOD_CLOSE:
                if (said.waived_count)
                        set(object, "waived", qf_json_texts(said.waived, said.waived_count));
                break;
        case QF_KIND_PERIOD_REOPEN: set_text(object, "reason", said.reason); break;
        case QF_KIND_EDITION_PART:
                set_text(object, "file", said.file);
                set(object, "part", json_integer(said.part));
                set(object, "data", hex_of(said.data));
                return;
        default:
                set_text(object, "file", said.file);
                set_number(object, "parts", said.parts);
                set_number(object, "size", said.size);
                set(object, "digest", hex_of(said.digest));
        }
        set_text(object, "by", said.by);
}

json_t *qf_event_json(const struct qf_batch *batch, const struct qf_event *event)
{
        struct object object = {.json = json_object()};

        if (event->kind >= QF_KIND_PERIOD_CLOSE && event->registered) {
                set_edition(&object, event);
        } else if (event->registered) {
                set_register(&object, event->kind, event->registered);
        } else if (event->kind == QF_KIND_ACTIVITY) {
                set_activity(&object, batch, event);
        } else if (event->kind == QF_KIND_ATTENDANCE) {
                set_statement(&object, event);
                if (event->at_ms)
                        set(&object, "as_of_ms", json_integer(event->at_ms));
        } else if (event->kind == QF_KIND_TICK) {
                set_tick(&object, event);
        } else if (qf_kind_spec(event->kind)) {
                set_declared(&object, batch, event, qf_kind_spec(event->kind));
        }
        set_words(&object, event->words);
        return finish(&object);
}

const char *qf_verdict_code_name(struct qf_verdict verdict)
{
        return verdict.code ? qf_code_text(verdict.code)->name : NULL;
}

json_t *qf_event_line_json(const struct qf_event_line *line, const struct qf_batch *batch,
                           const struct qf_event *event)
{
        json_t *json = json_pack("{s:I, s:i, s:i, s:I, s:o, s:o, s:s, s:s, s:s?, s:I, s:o, s:o}", "position",
                                 (json_int_t)line->position, "entry", (int)line->entry, "index",
                                 (int)line->index, "received_at", (json_int_t)line->received_at_ms, "source",
                                 qf_json_text(line->source), "partner", qf_json_text(line->partner), "kind",
                                 qf_event_kind_code(event->kind), "verdict",
                                 qf_verdict_class_name(line->verdict.class), "code",
                                 qf_verdict_code_name(line->verdict), "number", (json_int_t)line->number,
                                 "outbox", qf_hex_json((const uint8_t *)line->outbox.at, line->outbox.len),
                                 "event", qf_event_json(batch, event));
        if (batch->partner.len && json)
                (void)json_object_set_new(json, "for_partner", json_true());
        return json;
}
