/* Why: what is overdue depends on the day that is asked about, so it is worked
 * out from the statements and kept nowhere. */
#include "views/oversight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/period.h"
#include "views/json.h"
#include "views/listed.h"

struct qf_view qf_oversight_cycle(struct qf_view key)
{
        const char *slash = key.len ? memchr(key.at, '/', key.len) : NULL;
        return slash ? (struct qf_view){key.at, (uint32_t)(slash - key.at)} : key;
}

static int compare(const void *one, const void *other)
{
        const struct qf_oversight_item *a = one, *b = other;
        int r = qf_view_order(a->cycle, b->cycle);
        if (!r)
                r = qf_view_order(a->org, b->org);
        if (!r && a->checkpoint != b->checkpoint)
                r = a->checkpoint < b->checkpoint ? -1 : 1;
        return r ? r : qf_view_order(a->key, b->key);
}

static bool is_raised(const struct qf_oversight_item *item, uint32_t asof)
{
        return !item->checkpoint && item->since <= asof;
}

static bool is_closed(const struct qf_oversight_item *item, uint32_t asof)
{
        return is_raised(item, asof) && item->verified && item->verified <= asof;
}

bool qf_oversight_is_done(const struct qf_oversight_item *item, uint32_t asof)
{
        return item->checkpoint && item->since <= asof;
}

bool qf_oversight_is_overdue(const struct qf_oversight_item *item, uint32_t asof)
{
        const bool rectified = item->rectified && item->rectified <= asof;
        return is_raised(item, asof) && !is_closed(item, asof) && !rectified && item->due && item->due < asof;
}

static void count_in(struct qf_oversight_row *row, const struct qf_oversight_item *item, uint32_t asof)
{
        row->raised += is_raised(item, asof);
        row->closed += is_closed(item, asof);
        row->open = row->raised - row->closed;
        row->overdue += qf_oversight_is_overdue(item, asof);
}

uint32_t qf_oversight_fold(struct qf_oversight_item *items, uint32_t count, uint32_t asof,
                           struct qf_oversight_row *rows, struct qf_oversight_row *ret_all)
{
        uint32_t made = 0, last = 0; /* last: checkpoint that was counted in this row */
        *ret_all = (struct qf_oversight_row){.count = count};
        if (count)
                qsort(items, count, sizeof(*items), compare);
        for (uint32_t i = 0; i < count; i++) {
                const struct qf_oversight_item *item = &items[i];
                if (item->since > asof)
                        continue; /* a cycle that had not begun has no row */
                if (!made || !qf_view_same(rows[made - 1].cycle, item->cycle) ||
                    !qf_view_same(rows[made - 1].org, item->org)) {
                        rows[made++] =
                                (struct qf_oversight_row){.cycle = item->cycle, .org = item->org, .first = i};
                        last = 0;
                }
                struct qf_oversight_row *row = &rows[made - 1];
                row->count = i + 1 - row->first; /* what came later may lie between */
                count_in(row, item, asof);
                count_in(ret_all, item, asof);
                if (qf_oversight_is_done(item, asof) && item->checkpoint != last) {
                        last = item->checkpoint;
                        row->done++;
                        ret_all->done++;
                }
        }
        return made;
}

/* --- of two lists ---------------------------------------------------------------- */

struct qf_oversight_item qf_oversight_item(const struct qf_kind_spec *spec, const struct qf_to_reader *answer,
                                           const struct qf_answer_row *row)
{
        return (struct qf_oversight_item){.cycle = qf_oversight_cycle(row->members[QF_LISTED_KEY]),
                                          .org = qf_listed_member(answer, row, "org"),
                                          .key = row->members[QF_LISTED_KEY],
                                          .since = qf_date_first_day(qf_listed_date(row)),
                                          .due = qf_listed_day(spec, row, "due"),
                                          .rectified = qf_listed_day(spec, row, "rectified"),
                                          .verified = qf_listed_day(spec, row, "verified")};
}

static int add_items(struct qf_oversight *board, const struct qf_kind_spec *spec,
                     const struct qf_to_reader *answer)
{
        for (uint32_t i = 0; i < answer->answer_rows_count; i++) {
                const struct qf_answer_row *row = &answer->answer_rows[i];
                struct qf_oversight_item item = qf_oversight_item(spec, answer, row);
                if (!qf_listed_date(row))
                        return 1;
                if (spec->kind == QF_KIND_CHECKPOINT)
                        item.checkpoint =
                                qf_programme_find_member(board->programme, board->dimension,
                                                         qf_listed_member(answer, row, "checkpoint"));
                board->items[board->items_count++] = item;
        }
        return 0;
}

