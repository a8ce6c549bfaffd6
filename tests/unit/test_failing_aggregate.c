/* Counting and publishing when memory or the store fails at each of their calls: the error comes out unchanged, no
 * subscriber was told of anything that is not on disk, and what a restart counts from there on are the same cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "aggregate/answers.h"
#include "aggregate/editions.h"
#include "aggregate/publish.h"
#include "base/cleanup.h"
#include "support/failing.h"
#include "support/journal.h"
#include "support/temporary.h"

struct trial {
        struct temporary temporary;
        char directory[128];
        struct journal journal;
        struct qf_arena *arena;
        struct qf_counting *counting;
        struct qf_publish *publish;
        uint64_t told; /* highest version a subscriber was told of */
        uint64_t cells_sum;
        struct qf_buffer edition; /* the data of the one that was closed */
};

static int hear_frame(void *ctx, const struct qf_peer *peer, struct qf_view frame)
{
        struct trial *trial = ctx;
        struct qf_to_reader message;
        struct qf_wire_fault fault;

        (void)peer;
        qf_arena_reset(trial->arena);
        assert_int_equal(qf_to_reader_decode(trial->arena, frame, &message, &fault), 0);
        if (message.what == QF_UPDATE && message.upto > trial->told)
                trial->told = message.upto;
        return 0;
}

static int open_counts(struct trial *trial)
{
        struct qf_counting_options options = {.directory = trial->directory, .map_bytes = 1 << 20};
        int r = qf_counting_open(&options, &trial->counting);

        if (r == 0)
                qf_publish_bind(trial->publish, trial->counting);
        return r;
}

static void close_counts(struct trial *trial)
{
        qf_publish_bind(trial->publish, NULL);
        trial->counting = qf_counting_close(trial->counting);
}

static int commit(struct trial *trial)
{
        int r = qf_counting_commit(trial->counting, qf_publish_row, trial->publish);

        if (r == QF_COUNTING_FULL) /* the map has grown meanwhile */
                r = qf_counting_commit(trial->counting, qf_publish_row, trial->publish);
        return r;
}

static int show(struct trial *trial)
{
        int r = qf_counting_show(trial->counting, qf_publish_row, trial->publish);

        return r == QF_COUNTING_FULL ? commit(trial) : r;
}

/* Applies records up to a position, four in each group, which is shown when it has two. */
static int count_upto(struct trial *trial, uint64_t position)
{
        int r = 0;

        while (r == 0 && trial->counting->meta.position < position) {
                uint64_t at = trial->counting->meta.position;
                r = qf_counting_apply(trial->counting, &trial->journal.head[at], trial->journal.record[at]);
                if (r == 0 && at % 2 == 1)
                        r = at % 4 == 1 ? show(trial) : commit(trial);
        }
        return r == 0 ? commit(trial) : r;
}

static int publish_all(struct trial *trial)
{
        struct qf_publish_facts facts = {.journal_last = trial->journal.last, .say = ""};
        int64_t next_ms, now_ms = 0;
        bool more = true;
        int r = 0;

        while (r == 0 && more)
                r = qf_publish_turn(trial->publish, now_ms += 1000, &facts, &next_ms, &more);
        return r == 0 ? qf_publish_pulse(trial->publish, &facts) : r;
}

static int say(struct trial *trial, uint8_t who, const struct qf_from_reader *message)
{
        struct qf_publish_facts facts = {.journal_last = trial->journal.last, .say = ""};
        struct qf_peer peer = {.len = 1, .id = {who}};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer bytes = {0};
        int r = qf_from_reader_encode(message, &bytes);

        if (r != 0)
                return r;
        return qf_publish_take(trial->publish, &peer,
                               (struct qf_view){(const char *)bytes.at, (uint32_t)bytes.len}, &facts);
}

static int subscribe(struct trial *trial, uint8_t who)
{
        struct qf_from_reader subscribe = {.what = QF_SUBSCRIBE,
                                           .version = 1,
                                           .id = 7,
                                           .want = QF_WANT_CELLS | QF_WANT_REGISTERS | QF_WANT_ROWS,
                                           .credit = 1 << 20};
        int r = say(trial, who, &subscribe);

        return r == 0 ? publish_all(trial) : r;
}

static int ask_about(struct trial *trial)
{
        struct qf_publish_facts facts = {.say = ""};
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer json = {0};
        int r = qf_answer_status(trial->counting, &facts, 1, &json);

        return r == 0 ? qf_answer_waiting(trial->counting, 10, &json) : r;
}

/* Counts half the journal, ends, begins again, counts the rest; one subscriber from the start, one at the end. */
static int live_a_day(void *ctx)
{
        struct trial *trial = ctx;

        trial->told = 0;
        int r = qf_publish_new(hear_frame, trial, &trial->publish);
        if (r != 0)
                return r;
        r = open_counts(trial);
        if (r == 0)
                r = subscribe(trial, 1);
        if (r == 0)
                r = count_upto(trial, trial->journal.last / 2);
        if (r == 0)
                r = publish_all(trial);
        close_counts(trial);
        if (r == 0)
                r = open_counts(trial);
        if (r == 0)
                r = count_upto(trial, trial->journal.last);
        if (r == 0)
                r = subscribe(trial, 2);
        if (r == 0)
                r = ask_about(trial);
        close_counts(trial);
        trial->publish = qf_publish_free(trial->publish);
        return r;
}

