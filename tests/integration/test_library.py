#!/usr/bin/python3
"""Real data: a published list of 1,308 rows under a programme of its own. The figures
are those of tests/data/README.md, counted from the file by others."""
import csv
import json
import os
import shutil

from support.harness import SOURCE, Office, check, run, same

DATA = os.path.join(SOURCE, "tests/data/timberland-2021-programs.csv")
PROGRAMME = os.path.join(SOURCE, "deploy/programmes/library.yaml")
MAP = os.path.join(SOURCE, "deploy/programmes/library.map.yaml")
TOTAL = (1308, 2195, 28527, 435, 1226)
ACTIVITIES = (107, 119, 109, 100, 94, 165, 242, 269, 264, 240, 238, 248)
ATTENDANCES = (2063, 2084, 1662, 1546, 1413, 5029, 3045, 3143, 3068, 2015, 1812, 1647)
MEASURES = ("records", "activities", "attendances", "records_unknown", "activities_unknown")


def counts(row):
    return tuple(row[measure] for measure in MEASURES)


def library():
    return Office(programme=PROGRAMME)


def feed(office, path, *words, **how):
    return office.qf("feed", path, "--map", MAP, "--as", "library", *words, **how)


def the_published_figures_come_out():
    with library() as office:
        office.add_source("library", "TRL")
        path = shutil.copy(DATA, office.home)
        first = feed(office, path, "--json").json
        same([first[name] for name in ("rows", "taken", "activities", "attendances", "rows_unknown",
                                       "activities_unknown", "rows_hashed", "rows_identical")],
             [1308, 1308, *TOTAL[1:], 1308, 0], first)
        same(first["rows"], sum(first[part] for part in ("taken", "late", "duplicates", "quarantined", "returned",
                                                         "waiting")), "the parts add up")

        office.wait_records(1308)
        everything = office.qf("totals", "--json").json
        same(counts(everything["all"]), TOTAL)
        months = {row["members"][0]: counts(row) for row in office.qf("totals", "--by", "month", "--json").json["rows"]}
        same([months[name][1] for name in sorted(months)], list(ACTIVITIES))
        same([months[name][2] for name in sorted(months)], list(ATTENDANCES))
        year = office.qf("totals", "--by", "year", "--json").json["rows"]
        same([counts(row) for row in year], [TOTAL])

        # Single-valued rows add up; multi-valued ones do not, the true total stands beside, and a remark says so.
        branches = office.qf("totals", "--by", "org", "--json").json
        check(len(branches["rows"]) >= 26, len(branches["rows"]))
        for dimension in ("category", "age_group"):
            answer = office.qf("totals", "--by", dimension, "--json").json
            same(counts(answer["all"]), TOTAL, dimension)
            check(sum(row["records"] for row in answer["rows"]) > 1308, dimension, "is not multi-valued")
            check(answer["notes"], dimension, "does not say that its rows do not add up")
            said = office.qf("totals", "--by", dimension, "--lang", "en").out
            check("add up" in said, said)
        said = office.qf("totals", "--lang", "en").out
        check("2,195" in said and "28,527" in said and "1,226" in said, said)
        check("969" in said or "29.4" in said, "the mean is over the 969 activities with known attendance", said)
        counted = office.verify()
        same(counted.total(), TOTAL)
        same({key: value for key, value in counted.cells().items() if key[2] == 20210100 and key[0] == "total"},
             {("total", "all", 20210100): months[sorted(months)[0]]})


def feeding_again_changes_nothing():
    with library() as office:
        office.add_source("library", "TRL")
        path = shutil.copy(DATA, office.home)
        feed(office, path)
        before = office.verify()
        again = feed(office, path, code=None)
        check("1308" not in again.out.replace(",", "") or again.code == 0, again.out)
        same(office.verify().position, before.position, "a file that was fed sends nothing")
        repeated = feed(office, path, "--again", "--json").json
        same((repeated["duplicates"], repeated["taken"]), (1308, 0))
        after = office.verify()
        same(after.total(), TOTAL)
        check(after.position > before.position, "--again sends")


def a_dry_run_sends_nothing_and_says_what_it_would():
    with library() as office:
        office.add_source("library", "TRL")
        path = shutil.copy(DATA, office.home)
        said = feed(office, path, "--dry-run", "--lang", "en").out
        check("1,308" in said or "1308" in said, said)
        no_map = office.qf("feed", path, "--map", office.programme, "--as", "library", "--lang", "en", code=64).err
        check("columns name a column and a field" in no_map and "library.map.yaml" in no_map, no_map)
        same(office.verify().total(), (0, 0, 0, 0, 0))


def rows_that_cannot_be_are_returned_beside_the_file():
    with library() as office:
        office.add_source("library", "TRL")
        with open(DATA, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        rows[3][0] = "No Such Branch"
        rows[4][2] = "13"
        rows[5][6] = "minus three"
        path = os.path.join(office.home, "broken.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows[:11])
        done = feed(office, path, "--json", code=2)
        summary = json.loads(done.out)
        same(summary["rows"], 10)
        same((summary["taken"], summary["returned"] + summary["quarantined"]), (7, 3), summary)
        same(office.verify().total()[0], 7)
        check(summary["returned_file"], summary)
        with open(summary["returned_file"], encoding="utf-8-sig") as file:
            text = file.read()
        check("No Such Branch" in text and "minus three" in text, text)


def what_a_map_ignores_comes_back_for_its_key():
    with library() as office:
        office.add_source("library", "TRL")
        files = {"map.yaml": "columns:\n  - {column: Id, field: ignore}\n  - {column: Branch, field: org}\n  - {column: Day, field: date}\n"
                             "  - {column: Came, field: attendances}\nkey: [Id]\n",
                 "broken.csv": "Id,Branch,Day,Came\nA-1,TRL,2021-05-06,7\nA-2,TRL,2021-05-06,about 30\n"}
        for name, text in files.items():
            with open(os.path.join(office.home, name), "w", encoding="utf-8") as file:
                file.write(text)
        words = ("--map", os.path.join(office.home, "map.yaml"), "--as", "library", "--json")
        returned = office.qf("feed", os.path.join(office.home, "broken.csv"), *words, code=2).json["returned_file"]
        with open(returned, encoding="utf-8-sig") as file:
            text = file.read()
        with open(returned, "w", encoding="utf-8") as file:
            file.write(text.replace("about 30", "30"))
        same(office.qf("feed", returned, *words).json["taken"], 1)
        check("A-2" in office.qf("history", "A-2", "--as", "library").out)


if __name__ == "__main__":
    run(the_published_figures_come_out, feeding_again_changes_nothing,
        a_dry_run_sends_nothing_and_says_what_it_would, rows_that_cannot_be_are_returned_beside_the_file,
        what_a_map_ignores_comes_back_for_its_key)
