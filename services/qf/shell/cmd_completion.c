/* `qf completion`: what bash and zsh ask at the Tab key. Their scripts know no command: they ask `qf completion words`,
 * so that they never grow old, and what only the server knows (dimensions, organisations) is asked of it, briefly. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "client/subscribe.h"
#include "model/kinds.h"
#include "model/verdict.h"
#include "qf/cli/there.h"
#include "qf/commands.h"
#include "qf/office/period.h"
#include "qf/shell/complete.h"
#include "qf/shell/when.h"
#include "qf/shell/words.h"
#include "views/labels.h"

enum { PATIENCE_MS = 1000, TURN_MS = 50, PLACES = 6, CODES_END = 1000 };

struct completing {
        struct qf_cli *cli;
        struct qf_wanted wanted;
        int count;
        char **words;
};

/* One to a line: the whole word, a tab, and what it is. */
static void offer(const struct completing *completing, struct qf_view word, const char *after,
                  struct qf_view what)
{
        const struct qf_view typed = completing->wanted.typed, kept = completing->wanted.kept;

        if (typed.len > word.len || (typed.len && memcmp(word.at, typed.at, typed.len) != 0))
                return;
        printf("%.*s%.*s%s\t%.*s\n", (int)kept.len, kept.at, (int)word.len, word.at, after, (int)what.len,
               what.at);
}

static void offer_text(const struct completing *completing, const char *word, const char *zh, const char *en)
{
        offer(completing, qf_view_of(word), "", qf_view_of(qf_cli_say(completing->cli, zh, en)));
}

static void offer_options(const struct completing *completing, const struct qf_option *options)
{
        char word[64];

        for (; options && options->name; options++) {
                if (qf_complete_has(completing->count, completing->words, options))
                        continue;
                (void)snprintf(word, sizeof word, "--%s", options->name);
                offer_text(completing, word, options->zh, options->en);
        }
}

/* --- what the daemons know ---------------------------------------------------- */

/* The places that the line names: its own --dir, --config and --as. */
static int use_places(struct completing *completing)
{
        char *argv[PLACES];
        int argc = 0, unused;

        for (int i = 0; i + 2 < completing->count && argc + 2 <= PLACES; i++) {
                const char *word = completing->words[i];
                if (strcmp(word, "--dir") != 0 && strcmp(word, "--config") != 0 && strcmp(word, "--as") != 0)
                        continue;
                argv[argc++] = completing->words[i];
                argv[argc++] = completing->words[i + 1];
        }
        return qf_cli_parse(completing->cli, NULL, argc, argv, &unused);
}

/* Closed by the caller; NULL: nobody answers in time. */
static struct qf_subscription *learn(struct qf_cli *cli)
{
        const struct qf_subscription_options options = {.want = QF_WANT_REGISTERS};
        const int64_t until_ms = qf_clock_mono_ms() + PATIENCE_MS;
        struct qf_subscription *subscription = NULL;
        struct qf_socket *socket = NULL;

        if (!cli->read || qf_there_nobody(cli, cli->read) || qf_cli_connect_read(cli, &socket) != 0 ||
            qf_subscription_open(&socket, &options, &subscription) != 0)
                return NULL;
        while (!qf_subscription_held(subscription))
                if (qf_subscription_wait(subscription, TURN_MS) != 0 || qf_clock_mono_ms() > until_ms)
                        return qf_subscription_close(subscription);
        return subscription;
}

static void offer_members(const struct completing *completing, const struct qf_programme *programme,
                          struct qf_view of, const char *after)
{
        const uint16_t id = qf_programme_find_dimension(programme, of);
        const struct qf_dimension *dimension = qf_programme_dimension(programme, id);
        char room[64];

        for (uint32_t i = 1; dimension && i <= dimension->members; i++) {
                const struct qf_member *member = qf_programme_member(programme, id, i);
                if (member)
                        offer(completing, member->code, after,
                              qf_label_member_on(0, completing->cli->chinese, programme, of, member->code,
                                                 room, sizeof room));
        }
}

