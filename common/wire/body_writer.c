/* Why: senders add events one by one and get bodies of columns that fit every
 * limit of the decoder. The upper bound of the size is kept as events come, so
 * that a body is never found to be too large after numbers were given.
 *
 * Guarantee: what qf_body_writer_add takes, qf_body_decode takes. */
#include "wire/body_writer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/kinds.h"

enum { EVENTS_FIRST = 256, COLUMN_BYTES = 32, RUN_BYTES = 24, BODY_BYTES = 64, KIND_FIELDS_MAX = 14 };

int qf_body_writer_new(struct qf_body_writer **ret_writer)
{
        struct qf_body_writer *writer = calloc(1, sizeof *writer);
        if (!writer)
                return -ENOMEM;
        writer->size = BODY_BYTES;
        *ret_writer = writer;
        return 0;
}

struct qf_body_writer *qf_body_writer_free(struct qf_body_writer *writer)
{
        if (writer) {
                qf_names_deinit(&writer->keys);
                qf_names_deinit(&writer->names);
                qf_buffer_deinit(&writer->rows);
                qf_buffer_deinit(&writer->texts);
                free(writer->events);
                free(writer->values);
                free(writer->scratch);
        }
        free(writer);
        return NULL;
}

static void clear(struct qf_body_writer *writer)
{
        qf_names_clear(&writer->keys);
        qf_names_clear(&writer->names);
        writer->count = writer->values_count = writer->runs_count = writer->dimensions_count = 0;
        writer->multi = 0;
        writer->used = writer->used_count = 0;
        writer->size = BODY_BYTES;
        writer->expanded = 0;
        writer->rows.len = writer->texts.len = 0;
}

uint32_t qf_body_writer_count(const struct qf_body_writer *writer)
{
        return writer->count;
}

size_t qf_body_writer_size(const struct qf_body_writer *writer)
{
        return writer->size + writer->rows.len + writer->texts.len;
}

static bool words_fit(const struct qf_words *words)
{
        const struct qf_view *texts[] = {&words->title, &words->note, &words->reason, &words->recorded_by};
        for (int i = 0; i < 4; i++)
                if (texts[i]->len > QF_TEXT_ENTRY_BYTES_MAX || !qf_text_valid(*texts[i], i == 1 || i == 2))
                        return false;
        return true;
}

static bool shape_fits(const struct qf_event *event, const struct qf_pair *values, uint32_t values_count)
{
        if (event->key.len > QF_KEY_BYTES_MAX || event->merged_into.len > QF_KEY_BYTES_MAX ||
            event->counter.len > QF_TEXT_ENTRY_BYTES_MAX || values_count > QF_VALUES_MAX)
                return false;
        if (event->revision == UINT32_MAX || event->date == UINT32_MAX || event->sessions == UINT32_MAX ||
            event->attendances == UINT32_MAX || event->participants == UINT32_MAX ||
            event->amount == UINT32_MAX)
                return false; /* columns hold them plus 1 */
        for (uint32_t i = 0; i < QF_FIGURES_MAX && qf_kind_is_declared(event->kind); i++)
                if (event->figures[i] == UINT32_MAX)
                        return false;
        if (event->at_ms < 0 || event->at_ms > QF_AT_MS_MAX || (event->words && !words_fit(event->words)))
                return false;
        for (uint32_t i = 0; i < values_count; i++)
                if (values[i].dimension.len == 0 || values[i].dimension.len > QF_CODE_BYTES_MAX ||
                    values[i].member.len > QF_TEXT_ENTRY_BYTES_MAX)
                        return false;
        return true;
}

