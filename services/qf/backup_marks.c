/* The file is written beside itself and renamed: ingest never sees half of it. */
#include "qf/backup_marks.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void close_stream(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

/* Whether a line is of the backup in path: behind two blanks. */
static bool is_of(const char *line, const char *path)
{
        const char *blank = strchr(line, ' ');
        blank = blank ? strchr(blank + 1, ' ') : NULL;
        size_t len = strlen(path);
        return blank && strncmp(blank + 1, path, len) == 0 && blank[1 + len] == '\n';
}

static int copy_others(const char *marks, const char *path, FILE *to)
{
        QF_CLEANUP(close_stream) FILE *from = fopen(marks, "re");
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        size_t room = 0;

        if (!from)
                return errno == ENOENT ? 0 : -errno;
        while (getline(&line, &room, from) > 0)
                if (!is_of(line, path) && fputs(line, to) == EOF)
                        return -EIO;
        return ferror(from) ? -EIO : 0;
}

int qf_backup_mark(const char *marks, const char *path, const struct qf_place *place)
{
        char fresh[PATH_MAX], hash[2 * QF_SHA256_BYTES + 1];

        if (strchr(path, '\n'))
                return -EINVAL;
        if (snprintf(fresh, sizeof fresh, "%s.new", marks) >= (int)sizeof fresh)
                return -ENAMETOOLONG;
        QF_CLEANUP(close_stream) FILE *to = fopen(fresh, "we");
        if (!to)
                return -errno;
        int r = copy_others(marks, path, to);
        qf_text_hex(place->hash, sizeof place->hash, hash);
        if (r == 0 && fprintf(to, "%" PRIu64 " %s %s\n", place->position, hash, path) < 0)
                r = -EIO;
        if (r == 0 && fflush(to) != 0)
                r = -errno;
        return r == 0 && rename(fresh, marks) != 0 ? -errno : r;
}
