#!/usr/bin/python3
"""The derived views, `qf report`: each figure is worked out again here from the second implementation's recount of the
journal. The fixture has corrected, withdrawn, late and refused events, and organisations and sites that did nothing."""
import csv
import datetime
import io
import os
import re
from fractions import Fraction

from oracle import oracle
from support.harness import PROGRAMME as SMALL, QF, Office, check, run, same, until

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


def visit(key, when, site, visits, **more):
    return {"kind": "visit", "key": key, "org": "host", "date": when, "site": site, "visits": visits, **more}


def works(key, site, begun, done=None, kind=None):
    event = {"kind": "site_works", "key": key, "org": "host", "date": begun, "site": site}
    return {**event, **({"done": done} if done else {}), **({"works_kind": kind} if kind else {})}


def assignment(initiative, org, year=2023, **more):
    return {"kind": "assignment", "key": f"{initiative}/{org}/{year}", "org": org, "date": str(year),
            "initiative": initiative, **more}


def progress(initiative, org, when, done, **more):
    return {"kind": "progress", "key": f"{initiative}/{org}/{when}", "org": org, "date": when, "initiative": initiative,
            "done": done, **more}


def finding(key, org, kind, raised, **more):
    return {"kind": "finding", "key": key, "org": org, "date": raised, "finding_kind": kind, **more}


KINDS = [
    visit("S1/1", "2023-03-01", "S1", 40, groups=2), visit("S2/1", "2023-04-01", "S2", 25), visit("S3/1", "2022-04-01", "S3", 30),
    visit("S3/2", "2023-04-01", "S3", 35), visit("S4/1", "2022-01-01", "S4", 5),
    works("S1/1", "S1", "2022-01-10", "2022-06-30", "repair"), works("S2/1", "S2", "2022-09-01", "2023-02-01", "repair"),
    works("S3/1", "S3", "2023-05-01", None, "upgrade"), works("S5/1", "S5", "2023-06-01", "2023-07-01"),
    assignment("M01", "host", target_activities=10, target_attendances=2000, due="2023-12-31"),
    assignment("M01", "towns", target_activities=4), assignment("M02", "bank", target_activities=3, due="2023-06-30"),
    assignment("M02", "customs", target_attendances=500), assignment("M03", "customs"), assignment("M01", "host", 2022, target_activities=1),
    progress("M01", "host", "2023-05-01", False, percent=40), progress("M01", "host", "2023-11-01", True, percent=100),
    progress("M02", "customs", "2023-04-01", False), progress("M01", "towns", "2023-12-01", True),
    finding("2023/bank/1", "bank", "hollow", "2023-02-01", due="2023-03-01", rectified="2023-02-20", verified="2023-02-28"),
    finding("2023/bank/2", "bank", "hollow", "2023-03-01", due="2023-05-01", verified="2023-06-01"),
    finding("2023/bank/3", "bank", "generic", "2023-04-01", due="2023-05-01"),
    finding("2023/town-a/1", "town-a", "hollow", "2023-05-01", due="2023-08-01"),
    finding("2022/town-a/1", "town-a", "generic", "2022-05-01", due="2022-08-01", verified="2022-05-11"),
    finding("2023/town-a/2", "town-a", "generic", "2023-05-02", due="2023-08-01"),
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
    visit("S1/1", "2023-03-01", "S1", 60, groups=2, action="replace", reason="more came"),
    {"kind": "visit", "key": "S3/2", "action": "withdraw", "reason": "cancelled"},
    works("S2/1", "S2", "2022-09-01", "2023-03-01", "repair") | {"action": "replace", "reason": "took longer"},
    assignment("M01", "host", target_activities=12, target_attendances=2000, due="2023-12-31", action="replace", reason="raised"),
    {"kind": "progress", "key": "M01/towns/2023-12-01", "action": "withdraw", "reason": "not yet"},
    finding("2023/bank/3", "bank", "generic", "2023-04-01", due="2023-05-01", verified="2023-04-04", action="replace", reason="verified"),
    {"kind": "finding", "key": "2023/town-a/2", "action": "withdraw", "reason": "no finding"},
    broadcast("live/3", "2023-07-20", 10000, action="replace", reason="platform's export"),
    {"kind": "broadcast", "key": "live/6", "action": "withdraw", "reason": "a test"},
]
REFUSED = [agreement("x", "nobody", "2023-01-01", None, "C1"), broadcast("x", "2023-05-06", 10, viewers=11),
           visit("x", "2023-01-01", "S1", 20001), works("x", "S1", "2023-01-10", "2023-01-09"), assignment("M99", "host"),
           progress("M01", "host", "2023-01-01", True, percent=101), finding("x", "bank", "hollow", "2023-02-01", due="2023-01-01")]


