/* The table, and the few questions that are asked of it. A row is read top to
 * bottom as the page of a handbook: what it is, its key, its date, its figures,
 * and how each measure may be combined. */
#include "model/kinds.h"

#include <string.h>

#include "model/period.h"
#include "model/verdict.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { PEOPLE_MOST = 100000000, POINTS_MOST = 1000000000, VIEWS_MOST = 1000000000, DAY_MINUTES = 1440 };

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
                              QF_NO_FIGURE, NULL, false},
                             {"attendances", "人次", "attendances", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE,
                              NULL, false},
                             {"participants", "不同的人", "different people", QF_RULE_EACH, QF_NO_FIGURE,
                              QF_NO_FIGURE, NULL, false}},
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
                .grows = 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5,
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
                              QF_NO_FIGURE, NULL, false},
                             {"views", "观看人次", "views", QF_RULE_SUM, 2, QF_NO_FIGURE, NULL, false},
                             {"viewers", "观看人数", "viewers", QF_RULE_EACH, 3, QF_NO_FIGURE, NULL, false},
                             {"peak", "最高在线", "peak", QF_RULE_MAX, 4, QF_NO_FIGURE, NULL, false},
                             {"replay_views", "回放人次", "replay views", QF_RULE_SUM, 5, QF_NO_FIGURE, NULL,
                              false}},
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
                .measures = {{"visits", "研学人次", "visits", QF_RULE_SUM, 0, QF_NO_FIGURE, NULL, false},
                             {"groups", "团组数", "groups", QF_RULE_SUM, 1, QF_NO_FIGURE, NULL, false}},
        },
        {
                .kind = QF_KIND_SURVEY_WAVE,
                .code = "survey_wave",
                .zh = "调查批次",
                .en = "survey wave",
                .key_zh = "批次代码",
                .key_en = "WAVE",
                .key_headers = WORDS("调查编号", "调查名称"),
                .date_zh = "开始日期",
                .date_en = "first day",
                .date_headers = WORDS("起", "开始日期"),
                .needs = "org",
                .figures_count = 3,
                .figures = {{"until", "止", "last day", QF_FIGURE_DATE, 0, 0, false, 0, WORDS("结束日期")},
                            {"issued", "发出份数", "questionnaires given out", QF_FIGURE_COUNT, 0,
                             PEOPLE_MOST, false, 0, NULL},
                            {"valid", "有效份数", "valid answers", QF_FIGURE_COUNT, 0, PEOPLE_MOST, false, 2,
                             NULL}},
                .measures_count = 3,
                .measures = {{"waves", "调查（批）", "waves", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE, NULL,
                              false},
                             {"issued", "发出份数", "questionnaires given out", QF_RULE_SUM, 1, QF_NO_FIGURE,
                              NULL, false},
                             {"returned", "有效回收率", "valid share", QF_RULE_RATIO, 2, 1, NULL, false}},
        },
        {
                .kind = QF_KIND_SURVEY_RESULT,
                .code = "survey_result",
                .zh = "调查结果",
                .en = "survey result",
                .key_zh = "批次/单位/项目/基数",
                .key_en = "WAVE/ORGANISATION/QUESTION/BASE",
                .key_parts = "wave org rate_kind base",
                .date_zh = "日期",
                .date_en = "date",
                .needs = "org rate_kind base wave",
                .figures_count = 2,
                .figures = {{"k", "肯定答复数", "affirmative answers", QF_FIGURE_COUNT, 0, PEOPLE_MOST, true,
                             2, NULL},
                            {"n", "有效答复数", "valid answers", QF_FIGURE_COUNT, 1, PEOPLE_MOST, true, 0,
                             NULL}},
                .measures_count = 2,
                .measures = {{"results", "结果（项）", "results", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE,
                              NULL, false},
                             {"share", "率", "share", QF_RULE_RATIO, 0, 1, "rate_kind base wave", false}},
        },
        {
                .kind = QF_KIND_AGREEMENT,
                .code = "agreement",
                .zh = "联动协议",
                .en = "agreement",
                .key_zh = "单位/协议编号",
                .key_en = "PARTNER/NUMBER",
                .key_headers = WORDS("协议编号"),
                .date_zh = "签订日期",
                .date_en = "signed on",
                .date_headers = WORDS("签订日期", "签约日期"),
                .needs = "org",
                .figures_count = 1,
                .figures = {{"until", "有效期至", "in force until", QF_FIGURE_DATE, 0, 0, false, 0,
                             WORDS("终止日期")}},
                .measures_count = 2,
                .measures = {{"signed", "签订（份）", "signed", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE, NULL,
                              false},
                             {"in_force", "有效（份）", "in force", QF_RULE_STOCK, QF_NO_FIGURE, 0, NULL,
                              false}},
        },
        {
                .kind = QF_KIND_SCORE,
                .code = "score",
                .zh = "考评得分",
                .en = "score",
                .key_zh = "年度/单位/指标",
                .key_en = "YEAR/ORGANISATION/INDICATOR",
                .key_parts = "date org indicator",
                .date_zh = "考评日期",
                .date_en = "date or year of the assessment",
                .date_headers = WORDS("年度", "考评日期"),
                .needs = "org indicator",
                .figures_count = 2,
                .figures = {{"points", "得分", "points", QF_FIGURE_MILLI, 0, POINTS_MOST, true, 2, NULL},
                            {"most", "满分", "points at most", QF_FIGURE_MILLI, 0, POINTS_MOST, true, 0,
                             NULL}},
                .measures_count = 2,
                .measures = {{"points", "得分", "points", QF_RULE_SUM, 0, QF_NO_FIGURE, "year org", false},
                             {"most", "满分", "points at most", QF_RULE_SUM, 1, QF_NO_FIGURE, "year org",
                              false}},
        },
        {
                .kind = QF_KIND_PERIOD_REPORT,
                .code = "period_report",
                .zh = "报送封面",
                .en = "cover sheet",
                .key_zh = "单位/月份",
                .key_en = "ORGANISATION/MONTH",
                .key_parts = "org date",
                .date_zh = "月份",
                .date_en = "month",
                .date_headers = WORDS("月份", "month"),
                .needs = "org",
                .figures_count = 4,
                .figures = {{"activities", "活动场次合计", "activities declared", QF_FIGURE_COUNT, 0, 1000000,
                             true, 0, NULL},
                            {"attendances", "人次合计", "attendances declared", QF_FIGURE_COUNT, 0,
                             PEOPLE_MOST, true, 0, NULL},
                            {"zero", "本月无活动", "nothing took place", QF_FIGURE_FLAG, 0, 1, false, 0,
                             NULL},
                            {"complete", "已报齐", "all was sent", QF_FIGURE_FLAG, 0, 1, false, 0, NULL}},
                .measures_count = 5,
                .measures = {{"reports", "封面（份）", "cover sheets", QF_RULE_SUM, QF_NO_FIGURE,
                              QF_NO_FIGURE, NULL, false},
                             {"activities", "申报场次", "activities declared", QF_RULE_SUM, 0, QF_NO_FIGURE,
                              NULL, false},
                             {"attendances", "申报人次", "attendances declared", QF_RULE_SUM, 1, QF_NO_FIGURE,
                              NULL, false},
                             {"zero", "零报告（份）", "zero reports", QF_RULE_SUM, 2, QF_NO_FIGURE, NULL,
                              false},
                             {"complete", "已报齐（份）", "complete", QF_RULE_SUM, 3, QF_NO_FIGURE, NULL,
                              false}},
        },
        {
                .kind = QF_KIND_CHECKPOINT,
                .code = "checkpoint",
                .zh = "监督检查点",
                .en = "checkpoint",
                .key_zh = "周期/单位/检查点",
                .key_en = "CYCLE/ORGANISATION/CHECKPOINT",
                .date_zh = "完成日期",
                .date_en = "done on",
                .date_headers = WORDS("完成日期"),
                .needs = "org checkpoint",
                .figures_count = 1,
                .figures = {{"issues", "发现问题数", "issues found", QF_FIGURE_COUNT, 0, 99, false, 0, NULL}},
                .measures_count = 2,
                .measures = {{"done", "已完成（个）", "done", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE, NULL,
                              false},
                             {"issues", "发现问题数", "issues found", QF_RULE_SUM, 0, QF_NO_FIGURE, NULL,
                              false}},
        },
        {
                .kind = QF_KIND_FINDING,
                .code = "finding",
                .zh = "问题",
                .en = "finding",
                .key_zh = "周期/单位/编号",
                .key_en = "CYCLE/ORGANISATION/NUMBER",
                .key_headers = WORDS("问题编号"),
                .date_zh = "提出日期",
                .date_en = "raised on",
                .date_headers = WORDS("提出日期"),
                .needs = "org finding_kind",
                .figures_count = 3,
                .figures = {{"due", "整改期限", "due", QF_FIGURE_DATE, 0, 0, false, 0, NULL},
                            {"rectified", "整改完成", "rectified on", QF_FIGURE_DATE, 0, 0, false, 0, NULL},
                            {"verified", "验收销号", "verified on", QF_FIGURE_DATE, 0, 0, false, 0, NULL}},
                .measures_count = 3,
                .measures = {{"raised", "提出（个）", "raised", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE, NULL,
                              false},
                             {"open", "未销号（个）", "open", QF_RULE_STOCK, QF_NO_FIGURE, 2, NULL, true},
                             {"unrectified", "未整改（个）", "not rectified", QF_RULE_STOCK, QF_NO_FIGURE, 1,
                              NULL, true}},
        },
        {
                .kind = QF_KIND_ASSIGNMENT,
                .ahead = true,
                .code = "assignment",
                .zh = "任务分解",
                .en = "assignment",
                .key_zh = "举措/单位/年度",
                .key_en = "INITIATIVE/ORGANISATION/YEAR",
                .key_parts = "initiative org date",
                .date_zh = "年度",
                .date_en = "year",
                .date_headers = WORDS("年度"),
                .needs = "org initiative",
                .figures_count = 3,
                .figures = {{"target_activities", "目标场次", "activities to reach", QF_FIGURE_COUNT, 0,
                             1000000, false, 0, NULL},
                            {"target_attendances", "目标人次", "attendances to reach", QF_FIGURE_COUNT, 0,
                             PEOPLE_MOST, false, 0, NULL},
                            {"due", "完成时限", "due", QF_FIGURE_DATE, 0, 0, false, 0, NULL}},
                .measures_count = 3,
                .measures = {{"assigned", "分解（项）", "assigned", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE,
                              NULL, false},
                             {"target_activities", "目标场次", "activities to reach", QF_RULE_SUM, 0,
                              QF_NO_FIGURE, NULL, false},
                             {"target_attendances", "目标人次", "attendances to reach", QF_RULE_SUM, 1,
                              QF_NO_FIGURE, NULL, false}},
        },
        {
                .kind = QF_KIND_PROGRESS,
                .code = "progress",
                .zh = "举措进展",
                .en = "progress",
                .key_zh = "举措/单位/年度",
                .key_en = "INITIATIVE/ORGANISATION/YEAR",
                .date_zh = "填报日期",
                .date_en = "date of the report",
                .date_headers = WORDS("填报日期"),
                .needs = "org initiative",
                .figures_count = 2,
                .figures = {{"percent", "完成百分比", "percent, as said", QF_FIGURE_COUNT, 0, 100, false, 0,
                             NULL},
                            {"done", "已完成", "done", QF_FIGURE_FLAG, 0, 1, true, 0, NULL}},
                .measures_count = 3,
                .measures = {{"initiatives", "举措（项）", "initiatives", QF_RULE_SUM, QF_NO_FIGURE,
                              QF_NO_FIGURE, NULL, false},
                             {"done", "已完成（项）", "done", QF_RULE_SUM, 1, QF_NO_FIGURE, NULL, false},
                             {"percent", "完成百分比", "percent, as said", QF_RULE_EACH, 0, QF_NO_FIGURE,
                              NULL, false}},
        },
        {
                .kind = QF_KIND_HIGHLIGHT,
                .code = "highlight",
                .zh = "亮点",
                .en = "highlight",
                .key_zh = "单位/编号",
                .key_en = "ORGANISATION/NUMBER",
                .date_zh = "日期",
                .date_en = "date",
                .needs = "org",
                .measures_count = 1,
                .measures = {{"highlights", "亮点（个）", "highlights", QF_RULE_SUM, QF_NO_FIGURE,
                              QF_NO_FIGURE, NULL, false}},
        },
        {
                .kind = QF_KIND_SITE_WORKS,
                .code = "site_works",
                .zh = "阵地建设",
                .en = "works at a site",
                .key_zh = "研学点/编号",
                .key_en = "SITE/NUMBER",
                .date_zh = "开工日期",
                .date_en = "begun on",
                .date_headers = WORDS("开工日期"),
                .needs = "org site",
                .figures_count = 1,
                .figures = {{"done", "完工日期", "done on", QF_FIGURE_DATE, 0, 0, false, 0, NULL}},
                .measures_count = 2,
                .measures = {{"begun", "开工（项）", "begun", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE, NULL,
                              false},
                             {"under_way", "在建（项）", "under way", QF_RULE_STOCK, QF_NO_FIGURE, 0, NULL,
                              true}},
        },
        {
                .kind = QF_KIND_ROUTINE_CHECK,
                .code = "routine_check",
                .zh = "日常监督",
                .en = "routine check",
                .key_zh = "单位/编号",
                .key_en = "ORGANISATION/NUMBER",
                .date_zh = "日期",
                .date_en = "date",
                .needs = "org",
                .figures_count = 1,
                .figures = {{"issues", "发现问题数", "issues found", QF_FIGURE_COUNT, 0, 99, false, 0, NULL}},
                .measures_count = 2,
                .measures = {{"checks", "日常监督（次）", "checks", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE,
                              NULL, false},
                             {"issues", "发现问题数", "issues found", QF_RULE_SUM, 0, QF_NO_FIGURE, NULL,
                              false}},
        },
        {
                .kind = QF_KIND_ASSESSMENT,
                .code = "assessment",
                .zh = "年度考核",
                .en = "assessment",
                .key_zh = "年度/单位",
                .key_en = "YEAR/ORGANISATION",
                .key_parts = "date org",
                .date_zh = "启动日期",
                .date_en = "opened on, or its year",
                .date_headers = WORDS("年度", "启动日期"),
                .needs = "org",
                .figures_count = 2,
                .figures = {{"scored", "评分日期", "scored on", QF_FIGURE_DATE, 0, 0, false, 0, NULL},
                            {"published", "公布日期", "published on", QF_FIGURE_DATE, 0, 0, false, 0, NULL}},
                .measures_count = 3,
                .measures = {{"opened", "启动（个）", "opened", QF_RULE_SUM, QF_NO_FIGURE, QF_NO_FIGURE, NULL,
                              false},
                             {"unscored", "未评分（个）", "not scored", QF_RULE_STOCK, QF_NO_FIGURE, 0, NULL,
                              true},
                             {"unpublished", "未公布（个）", "not published", QF_RULE_STOCK, QF_NO_FIGURE, 1,
                              NULL, true}},
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
        case QF_RULE_EACH: return "只看单条，从不相加：人会重复，百分比各有各的整体";
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
        case QF_RULE_EACH:
                return "of one record alone, never added: people may come again, percentages have wholes of their own";
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

/* Nothing ends, or is due, before it began. */
static bool is_before(const struct qf_figure *figure, uint32_t value, uint32_t date)
{
        return figure->type == QF_FIGURE_DATE && qf_date_valid(value) && qf_date_valid(date) &&
               value < qf_date_first_day(date);
}

int qf_kind_fault(const struct qf_kind_spec *spec, const struct qf_event *event, uint16_t *ret_code)
{
        for (int i = 0; i < spec->figures_count; i++) {
                const struct qf_figure *figure = &spec->figures[i];
                bool stated = event->stated >> i & 1;
                uint16_t code = QF_CODE_NONE;

                if (!stated)
                        code = figure->required ? QF_E109_MISSING : QF_CODE_NONE;
                else if (is_before(figure, event->figures[i], event->date))
                        code = QF_E101_NOT_A_NUMBER;
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
