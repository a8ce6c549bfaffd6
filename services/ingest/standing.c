/* Why: "this number was reported before with other content" helps a clerk only with
 * what was reported then. Only the sender's own records are looked at; what is said
 * is a detail, which is not journaled: judging does not depend on it. */
#include "ingest/standing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/kinds.h"
#include "wire/body.h"

enum {
        TEXT = sizeof(((struct qf_standing_texts *)0)->now),
        LOOK_UP_BYTES = 64 * 1024,      /* what one look-up costs besides the bytes that it reads */
        GROUP_BYTES = 16 * 1024 * 1024, /* read for one group, whose other batches wait */
};

struct qf_lookback {
        struct qf_arena *arena;
        struct qf_buffer record; /* at position; 0: none */
        uint64_t position;
        uint32_t entry;
        struct qf_batch batch; /* of the entry; no events: it can't be read */
        uint64_t cost;         /* so far, in bytes */
};

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

/* --- what stands ---------------------------------------------------------- */

static void cleanup_lookback(struct qf_lookback **lookback)
{
        (void)qf_lookback_free(*lookback);
}

int qf_lookback_new(struct qf_lookback **ret_lookback)
{
        QF_CLEANUP(cleanup_lookback) struct qf_lookback *lookback = calloc(1, sizeof *lookback);
        if (!lookback)
                return -ENOMEM;
        int result = qf_arena_new(QF_DECODE_ARENA_BYTES, &lookback->arena);
        if (result < 0)
                return result;
        *ret_lookback = QF_TAKE(lookback);
        return 0;
}

struct qf_lookback *qf_lookback_free(struct qf_lookback *lookback)
{
        if (!lookback)
                return NULL;
        (void)qf_arena_free(lookback->arena);
        qf_buffer_deinit(&lookback->record);
        free(lookback);
        return NULL;
}

void qf_lookback_settle(struct qf_lookback *lookback)
{
        lookback->cost = 0;
}

/* Of the record that is held. */
static int decode_entry(struct qf_lookback *lookback, uint32_t at)
{
        const struct qf_view record = {(const char *)lookback->record.at, (uint32_t)lookback->record.len};
        struct qf_entry entry;
        struct qf_wire_fault fault;
        size_t offset = 0;
        for (uint32_t i = 0; i <= at; i++)
                if (!qf_record_next(record, &offset, &entry))
                        return QF_STORE_NONE;
        if (entry.kind != QF_ENTRY_BATCH)
                return QF_STORE_NONE;
        lookback->cost += entry.facts.len + entry.texts.len;
        qf_arena_reset(lookback->arena);
        return qf_body_decode(lookback->arena, entry.facts, entry.texts, entry.count, &lookback->batch,
                              &fault);
}

static int look_up(struct qf_lookback *lookback, struct qf_group *group, const struct qf_head *head)
{
        int result = 0;
        lookback->cost += LOOK_UP_BYTES;
        lookback->batch.count = 0;
        if (lookback->position != head->position) {
                lookback->record.len = 0;
                result = qf_group_copy_record(group, head->position, &lookback->record);
                lookback->cost += lookback->record.len;
        }
        lookback->position = result == 0 ? head->position : 0;
        lookback->entry = head->entry;
        return result == 0 ? decode_entry(lookback, head->entry) : result;
}

/* The event that a head stands for; NULL: it can't be read here, or now. */
static const struct qf_event *find_standing(struct qf_lookback *lookback, struct qf_group *group,
                                            const struct qf_batch *judged, const struct qf_head *head)
{
        if (head->position == qf_group_position(group) && head->entry == qf_group_entry(group))
                return &judged->events[head->index]; /* a row above says so */
        const bool held = lookback->position == head->position && lookback->entry == head->entry;
        if (!held && (lookback->cost >= GROUP_BYTES || look_up(lookback, group, head) != 0))
                return NULL;
        return head->index < lookback->batch.count ? &lookback->batch.events[head->index] : NULL;
}

/* What stands of an activity is told where it is in the way; of a declared kind also where a count fell. */
static bool is_worth_telling(const struct qf_kind_spec *spec, bool conflict, const struct qf_event *before,
                             const struct qf_event *event, struct pair *ret_pair)
{
        if (!spec)
                return activity_differs(before, event, ret_pair);
        return conflict ? declared_differs(spec, before, event, ret_pair)
                        : has_fallen(spec, before, event, ret_pair);
}

void qf_standing_tell(struct qf_lookback *lookback, struct qf_group *group, const struct qf_head *head,
                      const struct qf_batch *judged, const struct qf_event *event,
                      const struct qf_judgement *judgement, struct qf_standing_texts *texts,
                      struct qf_detail *ret_detail)
{
        const struct qf_kind_spec *spec = qf_kind_spec(event->kind);
        const bool conflict = judgement->verdict.code == QF_E141_CONFLICT;
        const bool fallen = judgement->moves_head && event->action == QF_REPLACE && spec && spec->grows;
        struct pair pair;
        if (head->state != QF_HEAD_LIVE ||
            !(fallen || (conflict && (spec || event->kind == QF_KIND_ACTIVITY))))
                return;
        const struct qf_event *before = find_standing(lookback, group, judged, head);
        if (!before || before->kind != event->kind || !is_worth_telling(spec, conflict, before, event, &pair))
                return;
        ret_detail->field = pair.field;
        print(pair.now, texts->now, &ret_detail->got);
        print(pair.before, texts->before, &ret_detail->near);
}
