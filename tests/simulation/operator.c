/* Why: see operator.h. What a command is told, and in which order it does what, is as
 * in services/qf/operator. */
#include "simulation/operator.h"

#include <inttypes.h>
#include <stdio.h>

#include "aggregate/checkpoint.h"
#include "base/clock.h"
#include "ingest/redact.h"
#include "ingest/restore.h"
#include "ingest/trim.h"
#include "simulation/oracle.h"
#include "simulation/town.h"
#include "store/directory.h"

static int restore(const struct sim_operator *role)
{
        const struct qf_restore_from from = {.path = role->from, .archive = role->archive};
        struct qf_restore_about about;
        int r = qf_restore(&from, town.journal->name, 0, "restored", qf_clock_wall_ms(), &about);

        if (r == 0 && (about.differing || about.more))
                sim_fail("restored up to %llu: %llu records judged otherwise, more from %llu",
                         (unsigned long long)about.last, (unsigned long long)about.differing,
                         (unsigned long long)about.more);
        return r;
}

static int adopt(void)
{
        struct qf_restore_about about;

        return qf_adopt(town.journal->name, "adopted", qf_clock_wall_ms(), &about);
}

static int trim(const struct sim_operator *role)
{
        char before[24];
        struct qf_trim_wanted wanted = {.directory = town.journal->name,
                                        .archive = role->archive,
                                        .before = before,
                                        .reason = "trimmed"};
        struct qf_trim_about about;
        uint64_t counted;

        (void)snprintf(before, sizeof(before), "%" PRIu64, role->before);
        int r = qf_trim(&wanted, qf_clock_wall_ms(), &about);
        if (r == 0)
                r = qf_checkpoint_make(town.counts->name, role->archive, about.through, NULL, &counted);
        wanted.cut = true;
        return r == 0 ? qf_trim(&wanted, qf_clock_wall_ms(), &about) : r;
}

static int make_checkpoint(const struct sim_operator *role)
{
        uint64_t counted;

        return qf_checkpoint_make(town.counts->name, role->archive, 0, NULL, &counted);
}

static void tell(void *ctx, const struct qf_redact_found *found)
{
        (void)ctx;
        (void)found;
}

static int redact(const struct sim_operator *role)
{
        const struct qf_redact_wanted wanted = {.partner = qf_view_of(role->partner),
                                                .key = qf_view_of(role->key),
                                                .words = 1u << QF_WORD_NOTE,
                                                .reason = QF_VIEW("nobody should have written it"),
                                                .by = QF_VIEW("operator"),
                                                .write = true};
        struct qf_redact_about about;
        int r = qf_directory_forget(town.journal->name, QF_DIRECTORY_ASIDE);

        return r == 0 ? qf_redact(town.journal->name, &wanted, qf_clock_wall_ms(), tell, NULL, &about) : r;
}

static int start(struct sim_process *process)
{
        struct sim_operator *role = process->role;
        int r = 0;

        process->unwanted = true; /* whoever asked asks again */
        switch (role->order) {
        case SIM_RESTORE: r = restore(role); break;
        case SIM_ADOPT: r = adopt(); break;
        case SIM_TRIM: r = trim(role); break;
        case SIM_CHECKPOINT: r = make_checkpoint(role); break;
        case SIM_REDACT: r = redact(role); break;
        }
        role->done = r == 0;
        sim_say("outcome %d", r);
        return 1;
}

static int turn(struct sim_process *process, int64_t *ret_next_ns)
{
        (void)process;
        (void)ret_next_ns;
        return 1;
}

static void stop(struct sim_process *process)
{
        (void)process;
}

const struct sim_kind sim_operator_kind = {start, turn, stop};

/* systemctl stop, the command, systemctl start: which comes by itself, as after any end. */
static bool run(struct sim_process *daemon, struct sim_operator order)
{
        town.operator= order;
        if (daemon)
                sim_process_kill(daemon);
        sim_process_start(town.operating);
        if (!town.operator.done)
                SIM_PROBE("command of an operator broken off");
        return town.operator.done;
}

/* Whether a journal of another life stands there now, whatever the command said at its end, if it came to it. */
bool sim_operator_restore(const char *from, const char *archive)
{
        const uint32_t life = sim_oracle_life();
        const uint64_t last = sim_oracle_journal_last();

        (void)run(
                town.ingest,
                (struct sim_operator){.order = SIM_RESTORE, .from = from, .archive = archive ? archive : ""});
        return sim_oracle_life() != life || sim_oracle_journal_last() < last;
}

bool sim_operator_adopt(void)
{
        town.office.full_until_ns = 0; /* whoever adopts makes room first */
        return run(town.ingest, (struct sim_operator){.order = SIM_ADOPT});
}

bool sim_operator_trim(const char *archive, uint64_t before)
{
        return run(town.ingest,
                   (struct sim_operator){.order = SIM_TRIM, .archive = archive, .before = before});
}

bool sim_operator_redact(const char *partner, const char *key)
{
        return run(town.ingest, (struct sim_operator){.order = SIM_REDACT, .partner = partner, .key = key});
}

bool sim_operator_rebuild(const char *archive)
{
        if (!run(NULL, (struct sim_operator){.order = SIM_CHECKPOINT, .archive = archive}))
                return false;
        return qf_directory_mark(town.counts->name, ".rebuild") == 0;
}
