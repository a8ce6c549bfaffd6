/* qf-relay: headline totals for three-line SUB clients. */
#include "relay/daemon.h"
#include "service/service.h"

int main(int argc, char **argv)
{
        return qf_service_main(&qf_relay_service, argc, argv);
}
