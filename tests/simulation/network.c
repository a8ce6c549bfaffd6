/* Why: see network.h. A connection is made by its DEALER, which tries again until
 * there is somebody; a ROUTER knows it by an id that is never given twice. With
 * CURVE it stands only once the server's door has said yes. */
#include "simulation/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/socket.h"

enum { RETRY_MS = 100, HWM = 64, PARTS_MAX = 16, FIRST_DELAY_US = 40, DELAY_US = 400 };

enum side { AT_DEALER, AT_ROUTER };

struct message {
        struct message *next;
        uint64_t connection; /* that it came by */
        char user[64];
        uint32_t len[2];
        bool has_second;
        uint8_t bytes[];
};

struct link { /* of a DEALER to whoever is bound where it wants to be */
        struct qf_socket *dealer, *router;
        struct link *next;
        bool up, refused, asking;
        uint64_t id; /* of the connection, the ROUTER's id for it */
        char user[64];
        uint32_t under_way[2]; /* to each side, the queue at it included */
        int64_t last_ns[2];    /* arrival of the last one to each side: the next is not before it */
};

struct qf_context {
        struct qf_zap *zap;
};

struct qf_socket {
        struct sim_readable readable;
        struct qf_socket *next; /* of the process */
        struct sim_process *process;
        struct qf_context *context;
        enum qf_socket_type type;
        bool bound, curve;
        bool strong; /* what goes through it may be lost, doubled, late */
        char endpoint[64];
        uint8_t public_key[32];
        uint32_t receive_hwm, send_hwm, connections;
        struct message *first, **end, *given; /* queue; what the last receive gave */
        struct link *link;                    /* of a DEALER */
};

struct qf_zap {
        struct sim_readable readable;
        struct sim_process *process;
        qf_zap_decide decide;
        void *ctx;
};

static struct {
        struct link *links;
        uint64_t ids;
        struct {
                const struct sim_machine *a, *b;
                int64_t until_ns;
        } parts[PARTS_MAX];
        unsigned parts_next;
} net;

/* Two differ in their first eight bytes, as random ones do: a User-Id has no more of them. */
void sim_key(uint32_t number, uint8_t ret_public[32], uint8_t ret_secret[32])
{
        memset(ret_secret, 0, 32);
        (void)snprintf((char *)ret_secret, 32, "%08u secret", number);
        memset(ret_public, 0, 32);
        (void)snprintf((char *)ret_public, 32, "%08u public", number);
}

/* --- links -------------------------------------------------------------------------------- */

static struct qf_socket *bound_at(const char *endpoint)
{
        for (uint32_t i = 0; i < sim.processes_count; i++)
                for (struct qf_socket *socket = sim.processes[i]->sockets; socket; socket = socket->next)
                        if (socket->bound && strcmp(socket->endpoint, endpoint) == 0)
                                return socket;
        return NULL;
}

static bool is_parted(const struct sim_machine *a, const struct sim_machine *b)
{
        for (unsigned i = 0; i < PARTS_MAX; i++)
                if (net.parts[i].until_ns > sim.now_ns && ((net.parts[i].a == a && net.parts[i].b == b) ||
                                                           (net.parts[i].a == b && net.parts[i].b == a)))
                        return true;
        return false;
}

void sim_network_part(struct sim_machine *a, struct sim_machine *b, int64_t until_ns)
{
        net.parts[net.parts_next].a = a;
        net.parts[net.parts_next].b = b;
        net.parts[net.parts_next].until_ns = until_ns;
        net.parts_next = (net.parts_next + 1) % PARTS_MAX;
}

void sim_network_heal(void)
{
        memset(net.parts, 0, sizeof(net.parts));
}

static struct link *link_of_id(uint64_t id)
{
        for (struct link *link = net.links; link; link = link->next)
                if (link->id == id)
                        return link;
        return NULL;
}

static void try_to_connect(void *ctx, uint64_t id);

/* A broken connection is tried again under another id: what was on the way finds nobody. */
static void break_link(struct link *link)
{
        link->up = link->asking = false;
        link->router = NULL;
        link->under_way[0] = link->under_way[1] = 0;
        link->last_ns[0] = link->last_ns[1] = 0;
        link->id = ++net.ids;
        sim_at(sim.now_ns + RETRY_MS * SIM_MS / 2 + sim_between(0, RETRY_MS * SIM_MS), try_to_connect, NULL,
               link->id);
}

