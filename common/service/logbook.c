/* Why a chain: who has a daemon's rights can rewrite its files, but not one line of
 * this without all later ones, and the newest hash is told to the log at each start
 * and end, which is kept elsewhere. Why not the journal: refusals are no facts that
 * anything is counted from, and strangers must not be able to fill it.
 *
 *     17 2026-11-28T15:20:01.123Z key-refused from="10.0.0.9" #6f3a…(64 digits)
 *
 * Bounded: nine files of 4 MiB, and strangers bring about at most 2 × 17 lines a
 * minute. A line that a crash cut off is taken back at the next start. */
#include "service/logbook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/text.h"
#include "service/logbook_line.h"

enum { KINDS = 2, APART = 16, DETAIL = 256, WHAT = 32, MINUTE_MS = 60 * 1000 };

struct sum {
        char what[WHAT], detail[DETAIL];
        uint64_t more; /* beyond the one that was written */
        int64_t since_ms;
};

struct qf_logbook {
        char *path;
        int fd;
        uint64_t number; /* of the last line */
        off_t bytes;
        struct qf_sha256 *sha;
        char hash[QF_LOGBOOK_HEX]; /* of the last line */
        uint64_t lost;
        struct sum sums[APART]; /* since_ms 0: free */
        struct sum rest;        /* what was not told apart */
};

/* --- files ---------------------------------------------------------------------- */

