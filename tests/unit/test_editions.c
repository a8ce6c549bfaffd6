/* The canonical data of an edition: exactly these lines, whoever makes them, in whatever order what stands is handed in,
 * wherever groups were cut, and again from what is on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate/answers.h"
#include "aggregate/counting.h"
#include "programme/edition_data.h"
#include "qf/operator/recount.h"
#include "report/edition_rights.h"
#include "support/journal.h"
#include "support/temporary.h"

struct fixture {
        struct temporary temporary;
        char directory[128];
        struct journal journal;
};

static int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        temporary_make(&fixture->temporary);
        temporary_in(&fixture->temporary, "counts", fixture->directory, sizeof fixture->directory);
        journal_new(&fixture->journal);
        journal_programme(&fixture->journal);
        *state = fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;
        journal_free(&fixture->journal);
        temporary_remove(fixture->temporary.path, 2);
        free(fixture);
        return 0;
}

static struct qf_edition_said edition_of(const char *scope, uint32_t first, uint32_t last, uint32_t number)
{
        return (struct qf_edition_said){
                .scope = qf_view_of(scope), .first = first, .last = last, .number = number};
}

static void put_said(struct journal *journal, enum qf_kind kind, struct qf_edition_said said)
{
        const struct qf_register registered = qf_edition_register(&said);
        journal_register(journal, (uint8_t)kind, &registered);
}

/* A record of the office with one event about an edition. */
static void add_said(struct journal *journal, enum qf_kind kind, struct qf_edition_said said)
{
        journal_begin(journal);
        put_said(journal, kind, said);
        journal_add_batch(journal, 0, 0, NULL, 0);
        journal_end(journal);
}

static struct qf_counting *open_counts(struct fixture *fixture)
{
        struct qf_counting_options options = {.directory = fixture->directory, .map_bytes = 1 << 20};
        struct qf_counting *counting = NULL;
        assert_int_equal(qf_counting_open(&options, &counting), 0);
        return counting;
}

static void apply_one(struct fixture *fixture, struct qf_counting *counting)
{
        const uint64_t at = counting->meta.position;
        assert_int_equal(qf_counting_apply(counting, &fixture->journal.head[at], fixture->journal.record[at]),
                         0);
}

static void apply_all(struct fixture *fixture, struct qf_counting *counting)
{
        while (counting->meta.position < fixture->journal.last)
                apply_one(fixture, counting);
        assert_int_equal(qf_counting_commit(counting, NULL, NULL), 0);
}

static void read_file(struct qf_counting *counting, uint32_t id, const char *file,
                      struct qf_buffer *ret_bytes)
{
        struct qf_txn *txn = NULL;
        struct qf_view part;
        ret_bytes->len = 0;
        assert_int_equal(qf_txn_begin(counting->environment, false, &txn), 0);
        for (uint32_t i = 0; qf_editions_read(txn, id, qf_view_of(file), i, &part) == 0; i++)
                assert_int_equal(qf_buffer_append(ret_bytes, part.at, part.len), 0);
        qf_txn_abort(&txn);
}

/* --- exactly these lines --------------------------------------------------------- */

static void add_broadcast(struct journal *journal, const char *key, uint32_t date, const char *org)
{
        const struct qf_pair values[] = {{QF_VIEW("mode"), QF_VIEW("walk")},
                                         {QF_VIEW("org"), qf_view_of(org)}};
        struct qf_event event = {.kind = QF_KIND_BROADCAST,
                                 .action = QF_CREATE,
                                 .stated = 1 << 2 | 1 << 4, /* views, peak */
                                 .key = qf_view_of(key),
                                 .date = date,
                                 .figures = {0, 0, 10240, 0, 1200}};
        JOURNAL_MUST(qf_body_writer_add(journal->body, &event, values, 2));
}

