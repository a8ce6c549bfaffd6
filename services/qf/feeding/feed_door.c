/* Why these limits: whoever may connect is trusted with the partner's records, but
 * not to be without mistakes. A body is at most 1 MiB, and so many connections hold
 * one at a time; one that says nothing for half a minute is closed.
 *
 * Why the headers are looked at: a page of any web site can make a browser on this
 * machine post to 127.0.0.1. It can't under the name of this machine, and not with a
 * type other than a form's unless it asks before, to which the answer is no. */
#include "qf/feeding/feed_door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/text.h"
#include "service/listening.h"
#include "views/json.h"

enum {
        CONNECTIONS = 64,
        CONNECTION_BYTES = 16 * 1024,
        IDLE_S = 30,
        DROPPED_BYTES_MAX = 16 * 1024 * 1024,
        TURN_MS = 1000,
        VERDICTS = 100, /* when nobody says how many */
};

struct qf_door {
        struct qf_cli *cli;
        struct qf_posts *posts;
        struct MHD_Daemon *daemon;
        const char *file; /* of the socket; NULL: none */
        int failed;       /* negative: what a request found */
};

struct hearing { /* one request */
        struct qf_buffer body;
        struct qf_post_answer refused; /* status 0: it is not */
        size_t dropped;                /* bytes of a body that is refused */
};

/* --- before the body ---------------------------------------------------- */

static bool is_type(const char *type)
{
        static const char *const types[] = {"application/x-ndjson", "application/jsonl", "application/json"};

        for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++) {
                const size_t len = strlen(types[i]);
                if (strncasecmp(type, types[i], len) == 0 && (type[len] == '\0' || strchr("; \t", type[len])))
                        return true;
        }
        return false;
}

static struct qf_post_answer too_long(const struct qf_cli *cli)
{
        return qf_post_say(cli, 413, "一次最多 1 MiB。什么都没有收：分几次发。",
                           "at most 1 MiB at a time; nothing was taken: send it in parts.");
}

/* The method that a path is for; NULL: there is no such path. */
static const char *method_of(const char *path)
{
        static const char *const to_read[] = {"/status", "/healthz", "/verdicts"};

        for (size_t i = 0; i < sizeof(to_read) / sizeof(to_read[0]); i++)
                if (strcmp(path, to_read[i]) == 0)
                        return "GET";
        return strcmp(path, "/events") == 0 ? "POST" : NULL;
}

struct request { /* headers; NULL: not there */
        const char *method, *path, *host, *origin, *type, *length;
        bool by_address; /* not by a file, which has an owner */
};

/* Refuses what needs no body to be refused; else *ret_answer stays as it is. */
static void refuse_early(const struct qf_cli *cli, const struct request *request,
                         struct qf_post_answer *ret_answer)
{
        const char *method = method_of(request->path);
        uint64_t length = 0;

        if (request->by_address && (!request->host || !qf_listening_is_local_name(request->host)))
                *ret_answer = qf_post_say(
                        cli, 421, "问的不是本机的名字：用 127.0.0.1 或 localhost。",
                        "asked under a name that is not this machine's: use 127.0.0.1 or localhost.");
        else if (request->origin)
                *ret_answer = qf_post_say(cli, 403, "网页不能在这里报送。", "web pages may not feed here.");
        else if (!method)
                *ret_answer = qf_post_say(cli, 404, "没有这个地址：/events、/verdicts、/status、/healthz。",
                                          "there is no such path: /events, /verdicts, /status, /healthz.");
        else if (strcmp(method, request->method) != 0)
                *ret_answer = qf_post_say(cli, 405, "/events 用 POST，别的用 GET。",
                                          "POST /events, GET the others.");
        else if (*method == 'P' && !is_type(request->type))
                *ret_answer = qf_post_say(
                        cli, 415,
                        "要写明 Content-Type: application/x-ndjson（每行一个 JSON 对象）。什么都没有收。",
                        "say Content-Type: application/x-ndjson (one JSON object a line); nothing was taken.");
        else if (request->length && (!qf_text_number(qf_view_of(request->length), UINT64_MAX, &length) ||
                                     length > QF_POST_BYTES_MAX))
                *ret_answer = too_long(cli);
        if (ret_answer->status == 405)
                ret_answer->allow = method;
}

/* --- answering ---------------------------------------------------------- */

static enum MHD_Result send_answer(struct MHD_Connection *to, struct qf_post_answer *answer)
{
        struct qf_buffer body = {0};
        char retry[16];

