#!/usr/bin/python3
"""The units under a real systemd: closed doors, ready when ready, restarted when
killed and when hanging, stopped in time, and nothing acknowledged is lost."""
import re
import time
import urllib.error
import urllib.request

import zmq

from support import sample
from support.harness import check, same, until
from support.partner import NoAnswer
from systemd import box
from systemd.installed import SERVICES, Feeder, Installed

EXPOSURE_MOST = 0.5
ROWS = 200


def exposures_are_low(machine):
    said = []
    for name in (*SERVICES, "qf-relay"):
        done = machine.run("systemd-analyze", "security", "--no-pager", f"{name}.service", code=None)
        last = next(line for line in done.stdout.splitlines() if "Overall exposure level" in line)
        exposure = float(last.split(":", 1)[1].split()[0])
        said.append(f"{name} {exposure}")
        check(exposure <= EXPOSURE_MOST, name, "is exposed by", exposure)
    print("exposure:", ", ".join(said))


def units_are_sound(machine):
    names = [f"{name}.service" for name in (*SERVICES, "qf-relay")] + [f"{name}.socket" for name in SERVICES]
    done = machine.run("systemd-analyze", "verify", "--man=no", *names, "qingfeng.target", "qingfeng.slice", code=None)
    same(done.stdout + done.stderr, "", "systemd-analyze verify")


def a_missing_key_keeps_the_door_shut(machine):
    """Without its secret key nothing serves, and systemd says which file is missing. It is tried again, as the manual says,
    until the key is there: then it serves by itself."""
    machine.run("mv", "/etc/qingfeng/keys/server.secret", "/etc/qingfeng/keys/away")
    machine.run("systemctl", "start", "qf-ingest.service", code=1)
    same(machine.show("qf-ingest.service", "ExecMainStatus"), "243", "the unit fails for want of its credential")
    until(lambda: int(machine.show("qf-ingest.service", "NRestarts")) >= 2, 30, "it is tried again and again")
    machine.run("mv", "/etc/qingfeng/keys/away", "/etc/qingfeng/keys/server.secret")
    until(lambda: machine.show("qf-ingest.service", "ActiveState") == "active", 30, "it serves when its key is there")
    machine.run("systemctl", "stop", "qf-ingest.service", "qf-ingest.socket")


