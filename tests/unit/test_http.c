/* report/http: a server that stops while answers are made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/http.h"

enum { DEADLINE_MS = 10000 };

struct counted { /* questions that are being answered, and that were */
        unsigned open, begun;
};

static int go_on(void *ctx, struct qf_http_answer *answer)
{
        (void)ctx, (void)answer;
        return QF_HTTP_GOES_ON;
}

static void close_made(void *ctx)
{
        struct counted *counted = ctx;

        counted->open--;
}

static int answer_later(void *ctx, const struct qf_http_reader *reader, const struct qf_http_request *request,
                        struct qf_http_answer *answer)
{
        struct counted *counted = ctx;

        (void)reader, (void)request;
        counted->open++;
        counted->begun++;
        answer->making = (struct qf_http_making){counted, go_on, close_made};
        return 0;
}

/* A port that was free just now. */
static struct sockaddr_in find_address(void)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
        (void)close(fd);
        return address;
}

static int connect_to(const struct sockaddr_in *address)
{
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof *address), 0);
        return fd;
}

static void ask(int fd)
{
        static const char asked[] = "GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

        assert_int_equal(send(fd, asked, sizeof asked - 1, 0), sizeof asked - 1);
}

static void turn(struct qf_http *http, int64_t end)
{
        bool more;

        assert_true(qf_clock_mono_ms() < end);
        assert_int_equal(qf_http_turn(http, qf_clock_mono_ms(), &more), 0);
}

/* One is being answered, the other asks when the server has had its last turn. */
static void nobody_sleeps_when_it_stops(void **state)
{
        static const struct qf_http_route routes[] = {{"/slow", QF_HTTP_OPEN, answer_later, NULL}};
        const struct sockaddr_in address = find_address();
        const int64_t end = qf_clock_mono_ms() + DEADLINE_MS;
        struct counted counted = {0};
        struct qf_http *http = NULL;
        char listen[64], said[64] = "";

        (void)state;
        (void)snprintf(listen, sizeof listen, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
        const struct qf_http_config config = {.listen = listen};
        assert_int_equal(qf_http_open(&config, routes, 1, &counted, NULL, &http), 0);
        int first = connect_to(&address), second = connect_to(&address);
        ask(first);
        while (!counted.open || qf_http_facts(http).connections < 2)
                turn(http, end);
        ask(second);
        qf_http_close(http);
        assert_int_equal(counted.open, 0);
        assert_int_equal(counted.begun, 1);
        assert_true(recv(first, said, sizeof said - 1, 0) > 0);
        assert_memory_equal(said, "HTTP/1.1 503", 12);
        (void)close(first);
        (void)close(second);
}

int main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_sleeps_when_it_stops)};

        return cmocka_run_group_tests_name("HTTP", tests, NULL, NULL);
}
