/* Why: a clerk's spreadsheet is right when a person can read it, so every
 * spelling that can mean only one thing is taken, and one that could mean two
 * things is returned and never guessed. */
#include "client/feed_cell.h"

#include <string.h>

#include "base/text.h"
#include "model/event.h"
#include "model/period.h"

enum {
        SERIAL_FIRST = 20000, /* 1954: below it a number is no spreadsheet's day */
        SERIAL_LAST = 80000,
        SERIAL_EPOCH = 25569, /* 1970-01-01 */
        GROUPS_MAX = 3,
};

/* --- words -------------------------------------------------------------- */

static uint32_t character_bytes(struct qf_view text)
{
        uint8_t lead = (uint8_t)text.at[0];
        uint32_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        return len < text.len ? len : text.len;
}

static bool is_space(struct qf_view character)
{
        static const struct qf_view wide[] = {{"\xe3\x80\x80", 3}, {"\xc2\xa0", 2}};
        if (character.len == 1)
                return character.at[0] == ' ' || character.at[0] == '\t' || character.at[0] == '\n';
        return qf_view_same(character, wide[0]) || qf_view_same(character, wide[1]);
}

/* Most cells: neither end is a space, nor a byte that a wide one begins or ends with. */
static bool is_trimmed(struct qf_view cell)
{
        if (cell.len == 0)
                return true;
        uint8_t first = (uint8_t)cell.at[0], last = (uint8_t)cell.at[cell.len - 1];
        return first > ' ' && first != 0xc2 && first != 0xe3 && last > ' ' && last != 0x80 && last != 0xa0;
}

struct qf_view qf_cell_trim(struct qf_view cell)
{
        if (is_trimmed(cell))
                return cell;
        uint32_t from = 0, upto = 0;
        bool begun = false;
        for (uint32_t at = 0; at < cell.len;) {
                struct qf_view rest = {cell.at + at, cell.len - at};
                uint32_t len = character_bytes(rest);
                if (!is_space((struct qf_view){rest.at, len})) {
                        from = begun ? from : at;
                        begun = true;
                        upto = at + len;
                }
                at += len;
        }
        return (struct qf_view){cell.at + from, upto - from};
}

/* U+FF01 .. U+FF5E are the plain characters, wide. */
static char plain_of(struct qf_view character)
{
        if (character.len != 3 || (uint8_t)character.at[0] != 0xef)
                return 0;
        uint32_t point = 0xf000u | ((uint32_t)(uint8_t)character.at[1] & 0x3f) << 6 |
                         ((uint8_t)character.at[2] & 0x3f);
        return point >= 0xff01 && point <= 0xff5e ? (char)(point - 0xff01 + '!') : 0;
}

struct qf_view qf_cell_fold(struct qf_view cell, char room[QF_CELL_ROOM])
{
        uint32_t used = 0;
        cell = qf_cell_trim(cell);
        for (uint32_t at = 0; at < cell.len;) {
                struct qf_view character = {cell.at + at, cell.len - at};
                character.len = character_bytes(character);
                char plain = is_space(character) ? ' ' : plain_of(character);
                uint32_t len = plain ? 1 : character.len;
                if (used + len > QF_CELL_ROOM)
                        break;
                memcpy(room + used, plain ? &plain : character.at, len);
                used += len;
                at += character.len;
        }
        return (struct qf_view){room, used};
}

