/* The kinds of events: for each, which fields it has and where they lie. One
 * table serves rows (through layout.h) and columns (by field number). To add a
 * kind: its message in body.proto, its line in Event, and three lines here; its
 * figures are told by model/kinds.c. Internal to common/wire. */
#pragma once

#include "model/event.h"
#include "wire/layouts.h"

enum {
        QF_FIELD_VALUE = 5, /* number of the field that holds the values, in every kind that has them */
        QF_SCHEMA = 1,
        QF_KIND_LATER_MAX =
                31, /* kinds up to 31 that have no layout are of later versions: walked over, not understood */
        QF_TEXT_ENTRY_BYTES_MAX = 2048,
};

/* An event as one message holds it, values still as text. The event comes first: columns use the same offsets. */
struct qf_event_row {
        struct qf_event event;
        struct qf_register registered;
        uint32_t pairs_count;
        const struct qf_pair *pairs;
};

extern const struct qf_layout qf_source_layout; /* Source → struct qf_event_row */

/* Fields of a statement or tick kind; NULL: not a kind of this version, or a register. */
const struct qf_layout *qf_kind_layout(uint32_t kind);
/* The field of that number; NULL: none, or not one that a column can hold. */
const struct qf_field *qf_kind_field(const struct qf_layout *kind, uint32_t number);
/* What is the same in both forms once the fields are in: defaults of what was not stated. */
void qf_event_complete(struct qf_event *event);
/* The event of a decoded row: defaults, and for registers the struct they point to and the key they stand under. */
QF_CHECK int qf_row_finish(struct qf_arena *arena, const struct qf_event_row *row, struct qf_event *ret_event,
                           struct qf_wire_fault *ret_fault);
