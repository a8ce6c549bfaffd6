/* Three frames of a view are all that is ever made: everything, what changed last,
 * and "go on" for who comes again and missed nothing. They are made when the first
 * watcher wants one, and are gone when the last has read it.
 *
 * All panels are made of one view at a time, in slices; the others keep theirs, and
 * their first panels, meanwhile. */
#include "report/live.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        TICK_MS = 1000,
        COST_SHARE = 20, /* a view takes at most a twentieth of the time */
        COST_OF_ALL = 5, /* and all together a fifth, */
        AHEAD_MS = 2000, /* of which so much may be taken ahead: 400 ms at once, but by */
        LOOK_MS = 1000,  /* those who look once less: who watches is not kept waiting by them */
};

enum which { WHOLE, CHANGED, GOES_ON, FRAMES };

struct frame {
        uint32_t held;
        struct qf_buffer text;
};

struct view {
        struct qf_live *live;
        struct qf_live_key key;
        bool used, ended, due, wanted; /* due: the tick came; wanted: all its panels are to be made */
        uint32_t rights;               /* that all panels were made at */
        char id[QF_LIVE_ID];           /* that all panels were made at */
        struct qf_live_panels panels;
        uint64_t wholes;                      /* how often all were made */
        uint64_t at, changed[QF_LIVE_PANELS]; /* number of the last change, and of the last of each panel */
        int64_t beat_ms, used_ms, not_before_ms, whole_ms; /* whole: all panels were made last */
        uint32_t watchers, lookers;
        struct frame *frames[FRAMES];
};

struct qf_live_watcher {
        struct view *view;
        uint64_t has;         /* all changes up to this one; 0: nothing was sent yet */
        char had[QF_LIVE_ID]; /* what it had before, as it says */
        struct frame *frame;  /* being read; NULL: none */
        size_t read;
};

struct qf_live {
        struct qf_live_calls calls;
        char id[QF_LIVE_ID], bundle[QF_LIVE_MARK];
        uint32_t rights, watchers;
        struct view *making; /* NULL: none */
        char making_id[QF_LIVE_ID];
        uint32_t making_rights;
        int64_t making_ns;                  /* so long by now */
        struct qf_live_panels whole, first; /* made: all panels of that view; the first ones of any */
        int64_t paid_ms;                    /* until then what making took is paid for by the share of all */
        struct view views[QF_LIVE_VIEWS];
};

/* --- frames ------------------------------------------------------------------- */

static void let_go(struct frame *frame)
{
        if (!frame || --frame->held > 0)
                return;
        qf_buffer_deinit(&frame->text);
        free(frame);
}

static void drop_frames(struct view *view)
{
        for (int i = 0; i < FRAMES; i++) {
                let_go(view->frames[i]);
                view->frames[i] = NULL;
        }
}

static bool belongs(const struct view *view, enum which which, uint32_t panel)
{
        return view->panels.text[panel].len > 0 &&
               (which == WHOLE || (which == CHANGED && view->changed[panel] == view->at) ||
                (which == GOES_ON && panel < QF_LIVE_ALWAYS));
}

static int write_frame(const struct view *view, enum which which, struct qf_buffer *text)
{
        const struct qf_live *live = view->live;
        uint32_t last = 0;
        int r = which == CHANGED
                        ? 0
                        : qf_buffer_print(text, "event: hello\ndata: {\"go_on\":%s,\"bundle\":\"%s\"}\n\n",
                                          which == GOES_ON ? "true" : "false", live->bundle);

        for (uint32_t i = 0; i < live->calls.count; i++)
                if (belongs(view, which, i))
                        last = i;
        for (uint32_t i = 0; i < live->calls.count && r == 0; i++) {
                if (!belongs(view, which, i))
                        continue;
                if (i == last)
                        r = qf_buffer_print(text, "id: %s\n", view->id);
                if (r == 0)
                        r = qf_buffer_print(text, "event: %s\ndata: ", live->calls.name(i));
                if (r == 0)
                        r = qf_buffer_append(text, view->panels.text[i].at, view->panels.text[i].len);
                if (r == 0)
                        r = qf_buffer_append(text, "\n\n", 2);
        }
        return r;
}

/* NULL: no memory; the watcher tries again with the next tick. */
static struct frame *hold_frame(struct view *view, enum which which)
{
        struct frame *frame = view->frames[which];

