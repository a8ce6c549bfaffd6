#!/usr/bin/python3
"""Views over declared kinds, `qf report`: what they say is worked out again here, from what was fed."""
import csv
import io
import os
import re
from fractions import Fraction

from support.harness import Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")


def views_office():
    return Office(programme=PROGRAMME)


def feed(office, *events, source="alpha"):
    said = office.tell(*events, source=source).lines[-1]
    same(said["taken"], len(events), said)


def wait_listed(office, kind, count):
    until(lambda: office.qf("list", kind, "--json").json["all"]["records"] == count, 20, f"{count} of {kind} stand")


def csv_of(office, *words):
    """What --csv prints, read by a program that is not ours."""
    text = office.qf(*words, "--csv", "--lang", "en").out
    check(text.startswith("\ufeff"), text[:20])
    rows = list(csv.reader(io.StringIO(text[1:])))
    same({len(row) for row in rows}, {len(rows[0])}, "as many cells in each row", text)
    same(len(set(rows[0])), len(rows[0]), "columns are told apart by their heads", rows[0])
    return rows


def rounded(value, decimals):
    """Half up, away from zero, of an exact fraction."""
    units = int(abs(value) * 10**decimals + Fraction(1, 2))
    return f"{'-' if value < 0 else ''}{units // 10**decimals}.{units % 10**decimals:0{decimals}d}"


def percent(part, whole, decimals=1):
    return rounded(Fraction(100 * part, whole), decimals)


# --- scorecard ---------------------------------------------------------------------------------------------------

YEARS = {2021: (218, 27986), 2022: (309, 42137), 2023: (329, 48430)}  # consistent with, not taken from, the article
RATES = {"awareness": 965, "participation": 941, "satisfaction": 983}
LABELS = {"awareness": "知晓率", "participation": "参与率", "satisfaction": "满意率"}
VIEWS = {"live/1": 10240, "live/2": 11873, "live/3": 12506}


def activities():
    for year, (count, attendances) in YEARS.items():
        for n in range(count):
            share = attendances // count + (n < attendances % count)
            yield {"key": f"{year}/{n}", "date": f"{year}-{n % 12 + 1:02d}-15", "org": "alpha", "attendances": share}


def result(rate, k, n, wave="W1", date="2023-11-30"):
    return {"kind": "survey_result", "key": f"{wave}/alpha/{rate}/all", "date": date, "org": "alpha", "wave": wave,
            "rate_kind": rate, "base": "all", "k": k, "n": n}


def broadcast(key, views, **more):
    return {"kind": "broadcast", "key": key, "date": "2023-05-06", "org": "alpha", "views": views, **more}


SCORECARD = ("report", "scorecard", "--year", "2023", "--base", "2021", "--from", "2022", "--over", "satisfaction=98")


