#!/usr/bin/python3
"""kill -9 of ingest, of aggregation, of both and of a feeding qf, at random times,
while five partners feed: every acknowledged event is counted exactly once.

Three partners feed files with `qf feed` through durable outboxes; two are Python
clients that send ticks and statements over their own outboxes, and note every
acknowledgement. After each kill, and while feeding goes on, `qf verify` recounts the
whole journal. Hence batches are small, and after KILLS_EACH kills a fresh installation
takes over: the journal stays short enough to be recounted in a fraction of a second.
At the end of each every number is accounted for, and the second implementation agrees.

    kill_random.py [--rounds N] [--seed N]
"""
import argparse
import os
import random
import signal
import subprocess
import threading
import time

import zmq

from support import partner as client
from support import sample
from support.harness import QF, Office, check, same, until

FILE_ORGS = ("alpha", "beta", "gamma")
LIVE_ORGS = ("delta", "epsilon")
FILE_ROWS = 40
KILLS_EACH = 100


class FileFeeder(threading.Thread):
    """Feeds one file after the other with `qf feed`, each as often as it takes."""

    def __init__(self, office, org, stop):
        super().__init__(daemon=True)
        self.office, self.org, self.stop = office, org, stop
        self.process = None
        self.rows = []
        self.killed = 0
        self.error = None

    def run(self):
        try:
            number = 0
            while not self.stop.is_set():
                rows = list(sample.activities(number, self.org, FILE_ROWS, f"{self.org}-{number}"))
                path = sample.write_csv(os.path.join(self.office.home, f"{self.org}-{number}.csv"), rows)
                self.feed(path)
                self.rows += rows
                number += 1
        except Exception as error:  # said by the main thread
            self.error = error

    def feed(self, path):
        """Until it ends with 0: killed, or the server away, it is simply started again."""
        while True:
            self.process = subprocess.Popen(
                [QF, "feed", path, "--dir", self.office.dir, "--as", self.org], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                env={**os.environ, "LC_ALL": "C.UTF-8"})
            said = self.process.communicate()[0]
            code = self.process.returncode
            if code == 0:
                return
            if code == -signal.SIGKILL:
                self.killed += 1
                continue
            check(code == 75, f"qf feed of {self.org} ended with {code}:\n{said}")

    def kill(self):
        """Whether there was a process to kill."""
        process = self.process
        if process is None or process.poll() is not None:
            return False
        process.kill()
        return True


class LivePartner(threading.Thread):
    """Sends statements and ticks, one small batch after the other."""

    def __init__(self, office, org, stop):
        super().__init__(daemon=True)
        self.org, self.stop = org, stop
        self.partner = client.Partner(office.messages, zmq.Context(), office.endpoint("feed"), office.server_public,
                                      office.secret(org))
        self.sender = client.Persistent(self.partner)
        self.chance = random.Random(org)
        self.ticks = {}  # key -> sum acknowledged
        self.error = None

    def events(self, at):
        key = f"{self.org}-live-{at // 20:05d}"
        if at % 20 == 0:
            return [("activity", {"key": key, "date": 20230100 + at // 20 % 28 + 1, "values": {"org": self.org}})]
        return [("tick", {"key": key, "counter": "sign_in", "amount": self.chance.randint(1, 5)})
                for _ in range(self.chance.randint(1, 3))]

    def run(self):
        try:
            at = 0
            while not self.stop.is_set():
                events = self.events(at)
                self.sender.deliver(events)
                for kind, fields in events:
                    if kind == "tick":
                        self.ticks[fields["key"]] = self.ticks.get(fields["key"], 0) + fields["amount"]
                at += 1
        except Exception as error:
            self.error = error


def kill_one(office, chance, feeders):
    """Kills what the dice say; gives its name."""
    what = chance.choice(("ingest", "aggregate", "both", "feeder"))
    if what == "feeder":
        feeder = chance.choice(feeders)
        until(feeder.kill, 10, f"qf feed of {feeder.org} runs, and can be killed")
    else:
        for daemon in ("ingest", "aggregate") if what == "both" else (what,):
            until(lambda: office.kill(daemon), 10, f"{daemon} runs, and can be killed")
    return what


def serving(office):
    return office.qf("totals", "--json", code=None, timeout=20).code == 0


def account(office, feeders, lives):
    """Everything acknowledged is in the journal once and counted once, and nothing else is."""
    counted = office.verify()
    for live in lives:
        mine = {number: verdict for (source, outbox, number), verdict in counted.taken.items()
                if source == live.org and outbox == live.partner.outbox.hex()}
        for number, verdict in live.sender.acknowledged.items():
            check(number in mine, f"{live.org}: number {number} was acknowledged and is not in the journal")
            same(mine[number][0], verdict.what, live.org, "number", number)
        for key, ticks in live.ticks.items():
            same(counted.record(partner_of(counted, key), key).ticks, ticks, "ticks of", key)
    rows = {row["activity_no"]: row for feeder in feeders for row in feeder.rows}
    keys = [key for _partner, key, _activity, _counts in counted.standing() if key in rows]
    same(len(keys), len(rows), "activities of files")
    same(counted.total({"org": "alpha"}), sample.expected(feeders[0].rows), "alpha")
    return counted


def partner_of(counted, key):
    return next(partner for partner, other in counted.records if other == key)


def kill_while_feeding(office, chance, rounds, feeders, lives):
    """Gives how often what was killed."""
    killed = {}
    for at in range(rounds):
        until(lambda: all(office.pids(daemon) for daemon in ("ingest", "aggregate")), 20, "the daemons run")
        pause = time.monotonic() + chance.uniform(0.0, 0.25)  # the random moment itself
        until(lambda: time.monotonic() >= pause, 5, "the moment")
        what = kill_one(office, chance, feeders)
        killed[what] = killed.get(what, 0) + 1
        until(lambda: serving(office), 30, f"it serves after kill {at + 1} ({what})")
        office.qf("verify")
        for thread in feeders + lives:
            check(thread.error is None, thread.error)
    return killed


def one_installation(chance, rounds):
    with Office() as office:
        for org in sample.ORGS:
            office.add_source(org, org)
        stop = threading.Event()
        feeders = [FileFeeder(office, org, stop) for org in FILE_ORGS]
        lives = [LivePartner(office, org, stop) for org in LIVE_ORGS]
        for thread in feeders + lives:
            thread.start()
        killed = kill_while_feeding(office, chance, rounds, feeders, lives)
        stop.set()
        for thread in feeders + lives:
            until(lambda: not thread.is_alive(), 60, f"{thread.org} has been answered everything")
            check(thread.error is None, thread.error)
        counted = account(office, feeders, lives)
    print(f"{sum(killed.values())} kills {killed}, {sum(feeder.killed for feeder in feeders)} of them hit a feeding qf; "
          f"{counted.events} events, every one acknowledged counted once; verified {rounds + 1} times", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
    for begin in range(0, arguments.rounds, KILLS_EACH):
        one_installation(chance, min(KILLS_EACH, arguments.rounds - begin))


if __name__ == "__main__":
    main()
