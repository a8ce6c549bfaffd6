/* Figures for print. Everything is exact integer arithmetic in 128 bits with one
 * rounding at the end, because rounding twice prints 96.5 for 96.4497 and a
 * threshold decided on a printed figure calls 97.99 "over 98". */
#include "model/ratio.h"

#include <inttypes.h>
#include <stdio.h>

__extension__ typedef __int128 wide;

static const char not_computable[] = "—";

enum { DECIMALS_MAX = 6 };

static char *put(char *ret_text, size_t room, const char *text)
{
        if (room > 0)
                (void)snprintf(ret_text, room, "%s", text);
        return ret_text;
}

/* part / whole rounded to an integer; whole > 0; ties away from zero or to even. */
static int64_t divide(wide part, wide whole, enum qf_rounding rounding)
{
        bool negative = part < 0;
        wide size = negative ? -part : part;
        wide quotient = size / whole, twice = size % whole * 2;

        if (twice > whole || (twice == whole && (rounding == QF_HALF_UP || quotient % 2 != 0)))
                quotient++;
        if (quotient > INT64_MAX)
                quotient = INT64_MAX;
        return (int64_t)(negative ? -quotient : quotient);
}

static int64_t power_of_ten(int exponent)
{
        int64_t power = 1;

        while (exponent-- > 0)
                power *= 10;
        return power;
}

/* scaled is the value times 10^decimals. */
static char *print_scaled(int64_t scaled, int decimals, bool plus, char *ret_text, size_t room)
{
        int64_t unit = power_of_ten(decimals);
        uint64_t size = scaled < 0 ? -(uint64_t)scaled : (uint64_t)scaled;
        const char *sign = scaled < 0 ? "-" : plus && scaled > 0 ? "+" : "";

        if (room == 0)
                return ret_text;
        if (decimals == 0)
                (void)snprintf(ret_text, room, "%s%" PRIu64, sign, size);
        else
                (void)snprintf(ret_text, room, "%s%" PRIu64 ".%0*" PRIu64, sign, size / (uint64_t)unit,
                               decimals, size % (uint64_t)unit);
        return ret_text;
}

static int clamp_decimals(int decimals)
{
        return decimals < 0 ? 0 : decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
}

char *qf_ratio_growth(int64_t current, int64_t base, enum qf_rounding rounding, char *ret_text, size_t room)
{
        if (base <= 0)
                return put(ret_text, room, not_computable);
        return print_scaled(divide(((wide)current - base) * 10000, base, rounding), 2, true, ret_text, room);
}

char *qf_ratio_percent(int64_t part, int64_t whole, int decimals, enum qf_rounding rounding, char *ret_text,
                       size_t room)
{
        int places = clamp_decimals(decimals);

        if (whole <= 0)
                return put(ret_text, room, not_computable);
        return print_scaled(divide((wide)part * 100 * power_of_ten(places), whole, rounding), places, false,
                            ret_text, room);
}

char *qf_ratio_mean(int64_t sum, int64_t count, int decimals, enum qf_rounding rounding, char *ret_text,
                    size_t room)
{
        int places = clamp_decimals(decimals);

        if (count <= 0)
                return put(ret_text, room, not_computable);
        return print_scaled(divide((wide)sum * power_of_ten(places), count, rounding), places, false,
                            ret_text, room);
}

bool qf_ratio_over(int64_t part, int64_t whole, int64_t percent)
{
        return whole > 0 && (wide)part * 100 > (wide)percent * whole;
}

char *qf_ratio_grouped(int64_t value, char *ret_text, size_t room)
{
        char digits[24], out[32];
        int len, at = 0;

        len = snprintf(digits, sizeof(digits), "%" PRIu64, value < 0 ? -(uint64_t)value : (uint64_t)value);
        if (value < 0)
                out[at++] = '-';
        for (int i = 0; i < len; i++) {
                if (i > 0 && (len - i) % 3 == 0)
                        out[at++] = ',';
                out[at++] = digits[i];
        }
        out[at] = '\0';
        return put(ret_text, room, out);
}

char *qf_ratio_magnitude_zh(int64_t value, char *ret_text, size_t room)
{
        if (value < 10000)
                return qf_ratio_grouped(value, ret_text, room);
        if (room > 0)
                (void)snprintf(ret_text, room, "%" PRId64 "万%s", value / 10000, value % 10000 ? "余" : "");
        return ret_text;
}

char *qf_ratio_magnitude_en(int64_t value, char *ret_text, size_t room)
{
        char grouped[32];

        if (value < 10000)
                return qf_ratio_grouped(value, ret_text, room);
        if (room > 0)
                (void)snprintf(ret_text, room, "%s%s", value % 10000 ? "over " : "",
                               qf_ratio_grouped(value / 10000 * 10000, grouped, sizeof(grouped)));
        return ret_text;
}
