/* Why a mode of qf-ingest: judging belongs to ingest alone, and a process that
 * may die of what it reads must not be the one that tells about it.
 *
 *     restore FROM DIRECTORY TO REASON ARCHIVE      adopt DIRECTORY REASON
 *     audit DIRECTORY SCRATCH HASHES ARCHIVE
 *     clock DIRECTORY REASON                 trim DIRECTORY ARCHIVE BEFORE REASON CUT
 *     redact DIRECTORY PARTNER KEY AT WORDS REASON BY LOGBOOK WRITE
 *
 * HASHES: 1 to be told each record's. CUT, WRITE: 0 to look only. ARCHIVE, PARTNER, AT, LOGBOOK: "" for none. AT:
 * "412.0.3". WORDS: 1 title, 2 note, 4 reason, 8 recorded_by, or-ed. */
#include "ingest/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "ingest/audit.h"
#include "ingest/redact.h"
#include "ingest/restore.h"
#include "ingest/trim.h"
#include "service/logbook.h"

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
        int64_t told_ms = 0;
        const struct qf_so_far so_far = {&told_ms, qf_so_far_print};
        const struct qf_restore_from from = {.path = argv[1], .archive = argv[5], .so_far = &so_far};
        struct qf_restore_about about;
        uint64_t to = 0;
        if (!qf_text_number(qf_view_of(argv[3]), UINT64_MAX, &to))
                return EXIT_USAGE;
        return say_restored(qf_restore(&from, argv[2], to, argv[4], qf_clock_wall_ms(), &about), &about);
}

static int adopt(char **argv)
{
        struct qf_restore_about about;
        return say_restored(qf_adopt(argv[1], argv[2], qf_clock_wall_ms(), &about), &about);
}

static int accept_clock(char **argv)
{
        int64_t now_ms = qf_clock_wall_ms(), journal_ms = 0;
        int result = qf_accept_clock(argv[1], argv[2], now_ms, &journal_ms);
        printf("{\"outcome\":%d,\"journal_ms\":%" PRId64 ",\"clock_ms\":%" PRId64 "}\n", result, journal_ms,
               now_ms);
        return 0;
}

static int trim(char **argv)
{
        struct qf_trim_about about;
        int64_t told_ms = 0;
        const struct qf_so_far so_far = {&told_ms, qf_so_far_print};
        const struct qf_trim_wanted wanted = {.directory = argv[1],
                                              .archive = argv[2],
                                              .before = argv[3],
                                              .reason = argv[4],
                                              .cut = argv[5][0] == '1',
                                              .so_far = &so_far};
        int result = qf_trim(&wanted, qf_clock_wall_ms(), &about);
        printf("{\"outcome\":%d,\"first\":%" PRIu64 ",\"through\":%" PRIu64 ",\"last\":%" PRIu64
               ",\"archived\":%" PRIu64 ",\"kept\":%" PRIu64 ",\"why\":\"%s\"}\n",
               result, about.first, about.through, about.last, about.archived, about.kept, about.why);
        return 0;
}

/* --- redact ---------------------------------------------------------------------- */

static void say_found(void *ctx, const struct qf_redact_found *found)
{
        (void)ctx;
        printf("{\"position\":%" PRIu64 ",\"entry\":%u,\"index\":%u,\"partner\":\"%s\",\"gone\":%u,"
               "\"received_at\":%" PRId64 "}\n",
               found->at.position, found->at.entry, found->at.index, found->partner, found->gone,
               found->received_at_ms);
}

/* "412.0.3"; "": anywhere. */
static bool read_place(const char *text, struct qf_redact_place *ret_at)
{
        uint64_t numbers[3] = {0};
        const char *at = text;
        for (unsigned i = 0; text[0] != '\0' && i < 3; i++) {
                const char *end = i < 2 ? strchr(at, '.') : at + strlen(at);
                if (!end || !qf_text_number((struct qf_view){at, (uint32_t)(end - at)},
                                            i == 0 ? UINT64_MAX : UINT32_MAX, &numbers[i]))
                        return false;
                at = end + 1;
        }
        *ret_at = (struct qf_redact_place){numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2]};
        return text[0] == '\0' || numbers[0] > 0;
}

