/* Why: a server's key is in the hands of all its partners, and they change theirs on
 * different days. So for a while the server answers to two, and nothing restarts:
 *
 *     server.secret, .public    began            ended
 *     ────────── old ─────── new, old ───────── new ────
 *     who has    old           old              –
 *                              new              new
 *                              both             both
 *
 * Guarantees: each file is whole at any moment; the new key is on disk before anybody
 * is told of it; a step that was broken off, or of which not all were told, is gone on
 * with by the same words. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "qf/cli/there.h"
#include "qf/office/cmd_key.h"
#include "qf/operator/systemctl.h"
#include "wire/keys.h"

static const uint8_t none[32];

static bool changes(const struct qf_curve *curve)
{
        return memcmp(curve->former_secret_key, none, sizeof none) != 0;
}

/* --- telling the daemons ------------------------------------------------------------- */

/* The relay only connects: it starts again, and has both keys then. 0 or 1. */
static int tell_units(struct qf_cli *cli, const char *name)
{
        static const char *const reload[2] = {"reload-or-restart"}, *const again[2] = {"try-restart"};
        static const char *const doors[QF_UNITS_MOST] = {"qf-ingest.service", "qf-report.service"};
        static const char *const relay[QF_UNITS_MOST] = {"qf-relay.service"};
        struct qf_instance instance;

        return qf_instance_name(cli, name[0] != '\0' ? name : NULL, &instance) ||
               qf_systemctl_units(cli, &instance, reload, doors) ||
               qf_systemctl_units(cli, &instance, again, relay);
}

/* 0 or 1. *ret_told: false: nobody runs, or others than qf up and systemd run it. */
static int tell(struct qf_cli *cli, bool *ret_told)
{
        const char *name = qf_instance_of(cli->dir);
        pid_t up = qf_there_up(cli->dir);

        *ret_told = true;
        if (up > 0)
                return kill(up, SIGHUP) == 0 ? 0 : qf_cli_broke(cli, -errno, "qf up") != 0;
        if (name && access("/run/systemd/system", F_OK) == 0)
                return tell_units(cli, name);
        *ret_told = false;
        return 0;
}

/* --- the files ------------------------------------------------------------------------- */

struct paths {
        char secret[PATH_MAX], public[PATH_MAX];
};

/* 0 or 1. */
static int read_server(struct qf_cli *cli, struct paths *paths, struct qf_curve *ret_curve)
{
        (void)snprintf(paths->secret, sizeof paths->secret, "%s/keys/server.secret", cli->dir);
        (void)snprintf(paths->public, sizeof paths->public, "%s/keys/server.public", cli->dir);
        int r = qf_key_read_server(NULL, paths->secret, ret_curve);
        if (r == 0)
                return 0;
        return qf_cli_fail(cli, QF_EXIT_OTHER, "读不了服务器的密钥 %s：%s。\n在服务器上以它的主人运行。",
                           "the server's key %s cannot be read: %s.\nRun this on the server, as its owner.",
                           paths->secret, qf_key_why(r)) != 0;
}

/* The former key keeps its owner's hands: the file is replaced, not written into. 0 or 1. */
static int write_server(struct qf_cli *cli, const struct paths *paths, const struct qf_curve *curve)
{
        int r = qf_key_write_server(paths->secret, curve);

        if (r == 0)
                r = qf_key_write_servers(paths->public, curve->public_key, curve->former_public_key);

        return r < 0 ? qf_cli_broke(cli, r, paths->secret) != 0 : 0;
}

static void say(const struct qf_cli *cli, const struct paths *paths, const struct qf_curve *curve, bool told)
{
        char key[QF_KEY_TEXT], former[QF_KEY_TEXT] = "";

        qf_key_text(curve->public_key, key);
        if (changes(curve))
                qf_key_text(curve->former_public_key, former);
        if (cli->json) {
                printf("{\"public\":\"%s\",\"former\":\"%s\",\"told\":%s}\n", key, former,
                       told ? "true" : "false");
                return;
        }
        printf("%s\n", key);
        if (changes(curve))
                printf(qf_cli_say(
                               cli,
                               "%s\n\n两把都认，新的在前。把 %s（两行）发给所有报送方和读取方；只放得下一把的程序用第一行。\n"
                               "都换好之后：qf key server end\n",
                               "%s\n\nThe server answers to both, the new one first. Give %s (two lines) to all partners and "
                               "readers; a program that holds one key takes the first.\n"
                               "When all have it: qf key server end\n"),
                       former, paths->public);
        if (!told)
                puts(qf_cli_say(
                        cli,
                        "服务没有运行，或不是 qf up 或 systemd 启动的：给 qf-ingest 和 qf-report 发 SIGHUP，重启 qf-relay。",
                        "The service does not run, or was not started by qf up or systemd: send SIGHUP to qf-ingest and "
                        "qf-report, and start qf-relay again."));
}

/* --- the steps --------------------------------------------------------------------------- */

/* 0 or 1. */
static int begin(struct qf_cli *cli, struct qf_curve *curve)
{
        if (changes(curve)) /* begun before: files and daemons are told once more, there is no third key */
                return 0;
        memcpy(curve->former_public_key, curve->public_key, sizeof curve->public_key);
        memcpy(curve->former_secret_key, curve->secret_key, sizeof curve->secret_key);
        int r = qf_key_make(curve->public_key, curve->secret_key);
        return r < 0 ? qf_cli_broke(cli, r, "qf key server") != 0 : 0;
}

/* Ended before, or never begun: files and daemons are told once more, as an end that was broken off needs. */
static void end(struct qf_curve *curve)
{
        memset(curve->former_public_key, 0, sizeof curve->former_public_key);
        explicit_bzero(curve->former_secret_key, sizeof curve->former_secret_key);
}

static int change(struct qf_cli *cli, const char *step)
{
        struct qf_curve curve = {0};
        struct paths paths = {0};
        bool told = true;
        int r = read_server(cli, &paths, &curve);

        if (r == 0 && step && strcmp(step, "begin") == 0)
                r = begin(cli, &curve);
        else if (r == 0 && step)
                end(&curve);
        if (r == 0 && step)
                r = write_server(cli, &paths, &curve) || tell(cli, &told);
        if (r == 0)
                say(cli, &paths, &curve, told);
        explicit_bzero(&curve, sizeof curve);
        return r == 0 ? QF_EXIT_DONE : cli->exit_code;
}

static int run_server(struct qf_cli *cli, int argc, char **argv)
{
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count))
                return cli->exit_code;
        if (!cli->dir)
                return qf_cli_misused(cli, "要给 --dir：服务器的目录。",
                                      "give --dir: the server's directory.");
        if (count > 0 && strcmp(argv[0], "begin") != 0 && strcmp(argv[0], "end") != 0)
                return qf_cli_misused(cli, "只有 begin 和 end，没有“%s”。",
                                      "there are begin and end, not \"%s\".", argv[0]);
        return change(cli, count > 0 ? argv[0] : NULL);
}

const struct qf_command qf_cmd_key_server = {
        .name = "server",
        .zh = "换服务器的密钥",
        .en = "change the key of the server",
        .run = run_server,
        .arguments = "[begin|end]",
        .arguments_max = 1,
        .more_zh = "在服务器上换它的密钥，不用重启：begin 之后两把都认，end 之后只认新的。",
        .more_en =
                "On the server: changes its key without a restart. From begin on it answers to two keys, from end on "
                "to the new one.",
};
