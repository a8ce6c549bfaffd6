/* Why: a wall or a desk shows it for hours, in a window of any size, with names of any length: each line is put together by
 * the columns that its characters take, is never wider than the window, and nothing stands behind a sign whose width is
 * not certain. */
#include "qf/reading/watch_screen.h"

#include <stdio.h>
#include <string.h>

#include "qf/cli/asking.h"
#include "qf/cli/figures.h"
#include "qf/cli/wrap.h"

enum {
        HEAD_ROWS = 8,
        HEAD_ROWS_LOW = 6,
        ROWS_LOW = 14,
        WHY_ROWS = 4,
        YEARS_MOST = 4,
        LABEL_LEAST = 8,
        FIGURE_COLUMNS = 13,
        BAR_LEAST = 10,
        EIGHTHS = 8
};

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"
#define PLAIN "\033[0m"

struct pen {
        const struct qf_watch_page *page;
        struct qf_buffer *out;
        uint32_t at, row; /* columns and lines that were written */
        int r;
};

static void raw(struct pen *pen, const char *text)
{
        if (!pen->r)
                pen->r = qf_buffer_print(pen->out, "%s", text);
}

/* In so many columns, or as many as there still are. */
static void put(struct pen *pen, const char *look, struct qf_view text, uint32_t columns, bool right)
{
        const uint32_t left = pen->page->columns - pen->at;
        if (pen->row >= pen->page->rows)
                return;
        columns = columns < left ? columns : left;
        if (right && qf_text_columns(text) > columns) /* half a number is another number */
                text = QF_VIEW("");
        text = qf_text_fit(text, columns);
        const int room = (int)(columns - qf_text_columns(text));
        const bool looks = look && pen->page->colours;
        if (!pen->r)
                pen->r = qf_buffer_print(pen->out, "%*s%s%.*s%s%*s", right ? room : 0, "", looks ? look : "",
                                         (int)text.len, text.at, looks ? PLAIN : "", right ? 0 : room, "");
        pen->at += columns;
}

static void put_text(struct pen *pen, const char *look, const char *text)
{
        put(pen, look, qf_view_of(text), qf_text_columns(qf_view_of(text)), false);
}

static void end_line(struct pen *pen)
{
        if (pen->row >= pen->page->rows)
                return;
        raw(pen, pen->row + 1 < pen->page->rows ? "\033[K\r\n" : "\033[K");
        pen->at = 0;
        pen->row++;
}

static const char *say(const struct pen *pen, const char *zh, const char *en)
{
        return qf_cli_say(pen->page->cli, zh, en);
}

/* --- the head --------------------------------------------------------------------- */

static const char *look_of(const struct qf_watch_page *page)
{
        switch (page->state) {
        case QF_PULSE_QUIET:
        case QF_PULSE_LATE: return page->doubted ? YELLOW : GREEN;
        case QF_PULSE_NONE: return YELLOW;
        case QF_PULSE_STOPPED:
        case QF_PULSE_DEAD: return BOLD RED;
        }
        return NULL;
}

/* A window with few lines has them for figures. */
static bool is_low(const struct qf_watch_page *page)
{
        return page->rows < ROWS_LOW;
}

/* What is no longer so is not shown as if it were. */
static const char *look_of_figures(const struct qf_watch_page *page)
{
        return page->state == QF_PULSE_DEAD || page->state == QF_PULSE_STOPPED ? DIM : BOLD;
}

/* The next of its lines, and *text behind it. */
static struct qf_view why_line(const struct qf_watch_page *page, const char **text)
{
        const struct qf_view line = qf_wrap_line(*text, page->columns);

        *text += line.len;
        *text += strspn(*text, " ");
        return line;
}

static uint32_t why_rows(const struct qf_watch_page *page)
{
        uint32_t rows = 0;

        for (const char *text = page->why; *text && rows < WHY_ROWS; rows++)
                (void)why_line(page, &text);
        return rows;
}

/* With the line of the keys. */
static uint32_t head_rows(const struct qf_watch_page *page)
{
        if (!is_low(page))
                return HEAD_ROWS + why_rows(page);
        return HEAD_ROWS_LOW + why_rows(page) + qf_programme_settings(page->programme)->training;
}

static void draw_why(struct pen *pen)
{
        const char *text = pen->page->why;

        for (uint32_t left = why_rows(pen->page); left > 0; left--) {
                put(pen, look_of(pen->page), why_line(pen->page, &text), pen->page->columns, false);
                end_line(pen);
        }
}

