/* Why: an audit of a year takes minutes; whoever waits wants to know whether to fetch tea. One look for all commands: the
 * bar, the share, the rate over all of the time, and what is left at that rate. No signs whose width is not certain. */
#include "qf/cli/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/ratio.h"
#include "qf/cli/text_table.h"

enum { EVERY_MS = 200, QUIET_MS = 500, COLUMNS = 80, PART_BYTES = 160 };

/* --- the line ------------------------------------------------------------------ */

/* How much is said, the most first; what fits is taken. On 40 columns what is left is worth more than the records. */
static const struct form {
        unsigned cells; /* of the bar; 0: the share alone */
        bool numbers, rate, left;
} forms[] = {
        {24, true, true, true},   {12, true, true, true},  {12, true, false, true},
        {12, false, false, true}, {0, false, false, true}, {0, false, false, false},
};

/* What this run does: an archive that was nearly there at the start does not begin with 99 %. */
static char *bar(const struct qf_progress_figures *figures, unsigned cells, char ret_text[PART_BYTES])
{
        const uint64_t done = figures->done < figures->all ? figures->done : figures->all;
        const unsigned share = done > figures->from ? (unsigned)((double)(done - figures->from) * 100 /
                                                                 (double)(figures->all - figures->from))
                                                    : (done == figures->all) * 100u;
        char drawn[32] = " [";

        for (unsigned i = 0; i < cells; i++)
                drawn[2 + i] = i < share * cells / 100 ? '#' : '-';
        drawn[2 + cells] = ']';
        (void)snprintf(ret_text, PART_BYTES, "%s %3u%%", cells > 0 ? drawn : "", share);
        return ret_text;
}

static char *left(const struct qf_progress_figures *figures, double rate, char ret_text[PART_BYTES])
{
        /* Nobody waits for 0 seconds. */
        const double exact = (double)(figures->all - figures->done) / rate + 0.5,
                     seconds = exact < 1 ? 1 : exact;

        if (seconds < 100)
                (void)snprintf(ret_text, PART_BYTES, figures->chinese ? "，还要 %d 秒" : ", %d s left",
                               (int)seconds);
        else if (seconds < 100 * 60.0)
                (void)snprintf(ret_text, PART_BYTES, figures->chinese ? "，还要 %d 分钟" : ", %d min left",
                               (int)(seconds / 60));
        else
                (void)snprintf(ret_text, PART_BYTES, figures->chinese ? "，还要 %.1f 小时" : ", %.1f h left",
                               seconds / 3600);
        return ret_text;
}

char *qf_progress_text(const struct qf_progress_figures *figures, char ret_text[QF_PROGRESS_BYTES])
{
        char share[PART_BYTES] = "", numbers[PART_BYTES], speed[PART_BYTES] = "", time[PART_BYTES] = "";
        char done[32], all[32];
        const uint64_t made = figures->done > figures->from ? figures->done - figures->from : 0;
        const double rate = figures->elapsed_ms > 0 ? (double)made * 1000 / (double)figures->elapsed_ms : 0;

        (void)qf_ratio_grouped((int64_t)figures->done, done, sizeof done);
        (void)qf_ratio_grouped((int64_t)figures->all, all, sizeof all);
        (void)snprintf(numbers, sizeof numbers, " %s%s%s %s", done, figures->all ? "/" : "",
                       figures->all ? all : "", figures->unit);
        if (rate >= 0.5) {
                (void)qf_ratio_grouped((int64_t)(rate + 0.5), done, sizeof done);
                (void)snprintf(speed, sizeof speed, figures->chinese ? "，每秒 %s" : ", %s/s", done);
                if (figures->all > figures->done)
                        left(figures, rate, time);
        }
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
                const struct form *form = &forms[i];
                (void)snprintf(ret_text, QF_PROGRESS_BYTES, "%s%s%s%s%s", figures->doing,
                               figures->all > 0 ? bar(figures, form->cells, share) : "",
                               form->numbers ? numbers : "", form->rate ? speed : "", form->left ? time : "");
                if (qf_text_columns(qf_view_of(ret_text)) <= figures->columns)
                        return ret_text;
        }
        ret_text[0] = '\0';
        return ret_text;
}

