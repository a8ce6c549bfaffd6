/* Lines of `qf export`, as `qf import` is given them: taken, and then a backup that can be read to its end holds so many
 * records; or refused with the reason and the line. */
#include "fuzz/folder.h"
#include "fuzz/target.h"

#include "qf/operator/import.h"

static const char file[] = "00000000000000000001.records";

static void check_backup(const char *path, const struct qf_imported *imported)
{
        const struct qf_backup_options how = {0};
        struct qf_backup *backup = NULL;
        struct qf_record_head head;
        struct qf_view record;
        uint64_t entries = 0;
        int r = qf_backup_open(path, &how, &backup);

        while (r == 0 && (r = qf_backup_next(backup, &head, &record)) == 0)
                entries += head.entries;
        QF_ASSERT(r == QF_BACKUP_END && !qf_backup_torn(backup));
        QF_ASSERT(qf_backup_last(backup)->position == imported->position && entries == imported->entries);
        (void)qf_backup_close(backup);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        const struct qf_backup_options how = {.write = true};
        const char *path = folder_of("export");
        struct qf_backup *backup = NULL;
        struct qf_imported imported = {0};
        FILE *stream = len ? fmemopen((void *)(uintptr_t)bytes, len, "r") : NULL;

        if (!stream)
                return 0;
        QF_ASSERT(qf_backup_open(path, &how, &backup) == 0 && qf_backup_resume(backup) == 0);
        int r = qf_import(stream, backup, NULL, &imported);
        QF_ASSERT(r == 0 || (r > 0 && *imported.zh && *imported.en));
        (void)qf_backup_close(backup);
        (void)fclose(stream);
        if (r == 0)
                check_backup(path, &imported);
        folder_drop(file);
        folder_drop("segments");
        return 0;
}
