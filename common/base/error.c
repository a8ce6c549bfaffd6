/* Why: an assertion of ours must say where before the process ends, also in a
 * release build, so that the journal of the machine tells what happened. */
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void qf_assert_failed(const char *condition, const char *file, int line)
{
        (void)fprintf(stderr, "internal error: %s at %s:%d\n", condition, file, line);
        abort();
}
