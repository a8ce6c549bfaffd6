/* Widths are looked up here and not asked of the C library: its wcwidth needs a
 * locale, and a new machine may have none for Chinese. */
#include "qf/cli/text_table.h"

static const struct {
        uint32_t first, last;
} wide[] = {
        {0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97c},
        {0xac00, 0xd7a3}, {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
        {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static const uint32_t LINE = UINT32_MAX; /* length of a cell that is a line across */

static uint32_t columns_of(uint32_t character)
{
        if (character < 0x300)
                return 1;
        if (character < 0x370 || character == 0x200b || character == 0xfeff)
                return 0; /* combining, or nothing to be seen */
        for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
                if (character >= wide[i].first && character <= wide[i].last)
                        return 2;
        return 1;
}

/* Of the character at *i, which is moved behind it. */
static uint32_t columns_at(struct qf_view text, uint32_t *i)
{
        const uint8_t first = (uint8_t)text.at[(*i)++];
        const uint32_t more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t character = first < 0xc0 ? first : first & (0x3fu >> more);
        for (uint32_t k = 0; k < more && *i < text.len; k++)
                character = character << 6 | ((uint8_t)text.at[(*i)++] & 0x3f);
        return columns_of(character);
}

uint32_t qf_text_columns(struct qf_view text)
{
        uint32_t columns = 0;
        for (uint32_t i = 0; i < text.len;)
                columns += columns_at(text, &i);
        return columns;
}

struct qf_view qf_text_fit(struct qf_view text, uint32_t columns)
{
        uint32_t end = 0;
        for (uint32_t i = 0; i < text.len; end = i) {
                const uint32_t wide_as = columns_at(text, &i);
                if (wide_as > columns)
                        break;
                columns -= wide_as;
        }
        return (struct qf_view){text.at, end};
}

void qf_text_table_deinit(struct qf_text_table *table)
{
        qf_buffer_deinit(&table->text);
}

static int add(struct qf_text_table *table, uint32_t len, const char *at)
{
        uint8_t length[4];
        qf_put_le32(length, len);
        int r = qf_buffer_append(&table->text, length, sizeof(length));
        return r || len == LINE || !len ? r : qf_buffer_append(&table->text, at, len);
}

int qf_text_table_add(struct qf_text_table *table, struct qf_view cell)
{
        int r = add(table, cell.len, cell.at);
        if (!r)
                table->cells++;
        return r;
}

int qf_text_table_line(struct qf_text_table *table)
{
        QF_ASSERT(table->cells % table->columns == 0);
        return add(table, LINE, NULL);
}

bool qf_text_table_next(const struct qf_text_table *table, size_t *offset, struct qf_view *ret_cell)
{
        if (*offset >= table->text.len)
                return false;
        const uint32_t len = qf_get_le32(table->text.at + *offset);
        *offset += 4;
        if (len == LINE) {
                *ret_cell = (struct qf_view){0};
                return true;
        }
        *ret_cell = (struct qf_view){(const char *)table->text.at + *offset, len};
        *offset += len;
        return true;
}

static void measure(const struct qf_text_table *table, uint32_t *widths)
{
        struct qf_view cell;
        uint32_t at = 0;
        for (size_t offset = 0; qf_text_table_next(table, &offset, &cell);) {
                if (!cell.at)
                        continue;
                const uint32_t columns = qf_text_columns(cell);
                uint32_t *width = &widths[at++ % table->columns];
                *width = columns > *width ? columns : *width;
        }
}

static void print_line(const struct qf_text_table *table, const uint32_t *widths, FILE *to)
{
        uint32_t all = 2 * (table->columns - 1);
        for (unsigned i = 0; i < table->columns; i++)
                all += widths[i];
        while (all--)
                (void)fputs("─", to);
        (void)fputc('\n', to);
}

static void print_cell(const struct qf_text_table *table, unsigned column, uint32_t width,
                       struct qf_view cell, FILE *to)
{
        const int room = (int)(width - qf_text_columns(cell));
        const bool last = column + 1 == table->columns;
        if (table->right[column])
                (void)fprintf(to, "%*s%.*s", room, "", (int)cell.len, cell.at);
        else
                (void)fprintf(to, "%.*s%*s", (int)cell.len, cell.at, last ? 0 : room, "");
        (void)fputs(last ? "\n" : "  ", to);
}

void qf_text_table_print(const struct qf_text_table *table, FILE *to)
{
        uint32_t widths[QF_TABLE_COLUMNS_MAX] = {0}, at = 0;
        struct qf_view cell;
        measure(table, widths);
        for (size_t offset = 0; qf_text_table_next(table, &offset, &cell);) {
                if (!cell.at) {
                        print_line(table, widths, to);
                        continue;
                }
                const unsigned column = at++ % table->columns;
                print_cell(table, column, widths[column], cell, to);
        }
}
