/* Why: see history.h; written from PROTOCOL.md, and not from the code that it checks. */
#include "simulation/history.h"

#include <stdlib.h>
#include <string.h>

#include "simulation/prints.h"
#include "store/counts_tables.h"
#include "store/journal_tables.h"
#include "store/record.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum {
        HASH_AT = 96,
        OFFICE = 1,            /* its source */
        CLOCKS_APART_MS = 5000 /* a clock is set back a little while a record is made */
};

struct sim_history *sim_history_new(struct sim_history *older)
{
        struct sim_history *history = sim_new(sizeof(*history));

        if (qf_arena_new(QF_DECODE_ARENA_BYTES, &history->arena) != 0 || qf_sha256_new(&history->sha) != 0)
                abort();
        history->model = sim_model_new();
        history->older = older;
        return history;
}

struct sim_history *sim_history_free(struct sim_history *history)
{
        struct sim_history *older = history->older;

        for (uint32_t i = 0; i < SIM_OUTBOXES; i++)
                sim_free(history->outboxes[i].taken);
        sim_free(history->hashes);
        sim_free(history->noted_texts);
        (void)sim_model_free(history->model);
        (void)qf_arena_free(history->arena);
        (void)qf_sha256_free(history->sha);
        sim_free(history);
        return older;
}

static void begin_life(struct sim_history *history, const struct qf_control *control, uint64_t position)
{
        uint8_t hash[32], rules[4];

        qf_put_le32(rules, QF_COUNTING_RULES);
        qf_sha256_begin(history->sha);
        qf_sha256_add(history->sha, "qf-epoch-1", 10);
        qf_sha256_add(history->sha, control->nonce, sizeof(control->nonce));
        qf_sha256_add(history->sha, rules, sizeof(rules));
        qf_sha256_end(history->sha, hash);
        if (history->lives_count == SIM_LIVES || control->number <= history->life_number) {
                sim_fail("journal %llu: life %u out of turn", (unsigned long long)position, control->number);
                return;
        }
        for (const struct sim_history *older = history->older; older && position > 1; older = older->older)
                if (older->life_number == control->number &&
                    memcmp(older->lives[older->lives_count - 1].epoch, hash, 16) != 0)
                        SIM_PROBE("life number taken twice");
        history->life_number = control->number;
        history->lives[history->lives_count].begins = position;
        memcpy(history->lives[history->lives_count++].epoch, hash, 16);
}

static void take_number(struct sim_outbox *outbox, struct sim_taken taken)
{
        if (outbox->last == outbox->room) {
                outbox->room = outbox->room ? outbox->room * 2 : 64;
                outbox->taken = sim_resize(outbox->taken, outbox->room * sizeof(*outbox->taken));
        }
        outbox->taken[outbox->last++] = taken;
}

static struct sim_outbox *outbox_of_ref(struct sim_history *history, uint32_t ref)
{
        if (ref >= 1 && ref <= history->outboxes_count)
                return &history->outboxes[ref - 1];
        sim_fail("journal %llu: an entry of an outbox that has no name",
                 (unsigned long long)history->last + 1);
        return NULL;
}

/* --- free text ------------------------------------------------------------------------------------- */

static void note_text(struct sim_history *history, struct sim_noted about, const struct qf_event *event)
{
        const struct qf_words *words = event->words;

        if (!words || words->note.len == 0)
                return;
        if (history->noted_count == history->noted_room) {
                history->noted_room = history->noted_room ? history->noted_room * 2 : 64;
                history->noted_texts =
                        sim_resize(history->noted_texts, history->noted_room * sizeof(*history->noted_texts));
        }
        QF_ASSERT(words->note.len < SIM_NOTED && event->key.len < SIM_NOTED);
        memcpy(about.key, event->key.at, event->key.len);
        memcpy(about.note, words->note.at, words->note.len);
        history->noted_texts[history->noted_count++] = about;
}

static void redact_text(struct sim_history *history, const struct qf_control *control)
{
        history->redacted++;
        for (uint32_t i = 0; i < history->noted_count; i++) {
                struct sim_noted *noted = &history->noted_texts[i];
                if (noted->position == control->position && noted->entry == control->entry &&
                    noted->at == control->redacted.at)
                        noted->redacted = true;
        }
}

static bool holds(struct qf_view record, const char *text)
{
        const size_t len = strlen(text);

        for (size_t i = 0; i + len <= record.len; i++)
                if (record.at[i] == text[0] && memcmp(record.at + i, text, len) == 0)
                        return true;
        return false;
}

