/* Why: "this number was reported before with other content" helps a clerk only with
 * what was reported then. Only the sender's own records are looked at; what is said
 * is a detail, which is not journaled: judging does not depend on it. */
#include "ingest/standing.h"

#include <errno.h>
#include <stdio.h>

#include "model/kinds.h"
#include "wire/body.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, TEXT = sizeof(((struct qf_standing_texts *)0)->now) };

/* A figure of an event as it is told; -1: not stated. */
static int64_t figure_of(const struct qf_event *event, unsigned stated, uint32_t value)
{
        return event->stated & stated ? (int64_t)value : -1;
}

struct pair {
        const char *field;
        int64_t before, now;
};

static bool differs(const char *field, int64_t before, int64_t now, struct pair *ret_pair)
{
        *ret_pair = (struct pair){field, before, now};
        return before != now;
}

static bool activity_differs(const struct qf_event *before, const struct qf_event *now, struct pair *ret_pair)
{
#define SAME(name, bit, member)                                                                              \
        differs(name, figure_of(before, bit, before->member), figure_of(now, bit, now->member), ret_pair)
        return SAME("attendances", QF_STATED_ATTENDANCES, attendances) ||
               differs("date", before->date, now->date, ret_pair) ||
               SAME("sessions", QF_STATED_SESSIONS, sessions) ||
               SAME("participants", QF_STATED_PARTICIPANTS, participants);
#undef SAME
}

static bool declared_differs(const struct qf_kind_spec *spec, const struct qf_event *before,
                             const struct qf_event *now, struct pair *ret_pair)
{
        for (unsigned i = 0; i < spec->figures_count; i++)
                if (differs(spec->figures[i].code, figure_of(before, 1u << i, before->figures[i]),
                            figure_of(now, 1u << i, now->figures[i]), ret_pair))
                        return true;
        return differs("date", before->date, now->date, ret_pair);
}

static bool has_fallen(const struct qf_kind_spec *spec, const struct qf_event *before,
                       const struct qf_event *now, struct pair *ret_pair)
{
        for (unsigned i = 0; i < spec->figures_count; i++)
                if (spec->grows >> i & 1 &&
                    differs(spec->figures[i].code, figure_of(before, 1u << i, before->figures[i]),
                            figure_of(now, 1u << i, now->figures[i]), ret_pair) &&
                    ret_pair->now >= 0 && ret_pair->now < ret_pair->before)
                        return true;
        return false;
}

static void print(int64_t figure, char text[TEXT], struct qf_view *ret_view)
{
        const int len = figure < 0 ? 0 : snprintf(text, TEXT, "%lld", (long long)figure);
        *ret_view = (struct qf_view){text, (uint32_t)len};
}

/* The event that a head stands for. QF_STORE_NONE: it can't be read here, or now. */
static int read_standing(struct qf_group *group, struct qf_arena *arena, const struct qf_head *head,
                         struct qf_batch *ret_batch)
{
        struct qf_view record;
        struct qf_entry entry;
        struct qf_wire_fault fault;
        size_t offset = 0;
        int result = qf_group_record(group, head->position, &record);
        if (result != 0)
                return result;
        for (uint32_t i = 0; i <= head->entry; i++)
                if (!qf_record_next(record, &offset, &entry))
                        return QF_STORE_NONE;
        if (entry.kind != QF_ENTRY_BATCH || head->index >= entry.count)
                return QF_STORE_NONE;
        result = qf_body_decode(arena, entry.facts, entry.texts, entry.count, ret_batch, &fault);
        return result > 0 ? QF_STORE_NONE : result;
}

static int find_pair(struct qf_group *group, const struct qf_head *head, const struct qf_event *event,
                     bool conflict, struct pair *ret_pair)
{
        const struct qf_kind_spec *spec = qf_kind_spec(event->kind);
        struct qf_arena *arena = NULL;
        struct qf_batch batch = {0};
        int result = qf_arena_new(ARENA_BYTES, &arena);
        if (result == 0)
                result = read_standing(group, arena, head, &batch);
        if (result == 0) {
                const struct qf_event *before = &batch.events[head->index];
                const bool found = before->kind == event->kind &&
                                   (!conflict ? has_fallen(spec, before, event, ret_pair)
                                    : spec    ? declared_differs(spec, before, event, ret_pair)
                                              : activity_differs(before, event, ret_pair));
                result = found ? 0 : QF_STORE_NONE;
        }
        (void)qf_arena_free(arena);
        return result;
}

int qf_standing_tell(struct qf_group *group, const struct qf_head *head, const struct qf_event *event,
                     const struct qf_judgement *judgement, struct qf_standing_texts *texts,
                     struct qf_detail *ret_detail)
{
        const struct qf_kind_spec *spec = qf_kind_spec(event->kind);
        const bool conflict = judgement->verdict.code == QF_E141_CONFLICT;
        const bool fallen = judgement->moves_head && event->action == QF_REPLACE && spec && spec->grows;
        struct pair pair;
        if (head->state != QF_HEAD_LIVE ||
            !(fallen || (conflict && (spec || event->kind == QF_KIND_ACTIVITY))))
                return 0;
        int result = find_pair(group, head, event, conflict, &pair);
        if (result != 0)
                return result == QF_STORE_NONE ? 0 : result;
        ret_detail->field = pair.field;
        print(pair.now, texts->now, &ret_detail->got);
        print(pair.before, texts->before, &ret_detail->near);
        return 0;
}
