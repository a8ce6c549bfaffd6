#!/usr/bin/python3
"""The counts beside their journal: made anew on request and after they were lost."""
import os
import shutil

from support import sample
from support.harness import Office, check, run, same, until


def wait_counted(office, records):
    until(lambda: totals(office)["records"] >= records, 30, f"{records} records are counted")


def feed(office, partner, seed, count, prefix):
    rows = list(sample.activities(seed, "alpha", count, prefix=prefix))
    for at in range(0, count, 50):
        partner.send([sample.event(row) for row in rows[at:at + 50]], timeout=20)
    wait_counted(office, count)
    return rows


def totals(office):
    return office.qf("totals", "--json").json["all"]


def rebuild_ends_with_the_same_counts():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, office.partner("alpha"), 1, 600, "a")
        before = totals(office)
        said = office.qf("rebuild", "--json").json
        check(said["rebuilt"], said)
        same(totals(office), before)
        check(os.path.isdir(office.path("counts.set-aside")), "the old counts are kept")
        check(not os.path.exists(office.path("counts.rebuild")), "the mark is gone")
        office.verify()
        partner = office.partner("alpha")
        partner.send([sample.event(row) for row in sample.activities(2, "alpha", 40, prefix="b")], timeout=20)
        wait_counted(office, before["records"] + 40)
        office.verify()


def rebuild_waits_for_the_next_start():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, office.partner("alpha"), 3, 200, "a")
        before = totals(office)
        office.stop()
        os.makedirs(office.path("counts.set-aside"), exist_ok=True)
        with open(office.path("counts.rebuild"), "w", encoding="utf-8"):
            pass  # what qf rebuild leaves
        office.start()
        until(lambda: not os.path.exists(office.path("counts.rebuild")), 10, "the mark is taken")
        wait_counted(office, before["records"])
        same(totals(office), before)
        office.verify()


def lost_counts_are_counted_again():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, office.partner("alpha"), 4, 200, "a")
        before = totals(office)
        office.stop()
        shutil.rmtree(office.path("counts"))
        office.start()
        wait_counted(office, before["records"])
        same(totals(office), before)
        office.verify()


if __name__ == "__main__":
    run(rebuild_ends_with_the_same_counts, rebuild_waits_for_the_next_start, lost_counts_are_counted_again)
