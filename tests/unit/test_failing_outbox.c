/* An outbox when memory or the store fails at each call of a client's life: what was said to be on disk is there when
 * it is opened again, all of a batch or nothing of it, and every number it keeps can be sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/cleanup.h"
#include "client/feed_batch.h"
#include "client/outbox.h"
#include "support/failing.h"
#include "support/temporary.h"

enum { EVENTS = 90, CHUNKS_OF = 40, ANSWERED = 40, DAY_MS = 24 * 3600 * 1000 };

struct trial {
        struct temporary temporary;
        char directory[128];
        struct qf_outbox *outbox;
        struct qf_outbox_standing said;  /* when it was closed last; next 0: it never opened */
        bool written, answered, renewed; /* what was said to be done */
        uint8_t id[QF_OUTBOX_ID_BYTES];
};

static const uint8_t hash[QF_OUTBOX_HASH] = {7}, life[2][QF_LIFE_BYTES] = {{1}, {2}},
                     no_journal[QF_LIFE_BYTES] = {9};

static int add_event(struct qf_feed_batch *batch, uint32_t i)
{
        const struct qf_pair values[] = {{QF_VIEW("org"), QF_VIEW("HX")},
                                         {QF_VIEW("content"), QF_VIEW("law")},
                                         {QF_VIEW("content"), QF_VIEW("family")}};
        const struct qf_register member = {.dimension = QF_VIEW("org"),
                                           .code = QF_VIEW("HX"),
                                           .zh = QF_VIEW("华新"),
                                           .en = QF_VIEW("HX")};
        const struct qf_words words = {.title = QF_VIEW("题目")};
        char key[16];
        struct qf_event event = {
                .kind = i % 3 ? QF_KIND_ACTIVITY : QF_KIND_TICK, .date = 20230506, .sessions = 1};

        (void)snprintf(key, sizeof key, "k%u", i);
        event.key = qf_view_of(key);
        if (i == EVENTS - 1) {
                event = (struct qf_event){
                        .kind = QF_KIND_MEMBER, .action = QF_REPLACE, .registered = &member};
                return qf_feed_batch_add(batch, &event, NULL, 0);
        }
        if (event.kind == QF_KIND_TICK) {
                event.counter = QF_VIEW("sign_in");
                event.amount = 1;
                return qf_feed_batch_add(batch, &event, NULL, 0);
        }
        event.words = &words;
        return qf_feed_batch_add(batch, &event, values, i % 4);
}

static void cleanup_batch(struct qf_feed_batch *batch)
{
        qf_feed_batch_deinit(batch);
}

static int write_events(struct trial *trial)
{
        const struct qf_fed_file file = {
                .hash = {7}, .fed_ms = 1000, .first = 1, .count = EVENTS, .name = QF_VIEW("a")};
        QF_CLEANUP(cleanup_batch) struct qf_feed_batch batch = {0};
        int r = qf_feed_batch_init(&batch, CHUNKS_OF);

        for (uint32_t i = 0; r == 0 && i < EVENTS; i++)
                r = add_event(&batch, i);
        if (r == 0)
                r = qf_feed_batch_write(&batch, trial->outbox, &file);
        trial->written = r == 0;
        return r;
}

static int answer_some(struct trial *trial, uint16_t code)
{
        const struct qf_exception exception = {.at = 3, .len = 2, .verdict = {QF_REJECTED, code}};
        const struct qf_outbox_answer answer = {.first = 1,
                                                .count = ANSWERED,
                                                .position = 9,
                                                .exceptions_count = 1,
                                                .exceptions = &exception};
        struct qf_outbox_answered answered;
        int r = qf_outbox_answer(trial->outbox, &answer, &answered);

        trial->answered = trial->answered || r == 0;
        return r;
}

static int read_back(struct trial *trial)
{
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer buffer = {0};
        struct qf_outbox_answer answer;
        struct qf_fed_file file;
        struct qf_chunk chunk;
        int r = qf_outbox_chunk(trial->outbox, EVENTS, &buffer, &chunk);

        if (r == 0)
                r = qf_outbox_verdicts(trial->outbox, 5, &buffer, &answer);
        if (r == 0)
                r = qf_outbox_find_file(trial->outbox, hash, &buffer, &file);
        return r == 0 ? qf_outbox_registers(trial->outbox, &buffer) : r;
}

/* Writes a file, hears of it, ends; begins again and hears of another life; gets a new id in the end. */
static int use_before_restart(struct trial *trial)
{
        int r = write_events(trial);

        if (r == 0)
                r = qf_outbox_set_life(trial->outbox, no_journal, life[0]);
        if (r == 0)
                r = qf_outbox_set_registers(trial->outbox, 5, QF_VIEW("\4\0\0\0abcd"));
        return r == 0 ? answer_some(trial, QF_E103_NOT_YOURS) : r;
}

