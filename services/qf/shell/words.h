/* The words that stand for values in the tables of commands, "DIM[,DIM]" of --by: what a shell may offer in their place.
 * Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum qf_fills {
        QF_FILLS_NOTHING, /* a number, a text, a key: nobody can guess it */
        QF_FILLS_FILE,
        QF_FILLS_FOLDER,
        QF_FILLS_CHOICE,    /* the alternatives are in the word itself: "zh|en", "feed,read" */
        QF_FILLS_COMMAND,   /* commands of qf, and then the parts of that one */
        QF_FILLS_KIND,      /* kinds of events */
        QF_FILLS_DIMENSION, /* of the programme */
        QF_FILLS_MEMBER,    /* codes of one dimension */
        QF_FILLS_PAIR,      /* DIMENSION=CODE */
        QF_FILLS_SOURCE,    /* those whose keys lie in the directory */
        QF_FILLS_MEASURE,   /* of the kind that the line names, else of all */
        QF_FILLS_ASIDE,     /* codes of what is set aside */
        QF_FILLS_YEAR,
        QF_FILLS_MONTH,
        QF_FILLS_DAY,    /* 2023-05-06 */
        QF_FILLS_DATE,   /* 2023, 2023-05 or 2023-05-06 */
        QF_FILLS_PERIOD, /* that is closed or could be: 2023-05, 2023Q2, 2023H1, 2023 */
};

struct qf_word {
        enum qf_fills fills;
        const char *of; /* the dimension of QF_FILLS_MEMBER; else NULL */
        bool list;      /* several, parted by commas */
        bool goes_on;   /* "=" and more follow */
};

/* What a value or argument is, by the word for it. Brackets, dots and repetitions around the word do not matter; of
 * alternatives the first that can be filled counts. False: the word is in no table. */
bool qf_word_known(struct qf_view word, struct qf_word *ret_word);
/* The alternatives of QF_FILLS_CHOICE one by one: *at, which begins at 0, is where to go on. False at the end. */
bool qf_word_choice(struct qf_view word, uint32_t *at, struct qf_view *ret_choice);
