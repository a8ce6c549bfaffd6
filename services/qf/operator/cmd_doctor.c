/* `qf doctor`: why does it not work? Keys, doors, clock, versions, disk and outbox are looked at one by one, nearest first;
 * each is one line, and what is not well says what to do. Useful at a partner's desk (--config) and on the server (--dir);
 * nothing is changed by it. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "client/outbox.h"
#include "model/ratio.h"
#include "qf/cli/json_out.h"
#include "qf/cli/text_table.h"
#include "qf/cli/there.h"
#include "qf/feeding/feeding.h"
#include "qf/operator/books.h"
#include "qf/operator/checking.h"
#include "qf/operator/disk.h"
#include "qf/operator/doctor.h"
#include "qf/operator/door.h"
#include "qf/operator/instance.h"
#include "qf/operator/sides.h"
#include "store/begun.h"
#include "store/environment.h"
#include "wire/keys.h"

enum {
        KNOCK_MS = 3000,
        CLOCK_WARN_MS = 1000,
        CLOCK_BAD_MS = 5000,
        SLOW_US = 50 * 1000,
        INSTANT_US = 20, /* no disk is so fast: it only says so */
        TITLE_COLUMNS = 10,
        TEXT_BYTES = 1024,
};

static const uint64_t ROOM_WARN = UINT64_C(2) << 30, ROOM_BAD = UINT64_C(200) << 20;

static const struct {
        const char *code, *zh, *en, *look;
} levels[QF_DOCTOR_LEVELS] = {{"ok", "好", "ok", "\033[32m"},
                              {"warn", "注意", "warn", "\033[33m"},
                              {"bad", "不好", "bad", "\033[1;31m"}};

/* --- saying ----------------------------------------------------------------------- */

static void print_check(const struct qf_doctor *doctor, enum qf_doctor_level level, const char *title,
                        const char *text, const char *next)
{
        const char *word = qf_cli_say(doctor->cli, levels[level].zh, levels[level].en);
        const int room = TITLE_COLUMNS - (int)qf_text_columns(qf_view_of(title));

        printf("%s%s%s%*s %s%*s %s\n", doctor->colours ? levels[level].look : "", word,
               doctor->colours ? "\033[0m" : "", 4 - (int)qf_text_columns(qf_view_of(word)), "", title,
               room > 0 ? room : 0, "", text);
        for (; *next; next += strcspn(next, "\n"), next += *next == '\n')
                printf("     → %.*s\n", (int)strcspn(next, "\n"), next);
}

/* A text as of qf_cli_fail: what is found, and after a newline what to do. */
void qf_doctor_told(struct qf_doctor *doctor, enum qf_doctor_level level, const char *code, const char *title,
                    const char *zh, const char *en, ...)
{
        char text[TEXT_BYTES];
        va_list args;

        va_start(args, en);
        (void)vsnprintf(text, sizeof text, doctor->cli->chinese ? zh : en, args);
        va_end(args);
        char *next = text + strcspn(text, "\n");
        if (*next)
                *next++ = '\0';
        doctor->count[level]++;
        if (doctor->cli->json)
                (void)json_array_append_new(doctor->checks,
                                            json_pack("{s:s, s:s, s:s, s:s}", "check", code, "level",
                                                      levels[level].code, "text", text, "next", next));
        else
                print_check(doctor, level, title, text, next);
}

static const char *word(const struct qf_doctor *doctor, const char *zh, const char *en)
{
        return qf_cli_say(doctor->cli, zh, en);
}

/* --- keys ------------------------------------------------------------------------- */

/* The file beside it that is given to the office must be the other half. */
static void check_pair(struct qf_doctor *doctor, const uint8_t public_key[32])
{
        const char *title = word(doctor, "密钥", "key");
        char path[PATH_MAX];
        uint8_t beside[32];
        const size_t len = strlen(doctor->cli->key), end = strlen(".secret");

        qf_key_text(public_key, doctor->public_text);
        if (len <= end || strcmp(doctor->cli->key + len - end, ".secret") != 0)
                memset(path, 0, 1);
        else
                (void)snprintf(path, sizeof path, "%.*s.public", (int)(len - end), doctor->cli->key);
        if (path[0] && qf_key_read_public(path, beside) == 0 &&
            memcmp(beside, public_key, sizeof beside) != 0) {
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "key", title,
                        "%s 不是 %s 的另一半\n两个文件有一个被换过：把原来的放回去；或请办公室登记这个公钥：qf key rotate %s '%s'",
                        "%s is not the other half of %s\nOne of the two files was replaced: put it back; or have the office "
                        "register this public key: qf key rotate %s '%s'",
                        path, doctor->cli->key, doctor->cli->source, doctor->public_text);
                return;
        }
        doctor->key = true;
        qf_doctor_told(doctor, QF_DOCTOR_GOOD, "key", title, "“%s”的密钥能用，公钥 %s",
                       "the key of \"%s\" is whole; its public half is %s", doctor->cli->source,
                       doctor->public_text);
}

