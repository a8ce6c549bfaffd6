/* Why: see oracle.h. A history is what one journal said, record by record; when the
 * journal on disk is no longer the one it was (a backup was put back), another
 * history begins, and the old one stays for those who still show it. */
#include "simulation/oracle.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "simulation/model.h"
#include "simulation/prints.h"
#include "store/counts_tables.h"
#include "store/journal_tables.h"
#include "store/record.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum { PARTNERS = 4, OUTBOXES = 64, LIVES = 32, EPOCHS = 256, HASH_AT = 96 };

struct taken { /* a number of an outbox, as the journal has it */
        uint64_t print;
        struct qf_verdict verdict;
        bool lost; /* skipped: a human said so */
};

struct outbox {
        uint8_t id[16];
        bool sealed;
        uint64_t last, room;
        struct taken *taken; /* by number - 1 */
};

struct history {
        struct history *older;
        struct sim_model *model;
        struct {
                uint64_t begins;
                uint8_t epoch[16];
        } lives[LIVES];
        uint32_t lives_count, life_number;
        uint64_t last, room, counted, events;
        int64_t received_at_ms;
        uint8_t (*hashes)[32];            /* by position - 1 */
        struct outbox outboxes[OUTBOXES]; /* by ref - 1 */
        uint32_t outboxes_count;
};

struct told {
        uint8_t outbox[16];
        uint64_t number, print;
        struct qf_verdict verdict;
};

static struct {
        struct sim_directory *journal, *counts;
        struct history *history;
        struct qf_arena *arena;
        struct qf_sha256 *sha;
        struct told *told;
        uint64_t told_count, told_room;
        struct shown {
                uint8_t epoch[16];
                const struct history *history;
                uint64_t version;
        } shown[EPOCHS]; /* the furthest picture that anybody had of an epoch */
        bool quiet;      /* a difference is not said: another history may have it */
} oracle;

/* --- reading the journal ------------------------------------------------------------------------ */

static void begin_life(struct history *history, const struct qf_control *control, uint64_t position)
{
        uint8_t hash[32], rules[4];

        qf_put_le32(rules, QF_COUNTING_RULES);
        qf_sha256_begin(oracle.sha);
        qf_sha256_add(oracle.sha, "qf-epoch-1", 10);
        qf_sha256_add(oracle.sha, control->nonce, sizeof(control->nonce));
        qf_sha256_add(oracle.sha, rules, sizeof(rules));
        qf_sha256_end(oracle.sha, hash);
        if (history->lives_count == LIVES || control->number <= history->life_number) {
                sim_fail("journal %llu: life %u out of turn", (unsigned long long)position, control->number);
                return;
        }
        for (const struct history *older = history->older; older && position > 1; older = older->older)
                if (older->life_number == control->number &&
                    memcmp(older->lives[older->lives_count - 1].epoch, hash, 16) != 0)
                        SIM_PROBE("life number taken twice");
        history->life_number = control->number;
        history->lives[history->lives_count].begins = position;
        memcpy(history->lives[history->lives_count++].epoch, hash, 16);
}

static void take_number(struct outbox *outbox, struct taken taken)
{
        if (outbox->last == outbox->room) {
                outbox->room = outbox->room ? outbox->room * 2 : 64;
                outbox->taken = sim_resize(outbox->taken, outbox->room * sizeof(*outbox->taken));
        }
        outbox->taken[outbox->last++] = taken;
}

static struct outbox *outbox_of_ref(struct history *history, uint32_t ref)
{
        if (ref >= 1 && ref <= history->outboxes_count)
                return &history->outboxes[ref - 1];
        sim_fail("journal %llu: an entry of an outbox that has no name",
                 (unsigned long long)history->last + 1);
        return NULL;
}

static void take_batch(struct history *history, const struct qf_entry *entry, uint64_t position)
{
        struct qf_batch batch = {0};
        struct qf_wire_fault fault;
        struct outbox *outbox = outbox_of_ref(history, entry->outbox);

        qf_arena_reset(oracle.arena);
        if (!outbox)
                return;
        if (qf_body_decode(oracle.arena, entry->facts, entry->texts, entry->count, &batch, &fault) != 0) {
                sim_fail("journal %llu: a body cannot be decoded", (unsigned long long)position);
                return;
        }
        if (outbox->sealed)
                sim_fail("journal %llu: outbox %u goes on behind its seal", (unsigned long long)position,
                         entry->outbox);
        if (entry->first + entry->skip != outbox->last + 1) {
                sim_fail("journal %llu: number %llu of outbox %u follows number %llu: not once each",
                         (unsigned long long)position, (unsigned long long)(entry->first + entry->skip),
                         entry->outbox, (unsigned long long)outbox->last);
                return;
        }
        for (uint32_t i = entry->skip; i < entry->count; i++) {
                struct qf_verdict verdict = qf_entry_verdict(entry, i);
                const struct qf_event *event = &batch.events[i];
                take_number(outbox, (struct taken){sim_print_decoded(&batch, event), verdict, false});
                sim_model_take(history->model, &batch, event, verdict, entry->partner, position);
                history->events++;
        }
}

