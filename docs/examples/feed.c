/* Feeds one activity, prints its verdict, then the total with it in it.
 *
 *     cc feed.c $(pkg-config --cflags --libs libqingfeng) -o feed
 *     ./feed FEED READ SERVER.public KEY.secret OUTBOX '{"key":"HX-1","date":"2023-05-06","org":"HX","attendances":12}' */
#include <qingfeng/qingfeng.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void hear(void *ctx, const struct qingfeng_verdict *verdict)
{
        printf("%" PRIu64 " %s %s\n", verdict->number, verdict->verdict, verdict->text);
        *(uint64_t *)ctx = verdict->position;
}

int main(int argc, char **argv)
{
        if (argc != 7)
                return 64;
        uint64_t position = 0;
        const struct qingfeng_server to_feed = {argv[1], argv[3], argv[4]}, to_read = {argv[2], argv[3], argv[4]};
        const struct qingfeng_feed_calls calls = {.ctx = &position, .verdict = hear};
        struct qingfeng_feed *feed = NULL;
        struct qingfeng_reader *reader = NULL;
        struct qingfeng_counts total;
        int r = qingfeng_feed_open(argv[5], &to_feed, &calls, &feed);
        if (!r)
                r = qingfeng_feed_add(feed, argv[6], NULL);
        if (!r)
                r = qingfeng_feed_flush(feed); /* safe from here on, whatever happens to this machine or the server */
        if (!r)
                r = qingfeng_feed_drain(feed, 10000);
        if (!r)
                r = qingfeng_reader_open(&to_read, &reader);
        const struct qingfeng_question question = {.at_least = position};
        if (!r)
                r = qingfeng_reader_totals(reader, &question, 10000, NULL, NULL, &total);
        if (!r)
                printf("%" PRId64 " activities, %" PRId64 " attendances\n", total.activities, total.attendances);
        else
                fprintf(stderr, "%s\n", r < 0 ? strerror(-r) : reader ? qingfeng_reader_say(reader)
                                        : feed ? qingfeng_feed_say(feed) : "the outbox is in use, or of another version");
        qingfeng_reader_close(reader);
        qingfeng_feed_close(feed);
        return r ? 1 : 0;
}
