/* The subcommands of `qf period`: cmd_period.c has the table. */
#pragma once

#include "qf/reports/edition_read.h"

struct qf_period_options {
        const char *scope, *reason, *by, *output, *file;
        uint64_t edition, to;
        struct qf_list waive;
        bool waive_missing, data;
};

/* What every subcommand that names an edition begins with; the caller closes both. */
struct qf_period_open {
        struct qf_subscription *registers;
        struct qf_asking *asking;
        const struct qf_programme *programme;
        struct qf_view scope;
        struct qf_period period;
};
void qf_period_close(struct qf_period_open *open);
/* Reads the period, and learns what stands from reporting. 0 or 1. */
QF_CHECK int qf_period_open(struct qf_cli *cli, const struct qf_period_options *options, const char *period,
                            struct qf_period_open *ret_open);
/* The edition that is meant, the last one when none is named. 0 or 1. */
QF_CHECK int qf_period_find(struct qf_cli *cli, const struct qf_period_open *open, uint64_t number,
                            const struct qf_edition **ret_edition);
/* "2023-03 第1版", "2023-03 HX, edition 1". */
enum { QF_EDITION_TEXT_BYTES = 128 };
char *qf_edition_text(const struct qf_cli *cli, const struct qf_edition *edition,
                      char ret_text[QF_EDITION_TEXT_BYTES]);

extern const struct qf_command qf_period_list;
extern const struct qf_command qf_period_show;
extern const struct qf_command qf_period_changes;
extern const struct qf_command qf_period_do_close;
extern const struct qf_command qf_period_do_reopen;
extern const struct qf_command qf_period_do_publish;

/* Makes a file of an edition public: its parts, then what says that they are all. Again is no harm. 0 or 1. */
QF_CHECK int qf_edition_publish(struct qf_cli *cli, const struct qf_edition *edition, struct qf_view file,
                                struct qf_view bytes, struct qf_view by);
