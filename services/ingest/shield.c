/* Why: see shield.h. Crashes by source lie behind the note of what was being judged (base/crash_note.h):
 *
 * note  64 × {source u32, times u32, last ms i64} */
#include "ingest/shield.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/crash_note.h"
#include "base/path.h"

enum { NOTED = 64, HOUR_MS = 60 * 60 * 1000 };

struct noted {
        uint32_t source, times;
        int64_t last_ms;
};

struct qf_shield {
        struct qf_crash_note *note;
        struct noted *noted;
};

int qf_shield_watch(struct qf_shield *shield)
{
        return qf_crash_note_watch(shield->note, 0, QF_SHIELD_OPENING);
}

/* The row of a source, or the one that was noted longest ago. */
static struct noted *row_for(struct noted *noted, uint32_t source)
{
        struct noted *oldest = &noted[0];
        for (uint32_t i = 0; i < NOTED; i++) {
                if (noted[i].source == source)
                        return &noted[i];
                if (noted[i].last_ms < oldest->last_ms)
                        oldest = &noted[i];
        }
        *oldest = (struct noted){.source = source};
        return oldest;
}

/* A clock that was set back must not make an hour of years. */
static bool is_over(const struct noted *row, int64_t now_ms)
{
        return now_ms < row->last_ms || now_ms - row->last_ms >= HOUR_MS;
}

static void take_down(struct noted *noted, uint32_t crashed, int64_t now_ms)
{
        struct noted *row = row_for(noted, crashed);
        if (is_over(row, now_ms))
                row->times = 0;
        row->times++;
        row->last_ms = now_ms;
}

int qf_shield_open(const char *directory, int64_t now_ms, struct qf_shield **ret_shield,
                   uint32_t *ret_crashed)
{
        char path[PATH_MAX];
        uint32_t crashed = 0;
        int result = qf_path_beside(directory, ".judging", path);
        if (result < 0)
                return result;
        QF_CLEANUP(qf_cleanup_free) struct qf_shield *shield = malloc(sizeof *shield);
        if (!shield)
                return -ENOMEM;
        result = qf_crash_note_open(path, NOTED * sizeof(struct noted), &shield->note, &crashed);
        if (result < 0)
                return result;
        shield->noted = qf_crash_note_more(shield->note);
        if (crashed != 0 && crashed != QF_SHIELD_OPENING)
                take_down(shield->noted, crashed, now_ms);
        *ret_crashed = crashed;
        *ret_shield = QF_TAKE(shield);
        return 0;
}

struct qf_shield *qf_shield_close(struct qf_shield *shield)
{
        if (!shield)
                return NULL;
        (void)qf_crash_note_close(shield->note);
        free(shield);
        return NULL;
}

void qf_shield_judging(struct qf_shield *shield, uint32_t source)
{
        *qf_crash_note_doing(shield->note) = source;
}

bool qf_shield_is_shut(const struct qf_shield *shield, uint32_t source, int64_t now_ms)
{
        for (uint32_t i = 0; i < NOTED; i++) {
                const struct noted *row = &shield->noted[i];
                if (row->source == source && row->times >= QF_SHIELD_CRASHES)
                        return !is_over(row, now_ms);
        }
        return false;
}