        if (!frame) {
                frame = calloc(1, sizeof(*frame));
                if (!frame)
                        return NULL;
                frame->held = 1;
                if (write_frame(view, which, &frame->text) < 0) {
                        let_go(frame);
                        return NULL;
                }
                view->frames[which] = frame;
        }
        frame->held++;
        return frame;
}

/* --- views -------------------------------------------------------------------- */

static bool is_same_key(const struct qf_live_key *a, const struct qf_live_key *b)
{
        return a->year == b->year && a->base == b->base && strcmp(a->org, b->org) == 0 &&
               strcmp(a->cross[0], b->cross[0]) == 0 && strcmp(a->cross[1], b->cross[1]) == 0 &&
               a->who.by_token == b->who.by_token &&
               (!a->who.by_token || memcmp(a->who.token, b->who.token, sizeof(a->who.token)) == 0);
}

static void deinit_panels(struct qf_live_panels *panels)
{
        for (uint32_t i = 0; i < QF_LIVE_PANELS; i++)
                qf_buffer_deinit(&panels->text[i]);
        qf_buffer_deinit(&panels->kept);
}

static void forget_view(struct view *view)
{
        drop_frames(view);
        deinit_panels(&view->panels);
        if (view->live && view->live->making == view)
                view->live->making = NULL;
        *view = (struct view){0};
}

static bool is_of_same_token(const struct view *view, const struct qf_live_key *key)
{
        return key->who.by_token && view->key.who.by_token &&
               memcmp(view->key.who.token, key->who.token, sizeof(key->who.token)) == 0;
}

static bool is_held(const struct view *view)
{
        return view->watchers > 0 || view->lookers > 0;
}

/* The view of this key, or a place for it: the one not held that was looked at longest ago. NULL: all are held, or this
 * token has as many as it may. */
static struct view *find_view(struct qf_live *live, const struct qf_live_key *key)
{
        struct view *oldest = NULL;
        uint32_t of_token = 0;

        for (uint32_t i = 0; i < QF_LIVE_VIEWS; i++) {
                struct view *view = &live->views[i];

                if (view->used && !view->ended && is_same_key(&view->key, key))
                        return view;
                of_token += is_held(view) && is_of_same_token(view, key);
                if (!is_held(view) && (!oldest || (oldest->used && view->used_ms < oldest->used_ms) ||
                                       (oldest->used && !view->used)))
                        oldest = view;
        }
        if (!oldest || of_token >= QF_LIVE_VIEWS_OF_TOKEN)
                return NULL;
        forget_view(oldest);
        *oldest = (struct view){.live = live, .key = *key, .used = true};
        return oldest;
}

static bool is_same_text(const struct qf_buffer *a, const struct qf_buffer *b)
{
        return a->len == b->len && (a->len == 0 || memcmp(a->at, b->at, a->len) == 0);
}

/* What was made takes the place of what differs. Status alone waits for its beat. */
static bool take_made(struct view *view, struct qf_live_panels *made, uint32_t count, int64_t mono_ms)
{
        bool urgent = view->at == 0 || view->watchers == 0 || mono_ms - view->beat_ms >= QF_LIVE_BEAT_MS ||
                      strcmp(view->panels.mark, made->mark) != 0;

        for (uint32_t i = 1; i < count && !urgent; i++)
                urgent = !is_same_text(&view->panels.text[i], &made->text[i]);
        if (!urgent)
                return false;
        drop_frames(view);
        view->at++;
        view->beat_ms = mono_ms;
        memcpy(view->panels.mark, made->mark, sizeof(view->panels.mark));
        for (uint32_t i = 0; i < count; i++) {
                struct qf_buffer was = view->panels.text[i];

                if (view->changed[i] && is_same_text(&was, &made->text[i]))
                        continue;
                view->panels.text[i] = made->text[i];
                made->text[i] = was;
                view->changed[i] = view->at;
        }
        return true;
}

/* 0: all panels may be made; QF_LIVE_WAIT with when; negative. Where rights may have become less nobody waits. */
static int ask(const struct view *view, int64_t mono_ms, uint32_t *ret_retry_ms)
{
        const struct qf_live *live = view->live;
        const int64_t ahead_ms = view->watchers > 0 ? AHEAD_MS : LOOK_MS;
        const int64_t common_ms = live->paid_ms - ahead_ms - mono_ms, own_ms = view->not_before_ms - mono_ms;
        const int64_t wait_ms = common_ms > own_ms ? common_ms : own_ms;

        if (view->at && view->rights != live->rights)
                return 0;
        if (wait_ms > 0) {
                *ret_retry_ms = (uint32_t)(wait_ms < UINT32_MAX ? wait_ms : UINT32_MAX);
                return QF_LIVE_WAIT;
        }
        int r = live->calls.ask(live->calls.ctx, &view->key, ret_retry_ms);
        return r > 0 ? QF_LIVE_WAIT : r;
}

