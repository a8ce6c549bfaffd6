/* Why: a plan is a tree of task areas, initiatives and who is to do what; how far it
 * is, is read from the activities that are tagged with it, and not only from what
 * is said of it. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/period.h"
#include "qf/reports/plan_tree.h"
#include "qf/reports/report_run.h"

struct plan {
        struct qf_report_run *run;
        uint16_t initiative, task, org;
        uint32_t year;
        uint32_t *initiatives, initiatives_count, *tasks, tasks_count;
        uint32_t *initiative_places, *org_places; /* by member */
        struct qf_assignment *at;
        uint32_t count;
        bool restricted; /* not all assignments are seen: what an initiative is to reach, and its state, is open */
        struct qf_counts *actual; /* by organisation and initiative, what is below it included */
        struct qf_counts *of_initiative, *of_task; /* true totals */
        uint32_t states[QF_PLAN_DONE + 1];         /* of initiatives */
};

static void close_plan(struct plan *plan)
{
        free(plan->initiatives);
        free(plan->tasks);
        free(plan->initiative_places);
        free(plan->org_places);
        free(plan->at);
        free(plan->actual);
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

static struct qf_counts *actual_of(const struct plan *plan, uint32_t org, uint32_t initiative)
{
        return &plan->actual[(size_t)org * (members_of(plan, plan->initiative) + 1) + initiative];
}

static uint64_t place_of(const struct plan *plan, uint32_t initiative, uint32_t org)
{
        return (uint64_t)plan->initiative_places[initiative] << 32 | plan->org_places[org];
}

/* --- what is asked ------------------------------------------------------------------ */

/* What an organisation did counts for all that it stands below. */
static int add_actual(struct plan *plan, const struct qf_to_reader *answer)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                const uint32_t initiative = find(plan, plan->initiative, row->members[1]);
                uint32_t org = find(plan, plan->org, row->members[0]);
                for (; org && initiative;
                     org = qf_member_place(qf_programme_member(plan->run->programme, plan->org, org),
                                           plan->run->last_day)
                                   ->parent)
                        if (!qf_counts_add(actual_of(plan, org, initiative), &row->counts, 1))
                                return qf_report_not_understood(plan->run->cli);
        }
        return 0;
}

static int ask_counts(struct plan *plan)
{
        struct qf_to_reader pairs, initiatives, tasks;
        if (qf_report_ask_by(plan->run, "org initiative", &pairs) || add_actual(plan, &pairs) ||
            qf_report_ask_by(plan->run, "initiative", &initiatives))
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
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("assignment"));
        struct qf_to_reader answer;
        if (qf_report_ask_list(plan->run, "assignment", plan->year * 10000 + 101, plan->year * 10000 + 1231,
                               &answer))
                return 1;
        plan->restricted = qf_listed_restricted(&answer);
        plan->at = calloc((size_t)answer.answer_rows_count + 1, sizeof(*plan->at));
        if (!plan->at)
                return qf_report_no_memory(plan->run);
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                struct qf_assignment *assignment = &plan->at[plan->count];
                *assignment = (struct qf_assignment){
                        .initiative =
                                find(plan, plan->initiative, qf_listed_member(&answer, row, "initiative")),
                        .org = find(plan, plan->org, qf_listed_member(&answer, row, "org")),
                        .key = row->members[QF_LISTED_KEY],
                        .due = qf_listed_day(spec, row, "due"),
                        .percent = -1};
                assignment->targets_activities =
                        qf_listed_figure(spec, row, "target_activities", &assignment->target_activities);
                assignment->targets_attendances =
                        qf_listed_figure(spec, row, "target_attendances", &assignment->target_attendances);
                if (!assignment->initiative || !assignment->org)
                        return qf_report_not_understood(plan->run->cli);
                assignment->place = place_of(plan, assignment->initiative, assignment->org);
                assignment->actual = *actual_of(plan, assignment->org, assignment->initiative);
                plan->count++;
        }
        qf_plan_sort(plan->at, plan->count);
        return 0;
}

