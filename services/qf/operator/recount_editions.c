/* Why: "published" means that anybody with the journal gets the same bytes. */
#include "qf/operator/recount_editions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/counts_tables.h"

static void free_fold(struct qf_edition_fold **fold)
{
        *fold = qf_edition_fold_free(*fold);
}

static void free_sha(struct qf_sha256 **sha)
{
        *sha = qf_sha256_free(*sha);
}

void qf_recount_editions_deinit(struct qf_recount_editions *editions)
{
        for (uint32_t i = 0; i < editions->count; i++)
                qf_sha256_free(editions->at[i].parts);
        free(editions->at);
        *editions = (struct qf_recount_editions){0};
}

struct folding {
        struct qf_edition_fold *fold;
        struct qf_standing standing; /* too large for the stack of a callback */
};

static int take_standing(void *ctx, const struct qf_standing_slot *slot)
{
        struct folding *folding = ctx;
        int r = qf_standing_unpack(qf_standing_slot_value(slot), &folding->standing);

        return r == 0 ? qf_edition_fold_take(folding->fold, slot->partner, qf_standing_slot_key(slot),
                                             &folding->standing)
                      : r;
}

int qf_recount_fold(const struct qf_standings *standings, struct qf_edition_fold *fold)
{
        QF_CLEANUP(qf_cleanup_free) struct folding *folding = calloc(1, sizeof(*folding));

        if (!folding)
                return -ENOMEM;
        folding->fold = fold;
        return qf_standings_each(standings, take_standing, folding);
}

static int reserve(struct qf_recount_editions *editions, uint32_t id)
{
        if (id <= editions->count)
                return 0;
        struct qf_recount_edition *at = realloc(editions->at, id * sizeof(*at));
        if (!at)
                return -ENOMEM;
        memset(at + editions->count, 0, (id - editions->count) * sizeof(*at));
        editions->at = at;
        editions->count = id;
        return 0;
}

static int freeze(struct qf_recount_editions *editions, const struct qf_apply *apply,
                  const struct qf_standings *standings, const struct qf_edition_said *said, uint32_t id)
{
        QF_CLEANUP(free_fold) struct qf_edition_fold *fold = NULL;
        QF_CLEANUP(free_sha) struct qf_sha256 *sha = NULL;
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer data = {0};
        const struct qf_programme *programme = apply->programme;
        const uint32_t before = said->number > 1
                                        ? qf_programme_find_edition(programme, said->scope, said->first,
                                                                    said->last, said->number - 1)
                                        : 0;
        const struct qf_source *source = qf_programme_source(programme, apply->source);
        const struct qf_edition_closing closing = {
                .received_at_ms = apply->received_at_ms,
                .source = source ? source->name : QF_VIEW(""),
                .previous = before && before <= editions->count ? editions->at[before - 1].digest : NULL};
        struct qf_recount_edition *edition = &editions->at[id - 1];

        int r = qf_edition_fold_new(programme, qf_programme_edition(programme, id), &fold);
        if (r == 0)
                r = qf_recount_fold(standings, fold);
        if (r == 0)
                r = qf_edition_fold_print(fold, &closing, &data);
        if (r == 0)
                r = qf_sha256_new(&sha);
        if (r < 0)
                return r;
        qf_sha256_begin(sha);
        qf_sha256_add(sha, data.at, data.len);
        qf_sha256_end(sha, edition->digest);
        edition->size = data.len;
        return 0;
}

static int take_part(struct qf_recount_edition *edition, const struct qf_edition_said *said)
{
        int r = edition->parts ? 0 : qf_sha256_new(&edition->parts);

        if (r == 0 && said->part == 0)
                qf_sha256_begin(edition->parts);
        if (r == 0)
                qf_sha256_add(edition->parts, said->data.at, said->data.len);
        return r;
}

static void publish(struct qf_recount_edition *edition, const struct qf_edition_said *said)
{
        uint8_t digest[QF_SHA256_BYTES] = {0};

        if (edition->parts)
                qf_sha256_end(edition->parts, digest);
        edition->parts = qf_sha256_free(edition->parts);
        const bool same = memcmp(digest, edition->digest, sizeof(digest)) == 0 &&
                          said->digest.len == sizeof(digest) &&
                          memcmp(said->digest.at, digest, sizeof(digest)) == 0;
        edition->published = same ? QF_RECOUNT_REPRODUCED : QF_RECOUNT_DIFFERS;
}

int qf_recount_editions_take(struct qf_recount_editions *editions, const struct qf_apply *apply,
                             const struct qf_standings *standings, const struct qf_event *event)
{
        if (event->kind < QF_KIND_PERIOD_CLOSE)
                return 0;
        const struct qf_edition_said said = qf_edition_said(event);
        const uint32_t id =
                qf_programme_find_edition(apply->programme, said.scope, said.first, said.last, said.number);
        int r = reserve(editions, id);
        if (r < 0)
                return r;
        if (event->kind == QF_KIND_PERIOD_CLOSE)
                return freeze(editions, apply, standings, &said, id);
        if (!qf_view_same(said.file, QF_EDITION_DATA))
                return 0;
        if (event->kind == QF_KIND_EDITION_PART)
                return take_part(&editions->at[id - 1], &said);
        if (event->kind == QF_KIND_PUBLISH)
                publish(&editions->at[id - 1], &said);
        return 0;
}
