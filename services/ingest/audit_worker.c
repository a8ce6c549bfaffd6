/* Two passes in one: the records in order, each replayed into tables of its own
 * (replay.h) as long as nothing is wrong; then the tables of the file against
 * those. Read transactions are short while records are read, so that the writer's
 * pages are not held; the last one, which found no further record, holds both
 * sides still while they are compared. */
#include "ingest/audit_worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "ingest/redaction.h"
#include "ingest/replay.h"
#include "programme/programme.h"
#include "store/backup.h"
#include "store/journal_tables.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum {
        SAY_MS = 250,
        RECORDS_PER_TXN = 256,
        ARENA_BYTES = QF_DECODE_ARENA_BYTES,
        TOLD_PER_TABLE = 20,
        LOST_SINGLE =
                64, /* in a row that the tree does not lead to: then further and further ones are tried */
};

struct worker {
        const struct qf_audit_job *job;
        struct qf_environment *environment;
        struct qf_txn *txn;
        struct qf_sha256 *sha;
        struct qf_arena *arena;
        uint8_t life[16];         /* of the record read last */
        struct qf_replay *replay; /* NULL: not judging (any more) */
        bool chained;             /* hash is that of the record before */
        bool endless;             /* the last record can't be found: read until there is none */
        uint8_t hash[QF_SHA256_BYTES];
        unsigned lost;                   /* records in a row that the tree does not lead to */
        uint64_t told;                   /* of the table being compared */
        int64_t said_ms;                 /* how far it has come */
        struct qf_redactions redacted;   /* entries whose texts are not what they were */
        bool anchored;                   /* nothing was trimmed, or an anchor says what */
        uint8_t before[QF_SHA256_BYTES]; /* hash of the last that was trimmed, by the first that is kept */
};

/* When nobody hears any more, the write raises SIGPIPE, and nothing is worth doing. */
void qf_audit_send(const struct qf_audit_job *job, const struct qf_audit_message *message)
{
        ssize_t wrote = write(job->pipe, message, sizeof *message);
        QF_ASSERT(wrote == (ssize_t)sizeof *message); /* a pipe takes so much whole */
}

static void tell(const struct worker *worker, const struct qf_audit_finding *finding)
{
        const struct qf_audit_message message = {.what = QF_AUDIT_SAYS_FINDING, .finding = *finding};
        qf_audit_send(worker->job, &message);
}

/* LMDB reads no more in a transaction that met damage. */
static int renew_txn(struct worker *worker)
{
        qf_txn_abort(&worker->txn);
        int result = qf_txn_begin(worker->environment, false, &worker->txn);
        return result > 0 ? -EIO : result;
}

/* --- records ------------------------------------------------------------------ */

static void stop_judging(struct worker *worker)
{
        worker->replay = qf_replay_close(worker->replay);
}

/* The record is no part of what can be relied on: what follows can't be judged. */
static void tell_records(struct worker *worker, uint64_t position, uint64_t through, enum qf_audit_what what,
                         const char *why)
{
        struct qf_audit_finding finding = {.what = what, .position = position, .through = through};
        (void)snprintf(finding.text, sizeof finding.text, "%s", why);
        tell(worker, &finding);
        stop_judging(worker);
}

static void tell_record(struct worker *worker, uint64_t position, enum qf_audit_what what, const char *why)
{
        tell_records(worker, position, position, what, why);
}

static int replay(struct worker *worker, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_replay_fault fault = {0};
        if (!worker->replay)
                return 0;
        int result = qf_replay_take(worker->replay, head, record, &fault);
        if (result < 0)
                return result;
        if (result == QF_REPLAY_FULL)
                return -ENOSPC;
        if (result == 0) {
                worker->job->shared->judged = head->position;
                return 0;
        }
        struct qf_audit_finding finding = {.what = result == QF_REPLAY_DIFFERS ? QF_AUDIT_VERDICT
                                                                               : QF_AUDIT_IMPOSSIBLE,
                                           .position = head->position,
                                           .through = head->position,
                                           .entry = fault.entry,
                                           .number = fault.number,
                                           .stored = fault.stored,
                                           .judged = fault.judged};
        (void)snprintf(finding.text, sizeof finding.text, "%s", fault.why);
        tell(worker, &finding);
        stop_judging(worker);
        return 0;
}