static bool stands(const struct view *view)
{
        return view->at && strcmp(view->id, view->live->id) == 0;
}

static void note_cost(struct view *view, int64_t mono_ms, int64_t cost_ns)
{
        struct qf_live *live = view->live;
        const int64_t begin_ms = live->paid_ms > mono_ms ? live->paid_ms : mono_ms;

        live->paid_ms = begin_ms + cost_ns * COST_OF_ALL / (1000 * 1000);
        view->not_before_ms = mono_ms + cost_ns * COST_SHARE / (1000 * 1000);
        view->whole_ms = mono_ms;
}

static void clear(struct qf_live_panels *panels)
{
        for (uint32_t i = 0; i < QF_LIVE_PANELS; i++)
                panels->text[i].len = 0;
}

static int end_without_right(struct view *view, bool *ret_news)
{
        view->ended = true;
        view->wanted = false;
        *ret_news = true;
        return QF_LIVE_NO_RIGHT;
}

static int renew_first(struct view *view, int64_t mono_ms, bool *ret_news)
{
        struct qf_live *live = view->live;

        clear(&live->first);
        int r = live->calls.always(live->calls.ctx, &view->key, &view->panels.kept, &live->first);
        if (r != 0)
                return r < 0 ? r : end_without_right(view, ret_news);
        *ret_news |= take_made(view, &live->first, QF_LIVE_ALWAYS, mono_ms);
        return 0;
}

/* All panels are there: they stand as of when they were begun. */
static void take_whole(struct view *view, int64_t mono_ms, bool *ret_news)
{
        struct qf_live *live = view->live;
        const struct qf_buffer kept = view->panels.kept;

        memcpy(view->id, live->making_id, sizeof(view->id));
        view->rights = live->making_rights;
        view->wholes++;
        view->panels.kept = live->whole.kept;
        live->whole.kept = kept;
        note_cost(view, mono_ms, live->making_ns);
        *ret_news |= take_made(view, &live->whole, live->calls.count, mono_ms);
}

/* A slice of the view that is made. 0: it stands; QF_LIVE_GOES_ON, QF_LIVE_NO_RIGHT, negative. */
static int make_on(struct qf_live *live, int64_t mono_ms, bool *ret_news)
{
        struct view *view = live->making;
        const int64_t begun_ns = live->calls.mono_ns();
        int r = live->calls.step(live->calls.ctx, &live->whole);

        live->making_ns += live->calls.mono_ns() - begun_ns;
        if (r == QF_LIVE_GOES_ON)
                return r;
        live->making = NULL;
        if (r != 0)
                return r < 0 ? r : end_without_right(view, ret_news);
        take_whole(view, mono_ms, ret_news);
        return 0;
}

/* The first slice is at once: most views need no other. As make_on. */
static int begin_whole(struct view *view, int64_t mono_ms, bool *ret_news)
{
        struct qf_live *live = view->live;
        const int64_t begun_ns = live->calls.mono_ns();

        view->wanted = false;
        clear(&live->whole);
        live->whole.kept.len = 0;
        memcpy(live->making_id, live->id, sizeof(live->making_id));
        live->making_rights = live->rights;
        int r = live->calls.begin(live->calls.ctx, &view->key);
        if (r != 0)
                return r < 0 ? r : end_without_right(view, ret_news);
        live->making = view;
        live->making_ns = live->calls.mono_ns() - begun_ns;
        return make_on(live, mono_ms, ret_news);
}

/* A view that no longer stands. 0: all its panels are there; QF_LIVE_GOES_ON: they will be; QF_LIVE_WAIT; negative. */
static int renew(struct view *view, int64_t mono_ms, bool *ret_news, uint32_t *ret_retry_ms)
{
        struct qf_live *live = view->live;

        if (view == live->making || view->wanted)
                return QF_LIVE_GOES_ON;
        int r = ask(view, mono_ms, ret_retry_ms);
        if (r != 0)
                return r;
        if (!live->making)
                return begin_whole(view, mono_ms, ret_news);
        view->wanted = true;
        return QF_LIVE_GOES_ON;
}

