/* Follows the total live, and goes on where it stood when it is started again: prints each cell that changes and each
 * version, until its input ends.
 *
 *     cc follow.c $(pkg-config --cflags --libs libqingfeng) -o follow
 *     ./follow READ SERVER.public KEY.secret PLACE
 *
 * PLACE is a file of its own: the epoch and the version of what was printed last. A program that keeps the cells in a database
 * keeps the two in the same transaction. */
#include <qingfeng/qingfeng.h>

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

struct place {
        const char *path;
        uint8_t epoch[QINGFENG_EPOCH_BYTES];
        uint64_t version;
};

static void hear_cell(void *ctx, const struct qingfeng_cell *cell)
{
        (void)ctx;
        printf("cell %s %s %" PRIu32 " %" PRId64 " %" PRId64 "\n", cell->dimension, cell->member,
               cell->period, cell->counts.activities, cell->counts.attendances);
}

/* Written beside it and put in its place, so that it is whole whenever the program ends. */
static int keep(const struct place *place)
{
        char beside[4096];
        if (snprintf(beside, sizeof(beside), "%s.new", place->path) >= (int)sizeof(beside))
                return -1;
        FILE *file = fopen(beside, "wb");
        if (!file)
                return -1;
        int done = fwrite(place->epoch, sizeof(place->epoch), 1, file) == 1 &&
                   fprintf(file, "%" PRIu64 "\n", place->version) > 0;
        return fclose(file) == 0 && done ? rename(beside, place->path) : -1;
}

static void hear_update(void *ctx, const uint8_t epoch[QINGFENG_EPOCH_BYTES], uint64_t version, int anew)
{
        struct place *place = ctx;
        printf("update %" PRIu64 " %s\n", version, anew ? "anew" : "on");
        (void)fflush(stdout);
        memcpy(place->epoch, epoch, sizeof(place->epoch));
        place->version = version;
        if (keep(place))
                perror(place->path);
}

static void recall(struct place *place)
{
        FILE *file = fopen(place->path, "rb");
        if (!file)
                return;
        if (fread(place->epoch, sizeof(place->epoch), 1, file) != 1 ||
            fscanf(file, "%" SCNu64, &place->version) != 1)
                place->version = 0;
        (void)fclose(file);
}

int main(int argc, char **argv)
{
        if (argc != 5)
                return 64;
        const char *const prefixes[] = {"activities/total/all/", "attendances/total/all/"};
        const struct qingfeng_server server = {argv[1], argv[2], argv[3]};
        struct place place = {.path = argv[4]};
        const struct qingfeng_subscription_calls calls = {
                .ctx = &place, .cell = hear_cell, .update = hear_update};
        struct qingfeng_subscription *subscription = NULL;
        struct pollfd input = {.fd = 0, .events = POLLIN};
        recall(&place);
        int r = qingfeng_subscription_open(&server, prefixes, 2, &calls, &subscription);
        if (!r)
                qingfeng_subscription_resume(subscription, place.epoch, place.version);
        while (!r && poll(&input, 1, 0) == 0)
                r = qingfeng_subscription_wait(subscription, 100);
        if (r)
                fprintf(stderr, "%s\n",
                        r < 0 || !subscription ? strerror(-r) : qingfeng_subscription_say(subscription));
        qingfeng_subscription_close(subscription);
        return r ? 1 : 0;
}
