/* A journal's worth of judging and counting in memory: what ingest and aggregation
 * do together, with arrays for tables. Tests of the tally feed it statements in
 * any order and look at the picture. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/period.h"
#include "model/statement.h"
#include "model/tally.h"

enum { LEDGER_KEYS = 8, LEDGER_PAST_MAX = 32, LEDGER_DIMENSIONS = 3, LEDGER_METHODS = 5 };

struct ledger_past {
        uint32_t revision;
        uint8_t state;
        uint8_t content[QF_CONTENT_BYTES];
};

struct ledger_head {
        struct qf_head head;
        uint32_t past_count;
        struct ledger_past past[LEDGER_PAST_MAX];
};

struct ledger {
        struct qf_standing standing[LEDGER_KEYS];
        struct ledger_head activity[LEDGER_KEYS], attendance[LEDGER_KEYS][LEDGER_METHODS];
        struct qf_picture *picture;
        struct qf_tally tally;
        uint64_t position;
        uint32_t moved;
        uint32_t verdicts[QF_REJECTED + 1];
        struct qf_verdict last;
};

/* What a test says of an activity: org is a single-valued dimension 1, content a multi-valued dimension 2. */
struct ledger_facts {
        uint32_t date, sessions;
        int64_t attendances;    /* -1: not known */
        uint32_t org, contents; /* 0: not stated; bitmap of members 1 .. */
        uint8_t method;
};

static inline int ledger_get(void *ctx, uint32_t partner, struct qf_view key, struct qf_standing *ret_record)
{
        struct ledger *ledger = ctx;
        const struct qf_standing *record = &ledger->standing[key.at[0] - 'a'];

        (void)partner;
        memcpy(ret_record, record, offsetof(struct qf_standing, members));
        memcpy(ret_record->members, record->members, record->members_count * sizeof(record->members[0]));
        return 0;
}

static inline int ledger_put(void *ctx, uint32_t partner, struct qf_view key,
                             const struct qf_standing *record)
{
        struct ledger *ledger = ctx;
        struct qf_standing *to = &ledger->standing[key.at[0] - 'a'];

        (void)partner;
        memcpy(to, record, offsetof(struct qf_standing, members));
        memcpy(to->members, record->members, record->members_count * sizeof(record->members[0]));
        return 0;
}

static inline void ledger_moved(void *ctx, struct qf_view key, const struct qf_standing *record)
{
        struct ledger *ledger = ctx;

        (void)key;
        (void)record;
        ledger->moved++;
}

static inline void ledger_clear(struct ledger *ledger)
{
        struct qf_picture *picture = NULL;

        (void)qf_picture_free(ledger->picture);
        memset(ledger, 0, sizeof(*ledger));
        assert_int_equal(qf_picture_new(&picture), 0);
        ledger->picture = picture;
        ledger->tally = (struct qf_tally){
                .store = {.ctx = ledger, .get = ledger_get, .put = ledger_put, .moved = ledger_moved},
                .picture = picture,
                .counted_dimensions = 0x6};
}

static inline int ledger_setup(void **state)
{
        struct ledger *ledger = calloc(1, sizeof(*ledger));

        if (!ledger)
                return -1;
        ledger_clear(ledger);
        *state = ledger;
        return 0;
}

static inline int ledger_teardown(void **state)
{
        struct ledger *ledger = *state;

        (void)qf_picture_free(ledger->picture);
        free(ledger);
        return 0;
}

static inline enum qf_past ledger_past_of(const struct ledger_head *head,
                                          const struct qf_statement *statement)
{
        uint32_t revision = statement->revision ? statement->revision : 1;
        uint8_t state = statement->action == QF_WITHDRAW ? QF_HEAD_WITHDRAWN : QF_HEAD_LIVE;

        for (uint32_t i = 0; i < head->past_count; i++) {
                const struct ledger_past *past = &head->past[i];

                if (past->revision != revision)
                        continue;
                if (past->state != state)
                        return QF_PAST_OTHER;
                return state == QF_HEAD_WITHDRAWN ||
                                       memcmp(past->content, statement->content, QF_CONTENT_BYTES) == 0
                               ? QF_PAST_SAME
                               : QF_PAST_OTHER;
        }
        return QF_PAST_NEVER;
}

static inline bool ledger_past_content(const struct ledger_head *head, const uint8_t *content)
{
        for (uint32_t i = 0; i < head->past_count; i++)
                if (head->past[i].state == QF_HEAD_LIVE &&
                    memcmp(head->past[i].content, content, QF_CONTENT_BYTES) == 0)
                        return true;
        return false;
}

