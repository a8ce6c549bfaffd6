/* What a clerk is told about a line: 第7行「参加人次」：写的是“约200人”，这里只能填整数。请填具体数字。 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum qf_note_code {                         /* codes of the tool, beside those of model/verdict.h */
                    QF_NOTE_ENCODING,       /* E001: what keeps a whole file from being read has no line */
                    QF_NOTE_NO_HEADER,      /* E002 */
                    QF_NOTE_NO_COLUMN,      /* E003 */
                    QF_NOTE_OLD_WORKBOOK,   /* E004 */
                    QF_NOTE_NO_SHEET,       /* E004: a page, a PDF ... */
                    QF_NOTE_DAMAGED,        /* E005 */
                    QF_NOTE_TOO_LARGE,      /* E006 */
                    QF_NOTE_NO_SUCH_SHEET,  /* E007 */
                    QF_NOTE_OPEN_QUOTE,     /* E008 */
                    QF_NOTE_LINES_OF_JSON,  /* E009 */
                    QF_NOTE_SCALED,         /* E010 */
                    QF_NOTE_NOT_A_NUMBER,   /* E101 */
                    QF_NOTE_TWOFOLD_NUMBER, /* E101: 1.000 */
                    QF_NOTE_UNCLEAR_DATE,   /* E102 */
                    QF_NOTE_UNCLEAR_DAY,    /* E102: where a month alone does not do */
                    QF_NOTE_UNKNOWN_ORG,    /* E104 */
                    QF_NOTE_UNKNOWN_MEMBER, /* E104 */
                    QF_NOTE_NO_SUCH_DATE,   /* E105 */
                    QF_NOTE_ABOVE_BOUND,    /* E107 */
                    QF_NOTE_MISSING,        /* E109 */
                    QF_NOTE_WORD,           /* E110: an action or method that is none */
                    QF_NOTE_KEY,            /* E112: number too long */
                    QF_NOTE_KEY_ROUNDED,    /* E112: 2.02305E+11 */
                    QF_NOTE_NEEDS_KEY,      /* E113: a correction without a number */
                    QF_NOTE_TOO_LONG,       /* E114: text too long */
                    QF_NOTE_SPANS,          /* E121: a merged cell where each row needs its own */
                    QF_NOTE_KEY_SPANS,      /* E121: of a number */
                    QF_NOTE_BELOW_TOTAL,    /* E116: a row below the total */
                    QF_NOTE_NO_RESULT,      /* E117: a formula that nobody worked out */
                    QF_NOTE_SWALLOWED,      /* E119: further rows within a text */
                    QF_NOTE_CLOCK,          /* E118 */
                    QF_NOTE_FLAG,           /* E122 */
                    QF_NOTE_WHICH_NUMBER,   /* E123: a further visit of a site on a day, without a number */
                    QF_NOTE_PERSONAL,       /* Q211, said before anything is sent */
                    QF_NOTE_JSON,           /* E120: not a line of JSON as it should be */
                    QF_NOTE_GB18030,        /* W001 */
                    QF_NOTE_OTHER_SHEETS,   /* W002 */
                    QF_NOTE_COLUMN_AGAIN,   /* W003 */
                    QF_NOTE_HASHED,         /* W101: rows without a number */
                    QF_NOTE_FILLED_DOWN,    /* W102 */
                    QF_NOTE_UNKNOWN_COUNT,  /* W103: no attendance */
                    QF_NOTE_FORMULA,        /* W104 */
                    QF_NOTE_NO_YEAR,        /* W105 */
                    QF_NOTE_HIDDEN,         /* W106 */
                    QF_NOTE_NO_RECORD,      /* W107: the name of a group, a signature */
                    QF_NOTE_HEADER_AGAIN,   /* W108 */
                    QF_NOTE_NO_ROWS,        /* W109 */
                    QF_NOTE_DOUBLE,         /* W210 */
                    QF_NOTE_ACTIVITIES,     /* W220 */
                    QF_NOTE_ATTENDANCES,    /* W220 */
                    QF_NOTE_FELL,           /* W301: a figure that only grows is less now */
                    QF_NOTE_AFTER_CLOSE,    /* E151: taken, and its period is closed */
                    QF_NOTE_VERDICT,        /* a verdict's own code: verdict_code */
                    QF_NOTES,
};

struct qf_note {
        enum qf_note_code code;
        uint16_t verdict_code;
        uint32_t line, last_line;   /* last_line: of several, else 0; line 0: the file */
        struct qf_view column, got; /* live as long as the table; empty: none */
        struct qf_view near;        /* a suggestion, or what else is named */
        uint64_t a, b;              /* figures of the text */
        bool held; /* of a verdict: the server keeps it for the office, mending it would be a second one */
};

/* "E104"; of a verdict its own name. */
const char *qf_note_name(const struct qf_note *note);
bool qf_note_returns(const struct qf_note *note); /* the line is returned for it; else it is a remark */
/* Why and how, as two sentences (how may be empty), and the whole message. Appended to the buffer. */
QF_CHECK int qf_note_why(const struct qf_note *note, bool chinese, struct qf_buffer *buffer);
QF_CHECK int qf_note_how(const struct qf_note *note, bool chinese, struct qf_buffer *buffer);
QF_CHECK int qf_note_print(const struct qf_note *note, bool chinese, struct qf_buffer *buffer);

struct qf_notes_list {          /* zero-initialised is empty */
        struct qf_buffer notes; /* struct qf_note */
};

QF_CHECK int qf_notes_list_add(struct qf_notes_list *list, const struct qf_note *note);
uint32_t qf_notes_list_count(const struct qf_notes_list *list);
struct qf_note qf_notes_list_at(const struct qf_notes_list *list, uint32_t i);
void qf_notes_list_deinit(struct qf_notes_list *list);