        if (qf_json_append(answer->json, &body) || /* which lets go of it */
            qf_buffer_append(&body, "\n", 1)) {    /* or the prompt of a shell stands behind the answer */
                qf_buffer_deinit(&body);
                return MHD_NO;
        }
        struct MHD_Response *response =
                MHD_create_response_from_buffer(body.len, body.at, MHD_RESPMEM_MUST_FREE);
        if (!response) {
                qf_buffer_deinit(&body);
                return MHD_NO;
        }
        (void)snprintf(retry, sizeof(retry), "%u", answer->retry_s);
        bool added = MHD_add_response_header(response, "Content-Type", "application/json") == MHD_YES &&
                     MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES;
        if (added && answer->retry_s)
                added = MHD_add_response_header(response, "Retry-After", retry) == MHD_YES;
        if (added && answer->allow)
                added = MHD_add_response_header(response, "Allow", answer->allow) == MHD_YES;
        enum MHD_Result sent = added ? MHD_queue_response(to, answer->status, response) : MHD_NO;
        MHD_destroy_response(response);
        return sent;
}

static const char *header(struct MHD_Connection *of, const char *name)
{
        return MHD_lookup_connection_value(of, MHD_HEADER_KIND, name);
}

static uint64_t argument(struct MHD_Connection *of, const char *name, uint64_t most, uint64_t otherwise)
{
        const char *text = MHD_lookup_connection_value(of, MHD_GET_ARGUMENT_KIND, name);
        uint64_t value;

        return text && qf_text_number(qf_view_of(text), most, &value) ? value : otherwise;
}

static int answer_whole(struct qf_door *door, struct MHD_Connection *from, const char *path,
                        const struct hearing *hearing, struct qf_post_answer *answer)
{
        const struct qf_view body = {(const char *)hearing->body.at, (uint32_t)hearing->body.len};

        if (strcmp(path, "/events") == 0)
                return qf_posts_take(door->posts, body, header(from, "Idempotency-Key"), answer);
        if (strcmp(path, "/verdicts") == 0)
                return qf_posts_verdicts(door->posts, argument(from, "first", INT64_MAX, 1),
                                         argument(from, "count", QF_POST_VERDICTS_MAX, VERDICTS), answer);
        if (strcmp(path, "/healthz") == 0)
                qf_posts_health(door->posts, answer);
        else
                qf_posts_status(door->posts, answer);
        return 0;
}

static enum MHD_Result hear_end(struct qf_door *door, struct MHD_Connection *from, const char *path,
                                struct hearing *hearing)
{
        struct qf_post_answer answer = {0};

        if (hearing->refused.status) {
                answer = hearing->refused;
                hearing->refused.json = NULL;
                return send_answer(from, &answer);
        }
        int result = door->failed ? door->failed : answer_whole(door, from, path, hearing, &answer);
        if (result < 0) { /* nobody knows whether it was kept: no answer is the truth */
                door->failed = result;
                json_decref(answer.json);
                return MHD_NO;
        }
        return send_answer(from, &answer);
}

/* The first call of a request, when its headers are there. One that is refused is heard to its end all the same, up to
 * a bound: most programs look for an answer only when they have said everything. */
static enum MHD_Result hear_begin(struct qf_door *door, struct MHD_Connection *from, const char *path,
                                  const char *method, void **seen)
{
        const struct request request = {.method = method,
                                        .path = path,
                                        .host = header(from, "Host"),
                                        .origin = header(from, "Origin"),
                                        .type = header(from, "Content-Type"),
                                        .length = header(from, "Content-Length"),
                                        .by_address = !door->file};
        struct hearing *hearing = calloc(1, sizeof(*hearing));

        if (!hearing)
                return MHD_NO;
        refuse_early(door->cli, &request, &hearing->refused);
        *seen = hearing;
        return MHD_YES;
}

static enum MHD_Result hear_part(struct qf_door *door, struct hearing *hearing, const char *part,
                                 size_t bytes)
{
        if (!hearing->refused.status && hearing->body.len + bytes > QF_POST_BYTES_MAX)
                hearing->refused = too_long(door->cli); /* one that did not say its length */
        if (!hearing->refused.status)
                return qf_buffer_append(&hearing->body, part, bytes) ? MHD_NO : MHD_YES;
        hearing->dropped += bytes;
        return hearing->dropped <= DROPPED_BYTES_MAX ? MHD_YES : MHD_NO;
}

