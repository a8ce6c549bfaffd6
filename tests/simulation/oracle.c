/* Why: see oracle.h. A history is what one journal said, record by record; when the
 * journal on disk is no longer the one it was (a backup was put back), another
 * history begins, and the old one stays for those who still show it. */
#include "simulation/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/archive.h"
#include "simulation/frozen.h"
#include "simulation/history.h"
#include "simulation/prints.h"
#include "simulation/topics.h"
#include "store/counts_tables.h"
#include "store/journal_tables.h"
#include "store/record.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum { PARTNERS = 4, EPOCHS = 256 };

struct told {
        uint8_t outbox[16];
        uint64_t number, print;
        struct qf_verdict verdict;
};

static struct {
        struct sim_directory *journal, *counts;
        const struct sim_directory *archive; /* of what was trimmed */
        uint64_t first;                      /* that the journal has, as it was last looked at */
        struct sim_history *history;
        struct told *told;
        uint64_t told_count, told_room;
        struct shown {
                uint8_t epoch[16];
                const struct sim_history *history;
                uint64_t version;
        } shown[EPOCHS]; /* the furthest picture that anybody had of an epoch */
        bool quiet;      /* a difference is not said: another history may have it */
} oracle;

/* --- the journal ------------------------------------------------------------------------------------ */

static bool record_at(const struct sim_rows *records, uint64_t position, struct qf_view *ret_record)
{
        uint8_t key[8];

        qf_put_be64(key, position);
        return sim_rows_get(records, (struct qf_view){(char *)key, 8}, ret_record);
}

/* The journal has every record, but those that it says were trimmed; and those lie in the archive. */
static void check_trimmed(const struct sim_rows *records)
{
        const struct sim_history *history = oracle.history;
        const uint64_t first = sim_first_record(records);
        struct qf_view record;

        if (first <= 1 || (first == oracle.first && records->count == history->last - first + 1))
                return;
        if (first != history->anchored + 1)
                sim_fail("the journal begins at %llu, and says that it was trimmed up to %llu",
                         (unsigned long long)first, (unsigned long long)history->anchored);
        if (records->count != history->last - first + 1)
                sim_fail("the journal from %llu to %llu has %llu records", (unsigned long long)first,
                         (unsigned long long)history->last, (unsigned long long)records->count);
        for (uint64_t i = oracle.first ? oracle.first : 1; i < first; i++)
                if (!record_at(&oracle.archive->tables[0], i, &record) ||
                    !sim_history_has(history, i, record))
                        sim_fail("record %llu was trimmed, and is not in the archive", (unsigned long long)i);
        oracle.first = first;
}

static void journal_committed(struct sim_directory *journal, void *ctx)
{
        const struct sim_rows *records = &journal->tables[QF_TABLE_JOURNAL];
        struct qf_view record;

        (void)ctx;
        if (!sim_history_is_still_there(oracle.history, journal)) {
                oracle.history = sim_history_new(oracle.history);
                oracle.first = 0;
        }
        const uint32_t redacted = oracle.history->redacted;
        while (!sim.violated && (record_at(records, oracle.history->last + 1, &record) ||
                                 (oracle.history->last + 1 < sim_first_record(records) &&
                                  record_at(&oracle.archive->tables[0], oracle.history->last + 1, &record))))
                sim_history_take(oracle.history, record);
        if (!sim.violated)
                check_trimmed(records);
        if (!sim.violated && oracle.history->redacted != redacted)
                sim_history_check_redacted(oracle.history, journal);
}

/* --- the counts on disk ------------------------------------------------------------------------------ */

static const char *const measures[] = {"records", "activities", "attendances", "records unknown",
                                       "activities unknown"};

