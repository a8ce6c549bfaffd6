/* Map files, which say how somebody's own table is read. A map that is taken reads a small table of a library. */
#include "fuzz/given.h"
#include "fuzz/table.h"
#include "fuzz/target.h"

static struct desk desk;

static void end(void)
{
        desk_close(&desk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        static const char table[] =
                "Library,Event Year,Event Month,Day,Category,Age Group,Events,Attendance,No,Note\n"
                "Raymond,2021,5,6,DIY & Crafts,All Ages,1,80,R-1,\n"
                ",2021,7,,\"Featured, Classes & Workshops\",\"Teen (ages 12-18)\",12,n/a,R-2,two rooms\n"
                "Olympia,2021-05-30,,,,,1,0,,\n"
                "total,,,,,,14,80,,\n";
        struct qf_map_file *file = NULL;

        if (!desk.programme) {
                desk_open(&desk, "library.yaml", "TRL");
                (void)atexit(end);
        }
        int result = qf_map_load(given_file(bytes, len), len % 2 == 0, &file);
        QF_ASSERT(result >= 0 && (result == 0) == (file != NULL));
        if (file)
                table_read(&desk, qf_map_of(file), QF_VIEW(table));
        qf_map_free(file);
        return 0;
}