def the_articles_sentences_come_out_of_counts():
    with views_office() as office:
        office.add_source("alpha", "alpha")
        feed(office, *activities(), *(result(rate, k, 1000) for rate, k in RATES.items()),
             result("satisfaction", 1, 50, "W2", "2021-11-30"),  # before the range
             *(broadcast(key, views) for key, views in VIEWS.items()),
             {**broadcast("live/0", 5), "date": "2021-05-06"})
        wait_listed(office, "broadcast", 4)
        grown = [percent(YEARS[2023][i] - YEARS[2021][i], YEARS[2021][i], 2) for i in (0, 1)]
        held = YEARS[2022][0] + YEARS[2023][0]
        least = min(VIEWS, key=VIEWS.get)
        sentences = [
            f"2022年至2023年，共开展活动{held}场，覆盖9万余人次；2023年活动场次较2021年增长{grown[0]}%，覆盖人次较2021年增长{grown[1]}%。",
            "调查（第一批，全部有效答卷）：" + "，".join(
                f"{LABELS[rate]}{'超过98' if rate == 'satisfaction' else percent(k, 1000)}%（{k}/1000）"
                for rate, k in RATES.items()) + "。",
            f"直播3场，每场观看都超过1万人次，最少{VIEWS[least]:,}（alpha/{least}，2023-05-06）。"]
        same(office.qf(*SCORECARD, "--lang", "zh").out.splitlines()[:3], sentences)
        card = office.qf(*SCORECARD, "--lang", "zh", "--json").json
        same(card["sentences"], sentences)
        same([(row["rate_kind"], row["wave"], row["k"], row["n"], row["percent"]) for row in card["rates"]],
             [(rate, "W1", k, 1000, percent(k, 1000)) for rate, k in RATES.items()])
        same([row.get("over") for row in card["rates"]], [None, None, {"percent": 98, "holds": True}])
        same([card["broadcasts"][name] for name in ("holds", "records", "least", "breaks", "unknown")],
             [True, 3, VIEWS[least], [], []])
        english = office.qf(*SCORECARD, "--lang", "en").out.splitlines()
        same(english[1:3], ["Survey (First wave, all valid answers): awareness 96.5% (965/1000), "
                            "participation 94.1% (941/1000), satisfaction above 98% (983/1000).",
                            "3 broadcasts, each with more than 10,000 views, the least 10,240 (alpha/live/1, 2023-05-06)."])
        check(f"{held} activities were held" in english[0] and f"up {grown[0]}% on 2021" in english[0], english[0])

        check("Definitions" in english and any(line.startswith("  rates of a survey (%):") for line in english), english)
        table = csv_of(office, *SCORECARD)
        same(table[0], ["figure", "period, survey", "value", "rate(k)", "rate(n)", "rate%", "claim"])
        same(table[1:5], [["activities", "2022–2023", str(held), "", "", "", ""],
                          ["attendances", "2022–2023", str(YEARS[2022][1] + YEARS[2023][1]), "", "", "", ""],
                          ["growth of activities", "2023 on 2021", f"+{grown[0]}", "", "", "", ""],
                          ["growth of attendances", "2023 on 2021", f"+{grown[1]}", "", "", "", ""]])
        same([row[3:] for row in table[5:8]], [[str(k), "1000", percent(k, 1000), "above 98%: yes" * (rate == "satisfaction")]
                                               for rate, k in RATES.items()])
        same([[row[2], row[6]] for row in table[8:]], [["3", ""], [str(VIEWS[least]), "each above 10,000: yes"]])
        years = csv_of(office, *SCORECARD[:1], "year", *SCORECARD[2:8])
        same([[row[0], row[1], row[3]] for row in years[1:]], [[str(year), *map(str, of)] for year, of in YEARS.items()])
        same([row[2] for row in years[1:]], ["", f"+{percent(YEARS[2022][0] - YEARS[2021][0], YEARS[2021][0], 2)}", f"+{grown[0]}"])

        # 10,000 is not above 10,000, and 980 of 1000 is not above 98 %: what breaks a claim is named.
        feed(office, broadcast("live/2", 10000, action="replace", reason="platform's export"),
             {**result("satisfaction", 980, 1000), "action": "replace", "reason": "counted again"})
        until(lambda: not office.qf(*SCORECARD, "--json").json["broadcasts"]["holds"], 20, "the correction counts")
        card = office.qf(*SCORECARD, "--lang", "zh", "--json").json
        same([(row["key"], row["views"]) for row in card["broadcasts"]["breaks"]], [("live/2", 10000)])
        until(lambda: office.qf(*SCORECARD, "--json").json["rates"][2]["k"] == 980, 20, "the correction counts")
        said = office.qf(*SCORECARD, "--lang", "zh").out
        check("满意率98.0%（980/1000）不超过98%" in said, said)
        check("并非每场观看都超过1万人次：10,000（alpha/live/2，2023-05-06）" in said, said)
        check("scorecard" in office.qf("report", "weather", "--lang", "en", code=64).err, "what reports there are")


# --- oversight ---------------------------------------------------------------------------------------------------

CHECKPOINTS = ["X1", "D1", "D2", "S1", "S2", "S3", "P1", "P2", "P3", "P4"]
DONE = {("2023", "alpha"): {"X1": "2023-03-01", "D1": "2023-05-01", "S1": "2023-09-01"},
        ("2023", "alpha-north"): {name: f"2023-{n + 1:02d}-10" for n, name in enumerate(CHECKPOINTS)},
        ("2022", "alpha"): {"P4": "2022-12-01"}}