def told(key, when, org, size, **more):
    return {"key": key, "date": when, "org": org, "channel": "offline", "mode": "lecture", "attendances": size, **more}


# Told twice or not, and sizes that are unlike the others.
QUALITY = [
    told("d1", "2024-03-05", "bank", 100, site="S2"), told("d2", "2024-03-05", "customs", 101, site="S2"),
    told("d3", "2024-03-06", "town-a", 30, co_org=["customs"]), told("d4", "2024-03-06", "customs", 31, co_org=["host", "town-a"]),
    told("d5", "2024-03-07", "bank", 10, site="S1"), told("d6", "2024-03-07", "bank", 11, site="S1"),
    told("d7", "2024-03-08", "host", 12, site="S1", co_org=["bank"]), told("d8", "2024-03-08", "bank", 12, site="S1"),
    told("d11", "2024-03-08", "customs", 12, site="S2", co_org=["bank"]),  # elsewhere
    told("d9", "2024-03-05", "town-b", 13, site="S2"), told("d10", "2024-03", "host", 13, site="S2"),
    *(told(f"o{n}", f"2024-04-{n + 1:02d}", "town-b", 50 + n) for n in range(10)),
    told("o10", "2024-04-20", "town-b", 5000), told("o11", "2024-04-21", "town-b", 60), told("o12", "2024-04-22", "town-b", 1),
    {key: value for key, value in told("o13", "2024-04-23", "town-b", 0).items() if key != "attendances"},
    told("m1", "2024-06-01", "customs", 10, method="estimated"), told("m2", "2024-06-02", "customs", 11, method="signed_in"),
    told("m3", "2024-06-03", "customs", 12, method="estimated"), told("m4", "2024-06-04", "bank", 12, method="estimated"),
    {"kind": "attendance", "key": "m3", "attendances": 50, "method": "headcount"},  # a better count
    told("few1", "2024-05-01", "town-a", 10), told("few2", "2024-05-02", "town-a", 9000),
]


NOW = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()


def sheet(org, month, activities, attendances, **more):
    return {"kind": "period_report", "key": f"{org}/{month}", "org": org, "date": month, "activities": activities,
            "attendances": attendances, "zero": activities == 0, "complete": True, **more}


THIS_MONTH = f"{NOW.year}-{NOW.month:02d}"
TIMELY = [  # the days after this month are not over: in time; all of 2023 is late
    sheet("bank", THIS_MONTH, 1, 77), sheet("customs", THIS_MONTH, 0, 0), sheet("bank", "2023-05", 1, 9), sheet("bank", "2023-06", 0, 0),
    told("now", f"{THIS_MONTH}-01", "bank", 70),
]


def feed(office, *events, source="all", code=0):
    said = office.tell(*events, source=source, code=code).lines[-1]
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
    feed(office, *QUALITY)
    feed(office, {"key": "d9", "action": "withdraw", "reason": "another's"},
         {**told("o11", "2024-04-21", "town-b", 600), "action": "replace", "reason": "a zero was missing"})
    feed(office, *TIMELY)
    # A correction leaves what came in time in time; what is stated again after a withdrawal is as late as it comes.
    feed(office, {**TIMELY[4], "attendances": 77, "action": "replace", "reason": "counted again"},
         {"kind": "period_report", "key": "bank/2023-06", "action": "withdraw", "reason": "wrong"})
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
    return checked(office, name, ("report", name, *words))


def doubles(office, *words):
    return checked(office, "doubles", ("doubles", *words))


