/* Why: one event is one line, whatever was in it, and a line is written whole. */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Set once at start, before anything logs; the log is the one thing that every module may reach without being
 * handed it, as stderr is. */
static struct {
        const char *program;
        enum qf_log_level most;
        bool journal;
} state = {"qf", QF_LOG_INFO, false};

void qf_log_open(const char *program, enum qf_log_level most)
{
        state.program = program;
        state.most = most;
        state.journal = getenv("JOURNAL_STREAM") != NULL;
}

static const char *level_name(enum qf_log_level level)
{
        switch (level) {
        case QF_LOG_ERROR: return "error";
        case QF_LOG_WARNING: return "warning";
        case QF_LOG_NOTICE: return "notice";
        case QF_LOG_INFO: return "info";
        case QF_LOG_DEBUG: return "debug";
        }
        return "info";
}

static int print_head(char *line, size_t room, enum qf_log_level level)
{
        if (state.journal)
                return snprintf(line, room, "<%d>", (int)level);
        struct timespec now = {0};
        struct tm utc = {0};
        char stamp[32];
        (void)clock_gettime(CLOCK_REALTIME, &now);
        (void)gmtime_r(&now.tv_sec, &utc);
        (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
        return snprintf(line, room, "ts=%s.%03ldZ level=%s unit=%s ", stamp, now.tv_nsec / 1000000,
                        level_name(level), state.program);
}

void qf_log(enum qf_log_level level, const char *format, ...)
{
        char line[2048];
        if (level > state.most)
                return;
        int used = print_head(line, sizeof line, level);
        if (used < 0)
                return;
        va_list args;
        va_start(args, format);
        int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
        va_end(args);
        if (more < 0)
                return;
        size_t len = (size_t)used + (size_t)more;
        if (len > sizeof line - 2)
                len = sizeof line - 2;
        for (size_t i = 0; i < len; i++) {
                if (line[i] == '\n' || line[i] == '\r')
                        line[i] = ' ';
        }
        line[len] = '\n';
        ssize_t written = write(STDERR_FILENO, line, len + 1);
        (void)written; /* nothing sensible can be done when the log is gone */
}