static void lines_are_these(void **state)
{
        static const char wanted[] =
                "qf-edition\t1\nscope\t\nperiod\t202303\t202303\nedition\t1\n"
                "closed\t5\t1700000000004\t\tdesk 3\nprevious\t\nprogramme\t2\n"
                "setting\trounding\thalf_up\nwaived\tBB\n"
                "cell\tmode\t\t20230300\t1\t1\t0\t1\t1\n"
                "cell\tmode\twalk\t20230300\t2\t2\t12\t0\t0\n"
                "cell\torg\tAA\t20230300\t3\t3\t12\t1\t1\n"
                "cell\ttotal\tall\t20230300\t3\t3\t12\t1\t1\n"
                "dimension\tmode\t\t\t0\ndimension\torg\t\t\t0\n"
                "member\tmode\twalk\t\t\nmember\torg\tAA\t\t\n"
                "statement\tbroadcast\tAA\tlive/1\t20230331\t\t\t10240\t\t1200\t\tmode=walk\torg=AA\n";
        static const struct qf_view waived[] = {{"BB", 2}};
        struct fixture *fixture = *state;
        struct journal *journal = &fixture->journal;
        journal_activity(journal, "in/1", QF_CREATE, 20230301, 5, "walk");
        journal_activity(journal, "in/2", QF_CREATE, 20230331, 7, "walk");
        journal_activity(journal, "month", QF_CREATE, 20230300, -1, NULL);
        journal_activity(journal, "before", QF_CREATE, 20230228, 9, "talk");
        journal_activity(journal, "after", QF_CREATE, 20230401, 9, "talk");
        journal_activity(journal, "year", QF_CREATE, 20230000, 9, "talk");
        journal_batch(journal);
        journal_activity(journal, "gone", QF_CREATE, 20230315, 9, "talk");
        add_broadcast(journal, "live/1", 20230331, "AA");
        add_broadcast(journal, "live/2", 20230401, "AA");
        journal_activity(journal, "gone", QF_WITHDRAW, 0, -1, NULL);
        journal_tick(journal, "nowhere", 3);
        journal_batch(journal);
        struct qf_edition_said said = edition_of("", 202303, 202303, 1);
        said.by = QF_VIEW("desk 3");
        said.waived = waived;
        said.waived_count = 1;
        journal_begin(journal);
        put_said(journal, QF_KIND_PERIOD_CLOSE, said);
        journal_add_batch(journal, 0, 0, NULL, 0);
        journal_activity(journal, "in/3", QF_CREATE, 20230301, 5,
                         "walk"); /* of the same record, behind the close */
        journal_add_batch(journal, 1, 0, NULL, 0);
        journal_end(journal);

        struct qf_counting *counting = open_counts(fixture);
        struct qf_buffer data = {0};
        apply_all(fixture, counting);
        read_file(counting, 1, "", &data);
        assert_int_equal(qf_buffer_append(&data, "", 1), 0);
        assert_string_equal(data.at, wanted);
        assert_int_equal(qf_editions_frozen(counting->editions, 1)->size, sizeof(wanted) - 1);
        qf_buffer_deinit(&data);
        qf_counting_close(counting);
}

/* --- the same from anybody ---------------------------------------------------------- */

static uint32_t draw(uint64_t *seed, uint32_t below)
{
        *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(*seed >> 33) % below;
}

static void add_random(struct journal *journal, uint64_t *seed)
{
        static const uint32_t dates[] = {20230101, 20230300, 20230315, 20230331,
                                         20230401, 20230000, 20221231};
        static const char *const modes[] = {"walk", "talk", NULL};
        char key[16];
        (void)snprintf(key, sizeof(key), "K%u", draw(seed, 40));
        const uint32_t date = dates[draw(seed, sizeof(dates) / sizeof(dates[0]))];
        switch (draw(seed, 8)) {
        case 0: journal_activity(journal, key, QF_WITHDRAW, 0, -1, NULL); break;
        case 1: journal_tick(journal, key, 1 + draw(seed, 5)); break;
        case 2: add_broadcast(journal, key, date, draw(seed, 2) ? "AA" : "BB"); break;
        default:
                journal_activity(journal, key, QF_REPLACE, date, (int32_t)draw(seed, 60) - 5,
                                 modes[draw(seed, 3)]);
        }
}

enum { ROUNDS = 12, EDITIONS = 6 };

