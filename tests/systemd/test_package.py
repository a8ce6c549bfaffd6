#!/usr/bin/python3
"""The Debian package on a machine of its own: starts nothing by surprise, `qf init`
gives a closed service, an upgrade under load loses nothing, removing keeps data."""
import hashlib
import os
import re
import subprocess

import zmq

from support import partner as client
from support import sample
from support.harness import PROGRAMME, SOURCE, check, same, until
from systemd import box
from systemd.installed import FEED, KEYS, SERVICES, Feeder, Installed

NEWER = "0.1.1"
ROWS = 100


def make_package(folder, *words):
    """cpack over the tree that is built already."""
    os.makedirs(folder)
    subprocess.run(["cpack", "--config", os.path.join(os.environ["QF_BUILD"], "CPackConfig.cmake"), "-B", folder, *words],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, "SOURCE_DATE_EPOCH": "1764331200"})
    (package,) = [os.path.join(folder, name) for name in os.listdir(folder) if re.fullmatch(r"qingfeng_.*\.deb", name)]
    return package


def digests(folder):
    """Of every package that was made there, the library's too."""
    found = {}
    for name in os.listdir(folder):
        if name.endswith(".deb"):
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def an_interrupted_setup_leaves_no_policy(machine):
    """Ctrl-C while apt works: what keeps packages from starting goes, or no upgrade would restart anything any more.
    dpkg-query and apt-get are others, so that something is missing and nothing is installed."""
    machine.write("root/bin/dpkg-query", "#!/bin/sh\nexit 1\n")
    for signal in ("INT", "TERM", "HUP"):
        machine.write("root/bin/apt-get", f"#!/bin/sh\ncp -p /usr/sbin/policy-rc.d /root/policy\nkill -{signal} $PPID\nexit 1\n")
        machine.run("chmod", "755", "/root/bin/apt-get", "/root/bin/dpkg-query")
        machine.run("env", "PATH=/root/bin:/usr/sbin:/usr/bin:/sbin:/bin", os.path.join(SOURCE, "deploy/setup"), code=130)
        machine.run("rm", "/root/policy")  # it was there
        same(machine.run("ls", "/usr/sbin/policy-rc.d", code=2).stdout, "", "left behind by", signal)


def installing_starts_nothing(machine):
    for unit in ("qingfeng.target", *(f"{name}.service" for name in (*SERVICES, "qf-relay")),
                 *(f"{name}.socket" for name in SERVICES)):
        check(machine.show(unit, "ActiveState") == "inactive", unit, "was started by the installation")
        check(machine.run("systemctl", "is-enabled", unit, code=None).stdout.strip() != "enabled", unit, "was enabled")
    same(machine.run("ls", KEYS).stdout, "", "keys that nobody asked for")


def init_gives_a_closed_service(machine, installed, context):
    said = machine.run("qf", "init", "--programme", "/root/programme.yaml", "--lang", "en").stdout
    check("Qingfeng is up" in said, said)
    check(installed.active(), "not all services run after qf init")
    machine.run("qf", "init")  # again: nothing changes
    until(lambda: machine.run("qf", "status", code=None).returncode == 0, 20, "qf status is content")
    for unit in ("qingfeng.target", *(f"{name}.socket" for name in SERVICES)):
        same(machine.show(unit, "ActiveState"), "active", unit)
    same(machine.run("systemctl", "is-enabled", "qingfeng.target").stdout.strip(), "enabled")
    installed.new_key("stranger")
    stranger = client.Partner(client.Messages(os.path.join(SOURCE, "proto")), context, FEED,
                              client.read_key(machine.path(KEYS, "server.public")),
                              client.read_key(installed.path("stranger.secret")))
    try:
        stranger.hello(timeout=3)
        raise AssertionError("a key that nobody registered got in")
    except client.NoAnswer:
        pass
    finally:
        stranger.close()


def an_upgrade_under_load_loses_nothing(machine, installed, context):
    config = installed.add_source("alpha", "alpha")
    same(installed.feed(config, list(sample.activities(1, "alpha", ROWS)), "first").code, 0)
    before = {name: machine.show(f"{name}.service", "MainPID") for name in SERVICES}
    opened = {name: machine.show(f"{name}.socket", "ActiveEnterTimestampMonotonic") for name in SERVICES}
    with Feeder(installed.partner(context, "alpha")) as feeder:
        feeder.goes_on(2000, "before the upgrade")
        machine.run("dpkg", "-i", "/root/newer.deb")
        for name in SERVICES:
            check(machine.show(f"{name}.service", "MainPID") not in (before[name], "0"), name, "still runs as it was")
            same(machine.show(f"{name}.socket", "ActiveEnterTimestampMonotonic"), opened[name], f"{name}.socket was closed")
        feeder.goes_on(2000, "after the upgrade")
    installed.check_counted(ROWS + feeder.records)
    print(f"{feeder.records} activities fed while the package was upgraded, each counted once; "
          f"longest wait {feeder.longest:.2f} s")