# cycle, org, number: raised, due, verified, rectified
FINDINGS = {("2023", "alpha", 1): ("2023-05-01", "2023-06-30", "2023-06-20", "2023-06-01"),
            ("2023", "alpha", 2): ("2023-05-10", "2023-06-30", None, None),
            ("2023", "alpha", 3): ("2023-06-25", None, None, None),
            ("2023", "alpha-north", 1): ("2023-07-01", "2023-08-01", "2023-09-01", "2023-08-20"),
            ("2022", "alpha", 1): ("2022-11-01", "2022-12-31", "2023-02-15", "2023-01-15")}


STAGES = {"": "", "X": "inspection", "D": "supervision", "S": "review", "P": "evaluation"}


def reached(cycle, org, asof):
    """The farthest of 巡督审评 of which something is done."""
    return max((name[0] for name, day in DONE[cycle, org].items() if day <= asof), key="XDSP".index, default="")


def board(asof):
    """The same from what was fed, days compared as text: cycle, org, done, missing, raised, closed, open, overdue."""
    rows = []
    for cycle, org in sorted(DONE):
        missing = [name for name in CHECKPOINTS if DONE[cycle, org].get(name, "9") > asof]
        raised = {key: days for key, days in FINDINGS.items() if key[:2] == (cycle, org) and days[0] <= asof}
        closed = {key for key, days in raised.items() if days[2] and days[2] <= asof}
        overdue = [f"{cycle}/{org}/{key[2]}" for key, days in sorted(raised.items())
                   if key not in closed and days[1] and days[1] < asof and (days[3] or "9") > asof]
        if not raised and len(missing) == len(CHECKPOINTS):
            continue  # of this cycle nothing had been said by then
        rows.append((cycle, org, len(CHECKPOINTS) - len(missing), missing, len(raised), len(closed),
                     len(raised) - len(closed), overdue))
    return rows


def oversight_is_as_it_stood_on_a_day():
    with views_office() as office:
        office.add_source("alpha", "alpha")
        feed(office, *({"kind": "checkpoint", "key": f"{cycle}/{org}/{name}", "date": day, "org": org, "checkpoint": name}
                       for (cycle, org), done in DONE.items() for name, day in done.items()),
             *({"kind": "finding", "key": f"{cycle}/{org}/{n}", "date": raised, "org": org, "finding_kind": "hollow",
                **({"due": due} if due else {}), **({"verified": verified} if verified else {}), **({"rectified": rectified} if rectified else {})}
               for (cycle, org, n), (raised, due, verified, rectified) in FINDINGS.items()))
        wait_listed(office, "finding", len(FINDINGS))
        wait_listed(office, "checkpoint", sum(map(len, DONE.values())))
        for asof in ("2022-12-31", "2023-01-14", "2023-01-15", "2023-06-20", "2023-06-30", "2023-07-01", "2023-08-19", "2023-08-20", "2023-12-31"):
            said = office.qf("report", "oversight", "--asof", asof, "--json").json
            wanted = board(asof)
            same([row["stage"] for row in said["rows"]], [STAGES[reached(row[0], row[1], asof)] or None for row in wanted], asof)
            same([(row["cycle"], row["org"], row["done"], row["missing"], row["raised"], row["closed"], row["open"],
                   [late["key"] for late in row["overdue"]]) for row in said["rows"]], wanted, asof)
            same([said["all"][name] for name in ("raised", "closed", "open", "overdue")],
                 [sum(row[4] for row in wanted), sum(row[5] for row in wanted), sum(row[6] for row in wanted),
                  sum(len(row[7]) for row in wanted)])
            same(said["checkpoints"], 10)
        table = office.qf("report", "oversight", "--asof", "2023-07-01", "--lang", "zh").out
        check("20.0% (2/10)" in table and f"{percent(2, 5)}% (2/5)" in table and "督2" in table and "口径" in table, table)
        rows = csv_of(office, "report", "oversight", "--asof", "2023-07-01")
        same([[row[0], *row[2:4], row[5], *row[7:9]] for row in rows[1:-1]],
             [[cycle, str(done), "10", STAGES[reached(cycle, org, "2023-07-01")], str(closed), str(raised)]
              for cycle, org, done, _missing, raised, closed, _open, _late in board("2023-07-01")])
        check("逾期：2023/alpha/2，整改期限 2023-06-30" in table and "2023/alpha/1，" not in table, table)
        # The next step replaces the finding: it was open then, and is no more overdue.
        feed(office, {"kind": "finding", "key": "2023/alpha/2", "date": "2023-05-10", "org": "alpha", "finding_kind": "hollow",
                      "due": "2023-06-30", "verified": "2023-06-29", "action": "replace", "reason": "verified"})
        until(lambda: office.qf("report", "oversight", "--asof", "2023-07-01", "--json").json["all"]["overdue"] == 0, 20,
              "closed")
        check("2023-05-06" in office.qf("report", "oversight", "--asof", "July", "--lang", "en", code=64).err, "how")


