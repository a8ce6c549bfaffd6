#!/usr/bin/python3
"""`qf trim` is hit at each of its storage calls, by a kill, EIO, a full disk: what lies
there afterwards is one whole journal, trimmed or not, and trimming again succeeds."""
import os

from each import FAULTS, Kept, begin
from shim import Shim
from support.harness import Office, check, same

HEAD = "activity_no,org,date,mode,content,attendances\n"
CUT = 9


def feed(office, first, count):
    for at in range(first, first + count, 100):
        path = os.path.join(office.home, f"{at}.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEAD + "".join(f"alpha-{number},alpha,2023-{number % 12 + 1:02d}-{number % 28 + 1:02d},onsite,law,7\n"
                                      for number in range(at, at + 100)))
        office.qf("feed", path, "--as", "alpha", "--json")


def is_whole(office, archive):
    """Gives the first record that is kept."""
    said = office.qf("audit", "--archive", archive, "--json").json
    check(said["clean"], said)
    same(said["journal"]["judged"], said["journal"]["last"])
    return said["journal"]["first"]


def main():
    chance, stride = begin()
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, 0, 800)
        archive = os.path.join(office.home, "archive")
        office.qf("backup", archive)
        feed(office, 800, 200)
        before = office.qf("totals", "--by", "month", "--json").json["rows"]
        counted = office.verify().total()
        office.stop()
        kept = Kept(office)
        trim = ("trim", "--before", CUT, "--archive", archive)
        for program in ("qf-ingest", "qf-aggregate"):
            shim = Shim(office, program)
            for fault in FAULTS:
                tried = trimmed = refused = 0
                for _ in kept.hit(shim, fault, trim, chance, stride):
                    tried += 1
                    if "nothing was changed" in kept.said.err:  # half a copy holds no room either
                        refused += 1
                        for half in ("journal.trimmed", "counts.checkpoint.made"):
                            check(not os.path.exists(office.path(half)), half)
                    first = is_whole(office, archive)
                    check(first in (1, CUT), first)
                    trimmed += first == CUT
                    if first == 1:
                        office.qf(*trim)
                        same(is_whole(office, archive), CUT)
                check(tried > 0, f"{fault} was never tried")
                check(refused > 0 or stride > 1 or fault != "enospc", "a full disk was never said")
                print(f"{program}: {fault}: {tried} tried, {trimmed} of them trimmed", flush=True)
        office.start()
        same(office.qf("totals", "--by", "month", "--json").json["rows"], before)
        office.qf("verify", "--archive", archive)
        office.qf("rebuild")
        same(office.qf("totals", "--by", "month", "--json").json["rows"], before)
        check(counted[0] == 1000, counted)


if __name__ == "__main__":
    main()
