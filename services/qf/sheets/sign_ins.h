/* A list of sign-ins → counts: how many sign-ins each activity had, and how many
 * different people. Who they were is forgotten when the fold is freed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "client/feed_notes.h"
#include "qf/sheets/feed_grid.h"

struct qf_signed {          /* of one activity */
        struct qf_view key; /* its number in the list; empty: the list has none */
        uint32_t sign_ins;
        uint32_t phones;   /* different ones */
        uint32_t no_phone; /* sign-ins without a mobile number that can be told: people are not known */
        uint32_t date;     /* on which all of them were; 0: none written, or more than one */
        bool days;         /* more than one */
};

enum qf_sign_ins_outcome { QF_SIGN_INS_NO_HEADER = 1 };

struct qf_sign_ins;

QF_CHECK int qf_sign_ins_new(struct qf_sign_ins **ret_sign_ins);
struct qf_sign_ins *qf_sign_ins_free(struct qf_sign_ins *sign_ins);
/* Adds the rows of a list; several lists are one. The grid must outlive the fold. Notes get what there is to say of
 * lines (W106, W107, E119), and hold no name. */
QF_CHECK int qf_sign_ins_add(struct qf_sign_ins *sign_ins, const struct qf_grid *grid,
                             struct qf_notes_list *notes);
const struct qf_signed *qf_sign_ins_counts(const struct qf_sign_ins *sign_ins, uint32_t *ret_count);
