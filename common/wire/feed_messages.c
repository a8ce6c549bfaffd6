/* Why: what passes between partners and ingest, as tables. Guarantee: an outbox
 * id is 16 bytes, numbers are below 2^62, counts within their limits; whether
 * they make sense together is ingest's to say. */
#include "wire/feed_messages.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "feed.pb-c.h"
#include "wire/layouts.h"

#define FROM(member) QF_NUMBER_AT(struct qf_from_partner, member)
#define FROM_ID QF_BYTES_AT(struct qf_from_partner, outbox, QF_FIELD_NEEDED)
#define FROM_VIEW(member, most, flags) QF_VIEW_AT(struct qf_from_partner, member, most, flags)
#define NUMBER_MAX (UINT64_C(1) << 62)

enum { SAY_MAX = 2048, AGENT_MAX = 128, OUTBOXES_MAX = 1000, REGISTERS_MAX = 8192 };

static const struct qf_field hello_fields[] = {
        FROM(version),
        FROM_ID,
        FROM(holder),
        FROM(next),
        FROM(acked),
        FROM(first_kept),
        QF_BYTES_AT(struct qf_from_partner, life, 0),
        FROM_VIEW(agent, AGENT_MAX, 0),
};
static const struct qf_field send_fields[] = {
        FROM_ID,
        FROM(holder),
        FROM(first),
        FROM(count),
        FROM_VIEW(facts, QF_BODY_BYTES_MAX, QF_FIELD_NEEDED),
        FROM_VIEW(texts, QF_BODY_BYTES_MAX, 0),
        FROM_VIEW(cursor, QF_CURSOR_BYTES_MAX, 0),
};
static const struct qf_field skip_fields[] = {
        FROM_ID, FROM(holder), FROM(first), FROM(through), FROM_VIEW(reason, SAY_MAX, QF_FIELD_LINES),
};
static const struct qf_field seal_fields[] = {FROM_ID, FROM(holder), FROM(through)};
static const struct qf_field learn_fields[] = {FROM(from)};

static const struct qf_layout hello_layout = {&qf__hello__descriptor, QF_FIELDS(hello_fields), QF_PLAIN};
static const struct qf_layout send_layout = {&qf__send__descriptor, QF_FIELDS(send_fields), QF_PLAIN};
static const struct qf_layout skip_layout = {&qf__skip__descriptor, QF_FIELDS(skip_fields), QF_PLAIN};
static const struct qf_layout seal_layout = {&qf__seal__descriptor, QF_FIELDS(seal_fields), QF_PLAIN};
static const struct qf_layout learn_layout = {&qf__learn__descriptor, QF_FIELDS(learn_fields), QF_PLAIN};

static const struct qf_field from_partner_fields[] = {
        QF_INSIDE_AT(0, hello_layout), QF_INSIDE_AT(0, send_layout),  QF_INSIDE_AT(0, skip_layout),
        QF_INSIDE_AT(0, seal_layout),  QF_INSIDE_AT(0, learn_layout),
};
const struct qf_layout qf_from_partner_layout = {
        &qf__from_partner__descriptor,
        QF_FIELDS(from_partner_fields),
        .what_offset = offsetof(struct qf_from_partner, what),
        .what_size = sizeof(enum qf_from_partner_what),
        .stated_offset = QF_NOWHERE,
};

static int check_numbers(const struct qf_from_partner *message, struct qf_wire_fault *fault)
{
        switch (message->what) {
        case QF_HELLO:
                if (message->next >= NUMBER_MAX || message->acked >= NUMBER_MAX ||
                    message->first_kept >= NUMBER_MAX)
                        return qf_wire_refuse(fault, "a number beyond 2^62", message->next);
                return 0;
        case QF_SEND:
                if (message->first == 0 || message->first >= NUMBER_MAX)
                        return qf_wire_refuse(fault, "a first number of 0 or beyond 2^62", message->first);
                if (message->count == 0 || message->count > QF_BATCH_EVENTS_MAX)
                        return qf_wire_refuse(fault, "a batch of 0 or more than 8192 events", message->count);
                return 0;
        case QF_SKIP:
                if (message->first == 0 || message->through < message->first ||
                    message->through >= NUMBER_MAX)
                        return qf_wire_refuse(fault, "numbers to skip that are no range", message->through);
                return 0;
        case QF_SEAL:
                if (message->through >= NUMBER_MAX)
                        return qf_wire_refuse(fault, "a number beyond 2^62", message->through);
                return 0;
        case QF_LEARN: return 0;
        }
        return qf_wire_refuse(fault, "an empty message", 0);
}

