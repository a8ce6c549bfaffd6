/* report/http_answer and wire/tokens: who is answered what, before any socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/health.h"
#include "report/http_answer.h"
#include "report/http_api.h"
#include "support/temporary.h"

static int answer_open(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                       struct qf_http_answer *answer)
{
        const struct qf_token **seen = ctx;

        (void)request;
        *seen = reader->token;
        answer->type = "text/plain";
        return qf_buffer_append(&answer->body, "open", 4);
}

static const struct qf_http_route routes[] = {
        {"/open", QF_HTTP_OPEN, answer_open, NULL},
        {"/metrics", QF_HTTP_METRICS, answer_open, NULL},
        {"/numbers", QF_HTTP_READ, answer_open, "by from to"},
};

static const struct qf_token *seen;

/* The status of an answer. */
static unsigned ask(const struct qf_tokens *tokens, const struct qf_http_request *request)
{
        const struct qf_http_site site = {
                .routes = routes, .routes_count = 3, .ctx = &seen, .tokens = tokens};
        struct qf_http_answer answer = {0};

        seen = NULL;
        assert_int_equal(qf_http_answer(&site, request, &answer), 0);
        assert_non_null(answer.type);
        assert_true(answer.body.len > 0);
        assert_int_equal(answer.wrong_method, answer.status == 405);
        assert_int_equal(answer.no_token, answer.status == 401);
        qf_buffer_deinit(&answer.body);
        return answer.status;
}

static unsigned get(const struct qf_tokens *tokens, const char *path, const char *authorization)
{
        const struct qf_http_request request = {
                .method = "GET", .path = path, .host = "qingfeng.example", .authorization = authorization};
        return ask(tokens, &request);
}

static unsigned get_local(const char *method, const char *path, const char *host)
{
        const struct qf_http_request request = {.method = method, .path = path, .host = host};
        return ask(NULL, &request);
}

static void without_tokens_only_the_table_is_answered_and_only_reading(void **state)
{
        static const char *const methods[] = {"POST",  "PUT",   "DELETE", "OPTIONS",
                                              "TRACE", "PATCH", "get",    ""};
        static const char *const paths[] = {"",       "/",         "/open/", "/Open",       "/open/../open",
                                            "//open", "/openness", "/ope",   "/etc/passwd", "open"};

        (void)state;
        assert_int_equal(get_local("GET", "/open", "localhost:7302"), 200);
        assert_int_equal(get_local("HEAD", "/numbers", "127.0.0.1:7302"), 200);
        assert_null(seen);
        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
                assert_int_equal(get_local(methods[i], "/open", "localhost"), 405);
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                assert_int_equal(get_local("GET", paths[i], "localhost"), 404);
}

static bool asks_only(void *ctx, const char *words)
{
        return qf_http_is_word(words, ctx);
}

static void what_is_not_known_to_a_route_is_not_passed_over(void **state)
{
        static const char *const strange[] = {"fom", "fr", "rom", "from ", " from", "by from", "o"};
        struct qf_http_request request = {
                .method = "GET", .path = "/numbers", .asks_only = asks_only, .ctx = (void *)"from"};

        (void)state;
        assert_int_equal(ask(NULL, &request), 200);
        request.ctx = (void *)"to";
        assert_int_equal(ask(NULL, &request), 200);
        request.ctx = (void *)"";
        assert_int_equal(ask(NULL, &request), 200);
        for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
                request.path = "/numbers";
                request.ctx = (void *)(uintptr_t)strange[i];
                assert_int_equal(ask(NULL, &request), 400);
                request.path = "/metrics"; /* reads none */
                assert_int_equal(ask(NULL, &request), 200);
        }
}

static void without_tokens_only_names_of_this_machine_are_answered_to(void **state)
{
        static const char *const here[] = {"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:65535",
                                           "[::1]:7302"};
        static const char *const elsewhere[] = {"evil.example",
                                                "127.0.0.1.evil.example",
                                                "localhost.evil.example",
                                                "127.0.0.1:",
                                                "127.0.0.1:x",
                                                "127.0.0.1:65536",
                                                "127.0.0.2",
                                                "::1",
                                                "",
                                                "[::1",
                                                "localhost:80:80"};

        (void)state;
        for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
                assert_int_equal(get_local("GET", "/numbers", here[i]), 200);
        for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
                assert_int_equal(get_local("GET", "/numbers", elsewhere[i]), 421);
        assert_int_equal(get_local("GET", "/numbers", NULL), 200); /* no browser says none */
}

/* A file with a token of each role. */
static struct qf_tokens *make_tokens(char texts[3][QF_TOKEN_TEXT])
{
        static const uint32_t roles[] = {QF_TOKEN_READ, QF_TOKEN_ADMIN, QF_TOKEN_METRICS};
        const struct qf_view orgs[] = {QF_VIEW("HX"), QF_VIEW("甲")};
        struct qf_tokens *tokens = NULL;
        struct qf_buffer lines = {0};
        uint32_t line;

