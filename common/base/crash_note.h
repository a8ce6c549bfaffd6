/* What a process was doing when it crashed, for the one that comes after it: one
 * number in a file that is mapped and shared. Writing it costs a store, and the
 * kernel keeps it when the process is gone.
 *
 * Only crashes count (faults, failed assertions, a watchdog's abort): a kill or a
 * power cut says nothing of whatever was being done. And a watchdog's abort says
 * something only of work that should not take long: see watch. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct qf_crash_note;

/* Opens or makes the file, with more bytes for the caller's own (zero when the note is new). *ret_crashed: what the
 * last process was doing when it crashed, 0: nothing, or it did not crash; it is forgotten with that. */
QF_CHECK int qf_crash_note_open(const char *path, size_t more, struct qf_crash_note **ret_note,
                                uint32_t *ret_crashed);
struct qf_crash_note *qf_crash_note_close(struct qf_crash_note *note);
volatile uint32_t *qf_crash_note_doing(struct qf_crash_note *note); /* 0: nothing */
void *qf_crash_note_more(struct qf_crash_note *note);
/* From now on a crash of this process is noted: handlers for SEGV, BUS, FPE, ILL, ABRT. bus: what a SIGBUS is noted
 * as when nothing is being done (a mapped file that is shorter than its tree says); 0: nothing. own: what is at or
 * above it waits for a disk, and counts only when this process brought itself down, not when a watchdog did. One in a
 * process. */
QF_CHECK int qf_crash_note_watch(struct qf_crash_note *note, uint32_t bus, uint32_t own);
