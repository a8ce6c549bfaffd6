/* Why: the journal feed and the bodies of control entries, as tables. What a
 * daemon of ours wrote is read as strictly as what a partner sent: a journal
 * lives longer than the programs that wrote it. */
#include "wire/feed_messages.h"

#include "journal.pb-c.h"
#include "wire/kinds.h"
#include "wire/layouts.h"
#include "wire/metrics.h"

#define NUMBER(member) QF_NUMBER_AT(struct qf_journal_message, member)
#define BYTES(member) QF_BYTES_AT(struct qf_journal_message, member, 0)

enum { NAME_MAX_BYTES = 64, KEPT_NAME_MAX = 1024, SAY_MAX = 2048 };

static const struct qf_field attach_fields[] = {
        NUMBER(version),
        NUMBER(attach),
        BYTES(journal),
        NUMBER(position),
        BYTES(hash),
        NUMBER(credit),
        QF_VIEW_AT(struct qf_journal_message, name, NAME_MAX_BYTES, 0),
};
static const struct qf_field credit_fields[] = {NUMBER(attach), NUMBER(credit)};
static const struct qf_field kept_fields[] = {
        NUMBER(position),
        BYTES(hash),
        QF_VIEW_AT(struct qf_journal_message, name, KEPT_NAME_MAX, 0),
};
static const struct qf_field attached_fields[] = {
        NUMBER(attach), BYTES(journal), BYTES(life), NUMBER(first), NUMBER(last),
};
static const struct qf_field beat_fields[] = {
        NUMBER(attach), NUMBER(last), NUMBER(now_ms),
        BYTES(life),    NUMBER(gaps), QF_VIEW_AT(struct qf_journal_message, metrics, QF_METRICS_BYTES_MAX, 0),
};
static const struct qf_field detached_fields[] = {
        NUMBER(attach),
        NUMBER(why),
        NUMBER(first),
        NUMBER(last),
        NUMBER(life_number),
        NUMBER(life_begins),
        QF_VIEW_AT(struct qf_journal_message, say, SAY_MAX, QF_FIELD_LINES),
        BYTES(life),
};
static const struct qf_field fetch_fields[] = {NUMBER(attach), NUMBER(position), NUMBER(credit)};
static const struct qf_field fetched_fields[] = {NUMBER(attach), NUMBER(position), NUMBER(first),
                                                 NUMBER(last)};
static const struct qf_field record_fields[] = {NUMBER(attach), NUMBER(position)};

static const struct qf_layout attach_layout = {&qf__attach__descriptor, QF_FIELDS(attach_fields), QF_PLAIN};
static const struct qf_layout credit_layout = {&qf__credit__descriptor, QF_FIELDS(credit_fields), QF_PLAIN};
static const struct qf_layout kept_layout = {&qf__kept__descriptor, QF_FIELDS(kept_fields), QF_PLAIN};
static const struct qf_layout attached_layout = {&qf__attached__descriptor, QF_FIELDS(attached_fields),
                                                 QF_PLAIN};
static const struct qf_layout beat_layout = {&qf__beat__descriptor, QF_FIELDS(beat_fields), QF_PLAIN};
static const struct qf_layout detached_layout = {&qf__detached__descriptor, QF_FIELDS(detached_fields),
                                                 QF_PLAIN};
static const struct qf_layout record_layout = {&qf__record__descriptor, QF_FIELDS(record_fields), QF_PLAIN};

static const struct qf_layout fetch_layout = {&qf__fetch__descriptor, QF_FIELDS(fetch_fields), QF_PLAIN};
static const struct qf_layout fetched_layout = {&qf__fetched__descriptor, QF_FIELDS(fetched_fields),
                                                QF_PLAIN};

#define WHAT                                                                                                 \
        .what_offset = offsetof(struct qf_journal_message, what), .what_size = sizeof(enum qf_journal_what), \
        .stated_offset = QF_NOWHERE

static const struct qf_field from_consumer_fields[] = {
        QF_INSIDE_AT(0, attach_layout),
        QF_INSIDE_AT(0, credit_layout),
        QF_INSIDE_AT(0, kept_layout),
        QF_INSIDE_AT(0, fetch_layout),
};
const struct qf_layout qf_from_consumer_layout = {&qf__from_consumer__descriptor,
                                                  QF_FIELDS(from_consumer_fields), WHAT};
static const struct qf_field to_consumer_fields[] = {
        QF_INSIDE_AT(0, attached_layout), QF_INSIDE_AT(0, beat_layout),    QF_INSIDE_AT(0, detached_layout),
        QF_INSIDE_AT(0, record_layout),   QF_INSIDE_AT(0, fetched_layout),
};
const struct qf_layout qf_to_consumer_layout = {&qf__to_consumer__descriptor, QF_FIELDS(to_consumer_fields),
                                                WHAT, .what_add = QF_ATTACHED - 1};

