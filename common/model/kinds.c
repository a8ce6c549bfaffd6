/* The table, and the few questions that are asked of it. A row is read top to
 * bottom as the page of a handbook: what it is, its key, its date, its figures,
 * and how each measure may be combined. */
#include "model/kinds.h"

#include <string.h>

#include "model/period.h"
#include "model/verdict.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { VIEWS_MOST = 1000000000, DAY_MINUTES = 1440 };

static const struct qf_kind_spec kinds[] = {
        {
                .kind = QF_KIND_ACTIVITY,
                .code = "activity",
                .zh = "活动",
                .en = "activity",
                .key_zh = "单位/活动编号",
                .key_en = "ORGANISATION/NUMBER",
                .date_zh = "活动日期",
                .date_en = "date held",
                .measures_count = 3,
                .measures = {{"activities", "活动（场）", "activities", QF_RULE_SUM, QF_NO_FIGURE,
                              QF_NO_FIGURE, NULL},
                             {"attendances", "人次", "attendances", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE,
                              NULL},
                             {"participants", "不同的人", "different people", QF_RULE_EACH, QF_NO_FIGURE,
                              QF_NO_FIGURE, NULL}},
        },
        {
                .kind = QF_KIND_BROADCAST,
                .code = "broadcast",
                .zh = "直播",
                .en = "broadcast",
                .key_zh = "单位/直播编号",
                .key_en = "ORGANISATION/NUMBER",
                .key_headers = WORDS("直播编号"),
                .date_zh = "开播日期",
                .date_en = "date of the broadcast",
                .date_headers = WORDS("开播时间", "开播日期", "直播时间"),
                .needs = "org",
                .figures_count = 6,
                .figures = {{"start", "开始时间", "start", QF_FIGURE_CLOCK, 0, DAY_MINUTES - 1, false, 0,
                             NULL},
                            {"minutes", "时长", "minutes", QF_FIGURE_COUNT, 1, DAY_MINUTES, false, 0, NULL},
                            {"views", "观看人次", "views", QF_FIGURE_COUNT, 0, VIEWS_MOST, false, 0,
                             WORDS("播放量", "播放人次")},
                            {"viewers", "观看人数", "viewers", QF_FIGURE_COUNT, 0, VIEWS_MOST, false, 3,
                             NULL},
                            {"peak", "最高在线", "peak", QF_FIGURE_COUNT, 0, VIEWS_MOST, false, 0,
                             WORDS("峰值", "人数峰值")},
                            {"replay_views", "回放人次", "replay views", QF_FIGURE_COUNT, 0, VIEWS_MOST,
                             false, 0, WORDS("回放观看人次")}},
                .measures_count = 5,
                .measures = {{"broadcasts", "直播（场）", "broadcasts", QF_RULE_SUM, QF_NO_FIGURE,
                              QF_NO_FIGURE, NULL},
                             {"views", "观看人次", "views", QF_RULE_SUM, 2, QF_NO_FIGURE, NULL},
                             {"viewers", "观看人数", "viewers", QF_RULE_EACH, 3, QF_NO_FIGURE, NULL},
                             {"peak", "最高在线", "peak", QF_RULE_MAX, 4, QF_NO_FIGURE, NULL},
                             {"replay_views", "回放人次", "replay views", QF_RULE_SUM, 5, QF_NO_FIGURE,
                              NULL}},
        },
        {
                .kind = QF_KIND_VISIT,
                .code = "visit",
                .zh = "研学",
                .en = "site visit",
                .key_zh = "研学点/日期/批次",
                .key_en = "SITE/DATE/NUMBER",
                .key_parts = "site date number",
                .key_headers = WORDS("批次", "visit_no"),
                .date_zh = "日期",
                .date_en = "date",
                .date_headers = WORDS("参观日期", "研学日期"),
                .needs = "org site",
                .figures_count = 2,
                .figures = {{"visits", "人次", "visits", QF_FIGURE_COUNT, 0, 20000, true, 0,
                             WORDS("参观人次", "研学人次")},
                            {"groups", "团组数", "groups", QF_FIGURE_COUNT, 0, 200, false, 0, WORDS("批数")}},
                .measures_count = 2,
                .measures = {{"visits", "研学人次", "visits", QF_RULE_SUM, 0, QF_NO_FIGURE, NULL},
                             {"groups", "团组数", "groups", QF_RULE_SUM, 1, QF_NO_FIGURE, NULL}},
        },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const struct qf_kind_spec *qf_kinds(size_t *ret_count)
{
        *ret_count = KINDS;
        return kinds;
}

const struct qf_kind_spec *qf_kind_spec(uint32_t kind)
{
        for (size_t i = 0; kind >= QF_KIND_DECLARED && i < KINDS; i++)
                if (kinds[i].kind == kind)
                        return &kinds[i];
        return NULL;
}

const struct qf_kind_spec *qf_kind_named(struct qf_view code)
{
        for (size_t i = 0; i < KINDS; i++)
                if (kinds[i].kind >= QF_KIND_DECLARED && qf_view_same(code, qf_view_of(kinds[i].code)))
                        return &kinds[i];
        return NULL;
}

const struct qf_kind_measure *qf_kind_measure(const struct qf_kind_spec *spec, struct qf_view code)
{
        for (uint32_t i = 0; i < spec->measures_count; i++)
                if (qf_view_same(code, qf_view_of(spec->measures[i].code)))
                        return &spec->measures[i];
        return NULL;
}

int qf_kind_figure(const struct qf_kind_spec *spec, struct qf_view code)
{
        for (int i = 0; i < spec->figures_count; i++)
                if (qf_view_same(code, qf_view_of(spec->figures[i].code)))
                        return i;
        return QF_NO_FIGURE;
}

bool qf_kind_word(const char **rest, struct qf_view *ret_word)
{
        const char *from = *rest ? *rest + strspn(*rest, " ") : "";
        size_t len = strcspn(from, " ");

        *ret_word = (struct qf_view){from, (uint32_t)len};
        *rest = from + len;
        return len > 0;
}

const char *qf_rule_zh(enum qf_rule rule)
{
        switch (rule) {
        case QF_RULE_SUM: return "可以相加；一条记录计入多行时各行不可相加";
        case QF_RULE_MAX: return "只取最大值，从不相加";
        case QF_RULE_EACH: return "只看单条，从不相加：不同场次的人会重复";
        case QF_RULE_RATIO: return "同一问题下分子分母各自相加再相除，百分比从不平均";
        case QF_RULE_STOCK: return "某日的存量，从不跨时间相加";
        }
        return "";
}

const char *qf_rule_en(enum qf_rule rule)
{
        switch (rule) {
        case QF_RULE_SUM: return "adds up; rows do not where one record stands in several";
        case QF_RULE_MAX: return "the largest counts; never added";
        case QF_RULE_EACH: return "of one record alone, never added: the same people may come again";
        case QF_RULE_RATIO: return "k and n are added for the same question; percentages are never averaged";
        case QF_RULE_STOCK: return "what stands at a date; never added over time";
        }
        return "";
}

static bool is_out_of_bounds(const struct qf_figure *figure, uint32_t value)
{
        if (figure->type == QF_FIGURE_DATE)
                return !qf_date_valid(value) || value % 100 == 0;
        return value < figure->least || value > figure->most;
}

int qf_kind_fault(const struct qf_kind_spec *spec, const struct qf_event *event, uint16_t *ret_code)
{
        for (int i = 0; i < spec->figures_count; i++) {
                const struct qf_figure *figure = &spec->figures[i];
                bool stated = event->stated >> i & 1;
                uint16_t code = QF_CODE_NONE;

                if (!stated)
                        code = figure->required ? QF_E109_MISSING : QF_CODE_NONE;
                else if (is_out_of_bounds(figure, event->figures[i]))
                        code = figure->type == QF_FIGURE_DATE ? QF_E105_NO_SUCH_DATE : QF_E101_NOT_A_NUMBER;
                else if (figure->at_most && event->stated >> (figure->at_most - 1) & 1 &&
                         event->figures[i] > event->figures[figure->at_most - 1])
                        code = QF_E115_PART_ABOVE_WHOLE;
                if (code == QF_CODE_NONE)
                        continue;
                *ret_code = code;
                return i;
        }
        return QF_NO_FIGURE;
}
