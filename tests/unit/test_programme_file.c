/* Programme files: the two that ship, and what is said of wrong ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "programme/programme.h"
#include "programme/programme_file.h"

#define SHIPPED QF_SOURCE_DIR "/deploy/programmes/"

static struct qf_programme *load(const char *path)
{
        struct qf_programme_file *file = NULL;
        struct qf_programme *programme = NULL;
        char *error = NULL;
        uint32_t count;
        if (qf_programme_file_load(path, &file, &error))
                fail_msg("%s: %s", path, error ? error : "");
        assert_int_equal(qf_programme_new(&programme), 0);
        const struct qf_event *events = qf_programme_file_events(file, &count);
        for (uint32_t i = 0; i < count; i++) {
                assert_int_equal(
                        qf_programme_check_register(programme, &events[i], &(struct qf_detail){0}).code, 0);
                assert_int_equal(qf_programme_apply(programme, &events[i], i + 1), 0);
        }
        file = qf_programme_file_free(file); /* the programme has copies of all */
        return programme;
}

/* What a file would change of a programme. */
static void count_changes(const struct qf_programme *programme, const char *path, uint32_t counts[3])
{
        struct qf_programme_file *file = NULL;
        char *error = NULL;
        uint32_t count;
        assert_int_equal(qf_programme_file_load(path, &file, &error), 0);
        const struct qf_event *events = qf_programme_file_events(file, &count);
        for (uint32_t i = 0; i < count; i++)
                counts[qf_programme_compare(programme, &events[i])]++;
        file = qf_programme_file_free(file);
}

static void a_loaded_file_changes_nothing_when_loaded_again(void **state)
{
        struct qf_programme *programme = load(SHIPPED "integrity-123n.yaml");
        uint32_t again[3] = {0}, other[3] = {0};
        (void)state;
        count_changes(programme, SHIPPED "integrity-123n.yaml", again);
        assert_int_equal(again[QF_REGISTER_NEW], 0);
        assert_int_equal(again[QF_REGISTER_CHANGED], 0);
        assert_true(again[QF_REGISTER_SAME] > 130);
        count_changes(programme, SHIPPED "library.yaml", other);
        assert_true(other[QF_REGISTER_CHANGED] >= 5); /* title, zone, first date, the dimension org … */
        assert_true(other[QF_REGISTER_NEW] >= 49);
        programme = qf_programme_free(programme);
}

static uint32_t members_of(const struct qf_programme *programme, const char *code)
{
        const struct qf_dimension *dimension =
                qf_programme_dimension(programme, qf_programme_find_dimension(programme, qf_view_of(code)));
        assert_non_null(dimension);
        return dimension->members;
}

static void the_123n_programme_is_complete(void **state)
{
        static const struct {
                const char *code;
                uint32_t members;
        } rows[] = {{"org_kind", 11},   {"channel", 2},      {"mode", 3},      {"content", 3},
                    {"workstream", 3},  {"side", 2},         {"five_co", 5},   {"priority", 3},
                    {"task", 5},        {"initiative", 18},  {"site", 35},     {"site_category", 5},
                    {"audience", 4},    {"theme", 4},        {"campaign", 1},  {"area", 0},
                    {"checkpoint", 10}, {"finding_kind", 4}, {"rate_kind", 3}, {"org", 11},
                    {"co_org", 11},     {"base", 1},         {"wave", 0},      {"indicator", 0},
                    {"focus", 2},       {"mechanism", 3},    {"site_role", 1}, {"site_area", 0},
                    {"works_kind", 3},  {"stage", 4}};
        struct qf_programme *programme = load(SHIPPED "integrity-123n.yaml");
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(members_of(programme, rows[i].code), rows[i].members);
        assert_int_equal(qf_programme_dimensions(programme), sizeof(rows) / sizeof(rows[0]));
        assert_int_equal(qf_programme_settings(programme)->zone_minutes, 480);
        assert_int_equal(qf_programme_settings(programme)->first_date, 20000101);
        assert_non_null(qf_programme_find_counter(programme, qf_view_of("sign_in")));
        const uint16_t org = qf_programme_find_dimension(programme, qf_view_of("org"));
        const uint16_t kind = qf_programme_find_dimension(programme, qf_view_of("org_kind"));
        const uint32_t customs = qf_programme_guess_member(programme, org, qf_view_of("福州海关"));
        assert_true(qf_view_same(qf_programme_member(programme, org, customs)->code, qf_view_of("HG")));
        const uint32_t group = qf_programme_group_of(programme, kind, customs, 20230101);
        assert_true(qf_view_same(qf_programme_member(programme, kind, group)->code, qf_view_of("customs")));
        assert_true(qf_programme_within(
                programme, org, qf_programme_find_member(programme, org, qf_view_of("BM")),
                qf_programme_find_member(programme, org, qf_view_of("MW")), 20230101));
        programme = qf_programme_free(programme);
}

