/* services/qf/reading/watch_screen and cli/screen: the page fits windows of every size, whatever the names; keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/ratio.h"
#include "qf/cli/screen.h"
#include "qf/reading/watch_screen.h"

static const char *const names[] = {"马尾区罗星街道办事处青洲社区居民委员会暨新时代文明实践站", "区税务局",
                                    "HX", "Committee of the Luoxing Street Neighbourhood and its Friends"};

static const char why_zh[] = "日志比计数旧：日志是拷贝还原的，或磁盘丢了写入；要以现在的日志为准，先停止",
                  why_en[] =
                          "the journal is older than the counts: stop, then qf restore --adopt, then start";

enum { NAMES = sizeof(names) / sizeof(names[0]), WIDEST = 140, TALLEST = 40 };

struct stage {
        struct qf_picture *picture;
        struct qf_programme *programme;
        struct qf_board board;
        struct qf_cli cli;
        const char *why;
};

static void put(struct qf_picture *picture, uint16_t dimension, uint32_t member, uint32_t period,
                int64_t activities)
{
        struct qf_cell *cell;

        assert_int_equal(qf_picture_cell(picture, (struct qf_cell_key){dimension, member, period}, &cell), 0);
        cell->counts = (struct qf_counts){.of = {[QF_RECORDS] = activities,
                                                 [QF_ACTIVITIES] = activities,
                                                 [QF_ATTENDANCES] = activities * 1234}};
        qf_picture_touch(picture, cell, 7);
}

static int setup(void **state)
{
        struct stage *stage = calloc(1, sizeof(*stage));
        const struct qf_register org = {
                .code = QF_VIEW("org"), .zh = QF_VIEW("单位"), .en = QF_VIEW("organisation")};
        const struct qf_event event = {.kind = QF_KIND_DIMENSION, .registered = &org};

        assert_non_null(stage);
        assert_int_equal(qf_picture_new(&stage->picture), 0);
        assert_int_equal(qf_programme_new(&stage->programme), 0);
        assert_int_equal(qf_programme_apply(stage->programme, &event, 1), 0);
        for (uint32_t i = 0; i < NAMES; i++) {
                char code[8];
                (void)snprintf(code, sizeof(code), "C%u", i);
                const struct qf_register member = {.dimension = QF_VIEW("org"),
                                                   .code = qf_view_of(code),
                                                   .zh = qf_view_of(names[i]),
                                                   .en = qf_view_of(names[i])};
                const struct qf_event told = {.kind = QF_KIND_MEMBER, .registered = &member};
                assert_int_equal(qf_programme_apply(stage->programme, &told, 2), 0);
                put(stage->picture, 1, i + 1, 20230500, 1 + 1000 * i);
        }
        for (uint32_t year = 2019; year <= 2023; year++)
                put(stage->picture, 0, 0, year * 10000 + 500, 10 + year);
        assert_int_equal(qf_board_fill(&stage->board, stage->picture, stage->programme, 1), 0);
        qf_cli_init(&stage->cli, "qf");
        stage->why = "";
        *state = stage;
        return 0;
}

static int teardown(void **state)
{
        struct stage *stage = *state;

        qf_board_deinit(&stage->board);
        qf_picture_free(stage->picture);
        qf_programme_free(stage->programme);
        qf_cli_deinit(&stage->cli);
        free(stage);
        return 0;
}

/* The page without its escape sequences; the caller frees. */
static char *drawn(struct stage *stage, uint32_t columns, uint32_t rows, uint32_t *first)
{
        const struct qf_watch_page page = {.cli = &stage->cli,
                                           .programme = stage->programme,
                                           .board = &stage->board,
                                           .clock = "14:02:31",
                                           .said = stage->cli.chinese ? "已全部计入" : "all is counted",
                                           .why = stage->why,
                                           .state = *stage->why ? QF_PULSE_STOPPED : QF_PULSE_QUIET,
                                           .version = 1234567,
                                           .dimension = 1,
                                           .first = *first,
                                           .newest = 6,
                                           .columns = columns,
                                           .rows = rows,
                                           .colours = true};
        struct qf_buffer text = {0};
        uint32_t shown;

        assert_int_equal(qf_watch_draw(&page, first, &shown, &text), 0);
        assert_true(*first + shown <= NAMES);
        char *plain = calloc(1, text.len + 1);
        assert_non_null(plain);
        for (size_t i = 0, n = 0; i < text.len; i++) {
                if (text.at[i] != '\033') {
                        plain[n++] = (char)text.at[i];
                        continue;
                }
                while (i < text.len && !strchr("mHJK", text.at[i]))
                        i++;
        }
        qf_buffer_deinit(&text);
        return plain;
}

static void a_page_fits_every_window(void **state)
{
        struct stage *stage = *state;

        for (int variant = 0; variant < 4; variant++) {
                stage->cli.chinese = variant % 2;
                stage->why = variant < 2 ? "" : variant % 2 ? why_zh : why_en;
                for (uint32_t columns = 1; columns <= WIDEST; columns++)
                        for (uint32_t rows = 1; rows <= TALLEST; rows++) {
                                uint32_t lines = 0, first = 2;
                                char *page = drawn(stage, columns, rows, &first), *rest = page;
                                for (char *line = strsep(&rest, "\n"); line;
                                     line = strsep(&rest, "\n"), lines++) {
                                        line[strcspn(line, "\r")] = '\0';
                                        assert_true(qf_text_columns(qf_view_of(line)) <= columns);
                                }
                                assert_int_equal(lines, rows);
                                free(page);
                        }
        }
}