int qf_from_partner_decode(struct qf_arena *arena, struct qf_view message,
                           struct qf_from_partner *ret_message, struct qf_wire_fault *ret_fault)
{
        struct qf_from_partner decoded = {0};
        int r = qf_layout_decode(arena, &qf_from_partner_layout, message, &decoded, ret_fault);
        if (r == 0)
                r = check_numbers(&decoded, ret_fault);
        if (r == 0)
                *ret_message = decoded;
        return r;
}

int qf_from_partner_encode(const struct qf_from_partner *message, struct qf_buffer *buffer)
{
        return qf_layout_encode(&qf_from_partner_layout, message, buffer);
}

/* On the wire exceptions are three columns. */
struct to_partner {
        struct qf_to_partner message;
        uint32_t at_count, len_count, code_count;
        const uint32_t *at, *len, *code;
};

#define TO(member) QF_NUMBER_AT(struct to_partner, message.member)
#define TO_ID QF_BYTES_AT(struct to_partner, message.outbox, 0)
#define DETAIL(member) QF_VIEW_AT(struct qf_detail_text, member, SAY_MAX, QF_FIELD_LINES)
#define COLUMN(member, count) QF_MANY_AT(struct to_partner, member, count, uint32_t, QF_BATCH_EVENTS_MAX)

static const struct qf_field state_fields[] = {
        QF_BYTES_AT(struct qf_outbox_state, outbox, QF_FIELD_NEEDED),
        QF_NUMBER_AT(struct qf_outbox_state, last),
        QF_VIEW_AT(struct qf_outbox_state, cursor, QF_CURSOR_BYTES_MAX, 0),
        QF_NUMBER_AT(struct qf_outbox_state, sealed),
};
static const struct qf_layout state_layout = {&qf__outbox_state__descriptor, QF_FIELDS(state_fields),
                                              QF_PLAIN};

static const struct qf_field detail_fields[] = {
        QF_NUMBER_AT(struct qf_detail_text, at), DETAIL(field), DETAIL(got), DETAIL(say), DETAIL(near),
};
static const struct qf_layout detail_layout = {&qf__detail__descriptor, QF_FIELDS(detail_fields), QF_PLAIN};

static const struct qf_field welcome_fields[] = {
        TO(version),
        TO_ID,
        TO(expected),
        QF_BYTES_AT(struct to_partner, message.life, 0),
        TO(keep_from),
        TO(window),
        TO(window_bytes),
        TO(body_bytes),
        TO(batch_events),
        TO(now_ms),
        TO(registers_position),
        QF_MANY_MESSAGES_AT(struct to_partner, message.outboxes, message.outboxes_count,
                            struct qf_outbox_state, OUTBOXES_MAX, state_layout),
        QF_BYTES_AT(struct to_partner, message.journal, 0),
        QF_VIEW_AT(struct to_partner, message.source, QF_CODE_BYTES_MAX, 0),
};
static const struct qf_field verdicts_fields[] = {
        TO_ID,
        TO(first),
        TO(count),
        TO(position),
        QF_BYTES_AT(struct to_partner, message.hash, 0),
        TO(keep_from),
        TO(known),
        COLUMN(at, at_count),
        COLUMN(len, len_count),
        COLUMN(code, code_count),
        QF_MANY_MESSAGES_AT(struct to_partner, message.details, message.details_count, struct qf_detail_text,
                            QF_DETAILS_MAX, detail_layout),
};
static const struct qf_field refused_fields[] = {
        TO_ID,        TO(first),    TO(why),
        TO(expected), TO(retry_ms), QF_VIEW_AT(struct to_partner, message.say, SAY_MAX, QF_FIELD_LINES),
};
static const struct qf_field registers_fields[] = {
        TO(registers_position),
        TO(from),
        TO(total),
        QF_MANY_VIEWS_AT(struct to_partner, message.events, message.events_count, REGISTERS_MAX,
                         QF_REGISTER_BYTES_MAX),
};

