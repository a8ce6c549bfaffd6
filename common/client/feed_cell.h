/* How clerks write dates, numbers and words in cells, and what they mean. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum { QF_CELL_ROOM = 256 };

enum qf_cell_outcome {
        QF_CELL_EMPTY = 1,   /* nothing is written */
        QF_CELL_UNCLEAR = 2, /* not understood: "5.6" as a date, "约200人" as a number */
        QF_CELL_NO_SUCH = 3, /* a date that no calendar has */
};

enum qf_date_order { QF_ORDER_YMD, QF_ORDER_DMY, QF_ORDER_MDY };

/* Without spaces around it, also wide ones. */
struct qf_view qf_cell_trim(struct qf_view cell);
/* Trimmed, full-width forms made plain (１２０，： → 120,:), cut at the room. */
struct qf_view qf_cell_fold(struct qf_view cell, char room[QF_CELL_ROOM]);
bool qf_cell_same(struct qf_view a, struct qf_view b); /* as words: capitals alike, trimmed, folded */

/* The same against many words: folded is the cell, folded once; a word is as it would be folded. */
bool qf_cell_is_word(struct qf_view cell, struct qf_view folded, struct qf_view word);

/* 2023-05-06, 2023/5/6, 2023.5.6, 2023年5月6日, 20230506, 45052 (a spreadsheet's day), a time of the day behind it or
 * not (with Z or an offset it may be another day here); 2023-05 and 2023年5月 for a month, 2023 for a year. order: of
 * three numbers whose year is last. */
QF_CHECK int qf_cell_date(struct qf_view cell, enum qf_date_order order, uint32_t *ret_date);
/* 2023.1: January, or October where a spreadsheet took 2023.10 for a number. Of a table such a date is returned, though
 * qf_cell_date reads the one. */
bool qf_cell_date_is_twofold(struct qf_view cell);
/* 45052: a day only by the count of its spreadsheet. */
bool qf_cell_is_serial(struct qf_view cell);
/* 120, １２０, 1,200, 120人次, 120.0 */
QF_CHECK int qf_cell_number(struct qf_view cell, uint32_t most, uint32_t *ret_number);
/* 万, 千人, 单位：万人次: of numbers that are written in thousands or more. */
bool qf_cell_is_scale(struct qf_view remark);
/* 1.000, 12.500人次: a thousand and more where the point parts thousands, though qf_cell_number may read one. Who counts asks
 * this first, and returns it. */
bool qf_cell_number_is_twofold(struct qf_view cell);
/* 09:30, 9:30, 19:30:00.000, 下午7:30, 7:30 PM → minutes after midnight. */
QF_CHECK int qf_cell_clock(struct qf_view cell, uint16_t *ret_minutes);
/* The time behind a date, as above; QF_CELL_EMPTY: there is none. */
QF_CHECK int qf_cell_date_clock(struct qf_view cell, uint16_t *ret_minutes);
/* Hours and minutes, seconds or none, and no more: 9:30. */
QF_CHECK int qf_cell_clock_plain(struct qf_view cell, uint16_t *ret_minutes);
/* 签到 点人头 登记 报名 估计, or the codes: enum qf_method. */
QF_CHECK int qf_cell_method(struct qf_view cell, uint8_t *ret_method);
/* 新增 更正 撤回, or create, replace, withdraw: enum qf_action. */
QF_CHECK int qf_cell_action(struct qf_view cell, uint8_t *ret_action);
enum qf_cell_total {
        QF_TOTAL_NONE,
        QF_TOTAL_ALL,   /* 合计 总计 total, also with spaces or a colon */
        QF_TOTAL_PART,  /* 小计 subtotal: of the rows since the last one */
        QF_TOTAL_OTHER, /* 累计: of other files, too */
};
/* What the first text of a line of totals says. */
enum qf_cell_total qf_cell_total(struct qf_view cell);
/* 填表人：张三; not 9:30. What stands below a list is such. */
bool qf_cell_is_label(struct qf_view cell);
/* Cuts the next piece off *rest at any of the characters; pieces are trimmed. False: no more. */
bool qf_cell_split(struct qf_view *rest, struct qf_view characters, struct qf_view *ret_piece);
