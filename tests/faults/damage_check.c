/* Files damaged in five ways, one bit, a zeroed page, a file cut short, two pages
 * swapped, a page of an earlier time, each many times over, in the counts and in
 * the journal; opened by the daemons' own libraries as the daemons open them, each
 * in a process that may die of it. What must hold:
 *
 *   counts   whatever was damaged, the totals and the rows that come out are those of the journal, at once and
 *            after more was counted; or the process died, and the one after it makes them anew
 *   journal  nothing is acknowledged, known or new, that is not as an undamaged journal acknowledges it;
 *            and when any live row differs from what was written, the audit says so
 *
 * damage_check --rounds N [--seed S] [--target counts|journal] [--kind K]; exit code 1 when something was wrong.
 * A failure names seed and round: --seed S --rounds 1 does exactly that one again. */
#include "support/ingest_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "aggregate/counting.h"
#include "base/crash_note.h"
#include "faults/damage_file.h"
#include "ingest/audit.h"
#include "qf/operator/recount.h"

enum { WAIT_S = 20, GROUPS = 40 };

enum result {
        FINE = 0,    /* as if nothing had happened */
        MENDED = 1,  /* made anew, or refused and said */
        WRONG = 2,   /* a wrong number, a wrong verdict, damage that was not reported */
        DIED = 3,    /* by a signal; or took too long */
        STOPPED = 4, /* an error that is not of damage: fail-stop */
};

static const char *const result_names[] = {"fine", "mended", "WRONG", "died", "stopped"};

/* Why something is wrong, for who looks at one round. */
static enum result wrong(const char *why)
{
        fprintf(stderr, "%s\n", why);
        return WRONG;
}

/* --- a process that may die ---------------------------------------------------- */

struct trial {
        struct ingest_fixture *fixture;
        char directory[128];             /* of the damaged copy */
        const struct qf_buffer *records; /* the whole journal, each behind its length */
        uint64_t position;               /* that the copy was made at */
        bool distrusted;                 /* the process before died in it */
        struct qf_crash_note *note;
        bool reported; /* by the audit */
};

static enum result in_process(enum result (*run)(struct trial *trial), struct trial *trial, int *ret_signal)
{
        int status = 0;
        (void)fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                const struct rlimit no_core = {0, 0};
                int null = open("/dev/null", O_WRONLY);
                (void)setrlimit(RLIMIT_CORE, &no_core);
                if (!getenv("DAMAGE_CHECK_LOUD"))
                        (void)dup2(null, 2); /* LMDB's assertions */
                (void)alarm(WAIT_S);
                _exit((int)run(trial));
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
                abort();
        *ret_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        return WIFSIGNALED(status) ? DIED : (enum result)WEXITSTATUS(status);
}

/* --- counts -------------------------------------------------------------------- */

static struct qf_view record_at(const struct qf_buffer *records, size_t *at)
{
        struct qf_view record = {(const char *)records->at + *at + 4, qf_get_le32(records->at + *at)};
        *at += 4 + (size_t)record.len;
        return record;
}

enum counts { COUNTS_RIGHT, COUNTS_UNREADABLE, COUNTS_WRONG };

/* A recount in memory, up to where the counts stand. */
static bool recount(struct qf_recount *recount, const struct qf_counting *counting,
                    const struct qf_buffer *records)
{
        struct qf_record_head head;
        struct qf_sha256 *sha = NULL;
        bool right = qf_sha256_new(&sha) == 0 && qf_recount_init(recount) == 0;
        for (size_t at = 0; right && recount->position < counting->committed;) {
                struct qf_view record = record_at(records, &at);
                right = qf_record_open(record, sha, &head) == 0 &&
                        qf_recount_take(recount, &head, record) == 0;
        }
        (void)qf_sha256_free(sha);
        return right;
}

static enum counts look_at_cells(const struct qf_counting *counting, const struct qf_buffer *records)
{
        struct qf_recount made;
        struct qf_difference first;
        bool right = recount(&made, counting, records) &&
                     !qf_recount_compare(&made, counting->picture, counting->apply.programme, &first);
        qf_recount_deinit(&made);
        return right ? COUNTS_RIGHT : COUNTS_WRONG;
}

