/* Guarantee: an edition holds exactly the events before its close, wherever groups
 * were cut, since what stands is asked of the cache before the disk. */
#include "aggregate/freezing.h"

#include <errno.h>

#include "base/cleanup.h"
#include "programme/edition_data.h"

enum { PIECE = 4096 }; /* records: some milliseconds */

static void free_fold(struct qf_edition_fold **fold)
{
        *fold = qf_edition_fold_free(*fold);
}

struct walk {
        const struct qf_counting *counting;
        struct qf_edition_fold *fold;
        uint32_t taken;
};

static int take(void *ctx, uint32_t partner, struct qf_view key, const struct qf_standing *standing)
{
        struct walk *walk = ctx;

        if (++walk->taken % PIECE == 0 && walk->counting->goes_on)
                walk->counting->goes_on();
        return qf_edition_fold_take(walk->fold, partner, key, standing);
}

static uint32_t edition_of(const struct qf_counting *counting, const struct qf_edition_said *said,
                           uint32_t number)
{
        return qf_programme_find_edition(counting->apply.programme, said->scope, said->first, said->last,
                                         number);
}

static struct qf_edition_closing closing_of(const struct qf_counting *counting,
                                            const struct qf_edition_said *said)
{
        const uint32_t before = said->number > 1 ? edition_of(counting, said, said->number - 1) : 0;
        const struct qf_edition_frozen *previous = qf_editions_frozen(counting->editions, before);
        const struct qf_source *source =
                qf_programme_source(counting->apply.programme, counting->apply.source);

        return (struct qf_edition_closing){.received_at_ms = counting->apply.received_at_ms,
                                           .source = source ? source->name : QF_VIEW(""),
                                           .previous = previous ? previous->digest : NULL};
}

int qf_counting_freeze(struct qf_counting *counting, const struct qf_event *event)
{
        QF_CLEANUP(free_fold) struct qf_edition_fold *fold = NULL;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        const struct qf_programme *programme = counting->apply.programme;
        const struct qf_edition_said said = qf_edition_said(event);
        const uint32_t id = edition_of(counting, &said, said.number);
        const struct qf_edition_closing closing = closing_of(counting, &said);

        counting->froze = true;
        int r = qf_tally_settle(&counting->apply.tally);
        if (r == 0)
                r = qf_edition_fold_new(programme, qf_programme_edition(programme, id), &fold);
        if (r == 0)
                r = qf_records_each(counting->records, take, &(struct walk){counting, fold, 0});
        if (r == 0)
                r = qf_edition_fold_print(fold, &closing, &data);
        if (r == 0 && data.len > UINT32_MAX)
                r = -EOVERFLOW;
        if (r < 0)
                return r;
        return qf_editions_freeze(counting->editions, id,
                                  (struct qf_view){(const char *)data.at, (uint32_t)data.len});
}

int qf_counting_part(struct qf_counting *counting, const struct qf_event *event)
{
        const struct qf_edition_said said = qf_edition_said(event);

        return qf_editions_part(counting->editions, edition_of(counting, &said, said.number), &said);
}