static void offer_dimensions(const struct completing *completing, const struct qf_programme *programme,
                             const char *after)
{
        for (uint32_t i = 1; i <= qf_programme_dimensions(programme); i++) {
                const struct qf_dimension *dimension = qf_programme_dimension(programme, (uint16_t)i);
                if (dimension)
                        offer(completing, dimension->code, after,
                              qf_label_dimension(completing->cli->chinese, programme, dimension->code));
        }
}

/* "org=H": the sign stays, and members of that dimension are offered. */
static void offer_pair(struct completing *completing, const struct qf_programme *programme)
{
        struct qf_view *typed = &completing->wanted.typed, *kept = &completing->wanted.kept;
        const char *sign = typed->len ? memchr(typed->at, '=', typed->len) : NULL;

        if (!sign) {
                offer_dimensions(completing, programme, "=");
                return;
        }
        const struct qf_view dimension = {typed->at, (uint32_t)(sign - typed->at)};
        kept->len += dimension.len + 1; /* the two lie side by side */
        *typed = (struct qf_view){sign + 1, typed->len - dimension.len - 1};
        offer_members(completing, programme, dimension, "");
}

/* Closed already, of any scope, once each. */
static void offer_editions(const struct completing *completing, const struct qf_programme *programme)
{
        char period[QF_PERIOD_TEXT_BYTES], name[QF_EDITION_TEXT_BYTES];

        for (uint32_t id = qf_programme_editions(programme); id > 0; id--) {
                const struct qf_edition *edition = qf_programme_edition(programme, id);
                if (!edition)
                        continue;
                (void)qf_edition_text(completing->cli, edition, name);
                offer(completing, qf_period_text(qf_edition_period(edition), period), "", qf_view_of(name));
        }
}

static void offer_known(struct completing *completing, const struct qf_word *word)
{
        struct qf_subscription *registers = use_places(completing) == 0 ? learn(completing->cli) : NULL;

        if (!registers)
                return;
        const struct qf_programme *programme = qf_subscription_programme(registers);
        if (word->fills == QF_FILLS_DIMENSION)
                offer_dimensions(completing, programme, "");
        else if (word->fills == QF_FILLS_MEMBER)
                offer_members(completing, programme, qf_view_of(word->of), word->goes_on ? "=" : "");
        else if (word->fills == QF_FILLS_PERIOD)
                offer_editions(completing, programme);
        else
                offer_pair(completing, programme);
        (void)qf_subscription_close(registers);
}

/* --- what this machine knows -------------------------------------------------- */

static void offer_parts(const struct completing *completing, const struct qf_command *command)
{
        for (const struct qf_command *const *part = command->parts; part && *part; part++)
                offer_text(completing, (*part)->name, (*part)->zh, (*part)->en);
}

/* Of "qf help key …" what "key …" goes on with. */
static void offer_commands(struct completing *completing)
{
        struct qf_wanted wanted;

        qf_complete(&qf_commands, completing->count - 1, completing->words + 1, &wanted);
        if (wanted.parts)
                offer_parts(completing, wanted.command);
}

static void offer_kinds(const struct completing *completing)
{
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);

        for (size_t i = 0; i < count; i++)
                offer_text(completing, kinds[i].code, kinds[i].zh, kinds[i].en);
}

/* Of the kind that the line names; of all kinds each word once. */
static void offer_measures(const struct completing *completing)
{
        const struct qf_kind_spec *only = NULL;
        size_t count;
        const struct qf_kind_spec *kinds = qf_kinds(&count);

        for (int i = 0; i + 1 < completing->count; i++)
                if (strcmp(completing->words[i], "--kind") == 0)
                        only = qf_kind_named(qf_view_of(completing->words[i + 1]));
        for (size_t i = 0; i < count; i++)
                for (unsigned k = 0; (!only || only == &kinds[i]) && k < kinds[i].measures_count; k++) {
                        const struct qf_kind_measure *measure = &kinds[i].measures[k];
                        bool again = false;
                        for (size_t j = 0; !only && j < i && !again; j++)
                                again = qf_kind_measure(&kinds[j], qf_view_of(measure->code)) != NULL;
                        if (!again)
                                offer_text(completing, measure->code, measure->zh, measure->en);
                }
}

