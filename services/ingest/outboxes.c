/* Why: each message asks where its outbox stands, and an answer from memory costs
 * one hash. Ids are chosen by partners, so the hash is keyed: nobody can make
 * them fall together. */
#include "ingest/outboxes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "store/record.h"

enum { ROOM_FIRST = 64, UNNAMED_MAX = 1000 };

struct qf_outboxes {
        struct qf_sender **slots; /* open addressing; never more than half full */
        uint32_t room, count;
        uint8_t key[16];
};

int qf_outboxes_new(const uint8_t key[16], struct qf_outboxes **ret_outboxes)
{
        struct qf_outboxes *outboxes = calloc(1, sizeof *outboxes);
        if (!outboxes)
                return -ENOMEM;
        outboxes->slots = calloc(ROOM_FIRST, sizeof(struct qf_sender *));
        if (!outboxes->slots) {
                free(outboxes);
                return -ENOMEM;
        }
        outboxes->room = ROOM_FIRST;
        memcpy(outboxes->key, key, sizeof outboxes->key);
        *ret_outboxes = outboxes;
        return 0;
}

struct qf_outboxes *qf_outboxes_free(struct qf_outboxes *outboxes)
{
        if (!outboxes)
                return NULL;
        for (uint32_t i = 0; i < outboxes->room; i++)
                free(outboxes->slots[i]);
        free(outboxes->slots);
        free(outboxes);
        return NULL;
}

/* By the id alone, so that those of other sources with the same one are found on the way. */
static uint32_t first_place(const struct qf_outboxes *outboxes, const uint8_t id[16])
{
        uint8_t digest[QF_CONTENT_BYTES];
        qf_content_digest(outboxes->key, id, 16, digest);
        return qf_get_le32(digest) & (outboxes->room - 1);
}

static uint32_t place_of(const struct qf_outboxes *outboxes, uint32_t source, const uint8_t id[16])
{
        uint32_t at = first_place(outboxes, id);
        while (outboxes->slots[at]) {
                const struct qf_journal_outbox *row = &outboxes->slots[at]->row;
                if (row->source == source && memcmp(row->id, id, 16) == 0)
                        break;
                at = (at + 1) & (outboxes->room - 1);
        }
        return at;
}

struct qf_sender *qf_outboxes_find(const struct qf_outboxes *outboxes, uint32_t source, const uint8_t id[16])
{
        return outboxes->slots[place_of(outboxes, source, id)];
}

const struct qf_sender *qf_outboxes_elsewhere(const struct qf_outboxes *outboxes, uint32_t source,
                                              const uint8_t id[16])
{
        for (uint32_t at = first_place(outboxes, id); outboxes->slots[at];
             at = (at + 1) & (outboxes->room - 1)) {
                const struct qf_journal_outbox *row = &outboxes->slots[at]->row;
                if (row->ref != 0 && row->source != source && memcmp(row->id, id, 16) == 0)
                        return outboxes->slots[at];
        }
        return NULL;
}

static int grow(struct qf_outboxes *outboxes)
{
        struct qf_outboxes larger = *outboxes;
        larger.room = outboxes->room * 2;
        larger.slots = calloc(larger.room, sizeof(struct qf_sender *));
        if (!larger.slots)
                return -ENOMEM;
        for (uint32_t i = 0; i < outboxes->room; i++) {
                struct qf_sender *sender = outboxes->slots[i];
                if (sender)
                        larger.slots[place_of(&larger, sender->row.source, sender->row.id)] = sender;
        }
        free(outboxes->slots);
        *outboxes = larger;
        return 0;
}

int qf_outboxes_get(struct qf_outboxes *outboxes, uint32_t source, const uint8_t id[16],
                    struct qf_sender **ret_sender)
{
        struct qf_sender *sender = qf_outboxes_find(outboxes, source, id);
        if (!sender) {
                int result = outboxes->count * 2 >= outboxes->room ? grow(outboxes) : 0;
                if (result < 0)
                        return result;
                sender = calloc(1, sizeof *sender);
                if (!sender)
                        return -ENOMEM;
                sender->row.source = source;
                memcpy(sender->row.id, id, 16);
                outboxes->slots[place_of(outboxes, source, id)] = sender;
                outboxes->count++;
        }
        *ret_sender = sender;
        return 0;
}

struct qf_sender *qf_outboxes_next(const struct qf_outboxes *outboxes, uint32_t *at)
{
        while (*at < outboxes->room) {
                struct qf_sender *sender = outboxes->slots[(*at)++];
                if (sender)
                        return sender;
        }
        return NULL;
}

uint32_t qf_outboxes_live(const struct qf_outboxes *outboxes, uint32_t source)
{
        uint32_t live = 0, at = 0;
        for (const struct qf_sender *sender; (sender = qf_outboxes_next(outboxes, &at));)
                live += sender->row.source == source && sender->row.ref != 0 && !sender->row.sealed;
        return live;
}

/* Two tables say where an outbox stands: a page that is damaged, or older than the others, makes them differ. Only a
 * Seal is of no number, and moves the last position alone. */