/* Words go straight into Texts: an event's place is known when it is added. */
static int add_words(struct qf_body_writer *writer, const struct qf_words *words)
{
        const struct qf_view *texts[] = {&words->title, &words->note, &words->reason, &words->recorded_by};
        size_t mark = 0;
        int r = qf_nested_begin(&writer->texts, 1, &mark);
        if (r == 0)
                r = qf_buffer_reserve(&writer->texts, 16 + 4 * (QF_TEXT_ENTRY_BYTES_MAX + 8));
        if (r < 0)
                return r;
        uint8_t *at = writer->texts.at + writer->texts.len;
        if (writer->count) {
                *at++ = 1 << 3;
                at = qf_varint_put(at, writer->count);
        }
        for (uint8_t i = 0; i < 4; i++) {
                if (texts[i]->len == 0)
                        continue;
                *at++ = (uint8_t)((i + 2) << 3 | 2);
                at = qf_varint_put(at, texts[i]->len);
                memcpy(at, texts[i]->at, texts[i]->len);
                at += texts[i]->len;
        }
        writer->texts.len = (size_t)(at - writer->texts.at);
        return qf_nested_end(&writer->texts, mark);
}

static int add_register(struct qf_body_writer *writer, const struct qf_event *event)
{
        if (writer->runs_count)
                return QF_BODY_FULL;
        size_t before = writer->rows.len, mark = 0;
        int r = qf_nested_begin(&writer->rows, 3, &mark);
        if (r == 0)
                r = qf_register_encode(event, &writer->rows);
        if (r == 0)
                r = qf_nested_end(&writer->rows, mark);
        size_t row = writer->rows.len - before;
        if (r == 0 && BODY_BYTES + row > QF_BODY_BYTES_MAX)
                r = QF_BODY_SHAPE;
        else if (r == 0 && BODY_BYTES + writer->rows.len > QF_BODY_BYTES_MAX)
                r = QF_BODY_FULL;
        if (r != 0) {
                writer->rows.len = before;
                return r;
        }
        writer->count++;
        return 0;
}

/* What a number costs in its column: a field that any event states costs every event a byte. */
static size_t said(struct qf_body_writer *writer, uint32_t field, bool is_said, uint64_t value)
{
        if (!is_said)
                return 0;
        size_t size = 0;
        if (!(writer->used & 1u << field)) {
                writer->used |= 1u << field;
                writer->used_count++;
                size = writer->count; /* one more byte for each event before */
        }
        if (value + 1 < 0x80)
                return size;
        return size + qf_varint_size(value < UINT32_MAX ? value + 1 : UINT32_MAX) - 1;
}

/* Figures of a declared kind follow the field value, in the table's order. */
static size_t figures_size(struct qf_body_writer *writer, const struct qf_event *event)
{
        size_t size = said(writer, 4, event->date, event->date);
        for (uint32_t i = 0; i < QF_FIGURES_MAX; i++)
                size += said(writer, QF_FIELD_VALUE + 1 + i, event->stated >> i & 1, event->figures[i]);
        return size;
}

static size_t numbers_size(struct qf_body_writer *writer, const struct qf_event *event)
{
        const uint8_t stated = event->stated;
        const uint64_t text = QF_BODY_TEXTS_MAX; /* the largest number of a text */
        size_t size = 0;
        if (event->kind == QF_KIND_TICK) {
                size += said(writer, 15, event->counter.len, text);
                size += said(writer, 16, event->amount, event->amount);
                size += said(writer, 17, stated & QF_STATED_AT, (uint64_t)event->at_ms);
                return size;
        }
        size += said(writer, 2, event->action > QF_CREATE, event->action);
        size += said(writer, 3, event->revision, event->revision);
        if (qf_kind_is_declared(event->kind))
                return size + figures_size(writer, event);
        size += said(writer, 7, stated & QF_STATED_ATTENDANCES, event->attendances);
        size += said(writer, 8, event->method, event->method);
        if (event->kind == QF_KIND_ATTENDANCE)
                return size + said(writer, 14, event->at_ms, (uint64_t)event->at_ms);
        size += said(writer, 4, event->date, event->date);
        size += said(writer, 6, stated & QF_STATED_SESSIONS, event->sessions);
        size += said(writer, 9, stated & QF_STATED_PARTICIPANTS, event->participants);
        size += said(writer, 10, stated & QF_STATED_START, event->start);
        size += said(writer, 11, stated & QF_STATED_MINUTES, event->minutes);
        size += said(writer, 12, stated & QF_STATED_EVIDENCE, event->evidence);
        return size + said(writer, 13, event->merged_into.len, text);
}