static void stand(struct link *link, const char *user)
{
        link->asking = false;
        link->up = true;
        link->dealer->connections++;
        (void)snprintf(link->user, sizeof(link->user), "%s", user);
        sim_process_wake(link->dealer->process, sim.now_ns);
}

static void try_to_connect(void *ctx, uint64_t id)
{
        struct link *link = link_of_id(id);

        (void)ctx;
        if (!link || link->up || link->refused || link->asking)
                return;
        struct qf_socket *router = bound_at(link->dealer->endpoint);
        if (!router || is_parted(router->process->machine, link->dealer->process->machine)) {
                sim_at(sim.now_ns + RETRY_MS * SIM_MS, try_to_connect, NULL, id);
                return;
        }
        link->router = router;
        if (!router->curve) {
                stand(link, "");
                return;
        }
        link->asking = true;
        sim_process_wake(router->process, sim.now_ns);
}

static void drop_link(struct link *link)
{
        struct link **at = &net.links;

        while (*at != link)
                at = &(*at)->next;
        *at = link->next;
        sim_free(link);
}

/* --- the door ------------------------------------------------------------------------------- */

static struct link *next_asking(const struct sim_process *process)
{
        for (struct link *link = net.links; link; link = link->next)
                if (link->asking && link->router->process == process)
                        return link;
        return NULL;
}

static bool zap_waits(const struct sim_readable *readable)
{
        return next_asking(((const struct qf_zap *)readable)->process) != NULL;
}

int qf_zap_open(struct qf_context *context, qf_zap_decide decide, void *ctx, struct qf_zap **ret_zap)
{
        struct qf_zap *zap = calloc(1, sizeof(*zap));

        if (!zap)
                return -ENOMEM;
        *zap = (struct qf_zap){{zap_waits}, sim.running, decide, ctx};
        context->zap = zap;
        *ret_zap = zap;
        return 0;
}

struct qf_zap *qf_zap_close(struct qf_zap *zap)
{
        free(zap);
        return NULL;
}

void *qf_zap_handle(struct qf_zap *zap)
{
        return zap;
}

/* The world has no addresses. */
int qf_zap_limit(struct qf_zap *zap, struct qf_crowd_limits limits)
{
        (void)zap;
        (void)limits;
        return 0;
}

int qf_zap_watch(struct qf_zap *zap, struct qf_context *context, struct qf_socket *socket)
{
        (void)zap;
        (void)context;
        (void)socket;
        return 0;
}

/* The world's server keeps its key. */
int qf_zap_rekey(struct qf_zap *zap, const char *now, const char *path, struct qf_curve *curve,
                 char ret_marks[QF_KEY_MARKS])
{
        (void)ret_marks;
        (void)zap;
        (void)now;
        (void)path;
        (void)curve;
        return 1;
}

uint32_t qf_zap_connections(const struct qf_zap *zap)
{
        (void)zap;
        return 0;
}

uint64_t qf_zap_crowded(const struct qf_zap *zap, const char **ret_last)
{
        (void)zap;
        *ret_last = "";
        return 0;
}

int qf_zap_turn(struct qf_zap *zap)
{
        struct link *link;

        while ((link = next_asking(zap->process)) != NULL) {
                const char *user = zap->decide(zap->ctx, link->dealer->public_key, "simulated");
                if (user) {
                        stand(link, user);
                        continue;
                }
                SIM_PROBE("key refused");
                link->asking = false;
                link->refused = true;
                sim_process_wake(link->dealer->process, sim.now_ns);
        }
        return 0;
}

/* --- sockets ---------------------------------------------------------------------------------- */

static bool socket_waits(const struct sim_readable *readable)
{
        return ((const struct qf_socket *)readable)->first != NULL;
}

int qf_context_new(uint32_t io_threads, struct qf_context **ret_context)
{
        (void)io_threads;
        *ret_context = calloc(1, sizeof(**ret_context));
        return *ret_context ? 0 : -ENOMEM;
}

struct qf_context *qf_context_free(struct qf_context *context)
{
        free(context);
        return NULL;
}

