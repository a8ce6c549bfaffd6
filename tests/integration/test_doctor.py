#!/usr/bin/python3
"""qf doctor: everything well, and then one thing broken at a time, which it names with what to do; at a partner's desk
and beside the daemons."""
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading

from support import sample
from support.harness import QF, Office, check, run, same


def looked(office, *words, code, language="en"):
    """Its checks by name: (level, text, next)."""
    done = subprocess.run([QF, "doctor", *words, "--json", "--lang", language], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", timeout=120, check=False)
    same((done.returncode, done.stderr), (code, ""))
    report = json.loads(done.stdout)
    same(report["well"], code == 0)
    checks = {}
    for one in report["checks"]:
        level = one["level"], one["text"], one["next"]
        if one["check"] not in checks or level[0] == "bad":
            checks[one["check"]] = level
    for name, (level, _, todo) in checks.items():
        check((level == "ok") == (todo == ""), f"{name}: {level} with {todo!r}: what is not well says what to do")
    return checks


def bad(checks):
    return sorted(name for name, (level, _, _) in checks.items() if level == "bad")


def config(office, name, **other):
    path = os.path.join(office.home, f"{name}.yaml")
    entries = {"feed": f"ipc://{office.dir}/run/feed.ipc", "read": f"ipc://{office.dir}/run/read.ipc",
               "server_public": office.path("keys", "server.public"), "key": office.path("keys", f"{name}.secret"),
               "outbox": os.path.join(office.home, f"{name}.outbox"), "source": name, **other}
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{key}: '{value}'\n" for key, value in entries.items())
    return path


def all_is_well():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        for words in (("--dir", office.dir), ("--dir", office.dir, "--as", "alpha"), ("--config", config(office, "alpha"))):
            checks = looked(office, *words, code=0)
            same(bad(checks), [])
            for name in ("key", "server_key", "feed_door", "read_door", "feed", "read", "version", "counts", "outbox"):
                same((name, checks[name][0]), (name, "ok"))
            check("clock" in checks and "disk" in checks, "and the machine is looked at")
        check(not os.path.exists(os.path.join(office.home, "alpha.outbox")), "looking makes nothing")
        text = office.qf("doctor", "--lang", "zh").out
        check("qf-ingest, qf-aggregate, qf-report, qf-relay" in text, f"the daemons that run: {text}")
        check("好   密钥" in text and "没有不好的" in text and "\x1b" not in text, f"lines for people: {text}")


def what_runs_is_of_another_version():
    """A daemon that wrote so when it was started; and one that was stopped since, which is told nothing of."""
    with Office() as office:
        for daemon, lines in (("aggregate", ["started version=9.9.9"]), ("relay", ["started version=9.9.9", "stopped code=0"])):
            path = office.path("log", f"{daemon}.logbook")
            for line in lines:
                with open(path, encoding="utf-8") as file:
                    last = file.read().splitlines()[-1]
                with open(path, "a", encoding="utf-8") as file:
                    number, at = last.split()[:2]
                    file.write(f"{int(number) + 1} {at} {line} #{hashlib.sha256(last.encode()).hexdigest()}\n")
            office.qf("logbook", "verify", path)
        checks = json.loads(office.qf("doctor", "--json", "--lang", "en").out)["checks"]
        versions = [(one["level"], one["text"], one["next"]) for one in checks if one["check"] == "version"]
        same(sorted(level for level, *_ in versions), ["ok", "ok", "warn"], versions)
        check(any("qf-aggregate that runs is 9.9.9" in text and "systemctl restart qf-aggregate" in todo for _, text, todo in versions), versions)
        check(any("qf-ingest, qf-report of" in text for _, text, _ in versions), versions)


def of_who_was_killed_nothing_is_said():
    """Their logbooks say that they started, and nothing after it."""
    with Office() as office:
        office.kill_all()
        said = office.qf("doctor", "--lang", "en", code=1).out
        check("running" not in said, said)


def one_thing_is_broken_at_a_time():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        office.qf("key", "new", "stranger")
        secret, public = office.path("keys", "alpha.secret"), office.path("keys", "alpha.public")

        os.chmod(secret, 0o644)
        checks = looked(office, "--config", config(office, "alpha"), code=1)
        same((bad(checks), checks["key"][2]), (["key"], f"chmod 600 {secret}"))
        os.chmod(secret, 0o600)

        shutil.copy(office.path("keys", "stranger.public"), public)
        checks = looked(office, "--config", config(office, "alpha"), code=1)
        check("is not the other half" in checks["key"][1], checks["key"])
        check("qf key rotate" in str(checks["key"]), checks["key"])
        same(bad(checks), ["key"])

        same(bad(looked(office, "--config", config(office, "alpha", key="/nowhere"), code=1)), ["key"])
        same(bad(looked(office, "--config", config(office, "alpha", server_public="/nowhere"), code=1)), ["key", "server_key"])

        checks = looked(office, "--dir", office.dir, "--as", "stranger", code=1)
        same(bad(checks), ["feed", "read"])
        check("qf key add stranger '" in checks["feed"][2], checks["feed"])

        checks = looked(office, "--config", config(office, "stranger", server_public=office.path("keys", "stranger.public")), code=1)
        same(bad(checks), ["feed", "read"])
        check("does not shake hands" in checks["read"][1], checks["read"])


def keys_belong_to_whom_they_should():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        secret = office.path("keys", "server.secret")
        if os.geteuid() == 0:  # only root gives files away
            os.chown(secret, 65534, -1)
            for language, words in (("en", "belongs to nobody and its folder to root"), ("zh", "属于 nobody，它的目录属于 root")):
                checks = looked(office, "--dir", office.dir, code=1, language=language)
                same((bad(checks), checks["key_owner"][2]), (["key_owner"], f"chown root {secret}"))
                check(words in checks["key_owner"][1], checks["key_owner"])
            os.chown(secret, 0, -1)
        same(bad(looked(office, "--dir", office.dir, code=0)), [])


def the_library_is_another():
    """A program in C takes what the machine has: one of another version is told, and the same is well."""
    with Office() as office:
        for version, level in (("0.0.9", "warn"), (None, "ok")):
            folder = os.path.join(office.home, version or "same")
            os.mkdir(folder)
            if not version:
                version = subprocess.run([QF, "--version"], stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout.split()[1]
            subprocess.run(["cc", "-shared", "-fPIC", "-xc", "-", "-o", os.path.join(folder, "libqingfeng.so.0")], check=True, encoding="utf-8",
                           input=f'const char *qingfeng_version(void) {{ return "{version}"; }}')
            done = subprocess.run([QF, "doctor", "--dir", office.dir, "--json", "--lang", "en"], stdout=subprocess.PIPE, encoding="utf-8",
                                  env={**os.environ, "LD_LIBRARY_PATH": folder}, check=True)
            library = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "library"]
            same([one["level"] for one in library], [level], library)
            check(f"libqingfeng is {version}" in library[0]["text"], library)


def a_door_is_shut_or_somebody_elses():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        with socket.create_server(("127.0.0.1", 0)) as other:
            def hang_up_rudely():
                guest, _ = other.accept()
                guest.sendall(b"220 mail.example ESMTP\r\n")
                guest.recv(1000)
                guest.close()
            thread = threading.Thread(target=hang_up_rudely)
            thread.start()
            checks = looked(office, "--config", config(office, "alpha", feed=f"tcp://127.0.0.1:{other.getsockname()[1]}",
                                                       read="tcp://nosuch.invalid:7"), code=1)
            thread.join()
        same(bad(checks), ["feed_door", "read_door"])
        check("is not Qingfeng" in checks["feed_door"][1] and "cannot be found" in checks["read_door"][1], checks)
        check("feed" not in checks, "nobody is asked behind a door that is not there")
        office.stop()
        checks = looked(office, "--dir", office.dir, code=1)
        same(bad(checks), ["feed_door", "read_door"])
        check("qf up" in checks["feed_door"][2], checks["feed_door"])


def an_outbox_waits():
    with Office() as office:
        office.add_source("alpha", "alpha", "feed,read")
        first = sample.write_csv(os.path.join(office.home, "a.csv"), list(sample.activities(1, "alpha", 5)))
        office.qf("feed", first, "--as", "alpha")
        office.kill("ingest", signal.SIGSTOP)
        path = sample.write_csv(os.path.join(office.home, "b.csv"), list(sample.activities(2, "alpha", 30, "more")))
        office.qf("feed", path, "--as", "alpha", "--patience", "1", code=75)
        office.kill("ingest", signal.SIGCONT)
        level, text, todo = looked(office, "--dir", office.dir, "--as", "alpha", code=0)["outbox"]
        same((level, text, todo), ("warn", "30 events have not been sent", "qf feed --flush"))
        office.qf("feed", "--flush", "--as", "alpha")
        same(looked(office, "--dir", office.dir, "--as", "alpha", code=0)["outbox"][:2], ("ok", "all is answered: 35 events"))
        outbox = office.path("outbox", "alpha", "data.mdb")
        with open(outbox, "r+b") as file:
            file.write(b"\xff" * 4096)
        same(bad(looked(office, "--dir", office.dir, "--as", "alpha", code=1)), ["outbox"])


if __name__ == "__main__":
    run(all_is_well, what_runs_is_of_another_version, of_who_was_killed_nothing_is_said, one_thing_is_broken_at_a_time, keys_belong_to_whom_they_should,
        the_library_is_another, a_door_is_shut_or_somebody_elses, an_outbox_waits)
