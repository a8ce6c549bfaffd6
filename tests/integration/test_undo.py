#!/usr/bin/python3
"""qf undo: a whole file is taken back, row by row, and only what the file itself made stand; the totals are as before."""
import json
import os

from support.harness import Office, check, run, same, until

HEAD = "活动编号,主办单位,活动日期,活动名称,方式,参加人次,操作,更正原因\n"


def sheet(office, name, *rows):
    path = os.path.join(office.home, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(",".join(row) + "\n" for row in rows))
    return path


def row(number, attendances, org="alpha", action="", reason=""):
    return (number, org, "2023-05-06", f"第{number}讲", "onsite", str(attendances), action, reason)


def feed(office, path, code=0, **how):
    return office.qf("feed", path, "--as", "desk", code=code, **how)


def totals(office):
    return office.qf("totals", "--json", "--by", "org,month", code=None).json


def counted(office):
    every = totals(office)["all"]
    return every["records"], every["attendances"]


def wait_counted(office, *wanted):
    until(lambda: counted(office) == wanted, 20, f"{wanted} are counted")


def undo(office, *words, code=0):
    lines = office.qf("undo", *words, "--as", "desk", "--json", code=code).lines
    return {line["key"]: line["fate"] for line in lines[:-1]}, lines[-1]


WHY = ("--reason", "another year's file")


def a_file_is_taken_back_and_the_totals_are_as_before():
    with Office() as office:
        office.add_source("desk", "alpha")
        feed(office, sheet(office, "before.csv", row("A-1", 10), row("A-2", 20)))
        wait_counted(office, 2, 30)
        before = totals(office)["rows"]
        # A-2 is known already, B-4 is another organisation's.
        wrong = sheet(office, "wrong.csv", row("A-2", 20), row("A-3", 3), row("A-4", 4), row("B-4", 5, org="beta"))
        feed(office, wrong, code=2)
        wait_counted(office, 4, 37)
        told = office.qf("undo", wrong, *WHY, "--as", "desk", "--lang", "en").out
        check("withdrawn 2, withdrawn before 0, kept 0" in told, told)
        wait_counted(office, 2, 30)
        same(totals(office)["rows"], before)
        history = office.qf("history", "A-3", "--json").lines
        same((history[-1]["event"]["action"], history[-1]["event"]["reason"]), ("withdraw", "another year's file"))
        # Once more: nothing is left to take back.
        fates, said = undo(office, wrong, *WHY)
        same((set(fates.values()), said["withdrawn_before"], said["kept"]), ({"withdrawn_before"}, 2, 0), said)
        same(counted(office), (2, 30))
        office.verify()
        office.qf("rebuild")
        until(lambda: totals(office).get("rows") == before, 30, "rebuilt")
        office.verify()


def what_was_changed_since_is_kept_and_listed():
    with Office() as office:
        office.add_source("desk", "alpha")
        office.add_source("second", "alpha")
        feed(office, sheet(office, "first.csv", row("A-1", 10)))
        wrong = sheet(office, "wrong.csv", row("A-2", 2), row("A-3", 3), row("A-4", 4), row("A-1", 11, action="更正", reason="x"),
                      row("A-5", 5))
        feed(office, wrong)
        wait_counted(office, 5, 25)
        say = lambda **event: office.qf("feed", "-", "--as", "second", stdin=json.dumps(event) + "\n")
        say(kind="activity", key="A-2", date="2023-05-06", org="alpha", mode="onsite", attendances=22, action="replace",
            reason="counted")
        say(kind="activity", key="A-4", action="withdraw", reason="never held")
        wait_counted(office, 4, 41)
        fates, said = undo(office, wrong, *WHY, code=2)
        same(fates, {"A-2": "changed", "A-3": "withdrawn", "A-4": "withdrawn_before", "A-1": "corrects", "A-5": "withdrawn"})
        same((said["withdrawn"], said["kept"]), (2, 2), said)
        wait_counted(office, 2, 33)
        told = office.qf("undo", wrong, *WHY, "--as", "desk", "--lang", "en", code=2).out
        check("kept activity A-2: was corrected since" in told and "A-1: corrected what stood" in told, told)
        office.verify()


def numbers_are_taken_back_and_mistakes_are_told():
    with Office() as office:
        office.add_source("desk", "alpha")
        lines = "".join(json.dumps({"kind": "activity", "key": f"A-{n}", "date": "2023-05-06", "org": "alpha", "mode": "onsite",
                                    "attendances": n}) + "\n" for n in range(1, 7))
        office.qf("feed", "-", "--as", "desk", stdin=lines)
        wait_counted(office, 6, 21)
        fates, _ = undo(office, "--numbers", "2-4", *WHY)
        same(fates, {f"A-{n}": "withdrawn" for n in (2, 3, 4)})
        wait_counted(office, 3, 12)
        other = sheet(office, "other.csv", row("A-9", 9))
        say = lambda *words, code: office.qf("undo", *words, "--as", "desk", "--lang", "en", code=code).err
        check("not fed from here" in say(other, *WHY, code=64))
        check("--numbers is" in say("--numbers", "5-9999", *WHY, code=64))
        check("--reason" in say(other, code=64))
        check("name a file" in say(*WHY, code=64))
        same(counted(office), (3, 12))
        office.verify()


if __name__ == "__main__":
    run(a_file_is_taken_back_and_the_totals_are_as_before, what_was_changed_since_is_kept_and_listed,
        numbers_are_taken_back_and_mistakes_are_told)
