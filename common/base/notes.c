/* Why: libcyaml says what is wrong with a file in three or four log lines, the
 * line and the path of the field among them; a clerk needs one sentence. Text
 * that does not fit is cut, at a character's border. */
#include "base/notes.h"

#include <stdio.h>
#include <string.h>

/* Not inside a UTF-8 character: what is cut has to stay printable. */
static size_t cut_before(const char *text, size_t at)
{
        while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
                at--;
        return at;
}

static void append(struct qf_notes *notes, const char *text, size_t len)
{
        size_t room = sizeof notes->text - 1 - notes->len;

        if (len > room)
                len = cut_before(text, room);
        memcpy(notes->text + notes->len, text, len);
        notes->len += len;
        notes->text[notes->len] = '\0';
}

void qf_notes_add(struct qf_notes *notes, const char *format, va_list args)
{
        static const char prefix[] = "Load: ";
        char line[QF_NOTES_BYTES];
        char *at = line;

        if (vsnprintf(line, sizeof line, format, args) < 0)
                return;
        if (strncmp(at, prefix, sizeof prefix - 1) == 0)
                at += sizeof prefix - 1;
        at += strspn(at, " \t");
        size_t len = strlen(at);
        while (len > 0 && strchr(" \t\r\n", at[len - 1]))
                len--;
        if (len == 0 || at[len - 1] == ':')
                return;
        if (notes->len > 0)
                append(notes, ", ", 2);
        append(notes, at, len);
}
