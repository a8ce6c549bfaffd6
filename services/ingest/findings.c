/* Why: verdicts that are not plain accepted travel as runs, for the journal's entry
 * and for the answer alike; both are built here, once. */
#include <errno.h>
#include <stdlib.h>

#include "ingest/judge.h"

void qf_findings_clear(struct qf_findings *findings)
{
        findings->exceptions_count = findings->details_count = 0;
        findings->texts.len = 0;
}

void qf_findings_deinit(struct qf_findings *findings)
{
        free(findings->exceptions);
        free(findings->details);
        qf_buffer_deinit(&findings->texts);
        *findings = (struct qf_findings){0};
}

int qf_findings_add(struct qf_findings *findings, uint32_t from, uint32_t at_least, uint32_t at, uint32_t len,
                    struct qf_verdict verdict)
{
        if (verdict.class == QF_ACCEPTED && verdict.code == QF_CODE_NONE)
                return 0;
        if (findings->exceptions_count > from) {
                struct qf_exception *last = &findings->exceptions[findings->exceptions_count - 1];
                if (last->at >= at_least && last->at + last->len == at &&
                    last->verdict.class == verdict.class && last->verdict.code == verdict.code) {
                        last->len += len;
                        return 0;
                }
        }
        if (findings->exceptions_count == findings->exceptions_room) {
                uint32_t room = findings->exceptions_room ? findings->exceptions_room * 2 : 1024;
                struct qf_exception *grown = realloc(findings->exceptions, room * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                findings->exceptions = grown;
                findings->exceptions_room = room;
        }
        findings->exceptions[findings->exceptions_count++] = (struct qf_exception){at, len, verdict};
        return 0;
}

const struct qf_exception *qf_findings_from(const struct qf_findings *findings, uint32_t from)
{
        return findings->exceptions ? findings->exceptions + from : NULL;
}
