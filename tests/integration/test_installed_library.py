#!/usr/bin/python3
"""libqingfeng as a partner's programmer has it: header, library and pkg-config file in a prefix,
nothing of the tree; docs/examples/feed.c feeds and reads a running service with it."""
import glob
import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile

from support.harness import PATIENCE, PROGRAMME, SOURCE, Office, check, run, same, until
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


def keys(office, source="alpha"):
    return [office.path("keys", "server.public"), office.path("keys", source + ".secret")]


def outbox(office, source="alpha"):
    return os.path.join(office.home, "outbox-of-" + source)


def feed(office, env, program, line, source="alpha", code=0):
    done = subprocess.run([program, office.endpoint("feed"), office.endpoint("read"), *keys(office, source),
                           outbox(office, source), line], env=env, capture_output=True, encoding="utf-8",
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


def an_outbox_in_another_sources_place_sends_nothing():
    """The program names no source: whose the outbox is was told by the server, and so is who asks now."""
    with Office() as office:
        env = install(office.home)
        program = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "feed.c"))
        for source in ("alpha", "alpha-2"):
            office.add_source(source, "alpha", "feed,read")
        feed(office, env, program, json.dumps({"kind": "activity", "key": "A1", "date": "2023-05-06", "org": "alpha"}))
        feed(office, env, program, json.dumps({"kind": "tick", "key": "A1", "counter": "sign_in", "amount": 5}))
        shutil.copytree(outbox(office), outbox(office, "alpha-2"))
        for _ in range(2):
            said = feed(office, env, program, json.dumps({**EVENT, "key": "A2"}), "alpha-2", code=1)
            check("copied from another source" in said, said)
        shutil.copytree(outbox(office), office.path("outbox", "alpha-2"))
        said = office.qf("feed", "--flush", "--as", "alpha-2", "--lang", "en", code=3).err
        check("copied from another source" in said, said)
        same(office.verify().total()[:3], (1, 1, 5), "nothing was sent, and the ticks are counted once")
        shutil.rmtree(outbox(office, "alpha-2"))
        said = feed(office, env, program, json.dumps({**EVENT, "key": "A2"}), "alpha-2")
        check(said.startswith("1 accepted") and said.endswith("2 activities, 17 attendances\n"), said)
        feed(office, env, program, json.dumps({**EVENT, "key": "A3"}))
        same(office.verify().total()[0], 3)


def an_outbox_that_was_copied_before_any_answer_is_the_first_ones():
    """The server was away, so nobody knows whose it is: of the two sources the first that is heard has it."""
    with Office() as office:
        env = install(office.home)
        program = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "feed.c"))
        for source in ("alpha", "alpha-2", "alpha-3"):
            office.add_source(source, "alpha", "feed,read")
        office.tell({"key": "A1", "date": "2023-05-06", "org": "alpha"}, source="alpha-3")
        office.stop()
        tick = json.dumps({"kind": "tick", "key": "A1", "counter": "sign_in", "amount": 5})
        feed(office, env, program, tick, code=1)
        shutil.copytree(outbox(office), outbox(office, "alpha-2"))
        office.start()
        said = feed(office, env, program, tick, "alpha-2")  # the copy comes first
        check(said.endswith("1 activities, 10 attendances\n"), said)
        for _ in range(2):
            said = feed(office, env, program, tick, code=1)
            check("another source has sent from this outbox" in said, said)
        shutil.copytree(outbox(office), office.path("outbox", "alpha"))
        spoken = {"en": ("another source has sent from this outbox", "Move it away", "and are kept: 3.", '"alpha" gets an outbox of its own', "the server"),
                  "zh": ("另一个数据源已经用这个发件箱报过", "请移开它", "里面的 3 条都还在", "“alpha”会有自己的新发件箱", "The ")}
        for language, (why, what, kept, helps, other) in spoken.items():
            for word in ("--flush", "--renew", "--resume", "-"):  # nothing takes along what is the other's, or is put beside it
                said = office.qf("feed", word, "--as", "alpha", "--lang", language, stdin=tick + "\n", code=3).err
                check(said.count(what) == 1 and "--re" not in said, word, said)
                check(all(part in said for part in (why, kept, f"mv {office.path('outbox', 'alpha')} ", helps)), word, said)
            said = office.qf("doctor", "--as", "alpha", "--lang", language, code=1).out
            said = said[said.index(why[:3]) - 80:]
            check(why in said and "mv " in said and helps in said and "--re" not in said and (language == "en" or other not in said), said)
        same(office.verify().total()[:3], (1, 1, 10), "each tick is counted once")
        with open(office.path("log", "ingest.log"), encoding="utf-8") as log:
            check("the outbox of alpha is one that alpha-2 has sent from" in log.read(), "the office is told by whom")
        shutil.rmtree(outbox(office))
        check(feed(office, env, program, tick).endswith("1 activities, 15 attendances\n"), "with a new one it goes on")
        office.verify()


