/* Sums over months and what is known to the year only: a month's cell holds its
 * days already, so days are left out. */
#include "qf/reading/watch_board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/period.h"
#include "qf/cli/asking.h"
#include "qf/cli/figures.h"

enum { FIGURES = 4, YEAR_FIGURES = 5 };

void qf_board_deinit(struct qf_board *board)
{
        free(board->members);
        *board = (struct qf_board){0};
}

/* The row of a year, made where it belongs; NULL: there are too many. */
static struct qf_board_row *year_row(struct qf_board *board, uint32_t year)
{
        uint32_t at = 0;
        while (at < board->years_count && board->years[at].id < year)
                at++;
        if (at < board->years_count && board->years[at].id == year)
                return &board->years[at];
        if (board->years_count == QF_BOARD_YEARS_MAX)
                return NULL;
        memmove(&board->years[at + 1], &board->years[at],
                (board->years_count - at) * sizeof(board->years[0]));
        board->years[at] = (struct qf_board_row){.id = year};
        board->years_count++;
        return &board->years[at];
}

static bool add(struct qf_board_row *row, const struct qf_cell *cell)
{
        if (!row)
                return true;
        row->changed = cell->changed > row->changed ? cell->changed : row->changed;
        return qf_counts_add(&row->counts, &cell->counts, 1);
}

static bool counts_nothing(const struct qf_board_row *row)
{
        return !row->counts.of[QF_RECORDS];
}

static int by_activities(const void *a, const void *b)
{
        const struct qf_board_row *ra = a, *rb = b;
        const int64_t na = ra->counts.of[QF_ACTIVITIES], nb = rb->counts.of[QF_ACTIVITIES];
        if (na != nb)
                return na < nb ? 1 : -1;
        return (ra->id > rb->id) - (ra->id < rb->id);
}

static void order_members(struct qf_board *board)
{
        uint32_t kept = 0;
        for (uint32_t i = 0; i < board->members_count; i++)
                if (!counts_nothing(&board->members[i]))
                        board->members[kept++] = board->members[i];
        board->members_count = kept;
        qsort(board->members, kept, sizeof(*board->members), by_activities);
}

int qf_board_fill(struct qf_board *board, const struct qf_picture *picture,
                  const struct qf_programme *programme, uint16_t dimension)
{
        const struct qf_dimension *shown = qf_programme_dimension(programme, dimension);
        const uint32_t count = shown ? shown->members + 1 : 1;
        *board = (struct qf_board){.members = calloc(count, sizeof(*board->members)), .members_count = count};
        if (!board->members)
                return -ENOMEM;
        for (uint32_t i = 0; i < count; i++)
                board->members[i].id = i;
        for (size_t at = 0; at < qf_picture_cells(picture); at++) {
                const struct qf_cell *cell = qf_picture_at(picture, at);
                bool fits = true;
                if (cell->key.period % 100)
                        continue;
                if (cell->key.dimension == QF_DIMENSION_TOTAL)
                        fits = qf_counts_add(&board->all, &cell->counts, 1) &&
                               add(year_row(board, qf_date_year(cell->key.period)), cell);
                else if (cell->key.dimension == dimension && cell->key.member < count)
                        fits = add(&board->members[cell->key.member], cell);
                if (!fits)
                        return -EOVERFLOW;
        }
        if (!shown)
                board->members_count = 0;
        order_members(board);
        return 0;
}

static int add_text(struct qf_text_table *table, const char *cell)
{
        return qf_text_table_add(table, qf_view_of(cell));
}

static int add_heads(const struct qf_cli *cli, struct qf_text_table *table, struct qf_view first)
{
        const char *const heads[] = {
                qf_cli_say(cli, "活动（场）", "activities"),
                qf_cli_say(cli, "人次", "attendances"),
                qf_cli_say(cli, "场均人次", "mean"),
                qf_cli_say(cli, "人次不详（场）", "not known"),
        };
        int r = qf_text_table_add(table, first);
        for (unsigned i = 0; !r && i < FIGURES; i++) {
                table->right[i + 1] = true;
                r = add_text(table, heads[i]);
        }
        return r;
}

int qf_board_years(const struct qf_cli *cli, const struct qf_board *board,
                   const struct qf_programme *programme, struct qf_text_table *table)
{
        const enum qf_rounding rounding = qf_programme_settings(programme)->rounding;
        *table = (struct qf_text_table){.columns = YEAR_FIGURES};
        int r = add_heads(cli, table, qf_view_of(qf_cli_say(cli, "年", "year")));
        if (!r)
                r = qf_text_table_line(table);
        for (uint32_t i = 0; !r && i < board->years_count; i++) {
                char cell[QF_FIGURE_BYTES];
                if (counts_nothing(&board->years[i]))
                        continue;
                (void)snprintf(cell, sizeof(cell), "%u", board->years[i].id);
                r = add_text(table, cell);
                if (!r)
                        r = qf_figures_add(table, &board->years[i].counts, rounding);
        }
        if (!r)
                r = qf_text_table_line(table);
        if (!r)
                r = add_text(table, qf_cli_say(cli, "合计", "total"));
        return r ? r : qf_figures_add(table, &board->all, rounding);
}

int qf_board_members(const struct qf_cli *cli, const struct qf_board *board,
                     const struct qf_programme *programme, uint16_t dimension, uint32_t rows_max,
                     struct qf_text_table *table)
{
        const struct qf_dimension *shown = qf_programme_dimension(programme, dimension);
        const enum qf_rounding rounding = qf_programme_settings(programme)->rounding;
        *table = (struct qf_text_table){.columns = YEAR_FIGURES};
        int r = add_heads(cli, table, qf_asking_dimension_label(cli, programme, shown->code));
        if (!r)
                r = qf_text_table_line(table);
        for (uint32_t i = 0; !r && i < board->members_count && i < rows_max; i++) {
                const struct qf_board_row *row = &board->members[i];
                const struct qf_member *member = qf_programme_member(programme, dimension, row->id);
                r = qf_text_table_add(table,
                                      qf_asking_member_label(cli, programme, shown->code,
                                                             member ? member->code : QF_VIEW(""), NULL, 0));
                if (!r)
                        r = qf_figures_add(table, &row->counts, rounding);
        }
        return r;
}
