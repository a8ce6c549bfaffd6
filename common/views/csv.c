#include "views/csv.h"

#include <errno.h>
#include <inttypes.h>

#include <csv.h>

/* +50.92, -3 */
static bool is_signed_number(struct qf_view text)
{
        uint32_t points = 0, digits = 0;

        for (uint32_t i = 1; i < text.len; i++) {
                digits += text.at[i] >= '0' && text.at[i] <= '9';
                points += text.at[i] == '.';
        }
        return strchr("+-", text.at[0]) && digits > 0 && points <= 1 && 1 + digits + points == text.len;
}

bool qf_csv_is_formula(struct qf_view text)
{
        return text.len > 0 && text.at[0] != '\0' && strchr("=+-@", text.at[0]) && !is_signed_number(text);
}

int qf_csv_begin(struct qf_buffer *file)
{
        return qf_buffer_append(file, "\xEF\xBB\xBF", 3);
}

int qf_csv_text(struct qf_buffer *file, struct qf_view cell, bool first)
{
        struct qf_buffer guarded = {0};
        int r = first ? 0 : qf_buffer_append(file, ",", 1);

        if (r < 0 || cell.len == 0)
                return r;
        r = qf_csv_is_formula(cell) ? qf_buffer_append(&guarded, "'", 1) : 0;
        if (r == 0)
                r = qf_buffer_append(&guarded, cell.at, cell.len);
        if (r == 0)
                r = qf_buffer_reserve(file, 2 * guarded.len + 2);
        if (r == 0)
                file->len += csv_write(file->at + file->len, file->room - file->len, guarded.at, guarded.len);
        qf_buffer_deinit(&guarded);
        return r;
}

int qf_csv_number(struct qf_buffer *file, int64_t value)
{
        return qf_buffer_print(file, ",%" PRId64, value);
}

int qf_csv_end_line(struct qf_buffer *file)
{
        return qf_buffer_append(file, "\r\n", 2);
}