/* A life begins with the record that says so. */
static void say_record(struct worker *worker, const struct qf_record_head *head, struct qf_view record)
{
        struct qf_audit_message message = {.what = QF_AUDIT_SAYS_RECORD, .position = head->position};
        struct qf_wire_fault fault;
        struct qf_control control;
        struct qf_entry entry;
        for (size_t offset = 0; qf_record_next(record, &offset, &entry);) {
                qf_arena_reset(worker->arena);
                if (entry.kind == QF_ENTRY_CONTROL &&
                    qf_control_decode(worker->arena, entry.facts, &control, &fault) == 0 &&
                    control.what == QF_CONTROL_LIFE)
                        memcpy(worker->life, control.nonce, sizeof worker->life);
        }
        memcpy(message.hash, head->hash, sizeof message.hash);
        memcpy(message.life, worker->life, sizeof message.life);
        qf_audit_send(worker->job, &message);
}

/* The anchor that the first kept record hangs on. */
static void look_for_anchor(struct worker *worker, struct qf_view record)
{
        struct qf_wire_fault fault;
        struct qf_control control;
        struct qf_entry entry;
        for (size_t offset = 0; !worker->anchored && qf_record_next(record, &offset, &entry);) {
                qf_arena_reset(worker->arena);
                worker->anchored = entry.kind == QF_ENTRY_CONTROL &&
                                   qf_control_decode(worker->arena, entry.facts, &control, &fault) == 0 &&
                                   control.what == QF_CONTROL_ANCHOR &&
                                   control.previous_last + 1 == worker->job->shared->first &&
                                   memcmp(control.previous_hash, worker->before, sizeof worker->before) == 0;
        }
}

/* Texts that were taken out come by first, what says so behind them. A redaction of what is here and whole was undone. */
static int note_redactions(struct worker *worker, uint64_t position, struct qf_view record)
{
        struct qf_redactions said = {0};
        int result = qf_redactions_see(&worker->redacted, worker->sha, position, record);
        if (result == 0)
                result = qf_redactions_collect(&said, worker->arena, record);
        for (uint32_t i = 0; result == 0 && i < said.count; i++)
                if (!qf_redactions_prove(&worker->redacted, &said.list[i]) && worker->job->from == 1 &&
                    said.list[i].position >= worker->job->shared->first)
                        tell_record(worker, said.list[i].position, QF_AUDIT_HASH,
                                    "a text that was redacted is there again");
        qf_redactions_deinit(&said);
        return result;
}

static void tell_unproven(struct worker *worker)
{
        for (uint32_t i = 0; i < worker->redacted.count; i++)
                if (!worker->redacted.list[i].proven)
                        tell_record(worker, worker->redacted.list[i].position, QF_AUDIT_HASH,
                                    "texts are gone or changed, and no redaction says so");
}

