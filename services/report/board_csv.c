/* Any panel as a table: its rows are flat, so that one table of column names does
 * for all of them. What stands beside its rows is a row like them, so that the lines add up. */
#include <stdio.h>
#include <string.h>

#include "report/board.h"
#include "views/assignments.h"
#include "views/csv.h"
#include "views/labels.h"

enum { HEAD_TEXT = 128 };

static const struct column {
        const char *name, *zh, *en;
        const char *dimension; /* whose codes its cells are; NULL: none */
} columns[] = {
        {"month", "月份", "month", "month"},
        {"org", "单位", "organisation", "org"},
        {"source", "来源", "source", NULL},
        {"site", "点位", "site", "site"},
        {"activities", "活动（场）", "activities", NULL},
        {"attendances", "人次", "attendances", NULL},
        {"activities_unknown", "人次不详（场）", "attendance not known", NULL},
        {"last_activities", "上年活动（场）", "activities, last year", NULL},
        {"last_attendances", "上年人次", "attendances, last year", NULL},
        {"last_activities_unknown", "上年人次不详（场）", "attendance not known, last year", NULL},
        {"visits", "研学人次", "visits", NULL},
        {"code", "代码", "code", NULL},
        {"zh", "名称", "name", NULL},
        {"en", "名称", "name", NULL},
        {"unit_zh", "单位", "unit", NULL},
        {"unit_en", "单位", "unit", NULL},
        {"value", "数", "value", NULL},
        {"unknown", "不详", "not known", NULL},
        {"today_value", "今日", "today", NULL},
        {"last_value", "上年", "last year", NULL},
        {"growth_last", "较上年（%）", "on last year (%)", NULL},
        {"base_value", "基年", "base year", NULL},
        {"growth_base", "较基年（%）", "on the base year (%)", NULL},
        {"wave", "调查批次", "wave", "wave"},
        {"base", "计算基数", "base", "base"},
        {"rate_kind", "率", "rate", "rate_kind"},
        {"k", "肯定答复 k", "k", NULL},
        {"n", "有效答复 n", "n", NULL},
        {"percent", "百分比", "percent", NULL},
        {"date", "日期", "date", "day"},
        {"partner", "报送单位", "fed by", "org"},
        {"key", "编号", "key", NULL},
        {"views", "观看人次", "views", NULL},
        {"initiative", "举措", "initiative", "initiative"},
        {"assigned", "分解（项）", "assigned", NULL},
        {"target_activities", "目标场次", "activities to reach", NULL},
        {"target_attendances", "目标人次", "attendances to reach", NULL},
        {"done", "已完成", "done", NULL},
        {"state", "进展", "state", NULL},
        {"due", "时限", "due", "day"},
        {"cycle", "周期", "cycle", NULL},
        {"stage", "已到阶段", "stage reached", "stage"},
        {"missing", "未完成的检查点", "not done", "checkpoint"},
        {"raised", "提出", "raised", NULL},
        {"closed", "销号", "closed", NULL},
        {"open", "未销号", "open", NULL},
        {"overdue", "逾期", "overdue", NULL},
        {"expected", "应报", "expected", NULL},
        {"received", "已报", "received", NULL},
        {"zero", "零报告", "zero report", NULL},
        {"declared_activities", "申报场次", "activities declared", NULL},
        {"counted_activities", "实计场次", "activities counted", NULL},
        {"declared_attendances", "申报人次", "attendances declared", NULL},
        {"counted_attendances", "实计人次", "attendances counted", NULL},
        {"differs", "不同", "differs", NULL},
        {"kind", "类型", "kind", NULL},
        {"what", "变化", "what", NULL},
};

struct writing {
        bool chinese;
        const struct qf_programme *programme;
        const json_t *panel;
        struct qf_buffer *file;
};

static const struct column *find_column(const char *name)
{
        for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
                if (strcmp(columns[i].name, name) == 0)
                        return &columns[i];
        return NULL;
}

/* "row" and "column" of a crossing and "line" of sites say in the panel which dimension they are of. */
static struct qf_view dimension_of(const struct writing *writing, const char *name)
{
        static const char *const told[][2] = {
                {"row", "rows_of"}, {"column", "columns_of"}, {"line", "lines_of"}};
        const struct column *column = find_column(name);

        for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
                if (strcmp(told[i][0], name) == 0)
                        return qf_view_of(json_string_value(json_object_get(writing->panel, told[i][1])));
        return qf_view_of(column ? column->dimension : NULL);
}

static bool is_compared(const char *name)
{
        return strncmp(name, "last_", 5) == 0 || strcmp(name, "base_value") == 0;
}

static struct qf_view head_of(const struct writing *writing, const char *name)
{
        const struct column *column = find_column(name);
        const struct qf_view dimension = dimension_of(writing, name);

        if (column)
                return qf_view_of(writing->chinese ? column->zh : column->en);
        return dimension.len ? qf_label_dimension(writing->chinese, writing->programme, dimension)
                             : qf_view_of(name);
}

