/* Why the filters: the programme's published figure is of activities in person; were
 * one panel to count all and the next only those, nothing on the board would agree. */
#include "report/board.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/period.h"
#include "report/http_api.h"
#include "report/report.h"
#include "views/json.h"
#include "views/labels.h"

enum { FILTER_BYTES = QF_CODE_BYTES_MAX + 8 };

static const struct qf_board_panel panels[] = {
        {"status", NULL, qf_board_status},
        {"recent", NULL, qf_board_recent},
        {"headline", NULL, qf_board_headline},
        {"months", NULL, qf_board_months},
        {"partners", NULL, qf_board_partners},
        {"matrix", qf_board_has_matrix, qf_board_matrix},
        {"sites", qf_board_has_sites, qf_board_sites},
        {"rates", qf_board_has_rates, qf_board_rates},
        {"broadcasts", qf_board_has_broadcasts, qf_board_broadcasts},
        {"plan", qf_board_has_plan, qf_board_plan},
        {"oversight", qf_board_has_oversight, qf_board_oversight},
        {"completeness", qf_board_has_completeness, qf_board_completeness},
};

enum { PANELS = sizeof(panels) / sizeof(panels[0]) };
_Static_assert(sizeof(panels) / sizeof(panels[0]) <= QF_LIVE_PANELS, "there is room for them");

const struct qf_board_panel *qf_board_panels(uint32_t *ret_count)
{
        *ret_count = PANELS;
        return panels;
}

/* --- asking ----------------------------------------------------------------------- */

bool qf_board_has(const struct qf_board *board, const char *dimension)
{
        return qf_programme_find_dimension(board->world.programme, qf_view_of(dimension)) !=
               QF_DIMENSION_UNKNOWN;
}

bool qf_board_is_usable(const struct qf_programme *programme, const struct qf_kind_spec *spec)
{
        const char *rest = spec->needs;
        struct qf_view word;

        while (qf_kind_word(&rest, &word))
                if (qf_programme_find_dimension(programme, word) == QF_DIMENSION_UNKNOWN)
                        return false;
        return true;
}

int qf_board_ask(struct qf_board *board, const struct qf_board_question *question,
                 struct qf_to_reader *ret_answer, struct qf_view *ret_say)
{
        struct qf_view *by = qf_arena_zero(board->arena, 2, sizeof(*by));
        struct qf_from_reader ask = {
                .query = question->query,
                .by = by,
                .where = board->where,
                .where_count =
                        board->where_count -
                        (board->in_person &&
                         (question->kind.len || question->all_channels)), /* statements have no channel */
                .first_day = question->first_day,
                .last_day = question->last_day,
                .year = question->year,
                .base = question->base,
                .kind = question->kind,
        };
        int r = by ? 0 : -ENOMEM;

        for (uint32_t i = 0; i < 2 && r == 0 && question->by[i].len; i++)
                by[ask.by_count++] = question->by[i];
        *ret_answer = (struct qf_to_reader){.what = QF_ANSWER, .version = board->version};
        if (r == 0)
                r = qf_query_answer(&board->world, board->rights, &ask, board->arena, ret_answer);
        if (r != 0 || ret_answer->code == QF_QUERY_ANSWERED)
                return r;
        *ret_say = ret_answer->say;
        return 1;
}

void qf_board_note(json_t *panel, const struct qf_to_reader *answer)
{
        for (uint32_t i = 0; i < answer->notes_count; i++)
                if (qf_view_same(answer->notes[i], QF_VIEW("restricted")))
                        (void)json_object_set_new(panel, "restricted", json_true());
}

/* --- making a view ------------------------------------------------------------------ */

static int add_filter(struct qf_board *board, const char *dimension, const char *code)
{
        char *text = qf_arena_take(board->arena, FILTER_BYTES);

        if (!text)
                return -ENOMEM;
        (void)snprintf(text, FILTER_BYTES, "%s=%s", dimension, code);
        board->where[board->where_count++] = qf_view_of(text);
        return 0;
}

static int add_filters(struct qf_board *board)
{
        const struct qf_programme *programme = board->world.programme;
        const uint16_t channel = qf_programme_find_dimension(programme, QF_VIEW("channel"));
        int r = board->key->org[0] ? add_filter(board, "org", board->key->org) : 0;

        board->in_person =
                channel != QF_DIMENSION_UNKNOWN &&
                qf_programme_find_member(programme, channel, QF_VIEW("offline")) != QF_MEMBER_UNKNOWN;
        return r == 0 && board->in_person ? add_filter(board, "channel", "offline") : r;
}

/* The years that have data. */
static int find_years(struct qf_board *board, struct qf_view *ret_say)
{
        struct qf_to_reader answer;
        int r = qf_board_ask(board,
                             &(struct qf_board_question){.query = QF_QUERY_TOTALS, .by = {QF_VIEW("year")}},
                             &answer, ret_say);

        for (uint32_t i = 0; r == 0 && i < answer.answer_rows_count; i++) {
                uint64_t year;

                if (board->years_count < QF_BOARD_YEARS &&
                    qf_text_number(answer.answer_rows[i].members[0], 9999, &year))
                        board->years[board->years_count++] = (uint32_t)year;
        }
        return r;
}

