/* One frame is registers first, then cells: a subscriber never hears of a code
 * before its register event. */
#include "report/audience.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/frame.h"

enum { REGISTER_BYTES = 40 * 1024, REGISTERS_MAX = 4096 };

static bool is_for(const struct qf_audience *audience, const struct qf_prefixes *prefixes, uint32_t want,
                   struct qf_view source)
{
        return audience->want == want && qf_view_same(qf_view_of(audience->source), source) &&
               qf_prefixes_same(&audience->prefixes, prefixes);
}

int qf_audience_join(struct qf_audience **list, const struct qf_from_reader *ask,
                     const struct qf_source *source, struct qf_audience **ret_audience)
{
        uint32_t want = ask->want ? ask->want : QF_WANT_CELLS | QF_WANT_REGISTERS;
        struct qf_view scope = source->roles & QF_ROLE_ADMIN ? QF_VIEW("") : source->name;
        struct qf_prefixes prefixes;
        struct qf_audience *audience;
        int r = qf_prefixes_make(&prefixes, ask->prefixes, ask->prefixes_count);

        if (r < 0)
                return r;
        for (audience = *list; audience; audience = audience->next)
                if (is_for(audience, &prefixes, want, scope))
                        break;
        if (audience) {
                qf_prefixes_deinit(&prefixes);
        } else {
                audience = calloc(1, sizeof(*audience));
                if (!audience) {
                        qf_prefixes_deinit(&prefixes);
                        return -ENOMEM;
                }
                audience->want = want;
                (void)snprintf(audience->source, sizeof(audience->source), "%.*s", (int)scope.len, scope.at);
                audience->prefixes = prefixes;
                audience->next = *list;
                *list = audience;
        }
        audience->users++;
        *ret_audience = audience;
        return 0;
}

void qf_audience_leave(struct qf_audience **list, struct qf_audience *audience)
{
        if (--audience->users > 0)
                return;
        for (struct qf_audience **at = list; *at; at = &(*at)->next) {
                if (*at != audience)
                        continue;
                *at = audience->next;
                break;
        }
        qf_prefixes_deinit(&audience->prefixes);
        qf_rights_deinit(&audience->rights);
        qf_buffer_deinit(&audience->frame);
        free(audience);
}

void qf_audience_forget(struct qf_audience *audience)
{
        audience->made = false;
}

struct wishes {
        const struct qf_audience *audience;
        const struct qf_programme *programme;
};

static bool wants(void *ctx, const struct qf_cell *cell)
{
        const struct wishes *wishes = ctx;

        return qf_prefixes_want(&wishes->audience->prefixes, wishes->programme, cell) &&
               qf_rights_sees_cell(&wishes->audience->rights, cell->key);
}

static bool same_stand(const struct qf_stand *a, const struct qf_stand *b)
{
        return a->registers_next == b->registers_next && a->fanout.have == b->fanout.have &&
               a->fanout.held == b->fanout.held && a->fanout.in_pass == b->fanout.in_pass &&
               a->fanout.fresh == b->fanout.fresh &&
               (!a->fanout.in_pass ||
                (a->fanout.pass_upto == b->fanout.pass_upto && a->fanout.pass_next == b->fanout.pass_next));
}

/* Renewed with the registers. A source that is gone, or may read no more, sees nothing of organisations. */
static int renew_rights(struct qf_audience *audience, const struct qf_published *now)
{
        const struct qf_source all = {.roles = QF_ROLE_ADMIN};
        const struct qf_source *source =
                audience->source[0] ? qf_rights_source(now->programme, qf_view_of(audience->source)) : &all;
        const struct qf_source nothing = {.roles = 0};

        return qf_rights_keep(&audience->rights, now->programme, now->stamp, source ? source : &nothing);
}

/* Register events that come next; true: there are more than fit this frame. */
static bool add_registers(const struct qf_audience *audience, const struct qf_published *now,
                          struct qf_view *events, struct qf_stand *stand, struct qf_to_reader *update)
{
        size_t bytes = 0;

        if (!(audience->want & QF_WANT_REGISTERS)) {
                stand->registers_next = now->log->settled;
                return false;
        }
        update->events = events;
        while (stand->registers_next < now->log->settled) {
                struct qf_view event = qf_register_log_at(now->log, stand->registers_next);

                if (update->events_count == REGISTERS_MAX ||
                    (bytes > 0 && bytes + event.len > REGISTER_BYTES))
                        return true;
                events[update->events_count++] = event;
                bytes += event.len;
                stand->registers_next++;
        }
        return bytes > REGISTER_BYTES / 4; /* cells have a frame of their own then */
}

static int make_frame(struct qf_audience *audience, const struct qf_published *now, struct qf_arena *arena,
                      uint32_t id, struct qf_stand *stand)
{
        struct qf_to_reader update = {.what = QF_UPDATE, .id = id, .catching_up = now->catching_up};
        struct wishes wishes = {audience, now->programme};
        struct qf_fanout_chunk chunk = {
                .after = stand->fanout.held, .upto = now->version, .fresh = stand->fanout.fresh};
        struct qf_view *events = malloc(REGISTERS_MAX * sizeof(*events));
        struct qf_cell *cells[QF_REPORT_FRAME_CELLS];
        int r;

        if (!events)
                return -ENOMEM;
        if (add_registers(audience, now, events, stand, &update))
                stand->fanout.fresh = false; /* said by this frame, which has no cells */
        else
                qf_fanout_next(&stand->fanout, now->picture, now->version, wants, &wishes, cells,
                               QF_REPORT_FRAME_CELLS, &chunk);
        memcpy(update.epoch, now->epoch, sizeof(update.epoch));
        update.after = chunk.after;
        update.upto = chunk.upto;
        update.end = chunk.end;
        update.fresh = chunk.fresh;
        audience->frame.len = 0;
        r = qf_report_frame_encode(arena, now->programme, audience->prefixes.measures, cells,
                                   audience->want & QF_WANT_CELLS ? chunk.count : 0, &update,
                                   &audience->frame);
        free(events);
        return r;
}

int qf_audience_frame(struct qf_audience *audience, const struct qf_published *now, struct qf_arena *arena,
                      uint32_t id, struct qf_stand *stand, struct qf_view *ret_frame)
{
        struct qf_stand before = *stand;
        int r;

        if (!audience->made || audience->id != id || audience->version != now->version ||
            audience->stamp != now->stamp || !same_stand(&audience->before, stand)) {
                r = renew_rights(audience, now);
                if (r == 0)
                        r = make_frame(audience, now, arena, id, stand);
                audience->made = r == 0;
                if (r < 0)
                        return r;
                audience->id = id;
                audience->version = now->version;
                audience->stamp = now->stamp;
                audience->before = before;
                audience->after = *stand;
        }
        *stand = audience->after;
        *ret_frame = (struct qf_view){(const char *)audience->frame.at, (uint32_t)audience->frame.len};
        return 0;
}

bool qf_audience_due(const struct qf_audience *audience, const struct qf_published *now,
                     const struct qf_stand *stand)
{
        return qf_fanout_due(&stand->fanout, now->version) ||
               ((audience->want & QF_WANT_REGISTERS) && stand->registers_next < now->log->settled);
}
