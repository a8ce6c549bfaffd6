/* A journal that has to be there and is not: whoever opened its directory would begin an empty one in its place. */
#pragma once

#include <stdbool.h>

/* Says in the log what there is to do. */
bool qf_ingest_absent(const char *directory);