uint32_t qf_body_shared(struct qf_view before, struct qf_view text)
{
        uint32_t most = before.len < text.len ? before.len : text.len, shared = 0;
        while (most >= 8 && shared < most) { /* the last eight bytes overlap those before */
                uint32_t from = shared + 8 <= most ? shared : most - 8;
                uint64_t differs = qf_get_le64((const uint8_t *)before.at + from) ^
                                   qf_get_le64((const uint8_t *)text.at + from);
                shared = from + (differs ? (uint32_t)__builtin_ctzll(differs) / 8 : 8);
                if (differs)
                        break;
        }
        while (most < 8 && shared < most && before.at[shared] == text.at[shared])
                shared++;
        while (shared > 0 && shared < text.len && ((uint8_t)text.at[shared] & 0xc0) == 0x80)
                shared--;
        return shared;
}

static int number_key(struct qf_body_writer *writer, struct qf_view key, uint32_t *ret_number)
{
        uint32_t count = writer->keys.count;
        int r = qf_names_number(&writer->keys, key, ret_number);
        if (r == 0 && writer->keys.count > count) {
                struct qf_view before = count ? qf_names_view(&writer->keys, count - 1) : (struct qf_view){0};
                writer->size += key.len - qf_body_shared(before, key) + 4;
                writer->expanded += key.len;
        }
        return r;
}

static int number_name(struct qf_body_writer *writer, struct qf_view name, uint32_t *ret_number)
{
        uint32_t count = writer->names.count;
        int r = qf_names_number(&writer->names, name, ret_number);
        if (r == 0 && writer->names.count > count) {
                writer->size += name.len + 4;
                writer->expanded += name.len;
        }
        return r;
}

/* Index of the dimension, tried first at the place where the event before had it. */
static int number_dimension(struct qf_body_writer *writer, struct qf_view code, uint32_t guess,
                            uint32_t *ret_at)
{
        if (guess < writer->dimensions_count &&
            qf_names_is(&writer->names, writer->dimensions[guess], code)) {
                *ret_at = guess;
                return 0;
        }
        uint32_t number = 0, at = 0;
        int r = number_name(writer, code, &number);
        if (r != 0)
                return r;
        while (at < writer->dimensions_count && writer->dimensions[at] != number)
                at++;
        if (at == writer->dimensions_count) {
                writer->dimensions[writer->dimensions_count++] = number;
                writer->size += (size_t)writer->count + (size_t)(writer->runs_count + 1) * COLUMN_BYTES;
        }
        *ret_at = at;
        return 0;
}

static int add_values(struct qf_body_writer *writer, const struct qf_pair *values, uint32_t values_count)
{
        uint64_t seen = 0, multi = writer->multi;
        uint32_t guess = 0;
        for (uint32_t i = 0; i < values_count; i++) {
                uint32_t member = 0, at = 0;
                int r = number_dimension(writer, values[i].dimension, guess, &at);
                if (r == 0)
                        r = number_name(writer, values[i].member, &member);
                if (r != 0)
                        return r;
                writer->values[writer->values_count + i] = (struct qf_held_value){at, member};
                multi |= seen & UINT64_C(1) << at;
                seen |= UINT64_C(1) << at;
                guess = at + 1;
        }
        if (multi) {
                writer->size += (size_t)__builtin_popcountll(multi & ~writer->multi) * writer->count;
                writer->size += (size_t)__builtin_popcountll(multi);
                writer->multi = multi;
        }
        writer->size += 2 * (size_t)values_count + writer->dimensions_count;
        return 0;
}

static bool has_time(const struct qf_event *event)
{
        return event->kind == QF_KIND_TICK ? (event->stated & QF_STATED_AT) != 0 : event->at_ms != 0;
}