def checked(office, name, words):
    said = office.qf(*words, "--json").json
    same(said["report"], name)
    for language in ("zh", "en"):
        text = office.qf(*words, "--lang", language).out
        check(("口径" if language == "zh" else "Definitions") in text, name, "has definitions")
        lines = text.splitlines()
        across = next(i for i, line in enumerate(lines) if line and set(line) == {"─"})
        body = lines[across - 1:next(i for i, line in enumerate(lines) if i > across and not line)]
        same(max(width(line) for line in body), len(lines[across]), f"{name}: as wide as the line below the heads")
        check(language == "zh" or not re.search("[\u4e00-\u9fff]", lines[across - 1]), name, lines[across - 1])
    rows = list(csv.reader(io.StringIO(office.qf(*words, "--csv").out.lstrip("\ufeff"))))
    same(len(rows), 1 + len(said["rows"]) + ("all" in said), name, "rows of CSV")
    same({len(row) for row in rows}, {len(rows[0])}, name, "cells of CSV")
    for code in said["indicators"]:
        check(code in {line["code"] for line in INDICATORS}, code, "is in the dictionary")
    return said


INDICATORS = []
ITEMS = ["C1", "C2", "C3", "C4", "C5"]


def date(day):
    return datetime.date(day // 10000, day // 100 % 100, day % 100)


def iso(day):
    return day and date(day).isoformat()


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
    check(all(0 < row["joint"]["k"] < row["joint"]["n"] for row in said["rows"][:4]), "some are joint")
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


def a_reader_of_some_is_told_of_no_other(office, counted):
    """Each figure is of what this key sees, or left out: never one part against another."""
    office.add_source("teller", "bank", role="read")
    own = {"org": "bank"}
    said = report(office, "joint", "--as", "teller")
    wanted = []
    for year in sorted({key[0] for key in counted.by(["year"], own)}):
        days = (int(year) * 10000 + 101, int(year) * 10000 + 1231)
        every = counted.total(own, *days)[1]
        alone = counted.by(["co_org"], own, *days).get(("",), (0, 0))[1]
        wanted.append({"year": year, "activities": every, "joint": rate(every - alone, every), "partner_led": rate(every, every),
                       "modes": None})
    same(said["rows"], wanted)
    text = office.qf("report", "joint", "--as", "teller", "--lang", "zh").out
    check("看得到的单位主办的" in text and "合计是全部的" not in text, text)
    check(any(0 < row["joint"]["k"] < row["joint"]["n"] for row in wanted), "some are joint")

    said = report(office, "plan", "--year", "2023", "--asof", "2023-12-31", "--as", "teller")
    same([(row["code"], row["org"]) for row in said["rows"] if row["level"] == "assignment"], [("M02", "bank")])
    of_initiative = counted.by(["initiative"], None, 20230101, 20231231)
    for row in said["rows"]:
        if row["level"] == "initiative":
            same([row[name] for name in ("target_activities", "achieved", "target_attendances", "state", "activities")],
                 [None, None, None, None, of_initiative.get((row["code"],), (0, 0))[1]], row["code"])
    check("done" not in said and "未分解" not in "".join(office.qf("report", "plan", "--year", "2023", "--as", "teller", "--lang", "zh").out),
          "what others are to do is open")
    for words in (("agreements",), ("quality", "--from", "2021", "--to", "2023"), ("scorecard", "--year", "2023"), ("findings",), ("broadcasts",)):
        text = office.qf("report", *words, "--as", "teller", "--lang", "zh").out
        check("看不到的不等于没有" in text and "合计是全部的" not in text, "what a list leaves out is in none of its sums", words, text)
    cards = office.qf("report", "year", "--year", "2023", "--format", "html", "--output", "-", "--as", "teller", "--lang", "zh").out
    check("办活动的单位" not in cards and "办活动的单位" in office.qf("report", "year", "--year", "2023", "--format", "html", "--output", "-", "--lang", "zh").out,
          "how many took part is not known to who sees some of them")
    # Several members of one dimension are any of them: no report asks what would mean that.
    check("mean any of them" in office.qf("report", "matrix", "--where", "content=PL", "--lang", "en", code=64).err, "the columns are of content")
    check("mean any of them" in office.qf("report", "year", "--year", "2023", "--org", "bank", "--where", "org=towns", "--lang", "en", code=64).err, "of one organisation")


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
    above_0 = office.qf("report", "broadcasts", "--from", "2023", "--views", "0", "--json").json
    same([above_0["above"], above_0["holds"]], [0, True], "0 is a bound too")
    scored = office.qf("report", "scorecard", "--year", "2023", "--views", "0", "--json").json["broadcasts"]
    same([scored["above"], scored["holds"]], [0, True])
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


# --- sites ------------------------------------------------------------------------------------------------------------------

SITES = {"S1": "R", "S2": "L", "S3": "R", "S4": "", "S5": ""}


def sites_that_nobody_visits_are_found_in_the_register(office, counted):
    days = (20230101, 20231231)
    held = counted.by(["site"], None, *days)
    visits = {}
    for event in standing(counted, "visit"):
        if days[0] <= event["date"] <= days[1]:
            visits.setdefault(listed(event, "site")[0], []).append(event["visits"])
    valid = ["S1", "S2", "S3", "S5"]  # S4 was given up in 2022
    said = report(office, "sites", "--from", "2023", "--to", "2023")

    def row(site):
        counts = held.get((site,), (0,) * 5)
        return {"site": site, "name": site, "site_category": SITES.get(site) or None, "activities": counts[1],
                "attendances": counts[2], "visits": sum(visits.get(site, [])),
                "silent": site not in visits and not counts[0] if site else None}

    same(said["rows"], [row(site) for site in [*valid, ""]])
    every = counted.total(None, *days)
    same([said["all"][name] for name in ("activities", "attendances", "visits")], [every[1], every[2], sum(map(sum, visits.values()))])
    same((said["valid"], said["silent"]), (4, 2))
    silent = office.qf("report", "sites", "--from", "2023", "--to", "2023", "--silent", "--json").json
    same([line["site"] for line in silent["rows"]], ["S3", "S5"], "its only visit was withdrawn; it never had one")
    before = office.qf("report", "sites", "--from", "2022", "--to", "2022", "--json").json
    same([line["site"] for line in before["rows"] if line["silent"]], ["S2", "S5"], "S4 was visited then, and S3")

    said = report(office, "site-categories", "--from", "2023", "--to", "2023")
    wanted = []
    for category in ("R", "L", ""):
        rows = [row(site) for site in valid if SITES[site] == category]
        wanted.append({"site_category": category, "sites": len(rows), "silent": sum(line["silent"] for line in rows),
                       **{name: sum(line[name] for line in rows) for name in ("activities", "attendances", "visits")}})
    same(said["rows"], wanted)

    said = report(office, "site-works", "--asof", "2023-12-31")
    wanted = []
    for year in (2022, 2023):
        for kind in ("repair", "upgrade", ""):
            of = [event for event in standing(counted, "site_works") if (listed(event, "works_kind") or [""])[0] == kind]
            row_ = {"year": str(year), "works_kind": kind, "begun": sum(event["date"] // 10000 == year for event in of),
                    "done": sum(event.get("done", 0) // 10000 == year for event in of),
                    "under_way": sum(event["date"] <= year * 10000 + 1231 < event.get("done", 99999999) for event in of)}
            if row_["begun"] or row_["done"] or row_["under_way"]:
                wanted.append(row_)
    same(said["rows"], wanted)


# --- the plan -------------------------------------------------------------------------------------------------------------

BELOW = {"host": ["host", "towns", "town-a", "town-b"], "towns": ["towns", "town-a", "town-b"]}


def how_far_the_plan_is(office, counted):
    for asof in ("2023-06-30", "2023-07-01", "2023-12-31"):
        day = int(asof.replace("-", ""))
        said = report(office, "plan", "--year", "2023", "--asof", asof)
        pairs = counted.by(["org", "initiative"], None, 20230101, day)
        of_initiative, of_task = counted.by(["initiative"], None, 20230101, day), counted.by(["task"], None, 20230101, day)

        def reached(target, counts):
            return {"target_activities": target, "activities": counts[0], "achieved": rate(counts[0], target) if target else None,
                    "attendances": counts[1]}

        wanted, states = [], []
        for task, initiatives in (("T1", ["M01", "M02"]), ("T2", ["M03"]), ("", ["M04"])):
            counts = of_task.get((task,), (0,) * 5)
            wanted.append({"level": "task", "code": task, "org": None, "target_activities": None,
                           "activities": counts[1] if task else None, "achieved": None, "target_attendances": None,
                           "attendances": counts[2] if task else None, "due": None, "percent": None,
                           "state": None})
            for initiative in initiatives:
                assigned = [event for event in standing(counted, "assignment")
                            if listed(event, "initiative") == [initiative] and event["date"] // 10000 == 2023]
                below = []
                for event in sorted(assigned, key=lambda event: ["host", "towns", "town-a", "town-b", "bank", "customs"].index(listed(event, "org")[0])):
                    org = listed(event, "org")[0]
                    sums = [sum(pairs.get((one, initiative), (0,) * 5)[place] for one in BELOW.get(org, [org])) for place in (1, 2)]
                    reports = [line for line in standing(counted, "progress") if listed(line, "initiative") == [initiative] and
                               listed(line, "org") == [org] and line["date"] <= day]
                    state = ("done" if reports and reports[-1]["done"] else "overdue" if event.get("due", 99999999) < day else
                             "under_way" if reports or sums[0] else "not_started")
                    below.append({"level": "assignment", "code": initiative, "org": org, **reached(event.get("target_activities"), sums),
                                  "target_attendances": event.get("target_attendances"), "due": iso(event.get("due")),
                                  "percent": reports[-1].get("percent") if reports else None, "state": state})
                counts = of_initiative.get((initiative,), (0,) * 5)
                targets = [[event[name] for event in assigned if name in event] for name in ("target_activities", "target_attendances")]
                of = [row["state"] for row in below]
                state = ("unassigned" if not of else "done" if set(of) == {"done"} else "overdue" if "overdue" in of else
                         "not_started" if set(of) == {"not_started"} else "under_way")
                states.append(state)
                wanted.append({"level": "initiative", "code": initiative, "org": None,
                               **reached(sum(targets[0]) if targets[0] else None, counts[1:3]),
                               "target_attendances": sum(targets[1]) if targets[1] else None, "due": None, "percent": None, "state": state})
                wanted += below
        same(said["rows"], wanted, asof)
        same((said["done"], said["initiatives"], said["tasks"]), (states.count("done"), 4, 2))
    check({"done", "overdue", "under_way", "not_started"} <= {row["state"] for row in said["rows"]}, said["rows"])
    text = office.qf("report", "plan", "--year", "2023", "--asof", "2023-12-31", "--lang", "zh").out
    check("2项任务，4项举措" in text and "未分解" in text and "    举措一" in text, text)


# --- findings ----------------------------------------------------------------------------------------------------------------

def what_was_found_is_closed_in_its_cohort(office, counted):
    for by, words in (("finding_kind", ()), ("org", ("--by", "org")), ("cycle", ("--by", "cycle"))):
        for asof in ("2023-05-31", "2023-12-31"):
            day = int(asof.replace("-", ""))
            said = report(office, "findings", "--from", "2023", "--to", "2023", "--asof", asof, *words)
            cohort = [event for event in standing(counted, "finding") if event["date"] // 10000 == 2023 and event["date"] <= day]

            def group(event):
                return event["key"].split("/")[0] if by == "cycle" else listed(event, by)[0]

            def row(events):
                closed = sorted((date(event["verified"]) - date(event["date"])).days for event in events if event.get("verified", 99999999) <= day)
                late = [event for event in events if event.get("verified", 99999999) > day and event.get("rectified", 99999999) > day and
                        event.get("due", 99999999) < day]
                middle = Fraction(closed[(len(closed) - 1) // 2] + closed[len(closed) // 2], 2) if closed else None
                return {"raised": len(events), "closed": rate(len(closed), len(events)), "open": len(events) - len(closed),
                        "overdue": len(late), "days_least": closed[0] if closed else None,
                        "days_median": middle and (str(middle) if middle.denominator == 1 else f"{middle.numerator // 2}.5"),
                        "days_most": closed[-1] if closed else None}, [event["key"] for event in late]

            same(said["rows"], [{by: name, **row([event for event in cohort if group(event) == name])[0]}
                                for name in sorted({group(event) for event in cohort})], by, asof)
            same(said["all"], {by: None, **row(cohort)[0]})
            same(sorted(said["overdue"]), sorted(row(cohort)[1]))
    same(said["overdue"], ["2023/town-a/1"])
    for by in ("nonsense", "key", "org,cycle"):
        check("finding_kind" in office.qf("report", "findings", "--by", by, "--lang", "en", code=64).err, by)
    check("逾期：2023/town-a/1，整改期限 2023-08-01" in office.qf("report", "findings", "--from", "2023", "--lang", "zh").out, "named")


def sign_ins_above_the_cap_are_listed():
    """They count; what a person says of an activity is no counter's, however many it is."""
    with open(SMALL, encoding="utf-8") as file:
        text = file.read()
    check("cap: 100000" in text, "the programme has another cap now")
    with Office() as office:
        path = os.path.join(office.home, "capped.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("cap: 100000", "cap: 100"))
        office.qf("programme", "load", path)
        office.add_source("desk", "alpha")
        events = [("activity", {"key": key, "date": 20230506, "values": {"org": "alpha"}}) for key in ("at", "above", "said")]
        events += [("tick", {"key": key, "counter": "sign_in", "amount": amount}) for key, amount in (("at", 100), ("above", 101), ("said", 900))]
        events += [("activity", {"key": "said", "date": 20230506, "action": 2, "attendances": 800, "method": 2, "values": {"org": "alpha"}})]
        same([verdict.code for verdict in office.partner("desk").send(events)], [0] * len(events))
        words = ("report", "quality", "--from", "2023", "--to", "2023")
        until(lambda: office.qf("totals", "--json").json["all"]["attendances"] == 1001, 20, "all are counted")
        same(office.qf(*words, "--json").json["above_cap"], [{"key": "alpha/above", "attendances": 101, "cap": 100}])
        check("超过签到上限：alpha/above，101人次" in office.qf(*words, "--lang", "zh").out, "in Chinese")
        check("above the cap of sign-ins: alpha/above, 101" in office.qf(*words, "--lang", "en").out, "in English")
        office.qf("programme", "load", SMALL)
        same(office.qf(*words, "--json").json["above_cap"], [])


# --- doubles and the quality of the data ---------------------------------------------------------------------------------------

def what_may_be_told_twice(office, counted):
    said = doubles(office, "--from", "2024", "--to", "2024")
    held = [activity for _partner, _key, activity, _counts in counted.standing() if activity["date"] // 10000 == 2024]
    wanted = set()
    for a in held:
        for b in held:
            if a["date"] != b["date"] or not a["date"] % 100 or org_of(a) == org_of(b):
                continue
            sites = [listed(each.get("values", {}), "site") for each in (a, b)]
            if all(sites) and sites[0] != sites[1]:
                continue
            why = [name for name, holds in (("site", listed(a.get("values", {}), "site") and listed(a["values"], "site") == listed(b["values"], "site")),
                                            ("co_org", org_of(b) in listed(a["values"], "co_org") or org_of(a) in listed(b["values"], "co_org")))
                   if holds]
            if why:
                wanted.add((frozenset({a["key"], b["key"]}), tuple(why)))
    same({(frozenset({row["key_a"], row["key_b"]}), tuple(row["why"])) for row in said["rows"]}, wanted)
    same((said["pairs"], len(said["rows"])), (3, 3), "each once")
    check({("site",), ("co_org",), ("site", "co_org")} == {why for _keys, why in wanted}, wanted)
    text = office.qf("doubles", "--from", "2024", "--lang", "zh").out
    check("可能重复的联办活动3对（W210）" in text and "d7" in text and "d9" not in text, text)
    same(office.qf("doubles", "--from", "2024-03-07", "--to", "2024-03-07", "--json").json["rows"], [], "one organisation's own")


def org_of(activity):
    return listed(activity["values"], "org")[0]


def what_is_unlike_the_others(office, counted):
    said = report(office, "quality", "--from", "2024", "--to", "2024")
    groups, orgs = {}, {}
    for partner, key, activity, counts in counted.standing():
        if activity["date"] // 10000 != 2024:
            continue
        orgs.setdefault(org_of(activity), []).append(counts)
        if not counts[3]:
            groups.setdefault((org_of(activity), *listed(activity["values"], "mode")), []).append((counts[2], f"{partner}/{key}"))
    wanted = []
    for members, sizes in groups.items():
        values = sorted(size for size, _key in sizes)
        if len(values) < 8:
            continue
        quarter = (len(values) - 1) // 4
        low, high = values[quarter], values[-1 - quarter]
        usual = [max(0, low - 3 * (high - low)), high + 3 * (high - low)]
        wanted += [{"key": key, "attendances": size, "usual": usual} for size, key in sorted(sizes)
                   if not usual[0] <= size <= usual[1]]
    same(said["outliers"], wanted)
    same([line["attendances"] for line in wanted], [1, 600, 5000])
    estimated = {}
    for (_partner, _key), record in counted.records.items():
        if record.counts() and record.activity["date"] // 10000 == 2024 and not record.counts()[3]:
            estimated.setdefault(org_of(record.activity), []).append(record.method() == 4)
    same({row["org"]: (row["records"], row["late"], row["unknown"], row["estimated"], row["outliers"]) for row in said["rows"]},
         {org: (len(of), rate(len(of), len(of)), rate(sum(counts[3] for counts in of), len(of)), rate(sum(estimated[org]), len(estimated[org])),
                3 if org == "town-b" else 0) for org, of in orgs.items()})
    same([rate(1, 7)["k"], {row["org"]: row["estimated"]["k"] for row in said["rows"]}],
         [1, {"host": 0, "town-a": 0, "town-b": 0, "bank": 1, "customs": 1}], "m3 has a better count")
    now = office.qf("report", "quality", "--from", THIS_MONTH, "--to", THIS_MONTH, "--json").json["all"]
    same((now["records"], now["late"]["k"]), (1, 0), "in time, and corrected")
    until(lambda: "verdicts_since_start" in office.qf("report", "quality", "--from", "2024", "--json").json, 20, "ingest is heard")
    verdicts = {}
    for (verdict, _code) in counted.taken.values():
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    until(lambda: all(office.qf("report", "quality", "--from", "2024", "--json").json["verdicts_since_start"][name] == verdicts.get(name, 0)
                      for name in ("late", "quarantined", "rejected")), 20, "all verdicts are counted")
    check(verdicts.get("late") and (verdicts.get("quarantined") or verdicts.get("rejected")), verdicts)
    text = office.qf("report", "quality", "--from", "2024", "--lang", "zh").out
    check("离群：bank/o10，5000人次，同单位同方式通常在" in text and "迟报" in text, text)


# --- completeness and timeliness -------------------------------------------------------------------------------------------------

def who_reports_and_whether_in_time(office, counted):
    for months, beside in ((("2023-05", "2023-07"), 0), ((THIS_MONTH, THIS_MONTH), 1)):
        said = office.qf("report", "completeness", "--from", months[0], "--to", months[1], "--json").json
        first, last = (int(month.replace("-", "")) for month in months)
        sheets = {(listed(event["values"], "org")[0], event["date"] // 100): counted.late["period_report", partner, event["key"]]
                  for partner, event in counted.declared.of("period_report") if first <= event["date"] // 100 <= last}
        expected = {("bank", month) for month in range(first, last + 1)}  # the organisation of the one source that feeds
        same({(row["org"], row["month"]): (row["received"], row["late"]) for row in said["rows"]},
             {key: (key in sheets, sheets.get(key, False)) for key in expected | set(sheets)})
        same([said[name] for name in ("expected", "received", "timely", "beside")],
             [len(expected), len(expected & set(sheets)), sum(not sheets[key] for key in expected & set(sheets)), beside])
    same((said["received"], said["timely"]), (1, 1))
    text = office.qf("report", "completeness", "--from", "2023-05", "--to", "2023-07", "--lang", "zh").out
    check("已报（迟）" in text and "按时（月后 15 天内收到）0/3（0.0%），迟报 1" in text and "口径" in text, text)
    unsaid = office.qf("report", "completeness", "--from", "2019-01", "--to", "2019-01", "--org", "host", "--lang", "en").out
    check("Expected 0, received 0 (—), zero" in unsaid, unsaid)
    rows = office.qf("list", "period_report", "--json").json["rows"]
    same({row["key"]: row.get("late") for row in rows}, {f"bank/{THIS_MONTH}": "", f"customs/{THIS_MONTH}": "", "bank/2023-05": "late"})


# --- not known, and helped with from above ---------------------------------------------------------------------------------

def what_is_not_known_is_not_0(office):
    """A year of its own: one activity, whose attendance nobody counted."""
    uncounted = {key: value for key, value in told("u1", "2020-05-01", "bank", 0, content=["MC"], initiative=["M03"]).items()
                 if key != "attendances"}
    feed(office, uncounted, assignment("M03", "bank", 2020))
    recount(office)
    days = ("--from", "2020-05", "--to", "2020-05")
    said = report(office, "matrix", "--measure", "attendances", *days)
    row = next(row for row in said["rows"] if (row["org"], row["mode"]) == ("bank", "lecture"))
    same([row[name] for name in ("MC", "not_stated", "all", "gaps")], [None, 0, None, ["PL", "DL"]], "unknown, and no gap")
    same([said["all"][name] for name in ("PL", "MC", "all")], [0, None, None])
    check("不详" in office.qf("report", "matrix", "--measure", "attendances", *days, "--lang", "zh").out, "called by its name")
    held = report(office, "matrix", *days)
    same([next(row for row in held["rows"] if (row["org"], row["mode"]) == ("bank", "lecture"))["MC"], held["all"]["all"]], [1, 1])
    said = report(office, "plan", "--year", "2020", "--asof", "2020-12-31")
    same({row["level"]: (row["activities"], row["attendances"]) for row in said["rows"] if row["code"] in ("T2", "M03")},
         {level: (1, None) for level in ("task", "initiative", "assignment")})


def what_one_below_led_is_counted_once(office):
    """The one above helped with it, and what is below it counts for it anyway."""
    feed(office, told("b1", "2020-06-01", "town-a", 5, co_org=["towns", "bank"], five_co=["C1"]),
         told("b2", "2020-06-02", "bank", 5, co_org=["towns"], five_co=["C1"]))
    recount(office)
    said = report(office, "five-co", "--from", "2020-06", "--to", "2020-06", "--asof", "2020-12-31")
    same({row["org"]: row["C1"]["activities"] for row in said["rows"] if row["C1"]["activities"]},
         {"towns": 2, "town-a": 1, "bank": 2})
    same(said["all"]["C1"], 2)


def an_activity_is_of_the_kind_of_its_day(office):
    """A bank becomes a town's: what was before is where it was, in the report as in totals."""
    with open(PROGRAMME, encoding="utf-8") as file:
        text = file.read()
    moved = text.replace("groups: [org_kind=bank]}", "groups: [org_kind=bank], moved: [{from: 2020-09-01, groups: [org_kind=town]}]}")
    check(moved != text)
    with open(office.path("moved.yaml"), "w", encoding="utf-8") as file:
        file.write(moved)
    office.qf("programme", "load", office.path("moved.yaml"))
    feed(office, told("k1", "2020-08-05", "bank", 5), told("k2", "2020-09-10", "bank", 7))
    recount(office)
    days = ("--from", "2020-08", "--to", "2020-09")
    said = {row["org_kind"]: row for row in report(office, "partners", *days, "--asof", "2020-12-31")["rows"]}
    counted = {row["members"][0]: row for row in office.qf("totals", "--by", "org_kind", *days, "--json").json["rows"]}
    for rows in (said, counted):
        same({kind: (row["activities"], row["attendances"]) for kind, row in rows.items() if row["activities"]}, {"bank": (1, 5), "town": (1, 7)})
    same([said[kind]["active"] for kind in ("bank", "town")], [1, 1])


def all_reports():
    with reports_office() as office:
        feed_everything(office)
        counted = recount(office)
        INDICATORS.extend(office.qf("indicators", "--json").lines)
        for view in (months_against_last_year_and_a_base, the_matrix_names_its_gaps, who_holds_it_with_whom, a_reader_of_some_is_told_of_no_other,
                     each_broadcast_above_so_many, what_is_agreed_and_what_is_idle,
                     sites_that_nobody_visits_are_found_in_the_register, how_far_the_plan_is, what_was_found_is_closed_in_its_cohort,
                     what_may_be_told_twice, what_is_unlike_the_others,
                     who_reports_and_whether_in_time):
            view(office, counted)
            print(f"  {view.__name__}", flush=True)
        for more in (what_is_not_known_is_not_0, what_one_below_led_is_counted_once, an_activity_is_of_the_kind_of_its_day):
            more(office)
        # A person says that two are one: the pair is no more.
        office.qf("merge", "d1", "d2", "--reason", "held together")
        until(lambda: office.qf("doubles", "--from", "2024", "--to", "2024", "--json").json["pairs"] == 2, 20, "merged")
        same(recount(office).total(None, 20240101)[0], counted.total(None, 20240101)[0] - 1, "one less")
        office.verify()


if __name__ == "__main__":
    run(all_reports, sign_ins_above_the_cap_are_listed)
