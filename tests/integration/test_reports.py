#!/usr/bin/python3
"""The derived views, `qf report`: each figure is worked out again here from the second implementation's recount of the
journal. The fixture has corrected, withdrawn, late and refused events, and organisations and sites that did nothing."""
import csv
import datetime
import io
import json
import os
import re
from fractions import Fraction

from oracle import oracle
from support.harness import QF, Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/reports-programme.yaml")
LEADS = ["host", "town-a", "bank", "customs"]
ORGS = ["host", "town-a", "town-b", "bank", "customs"]  # towns stands above others, gone is over
MODES = ["lecture", "visit"]
CONTENTS = ["PL", "DL", "MC"]


def reports_office():
    return Office(programme=PROGRAMME)


# --- what is fed ---------------------------------------------------------------------------------------------------

def activity(year, n):
    event = {"key": f"{year}/{n}", "date": f"{year}-{n % 12 + 1:02d}-{n % 27 + 1:02d}", "org": LEADS[n % 4],
             "channel": "online" if n % 9 == 8 else "offline", "mode": MODES[n % 3 == 0],
             "content": [["PL"], ["PL", "DL"], ["MC"], []][n % 4]}
    if n % 11 != 10:
        event["attendances"] = 20 + 7 * n
    if n % 5 == 0:
        event["co_org"] = ["town-b"]
    if event["org"] in ("bank", "customs") and n % 3:
        event["five_co"] = ["C1"] if n % 2 else ["C1", "C2"]
    if n % 3 == 0:
        event["initiative"] = ["M01", "M02"] if n % 7 == 0 else ["M01"]
    if n % 4 == 0:
        event["site"] = "S1"
    return event


ACTIVITIES = [activity(year, n) for year in (2021, 2022, 2023) for n in range(12 + 5 * (year - 2021))]


def agreement(key, org, signed, until, *items, **more):
    event = {"kind": "agreement", "key": key, "org": org, "date": signed, "five_co": list(items), **more}
    return {**event, "until": until} if until else event


def broadcast(key, date, views=None, **more):
    event = {"kind": "broadcast", "key": key, "date": date, "org": "host", **more}
    return event if views is None else {**event, "views": views}


KINDS = [
    agreement("bank/1", "bank", "2022-03-01", "2025-12-31", "C1", "C5"),
    agreement("bank/2", "bank", "2023-05-01", None, "C1", "C4"),
    agreement("customs/1", "customs", "2023-09-01", "2024-02-15", "C2", "C3"),
    agreement("customs/2", "customs", "2023-09-01", None, "C5"),
    agreement("gone/1", "gone", "2020-01-01", "2021-12-31", "C1"),
    broadcast("live/1", "2023-05-06", 10240, viewers=9000, peak=1200), broadcast("live/2", "2023-06-10", 11873),
    broadcast("live/3", "2023-07-20", 9000), broadcast("live/4", "2022-07-20", 50000),
    broadcast("live/5", "2022-08-20"), broadcast("live/6", "2023-08-20", 1),
]
CORRECTIONS = [
    agreement("bank/1", "bank", "2022-03-01", "2023-06-30", "C1", "C5", action="replace", reason="ended early"),
    {"kind": "agreement", "key": "customs/2", "action": "withdraw", "reason": "never signed"},
    broadcast("live/3", "2023-07-20", 10000, action="replace", reason="platform's export"),
    {"kind": "broadcast", "key": "live/6", "action": "withdraw", "reason": "a test"},
]
REFUSED = [agreement("x", "nobody", "2023-01-01", None, "C1"), broadcast("x", "2023-05-06", 10, viewers=11)]


def feed(office, *events, source="all", code=0):
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    said = json.loads(office.qf("feed", "-", "--as", source, "--json", stdin=lines, code=code).out.splitlines()[-1])
    check(code or said["taken"] + said["late"] == len(events), said)
    return said["taken"] + said["late"]


