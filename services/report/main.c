/* qf-report: live totals and queries for all who may read. */
#include "report/daemon.h"
#include "service/service.h"

int main(int argc, char **argv)
{
        return qf_service_main(&qf_report_service, argc, argv);
}
