/* The annual report as a document: overview, months, what it divides into, and each derived report that there are
 * records for. Of now, or of a published edition. */
#pragma once

#include "qf/reports/hand_on.h"
#include "qf/reports/reports.h"
#include "qf/reports/year_print.h"

struct qf_year_source {
        struct qf_cli *cli;
        const struct qf_programme *programme;
        const struct qf_report_years *options;
        const struct qf_years *years;
        const struct qf_year_report *report;
        uint64_t version;
        const char *
                beside; /* lines about what is published: which editions it is of, or beside it; NULL: none */
        const struct qf_edition *edition; /* the first of those it is of; NULL: of now, which is asked for */
        uint32_t editions;                /* how many it is of, which together cover its years */
        struct qf_view data;              /* of all of them */
        const struct qf_edition_names *names; /* as they were; NULL: of now */
        bool restricted;                      /* lines of it are left out that this reader may not see */
};

/* "annual-report-2022-2023-HX-edition-1", without an ending. */
void qf_year_document_name(const struct qf_year_source *source, char *ret_name, size_t room);
/* In a form beyond text and JSON. 0 or 1. */
QF_CHECK int qf_year_document(const struct qf_year_source *source, enum qf_form form,
                              struct qf_buffer *ret_bytes);
