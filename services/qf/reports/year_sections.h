/* The parts of the annual report while it is put together: each is a page of its own, filled by a report or here. */
#pragma once

#include "qf/reports/report_run.h"
#include "qf/reports/year_document.h"

enum { QF_YEAR_SECTIONS_MAX = QF_HANDED_PAGES };

struct qf_year_sections {
        const struct qf_year_source *source;
        struct qf_cli *cli;
        struct qf_list own, chosen; /* --org alone; with the channel and what --where says */
        bool channel;               /* only activities of one channel are in the headline */
        uint32_t first_day, last_day;
        struct qf_asking *idle;
        struct qf_report_edition edition;
        struct qf_handed *handed;
        struct qf_report_run *runs;
        uint32_t count;
        char left_out[QF_HANDED_BYTES]; /* labels of dimensions that few activities state */
};

extern const char *const qf_year_indicators[]; /* of what is counted by year */

/* A part that may narrow what it asks; it is begun, filled, and kept or let go. */
struct qf_report_run *qf_year_section_begin(struct qf_year_sections *sections, const char *name,
                                            const char *const *indicators, const struct qf_list *where);
/* Into the document under its heading, if it has anything to say; what was answered is let go of. */
void qf_year_section_end(struct qf_year_sections *sections, struct qf_report_run *run, bool shown,
                         const char *heading);
/* A part for each dimension that activities are counted by, organisations first. 0 or 1. */
QF_CHECK int qf_year_members(struct qf_year_sections *sections);
