#!/usr/bin/python3
"""Fifty subscribers join while feeding runs: each ends with exactly what qf totals
says, one that was stopped for ten seconds goes on, and reporting keeps no more
memory for it. Then the daemons are killed in every order and heal within two seconds."""
import itertools
import multiprocessing
import os
import signal
import time


from support import sample
from support.client_process import follow_until
from support.harness import PATIENCE, Office, check, run, same, until

SUBSCRIBERS = 50
STOPPED_S = 10


def fifty_subscribers_end_with_the_same_totals():
    with Office() as office:
        for org in sample.ORGS:
            office.add_source(org, org)
        partners = {org: office.partner(org) for org in sample.ORGS}
        rows = {org: list(sample.activities(5, org, 1200)) for org in sample.ORGS}
        target = multiprocessing.Value("q", 0)
        results = multiprocessing.Queue()
        address = (office.dir, office.endpoint("read"), office.server_public, office.secret("office"))
        readers = []

        def join():
            reader = multiprocessing.Process(target=follow_until, args=(len(readers), address, target, results),
                                             daemon=True)
            reader.start()
            readers.append(reader)

        stopped_at = None
        before = office.memory_kib("report")
        for at in range(0, 1200, 12):
            for org in sample.ORGS:
                partners[org].send([sample.event(row) for row in rows[org][at:at + 12]])
            if len(readers) < SUBSCRIBERS and at % 24 == 0:
                join()
            if len(readers) == 10 and stopped_at is None:
                os.kill(readers[3].pid, signal.SIGSTOP)
                stopped_at = time.monotonic()
        while len(readers) < SUBSCRIBERS:
            join()
        check(stopped_at is not None, "one was stopped")
        counted = office.verify()
        # The others are done while the stopped one still stands.
        target.value = counted.position
        got = {}

        def others_done():
            while not results.empty():
                number, picture = results.get()
                got[number] = picture
            return len(got) >= SUBSCRIBERS - 1
        until(others_done, 60, "forty-nine pictures are complete")
        check(3 not in got, "the stopped subscriber was not stopped")
        until(lambda: time.monotonic() - stopped_at >= STOPPED_S, 20, "ten seconds have passed")
        check(office.memory_kib("report") - before < 64 * 1024, "reporting grew by",
              office.memory_kib("report") - before, "KiB")
        os.kill(readers[3].pid, signal.SIGCONT)
        got[3] = results.get(timeout=30 * PATIENCE)[1]
        wanted = {key: list(counts) for key, counts in counted.cells().items()}
        for number in range(SUBSCRIBERS):
            same(got[number], wanted, "subscriber", number)
        for reader in readers:
            reader.join(10)
        same(counted.total(), sample.expected([row for org in sample.ORGS for row in rows[org]]))


def restarts_in_any_order_heal_within_two_seconds():
    with Office() as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        rows = iter(sample.activities(6, "alpha", 400))
        reader = office.subscriber()
        partner.send([sample.event(next(rows))])
        worst = 0.0
        for order in itertools.permutations(("ingest", "aggregate", "report")):
            for daemon in order:
                office.kill(daemon)
            begun = time.monotonic()
            partner.connect()

            def fed():
                try:
                    partner.next = partner.hello(timeout=0.2).expected
                    return True
                except Exception:
                    return False
            until(fed, 10, f"ingest serves again after {order}")
            partner.send([sample.event(next(rows))])
            last = partner.next - 1

            def seen():
                reader.turn(0.05)
                return reader.picture.complete and not reader.picture.changes \
                    and office_total(reader.picture) == last
            until(seen, 10, f"the subscriber sees all {last} after {order}")
            took = time.monotonic() - begun
            worst = max(worst, took)
            check(took < 2.0 * PATIENCE, order, "took", took)
            for daemon in order:
                same(len(office.pids(daemon)), 1, daemon)
        print(f"six orders, the slowest healed in {worst:.2f} s")
        same(office.verify().total()[0], partner.next - 1)


def office_total(picture):
    """Records in all: the months' and the years' own."""
    return sum(values[min(values)] for (dimension, _, period), values in picture.cells.items()
               if dimension == "total" and period % 100 == 0)


if __name__ == "__main__":
    run(fifty_subscribers_end_with_the_same_totals, restarts_in_any_order_heal_within_two_seconds)
