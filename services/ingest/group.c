/* Why: what a partner is told must be on disk, and what is not on disk must not be
 * in memory either. Everything that a group changes passes here, so that taking it
 * back is one place: the transaction, the state, the senders' rows, the tail. */
#include "ingest/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "programme/admission.h"

enum { TAIL_BYTES = 16 * 1024 * 1024 };

struct undo {
        struct qf_sender *sender;
        struct qf_journal_outbox row;
};

struct qf_group {
        struct qf_environment *environment;
        struct qf_txn *txn; /* NULL: no group is open */
        struct qf_sha256 *sha;
        struct qf_record_writer *writer;
        struct qf_tail *tail;
        struct qf_heads *heads;
        bool heads_lost; /* to be loaded: a group was taken back, or there was none yet */
        struct qf_journal_state state, committed;
        bool record_open, forgets;
        int64_t received_at_ms;
        uint32_t events; /* in the open record */
        struct undo *undos;
        uint32_t undos_count, undos_room;
        struct qf_sender **runs; /* senders with numbers in the open record */
        uint32_t runs_count, runs_room;
        struct qf_record_head
                checked; /* the last record that was read back and found whole; position 0: none */
};

static void cleanup_group(struct qf_group **group)
{
        (void)qf_group_close(*group);
}

static int read_state(struct qf_group *group)
{
        struct qf_txn *txn = NULL;
        int result = qf_txn_begin(group->environment, false, &txn);
        if (result != 0)
                return result;
        result = qf_journal_state_get(txn, group->sha, &group->committed);
        qf_txn_abort(&txn);
        group->state = group->committed;
        if (result != QF_STORE_NONE)
                return result;
        return qf_environment_fresh(group->environment) ? 0 : QF_STORE_DAMAGED;
}

/* What is of format 3 goes on in ours. No room: it stays as it is, and can be gone on with. */
static int renew_format(struct qf_group *group, const struct qf_environment_options *options)
{
        struct qf_txn *txn = NULL;
        struct qf_journal_state state = group->committed;
        if (options->read_only || state.changes_from != QF_CHANGES_NEVER)
                return 0;
        state.changes_from = state.last + 1;
        int result = qf_txn_begin(group->environment, true, &txn);
        if (result == 0)
                result = qf_txn_renew_format(txn, options->format);
        if (result == 0)
                result = qf_journal_state_put(txn, &state);
        if (result == 0)
                result = qf_txn_commit(&txn);
        qf_txn_abort(&txn);
        if (result == 0)
                group->state = group->committed = state;
        return result == QF_STORE_FULL ? 0 : result;
}

int qf_group_open(const char *directory, const struct qf_environment_options *options,
                  struct qf_group **ret_group)
{
        QF_CLEANUP(cleanup_group) struct qf_group *group = calloc(1, sizeof *group);
        if (!group)
                return -ENOMEM;
        int result = qf_sha256_new(&group->sha);
        if (result == 0)
                result = qf_record_writer_new(&group->writer);
        if (result == 0)
                result = qf_tail_new(TAIL_BYTES, &group->tail);
        if (result == 0)
                result = qf_heads_new(&group->heads);
        group->heads_lost = true;
        if (result == 0)
                result = qf_environment_open(directory, options, &group->environment);
        if (result == 0)
                result = read_state(group);
        if (result == 0)
                result = renew_format(group, options);
        if (result != 0)
                return result;
        *ret_group = QF_TAKE(group);
        return 0;
}

struct qf_group *qf_group_close(struct qf_group *group)
{
        if (!group)
                return NULL;
        qf_txn_abort(&group->txn);
        (void)qf_environment_close(group->environment);
        (void)qf_tail_free(group->tail);
        (void)qf_heads_free(group->heads);
        (void)qf_record_writer_free(group->writer);
        (void)qf_sha256_free(group->sha);
        free(group->undos);
        free(group->runs);
        free(group);
        return NULL;
}

struct qf_journal_state *qf_group_state(struct qf_group *group)
{
        return &group->state;
}

const struct qf_journal_state *qf_group_committed(const struct qf_group *group)
{
        return &group->committed;
}

struct qf_heads *qf_group_heads(const struct qf_group *group)
{
        return group->heads;
}

const struct qf_tail *qf_group_tail(const struct qf_group *group)
{
        return group->tail;
}