static bool same_cell(const struct sim_history *history, const char *who, struct qf_cell_key key,
                      const struct qf_counts *counts, uint64_t version)
{
        struct qf_counts right = sim_model_at(history->model, key, version);

        for (int i = 0; i < QF_MEASURES; i++)
                if (right.of[i] != counts->of[i]) {
                        if (oracle.quiet)
                                return false;
                        sim_fail("%s at %llu: dimension %u member %u period %u: %lld %s, the replay has %lld",
                                 who, (unsigned long long)version, key.dimension, key.member, key.period,
                                 (long long)counts->of[i], measures[i], (long long)right.of[i]);
                        return false;
                }
        return true;
}

/* In a dimension with one value the members and "not stated" make the total, in every period. */
static void check_sums(const struct sim_history *history, const struct qf_cell_saved *cell,
                       struct qf_counts *sums)
{
        if (cell->key.dimension == 0)
                (void)!qf_counts_add(sums, &cell->counts, 1);
        else if (cell->key.dimension == sim_model_dimension(history->model, "org"))
                (void)!qf_counts_add(sums, &cell->counts, -1);
}

/* Statements of declared kinds, which have no cells: what stands of each partner, behind two bytes that no other key has. */
static void check_declared(const struct sim_history *history, const struct sim_rows *rows, uint32_t partner,
                           uint64_t version)
{
        uint8_t from[5] = {0};
        struct qf_view key = {(const char *)from, sizeof(from)}, value;
        struct qf_standing standing;
        uint32_t count = 0;

        qf_put_be32(from, partner);
        for (bool more = sim_rows_seek(rows, key, false, &key, &value);
             more && key.len > sizeof(from) && memcmp(key.at, from, sizeof(from)) == 0;
             more = sim_rows_seek(rows, key, true, &key, &value)) {
                const struct qf_view standing_key = {key.at + 4, key.len - 4};
                SIM_PROBE("declared statement counted");
                count++;
                const int r = qf_standing_unpack(value, &standing);
                standing.partner = partner; /* said by the key alone */
                if (r != 0 || !sim_model_stands(history->model, standing_key, &standing, version)) {
                        sim_fail("counts at %llu: what stands under %.*s is not what the replay has",
                                 (unsigned long long)version, (int)standing_key.len - 2, standing_key.at + 2);
                        return;
                }
        }
        if (count != sim_model_declared(history->model, partner, version))
                sim_fail("counts at %llu: partner %u has %u statements of declared kinds, the replay has %u",
                         (unsigned long long)version, partner, count,
                         sim_model_declared(history->model, partner, version));
}

static void check_cells(const struct sim_history *history, const struct sim_rows *rows, uint64_t version)
{
        struct qf_view key = {0}, value;
        struct qf_counts sums = {{0}};
        uint32_t counted = 0;

        for (bool more = sim_rows_seek(rows, key, false, &key, &value); more;
             more = sim_rows_seek(rows, key, true, &key, &value)) {
                struct qf_cell_saved cells[QF_CELL_ROW_CELLS];
                struct qf_cell_row_key row;
                uint32_t count;
                if (qf_cell_row_key_unpack(key, &row) != 0 ||
                    qf_cell_row_unpack(row, value, cells, &count) != 0) {
                        sim_fail("counts at %llu: a row cannot be read", (unsigned long long)version);
                        return;
                }
                for (uint32_t i = 0; i < count; i++) {
                        if (!same_cell(history, "counts", cells[i].key, &cells[i].counts, version))
                                return;
                        counted += !sim_counts_are_zero(&cells[i].counts);
                        check_sums(history, &cells[i], &sums);
                }
        }
        if (counted != sim_model_cells(history->model, UINT16_MAX, version))
                sim_fail("counts at %llu: %u cells, the replay has %u", (unsigned long long)version, counted,
                         sim_model_cells(history->model, UINT16_MAX, version));
        if (sim_model_dimension(history->model, "org") != UINT16_MAX && !sim_counts_are_zero(&sums))
                sim_fail("counts at %llu: the organisations do not make the total",
                         (unsigned long long)version);
}