/* Whether the event goes into the last run: same kind, and times that one column can span. */
static bool joins_run(const struct qf_body_writer *writer, const struct qf_event *event)
{
        if (writer->runs_count == 0 || writer->events[writer->count - 1].event.kind != event->kind)
                return false;
        const struct qf_held_run *run = &writer->runs[writer->runs_count - 1];
        if (!has_time(event) || run->at_most < 0)
                return true;
        int64_t least = event->at_ms < run->at_least ? event->at_ms : run->at_least;
        int64_t most = event->at_ms > run->at_most ? event->at_ms : run->at_most;
        return most - least < (int64_t)UINT32_MAX;
}

/* What adding may change, to take it back when the event turns out not to fit. */
struct before {
        uint32_t keys, names, dimensions, used, used_count;
        uint64_t multi;
        size_t size, expanded, texts;
};

static struct before remember(const struct qf_body_writer *writer)
{
        return (struct before){writer->keys.count, writer->names.count, writer->dimensions_count,
                               writer->used,       writer->used_count,  writer->multi,
                               writer->size,       writer->expanded,    writer->texts.len};
}

static void take_back(struct qf_body_writer *writer, const struct before *before)
{
        qf_names_cut(&writer->keys, before->keys);
        qf_names_cut(&writer->names, before->names);
        writer->dimensions_count = before->dimensions;
        writer->used = before->used;
        writer->used_count = before->used_count;
        writer->multi = before->multi;
        writer->size = before->size;
        writer->expanded = before->expanded;
        writer->texts.len = before->texts;
}

static bool over_limits(const struct qf_body_writer *writer, uint32_t values_count)
{
        return writer->size + writer->texts.len > QF_BODY_BYTES_MAX || /* so that one frame holds both */
               writer->keys.count + writer->names.count > QF_BODY_TEXTS_MAX ||
               writer->expanded > QF_BODY_TEXT_BYTES_MAX ||
               writer->dimensions_count > QF_BATCH_DIMENSIONS_MAX - KIND_FIELDS_MAX ||
               (size_t)writer->values_count + values_count +
                               ((size_t)writer->count + 1) * writer->dimensions_count >
                       QF_BATCH_VALUES_MAX;
}

static int reserve(struct qf_body_writer *writer, uint32_t values_count)
{
        if (writer->count == writer->events_room) {
                uint32_t room = writer->events_room ? 2 * writer->events_room : EVENTS_FIRST;
                struct qf_held_event *events = realloc(writer->events, room * sizeof *events);
                if (!events)
                        return -ENOMEM;
                writer->events = events;
                writer->events_room = room;
        }
        if (writer->values_count + values_count > writer->values_room) {
                uint32_t room = 2 * (writer->values_room + values_count + EVENTS_FIRST);
                struct qf_held_value *values = realloc(writer->values, room * sizeof *values);
                if (!values)
                        return -ENOMEM;
                writer->values = values;
                writer->values_room = room;
        }
        return 0;
}

static int number_optional(struct qf_body_writer *writer, struct qf_view text, uint32_t *ret_number_plus_1)
{
        uint32_t number = 0;
        if (text.len == 0)
                return 0;
        int r = number_name(writer, text, &number);
        *ret_number_plus_1 = number + 1;
        return r;
}

static int hold(struct qf_body_writer *writer, const struct qf_event *event, const struct qf_pair *values,
                uint32_t values_count)
{
        struct qf_held_event *held = &writer->events[writer->count];
        held->event = *event;
        held->event.values_count = (uint16_t)values_count;
        held->values_first = writer->values_count;
        held->counter = held->merged_into = 0;
        if (event->action == 0)
                held->event.action = QF_CREATE;
        int r = number_key(writer, event->key, &held->key);
        if (r == 0)
                r = number_optional(writer, event->counter, &held->counter);
        if (r == 0)
                r = number_optional(writer, event->merged_into, &held->merged_into);
        if (r == 0)
                r = add_values(writer, values, values_count);
        if (r != 0)
                return r < 0 ? r : QF_BODY_SHAPE;
        writer->size += numbers_size(writer, event);
        writer->size += writer->used_count + 2;
        return 0;
}