void qf_group_facts(const struct qf_group *group, struct qf_environment_facts *ret_facts)
{
        qf_environment_facts(group->environment, ret_facts);
}

void qf_group_set_floor(struct qf_group *group, uint64_t disk_floor_bytes)
{
        qf_environment_set_floor(group->environment, disk_floor_bytes);
}

int qf_group_check_readers(struct qf_group *group)
{
        return qf_environment_check_readers(group->environment);
}

/* --- while it is open --------------------------------------------------- */

int qf_group_begin(struct qf_group *group, int64_t now_ms)
{
        if (!group->txn) {
                int result = qf_txn_begin(group->environment, true, &group->txn);
                if (result != 0)
                        return result;
        }
        if (group->heads_lost) {
                int result = qf_heads_load(group->heads, group->txn, group->committed.heads_through);
                if (result != 0)
                        return result;
                group->heads_lost = false;
        }
        if (!group->record_open) {
                qf_record_begin(group->writer);
                group->events = 0;
                group->received_at_ms = now_ms;
                if (now_ms < group->state.received_at_ms)
                        group->received_at_ms = group->state.received_at_ms;
                group->record_open = true;
        }
        return 0;
}

bool qf_group_clock_is_behind(struct qf_group *group, int64_t now_ms)
{
        const struct qf_journal_state *state = qf_group_state(group);
        return now_ms < state->received_at_ms - QF_CLOCK_BACK_MS &&
               state->received_at_ms > state->clock_accepted_ms;
}

int64_t qf_group_key_ms(struct qf_group *group, int64_t now_ms)
{
        return qf_group_clock_is_behind(group, now_ms) ? qf_group_state(group)->received_at_ms : now_ms;
}

struct qf_txn *qf_group_txn(const struct qf_group *group)
{
        return group->txn;
}

int64_t qf_group_received_ms(const struct qf_group *group)
{
        return group->received_at_ms;
}

uint64_t qf_group_position(const struct qf_group *group)
{
        return group->state.last + 1;
}

uint32_t qf_group_entry(const struct qf_group *group)
{
        return qf_record_entries(group->writer);
}

/* Room for one more element. */
static int make_room(void **array, uint32_t count, uint32_t *room, size_t size)
{
        if (count < *room)
                return 0;
        uint32_t more = *room ? *room * 2 : 64;
        void *grown = realloc(*array, more * size);
        if (!grown)
                return -ENOMEM;
        *array = grown;
        *room = more;
        return 0;
}

int qf_group_touch(struct qf_group *group, struct qf_sender *sender)
{
        if (sender->touched)
                return 0;
        int result = make_room((void **)&group->undos, group->undos_count, &group->undos_room,
                               sizeof *group->undos);
        if (result < 0)
                return result;
        group->undos[group->undos_count++] = (struct undo){.sender = sender, .row = sender->row};
        sender->touched = true;
        return 0;
}

static int note_run(struct qf_group *group, struct qf_sender *sender, uint64_t first, uint32_t count)
{
        if (sender->run_first == 0) {
                int result = make_room((void **)&group->runs, group->runs_count, &group->runs_room,
                                       sizeof *group->runs);
                if (result < 0)
                        return result;
                group->runs[group->runs_count++] = sender;
                sender->run_first = first;
                sender->run_count = 0;
        }
        QF_ASSERT(sender->run_first + sender->run_count == first);
        sender->run_count += count;
        return 0;
}

static int write_runs(struct qf_group *group, uint64_t position)
{
        int result = 0;
        for (uint32_t i = 0; i < group->runs_count; i++) {
                struct qf_sender *sender = group->runs[i];
                struct qf_journal_run run = {
                        .first = sender->run_first, .count = sender->run_count, .position = position};
                sender->run_first = 0;
                if (result == 0)
                        result = qf_journal_run_put(group->txn, sender->row.ref, &run);
        }
        group->runs_count = 0;
        return result;
}

/* Here and nowhere else: with which record they are written must follow from the records. */
static int write_heads(struct qf_group *group, uint64_t position)
{
        if (!qf_heads_crowded(group->heads))
                return 0;
        group->state.heads_through = position;
        return qf_heads_write(group->heads, group->txn);
}