static int take_record(struct worker *worker, uint64_t position, struct qf_view record)
{
        static const struct {
                enum qf_audit_what what;
                const char *why;
        } faults[] = {[QF_RECORD_SHAPE] = {QF_AUDIT_CHECKSUM, "it has not the shape of a record"},
                      [QF_RECORD_CRC] = {QF_AUDIT_CHECKSUM, "its checksum is wrong"},
                      [QF_RECORD_HASH] = {QF_AUDIT_HASH, "its checksum is right and its hash is not"},
                      [QF_RECORD_VERSION] = {QF_AUDIT_CHECKSUM, "it is of a version that is not known"}};
        struct qf_record_head head;
        bool chained = worker->chained;
        int fault = qf_record_open(record, worker->sha, &head);
        worker->chained = false;
        if (fault != 0) {
                tell_record(worker, position, faults[fault].what, faults[fault].why);
                return 0;
        }
        worker->chained = true;
        bool follows = !chained || memcmp(head.previous, worker->hash, sizeof worker->hash) == 0;
        memcpy(worker->hash, head.hash, sizeof worker->hash);
        if (head.position != position) {
                tell_record(worker, position, QF_AUDIT_CHAIN, "another record lies in its place");
                return 0;
        }
        if (!follows) {
                tell_record(worker, position, QF_AUDIT_CHAIN, "it does not follow the record before it");
                return 0;
        }
        worker->job->shared->records++;
        int noted = note_redactions(worker, position, record);
        if (noted < 0)
                return noted;
        if (position == worker->job->shared->first)
                memcpy(worker->before, head.previous, sizeof worker->before);
        if (!worker->anchored)
                look_for_anchor(worker, record);
        if (worker->job->hashes)
                say_record(worker, &head, record);
        return replay(worker, &head, record);
}

/* The next position that is there; QF_STORE_NONE: no more; QF_STORE_DAMAGED: nobody knows. */
static int find_next(struct worker *worker, uint64_t position, uint64_t *ret_next)
{
        struct qf_view key, record;
        uint8_t from[8];
        qf_put_be64(from, position);
        int result = qf_txn_seek(worker->txn, QF_TABLE_JOURNAL,
                                 (struct qf_view){(const char *)from, sizeof from}, true, &key, &record);
        if (result != 0)
                return result;
        *ret_next = key.len == 8 ? qf_get_be64((const uint8_t *)key.at) : 0;
        return *ret_next > position ? 0
                                    : QF_STORE_DAMAGED; /* what follows is no greater: it is out of order */
}

/* Where the tree leads nowhere. */
static uint64_t try_next(struct worker *worker, uint64_t position)
{
        unsigned doublings = ++worker->lost < LOST_SINGLE ? 0 : worker->lost - LOST_SINGLE;
        uint64_t step = doublings < 64 ? UINT64_C(1) << doublings : UINT64_MAX;
        return position < UINT64_MAX - step ? position + step : UINT64_MAX;
}

/* A record is not where it must be: tells so, of all up to the next one. 0, 1: the end, negative. */
static int pass_over(struct worker *worker, int why, uint64_t *position)
{
        struct qf_audit_shared *shared = worker->job->shared;
        uint64_t next = UINT64_MAX;
        int result = why == QF_STORE_DAMAGED ? renew_txn(worker) : 0;
        if (result == 0)
                result = find_next(worker, *position, &next);
        if (result < 0 && result != QF_STORE_DAMAGED)
                return result;
        bool damaged = result == QF_STORE_DAMAGED;
        if (damaged) {
                result = renew_txn(worker);
                next = try_next(worker, *position);
        }
        if (result < 0)
                return result;
        worker->chained = false;
        if (!worker->endless)
                tell_records(worker, *position, next - 1 < shared->last ? next - 1 : shared->last,
                             QF_AUDIT_UNREADABLE,
                             why == QF_STORE_NONE ? "it is not there" : QF_AUDIT_NOT_FOUND);
        else if (shared->untold == 0)
                shared->untold = *position;
        *position = next;
        return next == UINT64_MAX;
}

/* Reads one position, and moves it on. 0, 1: the end, negative. */
static int read_record(struct worker *worker, uint64_t *position)
{
        struct qf_audit_shared *shared = worker->job->shared;
        struct qf_view record;
        shared->position = *position;
        int result = qf_journal_get(worker->txn, *position, &record);
        if (result == QF_STORE_NONE || result == QF_STORE_DAMAGED)
                return pass_over(worker, result, position);
        if (result != 0)
                return result;
        if (shared->untold != 0)
                tell_records(worker, shared->untold, *position - 1, QF_AUDIT_UNREADABLE, QF_AUDIT_NOT_FOUND);
        shared->untold = 0;
        worker->lost = 0;
        if (shared->reached < *position)
                shared->reached = *position;
        return take_record(worker, (*position)++, record);
}

