/* A journal made by hand, in memory: lives, register events, activities and ticks
 * as ingest would write them, chained. For tests of those who read journals. */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "model/event.h"
#include "store/record.h"
#include "wire/body.h"
#include "wire/feed_messages.h"

enum { JOURNAL_RECORDS = 16384 };

struct journal {
        struct qf_sha256 *sha;
        struct qf_record_writer *writer;
        struct qf_body_writer *body;
        struct qf_buffer facts, texts;
        uint64_t last; /* position */
        uint32_t life_number;
        uint64_t events, number; /* next number of the one outbox, - 1 */
        uint8_t hash[QF_SHA256_BYTES];
        struct qf_view record[JOURNAL_RECORDS]; /* at position - 1; owned */
        struct qf_record_head head[JOURNAL_RECORDS];
};

#define JOURNAL_MUST(call)                                                                                   \
        do {                                                                                                 \
                if ((call) != 0)                                                                             \
                        abort();                                                                             \
        } while (0)

static inline void journal_begin(struct journal *journal)
{
        qf_record_begin(journal->writer);
}

/* Seals what was added since begin as the next record. */
static inline void journal_end(struct journal *journal)
{
        struct qf_record_head head = {
                .position = journal->last + 1,
                .writer = "journal-under-t",
                .life_number = journal->life_number,
                .received_at_ms = 1700000000000 + (int64_t)journal->last,
                .events_before = journal->events,
        };
        struct qf_view record;
        memcpy(head.previous, journal->hash, sizeof head.previous);
        JOURNAL_MUST(qf_record_end(journal->writer, journal->sha, &head, &record));
        if (journal->last == JOURNAL_RECORDS)
                abort();
        char *copy = malloc(record.len);
        if (!copy)
                abort();
        memcpy(copy, record.at, record.len);
        journal->record[journal->last] = (struct qf_view){copy, record.len};
        journal->head[journal->last] = head;
        memcpy(journal->hash, head.hash, sizeof journal->hash);
        journal->last++;
}

static inline void journal_add_control(struct journal *journal, const struct qf_control *control)
{
        journal->facts.len = 0;
        JOURNAL_MUST(qf_control_encode(control, &journal->facts));
        struct qf_entry entry = {
                .kind = QF_ENTRY_CONTROL,
                .flags = 1,
                .facts = {(const char *)journal->facts.at, (uint32_t)journal->facts.len},
        };
        JOURNAL_MUST(qf_record_add(journal->writer, &entry, NULL));
}

/* A life, by the number of its nonce's bytes. */
static inline void journal_life(struct journal *journal, uint32_t number)
{
        struct qf_control control = {.what = QF_CONTROL_LIFE, .number = number, .reason = QF_VIEW("test")};
        memset(control.nonce, (int)number, sizeof control.nonce);
        memset(control.digest_key, 9, sizeof control.digest_key);
        journal->life_number = number;
        journal_begin(journal);
        journal_add_control(journal, &control);
        journal_end(journal);
}

static inline void journal_new(struct journal *journal)
{
        memset(journal, 0, sizeof *journal);
        JOURNAL_MUST(qf_sha256_new(&journal->sha));
        JOURNAL_MUST(qf_record_writer_new(&journal->writer));
        JOURNAL_MUST(qf_body_writer_new(&journal->body));
        journal_life(journal, 1);
}

static inline void journal_free(struct journal *journal)
{
        for (uint64_t i = 0; i < journal->last; i++)
                free((void *)(uintptr_t)journal->record[i].at);
        qf_buffer_deinit(&journal->facts);
        qf_buffer_deinit(&journal->texts);
        qf_body_writer_free(journal->body);
        qf_record_writer_free(journal->writer);
        qf_sha256_free(journal->sha);
}

/* Forgets the records after a position, as a restored backup would. */
static inline void journal_go_back(struct journal *journal, uint64_t position)
{
        while (journal->last > position)
                free((void *)(uintptr_t)journal->record[--journal->last].at);
        memcpy(journal->hash, journal->head[position - 1].hash, sizeof journal->hash);
}

