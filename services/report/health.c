/* Fresh is what was complete ten seconds ago by ingest's clock: its beats come each
 * second, so an ingest, an aggregation or a line between them that is away shows
 * here, and one commit that takes its time does not. */
#include "report/health.h"

#include <inttypes.h>
#include <stdio.h>

bool qf_health_judge(const struct qf_to_reader *pulse, bool held, int64_t now_ms,
                     char ret_sentence[QF_HEALTH_TEXT])
{
        int64_t age_ms = now_ms - pulse->complete_at_ms;
        struct qf_view say = pulse->say;
        bool well = false;

        if (!held)
                (void)snprintf(ret_sentence, QF_HEALTH_TEXT, "There are no totals to show yet%s%.*s.",
                               say.len ? ": " : "", (int)(say.len < 200 ? say.len : 200), say.at);
        else if (pulse->stopped)
                (void)snprintf(ret_sentence, QF_HEALTH_TEXT, "Stopped at record %" PRIu64 ": %.*s",
                               pulse->version, (int)(say.len < 200 ? say.len : 200), say.at);
        else if (pulse->catching_up)
                (void)snprintf(ret_sentence, QF_HEALTH_TEXT,
                               "Counting catches up with the journal: record %" PRIu64 " of %" PRIu64 ".",
                               pulse->version, pulse->journal_last);
        else if (pulse->complete_at_ms == 0)
                (void)snprintf(ret_sentence, QF_HEALTH_TEXT, "Counting has not heard from ingest yet.");
        else if (age_ms > QF_HEALTH_FRESH_MS)
                (void)snprintf(ret_sentence, QF_HEALTH_TEXT,
                               "The totals were complete %" PRId64 " s ago, as of record %" PRIu64
                               ": ingest is away, or counting is behind.",
                               age_ms / 1000, pulse->version);
        else
                well = snprintf(ret_sentence, QF_HEALTH_TEXT,
                                "The totals are complete as of record %" PRIu64 ".%s%.*s", pulse->version,
                                say.len ? " But: " : "", (int)(say.len < 200 ? say.len : 200), say.at) > 0;
        return well;
}
