/* Why: ZeroMQ asks about a key once for each connection; a message that comes a
 * week later must not be taken by a key that was revoked yesterday. So the User-Id
 * carries a mark of the key beside the name of its source. */
#include "programme/admission.h"

#include <string.h>

#include "base/text.h"
#include "model/period.h"

enum { MARK = 8, MARK_TEXT = 2 * MARK };

uint32_t qf_admission_today(const struct qf_programme *programme, int64_t now_ms)
{
        return qf_date_at(now_ms, qf_programme_settings(programme)->zone_minutes);
}

int64_t qf_admission_now(int64_t clock_ms, int64_t journal_ms)
{
        return clock_ms < journal_ms - QF_CLOCK_BACK_MS ? journal_ms : clock_ms;
}

bool qf_admission_user(const struct qf_programme *programme, const uint8_t public_key[32], int64_t now_ms,
                       char ret_user[QF_ADMISSION_USER_TEXT])
{
        uint32_t ref = qf_programme_find_key(programme, public_key, qf_admission_today(programme, now_ms));
        if (ref == 0)
                return false;
        struct qf_view name = qf_programme_source(programme, ref)->name;
        QF_ASSERT(name.len + MARK_TEXT + 2 <= QF_ADMISSION_USER_TEXT);
        memcpy(ret_user, name.at, name.len);
        ret_user[name.len] = '#';
        qf_text_hex(public_key, MARK, ret_user + name.len + 1);
        return true;
}

static bool is_valid(const struct qf_source_key *key, uint32_t today)
{
        return (key->valid_from == 0 || key->valid_from <= today) &&
               (key->valid_to == 0 || today <= key->valid_to);
}

const struct qf_source *qf_admission_source(const struct qf_programme *programme, struct qf_view user,
                                            int64_t now_ms, uint32_t roles)
{
        uint8_t mark[MARK];
        if (user.len <= MARK_TEXT + 1 || user.at[user.len - MARK_TEXT - 1] != '#')
                return NULL;
        struct qf_view name = {user.at, user.len - MARK_TEXT - 1};
        if (!qf_text_unhex((struct qf_view){user.at + name.len + 1, MARK_TEXT}, mark, sizeof mark))
                return NULL;
        uint32_t ref = qf_programme_find_source(programme, name);
        if (ref == 0)
                return NULL;
        const struct qf_source *source = qf_programme_source(programme, ref);
        uint32_t today = qf_admission_today(programme, now_ms);
        for (uint32_t i = 0; i < source->keys_count; i++) {
                const struct qf_source_key *key = &source->keys[i];
                if (memcmp(key->public_key, mark, sizeof mark) == 0 && is_valid(key, today))
                        return source->roles & roles ? source : NULL;
        }
        return NULL;
}

void qf_admission_copy(struct qf_view user, char ret_user[QF_ADMISSION_USER_TEXT])
{
        uint32_t len = user.len < QF_ADMISSION_USER_TEXT ? user.len : 0; /* no User-Id of ours is longer */

        if (len)
                memcpy(ret_user, user.at, len);
        ret_user[len] = '\0';
}
