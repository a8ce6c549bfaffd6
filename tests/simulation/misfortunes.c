/* Why: the faults that matter most are not lost packets but what people do with
 * disks: copy them, put an old one back, install a desk anew. Each of these is done
 * here to a running town, between any two of its steps. */
#include "simulation/misfortunes.h"

#include <stdio.h>
#include <string.h>

#include "simulation/archive.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/town.h"
#include "store/directory.h"
#include "store/journal_tables.h"

static struct {
        struct kept_outbox { /* of a desk, as it once was */
                struct sim_copy outbox;
                struct sim_partner partner; /* and what it remembered then */
                unsigned of;
        } any, unanswered;
        struct sim_copy journal, archive;
} kept;

static uint32_t rate(uint32_t often)
{
        static const uint32_t parts[] = {0, 0, 1, 10, 100};

        return often * parts[sim_below(5)] / 100;
}

void sim_misfortunes_draw(void)
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

/* --- power, disks, lines, clocks --------------------------------------------------------------- */

static struct sim_machine *any_machine(void)
{
        return sim_below(3) ? &town.office : &town.desks[sim_below(SIM_PARTNERS)];
}

static struct sim_process *any_process(void)
{
        return sim.processes[sim_below(sim.processes_count)];
}

static void lose_power(void)
{
        struct sim_machine *machine = any_machine();

        SIM_PROBE("power lost");
        sim_say("power lost: %s", machine->name);
        sim_machine_fail(machine);
}

static void fill_disk(void)
{
        struct sim_machine *machine = any_machine();

        machine->full_until_ns = sim.now_ns + sim_between(SIM_SECOND / 10, 10 * SIM_SECOND);
        sim_say("disk full: %s", machine->name);
}

static void part_network(void)
{
        SIM_PROBE("network parted");
        sim_network_part(&town.office, sim_below(2) ? &town.reading : &town.desks[sim_below(SIM_PARTNERS)],
                         sim.now_ns + sim_between(SIM_SECOND / 10, 20 * SIM_SECOND));
}

static void kill_one(void)
{
        sim_process_kill(any_process());
}

static void end_one(void)
{
        struct sim_process *process = any_process();

        SIM_PROBE("stopped in order");
        sim_process_end(process);
        process->unwanted = false; /* systemd starts it again */
}

static void rebuild_counts(void)
{
        SIM_PROBE("rebuild asked");
        sim_say("asked to rebuild the counts");
        (void)!qf_directory_mark(town.counts->name, ".rebuild");
        if (sim_below(2)) /* what broke the counts is still about */
                town.aggregate->frail_until_ns = sim.now_ns + 8 * SIM_SECOND;
}

/* A little; or so far back that nothing may be dated by it, until somebody sets it right. */
static void set_clock(void)
{
        struct sim_machine *machine = any_machine();

        machine->wall_offset_ms = sim_below(4) ? sim_between(-3000, 3000) : -3600 * 1000;
        if (machine->wall_offset_ms < machine->wall_least_ms)
                machine->wall_least_ms = machine->wall_offset_ms;
        if (machine->wall_offset_ms > machine->wall_most_ms)
                machine->wall_most_ms = machine->wall_offset_ms;
        if (machine->wall_offset_ms < -3000)
                SIM_PROBE("clock an hour back");
        sim_say("clock of %s: %lld ms off", machine->name, (long long)machine->wall_offset_ms);
}

/* A reader who takes nothing for longer than he is remembered. */
static void read_nothing(void)
{
        struct sim_process *reader = town.watchers[sim_below(SIM_READERS)];

        SIM_PROBE("reader took nothing for long");
        reader->busy_until_ns = sim.now_ns + sim_between(5 * SIM_SECOND, 30 * SIM_SECOND);
        sim_say("%s takes nothing for a while", reader->name);
}

/* --- desks --------------------------------------------------------------------------------------- */

static unsigned any_desk(void)
{
        return 1 + (unsigned)sim_below(SIM_CLONE - 1);
}

static void install(unsigned desk)
{
        struct sim_copy nothing = {0};

        sim_say("%s is installed anew: its outbox is gone", town.feeders[desk]->name);
        sim_process_kill(town.feeders[desk]);
        sim_copy_put(&nothing, town.outboxes[desk]);
        town.partners[desk].stopped = 0;
        town.partners[desk].astray = town.partners[desk].early = town.partners[desk].turned_away = false;
}