def going_back_is_refused_when_formats_differ(machine):
    """The newer version has written what the older one can't read; as long as it could, going back is allowed."""
    machine.run("mv", "/usr/bin/qf", "/usr/bin/qf.kept")
    machine.write("usr/bin/qf", "#!/bin/sh\necho qf 9.9.9\necho 'formats: qf-journal-99 qf-counts-3 qf-outbox-2'\n")
    machine.run("chmod", "755", "/usr/bin/qf")
    said = machine.run("dpkg", "-i", "/root/first.deb", code=1).stderr
    check("writes qf-journal-99" in said and "going back would" in said, said)
    machine.run("mv", "/usr/bin/qf.kept", "/usr/bin/qf")
    same(machine.run("dpkg-query", "-W", "-f", "${Version}", "qingfeng").stdout, NEWER, "it was replaced all the same")
    machine.run("dpkg", "-i", "/root/first.deb")
    machine.run("dpkg", "-i", "/root/newer.deb")


def removing_keeps_data(machine, installed):
    before = installed.totals()
    machine.run("dpkg", "-r", "qingfeng")
    for name in SERVICES:
        check(machine.show(f"{name}.service", "ActiveState") != "active", name, "runs after the removal")
        check(machine.show(f"{name}.socket", "ActiveState") != "active", name, "listens after the removal")
    machine.run("dpkg", "-i", "/root/newer.deb")
    machine.run("systemctl", "start", "qingfeng.target", *SERVICES)
    until(lambda: installed.totals() == before, 30, "the totals are what they were")


def purging_keeps_what_cannot_be_made_again(machine):
    """And says so: of an instance too, which is all that is left of it."""
    instance = [f"{place}/qingfeng-training" for place in ("/etc", "/var/lib", "/var/backups")]
    machine.run("mkdir", *instance)
    machine.run("systemctl", "start", "qingfeng-backup.service")
    machine.run("systemctl", "stop", "qingfeng.target")
    said = machine.run("dpkg", "-P", "qingfeng").stderr
    for kept in ("/var/lib/qingfeng", "/etc/qingfeng", "/var/backups/qingfeng", *instance):
        check(f"kept {kept} " in said, kept, "is not named:", said)
        machine.run("ls", kept)
    left = machine.run("find", "/var/lib/qingfeng", "/etc/qingfeng", "-mindepth", "1", "-maxdepth", "2").stdout.split()
    same(sorted(left), sorted([
        "/etc/qingfeng/keys", *(f"/etc/qingfeng/keys/{name}.{half}" for name in ("office", "server")
                                for half in ("public", "secret")),
        "/var/lib/qingfeng/aggregate", "/var/lib/qingfeng/aggregate/logbook",
        "/var/lib/qingfeng/report", "/var/lib/qingfeng/report/logbook",
        "/var/lib/qingfeng/ingest", *(path for path in left if path.startswith("/var/lib/qingfeng/ingest/")),
        *(path for path in left if path.startswith("/var/lib/qingfeng/outbox"))]), "what a purge leaves")
    check("/var/lib/qingfeng/ingest/journal" in left, "the journal is gone")


def main():
    box.enter()
    with box.Box() as machine, zmq.Context() as context:
        installed = Installed(machine)
        package = make_package(installed.path("first"))
        make_package(installed.path("again"))
        same(digests(installed.path("again")), digests(installed.path("first")), "the same tree gives other bytes")
        same(len(digests(installed.path("first"))), 5)
        newer = make_package(installed.path("newer"), "-D", f"CPACK_PACKAGE_VERSION={NEWER}")
        for path, name in ((package, "first.deb"), (newer, "newer.deb"), (PROGRAMME, "programme.yaml")):
            subprocess.run(["cp", path, machine.path("root", name)], check=True)
        machine.start()
        an_interrupted_setup_leaves_no_policy(machine)
        machine.run("dpkg", "-i", "/root/first.deb")
        installing_starts_nothing(machine)
        init_gives_a_closed_service(machine, installed, context)
        an_upgrade_under_load_loses_nothing(machine, installed, context)
        going_back_is_refused_when_formats_differ(machine)
        removing_keeps_data(machine, installed)
        purging_keeps_what_cannot_be_made_again(machine)


if __name__ == "__main__":
    main()