class Follower:
    """docs/examples/follow.c, with a place of its own."""

    def __init__(self, office, env, program):
        self.place = os.path.join(office.home, "place")
        words = [program, office.endpoint("read"), *keys(office), self.place]
        self.process = subprocess.Popen(words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def until(self, wanted):
        return b"".join(lines_until(self.process, wanted))

    def until_kept(self, wanted):
        """What it said up to an update that it kept, too."""
        said = self.until(wanted)
        version = re.findall(rb"update (\d+)", said)[-1]

        def kept():
            with open(self.place, "rb") as file:
                return file.read()[16:].strip() == version
        until(lambda: os.path.exists(self.place) and kept(), 20, "the place is kept")
        return said

    def end(self, number=None):
        if number:
            self.process.send_signal(number)
        self.process.stdin.close()
        same(self.process.wait(20 * PATIENCE), -number if number else 0)
        self.process.stdout.close()


def a_subscriber_hears_what_changes_and_resumes():
    with Office() as office:
        env = install(office.home)
        office.add_source("alpha", "alpha", "feed,read")
        program = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "feed.c"))
        follow = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "follow.c"))
        feed(office, env, program, json.dumps({**EVENT, "key": "A1"}))
        follower = Follower(office, env, follow)
        said = follower.until(rb"update \d+ anew")
        check(b"cell total all 20230506 1 12" in said, said)
        feed(office, env, program, json.dumps({**EVENT, "key": "A2"}))
        check(b"anew" not in follower.until(rb"cell total all 20230506 2 24"))
        report = office.pids("report")
        office.kill("report")
        until(lambda: office.pids("report") not in ([], report), 20, "reporting is back")
        feed(office, env, program, json.dumps({**EVENT, "key": "A3"}))
        check(b"anew" not in follower.until(rb"cell total all 20230506 3 36"))  # it resumed from its version
        follower.until(rb"update \d+ on")
        follower.end()


def a_subscriber_goes_on_where_it_stood_when_it_was_killed():
    with Office() as office:
        env = install(office.home)
        office.add_source("alpha", "alpha", "feed,read")
        program = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "feed.c"))
        follow = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "follow.c"))
        feed(office, env, program, json.dumps({**EVENT, "key": "A1", "date": "2023-01-05"}))
        feed(office, env, program, json.dumps({**EVENT, "key": "A2"}))
        follower = Follower(office, env, follow)
        check(b"20230105" in follower.until_kept(rb"update \d+ anew"))
        follower.end(signal.SIGKILL)
        # Meanwhile a name is changed, one is new, and something is counted.
        with open(PROGRAMME, encoding="utf-8") as file:
            text = file.read().replace("en: Law}", "en: Law and order}").replace(
                "      - {code: law,", "      - {code: newcomer, zh: 新, en: New}\n      - {code: law,")
        changed = os.path.join(office.home, "changed.yaml")
        with open(changed, "w", encoding="utf-8") as file:
            file.write(text)
        office.qf("programme", "load", changed)
        feed(office, env, program, json.dumps({**EVENT, "key": "A3", "content": "newcomer"}))
        follower = Follower(office, env, follow)
        said = follower.until(rb"update \d+")
        check(b"anew" not in said and b"20230506 2 24" in said and b"20230105" not in said, said)
        feed(office, env, program, json.dumps({**EVENT, "key": "A4"}))
        check(b"anew" not in follower.until(rb"cell total all 20230506 3 36"))
        follower.until_kept(rb"update \d+ on")
        follower.end(signal.SIGKILL)
        # Another counting: a place that means nothing any more.
        with open(os.path.join(office.home, "place"), "r+b") as file:
            file.write(b"\0\1\2\3")
        follower = Follower(office, env, follow)
        check(b"20230105" in follower.until(rb"update \d+ anew"))
        follower.end()


def figures_of_a_declared_kind_are_asked_for():
    with Office() as office:
        env = install(office.home)
        office.add_source("alpha", "alpha", "feed,read")
        ask = compile_with(office, env, os.path.join(SOURCE, "docs", "examples", "ask.c"))
        office.qf("feed", "-", "--as", "alpha", stdin="".join(json.dumps({
            "kind": "broadcast", "key": f"B{month}", "date": f"2023-{month:02d}-06", "org": "alpha", **figures}) + "\n"
            for month, figures in ((1, {"views": 100, "peak": 60}), (2, {"views": 50, "peak": 40}), (3, {}))))
        def asked(measure, code=0):
            done = subprocess.run([ask, office.endpoint("read"), *keys(office), "broadcast", measure], env=env,
                                  capture_output=True, encoding="utf-8", timeout=60 * PATIENCE, check=False)
            same(done.returncode, code, done.stderr)
            return done.stdout.splitlines() if code == 0 else done.stderr
        until(lambda: len(asked("views")) == 4, 20, "they are counted")
        same(asked("views"), ["202301 views 100 of 1, 0 not known", "202302 views 50 of 1, 0 not known",
                              "202303 views not known", "all views 150 of 2, 1 not known"])
        same(asked("peak")[-1], "all peak 60 of 2, 1 not known")  # the largest: peaks are not added
        check("no measure" in asked("nosuch", code=1))


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
        told = set()
        for page in glob.glob(os.path.join(SOURCE, "docs", "man", "*qingfeng*.3")):
            with open(page, encoding="utf-8") as file:
                synopsis = file.read().partition(".SH SYNOPSIS")[2].partition(".SH DESCRIPTION")[0]
            told |= {f"{name}@@QINGFENG_0" for name in re.findall(r"\b(qingfeng_\w+)\(", synopsis)}
        same(told, mapped, "the manual pages and the map")


if __name__ == "__main__":
    run(the_example_feeds_and_reads, an_outbox_in_another_sources_place_sends_nothing,
        an_outbox_that_was_copied_before_any_answer_is_the_first_ones, a_subscriber_hears_what_changes_and_resumes,
        a_subscriber_goes_on_where_it_stood_when_it_was_killed, figures_of_a_declared_kind_are_asked_for, only_the_map_is_exported)
