/* What the benchmark's programs measure of others and of themselves. */
#pragma once

#include <stddef.h>

double load_cpu_of(int pid);      /* seconds of CPU that a process has used; 0: it is not there */
double load_anon_mib_of(int pid); /* RssAnon: its own memory, without pages of files */
/* ,"NAME_p50_ms":…,"NAME_p99_ms":…,"NAME_max_ms":… ; sorts them. */
void load_print_percentiles(const char *name, double *ms, size_t count);
