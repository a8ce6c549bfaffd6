/* Why: to see totals move, and to know how old what one sees is: all counted,
 * late, stopped, or dead are told apart each second. On a terminal it is a screen
 * that is drawn anew; elsewhere a line for each version, so that it can be kept. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "qf/cli/asking.h"
#include "qf/operator/checking.h"
#include "qf/cli/figures.h"
#include "views/json.h"
#include "views/standstill.h"
#include "qf/reading/watch_screen.h"
#include "qf/cli/screen.h"

enum {
        CLOCK_BYTES = 16,
        SAID_BYTES = 160,
        TURN_MS = 100,
        EVERY_MS = 200,
        EVERY_MS_MAX = 60000,
        SCREEN_EVERY_MS = 1000,
        ROWS_DEFAULT = 12
};

struct options {
        bool once, lines;
        uint64_t every_ms;
        const char *by;
};

struct watch {
        struct qf_cli *cli;
        struct qf_subscription *subscription;
        bool screen, once;
        uint16_t dimension; /* of the lower table; 0: none */
        struct qf_screen terminal;
        uint32_t columns, rows;
        uint32_t first, rows_shown; /* of the lower table */
        bool stale;                 /* a key or a size changed what is to be seen */
        struct qf_counts began;
        uint64_t shown_version; /* of the last line or screen */
        enum qf_pulse_state shown_state;
        const struct qf_standstill *shown_why;
        struct qf_counts shown;
        int64_t drawn_ms;
        bool drawn;
};

static const char *state_text(const struct qf_cli *cli, enum qf_pulse_state state)
{
        switch (state) {
        case QF_PULSE_NONE: return qf_cli_say(cli, "等待数据", "waiting for data");
        case QF_PULSE_QUIET: return qf_cli_say(cli, "已全部计入", "all is counted");
        case QF_PULSE_LATE: return qf_cli_say(cli, "正在追赶", "catching up");
        case QF_PULSE_STOPPED:
                return qf_cli_say(cli, "计数已停，显示的是停下前的数",
                                  "counting stopped; these are the last good numbers");
        case QF_PULSE_DEAD:
                return qf_cli_say(cli, "失去联系，显示的是最后收到的数",
                                  "no word from the server; these are the last numbers received");
        }
        return "";
}

static bool is_checked(const struct watch *watch)
{
        return qf_checking_text(watch->cli, qf_subscription_say(watch->subscription)) != NULL;
}

/* The state, or that the numbers are doubted when they are. */
static const char *said_state(const struct watch *watch, enum qf_pulse_state state)
{
        if (is_checked(watch) && (state == QF_PULSE_QUIET || state == QF_PULSE_LATE))
                return qf_checking_text(watch->cli, qf_subscription_say(watch->subscription));
        return state_text(watch->cli, state);
}

/* Why it is so; "": nothing is said, or nothing that is still so, or said_state() says it. */
static const char *said_why(const struct watch *watch, enum qf_pulse_state state)
{
        const bool said = is_checked(watch) && state != QF_PULSE_STOPPED;

        if (said || state == QF_PULSE_NONE || state == QF_PULSE_DEAD)
                return "";
        return qf_standstill_text(watch->cli, qf_subscription_say(watch->subscription));
}

static const struct qf_standstill *why_of(const struct watch *watch)
{
        return qf_standstill_of(qf_view_of(qf_subscription_say(watch->subscription)));
}

static const char *state_code(enum qf_pulse_state state)
{
        static const char *const codes[] = {[QF_PULSE_NONE] = "none",
                                            [QF_PULSE_QUIET] = "quiet",
                                            [QF_PULSE_LATE] = "late",
                                            [QF_PULSE_STOPPED] = "stopped",
                                            [QF_PULSE_DEAD] = "dead"};
        return codes[state];
}

/* The dimension of --by; without it "org" where there is one; 0: none. */
static uint16_t shown_dimension(const struct watch *watch, const char *by)
{
        const struct qf_programme *programme = qf_subscription_programme(watch->subscription);
        const uint16_t id = qf_programme_find_dimension(programme, qf_view_of(by ? by : "org"));
        return id == QF_DIMENSION_UNKNOWN ? QF_DIMENSION_TOTAL : id;
}

static void clock_of(int64_t wall_ms, char text[CLOCK_BYTES])
{
        const time_t at = (time_t)(wall_ms / 1000);
        struct tm local;
        if (wall_ms <= 0 || !localtime_r(&at, &local) || !strftime(text, CLOCK_BYTES, "%H:%M:%S", &local))
                (void)snprintf(text, CLOCK_BYTES, "--:--:--");
}

