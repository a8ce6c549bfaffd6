#!/usr/bin/python3
"""The power is cut, of a real ext4 and a real xfs, while two partners feed: everything that was acknowledged is there
once when the power is back, and the counts are right. Then it is cut while a fresh installation is made: each time
it is made to its end by the next start.

The file systems lie on loop devices of their own; the cut is their shutdown call, after which nothing that was not
synced is on the disk. Before it a few pages are written back, as the kernel does when it likes.

    power_cut.py [--rounds N] [--seed N] [--disk ext4|xfs]"""
import argparse
import os
import random
import subprocess
import threading
import time

from disk import Disk
from support import sample
from support.harness import Office, check, same, until
from support.partner import Persistent

ORGS = ("alpha", "beta")
# What comes into being while an installation is made: the power is cut as soon as one of them is seen.
MADE = ("keys", "keys/server.secret", "keys/office.public", "config/ingest.yaml", "journal.lock", "journal.new",
        "journal/data.mdb", "counts.new", "counts/data.mdb", "journal.judging", "run/read.ipc", "outbox/office.new",
        "outbox/office/data.mdb", "run/relay.ipc")


class Sender(threading.Thread):
    """A partner elsewhere, whose outbox has its own power: sends small batches, and again what was not answered."""

    def __init__(self, office, org, stop):
        super().__init__(daemon=True)
        self.org, self.stop = org, stop
        self.partner = office.partner(org)
        self.persistent = Persistent(self.partner)
        self.chance = random.Random(org)
        self.rows = []
        self.error = None

    def run(self):
        try:
            while not self.stop.is_set():
                at = len(self.rows)
                rows = list(sample.activities(at, self.org, self.chance.randint(1, 12), f"{self.org}-{at}"))
                got = self.persistent.deliver([sample.event(row) for row in rows])
                same({str(verdict) for verdict in got}, {"accepted"}, self.org)
                self.rows += rows
        except Exception as error:  # said by the main thread
            self.error = error


def write_back_something(office, chance):
    for table in ("journal", "counts"):
        path = office.path(table, "data.mdb")
        if os.path.exists(path):
            subprocess.run(["xfs_io", "-c", f"sync_range -w {chance.randint(0, 100) * 4096} {chance.randint(1, 50) * 4096}",
                            path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cut(disk, office, chance):
    write_back_something(office, chance)
    disk.cut_power()
    office.kill_all()
    disk.power_on()


def feed_through_cuts(disk, chance, rounds):
    with Office(within=disk.path) as office:
        for org in ORGS:
            office.add_source(org, org)
        stop = threading.Event()
        senders = [Sender(office, org, stop) for org in ORGS]
        for sender in senders:
            sender.start()

        def acknowledged():
            for sender in senders:
                check(sender.error is None, sender.error)
            return sum(len(sender.rows) for sender in senders)

        for at in range(rounds):
            target = acknowledged() + chance.randint(1, 100)
            until(lambda: acknowledged() >= target, 30, "partners are acknowledged more")
            cut(disk, office, chance)
            office.start()
            if at % 5 == 4:
                office.qf("verify")
        stop.set()
        for sender in senders:
            until(lambda: not sender.is_alive(), 30, f"{sender.org} has been answered")
        rows = [row for sender in senders for row in sender.rows]
        same(acknowledged(), len(rows))
        counted = office.verify()
        same(counted.total(), sample.expected(rows))
        for sender in senders:
            mine = {number for (source, outbox, number) in counted.taken
                    if source == sender.org and outbox == sender.partner.outbox.hex()}
            same(mine, set(sender.persistent.acknowledged), sender.org, "numbers")
    return len(rows)


def create_through_cuts(disk, chance, rounds):
    """Gives how often the cut came before the installation was ready."""
    early = 0
    for _ in range(rounds):
        office = Office(within=disk.path)
        seen = chance.choice(MADE)
        try:
            office.start(wait=False)
            until(lambda: os.path.exists(office.path(seen)) or office.says_ready(), 30, f"{seen} is made")
            early += not office.says_ready()
            cut(disk, office, chance)
            os.makedirs(office.home, exist_ok=True)  # it is the test's, not the installation's, and never was synced
            office.start()
            office.add_source("alpha", "alpha")
            rows = list(sample.activities(1, "alpha", 20))
            Persistent(office.partner("alpha")).deliver([sample.event(row) for row in rows])
            same(office.verify().total(), sample.expected(rows))
        except BaseException:
            print(f"after a cut when {seen} was there")
            office.say_logs()
            raise
        finally:
            office.__exit__(None, None, None)
    return early


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--disk", required=True, choices=("ext4", "xfs"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
    with Disk(arguments.disk) as disk:
        events = feed_through_cuts(disk, chance, arguments.rounds)
        print(f"{arguments.disk}: {arguments.rounds} power cuts under two partners, {arguments.rounds} passed; "
              f"{events} events, every one acknowledged counted once", flush=True)
        early = create_through_cuts(disk, chance, arguments.rounds)
        print(f"{arguments.disk}: {arguments.rounds} power cuts of a start, {early} before it was ready, "
              f"{arguments.rounds} passed")


if __name__ == "__main__":
    main()
