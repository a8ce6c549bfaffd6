/* Why: what a report says of an edition is what it says of now, from other lines: it asks in the same words, and does not
 * know who answers. */
#include "qf/reports/edition_answers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/kinds.h"
#include "model/period.h"
#include "programme/edition_data.h"
#include "qf/reports/edition_read.h"
#include "views/listed.h"

enum { HEADS = QF_LISTED_KEY + 1, SUM_FIGURES = 3, PERIOD_BYTES = 16 };

struct asked {
        const struct qf_programme *programme;
        struct qf_view data;
        const struct qf_from_reader *query;
        struct qf_arena *arena;
        struct qf_view dimension, member; /* what it is narrowed to */
};

static bool in_days(const struct qf_from_reader *query, uint32_t date)
{
        return qf_date_valid(date) && qf_date_first_day(date) >= query->first_day &&
               (!query->last_day || qf_date_last_day(date) <= query->last_day);
}

bool qf_edition_chosen(const struct qf_view *where, uint32_t count, struct qf_view *ret_dimension,
                       struct qf_view *ret_member)
{
        *ret_dimension = QF_VIEW("total");
        *ret_member = QF_VIEW("all");
        if (!count)
                return true;
        const char *equals = memchr(where->at, '=', where->len);
        if (count > 1 || !equals)
                return false;
        const uint32_t len = (uint32_t)(equals - where->at);
        *ret_dimension = (struct qf_view){where->at, len};
        *ret_member = (struct qf_view){equals + 1, where->len - len - 1};
        return true;
}

/* --- statements ------------------------------------------------------------------------ */

struct statement { /* one line, as it is in the journal */
        struct qf_view partner, key;
        uint32_t date;
        int64_t figures[QF_FIGURES_MAX]; /* one more than stated; 0: not stated */
        struct qf_view members;          /* "DIMENSION=CODE", a tab between them */
};

static bool read_statement(struct qf_view line, const struct qf_kind_spec *spec, struct statement *ret)
{
        struct qf_view word, kind, field;
        uint64_t number;
        if (!qf_edition_field(&line, &word) || !qf_view_same(word, QF_VIEW("statement")) ||
            !qf_edition_field(&line, &kind) || !qf_view_same(kind, qf_view_of(spec->code)) ||
            !qf_edition_field(&line, &ret->partner) || !qf_edition_field(&line, &ret->key) ||
            !qf_edition_field(&line, &field) || !qf_text_number(field, QF_DATE_LAST, &number))
                return false;
        ret->date = (uint32_t)number;
        for (unsigned i = 0; i < spec->figures_count; i++) {
                if (!qf_edition_field(&line, &field))
                        return false;
                ret->figures[i] = qf_text_number(field, UINT32_MAX, &number) ? (int64_t)number + 1 : 0;
        }
        ret->members = line;
        return true;
}

/* The next "DIMENSION=CODE"; false: no more. */
static bool next_member(struct qf_view *rest, struct qf_view *ret_dimension, struct qf_view *ret_member)
{
        struct qf_view field;
        return qf_edition_field(rest, &field) && qf_edition_chosen(&field, 1, ret_dimension, ret_member);
}

static bool is_chosen(const struct asked *asked, const struct statement *statement)
{
        struct qf_view rest = statement->members, dimension, member;
        if (!asked->query->where_count)
                return true;
        const uint16_t id = qf_programme_find_dimension(asked->programme, asked->dimension);
        const uint32_t chosen = qf_programme_find_member(asked->programme, id, asked->member);
        while (chosen != QF_MEMBER_UNKNOWN && next_member(&rest, &dimension, &member))
                if (qf_view_same(dimension, asked->dimension) &&
                    qf_programme_within(asked->programme, id,
                                        qf_programme_find_member(asked->programme, id, member), chosen,
                                        statement->date))
                        return true;
        return false;
}

/* Goes on to the next that is asked for; false: no more. */
static bool next_statement(const struct asked *asked, const struct qf_kind_spec *spec, struct qf_view *rest,
                           struct statement *ret_statement)
{
        struct qf_view line;
        while (qf_edition_line(rest, &line))
                if (read_statement(line, spec, ret_statement) && in_days(asked->query, ret_statement->date) &&
                    is_chosen(asked, ret_statement))
                        return true;
        return false;
}

