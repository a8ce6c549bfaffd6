/* Why: every command that talks to a daemon meets the same few troubles (no key
 * yet, a key others can read, nobody there, a door that stays shut) and says the
 * same about them, with the way out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "qf/cli/cli.h"
#include "qf/cli/there.h"
#include "wire/keys.h"

enum { SLICE_MS = 50, FRAME_BYTES_MAX = 16 * 1024 * 1024, RECEIVE_HWM = 256 };

int qf_cli_context(struct qf_cli *cli, struct qf_context **ret_context)
{
        if (!cli->context) {
                int r = qf_context_new(1, &cli->context);
                if (r < 0) {
                        qf_cli_broke(cli, r, "ZeroMQ");
                        return 1;
                }
        }
        *ret_context = cli->context;
        return 0;
}

/* --- keys ------------------------------------------------------------------- */

bool qf_cli_is_office(const struct qf_cli *cli)
{
        return strcmp(cli->source, "office") == 0;
}

const char *qf_cli_key_advice(const struct qf_cli *cli, const char *public_text,
                              char ret_advice[QF_CLI_ADVICE_BYTES])
{
        if (qf_cli_is_office(cli))
                (void)snprintf(
                        ret_advice, QF_CLI_ADVICE_BYTES,
                        qf_cli_say(
                                cli,
                                "在服务器上，私钥没了就先做新的：qf key new office --dir %s；再重启 qf-ingest"
                                "（停下 qf up 再启动，或 systemctl restart qf-ingest），它启动时认 keys/office.public",
                                "On the server's machine: where the secret half is lost, qf key new office --dir %s; then "
                                "restart qf-ingest (stop qf up and start it, or systemctl restart qf-ingest), which takes "
                                "keys/office.public when it starts"),
                        cli->dir ? cli->dir : qf_cli_say(cli, "目录", "DIR"));
        else
                (void)snprintf(
                        ret_advice, QF_CLI_ADVICE_BYTES,
                        qf_cli_say(
                                cli, "请办公室登记：qf key add %s %s%s%s --org 机构 --role feed,read",
                                "Ask the office to register it: qf key add %s %s%s%s --org ORG --role feed,read"),
                        cli->source, public_text ? "'" : "",
                        public_text ? public_text : qf_cli_say(cli, "公钥", "PUBLIC"),
                        public_text ? "'" : "");
        return ret_advice;
}

static int said_about_key(struct qf_cli *cli, int r, const char *path)
{
        char advice[QF_CLI_ADVICE_BYTES];

        if (r == QF_KEY_MODE)
                qf_cli_fail(cli, QF_EXIT_REFUSED, "密钥文件 %s 别人也能读。\n改为只有自己能读：chmod 600 %s",
                            "the key file %s can be read by others.\nMake it yours alone: chmod 600 %s", path,
                            path);
        else if (r == QF_KEY_SHAPE)
                qf_cli_fail(cli, QF_EXIT_REFUSED, "%s 里不是一个密钥。\n用 qf key new 重新制作。",
                            "%s holds no key.\nMake one anew with qf key new.", path);
        else if (r == -ENOENT && path == cli->key && qf_cli_is_office(cli))
                qf_cli_fail(cli, QF_EXIT_REFUSED, "没有办公室的密钥文件 %s。\n%s。",
                            "there is no key file of the office %s.\n%s.", path,
                            qf_cli_key_advice(cli, NULL, advice));
        else if (r == -ENOENT)
                qf_cli_fail(
                        cli, QF_EXIT_REFUSED,
                        "没有密钥文件 %s。\n用 qf key new 制作，并请办公室用 qf key add 登记。",
                        "there is no key file %s.\nMake one with qf key new, and ask the office to register it with "
                        "qf key add.",
                        path);
        else
                qf_cli_broke(cli, r, path);
        return 1;
}

/* The CURVE keys for cli->source towards cli->server_public. 0 or 1. The caller clears it when done. */
static int read_curve(struct qf_cli *cli, struct qf_curve *ret_curve)
{
        struct qf_curve curve = {0};
        int r = qf_key_read_servers(cli->server_public, curve.server_key, curve.other_server_key);

        if (r == -ENOENT) {
                qf_cli_fail(
                        cli, QF_EXIT_REFUSED, "没有服务器的公钥 %s。\n向办公室要：qf up 启动时打印它。",
                        "there is no public key of the server at %s.\nAsk the office for it: qf up prints it at start.",
                        cli->server_public);
                return 1;
        }
        if (r != 0)
                return said_about_key(cli, r, cli->server_public);
        r = qf_key_read_secret(cli->key, curve.secret_key, curve.public_key);
        if (r != 0)
                return said_about_key(cli, r, cli->key);
        *ret_curve = curve;
        explicit_bzero(&curve, sizeof curve);
        return 0;
}

/* --- connecting --------------------------------------------------------------- */

