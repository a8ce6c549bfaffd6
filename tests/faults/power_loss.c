/* Every crash that the log of a feed allows, or many of them chosen by a seed: the
 * power fails after each step, and what was not synced is there or not. Each
 * state is opened by the daemons' own code and must keep what was promised.
 *
 *     power_loss LOG DIRECTORY OFFICE_KEY FOLDER STATES SEED
 *
 * LOG, of the installation in DIRECTORY, is the shim's (shim_record.c); states are
 * made in FOLDER. Ends with 1 and says the seeds of the states that broke a promise. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "faults/power_check.h"
#include "support/temporary.h"
#include "wire/keys.h"

enum { WHY = 256, SHOWN = 5, DEADLINE_S = 20, DIGESTS = 1 << 17, BROKEN = 1 };

struct trial {
        struct disk disk;
        struct disk_state state;
        struct promises promises;
        const char *folder;
        uint64_t seed, states, doubles, broken;
        uint64_t wanted; /* states after each step */
        uint64_t step;
        uint64_t *digests; /* of states already tried, by open addressing; 0: none */
        char *why;         /* shared with the process that checks */
};

static struct qf_view map_file(const char *path)
{
        struct stat about;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        QF_ASSERT(fd >= 0 && fstat(fd, &about) == 0 && about.st_size > 0 && about.st_size < INT32_MAX);
        void *at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        QF_ASSERT(at != MAP_FAILED);
        (void)close(fd);
        return (struct qf_view){at, (uint32_t)about.st_size};
}

static bool is_new(struct trial *trial, uint64_t digest)
{
        uint64_t at = digest % DIGESTS;
        digest |= 1;
        while (trial->digests[at] != 0 && trial->digests[at] != digest)
                at = (at + 1) % DIGESTS;
        if (trial->digests[at] == digest || trial->states >= DIGESTS / 2)
                return trial->digests[at] != digest;
        trial->digests[at] = digest;
        return true;
}

/* In a process of its own: what is damaged may take it down, or let it hang. */
static bool is_kept(struct trial *trial)
{
        int status = 0;
        (void)snprintf(trial->why, WHY, "the process that opened it died");
        (void)fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
                (void)alarm(DEADLINE_S);
                _exit(promises_kept(&trial->promises, trial->folder, trial->why, WHY) ? 0 : BROKEN);
        }
        QF_ASSERT(pid > 0 && waitpid(pid, &status, 0) == pid);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void try_crash(struct trial *trial, const struct crash *crash)
{
        uint64_t digest = disk_crash(&trial->disk, crash, &trial->state);
        if (!is_new(trial, digest ^ trial->promises.answered_until * UINT64_C(0x9e3779b97f4a7c15))) {
                trial->doubles++;
                return;
        }
        temporary_remove(trial->folder, 3);
        QF_ASSERT(mkdir(trial->folder, 0700) == 0);
        disk_store(&trial->state, trial->folder);
        trial->states++;
        if (is_kept(trial))
                return;
        if (trial->broken++ < SHOWN)
                printf("broken after step %" PRIu64 ", seed %" PRIu64 "%s%s%s: %s\n", trial->step,
                       crash->seed, crash->torn ? ", torn" : "", crash->nothing ? ", nothing" : "",
                       crash->everything ? ", everything" : "", trial->why);
}

/* Nothing of what is pending, everything, and what chance leaves, in pages and in sectors by turns. */
static void try_crashes(struct trial *trial)
{
        for (uint64_t i = 0; i < trial->wanted; i++) {
                uint64_t which = trial->wanted > 4 ? i : i + trial->step % 4;
                const struct crash crash = {.seed = (trial->seed << 32) + trial->step * 4096 + i,
                                            .nothing = which == 0,
                                            .everything = which == 1,
                                            .torn = which % 2 != 0};
                try_crash(trial, &crash);
        }
}

/* Collects the messages of the log, and counts the steps at which something can be lost. */
static uint64_t look_through(struct trial *trial, struct qf_view log)
{
        struct disk_log_record record;
        uint64_t steps = 0;
        for (size_t offset = 0; disk_log_next(log, &offset, &record);) {
                promises_collect(&trial->promises, &record);
                steps += disk_concerns(&trial->disk, &record);
        }
        return steps;
}

static void go_through(struct trial *trial, struct qf_view log)
{
        struct disk_log_record record;
        for (size_t offset = 0; disk_log_next(log, &offset, &record);) {
                promises_make(&trial->promises, &record);
                if (disk_concerns(&trial->disk, &record)) {
                        disk_begin(&trial->disk, &record);
                        trial->step++;
                        try_crashes(trial);
                        disk_end(&trial->disk, &record);
                }
        }
}

static bool parse(int argc, char **argv, struct trial *trial, uint64_t *ret_states)
{
        uint8_t *key = trial->promises.office_key;
        if (argc != 7 || qf_key_read_public(argv[3], key) != 0)
                return false;
        trial->disk.root = argv[2];
        trial->folder = argv[4];
        return qf_text_number(qf_view_of(argv[5]), DIGESTS / 2, ret_states) &&
               qf_text_number(qf_view_of(argv[6]), UINT32_MAX, &trial->seed);
}

int main(int argc, char **argv)
{
        static struct trial trial;
        struct timespec begun, ended;
        uint64_t states = 0;
        if (!parse(argc, argv, &trial, &states)) {
                (void)fprintf(stderr, "usage: power_loss LOG DIRECTORY OFFICE_KEY FOLDER STATES SEED\n");
                return 64;
        }
        struct qf_view log = map_file(argv[1]);
        trial.digests = calloc(DIGESTS, sizeof *trial.digests);
        trial.why = mmap(NULL, WHY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (!trial.digests || trial.why == MAP_FAILED)
                return 1;
        (void)clock_gettime(CLOCK_REALTIME, &begun);
        trial.promises.now_ms = begun.tv_sec * 1000;
        uint64_t steps = look_through(&trial, log);
        trial.wanted = states / (steps ? steps : 1) + 1;
        go_through(&trial, log);
        (void)clock_gettime(CLOCK_REALTIME, &ended);
        double took = (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
        printf("%" PRIu64 " steps, %u messages: %" PRIu64 " states tried (and %" PRIu64
               " twice), %.0f a second, %" PRIu64 " kept every promise\n",
               steps, trial.promises.asked_count, trial.states, trial.doubles, (double)trial.states / took,
               trial.states - trial.broken);
        temporary_remove(trial.folder, 3);
        return trial.broken == 0 ? 0 : 1;
}
