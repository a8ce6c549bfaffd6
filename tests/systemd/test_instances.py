#!/usr/bin/python3
"""Two programmes on one machine, each an instance with keys, directories and a journal of its own: what is fed to one
is not in the other, a key of one opens nothing of the other, and each is stopped and backed up alone."""
import json
import subprocess

import zmq

from support import sample
from support.harness import PROGRAMME, check, qf, same, until
from support.manual import blocks_by
from support.partner import NoAnswer
from systemd import box
from systemd.installed import SERVICES, Installed

ROWS = {"": 60, "training": 40}


def made_by_init(machine, training):
    said = machine.run("qf", "init", "--instance", "training", "--training", "--listen", "127.0.0.1:7310",
                       "--programme", "/root/programme.yaml", "--lang", "en").stdout
    check("Instance training is up" in said and training.dir in said, said)
    machine.run("qf", "init", "--instance", "training", "--listen", "127.0.0.1:7310")  # again: nothing changes
    check(training.active(), "not all services of the instance run")
    machine.run("qf", "init", "--instance", "relay", "--listen", "127.0.0.1:7320", code=64)
    machine.run("qf", "init", "--instance", "other", code=64)  # without an address


def units_are_as_closed(machine):
    names = [f"{name}@training.service" for name in SERVICES]
    done = machine.run("systemd-analyze", "verify", "--man=no", *names, "qingfeng@training.target", code=None)
    same(done.stdout + done.stderr, "", "systemd-analyze verify")
    for name in SERVICES:
        for what in ("User", "PrivateNetwork", "ProtectSystem", "WatchdogUSec", "SystemCallFilter"):
            same(machine.show(f"{name}@training.service", what), machine.show(f"{name}.service", what), name, what)
        check("(training)" in machine.show(f"{name}@training.service", "Description"), "units are not told apart")


def journal_of(machine, installed):
    lines = machine.run("qf", "export", "--dir", installed.dir).stdout.splitlines()
    return json.loads(lines[0])["journal"]


def numbers_do_not_mix(machine, installs):
    for name, installed in installs.items():
        config = installed.add_source("alpha", "alpha")
        same(installed.feed(config, list(sample.activities(1, "alpha", ROWS[name])), "rows").code, 0)
    for name, installed in installs.items():
        installed.check_counted(ROWS[name])
    real, training = installs.values()
    check(journal_of(machine, real) != journal_of(machine, training), "two journals of one id")


def keys_open_only_their_own(installs, context):
    """alpha's key of the training, at the doors of the real one, and with its server's key: no answer."""
    real, training = installs.values()
    subprocess.run(["cp", training.path("alpha.secret"), real.path("stray.secret")], check=True)
    stray = real.partner(context, "stray")
    try:
        stray.hello(timeout=3)
        raise AssertionError("a key of the training got in")
    except NoAnswer:
        pass
    finally:
        stray.close()


def the_training_is_marked(machine, installs):
    real, training = installs.values()
    for words in (("status",), ("report", "year", "--year", "2023"), ("totals",), ("totals", "--by", "month"), ("watch", "--once")):
        for installed, marked in ((real, False), (training, True)):
            done = machine.run("qf", *words, "--lang", "zh", "--dir", installed.dir, code=None).stdout
            same("演练" in done, marked, words, done)
    machine.run("qf", "programme", "load", "/root/programme.yaml", "--training", "--dir", real.dir, code=None)
    check("演练" not in machine.run("qf", "totals", "--lang", "zh", "--dir", real.dir).stdout, "real numbers became a training's")


def an_outbox_of_the_training_feeds_nothing_else(installs):
    """Its key is registered with the real one too, and the addresses are changed: it stops."""
    real, training = installs.values()
    real_config = real.config("alpha", training.path("alpha.secret"))
    qf("key", "rotate", "alpha", training.path("alpha.public"), "--config", real.office)
    with open(real_config, encoding="utf-8") as file:
        text = file.read()
    with open(real_config, "w", encoding="utf-8") as file:
        file.write(text.replace(real.path("alpha.outbox"), training.path("alpha.outbox")))
    before = real.totals()
    said = real.feed(real_config, list(sample.activities(2, "alpha", 5, "stray")), "stray")
    check(said.code != 0 and ("another journal" in said.err or "不是一直报送的那一本" in said.err), said.code, said.out, said.err)
    same(real.totals(), before, "numbers of the training were counted")


def each_is_stopped_and_backed_up_alone(machine, installs):
    real, training = installs.values()
    machine.run("systemctl", "start", "qingfeng-backup@training.service")
    same(machine.show("qingfeng-backup@training.service", "Result"), "success")
    machine.run("qf", "backup", "/var/backups/qingfeng-training", "--verify", "--dir", training.dir)
    machine.run("systemctl", "stop", "qingfeng@training.target")
    until(lambda: all(machine.show(f"{name}@training.service", "ActiveState") == "inactive" for name in SERVICES), 10,
          "the instance is stopped")
    real.check_active()
    same(real.totals()["records"], ROWS[""])
    machine.run("systemctl", "start", "qingfeng@training.target")
    until(training.active, 20, "it runs again")
    until(lambda: (training.totals() or {"records": 0})["records"] == ROWS["training"], 20, "with its own numbers")


def it_is_removed_as_documented(machine, installs):
    """By the manual's own lines; and the next boot, which makes folders, makes none for it."""
    real = installs[""]
    (lines,) = blocks_by("docs/operator.md", "it_is_removed_as_documented")
    machine.run("bash", "-euc", lines)
    machine.run("systemd-tmpfiles", "--create", code=None)
    left = machine.run("find", "/etc", "/var/lib", "/var/backups", "/run/", "-xdev", "-name", "*training*",
                       "-not", "-name", "stamp-*").stdout  # empty files of systemd itself: when a timer was last due
    same(left, "", "left of the instance")
    same(machine.run("systemctl", "list-units", "--plain", "--no-legend", "*@training*").stdout, "", "units of the instance")
    real.check_active()
    same(real.totals()["records"], ROWS[""])


def main():
    box.enter()
    with box.Box() as machine, zmq.Context() as context:
        real, training = Installed(machine), Installed(machine, "training", 7310)
        real.lay_out()
        subprocess.run(["cp", PROGRAMME, machine.path("root/programme.yaml")], check=True)
        machine.start()
        real.prepare()
        machine.run("qf", "init", "--programme", "/root/programme.yaml")
        made_by_init(machine, training)
        units_are_as_closed(machine)
        installs = {"": real, "training": training}
        numbers_do_not_mix(machine, installs)
        keys_open_only_their_own(installs, context)
        the_training_is_marked(machine, installs)
        an_outbox_of_the_training_feeds_nothing_else(installs)
        each_is_stopped_and_backed_up_alone(machine, installs)
        it_is_removed_as_documented(machine, installs)


if __name__ == "__main__":
    main()
