/* services/qf: help and completion from the tables of all commands; text wrapped for a terminal; and what a wrong word
 * was meant to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qf/cli/cli_help.h"
#include "qf/cli/near.h"
#include "qf/cli/text_table.h"
#include "qf/cli/wrap.h"
#include "qf/commands.h"
#include "qf/shell/complete.h"
#include "qf/shell/words.h"

/* Calls check for qf and all below it. */
static void each(const struct qf_command *command, const char *called,
                 void (*check)(const struct qf_command *command, const char *called))
{
        char below[128];

        check(command, called);
        for (const struct qf_command *const *part = command->parts; part && *part; part++) {
                (void)snprintf(below, sizeof below, "%s %s", called, (*part)->name);
                each(*part, below, check);
        }
}

static void check_options(const struct qf_option *options, const struct qf_option *others)
{
        for (; options && options->name; options++) {
                assert_true(strlen(options->zh) > 0 && strlen(options->en) > 0);
                assert_true((options->kind == QF_OPTION_FLAG) == (options->value == NULL));
                for (const struct qf_option *other = options + 1; other->name; other++)
                        assert_string_not_equal(options->name, other->name);
                for (const struct qf_option *other = others; other && other->name; other++)
                        assert_string_not_equal(options->name, other->name);
        }
}

static void check_command(const struct qf_command *command, const char *called)
{
        assert_true((command->run == NULL) == (command->parts != NULL));
        assert_true((command->zh != NULL && command->en != NULL) || strcmp(called, "qf") == 0);
        assert_true((command->more_zh == NULL) == (command->more_en == NULL));
        assert_true(command->arguments_min <= command->arguments_max);
        assert_true((command->arguments_max > 0) == (command->arguments != NULL));
        check_options(command->options, qf_cli_common_options);
}

static void every_command_has_a_whole_table(void **state)
{
        (void)state;
        each(&qf_commands, "qf", check_command);
        check_options(qf_cli_common_options, NULL);
}

static void check_word(const char *called, struct qf_view word)
{
        struct qf_word known;

        if (!qf_word_known(word, &known))
                fail_msg("%s: services/qf/shell/words.c does not say what completes %.*s", called,
                         (int)word.len, word.at);
}

static void check_words(const struct qf_command *command, const char *called)
{
        for (const struct qf_option *option = command->options; option && option->name; option++)
                if (option->value)
                        check_word(called, qf_view_of(option->value));
        for (const char *at = command->arguments; at && *at; at += strspn(at, " ")) {
                const size_t len = strcspn(at, " ");
                check_word(called, (struct qf_view){at, (uint32_t)len});
                at += len;
        }
}

static void every_word_of_a_table_is_known(void **state)
{
        (void)state;
        each(&qf_commands, "qf", check_words);
}

static void a_word_says_what_fills_it(void **state)
{
        static const struct {
                const char *word;
                enum qf_fills fills;
                bool known, list;
        } rows[] = {
                {"FILE", QF_FILLS_FILE, true, false},
                {"[FILE]", QF_FILLS_FILE, true, false},
                {"FILE.csv|FILE.xlsx|-", QF_FILLS_FILE, true, false},
                {"LIST.csv|LIST.xlsx...", QF_FILLS_FILE, true, false},
                {"DIM[,DIM]", QF_FILLS_DIMENSION, true, true},
                {"zh|en", QF_FILLS_CHOICE, true, false},
                {"feed,read,admin", QF_FILLS_CHOICE, true, true},
                {"[begin|end]", QF_FILLS_CHOICE, true, false},
                {"NOSUCH", QF_FILLS_NOTHING, false, false},
                {"FILE|NOSUCH", QF_FILLS_NOTHING, false, false},
        };
        struct qf_word word;

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
                assert_int_equal(qf_word_known(qf_view_of(rows[i].word), &word), rows[i].known);
                if (rows[i].known) {
                        assert_int_equal(word.fills, rows[i].fills);
                        assert_int_equal(word.list, rows[i].list);
                }
        }
}

#define WANTED(...)                                                                                          \
        wanted_of((char *const[]){__VA_ARGS__}, sizeof((char *const[]){__VA_ARGS__}) / sizeof(char *))

static struct qf_wanted wanted_of(char *const *words, size_t count)
{
        struct qf_wanted wanted;

        qf_complete(&qf_commands, (int)count, words, &wanted);
        return wanted;
}

static void assert_text(struct qf_view got, const char *wanted)
{
        assert_true(qf_view_same(got, qf_view_of(wanted)));
}

static void a_line_is_completed_by_the_tables(void **state)
{
        (void)state;
        struct qf_wanted wanted = WANTED("to");
        assert_true(wanted.parts && !wanted.options && wanted.command == &qf_commands);
        wanted = WANTED("key", "");
        assert_true(wanted.parts && wanted.command == &qf_cmd_key);
        wanted = WANTED("key", "add", "hx", "");
        assert_text(wanted.value, "PUBLIC");
        wanted = WANTED("totals", "--by", "org,mo");
        assert_text(wanted.value, "DIM[,DIM]");
        assert_text(wanted.kept, "org,");
        assert_text(wanted.typed, "mo");
        wanted = WANTED("totals", "--by=org,mo");
        assert_text(wanted.kept, "--by=org,");
        wanted = WANTED("totals", "--kind=b");
        assert_text(wanted.value, "KIND");
        assert_text(wanted.kept, "--kind=");
        wanted = WANTED("totals", "--json", "");
        assert_true(wanted.options && !wanted.value.len);
        wanted = WANTED("totals", "--k");
        assert_true(wanted.options);
        wanted = WANTED("feed", "--map", "m.yaml", "");
        assert_text(wanted.value, "FILE.csv|FILE.xlsx|-");
        wanted = WANTED("quarantine", "retry", "a", "b", "");
        assert_text(wanted.value, "[KEY...]");
        wanted = WANTED("nosuch", "");
        assert_true(!wanted.parts && !wanted.value.len);
        wanted = WANTED("totals", "--nosuch=x");
        assert_true(!wanted.value.len);
        char *const line[] = {"totals", "--json", "--by", "org", ""};
        static const struct qf_option json = {.name = "json"}, by = {.name = "by", .kind = QF_OPTION_LIST},
                                      js = {.name = "js"};
        assert_true(qf_complete_has(5, line, &json));
        assert_false(qf_complete_has(5, line, &by));
        assert_false(qf_complete_has(5, line, &js));
}

