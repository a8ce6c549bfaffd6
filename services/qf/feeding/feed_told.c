/* Why: a conflict is mended by who sees both numbers, and the server says what
 * stands only to the one whose record it is. */
#include "qf/feeding/feed_told.h"

#include <string.h>

#include "base/text.h"
#include "client/figure_text.h"
#include "views/labels.h"

/* A verdict that is taken may have another detail: of the period that is closed. */
static bool only_grows(uint8_t kind, struct qf_view field)
{
        const struct qf_kind_spec *spec = qf_kind_spec(kind);
        const int place = spec ? qf_kind_figure(spec, field) : QF_NO_FIGURE;
        return place >= 0 && spec->grows >> place & 1;
}

bool qf_told_is(uint8_t kind, const struct qf_feed_verdict *verdict)
{
        const bool taken = verdict->verdict.class == QF_ACCEPTED || verdict->verdict.class == QF_LATE;
        return verdict->detail && (verdict->verdict.code == QF_E141_CONFLICT ||
                                   (taken && only_grows(kind, verdict->detail->field)));
}

struct label {
        const char *code, *zh, *en;
};

/* The figure and what it is called. */
static struct label label_of(uint8_t kind, struct qf_view field, const struct qf_figure **ret_figure)
{
        static const struct label of_activities[] = {{"attendances", "人次", "attendances"},
                                                     {"date", "日期", "date"},
                                                     {"sessions", "场次", "sessions"},
                                                     {"participants", "实到人数", "participants"}};
        const struct qf_kind_spec *spec = qf_kind_spec(kind);
        const int place = spec ? qf_kind_figure(spec, field) : QF_NO_FIGURE;
        *ret_figure = place >= 0 ? &spec->figures[place] : NULL;
        if (*ret_figure)
                return (struct label){(*ret_figure)->code, (*ret_figure)->zh, (*ret_figure)->en};
        for (size_t i = 0; i < sizeof(of_activities) / sizeof(of_activities[0]); i++)
                if (qf_view_same(field, qf_view_of(of_activities[i].code)))
                        return of_activities[i];
        return (struct label){"", "内容", "content"};
}

static const char *value_of(const struct label *label, const struct qf_figure *figure, struct qf_view text,
                            bool chinese, char room[QF_FIGURE_TEXT])
{
        uint64_t value;
        if (!qf_text_number(text, UINT32_MAX, &value))
                return chinese ? "不详" : "not known";
        if (strcmp(label->code, "date") == 0) {
                const struct qf_view day = qf_label_period(text, room, QF_FIGURE_TEXT);
                return day.at == text.at ? "?" : day.at;
        }
        return qf_figure_print(figure, (int64_t)value, chinese, room);
}

/* Its words are appended to the text, which must not move as long as the note lives. */
static int note_of(uint8_t kind, const struct qf_feed_verdict *verdict, bool chinese, struct qf_buffer *text,
                   struct qf_note *ret_note)
{
        const struct qf_figure *figure;
        const struct label label = label_of(kind, verdict->detail->field, &figure);
        const size_t begin = text->len;
        char before[QF_FIGURE_TEXT], now[QF_FIGURE_TEXT];
        int result = qf_buffer_print(text, chinese ? "%s以前 %s，现在 %s" : "%s: %s before, %s now",
                                     chinese ? label.zh : label.en,
                                     value_of(&label, figure, verdict->detail->near, chinese, before),
                                     value_of(&label, figure, verdict->detail->got, chinese, now));
        if (result)
                return result;
        const bool conflict = verdict->verdict.code == QF_E141_CONFLICT;
        *ret_note = (struct qf_note){
                .code = conflict ? QF_NOTE_VERDICT : QF_NOTE_FELL,
                .verdict_code = conflict ? verdict->verdict.code : 0,
                .near = {(const char *)text->at + begin, (uint32_t)(text->len - begin)},
        };
        return 0;
}

int qf_told_verdict(uint8_t kind, const struct qf_feed_verdict *verdict, bool chinese, struct qf_buffer *text,
                    struct qf_note *ret_note)
{
        if (qf_told_is(kind, verdict))
                return note_of(kind, verdict, chinese, text, ret_note);
        *ret_note = (struct qf_note){.code = QF_NOTE_VERDICT, .verdict_code = verdict->verdict.code};
        if (verdict->detail) {
                ret_note->column = verdict->detail->field;
                ret_note->got = verdict->detail->got;
                ret_note->near = verdict->detail->near;
        }
        return 0;
}

int qf_told_add(struct qf_told_list *list, uint8_t kind, const struct qf_feed_verdict *verdict, bool chinese)
{
        struct qf_note note;
        struct qf_told told = {.number = verdict->number, .text = (uint32_t)list->text.len};
        int result = note_of(kind, verdict, chinese, &list->text, &note);
        told.text_len = (uint32_t)list->text.len - told.text;
        return result ? result : qf_buffer_append(&list->at, &told, sizeof(told));
}

struct qf_view qf_told_find(const struct qf_told_list *list, uint64_t number)
{
        struct qf_told told;
        for (size_t i = 0; i + sizeof(told) <= list->at.len; i += sizeof(told)) {
                memcpy(&told, list->at.at + i, sizeof(told));
                if (told.number == number)
                        return (struct qf_view){(const char *)list->text.at + told.text, told.text_len};
        }
        return (struct qf_view){0};
}

void qf_told_deinit(struct qf_told_list *list)
{
        qf_buffer_deinit(&list->at);
        qf_buffer_deinit(&list->text);
}
