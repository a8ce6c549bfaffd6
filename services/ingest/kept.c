/* Why: an outbox that forgets too early cannot repair a restored journal, and one
 * that never forgets fills its disk. Whatever is doubtful here means: keep. */
#include "ingest/kept.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"

enum { HOUR_MS = 60 * 60 * 1000 };

static void close_stream(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

/* *ret_same: the record at a position has that hash. */
static int compare_hash(struct qf_group *group, uint64_t position, const char *hex, bool *ret_same)
{
        uint8_t hash[QF_SHA256_BYTES];
        char text[2 * QF_SHA256_BYTES + 1];
        bool found = false;
        int result = qf_group_hash_at(group, position, hash, &found);
        if (result != 0)
                return result;
        qf_text_hex(hash, sizeof hash, text);
        *ret_same = found && strcmp(text, hex) == 0;
        return 0;
}

/* *ret_lowest 0: a line is doubtful, or there is none. */
static int read_lines(FILE *stream, struct qf_group *group, uint64_t *ret_lowest)
{
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        uint64_t lowest = UINT64_MAX;
        size_t room = 0;
        while (getline(&line, &room, stream) > 0) {
                char *blank = strchr(line, ' ');
                char *end = blank ? strchr(blank + 1, ' ') : NULL;
                uint64_t position = 0;
                bool same = false;
                int result = 0;
                if (!end)
                        return 0;
                *blank = *end = '\0';
                if (qf_text_number(qf_view_of(line), UINT64_MAX, &position) && position > 0)
                        result = compare_hash(group, position, blank + 1, &same);
                if (!same)
                        return result;
                if (position < lowest)
                        lowest = position;
        }
        *ret_lowest = lowest == UINT64_MAX ? 0 : lowest;
        return ferror(stream) ? -EIO : 0;
}

static void set(struct qf_kept *kept, int64_t read_ns, uint64_t bytes, uint64_t position)
{
        kept->read_ns = read_ns;
        kept->bytes = bytes;
        kept->position = position;
}

int qf_kept_look(struct qf_kept *kept, const char *directory, struct qf_group *group)
{
        char path[PATH_MAX];
        struct stat about;
        int result = qf_path_beside(directory, ".backups", path);
        if (result < 0)
                return result;
        if (stat(path, &about) < 0) {
                set(kept, 0, 0, 0);
                return errno == ENOENT ? 0 : -errno;
        }
        int64_t changed_ns = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
        if (changed_ns == kept->read_ns && (uint64_t)about.st_size == kept->bytes)
                return 0;
        QF_CLEANUP(close_stream) FILE *stream = fopen(path, "re");
        if (!stream)
                return errno == ENOENT ? 0 : -errno;
        uint64_t lowest = 0;
        result = read_lines(stream, group, &lowest);
        if (result == 0)
                set(kept, changed_ns, (uint64_t)about.st_size, lowest);
        return result;
}

static void say(struct qf_kept *kept, int wrong, int64_t mono_ms)
{
        if (wrong == kept->wrong && (wrong == 0 || mono_ms - kept->said_ms < HOUR_MS))
                return;
        if (wrong == 0)
                qf_log(QF_LOG_NOTICE, "the list of backups can be read again");
        else
                qf_log(QF_LOG_WARNING, "the list of backups cannot be read: partners keep all error=\"%s\"",
                       strerror(-wrong));
        kept->wrong = wrong;
        kept->said_ms = mono_ms;
}

void qf_kept_watch(struct qf_kept *kept, const char *directory, struct qf_group *group, int64_t mono_ms)
{
        int result = qf_kept_look(kept, directory, group);
        if (result < 0)
                set(kept, 0, 0, 0);
        say(kept, result, mono_ms);
}

/* --- noting how far one reaches: written and synced beside itself and renamed, so that nobody reads half of it, and a
 * power cut leaves no half of it --- */

/* Whether a line is of the backup of that name: behind two blanks. */
static bool is_of(const char *line, struct qf_view name)
{
        const char *blank = strchr(line, ' ');
        blank = blank ? strchr(blank + 1, ' ') : NULL;
        return blank && strncmp(blank + 1, name.at, name.len) == 0 && blank[1 + name.len] == '\n';
}

static int copy_others(const char *marks, struct qf_view name, FILE *to)
{
        QF_CLEANUP(close_stream) FILE *from = fopen(marks, "re");
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        size_t room = 0;

        if (!from)
                return errno == ENOENT ? 0 : -errno;
        for (ssize_t len; (len = getline(&line, &room, from)) > 0;) {
                if (is_of(line, name))
                        continue;
                /* A last line may lack its end: the next one is not to be joined to it. */
                if (fwrite(line, 1, (size_t)len, to) != (size_t)len ||
                    (line[len - 1] != '\n' && fputc('\n', to) == EOF))
                        return -EIO;
        }
        return ferror(from) ? -EIO : 0;
}

int qf_kept_note(const char *directory, struct qf_view name, uint64_t position,
                 const uint8_t hash[QF_SHA256_BYTES])
{
        char marks[PATH_MAX], fresh[PATH_MAX], hex[2 * QF_SHA256_BYTES + 1];

        if (memchr(name.at, '\n', name.len))
                return -EINVAL;
        int result = qf_path_beside(directory, ".backups", marks);
        if (result == 0)
                result = qf_path_beside(directory, ".backups.new", fresh);
        if (result < 0)
                return result;
        QF_CLEANUP(close_stream) FILE *to = fopen(fresh, "we");
        if (!to)
                return -errno;
        result = copy_others(marks, name, to);
        qf_text_hex(hash, QF_SHA256_BYTES, hex);
        if (result == 0 && fprintf(to, "%" PRIu64 " %s %.*s\n", position, hex, (int)name.len, name.at) < 0)
                result = -EIO;
        if (result == 0 && (fflush(to) != 0 || fsync(fileno(to)) < 0 || rename(fresh, marks) != 0))
                result = -errno; /* without its parent's sync the old list may come back, which keeps more */
        return result;
}

/* Numbers rise with positions, so that the first one behind a position is found by halving. */
static int search(struct qf_txn *txn, const struct qf_journal_outbox *row, uint64_t position,
                  uint64_t *ret_number)
{
        uint64_t low = 1, high = row->last + 1;
        while (low < high) {
                uint64_t middle = low + (high - low) / 2;
                struct qf_journal_run run = {0};
                int result = qf_journal_run_at(txn, row->ref, middle, &run);
                if (result < 0)
                        return result;
                if (run.position <= position)
                        low = middle + 1;
                else if (run.first >= low)
                        high = run.first;
                else
                        return QF_STORE_DAMAGED;
        }
        *ret_number = low;
        return 0;
}

uint64_t qf_kept_from(struct qf_group *group, struct qf_sender *sender, uint64_t position)
{
        struct qf_txn *txn = NULL;
        uint64_t number = 1;
        if (position == 0 || sender->row.ref == 0)
                return 1;
        if (sender->kept_at == position)
                return sender->keep_from;
        if (qf_group_read(group, &txn) == 0 && search(txn, &sender->row, position, &number) != 0)
                number = 1;
        qf_txn_abort(&txn);
        sender->kept_at = position;
        sender->keep_from = number;
        return number;
}
