/* Why: a journal that went back is a loss that looks like a quiet day, unless it
 * says so itself. Records come back byte for byte, the tables are made from them
 * (replay.h), and the first thing written behind them is the new life.
 *
 *     FROM ─records─► DIRECTORY.restored ─life─► changes places with DIRECTORY, which becomes DIRECTORY.set-aside */
#include "ingest/restore.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/random.h"
#include "ingest/beginning.h"
#include "ingest/redaction.h"
#include "store/backup.h"
#include "store/directory.h"

/* Where records come from: one of the two. */
struct origin {
        struct qf_backup *backup;
        struct qf_environment *environment;
        struct qf_txn *txn;
        uint64_t next, to;
        uint64_t all; /* that can be read */
        const struct qf_so_far *so_far;
        bool damaged; /* the backup goes on, but not with what was written */
};

static void close_origin(struct origin *origin)
{
        (void)qf_backup_close(origin->backup);
        qf_txn_abort(&origin->txn);
        (void)qf_environment_close(origin->environment);
}

static const struct qf_environment_options reading = {QF_JOURNAL_OPTIONS, .read_only = true, .beside = true};

static int open_origin(const struct qf_restore_from *from, struct origin *origin)
{
        const struct qf_backup_options options = {.write = false};
        bool is_backup = qf_backup_is(from->path), newer = false;
        int result = 0;
        origin->next = 1;
        if (is_backup || from->archive[0] != '\0') {
                result = qf_backup_open(is_backup ? from->path : from->archive, &options, &origin->backup);
                newer = result == QF_BACKUP_NEWER;
        }
        if (result == 0 && !is_backup) {
                result = qf_environment_open(from->path, &reading, &origin->environment);
                newer = result == QF_STORE_NEWER;
        }
        if (result == 0 && origin->environment)
                result = qf_txn_begin(origin->environment, false, &origin->txn);
        if (newer)
                return QF_RESTORE_NEWER;
        return result > 0 || result == -ENOENT || result == -ENOTDIR ? QF_RESTORE_FROM : result;
}

/* 0; 1: no more that can be read, or is wanted. */
static int next_record(struct origin *origin, struct qf_view *ret_record)
{
        if (origin->to != 0 && origin->next > origin->to)
                return 1;
        struct qf_record_head head;
        int result = origin->backup ? qf_backup_next(origin->backup, &head, ret_record) : QF_BACKUP_END;
        if (result == QF_BACKUP_END && origin->txn) /* behind the archive, or from the beginning */
                result = qf_journal_get(origin->txn, origin->next, ret_record);
        origin->damaged = origin->backup && result == QF_BACKUP_DAMAGED;
        origin->next++;
        return result == QF_STORE_DAMAGED || result > 0 ? 1 : result;
}

/* --- records ---------------------------------------------------------------- */

static bool follows(const struct qf_journal_state *state, const struct qf_record_head *head)
{
        return head->position == state->last + 1 &&
               memcmp(head->previous, state->hash, sizeof state->hash) == 0 &&
               (state->last == 0 || memcmp(head->writer, state->journal, sizeof state->journal) == 0);
}

/* Of a journal: the first record that it has; 0: none. */
static uint64_t first_kept(struct origin *origin)
{
        struct qf_view key = {"", 0}, record;
        if (!origin->txn || qf_txn_seek(origin->txn, QF_TABLE_JOURNAL, key, false, &key, &record) != 0)
                return 0;
        return key.len == 8 ? qf_get_be64((const uint8_t *)key.at) : 0;
}

static int has_nothing(struct origin *origin, struct qf_restore_about *about)
{
        about->more = first_kept(origin);
        return about->more > 1 ? QF_RESTORE_TRIMMED : QF_RESTORE_FROM;
}

/* Before a lock is made, which stays: a FROM that was mistyped leaves nothing behind. */
static int look_at_origin(const struct qf_restore_from *from, struct qf_restore_about *about)
{
        QF_CLEANUP(close_origin) struct origin origin = {0};
        struct qf_view record;
        int result = open_origin(from, &origin);
        if (result == 0)
                result = next_record(&origin, &record);
        return result == 1 ? has_nothing(&origin, about) : result;
}

struct taking {       /* what is done to records on their way */
        uint64_t all; /* that were seen coming */
        struct qf_sha256 *sha;
        struct qf_redactions redactions;
        struct qf_redacting *redacting;
};

static void end_taking(struct taking *taking)
{
        (void)qf_sha256_free(taking->sha);
        qf_redactions_deinit(&taking->redactions);
        (void)qf_redacting_free(taking->redacting);
}

