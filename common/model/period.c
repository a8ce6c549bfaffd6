/* Calendar arithmetic on yyyymmdd numbers. Counting needs local dates only, so
 * nothing here reads a clock, a zone file or the C library's calendar: the same
 * input gives the same date on every machine. */
#include "model/period.h"

static bool leap(uint32_t year)
{
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_in(uint32_t year, uint32_t month)
{
        static const uint8_t days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

        return month == 2 && leap(year) ? 29 : days[month];
}

bool qf_date_valid(uint32_t date)
{
        uint32_t year = date / 10000, month = date / 100 % 100, day = date % 100;

        if (year < QF_DATE_FIRST / 10000 || year > QF_DATE_LAST / 10000 || month > 12)
                return false;
        if (month == 0)
                return day == 0;
        return day <= days_in(year, month);
}

uint32_t qf_date_month(uint32_t date)
{
        return date / 100 % 100 == 0 ? 0 : date / 100 * 100;
}

uint32_t qf_date_year(uint32_t date)
{
        return date / 10000;
}

uint32_t qf_date_first_day(uint32_t date)
{
        uint32_t month = date / 100 % 100, day = date % 100;

        return date / 10000 * 10000 + (month ? month : 1) * 100 + (day ? day : 1);
}

uint32_t qf_date_last_day(uint32_t date)
{
        uint32_t year = date / 10000, month = date / 100 % 100, day = date % 100;

        if (month == 0)
                return year * 10000 + 1231;
        if (month > 12)
                return date;
        return year * 10000 + month * 100 + (day ? day : days_in(year, month));
}

uint32_t qf_date_in_year(uint32_t day, uint32_t year)
{
        const uint32_t there = year * 10000 + day % 10000;

        return qf_date_valid(there) ? there : year * 10000 + 228;
}

/* The year is taken to begin in March, so that the leap day is its last. */
int32_t qf_date_days(uint32_t day)
{
        int32_t year = (int32_t)(day / 10000), month = (int32_t)(day / 100 % 100);
        int32_t shifted = month > 2 ? month - 3 : month + 9;
        int32_t era, of_era, of_year;

        year -= month <= 2;
        era = year / 400;
        of_era = year - era * 400;
        of_year = (153 * shifted + 2) / 5 + (int32_t)(day % 100) - 1;
        return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

uint32_t qf_date_from_days(int32_t days)
{
        int32_t shifted = days + 719468;
        int32_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
        int32_t of_era = shifted - era * 146097;
        int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
        int32_t month = (5 * of_year + 2) / 153;
        int32_t day = of_year - (153 * month + 2) / 5 + 1;

        month += month < 10 ? 3 : -9;
        year += era * 400 + (month <= 2);
        return (uint32_t)(year * 10000 + month * 100 + day);
}

uint32_t qf_date_at(int64_t wall_ms, int32_t zone_minutes)
{
        const int64_t day_ms = 86400000, last_ms = qf_date_days(QF_DATE_LAST) * day_ms;
        int64_t known_ms = wall_ms < -last_ms ? -last_ms : wall_ms > last_ms ? last_ms : wall_ms;
        int64_t local = known_ms + (int64_t)zone_minutes * 60000;
        int64_t days = local / day_ms - (local % day_ms < 0);

        return qf_date_from_days((int32_t)days);
}
