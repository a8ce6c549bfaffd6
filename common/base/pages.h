/* Large memory that is walked at random: whole pages, zeroed, huge ones where the
 * system gives them, so that looking up its addresses does not cost more than
 * what lies there. Below 2 MiB it is ordinary memory. */
#pragma once

#include <stddef.h>

void *qf_pages_take(size_t bytes);          /* zeroed; NULL: no memory */
void qf_pages_give(void *at, size_t bytes); /* NULL is a no-op; bytes as taken */
