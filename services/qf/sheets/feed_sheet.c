/* Why: the end of a file's name says what somebody called it; its first bytes say
 * what it is, and so which sentence helps. */
#include "qf/sheets/feed_sheet.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "qf/sheets/feed_csv.h"
#include "qf/sheets/feed_xlsx.h"

static bool begins(struct qf_view bytes, const char *mark, uint32_t len)
{
        return bytes.len >= len && memcmp(bytes.at, mark, len) == 0;
}

/* Web systems give pages that are called .xls. */
static bool is_page(const struct qf_buffer *text)
{
        static const char *const marks[] = {"<html", "<!doctype", "<table", "<?xml",
                                            "<head", "<style",    "<meta"};
        const char *at = (const char *)text->at;
        size_t left = text->len;
        while (left > 0 && (*at == ' ' || *at == '\t' || *at == '\n')) {
                at++;
                left--;
        }
        for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
                if (left >= strlen(marks[i]) && strncasecmp(at, marks[i], strlen(marks[i])) == 0)
                        return true;
        return false;
}

static int read_text(struct qf_view bytes, struct qf_sheet *sheet)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer text = {0};
        if (bytes.len > QF_GRID_TEXT_MAX)
                return QF_SHEET_TOO_LARGE;
        int result = qf_encoding_decode(bytes, &text, &sheet->encoding);
        if (result == QF_ENCODING_NONE)
                return QF_SHEET_ENCODING;
        if (result)
                return result;
        if (is_page(&text))
                return QF_SHEET_OTHER;
        if (text.len > 1 && text.at[0] == '{' && text.at[1] == '"')
                return QF_SHEET_LINES;
        result = qf_csv_read((struct qf_view){(const char *)text.at, (uint32_t)text.len}, &sheet->grid,
                             &sheet->line);
        return result == QF_CSV_QUOTE ? QF_SHEET_QUOTE : result > 0 ? QF_SHEET_TOO_LARGE : result;
}

static int read_workbook(struct qf_view bytes, const char *name, struct qf_sheet *sheet)
{
        int result = qf_xlsx_read(bytes, name, &sheet->grid, &sheet->others);
        switch (result) {
        case QF_XLSX_DAMAGED: return QF_SHEET_DAMAGED;
        case QF_XLSX_OTHER: return QF_SHEET_OTHER;
        case QF_XLSX_TOO_LARGE: return QF_SHEET_TOO_LARGE;
        case QF_XLSX_NO_SHEET: return QF_SHEET_NO_SUCH;
        default: return result;
        }
}

int qf_sheet_read(struct qf_view bytes, const char *name, struct qf_sheet *ret_sheet)
{
        *ret_sheet = (struct qf_sheet){0};
        ret_sheet->workbook = begins(bytes, "PK\x03\x04", 4);
        if (ret_sheet->workbook)
                return read_workbook(bytes, name, ret_sheet);
        if (begins(bytes, "\xd0\xcf\x11\xe0", 4))
                return QF_SHEET_OLD;
        if (begins(bytes, "%PDF", 4))
                return QF_SHEET_OTHER;
        return read_text(bytes, ret_sheet);
}

void qf_sheet_deinit(struct qf_sheet *sheet)
{
        sheet->grid = qf_grid_free(sheet->grid);
        qf_buffer_deinit(&sheet->others);
}
