/* Who may speak: by key when a connection is made, and again with each message,
 * since keys are revoked while connections stand. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "programme/programme.h"

enum { QF_ADMISSION_USER_TEXT = 64 };

/* The User-Id for a public key: "NAME#" and the first 8 bytes of the key in hex. false: nobody's key, today. */
bool qf_admission_user(const struct qf_programme *programme, const uint8_t public_key[32], int64_t now_ms,
                       char ret_user[QF_ADMISSION_USER_TEXT]);
/* The source of a User-Id, if it still has that key and may feed; else NULL. Lives until a register is applied. */
const struct qf_source *qf_admission_source(const struct qf_programme *programme, struct qf_view user,
                                            int64_t now_ms);
