/* Counting against a model that is too simple to be wrong: it keeps all that was
 * said, takes the highest revision of each key, and adds up from nothing. With
 * explicit revisions, and one content for each, any order of arrival gives the same
 * cells; with revision 0 the model is fed in journal order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/ledger.h"

/* ---- the naive model ---- */

enum { REVISIONS = 40, CONTENTS = 6 };

struct said {
        uint32_t revision;
        bool withdrawn;
        uint8_t content;
};

struct model_key {
        struct said said[REVISIONS];
        int count;
        struct said claims[LEDGER_METHODS][REVISIONS]; /* content: attendances */
        int claims_count[LEDGER_METHODS];
        int64_t ticks;
};

struct model {
        struct model_key keys[LEDGER_KEYS];
};

static const struct ledger_facts contents[CONTENTS] = {
        {20230506, 1, 120, 1, 0x1, QF_REGISTERED},
        {20230507, 2, -1, 2, 0x3, 0},
        {20230500, 1, 80, 0, 0x0, QF_ESTIMATED},
        {20220000, 4, -1, 3, 0x6, 0},
        {20240229, 1, 0, 2, 0x4, 0},
        {20230506, 1, -1, 1, 0x0, 0},
};

static const struct said *highest(const struct said *said, int count)
{
        const struct said *best = NULL;

        for (int i = 0; i < count; i++)
                if (!best || said[i].revision > best->revision)
                        best = &said[i];
        return best;
}

static bool revision_said(const struct said *said, int count, uint32_t revision)
{
        for (int i = 0; i < count; i++)
                if (said[i].revision == revision)
                        return true;
        return false;
}

/* What the statement adds to what was said; returns the new count. */
static int hear(struct said *said, int count, uint8_t action, uint32_t revision, uint8_t content)
{
        const struct said *best = highest(said, count);
        struct said next = {revision, action == QF_WITHDRAW, content};

        if (action == QF_CREATE) {
                for (int i = 0; i < count; i++)
                        if (!said[i].withdrawn && said[i].content == content)
                                return count;
                if (best && (revision == 0 || revision_said(said, count, 1)))
                        return count;
                next.revision = 1;
        } else if (revision == 0) {
                if (!best || (action == QF_WITHDRAW && best->withdrawn))
                        return count;
                if (action == QF_REPLACE && !best->withdrawn && best->content == content)
                        return count;
                next.revision = best->revision + 1;
        } else if (revision_said(said, count, revision)) {
                return count;
        }
        said[count] = next;
        return count + 1;
}

static bool model_attendances(const struct model_key *key, const struct ledger_facts *facts,
                              int64_t *ret_attendances)
{
        static const uint8_t ranks[] = {1, 2, 3, 4, 0};

        for (size_t i = 0; i < sizeof(ranks); i++) {
                const struct said *claim = highest(key->claims[ranks[i]], key->claims_count[ranks[i]]);

                if (claim && !claim->withdrawn) {
                        *ret_attendances = claim->content;
                        return true;
                }
                if (facts->attendances >= 0 && facts->method == ranks[i]) {
                        *ret_attendances = facts->attendances;
                        return true;
                }
        }
        *ret_attendances = key->ticks;
        return key->ticks > 0;
}

static bool counts_in(const struct ledger_facts *facts, uint16_t dimension, uint32_t member)
{
        if (dimension == 0)
                return true;
        if (dimension == 1)
                return facts->org == member;
        return member ? facts->contents >> (member - 1) & 1 : facts->contents == 0;
}

