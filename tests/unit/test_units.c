/* qf/operator/units: what systemctl show prints of several units; of one that is not there it prints too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qf/operator/units.h"

static void units_are_read_one_by_one(void **state)
{
        static const char text[] =
                "Id=qf-ingest.service\nLoadState=loaded\nActiveState=active\nUnitFileState=disabled\n"
                "\n"
                "Id=qingfeng.target\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n"
                "\n"
                "Id=qf-a-name-that-is-much-longer-than-any-unit-of-ours-and-is-cut-where-it-has-no-room.service\n";
        struct qf_unit units[3];

        (void)state;
        assert_int_equal(qf_units_read(text, units, 3), 3);
        assert_string_equal(units[0].name, "qf-ingest.service");
        assert_string_equal(units[0].load, "loaded");
        assert_string_equal(units[0].enabled, "disabled");
        assert_string_equal(units[0].active, "active");
        assert_string_equal(units[1].name, "qingfeng.target");
        assert_string_equal(units[1].load, "not-found");
        assert_string_equal(units[1].enabled, "");
        assert_int_equal(strlen(units[2].name), sizeof units[2].name - 1);
        assert_string_equal(units[2].load, "");
        assert_int_equal(qf_units_read(text, units, 1), 1);
        assert_int_equal(qf_units_read("", units, 3), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(units_are_read_one_by_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
