/* Why: the door. libzmq asks here, over inproc and by ZeroMQ RFC 27, about every
 * CURVE handshake of the process; the answer is a User-Id or no. Closed by
 * default: anything but a well-formed CURVE request that decide knows is
 * answered 400. Memory is touched only, so an answer takes microseconds. An address
 * with too many connections, or that asks too often, is put off, whatever its key.
 *
 *     request: "1.0" · id · domain · address · routing id · mechanism · credentials…
 *     answer:  "1.0" · id · "200" or "400" · text · User-Id · (no metadata) */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/keys.h"
#include "wire/monitor.h"
#include "wire/socket.h"
#include "wire/socket_context.h"

enum { PARTS = 7, PART_BYTES = 256, REQUESTS_PER_TURN = 64, WATCHED_MAX = 32, FDS = 65536 };

struct qf_zap {
        void *zmq;
        qf_zap_decide decide;
        void *ctx;
        struct qf_crowd *crowd;     /* NULL: no limits */
        void *watched[WATCHED_MAX]; /* monitors */
        struct qf_socket *watched_socket[WATCHED_MAX];
        uint32_t watched_count;
        uint8_t open[FDS / 8]; /* bit: a connection with that descriptor stands */
        uint32_t connections;
        uint64_t crowded;
        char crowded_last[QF_CROWD_ADDRESS_BYTES];
};

struct request {
        int parts;
        size_t len[PARTS];
        char part[PARTS][PART_BYTES]; /* NUL-terminated, also where a part was cut */
};

/* No literal: a linker may keep that as the end of our own "0.1.0", which tests/integration/versions makes another. */
static const char zap_version[] = "1.0";

enum { VERSION, REQUEST_ID, DOMAIN, ADDRESS, ROUTING_ID, MECHANISM, CREDENTIAL };

int qf_zap_open(struct qf_context *context, qf_zap_decide decide, void *ctx, struct qf_zap **ret_zap)
{
        static const int no_linger;
        struct qf_zap *zap = calloc(1, sizeof *zap);

        if (!zap)
                return -ENOMEM;
        *zap = (struct qf_zap){.decide = decide, .ctx = ctx};
        zap->zmq = zmq_socket(qf_context_handle(context), ZMQ_REP);
        if (!zap->zmq || zmq_setsockopt(zap->zmq, ZMQ_LINGER, &no_linger, sizeof no_linger) != 0 ||
            zmq_bind(zap->zmq, "inproc://zeromq.zap.01") != 0) {
                int r = -errno;
                qf_zap_close(zap);
                return r;
        }
        *ret_zap = zap;
        return 0;
}

struct qf_zap *qf_zap_close(struct qf_zap *zap)
{
        if (!zap)
                return NULL;
        if (zap->zmq)
                (void)zmq_close(zap->zmq);
        for (uint32_t i = 0; i < zap->watched_count; i++)
                qf_monitor_close(qf_socket_handle(zap->watched_socket[i]), zap->watched[i]);
        (void)qf_crowd_free(zap->crowd);
        free(zap);
        return NULL;
}

void *qf_zap_handle(struct qf_zap *zap)
{
        return zap->zmq;
}

