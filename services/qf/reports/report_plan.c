/* Why: a plan is a tree of task areas, initiatives and who is to do what; how far it
 * is, is read from the activities that are tagged with it, and not only from what
 * is said of it. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/reports/report_run.h"
#include "views/assignments.h"

struct plan {
        struct qf_report_run *run;
        uint16_t initiative, task, org;
        uint32_t year;
        uint32_t *initiatives, initiatives_count, *tasks, tasks_count;
        struct qf_assignments assignments;
        struct qf_counts *of_initiative, *of_task; /* true totals */
        uint32_t states[QF_PLAN_STATES];           /* of initiatives */
};

static void close_plan(struct plan *plan)
{
        free(plan->initiatives);
        free(plan->tasks);
        qf_assignments_deinit(&plan->assignments);
        free(plan->of_initiative);
        free(plan->of_task);
}

static uint32_t members_of(const struct plan *plan, uint16_t dimension)
{
        const struct qf_dimension *found = qf_programme_dimension(plan->run->programme, dimension);
        return found && dimension ? found->members : 0;
}

static uint32_t find(const struct plan *plan, uint16_t dimension, struct qf_view code)
{
        const uint32_t id =
                code.len ? qf_programme_find_member(plan->run->programme, dimension, code) : QF_MEMBER_NONE;
        return id == QF_MEMBER_UNKNOWN ? QF_MEMBER_NONE : id;
}

/* --- what is asked ------------------------------------------------------------------ */

static int ask_counts(struct plan *plan)
{
        struct qf_to_reader initiatives, tasks;
        if (qf_report_ask_by(plan->run, "initiative", &initiatives))
                return 1;
        for (uint32_t i = 0; i < initiatives.answer_rows_count; i++)
                plan->of_initiative[find(plan, plan->initiative, initiatives.answer_rows[i].members[0])] =
                        initiatives.answer_rows[i].counts;
        if (!plan->tasks_count)
                return 0;
        if (qf_report_ask_by(plan->run, "task", &tasks))
                return 1;
        for (uint32_t i = 0; i < tasks.answer_rows_count; i++)
                plan->of_task[find(plan, plan->task, tasks.answer_rows[i].members[0])] =
                        tasks.answer_rows[i].counts;
        return 0;
}

static int ask_assignments(struct plan *plan)
{
        const uint32_t first = plan->year * 10000 + 101;
        struct qf_to_reader pairs, assigned, reported;
        if (qf_report_ask_by(plan->run, "org initiative", &pairs) ||
            qf_report_ask_list(plan->run, "assignment", first, plan->year * 10000 + 1231, &assigned) ||
            qf_report_ask_list(plan->run, "progress", first, plan->run->asof, &reported))
                return 1;
        const int r = qf_assignments_make(plan->run->programme, plan->run->last_day, &assigned, &reported,
                                          &pairs, &plan->assignments);
        return r < 0 ? qf_report_no_memory(plan->run) : r > 0 ? qf_report_not_understood(plan->run->cli) : 0;
}

/* --- filling ----------------------------------------------------------------------------- */

static void put_state(struct qf_page *page, enum qf_plan_state state)
{
        const struct qf_plan_state_words *words = qf_plan_state_words(state);
        qf_page_cell(page, qf_view_of(qf_cli_say(page->cli, words->zh, words->en)), json_string(words->code));
}

static void put_level(struct qf_page *page, const char *level)
{
        static const struct {
                const char *code, *zh, *en;
        } words[] = {{"task", "任务", "task area"},
                     {"initiative", "举措", "initiative"},
                     {"assignment", "分解", "assignment"}};
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
                if (!strcmp(level, words[i].code))
                        qf_page_cell(page, qf_view_of(qf_cli_say(page->cli, words[i].zh, words[i].en)),
                                     json_string(level));
}

/* Target, what was reached, and the share of it. */
static void put_reached(struct qf_page *page, bool targets, int64_t target, const struct qf_counts *actual)
{
        qf_page_known(page, targets, target);
        qf_page_number(page, actual->of[QF_ACTIVITIES]);
        if (targets && target)
                qf_page_rate(page, actual->of[QF_ACTIVITIES], target);
        else
                qf_page_nothing(page);
}