static int open_socket(struct qf_context *context, const struct qf_socket_options *options,
                       const char *endpoint, struct qf_socket **ret_socket)
{
        struct qf_socket *socket = calloc(1, sizeof(*socket));

        if (!socket)
                return -ENOMEM;
        socket->readable.waits = socket_waits;
        socket->process = sim.running;
        socket->context = context;
        socket->type = options->type;
        socket->curve = options->curve != NULL;
        if (options->curve)
                memcpy(socket->public_key, options->curve->public_key, 32);
        socket->receive_hwm = options->receive_hwm ? options->receive_hwm : HWM;
        socket->send_hwm = options->send_hwm ? options->send_hwm : HWM;
        socket->end = &socket->first;
        (void)snprintf(socket->endpoint, sizeof(socket->endpoint), "%s", endpoint);
        socket->strong = strstr(endpoint, "feed") != NULL;
        socket->next = socket->process->sockets;
        socket->process->sockets = socket;
        *ret_socket = socket;
        return 0;
}

int qf_socket_bind(struct qf_context *context, const struct qf_socket_options *options, const char *endpoint,
                   struct qf_socket **ret_socket)
{
        if (bound_at(endpoint))
                return -EADDRINUSE;
        int r = open_socket(context, options, endpoint, ret_socket);
        if (r == 0)
                (*ret_socket)->bound = true;
        return r;
}

int qf_socket_connect(struct qf_context *context, const struct qf_socket_options *options,
                      const char *endpoint, struct qf_socket **ret_socket)
{
        int r = open_socket(context, options, endpoint, ret_socket);

        if (r < 0)
                return r;
        struct link *link = sim_new(sizeof(*link));
        *link = (struct link){.dealer = *ret_socket, .next = net.links, .id = ++net.ids};
        net.links = link;
        (*ret_socket)->link = link;
        sim_at(sim.now_ns + sim_between(SIM_MS / 10, 2 * SIM_MS), try_to_connect, NULL, link->id);
        return 0;
}

/* The connections of a socket that is gone. */
static void forget_socket(const struct qf_socket *socket)
{
        for (struct link *link = net.links, *next; link; link = next) {
                next = link->next;
                if (link->dealer == socket)
                        drop_link(link);
                else if (link->router == socket)
                        break_link(link);
        }
}

static void empty_queue(struct qf_socket *socket)
{
        while (socket->first) {
                struct message *next = socket->first->next;
                sim_free(socket->first);
                socket->first = next;
        }
        sim_free(socket->given);
        socket->given = NULL;
}

struct qf_socket *qf_socket_close(struct qf_socket *socket)
{
        if (!socket)
                return NULL;
        struct qf_socket **at = &socket->process->sockets;
        while (*at != socket)
                at = &(*at)->next;
        *at = socket->next;
        forget_socket(socket);
        empty_queue(socket);
        free(socket);
        return NULL;
}

void sim_network_drop(struct sim_process *process)
{
        struct qf_socket *sockets = process->sockets;

        process->sockets = NULL;
        for (struct qf_socket *socket = sockets; socket; socket = socket->next) {
                forget_socket(socket);
                empty_queue(socket);
        }
}

void sim_network_end(void)
{
        while (net.links)
                drop_link(net.links);
        memset(&net, 0, sizeof(net));
}

void *qf_socket_handle(struct qf_socket *socket)
{
        return socket;
}

const char *qf_socket_endpoint(const struct qf_socket *socket)
{
        return socket->endpoint;
}

uint64_t qf_socket_dropped(const struct qf_socket *socket)
{
        (void)socket;
        return 0;
}

bool qf_socket_refused(struct qf_socket *socket)
{
        return socket->link && socket->link->refused;
}

uint32_t qf_socket_connections(struct qf_socket *socket)
{
        return socket->connections;
}

int qf_socket_wait_send(struct qf_socket *socket, int64_t timeout_ms)
{
        (void)timeout_ms;
        return socket->link && socket->link->up ? 0 : 1; /* nobody here waits */
}

int qf_socket_wait(struct qf_socket *const *sockets, uint32_t count, int64_t timeout_ms)
{
        (void)sockets;
        (void)count;
        (void)timeout_ms;
        return 1;
}

int qf_socket_wait_or(struct qf_socket *socket, int fd, int64_t timeout_ms)
{
        (void)fd;
        return qf_socket_wait(&socket, 1, timeout_ms);
}

/* --- messages ----------------------------------------------------------------------------------- */

struct parcel {
        enum side to;
        struct message *message;
};

