#include "report/http_streams.h"

#include <stdlib.h>

enum { BLOCK_BYTES = 4096 };

struct qf_http_sleeper {
        struct qf_http_streams *streams;
        struct qf_http_sleeper *next, **to_me;
        struct MHD_Connection *connection;
        struct qf_http_stream stream;
        bool sleeps;
};

static ssize_t read_stream(void *ctx, uint64_t at, char *room, size_t room_bytes)
{
        struct qf_http_sleeper *sleeper = ctx;
        ssize_t got =
                sleeper->streams->ending ? -1 : sleeper->stream.read(sleeper->stream.ctx, room, room_bytes);

        (void)at;
        if (got < 0)
                return MHD_CONTENT_READER_END_OF_STREAM;
        if (got == 0) {
                MHD_suspend_connection(sleeper->connection);
                sleeper->sleeps = true;
        }
        return got;
}

static void end_stream(void *ctx)
{
        struct qf_http_sleeper *sleeper = ctx;

        *sleeper->to_me = sleeper->next;
        if (sleeper->next)
                sleeper->next->to_me = sleeper->to_me;
        sleeper->streams->count--;
        sleeper->stream.close(sleeper->stream.ctx);
        free(sleeper);
}

struct MHD_Response *qf_http_streams_begin(struct qf_http_streams *streams, struct MHD_Connection *to,
                                           struct qf_http_stream stream)
{
        struct qf_http_sleeper *sleeper = calloc(1, sizeof(*sleeper));
        struct MHD_Response *response =
                sleeper ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream,
                                                            sleeper, end_stream)
                        : NULL;

        if (!response) {
                free(sleeper);
                stream.close(stream.ctx);
                return NULL;
        }
        *sleeper = (struct qf_http_sleeper){.streams = streams,
                                            .next = streams->first,
                                            .to_me = &streams->first,
                                            .connection = to,
                                            .stream = stream};
        if (sleeper->next)
                sleeper->next->to_me = &sleeper->next;
        streams->first = sleeper;
        streams->count++;
        return response;
}

void qf_http_streams_wake(struct qf_http_streams *streams)
{
        for (struct qf_http_sleeper *sleeper = streams->first; sleeper; sleeper = sleeper->next) {
                if (!sleeper->sleeps)
                        continue;
                sleeper->sleeps = false;
                MHD_resume_connection(sleeper->connection);
        }
}

void qf_http_streams_end(struct qf_http_streams *streams)
{
        streams->ending = true;
        qf_http_streams_wake(streams);
}
