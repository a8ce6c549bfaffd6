/* report/live: what is pushed to whom, when, and how much is held for those who do not take it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "report/live.h"

enum { TEXT = 8192 };

/* A board of four panels whose texts the test sets. */
struct board {
        const char *texts[4], *mark;
        unsigned made, made_always, cost_ms, made_of[QF_LIVE_VIEWS + 1]; /* by year */
        uint32_t retry_ms;                                               /* of a reader over his share */
        int64_t mono_ns;
        bool gone;
        unsigned slices, slice; /* before a view is made; left */
        struct qf_live_key key; /* of the view that is made */
};

static const char *name(uint32_t panel)
{
        static const char *const names[] = {"status", "recent", "months", "sites"};
        return names[panel];
}

static struct board board;

static int64_t mono_ns(void)
{
        return board.mono_ns;
}

static int ask(void *ctx, const struct qf_live_key *key, uint32_t *ret_retry_ms)
{
        const struct board *of = ctx;

        (void)key;
        *ret_retry_ms = of->retry_ms;
        return of->retry_ms > 0;
}

static bool may(void *ctx, const struct qf_live_key *key)
{
        const struct board *of = ctx;

        (void)key;
        return !of->gone;
}

static void print(const struct board *of, const struct qf_live_key *key, uint32_t count,
                  struct qf_live_panels *panels)
{
        for (uint32_t i = 0; i < count; i++)
                assert_int_equal(qf_buffer_print(&panels->text[i], "%s%u", of->texts[i], key->year), 0);
        (void)snprintf(panels->mark, sizeof(panels->mark), "%s", of->mark);
}

static int always(void *ctx, const struct qf_live_key *key, const struct qf_buffer *kept,
                  struct qf_live_panels *panels)
{
        struct board *of = ctx;

        if (of->gone)
                return 1;
        assert_int_equal(kept->len, 4); /* what all were made with */
        of->made_always++;
        print(of, key, 2, panels);
        return 0;
}

static int begin(void *ctx, const struct qf_live_key *key)
{
        struct board *of = ctx;

        of->key = *key;
        of->slice = of->slices;
        return 0;
}

static int step(void *ctx, struct qf_live_panels *panels)
{
        struct board *of = ctx;

        if (of->gone)
                return 1;
        if (of->slice > 0) {
                of->slice--;
                return QF_LIVE_GOES_ON;
        }
        of->made++;
        of->made_of[of->key.year <= QF_LIVE_VIEWS ? of->key.year : 0]++;
        of->mono_ns += of->cost_ms * INT64_C(1000000);
        print(of, &of->key, 4, panels);
        return qf_buffer_append(&panels->kept, "kept", 4);
}

static struct qf_live *live;
static const struct qf_live_key key = {.year = 1};

static int set_up(void **state)
{
        const struct qf_live_calls calls = {.ctx = &board,
                                            .count = 4,
                                            .name = name,
                                            .mono_ns = mono_ns,
                                            .ask = ask,
                                            .may = may,
                                            .always = always,
                                            .begin = begin,
                                            .step = step};

        (void)state;
        board = (struct board){.texts = {"S", "R", "M", "T"}, .mark = "ok"};
        assert_int_equal(qf_live_new(&calls, &live), 0);
        qf_live_set(live, "e.1.d", 1, "b1");
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        live = qf_live_free(live);
        return 0;
}

static struct qf_live_watcher *join(const struct qf_live_key *of, const char *last_event_id)
{
        struct qf_live_watcher *watcher;

        assert_int_equal(qf_live_join(live, of, last_event_id, 0, &watcher), 0);
        return watcher;
}

/* As one who asks once, until there is an answer. */
static int look(const struct qf_live_key *of, int64_t mono_ms, const struct qf_live_panels **ret_panels,
                const char **ret_id, uint32_t *ret_retry_ms)
{
        struct qf_live_looker looker = {0};
        bool news = false, more = false;
        int r;

        while ((r = qf_live_look(live, &looker, of, mono_ms, ret_panels, ret_id, ret_retry_ms)) ==
               QF_LIVE_GOES_ON) {
                assert_true(qf_live_is_busy(live));
                assert_int_equal(qf_live_turn(live, mono_ms, &news, &more), 0);
        }
        qf_live_look_away(&looker);
        return r;
}

/* All that a watcher is given now, a few bytes at a time. */
static const char *take(struct qf_live_watcher *watcher)
{
        static char text[TEXT];
        size_t len = 0;
        ssize_t got;

        while ((got = qf_live_read(watcher, text + len, 7)) > 0 && len + 8 < TEXT)
                len += (size_t)got;
        text[len] = '\0';
        return got < 0 ? "END" : text;
}

