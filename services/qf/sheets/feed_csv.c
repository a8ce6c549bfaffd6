/* Why: libcsv divides cells; this keeps them, counts lines as a spreadsheet does
 * (empty ones too), and finds out what CSV never says: the divider. */
#include "qf/sheets/feed_csv.h"

#include <csv.h>
#include <errno.h>

enum { LOOK_LINES = 10 };

struct dividing {
        struct qf_grid *grid;
        uint32_t row, column; /* where the next cell goes */
        unsigned char divider;
        int result;
};

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

/* One of its lines has as many cells before its end as this row has before it: a quote within a text that was not doubled
 * ("清风"讲堂) closes it only where some other one does, rows further down. */
static bool holds_rows(const struct dividing *dividing, struct qf_view text)
{
        if (dividing->column < 2 || text.len == 0)
                return false;
        const char *at = memchr(text.at, '\n', text.len), *end = text.at + text.len;
        uint32_t dividers = 0;
        for (; at && at < end && dividers < dividing->column; at++)
                dividers = *at == '\n' ? 0 : dividers + ((unsigned char)*at == dividing->divider);
        return dividers >= dividing->column;
}

static void take_cell(void *bytes, size_t len, void *ctx)
{
        struct dividing *dividing = ctx;
        struct qf_view text = {len ? bytes : "", (uint32_t)len};
        if (dividing->result == 0)
                dividing->result = qf_grid_put(dividing->grid, dividing->row, dividing->column, text);
        if (dividing->result == 0 && holds_rows(dividing, text))
                dividing->result =
                        qf_grid_remark(dividing->grid, dividing->row, dividing->column, QF_MARK_SWALLOWED);
        dividing->column++;
}

static void take_row(int end, void *ctx)
{
        (void)end;
        struct dividing *dividing = ctx;
        dividing->row++;
        dividing->column = 0;
}

static bool give(struct csv_parser *parser, const char *at, size_t len, struct dividing *dividing)
{
        return csv_parse(parser, at, len, take_cell, take_row, dividing) == len;
}

/* One more line end closes the last row, unless a quote is open: then it is a part of its cell. */
static int parse(struct csv_parser *parser, struct qf_view text, struct dividing *dividing)
{
        dividing->divider = find_divider(text);
        csv_set_delim(parser, dividing->divider);
        bool read = give(parser, text.at, text.len, dividing);
        uint32_t rows = dividing->row;
        read = read && give(parser, "\n", 1, dividing);
        if (!read)
                return -ENOMEM; /* not strict: nothing else can fail */
        if (dividing->result)
                return dividing->result < 0 ? dividing->result : QF_CSV_TOO_LARGE;
        return dividing->row == rows ? QF_CSV_QUOTE : 0;
}

int qf_csv_read(struct qf_view text, struct qf_grid **ret_grid, uint32_t *ret_line)
{
        struct dividing dividing = {0};
        struct csv_parser parser;

        if (csv_init(&parser, CSV_REPALL_NL))
                return -ENOMEM;
        int result = qf_grid_new(&dividing.grid);
        if (result == 0)
                result = parse(&parser, text, &dividing);
        csv_free(&parser);
        *ret_line = dividing.row + 1;
        if (result) {
                qf_grid_free(dividing.grid);
                return result;
        }
        *ret_grid = dividing.grid;
        return 0;
}

void qf_csv_write(FILE *to, struct qf_view cell, bool first)
{
        if (!first)
                (void)fputc(',', to);
        if (cell.len > 0)
                (void)csv_fwrite(to, cell.at, cell.len);
}