void sim_network_deliver(void *ctx, uint64_t id)
{
        struct parcel *parcel = ctx;
        struct link *link = link_of_id(id);
        struct message *message = parcel->message;
        enum side to = parcel->to;

        sim_free(parcel);
        if (!link || !link->up) {
                sim_free(message);
                return;
        }
        struct qf_socket *socket = to == AT_DEALER ? link->dealer : link->router;
        message->next = NULL;
        *socket->end = message;
        socket->end = &message->next;
        sim.messages++;
        sim_process_wake(socket->process, sim.now_ns);
}

static struct message *pack(const struct link *link, struct qf_view frame, struct qf_view second)
{
        struct message *message = sim_new(sizeof(*message) + frame.len + second.len);

        message->connection = link->id;
        memcpy(message->user, link->user, sizeof(message->user));
        message->len[0] = frame.len;
        message->len[1] = second.len;
        message->has_second = second.at != NULL;
        if (frame.len)
                memcpy(message->bytes, frame.at, frame.len);
        if (second.len)
                memcpy(message->bytes + frame.len, second.at, second.len);
        return message;
}

/* In order, unless the seed wants it otherwise. */
static int64_t arrival(struct link *link, enum side to)
{
        int64_t now_ns = sim_local_ns();
        int64_t at_ns = now_ns + FIRST_DELAY_US * 1000 + (int64_t)sim_below(DELAY_US * 1000);

        if (link->dealer->strong && sim_chance(sim.rates.late)) {
                SIM_PROBE("message came late");
                return at_ns + sim_between(SIM_MS, 400 * SIM_MS);
        }
        if (at_ns < link->last_ns[to])
                at_ns = link->last_ns[to];
        link->last_ns[to] = at_ns;
        return at_ns;
}

static void post(struct link *link, enum side to, struct qf_view frame, struct qf_view second)
{
        struct parcel *parcel = sim_new(sizeof(*parcel));

        *parcel = (struct parcel){to, pack(link, frame, second)};
        link->under_way[to]++;
        sim_at(arrival(link, to), sim_network_deliver, parcel, link->id);
}

static struct link *link_for(struct qf_socket *socket, const struct qf_peer *peer)
{
        uint64_t id;

        if (!peer)
                return socket->link;
        if (peer->len != sizeof(id))
                return NULL;
        memcpy(&id, peer->id, sizeof(id));
        return link_of_id(id);
}

int qf_socket_send(struct qf_socket *socket, const struct qf_peer *peer, struct qf_view frame,
                   struct qf_view second)
{
        struct link *link = link_for(socket, peer);
        enum side to = peer ? AT_DEALER : AT_ROUTER;

        if (!link || !link->up)
                return 1;
        const struct qf_socket *other = peer ? link->dealer : link->router;
        if (is_parted(socket->process->machine, other->process->machine) || sim_chance(sim.rates.cut)) {
                SIM_PROBE("connection cut");
                sim_say("connection cut");
                break_link(link);
                return sim_below(2) ? 1 : 0; /* taken and lost, or not taken */
        }
        if (link->under_way[to] >= socket->send_hwm + other->receive_hwm) {
                SIM_PROBE("queue full");
                return 1;
        }
        if (socket->strong && sim_chance(sim.rates.lose)) {
                SIM_PROBE("message lost");
                return 0;
        }
        post(link, to, frame, second);
        if (socket->strong && sim_chance(sim.rates.twice)) {
                SIM_PROBE("message came twice");
                post(link, to, frame, second);
        }
        return 0;
}

int qf_socket_receive(struct qf_socket *socket, struct qf_received *ret_received)
{
        struct message *message = socket->first;

        sim_free(socket->given);
        socket->given = message;
        if (!message)
                return 1;
        socket->first = message->next;
        if (!socket->first)
                socket->end = &socket->first;
        struct link *link = link_of_id(message->connection);
        if (link)
                link->under_way[socket->bound ? AT_ROUTER : AT_DEALER]--;
        *ret_received = (struct qf_received){.frames = message->has_second ? 2 : 1};
        if (socket->bound) {
                ret_received->peer.len = sizeof(message->connection);
                memcpy(ret_received->peer.id, &message->connection, sizeof(message->connection));
        }
        if (socket->bound && socket->curve)
                ret_received->user = qf_view_of(message->user);
        ret_received->frame[0] = (struct qf_view){(const char *)message->bytes, message->len[0]};
        if (message->has_second)
                ret_received->frame[1] =
                        (struct qf_view){(const char *)message->bytes + message->len[0], message->len[1]};
        return 0;
}
