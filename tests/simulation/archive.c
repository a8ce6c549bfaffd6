/* Why: see archive.h. Auditing runs the code of qf audit (ingest/replay); its workers,
 * and what they do with damaged files, are left out. */
#include "simulation/archive.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/replay.h"
#include "store/journal_tables.h"

static const char workshop_name[] = "journal.made";

/* Where journals are made: with nothing in it. */
static struct sim_directory *workshop(void)
{
        static struct sim_machine machine = {.name = "workshop"};
        struct sim_directory *made = sim_directory_find(workshop_name);
        struct sim_copy nothing = {0};

        if (!made)
                made = sim_directory_new(workshop_name, &machine);
        sim_copy_put(&nothing, made);
        return made;
}

static void take_record(struct qf_replay *replay, struct qf_sha256 *sha, struct qf_view record)
{
        struct qf_replay_fault fault = {0};
        struct qf_record_head head;

        if (qf_record_open(record, sha, &head) != 0) {
                sim_fail("audit: a record does not check");
                return;
        }
        int r = qf_replay_take(replay, &head, record, &fault);
        if (r == QF_REPLAY_DIFFERS)
                sim_fail("audit: record %llu, number %llu: judged again it gets class %u code %u, not %u %u",
                         (unsigned long long)head.position, (unsigned long long)fault.number,
                         fault.judged.class, fault.judged.code, fault.stored.class, fault.stored.code);
        else if (r != 0)
                sim_fail("audit: record %llu says what cannot be: %s", (unsigned long long)head.position,
                         fault.why ? fault.why : "");
}

/* From 1 on without a hole: each from the archive, or behind what was trimmed from the journal. */
static void take_records(struct qf_replay *replay, const struct sim_rows *records,
                         const struct sim_rows *archive)
{
        const uint64_t first = sim_first_record(records), last = sim_last_record(records);
        struct qf_sha256 *sha = NULL;
        struct qf_view record;
        uint8_t key[8];

        if (qf_sha256_new(&sha) != 0)
                abort();
        for (uint64_t position = 1; position <= last && !sim.violated; position++) {
                qf_put_be64(key, position);
                if (sim_rows_get(position < first ? archive : records, (struct qf_view){(char *)key, 8},
                                 &record))
                        take_record(replay, sha, record);
                else
                        sim_fail("audit: record %llu is nowhere", (unsigned long long)position);
        }
        if (!sim.violated && qf_replay_commit(replay) != 0)
                sim_fail("audit: what was made again cannot be committed");
        qf_sha256_free(sha);
}

static void compare_tables(const struct sim_rows *here, const struct sim_rows *made, const char *name,
                           uint64_t trimmed)
{
        struct qf_view key = {0}, value, again;

        if (here->count + trimmed != made->count)
                sim_fail("audit: table %s has %llu rows, made again %llu", name,
                         (unsigned long long)(here->count + trimmed), (unsigned long long)made->count);
        for (bool more = sim_rows_seek(here, key, false, &key, &value); more && !sim.violated;
             more = sim_rows_seek(here, key, true, &key, &value))
                if (!sim_rows_get(made, key, &again) || !qf_view_same(value, again))
                        sim_fail("audit: a row of table %s is another when made again", name);
}

void sim_archive_audit(const struct sim_directory *journal, const struct sim_directory *archive)
{
        struct sim_directory *made = workshop();
        const struct sim_rows *records = &journal->tables[QF_TABLE_JOURNAL];
        struct qf_replay *replay = NULL;

        if (records->count == 0)
                return;
        if (qf_replay_open(made->name, true, &replay) != 0)
                abort();
        take_records(replay, records, &archive->tables[0]);
        qf_replay_close(replay);
        for (unsigned i = 0; qf_journal_tables[i] && !sim.violated; i++)
                compare_tables(&journal->tables[i], &made->tables[i], qf_journal_tables[i],
                               i == QF_TABLE_JOURNAL ? sim_first_record(records) - 1 : 0);
}
