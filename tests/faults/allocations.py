#!/usr/bin/python3
"""Memory is out, once, at every allocation of a daemon's start, of the making of its directory, and of a batch: the
daemon ends by itself or refuses or goes on, and what is on disk is never half of something: the next one starts with
it, and the counts are right.

Allocations of our code are meant, of LMDB, protobuf-c and whatever else we call; libzmq's own are left alone, and
where it ends the process (it asserts) that is counted apart. A daemon that hangs must be ended by what systemd has for
that: the test is its notify socket, and aborts it when it has not fed its watchdog for WATCHDOG seconds, or kills it when
it is not ready in time. One that does nothing more and goes on feeding fails the test.

    allocations.py start|creation|batch [--stride N] [--seed N]"""
import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

from breaking import batch_of, delivered
from shim import Shim, steps
from support import sample
from support.harness import BIN, PATIENCE, QF, Office, check, same, until

DEADLINE = 10.0
WATCHDOG = 4.0  # seconds
COMMANDS = {"ingest": "journal", "aggregate": "counts", "report": None}  # and the directory each makes


class Daemon:
    """One daemon that nobody supervises but this test."""

    def __init__(self, office, name, shim):
        self.office, self.name = office, name
        self.env = {**os.environ, **shim.env, "NOTIFY_SOCKET": os.path.join(office.home, f"{name}.notify"),
                    "WATCHDOG_USEC": str(int(WATCHDOG * PATIENCE * 1e6))}
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(self.env["NOTIFY_SOCKET"])
        self.log = os.path.join(office.home, f"{name}.log")
        self.process, self.ready, self.fed = None, False, 0.0
        # Always read, as systemd does: a daemon waits when ten notices lie there.
        self.listening = threading.Thread(target=self.listen, daemon=True)
        self.listening.start()
        self.ends = {}  # how it ended, and how often

    def begin(self):
        self.ready = False
        with open(self.log, "ab") as log:
            self.said_before = log.tell()
            self.process = subprocess.Popen([os.path.join(BIN, f"qf-{self.name}"), "--config",
                                             self.office.path("config", f"{self.name}.yaml")],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env)

    def listen(self):
        while (notice := self.notices.recv(4096)) != b"CLOSE":
            if b"READY=1" in notice or b"WATCHDOG=1" in notice:
                self.fed = time.monotonic()
                self.ready |= b"READY=1" in notice

    def is_ready(self):
        return self.ready

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(b"CLOSE", self.env["NOTIFY_SOCKET"])
        self.listening.join()
        self.notices.close()
        os.unlink(self.env["NOTIFY_SOCKET"])

    def ended_by_watchdog(self, said):
        """Whether it hung: then it is gone now. Not before it is ready: a start has a time limit of its own."""
        if not self.is_ready() or time.monotonic() - self.fed < WATCHDOG * PATIENCE or self.process.poll() is not None:
            return False
        self.process.send_signal(signal.SIGABRT)
        self.process.send_signal(signal.SIGCONT)  # as systemd does
        self.process.wait()
        self.note_end(f"hung ({said}) and was ended by its watchdog")
        return True

    def said(self):
        with open(self.log, errors="replace") as file:
            file.seek(self.said_before)
            return file.read()

    def note_end(self, how):
        self.ends[how] = self.ends.get(how, 0) + 1

    def has_ended(self):
        """Whether it did, and in no way that is forbidden."""
        code = self.process.poll()
        if code is None:
            return False
        said = self.said()
        if code == -signal.SIGABRT and "(src/" in said:
            self.note_end("ended by libzmq")
        else:
            # Not with 78: who is held for badly configured is not started again.
            same(code, 1, f"exit code of qf-{self.name}:\n{said[-3000:]}\n")
            self.note_end("ended by itself")
        return True

    def wait(self, condition, said):
        """For a condition, or its end. False: neither came, it was killed."""
        deadline = time.monotonic() + DEADLINE * PATIENCE
        while time.monotonic() < deadline:
            if condition() or self.process.poll() is not None:
                return True
            if self.ended_by_watchdog(said):
                return False
            try:
                self.process.wait(0.002)  # between two looks
            except subprocess.TimeoutExpired:
                pass
        self.process.kill()
        self.process.wait()
        self.note_end(f"hung ({said}) beyond its time limit")
        return False

    def start(self):
        self.begin()
        until(lambda: self.is_ready() or self.process.poll() is not None, 20, f"{self.name} starts")
        check(self.process.poll() is None, f"qf-{self.name} does not start after a fault:\n{self.said()[-3000:]}")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            if self.wait(lambda: False, "stopping"):
                same(self.process.returncode, 0, f"qf-{self.name} was asked to end")
        self.close()


def make_office():
    office = Office()
    office.start()
    office.add_source("alpha", "alpha")
    office.stop()
    return office


