/* Three frames of a view are all that is ever made: everything, what changed last,
 * and "go on" for who comes again and missed nothing. They are made when the first
 * watcher wants one, and are gone when the last has read it. */
#include "report/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { TICK_MS = 1000, COST_SHARE = 20 /* a view takes at most a twentieth of the time */ };

enum which { WHOLE, CHANGED, GOES_ON, FRAMES };

struct frame {
        uint32_t held;
        struct qf_buffer text;
};

struct view {
        struct qf_live *live;
        struct qf_live_key key;
        bool used, ended;
        char id[QF_LIVE_ID]; /* that all panels were made at */
        struct qf_live_panels panels, made;
        uint64_t at, changed[QF_LIVE_PANELS]; /* number of the last change, and of the last of each panel */
        int64_t beat_ms, used_ms, not_before_ms;
        uint32_t watchers;
        struct frame *frames[FRAMES];
};

struct qf_live_watcher {
        struct view *view;
        uint64_t has;        /* all changes up to this one; 0: none */
        bool new, goes_on;   /* nothing was sent yet; it says that it has all */
        struct frame *frame; /* being read; NULL: none */
        size_t read;
};

struct qf_live {
        struct qf_live_calls calls;
        char id[QF_LIVE_ID], bundle[QF_LIVE_MARK];
        uint32_t watchers;
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
               a->by_token == b->by_token &&
               (!a->by_token || memcmp(a->token, b->token, sizeof(a->token)) == 0);
}

static void forget_view(struct view *view)
{
        drop_frames(view);
        for (uint32_t i = 0; i < QF_LIVE_PANELS; i++) {
                qf_buffer_deinit(&view->panels.text[i]);
                qf_buffer_deinit(&view->made.text[i]);
        }
        *view = (struct view){0};
}

/* The view of this key, or a place for it: the one not watched that was looked at longest ago. NULL: all are watched. */
static struct view *find_view(struct qf_live *live, const struct qf_live_key *key)
{
        struct view *oldest = NULL;

        for (uint32_t i = 0; i < QF_LIVE_VIEWS; i++) {
                struct view *view = &live->views[i];

                if (view->used && !view->ended && is_same_key(&view->key, key))
                        return view;
                if (view->watchers == 0 && (!oldest || (oldest->used && view->used_ms < oldest->used_ms) ||
                                            (oldest->used && !view->used)))
                        oldest = view;
        }
        if (!oldest)
                return NULL;
        forget_view(oldest);
        oldest->live = live;
        oldest->key = *key;
        oldest->used = true;
        return oldest;
}

static bool is_same_text(const struct qf_buffer *a, const struct qf_buffer *b)
{
        return a->len == b->len && (a->len == 0 || memcmp(a->at, b->at, a->len) == 0);
}

/* What was made takes the place of what differs. Status alone waits for its beat. */
static bool take_made(struct view *view, uint32_t count, int64_t mono_ms)
{
        bool urgent = view->at == 0 || view->watchers == 0 || mono_ms - view->beat_ms >= QF_LIVE_BEAT_MS ||
                      strcmp(view->panels.mark, view->made.mark) != 0;

        for (uint32_t i = 1; i < count && !urgent; i++)
                urgent = !is_same_text(&view->panels.text[i], &view->made.text[i]);
        if (!urgent)
                return false;
        drop_frames(view);
        view->at++;
        view->beat_ms = mono_ms;
        memcpy(view->panels.mark, view->made.mark, sizeof(view->panels.mark));
        for (uint32_t i = 0; i < count; i++) {
                struct qf_buffer was = view->panels.text[i];

                if (view->changed[i] && is_same_text(&was, &view->made.text[i]))
                        continue;
                view->panels.text[i] = view->made.text[i];
                view->made.text[i] = was;
                view->changed[i] = view->at;
        }
        return true;
}

