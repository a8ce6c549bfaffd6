#!/usr/bin/python3
"""A full disk at each storage call of an aggregation that begins with the checkpoint of a life that nobody was shown: the
journal was restored and trimmed while it was away. That life must be noted on disk before readers are let in (DECISIONS 161).

Each time: busy or ended and started again while the disk is full, ingest takes on, nobody is shown other numbers; back in
service when there is room, with all that was taken meanwhile, and `qf verify` agrees."""
import os
import shutil
import time

from each import Kept, begin
from shim import Shim, steps
from storage_each import Answering
from support import sample
from support.harness import PATIENCE, Office, check, until
from support.partner import Persistent

FAULTS = ("enospc", "enospc standing")
WAITS, BEGINS = "no room to commit the counts", "the logbook goes on"
BACK_WITHIN = 5.0  # a start and counting anew are in it
MEASURES = ("records", "activities", "attendances", "records_unknown", "activities_unknown")


def restored_and_trimmed(office, home):
    """What lies there: counts of a life that is over; a journal that was restored to before their last record, has gone on
    in a life of its own, and was trimmed; a checkpoint of that life, which nobody was shown. Gives its rows and its archive."""
    office.add_source("alpha", "alpha")
    rows, partner = list(sample.activities(1, "alpha", 400)), Persistent(office.partner("alpha"))
    for at in range(0, 400, 50):
        partner.deliver([sample.event(row) for row in rows[at:at + 50]])
    office.wait_records(400)
    first, second = os.path.join(home, "first"), os.path.join(home, "second")
    office.qf("backup", first)
    last = office.status()["report"]["journal_last"]
    office.stop()
    shutil.copytree(office.path("counts"), os.path.join(home, "shown"))
    os.unlink(office.path("journal.backups"))  # the first one is gone, with the machine it was on
    office.qf("restore", first, "--to", last - 4)
    office.start()
    others = list(sample.activities(2, "alpha", 50, "other"))
    office.add_source("other", "alpha")
    Persistent(office.partner("other")).deliver([sample.event(row) for row in others])
    office.qf("backup", second)
    counted = office.verify().total()
    last = office.status()["report"]["journal_last"]
    office.stop()
    office.qf("trim", "--before", last, "--archive", second)
    shutil.rmtree(office.path("counts"))
    shutil.copytree(os.path.join(home, "shown"), office.path("counts"))
    return counted, second


def said(office, words):
    with open(office.path("log", "aggregate.log"), encoding="utf-8") as file:
        return file.read().count(words)


def shown(office):
    asked = office.qf("totals", "--json", code=None)
    return tuple(asked.json["all"][measure] for measure in MEASURES) if asked.code == 0 else None


def is_not_let_in(office, answering, before, counted):
    """Whether it waits for room with nothing of the life shown: it could not note it. (It may wait later, with what is on
    disk shown and more to be written.)"""
    until(lambda: said(office, WAITS) > before[WAITS] or said(office, BEGINS) > before[BEGINS] + 1
          or office.up.poll() is not None or answering() and shown(office) == counted, 30, "it waits, is ended, or serves")
    if said(office, WAITS) == before[WAITS]:
        return False
    return shown(office) != counted


def back_after(office, wanted):
    """Seconds until all is shown; `qf up`, which gives up a daemon that ends again and again, may have to be started."""
    begun = time.monotonic()

    def served():
        nonlocal begun
        if office.up.poll() is not None:
            office.stop()
            begun = time.monotonic()
            office.start(wait=False)
        return shown(office) == wanted
    until(served, 30, f"{wanted} are shown")
    return time.monotonic() - begun


def begin_with_fault(office, shim, call, fault, counted, archive):
    """Whether the start had a call with that number, and whether it was one that notes the life."""
    before = {words: said(office, words) for words in (WAITS, BEGINS)}
    shim.order(call, fault)
    office.start(wait=False)
    answering = Answering(office)
    until(lambda: shim.happened() or answering() and shown(office) == counted, 30, "it is hit, or it starts")
    noting = fault == "enospc standing" and shim.happened() and is_not_let_in(office, answering, before, counted)
    more = list(sample.activities(2, "alpha", 20, f"{fault}-{call}"))
    if shim.happened():  # the disk of ingest has room
        Persistent(office.partner("other")).deliver([sample.event(row) for row in more])
    happened = shim.lift()
    answering.end()
    if happened:
        wanted = tuple(map(sum, zip(counted, sample.expected(more))))
        took = back_after(office, wanted)
        check(took <= BACK_WITHIN * PATIENCE, f"back only {took:.1f} s after {fault} at call {call}")
        office.qf("verify", "--archive", archive)
    office.stop()
    return happened, noting


def main():
    chance, stride = begin()
    with Office() as office:
        counted, archive = restored_and_trimmed(office, office.home)
        kept, shim = Kept(office), Shim(office, "qf-aggregate")
        office.env = shim.env
        for fault in FAULTS:
            tried = noting = 0
            for call in steps(chance, stride):
                kept.put_back()
                happened, notes = begin_with_fault(office, shim, call, fault, counted, archive)
                if not happened:
                    break
                tried, noting = tried + 1, noting + notes
            check(tried > 0, f"{fault} was never tried")
            check(stride > 1 or noting > 0 or fault != "enospc standing", "the note of the life was never hit")
            print(f"{fault}: {tried} tried, {tried} passed; at {noting} the life could not be noted", flush=True)


if __name__ == "__main__":
    main()
