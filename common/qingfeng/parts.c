/* Why: each handle has a connection of its own, so that handles need no lock. */
#include "qingfeng/parts.h"

#include <errno.h>
#include <string.h>

#include "wire/keys.h"

enum { FRAME_BYTES_MAX = 16 * 1024 * 1024, RECEIVE_HWM = 256 };

static int key_error(int r)
{
        return r == QF_KEY_MODE ? -EPERM : r == QF_KEY_SHAPE ? -EINVAL : r;
}

static int read_keys(const struct qingfeng_server *server, struct qf_curve *ret_curve)
{
        int r = qf_key_read_servers(server->server_public, ret_curve->server_key,
                                    ret_curve->other_server_key);
        if (!r)
                r = qf_key_read_secret(server->key, ret_curve->secret_key, ret_curve->public_key);
        return key_error(r);
}

int qf_line_open(const struct qingfeng_server *server, struct qf_line *ret_line)
{
        struct qf_line line = {0};
        struct qf_curve curve = {0};
        if (!server || !server->endpoint || !server->server_public || !server->key)
                return -EINVAL;
        const struct qf_socket_options options = {.type = QF_DEALER,
                                                  .curve = &curve,
                                                  .frame_bytes_max = FRAME_BYTES_MAX,
                                                  .receive_hwm = RECEIVE_HWM};
        int r = read_keys(server, &curve);
        if (!r)
                r = qf_context_new(1, &line.context);
        if (!r)
                r = qf_socket_connect(line.context, &options, server->endpoint, &line.socket);
        explicit_bzero(&curve, sizeof(curve));
        if (r)
                qf_line_close(&line);
        else
                *ret_line = line;
        return r;
}

void qf_line_close(struct qf_line *line)
{
        if (line->socket)
                line->socket = qf_socket_close(line->socket);
        if (line->context)
                line->context = qf_context_free(line->context);
}

int qf_said(struct qf_buffer *say, struct qf_view sentence, int outcome)
{
        say->len = 0;
        if (qf_buffer_append(say, sentence.len ? sentence.at : "", sentence.len) ||
            qf_buffer_append(say, "", 1))
                say->len = 0;
        return outcome;
}

const char *qf_sentence(const struct qf_buffer *say)
{
        return say->len ? (const char *)say->at : "";
}

struct qingfeng_counts qf_counts_told(const struct qf_counts *counts)
{
        return (struct qingfeng_counts){
                .records = counts->of[QF_RECORDS],
                .activities = counts->of[QF_ACTIVITIES],
                .attendances = counts->of[QF_ATTENDANCES],
                .records_unknown = counts->of[QF_RECORDS_UNKNOWN],
                .activities_unknown = counts->of[QF_ACTIVITIES_UNKNOWN],
        };
}

const char *qingfeng_version(void)
{
        return QF_VERSION;
}
