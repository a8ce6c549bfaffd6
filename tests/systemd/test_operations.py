#!/usr/bin/python3
"""What operating it promises, under a real systemd: a log that nobody waits for."""
import json

import zmq

from support.harness import check, same, until
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


def main():
    box.enter()
    with box.Box() as machine, zmq.Context() as context:
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
            a_stalled_journal_stops_nobody(machine, feeder)
        installed.check_counted(feeder.records)


if __name__ == "__main__":
    main()
