/* Why: a total that differs is worth most with the rows that make the difference. */
#include "qf/feeding/feed_control.h"

enum { LINES_SHOWN = 10, LINES_ROOM = 1024 };

struct sums {
        uint64_t activities, attendances;
};

static bool is_within(const struct qf_control_total *control, uint32_t line)
{
        return control->first_line <= line && line <= control->last_line;
}

static struct sums counted(const struct qf_feed_tally *tally, const struct qf_control_total *control)
{
        const struct qf_fed *fed = (const struct qf_fed *)(const void *)tally->fed.at;
        struct sums sums = {0};
        for (uint64_t i = 0; i < qf_feed_tally_count(tally); i++) {
                bool counts = fed[i].class >= QF_CLASS_FORGOTTEN || fed[i].class <= QF_DUPLICATE;
                if (!counts || !is_within(control, fed[i].line))
                        continue;
                sums.activities += fed[i].sessions;
                sums.attendances += fed[i].attendances;
        }
        return sums;
}

/* --- which lines ---------------------------------------------------------- */

struct lines { /* the words of one list */
        const struct qf_control_check *check;
        struct qf_buffer *text;
        size_t begin;
        uint32_t count, last;
};

static int add_line(struct lines *lines, uint32_t line, const char *zh, const char *en)
{
        bool chinese = lines->check->chinese;
        if (line == lines->last)
                return 0;
        lines->last = line;
        if (lines->count++ == LINES_SHOWN)
                return qf_buffer_print(lines->text, chinese ? "等" : " and others");
        if (lines->count > LINES_SHOWN)
                return 0;
        return qf_buffer_print(lines->text, chinese ? "%s第%u行（%s）" : "%sline %u (%s)",
                               lines->count == 1 ? ""
                               : chinese         ? "、"
                                                 : ", ",
                               line, chinese ? zh : en);
}

static int add_returned(struct lines *lines, const struct qf_control_total *control)
{
        int result = 0;
        for (uint32_t k = 0; k < 2; k++) {
                const struct qf_notes_list *list = lines->check->returned[k];
                for (uint32_t i = 0; list && i < qf_notes_list_count(list) && result == 0; i++) {
                        struct qf_note note = qf_notes_list_at(list, i);
                        bool away = qf_note_returns(&note) || note.held;
                        if (away && is_within(control, note.line))
                                result = note.held ? add_line(lines, note.line, "待核", "set aside")
                                                   : add_line(lines, note.line, "退回", "returned");
                }
        }
        return result;
}

static int add_unknown(struct lines *lines, const struct qf_control_total *control)
{
        const struct qf_feed_tally *tally = lines->check->tally;
        const struct qf_fed *fed = (const struct qf_fed *)(const void *)tally->fed.at;
        int result = 0;
        for (uint64_t i = 0; i < qf_feed_tally_count(tally) && result == 0; i++)
                if (is_within(control, fed[i].line) && fed[i].sessions > 0 && !fed[i].known)
                        result = add_line(lines, fed[i].line, "没有人次", "attendance not known");
        return result;
}

/* --- totals ---------------------------------------------------------------- */

static int add_note(const struct qf_control_check *check, const struct qf_control_total *control,
                    struct qf_note note, struct qf_notes_list *notes, struct qf_buffer *text)
{
        struct lines lines = {.check = check, .text = text, .begin = text->len};
        if (note.a == note.b)
                return 0;
        int result = add_returned(&lines, control);
        if (result == 0 && note.code == QF_NOTE_ATTENDANCES)
                result = add_unknown(&lines, control);
        if (result)
                return result;
        note.line = control->line;
        note.near =
                (struct qf_view){(const char *)text->at + lines.begin, (uint32_t)(text->len - lines.begin)};
        return qf_notes_list_add(notes, &note);
}

int qf_control_check(const struct qf_control_check *check, struct qf_notes_list *notes,
                     struct qf_buffer *ret_text)
{
        uint32_t count;
        const struct qf_control_total *controls = qf_rows_controls(check->rows, &count);
        int result = qf_buffer_reserve(ret_text, (size_t)count * 2 *
                                                         LINES_ROOM); /* so that words stay where they are */
        for (uint32_t i = 0; i < count && result == 0; i++) {
                struct sums sums = counted(check->tally, &controls[i]);
                struct qf_note activities = {
                        .code = QF_NOTE_ACTIVITIES, .a = controls[i].activities, .b = sums.activities};
                struct qf_note attendances = {
                        .code = QF_NOTE_ATTENDANCES, .a = controls[i].attendances, .b = sums.attendances};
                if (controls[i].has_activities)
                        result = add_note(check, &controls[i], activities, notes, ret_text);
                if (controls[i].has_attendances && result == 0)
                        result = add_note(check, &controls[i], attendances, notes, ret_text);
        }
        return result;
}