/* Cell by cell and row by row. */
static enum counts look_at_counts(struct qf_counting *counting, const struct qf_buffer *records)
{
        struct qf_recount made;
        struct qf_view key = {"", 0}, value;
        struct qf_txn *txn = NULL;
        size_t rows = 0;
        bool right = look_at_cells(counting, records) == COUNTS_RIGHT && recount(&made, counting, records);
        if (!right)
                return COUNTS_WRONG;
        qf_records_rest(counting->records);
        right = qf_txn_begin(counting->environment, false, &txn) == 0;
        int result = right ? qf_txn_seek(txn, QF_COUNTS_REC, key, false, &key, &value) : -EIO;
        for (; result == 0; rows++) {
                struct qf_standing_slot *slot =
                        qf_standings_find(made.standings, qf_get_be32((const uint8_t *)key.at),
                                          (struct qf_view){key.at + 4, key.len - 4});
                right = right && slot && qf_view_same(qf_standing_slot_value(slot), value);
                result = qf_txn_seek(txn, QF_COUNTS_REC, key, true, &key, &value);
        }
        qf_txn_abort(&txn);
        const bool whole = result == QF_STORE_NONE;
        right = right && (!whole || rows == qf_standings_count(made.standings));
        qf_recount_deinit(&made);
        return !right ? COUNTS_WRONG : whole ? COUNTS_RIGHT : COUNTS_UNREADABLE;
}

/* As the daemon opens them: cells at once, standings a few at a time, and what is not as it was written is made anew. */
static int open_counts(const struct qf_counting_options *options, const struct qf_buffer *records,
                       struct qf_counting **ret_counting)
{
        struct qf_counting_options how = *options;
        how.check_rows = 5;
        int result = qf_counting_open(&how, ret_counting);
        if (result == 0 && !(*ret_counting)->checked && look_at_cells(*ret_counting, records) != COUNTS_RIGHT)
                return -EPROTO;
        while (result == 0 && !qf_counting_checked(*ret_counting))
                result = qf_counting_check_on(*ret_counting);
        if (result != QF_STORE_DAMAGED)
                return result;
        (void)qf_counting_close(*ret_counting);
        how.distrusted = true;
        return qf_counting_open(&how, ret_counting);
}

static int apply_upto(struct qf_counting *counting, const struct qf_buffer *records, uint64_t position)
{
        struct qf_record_head head;
        struct qf_sha256 *sha = NULL;
        int result = qf_sha256_new(&sha);
        for (size_t at = 0; result == 0 && at < records->len;) {
                struct qf_view record = record_at(records, &at);
                if (qf_record_open(record, sha, &head) != 0)
                        abort();
                if (head.position > position)
                        break;
                if (head.position > counting->meta.position)
                        result = qf_counting_apply(counting, &head, record);
        }
        (void)qf_sha256_free(sha);
        return result == 0 ? qf_counting_commit(counting, NULL, NULL) : result;
}

/* The daemon's next start notices what cannot be read: a damaged list of free pages had rows overwritten. */
static enum result start_again(struct trial *trial, const struct qf_counting_options *options,
                               uint64_t position)
{
        struct qf_counting *counting = NULL;
        if (qf_counting_open(options, &counting) != 0)
                return STOPPED;
        if (!counting->made_anew)
                return wrong("counts that cannot be read were opened again");
        if (apply_upto(counting, trial->records, position) != 0)
                return STOPPED;
        if (look_at_counts(counting, trial->records) != COUNTS_RIGHT)
                return wrong("counts that were made anew");
        (void)qf_counting_close(counting);
        return MENDED;
}

