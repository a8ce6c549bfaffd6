/* Poison: a batch that brings ingest down would come again after each restart.
 * Ingest notes whom it is judging where a crash cannot lose it; a source that
 * brought it down three times within an hour is shut for an hour, others go on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct qf_shield;

enum { QF_SHIELD_CRASHES = 3 };

/* Judged instead of a source while the journal is being opened: who crashes then, crashes on a damaged file. */
#define QF_SHIELD_OPENING UINT32_MAX

/* Opens the note beside a directory, "DIRECTORY.judging", and takes down what it says of the last process:
 * *ret_crashed is the source that was being judged when it crashed, or QF_SHIELD_OPENING; 0: none. */
QF_CHECK int qf_shield_open(const char *directory, int64_t now_ms, struct qf_shield **ret_shield,
                            uint32_t *ret_crashed);
struct qf_shield *qf_shield_close(struct qf_shield *shield);
void qf_shield_judging(struct qf_shield *shield, uint32_t source); /* 0: nobody */
bool qf_shield_is_shut(const struct qf_shield *shield, uint32_t source, int64_t now_ms);
/* From now on a crash of this process is noted. One shield in a process. */
QF_CHECK int qf_shield_watch(struct qf_shield *shield);