/* The state; and of numbers that no longer move, of when they are. */
static const char *said_since(const struct watch *watch, enum qf_pulse_state state, char ret_text[SAID_BYTES])
{
        char since[CLOCK_BYTES];

        clock_of(qf_subscription_pulse(watch->subscription)->complete_at_ms, since);
        if (state == QF_PULSE_DEAD)
                (void)snprintf(ret_text, SAID_BYTES,
                               qf_cli_say(watch->cli, "失去联系，这是 %s 的数",
                                          "no word from the server; numbers of %s"),
                               since);
        else if (state == QF_PULSE_STOPPED)
                (void)snprintf(
                        ret_text, SAID_BYTES,
                        qf_cli_say(watch->cli, "计数已停，这是 %s 的数", "counting stopped; numbers of %s"),
                        since);
        else
                return said_state(watch, state);
        return ret_text;
}

/* --- lines ---------------------------------------------------------------- */

static int print_json(const struct watch *watch, const struct qf_board *board, enum qf_pulse_state state)
{
        const struct qf_subscription *subscription = watch->subscription;
        char epoch[2 * QF_EPOCH_BYTES + 1];
        json_t *object = json_object(), *all = json_object(), *years = json_array();
        qf_text_hex(qf_subscription_epoch(subscription), QF_EPOCH_BYTES, epoch);
        qf_json_put_counts(all, &board->all);
        for (uint32_t i = 0; i < board->years_count; i++) {
                json_t *year = json_object();
                (void)json_object_set_new(year, "year", json_integer(board->years[i].id));
                qf_json_put_counts(year, &board->years[i].counts);
                (void)json_array_append_new(years, year);
        }
        (void)json_object_set_new(object, "epoch", json_string(epoch));
        (void)json_object_set_new(object, "version",
                                  json_integer((json_int_t)qf_subscription_version(subscription)));
        (void)json_object_set_new(object, "state", json_string(state_code(state)));
        (void)json_object_set_new(object, "checking", json_boolean(is_checked(watch)));
        (void)json_object_set_new(object, "say", json_string(qf_subscription_say(subscription)));
        (void)json_object_set_new(object, "complete_at_ms",
                                  json_integer(qf_subscription_pulse(subscription)->complete_at_ms));
        (void)json_object_set_new(object, "all", all);
        (void)json_object_set_new(object, "years", years);
        const int r = json_dumpf(object, stdout, JSON_COMPACT);
        json_decref(object);
        (void)putchar('\n');
        return r ? -EIO : 0;
}

static void print_line(const struct watch *watch, const struct qf_counts *all, enum qf_pulse_state state)
{
        char clock[CLOCK_BYTES], activities[QF_FIGURE_BYTES], attendances[QF_FIGURE_BYTES];
        const char *why = said_why(watch, state);
        const int64_t more_activities = all->of[QF_ACTIVITIES] - watch->shown.of[QF_ACTIVITIES];
        const int64_t more_attendances = all->of[QF_ATTENDANCES] - watch->shown.of[QF_ATTENDANCES];
        clock_of(qf_clock_wall_ms(), clock);
        printf(qf_cli_say(watch->cli, "%s  活动 %s%s 场  %s%s 人次", "%s  %s %s  %s %s"), clock,
               qf_ratio_grouped(all->of[QF_ACTIVITIES], activities, sizeof(activities)),
               qf_cli_noun(watch->cli, (uint64_t)all->of[QF_ACTIVITIES], "activity", "activities"),
               qf_figures_attendances(all, attendances, sizeof(attendances)),
               qf_cli_noun(watch->cli, (uint64_t)all->of[QF_ATTENDANCES], "attendance", "attendances"));
        if (watch->drawn && (more_activities || more_attendances))
                printf("  (%+lld, %+lld)", (long long)more_activities, (long long)more_attendances);
        printf("  [%llu] %s%s%s\n", (unsigned long long)qf_subscription_version(watch->subscription),
               said_state(watch, state), *why ? qf_cli_say(watch->cli, "：", ": ") : "", why);
}

/* --- screen --------------------------------------------------------------- */

static int print_tables(const struct watch *watch, const struct qf_board *board, enum qf_pulse_state state)
{
        const struct qf_programme *programme = qf_subscription_programme(watch->subscription);
        const char *why = said_why(watch, state);
        char said[SAID_BYTES];
        struct qf_text_table table;
        if (qf_programme_settings(programme)->training)
                puts(qf_cli_say(watch->cli, "【演练】这里的数字都不是真实数字",
                                "TRAINING: none of these numbers are real"));
        if (state == QF_PULSE_STOPPED || why_of(watch))
                printf("! %s%s%s\n", said_since(watch, state, said),
                       *why ? qf_cli_say(watch->cli, "：", ": ") : "", why);
        int r = qf_board_years(watch->cli, board, programme, &table);
        if (!r)
                qf_text_table_print(&table, stdout);
        qf_text_table_deinit(&table);
        if (r || !watch->dimension)
                return r;
        (void)putchar('\n');
        r = qf_board_members(watch->cli, board, programme, watch->dimension, ROWS_DEFAULT, &table);
        if (!r)
                qf_text_table_print(&table, stdout);
        qf_text_table_deinit(&table);
        return r;
}

