/* Why: verdicts that are not plain accepted travel as runs, for the journal's entry
 * and for the answer alike; both are built here, once. */
#include <errno.h>
#include <stdlib.h>

#include "ingest/judge.h"

enum { DETAIL_TEXT_MAX = 96 };

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

static int copy_text(struct qf_buffer *texts, struct qf_view text, uint32_t *ret_at, uint32_t *ret_len)
{
        if (text.len > DETAIL_TEXT_MAX) {
                text.len = DETAIL_TEXT_MAX;
                while (text.len > 0 && ((uint8_t)text.at[text.len] & 0xc0) == 0x80) /* whole characters */
                        text.len--;
        }
        *ret_at = (uint32_t)texts->len;
        *ret_len = text.len;
        return qf_buffer_append(texts, text.at, text.len);
}

int qf_findings_tell(struct qf_findings *findings, uint32_t at, uint16_t code, const struct qf_detail *told)
{
        struct qf_found_detail detail = {.at = at, .code = code, .field = told->field};
        int result = copy_text(&findings->texts, told->got, &detail.got_at, &detail.got_len);
        if (result == 0)
                result = copy_text(&findings->texts, told->near, &detail.near_at, &detail.near_len);
        if (result < 0)
                return result;
        if (findings->details_count == findings->details_room) {
                uint32_t room = findings->details_room ? findings->details_room * 2 : 64;
                struct qf_found_detail *grown = realloc(findings->details, room * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                findings->details = grown;
                findings->details_room = room;
        }
        findings->details[findings->details_count++] = detail;
        return 0;
}
