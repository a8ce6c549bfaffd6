/* Files of clerks, read by the template. Rows that are not returned at once must be such as ingest takes. */
#include "fuzz/table.h"
#include "fuzz/target.h"

static struct desk desk;

static void end(void)
{
        desk_close(&desk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        if (!desk.programme) {
                desk_open(&desk, "integrity-123n.yaml", "MW");
                (void)atexit(end);
        }
        table_read(&desk, qf_map_template(), (struct qf_view){(const char *)bytes, (uint32_t)len});
        return 0;
}
