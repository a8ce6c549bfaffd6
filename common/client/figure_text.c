/* Thousandths are read digit by digit: 92.5 is 92500 and never a binary fraction. */
#include "client/figure_text.h"

#include <stdio.h>

#include "model/ratio.h"
#include "client/feed_cell.h"

static int read_flag(struct qf_view text, uint32_t *ret_value)
{
        static const struct {
                const char *word;
                uint32_t value;
        } words[] = {{"是", 1}, {"有", 1}, {"yes", 1}, {"y", 1}, {"true", 1},  {"1", 1}, {"√", 1},
                     {"否", 0}, {"无", 0}, {"no", 0},  {"n", 0}, {"false", 0}, {"0", 0}};

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (!qf_cell_same(text, qf_view_of(words[i].word)))
                        continue;
                *ret_value = words[i].value;
                return 0;
        }
        return QF_CELL_UNCLEAR;
}

static int read_milli(struct qf_view text, uint32_t *ret_value)
{
        char room[QF_CELL_ROOM];
        const struct qf_view folded = qf_cell_fold(text, room);
        uint64_t value = 0;
        int decimals = -1; /* behind the point; -1: there was none */

        if (folded.len == 0)
                return QF_CELL_EMPTY;
        for (uint32_t i = 0; i < folded.len; i++) {
                const char c = folded.at[i];
                if (c == '.' && decimals < 0 && i > 0) {
                        decimals = 0;
                        continue;
                }
                if (c < '0' || c > '9' || decimals == 3 || value > UINT32_MAX)
                        return QF_CELL_UNCLEAR;
                value = value * 10 + (uint64_t)(c - '0');
                decimals += decimals >= 0;
        }
        for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
                value *= 10;
        if (value >= UINT32_MAX)
                return QF_CELL_UNCLEAR;
        *ret_value = (uint32_t)value;
        return 0;
}

/* Percent may be written as such; of any other count 100% is no number. */
static int read_count(const struct qf_figure *figure, struct qf_view text, uint32_t *ret_value)
{
        char room[QF_CELL_ROOM];
        struct qf_view folded = qf_cell_fold(text, room);
        const bool percent = folded.len > 1 && folded.at[folded.len - 1] == '%' &&
                             qf_view_same(qf_view_of(figure->code), QF_VIEW("percent"));
        folded.len -= percent;
        return qf_cell_number(folded, UINT32_MAX - 1, ret_value);
}

int qf_figure_read(const struct qf_figure *figure, struct qf_view text, uint32_t *ret_value)
{
        uint16_t minutes;
        int r;

        if (text.len == 0)
                return QF_CELL_EMPTY;
        switch (figure->type) {
        case QF_FIGURE_COUNT: return read_count(figure, text, ret_value);
        case QF_FIGURE_DATE: return qf_cell_date(text, QF_ORDER_YMD, ret_value);
        case QF_FIGURE_CLOCK:
                r = qf_cell_clock(text, &minutes);
                if (r == 0)
                        *ret_value = minutes;
                return r;
        case QF_FIGURE_MILLI: return read_milli(text, ret_value);
        case QF_FIGURE_FLAG: return read_flag(text, ret_value);
        }
        return QF_CELL_UNCLEAR;
}

int qf_figure_state(const struct qf_figure *figure, struct qf_view text, uint32_t *ret_value,
                    enum qf_note_code *ret_note)
{
        static const enum qf_note_code unclear[] = {
                [QF_FIGURE_COUNT] = QF_NOTE_NOT_A_NUMBER, [QF_FIGURE_DATE] = QF_NOTE_UNCLEAR_DAY,
                [QF_FIGURE_CLOCK] = QF_NOTE_CLOCK,        [QF_FIGURE_MILLI] = QF_NOTE_NOT_A_NUMBER,
                [QF_FIGURE_FLAG] = QF_NOTE_FLAG,
        };
        uint32_t value;
        int result = qf_figure_read(figure, text, &value);

        if (result == 0 && figure->type == QF_FIGURE_DATE && value % 100 == 0)
                result = QF_CELL_UNCLEAR; /* a month, or a year */
        if (figure->type == QF_FIGURE_COUNT && qf_cell_number_is_twofold(text)) {
                *ret_note = QF_NOTE_TWOFOLD_NUMBER;
                return QF_CELL_UNCLEAR;
        }
        if (result == 0) {
                *ret_value = value;
                return 0;
        }
        if (result <= QF_CELL_EMPTY)
                return result;
        *ret_note = result == QF_CELL_NO_SUCH ? QF_NOTE_NO_SUCH_DATE : unclear[figure->type];
        return QF_CELL_UNCLEAR;
}

char *qf_figure_print(const struct qf_figure *figure, int64_t value, bool chinese, char room[QF_FIGURE_TEXT])
{
        const enum qf_figure_type type = figure ? figure->type : QF_FIGURE_COUNT;
        const unsigned long long all = (unsigned long long)value;

        switch (type) {
        case QF_FIGURE_DATE:
                (void)snprintf(room, QF_FIGURE_TEXT, "%04llu-%02llu-%02llu", all / 10000, all / 100 % 100,
                               all % 100);
                break;
        case QF_FIGURE_CLOCK:
                (void)snprintf(room, QF_FIGURE_TEXT, "%02llu:%02llu", all / 60, all % 60);
                break;
        case QF_FIGURE_MILLI:
                (void)snprintf(room, QF_FIGURE_TEXT, "%llu.%03llu", all / 1000, all % 1000);
                for (size_t len = strlen(room); room[len - 1] == '0' || room[len - 1] == '.'; len--) {
                        const bool point = room[len - 1] == '.';
                        room[len - 1] = '\0';
                        if (point)
                                break;
                }
                break;
        case QF_FIGURE_FLAG:
                (void)snprintf(room, QF_FIGURE_TEXT, "%s",
                               value     ? (chinese ? "是" : "yes")
                               : chinese ? "否"
                                         : "no");
                break;
        case QF_FIGURE_COUNT: (void)qf_ratio_grouped(value, room, QF_FIGURE_TEXT); break;
        }
        return room;
}
