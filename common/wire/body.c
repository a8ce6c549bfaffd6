/* Why: the one door through which events come in. What passes here has the
 * shape that everything behind relies on: indices in range, text valid, counts
 * that agree, and no more memory spent than the arena's cap. What an event says
 * is judged later, each by itself: a number out of its bounds is let through.
 *
 * A body of one tick in columns (PROTOCOL.md 3 has more):
 *   0801                                    schema 1
 *   220b 48582d323032332d303137             text 0: "HX-2023-017"
 *   2207 7369676e5f696e                     text 1: "sign_in"
 *   4212 0803 1001                          run of kind 3, of 1 event, keys from text 0
 *        2a05 080f 220102                   column of field 15, counter: u 2 is text 1
 *        2a05 0810 220102                   column of field 16, amount: u 2 is 1 */
#include "wire/body_parts.h"

#include <errno.h>

#include "body.pb-c.h"

static const struct qf_field column_fields[] = {
        QF_NUMBER_AT(struct qf_column, field),
        QF_NUMBER_AT(struct qf_column, dimension),
        QF_NUMBER_AT(struct qf_column, offset),
        QF_MANY_AT(struct qf_column, u, u_count, uint32_t, QF_BATCH_VALUES_MAX),
        QF_MANY_AT(struct qf_column, n, n_count, uint32_t, QF_BATCH_EVENTS_MAX),
};
static const struct qf_layout column_layout = {&qf__column__descriptor, QF_FIELDS(column_fields), QF_PLAIN};

static const struct qf_field run_fields[] = {
        QF_NUMBER_AT(struct qf_run, kind),
        QF_NUMBER_AT(struct qf_run, n),
        QF_NUMBER_AT(struct qf_run, key_from),
        QF_MANY_AT(struct qf_run, keys, keys_count, uint32_t, QF_BATCH_EVENTS_MAX),
        QF_MANY_MESSAGES_AT(struct qf_run, columns, columns_count, struct qf_column, QF_RUN_COLUMNS_MAX,
                            column_layout),
};
static const struct qf_layout run_layout = {&qf__run__descriptor, QF_FIELDS(run_fields), QF_PLAIN};

static const struct qf_field body_fields[] = {
        QF_NUMBER_AT(struct qf_body, schema),
        QF_NUMBER_AT(struct qf_body, sent_at_ms),
        QF_MANY_VIEWS_AT(struct qf_body, rows, rows_count, QF_BATCH_EVENTS_MAX, 0),
        QF_MANY_VIEWS_AT(struct qf_body, texts, texts_count, QF_BODY_TEXTS_MAX, QF_TEXT_ENTRY_BYTES_MAX),
        QF_VIEW_AT(struct qf_body, text_all, 0, 0),
        QF_MANY_AT(struct qf_body, lens, lens_count, uint32_t, QF_BODY_TEXTS_MAX),
        QF_MANY_AT(struct qf_body, shared, shared_count, uint32_t, QF_BODY_TEXTS_MAX),
        QF_MANY_MESSAGES_AT(struct qf_body, runs, runs_count, struct qf_run, QF_BODY_RUNS_MAX, run_layout),
        QF_VIEW_AT(struct qf_body, partner, QF_CODE_BYTES_MAX, 0),
};
const struct qf_layout qf_body_layout = {&qf__body__descriptor, QF_FIELDS(body_fields), QF_PLAIN};

struct placed_words {
        uint32_t at;
        struct qf_words words;
};
struct texts {
        uint32_t count, redacted_count;
        const struct placed_words *words;
        const struct qf_redacted *redacted;
};

static const struct qf_field words_fields[] = {
        QF_NUMBER_AT(struct placed_words, at),
        QF_VIEW_AT(struct placed_words, words.title, QF_TEXT_ENTRY_BYTES_MAX, 0),
        QF_VIEW_AT(struct placed_words, words.note, QF_TEXT_ENTRY_BYTES_MAX, QF_FIELD_LINES),
        QF_VIEW_AT(struct placed_words, words.reason, QF_TEXT_ENTRY_BYTES_MAX, QF_FIELD_LINES),
        QF_VIEW_AT(struct placed_words, words.recorded_by, QF_TEXT_ENTRY_BYTES_MAX, 0),
};
static const struct qf_layout words_layout = {&qf__words__descriptor, QF_FIELDS(words_fields), QF_PLAIN};

