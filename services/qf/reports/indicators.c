/* The table. A row is what a reader must know before a figure is quoted: what is
 * counted, of what, from which statements, and whether it may be added. */
#include "qf/reports/indicators.h"

#include <string.h>

static const struct qf_indicator indicators[] = {
        {"activities", "活动", "activities", "场", "activities",
         "报送并采纳、没有撤回的活动场次；联办的活动按主办单位只计一次",
         "activities that stand, by their number of sessions; one held jointly counts once, by its lead organisation",
         NULL, NULL, "activity", QF_ADDS_UP, QF_ADDS_UP},
        {"attendances", "人次", "attendances", "人次", "attendances",
         "到场的人次，每来一次算一次；不详的不按0算，另列",
         "persons at each activity, each time anew; what is not known is not 0 and stands beside", NULL, NULL,
         "activity", QF_ADDS_UP, QF_ADDS_UP},
        {"participants", "不同的人", "different people", "人", "people",
         "一场活动里不同的人，只在单场里有意义", "different people of one activity; of one activity alone",
         NULL, NULL, "activity", QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"mean", "场均人次", "mean attendance", "人次", "attendances", "人次", "attendances",
         "人次已知的活动场次", "activities of which the attendance is known", "activity", QF_ADDS_POOLED,
         QF_ADDS_POOLED},
        {"growth", "增长", "growth", "%", "%", "本期与基期之差", "this period less the one compared with",
         "基期（同比是上一年，较某年是那一年）；基期为0不算",
         "the period compared with (the year before, or the base year); none when that is 0", "activity",
         QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"joint", "联办率", "joint-delivery rate", "%", "%", "有协办单位的活动",
         "activities with at least one co-host", "全部活动", "all activities", "activity co_org",
         QF_ADDS_POOLED, QF_ADDS_POOLED},
        {"partner_led", "伙伴主办率", "partner-led rate", "%", "%", "由牵头机关以外的单位主办的活动",
         "activities led by others than the body that runs the programme", "全部活动", "all activities",
         "activity org", QF_ADDS_POOLED, QF_ADDS_NEVER},
        {"modes", "方式数", "different modes", "种", "modes", "至少办过一场活动的不同方式",
         "different modes with at least one activity", NULL, NULL, "activity mode", QF_ADDS_NEVER,
         QF_ADDS_NEVER},
        {"gaps", "空白", "gaps", "格", "cells", "矩阵里一场活动也没有的格子",
         "cells of the matrix without any activity", NULL, NULL, "activity org mode content", QF_ADDS_NEVER,
         QF_ADDS_UP},
        {"visits", "研学人次", "site visits", "人次", "visits", "研学点接待的人次，与活动人次分开，从不相加",
         "persons received at sites, kept apart from attendances and never added to them", NULL, NULL,
         "visit", QF_ADDS_UP, QF_ADDS_UP},
        {"sites", "研学点", "sites", "个", "sites", "登记在册、期末有效的研学点",
         "registered sites that are valid on the last day", NULL, NULL, "site", QF_ADDS_STOCK, QF_ADDS_UP},
        {"silent", "静默研学点", "silent sites", "个", "sites",
         "期内有效，却没有活动、研学，也没有人次的研学点",
         "sites that are valid in the period and have no activity, visit or attendance in it", NULL, NULL,
         "site activity visit", QF_ADDS_NEVER, QF_ADDS_UP},
        {"works", "阵地建设", "works at sites", "项", "works", "当年开工、当年完工的建设项目",
         "works begun, and works done, in the year", NULL, NULL, "site_works", QF_ADDS_UP, QF_ADDS_UP},
        {"in_force", "有效协议", "agreements in force", "份", "agreements", "某日已签订且未到期的协议",
         "agreements signed and not over on a day", NULL, NULL, "agreement", QF_ADDS_STOCK, QF_ADDS_UP},
        {"expiring", "将到期协议", "agreements expiring", "份", "agreements",
         "某日有效、在其后若干天内到期的协议",
         "agreements in force on a day that end within so many days after it", NULL, NULL, "agreement",
         QF_ADDS_NEVER, QF_ADDS_UP},
        {"idle", "约而未动", "promised but idle", "项", "items",
         "有效协议里写了、期内却没有一场活动的“五共”项目",
         "items of agreements in force for which the partner has no activity in the period", NULL, NULL,
         "agreement activity five_co", QF_ADDS_NEVER, QF_ADDS_UP},
        {"views", "观看人次", "views", "人次", "views", "直播的观看人次，不是人数，不与到场人次相加",
         "views of broadcasts: not people, and never added to attendances", NULL, NULL, "broadcast",
         QF_ADDS_UP, QF_ADDS_UP},
        {"viewers", "观看人数", "viewers", "人", "people", "一场直播里不同的观众",
         "different viewers of one broadcast", NULL, NULL, "broadcast", QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"peak", "最高在线", "peak", "人", "people", "一场直播同时在线最多的人数", "most viewers at one time",
         NULL, NULL, "broadcast", QF_ADDS_MAX, QF_ADDS_MAX},
        {"median", "中位数", "median", "人次", "views", "按大小排在正中的一场；双数场时为中间两场的平均",
         "the middle one by size; of an even number the mean of the two in the middle", NULL, NULL,
         "broadcast", QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"rate", "三率", "rates of a survey", "%", "%", "肯定答复数", "affirmative answers",
         "同一批次、同一基数的有效答复数", "valid answers of the same wave and base", "survey_result",
         QF_ADDS_POOLED, QF_ADDS_POOLED},
        {"target", "目标", "target", "场、人次", "activities, attendances", "任务分解里定的目标",
         "what assignments say is to be reached", NULL, NULL, "assignment", QF_ADDS_UP, QF_ADDS_UP},
        {"achieved", "完成率", "achieved share", "%", "%", "责任单位及其下属当年标了这项举措的活动场次",
         "activities of the year tagged with the initiative, of the responsible organisation and those below it",
         "目标场次；没有定目标的不算", "activities to reach; none where no target is set",
         "assignment activity initiative", QF_ADDS_POOLED, QF_ADDS_NEVER},
        {"progress", "进展", "state", "", "",
         "报“已完成”的为已完成；过了时限未完成的为逾期；有进展或有活动的为推进中；否则未启动",
         "done where it is reported so; else overdue after its due day; else under way with a report or an activity; else not started",
         NULL, NULL, "assignment progress activity", QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"checkpoints", "检查点", "checkpoints", "个", "checkpoints",
         "周期内完成的不同检查点（巡督审评十个）；此外的日常监督另计",
         "different checkpoints of the cycle that are done; routine checks beside the ten are counted apart",
         NULL, NULL, "checkpoint", QF_ADDS_NEVER, QF_ADDS_UP},
        {"stage", "已到阶段", "stage reached", "", "",
         "完成过检查点的最后一个阶段（巡、督、审、评），按方案里的顺序",
         "the last stage, in the programme's order, of which a checkpoint is done", NULL, NULL, "checkpoint",
         QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"closing", "销号率", "closing rate", "%", "%", "同一批提出的问题里已验收销号的",
         "findings of one cohort that are verified", "这一批提出的全部问题", "all findings of the cohort",
         "finding", QF_ADDS_POOLED, QF_ADDS_POOLED},
        {"open", "未销号", "open findings", "个", "findings", "某日已提出而未验收销号的问题",
         "raised and not verified on a day", NULL, NULL, "finding", QF_ADDS_STOCK, QF_ADDS_UP},
        {"overdue", "逾期", "overdue", "个", "findings", "某日过了整改期限而没有整改完成的问题",
         "not rectified on a day after it was due", NULL, NULL, "finding", QF_ADDS_STOCK, QF_ADDS_UP},
        {"days_to_close", "销号天数", "days to close", "天", "days",
         "从提出到验收销号的天数，只算已销号的；从不平均，只报最短、中位和最长",
         "days from raised to verified, of those closed; the shortest, the middle and the longest, never an average",
         NULL, NULL, "finding", QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"scores", "考评得分", "scores", "分", "points", "考评指标的得分，精确到千分位",
         "points of the appraisal, to thousandths", NULL, NULL, "score", QF_ADDS_NEVER, QF_ADDS_WITHIN_YEAR},
        {"completeness", "报送完整率", "completeness", "%", "%", "应报而已报的月份封面，零报告也算",
         "cover sheets received of those expected, zero reports too",
         "应报的封面：每个报送单位、有效的每个月",
         "those expected: of each organisation that feeds, each month it is valid in", "period_report",
         QF_ADDS_POOLED, QF_ADDS_POOLED},
        {"timeliness", "报送及时率", "timeliness", "%", "%", "按服务端时钟在月后规定天数内收到的封面",
         "cover sheets received by our clock within the days allowed after the month", "应报的封面",
         "those expected", "period_report", QF_ADDS_POOLED, QF_ADDS_POOLED},
        {"doubles", "可能重复", "possible doubles", "对", "pairs",
         "主办单位不同、同一天、同一研学点，或互为协办，或题目相近的两场活动；是不是一场要人来定",
         "two activities of different lead organisations on one day, at one site, with one as the other's co-host, or with similar titles; a person decides whether they are one",
         NULL, NULL, "activity org co_org site", QF_ADDS_UP, QF_ADDS_NEVER},
        {"outliers", "离群", "outliers", "场", "activities",
         "人次比同单位同方式的四分位数还超出三倍四分位距的活动；同组已知的不足八场不判",
         "activities whose attendance lies three times the quartiles' distance outside them, among those of the same organisation and mode; with fewer than eight nothing is said",
         NULL, NULL, "activity org mode", QF_ADDS_NEVER, QF_ADDS_NEVER},
        {"unknown", "人次不详率", "share without attendance", "%", "%", "人次不详的活动记录",
         "records of activities whose attendance is not known", "全部活动记录", "all records of activities",
         "activity", QF_ADDS_POOLED, QF_ADDS_POOLED},
        {"late", "迟报率", "share that came late", "%", "%",
         "按服务端时钟过了月后规定天数才第一次收到的记录；后来迟到的更正不算",
         "records first received, by our clock, after the days allowed; a correction that comes late leaves what came in time",
         "全部活动记录", "all records of activities", "activity", QF_ADDS_POOLED, QF_ADDS_POOLED},
        {"estimated", "估计占比", "share estimated", "%", "%", "人次来源是“估计”的活动记录",
         "records of activities whose attendance is an estimate", "人次已知的活动记录",
         "records whose attendance is known", "activity", QF_ADDS_POOLED, QF_ADDS_POOLED},
};

