/* qf-ingest: takes events from partners, judges them, and keeps the journal. */
#include "ingest/daemon.h"
#include "ingest/tool.h"

int main(int argc, char **argv)
{
        if (argc > 1 && qf_ingest_tool_named(argv[1]))
                return qf_ingest_tool(argc - 1, argv + 1);
        return qf_service_main(&qf_ingest_service, argc, argv);
}
