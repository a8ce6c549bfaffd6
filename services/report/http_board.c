/* The board over HTTP: pushed to those who watch, and the same panels to those who
 * ask once, as JSON or as a table. */
#include "report/http_api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/board.h"
#include "report/report.h"

enum {
        YEAR_LAST = 2999,
        YEAR_FIRST = 1901,           /* there is one before to compare with */
        WATCHERS_OF_CONNECTIONS = 4, /* all but a fourth of them */
        LOOK_AGAIN_MS = 1000,
};

/* --- which view ----------------------------------------------------------------------- */

static bool read_year(const char *text, uint32_t *ret_year)
{
        uint64_t year = 0;

        if (text && (!qf_text_number(qf_view_of(text), YEAR_LAST, &year) || year < YEAR_FIRST))
                return false;
        *ret_year = (uint32_t)year;
        return true;
}

static bool read_org(const struct qf_report *report, const char *text, struct qf_live_key *key)
{
        const struct qf_programme *programme = qf_upstream_published(report->upstream).programme;
        const struct qf_view org = qf_view_of(text);

        if (org.len == 0)
                return true;
        if (org.len > QF_CODE_BYTES_MAX ||
            qf_programme_find_member(programme, qf_programme_find_dimension(programme, QF_VIEW("org")),
                                     org) == QF_MEMBER_UNKNOWN)
                return false;
        (void)snprintf(key->org, sizeof(key->org), "%s", text);
        return true;
}

/* "content,audience" */
static bool read_cross(const struct qf_report *report, const char *text, struct qf_live_key *key)
{
        const struct qf_programme *programme = qf_upstream_published(report->upstream).programme;
        const char *comma = text ? strchr(text, ',') : NULL;

        if (!text)
                return true;
        if (!comma)
                return false;
        const struct qf_view words[] = {{text, (uint32_t)(comma - text)}, qf_view_of(comma + 1)};
        for (int i = 0; i < 2; i++) {
                if (words[i].len == 0 || words[i].len > QF_CODE_BYTES_MAX ||
                    !qf_board_may_cross(programme, qf_programme_find_dimension(programme, words[i])))
                        return false;
                memcpy(key->cross[i], words[i].at, words[i].len);
        }
        return !qf_view_same(words[0], words[1]);
}

/* What is wrong with a view that was asked for, for people: it stands in the address of a board. */
struct fault {
        const char *en, *zh;
};

static const struct fault *read_key(const struct qf_report *report, const struct qf_http_reader *reader,
                                    const struct qf_http_request *request, struct qf_live_key *ret_key)
{
        static const struct fault year = {"year: such as 2023", "年份要写成 2023 这样"},
                                  base = {"base: the year to compare with, such as 2021",
                                          "对比年份要写成 2021 这样"},
                                  org = {"org: there is no organisation of this code, see /api/v1/programme",
                                         "统计方案里没有这个单位"},
                                  cross = {"cross: two different dimensions parted by a comma, of those that "
                                           "the panel matrix names as choices",
                                           "这两个维度不能交叉统计"};

        *ret_key = (struct qf_live_key){.who = qf_api_who(reader->token)};
        if (!read_year(request->argument(request->ctx, "year"), &ret_key->year))
                return &year;
        if (!read_year(request->argument(request->ctx, "base"), &ret_key->base))
                return &base;
        if (!read_org(report, request->argument(request->ctx, "org"), ret_key))
                return &org;
        if (!read_cross(report, request->argument(request->ctx, "cross"), ret_key))
                return &cross;
        return NULL;
}

/* Positive: the answer says why there is no view. */
static int begin(struct qf_report *report, const struct qf_http_reader *reader,
                 const struct qf_http_request *request, struct qf_live_key *ret_key,
                 struct qf_http_answer *answer)
{
        int r = qf_api_held(report, answer);

        if (r != 0)
                return r;
        const struct fault *fault = read_key(report, reader, request, ret_key);
        qf_report_set_live(report);
        if (!fault)
                return 0;
        r = qf_http_problem_shown(answer, 400, qf_view_of(fault->en), fault->zh);
        return r < 0 ? r : 1;
}

static int refuse(struct qf_http_answer *answer, int outcome, uint32_t retry_ms)
{
        if (outcome == QF_LIVE_NO_RIGHT)
                return qf_http_problem_shown(answer, 403, QF_VIEW("This token may not read any more."),
                                             "这个令牌不能再读了");
        if (outcome == QF_LIVE_WAIT) {
                answer->retry_s = retry_ms / 1000 + 1;
                return qf_http_problem_shown(
                        answer, 503,
                        QF_VIEW("Boards take all of their share of the time now: ask again in a while."),
                        "看板此刻太忙，请稍候");
        }
        answer->retry_s = 30;
        return qf_http_problem_shown(answer, 503,
                                     QF_VIEW("Too many watch the board now: come back in half a minute."),
                                     "同时看看板的人太多，请半分钟后再来");
}

