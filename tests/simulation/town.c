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
#include "relay/config.h"
#include "relay/daemon.h"
#include "report/config.h"
#include "report/daemon.h"
#include "simulation/archive.h"
#include "simulation/misfortunes.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/programme.h"
#include "store/journal_tables.h"

enum { CALM_S = 180 };

struct sim_town town;

static char journal_name[] = "journal", counts_name[] = "counts", feed_door[] = "tcp://feed",
            journal_door[] = "ipc://journal", totals_door[] = "ipc://totals", read_door[] = "tcp://read",
            topics_door[] = "ipc://topics", server_key[] = "key:2", office_key[16], reader_key[] = "key:3";
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
static const struct qf_relay_config relay_config = {
        .read = read_door, .server_public = server_key, .key = reader_key, .publish = topics_door};

/* --- the place ------------------------------------------------------------------------------ */

static void build_service(void)
{
        (void)snprintf(town.office.name, SIM_NAME, "office");
        town.journal = sim_directory_new(journal_name, &town.office);
        town.counts = sim_directory_new(counts_name, &town.office);
        town.backup = sim_directory_new("backup", &town.reading);
        town.archive = sim_directory_new("archive", &town.reading);
        town.ingest_role = (struct sim_daemon){&qf_ingest_service, &ingest_config, NULL};
        town.aggregate_role = (struct sim_daemon){&qf_aggregate_service, &aggregate_config, NULL};
        town.report_role = (struct sim_daemon){&qf_report_service, &report_config, NULL};
        town.relay_role = (struct sim_daemon){&qf_relay_service, &relay_config, town.listeners};
        town.ingest = sim_process_new("ingest", &sim_daemon_kind, &town.office, &town.ingest_role);
        town.aggregate = sim_process_new("aggregate", &sim_daemon_kind, &town.office, &town.aggregate_role);
        town.report = sim_process_new("report", &sim_daemon_kind, &town.office, &town.report_role);
        town.relay = sim_process_new("relay", &sim_daemon_kind, &town.office, &town.relay_role);
        town.operating = sim_process_new("operator", &sim_operator_kind, &town.office, &town.operator);
}

static void build_partners(void)
{
        static const char *const names[SIM_PARTNERS] = {"office", "hx.a", "hx.b", "dx.a", "dx.a'"};
        static const char *const orgs[SIM_PARTNERS] = {"", "HX", "HX", "DX", "DX"};
        static const char *const directories[SIM_PARTNERS] = {"outbox.office", "outbox.hx.a", "outbox.hx.b",
                                                              "outbox.dx.a", "outbox.dx.clone"};

        for (unsigned i = 0; i < SIM_PARTNERS; i++) {
                (void)snprintf(town.desks[i].name, SIM_NAME, "desk %u", i);
                town.outboxes[i] = sim_directory_new(directories[i], &town.desks[i]);
                town.partners[i] = (struct sim_partner){
                        .directory = directories[i],
                        .org = orgs[i],
                        .office = i == 0,
                        .pace_ms = (uint32_t)(i == 0 ? sim_between(500, 8000) : sim_between(20, 1500))};
                sim_keys_give(&town.partners[i].keys,
                              i == 0 ? SIM_KEY_OFFICE
                                     : SIM_KEY_PARTNERS + (i == SIM_CLONE ? SIM_CLONED : i) - 1);
                town.feeders[i] =
                        sim_process_new(names[i], &sim_partner_kind, &town.desks[i], &town.partners[i]);
                town.feeders[i]->restart_ns = SIM_SECOND / 2;
        }
}