/* In the other language there is the same again, and a definition is no cell. */
static bool is_left_out(const struct writing *writing, const char *name)
{
        static const char *const never[] = {"definition_zh", "definition_en"};
        static const char *const of_language[][2] = {{"zh", "unit_zh"}, {"en", "unit_en"}};
        const char *const *other = of_language[writing->chinese];

        for (size_t i = 0; i < 2; i++)
                if (strcmp(name, never[i]) == 0 || strcmp(name, other[i]) == 0)
                        return true;
        return false;
}

/* Of another year that is not counted to its end the last day stands beside. */
static int put_head(const struct writing *writing, const char *name, bool first)
{
        const long long upto = json_integer_value(json_object_get(writing->panel, "same_days_upto"));
        const struct qf_view head = head_of(writing, name);
        char text[HEAD_TEXT];

        if (upto == 0 || !is_compared(name))
                return qf_csv_text(writing->file, head, first);
        (void)snprintf(text, sizeof(text),
                       writing->chinese ? "%.*s（截至 %lld 月 %lld 日）" : "%.*s (to %lld-%02lld)",
                       (int)head.len, head.at, upto / 100 % 100, upto % 100);
        return qf_csv_text(writing->file, qf_view_of(text), first);
}

/* Several in one cell; of an object its key alone. */
static int put_several(const struct writing *writing, struct qf_view dimension, const json_t *cell,
                       bool first)
{
        struct qf_buffer text = {0};
        const json_t *part;
        size_t i;
        int r = 0;

        json_array_foreach (cell, i, part) {
                const json_t *named = json_is_object(part) ? json_object_get(part, "key") : part;
                struct qf_view word = qf_view_of(json_string_value(named));

                if (dimension.len)
                        word = qf_label_member(writing->chinese, writing->programme, dimension, word, NULL,
                                               0);
                if (r == 0)
                        r = qf_buffer_print(&text, "%s%.*s", i ? "、" : "", (int)word.len,
                                            word.len ? word.at : "");
        }
        if (r == 0)
                r = qf_csv_text(writing->file, (struct qf_view){(const char *)text.at, (uint32_t)text.len},
                                first);
        qf_buffer_deinit(&text);
        return r;
}

/* How an initiative stands, in words. */
static struct qf_view state_name(bool chinese, struct qf_view code)
{
        for (int i = 0; i < QF_PLAN_STATES; i++) {
                const struct qf_plan_state_words *words = qf_plan_state_words((enum qf_plan_state)i);

                if (qf_view_same(code, qf_view_of(words->code)))
                        return qf_view_of(chinese ? words->zh : words->en);
        }
        return code;
}

static int put_cell(const struct writing *writing, const char *name, const json_t *cell, bool first)
{
        const struct qf_view dimension = dimension_of(writing, name);
        char number[32], room[16];
        struct qf_view text = qf_view_of(json_string_value(cell));

        if (json_is_array(cell))
                return put_several(writing, dimension, cell, first);
        if (json_is_null(cell) && strcmp(name, "month") == 0)
                text = qf_view_of(writing->chinese ? "只知年份" : "year only");
        if (strcmp(name, "state") == 0)
                text = state_name(writing->chinese, text);
        if (json_is_boolean(cell))
                text = qf_view_of(json_is_true(cell) ? (writing->chinese ? "是" : "yes")
                                                     : (writing->chinese ? "否" : "no"));
        if (json_is_integer(cell)) {
                (void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(cell));
                text = qf_view_of(number);
        }
        if (dimension.len && !json_is_null(cell))
                text = qf_label_member(writing->chinese, writing->programme, dimension, text, room,
                                       sizeof(room));
        if (json_is_integer(cell) && !dimension.len && !first)
                return qf_csv_number(writing->file, json_integer_value(cell));
        return qf_csv_text(writing->file, text, first);
}

static int put_row(const struct writing *writing, const json_t *row, bool head)
{
        const char *name;
        json_t *cell;
        bool first = true;
        int r = 0;

        json_object_foreach ((json_t *)(uintptr_t)row, name, cell) {
                if (r != 0 || json_is_object(cell) || is_left_out(writing, name))
                        continue;
                r = head ? put_head(writing, name, first) : put_cell(writing, name, cell, first);
                first = false;
        }
        return r == 0 ? qf_csv_end_line(writing->file) : r;
}

int qf_board_csv(bool chinese, const struct qf_programme *programme, const json_t *panel,
                 struct qf_buffer *file)
{
        const struct writing writing = {chinese, programme, panel, file};
        const json_t *rows = json_object_get(panel, "rows"), *undated = json_object_get(panel, "undated"),
                     *row;
        int r = qf_csv_begin(file);
        size_t i;

        json_array_foreach (rows, i, row) {
                if (r == 0 && i == 0)
                        r = put_row(&writing, row, true);
                if (r == 0)
                        r = put_row(&writing, row, false);
        }
        return r == 0 && undated ? put_row(&writing, undated, false) : r;
}