static const struct {
        const char *scope;
        uint32_t first, last;
} periods[EDITIONS / 2] = {{"", 202303, 202303}, {"AA", 202301, 202312}, {"BB", 202301, 202303}};

/* Twice all periods, reopened in between, among random events. */
static void add_editions(struct journal *journal, uint64_t *seed)
{
        for (uint32_t i = 0; i < EDITIONS; i++) {
                struct qf_edition_said said = edition_of(periods[i % 3].scope, periods[i % 3].first,
                                                         periods[i % 3].last, 1 + i / 3);
                for (uint32_t n = 0; n < 12; n++) {
                        for (uint32_t k = 0; k < 8; k++)
                                add_random(journal, seed);
                        journal_batch(journal);
                }
                if (i >= EDITIONS / 2) {
                        struct qf_edition_said before = said;
                        before.number = 1;
                        before.reason = QF_VIEW("late ones");
                        add_said(journal, QF_KIND_PERIOD_REOPEN, before);
                }
                add_said(journal, QF_KIND_PERIOD_CLOSE, said);
        }
}

static void check_all(const struct qf_counting *counting, const struct qf_recount *recount)
{
        assert_int_equal(recount->editions.count, EDITIONS);
        for (uint32_t id = 1; id <= EDITIONS; id++) {
                const struct qf_edition_frozen *frozen = qf_editions_frozen(counting->editions, id);
                assert_non_null(frozen);
                assert_int_equal(frozen->size, recount->editions.at[id - 1].size);
                assert_memory_equal(frozen->digest, recount->editions.at[id - 1].digest, QF_SHA256_BYTES);
        }
}

static void groups_restarts_and_a_recount_give_the_same(void **state)
{
        struct fixture *fixture = *state;
        uint64_t seed = 5;
        add_editions(&fixture->journal, &seed);
        struct qf_recount *recount = calloc(1, sizeof(*recount));
        assert_int_equal(qf_recount_init(recount), 0);
        for (uint64_t at = 0; at < fixture->journal.last; at++)
                assert_int_equal(
                        qf_recount_take(recount, &fixture->journal.head[at], fixture->journal.record[at]), 0);
        for (uint32_t round = 0; round < ROUNDS; round++) {
                struct qf_counting *counting = open_counts(fixture);
                while (counting->meta.position < fixture->journal.last) {
                        apply_one(fixture, counting);
                        if (draw(&seed, 1 + round) == 0)
                                assert_int_equal(qf_counting_commit(counting, NULL, NULL), 0);
                        if (draw(&seed, 10) == 0) { /* what was not committed is lost, and comes again */
                                qf_counting_close(counting);
                                counting = open_counts(fixture);
                        }
                }
                assert_int_equal(qf_counting_commit(counting, NULL, NULL), 0);
                qf_counting_close(counting);
                counting = open_counts(fixture);
                assert_false(counting->made_anew); /* what is on disk adds up */
                check_all(counting, recount);
                qf_counting_close(counting);
                temporary_remove(fixture->directory, 1);
        }
        qf_recount_deinit(recount);
        free(recount);
}

static int take(void *ctx, const struct qf_standing_slot *slot)
{
        struct qf_edition_fold *fold = ((void **)ctx)[0];
        struct qf_standing *standing = ((void **)ctx)[1];
        assert_int_equal(qf_standing_unpack(qf_standing_slot_value(slot), standing), 0);
        return qf_edition_fold_take(fold, slot->partner, qf_standing_slot_key(slot), standing);
}

struct slots {
        const struct qf_standing_slot *at[256];
        uint32_t count;
};

static int collect(void *ctx, const struct qf_standing_slot *slot)
{
        struct slots *slots = ctx;
        slots->at[slots->count++] = slot;
        return 0;
}