static uint64_t sum_of_cells(const struct trial *trial)
{
        const struct qf_picture *picture = trial->counting->picture;
        uint64_t sum = 0;

        for (size_t i = 0; i < qf_picture_cells(picture); i++) {
                const struct qf_cell *cell = qf_picture_at(picture, i);
                uint64_t of_key = (uint64_t)cell->key.dimension << 48 ^ (uint64_t)cell->key.member << 32 ^
                                  cell->key.period;
                for (unsigned m = 0; m < QF_MEASURES; m++)
                        sum += (of_key + m) * 0x9e3779b97f4a7c15u * (uint64_t)(cell->counts.of[m] + 1);
        }
        return sum;
}

static void read_edition(struct trial *trial, struct qf_buffer *ret_data)
{
        struct qf_txn *txn = NULL;
        struct qf_view part;

        assert_int_equal(qf_txn_begin(trial->counting->environment, false, &txn), 0);
        for (uint32_t i = 0; qf_editions_read(txn, 1, QF_VIEW(""), i, &part) == 0; i++)
                assert_int_equal(qf_buffer_append(ret_data, part.at, part.len), 0);
        qf_txn_abort(&txn);
        assert_true(ret_data->len > 0);
}

static void count_on_from_what_is_there(struct trial *trial, uint64_t at_least)
{
        assert_int_equal(qf_publish_new(hear_frame, trial, &trial->publish), 0);
        assert_int_equal(open_counts(trial), 0);
        assert_true(trial->counting->committed >= at_least);
        assert_int_equal(count_upto(trial, trial->journal.last), 0);
        assert_int_equal(trial->counting->committed, trial->journal.last);
}

static void remove_counts(struct trial *trial)
{
        char path[160];

        close_counts(trial);
        trial->publish = qf_publish_free(trial->publish);
        (void)snprintf(path, sizeof path, "%s.new", trial->directory);
        temporary_remove(path, 2);
        temporary_remove(trial->directory, 2);
}

static void restart_counts_the_same(void *ctx)
{
        struct trial *trial = ctx;
        struct qf_buffer edition = {0};

        count_on_from_what_is_there(trial, trial->told);
        assert_true(sum_of_cells(trial) == trial->cells_sum);
        read_edition(trial, &edition);
        assert_int_equal(edition.len, trial->edition.len);
        assert_memory_equal(edition.at, trial->edition.at, edition.len);
        qf_buffer_deinit(&edition);
        remove_counts(trial);
}

/* A close of everything, and a record of a declared kind that it holds. */
static void journal_close(struct journal *journal, uint32_t first, uint32_t last)
{
        const struct qf_edition_said said = {.first = first, .last = last, .number = 1};
        const struct qf_register close = qf_edition_register(&said);
        const struct qf_pair value = {QF_VIEW("mode"), QF_VIEW("walk")};
        const struct qf_event broadcast = {.kind = QF_KIND_BROADCAST,
                                           .action = QF_CREATE,
                                           .stated = 1 << 2,
                                           .key = QF_VIEW("live"),
                                           .date = first * 100 + 1,
                                           .figures = {0, 0, 10240}};

        JOURNAL_MUST(qf_body_writer_add(journal->body, &broadcast, &value, 1));
        journal_batch(journal);
        journal_begin(journal);
        journal_register(journal, QF_KIND_PERIOD_CLOSE, &close);
        journal_add_batch(journal, 0, 0, NULL, 0);
        journal_end(journal);
}

static void make_journal(struct journal *journal)
{
        char key[16];

        journal_new(journal);
        journal_programme(journal);
        for (uint32_t i = 0; i < 24; i++) {
                (void)snprintf(key, sizeof key, "k%u", i);
                journal_activity(journal, key, QF_CREATE, 20230101 + i % 12 * 100 + i % 28,
                                 i % 5 ? (int32_t)i : -1, i % 2 ? "walk" : NULL);
                journal_tick(journal, i % 5 ? "waits" : key, 2);
                if (i % 6 == 5)
                        journal_batch(journal);
        }
        journal_close(journal, 202301, 202306);
        journal_activity(journal, "k1", QF_REPLACE, 20230401, 70, "talk");
        journal_activity(journal, "k2", QF_WITHDRAW, 0, -1, NULL);
        journal_batch(journal);
}

static int make(void **state)
{
        struct trial *trial = calloc(1, sizeof *trial);

        temporary_make_in_memory(&trial->temporary);
        (void)temporary_in(&trial->temporary, "counts", trial->directory, sizeof trial->directory);
        assert_int_equal(qf_arena_new(4 << 20, &trial->arena), 0);
        make_journal(&trial->journal);
        count_on_from_what_is_there(trial, 0);
        trial->cells_sum = sum_of_cells(trial);
        read_edition(trial, &trial->edition);
        remove_counts(trial);
        *state = trial;
        return 0;
}

static int unmake(void **state)
{
        struct trial *trial = *state;

        journal_free(&trial->journal);
        (void)qf_arena_free(trial->arena);
        qf_buffer_deinit(&trial->edition);
        temporary_remove(trial->temporary.path, 3);
        free(trial);
        return 0;
}

static void short_memory_miscounts_nothing(void **state)
{
        failing_each(FAILING_MEMORY, live_a_day, restart_counts_the_same, *state, 50, 0);
}

static void failing_store_miscounts_nothing(void **state)
{
        failing_each(FAILING_STORAGE, live_a_day, restart_counts_the_same, *state, 100, 0);
}

static void failing_files_miscount_nothing(void **state)
{
        failing_each(FAILING_FILES, live_a_day, restart_counts_the_same, *state, 5, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(short_memory_miscounts_nothing, make, unmake),
                cmocka_unit_test_setup_teardown(failing_store_miscounts_nothing, make, unmake),
                cmocka_unit_test_setup_teardown(failing_files_miscount_nothing, make, unmake),
        };
        return cmocka_run_group_tests_name("failing aggregate", tests, NULL, NULL);
}
