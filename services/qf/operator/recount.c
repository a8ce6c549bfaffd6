/* The tally is the one that aggregation runs, over memory instead of LMDB: what
 * this finds is a fault of storing, of resuming and of publishing, or a hand at
 * the counts. That the tally itself is right is for the second implementation in
 * tests/oracle to say. */
#include "qf/operator/recount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/statement.h"
#include "programme/declared_digest.h"
#include "store/counts_tables.h"
#include "wire/body.h"

enum { ARENA_BYTES = 2 * QF_DECODE_ARENA_BYTES }; /* as aggregation: more than ingest has */

static void fetch_ahead(void *standings, uint32_t partner, struct qf_view key)
{
        qf_standings_ahead(standings, partner, key);
}

static int note_register(void *ctx, const struct qf_event *event, uint64_t position)
{
        struct qf_recount *recount = ctx;

        (void)position;
        return qf_recount_editions_take(&recount->editions, &recount->apply, recount->standings, event);
}

int qf_recount_init(struct qf_recount *recount)
{
        *recount = (struct qf_recount){.apply.why = ""};
        int r = qf_programme_new(&recount->apply.programme);
        if (r == 0)
                r = qf_picture_new(&recount->apply.tally.picture);
        if (r == 0)
                r = qf_arena_new(ARENA_BYTES, &recount->apply.arena);
        if (r == 0)
                r = qf_standings_new(&recount->standings);
        if (r == 0)
                recount->apply.tally.store = qf_standings_store(recount->standings);
        recount->apply.calls =
                (struct qf_apply_calls){.ctx = recount, .ahead = fetch_ahead, .registered = note_register};
        return r;
}

void qf_recount_deinit(struct qf_recount *recount)
{
        qf_recount_editions_deinit(&recount->editions);
        qf_standings_free(recount->standings);
        qf_arena_free(recount->apply.arena);
        qf_picture_free(recount->apply.tally.picture);
        qf_programme_free(recount->apply.programme);
        *recount = (struct qf_recount){.apply.why = ""};
}

/* New events of an entry by the class of their verdict. */
static void note_verdicts(struct qf_recount *recount, const struct qf_entry *entry)
{
        uint64_t others = 0;

        for (uint32_t i = 0; i < entry->exceptions_count; i++) {
                struct qf_exception exception = qf_entry_exception(entry, i);
                uint32_t from = exception.at > entry->skip ? exception.at : entry->skip;
                uint32_t end = exception.at + exception.len;
                if (end <= from || exception.verdict.class > QF_REJECTED)
                        continue;
                recount->verdicts[exception.verdict.class] += end - from;
                others += end - from;
        }
        recount->verdicts[QF_ACCEPTED] += entry->count - entry->skip - others;
}

int qf_recount_take(struct qf_recount *recount, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_entry entry;
        size_t offset = 0;

        while (qf_record_next(record, &offset, &entry))
                if (entry.kind == QF_ENTRY_BATCH)
                        note_verdicts(recount, &entry);
        recount->position = head->position;
        int r = qf_apply_record(&recount->apply, head, record);
        return r == 0 ? qf_tally_settle(&recount->apply.tally) : r;
}

/* --- declared kinds ---------------------------------------------------------------- */

struct declared {
        const struct qf_programme *programme;
        struct qf_recount_declared *kinds;
        struct qf_standing standing; /* too large for the stack of a callback */
};

static int add_declared(void *ctx, const struct qf_standing_slot *slot)
{
        struct declared *declared = ctx;
        struct qf_standing *standing = &declared->standing;
        const struct qf_view key = qf_standing_slot_key(slot);

        if (key.len < 2 || key.at[0] != 0)
                return 0;
        int r = qf_standing_unpack(qf_standing_slot_value(slot), standing);
        if (r < 0 || standing->state != QF_HEAD_LIVE || standing->kind >= QF_RECOUNT_KINDS)
                return r;
        struct qf_recount_declared *kind = &declared->kinds[standing->kind];
        kind->count++;
        const struct qf_declared_said said = {
                .kind = standing->kind,
                .stated = standing->stated,
                .date = standing->date,
                .partner_code = qf_view_of(qf_programme_partner_code(declared->programme, slot->partner)),
                .key = qf_standing_key_plain(key),
                .figures = standing->figures,
                .members_count = standing->members_count,
                .members = standing->members,
        };
        kind->digest += qf_declared_digest_of(declared->programme, &said);
        return 0;
}

