/* An array without order: it is short, and looked through once a turn. */
#include "report/deferred.h"

void qf_deferred_deinit(struct qf_deferred *deferred)
{
        for (uint32_t i = 0; i < deferred->count; i++)
                qf_buffer_deinit(&deferred->at[i].message);
        deferred->count = 0;
}

static uint32_t of_source(const struct qf_deferred *deferred, uint32_t source)
{
        uint32_t count = 0;

        for (uint32_t i = 0; i < deferred->count; i++)
                count += deferred->at[i].source == source;
        return count;
}

int qf_deferred_add(struct qf_deferred *deferred, const struct qf_deferred_query *query,
                    struct qf_view message)
{
        struct qf_deferred_query *to;
        int r;

        if (deferred->count == QF_DEFERRED_MAX || message.len > QF_DEFERRED_BYTES_MAX ||
            of_source(deferred, query->source) == QF_DEFERRED_OF_SOURCE_MAX)
                return 1;
        to = &deferred->at[deferred->count];
        *to = *query;
        to->message = (struct qf_buffer){0};
        r = qf_buffer_append(&to->message, message.at, message.len);
        if (r == 0)
                deferred->count++;
        return r;
}

bool qf_deferred_next(struct qf_deferred *deferred, uint64_t version, int64_t mono_ms,
                      struct qf_deferred_query *ret_query)
{
        for (uint32_t i = 0; i < deferred->count; i++) {
                const struct qf_deferred_query *query = &deferred->at[i];

                if ((query->at_least > version || mono_ms < query->from_ms) && mono_ms < query->until_ms)
                        continue;
                *ret_query = deferred->at[i];
                deferred->at[i] = deferred->at[--deferred->count];
                return true;
        }
        return false;
}

void qf_deferred_again(struct qf_deferred *deferred, const struct qf_deferred_query *query)
{
        QF_ASSERT(deferred->count < QF_DEFERRED_MAX);
        deferred->at[deferred->count++] = *query;
}