# --- completeness ------------------------------------------------------------------------------------------------

HELD = {("alpha", 5): [100, 150], ("alpha-north", 5): [7], ("alpha", 6): [20], ("beta", 7): [9]}
SHEETS = {("alpha", 5): (2, 250), ("alpha-north", 5): (1, 7), ("alpha", 6): (2, 45), ("beta", 5): (0, 0)}


def who_is_silent_and_whose_totals_differ():
    with views_office() as office:
        office.add_source("alpha", "alpha")
        office.add_source("beta", "beta")
        for source in ("alpha", "beta"):
            feed(office, *({"key": f"{org}/{month}/{n}", "date": f"2023-{month:02d}-15", "org": org, "attendances": size}
                           for (org, month), sizes in HELD.items() if org.startswith(source)
                           for n, size in enumerate(sizes)),
                 *({"kind": "period_report", "key": f"{org}/2023-{month:02d}", "date": f"2023-{month:02d}", "org": org,
                    "activities": held, "attendances": came, "zero": held == 0, "complete": True}
                   for (org, month), (held, came) in SHEETS.items() if org.startswith(source)), source=source)
        wait_listed(office, "period_report", len(SHEETS))
        office.wait_records(sum(map(len, HELD.values())))
        expected = {(org, month) for org in ("alpha", "beta") for month in (5, 6, 7)}  # who feeds, in each month
        said = office.qf("report", "completeness", "--from", "2023-05", "--to", "2023-07", "--json").json
        wanted = []
        for org, month in sorted(expected | set(SHEETS)):
            counted = [len(HELD.get((org, month), [])), sum(HELD.get((org, month), []))]
            sheet = SHEETS.get((org, month))
            wanted.append({"org": org, "month": 202300 + month, "expected": (org, month) in expected,
                           "received": sheet is not None, "zero": sheet == (0, 0), "late": False, "declared": list(sheet or (0, 0)),
                           "counted": counted, "differs": sheet is not None and list(sheet) != counted})
        same(said["rows"], wanted)
        same([said[name] for name in ("expected", "received", "beside", "zero", "differing")],
             [len(expected), len(expected & set(SHEETS)), len(set(SHEETS) - expected), 1,
              sum(row["differs"] for row in wanted)])
        table = office.qf("report", "completeness", "--from", "2023-05", "--to", "2023-07", "--lang", "zh").out
        check("应报 6，已报 3（50.0%），其中零报告 1；申报与实计不同 1" in table and re.search(r"已报 .* 是\n", table) and "未报" in table, table)
        same([[row[1], row[3], row[4], row[7]] for row in csv_of(office, "report", "completeness", "--from", "2023-05", "--to", "2023-07")[1:]],
             [[f"2023-{row['month'] % 100:02d}", *([str(row["declared"][0])] if row["received"] else [""]), str(row["counted"][0]),
               "yes" if row["differs"] else ""] for row in wanted])
        same(said["restricted"], False)
        # Who sees only some is told so: what it does not see is not missing.
        office.add_source("reader", "beta", role="read")
        months = ("report", "completeness", "--from", "2023-05", "--to", "2023-07", "--as", "reader")
        same(office.qf(*months, "--json").json["restricted"], True)
        check("what it does not see may be there" in office.qf(*months, "--lang", "en").out, "a remark below the table")
        check("--from 2023-01" in office.qf("report", "completeness", "--lang", "en", code=64).err, "how")


if __name__ == "__main__":
    run(who_is_silent_and_whose_totals_differ, oversight_is_as_it_stood_on_a_day, the_articles_sentences_come_out_of_counts)
