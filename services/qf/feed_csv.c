/* Why: libcsv divides cells; this keeps them, counts lines as a spreadsheet does
 * (empty ones too), and finds out the three things CSV never says: encoding,
 * divider and line ends. */
#include "qf/feed_csv.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "qf/feed_cell.h"

enum { BYTES_MAX = 256 * 1024 * 1024, LOOK_LINES = 10 };

struct row {
        uint32_t first, cells;
};

struct cell {
        uint32_t at, len; /* in text */
};

struct qf_csv {
        struct qf_buffer text, cells, rows; /* bytes; struct cell; struct row */
        uint32_t row_first;                 /* of the row that is being read */
        int result;
};

/* --- encoding ----------------------------------------------------------- */

static bool is_utf8(struct qf_view bytes)
{
        char room[4096];
        iconv_t converter = iconv_open("UTF-8", "UTF-8");
        if (converter == (iconv_t)-1)
                return false;
        char *in = (char *)(uintptr_t)bytes.at; /* iconv does not write there */
        size_t left = bytes.len;
        bool valid = true;
        while (left > 0 && valid) {
                char *out = room;
                size_t free_bytes = sizeof(room);
                if (iconv(converter, &in, &left, &out, &free_bytes) == (size_t)-1)
                        valid = errno == E2BIG;
        }
        (void)iconv_close(converter);
        return valid && !memchr(bytes.at, '\0', bytes.len);
}

/* Marks that nobody sees (BOMs, directions, controls) go; all line ends become one. */
static int clean(struct qf_view bytes, struct qf_buffer *ret_text)
{
        int result = qf_buffer_reserve(ret_text, bytes.len + 1);
        for (uint32_t at = 0; at < bytes.len && result == 0;) {
                uint8_t lead = (uint8_t)bytes.at[at];
                uint32_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
                struct qf_view character = {bytes.at + at, len};
                bool ends_line = lead == '\r' && (at + 1 == bytes.len || bytes.at[at + 1] != '\n');
                if (ends_line)
                        result = qf_buffer_append(ret_text, "\n", 1);
                else if (qf_text_valid(character, true))
                        result = qf_buffer_append(ret_text, character.at, len);
                at += len;
        }
        return result;
}

/* --- dividing ----------------------------------------------------------- */

static unsigned char find_divider(struct qf_view text)
{
        static const char dividers[] = {',', ';', '\t'};
        uint32_t counts[3] = {0}, lines = 0, best = 0;
        bool quoted = false;
        for (uint32_t i = 0; i < text.len && lines < LOOK_LINES; i++) {
                quoted ^= text.at[i] == '"';
                lines += text.at[i] == '\n' && !quoted;
                for (uint32_t k = 0; k < 3 && !quoted; k++)
                        counts[k] += text.at[i] == dividers[k];
        }
        for (uint32_t k = 1; k < 3; k++)
                if (counts[k] > counts[best])
                        best = k;
        return (unsigned char)dividers[best];
}

static void take_cell(void *bytes, size_t len, void *ctx)
{
        struct qf_csv *csv = ctx;
        struct qf_view trimmed = qf_cell_trim((struct qf_view){len ? bytes : "", (uint32_t)len});
        struct cell cell = {(uint32_t)csv->text.len, trimmed.len};
        if (csv->result == 0 && trimmed.len > 0)
                csv->result = qf_buffer_append(&csv->text, trimmed.at, trimmed.len);
        if (csv->result == 0)
                csv->result = qf_buffer_append(&csv->cells, &cell, sizeof(cell));
}

static void take_row(int end, void *ctx)
{
        struct qf_csv *csv = ctx;
        uint32_t cells = (uint32_t)(csv->cells.len / sizeof(struct cell));
        struct row row = {csv->row_first, cells - csv->row_first};
        if (end < 0 && row.cells == 0)
                return; /* the end of the file, behind its last line */
        if (csv->result == 0)
                csv->result = qf_buffer_append(&csv->rows, &row, sizeof(row));
        csv->row_first = cells;
}

static int divide(struct qf_csv *csv, const struct qf_buffer *text)
{
        struct csv_parser parser;
        if (csv_init(&parser, CSV_REPALL_NL))
                return -ENOMEM;
        csv_set_delim(&parser, find_divider((struct qf_view){(const char *)text->at, (uint32_t)text->len}));
        size_t read = csv_parse(&parser, text->at, text->len, take_cell, take_row, csv);
        int result = read == text->len ? csv_fini(&parser, take_cell, take_row, csv) : -1;
        csv_free(&parser);
        if (csv->result)
                return csv->result;
        return result ? -ENOMEM : 0; /* not strict: nothing else can fail */
}

int qf_csv_read(struct qf_view bytes, struct qf_csv **ret_csv)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};

        if (bytes.len > BYTES_MAX)
                return QF_CSV_TOO_LARGE;
        if (!is_utf8(bytes))
                return QF_CSV_ENCODING;
        struct qf_csv *csv = calloc(1, sizeof(*csv));
        if (!csv)
                return -ENOMEM;
        int result = clean(bytes, &text);
        if (result == 0)
                result = divide(csv, &text);
        if (result) {
                qf_csv_free(csv);
                return result;
        }
        *ret_csv = csv;
        return 0;
}

struct qf_csv *qf_csv_free(struct qf_csv *csv)
{
        if (csv) {
                qf_buffer_deinit(&csv->text);
                qf_buffer_deinit(&csv->cells);
                qf_buffer_deinit(&csv->rows);
                free(csv);
        }
        return NULL;
}

/* --- reading ------------------------------------------------------------ */

uint32_t qf_csv_rows(const struct qf_csv *csv)
{
        return (uint32_t)(csv->rows.len / sizeof(struct row));
}

static struct row row_at(const struct qf_csv *csv, uint32_t row)
{
        struct row found;
        memcpy(&found, csv->rows.at + row * sizeof(found), sizeof(found));
        return found;
}

uint32_t qf_csv_cells(const struct qf_csv *csv, uint32_t row)
{
        return row_at(csv, row).cells;
}

struct qf_view qf_csv_cell(const struct qf_csv *csv, uint32_t row, uint32_t column)
{
        struct row found = row_at(csv, row);
        struct cell cell;
        if (column >= found.cells)
                return QF_VIEW("");
        memcpy(&cell, csv->cells.at + (found.first + column) * sizeof(cell), sizeof(cell));
        if (cell.len == 0)
                return QF_VIEW("");
        return (struct qf_view){(const char *)csv->text.at + cell.at, cell.len};
}

bool qf_csv_blank(const struct qf_csv *csv, uint32_t row)
{
        for (uint32_t i = 0; i < qf_csv_cells(csv, row); i++)
                if (qf_csv_cell(csv, row, i).len > 0)
                        return false;
        return true;
}
