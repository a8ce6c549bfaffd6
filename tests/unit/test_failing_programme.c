/* Programme files and registers when memory runs out: the error is said, nothing is leaked (sanitizers look), and what
 * was there before is still there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "programme/programme_file.h"
#include "programme/registers.h"
#include "support/failing.h"

static int load_file(void *ctx)
{
        struct qf_programme_file *file = NULL;
        char *error = NULL;
        int r = qf_programme_file_load(ctx, &file, &error);

        free(error);
        file = qf_programme_file_free(file);
        return r;
}

static void programme_file_is_loaded_or_memory_is_said_to_be_short(void **state)
{
        (void)state;
        failing_each(FAILING_MEMORY, load_file, NULL, QF_SOURCE_DIR "/tests/data/small-programme.yaml", 5, 0);
}

/* Registers keep their texts in blocks, and only a new block is an allocation: this leaves so many bytes of one. */
enum { BLOCK_BYTES = 16 * 1024, LEFT_STEP = 16, LEFT_MOST = 320 };

/* Its first, second … allocation failing until it is taken. */
static uint32_t apply(struct qf_programme *programme, const struct qf_event *event, uint64_t position,
                      uint32_t left)
{
        for (uint32_t calls = 0;; calls++) {
                assert_non_null(qf_programme_room(programme, BLOCK_BYTES - left));
                failing_arm(FAILING_MEMORY, calls);
                int r = qf_programme_apply(programme, event, position);
                if (!failing_disarm()) {
                        assert_int_equal(r, 0);
                        return calls;
                }
                assert_int_equal(r, -ENOMEM);
        }
}

static void register_is_applied_once_memory_is_back(void **state)
{
        struct qf_programme_file *file = NULL;
        char *error = NULL;
        uint32_t count;
        (void)state;

        assert_int_equal(
                qf_programme_file_load(QF_SOURCE_DIR "/deploy/programmes/integrity-123n.yaml", &file, &error),
                0);
        const struct qf_event *events = qf_programme_file_events(file, &count);
        for (uint32_t left = 0; left <= LEFT_MOST; left += LEFT_STEP) {
                struct qf_programme *programme = NULL;
                uint32_t failures = 0;
                assert_int_equal(qf_programme_new(&programme), 0);
                for (uint32_t i = 0; i < count; i++) {
                        failures += apply(programme, &events[i], i + 1, left);
                        assert_int_equal(qf_programme_compare(programme, &events[i]), QF_REGISTER_SAME);
                }
                assert_true(failures > count / 4);
                programme = qf_programme_free(programme);
        }
        file = qf_programme_file_free(file);
}

/* Who reads is told anew what it may see, also when the change of its rights was taken at the second try. */
static void change_of_rights_is_noted_once_memory_is_back(void **state)
{
        const struct qf_source_key key = {.public_key = {7}};
        const struct qf_view orgs[] = {QF_VIEW("HX"), QF_VIEW("DX")};
        const struct qf_register told[] = {
                {.code = QF_VIEW("wall"),
                 .parent = QF_VIEW("HX"),
                 .roles = QF_ROLE_READ,
                 .orgs_count = 1,
                 .orgs = orgs},
                {.code = QF_VIEW("wall"),
                 .parent = QF_VIEW("HX"),
                 .roles = QF_ROLE_READ,
                 .orgs_count = 2,
                 .orgs = orgs},
                {.code = QF_VIEW("wall"),
                 .parent = QF_VIEW("HX"),
                 .roles = QF_ROLE_READ | QF_ROLE_FEED,
                 .orgs_count = 2,
                 .orgs = orgs,
                 .keys_count = 1,
                 .keys = &key},
                {.code = QF_VIEW("wall"), .parent = QF_VIEW("HX"), .roles = QF_ROLE_READ},
        };
        uint32_t failures = 0;
        (void)state;

        for (uint32_t left = 0; left <= LEFT_MOST; left += LEFT_STEP) {
                struct qf_programme *programme = NULL;
                assert_int_equal(qf_programme_new(&programme), 0);
                for (uint32_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
                        const struct qf_event event = {
                                .kind = QF_KIND_SOURCE, .action = QF_REPLACE, .registered = &told[i]};
                        failures += apply(programme, &event, i + 1, left);
                        const struct qf_source *source = qf_programme_source(
                                programme, qf_programme_find_source(programme, told[i].code));
                        assert_int_equal(qf_programme_rights_changed(programme, source), i ? i + 1 : 0);
                        assert_int_equal(source->roles, told[i].roles);
                        assert_int_equal(source->orgs_count, told[i].orgs_count);
                }
                programme = qf_programme_free(programme);
        }
        assert_true(failures > 2 * LEFT_MOST / LEFT_STEP);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(programme_file_is_loaded_or_memory_is_said_to_be_short),
                cmocka_unit_test(register_is_applied_once_memory_is_back),
                cmocka_unit_test(change_of_rights_is_noted_once_memory_is_back),
        };
        return cmocka_run_group_tests_name("failing programme", tests, NULL, NULL);
}
