/* Lines of JSON (`qf feed -`), with a programme (the first byte is even) and without one. */
#include "fuzz/desk.h"
#include "fuzz/target.h"

#include "client/feed_json.h"

static struct desk desk;

static void end(void)
{
        desk_close(&desk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
        struct qf_json_event event;
        struct qf_buffer text = {0};
        struct qf_verdict verdict;

        if (!desk.programme) {
                desk_open(&desk, "integrity-123n.yaml", "MW");
                (void)atexit(end);
        }
        if (len < 1)
                return 0;
        struct qf_view line = {(const char *)bytes + 1, (uint32_t)len - 1};
        int result = qf_json_event_read(line, bytes[0] % 2 == 0 ? desk.programme : NULL, &event);
        QF_ASSERT(result == 0 || result == 1);
        if (result == 0)
                (void)!desk_judge(&desk, &event.event, event.values, event.values_count, &verdict);
        else
                QF_ASSERT(qf_note_print(&event.note, len % 2 == 0, &text) == 0 && text.len > 0);
        qf_buffer_deinit(&text);
        qf_json_event_deinit(&event);
        return 0;
}
