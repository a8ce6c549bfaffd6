/* Canonical facts of an event: the bytes of which a head keeps the digest. Two
 * statements with equal bytes say the same, in whichever form, order or language
 * of labels they were sent.
 *
 * Of an event with fields, little-endian: 0 version u8 (1), kind u8, method u8,
 * stated u8 · 4 date u32, sessions u32, attendances u32, participants u32 ·
 * 20 start u16, minutes u16, evidence u16, withdraw u16 · 28 amount u32 ·
 * 32 at i64 (attendance: as of) · 40 members u32, then {dimension u16, member
 * u32} by ids, without repeats · counter, merged_into, title, note: each length
 * u32 and bytes. Reason and recorded_by are not content. An event of a declared
 * kind has zero from 8 to 31 but for the withdraw, and its eight figures (32
 * bytes) behind all of that. */
#include "programme/programme.h"

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "model/kinds.h"

enum { VERSION = 1, HEAD_BYTES = 44, PAIR_BYTES = 6 };

/* Few and nearly sorted: by insertion. A pair is dimension << 32 | member. */
static uint32_t sort_pairs(const struct qf_value *values, uint32_t values_count, uint64_t *pairs)
{
        uint32_t count = 0;
        for (uint32_t i = 0; i < values_count; i++) {
                const uint64_t pair = (uint64_t)values[i].dimension << 32 | values[i].member;
                uint32_t at = count;
                while (at && pairs[at - 1] > pair)
                        at--;
                if (at && pairs[at - 1] == pair)
                        continue;
                for (uint32_t k = count++; k > at; k--)
                        pairs[k] = pairs[k - 1];
                pairs[at] = pair;
        }
        return count;
}

/* Copies, not calls: thirty fields an event, a million events a second. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "canonical bytes are little-endian");

static inline uint8_t *put_text(uint8_t *at, struct qf_view text)
{
        memcpy(at, &text.len, sizeof(text.len));
        if (text.len)
                memcpy(at + 4, text.at, text.len);
        return at + 4 + text.len;
}

static void put_head(uint8_t *at, const struct qf_event *event, uint32_t members)
{
        /* What is unset is as its default, so sessions 1 said and unsaid are the same. */
        static const struct qf_event plain;
        const bool declared = qf_kind_is_declared(event->kind);
        const struct qf_event *numbers = declared ? &plain : event;
        const struct head {
                uint8_t version, kind, method, stated;
                uint32_t date, sessions, attendances, participants;
                uint16_t start, minutes, evidence, withdraw;
                uint32_t amount;
                int64_t at_ms;
                uint32_t members, zero;
        } head = {
                .version = VERSION,
                .kind = event->kind,
                .method = event->method,
                .stated = declared ? event->stated : event->stated & (uint8_t)~QF_STATED_SESSIONS,
                .date = event->date,
                .sessions = numbers->sessions,
                .attendances = numbers->attendances,
                .participants = numbers->participants,
                .start = numbers->start,
                .minutes = numbers->minutes,
                .evidence = numbers->evidence,
                .withdraw = event->action == QF_WITHDRAW,
                .amount = numbers->amount,
                .at_ms = event->at_ms,
                .members = members,
        };
        _Static_assert(offsetof(struct head, members) == HEAD_BYTES - 4,
                       "the layout is that of this file's comment");
        memcpy(at, &head, HEAD_BYTES);
}

static inline uint8_t *put_pair(uint8_t *at, uint64_t pair)
{
        const uint16_t dimension = (uint16_t)(pair >> 32);
        const uint32_t member = (uint32_t)pair;
        memcpy(at, &dimension, sizeof(dimension));
        memcpy(at + 2, &member, sizeof(member));
        return at + PAIR_BYTES;
}

/* Nearly all come sorted, each once. How many did, from the first on. */
static uint32_t put_rising(uint8_t *at, const struct qf_value *values, uint32_t values_count)
{
        uint64_t last = 0;
        for (uint32_t i = 0; i < values_count; i++) {
                const uint64_t pair = (uint64_t)values[i].dimension << 32 | values[i].member;
                if (pair <= last)
                        return i;
                at = put_pair(at, pair);
                last = pair;
        }
        return values_count;
}

static uint32_t put_sorted(uint8_t *at, const struct qf_value *values, uint32_t values_count)
{
        uint64_t pairs[QF_VALUES_MAX + 1];
        QF_ASSERT(values_count <= QF_VALUES_MAX);
        const uint32_t count = sort_pairs(values, values_count, pairs);
        for (uint32_t i = 0; i < count; i++)
                at = put_pair(at, pairs[i]);
        return count;
}

int qf_programme_canonical(const struct qf_batch *batch, const struct qf_event *event,
                           struct qf_buffer *buffer)
{
        static const struct qf_words none;
        const struct qf_words *words = event->words ? event->words : &none;
        const struct qf_value *values = batch->values + event->values_first;
        const size_t size = HEAD_BYTES + (size_t)event->values_count * PAIR_BYTES + 16u + event->counter.len +
                            event->merged_into.len + words->title.len + words->note.len +
                            sizeof(event->figures);
        int r = qf_buffer_reserve(buffer, size);
        if (r)
                return r;
        uint8_t *head = buffer->at + buffer->len;
        uint32_t members = put_rising(head + HEAD_BYTES, values, event->values_count);
        if (members < event->values_count)
                members = put_sorted(head + HEAD_BYTES, values, event->values_count);
        put_head(head, event, members);
        uint8_t *at = put_text(head + HEAD_BYTES + (size_t)members * PAIR_BYTES, event->counter);
        at = put_text(at, event->merged_into);
        at = put_text(at, words->title);
        at = put_text(at, words->note);
        if (qf_kind_is_declared(event->kind)) {
                memcpy(at, event->figures, sizeof(event->figures));
                at += sizeof(event->figures);
        }
        buffer->len = (size_t)(at - buffer->at);
        return 0;
}