static bool tick(const char *id, int64_t mono_ms)
{
        bool news = false, more = true;

        qf_live_set(live, id, 1, "b1");
        qf_live_tick(live);
        while (more) {
                const unsigned made = board.made + board.made_always;

                more = false;
                assert_int_equal(qf_live_turn(live, mono_ms, &news, &more), 0);
                assert_true(board.made + board.made_always <= made + 1); /* one a turn of the loop */
        }
        return news;
}

#define WHOLE(id, s, r, m, t)                                                                                \
        "event: hello\ndata: {\"go_on\":false,\"bundle\":\"b1\"}\n\nevent: status\ndata: " s                 \
        "\n\nevent: recent\ndata: " r "\n\nevent: months\ndata: " m "\n\nid: " id "\nevent: sites\ndata: " t \
        "\n\n"

static void who_comes_gets_all_and_then_what_changes(void **state)
{
        struct qf_live_watcher *watcher = join(&key, NULL);

        (void)state;
        assert_string_equal(take(watcher), WHOLE("e.1.d", "S1", "R1", "M1", "T1"));
        assert_string_equal(take(watcher), "");
        assert_false(tick("e.1.d", 1000));
        board.texts[2] = "m";
        assert_false(tick("e.1.d", 1500)); /* nothing is asked again as long as the version stands */
        assert_true(tick("e.2.d", 2000));
        assert_string_equal(take(watcher), "id: e.2.d\nevent: months\ndata: m1\n\n");
        qf_live_leave(watcher);
}

static void status_waits_for_its_beat_unless_it_says_something_else(void **state)
{
        struct qf_live_watcher *watcher = join(&key, NULL);

        (void)state;
        (void)take(watcher);
        board.texts[0] = "s"; /* an age, say */
        assert_false(tick("e.1.d", QF_LIVE_BEAT_MS - 1));
        assert_true(tick("e.1.d", QF_LIVE_BEAT_MS));
        assert_string_equal(take(watcher), "id: e.1.d\nevent: status\ndata: s1\n\n");
        board.mark = "stopped";
        assert_true(tick("e.1.d", QF_LIVE_BEAT_MS + 1000));
        board.texts[1] = "r";
        board.texts[0] = "t";
        assert_true(tick("e.1.d", QF_LIVE_BEAT_MS + 2000)); /* what came is news */
        assert_int_equal(board.made, 1);
        qf_live_leave(watcher);
}

static void all_who_watch_the_same_share_what_is_made(void **state)
{
        enum { MANY = 200 };
        struct qf_live_watcher *watchers[MANY];

        (void)state;
        for (int i = 0; i < MANY; i++)
                watchers[i] = join(&key, NULL);
        assert_int_equal(board.made, 1);
        assert_int_equal(qf_live_watchers(live), MANY);
        for (int i = 0; i < MANY; i++)
                assert_string_equal(take(watchers[i]), WHOLE("e.1.d", "S1", "R1", "M1", "T1"));
        board.texts[3] = "t";
        assert_true(tick("e.2.d", 1000));
        assert_int_equal(board.made, 2);
        for (int i = 0; i < MANY; i++) {
                assert_string_equal(take(watchers[i]), "id: e.2.d\nevent: sites\ndata: t1\n\n");
                qf_live_leave(watchers[i]);
        }
        assert_false(tick("e.3.d", 2000));
        assert_int_equal(board.made, 2); /* nobody watches: nothing is made */
}

static void who_is_slow_gets_what_it_began_and_then_the_newest(void **state)
{
        struct qf_live_watcher *watcher = join(&key, NULL);
        char room[TEXT];
        ssize_t got = qf_live_read(watcher, room, 40);

        (void)state;
        assert_int_equal(got, 40);
        for (unsigned i = 2; i < 9; i++) {
                static const char *const texts[] = {"a", "b"};
                char id[QF_LIVE_ID];

                board.texts[2] = texts[i % 2];
                (void)snprintf(id, sizeof(id), "e.%u.d", i);
                assert_true(tick(id, i * 1000));
        }
        while (got < (ssize_t)strlen(WHOLE("e.1.d", "S1", "R1", "M1", "T1")))
                got += qf_live_read(watcher, room + got, 1);
        room[got] = '\0';
        assert_string_equal(room, WHOLE("e.1.d", "S1", "R1", "M1", "T1"));
        assert_string_equal(take(watcher), WHOLE("e.8.d", "S1", "R1", "a1", "T1"));
        qf_live_leave(watcher);
}

