/* Why: commands read backups (store/backup.h); here one is a directory whose only table
 * has the records. It is made at one stroke, as by a `qf backup` that came to its end. */
#include "store/backup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/archive.h"
#include "store/journal_tables.h"

struct qf_backup {
        const struct sim_rows *records;
        struct qf_record_head last;
        struct qf_sha256 *sha;
};

int qf_backup_open(const char *name, const struct qf_backup_options *options, struct qf_backup **ret_backup)
{
        const struct sim_directory *directory = sim_directory_find(name);

        QF_ASSERT(!options->write);
        if (!directory || !directory->made)
                return -ENOENT;
        sim_crash_point("before reading a backup");
        struct qf_backup *backup = calloc(1, sizeof(*backup));
        if (!backup)
                return -ENOMEM;
        backup->records = &directory->tables[0];
        *ret_backup = backup;
        return qf_sha256_new(&backup->sha);
}

struct qf_backup *qf_backup_close(struct qf_backup *backup)
{
        if (backup)
                qf_sha256_free(backup->sha);
        free(backup);
        return NULL;
}

bool qf_backup_is(const char *name)
{
        const struct sim_directory *directory = sim_directory_find(name);

        return directory && directory->made && strcmp(directory->format, SIM_BACKUP) == 0;
}

int qf_backup_next(struct qf_backup *backup, struct qf_record_head *ret_head, struct qf_view *ret_record)
{
        uint8_t key[8];

        qf_put_be64(key, backup->last.position + 1);
        if (!sim_rows_get(backup->records, (struct qf_view){(const char *)key, 8}, ret_record))
                return QF_BACKUP_END;
        if (qf_record_open(*ret_record, backup->sha, ret_head) != 0 ||
            ret_head->position != backup->last.position + 1 ||
            memcmp(ret_head->previous, backup->last.hash, 32) != 0) {
                sim_fail("record %llu of a backup is not what was backed up",
                         (unsigned long long)backup->last.position + 1);
                return QF_BACKUP_DAMAGED;
        }
        backup->last = *ret_head;
        return 0;
}

int qf_backup_check_files(struct qf_backup *backup)
{
        (void)backup;
        return 0;
}

const struct qf_record_head *qf_backup_last(const struct qf_backup *backup)
{
        return &backup->last;
}

uint64_t qf_backup_closed(const struct qf_backup *backup)
{
        return backup->records->count;
}

bool qf_backup_torn(const struct qf_backup *backup)
{
        (void)backup;
        return false;
}

const char *qf_backup_why(const struct qf_backup *backup)
{
        (void)backup;
        return "";
}

/* --- making one ------------------------------------------------------------------------------------ */

static bool get(const struct sim_rows *rows, uint64_t position, struct qf_view *ret_record)
{
        uint8_t key[8];

        qf_put_be64(key, position);
        return sim_rows_get(rows, (struct qf_view){(const char *)key, 8}, ret_record);
}

/* Parts of a record's head (PROTOCOL.md 4.1). */
enum { PREVIOUS_AT = 64, HASH_AT = 96, HASH = 32 };

uint64_t sim_first_record(const struct sim_rows *records)
{
        struct qf_view key = {0}, record;

        return sim_rows_seek(records, key, false, &key, &record) ? qf_get_be64((const uint8_t *)key.at) : 0;
}

uint64_t sim_last_record(const struct sim_rows *records)
{
        struct qf_view key, record;

        return sim_rows_last(records, &key, &record) ? qf_get_be64((const uint8_t *)key.at) : 0;
}

/* Whether the journal goes on from a record of the backup, which it has itself or has trimmed last. */
static bool goes_on(const struct sim_rows *backup, const struct sim_rows *journal, uint64_t position)
{
        struct qf_view kept, record;

        if (position == 0 || !get(backup, position, &kept))
                return position == 0;
        if (get(journal, position, &record))
                return memcmp(kept.at + HASH_AT, record.at + HASH_AT, HASH) == 0;
        return get(journal, position + 1, &record) &&
               memcmp(kept.at + HASH_AT, record.at + PREVIOUS_AT, HASH) == 0;
}

bool sim_back_up(const struct sim_directory *journal, struct sim_directory *backup)
{
        const struct sim_rows *from = &journal->tables[QF_TABLE_JOURNAL];
        struct sim_rows *to = &backup->tables[0];
        struct qf_view record, key = {0};
        uint64_t position = sim_last_record(to), last = sim_last_record(from);
        uint8_t bytes[8];

        if (position > last)
                position = last;
        while (position >= sim_first_record(from) && !goes_on(to, from, position))
                position--;
        while (sim_rows_last(to, &key, &record) && qf_get_be64((const uint8_t *)key.at) > position) {
                qf_put_be64(bytes, qf_get_be64((const uint8_t *)key.at));
                sim_rows_remove(to, (struct qf_view){(const char *)bytes, 8}); /* of another history */
        }
        if (!goes_on(to, from, position))
                return false;
        while (++position <= last && get(from, position, &record)) {
                qf_put_be64(bytes, position);
                memcpy(sim_rows_put(to, (struct qf_view){(const char *)bytes, 8}, record.len), record.at,
                       record.len);
        }
        backup->made = true;
        memcpy(backup->format, SIM_BACKUP, sizeof(SIM_BACKUP));
        return true;
}
