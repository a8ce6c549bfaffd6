/* Why: codes are for programs (--json); who looks up what became of a record knows it by the words of the sheet. */
#include "qf/reading/spoken.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/figure_text.h"
#include "qf/cli/figures.h"
#include "qf/sheets/feed_map.h"
#include "views/labels.h"

struct word {
        const char *code, *zh, *en; /* en NULL: the code is the word */
};

static const char *word_of(const struct qf_cli *cli, const struct word *words, size_t count, const char *code)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(words[i].code, code) == 0)
                        return qf_cli_say(cli, words[i].zh, words[i].en ? words[i].en : code);
        return code;
}

#define WORD_OF(cli, words, code) word_of(cli, words, sizeof(words) / sizeof((words)[0]), code)

static const char *text_of(const json_t *object, const char *name)
{
        const char *text = json_string_value(json_object_get(object, name));

        return text ? text : "";
}

/* --- who said what ------------------------------------------------------------------------ */

const char *qf_spoken_verdict(const struct qf_cli *cli, const char *verdict)
{
        static const struct word verdicts[] = {{"accepted", "收下", NULL},
                                               {"late", "迟报", NULL},
                                               {"duplicate", "重复", NULL},
                                               {"quarantined", "待核", NULL},
                                               {"rejected", "退回", NULL}};

        return WORD_OF(cli, verdicts, verdict);
}

static const char *action_of(const struct qf_cli *cli, const char *action)
{
        static const struct word actions[] = {{"create", "新增", NULL},
                                              {"replace", "更正", NULL},
                                              {"withdraw", "撤回", NULL},
                                              {"drop", "不要了", NULL}};

        return WORD_OF(cli, actions, action);
}

const char *qf_spoken_kind(const struct qf_cli *cli, const char *kind)
{
        static const struct word kinds[] = {
                {"activity", "活动", NULL}, {"attendance", "人次", NULL}, {"tick", "签到", NULL}};
        const struct qf_kind_spec *spec = qf_kind_named(qf_view_of(kind));

        return spec ? qf_cli_say(cli, spec->zh, spec->en) : WORD_OF(cli, kinds, kind);
}

int qf_spoken_statement(const struct qf_cli *cli, const json_t *line, struct qf_buffer *text)
{
        const json_t *event = json_object_get(line, "event");
        const char *action = text_of(event, "action"), *code = text_of(line, "code");

        return qf_buffer_print(text, "%s %s%s%s → %s%s%s", qf_spoken_kind(cli, text_of(line, "kind")),
                               text_of(event, "key"), *action ? "  " : "", action_of(cli, action),
                               qf_spoken_verdict(cli, text_of(line, "verdict")), *code ? " " : "", code);
}

/* --- what is in it ------------------------------------------------------------------------ */

static int append_values(const struct qf_cli *cli, const struct qf_programme *programme, uint32_t day,
                         const json_t *values, struct qf_buffer *text)
{
        const char *dimension;
        json_t *members, *member;
        size_t at;
        int r = 0;

        json_object_foreach ((json_t *)(uintptr_t)values, dimension, members) {
                const struct qf_view name =
                        qf_label_dimension(cli->chinese, programme, qf_view_of(dimension));
                if (r == 0)
                        r = qf_buffer_print(text, qf_cli_say(cli, "  %.*s：", "  %.*s: "), (int)name.len,
                                            name.at);
                json_array_foreach (members, at, member) {
                        char room[QF_FIGURE_TEXT];
                        const char *code = json_string_value(member);
                        const struct qf_view label =
                                qf_label_member_on(day, cli->chinese, programme, qf_view_of(dimension),
                                                   qf_view_of(code ? code : ""), room, sizeof(room));
                        if (r == 0)
                                r = qf_buffer_print(text, "%s%.*s", at ? qf_cli_say(cli, "、", ", ") : "",
                                                    (int)label.len, label.at);
                }
        }
        return r;
}

/* Without Chinese of its own each is called as in the clerks' template, which has "更正原因" where a withdrawal has a reason too. */
static const struct qf_figure statements[] = {
        {.code = "date", .zh = "日期", .en = "date", .type = QF_FIGURE_DATE},
        {.code = "revision", .en = "revision"},
        {.code = "attendances", .en = "attendances"},
        {.code = "method", .en = "counted by"},
        {.code = "sessions", .en = "sessions"},
        {.code = "participants", .en = "participants"},
        {.code = "start", .en = "start", .type = QF_FIGURE_CLOCK},
        {.code = "minutes", .zh = "时长（分钟）", .en = "minutes"},
        {.code = "evidence", .en = "pieces of evidence"},
        {.code = "merged_into", .zh = "并入", .en = "merged into"},
        {.code = "counter", .zh = "签到点", .en = "counter"},
        {.code = "amount", .zh = "签到", .en = "sign-ins"},
        {.code = "title", .zh = "名称", .en = "title"},
        {.code = "note", .en = "note"},
        {.code = "reason", .zh = "原因", .en = "reason"},
        {.code = "recorded_by", .en = "recorded by (post)"},
};

