/* Opens what a crash left as the daemons do. Then every partner sends again all
 * that it ever sent, as PROTOCOL.md asks of it, and aggregation counts on: in the
 * end the journal must be as if the power had not failed. */
#include "faults/power_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate/counting.h"
#include "base/digest.h"
#include "base/random.h"
#include "ingest/core.h"
#include "qf/operator/recount.h"
#include "wire/totals_messages.h"

enum { OUTBOXES_MAX = 16, NUMBERS_MAX = 4096, ARENA_BYTES = 8 << 20, ALL = 1 << 30 };

#define MAP_BYTES (UINT64_C(256) << 20)

struct numbers { /* of one outbox: what the journal says to each */
        uint8_t id[QF_OUTBOX_ID_BYTES];
        uint32_t ref;
        uint64_t last;
        struct qf_verdict verdict[NUMBERS_MAX];
};

struct checking {
        const struct promises *promises;
        char journal[SHIM_PATH], counts[SHIM_PATH];
        struct qf_ingest *ingest;
        struct qf_counting *counting;
        struct qf_place noted; /* how far its totals may have been published */
        struct qf_recount recount;
        struct qf_sha256 *sha;
        struct qf_arena *arena;
        struct qf_buffer records;
        uint8_t hash[QF_SHA256_BYTES];
        uint64_t position;
        struct numbers outboxes[OUTBOXES_MAX];
        uint32_t outboxes_count;
        uint32_t refused;
        char *why;
        size_t room;
};

#define BROKEN(checking, ...) ((void)snprintf((checking)->why, (checking)->room, __VA_ARGS__), false)

/* --- the journal ---------------------------------------------------------- */

static struct numbers *numbers_of(struct checking *checking, const uint8_t id[QF_OUTBOX_ID_BYTES])
{
        for (uint32_t i = 0; i < checking->outboxes_count; i++)
                if (memcmp(checking->outboxes[i].id, id, QF_OUTBOX_ID_BYTES) == 0)
                        return &checking->outboxes[i];
        return NULL;
}

static bool read_control(struct checking *checking, const struct qf_entry *entry)
{
        struct qf_control control;
        struct qf_wire_fault fault;
        qf_arena_reset(checking->arena);
        if (qf_control_decode(checking->arena, entry->facts, &control, &fault) != 0)
                return BROKEN(checking, "a control entry does not decode");
        if (control.what != QF_CONTROL_OUTBOX)
                return true;
        if (numbers_of(checking, control.nonce) || checking->outboxes_count == OUTBOXES_MAX)
                return BROKEN(checking, "an outbox is named twice");
        struct numbers *numbers = &checking->outboxes[checking->outboxes_count++];
        numbers->ref = control.number;
        numbers->last = 0;
        memcpy(numbers->id, control.nonce, sizeof numbers->id);
        return true;
}

static bool read_batch(struct checking *checking, const struct qf_entry *entry)
{
        struct numbers *numbers = NULL;
        for (uint32_t i = 0; i < checking->outboxes_count; i++)
                if (checking->outboxes[i].ref == entry->outbox)
                        numbers = &checking->outboxes[i];
        if (!numbers)
                return BROKEN(checking, "a batch of an outbox that was not named");
        for (uint32_t at = entry->skip; at < entry->count; at++) {
                if (entry->first + at != numbers->last + 1 || numbers->last + 1 >= NUMBERS_MAX)
                        return BROKEN(checking, "number %llu stands after %llu",
                                      (unsigned long long)(entry->first + at),
                                      (unsigned long long)numbers->last);
                numbers->verdict[++numbers->last] = qf_entry_verdict(entry, at);
        }
        return true;
}