static void install_anew(void)
{
        SIM_PROBE("desk installed anew");
        install(any_desk());
}

static void keep_outbox_of(unsigned desk, struct kept_outbox *copy)
{
        copy->of = desk;
        sim_copy_take(town.outboxes[desk], &copy->outbox);
        sim_partner_copy(&town.partners[desk], &copy->partner);
        sim_say("a copy is kept of the outbox of %s", town.feeders[desk]->name);
}

static void put_back(const struct kept_outbox *copy)
{
        struct sim_partner *partner = &town.partners[copy->of];

        sim_say("the outbox of %s is put back as it was", town.feeders[copy->of]->name);
        sim_process_kill(town.feeders[copy->of]);
        sim_copy_put(&copy->outbox, town.outboxes[copy->of]);
        sim_partner_copy(&copy->partner, partner);
        partner->twofold = true;
        partner->stopped = 0;
}

static void keep_outbox(void)
{
        keep_outbox_of(any_desk(), &kept.any);
}

static void put_outbox_back(void)
{
        if (!kept.any.outbox.made)
                return;
        SIM_PROBE("outbox put back as it once was");
        put_back(&kept.any);
}

static void clone_desk(void)
{
        struct sim_copy copy = {0};

        if (town.cloned || !town.outboxes[SIM_CLONED]->made)
                return;
        SIM_PROBE("desk cloned");
        sim_say("the disk of %s is copied, and both go on", town.feeders[SIM_CLONED]->name);
        town.cloned = town.partners[SIM_CLONED].twofold = town.partners[SIM_CLONE].twofold = true;
        sim_copy_take(town.outboxes[SIM_CLONED], &copy);
        sim_copy_put(&copy, town.outboxes[SIM_CLONE]);
        sim_copy_drop(&copy);
        sim_partner_copy(&town.partners[SIM_CLONED], &town.partners[SIM_CLONE]);
        sim_process_start(town.feeders[SIM_CLONE]);
}

/* Who has that outbox, or may get it back, has what another source has too. */
static void note_early(struct sim_partner *partner, const uint8_t outbox[16])
{
        partner->early |= memcmp(partner->outbox, outbox, 16) == 0;
}

/* One whose outbox nobody has answered, where there is one: it is so for a moment only. */
static unsigned desk_to_copy(void)
{
        const unsigned any = any_desk();

        for (unsigned desk = 1; desk < SIM_CLONE; desk++)
                if (town.outboxes[desk]->made && town.partners[desk].acked == 0 &&
                    !town.partners[desk].astray)
                        return desk;
        return any;
}

/* A folder is copied with all that is in it, for a desk of another source to begin with. One that no server was heard with
 * yet says nothing of whose it is: that of the two which is heard first. */
static void copy_astray(void)
{
        const unsigned from = desk_to_copy(), to = any_desk();
        const struct sim_partner *owner = &town.partners[from];
        struct sim_copy copy = {0};

        if (from == to || owner->astray || !town.outboxes[from]->made)
                return;
        SIM_PROBE("outbox copied into another source's place");
        if (owner->acked == 0) {
                SIM_PROBE("outbox copied before any server answered it");
                for (unsigned i = 0; i < SIM_PARTNERS; i++)
                        note_early(&town.partners[i], owner->outbox);
                note_early(&kept.any.partner, owner->outbox);
                note_early(&kept.unanswered.partner, owner->outbox);
        }
        sim_say("the outbox of %s is copied to %s", town.feeders[from]->name, town.feeders[to]->name);
        sim_process_kill(town.feeders[to]);
        sim_copy_take(town.outboxes[from], &copy);
        sim_copy_put(&copy, town.outboxes[to]);
        sim_copy_drop(&copy);
        sim_partner_copy(owner, &town.partners[to]);
        town.partners[to].astray = true;
        town.partners[to].stopped = 0;
}

static void forget_sent(void)
{
        town.partners[any_desk()].forgets = true;
}

/* --- the journal ------------------------------------------------------------------------------------ */

