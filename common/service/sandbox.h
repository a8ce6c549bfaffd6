/* What a daemon may still do: Landlock for files, seccomp for calls. Two steps,
 * since both hold for threads made after them: files before the first thread is
 * made, calls when everything is open. What is closed is closed for good. */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

enum { QF_SANDBOX_PATHS_MAX = 32 };

/* Zero-initialised: nothing of the system but its libraries, no socket but local ones, no connection. */
struct qf_sandbox {
        bool off; /* for debugging: said in the log at each start */
        struct {
                bool writes;
                char path[PATH_MAX];
        } paths[QF_SANDBOX_PATHS_MAX];
        unsigned paths_count;
        bool connects, binds; /* after start too: connections that break are made again */
        bool network;         /* one of them over TCP */
};

/* A file, or a folder and all beneath it, that is read. */
void qf_sandbox_reads(struct qf_sandbox *sandbox, const char *path);
/* A directory that is kept, with what lies beside it; it may be a link to another disk. */
void qf_sandbox_keeps(struct qf_sandbox *sandbox, const char *directory);
/* The folder that holds a path: also what is made anew there may be read (and, if said, written). */
void qf_sandbox_around(struct qf_sandbox *sandbox, const char *path, bool writes);
enum qf_sandbox_use { QF_SANDBOX_CONNECTS, QF_SANDBOX_BINDS, QF_SANDBOX_BINDS_AGAIN };
/* An endpoint, "tcp://…" or "ipc://PATH", that it connects to, binds at start, or binds after start too. */
void qf_sandbox_endpoint(struct qf_sandbox *sandbox, const char *endpoint, enum qf_sandbox_use use);

/* Before any thread. Says in the log what a kernel without Landlock leaves open. -errno: start must fail. */
QF_CHECK int qf_sandbox_close_files(const struct qf_sandbox *sandbox);
/* When all is open. All threads. */
QF_CHECK int qf_sandbox_close_calls(const struct qf_sandbox *sandbox);

/* Closes both and then tries what must fail, in this thread and in one that was made between the steps, as libzmq's
 * are; prints a line for each. Exit code: 0 all was refused, 1 something went through, 2 nothing could be closed. */
int qf_sandbox_try(const struct qf_sandbox *sandbox);