static int draw(struct watch *watch, const struct qf_board *board, enum qf_pulse_state state)
{
        char clock[CLOCK_BYTES], said[SAID_BYTES];
        struct qf_buffer page = {0};
        struct qf_watch_page what = {.cli = watch->cli,
                                     .programme = qf_subscription_programme(watch->subscription),
                                     .board = board,
                                     .clock = clock,
                                     .said = said_since(watch, state, said),
                                     .why = said_why(watch, state),
                                     .state = state,
                                     .doubted = why_of(watch) != NULL,
                                     .version = qf_subscription_version(watch->subscription),
                                     .began = watch->drawn ? watch->began : board->all,
                                     .dimension = watch->dimension,
                                     .first = watch->first,
                                     .newest = watch->drawn ? watch->shown_version : UINT64_MAX,
                                     .columns = watch->columns,
                                     .rows = watch->rows,
                                     .colours = watch->terminal.colours};
        clock_of(qf_clock_wall_ms(), clock);
        if (!watch->drawn)
                watch->began = board->all;
        int r = qf_watch_draw(&what, &watch->first, &watch->rows_shown, &page);
        if (!r && fwrite(page.at, 1, page.len, stdout) != page.len)
                r = -EPIPE;
        qf_buffer_deinit(&page);
        return r;
}

/* The next dimension that events have members of, round and round. */
static uint16_t next_dimension(const struct watch *watch)
{
        const struct qf_programme *programme = qf_subscription_programme(watch->subscription);
        const uint16_t count = (uint16_t)qf_programme_dimensions(programme);
        for (uint16_t i = 1; i <= count; i++) {
                const uint16_t id = (uint16_t)((watch->dimension + i - 1) % count + 1);
                const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
                if (dimension && !dimension->apart && !dimension->groups)
                        return id;
        }
        return watch->dimension;
}

/* Whether it goes on; what a key or another size changed is drawn at once. */
static bool hear_keys(struct watch *watch)
{
        uint32_t columns, rows;
        const enum qf_key key = qf_screen_key(&watch->terminal);
        switch (key) {
        case QF_KEY_NONE: break;
        case QF_KEY_QUIT: return false;
        case QF_KEY_UP: watch->first -= watch->first > 0; break;
        case QF_KEY_DOWN: watch->first++; break;
        case QF_KEY_PAGE_UP:
                watch->first -= watch->first < watch->rows_shown ? watch->first : watch->rows_shown;
                break;
        case QF_KEY_PAGE_DOWN: watch->first += watch->rows_shown; break;
        case QF_KEY_NEXT:
                watch->dimension = next_dimension(watch);
                watch->first = 0;
                break;
        }
        qf_screen_size(&columns, &rows);
        watch->stale = watch->stale || key != QF_KEY_NONE || columns != watch->columns || rows != watch->rows;
        watch->columns = columns;
        watch->rows = rows;
        return true;
}

/* --- showing -------------------------------------------------------------- */

static int show(struct watch *watch, enum qf_pulse_state state, int64_t mono_ms)
{
        const struct qf_programme *programme = qf_subscription_programme(watch->subscription);
        struct qf_board board;
        int r = qf_board_fill(&board, qf_subscription_picture(watch->subscription), programme,
                              watch->dimension);
        if (!r && watch->cli->json)
                r = print_json(watch, &board, state);
        else if (!r && watch->screen)
                r = draw(watch, &board, state);
        else if (!r && watch->once)
                r = print_tables(watch, &board, state);
        else if (!r)
                print_line(watch, &board.all, state);
        if (!r && fflush(stdout))
                r = -errno; /* nobody reads it any more */
        watch->shown = board.all;
        watch->shown_version = qf_subscription_version(watch->subscription);
        watch->shown_state = state;
        watch->shown_why = why_of(watch);
        watch->drawn_ms = mono_ms;
        watch->drawn = true;
        watch->stale = false;
        qf_board_deinit(&board);
        return r;
}

static bool is_due(const struct watch *watch, enum qf_pulse_state state, int64_t mono_ms)
{
        if (!watch->drawn || watch->stale ||
            qf_subscription_version(watch->subscription) != watch->shown_version)
                return true;
        if (why_of(watch) != watch->shown_why)
                return true;
        if (watch->screen && mono_ms - watch->drawn_ms >= SCREEN_EVERY_MS)
                return true;
        /* Between two pulses it is always late for a moment: only what lasts is said. */
        return state != watch->shown_state &&
               (state != QF_PULSE_LATE || mono_ms - watch->drawn_ms >= SCREEN_EVERY_MS);
}