def the_key_may_be_an_encrypted_credential(machine):
    """As the manual says: the file is gone, what lies there instead opens on this machine only."""
    sealed, drop_in = "/etc/credstore.encrypted/qf-server", "/etc/systemd/system/qf-ingest.service.d"
    machine.run("systemd-creds", "setup")
    machine.run("mkdir", "-p", "/etc/credstore.encrypted")
    machine.run("systemd-creds", "encrypt", "--with-key=host", "--name=server.secret", "/etc/qingfeng/keys/server.secret", sealed)
    check("Qingfeng secret key" not in machine.run("cat", sealed).stdout, "it is not sealed")
    machine.run("mv", "/etc/qingfeng/keys/server.secret", "/etc/qingfeng/keys/away")
    machine.write(f"{drop_in}/sealed.conf", "[Service]\nLoadCredential=\nLoadCredential=office.public:/etc/qingfeng/keys/office.public\n"
                  f"LoadCredentialEncrypted=server.secret:{sealed}\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "qf-ingest.service")
    same(machine.show("qf-ingest.service", "ActiveState"), "active")
    machine.run("systemctl", "reload", "qf-ingest.service")  # there is no key to lay out, and that is no failure
    same(machine.show("qf-ingest.service", "ActiveState"), "active")
    machine.run("systemctl", "stop", "qf-ingest.service", "qf-ingest.socket")
    machine.run("rm", "-r", drop_in, sealed)
    machine.run("mv", "/etc/qingfeng/keys/away", "/etc/qingfeng/keys/server.secret")
    machine.run("systemctl", "daemon-reload")


def a_socket_that_no_endpoint_names_is_told(machine):
    machine.write("etc/systemd/system/qf-ingest.socket.d/more.conf", "[Socket]\nListenStream=127.0.0.1:7399\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "qf-ingest.service", code=1)
    same(machine.show("qf-ingest.service", "ExecMainStatus"), "78")
    same(machine.show("qf-ingest.service", "ActiveState"), "failed", "what its configuration says stays so: it is not tried again")
    said = machine.run("journalctl", "-u", "qf-ingest.service", "--no-pager", "-o", "cat").stdout
    check("address=tcp://127.0.0.1:7399" in said, said)
    machine.run("systemctl", "stop", "qf-ingest.service", "qf-ingest.socket")
    machine.run("rm", "-r", "/etc/systemd/system/qf-ingest.socket.d")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "reset-failed")


def none_reads_what_another_holds(machine):
    for user, path in (("qf-report", "/var/lib/qingfeng/ingest"), ("qf-aggregate", "/var/lib/qingfeng/ingest"),
                       ("qf-ingest", "/var/lib/qingfeng/aggregate"), ("qf-report", "/etc/qingfeng/keys")):
        done = machine.run("setpriv", f"--reuid={user}", "--regid=qingfeng", "--clear-groups", "ls", path, code=None)
        check(done.returncode != 0 and "denied" in done.stderr, user, "can read", path, done.stdout, done.stderr)


def status_is_shown(machine):
    """How much, how fast, and how far behind."""
    for name, words in (("qf-ingest", r"position \d+, \d+ events, \d+/s"), ("qf-aggregate", r"counted to \d+, \d+ behind"),
                        ("qf-report", r"version \d+, \d+ behind, .* queries, \d+/s")):
        text = machine.show(f"{name}.service", "StatusText")
        check(re.search(words, text), name, "says of itself", text)


def a_daemon_is_restarted(machine, installed, name, number):
    """After SIGKILL, or when it hangs (SIGSTOP): then the watchdog ends it."""
    restarts = int(machine.show(f"{name}.service", "NRestarts"))
    machine.run("systemctl", "kill", "-s", number, "--kill-who=main", f"{name}.service")
    until(lambda: int(machine.show(f"{name}.service", "NRestarts")) > restarts, 60, f"{name} is restarted after {number}")
    until(installed.active, 30, "all are active again")


def restarts_under_load_lose_nothing(machine, installed, feeder):
    for name in SERVICES:
        machine.run("systemctl", "restart", f"{name}.service")
        feeder.goes_on(2000, f"after {name} was restarted")
    for name in SERVICES:
        a_daemon_is_restarted(machine, installed, name, "SIGKILL")
    feeder.goes_on(4000, "after the kills")


def the_operator_is_served(machine):
    """Beside the daemons, as root: what the manual says to do on the server."""
    until(lambda: machine.run("qf", "status", "--dir", "/var/lib/qingfeng", code=None).returncode == 0, 20, "all is well")
    for words in (("totals",), ("verify",), ("rebuild",), ("verify",), ("audit",)):
        machine.run("qf", *words, "--dir", "/var/lib/qingfeng")


def the_relay_serves(machine, installed, context):
    """Started by who wants it, with a key of its own that may read."""
    machine.run("systemctl", "start", "qf-relay.service", code=1)  # there is no relay.secret yet
    machine.run("qf", "key", "new", "relay", "--dir", "/var/lib/qingfeng")
    machine.run("qf", "key", "add", "relay", "/etc/qingfeng/keys/relay.public", "--role", "read", "--org", "office",
                "--dir", "/var/lib/qingfeng")
    machine.run("systemctl", "reset-failed", "qf-relay.service")
    machine.run("systemctl", "start", "qf-relay.service")
    with context.socket(zmq.SUB) as subscriber:
        subscriber.linger = 0
        subscriber.connect(f"ipc:///proc/{machine.leader}/root/run/qingfeng-relay/relay.ipc")
        subscriber.subscribe(b"t/records/total/all/")
        check(subscriber.poll(20000), "the relay says nothing")
        topic = subscriber.recv_multipart()[0]
        check(topic.startswith(b"t/records/total/all/"), topic)


def the_machine_backs_up_and_audits(machine):
    """What the timers start, under their sandbox; twice, since the second adds to the first."""
    for unit in ("qingfeng-backup.service", "qingfeng-audit.service", "qingfeng-backup.service"):
        machine.run("systemctl", "start", unit)
        same(machine.show(unit, "Result"), "success", unit)
    for timer in ("qingfeng-backup.timer", "qingfeng-audit.timer"):
        machine.run("systemctl", "enable", "--now", timer)
        check(machine.show(timer, "NextElapseUSecRealtime"), timer, "does not know when it is next")


def a_dead_disk_is_restored(machine, installed):
    """The journal is gone; from the backup and the outboxes everything is there again."""
    before = installed.totals()
    machine.run("systemctl", "stop", "qingfeng.target")
    machine.run("rm", "-r", "/var/lib/qingfeng/ingest", "/var/lib/qingfeng/aggregate")
    machine.run("mkdir", "-p", "/var/lib/qingfeng/ingest")
    machine.run("qf", "restore", "/var/backups/qingfeng", "--reason", "the disk died", "--dir", "/var/lib/qingfeng")
    machine.run("systemctl", "start", "qingfeng.target")
    until(lambda: installed.totals() == before, 30, "the totals are what they were")
    machine.run("qf", "verify", "--dir", "/var/lib/qingfeng")


def the_servers_key_changes(machine, installed, feeder, context):
    """While a partner that has the old key only feeds: it goes on, one with the new key comes in, and no daemon restarts."""
    ids = [machine.show(f"{name}.service", "MainPID") for name in SERVICES]
    machine.run("qf", "key", "server", "begin")
    feeder.goes_on(2000, "with the old key, while the server answers to both")
    public = machine.path("/etc/qingfeng/keys/server.public")
    with open(public, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("# ")]
    same(len(lines), 2, "server.public while it changes")
    newcomer = installed.partner(context, "beta")  # takes the first line
    newcomer.hello(timeout=20)
    newcomer.close()
    machine.run("systemctl", "restart", "qf-report.service")  # credentials have both too
    until(lambda: installed.totals() is not None, 20, "readers come in")
    same([machine.show(f"{name}.service", "MainPID") for name in SERVICES][0], ids[0], "ingest did not restart")
    said = machine.run("qf", "logbook", "show").stdout
    check(said.count("server-key-changed") >= 2, said)


def its_old_key_ends(machine, installed, old, context):
    machine.run("qf", "key", "server", "end")
    installed.partner(context, "beta").hello(timeout=20)
    try:
        old.hello(timeout=2)
        raise AssertionError("the old key of the server still answers")
    except NoAnswer:
        pass
    until(lambda: installed.totals() is not None, 20, "readers come in")


def it_stops_in_time(machine, feeder):
    feeder.goes_on(400, "before the stop")
    began = time.monotonic()
    machine.run("systemctl", "stop", "qingfeng.target")
    for name in (*SERVICES, "qf-relay"):
        until(lambda: machine.show(f"{name}.service", "ActiveState") == "inactive", 10, f"{name} is stopped")
        same(machine.show(f"{name}.service", "Result"), "success", name)
    took = time.monotonic() - began
    check(took < 5, "stopping took", took, "s")
    machine.run("systemctl", "start", "qingfeng.target")
    feeder.goes_on(400, "after it was stopped and started")
    print(f"stopped under load within {took:.2f} s")


def health():
    try:
        with urllib.request.urlopen("http://127.0.0.1:7302/healthz", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def http_is_answered(machine):
    """On systemd's socket, by a daemon that has no network of its own."""
    until(lambda: health() == 200, 20, "healthy")
    machine.run("systemctl", "stop", "qf-aggregate.service")
    until(lambda: health() == 503, 20, "aggregation is away, and health says so")
    machine.run("systemctl", "start", "qf-aggregate.service")
    until(lambda: health() == 200, 20, "healthy again")


def main():
    box.enter()
    with box.Box() as machine, zmq.Context() as context:
        installed = Installed(machine)
        installed.lay_out()
        machine.start()
        installed.prepare()
        units_are_sound(machine)
        exposures_are_low(machine)
        a_missing_key_keeps_the_door_shut(machine)
        the_key_may_be_an_encrypted_credential(machine)
        a_socket_that_no_endpoint_names_is_told(machine)
        machine.run("systemctl", "start", "qingfeng.target")
        until(installed.active, 30, "all are active")
        installed.load_programme()
        config = installed.add_source("alpha", "alpha")
        same(installed.feed(config, list(sample.activities(1, "alpha", ROWS)), "first").code, 0)
        installed.wait_records(ROWS)
        none_reads_what_another_holds(machine)
        status_is_shown(machine)
        http_is_answered(machine)
        with Feeder(installed.partner(context, "alpha")) as feeder:
            restarts_under_load_lose_nothing(machine, installed, feeder)
        records = ROWS + feeder.records
        installed.check_counted(records)
        feeder.check_rate(2000)
        print(f"{feeder.records} activities acknowledged while each daemon was restarted and killed, "
              f"{feeder.rate:.0f}/s while served; longest wait {feeder.longest:.2f} s")
        a_daemon_is_restarted(machine, installed, "qf-aggregate", "SIGSTOP")
        the_operator_is_served(machine)
        the_machine_backs_up_and_audits(machine)
        a_dead_disk_is_restored(machine, installed)
        the_relay_serves(machine, installed, context)
        installed.add_source("beta", "beta")
        old = installed.partner(context, "beta")
        with Feeder(installed.partner(context, "alpha"), "keys") as feeder:
            the_servers_key_changes(machine, installed, feeder, context)
        records += feeder.records
        its_old_key_ends(machine, installed, old, context)
        with Feeder(installed.partner(context, "alpha"), "stop") as feeder:
            it_stops_in_time(machine, feeder)
        installed.check_counted(records + feeder.records)


if __name__ == "__main__":
    main()
