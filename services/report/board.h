/* The board of a programme: a table of panels, each made of answers to the same
 * queries that `qf` asks, with the rights of who looks. A panel is an object of
 * JSON: {"panel", "has_data", "restricted", …, "rows": [flat objects]}, and the same
 * as long as its numbers are: the version is in status alone. Which panels there
 * are the programme decides, by the dimensions that it has.
 * board.c has the table; the shapes are in proto/openapi.json. */
#pragma once

#include <jansson.h>

#include "model/kinds.h"
#include "report/live.h"
#include "report/query.h"

enum { QF_BOARD_YEARS = 200, QF_BOARD_WHERE = 2, QF_BOARD_PANELS = 12 };

struct qf_board { /* one view while it is made */
        const struct qf_report *report;
        const struct qf_live_key *key;
        struct qf_board_asked *asked; /* its questions, answered or not */
        bool incomplete;              /* one was asked that is not answered yet */
        struct qf_query_world world;
        const struct qf_rights *rights;
        struct qf_arena *arena;
        uint64_t version;
        uint32_t today;            /* yyyymmdd in the programme's zone */
        uint32_t year, last, base; /* base 0: none */
        uint32_t years_count, years[QF_BOARD_YEARS];
        bool in_person; /* only activities in person are counted, since the programme tells channels apart */
        int64_t heard_ms; /* of status: the latest event of the sources that are shown; 0: none yet */
        uint32_t where_count;
        struct qf_view where[QF_BOARD_WHERE]; /* what all counts are filtered by */
        const struct qf_token *token;         /* NULL: none is asked for */
};

struct qf_board_why { /* there is no panel, or no answer, for people */
        struct qf_view en;
        const char *zh;
};

struct qf_board_panel {
        const char *name;
        bool (*is_there)(const struct qf_board *board); /* NULL: always */
        /* Fills in what is its own. 0; positive 1: *ret_why says it; negative: no memory. */
        int (*make)(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
};

/* A panel as a table for download, or NULL. -ENOMEM. */
QF_CHECK int qf_board_csv(bool chinese, const struct qf_programme *programme, const json_t *panel,
                          struct qf_buffer *file);

/* --- for panels ---------------------------------------------------------------- */

/* Asks within the board's filters; by and kind may be empty. The answer lives until the view is done. While there is none
 * it is one without rows, board->incomplete is set, and the panel will be made anew: so a panel is a function of its
 * answers, and what it asks does not wait for what it asked before. 0; positive 1: *ret_why; negative. */
struct qf_board_question {
        enum qf_query_what query;
        struct qf_view by[2], kind;
        uint32_t first_day, last_day, year, base;
        bool all_channels; /* of activities in person and others */
};
QF_CHECK int qf_board_ask(struct qf_board *board, const struct qf_board_question *question,
                          struct qf_to_reader *ret_answer, struct qf_board_why *ret_why);
/* "restricted": rows that this reader may not see are left out. */
void qf_board_note(json_t *panel, const struct qf_to_reader *answer);
/* "undated_excluded": records known only to a longer period than its days are left out. NULL: it is not said. */
void qf_board_note_undated(json_t *panel, const struct qf_to_reader *answer);
/* yyyymmdd: the year that is shown is not over, and is compared with the same days of others, up to this one. 0: it is,
 * and whole years are compared. */
uint32_t qf_board_same_days_upto(const struct qf_board *board);
/* The last day of a year, the one shown or another, that is compared. */
uint32_t qf_board_last_day(const struct qf_board *board, uint32_t year);
/* Of the row of this member; NULL: it counts nothing. */
const struct qf_counts *qf_board_find_counts(const struct qf_to_reader *answer, struct qf_view member);
/* null: not known of any of them. counts NULL: there are none. */
json_t *qf_board_attendances(const struct qf_counts *counts);
/* Whether a dimension may be one of the cross-table's two. */
bool qf_board_may_cross(const struct qf_programme *programme, uint16_t id);

/* The panels: of board_counts.c, board_declared.c, board_status.c. */
int qf_board_status(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_recent(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_headline(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_months(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_partners(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_matrix(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_sites(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_rates(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_broadcasts(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_oversight(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_plan(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
int qf_board_completeness(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why);
bool qf_board_has_rates(const struct qf_board *board);
bool qf_board_has_broadcasts(const struct qf_board *board);
bool qf_board_has_oversight(const struct qf_board *board);
bool qf_board_has_plan(const struct qf_board *board);
bool qf_board_has_completeness(const struct qf_board *board);
bool qf_board_has_matrix(const struct qf_board *board);
bool qf_board_has_sites(const struct qf_board *board);
const struct qf_board_panel *qf_board_panels(uint32_t *ret_count);
