/* What reporting keeps while it waits: queries for a later version, questions
 * passed on, register events, rows on their way into the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/aside.h"
#include "report/deferred.h"
#include "report/register_log.h"
#include "report/upstream.h"
#include "support/office.h"

static void a_query_waits_for_its_version_or_its_deadline(void **state)
{
        struct qf_deferred deferred = {0};
        const struct qf_deferred_query soon = {.id = 1, .at_least = 10, .until_ms = 1000};
        const struct qf_deferred_query late = {.id = 2, .at_least = 99, .until_ms = 500};
        struct qf_deferred_query next;

        (void)state;
        assert_int_equal(qf_deferred_add(&deferred, &soon, QF_VIEW("a query")), 0);
        assert_int_equal(qf_deferred_add(&deferred, &late, QF_VIEW("another")), 0);
        assert_false(qf_deferred_next(&deferred, 9, 0, &next));
        assert_true(qf_deferred_next(&deferred, 10, 0, &next));
        assert_int_equal(next.id, 1);
        assert_memory_equal(next.message.at, "a query", 7);
        qf_buffer_deinit(&next.message);
        assert_false(qf_deferred_next(&deferred, 10, 499, &next));
        assert_true(qf_deferred_next(&deferred, 10, 500, &next));
        assert_int_equal(next.id, 2);
        qf_buffer_deinit(&next.message);
        qf_deferred_deinit(&deferred);
}

static void a_query_waits_for_its_source_s_share(void **state)
{
        struct qf_deferred deferred = {0};
        const struct qf_deferred_query query = {.id = 1, .from_ms = 300, .until_ms = 1000};
        struct qf_deferred_query next;

        (void)state;
        assert_int_equal(qf_deferred_add(&deferred, &query, QF_VIEW("a query")), 0);
        assert_false(qf_deferred_next(&deferred, 0, 299, &next));
        assert_true(qf_deferred_next(&deferred, 0, 300, &next));
        next.from_ms = 2000;
        qf_deferred_again(&deferred, &next);
        assert_false(qf_deferred_next(&deferred, 0, 999, &next));
        assert_true(qf_deferred_next(&deferred, 0, 1000, &next));
        assert_memory_equal(next.message.at, "a query", 7);
        qf_buffer_deinit(&next.message);
        qf_deferred_deinit(&deferred);
}

/* The places of others stay free, and all places are for many. */
static void few_queries_of_one_source_wait(void **state)
{
        struct qf_deferred deferred = {0};
        struct qf_deferred_query query = {.at_least = 10, .until_ms = 1000};

        (void)state;
        for (query.source = 1; query.source <= QF_DEFERRED_MAX / QF_DEFERRED_OF_SOURCE_MAX; query.source++) {
                for (int i = 0; i < QF_DEFERRED_OF_SOURCE_MAX; i++)
                        assert_int_equal(qf_deferred_add(&deferred, &query, QF_VIEW("x")), 0);
                assert_int_equal(qf_deferred_add(&deferred, &query, QF_VIEW("x")), 1);
        }
        assert_int_equal(deferred.count, QF_DEFERRED_MAX);
        assert_int_equal(qf_deferred_add(&deferred, &query, QF_VIEW("x")), 1);
        qf_deferred_deinit(&deferred);
}

static void a_query_too_large_does_not_wait(void **state)
{
        static char large[QF_DEFERRED_BYTES_MAX + 1];
        struct qf_deferred deferred = {0};
        const struct qf_deferred_query query = {.at_least = 10};

        (void)state;
        assert_int_equal(qf_deferred_add(&deferred, &query, (struct qf_view){large, sizeof(large)}), 1);
        qf_deferred_deinit(&deferred);
}

static void questions_passed_on_are_matched_once(void **state)
{
        struct qf_aside aside = {0};
        const struct qf_peer peer = {.len = 1, .id = {7}};
        const struct qf_from_reader query = {.what = QF_QUERY, .id = 42, .query = QF_QUERY_WAITING};
        struct qf_aside_question question;
        uint32_t first = qf_aside_ask(&aside, &peer, QF_VIEW(OFFICE_CHIEF), 1, &query, false, 0);

        (void)state;
        assert_int_not_equal(first, 0);
        assert_false(qf_aside_answered(&aside, first + 1, &question));
        assert_false(qf_aside_answered(&aside, 0, &question));
        assert_true(qf_aside_answered(&aside, first, &question));
        assert_int_equal(question.id, 42);
        assert_int_equal(question.peer.id[0], 7);
        assert_false(qf_aside_answered(&aside, first, &question));
        for (uint32_t source = 1; source <= QF_ASIDE_MAX / QF_ASIDE_OF_SOURCE_MAX; source++) {
                for (int i = 0; i < QF_ASIDE_OF_SOURCE_MAX; i++)
                        assert_int_not_equal(
                                qf_aside_ask(&aside, &peer, QF_VIEW(OFFICE_CHIEF), source, &query, false, 0),
                                0);
                assert_int_equal(qf_aside_ask(&aside, &peer, QF_VIEW(OFFICE_CHIEF), source, &query, false, 0),
                                 0);
        }
        assert_int_equal(qf_aside_ask(&aside, &peer, QF_VIEW(OFFICE_CHIEF), 99, &query, false, 0), 0);
        assert_false(qf_aside_overdue(&aside, QF_ASIDE_MS - 1, &question));
        for (int i = 0; i < QF_ASIDE_MAX; i++)
                assert_true(qf_aside_overdue(&aside, QF_ASIDE_MS, &question));
        assert_false(qf_aside_overdue(&aside, QF_ASIDE_MS, &question));
}

