#!/usr/bin/python3
"""What may be added and what never: a test for each row of the table (programme 2.5). What is undefined is refused with a
sentence that says what to ask for, or printed as "—" with a remark; what is defined is right."""
import json
import os

from support.harness import Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")


def activity(key, date, attendances, **more):
    return {"key": key, "date": date, "org": "alpha", "content": ["law"], "mode": "onsite", "attendances": attendances, **more}


def of(kind, key, date, **more):
    return {"kind": kind, "key": key, "date": date, "org": "alpha", **more}


EVENTS = (
    activity("1", "2022-05-06", 100, participants=90, content=["law", "family"]), activity("2", "2023-05-06", 50, participants=50),
    activity("3", "2023-06-06", 30, org="alpha-north", mode="online"),
    of("broadcast", "1", "2023-05-06", views=10240, viewers=7000, peak=1200), of("broadcast", "2", "2023-06-10", views=11873, viewers=9100, peak=1900),
    of("visit", "1", "2023-05-06", site="S1", visits=35), of("visit", "2", "2023-06-06", site="S2", visits=5),
    of("agreement", "1", "2022-03-01", five_co=["C1", "C5"]), of("agreement", "2", "2023-03-01", five_co=["C1"], until="2023-10-01"),
    of("finding", "2023/alpha/1", "2023-03-01", finding_kind="hollow", verified="2023-05-01"),
    *(of("survey_result", f"{wave}/alpha/{rate}/all", "2023-11-30", wave=wave, rate_kind=rate, base="all", k=k, n=1000)
      for wave, rate, k in (("W1", "awareness", 965), ("W2", "awareness", 800), ("W1", "satisfaction", 983))),
    *(of("score", f"{year}/alpha/{indicator}", str(year), indicator=indicator, points="92.5", most="100")
      for year in (2022, 2023) for indicator in ("I1", "I2")),
    *(of("assignment", f"{code}/alpha/2023", "2023", initiative=code, target_activities=targets) for code, targets in (("M01", 12), ("M02", 6))),
)


class Asked:
    """An office that has all of it."""

    def __init__(self, office):
        self.office = office
        lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in EVENTS)
        office.add_source("alpha", "alpha")
        same(json.loads(office.qf("feed", "-", "--as", "alpha", "--json", stdin=lines).out.splitlines()[-1])["taken"], len(EVENTS))
        until(lambda: office.qf("list", "assignment", "--json").json["all"]["records"] == 2, 20, "all is counted")

    def totals(self, *words):
        return self.office.qf("totals", *words, "--json").json

    def number(self, measure, *words):
        value = self.totals(*words)["all"][measure]
        return value if not isinstance(value, dict) else value["value"]

    def refused(self, *words, says):
        said = self.office.qf("totals", *words, "--lang", "en", code=64)
        for part in says:
            check(part in said.err, words, said.err)

    def remarked(self, *words, says):
        text = self.office.qf("totals", *words, "--lang", "zh").out
        check(says in text, words, text)


def activities_and_attendances(ask):
    same([ask.number("activities"), ask.number("attendances")], [3, 180])
    for by, wanted in (("year", {"2022": 100, "2023": 80}), ("org", {"alpha": 150, "alpha-north": 30}), ("mode", {"onsite": 150, "online": 30})):
        rows = {row["members"][0]: row["attendances"] for row in ask.totals("--by", by)["rows"]}
        same([rows, sum(rows.values())], [wanted, 180], f"over {by} they add up")
    rows = {row["members"][0]: row["attendances"] for row in ask.totals("--by", "content")["rows"]}
    same([rows["law"], rows["family"]], [180, 100], "a joint activity stands in several rows")
    ask.remarked("--by", "content", says="各行相加不等于合计")


def different_people(ask):
    ask.refused("--kind", "activity", "--measure", "participants", says=("never added", "qf history"))
    ask.refused("--kind", "activity", "--measure", "sum:participants", says=("never added",))
    ask.refused("--kind", "broadcast", "--measure", "viewers", says=("never added", "max:viewers"))
    ask.refused("--kind", "broadcast", "--measure", "sum:viewers", says=("never added", "max:viewers"))
    same(ask.number("max:viewers", "--kind", "broadcast", "--measure", "max:viewers"), 9100, "the largest single one")
    same(ask.number("viewers", "--kind", "broadcast"), None)


def views_of_broadcasts(ask):
    same(ask.number("views", "--kind", "broadcast"), 22113)
    check("views" not in ask.totals()["all"] and ask.number("attendances") == 180, "never with attendances")


def peaks(ask):
    ask.refused("--kind", "broadcast", "--measure", "sum:peak", says=("never added", "max:peak"))
    same(ask.number("peak", "--kind", "broadcast"), 1900)


def visits(ask):
    same([ask.number("visits", "--kind", "visit"), ask.number("attendances")], [40, 180], "apart from attendances")


def stocks(ask):
    for kind, measure, day, wanted in (("agreement", "in_force", "2023-09-30", 2), ("agreement", "in_force", "2023-12-31", 1),
                                       ("finding", "open", "2023-04-30", 1), ("finding", "open", "2023-05-01", 0)):
        same(ask.number(measure, "--kind", kind, "--measure", measure, "--to", day), wanted, measure, day)
    for words in (("--by", "month"), ("--by", "year"), ()):
        ask.refused("--kind", "agreement", "--measure", "in_force", *words, says=("never added over time",))
    in_force = [row["in_force"] for row in ask.totals("--kind", "agreement", "--by", "year")["rows"]]
    same(in_force, [None, None], "unasked it is shown as not combined")


def rates(ask):
    ask.refused("--kind", "survey_result", "--measure", "share", says=("within one", "rate_kind base wave"))
    ask.refused("--kind", "survey_result", "--measure", "share", "--where", "rate_kind=awareness", says=("within one",))
    share = ask.totals("--kind", "survey_result", "--measure", "share", "--where", "rate_kind=awareness,wave=W1")["all"]["share"]
    same([share["value"], share["of"]], [965, 1000])
    ask.refused("--kind", "survey_result", "--measure", "sum:share", says=("never added",))


def growth(ask):
    report = ask.office.qf("report", "year", "--year", "2023", "--base", "2022", "--json").json
    same([report["growth_activities"], report["growth_attendances"]], ["+100.00", "-20.00"], "from the two sums")
    ask.refused("--kind", "activity", "--measure", "growth", says=("totals of their own",))


def scores(ask):
    ask.refused("--kind", "score", "--measure", "points", says=("within one", "year org"))
    same(ask.number("points", "--kind", "score", "--measure", "points", "--from", "2023", "--to", "2023"), 185000, "thousandths of one year")


def targets(ask):
    same(ask.number("target_activities", "--kind", "assignment"), 18)
    ask.remarked("--kind", "assignment", "--by", "initiative", says="各行相加不等于合计")


def each_row_of_the_table():
    with Office(programme=PROGRAMME) as office:
        ask = Asked(office)
        for row in (activities_and_attendances, different_people, views_of_broadcasts, peaks, visits, stocks, rates, growth, scores, targets):
            row(ask)
        # The rules stand where one looks for them.
        check("qf kinds" in " ".join(office.qf("totals", "--help", "--lang", "en").out.split()), "help says where the rules are")
        text = office.qf("kinds", "--lang", "en").out
        for rule in ("adds up", "never added", "k and n", "what stands at a date"):
            check(rule in text, rule, text)
        office.verify()


if __name__ == "__main__":
    run(each_row_of_the_table)
