/* One buffer and an index; there are thousands of them, not millions. */
#include "report/register_log.h"

#include <errno.h>
#include <stdlib.h>

void qf_register_log_deinit(struct qf_register_log *log)
{
        qf_buffer_deinit(&log->bytes);
        free(log->places);
        *log = (struct qf_register_log){0};
}

int qf_register_log_add(struct qf_register_log *log, struct qf_view event)
{
        size_t at = log->bytes.len;
        int r;

        if (log->count == log->room) {
                uint32_t room = log->room ? log->room * 2 : 256;
                struct qf_register_place *places = realloc(log->places, room * sizeof(*places));

                if (!places)
                        return -ENOMEM;
                log->places = places;
                log->room = room;
        }
        r = qf_buffer_append(&log->bytes, event.at, event.len);
        if (r < 0)
                return r;
        log->places[log->count++] = (struct qf_register_place){at, event.len, UINT64_MAX};
        return 0;
}

void qf_register_log_settle(struct qf_register_log *log, uint64_t version)
{
        for (; log->settled < log->count; log->settled++)
                log->places[log->settled].version = version;
}

struct qf_view qf_register_log_at(const struct qf_register_log *log, uint32_t i)
{
        return (struct qf_view){(const char *)log->bytes.at + log->places[i].at, log->places[i].len};
}

uint32_t qf_register_log_after(const struct qf_register_log *log, uint64_t version)
{
        uint32_t first = log->settled;

        while (first > 0 && log->places[first - 1].version > version)
                first--;
        return first;
}
