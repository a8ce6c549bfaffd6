/* aggregate/answers: what waits is told with why, in JSON whatever its key is; of an edition whole lines are handed out,
 * and what there is not is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregate/answers.h"
#include "programme/editions.h"
#include "support/journal.h"
#include "support/temporary.h"

struct fixture {
        struct temporary temporary;
        struct journal journal;
        struct qf_counting *counting;
        struct qf_buffer json;
};

static int setup(void **state)
{
        struct fixture *fixture = calloc(1, sizeof *fixture);
        char directory[128];
        temporary_make_in_memory(&fixture->temporary);
        (void)temporary_in(&fixture->temporary, "counts", directory, sizeof directory);
        const struct qf_counting_options options = {.directory = directory, .map_bytes = 4 << 20};
        assert_int_equal(qf_counting_open(&options, &fixture->counting), 0);
        journal_new(&fixture->journal);
        journal_programme(&fixture->journal);
        *state = fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;
        (void)qf_counting_close(fixture->counting);
        journal_free(&fixture->journal);
        qf_buffer_deinit(&fixture->json);
        temporary_remove(fixture->temporary.path, 2);
        free(fixture);
        return 0;
}

static void count_all(struct fixture *fixture)
{
        const struct journal *journal = &fixture->journal;
        while (fixture->counting->meta.position < journal->last) {
                const uint64_t at = fixture->counting->meta.position;
                assert_int_equal(
                        qf_counting_apply(fixture->counting, &journal->head[at], journal->record[at]), 0);
                assert_int_equal(qf_counting_commit(fixture->counting, NULL, NULL), 0);
        }
}

static const char *waiting(struct fixture *fixture, uint32_t limit)
{
        fixture->json.len = 0;
        assert_int_equal(qf_answer_waiting(fixture->counting, limit, &fixture->json), 0);
        assert_int_equal(qf_buffer_append(&fixture->json, "", 1), 0);
        return (const char *)fixture->json.at;
}

static void merge(struct journal *journal, const char *key, const char *into)
{
        const struct qf_event event = {.kind = QF_KIND_ACTIVITY,
                                       .action = QF_WITHDRAW,
                                       .key = qf_view_of(key),
                                       .merged_into = qf_view_of(into)};
        JOURNAL_MUST(qf_body_writer_add(journal->body, &event, NULL, 0));
}

static void ticks_that_wait_are_told_with_why(void **state)
{
        struct fixture *fixture = *state;
        struct journal *journal = &fixture->journal;
        static const char *const keys[] = {"a \"b\" \\c", "gone", "here", "merged", "nowhere"};
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
                journal_tick(journal, keys[i], (uint32_t)i + 1);
        for (size_t i = 1; i < 4; i++)
                journal_activity(journal, keys[i], QF_CREATE, 20230301, 5, NULL);
        journal_tick(journal, "gone", 1);
        journal_activity(journal, "gone", QF_WITHDRAW, 0, -1, NULL);
        merge(journal, "merged", "here");
        journal_batch(journal);
        count_all(fixture);
        assert_string_equal(
                waiting(fixture, 0),
                "{\"waiting\":4,\"rows\":["
                "{\"partner\":\"AA\",\"key\":\"a \\\"b\\\" \\\\c\",\"why\":\"no_activity\",\"ticks\":1,\"events\":1},"
                "{\"partner\":\"AA\",\"key\":\"gone\",\"why\":\"withdrawn\",\"ticks\":3,\"events\":2},"
                "{\"partner\":\"AA\",\"key\":\"merged\",\"why\":\"merged\",\"ticks\":4,\"events\":1},"
                "{\"partner\":\"AA\",\"key\":\"nowhere\",\"why\":\"no_activity\",\"ticks\":5,\"events\":1}]}");
        assert_string_equal(waiting(fixture, 1), "{\"waiting\":4,\"rows\":["
                                                 "{\"partner\":\"AA\",\"key\":\"a \\\"b\\\" \\\\c\",\"why\":"
                                                 "\"no_activity\",\"ticks\":1,\"events\":1}]}");
}

static uint32_t rows_of(const char *json)
{
        uint32_t rows = 0;
        while ((json = strstr(json, "{\"partner\""))) {
                rows++;
                json++;
        }
        return rows;
}

static void an_answer_is_bounded_whatever_is_asked_for(void **state)
{
        static const struct {
                uint32_t limit, rows;
        } rows[] = {{0, 200}, {3, 3}, {500, 500}, {501, 500}, {UINT32_MAX, 500}};
        struct fixture *fixture = *state;
        char key[16];
        for (uint32_t i = 0; i < 600; i++) {
                (void)snprintf(key, sizeof key, "k%u", i);
                journal_tick(&fixture->journal, key, 1);
        }
        journal_batch(&fixture->journal);
        count_all(fixture);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                const char *json = waiting(fixture, rows[i].limit);
                assert_non_null(strstr(json, "{\"waiting\":600,"));
                assert_int_equal(rows_of(json), rows[i].rows);
        }
}

static void what_is_said_of_a_stop_is_text_in_json(void **state)
{
        struct fixture *fixture = *state;
        const struct qf_publish_facts facts = {
                .journal_last = 9, .stopped = true, .say = "\"record\" 7\n\tcannot be \\ applied"};
        count_all(fixture);
        assert_int_equal(qf_answer_status(fixture->counting, &facts, 3, &fixture->json), 0);
        assert_int_equal(qf_buffer_append(&fixture->json, "", 1), 0);
        const char *json = (const char *)fixture->json.at;
        assert_non_null(strstr(json, "\"say\":\"\\\"record\\\" 7\\u000a\\u0009cannot be \\\\ applied\""));
        assert_non_null(strstr(json, "\"version\":2,\"journal_last\":9,"));
        assert_non_null(strstr(json, "\"catching_up\":false,\"stopped\":true,"));
        assert_non_null(strstr(json, "\"subscribers\":3,"));
}

/* --- editions -------------------------------------------------------------------- */