def hit_start(office, name, call, fresh):
    """True: its start has so many allocations. Whatever became of it, the next start is well."""
    shim = Shim(office, f"qf-{name}", library="QF_MEMORY_SHIM")
    daemon = Daemon(office, name, shim)
    if fresh:
        shutil.rmtree(office.path(COMMANDS[name]), ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            os.remove(office.path(f"{COMMANDS[name]}.begun"))  # on purpose
    shim.order(call, "enomem")
    daemon.begin()
    daemon.wait(daemon.is_ready, "starting")
    happened = shim.lift()
    if daemon.process.poll() is None:
        daemon.note_end("went on")
    elif "hung" not in "".join(daemon.ends):
        check(daemon.has_ended() and happened, f"qf-{name} ended without a fault")
    ends = dict(daemon.ends)
    daemon.stop()
    if happened:
        again = Daemon(office, name, shim)
        again.start()
        again.stop()
    with open(daemon.log, errors="replace") as file:
        check("made anew" not in file.read(), "counts were thrown away because memory was out")
    return ends if happened else None


def add(sums, more):
    for how, times in more.items():
        sums[how] = sums.get(how, 0) + times


def report(what, tried, ends):
    check(tried > 0, f"{what}: nothing was tried")
    print(f"{what}: {tried} allocations failed, one at a time, {tried} passed: "
          + ", ".join(f"{times} {how}" for how, times in sorted(ends.items())), flush=True)


def break_starts(chance, stride, fresh):
    for name in COMMANDS:
        if fresh and not COMMANDS[name]:
            continue
        office = make_office()
        try:
            tried, sums = 0, {}
            for call in steps(chance, stride):
                ends = hit_start(office, name, call, fresh)
                if ends is None:
                    break
                tried += 1
                add(sums, ends)
            if fresh and name == "ingest":  # what others have is of another journal
                for folder in ("counts", "outbox"):
                    shutil.rmtree(office.path(folder))
            office.start()
            office.verify()
        except BaseException:
            office.say_logs()
            raise
        finally:
            office.__exit__(None, None, None)
        report(f"qf-{name}, {'making its directory' if fresh else 'starting'}", tried, sums)


class Batches:
    """Batch after batch, while a daemon runs out of memory once in each."""

    def __init__(self, office, name):
        self.office = office
        self.shim = Shim(office, f"qf-{name}", library="QF_MEMORY_SHIM")
        self.daemons = {each: Daemon(office, each, self.shim) for each in COMMANDS}
        self.victim = self.daemons[name]
        for daemon in self.daemons.values():
            daemon.start()
        self.partner = office.partner("alpha")
        self.rows = []

    def revive(self):
        if self.victim.has_ended():
            self.victim.start()

    def counted(self):
        """Asks once; whoever is asked may end of the question."""
        self.revive()
        with subprocess.Popen([QF, "totals", "--json", "--dir", self.office.dir], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as asking:
            timer = threading.Timer(DEADLINE / 2, asking.kill)
            timer.start()
            while asking.poll() is None and self.victim.process.poll() is None:
                try:
                    asking.wait(0.002)  # between two looks
                except subprocess.TimeoutExpired:
                    pass
            timer.cancel()
            asking.kill()
            said = asking.stdout.read()
        return asking.returncode == 0 and json.loads(said)["all"]["records"] == len(self.rows)

    def taken(self, batch):
        self.revive()
        return delivered(self.partner, batch)

    def until(self, condition, said):
        deadline = time.monotonic() + 2 * DEADLINE * PATIENCE
        while not condition():
            if self.victim.ended_by_watchdog(said):
                self.victim.start()
            check(time.monotonic() < deadline, f"qf-{self.victim.name} feeds its watchdog, and does nothing: {said}")

    def round(self, call):
        """True: the batch had so many allocations."""
        self.partner.close()
        self.partner = self.office.partner("alpha")  # with an outbox that nobody knows yet
        rows = list(sample.activities(call, "alpha", 60, f"alpha-{len(self.rows)}"))
        events = [sample.event(row) for row in rows]
        events.append(("tick", {"key": rows[0]["activity_no"], "counter": "sign_in", "amount": 1}))
        batch = batch_of(self.partner, events)
        ended = sum(self.victim.ends.values())
        self.shim.order(call, "enomem")
        self.until(lambda: self.taken(batch), "acknowledging")
        self.rows += rows
        self.until(self.counted, "counting")
        happened = self.shim.lift()
        if happened and sum(self.victim.ends.values()) == ended:
            self.victim.note_end("went on")
        return happened

    def verify(self):
        """Not while the victim is still ending of its fault: then it does not feed its watchdog any more."""
        lifted = time.monotonic()

        def lives():
            self.revive()
            return self.victim.fed > lifted

        self.until(lives, "feeding its watchdog")
        self.office.qf("verify")

    def hang(self):
        """Of all that is tried here nothing need hang: so that the watchdog is seen to work, one is made to."""
        self.revive()
        self.victim.process.send_signal(signal.SIGSTOP)
        until(lambda: self.victim.ended_by_watchdog("stopped on purpose"), 3 * WATCHDOG, "the watchdog ends it")
        self.victim.start()
        self.until(self.counted, "counting")

    def stop(self):
        for daemon in self.daemons.values():
            daemon.stop()


def break_batches(chance, stride):
    for name in COMMANDS:
        office = make_office()
        batches = Batches(office, name)
        try:
            tried = 0
            for call in steps(chance, stride):
                if not batches.round(call):
                    break
                tried += 1
                if tried % 25 == 0:
                    batches.verify()
            batches.hang()
            same(office.verify().total(), sample.expected(batches.rows))
            ends = dict(batches.victim.ends)
            batches.stop()
        except BaseException:
            print(batches.victim.said()[-3000:])
            raise
        finally:
            for daemon in batches.daemons.values():
                daemon.process.kill()
            office.__exit__(None, None, None)
        report(f"qf-{name}, a batch", tried, ends)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=("start", "creation", "batch"))
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    chance = random.Random(arguments.seed)
    if arguments.part == "batch":
        break_batches(chance, arguments.stride)
    else:
        break_starts(chance, arguments.stride, arguments.part == "creation")


if __name__ == "__main__":
    main()
