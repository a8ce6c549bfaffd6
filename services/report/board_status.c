/* Two ages that a live board must not mix up: of the link to aggregation and the
 * journal behind it, and of what each partner last sent. And what came last. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/kinds.h"
#include "report/board.h"
#include "report/report.h"
#include "views/json.h"
#include "views/standstill.h"

enum { SOURCES_SHOWN = 100, RECENT_SHOWN = 20 };

/* --- status ------------------------------------------------------------------------ */

static const char *state_of(const struct qf_to_reader *pulse, const struct qf_report *report)
{
        const struct qf_standstill *why = qf_standstill_of(pulse->say);

        if (qf_subscription_state(report->upstream->subscription, qf_clock_mono_ms()) == QF_PULSE_DEAD)
                return "away";
        if (pulse->stopped)
                return "stopped";
        if (why && strcmp(why->code, "checking") == 0)
                return "checking";
        return pulse->catching_up || pulse->journal_last > pulse->version ? "late" : "ok";
}

/* In both languages, as all else that a board shows. */
static json_t *why_of(struct qf_view say)
{
        const struct qf_standstill *why = qf_standstill_of(say);

        return why ? json_pack("{s:s, s:s, s:o}", "code", why->code, "zh", why->zh, "en", qf_json_text(say))
                   : json_null();
}

/* Of this view's organisation, if it has one, and of what may be read beside totals, on a date. */
static bool is_shown(const struct qf_board *board, uint32_t org, uint32_t date)
{
        const struct qf_programme *programme = board->world.programme;
        const uint16_t dimension = qf_programme_find_dimension(programme, QF_VIEW("org"));
        const uint32_t of = board->key->org[0] ? qf_programme_find_member(programme, dimension,
                                                                          qf_view_of(board->key->org))
                                               : QF_MEMBER_NONE;

        return qf_rights_owns(board->rights, org, date) &&
               (of == QF_MEMBER_NONE || qf_programme_within(programme, dimension, org, of, date));
}

struct heard {
        const struct qf_source *source;
        int64_t last_ms; /* 0: nothing yet */
};

static int order_heard(const void *a, const void *b)
{
        const struct heard *x = a, *y = b;

        return x->last_ms == y->last_ms ? (x->source->ref < y->source->ref ? -1 : 1)
                                        : (x->last_ms > y->last_ms ? -1 : 1);
}

static uint32_t find_sources(const struct qf_board *board, struct heard *heard)
{
        const struct qf_programme *programme = board->world.programme;
        const uint16_t org = qf_programme_find_dimension(programme, QF_VIEW("org"));
        uint32_t count = 0;

        for (uint32_t ref = 1; ref <= qf_programme_sources(programme); ref++) {
                const struct qf_source *source = qf_programme_source(programme, ref);

                if (!source->partner || !(source->roles & QF_ROLE_FEED) ||
                    !is_shown(board, qf_programme_find_member(programme, org, source->partner_code),
                              board->today))
                        continue;
                heard[count].source = source;
                heard[count].last_ms = 0;
                (void)qf_measured_of_source(board->report->upstream->measured, source->name,
                                            QF_METRIC_SOURCE_LAST_EVENT, &heard[count].last_ms);
                count++;
        }
        if (count > 1)
                qsort(heard, count, sizeof(*heard), order_heard);
        return count;
}

static int put_sources(struct qf_board *board, json_t *panel)
{
        struct heard *heard =
                qf_arena_zero(board->arena, qf_programme_sources(board->world.programme) + 1, sizeof(*heard));
        json_t *rows = json_array();

        (void)json_object_set_new(panel, "rows", rows);
        if (!heard)
                return -ENOMEM;
        const uint32_t count = find_sources(board, heard);
        board->heard_ms = heard[0].last_ms;
        for (uint32_t i = 0; i < count && i < SOURCES_SHOWN; i++)
                (void)json_array_append_new(
                        rows, json_pack("{s:o, s:o, s:o}", "org", qf_json_text(heard[i].source->partner_code),
                                        "source", qf_json_text(heard[i].source->name), "last_event_ms",
                                        heard[i].last_ms ? json_integer(heard[i].last_ms) : json_null()));
        return 0;
}

static void put_view(const struct qf_board *board, json_t *panel)
{
        json_t *years = json_array(), *there = json_array();
        uint32_t count;
        const struct qf_board_panel *panels = qf_board_panels(&count);

        for (uint32_t i = 0; i < board->years_count; i++)
                (void)json_array_append_new(years, json_integer(board->years[i]));
        for (uint32_t i = 0; i < count; i++)
                if (!panels[i].is_there || panels[i].is_there(board))
                        (void)json_array_append_new(there, json_string(panels[i].name));
        (void)json_object_set_new(panel, "year", json_integer(board->year));
        (void)json_object_set_new(panel, "last", json_integer(board->last));
        (void)json_object_set_new(panel, "base", json_integer(board->base));
        (void)json_object_set_new(panel, "org", json_string(board->key->org));
        (void)json_object_set_new(panel, "today", json_integer(board->today));
        (void)json_object_set_new(panel, "in_person", json_boolean(board->in_person));
        (void)json_object_set_new(panel, "where", qf_json_texts(board->where, board->where_count));
        (void)json_object_set_new(panel, "years", years);
        (void)json_object_set_new(panel, "panels", there);
        (void)json_object_set_new(panel, "training",
                                  json_boolean(qf_programme_settings(board->world.programme)->training));
}