static void any_order_of_what_stands_gives_the_same(void **state)
{
        struct fixture *fixture = *state;
        uint64_t seed = 11;
        add_editions(&fixture->journal, &seed);
        struct qf_recount *recount = calloc(1, sizeof(*recount));
        struct qf_standing *standing = calloc(1, sizeof(*standing));
        assert_int_equal(qf_recount_init(recount), 0);
        for (uint64_t at = 0; at < fixture->journal.last; at++)
                assert_int_equal(
                        qf_recount_take(recount, &fixture->journal.head[at], fixture->journal.record[at]), 0);
        struct slots slots = {.count = 0};
        assert_int_equal(qf_standings_each(recount->standings, collect, &slots), 0);
        assert_true(slots.count > 40);
        const struct qf_programme *programme = recount->apply.programme;
        const struct qf_edition_closing closing = {.source = QF_VIEW("office")};
        struct qf_buffer first = {0}, data = {0};
        for (uint32_t round = 0; round < ROUNDS; round++) {
                struct qf_edition_fold *fold = NULL;
                assert_int_equal(qf_edition_fold_new(programme, qf_programme_edition(programme, 2), &fold),
                                 0);
                for (uint32_t left = slots.count; left > 0; left--) {
                        const uint32_t i = draw(&seed, left);
                        const struct qf_standing_slot *slot = slots.at[i];
                        slots.at[i] = slots.at[left - 1];
                        slots.at[left - 1] = slot;
                        void *ctx[] = {fold, standing};
                        assert_int_equal(take(ctx, slot), 0);
                }
                data.len = 0;
                assert_int_equal(qf_edition_fold_print(fold, &closing, round ? &data : &first), 0);
                qf_edition_fold_free(fold);
                if (round) {
                        assert_int_equal(data.len, first.len);
                        assert_memory_equal(data.at, first.at, first.len);
                }
        }
        assert_true(first.len > 300);
        qf_buffer_deinit(&first);
        qf_buffer_deinit(&data);
        free(standing);
        qf_recount_deinit(recount);
        free(recount);
}

/* --- publishing ------------------------------------------------------------------------ */

static struct qf_edition_said file_of(const char *file, struct qf_view data, const uint8_t *digest)
{
        struct qf_edition_said said = edition_of("", 202303, 202303, 1);
        said.file = qf_view_of(file);
        if (digest) {
                said.parts = 1;
                said.size = data.len;
                said.digest = (struct qf_view){(const char *)digest, QF_SHA256_BYTES};
        } else {
                said.data = data;
        }
        return said;
}

static void what_was_published_is_held_against_what_is_made_again(void **state)
{
        struct fixture *fixture = *state;
        struct qf_counting *counting = open_counts(fixture);
        struct qf_buffer data = {0}, kept = {0};
        journal_activity(&fixture->journal, "in", QF_CREATE, 20230301, 5, "walk");
        journal_batch(&fixture->journal);
        add_said(&fixture->journal, QF_KIND_PERIOD_CLOSE, edition_of("", 202303, 202303, 1));
        apply_all(fixture, counting);
        read_file(counting, 1, "", &data);
        const struct qf_view bytes = {(const char *)data.at, (uint32_t)data.len};
        const uint64_t before = fixture->journal.last;
        for (int wrong = 0; wrong < 2; wrong++) {
                data.at[20] ^= (uint8_t)wrong;
                add_said(&fixture->journal, QF_KIND_EDITION_PART, file_of("data", bytes, NULL));
                add_said(&fixture->journal, QF_KIND_PUBLISH,
                         file_of("data", bytes, qf_editions_frozen(counting->editions, 1)->digest));
                struct qf_recount *recount = calloc(1, sizeof(*recount));
                assert_int_equal(qf_recount_init(recount), 0);
                for (uint64_t at = 0; at < fixture->journal.last; at++)
                        assert_int_equal(qf_recount_take(recount, &fixture->journal.head[at],
                                                         fixture->journal.record[at]),
                                         0);
                assert_int_equal(recount->editions.at[0].published,
                                 wrong ? QF_RECOUNT_DIFFERS : QF_RECOUNT_REPRODUCED);
                qf_recount_deinit(recount);
                free(recount);
                if (!wrong) {
                        apply_all(fixture, counting);
                        read_file(counting, 1, "data", &kept);
                        assert_int_equal(kept.len, data.len);
                        assert_memory_equal(kept.at, data.at, data.len);
                        journal_go_back(&fixture->journal, before);
                }
        }
        qf_buffer_deinit(&data);
        qf_buffer_deinit(&kept);
        qf_counting_close(counting);
}