/* The history that has this very record at this position. */
static struct sim_history *history_with(uint64_t position, const uint8_t hash[32])
{
        struct sim_history *history = oracle.history;

        while (history && (history->last < position || memcmp(history->hashes[position - 1], hash, 32) != 0))
                history = history->older;
        return history;
}

/* What may be shown is what the counts' disk has the place of: whoever counts on from it notices another journal. */
static void note_place(const struct sim_directory *counts)
{
        struct qf_counts_past past;
        struct qf_view value;

        if (!sim_rows_get(&counts->tables[QF_COUNTS_META], QF_VIEW("past"), &value))
                return;
        if (qf_counts_past_unpack(value, &past) != 0) {
                sim_fail("the place of the counts cannot be read");
                return;
        }
        if (past.position == 0 || past.position == QF_COUNTS_LIVES_OVER)
                return;
        struct sim_history *history = history_with(past.position, past.hash);
        if (!history)
                sim_fail("counts may be shown at %llu, which is not in the journal on disk",
                         (unsigned long long)past.position);
        else if (history->noted < past.position)
                history->noted = past.position;
}

static void counts_committed(struct sim_directory *counts, void *ctx)
{
        struct qf_counts_meta meta;
        struct qf_view value;

        (void)ctx;
        note_place(counts);
        if (!sim_rows_get(&counts->tables[QF_COUNTS_META], QF_VIEW("m"), &value))
                return;
        if (qf_counts_meta_unpack(value, &meta) != 0) {
                sim_fail("the counts' meta row cannot be read");
                return;
        }
        if (meta.position == 0) /* nothing is counted yet */
                return;
        struct sim_history *history = history_with(meta.position, meta.hash);
        if (!history) {
                sim_fail("counts at %llu: they count what is not in the journal on disk",
                         (unsigned long long)meta.position);
                return;
        }
        if (history->counted < meta.position)
                history->counted = meta.position;
        check_cells(history, &counts->tables[QF_COUNTS_CELL], meta.position);
        for (uint32_t partner = 1; partner <= PARTNERS && !sim.violated; partner++)
                check_declared(history, &counts->tables[QF_COUNTS_REC], partner, meta.position);
        if (!sim.violated)
                sim_frozen_check(history, &counts->tables[QF_COUNTS_EDITION], meta.position);
}

/* --- what partners are told ------------------------------------------------------------------------------ */

static const struct sim_outbox *outbox_in(const struct sim_history *history, const uint8_t id[16])
{
        for (uint32_t i = 0; i < history->outboxes_count; i++)
                if (memcmp(history->outboxes[i].id, id, 16) == 0)
                        return &history->outboxes[i];
        return NULL;
}

static const struct sim_taken *taken_in(const struct sim_history *history, const uint8_t id[16],
                                        uint64_t number)
{
        const struct sim_outbox *outbox = outbox_in(history, id);

        return outbox && number >= 1 && number <= outbox->last ? &outbox->taken[number - 1] : NULL;
}

static const struct sim_taken *taken_of(const uint8_t id[16], uint64_t number)
{
        return taken_in(oracle.history, id, number);
}

/* What was said may have been on its way while a backup was put back: it was true when it was said, or of what was trimmed. */
static bool was_true(const uint8_t id[16], uint64_t number, uint64_t print, struct qf_verdict verdict)
{
        for (const struct sim_history *history = oracle.history->older; history; history = history->older) {
                const struct sim_taken *taken = taken_in(history, id, number);
                if (taken && !taken->lost &&
                    ((verdict.code == QF_N190_ARCHIVED && taken->position <= history->anchored) ||
                     (taken->print == print && taken->verdict.class == verdict.class &&
                      taken->verdict.code == verdict.code)))
                        return true;
        }
        return false;
}

static bool is_trimmed(const struct sim_taken *taken)
{
        return taken && taken->position < sim_first_record(&oracle.journal->tables[QF_TABLE_JOURNAL]);
}

