#!/usr/bin/python3
"""libqingfeng as a partner's programmer has it: header, library and pkg-config file in a prefix,
nothing of the tree; docs/examples/feed.c feeds and reads a running service with it."""
import json
import os
import re
import select
import shlex
import subprocess
import tempfile

from support.harness import PATIENCE, SOURCE, Office, check, run, same, until
from support.installed import install

EVENT = {"kind": "activity", "date": "2023-05-06", "org": "alpha", "mode": "onsite", "content": "law",
         "attendances": 12}


def compile_with(office, env, source, *words):
    to = os.path.join(office.home, os.path.basename(source)[:-2])
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libqingfeng"], env=env, check=True,
                           capture_output=True, encoding="utf-8").stdout.split()
    subprocess.run([*shlex.split(os.environ["QF_CC"]), "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *words,
                    source, *flags, "-o", to], check=True, env=env, cwd=office.home)
    return to


def keys(office):
    return [office.path("keys", "server.public"), office.path("keys", "alpha.secret")]


def feed(office, env, program, line, code=0):
    done = subprocess.run([program, office.endpoint("feed"), office.endpoint("read"), *keys(office),
                           os.path.join(office.home, "outbox"), line], env=env, capture_output=True, encoding="utf-8",
                          timeout=60 * PATIENCE, check=False)
    same(done.returncode, code, done.stdout + done.stderr)
    return done.stdout if code == 0 else done.stderr


def lines_until(process, wanted, timeout=20 * PATIENCE):
    """What the program says, up to a line that begins so."""
    said = []
    while not (said and re.match(wanted, said[-1])):
        ready, _, _ = select.select([process.stdout], [], [], timeout)
        check(ready, "nothing more was said after", said)
        said.append(process.stdout.readline())
        check(said[-1], "it ended after", said)
    return said


def the_example_feeds_and_reads():
    with Office() as office:
        env = install(office.home)
        office.add_source("alpha", "alpha", "feed,read")
        program = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "feed.c"))
        said = feed(office, env, program, json.dumps({**EVENT, "key": "A1"}))
        check(said.startswith("1 accepted") and said.endswith("1 activities, 12 attendances\n"), said)
        said = feed(office, env, program, json.dumps({**EVENT, "key": "A2", "org": "beta"}))
        check(said.startswith("2 rejected E103") and said.endswith("1 activities, 12 attendances\n"), said)
        same(feed(office, env, program, "{", code=1).split()[0], "E120")
        office.stop()
        said = feed(office, env, program, json.dumps({**EVENT, "key": "A3"}), code=1)
        check("what was flushed is kept" in said, said)
        office.start()
        said = feed(office, env, program, json.dumps({**EVENT, "key": "A4"}))  # sends what was kept first
        check("3 accepted" in said and said.endswith("3 activities, 36 attendances\n"), said)
        office.verify()


def a_subscriber_hears_what_changes_and_resumes():
    with Office() as office:
        env = install(office.home)
        office.add_source("alpha", "alpha", "feed,read")
        program = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "feed.c"))
        follow = compile_with(office, env, os.path.join(SOURCE, "tests", "integration", "follow.c"))
        feed(office, env, program, json.dumps({**EVENT, "key": "A1"}))
        with subprocess.Popen([follow, office.endpoint("read"), *keys(office)], env=env, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, bufsize=0, encoding=None) as process:
            said = b"".join(lines_until(process, rb"update \d+ anew"))
            check(b"cell total all 20230506 1 12" in said, said)
            feed(office, env, program, json.dumps({**EVENT, "key": "A2"}))
            said = b"".join(lines_until(process, rb"cell total all 20230506 2 24"))
            check(b"anew" not in said, said)
            report = office.pids("report")
            office.kill("report")
            until(lambda: office.pids("report") not in ([], report), 20, "reporting is back")
            feed(office, env, program, json.dumps({**EVENT, "key": "A3"}))
            said = b"".join(lines_until(process, rb"cell total all 20230506 3 36"))
            check(b"anew" not in said, said)  # it resumed from its version
            process.stdin.close()
            same(process.wait(20 * PATIENCE), 0)


def only_the_map_is_exported():
    with tempfile.TemporaryDirectory(prefix="qf-") as home:
        library = os.path.join(install(home)["LD_LIBRARY_PATH"], "libqingfeng.so.0")
        names = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True,
                               encoding="utf-8").stdout.split("\n")
        exported = {line.split()[-1] for line in names if line and line.split()[1] != "A"}
        with open(os.path.join(SOURCE, "common", "qingfeng", "qingfeng.map"), encoding="utf-8") as file:
            mapped = {f"{name}@@QINGFENG_0" for name in re.findall(r"^\s+(\w+);", file.read(), re.M)}
        same(exported, mapped)
        with open(os.path.join(SOURCE, "common", "qingfeng", "qingfeng.h"), encoding="utf-8") as file:
            declared = {f"{name}@@QINGFENG_0" for name in re.findall(r"\b(qingfeng_\w+)\(", file.read())}
        same(declared, mapped, "the header and the map")
        with open(os.path.join(SOURCE, "docs", "man", "libqingfeng.3"), encoding="utf-8") as file:
            told = {f"{name}@@QINGFENG_0" for name in re.findall(r"qingfeng_\w+", file.read()) if name != "qingfeng_outcome"}
        same(told, mapped, "the manual page and the map")


if __name__ == "__main__":
    run(the_example_feeds_and_reads, a_subscriber_hears_what_changes_and_resumes, only_the_map_is_exported)
