/* Running text in lines that fit a terminal, where Chinese characters take two columns and may be parted anywhere but
 * before a closing mark and after an opening one. Pure but for the stream. */
#pragma once

#include <stdio.h>

#include "base/bytes.h"

enum { QF_WRAP_COLUMNS = 80 };

/* What stays on one line, at the beginning of a text that is not empty: a word, or one wide character with the marks
 * that belong to it. */
struct qf_view qf_wrap_piece(const char *text);
/* What of the text goes into a line of so many columns: whole pieces, at least one; none of a line that is empty. Spaces
 * that follow it are to be skipped. */
struct qf_view qf_wrap_line(const char *text, unsigned columns);
/* Prints text, which may have several lines, so that none passes QF_WRAP_COLUMNS: the first begins at column at, where
 * the cursor is, the others are indented. A line of the text that begins with a space is printed as it is. Ends with a
 * newline. */
void qf_wrap(FILE *to, const char *text, unsigned at, unsigned indent);