static int ended(struct watch *watch, int r)
{
        if (r == 0 || r == -EPIPE)
                return QF_EXIT_DONE;
        if (r == QF_SUBSCRIPTION_DENIED)
                return qf_cli_fail(watch->cli, QF_EXIT_REFUSED,
                                   "服务端不再给看：%s\n看密钥有没有 read 权限：qf doctor",
                                   "the server says no: %s\nSee whether the key has the role read: qf doctor",
                                   qf_subscription_say(watch->subscription));
        if (r == QF_SUBSCRIPTION_TOO_LARGE)
                return qf_cli_fail(watch->cli, QF_EXIT_OTHER, "要看的内容太多。\n问合计：qf totals --by 维度",
                                   "that is more than fits.\nAsk for totals: qf totals --by DIM");
        return qf_cli_broke(watch->cli, r, "watch");
}

/* What is printed once is printed when it is known whether numbers are still counted, which a Pulse of each second says. */
static bool is_known(const struct watch *watch, enum qf_pulse_state state)
{
        return !watch->once || state == QF_PULSE_DEAD || qf_subscription_pulse(watch->subscription)->heard;
}

/* 0: it was ended; or why it cannot go on. */
static int follow(struct watch *watch)
{
        int r = 0;
        while (!r && !qf_cli_interrupted(watch->cli) && (!watch->screen || hear_keys(watch))) {
                const int64_t now = qf_clock_mono_ms();
                const enum qf_pulse_state state = qf_subscription_state(watch->subscription, now);
                r = is_known(watch, state) && is_due(watch, state, now) ? show(watch, state, now) : 0;
                if (!r && watch->once && watch->drawn)
                        return 0;
                if (!r)
                        r = qf_subscription_wait(watch->subscription, TURN_MS);
        }
        return r;
}

/* What went wrong is said when the page is gone, or it would go with it; so is the last that was seen. */
static int follow_on_screen(struct watch *watch)
{
        qf_screen_enter(&watch->terminal);
        const int r = follow(watch);
        qf_screen_leave(&watch->terminal);
        if (watch->drawn)
                print_line(watch, &watch->shown, watch->shown_state);
        return r;
}

static int watch_totals(struct qf_cli *cli, const struct options *options)
{
        struct watch watch = {.cli = cli, .once = options->once};
        watch.screen = !options->once && !options->lines && !cli->json && isatty(STDOUT_FILENO);
        qf_cli_hold_signals(cli);
        if (qf_asking_subscribe(
                    cli,
                    (struct qf_subscription_options){
                            .every_ms = options->every_ms ? (uint32_t)options->every_ms : EVERY_MS},
                    &watch.subscription))
                return cli->exit_code;
        watch.dimension = shown_dimension(&watch, options->by);
        int exit_code;
        if (options->by && !watch.dimension)
                exit_code = qf_cli_fail(
                        cli, QF_EXIT_USAGE, "没有维度“%s”。\n看有哪些：qf programme show",
                        "there is no dimension \"%s\".\nSee which there are: qf programme show", options->by);
        else
                exit_code = ended(&watch, watch.screen ? follow_on_screen(&watch) : follow(&watch));
        watch.subscription = qf_subscription_close(watch.subscription);
        return exit_code;
}

static const struct qf_option watch_options[] = {
        {"once", QF_OPTION_FLAG, offsetof(struct options, once), NULL, "收齐后打印一次就结束",
         "print once when all has arrived, and end", 0},
        {"lines", QF_OPTION_FLAG, offsetof(struct options, lines), NULL, "在终端上也逐行打印",
         "plain lines on a terminal, too", 0},
        {"by", QF_OPTION_TEXT, offsetof(struct options, by), "DIM", "屏幕下半部按哪个维度；默认 org",
         "dimension of the lower table; default org", 0},
        {"every", QF_OPTION_NUMBER, offsetof(struct options, every_ms), "MS",
         "最多每隔多少毫秒更新一次；默认 200", "at most one update in so many milliseconds; default 200",
         EVERY_MS_MAX},
        {0},
};

static int run_watch(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        int count;
        if (qf_cli_parse(cli, &options, argc, argv, &count))
                return cli->exit_code;
        return watch_totals(cli, &options);
}

const struct qf_command qf_cmd_watch = {
        .name = "watch",
        .zh = "实时查看合计",
        .en = "see totals move",
        .run = run_watch,
        .options = watch_options,
};
