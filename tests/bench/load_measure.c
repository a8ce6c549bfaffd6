#include "bench/load_measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

double load_cpu_of(int pid)
{
        char path[64], line[1024];
        unsigned long user = 0, kernel = 0;

        (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
        FILE *file = fopen(path, "r");
        char *after = file && fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
        if (file)
                (void)fclose(file);
        if (!after ||
            sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
                return 0;
        return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

double load_anon_mib_of(int pid)
{
        char path[64], line[256];
        unsigned long kib = 0;

        (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
        FILE *file = fopen(path, "r");
        while (file && fgets(line, sizeof line, file))
                if (sscanf(line, "RssAnon: %lu", &kib) == 1)
                        break;
        if (file)
                (void)fclose(file);
        return (double)kib / 1024;
}

static int order_ms(const void *a, const void *b)
{
        double left = *(const double *)a, right = *(const double *)b;

        return (left > right) - (left < right);
}

void load_print_percentiles(const char *name, double *ms, size_t count)
{
        if (count == 0)
                return;
        qsort(ms, count, sizeof *ms, order_ms);
        printf(",\"%s_p50_ms\":%.3f,\"%s_p99_ms\":%.3f,\"%s_max_ms\":%.3f", name, ms[count / 2], name,
               ms[count * 99 / 100], name, ms[count - 1]);
}