static void take_control(struct history *history, const struct qf_entry *entry, uint64_t position)
{
        struct qf_control control;
        struct qf_wire_fault fault;
        struct outbox *outbox;

        qf_arena_reset(oracle.arena);
        if (qf_control_decode(oracle.arena, entry->facts, &control, &fault) != 0) {
                sim_fail("journal %llu: a control entry cannot be decoded", (unsigned long long)position);
                return;
        }
        switch (control.what) {
        case QF_CONTROL_LIFE: begin_life(history, &control, position); break;
        case QF_CONTROL_OUTBOX:
                if (control.number != history->outboxes_count + 1 || control.number > OUTBOXES) {
                        sim_fail("journal %llu: outbox %u named out of turn", (unsigned long long)position,
                                 control.number);
                        return;
                }
                memcpy(history->outboxes[history->outboxes_count++].id, control.nonce, 16);
                break;
        case QF_CONTROL_SKIPPED:
                outbox = outbox_of_ref(history, entry->outbox);
                if (outbox && control.first != outbox->last + 1)
                        sim_fail("journal %llu: a Skip that is not at the end", (unsigned long long)position);
                while (outbox && outbox->last < control.through)
                        take_number(outbox, (struct taken){.lost = true});
                break;
        case QF_CONTROL_SEALED:
                outbox = outbox_of_ref(history, entry->outbox);
                if (outbox)
                        outbox->sealed = true;
                break;
        case QF_CONTROL_OFFICE:
        case QF_CONTROL_CLOCK:
        case QF_CONTROL_ANCHOR: break;
        }
}

/* One chain, no hole, time that never goes back, events that add up. */
static bool check_head(const struct history *history, const struct qf_record_head *head)
{
        static const uint8_t nothing[32];
        const uint8_t *previous = history->last ? history->hashes[history->last - 1] : nothing;

        if (head->position != history->last + 1 || memcmp(head->previous, previous, 32) != 0) {
                sim_fail("journal %llu: the chain is broken", (unsigned long long)history->last + 1);
                return false;
        }
        if (head->events_before != history->events || head->received_at_ms < history->received_at_ms) {
                sim_fail("journal %llu: events or time do not add up", (unsigned long long)head->position);
                return false;
        }
        return true;
}

static void take_record(struct history *history, struct qf_view record)
{
        struct qf_record_head head;
        struct qf_entry entry;
        size_t offset = 0;

        if (qf_record_open(record, oracle.sha, &head) != 0) {
                sim_fail("journal %llu: the record does not check", (unsigned long long)history->last + 1);
                return;
        }
        if (!check_head(history, &head))
                return;
        history->received_at_ms = head.received_at_ms;
        while (!sim.violated && qf_record_next(record, &offset, &entry)) {
                if (entry.kind == QF_ENTRY_BATCH)
                        take_batch(history, &entry, head.position);
                else
                        take_control(history, &entry, head.position);
        }
        if (history->last == history->room) {
                history->room = history->room ? history->room * 2 : 256;
                history->hashes = sim_resize(history->hashes, history->room * sizeof(*history->hashes));
        }
        memcpy(history->hashes[history->last++], head.hash, 32);
}

static bool is_still_there(const struct history *history, const struct sim_directory *journal)
{
        struct qf_view record;
        uint8_t key[8];

        if (history->last == 0)
                return true;
        qf_put_be64(key, history->last);
        return sim_rows_get(&journal->tables[QF_TABLE_JOURNAL], (struct qf_view){(char *)key, 8}, &record) &&
               memcmp(record.at + HASH_AT, history->hashes[history->last - 1], 32) == 0;
}

static void begin_history(void)
{
        struct history *history = sim_new(sizeof(*history));

        history->model = sim_model_new();
        history->older = oracle.history;
        oracle.history = history;
}

