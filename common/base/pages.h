/* Large memory that is walked at random: whole pages, zeroed, huge ones where the
 * system gives them, so that looking up its addresses does not cost more than
 * what lies there. Below 2 MiB it is ordinary memory. */
#pragma once

#include <stddef.h>

void *qf_pages_take(size_t bytes);          /* zeroed; NULL: no memory */
void qf_pages_give(void *at, size_t bytes); /* NULL is a no-op; bytes as taken, or as grown to */
/* The same memory with room for more, zeroed, which is not touched: it becomes the process's own as it is written to. NULL: no
 * memory, and what was taken stays. at NULL: nothing was. */
void *qf_pages_grow(void *at, size_t bytes, size_t wanted);
