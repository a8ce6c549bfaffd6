/* service/listening: a socket is taken when its address is an endpoint's, once, and one that nobody asks for is told.
 *
 * Each case hands sockets over as systemd does: from descriptor 3 on, with LISTEN_PID and LISTEN_FDS, to a process of
 * its own, since what is handed over belongs to the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/listening.h"
#include "support/temporary.h"

enum { FIRST = 3 };

/* In the child: a wrong answer ends it with the line's number. */
#define MUST(condition)                                                                                      \
        do {                                                                                                 \
                if (!(condition))                                                                            \
                        _exit(__LINE__ % 90 + 1);                                                            \
        } while (0)

static void hand_over(int at, int fd)
{
        char text[16];

        MUST(fd >= 0 && listen(fd, 8) == 0);
        if (fd != FIRST + at)
                MUST(dup2(fd, FIRST + at) == FIRST + at);
        (void)snprintf(text, sizeof(text), "%d", getpid());
        MUST(setenv("LISTEN_PID", text, 1) == 0);
        (void)snprintf(text, sizeof(text), "%d", at + 1);
        MUST(setenv("LISTEN_FDS", text, 1) == 0);
}

static int local_socket(const char *path)
{
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        (void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
        MUST(fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0);
        return fd;
}

static int tcp_socket(uint32_t address, uint16_t *ret_port)
{
        struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
        socklen_t len = sizeof(name);
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        MUST(fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0);
        MUST(getsockname(fd, (struct sockaddr *)&name, &len) == 0);
        *ret_port = ntohs(name.sin_port);
        return fd;
}

static void find_by_address(const char *folder)
{
        char path[64], ipc[80], tcp[64], unclaimed[QF_LISTENING_TEXT];
        uint16_t port;

        (void)snprintf(path, sizeof(path), "%s/journal.ipc", folder);
        (void)snprintf(ipc, sizeof(ipc), "ipc://%s", path);
        hand_over(0, local_socket(path));
        hand_over(1, tcp_socket(INADDR_LOOPBACK, &port));
        (void)snprintf(tcp, sizeof(tcp), "tcp://127.0.0.1:%u", port);
        MUST(qf_listening_find("tcp://127.0.0.1:1") == 0);
        MUST(qf_listening_find("ipc:///nowhere") == 0);
        MUST(qf_listening_find(tcp) == FIRST + 1);
        MUST(qf_listening_unclaimed(unclaimed) && strcmp(unclaimed, ipc) == 0);
        MUST(qf_listening_find(ipc) == FIRST);
        MUST(!qf_listening_unclaimed(unclaimed));
        MUST(qf_listening_find(ipc) == 0); /* it is taken */
}

/* Two lines in the unit are two sockets of one door; with one, there is one. */
static void find_twice(const char *folder)
{
        char tcp[64];
        uint16_t port;
        int both[2] = {-1, -1}, on = 1, first = tcp_socket(INADDR_LOOPBACK, &port), second;
        struct sockaddr_in name = {
                .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
        bool removes = true;

        (void)folder;
        MUST(setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
        second = socket(AF_INET, SOCK_STREAM, 0);
        MUST(setsockopt(second, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
        MUST(bind(second, (struct sockaddr *)&name, sizeof(name)) == 0);
        hand_over(0, first);
        hand_over(1, second);
        (void)snprintf(tcp, sizeof(tcp), "tcp://127.0.0.1:%u", port);
        MUST(qf_listening_twice(tcp, both, &removes) == 0);
        MUST(both[0] == FIRST && both[1] == FIRST + 1 && !removes);
        MUST((fcntl(both[1], F_GETFL) & O_NONBLOCK) != 0);
}

/* What is made here: TCP twice, and nobody else gets the port by asking for it plainly; a file once; a name is libzmq's. */
static void make_twice(const char *folder)
{
        char tcp[64], ipc[80];
        uint16_t port;
        int one[2], other[2];
        bool removes = true;

        (void)unsetenv("LISTEN_PID");
        MUST(close(tcp_socket(INADDR_LOOPBACK, &port)) == 0);
        (void)snprintf(tcp, sizeof(tcp), "tcp://127.0.0.1:%u", port);
        MUST(qf_listening_twice(tcp, one, &removes) == 0);
        MUST(one[0] > 0 && one[1] > 0 && !removes);
        MUST(qf_listening_twice(tcp, other, &removes) == -EADDRINUSE);
        (void)snprintf(ipc, sizeof(ipc), "ipc://%s/door.ipc", folder);
        MUST(qf_listening_twice(ipc, other, &removes) == 0);
        MUST(other[0] > 0 && other[1] == 0 && removes);
        MUST(qf_listening_twice("tcp://somewhere:1", other, &removes) == 0);
        MUST(other[0] == 0 && other[1] == 0);
}

static void find_all_addresses(const char *folder)
{
        char tcp[64], other[64];
        uint16_t port;

        (void)folder;
        hand_over(0, tcp_socket(INADDR_ANY, &port));
        (void)snprintf(tcp, sizeof(tcp), "tcp://*:%u", port);
        (void)snprintf(other, sizeof(other), "tcp://127.0.0.1:%u", port);
        MUST(qf_listening_find(other) == 0);
        MUST(qf_listening_find(tcp) == FIRST);
}

static void find_nothing(const char *folder)
{
        char unclaimed[QF_LISTENING_TEXT];

        (void)folder;
        (void)unsetenv("LISTEN_PID");
        (void)unsetenv("LISTEN_FDS");
        MUST(qf_listening_find("tcp://127.0.0.1:7300") == 0);
        MUST(!qf_listening_unclaimed(unclaimed));
}

static void in_a_process(void (*what)(const char *folder))
{
        struct temporary temporary;
        int status;

        temporary_make(&temporary);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                what(temporary.path);
                _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        temporary_remove(temporary.path, 1);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void sockets_are_found_by_their_address(void **state)
{
        (void)state;
        in_a_process(find_by_address);
}

static void a_door_has_two(void **state)
{
        (void)state;
        in_a_process(find_twice);
        in_a_process(make_twice);
}

static void a_star_is_any_address(void **state)
{
        (void)state;
        in_a_process(find_all_addresses);
}

static void without_systemd_there_is_none(void **state)
{
        (void)state;
        in_a_process(find_nothing);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sockets_are_found_by_their_address),
                cmocka_unit_test(a_door_has_two),
                cmocka_unit_test(a_star_is_any_address),
                cmocka_unit_test(without_systemd_there_is_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