        assert_int_equal(qf_buffer_print(&lines, "# tokens\n\n"), 0);
        for (size_t i = 0; i < 3; i++) {
                struct qf_token token = {.name = QF_VIEW("name"),
                                         .roles = roles[i],
                                         .orgs = orgs,
                                         .orgs_count = roles[i] == QF_TOKEN_READ ? 2 : 0};
                assert_int_equal(qf_token_make(texts[i], token.digest), 0);
                assert_int_equal(qf_token_print(&token, &lines), 0);
        }
        assert_int_equal(qf_tokens_parse((struct qf_view){(const char *)lines.at, (uint32_t)lines.len},
                                         &tokens, &line),
                         0);
        qf_buffer_deinit(&lines);
        return tokens;
}

static void each_token_reads_what_its_role_says(void **state)
{
        static const unsigned wanted[3][3] = {{200, 403, 200}, {200, 200, 200}, {200, 200, 403}};
        char texts[3][QF_TOKEN_TEXT], bearer[QF_TOKEN_TEXT + 16];
        struct qf_tokens *tokens = make_tokens(texts);

        (void)state;
        assert_int_equal(qf_tokens_count(tokens), 3);
        for (size_t i = 0; i < 3; i++) {
                (void)snprintf(bearer, sizeof(bearer), "bearer %s", texts[i]);
                for (size_t j = 0; j < 3; j++)
                        assert_int_equal(get(tokens, routes[j].path, bearer), wanted[i][j]);
                assert_int_equal(get(tokens, "/none", bearer), 404);
        }
        (void)snprintf(bearer, sizeof(bearer), "Bearer %s", texts[0]);
        assert_int_equal(get(tokens, "/numbers", bearer), 200);
        assert_int_equal(seen->orgs_count, 2);
        assert_true(qf_view_same(seen->orgs[1], QF_VIEW("甲")));
        tokens = qf_tokens_free(tokens);
}

static void without_the_right_word_nothing_is_told(void **state)
{
        char texts[3][QF_TOKEN_TEXT], almost[QF_TOKEN_TEXT + 16];
        struct qf_tokens *tokens = make_tokens(texts);
        static const char *const wrong[] = {NULL, "", "Bearer", "Bearer ", "Basic cWY6cWY=", "Bearer qft_00"};

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                assert_int_equal(get(tokens, "/open", wrong[i]), 200);
                assert_int_equal(get(tokens, "/numbers", wrong[i]), 401);
                assert_int_equal(get(tokens, "/none", wrong[i]), 401);
        }
        (void)snprintf(almost, sizeof(almost), "Bearer %s", texts[1]);
        almost[strlen(almost) - 1] ^= 1;
        assert_int_equal(get(tokens, "/numbers", almost), 401);
        (void)snprintf(almost, sizeof(almost), "Bearer %s ", texts[1]);
        assert_int_equal(get(tokens, "/numbers", almost), 401);
        tokens = qf_tokens_free(tokens);
}

static void a_file_of_tokens_with_one_wrong_line_is_refused(void **state)
{
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        static const struct {
                const char *text;
                int result;
                uint32_t line;
        } cases[] = {
                {"", 0, 0},
                {"# nothing\r\n\r\n", 0, 0},
                {"a read HX " DIGEST, 0, 0},
                {"a\tread,metrics  HX,甲  " DIGEST "\r\nb admin - " DIGEST "\n", 0, 0},
                {"a read HX " DIGEST "\nb root - " DIGEST, QF_TOKENS_LINE, 2},
                {"a read HX", QF_TOKENS_LINE, 1},
                {"a read HX " DIGEST " more", QF_TOKENS_LINE, 1},
                {"a read HX 0123", QF_TOKENS_LINE, 1},
                {"a read HX " DIGEST "00", QF_TOKENS_LINE, 1},
                {"a read HX,, " DIGEST, QF_TOKENS_LINE, 1},
                {"a read, HX " DIGEST, QF_TOKENS_LINE, 1},
                {"a read HX, " DIGEST, QF_TOKENS_LINE, 1},
                {"a ,read HX " DIGEST, QF_TOKENS_LINE, 1},
                {"a read 0123456789012345678901234567890123 " DIGEST, QF_TOKENS_LINE, 1},
                {"0123456789012345678901234567890123 read - " DIGEST, QF_TOKENS_LINE, 1},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct qf_tokens *tokens = NULL;
                uint32_t line = 0;
                int r = qf_tokens_parse(qf_view_of(cases[i].text), &tokens, &line);
                if (r != cases[i].result || (r != 0 && line != cases[i].line))
                        fail_msg("case %zu: %d at line %u", i, r, line);
                assert_int_equal(r == 0, tokens != NULL);
                tokens = qf_tokens_free(tokens);
        }
}