static void who_comes_again_is_told_to_go_on_or_to_begin_anew(void **state)
{
        struct qf_live_watcher *watcher = join(&key, "e.1.d");

        (void)state;
        assert_string_equal(take(watcher),
                            "event: hello\ndata: {\"go_on\":true,\"bundle\":\"b1\"}\n\n"
                            "event: status\ndata: S1\n\nid: e.1.d\nevent: recent\ndata: R1\n\n");
        board.texts[2] = "m";
        assert_true(tick("e.2.d", 1000));
        assert_string_equal(take(watcher), "id: e.2.d\nevent: months\ndata: m1\n\n");
        qf_live_leave(watcher);
        watcher = join(&key, "e.1.d");
        assert_string_equal(take(watcher), WHOLE("e.2.d", "S1", "R1", "m1", "T1"));
        qf_live_leave(watcher);
        /* It had all when it came, and then not, before it was given anything. */
        watcher = join(&key, "e.2.d");
        board.texts[2] = "n";
        assert_true(tick("e.3.d", 2000));
        assert_string_equal(take(watcher), WHOLE("e.3.d", "S1", "R1", "n1", "T1"));
        qf_live_leave(watcher);
}

static void a_view_ends_with_the_right_to_it(void **state)
{
        struct qf_live_watcher *watcher = join(&key, NULL), *none = NULL;

        (void)state;
        (void)take(watcher);
        board.gone = true;
        assert_true(tick("e.1.d", 1000));
        assert_string_equal(take(watcher), "END");
        assert_int_equal(qf_live_join(live, &key, NULL, 1000, &none), QF_LIVE_NO_RIGHT);
        qf_live_leave(watcher);
        board.gone = false;
        watcher = join(&key, NULL);
        assert_string_equal(take(watcher), WHOLE("e.1.d", "S1", "R1", "M1", "T1"));
        qf_live_leave(watcher);
}

static void only_so_many_views_are_kept_and_those_watched_stay(void **state)
{
        struct qf_live_watcher *watchers[QF_LIVE_VIEWS], *one_more = NULL;
        const struct qf_live_panels *panels = NULL;
        const char *id;
        uint32_t retry_ms;

        (void)state;
        for (uint32_t i = 0; i < QF_LIVE_VIEWS; i++) {
                const struct qf_live_key of = {.year = i + 1};
                watchers[i] = join(&of, NULL);
        }
        const struct qf_live_key another = {.year = 999};
        assert_int_equal(qf_live_join(live, &another, NULL, 0, &one_more), QF_LIVE_FULL);
        assert_int_equal(look(&another, 0, &panels, &id, &retry_ms), QF_LIVE_FULL);
        qf_live_leave(watchers[5]);
        assert_int_equal(look(&another, 0, &panels, &id, &retry_ms), 0);
        assert_int_equal(panels->text[2].len, 4);
        assert_memory_equal(panels->text[2].at, "M999", 4);
        assert_string_equal(id, "e.1.d");
        for (uint32_t i = 0; i < QF_LIVE_VIEWS; i++)
                if (i != 5)
                        qf_live_leave(watchers[i]);
}

static void who_looks_once_sees_what_stands_now(void **state)
{
        const struct qf_live_panels *panels = NULL;
        const char *id;
        uint32_t retry_ms;

        (void)state;
        assert_int_equal(look(&key, 0, &panels, &id, &retry_ms), 0);
        assert_int_equal(look(&key, 10, &panels, &id, &retry_ms), 0);
        assert_int_equal(board.made + board.made_always, 1);
        board.texts[0] = "s";
        assert_int_equal(look(&key, 1500, &panels, &id, &retry_ms), 0);
        assert_int_equal(board.made, 1);
        assert_memory_equal(panels->text[0].at, "s1", 2);
        qf_live_set(live, "e.2.d", 1, "b1");
        assert_int_equal(look(&key, 1600, &panels, &id, &retry_ms), 0);
        assert_int_equal(board.made, 2);
        assert_string_equal(id, "e.2.d");
}

static struct qf_live_watcher *join_year(uint32_t year, int64_t mono_ms)
{
        const struct qf_live_key of = {.year = year};
        struct qf_live_watcher *watcher;

        assert_int_equal(qf_live_join(live, &of, NULL, mono_ms, &watcher), 0);
        return watcher;
}