/* Counts on from what was opened; damage that is met later is answered as the daemon does. */
static enum result count_on(struct trial *trial, const struct qf_counting_options *options,
                            struct qf_counting *counting, uint64_t position)
{
        int result = apply_upto(counting, trial->records, position);
        enum result mended = counting->made_anew ? MENDED : FINE;
        if (result == QF_STORE_DAMAGED) {
                (void)qf_counting_close(counting);
                struct qf_counting_options anew = *options;
                anew.distrusted = true;
                if (qf_counting_open(&anew, &counting) != 0)
                        return STOPPED;
                result = apply_upto(counting, trial->records, position);
                mended = MENDED;
        }
        if (result != 0)
                return STOPPED;
        const enum counts counts = look_at_counts(counting, trial->records);
        if (counts == COUNTS_WRONG)
                return wrong("counts that were counted on");
        (void)qf_counting_close(counting);
        return counts == COUNTS_RIGHT ? mended : start_again(trial, options, position);
}

static enum result run_counts(struct trial *trial)
{
        char note[160];
        uint32_t crashed = 0;
        struct qf_counting *counting = NULL;
        struct qf_counting_options options = {.directory = trial->directory, .map_bytes = 4 << 20};
        (void)snprintf(note, sizeof note, "%s.reading", trial->directory);
        if (qf_crash_note_open(note, 0, &trial->note, &crashed) != 0 ||
            qf_crash_note_watch(trial->note, 1, 1) != 0)
                return STOPPED;
        options.distrusted = crashed != 0;
        options.inside = qf_crash_note_doing(trial->note);
        int result = open_counts(&options, trial->records, &counting);
        if (result != 0)
                return result == -EPROTO ? wrong("cells before the standings were checked") : STOPPED;
        options.distrusted = false;
        enum result first = FINE;
        if (!counting->made_anew) {
                if (counting->committed > trial->position ||
                    look_at_counts(counting, trial->records) != COUNTS_RIGHT)
                        return wrong("counts as they were opened");
        }
        first = count_on(trial, &options, counting, trial->position);
        if (first == WRONG || first == STOPPED)
                return first;
        /* And again: opened, counted on to the journal's end, where every key is said something new of. */
        result = open_counts(&options, trial->records, &counting);
        if (result != 0)
                return result == -EPROTO ? wrong("cells of the second opening") : STOPPED;
        enum result second = count_on(trial, &options, counting, UINT64_MAX);
        return second > first ? second : first;
}

static enum result check_counts(struct trial *trial, int *ret_signal)
{
        enum result result = in_process(run_counts, trial, ret_signal);
        if (result != DIED || *ret_signal == SIGALRM)
                return result;
        for (int again = 0; result == DIED && again < 2; again++) /* what qf up or systemd does */
                result = in_process(run_counts, trial, ret_signal);
        return result == FINE ? MENDED : result;
}

/* --- the journal ------------------------------------------------------------------ */

static const struct qf_environment_options reading = {QF_JOURNAL_OPTIONS, .map_bytes = 64 << 20,
                                                      .read_only = true, .beside = true};

static bool is_live_row_changed(const char *directory, struct qf_txn *pristine)
{
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        bool changed = false;
        if (qf_environment_open(directory, &reading, &environment) != 0 ||
            qf_txn_begin(environment, false, &txn) != 0)
                return true;
        for (unsigned table = QF_TABLE_JOURNAL; !changed && table <= QF_TABLE_META; table++) {
                struct qf_view key = {"", 0}, value, other = {"", 0}, other_value;
                int result = 0;
                for (bool after = false; result == 0 && !changed; after = true) {
                        result = qf_txn_seek(pristine, table, key, after, &key, &value);
                        int r = qf_txn_seek(txn, table, other, after, &other, &other_value);
                        changed =
                                r != result ||
                                (r == 0 && (!qf_view_same(key, other) || !qf_view_same(value, other_value)));
                }
        }
        return changed;
}

static void note_finding(void *ctx, const struct qf_audit_finding *finding)
{
        struct trial *trial = ctx;
        (void)finding;
        trial->reported = true;
}

static char pristine_directory[128];

/* FINE: nothing that is live differs. MENDED: something does. Dies with what LMDB dies of. */
static enum result run_comparison(struct trial *trial)
{
        struct qf_environment *environment = NULL;
        struct qf_txn *txn = NULL;
        if (qf_environment_open(pristine_directory, &reading, &environment) != 0 ||
            qf_txn_begin(environment, false, &txn) != 0)
                abort();
        return is_live_row_changed(trial->directory, txn) ? MENDED : FINE;
}