/* What the daemon would have written down, had it been asked. */
static int note_redacted(const char *path, const struct qf_redact_about *about, const char *by)
{
        struct qf_logbook *book = NULL;
        char named[128];
        qf_log_open("qf-ingest", QF_LOG_WARNING, QF_LOG_JOURNAL); /* that a book is opened is no news here */
        int result = path[0] != '\0' ? qf_logbook_open(path, &book) : 0;
        qf_logbook_note(book, "redacted",
                        "events=%" PRIu64 " earliest=%" PRIu64 " by=\"%s\" position=%" PRIu64, about->found,
                        about->earliest, qf_text_escape(qf_view_of(by), named, sizeof named), about->last);
        (void)qf_logbook_close(book);
        return result;
}

static int redact(char **argv)
{
        struct qf_redact_wanted wanted = {.partner = qf_view_of(argv[2]),
                                          .key = qf_view_of(argv[3]),
                                          .reason = qf_view_of(argv[6]),
                                          .by = qf_view_of(argv[7]),
                                          .write = argv[9][0] == '1'};
        struct qf_redact_about about;
        uint64_t words = 0;
        if (!read_place(argv[4], &wanted.at) || !qf_text_number(qf_view_of(argv[5]), 15, &words) ||
            words == 0)
                return EXIT_USAGE;
        wanted.words = (uint8_t)words;
        int result = qf_redact(argv[1], &wanted, qf_clock_wall_ms(), say_found, NULL, &about);
        int noted = result == 0 && wanted.write ? note_redacted(argv[8], &about, argv[7]) : 0;
        printf("{\"outcome\":%d,\"noted\":%d,\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"found\":%" PRIu64
               ",\"earliest\":%" PRIu64 "}\n",
               result, noted, about.first, about.last, about.found, about.earliest);
        return 0;
}

/* --- audit --------------------------------------------------------------------- */

static void say_finding(void *ctx, const struct qf_audit_finding *finding)
{
        (void)ctx;
        printf("{\"what\":%d,\"position\":%" PRIu64 ",\"through\":%" PRIu64
               ",\"entry\":%u,\"number\":%" PRIu64
               ",\"stored\":[%u,%u],\"judged\":[%u,%u],\"table\":\"%s\",\"text\":\"%s\",\"sources\":[",
               finding->what, finding->position, finding->through, finding->entry, finding->number,
               finding->stored.class, finding->stored.code, finding->judged.class, finding->judged.code,
               finding->table, finding->text);
        for (uint32_t i = 0; i < finding->sources_count; i++)
                printf("%s\"%s\"", i > 0 ? "," : "", finding->sources[i]);
        puts("]}");
}

static void say_record(void *ctx, uint64_t position, const uint8_t hash[QF_SHA256_BYTES],
                       const uint8_t life[16])
{
        char hash_text[2 * QF_SHA256_BYTES + 1], life_text[33];
        (void)ctx;
        qf_text_hex(hash, QF_SHA256_BYTES, hash_text);
        qf_text_hex(life, 16, life_text);
        printf("{\"record\":%" PRIu64 ",\"hash\":\"%s\",\"life\":\"%s\"}\n", position, hash_text, life_text);
}

static int audit(char **argv)
{
        struct qf_audit_report report;
        int64_t told_ms = 0;
        const struct qf_audit_calls calls = {.found = say_finding,
                                             .so_far = {&told_ms, qf_so_far_print},
                                             .record = argv[3][0] == '1' ? say_record : NULL};
        int result = qf_audit(argv[1], argv[2], argv[4], &calls, &report);
        printf("{\"outcome\":%d,\"last\":%" PRIu64 ",\"records\":%" PRIu64 ",\"judged\":%" PRIu64
               ",\"findings\":%" PRIu64 ",\"first\":%" PRIu64 "}\n",
               result, report.last, report.records, report.judged, report.findings, report.first);
        return 0;
}

static const struct tool {
        const char *word;
        int argc;
        int (*run)(char **argv);
} tools[] = {{"restore", 6, restore},    {"adopt", 3, adopt},    {"audit", 5, audit},
             {"clock", 3, accept_clock}, {"redact", 10, redact}, {"trim", 6, trim}};

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
                fputs("qf-ingest: this is done by qf audit, qf restore, qf trim, qf redact and qf clock\n",
                      stderr);
                return EXIT_USAGE;
        }
        (void)umask(0077);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        return tool->run(argv);
}