static void offer_aside(const struct completing *completing)
{
        for (uint16_t code = 1; code < CODES_END; code++) {
                const struct qf_code_text *text = qf_code_text(code);
                if (text->code == code && text->name[0] == 'Q')
                        offer_text(completing, text->name, text->zh, text->en);
        }
}

static void offer_when(void *ctx, struct qf_view word)
{
        offer(ctx, word, "", QF_VIEW(""));
}

/* By the clock of whoever types. */
static uint32_t today(void)
{
        const time_t now = (time_t)(qf_clock_wall_ms() / 1000);
        struct tm local;

        if (!localtime_r(&now, &local))
                return 20000101;
        return (uint32_t)(local.tm_year + 1900) * 10000 + (uint32_t)(local.tm_mon + 1) * 100 +
               (uint32_t)local.tm_mday;
}

static void offer_sources(struct completing *completing)
{
        char path[PATH_MAX];
        static const char end[] = ".secret";

        if (use_places(completing) != 0 || !completing->cli->dir)
                return;
        (void)snprintf(path, sizeof path, "%s/keys", completing->cli->dir);
        DIR *keys = opendir(path);
        for (struct dirent *key = keys ? readdir(keys) : NULL; key; key = readdir(keys)) {
                const size_t len = strlen(key->d_name);
                const bool of_source = len >= sizeof end &&
                                       strcmp(key->d_name + len - strlen(end), end) == 0 &&
                                       strcmp(key->d_name, "server.secret") != 0;
                if (of_source)
                        offer(completing, (struct qf_view){key->d_name, (uint32_t)(len - strlen(end))}, "",
                              QF_VIEW(""));
        }
        if (keys)
                (void)closedir(keys);
}

static void offer_values(struct completing *completing)
{
        struct qf_view choice, word = completing->wanted.value;
        struct qf_word known;

        if (!qf_word_known(word, &known))
                return;
        switch (known.fills) {
        case QF_FILLS_NOTHING: return;
        case QF_FILLS_FILE: puts(":file"); return; /* the shell knows its files */
        case QF_FILLS_FOLDER: puts(":folder"); return;
        case QF_FILLS_CHOICE:
                for (uint32_t at = 0; qf_word_choice(word, &at, &choice);)
                        offer(completing, choice, "", QF_VIEW(""));
                return;
        case QF_FILLS_COMMAND: offer_commands(completing); return;
        case QF_FILLS_KIND: offer_kinds(completing); return;
        case QF_FILLS_MEASURE: offer_measures(completing); return;
        case QF_FILLS_ASIDE: offer_aside(completing); return;
        case QF_FILLS_YEAR:
        case QF_FILLS_MONTH:
        case QF_FILLS_DAY:
        case QF_FILLS_DATE:
                qf_when(known.fills, completing->wanted.typed, today(), offer_when, completing);
                return;
        case QF_FILLS_PERIOD:
                qf_when(known.fills, completing->wanted.typed, today(), offer_when, completing);
                offer_known(completing, &known);
                return;
        case QF_FILLS_SOURCE: offer_sources(completing); return;
        case QF_FILLS_DIMENSION:
        case QF_FILLS_MEMBER:
        case QF_FILLS_PAIR: offer_known(completing, &known); return;
        }
}

static int run_words(struct qf_cli *cli, int argc, char **argv)
{
        struct completing completing = {.cli = cli, .count = argc - 1, .words = argv + 1};
        const struct qf_command *command;

        /* What is completed has options of its own, which are not for this command to parse. */
        if (argc < 2 || strcmp(argv[0], "--") != 0) {
                int count;
                return qf_cli_parse(cli, NULL, argc, argv, &count)
                               ? cli->exit_code
                               : qf_cli_misused(cli, "词写在 -- 后面。", "the words come after --.");
        }
        qf_complete(&qf_commands, completing.count, completing.words, &completing.wanted);
        command = completing.wanted.command;
        if (completing.wanted.parts)
                offer_parts(&completing, command);
        if (completing.wanted.options) {
                offer_options(&completing, command->options);
                offer_options(&completing, qf_cli_common_options);
        }
        if (completing.wanted.value.len)
                offer_values(&completing);
        return QF_EXIT_DONE;
}

