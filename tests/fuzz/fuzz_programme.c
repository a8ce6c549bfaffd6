/* A programme file, as an office may write it. What the file's reader takes, the registers take too: each of its events
 * in turn, and a second time as what stands already. */
#include "fuzz/given.h"
#include "fuzz/target.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "programme/programme.h"
#include "programme/programme_file.h"

static void apply(const struct qf_programme_file *file)
{
        struct qf_programme *programme = NULL;
        struct qf_detail detail;
        uint32_t count;
        const struct qf_event *events = qf_programme_file_events(file, &count);

        QF_ASSERT(qf_programme_new(&programme) == 0);
        for (uint32_t i = 0; i < count; i++) {
                QF_ASSERT(qf_programme_check_register(programme, &events[i], &detail).class == QF_ACCEPTED);
                QF_ASSERT(qf_programme_apply(programme, &events[i], i + 1) == 0);
        }
        for (uint32_t i = 0; i < count; i++)
                QF_ASSERT(qf_programme_compare(programme, &events[i]) == QF_REGISTER_SAME);
        qf_programme_free(programme);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        QF_CLEANUP(qf_cleanup_free) char *error = NULL;
        struct qf_programme_file *file = NULL;

        int result = qf_programme_file_load(given_file(bytes, len), &file, &error);
        QF_ASSERT(result >= 0);
        QF_ASSERT((result == 0) == (file != NULL) && (result == 1) == (error && *error));
        if (file)
                apply(file);
        qf_programme_file_free(file);
        return 0;
}
