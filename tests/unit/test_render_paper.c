/* render/pdf: what a table says is on its pages, whole and once, however high a row is.
 * Read by pdftotext, which knows nothing of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "render/pdf.h"
#include "support/temporary.h"

enum { WORDS = 1600, ROWS = 7, COLUMNS = 3, TALL = 2, TEXT_BYTES = 1 << 20 };

/* The text of its pages, between them form feeds; into room. */
static void read_pages(const struct qf_document *document, char *room)
{
        struct qf_buffer bytes = {0};
        struct qf_document_fault fault;
        struct temporary folder;
        char pdf[128], text[128];
        temporary_make(&folder);
        (void)temporary_in(&folder, "pdf", pdf, sizeof(pdf));
        (void)temporary_in(&folder, "text", text, sizeof(text));
        assert_int_equal(qf_render_pdf(document, &bytes, &fault), 0);
        FILE *file = fopen(pdf, "we");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes.at, 1, bytes.len, file), bytes.len);
        assert_int_equal(fclose(file), 0);
        qf_buffer_deinit(&bytes);
        const pid_t pid = fork();
        if (pid == 0) {
                (void)execlp("pdftotext", "pdftotext", "-raw", pdf, text, (char *)NULL);
                _exit(127);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        file = fopen(text, "re");
        assert_non_null(file);
        const size_t len = fread(room, 1, TEXT_BYTES - 1, file);
        assert_int_equal(fclose(file), 0);
        assert_in_range(len, 1, TEXT_BYTES - 2);
        room[len] = '\0';
        temporary_remove(folder.path, 1);
}

static unsigned count(const char *text, const char *word)
{
        unsigned found = 0;
        for (const char *at = strstr(text, word); at; at = strstr(at + strlen(word), word))
                found++;
        return found;
}

/* A table of short rows and one that says so many words; what pdftotext reads of it. */
static void read_table(unsigned words, char *room)
{
        static char tall[WORDS * 7 + 1];
        const struct qf_document_column columns[COLUMNS] = {{.label = qf_view_of("NAME")},
                                                            {.label = qf_view_of("SAYS")},
                                                            {.label = qf_view_of("COUNT"), .right = true}};
        struct qf_document_cell cells[ROWS * COLUMNS];
        char names[ROWS][16];
        size_t len = 0;
        for (unsigned i = 0; i < words; i++)
                len += (size_t)snprintf(tall + len, sizeof(tall) - len, "w%04ux ", i);
        for (unsigned row = 0; row < ROWS; row++) {
                (void)snprintf(names[row], sizeof(names[row]), "name%u", row);
                cells[row * COLUMNS] = (struct qf_document_cell){.text = qf_view_of(names[row])};
                cells[row * COLUMNS + 1] = (struct qf_document_cell){
                        .text = row == TALL ? (struct qf_view){tall, (uint32_t)len} : qf_view_of("short")};
                cells[row * COLUMNS + 2] = (struct qf_document_cell){
                        .kind = QF_CELL_NUMBER, .text = qf_view_of("12"), .value = 12};
        }
        const struct qf_document_section section = {
                .heading = qf_view_of("Heading"),
                .table = {.columns_count = COLUMNS, .rows_count = ROWS, .columns = columns, .cells = cells}};
        const struct qf_document document = {
                .title = qf_view_of("Title"), .sections_count = 1, .sections = &section};
        read_pages(&document, room);
}

/* The table with the tall row is made once: laying so much text out takes seconds. */
static int make_tall(void **state)
{
        *state = malloc(TEXT_BYTES);
        if (*state)
                read_table(WORDS, *state);
        return *state ? 0 : -1;
}

static int free_tall(void **state)
{
        free(*state);
        return 0;
}

/* It begins where the rows before it end, and the heading is not alone. */
static void a_row_that_is_torn_begins_below_the_one_before_it(void **state)
{
        const char *text = *state, *end = strchr(text, '\f');
        const char *before = strstr(text, "name1"), *first = strstr(text, "w0000x");
        assert_true(before && first && before < end && first < end);
}

static void a_row_higher_than_a_page_goes_on_on_the_next(void **state)
{
        char *text = *state, word[16];
        unsigned pages = 0, headed = 0;
        for (unsigned i = 0; i < WORDS; i++) {
                (void)snprintf(word, sizeof(word), "w%04ux", i);
                assert_int_equal(count(text, word), 1);
        }
        for (unsigned row = 0; row < ROWS; row++) {
                (void)snprintf(word, sizeof(word), "name%u", row);
                assert_int_equal(count(text, word), 1);
        }
        char *rest = text;
        for (char *page = strsep(&rest, "\f"); page && *page; page = strsep(&rest, "\f"), pages++) {
                const char *head = strstr(page, "SAYS");
                headed += head != NULL;
                /* Below a head there is something, and what is not the first page's beginning has one. */
                assert_true(!head || strstr(head, "x") || strstr(head, "name"));
                assert_true(head || !strstr(page, "w0"));
        }
        assert_in_range(headed, 3, pages);
}

/* What has room on a page is on one page. */
static void a_row_that_a_page_has_room_for_is_not_torn(void **state)
{
        char *text = malloc(TEXT_BYTES);
        (void)state;
        assert_non_null(text);
        for (unsigned words = 100; words < 500; words += 100) {
                char last[16];
                read_table(words, text);
                (void)snprintf(last, sizeof(last), "w%04ux", words - 1);
                const char *from = strstr(text, "w0000x"), *to = strstr(text, last);
                assert_true(from && to && from < to && !memchr(from, '\f', (size_t)(to - from)));
        }
        free(text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_row_that_is_torn_begins_below_the_one_before_it),
                cmocka_unit_test(a_row_higher_than_a_page_goes_on_on_the_next), /* takes the text apart */
                cmocka_unit_test(a_row_that_a_page_has_room_for_is_not_torn),
        };
        return cmocka_run_group_tests(tests, make_tall, free_tall);
}