static void draw_title(struct pen *pen)
{
        const struct qf_watch_page *page = pen->page;
        const struct qf_settings *settings = qf_programme_settings(page->programme);
        char version[64];

        put(pen, BOLD, page->cli->chinese ? settings->title_zh : settings->title_en, page->columns, false);
        end_line(pen);
        (void)snprintf(version, sizeof(version), qf_cli_say(page->cli, "  第 %llu 条记录", "  record %llu"),
                       (unsigned long long)page->version);
        put_text(pen, NULL, page->clock);
        put_text(pen, NULL, "  ");
        put_text(pen, look_of(page), page->said); /* before what a narrow window has no room for */
        put_text(pen, DIM, version);
        end_line(pen);
        draw_why(pen);
        if (settings->training)
                put_text(pen, BOLD RED,
                         say(pen, "【演练】这里的数字都不是真实数字",
                             "TRAINING: none of these numbers are real"));
        if (settings->training || !is_low(page))
                end_line(pen);
}

static void draw_more(struct pen *pen, int64_t now, int64_t began)
{
        char grouped[QF_FIGURE_BYTES], text[QF_FIGURE_BYTES + 2] = "";

        if (now != began)
                (void)snprintf(text, sizeof(text), "%s%s", now > began ? "+" : "",
                               qf_ratio_grouped(now - began, grouped, sizeof(grouped)));
        put(pen, CYAN, qf_view_of(text), FIGURE_COLUMNS + 1, true);
}

static void draw_figure(struct pen *pen, const char *look, int64_t figure)
{
        char text[QF_FIGURE_BYTES];

        put(pen, look, qf_view_of(qf_ratio_grouped(figure, text, sizeof(text))), FIGURE_COLUMNS + 1, true);
}

/* In a word: it has a certain width. */
static void draw_attendances(struct pen *pen, const char *look, const struct qf_counts *counts)
{
        if (qf_counts_known(counts, QF_ATTENDANCES))
                draw_figure(pen, look, counts->of[QF_ATTENDANCES]);
        else
                put(pen, look, qf_view_of(say(pen, "不详", "not known")), FIGURE_COLUMNS + 1, true);
}

static void draw_mean(struct pen *pen, const char *look, const struct qf_counts *counts)
{
        char text[QF_FIGURE_BYTES];
        const enum qf_rounding rounding = qf_programme_settings(pen->page->programme)->rounding;

        put(pen, look, qf_view_of(qf_figures_mean(counts, rounding, text, sizeof(text))), FIGURE_COLUMNS,
            true);
}

static void draw_headline(struct pen *pen)
{
        const struct qf_counts *all = &pen->page->board->all, *began = &pen->page->began;
        const char *const heads[] = {say(pen, "活动（场）", "activities"), say(pen, "人次", "attendances"),
                                     say(pen, "人次不详", "not known")};
        static const enum qf_measure figures[] = {QF_ACTIVITIES, QF_ATTENDANCES, QF_ACTIVITIES_UNKNOWN};

        for (unsigned i = 0; i < 3; i++)
                put(pen, DIM, qf_view_of(heads[i]), FIGURE_COLUMNS + 1, true);
        put(pen, DIM, qf_view_of(say(pen, "场均", "mean")), FIGURE_COLUMNS, true);
        end_line(pen);
        draw_figure(pen, look_of_figures(pen->page), all->of[QF_ACTIVITIES]);
        draw_attendances(pen, look_of_figures(pen->page), all);
        draw_figure(pen, look_of_figures(pen->page), all->of[QF_ACTIVITIES_UNKNOWN]);
        draw_mean(pen, look_of_figures(pen->page), all);
        end_line(pen);
        for (unsigned i = 0; i < 3; i++)
                draw_more(pen, all->of[figures[i]], began->of[figures[i]]);
        end_line(pen);
        if (!is_low(pen->page))
                end_line(pen);
}

/* --- rows ------------------------------------------------------------------------- */

static void draw_bar(struct pen *pen, int64_t figure, int64_t most, uint32_t columns)
{
        static const char *const parts[EIGHTHS] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
        const uint32_t eighths = most > 0 && figure > 0 ? (uint32_t)(figure * columns * EIGHTHS / most) : 0;
        char text[4 * 256 + 8] = "";
        size_t len = 0;

        if (pen->page->columns < pen->at + BAR_LEAST)
                return;
        for (uint32_t i = 0; i < eighths / EIGHTHS && len + 8 < sizeof(text); i++)
                len += (size_t)snprintf(text + len, sizeof(text) - len, "█");
        (void)snprintf(text + len, sizeof(text) - len, "%s", parts[eighths % EIGHTHS]);
        put(pen, CYAN, qf_view_of(text), columns, false);
}

/* A name that is cut says so; ".." and not one sign, whose width is not certain. */
static void put_label(struct pen *pen, struct qf_view label, uint32_t width)
{
        static const uint32_t dots = 2;

        if (qf_text_columns(label) <= width || width <= dots) {
                put(pen, NULL, label, width, false);
                return;
        }
        const struct qf_view kept = qf_text_fit(label, width - dots);
        put(pen, NULL, kept, qf_text_columns(kept), false);
        put(pen, NULL, QF_VIEW(".."), width - qf_text_columns(kept), false);
}

