#!/usr/bin/python3
"""A second implementation of the counting rules, in Python, that shares nothing
with the first: it reads the lines of `qf journal dump --json`, obeys the verdicts
in them, counts again, and says where `qf totals` differs.

    qf journal dump --json --dir DIR | oracle.py cells            prints every cell
    oracle.py check --dir DIR --qf PATH                           dumps, recounts, compares; exit 1 when they differ

The rules, as PROTOCOL.md has them: what is accepted counts, in the order of the
journal, once. A record is (partner, key). Its activity, one claim of attendance
per method, and its ticks stand beside each other; the best claim counts, ticks
only where no claim stands. A record counts on the finest period known and on its
month; in each dimension under each of its members, or under "not stated". Asked for
a member of a tree it counts when its own member stood there or below on its date: on
the first day of a month or year when no more is known; so too with groups.
"""
import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from oracle import declared, editions  # noqa: E402

MEASURES = ("records", "activities", "attendances", "records_unknown", "activities_unknown")
COUNTED = ("accepted", "late")
COUNTS_NOTHING = ("N103", "N105")  # history only; given up in quarantine
METHODS = {"signed_in": 1, "headcount": 2, "registered": 3, "estimated": 4, "unspecified": 5, "": 5, 0: 5, None: 5}
ACTIONS = {0: "create", 1: "create", 2: "replace", 3: "withdraw", None: "create", "": "create", "unspecified": "create"}


def rank(method):
    """1 is the best; a method that is not stated comes last."""
    if isinstance(method, str):
        return METHODS[method.lower()]
    return method or 5


class Record:
    """What stands under one key of one partner."""

    def __init__(self):
        self.activity = None  # the standing statement; None: not stated, or withdrawn
        self.claims = {}  # method rank -> attendances, of Attendance statements
        self.ticks = 0
        self.tick_events = 0

    def attendances(self):
        """The best standing claim, else the ticks, else None: not known."""
        candidates = [(method, 0, count) for method, count in self.claims.items()]
        if self.activity is not None and "attendances" in self.activity:
            candidates.append((rank(self.activity.get("method")), 1, self.activity["attendances"]))
        if candidates:
            return min(candidates)[2]
        return self.ticks if self.tick_events else None

    def method(self):
        """Rank of the claim that counts; 5: not said, or ticks."""
        candidates = list(self.claims)
        if self.activity is not None and "attendances" in self.activity:
            candidates.append(rank(self.activity.get("method")))
        return min(candidates, default=5)

    def counts(self):
        """The five measures, or None while the record counts nothing."""
        if self.activity is None:
            return None
        sessions = self.activity.get("sessions", 1)
        attendances = self.attendances()
        if attendances is None:
            return (1, sessions, 0, 1, sessions)
        return (1, sessions, attendances, 0, 0)