static void journal_committed(struct sim_directory *journal, void *ctx)
{
        (void)ctx;
        if (!is_still_there(oracle.history, journal))
                begin_history();
        for (;;) {
                struct qf_view record;
                uint8_t key[8];
                qf_put_be64(key, oracle.history->last + 1);
                if (sim.violated || !sim_rows_get(&journal->tables[QF_TABLE_JOURNAL],
                                                  (struct qf_view){(char *)key, 8}, &record))
                        return;
                take_record(oracle.history, record);
        }
}

/* --- the counts on disk ------------------------------------------------------------------------------ */

static const char *const measures[] = {"records", "activities", "attendances", "records unknown",
                                       "activities unknown"};

static bool same_cell(const struct history *history, const char *who, struct qf_cell_key key,
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

static bool is_zero(const struct qf_counts *counts)
{
        static const struct qf_counts zero;

        return memcmp(counts, &zero, sizeof(zero)) == 0;
}

/* In a dimension with one value the members and "not stated" make the total, in every period. */
static void check_sums(const struct history *history, const struct qf_cell_saved *cell,
                       struct qf_counts *sums)
{
        if (cell->key.dimension == 0)
                (void)!qf_counts_add(sums, &cell->counts, 1);
        else if (cell->key.dimension == sim_model_dimension(history->model, "org"))
                (void)!qf_counts_add(sums, &cell->counts, -1);
}

/* Statements of declared kinds, which have no cells: what stands of each partner, behind two bytes that no other key has. */
static void check_declared(const struct history *history, const struct sim_rows *rows, uint32_t partner,
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

static void check_cells(const struct history *history, const struct sim_rows *rows, uint64_t version)
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
                        counted += !is_zero(&cells[i].counts);
                        check_sums(history, &cells[i], &sums);
                }
        }
        if (counted != sim_model_cells(history->model, UINT16_MAX, version))
                sim_fail("counts at %llu: %u cells, the replay has %u", (unsigned long long)version, counted,
                         sim_model_cells(history->model, UINT16_MAX, version));
        if (sim_model_dimension(history->model, "org") != UINT16_MAX && !is_zero(&sums))
                sim_fail("counts at %llu: the organisations do not make the total",
                         (unsigned long long)version);
}

/* The history that has this very record at this position. */
static struct history *history_with(uint64_t position, const uint8_t hash[32])
{
        struct history *history = oracle.history;

        while (history && (history->last < position || memcmp(history->hashes[position - 1], hash, 32) != 0))
                history = history->older;
        return history;
}

static void counts_committed(struct sim_directory *counts, void *ctx)
{
        struct qf_counts_meta meta;
        struct qf_view value;

        (void)ctx;
        if (!sim_rows_get(&counts->tables[QF_COUNTS_META], QF_VIEW("m"), &value))
                return;
        if (qf_counts_meta_unpack(value, &meta) != 0) {
                sim_fail("the counts' meta row cannot be read");
                return;
        }
        if (meta.position == 0) /* nothing is counted yet */
                return;
        struct history *history = history_with(meta.position, meta.hash);
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
}

/* --- what partners are told ------------------------------------------------------------------------------ */

static const struct outbox *outbox_in(const struct history *history, const uint8_t id[16])
{
        for (uint32_t i = 0; i < history->outboxes_count; i++)
                if (memcmp(history->outboxes[i].id, id, 16) == 0)
                        return &history->outboxes[i];
        return NULL;
}

static const struct taken *taken_in(const struct history *history, const uint8_t id[16], uint64_t number)
{
        const struct outbox *outbox = outbox_in(history, id);

        return outbox && number >= 1 && number <= outbox->last ? &outbox->taken[number - 1] : NULL;
}

static const struct taken *taken_of(const uint8_t id[16], uint64_t number)
{
        return taken_in(oracle.history, id, number);
}

bool sim_oracle_has(const uint8_t id[16], uint64_t number)
{
        return taken_of(id, number) != NULL;
}

bool sim_oracle_is_sealed(const uint8_t id[16])
{
        const struct outbox *outbox = outbox_in(oracle.history, id);

        return outbox && outbox->sealed;
}

/* What was said may have been on its way while a backup was put back: it was true when it was said. */
static bool was_true(const uint8_t id[16], uint64_t number, uint64_t print, struct qf_verdict verdict)
{
        for (const struct history *history = oracle.history->older; history; history = history->older) {
                const struct taken *taken = taken_in(history, id, number);
                if (taken && !taken->lost && taken->print == print && taken->verdict.class == verdict.class &&
                    taken->verdict.code == verdict.code)
                        return true;
        }
        return false;
}