/* Whether whoever has had these keys could speak in a record. */
static bool had_key(const struct sim_keys *keys, uint64_t position)
{
        const struct sim_span record = {position - 1, position};
        uint32_t i = 0;

        while (i < keys->count &&
               !sim_sources_key_stood(&oracle.history->sources, keys->at[i], record, sim_any_day))
                i++;
        return i < keys->count;
}

void sim_oracle_told(const uint8_t id[16], uint64_t number, uint64_t print, struct qf_verdict verdict,
                     const struct sim_keys *keys)
{
        struct sim_process *process = sim_step_aside();
        const struct sim_taken *taken = taken_of(id, number);

        if (verdict.code == QF_N190_ARCHIVED && is_trimmed(taken)) { /* it cannot be compared any more */
                SIM_PROBE("known number whose record was trimmed");
                sim_step_back(process);
                return;
        }
        bool right = taken && !taken->lost && taken->print == print &&
                     taken->verdict.class == verdict.class && taken->verdict.code == verdict.code;

        if (!right && was_true(id, number, print, verdict))
                SIM_PROBE("verdict from before a restore");
        else if (!taken || taken->lost)
                sim_fail("number %llu was acknowledged, the journal on disk does not have it",
                         (unsigned long long)number);
        else if (taken->print != print)
                sim_fail("number %llu was acknowledged, the journal has another event under it",
                         (unsigned long long)number);
        else if (!right)
                sim_fail("number %llu: told class %u code %u, the journal has class %u code %u",
                         (unsigned long long)number, verdict.class, verdict.code, taken->verdict.class,
                         taken->verdict.code);
        else if (!had_key(keys, taken->position))
                sim_fail("number %llu was taken at %llu with key %u, which no source has there",
                         (unsigned long long)number, (unsigned long long)taken->position, sim_keys_now(keys));
        if (oracle.told_count == oracle.told_room) {
                oracle.told_room = oracle.told_room ? oracle.told_room * 2 : 1024;
                oracle.told = sim_resize(oracle.told, oracle.told_room * sizeof(*oracle.told));
        }
        struct told *told = &oracle.told[oracle.told_count++];
        *told = (struct told){.number = number, .print = print, .verdict = verdict};
        memcpy(told->outbox, id, 16);
        sim_step_back(process);
}

void sim_oracle_finish(bool (*excused)(const uint8_t outbox[16], uint64_t number))
{
        sim_history_check_redacted(oracle.history, oracle.journal);
        if (sim_directory_beside(oracle.journal, ".redacted")->made)
                sim_fail("what a redaction was making, or what stood there before, is still there");
        for (uint64_t i = 0; i < oracle.told_count && !sim.violated; i++) {
                const struct told *told = &oracle.told[i];
                const struct sim_taken *taken = taken_of(told->outbox, told->number);
                if ((taken && (taken->lost || taken->print == told->print)) ||
                    excused(told->outbox, told->number))
                        continue;
                sim_fail("number %llu of outbox %02x%02x… was acknowledged once; now the journal %s",
                         (unsigned long long)told->number, told->outbox[0], told->outbox[1],
                         taken ? "has another event under it" : "does not have it, and nobody says so");
        }
}

/* --- keys ------------------------------------------------------------------------------------------------------ */

static const struct sim_span now = {UINT64_MAX, UINT64_MAX}; /* the registers as they are */

/* By all clocks that the office has had. */
static struct sim_span days_since(int64_t since_ns)
{
        const struct sim_machine *machine = oracle.journal->machine;

        return sim_days(sim_wall_ms(since_ns) + machine->wall_least_ms,
                        sim_wall_ms(sim.now_ns) + machine->wall_most_ms);
}

static bool key_stands(uint32_t key, struct sim_span days)
{
        return sim_sources_key_stood(&oracle.history->sources, key, now, days);
}