static void keep_journal(void)
{
        if (town.unadopted || town.journal->tables[QF_TABLE_JOURNAL].count == 0)
                return;
        if (sim_first_record(&town.journal->tables[QF_TABLE_JOURNAL]) > 1)
                sim_town_archive(town.archive); /* it may have gone on with what a restore took back */
        sim_copy_take(town.journal, &kept.journal);
        sim_copy_take(town.archive, &kept.archive);
        if (!sim_back_up(town.journal, town.backup)) { /* it was away when the journal was trimmed */
                SIM_PROBE("backup begun anew with the archive");
                sim_copy_put(&kept.archive, town.backup);
                sim_town_archive(town.backup);
        }
        sim_say("a backup is made of the journal");
}

/* Before most of what there is was fed, or anybody may read. */
static void keep_journal_early(void *ctx, uint64_t argument)
{
        (void)ctx;
        (void)argument;
        keep_journal();
}

/* From another journal, and the archive of what was trimmed from it. */
static bool restore_from_copy(void)
{
        struct sim_directory *journal = sim_directory_beside(town.journal, ".kept"),
                             *archive = sim_directory_beside(town.archive, ".kept");

        sim_copy_put(&kept.journal, journal);
        sim_copy_put(&kept.archive, archive);
        const bool trimmed = sim_first_record(&journal->tables[QF_TABLE_JOURNAL]) > 1;
        if (trimmed)
                SIM_PROBE("restored from a trimmed journal and its archive");
        return sim_operator_restore(journal->name, trimmed ? archive->name : "");
}

static void restore_journal(void)
{
        if (!kept.journal.made || kept.journal.tables[0].count == 0 || town.unadopted)
                return;
        sim_say("the journal is restored from the backup");
        town.journal->unreadable = sim_below(3) == 0;
        if (town.journal->unreadable)
                SIM_PROBE("restored in place of a journal that cannot be read");
        if (sim_below(2) ? sim_operator_restore(town.backup->name, "") : restore_from_copy()) {
                SIM_PROBE("journal restored from a backup");
                town.restored = true;
        }
        town.journal->unreadable = false; /* it was the cable */
}

static void rebuild_later(void *ctx, uint64_t argument)
{
        (void)ctx;
        (void)argument;
        if (!sim.calm)
                rebuild_counts();
}

static void adopt_journal(void *ctx, uint64_t argument)
{
        (void)ctx;
        (void)argument;
        if (sim.calm || !town.unadopted)
                return;
        SIM_PROBE("journal adopted");
        sim_town_adopt();
        sim_at(sim.now_ns + sim_between(SIM_SECOND, 20 * SIM_SECOND), rebuild_later, NULL, 0);
}

static void copy_journal_back(void)
{
        if (!kept.journal.made || kept.journal.tables[0].count == 0 || town.unadopted)
                return;
        SIM_PROBE("journal copied back in silence");
        sim_say("an old journal is copied back in silence");
        sim_process_kill(town.ingest);
        town.restored = town.unadopted = sim.copied_back = true;
        if (kept.archive.made)
                sim_copy_put(&kept.archive, town.archive);
        sim_copy_put(&kept.journal, town.journal);
        if (sim_below(2)) /* the figures look wrong: perhaps they only want to be counted again */
                rebuild_counts();
        sim_at(sim.now_ns + sim_between(SIM_SECOND, 30 * SIM_SECOND), adopt_journal, NULL, 0);
}

/* So that somebody sends again what was trimmed: it had not been answered when its disk was copied, was taken since, and
 * now the old disk is back. */
static void put_back_trimmed(void *ctx, uint64_t tries)
{
        const struct sim_rows *records = &town.journal->tables[QF_TABLE_JOURNAL];
        const struct sim_partner *was = &kept.unanswered.partner;

        if (sim.calm || tries == 0)
                return;
        const uint64_t taken = sim_oracle_taken_at(was->outbox, was->acked + 1);
        if (taken == 0 || taken >= sim_last_record(records) || town.unadopted) {
                sim_at(sim.now_ns + SIM_SECOND, put_back_trimmed, ctx, tries - 1);
                return;
        }
        sim_say("what %s had not heard of is trimmed", town.feeders[kept.unanswered.of]->name);
        sim_town_archive(town.archive);
        if (taken < sim_first_record(records) || sim_operator_trim(town.archive->name, taken + 1))
                put_back(&kept.unanswered);
}