int qf_journal_message_decode(struct qf_arena *arena, bool to_ingest, struct qf_view message,
                              struct qf_journal_message *ret_message, struct qf_wire_fault *ret_fault)
{
        const struct qf_layout *layout = to_ingest ? &qf_from_consumer_layout : &qf_to_consumer_layout;
        struct qf_journal_message decoded = {0};
        int r = qf_layout_decode(arena, layout, message, &decoded, ret_fault);
        if (r == 0)
                *ret_message = decoded;
        return r;
}

int qf_journal_message_encode(bool to_ingest, const struct qf_journal_message *message,
                              struct qf_buffer *buffer)
{
        return qf_layout_encode(to_ingest ? &qf_from_consumer_layout : &qf_to_consumer_layout, message,
                                buffer);
}

struct control {
        struct qf_control control;
        struct qf_event_row office;
};

#define CONTROL(member) QF_NUMBER_AT(struct control, control.member)
#define CONTROL_BYTES(member) QF_BYTES_AT(struct control, control.member, 0)
#define REASON QF_VIEW_AT(struct control, control.reason, SAY_MAX, QF_FIELD_LINES)

static const struct qf_field life_fields[] = {
        CONTROL(number), CONTROL_BYTES(nonce),      CONTROL(previous_last), CONTROL_BYTES(previous_hash),
        REASON,          CONTROL_BYTES(digest_key),
};
static const struct qf_field outbox_fields[] = {
        CONTROL(number),
        QF_VIEW_AT(struct control, control.source, QF_CODE_BYTES_MAX, 0),
        QF_BYTES_AT(struct control, control.nonce, QF_FIELD_NEEDED),
};
static const struct qf_field skipped_fields[] = {CONTROL(first), CONTROL(through), REASON};
static const struct qf_field sealed_fields[] = {CONTROL(previous_last)};
static const struct qf_field clock_fields[] = {CONTROL(journal_ms), CONTROL(clock_ms), REASON};

static const struct qf_field anchor_fields[] = {CONTROL(previous_last), CONTROL_BYTES(previous_hash), REASON};

static const struct qf_field redaction_fields[] = {
        CONTROL(position),
        CONTROL(entry),
        QF_INSIDE_AT(offsetof(struct control, control.redacted), qf_redacted_layout),
        QF_BYTES_AT(struct control, control.texts, QF_FIELD_NEEDED),
        REASON,
        QF_VIEW_AT(struct control, control.by, NAME_MAX_BYTES, 0),
};

static const struct qf_layout life_layout = {&qf__life__descriptor, QF_FIELDS(life_fields), QF_PLAIN};
static const struct qf_layout outbox_layout = {&qf__outbox_made__descriptor, QF_FIELDS(outbox_fields),
                                               QF_PLAIN};
static const struct qf_layout skipped_layout = {&qf__skipped__descriptor, QF_FIELDS(skipped_fields),
                                                QF_PLAIN};
static const struct qf_layout sealed_layout = {&qf__sealed__descriptor, QF_FIELDS(sealed_fields), QF_PLAIN};
static const struct qf_layout clock_layout = {&qf__clock_accepted__descriptor, QF_FIELDS(clock_fields),
                                              QF_PLAIN};

static const struct qf_layout anchor_layout = {&qf__anchor__descriptor, QF_FIELDS(anchor_fields), QF_PLAIN};

static const struct qf_layout redaction_layout = {&qf__redaction__descriptor, QF_FIELDS(redaction_fields),
                                                  QF_PLAIN};

static const struct qf_field control_fields[] = {
        QF_INSIDE_AT(0, life_layout),
        QF_INSIDE_AT(0, outbox_layout),
        QF_INSIDE_AT(0, skipped_layout),
        QF_INSIDE_AT(0, sealed_layout),
        QF_INSIDE_AT(offsetof(struct control, office), qf_source_layout),
        QF_INSIDE_AT(0, clock_layout),
        QF_INSIDE_AT(0, anchor_layout),
        QF_INSIDE_AT(0, redaction_layout),
};
const struct qf_layout qf_control_layout = {
        &qf__control__descriptor,
        QF_FIELDS(control_fields),
        .what_offset = offsetof(struct control, control.what),
        .what_size = sizeof(enum qf_control_what),
        .stated_offset = QF_NOWHERE,
};

int qf_control_decode(struct qf_arena *arena, struct qf_view bytes, struct qf_control *ret_control,
                      struct qf_wire_fault *ret_fault)
{
        struct control held = {0};
        int r = qf_layout_decode(arena, &qf_control_layout, bytes, &held, ret_fault);
        if (r == 0 && held.control.what == QF_CONTROL_OFFICE) {
                held.office.event.kind = QF_KIND_SOURCE;
                r = qf_row_finish(arena, &held.office, &held.control.office, ret_fault);
        }
        if (r == 0)
                *ret_control = held.control;
        return r;
}

int qf_control_encode(const struct qf_control *control, struct qf_buffer *buffer)
{
        struct control held = {.control = *control};
        if (control->what == QF_CONTROL_OFFICE)
                held.office.registered = *control->office.registered;
        return qf_layout_encode(&qf_control_layout, &held, buffer);
}
