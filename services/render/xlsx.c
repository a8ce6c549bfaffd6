/* Why: whoever gets the report goes on calculating. Cells are numbers with a format,
 * sums and shares are formulas that carry their value (a viewer that does not
 * calculate shows it), and what partners wrote is text, whatever it begins with. */
#include "render/xlsx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/cleanup.h"
#include "qf/reports/document_forms.h"
#include "render/sheet.h"

enum { TITLE_ROW = 0, FRONT_COLUMNS = 8, FRONT_WIDTH = 12, CARD_COLUMNS = 2, DEFINITION_COLUMNS = 3 };

#define RED 0x9E1B1E
#define PALE 0xFBF5F0
#define GREY 0x6B5B52

/* --- formats ----------------------------------------------------------------------- */

static lxw_format *format(struct book *book, const char *number, bool right, bool bold)
{
        lxw_format *made = workbook_add_format(book->workbook);
        format_set_font_name(made, "Microsoft YaHei");
        format_set_font_size(made, 10);
        format_set_align(made, LXW_ALIGN_VERTICAL_CENTER);
        format_set_align(made, right ? LXW_ALIGN_RIGHT : LXW_ALIGN_LEFT);
        if (number)
                format_set_num_format(made, number);
        else
                format_set_text_wrap(made);
        if (bold)
                format_set_bold(made);
        return made;
}

static lxw_format *bordered(struct book *book, const char *number, bool right, bool total)
{
        lxw_format *made = format(book, number, right, total);
        if (!right)
                format_set_indent(made, 1); /* words do not touch the number at their left */
        format_set_border(made, LXW_BORDER_HAIR);
        format_set_border_color(made, 0xD8C3B5);
        if (total) {
                format_set_top(made, LXW_BORDER_THIN);
                format_set_top_color(made, RED);
                format_set_bg_color(made, PALE);
        }
        return made;
}

lxw_format *book_number_format(struct book *book, const char *number)
{
        return bordered(book, number, true, false);
}

static lxw_format *figure_format(struct book *book, const char *number)
{
        lxw_format *made = format(book, number, false, true);
        format_set_font_size(made, 20);
        format_set_font_color(made, RED);
        format_set_bg_color(made, PALE);
        return made;
}

static void make_formats(struct book *book)
{
        for (unsigned total = 0; total < 2; total++) {
                lxw_format **made = book->cells[total];
                made[QF_CELL_WORDS] = bordered(book, NULL, false, total);
                made[QF_CELL_NOTHING] = bordered(book, NULL, true, total);
                made[QF_CELL_NUMBER] = bordered(book, "#,##0", true, total);
                made[QF_CELL_DECIMAL] = bordered(book, "#,##0.0", true, total);
                made[QF_CELL_PERCENT] = bordered(book, "+0.00%;-0.00%;0.00%", true, total);
                made[QF_CELL_RATE] = bordered(book, "0.0%", true, total);
                made[QF_CELL_DATE] = bordered(book, "yyyy-mm-dd", false, total);
        }
        book->year = bordered(book, "0", false, false);
        book->head = bordered(book, NULL, false, false);
        book->head_right = bordered(book, NULL, true, false);
        for (unsigned i = 0; i < 2; i++) {
                lxw_format *head = i ? book->head_right : book->head;
                format_set_bold(head);
                format_set_font_color(head, LXW_COLOR_WHITE);
                format_set_bg_color(head, RED);
        }
        book->title = format(book, "General", false, true); /* over the cells beside it, not broken */
        format_set_font_size(book->title, 16);
        format_set_font_color(book->title, RED);
        book->stamp = format(book, "General", false, true);
        format_set_font_color(book->stamp, RED);
        book->line = format(book, "General", false, false);
        format_set_font_color(book->line, GREY);
        book->text = format(book, NULL, false, false);
        format_set_align(book->text, LXW_ALIGN_VERTICAL_TOP);
        book->grey = format(book, NULL, false, false);
        format_set_font_color(book->grey, GREY);
        book->figure = figure_format(book, NULL);
        book->figures[0] = figure_format(book, "#,##0");
        book->figures[1] = figure_format(book, "#,##0.0");
        book->label = format(book, NULL, false, false);
        format_set_font_color(book->label, GREY);
        format_set_bg_color(book->label, PALE);
        book->link = format(book, NULL, false, false);
        format_set_font_color(book->link, RED);
        format_set_underline(book->link, LXW_UNDERLINE_SINGLE);
}

/* --- the front -------------------------------------------------------------------------- */

/* A figure is a number where it is one, and "—" where it is not known. */
static void put_figure(struct book *book, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t at, lxw_col_t to,
                       struct qf_view figure)
{
        uint32_t digits = 0;
        while (digits < figure.len && strchr("0123456789,.", figure.at[digits]))
                digits++;
        if (digits < figure.len) {
                worksheet_merge_range(sheet, row, at, row, to, book_text(book, figure), book->figure);
                return;
        }
        lxw_format *number = book->figures[memchr(figure.at, '.', figure.len) != NULL];
        worksheet_merge_range(sheet, row, at, row, to, "", number);
        worksheet_write_number(sheet, row, at, book_number(figure), number);
}