/* The next value of a list in a cell; the file's lists are separated by ", ". */
static struct qf_view next_value(char **rest)
{
        char *value = *rest, *end = strstr(value, ", ");
        *rest = end ? end + 2 : NULL;
        if (end)
                *end = 0;
        return qf_view_of(value);
}

static void expect_known(const struct qf_programme *programme, const char *dimension, char *cell)
{
        const uint16_t id = qf_programme_find_dimension(programme, qf_view_of(dimension));
        for (char *rest = cell; rest;) {
                const struct qf_view value = next_value(&rest);
                if (qf_programme_guess_member(programme, id, value) == QF_MEMBER_UNKNOWN)
                        fail_msg("%s has no member called %.*s", dimension, (int)value.len, value.at);
        }
}

/* A cell, unquoted in place: quotes stand only around whole cells in this file. */
static char *next_cell(char **rest)
{
        char *cell = *rest;
        const bool quoted = *cell == '"';
        char *end = strpbrk(cell + quoted, quoted ? "\"" : ",\r\n");
        assert_non_null(end);
        *rest = end + 1 + quoted;
        *end = 0;
        return cell + quoted;
}

static void the_library_programme_knows_every_value_of_its_file(void **state)
{
        struct qf_programme *programme = load(SHIPPED "library.yaml");
        FILE *file = fopen(QF_SOURCE_DIR "/tests/data/timberland-2021-programs.csv", "re");
        char line[1024];
        uint32_t rows = 0;
        (void)state;
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof(line), file));
        while (fgets(line, sizeof(line), file)) {
                char *rest = line;
                char *branch = next_cell(&rest);
                (void)next_cell(&rest);
                (void)next_cell(&rest);
                char *category = next_cell(&rest), *ages = next_cell(&rest);
                expect_known(programme, "org", branch);
                expect_known(programme, "category", category);
                expect_known(programme, "age_group", ages);
                rows++;
        }
        (void)fclose(file);
        assert_int_equal(rows, 1308);
        assert_int_equal(members_of(programme, "org"), 27);
        assert_int_equal(members_of(programme, "category"), 14);
        assert_int_equal(members_of(programme, "age_group"), 7);
        programme = qf_programme_free(programme);
}

/* path: of mkstemp. */
static void make_file(char *path, const char *text)
{
        const int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        (void)close(fd);
}

/* What is said of a file with this text; the caller frees. */
static char *complaint(const char *text)
{
        char path[] = "/tmp/qf-programme-XXXXXX";
        struct qf_programme_file *file = NULL;
        char *error = NULL;
        make_file(path, text);
        const int r = qf_programme_file_load(path, &file, &error);
        (void)unlink(path);
        if (!r)
                file = qf_programme_file_free(file);
        else
                assert_int_equal(r, 1);
        return error;
}

#define HEAD "code: x\ndimensions:\n"
#define ORG HEAD "  - code: org\n    members:\n"

