#!/usr/bin/python3
"""qf why: any number is put together again from the records that make it, by the rules of adding; the command finds
the difference itself when they do not agree. What is listed is held against what was fed."""
import csv
import io
import os

from support.harness import Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")


def activity(n, date="2023-05-06", org="alpha", **more):
    return {"kind": "activity", "key": f"A-{n}", "date": date, "org": org, "mode": "onsite", **more}


def broadcast(n, views, peak=None, date="2023-05-06"):
    event = {"kind": "broadcast", "key": f"L-{n}", "date": date, "org": "alpha", "views": views}
    return {**event, "peak": peak} if peak is not None else event


def feed(office, *events, source="desk", code=0):
    return office.tell(*events, source=source, code=code)


def why(office, *words, source="office", code=0):
    """The records, and what is said of them together."""
    lines = office.qf("why", *words, "--json", "--as", source, code=code).lines
    return lines[:-1], lines[-1]


def keys(rows):
    return [row["key"] for row in rows]


FED = [activity(1, attendances=120, content="law"), activity(2, "2023-06-10", "alpha-north", attendances=30, sessions=2),
       activity(3, "2023-06", "beta"), activity(4, "2022-01-01", "beta", attendances=7, content=["law", "family"]),
       activity(5, attendances=5), activity(6, attendances=1)]
NOW = {"A-1": (1, 150, "alpha"), "A-2": (2, 30, "alpha-north"), "A-3": (1, None, "beta"), "A-4": (1, 7, "beta"),
       "A-6": (1, 1, "gamma")}  # after what is corrected below


def feed_all(office):
    feed(office, *FED)
    feed(office, activity(1, attendances=150, content="law", action="replace", reason="counted again"),
         {"kind": "activity", "key": "A-5", "action": "withdraw", "reason": "never held"},
         activity(6, org="gamma", attendances=1, action="replace", reason="theirs"))
    feed(office, activity(1, attendances=1), code=3)  # refused: stands with other content
    office.wait_records(5)
    until(lambda: office.qf("totals", "--json", "--where", "org=gamma").json["all"]["records"] == 1, 20, "moved")


def activities_are_traced_to_their_records():
    with Office(programme=PROGRAMME) as office:
        office.add_source("desk", "office")
        feed_all(office)
        rows, said = why(office)
        same(sorted(keys(rows)), sorted(NOW))
        same([row["value"] for row in rows], [NOW[row["key"]][0] for row in rows])
        same((said["sum"]["value"], said["same"]), (6, True), said)
        rows, said = why(office, "attendances")
        same({row["key"]: row["value"] for row in rows}, {key: now[1] for key, now in NOW.items()})
        same(said["number"], {"value": 188, "of": 4, "unknown": 1}, said)
        same(keys(rows)[0], "A-4")  # by date
        # A row of a table, and a member with those below it.
        same(keys(why(office, "--cell", "org=alpha")[0]), ["A-1"])
        same(sorted(keys(why(office, "--where", "org=alpha")[0])), ["A-1", "A-2"])
        same(sorted(keys(why(office, "--cell", "content=")[0])), ["A-2", "A-3", "A-6"])
        same(sorted(keys(why(office, "--cell", "content=law")[0])), ["A-1", "A-4"])
        same(keys(why(office, "--cell", "org=beta,mode=onsite", "--from", "2023")[0]), ["A-3"])
        same(keys(why(office, "--from", "2023-06-10", "--to", "2023-06-10")[0]), ["A-2"])
        rows, said = why(office, "--cell", "org=delta")
        same((rows, said["number"]["value"], said["same"]), ([], 0, True))
        # As a table and as CSV, which say the same.
        told = office.qf("why", "attendances", "--from", "2023", "--lang", "en").out
        for words in ("A-1", "2023-05-06", "not known", "4 records, together 181 (1 not known); the number is 181"):
            check(words in told, words, told)
        text = office.qf("why", "attendances", "--csv").out
        same(text[0], "\ufeff")  # or a spreadsheet garbles Chinese
        sheet = list(csv.DictReader(io.StringIO(text[1:])))
        same(sum(int(row["attendances"] or 0) for row in sheet), 188)
        same([row["key"] for row in sheet], keys(why(office, "attendances")[0]))
        # A key that a spreadsheet would run is text there.
        feed(office, {**activity(9, "2025-01-01", org="gamma", attendances=0), "key": "=cmd|'/C calc'!A0"})
        until(lambda: keys(why(office, "--from", "2025")[0]), 20, "counted")
        sheet = office.qf("why", "--from", "2025", "--csv").out
        check("\"'=cmd|'/C calc'!A0\"" in sheet and sheet.count("=cmd") == 1, sheet)
        # What there is not.
        check("has no measure" in office.qf("why", "views", "--lang", "en", code=64).err)
        check("DIMENSION=CODE" in office.qf("why", "--cell", "org", "--lang", "en", code=64).err)
        office.verify()