static uint16_t find_stages(const struct qf_programme *programme, uint16_t checkpoints)
{
        const struct qf_dimension *dimension;
        for (uint16_t id = 1; (dimension = qf_programme_dimension(programme, id)); id++)
                if (checkpoints && dimension->groups == checkpoints)
                        return id;
        return 0;
}

int qf_oversight_make(struct qf_oversight *board, const struct qf_to_reader answers[2])
{
        static const struct qf_view kinds[] = {{"checkpoint", 10}, {"finding", 7}};
        const size_t count = (size_t)answers[0].answer_rows_count + answers[1].answer_rows_count;
        int r = 0;
        board->dimension = qf_programme_find_dimension(board->programme, QF_VIEW("checkpoint"));
        const struct qf_dimension *dimension = qf_programme_dimension(board->programme, board->dimension);
        board->checkpoints = dimension ? dimension->members : 0;
        board->stages = find_stages(board->programme, board->dimension);
        board->restricted = qf_listed_restricted(&answers[0]) || qf_listed_restricted(&answers[1]);
        board->items = calloc(count + 1, sizeof(*board->items));
        board->rows = calloc(count + 1, sizeof(*board->rows));
        if (!board->items || !board->rows)
                return -ENOMEM;
        for (unsigned i = 0; i < 2 && !r; i++)
                r = add_items(board, qf_kind_named(kinds[i]), &answers[i]);
        board->rows_count =
                qf_oversight_fold(board->items, board->items_count, board->asof, board->rows, &board->all);
        return r;
}

void qf_oversight_deinit(struct qf_oversight *board)
{
        free(board->items);
        free(board->rows);
        board->items = NULL;
        board->rows = NULL;
}

uint32_t qf_oversight_missing(const struct qf_oversight *board, const struct qf_oversight_row *row,
                              uint32_t after)
{
        for (uint32_t id = after + 1; id <= board->checkpoints; id++) {
                bool done = false;
                for (uint32_t i = row->first; i < row->first + row->count && !done; i++)
                        done = board->items[i].checkpoint == id &&
                               qf_oversight_is_done(&board->items[i], board->asof);
                if (!done)
                        return id;
        }
        return 0;
}

uint32_t qf_oversight_stage(const struct qf_oversight *board, const struct qf_oversight_row *row)
{
        uint32_t reached = 0, order = 0;
        for (uint32_t i = row->first; board->stages && i < row->first + row->count; i++) {
                const struct qf_oversight_item *item = &board->items[i];
                if (!qf_oversight_is_done(item, board->asof))
                        continue;
                const uint32_t stage =
                        qf_programme_group_of(board->programme, board->stages, item->checkpoint, board->asof);
                const struct qf_member *member = qf_programme_member(board->programme, board->stages, stage);
                if (member && (!reached || member->order > order)) {
                        reached = stage;
                        order = member->order;
                }
        }
        return reached;
}

static json_t *stage_json(const struct qf_oversight *board, const struct qf_oversight_row *row)
{
        const struct qf_member *stage =
                qf_programme_member(board->programme, board->stages, qf_oversight_stage(board, row));
        return stage ? qf_json_text(stage->code) : json_null();
}

json_t *qf_oversight_row_json(const struct qf_oversight *board, const struct qf_oversight_row *row)
{
        json_t *missing = json_array(), *overdue = json_array();
        for (uint32_t id = 0; (id = qf_oversight_missing(board, row, id));)
                (void)json_array_append_new(
                        missing,
                        qf_json_text(qf_programme_member(board->programme, board->dimension, id)->code));
        for (uint32_t i = row->first; i < row->first + row->count; i++)
                if (qf_oversight_is_overdue(&board->items[i], board->asof))
                        (void)json_array_append_new(
                                overdue, json_pack("{s:o, s:I}", "key", qf_json_text(board->items[i].key),
                                                   "due", (json_int_t)board->items[i].due));
        return json_pack("{s:o, s:o, s:I, s:o, s:o, s:I, s:I, s:I, s:o}", "cycle", qf_json_text(row->cycle),
                         "org", qf_json_text(row->org), "done", (json_int_t)row->done, "stage",
                         stage_json(board, row), "missing", missing, "raised", (json_int_t)row->raised,
                         "closed", (json_int_t)row->closed, "open", (json_int_t)row->open, "overdue",
                         overdue);
}