static void register_events_are_found_by_version(void **state)
{
        struct qf_register_log log = {0};
        char event[] = "event 000";

        (void)state;
        for (int i = 0; i < 1000; i++) {
                event[8] = (char)('0' + i % 10);
                assert_int_equal(qf_register_log_add(&log, QF_VIEW("an event")), 0);
                if (i % 10 == 9)
                        qf_register_log_settle(&log, (uint64_t)(i / 10 + 1) * 5);
        }
        assert_int_equal(qf_register_log_add(&log, qf_view_of(event)), 0);
        assert_int_equal(log.settled, 1000);
        assert_int_equal(qf_register_log_after(&log, 0), 0);
        assert_int_equal(qf_register_log_after(&log, 5), 10);
        assert_int_equal(qf_register_log_after(&log, 499), 990);
        assert_int_equal(qf_register_log_after(&log, 500), 1000);
        assert_true(qf_view_same(qf_register_log_at(&log, 1000), qf_view_of(event)));
        qf_register_log_deinit(&log);
}

static void rows_come_into_the_table_by_their_names(void **state)
{
        static const struct qf_view texts[] = {{"org", 3}, {"content", 7},  {"east", 4},
                                               {"law", 3}, {"politics", 8}, {"co_org", 6}};
        static const uint32_t row[] = {3, 1}, date[] = {20230506, 0}, sessions[] = {2, 1},
                              attendances[] = {121, 0};
        static const uint32_t values[] = {4, 0}, dimension[] = {1, 0, 5, 1}, member[] = {3, 2, 2, 4};
        static const uint64_t changed[] = {1, 2};
        static const uint32_t partner[] = {2, 0};
        static const struct qf_view key[] = {{"E/1", 3}, {"E/2", 3}};
        struct qf_rows_part rows = {.texts_count = 6,
                                    .texts = texts,
                                    .count = 2,
                                    .row = row,
                                    .date = date,
                                    .sessions = sessions,
                                    .attendances = attendances,
                                    .values = values,
                                    .values_count = 4,
                                    .dimension = dimension,
                                    .member = member,
                                    .changed = changed,
                                    .partner = partner,
                                    .key = key};
        static const uint32_t strange[] = {1, 0, 5, 0};
        struct office *office = *state;
        struct qf_buffer packed = {0};
        struct qf_table_column content;
        uint32_t code;

        assert_int_equal(qf_upstream_pack_rows(office->programme, &rows, office->table, &packed), 0);
        assert_int_equal(qf_upstream_apply_rows(office->table, &packed), 0);
        assert_int_equal(qf_table_columns(office->table).rows, 4);
        assert_int_equal(qf_table_columns(office->table).attendances[3], 121);
        assert_int_equal(qf_table_columns(office->table).date[1], 0);
        assert_true(qf_view_same(qf_table_key(office->table, 3), QF_VIEW("E/1")));
        assert_true(qf_view_same(qf_table_key(office->table, 1), QF_VIEW("E/2")));
        assert_int_equal(qf_table_partner(office->table, 3),
                         qf_programme_find_member(office->programme, OFFICE_ORG, QF_VIEW("east")));
        assert_int_equal(qf_table_partner(office->table, 1), 0); /* "org" is no organisation */
        content = qf_table_column(office->table, OFFICE_CONTENT);
        code = qf_table_code(&content, 3);
        assert_int_equal(content.first[code + 1] - content.first[code], 2);
        assert_int_equal(content.members[content.first[code]], 1);
        assert_int_equal(qf_table_column(office->table, OFFICE_ORG).members[0], OFFICE_EAST);
        assert_int_equal(qf_table_column(office->table, OFFICE_HOST).members[0], OFFICE_EAST);
        rows.dimension = strange;
        assert_int_equal(qf_upstream_pack_rows(office->programme, &rows, office->table, &packed), 1);
        qf_buffer_deinit(&packed);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_query_waits_for_its_version_or_its_deadline),
                cmocka_unit_test(a_query_waits_for_its_source_s_share),
                cmocka_unit_test(few_queries_of_one_source_wait),
                cmocka_unit_test(a_query_too_large_does_not_wait),
                cmocka_unit_test(questions_passed_on_are_matched_once),
                cmocka_unit_test(register_events_are_found_by_version),
                cmocka_unit_test_setup_teardown(rows_come_into_the_table_by_their_names, office_setup,
                                                office_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
