/* What a field of a clerk's table or of a JSON line is. Pure. */
#pragma once

#include "base/bytes.h"
#include "model/kinds.h"

enum qf_field {
        QF_FIELD_NONE, /* a column that nobody asked for: part of the row's hash all the same */
        QF_FIELD_OURS, /* added to a file of returned rows: not part of anything */
        QF_FIELD_KEY,
        QF_FIELD_ACTION,
        QF_FIELD_REVISION,
        QF_FIELD_SEAL, /* of a ledger: tells a row that was changed */
        QF_FIELD_DATE,
        QF_FIELD_YEAR,
        QF_FIELD_MONTH,
        QF_FIELD_DAY,
        QF_FIELD_SESSIONS,
        QF_FIELD_ATTENDANCES,
        QF_FIELD_PARTICIPANTS,
        QF_FIELD_METHOD,
        QF_FIELD_START,
        QF_FIELD_MINUTES,
        QF_FIELD_EVIDENCE,
        QF_FIELD_TITLE,
        QF_FIELD_NOTE,
        QF_FIELD_REASON,
        QF_FIELD_RECORDED_BY,
        QF_FIELD_PHONE,  /* of lists of sign-ins: counted here, and never sent */
        QF_FIELD_PERSON, /* the same */
        QF_FIELD_VALUE,  /* a member of a dimension */
        QF_FIELD_FIGURE, /* the first of a declared kind's figures; the others follow */
        QF_FIELDS = QF_FIELD_FIGURE + QF_FIGURES_MAX,
};

/* The field of a name in a map file or a JSON line ("attendances"); QF_FIELD_NONE: perhaps a dimension. */
enum qf_field qf_field_named(struct qf_view name);