static int close_record(struct qf_group *group)
{
        struct qf_journal_state *state = &group->state;
        struct qf_record_head head = {.position = state->last + 1,
                                      .life_number = state->life_number,
                                      .received_at_ms = group->received_at_ms,
                                      .events_before = state->events};
        struct qf_view record;
        if (!group->record_open || qf_record_entries(group->writer) == 0)
                return 0;
        group->record_open = false;
        memcpy(head.writer, state->journal, sizeof head.writer);
        memcpy(head.previous, state->hash, sizeof head.previous);
        int result = qf_record_end(group->writer, group->sha, &head, &record);
        if (result == 0 && !group->forgets)
                result = qf_journal_append(group->txn, head.position, record);
        if (result == 0)
                result = write_runs(group, head.position);
        if (result == 0)
                result = qf_tail_push(group->tail, head.position, head.hash, record);
        if (result == 0)
                result = write_heads(group, head.position);
        if (result != 0)
                return result;
        state->last = head.position;
        if (state->first == 0)
                state->first = head.position;
        state->events += group->events;
        state->received_at_ms = head.received_at_ms;
        memcpy(state->hash, head.hash, sizeof state->hash);
        return 0;
}

int qf_group_add(struct qf_group *group, const struct qf_entry *entry, const struct qf_exception *exceptions,
                 struct qf_sender *sender)
{
        QF_ASSERT(group->record_open);
        int result = qf_record_add(group->writer, entry, exceptions);
        if (result < 0)
                return result;
        if (entry->kind == QF_ENTRY_BATCH) {
                uint32_t fresh = entry->count - entry->skip;
                group->events += fresh;
                result = note_run(group, sender, entry->first + entry->skip, fresh);
                if (result < 0)
                        return result;
        } else if (sender && sender->run_first != 0) {
                return close_record(group); /* a run has no holes: a Skip ends it */
        }
        return qf_record_size(group->writer) >= QF_RECORD_BYTES ? close_record(group) : 0;
}

int qf_group_end_record(struct qf_group *group)
{
        return close_record(group);
}

void qf_group_forget_records(struct qf_group *group)
{
        group->forgets = true;
}

/* --- reading back ------------------------------------------------------- */

/* Checks a record once, not for each batch that lies in it. */
static int check_record(struct qf_group *group, uint64_t position, struct qf_view record)
{
        struct qf_record_head head;
        if (group->checked.position == position)
                return 0;
        if (qf_record_open(record, group->sha, &head) != 0 || head.position != position)
                return QF_GROUP_DAMAGED;
        group->checked = head;
        return 0;
}

int qf_group_find(struct qf_group *group, const struct qf_sender *sender, uint64_t number,
                  struct qf_record_head *ret_head, struct qf_view *ret_record)
{
        struct qf_journal_run run;
        int result = 0;
        if (sender->run_first != 0 && number >= sender->run_first)
                result = close_record(group);
        if (result == 0)
                result = qf_journal_run_find(group->txn, sender->row.ref, number, &run);
        if (result == 0 && run.skipped)
                return QF_STORE_NONE;
        if (result == 0 && run.position < group->state.first) {
                *ret_head = (struct qf_record_head){.position = run.position};
                return QF_GROUP_TRIMMED;
        }
        if (result == 0)
                result = qf_journal_get(group->txn, run.position, ret_record);
        if (result == QF_STORE_NONE)
                return QF_GROUP_DAMAGED;
        if (result == 0)
                result = check_record(group, run.position, *ret_record);
        if (result == 0)
                *ret_head = group->checked;
        return result;
}

int qf_group_copy_record(struct qf_group *group, uint64_t position, struct qf_buffer *buffer)
{
        struct qf_txn *txn = NULL;
        struct qf_record_head head;
        struct qf_view record;
        int result = qf_txn_begin_beside(group->environment, &txn);
        if (result == 0)
                result = qf_journal_get(txn, position, &record);
        if (result == 0 && (qf_record_open(record, group->sha, &head) != 0 || head.position != position))
                result = QF_STORE_NONE;
        if (result == 0)
                result = qf_buffer_append(buffer, record.at, record.len);
        qf_txn_abort(&txn);
        return result;
}

/* --- its end ------------------------------------------------------------ */

static void forget_group(struct qf_group *group)
{
        for (uint32_t i = 0; i < group->undos_count; i++)
                group->undos[i].sender->touched = false;
        for (uint32_t i = 0; i < group->runs_count; i++)
                group->runs[i]->run_first = 0;
        group->undos_count = group->runs_count = 0;
        group->record_open = false;
}