static char *help_of(const struct qf_command *command, const char *called, bool chinese)
{
        struct qf_cli cli;
        char *text = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&text, &len);

        assert_non_null(to);
        qf_cli_init(&cli, "qf");
        cli.chinese = chinese;
        qf_help_print(&cli, command, called, to);
        qf_cli_deinit(&cli);
        assert_int_equal(fclose(to), 0);
        return text;
}

/* Examples, which begin with a space and are not to be parted, may be longer. */
static bool is_example(const struct qf_command *command, const char *line)
{
        return line[0] == ' ' && command->more_zh &&
               (strstr(command->more_zh, line) || strstr(command->more_en, line));
}

static void check_columns(const struct qf_command *command, const char *called)
{
        for (int chinese = 0; chinese < 2; chinese++) {
                char *help = help_of(command, called, chinese == 1), *rest = help;
                for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
                        if (!is_example(command, line) && qf_text_columns(qf_view_of(line)) > QF_WRAP_COLUMNS)
                                fail_msg("%s: longer than a terminal is wide: %s", called, line);
                for (const struct qf_option *option = command->options; option && option->name; option++) {
                        char name[64];
                        (void)snprintf(name, sizeof name, "\n  --%s", option->name);
                        free(help);
                        help = help_of(command, called, chinese == 1);
                        assert_non_null(strstr(help, name));
                }
                free(help);
        }
}

static void help_names_every_option_in_80_columns(void **state)
{
        (void)state;
        each(&qf_commands, "qf", check_columns);
}

/* A heading of a command that is not in the list would be lost, and so would be those before the first. */
static void each_command_stands_below_a_role(void **state)
{
        char *help = help_of(&qf_commands, "qf", true);
        unsigned found = 0, headings = 0;

        (void)state;
        for (const struct qf_command *const *part = qf_commands.parts; *part; part++)
                found += qf_help_heading(&qf_commands, *part) != NULL;
        for (; qf_commands.headings[headings].above; headings++)
                assert_non_null(strstr(help, qf_commands.headings[headings].zh));
        assert_int_equal(found, headings);
        assert_true(headings > 1);
        assert_non_null(qf_help_heading(&qf_commands, qf_commands.parts[0]));
        free(help);
}

static void assert_wrapped(const char *text, unsigned at, unsigned indent, const char *wanted)
{
        char *got = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&got, &len);

        assert_non_null(to);
        qf_wrap(to, text, at, indent);
        assert_int_equal(fclose(to), 0);
        assert_string_equal(got, wanted);
        free(got);
}

static void text_is_parted_where_its_language_allows(void **state)
{
        (void)state;
        assert_wrapped("", 0, 0, "\n");
        assert_wrapped("one\ntwo", 4, 4, "one\n    two\n");
        assert_wrapped("word word", 76, 2, "word\n  word\n");
        assert_wrapped("wordword", 76, 2, "\n  wordword\n");
        /* Nowhere to part it: it stays whole. */
        assert_wrapped("wordwordword", 70, 70, "wordwordword\n");
        assert_wrapped("一二三", 76, 0, "一二\n三\n");
        assert_wrapped("一二，三", 76, 0, "一\n二，三\n");
        assert_wrapped("一（二三）", 76, 0, "一\n（二三）\n");
        assert_wrapped("一word二", 76, 0, "一\nword二\n");
        /* Lines that begin with a space are as they were. */
        assert_wrapped("see\n  {\"a\": 1, \"b\": 2}\nend", 0, 0, "see\n  {\"a\": 1, \"b\": 2}\nend\n");
}

static void a_slip_is_near_and_another_word_is_not(void **state)
{
        static const struct {
                const char *said, *name;
                bool near;
        } rows[] = {
                {"totlas", "totals", true}, {"total", "totals", true},  {"totals", "totals", true},
                {"form", "from", true},     {"kye", "key", true},       {"k", "key", false},
                {"feed", "undo", false},    {"seed", "feed", true},     {"verfy", "verify", true},
                {"drop", "show", false},    {"rebuild", "trim", false}, {"", "key", false},
        };

        (void)state;
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
                assert_int_equal(qf_near(qf_view_of(rows[i].said), rows[i].name), rows[i].near);
        static const char long_word[] = "a-word-of-more-than-thirty-two-letters";
        assert_false(qf_near(qf_view_of(long_word), long_word));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_command_has_a_whole_table),
                cmocka_unit_test(every_word_of_a_table_is_known),
                cmocka_unit_test(a_word_says_what_fills_it),
                cmocka_unit_test(a_line_is_completed_by_the_tables),
                cmocka_unit_test(help_names_every_option_in_80_columns),
                cmocka_unit_test(each_command_stands_below_a_role),
                cmocka_unit_test(text_is_parted_where_its_language_allows),
                cmocka_unit_test(a_slip_is_near_and_another_word_is_not),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
