/* `qf init`: from an installed package to a service that is up and closed. What it
 * does can be done again: keys that are there stay, what runs goes on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qf/commands.h"
#include "qf/operator/instance.h"
#include "qf/operator/site_keys.h"
#include "qf/operator/systemctl.h"

enum { UNIT_BYTES = 64 };

struct options {
        const char *programme, *instance, *listen;
        bool training;
};

static const struct qf_option table[] = {
        {"programme", QF_OPTION_TEXT, offsetof(struct options, programme), "FILE", "启动后装载这个统计方案",
         "load this programme once it is up", 0},
        {"instance", QF_OPTION_TEXT, offsetof(struct options, instance), "NAME",
         "同一台机器上再开一处，给另一个方案用",
         "one more beside the first, for another programme on this machine", 0},
        {"listen", QF_OPTION_TEXT, offsetof(struct options, listen), "ADDRESS:PORT",
         "新实例的报送地址；读取用下一个端口，HTTP 再下一个，只限本机",
         "where a new instance is fed; it is read at the next port; HTTP at the one after, on this machine only",
         0},
        {"training", QF_OPTION_FLAG, offsetof(struct options, training), NULL,
         "方案作为演练装载（qf programme load --training）",
         "load the programme as a training (qf programme load --training)", 0},
        {0},
};

/* 0 or 1. */
static int start(struct qf_cli *cli, const struct qf_instance *instance)
{
        static const char *const enable[2] = {"enable"}, *const now[2] = {"enable", "--now"},
                                 *const begin[2] = {"start"};
        static const char *const target[4] = {"qingfeng.target"};
        static const char *const timers[4] = {"qingfeng-backup.timer", "qingfeng-audit.timer"};
        /* The services by name: starting a target does not wait for what it wants. */
        static const char *const all[4] = {"qingfeng.target", "qf-ingest.service", "qf-aggregate.service",
                                           "qf-report.service"};
        static const char *const reload[] = {"systemctl", "daemon-reload", NULL};

        if (access("/run/systemd/system", F_OK) != 0)
                return qf_cli_fail(cli, QF_EXIT_OTHER,
                                   "密钥已做好，但这台机器上没有运行 systemd。\n试用请用 qf up。",
                                   "the keys are made, but systemd does not run on this machine.\n"
                                   "For a trial take qf up.") != 0;
        (void)fflush(stdout);
        return qf_systemctl(cli, reload) || qf_systemctl_units(cli, instance, enable, target) ||
               qf_systemctl_units(cli, instance, begin, all) ||
               qf_systemctl_units(cli, instance, now, timers);
}

static int say_done(struct qf_cli *cli, const struct qf_instance *instance)
{
        if (cli->json)
                printf("{\"started\":true,\"dir\":\"%s\"}\n", instance->dir);
        else if (instance->name[0] != '\0')
                printf(qf_cli_say(
                               cli, "实例 %s 已启动，每次开机都会启动。命令都加上 --dir %s\n",
                               "Instance %s is up, and will be after each boot. Give --dir %s to every command.\n"),
                       instance->name, instance->dir);
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

/* Folders of an instance, now and at each boot. 0 or 1. */
static int make_folders(struct qf_cli *cli, const struct qf_instance *instance)
{
        char path[UNIT_BYTES];
        const char *const argv[] = {"systemd-tmpfiles", "--create", path, NULL};

        (void)snprintf(path, sizeof path, "/etc/tmpfiles.d/qingfeng-%s.conf", instance->name);
        return qf_systemctl(cli, argv);
}

static int run_init(struct qf_cli *cli, int argc, char **argv)
{
        struct options options = {0};
        struct qf_instance instance;
        int count;

        if (qf_cli_parse(cli, &options, argc, argv, &count) != 0 ||
            qf_instance_name(cli, options.instance, &instance) != 0)
                return cli->exit_code;
        if (options.listen && !options.instance)
                return qf_cli_misused(
                        cli, "--listen 只用于 --instance；第一处的地址见 /etc/qingfeng/ingest.yaml。",
                        "--listen goes with --instance; addresses of the first are in "
                        "/etc/qingfeng/ingest.yaml.");
        if (options.instance &&
            (qf_instance_make(cli, &instance, options.listen) != 0 || make_folders(cli, &instance) != 0))
                return cli->exit_code;
        if (access(instance.keys, F_OK) != 0)
                return qf_cli_fail(
                        cli, QF_EXIT_USAGE, "%s 进不去：%s。\n先装软件包 qingfeng，并以 root 运行。",
                        "cannot reach %s: %s.\nInstall the package qingfeng first, and run this as root.",
                        instance.keys, qf_cli_errno(cli, errno));
        if (qf_site_key(cli, instance.keys, "server") || qf_site_key(cli, instance.keys, "office") ||
            start(cli, &instance))
                return cli->exit_code;
        if (options.programme) {
                const char *load[] = {"programme", "load",       options.programme,
                                      "--dir",     instance.dir, options.training ? "--training" : NULL,
                                      NULL};
                if (qf_cli_run(cli, &qf_commands, options.training ? 6 : 5, (char **)(uintptr_t)load) !=
                    QF_EXIT_DONE)
                        return cli->exit_code;
        }
        return say_done(cli, &instance);
}

const struct qf_command qf_cmd_init = {
        .name = "init",
        .zh = "在装好软件包的机器上：做密钥，启动服务",
        .en = "on an installed machine: make keys, start the services",
        .run = run_init,
        .options = table,
        .local = true,
        .more_zh =
                "装好软件包之后以 root 运行一次：制作还没有的密钥，启用并启动服务。只有本机能连，只有登记过的密钥能进。",
        .more_en =
                "To be run once as root after the package is installed: makes the keys that are not there, enables and "
                "starts the services. Only this machine reaches them, and only registered keys get in.",
};
