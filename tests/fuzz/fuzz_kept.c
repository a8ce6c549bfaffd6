/* DIRECTORY.backups, the lines that say how far each backup reaches, as a hand may have edited them: no line that is not
 * of this journal lets an outbox forget; and a backup that notes how far it reaches has one line, and others keep theirs. */
#include "fuzz/calm.h"
#include "fuzz/folder.h"
#include "fuzz/target.h"

#include <string.h>

#include "base/cleanup.h"
#include "ingest/kept.h"
#include "ingest/replay.h"

static const char marks[] = "journal.backups";
static struct qf_replay *replay;
static char name[PATH_MAX];

static void end(void)
{
        (void)qf_replay_close(replay);
        sim_disk_end();
}

/* The journal is empty, so that no line is of it. */
static struct qf_group *journal(void)
{
        if (!replay) {
                (void)snprintf(name, sizeof name, "%s/journal", folder_of("kept"));
                (void)calm_directory(name);
                QF_ASSERT(qf_replay_open(name, true, &replay) == 0);
                (void)atexit(end);
        }
        return qf_replay_group(replay);
}

static unsigned own_lines(void)
{
        static const char ending[] = " host:/backup\n";
        QF_CLEANUP(qf_cleanup_free) char *line = NULL;
        char path[PATH_MAX + 16];
        unsigned count = 0;
        size_t room = 0;

        (void)snprintf(path, sizeof path, "%s.backups", name);
        FILE *stream = fopen(path, "re");
        QF_ASSERT(stream);
        while (getline(&line, &room, stream) > 0) {
                const char *blank = strchr(line, ' ');
                blank = blank ? strchr(blank + 1, ' ') : NULL;
                count += blank && strcmp(blank, ending) == 0;
        }
        (void)fclose(stream);
        return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        const uint8_t hash[QF_SHA256_BYTES] = {1};
        struct qf_group *group = journal();
        struct qf_kept kept = {0};

        folder_put(marks, bytes, len);
        QF_ASSERT(qf_kept_look(&kept, name, group) == 0 && kept.position == 0);
        for (uint64_t position = 7; position < 9; position++)
                QF_ASSERT(qf_kept_note(name, QF_VIEW("host:/backup"), position, hash) == 0);
        QF_ASSERT(own_lines() == 1);
        QF_ASSERT(qf_kept_look(&kept, name, group) == 0 && kept.position == 0);
        folder_drop(marks);
        return 0;
}
