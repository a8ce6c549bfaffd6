/* Why: who does what, and what nobody does. A cell without an activity is a gap and
 * is called by its name; totals are reporting's own, since one activity may stand
 * in several columns. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/cli/figures.h"
#include "qf/reports/report_run.h"

enum { AXES = 3, CELLS_MOST = 2000000, CONTENTS_MOST = QF_TABLE_COLUMNS_MAX - 6 };

struct axis {
        char name[QF_PAGE_CODE_BYTES];
        uint16_t dimension;
        uint32_t members; /* ids 0, "not stated", to members */
        uint32_t *ids, count;
};

struct cell {
        int64_t activities, known, value; /* known: activities of which the value is */
};

struct matrix {
        struct qf_report_run *run;
        struct axis axes[AXES];
        struct cell *cells; /* of each third member, and of all (last) */
        bool *used, *above; /* members of the first axis that held any activity; that stand above others */
        struct cell columns[CONTENTS_MOST + 1], all;
        enum qf_measure measure;
        uint64_t places, gaps;
};

static void close_matrix(struct matrix *matrix)
{
        for (unsigned i = 0; i < AXES; i++)
                free(matrix->axes[i].ids);
        free(matrix->cells);
        free(matrix->used);
        free(matrix->above);
}

/* third: a member, or members + 1 for all. */
static struct cell *cell_of(const struct matrix *matrix, uint32_t first, uint32_t second, uint32_t third)
{
        const struct axis *axes = matrix->axes;
        return &matrix->cells[((size_t)first * (axes[1].members + 1) + second) * (axes[2].members + 2) +
                              third];
}

static void add(const struct matrix *matrix, struct cell *cell, const struct qf_counts *counts)
{
        cell->activities += counts->of[QF_ACTIVITIES];
        cell->known +=
                matrix->measure == QF_ATTENDANCES ? qf_figures_known(counts) : counts->of[QF_ACTIVITIES];
        cell->value += counts->of[matrix->measure];
}

/* --- asking ------------------------------------------------------------------ */

static uint32_t id_of(const struct matrix *matrix, unsigned axis, struct qf_view code)
{
        const uint32_t id = code.len ? qf_programme_find_member(matrix->run->programme,
                                                                matrix->axes[axis].dimension, code)
                                     : QF_MEMBER_NONE;
        return id <= matrix->axes[axis].members ? id : QF_MEMBER_NONE;
}