static char lower(char c)
{
        return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_folded(struct qf_view a, struct qf_view b)
{
        if (a.len != b.len)
                return false;
        for (uint32_t i = 0; i < a.len; i++)
                if (lower(a.at[i]) != lower(b.at[i]))
                        return false;
        return true;
}

bool qf_cell_same(struct qf_view a, struct qf_view b)
{
        char room_a[QF_CELL_ROOM], room_b[QF_CELL_ROOM];
        return same_folded(qf_cell_fold(a, room_a), qf_cell_fold(b, room_b));
}

bool qf_cell_is_word(struct qf_view cell, struct qf_view folded, struct qf_view word)
{
        return same_folded(folded, word) || qf_view_same(cell, word);
}

struct word {
        const char *text;
        uint8_t meaning;
};

static int find_word(struct qf_view cell, const struct word *words, uint8_t *ret_meaning)
{
        if (qf_cell_trim(cell).len == 0)
                return QF_CELL_EMPTY;
        for (; words->text; words++) {
                if (!qf_cell_same(cell, qf_view_of(words->text)))
                        continue;
                *ret_meaning = words->meaning;
                return 0;
        }
        return QF_CELL_UNCLEAR;
}

int qf_cell_method(struct qf_view cell, uint8_t *ret_method)
{
        static const struct word words[] = {
                {"签到", QF_SIGNED_IN},        {"signed_in", QF_SIGNED_IN},
                {"sign-in", QF_SIGNED_IN},     {"点人头", QF_HEADCOUNT},
                {"清点", QF_HEADCOUNT},        {"headcount", QF_HEADCOUNT},
                {"登记", QF_REGISTERED},       {"报名", QF_REGISTERED},
                {"registered", QF_REGISTERED}, {"估计", QF_ESTIMATED},
                {"估算", QF_ESTIMATED},        {"estimated", QF_ESTIMATED},
                {"estimate", QF_ESTIMATED},    {"未说明", QF_METHOD_NONE},
                {"not_said", QF_METHOD_NONE},  {NULL, 0},
        };
        return find_word(cell, words, ret_method);
}

int qf_cell_action(struct qf_view cell, uint8_t *ret_action)
{
        static const struct word words[] = {
                {"新增", QF_CREATE},       {"create", QF_CREATE},
                {"new", QF_CREATE},        {"更正", QF_REPLACE},
                {"修改", QF_REPLACE},      {"replace", QF_REPLACE},
                {"correct", QF_REPLACE},   {"撤回", QF_WITHDRAW},
                {"withdraw", QF_WITHDRAW}, {NULL, 0},
        };
        return find_word(cell, words, ret_action);
}

enum qf_cell_total qf_cell_total(struct qf_view cell)
{
        static const struct word words[] = {
                {"合计", QF_TOTAL_ALL},      {"总计", QF_TOTAL_ALL},       {"共计", QF_TOTAL_ALL},
                {"total", QF_TOTAL_ALL},     {"grandtotal", QF_TOTAL_ALL}, {"小计", QF_TOTAL_PART},
                {"本页小计", QF_TOTAL_PART}, {"本页合计", QF_TOTAL_PART},  {"subtotal", QF_TOTAL_PART},
                {"累计", QF_TOTAL_OTHER},    {"本年累计", QF_TOTAL_OTHER}, {NULL, 0},
        };
        char room[QF_CELL_ROOM];
        uint8_t meaning;
        struct qf_view folded = qf_cell_fold(cell, room);
        uint32_t used = 0;
        for (uint32_t i = 0; i < folded.len; i++) /* "合  计：" */
                if (room[i] != ' ' && room[i] != ':')
                        room[used++] = room[i];
        folded.len = used;
        return find_word(folded, words, &meaning) == 0 ? (enum qf_cell_total)meaning : QF_TOTAL_NONE;
}

bool qf_cell_is_label(struct qf_view cell)
{
        char room[QF_CELL_ROOM];
        struct qf_view folded = qf_cell_fold(cell, room);
        return folded.len > 0 && (folded.at[0] < '0' || folded.at[0] > '9') &&
               memchr(folded.at, ':', folded.len) != NULL;
}

bool qf_cell_split(struct qf_view *rest, struct qf_view characters, struct qf_view *ret_piece)
{
        while (rest->len > 0) {
                uint32_t end = 0, skip = 0;
                while (end < rest->len && skip == 0) {
                        struct qf_view character = {rest->at + end, rest->len - end};
                        character.len = character_bytes(character);
                        if (memmem(characters.at, characters.len, character.at, character.len) &&
                            !is_space(character))
                                skip = character.len;
                        else
                                end += character.len;
                }
                *ret_piece = qf_cell_trim((struct qf_view){rest->at, end});
                rest->at += end + skip;
                rest->len -= end + skip;
                if (ret_piece->len > 0)
                        return true;
        }
        return false;
}

/* --- numbers ------------------------------------------------------------ */

static bool take_prefix(struct qf_view *text, const char *prefix)
{
        uint32_t len = (uint32_t)strlen(prefix);
        if (text->len < len || memcmp(text->at, prefix, len) != 0)
                return false;
        *text = qf_cell_trim((struct qf_view){text->at + len, text->len - len});
        return true;
}

static bool take_suffix(struct qf_view *text, const char *suffix)
{
        uint32_t len = (uint32_t)strlen(suffix);
        if (text->len < len || memcmp(text->at + text->len - len, suffix, len) != 0)
                return false;
        text->len -= len;
        *text = qf_cell_trim(*text);
        return true;
}

static void drop_unit(struct qf_view *text)
{
        static const char *const units[] = {"人次", "人", "次", "场", "名", "个", "件", "分钟"};
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
                if (take_suffix(text, units[i]))
                        return;
}

bool qf_cell_is_scale(struct qf_view remark)
{
        static const char *const scales[] = {"千", "万", "十万", "百万", "千万", "亿"};
        char room[QF_CELL_ROOM];
        struct qf_view text = qf_cell_fold(remark, room);
        if (!take_prefix(&text, "单位:"))
                (void)take_prefix(&text, "单位");
        drop_unit(&text);
        for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++)
                if (qf_view_same(text, qf_view_of(scales[i])))
                        return true;
        return false;
}

