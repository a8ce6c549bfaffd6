/* The sentence of the year's report, pure: figures in, words out. All its numbers
 * come from integers and are rounded once.
 *
 *     2022年至2023年，全区共开展线下活动638场，覆盖9万余人次；2023年活动场次较2021年增长50.92%，覆盖人次较2021年增长73.05%。 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "model/cell.h"
#include "model/ratio.h"

struct qf_year_report {
        bool training; /* none of its numbers are real */
        uint32_t from, year, base;
        struct qf_counts range;       /* from .. year */
        struct qf_counts now, before; /* of year and base; of the same days when the year is not over */
        uint32_t upto;                /* yyyymmdd: the year is not over; 0: it is */
        bool undated_excluded; /* then: records known to a longer period only are not in now or before */
        enum qf_rounding rounding;
        struct qf_view scope;   /* 全区, "across the district"; empty: not said */
        struct qf_view channel; /* 线下, "in-person"; empty: all */
};

/* Appends the sentence, without a newline. -ENOMEM. */
QF_CHECK int qf_year_report_zh(const struct qf_year_report *report, struct qf_buffer *ret_text);
QF_CHECK int qf_year_report_en(const struct qf_year_report *report, struct qf_buffer *ret_text);
/* "+50.92", "—" where it cannot be compared (qf_counts_compared). */
char *qf_year_report_growth(const struct qf_year_report *report, enum qf_measure measure, char *ret_text,
                            size_t room);
