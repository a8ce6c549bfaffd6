/* qf-ingest: takes events from partners, judges them, and keeps the journal. */
#include "ingest/daemon.h"

int main(int argc, char **argv)
{
        return qf_service_main(&qf_ingest_service, argc, argv);
}
