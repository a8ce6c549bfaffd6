/* What members were called in an edition: found by their codes, the first of a code, in either language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "qf/reports/edition_read.h"

enum { MANY = 20000 };

static void expect(const struct qf_edition_names *names, bool chinese, const char *dimension,
                   const char *member, const char *wanted)
{
        const struct qf_cli cli = {.chinese = chinese};
        const struct qf_view label = qf_edition_label(&cli, names, qf_view_of(dimension), qf_view_of(member));
        if (!qf_view_same(label, qf_view_of(wanted)))
                fail_msg("%s %s is %.*s, not %s", dimension, member, (int)label.len, label.at, wanted);
}

static void the_first_of_a_code_is_its_name(void **state)
{
        (void)state;
        struct qf_edition_names *names = NULL;
        assert_int_equal(qf_edition_names_new(QF_VIEW("closed\t7\t1\n"
                                                      "member\torg\tHX\t海峡\tStrait\n"
                                                      "member\tmode\tHX\t另一个\tanother\n"
                                                      "member\torg\tXH\t只有中文\t\n"
                                                      "member\torg\tDX\t\tonly English\n"
                                                      "member\torg\tNO\t\t\n"
                                                      "member\torg\tHX\t后来的名字\tits later name\n"
                                                      "cell\torg\tHX\t202305\t1\n"),
                                              &names),
                         0);
        expect(names, true, "org", "HX", "海峡");
        expect(names, false, "org", "HX", "Strait");
        expect(names, false, "mode", "HX", "another");
        expect(names, false, "org", "XH", "只有中文");
        expect(names, true, "org", "DX", "only English");
        expect(names, true, "org", "NO", "NO");
        expect(names, true, "org", "H", "H");
        expect(names, true, "site", "HX", "HX");
        assert_null(qf_edition_names_free(names));
        assert_int_equal(qf_edition_names_new(QF_VIEW(""), &names), 0);
        expect(names, true, "org", "HX", "HX");
        assert_null(qf_edition_names_free(names));
}

static void each_of_many_has_its_own(void **state)
{
        (void)state;
        struct qf_edition_names *names = NULL;
        struct qf_buffer data = {0};
        char code[24], name[24];
        for (unsigned i = 0; i < MANY; i++)
                assert_int_equal(qf_buffer_print(&data, "member\torg\to%u\t第%u号\tUnit %u\n", i, i, i), 0);
        assert_int_equal(
                qf_edition_names_new((struct qf_view){(const char *)data.at, (uint32_t)data.len}, &names), 0);
        for (unsigned i = 0; i < MANY; i++) {
                (void)snprintf(code, sizeof(code), "o%u", i);
                (void)snprintf(name, sizeof(name), "Unit %u", i);
                expect(names, false, "org", code, name);
        }
        assert_null(qf_edition_names_free(names));
        qf_buffer_deinit(&data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_first_of_a_code_is_its_name),
                cmocka_unit_test(each_of_many_has_its_own),
        };
        return cmocka_run_group_tests_name("edition names", tests, NULL, NULL);
}
