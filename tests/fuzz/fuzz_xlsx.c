/* Workbooks: the first byte says whether what follows is a whole file, a sheet, or the strings or the styles that the
 * sheet after them (behind a zero byte) is read with. */
#include "fuzz/table.h"
#include "fuzz/target.h"

#include "qf/sheets/feed_xlsx_sheet.h"

static struct desk desk;

static void end(void)
{
        desk_close(&desk);
}

static void read_rows(struct qf_grid *grid)
{
        struct qf_binding binding = {0};
        struct qf_view missing, near;
        int result = qf_map_bind(qf_map_template(), grid, desk.programme, &binding, &missing, &near);
        QF_ASSERT(result >= 0);
        if (result == 0)
                table_rows(&desk, grid, qf_map_template(), &binding);
        qf_binding_deinit(&binding);
}

static void read_sheet(const struct qf_xlsx_book *book, struct qf_view part)
{
        struct qf_grid *grid = NULL;
        QF_ASSERT(qf_grid_new(&grid) == 0);
        int result = qf_xlsx_sheet_read(book, part, grid);
        QF_ASSERT(result >= 0);
        if (result == 0)
                read_rows(grid);
        qf_grid_free(grid);
}

static void read_parts(uint8_t kind, struct qf_view parts)
{
        const char *zero = memchr(parts.at, '\0', parts.len);
        struct qf_view first = {parts.at, zero ? (uint32_t)(zero - parts.at) : parts.len};
        struct qf_view sheet = zero ? (struct qf_view){zero + 1, parts.len - first.len - 1} : QF_VIEW("");
        struct qf_xlsx_book book = {.epoch_1904 = kind & 8};
        int result = kind % 4 == 2 ? qf_xlsx_strings_read(&book, first) : qf_xlsx_styles_read(&book, first);
        QF_ASSERT(result >= 0);
        if (result == 0)
                read_sheet(&book, sheet);
        qf_xlsx_book_deinit(&book);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        if (!desk.programme) {
                desk_open(&desk, "integrity-123n.yaml", "MW");
                (void)atexit(end);
        }
        if (len == 0)
                return 0;
        struct qf_view rest = {(const char *)bytes + 1, (uint32_t)len - 1};
        switch (bytes[0] % 4) {
        case 0: table_read(&desk, qf_map_template(), rest); break;
        case 1: read_sheet(&(struct qf_xlsx_book){0}, rest); break;
        default: read_parts(bytes[0], rest); break;
        }
        return 0;
}