static const struct qf_field redacted_fields[] = {
        QF_NUMBER_AT(struct qf_redacted, at),
        QF_NUMBER_AT(struct qf_redacted, gone),
        QF_NUMBER_AT(struct qf_redacted, longer),
        QF_NUMBER_AT(struct qf_redacted, personal),
        QF_BYTES_AT(struct qf_redacted, words, QF_FIELD_NEEDED),
        QF_BYTES_AT(struct qf_redacted, content, QF_FIELD_NEEDED),
};
const struct qf_layout qf_redacted_layout = {&qf__redacted__descriptor, QF_FIELDS(redacted_fields), QF_PLAIN};

static const struct qf_field texts_fields[] = {
        QF_MANY_MESSAGES_AT(struct texts, words, count, struct placed_words, QF_BATCH_EVENTS_MAX,
                            words_layout),
        QF_MANY_MESSAGES_AT(struct texts, redacted, redacted_count, struct qf_redacted, QF_BATCH_EVENTS_MAX,
                            qf_redacted_layout),
};
const struct qf_layout qf_texts_layout = {&qf__texts__descriptor, QF_FIELDS(texts_fields), QF_PLAIN};

int qf_body_dimension(struct qf_view *dimensions, uint32_t *count, struct qf_view code, uint16_t *ret_at,
                      struct qf_wire_fault *ret_fault)
{
        uint32_t at = 0;
        while (at < *count && !qf_view_same(dimensions[at], code))
                at++;
        if (at == *count) {
                if (code.len == 0 || code.len > QF_CODE_BYTES_MAX)
                        return qf_wire_refuse(ret_fault, "a dimension's code of 0 or more than 32 bytes",
                                              code.len);
                if (at == QF_BATCH_DIMENSIONS_MAX)
                        return qf_wire_refuse(ret_fault, "more than 64 dimensions named in a batch", at);
                dimensions[(*count)++] = code;
        }
        *ret_at = (uint16_t)at;
        return 0;
}

/* Events of which something is gone; what is there still was put down before. */
static int note_redacted(struct qf_arena *arena, const struct texts *texts, struct qf_batch *batch,
                         struct qf_wire_fault *ret_fault)
{
        for (uint32_t i = 0; i < texts->redacted_count; i++) {
                const struct qf_redacted *redacted = &texts->redacted[i];
                if (redacted->at >= batch->count || (i > 0 && redacted->at <= texts->redacted[i - 1].at))
                        return qf_wire_refuse(ret_fault, "redactions out of order, or of no event",
                                              redacted->at);
                struct qf_event *event = &batch->events[redacted->at];
                struct qf_words *words = qf_arena_take(arena, sizeof *words);
                if (!words)
                        return qf_wire_refuse(ret_fault, "more than a message may take of memory",
                                              redacted->at);
                *words = event->words ? *event->words : (struct qf_words){0};
                bool wrong = redacted->gone == 0 || redacted->gone >= 1u << QF_WORDS ||
                             ((redacted->longer | redacted->personal) & ~redacted->gone) != 0;
                for (unsigned word = 0; word < QF_WORDS; word++)
                        wrong = wrong || ((redacted->gone >> word & 1) && qf_words_text(words, word).len > 0);
                if (wrong)
                        return qf_wire_refuse(ret_fault, "a redaction of nothing, or of what is there",
                                              redacted->gone);
                words->redacted = redacted;
                event->words = words;
                batch->redacted = true;
        }
        return 0;
}

static int decode_texts(struct qf_arena *arena, struct qf_view bytes, struct qf_batch *batch,
                        struct qf_wire_fault *ret_fault)
{
        struct texts texts = {0};
        int r = qf_layout_decode(arena, &qf_texts_layout, bytes, &texts, ret_fault);
        if (r != 0)
                return r;
        for (uint32_t i = 0; i < texts.count; i++) {
                const struct placed_words *placed = &texts.words[i];
                if (placed->at >= batch->count)
                        return qf_wire_refuse(ret_fault, "words for an event that is not in the batch",
                                              placed->at);
                if (i > 0 && placed->at <= texts.words[i - 1].at)
                        return qf_wire_refuse(ret_fault, "words out of order, or twice for an event",
                                              placed->at);
                batch->events[placed->at].words = &placed->words;
        }
        return note_redacted(arena, &texts, batch, ret_fault);
}