/* Waits for a desk that has not heard of what it sent. */
static void keep_unanswered(void *ctx, uint64_t tries)
{
        const unsigned desk = any_desk();
        const struct sim_partner *partner = &town.partners[desk];

        if (sim.calm || tries == 0)
                return;
        if (partner->next > partner->acked + 1 && town.feeders[desk]->up) {
                keep_outbox_of(desk, &kept.unanswered);
                sim_at(sim.now_ns + sim_between(1, 4) * SIM_SECOND, put_back_trimmed, ctx, 20);
        } else {
                sim_at(sim.now_ns + sim_between(1, 100) * SIM_MS, keep_unanswered, ctx, tries - 1);
        }
}

/* What is old goes, as long as one record stays; now and then by the wrong archive. */
static void trim_journal(void)
{
        const struct sim_rows *records = &town.journal->tables[QF_TABLE_JOURNAL];
        const uint64_t first = sim_first_record(records), last = sim_last_record(records);

        if (records->count < 3 || town.unadopted)
                return;
        sim_say("what is old is trimmed from the journal");
        sim_town_archive(town.archive);
        const bool right = sim_below(6) != 0;
        const struct sim_directory *archive = right ? town.archive : town.backup;
        if (sim_operator_trim(archive->name, (uint64_t)sim_between((int64_t)first + 1, (int64_t)last)))
                SIM_PROBE("journal trimmed");
        else if (!right)
                SIM_PROBE("not trimmed by an archive that is too short or of another journal");
}

static void restore_later(void *ctx, uint64_t argument)
{
        (void)ctx;
        (void)argument;
        if (!sim.calm)
                restore_journal();
}

/* A note that nobody should have written is found, often just after it came, when its sender may not have heard of it yet;
 * and then there is a backup that has the record as it was, and the redaction behind it. */
static void redact_notes(void)
{
        const char *noted = sim_below(4) ? sim_oracle_noted() : NULL;
        const bool first = sim_below(2) != 0;
        char key[16];

        if (town.unadopted || town.journal->tables[QF_TABLE_JOURNAL].count == 0)
                return;
        if (noted)
                (void)snprintf(key, sizeof(key), "%s", noted);
        else
                (void)snprintf(key, sizeof(key), "k%u", (unsigned)sim_below(7));
        if (sim_below(2)) /* so that it has what is redacted now */
                keep_journal();
        sim_say("notes of %s are redacted", key);
        if (!sim_operator_redact(first ? "HX" : "DX", key) && !sim_operator_redact(first ? "DX" : "HX", key))
                return;
        SIM_PROBE("notes redacted");
        if (sim_below(2) == 0)
                return;
        keep_journal();
        sim_at(sim.now_ns + sim_between(0, 5 * SIM_SECOND), restore_later, NULL, 0);
}

static void give_key(void *ctx, uint64_t who)
{
        (void)ctx;
        if (!sim.calm)
                sim_town_give_key((unsigned)who);
}

/* A key was lost, or somebody else has it: mostly there is another after a while. */
static void take_key(void)
{
        const unsigned who = (unsigned)sim_below(SIM_KEYED);

        sim_town_take_key(who);
        sim_at(sim.now_ns + sim_between(SIM_SECOND, 40 * SIM_SECOND), give_key, NULL, who);
}

/* Or it is for some days only. */
static void date_key(void)
{
        const unsigned who = (unsigned)sim_below(SIM_KEYED);

        sim_town_date_key(who);
        sim_at(sim.now_ns + sim_between(10 * SIM_SECOND, 80 * SIM_SECOND), give_key, NULL, who);
}

static void give_office_key(void *ctx, uint64_t argument)
{
        (void)ctx;
        (void)argument;
        if (!sim.calm)
                sim_town_give_office_key();
}

static void replace_office_key(void)
{
        sim_town_replace_office_key();
        sim_at(sim.now_ns + sim_between(0, 15 * SIM_SECOND), give_office_key, NULL, 0);
}

/* --- people ----------------------------------------------------------------------------------------- */

/* Who waits for a Skip, or has another's outbox, is helped first: that is rare. */
static struct sim_partner *who_needs_help(void)
{
        uint64_t any = sim_below(SIM_PARTNERS);