static int use_after_restart(struct trial *trial)
{
        int r = read_back(trial);

        if (r == 0)
                r = qf_outbox_set_life(trial->outbox, no_journal, life[1]);
        if (r == 0)
                r = answer_some(trial, QF_E109_MISSING);
        if (r == 0)
                r = qf_outbox_stop(trial->outbox, QF_REFUSED_FORKED, QF_VIEW("another copy of it was used"));
        if (r == 0)
                r = qf_outbox_trim(trial->outbox, 1, (struct qf_outbox_now){DAY_MS, DAY_MS});
        if (r == 0)
                r = qf_outbox_trim(trial->outbox, 20,
                                   (struct qf_outbox_now){INT64_C(100) * DAY_MS, INT64_C(100) * DAY_MS});
        if (r == 0)
                r = qf_outbox_renew(trial->outbox, true);
        trial->renewed = r == 0;
        return r;
}

/* What it said of itself last. */
static void end_opening(struct trial *trial)
{
        if (trial->outbox)
                trial->said = *qf_outbox_standing(trial->outbox);
        trial->outbox = qf_outbox_close(trial->outbox);
}

static int live_a_life(void *ctx)
{
        struct trial *trial = ctx;

        trial->written = trial->answered = trial->renewed = false;
        trial->said = (struct qf_outbox_standing){0};
        int r = qf_outbox_open(trial->directory, &trial->outbox);
        if (r == 0)
                memcpy(trial->id, qf_outbox_standing(trial->outbox)->id, sizeof trial->id);
        if (r == 0)
                r = use_before_restart(trial);
        end_opening(trial);
        if (r == 0)
                r = qf_outbox_open(trial->directory, &trial->outbox);
        if (r == 0)
                r = use_after_restart(trial);
        end_opening(trial);
        return r;
}

static void expect_all_kept_to_be_sendable(struct trial *trial)
{
        const struct qf_outbox_standing *standing = qf_outbox_standing(trial->outbox);
        QF_CLEANUP(qf_buffer_deinit) struct qf_buffer buffer = {0};
        struct qf_chunk chunk;

        for (uint64_t number = standing->first_kept; number < standing->next; number++) {
                buffer.len = 0;
                assert_int_equal(qf_outbox_chunk(trial->outbox, number, &buffer, &chunk), 0);
                assert_true(chunk.first <= number && number < chunk.first + chunk.count);
        }
}

static void opened_again_it_has_what_it_said(void *ctx)
{
        struct trial *trial = ctx;
        char path[160];

        assert_int_equal(qf_outbox_open(trial->directory, &trial->outbox), 0);
        const struct qf_outbox_standing *standing = qf_outbox_standing(trial->outbox);
        bool same = memcmp(trial->id, standing->id, sizeof trial->id) == 0;
        assert_true(same || !trial->written || trial->answered); /* a new id only where renew was reached */
        if (trial->renewed)
                assert_false(same);
        if (same && trial->written)
                assert_int_equal(standing->next, EVENTS + 1);
        else if (same)
                assert_true(standing->next == 1 || standing->next == EVENTS + 1);
        if (same && trial->answered)
                assert_int_equal(standing->acked, ANSWERED);
        if (same && trial->said.next) { /* memory was not ahead of the disk when a call failed */
                assert_int_equal(standing->next, trial->said.next);
                assert_int_equal(standing->acked, trial->said.acked);
                assert_int_equal(standing->registers, trial->said.registers);
        }
        if (!same && trial->written) /* what had no verdict goes on under new numbers */
                assert_int_equal(standing->next, EVENTS - ANSWERED + 1);
        expect_all_kept_to_be_sendable(trial);
        trial->outbox = qf_outbox_close(trial->outbox);
        (void)snprintf(path, sizeof path, "%s.new", trial->directory);
        temporary_remove(path, 2);
        temporary_remove(trial->directory, 2);
}

static int make(void **state)
{
        struct trial *trial = calloc(1, sizeof *trial);

        temporary_make_in_memory(&trial->temporary);
        (void)temporary_in(&trial->temporary, "outbox", trial->directory, sizeof trial->directory);
        *state = trial;
        return 0;
}

static int unmake(void **state)
{
        struct trial *trial = *state;

        temporary_remove(trial->temporary.path, 3);
        free(trial);
        return 0;
}

static void short_memory_loses_nothing(void **state)
{
        /* Names go out unsorted, in each of three batches. */
        failing_each(FAILING_MEMORY, live_a_life, opened_again_it_has_what_it_said, *state, 20, 3);
}

static void failing_store_loses_nothing(void **state)
{
        failing_each(FAILING_STORAGE, live_a_life, opened_again_it_has_what_it_said, *state, 50, 0);
}

static void failing_files_lose_nothing(void **state)
{
        failing_each(FAILING_FILES, live_a_life, opened_again_it_has_what_it_said, *state, 5, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(short_memory_loses_nothing, make, unmake),
                cmocka_unit_test_setup_teardown(failing_store_loses_nothing, make, unmake),
                cmocka_unit_test_setup_teardown(failing_files_lose_nothing, make, unmake),
        };
        return cmocka_run_group_tests_name("failing outbox", tests, NULL, NULL);
}
