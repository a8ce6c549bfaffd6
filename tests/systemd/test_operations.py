#!/usr/bin/python3
"""What operating it promises, under a real systemd: a log that nobody waits for, settings that change while it runs,
a disk that is never filled, memory that ends, a backup that comes by itself."""
import json
import subprocess
import tempfile

import zmq

from support.harness import QF, check, qf, same, until
from systemd import box
from systemd.installed import SERVICES, Feeder, Installed

def said(machine, *matches):
    """Lines of the journal, as systemd has them."""
    done = machine.run("journalctl", "--no-pager", "-o", "json", *matches, code=None)
    return [json.loads(line) for line in done.stdout.splitlines()]


def the_log_has_fields(machine):
    version = machine.run("qf-ingest", "--version").stdout.split()[1]
    for name in SERVICES:
        lines = until(lambda: said(machine, f"SYSLOG_IDENTIFIER={name}", "QF_VERSION=" + version), 10,
                      f"{name} says in the journal that it is ready")
        same((lines[-1]["MESSAGE"], lines[-1]["PRIORITY"], lines[-1]["_SYSTEMD_UNIT"], lines[-1]["_TRANSPORT"]),
             (f"ready version={version}", "6", f"{name}.service", "journal"))
    check(said(machine, "_SYSTEMD_UNIT=qf-ingest.service", "QF_ENDPOINT=tcp://127.0.0.1:7300"), "no field of the endpoint")


def a_stalled_journal_stops_nobody(machine, feeder):
    """journald reads no more: partners are served, daemons start and stop, and what was lost is said afterwards."""
    machine.run("systemctl", "kill", "-s", "STOP", "systemd-journald.service")

    def lost():
        machine.run("systemctl", "restart", *(f"{name}.service" for name in SERVICES))
        feeder.goes_on(100, "while the journal is stalled")
        return "lines of the log lost" in machine.show("qf-ingest.service", "StatusText")

    until(lost, 60, "the journal takes no more lines")
    machine.run("systemctl", "kill", "-s", "CONT", "systemd-journald.service")
    counts = until(lambda: [int(line["QF_COUNT"]) for line in said(machine, "_SYSTEMD_UNIT=qf-ingest.service")
                            if line["MESSAGE"].startswith("lines of this log were lost")], 20, "what was lost is said")
    check(counts[-1] > 0, counts)


def the_configuration_is_reloaded(machine, feeder):
    """The file is edited: what can change does, a wrong file changes nothing, nobody is disturbed."""
    path, pid = "/etc/qingfeng/ingest.yaml", machine.show("qf-ingest.service", "MainPID")
    with open(machine.path(path), encoding="utf-8") as file:
        before = file.read()
    machine.write(path, before.replace("disk_floor_mib: 1024", "disk_floor_mib: 17").replace("feed.ipc", "other.ipc"))
    machine.run("systemctl", "reload", "qf-ingest.service")
    (line,) = until(lambda: said(machine, "QF_SETTING=disk_floor_mib"), 10, "the setting that changed is said")
    same((line["MESSAGE"], line["QF_TO"]), ('a setting changed setting=disk_floor_mib from="1024" to="17"', "17"))
    (line,) = until(lambda: said(machine, "QF_SETTING=feed"), 10, "the setting that needs a restart is named")
    check("only by a restart" in line["MESSAGE"], line)
    machine.write(path, before + "disc_floor_mib: 18\n")
    machine.run("systemctl", "reload", "qf-ingest.service", code=1)
    lines = until(lambda: said(machine, "UNIT=qf-ingest.service", "+", "_SYSTEMD_UNIT=qf-ingest.service"), 10, "lines")
    check(any("disc_floor_mib" in line["MESSAGE"] and path in line["MESSAGE"] for line in lines), "the key is not named")
    machine.run("systemctl", "kill", "-s", "HUP", "--kill-who=main", "qf-ingest.service")  # past the check of ExecReload=
    until(lambda: any(line["MESSAGE"].startswith("not reloaded") for line in said(machine, "_SYSTEMD_UNIT=qf-ingest.service")),
          10, "the wrong file is refused")
    machine.write(path, before)
    feeder.goes_on(100, "after the reloads")
    same(machine.show("qf-ingest.service", "MainPID"), pid, "it was not restarted")
    machine.run("systemctl", "reload", *(f"{name}.service" for name in SERVICES))


