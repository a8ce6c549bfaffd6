/* Why: each message names the line, the column, what is written there, why it
 * can't be so and how to mend it, in one form and one table. */
#include "client/feed_notes.h"

#include <string.h>

#include "model/ratio.h"
#include "model/verdict.h"

enum { JOIN_MOST = 16 };

struct text { /* {column} {got} {near}, figures {a} {b} {d}: their difference; how_near: when there is something near */
        const char *name;
        bool returns;
        const char *zh_why, *zh_how, *zh_how_near;
        const char *en_why, *en_how, *en_how_near;
};

/* A table; longer than a function should be. docs/clerk-reference.zh-CN.md and docs/clerk.md have all of its codes. */
static const struct text texts[QF_NOTES] = {
        [QF_NOTE_ENCODING] = {"E001", true, "这个文件不是 UTF-8、UTF-16 也不是 GBK 文字，打不开",
                              "请在 Excel 里“另存为 → CSV UTF-8”或“另存为 → .xlsx”再交", NULL,
                              "This file is no text in UTF-8, UTF-16 or GB18030",
                              "In Excel: save as \"CSV UTF-8\" or as .xlsx", NULL},
        [QF_NOTE_NO_HEADER] =
                {"E002", true, "没找到表头",
                 "前10行里要有“主办单位、活动日期、参加人次”这样的列名；别的表请用 --map",
                 "工作簿里还有别的表：{near}。要报的是其中一张，用 --sheet 指名；就是这张，前10行里要有“主办单位、活动日期、参加人次”这样的列名",
                 "No header was found",
                 "The first 10 lines need names such as lead_org, occurred_on, attendances; for "
                 "another layout give --map",
                 "The workbook has other sheets: {near}. If it is one of them, name it with --sheet; if it is this one, its first 10 "
                 "lines need names such as lead_org, occurred_on, attendances"},
        [QF_NOTE_NO_COLUMN] = {"E003", true, "少了必填列“{got}”", "请加上这一列",
                               "您的表里有“{near}”，是不是它？是的话请把列名改成“{got}”",
                               "The column \"{got}\" is missing", "Add it",
                               "There is \"{near}\": if that is it, rename it \"{got}\""},
        [QF_NOTE_OLD_WORKBOOK] = {"E004", true, "这是旧版的 Excel 文件（.xls），或是加了密码的文件，打不开",
                                  "请在 Excel 里“另存为 → Excel 工作簿（.xlsx）”，不设密码，再交", NULL,
                                  "This is a workbook of the old kind (.xls), or one with a password",
                                  "In Excel: save as .xlsx, without a password", NULL},
        [QF_NOTE_NO_SHEET] =
                {"E004", true, "这个文件不是表格：是网页、PDF 或别的格式，只是改了名字",
                 "请用 Excel 或 WPS 打开，“另存为 → .xlsx”或“CSV UTF-8”再交", NULL,
                 "This file is no sheet: it is a web page, a PDF or something else, whatever its name",
                 "Open it in a spreadsheet and save it as .xlsx or \"CSV UTF-8\"", NULL},
        [QF_NOTE_DAMAGED] = {"E005", true, "这个工作簿（.xlsx）坏了，或没有传完整",
                             "请重新保存或重新拷贝一份再交", NULL,
                             "This workbook (.xlsx) is damaged, or not all of it is here",
                             "Save it or copy it once more", NULL},
        [QF_NOTE_TOO_LARGE] = {"E006", true, "这个文件太大，或压缩得不像一张表",
                               "请只留要报的那张表，分几个文件交", NULL,
                               "This file is too large, or packed as no sheet is",
                               "Keep only the sheet to report, in several files", NULL},
        [QF_NOTE_NO_SUCH_SHEET] = {"E007", true, "工作簿里没有表“{got}”", "请核对 --sheet 的名字",
                                   "里面有：{near}。请核对 --sheet 的名字",
                                   "The workbook has no sheet \"{got}\"", "Check the name given to --sheet",
                                   "It has: {near}. Check the name given to --sheet"},
        [QF_NOTE_OPEN_QUOTE] =
                {"E008", true, "第{a}行有一个引号没有配对，后面的行都会被当成这一格的字",
                 "请补上引号或删去它；最好从 Excel 另存一份", NULL,
                 "In line {a} a quote is opened and never closed: all lines behind it would be its text",
                 "Close it or take it out; best, save the sheet anew", NULL},
        [QF_NOTE_LINES_OF_JSON] = {"E009", true, "这个文件里是一行行 JSON，不是表格",
                                   "请从标准输入交：qf feed - < 文件", NULL,
                                   "This file holds lines of JSON, it is no sheet",
                                   "Feed it from standard input: qf feed - < FILE", NULL},
        [QF_NOTE_SCALED] =
                {"E010", true, "列“{near}”的单位是万、千一类，这里只数个数",
                 "请换算成个数，列名里去掉单位，再交", NULL,
                 "The column \"{near}\" is in thousands or more; only whole numbers are counted here",
                 "Write the numbers out, and leave the unit out of the name", NULL},
        [QF_NOTE_NOT_A_NUMBER] = {"E101", true, "这里只能填范围内的整数",
                                  "请填具体数字；若是估计数，请在「人次来源」填“估计”", NULL,
                                  "Only a whole number within bounds can stand here",
                                  "Give a plain number; for an estimate, say so as its method", NULL},
        [QF_NOTE_TWOFOLD_NUMBER] = {"E101", true, "看不出这一点是小数点还是千分位",
                                    "请不写点：一千写 1000，一写 1", NULL,
                                    "The point may part thousands or decimals",
                                    "Write it without one: 1000 for a thousand, 1 for one", NULL},
        [QF_NOTE_UNCLEAR_DATE] = {"E102", true, "看不出是哪一天", "请写成 2023-05-06；只知道月份就写 2023-05",
                                  NULL, "It is not clear which day that is",
                                  "Write 2023-05-06, or 2023-05 when only the month is known", NULL},
        [QF_NOTE_UNCLEAR_DAY] = {"E102", true, "看不出是哪一天", "请写成 2023-05-06；这里只写月份不行", NULL,
                                 "It is not clear which day that is",
                                 "Write 2023-05-06; a month alone does not do here", NULL},
        [QF_NOTE_UNKNOWN_ORG] = {"E104", true, "不在单位名录里", "请改成名录里的全称，或请办公室补录",
                                 "最接近的是“{near}”。请改成名录里的全称",
                                 "It is not in the register of organisations",
                                 "Use a registered name, or ask the office to add it",
                                 "The nearest is \"{near}\". Use the registered name"},
        [QF_NOTE_UNKNOWN_MEMBER] = {"E104", true, "不在名录里", "请改成名录里的名称，或请办公室补录",
                                    "最接近的是“{near}”。请改成名录里的全称", "It is not in the register",
                                    "Use a registered name, or ask the office to add it",
                                    "The nearest is \"{near}\". Use the registered name"},
        [QF_NOTE_NO_SUCH_DATE] = {"E105", true, "没有这一天", "请写真实的日期，如 2023-05-06", NULL,
                                  "There is no such day", "Write a real date such as 2023-05-06", NULL},
        [QF_NOTE_ABOVE_BOUND] =
                {"E107", true, "超过上限 {a}", "请核对是否多写了零；确实如此请分几条报，或与办公室联系", NULL,
                 "It is above the bound of {a}",
                 "Check for a zero too many; if it is right, report it in parts, or ask the office", NULL},
        [QF_NOTE_MISSING] = {"E109", true, "必填，这里是空的", "请补上", NULL, "It is required and empty",
                             "Fill it in", NULL},
        [QF_NOTE_WORD] =
                {"E110", true, "不认识这个词",
                 "「操作」填 新增/更正/撤回，「人次来源」填 签到/点人头/登记/估计", NULL,
                 "That word is not known here",
                 "An action is create, replace or withdraw; a method is signed_in, headcount, registered or "
                 "estimated",
                 NULL},
        [QF_NOTE_KEY] = {"E112", true, "编号太长（最多 96 字节），或里面有换行一类的字符",
                         "请缩短编号，删去换行", NULL,
                         "The number is too long (at most 96 bytes), or holds a line break or its like",
                         "Shorten it, without breaks", NULL},
        [QF_NOTE_KEY_ROUNDED] =
                {"E112", true, "表格把编号存成了科学计数，后面几位已经没有了",
                 "请把这一列设成“文本”，重新填编号；或另存为 .xlsx 再交", NULL,
                 "The spreadsheet saved this number in powers of ten, and its last digits are gone",
                 "Make the column one of text and fill the number in again, or feed the workbook (.xlsx)",
                 NULL},
        [QF_NOTE_NEEDS_KEY] = {"E113", true, "更正和撤回要写明是哪一条", "请在「活动编号」填上次报送时的编号",
                               NULL, "A correction or withdrawal has to name its record",
                               "Give the number it was reported under", NULL},
        [QF_NOTE_TOO_LONG] =
                {"E114", true,
                 "文字太长（名称最多 120 字，备注 500，原因 200，岗位 40），或名称、岗位里有换行",
                 "请缩短，删去换行", NULL,
                 "The text is too long (title 120 characters, note 500, reason 200, recorded_by 40), or title or recorded_by holds a line break",
                 "Shorten it, without breaks", NULL},
        [QF_NOTE_SPANS] =
                {"E121", true, "这是几行合并的一格，分不出每行各是多少",
                 "请取消合并，每行填自己的数；或合成一行，用「场次」写几场", NULL,
                 "This is one cell for several rows: nobody can say how much belongs to which",
                 "Take the cells apart and give each row its own, or make one row with its sessions", NULL},
        [QF_NOTE_KEY_SPANS] =
                {"E121", true, "这是几行合并的一格，一个编号只能是一行的",
                 "请取消合并，每行填自己的编号；或合成一行，用「场次」写几场", NULL,
                 "This is one cell for several rows, and a number is of one",
                 "Take the cells apart and give each row its own, or make one row with its sessions", NULL},
        [QF_NOTE_BELOW_TOTAL] = {"E116", true, "在第{a}行的合计之下，不知道算不算在内",
                                 "请把合计移到最后一行，或把这一行移到合计上面", NULL,
                                 "It stands below the total of line {a}: does it belong to it?",
                                 "Move the total to the end, or this row above it", NULL},
        [QF_NOTE_NO_RESULT] = {"E117", true, "是公式，表里却没有存它的结果",
                               "请用 Excel 或 WPS 打开后重新保存，或把公式换成数", NULL,
                               "It is a formula, and its result is not in the file",
                               "Open the file in a spreadsheet and save it again, or put the number there",
                               NULL},
        [QF_NOTE_SWALLOWED] =
                {"E119", true, "这一格的字里有像是后面几行的内容，是引号没有配对",
                 "请在那几行补上或删去引号；最好从 Excel 另存一份，整个文件再交", NULL,
                 "This text holds what reads as further rows: a quote in it is not closed where it should be",
                 "Close it or take it out, or best save the sheet anew, and feed the whole file again", NULL},
        [QF_NOTE_CLOCK] = {"E118", true, "不是一天里的时间", "请写成 9:30 或 14:30", NULL,
                           "That is no time of a day", "Write 9:30 or 14:30", NULL},
        [QF_NOTE_FLAG] = {"E122", true, "这里只能填是或否", "请填 是 或 否", NULL,
                          "Only yes or no can stand here", "Write yes or no", NULL},
        [QF_NOTE_WHICH_NUMBER] =
                {"E123", true, "没有填批次，和第{a}行是同一处、同一天，看不出是同一批还是另一批",
                 "另一批请在「批次」填 2（再一批填 3）；同一批请只留一行", NULL,
                 "It has no number and is of the site and day of line {a}: the same visit, or another",
                 "Number another one 2 (the next 3); of the same one leave one line", NULL},
        [QF_NOTE_PERSONAL] = {"Q211", true, "像是有手机号或身份证号，没有发出去",
                              "请删去号码再报：这里只记数，不记人", NULL,
                              "It seems to hold a mobile or identity number, and was not sent",
                              "Take the number out: people are counted here, not named", NULL},
        [QF_NOTE_JSON] = {"E120", true, "不是一行正确的 JSON 对象，或有不认识的字段",
                          "请对照 qf feed --help 里的例子", NULL,
                          "It is not a JSON object as it should be, or has a field that is not known",
                          "Compare it with the example in qf feed --help", NULL},
        [QF_NOTE_GB18030] = {"W001", false, "这个文件不是 UTF-8，按 GB18030（GBK）读的",
                             "名称里若有乱码，请“另存为 → CSV UTF-8”再交", NULL,
                             "This file is not UTF-8, it was read as GB18030 (GBK)",
                             "When names look wrong, save it as \"CSV UTF-8\"", NULL},
        [QF_NOTE_OTHER_SHEETS] = {"W002", false, "工作簿里还有别的表，没有读：{near}",
                                  "要读，用 --sheet 指名", NULL,
                                  "The workbook has other sheets, which were not read: {near}",
                                  "To read one, name it with --sheet", NULL},
        [QF_NOTE_COLUMN_AGAIN] = {"W003", false, "这一列和“{near}”是一个意思，没有读",
                                  "请核对用的是不是对的那一列", NULL,
                                  "This column means the same as \"{near}\" and was not read",
                                  "Make sure that the right one was", NULL},
        [QF_NOTE_HASHED] =
                {"W101", false,
                 "有 {a} 行没有编号，按整行内容编号；其中 {b} 行与前面某行完全相同，按各是一场计",
                 "改动这样一行的任何一格，再报就是新的一场；要能更正，请填编号（或在映射文件里写 key）", NULL,
                 "{a} rows have no number and are known by a hash of the whole row; {b} of them equal a row "
                 "before them and count as activities of their own",
                 "Such a row, edited and fed again, is a new activity: give numbers (or key columns in the "
                 "map) to be able to correct",
                 NULL},
        [QF_NOTE_FILLED_DOWN] = {"W102", false, "是空的，已按上一行“{near}”补上", "请确认是合并单元格",
                                 "请确认是合并单元格",
                                 "it is empty and was filled with \"{near}\" from the line above",
                                 "Make sure it was a merged cell", "Make sure it was a merged cell"},
        [QF_NOTE_UNKNOWN_COUNT] = {"W103", false, "没有人次，按“不知道”记，不等于 0", "知道后请用“更正”补报",
                                   NULL, "No attendance: kept as not known, which is not 0",
                                   "Correct it when it becomes known", NULL},
        [QF_NOTE_FORMULA] = {"W104", false, "是公式，用的是表里存的结果", "请确认保存前已经重新计算", NULL,
                             "It is a formula: the result that the file keeps was taken",
                             "Make sure that it was worked out anew before it was saved", NULL},
        [QF_NOTE_NO_YEAR] =
                {"W105", false, "表里只显示月和日，存的是这一天，按它计", "请核对年份", NULL,
                 "The sheet shows month and day only; this is the day that it keeps, and it counts",
                 "Check the year", NULL},
        [QF_NOTE_HIDDEN] = {"W106", false, "在表里是隐藏的，也读了", "不该报的请删掉，不要只隐藏", NULL,
                            "It is hidden in the sheet, and was read all the same",
                            "Delete what is not to be reported: hiding is not enough", NULL},
        [QF_NOTE_NO_RECORD] = {"W107", false, "当作说明，没有计数", "若是一场活动，请填全", NULL,
                               "It was taken for a remark, not for a record",
                               "If it is an activity, fill it in", NULL},
        [QF_NOTE_HEADER_AGAIN] = {"W108", false, "又是一行表头，没有计数", "不用改", NULL,
                                  "It is the header once more, and no record", "Nothing to do", NULL},
        [QF_NOTE_NO_ROWS] = {"W109", false, "表头下面一行活动也没有", "请核对交的是不是这张表", NULL,
                             "There is no activity below the header", "Make sure that this is the sheet",
                             NULL},
        [QF_NOTE_DOUBLE] =
                {"W210", false, "可能重复：第{a}行是另一个单位的，同一天，名称或地点也相同",
                 "若是联办，请只由一家报，另一家写在「协办单位」", NULL,
                 "Perhaps the same as line {a}, of another organisation: same day, and same title or place",
                 "If it was joint, one of them reports it and names the other as co-organiser", NULL},
        [QF_NOTE_ACTIVITIES] = {"W220", false, "合计写 {a} 场，实际 {b} 场，差 {d} 场", "请核对合计",
                                "没有计入的是：{near}",
                                "The total says {a} activities, there are {b}: {d} apart", "Check the total",
                                "Not counted: {near}"},
        [QF_NOTE_ATTENDANCES] = {"W220", false, "合计写 {a} 人次，实际 {b} 人次，差 {d} 人次", "请核对合计",
                                 "没有计入的是：{near}",
                                 "The total says {a} attendances, there are {b}: {d} apart",
                                 "Check the total", "Not counted: {near}"},
        [QF_NOTE_FELL] = {"W301", false, "收下了，但比以前报的少（{near}）",
                          "这样的数只会增加，请核对平台导出的时间", NULL,
                          "Taken, but it is less than before ({near})",
                          "Such a figure only grows: check when the platform exported it", NULL},
        [QF_NOTE_AFTER_CLOSE] =
                {"E151", false, "收下了，这个时期已封账", "照常计入，并列入“封账后变动”，不用重报", NULL,
                 "Taken; its period is closed",
                 "It counts all the same, and is listed among the changes after close: nothing to do", NULL},
};

