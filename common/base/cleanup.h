/* Release of locals at the end of their block. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define QF_CLEANUP(function) __attribute__((cleanup(function)))

/* Hands an owned pointer over: the local is NULL afterwards and not released. */
#define QF_TAKE(pointer)                                                                                     \
        __extension__({                                                                                      \
                __typeof__(pointer) qf_taken_ = (pointer);                                                   \
                (pointer) = NULL;                                                                            \
                qf_taken_;                                                                                   \
        })

static inline void qf_cleanup_free(void *pointer)
{
        free(*(void **)pointer);
}

static inline void qf_cleanup_close(int *fd)
{
        if (*fd >= 0)
                (void)close(*fd);
}