static void check_key(struct qf_doctor *doctor)
{
        const char *title = word(doctor, "密钥", "key"), *path = doctor->cli->key;
        uint8_t secret[32], public_key[32];
        const int r = qf_key_read_secret(path, secret, public_key);
        char advice[QF_CLI_ADVICE_BYTES];

        explicit_bzero(secret, sizeof secret);
        if (r == 0)
                check_pair(doctor, public_key);
        else if (r == -ENOENT && qf_cli_is_office(doctor->cli))
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "key", title, "没有办公室的密钥文件 %s\n%s",
                               "there is no key file of the office %s\n%s", path,
                               qf_cli_key_advice(doctor->cli, NULL, advice));
        else if (r == QF_KEY_MODE)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "key", title, "别人也能读密钥文件 %s\nchmod 600 %s",
                               "others can read the key file %s\nchmod 600 %s", path, path);
        else if (r == QF_KEY_SHAPE)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "key", title,
                               "%s 里不是密钥\n重新制作：qf key new %s，再请办公室登记",
                               "%s holds no key\nMake one: qf key new %s, and have the office register it",
                               path, doctor->cli->source);
        else if (!qf_doctor_unreadable(doctor, r, path))
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "key", title,
                        "读不了密钥文件 %s：%s\n没有就制作：qf key new %s，再请办公室登记",
                        "cannot read the key file %s: %s\nWhere there is none: qf key new %s, and have the office register it",
                        path, qf_cli_errno(doctor->cli, r), doctor->cli->source);
}

static void check_server_key(struct qf_doctor *doctor)
{
        const char *title = word(doctor, "服务公钥", "server key"), *path = doctor->cli->server_public;
        uint8_t key[32], other[32];
        char text[QF_KEY_TEXT];
        const int r = qf_key_read_servers(path, key, other);

        if (r == 0) {
                doctor->server_key = true;
                qf_key_text(key, text);
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "server_key", title, "服务的公钥是 %s",
                               "the server's public key is %s", text);
        } else if (r > 0) {
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "server_key", title, "%s 里不是公钥\n向办公室要",
                               "%s holds no public key\nAsk the office for it", path);
        } else {
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "server_key", title,
                               "读不了 %s：%s\n向办公室要：qf up 启动时打印它",
                               "cannot read %s: %s\nAsk the office for it: qf up prints it at start", path,
                               qf_cli_errno(doctor->cli, r));
        }
}

/* --- doors ------------------------------------------------------------------------ */

static bool check_door(struct qf_doctor *doctor, const char *code, const char *title, const char *endpoint)
{
        const struct qf_cli *cli = doctor->cli;
        char mechanism[QF_DOOR_MECHANISM] = "";
        const int r = qf_door_knock(endpoint, KNOCK_MS, mechanism);

        if (r == 0 && strcmp(mechanism, "CURVE") == 0) {
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, code, title, "%s 有回答，是加密的",
                               "%s answers, with encryption", endpoint);
                return true;
        }
        if (r == 0)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, code, title,
                               "%s 不加密（%s）\n地址或端口不对：向办公室核对",
                               "%s does not encrypt (%s)\nAnother address or port: ask the office", endpoint,
                               mechanism);
        else if (r > 0)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, code, title,
                               "%s 上的不是清风\n地址或端口不对：向办公室核对",
                               "what answers at %s is not Qingfeng\nAnother address or port: ask the office",
                               endpoint);
        else if (r == -ENXIO || r == -EINVAL)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, code, title,
                               "找不到 %s\n看地址有没有写错：tcp://主机:端口",
                               "%s cannot be found\nIs it written as tcp://HOST:PORT, and the name right?",
                               endpoint);
        else if (cli->dir)
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, code, title,
                        "%s 没有人：%s\n启动：qf up --dir %s；装好的机器上：systemctl status qf-ingest qf-report",
                        "nobody is at %s: %s\nStart: qf up --dir %s; on an installed machine: systemctl status qf-ingest qf-report",
                        endpoint, qf_cli_errno(cli, r), cli->dir);
        else
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, code, title,
                        "%s 连不上：%s\n看网络、防火墙；问办公室服务是否在运行",
                        "%s cannot be reached: %s\nCheck network and firewalls; ask the office whether the service runs",
                        endpoint, qf_cli_errno(cli, r));
        return false;
}

