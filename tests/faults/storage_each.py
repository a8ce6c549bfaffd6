#!/usr/bin/python3
"""Every storage call of a short feed goes wrong once, in every way that storage can, in ingest, in aggregation and in
the feeding qf: each time everything acknowledged is there once, and the counts are right.

Each round feeds one file and a few ticks while one program's n-th storage call (the shim counts) is hit by a fault,
n = 1, 2, 3 ... until a feed ends without reaching it. The installation stays the same: what a fault leaves behind the
next round has to live with. What must be seen, besides no wrong acknowledgement:

    kill, torn               the process is gone; the next one serves
    eio, short               fail-stop: the process ends by itself and is started again
    enospc                   busy until there is room, or fail-stop where nobody can know what was written
    slow                     the same process goes on, later
    "standing"               every later call fails, too, until the fault is lifted

and that two seconds after the fault (or after it was lifted) a new event is acknowledged and counted.
"creation" does the same to the making of a fresh installation.

    storage_each.py --program qf-ingest|qf-aggregate|qf|creation [--stride N] [--seed N] [--fault KIND]

--stride N tries about one call in N, chosen by the seed."""
import argparse
import os
import random
import signal
import subprocess
import threading
import time

from shim import Shim, steps
from support import sample
from support.harness import PATIENCE, QF, Failure, Office, check, same, until
from support.partner import NoAnswer, Persistent, Refusal

FAULTS = ("kill", "torn", "eio", "eio standing", "enospc", "enospc standing", "short", "slow")
ROWS = 30
TICKS = 9
UNKNOWN = 6  # the row whose attendance is not known: ticks make it known, and twice as many if counted twice
BACK_WITHIN = 2.0
MISSES = 2  # in a row do not end a full sweep yet: not every feed has as many commits as the last one
PROBE_YEAR = 2021  # sample.activities are of 2023


def feed(office, path, org, env=None):
    """qf feed until all is taken; killed, refused by its disk or unanswered it is started again, without the shim.
    Gives the exit codes on the way."""
    codes = []
    for attempt in range(100):
        done = subprocess.run([QF, "feed", path, "--dir", office.dir, "--as", org], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **((env or {}) if attempt == 0 else {})})
        codes.append(done.returncode)
        if done.returncode == 0:
            return codes
        hit = env is not None and attempt == 0
        check(done.returncode in (75, -signal.SIGKILL) or hit, f"qf feed ended with {done.returncode}:\n{done.stdout}")
    raise Failure("qf feed did not get through in 100 attempts")