static enum result run_audit(struct trial *trial)
{
        char scratch[160];
        struct qf_audit_report report;
        const struct qf_audit_calls calls = {.ctx = trial, .found = note_finding};
        (void)snprintf(scratch, sizeof scratch, "%s.audit", trial->directory);
        int result = qf_audit(trial->directory, scratch, "", &calls, &report);
        if (result != 0) {
                printf("audit gave up: %s\n", strerror(-result));
                (void)fflush(stdout);
                return STOPPED;
        }
        /* A damaged first page may lead to the commit before: a whole journal that went back, which partners and
         * aggregation notice and no audit can. */
        return trial->reported || report.last < trial->position ? MENDED : FINE;
}

/* Verdicts as the undamaged journal gives them, or BUSY; anything else is wrong. */
static bool answers_well(struct ingest_fixture *fixture, const struct qf_from_partner *send, uint32_t known,
                         bool *busy)
{
        int r = try_to_say(fixture, "hx.a", send);
        fixture->heard_count = 0;
        qf_arena_reset(fixture->arena);
        if (r == 0)
                r = qf_ingest_turn(fixture->ingest, fixture->now_ms);
        if (r != 0) {
                fprintf(stderr, "ingest stopped: %s\n", strerror(-r));
                _exit(STOPPED);
        }
        if (fixture->heard_count != 1)
                return false;
        const struct qf_to_partner *answer = &fixture->heard[0].message;
        if (answer->what == QF_REFUSED && answer->why == QF_REFUSED_BUSY) {
                *busy = true;
                return true;
        }
        if (answer->what != QF_VERDICTS || answer->first != send->first || answer->count != send->count ||
            answer->known != known)
                return false;
        for (uint32_t at = 0; at < answer->count; at++) { /* creates_of: every tenth is somebody else's */
                struct qf_verdict verdict = verdict_at(answer, at);
                bool others = (send->first + at) % 10 == 0;
                if (verdict.class != (others ? QF_REJECTED : QF_ACCEPTED))
                        return false;
        }
        return true;
}

static enum result run_journal(struct trial *trial)
{
        struct ingest_fixture *fixture = trial->fixture;
        const struct qf_ingest_edges edges = {fixture,        fixture_hear,    fixture_alarm,
                                              fixture_random, fixture_judging, fixture_is_shut};
        bool busy = false;
        fixture->options.directory = trial->directory;
        fixture->ingest = NULL; /* the parent's */
        int result = qf_ingest_open(&fixture->options, &edges, fixture->now_ms, &fixture->ingest);
        if (result != 0)
                return MENDED; /* it is refused, and nothing is taken */
        if (qf_group_committed(qf_ingest_group(fixture->ingest))->last != trial->position)
                return MENDED; /* an earlier state, whole: outboxes and aggregation tell of it (PROTOCOL.md 2.4, 4.3) */
        for (unsigned time = 0; time < 4;
             time++) { /* known ones again: free pages are used that may be none */
                uint8_t outbox = time % 2 + 1;
                struct qf_from_partner send = {0};
                for (uint64_t first = 1; first <= GROUPS * 5; first += 25) {
                        send = creates_of(fixture, outbox, first, 25);
                        if (!answers_well(fixture, &send, 25, &busy))
                                return wrong("known numbers");
                }
                send = creates_of(fixture, outbox, GROUPS * 5 + 1 + 20 * (time / 2), 20);
                if ((time < 2 || !busy) && !answers_well(fixture, &send, 0, &busy))
                        return wrong("new numbers");
        }
        return busy ? MENDED : FINE;
}

static enum result check_journal(struct trial *trial, const struct damage_file *damaged, int *ret_signal)
{
        int ignored = 0;
        enum result compared = in_process(run_comparison, trial, &ignored);
        enum result audited = in_process(run_audit, trial, ret_signal);
        if (audited == DIED || audited == STOPPED)
                return audited;
        if (compared != FINE && audited == FINE)
                return wrong("live damage that the audit did not report");
        damage_write(trial->directory, damaged->at, damaged->len);
        enum result result = in_process(run_journal, trial, ret_signal);
        return result == DIED && *ret_signal != SIGALRM ? MENDED
                                                        : result; /* the next start says it: test_damage.py */
}

