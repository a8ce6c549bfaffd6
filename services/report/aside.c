/* A fixed table: whoever floods it hears "busy" at once. */
#include "report/aside.h"

#include <string.h>

static uint32_t of_source(const struct qf_aside *aside, uint32_t source)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i < QF_ASIDE_MAX; i++)
                count += aside->at[i].asked_as && aside->at[i].source == source;
        return count;
}

uint32_t qf_aside_ask(struct qf_aside *aside, const struct qf_peer *peer, struct qf_view user,
                      uint32_t source, const struct qf_from_reader *query, bool lines, int64_t mono_ms)
{
        if (of_source(aside, source) == QF_ASIDE_OF_SOURCE_MAX)
                return 0;
        for (uint32_t i = 0; i < QF_ASIDE_MAX; i++) {
                if (aside->at[i].asked_as)
                        continue;
                if (++aside->last == 0)
                        aside->last = 1;
                aside->at[i] = (struct qf_aside_question){.asked_as = aside->last,
                                                          .peer = *peer,
                                                          .source = source,
                                                          .id = query->id,
                                                          .what = query->query,
                                                          .lines = lines,
                                                          .until_ms = mono_ms + QF_ASIDE_MS};
                qf_admission_copy(user, aside->at[i].user);
                if (lines && query->scope.len && query->scope.len <= QF_CODE_BYTES_MAX)
                        memcpy(aside->at[i].scope, query->scope.at, query->scope.len);
                return aside->last;
        }
        return 0;
}

bool qf_aside_answered(struct qf_aside *aside, uint32_t asked_as, struct qf_aside_question *ret_question)
{
        for (uint32_t i = 0; i < QF_ASIDE_MAX && asked_as; i++) {
                if (aside->at[i].asked_as != asked_as)
                        continue;
                *ret_question = aside->at[i];
                aside->at[i].asked_as = 0;
                return true;
        }
        return false;
}

bool qf_aside_overdue(struct qf_aside *aside, int64_t mono_ms, struct qf_aside_question *ret_question)
{
        for (uint32_t i = 0; i < QF_ASIDE_MAX; i++)
                if (aside->at[i].asked_as && mono_ms >= aside->at[i].until_ms)
                        return qf_aside_answered(aside, aside->at[i].asked_as, ret_question);
        return false;
}
