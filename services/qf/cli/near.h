/* Whether a word was probably meant to be another: for "did you mean". Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

/* One or two letters wrong, missing or too many (two only in words of five letters and more), or two letters swapped. */
bool qf_near(struct qf_view said, const char *name);