static bool read_record(struct checking *checking, struct qf_view record)
{
        struct qf_record_head head;
        struct qf_entry entry;
        size_t offset = 0;
        int fault = qf_record_open(record, checking->sha, &head);
        if (fault != 0 || head.position != checking->position + 1 ||
            memcmp(head.previous, checking->hash, sizeof head.previous) != 0)
                return BROKEN(checking, "record %llu is damaged or not of the chain (%d)",
                              (unsigned long long)checking->position + 1, fault);
        checking->position = head.position;
        memcpy(checking->hash, head.hash, sizeof checking->hash);
        while (qf_record_next(record, &offset, &entry))
                if (!(entry.kind == QF_ENTRY_BATCH ? read_batch : read_control)(checking, &entry))
                        return false;
        if (qf_recount_take(&checking->recount, &head, record) != 0)
                return BROKEN(checking, "record %llu cannot be counted", (unsigned long long)head.position);
        return true;
}

static bool next_record(const struct qf_buffer *records, size_t *at, struct qf_view *ret_record)
{
        if (records->len - *at < 4)
                return false;
        *ret_record = (struct qf_view){(const char *)records->at + *at + 4, qf_get_le32(records->at + *at)};
        *at += 4 + ret_record->len;
        return true;
}

/* Reads on from the record after the last one that was read. */
static bool read_journal(struct checking *checking)
{
        struct qf_view record;
        size_t at = checking->records.len;
        if (qf_group_copy_records(qf_ingest_group(checking->ingest), checking->position + 1, ALL,
                                  &checking->records) != 0)
                return BROKEN(checking, "the journal cannot be read");
        while (next_record(&checking->records, &at, &record))
                if (!read_record(checking, record))
                        return false;
        return true;
}

/* --- what was answered ------------------------------------------------------ */

static struct qf_verdict answered_verdict(const struct qf_to_partner *answer, uint32_t at)
{
        for (uint32_t i = 0; i < answer->exceptions_count; i++)
                if (at - answer->exceptions[i].at < answer->exceptions[i].len)
                        return answer->exceptions[i].verdict;
        return (struct qf_verdict){QF_ACCEPTED, QF_CODE_NONE};
}

/* The journal has the verdicts of an answer, if it is one with verdicts. */
static bool is_in_journal(struct checking *checking, struct qf_view message)
{
        struct qf_to_partner answer;
        struct qf_wire_fault fault;
        qf_arena_reset(checking->arena);
        if (qf_to_partner_decode(checking->arena, message, &answer, &fault) != 0)
                return BROKEN(checking, "an answer does not decode");
        if (answer.what != QF_VERDICTS)
                return true;
        const struct numbers *numbers = numbers_of(checking, answer.outbox);
        for (uint32_t at = 0; at < answer.count; at++) {
                uint64_t number = answer.first + at;
                if (!numbers || number > numbers->last)
                        return BROKEN(checking, "number %llu was acknowledged and is lost",
                                      (unsigned long long)number);
                struct qf_verdict said = answered_verdict(&answer, at), stands = numbers->verdict[number];
                if (said.class != stands.class || said.code != stands.code)
                        return BROKEN(checking, "number %llu stands with another verdict than was said",
                                      (unsigned long long)number);
        }
        return true;
}

static bool are_in_journal(struct checking *checking, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++)
                if (!is_in_journal(checking, checking->promises->answered[i]))
                        return false;
        return true;
}

/* --- ingest, open ------------------------------------------------------------ */

/* An opening of an outbox that the journal knows a later one of is fenced: its numbers are in the journal. */
static void hear(void *ctx, const struct qf_asker *asker, struct qf_view message)
{
        struct checking *checking = ctx;
        struct qf_to_partner answer;
        struct qf_wire_fault fault;
        (void)asker;
        qf_arena_reset(checking->arena);
        if (qf_to_partner_decode(checking->arena, message, &answer, &fault) != 0 ||
            (answer.what == QF_REFUSED && answer.why != QF_REFUSED_FENCED))
                checking->refused++;
}

static void hear_alarm(void *ctx, const char *text)
{
        (void)ctx;
        (void)text;
}

static void note_judging(void *ctx, uint32_t source)
{
        (void)ctx;
        (void)source;
}