def feed_everything(office):
    office.add_source("all", "host", words=["--org", "bank,customs,gone"])
    feed(office, *ACTIVITIES)
    # Corrected: another year, organisation and size; withdrawn; refused.
    feed(office, {**activity(2023, 1), "date": "2022-06-05", "org": "town-b", "attendances": 555, "action": "replace",
                  "reason": "moved"},
         {"key": "2022/2", "action": "withdraw", "reason": "never took place"},
         {**activity(2023, 4), "attendances": 1000, "action": "replace", "reason": "counted again"},
         {"key": "undated", "date": "2023", "org": "bank", "channel": "offline", "mode": "lecture", "attendances": 9})
    same(feed(office, {**activity(2023, 0), "key": "refused", "attendances": 100001}, code=2), 0)
    feed(office, *KINDS)
    feed(office, *CORRECTIONS)
    for event in REFUSED:
        same(feed(office, event, code=2), 0, event)


def recount(office):
    """All that was fed is counted when this returns."""
    counted = oracle.recount(oracle.dump(QF, office.dir))
    office.qf("totals", "--at-least", counted.position)
    return counted


def standing(counted, kind):
    """[statement] in the order of qf list, with the one member or the members of each dimension."""
    return [{**event, **event.get("values", {})} for _partner, event in
            sorted(counted.declared.of(kind), key=lambda of: (of[1]["date"], of[0], of[1]["key"]))]


# --- helpers ---------------------------------------------------------------------------------------------------------

def rounded(value, decimals):
    """Half up, away from zero, of an exact fraction."""
    units = int(abs(value) * 10**decimals + Fraction(1, 2))
    return f"{'-' if value < 0 else ''}{units // 10**decimals}.{units % 10**decimals:0{decimals}d}"


def growth(now, base):
    if not base:
        return None
    text = rounded(Fraction(100 * (now - base), base), 2)
    return ("+" if now > base and text != "0.00" else "") + text


def rate(k, n):
    return {"k": k, "n": n, "percent": rounded(Fraction(100 * k, n), 1) if n else None}


def width(text):
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if "\u2e80" <= c <= "\uffe6" else 1 for c in text)


def report(office, name, *words):
    """As JSON; and the same figures stand in the table of both languages and in CSV."""
    said = office.qf("report", name, *words, "--json").json
    same(said["report"], name)
    for language in ("zh", "en"):
        text = office.qf("report", name, *words, "--lang", language).out
        check(("口径" if language == "zh" else "Definitions") in text, name, "has definitions")
        lines = text.splitlines()
        across = next(i for i, line in enumerate(lines) if line and set(line) == {"─"})
        body = lines[across - 1:next(i for i, line in enumerate(lines) if i > across and not line)]
        same(max(width(line) for line in body), len(lines[across]), f"{name}: as wide as the line below the heads")
        check(language == "zh" or not re.search("[\u4e00-\u9fff]", lines[across - 1]), name, lines[across - 1])
    rows = list(csv.reader(io.StringIO(office.qf("report", name, *words, "--csv").out.lstrip("\ufeff"))))
    same(len(rows), 1 + len(said["rows"]) + ("all" in said), name, "rows of CSV")
    same({len(row) for row in rows}, {len(rows[0])}, name, "cells of CSV")
    for code in said["indicators"]:
        check(code in {line["code"] for line in INDICATORS}, code, "is in the dictionary")
    return said


INDICATORS = []
ITEMS = ["C1", "C2", "C3", "C4", "C5"]


