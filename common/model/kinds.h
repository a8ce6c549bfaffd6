/* The declared kinds: statements whose fields, measures and rules of adding are
 * one table (kinds.c) that judging, counting, queries, `qf feed`, help and
 * docs/programme.md are made from. A declared kind has a natural key, a date,
 * members of dimensions, and up to eight figures; it keeps no cells: what is
 * asked of it is folded over what stands. Activities stand in the table too, for
 * what is printed of them; they have cells and code of their own.
 *
 * To add one: its message in body.proto (key 1, action 2, revision 3, date 4,
 * value 5, then its figures in the table's order), its row in kinds.c, its line in
 * wire/kinds.c. Pure data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "model/event.h"

enum qf_figure_type {
        QF_FIGURE_COUNT, /* of what its label says */
        QF_FIGURE_DATE,  /* yyyymmdd, a whole day */
        QF_FIGURE_CLOCK, /* minutes after midnight */
        QF_FIGURE_MILLI, /* thousandths, written 12.5 */
        QF_FIGURE_FLAG,  /* 1 yes, 0 no */
};

struct qf_figure {
        const char *code, *zh, *en;
        enum qf_figure_type type;
        uint32_t least, most; /* of counts, and of dates that are not looked at */
        bool required;
        uint8_t at_most;             /* the place + 1 of the figure that this one may not exceed; 0: none */
        const char *const *synonyms; /* other headers of clerks' files, NULL-terminated; NULL: none */
};

/* How the values of several records become one (programme's rules of adding). */
enum qf_rule {
        QF_RULE_SUM,   /* added, over time and over members; never over several members of one record */
        QF_RULE_MAX,   /* the largest; never added */
        QF_RULE_EACH,  /* of one record alone: different people are never added up */
        QF_RULE_RATIO, /* k of n: both are added, and only of the same question; percentages never are */
        QF_RULE_STOCK, /* how many stand at a date; never added over time */
};

struct qf_kind_measure {
        const char *code, *zh, *en;
        enum qf_rule rule;
        int8_t figure;      /* its place; QF_NO_FIGURE: the records themselves are counted */
        int8_t of;          /* ratio: place of n; stock: place of the last day, which may be unstated */
        const char *within; /* dimensions, and "year", that may not be mixed in one value; NULL: none */
        bool ends; /* stock: on that day it stands no more, as what is verified; else it does, as an agreement */
};

enum { QF_NO_FIGURE = -1, QF_KIND_MEASURES_MAX = 8, QF_KIND_DECLARED = 4 };

struct qf_kind_spec {
        uint8_t kind; /* enum qf_kind */
        bool ahead;   /* its date may lie in the future */
        const char *code, *zh, *en;
        const char *key_zh, *key_en; /* what its key is by custom */
        const char *key_parts; /* what clerks' files make it of: dimensions, "date", "number"; NULL: number */
        const char *const *key_headers;  /* of the number, in clerks' files */
        const char *date_zh, *date_en;   /* what its date is */
        const char *const *date_headers; /* in clerks' files */
        const char *needs; /* dimensions without which it says nothing, where the programme has them */
        uint8_t figures_count, measures_count;
        uint8_t grows; /* bits by place: what a platform counts, which never becomes less */
        struct qf_figure figures[QF_FIGURES_MAX];
        struct qf_kind_measure measures[QF_KIND_MEASURES_MAX];
};

/* All rows of the table, activities first. */
const struct qf_kind_spec *qf_kinds(size_t *ret_count);
const struct qf_kind_spec *qf_kind_spec(uint32_t kind);        /* of a declared kind; NULL: it is none */
const struct qf_kind_spec *qf_kind_named(struct qf_view code); /* of a declared kind, or NULL */
/* Nearly all events are of the first kinds: one comparison. */
static inline bool qf_kind_is_declared(uint32_t kind)
{
        return kind >= QF_KIND_DECLARED && qf_kind_spec(kind) != NULL;
}
/* A measure by its code; NULL: the kind has none of that name. */
const struct qf_kind_measure *qf_kind_measure(const struct qf_kind_spec *spec, struct qf_view code);
/* Place of a figure by its code; QF_NO_FIGURE: none. */
int qf_kind_figure(const struct qf_kind_spec *spec, struct qf_view code);
/* The next word of a list such as needs and within; false: no more. */
bool qf_kind_word(const char **rest, struct qf_view *ret_word);

/* What a rule means: for help, footnotes, refusals and docs. */
const char *qf_rule_zh(enum qf_rule rule);
const char *qf_rule_en(enum qf_rule rule);

/* A figure out of its bounds, or missing, or above the one it may not exceed: its place with *ret_code; QF_NO_FIGURE:
 * none. */
int qf_kind_fault(const struct qf_kind_spec *spec, const struct qf_event *event, uint16_t *ret_code);