static struct qf_counts model_cell(const struct model *model, uint16_t dimension, uint32_t member,
                                   uint32_t period)
{
        struct qf_counts sum = {{0}};

        for (int i = 0; i < LEDGER_KEYS; i++) {
                const struct model_key *key = &model->keys[i];
                const struct said *best = highest(key->said, key->count);
                const struct ledger_facts *facts;
                int64_t attendances;
                bool is_known;

                if (!best || best->withdrawn)
                        continue;
                facts = &contents[best->content];
                if (!counts_in(facts, dimension, member) ||
                    (facts->date != period &&
                     (facts->date % 10000 == 0 || facts->date / 100 * 100 != period)))
                        continue;
                is_known = model_attendances(key, facts, &attendances);
                sum.of[QF_RECORDS]++;
                sum.of[QF_ACTIVITIES] += facts->sessions;
                sum.of[QF_ATTENDANCES] += attendances;
                sum.of[QF_RECORDS_UNKNOWN] += !is_known;
                sum.of[QF_ACTIVITIES_UNKNOWN] += is_known ? 0 : facts->sessions;
        }
        return sum;
}

static const uint32_t periods[] = {20230506, 20230507, 20230500, 20220000, 20240229, 20240200, 20230000};

/* Every cell that can be is as the model says, and no other cell counts anything. */
static void check(struct ledger *ledger, const struct model *model)
{
        struct qf_counts all = {{0}}, seen = {{0}};

        for (uint16_t dimension = 0; dimension < LEDGER_DIMENSIONS; dimension++)
                for (uint32_t member = 0; member <= (dimension ? 4u : 0u); member++)
                        for (size_t i = 0; i < sizeof(periods) / sizeof(*periods); i++) {
                                struct qf_counts expected = model_cell(model, dimension, member, periods[i]);

                                for (int m = 0; m < QF_MEASURES; m++) {
                                        all.of[m] += expected.of[m];
                                        assert_int_equal(ledger_count(ledger, dimension, member, periods[i],
                                                                      (enum qf_measure)m),
                                                         expected.of[m]);
                                }
                        }
        for (size_t i = 0; i < qf_picture_cells(ledger_picture(ledger)); i++)
                assert_true(qf_counts_add(&seen, &qf_picture_at(ledger_picture(ledger), i)->counts, 1));
        assert_memory_equal(&seen, &all, sizeof(all));
}

/* ---- streams ---- */

struct move {
        enum qf_kind kind;
        char key;
        uint8_t action, method, content;
        uint32_t revision, amount;
};

static void feed(struct ledger *ledger, const struct move *move)
{
        int r;

        switch (move->kind) {
        case QF_KIND_ACTIVITY:
                r = ledger_activity(ledger, move->key, move->action, move->revision,
                                    (uint8_t)(move->content + 1),
                                    move->action == QF_WITHDRAW ? NULL : &contents[move->content]);
                break;
        case QF_KIND_ATTENDANCE:
                r = ledger_attendance(ledger, move->key, move->action, move->revision, move->method,
                                      move->content);
                break;
        default: r = ledger_tick(ledger, move->key, move->amount); break;
        }
        assert_int_equal(r, 0);
}

static void tell(struct model *model, const struct move *move)
{
        struct model_key *key = &model->keys[move->key - 'a'];

        if (move->kind == QF_KIND_TICK)
                key->ticks += move->amount;
        else if (move->kind == QF_KIND_ACTIVITY)
                key->count = hear(key->said, key->count, move->action, move->revision, move->content);
        else
                key->claims_count[move->method] =
                        hear(key->claims[move->method], key->claims_count[move->method], move->action,
                             move->revision, move->content);
}

static struct move random_move(bool is_explicit)
{
        struct move move = {.kind = (enum qf_kind)(1 + rand() % 3),
                            .key = (char)('a' + rand() % LEDGER_KEYS)};

        move.action = (uint8_t)(1 + rand() % 3);
        move.method = (uint8_t)(rand() % LEDGER_METHODS);
        move.content = (uint8_t)(rand() % CONTENTS);
        move.amount = 1 + (uint32_t)(rand() % 9);
        if (is_explicit || rand() % 3 == 0)
                move.revision = 1 + (uint32_t)(rand() % 6);
        if (move.action == QF_CREATE && move.revision > 1)
                move.revision = 1;
        return move;
}