/* 1,200 and 12,000,000; not 1,2, nor 1200,300, which may be two numbers. */
static bool drop_commas(struct qf_view text, char room[32], struct qf_view *ret_digits)
{
        const bool grouped = memchr(text.at, ',', text.len) != NULL;
        uint32_t used = 0;
        for (uint32_t i = 0; i < text.len; i++) {
                const bool comma = text.at[i] == ',';
                if (grouped && (text.len % 4 == 0 || comma != ((text.len - i) % 4 == 0)))
                        return false;
                if (comma)
                        continue;
                if (used == 32)
                        return false;
                room[used++] = text.at[i];
        }
        *ret_digits = (struct qf_view){room, used};
        return true;
}

/* A spreadsheet writes 120 as 120.0 or 120.00. */
static void drop_zero_fraction(struct qf_view *text)
{
        uint32_t len = text->len;
        while (len > 1 && text->at[len - 1] == '0')
                len--;
        if (len > 1 && len < text->len && text->at[len - 1] == '.')
                text->len = len - 1;
}

int qf_cell_number(struct qf_view cell, uint32_t most, uint32_t *ret_number)
{
        char room[QF_CELL_ROOM], digits_room[32];
        struct qf_view text = qf_cell_fold(cell, room), digits;
        uint64_t value;

        if (text.len == 0)
                return QF_CELL_EMPTY;
        drop_unit(&text);
        drop_zero_fraction(&text);
        if (!drop_commas(text, digits_room, &digits) || !qf_text_number(digits, most, &value))
                return QF_CELL_UNCLEAR;
        *ret_number = (uint32_t)value;
        return 0;
}

/* Groups of three digits behind one to three, of which no thousands begin with 0. */
bool qf_cell_number_is_twofold(struct qf_view cell)
{
        char room[QF_CELL_ROOM];
        struct qf_view text = qf_cell_fold(cell, room);
        drop_unit(&text);
        if (text.len < 5 || text.len % 4 == 0 || text.at[0] == '0')
                return false;
        for (uint32_t i = 0; i < text.len; i++) {
                const bool digit = text.at[i] >= '0' && text.at[i] <= '9';
                if ((text.len - i) % 4 == 0 ? text.at[i] != '.' : !digit)
                        return false;
        }
        return true;
}

/* --- times ------------------------------------------------------------- */

int qf_cell_clock_plain(struct qf_view cell, uint16_t *ret_minutes)
{
        char room[QF_CELL_ROOM];
        struct qf_view text = qf_cell_fold(cell, room), piece;
        uint64_t part[3] = {0};
        uint32_t parts = 0;

        if (text.len == 0)
                return QF_CELL_EMPTY;
        while (parts < 3 && qf_cell_split(&text, QF_VIEW(":"), &piece))
                if (!qf_text_number(piece, 59, &part[parts++]))
                        return QF_CELL_UNCLEAR;
        if (parts < 2 || text.len > 0 || part[0] > 23)
                return QF_CELL_UNCLEAR;
        *ret_minutes = (uint16_t)(part[0] * 60 + part[1]);
        return 0;
}