static bool is_shut(void *ctx, uint32_t source, int64_t now_ms)
{
        (void)ctx;
        (void)source;
        (void)now_ms;
        return false;
}

static bool open_ingest(struct checking *checking)
{
        struct qf_ingest_options options = {
                .directory = checking->journal, .map_bytes = MAP_BYTES, .map_bytes_max = MAP_BYTES};
        const struct qf_ingest_edges edges = {checking, hear, hear_alarm, qf_random, note_judging, is_shut};
        memcpy(options.office_key, checking->promises->office_key, sizeof options.office_key);
        int result = qf_ingest_open(&options, &edges, checking->promises->now_ms, &checking->ingest);
        return result == 0 || BROKEN(checking, "ingest cannot open the journal: %d", result);
}

/* All that was ever asked is asked again: what is known is answered from the journal, the rest is taken now. */
static bool send_everything_again(struct checking *checking)
{
        const struct promises *promises = checking->promises;
        for (uint32_t i = 0; i < promises->asked_count; i++) {
                const struct asked *asked = &promises->asked[i];
                struct qf_asker asker = {.peer = {.len = 1}};
                int result = qf_ingest_take(checking->ingest, &asker, qf_view_of(asked->user), asked->message,
                                            promises->now_ms);
                if (result == 0)
                        result = qf_ingest_turn(checking->ingest, promises->now_ms);
                if (result != 0)
                        return BROKEN(checking, "ingest does not take message %u again: %d", i, result);
        }
        if (checking->refused > 0)
                return BROKEN(checking, "%u messages were refused when they were sent again",
                              checking->refused);
        return true;
}

/* --- aggregation, open ------------------------------------------------------- */

static bool open_counts(struct checking *checking)
{
        struct qf_counting_options options = {.directory = checking->counts, .map_bytes = MAP_BYTES};
        int result = qf_counting_open(&options, &checking->counting);
        if (result != 0)
                return BROKEN(checking, "aggregation cannot open the counts: %d", result);
        if (checking->counting->made_anew)
                return BROKEN(checking, "the counts had to be made anew");
        checking->noted = qf_counting_furthest(checking->counting);
        if (checking->noted.position < checking->promises->published)
                return BROKEN(checking, "totals of %llu were published, and the counts know of %llu",
                              (unsigned long long)checking->promises->published,
                              (unsigned long long)checking->noted.position);
        if (checking->noted.position < checking->counting->committed)
                return BROKEN(checking, "the counts are ahead of what they know of");
        if (checking->noted.position > checking->position)
                return BROKEN(checking, "the counts know of more than the journal has");
        return true;
}

static bool count_on(struct checking *checking)
{
        struct qf_counting *counting = checking->counting;
        struct qf_record_head head;
        struct qf_view record;
        size_t at = 0;
        while (next_record(&checking->records, &at, &record)) {
                int result = qf_record_open(record, checking->sha, &head);
                if (result == 0 && head.position == checking->noted.position &&
                    memcmp(head.hash, checking->noted.hash, sizeof(head.hash)) != 0)
                        return BROKEN(checking, "the counts know of another record at %llu",
                                      (unsigned long long)head.position);
                if (result == 0 && head.position > counting->meta.position)
                        result = qf_counting_apply(counting, &head, record);
                if (result != 0)
                        return BROKEN(checking, "aggregation cannot count on at %llu",
                                      (unsigned long long)head.position);
        }
        return qf_counting_commit(counting, NULL, NULL) == 0 || BROKEN(checking, "counts are not committed");
}

static bool compare_counts(struct checking *checking)
{
        struct qf_difference first;
        if (!qf_recount_compare(&checking->recount, checking->counting->picture,
                                checking->counting->apply.programme, &first))
                return true;
        return BROKEN(checking, "%.*s/%.*s/%u: by the journal %lld, counted %lld", (int)first.dimension.len,
                      first.dimension.at, (int)first.member.len, first.member.at, first.period,
                      (long long)first.counted, (long long)first.held);
}