static inline void ledger_remember(struct ledger_head *head, uint32_t revision, uint8_t state,
                                   const uint8_t *content)
{
        struct ledger_past *past = &head->past[head->past_count++ % LEDGER_PAST_MAX];

        past->revision = revision;
        past->state = state;
        memcpy(past->content, content, QF_CONTENT_BYTES);
}

static inline struct qf_verdict ledger_judge(struct ledger_head *head, const struct qf_statement *statement)
{
        struct qf_judgement judged =
                qf_statement_judge(&head->head, statement, ledger_past_of(head, statement),
                                   ledger_past_content(head, statement->content));
        uint8_t state = statement->action == QF_WITHDRAW ? QF_HEAD_WITHDRAWN : QF_HEAD_LIVE;

        if (judged.adds_history)
                ledger_remember(head, judged.revision, state, statement->content);
        if (!judged.moves_head)
                return judged.verdict;
        if (head->head.state != QF_HEAD_NONE)
                ledger_remember(head, head->head.revision, head->head.state, head->head.content);
        head->head.state = judged.state;
        head->head.revision = judged.revision;
        if (judged.state == QF_HEAD_LIVE)
                memcpy(head->head.content, statement->content, QF_CONTENT_BYTES);
        return judged.verdict;
}

/* Counts one event as the journal has it. */
static inline int ledger_apply(struct ledger *ledger, struct qf_event *event, char key,
                               const struct ledger_facts *facts, struct qf_verdict verdict)
{
        struct qf_value values[33];
        struct qf_batch batch = {.count = 1, .events = event, .values = values};

        event->key = (struct qf_view){&key, 1};
        event->values_count = 0;
        if (facts) {
                event->date = facts->date;
                event->sessions = facts->sessions ? facts->sessions : 1;
                event->method = facts->method;
                if (facts->attendances >= 0) {
                        event->stated |= QF_STATED_ATTENDANCES;
                        event->attendances = (uint32_t)facts->attendances;
                }
                for (uint32_t i = 31; i-- > 0;)
                        if (facts->contents >> i & 1)
                                values[event->values_count++] =
                                        (struct qf_value){.dimension = 2, .member = i + 1};
                if (facts->org)
                        values[event->values_count++] =
                                (struct qf_value){.dimension = 1, .member = facts->org};
        }
        batch.values_count = event->values_count;
        ledger->verdicts[verdict.class]++;
        ledger->last = verdict;
        return qf_tally_apply(&ledger->tally, &batch, event, verdict, 1, ++ledger->position);
}

/* content tells contents apart; a withdrawal has none. */
static inline int ledger_activity(struct ledger *ledger, char key, uint8_t action, uint32_t revision,
                                  uint8_t content, const struct ledger_facts *facts)
{
        const uint8_t digest[QF_CONTENT_BYTES] = {content};
        const struct qf_statement statement = {action, revision, digest, false, false};
        struct qf_event event = {.kind = QF_KIND_ACTIVITY, .action = action, .revision = revision};

        return ledger_apply(ledger, &event, key, facts,
                            ledger_judge(&ledger->activity[key - 'a'], &statement));
}

static inline int ledger_attendance(struct ledger *ledger, char key, uint8_t action, uint32_t revision,
                                    uint8_t method, uint32_t attendances)
{
        uint8_t digest[QF_CONTENT_BYTES] = {1};
        const struct qf_statement statement = {action, revision, digest, false, false};
        struct qf_event event = {.kind = QF_KIND_ATTENDANCE,
                                 .action = action,
                                 .revision = revision,
                                 .method = method,
                                 .stated = QF_STATED_ATTENDANCES,
                                 .attendances = attendances};

        memcpy(&digest[4], &attendances, sizeof(attendances));
        return ledger_apply(ledger, &event, key, NULL,
                            ledger_judge(&ledger->attendance[key - 'a'][method], &statement));
}

static inline int ledger_tick(struct ledger *ledger, char key, uint32_t amount)
{
        struct qf_event event = {.kind = QF_KIND_TICK, .amount = amount};

        return ledger_apply(ledger, &event, key, NULL, (struct qf_verdict){QF_ACCEPTED, 0});
}

/* With all that was applied. */
static inline const struct qf_picture *ledger_picture(struct ledger *ledger)
{
        assert_int_equal(qf_tally_settle(&ledger->tally), 0);
        return ledger->picture;
}

static inline int64_t ledger_count(struct ledger *ledger, uint16_t dimension, uint32_t member,
                                   uint32_t period, enum qf_measure measure)
{
        const struct qf_cell *cell =
                qf_picture_find(ledger_picture(ledger), (struct qf_cell_key){dimension, member, period});

        return cell ? cell->counts.of[measure] : 0;
}