const char *qf_note_name(const struct qf_note *note)
{
        if (note->code == QF_NOTE_VERDICT)
                return qf_code_text(note->verdict_code)->name;
        return texts[note->code].name;
}

bool qf_note_returns(const struct qf_note *note)
{
        return note->code == QF_NOTE_VERDICT ? !note->held : texts[note->code].returns;
}

/* --- text --------------------------------------------------------------- */

/* What the server says of a date goes by what else it told: only of this case where the programme begins. */
static const struct text too_early = {"E105",
                                      true,
                                      "早于本方案的第一天 {near}",
                                      "请核对年份；方案开始以前的不在这里报",
                                      NULL,
                                      "It is before {near}, the first day of the programme",
                                      "Check the year; what was before that is not reported here",
                                      NULL};

/* NULL: the server's sentence. */
static const struct text *text_of(const struct qf_note *note)
{
        if (note->code != QF_NOTE_VERDICT)
                return &texts[note->code];
        return note->verdict_code == QF_E105_NO_SUCH_DATE && note->near.len > 0 ? &too_early : NULL;
}

static int append(struct qf_buffer *buffer, const char *text)
{
        return qf_buffer_append(buffer, text, strlen(text));
}

static int append_figure(struct qf_buffer *buffer, uint64_t figure)
{
        char room[32];
        return append(buffer, qf_ratio_grouped((int64_t)figure, room, sizeof(room)));
}

