/* Why in ingest: what a partner's client does wrong is refused, and never comes into
 * the journal; and its connection is encrypted, so that nobody on the way can look.
 * A tap is bounded in time and bytes, and costs a look at a pointer while there is
 * none. What cannot be written ends it: a service is not stopped for it. */
#include "ingest/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "store/directory.h"

enum { MARK_BYTES = 128, HEX_BYTES = 1024 };

static const char mark_name[] = ".tap";

static void end(struct qf_tap *tap, const char *why)
{
        fprintf(tap->file, "{\"end\":%" PRIu64 ",\"why\":\"%s\"}\n", tap->frames, why);
        qf_log(QF_LOG_NOTICE,
               "what a source sends is no longer copied source=\"%s\" frames=%" PRIu64 " why=\"%s\"",
               tap->source, tap->frames, why);
        (void)fclose(tap->file);
        *tap = (struct qf_tap){0};
}

/* "SOURCE SECONDS\n". A name is letters, digits and a few marks (PROTOCOL.md 6.3). */
static bool read_mark(const char *path, char ret_source[QF_TAP_SOURCE], uint64_t *ret_seconds)
{
        char text[MARK_BYTES] = "";
        FILE *file = fopen(path, "re");
        if (!file)
                return false;
        char *line = fgets(text, sizeof text, file);
        (void)fclose(file);
        char *blank = line ? strrchr(line, ' ') : NULL;
        if (!blank || blank == line || blank - line >= QF_TAP_SOURCE)
                return false;
        struct qf_view seconds = {blank + 1, (uint32_t)strcspn(blank + 1, "\n")};
        memcpy(ret_source, line, (size_t)(blank - line));
        ret_source[blank - line] = '\0';
        return !strpbrk(ret_source, "\"\\") && qf_text_valid(qf_view_of(ret_source), false) &&
               qf_text_number(seconds, QF_TAP_SECONDS_MAX, ret_seconds) && *ret_seconds > 0;
}

static FILE *open_file(const char *directory)
{
        char path[PATH_MAX];
        if (qf_path_beside(directory, ".tapped", path) != 0 || (unlink(path) < 0 && errno != ENOENT))
                return NULL;
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
        if (!file && fd >= 0)
                (void)close(fd);
        return file;
}

static void begin(struct qf_tap *tap, const char *directory, const struct qf_journal_state *state,
                  struct qf_logbook *book, int64_t mono_ms)
{
        char path[PATH_MAX], life[2 * sizeof state->life + 1];
        uint64_t seconds = 0;
        if (qf_path_beside(directory, mark_name, path) != 0 || !read_mark(path, tap->source, &seconds)) {
                qf_log(QF_LOG_WARNING, "a mark for qf tap cannot be read: it is removed");
                (void)!qf_directory_unmark(directory, mark_name);
                return;
        }
        tap->file = open_file(directory);
        if (!tap->file) {
                qf_log(QF_LOG_WARNING, "what a source sends cannot be copied error=\"%s\"", strerror(errno));
                (void)!qf_directory_unmark(directory, mark_name);
                return;
        }
        tap->began_ms = mono_ms;
        tap->ends_ms = mono_ms + (int64_t)seconds * 1000;
        qf_text_hex(state->life, sizeof state->life, life);
        fprintf(tap->file, "{\"qf_tap\":1,\"source\":\"%s\",\"life\":\"%s\"}\n", tap->source, life);
        (void)fflush(tap->file);
        qf_log(QF_LOG_NOTICE, "what a source sends is copied, as asked source=\"%s\" seconds=%" PRIu64,
               tap->source, seconds);
        qf_logbook_note(book, "tap", "source=%s seconds=%" PRIu64, tap->source, seconds);
}

/* While nothing is in it, it is being written. */
static bool find_mark(const char *directory, struct stat *ret_mark)
{
        char path[PATH_MAX];
        return qf_path_beside(directory, mark_name, path) == 0 && stat(path, ret_mark) == 0 &&
               ret_mark->st_size > 0;
}

/* A mark that was taken away and made again between two looks is another one: a number of a file is soon used again. */
static bool is_same(const struct stat *one, const struct stat *other)
{
        return one->st_ino == other->st_ino && one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
               one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

void qf_tap_look(struct qf_tap *tap, const char *directory, const struct qf_programme *programme,
                 const struct qf_journal_state *state, struct qf_logbook *book, int64_t mono_ms)
{
        struct stat mark;
        bool marked = find_mark(directory, &mark);
        if (tap->file && (!marked || !is_same(&mark, &tap->mark)))
                end(tap, "asked");
        if (!tap->file && marked) {
                begin(tap, directory, state, book, mono_ms);
                tap->mark = mark;
        }
        if (!tap->file)
                return;
        const bool known = qf_programme_find_source(programme, qf_view_of(tap->source)) != 0;
        /* What could not be written between two looks is not tried again: the stream only remembers that it was so. */
        const bool written = fflush(tap->file) == 0 && !ferror(tap->file);
        const char *why = !known                           ? "no such source"
                          : mono_ms >= tap->ends_ms        ? "time"
                          : tap->bytes >= QF_TAP_BYTES_MAX ? "full"
                          : !written                       ? "cannot be written"
                                                           : NULL;
        if (!why)
                return;
        end(tap, why);
        (void)!qf_directory_unmark(directory, mark_name);
}

static void print_hex(FILE *file, struct qf_view bytes)
{
        char text[2 * HEX_BYTES + 1];
        for (uint32_t at = 0; at < bytes.len; at += HEX_BYTES) {
                uint32_t len = bytes.len - at < HEX_BYTES ? bytes.len - at : HEX_BYTES;
                qf_text_hex((const uint8_t *)bytes.at + at, len, text);
                (void)fputs(text, file);
        }
}

void qf_tap_note(struct qf_tap *tap, struct qf_view user, struct qf_view frame, int64_t mono_ms)
{
        size_t len = strlen(tap->source);
        if (!tap->file || user.len <= len || memcmp(user.at, tap->source, len) != 0 || user.at[len] != '#' ||
            tap->bytes >= QF_TAP_BYTES_MAX)
                return;
        fprintf(tap->file, "{\"ms\":%" PRId64 ",\"user\":\"%.*s\",\"frame\":\"", mono_ms - tap->began_ms,
                (int)user.len, user.at);
        print_hex(tap->file, frame);
        (void)fputs("\"}\n", tap->file);
        tap->frames++;
        tap->bytes += 2 * (uint64_t)frame.len;
}

void qf_tap_close(struct qf_tap *tap)
{
        if (tap->file)
                end(tap, "stopped");
}
