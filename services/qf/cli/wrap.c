/* Why: help is a table, so that its texts have no line ends of their own, and argp's and other libraries' wrapping knows
 * no Chinese. */
#include "qf/cli/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "qf/cli/text_table.h"

static const char closing[] = "，。、；：？！）」』”’》…—,.;:)]";
static const char opening[] = "（「『“‘《([";

static uint32_t length_of(const char *at)
{
        const uint8_t first = (uint8_t)*at;

        return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static bool is_one_of(const char *marks, struct qf_view character)
{
        for (uint32_t i = 0; marks[i]; i += length_of(marks + i))
                if (qf_view_same((struct qf_view){marks + i, length_of(marks + i)}, character))
                        return true;
        return false;
}

struct qf_view qf_wrap_piece(const char *text)
{
        uint32_t len = 0;

        for (;;) {
                const struct qf_view last = {text + len, length_of(text + len)};
                len += last.len;
                const struct qf_view next = {text + len, length_of(text + len)};
                if (!*next.at || *next.at == ' ' || *next.at == '\n')
                        break;
                if ((qf_text_columns(last) == 2 || qf_text_columns(next) == 2) && !is_one_of(opening, last) &&
                    !is_one_of(closing, next))
                        break;
        }
        return (struct qf_view){text, len};
}

struct qf_view qf_wrap_line(const char *text, unsigned columns)
{
        uint32_t len = 0;
        unsigned taken = 0;

        for (;;) {
                const uint32_t spaces = (uint32_t)strspn(text + len, " ");
                if (!text[len + spaces] || text[len + spaces] == '\n')
                        break;
                const struct qf_view piece = qf_wrap_piece(text + len + spaces);
                taken += spaces + qf_text_columns(piece);
                if (len && taken > columns)
                        break;
                len += spaces + piece.len;
        }
        return (struct qf_view){text, len};
}

/* Returns what follows the line. */
static const char *wrap_line(FILE *to, const char *text, unsigned at, unsigned indent)
{
        for (;;) {
                const unsigned room = at < QF_WRAP_COLUMNS ? QF_WRAP_COLUMNS - at : 0;
                const struct qf_view line = qf_wrap_line(text, room);
                if (at <= indent || qf_text_columns(line) <= room) {
                        (void)fprintf(to, "%.*s", (int)line.len, line.at);
                        text += line.len;
                        text += strspn(text, " ");
                        if (!*text || *text == '\n')
                                break;
                }
                (void)fprintf(to, "\n%*s", (int)indent, "");
                at = indent;
        }
        (void)fputc('\n', to);
        return text + (*text == '\n');
}

void qf_wrap(FILE *to, const char *text, unsigned at, unsigned indent)
{
        do {
                if (*text == ' ') {
                        const size_t len = strcspn(text, "\n");
                        (void)fprintf(to, "%.*s\n", (int)len, text);
                        text += len + (text[len] == '\n');
                } else {
                        text = wrap_line(to, text, at, indent);
                }
                if (*text && indent)
                        (void)fprintf(to, "%*s", (int)indent, "");
                at = indent;
        } while (*text);
}
