"""Declared kinds, folded again in Python: of every statement that stands, by the rules
of the programme, written down here a second time and not read from the C table.

A measure is (rule, field, ...): count (statements), sum, max, each (of one statement
alone: more than one are not combined), ratio (field of, within the dimensions named),
stock (statements that stand on a day: begun, and not ended before it).
What is not combined is None, and so is what nobody states.
"""
import json
import subprocess

KINDS = {
    "broadcast": {"broadcasts": ("count", None), "views": ("sum", "views"), "viewers": ("each", "viewers"),
                  "peak": ("max", "peak"), "replay_views": ("sum", "replay_views")},
    "visit": {"visits": ("sum", "visits"), "groups": ("sum", "groups")},
    "survey_wave": {"waves": ("count", None), "issued": ("sum", "issued"), "returned": ("ratio", "valid", "issued")},
    "survey_result": {"results": ("count", None), "share": ("ratio", "k", "n", "rate_kind", "base", "wave")},
    "agreement": {"signed": ("count", None), "in_force": ("stock", "until")},
    "score": {"points": ("sum", "points", "year", "org"), "most": ("sum", "most", "year", "org")},
    "checkpoint": {"done": ("count", None), "issues": ("sum", "issues")},
    "finding": {"raised": ("count", None), "open": ("stock", "verified", "gone"),
                "unrectified": ("stock", "rectified", "gone")},
    "assignment": {"assigned": ("count", None), "target_activities": ("sum", "target_activities"),
                   "target_attendances": ("sum", "target_attendances")},
    "progress": {"initiatives": ("count", None), "done": ("sum", "done"), "percent": ("each", "percent")},
    "highlight": {"highlights": ("count", None)},
    "site_works": {"begun": ("count", None), "under_way": ("stock", "done", "gone")},
    "routine_check": {"checks": ("count", None), "issues": ("sum", "issues")},
    "assessment": {"opened": ("count", None), "unscored": ("stock", "scored", "gone"),
                   "unpublished": ("stock", "published", "gone")},
    "period_report": {"reports": ("count", None), "activities": ("sum", "activities"),
                      "attendances": ("sum", "attendances"), "zero": ("sum", "zero"), "complete": ("sum", "complete")},
}
SAID = ("key", "action", "revision", "date", "values", "title", "note", "reason", "recorded_by")


class Declared:
    def __init__(self):
        self.standing = {}  # (kind, partner, key) -> statement

    def take(self, kind, partner, event):
        if event.get("action") == "withdraw":
            self.standing.pop((kind, partner, event["key"]), None)
        else:
            self.standing[kind, partner, event["key"]] = event

    def of(self, kind):
        return [(partner, event) for (this, partner, _key), event in self.standing.items() if this == kind]

    def list(self, kind):
        """{(partner, key): (date, figures)}"""
        return {(partner, event["key"]): (event["date"], tuple(sorted((name, value) for name, value in event.items()
                                                                    if name not in SAID)))
                for partner, event in self.of(kind)}

    def within(self, recount, kind, where=None, first=0, last=99999999):
        """[(partner, statement)] of these members and of a range of dates, in the order of `qf list`."""
        return sorted(((partner, event) for partner, event in self.of(kind) if recount.within(event, where or {}, first, last)),
                      key=lambda of: (of[1]["date"], of[0], of[1]["key"]))

    def rows(self, recount, kind, by=(), day=0, **which):
        """{(member, ...): {measure: number or None}}; day: of stocks; which: as within() has it."""
        groups = {}
        for _partner, event in self.within(recount, kind, **which):
            keys = [()]
            for dimension in by:
                keys = [key + (member,) for key in keys for member in recount.bucket(event, dimension)]
            for key in keys:
                groups.setdefault(key, []).append(event)
        periods = {"day", "month", "year"} & set(by)
        return {key: {name: fold(recount, rule, events, 0 if periods else day) for name, rule in KINDS[kind].items()}
                for key, events in groups.items()}


def fold(recount, rule, events, day):
    name, field, *more = rule
    if name == "count":
        return len(events)
    if name == "stock":
        if not day:
            return None
        last = 99999999  # the field is the last day it stands, or ("gone") the first on which it does not
        return sum(event["date"] <= day and (event.get(field, last) > day if more else event.get(field, last) >= day)
                   for event in events)
    stated = [event for event in events if field in event]
    if name == "ratio":
        stated = [event for event in stated if more[0] in event]
    mixes = more[1:] if name == "ratio" else more
    if not stated or (name == "each" and len(stated) > 1):
        return None
    for dimension in mixes:
        if len({tuple(recount.bucket(event, dimension)) for event in stated}) > 1:
            return None
    if name == "ratio":
        return (sum(event[field] for event in stated), sum(event[more[0]] for event in stated))
    return max(event[field] for event in stated) if name == "max" else sum(event[field] for event in stated)


def number(said):
    """What `qf totals --kind --json` says of a measure, as fold() has it."""
    if said is None or said["value"] is None:
        return None
    return (said["value"], said["of"]) if "of" in said else said["value"]


def ask(qf, directory, *words):
    return json.loads(subprocess.run([qf, *words, "--json", "--dir", directory], stdout=subprocess.PIPE,
                                     check=True).stdout)


def compare_kind(qf, directory, recount, kind):
    said = []
    at = ["--at-least", str(recount.position)]
    listed = {(row["partner"], row["key"]):
              (int(row["date"]), tuple(sorted((name, value) for name, value in row.items() if isinstance(value, int))))
              for row in ask(qf, directory, "list", kind, *at)["rows"]}
    mine = recount.declared.list(kind)
    for key in sorted(set(mine) | set(listed)):
        if mine.get(key) != listed.get(key):
            said.append(f"{kind} {key}: the oracle has {mine.get(key)}, qf lists {listed.get(key)}")
    for by in [(), ("month",), ("year",), *((dimension,) for dimension in [*recount.dimensions, *recount.groupings])]:
        answer = ask(qf, directory, "totals", "--kind", kind, *at, *(["--by", ",".join(by)] if by else []))
        rows = {tuple(row["members"]): row for row in answer["rows"]} if by else {(): answer["all"]}
        mine = recount.declared.rows(recount, kind, by) if recount.declared.of(kind) else {}
        for key in sorted(set(mine) | set(rows)) if mine or by else []:
            theirs = {name: number(rows.get(key, {}).get(name)) for name in KINDS[kind]}
            if mine.get(key) != theirs:
                said.append(f"{kind} by {by} {key}: the oracle folds {mine.get(key)}, qf says {theirs}")
    return said


def compare(qf, directory, recount):
    """[difference] of every kind of which anything stands."""
    return [line for kind in KINDS if recount.declared.of(kind)
            for line in compare_kind(qf, directory, recount, kind)]
