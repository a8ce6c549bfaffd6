/* Why: a chain that nobody checks keeps nobody out. Read from the oldest file that
 * is kept to the newest; the line before the first was thrown away with its file,
 * so that its hash is taken as said. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "service/logbook.h"
#include "service/logbook_line.h"

struct reader {
        qf_logbook_tell tell;
        void *ctx;
        struct qf_sha256 *sha;
        struct qf_logbook_found *found;
};

static void close_stream(FILE **stream)
{
        if (*stream)
                (void)fclose(*stream);
}

static int wrong(struct reader *reader, int file, const char *why)
{
        struct qf_logbook_found *found = reader->found;

        found->wrong_at = found->last + 1;
        found->why = why;
        found->wrong_file = file;
        return QF_LOGBOOK_BROKEN;
}

static int take_line(struct reader *reader, int file, const char *line)
{
        struct qf_logbook_found *found = reader->found;
        const char *previous = qf_logbook_line_previous(line);
        uint64_t number;

        if (!qf_logbook_line_number(line, &number) || !previous)
                return wrong(reader, file, "it is no line of a logbook");
        if (found->last && number != found->last + 1)
                return wrong(reader, file, "a line is missing or in another place");
        if (found->last && strcmp(previous, found->last_hash) != 0)
                return wrong(reader, file, "the line before it is not the one that was written");
        if (!found->last && number == 1 && strspn(previous, "0") != QF_LOGBOOK_HEX - 1)
                return wrong(reader, file, "the first line follows another one");
        if (!found->first)
                found->first = number;
        found->last = number;
        qf_logbook_line_hash(reader->sha, line, found->last_hash);
        if (reader->tell)
                reader->tell(reader->ctx, line);
        return 0;
}

/* Positive also when there is no such file: then *ret_there stays. */
static int read_file(struct reader *reader, const char *path, int file, bool *ret_there)
{
        char line[QF_LOGBOOK_LINE + 2];
        QF_CLEANUP(close_stream) FILE *stream = fopen(path, "re");
        int r = 0;

        if (!stream)
                return errno == ENOENT ? 0 : -errno;
        *ret_there = true;
        while (r == 0 && fgets(line, sizeof line, stream)) {
                size_t len = strcspn(line, "\n");
                if (line[len] != '\n')
                        return feof(stream) ? 0 : wrong(reader, file, "it is no line of a logbook");
                if (strlen(line) != len + 1)
                        return wrong(reader, file, "it is no line of a logbook");
                line[len] = '\0';
                r = take_line(reader, file, line);
        }
        return r != 0 ? r : ferror(stream) ? -EIO : 0;
}

int qf_logbook_read(const char *path, qf_logbook_tell tell, void *ctx, struct qf_logbook_found *ret_found)
{
        struct reader reader = {.tell = tell, .ctx = ctx, .found = ret_found};
        char file[PATH_MAX];
        bool there = false;
        int r = qf_sha256_new(&reader.sha);

        *ret_found = (struct qf_logbook_found){0};
        for (int at = QF_LOGBOOK_FILES; at >= 0 && r == 0; at--) {
                int len = at ? snprintf(file, sizeof file, "%s.%d", path, at)
                             : snprintf(file, sizeof file, "%s", path);
                r = len < (int)sizeof file ? read_file(&reader, file, at, &there) : -ENAMETOOLONG;
        }
        (void)qf_sha256_free(reader.sha);
        return r == 0 && !there ? -ENOENT : r;
}
