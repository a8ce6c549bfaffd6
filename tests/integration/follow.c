/* A subscriber against what is installed alone: says each version and the cells of the total until its input ends.
 * Usage: follow READ SERVER.public KEY.secret */
#include <qingfeng/qingfeng.h>

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static void hear_cell(void *ctx, const struct qingfeng_cell *cell)
{
        (void)ctx;
        printf("cell %s %s %" PRIu32 " %" PRId64 " %" PRId64 "\n", cell->dimension, cell->member,
               cell->period, cell->counts.activities, cell->counts.attendances);
}

static void hear_update(void *ctx, const uint8_t epoch[QINGFENG_EPOCH_BYTES], uint64_t version, int anew)
{
        (void)ctx;
        (void)epoch;
        printf("update %" PRIu64 " %s\n", version, anew ? "anew" : "on");
        (void)fflush(stdout);
}

int main(int argc, char **argv)
{
        const char *const prefixes[] = {"activities/total/all/", "attendances/total/all/"};
        const struct qingfeng_subscription_calls calls = {.cell = hear_cell, .update = hear_update};
        struct qingfeng_subscription *subscription = NULL;
        struct pollfd input = {.fd = 0, .events = POLLIN};
        if (argc != 4)
                return 64;
        const struct qingfeng_server server = {argv[1], argv[2], argv[3]};
        int r = qingfeng_subscription_open(&server, prefixes, 2, &calls, &subscription);
        while (!r && poll(&input, 1, 0) == 0)
                r = qingfeng_subscription_wait(subscription, 100);
        if (r)
                fprintf(stderr, "%s\n", r < 0 ? strerror(-r) : qingfeng_subscription_say(subscription));
        qingfeng_subscription_close(subscription);
        return r ? 1 : 0;
}
