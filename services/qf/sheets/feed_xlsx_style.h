/* What the number of a cell stands for, by the format that it is shown in: days
 * are numbers in a spreadsheet, and only the format tells. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum qf_xlsx_shape {
        QF_SHAPE_PLAIN,
        QF_SHAPE_PERCENT,   /* 1, shown as 100% */
        QF_SHAPE_DATE,      /* year, month, day */
        QF_SHAPE_DATE_TIME, /* with hours */
        QF_SHAPE_MONTH,     /* 2023年5月: the day is not said, and not known */
        QF_SHAPE_YEAR,
        QF_SHAPE_NO_YEAR, /* 5月6日: the year is in the file, but nobody sees it */
        QF_SHAPE_TIME,
};

enum { QF_XLSX_VALUE_ROOM = 64 };

enum qf_xlsx_shape qf_xlsx_shape_of_id(uint32_t id);          /* built in, those of Chinese Excel too */
enum qf_xlsx_shape qf_xlsx_shape_of_code(const char *format); /* "yyyy\"年\"m\"月\"" */
/* The number as people would write what it stands for: 45052 → 2023-05-06, 120.0 → 120, 0.5 → 50%. What is no number, or no day of
 * any calendar, comes back as it is. epoch_1904: days are counted from 1904. */
struct qf_view qf_xlsx_value(struct qf_view number, enum qf_xlsx_shape shape, bool epoch_1904,
                             char room[QF_XLSX_VALUE_ROOM]);