/* --- what the service says ---------------------------------------------------------- */

static void check_side(struct qf_doctor *doctor, const char *code, const char *title,
                       const struct qf_side *side, const char *role)
{
        char advice[QF_CLI_ADVICE_BYTES];

        if (side->facts)
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, code, title, "认“%s”的密钥", "knows the key of \"%s\"",
                               doctor->cli->source);
        else if (side->exit_code == QF_EXIT_AWAY)
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, code, title,
                        "门开着，却握不了手：server.public 不是它的公钥，或它还没准备好\n与办公室核对服务的公钥（qf up 启动时打印）",
                        "the door is open, but does not shake hands: server.public is not its key, or it is not ready yet\n"
                        "Compare the server's key with the office (qf up prints it at start)");
        else
                qf_doctor_told(doctor, QF_DOCTOR_BAD, code, title, "不认“%s”的密钥，或它没有 %s 权限\n%s",
                               "does not know the key of \"%s\", or it lacks the role %s\n%s",
                               doctor->cli->source, role,
                               qf_cli_key_advice(doctor->cli, doctor->public_text, advice));
}

static void check_clock(struct qf_doctor *doctor, const json_t *facts)
{
        const char *title = word(doctor, "时钟", "clock");
        const int64_t ahead_ms = (int64_t)json_integer_value(json_object_get(facts, "clock_ahead_ms"));
        const int64_t off_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;
        struct timex kept = {0};
        const bool synchronised = adjtimex(&kept) >= 0 && !(kept.status & STA_UNSYNC);

        if (facts && off_ms > CLOCK_WARN_MS)
                qf_doctor_told(doctor, off_ms > CLOCK_BAD_MS ? QF_DOCTOR_BAD : QF_DOCTOR_WARN, "clock", title,
                               "本机比服务器%s %.1f 秒\n校准本机：timedatectl set-ntp true",
                               "%s the server's by %.1f s\nSet it right: timedatectl set-ntp true",
                               ahead_ms < 0 ? word(doctor, "快", "ahead of") : word(doctor, "慢", "behind"),
                               (double)off_ms / 1000);
        else if (!synchronised)
                qf_doctor_told(
                        doctor, QF_DOCTOR_WARN, "clock", title,
                        "没有对时服务在校准它%s\n打开：timedatectl set-ntp true",
                        "nothing keeps it right%s\nSwitch it on: timedatectl set-ntp true",
                        facts ? word(doctor, "，眼下与服务器一致", "; just now it agrees with the server")
                              : "");
        else
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "clock", title, "有对时%s", "kept right%s",
                               facts ? word(doctor, "，与服务器一致", ", and agrees with the server") : "");
}

static void check_versions(struct qf_doctor *doctor, const json_t *facts)
{
        const char *title = word(doctor, "版本", "version");
        const char *theirs = json_string_value(json_object_get(facts, "release"));

        if (!facts)
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "version", title, "qf %s", "qf %s", QF_VERSION);
        else if (!theirs)
                qf_doctor_told(
                        doctor, QF_DOCTOR_WARN, "version", title, "服务端不说版本，比 qf %s 旧\n请办公室升级",
                        "the server does not say its own: it is older than qf %s\nAsk the office to upgrade",
                        QF_VERSION);
        else if (strcmp(theirs, QF_VERSION) != 0)
                qf_doctor_told(doctor, QF_DOCTOR_WARN, "version", title, "qf %s，服务端 %s\n用同一版本",
                               "qf %s, server %s\nUse the same", QF_VERSION, theirs);
        else
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "version", title, "qf 和服务端都是 %s",
                               "qf and the server are %s", theirs);
}