static void a_page_shows_figures_years_rows_and_scrolls(void **state)
{
        struct stage *stage = *state;
        uint32_t first = 0;
        char *page = drawn(stage, 120, 30, &first);

        assert_non_null(strstr(page, "14:02:31  all is counted  record 1234567"));
        assert_non_null(strstr(page, "2023"));
        assert_non_null(strstr(page, "2020"));
        assert_null(strstr(page, "2019")); /* the last four years */
        assert_non_null(strstr(page, "区税务局"));
        assert_non_null(strstr(page, "◀"));
        assert_non_null(strstr(page, "q quits"));
        free(page);
        first = 100; /* beyond the end: the last rows */
        page = drawn(stage, 120, 9, &first);
        assert_int_equal(first, 2);
        assert_non_null(strstr(page, "3-4 / 4")); /* a low window has no empty lines */
        free(page);
}

static void what_nobody_states_is_not_0(void **state)
{
        struct stage *stage = *state;
        struct qf_counts *counts = &stage->board.members[stage->board.members_count - 1].counts;
        uint32_t first = 0;

        *counts = (struct qf_counts){.of = {[QF_RECORDS] = 1,
                                            [QF_ACTIVITIES] = 7,
                                            [QF_RECORDS_UNKNOWN] = 1,
                                            [QF_ACTIVITIES_UNKNOWN] = 7}};
        char *page = drawn(stage, 120, 30, &first), *row = strstr(page, " 7 ");
        assert_non_null(row);
        row[strcspn(row, "\r")] = '\0';
        assert_non_null(strstr(row, "not known"));
        free(page);
        stage->board.all = *counts;
        stage->cli.chinese = true;
        page = drawn(stage, 120, 30, &first);
        assert_non_null(strstr(page, " 不详 "));
        free(page);
}

/* Also where one line has no room for it: what to do is at its end. */
static void why_it_stands_still_is_said_whole(void **state)
{
        struct stage *stage = *state;

        stage->why = why_en;
        for (uint32_t columns = 40; columns <= WIDEST; columns += 20)
                for (uint32_t rows = 9; rows <= 30; rows += 21) {
                        uint32_t first = 0;
                        char *page = drawn(stage, columns, rows, &first), *at = page;
                        for (const char *word = why_en; *word; word += strspn(word, " ")) {
                                char one[32] = "";
                                memcpy(one, word, strcspn(word, " "));
                                at = strstr(at, one); /* one behind the other */
                                assert_non_null(at);
                                word += strcspn(word, " ");
                        }
                        assert_non_null(strstr(at, "activities"));
                        assert_non_null(strstr(at, "q quits"));
                        free(page);
                }
        stage->cli.chinese = true;
        stage->why = why_zh;
        uint32_t first = 0;
        char *page = drawn(stage, 40, 30, &first);
        assert_non_null(strstr(page, "先停止"));
        free(page);
}

/* How often one text is in another. */
static unsigned count(const char *text, const char *part)
{
        unsigned times = 0;

        for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
                times++;
        return times;
}

static void what_has_no_room_is_not_halved(void **state)
{
        struct stage *stage = *state;
        char total[32];

        (void)qf_ratio_grouped(stage->board.all.of[QF_ACTIVITIES], total, sizeof(total));
        for (uint32_t columns = 1; columns <= WIDEST; columns++) {
                uint32_t first = 0;
                char *page = drawn(stage, columns, 30, &first);
                /* The line of the total has it whole, or nothing at all. */
                char *heads = strstr(page, "activities"), *line = heads ? strchr(heads, '\n') : NULL;
                if (line) {
                        line[1 + strcspn(line + 1, "\r")] = '\0';
                        assert_true(strstr(line + 1, total) || strspn(line + 1, " ") == strlen(line + 1));
                }
                free(page);
        }
        uint32_t first = 0;
        char *page = drawn(stage, 44, 30, &first);
        assert_true(count(page, "..") > 0); /* a name that was cut says so */
        free(page);
        page = drawn(stage, 3 * WIDEST, 30, &first);
        assert_int_equal(count(page, ".."), 0);
        free(page);
}

static void keys_are_told_apart(void **state)
{
        static const struct {
                const char *bytes;
                enum qf_key key;
                uint32_t taken;
        } rows[] = {
                {"q", QF_KEY_QUIT, 1},         {"Qq", QF_KEY_QUIT, 1},
                {"\033[A", QF_KEY_UP, 3},      {"\033[B", QF_KEY_DOWN, 3},
                {"\033OB", QF_KEY_DOWN, 3},    {"\033[5~", QF_KEY_PAGE_UP, 4},
                {"\t", QF_KEY_NEXT, 1},        {"\033[6~j", QF_KEY_PAGE_DOWN, 4},
                {"x", QF_KEY_NONE, 1},         {"\033", QF_KEY_NONE, 1},
                {"\033[1;5q", QF_KEY_NONE, 6}, /* no q of its own */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint32_t at = 0;
                assert_int_equal(qf_screen_key_of(rows[i].bytes, (uint32_t)strlen(rows[i].bytes), &at),
                                 rows[i].key);
                assert_int_equal(at, rows[i].taken);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_page_fits_every_window, setup, teardown),
                cmocka_unit_test_setup_teardown(a_page_shows_figures_years_rows_and_scrolls, setup, teardown),
                cmocka_unit_test_setup_teardown(what_nobody_states_is_not_0, setup, teardown),
                cmocka_unit_test_setup_teardown(why_it_stands_still_is_said_whole, setup, teardown),
                cmocka_unit_test_setup_teardown(what_has_no_room_is_not_halved, setup, teardown),
                cmocka_unit_test(keys_are_told_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
