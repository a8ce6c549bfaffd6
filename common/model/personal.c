/* Why: counts are public, people are not. Whoever sends a text with somebody's
 * number in it did not mean to, and it should not come into a journal that is kept
 * for ever. Wrong alarms cost a row its way, so only whole groups of digits with
 * the right shape count: serial numbers, dates and sums have others. */
#include "model/personal.h"

#include <string.h>

#include "model/period.h"

enum { PREFIX_DIGITS = 2, IDENTITY_PLACES = 18, GROUP_DIGITS_MAX = 20 };

struct group { /* digits that follow each other, at most GROUP_DIGITS_MAX kept */
        char digits[GROUP_DIGITS_MAX];
        uint32_t count;      /* of digits, also those that are not kept */
        uint32_t from, upto; /* in the text; upto: behind it */
};

/* A digit, plain or wide: its value; bytes it takes. -1: none. */
static int digit_at(struct qf_view text, uint32_t at, uint32_t *ret_len)
{
        const uint8_t *bytes = (const uint8_t *)text.at + at;
        *ret_len = 1;
        if (bytes[0] >= '0' && bytes[0] <= '9')
                return bytes[0] - '0';
        if (text.len - at < 3 || bytes[0] != 0xef || bytes[1] != 0xbc || bytes[2] < 0x90 || bytes[2] > 0x99)
                return -1;
        *ret_len = 3;
        return bytes[2] - 0x90;
}

/* The next group of digits from *at on; false: none. *at: behind it. */
static bool next_group(struct qf_view text, uint32_t *at, struct group *ret_group)
{
        uint32_t len;
        *ret_group = (struct group){0};
        while (*at < text.len && digit_at(text, *at, &len) < 0)
                (*at)++;
        ret_group->from = *at;
        while (*at < text.len) {
                int digit = digit_at(text, *at, &len);
                if (digit < 0)
                        break;
                if (ret_group->count < GROUP_DIGITS_MAX)
                        ret_group->digits[ret_group->count] = (char)('0' + digit);
                ret_group->count++;
                *at += len;
        }
        ret_group->upto = *at;
        return ret_group->count > 0;
}

/* --- shapes --------------------------------------------------------------- */

static bool is_mobile(const char *digits, uint32_t count)
{
        return count == QF_MOBILE_DIGITS && digits[0] == '1' && digits[1] >= '3' && digits[1] <= '9';
}

/* With the country before it or not: 86, 0086. */
static bool mobile_of(const struct group *group, const char **ret_digits)
{
        uint32_t skip = 0;
        if (group->count == QF_MOBILE_DIGITS + PREFIX_DIGITS && memcmp(group->digits, "86", 2) == 0)
                skip = PREFIX_DIGITS;
        else if (group->count == QF_MOBILE_DIGITS + 2 * PREFIX_DIGITS &&
                 memcmp(group->digits, "0086", 4) == 0)
                skip = 2 * PREFIX_DIGITS;
        *ret_digits = group->digits + skip;
        return group->count <= GROUP_DIGITS_MAX && is_mobile(*ret_digits, group->count - skip);
}

/* Three, four, four, with one sign between. */
static bool is_parted_mobile(const struct group groups[3], char ret_digits[QF_MOBILE_DIGITS])
{
        if (groups[0].count != 3 || groups[1].count != 4 || groups[2].count != 4 ||
            groups[1].from - groups[0].upto != 1 || groups[2].from - groups[1].upto != 1)
                return false;
        memcpy(ret_digits, groups[0].digits, 3);
        memcpy(ret_digits + 3, groups[1].digits, 4);
        memcpy(ret_digits + 7, groups[2].digits, 4);
        return is_mobile(ret_digits, QF_MOBILE_DIGITS);
}

static uint32_t number_of(const char *digits, uint32_t count)
{
        uint32_t number = 0;
        for (uint32_t i = 0; i < count; i++)
                number = number * 10 + (uint32_t)(digits[i] - '0');
        return number;
}

/* check: the last place, a digit or X. */
static bool is_identity(const char digits[IDENTITY_PLACES - 1], char check)
{
        static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
        static const char checks[] = "10X98765432";
        uint32_t sum = 0, born = number_of(digits + 6, 8);
        for (uint32_t i = 0; i < sizeof(weights); i++)
                sum += weights[i] * (uint32_t)(digits[i] - '0');
        if (check == 'x')
                check = 'X';
        return checks[sum % 11] == check && born % 100 > 0 && born / 100 % 100 > 0 && qf_date_valid(born);
}

static bool identity_of(struct qf_view text, struct group *group)
{
        if (group->count == IDENTITY_PLACES)
                return is_identity(group->digits, group->digits[IDENTITY_PLACES - 1]);
        if (group->count != IDENTITY_PLACES - 1 || group->upto == text.len ||
            (text.at[group->upto] != 'X' && text.at[group->upto] != 'x') ||
            !is_identity(group->digits, text.at[group->upto]))
                return false;
        group->upto++;
        return true;
}

/* --- finding ---------------------------------------------------------------- */

static enum qf_personal found(enum qf_personal what, struct qf_view text, uint32_t from, uint32_t upto,
                              struct qf_view *ret_found)
{
        if (ret_found)
                *ret_found = (struct qf_view){text.at + from, upto - from};
        return what;
}

enum qf_personal qf_personal_find(struct qf_view text, struct qf_view *ret_found)
{
        struct group last[3] = {{.count = 0}}; /* the newest is the last */
        char parted[QF_MOBILE_DIGITS];
        const char *digits;
        uint32_t at = 0;
        for (;;) {
                memmove(&last[0], &last[1], 2 * sizeof(last[0]));
                struct group *group = &last[2];
                if (!next_group(text, &at, group))
                        return QF_PERSONAL_NONE;
                if (mobile_of(group, &digits))
                        return found(QF_PERSONAL_MOBILE, text, group->from, group->upto, ret_found);
                if (identity_of(text, group))
                        return found(QF_PERSONAL_IDENTITY, text, group->from, group->upto, ret_found);
                if (is_parted_mobile(last, parted))
                        return found(QF_PERSONAL_MOBILE, text, last[0].from, group->upto, ret_found);
        }
}

/* Signs that people write within a number. */
static bool is_within(char sign)
{
        return sign == ' ' || sign == '-' || sign == '+' || sign == '(' || sign == ')';
}

bool qf_personal_mobile(struct qf_view cell, char ret_digits[QF_MOBILE_DIGITS])
{
        struct group group = {.count = 0};
        const char *digits;
        for (uint32_t at = 0, len; at < cell.len; at += len) {
                int digit = digit_at(cell, at, &len);
                if (digit < 0 && !is_within(cell.at[at]))
                        return false;
                if (digit >= 0 && group.count < GROUP_DIGITS_MAX)
                        group.digits[group.count] = (char)('0' + digit);
                group.count += digit >= 0;
        }
        if (!mobile_of(&group, &digits))
                return false;
        memcpy(ret_digits, digits, QF_MOBILE_DIGITS);
        return true;
}
