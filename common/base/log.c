/* Why: one event is one line, whatever was in it, and a line is written whole.
 *
 * A line is a text and then its fields, "no room directory=/x". To the journal of
 * systemd it goes by its own protocol, one datagram with MESSAGE=, PRIORITY= and a
 * field QF_NAME= for each, so that `journalctl QF_DIRECTORY=/x` finds it; to
 * standard error as logfmt. sd_journal_send() is not used: it waits when journald
 * does not read, and a daemon that waits for its log serves nobody. What the
 * journal does not take at once is lost, counted, and said when it listens again. */
#include "base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { TEXT_BYTES = 2000, LINE_BYTES = 2 * TEXT_BYTES, ENTRY_BYTES = 3 * TEXT_BYTES };

/* Set once at start, before anything logs; the log is the one thing that every module may reach without being
 * handed it, as stderr is. */
static struct {
        const char *program;
        enum qf_log_level most;
        int journal; /* a datagram socket; -1: lines go to standard error */
        struct sockaddr_un address;
        uint64_t lost, lost_unsaid;
} state = {.program = "qf", .most = QF_LOG_INFO, .journal = -1};

/* --- where to ---------------------------------------------------------------- */

/* JOURNAL_STREAM is "DEVICE:INODE" of the stream that systemd made, and it is inherited: only whose standard error is
 * that very stream is heard by the journal. */
static bool journal_listens(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        const char *colon = stream ? strchr(stream, ':') : NULL;
        struct stat error;
        uint64_t device, inode;

        if (!colon || fstat(STDERR_FILENO, &error) != 0)
                return false;
        return qf_text_number((struct qf_view){stream, (uint32_t)(colon - stream)}, UINT64_MAX, &device) &&
               qf_text_number(qf_view_of(colon + 1), UINT64_MAX, &inode) && device == error.st_dev &&
               inode == error.st_ino;
}

void qf_log_open(const char *program, enum qf_log_level most, const char *journal)
{
        if (state.journal >= 0)
                (void)close(state.journal);
        state.program = program;
        state.most = most;
        state.journal = -1;
        state.lost = state.lost_unsaid = 0;
        state.address = (struct sockaddr_un){.sun_family = AF_UNIX};
        if (strlen(journal) >= sizeof state.address.sun_path || !journal_listens())
                return;
        memcpy(state.address.sun_path, journal, strlen(journal));
        state.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* --- the fields of a line ------------------------------------------------------ */

static bool is_name(char c)
{
        return (c >= 'a' && c <= 'z') || c == '_';
}

struct field {
        const char *name, *value; /* in the line */
        int name_len, value_len;  /* without quotes */
};

/* The next " name=value" or " name="value"" at or after *at; *at is behind it then. */
static bool next_field(const char **at, struct field *ret_field)
{
        for (const char *space = *at; (space = strchr(space, ' ')); space++) {
                const char *name = space + 1, *end = name;
                while (is_name(*end))
                        end++;
                if (end == name || *end != '=')
                        continue;
                bool quoted = end[1] == '"';
                const char *value = end + (quoted ? 2 : 1);
                size_t len = strcspn(value, quoted ? "\"" : " ");
                *ret_field = (struct field){name, value, (int)(end - name), (int)len};
                *at = value + len;
                return true;
        }
        return false;
}

/* --- the journal ------------------------------------------------------------------- */

static size_t print_field(char *entry, size_t room, const struct field *field)
{
        int n = snprintf(entry, room, "QF_%.*s=%.*s\n", field->name_len, field->name, field->value_len,
                         field->value);
        if (n < 0 || (size_t)n >= room)
                return 0;
        for (int i = 0; i < field->name_len; i++)
                if (entry[3 + i] != '_')
                        entry[3 + i] = (char)(entry[3 + i] - 'a' + 'A');
        return (size_t)n;
}

static bool send_entry(enum qf_log_level level, const char *text)
{
        char entry[ENTRY_BYTES];
        struct field field;
        int head = snprintf(entry, sizeof entry, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n",
                            (int)level, state.program, text);
        if (head < 0 || (size_t)head >= sizeof entry)
                return false;
        size_t len = (size_t)head;
        for (const char *at = text; next_field(&at, &field);)
                len += print_field(entry + len, sizeof entry - len, &field);
        return sendto(state.journal, entry, len, MSG_DONTWAIT | MSG_NOSIGNAL,
                      (const struct sockaddr *)&state.address, sizeof state.address) >= 0;
}

static bool say_lost(void)
{
        char text[96];

        if (state.lost_unsaid == 0)
                return true;
        (void)snprintf(text, sizeof text,
                       "lines of this log were lost: the journal did not take them count=%llu",
                       (unsigned long long)state.lost_unsaid);
        if (!send_entry(QF_LOG_WARNING, text))
                return false;
        state.lost_unsaid = 0;
        return true;
}

static void tell_journal(enum qf_log_level level, const char *text)
{
        if (say_lost() && send_entry(level, text))
                return;
        state.lost++;
        state.lost_unsaid++;
}

uint64_t qf_log_lost(void)
{
        if (state.journal >= 0)
                (void)say_lost();
        return state.lost;
}

/* --- standard error ------------------------------------------------------------------ */

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

static size_t print_head(char *line, size_t room, enum qf_log_level level)
{
        struct timespec now = {0};
        struct tm utc = {0};
        char stamp[32];
        (void)clock_gettime(CLOCK_REALTIME, &now);
        (void)gmtime_r(&now.tv_sec, &utc);
        (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
        int n = snprintf(line, room, "ts=%s.%03ldZ level=%s unit=%s msg=\"", stamp, now.tv_nsec / 1000000,
                         level_name(level), state.program);
        return n < 0 || (size_t)n >= room ? 0 : (size_t)n;
}

static void tell_stderr(enum qf_log_level level, const char *text)
{
        char line[LINE_BYTES + 128];
        struct field first;
        const char *at = text, *fields = next_field(&at, &first) ? first.name - 1 : text + strlen(text);
        size_t len = print_head(line, 128, level);
        for (at = text; at < fields; at++) {
                if (*at == '"' || *at == '\\')
                        line[len++] = '\\';
                line[len++] = *at;
        }
        line[len++] = '"';
        for (; *at != '\0'; at++)
                line[len++] = *at;
        line[len++] = '\n';
        ssize_t written = write(STDERR_FILENO, line, len);
        (void)written; /* nothing sensible can be done when the log is gone */
}

void qf_log(enum qf_log_level level, const char *format, ...)
{
        char text[TEXT_BYTES - 2];
        if (level > state.most)
                return;
        va_list args;
        va_start(args, format);
        int n = vsnprintf(text, sizeof text, format, args);
        va_end(args);
        if (n < 0)
                return;
        for (char *at = text; *at != '\0'; at++)
                if ((unsigned char)*at < ' ')
                        *at = ' ';
        if (state.journal >= 0)
                tell_journal(level, text);
        else
                tell_stderr(level, text);
}
