/* Why from /proc: a connection that is held costs a descriptor, whatever library made
 * it, and only the kernel counts all of them. */
#include "service/process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { ENTRIES_BESIDE = 3 }; /* "." and "..", and the one that reads them */

static int64_t count_descriptors(void)
{
        DIR *folder = opendir("/proc/self/fd");
        int64_t count = -ENTRIES_BESIDE;

        if (!folder)
                return -1;
        while (readdir(folder))
                count++;
        (void)closedir(folder);
        return count;
}

static int64_t resident_bytes(void)
{
        FILE *file = fopen("/proc/self/statm", "re");
        char line[256] = "", *rest = line;
        uint64_t pages = 0;

        if (!file)
                return -1;
        bool read = fgets(line, sizeof line, file) != NULL; /* "SIZE RESIDENT …" */
        (void)fclose(file);
        (void)strsep(&rest, " ");
        if (!read || !rest || !qf_text_number(qf_view_of(strsep(&rest, " ")), UINT32_MAX, &pages))
                return -1;
        return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

void qf_process_facts(struct qf_process_facts *ret_facts)
{
        *ret_facts = (struct qf_process_facts){.descriptors = count_descriptors(),
                                               .resident_bytes = resident_bytes()};
}
