/* Why the filters: the programme's published figure is of activities in person; were
 * one panel to count all and the next only those, nothing on the board would agree.
 *
 * Why a panel is made twice, first of no answers: so all questions are begun before
 * anything changes, and the panels agree; what a panel asks by an answer (which
 * dimensions to cross) comes after that. */
#include "report/board_making.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/http_api.h"
#include "report/report.h"
#include "views/json.h"
#include "views/unanswered.h"

enum {
        FILTER_BYTES = QF_CODE_BYTES_MAX + 8,
        KEPT_BYTES = 1024 * 1024,
        FIGURES = 3 * 16 /* of an answer about a declared kind, at most */
};

size_t qf_board_answer_bytes = 32 * 1024 * 1024;

static struct qf_board_why too_much(void)
{
        return (struct qf_board_why){QF_VIEW("There is too much to show: ask for a year or an organisation."),
                                     "要显示的太多，请选一个年份或一个单位"};
}

struct qf_board_asked {
        struct qf_board_asked *next;
        struct qf_board_question question;
        struct qf_from_reader ask;
        struct qf_to_reader answer;
        struct qf_query *query; /* NULL: answered */
        int r;
};

struct qf_board_making {
        struct qf_report *report;
        struct qf_live_key key;
        struct qf_rights rights;
        struct qf_arena *arena;
        struct qf_board board;
        uint64_t stamp;                     /* of the registers that it was begun with */
        uint32_t tokens;                    /* likewise */
        bool begun, asked;                  /* all panels asked what they ask */
        bool years, panels[QF_LIVE_PANELS]; /* that are there */
};

/* --- asking ----------------------------------------------------------------------- */

static bool is_same_question(const struct qf_board_question *a, const struct qf_board_question *b)
{
        return a->query == b->query && qf_view_same(a->by[0], b->by[0]) && qf_view_same(a->by[1], b->by[1]) &&
               qf_view_same(a->kind, b->kind) && a->first_day == b->first_day && a->last_day == b->last_day &&
               a->year == b->year && a->base == b->base && a->all_channels == b->all_channels;
}

static int step_asked(struct qf_board_asked *asked)
{
        int r = qf_query_step(asked->query);

        if (r != QF_QUERY_GOES_ON)
                asked->query = qf_query_free(asked->query);
        return r == QF_QUERY_GOES_ON ? 0 : r;
}