static unsigned most_lines(unsigned lines, struct qf_view text, double width)
{
        const unsigned needed = sheet_lines(text, width);
        return needed > lines ? needed : lines;
}

static void put_cards(struct book *book, lxw_worksheet *sheet, lxw_row_t *row)
{
        const struct qf_document *document = book->document;
        unsigned labels = 1, besides = 1;
        for (uint32_t i = 0; i < document->cards_count; i++) {
                const struct qf_document_card *card = &document->cards[i];
                const lxw_col_t at = (lxw_col_t)(i * CARD_COLUMNS), to = at + CARD_COLUMNS - 1;
                worksheet_merge_range(sheet, *row, at, *row, to, book_text(book, card->label), book->label);
                put_figure(book, sheet, *row + 1, at, to, card->figure);
                worksheet_merge_range(sheet, *row + 2, at, *row + 2, to, book_text(book, card->beside),
                                      book->label);
                labels = most_lines(labels, card->label, CARD_COLUMNS * FRONT_WIDTH);
                besides = most_lines(besides, card->beside, CARD_COLUMNS * FRONT_WIDTH);
        }
        (void)sheet_height(sheet, *row, labels);
        worksheet_set_row(sheet, *row + 1, 34, NULL);
        (void)sheet_height(sheet, *row + 2, besides);
        *row += document->cards_count ? 4 : 0;
}

static void put_links(struct book *book, lxw_worksheet *sheet, lxw_row_t *row)
{
        const struct qf_document_words *words = qf_document_words(book->document->chinese);
        (void)sheet_wide(book, sheet, (*row)++, FRONT_COLUMNS, FRONT_WIDTH, qf_view_of(words->contents),
                         book->stamp);
        for (uint32_t i = 0; i <= book->document->sections_count; i++) {
                const struct qf_view said = i < book->document->sections_count
                                                    ? book->document->sections[i].heading
                                                    : qf_view_of(words->definitions);
                char name[SHEET_NAME_BYTES], link[2 * SHEET_NAME_BYTES];
                book_sheet_name(said, name);
                size_t len = (size_t)snprintf(link, sizeof(link), "internal:'");
                for (const char *at = name; *at && len + 4 < sizeof(link); at++) {
                        link[len++] = *at;
                        if (*at == '\'')
                                link[len++] = '\'';
                }
                (void)snprintf(link + len, sizeof(link) - len, "'!A1");
                worksheet_write_url(sheet, *row, 0, link, book->link);
                worksheet_merge_range(sheet, *row, 0, *row, FRONT_COLUMNS - 1, "", book->link);
                worksheet_write_string(sheet, *row, 0, book_text(book, said), book->link);
                ++*row;
        }
        ++*row;
}

static void put_front(struct book *book)
{
        const struct qf_document *document = book->document;
        lxw_worksheet *sheet = book_sheet(book, qf_view_of(document->chinese ? "概览" : "Summary"));
        const struct qf_view said[] = {document->programme, document->whose, document->period,
                                       document->edition};
        lxw_row_t row = 0;
        worksheet_set_column(sheet, 0, FRONT_COLUMNS - 1, FRONT_WIDTH, NULL);
        worksheet_set_row(sheet, row, 34, NULL);
        (void)sheet_wide(book, sheet, row++, FRONT_COLUMNS, 0, document->title, book->title);
        if (document->stamp.len)
                (void)sheet_wide(book, sheet, row++, FRONT_COLUMNS, FRONT_WIDTH, document->stamp,
                                 book->stamp);
        for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++)
                if (said[i].len)
                        (void)sheet_wide(book, sheet, row++, FRONT_COLUMNS, FRONT_WIDTH, said[i], book->grey);
        row++;
        put_cards(book, sheet, &row);
        for (uint32_t i = 0; document->sections_count > 1 && i < document->sections[0].lines.count; i++)
                (void)sheet_wide(book, sheet, row++, FRONT_COLUMNS, FRONT_WIDTH,
                                 document->sections[0].lines.at[i], book->text);
        row++;
        put_links(book, sheet, &row);
        sheet_print(book, sheet, 0);
}

/* --- the end ----------------------------------------------------------------------------- */

