/* Runs seeds of the simulated world and stops at the first that breaks an invariant.
 *
 *     simulate --seeds 1000              as many, from the first on
 *     simulate --seed 7 --story          one, and what happened in it, line by line
 *     simulate --seconds 20              as many as there is time for */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/text.h"
#include "simulation/town.h"
#include "simulation/world.h"
#include "store/heads.h"

struct options {
        uint64_t first, seeds, steps, seconds;
        bool story, probes;
};

static double now(void)
{
        struct timespec at;

        (void)clock_gettime(CLOCK_MONOTONIC, &at);
        return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* An assertion or a fault of memory in product code: which seed it was must be known. */
static void die(int number)
{
        char line[96];
        int len = snprintf(line, sizeof(line), "violation: seed %" PRIu64 ": signal %d\n", sim.seed, number);

        (void)fflush(stdout);
        (void)!write(STDOUT_FILENO, line, len > 0 ? (size_t)len : 0);
        _exit(1);
}

static bool read_number(const char *text, uint64_t *ret_number)
{
        return text && qf_text_number(qf_view_of(text), UINT64_MAX, ret_number);
}

static bool read_options(int argc, char **argv, struct options *options)
{
        for (int i = 1; i < argc; i++) {
                const struct {
                        const char *name;
                        uint64_t *number;
                } numbers[] = {{"--seed", &options->first},
                               {"--seeds", &options->seeds},
                               {"--steps", &options->steps},
                               {"--seconds", &options->seconds}};
                bool known = false;
                for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]) && !known; j++) {
                        known = strcmp(argv[i], numbers[j].name) == 0;
                        if (known && !read_number(argv[++i], numbers[j].number))
                                return false;
                }
                options->story |= strcmp(argv[i], "--story") == 0;
                options->probes |= strcmp(argv[i], "--probes") == 0;
                if (!known && strcmp(argv[i], "--story") != 0 && strcmp(argv[i], "--probes") != 0)
                        return false;
        }
        return true;
}

int main(int argc, char **argv)
{
        struct options options = {.first = 1, .seeds = 0, .steps = UINT64_MAX, .seconds = 0};
        uint64_t steps = 0, crashes = 0, commits = 0, messages = 0, seeds = 0;
        double began = now();
        bool held = true;

        qf_heads_changes_most = 5; /* so that they are written every now and then */
        if (!read_options(argc, argv, &options)) {
                (void)fputs(
                        "simulate [--seed N] [--seeds N] [--seconds N] [--steps N] [--story] [--probes]\n",
                        stderr);
                return 64;
        }
        (void)signal(SIGABRT, die);
        (void)signal(SIGSEGV, die);
        if (options.seeds == 0 && options.seconds == 0)
                options.seeds = 1;
        for (uint64_t seed = options.first; held; seed++) {
                if ((options.seeds && seeds >= options.seeds) ||
                    (options.seconds && now() - began > (double)options.seconds))
                        break;
                sim.tell = options.story;
                held = sim_town_run(seed, options.steps);
                seeds++;
                steps += sim.steps;
                crashes += sim.crashes;
                commits += sim.commits;
                messages += sim.messages;
        }
        double took = now() - began;
        if (!held)
                printf("violation: seed %" PRIu64 " at %.6f s, step %" PRIu64
                       ": %s\nagain, with its story: simulate --seed %" PRIu64 " --story\n",
                       sim.seed, (double)sim.now_ns / 1e9, sim.steps, sim_failure(), sim.seed);
        printf("%" PRIu64 " seeds, %" PRIu64 " steps, %" PRIu64 " messages, %" PRIu64 " commits, %" PRIu64
               " crashes in %.1f s: %.0f steps/s\n",
               seeds, steps, messages, commits, crashes, took, (double)steps / took);
        if (options.probes)
                sim_probes_print();
        return held ? 0 : 1;
}