/* --- live -------------------------------------------------------------------------------- */

static ssize_t read_live(void *ctx, char *room, size_t room_bytes)
{
        return qf_live_read(ctx, room, room_bytes);
}

static void close_live(void *ctx)
{
        qf_live_leave(ctx);
}

int qf_api_live(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                struct qf_http_answer *answer)
{
        struct qf_report *report = ctx;
        struct qf_live_watcher *watcher;
        struct qf_live_key key;
        int r = begin(report, reader, request, &key, answer);

        if (r != 0)
                return r < 0 ? r : 0;
        const uint32_t most = qf_http_facts(report->http).connections_most;
        if (qf_live_watchers(report->live) >= most - most / WATCHERS_OF_CONNECTIONS)
                return refuse(answer, QF_LIVE_FULL, 0);
        r = qf_live_join(report->live, &key, request->last_event_id, qf_clock_mono_ms(), &watcher);
        if (r != 0)
                return r < 0 ? r : refuse(answer, r, 0);
        answer->type = "text/event-stream; charset=utf-8";
        answer->stream = (struct qf_http_stream){watcher, read_live, close_live};
        return 0;
}

/* --- once ----------------------------------------------------------------------------------- */

static int find_panel(const char *name, uint32_t *ret_panel)
{
        uint32_t count;
        const struct qf_board_panel *panels = qf_board_panels(&count);

        for (uint32_t i = 0; i < count; i++) {
                if (strcmp(panels[i].name, name) == 0) {
                        *ret_panel = i;
                        return 0;
                }
        }
        return 1;
}

static int write_all(const struct qf_live_panels *made, struct qf_buffer *body)
{
        uint32_t count;
        const struct qf_board_panel *panels = qf_board_panels(&count);
        int r = qf_buffer_print(body, "{\"panels\":");
        char before = '{';

        for (uint32_t i = 0; i < count && r == 0; i++) {
                if (made->text[i].len == 0)
                        continue;
                r = qf_buffer_print(body, "%c\"%s\":", before, panels[i].name);
                if (r == 0)
                        r = qf_buffer_append(body, made->text[i].at, made->text[i].len);
                before = ',';
        }
        return r == 0 ? qf_buffer_append(body, "}}", 2) : r;
}

static int write_table(const struct qf_report *report, bool chinese, const char *name,
                       const struct qf_buffer *text, uint32_t year, struct qf_http_answer *answer)
{
        json_t *panel = json_loadb((const char *)text->at, text->len, 0, NULL);
        const json_t *why = json_object_get(panel, "error");
        int r;

        if (!panel)
                return -ENOMEM;
        if (why) { /* a file without rows would look like one of nothing */
                r = qf_http_problem_shown(answer, 503,
                                          qf_view_of(json_string_value(json_object_get(why, "en"))),
                                          json_string_value(json_object_get(why, "zh")));
        } else {
                qf_api_say_csv(report, qf_view_of(name), year, answer);
                r = qf_board_csv(chinese, qf_upstream_published(report->upstream).programme, panel,
                                 &answer->body);
        }
        json_decref(panel);
        return r;
}

/* The year of a view that was not asked for one: its status says it. */
static uint32_t year_of(const struct qf_live_panels *made)
{
        json_t *status = json_loadb((const char *)made->text[0].at, made->text[0].len, 0, NULL);
        const uint32_t year = (uint32_t)json_integer_value(json_object_get(status, "year"));

        json_decref(status);
        return year;
}

/* Who asks for it once, while it is made. */
struct looking {
        struct qf_report *report;
        struct qf_live_key key;
        struct qf_live_looker looker;
        bool one, csv, chinese; /* one: this panel */
        uint32_t panel;
        char *if_none_match;
        int64_t until_ms;
};

static void close_looking(void *ctx)
{
        struct looking *looking = ctx;

        qf_live_look_away(&looking->looker);
        free(looking->if_none_match);
        free(looking);
}

static int write_board(const struct looking *looking, const struct qf_live_panels *made,
                       struct qf_http_answer *answer)
{
        const struct qf_buffer *text = &made->text[looking->panel];
        uint32_t count;
        const char *name = qf_board_panels(&count)[looking->panel].name;

