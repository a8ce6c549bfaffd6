/* Asks for figures of a declared kind, by month, and prints what its rules allow.
 *
 *     cc ask.c $(pkg-config --cflags --libs libqingfeng) -o ask
 *     ./ask READ SERVER.public KEY.secret broadcast views */
#include <qingfeng/qingfeng.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void hear(void *ctx, const char *const *members, const struct qingfeng_figure *figures, uint32_t count)
{
        (void)ctx;
        for (uint32_t i = 0; i < count; i++) {
                printf("%s %s ", members ? members[0] : "all", figures[i].measure);
                if (!figures[i].combined)
                        printf("not to be combined\n");
                else if (figures[i].of == 0)
                        printf("not known\n"); /* which is not 0 */
                else
                        printf("%" PRId64 " of %" PRId64 ", %" PRId64 " not known\n", figures[i].value,
                               figures[i].of, figures[i].unknown);
        }
}

int main(int argc, char **argv)
{
        if (argc != 6)
                return 64;
        const struct qingfeng_server server = {argv[1], argv[2], argv[3]};
        const char *const by[] = {"month"}, *const measures[] = {argv[5]};
        const struct qingfeng_question question = {.by = by, .by_count = 1};
        struct qingfeng_reader *reader = NULL;
        int r = qingfeng_reader_open(&server, &reader);
        if (!r)
                r = qingfeng_reader_declared(reader, argv[4], &question, measures, 1, 10000, hear, NULL);
        if (r)
                fprintf(stderr, "%s\n", r < 0 || !reader ? strerror(-r) : qingfeng_reader_say(reader));
        qingfeng_reader_close(reader);
        return r ? 1 : 0;
}