/* Called when the headers of a request are there, with each part of its body, and when all of it is. */
static enum MHD_Result hear_request(void *ctx, struct MHD_Connection *from, const char *path,
                                    const char *method, const char *version, const char *part,
                                    size_t *part_bytes, void **seen)
{
        const size_t bytes = *part_bytes;

        (void)version;
        if (!*seen)
                return hear_begin(ctx, from, path, method, seen);
        if (bytes == 0)
                return hear_end(ctx, from, path, *seen);
        *part_bytes = 0;
        return hear_part(ctx, *seen, part, bytes);
}

static void hear_completed(void *ctx, struct MHD_Connection *of, void **seen,
                           enum MHD_RequestTerminationCode how)
{
        struct hearing *hearing = *seen;

        (void)ctx, (void)of, (void)how;
        if (hearing) {
                qf_buffer_deinit(&hearing->body);
                json_decref(hearing->refused.json);
        }
        free(hearing);
        *seen = NULL;
}

/* --- opening ------------------------------------------------------------ */

static int listen_at(struct qf_door *door, const char *listen, int *ret_fd)
{
        static const char unix_[] = "unix:";
        char endpoint[QF_LISTENING_TEXT];

        if (strncmp(listen, unix_, sizeof(unix_) - 1) == 0) {
                int result = qf_listening_open_private(listen + sizeof(unix_) - 1, ret_fd);
                if (result == 0)
                        door->file = listen + sizeof(unix_) - 1;
                return result;
        }
        (void)snprintf(endpoint, sizeof(endpoint), "tcp://%s", listen);
        return qf_listening_is_local(endpoint) ? qf_listening_open(endpoint, ret_fd) : -EINVAL;
}

static int start(struct qf_door *door, int fd)
{
        door->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, hear_request, door,
                                        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                                        (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                                        (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                        (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                                        MHD_OPTION_NOTIFY_COMPLETED, hear_completed, NULL, MHD_OPTION_END);
        return door->daemon ? 0 : -EIO;
}

static int said(struct qf_cli *cli, const char *listen, int result)
{
        if (result == -EINVAL)
                qf_cli_misused(
                        cli,
                        "--listen 要写成 unix:文件 或 127.0.0.1:端口，而不是“%s”：这里没有密钥，只给本机的程序用。",
                        "--listen is unix:PATH or 127.0.0.1:PORT, not \"%s\": it has no keys, and is for programs "
                        "of this machine.",
                        listen);
        else if (result == -EADDRINUSE)
                qf_cli_fail(
                        cli, QF_EXIT_OTHER,
                        "%s 已被占用：另一个程序在用，或那里有个不是套接字的文件。\n换一个地方。",
                        "%s is in use: another process listens there, or something lies there that is no socket.\n"
                        "Use another place.",
                        listen);
        else
                qf_cli_broke(cli, result, listen);
        cli->exit_code = result == -EINVAL ? QF_EXIT_USAGE : QF_EXIT_OTHER;
        return 1;
}

int qf_door_open(struct qf_cli *cli, const char *listen, struct qf_posts *posts, struct qf_door **ret_door)
{
        struct qf_door *door = calloc(1, sizeof(*door));
        int fd = -1, result = door ? 0 : -ENOMEM;

        if (result == 0) {
                *door = (struct qf_door){.cli = cli, .posts = posts};
                result = listen_at(door, listen, &fd);
        }
        if (result == 0) {
                result = start(door, fd);
                if (result)
                        (void)close(fd);
        }
        if (result) {
                door = qf_door_close(door);
                return said(cli, listen, result);
        }
        *ret_door = door;
        return 0;
}

struct qf_door *qf_door_close(struct qf_door *door)
{
        if (!door)
                return NULL;
        if (door->daemon)
                MHD_stop_daemon(door->daemon);
        if (door->file)
                (void)unlink(door->file);
        free(door);
        return NULL;
}

int qf_door_fd(const struct qf_door *door)
{
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        return info ? info->epoll_fd : -1;
}

int qf_door_turn(struct qf_door *door, int64_t *ret_wait_ms)
{
        MHD_UNSIGNED_LONG_LONG timeout_ms;

        if (MHD_run(door->daemon) != MHD_YES)
                return -EIO;
        *ret_wait_ms = TURN_MS;
        if (MHD_get_timeout(door->daemon, &timeout_ms) == MHD_YES && timeout_ms < TURN_MS)
                *ret_wait_ms = (int64_t)timeout_ms;
        return door->failed;
}
