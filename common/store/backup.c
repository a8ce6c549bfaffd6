/* Why files that are closed: a backup of years must not be read from its beginning
 * each night to be trusted, and what is closed can be copied to a medium that
 * nobody writes to.
 *
 * Guarantees: a file is in the list only after it is on disk and was read back;
 * what is in the list is never written to; a run that is cut off anywhere leaves a
 * backup that the next one continues. */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/text.h"
#include "store/directory.h"

enum { NAME_BYTES = 64, WHY_BYTES = 160, READ_BYTES = 64 * 1024 };

#define SEGMENT_BYTES (UINT64_C(64) << 20)

static const char first_line[] = "qf-backup 1\n";

struct segment {
        uint64_t first, last, bytes;
        uint8_t sha256[QF_SHA256_BYTES], hash[QF_SHA256_BYTES]; /* of the file; of its last record */
};

struct qf_backup {
        char *directory;
        int lock;
        struct qf_sha256 *sha;
        uint64_t segment_bytes;
        bool write, torn;
        struct segment *segments; /* closed */
        uint32_t count, room;
        uint32_t at;                 /* the file that is read: count is the open one */
        struct qf_backup_file *file; /* NULL: not opened yet, or not there */
        struct qf_record_head last;
        char why[WHY_BYTES];
};

