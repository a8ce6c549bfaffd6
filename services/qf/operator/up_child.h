/* One daemon of a qf up: started, heard when it is ready, started again when it
 * dies, stopped in order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum { QF_UP_CRASHES_MAX = 5 };

struct qf_up_child {      /* open: an array of them is the whole state of a qf up */
        const char *name; /* "ingest" */
        const char *dir;  /* of the qf up */
        pid_t pid;        /* 0: not running */
        bool ready;       /* said READY=1 since it was started */
        bool ever_ready;
        int notify_fd;
        int64_t start_at_ms; /* when to start it again; 0: it runs */
        uint32_t crashes;    /* of the last ten seconds, with their times */
        int64_t crashed_ms[QF_UP_CRASHES_MAX];
};

/* Binds its notify socket. -errno. */
QF_CHECK int qf_up_child_init(struct qf_up_child *child, const char *dir, const char *name);
void qf_up_child_deinit(struct qf_up_child *child);
/* Starts it, with its output in DIR/log. -errno: of finding or starting the program. */
QF_CHECK int qf_up_child_start(struct qf_up_child *child);
/* Reads what it says of itself; sets ready. */
void qf_up_child_listen(struct qf_up_child *child);

enum qf_up_end {
        QF_UP_AGAIN = 1,     /* it will be started again at start_at_ms */
        QF_UP_TOO_OFTEN = 2, /* five crashes in ten seconds */
        QF_UP_USELESS = 3,   /* its configuration is wrong: starting again changes nothing */
};

/* It ended with this status of waitpid. Returns one of the above. */
QF_CHECK int qf_up_child_ended(struct qf_up_child *child, int status, int64_t now_ms);
/* "exit code 78", "signal 9". */
void qf_up_child_how(int status, char *ret_text, size_t room);
/* The last line of its log that says more than how it goes (level info), else the last, without its newline; empty when
 * there is none. */
void qf_up_child_last_line(const struct qf_up_child *child, char *ret_text, size_t room);

/* Where a program that is part of Qingfeng is: the build tree and an installation both keep them together; else its name, for PATH. */
void qf_up_find_program(const char *name, char *ret_path, size_t room);
/* Starts a program that is part of Qingfeng, found beside this one or in PATH; log: -1 leaves output as it is. The
 * child gets SIGTERM when this process dies. -errno. */
QF_CHECK int qf_up_spawn(const char *const *argv, const char *notify, int log, pid_t *ret_pid);
