/* Who may speak: by key when a connection is made, and again with each message,
 * since keys are revoked and run out while connections stand. The one check of
 * all doors: what a door is for is its roles. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "programme/programme.h"

enum {
        QF_ADMISSION_USER_TEXT = 64,
        QF_CLOCK_BACK_MS = 5 * 60 * 1000, /* a clock that is further behind the journal is not believed */
        QF_MAY_FEED = QF_ROLE_FEED | QF_ROLE_ADMIN,
        QF_MAY_READ = QF_ROLE_READ | QF_ROLE_ADMIN,
};

/* The time to judge the dates of keys by: our clock, or the journal's time when our clock is too far behind it. A
 * server that boots in 1970 would else refuse right keys, and who is refused does not come back. */
int64_t qf_admission_now(int64_t clock_ms, int64_t journal_ms);
/* The User-Id for a public key: "NAME#" and the first 8 bytes of the key in hex. false: nobody's key, today. */
bool qf_admission_user(const struct qf_programme *programme, const uint8_t public_key[32], int64_t now_ms,
                       char ret_user[QF_ADMISSION_USER_TEXT]);
/* The source of a User-Id, if it still has that key, today, and one of the roles (or-ed); else NULL. Lives until a
 * register is applied. */
const struct qf_source *qf_admission_source(const struct qf_programme *programme, struct qf_view user,
                                            int64_t now_ms, uint32_t roles);
/* The day that keys are valid or not on, yyyymmdd in the programme's time. */
uint32_t qf_admission_today(const struct qf_programme *programme, int64_t now_ms);
/* Keeps a User-Id beyond the message that it came with. */
void qf_admission_copy(struct qf_view user, char ret_user[QF_ADMISSION_USER_TEXT]);