def date(day):
    return datetime.date(day // 10000, day // 100 % 100, day % 100)


def listed(event, dimension):
    members = event.get(dimension, [])
    return [members] if isinstance(members, str) else list(members)


# --- months ------------------------------------------------------------------------------------------------------------

def months_against_last_year_and_a_base(office, counted):
    said = report(office, "months", "--year", "2023", "--base", "2021")
    offline = {"channel": "offline"}

    def of(year, month):
        return counted.by(["month"], offline, year * 10000 + 101, year * 10000 + 1231).get((month and f"{year}{month:02d}",), (0,) * 5)

    def row(pick, name):
        wanted = {"month": name}
        for place, code in ((1, "activities"), (2, "attendances")):
            # Where activities were held and the attendance of none is known, nothing is said of it.
            numbers = {year: None if place == 2 and pick(year)[1] and pick(year)[1] == pick(year)[4] else pick(year)[place]
                       for year in (2021, 2022, 2023)}
            wanted.update({f"{code}_{year}": number for year, number in numbers.items()})
            wanted.update({f"{code}_on_{year}": None if numbers[2023] is None else growth(numbers[2023], numbers[year])
                           for year in (2022, 2021)})
        return wanted

    same(said["rows"], [row(lambda year, month=month: of(year, month), f"2023-{month:02d}") for month in range(1, 13)] +
         [row(lambda year: of(year, ""), None)])
    same(said["all"], row(lambda year: counted.total(offline, year * 10000 + 101, year * 10000 + 1231), None))
    check(said["all"]["activities_2023"] and said["all"]["activities_2021"], "non-zero years")
    text = office.qf("report", "months", "--year", "2023", "--base", "2021", "--lang", "zh").out
    check("同比" in text and "较2021年" in text and "只算线下" in text, text)
    # This year is not over: all are counted up to the same day, and it is said.
    now = office.qf("report", "months", "--lang", "zh", "--json").json
    if now["same_days_upto"]:
        check("相同日期" in "".join(now["lines"]), now["lines"])
    check("--base 2021" in office.qf("report", "months", "--year", "2023", "--base", "2023", "--lang", "en", code=64).err, "how")


# --- matrix ------------------------------------------------------------------------------------------------------------

def the_matrix_names_its_gaps(office, counted):
    said = report(office, "matrix", "--from", "2022", "--to", "2023")
    days = (20220101, 20231231)
    pairs = counted.by(["org", "mode"], None, *days)
    cells = counted.by(["org", "mode", "content"], None, *days)
    wanted, places, gaps = [], 0, 0
    for org in ORGS:
        for mode in MODES:
            row = {"org": org, "mode": mode}
            for content in CONTENTS:
                row[content] = cells.get((org, mode, content), (0, 0))[1] or None
            row["not_stated"] = cells.get((org, mode, ""), (0, 0))[1]
            row["all"] = pairs.get((org, mode), (0, 0))[1]
            row["gaps"] = [content for content in CONTENTS if row[content] is None]
            wanted.append(row)
            places += len(CONTENTS)
            gaps += len(row["gaps"])
    same(said["rows"], wanted)
    same((said["cells"], said["gaps"]), (places, gaps))
    check(0 < gaps < places, "some are gaps")
    columns = counted.by(["content"], None, *days)
    same([said["all"][content] for content in CONTENTS], [columns[(content,)][1] for content in CONTENTS])
    same(said["all"]["all"], counted.total(None, *days)[1], "the true total")
    check(sum(said["all"][c] for c in CONTENTS) + said["all"]["not_stated"] > said["all"]["all"], "rows do not add up")
    text = office.qf("report", "matrix", "--from", "2022", "--to", "2023", "--lang", "zh").out
    check("一项活动可能计入多行" in text and "党纪法规" in text, text)
    came = office.qf("report", "matrix", "--measure", "attendances", "--where", "org=bank", "--json").json
    same({row["org"] for row in came["rows"]}, {"bank"})
    same(came["all"]["all"], counted.total({"org": "bank"})[2])
    check("three dimensions" in office.qf("report", "matrix", "--by", "org", "--lang", "en", code=64).err, "how")


# --- joint delivery and diversity ---------------------------------------------------------------------------------------

def who_holds_it_with_whom(office, counted):
    said = report(office, "joint")
    years = sorted({key[0] for key in counted.by(["year"])})

    def of(year):
        days = (int(year) * 10000 + 101, int(year) * 10000 + 1231) if year else (0, 99999999)
        every = counted.total(None, *days)[1]
        alone = counted.by(["co_org"], None, *days).get(("",), (0, 0))[1]
        host = counted.by(["org"], None, *days).get(("host",), (0, 0))[1]
        modes = len([key for key in counted.by(["mode"], None, *days) if key[0]])
        return {"year": year, "activities": every, "joint": rate(every - alone, every),
                "partner_led": rate(every - host, every), "modes": modes if year else None}

    same(said["rows"], [of(year) for year in years])
    same(said["all"], of(None))
    check(all(0 < row["joint"]["k"] < row["joint"]["n"] for row in said["rows"]), "some are joint")
    check("Host" in "".join(office.qf("report", "joint", "--lang", "en", "--json").json["lines"]), "who runs it")
    other = office.qf("report", "joint", "--host", "bank", "--from", "2023", "--json").json["all"]["partner_led"]
    every = counted.total(None, 20230101)[1]
    same(other, rate(every - counted.by(["org"], None, 20230101)[("bank",)][1], every))
    check("nobody" in office.qf("report", "joint", "--host", "nobody", code=64).err, "no such organisation")

    said = report(office, "modes", "--from", "2022")
    wanted = {}
    for (year, org, mode), counts in counted.by(["year", "org", "mode"], None, 20220101).items():
        row = wanted.setdefault((year, org), {"year": year, "org": org, "activities": 0, "modes": 0, "which": []})
        row["activities"] += counts[1]
        row["modes"] += 1
        row["which"].append(mode)
    same(sorted(said["rows"], key=str), sorted(({**row, "which": sorted(row["which"])} for row in wanted.values()), key=str))
    check({row["modes"] for row in said["rows"]} == {1, 2}, said["rows"])


# --- broadcasts ------------------------------------------------------------------------------------------------------------

def each_broadcast_above_so_many(office, counted):
    for words, days in (((), (0, 99999999)), (("--from", "2023"), (20230101, 99999999)),
                        (("--from", "2023", "--views", "9999"), (20230101, 99999999))):
        bound = 9999 if "--views" in words else 10000
        said = report(office, "broadcasts", *words)
        held = [event for event in standing(counted, "broadcast") if days[0] <= event["date"] <= days[1]]
        same([(row["key"], row["views"], row["above"]) for row in said["rows"]],
             [(event["key"], event.get("views"), event["views"] > bound if "views" in event else None) for event in held])
        views = sorted(event["views"] for event in held if "views" in event)
        middle = Fraction(views[(len(views) - 1) // 2] + views[len(views) // 2], 2)
        same([said[name] for name in ("holds", "records", "over", "unknown", "least", "most")],
             [len(views) == len(held) and views[0] > bound, len(held), sum(view > bound for view in views),
              len(held) - len(views), views[0], views[-1]])
        same(Fraction(said["median"]), middle)
    text = office.qf("report", "broadcasts", "--from", "2023", "--lang", "zh").out
    check("每场都超过10,000人次：不成立（共3场，超过的2场，不详0场）" in text and "最少10,000，中位10,240，最多11,873" in text, text)
    check("中位11,056.5" in office.qf("report", "broadcasts", "--lang", "zh").out, "the middle of four")


# --- agreements and the five co- ---------------------------------------------------------------------------------------

def what_is_agreed_and_what_is_idle(office, counted):
    agreements = standing(counted, "agreement")
    for asof, days in (("2023-05-31", 90), ("2023-06-30", 90), ("2023-12-31", 90), ("2023-12-31", 30), ("2024-02-16", 90)):
        day = int(asof.replace("-", ""))
        said = report(office, "agreements", "--asof", asof, "--days", days)

        def state(event):
            if event["date"] > day:
                return "ahead"
            if event.get("until", 99999999) < day:
                return "over"
            left = (date(event["until"]) - date(day)).days if "until" in event else 10**6
            return "expiring" if left <= days else "in_force"

        same([(row["key"], row["state"], row["five_co"]) for row in said["rows"]],
             [(event["key"], state(event), listed(event, "five_co")) for event in agreements])
        same([said["in_force"], said["expiring"], said["signed_in_year"]],
             [sum(state(event) in ("expiring", "in_force") for event in agreements),
              sum(state(event) == "expiring" for event in agreements),
              sum(event["date"] <= day and event["date"] // 10000 == day // 10000 for event in agreements)])
    check("有效协议2份，其中90天内到期1份" in office.qf("report", "agreements", "--asof", "2023-12-31", "--lang", "zh").out, "words")

    said = report(office, "five-co", "--from", "2023", "--to", "2023", "--asof", "2023-12-31")
    led = counted.by(["org", "five_co"], None, 20230101, 20231231)
    helped = counted.by(["co_org", "five_co"], None, 20230101, 20231231)
    every = counted.by(["five_co"], None, 20230101, 20231231)
    wanted, idle = [], 0
    for org in [*ORGS[:1], "towns", *ORGS[1:], "gone"]:
        promised = {item for event in agreements if listed(event, "org") == [org] and event["date"] <= 20231231 <= event.get("until", 99999999)
                    for item in listed(event, "five_co")}
        row = {"org": org, "idle": 0}
        for item in ITEMS:
            below = [org, *(["towns", "town-a", "town-b"] if org == "host" else ["town-a", "town-b"] if org == "towns" else [])]
            count = sum(led.get((one, item), (0, 0))[1] for one in below) + helped.get((org, item), (0, 0))[1]
            row[item] = {"promised": item in promised, "activities": count}
            row["idle"] += item in promised and not count
        if promised or any((org, item) in table for table in (led, helped) for item in ITEMS):
            wanted.append(row)
            idle += row["idle"]
    same(said["rows"], wanted)
    same([said["all"]["idle"], *(said["all"][item] for item in ITEMS)], [idle, *(every.get((item,), (0, 0))[1] for item in ITEMS)])
    same({row["org"]: row["idle"] for row in said["rows"]}, {"town-b": 0, "bank": 1, "customs": 2})
    check("约而未动" in office.qf("report", "five-co", "--asof", "2023-12-31", "--lang", "zh").out, "in words")

    said = report(office, "partners", "--from", "2023", "--to", "2023", "--asof", "2023-12-31")
    of_org = counted.by(["org"], None, 20230101, 20231231)
    kinds = {"town": ["town-a", "town-b"], "bank": ["bank"], "customs": ["customs"], "": ["host", "towns"]}
    agreed = {listed(event, "org")[0] for event in agreements if event["date"] <= 20231231 <= event.get("until", 99999999)}
    same(said["rows"], [{"org_kind": kind, "registered": len(orgs), "agreed": len(agreed & set(orgs)),
                         "active": sum((org,) in of_org for org in orgs),
                         "activities": sum(of_org.get((org,), (0,) * 5)[1] for org in orgs),
                         "attendances": sum(of_org.get((org,), (0,) * 5)[2] for org in orgs)} for kind, orgs in kinds.items()])


def all_reports():
    with reports_office() as office:
        feed_everything(office)
        counted = recount(office)
        INDICATORS.extend(json.loads(line) for line in office.qf("indicators", "--json").out.splitlines())
        for view in (months_against_last_year_and_a_base, the_matrix_names_its_gaps, who_holds_it_with_whom,
                     each_broadcast_above_so_many, what_is_agreed_and_what_is_idle):
            view(office, counted)
            print(f"  {view.__name__}", flush=True)
        office.verify()


if __name__ == "__main__":
    run(all_reports)
