/* Randomness, for identities and seeds. */
#pragma once

#include <stddef.h>

void qf_random(void *bytes, size_t len); /* from the kernel; never fails after start */
