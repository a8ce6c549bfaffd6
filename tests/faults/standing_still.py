#!/usr/bin/python3
"""A process on the same machine that stands still (SIGSTOP), or a client there that is gone in the middle: all by ipc.

Each daemon in turn, then a feeding `qf` and a subscriber. The others go on, their memory stays bounded, `qf status`
says who stands still, and when it goes on everything drains: each acknowledged event is counted once.

    standing_still.py daemons|clients
"""
import json
import os
import signal
import subprocess

from support import sample
from support.harness import DAEMONS, QF, Office, check, same, until
from support.harness import run as run_tests
from support.partner import Persistent

BATCH, BATCHES = 500, 12
GROWTH_KIB = 32 * 1024  # what a daemon may keep for one that does not listen, and more


class Busy:
    """An office with a partner that feeds by ipc, and a subscriber."""

    def __init__(self, office):
        self.office, self.rows = office, []
        office.add_source("alpha", "alpha")
        office.add_source("desk", "alpha")
        self.partner = Persistent(office.partner("alpha"))
        self.subscriber = office.subscriber("office", prefixes=["records/total/"])
        self.feed()
        self.by_qf(code=0)  # it keeps the registers from now on, and needs nobody to take a table in
        office.wait_records(len(self.rows))

    def feed(self, batches=1):
        for _ in range(batches):
            more = list(sample.activities(len(self.rows), "alpha", BATCH, f"of-{len(self.rows)}"))
            self.partner.deliver([sample.event(row) for row in more])
            self.rows += more

    def by_qf(self, code):
        """`qf feed` by ipc; 75: what cannot be sent is in the outbox."""
        more = list(sample.activities(len(self.rows), "alpha", 20, f"of-{len(self.rows)}"))
        path = sample.write_csv(os.path.join(self.office.home, f"{len(self.rows)}.csv"), more)
        self.office.qf("feed", path, "--as", "desk", "--patience", "1", code=code)
        self.rows += more

    def pulse(self):
        self.subscriber.turn(0.2)
        return self.subscriber.pulse

    def memory(self, but):
        return {daemon: self.office.memory_kib(daemon) for daemon in DAEMONS if daemon != but}

    def says(self, *words):
        """`qf status` is answered by who goes on, and names who does not."""
        def said():
            text = " ".join(self.office.qf("status", "--lang", "en", code=None).out.split())
            return all(word in text for word in words)
        until(said, 30, f"qf status says {words}")

    def drained(self):
        self.office.wait_records(len(self.rows))
        last = self.office.status()["report"]["journal_last"]

        def caught_up():
            self.subscriber.turn(0.1)
            return self.subscriber.picture.complete and self.subscriber.picture.version >= last
        until(caught_up, 30, "the subscriber has all")
        same(self.office.verify().total(), sample.expected(self.rows))


def ingest_stands_still(busy):
    busy.says("ingest does not answer", "report answers")
    until(lambda: busy.pulse() and "ingest does not answer" in busy.pulse().say, 30, "subscribers are told")
    busy.by_qf(code=75)
    busy.office.qf("totals", "--json")


def aggregation_stands_still(busy):
    busy.says("ingest answers", "aggregation is away")
    until(lambda: busy.pulse() and busy.pulse().stopped, 30, "subscribers are told")
    busy.feed(BATCHES)
    busy.by_qf(code=0)
    busy.office.qf("totals", "--json")


def reporting_stands_still(busy):
    busy.says("ingest answers", "report does not answer")
    busy.feed(BATCHES)
    busy.by_qf(code=0)


def daemons():
    with Office() as office:
        busy = Busy(office)
        for daemon, looked_at in (("ingest", ingest_stands_still), ("aggregate", aggregation_stands_still),
                                  ("report", reporting_stands_still)):
            before, pids = busy.memory(daemon), [office.pids(each) for each in DAEMONS]
            office.kill(daemon, signal.SIGSTOP)
            looked_at(busy)
            for other, kib in busy.memory(daemon).items():
                check(kib < before[other] + GROWTH_KIB, f"{daemon} stood still, and {other} grew from {before[other]} to {kib} KiB")
            office.kill(daemon, signal.SIGCONT)
            until(lambda: office.qf("feed", "--flush", "--as", "desk", code=None).code == 0, 30, "what waited is taken")
            busy.drained()
            same([office.pids(each) for each in DAEMONS], pids, f"the same processes, {daemon} among them")
            print(f"{daemon} stood still: the others went on, and all is counted", flush=True)


def start(office, *words):
    return subprocess.Popen([QF, *words, "--dir", office.dir], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def say(feeding, rows):
    for row in rows:
        fields = {"key": row["activity_no"], "date": sample.date_text(row["date"]), "org": row["org"], "content": row["content"],
                  "mode": row["mode"], "sessions": row["sessions"]}
        feeding.stdin.write(json.dumps(fields if row["attendances"] is None else {**fields, "attendances": row["attendances"]}) + "\n")
    feeding.stdin.flush()


def clients():
    with Office() as office:
        busy = Busy(office)
        before = busy.memory(None)
        own = list(sample.activities(1, "alpha", 400, "own"))
        feeding, watching, gone = start(office, "feed", "-", "--as", "desk"), start(office, "watch", "--json"), start(office, "watch", "--json")
        check(watching.stdout.readline() and gone.stdout.readline(), "they watch")
        say(feeding, own[:200])
        for process in (feeding, watching):
            process.send_signal(signal.SIGSTOP)
        gone.kill()
        busy.feed(BATCHES)
        until(lambda: busy.pulse() and busy.subscriber.picture.version >= office.status()["report"]["journal_last"], 30, "another subscriber goes on")
        for daemon, kib in busy.memory(None).items():
            check(kib < before[daemon] + GROWTH_KIB, f"clients stood still, and {daemon} grew from {before[daemon]} to {kib} KiB")
        for process in (feeding, watching):
            process.send_signal(signal.SIGCONT)
        say(feeding, own[200:])
        busy.rows += own
        feeding.communicate(timeout=60)
        same(feeding.returncode, 0, "qf feed went on to its end")
        until(lambda: json.loads(watching.stdout.readline())["all"]["records"] == len(busy.rows), 60, "qf watch shows all")
        watching.kill()
        for process in (watching, gone):
            process.communicate()
        busy.drained()


if __name__ == "__main__":
    run_tests(daemons, clients)