static void all_views_together_take_a_fifth_of_the_time_and_each_has_its_turn(void **state)
{
        enum { MANY = 20, SECONDS = 100, COST_MS = 100 };
        struct qf_live_watcher *watchers[MANY];
        char id[QF_LIVE_ID];

        (void)state;
        board.cost_ms = COST_MS;
        for (uint32_t i = 0; i < MANY; i++)
                watchers[i] = join_year(i + 1, 0); /* it is let in, and waits for what is not made yet */
        assert_true(board.made < 5);
        assert_string_equal(take(watchers[MANY - 1]), "");
        for (int second = 1; second <= SECONDS; second++) {
                (void)snprintf(id, sizeof(id), "e.%d.d", second + 1);
                (void)tick(id, second * 1000);
        }
        assert_in_range(board.made, SECONDS * 1000 / COST_MS / 5, SECONDS * 1000 / COST_MS / 5 + 6);
        for (uint32_t i = 0; i < MANY; i++) {
                assert_in_range(board.made_of[i + 1], SECONDS * 2 / MANY - 1, SECONDS * 2 / MANY + 2);
                assert_int_equal(strncmp(take(watchers[i]), "event: hello", 12), 0);
                qf_live_leave(watchers[i]);
        }
}

static void who_looks_at_one_year_after_another_has_to_wait(void **state)
{
        const struct qf_live_panels *panels = NULL;
        const char *id;
        uint32_t retry_ms = 0, seen = 0;
        struct qf_live_watcher *watcher = join_year(1, 0);
        int r = 0;

        (void)state;
        board.cost_ms = 100;
        while (r == 0 && seen < QF_LIVE_VIEWS) {
                const struct qf_live_key of = {.year = 1900 + seen++};
                r = look(&of, 10000, &panels, &id, &retry_ms);
        }
        assert_int_equal(r, QF_LIVE_WAIT);
        assert_in_range(seen, 2, 5);
        assert_in_range(retry_ms, 1, 2000);
        board.texts[2] = "m";
        assert_true(tick("e.2.d", 10001)); /* who watches is not held up by that */
        assert_int_equal(board.made_of[1], 2);
        const struct qf_live_key last = {.year = 1900 + seen - 1};
        assert_int_equal(look(&last, 10000 + retry_ms + 501, &panels, &id, &retry_ms), 0);
        qf_live_leave(watcher);
}

static void a_reader_over_his_share_waits_and_keeps_what_he_has(void **state)
{
        struct qf_live_watcher *watcher = join(&key, NULL), *late;
        const struct qf_live_panels *panels = NULL;
        const char *id;
        uint32_t retry_ms;

        (void)state;
        (void)take(watcher);
        board.retry_ms = 700;
        board.texts[0] = "s";
        board.texts[2] = "m";
        assert_true(tick("e.2.d", QF_LIVE_BEAT_MS)); /* status goes on */
        assert_string_equal(take(watcher), "id: e.1.d\nevent: status\ndata: s1\n\n");
        assert_int_equal(look(&(struct qf_live_key){.year = 2}, 1000, &panels, &id, &retry_ms), QF_LIVE_WAIT);
        assert_int_equal(retry_ms, 700);
        late = join_year(2, 1000);
        assert_string_equal(take(late), "");
        board.retry_ms = 0;
        assert_true(tick("e.2.d", QF_LIVE_BEAT_MS + 1000));
        assert_string_equal(take(watcher), "id: e.2.d\nevent: months\ndata: m1\n\n");
        assert_string_equal(take(late), WHOLE("e.2.d", "s2", "R2", "m2", "T2"));
        qf_live_leave(late);
        qf_live_leave(watcher);
}