/* The redactions with one more, at its place; what is gone comes back by none. */
static int put_redacted(struct qf_arena *arena, struct texts *texts, const struct qf_redacted *redacted)
{
        struct qf_redacted *list = qf_arena_take(arena, (texts->redacted_count + 1) * sizeof *list);
        uint32_t count = 0, i = 0;
        if (!list)
                return -ENOMEM;
        for (; i < texts->redacted_count && texts->redacted[i].at < redacted->at; i++)
                list[count++] = texts->redacted[i];
        const bool again = i < texts->redacted_count && texts->redacted[i].at == redacted->at;
        list[count++] =
                again && (redacted->gone & ~texts->redacted[i].gone) == 0 ? texts->redacted[i] : *redacted;
        for (i += again; i < texts->redacted_count; i++)
                list[count++] = texts->redacted[i];
        texts->redacted = list;
        texts->redacted_count = count;
        return 0;
}

/* Whether any of them is left. */
static bool take_out(struct qf_words *words, uint8_t gone)
{
        bool left = false;
        for (unsigned word = 0; word < QF_WORDS; word++) {
                if (gone >> word & 1)
                        *qf_words_at(words, word) = (struct qf_view){0};
                left = left || qf_words_text(words, word).len > 0;
        }
        return left;
}

int qf_texts_redact(struct qf_arena *arena, struct qf_view texts, const struct qf_redacted *redacted,
                    struct qf_buffer *ret_texts, struct qf_wire_fault *ret_fault)
{
        struct texts held = {0};
        int r = qf_layout_decode(arena, &qf_texts_layout, texts, &held, ret_fault);
        if (r == 0)
                r = put_redacted(arena, &held, redacted);
        struct placed_words *words = r == 0 ? qf_arena_take(arena, (held.count + 1) * sizeof *words) : NULL;
        if (r != 0 || !words)
                return r != 0 ? r : -ENOMEM;
        uint32_t count = 0;
        for (uint32_t i = 0; i < held.count; i++) {
                words[count] = held.words[i];
                count += held.words[i].at != redacted->at || take_out(&words[count].words, redacted->gone);
        }
        held.words = words;
        held.count = count;
        return qf_layout_encode(&qf_texts_layout, &held, ret_texts);
}

static int check_forms(const struct qf_body *body, uint32_t count, struct qf_wire_fault *ret_fault)
{
        if (body->schema != QF_SCHEMA)
                return qf_wire_refuse(ret_fault, "a schema that this server does not know", body->schema);
        bool columns = body->texts_count || body->text_all.len || body->lens_count || body->shared_count ||
                       body->runs_count;
        if (columns && body->rows_count)
                return qf_wire_refuse(ret_fault, "rows and columns in one body", body->rows_count);
        uint64_t events = body->rows_count;
        for (uint32_t i = 0; i < body->runs_count; i++)
                events += body->runs[i].n;
        if (events != count)
                return qf_wire_refuse(ret_fault,
                                      "the body holds another number of events than the batch says", events);
        return 0;
}

int qf_body_decode(struct qf_arena *arena, struct qf_view facts, struct qf_view texts, uint32_t count,
                   struct qf_batch *ret_batch, struct qf_wire_fault *ret_fault)
{
        if (count == 0 || count > QF_BATCH_EVENTS_MAX)
                return qf_wire_refuse(ret_fault, "a batch of 0 or more than 8192 events", count);
        if (facts.len > QF_BODY_BYTES_MAX || texts.len > QF_BODY_BYTES_MAX)
                return qf_wire_refuse(ret_fault, "a body of more than 256 KiB", facts.len);
        struct qf_body body = {0};
        int r = qf_layout_decode(arena, &qf_body_layout, facts, &body, ret_fault);
        if (r == 0)
                r = check_forms(&body, count, ret_fault);
        if (r != 0)
                return r;
        struct qf_batch batch = {.count = count, .sent_at_ms = body.sent_at_ms, .partner = body.partner};
        batch.events = qf_arena_zero(arena, count, sizeof *batch.events);
        if (!batch.events)
                return qf_wire_refuse(ret_fault, "more than a message may take of memory", count);
        if (body.rows_count)
                r = qf_body_rows(arena, &body, &batch, ret_fault);
        else
                r = qf_body_columns(arena, &body, &batch, ret_fault);
        if (r == 0 && texts.len)
                r = decode_texts(arena, texts, &batch, ret_fault);
        if (r == 0)
                *ret_batch = batch;
        return r;
}
