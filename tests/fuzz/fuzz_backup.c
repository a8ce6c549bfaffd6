/* A file of `qf backup`, as a disk may give it back: its records are read to the end of what is whole, and one more is
 * added. Then it holds what was read and the one that was added, and nothing behind it. */
#include "fuzz/given.h"
#include "fuzz/target.h"

#include <string.h>

#include "base/bytes.h"
#include "store/backup_file.h"

static const char added[] = "a record, as far as the file knows";

/* Reads all records. Gives how many there are; *ret_sum: of their bytes. */
static uint32_t read_all(struct qf_backup_file *file, size_t most, uint64_t *ret_sum, bool *ret_added)
{
        struct qf_view record;
        uint32_t count = 0;
        size_t total = 0;
        int result;

        *ret_sum = 0;
        *ret_added = false;
        while ((result = qf_backup_file_next(file, &record)) == 0) {
                total += record.len;
                QF_ASSERT(total <= most);
                for (uint32_t i = 0; i < record.len; i++)
                        *ret_sum += (uint8_t)record.at[i];
                *ret_added = qf_view_same(record, QF_VIEW(added));
                count++;
        }
        QF_ASSERT(result == QF_BACKUP_END);
        return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_backup_file *file = NULL;
        uint64_t sum, again_sum, added_sum = 0;
        bool is_added;

        const char *path = given_file(bytes, len);
        int result = qf_backup_file_open(path, true, &file);
        QF_ASSERT(result == 0 || result == QF_BACKUP_FORMAT);
        if (result != 0)
                return 0;
        uint32_t count = read_all(file, len, &sum, &is_added);
        QF_ASSERT(qf_backup_file_add(file, QF_VIEW(added)) == 0);
        (void)qf_backup_file_close(file);
        for (const char *at = added; *at; at++)
                added_sum += (uint8_t)*at;
        QF_ASSERT(qf_backup_file_open(path, false, &file) == 0);
        QF_ASSERT(read_all(file, len + sizeof added, &again_sum, &is_added) == count + 1);
        QF_ASSERT(is_added && again_sum == sum + added_sum && !qf_backup_file_torn(file));
        (void)qf_backup_file_close(file);
        return 0;
}