/* Beside the daemons, each of them: what was started is what runs, whatever lies on disk since. */
static void check_started(struct qf_doctor *doctor)
{
        const char *title = word(doctor, "版本", "version");
        char path[PATH_MAX], release[QF_RELEASE_BYTES], same[TEXT_BYTES] = "";
        size_t len = 0;

        for (size_t i = 0; i < QF_DAEMONS; i++) {
                if (!qf_book_path(doctor->cli, qf_daemons[i], path) || !qf_book_started(path, release))
                        continue;
                if (strcmp(release, QF_VERSION) == 0)
                        len += (size_t)snprintf(same + len, sizeof same - len, "%sqf-%s", len ? ", " : "",
                                                qf_daemons[i]);
                else
                        qf_doctor_told(
                                doctor, QF_DOCTOR_WARN, "version", title,
                                "在运行的 qf-%s 是 %s，qf 是 %s\n重启它：systemctl restart qf-%s，或停下 qf up 再启动",
                                "the qf-%s that runs is %s, and qf is %s\nRestart it: systemctl restart qf-%s, or "
                                "stop qf up and start it",
                                qf_daemons[i], release, QF_VERSION, qf_daemons[i]);
        }
        if (len)
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "version", title, "在运行的 %s 是 %s",
                               "running: %s of %s", same, QF_VERSION);
}

static void check_service(struct qf_doctor *doctor, const json_t *facts)
{
        const char *title = word(doctor, "计数", "counts"),
                   *say = json_string_value(json_object_get(facts, "say"));

        if (json_is_true(json_object_get(facts, "stopped")) || qf_checking_text(doctor->cli, say))
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "counts", title,
                               "停了，或正在核查：%s\n看该做什么：qf status",
                               "stopped, or being checked: %s\nWhat to do: qf status",
                               qf_standstill_text(doctor->cli, say));
        else
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "counts", title, "计到日志的第 %lld 条（共 %lld 条）",
                               "up to record %lld of %lld",
                               (long long)json_integer_value(json_object_get(facts, "version")),
                               (long long)json_integer_value(json_object_get(facts, "journal_last")));
}

static void check_answers(struct qf_doctor *doctor)
{
        struct qf_side ingest = {0}, report = {0};
        const bool can = doctor->key && doctor->server_key && doctor->door;

        if (can && qf_sides_ask(doctor->cli, &ingest, &report) == 0) {
                check_side(doctor, "feed", word(doctor, "报送", "feeding"), &ingest, "feed");
                check_side(doctor, "read", word(doctor, "查询", "reading"), &report, "read");
        }
        check_clock(doctor, ingest.facts);
        check_versions(doctor, report.facts);
        /* Of who was killed the logbook says no more than of who runs: so only where somebody answers, or would be started. */
        if (doctor->cli->dir && (ingest.facts || report.facts || qf_there_up(doctor->cli->dir)))
                check_started(doctor);
        if (report.facts)
                check_service(doctor, report.facts);
        json_decref(ingest.facts);
        json_decref(report.facts);
}

/* --- this machine ------------------------------------------------------------------- */

