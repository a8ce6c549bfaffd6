/* qf/cli/yaml_said: what is wrong with a file of YAML, for a Chinese reader; each file is read by the library itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "programme/programme_file.h"
#include "qf/cli/yaml_said.h"

#define LEVELS "dimensions:\n  - code: org\n    en: org\n    required: true\n    members:\n"

static void says(const char *yaml, const char *wanted)
{
        char path[] = "/tmp/qf-yaml-XXXXXX", said[2 * QF_CONFIG_TEXT];
        struct qf_programme_file *file = NULL;
        char *error = NULL;
        const int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
        (void)close(fd);
        assert_int_equal(qf_programme_file_load(path, &file, &error), 1);
        (void)unlink(path);
        assert_string_equal(qf_yaml_said(false, error, said), error);
        (void)qf_yaml_said(true, error, said);
        if (!strstr(said, wanted) || !strstr(said, error))
                fail_msg("\"%s\" has no \"%s\"", said, wanted);
        free(error);
}

static void a_reader_is_told_what_and_where(void **state)
{
        (void)state;
        says("", "文件是空的（");
        says("code: 'p\n", "不是正确的 YAML");
        says("code: p\n\tdimensions: x\n", "用了制表符（Tab）缩进");
        says("code: p\n" LEVELS "\t- {code: A, en: a}\n", "制表符（Tab）");
        says("code: p\ndimensoins:\n  - code: org\n", "不认识“dimensoins”（");
        says("code: p\n\ndimensoins:\n  - code: org\n", "第 3 行附近：不认识“dimensoins”（");
        says("code: p\ndimensions:\n  - code: org\n    multi: maybe\n",
             "第 4 行附近：“maybe”不对：这里写 true（是）或 false（否）（");
        says("code: p\n", "缺“dimensions”（");
        says("code: p\ncode: q\n" LEVELS "      - {code: A, en: a}\n", "“code”写了两次（");
        says("code: p\ndimensions: x\n", "写法不对：这里要的是另一种");
        says("code: p\ndimensions: []\n", "条目太少");
        says("code: p\n" LEVELS "      - {code: A, en: a}\n      - {code: A, en: b}\n",
             "第 8 行：这个代码写了两次（line 8: ");
        says("code: p\n" LEVELS "      - {code: A, en: a, parent: B}\n",
             "第 7 行：这个维度里没有上级“B”（line 7: ");
        says("code: p\n" LEVELS "      - {code: A, en: a, valid_from: 2023-02-30}\n", "没有“20230230”这一天");
}

static void what_has_no_words_keeps_its_place(void **state)
{
        char said[2 * QF_CONFIG_TEXT];

        (void)state;
        assert_string_equal(qf_yaml_said(true, "Something new, in mapping (line: 4, column: 1)", said),
                            "第 4 行附近有错（Something new, in mapping (line: 4, column: 1)）");
        assert_string_equal(qf_yaml_said(true, "something new", said), "something new");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_reader_is_told_what_and_where),
                cmocka_unit_test(what_has_no_words_keeps_its_place),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