static void wrong_files_are_told_by_line_and_path(void **state)
{
        static const struct {
                const char *text;
                const char *says[3];
        } rows[] = {
                {HEAD "  - code: org\n    colour: red\n", {"colour", "line: 3", "dimensions"}},
                {"", {"empty", NULL, NULL}},
                {"# nothing yet\n", {"empty", NULL, NULL}},
                {"code: x\n", {"dimensions", NULL, NULL}},
                {HEAD "  - code: org\n    multi: [1]\n", {"multi", "line: 3", NULL}},
                {"code: [\n", {"line", NULL, NULL}},
                {HEAD "  - code: org\n  - code: org\n", {"dimensions[1] (org)", "twice", NULL}},
                {ORG "      - {code: A}\n      - {code: B, zh: b}\n      - {code: A}\n",
                 {"line 7", "dimensions[0] (org) members[2] (A)", "twice"}},
                {ORG "      - {code: A, parent: B}\n", {"line 5", "parent", "'B'"}},
                {ORG "      - {code: A, parent: B}\n      - {code: B, parent: A}\n",
                 {"line 5", "circle", NULL}},
                {ORG "      - {code: A, valid_from: 2023-02-30}\n", {"line 5", "no day", "20230230"}},
                {ORG "      - {code: A, groups: [kind]}\n", {"DIMENSION=MEMBER", "'kind'", NULL}},
                {ORG "      - {code: A, groups: [kind=x]}\n", {"group does not fit", "'kind'", NULL}},
                {ORG "      - {code: A B}\n", {"code does not fit", "'A B'", NULL}},
                {HEAD "  - code: co\n    members_of: org\n", {"line 3", "members_of does not fit", "'org'"}},
                {"code: x\nsettings:\n  time_zone: east\ndimensions:\n  - code: org\n",
                 {"line 3", "time_zone: value does not fit", "'east'"}},
                {"code: x\nsettings:\n  kinds: broadcst\ndimensions:\n  - code: org\n",
                 {"line 3", "kinds: value does not fit", "'broadcst'"}},
                {"code: x\nsettings:\n  kinds: broadcast visit\ndimensions:\n  - code: org\n",
                 {"line 3", "kinds: visit", "'site'"}},
                {"a: &a [x, x]\nb: *a\n", {"line", NULL, NULL}},
#define MOVED(moves)                                                                                         \
        ORG "      - {code: A}\n      - code: B\n        valid_from: 2022-01-01\n        parent: A\n" moves
                {MOVED("        moved: [{parent: A}]\n"), {"from", "line: 9", "moved"}},
                {MOVED("        moved: [{from: 2022-07}]\n"), {"line 9", "moved[0]", "no day '2022-07'"}},
                {MOVED("        moved:\n          - {from: 2022-07-01, parent: C}\n"),
                 {"line 10", "members[1] (B) moved[0]", "no such parent in this dimension: 'C'"}},
                {MOVED("        moved:\n          - {from: 2022-07-01, parent: ''}\n"
                       "          - {from: 2022-06-30, parent: A}\n"),
                 {"line 11", "moved[1]", "go by date, each after the one before"}},
                {MOVED("        moved: [{from: 2022-01-01, parent: ''}]\n"),
                 {"line 9", "moved[0]", "after valid_from; not '20220101'"}},
                {MOVED("        valid_to: 2022-12-31\n        moved: [{from: 2023-01-01, parent: ''}]\n"),
                 {"line 10", "moved[0]", "after its valid_to: '20230101'"}},
                {MOVED("        moved: [{from: 2022-07-01, parent: A}]\n"),
                 {"line 9", "moved[0]", "changes nothing"}},
                {MOVED("        moved: [{from: 2022-07-01}]\n"), {"line 9", "moved[0]", "changes nothing"}},
                {MOVED("        moved: [{from: 2022-07-01, zh: b}, {from: 2023-07-01, zh: b}]\n"),
                 {"line 9", "moved[1]", "changes nothing"}},
                {ORG "      - {code: A, at: '26.05'}\n", {"line 5", "at does not fit", "'26.05'"}},
                {ORG "      - {code: A, at: '96.05,119.4'}\n", {"line 5", "at does not fit", "96"}},
                {ORG "      - {code: A, at: '26.05,-119.4x'}\n", {"line 5", "at does not fit", "119"}},
                {HEAD "  - code: plan\n    exactly: 3\n    members: [{code: M01}, {code: M03}]\n",
                 {"line 3", "it is to have 3 members and has 2 (应为3项，文件里有2项)",
                  "missing (缺) 'M02'"}},
                {HEAD "  - code: plan\n    exactly: 1\n    members: [{code: M01}, {code: M02}]\n",
                 {"line 3", "it is to have 1 members and has 2", NULL}},
                {MOVED("        moved: [{from: 2022-07-01, groups: [kind]}]\n"),
                 {"line 9", "moved[0]", "DIMENSION=MEMBER"}},
                {MOVED("        moved: [{from: 2022-07-01, groups: [kind=x, kind=y]}]\n"),
                 {"line 9", "moved[0]", "two groups of 'kind'"}},
                {MOVED("        moved: [{from: 2022-07-01, groups: [kind=x]}]\n"),
                 {"line 6", "members[1] (B)", "group does not fit: 'kind'"}},
                {MOVED("        moved: [{from: 2022-07-01, parent: '', until: 2023-01-01}]\n"),
                 {"until", "line: 9", NULL}},
                {ORG
                 "      - {code: A, moved: [{from: 2022-07-01, parent: B}]}\n      - {code: B, parent: A}\n",
                 {"line 5", "circle", "of all times"}},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char *error = complaint(rows[i].text);
                for (size_t k = 0; k < 3 && rows[i].says[k]; k++)
                        if (!error || !strstr(error, rows[i].says[k]))
                                fail_msg("row %zu: no '%s' in: %s", i, rows[i].says[k],
                                         error ? error : "(taken)");
                free(error);
        }
}