static void check_disk(struct qf_doctor *doctor, const char *folder)
{
        const char *title = word(doctor, "磁盘", "disk");
        struct qf_disk disk;
        const int r = qf_disk_look(folder, &disk);
        const double room = (double)disk.free_bytes / (double)(1 << 30), took = (double)disk.sync_us / 1000;

        if (r < 0)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "disk", title, "%s：%s\n看目录在不在、有没有权限",
                               "%s: %s\nIs it there, and yours?", folder, qf_cli_errno(doctor->cli, r));
        else if (disk.far)
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "disk", title,
                        "%s 在别的机器上（%s），断电时会丢、会坏\n换到本机的磁盘",
                        "%s is on another machine (%s), where a crash loses or damages it\nMove it to a disk of this machine",
                        folder, disk.type);
        else if (disk.free_bytes < ROOM_WARN)
                qf_doctor_told(doctor, disk.free_bytes < ROOM_BAD ? QF_DOCTOR_BAD : QF_DOCTOR_WARN, "disk",
                               title, "%s 只剩 %.2f GiB（%s）\n腾出地方",
                               "%s has only %.2f GiB left (%s)\nMake room", folder, room, disk.type);
        else if (disk.fleeting)
                qf_doctor_told(
                        doctor, QF_DOCTOR_WARN, "disk", title,
                        "%s 在内存里（%s），关机就没有了\n试用可以；真用时换到磁盘",
                        "%s is in memory (%s) and goes when the machine does\nFor a trial that is well; else move it to a disk",
                        folder, disk.type);
        else if (disk.sync_us < 0)
                qf_doctor_told(
                        doctor, QF_DOCTOR_WARN, "disk", title, "%s 写不进去，没有量\n以拥有它的用户运行",
                        "%s cannot be written to: not measured\nRun this as the user it belongs to", folder);
        else if (disk.sync_us > SLOW_US || disk.sync_us < INSTANT_US)
                qf_doctor_told(
                        doctor, QF_DOCTOR_WARN, "disk", title,
                        disk.sync_us > SLOW_US
                                ? "%s 落盘一次 %.1f 毫秒，太慢（%s）\n报送会慢；换快的磁盘"
                                : "%s 落盘一次 %.3f 毫秒，快得不真实（%s）\n虚拟机或磁盘可能没有真的写下；断电会丢",
                        disk.sync_us > SLOW_US
                                ? "%s takes %.1f ms to write for good, which is slow (%s)\nFeeding is as slow; use a faster disk"
                                : "%s takes %.3f ms to write for good, which no disk does (%s)\nIt may not be written at all: a power cut loses it",
                        folder, took, disk.type);
        else
                qf_doctor_told(
                        doctor, QF_DOCTOR_GOOD, "disk", title, "%s：%s，剩 %.1f GiB，落盘一次 %.1f 毫秒",
                        "%s: %s, %.1f GiB free, %.1f ms to write for good", folder, disk.type, room, took);
}

static void check_outbox(struct qf_doctor *doctor)
{
        const char *title = word(doctor, "发件箱", "outbox"), *path = doctor->cli->outbox;
        struct qf_outbox_standing standing;
        char count[32];
        const int r = access(path, F_OK) < 0 ? -ENOENT : qf_outbox_look(path, &standing);

        if (r == -ENOENT || r == QF_STORE_NONE)
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "outbox", title, "还没有，第一次报送时建：%s",
                               "none yet; the first feed makes it: %s", path);
        else if (r == 0 && standing.next == 1 && !standing.stopped)
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "outbox", title, "还没有报送过：%s",
                               "nothing was fed yet: %s", path);
        else if (r == QF_STORE_IN_USE)
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "outbox", title, "正在用：%s", "in use: %s", path);
        else if (r != 0)
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "outbox", title, "%s 打不开：%s\n留着它，问办公室",
                               "%s cannot be opened: %s\nKeep it, and ask the office", path,
                               r < 0 ? qf_cli_errno(doctor->cli, r)
                                     : word(doctor, "格式不认识或已损坏", "another format, or damaged"));
        else if (standing.stopped) {
                struct qf_feeding_stopped stopped;
                qf_feeding_stopped(doctor->cli, &standing, &stopped);
                qf_doctor_told(doctor, QF_DOCTOR_BAD, "outbox", title, "停用了：%s\n%s",
                               "it was stopped: %s\n%s", stopped.why, stopped.helps);
        } else if (standing.next - 1 > standing.acked)
                qf_doctor_told(
                        doctor, QF_DOCTOR_WARN, "outbox", title, "还有 %s%s 条没有发出\nqf feed --flush",
                        "%s %s not been sent\nqf feed --flush",
                        qf_ratio_grouped((int64_t)(standing.next - 1 - standing.acked), count, sizeof count),
                        qf_cli_noun(doctor->cli, standing.next - 1 - standing.acked, "event has",
                                    "events have"));
        else
                qf_doctor_told(doctor, QF_DOCTOR_GOOD, "outbox", title, "都已收妥，共 %s%s 条",
                               "all is answered: %s %s",
                               qf_ratio_grouped((int64_t)standing.acked, count, sizeof count),
                               qf_cli_noun(doctor->cli, standing.acked, "event", "events"));
}

