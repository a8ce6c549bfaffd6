/* Why: a backup must be readable by whoever has nothing but PROTOCOL.md, in ten
 * years; so it is the records and no database. */
#include "store/backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store/directory.h"
#include "store/record.h"

static const char magic[8] = "QFBACK1\n";

struct qf_backup_file {
        FILE *stream;
        char *path;
        struct qf_buffer record;
        off_t end; /* behind the last whole record */
        bool torn;
        bool adding;
};

static void cleanup_file(struct qf_backup_file **file)
{
        (void)qf_backup_file_close(*file);
}

/* A new file gets its first bytes; an old one must have them. */
static int check_magic(struct qf_backup_file *file, bool write)
{
        char found[sizeof magic];
        size_t got = fread(found, 1, sizeof found, file->stream);
        if (ferror(file->stream))
                return -EIO;
        file->end = sizeof magic;
        if (got == sizeof magic)
                return memcmp(found, magic, sizeof magic) == 0 ? 0 : QF_BACKUP_FORMAT;
        if (!write || memcmp(found, magic, got) != 0)
                return QF_BACKUP_FORMAT;
        if (fseeko(file->stream, 0, SEEK_SET) < 0 ||
            fwrite(magic, 1, sizeof magic, file->stream) != sizeof magic || fflush(file->stream) != 0)
                return -errno;
        return 0;
}

int qf_backup_file_open(const char *path, bool write, struct qf_backup_file **ret_file)
{
        QF_CLEANUP(cleanup_file) struct qf_backup_file *file = calloc(1, sizeof *file);
        if (!file)
                return -ENOMEM;
        QF_CLEANUP(qf_cleanup_close)
        int fd = open(path, (write ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0600);
        if (fd < 0)
                return -errno;
        file->path = strdup(path);
        file->stream = file->path ? fdopen(fd, write ? "r+" : "r") : NULL;
        if (!file->stream)
                return -ENOMEM;
        fd = -1;
        int result = check_magic(file, write);
        if (result != 0)
                return result;
        *ret_file = QF_TAKE(file);
        return 0;
}

struct qf_backup_file *qf_backup_file_close(struct qf_backup_file *file)
{
        if (!file)
                return NULL;
        if (file->stream)
                (void)fclose(file->stream);
        qf_buffer_deinit(&file->record);
        free(file->path);
        free(file);
        return NULL;
}

int qf_backup_file_next(struct qf_backup_file *file, struct qf_view *ret_record)
{
        uint8_t length[4];
        size_t got = fread(length, 1, sizeof length, file->stream);
        uint32_t len = got == sizeof length ? qf_get_le32(length) : 0;
        file->record.len = 0;
        if (len > 0 && len <= QF_RECORD_BYTES_MAX) {
                int result = qf_buffer_reserve(&file->record, len);
                if (result < 0)
                        return result;
                got += fread(file->record.at, 1, len, file->stream);
        }
        if (ferror(file->stream))
                return -EIO;
        if (len == 0 || got != sizeof length + len) {
                file->torn = got > 0;
                return QF_BACKUP_END;
        }
        file->end += (off_t)got;
        *ret_record = (struct qf_view){(const char *)file->record.at, len};
        return 0;
}

bool qf_backup_file_torn(const struct qf_backup_file *file)
{
        return file->torn;
}

uint64_t qf_backup_file_bytes(const struct qf_backup_file *file)
{
        return (uint64_t)file->end;
}

static int begin_adding(struct qf_backup_file *file)
{
        if (file->adding)
                return 0;
        if (ftruncate(fileno(file->stream), file->end) < 0 || fseeko(file->stream, file->end, SEEK_SET) < 0)
                return -errno;
        file->adding = true;
        file->torn = false;
        return 0;
}

int qf_backup_file_add(struct qf_backup_file *file, struct qf_view record)
{
        uint8_t length[4];
        int result = begin_adding(file);
        if (result < 0)
                return result;
        qf_put_le32(length, record.len);
        if (fwrite(length, 1, sizeof length, file->stream) != sizeof length ||
            fwrite(record.at, 1, record.len, file->stream) != record.len)
                return errno ? -errno : -EIO;
        file->end += (off_t)(sizeof length + record.len);
        return 0;
}

int qf_backup_file_sync(struct qf_backup_file *file)
{
        if (fflush(file->stream) != 0 || fsync(fileno(file->stream)) < 0)
                return -errno;
        return qf_directory_sync_parent(file->path);
}