static int connect_to(struct qf_cli *cli, const char *endpoint, bool keys, struct qf_socket **ret_socket)
{
        struct qf_context *context = NULL;
        struct qf_curve curve = {0};

        if (qf_cli_context(cli, &context) != 0 || (keys && read_curve(cli, &curve) != 0))
                return 1;
        struct qf_socket_options options = {.type = QF_DEALER,
                                            .curve = keys ? &curve : NULL,
                                            .frame_bytes_max = FRAME_BYTES_MAX,
                                            .receive_hwm = RECEIVE_HWM};
        int r = qf_socket_connect(context, &options, endpoint, ret_socket);
        explicit_bzero(&curve, sizeof curve);
        if (r == 0)
                return 0;
        qf_cli_broke(cli, r, endpoint);
        return 1;
}

int qf_cli_connect_feed(struct qf_cli *cli, struct qf_socket **ret_socket)
{
        return connect_to(cli, cli->feed, true, ret_socket);
}

int qf_cli_connect_read(struct qf_cli *cli, struct qf_socket **ret_socket)
{
        return connect_to(cli, cli->read, true, ret_socket);
}

int qf_cli_connect_journal(struct qf_cli *cli, struct qf_socket **ret_socket)
{
        if (!cli->journal)
                return qf_cli_fail(
                               cli, QF_EXIT_USAGE,
                               "不知道日志在哪里。\n请加 --dir 目录；在别的机器上，配置文件里写 journal: "
                               "tcp://主机:端口（服务器 ingest.yaml 的 follow）。",
                               "where is the journal?\nGive --dir DIR; on another machine write journal: "
                               "tcp://HOST:PORT into the configuration (follow of the server's ingest.yaml).") !=
                       0;
        return connect_to(cli, cli->journal, !cli->dir, ret_socket);
}

/* --- talking ------------------------------------------------------------------ */

int qf_cli_away(struct qf_cli *cli, struct qf_socket *socket)
{
        const char *endpoint = qf_socket_endpoint(socket);
        char advice[QF_CLI_ADVICE_BYTES], start[QF_CLI_START_BYTES];

        if (qf_socket_refused(socket))
                return qf_cli_fail(cli, QF_EXIT_REFUSED, "%s 不认“%s”的密钥，或它没有查看权限。\n%s",
                                   "%s does not know the key of \"%s\", or it may not read.\n%s", endpoint,
                                   cli->source, qf_cli_key_advice(cli, NULL, advice));
        if (!cli->dir)
                return qf_cli_fail(
                        cli, QF_EXIT_AWAY,
                        "%s 没有回答。\n网络、地址、服务公钥哪里不对：qf doctor；都对就问办公室服务是否在运行。",
                        "%s does not answer.\nIs it the network, the address or the server's key? See qf doctor; where all is well, "
                        "ask the office whether the service runs.",
                        endpoint);
        return qf_cli_fail(cli, QF_EXIT_AWAY, "%s 没有回答。\n看服务是否在运行：qf status；启动：%s",
                           "%s does not answer.\nSee whether it runs: qf status; start: %s", endpoint,
                           qf_cli_start(cli->dir, start));
}

/* Whether waiting is over before its time. */
static bool in_vain(struct qf_cli *cli, struct qf_socket *socket, int64_t end, struct qf_there *there)
{
        if (qf_cli_interrupted(cli)) {
                cli->exit_code = QF_EXIT_OTHER;
                return true;
        }
        if (qf_clock_mono_ms() < end && !qf_socket_refused(socket) && !qf_there_in_vain(there))
                return false;
        qf_cli_away(cli, socket);
        return true;
}

int qf_cli_send(struct qf_cli *cli, struct qf_socket *socket, struct qf_view frame, int64_t timeout_ms)
{
        int64_t end = qf_clock_mono_ms() + timeout_ms;
        struct qf_there there = {cli, qf_socket_endpoint(socket), 0};

        for (;;) {
                int r = qf_socket_send(socket, NULL, frame, (struct qf_view){0});
                if (r == 0)
                        return 0;
                if (r == 1)
                        r = qf_socket_wait_send(socket, SLICE_MS);
                if (r < 0) {
                        qf_cli_broke(cli, r, qf_socket_endpoint(socket));
                        return 1;
                }
                if (r == 1 && in_vain(cli, socket, end, &there))
                        return 1;
        }
}

int qf_cli_receive(struct qf_cli *cli, struct qf_socket *socket, int64_t timeout_ms,
                   struct qf_received *ret_received)
{
        int64_t end = qf_clock_mono_ms() + timeout_ms;
        struct qf_there there = {cli, qf_socket_endpoint(socket), 0};

        for (;;) {
                int r = qf_socket_receive(socket, ret_received);
                if (r == 0)
                        return 0;
                if (r == 1)
                        r = qf_socket_wait(&socket, 1, SLICE_MS);
                if (r < 0) {
                        qf_cli_broke(cli, r, qf_socket_endpoint(socket));
                        return 1;
                }
                if (r == 1 && in_vain(cli, socket, end, &there))
                        return 1;
        }
}
