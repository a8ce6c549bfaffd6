/* services/qf/cli: help from the tables of all commands, wrapped for a terminal; and what a wrong word was meant to be. */
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
                cmocka_unit_test(help_names_every_option_in_80_columns),
                cmocka_unit_test(text_is_parted_where_its_language_allows),
                cmocka_unit_test(a_slip_is_near_and_another_word_is_not),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