static int append_filled(const struct qf_note *note, struct qf_view name, struct qf_buffer *buffer)
{
        const struct {
                struct qf_view name, text;
        } texts_of[] = {{QF_VIEW("column"), note->column},
                        {QF_VIEW("got"), note->got},
                        {QF_VIEW("near"), note->near}};
        for (size_t i = 0; i < sizeof(texts_of) / sizeof(texts_of[0]); i++)
                if (qf_view_same(name, texts_of[i].name))
                        return qf_buffer_append(buffer, texts_of[i].text.at, texts_of[i].text.len);
        if (qf_view_same(name, QF_VIEW("a")))
                return append_figure(buffer, note->a);
        if (qf_view_same(name, QF_VIEW("b")))
                return append_figure(buffer, note->b);
        return append_figure(buffer, note->a > note->b ? note->a - note->b : note->b - note->a);
}

/* A text of the grid, with what it names in braces. */
static int fill_in(const struct qf_note *note, const char *text, struct qf_buffer *buffer)
{
        int result = 0;
        while (*text && result == 0) {
                const char *brace = strchr(text, '{'), *end = brace ? strchr(brace, '}') : NULL;
                if (!end)
                        return append(buffer, text);
                result = qf_buffer_append(buffer, text, (size_t)(brace - text));
                if (result == 0)
                        result = append_filled(note, (struct qf_view){brace + 1, (uint32_t)(end - brace - 1)},
                                               buffer);
                text = end + 1;
        }
        return result;
}

