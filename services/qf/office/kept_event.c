/* Why: what the office says of others' records (retry, drop, merge) is made of events
 * that stand in the journal, and goes by the same feed as everything else: its
 * numbers, verdicts and journal entries are those of any statement. */
#include "qf/office/kept_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "qf/feeding/feeding.h"

enum { PATIENCE_MS = 15000 };

static void free_writer(struct qf_body_writer **writer)
{
        *writer = qf_body_writer_free(*writer);
}

void qf_kept_event_deinit(struct qf_kept_event *kept)
{
        qf_buffer_deinit(&kept->facts);
        qf_buffer_deinit(&kept->texts);
}

uint32_t qf_event_pairs(const struct qf_batch *batch, const struct qf_event *event, struct qf_pair *ret_pairs)
{
        for (uint32_t i = 0; i < event->values_count; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];
                ret_pairs[i] = (struct qf_pair){batch->dimensions[value->dimension_at],
                                                batch->texts[value->member_at]};
        }
        return event->values_count;
}

int qf_kept_event_set(struct qf_kept_event *kept, const struct qf_batch *batch, const struct qf_event *event)
{
        struct qf_pair pairs[QF_VALUES_MAX];

        return qf_kept_event_put(kept, event, pairs, qf_event_pairs(batch, event, pairs));
}

int qf_kept_event_put(struct qf_kept_event *kept, const struct qf_event *event, const struct qf_pair *pairs,
                      uint32_t count)
{
        QF_CLEANUP(free_writer) struct qf_body_writer *writer = NULL;
        int r = qf_body_writer_new(&writer);

        if (r == 0)
                r = qf_body_writer_add(writer, event, pairs, count);
        if (r != 0)
                return r < 0 ? r : -EMSGSIZE;
        kept->facts.len = kept->texts.len = 0;
        return qf_body_writer_end(writer, 0, &kept->facts, &kept->texts);
}

static bool is_same(const struct qf_buffer *one, const struct qf_buffer *other)
{
        return one->len == other->len && (one->len == 0 || memcmp(one->at, other->at, one->len) == 0);
}

bool qf_kept_event_same(const struct qf_kept_event *one, const struct qf_kept_event *other)
{
        return is_same(&one->facts, &other->facts) && is_same(&one->texts, &other->texts);
}

int qf_kept_event_get(const struct qf_kept_event *kept, struct qf_arena *arena, struct qf_batch *ret_batch)
{
        struct qf_wire_fault fault;
        int r = qf_body_decode(arena,
                               (struct qf_view){(const char *)kept->facts.at, (uint32_t)kept->facts.len},
                               (struct qf_view){(const char *)kept->texts.at, (uint32_t)kept->texts.len}, 1,
                               ret_batch, &fault);

        return r > 0 ? -EBADMSG : r;
}

/* --- the office's word --------------------------------------------------------------- */

static int hear(void *ctx, const struct qf_feed_verdict *verdict)
{
        struct qf_office_word *word = ctx;

        if (word->first == 0 ||
            verdict->number < word->first) /* of an earlier command, whose end nobody saw */
                return 0;
        if (word->heard == word->room) {
                const uint32_t room = word->room ? 2 * word->room : 64;
                struct qf_verdict *verdicts = realloc(word->verdicts, room * sizeof(*verdicts));
                if (!verdicts)
                        return -ENOMEM;
                word->verdicts = verdicts;
                word->room = room;
        }
        word->verdicts[word->heard++] = verdict->verdict;
        return 0;
}

int qf_office_open(struct qf_cli *cli, struct qf_office_word *ret_word)
{
        *ret_word = (struct qf_office_word){.cli = cli};
        return qf_feeding_open(cli, true, hear, ret_word, &ret_word->feed);
}

void qf_office_close(struct qf_office_word *word)
{
        word->feed = qf_feed_close(word->feed);
        free(word->verdicts);
        word->verdicts = NULL;
}

int qf_office_add(struct qf_office_word *word, const char *partner, const struct qf_event *event,
                  const struct qf_pair *pairs, uint32_t count)
{
        uint64_t number = 0;
        const bool same = word->partner && strcmp(word->partner, partner) == 0;
        int r = same ? 0 : qf_feed_set_partner(word->feed, qf_view_of(partner));

        if (r != 0) {
                qf_cli_broke(word->cli, r < 0 ? r : -EMSGSIZE, word->cli->outbox);
                return 1;
        }
        word->partner = partner;
        if (qf_feeding_add(word->cli, word->feed, event, pairs, count, &number) != 0)
                return 1;
        if (word->first == 0)
                word->first = number;
        return 0;
}

int qf_office_send(struct qf_office_word *word)
{
        return qf_feeding_flush(word->cli, word->feed, NULL) ||
               qf_feeding_drain(word->cli, word->feed, PATIENCE_MS, NULL, NULL);
}