static int ask_cells(struct matrix *matrix, struct qf_list *where, uint32_t third)
{
        const struct qf_view by[] = {qf_view_of(matrix->axes[0].name), qf_view_of(matrix->axes[1].name)};
        struct qf_to_reader answer;
        if (qf_report_ask(matrix->run,
                          (struct qf_from_reader){.query = QF_QUERY_TOTALS,
                                                  .by_count = 2,
                                                  .by = by,
                                                  .where_count = where->count,
                                                  .where = where->at,
                                                  .first_day = matrix->run->first_day,
                                                  .last_day = matrix->run->last_day},
                          &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer.answer_rows[i];
                const uint32_t first = id_of(matrix, 0, row->members[0]);
                add(matrix, cell_of(matrix, first, id_of(matrix, 1, row->members[1]), third), &row->counts);
                matrix->used[first] = true;
        }
        qf_report_answered(matrix->run);
        return 0;
}

/* The rows of each member of the third axis, and of those that do not state it. */
static int ask_third(struct matrix *matrix)
{
        const struct axis *axis = &matrix->axes[2];
        struct qf_list where = matrix->run->options.where;
        char filter[2 * QF_PAGE_CODE_BYTES];
        if (ask_cells(matrix, &where, axis->members + 1))
                return 1;
        if (where.count == QF_LIST_MAX)
                return qf_cli_misused(matrix->run->cli, "--where 太多。", "too many of --where.");
        for (uint32_t i = 0; i <= axis->count; i++) {
                const uint32_t id = i ? axis->ids[i - 1] : QF_MEMBER_NONE;
                const struct qf_member *member =
                        qf_programme_member(matrix->run->programme, axis->dimension, id);
                (void)snprintf(filter, sizeof(filter), "%s=%.*s", axis->name,
                               member ? (int)member->code.len : 0, member ? member->code.at : "");
                where.at[matrix->run->options.where.count] = qf_view_of(filter);
                where.count = matrix->run->options.where.count + 1;
                if (ask_cells(matrix, &where, id))
                        return 1;
        }
        return 0;
}

static int ask_columns(struct matrix *matrix)
{
        struct qf_to_reader answer;
        if (qf_report_ask_by(matrix->run, matrix->axes[2].name, &answer))
                return 1;
        for (uint32_t i = 0; i < answer.answer_rows_count; i++)
                add(matrix, &matrix->columns[id_of(matrix, 2, answer.answer_rows[i].members[0])],
                    &answer.answer_rows[i].counts);
        add(matrix, &matrix->all, &answer.all.counts);
        return 0;
}

/* --- filling ------------------------------------------------------------------ */

static void head(struct matrix *matrix)
{
        struct qf_page *page = &matrix->run->page;
        const struct axis *third = &matrix->axes[2];
        char label[QF_PAGE_LABEL_BYTES];
        for (unsigned i = 0; i < 2; i++) {
                const struct qf_view name = qf_view_of(matrix->axes[i].name),
                                     text = qf_asking_dimension_label(page->cli, page->programme, name);
                (void)snprintf(label, sizeof(label), "%.*s", (int)text.len, text.at);
                qf_page_column(page, name, label, QF_PAGE_TEXT);
        }
        for (uint32_t i = 0; i <= third->count; i++) {
                const uint32_t id = i < third->count ? third->ids[i] : QF_MEMBER_NONE;
                const struct qf_member *member = qf_programme_member(page->programme, third->dimension, id);
                const struct qf_view code = member && id ? member->code : QF_VIEW(""),
                                     text = qf_page_label(page, third->name, code);
                (void)snprintf(label, sizeof(label), "%.*s", (int)text.len, text.at);
                qf_page_column(page, code.len ? code : QF_VIEW("not_stated"), label, QF_PAGE_NUMBER);
        }
        qf_page_column(page, QF_VIEW("all"), qf_cli_say(page->cli, "合计", "total"), QF_PAGE_NUMBER);
        qf_page_column(page, QF_VIEW("gaps"), qf_cli_say(page->cli, "空白", "gaps"), QF_PAGE_TEXT);
}

static struct qf_view code_of(const struct matrix *matrix, unsigned axis, uint32_t id)
{
        const struct qf_member *member =
                qf_programme_member(matrix->run->programme, matrix->axes[axis].dimension, id);
        return id && member ? member->code : QF_VIEW("");
}

/* Where activities were held and the attendance of none is known, that is neither 0 nor a gap. */
static void put_cell(struct qf_page *page, const struct cell *cell)
{
        if (cell->activities && !cell->known)
                qf_page_word(page, "不详", "not known");
        else
                qf_page_number(page, cell->value);
}

static int put_row(struct matrix *matrix, uint32_t first, uint32_t second)
{
        struct qf_page *page = &matrix->run->page;
        const struct axis *third = &matrix->axes[2];
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer gaps = {0};
        int r = 0;
        qf_page_row(page);
        qf_page_member(page, matrix->axes[0].name, code_of(matrix, 0, first), 0);
        qf_page_member(page, matrix->axes[1].name, code_of(matrix, 1, second), 0);
        for (uint32_t i = 0; i <= third->count && !r; i++) {
                const uint32_t id = i < third->count ? third->ids[i] : QF_MEMBER_NONE;
                const struct cell *cell = cell_of(matrix, first, second, id);
                const bool gap = id && !cell->activities;
                if (gap)
                        qf_page_nothing(page);
                else
                        put_cell(page, cell);
                matrix->places += id != 0;
                matrix->gaps += gap;
                if (gap) {
                        const struct qf_view code = code_of(matrix, 2, id);
                        r = qf_buffer_print(&gaps, "%s%.*s", gaps.len ? "," : "", (int)code.len, code.at);
                }
        }
        put_cell(page, cell_of(matrix, first, second, third->members + 1));
        qf_page_members(page, third->name, (struct qf_view){(const char *)gaps.at, (uint32_t)gaps.len});
        return r ? qf_report_no_memory(matrix->run) : 0;
}

/* Who stands above others on the last day. */
static void mark_above(struct matrix *matrix)
{
        const struct axis *axis = &matrix->axes[0];
        const struct qf_report_run *run = matrix->run;
        const uint32_t day = run->last_day ? run->last_day : run->today;
        for (uint32_t i = 0; i < axis->count; i++) {
                const struct qf_member *member =
                        qf_programme_member(run->programme, axis->dimension, axis->ids[i]);
                matrix->above[qf_member_place(member, day)->parent] = true;
        }
}

/* Who only stands above others and did nothing itself is no row of gaps. */
static bool is_row(const struct matrix *matrix, uint32_t first)
{
        const struct qf_report_run *run = matrix->run;
        if (matrix->used[first])
                return true;
        return first && qf_report_asked(run, matrix->axes[0].name, first) &&
               qf_report_valid(qf_programme_member(run->programme, matrix->axes[0].dimension, first),
                               run->first_day, run->last_day) &&
               !matrix->above[first];
}

static bool is_any(const struct matrix *matrix, uint32_t first, uint32_t second)
{
        return cell_of(matrix, first, second, matrix->axes[2].members + 1)->activities != 0;
}

static int put_rows(struct matrix *matrix)
{
        const struct axis *first = &matrix->axes[0], *second = &matrix->axes[1];
        for (uint32_t i = 0; i <= first->count; i++) {
                const uint32_t one = i < first->count ? first->ids[i] : QF_MEMBER_NONE;
                for (uint32_t k = 0; k <= second->count; k++) {
                        const uint32_t other = k < second->count ? second->ids[k] : QF_MEMBER_NONE;
                        const bool shown = is_any(matrix, one, other) || (other && is_row(matrix, one));
                        if (shown && put_row(matrix, one, other))
                                return 1;
                }
        }
        return 0;
}

static void put_total(struct matrix *matrix)
{
        struct qf_page *page = &matrix->run->page;
        const struct axis *third = &matrix->axes[2];
        qf_page_total(page);
        qf_page_word(page, "合计", "total");
        qf_page_nothing(page);
        for (uint32_t i = 0; i <= third->count; i++)
                put_cell(page, &matrix->columns[i < third->count ? third->ids[i] : QF_MEMBER_NONE]);
        put_cell(page, &matrix->all);
        qf_page_nothing(page);
}

/* --- the command --------------------------------------------------------------- */

static int find_axes(struct matrix *matrix)
{
        static const struct qf_view usual[AXES] = {{"org", 3}, {"mode", 4}, {"content", 7}};
        struct qf_report_run *run = matrix->run;
        const struct qf_list *by = &run->options.by;
        uint64_t room = 1;
        if (by->count && by->count != AXES)
                return qf_cli_misused(run->cli, "--by 要写三个维度，如 org,mode,content。",
                                      "--by takes three dimensions, as org,mode,content.");
        for (unsigned i = 0; i < AXES; i++) {
                struct axis *axis = &matrix->axes[i];
                const struct qf_view name = by->count ? by->at[i] : usual[i];
                (void)snprintf(axis->name, sizeof(axis->name), "%.*s", (int)name.len, name.at);
                axis->dimension = qf_programme_find_dimension(run->programme, name);
                const struct qf_dimension *found = qf_programme_dimension(run->programme, axis->dimension);
                if (!found || !axis->dimension)
                        return qf_cli_misused(run->cli, "方案里没有维度“%s”。",
                                              "the programme has no dimension \"%s\".", axis->name);
                axis->members = found->members;
                room *= axis->members + (i == 2 ? 2 : 1);
                if (qf_report_order(run, axis->dimension, &axis->ids, &axis->count))
                        return 1;
        }
        for (uint32_t i = 0; i < run->options.where.count; i++)
                if (qf_asking_filters(run->options.where.at[i], matrix->axes[2].name))
                        return qf_cli_misused(
                                run->cli,
                                "--where 不能再筛列上的“%s”：同一维度写几个成员，是任一即可。\n要这样筛，就用 --by 换一个维度作列。",
                                "--where cannot be of the columns' \"%s\": several of one dimension mean any of them.\n"
                                "To narrow by it, let the columns be another dimension: --by.",
                                matrix->axes[2].name);
        if (room > CELLS_MOST || matrix->axes[2].members > CONTENTS_MOST)
                return qf_cli_misused(run->cli, "格子太多：换成成员少一些的维度（--by）。",
                                      "too many cells: choose dimensions with fewer members (--by).");
        matrix->cells = calloc(room, sizeof(*matrix->cells));
        matrix->used = calloc((size_t)matrix->axes[0].members + 1, sizeof(*matrix->used));
        matrix->above = calloc((size_t)matrix->axes[0].members + 1, sizeof(*matrix->above));
        return matrix->cells && matrix->used && matrix->above ? 0 : qf_report_no_memory(run);
}

static int fill(struct qf_report_run *run)
{
        QF_CLEANUP(close_matrix) struct matrix matrix = {.run = run, .measure = QF_ACTIVITIES};
        const struct qf_view measure = qf_view_of(run->options.measure);
        if (qf_view_same(measure, QF_VIEW("attendances")))
                matrix.measure = QF_ATTENDANCES;
        else if (measure.len && !qf_view_same(measure, QF_VIEW("activities")))
                return run->cli->exit_code =
                               qf_cli_misused(run->cli, "--measure 是 activities 或 attendances。",
                                              "--measure is activities or attendances.");
        run->own_words = true;
        const int r = find_axes(&matrix);
        if (r)
                return run->cli->exit_code = r > 1 ? r : run->cli->exit_code;
        if (ask_third(&matrix) || ask_columns(&matrix))
                return 1;
        head(&matrix);
        mark_above(&matrix);
        if (put_rows(&matrix))
                return 1;
        put_total(&matrix);
        qf_page_fact(&run->page, "cells", json_integer((json_int_t)matrix.places));
        qf_page_fact(&run->page, "gaps", json_integer((json_int_t)matrix.gaps));
        qf_page_line(&run->page, "%llu格，空白%llu格（没有一场活动，记为“—”）。",
                     "%llu cells, %llu of them gaps (not one activity, shown as \"—\").",
                     (unsigned long long)matrix.places, (unsigned long long)matrix.gaps);
        qf_page_remark(
                &run->page, "一项活动可能计入多行多列；合计是实数，不是各格之和。",
                "An activity may stand in several rows and columns; totals are true, and not the sum of cells.");
        return 0;
}

static const struct qf_option matrix_options[] = {
        {"by", QF_OPTION_LIST, offsetof(struct qf_report_options, by), "DIM[,DIM]",
         "行、行、列；默认 org,mode,content", "rows, rows, columns; default org,mode,content", 0},
        {"measure", QF_OPTION_TEXT, offsetof(struct qf_report_options, measure), "activities|attendances",
         "格子里是 activities（默认）还是 attendances", "activities (default) or attendances", 0},
        QF_REPORT_FROM,
        QF_REPORT_TO,
        QF_REPORT_WHERE,
        QF_REPORT_FORMS,
        {0},
};

static const char *const matrix_indicators[] = {"activities", "attendances", "gaps", NULL};

static const struct qf_report matrix_report = {.indicators = matrix_indicators,
                                               .fill = fill,
                                               .title_zh = "单位、方式、内容矩阵",
                                               .title_en = "Organisations, modes and content"};

const struct qf_command qf_report_matrix = {
        .name = "matrix",
        .zh = "单位×方式×内容矩阵和空白",
        .en = "organisation × mode × content, with its gaps",
        .run = qf_report_run,
        .of = &matrix_report,
        .options = matrix_options,
        .more_zh = "只在期内有效、没有下属的单位才算空白；名义上在别人之上的单位只在自己办过活动时列出。",
        .more_en =
                "Gaps are of organisations that are valid in the period and have none below them; those above others are rows where they held activities themselves.",
};