enum { INDICATORS = sizeof(indicators) / sizeof(indicators[0]) };

const struct qf_indicator *qf_indicators(size_t *ret_count)
{
        *ret_count = INDICATORS;
        return indicators;
}

const struct qf_indicator *qf_indicator(const char *code)
{
        for (size_t i = 0; i < INDICATORS; i++)
                if (!strcmp(indicators[i].code, code))
                        return &indicators[i];
        return NULL;
}

const char *qf_adds_zh(enum qf_adds adds)
{
        static const char *const words[] = {
                "可以相加",           "从不相加", "分子分母各自相加，百分比从不平均",
                "某日的数，从不相加", "只取最大", "只在一个单位一年之内相加"};
        return words[adds];
}

const char *qf_adds_en(enum qf_adds adds)
{
        static const char *const words[] = {"adds up",
                                            "never",
                                            "k and n add up, percentages are never averaged",
                                            "value at a date, never added",
                                            "the largest",
                                            "only within one organisation and year"};
        return words[adds];
}

void qf_indicator_say(bool chinese, const struct qf_indicator *indicator,
                      struct qf_indicator_words *ret_words)
{
        const char *name = chinese ? indicator->zh : indicator->en;
        const char *unit = chinese ? indicator->unit_zh : indicator->unit_en;
        const char *among = chinese ? indicator->among_zh : indicator->among_en;
        if (!strcmp(unit, name))
                unit = "";
        (void)snprintf(ret_words->name, sizeof(ret_words->name), "%s%s%s%s", name,
                       *unit ? chinese ? "（" : " (" : "", unit, *unit ? chinese ? "）" : ")" : "");
        (void)snprintf(ret_words->means, sizeof(ret_words->means), "%s%s%s",
                       chinese ? indicator->of_zh : indicator->of_en, among ? chinese ? " ÷ " : " / " : "",
                       among ? among : "");
        (void)snprintf(ret_words->adds, sizeof(ret_words->adds),
                       chinese ? "跨时间%s；跨单位%s" : "over time: %s; over members: %s",
                       chinese ? qf_adds_zh(indicator->over_time) : qf_adds_en(indicator->over_time),
                       chinese ? qf_adds_zh(indicator->over_members) : qf_adds_en(indicator->over_members));
}

static void print_one(const struct qf_cli *cli, const struct qf_indicator *indicator, FILE *to)
{
        struct qf_indicator_words words;
        qf_indicator_say(cli->chinese, indicator, &words);
        if (!cli->chinese)
                words.adds[0] = 'O'; /* it begins a sentence */
        fprintf(to, qf_cli_say(cli, "  %s：%s。%s。来源 %s\n", "  %s: %s. %s. From %s\n"), words.name,
                words.means, words.adds, indicator->source);
}

void qf_indicators_footnotes(const struct qf_cli *cli, const char *const *codes, FILE *to)
{
        fputs(qf_cli_say(cli, "\n口径\n", "\nDefinitions\n"), to);
        qf_indicators_list(cli, codes, to);
}

void qf_indicators_list(const struct qf_cli *cli, const char *const *codes, FILE *to)
{
        for (; *codes; codes++) {
                const struct qf_indicator *indicator = qf_indicator(*codes);
                if (indicator) /* a test holds reports to those that there are */
                        print_one(cli, indicator, to);
        }
}