int qf_recount_declared(const struct qf_recount *recount,
                        struct qf_recount_declared ret_kinds[QF_RECOUNT_KINDS])
{
        struct declared *declared = calloc(1, sizeof(*declared));

        if (!declared)
                return -ENOMEM;
        declared->programme = recount->apply.programme;
        declared->kinds = ret_kinds;
        memset(ret_kinds, 0, QF_RECOUNT_KINDS * sizeof(*ret_kinds));
        int r = qf_standings_each(recount->standings, add_declared, declared);
        free(declared);
        return r;
}

/* --- comparing -------------------------------------------------------------------- */

struct named { /* a cell by its codes */
        struct qf_view dimension, member;
        uint32_t period;
};

static struct named name_cell(const struct qf_programme *programme, struct qf_cell_key key)
{
        struct named named = {QF_VIEW("total"), QF_VIEW("all"), key.period};

        if (key.dimension != QF_DIMENSION_TOTAL) {
                named.dimension = qf_programme_dimension(programme, key.dimension)->code;
                named.member = key.member == QF_MEMBER_NONE
                                       ? QF_VIEW("")
                                       : qf_programme_member(programme, key.dimension, key.member)->code;
        }
        return named;
}

static const struct qf_cell *find_named(const struct qf_picture *picture,
                                        const struct qf_programme *programme, const struct named *named)
{
        struct qf_cell_key key = {.period = named->period};

        if (!qf_view_same(named->dimension, QF_VIEW("total"))) {
                key.dimension = qf_programme_find_dimension(programme, named->dimension);
                if (key.dimension == QF_DIMENSION_UNKNOWN)
                        return NULL;
                key.member = named->member.len
                                     ? qf_programme_find_member(programme, key.dimension, named->member)
                                     : QF_MEMBER_NONE;
                if (key.member == QF_MEMBER_UNKNOWN)
                        return NULL;
        }
        return qf_picture_find(picture, key);
}

static bool comes_before(const struct named *a, const struct qf_difference *b)
{
        int order = qf_view_order(a->dimension, b->dimension);

        if (order == 0)
                order = qf_view_order(a->member, b->member);
        return order != 0 ? order < 0 : a->period < b->period;
}

/* Remembers the difference between two cells of one name when it is the first so far. ours, theirs: NULL is zero. */
static void note_difference(const struct named *named, const struct qf_cell *ours,
                            const struct qf_cell *theirs, bool *found, struct qf_difference *first)
{
        for (unsigned measure = 0; measure < QF_MEASURES; measure++) {
                int64_t counted = ours ? ours->counts.of[measure] : 0,
                        held = theirs ? theirs->counts.of[measure] : 0;
                if (counted == held)
                        continue;
                if (!*found || comes_before(named, first))
                        *first =
                                (struct qf_difference){named->dimension,         named->member, named->period,
                                                       (enum qf_measure)measure, counted,       held};
                *found = true;
                return;
        }
}

bool qf_recount_compare(const struct qf_recount *recount, const struct qf_picture *picture,
                        const struct qf_programme *programme, struct qf_difference *ret_first)
{
        const struct qf_picture *mine = recount->apply.tally.picture;
        bool found = false;

        for (size_t i = 0; i < qf_picture_cells(mine); i++) {
                const struct qf_cell *cell = qf_picture_at(mine, i);
                struct named named = name_cell(recount->apply.programme, cell->key);
                note_difference(&named, cell, find_named(picture, programme, &named), &found, ret_first);
        }
        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i);
                struct named named = name_cell(programme, cell->key);
                if (!find_named(mine, recount->apply.programme, &named))
                        note_difference(&named, NULL, cell, &found, ret_first);
        }
        return found;
}
