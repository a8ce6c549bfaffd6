/* Why: the daemons of one service on one machine, each partner on a machine of its
 * own, readers on another. A seed draws how often each fault comes, lets things
 * happen for a while, then is calm: everything must drain, or stand stopped and say
 * why. */
#include "simulation/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/config.h"
#include "aggregate/daemon.h"
#include "ingest/config.h"
#include "ingest/daemon.h"
#include "report/config.h"
#include "report/daemon.h"
#include "simulation/daemons.h"
#include "simulation/disk.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/partner.h"
#include "simulation/programme.h"
#include "simulation/reader.h"

enum { PARTNERS = 4, READERS = 3, CALM_S = 180 };

static struct {
        struct sim_machine office, reading, desks[PARTNERS];
        struct sim_directory *journal, *counts, *outboxes[PARTNERS];
        struct sim_daemon ingest_role, aggregate_role, report_role;
        struct sim_partner partners[PARTNERS];
        struct sim_reader readers[READERS];
        struct sim_process *ingest, *aggregate, *report, *feeders[PARTNERS], *watchers[READERS];
} town;

static char journal_name[] = "journal", counts_name[] = "counts", feed_door[] = "tcp://feed",
            journal_door[] = "ipc://journal", totals_door[] = "ipc://totals", read_door[] = "tcp://read",
            server_key[] = "key:2", office_key[] = "key:1";
static char *feed_doors[] = {feed_door}, *read_doors[] = {read_door};
static const struct qf_ingest_config ingest_config = {.directory = journal_name,
                                                      .feed = feed_doors,
                                                      .feed_count = 1,
                                                      .journal = journal_door,
                                                      .server_key = server_key,
                                                      .office_key = office_key};
static const struct qf_aggregate_config aggregate_config = {
        .directory = counts_name, .journal = journal_door, .totals = totals_door};
static const struct qf_report_config report_config = {
        .totals = totals_door, .read = read_doors, .read_count = 1, .server_key = server_key};

/* --- the place ------------------------------------------------------------------------------ */

static void build_service(void)
{
        (void)snprintf(town.office.name, SIM_NAME, "office");
        town.journal = sim_directory_new(journal_name, &town.office);
        town.counts = sim_directory_new(counts_name, &town.office);
        town.ingest_role = (struct sim_daemon){&qf_ingest_service, &ingest_config};
        town.aggregate_role = (struct sim_daemon){&qf_aggregate_service, &aggregate_config};
        town.report_role = (struct sim_daemon){&qf_report_service, &report_config};
        town.ingest = sim_process_new("ingest", &sim_daemon_kind, &town.office, &town.ingest_role);
        town.aggregate = sim_process_new("aggregate", &sim_daemon_kind, &town.office, &town.aggregate_role);
        town.report = sim_process_new("report", &sim_daemon_kind, &town.office, &town.report_role);
}

static void build_partners(void)
{
        static const char *const names[PARTNERS] = {"office", "hx.a", "hx.b", "dx.a"};
        static const char *const orgs[PARTNERS] = {"", "HX", "HX", "DX"};
        static const char *const directories[PARTNERS] = {"outbox.office", "outbox.hx.a", "outbox.hx.b",
                                                          "outbox.dx.a"};

        for (unsigned i = 0; i < PARTNERS; i++) {
                (void)snprintf(town.desks[i].name, SIM_NAME, "desk %u", i);
                town.outboxes[i] = sim_directory_new(directories[i], &town.desks[i]);
                town.partners[i] =
                        (struct sim_partner){.key = i == 0 ? SIM_KEY_OFFICE : SIM_KEY_PARTNERS + i - 1,
                                             .directory = directories[i],
                                             .org = orgs[i],
                                             .office = i == 0,
                                             .pace_ms = i == 0 ? 8000 : (uint32_t)sim_between(20, 1500)};
                town.feeders[i] =
                        sim_process_new(names[i], &sim_partner_kind, &town.desks[i], &town.partners[i]);
                town.feeders[i]->restart_ns = SIM_SECOND / 2;
        }
}

static void build_readers(void)
{
        static const struct sim_reader roles[READERS] = {
                {.key = SIM_KEY_READER, .every_ms = 0},
                {.key = SIM_KEY_READER, .every_ms = 300, .credit = 4096},
                {.key = SIM_KEY_READER, .dimension = "org", .every_ms = 100},
        };

        (void)snprintf(town.reading.name, SIM_NAME, "reading room");
        for (unsigned i = 0; i < READERS; i++) {
                char name[SIM_NAME];
                (void)snprintf(name, sizeof(name), "reader %u", i);
                town.readers[i] = roles[i];
                town.watchers[i] = sim_process_new(name, &sim_reader_kind, &town.reading, &town.readers[i]);
        }
}

static void start_all(void)
{
        for (uint32_t i = 0; i < sim.processes_count; i++)
                sim_process_start(sim.processes[i]);
}

/* --- what befalls it --------------------------------------------------------------------------- */

static uint32_t rate(uint32_t often)
{
        static const uint32_t parts[] = {0, 0, 1, 10, 100};

        return often * parts[sim_below(5)] / 100;
}