bool sim_oracle_key_stands(uint32_t key)
{
        return key_stands(key, sim_days(sim_wall_ms(sim.now_ns), sim_wall_ms(sim.now_ns)));
}

bool sim_oracle_key_is_dated(uint32_t key)
{
        return !sim_oracle_key_stands(key) && key_stands(key, sim_any_day);
}

bool sim_oracle_key_comes(uint32_t key)
{
        const int64_t tomorrow_ms = sim_wall_ms(sim.now_ns) + SIM_DAY_MS;

        return !sim_oracle_key_stands(key) && key_stands(key, sim_days(tomorrow_ms, tomorrow_ms));
}

/* --- what readers see ------------------------------------------------------------------------------------------ */

static bool knows(const struct sim_history *history, const uint8_t epoch[16], uint64_t version)
{
        for (uint32_t i = 0; i < history->lives_count; i++)
                if (memcmp(history->lives[i].epoch, epoch, 16) == 0)
                        return history->noted >= version &&
                               (i + 1 == history->lives_count || version < history->lives[i + 1].begins);
        return false;
}

/* Whether the picture is what this history was at the version; says how it is not. */
static bool is_shown(const struct sim_history *history, uint64_t version, const struct qf_picture *picture,
                     const char *code)
{
        uint16_t dimension = code ? sim_model_dimension(history->model, code) : UINT16_MAX;
        uint32_t counted = 0, right = sim_model_cells(history->model, dimension, version);

        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i);
                if (!same_cell(history, "reader", cell->key, &cell->counts, version))
                        return false;
                counted += !sim_counts_are_zero(&cell->counts);
        }
        if (code && dimension == UINT16_MAX)
                right = 0;
        if (counted != right && !oracle.quiet)
                sim_fail("reader at %llu: %u cells, the replay has %u", (unsigned long long)version, counted,
                         right);
        return counted == right;
}

static struct shown *shown_of(const uint8_t epoch[16])
{
        struct shown *shown = oracle.shown;

        while (shown->history && memcmp(shown->epoch, epoch, 16) != 0)
                shown++;
        QF_ASSERT(shown < oracle.shown + EPOCHS - 1);
        memcpy(shown->epoch, epoch, 16);
        return shown;
}

/* Whether a version of a history is of the one that was shown so far; both have the record that the older picture is of. */
static bool is_same_history(const struct shown *shown, const struct sim_history *history, uint64_t version)
{
        uint64_t older = shown->version < version ? shown->version : version;

        return !shown->history || shown->history == history || older == 0 ||
               memcmp(shown->history->hashes[older - 1], history->hashes[older - 1], 32) == 0;
}

static void note_shown(struct shown *shown, const struct sim_history *history, uint64_t version)
{
        if (shown->history && version <= shown->version)
                return;
        shown->history = history;
        shown->version = version;
}

/* One life may have two histories, when its journal was copied back. Only one of them may ever be shown.
 *
 * Keys are judged by the registers that reporting has heard of (PROTOCOL 1: "with every message, and whenever registers
 * change"), and those come before the rest of their version (7.3): so a key may be shown what was before it was given,
 * as it may ask for that at once, but nothing behind what took it away. Neither may be further than what may be shown. */
void sim_oracle_shown(uint32_t key, int64_t since_ns, const uint8_t epoch[16], uint64_t version,
                      const struct qf_picture *picture, const char *code)
{
        struct sim_process *process = sim_step_aside();
        struct shown *shown = shown_of(epoch);
        const struct sim_history *newest = NULL, *right = NULL, *same = NULL;

        oracle.quiet = true;
        for (const struct sim_history *history = oracle.history; history && !same; history = history->older)
                if (knows(history, epoch, version)) {
                        newest = newest ? newest : history;
                        right = is_shown(history, version, picture, code) ? history : right;
                        same = right == history && is_same_history(shown, history, version) ? history : NULL;
                }
        oracle.quiet = false;
        if (!newest)
                sim_fail(
                        "a reader shows version %llu, whose place was never on the disk of the counts in its epoch",
                        (unsigned long long)version);
        else if (!right)
                (void)is_shown(newest, version, picture, code);
        else if (!same)
                sim_fail("a reader shows version %llu of another history than its epoch had at version %llu",
                         (unsigned long long)version, (unsigned long long)shown->version);
        else if (version &&
                 !sim_sources_key_stood(&same->sources, key, (struct sim_span){version, same->noted},
                                        days_since(since_ns)))
                sim_fail("version %llu is shown to key %u, which no source has there, or was given since",
                         (unsigned long long)version, key);
        else
                note_shown(shown, same, version);
        sim_step_back(process);
}

