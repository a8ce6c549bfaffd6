#!/usr/bin/python3
"""The derived views, `qf report`: each figure is worked out again here from the second implementation's recount of the
journal. The fixture has corrected, withdrawn, late and refused events, and organisations and sites that did nothing."""
import csv
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
    office.wait_records(len(ACTIVITIES))


def recount(office):
    return oracle.recount(oracle.dump(QF, office.dir))


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
        same({width(line) for line in body if not line.endswith("─")} and
             max(width(line) for line in body), len(lines[across]), f"{name}: columns stand below each other")
        check(not re.search("[\u4e00-\u9fff]", lines[across - 1]) or language == "zh", name, "English heads", lines[across - 1])
        rows = list(csv.reader(io.StringIO(office.qf("report", name, *words, "--lang", language, "--csv").out.lstrip("\ufeff"))))
        same(len(rows), 1 + len(said["rows"]) + ("all" in said), name, "rows of CSV")
        same({len(row) for row in rows}, {len(rows[0])}, name, "cells of CSV")
    for code in said["indicators"]:
        check(code in {line["code"] for line in INDICATORS}, code, "is in the dictionary")
    return said


INDICATORS = []


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


def all_reports():
    with reports_office() as office:
        feed_everything(office)
        counted = recount(office)
        INDICATORS.extend(json.loads(line) for line in office.qf("indicators", "--json").out.splitlines())
        for view in (months_against_last_year_and_a_base, the_matrix_names_its_gaps):
            view(office, counted)
            print(f"  {view.__name__}", flush=True)
        office.verify()


if __name__ == "__main__":
    run(all_reports)