static uint32_t count_statements(const struct asked *asked, const struct qf_kind_spec *spec)
{
        struct qf_view rest = asked->data;
        struct statement statement;
        uint32_t count = 0;
        while (next_statement(asked, spec, &rest, &statement))
                count++;
        return count;
}

/* --- lists --------------------------------------------------------------------------------- */

struct listed {
        uint32_t date, partner;
        struct qf_answer_row row;
};

/* As reporting does: by date, and by the order in which partners were told. */
static int compare_listed(const void *one, const void *other)
{
        const struct listed *a = one, *b = other;
        if (a->date != b->date)
                return a->date < b->date ? -1 : 1;
        if (a->partner != b->partner)
                return a->partner < b->partner ? -1 : 1;
        return qf_view_order(a->row.members[QF_LISTED_KEY], b->row.members[QF_LISTED_KEY]);
}

/* A column for each dimension that the programme has. */
static int put_columns(const struct asked *asked, const struct qf_kind_spec *spec,
                       struct qf_to_reader *answer)
{
        const uint32_t dimensions = qf_programme_dimensions(asked->programme);
        struct qf_view *by = qf_arena_zero(asked->arena, HEADS + dimensions, sizeof(*by)),
                       *measures = qf_arena_zero(asked->arena, spec->figures_count + 1, sizeof(*measures));
        if (!by || !measures)
                return -ENOMEM;
        by[QF_LISTED_DATE] = QF_VIEW("date");
        by[QF_LISTED_PARTNER] = QF_VIEW("partner");
        by[QF_LISTED_KEY] = QF_VIEW("key");
        for (uint32_t id = 1; id <= dimensions; id++)
                by[HEADS + id - 1] = qf_programme_dimension(asked->programme, (uint16_t)id)->code;
        for (unsigned i = 0; i < spec->figures_count; i++)
                measures[i] = qf_view_of(spec->figures[i].code);
        answer->by = by;
        answer->by_count = HEADS + dimensions;
        answer->measures = measures;
        answer->measures_count = spec->figures_count;
        return 0;
}

/* Several members of one dimension are joined by commas. */
static int add_member(const struct asked *asked, struct qf_view *cell, struct qf_view code)
{
        if (!cell->len) {
                *cell = code;
                return 0;
        }
        char *text = qf_arena_take(asked->arena, (size_t)cell->len + 1 + code.len);
        if (!text)
                return -ENOMEM;
        memcpy(text, cell->at, cell->len);
        text[cell->len] = ',';
        memcpy(text + cell->len + 1, code.at, code.len);
        *cell = (struct qf_view){text, cell->len + 1 + code.len};
        return 0;
}

static int put_listed(const struct asked *asked, const struct qf_kind_spec *spec,
                      const struct statement *statement, const struct qf_to_reader *answer,
                      struct listed *ret_listed)
{
        struct qf_view *members = qf_arena_zero(asked->arena, answer->by_count, sizeof(*members));
        int64_t *figures = qf_arena_zero(asked->arena, QF_FIGURES_MAX, sizeof(*figures));
        char *date = qf_arena_take(asked->arena, PERIOD_BYTES);
        struct qf_view rest = statement->members, dimension, code;
        if (!members || !figures || !date)
                return -ENOMEM;
        (void)snprintf(date, PERIOD_BYTES, "%u", statement->date);
        memcpy(figures, statement->figures, spec->figures_count * sizeof(*figures));
        members[QF_LISTED_DATE] = qf_view_of(date);
        members[QF_LISTED_PARTNER] = statement->partner;
        members[QF_LISTED_KEY] = statement->key;
        while (next_member(&rest, &dimension, &code)) {
                const uint16_t id = qf_programme_find_dimension(asked->programme, dimension);
                if (id == QF_DIMENSION_UNKNOWN || !id)
                        continue;
                if (add_member(asked, &members[HEADS + id - 1], code))
                        return -ENOMEM;
        }
        const uint16_t org = qf_programme_find_dimension(asked->programme, QF_VIEW("org"));
        *ret_listed = (struct listed){
                .date = statement->date,
                .partner = qf_programme_find_member(asked->programme, org, statement->partner),
                .row = {.members = members, .figures_count = spec->figures_count, .figures = figures}};
        ret_listed->row.counts.of[QF_RECORDS] = 1;
        return 0;
}

