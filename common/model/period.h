/* Dates and periods, as numbers yyyymmdd with 00 for what is not known:
 * 20230506 a day, 20230500 a month, 20230000 a year. Local dates of the
 * programme's time zone; no clock is read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { QF_DATE_FIRST = 19000101, QF_DATE_LAST = 29991231 };

bool qf_date_valid(uint32_t date);         /* real calendar date, or month, or year, between the bounds */
uint32_t qf_date_month(uint32_t date);     /* 20230500; 0 when only the year is known */
uint32_t qf_date_year(uint32_t date);      /* 2023 */
uint32_t qf_date_first_day(uint32_t date); /* first day it may be: 20230000 gives 20230101 */
uint32_t qf_date_last_day(uint32_t date);
/* The same day of another year; of the leap day, where it has none, the day before. */
uint32_t qf_date_in_year(uint32_t day, uint32_t year);
int32_t qf_date_days(uint32_t day); /* days since 1970-01-01 of a full date */
uint32_t qf_date_from_days(int32_t days);
/* The local date at a moment. zone_minutes: east of UTC; the programme's zone has no daylight saving. */
uint32_t qf_date_at(int64_t wall_ms, int32_t zone_minutes);
