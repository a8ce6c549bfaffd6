"""What the tests of single faults share: ingest with its journal on a disk of its own, or with other settings."""
import contextlib
import os
import shutil
import signal
import subprocess

from support.harness import check, until
from support.partner import NoAnswer, Refusal


@contextlib.contextmanager
def ended(office, daemon):
    """A daemon is not there meanwhile, and is started again afterwards."""
    os.kill(office.up.pid, signal.SIGSTOP)
    office.kill(daemon)
    until(lambda: not office.pids(daemon), 10, f"{daemon} ended")
    yield
    os.kill(office.up.pid, signal.SIGCONT)
    until(lambda: office.pids(daemon), 10, f"{daemon} is started again")


def reconfigure(office, daemon, **settings):
    path = office.path("config", f"{daemon}.yaml")
    with ended(office, daemon):
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if line.partition(":")[0] not in settings]
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines + [f"{key}: {value}\n" for key, value in settings.items()])


def move_journal(office, disk):
    """From now on the journal, and nothing else, lies on the disk."""
    here, there = office.path("journal"), os.path.join(disk.path, "journal")
    with ended(office, "ingest"):
        shutil.move(here, there)
        os.symlink(there, here)
        subprocess.run(["sync", "--file-system", disk.path], check=True)


def answered(partner, timeout=0.2):
    """Whether ingest answers."""
    try:
        return partner.hello(timeout=timeout) is not None
    except NoAnswer:
        partner.connect()
        return False


def delivered(partner, batch, timeout=0.2):
    """Sends (first, facts, count) once; True when it was acknowledged, False when it was put off."""
    first, facts, count = batch
    try:
        got = partner.send(None, timeout=timeout, first=first, facts=facts, count=count)
    except NoAnswer:
        partner.connect()
        return False
    except Refusal as refusal:
        check(refusal.why == "busy", refusal)
        check(refusal.expected == first, "a number of a batch that was put off is used")
        return False
    check({str(verdict) for verdict in got} == {"accepted"}, got)
    return True


def batch_of(partner, events):
    """What delivered takes; its numbers are the next ones."""
    first = partner.next
    partner.next += len(events)
    return first, partner.body(events)[0], len(events)


def said(office, daemon, words):
    """Whether a daemon's log has the words."""
    with open(office.path("log", f"{daemon}.log"), encoding="utf-8", errors="replace") as file:
        return words in file.read()
