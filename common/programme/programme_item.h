/* Where in a programme file something stands, so that errors name line and path. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "programme/programme_yaml.h"

struct qf_item {
        int dimension, place; /* a dimension and a member of it by their places in the file, or -1 */
        int move;             /* of the member, from 1; 0: the member itself */
        const char *field;    /* outside the dimensions: name of the setting or list */
        bool second;          /* the second member of that code */
};

/* Says what is wrong there, with what was got unless it is empty. Positive 1 with *ret_error (caller frees), -ENOMEM. */
QF_CHECK int qf_item_fault(const struct qf_item *item, const struct qf_yaml_programme *yaml, const char *text,
                           const char *what, struct qf_view got, char **ret_error);