/* The last position there is now. */
static int find_last(struct worker *worker)
{
        struct qf_audit_shared *shared = worker->job->shared;
        struct qf_view key, record;
        if (worker->endless) {
                shared->last = UINT64_MAX;
                return 0;
        }
        shared->stage = QF_AUDIT_ENDING;
        int result = qf_txn_last(worker->txn, QF_TABLE_JOURNAL, &key, &record);
        if (result < 0 && result != QF_STORE_DAMAGED)
                return result;
        if (result != 0 || key.len != 8) {
                const struct qf_audit_finding finding = {.what = QF_AUDIT_FILE,
                                                         .text = "its last record cannot be found"};
                tell(worker, &finding);
                stop_judging(worker);
                worker->endless = true;
                shared->last = UINT64_MAX;
                return renew_txn(worker);
        }
        shared->last = qf_get_be64((const uint8_t *)key.at);
        return 0;
}

/* A few times a second, as people read: a message for each record would be dearer than a small record's judging. */
static void say_so_far(struct worker *worker, uint64_t position)
{
        const struct qf_audit_message so_far = {.what = QF_AUDIT_SAYS_SO_FAR, .position = position};
        const int64_t now_ms = qf_clock_mono_ms();
        if (now_ms - worker->said_ms < SAY_MS && position < worker->job->shared->last)
                return;
        worker->said_ms = now_ms;
        qf_audit_send(worker->job, &so_far);
}

/* Until there is no further record; the transaction that found none stays open. */
static int read_records(struct worker *worker)
{
        struct qf_audit_shared *shared = worker->job->shared;
        uint64_t position = worker->job->from > shared->first ? worker->job->from : shared->first;
        for (;;) {
                int result = find_last(worker);
                shared->stage = QF_AUDIT_RECORDS;
                for (unsigned i = 0; result == 0 && i < RECORDS_PER_TXN && position <= shared->last; i++) {
                        say_so_far(worker, position);
                        result = read_record(worker, &position);
                }
                if (result != 0 || position > shared->last)
                        return result < 0 ? result : 0;
                result = renew_txn(worker);
                if (result < 0)
                        return result;
        }
}

/* --- the other tables ------------------------------------------------------------ */

/* A key as people may read it: text as it is, all else in hex. */
static void print_key(struct qf_view key, char ret_text[QF_AUDIT_TEXT])
{
        size_t at = 0;
        ret_text[0] = '\0';
        for (uint32_t i = 0; i < key.len && at + 3 < QF_AUDIT_TEXT; i++) {
                unsigned char byte = (unsigned char)key.at[i];
                bool plain = byte > ' ' && byte < 0x7f && byte != '"' && byte != '\\';
                at += (size_t)snprintf(ret_text + at, QF_AUDIT_TEXT - at, plain ? "%c" : "%02x", byte);
        }
}

static void tell_row(struct worker *worker, unsigned table, struct qf_view key, const char *why)
{
        struct qf_audit_finding finding = {.what = QF_AUDIT_TABLE};
        if (worker->told++ >= TOLD_PER_TABLE) {
                worker->job->shared->more++;
                return;
        }
        (void)snprintf(finding.table, sizeof finding.table, "%s", qf_journal_tables[table]);
        print_key(key, finding.text);
        if (key.len == 0)
                (void)snprintf(finding.text, sizeof finding.text, "%s", why);
        tell(worker, &finding);
}

/* Walks a table of the file to its end. *ret_rows: how many there are; tells of the first that can't be read. */
static int walk(struct worker *worker, unsigned table, uint64_t *ret_rows)
{
        struct qf_view key = {"", 0}, value;
        int result = qf_txn_seek(worker->txn, table, key, false, &key, &value);
        for (*ret_rows = 0; result == 0; ++*ret_rows)
                result = qf_txn_seek(worker->txn, table, key, true, &key, &value);
        if (result != QF_STORE_DAMAGED)
                return result == QF_STORE_NONE ? 0 : result;
        tell_row(worker, table, (struct qf_view){0}, "a row is not as it was written");
        return renew_txn(worker);
}

