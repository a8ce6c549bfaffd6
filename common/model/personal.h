/* Does a free text name a person by number? Names nobody can tell by rule; mobile
 * and identity numbers of China have a shape, and the latter a checksum. Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum qf_personal {
        QF_PERSONAL_NONE,
        QF_PERSONAL_MOBILE,   /* 13800000000, 138-0000-0000, +86 138 0000 0000, also wide */
        QF_PERSONAL_IDENTITY, /* 18 places: a day of birth, and the check of GB 11643 */
};

enum { QF_MOBILE_DIGITS = 11 };

/* The first one in the text; *ret_found (may be NULL): where. */
enum qf_personal qf_personal_find(struct qf_view text, struct qf_view *ret_found);
/* A cell that is a mobile number and nothing else: its digits. */
bool qf_personal_mobile(struct qf_view cell, char ret_digits[QF_MOBILE_DIGITS]);
