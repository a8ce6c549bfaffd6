#!/usr/bin/python3
"""An organisation moves on a date: reports by parent follow the date of each event,
no cell is touched, rights to feed and to read follow it too, and a programme file
that is loaded twice, or says an unclear thing, changes nothing."""
import csv
import io
import os

from oracle.oracle import MEASURES
from support import sample
from support.harness import PROGRAMME, Office, check, run, same, until

STATIC = "{code: alpha-north, zh: 甲北, en: Alpha North, parent: alpha}"
MOVED = """code: alpha-north
        zh: 甲北
        en: Alpha North
        parent: alpha
        groups: [kind=branch]
        moved:
          - {from: 2023-07-15, parent: beta%s}
%s"""
KINDS = """dimensions:
  - {code: kind, zh: 类别, en: kind, groups: org, members: [{code: branch, zh: 分部}, {code: town, zh: 镇街}]}
"""
BACK = "          - {from: 2023-10-01, parent: alpha, groups: [kind=branch]}\n"


def programme(office, name, north=STATIC):
    """A file: the small programme with kinds of organisations, and with alpha-north as said."""
    with open(PROGRAMME, encoding="utf-8") as file:
        text = file.read().replace("dimensions:\n", KINDS, 1)
    check(STATIC in text, "the programme has another alpha-north now")
    path = os.path.join(office.home, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(STATIC, north))
    return path


def load(office, path):
    said = office.qf("programme", "load", path, "--json").json
    return said["new"], said["changed"], said["returned"]


def day_of(row):
    return row["date"] + (0 if row["date"] % 100 else 1)  # what is known to the month stands on its first day


def expect_year(office, parent, rows):
    """The year's report by parent, against the rows themselves."""
    report = office.qf("report", "year", "--year", 2023, "--where", f"org={parent}", "--json").json
    same(tuple(report["range"][measure] for measure in MEASURES), sample.expected(rows), "the year of", parent)


def by_org(office):
    return office.qf("totals", "--by", "org", "--json").json["rows"]


def fill(office):
    """Rows of alpha, alpha-north and beta, all of them fed by the two that were there first."""
    rows = {org: list(sample.activities(8, org, 120)) for org in ("alpha", "alpha-north", "beta")}
    for source, orgs in (("alpha", ("alpha", "alpha-north")), ("beta", ("beta",))):
        office.add_source(source, source, role="feed,read")
        partner = office.partner(source)
        for org in orgs:
            partner.send([sample.event(row) for row in rows[org]])
    return rows