/* Every row that the records make must be in the file, and no other. */
static int compare_table(struct worker *worker, struct qf_txn *made, unsigned table)
{
        struct qf_view key = {"", 0}, value, found;
        uint64_t rows = 0, in_file = 0;
        int result = qf_txn_seek(made, table, key, false, &key, &value);
        for (; result == 0; rows++) {
                int r = qf_txn_get(worker->txn, table, key, &found);
                if (r < 0 && r != QF_STORE_DAMAGED)
                        return r;
                if (r != 0 || !qf_view_same(found, value))
                        tell_row(worker, table, key, "");
                if (r == QF_STORE_DAMAGED)
                        r = renew_txn(worker);
                if (r < 0)
                        return r;
                result = qf_txn_seek(made, table, key, true, &key, &value);
        }
        if (result != QF_STORE_NONE)
                return result;
        result = walk(worker, table, &in_file);
        if (result == 0 && worker->told == 0 && in_file != rows)
                tell_row(worker, table, (struct qf_view){0}, "it has rows that no record made");
        return result;
}

static int check_tables(struct worker *worker)
{
        struct qf_audit_shared *shared = worker->job->shared;
        struct qf_txn *made = NULL;
        uint64_t rows;
        int result = worker->replay ? qf_replay_commit(worker->replay) : 0;
        if (result > 0)
                return -ENOSPC;
        if (result == 0 && worker->replay)
                result = qf_group_read(qf_replay_group(worker->replay), &made);
        shared->stage = QF_AUDIT_TABLES;
        if (shared->last != UINT64_MAX)
                say_so_far(worker, shared->last); /* records are done with */
        for (unsigned table = worker->job->table; result == 0 && table <= QF_TABLE_META; table++) {
                shared->table = table;
                worker->told = 0;
                /* Records were read one by one: what is left to see is whether there is a way from each to the next. */
                result = made && table != QF_TABLE_JOURNAL ? compare_table(worker, made, table)
                                                           : walk(worker, table, &rows);
        }
        qf_txn_abort(&made);
        return result > 0 ? -EIO : result;
}

/* --- a worker ------------------------------------------------------------------------ */

static int open_file(struct worker *worker)
{
        const struct qf_environment_options options = {QF_JOURNAL_OPTIONS, .read_only = true, .beside = true};
        worker->job->shared->stage = QF_AUDIT_OPENING;
        int result = qf_environment_open(worker->job->directory, &options, &worker->environment);
        if (result == 0)
                result = qf_txn_begin(worker->environment, false, &worker->txn);
        return result;
}

/* Where the journal begins: at 1, or where it was trimmed. Who goes on behind damage knows, or takes 1. */
static int find_first(struct worker *worker)
{
        struct qf_audit_shared *shared = worker->job->shared;
        struct qf_view key = {"", 0}, record;
        worker->anchored = true;
        if (worker->job->from > 1 || worker->job->endless)
                return 0;
        shared->first = 1;
        shared->stage = QF_AUDIT_ENDING;
        int result = qf_txn_seek(worker->txn, QF_TABLE_JOURNAL, key, false, &key, &record);
        if (result == 0 && key.len == 8)
                shared->first = qf_get_be64((const uint8_t *)key.at);
        worker->anchored = shared->first == 1;
        if (result < 0 && result != QF_STORE_DAMAGED)
                return result;
        return result == QF_STORE_DAMAGED ? renew_txn(worker) : 0;
}

