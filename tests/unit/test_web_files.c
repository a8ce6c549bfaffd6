/* report/web_files: only what was read at start can be asked for, each with its tag
 * and type, and zipped for who takes that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/http_answer.h"
#include "support/temporary.h"

static void put(const struct temporary *folder, const char *name, const char *content)
{
        char path[256];
        FILE *file = fopen(temporary_in(folder, name, path, sizeof(path)), "w");

        assert_non_null(file);
        assert_true(fputs(content, file) >= 0);
        assert_int_equal(fclose(file), 0);
}

static void make_folder(struct temporary *folder)
{
        char path[256];

        temporary_make(folder);
        assert_int_equal(mkdir(temporary_in(folder, "assets", path, sizeof(path)), 0755), 0);
        put(folder, "index.html", "<!doctype html>");
        put(folder, "icon.svg", "<svg/>");
        put(folder, "version", "1a2b3c\n");
        put(folder, "secret.key", "not a type that is served");
        put(folder, ".hidden.html", "not served");
        put(folder, "assets/board-1a.js", "let a = 1;");
        put(folder, "assets/board-1a.js.gz", "zipped");
        put(folder, "assets/index.html", "a page of its own");
        assert_int_equal(symlink("/etc/passwd", temporary_in(folder, "link.txt", path, sizeof(path))), 0);
}

static void remove_folder(struct temporary *folder)
{
        temporary_remove(folder->path, 2);
}

static struct qf_http_answer ask(const struct qf_web *web, const char *path, const char *accept,
                                 const char *if_none_match)
{
        const struct qf_http_site site = {.web = web};
        const struct qf_http_request request = {.method = "GET",
                                                .path = path,
                                                .host = "localhost",
                                                .accept_encoding = accept,
                                                .if_none_match = if_none_match};
        struct qf_http_answer answer = {0};

        assert_int_equal(qf_http_answer(&site, &request, &answer), 0);
        qf_buffer_deinit(&answer.body);
        return answer;
}

static void a_link_out_of_the_folder_is_an_error(void **state)
{
        struct temporary folder;
        struct qf_web *web = NULL;

        (void)state;
        make_folder(&folder);
        assert_true(qf_web_open(folder.path, &web) < 0);
        assert_null(web);
        remove_folder(&folder);
}

static void files_are_answered_with_type_tag_and_encoding(void **state)
{
        static const char *const none[] = {
                "/version",  "/secret.key",           "/.hidden.html",          "/index.html",
                "/assets/",  "/assets/../index.html", "/assets/board-1a.js.gz", "//",
                "/icon.svg/"};
        struct temporary folder;
        struct qf_web *web = NULL;
        char path[256];

        (void)state;
        make_folder(&folder);
        assert_int_equal(unlink(temporary_in(&folder, "link.txt", path, sizeof(path))), 0);
        assert_int_equal(qf_web_open(folder.path, &web), 0);
        assert_string_equal(qf_web_version(web), "1a2b3c");

        struct qf_http_answer page = ask(web, "/", "gzip", NULL);
        assert_int_equal(page.status, 200);
        assert_true(qf_view_same(page.kept, QF_VIEW("<!doctype html>")));
        assert_string_equal(page.type, "text/html; charset=utf-8");
        assert_false(page.zipped || page.for_ever);
        assert_int_equal(ask(web, "/", NULL, page.etag).status, 304);
        assert_int_equal(ask(web, "/", NULL, "\"other\"").status, 200);

        struct qf_http_answer zipped = ask(web, "/assets/board-1a.js", "br, gzip", NULL);
        assert_true(zipped.zipped && zipped.for_ever);
        assert_true(qf_view_same(zipped.kept, QF_VIEW("zipped")));
        assert_true(qf_view_same(ask(web, "/assets/board-1a.js", "br", NULL).kept, QF_VIEW("let a = 1;")));
        assert_false(ask(web, "/assets/board-1a.js", "gzip;q=0", NULL).zipped);
        assert_true(
                qf_view_same(ask(web, "/assets/index.html", NULL, NULL).kept, QF_VIEW("a page of its own")));
        assert_int_equal(ask(web, "/icon.svg", NULL, NULL).status, 200);
        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
                assert_int_equal(ask(web, none[i], NULL, NULL).status, 404);
        web = qf_web_free(web);
        remove_folder(&folder);
}

static void without_a_folder_there_are_no_files(void **state)
{
        struct qf_web *web = NULL;

        (void)state;
        assert_int_equal(qf_web_open("/nonexistent/web", &web), 0);
        assert_null(qf_web_find(web, "/"));
        assert_string_equal(qf_web_version(web), "");
        web = qf_web_free(web);
}

static void too_much_is_refused(void **state)
{
        struct temporary folder;
        struct qf_web *web = NULL;
        char path[256];

        (void)state;
        temporary_make(&folder);
        put(&folder, "index.html", "");
        assert_int_equal(truncate(temporary_in(&folder, "index.html", path, sizeof(path)), 17 * 1024 * 1024),
                         0);
        assert_int_equal(qf_web_open(folder.path, &web), -EFBIG);
        temporary_remove(folder.path, 1);
}

static void the_folder_is_beside_the_program_or_as_said(void **state)
{
        char folder[QF_WEB_FOLDER], program[256] = "";

        (void)state;
        assert_int_equal(qf_web_folder("/srv/web", folder), 0);
        assert_string_equal(folder, "/srv/web");
        assert_int_equal(qf_web_folder(NULL, folder), 0);
        assert_true(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
        *strrchr(program, '/') = '\0';
        assert_int_equal(strncmp(folder, program, strlen(program)), 0);
        assert_string_equal(folder + strlen(program), "/../share/qingfeng/web");
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_out_of_the_folder_is_an_error),
        cmocka_unit_test(files_are_answered_with_type_tag_and_encoding),
        cmocka_unit_test(without_a_folder_there_are_no_files),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(the_folder_is_beside_the_program_or_as_said),
};

int main(void)
{
        return cmocka_run_group_tests(tests, NULL, NULL);
}