static int answer_list(const struct asked *asked, const struct qf_kind_spec *spec,
                       struct qf_to_reader *answer)
{
        const uint32_t count = count_statements(asked, spec);
        struct listed *listed = qf_arena_zero(asked->arena, (size_t)count + 1, sizeof(*listed));
        struct qf_answer_row *rows = qf_arena_zero(asked->arena, (size_t)count + 1, sizeof(*rows));
        struct qf_view rest = asked->data;
        struct statement statement;
        if (!listed || !rows || put_columns(asked, spec, answer))
                return -ENOMEM;
        for (uint32_t i = 0; next_statement(asked, spec, &rest, &statement); i++)
                if (put_listed(asked, spec, &statement, answer, &listed[i]))
                        return -ENOMEM;
        qsort(listed, count, sizeof(*listed), compare_listed);
        for (uint32_t i = 0; i < count; i++)
                rows[i] = listed[i].row;
        answer->answer_rows = rows;
        answer->answer_rows_count = count;
        answer->all.counts.of[QF_RECORDS] = count;
        return 0;
}

/* --- sums of a measure ------------------------------------------------------------------------ */

static struct qf_view member_in(const struct statement *statement, struct qf_view wanted)
{
        struct qf_view rest = statement->members, dimension, code;
        while (next_member(&rest, &dimension, &code))
                if (qf_view_same(dimension, wanted))
                        return code;
        return QF_VIEW("");
}

struct sum { /* of a row */
        struct qf_view member;
        int64_t figures[SUM_FIGURES];
        int64_t records;
};

static void add_to_sum(struct sum *sum, const struct statement *statement, int place)
{
        sum->records++;
        if (place != QF_NO_FIGURE && statement->figures[place])
                sum->figures[0] += statement->figures[place] - 1;
}

static struct qf_answer_row row_of(const struct sum *sum)
{
        return (struct qf_answer_row){.members = &sum->member,
                                      .counts = {{sum->records}},
                                      .figures_count = SUM_FIGURES,
                                      .figures = sum->figures};
}

/* By one dimension of which each has one member at most; of a measure that is added up. */
static int answer_declared(const struct asked *asked, const struct qf_kind_spec *spec,
                           struct qf_to_reader *answer)
{
        const struct qf_from_reader *query = asked->query;
        const struct qf_kind_measure *measure =
                query->measures_count == 1 ? qf_kind_measure(spec, query->measures[0]) : NULL;
        const uint16_t id = qf_programme_find_dimension(asked->programme, query->by[0]);
        const struct qf_dimension *of = qf_programme_dimension(asked->programme, id);
        if (!measure || measure->rule != QF_RULE_SUM || !of || of->multi)
                return 1;
        struct qf_answer_row *rows = qf_arena_zero(asked->arena, (size_t)of->members + 1, sizeof(*rows));
        struct sum *sums = qf_arena_zero(asked->arena, (size_t)of->members + 1, sizeof(*sums)),
                   *all = qf_arena_zero(asked->arena, 1, sizeof(*all));
        struct qf_view rest = asked->data;
        struct statement statement;
        uint32_t count = 0;
        if (!rows || !sums || !all)
                return -ENOMEM;
        while (next_statement(asked, spec, &rest, &statement)) {
                const struct qf_view code = member_in(&statement, of->code);
                const uint32_t at = code.len ? qf_programme_find_member(asked->programme, id, code) : 0;
                if (at > of->members)
                        return 1;
                sums[at].member = code;
                add_to_sum(&sums[at], &statement, measure->figure);
                add_to_sum(all, &statement, measure->figure);
        }
        for (uint32_t at = 0; at <= of->members; at++)
                if (sums[at].records)
                        rows[count++] = row_of(&sums[at]);
        answer->all = row_of(all);
        answer->by = query->by;
        answer->by_count = 1;
        answer->answer_rows = rows;
        answer->answer_rows_count = count;
        return 0;
}

/* --- activities --------------------------------------------------------------------------------- */

static int add_row(const struct asked *asked, struct qf_view member, const struct qf_counts *counts,
                   struct qf_answer_row *rows, struct qf_to_reader *answer)
{
        struct qf_view *members = qf_arena_take(asked->arena, sizeof(*members));
        if (!counts->of[QF_RECORDS])
                return 0;
        if (!members)
                return -ENOMEM;
        *members = member;
        rows[answer->answer_rows_count++] = (struct qf_answer_row){.members = members, .counts = *counts};
        return qf_counts_add(&answer->all.counts, counts, 1) ? 0 : -EOVERFLOW;
}