/* libcyaml's own place is of what it had read before. */
static void lines_are_those_of_the_mistake(void **state)
{
#define COUNTERS "code: x\n\ncounters:\n  - code: a\n    zh: a\n"
#define DIMENSIONS "\ndimensions:\n  - code: org\n    members:\n      - code: A\n        zh: a\n\n"
        static const struct {
                const char *text, *says;
        } rows[] = {
                {COUNTERS DIMENSIONS "kounters:\n  - code: b\n",
                 "Unexpected key: kounters, in mapping (line: 13, column: 1)"},
                {COUNTERS "\n    zhh: a\n" DIMENSIONS,
                 "Unexpected key: zhh, in mapping (line: 7, column: 5), in sequence entry '1' (line: 4, column: 5)"},
                {COUNTERS DIMENSIONS "        moved:\n          - from: 2022-01-01\n\n            until: x\n",
                 "Unexpected key: until, in mapping (line: 16, column: 13), in sequence entry '1' (line: 14"},
                {COUNTERS DIMENSIONS "\ncode: y\n",
                 "Mapping field already seen: code, in mapping field 'code' (line: 14, column: 1)"},
                {COUNTERS DIMENSIONS "\n        zh: b\n",
                 "Mapping field already seen: zh, in mapping field 'zh' (line: 14, column: 9), in sequence"},
                {COUNTERS "  - zh: b\n    en: b\n\n" DIMENSIONS,
                 "Missing required mapping field: code, in mapping (line: 6, column: 5), in sequence entry '2' (line: 6"},
                {COUNTERS DIMENSIONS "      - zh: b\n        en: b\n",
                 "Missing required mapping field: code, in mapping (line: 13, column: 9), in sequence entry '2'"},
                {"\n" COUNTERS,
                 "Missing required mapping field: dimensions, in mapping (line: 2, column: 1)"},
                {COUNTERS "    cap: many\n" DIMENSIONS,
                 "'many', in mapping field 'cap' (line: 6, column: 10)"},
                {COUNTERS DIMENSIONS "        aliases: a\n",
                 "in mapping field 'aliases' (line: 13, column: 18)"},
                {"code: x\n\ndimensions:\n\n  []\n", "in mapping field 'dimensions' (line: 5, column: 3)"},
                {COUNTERS DIMENSIONS "\tat: x\n", "(line: 13, column: 1)"},
                {COUNTERS "    en: 'b\n" DIMENSIONS, "(line: 6, column: 9)"},
                {COUNTERS "    en: \xb0\xa1\n" DIMENSIONS, "(line: 6, column: 1)"},
                {"code: [\n", "(line: 1, column: 7)"},
                {"\n\n@\n", "libyaml: found character that cannot start any token (line: 3, column: 1)"},
                {COUNTERS "    en: *b\n" DIMENSIONS, "lias"},
                {COUNTERS "    en: *b\n" DIMENSIONS, "in mapping field 'en' (line: 6, column: 9)"},
                {COUNTERS DIMENSIONS "  - code: b\n    multi: maybe\n",
                 "write true or false (yes or no), not 'maybe', in mapping field 'multi' (line: 14, column: 12)"},
                {COUNTERS DIMENSIONS "  - code: b\n    closed:\n",
                 "write true or false (yes or no), not '', in mapping field 'closed' (line: 14"},
                {COUNTERS DIMENSIONS "  - code: b\n    multi: [x]\n",
                 "Expecting ENUM, got event: SEQUENCE_START, in mapping field 'multi' (line: 14, column: 12)"},
        };
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char *error = complaint(rows[i].text);
                if (!error || !strstr(error, rows[i].says))
                        fail_msg("row %zu: no '%s' in: %s", i, rows[i].says, error ? error : "(taken)");
                free(error);
        }
}