static bool is_noted(const uint8_t epoch[16], uint64_t version)
{
        const struct sim_history *history = oracle.history;

        while (history && !knows(history, epoch, version))
                history = history->older;
        return history != NULL;
}

bool sim_oracle_is_published(const struct sim_published *published)
{
        for (const struct sim_history *history = oracle.history; history; history = history->older)
                if (knows(history, published->epoch, published->version) &&
                    sim_is_published(history, published))
                        return true;
        return false;
}

void sim_oracle_published(const struct sim_published *published)
{
        if (sim_oracle_is_published(published))
                return;
        if (!is_noted(published->epoch, published->version))
                sim_fail(
                        "a topic is of version %llu, whose place was never on the disk of the counts in its epoch",
                        (unsigned long long)published->version);
        else
                sim_fail("a topic at %llu: %.*s %.*s %u is %lld, the replay has another",
                         (unsigned long long)published->version, (int)published->dimension.len,
                         published->dimension.at, (int)published->member.len, published->member.at,
                         published->period, (long long)published->value);
}

void sim_oracle_unpublished(const struct sim_published *topics, const char *period)
{
        for (const struct sim_history *history = oracle.history; history; history = history->older)
                if (knows(history, topics->epoch, topics->version) &&
                    sim_is_unpublished(history, topics, period))
                        return;
        sim_fail("nothing is said of %.*s %.*s %s at %llu, the replay has it, or was never there",
                 (int)topics->dimension.len, topics->dimension.at, (int)topics->member.len, topics->member.at,
                 period, (unsigned long long)topics->version);
}

uint64_t sim_oracle_taken_at(const uint8_t outbox[16], uint64_t number)
{
        const struct sim_taken *taken = taken_of(outbox, number);

        return taken ? taken->position : 0;
}

uint64_t sim_oracle_journal_last(void)
{
        return oracle.history->last;
}

uint32_t sim_oracle_life(void)
{
        return oracle.history->life_number;
}

uint64_t sim_oracle_counted(void)
{
        return oracle.history->counted;
}

const uint8_t *sim_oracle_epoch(void)
{
        static const uint8_t none[16];
        const struct sim_history *history = oracle.history;

        return history->lives_count ? history->lives[history->lives_count - 1].epoch : none;
}

const char *sim_oracle_noted(void)
{
        const struct sim_history *history = oracle.history;

        return history->noted_count ? history->noted_texts[history->noted_count - 1].key : NULL;
}

/* --- a seed ------------------------------------------------------------------------------------------------------- */

void sim_oracle_begin(struct sim_directory *journal, const struct sim_directory *archive,
                      struct sim_directory *counts)
{
        oracle.journal = journal;
        oracle.archive = archive;
        oracle.first = 0;
        oracle.counts = counts;
        journal->committed = journal_committed;
        counts->committed = counts_committed;
        oracle.history = sim_history_new(oracle.history);
}

void sim_oracle_end(void)
{
        while (oracle.history)
                oracle.history = sim_history_free(oracle.history);
        sim_free(oracle.told);
        oracle.told = NULL;
        oracle.told_count = oracle.told_room = 0;
        memset(oracle.shown, 0, sizeof(oracle.shown));
        sim_frozen_end();
}