void qf_live_tick(struct qf_live *live)
{
        for (uint32_t i = 0; i < QF_LIVE_VIEWS; i++)
                live->views[i].due = live->views[i].watchers > 0 && !live->views[i].ended;
}

/* The share of all goes first to the one that was made longest ago. */
static struct view *find_oldest(struct qf_live *live, size_t flag, uint32_t *ret_count)
{
        struct view *oldest = NULL;

        *ret_count = 0;
        for (uint32_t i = 0; i < QF_LIVE_VIEWS; i++) {
                struct view *view = &live->views[i];

                if (!*(const bool *)((const char *)view + flag))
                        continue;
                ++*ret_count;
                if (!oldest || view->whole_ms < oldest->whole_ms)
                        oldest = view;
        }
        return oldest;
}

/* Its first panels go on whatever becomes of the others. */
static int turn_due(struct view *view, int64_t mono_ms, bool *ret_news)
{
        uint32_t retry_ms;

        view->due = false;
        int r = stands(view) ? QF_LIVE_GOES_ON : renew(view, mono_ms, ret_news, &retry_ms);
        if ((r == QF_LIVE_GOES_ON || r == QF_LIVE_WAIT) && view->at && !view->ended)
                r = renew_first(view, mono_ms, ret_news);
        return r < 0 ? r : 0;
}

/* What is wanted by one who has left meanwhile is not made. */
static int turn_wanted(struct view *view, int64_t mono_ms, bool *ret_news)
{
        uint32_t retry_ms;

        view->wanted = false;
        int r = is_held(view) ? renew(view, mono_ms, ret_news, &retry_ms) : 0;
        return r < 0 ? r : 0;
}

int qf_live_turn(struct qf_live *live, int64_t mono_ms, bool *ret_news, bool *ret_more)
{
        uint32_t due, wanted;
        int r = live->making ? make_on(live, mono_ms, ret_news) : 0;
        struct view *view = find_oldest(live, offsetof(struct view, due), &due);

        if (r >= 0 && view)
                r = turn_due(view, mono_ms, ret_news);
        view = find_oldest(live, offsetof(struct view, wanted), &wanted);
        if (r >= 0 && view && !live->making)
                r = turn_wanted(view, mono_ms, ret_news);
        *ret_more |= due > 1 || qf_live_is_busy(live);
        return r < 0 ? r : 0;
}

bool qf_live_is_busy(const struct qf_live *live)
{
        bool busy = live->making;

        for (uint32_t i = 0; i < QF_LIVE_VIEWS && !busy; i++)
                busy = live->views[i].wanted;
        return busy;
}

static bool is_old(const struct view *view, int64_t mono_ms)
{
        return view->at == 0 || view->rights != view->live->rights ||
               (view->watchers == 0 && (!stands(view) || mono_ms - view->beat_ms >= TICK_MS));
}

/* 0: it is there, perhaps with numbers of before; enum qf_live_outcome; negative. */
static int open_view(struct qf_live *live, const struct qf_live_key *key, int64_t mono_ms,
                     struct view **ret_view, uint32_t *ret_retry_ms)
{
        struct view *view = find_view(live, key);
        bool news = false;
        int r = 0;

        *ret_view = view;
        if (!view)
                return QF_LIVE_FULL;
        view->used_ms = mono_ms;
        if (is_old(view, mono_ms) && !live->calls.may(live->calls.ctx, key))
                r = end_without_right(view, &news);
        else if (is_old(view, mono_ms))
                r = stands(view) ? renew_first(view, mono_ms, &news)
                                 : renew(view, mono_ms, &news, ret_retry_ms);
        if (r == QF_LIVE_WAIT && view->at)
                r = renew_first(view, mono_ms, &news);
        if ((r < 0 || r == QF_LIVE_NO_RIGHT) && !is_held(view))
                forget_view(view);
        return r;
}

void qf_live_look_away(struct qf_live_looker *looker)
{
        struct view *view = looker->view;

        if (view)
                view->lookers--;
        looker->view = NULL;
}

/* What was being made when he came will do. 0, QF_LIVE_GOES_ON, QF_LIVE_NO_RIGHT; QF_LIVE_WAIT: it was put off. */
static int look_again(const struct view *view, uint64_t wholes)
{
        return view->ended                                                    ? QF_LIVE_NO_RIGHT
               : view->wholes != wholes && view->rights == view->live->rights ? 0
               : view == view->live->making || view->wanted                   ? QF_LIVE_GOES_ON
                                                                              : QF_LIVE_WAIT;
}