/* While one view is made, which lasts, another's first panels go on, and who looks at a third waits for his own. */
static void a_view_made_in_slices_holds_up_no_other(void **state)
{
        const struct qf_live_key third = {.year = 3};
        struct qf_live_watcher *watcher = join_year(1, 0), *slow;
        struct qf_live_looker looker = {0}, other = {0};
        const struct qf_live_panels *panels;
        const char *id;
        uint32_t retry_ms;
        bool news = false, more = false;

        (void)state;
        (void)take(watcher);
        board.slices = 5;
        slow = join_year(2, 10);
        assert_string_equal(take(slow), "");
        assert_int_equal(qf_live_look(live, &looker, &third, 20, &panels, &id, &retry_ms), QF_LIVE_GOES_ON);
        assert_int_equal(qf_live_look(live, &other, &third, 20, &panels, &id, &retry_ms), QF_LIVE_GOES_ON);
        qf_live_look_away(&other); /* he does not wait for it */
        board.texts[0] = "s";
        board.mark = "late";
        qf_live_tick(live);
        assert_int_equal(qf_live_turn(live, 1000, &news, &more), 0);
        assert_true(news && more && board.slice > 0);
        assert_string_equal(take(watcher), "id: e.1.d\nevent: status\ndata: s1\n\n");
        assert_string_equal(take(slow), "");

        /* It is of the moment when it was begun, whatever came meanwhile. */
        qf_live_set(live, "e.2.d", 1, "b1");
        while (board.made == 1)
                assert_int_equal(qf_live_turn(live, 1000, &news, &more), 0);
        assert_string_equal(take(slow), WHOLE("e.1.d", "s2", "R2", "M2", "T2"));
        while (qf_live_look(live, &looker, &third, 1000, &panels, &id, &retry_ms) == QF_LIVE_GOES_ON)
                assert_int_equal(qf_live_turn(live, 1000, &news, &more), 0);
        assert_memory_equal(panels->text[2].at, "M3", 2);
        assert_string_equal(id, "e.2.d");
        assert_false(qf_live_is_busy(live));

        /* Who is gone has nothing made for him, and a right that goes ends what is made. */
        qf_live_look_away(&looker);
        qf_live_set(live, "e.3.d", 1, "b1");
        assert_int_equal(qf_live_look(live, &looker, &third, 2000, &panels, &id, &retry_ms), QF_LIVE_GOES_ON);
        board.gone = true;
        assert_int_equal(qf_live_turn(live, 2000, &news, &more), 0);
        assert_int_equal(qf_live_look(live, &looker, &third, 2000, &panels, &id, &retry_ms),
                         QF_LIVE_NO_RIGHT);
        qf_live_look_away(&looker);
        qf_live_leave(slow);
        qf_live_leave(watcher);
}

static void a_token_has_some_of_the_views(void **state)
{
        struct qf_live_watcher *watchers[QF_LIVE_VIEWS_OF_TOKEN], *more;
        struct qf_live_key of = {.who = {true, {1}}};

        (void)state;
        for (uint32_t i = 0; i < QF_LIVE_VIEWS_OF_TOKEN; i++) {
                of.year = i + 1;
                watchers[i] = join(&of, NULL);
        }
        qf_live_leave(join(&of, NULL)); /* one of those */
        of.year++;
        assert_int_equal(qf_live_join(live, &of, NULL, 0, &more), QF_LIVE_FULL);
        of.who.token[0] = 2;
        qf_live_leave(join(&of, NULL));
        of.who.token[0] = 1;
        qf_live_leave(watchers[0]);
        watchers[0] = join(&of, NULL);
        for (uint32_t i = 0; i < QF_LIVE_VIEWS_OF_TOKEN; i++)
                qf_live_leave(watchers[i]);
}

static void other_rights_hold_at_once(void **state)
{
        struct qf_live_watcher *watcher;
        const struct qf_live_panels *panels = NULL;
        const char *id;
        uint32_t retry_ms;

        (void)state;
        board.cost_ms = 60000; /* so that nothing is to be made for a long time */
        watcher = join(&key, NULL);
        (void)take(watcher);
        board.texts[2] = "m";
        board.retry_ms = 700;
        assert_false(tick("e.2.d", 1000));
        qf_live_set(live, "e.2.d.2", 2, "b1");
        assert_int_equal(look(&key, 1000, &panels, &id, &retry_ms), 0);
        assert_memory_equal(panels->text[2].at, "m1", 2);
        assert_string_equal(id, "e.2.d.2");
        assert_string_equal(take(watcher), "id: e.2.d.2\nevent: months\ndata: m1\n\n");
        qf_live_leave(watcher);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
        LIVE(who_comes_gets_all_and_then_what_changes),
        LIVE(status_waits_for_its_beat_unless_it_says_something_else),
        LIVE(all_who_watch_the_same_share_what_is_made),
        LIVE(who_is_slow_gets_what_it_began_and_then_the_newest),
        LIVE(who_comes_again_is_told_to_go_on_or_to_begin_anew),
        LIVE(a_view_ends_with_the_right_to_it),
        LIVE(only_so_many_views_are_kept_and_those_watched_stay),
        LIVE(who_looks_once_sees_what_stands_now),
        LIVE(all_views_together_take_a_fifth_of_the_time_and_each_has_its_turn),
        LIVE(who_looks_at_one_year_after_another_has_to_wait),
        LIVE(a_reader_over_his_share_waits_and_keeps_what_he_has),
        LIVE(a_view_made_in_slices_holds_up_no_other),
        LIVE(a_token_has_some_of_the_views),
        LIVE(other_rights_hold_at_once),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
