/* The logbook: who came in and who was refused, which keys changed, starts and
 * ends, backups, settings. One line each, for people to read, in a file of the
 * daemon's own that is only appended to. Line n ends with the SHA-256 of line
 * n - 1, so that no line can be changed or taken out without all later ones. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
        QF_LOGBOOK_LINE = 1024,
        QF_LOGBOOK_FILE_BYTES = 4 * 1024 * 1024,
        QF_LOGBOOK_FILES = 8, /* kept beside the one that is written: PATH.1 is the newest */
        QF_LOGBOOK_HEX = 65,
};

struct qf_logbook;

/* Goes on where the file ends, or begins one. path NULL: nothing is kept, *ret_book is NULL, and all below are content
 * with that. QF_LOGBOOK_BROKEN: its end is no line of a logbook. */
enum qf_logbook_outcome { QF_LOGBOOK_BROKEN = 1 };
QF_CHECK int qf_logbook_open(const char *path, struct qf_logbook **ret_book);
struct qf_logbook *qf_logbook_close(struct qf_logbook *book);

/* A line now: what, one word, and "name=value" fields. A line that cannot be written is counted, and the next that can
 * says so: nothing waits for a logbook. */
void qf_logbook_note(struct qf_logbook *book, const char *what, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* A door: user as the door gave it, or "" when it was refused; address as libzmq says it. */
void qf_logbook_visit(struct qf_logbook *book, const char *what, const char *user, const char *address,
                      int64_t mono_ms);
void qf_logbook_beat(struct qf_logbook *book, int64_t mono_ms); /* writes sums whose minute is over */

/* Reads a book from its oldest file on. */
struct qf_logbook_found {
        uint64_t first, last; /* numbers of lines; 0: there is none */
        char last_hash[QF_LOGBOOK_HEX];
        uint64_t wrong_at; /* BROKEN: the number that was due there */
        int wrong_file;    /* of PATH.n; 0: PATH itself */
        const char *why;
};
typedef void (*qf_logbook_tell)(void *ctx, const char *line);
/* tell may be NULL. 0: sound. QF_LOGBOOK_BROKEN. -ENOENT: there is no such book. */
QF_CHECK int qf_logbook_read(const char *path, qf_logbook_tell tell, void *ctx,
                             struct qf_logbook_found *ret_found);