void sim_oracle_told(const uint8_t id[16], uint64_t number, uint64_t print, struct qf_verdict verdict)
{
        struct sim_process *process = sim_step_aside();
        const struct taken *taken = taken_of(id, number);

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
        for (uint64_t i = 0; i < oracle.told_count && !sim.violated; i++) {
                const struct told *told = &oracle.told[i];
                const struct taken *taken = taken_of(told->outbox, told->number);
                if ((taken && (taken->lost || taken->print == told->print)) ||
                    excused(told->outbox, told->number))
                        continue;
                sim_fail("number %llu of outbox %02x%02x… was acknowledged once; now the journal %s",
                         (unsigned long long)told->number, told->outbox[0], told->outbox[1],
                         taken ? "has another event under it" : "does not have it, and nobody says so");
        }
}

/* --- what readers see ------------------------------------------------------------------------------------------ */

static bool knows(const struct history *history, const uint8_t epoch[16], uint64_t version)
{
        for (uint32_t i = 0; i < history->lives_count; i++)
                if (memcmp(history->lives[i].epoch, epoch, 16) == 0)
                        return history->counted >= version &&
                               (i + 1 == history->lives_count || version < history->lives[i + 1].begins);
        return false;
}

/* Whether the picture is what this history was at the version; says how it is not. */
static bool is_shown(const struct history *history, uint64_t version, const struct qf_picture *picture,
                     const char *code)
{
        uint16_t dimension = code ? sim_model_dimension(history->model, code) : UINT16_MAX;
        uint32_t counted = 0, right = sim_model_cells(history->model, dimension, version);

        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i);
                if (!same_cell(history, "reader", cell->key, &cell->counts, version))
                        return false;
                counted += !is_zero(&cell->counts);
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
static bool is_same_history(const struct shown *shown, const struct history *history, uint64_t version)
{
        uint64_t older = shown->version < version ? shown->version : version;

        return !shown->history || shown->history == history || older == 0 ||
               memcmp(shown->history->hashes[older - 1], history->hashes[older - 1], 32) == 0;
}

/* One life may have two histories, when its journal was copied back. Only one of them may ever be shown. */
void sim_oracle_shown(const uint8_t epoch[16], uint64_t version, const struct qf_picture *picture,
                      const char *code)
{
        struct sim_process *process = sim_step_aside();
        struct shown *shown = shown_of(epoch);
        const struct history *newest = NULL, *right = NULL, *same = NULL;

        oracle.quiet = true;
        for (const struct history *history = oracle.history; history && !same; history = history->older)
                if (knows(history, epoch, version)) {
                        newest = newest ? newest : history;
                        right = is_shown(history, version, picture, code) ? history : right;
                        same = right == history && is_same_history(shown, history, version) ? history : NULL;
                }
        oracle.quiet = false;
        if (!newest)
                sim_fail("a reader shows version %llu, which was never counted on disk in its epoch",
                         (unsigned long long)version);
        else if (!right)
                (void)is_shown(newest, version, picture, code);
        else if (!same)
                sim_fail("a reader shows version %llu of another history than its epoch had at version %llu",
                         (unsigned long long)version, (unsigned long long)shown->version);
        else if (!shown->history || version > shown->version) {
                shown->history = same;
                shown->version = version;
        }
        sim_step_back(process);
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
        const struct history *history = oracle.history;

        return history->lives_count ? history->lives[history->lives_count - 1].epoch : none;
}

uint64_t sim_oracle_events(void)
{
        return oracle.history->events;
}

/* --- a seed ------------------------------------------------------------------------------------------------------- */

void sim_oracle_begin(struct sim_directory *journal, struct sim_directory *counts)
{
        if (qf_arena_new(QF_DECODE_ARENA_BYTES, &oracle.arena) != 0 || qf_sha256_new(&oracle.sha) != 0)
                abort();
        oracle.journal = journal;
        oracle.counts = counts;
        journal->committed = journal_committed;
        counts->committed = counts_committed;
        begin_history();
}

void sim_oracle_end(void)
{
        while (oracle.history) {
                struct history *older = oracle.history->older;
                for (uint32_t i = 0; i < OUTBOXES; i++)
                        sim_free(oracle.history->outboxes[i].taken);
                sim_free(oracle.history->hashes);
                sim_model_free(oracle.history->model);
                sim_free(oracle.history);
                oracle.history = older;
        }
        sim_free(oracle.told);
        oracle.told = NULL;
        oracle.told_count = oracle.told_room = 0;
        memset(oracle.shown, 0, sizeof(oracle.shown));
        oracle.arena = qf_arena_free(oracle.arena);
        oracle.sha = qf_sha256_free(oracle.sha);
}
