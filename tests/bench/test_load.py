#!/usr/bin/python3
"""pipeline_load says what it cannot do, and ends when nobody answers any more."""
import os
import subprocess

import bed
from bed import BIN, Bench
from support.harness import check, run, same

LOAD = os.path.join(BIN, "pipeline_load")


def load(office, *words):
    return subprocess.Popen([LOAD, "--feed", office.feed, "--read", office.read, "--server", office.path("keys", "server.public"),
                             "--key", office.key(1), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_limits():
    for name, value, told in (("--window", "65", "--window 65: from 1 to 64"), ("--outboxes", "16", "--outboxes 16: from 1 to 15"),
                              ("--batch", "0", "--batch 0: from 1 to 8192")):
        done = subprocess.run([LOAD, "--feed", "ipc://a", "--read", "ipc://b", "--server", "c", "--key", "d", name, value],
                              capture_output=True, text=True, check=False, timeout=60)
        same(done.returncode, 1)
        check(told in done.stderr, done.stderr)


def test_all_that_it_says_it_can():
    with Bench() as office:
        fed = load(office, "--outboxes", "15", "--window", "64", "--batch", "1", "--events", "3000")
        said, wrong = fed.communicate(timeout=120)
        same((fed.returncode, wrong), (0, ""))
        check('"right":true' in said, said)


def test_ends_without_servers():
    with Bench() as office:
        fed = load(office, "--rate", "1000", "--seconds", "600", "--patience", "2")
        office.wait_records(1)
        office.kill_all()
        _, wrong = fed.communicate(timeout=120)
        same(fed.returncode, 1)
        check("is qf-ingest still running?" in wrong, wrong)  # which of the two it is depends on what was under way


def test_memory_is_there_before_a_run_by_time():
    bed.TOUCHED_MIB = 64
    with Bench() as office:
        line = office.load(workload="S", batch=500, seconds=1)
        check(line["right"] and line["touched_s_per_gib"] > 0, line)
        check(bed.anon_mib(os.getpid()) < 64, "what was touched was kept")
    with Bench() as office:
        same(office.load(workload="S", batch=500, events=1000)["touched_s_per_gib"], None)


run(test_limits, test_all_that_it_says_it_can, test_ends_without_servers, test_memory_is_there_before_a_run_by_time)