/* What was redacted behind a record that comes whole: it is not to come back. */
static int collect(const struct qf_restore_from *from, uint64_t to, struct taking *taking)
{
        QF_CLEANUP(close_origin) struct origin origin = {.to = to};
        struct qf_arena *arena = NULL;
        struct qf_record_head head;
        struct qf_view record;
        int result = open_origin(from, &origin);
        if (result != 0)
                return result;
        result = qf_arena_new(QF_DECODE_ARENA_BYTES, &arena);
        while (result == 0) {
                result = next_record(&origin, &record);
                if (result == 0 && qf_record_open(record, taking->sha, &head) != 0)
                        result = 1;
                if (result == 0)
                        result = qf_redactions_collect(&taking->redactions, arena, record);
                taking->all += result == 0;
        }
        (void)qf_arena_free(arena);
        return result == 1 ? 0 : result;
}

static int begin_taking(const struct qf_restore_from *from, uint64_t to, struct taking *taking)
{
        int result = qf_sha256_new(&taking->sha);
        if (result == 0)
                result = qf_redacting_new(&taking->redacting);
        return result == 0 ? collect(from, to, taking) : result;
}

static int take_record(struct qf_replay *replay, struct taking *taking, const struct qf_record_head *head,
                       struct qf_view record, struct qf_replay_fault *fault)
{
        int result = qf_redacting_record(taking->redacting, &taking->redactions, head, record, &record);
        if (result == -EBADMSG) /* it is what it says of itself, and no more */
                result = 0;
        return result == 0 ? qf_replay_take(replay, head, record, fault) : result;
}

static int replay_records(struct origin *origin, struct qf_replay *replay, struct taking *taking,
                          struct qf_restore_about *about)
{
        const struct qf_journal_state *state = qf_group_state(qf_replay_group(replay));
        struct qf_record_head head;
        struct qf_view record;
        int result;
        while ((result = next_record(origin, &record)) == 0) {
                if (qf_record_open(record, taking->sha, &head) != 0 || !follows(state, &head)) {
                        about->more = origin->next - 1;
                        break;
                }
                result = take_record(replay, taking, &head, record, &about->fault);
                if (result == QF_REPLAY_REFUSED)
                        return QF_RESTORE_REFUSED;
                if (result == QF_REPLAY_FULL)
                        return QF_RESTORE_FULL;
                if (result < 0)
                        return result;
                about->differing += result == QF_REPLAY_DIFFERS;
                about->last = head.position;
                qf_so_far_tell(origin->so_far, about->last, origin->all);
        }
        if (origin->damaged || (origin->backup && qf_backup_torn(origin->backup)))
                about->more = about->last + 1;
        if (result < 0)
                return result;
        return about->last > 0 ? 0 : has_nothing(origin, about);
}

static int fill(struct origin *origin, struct qf_replay *replay, struct taking *taking,
                const struct qf_beginning *beginning, struct qf_view reason, struct qf_restore_about *about)
{
        int result = replay_records(origin, replay, taking, about);
        if (result != 0)
                return result;
        result = qf_replay_commit(replay);
        if (result == 0)
                result = qf_beginning_new_life(qf_replay_group(replay), beginning, reason);
        return result > 0 ? QF_RESTORE_FULL : result;
}

/* --- putting it in place ------------------------------------------------------ */

/* What was said of the journal that stood here: of another one it is not true. */
static int forget_notes(const char *directory)
{
        int result = qf_directory_unmark(directory, ".judging");
        return result == 0 ? qf_directory_unmark(directory, ".restored.lock") : result;
}

static void note_life(const struct qf_group *group, struct qf_restore_about *about)
{
        const struct qf_journal_state *state = qf_group_committed(group);
        about->life_number = state->life_number;
        about->life_begins = state->life_begins;
}

/* The life that is lived here: the second restore from one backup must not take the number that the first one took.
 * 0 when nothing can be read, which is often why there is a restore; but not knowing for want of memory is no answer. */
static int standing_life(const char *directory, uint32_t *ret_number)
{
        struct qf_environment *environment = NULL;
        struct qf_journal_state state = {0};
        struct qf_sha256 *sha = NULL;
        struct qf_txn *txn = NULL;
        int result = qf_sha256_new(&sha);
        if (result == 0)
                result = qf_environment_open(directory, &reading, &environment);
        if (result == 0)
                result = qf_txn_begin(environment, false, &txn);
        if (result == 0)
                result = qf_journal_state_get(txn, sha, &state);
        qf_txn_abort(&txn);
        (void)qf_environment_close(environment);
        (void)qf_sha256_free(sha);
        if (result == -ENOMEM)
                return result;
        *ret_number = result == 0 ? state.life_number : 0;
        return 0;
}

