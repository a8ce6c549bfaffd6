/* What a library logs line by line while it reads a file, made into one message.
 * libcyaml's log function is three lines: qf_notes_add(ctx, format, args). */
#pragma once

#include <stdarg.h>
#include <stddef.h>

enum { QF_NOTES_BYTES = 1024 };

struct qf_notes { /* zero-initialised is empty; text is always a string */
        size_t len;
        char text[QF_NOTES_BYTES];
};

/* Appends a line: without "Load: " before it, spaces around it, or headings ("Backtrace:"); joined by ", ". */
void qf_notes_add(struct qf_notes *notes, const char *format, va_list args)
        __attribute__((format(printf, 2, 0)));