        for (uint64_t i = 0; i < SIM_PARTNERS; i++) {
                struct sim_partner *partner = &town.partners[(any + i) % SIM_PARTNERS];
                if ((partner->gone && !partner->skips) || partner->turned_away ||
                    partner->stopped == QF_REFUSED_ANOTHERS)
                        return partner;
        }
        return &town.partners[any];
}

/* The human at a desk that stopped: goes on with it, takes a new name, or lets it be. */
static void send_human(void)
{
        struct sim_partner *partner = who_needs_help();

        if (partner->gone && !partner->skips) {
                SIM_PROBE("what is gone was skipped");
                partner->skips = true;
                sim_process_kill(town.feeders[partner - town.partners]);
        }
        if (partner->turned_away || partner->stopped == QF_REFUSED_ANOTHERS) {
                SIM_PROBE("another source's outbox moved away");
                install((unsigned)(partner - town.partners));
        }
        if (partner->stopped == 0 || partner->human != SIM_HUMAN_NOTHING)
                return;
        partner->human = sim_below(3) ? SIM_HUMAN_RENEWED : SIM_HUMAN_RESUMED;
        partner->human_ns = sim.now_ns + sim_between(0, 5 * SIM_SECOND);
}

static void (*const misfortunes[])(void) = {
        lose_power,      fill_disk,          part_network, kill_one,        end_one,
        rebuild_counts,  set_clock,          read_nothing, install_anew,    keep_outbox,
        keep_outbox,     put_outbox_back,    clone_desk,   keep_journal,    keep_journal,
        restore_journal, forget_sent,        forget_sent,  restore_journal, copy_journal_back,
        send_human,      send_human,         trim_journal, trim_journal,    sim_town_count_trimmed,
        redact_notes,    redact_notes,       take_key,     take_key,        date_key,
        date_key,        replace_office_key, copy_astray,
};

static void trim_later(void *ctx, uint64_t argument)
{
        (void)ctx;
        (void)argument;
        if (!sim.calm)
                trim_journal();
}

/* The journal is restored, goes on, and is trimmed, and aggregation, which sees all of it at once, may die of what it makes
 * of it. */
static void restore_unseen(void)
{
        const int64_t away_ns = sim_between(2, 20) * SIM_SECOND;

        sim_say("aggregation stands still");
        town.aggregate->busy_until_ns = sim.now_ns + away_ns;
        if (sim_below(2))
                town.aggregate->frail_until_ns = sim.now_ns + away_ns + 5 * SIM_SECOND;
        restore_journal();
        sim_at(sim.now_ns + sim_between(SIM_SECOND, away_ns), trim_later, NULL, 0);
}

/* Some towns have trouble with their journal above all: what goes wrong only where one was restored as well as trimmed, and
 * somebody died meanwhile, would hardly come together among all the others. */
static void (*const of_journals[])(void) = {
        restore_unseen, trim_journal,    sim_town_count_trimmed,
        keep_journal,   restore_journal, copy_journal_back,
        kill_one,       lose_power,
};

static void befall(void *ctx, uint64_t mostly_journals)
{
        if (sim.calm)
                return;
        if (mostly_journals && sim_below(4))
                of_journals[sim_below(sizeof(of_journals) / sizeof(of_journals[0]))]();
        else
                misfortunes[sim_below(sizeof(misfortunes) / sizeof(misfortunes[0]))]();
        sim_at(sim.now_ns + sim_between(SIM_SECOND / 10, 6 * SIM_SECOND), befall, ctx, mostly_journals);
}

void sim_misfortunes_begin(void)
{
        if (sim_below(4) == 0)
                sim_at(sim_between(0, 3 * SIM_SECOND), keep_journal_early, NULL, 0);
        if (sim_below(8) == 0)
                sim_at(sim_between(3, 12) * SIM_SECOND, keep_unanswered, NULL, 500);
        sim_at(sim_between(SIM_SECOND, 10 * SIM_SECOND), befall, NULL, sim_below(3) == 0);
}

void sim_misfortunes_end(void)
{
        sim_copy_drop(&kept.any.outbox);
        sim_copy_drop(&kept.unanswered.outbox);
        sim_copy_drop(&kept.journal);
        sim_copy_drop(&kept.archive);
        sim_partner_end(&kept.any.partner);
        sim_partner_end(&kept.unanswered.partner);
        memset(&kept, 0, sizeof(kept));
}
