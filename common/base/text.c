/* Why: text from outside is checked once, at the edge, so that everything behind
 * it may print, compare and store it without thinking of it again. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static unsigned sequence_bytes(uint8_t lead)
{
        return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0x80 ? 2 : 1;
}

/* Length of the UTF-8 sequence at text, its code point in *ret_point; 0: not valid. */
static unsigned decode_point(const uint8_t *at, size_t left, uint32_t *ret_point)
{
        uint8_t lead = at[0];
        if (lead < 0x80) {
                *ret_point = lead;
                return 1;
        }
        const unsigned len = sequence_bytes(lead);
        if (lead < 0xc2 || lead > 0xf4 || len > left)
                return 0;
        uint32_t point = lead & (0xffu >> (len + 1));
        for (unsigned i = 1; i < len; i++) {
                if ((at[i] & 0xc0) != 0x80)
                        return 0;
                point = point << 6 | (at[i] & 0x3fu);
        }
        static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < least[len] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
                return 0;
        *ret_point = point;
        return len;
}

/* Controls, and the marks that make text read other than it is stored. */
static bool point_allowed(uint32_t point, bool lines)
{
        if (point < 0x20)
                return lines && (point == '\n' || point == '\t');
        if (point == 0x7f || (point >= 0x80 && point < 0xa0))
                return false;
        if ((point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069))
                return false;
        return point != 0xfeff;
}

/* Most text is plain ASCII: eight bytes at a time. */
static inline bool eight_plain(uint64_t word)
{
        uint64_t high = 0x8080808080808080u, ones = 0x0101010101010101u;
        uint64_t below_space = (word - ones * 0x20) & ~word & high;
        uint64_t del = word ^ ones * 0x7f;
        uint64_t is_del = (del - ones) & ~del & high;
        return ((word & high) | below_space | is_del) == 0;
}

/* Names and codes are short: all of them at once, with spaces for the bytes that three have not. */
static inline bool short_plain(const uint8_t *at, uint32_t len)
{
        return len == 0 || eight_plain(qf_get_short(at, len) | (len < 4 ? 0x2020202020000000u : 0));
}

bool qf_text_valid(struct qf_view text, bool lines)
{
        const uint8_t *at = (const uint8_t *)text.at;
        size_t left = text.len;
        if (left < 8 && short_plain(at, text.len))
                return true;
        while (left > 0) {
                if (left >= 8 && eight_plain(qf_get_le64(at))) {
                        at += 8;
                        left -= 8;
                        if (left > 0 && left < 8 && eight_plain(qf_get_le64(at + left - 8)))
                                return true; /* the last eight bytes, some of them once more */
                        continue;
                }
                if (*at >= 0x20 && *at < 0x7f) {
                        at++;
                        left--;
                        continue;
                }
                uint32_t point;
                unsigned len = decode_point(at, left, &point);
                if (len == 0 || !point_allowed(point, lines))
                        return false;
                at += len;
                left -= len;
        }
        return true;
}

char *qf_text_whole(char *text)
{
        const size_t len = strlen(text);
        size_t last = len;
        while (last > 0 && ((uint8_t)text[last - 1] & 0xc0) == 0x80)
                last--;
        if (last > 0 && len - (last - 1) < sequence_bytes((uint8_t)text[last - 1]))
                text[last - 1] = '\0';
        return text;
}

size_t qf_text_characters(struct qf_view text)
{
        size_t characters = 0;
        for (uint32_t i = 0; i < text.len; i++)
                characters += ((uint8_t)text.at[i] & 0xc0) != 0x80;
        return characters;
}

bool qf_text_number(struct qf_view text, uint64_t most, uint64_t *ret_value)
{
        uint64_t value = 0;
        if (text.len == 0)
                return false;
        for (uint32_t i = 0; i < text.len; i++) {
                unsigned digit = (unsigned)(uint8_t)text.at[i] - '0';
                if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
                    __builtin_add_overflow(value, (uint64_t)digit, &value) || value > most)
                        return false;
        }
        *ret_value = value;
        return true;
}

char *qf_text_escape(struct qf_view text, char *ret_text, size_t room)
{
        static const char digits[] = "0123456789abcdef";
        size_t used = 0;
        for (uint32_t i = 0; i < text.len; i++) {
                uint8_t byte = (uint8_t)text.at[i];
                bool plain = byte >= 0x20 && byte != 0x7f && byte != '"' && byte != '\\';
                size_t need = plain ? 1 : 4;
                if (used + need + 1 > room)
                        break;
                if (plain) {
                        ret_text[used++] = (char)byte;
                        continue;
                }
                ret_text[used++] = '\\';
                ret_text[used++] = 'x';
                ret_text[used++] = digits[byte >> 4];
                ret_text[used++] = digits[byte & 15];
        }
        if (room == 0)
                return ret_text;
        ret_text[used] = '\0';
        return qf_text_whole(ret_text);
}

void qf_text_hex(const uint8_t *bytes, size_t len, char *ret_text)
{
        static const char digits[] = "0123456789abcdef";
        for (size_t i = 0; i < len; i++) {
                ret_text[2 * i] = digits[bytes[i] >> 4];
                ret_text[2 * i + 1] = digits[bytes[i] & 15];
        }
        ret_text[2 * len] = '\0';
}

static int hex_value(char digit)
{
        if (digit >= '0' && digit <= '9')
                return digit - '0';
        if (digit >= 'a' && digit <= 'f')
                return digit - 'a' + 10;
        if (digit >= 'A' && digit <= 'F')
                return digit - 'A' + 10;
        return -1;
}

bool qf_text_unhex(struct qf_view text, uint8_t *ret_bytes, size_t len)
{
        if (text.len != 2 * len)
                return false;
        for (size_t i = 0; i < len; i++) {
                int high = hex_value(text.at[2 * i]);
                int low = hex_value(text.at[2 * i + 1]);
                if (high < 0 || low < 0)
                        return false;
                ret_bytes[i] = (uint8_t)(high << 4 | low);
        }
        return true;
}