static int check_row(struct qf_txn *txn, const struct qf_journal_outbox *row,
                     const struct qf_journal_state *state)
{
        struct qf_journal_run run = {0};
        int result = qf_journal_run_last(txn, row->ref, &run);
        if (result < 0)
                return result;
        uint64_t end = result == 0 ? run.first + run.count - 1 : 0;
        bool agree = end == row->last && row->last_position <= state->last &&
                     (row->sealed ? run.position <= row->last_position : run.position == row->last_position);
        return agree && row->ref != 0 && row->ref <= state->outboxes ? 0 : QF_STORE_DAMAGED;
}

int qf_outboxes_read(struct qf_outboxes *outboxes, struct qf_txn *txn, const struct qf_journal_state *state)
{
        struct qf_journal_outbox row;
        struct qf_sender *sender;
        uint32_t count = 0;
        int result = qf_journal_outbox_next(txn, NULL, &row);
        for (; result == 0; count++) {
                result = check_row(txn, &row, state);
                if (result == 0)
                        result = qf_outboxes_get(outboxes, row.source, row.id, &sender);
                if (result < 0)
                        return result;
                sender->row = row;
                result = qf_journal_outbox_next(txn, &sender->row, &row);
        }
        if (result != QF_STORE_NONE)
                return result;
        return count == state->outboxes ? 0 : QF_STORE_DAMAGED;
}

static uint32_t highest_source(const struct qf_outboxes *outboxes)
{
        uint32_t highest = 0, at = 0;
        for (const struct qf_sender *sender; (sender = qf_outboxes_next(outboxes, &at));)
                if (sender->row.source > highest)
                        highest = sender->row.source;
        return highest;
}

int qf_outboxes_read_times(struct qf_outboxes *outboxes, struct qf_txn *txn, struct qf_sha256 *sha)
{
        uint32_t sources = highest_source(outboxes), at = 0;
        QF_CLEANUP(qf_cleanup_free)
        struct qf_sender **newest = calloc((size_t)sources + 1, sizeof(struct qf_sender *));
        if (!newest)
                return -ENOMEM;
        for (struct qf_sender *sender; (sender = qf_outboxes_next(outboxes, &at));) {
                struct qf_sender **of = &newest[sender->row.source];
                if (!*of || (*of)->row.last_position < sender->row.last_position)
                        *of = sender;
        }
        for (uint32_t i = 0; i <= sources; i++) {
                struct qf_record_head head;
                struct qf_view record;
                if (!newest[i])
                        continue;
                int result = qf_journal_get(txn, newest[i]->row.last_position, &record);
                if (result < 0 && result != QF_STORE_DAMAGED)
                        return result;
                if (result == 0 && qf_record_open(record, sha, &head) == 0)
                        newest[i]->moved_at_ms = head.received_at_ms;
        }
        return 0;
}

void qf_sender_move(struct qf_sender *sender, const struct qf_sender_move *move)
{
        struct qf_journal_outbox *row = &sender->row;
        row->last = move->last;
        row->holder = move->holder;
        row->last_position = move->position;
        sender->moved_at_ms = move->at_ms;
        if (move->cursor.len > 0) {
                row->cursor_len = (uint8_t)move->cursor.len;
                memcpy(row->cursor, move->cursor.at, move->cursor.len);
        }
}

void qf_sender_told_time(struct qf_sender *sender, int64_t now_ms, int64_t sent_at_ms)
{
        sender->skew_known = !__builtin_sub_overflow(now_ms, sent_at_ms, &sender->skew_ms);
}

int qf_outboxes_said_hello(struct qf_outboxes *outboxes, const struct qf_journal_state *state,
                           uint32_t source, const uint8_t id[16], uint64_t first_kept)
{
        struct qf_sender *sender = qf_outboxes_find(outboxes, source, id);
        int result = 0;
        if (!sender && first_kept > 1 && outboxes->count - state->outboxes < UNNAMED_MAX)
                result = qf_outboxes_get(outboxes, source, id, &sender);
        if (result == 0 && sender)
                sender->first_kept = first_kept > sender->row.last + 1 ? first_kept : 0;
        return result;
}

bool qf_sender_in_gap(const struct qf_sender *sender)
{
        return sender->first_kept > sender->row.last + 1 && !sender->row.sealed;
}

uint32_t qf_outboxes_gaps(const struct qf_outboxes *outboxes)
{
        uint32_t gaps = 0, at = 0;
        for (const struct qf_sender *sender; (sender = qf_outboxes_next(outboxes, &at));)
                gaps += qf_sender_in_gap(sender);
        return gaps;
}

int qf_sender_skip(struct qf_txn *txn, const struct qf_sender *sender, uint64_t first)
{
        const struct qf_journal_run run = {.first = first,
                                           .count = (uint32_t)(sender->row.last - first + 1),
                                           .skipped = true,
                                           .position = sender->row.last_position};
        return qf_journal_run_put(txn, sender->row.ref, &run);
}

uint32_t qf_outboxes_refusal(const struct qf_journal_outbox *row, uint64_t holder)
{
        if (row->sealed)
                return QF_REFUSED_SEALED;
        if (row->holder == 0) /* nobody holds it yet */
                return 0;
        if (holder >> 32 < row->holder >> 32)
                return QF_REFUSED_FENCED;
        if (holder >> 32 == row->holder >> 32 && holder != row->holder)
                return QF_REFUSED_CLONED;
        return 0;
}