        if (looking->one && text->len == 0)
                return qf_http_problem(answer, 404,
                                       QF_VIEW("This programme has no such panel: status has their names."));
        if (looking->csv)
                return write_table(looking->report, looking->chinese, name, text, year_of(made), answer);
        return looking->one ? qf_buffer_append(&answer->body, text->at, text->len)
                            : write_all(made, &answer->body);
}

static int answer_made(const struct looking *looking, const struct qf_live_panels *made, const char *id,
                       struct qf_http_answer *answer)
{
        const struct qf_http_request request = {.if_none_match = looking->if_none_match};
        const struct qf_http_who *who = &looking->key.who;
        char tag[QF_HTTP_ETAG], digest[9];
        bool gone;
        const int64_t begun_ns = qf_clock_mono_ns();

        qf_text_hex(who->token, who->by_token ? 4 : 0, digest);
        /* A state is another one without a new version: counting stops, or is away. */
        (void)snprintf(tag, sizeof(tag), "W/\"%s.%s.%x\"", id, digest,
                       qf_crc32c(made->mark, strlen(made->mark)));
        answer->status = 200;
        answer->type = "application/json";
        if (qf_http_is_kept(&request, tag, answer))
                return 0;
        int r = write_board(looking, made, answer);
        return r < 0 ? r
                     : qf_api_pay_share(looking->report, qf_api_token(looking->report, who, &gone), begun_ns,
                                        answer->body.len);
}

static int look(void *ctx, struct qf_http_answer *answer)
{
        struct looking *looking = ctx;
        const struct qf_live_panels *made;
        const int64_t mono_ms = qf_clock_mono_ms();
        uint32_t retry_ms = 0;
        const char *id;
        int r = qf_api_held(looking->report, answer); /* until its rows are there it has those of another */

        if (r != 0)
                return r < 0 ? r : 0;
        r = qf_live_look(looking->report->live, &looking->looker, &looking->key, mono_ms, &made, &id,
                         &retry_ms);
        if (r == QF_LIVE_GOES_ON)
                return mono_ms < looking->until_ms ? QF_HTTP_GOES_ON
                                                   : refuse(answer, QF_LIVE_WAIT, LOOK_AGAIN_MS);
        if (r != 0)
                return r < 0 ? r : refuse(answer, r, retry_ms);
        return answer_made(looking, made, id, answer);
}

/* Positive 1: the answer says what is wrong. */
static int read_looking(const struct qf_http_request *request, struct looking *looking,
                        struct qf_http_answer *answer)
{
        const char *name = request->argument(request->ctx, "panel"), *say = NULL;
        int r = 0;

        looking->one = name != NULL;
        if (qf_api_read_format(request, &looking->csv, &looking->chinese, &say) != 0)
                r = qf_http_problem(answer, 400, qf_view_of(say));
        else if (looking->csv && !name)
                r = qf_http_problem(answer, 400,
                                    QF_VIEW("format=csv is of one panel: say which (panel=months)"));
        else if (name && find_panel(name, &looking->panel) != 0)
                r = qf_http_problem(answer, 404,
                                    QF_VIEW("This programme has no such panel: status has their names."));
        else
                return 0;
        return r < 0 ? r : 1;
}

static int begin_looking(const struct looking *read, const struct qf_http_request *request,
                         struct looking **ret_looking)
{
        struct looking *looking = calloc(1, sizeof(*looking));

        if (!looking)
                return -ENOMEM;
        *looking = *read;
        if (request->if_none_match) {
                looking->if_none_match = strdup(request->if_none_match);
                if (!looking->if_none_match) {
                        free(looking);
                        return -ENOMEM;
                }
        }
        *ret_looking = looking;
        return 0;
}

int qf_api_board(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                 struct qf_http_answer *answer)
{
        struct looking read = {.report = ctx, .until_ms = qf_clock_mono_ms() + QF_UNDERWAY_MS},
                       *looking = NULL;
        int r = begin(ctx, reader, request, &read.key, answer);

        if (r == 0)
                r = read_looking(request, &read, answer);
        if (r == 0)
                r = qf_api_ask_share(ctx, reader, answer);
        if (r != 0)
                return r < 0 ? r : 0;
        r = begin_looking(&read, request, &looking);
        if (r < 0)
                return r;
        r = look(looking, answer);
        if (r == QF_HTTP_GOES_ON)
                answer->making = (struct qf_http_making){looking, look, close_looking};
        else
                close_looking(looking);
        return r == QF_HTTP_GOES_ON ? 0 : r;
}
