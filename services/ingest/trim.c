/* Why a copy and no deleting: LMDB gives no room back for rows that are deleted, and
 * a copy can be put in place at once. The price is the time to copy what is kept.
 *
 *     DIRECTORY ─all tables, records behind through─► DIRECTORY.trimmed ─anchor─► renamed to DIRECTORY */
#include "ingest/trim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/text.h"
#include "ingest/beginning.h"
#include "ingest/journal_copy.h"
#include "ingest/judge.h"
#include "ingest/kept.h"
#include "model/period.h"
#include "store/backup.h"
#include "store/directory.h"

#define MADE ".trimmed"

enum {
        MINUTE_MS = 60 * 1000,
        DAY_MS = 24 * 60 * MINUTE_MS,
};

struct trim {
        const char *directory, *archive;
        const struct qf_so_far *so_far;
        struct qf_group *group; /* what stands, read only */
        uint64_t through;
        uint8_t hash[QF_SHA256_BYTES]; /* of that record */
        struct qf_trim_about *about;
};

/* --- what goes ---------------------------------------------------------------- */

static int received_at(struct qf_txn *txn, struct qf_sha256 *sha, uint64_t position, int64_t *ret_ms)
{
        struct qf_record_head head;
        struct qf_view record;
        int result = qf_journal_get(txn, position, &record);
        if (result != 0 || qf_record_open(record, sha, &head) != 0)
                return result < 0 && result != QF_STORE_DAMAGED ? result : QF_TRIM_MISSING;
        *ret_ms = head.received_at_ms;
        return 0;
}

/* Time in the journal never goes back, so that the first record of a day is found by halving. */
static int find_date(struct trim *trim, int64_t from_ms, struct qf_sha256 *sha)
{
        const struct qf_journal_state *state = qf_group_committed(trim->group);
        uint64_t low = state->first, high = state->last + 1;
        struct qf_txn *txn = NULL;
        int result = qf_group_read(trim->group, &txn);
        while (result == 0 && low < high) {
                uint64_t middle = low + (high - low) / 2;
                int64_t at_ms = 0;
                result = received_at(txn, sha, middle, &at_ms);
                if (at_ms < from_ms)
                        low = middle + 1;
                else
                        high = middle;
        }
        qf_txn_abort(&txn);
        trim->through = low - 1;
        return result;
}

/* "2024-01-01" as the instant at which that day begins. */
static bool read_date(const char *text, int32_t zone_minutes, int64_t *ret_ms)
{
        uint64_t year, month, day;
        if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
            !qf_text_number((struct qf_view){text, 4}, 9999, &year) ||
            !qf_text_number((struct qf_view){text + 5, 2}, 12, &month) ||
            !qf_text_number((struct qf_view){text + 8, 2}, 31, &day) || month == 0 || day == 0)
                return false;
        uint32_t date = (uint32_t)(year * 10000 + month * 100 + day);
        if (!qf_date_valid(date))
                return false;
        *ret_ms = (int64_t)qf_date_days(date) * DAY_MS - (int64_t)zone_minutes * MINUTE_MS;
        return true;
}

static int find_through(struct trim *trim, const char *before)
{
        const struct qf_journal_state *state = qf_group_committed(trim->group);
        struct qf_judge *judge = NULL;
        struct qf_sha256 *sha = NULL;
        uint64_t position = 0;
        int64_t from_ms = 0;
        int result = 0;
        if (qf_text_number(qf_view_of(before), UINT64_MAX, &position)) {
                trim->through = position > 0 ? position - 1 : 0;
        } else {
                result = qf_judge_new(trim->group, &judge);
                if (result == 0)
                        result = qf_sha256_new(&sha);
                if (result == 0 &&
                    !read_date(before, qf_programme_settings(qf_judge_programme(judge))->zone_minutes,
                               &from_ms))
                        result = QF_TRIM_BEFORE;
                if (result == 0)
                        result = find_date(trim, from_ms, sha);
        }
        (void)qf_judge_free(judge);
        (void)qf_sha256_free(sha);
        trim->about->first = state->first;
        trim->about->last = state->last;
        trim->about->through = trim->through;
        if (result != 0)
                return result;
        return trim->through < state->first || trim->through >= state->last ? QF_TRIM_NOTHING : 0;
}

/* --- the archive ---------------------------------------------------------------- */

