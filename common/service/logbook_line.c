/* Why apart: the writer appends lines and the reader checks them, and both must mean the same by one. */
#include "service/logbook_line.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

enum { HASH_TEXT = QF_LOGBOOK_HEX - 1, END = HASH_TEXT + 3 }; /* " #", the hash, a line end */

size_t qf_logbook_line_print(char ret_line[QF_LOGBOOK_LINE], uint64_t number, int64_t wall_ms,
                             const char *what, const char *fields, const char *previous_hash)
{
        const time_t seconds = (time_t)(wall_ms / 1000);
        struct tm utc = {0};
        char stamp[32] = "";

        (void)gmtime_r(&seconds, &utc);
        (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
        (void)snprintf(ret_line, QF_LOGBOOK_LINE - END, "%llu %s.%03dZ %s%s%s", (unsigned long long)number,
                       stamp, (int)(wall_ms % 1000), what, fields[0] ? " " : "", fields);
        for (char *at = qf_text_whole(ret_line); *at; at++)
                if ((unsigned char)*at < ' ' || *at == 0x7f)
                        *at = ' ';
        size_t len = strlen(ret_line);
        return len + (size_t)snprintf(ret_line + len, QF_LOGBOOK_LINE - len, " #%s", previous_hash);
}

bool qf_logbook_line_number(const char *line, uint64_t *ret_number)
{
        size_t digits = strspn(line, "0123456789");

        return line[digits] == ' ' &&
               qf_text_number((struct qf_view){line, (uint32_t)digits}, UINT64_MAX, ret_number);
}

const char *qf_logbook_line_previous(const char *line)
{
        size_t len = strlen(line);

        if (len < END || line[len - HASH_TEXT - 2] != ' ' || line[len - HASH_TEXT - 1] != '#')
                return NULL;
        return strspn(line + len - HASH_TEXT, "0123456789abcdef") == HASH_TEXT ? line + len - HASH_TEXT
                                                                               : NULL;
}

void qf_logbook_line_hash(struct qf_sha256 *sha, const char *line, char ret_hash[QF_LOGBOOK_HEX])
{
        uint8_t hash[QF_SHA256_BYTES];

        qf_sha256_begin(sha);
        qf_sha256_add(sha, line, strlen(line));
        qf_sha256_end(sha, hash);
        qf_text_hex(hash, sizeof hash, ret_hash);
}