static void build_readers(void)
{
        static const struct sim_reader roles[SIM_READERS] = {
                {.key = SIM_KEY_READER, .every_ms = 0},
                {.key = SIM_KEY_OFFICE, .every_ms = 300, .credit = 4096},
                {.key = SIM_KEY_GUEST, .dimension = "org", .every_ms = 100},
        };

        (void)snprintf(town.reading.name, SIM_NAME, "reading room");
        for (unsigned i = 0; i < SIM_READERS; i++) {
                char name[SIM_NAME];
                (void)snprintf(name, sizeof(name), "reader %u", i);
                town.readers[i] = roles[i];
                town.watchers[i] = sim_process_new(name, &sim_reader_kind, &town.reading, &town.readers[i]);
        }
}

static void start_all(void)
{
        for (uint32_t i = 0; i < sim.processes_count; i++)
                if (sim.processes[i] != town.operating &&
                    (sim.processes[i] != town.feeders[SIM_CLONE] || town.cloned))
                        sim_process_start(sim.processes[i]);
}

/* --- the end --------------------------------------------------------------------------------------- */

/* No source has the key today, and none has it from the midnight on that comes in this seed. */
static bool is_void(uint32_t key)
{
        return !sim_oracle_key_stands(key) &&
               !(sim.now_ns < town.midnight_ns + SIM_SECOND && sim_oracle_key_comes(key));
}

/* Says that its key is refused, and so it is. */
static bool is_locked_out(const struct sim_partner *partner)
{
        return partner->refused && is_void(sim_keys_now(&partner->keys));
}

/* Who may have been told what the journal does not have any more: nobody, unless a backup was put back, and the only one
 * who could send it again stands stopped, waits for a human, is no more, or was itself put back. */
static bool is_excused(const uint8_t outbox[16], uint64_t number)
{
        if (!town.restored) /* or copied back */
                return false;
        bool owned = false, waits = false;
        for (unsigned i = 0; i < SIM_PARTNERS; i++) {
                const struct sim_partner *partner = &town.partners[i];
                bool owns = memcmp(partner->outbox, outbox, 16) == 0 && town.feeders[i]->lives > 0;
                owned |= owns;
                waits |= owns && (partner->stopped || partner->twofold || partner->astray || partner->early ||
                                  is_locked_out(partner) || (partner->gone && number >= partner->gone));
        }
        return waits || !owned;
}

/* Has nothing left to do, or says what it waits for. */
static bool is_at_rest(unsigned i)
{
        const struct sim_partner *partner = &town.partners[i];

        if (town.feeders[i]->busy_until_ns > sim.now_ns) /* stands still: it does not know yet */
                return false;
        if (partner->office) /* it must go on, or nobody else is let in */
                return partner->drained;
        if (is_locked_out(partner) && !partner->drained)
                SIM_PROBE("locked out at the end");
        return partner->stopped || partner->gone || partner->drained || partner->turned_away ||
               is_locked_out(partner) || (i == SIM_CLONE && !town.cloned);
}

/* Two servers seemed to answer, while an older journal lay there. The office knows why, and that it is over. */
static void resume_office(void)
{
        struct sim_partner *office = &town.partners[0];

        if (office->stopped == 0 || office->human != SIM_HUMAN_NOTHING)
                return;
        office->human = SIM_HUMAN_RESUMED;
        office->human_ns = sim.now_ns;
}

/* Holds the last version, or may not read. */
static bool has_read(unsigned i)
{
        return sim_reader_is_at(&town.readers[i], sim_oracle_epoch(), sim_oracle_journal_last()) ||
               is_void(town.readers[i].key);
}

/* Whoever listens hears something, at the last version, once in five seconds: if nothing is there, that. */
static bool is_listened_to(void)
{
        for (unsigned i = 0; i < SIM_LISTENERS; i++)
                if (!sim_listener_is_at(&town.listeners[i], sim_oracle_epoch(), sim_oracle_journal_last()))
                        return false;
        return true;
}

static bool is_settled(void)
{
        for (unsigned i = 0; i < SIM_PARTNERS; i++)
                if (!is_at_rest(i))
                        return false;
        if (sim_oracle_counted() != sim_oracle_journal_last())
                return false;
        for (unsigned i = 0; i < SIM_READERS; i++)
                if (!has_read(i))
                        return false;
        return is_listened_to();
}

