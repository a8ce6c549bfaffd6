#!/usr/bin/python3
"""Power loss, enumerated: a short feed is recorded, every write, sync and rename of the journal and the counts with the
messages to and from partners between, from the making of the installation to a rebuild; then power_loss makes the
states that a power cut at any step could leave, and opens each with the daemons' code.

    power_loss.py --enumerator PATH [--states N] [--seed N] [--keep FILE]"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from support import sample
from support.harness import Failure, Office, same, until
from support.partner import Persistent


def record(office):
    """A feed with everything in it: two partners, statements, corrections, ticks, restarts, a rebuild."""
    rows = {}
    for org in ("alpha", "beta"):
        office.add_source(org, org)
    partners = {org: Persistent(office.partner(org)) for org in ("alpha", "beta")}
    for at in range(8):
        for org, partner in partners.items():
            rows[org, at] = list(sample.activities(at, org, 8, f"{org}-{at}"))
            partner.deliver([sample.event(row) for row in rows[org, at]])
            key = rows[org, at][6]["activity_no"]  # its attendance is not known
            partner.deliver([("tick", {"key": key, "counter": "sign_in", "amount": 2})] * 3)
            rows[org, at][6]["attendances"] = 6
        if at == 2:
            for daemon in ("ingest", "aggregate"):  # by SIGTERM: a kill might come between a call and its record
                office.kill(daemon, signal.SIGTERM)
        if at == 4:
            office.wait_records(sum(len(some) for some in rows.values()))
            office.qf("rebuild")
            until(lambda: not os.path.exists(office.path("counts.rebuild")), 20, "the counts are made anew")
    rows = [row for some in rows.values() for row in some]
    office.wait_records(len(rows))
    same(office.verify().total(), sample.expected(rows))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--enumerator", required=True)
    parser.add_argument("--states", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", help="copy the log here")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    memory = tempfile.mkdtemp(prefix="qf-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    office = Office()
    log = os.path.join(office.home, "log")
    office.env = {"LD_PRELOAD": os.environ["QF_SHIM"], "QF_SHIM_PROGRAMS": "qf-ingest,qf-aggregate", "QF_SHIM_LOG": log}
    try:
        with office:
            record(office)
            office.stop()
            if arguments.keep:
                shutil.copy(log, arguments.keep)
            done = subprocess.run([arguments.enumerator, log, os.path.realpath(office.dir),
                                   office.path("keys", "office.public"), os.path.join(memory, "state"),
                                   str(arguments.states), str(arguments.seed)])
            if done.returncode != 0:
                kept = os.path.join(tempfile.gettempdir(), "qf-power-loss.log")
                shutil.copy(log, kept)
                raise Failure(f"a promise was broken: the log is {kept}")
    finally:
        shutil.rmtree(memory)


if __name__ == "__main__":
    sys.exit(main())
