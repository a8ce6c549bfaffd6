/* Structured logging to stderr as logfmt, one line an event; with the journal's
 * <N> level prefix when JOURNAL_STREAM says that systemd listens. Library code
 * in common/ does not log: it returns. Never logs keys or payload. */
#pragma once

#include <stdarg.h>

enum qf_log_level {
        QF_LOG_ERROR = 3,
        QF_LOG_WARNING = 4,
        QF_LOG_NOTICE = 5,
        QF_LOG_INFO = 6,
        QF_LOG_DEBUG = 7
};

void qf_log_open(const char *program, enum qf_log_level most);
/* Format is a message, then key=value pairs as the caller writes them; values from outside go through qf_text_escape. */
void qf_log(enum qf_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
