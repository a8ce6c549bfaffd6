/* Why: a whole calendar at the Tab key helps nobody; each Tab goes one step, year, month, day. */
#include "qf/shell/when.h"

#include <stdarg.h>
#include <stdio.h>

#include "model/period.h"

enum { YEARS = 5, MONTHS = 12, WORD_BYTES = 32, YEAR_TYPED = 4, MONTH_TYPED = 7 };

struct when {
        void (*offer)(void *ctx, struct qf_view word);
        void *ctx;
};

__attribute__((format(printf, 2, 3))) static void say(const struct when *when, const char *format, ...)
{
        char word[WORD_BYTES];
        va_list args;

        va_start(args, format);
        (void)vsnprintf(word, sizeof word, format, args);
        va_end(args);
        when->offer(when->ctx, qf_view_of(word));
}

/* The number of so many digits at a place; 0: there are no such digits. */
static uint32_t digits(struct qf_view typed, uint32_t at, uint32_t count)
{
        uint32_t number = 0;

        if (typed.len < at + count)
                return 0;
        for (uint32_t i = at; i < at + count; i++) {
                if (typed.at[i] < '0' || typed.at[i] > '9')
                        return 0;
                number = number * 10 + (uint32_t)(typed.at[i] - '0');
        }
        return number;
}

static void say_last_months(const struct when *when, uint32_t today)
{
        uint32_t year = today / 10000, month = today / 100 % 100;

        for (unsigned i = 0; i < MONTHS; i++) {
                say(when, "%04u-%02u", year, month);
                year -= month == 1;
                month = month == 1 ? 12 : month - 1;
        }
}

static void say_days(const struct when *when, uint32_t year, uint32_t month)
{
        const uint32_t first = year * 10000 + month * 100;

        for (uint32_t day = 1; day <= 31 && qf_date_valid(first + day); day++)
                say(when, "%04u-%02u-%02u", year, month, day);
}

/* What a year has of it. */
static void say_within(const struct when *when, enum qf_fills fills, uint32_t year)
{
        if (fills == QF_FILLS_DATE || fills == QF_FILLS_PERIOD)
                say(when, "%04u", year);
        for (uint32_t month = 1; month <= 12; month++)
                say(when, fills == QF_FILLS_DAY ? "%04u-%02u-01" : "%04u-%02u", year, month);
        for (uint32_t i = 1; fills == QF_FILLS_PERIOD && i <= 4; i++)
                say(when, "%04uQ%u", year, i);
        for (uint32_t i = 1; fills == QF_FILLS_PERIOD && i <= 2; i++)
                say(when, "%04uH%u", year, i);
}

void qf_when(enum qf_fills fills, struct qf_view typed, uint32_t today,
             void (*offer)(void *ctx, struct qf_view word), void *ctx)
{
        const struct when when = {offer, ctx};
        const uint32_t year = digits(typed, 0, YEAR_TYPED),
                       month = year ? digits(typed, YEAR_TYPED + 1, 2) : 0;
        const bool has_days = fills == QF_FILLS_DATE || fills == QF_FILLS_DAY;

        if (year && fills != QF_FILLS_YEAR) {
                say_within(&when, fills, year);
                if (has_days && typed.len >= MONTH_TYPED)
                        say_days(&when, year, month);
                return;
        }
        for (unsigned i = 0; fills != QF_FILLS_MONTH && fills != QF_FILLS_DAY && i < YEARS; i++)
                say(&when, "%04u", today / 10000 - i);
        if (fills == QF_FILLS_MONTH || fills == QF_FILLS_PERIOD)
                say_last_months(&when, today);
        if (has_days)
                say(&when, "%04u-%02u-%02u", today / 10000, today / 100 % 100, today % 100);
}