static void long_words_leave_room_for_their_line(void **state)
{
        char text[4096];

        (void)state;
        (void)snprintf(text, sizeof text, COUNTERS DIMENSIONS "%01000d: x\n", 0);
        QF_CLEANUP(qf_cleanup_free) char *error = complaint(text);
        assert_non_null(error);
        assert_non_null(strstr(error, "0, in mapping (line: 13, column: 1)"));
}

static void yes_and_no_have_the_words_of_yaml(void **state)
{
        static const char *const words[] = {"true", "True", "yes", "ON", "1", "false", "No", "off", "0"};
        char text[256];

        (void)state;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
                (void)snprintf(text, sizeof text, HEAD "  - code: org\n    required: %s\n", words[i]);
                assert_null(complaint(text));
        }
}

static struct qf_programme *load_text(const char *text)
{
        char path[] = "/tmp/qf-programme-XXXXXX";
        make_file(path, text);
        struct qf_programme *programme = load(path);
        uint32_t again[3] = {0};
        count_changes(programme, path, again);
        assert_int_equal(again[QF_REGISTER_NEW] + again[QF_REGISTER_CHANGED], 0); /* twice changes nothing */
        (void)unlink(path);
        return programme;
}

static void what_a_move_does_not_name_stays(void **state)
{
#define GROUPED(moves)                                                                                       \
        HEAD "  - {code: kind, groups: org, members: [{code: x}, {code: y}]}\n"                              \
             "  - {code: side, groups: org, members: [{code: l}, {code: r}]}\n"                              \
             "  - code: org\n    members:\n      - code: C\n        parent: A\n"                             \
             "        groups: [kind=x, side=l]\n" moves "      - {code: A}\n      - {code: B}\n"
        static const struct {
                uint32_t date;
                const char *parent, *kind, *side;
        } rows[] = {{20220630, "A", "x", "l"},
                    {20220701, "B", "x", "l"},
                    {20230101, "B", "y", "l"},
                    {20230201, "", "y", NULL},
                    {20230301, "A", "x", "r"}};
        struct qf_programme *programme =
                load_text(GROUPED("        moved:\n"
                                  "          - {from: 2022-07-01, parent: B}\n"
                                  "          - {from: 2023-01-01, groups: [kind=y]}\n"
                                  "          - {from: 2023-02-01, parent: '', groups: [side=]}\n"
                                  "          - {from: 2023-03-01, parent: A, groups: [side=r, kind=x]}\n"));
        struct qf_programme *unmoved = load_text(GROUPED(""));
        const uint16_t org = qf_programme_find_dimension(programme, qf_view_of("org"));
        const uint32_t c = qf_programme_find_member(programme, org, qf_view_of("C"));
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                const uint32_t above =
                        qf_member_place(qf_programme_member(programme, org, c), rows[i].date)->parent;
                assert_int_equal(
                        above, rows[i].parent[0]
                                       ? qf_programme_find_member(programme, org, qf_view_of(rows[i].parent))
                                       : 0);
                for (int k = 0; k < 2; k++) {
                        const char *member = k ? rows[i].side : rows[i].kind;
                        const uint16_t grouping =
                                qf_programme_find_dimension(programme, qf_view_of(k ? "side" : "kind"));
                        assert_int_equal(
                                qf_programme_group_of(programme, grouping, c, rows[i].date),
                                member ? qf_programme_find_member(programme, grouping, qf_view_of(member))
                                       : 0);
                }
        }
        unmoved = qf_programme_free(unmoved);
        programme = qf_programme_free(programme);
}