/* Of a conflict what is near is what stands. */
static bool tells_what_stands(const struct qf_note *note)
{
        return note->verdict_code == QF_E141_CONFLICT && note->near.len > 0;
}

int qf_note_why(const struct qf_note *note, bool chinese, struct qf_buffer *buffer)
{
        const struct text *own = text_of(note);
        if (own)
                return fill_in(note, chinese ? own->zh_why : own->en_why, buffer);
        const struct qf_code_text *text = qf_code_text(note->verdict_code);
        const char *sentence = chinese ? text->zh : text->en;
        size_t len = strlen(sentence);
        const char *end = chinese ? "。" : ".";
        size_t end_len = strlen(end);
        if (len > end_len && strcmp(sentence + len - end_len, end) == 0)
                len -= end_len; /* the whole message ends it */
        const char *stop = tells_what_stands(note) ? strstr(sentence, end) : NULL;
        const size_t before =
                stop ? (size_t)(stop - sentence) : 0; /* what stands is told in the first sentence */
        int result = qf_buffer_append(buffer, sentence, before);
        if (result == 0 && stop)
                result = fill_in(note, chinese ? "（{near}）" : " ({near})", buffer);
        return result ? result : qf_buffer_append(buffer, sentence + before, len - before);
}

int qf_note_how(const struct qf_note *note, bool chinese, struct qf_buffer *buffer)
{
        const struct text *text = text_of(note);
        if (!text)
                return note->near.len > 0 && !tells_what_stands(note)
                               ? fill_in(note, chinese ? "最接近的是“{near}”" : "The nearest is \"{near}\"",
                                         buffer)
                               : 0;
        if (note->near.len == 0 || !text->zh_how_near)
                return fill_in(note, chinese ? text->zh_how : text->en_how, buffer);
        return fill_in(note, chinese ? text->zh_how_near : text->en_how_near, buffer);
}