static int path_of(const char *path, unsigned at, char ret_path[PATH_MAX])
{
        int len = at ? snprintf(ret_path, PATH_MAX, "%s.%u", path, at)
                     : snprintf(ret_path, PATH_MAX, "%s", path);

        return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* The last whole line of a file without its end, and where it ends. An empty one is no error. */
static int read_end(int fd, char ret_line[QF_LOGBOOK_LINE], off_t *ret_end)
{
        char tail[2 * QF_LOGBOOK_LINE];
        struct stat status;

        ret_line[0] = '\0';
        *ret_end = 0;
        if (fstat(fd, &status) != 0)
                return -errno;
        off_t from = status.st_size > (off_t)sizeof tail ? status.st_size - (off_t)sizeof tail : 0;
        ssize_t n = pread(fd, tail, sizeof tail, from);
        if (n < 0)
                return -errno;
        const char *end = memrchr(tail, '\n', (size_t)n);
        if (!end)
                return n == 0 || from == 0 ? 0 : QF_LOGBOOK_BROKEN;
        const char *before = memrchr(tail, '\n', (size_t)(end - tail));
        const char *begin = before ? before + 1 : tail;
        if (end - begin >= QF_LOGBOOK_LINE || (!before && from > 0))
                return QF_LOGBOOK_BROKEN;
        memcpy(ret_line, begin, (size_t)(end - begin));
        ret_line[end - begin] = '\0';
        *ret_end = from + (end + 1 - tail);
        return 0;
}

/* Where the book ends: in the newest file, or, when that was just begun, in the one before. */
static int find_end(struct qf_logbook *book)
{
        char line[QF_LOGBOOK_LINE], older[PATH_MAX];
        int r = read_end(book->fd, line, &book->bytes);

        if (r != 0)
                return r;
        if (ftruncate(book->fd, book->bytes) != 0) /* a line that a crash cut off */
                return -errno;
        if (book->bytes == 0 && path_of(book->path, 1, older) == 0) {
                off_t ignored;
                QF_CLEANUP(qf_cleanup_close) int fd = open(older, O_RDONLY | O_CLOEXEC);
                if (fd >= 0)
                        r = read_end(fd, line, &ignored);
        }
        if (r == 0 && line[0] && !qf_logbook_line_number(line, &book->number))
                r = QF_LOGBOOK_BROKEN;
        if (r == 0 && line[0])
                qf_logbook_line_hash(book->sha, line, book->hash);
        return r;
}

static int open_file(struct qf_logbook *book)
{
        book->fd = open(book->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        return book->fd < 0 ? -errno : 0;
}

int qf_logbook_open(const char *path, struct qf_logbook **ret_book)
{
        if (!path)
                return 0;
        struct qf_logbook *book = calloc(1, sizeof *book);
        if (!book)
                return -ENOMEM;
        book->fd = -1;
        memset(book->hash, '0', sizeof book->hash - 1);
        book->path = strdup(path);
        int r = book->path ? qf_sha256_new(&book->sha) : -ENOMEM;
        if (r == 0)
                r = open_file(book);
        if (r == 0)
                r = find_end(book);
        if (r != 0) {
                (void)qf_logbook_close(book);
                return r;
        }
        qf_log(QF_LOG_INFO, "the logbook goes on line=%llu hash=%s", (unsigned long long)book->number,
               book->hash);
        *ret_book = book;
        return 0;
}

struct qf_logbook *qf_logbook_close(struct qf_logbook *book)
{
        if (!book)
                return NULL;
        if (book->fd >= 0) {
                qf_logbook_beat(book, INT64_MAX);
                qf_log(QF_LOG_INFO, "the logbook rests line=%llu hash=%s", (unsigned long long)book->number,
                       book->hash);
                (void)fdatasync(book->fd);
                (void)close(book->fd);
        }
        (void)qf_sha256_free(book->sha);
        free(book->path);
        free(book);
        return NULL;
}

static int turn_page(struct qf_logbook *book)
{
        char from[PATH_MAX], to[PATH_MAX];

        (void)fdatasync(book->fd);
        for (unsigned at = QF_LOGBOOK_FILES; at > 0; at--)
                if (path_of(book->path, at - 1, from) != 0 || path_of(book->path, at, to) != 0 ||
                    (rename(from, to) != 0 && errno != ENOENT))
                        return -1;
        (void)close(book->fd);
        book->bytes = 0;
        return open_file(book);
}

/* --- lines ------------------------------------------------------------------------ */

/* false: it could not be written; nothing of it is left. */
static bool append(struct qf_logbook *book, const char *what, const char *fields)
{
        char line[QF_LOGBOOK_LINE], hash[QF_LOGBOOK_HEX];

        if (book->fd < 0 && open_file(book) != 0)
                return false;
        if (book->bytes >= QF_LOGBOOK_FILE_BYTES && turn_page(book) != 0)
                return false;
        size_t len =
                qf_logbook_line_print(line, book->number + 1, qf_clock_wall_ms(), what, fields, book->hash);
        qf_logbook_line_hash(book->sha, line, hash);
        line[len++] = '\n';
        if (write(book->fd, line, len) != (ssize_t)len) {
                (void)!ftruncate(book->fd, book->bytes);
                return false;
        }
        book->bytes += (off_t)len;
        book->number++;
        memcpy(book->hash, hash, sizeof hash);
        return true;
}

static void write_line(struct qf_logbook *book, const char *what, const char *fields)
{
        char lost[64];

        if (book->lost > 0) {
                (void)snprintf(lost, sizeof lost, "lines=%llu", (unsigned long long)book->lost);
                if (append(book, "lines-lost", lost))
                        book->lost = 0;
        }
        if (!append(book, what, fields))
                book->lost++;
}

void qf_logbook_note(struct qf_logbook *book, const char *what, const char *format, ...)
{
        char fields[QF_LOGBOOK_LINE];
        va_list args;

        if (!book)
                return;
        va_start(args, format);
        (void)vsnprintf(fields, sizeof fields, format, args);
        va_end(args);
        write_line(book, what, fields);
}

/* --- sums ------------------------------------------------------------------------- */

static void write_sum(struct qf_logbook *book, struct sum *sum)
{
        char fields[DETAIL + 32];

        if (sum->more > 0) {
                (void)snprintf(fields, sizeof fields, "%s%smore=%llu", sum->detail, sum->detail[0] ? " " : "",
                               (unsigned long long)sum->more);
                write_line(book, sum->what, fields);
        }
        *sum = (struct sum){0};
}

void qf_logbook_beat(struct qf_logbook *book, int64_t mono_ms)
{
        if (!book)
                return;
        for (int i = 0; i < APART; i++)
                if (book->sums[i].since_ms && mono_ms - book->sums[i].since_ms >= MINUTE_MS)
                        write_sum(book, &book->sums[i]);
        if (book->rest.since_ms && mono_ms - book->rest.since_ms >= MINUTE_MS)
                write_sum(book, &book->rest);
}

static struct sum *sum_of(struct qf_logbook *book, const char *what, const char *detail)
{
        struct sum *unused = NULL;

        for (int i = 0; i < APART; i++) {
                struct sum *sum = &book->sums[i];
                if (!sum->since_ms)
                        unused = sum;
                else if (strcmp(sum->what, what) == 0 && strcmp(sum->detail, detail) == 0)
                        return sum;
        }
        return unused ? unused : &book->rest;
}

/* For what strangers can bring about: the first in a minute is written at once, equal ones are summed, and of different
 * ones so many are told apart; the rest is a number. detail: the fields. */
static void count_up(struct qf_logbook *book, const char *what, const char *detail, int64_t mono_ms)
{
        if (!book)
                return;
        struct sum *sum = sum_of(book, what, detail);
        if (sum->since_ms) {
                sum->more++;
                return;
        }
        sum->since_ms = mono_ms > 0 ? mono_ms : 1;
        if (sum == &book->rest) {
                (void)snprintf(sum->what, sizeof sum->what, "others");
                sum->more = 1;
                return;
        }
        (void)snprintf(sum->what, sizeof sum->what, "%s", what);
        (void)snprintf(sum->detail, sizeof sum->detail, "%s", detail);
        write_line(book, what, detail);
}

/* "localhost:UID:GID:PID" of those that come over a file: each command is another process, so that is left out. */
void qf_logbook_visit(struct qf_logbook *book, const char *what, const char *user, const char *address,
                      int64_t mono_ms)
{
        char detail[DETAIL], from[DETAIL / 2], who[DETAIL / 2];
        struct qf_view shown = qf_view_of(address);

        if (!book)
                return;
        if (strncmp(address, "localhost:", 10) == 0)
                shown.len = (uint32_t)(strrchr(address, ':') - address);
        (void)snprintf(detail, sizeof detail, "%s%s%sfrom=\"%s\"", user[0] ? "key=\"" : "",
                       qf_text_escape(qf_view_of(user), who, sizeof who), user[0] ? "\" " : "",
                       qf_text_escape(shown, from, sizeof from));
        count_up(book, what, detail, mono_ms);
}