/* The year shown: what is asked for, else this one or the last that has any data. */
static void choose_year(struct qf_board *board)
{
        const uint32_t this_year = board->today / 10000;

        board->year = board->key->year ? board->key->year : this_year;
        for (uint32_t i = 0; !board->key->year && i < board->years_count; i++)
                if (board->years[i] <= this_year)
                        board->year = board->years[i];
        board->last = board->year - 1;
        board->base = board->key->base;
}

/* A question about all years is not asked each second: they are those that all panels were made with. */
static int keep_years(struct qf_board *board, bool always, struct qf_buffer *kept)
{
        struct qf_view say = {0};
        int r = 0;

        if (always) {
                if (kept->len > 0) /* at may be NULL */
                        memcpy(board->years, kept->at, kept->len);
                board->years_count = (uint32_t)(kept->len / sizeof(*board->years));
        } else {
                r = find_years(board, &say);
                kept->len = 0;
                if (r >= 0 && board->years_count)
                        r = qf_buffer_append(kept, board->years, board->years_count * sizeof(*board->years));
        }
        choose_year(board);
        return r < 0 ? r : 0;
}

/* What cannot be made says so in its place, and the others go on. */
static int make_panel(struct qf_board *board, const struct qf_board_panel *of, struct qf_buffer *text)
{
        struct qf_view say = {0};
        json_t *panel =
                json_pack("{s:s, s:b, s:b}", "panel", of->name, "has_data", false, "restricted", false);
        int r = panel ? of->make(board, panel, &say) : -ENOMEM;

        if (r == -ENOMEM || r == -EOVERFLOW) {
                say = QF_VIEW("There is too much to show: ask for a year or an organisation.");
                r = 1;
        }
        if (r > 0) {
                json_decref(panel);
                panel = json_pack("{s:s, s:o}", "panel", of->name, "error", qf_json_text(say));
        } else if (json_array_size(json_object_get(panel, "rows"))) {
                (void)json_object_set_new(panel, "has_data", json_true());
        }
        return r < 0 ? r : qf_json_append(panel, text);
}

static int make_panels(struct qf_board *board, bool always, struct qf_live_panels *made)
{
        int r = add_filters(board);

        if (r == 0)
                r = keep_years(board, always, &made->kept);
        for (uint32_t i = 0; i < (always ? (uint32_t)QF_LIVE_ALWAYS : (uint32_t)PANELS) && r >= 0; i++) {
                if (!panels[i].is_there || panels[i].is_there(board))
                        r = make_panel(board, &panels[i], &made->text[i]);
        }
        return r < 0 ? r : 0;
}

/* Right as it stands now; NULL with *ret_gone: the token was taken back. */
static const struct qf_token *find_token(const struct qf_report *report, const struct qf_live_key *key,
                                         bool *ret_gone)
{
        const struct qf_tokens *tokens = qf_http_tokens(report->http);
        const struct qf_token *token =
                tokens && key->by_token ? qf_tokens_find_digest(tokens, key->token) : NULL;

        *ret_gone = key->by_token != (tokens != NULL) || (key->by_token && !token) ||
                    (token && !(token->roles & (QF_TOKEN_READ | QF_TOKEN_ADMIN)));
        return token;
}

static void write_mark(const struct qf_report *report, struct qf_live_panels *made)
{
        struct qf_to_reader pulse;

        qf_report_pulse(report, qf_clock_mono_ms(), &pulse);
        (void)snprintf(made->mark, sizeof(made->mark), "%d%d%d %.*s", pulse.stopped, pulse.catching_up,
                       pulse.journal_last > pulse.version, (int)(pulse.say.len < 100 ? pulse.say.len : 100),
                       pulse.say.at);
}

/* What is made for a token is its share of updates, so that a board does not keep its questions waiting. */
static int ask(void *ctx, const struct qf_live_key *key, uint32_t *ret_retry_ms)
{
        struct qf_report *report = ctx;
        bool gone;
        const struct qf_token *token = find_token(report, key, &gone);

        return gone ? 0
                    : qf_share_ask(&report->http_share, QF_SHARE_UPDATES, qf_api_reader(report, token),
                                   qf_clock_mono_ns(), ret_retry_ms);
}

static int make(void *ctx, const struct qf_live_key *key, bool always, struct qf_live_panels *made)
{
        struct qf_report *report = ctx;
        const int64_t begun_ns = qf_clock_mono_ns();
        const struct qf_published now = qf_upstream_published(report->upstream);
        struct qf_rights rights = {0};
        bool gone;
        struct qf_board board = {
                .report = report,
                .key = key,
                .world = {now.programme, now.picture, report->upstream->table, report->upstream->declared},
                .rights = &rights,
                .arena = report->answers,
                .version = now.version,
                .today = qf_report_today(report),
                .token = find_token(report, key, &gone),
        };

        if (gone)
                return 1;
        qf_arena_reset(board.arena);
        int r = qf_api_rights(report, board.token, &rights);
        if (r == 0)
                r = make_panels(&board, always, made);
        write_mark(report, made);
        qf_rights_deinit(&rights);
        return r < 0 ? r
                     : qf_share_pay(&report->http_share, QF_SHARE_UPDATES, qf_api_reader(report, board.token),
                                    begun_ns, 0, qf_clock_mono_ns());
}

static const char *name(uint32_t panel)
{
        return panels[panel].name;
}

const struct qf_live_calls qf_board_calls = {
        .count = PANELS, .name = name, .mono_ns = qf_clock_mono_ns, .ask = ask, .make = make};
