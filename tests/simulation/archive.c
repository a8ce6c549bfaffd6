/* Why: see archive.h. Restoring and auditing run the code of qf restore and qf audit
 * (ingest/replay, ingest/beginning); what they do with files is left out. */
#include "simulation/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "ingest/beginning.h"
#include "ingest/replay.h"
#include "simulation/oracle.h"

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

static void take_records(struct qf_replay *replay, const struct sim_rows *records)
{
        struct qf_view key = {0}, record;
        struct qf_sha256 *sha = NULL;

        if (qf_sha256_new(&sha) != 0)
                abort();
        for (bool more = sim_rows_seek(records, key, false, &key, &record); more && !sim.violated;
             more = sim_rows_seek(records, key, true, &key, &record))
                take_record(replay, sha, record);
        if (!sim.violated && qf_replay_commit(replay) != 0)
                sim_fail("audit: what was made again cannot be committed");
        qf_sha256_free(sha);
}

static void compare_tables(const struct sim_rows *here, const struct sim_rows *made, const char *name)
{
        struct qf_view key = {0}, value, again;

        if (here->count != made->count)
                sim_fail("audit: table %s has %llu rows, made again %llu", name,
                         (unsigned long long)here->count, (unsigned long long)made->count);
        for (bool more = sim_rows_seek(here, key, false, &key, &value); more && !sim.violated;
             more = sim_rows_seek(here, key, true, &key, &value))
                if (!sim_rows_get(made, key, &again) || !qf_view_same(value, again))
                        sim_fail("audit: a row of table %s is another when made again", name);
}

/* A replay whose records are all taken, in the workshop. */
static struct qf_replay *make(struct sim_directory *made, const struct sim_rows *records)
{
        struct qf_replay *replay = NULL;

        if (qf_replay_open(made->name, true, &replay) != 0)
                abort();
        take_records(replay, records);
        return replay;
}

void sim_archive_audit(struct sim_directory *journal)
{
        struct sim_directory *made = workshop();

        if (journal->tables[QF_TABLE_JOURNAL].count == 0)
                return;
        qf_replay_close(make(made, &journal->tables[QF_TABLE_JOURNAL]));
        for (unsigned i = 0; qf_journal_tables[i] && !sim.violated; i++)
                compare_tables(&journal->tables[i], &made->tables[i], qf_journal_tables[i]);
}

void sim_archive_restore(const struct sim_copy *copy, struct sim_directory *journal, bool readable)
{
        const struct qf_beginning beginning = {.random = qf_random,
                                               .now_ms = qf_clock_wall_ms(),
                                               .life_above = readable ? sim_oracle_life() : 0};
        struct sim_directory *made = workshop();
        struct qf_replay *replay = make(made, &copy->tables[QF_TABLE_JOURNAL]);
        struct sim_copy restored = {0};

        if (!sim.violated &&
            qf_beginning_new_life(qf_replay_group(replay), &beginning, QF_VIEW("restored")) != 0)
                sim_fail("a new life cannot be begun");
        qf_replay_close(replay);
        sim_copy_take(made, &restored);
        sim_copy_put(&restored, journal);
        sim_copy_drop(&restored);
}

void sim_archive_adopt(struct sim_directory *journal)
{
        const struct qf_environment_options options = {
                .format = QF_JOURNAL_FORMAT, .tables = qf_journal_tables, .plain = QF_JOURNAL_PLAIN};
        const struct qf_beginning beginning = {.random = qf_random, .now_ms = qf_clock_wall_ms()};
        struct qf_group *group = NULL;

        journal->machine->full_until_ns = 0; /* whoever adopts makes room first */
        int r = qf_group_open(journal->name, &options, &group);

        if (r == 0)
                r = qf_beginning_new_life(group, &beginning, QF_VIEW("adopted"));
        if (r != 0)
                sim_fail("the journal cannot be adopted: %d", r);
        qf_group_close(group);
}
