/* What feed_rows.c, feed_row_key.c, feed_row_values.c and feed_row_lines.c share;
 * nobody else includes it. */
#pragma once

#include "base/digest.h"
#include "qf/sheets/feed_fill.h"
#include "qf/sheets/feed_ordinals.h"
#include "qf/sheets/feed_rows.h"

struct qf_rows {
        struct qf_rows_options options;
        struct qf_notes_list notes;
        struct qf_buffer controls; /* struct qf_control_total */
        struct qf_sha256 *sha;
        struct qf_ordinals *ordinals; /* of rows without a number */
        struct qf_ordinals *alike;    /* of days with their titles and places, or of keys made of them */
        struct qf_fill fill;
        uint32_t row;         /* the next */
        uint32_t next_remark; /* of the table */
        uint32_t section;     /* first row behind the last subtotal */
        uint32_t total_row;   /* the line of the total; 0: not come to it */
        uint32_t data_rows;   /* read so far */
        uint32_t hashed, identical;
        bool wrong; /* the row that is being read */
        int result; /* -ENOMEM of a note */
};

/* --- feed_rows.c: cells as they count, and what is said of them ----------- */

struct qf_view qf_rows_header(const struct qf_rows *rows, int32_t column);
/* Adds a note; one that returns the row makes it wrong. */
void qf_rows_note(struct qf_rows *rows, const struct qf_note *note);
void qf_rows_say(struct qf_rows *rows, enum qf_note_code code, int32_t column, struct qf_view got,
                 struct qf_view near);
/* Words for missing are empty, merged cells hold what stands above. */
struct qf_view qf_rows_cell(const struct qf_rows *rows, uint32_t column);
/* Of a field: its column (-1: none), and its cell or else the map's constant. */
struct qf_view qf_rows_field(const struct qf_rows *rows, enum qf_field field, int32_t *ret_column);

/* --- feed_row_key.c ------------------------------------------------------ */

void qf_rows_take_key(struct qf_rows *rows, struct qf_row_event *row);
/* W210: another organisation has the same day and title, or place. */
void qf_rows_look_for_double(struct qf_rows *rows, const struct qf_row_event *row);

/* --- feed_row_figures.c: rows of declared kinds ---------------------------- */

void qf_rows_take_figures(struct qf_rows *rows, struct qf_row_event *row);
/* A key made of what its kind is known by, such as SITE/DATE/NUMBER; in place of the number alone. */
void qf_rows_compose_key(struct qf_rows *rows, struct qf_row_event *row);

/* --- feed_row_values.c ---------------------------------------------------- */

void qf_rows_take_values(struct qf_rows *rows, struct qf_row_event *row);

/* --- feed_row_lines.c ------------------------------------------------------ */

enum qf_line {
        QF_LINE_DATA,
        QF_LINE_NOT_READ,    /* empty, a header, a subtotal, a footer: what there is to say is said */
        QF_LINE_BELOW_TOTAL, /* data, below a total: said, and returned */
};

/* What a line of the file is; a total or subtotal becomes a control total. */
enum qf_line qf_rows_look_at_line(struct qf_rows *rows);
/* What the file's reader remarked of this row. */
void qf_rows_take_remarks(struct qf_rows *rows);