static void close_month(struct journal *journal)
{
        const struct qf_edition_said said = {.first = 202303, .last = 202303, .number = 1};
        const struct qf_register registered = qf_edition_register(&said);
        journal_begin(journal);
        journal_register(journal, QF_KIND_PERIOD_CLOSE, &registered);
        journal_add_batch(journal, 0, 0, NULL, 0);
        journal_end(journal);
}

static struct qf_to_reader ask(struct fixture *fixture, uint32_t month, uint32_t edition, const char *file,
                               uint64_t offset, struct qf_buffer *data)
{
        const struct qf_from_reader message = {.first_day = month * 100,
                                               .last_day = month * 100,
                                               .edition = edition,
                                               .file = qf_view_of(file),
                                               .offset = offset};
        struct qf_to_reader answer = {.say = QF_VIEW("")};
        assert_int_equal(qf_answer_edition(fixture->counting, &message, &answer, data), 0);
        return answer;
}

/* Larger than what one answer holds: the lines of all answers together are those of the file. */
static void an_edition_is_handed_out_by_whole_lines(void **state)
{
        enum { WHERE_LINES_ARE = 3000, ANSWER_MOST = 8 * QF_EDITION_PART_BYTES };
        struct fixture *fixture = *state;
        struct qf_buffer data = {0};
        struct qf_to_reader answer;
        uint64_t offset = 0;
        unsigned answers = 0, lines = 0;
        char key[96];
        for (uint32_t i = 0; i < WHERE_LINES_ARE; i++) {
                const struct qf_event event = {.kind = QF_KIND_BROADCAST,
                                               .action = QF_CREATE,
                                               .key = qf_view_of(key),
                                               .date = 20230301};
                (void)snprintf(key, sizeof key, "%060u", i);
                JOURNAL_MUST(qf_body_writer_add(fixture->journal.body, &event, NULL, 0));
                if (i % 1000 == 999)
                        journal_batch(&fixture->journal);
        }
        close_month(&fixture->journal);
        count_all(fixture);
        do {
                data.len = 0;
                answer = ask(fixture, 202303, 1, "", offset, &data);
                assert_int_equal(answer.say.len, 0);
                assert_in_range(data.len, 1, ANSWER_MOST);
                assert_int_equal(data.at[data.len - 1], '\n');
                assert_true(answer.offset == offset + data.len);
                for (size_t i = 0; i < data.len; i++)
                        lines += data.at[i] == '\n';
                offset = answer.offset;
                answers++;
        } while (offset < answer.size);
        assert_true(answers > 1);
        assert_in_range(lines, WHERE_LINES_ARE, WHERE_LINES_ARE + 20);
        data.len = 0;
        answer = ask(fixture, 202303, 1, "", answer.size, &data); /* at its end nothing is left */
        assert_true(data.len == 0 && answer.say.len == 0 && answer.offset == answer.size);
        qf_buffer_deinit(&data);
}

static void what_there_is_not_is_said(void **state)
{
        static const struct {
                uint32_t month, edition;
                const char *file;
                uint64_t offset;
                const char *say;
        } rows[] = {
                {202304, 1, "", 0, "there is no such edition"},
                {202303, 2, "", 0, "there is no such edition"},
                {202303, 1, "report.pdf", 0, "this edition has no such file"},
                {202303, 1, "", 1, "no line begins at this offset"},
                {202303, 1, "", sizeof "qf-edition\t1\n" - 1, ""}, /* the second line */
                {202303, 0, "", 0, ""},                            /* the last there is */
        };
        struct fixture *fixture = *state;
        struct qf_buffer data = {0};
        journal_activity(&fixture->journal, "a", QF_CREATE, 20230301, 5, NULL);
        journal_batch(&fixture->journal);
        close_month(&fixture->journal);
        count_all(fixture);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                data.len = 0;
                const struct qf_to_reader answer =
                        ask(fixture, rows[i].month, rows[i].edition, rows[i].file, rows[i].offset, &data);
                assert_string_equal(answer.say.at, rows[i].say);
                assert_int_equal(data.len > 0, rows[i].say[0] == '\0');
        }
        qf_buffer_deinit(&data);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(ticks_that_wait_are_told_with_why),
                CASE(an_answer_is_bounded_whatever_is_asked_for),
                CASE(what_is_said_of_a_stop_is_text_in_json),
                CASE(an_edition_is_handed_out_by_whole_lines),
                CASE(what_there_is_not_is_said),
        };
        return cmocka_run_group_tests_name("aggregate answers", tests, NULL, NULL);
}