static void put_assignment(struct plan *plan, const struct qf_assignment *assignment)
{
        struct qf_page *page = &plan->run->page;
        qf_page_row(page);
        put_level(page, "assignment");
        qf_page_member(
                page, "initiative",
                qf_programme_member(plan->run->programme, plan->initiative, assignment->initiative)->code, 2);
        qf_page_member(page, "org",
                       qf_programme_member(plan->run->programme, plan->org, assignment->org)->code, 0);
        put_reached(page, assignment->targets_activities, assignment->target_activities, &assignment->actual);
        qf_page_known(page, assignment->targets_attendances, assignment->target_attendances);
        qf_page_attendances(page, &assignment->actual);
        qf_page_date(page, assignment->due);
        qf_page_known(page, assignment->percent >= 0, assignment->percent);
        put_state(page, qf_assignment_state(assignment, plan->run->asof));
}

static void put_initiative(struct plan *plan, uint32_t initiative)
{
        struct qf_page *page = &plan->run->page;
        uint32_t count;
        const bool restricted = plan->assignments.restricted;
        const struct qf_assignment *at = qf_assignments_of(&plan->assignments, initiative, &count);
        const struct qf_counts *actual = &plan->of_initiative[initiative];
        const struct qf_assignment sum = qf_assignments_sum(at, count);
        const enum qf_plan_state state = qf_initiative_state(at, count, plan->run->asof);
        plan->states[state]++;
        qf_page_row(page);
        put_level(page, "initiative");
        qf_page_member(page, "initiative",
                       qf_programme_member(plan->run->programme, plan->initiative, initiative)->code, 1);
        qf_page_nothing(page);
        put_reached(page, sum.targets_activities && !restricted, sum.target_activities, actual);
        qf_page_known(page, sum.targets_attendances && !restricted, sum.target_attendances);
        qf_page_attendances(page, actual);
        qf_page_nothing(page);
        qf_page_nothing(page);
        if (restricted)
                qf_page_nothing(page);
        else
                put_state(page, state);
        for (uint32_t i = 0; i < count; i++)
                put_assignment(plan, &at[i]);
}

static void put_task(struct plan *plan, uint32_t task)
{
        struct qf_page *page = &plan->run->page;
        const struct qf_programme *programme = plan->run->programme;
        bool headed = false;
        for (uint32_t i = 0; i < plan->initiatives_count; i++) {
                if (qf_programme_group_of(programme, plan->task, plan->initiatives[i], plan->run->last_day) !=
                    task)
                        continue;
                if (!headed && plan->tasks_count) {
                        qf_page_row(page);
                        put_level(page, "task");
                        qf_page_member(page, "task",
                                       task ? qf_programme_member(programme, plan->task, task)->code
                                            : QF_VIEW(""),
                                       0);
                        qf_page_nothing(page);
                        qf_page_nothing(page);
                        qf_page_known(page, task != 0, plan->of_task[task].of[QF_ACTIVITIES]);
                        qf_page_nothing(page);
                        qf_page_nothing(page);
                        if (task)
                                qf_page_attendances(page, &plan->of_task[task]);
                        else
                                qf_page_nothing(page);
                        for (unsigned k = 0; k < 3; k++)
                                qf_page_nothing(page);
                }
                headed = true;
                put_initiative(plan, plan->initiatives[i]);
        }
}

static void head(struct qf_page *page)
{
        static const struct qf_page_head columns[] = {
                {"level", "层次", "level", QF_PAGE_TEXT},
                {"code", "任务、举措", "task area, initiative", QF_PAGE_TEXT},
                {"org", "责任单位", "responsible", QF_PAGE_TEXT},
                {"target_activities", "目标场次", "activities to reach", QF_PAGE_NUMBER},
                {"activities", "实际场次", "activities", QF_PAGE_NUMBER},
                {"achieved", "完成率", "achieved", QF_PAGE_RATE},
                {"target_attendances", "目标人次", "attendances to reach", QF_PAGE_NUMBER},
                {"attendances", "实际人次", "attendances", QF_PAGE_NUMBER},
                {"due", "时限", "due", QF_PAGE_TEXT},
                {"percent", "自报%", "% as said", QF_PAGE_NUMBER},
                {"state", "进展", "state", QF_PAGE_TEXT},
        };
        qf_page_heads(page, columns, sizeof(columns) / sizeof(columns[0]));
}

