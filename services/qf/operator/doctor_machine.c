/* Why: what a machine may lack beside keys and doors: the right owners of keys, units of systemd that are there, enabled and
 * running, and a library of the same version. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qf/operator/doctor.h"
#include "qf/operator/units.h"

enum { USER_BYTES = 64 };

/* --- owners of keys ------------------------------------------------------------------ */

static const char *user_name(uid_t uid, char ret_text[USER_BYTES])
{
        const struct passwd *user = getpwuid(uid);

        if (user)
                (void)snprintf(ret_text, USER_BYTES, "%s", user->pw_name);
        else
                (void)snprintf(ret_text, USER_BYTES, "%u", (unsigned)uid);
        return ret_text;
}

/* Whoever starts the daemons has the folder of keys, and so must have the keys in it. */
void qf_doctor_owners(struct qf_doctor *doctor)
{
        static const char *const files[] = {"server.secret", "office.secret"};
        char path[PATH_MAX], owner[USER_BYTES], wanted[USER_BYTES];
        struct stat folder, file;

        (void)snprintf(path, sizeof path, "%s/keys", doctor->cli->dir);
        if (stat(path, &folder) < 0)
                return;
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
                (void)snprintf(path, sizeof path, "%s/keys/%s", doctor->cli->dir, files[i]);
                if (stat(path, &file) < 0 || file.st_uid == folder.st_uid)
                        continue;
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "key_owner", qf_cli_say(doctor->cli, "密钥", "key"),
                        "%s 属于 %s，它的目录属于 %s：服务读不了它，或别人能读\nchown %s %s",
                        "%s belongs to %s and its folder to %s: the daemons cannot read it, or somebody else can\nchown %s %s",
                        path, user_name(file.st_uid, owner), user_name(folder.st_uid, wanted), wanted, path);
        }
}

/* Not yours to read is another thing than not there. */
bool qf_doctor_unreadable(struct qf_doctor *doctor, int error, const char *path)
{
        char owner[USER_BYTES];
        struct stat file;

        if (error != -EACCES || stat(path, &file) < 0)
                return false;
        qf_doctor_told(
                doctor, QF_DOCTOR_BAD, "key", qf_cli_say(doctor->cli, "密钥", "key"),
                "密钥文件 %s 属于 %s，您读不了\n以 %s 的身份运行，或：chown %u %s",
                "the key file %s belongs to %s, and you may not read it\nRun this as %s, or: chown %u %s",
                path, user_name(file.st_uid, owner), owner, (unsigned)geteuid(), path);
        return true;
}

/* --- systemd ------------------------------------------------------------------------ */

static void check_unit(struct qf_doctor *doctor, const struct qf_unit *unit, bool boots, unsigned *well)
{
        const char *title = qf_cli_say(doctor->cli, "单元", "unit");

        if (strcmp(unit->load, "masked") == 0)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "unit", title,
                               "%s 被屏蔽了\nsystemctl unmask %s，再 systemctl enable --now %s",
                               "%s is masked\nsystemctl unmask %s, then systemctl enable --now %s",
                               unit->name, unit->name, unit->name);
        else if (strcmp(unit->load, "loaded") != 0)
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "unit", title,
                        "没有 %s（%s）\n重新安装软件包 qingfeng，再 systemctl daemon-reload",
                        "there is no %s (%s)\nInstall the package qingfeng again, then systemctl daemon-reload",
                        unit->name, unit->load);
        else if (boots && strcmp(unit->enabled, "enabled") != 0)
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "unit", title,
                        "%s 没有启用：开机时不会启动\nsystemctl enable --now %s",
                        "%s is not enabled: it will not start with the machine\nsystemctl enable --now %s",
                        unit->name, unit->name);
        else if (strcmp(unit->active, "active") != 0 && strcmp(unit->active, "activating") != 0 &&
                 strcmp(unit->active, "reloading") != 0)
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "unit", title,
                        "%s 没有在运行（%s）\n看原因：journalctl -u %s -n 50；再 systemctl start %s",
                        "%s does not run (%s)\nSee why: journalctl -u %s -n 50; then systemctl start %s",
                        unit->name, unit->active, unit->name, unit->name);
        else
                ++*well;
}

/* What qf init enables starts with the machine and starts the others. */
void qf_doctor_units(struct qf_doctor *doctor, const char *instance)
{
        static const struct {
                const char *name, *kind;
                bool boots;
        } units[] = {{"qingfeng", "target", true},       {"qingfeng-backup", "timer", true},
                     {"qingfeng-audit", "timer", true},  {"qf-ingest", "service", false},
                     {"qf-aggregate", "service", false}, {"qf-report", "service", false},
                     {"qf-ingest", "socket", false},     {"qf-report", "socket", false}};
        enum { UNITS = sizeof units / sizeof units[0] };
        char names[UNITS][QF_UNIT_NAME_BYTES];
        struct qf_unit said[UNITS];
        size_t count = 0;
        unsigned well = 0;

        for (size_t i = 0; i < UNITS; i++)
                (void)snprintf(names[i], sizeof names[i], "%s%s%s.%s", units[i].name, instance[0] ? "@" : "",
                               instance, units[i].kind);
        if (qf_units_look((const char(*)[QF_UNIT_NAME_BYTES])names, UNITS, said, &count) != 0 ||
            count != UNITS) {
                qf_doctor_told(doctor, QF_DOCTOR_WARN, "unit", qf_cli_say(doctor->cli, "单元", "unit"),
                               "systemd 没有回答，没有看\n看：systemctl status 'qf-*'",
                               "systemd does not answer: not looked at\nSee: systemctl status 'qf-*'");
                return;
        }
        for (size_t i = 0; i < UNITS; i++)
                check_unit(doctor, &said[i], units[i].boots, &well);
        if (well == UNITS)
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "unit", qf_cli_say(doctor->cli, "单元", "unit"),
                               "%u 个单元都在、都启用、都在运行",
                               "all %u units are there, enabled and running", well);
}

/* A program in C runs with whatever library the machine has. */
void qf_doctor_library(struct qf_doctor *doctor)
{
        const char *title = qf_cli_say(doctor->cli, "版本", "version");
        void *library = dlopen("libqingfeng.so.0", RTLD_NOW | RTLD_LOCAL), *symbol;
        const char *(*version)(void) = NULL;

        if (!library)
                return; /* nobody needs it */
        symbol = dlsym(library, "qingfeng_version");
        memcpy(&version, &symbol, sizeof version);
        if (!version || strcmp(version(), QF_VERSION) != 0)
                qf_doctor_told(
                        doctor, QF_DOCTOR_WARN, "library", title,
                        "libqingfeng 是 %s，qf 是 %s\n装同一版本的 libqingfeng0，再重启用它的程序",
                        "libqingfeng is %s, and qf is %s\nInstall the same version of libqingfeng0, and restart the programs that use it",
                        version ? version() : "?", QF_VERSION);
        else
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "library", title, "libqingfeng 是 %s",
                               "libqingfeng is %s", version());
        (void)dlclose(library);
}