/* Ingest takes no such file; what a journal holds all the same is not told to be what it is not. */
static void a_file_of_another_size_is_not_told_to_be_whole(void **state)
{
        static const struct {
                uint32_t parts[2], size, told;
                const char *say;
        } rows[] = {
                {{9, 0}, 9, 9, ""},
                {{9, 0}, 7, 7, ""}, /* what lies beyond is not the file's */
                {{9, 0}, 10, 0, "a part of this file is shorter than its size says: run qf verify"},
                {{9, 9},
                 QF_EDITION_PART_BYTES + 9,
                 0,
                 "a part of this file is shorter than its size says: run qf verify"},
                {{QF_EDITION_PART_BYTES, 9}, QF_EDITION_PART_BYTES + 9, QF_EDITION_PART_BYTES + 9, ""},
        };
        static char bytes[QF_EDITION_PART_BYTES];
        struct fixture *fixture = *state;
        struct qf_counting *counting = open_counts(fixture);
        struct qf_buffer data = {0};
        add_said(&fixture->journal, QF_KIND_PERIOD_CLOSE, edition_of("", 202303, 202303, 1));
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                char name[16];
                (void)snprintf(name, sizeof name, "file-%zu", i);
                struct qf_edition_said said = edition_of("", 202303, 202303, 1);
                said.file = qf_view_of(name);
                for (; said.part < 2 && rows[i].parts[said.part]; said.part++) {
                        said.data = (struct qf_view){bytes, rows[i].parts[said.part]};
                        add_said(&fixture->journal, QF_KIND_EDITION_PART, said);
                }
                said.parts = said.part;
                said.size = rows[i].size;
                said.data = (struct qf_view){0};
                said.digest = (struct qf_view){bytes, QF_SHA256_BYTES};
                add_said(&fixture->journal, QF_KIND_PUBLISH, said);
                apply_all(fixture, counting);
                const struct qf_from_reader ask = {
                        .file = said.file, .first_day = 20230300, .last_day = 20230300, .edition = 1};
                struct qf_to_reader answer = {.say = QF_VIEW("")};
                data.len = 0;
                assert_int_equal(qf_answer_edition(counting, &ask, &answer, &data), 0);
                assert_string_equal(answer.say.at, rows[i].say);
                if (rows[i].told)
                        assert_true(data.len == rows[i].told && answer.offset == rows[i].told);
        }
        qf_buffer_deinit(&data);
        qf_counting_close(counting);
}

/* --- at once, and alive --- */

static uint32_t went_on;

static void go_on(void)
{
        went_on++;
}

/* Closes that came one after another are not one long turn. */
static void a_close_ends_its_group_and_says_that_it_goes_on(void **state)
{
        struct fixture *fixture = *state;
        struct qf_counting_options options = {
                .directory = fixture->directory, .map_bytes = 1 << 20, .goes_on = go_on};
        struct qf_counting *counting = NULL;
        char key[16];
        for (uint32_t i = 0; i < 5000; i++) {
                (void)snprintf(key, sizeof(key), "K%u", i);
                journal_activity(&fixture->journal, key, QF_CREATE, 20230301, 5, "walk");
        }
        journal_batch(&fixture->journal);
        add_said(&fixture->journal, QF_KIND_PERIOD_CLOSE, edition_of("", 202303, 202303, 1));
        assert_int_equal(qf_counting_open(&options, &counting), 0);
        went_on = 0;
        while (counting->meta.position < fixture->journal.last - 1)
                apply_one(fixture, counting);
        assert_false(qf_counting_crowded(counting));
        assert_int_equal(went_on, 0);
        apply_one(fixture, counting);
        assert_true(qf_counting_crowded(counting));
        assert_int_equal(went_on, 1);
        assert_int_equal(qf_counting_commit(counting, NULL, NULL), 0);
        assert_false(qf_counting_crowded(counting));
        qf_counting_close(counting);
}