static void a_file_of_tokens_that_others_can_read_is_refused(void **state)
{
        struct qf_tokens *tokens = NULL;
        struct temporary folder;
        char path[256];
        uint32_t line;
        FILE *file;

        (void)state;
        temporary_make(&folder);
        (void)temporary_in(&folder, "tokens", path, sizeof(path));
        assert_int_equal(qf_tokens_read(path, &tokens, &line), -ENOENT);
        file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs("a admin - " DIGEST "\n", file) >= 0);
        assert_int_equal(fclose(file), 0);
        for (mode_t mode = 0; mode <= 0777; mode++) {
                assert_int_equal(chmod(path, mode | 0400), 0);
                int r = qf_tokens_read(path, &tokens, &line);
                assert_int_equal(r, mode & 077 ? QF_TOKENS_MODE : 0);
                tokens = qf_tokens_free(tokens);
        }
        assert_int_equal(qf_tokens_read(folder.path, &tokens, &line), QF_TOKENS_LINE);
        temporary_remove(folder.path, 1);
}

static void health_is_one_sentence_for_each_state(void **state)
{
        const int64_t now = 1700000000000;
        static const struct {
                bool held, stopped, catching_up;
                int64_t age_ms; /* -1: never complete */
                bool well;
                const char *says;
        } cases[] = {
                {false, false, false, 0, false, "no totals to show yet: disk."},
                {true, true, false, 0, false, "Stopped at record 7: disk"},
                {true, false, true, 0, false, "record 7 of 9"},
                {true, false, false, -1, false, "not heard from ingest"},
                {true, false, false, QF_HEALTH_FRESH_MS + 1, false, "complete 10 s ago, as of record 7"},
                {true, false, false, QF_HEALTH_FRESH_MS, true, "complete as of record 7"},
                {true, false, false, -5000, true, "complete as of record 7"}, /* ingest's clock is ahead */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct qf_to_reader pulse = {
                        .version = 7,
                        .journal_last = 9,
                        .complete_at_ms = cases[i].age_ms == -1 ? 0 : now - cases[i].age_ms,
                        .stopped = cases[i].stopped,
                        .catching_up = cases[i].catching_up,
                        .say = QF_VIEW("disk"),
                };
                char sentence[QF_HEALTH_TEXT];
                bool well = qf_health_judge(&pulse, cases[i].held, now, sentence);
                if (well != cases[i].well || !strstr(sentence, cases[i].says))
                        fail_msg("case %zu: %d %s", i, well, sentence);
        }
}

static const char *argument_of(void *ctx, const char *name)
{
        const char *const *said = ctx; /* limit, format */

        return strcmp(name, "limit") == 0 ? said[0] : strcmp(name, "format") == 0 ? said[1] : NULL;
}

/* The limit that is asked for; -1: it is refused. */
static int64_t limit_of(enum qf_query_what what, const char *limit, const char *format)
{
        const char *said[] = {limit, format}, *say = NULL;
        const struct qf_http_request request = {.argument = argument_of, .ctx = (void *)said};
        struct qf_api_question question;

        return qf_api_read(&request, what, &question, &say) == 0 ? (int64_t)question.query.limit : -1;
}

static void a_list_in_json_is_never_more_than_a_page(void **state)
{
        (void)state;
        assert_int_equal(limit_of(QF_QUERY_LIST, NULL, NULL), 10000);
        assert_int_equal(limit_of(QF_QUERY_LIST, "0", "json"), 10000);
        assert_int_equal(limit_of(QF_QUERY_LIST, "20", NULL), 20);
        assert_int_equal(limit_of(QF_QUERY_LIST, "10001", NULL), -1);
        assert_int_equal(limit_of(QF_QUERY_LIST, NULL, "csv"), 0); /* a table is whole */
        assert_int_equal(limit_of(QF_QUERY_TOTALS, NULL, NULL), 0);
        assert_int_equal(limit_of(QF_QUERY_TOTALS, "50000", NULL), 50000);
        assert_int_equal(limit_of(QF_QUERY_TOTALS, "50001", NULL), -1);
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_tokens_only_the_table_is_answered_and_only_reading),
        cmocka_unit_test(what_is_not_known_to_a_route_is_not_passed_over),
        cmocka_unit_test(without_tokens_only_names_of_this_machine_are_answered_to),
        cmocka_unit_test(each_token_reads_what_its_role_says),
        cmocka_unit_test(without_the_right_word_nothing_is_told),
        cmocka_unit_test(a_file_of_tokens_with_one_wrong_line_is_refused),
        cmocka_unit_test(a_file_of_tokens_that_others_can_read_is_refused),
        cmocka_unit_test(a_list_in_json_is_never_more_than_a_page),
        cmocka_unit_test(health_is_one_sentence_for_each_state),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