int qf_live_look(struct qf_live *live, struct qf_live_looker *looker, const struct qf_live_key *key,
                 int64_t mono_ms, const struct qf_live_panels **ret_panels, const char **ret_id,
                 uint32_t *ret_retry_ms)
{
        struct view *view = looker->view;
        int r = view ? look_again(view, looker->wholes) : QF_LIVE_WAIT;

        if (r == QF_LIVE_WAIT) {
                qf_live_look_away(looker);
                r = open_view(live, key, mono_ms, &view, ret_retry_ms);
        }
        if (r == 0) {
                *ret_panels = &view->panels;
                *ret_id = view->id;
        } else if (r == QF_LIVE_GOES_ON && !looker->view) {
                *looker = (struct qf_live_looker){view, view->wholes};
                view->lookers++;
        }
        return r;
}

/* --- watchers ------------------------------------------------------------------- */

int qf_live_join(struct qf_live *live, const struct qf_live_key *key, const char *last_event_id,
                 int64_t mono_ms, struct qf_live_watcher **ret_watcher)
{
        struct qf_live_watcher *watcher = calloc(1, sizeof(*watcher));
        uint32_t retry_ms;
        int r = watcher ? open_view(live, key, mono_ms, &watcher->view, &retry_ms) : -ENOMEM;

        if (r != 0 && r != QF_LIVE_WAIT && r != QF_LIVE_GOES_ON) {
                free(watcher);
                return r;
        }
        (void)snprintf(watcher->had, sizeof(watcher->had), "%s", last_event_id ? last_event_id : "");
        watcher->view->watchers++;
        live->watchers++;
        *ret_watcher = watcher;
        return 0;
}

/* With other rights than those it was made with, nothing is given of it. */
static void take_frame(struct qf_live_watcher *watcher)
{
        struct view *view = watcher->view;
        const enum which which = watcher->has ? watcher->has + 1 == view->at ? CHANGED : WHOLE
                                 : strcmp(watcher->had, view->id) == 0 ? GOES_ON
                                                                       : WHOLE;

        if (watcher->has == view->at || view->rights != view->live->rights)
                return;
        watcher->frame = hold_frame(view, which);
        if (!watcher->frame)
                return;
        watcher->read = 0;
        watcher->has = view->at;
}

ssize_t qf_live_read(struct qf_live_watcher *watcher, char *room, size_t room_bytes)
{
        if (!watcher->frame && watcher->view->ended)
                return -1;
        if (!watcher->frame)
                take_frame(watcher);
        if (!watcher->frame)
                return 0;
        const struct qf_buffer *text = &watcher->frame->text;
        size_t len = text->len - watcher->read;

        len = len < room_bytes ? len : room_bytes;
        if (len > 0)
                memcpy(room, text->at + watcher->read, len);
        watcher->read += len;
        if (watcher->read == text->len) {
                let_go(watcher->frame);
                watcher->frame = NULL;
        }
        return (ssize_t)len;
}

void qf_live_leave(struct qf_live_watcher *watcher)
{
        let_go(watcher->frame);
        watcher->view->watchers--;
        watcher->view->live->watchers--;
        free(watcher);
}

/* --- all of it ------------------------------------------------------------------- */

int qf_live_new(const struct qf_live_calls *calls, struct qf_live **ret_live)
{
        struct qf_live *live = calloc(1, sizeof(*live));

        if (!live)
                return -ENOMEM;
        QF_ASSERT(calls->count >= QF_LIVE_ALWAYS && calls->count <= QF_LIVE_PANELS);
        live->calls = *calls;
        *ret_live = live;
        return 0;
}

struct qf_live *qf_live_free(struct qf_live *live)
{
        if (!live)
                return NULL;
        QF_ASSERT(live->watchers == 0);
        for (uint32_t i = 0; i < QF_LIVE_VIEWS; i++)
                forget_view(&live->views[i]);
        deinit_panels(&live->whole);
        deinit_panels(&live->first);
        free(live);
        return NULL;
}

uint32_t qf_live_watchers(const struct qf_live *live)
{
        return live->watchers;
}

void qf_live_set(struct qf_live *live, const char *id, uint32_t rights, const char *bundle)
{
        live->rights = rights;
        (void)snprintf(live->id, sizeof(live->id), "%s", id);
        (void)snprintf(live->bundle, sizeof(live->bundle), "%s", bundle);
}