class Recount:
    def __init__(self):
        self.records = {}
        self.dimensions = {}  # code -> register, those that events carry
        self.groupings = {}  # code -> register, those that group members
        self.members = {}  # (dimension, code) -> register
        self.verdicts = {}
        self.taken = {}  # (outbox, number) -> verdict
        self.declared = declared.Declared()
        self.editions = editions.Editions()
        self.settings = {}
        self.version = 0  # position of the last event that said what the programme is
        self.late = {}  # (kind, partner, key) of what stands -> whether it came late when it began to
        self.position = 0
        self.events = 0

    # -- reading the journal -------------------------------------------------

    def line(self, line):
        position = line["position"]
        if position < self.position:
            raise ValueError(f"the journal goes back: {position} after {self.position}")
        self.position = position
        if "control" in line:
            return
        self.events += 1
        verdict = line["verdict"]
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
        place = (line["source"], line["outbox"], line["number"])
        if place in self.taken:
            raise ValueError(f"number {line['number']} of outbox {line['outbox']} stands twice in the journal")
        self.taken[place] = (verdict, line.get("code"))
        if verdict not in COUNTED or line.get("code") in COUNTS_NOTHING:
            return
        self.note_late(line["kind"], line["partner"], line["event"], verdict)
        if line["kind"] in ("setting", "dimension", "member", "counter"):
            self.version = position
        if line["kind"] in ("period_close", "period_reopen", "edition_part", "publish"):
            self.editions.take(line, self)
        elif line["kind"] in declared.KINDS:
            self.declared.take(line["kind"], line["partner"], line["event"])
        else:
            getattr(self, "take_" + line["kind"])(line["partner"], line["event"])

    def note_late(self, kind, partner, event, verdict):
        if kind not in declared.KINDS and kind != "activity":
            return
        stands = ((kind, partner, event["key"]) in self.declared.standing if kind in declared.KINDS else
                  self.records.get((partner, event["key"]), Record()).activity is not None)
        if not stands:
            self.late[kind, partner, event["key"]] = verdict == "late"

    def record(self, partner, key):
        return self.records.setdefault((partner, key), Record())

    def take_activity(self, partner, event):
        record = self.record(partner, event["key"])
        action = event.get("action")
        withdrawn = (ACTIONS.get(action, action)).lower() == "withdraw" if action is not None else False
        record.activity = None if withdrawn else event

    def take_attendance(self, partner, event):
        record = self.record(partner, event["key"])
        action = event.get("action")
        action = ACTIONS.get(action, action)
        method = rank(event.get("method"))
        if action == "withdraw" or "attendances" not in event:
            record.claims.pop(method, None)
        else:
            record.claims[method] = event["attendances"]

    def take_tick(self, partner, event):
        record = self.record(partner, event["key"])
        record.ticks += event.get("amount", 1)
        record.tick_events += 1

    def take_dimension(self, _partner, event):
        (self.groupings if event.get("groups") else self.dimensions)[event["code"]] = event

    def take_member(self, _partner, event):
        self.members[event["dimension"], event["code"]] = event

    def take_setting(self, _partner, event):
        self.settings[event["name"]] = event.get("value", "")

    def take_counter(self, _partner, _event):
        pass

    take_source = take_counter

    # -- counting ---------------------------------------------------------------

    def standing(self):
        """(partner, key, activity, counts) of every record that counts."""
        for (partner, key), record in self.records.items():
            counts = record.counts()
            if counts is not None:
                yield partner, key, record.activity, counts

    def members_of(self, activity, dimension):
        if dimension == "total":
            return ["all"]
        if dimension in self.groupings:
            base = self.groupings[dimension]["groups"]
            return sorted({self.group(base, member, dimension, activity["date"])
                           for member in self.members_of(activity, base)})
        stated = activity.get("values", {}).get(dimension, [])
        return sorted(set([stated] if isinstance(stated, str) else stated)) or [""]

    # -- the tree on a date ----------------------------------------------------

    def place(self, dimension, code, date):
        """What the register says of where a member stood: "parent" and "group"."""
        day = date + (0 if date // 100 % 100 else 100) + (0 if date % 100 else 1)
        register = self.dimensions.get(dimension) or self.groupings.get(dimension) or {}
        member = self.members.get((register.get("members_of") or dimension, code), {})
        place = member
        for move in member.get("moved", ()):
            if move["from"] <= day:
                place = move
        return place

    def group(self, base, member, grouping, date):
        groups = self.place(base, member, date).get("group", ())
        return next((group["member"] for group in groups if group["dimension"] == grouping), "")

    def stands_below(self, dimension, member, wanted, date):
        """Whether a member is the one wanted, or stood below it."""
        while wanted and member and member != wanted:
            member = self.place(dimension, member, date).get("parent", "")
        return member == wanted

    def parents(self):
        """(dimension, code) of all that ever had something below them."""
        return sorted({(dimension, place["parent"]) for (dimension, _), member in self.members.items()
                       for place in (member, *member.get("moved", ())) if place.get("parent")})

    def counted(self):
        """Dimensions of activities: those apart are of declared kinds only."""
        return [code for code, register in self.dimensions.items() if not register.get("apart")]

    def cells(self):
        """{(dimension, member, period): (five counts)}, cells that are zero throughout left out."""
        cells = {}
        for _partner, _key, activity, counts in self.standing():
            date = activity["date"]
            periods = {date, date // 100 * 100} if date // 100 % 100 else {date}
            for dimension in ["total", *self.counted()]:
                for member in self.members_of(activity, dimension):
                    for period in periods:
                        key = (dimension, member, period)
                        before = cells.get(key, (0,) * len(MEASURES))
                        cells[key] = tuple(a + b for a, b in zip(before, counts))
        return {key: counts for key, counts in cells.items() if any(counts)}

    def total(self, where=None, first=0, last=99999999):
        """The five counts of everything, in a range of dates (a date not fully known counts when it must lie inside)."""
        sums = [0] * len(MEASURES)
        for _partner, _key, activity, counts in self.standing():
            if self.within(activity, where or {}, first, last):
                sums = [a + b for a, b in zip(sums, counts)]
        return tuple(sums)

    def by(self, dimensions, where=None, first=0, last=99999999):
        """{(member, …): (five counts)}; members as the rows name them or, of a grouping, the groups they were in; "day",
        "month" and "year" are dimensions too. where takes the member and all that stood below it."""
        rows = {}
        for _partner, _key, activity, counts in self.standing():
            if not self.within(activity, where or {}, first, last):
                continue
            keys = [()]
            for dimension in dimensions:
                keys = [key + (member,) for key in keys for member in self.bucket(activity, dimension)]
            for key in keys:
                rows[key] = tuple(a + b for a, b in zip(rows.get(key, (0,) * len(MEASURES)), counts))
        return rows

    def bucket(self, activity, dimension):
        date = activity["date"]
        if dimension == "year":
            return [str(date // 10000)]
        if dimension == "month":
            return [str(date // 100) if date // 100 % 100 else ""]
        if dimension == "day":
            return [str(date) if date % 100 else ""]
        return self.members_of(activity, dimension)

    def within(self, activity, where, first, last):
        date = activity["date"]
        earliest = date + (0 if date // 100 % 100 else 100) + (0 if date % 100 else 1)
        latest = date + (0 if date // 100 % 100 else 1200) + (0 if date % 100 else 31)
        if earliest < first or latest > max(last, last // 100 * 100 + 31 if last % 100 >= 28 else last):
            return False
        return all(any(self.stands_below(dimension, member, wanted, date)
                       for member in self.members_of(activity, dimension)) for dimension, wanted in where.items())


def recount(lines):
    oracle = Recount()
    for line in lines:
        if line.strip():
            oracle.line(json.loads(line))
    return oracle


def dump(qf, directory):
    """The lines of the journal, from a process that is read as it writes."""
    with subprocess.Popen([qf, "journal", "dump", "--json", "--dir", directory], stdout=subprocess.PIPE,
                          text=True, encoding="utf-8") as process:
        yield from process.stdout
    if process.returncode != 0:
        raise RuntimeError(f"qf journal dump ended with {process.returncode}")


def differences(name, ours, theirs):
    """Lines that say where two mappings of counts differ; missing and zero are the same."""
    said = []
    for key in sorted(set(ours) | set(theirs), key=str):
        mine, yours = tuple(ours.get(key, ())), tuple(theirs.get(key, ()))
        if mine != yours and any(mine + yours):
            said.append(f"{name} {key}: the oracle counts {mine}, qf says {yours}")
    return said


def totals(qf, directory, position, by=(), where=None):
    """({members: counts}, counts of all) as `qf totals --json` has them when it counts up to a position."""
    command = [qf, "totals", "--json", "--dir", directory, "--at-least", str(position)]
    if by:
        command += ["--by", ",".join(by)]
    for dimension, member in (where or {}).items():
        command += ["--where", f"{dimension}={member}"]
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    rows = {tuple(row["members"]): tuple(row[measure] for measure in MEASURES) for row in answer["rows"]}
    return rows, tuple(answer["all"][measure] for measure in MEASURES)


def watched(qf, directory):
    """(counts of all, {(year,): counts}) as a subscriber has them: `qf watch --once --json`."""
    board = json.loads(subprocess.run([qf, "watch", "--once", "--json", "--dir", directory], stdout=subprocess.PIPE,
                                      check=True).stdout)
    years = {(str(year["year"]),): tuple(year[measure] for measure in MEASURES) for year in board["years"]}
    return tuple(board["all"][measure] for measure in MEASURES), years


def compare(qf, directory):
    """Recounts and compares the total, every dimension, days, months and years, and the months of every parent. Nobody
    may feed meanwhile. (the recount, [difference])."""
    oracle = recount(dump(qf, directory))
    said = []
    names = [*oracle.counted(), *(code for code, register in oracle.groupings.items()
                                  if register["groups"] in oracle.counted())]
    for by in [(), ("day",), ("month",), ("year",), *((dimension,) for dimension in names)]:
        rows, everything = totals(qf, directory, oracle.position, by)
        said += differences("total", {(): oracle.total()}, {(): everything})
        if by:
            said += differences("by " + by[0], oracle.by(by), rows)
    for dimension, code in (of for of in oracle.parents() if of[0] in names):
        rows, everything = totals(qf, directory, oracle.position, ["month"], {dimension: code})
        said += differences(f"{dimension}={code}", {(): oracle.total({dimension: code})}, {(): everything})
        said += differences(f"{dimension}={code} by month", oracle.by(["month"], {dimension: code}), rows)
    everything, years = watched(qf, directory)
    said += differences("watched", {(): oracle.total()}, {(): everything})
    said += differences("watched by year", oracle.by(["year"]), years)
    said += declared.compare(qf, directory, oracle)
    said += editions.compare(qf, directory, oracle)
    return oracle, said


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("cells", "check"))
    parser.add_argument("--dir")
    parser.add_argument("--qf", default="qf")
    arguments = parser.parse_args()
    if arguments.what == "cells":
        for (dimension, member, period), counts in sorted(recount(sys.stdin).cells().items()):
            print(json.dumps({"dimension": dimension, "member": member, "period": period,
                              **dict(zip(MEASURES, counts))}, ensure_ascii=False))
        return 0
    oracle, said = compare(arguments.qf, arguments.dir)
    print("\n".join(said) or f"the oracle agrees: {oracle.events} events, total {oracle.total()}")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
