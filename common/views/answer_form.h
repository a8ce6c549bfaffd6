/* What an answer of a query is written as, a file or JSON, some rows at a time, so that who has others to serve
 * does so in between. */
#pragma once

#include "model/kinds.h"
#include "programme/programme.h"
#include "wire/totals_messages.h"

enum qf_answer_of {
        QF_ANSWER_OF_COUNTS, /* of activities */
        QF_ANSWER_OF_TOTALS, /* of a declared kind: three figures for each measure */
        QF_ANSWER_OF_LIST,   /* records: one figure for each measure */
};

struct qf_answer_form {
        enum qf_answer_of of;
        const struct qf_kind_spec *spec; /* NULL: activities, or a kind that only the server knows */
        const struct qf_to_reader *answer;
        /* Of a table: */
        bool chinese;
        const struct qf_programme *programme;
        uint32_t names_on; /* last day of what was asked for, as in qf_listed_names_on; 0: the last names */
};