def each_rule_of_adding_is_followed():
    with Office(programme=PROGRAMME) as office:
        office.add_source("desk", "office")
        feed(office, broadcast(1, 10240, 1200), broadcast(2, 11873), broadcast(3, 12506, 900, "2024-01-20"),
             *({"kind": "survey_result", "key": f"W1/alpha/{rate}/all", "date": "2023-11-30", "org": "alpha",
                "wave": "W1", "rate_kind": rate, "base": "all", "k": k, "n": 1000}
               for rate, k in (("awareness", 965), ("participation", 941))),
             {"kind": "agreement", "key": "alpha/1", "date": "2022-03-01", "org": "alpha", "until": "2023-06-30"},
             {"kind": "agreement", "key": "alpha/2", "date": "2023-02", "org": "alpha"})
        until(lambda: office.qf("list", "agreement", "--json").json["all"]["records"] == 2, 20, "they are counted")
        same(why(office, "views", "--kind", "broadcast")[1]["sum"], {"value": 34619, "of": 3, "unknown": 0})
        same(why(office, "peak", "--kind", "broadcast")[1]["sum"], {"value": 1200, "of": 2, "unknown": 1})
        same(why(office, "min:views", "--kind", "broadcast")[1]["sum"]["value"], 10240)
        same(why(office, "max:viewers", "--kind", "broadcast")[1]["sum"], {"value": 0, "of": 0, "unknown": 3})
        rows, said = why(office, "share", "--kind", "survey_result", "--where", "rate_kind=awareness")
        same(([(row["value"], row["of"]) for row in rows], said["number"]["of"]), ([(965, 1000)], 1000))
        same(keys(why(office, "in_force", "--kind", "agreement", "--to", "2023-06-30")[0]), ["alpha/1", "alpha/2"])
        same(keys(why(office, "in_force", "--kind", "agreement", "--to", "2023-07-01")[0]), ["alpha/2"])
        told = office.qf("why", "share", "--kind", "survey_result", "--lang", "en", code=64).err
        check("combined only within one" in told, told)
        check("stands at a date" in office.qf("why", "in_force", "--kind", "agreement", "--lang", "en", code=64).err)
        office.verify()


def a_reader_is_told_what_it_may_not_see():
    with Office(programme=PROGRAMME) as office:
        office.add_source("desk", "office")
        office.add_source("eye", "alpha", role="read")
        feed_all(office)
        rows, said = why(office, source="eye")
        same((sorted(keys(rows)), said["sum"]["value"], said["number"]["value"], said["restricted"], said["same"]),
             (["A-1", "A-2"], 3, 6, True, False), said)
        rows, said = why(office, "--where", "org=alpha", source="eye")
        same((said["sum"]["value"], said["same"]), (3, True), said)
        # Of the organisations above it a key reads totals, not records.
        office.add_source("low", "alpha-north", role="read")
        rows, said = why(office, source="low")
        same((keys(rows), said["restricted"]), (["A-2"], True), said)
        check("may not read" in office.qf("why", "--where", "org=beta", "--as", "eye", "--lang", "en", code=77).err)


def many_records_come_in_pages():
    with Office(programme=PROGRAMME) as office:
        office.add_source("desk", "office")
        count = 12000
        feed(office, *(activity(f"{n:05}-{'x' * 60}", f"2023-{n % 12 + 1:02}-{n % 28 + 1:02}", attendances=n % 97)
                       for n in range(count)))
        office.wait_records(count)
        rows, said = why(office, "attendances")
        same((len(rows), len(set(keys(rows)))), (count, count))
        same((said["sum"]["value"], said["same"]), (sum(n % 97 for n in range(count)), True))
        same([(row["date"], row["key"]) for row in rows], sorted((row["date"], row["key"]) for row in rows))
        # A list that is asked for without pages is whole or refused, never cut in silence.
        same(len(office.qf("list", "activity", "--where", "org=alpha", "--to", "2023-02", "--json").json["rows"]),
             sum(n % 12 < 2 for n in range(count)))
        check("too large" in office.qf("list", "activity", "--lang", "en", code=64).err)


if __name__ == "__main__":
    run(activities_are_traced_to_their_records, each_rule_of_adding_is_followed, a_reader_is_told_what_it_may_not_see,
        many_records_come_in_pages)
