/* How functions report. 0: done. Negative: -errno, the environment broke; it is
 * forwarded unchanged and logged once at the top. Positive: a named outcome of
 * that one function, which its caller handles and never forwards.
 *
 * QF_ASSERT is for our own bugs only, stays on in release, and never looks at
 * what a partner, a file or a disk said. */
#pragma once

#define QF_CHECK __attribute__((warn_unused_result))

#define QF_ASSERT(condition)                                                                                 \
        do {                                                                                                 \
                if (!(condition))                                                                            \
                        qf_assert_failed(#condition, __FILE__, __LINE__);                                    \
        } while (0)

_Noreturn void qf_assert_failed(const char *condition, const char *file, int line);
