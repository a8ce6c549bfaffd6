/* Why these limits: all that a stranger can do without a token is to hold things.
 * A connection holds 8 KiB, at most 64 KiB of the kernel's for what it does not take,
 * and a descriptor, so they are counted, in all and for each address; one on which no
 * whole request comes within ten seconds is closed, however busily it dribbles
 * (libmicrohttpd's own timeout begins anew with each byte); a request's line and
 * headers are at most what those 8 KiB hold, and none has a body. */
#include "report/http.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "report/http_later.h"
#include "report/http_streams.h"
#include "report/token_use.h"
#include "service/listening.h"
#include "service/service.h"

enum {
        CONNECTIONS = 2048,
        PER_ADDRESS = 128,
        CONNECTION_BYTES = 8 * 1024,
        UNTAKEN_BYTES = 64 * 1024, /* else the kernel takes megabytes for one that never reads */
        BACKLOG = 4096,
        REQUEST_MS = 10 * 1000, /* in which a request must come, after the connection or the answer before */
        IDLE_S = 15,            /* an answer that is not taken */
        LOOK_MS = 500,
        TOKENS_MS = 1000,
        LOG_MS = 10 * 1000,
        LOG_TEXT = 200,
        FEATURES = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
};

struct connection { /* in a list, the newest first */
        struct qf_http *http;
        struct connection *next, **to_me;
        int fd;
        int64_t waits_since_ms; /* for a request; 0: it is being answered */
};

struct qf_http {
        struct MHD_Daemon *daemon;
        int fd; /* of epoll */
        struct qf_http_site site;
        struct qf_http_streams streams;
        struct qf_http_laters laters;
        bool stopping;
        struct qf_web *web;
        struct connection *connections;
        unsigned connections_most;
        struct qf_http_facts facts;
        int64_t look_ms, log_ms;
        uint64_t unsaid;         /* complaints of libmicrohttpd since the last that was logged */
        const char *tokens_path; /* NULL: none */
        struct qf_tokens *tokens;
        struct stat tokens_were; /* when they were read */
        int64_t tokens_ms;
        bool tokens_bad; /* said */
        struct qf_token_use token_use;
        struct qf_logbook *book;
};

/* --- tokens ------------------------------------------------------------------- */

