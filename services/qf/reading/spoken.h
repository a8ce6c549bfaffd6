/* A line of what was said (views/event_json.h) in words: of its codes as `qf list` and clerks' sheets call them. */
#pragma once

#include <jansson.h>

#include "base/bytes.h"
#include "model/verdict.h"
#include "programme/programme.h"
#include "qf/cli/cli.h"

/* "活动 A-1  更正 → 退回 E141"; in English the words are those that options take. */
QF_CHECK int qf_spoken_statement(const struct qf_cli *cli, const json_t *line, struct qf_buffer *text);
/* "  主办单位：马尾区纪委监委  参加人次：120 …"; the reason, if any, on a line of its own. */
QF_CHECK int qf_spoken_facts(const struct qf_cli *cli, const struct qf_programme *programme,
                             const json_t *line, struct qf_buffer *text);
/* "活动" of "activity", "待核" of "quarantined". */
const char *qf_spoken_kind(const struct qf_cli *cli, const char *kind);
const char *qf_spoken_verdict(const struct qf_cli *cli, const char *verdict);

/* Codes that were printed, to say once what each means. Zero-initialised. */
struct qf_spoken_codes {
        const struct qf_code_text *at[16];
        uint32_t count;
};
void qf_spoken_note(struct qf_spoken_codes *codes, const struct qf_code_text *code);
void qf_spoken_print(const struct qf_cli *cli, const struct qf_spoken_codes *codes);