static int print_place(const struct qf_note *note, bool chinese, struct qf_buffer *buffer)
{
        int result = 0;
        if (note->last_line > note->line)
                result = qf_buffer_print(buffer, chinese ? "第%u–%u行" : "lines %u to %u", note->line,
                                         note->last_line);
        else if (note->line > 0)
                result = qf_buffer_print(buffer, chinese ? "第%u行" : "line %u", note->line);
        if (result == 0 && note->column.len > 0)
                result = qf_buffer_print(buffer, chinese ? "「%.*s」" : ", \"%.*s\"", (int)note->column.len,
                                         note->column.at);
        if (result == 0 && note->line > 0)
                result = append(buffer, chinese ? "：" : ": ");
        if (result == 0 && note->line > 0 && note->got.len > 0)
                result = qf_buffer_print(buffer, chinese ? "写的是“%.*s”，" : "it says \"%.*s\". ",
                                         (int)note->got.len, note->got.at);
        return result;
}

int qf_note_print(const struct qf_note *note, bool chinese, struct qf_buffer *buffer)
{
        int result = qf_buffer_print(buffer, "%s ", qf_note_name(note));
        if (result == 0)
                result = print_place(note, chinese, buffer);
        if (result == 0)
                result = qf_note_why(note, chinese, buffer);
        size_t before = buffer->len;
        if (result == 0)
                result = append(buffer, chinese ? "。" : ". ");
        size_t after = buffer->len;
        if (result == 0)
                result = qf_note_how(note, chinese, buffer);
        if (result)
                return result;
        if (buffer->len == after)
                buffer->len = before; /* nothing follows */
        return append(buffer, chinese ? "。" : ".");
}