/* --- who reads what ------------------------------------------------------------------------ */

static void lines_are_read_by_the_rights_of_their_organisations(void **state)
{
        static const char data[] =
                "qf-edition\t1\nwaived\tAA\nwaived\tBB\ncell\tmode\twalk\t20230300\t2\t2\t12\t0\t0\n"
                "cell\torg\tAA\t20230300\t1\t1\t5\t0\t0\ncell\torg\tBB\t20230300\t1\t1\t7\t0\t0\n"
                "cell\torg\t\t20230300\t1\t1\t7\t0\t0\ncell\ttotal\tall\t20230300\t2\t2\t12\t0\t0\n"
                "member\torg\tBB\t\t\nnew-word\t1\ncell\torg\n"
                "statement\tvisit\tAA\tk\t20230301\t1\t\torg=AA\n"
                "statement\tvisit\tBB\tk\t20230301\t1\t\torg=BB\n"
                "statement\tvisit\tBB\torg=AA\t20230301\torg=AA\t\torg=BB\n";
        static const char wanted[] =
                "qf-edition\t1\nwaived\tAA\ncell\tmode\twalk\t20230300\t2\t2\t12\t0\t0\n"
                "cell\torg\tAA\t20230300\t1\t1\t5\t0\t0\n"
                "cell\torg\t\t20230300\t1\t1\t7\t0\t0\ncell\ttotal\tall\t20230300\t2\t2\t12\t0\t0\n"
                "member\torg\tBB\t\t\nstatement\tvisit\tAA\tk\t20230301\t1\t\torg=AA\n";
        struct fixture *fixture = *state;
        struct qf_counting *counting = open_counts(fixture);
        struct qf_rights rights = {0};
        struct qf_buffer sifted = {0};
        bool hidden = false;
        apply_all(fixture, counting);
        const struct qf_programme *programme = counting->apply.programme;
        const struct qf_source *source =
                qf_programme_source(programme, qf_programme_find_source(programme, QF_VIEW("aa")));
        assert_int_equal(qf_rights_renew(&rights, programme, 1, source), 0);
        assert_int_equal(qf_edition_sift(&rights, QF_VIEW(""), (struct qf_view){data, sizeof(data) - 1},
                                         &sifted, &hidden),
                         0);
        assert_true(hidden);
        assert_int_equal(qf_buffer_append(&sifted, "", 1), 0);
        assert_string_equal(sifted.at, wanted);
        struct qf_from_reader ask = {
                .query = QF_QUERY_EDITION, .first_day = 20230301, .last_day = 20230331, .edition = 1};
        assert_int_equal(qf_edition_sight(&rights, &ask), QF_EDITION_BY_LINES); /* of everything */
        ask.scope = QF_VIEW("BB");
        assert_int_equal(qf_edition_sight(&rights, &ask), QF_EDITION_HIDDEN);
        ask.file = QF_VIEW("year.txt");
        assert_int_equal(qf_edition_sight(&rights, &ask), QF_EDITION_HIDDEN);
        ask.scope = QF_VIEW("AA");
        assert_int_equal(qf_edition_sight(&rights, &ask), QF_EDITION_WHOLE);
        ask.scope = QF_VIEW("");
        assert_int_equal(qf_edition_sight(&rights, &ask),
                         QF_EDITION_HIDDEN); /* a printed file, of everybody */
        qf_buffer_deinit(&sifted);
        qf_rights_deinit(&rights);
        qf_counting_close(counting);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(lines_are_these),
                CASE(groups_restarts_and_a_recount_give_the_same),
                CASE(any_order_of_what_stands_gives_the_same),
                CASE(what_was_published_is_held_against_what_is_made_again),
                CASE(a_file_of_another_size_is_not_told_to_be_whole),
                CASE(a_close_ends_its_group_and_says_that_it_goes_on),
                CASE(lines_are_read_by_the_rights_of_their_organisations),
        };
        return cmocka_run_group_tests_name("editions", tests, NULL, NULL);
}