static void join_run(struct qf_body_writer *writer, const struct qf_event *event, bool joins)
{
        if (!joins)
                writer->runs[writer->runs_count++] =
                        (struct qf_held_run){.first = writer->count, .at_least = INT64_MAX, .at_most = -1};
        struct qf_held_run *run = &writer->runs[writer->runs_count - 1];
        if (!has_time(event))
                return;
        if (event->at_ms < run->at_least)
                run->at_least = event->at_ms;
        if (event->at_ms > run->at_most)
                run->at_most = event->at_ms;
}

int qf_body_writer_add(struct qf_body_writer *writer, const struct qf_event *event,
                       const struct qf_pair *values, uint32_t values_count)
{
        if (!shape_fits(event, values, values_count))
                return QF_BODY_SHAPE;
        bool joins = joins_run(writer, event);
        if (writer->count == QF_BATCH_EVENTS_MAX)
                return QF_BODY_FULL;
        if (event->kind >= QF_KIND_SETTING)
                return add_register(writer, event);
        if (!qf_kind_layout(event->kind))
                return QF_BODY_SHAPE;
        if (writer->rows.len || (!joins && writer->runs_count == QF_BODY_RUNS_MAX))
                return QF_BODY_FULL;
        int r = reserve(writer, values_count);
        if (r < 0)
                return r;
        struct before before = remember(writer);
        if (!joins)
                writer->size +=
                        RUN_BYTES + (KIND_FIELDS_MAX + (size_t)writer->dimensions_count) * COLUMN_BYTES;
        r = hold(writer, event, values, values_count);
        if (r == 0 && event->words)
                r = add_words(writer, event->words);
        if (r == 0 && over_limits(writer, values_count))
                r = writer->count == 0 ? QF_BODY_SHAPE : QF_BODY_FULL;
        if (r != 0) {
                take_back(writer, &before);
                return r;
        }
        join_run(writer, event, joins);
        writer->values_count += values_count;
        writer->count++;
        return 0;
}

static int append_head(const struct qf_body_writer *writer, struct qf_buffer *facts, int64_t sent_at_ms)
{
        int r = qf_buffer_reserve(facts, BODY_BYTES);
        if (r < 0)
                return r;
        uint8_t *at = facts->at + facts->len;
        *at++ = 1 << 3;
        *at++ = QF_SCHEMA;
        if (sent_at_ms != 0) {
                *at++ = 2 << 3;
                at = qf_varint_put(at, qf_zigzag(sent_at_ms));
        }
        if (writer->partner_len) {
                *at++ = 9 << 3 | 2;
                *at++ = (uint8_t)writer->partner_len;
                memcpy(at, writer->partner, writer->partner_len);
                at += writer->partner_len;
        }
        facts->len = (size_t)(at - facts->at);
        return 0;
}

void qf_body_writer_set_partner(struct qf_body_writer *writer, struct qf_view partner)
{
        QF_ASSERT(partner.len <= QF_CODE_BYTES_MAX);
        writer->partner_len = partner.len;
        if (partner.len)
                memcpy(writer->partner, partner.at, partner.len);
}

int qf_body_writer_end(struct qf_body_writer *writer, int64_t sent_at_ms, struct qf_buffer *facts,
                       struct qf_buffer *texts)
{
        int r = append_head(writer, facts, sent_at_ms);
        if (r == 0 && writer->rows.len)
                r = qf_buffer_append(facts, writer->rows.at, writer->rows.len);
        else if (r == 0)
                r = qf_body_encode_row(writer, facts);
        if (r == QF_BODY_NO_ROW)
                r = qf_body_encode_columns(writer, facts);
        if (r == 0 && writer->texts.len)
                r = qf_buffer_append(texts, writer->texts.at, writer->texts.len);
        if (r == 0)
                clear(writer);
        return r;
}