static void say_states(struct plan *plan)
{
        struct qf_page *page = &plan->run->page;
        const uint32_t *states = plan->states, day = plan->run->asof;
        qf_page_line(
                page,
                "%u年，截至%04u-%02u-%02u：%u项任务，%u项举措；已完成%u项（%u/%u），逾期%u，推进中%u，未启动%u，未分解%u。",
                "%u, as at %04u-%02u-%02u: %u task areas, %u initiatives; %u done (%u/%u), %u overdue, %u under way, %u not started, %u not assigned.",
                plan->year, day / 10000, day / 100 % 100, day % 100, plan->tasks_count,
                plan->initiatives_count, states[QF_PLAN_DONE], states[QF_PLAN_DONE], plan->initiatives_count,
                states[QF_PLAN_OVERDUE], states[QF_PLAN_UNDER_WAY], states[QF_PLAN_NOT_STARTED],
                states[QF_PLAN_UNASSIGNED]);
        qf_page_fact(page, "done", json_integer(states[QF_PLAN_DONE]));
}

static void say(struct plan *plan)
{
        struct qf_page *page = &plan->run->page;
        if (!plan->assignments.restricted)
                say_states(plan);
        else
                qf_page_remark(
                        page, "看不到全部分解：举措的目标和进展不列，分解只列看得到的单位的。",
                        "Not all assignments are seen: targets and states of initiatives are left out.");
        qf_page_fact(page, "year", json_integer(plan->year));
        qf_page_fact(page, "asof", json_integer(plan->run->asof));
        qf_page_fact(page, "tasks", json_integer(plan->tasks_count));
        qf_page_fact(page, "initiatives", json_integer(plan->initiatives_count));
        qf_page_remark(page, "一项活动可能计入几项举措：各行不能相加。",
                       "An activity may be of several initiatives: rows do not add up.");
}

/* --- the command ----------------------------------------------------------------------------- */

static int make_room(struct plan *plan)
{
        if (qf_report_order(plan->run, plan->initiative, &plan->initiatives, &plan->initiatives_count) ||
            qf_report_order(plan->run, plan->task, &plan->tasks, &plan->tasks_count))
                return 1;
        plan->of_initiative =
                calloc((size_t)members_of(plan, plan->initiative) + 1, sizeof(*plan->of_initiative));
        plan->of_task = calloc((size_t)members_of(plan, plan->task) + 1, sizeof(*plan->of_task));
        return plan->of_initiative && plan->of_task ? 0 : qf_report_no_memory(plan->run);
}

static int fill(struct qf_report_run *run)
{
        QF_CLEANUP(close_plan) struct plan plan = {.run = run};
        plan.year = run->options.year ? (uint32_t)run->options.year : qf_date_year(run->asof);
        run->first_day = plan.year * 10000 + 101;
        run->last_day = plan.year * 10000 + 1231;
        run->asof = run->asof < run->first_day ? run->first_day : run->asof;
        run->last_day = run->asof < run->last_day ? run->asof : run->last_day;
        run->own_words = true;
        plan.initiative = qf_programme_find_dimension(run->programme, QF_VIEW("initiative"));
        plan.task = qf_programme_find_dimension(run->programme, QF_VIEW("task"));
        plan.org = qf_programme_find_dimension(run->programme, QF_VIEW("org"));
        if (!members_of(&plan, plan.initiative))
                return run->cli->exit_code =
                               qf_cli_misused(run->cli, "方案里没有举措（维度 initiative）。",
                                              "the programme has no initiatives (dimension initiative).");
        if (make_room(&plan) || ask_counts(&plan) || ask_assignments(&plan))
                return 1;
        head(&run->page);
        for (uint32_t i = 0; i < plan.tasks_count; i++)
                put_task(&plan, plan.tasks[i]);
        put_task(&plan, QF_MEMBER_NONE);
        say(&plan);
        return 0;
}

static const struct qf_option plan_options[] = {
        QF_REPORT_YEAR, QF_REPORT_ASOF, QF_REPORT_WHERE, QF_REPORT_FORMS, {0}};

static const char *const plan_indicators[] = {"target",     "achieved",    "progress",
                                              "activities", "attendances", NULL};

static const struct qf_report plan_report = {.indicators = plan_indicators,
                                             .kinds = "assignment progress",
                                             .fill = fill,
                                             .title_zh = "任务分解与进展",
                                             .title_en = "The plan and its progress"};

const struct qf_command qf_report_plan = {
        .name = "plan",
        .zh = "任务分解：目标、实际、完成率、进展",
        .en = "the plan: task areas, initiatives, targets, what was reached",
        .run = qf_report_run,
        .of = &plan_report,
        .options = plan_options,
        .more_zh = "举措的场次是标了这项举措的全部活动；分解一行只算责任单位及其下属的。",
        .more_en =
                "An initiative's activities are all that are tagged with it; an assignment's those of its organisation and of those below it.",
};