/* Reports come by date: the last one of an initiative and organisation holds. */
static int ask_progress(struct plan *plan)
{
        const struct qf_kind_spec *spec = qf_kind_named(QF_VIEW("progress"));
        struct qf_to_reader answer;
        int64_t done;
        if (qf_report_ask_list(plan->run, "progress", plan->year * 10000 + 101, plan->run->asof, &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                const uint64_t place = place_of(
                        plan, find(plan, plan->initiative, qf_listed_member(&answer, row, "initiative")),
                        find(plan, plan->org, qf_listed_member(&answer, row, "org")));
                for (uint32_t k = qf_plan_find(plan->at, plan->count, place);
                     k < plan->count && plan->at[k].place == place; k++) {
                        struct qf_assignment *assignment = &plan->at[k];
                        assignment->reported = true;
                        assignment->done = qf_listed_figure(spec, row, "done", &done) && done;
                        if (!qf_listed_figure(spec, row, "percent", &assignment->percent))
                                assignment->percent = -1;
                }
        }
        return 0;
}

/* --- filling ----------------------------------------------------------------------------- */

static void put_state(struct qf_page *page, enum qf_plan_state state)
{
        static const struct {
                const char *code, *zh, *en;
        } words[] = {{"unassigned", "未分解", "not assigned"},
                     {"not_started", "未启动", "not started"},
                     {"under_way", "推进中", "under way"},
                     {"overdue", "逾期", "overdue"},
                     {"done", "已完成", "done"}};
        qf_page_cell(page, qf_view_of(qf_cli_say(page->cli, words[state].zh, words[state].en)),
                     json_string(words[state].code));
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

static uint32_t first_of(const struct plan *plan, uint32_t initiative, uint32_t *ret_count)
{
        uint32_t first = 0, end;
        while (first < plan->count && plan->at[first].initiative != initiative)
                first++;
        for (end = first; end < plan->count && plan->at[end].initiative == initiative;)
                end++;
        *ret_count = end - first;
        return first;
}

static void put_initiative(struct plan *plan, uint32_t initiative)
{
        struct qf_page *page = &plan->run->page;
        uint32_t count;
        const struct qf_assignment *at = &plan->at[first_of(plan, initiative, &count)];
        const struct qf_counts *actual = &plan->of_initiative[initiative];
        struct qf_assignment sum = {0};
        for (uint32_t i = 0; i < count; i++) {
                sum.targets_activities |= at[i].targets_activities && !plan->restricted;
                sum.targets_attendances |= at[i].targets_attendances && !plan->restricted;
                sum.target_activities += at[i].target_activities;
                sum.target_attendances += at[i].target_attendances;
        }
        const enum qf_plan_state state = qf_initiative_state(at, count, plan->run->asof);
        plan->states[state]++;
        qf_page_row(page);
        put_level(page, "initiative");
        qf_page_member(page, "initiative",
                       qf_programme_member(plan->run->programme, plan->initiative, initiative)->code, 1);
        qf_page_nothing(page);
        put_reached(page, sum.targets_activities, sum.target_activities, actual);
        qf_page_known(page, sum.targets_attendances, sum.target_attendances);
        qf_page_attendances(page, actual);
        qf_page_nothing(page);
        qf_page_nothing(page);
        if (plan->restricted)
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
        if (!plan->restricted)
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

static int make_places(struct plan *plan)
{
        QF_CLEANUP(qf_cleanup_free) uint32_t *orgs = NULL;
        uint32_t orgs_count;
        if (qf_report_order(plan->run, plan->initiative, &plan->initiatives, &plan->initiatives_count) ||
            qf_report_order(plan->run, plan->task, &plan->tasks, &plan->tasks_count) ||
            qf_report_order(plan->run, plan->org, &orgs, &orgs_count))
                return 1;
        const size_t initiatives = members_of(plan, plan->initiative) + 1,
                     all_orgs = members_of(plan, plan->org) + 1;
        plan->initiative_places = calloc(initiatives, sizeof(*plan->initiative_places));
        plan->org_places = calloc(all_orgs, sizeof(*plan->org_places));
        plan->actual = calloc(initiatives * all_orgs, sizeof(*plan->actual));
        plan->of_initiative = calloc(initiatives, sizeof(*plan->of_initiative));
        plan->of_task = calloc((size_t)members_of(plan, plan->task) + 1, sizeof(*plan->of_task));
        if (!plan->initiative_places || !plan->org_places || !plan->actual || !plan->of_initiative ||
            !plan->of_task)
                return qf_report_no_memory(plan->run);
        for (uint32_t i = 0; i < plan->initiatives_count; i++)
                plan->initiative_places[plan->initiatives[i]] = i;
        for (uint32_t i = 0; i < orgs_count; i++)
                plan->org_places[orgs[i]] = i;
        return 0;
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
        if (make_places(&plan) || ask_counts(&plan) || ask_assignments(&plan) || ask_progress(&plan))
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