/* What was trimmed, judged again as well. 0; 1: that can't be, and judging is over. */
static int replay_archive(struct worker *worker)
{
        const struct qf_backup_options how = {.write = false};
        uint64_t first = worker->job->shared->first;
        struct qf_backup *archive = NULL;
        struct qf_record_head head = {.position = 0};
        struct qf_view record;
        int result = qf_backup_open(worker->job->archive, &how, &archive);
        while (result == 0 && head.position + 1 < first) {
                result = qf_backup_next(archive, &head, &record);
                if (result == 0 && worker->job->hashes)
                        say_record(worker, &head, record);
                if (result == 0)
                        result = replay(worker, &head, record);
        }
        (void)qf_backup_close(archive);
        memcpy(worker->hash, head.hash, sizeof worker->hash);
        worker->chained = result == 0;
        if (result > 0 || result == -ENOENT)
                tell_record(worker, head.position + 1, QF_AUDIT_UNREADABLE,
                            "the archive does not have it whole");
        return result < 0 && result != -ENOENT ? result : 0;
}

static int begin_records(struct worker *worker)
{
        uint64_t first = worker->job->shared->first;
        if (first == 1 || worker->job->from > 1)
                return 0;
        worker->chained = false; /* the anchor says what is before */
        if (worker->job->archive[0] == '\0')
                stop_judging(worker);
        return worker->replay ? replay_archive(worker) : 0;
}

static void tell_unanchored(struct worker *worker)
{
        const struct qf_audit_finding finding = {
                .what = QF_AUDIT_CHAIN,
                .position = worker->job->shared->first,
                .text = "records before it are missing, and no anchor says so"};
        if (!worker->anchored)
                tell(worker, &finding);
}

/* Changes are written as they were in this file. What can't be read is told of with its table. */
static int follow_changes(struct worker *worker)
{
        struct qf_journal_state *state = qf_group_state(qf_replay_group(worker->replay));
        int result = qf_journal_changes_from(worker->txn, &state->changes_from);
        return result == QF_STORE_DAMAGED ? renew_txn(worker) : result > 0 || result == -EBADMSG ? 0 : result;
}

static int check_all(struct worker *worker)
{
        int result = find_first(worker);
        if (result < 0)
                return result;
        if (worker->job->judging)
                result = qf_replay_open(worker->job->scratch, false, &worker->replay);
        if (result > 0)
                return result == QF_REPLAY_FULL ? -ENOSPC : -EEXIST;
        if (result == 0 && worker->replay)
                result = follow_changes(worker);
        worker->chained = worker->job->from == 1; /* the first follows a hash of zeros */
        if (result == 0)
                result = begin_records(worker);
        if (result == 0 && worker->job->from != UINT64_MAX) {
                result = read_records(worker);
                tell_unanchored(worker);
                tell_unproven(worker);
        }
        if (result == 0)
                result = check_tables(worker);
        return result;
}

static void tell_unopened(const struct worker *worker, int result)
{
        const bool newer = result == QF_STORE_NEWER, other = newer || result == QF_STORE_OLDER;
        struct qf_audit_finding finding = {.what = other ? QF_AUDIT_VERSION : QF_AUDIT_FILE};
        (void)snprintf(finding.text, sizeof finding.text, "%s",
                       newer   ? "a newer version wrote it, in a format that this one does not know"
                       : other ? "an older version wrote it, in a format that this one does not read"
                               : "it is no journal, or its first pages are damaged");
        tell(worker, &finding);
}

int qf_audit_work(const struct qf_audit_job *job)
{
        struct worker worker = {.job = job, .endless = job->endless || job->shared->last == UINT64_MAX};
        int result = open_file(&worker);
        if (result > 0 || result == QF_STORE_DAMAGED || result == -EINVAL) {
                tell_unopened(&worker, result);
                return 0;
        }
        if (result == 0)
                result = qf_sha256_new(&worker.sha);
        if (result == 0)
                result = qf_arena_new(ARENA_BYTES, &worker.arena);
        if (result == 0)
                result = job->wanted ? qf_audit_name_sources(job, worker.txn, worker.arena)
                                     : check_all(&worker);
        job->shared->stage = QF_AUDIT_DONE;
        stop_judging(&worker);
        qf_redactions_deinit(&worker.redacted);
        (void)qf_sha256_free(worker.sha);
        (void)qf_arena_free(worker.arena);
        qf_txn_abort(&worker.txn);
        (void)qf_environment_close(worker.environment);
        return result;
}
