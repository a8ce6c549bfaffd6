/* services/qf/operator: what answers at a door before keys are used, and what a folder lies on. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "qf/operator/disk.h"
#include "qf/operator/door.h"
#include "support/temporary.h"
#include "wire/socket.h"

enum { PATIENCE_MS = 20000 };

struct house { /* somebody who answers with these words */
        int fd;
        char endpoint[64];
        const char *says;
        pthread_t thread;
};

static void *answer(void *ctx)
{
        const struct house *house = ctx;
        const int guest = accept(house->fd, NULL, NULL);
        char heard[64];

        if (guest >= 0 && house->says) {
                (void)!write(guest, house->says, strlen(house->says));
                while (read(guest, heard, sizeof heard) > 0)
                        ;
        }
        if (guest >= 0)
                (void)close(guest);
        return NULL;
}

static void open_house(struct house *house, const char *says)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;

        house->says = says;
        house->fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(house->fd >= 0);
        assert_int_equal(bind(house->fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(getsockname(house->fd, (struct sockaddr *)&address, &len), 0);
        assert_int_equal(listen(house->fd, 1), 0);
        (void)snprintf(house->endpoint, sizeof house->endpoint, "tcp://127.0.0.1:%u",
                       (unsigned)ntohs(address.sin_port));
        assert_int_equal(pthread_create(&house->thread, NULL, answer, house), 0);
}

static void close_house(struct house *house)
{
        assert_int_equal(pthread_join(house->thread, NULL), 0);
        (void)close(house->fd);
}

static void others_are_told_from_a_door_of_ours(void **state)
{
        static const char *const says[] = {"HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-OpenSSH_9.2\r\n", NULL};
        char mechanism[QF_DOOR_MECHANISM] = "-";
        struct house house;

        (void)state;
        for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
                open_house(&house, says[i]);
                const int r = qf_door_knock(house.endpoint, PATIENCE_MS, mechanism);
                close_house(&house);
                assert_true(
                        r == 1 ||
                        (!says[i] && r == -ECONNRESET)); /* who hangs up may do so with what we said unread */
                assert_string_equal(mechanism, "-");
        }
        assert_int_equal(qf_door_knock(house.endpoint, PATIENCE_MS, mechanism), -ECONNREFUSED);
        assert_int_equal(qf_door_knock("ipc:///nowhere/at/all", PATIENCE_MS, mechanism), -ENOENT);
        assert_int_equal(qf_door_knock("tcp://127.0.0.1", PATIENCE_MS, mechanism), -EINVAL);
        assert_int_equal(qf_door_knock("inproc://x", PATIENCE_MS, mechanism), -EINVAL);
        assert_int_equal(qf_door_knock("tcp://[::1:7", PATIENCE_MS, mechanism), -ENXIO);
}

static void a_door_says_its_mechanism(void **state)
{
        struct qf_context *context = NULL;
        struct qf_socket *socket = NULL;
        const struct qf_socket_options plain = {.type = QF_PUB};
        char mechanism[QF_DOOR_MECHANISM] = "-";

        (void)state;
        assert_int_equal(qf_context_new(1, &context), 0);
        assert_int_equal(qf_socket_bind(context, &plain, "tcp://127.0.0.1:*", &socket), 0);
        /* ours is CURVE: who has none hangs up, or says so first */
        const int r = qf_door_knock(qf_socket_endpoint(socket), PATIENCE_MS, mechanism);
        assert_true(r == 0 ? strcmp(mechanism, "NULL") == 0 : r == 1);
        (void)qf_socket_close(socket);
        (void)qf_context_free(context);
}

static void a_folder_lies_on_a_disk(void **state)
{
        struct temporary folder;
        struct qf_disk disk;

        (void)state;
        temporary_make(&folder);
        assert_int_equal(qf_disk_look(folder.path, &disk), 0);
        assert_true(disk.all_bytes >= disk.free_bytes && disk.all_bytes > 0);
        assert_true(disk.sync_us >= 0);
        assert_int_equal(rmdir(folder.path), 0); /* nothing was left in it */
        assert_int_equal(qf_disk_look(folder.path, &disk), -ENOENT);
        assert_int_equal(qf_disk_look("/proc", &disk), 0);
        assert_int_equal(disk.sync_us, -1);
        assert_int_equal(qf_disk_look("/dev/shm", &disk), 0);
        assert_true(disk.fleeting && strcmp(disk.type, "tmpfs") == 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(others_are_told_from_a_door_of_ours),
                cmocka_unit_test(a_door_says_its_mechanism),
                cmocka_unit_test(a_folder_lies_on_a_disk),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
