#!/usr/bin/python3
"""Faults around a process: no descriptors left, a second one on its directory, a reader that died in its tables."""
import contextlib
import os
import subprocess
import sys
import time

from breaking import answered, batch_of, delivered
from support import harness, sample
from support.harness import BIN, QF, Office, check, same, until
from support.partner import ANSWER_S, Persistent

BACK_WITHIN = 2.0
EXIT_IN_USE = 75
HERE = os.path.dirname(os.path.abspath(__file__))


def feed_by_tcp(office):
    """Where ingest listens for partners of other machines."""
    with open(office.log.name, encoding="utf-8") as file:
        return next(word for line in file for word in line.split() if word.startswith("tcp://"))


def exhaust_descriptors(office):
    """Lets ingest, which runs, have hardly more descriptors than it has. Gives its process id and the limit."""
    (pid,) = office.pids("ingest")
    limit = len(os.listdir(f"/proc/{pid}/fd")) + 8
    subprocess.run(["prlimit", f"--pid={pid}", f"--nofile={limit}:{limit}"], check=True)
    return pid, limit


def batches_of(partner, rows):
    return [batch_of(partner, [sample.event(row) for row in rows[at:at + 30]]) for at in range(0, len(rows), 30)]


def descriptors_exhausted():
    """Who is connected is served on; who comes is let in as soon as others leave."""
    with Office(listen="127.0.0.1:0") as office:
        office.add_source("alpha", "alpha")
        elsewhere = feed_by_tcp(office)
        partner = office.partner("alpha", endpoint=elsewhere)
        rows = list(sample.activities(1, "alpha", 300))
        batches = batches_of(partner, rows)
        check(delivered(partner, batches[0], ANSWER_S), "fed at first")
        pid, limit = exhaust_descriptors(office)
        crowd = [office.partner("alpha", endpoint=elsewhere) for _ in range(40)]
        until(lambda: len(os.listdir(f"/proc/{pid}/fd")) >= limit, 10, "ingest has no descriptor left")
        for batch in batches[1:]:
            check(delivered(partner, batch, ANSWER_S), "who is connected was not served")
        late = office.partner("alpha", endpoint=elsewhere)
        check(not answered(late, timeout=0.5), "there was a descriptor left")
        for stranger in crowd:
            stranger.close()
        left = time.monotonic()
        until(lambda: answered(late), 10, "who came late is let in")
        took = time.monotonic() - left
        check(took <= BACK_WITHIN * harness.PATIENCE, f"let in only {took:.1f} s after others left")
        same(office.pids("ingest"), [pid], "the same process")
        office.wait_records(300)
        same(office.verify().total(), sample.expected(rows))


def descriptors_exhausted_at_home():
    """libzmq 4.3.4 ends a process that has no descriptor for a local connection (ipc; only its own user can make one):
    what was acknowledged stays, and it is started again."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        rows = list(sample.activities(1, "alpha", 60))
        batches = batches_of(partner, rows)
        check(delivered(partner, batches[0], ANSWER_S), "fed at first")
        pid, _limit = exhaust_descriptors(office)
        for _ in range(40):
            office.partner("alpha")
        until(lambda: office.pids("ingest") not in ([], [pid]), 10, "ingest ended and was started again")
        begun = time.monotonic()
        until(lambda: delivered(partner, batches[1]), 10, "it takes again")
        took = time.monotonic() - begun
        check(took <= BACK_WITHIN * harness.PATIENCE, f"back in service only after {took:.1f} s")
        office.wait_records(60)
        same(office.verify().total(), sample.expected(rows))


def start_second(office, daemon, ends):
    """A daemon with the same directory and sockets of its own."""
    path = os.path.join(office.home, f"second-{daemon}.yaml")
    with open(office.path("config", f"{daemon}.yaml"), encoding="utf-8") as file:
        text = file.read()
    for end in ends:
        text = text.replace(f"/run/{end}.ipc", f"/run/second-{end}.ipc")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return subprocess.run([os.path.join(BIN, f"qf-{daemon}"), "--config", path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20 * harness.PATIENCE)


def second_on_the_directory():
    """Refused with a clear word, and the first one does not notice."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = Persistent(office.partner("alpha"))
        pids = [office.pids(daemon) for daemon in harness.DAEMONS]
        rows = []
        for daemon, ends, word in (("ingest", ("feed", "journal"), "another qf-ingest has this journal"),
                                   ("aggregate", ("totals",), "another process has the counts")):
            more = list(sample.activities(len(rows), "alpha", 20, daemon))
            partner.deliver([sample.event(row) for row in more])
            rows += more
            second = start_second(office, daemon, ends)
            same(second.returncode, EXIT_IN_USE, second.stdout)
            check(word in second.stdout, second.stdout)
        again = subprocess.run([QF, "up", "--dir", office.dir], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               timeout=20 * harness.PATIENCE)
        same(again.returncode, 1, again.stdout)
        same([office.pids(daemon) for daemon in harness.DAEMONS], pids, "the same processes")
        office.wait_records(len(rows))
        same(office.verify().total(), sample.expected(rows))


@contextlib.contextmanager
def open_beside(directory, how):
    """A process that has an environment open meanwhile, of which nobody knows; it is killed in the end."""
    process = subprocess.Popen([sys.executable, os.path.join(HERE, "stale_reader.py"), directory, how],
                               stdout=subprocess.PIPE, text=True)
    try:
        same(process.stdout.readline(), "open\n")
        yield
    finally:
        process.kill()
        process.wait()


def reader_died():
    """A slot of a dead reader holds back the pages of every version since: it is cleared when the daemon starts."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = Persistent(office.partner("alpha"))
        rows = list(sample.activities(1, "alpha", 200))
        partner.deliver([sample.event(row) for row in rows])
        row = next(row for row in rows if row["attendances"] is None)
        row["attendances"] = 0

        def size_after(ticks):
            for _ in range(ticks):
                partner.deliver([("tick", {"key": row["activity_no"], "counter": "sign_in", "amount": 1})])
                row["attendances"] += 1
            office.verify()  # waits until they are counted
            office.commit_counts()
            return os.path.getsize(office.path("counts", "data.mdb"))

        size_after(100)
        well = size_after(0)
        with open_beside(office.path("counts"), "idle"):  # alone, a daemon finds a new table of readers anyway
            with open_beside(office.path("counts"), "reading"):
                pass
            held = size_after(100) - well
            check(held > 0, "the dead reader held nothing back: this test proves nothing")
            (before,) = office.pids("aggregate")
            office.kill("aggregate")
            until(lambda: office.pids("aggregate") not in ([], [before]), 10, "aggregation is started again")
            begun = size_after(0)
            grown = size_after(100) - begun
            check(grown < held / 4, f"the counts grew by {held} bytes with a dead reader, and by {grown} after a start")
        same(office.verify().total(), sample.expected(rows))


if __name__ == "__main__":
    harness.run(descriptors_exhausted, descriptors_exhausted_at_home, second_on_the_directory, reader_died)
