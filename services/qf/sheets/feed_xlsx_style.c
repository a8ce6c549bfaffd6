/* Why: 45052 is a day or a number of people, and shown as 2023年5月 it is a month;
 * what the clerk saw is what was meant. */
#include "qf/sheets/feed_xlsx_style.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/period.h"

enum {
        EPOCH_DAYS = 25569, /* 1970-01-01 */
        EPOCH_1904_DAYS = 1462,
        DAYS_FIRST = 61, /* before it lies the 29th of February 1900 that never was */
        DAYS_LAST = 2958465,
        MINUTES = 1440,
};

/* --- formats ------------------------------------------------------------ */

enum qf_xlsx_shape qf_xlsx_shape_of_id(uint32_t id)
{
        static const struct {
                uint32_t first, last;
                enum qf_xlsx_shape shape;
        } known[] = {
                {9, 10, QF_SHAPE_PERCENT},  {14, 15, QF_SHAPE_DATE},    {16, 16, QF_SHAPE_NO_YEAR},
                {17, 17, QF_SHAPE_MONTH},   {18, 21, QF_SHAPE_TIME},    {22, 22, QF_SHAPE_DATE_TIME},
                {27, 27, QF_SHAPE_MONTH},   {28, 29, QF_SHAPE_NO_YEAR}, {30, 31, QF_SHAPE_DATE},
                {32, 35, QF_SHAPE_TIME},    {36, 36, QF_SHAPE_MONTH},   {45, 47, QF_SHAPE_TIME},
                {50, 50, QF_SHAPE_MONTH},   {51, 51, QF_SHAPE_NO_YEAR}, {52, 52, QF_SHAPE_MONTH},
                {53, 54, QF_SHAPE_NO_YEAR}, {55, 56, QF_SHAPE_TIME},    {57, 57, QF_SHAPE_MONTH},
                {58, 58, QF_SHAPE_NO_YEAR},
        };
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
                if (id >= known[i].first && id <= known[i].last)
                        return known[i].shape;
        return QF_SHAPE_PLAIN;
}

/* What the first section of a format has, apart from its texts, colours and languages. */
struct signs {
        bool letter[26]; /* as lower case */
        bool digits;     /* 0 */
        bool percent;    /* % */
        bool other;      /* # ? @ General: a number or a text */
};

static void take_sign(struct signs *signs, char sign)
{
        char lower = sign >= 'A' && sign <= 'Z' ? (char)(sign - 'A' + 'a') : sign;
        if (lower >= 'a' && lower <= 'z')
                signs->letter[lower - 'a'] = true;
        signs->digits |= sign == '0';
        signs->percent |= sign == '%';
        signs->other |= sign == '#' || sign == '?' || sign == '@';
}

/* General"人": a number as it is, in a word whose letters are none of a date's. */
static const char general[] = "General";

static struct signs signs_of(const char *format)
{
        struct signs signs = {0};
        bool quoted = false, bracket = false;
        for (const char *at = format; *at && (*at != ';' || quoted || bracket); at++) {
                if (*at == '"')
                        quoted = !quoted;
                if (quoted || *at == '"')
                        continue;
                if (!bracket && strncasecmp(at, general, strlen(general)) == 0) {
                        signs.other = true;
                        at += strlen(general) - 1;
                        continue;
                }
                if (*at == '[' && at[1] && strchr("hHmMsS", at[1]))
                        signs.letter['h' - 'a'] = true; /* [h], [mm]: hours beyond a day */
                if (*at == '[' || *at == ']')
                        bracket = *at == '[';
                else if ((*at == '\\' || *at == '_' || *at == '*') && at[1])
                        at++;
                else if (!bracket)
                        take_sign(&signs, *at);
        }
        return signs;
}

enum qf_xlsx_shape qf_xlsx_shape_of_code(const char *format)
{
        const struct signs signs = signs_of(format);
        bool year = signs.letter['y' - 'a'] || signs.letter['e' - 'a'];
        bool month = signs.letter['m' - 'a'], day = signs.letter['d' - 'a'];
        bool time = signs.letter['h' - 'a'] || signs.letter['s' - 'a'];
        if (signs.percent)
                return QF_SHAPE_PERCENT;
        if (signs.other || (signs.digits && !time))
                return QF_SHAPE_PLAIN;
        if (year && day)
                return time ? QF_SHAPE_DATE_TIME : QF_SHAPE_DATE;
        if (year)
                return month ? QF_SHAPE_MONTH : QF_SHAPE_YEAR;
        if (day || (month && !time))
                return QF_SHAPE_NO_YEAR;
        return time ? QF_SHAPE_TIME : QF_SHAPE_PLAIN;
}

/* --- values ------------------------------------------------------------- */

static struct qf_view said(char *room, int len)
{
        return (struct qf_view){room, (uint32_t)len};
}

static struct qf_view clock_value(double value, char *room)
{
        long minutes = lround((value - floor(value)) * MINUTES) % MINUTES;
        return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%02ld:%02ld", minutes / 60, minutes % 60));
}

static struct qf_view day_value(double value, enum qf_xlsx_shape shape, char *room)
{
        double whole = floor(value);
        long minutes = lround((value - whole) * MINUTES);
        uint32_t date = qf_date_from_days((int32_t)whole - EPOCH_DAYS + (minutes == MINUTES));
        unsigned year = date / 10000, month = date / 100 % 100, day = date % 100;
        minutes %= MINUTES;
        switch (shape) {
        case QF_SHAPE_MONTH: return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%04u-%02u", year, month));
        case QF_SHAPE_YEAR: return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%04u", year));
        case QF_SHAPE_DATE_TIME:
                return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%04u-%02u-%02u %02ld:%02ld", year,
                                           month, day, minutes / 60, minutes % 60));
        default: return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%04u-%02u-%02u", year, month, day));
        }
}

static bool is_digits(struct qf_view text)
{
        for (uint32_t i = 0; i < text.len; i++)
                if (text.at[i] < '0' || text.at[i] > '9')
                        return false;
        return text.len > 0;
}

static struct qf_view plain_value(double value, char *room)
{
        if (fabs(value) < 1e15 && value == floor(value))
                return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%.0f", value));
        return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%.15g", value));
}

static struct qf_view percent_value(double value, char *room)
{
        return said(room, snprintf(room, QF_XLSX_VALUE_ROOM, "%.15g%%", value * 100));
}

struct qf_view qf_xlsx_value(struct qf_view number, enum qf_xlsx_shape shape, bool epoch_1904,
                             char room[QF_XLSX_VALUE_ROOM])
{
        char text[QF_XLSX_VALUE_ROOM], *end;
        if (number.len == 0 || number.len >= sizeof(text) || (shape == QF_SHAPE_PLAIN && is_digits(number)))
                return number;
        memcpy(text, number.at, number.len);
        text[number.len] = '\0';
        double value = strtod(text, &end);
        if (*end || !isfinite(value))
                return number;
        if (shape == QF_SHAPE_PLAIN)
                return plain_value(value, room);
        if (shape == QF_SHAPE_PERCENT)
                return percent_value(value, room);
        if (shape == QF_SHAPE_TIME && value >= 0 && value < DAYS_LAST)
                return clock_value(value, room);
        value += epoch_1904 ? EPOCH_1904_DAYS : 0;
        if (value < DAYS_FIRST || value >= DAYS_LAST)
                return number;
        return day_value(value, shape, room);
}