/* --- what is damaged ---------------------------------------------------------------- */

/* Batches of two outboxes, ticks, corrections, withdrawals; cut into many commits. */
static void feed_group(struct ingest_fixture *fixture, uint32_t group)
{
        char key[32];
        for (uint8_t outbox = 1; outbox <= 2; outbox++) {
                struct qf_from_partner send = creates_of(fixture, outbox, 1 + (uint64_t)group * 5, 5);
                say(fixture, "hx.a", &send);
        }
        struct qf_from_partner send = send_of(3, 1 + (uint64_t)group * 3);
        (void)snprintf(key, sizeof key, "Q-%05u", group);
        put_activity(fixture, QF_CREATE, key, 0, group, "QP");
        put_tick(fixture, key, 1 + group % 7);
        (void)snprintf(key, sizeof key, "Q-%05u", group / 2);
        put_activity(fixture, group % 5 == 4 ? QF_WITHDRAW : QF_REPLACE, key, 0, group + 50, "QP");
        end_body(fixture, &send);
        say(fixture, "qp.a", &send);
        turn(fixture);
}

/* Something new of every key: whatever was damaged is met. */
static void feed_again(struct ingest_fixture *fixture)
{
        char key[32];
        for (uint32_t from = 0; from < GROUPS; from += 10) {
                struct qf_from_partner send = send_of(3, 1 + (uint64_t)(GROUPS + from) * 3);
                for (uint32_t group = from; group < from + 10; group++) {
                        (void)snprintf(key, sizeof key, "Q-%05u", group);
                        put_activity(fixture, QF_REPLACE, key, 0, 900 + group % 90, "QP");
                        put_tick(fixture, key, 2);
                        (void)snprintf(key, sizeof key, "waits-%05u", group);
                        put_tick(fixture, key, 1);
                }
                end_body(fixture, &send);
                say(fixture, "qp.a", &send);
                send = send_of(4, 1 + (uint64_t)from * 10);
                for (uint32_t number = from * 5 + 1; number <= (from + 10) * 5; number++) {
                        for (unsigned outbox = 1; outbox <= 2; outbox++) {
                                (void)snprintf(key, sizeof key, "A%u-%05u", outbox, number);
                                put_activity(fixture, QF_REPLACE, key, 0, 300 + number % 100, "HX");
                        }
                }
                end_body(fixture, &send);
                say(fixture, "hx.a", &send);
                turn(fixture);
        }
}

static void copy_records(struct ingest_fixture *fixture, struct qf_buffer *records)
{
        records->len = 0;
        if (qf_group_copy_records(qf_ingest_group(fixture->ingest), 1, SIZE_MAX, records) != 0)
                abort();
}

static void count_all(const char *directory, const struct qf_buffer *records, struct damage_file *ret_before,
                      struct damage_file *ret_now, uint64_t last)
{
        struct qf_counting_options options = {.directory = directory, .map_bytes = 4 << 20};
        struct qf_counting *counting = NULL;
        for (uint64_t position = 1; position <= last; position++) {
                if ((!counting && qf_counting_open(&options, &counting) != 0) ||
                    apply_upto(counting, records, position) != 0)
                        abort();
                if (position != last * 3 / 4)
                        continue;
                counting = qf_counting_close(counting);
                *ret_before = damage_read(directory);
        }
        (void)qf_counting_close(counting);
        *ret_now = damage_read(directory);
}

struct files {
        struct damage_file before, now;
};

