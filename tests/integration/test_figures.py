#!/usr/bin/python3
"""Figures of the year's report where they are delicate: ties by the programme's setting, a base of nothing, a withdrawn
record of the base year, the first minutes of a year, 「超万」 and 「9万」 exactly."""
import csv
import io
import os
import time

from oracle.figures import growth, magnitude
from support.harness import PROGRAMME, Office, check, run, same, until


def feed(office, *events):
    said = office.tell(*events).lines[-1]
    same(said["taken"], len(events), said)


def activity(key, date, sessions, attendances, **more):
    return {"key": key, "date": date, "org": "alpha", "sessions": sessions, "attendances": attendances, **more}


def sentence(office, year="2023", base="2021"):
    return office.qf("report", "year", "--year", year, "--base", base, "--from", year, "--lang", "zh").out.splitlines()[0]


def says(office, wanted):
    until(lambda: wanted in sentence(office), 20, f"{wanted} in {sentence(office)}")


def ties_go_where_the_programme_says():
    for rounding in ("half_up", "half_even"):
        with Office() as office:
            office.add_source("alpha", "alpha")
            with open(PROGRAMME, encoding="utf-8") as file:
                text = file.read().replace("settings:\n", f"settings:\n  rounding: {rounding}\n", 1)
            path = os.path.join(office.home, "rounding.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            office.qf("programme", "load", path)
            feed(office, activity("1", "2021-03-01", 800, 10000), activity("2", "2023-01-01", 801, 90000))
            wanted = growth(rounding, 801, 800).lstrip("+")
            same(wanted, "0.13" if rounding == "half_up" else "0.12")
            says(office, f"{wanted}%")
            check(f"覆盖{magnitude(90000)}人次" in sentence(office), "90,000 is 9万, and not more", sentence(office))
            feed(office, {"kind": "survey_wave", "key": "W1", "date": "2023-11-01", "org": "alpha", "issued": 16, "valid": 1})
            share = "6.3%" if rounding == "half_up" else "6.2%"
            until(lambda: share in office.qf("totals", "--kind", "survey_wave").out, 20, share)
            check(share in office.qf("claim", "survey_wave", "returned>6%").out, "a claim prints what totals do")
            office.verify()


def a_year_that_is_not_over_has_one_growth():
    with Office() as office:
        office.add_source("alpha", "alpha")
        today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
        year = int(today[:4])
        feed(office, activity("1", f"{year - 1}-01-01", 2, 20), activity("2", f"{year - 1}-12-31", 7, 90), activity("3", f"{year}-01-01", 3, 50))
        words = ("report", "year", "--year", str(year), "--lang", "en")
        until(lambda: office.qf(*words, "--json").json["years"][-1]["activities"] == 3, 20, "they count")
        said = office.qf(*words, "--json").json
        wanted = [growth("half_up", 3, 2), growth("half_up", 50, 20)] if said["same_days_upto"] else [growth("half_up", 3, 9), growth("half_up", 50, 110)]
        same([said["growth_activities"], said["growth_attendances"]], wanted)
        row = list(csv.reader(io.StringIO(office.qf(*words, "--csv").out[1:])))[-1]
        same((row[0], row[2], row[4]), (str(year), *wanted), "the table has the sentence's")


def all_members_of_a_record_are_listed():
    contents = [f"family-{i}" for i in range(20)]
    with Office() as office:
        office.add_source("alpha", "alpha")
        with open(PROGRAMME, encoding="utf-8") as file:
            text = file.read().replace("    multi: true\n    members:\n", "    multi: true\n    most: 20\n    members:\n" + "".join(
                f"      - {{code: {code}, zh: 家风家教主题宣讲第{i}期, en: Talk {i} about family ethos}}\n" for i, code in enumerate(contents)))
        path = os.path.join(office.home, "contents.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        office.qf("programme", "load", path)
        feed(office, activity("1", "2023-05-06", 1, 10, content=contents))
        until(lambda: office.qf("list", "activity", "--json").json["all"]["records"] == 1, 20, "it is counted")
        listed = office.qf("list", "activity", "--lang", "zh").out
        check(all(f"第{i}期" in listed for i in range(20)), "not one of them is left out, nor all", listed)


def a_withdrawn_record_of_the_base_year_changes_the_growth():
    with Office() as office:
        office.add_source("alpha", "alpha")
        feed(office, activity("1", "2021-03-01", 217, 5), activity("2", "2021-04-01", 1, 5),
             # Half past midnight on New Year's Day of +08:00 is another year in UTC: the date decides.
             activity("3", "2023-01-01", 328, 90001, start="00:30"), activity("4", "2022-12-31", 400, 7, start="23:59"),
             activity("5", "2023-12-31", 1, 1))
        says(office, f"{growth('half_up', 329, 218)[1:]}%")
        check(f"覆盖{magnitude(90002)}人次" in sentence(office), sentence(office))
        feed(office, {"key": "2", "action": "withdraw", "reason": "never took place"})
        says(office, f"{growth('half_up', 329, 217)[1:]}%")
        check("无法与2020年比较" in sentence(office, "2023", "2020"), "of nothing there is no growth", sentence(office, "2023", "2020"))
        office.verify()


if __name__ == "__main__":
    run(ties_go_where_the_programme_says, a_year_that_is_not_over_has_one_growth, all_members_of_a_record_are_listed, a_withdrawn_record_of_the_base_year_changes_the_growth)
