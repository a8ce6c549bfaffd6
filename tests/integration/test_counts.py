#!/usr/bin/python3
"""The counts beside their journal: made anew on request and after they were lost."""
import os
import shutil
import signal

from support import sample
from support.harness import SOURCE, Office, check, run, same, until

KINDS = os.path.join(SOURCE, "tests/data/kinds-programme.yaml")


def wait_counted(office, records):
    until(lambda: totals(office)["records"] >= records, 30, f"{records} records are counted")


def feed(office, partner, seed, count, prefix):
    rows = list(sample.activities(seed, "alpha", count, prefix=prefix))
    for at in range(0, count, 50):
        partner.send([sample.event(row) for row in rows[at:at + 50]])
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
        partner.send([sample.event(row) for row in sample.activities(2, "alpha", 40, prefix="b")])
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


def with_a_published_month(office, attendances, views):
    office.add_source("alpha", "alpha")
    held = {"date": "2023-05-06", "org": "alpha"}
    office.tell({"key": "a", "attendances": attendances, **held}, {"kind": "broadcast", "key": "b", "views": views, **held})
    office.qf("period", "close", "2023-05", "--waive-missing")
    office.qf("period", "publish", "2023-05")


def what_differs_from_the_journal_is_named():
    """Counts beside a journal that they are not of: that of another installation, with as many records."""
    with Office(programme=KINDS) as office, Office(programme=KINDS) as other:
        with_a_published_month(office, 10, 100)
        with_a_published_month(other, 12, 300)
        same(other.verify().position, office.verify().position)
        os.unlink(office.path("run/journal.ipc"))
        os.symlink(other.path("run/journal.ipc"), office.path("run/journal.ipc"))
        said = office.qf("verify", "--json", code=1).json
        found = said["difference"]
        same([said["clean"], found["measure"], found["journal"], found["counts"]], [False, "attendances", 12, 10], said)
        check(said["kind_differs"] == "broadcast" and "2023-05" in said["edition_differs"] and said["table"], said)
        for language, words in (("en", ("attendances: by the journal 12, in use 10", "broadcast, by the journal 1", "2023-05", "qf rebuild")),
                                ("zh", ("attendances，按日志是 12，在用的是 10", "broadcast 按日志有 1 条", "2023-05", "qf rebuild"))):
            told = office.qf("verify", "--lang", language, code=1).out
            for word in words:
                check(word in told, word, "is not in", told)
            check("clean:" not in told and "一致" not in told, told)


def what_is_not_counted_yet_is_not_called_clean():
    """Counting stands still at a damaged record: what it holds is right, and is not all of what the journal says."""
    with Office() as office:
        office.add_source("alpha", "alpha")
        office.tell({"kind": "activity", "key": "a", "date": "2023-05-06", "org": "alpha", "mode": "onsite"})
        office.wait_records(1)
        counted = office.verify().position
        office.kill("aggregate", signal.SIGSTOP)
        for key in ("b", "c"):
            office.tell({"kind": "activity", "key": key, "date": "2023-05-06", "org": "alpha", "mode": "onsite"}, code=None)
        office.kill_all()
        office.damage_record(counted + 1)
        office.start(wait=False)
        until(lambda: "damaged" in office.qf("status", "--json", code=None).out, 30, "counting says why it stands still")
        said = office.qf("verify", "--json", code=1, timeout=90).json
        same([said["clean"], said["position"], said["uncounted"], said["difference"]], [False, counted, 2, None], said)
        check("qf audit" in said["uncounted_why"], said)
        told = office.qf("verify", "--lang", "zh", code=1, timeout=90).out
        check("还有 2 条记录没有计数：日志里有一条记录三次都读不出" in told and "一致" not in told, told)


if __name__ == "__main__":
    run(rebuild_ends_with_the_same_counts, rebuild_waits_for_the_next_start, lost_counts_are_counted_again,
        what_differs_from_the_journal_is_named, what_is_not_counted_yet_is_not_called_clean)
