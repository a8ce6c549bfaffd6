/* What the derived reports share: their options, the registers, the questions they
 * ask, and the page they fill. A report is one function that asks and fills. */
#pragma once

#include "model/kinds.h"
#include "qf/reports/hand_on.h"
#include "qf/reports/page.h"
#include "qf/reports/reports.h"

enum { QF_REPORT_ASKINGS = 12 };

struct qf_report_options { /* those of all reports; each names the ones it takes */
        const char *from, *to, *asof, *host, *measure, *org;
        uint64_t year, base, days, above;
        struct qf_list where, by;
        bool csv, geojson, silent, no_titles;
        struct qf_handing handing;
};

struct qf_report_edition { /* published data that answers */
        struct qf_view data;
        struct qf_arena *arena; /* of its answers, which live until the run is over */
        bool restricted;        /* lines are left out that this reader may not see */
};

struct qf_report_run {
        struct qf_cli *cli;
        struct qf_report_options options;
        struct qf_subscription *registers;
        const struct qf_programme *programme;
        uint32_t today;
        uint32_t first_day, last_day; /* of --from and --to; 0: open */
        uint32_t asof;                /* of --asof; today */
        struct qf_asking *askings[QF_REPORT_ASKINGS];
        uint32_t askings_count;
        struct qf_asking *idle;            /* a connection that waits for the next question, or NULL */
        struct qf_report_edition *edition; /* which is asked; NULL: reporting is, for what is now */
        bool own_words;                    /* the page says itself what does not add up */
        bool own_total;                    /* its total is of what this reader sees, and it says so itself */
        uint64_t version;                  /* of the last answer */
        bool restricted;                   /* some answer left out what this reader may not see */
        struct qf_page page;
};

struct qf_report { /* what a derived report is made of: .of of its command */
        const char *const *indicators;
        const char *kinds; /* without which it has nothing to say, parted by a space; NULL: none */
        int (*fill)(struct qf_report_run *run); /* 0 or 1 */
        const char *title_zh, *title_en;        /* where it is handed on */
        /* There it begins with another page; NULL: it is its one page. */
        int (*first)(struct qf_report_run *run);
        const char *first_zh, *first_en, *rest_zh, *rest_en; /* headings of both */
};

/* Rows of an option table. */
#define QF_REPORT_FROM QF_FROM_OPTION(struct qf_report_options)
#define QF_REPORT_TO QF_TO_OPTION(struct qf_report_options)
#define QF_REPORT_ASOF                                                                                       \
        {                                                                                                    \
                "asof", QF_OPTION_TEXT, offsetof(struct qf_report_options, asof), "DAY",                     \
                        "看到哪一天为止；默认今天", "as it stood on a day; default today", 0                 \
        }
#define QF_REPORT_YEAR                                                                                       \
        {                                                                                                    \
                "year", QF_OPTION_NUMBER, offsetof(struct qf_report_options, year), "YEAR",                  \
                        "哪一年；默认今年", "the year; default this one", 2999                               \
        }
#define QF_REPORT_WHERE QF_WHERE_OPTION(struct qf_report_options)
#define QF_REPORT_FORMS                                                                                      \
        {                                                                                                    \
                "csv", QF_OPTION_FLAG, offsetof(struct qf_report_options, csv),                              \
                NULL,  "打印成 CSV",   "print CSV",                                                          \
                0},                                                                                          \
                QF_HANDING_OPTIONS(offsetof(struct qf_report_options, handing))

/* The run of a derived report's command: parses, asks, fills and prints. Exit code. */
int qf_report_run(struct qf_cli *cli, int argc, char **argv);

/* A question of its own connection, so that all answers live until the page is printed; remarks go onto the page.
 * 0 or 1. */
QF_CHECK int qf_report_ask(struct qf_report_run *run, struct qf_from_reader query,
                           struct qf_to_reader *ret_answer);
/* Every activity of the days of the run, by date, page by page; what take gets lives until it returns. take: 0, or
 * -errno. 0 or 1. */
QF_CHECK int qf_report_each(struct qf_report_run *run,
                            int (*take)(void *ctx, const struct qf_to_reader *page,
                                        const struct qf_answer_row *row),
                            void *ctx);
/* The last answer is needed no more; its connection serves the next question. */
void qf_report_answered(struct qf_report_run *run);
/* The records of a kind in these days (0: open), as --where narrows them. 0 or 1. */
QF_CHECK int qf_report_ask_list(struct qf_report_run *run, const char *kind, uint32_t first_day,
                                uint32_t last_day, struct qf_to_reader *ret_answer);
/* Totals of activities by dimensions parted by a space, in the days of the run, as --where narrows them. 0 or 1. */
QF_CHECK int qf_report_ask_by(struct qf_report_run *run, const char *by, struct qf_to_reader *ret_answer);

bool qf_report_valid(const struct qf_member *member, uint32_t first_day, uint32_t last_day);
/* Ids of the members of a dimension in the programme's order, made with malloc; those that were never told are left
 * out. 0 or 1. A dimension that there is not has none. */
QF_CHECK int qf_report_order(struct qf_report_run *run, uint16_t dimension, uint32_t **ret_ids,
                             uint32_t *ret_count);
/* Whether a member passes --where, on the last day asked for. */
bool qf_report_asked(const struct qf_report_run *run, const char *dimension, uint32_t member);
void qf_report_this_year(struct qf_report_run *run); /* where no dates were said: this year, up to today */
int qf_report_no_memory(struct qf_report_run *run);  /* 1 */