static const struct qf_command words = {
        .name = "words",
        .zh = "一行命令可以怎样接下去（补全脚本用它）",
        .en = "what a line may go on with (the scripts ask this)",
        .run = run_words,
        .arguments = "TEXT...",
        .arguments_max = QF_LIST_MAX,
        .local_too = true,
        .more_zh = "例：qf completion words -- totals --by o",
        .more_en = "Example: qf completion words -- totals --by o",
};

/* --- the scripts --------------------------------------------------------------- */

/* bash parts words at "=" and ":" too: the line is parted at spaces only, and what bash keeps is cut off again. */
static const char bash[] =
        "# bash completion of qf: source <(qf completion bash)\n"
        "_qf() {\n"
        "        local line=${COMP_LINE:0:COMP_POINT} words word kept\n"
        "        read -ra words <<<\"$line\"\n"
        "        [[ $line == *[[:space:]] ]] && words+=('')\n"
        "        word=${words[-1]}\n"
        "        kept=${word%\"${word##*[=:]}\"}\n"
        "        COMPREPLY=()\n"
        "        while IFS=$'\\t' read -r word _; do\n"
        "                case $word in\n"
        "                :file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"${words[-1]#\"$kept\"}\") ;;\n"
        "                :folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"${words[-1]#\"$kept\"}\") ;;\n"
        "                *=) compopt -o nospace; COMPREPLY+=(\"${word#\"$kept\"}\") ;;\n"
        "                *) COMPREPLY+=(\"${word#\"$kept\"}\") ;;\n"
        "                esac\n"
        "        done < <(\"${words[0]}\" completion words -- \"${words[@]:1}\" 2>/dev/null)\n"
        "}\n"
        "complete -F _qf qf\n";

static const char zsh[] =
        "#compdef qf\n"
        "# zsh completion of qf: in a folder of fpath, or: source <(qf completion zsh)\n"
        "_qf() {\n"
        "        local -a plain open shown\n"
        "        local line word what\n"
        "        while IFS= read -r line; do\n"
        "                word=${line%%$'\\t'*} what=${line#*$'\\t'}\n"
        "                case $word in\n"
        "                :file) compset -P '*='; _files; return ;;\n"
        "                :folder) compset -P '*='; _files -/; return ;;\n"
        "                *=) open+=(\"$word\") ;;\n"
        "                *) plain+=(\"$word\"); shown+=(\"$word${what:+  $what}\") ;;\n"
        "                esac\n"
        "        done < <(\"${words[1]}\" completion words -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
        "        (( $#plain )) && compadd -l -d shown -- \"${plain[@]}\"\n"
        "        (( $#open )) && compadd -S '' -- \"${open[@]}\"\n"
        "}\n"
        "if [[ $funcstack[1] == _qf ]]; then _qf \"$@\"; else compdef _qf qf; fi\n";

static int run_script(struct qf_cli *cli, int argc, char **argv)
{
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count) != 0)
                return cli->exit_code;
        fputs(cli->command->of, stdout);
        return QF_EXIT_DONE;
}

static const struct qf_command for_bash = {
        .name = "bash",
        .zh = "bash 的补全脚本：source <(qf completion bash)",
        .en = "the script for bash: source <(qf completion bash)",
        .run = run_script,
        .of = bash,
        .local = true,
};

static const struct qf_command for_zsh = {
        .name = "zsh",
        .zh = "zsh 的补全脚本：source <(qf completion zsh)",
        .en = "the script for zsh: source <(qf completion zsh)",
        .run = run_script,
        .of = zsh,
        .local = true,
};

const struct qf_command qf_cmd_completion = {
        .name = "completion",
        .zh = "让 bash、zsh 用 Tab 键补全（软件包已装好）",
        .en = "let bash and zsh complete with the Tab key (the package has it installed)",
        .parts = (const struct qf_command *const[]){&for_bash, &for_zsh, &words, NULL},
};