def a_moved_organisation_counts_where_it_stood():
    with Office() as office:
        rows = fill(office)
        load(office, programme(office, "kinds.yaml"))
        office.verify()
        expect_year(office, "alpha", rows["alpha"] + rows["alpha-north"])
        expect_year(office, "beta", rows["beta"])
        before, july = by_org(office), [row for row in rows["alpha-north"] if row["date"] // 100 == 202307]
        check(any(row["date"] % 100 == 0 for row in rows["alpha-north"]), "no row is known to the month only")
        check({day_of(row) < 20230715 for row in july} == {True, False}, "the month of the move has no two sides")

        # It moves, by a file that is loaded twice.
        moved = programme(office, "moved.yaml", MOVED % (", groups: [kind=town]", ""))
        same(load(office, moved), (0, 1, 0))
        same(load(office, moved), (0, 0, 0), "loaded twice")
        stayed = [row for row in rows["alpha-north"] if day_of(row) < 20230715]
        gone = [row for row in rows["alpha-north"] if day_of(row) >= 20230715]
        office.verify()
        expect_year(office, "alpha", rows["alpha"] + stayed)
        expect_year(office, "beta", rows["beta"] + gone)
        expect_year(office, "office", rows["alpha"] + rows["alpha-north"] + rows["beta"])
        same(by_org(office), before, "no cell is touched")
        kinds = {row["members"][0]: row["records"]
                 for row in office.qf("totals", "--by", "kind", "--json").json["rows"]}
        same((kinds["branch"], kinds["town"]), (len(stayed), len(gone)))
        check("from 2023-07-15: " in office.qf("programme", "show", "org").out, "the move is shown")

        # Back again in October, in a file of its own; then it never moved at all.
        same(load(office, programme(office, "back.yaml", MOVED % (", groups: [kind=town]", BACK))), (0, 1, 0))
        office.verify()
        expect_year(office, "beta", rows["beta"] + [row for row in gone if day_of(row) < 20231001])
        same(load(office, programme(office, "never.yaml", STATIC)), (0, 1, 0))
        office.verify()
        expect_year(office, "alpha", rows["alpha"] + rows["alpha-north"])
        same(by_org(office), before, "no cell is touched")

        # What it was told is in the journal: counted anew from it, the same comes out.
        load(office, moved)
        office.qf("rebuild")
        until(lambda: office.qf("verify", code=None).code == 0, 20, "counts made anew")
        office.kill("ingest")
        until(lambda: office.qf("totals", "--json", code=None).code == 0, 20, "ingest is back")
        office.verify()
        expect_year(office, "beta", rows["beta"] + gone)


def a_report_shows_the_names_of_its_days():
    with Office() as office:
        fill(office)
        renamed = STATIC.replace("parent: alpha}", "parent: alpha, at: \"26.05,-119.4512\", moved: [{from: 2024-01-01, "
                                 "zh: 甲北新名}]}")
        load(office, programme(office, "kinds.yaml"))
        same(load(office, programme(office, "renamed.yaml", renamed)), (0, 1, 0))
        same(load(office, programme(office, "renamed.yaml", renamed)), (0, 0, 0), "loaded twice")
        names = {to: "甲北新名" in office.qf("totals", "--by", "org", "--lang", "zh", *(["--to", to] if to else [])).out
                 for to in ("2023", "2023-12-31", "2024", None)}
        same(names, {"2023": False, "2023-12-31": False, "2024": True, None: True})
        shown = {day: [row for row in office.qf("programme", "show", "org", "--asof", day, "--json").json["members"]
                       if row["code"] == "alpha-north"][0] for day in ("2023-12-31", "2024-01-01")}
        same([(row["zh"], row["en"], row["parent"]) for row in shown.values()],
             [("甲北", "Alpha North", "alpha"), ("甲北新名", "Alpha North", "alpha")])
        sheet = office.path("old-name.csv")
        with open(sheet, "w", encoding="utf-8") as file:
            file.write("活动编号,主办单位,活动日期,活动名称,参加人次\nn/1,甲北,2024-03-01,旧名称报的,5\nn/2,甲北新名,2024-03-02,新名称报的,6\n")
        same(office.qf("feed", sheet, "--as", "alpha", "--json").json["taken"], 2, "either name finds it")
        # Over several years each row has the names of its own days: text, CSV and reports alike.
        until(lambda: office.qf("totals", "--from", "2024", "--json").json["all"]["records"] == 2, 20, "both count")
        both = ("totals", "--by", "org,year", "--where", "org=alpha-north", "--lang", "zh")
        for rows in ([[cell.strip() for cell in line.split("  ") if cell.strip()] for line in office.qf(*both).out.splitlines()],
                     list(csv.reader(io.StringIO(office.qf(*both, "--csv").out[1:])))):
            same({(row[0], row[1]) for row in rows if len(row) > 1 and row[0].startswith("甲北")}, {("甲北", "2023"), ("甲北新名", "2024")}, rows)
        modes = list(csv.reader(io.StringIO(office.qf("report", "modes", "--from", "2023", "--to", "2024", "--csv", "--lang", "zh").out[1:])))
        same({(row[0], row[1]) for row in modes if row[1].startswith("甲北")}, {("2023", "甲北"), ("2024", "甲北新名")})
        listed = list(csv.reader(io.StringIO(office.qf("list", "activity", "--where", "org=alpha-north", "--csv", "--lang", "zh").out[1:])))
        org = listed[0].index("单位")
        same({(row[0][:4], row[org]) for row in listed[1:]}, {("2023", "甲北"), ("2024", "甲北新名")}, listed[:3])
        place = office.qf("programme", "show", "org", "--geojson").json["features"]
        same([(row["geometry"], row["properties"]["code"]) for row in place],
             [({"type": "Point", "coordinates": [-119.4512, 26.05]}, "alpha-north")])
        office.verify()


def an_unclear_file_says_where_and_sends_nothing():
    with Office() as office:
        load(office, programme(office, "kinds.yaml"))
        for north, *said in (
                (MOVED % (", groups: [kind=town]", BACK.replace("10-01", "07-15")), "moved[1]", "go by date"),
                (MOVED % ("", BACK.replace("alpha, ", "beta, ")), "moved[1]", "changes nothing"),
                (MOVED % ("", BACK.replace("alpha", "omega")), "moved[1]", "'omega'"),
                (MOVED % ("", BACK.replace("2023-10-01", "October")), "moved[1]", "'October'"),
                (MOVED % ("", BACK.replace("from", "since")), "moved", "since"),
                (MOVED % (", groups: [kind=village]", ""), "(alpha-north)", "'village'")):
            path = programme(office, "unclear.yaml", north)
            with open(path, encoding="utf-8") as file:
                lines = file.read().split("\n")
            answer = office.qf("programme", "load", path, "--lang", "en", code=2)
            for word in ("line", *said):
                check(word in answer.err, word, "is not in:", answer.err)
            if "moved[1]" in said:
                line = 2 + next(i for i, text in enumerate(lines) if "from: 2023-07-15" in text)
                check(f"line {line}:" in answer.err, f"line {line} is not in:", answer.err)
        same(load(office, programme(office, "kinds.yaml")), (0, 0, 0), "nothing was sent")


def days_of_the_past_that_change_are_named():
    """A parent that is corrected, and a move as of a day that is over, change totals that were told; a move to come does not."""
    def north(parent, *moved):
        return f"{{code: alpha-north, zh: 甲北, en: Alpha North, parent: {parent}" + (f", moved: [{', '.join(moved)}]" if moved else "") + "}"

    def named(path, *days):
        same(office.qf("programme", "load", path, "--json").json["restated"],
             [{"dimension": "org", "member": "alpha-north", "from": first, "until": last} for first, last in days])

    with Office() as office:
        load(office, programme(office, "kinds.yaml"))
        path = programme(office, "corrected.yaml", north("beta"))
        said = office.qf("programme", "load", path, "--dry-run", "--lang", "en").out
        check("! member org alpha-north at all times: below beta; it was below alpha\n" in said and "published editions stay" in said, said)
        said = office.qf("programme", "load", path, "--dry-run", "--lang", "zh").out
        check("! 成员 org alpha-north 一向：属 beta；原来属 alpha\n" in said and "已公布的版次不变" in said, said)
        named(path, (None, None))
        move, to_come = "{from: 2023-07-01, parent: alpha, groups: [kind=town]}", "{from: 2990-01-01, parent: %s}"
        path = programme(office, "moved.yaml", north("beta", move, to_come % "gamma"))
        said = office.qf("programme", "load", path, "--dry-run", "--lang", "en").out
        check("from 2023-07-01, before 2990-01-01: below alpha kind=town; it was below beta\n" in said, said)
        named(path, ("2023-07-01", "2990-01-01"))
        named(programme(office, "to-come.yaml", north("beta", move, to_come % "delta")))


def rights_follow_the_date():
    with Office() as office:
        rows = fill(office)
        old = next(row for row in rows["alpha-north"] if 20230701 < row["date"] < 20230715)
        late = next(row for row in rows["alpha-north"] if row["date"] > 20230715 and row["date"] % 100)
        load(office, programme(office, "kinds.yaml"))
        early = office.subscriber("beta")
        until(lambda: (early.turn(0.1) or True) and early.picture.complete, 10, "a picture")
        check(not any(member == "alpha-north" for _, member, _ in early.picture.cells), "it is not beta's yet")
        same(load(office, programme(office, "moved.yaml", MOVED % ("", ""))), (0, 1, 0))
        until(lambda: (early.turn(0.1) or True) and early.picture.complete
              and any(member == "alpha-north" for _, member, _ in early.picture.cells), 10, "it is beta's now")

        def said(source, action, key, date):
            partner = office.partner(source)
            fields = {"key": key, "action": action}
            if date:
                fields.update(date=date, values={"org": "alpha-north"})
            return partner.send([("activity", fields)])[0]

        create, replace, withdraw = 1, 2, 3
        for source, action, key, date, code in (
                ("alpha", create, "n1", 20230714, 0), ("alpha", create, "n2", 20230715, 103),
                ("alpha", create, "n3", 20230700, 0), ("alpha", create, "n4", 20230800, 103),
                ("beta", create, "n1", 20230714, 103), ("beta", create, "n2", 20230715, 0),
                ("alpha", replace, old["activity_no"], 20230703, 0),
                ("alpha", replace, old["activity_no"], 20230720, 103),
                ("alpha", replace, late["activity_no"], 20230703, 103),
                ("alpha", withdraw, late["activity_no"], 0, 103),
                ("alpha", withdraw, old["activity_no"], 0, 0)):
            same(said(source, action, key, date).code, code, source, action, key, date)
        office.verify()

        # Read is what was its own on the day, of a month or year when it was so throughout.
        def seen(source):
            subscriber = office.subscriber(source)
            until(lambda: (subscriber.turn(0.1) or True) and subscriber.picture.complete, 10, "a picture")
            return {period for dimension, member, period in subscriber.picture.cells
                    if (dimension, member) == ("org", "alpha-north")}

        held = {period for row in rows["alpha-north"] for period in {row["date"], row["date"] // 100 * 100}}
        held |= {20230714, 20230715}
        mine, theirs = seen("alpha"), seen("beta")
        same({period for period in held if period % 100 and period < 20230715} - mine, set(), "days before")
        same({period for period in mine if period >= 20230715 or period == 20230700}, set(), "read by alpha")
        check(20230600 in mine and 20230800 in theirs, mine, theirs)
        same({period for period in theirs if period < 20230715}, set(), "read by beta")
        same({period for period in held if period % 100 and period >= 20230715} - theirs, set(), "days since")


if __name__ == "__main__":
    run(a_report_shows_the_names_of_its_days, a_moved_organisation_counts_where_it_stood, an_unclear_file_says_where_and_sends_nothing,
        days_of_the_past_that_change_are_named, rights_follow_the_date)
