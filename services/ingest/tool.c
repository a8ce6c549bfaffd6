/* Why a mode of qf-ingest: judging belongs to ingest alone, and a process that
 * may die of what it reads must not be the one that tells about it.
 *
 *     restore FROM DIRECTORY TO REASON        adopt DIRECTORY REASON */
#include "ingest/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "ingest/restore.h"

enum { EXIT_USAGE = 64 };

static int say_restored(int result, const struct qf_restore_about *about)
{
        printf("{\"outcome\":%d,\"last\":%" PRIu64 ",\"life\":%u,\"begins\":%" PRIu64
               ",\"differing\":%" PRIu64 ",\"more\":%" PRIu64 ",\"entry\":%u,\"why\":\"%s\"}\n",
               result, about->last, about->life_number, about->life_begins, about->differing, about->more,
               about->fault.entry, about->fault.why ? about->fault.why : "");
        return 0;
}

static int restore(char **argv)
{
        struct qf_restore_about about;
        uint64_t to = 0;
        if (!qf_text_number(qf_view_of(argv[3]), UINT64_MAX, &to))
                return EXIT_USAGE;
        return say_restored(qf_restore(argv[1], argv[2], to, argv[4], qf_clock_wall_ms(), &about), &about);
}

static int adopt(char **argv)
{
        struct qf_restore_about about;
        return say_restored(qf_adopt(argv[1], argv[2], qf_clock_wall_ms(), &about), &about);
}

static const struct tool {
        const char *word;
        int argc;
        int (*run)(char **argv);
} tools[] = {{"restore", 5, restore}, {"adopt", 3, adopt}};

static const struct tool *find_tool(const char *word)
{
        for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++)
                if (strcmp(tools[i].word, word) == 0)
                        return &tools[i];
        return NULL;
}

bool qf_ingest_tool_named(const char *word)
{
        return find_tool(word) != NULL;
}

int qf_ingest_tool(int argc, char **argv)
{
        const struct tool *tool = find_tool(argv[0]);
        if (!tool || argc != tool->argc) {
                fputs("qf-ingest: this is done by qf audit and qf restore\n", stderr);
                return EXIT_USAGE;
        }
        (void)umask(0077);
        return tool->run(argv);
}