static void close_stream(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

static void cleanup_backup(struct qf_backup **backup)
{
        (void)qf_backup_close(*backup);
}

/* With the slash before it. */
static void name_of(uint64_t first, char ret_name[NAME_BYTES])
{
        (void)snprintf(ret_name, NAME_BYTES, "/%020" PRIu64 ".records", first);
}

static uint64_t first_of(const struct qf_backup *backup, uint32_t at)
{
        return at < backup->count ? backup->segments[at].first
                                  : (at == 0 ? 1 : backup->segments[at - 1].last + 1);
}

static int path_of(const struct qf_backup *backup, uint32_t at, char ret_path[PATH_MAX])
{
        char name[NAME_BYTES];
        name_of(first_of(backup, at), name);
        return qf_path_beside(backup->directory, name, ret_path);
}

static int damaged(struct qf_backup *backup, uint32_t at, const char *what)
{
        char name[NAME_BYTES];
        name_of(first_of(backup, at), name);
        (void)snprintf(backup->why, sizeof backup->why, "%s %s", name + 1, what);
        return QF_BACKUP_DAMAGED;
}

/* --- the list --------------------------------------------------------------- */

static int add_segment(struct qf_backup *backup, const struct segment *segment)
{
        if (backup->count == backup->room) {
                uint32_t room = backup->room ? backup->room * 2 : 16;
                struct segment *grown = realloc(backup->segments, room * sizeof *grown);
                if (!grown)
                        return -ENOMEM;
                backup->segments = grown;
                backup->room = room;
        }
        backup->segments[backup->count++] = *segment;
        return 0;
}

/* The next word of a line that ends with a blank or the line's end. */
static struct qf_view next_word(char **line)
{
        size_t len = strcspn(*line, " \n");
        struct qf_view word = {*line, (uint32_t)len};
        *line += len + ((*line)[len] != '\0');
        return word;
}

static bool read_line(char *line, struct segment *ret_segment)
{
        return qf_text_number(next_word(&line), UINT64_MAX, &ret_segment->first) &&
               qf_text_number(next_word(&line), UINT64_MAX - 1, &ret_segment->last) &&
               qf_text_number(next_word(&line), UINT64_MAX, &ret_segment->bytes) &&
               qf_text_unhex(next_word(&line), ret_segment->sha256, QF_SHA256_BYTES) &&
               qf_text_unhex(next_word(&line), ret_segment->hash, QF_SHA256_BYTES) && *line == '\0';
}

/* The first line is not ours: "qf-backup 2" and above are of a newer version. */
static int other_version(const char *line)
{
        size_t name = strcspn(first_line, " ") + 1;
        uint64_t version = 0;
        bool ours = strncmp(line, first_line, name) == 0 &&
                    qf_text_number((struct qf_view){line + name, (uint32_t)strcspn(line + name, "\n")},
                                   UINT32_MAX, &version);
        return ours && version > 1 ? QF_BACKUP_NEWER : QF_BACKUP_FORMAT;
}

/* 0 also when there is none yet. */
static int read_list(struct qf_backup *backup)
{
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        char path[PATH_MAX];
        size_t room = 0;
        int result = qf_path_beside(backup->directory, "/segments", path);
        QF_CLEANUP(close_stream) FILE *stream = result == 0 ? fopen(path, "re") : NULL;
        if (!stream)
                return result == 0 && errno != ENOENT ? -errno : result;
        if (getline(&line, &room, stream) < 0) /* then nothing is in line */
                return ferror(stream) ? -EIO : QF_BACKUP_FORMAT;
        if (strcmp(line, first_line) != 0)
                return other_version(line);
        while (result == 0 && getline(&line, &room, stream) > 0) {
                struct segment segment;
                if (!read_line(line, &segment) || segment.first != first_of(backup, backup->count) ||
                    segment.last < segment.first)
                        return QF_BACKUP_FORMAT;
                result = add_segment(backup, &segment);
        }
        return ferror(stream) ? -EIO : result;
}

static int print_list(const struct qf_backup *backup, FILE *stream)
{
        char sha256[2 * QF_SHA256_BYTES + 1], hash[2 * QF_SHA256_BYTES + 1];
        bool failed = fputs(first_line, stream) == EOF;
        for (uint32_t i = 0; i < backup->count; i++) {
                const struct segment *segment = &backup->segments[i];
                qf_text_hex(segment->sha256, QF_SHA256_BYTES, sha256);
                qf_text_hex(segment->hash, QF_SHA256_BYTES, hash);
                failed = failed || fprintf(stream, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s\n",
                                           segment->first, segment->last, segment->bytes, sha256, hash) < 0;
        }
        if (failed || fflush(stream) != 0 || fsync(fileno(stream)) < 0)
                return errno ? -errno : -EIO;
        return 0;
}

static int write_list(const struct qf_backup *backup)
{
        char path[PATH_MAX], fresh[PATH_MAX];
        int result = qf_path_beside(backup->directory, "/segments", path);
        if (result == 0)
                result = qf_path_beside(backup->directory, "/segments.new", fresh);
        if (result < 0)
                return result;
        QF_CLEANUP(close_stream) FILE *stream = fopen(fresh, "we");
        if (!stream)
                return -errno;
        result = print_list(backup, stream);
        if (result == 0 && rename(fresh, path) < 0)
                result = -errno;
        return result == 0 ? qf_directory_sync_parent(path) : result;
}

/* --- opening ---------------------------------------------------------------- */

static int lock_directory(struct qf_backup *backup)
{
        if (mkdir(backup->directory, 0700) < 0 && errno != EEXIST)
                return -errno;
        backup->lock = open(backup->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (backup->lock < 0)
                return -errno;
        if (flock(backup->lock, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? QF_BACKUP_IN_USE : -errno;
        return 0;
}

bool qf_backup_is(const char *directory)
{
        char path[PATH_MAX], name[NAME_BYTES];
        name_of(1, name);
        return (qf_path_beside(directory, "/segments", path) == 0 && access(path, F_OK) == 0) ||
               (qf_path_beside(directory, name, path) == 0 && access(path, F_OK) == 0);
}

int qf_backup_open(const char *directory, const struct qf_backup_options *options,
                   struct qf_backup **ret_backup)
{
        QF_CLEANUP(cleanup_backup) struct qf_backup *backup = calloc(1, sizeof *backup);
        if (!backup)
                return -ENOMEM;
        backup->lock = -1;
        backup->write = options->write;
        backup->segment_bytes = options->segment_bytes ? options->segment_bytes : SEGMENT_BYTES;
        backup->directory = strdup(directory);
        int result = backup->directory ? qf_sha256_new(&backup->sha) : -ENOMEM;
        if (result == 0 && options->write)
                result = lock_directory(backup);
        else if (result == 0 && !qf_backup_is(directory))
                result = QF_BACKUP_FORMAT;
        if (result == 0)
                result = read_list(backup);
        if (result == 0 && options->write &&
            backup->count == 0) /* so that it says its version from the beginning */
                result = write_list(backup);
        if (result != 0)
                return result;
        *ret_backup = QF_TAKE(backup);
        return 0;
}

struct qf_backup *qf_backup_close(struct qf_backup *backup)
{
        if (!backup)
                return NULL;
        (void)qf_backup_file_close(backup->file);
        (void)qf_sha256_free(backup->sha);
        qf_cleanup_close(&backup->lock);
        free(backup->segments);
        free(backup->directory);
        free(backup);
        return NULL;
}

/* --- reading ---------------------------------------------------------------- */

static int open_file(struct qf_backup *backup)
{
        char path[PATH_MAX];
        bool is_open = backup->at == backup->count;
        int result = path_of(backup, backup->at, path);
        if (result == 0)
                result = qf_backup_file_open(path, is_open && backup->write, &backup->file);
        if (result == -ENOENT)
                return is_open ? QF_BACKUP_END : damaged(backup, backup->at, "is not there");
        if (result == QF_BACKUP_FORMAT && is_open && !backup->write) { /* cut off before its first bytes */
                backup->torn = true;
                return QF_BACKUP_END;
        }
        return result == QF_BACKUP_FORMAT ? damaged(backup, backup->at, "is no file of a backup") : result;
}

/* A closed file was read to its end. */
static int end_file(struct qf_backup *backup)
{
        const struct segment *segment = &backup->segments[backup->at];
        if (qf_backup_file_torn(backup->file) || qf_backup_file_bytes(backup->file) != segment->bytes ||
            backup->last.position != segment->last ||
            memcmp(backup->last.hash, segment->hash, QF_SHA256_BYTES) != 0)
                return damaged(backup, backup->at, "does not end as it did when it was closed");
        backup->file = qf_backup_file_close(backup->file);
        backup->at++;
        return 0;
}

static int check_record(struct qf_backup *backup, struct qf_view record, struct qf_record_head *ret_head)
{
        struct qf_record_head head;
        if (qf_record_open(record, backup->sha, &head) != 0)
                return damaged(backup, backup->at, "holds a record that is not what was written");
        if (head.position != backup->last.position + 1 ||
            memcmp(head.previous, backup->last.hash, sizeof head.previous) != 0)
                return damaged(backup, backup->at, "holds a record that does not follow the one before");
        *ret_head = backup->last = head;
        return 0;
}

int qf_backup_next(struct qf_backup *backup, struct qf_record_head *ret_head, struct qf_view *ret_record)
{
        for (;;) {
                int result = backup->file ? 0 : open_file(backup);
                if (result != 0)
                        return result;
                result = qf_backup_file_next(backup->file, ret_record);
                if (result == 0)
                        return check_record(backup, *ret_record, ret_head);
                if (result != QF_BACKUP_END)
                        return result;
                if (backup->at == backup->count) {
                        backup->torn = qf_backup_file_torn(backup->file);
                        return QF_BACKUP_END;
                }
                result = end_file(backup);
                if (result != 0)
                        return result;
        }
}

int qf_backup_resume(struct qf_backup *backup)
{
        struct qf_record_head head;
        struct qf_view record;
        struct stat about;
        char path[PATH_MAX];
        for (uint32_t i = 0; i < backup->count; i++) {
                int result = path_of(backup, i, path);
                if (result < 0)
                        return result;
                if (stat(path, &about) < 0 || (uint64_t)about.st_size != backup->segments[i].bytes)
                        return damaged(backup, i, "is not there, or has another size");
        }
        backup->at = backup->count > 0 ? backup->count - 1 : 0;
        if (backup->at > 0) {
                backup->last.position = backup->segments[backup->at - 1].last;
                memcpy(backup->last.hash, backup->segments[backup->at - 1].hash, QF_SHA256_BYTES);
        }
        int result;
        while ((result = qf_backup_next(backup, &head, &record)) == 0)
                ;
        return result == QF_BACKUP_END ? 0 : result;
}

/* --- writing ---------------------------------------------------------------- */

static int hash_file(const struct qf_backup *backup, uint32_t at, uint8_t ret_hash[QF_SHA256_BYTES])
{
        QF_CLEANUP(qf_cleanup_free) uint8_t *bytes = malloc(READ_BYTES);
        char path[PATH_MAX];
        int result = bytes ? path_of(backup, at, path) : -ENOMEM;
        QF_CLEANUP(close_stream) FILE *stream = result == 0 ? fopen(path, "re") : NULL;
        if (!stream)
                return result == 0 ? -errno : result;
        qf_sha256_begin(backup->sha);
        for (size_t got; (got = fread(bytes, 1, READ_BYTES, stream)) > 0;)
                qf_sha256_add(backup->sha, bytes, got);
        qf_sha256_end(backup->sha, ret_hash);
        return ferror(stream) ? -EIO : 0;
}

static int close_segment(struct qf_backup *backup)
{
        struct segment segment = {.first = first_of(backup, backup->count),
                                  .last = backup->last.position,
                                  .bytes = qf_backup_file_bytes(backup->file)};
        memcpy(segment.hash, backup->last.hash, sizeof segment.hash);
        int result = qf_backup_file_sync(backup->file);
        if (result == 0)
                result = hash_file(backup, backup->count, segment.sha256);
        if (result == 0)
                result = add_segment(backup, &segment);
        if (result == 0)
                result = write_list(backup);
        if (result < 0)
                return result;
        backup->file = qf_backup_file_close(backup->file);
        backup->at = backup->count;
        return 0;
}

int qf_backup_add(struct qf_backup *backup, const struct qf_record_head *head, struct qf_view record)
{
        QF_ASSERT(backup->write && backup->at == backup->count);
        QF_ASSERT(head->position == backup->last.position + 1);
        bool begun = backup->last.position >= first_of(backup, backup->count);
        int result = 0;
        if (begun && qf_backup_file_bytes(backup->file) + record.len > backup->segment_bytes)
                result = close_segment(backup);
        if (result == 0 && !backup->file)
                result = open_file(backup);
        if (result == 0)
                result = qf_backup_file_add(backup->file, record);
        if (result != 0)
                return result > 0 ? -EIO : result;
        backup->last = *head;
        backup->torn = false;
        return 0;
}

int qf_backup_sync(struct qf_backup *backup)
{
        return backup->file ? qf_backup_file_sync(backup->file) : 0;
}

int qf_backup_check_files(struct qf_backup *backup)
{
        for (uint32_t i = 0; i < backup->count; i++) {
                uint8_t hash[QF_SHA256_BYTES];
                int result = hash_file(backup, i, hash);
                if (result == -ENOENT)
                        return damaged(backup, i, "is not there");
                if (result < 0)
                        return result;
                if (memcmp(hash, backup->segments[i].sha256, sizeof hash) != 0)
                        return damaged(backup, i, "is not what was closed (SHA-256)");
        }
        return 0;
}

const struct qf_record_head *qf_backup_last(const struct qf_backup *backup)
{
        return &backup->last;
}

uint64_t qf_backup_closed(const struct qf_backup *backup)
{
        return backup->count > 0 ? backup->segments[backup->count - 1].last : 0;
}

uint32_t qf_backup_files(const struct qf_backup *backup)
{
        return backup->count;
}

bool qf_backup_torn(const struct qf_backup *backup)
{
        return backup->torn;
}

const char *qf_backup_why(const struct qf_backup *backup)
{
        return backup->why;
}
