/* Why: a sender that heard no answer sends again, perhaps cut differently, and must
 * hear what it would have heard; one whose outbox was copied or rolled back sends
 * something else under the same numbers, and must be stopped before it is counted.
 * The usual case is a comparison of bytes. */
#include "ingest/known.h"

#include <string.h>

#include "base/digest.h"

/* The batch entry that holds a number of the sender as a new one. */
static bool find_entry(struct qf_view record, uint32_t outbox, uint64_t number, struct qf_entry *ret_entry)
{
        size_t offset = 0;
        while (qf_record_next(record, &offset, ret_entry)) {
                if (ret_entry->kind == QF_ENTRY_BATCH && ret_entry->outbox == outbox &&
                    number >= ret_entry->first + ret_entry->skip &&
                    number - ret_entry->first < ret_entry->count)
                        return true;
        }
        return false;
}

static bool same_bytes(const struct qf_entry *entry, const struct qf_from_partner *send)
{
        return !entry->redacted && entry->first == send->first && entry->count == send->count &&
               qf_view_same(entry->facts, send->facts) && qf_view_same(entry->texts, send->texts);
}

int qf_known_decode(struct qf_arena *arena, const struct qf_from_partner *send, struct qf_batch *ret_batch,
                    struct qf_wire_fault *ret_fault)
{
        int result = qf_body_decode(arena, send->facts, send->texts, send->count, ret_batch, ret_fault);
        if (result == 0 && ret_batch->redacted) {
                *ret_fault = (struct qf_wire_fault){.what = "texts that are said to be redacted"};
                return QF_KNOWN_MALFORMED;
        }
        return result > 0 ? QF_KNOWN_MALFORMED : result;
}

static int decode_sent(struct qf_known_part *part)
{
        if (part->batch->count > 0)
                return 0;
        return qf_known_decode(part->arena, part->send, part->batch, &part->fault);
}

int qf_known_digest(const uint8_t key[16], const struct qf_words *words, uint8_t ret_digest[QF_CONTENT_BYTES])
{
        struct qf_buffer buffer = {0};
        int result = qf_words_append(words, &buffer);
        if (result == 0)
                qf_content_digest(key, buffer.at, buffer.len, ret_digest);
        qf_buffer_deinit(&buffer);
        return result;
}

struct pair { /* an event as it was sent, and as it is stored */
        const struct qf_batch *sent_of, *stored_of;
        const struct qf_event *sent, *stored;
};

/* 0, QF_KNOWN_FORKED, -ENOMEM. What was redacted is compared by what was kept of it. */
static int compare_event(const uint8_t key[16], const struct pair *pair)
{
        const struct qf_words *words = pair->stored->words;
        uint8_t digest[QF_CONTENT_BYTES];
        if (!words || !words->redacted)
                return qf_event_same(pair->sent_of, pair->sent, pair->stored_of, pair->stored)
                               ? 0
                               : QF_KNOWN_FORKED;
        int result = qf_known_digest(key, pair->sent->words, digest);
        if (result < 0)
                return result;
        return qf_event_same_facts(pair->sent_of, pair->sent, pair->stored_of, pair->stored) &&
                               memcmp(digest, words->redacted->words, sizeof digest) == 0
                       ? 0
                       : QF_KNOWN_FORKED;
}

/* Numbers first .. last, cut differently: event by event. */
static int compare_events(const uint8_t key[16], struct qf_known_part *part, const struct qf_entry *entry,
                          uint64_t first, uint64_t last)
{
        struct qf_batch stored = {0};
        struct qf_wire_fault fault;
        int result = decode_sent(part);
        if (result != 0)
                return result;
        qf_arena_reset(part->stored);
        result = qf_body_decode(part->stored, entry->facts, entry->texts, entry->count, &stored, &fault);
        if (result != 0)
                return result > 0 ? QF_KNOWN_DAMAGED : result;
        const bool others = !qf_view_same(stored.partner, part->batch->partner);
        for (uint64_t number = first; result == 0 && number <= last; number++) {
                const struct pair pair = {part->batch, &stored,
                                          &part->batch->events[number - part->send->first],
                                          &stored.events[number - entry->first]};
                part->number = number;
                result = others ? QF_KNOWN_FORKED : compare_event(key, &pair);
        }
        return result;
}

/* The entry's verdicts of numbers first .. last, at their places in what was sent. */
static int add_verdicts(const struct qf_known_part *part, const struct qf_entry *entry, uint64_t first,
                        uint64_t last, struct qf_findings *findings, uint32_t from)
{
        uint64_t low = first - entry->first, high = last - entry->first;
        for (uint32_t i = 0; i < entry->exceptions_count; i++) {
                struct qf_exception exception = qf_entry_exception(entry, i);
                uint64_t begin = exception.at > low ? exception.at : low;
                uint64_t end = (uint64_t)exception.at + exception.len - 1;
                if (end > high)
                        end = high;
                if (begin > end)
                        continue;
                int result = qf_findings_add(findings, from, 0,
                                             (uint32_t)(entry->first + begin - part->send->first),
                                             (uint32_t)(end - begin + 1), exception.verdict);
                if (result < 0)
                        return result;
        }
        return 0;
}

/* What was taken and is in the archive can't be compared: it is known, and that is all that is said. */
static int add_trimmed(struct qf_group *group, const struct qf_sender *sender,
                       const struct qf_known_part *part, struct qf_findings *findings, uint32_t from,
                       uint64_t *number)
{
        static const struct qf_verdict archived = {QF_DUPLICATE, QF_N190_ARCHIVED};
        uint64_t end = part->send->first + part->count;
        struct qf_journal_run run;
        int result = qf_journal_run_find(qf_group_txn(group), sender->row.ref, *number, &run);
        if (result != 0)
                return result < 0 ? result : QF_KNOWN_DAMAGED;
        if (run.first + run.count < end)
                end = run.first + run.count;
        result = qf_findings_add(findings, from, 0, (uint32_t)(*number - part->send->first),
                                 (uint32_t)(end - *number), archived);
        *number = end;
        return result;
}

int qf_known_answer(struct qf_group *group, const struct qf_sender *sender, struct qf_known_part *part,
                    struct qf_findings *findings)
{
        uint64_t number = part->send->first, end = number + part->count;
        uint32_t from = findings->exceptions_count;
        struct qf_record_head head;
        struct qf_view record;
        struct qf_entry entry;
        while (number < end) {
                part->number = number;
                int result = qf_group_find(group, sender, number, &head, &record);
                if (result == QF_GROUP_TRIMMED) {
                        result = add_trimmed(group, sender, part, findings, from, &number);
                        if (result != 0)
                                return result;
                        continue;
                }
                if (result == QF_STORE_NONE)
                        return QF_KNOWN_FORKED; /* a human said that it is lost */
                if (result == QF_GROUP_DAMAGED)
                        return QF_KNOWN_DAMAGED;
                if (result != 0)
                        return result;
                if (!find_entry(record, sender->row.ref, number, &entry))
                        return QF_KNOWN_DAMAGED;
                uint64_t last =
                        entry.first + entry.count - 1 < end - 1 ? entry.first + entry.count - 1 : end - 1;
                if (!same_bytes(&entry, part->send))
                        result =
                                compare_events(qf_group_state(group)->digest_key, part, &entry, number, last);
                if (result == 0)
                        result = add_verdicts(part, &entry, number, last, findings, from);
                if (result != 0)
                        return result;
                part->position = head.position;
                memcpy(part->hash, head.hash, sizeof part->hash);
                number = last + 1;
        }
        return 0;
}