/* One content and one action for each key, method and revision: the content is a function of them. */
static void settle(struct move *move, unsigned seed)
{
        unsigned mix = (seed * 31 + (unsigned)move->key) * 31;

        if (move->kind == QF_KIND_ATTENDANCE)
                mix += 1u + move->method;
        mix = (mix * 31 + move->revision) * 2654435761u >> 8;
        move->content = (uint8_t)(mix % CONTENTS);
        move->action = move->revision == 1 ? QF_CREATE : mix / 7 % 3 == 0 ? QF_WITHDRAW : QF_REPLACE;
}

static void shuffle(struct move *moves, int count)
{
        for (int i = count - 1; i > 0; i--) {
                int other = rand() % (i + 1);
                struct move kept = moves[i];

                moves[i] = moves[other];
                moves[other] = kept;
        }
}

static void any_stream_in_journal_order_equals_the_model(void **state)
{
        struct ledger *ledger = *state;

        for (unsigned seed = 1; seed <= 400; seed++) {
                static struct model model;

                memset(&model, 0, sizeof(model));
                ledger_clear(ledger);
                srand(seed);
                for (int i = 0; i < 120; i++) {
                        struct move move = random_move(false);

                        feed(ledger, &move);
                        tell(&model, &move);
                        if (rand() % 4 == 0) { /* a resend that came with a new number: ticks are new ticks */
                                feed(ledger, &move);
                                tell(&model, &move);
                        }
                }
                check(ledger, &model);
        }
}

static void explicit_revisions_in_any_order_give_the_same_cells(void **state)
{
        enum { MOVES = 80, ORDERS = 8 };
        struct ledger *ledger = *state;

        for (unsigned seed = 1; seed <= 150; seed++) {
                static struct model model;
                struct move moves[MOVES];

                memset(&model, 0, sizeof(model));
                srand(seed);
                for (int i = 0; i < MOVES; i++) {
                        moves[i] = random_move(true);
                        settle(&moves[i], seed);
                        tell(&model, &moves[i]);
                }
                for (int order = 0; order < ORDERS; order++) {
                        ledger_clear(ledger);
                        for (int i = 0; i < MOVES; i++)
                                feed(ledger, &moves[i]);
                        check(ledger, &model);
                        shuffle(moves, MOVES);
                }
        }
}

/* ---- interleavings 7 and 8 ---- */

/* The next permutation in lexical order; false after the last. */
static bool permute(int *order, int count)
{
        int i = count - 2, j = count - 1, kept;

        while (i >= 0 && order[i] > order[i + 1])
                i--;
        if (i < 0)
                return false;
        while (order[j] < order[i])
                j--;
        kept = order[i], order[i] = order[j], order[j] = kept;
        for (i++, j = count - 1; i < j; i++, j--)
                kept = order[i], order[i] = order[j], order[j] = kept;
        return true;
}

static void revisions_in_all_orders(void **state)
{
        static const struct move moves[] = {
                {QF_KIND_ACTIVITY, 'a', QF_CREATE, 0, 0, 1, 0},
                {QF_KIND_ACTIVITY, 'a', QF_REPLACE, 0, 1, 2, 0},
                {QF_KIND_ACTIVITY, 'a', QF_REPLACE, 0, 2, 3, 0},
                {QF_KIND_ACTIVITY, 'a', QF_WITHDRAW, 0, 0, 4, 0},
                {QF_KIND_ACTIVITY, 'a', QF_REPLACE, 0, 4, 5, 0},
        };
        struct ledger *ledger = *state;
        int order[5] = {0, 1, 2, 3, 4}, orders = 0;

        do {
                static struct model model;

                ledger_clear(ledger);
                memset(&model, 0, sizeof(model));
                for (int i = 0; i < 5; i++) {
                        feed(ledger, &moves[order[i]]);
                        feed(ledger, &moves[order[i]]);
                        tell(&model, &moves[order[i]]);
                        check(ledger, &model);
                }
                feed(ledger, &moves[0]);
                assert_int_equal(ledger->last.class, QF_DUPLICATE);
                assert_int_equal(ledger->last.code, QF_N102_SUPERSEDED);
                assert_int_equal(ledger->activity[0].head.revision, 5);
                assert_int_equal(ledger->activity[0].past_count, 4);
                assert_int_equal(ledger->verdicts[QF_ACCEPTED], 5);
                assert_int_equal(ledger->verdicts[QF_DUPLICATE], 6);
                check(ledger, &model);
                orders++;
        } while (permute(order, 5));
        assert_int_equal(orders, 120);
}

