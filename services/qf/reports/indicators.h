/* The indicator dictionary: what each figure of a report means, declared once.
 * `qf indicators`, the definitions below each report, its --help and
 * docs/indicators.md are made from it. Pure data. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "qf/cli/cli.h"

enum qf_adds {
        QF_ADDS_UP,
        QF_ADDS_NEVER,
        QF_ADDS_POOLED, /* k and n, of the same question */
        QF_ADDS_STOCK,  /* the value at a date */
        QF_ADDS_MAX,
        QF_ADDS_WITHIN_YEAR, /* of one organisation and year */
};

struct qf_indicator {
        const char *code, *zh, *en;
        const char *unit_zh, *unit_en;
        const char *of_zh, *of_en;       /* what is counted; of a rate its k */
        const char *among_zh, *among_en; /* of a rate its n; NULL: it is none */
        const char *source;              /* kinds, dimensions and registers that it is made of */
        enum qf_adds over_time,
                over_members; /* over dimensions with one value for each record; over others nothing adds up */
};

const struct qf_indicator *qf_indicators(size_t *ret_count);
const struct qf_indicator *qf_indicator(const char *code); /* NULL: there is none */
const char *qf_adds_zh(enum qf_adds adds);
const char *qf_adds_en(enum qf_adds adds);
struct qf_indicator_words { /* an indicator as it is explained */
        char name[96], means[640], adds[320];
};
void qf_indicator_say(bool chinese, const struct qf_indicator *indicator,
                      struct qf_indicator_words *ret_words);
/* A line for each of the codes; the same below a report. */
void qf_indicators_list(const struct qf_cli *cli, const char *const *codes, FILE *to);
void qf_indicators_footnotes(const struct qf_cli *cli, const char *const *codes, FILE *to);
