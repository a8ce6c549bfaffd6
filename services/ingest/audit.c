/* Why workers: a zeroed page makes LMDB abort and a short file raises SIGBUS. What
 * a worker was at lies in a page that it shares with us, so its death has a place;
 * the next one begins behind it, reads on without judging (what stands before is
 * not known any more), and the audit ends when all has been looked at. */
#include "ingest/audit.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ingest/audit_place.h"
#include "ingest/audit_worker.h"
#include "store/directory.h"
#include "store/journal_tables.h"

enum {
        DEATHS_MAX = 1000,
        DEATHS_SINGLE = 8, /* near to each other: behind so many, further and further ones are tried */
        NEAR = 1000,       /* records */
};

_Static_assert(sizeof(struct qf_audit_message) <= PIPE_BUF, "a pipe takes and gives it whole");

struct audit {
        const struct qf_audit_calls *calls;
        struct qf_audit_shared *shared;
        struct qf_audit_job job;
        uint64_t died_at;     /* last */
        unsigned near_deaths; /* in a row */
        unsigned deaths;
        uint64_t findings;
        struct qf_audit_finding *told; /* QF_AUDIT_TOLD_MAX */
        size_t told_count;
};

/* What cannot be read is one place as long as nothing lies between. */
static bool joins(const struct qf_audit_finding *before, const struct qf_audit_finding *finding)
{
        return finding->what == QF_AUDIT_UNREADABLE && before->what == QF_AUDIT_UNREADABLE &&
               before->through + 1 == finding->position && strcmp(before->text, finding->text) == 0;
}

static void note(struct audit *audit, const struct qf_audit_finding *finding)
{
        if (audit->told_count > 0 && joins(&audit->told[audit->told_count - 1], finding)) {
                audit->told[audit->told_count - 1].through = finding->through;
                return;
        }
        audit->findings++;
        if (audit->told_count < QF_AUDIT_TOLD_MAX)
                audit->told[audit->told_count++] = *finding;
}

static void add_source(struct qf_audit_finding *finding, const char *name)
{
        bool known = finding->sources_count == QF_AUDIT_SOURCES;
        for (uint32_t i = 0; !known && i < finding->sources_count; i++)
                known = strcmp(finding->sources[i], name) == 0;
        if (!known)
                (void)snprintf(finding->sources[finding->sources_count++], QF_AUDIT_NAME, "%s", name);
}

/* Whole messages: both ends are of one program, and a pipe does not divide what is so short. */
static void hear(struct audit *audit, int from)
{
        struct qf_audit_message message;
        while (read(from, &message, sizeof message) == (ssize_t)sizeof message) {
                switch (message.what) {
                case QF_AUDIT_SAYS_FINDING: note(audit, &message.finding); break;
                case QF_AUDIT_SAYS_RECORD:
                        if (audit->calls->record)
                                audit->calls->record(audit->calls->ctx, message.position, message.hash,
                                                     message.life);
                        break;
                case QF_AUDIT_SAYS_SO_FAR:
                        qf_so_far_tell(&audit->calls->so_far, message.position,
                                       audit->shared->last == UINT64_MAX ? 0 : audit->shared->last);
                        break;
                case QF_AUDIT_SAYS_SOURCE: add_source(&audit->told[message.wanted], message.name); break;
                }
        }
}

/* Dies quietly: no core of a mapped journal, no handlers of whoever called us. */
static _Noreturn void work(const struct qf_audit_job *job)
{
        static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
                (void)signal(crashes[i], SIG_DFL);
        (void)signal(SIGPIPE, SIG_DFL);
        int result = qf_audit_work(job);
        _exit(result < 0 ? -result : 0);
}

/* One worker from its birth to its end. *ret_status: as waitpid gave it. */
static int run_worker(struct audit *audit, int *ret_status)
{
        int ends[2];
        (void)fflush(NULL);
        if (pipe(ends) < 0)
                return -errno;
        pid_t pid = fork();
        if (pid == 0) {
                (void)close(ends[0]);
                audit->job.pipe = ends[1];
                work(&audit->job);
        }
        (void)close(ends[1]);
        if (pid < 0) {
                (void)close(ends[0]);
                return -errno;
        }
        hear(audit, ends[0]);
        (void)close(ends[0]);
        while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
                ;
        return 0;
}

/* Where to go on behind a record whose reading ends processes. */
static uint64_t behind(struct audit *audit, uint64_t position)
{
        unsigned near = position - audit->died_at <= NEAR ? audit->near_deaths + 1 : 0;
        unsigned doublings = near < DEATHS_SINGLE ? 0 : near - DEATHS_SINGLE + 1;
        uint64_t step = doublings < 64 ? UINT64_C(1) << doublings : UINT64_MAX;
        uint64_t next = position < UINT64_MAX - step ? position + step : UINT64_MAX;
        audit->near_deaths = near;
        audit->died_at = next - 1;
        return next;
}