/* Every record that goes must be in the archive, and the last of them be the journal's. */
static int read_archive(struct trim *trim, struct qf_backup *backup)
{
        struct qf_record_head head;
        struct qf_view record;
        uint8_t hash[QF_SHA256_BYTES];
        bool found = false, same = false;
        const uint64_t all = qf_backup_closed(backup);
        int result = qf_backup_check_files(backup);
        while (result == 0) {
                result = qf_backup_next(backup, &head, &record);
                qf_so_far_tell(trim->so_far, qf_backup_last(backup)->position, all);
                if (result != 0 || head.position != trim->through)
                        continue;
                int looked = qf_group_hash_at(trim->group, head.position, hash, &found);
                if (looked < 0)
                        return looked;
                same = found && memcmp(hash, head.hash, sizeof hash) == 0;
                memcpy(trim->hash, head.hash, sizeof trim->hash);
        }
        trim->about->archived = qf_backup_last(backup)->position;
        if (result == QF_BACKUP_DAMAGED)
                (void)snprintf(trim->about->why, sizeof trim->about->why, "%s", qf_backup_why(backup));
        if (result != QF_BACKUP_END)
                return result < 0 ? result : QF_TRIM_DAMAGED;
        if (trim->about->archived < trim->through)
                return QF_TRIM_SHORT;
        return same ? 0 : QF_TRIM_ARCHIVE;
}

static int check_archive(struct trim *trim)
{
        const struct qf_backup_options how = {.write = false};
        struct qf_backup *backup = NULL;
        int result = qf_backup_open(trim->archive, &how, &backup);
        if (result == 0)
                result = read_archive(trim, backup);
        else if (result > 0 || result == -ENOENT)
                result = QF_TRIM_ARCHIVE;
        (void)qf_backup_close(backup);
        return result;
}

/* A backup that is behind could never be continued. */
static int check_backups(const struct trim *trim)
{
        struct qf_kept kept = {0};
        int result = qf_kept_look(&kept, trim->directory, trim->group);
        trim->about->kept = kept.position;
        if (result < 0)
                return result;
        return kept.read_ns != 0 && kept.position < trim->through ? QF_TRIM_BEHIND : 0;
}

/* --- the copy --------------------------------------------------------------------- */

static int write_anchor(const struct trim *trim, const char *made, struct qf_view reason, int64_t now_ms)
{
        const struct qf_environment_options options = qf_journal_copy_options(false);
        struct qf_control anchor = {
                .what = QF_CONTROL_ANCHOR, .previous_last = trim->through, .reason = reason};
        const struct qf_entry about = {0};
        struct qf_buffer buffer = {0};
        struct qf_group *group = NULL;
        memcpy(anchor.previous_hash, trim->hash, sizeof anchor.previous_hash);
        int result = qf_group_open(made, &options, &group);
        if (result == 0)
                result = qf_group_begin(group, now_ms);
        if (result == 0)
                result = qf_control_add(group, &buffer, &anchor, &about, NULL);
        if (result == 0)
                result = qf_group_commit(group);
        if (result == 0)
                trim->about->last = qf_group_committed(group)->last;
        (void)qf_group_close(group);
        qf_buffer_deinit(&buffer);
        return result;
}

static int make(const struct trim *trim, struct qf_view reason, int64_t now_ms)
{
        char made[PATH_MAX];
        int result = qf_path_beside(trim->directory, MADE, made);
        if (result == 0)
                result = qf_directory_remove(made); /* of one that was broken off */
        if (result == 0)
                result = qf_journal_copy(trim->group, trim->through + 1, made, NULL);
        if (result == 0)
                result = write_anchor(trim, made, reason, now_ms);
        if (result != 0) /* half made, it would hold the room that was too little */
                (void)!qf_directory_forget(trim->directory, MADE);
        if (result == 0)
                result = qf_directory_replace(trim->directory, made);
        if (result == 0)
                (void)!qf_directory_unmark(trim->directory, MADE ".lock");
        return result == QF_STORE_FULL ? QF_TRIM_FULL : result > 0 ? -EIO : result;
}

int qf_trim(const struct qf_trim_wanted *wanted, int64_t now_ms, struct qf_trim_about *ret_about)
{
        const struct qf_environment_options options = qf_journal_copy_options(true);
        struct trim trim = {.directory = wanted->directory,
                            .archive = wanted->archive,
                            .so_far = wanted->so_far,
                            .about = ret_about};
        QF_CLEANUP(qf_cleanup_close) int lock = -1;
        *ret_about = (struct qf_trim_about){0};
        int result = qf_directory_lock(wanted->directory, false, &lock);
        if (result != 0)
                return result < 0 ? result : QF_TRIM_IN_USE;
        result = qf_group_open(wanted->directory, &options, &trim.group);
        if (result != 0)
                return result == -ENOMEM ? result : QF_TRIM_MISSING;
        result = find_through(&trim, wanted->before);
        if (result == 0)
                result = check_archive(&trim);
        if (result == 0)
                result = check_backups(&trim);
        if (result == 0 && wanted->cut)
                result = make(&trim, qf_view_of(wanted->reason), now_ms);
        (void)qf_group_close(trim.group);
        return result;
}
