"""Editions, made again in Python: the canonical data of a close, from what stands when its
line comes by (proto/PROTOCOL.md 5.5), and the digest of the parts that were journaled.

Of the wire only the order of a kind's figures is read, from proto/body.proto.
"""
import hashlib
import json
import os
import re
import subprocess

PROTO = os.path.join(os.path.dirname(__file__), "../../proto/body.proto")
SETTINGS = ("code", "title_zh", "title_en", "scope_zh", "scope_en", "rounding", "training")


def figures():
    """{kind: [figure, ...]} in the order of their numbers."""
    with open(PROTO, encoding="utf-8") as file:
        text = file.read()
    found = {}
    for name, body in re.findall(r"^message (\w+) \{[^\n]*\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        found[kind] = re.findall(r"oneof stated_\w+ \{ \w+ (\w+) = \d+; \}", body)
    return found


FIGURES = figures()


def months(date):
    """The first and the last month (yyyymm) that a date may lie in."""
    return (date // 100, date // 100) if date // 100 % 100 else (date // 100 + 1, date // 100 + 12)


class Edition:
    def __init__(self, line, recount):
        said = line["event"]
        self.scope, self.first, self.last = said.get("scope", ""), said["first"], said["last"]
        self.number, self.position = said["edition"], line["position"]
        self.reopened = self.published = None
        self.parts = {}  # file -> [bytes]
        self.files = {}  # file -> (digest, size) as published
        self.data = self.make(line, said, recount)
        self.digest = hashlib.sha256(self.data).hexdigest()

    def holds(self, recount, event):
        first, last = months(event["date"])
        org = event.get("values", {}).get("org", "")
        org = org if isinstance(org, str) else (org or [""])[0]
        return self.first <= first and last <= self.last and \
            (not self.scope or recount.stands_below("org", org, self.scope, event["date"]))

    def make(self, line, said, recount):
        before = recount.editions.find(self.scope, self.first, self.last, self.number - 1)
        head = [("qf-edition", 1), ("scope", self.scope), ("period", self.first, self.last), ("edition", self.number),
                ("closed", self.position, line["received_at"], line["source"], said.get("by", "")),
                ("previous", before.digest if before else ""), ("programme", recount.version)]
        settings = {"rounding": "half_up", **recount.settings}
        head += [("setting", name, settings[name]) for name in SETTINGS if settings.get(name)]
        head += [("waived", code) for code in said.get("waived", ())]
        body = set(self.cells(recount)) | set(self.statements(recount))
        lines = ["\t".join(map(str, fields)).encode() for fields in head]
        return b"".join(line + b"\n" for line in lines + sorted("\t".join(map(str, fields)).encode() for fields in body))

    def cells(self, recount):
        sums = {}
        for _partner, _key, activity, counts in recount.standing():
            if not self.holds(recount, activity):
                continue
            period = activity["date"] // 100 * 100
            for dimension in ["total", *recount.counted()]:
                for member in recount.members_of(activity, dimension):
                    key = dimension, member, period
                    sums[key] = tuple(a + b for a, b in zip(sums.get(key, (0,) * 5), counts))
        for (dimension, member, period), counts in sums.items():
            yield ("cell", dimension, member, period, *counts)
            if dimension != "total":
                yield from self.names(recount, dimension, member)

    def statements(self, recount):
        for (kind, partner, key), event in recount.declared.standing.items():
            if not self.holds(recount, event):
                continue
            values = {name: [value] if isinstance(value, str) else value for name, value in event.get("values", {}).items()}
            pairs = sorted({(dimension, member) for dimension, members in values.items() for member in members})
            words = sorted(f"{dimension}={member}".encode() for dimension, member in pairs)
            yield ("statement", kind, partner, key, event["date"], *(event.get(name, "") for name in FIGURES[kind]),
                   *(word.decode() for word in words))
            for dimension, member in pairs:
                yield from self.names(recount, dimension, member)

    def label(self, said):
        """(zh, en) of a member on the last day of the period."""
        names = said.get("zh", ""), said.get("en", "")
        for move in said.get("moved", ()):
            if move["from"] <= self.last * 100 + 31 and (move.get("zh") or move.get("en")):
                names = move.get("zh", ""), move.get("en", "")
        return names

    def names(self, recount, dimension, member):
        said = recount.dimensions[dimension]
        yield ("dimension", dimension, said.get("zh", ""), said.get("en", ""), 1 if said.get("multi") else 0)
        label = recount.members.get((said.get("members_of") or dimension, member))
        if member and label:
            yield ("member", dimension, member, *self.label(label))


class Editions:
    def __init__(self):
        self.all = []

    def find(self, scope, first, last, number):
        return next((edition for edition in self.all if (edition.scope, edition.first, edition.last, edition.number) ==
                     (scope, first, last, number)), None)

    def of(self, event):
        return self.find(event.get("scope", ""), event["first"], event["last"], event["edition"])

    def take(self, line, recount):
        event, kind = line["event"], line["kind"]
        if kind == "period_close":
            self.all.append(Edition(line, recount))
            return
        edition = self.of(event)
        if kind == "period_reopen":
            edition.reopened = line["position"]
        elif kind == "edition_part":
            parts = edition.parts.setdefault(event["file"], [])
            if event["part"] != len(parts):
                raise ValueError(f"part {event['part']} of {event['file']} after {len(parts)}")
            if parts and len(parts[-1]) != 32768:
                raise ValueError(f"part {event['part']} of {event['file']} after a short one")
            parts.append(bytes.fromhex(event["data"]))
        else:
            whole = b"".join(edition.parts[event["file"]])
            said = event["digest"], event["size"], event["parts"]
            if said != (hashlib.sha256(whole).hexdigest(), len(whole), len(edition.parts[event["file"]])):
                raise ValueError(f"{event['file']}: what is published is not what its parts are")
            edition.files[event["file"]] = whole

    def changed_after(self, recount, events):
        """Whether one of these statements (what stood, what is said) belongs to an edition that stands closed."""
        return any(not edition.reopened and edition.holds(recount, event) for edition in self.all for event in events)


def compare(qf, directory, recount):
    """[difference]: every edition as qf has it, and as it was published, against ours."""
    said = []
    for edition in recount.editions.all:
        words = ["period", "show", period(edition), "--edition", str(edition.number), "--dir", directory]
        if edition.scope:
            words += ["--scope", edition.scope]
        name = f"edition {period(edition)} {edition.scope} {edition.number}"
        data = subprocess.run([qf, *words, "--data"], stdout=subprocess.PIPE, check=True).stdout
        if data != edition.data:
            said.append(f"{name}: the oracle has\n{edition.data.decode()}\nqf has\n{data.decode()}")
        shown = json.loads(subprocess.run([qf, *words, "--json"], stdout=subprocess.PIPE, check=True).stdout)
        if shown["sha256"] != edition.digest:
            said.append(f"{name}: the oracle's digest is {edition.digest}, qf says {shown['sha256']}")
        if edition.files.get("data", edition.data) != edition.data:
            said.append(f"{name}: what was published is not what the journal gives")
        for file, whole in edition.files.items():
            kept = subprocess.run([qf, *words, "--file", file], stdout=subprocess.PIPE, check=True).stdout
            if kept != whole:
                said.append(f"{name}: the file {file} is not what was kept")
    return said


def period(edition):
    first, last = (f"{month // 100}-{month % 100:02d}" for month in (edition.first, edition.last))
    return first if first == last else f"{first}..{last}"