/* --- list --------------------------------------------------------------- */

uint32_t qf_notes_list_count(const struct qf_notes_list *list)
{
        return (uint32_t)(list->notes.len / sizeof(struct qf_note));
}

struct qf_note qf_notes_list_at(const struct qf_notes_list *list, uint32_t i)
{
        struct qf_note note;
        memcpy(&note, list->notes.at + i * sizeof(note), sizeof(note));
        return note;
}

/* The same of lines that follow each other is one remark; others of these lines may lie between. */
static bool joins(const struct qf_notes_list *list, const struct qf_note *note)
{
        uint32_t count = qf_notes_list_count(list);
        bool is_of_lines = note->code == QF_NOTE_FILLED_DOWN || note->code == QF_NOTE_FORMULA ||
                           note->code == QF_NOTE_HIDDEN;
        for (uint32_t back = 1; is_of_lines && back <= count && back <= JOIN_MOST; back++) {
                struct qf_note last = qf_notes_list_at(list, count - back);
                uint32_t last_line = last.last_line ? last.last_line : last.line;
                if (last.code != note->code || last_line + 1 != note->line ||
                    !qf_view_same(last.near, note->near) || !qf_view_same(last.column, note->column))
                        continue;
                last.last_line = note->line;
                memcpy(list->notes.at + (count - back) * sizeof(last), &last, sizeof(last));
                return true;
        }
        return false;
}

int qf_notes_list_add(struct qf_notes_list *list, const struct qf_note *note)
{
        if (joins(list, note))
                return 0;
        return qf_buffer_append(&list->notes, note, sizeof(*note));
}

void qf_notes_list_deinit(struct qf_notes_list *list)
{
        qf_buffer_deinit(&list->notes);
}