/* --- all of it ---------------------------------------------------------------- */

static bool check_all(struct checking *checking)
{
        const struct promises *promises = checking->promises;
        if (!open_ingest(checking) || !read_journal(checking))
                return false;
        if (checking->position < promises->consumed)
                return BROKEN(checking, "record %llu was given to a consumer and is lost",
                              (unsigned long long)promises->consumed);
        return are_in_journal(checking, promises->answered_until) && open_counts(checking) &&
               send_everything_again(checking) && read_journal(checking) &&
               are_in_journal(checking, promises->answered_count) && count_on(checking) &&
               compare_counts(checking);
}

bool promises_kept(const struct promises *promises, const char *folder, char *ret_why, size_t room)
{
        struct checking *checking = calloc(1, sizeof *checking);
        bool kept = false;
        if (!checking)
                return false;
        checking->promises = promises;
        checking->why = ret_why;
        checking->room = room;
        (void)snprintf(checking->journal, sizeof checking->journal, "%s/journal", folder);
        (void)snprintf(checking->counts, sizeof checking->counts, "%s/counts", folder);
        if (qf_recount_init(&checking->recount) != 0 || qf_sha256_new(&checking->sha) != 0 ||
            qf_arena_new(ARENA_BYTES, &checking->arena) != 0)
                (void)BROKEN(checking, "memory");
        else
                kept = check_all(checking);
        (void)qf_ingest_close(checking->ingest);
        (void)qf_counting_close(checking->counting);
        qf_recount_deinit(&checking->recount);
        (void)qf_sha256_free(checking->sha);
        (void)qf_arena_free(checking->arena);
        qf_buffer_deinit(&checking->records);
        free(checking);
        return kept;
}

/* --- promises ----------------------------------------------------------------- */

static void note_record(struct promises *promises, struct qf_view record)
{
        struct qf_sha256 *sha = NULL;
        struct qf_record_head head;
        if (qf_sha256_new(&sha) == 0 && qf_record_open(record, sha, &head) == 0)
                promises->consumed = head.position;
        (void)qf_sha256_free(sha);
}

static void note_update(struct promises *promises, struct qf_view message)
{
        struct qf_arena *arena = NULL;
        struct qf_to_reader update;
        struct qf_wire_fault fault;
        if (qf_arena_new(ARENA_BYTES, &arena) == 0 &&
            qf_to_reader_decode(arena, message, &update, &fault) == 0 && update.what == QF_UPDATE &&
            update.end)
                promises->published = update.upto;
        (void)qf_arena_free(arena);
}

void promises_collect(struct promises *promises, const struct disk_log_record *record)
{
        if (record->what != SHIM_ASKED && record->what != SHIM_ANSWERED)
                return;
        QF_ASSERT(promises->asked_count < MESSAGES_MAX && promises->answered_count < MESSAGES_MAX);
        if (record->what == SHIM_ANSWERED) {
                promises->answered[promises->answered_count++] = record->bytes;
                return;
        }
        struct asked *asked = &promises->asked[promises->asked_count++];
        (void)snprintf(asked->user, sizeof asked->user, "%s", record->name);
        asked->message = record->bytes;
}

void promises_make(struct promises *promises, const struct disk_log_record *record)
{
        static const char counts[] = "/counts";
        size_t len = strlen(record->name), end = sizeof counts - 1;
        if (record->what == SHIM_ANSWERED)
                promises->answered_until++;
        else if (record->what == SHIM_TOLD && strcmp(record->name, "qf-ingest") == 0)
                note_record(promises, record->bytes);
        else if (record->what == SHIM_TOLD)
                note_update(promises, record->bytes);
        else if (record->what == SHIM_RENAME && len > end && strcmp(record->name + len - end, counts) == 0)
                promises->published = 0; /* qf rebuild: whoever asked for it knows that they begin anew */
}
