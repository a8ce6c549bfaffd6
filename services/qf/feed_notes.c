/* Why: each message names the line, the column, what is written there, why it
 * can't be so and how to mend it, in one form and one table. */
#include "qf/feed_notes.h"

#include <string.h>

#include "model/verdict.h"

struct text { /* how_near: what follows the suggestion */
        const char *name;
        bool returns;
        const char *zh_why, *zh_how, *zh_how_near;
        const char *en_why, *en_how, *en_how_near;
};

/* A table; longer than a function should be. */
static const struct text texts[QF_NOTES] = {
        [QF_NOTE_NOT_A_NUMBER] = {"E101", true, "这里只能填范围内的整数",
                                  "请填具体数字；若是估计数，请在「人次来源」填“估计”", NULL,
                                  "Only a whole number within bounds can stand here",
                                  "Give a plain number; for an estimate, say so as its method", NULL},
        [QF_NOTE_UNCLEAR_DATE] = {"E102", true, "看不出是哪一天", "请写成 2023-05-06；只知道月份就写 2023-05",
                                  NULL, "It is not clear which day that is",
                                  "Write 2023-05-06, or 2023-05 when only the month is known", NULL},
        [QF_NOTE_NO_SUCH_DATE] = {"E105", true, "没有这一天", "请写真实的日期，如 2023-05-06", NULL,
                                  "There is no such day", "Write a real date such as 2023-05-06", NULL},
        [QF_NOTE_UNKNOWN_ORG] = {"E104", true, "不在单位名录里", "请改成名录里的全称，或请办公室补录",
                                 "。请改成名录里的全称", "It is not in the register of organisations",
                                 "Use a registered name, or ask the office to add it",
                                 ". Use the registered name"},
        [QF_NOTE_UNKNOWN_MEMBER] = {"E104", true, "不在名录里", "请改成名录里的名称，或请办公室补录",
                                    "。请改成名录里的名称", "It is not in the register",
                                    "Use a registered name, or ask the office to add it",
                                    ". Use the registered name"},
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
        [QF_NOTE_NEEDS_KEY] = {"E113", true, "更正和撤回要写明是哪一条", "请在「活动编号」填上次报送时的编号",
                               NULL, "A correction or withdrawal has to name its record",
                               "Give the number it was reported under", NULL},
        [QF_NOTE_TOO_LONG] =
                {"E114", true,
                 "文字太长（名称最多 120 字，备注 500，原因 200，岗位 40），或名称、岗位里有换行",
                 "请缩短，删去换行", NULL,
                 "The text is too long (title 120 characters, note 500, reason 200, recorded_by 40), or title or recorded_by holds a line break",
                 "Shorten it, without breaks", NULL},
        [QF_NOTE_FILLED_DOWN] = {"W102", false, NULL, "请确认是合并单元格", NULL, NULL,
                                 "Make sure it was a merged cell", NULL},
        [QF_NOTE_UNKNOWN_COUNT] = {"W103", false, "没有人次，按“不知道”记，不等于 0", "知道后请用“更正”补报",
                                   NULL, "No attendance: kept as not known, which is not 0",
                                   "Correct it when it becomes known", NULL},
        [QF_NOTE_JSON] = {"E120", true, "不是一行正确的 JSON 对象，或有不认识的字段",
                          "请对照 qf feed --help 里的例子", NULL,
                          "It is not a JSON object as it should be, or has a field that is not known",
                          "Compare it with the example in qf feed --help", NULL},
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

static int append(struct qf_buffer *buffer, const char *text)
{
        return qf_buffer_append(buffer, text, strlen(text));
}

int qf_note_why(const struct qf_note *note, bool chinese, struct qf_buffer *buffer)
{
        if (note->code == QF_NOTE_FILLED_DOWN)
                return qf_buffer_print(
                        buffer,
                        chinese ? "是空的，已按上一行“%.*s”补上"
                                : "it is empty and was filled with \"%.*s\" from the line above",
                        (int)note->near.len, note->near.at);
        if (note->code != QF_NOTE_VERDICT)
                return append(buffer, chinese ? texts[note->code].zh_why : texts[note->code].en_why);
        const struct qf_code_text *text = qf_code_text(note->verdict_code);
        const char *sentence = chinese ? text->zh : text->en;
        size_t len = strlen(sentence);
        const char *end = chinese ? "。" : ".";
        size_t end_len = strlen(end);
        if (len > end_len && strcmp(sentence + len - end_len, end) == 0)
                len -= end_len; /* the whole message ends it */
        return qf_buffer_append(buffer, sentence, len);
}

static int print_near(struct qf_view near, bool chinese, struct qf_buffer *buffer)
{
        return qf_buffer_print(buffer, chinese ? "最接近的是“%.*s”" : "The nearest is \"%.*s\"",
                               (int)near.len, near.at);
}

int qf_note_how(const struct qf_note *note, bool chinese, struct qf_buffer *buffer)
{
        if (note->code == QF_NOTE_VERDICT)
                return note->near.len > 0 ? print_near(note->near, chinese, buffer) : 0;
        const struct text *text = &texts[note->code];
        if (note->near.len == 0 || !text->zh_how_near)
                return append(buffer, chinese ? text->zh_how : text->en_how);
        int result = print_near(note->near, chinese, buffer);
        return result ? result : append(buffer, chinese ? text->zh_how_near : text->en_how_near);
}

static int print_place(const struct qf_note *note, bool chinese, struct qf_buffer *buffer)
{
        int result;
        if (note->last_line > note->line)
                result = qf_buffer_print(buffer, chinese ? "第%u–%u行" : "lines %u to %u", note->line,
                                         note->last_line);
        else
                result = qf_buffer_print(buffer, chinese ? "第%u行" : "line %u", note->line);
        if (result == 0 && note->column.len > 0)
                result = qf_buffer_print(buffer, chinese ? "「%.*s」" : ", \"%.*s\"", (int)note->column.len,
                                         note->column.at);
        if (result == 0)
                result = append(buffer, chinese ? "：" : ": ");
        if (result == 0 && note->got.len > 0)
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

/* Merged cells of lines that follow each other are one remark. */
static bool joins(const struct qf_notes_list *list, const struct qf_note *note)
{
        uint32_t count = qf_notes_list_count(list);
        if (count == 0 || note->code != QF_NOTE_FILLED_DOWN)
                return false;
        struct qf_note last = qf_notes_list_at(list, count - 1);
        uint32_t last_line = last.last_line ? last.last_line : last.line;
        if (last.code != note->code || last_line + 1 != note->line || !qf_view_same(last.near, note->near))
                return false;
        last.last_line = note->line;
        memcpy(list->notes.at + (count - 1) * sizeof(last), &last, sizeof(last));
        return true;
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