static void complain_of_tokens(const char *path, int r, uint32_t line)
{
        if (r == QF_TOKENS_LINE)
                qf_log(QF_LOG_ERROR, "the file of tokens cannot be used: a line is wrong path=\"%s\" line=%u",
                       path, line);
        else
                qf_log(QF_LOG_ERROR, "the file of tokens cannot be used path=\"%s\" why=\"%s\"", path,
                       r == QF_TOKENS_MODE ? "others can read it, or it is another's: chmod 600"
                                           : strerror(-r));
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
        return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
               a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
               a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
               a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* A file that was changed is read within a second: a line that is taken out lets nobody in any more. One that cannot
 * be read leaves those that were. */
static int look_at_tokens(struct qf_http *http, bool first)
{
        struct qf_tokens *tokens = NULL;
        struct stat now = {0};
        uint32_t line;

        if (stat(http->tokens_path, &now) == 0 && is_same_file(&now, &http->tokens_were))
                return 0;
        int r = qf_tokens_read(http->tokens_path, &tokens, &line);
        if (r == 0) {
                (void)qf_tokens_free(http->tokens);
                http->site.tokens = http->tokens = tokens;
                http->tokens_were = now;
                http->tokens_bad = false;
                qf_log(QF_LOG_NOTICE, "tokens for HTTP were read count=%u", qf_tokens_count(tokens));
                qf_logbook_note(http->book, "tokens-read", "count=%u", qf_tokens_count(tokens));
                return 0;
        }
        if (!http->tokens_bad)
                complain_of_tokens(http->tokens_path, r, line);
        http->tokens_bad = true;
        return first ? QF_SERVICE_CONFIG : r == -ENOMEM ? r : 0;
}

/* --- what libmicrohttpd calls -------------------------------------------------- */

static void log_complaint(void *ctx, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* A line for each failed send, say, would be hundreds when a crowd leaves. */
static void log_complaint(void *ctx, const char *format, va_list args)
{
        struct qf_http *http = ctx;
        int64_t now_ms = qf_clock_mono_ms();
        char text[LOG_TEXT], shown[LOG_TEXT];

        http->unsaid++;
        if (http->log_ms && now_ms - http->log_ms < LOG_MS)
                return;
        (void)vsnprintf(text, sizeof(text), format, args);
        text[strcspn(text, "\n")] = '\0';
        http->log_ms = now_ms;
        qf_log(QF_LOG_INFO, "http count=%llu last=\"%s\"", (unsigned long long)http->unsaid,
               qf_text_escape(qf_view_of(text), shown, sizeof(shown)));
        http->unsaid = 0;
}

static void begin_connection(struct qf_http *http, struct MHD_Connection *of, void **ret_connection)
{
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(of, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct connection *connection = calloc(1, sizeof(*connection));

        if (!connection)
                return; /* one that nobody looks after: libmicrohttpd's own timeout must do */
        *connection = (struct connection){.http = http,
                                          .next = http->connections,
                                          .to_me = &http->connections,
                                          .fd = info ? info->connect_fd : -1,
                                          .waits_since_ms = qf_clock_mono_ms()};
        (void)setsockopt(connection->fd, SOL_SOCKET, SO_SNDBUF, &(int){UNTAKEN_BYTES}, sizeof(int));
        if (connection->next)
                connection->next->to_me = &connection->next;
        http->connections = connection;
        http->facts.connections++;
        *ret_connection = connection;
}

static void end_connection(struct connection *connection)
{
        if (!connection)
                return;
        *connection->to_me = connection->next;
        if (connection->next)
                connection->next->to_me = connection->to_me;
        connection->http->facts.connections--;
        free(connection);
}

static void hear_connection(void *ctx, struct MHD_Connection *of, void **connection,
                            enum MHD_ConnectionNotificationCode what)
{
        if (what == MHD_CONNECTION_NOTIFY_STARTED)
                begin_connection(ctx, of, connection);
        else
                end_connection(*connection);
}

static struct connection *connection_of(struct MHD_Connection *of)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(of, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

        return info ? info->socket_context : NULL;
}

static void hear_completed(void *ctx, struct MHD_Connection *of, void **request,
                           enum MHD_RequestTerminationCode how)
{
        struct connection *connection = connection_of(of);
        struct qf_http *http = ctx;

        (void)how;
        if (*request && *request != http) /* the mark that its headers were seen */
                qf_http_later_end(&http->laters, *request);
        *request = NULL;
        if (connection)
                connection->waits_since_ms = qf_clock_mono_ms();
}

/* --- answering ----------------------------------------------------------------- */

static const struct {
        const char *name, *value;
} headers[] = {
        /* The page may load what comes from here and nothing else; nobody may frame it, or guess at types. */
        {"Content-Security-Policy",
         "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
         "form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

static const char *caching_of(const struct qf_http_answer *answer)
{
        return answer->for_ever  ? "public, max-age=31536000, immutable"
               : answer->etag[0] ? "private, no-cache"
                                 : "no-store";
}

static bool add_headers(struct MHD_Response *response, const struct qf_http_answer *answer)
{
        char save_as[QF_HTTP_FILE_NAME + 40], retry[16];
        const struct {
                bool said;
                const char *name, *value;
        } more[] = {
                {true, "Content-Type", answer->type},
                {true, "Cache-Control", caching_of(answer)},
                {answer->etag[0] != '\0', "ETag", answer->etag},
                {answer->kept.at != NULL, "Vary", "Accept-Encoding"},
                {answer->zipped, "Content-Encoding", "gzip"},
                {answer->file_name[0] != '\0', "Content-Disposition", save_as},
                {answer->stream.read != NULL, "X-Accel-Buffering", "no"}, /* for nginx */
                {answer->retry_s > 0, "Retry-After", retry},
                {answer->wrong_method, "Allow", "GET, HEAD"},
                {answer->no_token, "WWW-Authenticate", "Bearer"},
        };
        bool added = true;

        (void)snprintf(retry, sizeof(retry), "%u", answer->retry_s);
        (void)snprintf(save_as, sizeof(save_as), "attachment; filename=\"%s\"", answer->file_name);
        for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
                added &= MHD_add_response_header(response, headers[i].name, headers[i].value) == MHD_YES;
        for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
                if (more[i].said && more[i].value)
                        added &= MHD_add_response_header(response, more[i].name, more[i].value) == MHD_YES;
        return added;
}

static struct MHD_Response *make_response(struct qf_http *http, struct MHD_Connection *to,
                                          struct qf_http_answer *answer)
{
        if (answer->stream.read)
                return qf_http_streams_begin(&http->streams, to, answer->stream);
        if (answer->kept.at) {
                char *kept = (char *)(uintptr_t)answer->kept.at; /* it is only read */
                return MHD_create_response_from_buffer(answer->kept.len, kept, MHD_RESPMEM_PERSISTENT);
        }
        return MHD_create_response_from_buffer(answer->body.len, answer->body.at, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result send_answer(struct qf_http *http, struct MHD_Connection *to,
                                   struct qf_http_answer *answer)
{
        struct MHD_Response *response = make_response(http, to, answer);

        if (!response) {
                qf_buffer_deinit(&answer->body);
                return MHD_NO;
        }
        enum MHD_Result sent =
                add_headers(response, answer) ? MHD_queue_response(to, answer->status, response) : MHD_NO;
        MHD_destroy_response(response);
        http->facts.answered[answer->status / 100 % 6]++;
        return sent;
}

/* This is called again when it is made. */
static enum MHD_Result send_later(struct qf_http *http, struct MHD_Connection *to,
                                  struct qf_http_answer *answer, void **seen)
{
        struct qf_http_later *later = qf_http_later_begin(&http->laters, to, answer);

        if (!later) {
                answer->making.close(answer->making.ctx);
                qf_buffer_deinit(&answer->body);
                return MHD_NO;
        }
        *seen = later;
        return MHD_YES;
}

static const char *find_argument(void *ctx, const char *name)
{
        return MHD_lookup_connection_value(ctx, MHD_GET_ARGUMENT_KIND, name);
}

struct arguments {
        struct MHD_Connection *of;
        const char *words;
        bool strange;
};

/* Only the first of a name is ever found. */
static enum MHD_Result look_at(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
        struct arguments *arguments = ctx;

        arguments->strange = !qf_http_is_word(arguments->words, name) ||
                             MHD_lookup_connection_value(arguments->of, kind, name) != value;
        return arguments->strange ? MHD_NO : MHD_YES;
}

static bool asks_only(void *ctx, const char *words)
{
        struct arguments arguments = {.of = ctx, .words = words};

        (void)MHD_get_connection_values(ctx, MHD_GET_ARGUMENT_KIND, look_at, &arguments);
        return !arguments.strange;
}

static const char *header(struct MHD_Connection *of, const char *name)
{
        return MHD_lookup_connection_value(of, MHD_HEADER_KIND, name);
}

/* An answer to the first call ends the connection, which is right when a body would follow: it is not waited for. */
static bool has_body(struct MHD_Connection *from)
{
        const char *length = header(from, "Content-Length");

        return header(from, "Transfer-Encoding") || (length && strcmp(length, "0") != 0);
}

/* Behind a proxy the address is the proxy's. */
static void print_address(struct MHD_Connection *of, char ret_text[NI_MAXHOST])
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(of, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        bool v6 = info && info->client_addr->sa_family == AF_INET6;
        socklen_t len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

        if (!info || getnameinfo(info->client_addr, len, ret_text, NI_MAXHOST, NULL, 0, NI_NUMERICHOST) != 0)
                ret_text[0] = '\0';
}

/* The first use of a token on a day, and each refusal of one that is not known: summed by the minute. */
static void note_token(struct qf_http *http, struct MHD_Connection *of, const struct qf_http_answer *answer)
{
        const struct qf_token *token = answer->token;
        char from[NI_MAXHOST];

        if (token && qf_token_use_first(&http->token_use, token->digest,
                                        (int32_t)(qf_clock_wall_ms() / (24 * 60 * 60 * 1000)))) {
                print_address(of, from);
                qf_logbook_note(http->book, "token-used", "token=\"%.*s\" from=\"%s\"", (int)token->name.len,
                                token->name.at, from);
        }
        if (answer->no_token && header(of, "Authorization")) {
                print_address(of, from);
                qf_logbook_visit(http->book, "token-refused", "", from, qf_clock_mono_ms());
        }
}

/* Called when the headers of a request are there, again when all of it is, and once more when its answer was made. */
static enum MHD_Result hear_request(void *ctx, struct MHD_Connection *from, const char *url,
                                    const char *method, const char *version, const char *body,
                                    size_t *body_len, void **seen)
{
        struct qf_http *http = ctx;
        struct connection *connection = connection_of(from);
        struct qf_http_answer answer = {0};
        const struct qf_http_request request = {.method = method,
                                                .path = url,
                                                .host = header(from, "Host"),
                                                .authorization = header(from, "Authorization"),
                                                .if_none_match = header(from, "If-None-Match"),
                                                .accept_encoding = header(from, "Accept-Encoding"),
                                                .last_event_id = header(from, "Last-Event-ID"),
                                                .argument = find_argument,
                                                .asks_only = asks_only,
                                                .ctx = from};

        (void)version, (void)body, (void)body_len;
        if (!*seen && !has_body(from)) {
                *seen = http;
                return MHD_YES;
        }
        if (connection)
                connection->waits_since_ms = 0;
        if (*seen && *seen != http) {
                answer = qf_http_later_take(*seen);
                return answer.status ? send_answer(http, from, &answer) : MHD_NO;
        }
        if (http->stopping) /* what slept now would sleep for ever, and libmicrohttpd ends a process that leaves it so */
                return MHD_NO;
        if (qf_http_answer(&http->site, &request, &answer) < 0) {
                qf_buffer_deinit(&answer.body);
                return MHD_NO;
        }
        if (http->tokens)
                note_token(http, from, &answer);
        return answer.making.step ? send_later(http, from, &answer, seen) : send_answer(http, from, &answer);
}

/* "%00" stays as it is: decoded it would end the text, and what follows would not be looked at. */
static size_t decode(void *ctx, struct MHD_Connection *from, char *text)
{
        (void)ctx, (void)from;
        return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

/* --- turns ----------------------------------------------------------------------- */

/* What is shut down here libmicrohttpd finds ended, and closes. */
static void drop_slow(struct qf_http *http, int64_t mono_ms)
{
        for (struct connection *connection = http->connections; connection; connection = connection->next) {
                if (connection->waits_since_ms == 0 || mono_ms - connection->waits_since_ms < REQUEST_MS)
                        continue;
                (void)shutdown(connection->fd, SHUT_RDWR);
                connection->waits_since_ms = 0;
                http->facts.dropped++;
        }
}

int qf_http_turn(struct qf_http *http, int64_t mono_ms, bool *ret_more)
{
        MHD_UNSIGNED_LONG_LONG timeout_ms;
        int r = 0;

        if (mono_ms - http->look_ms >= LOOK_MS) {
                http->look_ms = mono_ms;
                drop_slow(http, mono_ms);
        }
        if (http->tokens_path && mono_ms - http->tokens_ms >= TOKENS_MS) {
                http->tokens_ms = mono_ms;
                r = look_at_tokens(http, false);
        }
        qf_http_laters_turn(&http->laters, ret_more);
        if (r == 0 && MHD_run(http->daemon) != MHD_YES)
                r = -EIO;
        if (r == 0 && MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0)
                *ret_more = true;
        return r;
}

void qf_http_wake(struct qf_http *http)
{
        qf_http_streams_wake(&http->streams);
}

uint32_t qf_http_tokens_stamp(const struct qf_http *http)
{
        const struct stat *were = &http->tokens_were;

        return (uint32_t)(were->st_mtim.tv_sec ^ were->st_mtim.tv_nsec ^ (int64_t)were->st_ino);
}

const struct qf_tokens *qf_http_tokens(const struct qf_http *http)
{
        return http->tokens;
}

const char *qf_http_web_version(const struct qf_http *http)
{
        return qf_web_version(http->web);
}

int qf_http_fd(const struct qf_http *http)
{
        return http->fd;
}

struct qf_http_facts qf_http_facts(const struct qf_http *http)
{
        struct qf_http_facts facts = http->facts;

        facts.streams = http->streams.count;
        facts.connections_most = http->connections_most;
        return facts;
}

/* --- start and stop ---------------------------------------------------------------- */

static int start_daemon(struct qf_http *http, const struct qf_http_config *config, int listening)
{
        unsigned connections = http->connections_most;
        unsigned per_address = config->per_address ? *config->per_address : PER_ADDRESS;

        /* The logger comes first, or what goes wrong with the others is told on stderr. */
        http->daemon = MHD_start_daemon(
                FEATURES, 0, NULL, NULL, hear_request, http, MHD_OPTION_EXTERNAL_LOGGER, log_complaint, http,
                MHD_OPTION_LISTEN_SOCKET, listening, MHD_OPTION_CONNECTION_LIMIT, connections,
                MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address, MHD_OPTION_CONNECTION_TIMEOUT,
                (unsigned)IDLE_S, MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                MHD_OPTION_NOTIFY_CONNECTION, hear_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
                hear_completed, http, MHD_OPTION_UNESCAPE_CALLBACK, decode, NULL, MHD_OPTION_END);
        if (!http->daemon)
                return -EIO;
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        http->fd = info ? info->epoll_fd : -1;
        return http->fd < 0 ? -EIO : 0;
}

static int listen_at(struct qf_http *http, const struct qf_http_config *config)
{
        int listening = -1;

        if (!http->tokens_path && !qf_listening_is_local(config->listen)) {
                qf_log(QF_LOG_ERROR,
                       "HTTP is for this machine only as long as there are no tokens: listen at tcp://127.0.0.1:7302, or "
                       "name a file of tokens (http: tokens:, see qf token new) listen=%s",
                       config->listen);
                return QF_SERVICE_CONFIG;
        }
        int r = qf_listening_open(config->listen, &listening);
        if (r == -EINVAL) {
                qf_log(QF_LOG_ERROR, "HTTP listens at tcp://ADDRESS:PORT, not at this listen=%s",
                       config->listen);
                return QF_SERVICE_CONFIG;
        }
        if (r == 0) {
                r = start_daemon(http, config, listening);
                if (!http->daemon)
                        (void)close(listening);
        }
        if (r < 0)
                qf_log(QF_LOG_ERROR, "cannot listen for HTTP listen=%s error=\"%s\"", config->listen,
                       strerror(-r));
        else
                qf_log(QF_LOG_NOTICE, "HTTP is answered here listen=%s tokens=%s", config->listen,
                       http->tokens ? "asked for" : "none");
        return r;
}

static int read_web(struct qf_http *http, const struct qf_http_config *config)
{
        char folder[QF_WEB_FOLDER];
        int r = qf_web_folder(config->web, folder);

        if (r == 0)
                r = qf_web_open(folder, &http->web);
        http->site.web = http->web;
        return r;
}

int qf_http_open(const struct qf_http_config *config, const struct qf_http_route *routes,
                 uint32_t routes_count, void *ctx, struct qf_logbook *book, struct qf_http **ret_http)
{
        struct qf_http *http = calloc(1, sizeof(*http));
        int r = http ? 0 : -ENOMEM;

        if (r == 0) {
                http->site =
                        (struct qf_http_site){.routes = routes, .routes_count = routes_count, .ctx = ctx};
                http->tokens_path = config->tokens;
                http->book = book;
                http->connections_most = config->connections ? *config->connections : CONNECTIONS;
        }
        if (r == 0)
                r = read_web(http, config);
        if (r == 0 && http->tokens_path)
                r = look_at_tokens(http, true);
        if (r == 0)
                r = listen_at(http, config);
        if (r != 0) {
                (void)qf_http_close(http);
                return r;
        }
        *ret_http = http;
        return 0;
}

struct qf_http *qf_http_close(struct qf_http *http)
{
        if (!http)
                return NULL;
        if (http->daemon) {
                http->stopping = true;
                qf_http_streams_end(&http->streams);
                qf_http_laters_end(&http->laters);
                (void)MHD_run(http->daemon);
                MHD_stop_daemon(http->daemon);
        }
        (void)qf_tokens_free(http->tokens);
        (void)qf_web_free(http->web);
        free(http);
        return NULL;
}