enum half { HALF_NONE, HALF_FIRST, HALF_SECOND };

static enum half take_half(struct qf_view *text)
{
        static const struct {
                const char *word;
                enum half half;
        } halves[] = {{"上午", HALF_FIRST}, {"下午", HALF_SECOND}, {"AM", HALF_FIRST},
                      {"PM", HALF_SECOND},  {"am", HALF_FIRST},    {"pm", HALF_SECOND}};
        for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++)
                if (take_prefix(text, halves[i].word) || take_suffix(text, halves[i].word))
                        return halves[i].half;
        return HALF_NONE;
}

/* Parts of a second, behind the second colon. False: a point elsewhere, or no digits behind it. */
static bool drop_fraction(struct qf_view *text)
{
        const char *point = memchr(text->at, '.', text->len);
        const char *colon = memchr(text->at, ':', text->len);
        if (!point)
                return true;
        uint32_t len = (uint32_t)(point - text->at);
        uint64_t fraction;
        if (!colon || colon > point || !memchr(colon + 1, ':', (size_t)(point - colon - 1)) ||
            !qf_text_number((struct qf_view){point + 1, text->len - len - 1}, UINT64_MAX, &fraction))
                return false;
        text->len = len;
        return true;
}

/* 下午19:30 is 19:30 too; 上午 and AM say 12:30 of half past midnight, and 13:30 never. */
static int in_half(uint16_t minutes, enum half half, uint16_t *ret_minutes)
{
        enum { NOON = 12 * 60 };
        if (half == HALF_FIRST && minutes >= NOON + 60)
                return QF_CELL_UNCLEAR;
        if (half == HALF_FIRST && minutes >= NOON)
                minutes -= NOON;
        else if (half == HALF_SECOND && minutes < NOON)
                minutes += NOON;
        *ret_minutes = minutes;
        return 0;
}

int qf_cell_clock(struct qf_view cell, uint16_t *ret_minutes)
{
        char room[QF_CELL_ROOM];
        struct qf_view text = qf_cell_fold(cell, room);
        uint16_t minutes;

        if (text.len == 0)
                return QF_CELL_EMPTY;
        const enum half half = take_half(&text);
        if (!drop_fraction(&text) || qf_cell_clock_plain(text, &minutes))
                return QF_CELL_UNCLEAR;
        return in_half(minutes, half, ret_minutes);
}

/* --- dates -------------------------------------------------------------- */

struct groups { /* of digits */
        uint32_t count;
        uint32_t len[GROUPS_MAX];
        uint32_t value[GROUPS_MAX];
};

/* Bytes of a separator of dates at the beginning; 0: none. Those with a meaning of their own must be in their place. */
static uint32_t separator_bytes(struct qf_view text, uint32_t group)
{
        static const char *const words[GROUPS_MAX] = {"年", "月", "日"};
        if (text.at[0] == '-' || text.at[0] == '/' || text.at[0] == '.')
                return group < GROUPS_MAX - 1 ? 1 : 0;
        if (text.len >= 3 && memcmp(text.at, words[group], 3) == 0)
                return 3;
        if (group == 2 && text.len >= 3 && memcmp(text.at, "号", 3) == 0)
                return 3;
        return 0;
}

static bool read_groups(struct qf_view text, struct groups *ret_groups)
{
        struct groups groups = {0};
        uint32_t at = 0;
        while (at < text.len) {
                uint32_t from = at;
                uint64_t value;
                while (at < text.len && text.at[at] >= '0' && text.at[at] <= '9')
                        at++;
                if (groups.count == GROUPS_MAX || at - from > 8 ||
                    !qf_text_number((struct qf_view){text.at + from, at - from}, UINT32_MAX, &value))
                        return false;
                groups.len[groups.count] = at - from;
                groups.value[groups.count] = (uint32_t)value;
                if (at < text.len) {
                        uint32_t len =
                                separator_bytes((struct qf_view){text.at + at, text.len - at}, groups.count);
                        if (len == 0 || (len == 1 && at + 1 == text.len)) /* 2023-05- lacks its day */
                                return false;
                        at += len;
                }
                groups.count++;
        }
        *ret_groups = groups;
        return groups.count > 0;
}