/* Of what will be made: where. */
static void check_outbox_disk(struct qf_doctor *doctor)
{
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s", doctor->cli->outbox);
        for (char *slash = strrchr(path, '/'); access(path, F_OK) < 0 && slash && slash != path;
             slash = strrchr(path, '/'))
                *slash = '\0';
        check_disk(doctor, path);
}

static void check_server_disks(struct qf_doctor *doctor)
{
        static const char *const folders[] = {"journal", "counts"};
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/journal", doctor->cli->dir);
        if (qf_begun_is_gone(path))
                qf_doctor_told(
                        doctor, QF_DOCTOR_BAD, "journal", word(doctor, "日志", "journal"),
                        "%s 里没有日志，而这里曾经有过\n磁盘没挂上就挂上；日志没了就恢复：qf restore 备份 --dir %s",
                        "there is none in %s, and there was one\nMount its disk; where it is lost: qf restore BACKUP --dir %s",
                        path, doctor->cli->dir);
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
                if (qf_cli_beside(doctor->cli, folders[i], "", path) == 0)
                        check_disk(doctor, path);
}

/* --- the command -------------------------------------------------------------------- */

static int conclude(struct qf_doctor *doctor)
{
        struct qf_cli *cli = doctor->cli;
        const bool bad = doctor->count[QF_DOCTOR_BAD] > 0;

        cli->exit_code = bad ? QF_EXIT_OTHER : QF_EXIT_DONE;
        if (cli->json) {
                const int r = qf_json_print(json_pack("{s:b, s:i, s:O}", "well", !bad, "warnings",
                                                      (int)doctor->count[QF_DOCTOR_WARN], "checks",
                                                      doctor->checks));
                return r < 0 ? qf_cli_broke(cli, r, "JSON") : cli->exit_code;
        }
        if (bad)
                printf(qf_cli_say(cli, "\n%u 处不好，%u 处要注意：照“→”做，再看一次。\n",
                                  "\n%u bad, %u to mind: do what the arrows say, and look again.\n"),
                       doctor->count[QF_DOCTOR_BAD], doctor->count[QF_DOCTOR_WARN]);
        else
                printf(qf_cli_say(cli, "\n没有不好的，%u 处要注意。\n", "\nnothing is bad, %u to mind.\n"),
                       doctor->count[QF_DOCTOR_WARN]);
        return cli->exit_code;
}

static int run_doctor(struct qf_cli *cli, int argc, char **argv)
{
        const char *no_colour = getenv("NO_COLOR");
        struct qf_doctor doctor = {.cli = cli,
                                   .checks = json_array(),
                                   .colours = isatty(STDOUT_FILENO) && (!no_colour || !no_colour[0])};
        int count;

        if (qf_cli_parse(cli, NULL, argc, argv, &count)) {
                json_decref(doctor.checks);
                return cli->exit_code;
        }
        check_key(&doctor);
        check_server_key(&doctor);
        if (cli->dir)
                qf_doctor_owners(&doctor);
        if (cli->dir && qf_instance_of(cli->dir))
                qf_doctor_units(&doctor, qf_instance_of(cli->dir));
        doctor.door = check_door(&doctor, "feed_door", word(&doctor, "报送的门", "feed door"), cli->feed);
        doctor.door = check_door(&doctor, "read_door", word(&doctor, "查询的门", "read door"), cli->read) &&
                      doctor.door;
        check_answers(&doctor);
        if (cli->dir)
                check_server_disks(&doctor);
        else
                check_outbox_disk(&doctor);
        check_outbox(&doctor);
        qf_doctor_library(&doctor);
        const int exit_code = conclude(&doctor);
        json_decref(doctor.checks);
        return exit_code;
}

const struct qf_command qf_cmd_doctor = {
        .name = "doctor",
        .zh = "哪里不对：密钥、网络、时钟、版本、磁盘、发件箱",
        .en = "what is wrong: keys, network, clock, versions, disk, outbox",
        .run = run_doctor,
        .more_zh =
                "报送单位：qf doctor --config 配置文件。服务器上：qf doctor --dir 目录，装好的机器上不用写。什么也不改动。\n"
                "退出码：0 没有不好的，1 有。",
        .more_en =
                "At a partner's desk: qf doctor --config FILE. On the server: qf doctor --dir DIR, which an installed machine need not "
                "be told. Nothing is changed.\n"
                "Exit codes: 0 nothing is bad, 1 something is.",
};