static int make(const struct qf_restore_from *from, uint64_t to, const char *made,
                const struct qf_beginning *beginning, struct qf_view reason, struct qf_restore_about *about)
{
        QF_CLEANUP(close_origin) struct origin origin = {.to = to, .so_far = from->so_far};
        QF_CLEANUP(end_taking) struct taking taking = {0};
        struct qf_replay *replay = NULL;
        int result = begin_taking(from, to, &taking);
        if (result == 0)
                result = open_origin(from, &origin);
        origin.all = taking.all;
        if (result == 0)
                result = qf_directory_remove(made); /* of one that was broken off */
        if (result != 0)
                return result;
        result = qf_replay_open(made, true, &replay);
        if (result == 0)
                result = fill(&origin, replay, &taking, beginning, reason, about);
        else if (result > 0)
                result = QF_RESTORE_FULL;
        if (result == 0)
                note_life(qf_replay_group(replay), about);
        (void)qf_replay_close(replay);
        if (result != 0) /* half made, it would hold the room that was too little */
                (void)!qf_directory_remove(made);
        return result;
}

int qf_restore(const struct qf_restore_from *from, const char *directory, uint64_t to, const char *reason,
               int64_t now_ms, struct qf_restore_about *ret_about)
{
        struct qf_beginning beginning = {.random = qf_random, .now_ms = now_ms};
        QF_CLEANUP(qf_cleanup_close) int lock = -1;
        char made[PATH_MAX];
        *ret_about = (struct qf_restore_about){0};
        int result = look_at_origin(from, ret_about);
        if (result != 0)
                return result;
        result = qf_directory_lock(directory, false, &lock);
        if (result != 0)
                return result < 0 ? result : QF_RESTORE_IN_USE;
        result = standing_life(directory, &beginning.life_above);
        if (result == 0)
                result = qf_path_beside(directory, ".restored", made);
        if (result == 0)
                result = make(from, to, made, &beginning, qf_view_of(reason), ret_about);
        if (result == 0)
                result = qf_directory_replace(directory, made);
        return result == 0 ? forget_notes(directory) : result;
}

int qf_restore_open(const char *directory, struct qf_group **ret_group)
{
        const struct qf_environment_options options = {QF_JOURNAL_OPTIONS, .map_bytes = UINT64_C(4) << 30,
                                                       .map_bytes_max = UINT64_C(1) << 40};
        struct qf_group *group = NULL;
        int result = qf_directory_marked(directory, "/data.mdb");
        if (result != QF_DIRECTORY_MARKED) /* opening would make one */
                return result == 0 ? QF_RESTORE_MISSING : result;
        result = qf_group_open(directory, &options, &group);
        if (result == QF_STORE_IN_USE)
                return QF_RESTORE_IN_USE;
        if (result == QF_STORE_NEWER)
                return QF_RESTORE_NEWER;
        if (result == -EBADMSG || result == QF_STORE_DAMAGED || result == QF_STORE_FORMAT ||
            result == QF_STORE_OLDER)
                return QF_RESTORE_DAMAGED;
        if (result == 0 && qf_group_committed(group)->last == 0) {
                (void)qf_group_close(group);
                return QF_RESTORE_MISSING;
        }
        if (result == 0)
                *ret_group = group;
        return result == QF_STORE_FULL ? QF_RESTORE_FULL : result;
}

int qf_adopt(const char *directory, const char *reason, int64_t now_ms, struct qf_restore_about *ret_about)
{
        const struct qf_beginning beginning = {.random = qf_random, .now_ms = now_ms};
        struct qf_group *group = NULL;
        *ret_about = (struct qf_restore_about){0};
        int result = qf_restore_open(directory, &group);
        if (result != 0)
                return result;
        ret_about->last = qf_group_committed(group)->last;
        result = qf_beginning_new_life(group, &beginning, qf_view_of(reason));
        if (result == 0)
                note_life(group, ret_about);
        (void)qf_group_close(group);
        return result == QF_STORE_FULL ? QF_RESTORE_FULL : result;
}

int qf_accept_clock(const char *directory, const char *reason, int64_t now_ms, int64_t *ret_journal_ms)
{
        struct qf_group *group = NULL;
        int result = qf_restore_open(directory, &group);
        if (result != 0)
                return result;
        int64_t journal_ms = qf_group_committed(group)->received_at_ms;
        result = qf_group_clock_is_behind(group, now_ms)
                         ? qf_beginning_accept_clock(group, now_ms, qf_view_of(reason))
                         : QF_RESTORE_CLOCK;
        if (result == 0)
                *ret_journal_ms = journal_ms;
        (void)qf_group_close(group);
        return result == QF_STORE_FULL ? QF_RESTORE_FULL : result;
}