/* Of whole years; what is known to the year only comes last, without a month. */
static int put_months(const struct asked *asked, struct qf_to_reader *answer)
{
        const uint32_t first = asked->query->first_day / 10000, last = asked->query->last_day / 10000;
        struct qf_answer_row *rows =
                qf_arena_zero(asked->arena, ((size_t)last - first + 1) * 12 + 1, sizeof(*rows));
        struct qf_counts undated = qf_edition_sum_within(asked->data, asked->programme, asked->dimension,
                                                         asked->member, first * 100 + 1, last * 100 + 12);
        int r = rows ? 0 : -ENOMEM;
        for (uint32_t month = first * 100 + 1; !r && month <= last * 100 + 12;
             month += month % 100 == 12 ? 89 : 1) {
                const struct qf_counts counts = qf_edition_sum_within(
                        asked->data, asked->programme, asked->dimension, asked->member, month, month);
                char *code = qf_arena_take(asked->arena, PERIOD_BYTES);
                if (!code || !qf_counts_add(&undated, &counts, -1))
                        return -ENOMEM;
                (void)snprintf(code, PERIOD_BYTES, "%u", month);
                r = add_row(asked, qf_view_of(code), &counts, rows, answer);
        }
        answer->answer_rows = rows;
        return r ? r : add_row(asked, QF_VIEW(""), &undated, rows, answer);
}

static int put_members(const struct asked *asked, uint16_t id, struct qf_to_reader *answer)
{
        const struct qf_dimension *dimension = qf_programme_dimension(asked->programme, id);
        const uint32_t first = asked->query->first_day / 100,
                       last = asked->query->last_day ? asked->query->last_day / 100 : UINT32_MAX;
        struct qf_answer_row *rows =
                qf_arena_zero(asked->arena, (size_t)dimension->members + 1, sizeof(*rows));
        struct qf_counts *sums = qf_arena_zero(asked->arena, (size_t)dimension->members + 1, sizeof(*sums));
        int r = rows && sums ? 0 : -ENOMEM;
        if (!r)
                qf_edition_sum_members(asked->data, asked->programme, id, first, last, sums);
        for (uint32_t member = 0; !r && member <= dimension->members; member++) {
                const struct qf_member *found = qf_programme_member(asked->programme, id, member);
                const struct qf_view code = member && found ? found->code : QF_VIEW("");
                r = add_row(asked, code, &sums[member], rows, answer);
        }
        answer->answer_rows = rows;
        answer->all.counts = qf_edition_sum(asked->data, QF_VIEW("total"), QF_VIEW("all"), first, last);
        return r;
}

static int answer_totals(const struct asked *asked, struct qf_to_reader *answer)
{
        const struct qf_from_reader *query = asked->query;
        static const struct qf_view unknown[] = {{"attendance_unknown", 18}};
        int r = 1;
        if (query->by_count != 1)
                return 1;
        const uint16_t id = qf_programme_find_dimension(asked->programme, query->by[0]);
        answer->by = query->by;
        answer->by_count = 1;
        if (qf_view_same(query->by[0], QF_VIEW("month")) && query->first_day % 10000 == 101 &&
            query->last_day % 10000 == 1231)
                r = put_months(asked, answer);
        else if (!query->where_count && id && id != QF_DIMENSION_UNKNOWN)
                r = put_members(asked, id, answer);
        if (!r && answer->all.counts.of[QF_ACTIVITIES_UNKNOWN]) {
                answer->notes = unknown;
                answer->notes_count = 1;
        }
        return r;
}

int qf_edition_answer(const struct qf_programme *programme, struct qf_view data,
                      const struct qf_from_reader *query, struct qf_arena *arena,
                      struct qf_to_reader *ret_answer)
{
        struct asked asked = {.programme = programme, .data = data, .query = query, .arena = arena};
        const struct qf_kind_spec *spec = qf_kind_named(query->kind);
        *ret_answer = (struct qf_to_reader){0};
        if (!qf_edition_chosen(query->where, query->where_count, &asked.dimension, &asked.member))
                return 1;
        switch (query->query) {
        case QF_QUERY_TOTALS: return answer_totals(&asked, ret_answer);
        case QF_QUERY_LIST: return spec ? answer_list(&asked, spec, ret_answer) : 1;
        case QF_QUERY_DECLARED:
                return spec && query->by_count == 1 ? answer_declared(&asked, spec, ret_answer) : 1;
        default: return 1;
        }
}