static bool run_rounds(struct trial *trial, const struct files *files, bool counts, unsigned kind,
                       uint64_t seed, uint64_t rounds)
{
        uint64_t tally[5] = {0};
        bool good = true;
        for (uint64_t round = 0; round < rounds; round++) {
                uint64_t at = seed + round, drawn = at;
                int signal_number = 0;
                char note[160];
                struct damage_file damaged = damage_make(&files->now, &files->before, kind, &drawn);
                (void)snprintf(note, sizeof note, "%s.reading", trial->directory);
                (void)unlink(note);
                damage_write(trial->directory, damaged.at, damaged.len);
                enum result result = counts ? check_counts(trial, &signal_number)
                                            : check_journal(trial, &damaged, &signal_number);
                free(damaged.at);
                tally[result]++;
                if (result == FINE || result == MENDED)
                        continue;
                good = good && result == STOPPED;
                printf("%s: damage_check --target %s --kind %s --seed %" PRIu64 " --rounds 1 (signal %d)\n",
                       result_names[result], counts ? "counts" : "journal", damage_kinds[kind], at,
                       signal_number);
        }
        printf("%-7s %-9s", counts ? "counts" : "journal", damage_kinds[kind]);
        for (int i = 0; i < 5; i++)
                printf("  %s %" PRIu64, result_names[i], tally[i]);
        putchar('\n');
        return good;
}

struct options {
        uint64_t rounds, seed;
        const char *target, *kind;
};

static struct options read_options(int argc, char **argv)
{
        struct options options = {.rounds = 40, .seed = 1};
        for (int i = 1; i + 1 < argc; i += 2) {
                if (strcmp(argv[i], "--target") == 0)
                        options.target = argv[i + 1];
                else if (strcmp(argv[i], "--kind") == 0)
                        options.kind = argv[i + 1];
                else if (!qf_text_number(qf_view_of(argv[i + 1]), UINT64_MAX,
                                         strcmp(argv[i], "--rounds") == 0 ? &options.rounds : &options.seed))
                        abort();
        }
        return options;
}

/* The journal as it was earlier and is now, its counts likewise, and what comes behind it. */
static void prepare(struct ingest_fixture *fixture, struct trial *trial, struct qf_buffer *records,
                    struct files *ret_journal, struct files *ret_counts)
{
        char directory[128];
        load_programme(fixture);
        for (uint32_t group = 0; group < GROUPS; group++) {
                feed_group(fixture, group);
                if (group == GROUPS * 3 / 4)
                        ret_journal->before = damage_read(fixture->directory);
        }
        trial->position = qf_group_committed(qf_ingest_group(fixture->ingest))->last;
        ret_journal->now = damage_read(fixture->directory);
        (void)temporary_in(&fixture->temporary, "pristine", pristine_directory, sizeof pristine_directory);
        damage_write(pristine_directory, ret_journal->now.at, ret_journal->now.len);
        copy_records(fixture, records);
        (void)temporary_in(&fixture->temporary, "counts", directory, sizeof directory);
        count_all(directory, records, &ret_counts->before, &ret_counts->now, trial->position);
        feed_again(fixture);
        copy_records(fixture, records);
        (void)temporary_in(&fixture->temporary, "damaged", trial->directory, sizeof trial->directory);
        printf("journal %zu pages, counts %zu pages, %" PRIu64 " records\n",
               ret_journal->now.len / DAMAGE_PAGE, ret_counts->now.len / DAMAGE_PAGE, trial->position);
}

static void free_files(struct files *files)
{
        free(files->before.at);
        free(files->now.at);
}

int main(int argc, char **argv)
{
        const struct options options = read_options(argc, argv);
        qf_heads_changes_most = 16; /* so that they are written before there are more */
        struct ingest_fixture *fixture = fixture_make();
        struct qf_buffer records = {0};
        struct files journal, counts;
        struct trial trial = {.fixture = fixture, .records = &records};
        bool good = true;
        prepare(fixture, &trial, &records, &journal, &counts);
        for (unsigned kind = 0; kind < DAMAGE_KINDS; kind++) {
                if (options.kind && strcmp(options.kind, damage_kinds[kind]) != 0)
                        continue;
                if (!options.target || strcmp(options.target, "counts") == 0)
                        good = run_rounds(&trial, &counts, true, kind, options.seed, options.rounds) && good;
                if (!options.target || strcmp(options.target, "journal") == 0)
                        good = run_rounds(&trial, &journal, false, kind, options.seed, options.rounds) &&
                               good;
        }
        free_files(&journal);
        free_files(&counts);
        qf_buffer_deinit(&records);
        fixture_remove(fixture);
        return good ? 0 : 1;
}
