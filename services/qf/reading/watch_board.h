/* What qf watch shows, made of a picture's cells: the total, years, and the
 * members of one dimension. Pure: figures in, text out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/picture.h"
#include "qf/cli/cli.h"
#include "qf/cli/text_table.h"
#include "programme/programme.h"

enum { QF_BOARD_YEARS_MAX = 64 };

struct qf_board_row {
        uint32_t id; /* year, or member */
        struct qf_counts counts;
        uint64_t changed;
};

struct qf_board {
        struct qf_counts all;
        struct qf_board_row
                years[QF_BOARD_YEARS_MAX]; /* ascending; further ones are left out, not out of all */
        uint32_t years_count;
        struct qf_board_row *members; /* the most activities first */
        uint32_t members_count;
};

void qf_board_deinit(struct qf_board *board);
/* dimension 0: no members. -ENOMEM, -EOVERFLOW. */
QF_CHECK int qf_board_fill(struct qf_board *board, const struct qf_picture *picture,
                           const struct qf_programme *programme, uint16_t dimension);
/* Tables, with at most so many rows of members. -ENOMEM. */
QF_CHECK int qf_board_years(const struct qf_cli *cli, const struct qf_board *board,
                            const struct qf_programme *programme, struct qf_text_table *table);
QF_CHECK int qf_board_members(const struct qf_cli *cli, const struct qf_board *board,
                              const struct qf_programme *programme, uint16_t dimension, uint32_t rows_max,
                              struct qf_text_table *table);
