/* qf-aggregate: the journal in, exact running counts and live totals out. */
#include <stdio.h>
#include <string.h>

#include "aggregate/checkpoint.h"
#include "aggregate/counting.h"
#include "aggregate/daemon.h"
#include "service/service.h"

/* For qf audit, in a process that may die of what it reads: one object of JSON, {"outcome": 0 or -errno}. */
static int check(const char *directory)
{
        printf("{\"outcome\":%d}\n", qf_counting_check(directory));
        return 0;
}

int main(int argc, char **argv)
{
        if (argc == 3 && strcmp(argv[1], "check") == 0)
                return check(argv[2]);
        if (argc == 5 && strcmp(argv[1], "checkpoint") == 0)
                return qf_checkpoint_tool(argv[2], argv[3], argv[4]);
        return qf_service_main(&qf_aggregate_service, argc, argv);
}