/* From its first step on, which makes the plan, it is answered as of this moment. */
static int begin_asked(struct qf_board *board, struct qf_board_asked *asked)
{
        const struct qf_board_question *question = &asked->question;
        struct qf_view *by = qf_arena_zero(board->arena, 2, sizeof(*by));

        if (!by)
                return -ENOMEM;
        asked->ask = (struct qf_from_reader){
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
        for (uint32_t i = 0; i < 2 && question->by[i].len; i++)
                by[asked->ask.by_count++] = question->by[i];
        asked->answer = (struct qf_to_reader){.what = QF_ANSWER, .version = board->version};
        int r = qf_query_begin(&board->world, board->rights, &asked->ask, board->arena, &asked->answer,
                               &asked->query);
        return r == 0 ? step_asked(asked) : r;
}

static struct qf_to_reader no_answer(const struct qf_board *board)
{
        static const int64_t nothing[FIGURES];

        return (struct qf_to_reader){.what = QF_ANSWER,
                                     .version = board->version,
                                     .all = {.figures_count = FIGURES, .figures = nothing}};
}

int qf_board_ask(struct qf_board *board, const struct qf_board_question *question,
                 struct qf_to_reader *ret_answer, struct qf_board_why *ret_why)
{
        struct qf_board_asked **at = &board->asked, *asked;

        while (*at && !is_same_question(&(*at)->question, question))
                at = &(*at)->next;
        asked = *at;
        if (!asked) { /* behind the others: those that were asked first have their memory first */
                *at = asked = qf_arena_zero(board->arena, 1, sizeof(*asked));
                if (!asked)
                        return -ENOMEM;
                asked->question = *question;
                asked->r = begin_asked(board, asked);
        }
        if (asked->query) {
                board->incomplete = true;
                *ret_answer = no_answer(board);
                return 0;
        }
        *ret_answer = asked->answer;
        if (asked->r != 0 || asked->answer.code == QF_QUERY_ANSWERED)
                return asked->r;
        *ret_why = asked->answer.code == QF_QUERY_TOO_MUCH
                           ? too_much()
                           : (struct qf_board_why){asked->answer.say, qf_unanswered_zh(asked->answer.code)};
        return 1;
}

/* 0: all are answered; QF_LIVE_GOES_ON: not in this slice. */
static int answer_asked(struct qf_board *board, int64_t until_ns)
{
        for (struct qf_board_asked *asked = board->asked; asked; asked = asked->next) {
                while (asked->query) {
                        asked->r = step_asked(asked);
                        if (qf_clock_mono_ns() >= until_ns)
                                return QF_LIVE_GOES_ON;
                }
        }
        return 0;
}

static void forget_asked(struct qf_board *board)
{
        for (struct qf_board_asked *asked = board->asked; asked; asked = asked->next)
                asked->query = qf_query_free(asked->query);
        board->asked = NULL;
}

void qf_board_changes(struct qf_board_making *making, uint64_t stamp, enum qf_query_of of, uint32_t number)
{
        if (making->stamp != stamp)
                return;
        for (struct qf_board_asked *asked = making->board.asked; asked; asked = asked->next)
                if (asked->query)
                        qf_query_changes(asked->query, of, number);
}

/* --- which view ------------------------------------------------------------------- */

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
static int find_years(struct qf_board *board, struct qf_board_why *ret_why)
{
        struct qf_to_reader answer;
        int r = qf_board_ask(board,
                             &(struct qf_board_question){.query = QF_QUERY_TOTALS, .by = {QF_VIEW("year")}},
                             &answer, ret_why);

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
static void use_years(struct qf_board *board, const struct qf_buffer *kept)
{
        if (kept->len > 0) /* at may be NULL */
                memcpy(board->years, kept->at, kept->len);
        board->years_count = (uint32_t)(kept->len / sizeof(*board->years));
        choose_year(board);
}

/* What cannot be made says so in its place, and the others go on. */
static int make_panel(struct qf_board *board, const struct qf_board_panel *of, struct qf_buffer *text)
{
        struct qf_board_why why = {0};
        json_t *panel =
                json_pack("{s:s, s:b, s:b}", "panel", of->name, "has_data", false, "restricted", false);
        int r = panel ? of->make(board, panel, &why) : -ENOMEM;

        if (r == -ENOMEM || r == -EOVERFLOW) {
                why = too_much();
                r = 1;
        }
        if (r > 0) {
                json_decref(panel);
                panel = json_pack("{s:s, s:{s:s*, s:o}}", "panel", of->name, "error", "zh", why.zh, "en",
                                  qf_json_text(why.en));
        } else if (json_array_size(json_object_get(panel, "rows"))) {
                (void)json_object_set_new(panel, "has_data", json_true());
        }
        return r < 0 ? r : qf_json_append(panel, text);
}

/* What a source sent last is in it: a feed that shows in the list of what came must not be "nothing fed yet" in its ages. */
static void write_mark(const struct qf_report *report, const struct qf_board *board,
                       struct qf_live_panels *made)
{
        struct qf_to_reader pulse;

        qf_report_pulse(report, qf_clock_mono_ms(), &pulse);
        (void)snprintf(made->mark, sizeof(made->mark), "%d%d%d %lld %.*s", pulse.stopped, pulse.catching_up,
                       pulse.journal_last > pulse.version, (long long)board->heard_ms,
                       (int)(pulse.say.len < 100 ? pulse.say.len : 100), pulse.say.at);
}

/* --- slices ----------------------------------------------------------------------- */

/* With what stands now. */
static int begin_anew(struct qf_board_making *making)
{
        struct qf_report *report = making->report;
        const struct qf_published now = qf_upstream_published(report->upstream);
        struct qf_board *board = &making->board;
        bool gone;
        const struct qf_token *token = qf_api_token(report, &making->key.who, &gone);
        const struct qf_source source = qf_api_source(token);

        forget_asked(board);
        if (making->arena && qf_arena_used(making->arena) > KEPT_BYTES)
                making->arena = qf_arena_free(making->arena);
        int r = making->arena ? 0 : qf_arena_new(qf_board_answer_bytes, &making->arena);
        if (r == 0)
                r = qf_rights_renew(&making->rights, now.programme, now.stamp, &source);
        if (r < 0)
                return r;
        qf_arena_reset(making->arena);
        *board = (struct qf_board){
                .report = report,
                .key = &making->key,
                .world = {now.programme, now.picture, report->upstream->table, report->upstream->declared},
                .rights = &making->rights,
                .arena = making->arena,
                .version = now.version,
                .today = qf_report_today(report),
                .token = token,
        };
        making->stamp = now.stamp;
        making->tokens = qf_http_tokens_stamp(report->http);
        making->asked = making->years = false;
        memset(making->panels, 0, sizeof(making->panels));
        return add_filters(board);
}

/* The list of years is of all; the year shown is known before where it was asked for. Without room for it there is none. */
static int make_years(struct qf_board_making *making, struct qf_buffer *kept)
{
        struct qf_board *board = &making->board;
        struct qf_board_why why;

        board->years_count = 0;
        board->incomplete = false;
        int r = find_years(board, &why);
        making->years = r != 0 || !board->incomplete;
        kept->len = 0;
        choose_year(board);
        return board->years_count
                       ? qf_buffer_append(kept, board->years, board->years_count * sizeof(*board->years))
                       : 0;
}

static int make_panels(struct qf_board_making *making, struct qf_live_panels *made, int64_t until_ns)
{
        struct qf_board *board = &making->board;
        uint32_t count;
        const struct qf_board_panel *panels = qf_board_panels(&count);
        int r = 0;

        for (uint32_t i = making->years ? 0 : QF_LIVE_ALWAYS; i < count; i++) {
                if (making->panels[i] || (panels[i].is_there && !panels[i].is_there(board)))
                        continue;
                if (qf_clock_mono_ns() >= until_ns)
                        return QF_LIVE_GOES_ON;
                board->incomplete = false;
                made->text[i].len = 0;
                int panel = make_panel(board, &panels[i], &made->text[i]);
                if (panel < 0)
                        return panel;
                making->panels[i] = !board->incomplete;
                r = board->incomplete ? QF_LIVE_GOES_ON : r;
        }
        return making->years ? r : QF_LIVE_GOES_ON;
}

/* All that is asked is begun at once, however long that takes: it is but plans. */
static int make_on(struct qf_board_making *making, struct qf_live_panels *made, int64_t until_ns)
{
        int r = answer_asked(&making->board, until_ns);

        if (r == 0 && !making->years)
                r = make_years(making, &made->kept);
        if (r != 0 || (!making->years && !making->key.year))
                return r < 0 ? r : QF_LIVE_GOES_ON;
        r = make_panels(making, made, making->asked ? until_ns : INT64_MAX);
        making->asked = true;
        return r;
}

static bool is_to_begin_anew(const struct qf_board_making *making)
{
        return !making->begun || making->stamp != making->report->upstream->stamp ||
               making->tokens != qf_http_tokens_stamp(making->report->http);
}

static int step(void *ctx, struct qf_live_panels *made)
{
        struct qf_report *report = ctx;
        struct qf_board_making *making = report->board;
        const int64_t begun_ns = qf_clock_mono_ns(), until_ns = qf_report_slice();
        bool gone;
        const struct qf_token *token = qf_api_token(report, &making->key.who, &gone);

        if (gone)
                return 1;
        int r = is_to_begin_anew(making) ? begin_anew(making) : 0;
        making->begun = true;
        while (r == 0 && (r = make_on(making, made, until_ns)) == QF_LIVE_GOES_ON &&
               qf_clock_mono_ns() < until_ns)
                r = 0;
        if (r == 0)
                write_mark(report, &making->board, made);
        if (r != QF_LIVE_GOES_ON)
                forget_asked(&making->board);
        const int paid = qf_share_pay(&report->http_share, QF_SHARE_UPDATES, qf_api_reader(report, token),
                                      begun_ns, 0, qf_clock_mono_ns());
        return r < 0 ? r : paid < 0 ? paid : r;
}

static int begin(void *ctx, const struct qf_live_key *key)
{
        struct qf_board_making *making = ((struct qf_report *)ctx)->board;

        forget_asked(&making->board);
        making->key = *key;
        making->begun = false;
        return 0;
}

/* They ask nothing, and have the memory of a message. */
static int always(void *ctx, const struct qf_live_key *key, const struct qf_buffer *kept,
                  struct qf_live_panels *made)
{
        struct qf_report *report = ctx;
        const int64_t begun_ns = qf_clock_mono_ns();
        const struct qf_published now = qf_upstream_published(report->upstream);
        struct qf_rights rights = {0};
        bool gone;
        const struct qf_token *token = qf_api_token(report, &key->who, &gone);
        const struct qf_source source = qf_api_source(token);
        struct qf_board board = {
                .report = report,
                .key = key,
                .world = {now.programme, now.picture, report->upstream->table, report->upstream->declared},
                .rights = &rights,
                .arena = report->arena,
                .version = now.version,
                .today = qf_report_today(report),
                .token = token,
        };

        if (gone)
                return 1;
        qf_arena_reset(board.arena);
        int r = qf_rights_renew(&rights, now.programme, now.stamp, &source);
        if (r == 0)
                r = add_filters(&board);
        if (r == 0)
                use_years(&board, kept);
        for (uint32_t i = 0; i < QF_LIVE_ALWAYS && r == 0; i++) {
                uint32_t count;
                r = make_panel(&board, &qf_board_panels(&count)[i], &made->text[i]);
        }
        write_mark(report, &board, made);
        qf_rights_deinit(&rights);
        return r < 0 ? r
                     : qf_share_pay(&report->http_share, QF_SHARE_UPDATES, qf_api_reader(report, token),
                                    begun_ns, 0, qf_clock_mono_ns());
}

/* What is made for a token is its share of updates, so that a board does not keep its questions waiting. */
static int ask(void *ctx, const struct qf_live_key *key, uint32_t *ret_retry_ms)
{
        struct qf_report *report = ctx;
        bool gone;
        const struct qf_token *token = qf_api_token(report, &key->who, &gone);

        return gone ? 0
                    : qf_share_ask(&report->http_share, QF_SHARE_UPDATES, qf_api_reader(report, token),
                                   qf_clock_mono_ns(), ret_retry_ms);
}

static bool may(void *ctx, const struct qf_live_key *key)
{
        bool gone;

        (void)qf_api_token(ctx, &key->who, &gone);
        return !gone;
}

static const char *name(uint32_t panel)
{
        uint32_t count;

        return qf_board_panels(&count)[panel].name;
}

const struct qf_live_calls qf_board_calls = {.count = QF_BOARD_PANELS,
                                             .name = name,
                                             .mono_ns = qf_clock_mono_ns,
                                             .ask = ask,
                                             .may = may,
                                             .always = always,
                                             .begin = begin,
                                             .step = step};

int qf_board_making_new(struct qf_report *report, struct qf_board_making **ret_making)
{
        struct qf_board_making *making = calloc(1, sizeof(*making));

        if (!making)
                return -ENOMEM;
        making->report = report;
        *ret_making = making;
        return 0;
}

struct qf_board_making *qf_board_making_free(struct qf_board_making *making)
{
        if (!making)
                return NULL;
        forget_asked(&making->board);
        qf_rights_deinit(&making->rights);
        (void)qf_arena_free(making->arena);
        free(making);
        return NULL;
}