static void children_may_stand_before_parents_in_a_file(void **state)
{
        char *error = complaint(
                ORG "      - {code: A, parent: B}\n      - {code: B, parent: C}\n      - {code: C}\n");
        (void)state;
        assert_null(error);
}

/* What it may have is what registers may have; what is larger is not read. */
static void a_large_file_is_read_and_a_larger_one_refused(void **state)
{
        static const char head[] = "code: big\ndimensions:\n  - code: org\n    members:\n";
        enum { MEMBERS = 20000, LABEL = 220 };
        struct qf_programme_file *file = NULL;
        char path[] = "/tmp/qf-programme-XXXXXX", *error = NULL;
        uint32_t count;
        (void)state;
        make_file(path, head);
        FILE *to = fopen(path, "a");
        assert_non_null(to);
        for (uint32_t i = 0; i < MEMBERS; i++)
                assert_true(fprintf(to, "      - {code: o%u, en: %0*u}\n", i, LABEL, i) > LABEL);
        assert_int_equal(fclose(to), 0);
        assert_int_equal(qf_programme_file_load(path, &file, &error), 0);
        (void)qf_programme_file_events(file, &count);
        assert_int_equal(count, 2 + MEMBERS);
        file = qf_programme_file_free(file);
        assert_int_equal(truncate(path, QF_PROGRAMME_FILE_BYTES_MAX + 1), 0);
        assert_int_equal(qf_programme_file_load(path, &file, &error), -EFBIG);
        (void)unlink(path);
}

static void a_missing_file_is_an_error_of_the_system(void **state)
{
        struct qf_programme_file *file = NULL;
        char *error = NULL;
        (void)state;
        assert_true(qf_programme_file_load("/nonexistent/programme.yaml", &file, &error) < 0);
        assert_null(error);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_123n_programme_is_complete),
                cmocka_unit_test(a_loaded_file_changes_nothing_when_loaded_again),
                cmocka_unit_test(the_library_programme_knows_every_value_of_its_file),
                cmocka_unit_test(wrong_files_are_told_by_line_and_path),
                cmocka_unit_test(lines_are_those_of_the_mistake),
                cmocka_unit_test(long_words_leave_room_for_their_line),
                cmocka_unit_test(yes_and_no_have_the_words_of_yaml),
                cmocka_unit_test(what_a_move_does_not_name_stays),
                cmocka_unit_test(children_may_stand_before_parents_in_a_file),
                cmocka_unit_test(a_large_file_is_read_and_a_larger_one_refused),
                cmocka_unit_test(a_missing_file_is_an_error_of_the_system),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