/* What it passed over before, and would have told of at the next record: that it died behind them says that they were. */
static void note_untold(struct audit *audit)
{
        struct qf_audit_shared *shared = audit->shared;
        if (shared->untold == 0)
                return;
        note(audit, &(struct qf_audit_finding){.what = QF_AUDIT_UNREADABLE,
                                               .position = shared->untold,
                                               .through = shared->position - 1,
                                               .text = QF_AUDIT_NOT_FOUND});
        shared->reached = shared->position - 1;
        shared->untold = 0;
}

/* A worker was ended by a signal: says at what, and prepares the next. False: there is nothing more to be read. */
static bool go_on_behind(struct audit *audit, int number)
{
        const struct qf_audit_shared *shared = audit->shared;
        struct qf_audit_finding finding = {.what = QF_AUDIT_FILE};
        bool more = true;
        (void)snprintf(finding.text, sizeof finding.text, "reading it ends the process with signal %d",
                       number);
        switch (shared->stage) {
        case QF_AUDIT_ENDING:
                (void)snprintf(finding.text, sizeof finding.text,
                               "its last record cannot be found (signal %d)", number);
                more = !audit->job.endless;
                audit->job.endless = true;
                break;
        case QF_AUDIT_RECORDS:
                note_untold(audit);
                finding.what = QF_AUDIT_UNREADABLE;
                finding.position = shared->position;
                audit->job.from = behind(audit, shared->position);
                finding.through = audit->job.from - 1 < shared->last ? audit->job.from - 1 : shared->last;
                break;
        case QF_AUDIT_TABLES:
                finding.what = QF_AUDIT_TABLE;
                (void)snprintf(finding.table, sizeof finding.table, "%s", qf_journal_tables[shared->table]);
                audit->job.from = UINT64_MAX;
                audit->job.table = shared->table + 1;
                break;
        case QF_AUDIT_OPENING:
        case QF_AUDIT_DONE: more = false; break;
        }
        audit->job.judging = false;
        note(audit, &finding);
        return more;
}

static int run_workers(struct audit *audit)
{
        for (; audit->deaths < DEATHS_MAX; audit->deaths++) {
                int status = 0;
                int result = qf_directory_forget(audit->job.scratch, "");
                if (result == 0)
                        result = run_worker(audit, &status);
                if (result < 0)
                        return result;
                if (!WIFSIGNALED(status))
                        return -WEXITSTATUS(status);
                if (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM)
                        return -EINTR;
                if (!go_on_behind(audit, WTERMSIG(status))) {
                        audit->deaths++;
                        return 0;
                }
        }
        note(audit, &(struct qf_audit_finding){.what = QF_AUDIT_FILE,
                                               .text = "it ends too many processes to look at all of it"});
        return 0;
}

/* Whose numbers were in the damaged records: asked last, of a worker too. When it dies they have no names. */
static int find_sources(struct audit *audit)
{
        int status = 0;
        bool any = false;
        for (size_t i = 0; i < audit->told_count; i++)
                any = any || audit->told[i].position != 0;
        audit->job.wanted = audit->told;
        audit->job.wanted_count = audit->told_count;
        return any ? run_worker(audit, &status) : 0;
}

static int audit_in(const char *directory, const char *tables, const char *archive,
                    const struct qf_audit_calls *calls, struct qf_audit_report *ret_report)
{
        struct audit audit = {.calls = calls,
                              .shared = mmap(NULL, sizeof(struct qf_audit_shared), PROT_READ | PROT_WRITE,
                                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
        if (audit.shared == MAP_FAILED)
                return -errno;
        audit.job = (struct qf_audit_job){.directory = directory,
                                          .scratch = tables,
                                          .archive = archive,
                                          .shared = audit.shared,
                                          .from = 1,
                                          .judging = true,
                                          .hashes = calls->record != NULL,
                                          .table = QF_TABLE_JOURNAL};
        audit.told = calloc(QF_AUDIT_TOLD_MAX, sizeof *audit.told);
        int result = audit.told ? run_workers(&audit) : -ENOMEM;
        if (result == 0)
                result = find_sources(&audit);
        uint64_t last = audit.shared->last == UINT64_MAX ? audit.shared->reached : audit.shared->last;
        for (size_t i = 0; result == 0 && i < audit.told_count; i++) {
                struct qf_audit_finding *finding = &audit.told[i];
                if (finding->through > last) /* the end was not known when it was told */
                        finding->through = finding->position > last ? finding->position : last;
                calls->found(calls->ctx, finding);
        }
        *ret_report = (struct qf_audit_report){.first = audit.shared->first,
                                               .last = last,
                                               .records = audit.shared->records,
                                               .judged = audit.shared->judged,
                                               .findings = audit.findings + audit.shared->more,
                                               .deaths = audit.deaths};
        free(audit.told);
        (void)munmap(audit.shared, sizeof(struct qf_audit_shared));
        return result;
}

int qf_audit(const char *directory, const char *scratch, const char *archive,
             const struct qf_audit_calls *calls, struct qf_audit_report *ret_report)
{
        struct qf_audit_place place;
        *ret_report = (struct qf_audit_report){0};
        int result = qf_audit_place_take(scratch, &place);
        if (result < 0)
                return result;
        result = audit_in(directory, place.tables, archive, calls, ret_report);
        int removed = qf_audit_place_leave(&place);
        return result < 0 ? result : removed;
}