/* --- on the terminal ------------------------------------------------------------- */

static uint32_t columns_of_terminal(void)
{
        struct winsize size;

        return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u
                                                                               : (uint32_t)COLUMNS - 1;
}

static bool takes_sequences(void)
{
        const char *terminal = getenv("TERM");

        return isatty(STDERR_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

static const char clear[] = "\r\033[K";

/* The signal comes again when this returns, and ends qf: it was set for one time. */
static void clear_and_end(int number)
{
        (void)!write(STDERR_FILENO, clear, sizeof clear - 1);
        (void)raise(number);
}

/* Of a script's "qf … &" the shell has SIGINT ignored, and it stays so. */
static bool ends_at_interrupt(void)
{
        struct sigaction before;

        return sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler == SIG_DFL;
}

static void hear_interrupt(struct qf_progress *progress)
{
        const struct sigaction once = {.sa_handler = clear_and_end, .sa_flags = (int)SA_RESETHAND};

        progress->hears = ends_at_interrupt() && sigaction(SIGINT, &once, NULL) == 0;
}

void qf_progress_begin(struct qf_progress *progress, struct qf_cli *cli, const char *doing, const char *unit)
{
        *progress = (struct qf_progress){.cli = cli,
                                         .doing = doing,
                                         .unit = unit,
                                         .began_ms = qf_clock_mono_ms(),
                                         .terminal = !cli->json && takes_sequences()};
        cli->progress = progress;
}

void qf_progress_at(struct qf_progress *progress, uint64_t done, uint64_t all)
{
        char text[QF_PROGRESS_BYTES];

        if (!progress || !progress->terminal)
                return;
        const int64_t now_ms = qf_clock_mono_ms();
        if (!progress->begun || done < progress->from) { /* what begins anew, as a rebuild does, goes back */
                progress->begun = true;
                progress->from = done;
                progress->began_ms = now_ms;
        }
        if (all > 0 && done >= all && progress->then) {
                qf_progress_still(progress, progress->then);
                return;
        }
        if (now_ms - progress->began_ms < QUIET_MS || now_ms - progress->shown_ms < EVERY_MS)
                return;
        const struct qf_progress_figures figures = {.chinese = progress->cli->chinese,
                                                    .doing = progress->doing,
                                                    .unit = progress->unit,
                                                    .from = progress->from,
                                                    .done = done,
                                                    .all = all,
                                                    .elapsed_ms = now_ms - progress->began_ms,
                                                    .columns = columns_of_terminal()};
        fprintf(stderr, "\r%s\033[K", qf_progress_text(&figures, text));
        progress->shown_ms = now_ms;
        if (!progress->shown)
                hear_interrupt(progress);
        progress->shown = true;
}

void qf_progress_still(struct qf_progress *progress, const char *doing)
{
        if (!progress->terminal)
                return;
        fprintf(stderr, "\r%s…\033[K", doing);
        if (!progress->shown)
                hear_interrupt(progress);
        progress->shown = true;
}

void qf_progress_clear(struct qf_progress *progress)
{
        if (!progress || !progress->shown)
                return;
        fputs(clear, stderr);
        if (progress->hears)
                (void)signal(SIGINT, SIG_DFL);
        progress->hears = false;
        progress->shown = false;
}

void qf_progress_end(struct qf_progress *progress)
{
        qf_progress_clear(progress);
        if (progress->cli->progress == progress)
                progress->cli->progress = NULL;
}

static void tell(void *ctx, uint64_t done, uint64_t all)
{
        qf_progress_at(ctx, done, all);
}

struct qf_so_far qf_progress_so_far(struct qf_progress *progress)
{
        return (struct qf_so_far){.ctx = progress, .tell = tell};
}