static void draw_rates(void)
{
        sim.rates = (struct sim_rates){
                .crash = rate(4000),
                .commit_full = rate(50000),
                .commit_lost = rate(30000),
                .write_full = rate(3000),
                .read_error = rate(500),
                .lose = rate(50000),
                .twice = rate(50000),
                .late = rate(100000),
                .cut = rate(10000),
                .slow_commit = rate(50000),
                .stall = rate(3000),
        };
}

static void befall(void *ctx, uint64_t argument);

static struct sim_machine *any_machine(void)
{
        return sim_below(3) ? &town.office : &town.desks[sim_below(PARTNERS)];
}

static void befall_once(void)
{
        struct sim_machine *machine = any_machine();

        switch (sim_below(8)) {
        case 0:
                SIM_PROBE("power lost");
                sim_say("power lost: %s", machine->name);
                sim_machine_fail(machine);
                break;
        case 1:
                machine->full_until_ns = sim.now_ns + sim_between(SIM_SECOND / 10, 10 * SIM_SECOND);
                sim_say("disk full: %s", machine->name);
                break;
        case 2:
                SIM_PROBE("network parted");
                sim_network_part(&town.office,
                                 sim_below(2) ? &town.reading : &town.desks[sim_below(PARTNERS)],
                                 sim.now_ns + sim_between(SIM_SECOND / 10, 20 * SIM_SECOND));
                break;
        case 3: sim_process_kill(sim.processes[sim_below(sim.processes_count)]); break;
        case 4: {
                struct sim_process *process = sim.processes[sim_below(sim.processes_count)];
                SIM_PROBE("stopped in order");
                sim_process_end(process);
                process->unwanted = false; /* systemd starts it again */
                break;
        }
        case 5:
                sim_say("asked to rebuild the counts");
                SIM_PROBE("rebuild asked");
                sim_directory_mark(town.counts, ".rebuild");
                break;
        case 6: machine->wall_offset_ms = sim_between(-3000, 3000); break;
        default: break;
        }
}

static void befall(void *ctx, uint64_t argument)
{
        if (sim.calm)
                return;
        befall_once();
        sim_at(sim.now_ns + sim_between(SIM_SECOND / 10, 8 * SIM_SECOND), befall, ctx, argument);
}

/* --- the end --------------------------------------------------------------------------------------- */

static bool nobody(const uint8_t outbox[16], uint64_t number)
{
        (void)outbox;
        (void)number;
        return false;
}

static bool is_settled(void)
{
        for (unsigned i = 0; i < PARTNERS; i++)
                if (!town.partners[i].stopped && !town.partners[i].drained)
                        return false;
        if (sim_oracle_counted() != sim_oracle_journal_last())
                return false;
        for (unsigned i = 0; i < READERS; i++)
                if (!sim_reader_is_at(&town.readers[i], sim_oracle_epoch(), sim_oracle_journal_last()))
                        return false;
        return true;
}

static void complain(void)
{
        for (unsigned i = 0; i < PARTNERS; i++)
                if (!town.partners[i].stopped && !town.partners[i].drained)
                        sim_fail("%s does not drain: acknowledged %llu of %llu", town.feeders[i]->name,
                                 (unsigned long long)town.partners[i].acked,
                                 (unsigned long long)town.partners[i].next - 1);
        if (sim_oracle_counted() != sim_oracle_journal_last())
                sim_fail("counting stands at %llu of %llu", (unsigned long long)sim_oracle_counted(),
                         (unsigned long long)sim_oracle_journal_last());
        for (unsigned i = 0; i < READERS; i++)
                if (!sim_reader_is_at(&town.readers[i], sim_oracle_epoch(), sim_oracle_journal_last()))
                        sim_fail("%s stands at version %llu of %llu", town.watchers[i]->name,
                                 (unsigned long long)town.readers[i].version,
                                 (unsigned long long)sim_oracle_journal_last());
}

static void calm_down(void)
{
        sim_say("calm from here on");
        sim.calm = true;
        for (unsigned i = 0; i < PARTNERS; i++) {
                town.partners[i].rests = true;
                town.desks[i].full_until_ns = 0;
        }
        town.office.full_until_ns = town.office.wall_offset_ms = 0;
        start_all();
        int64_t until_ns = sim.now_ns + CALM_S * SIM_SECOND;
        while (!sim.violated && sim.now_ns < until_ns && !is_settled())
                (void)sim_run_until(sim.now_ns + SIM_SECOND, UINT64_MAX);
        if (!sim.violated)
                complain();
        if (!sim.violated)
                sim_oracle_finish(nobody);
}

bool sim_town_run(uint64_t seed, uint64_t steps_most)
{
        sim_begin(seed);
        memset(&town, 0, sizeof(town));
        draw_rates();
        build_service();
        build_partners();
        build_readers();
        sim_oracle_begin(town.journal, town.counts);
        start_all();
        sim_at(sim_between(SIM_SECOND, 10 * SIM_SECOND), befall, NULL, 0);
        (void)sim_run_until(sim_between(10, 60) * SIM_SECOND, steps_most);
        if (!sim.violated)
                calm_down();
        for (unsigned i = 0; i < PARTNERS; i++)
                sim_partner_end(&town.partners[i]);
        sim_oracle_end();
        bool held = !sim.violated;
        sim_end();
        return held;
}