static void put_definitions(struct book *book)
{
        const struct qf_document *document = book->document;
        const struct qf_document_words *words = qf_document_words(document->chinese);
        lxw_worksheet *sheet = book_sheet(book, qf_view_of(words->definitions));
        const char *const heads[DEFINITION_COLUMNS] = {words->name, words->means, words->adds};
        static const double widths[DEFINITION_COLUMNS] = {24, 62, 50};
        lxw_format *words_format = book->cells[0][QF_CELL_WORDS];
        lxw_row_t row = 1;
        worksheet_set_row(sheet, TITLE_ROW, 30, NULL);
        worksheet_write_string(sheet, TITLE_ROW, 0, words->definitions, book->title);
        for (unsigned i = 0; i < DEFINITION_COLUMNS; i++) {
                worksheet_set_column(sheet, (lxw_col_t)i, (lxw_col_t)i, widths[i], NULL);
                worksheet_write_string(sheet, row, (lxw_col_t)i, heads[i], book->head);
        }
        worksheet_freeze_panes(sheet, ++row, 0);
        for (uint32_t i = 0; i < document->definitions_count; i++, row++) {
                const struct qf_document_definition *definition = &document->definitions[i];
                worksheet_write_string(sheet, row, 0, book_text(book, definition->name), words_format);
                worksheet_write_string(sheet, row, 1, book_text(book, definition->means), words_format);
                worksheet_write_string(sheet, row, 2, book_text(book, definition->adds), words_format);
                unsigned lines = sheet_lines(definition->name, widths[0]);
                lines = most_lines(lines, definition->means, widths[1]);
                (void)sheet_height(sheet, row, most_lines(lines, definition->adds, widths[2]));
        }
        (void)sheet_wide(book, sheet, row + 1, DEFINITION_COLUMNS, 45, qf_view_of(words->definitions_lead),
                         book->grey);
        row += 3;
        worksheet_write_string(sheet, row++, 0, words->sources, book->stamp);
        for (uint32_t i = 0; i < document->sources_count; i++, row++) {
                worksheet_write_string(sheet, row, 0, book_text(book, document->sources[i].name),
                                       words_format);
                worksheet_merge_range(sheet, row, 1, row, 2, book_text(book, document->sources[i].value),
                                      words_format);
                (void)sheet_height(sheet, row,
                                   sheet_lines(document->sources[i].value, widths[1] + widths[2]));
        }
        sheet_print(book, sheet, 1);
}

/* --- the file ------------------------------------------------------------------------------ */

static int read_whole(const char *path, struct qf_buffer *bytes)
{
        FILE *file = fopen(path, "rbe");
        uint8_t part[16384];
        int r = file ? 0 : -errno;
        for (size_t len; file && !r && (len = fread(part, 1, sizeof(part), file)) > 0;)
                r = qf_buffer_append(bytes, part, len);
        if (file && !r && ferror(file))
                r = -EIO;
        if (file)
                (void)fclose(file);
        return r;
}

static void say_who(struct book *book)
{
        const struct qf_document *document = book->document;
        char title[SHEET_TEXT_BYTES], author[SHEET_TEXT_BYTES], comments[SHEET_TEXT_BYTES];
        lxw_doc_properties properties = {
                .title = title, .author = author, .comments = comments, .created = (time_t)document->made_s};
        (void)snprintf(title, sizeof(title), "%.*s", (int)document->title.len, document->title.at);
        (void)snprintf(author, sizeof(author), "%.*s", (int)document->programme.len, document->programme.at);
        (void)snprintf(comments, sizeof(comments), "%.*s", (int)document->edition.len, document->edition.at);
        workbook_set_properties(book->workbook, &properties);
}

static int write_book(struct book *book, const char *path, struct qf_document_fault *ret_fault)
{
        book->workbook = workbook_new(path);
        if (!book->workbook)
                return -ENOMEM;
        say_who(book);
        make_formats(book);
        if (book->document->sections_count > 1) /* else its one sheet says all */
                put_front(book);
        for (uint32_t i = 0; i < book->document->sections_count; i++)
                sheet_section(book, &book->document->sections[i]);
        put_definitions(book);
        const lxw_error error = workbook_close(book->workbook);
        if (error == LXW_NO_ERROR && book->error == LXW_NO_ERROR)
                return 0;
        (void)snprintf(ret_fault->what, sizeof(ret_fault->what),
                       book->document->chinese
                               ? "工作簿写不出来：%s\n看看 %s 还有没有地方。"
                               : "the workbook could not be written: %s\nIs there room in %s?",
                       lxw_strerror(error ? error : book->error), path);
        return 1;
}

int qf_render_xlsx(const struct qf_document *document, struct qf_buffer *ret_bytes,
                   struct qf_document_fault *ret_fault)
{
        QF_CLEANUP(qf_cleanup_free) struct book *book = calloc(1, sizeof(*book));
        const char *folder = getenv("TMPDIR");
        char path[SHEET_TEXT_BYTES];
        if (!book)
                return -ENOMEM;
        book->document = document;
        (void)snprintf(path, sizeof(path), "%s/qf-report-XXXXXX", folder && *folder ? folder : "/tmp");
        const int fd = mkstemp(path);
        if (fd < 0)
                return -errno;
        (void)close(fd);
        int r = write_book(book, path, ret_fault);
        if (!r)
                r = read_whole(path, ret_bytes);
        (void)unlink(path);
        return r;
}