int qf_board_status(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const struct qf_report *report = board->report;
        const int64_t mono_ms = qf_clock_mono_ms();
        struct qf_to_reader pulse;
        char epoch[2 * QF_EPOCH_BYTES + 1];

        (void)ret_why;
        qf_report_pulse(report, mono_ms, &pulse);
        qf_text_hex(pulse.epoch, QF_EPOCH_BYTES, epoch);
        (void)json_object_set_new(panel, "bundle", json_string(qf_http_web_version(report->http)));
        (void)json_object_set_new(panel, "epoch", json_string(epoch));
        (void)json_object_set_new(panel, "version", json_integer((json_int_t)pulse.version));
        (void)json_object_set_new(panel, "behind",
                                  json_integer((json_int_t)(pulse.journal_last - pulse.version)));
        (void)json_object_set_new(panel, "now_ms", json_integer(qf_clock_wall_ms()));
        (void)json_object_set_new(panel, "complete_at_ms", json_integer(pulse.complete_at_ms));
        (void)json_object_set_new(
                panel, "silent_ms",
                json_integer(qf_subscription_silent_ms(report->upstream->subscription, mono_ms)));
        (void)json_object_set_new(panel, "state", json_string(state_of(&pulse, report)));
        (void)json_object_set_new(panel, "say", qf_json_text(pulse.say));
        (void)json_object_set_new(panel, "why", why_of(pulse.say));
        put_view(board, panel);
        int r = put_sources(board, panel);
        (void)json_object_set_new(panel, "has_data", json_boolean(board->years_count > 0));
        return r;
}

/* --- recent -------------------------------------------------------------------------- */

static json_t *activity_figures(const struct qf_table_columns *rows, uint32_t row)
{
        return json_pack("{s:I, s:o}", "activities", (json_int_t)rows->sessions[row], "attendances",
                         rows->attendances[row] ? json_integer((json_int_t)rows->attendances[row] - 1)
                                                : json_null());
}

static json_t *declared_figures(const struct qf_kind_spec *spec, const struct qf_declared_held *held)
{
        json_t *figures = json_object();

        for (uint32_t i = 0; i < spec->figures_count; i++)
                if (held->stated >> i & 1)
                        (void)json_object_set_new(figures, spec->figures[i].code,
                                                  json_integer(held->figures[i]));
        return figures;
}

/* The organisation of a row; QF_MEMBER_NONE: none is stated. */
static uint32_t org_of(const struct qf_board *board, const struct qf_table *table, uint32_t row)
{
        const struct qf_table_column column =
                qf_table_column(table, qf_programme_find_dimension(board->world.programme, QF_VIEW("org")));
        const uint32_t set = qf_table_code(&column, row);

        return column.first[set] < column.first[set + 1] ? column.members[column.first[set]] : QF_MEMBER_NONE;
}

static int put_members(const struct qf_board *board, const struct qf_table *table, uint32_t row, json_t *to)
{
        json_t *members = json_object();
        int r = 0;

        for (uint16_t id = 1; id <= qf_programme_dimensions(board->world.programme) && r == 0; id++) {
                const struct qf_view dimension = qf_programme_dimension(board->world.programme, id)->code;
                const struct qf_table_column column = qf_table_column(table, id);
                struct qf_view codes;

                r = qf_query_members(board->world.programme, &column, id, qf_table_code(&column, row),
                                     board->arena, &codes);
                if (r == 0 && codes.len)
                        (void)json_object_setn_new(members, dimension.at, dimension.len, qf_json_text(codes));
        }
        (void)json_object_set_new(to, "members", members);
        return r;
}

static int put_recent(const struct qf_board *board, const struct qf_recent_row *recent, json_t *rows)
{
        static const char *const whats[] = {[QF_RECENT_NEW] = "new",
                                            [QF_RECENT_CHANGED] = "changed",
                                            [QF_RECENT_WITHDRAWN] = "withdrawn"};
        const struct qf_declared *declared = board->world.declared;
        const struct qf_table *table = recent->declared ? declared->table : board->world.table;
        const struct qf_table_columns columns = qf_table_columns(table);
        const uint32_t row = recent->row, org = org_of(board, table, row);
        const struct qf_member *member =
                qf_programme_member(board->world.programme,
                                    qf_programme_find_dimension(board->world.programme, QF_VIEW("org")), org);
        const struct qf_kind_spec *spec = recent->declared ? qf_kind_spec(declared->at[row].kind) : NULL;

        if (!is_shown(board, org, recent->date) || (recent->declared && !spec))
                return 0;
        json_t *object =
                json_pack("{s:I, s:s, s:s, s:o, s:I, s:o}", "at_ms", (json_int_t)recent->at_ms, "kind",
                          spec ? spec->code : "activity", "what", whats[recent->what], "org",
                          qf_json_text(member && org ? member->code : QF_VIEW("")), "date",
                          (json_int_t)columns.date[row], "key", qf_json_text(qf_table_key(table, row)));
        (void)json_object_set_new(object, "figures",
                                  spec ? declared_figures(spec, &declared->at[row])
                                       : activity_figures(&columns, row));
        int r = put_members(board, table, row, object);
        (void)json_array_append_new(rows, object);
        return r;
}

int qf_board_recent(struct qf_board *board, json_t *panel, struct qf_board_why *ret_why)
{
        const struct qf_recent *recent = &board->report->upstream->recent;
        json_t *rows = json_array();
        int r = 0;

        (void)ret_why;
        (void)json_object_set_new(panel, "rows", rows);
        for (uint32_t i = 0; i < recent->count && json_array_size(rows) < RECENT_SHOWN && r == 0; i++)
                r = put_recent(board, qf_recent_at(recent, i), rows);
        return r;
}