static void complain(void)
{
        for (unsigned i = 0; i < SIM_PARTNERS; i++)
                if (!is_at_rest(i))
                        sim_fail("%s does not drain: acknowledged %llu of %llu", town.feeders[i]->name,
                                 (unsigned long long)town.partners[i].acked,
                                 (unsigned long long)town.partners[i].next - 1);
        if (sim_oracle_counted() != sim_oracle_journal_last())
                sim_fail("counting stands at %llu of %llu", (unsigned long long)sim_oracle_counted(),
                         (unsigned long long)sim_oracle_journal_last());
        for (unsigned i = 0; i < SIM_READERS; i++)
                if (!has_read(i))
                        sim_fail("%s stands at version %llu of %llu", town.watchers[i]->name,
                                 (unsigned long long)town.readers[i].version,
                                 (unsigned long long)sim_oracle_journal_last());
        for (unsigned i = 0; i < SIM_LISTENERS; i++)
                if (!sim_listener_is_at(&town.listeners[i], sim_oracle_epoch(), sim_oracle_journal_last()))
                        sim_fail("listener %u holds what is not so, or stands at version %llu of %llu", i,
                                 (unsigned long long)town.listeners[i].version,
                                 (unsigned long long)sim_oracle_journal_last());
}

void sim_town_adopt(void)
{
        if (!town.unadopted)
                return;
        sim_say("the journal is adopted");
        sim_process_kill(town.aggregate);
        town.unadopted = !sim_operator_adopt();
}

void sim_town_archive(struct sim_directory *backup)
{
        if (!sim_back_up(town.journal, backup))
                sim_fail("what was trimmed lies in no archive");
}

void sim_town_count_trimmed(void)
{
        if (!sim.counting_stopped || town.unadopted ||
            sim_first_record(&town.journal->tables[QF_TABLE_JOURNAL]) <= 1)
                return;
        SIM_PROBE("counts made anew with the archive");
        sim_say("the counts are made anew with the archive");
        sim_town_archive(town.archive);
        sim.counting_stopped = !sim_operator_rebuild(town.archive->name);
}

static const char *const keyed[] = {"guest", "hx.a", "hx.b", "dx.a"};

static uint32_t key_of(unsigned who)
{
        return who == 0 ? town.readers[SIM_GUEST].key : sim_keys_now(&town.partners[who].keys);
}

void sim_town_take_key(unsigned who)
{
        sim_say("the key of %s is taken away", keyed[who]);
        town.locked[who] = true;
        sim_programme_rekey(keyed[who], 0, 0, 0);
}

void sim_town_date_key(unsigned who)
{
        const int64_t today_ms = sim_wall_ms(town.midnight_ns ? town.midnight_ns : sim.now_ns) - SIM_DAY_MS;
        const struct sim_span days = sim_days(today_ms, today_ms + SIM_DAY_MS);
        const bool ends = sim_below(2) != 0;

        sim_say("the key of %s %u is valid %s %u", keyed[who], key_of(who), ends ? "until" : "from",
                (uint32_t)(ends ? days.first : days.last));
        town.locked[who] = true;
        sim_programme_rekey(keyed[who], key_of(who), ends ? 0 : (uint32_t)days.last,
                            ends ? (uint32_t)days.first : 0);
}

static void hand_out(unsigned who, uint32_t key)
{
        if (who == 0)
                town.readers[SIM_GUEST].key = key;
        else
                sim_keys_give(&town.partners[who].keys, key);
        if (who == SIM_CLONED)
                sim_keys_give(&town.partners[SIM_CLONE].keys, key);
        sim_process_kill(who == 0 ? town.watchers[SIM_GUEST] : town.feeders[who]);
}