/* Days add up to months, organisations to the total, and nothing is below zero. */
static void check_sums(struct ledger *ledger)
{
        int64_t days[2] = {0}, organisations = 0, totals = 0;

        for (size_t i = 0; i < qf_picture_cells(ledger_picture(ledger)); i++) {
                const struct qf_cell *cell = qf_picture_at(ledger_picture(ledger), i);
                bool day = cell->key.period % 100 != 0;
                int64_t value = cell->counts.of[QF_ATTENDANCES];

                assert_true(value >= 0);
                if (cell->key.dimension == 0)
                        days[day] += value;
                if (cell->key.dimension == 0 && !day)
                        totals += value;
                if (cell->key.dimension == 1 && !day)
                        organisations += value;
        }
        assert_int_equal(days[0], days[1]);
        assert_int_equal(organisations, totals);
}

static void ticks_around_a_moving_activity(void **state)
{
        static const struct ledger_facts here = {20220310, 1, -1, 1, 0, 0},
                                         there = {20230915, 1, -1, 2, 0, 0};
        struct ledger *ledger = *state;
        int order[7] = {0, 1, 2, 3, 4, 5, 6};

        do {
                ledger_clear(ledger);
                for (int i = 0; i < 7; i++) {
                        int r = 0;

                        switch (order[i]) {
                        case 0:
                                for (int tick = 0; tick < 97 && r == 0; tick++)
                                        r = ledger_tick(ledger, 'a', 1);
                                break;
                        case 1: r = ledger_activity(ledger, 'a', QF_CREATE, 1, 1, &here); break;
                        case 2: r = ledger_activity(ledger, 'a', QF_REPLACE, 2, 2, &there); break;
                        case 3: r = ledger_activity(ledger, 'a', QF_WITHDRAW, 3, 0, NULL); break;
                        case 4: r = ledger_activity(ledger, 'a', QF_REPLACE, 4, 2, &there); break;
                        case 5: r = ledger_attendance(ledger, 'a', QF_CREATE, 1, QF_HEADCOUNT, 120); break;
                        default: r = ledger_attendance(ledger, 'a', QF_WITHDRAW, 2, QF_HEADCOUNT, 0); break;
                        }
                        assert_int_equal(r, 0);
                        check_sums(ledger);
                }
                assert_int_equal(ledger_count(ledger, 0, 0, 20230900, QF_ATTENDANCES), 97);
                assert_int_equal(ledger_count(ledger, 1, 2, 20230915, QF_ATTENDANCES), 97);
                assert_int_equal(ledger_count(ledger, 0, 0, 20220300, QF_RECORDS), 0);
                assert_int_equal(ledger_count(ledger, 0, 0, 20230900, QF_RECORDS_UNKNOWN), 0);
                assert_int_equal(ledger->standing[0].state, QF_HEAD_LIVE);
        } while (permute(order, 7));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(any_stream_in_journal_order_equals_the_model, ledger_setup,
                                                ledger_teardown),
                cmocka_unit_test_setup_teardown(explicit_revisions_in_any_order_give_the_same_cells,
                                                ledger_setup, ledger_teardown),
                cmocka_unit_test_setup_teardown(revisions_in_all_orders, ledger_setup, ledger_teardown),
                cmocka_unit_test_setup_teardown(ticks_around_a_moving_activity, ledger_setup,
                                                ledger_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