static void draw_row(struct pen *pen, struct qf_view label, uint32_t width, const struct qf_board_row *row,
                     int64_t most)
{
        const uint32_t taken = width + 2 * (FIGURE_COLUMNS + 1) + 2, columns = pen->page->columns;
        const uint32_t bar = columns > taken + 4 ? columns - taken - 4 : 0;

        put_label(pen, label, width);
        draw_figure(pen, NULL, row->counts.of[QF_ACTIVITIES]);
        draw_attendances(pen, NULL, &row->counts);
        put_text(pen, NULL, "  ");
        draw_bar(pen, row->counts.of[QF_ACTIVITIES], most, bar < 256 ? bar : 256);
        if (row->changed > pen->page->newest)
                put_text(pen, YELLOW, " ◀");
        end_line(pen);
}

static void draw_heads(struct pen *pen, struct qf_view first, uint32_t width)
{
        put(pen, DIM, first, width, false);
        put(pen, DIM, qf_view_of(say(pen, "活动（场）", "activities")), FIGURE_COLUMNS + 1, true);
        put(pen, DIM, qf_view_of(say(pen, "人次", "attendances")), FIGURE_COLUMNS + 1, true);
        end_line(pen);
}

static void draw_years(struct pen *pen, uint32_t count, uint32_t width)
{
        const struct qf_board *board = pen->page->board;
        int64_t most = 0;

        if (!count)
                return;
        draw_heads(pen, qf_view_of(say(pen, "年", "year")), width);
        for (uint32_t i = board->years_count - count; i < board->years_count; i++)
                if (board->years[i].counts.of[QF_ACTIVITIES] > most)
                        most = board->years[i].counts.of[QF_ACTIVITIES];
        for (uint32_t i = board->years_count - count; i < board->years_count; i++) {
                char year[16];
                (void)snprintf(year, sizeof(year), "%u", board->years[i].id);
                draw_row(pen, qf_view_of(year), width, &board->years[i], most);
        }
        end_line(pen);
}

static struct qf_view label_of(const struct qf_watch_page *page, uint32_t row)
{
        const struct qf_dimension *shown = qf_programme_dimension(page->programme, page->dimension);
        const struct qf_member *member =
                qf_programme_member(page->programme, page->dimension, page->board->members[row].id);

        return qf_asking_member_label(page->cli, page->programme, shown->code,
                                      member ? member->code : QF_VIEW(""), NULL, 0);
}

/* As wide as the longest name, but a third of the window at most. */
static uint32_t label_width(const struct qf_watch_page *page)
{
        uint32_t width = LABEL_LEAST;

        for (uint32_t i = 0; i < page->board->members_count; i++) {
                const uint32_t columns = qf_text_columns(label_of(page, i));
                width = columns > width ? columns : width;
        }
        return width < page->columns / 3 ? width : page->columns / 3;
}

static void draw_keys(struct pen *pen, uint32_t first, uint32_t shown)
{
        const uint32_t count = pen->page->board->members_count;
        char text[64];

        while (pen->row + 1 < pen->page->rows)
                end_line(pen);
        put_text(pen, DIM,
                 say(pen, "q 退出  Tab 换维度  上下键翻看", "q quits  Tab dimension  arrows scroll"));
        if (shown < count) {
                (void)snprintf(text, sizeof(text), "  %u-%u / %u", first + 1, first + shown, count);
                put_text(pen, DIM, text);
        }
        end_line(pen);
}

int qf_watch_draw(const struct qf_watch_page *page, uint32_t *ret_first, uint32_t *ret_shown,
                  struct qf_buffer *ret_text)
{
        struct pen pen = {.page = page, .out = ret_text};
        const struct qf_dimension *shown = qf_programme_dimension(page->programme, page->dimension);
        const uint32_t width = shown ? label_width(page) : LABEL_LEAST;
        const uint32_t head = head_rows(page);
        const uint32_t below = page->rows > head ? page->rows - head : 0; /* one of them for the keys */
        uint32_t years = page->board->years_count < YEARS_MOST ? page->board->years_count : YEARS_MOST;
        uint32_t count = page->board->members_count;

        if (years + 2 + BAR_LEAST > below && shown)
                years = 0;
        const uint32_t taken = years ? years + 2 : 0, room = below > taken + 1 ? below - taken - 1 : 0;
        uint32_t first = count > room && page->first > count - room ? count - room : page->first;
        first = count > room ? first : 0;
        count = shown && count - first < room ? count - first : shown ? room : 0;

        raw(&pen, "\033[H");
        draw_title(&pen);
        draw_headline(&pen);
        draw_years(&pen, years, width);
        if (shown && room)
                draw_heads(&pen, qf_asking_dimension_label(page->cli, page->programme, shown->code), width);
        for (uint32_t i = first; i < first + count; i++)
                draw_row(&pen, label_of(page, i), width, &page->board->members[i],
                         page->board->members[0].counts.of[QF_ACTIVITIES]);
        draw_keys(&pen, first, count);
        raw(&pen, "\033[J");
        *ret_first = first;
        *ret_shown = count;
        return pen.r;
}
