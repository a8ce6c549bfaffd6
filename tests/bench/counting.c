/* Counting alone: the workloads of the pipeline as records in memory, applied and
 * committed by aggregation's own code. No sockets, one thread, CPU time: what a
 * rebuild costs, and where to look when the pipeline is slow.
 *
 *         counting DIRECTORY S|C|R|T THOUSANDS EVENTS_PER_RECORD RECORDS_PER_COMMIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aggregate/counting.h"
#include "bench/load_events.h"
#include "support/journal.h"

enum { BATCH = 500 };

static double cpu_seconds(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void add_programme(struct journal *journal, const struct load_shape *shape)
{
        struct qf_register counter = {
                .code = QF_VIEW("sign_in"), .feeds = QF_VIEW("attendances"), .cap = 100000};
        unsigned member = 1;

        journal_begin(journal);
        for (unsigned i = 0; i < shape->dimensions; i++) {
                struct qf_register dimension = {.code = shape->dimension[i]};
                journal_register(journal, QF_KIND_DIMENSION, &dimension);
                for (; member <= shape->last[i]; member++) {
                        struct qf_register of = {.code = shape->member[member],
                                                 .dimension = shape->dimension[i]};
                        journal_register(journal, QF_KIND_MEMBER, &of);
                }
        }
        journal_register(journal, QF_KIND_COUNTER, &counter);
        journal_add_batch(journal, 0, 0, NULL, 0);
        journal_end(journal);
}

static void add_events(struct journal *journal, const struct load_shape *shape, enum load_workload workload,
                       uint64_t count, unsigned per_record)
{
        for (uint64_t at = 0; at < count;) {
                uint64_t end = at + per_record < count ? at + per_record : count;
                journal_begin(journal);
                while (at < end) {
                        uint64_t batch_end = at + BATCH < end ? at + BATCH : end;
                        for (; at < batch_end; at++)
                                JOURNAL_MUST(load_add(journal->body, shape, workload, at));
                        journal_add_batch(journal, 1, 0, NULL, 0);
                }
                journal_end(journal);
        }
}

static double written_mb(void)
{
        unsigned long long bytes = 0;
        char line[128];
        FILE *file = fopen("/proc/self/io", "r");

        while (file && fgets(line, sizeof line, file))
                (void)sscanf(line, "write_bytes: %llu", &bytes);
        if (file)
                (void)fclose(file);
        return (double)bytes / 1e6;
}

static int ignore_row(void *ctx, uint32_t partner, struct qf_view key, uint32_t row, struct qf_view packed)
{
        (void)ctx;
        (void)key;
        (void)partner;
        (void)row;
        (void)packed;
        return 0;
}

static void count(struct qf_counting *counting, const struct journal *journal, unsigned per_commit,
                  double *ret_apply, double *ret_commit)
{
        for (uint64_t at = counting->meta.position; at < journal->last;) {
                double began = cpu_seconds();
                for (unsigned i = 0; i < per_commit && at < journal->last; i++, at++)
                        JOURNAL_MUST(qf_counting_apply(counting, &journal->head[at], journal->record[at]));
                double applied = cpu_seconds();
                JOURNAL_MUST(qf_counting_commit(counting, ignore_row, NULL));
                *ret_apply += applied - began;
                *ret_commit += cpu_seconds() - applied;
        }
}

/* By its letter, as tests/bench/pipeline has them. */
static enum load_workload workload_of(char letter)
{
        switch (letter) {
        case 'C': return LOAD_CORRECTED;
        case 'R': return LOAD_RANDOM;
        case 'T': return LOAD_TICKS;
        default: return LOAD_STATEMENTS;
        }
}

int main(int argc, char **argv)
{
        static struct journal journal;
        struct load_shape *shape = load_shape_new();
        struct qf_counting_options options = {.directory = argc > 1 ? argv[1] : ""};
        struct qf_counting *counting = NULL;
        double apply = 0, commit = 0;

        if (argc != 6 || !shape) {
                fprintf(stderr,
                        "usage: counting DIRECTORY S|C|R|T THOUSANDS EVENTS_PER_RECORD RECORDS_PER_COMMIT\n");
                return 64;
        }
        const enum load_workload workload = workload_of(*argv[2]);
        uint64_t events = strtoull(argv[3], NULL, 10) * 1000;
        unsigned per_record = (unsigned)strtoul(argv[4], NULL, 10);
        unsigned per_commit = (unsigned)strtoul(argv[5], NULL, 10);
        journal_new(&journal);
        add_programme(&journal, shape);
        JOURNAL_MUST(qf_counting_open(&options, &counting));
        if (workload == LOAD_TICKS)
                add_events(&journal, shape, LOAD_STAGE, LOAD_TICKED, 2500);
        count(counting, &journal, 8, &apply, &commit);
        apply = commit = 0;
        double written = written_mb();
        add_events(&journal, shape, workload, events, per_record);
        count(counting, &journal, per_commit, &apply, &commit);
        printf("{\"bench\":\"counting\",\"workload\":\"%s\",\"events\":%llu,\"events_per_commit\":%u,\"apply_ns\":%.0f,"
               "\"commit_ns\":%.0f,\"written_kb_per_commit\":%.0f}\n",
               argv[2], (unsigned long long)events, per_record * per_commit, apply * 1e9 / (double)events,
               commit * 1e9 / (double)events,
               (written_mb() - written) * 1e3 / ((double)events / per_record / per_commit));
        qf_counting_close(counting);
        journal_free(&journal);
        free(shape);
        return 0;
}