def a_disk_below_the_floor_makes_partners_wait(machine, feeder):
    """The floor is above what is free, for a while: BUSY, with an alarm; then it goes on, and nothing is lost."""
    path = "/etc/qingfeng/ingest.yaml"
    with open(machine.path(path), encoding="utf-8") as file:
        before = file.read()
    machine.write(path, before.replace("disk_floor_mib: 1024", "disk_floor_mib: 4000000000"))
    machine.run("systemctl", "reload", "qf-ingest.service")
    until(lambda: any(line["MESSAGE"].startswith("alarm: the disk or the map is full") for line in
                      said(machine, "_SYSTEMD_UNIT=qf-ingest.service")), 20, "the alarm is raised")
    records = feeder.records
    until(lambda: feeder.sender.busy > 2, 20, "the partner is told to wait")
    same(feeder.records, records, "taken below the floor")
    machine.write(path, before)
    machine.run("systemctl", "reload", "qf-ingest.service")
    feeder.goes_on(100, "when there is room again")


def a_daemon_at_its_memory_limit_is_restarted(machine, installed, feeder):
    """MemoryMax= ends it, systemd starts it again, and what it did not acknowledge is sent again."""
    name = "qf-ingest.service"
    if machine.show(name, "MemoryCurrent") == "[not set]":
        print("memory limits do not hold in this container: not tried")
        return
    status = machine.run("cat", f"/proc/{machine.show(name, 'MainPID')}/status").stdout
    used_kib = int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1])
    restarts = int(machine.show(name, "NRestarts"))
    machine.run("systemctl", "set-property", "--runtime", name, f"MemoryMax={used_kib // 2}K")
    machine.run("systemctl", "kill", "-s", "KILL", "--kill-who=main", name)  # v1 sets no limit below what is used now
    until(lambda: int(machine.show(name, "NRestarts")) > restarts + 2, 60, "the limit ends it, again and again")
    machine.run("systemctl", "set-property", "--runtime", name, "MemoryMax=2G")
    feeder.goes_on(1000, "when it has memory again")
    print("ended by its memory limit:", machine.show(name, "NRestarts"), "times")


def the_doctor_looks_at_units(machine):
    """One thing of systemd's broken at a time; what qf init enables is enabled here by hand."""
    enabled, audit = ("qingfeng.target", "qingfeng-backup.timer", "qingfeng-audit.timer"), "qingfeng-audit.timer"

    def units(language="en"):
        checks = json.loads(machine.run("qf", "doctor", "--json", "--lang", language, code=None).stdout)["checks"]
        return [(one["level"], one["text"].split(":")[0].split("：")[0], one["next"].split("\n")[0]) for one in checks if one["check"] == "unit"]

    machine.run("systemctl", "enable", "--now", *enabled)
    same(units(), [("ok", "all 8 units are there, enabled and running", "")])
    machine.run("systemctl", "disable", "--now", audit)
    same(units(), [("bad", f"{audit} is not enabled", f"systemctl enable --now {audit}")])
    same(units("zh"), [("bad", f"{audit} 没有启用", f"systemctl enable --now {audit}")])
    machine.run("systemctl", "mask", audit)
    same(units(), [("bad", f"{audit} is masked", f"systemctl unmask {audit}, then systemctl enable --now {audit}")])
    machine.run("systemctl", "unmask", audit)
    machine.run("systemctl", "enable", "--now", audit)
    machine.run("systemctl", "stop", "qf-aggregate.service", "qf-aggregate.socket")
    check(("bad", "qf-aggregate.service does not run (inactive)") in [unit[:2] for unit in units()], units())
    machine.run("systemctl", "start", "qf-aggregate.socket", "qf-aggregate.service")
    until(lambda: [unit[0] for unit in units()] == ["ok"], 30, "all is well again")
    machine.run("systemctl", "disable", "--now", *enabled[1:])


def the_timer_backs_up(machine):
    """Of itself; the calendar is set to every second for this."""
    machine.write("etc/systemd/system/qingfeng-backup.timer.d/now.conf",
                  "[Timer]\nOnCalendar=\nOnCalendar=*-*-* *:*:*\nRandomizedDelaySec=0\nAccuracySec=1ms\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", "qingfeng-backup.timer")
    until(lambda: machine.show("qingfeng-backup.service", "ExecMainExitTimestamp") != "", 20, "the timer starts the backup")
    machine.run("systemctl", "stop", "qingfeng-backup.timer")
    until(lambda: machine.show("qingfeng-backup.service", "ActiveState") == "inactive", 20, "it has ended")
    same(machine.show("qingfeng-backup.service", "Result"), "success")
    machine.run("qf", "backup", "/var/backups/qingfeng", "--verify", "--dir", "/var/lib/qingfeng")


FOLLOW = "127.0.0.1:7303"