static const struct qf_figure *figure_of(const struct qf_kind_spec *spec, const char *name)
{
        const int place = spec ? qf_kind_figure(spec, qf_view_of(name)) : QF_NO_FIGURE;

        if (place != QF_NO_FIGURE)
                return &spec->figures[place];
        for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
                if (strcmp(statements[i].code, name) == 0)
                        return &statements[i];
        return NULL;
}

static const char *written(const struct qf_cli *cli, const char *name, const struct qf_figure *figure,
                           const json_t *value, char room[QF_FIGURE_TEXT])
{
        static const struct word methods[] = {{"signed_in", "签到", "signed in"},
                                              {"headcount", "点人头", NULL},
                                              {"registered", "登记", NULL},
                                              {"estimated", "估计", NULL}};

        if (json_is_string(value))
                return strcmp(name, "method") == 0 ? WORD_OF(cli, methods, json_string_value(value))
                                                   : json_string_value(value);
        return figure && figure->type == QF_FIGURE_DATE
                       ? qf_figures_date((uint32_t)json_integer_value(value), room)
                       : qf_figure_print(figure, json_integer_value(value), cli->chinese, room);
}

static const char *name_of(const struct qf_cli *cli, const struct qf_figure *figure, const char *name)
{
        if (!figure)
                return name;
        const struct qf_map_column *column =
                figure->zh ? NULL : qf_map_template_column(qf_field_named(qf_view_of(name)), NULL);
        return qf_cli_say(cli, column ? column->headers[0] : figure->zh, figure->en);
}

/* Texts that are gone. */
static int append_redacted(const struct qf_cli *cli, const json_t *words, struct qf_buffer *text)
{
        const json_t *word;
        size_t at;
        int r = qf_buffer_print(text, "%s", qf_cli_say(cli, "  已删：", "  redacted: "));

        json_array_foreach ((json_t *)(uintptr_t)words, at, word) {
                const char *name = json_string_value(word);
                if (r == 0 && name)
                        r = qf_buffer_print(text, "%s%s", at ? qf_cli_say(cli, "、", ", ") : "",
                                            name_of(cli, figure_of(NULL, name), name));
        }
        return r;
}

static bool is_said_elsewhere(const char *name)
{
        return strcmp(name, "key") == 0 || strcmp(name, "action") == 0 || strcmp(name, "reason") == 0;
}

static bool is_no_date(const struct qf_figure *figure, const json_t *value)
{
        return figure && figure->type == QF_FIGURE_DATE && json_is_integer(value) &&
               json_integer_value(value) == 0;
}

int qf_spoken_facts(const struct qf_cli *cli, const struct qf_programme *programme, const json_t *line,
                    struct qf_buffer *text)
{
        const struct qf_kind_spec *spec = qf_kind_named(qf_view_of(text_of(line, "kind")));
        const json_t *event = json_object_get(line, "event");
        const char *name, *reason = text_of(event, "reason");
        json_t *value;
        int r = 0;

        json_object_foreach ((json_t *)(uintptr_t)event, name, value) {
                char room[QF_FIGURE_TEXT];
                const struct qf_figure *figure = figure_of(spec, name);
                if (r == 0 && strcmp(name, "values") == 0)
                        r = append_values(cli, programme,
                                          (uint32_t)json_integer_value(json_object_get(event, "date")), value,
                                          text);
                else if (r == 0 && strcmp(name, "redacted") == 0)
                        r = append_redacted(cli, value, text);
                else if (r == 0 && !is_said_elsewhere(name) && !is_no_date(figure, value))
                        r = qf_buffer_print(text, "  %s%s%s", name_of(cli, figure, name),
                                            qf_cli_say(cli, "：", ": "),
                                            written(cli, name, figure, value, room));
        }
        if (r == 0)
                r = qf_buffer_print(text, "\n");
        if (r == 0 && *reason)
                r = qf_buffer_print(text, qf_cli_say(cli, "     原因：%s\n", "     reason: %s\n"), reason);
        return r;
}

/* --- codes --------------------------------------------------------------------------------- */

void qf_spoken_note(struct qf_spoken_codes *codes, const struct qf_code_text *code)
{
        const uint32_t most = sizeof(codes->at) / sizeof(codes->at[0]);

        for (uint32_t i = 0; i < codes->count; i++)
                if (codes->at[i] == code)
                        return;
        if (code->code != QF_CODE_NONE && codes->count < most)
                codes->at[codes->count++] = code;
}

void qf_spoken_print(const struct qf_cli *cli, const struct qf_spoken_codes *codes)
{
        for (uint32_t i = 0; i < codes->count; i++)
                printf("%s  %s\n", codes->at[i]->name, qf_cli_say(cli, codes->at[i]->zh, codes->at[i]->en));
}