/* Ends the events added to body as one entry of a partner; exceptions may be none. */
static inline void journal_add_batch(struct journal *journal, uint32_t partner, uint32_t skip,
                                     const struct qf_exception *exceptions, uint32_t exceptions_count)
{
        uint32_t count = qf_body_writer_count(journal->body);
        journal->facts.len = journal->texts.len = 0;
        JOURNAL_MUST(qf_body_writer_end(journal->body, 1700000000000, &journal->facts, &journal->texts));
        struct qf_entry entry = {
                .kind = QF_ENTRY_BATCH,
                .flags = 1,
                .outbox = 1,
                .source = 2,
                .partner = partner,
                .count = count,
                .skip = skip,
                .first = journal->number + 1 - skip,
                .facts = {(const char *)journal->facts.at, (uint32_t)journal->facts.len},
                .texts = {(const char *)journal->texts.at, (uint32_t)journal->texts.len},
                .exceptions_count = exceptions_count,
        };
        JOURNAL_MUST(qf_record_add(journal->writer, &entry, exceptions));
        journal->number += count - skip;
        journal->events += count - skip;
}

static inline void journal_register(struct journal *journal, uint8_t kind,
                                    const struct qf_register *registered)
{
        struct qf_event event = {.kind = kind, .action = QF_REPLACE, .registered = registered};
        JOURNAL_MUST(qf_body_writer_add(journal->body, &event, NULL, 0));
}

static inline void journal_dimension(struct journal *journal, const char *code, bool multi)
{
        struct qf_register registered = {.code = qf_view_of(code), .multi = multi};
        journal_register(journal, QF_KIND_DIMENSION, &registered);
}

static inline void journal_member(struct journal *journal, const char *dimension, const char *code)
{
        struct qf_register registered = {.code = qf_view_of(code), .dimension = qf_view_of(dimension)};
        journal_register(journal, QF_KIND_MEMBER, &registered);
}

/* A small programme: organisations AA and BB, mode with walk and talk, a source of AA, a counter. One record. */
static inline void journal_programme(struct journal *journal)
{
        static const struct qf_view orgs[] = {{"AA", 2}};
        struct qf_register source = {
                .code = QF_VIEW("aa"), .parent = QF_VIEW("AA"), .orgs_count = 1, .orgs = orgs, .roles = 1};
        struct qf_register counter = {
                .code = QF_VIEW("sign_in"), .feeds = QF_VIEW("attendances"), .cap = 100};
        journal_begin(journal);
        journal_dimension(journal, "org", false);
        journal_member(journal, "org", "AA");
        journal_member(journal, "org", "BB");
        journal_dimension(journal, "mode", false);
        journal_member(journal, "mode", "walk");
        journal_member(journal, "mode", "talk");
        journal_register(journal, QF_KIND_SOURCE, &source);
        journal_register(journal, QF_KIND_COUNTER, &counter);
        journal_add_batch(journal, 0, 0, NULL, 0);
        journal_end(journal);
}

/* attendances below 0: not stated. mode NULL: not stated. */
static inline void journal_activity(struct journal *journal, const char *key, uint8_t action, uint32_t date,
                                    int32_t attendances, const char *mode)
{
        const struct qf_pair values[] = {{QF_VIEW("org"), QF_VIEW("AA")},
                                         {QF_VIEW("mode"), qf_view_of(mode)}};
        struct qf_event event = {
                .kind = QF_KIND_ACTIVITY,
                .action = action,
                .stated = attendances >= 0 ? QF_STATED_ATTENDANCES : 0,
                .key = qf_view_of(key),
                .date = date,
                .sessions = 1,
                .attendances = attendances >= 0 ? (uint32_t)attendances : 0,
        };
        JOURNAL_MUST(qf_body_writer_add(journal->body, &event, values, mode ? 2 : 1));
}

static inline void journal_tick(struct journal *journal, const char *key, uint32_t amount)
{
        struct qf_event event = {
                .kind = QF_KIND_TICK,
                .key = qf_view_of(key),
                .counter = QF_VIEW("sign_in"),
                .amount = amount,
        };
        JOURNAL_MUST(qf_body_writer_add(journal->body, &event, NULL, 0));
}

/* One record of one batch with what was added to body, all accepted, of partner 1. */
static inline void journal_batch(struct journal *journal)
{
        journal_begin(journal);
        journal_add_batch(journal, 1, 0, NULL, 0);
        journal_end(journal);
}