void qf_group_undo(struct qf_group *group)
{
        qf_txn_abort(&group->txn);
        for (uint32_t i = 0; i < group->undos_count; i++)
                group->undos[i].sender->row = group->undos[i].row;
        forget_group(group);
        qf_tail_undo(group->tail);
        group->heads_lost = !qf_heads_settled(group->heads);
        group->state = group->committed;
        group->checked.position = 0;
}

static int write_rows(struct qf_group *group)
{
        int result = close_record(group);
        for (uint32_t i = 0; result == 0 && i < group->undos_count; i++)
                result = qf_journal_outbox_put(group->txn, &group->undos[i].sender->row);
        if (result != 0 || qf_journal_state_same(&group->state, &group->committed))
                return result;
        return qf_journal_state_put(group->txn, &group->state);
}

int qf_group_commit(struct qf_group *group)
{
        if (!group->txn)
                return 0;
        bool empty = group->state.last == group->committed.last &&
                     (!group->record_open || qf_record_entries(group->writer) == 0);
        if (empty) { /* only read */
                qf_group_undo(group);
                return 0;
        }
        int result = write_rows(group);
        if (result == 0)
                result = qf_txn_commit(&group->txn);
        if (result == QF_STORE_FULL)
                qf_group_undo(group);
        if (result != 0)
                return result > 0 && result != QF_STORE_FULL ? -EIO : result;
        forget_group(group);
        qf_tail_settle(group->tail);
        qf_heads_settle(group->heads);
        group->committed = group->state;
        return 0;
}

/* --- between groups ----------------------------------------------------- */

int qf_group_read(struct qf_group *group, struct qf_txn **ret_txn)
{
        return qf_txn_begin(group->environment, false, ret_txn);
}

static int copy_records(struct qf_txn *txn, uint64_t from, size_t most_bytes, struct qf_buffer *buffer)
{
        uint8_t key[8], length[4];
        struct qf_view at = {(const char *)key, sizeof key}, record;
        qf_put_be64(key, from);
        int result = qf_txn_seek(txn, QF_TABLE_JOURNAL, at, false, &at, &record);
        while (result == 0 && buffer->len < most_bytes) {
                qf_put_le32(length, record.len);
                result = qf_buffer_append(buffer, length, sizeof length);
                if (result == 0)
                        result = qf_buffer_append(buffer, record.at, record.len);
                if (result == 0)
                        result = qf_txn_seek(txn, QF_TABLE_JOURNAL, at, true, &at, &record);
        }
        if (result == QF_STORE_DAMAGED && buffer->len > 0) /* what comes before it is whole */
                return 0;
        return result == QF_STORE_NONE ? 0 : result;
}

static int read_hash(struct qf_group *group, struct qf_txn *txn, uint64_t position,
                     uint8_t ret_hash[QF_SHA256_BYTES], bool *ret_found)
{
        struct qf_record_head head;
        struct qf_view record;
        int result = qf_journal_get(txn, position, &record);
        if (result != 0)
                return result > 0 || result == QF_STORE_DAMAGED ? 0 : result;
        *ret_found = qf_record_open(record, group->sha, &head) == 0 && head.position == position;
        if (*ret_found)
                memcpy(ret_hash, head.hash, QF_SHA256_BYTES);
        return 0;
}

int qf_group_hash_at(struct qf_group *group, uint64_t position, uint8_t ret_hash[QF_SHA256_BYTES],
                     bool *ret_found)
{
        const struct qf_journal_state *state = &group->committed;
        struct qf_txn *txn = NULL;
        struct qf_view record;
        *ret_found = qf_tail_get(group->tail, position, false, &record, ret_hash);
        if (!*ret_found && state->first > 1 && position == state->first - 1) {
                memcpy(ret_hash, state->before, QF_SHA256_BYTES);
                *ret_found = true;
        }
        if (*ret_found)
                return 0;
        int result = qf_group_read(group, &txn);
        if (result == 0)
                result = read_hash(group, txn, position, ret_hash, ret_found);
        qf_txn_abort(&txn);
        return result;
}

int qf_group_copy_records(struct qf_group *group, uint64_t from, size_t most_bytes, struct qf_buffer *buffer)
{
        struct qf_txn *txn = NULL;
        int result = qf_group_read(group, &txn);
        if (result != 0)
                return result;
        result = copy_records(txn, from, most_bytes, buffer);
        qf_txn_abort(&txn);
        return result;
}