/* 0; positive 1: nothing waits. A part longer than its room keeps its true length and is thereby no match. */
static int read_part(void *zmq, char *part, size_t *ret_len, bool *ret_more)
{
        int more = 0;
        size_t room = sizeof more;
        int n;

        do
                n = zmq_recv(zmq, part, PART_BYTES - 1, ZMQ_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN ? 1 : -errno;
        part[n < PART_BYTES - 1 ? n : PART_BYTES - 1] = '\0';
        *ret_len = (size_t)n;
        if (zmq_getsockopt(zmq, ZMQ_RCVMORE, &more, &room) != 0)
                return -errno;
        *ret_more = more != 0;
        return 0;
}

static int read_request(void *zmq, struct request *request)
{
        char rest[PART_BYTES];
        size_t rest_len;
        bool more = true;

        *request = (struct request){0};
        while (more) {
                bool kept = request->parts < PARTS;
                int r = read_part(zmq, kept ? request->part[request->parts] : rest,
                                  kept ? &request->len[request->parts] : &rest_len, &more);
                if (r != 0)
                        return r;
                request->parts++;
        }
        return 0;
}

/* --- limits of an address ------------------------------------------------------- */

int qf_zap_limit(struct qf_zap *zap, struct qf_crowd_limits limits)
{
        return qf_crowd_new(limits, &zap->crowd);
}

int qf_zap_watch(struct qf_zap *zap, struct qf_context *context, struct qf_socket *socket)
{
        QF_ASSERT(zap->watched_count < WATCHED_MAX);
        int r = qf_monitor_open(context, qf_socket_handle(socket),
                                ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED,
                                &zap->watched[zap->watched_count]);
        zap->watched_socket[zap->watched_count] = socket;
        zap->watched_count += r == 0;
        return r;
}

uint64_t qf_zap_crowded(const struct qf_zap *zap, const char **ret_last)
{
        *ret_last = zap->crowded_last;
        return zap->crowded;
}

static void note_crowded(struct qf_zap *zap, const char *address)
{
        size_t len = strlen(address);

        zap->crowded++;
        if (len < sizeof zap->crowded_last)
                memcpy(zap->crowded_last, address, len + 1);
}

/* As libzmq prints it in a request. false: gone already, or not of the internet, where no address is one of many. */
static bool find_address(int fd, char ret_address[QF_CROWD_ADDRESS_BYTES])
{
        struct sockaddr_storage name = {0};
        socklen_t len = sizeof name;

        if (getpeername(fd, (struct sockaddr *)&name, &len) != 0 ||
            (name.ss_family != AF_INET && name.ss_family != AF_INET6))
                return false;
        return getnameinfo((struct sockaddr *)&name, len, ret_address, QF_CROWD_ADDRESS_BYTES, NULL, 0,
                           NI_NUMERICHOST) == 0;
}

/* The descriptor is libzmq's, and may be another connection's by now: but then one of the same address, which has too
 * many. */
static void cut(int fd, const char *of)
{
        char address[QF_CROWD_ADDRESS_BYTES];

        if (find_address(fd, address) && strcmp(address, of) == 0)
                (void)shutdown(fd, SHUT_RDWR);
}

uint32_t qf_zap_connections(const struct qf_zap *zap)
{
        return zap->connections;
}

/* An end that was not told shows when the descriptor is another connection's. */
static void count(struct qf_zap *zap, int fd, bool open)
{
        if (fd < 0 || fd >= FDS || open == (zap->open[fd / 8] >> fd % 8 & 1))
                return;
        zap->open[fd / 8] ^= (uint8_t)(1 << fd % 8);
        zap->connections += open ? 1 : UINT32_MAX;
}

static void count_connections(struct qf_zap *zap)
{
        char address[QF_CROWD_ADDRESS_BYTES];
        int64_t now_ms = qf_clock_mono_ms();
        uint16_t event;
        int32_t fd;

        for (uint32_t i = 0; i < zap->watched_count; i++) {
                while (qf_monitor_next(zap->watched[i], &event, &fd)) {
                        count(zap, fd, event != ZMQ_EVENT_DISCONNECTED);
                        if (event == ZMQ_EVENT_DISCONNECTED)
                                qf_crowd_closed(zap->crowd, fd);
                        else if (find_address(fd, address) &&
                                 !qf_crowd_opened(zap->crowd, fd, address, now_ms)) {
                                note_crowded(zap, address);
                                cut(fd, address);
                        }
                }
        }
}

/* The endpoint of a socket whose key cannot change while it is open; NULL: there is none. */
static const char *find_fixed(const struct qf_zap *zap)
{
        for (uint32_t i = 0; i < zap->watched_count; i++)
                if (!qf_socket_can_rekey(zap->watched_socket[i]))
                        return qf_socket_endpoint(zap->watched_socket[i]);
        return NULL;
}

/* Connections that are closed with what accepted them end without an event. */
static int rekey_all(struct qf_zap *zap, const struct qf_curve *curve)
{
        int r = 0;

        if (zap->crowd) {
                count_connections(zap);
                qf_crowd_all_closed(zap->crowd);
                memset(zap->open, 0, sizeof zap->open);
                zap->connections = 0;
        }
        for (uint32_t i = 0; i < zap->watched_count && r == 0; i++)
                r = qf_socket_rekey(zap->watched_socket[i], curve);
        return r;
}

int qf_zap_rekey(struct qf_zap *zap, const char *now, const char *path, struct qf_curve *curve,
                 char ret_marks[QF_KEY_MARKS])
{
        struct qf_curve fresh = {0};
        char shown[256];
        int r = qf_key_read_server(now, path, &fresh);

        if (r != 0)
                qf_log(QF_LOG_ERROR,
                       "the server's key was not taken anew, the one that was there holds path=\"%s\" why=\"%s\"",
                       qf_text_escape(qf_view_of(qf_key_server_file(now, path)), shown, sizeof shown),
                       qf_key_why(r));
        if (r != 0 || memcmp(&fresh, curve, sizeof fresh) == 0) {
                explicit_bzero(&fresh, sizeof fresh);
                return 1;
        }
        const char *fixed = find_fixed(zap);
        if (fixed) {
                qf_log(QF_LOG_WARNING,
                       "the server's key takes effect at a restart: only libzmq can bind this endpoint, and changes no "
                       "key; name an address instead of an interface endpoint=%s",
                       fixed);
                explicit_bzero(&fresh, sizeof fresh);
                return 1;
        }
        r = rekey_all(zap, &fresh);
        if (r < 0)
                qf_log(QF_LOG_ERROR, "the server's key cannot change while this runs error=\"%s\"",
                       strerror(-r));
        if (r == 0) {
                *curve = fresh;
                qf_key_marks(curve, ret_marks);
                qf_log(QF_LOG_NOTICE, "the server's key changed, everybody comes in anew keys=%s", ret_marks);
        }
        explicit_bzero(&fresh, sizeof fresh);
        return r;
}

/* --- answers ---------------------------------------------------------------------- */

/* Of the internet: others come over files of this machine, and say "localhost:…". */
static bool is_crowded(struct qf_zap *zap, const char *address)
{
        bool local = address[0] == '\0' || strncmp(address, "localhost", 9) == 0;

        if (!zap->crowd || local || qf_crowd_asks(zap->crowd, address, qf_clock_mono_ms()))
                return false;
        note_crowded(zap, address);
        return true;
}

/* By its length too: what follows a NUL is part of it. */
static bool says(const struct request *request, unsigned part, struct qf_view text)
{
        return qf_view_same((struct qf_view){request->part[part], (uint32_t)request->len[part]}, text);
}

static const char *judge(const struct qf_zap *zap, const struct request *request)
{
        if (request->parts != PARTS || !says(request, VERSION, qf_view_of(zap_version)) ||
            !says(request, MECHANISM, QF_VIEW("CURVE")) || request->len[CREDENTIAL] != 32)
                return NULL;
        return zap->decide(zap->ctx, (const uint8_t *)request->part[CREDENTIAL], request->part[ADDRESS]);
}

/* Whoever is told 400 does not come back; 300 is for those who may later, and are not told why. */
static int answer(void *zmq, const struct request *request, const char *user, bool crowded)
{
        const char *status = user ? "200" : crowded ? "300" : "400";
        const char *text = user ? "" : crowded ? "later" : "key not known";
        size_t id_len = request->len[REQUEST_ID] < PART_BYTES ? request->len[REQUEST_ID] : 0;
        const struct {
                const void *at;
                size_t len;
        } parts[] = {{zap_version, 3},     {request->part[REQUEST_ID], id_len},         {status, 3},
                     {text, strlen(text)}, {user ? user : "", user ? strlen(user) : 0}, {"", 0}};

        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
                int flags = i + 1 < sizeof parts / sizeof parts[0] ? ZMQ_SNDMORE : 0;
                if (zmq_send(zmq, parts[i].at, parts[i].len, flags | ZMQ_DONTWAIT) < 0)
                        return -errno;
        }
        return 0;
}

int qf_zap_turn(struct qf_zap *zap)
{
        struct request request;

        if (zap->crowd)
                count_connections(zap);
        for (int i = 0; i < REQUESTS_PER_TURN; i++) {
                int r = read_request(zap->zmq, &request);
                if (r != 0)
                        return r < 0 ? r : 0;
                bool crowded = request.parts == PARTS && is_crowded(zap, request.part[ADDRESS]);
                r = answer(zap->zmq, &request, crowded ? NULL : judge(zap, &request), crowded);
                if (r != 0)
                        return r;
        }
        return 0;
}
