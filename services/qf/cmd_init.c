/* `qf init`: from an installed package to a service that is up and closed. What it
 * does can be done again: keys that are there stay, what runs goes on. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qf/cli.h"
#include "qf/site_keys.h"

static const char keys_folder[] = "/etc/qingfeng/keys";

struct options {
        const char *programme;
};

static const struct qf_option table[] = {
        {"programme", QF_OPTION_TEXT, offsetof(struct options, programme), "FILE", "启动后装载这个统计方案",
         "load this programme once it is up", 0},
        {0},
};

static const struct qf_usage usage = {
        .options = table,
        .local = true,
        .zh = "装好软件包之后以 root 运行一次：制作还没有的密钥，启用并启动服务。只有本机能连，只有登记过的密钥能进。",
        .en = "To be run once as root after the package is installed: makes the keys that are not there, enables and "
              "starts the services. Only this machine reaches them, and only registered keys get in.",
};

/* 0 or 1. */
static int systemctl(struct qf_cli *cli, const char *const argv[])
{
        pid_t child;
        int status;
        int r = posix_spawnp(&child, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ);

        if (r != 0)
                return qf_cli_broke(cli, -r, argv[0]) != 0;
        while (waitpid(child, &status, 0) < 0)
                if (errno != EINTR)
                        return qf_cli_broke(cli, -errno, argv[0]) != 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        return qf_cli_fail(cli, QF_EXIT_OTHER, "服务没有启动。\n看原因：journalctl -u 'qf-*' -n 50",
                           "the services did not start.\nSee why: journalctl -u 'qf-*' -n 50") != 0;
}

/* 0 or 1. */
static int start(struct qf_cli *cli)
{
        static const char *const enable[] = {"systemctl", "--quiet", "enable", "qingfeng.target", NULL};
        static const char *const timers[] = {
                "systemctl", "--quiet", "enable", "--now", "qingfeng-backup.timer", "qingfeng-audit.timer",
                NULL};
        /* The services by name: starting a target does not wait for what it wants. */
        static const char *const begin[] = {
                "systemctl", "start", "qingfeng.target", "qf-ingest", "qf-aggregate", "qf-report", NULL};

        if (access("/run/systemd/system", F_OK) != 0)
                return qf_cli_fail(cli, QF_EXIT_OTHER,
                                   "密钥已做好，但这台机器上没有运行 systemd。\n试用请用 qf up。",
                                   "the keys are made, but systemd does not run on this machine.\n"
                                   "For a trial take qf up.") != 0;
        (void)fflush(stdout);
        return systemctl(cli, enable) || systemctl(cli, begin) || systemctl(cli, timers);
}

static int say_done(struct qf_cli *cli)
{
        if (cli->json)
                printf("{\"started\":true,\"dir\":\"%s\"}\n", QF_INSTALLED_DIR);
        else
                fputs(qf_cli_say(
                              cli,
                              "清风已启动，每次开机都会启动。\n"
                              "  看状态      qf status\n"
                              "  装载方案    qf programme load /usr/share/qingfeng/programmes/integrity-123n.yaml\n"
                              "  登记报送方  qf key add 名称 公钥 --org 代码 --role feed,read\n"
                              "  让外面能连  见 /etc/qingfeng/ingest.yaml\n"
                              "  备份        qf backup 目录；并另存 /etc/qingfeng/keys\n",
                              "Qingfeng is up, and will be after each boot.\n"
                              "  see how it is       qf status\n"
                              "  load a programme    qf programme load /usr/share/qingfeng/programmes/integrity-123n.yaml\n"
                              "  register a partner  qf key add NAME PUBLIC --org CODE --role feed,read\n"
                              "  let others connect  see /etc/qingfeng/ingest.yaml\n"
                              "  back up             qf backup FOLDER; and keep /etc/qingfeng/keys elsewhere\n"),
                      stdout);
        return cli->exit_code = QF_EXIT_DONE;
}

int qf_cmd_init(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        int count;

        if (qf_cli_parse(cli, &usage, &options, argc, argv, &count) != 0)
                return cli->exit_code;
        if (access(keys_folder, F_OK) != 0)
                return qf_cli_fail(
                        cli, QF_EXIT_USAGE, "%s 进不去：%s。\n先装软件包 qingfeng，并以 root 运行。",
                        "cannot reach %s: %s.\nInstall the package qingfeng first, and run this as root.",
                        keys_folder, strerror(errno));
        if (qf_site_key(cli, keys_folder, "server") || qf_site_key(cli, keys_folder, "office") || start(cli))
                return cli->exit_code;
        if (options.programme) {
                const char *load[] = {"load", options.programme, "--dir", QF_INSTALLED_DIR, NULL};
                if (qf_cmd_programme(cli, 4, (char **)(uintptr_t)load) != QF_EXIT_DONE)
                        return cli->exit_code;
        }
        return say_done(cli);
}
