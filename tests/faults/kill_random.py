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
import random
import threading
import time

from support import sample
from support.feeders import FileFeeder, LivePartner, account
from support.harness import Office, check, until

FILE_ORGS = ("alpha", "beta", "gamma")
LIVE_ORGS = ("delta", "epsilon")
KILLS_EACH = 25


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
