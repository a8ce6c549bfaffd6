/* qf-aggregate: the journal in, exact running counts and live totals out. */
#include "aggregate/daemon.h"
#include "service/service.h"

int main(int argc, char **argv)
{
        return qf_service_main(&qf_aggregate_service, argc, argv);
}
