/* Why: a page that was filled is a section of a document as it is; nothing is asked or rounded again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "qf/reports/page.h"

enum { COLUMNS, CELLS, LINES, NOTES };

static int make_lines(const struct qf_buffer *text, void **ret_kept, struct qf_document_lines *ret_lines)
{
        uint32_t count = 0, at = 0;
        for (size_t i = 0; i < text->len; i++)
                count += text->at[i] == '\n';
        struct qf_view *lines = calloc((size_t)count + 1, sizeof(*lines));
        if (!lines)
                return -ENOMEM;
        for (const char *from = (const char *)text->at; at < count; at++) {
                const char *stop = memchr(from, '\n', text->len - (size_t)(from - (const char *)text->at));
                lines[at] = (struct qf_view){from, (uint32_t)(stop - from)};
                from = stop + 1;
        }
        *ret_lines = (struct qf_document_lines){count, *ret_kept = lines};
        return 0;
}

static struct qf_view plain_of(const struct qf_page *page, const struct qf_page_figure *figure)
{
        return figure->plain_len
                       ? (struct qf_view){(const char *)page->plains.at + figure->plain, figure->plain_len}
                       : QF_VIEW("");
}

/* The cells behind the heads, with what each is. */
static int make_cells(struct qf_page *page, struct qf_document_table *table)
{
        const struct qf_page_figure *figures = (const void *)page->figures.at;
        QF_ASSERT(page->table.columns); /* who has cells has columns */
        const uint32_t heads = page->table.columns, count = page->table.cells - heads;
        struct qf_document_cell *cells = calloc((size_t)count + 1, sizeof(*cells));
        struct qf_view text;
        uint32_t at = 0;
        if (!cells)
                return -ENOMEM;
        QF_ASSERT(page->figures.len == count * sizeof(*figures));
        for (size_t offset = 0; qf_text_table_next(&page->table, &offset, &text);) {
                if (!text.at)
                        continue;
                if (at >= heads) {
                        const struct qf_page_figure *figure = &figures[at - heads];
                        cells[at - heads] = (struct qf_document_cell){.kind = figure->kind,
                                                                      .text = text,
                                                                      .plain = plain_of(page, figure),
                                                                      .value = figure->value,
                                                                      .among = figure->among};
                }
                at++;
        }
        table->cells = page->section[CELLS] = cells;
        table->rows_count = count / heads;
        return 0;
}

static int make_table(struct qf_page *page, struct qf_document_table *ret_table)
{
        struct qf_document_column *columns = calloc((size_t)page->table.columns + 1, sizeof(*columns));
        if (!columns)
                return -ENOMEM;
        for (unsigned i = 0; i < page->table.columns; i++)
                columns[i] = (struct qf_document_column){.label = qf_view_of(page->columns[i].label),
                                                         .right = page->table.right[i],
                                                         .rate = page->columns[i].type == QF_PAGE_RATE};
        *ret_table = (struct qf_document_table){
                .columns_count = page->table.columns, .total = page->total, .rounding = page->rounding};
        ret_table->columns = page->section[COLUMNS] = columns;
        return page->table.cells ? make_cells(page, ret_table) : 0;
}

int qf_page_section(struct qf_page *page, struct qf_view heading, struct qf_document_section *ret_section)
{
        struct qf_document_section section = {.heading = heading, .charts_count = page->charts_count};
        QF_ASSERT(!page->section[COLUMNS]);
        int r = page->error ? page->error : make_table(page, &section.table);
        if (!r)
                r = make_lines(&page->lines, &page->section[LINES], &section.lines);
        if (!r)
                r = make_lines(&page->remarks, &page->section[NOTES], &section.notes);
        for (uint32_t i = 0; i < page->charts_count; i++) {
                section.charts[i] = page->charts[i];
                section.charts[i].title = qf_view_of(page->charts_titles[i]);
        }
        if (!r)
                *ret_section = section;
        return r;
}
