/* Structured logging, one line an event: to the journal of systemd with each field
 * as a field of its own where standard error is the journal's, else as logfmt to
 * standard error. Never waits for the journal. What programs have in common
 * does not log, it returns; but the skeleton of daemons (common/service) and the
 * door that runs beside them (wire/zap) do. Never logs keys or payload. */
#pragma once

#include <stdarg.h>
#include <stdint.h>

enum qf_log_level {
        QF_LOG_ERROR = 3,
        QF_LOG_WARNING = 4,
        QF_LOG_NOTICE = 5,
        QF_LOG_INFO = 6,
        QF_LOG_DEBUG = 7
};

#define QF_LOG_JOURNAL "/run/systemd/journal/socket"

/* journal: path of journald's socket; used when JOURNAL_STREAM names our standard error. program is kept. */
void qf_log_open(const char *program, enum qf_log_level most, const char *journal);
/* Format is a message, then key=value pairs as the caller writes them (keys of a-z and _, values with spaces in
 * quotes); values from outside go through qf_text_escape. */
void qf_log(enum qf_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines that the journal did not take, since the start. Says so in the log when it takes lines again. */
uint64_t qf_log_lost(void);