void sim_town_give_key(unsigned who)
{
        if (!town.locked[who])
                return;
        town.locked[who] = false;
        if (sim_below(2)) {
                SIM_PROBE("another key given");
                hand_out(who, SIM_KEY_NEW + town.keys_given++);
        } else {
                SIM_PROBE("key given back");
        }
        sim_say("%s has the key %u", keyed[who], key_of(who));
        sim_programme_rekey(keyed[who], key_of(who), 0, 0);
}

/* Ingest reads it when it starts. */
static void write_office_key(uint32_t key)
{
        (void)snprintf(office_key, sizeof(office_key), "key:%u", key);
        town.office_key = key;
}

void sim_town_replace_office_key(void)
{
        if (sim_keys_now(&town.partners[0].keys) != town.office_key)
                return;
        write_office_key(SIM_KEY_NEW + town.keys_given++);
        sim_say("the office's key is to be %u", town.office_key);
        sim_process_kill(town.ingest);
}

void sim_town_give_office_key(void)
{
        if (sim_keys_now(&town.partners[0].keys) == town.office_key)
                return;
        SIM_PROBE("the office has another key");
        sim_say("the office has the key %u", town.office_key);
        sim_keys_give(&town.partners[0].keys, town.office_key);
        town.readers[SIM_OFFICE_READER].key = town.office_key;
        sim_process_kill(town.feeders[0]);
        sim_process_kill(town.watchers[SIM_OFFICE_READER]);
}

static void calm_down(void)
{
        sim_say("calm from here on");
        sim.calm = true;
        for (unsigned i = 0; i < SIM_PARTNERS; i++) {
                town.partners[i].rests = true;
                town.desks[i].full_until_ns = 0;
        }
        town.office.full_until_ns = town.office.wall_offset_ms = 0;
        sim_network_heal();
        sim_town_give_office_key();
        for (unsigned i = 0; i < SIM_KEYED; i++)
                if (sim_below(2))
                        sim_town_give_key(i);
        sim_town_adopt();
        start_all();
        int64_t until_ns = sim.now_ns + CALM_S * SIM_SECOND;
        for (int settled = 0; !sim.violated && sim.now_ns < until_ns && settled < 2;
             settled = is_settled() ? settled + 1 : 0) {
                resume_office();
                sim_town_count_trimmed();
                (void)sim_run_until(sim.now_ns + SIM_SECOND, UINT64_MAX);
        }
        if (!sim.violated)
                complain();
        if (!sim.violated)
                sim_oracle_finish(is_excused);
        if (!sim.violated)
                sim_archive_audit(town.journal, town.archive);
}

/* In half of the worlds a day ends while they run. */
static void draw_midnight(void)
{
        static const int64_t midnight_ms = INT64_C(1782921600000); /* 2026-07-02 00:00 +08:00 */

        town.midnight_ns = sim_below(2) ? sim_between(5, 60) * SIM_SECOND : 0;
        sim.beginning_ms =
                town.midnight_ns ? midnight_ms - town.midnight_ns / SIM_MS : midnight_ms - SIM_DAY_MS * 2 / 3;
}

bool sim_town_run(uint64_t seed, uint64_t steps_most)
{
        sim_begin(seed);
        memset(&town, 0, sizeof(town));
        sim_misfortunes_draw();
        draw_midnight();
        write_office_key(SIM_KEY_OFFICE);
        sim_programme_begin(sim_below(5) == 0);
        build_service();
        build_partners();
        build_readers();
        sim_oracle_begin(town.journal, town.archive, town.counts);
        start_all();
        sim_misfortunes_begin();
        (void)sim_run_until(sim_between(10, 60) * SIM_SECOND, steps_most);
        if (!sim.violated)
                calm_down();
        sim_misfortunes_end();
        for (unsigned i = 0; i < SIM_PARTNERS; i++)
                sim_partner_end(&town.partners[i]);
        for (unsigned i = 0; i < SIM_LISTENERS; i++)
                sim_listener_end(&town.listeners[i]);
        sim_oracle_end();
        bool held = !sim.violated;
        sim_end();
        return held;
}