/* The day without the time behind it; all of it where what is behind it is none. With Z or an offset that is one of another
 * place, whose day may be another here. */
static struct qf_view day_part(struct qf_view text, uint16_t *ret_minutes)
{
        for (uint32_t i = 0; i < text.len; i++) {
                if (text.at[i] != ' ' && text.at[i] != 'T')
                        continue;
                const struct qf_view behind = {text.at + i + 1, text.len - i - 1};
                return qf_cell_clock(behind, ret_minutes) == 0 ? (struct qf_view){text.at, i} : text;
        }
        return text;
}

int qf_cell_date_clock(struct qf_view cell, uint16_t *ret_minutes)
{
        char room[QF_CELL_ROOM];
        const struct qf_view text = qf_cell_fold(cell, room);
        return day_part(text, ret_minutes).len < text.len ? 0 : QF_CELL_EMPTY;
}

static int date_of_one(const struct groups *groups, uint32_t *ret_date)
{
        uint32_t value = groups->value[0];
        switch (groups->len[0]) {
        case 8: *ret_date = value; return 0;
        case 6: *ret_date = value * 100; return 0;
        case 5:
                if (value < SERIAL_FIRST || value > SERIAL_LAST)
                        return QF_CELL_UNCLEAR;
                *ret_date = qf_date_from_days((int32_t)value - SERIAL_EPOCH);
                return 0;
        case 4: *ret_date = value * 10000; return 0;
        default: return QF_CELL_UNCLEAR;
        }
}

static int date_of_three(const struct groups *groups, enum qf_date_order order, uint32_t *ret_date)
{
        uint32_t year = groups->value[0], month = groups->value[1], day = groups->value[2];
        if (groups->len[0] != 4) {
                if (groups->len[2] != 4 || order == QF_ORDER_YMD)
                        return QF_CELL_UNCLEAR;
                year = groups->value[2];
                month = order == QF_ORDER_DMY ? groups->value[1] : groups->value[0];
                day = order == QF_ORDER_DMY ? groups->value[0] : groups->value[1];
        }
        if (month == 0 || month > 12 || day == 0 || day > 31)
                return QF_CELL_NO_SUCH;
        *ret_date = year * 10000 + month * 100 + day;
        return 0;
}

int qf_cell_date(struct qf_view cell, enum qf_date_order order, uint32_t *ret_date)
{
        char room[QF_CELL_ROOM];
        struct groups groups;
        uint32_t date = 0;
        uint16_t minutes;
        int result = QF_CELL_UNCLEAR;

        struct qf_view text = qf_cell_fold(cell, room);
        if (text.len == 0)
                return QF_CELL_EMPTY;
        if (!read_groups(day_part(text, &minutes), &groups))
                return QF_CELL_UNCLEAR;
        if (groups.count == 1)
                result = date_of_one(&groups, &date);
        else if (groups.count == 3)
                result = date_of_three(&groups, order, &date);
        else if (groups.len[0] == 4) {
                date = groups.value[0] * 10000 + groups.value[1] * 100;
                result = groups.value[1] == 0 || groups.value[1] > 12 ? QF_CELL_NO_SUCH : 0;
        }
        if (result == 0 && !qf_date_valid(date))
                result = QF_CELL_NO_SUCH;
        if (result == 0)
                *ret_date = date;
        return result;
}

bool qf_cell_date_is_twofold(struct qf_view cell)
{
        char room[QF_CELL_ROOM];
        const struct qf_view text = qf_cell_fold(cell, room);
        uint32_t date;
        return text.len == 6 && memcmp(text.at + 4, ".1", 2) == 0 &&
               qf_cell_date(text, QF_ORDER_YMD, &date) == 0;
}

bool qf_cell_is_serial(struct qf_view cell)
{
        char room[QF_CELL_ROOM];
        const struct qf_view text = qf_cell_fold(cell, room);
        uint32_t date;
        return text.len == 5 && qf_cell_date(text, QF_ORDER_YMD, &date) == 0;
}