static const struct qf_layout welcome_layout = {&qf__welcome__descriptor, QF_FIELDS(welcome_fields),
                                                QF_PLAIN};
static const struct qf_layout verdicts_layout = {&qf__verdicts__descriptor, QF_FIELDS(verdicts_fields),
                                                 QF_PLAIN};
static const struct qf_layout refused_layout = {&qf__refused__descriptor, QF_FIELDS(refused_fields),
                                                QF_PLAIN};
static const struct qf_layout registers_layout = {&qf__registers__descriptor, QF_FIELDS(registers_fields),
                                                  QF_PLAIN};

static const struct qf_field to_partner_fields[] = {
        QF_INSIDE_AT(0, welcome_layout),
        QF_INSIDE_AT(0, verdicts_layout),
        QF_INSIDE_AT(0, refused_layout),
        QF_INSIDE_AT(0, registers_layout),
};
const struct qf_layout qf_to_partner_layout = {
        &qf__to_partner__descriptor,
        QF_FIELDS(to_partner_fields),
        .what_offset = offsetof(struct to_partner, message.what),
        .what_size = sizeof(enum qf_to_partner_what),
        .stated_offset = QF_NOWHERE,
};

/* Ranges in order, within the answer, each with a verdict that is not the plain one. */
static int join_exceptions(struct qf_arena *arena, struct to_partner *held, struct qf_wire_fault *fault)
{
        uint32_t count = held->at_count;
        if (held->len_count != count || held->code_count != count)
                return qf_wire_refuse(fault, "columns of different length", held->len_count);
        struct qf_exception *exceptions = qf_arena_take(arena, count * sizeof *exceptions);
        if (!exceptions)
                return qf_wire_refuse(fault, "more than a message may take of memory", count);
        uint64_t end = 0;
        for (uint32_t i = 0; i < count; i++) {
                if (held->at[i] < end || held->len[i] == 0)
                        return qf_wire_refuse(fault, "ranges of verdicts that are empty or overlap", i);
                end = (uint64_t)held->at[i] + held->len[i];
                exceptions[i] =
                        (struct qf_exception){held->at[i],
                                              held->len[i],
                                              {(uint16_t)(held->code[i] >> 16), (uint16_t)held->code[i]}};
        }
        if (end > held->message.count || held->message.known > held->message.count)
                return qf_wire_refuse(fault, "verdicts for events that are not in the answer", end);
        held->message.exceptions_count = count;
        held->message.exceptions = exceptions;
        return 0;
}

int qf_to_partner_decode(struct qf_arena *arena, struct qf_view message, struct qf_to_partner *ret_message,
                         struct qf_wire_fault *ret_fault)
{
        struct to_partner held = {0};
        int r = qf_layout_decode(arena, &qf_to_partner_layout, message, &held, ret_fault);
        if (r == 0 && held.message.what == QF_VERDICTS)
                r = join_exceptions(arena, &held, ret_fault);
        if (r == 0)
                *ret_message = held.message;
        return r;
}

int qf_to_partner_encode(const struct qf_to_partner *message, struct qf_buffer *buffer)
{
        uint32_t count = message->what == QF_VERDICTS ? message->exceptions_count : 0;
        QF_CLEANUP(qf_cleanup_free) uint32_t *columns = malloc(3 * ((size_t)count + 1) * sizeof *columns);
        if (!columns)
                return -ENOMEM;
        uint32_t *at = columns, *len = at + count, *code = len + count;
        for (uint32_t i = 0; i < count; i++) {
                const struct qf_exception *exception = &message->exceptions[i];
                at[i] = exception->at;
                len[i] = exception->len;
                code[i] = (uint32_t)exception->verdict.class << 16 | exception->verdict.code;
        }
        struct to_partner held = {*message, count, count, count, at, len, code};
        return qf_layout_encode(&qf_to_partner_layout, &held, buffer);
}