/* 0 with whether there is something new; QF_LIVE_NO_RIGHT: it has ended; negative. */
static int renew(struct view *view, int64_t mono_ms, bool *ret_news)
{
        struct qf_live *live = view->live;
        bool stands = strcmp(view->id, live->id) == 0 || (view->at && mono_ms < view->not_before_ms);
        const uint32_t count = stands ? QF_LIVE_ALWAYS : live->calls.count;
        const int64_t begun_ns = qf_clock_mono_ns();

        for (uint32_t i = 0; i < QF_LIVE_PANELS; i++)
                view->made.text[i].len = 0;
        int r = live->calls.make(live->calls.ctx, &view->key, stands, &view->made);
        if (r != 0) {
                view->ended |= r > 0;
                *ret_news = true;
                return r < 0 ? r : QF_LIVE_NO_RIGHT;
        }
        if (!stands) {
                memcpy(view->id, live->id, sizeof(view->id));
                view->not_before_ms = mono_ms + (qf_clock_mono_ns() - begun_ns) * COST_SHARE / (1000 * 1000);
        }
        *ret_news |= take_made(view, count, mono_ms);
        return 0;
}

int qf_live_tick(struct qf_live *live, int64_t mono_ms, bool *ret_news)
{
        int r = 0;

        for (uint32_t i = 0; i < QF_LIVE_VIEWS && r == 0; i++)
                if (live->views[i].watchers > 0 && !live->views[i].ended)
                        r = renew(&live->views[i], mono_ms, ret_news);
        return r < 0 ? r : 0;
}

static int open_view(struct qf_live *live, const struct qf_live_key *key, int64_t mono_ms,
                     struct view **ret_view)
{
        struct view *view = find_view(live, key);
        bool news = false;
        int r = 0;

        if (!view)
                return QF_LIVE_FULL;
        view->used_ms = mono_ms;
        if (view->at == 0 ||
            (view->watchers == 0 && (strcmp(view->id, live->id) != 0 || mono_ms - view->beat_ms >= TICK_MS)))
                r = renew(view, mono_ms, &news);
        if (r == 0)
                *ret_view = view;
        else if (view->watchers == 0)
                forget_view(view);
        return r;
}

int qf_live_look(struct qf_live *live, const struct qf_live_key *key, int64_t mono_ms,
                 const struct qf_live_panels **ret_panels, const char **ret_id)
{
        struct view *view;
        int r = open_view(live, key, mono_ms, &view);

        if (r == 0) {
                *ret_panels = &view->panels;
                *ret_id = view->id;
        }
        return r;
}

/* --- watchers ------------------------------------------------------------------- */

int qf_live_join(struct qf_live *live, const struct qf_live_key *key, const char *last_event_id,
                 int64_t mono_ms, struct qf_live_watcher **ret_watcher)
{
        struct qf_live_watcher *watcher = calloc(1, sizeof(*watcher));
        int r = watcher ? open_view(live, key, mono_ms, &watcher->view) : -ENOMEM;

        if (r != 0) {
                free(watcher);
                return r;
        }
        watcher->new = true;
        watcher->goes_on = last_event_id && strcmp(last_event_id, watcher->view->id) == 0;
        watcher->has = watcher->goes_on ? watcher->view->at : 0;
        watcher->view->watchers++;
        live->watchers++;
        *ret_watcher = watcher;
        return 0;
}

static void take_frame(struct qf_live_watcher *watcher)
{
        struct view *view = watcher->view;
        const bool nothing_new = watcher->has == view->at;
        const enum which which = watcher->goes_on && nothing_new                 ? GOES_ON
                                 : !watcher->new && watcher->has + 1 == view->at ? CHANGED
                                                                                 : WHOLE;

        if (nothing_new && !watcher->goes_on)
                return;
        watcher->frame = hold_frame(view, which);
        if (!watcher->frame)
                return;
        watcher->read = 0;
        watcher->has = view->at;
        watcher->new = watcher->goes_on = false;
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
        free(live);
        return NULL;
}

uint32_t qf_live_watchers(const struct qf_live *live)
{
        return live->watchers;
}

void qf_live_set(struct qf_live *live, const char *id, const char *bundle)
{
        (void)snprintf(live->id, sizeof(live->id), "%s", id);
        (void)snprintf(live->bundle, sizeof(live->bundle), "%s", bundle);
}