class Feeder(threading.Thread):
    """Feeds the ticks of a round, then its file."""

    def __init__(self, office, sign_in_page, rows, path, env):
        super().__init__(daemon=True)
        self.office, self.sign_in_page, self.path, self.env = office, sign_in_page, path, env
        self.tick = ("tick", {"key": rows[UNKNOWN]["activity_no"], "counter": "sign_in", "amount": 1})
        self.codes = []
        self.error = None

    def run(self):
        try:
            for _ in range(3):
                self.sign_in_page.deliver([self.tick] * (TICKS // 3))
            self.codes = feed(self.office, self.path, "alpha", self.env)
        except Exception as error:  # said by the main thread
            self.error = error

    def done(self):
        return not self.is_alive()


class Probe:
    """Finds out how long it takes until a new event is acknowledged and counted."""

    def __init__(self, office):
        self.office = office
        self.partner = office.partner("alpha")
        self.rows = []
        self.longest = 0.0

    def acknowledged(self, facts):
        try:
            self.partner.send(None, timeout=0.1, first=len(self.rows), facts=facts, count=1)
            return True
        except NoAnswer:
            self.partner.connect()
        except Refusal as refusal:
            same(refusal.why, "busy")
        return False

    def counted(self):
        asked = self.office.qf("totals", "--json", "--by", "year", code=None, timeout=10)
        return asked.code == 0 and any(row["members"] == [str(PROBE_YEAR)] and row["records"] == len(self.rows)
                                       for row in asked.json["rows"])

    def measure(self, said):
        begun = time.monotonic()
        row = {"activity_no": f"probe-{len(self.rows)}", "org": "alpha", "date": PROBE_YEAR * 10000 + 101,
               "content": [], "mode": "onsite", "sessions": 1, "attendances": 1}
        self.rows.append(row)
        facts, _texts = self.partner.body([sample.event(row)])
        until(lambda: self.acknowledged(facts), 20, f"acknowledged after {said}")
        until(self.counted, 20, f"counted after {said}")
        took = time.monotonic() - begun
        check(took <= BACK_WITHIN * PATIENCE, f"back in service only {took:.1f} s after {said}")
        self.longest = max(self.longest, took)


class Trial:
    """One installation, fault after fault."""

    def __init__(self, office, shim, program):
        self.office, self.shim, self.program = office, shim, program
        self.daemon = None if program == "qf" else program.removeprefix("qf-")
        self.rounds, self.rows, self.failures = 0, [], 0
        self.busy = self.stopped = 0  # how faults with two rightful ends ended
        office.add_source("alpha", "alpha")
        self.sign_in_page = Persistent(office.partner("alpha"))
        self.probe = Probe(office)

    def feeder(self):
        rows = list(sample.activities(self.rounds, "alpha", ROWS, f"{self.program}-{self.rounds}"))
        path = sample.write_csv(os.path.join(self.office.home, f"{self.rounds}.csv"), rows)
        check(rows[UNKNOWN]["attendances"] is None, "the sample has changed")
        feeder = Feeder(self.office, self.sign_in_page, rows, path, None if self.daemon else self.shim.env)
        rows[UNKNOWN]["attendances"] = TICKS
        self.rounds += 1
        self.rows += rows
        return feeder

    def look_at_daemon(self, fault, before):
        """Whether it did what it has to: end by itself, or go on."""
        kind = fault.split()[0]
        if kind in ("eio", "short"):
            until(lambda: not set(before) & set(self.office.pids(self.daemon)), 10, f"{self.program} ended by {fault}")
            self.failures += 1
        elif kind == "slow":
            same(self.office.pids(self.daemon), before, f"{self.program} did not live through {fault}")

    def note_end(self, fault, before):
        if fault.startswith("enospc"):
            ended = self.office.pids(self.daemon) != before
            self.failures += ended
            self.stopped += ended
            self.busy += not ended

    def round(self, call, fault):
        """True: the feed had a call with that number, and it was hit."""
        before = until(lambda: self.office.pids(self.daemon), 10, "it runs") if self.daemon else None
        self.shim.order(call, fault)  # from here on it may end: daemons write now and then also when nobody feeds
        feeder = self.feeder()
        feeder.start()
        until(lambda: self.shim.happened() or feeder.done(), 60, "the fault happens, or the feed ends")
        if self.daemon and self.shim.happened():
            self.look_at_daemon(fault, before)
        elif not self.daemon:
            until(feeder.done, 60, "the feed ends")
        happened = self.shim.lift()
        if happened:
            self.probe.measure(f"{fault} at call {call} of {self.program}")
        until(feeder.done, 60, "the feed ends")
        check(feeder.error is None, feeder.error)
        self.office.wait_records(self.rounds * ROWS + len(self.probe.rows))
        if happened and self.daemon:
            self.note_end(fault, before)
        elif happened and not fault.startswith("slow"):
            check(feeder.codes[0] != 0, f"qf feed said that all went well in spite of {fault} at call {call}")
        return happened

    def rest(self):
        """qf up gives up after five crashes in ten seconds, as systemd would."""
        if self.failures >= 2:
            self.failures = 0
            self.office.stop()
            self.office.start()

    def sweep(self, fault, chance, stride):
        tried = missed = 0
        for call in steps(chance, stride):
            if self.round(call, fault):
                tried += 1
                missed = 0
                self.rest()
            elif stride > 1 or missed == MISSES:
                break
            else:
                missed += 1
        self.office.qf("verify")
        return tried


def break_program(program, faults, chance, stride):
    with Office() as office:
        shim = Shim(office, program)
        if program != "qf":
            office.stop()
            office.env = shim.env
            office.start()
        trial = Trial(office, shim, program)
        tried = {fault: trial.sweep(fault, chance, stride) for fault in faults}
        same(office.verify().total(), sample.expected(trial.rows + trial.probe.rows))
    for fault, times in tried.items():
        check(times > 0, f"{fault} was never tried")
        print(f"{program}: {fault}: {times} tried, {times} passed")
    if trial.busy + trial.stopped:
        check(trial.busy > 0, "it was never busy on a full disk")
        print(f"{program}: on a full disk {trial.busy} times busy, {trial.stopped} times ended and started again")
    print(f"{program}: nothing lost, nothing twice; back in service at most {trial.probe.longest:.2f} s after a fault")


class Answering:
    """Whether the totals are answered, asked without waiting: a fault that stands has to be lifted at once, before
    `qf up` gives the daemon up."""

    def __init__(self, office):
        self.office, self.asking = office, None

    def __call__(self):
        if self.asking is None and self.office.says_ready():
            self.asking = subprocess.Popen([QF, "totals", "--dir", self.office.dir], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if self.asking is None or self.asking.poll() is None:
            return False
        answered, self.asking = self.asking.returncode == 0, None
        return answered

    def end(self):
        if self.asking is not None:
            self.asking.kill()
            self.asking.wait()


def create_with_fault(program, call, fault):
    """True: a fresh installation has a call with that number; hit by the fault it starts again, and works."""
    office = Office()
    shim = Shim(office, program)
    office.env = shim.env
    shim.order(call, fault)
    try:
        office.start(wait=False)
        answering = Answering(office)
        until(lambda: shim.happened() or office.up.poll() is not None or answering(), 30, "it starts, or fails")
        happened = shim.lift()
        answering.end()
        if office.up.poll() is not None:
            office.stop()
            office.start(wait=False)
        office.wait_ready()
        office.add_source("alpha", "alpha")
        rows = list(sample.activities(1, "alpha", ROWS))
        feed(office, sample.write_csv(os.path.join(office.home, "a.csv"), rows), "alpha")
        office.wait_records(ROWS)
        same(office.verify().total(), sample.expected(rows))
    except BaseException:
        office.say_logs()
        raise
    finally:
        office.__exit__(None, None, None)
    return happened


def break_creation(faults, chance, stride):
    for program in ("qf-ingest", "qf-aggregate"):
        for fault in faults:
            tried = 0
            for call in steps(chance, stride):
                if not create_with_fault(program, call, fault):
                    break
                tried += 1
            check(tried > 0, f"{fault} was never tried")
            print(f"creation by {program}: {fault}: {tried} tried, {tried} passed", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, choices=("qf-ingest", "qf-aggregate", "qf", "creation"))
    parser.add_argument("--fault", choices=FAULTS)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
    faults = [arguments.fault] if arguments.fault else FAULTS
    if arguments.program == "creation":
        break_creation(faults, chance, arguments.stride)
    else:
        break_program(arguments.program, faults, chance, arguments.stride)


if __name__ == "__main__":
    main()