void sim_history_check_redacted(const struct sim_history *history, const struct sim_directory *journal)
{
        struct qf_view record;
        uint8_t key[8];

        for (uint32_t i = 0; i < history->noted_count && !sim.violated; i++) {
                const struct sim_noted *noted = &history->noted_texts[i];
                qf_put_be64(key, noted->position);
                if (noted->redacted &&
                    sim_rows_get(&journal->tables[QF_TABLE_JOURNAL], (struct qf_view){(char *)key, 8},
                                 &record) &&
                    holds(record, noted->note))
                        sim_fail("journal %llu: it has \"%s\", which it says was redacted",
                                 (unsigned long long)noted->position, noted->note);
        }
}

/* --- who says it ---------------------------------------------------------------------------------- */

/* Whoever speaks has a key that is valid on a day when the record was made; and what it says is of records of its own
 * organisation, or, said by the office for a partner, of that partner's. */
static void check_sender(const struct sim_history *history, const struct qf_entry *entry,
                         const struct qf_batch *batch, uint64_t position)
{
        const struct sim_source *source = sim_sources_at(&history->sources, entry->source);
        struct qf_view records = batch->partner;

        if (!source || !sim_source_has_key(source, sim_days(history->received_at_ms - CLOCKS_APART_MS,
                                                            history->received_at_ms + CLOCKS_APART_MS))) {
                sim_fail("journal %llu: source %u is heard, which has no key then",
                         (unsigned long long)position, entry->source);
                return;
        }
        if (entry->source > OFFICE)
                records = qf_view_of(source->org);
        if (sim_sources_partner(&history->sources, records) != entry->partner)
                sim_fail("journal %llu: of records of %.*s, taken as of partner %u",
                         (unsigned long long)position, (int)records.len, records.at, entry->partner);
}

/* Whether an event names another organisation than a source's. All of them stand beside each other. */
static bool is_of_another(const struct sim_source *source, const struct qf_batch *batch,
                          const struct qf_event *event)
{
        for (uint32_t i = 0; i < event->values_count; i++) {
                const struct qf_value *value = &batch->values[event->values_first + i];
                if (qf_view_same(batch->dimensions[value->dimension_at], QF_VIEW("org")) &&
                    !qf_view_same(batch->texts[value->member_at], qf_view_of(source->org)))
                        return true;
        }
        return false;
}

/* What only the office may say, or only another partner, is said with another key: it is refused, and nothing of it counts. */
static void check_claim(const struct sim_source *source, const struct qf_batch *batch,
                        const struct qf_event *event, struct qf_verdict verdict, uint64_t position)
{
        const bool named = batch->partner.len > 0, registers = event->registered != NULL;

        if (verdict.code == QF_E103_NOT_YOURS)
                SIM_PROBE("records of another partner refused");
        if (named)
                SIM_PROBE("source said that it speaks for a partner");
        if (registers)
                SIM_PROBE("source brought a register");
        if ((named || registers) && verdict.class != QF_REJECTED)
                sim_fail("journal %llu: %s says what only the office may, and is not refused",
                         (unsigned long long)position, source->code);
        else if (qf_verdict_counts(verdict) && is_of_another(source, batch, event))
                sim_fail("journal %llu: %s states a record of another organisation, and it counts",
                         (unsigned long long)position, source->code);
}

static void take_batch(struct sim_history *history, const struct qf_entry *entry, uint32_t number,
                       uint64_t position)
{
        struct qf_batch batch = {0};
        struct qf_wire_fault fault;
        struct sim_outbox *outbox = outbox_of_ref(history, entry->outbox);

        qf_arena_reset(history->arena);
        if (!outbox)
                return;
        if (qf_body_decode(history->arena, entry->facts, entry->texts, entry->count, &batch, &fault) != 0) {
                sim_fail("journal %llu: a body cannot be decoded", (unsigned long long)position);
                return;
        }
        check_sender(history, entry, &batch, position);
        if (outbox->sealed)
                sim_fail("journal %llu: outbox %u goes on behind its seal", (unsigned long long)position,
                         entry->outbox);
        if (entry->first + entry->skip != outbox->last + 1) {
                sim_fail("journal %llu: number %llu of outbox %u follows number %llu: not once each",
                         (unsigned long long)position, (unsigned long long)(entry->first + entry->skip),
                         entry->outbox, (unsigned long long)outbox->last);
                return;
        }
        for (uint32_t i = 0; i < entry->count; i++) /* those that were known lie here once more */
                note_text(history, (struct sim_noted){.position = position, .entry = number, .at = i},
                          &batch.events[i]);
        for (uint32_t i = entry->skip; i < entry->count; i++) {
                struct qf_verdict verdict = qf_entry_verdict(entry, i);
                const struct qf_event *event = &batch.events[i];
                if (entry->source > OFFICE && !sim.violated)
                        check_claim(&history->sources.of[entry->source - 1], &batch, event, verdict,
                                    position);
                if (verdict.code == QF_Q210_MERGED_AWAY && batch.partner.len == 0)
                        SIM_PROBE("partner met a merge");
                take_number(outbox,
                            (struct sim_taken){sim_print_decoded(&batch, event), verdict, false, position});
                sim_model_take(history->model, &batch, event, verdict, entry->partner, position);
                if (event->kind == QF_KIND_SOURCE && qf_verdict_counts(verdict))
                        sim_sources_take(&history->sources, event->registered, position);
                history->events++;
        }
}