class Standby:
    """The follower of a second machine, on this side, over TCP with a key of its own."""

    def __init__(self, machine, installed):
        self.machine, self.installed = machine, installed
        installed.new_key("standby")
        qf("key", "add", "standby", installed.path("standby.public"), "--org", "office", "--role", "admin", "--config",
           installed.office)
        self.config, self.folder = installed.config("standby", installed.path("standby.secret")), installed.path("standby")
        with open(self.config, "a", encoding="utf-8") as file:
            file.write(f"journal: tcp://{FOLLOW}\n")
        self.open_the_door()
        self.process = subprocess.Popen([QF, "backup", self.folder, "--follow", "--config", self.config],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")

    def open_the_door(self):
        """As the manual says."""
        machine = self.machine
        path = machine.path("/etc/qingfeng/ingest.yaml")
        with open(path, encoding="utf-8") as file:
            before = file.read()
        machine.write("etc/qingfeng/ingest.yaml", f"{before}\nfollow: tcp://{FOLLOW}\n")
        machine.write("etc/systemd/system/qf-ingest.socket.d/follow.conf",
                      f"[Socket]\nListenStream={FOLLOW}\nListenStream={FOLLOW}\n")
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "stop", "qf-ingest.service")
        machine.run("systemctl", "restart", "qf-ingest.socket", "qf-ingest.service")

    def machine_position(self):
        return json.loads(self.machine.run("qf", "status", "--json", code=None).stdout)["report"]["journal_last"]

    def kept(self):
        """How far ingest knows it to reach."""
        try:
            with open(self.machine.path("/var/lib/qingfeng/ingest/journal.backups"), encoding="utf-8") as file:
                return max((int(line.split()[0]) for line in file if line.rstrip("\n").endswith(self.folder)), default=0)
        except FileNotFoundError:
            return 0

    def follows(self, said):
        last = self.machine_position()
        until(lambda: self.kept() >= last or self.process.poll() is not None, 20, f"the standby has record {last} {said}")
        check(self.process.poll() is None, "the standby ended", said)

    def end(self, records):
        """What it holds is whole, and is a journal with all of it."""
        self.follows("at the end")
        self.process.terminate()
        said = self.process.communicate(timeout=60)[0]
        same(self.process.returncode, 0, said)
        qf("backup", self.folder, "--verify")
        with tempfile.TemporaryDirectory() as promoted:
            said = qf("restore", self.folder, "--reason", "promoted", "--dir", promoted, "--json").json
        same(said["last"], self.machine_position(), "promoted: every event judged again")
        print(f"a standby followed {said['last']} records with {records} activities, and can be promoted")


def a_source_is_tapped(machine, feeder):
    """By root, of a daemon that may write nowhere else: the frames lie beside the journal, for nobody else to read."""
    tapped, records = "/var/lib/qingfeng/ingest/journal.tapped", feeder.records
    machine.run("qf", "tap", "alpha", "--seconds", "2")
    check(feeder.records > records, "feeding stopped meanwhile")
    lines = machine.run("cat", tapped).stdout.splitlines()
    same((json.loads(lines[0])["source"], json.loads(lines[-1])["why"]), ("alpha", "time"))
    check(len(lines) > 10 and all("frame" in json.loads(line) for line in lines[1:-1]), len(lines), "lines")
    same(machine.run("stat", "-c", "%U %a", tapped).stdout.split(), ["qf-ingest", "600"])
    check("tap source=alpha seconds=2" in machine.run("qf", "logbook", "show").stdout, "the logbook says nothing")


def main():
    box.enter()
    with box.Box(limits=True) as machine, zmq.Context() as context:
        installed = Installed(machine)
        installed.lay_out()
        machine.start()
        installed.prepare()
        machine.run("systemctl", "start", "qingfeng.target")
        until(installed.active, 30, "all are active")
        installed.load_programme()
        installed.add_source("alpha", "alpha")
        the_log_has_fields(machine)
        with Feeder(installed.partner(context, "alpha")) as feeder:
            the_configuration_is_reloaded(machine, feeder)
            the_doctor_looks_at_units(machine)
            a_disk_below_the_floor_makes_partners_wait(machine, feeder)
            a_stalled_journal_stops_nobody(machine, feeder)
            a_daemon_at_its_memory_limit_is_restarted(machine, installed, feeder)
            the_timer_backs_up(machine)
            a_source_is_tapped(machine, feeder)
            standby = Standby(machine, installed)
            feeder.goes_on(1000, "while a standby follows")
            standby.follows("while it is fed")
            machine.run("systemctl", "restart", "qf-ingest.service")
            feeder.goes_on(1000, "after ingest was restarted")
        installed.check_counted(feeder.records)  # now status knows the last record
        standby.end(feeder.records)


if __name__ == "__main__":
    main()
