#!/usr/bin/python3
"""Periods are closed, reopened and published: what was frozen stays to the byte, what comes
after counts and is said to come after; through kills, rebuilds, restores and trims."""
import json
import os

from support.harness import Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")


def feed(office, *events, source="alpha"):
    """[(verdict, code)] of each line."""
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    said = office.qf("feed", "-", "--as", source, "--json", stdin=lines, code=None).out.splitlines()
    return [(one["verdict"], one.get("code")) for one in map(json.loads, said) if "verdict" in one]


def held(key, date, attendances=10, org="alpha", **more):
    return {"key": key, "date": date, "org": org, "attendances": attendances, **more}


def cover(month, org="alpha", **figures):
    return {"kind": "period_report", "key": f"{org}/{month}", "date": month, "org": org, **figures}


def shown(office, *words):
    return office.qf("period", "show", *words, "--json").json


def show(office, *words):
    """As bytes: nothing is lost on the way."""
    return office.qf("period", "show", *words).out.encode()


def counted(office, wanted):
    """Until reporting counts so many activities."""
    until(lambda: office.qf("totals", "--json").json["all"]["activities"] == wanted, 20, f"{wanted} activities")


def marchs_figures_are_closed_published_and_corrected():
    with Office(programme=PROGRAMME) as office:
        office.add_source("alpha", "alpha", "feed,read")
        office.add_source("beta", "beta")
        same(feed(office, held("a/1", "2023-03-05", mode="onsite", content=["law", "family"]), held("a/2", "2023-03"),
                  held("a/3", "2023-04-01"), {"kind": "visit", "key": "v/1", "date": "2023-03-09", "org": "alpha",
                                             "site": "S1", "visits": 40}, cover("2023-03", activities=2, attendances=20)),
             [("accepted", None)] * 5)
        counted(office, 3)
        # Nobody is closed over who was not named.
        said = office.qf("period", "close", "2023-03", code=2).err
        check("beta 2023-03" in said and "alpha" not in said, said)
        same(office.qf("period", "list", "--json").json["editions"], [])
        check("not over" in office.qf("period", "close", "2999", "--waive", "beta", code=1).err)
        check("role admin" in office.qf("period", "close", "2023-03", "--waive", "beta", "--as", "alpha", code=77).err)
        office.qf("period", "close", "2023-03", "--waive", "beta", "--by", "desk 3")
        before = show(office, "2023-03", "--data")
        check(b"\nwaived\tbeta\n" in before and b"statement\tvisit\talpha\tv/1" in before, before)
        # What comes after counts, and is said to come after.
        same(feed(office, held("a/4", "2023-03-07"), held("a/5", "2023-04-07"), {**held("a/3", "2023-03-31"), "action": "replace"},
                  {"key": "a/2", "action": "withdraw"}),
             [("accepted", "E151"), ("accepted", None), ("accepted", "E151"), ("accepted", "E151")])
        counted(office, 4)
        said = shown(office, "2023-03")
        same([said["then"]["activities"], said["now"]["activities"], said["published"]], [2, 3, False], said)
        office.qf("period", "publish", "2023-03")
        check("already" in office.qf("period", "publish", "2023-03").out)
        same([show(office, "2023-03", "--data"), show(office, "2023-03", "--file", "data")], [before] * 2)
        said = office.qf("period", "changes", "2023-03", "--json").json
        same([said["new"], said["changed"], said["gone"]], [2, 0, 1], said)
        same([(row["key"], bool(row["was"]), bool(row["is"])) for row in said["rows"]],
             [("a/2", True, False), ("a/3", False, True), ("a/4", False, True)])
        check("+1" in office.qf("period", "show", "2023-03").out)
        # The next edition needs a reason, and leaves the first as it is.
        check("reopen" in office.qf("period", "close", "2023-03", "--waive", "beta", code=3).err)
        check("--reason" in office.qf("period", "reopen", "2023-03", code=64).err)
        office.qf("period", "reopen", "2023-03", "--reason", "两场报得晚")
        same(feed(office, held("a/6", "2023-03-08")), [("accepted", None)])
        counted(office, 5)
        office.qf("period", "close", "2023-03", "--waive-missing")
        office.qf("period", "publish", "2023-03")
        same(show(office, "2023-03", "--edition", "1", "--data"), before)
        after = show(office, "2023-03", "--data")
        check(f"\nprevious\t{shown(office, '2023-03', '--edition', '1')['sha256']}\n".encode() in after, after)
        same([(one["edition"], one["published"], one["reason"]) for one in office.qf("period", "list", "--json").json["editions"]],
             [(1, True, "两场报得晚"), (2, True, "")])
        said = office.qf("period", "changes", "2023-03", "--edition", "1", "--to", "2", "--json").json
        same([said["new"], said["gone"]], [3, 1], said)
        # Made again from the journal, and by the oracle: to the byte.
        office.verify()
        office.qf("rebuild")
        same([show(office, "2023-03", "--edition", "1", "--data"), show(office, "2023-03", "--data")], [before, after])
        office.verify()


run(marchs_figures_are_closed_published_and_corrected)