/* Ids are random: one that another source has, too, is of a copy, whose events would be taken once more. */
static void name_outbox(struct sim_history *history, const struct qf_control *control, uint64_t position)
{
        if (control->number != history->outboxes_count + 1 || control->number > SIM_OUTBOXES) {
                sim_fail("journal %llu: outbox %u named out of turn", (unsigned long long)position,
                         control->number);
                return;
        }
        for (uint32_t i = 0; i < history->outboxes_count; i++)
                if (memcmp(history->outboxes[i].id, control->nonce, 16) == 0)
                        sim_fail("journal %llu: outbox %u is outbox %u once more",
                                 (unsigned long long)position, control->number, i + 1);
        memcpy(history->outboxes[history->outboxes_count++].id, control->nonce, 16);
}

static void take_control(struct sim_history *history, const struct qf_entry *entry, uint64_t position)
{
        struct qf_control control;
        struct qf_wire_fault fault;
        struct sim_outbox *outbox;

        qf_arena_reset(history->arena);
        if (qf_control_decode(history->arena, entry->facts, &control, &fault) != 0) {
                sim_fail("journal %llu: a control entry cannot be decoded", (unsigned long long)position);
                return;
        }
        switch (control.what) {
        case QF_CONTROL_LIFE: begin_life(history, &control, position); break;
        case QF_CONTROL_OUTBOX: name_outbox(history, &control, position); break;
        case QF_CONTROL_SKIPPED:
                outbox = outbox_of_ref(history, entry->outbox);
                if (outbox && control.first != outbox->last + 1)
                        sim_fail("journal %llu: a Skip that is not at the end", (unsigned long long)position);
                while (outbox && outbox->last < control.through)
                        take_number(outbox, (struct sim_taken){.lost = true});
                break;
        case QF_CONTROL_SEALED:
                outbox = outbox_of_ref(history, entry->outbox);
                if (outbox)
                        outbox->sealed = true;
                break;
        case QF_CONTROL_ANCHOR: history->anchored = control.previous_last; break;
        case QF_CONTROL_OFFICE:
                sim_sources_take(&history->sources, control.office.registered, position);
                break;
        case QF_CONTROL_CLOCK: break;
        case QF_CONTROL_REDACTION: redact_text(history, &control); break;
        }
}

/* One chain, no hole, time that never goes back, events that add up. */
static bool check_head(const struct sim_history *history, const struct qf_record_head *head)
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

void sim_history_take(struct sim_history *history, struct qf_view record)
{
        struct qf_record_head head;
        struct qf_entry entry;
        uint32_t number = 0;
        size_t offset = 0;

        if (qf_record_open(record, history->sha, &head) != 0) {
                sim_fail("journal %llu: the record does not check", (unsigned long long)history->last + 1);
                return;
        }
        if (!check_head(history, &head))
                return;
        history->received_at_ms = head.received_at_ms;
        for (; !sim.violated && qf_record_next(record, &offset, &entry); number++) {
                if (entry.kind == QF_ENTRY_BATCH)
                        take_batch(history, &entry, number, head.position);
                else
                        take_control(history, &entry, head.position);
        }
        if (history->last == history->room) {
                history->room = history->room ? history->room * 2 : 256;
                history->hashes = sim_resize(history->hashes, history->room * sizeof(*history->hashes));
        }
        memcpy(history->hashes[history->last++], head.hash, 32);
}

bool sim_history_has(const struct sim_history *history, uint64_t position, struct qf_view record)
{
        return position >= 1 && position <= history->last &&
               memcmp(record.at + HASH_AT, history->hashes[position - 1], 32) == 0;
}

bool sim_history_is_still_there(const struct sim_history *history, const struct sim_directory *journal)
{
        struct qf_view record;
        uint8_t key[8];

        if (history->last == 0)
                return true;
        qf_put_be64(key, history->last);
        return sim_rows_get(&journal->tables[QF_TABLE_JOURNAL], (struct qf_view){(char *)key, 8}, &record) &&
               sim_history_has(history, history->last, record);
}
