/* Why: what a shell offers must be what the parser takes, so both walk the same tables. */
#include "qf/shell/complete.h"

#include <string.h>

#include "qf/shell/words.h"

static const struct qf_command *part_of(const struct qf_command *command, const char *name)
{
        for (const struct qf_command *const *part = command->parts; part && *part; part++)
                if (strcmp((*part)->name, name) == 0)
                        return *part;
        return NULL;
}

static const struct qf_option *option_in(const struct qf_option *options, struct qf_view name)
{
        for (; options && options->name; options++)
                if (qf_view_same(qf_view_of(options->name), name))
                        return options;
        return NULL;
}

/* The option that a word "--name" or "--name=value" is; NULL: none of the command's. */
static const struct qf_option *option_of(const struct qf_command *command, const char *word)
{
        if (word[0] != '-' || word[1] != '-')
                return NULL;
        const struct qf_view name = {word + 2, (uint32_t)strcspn(word + 2, "=")};
        const struct qf_option *option = option_in(command->options, name);
        return option ? option : option_in(qf_cli_common_options, name);
}

/* The word of the table for the argument at a place: "[SOURCE]" of "KEY [SOURCE]"; the last one when it repeats. */
static struct qf_view argument_at(const struct qf_command *command, int place)
{
        const char *at = command->arguments;
        struct qf_view word = {0};

        if (!at || place >= command->arguments_max)
                return word;
        for (int i = 0; *at; i++) {
                const uint32_t len = (uint32_t)strcspn(at, " ");
                word = (struct qf_view){at, len};
                at += len + (at[len] == ' ');
                if (i == place)
                        break;
        }
        return word;
}

/* Of a list only what follows the last comma is completed. */
static void keep(struct qf_wanted *wanted, const char *word, size_t from)
{
        struct qf_word kind;
        const char *comma = strrchr(word + from, ',');

        if (comma && wanted->value.len && qf_word_known(wanted->value, &kind) && kind.list)
                from = (size_t)(comma - word) + 1;
        wanted->kept = (struct qf_view){word, (uint32_t)from};
        wanted->typed = qf_view_of(word + from);
}

void qf_complete(const struct qf_command *qf, int count, char *const *words, struct qf_wanted *ret_wanted)
{
        struct qf_wanted wanted = {.command = qf};
        const struct qf_option *open = NULL; /* has its value still to come */
        const char *last = words[count - 1];
        int at = 0, arguments = 0;

        while (at < count - 1 && wanted.command->parts && part_of(wanted.command, words[at]))
                wanted.command = part_of(wanted.command, words[at++]);
        for (; at < count - 1; at++) {
                const struct qf_option *option = open ? NULL : option_of(wanted.command, words[at]);
                arguments += !open && words[at][0] != '-';
                open = option && option->value && !strchr(words[at], '=') ? option : NULL;
        }
        const char *value = last[0] == '-' ? strchr(last, '=') : NULL;
        if (!open && value)
                open = option_of(wanted.command, last);
        else
                value = NULL;
        if (open) {
                wanted.value = qf_view_of(open->value);
        } else if (last[0] == '-') {
                wanted.options = true;
        } else {
                wanted.parts = wanted.command->parts != NULL && arguments == 0;
                wanted.value = argument_at(wanted.command, arguments);
                wanted.options = !wanted.parts && !wanted.value.len && !last[0];
        }
        keep(&wanted, last, value ? (size_t)(value + 1 - last) : 0);
        *ret_wanted = wanted;
}

bool qf_complete_has(int count, char *const *words, const struct qf_option *option)
{
        if (option->kind == QF_OPTION_LIST)
                return false;
        for (int i = 0; i < count - 1; i++)
                if (strncmp(words[i], "--", 2) == 0 && strcspn(words[i] + 2, "=") == strlen(option->name) &&
                    strncmp(words[i] + 2, option->name, strlen(option->name)) == 0)
                        return true;
        return false;
}
