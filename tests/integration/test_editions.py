#!/usr/bin/python3
"""Periods are closed, reopened and published: what was frozen stays to the byte, what comes
after counts and is said to come after; through kills, rebuilds, restores and trims."""
import hashlib
import json
import os
import subprocess

from support.harness import QF, Office, check, run, same, until

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")


def feed(office, *events, source="alpha"):
    """[(verdict, code)] of each line."""
    said = office.tell(*events, source=source, code=None).lines
    return [(one["verdict"], one.get("code")) for one in said if "verdict" in one]


def held(key, date, attendances=10, org="alpha", **more):
    return {"key": key, "date": date, "org": org, "attendances": attendances, **more}


def cover(month, org="alpha", **figures):
    return {"kind": "period_report", "key": f"{org}/{month}", "date": month, "org": org, **figures}


def shown(office, *words):
    return office.qf("period", "show", *words, "--json").json


def show(office, *words):
    """As bytes: nothing is lost on the way."""
    return office.qf("period", "show", *words).out.encode()


def counted(office, wanted):
    """Until reporting counts so many activities."""
    until(lambda: office.qf("totals", "--json").json["all"]["activities"] == wanted, 20, f"{wanted} activities")


def marchs_figures_are_closed_published_and_corrected():
    with Office(programme=PROGRAMME) as office:
        office.add_source("alpha", "alpha", "feed,read")
        office.add_source("beta", "beta")
        same(feed(office, held("a/1", "2023-03-05", mode="onsite", content=["law", "family"]), held("a/2", "2023-03"),
                  held("a/3", "2023-04-01"), {"kind": "visit", "key": "v/1", "date": "2023-03-09", "org": "alpha",
                                             "site": "S1", "visits": 40}, cover("2023-03", activities=2, attendances=20)),
             [("accepted", None)] * 5)
        counted(office, 3)
        # Nobody is closed over who was not named.
        said = office.qf("period", "close", "2023-03", code=2).err
        check("beta 2023-03" in said and "alpha" not in said, said)
        same(office.qf("period", "list", "--json").json["editions"], [])
        check("not over" in office.qf("period", "close", "2999", "--waive", "beta", code=1).err)
        check("role admin" in office.qf("period", "close", "2023-03", "--waive", "beta", "--as", "alpha", code=77).err)
        office.qf("period", "close", "2023-03", "--waive", "beta", "--by", "desk 3")
        before = show(office, "2023-03", "--data")
        check(b"\nwaived\tbeta\n" in before and b"statement\tvisit\talpha\tv/1" in before, before)
        # What comes after counts, and is said to come after.
        same(feed(office, held("a/4", "2023-03-07"), held("a/5", "2023-04-07"), {**held("a/3", "2023-03-31"), "action": "replace"},
                  {"key": "a/2", "action": "withdraw"}),
             [("accepted", "E151"), ("accepted", None), ("accepted", "E151"), ("accepted", "E151")])
        counted(office, 4)
        path = os.path.join(office.home, "sheet.csv")  # and a clerk reads it beside the row
        with open(path, "w", encoding="utf-8") as file:
            file.write("activity_no,org,date,attendances\nb/1,beta,2023-04-02,5\nb/2,beta,2023-03-02,5\n")
        said = office.qf("feed", path, "--as", "beta", "--lang", "zh")
        check("E151 第3行" in said.out and "不用重报" in said.out and "第2行" not in said.out, said.out)
        counted(office, 6)
        same(feed(office, *({"key": f"b/{n}", "action": "withdraw"} for n in (1, 2)), source="beta"),
             [("accepted", None), ("accepted", "E151")])
        counted(office, 4)
        said = shown(office, "2023-03")
        same([said["then"]["activities"], said["now"]["activities"], said["published"]], [2, 3, False], said)
        office.qf("period", "publish", "2023-03")
        check("already" in office.qf("period", "publish", "2023-03").out)
        same([show(office, "2023-03", "--data"), show(office, "2023-03", "--file", "data")], [before] * 2)
        said = office.qf("period", "changes", "2023-03", "--json").json
        same([said["new"], said["changed"], said["gone"]], [2, 0, 1], said)
        same([(row["key"], bool(row["was"]), bool(row["is"])) for row in said["rows"]],
             [("a/2", True, False), ("a/3", False, True), ("a/4", False, True)])
        check("+1" in office.qf("period", "show", "2023-03").out)
        # The next edition needs a reason, and leaves the first as it is.
        check("reopen" in office.qf("period", "close", "2023-03", "--waive", "beta", code=3).err)
        check("--reason" in office.qf("period", "reopen", "2023-03", code=64).err)
        office.qf("period", "reopen", "2023-03", "--reason", "两场报得晚")
        same(feed(office, held("a/6", "2023-03-08")), [("accepted", None)])
        counted(office, 5)
        office.qf("period", "close", "2023-03", "--waive-missing")
        office.qf("period", "publish", "2023-03")
        same(show(office, "2023-03", "--edition", "1", "--data"), before)
        after = show(office, "2023-03", "--data")
        check(f"\nprevious\t{shown(office, '2023-03', '--edition', '1')['sha256']}\n".encode() in after, after)
        same([(one["edition"], one["published"], one["reason"]) for one in office.qf("period", "list", "--json").json["editions"]],
             [(1, True, "两场报得晚"), (2, True, "")])
        said = office.qf("period", "changes", "2023-03", "--edition", "1", "--to", "2", "--json").json
        same([said["new"], said["gone"]], [3, 1], said)
        # Made again from the journal, and by the oracle: to the byte.
        office.verify()
        office.qf("rebuild")
        same([show(office, "2023-03", "--edition", "1", "--data"), show(office, "2023-03", "--data")], [before, after])
        office.verify()


YEAR = ("report", "year", "--year", "2023", "--base", "2021", "--from", "2022")


def another_commands_verdict_is_not_this_ones():
    """What waits in the office's outbox goes first, and may come back: the close is taken all the same."""
    with Office(programme=PROGRAMME) as office:
        office.add_source("alpha", "alpha")
        partner = office.partner("alpha")
        same([verdict.code for verdict in partner.send([("activity", {"key": "a/1", "date": 20230305, "values": {"org": "alpha", "mode": "walk"}})])], [205])
        door = office.path("run/feed.ipc")
        os.rename(door, door + ".away")
        office.qf("quarantine", "retry", "a/1", "--reason", "too early", code=75)
        os.rename(door + ".away", door)
        said = office.qf("period", "close", "2023-03", "--waive-missing", "--json")
        same((said.json["verdict"], said.err), ("accepted", ""))
        history = office.qf("history", "a/1", "--json").lines
        same([(line["source"], line["code"]) for line in history], [("alpha", "Q205"), ("office", "Q205")], "the retry went with it")


def the_years_report_is_kept_as_it_was_handed_out():
    with Office(programme=PROGRAMME) as office:
        office.add_source("alpha", "alpha", "feed,read")
        years = {2021: 4, 2022: 5, 2023: 6}
        feed(office, *(held(f"{year}/{n}", f"{year}-{n + 1:02d}-10") for year, count in years.items() for n in range(count)),
             held("whole", "2022", 7), held("before", "2020-05-05"))
        counted(office, 17)
        live = office.qf(*YEAR).out
        check("12 activities" in live and "published" not in live, live)
        check("period close 2021..2023" in office.qf(*YEAR, "--edition", "1", code=1).err)
        office.qf("period", "close", "2021..2023", "--waive-missing")
        check("period close 2021..2023" in office.qf(*YEAR, "--edition", "1", code=1).err, "it is not published yet")
        office.qf("period", "publish", "2021..2023")
        check("unchanged since" in office.qf(*YEAR).out)
        printed = office.qf(*YEAR, "--edition", "1").out
        same(printed.splitlines()[0], live.splitlines()[0], "the same sentence")
        same(office.qf("period", "list", "--json").json["editions"][0]["files"].keys(), {"data"}, "nothing is kept so far")
        paths = [os.path.join(office.home, name) for name in ("first.txt", "again.txt", "partner.txt", "first.json")]
        office.qf(*YEAR, "--edition", "1", "--out", paths[0])
        office.qf(*YEAR, "--edition", "1", "--json", "--out", paths[3])
        for key in ("late/1", "late/2"):
            same(feed(office, held(key, "2023-12-30", 100)), [("accepted", "E151")])
        counted(office, 19)
        with open(PROGRAMME, encoding="utf-8") as file:  # the labels and the name of the programme are others by now
            text = file.read().replace("zh: 甲,", "zh: 甲甲,").replace("en: Alpha,", "en: Alfa,")
        with open(os.path.join(office.home, "renamed.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        office.qf("programme", "load", os.path.join(office.home, "renamed.yaml"))
        office.qf(*YEAR, "--edition", "1", "--out", paths[1])
        office.qf(*YEAR, "--edition", "1", "--out", paths[2], "--as", "alpha")  # who may not see it all makes it of what it sees
        first, again, partner = (open(path, "rb").read() for path in paths[:3])
        check(again == first == partner, first.decode(), again.decode(), partner.decode())
        files = office.qf("period", "list", "--json").json["editions"][0]["files"]
        same(set(files), {"data", "year-2023-2021-2022.en.txt", "year-2023-2021-2022.en.json"})
        check("Published (2021..2023, edition 1): 12 activities; now 14 (+2 since)" in office.qf(*YEAR).out, office.qf(*YEAR).out)
        same(office.qf(*YEAR, "--json").json["published"]["activities"], 12)
        same(json.load(open(paths[3], encoding="utf-8"))["range"]["activities"], 12)
        check("one member" in office.qf(*YEAR, "--edition", "1", "--where", "mode=onsite,org=alpha", code=64).err)
        same(office.qf(*YEAR, "--edition", "1", "--format", "html", "--as", "alpha", cwd=office.home).out, "annual-report-2022-2023-edition-1.html\n")
        # What a partner may not see of the data is left out, and not said to be whole.
        office.add_source("beta", "beta", "feed,read")
        seen = show(office, "2021..2023", "--data", "--as", "beta")
        check(b"cell\torg\talpha" not in seen and b"cell\ttotal\tall" in seen, seen)
        check(office.qf("period", "show", "2021..2023", "--file", "year-2023-2021-2022.en.txt", "--as", "beta", code=77).err)
        office.verify()
        office.qf("rebuild")
        same(show(office, "2021..2023", "--file", "year-2023-2021-2022.en.txt"), first)


def years_are_put_together_of_the_editions_of_their_parts():
    with Office(programme=PROGRAMME) as office:
        office.add_source("alpha", "alpha", "feed,read")
        feed(office, *(held(f"{year}/{month}", f"{year}-{month:02d}-10", 10 * month) for year in (2022, 2023) for month in range(1, 13)),
             held("2021/1", "2021-05-05", 7), held("whole", "2022", 1000))
        counted(office, 26)
        office.qf("period", "close", "2021", "--waive-missing")
        for period in ("2022H1", "2022Q3", "2022-10", "2022-11", "2022-12", *(f"2023-{month:02d}" for month in range(1, 13))):
            office.qf("period", "close", period, "--waive-missing")
            if period != "2023-12":
                office.qf("period", "publish", period)
        office.qf("period", "publish", "2021")
        check("nor do several periods together" in office.qf(*YEAR, "--edition", "1", code=1).err, "December is not published")
        office.qf("period", "publish", "2023-12")
        said = office.qf(*YEAR, "--edition", "1", "--json").json
        same([[row["year"], row["activities"], row["attendances"]] for row in said["years"]], [[2021, 1, 7], [2022, 12, 780], [2023, 12, 780]])
        same([part["period"] for part in said["editions"]][:6], ["2021", "2022H1", "2022Q3", "2022-10", "2022-11", "2022-12"])
        same([len(said["editions"]), said["range"]["activities"]], [18, 24])
        same({part["sha256"] for part in said["editions"]}, {hashlib.sha256(show(office, part["period"], "--data")).hexdigest() for part in said["editions"]})
        text = office.qf(*YEAR, "--edition", "1").out
        check("known to the year only" in text and "Put together of 18 published periods" in text and text.count("SHA-256") == 18, text)
        # What comes later stands in the next edition of its month alone; the others are what they were.
        same(feed(office, held("2023/late", "2023-03-20", 500)), [("accepted", "E151")])
        counted(office, 27)
        check("Published (17 periods): 24 activities; now 26 (+2 since)" in office.qf(*YEAR).out, "also the one known to the year only")
        check("nor do several periods together" in office.qf(*YEAR, "--edition", "2", code=1).err, "nothing is published a second time")
        office.qf("period", "reopen", "2023-03", "--reason", "one came late")
        office.qf("period", "close", "2023-03", "--waive-missing")
        office.qf("period", "publish", "2023-03")
        same([office.qf(*YEAR, "--edition", edition, "--json").json["range"]["attendances"] for edition in ("1", "2")], [1560, 2060])
        path = os.path.join(office.home, "year.csv")
        office.qf(*YEAR, "--edition", "2", "--csv", "--out", path)
        check('"2023",13,' in open(path, encoding="utf-8").read())
        same({name for edition in office.qf("period", "list", "--json").json["editions"] for name in edition["files"]}, {"data"},
             "what is of several editions is kept in none")
        office.verify()


VISITS = 2500  # so that the data has several parts


def large_edition(office):
    """Its data, of a month that is closed and not published."""
    office.add_source("alpha", "alpha", "feed,read")
    feed(office, held("a/1", "2023-03-05"), *({"kind": "visit", "key": f"v/{n:05d}", "date": "2023-03-09", "org": "alpha",
                                              "site": "S1", "visits": n} for n in range(VISITS)))
    until(lambda: office.qf("list", "visit", "--limit", "1", "--json").json["all"]["records"] == VISITS, 20, "all are counted")
    office.qf("period", "close", "2023-03", "--waive-missing")
    data = show(office, "2023-03", "--data")
    check(len(data) > 4 * 32768, len(data))
    return data


def is_published(office):
    return office.qf("period", "list", "--json").json["editions"][0]["published"]


def publishing_dies_on_the_way_and_is_gone_on_with():
    with Office(programme=PROGRAMME) as office:
        data = large_edition(office)
        # Somebody sends a part, another one that is none, and the end of what is not whole.
        half = office.partner("office")
        of = {"first": 202303, "last": 202303, "edition": 1, "file": "data"}
        part = {"part": 0, "data": data[:32768]}
        said = half.send([("edition_part", {**of, **part}), ("edition_part", {**of, "part": 2, "data": b"?"}),
                          ("publish", {**of, "parts": 2, "size": 40000, "digest": b"?" * 32})])
        same([(verdict.what, verdict.code) for verdict in said], [("accepted", 0), ("rejected", 161), ("rejected", 161)])
        same(is_published(office), False)
        check("no such file" in office.qf("period", "show", "2023-03", "--file", "data", code=64).err)
        # The program is killed as soon as its parts are in the outbox; nothing is half there, and it goes on.
        outbox = os.path.join(office.path("outbox", "office"), "data.mdb")
        for _ in range(3):
            before = os.stat(outbox).st_mtime_ns
            publishing = subprocess.Popen([QF, "period", "publish", "2023-03", "--dir", office.dir], stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
            until(lambda before=before, publishing=publishing: os.stat(outbox).st_mtime_ns != before or
                  publishing.poll() is not None, 20, "the parts are in the outbox")
            publishing.kill()
            publishing.wait()
            if is_published(office):
                same(show(office, "2023-03", "--file", "data"), data)
            else:
                office.qf("period", "show", "2023-03", "--file", "data", code=64)
        office.kill("ingest")  # and ingest, while the next one sends
        office.qf("period", "publish", "2023-03")
        same([is_published(office), show(office, "2023-03", "--file", "data")], [True, data])
        office.verify()


def an_edition_outlives_kills_backups_and_trims():
    with Office(programme=PROGRAMME) as office:
        data = large_edition(office)
        backup = os.path.join(office.home, "backup")
        office.qf("backup", backup)
        office.qf("period", "publish", "2023-03")
        same(feed(office, held("a/2", "2023-03-06")), [("accepted", "E151")])
        office.kill_all()
        office.start()
        same([show(office, "2023-03", "--data"), show(office, "2023-03", "--file", "data")], [data] * 2)
        # Restored from before it was published: what was said after is sent again from the outboxes.
        office.stop()
        office.qf("restore", backup, "--reason", "the disk died")
        office.start()
        same(show(office, "2023-03", "--data"), data)
        for source in ("office", "alpha"):
            office.qf("feed", "--flush", "--as", source)
        until(lambda: is_published(office), 20, "it is published again")
        counted(office, 2)
        same(show(office, "2023-03", "--file", "data"), data)
        office.verify()
        # Trimmed: the records of the close and of the parts are in the archive.
        archive = backup
        office.qf("backup", archive)
        same(feed(office, held("a/3", "2023-04-06")), [("accepted", None)])
        last = office.qf("backup", archive, "--json").json["position"]
        until(lambda: f"{last}" in open(office.path("journal.backups"), encoding="utf-8").read(), 10, "ingest knows it")
        same(feed(office, held("a/5", "2023-04-07")), [("accepted", None)])
        office.stop()
        office.qf("trim", "--before", str(last), "--archive", archive)
        office.start()
        same([show(office, "2023-03", "--data"), show(office, "2023-03", "--file", "data")], [data] * 2)
        same(feed(office, held("a/4", "2023-03-07")), [("accepted", "E151")])
        counted(office, 5)
        office.qf("rebuild")
        same([show(office, "2023-03", "--data"), show(office, "2023-03", "--file", "data")], [data] * 2)
        said = office.qf("period", "changes", "2023-03", "--archive", archive, "--json").json
        same([said["new"], said["changed"], said["gone"]], [2, 0, 0])
        office.qf("verify", "--archive", archive)
        check(json.loads(office.qf("audit", "--archive", archive, "--json").out)["clean"])


def a_close_names_all_whom_it_does_not_wait_for_or_closes_nothing():
    with Office(programme=PROGRAMME) as office:
        with open(PROGRAMME, encoding="utf-8") as file:
            lines = file.read().split("\n")
        after = next(at for at, line in enumerate(lines) if "code: epsilon," in line) + 1
        silent = [f"x{at:04}" for at in range(1025)]
        lines[after:after] = [f"      - {{code: {code}, zh: {code}, en: {code}, parent: {'gamma' if code == 'x0000' else 'delta'}}}" for code in silent]
        path = os.path.join(office.home, "many.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        office.qf("programme", "load", path)
        desk = office.partner("office")
        desk.hello()
        same({verdict.what for verdict in desk.send([("source", {"name": code, "partner": code, "org": [code], "roles": 1}) for code in silent])}, {"accepted"})
        until(lambda: office.qf("report", "completeness", "--from", "2023-03", "--to", "2023-03", "--json").json["expected"] == len(silent), 60, "all are waited for")
        said = office.qf("period", "close", "2023-03", "--waive-missing", code=1).err
        check("more than 1024 organisations" in said and "--scope" in said, said)
        same(office.qf("period", "list", "--json").json["editions"], [])
        for scope, waived in (("delta", silent[1:]), ("gamma", silent[:1])):
            office.qf("period", "close", "2023-03", "--scope", scope, "--waive-missing")
            same([line.split("\t")[1] for line in show(office, "2023-03", "--scope", scope, "--data").decode().split("\n") if line.startswith("waived\t")], waived)


def an_organisation_moves_and_its_records_belong_where_it_stood():
    with Office(programme=PROGRAMME) as office:
        for source in ("alpha", "beta"):
            office.add_source(source, source, "feed,read")
        with open(PROGRAMME, encoding="utf-8") as file:
            text = file.read()
        moves = text.replace("en: Alpha North, parent: alpha}",
                             "en: Alpha North, parent: alpha, moved: [{from: 2023-03-16, parent: beta}]}")
        check(moves != text)
        path = os.path.join(office.home, "moves.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(moves)
        office.qf("programme", "load", path)
        feed(office, held("n/1", "2023-03-10", org="alpha-north"), held("a/1", "2023-03-20"), held("n/2", "2023-03", org="alpha-north"))
        feed(office, held("n/3", "2023-03-20", org="alpha-north"), held("b/1", "2023-03-01", org="beta"), source="beta")
        counted(office, 5)
        office.qf("period", "close", "2023-03", "--scope", "alpha", "--waive-missing")
        said = shown(office, "2023-03", "--scope", "alpha")
        same([said["then"]["activities"], said["now"]["activities"]], [3, 3], said)
        same(feed(office, held("n/4", "2023-03-11", org="alpha-north")), [("accepted", "E151")])
        same(feed(office, held("n/5", "2023-03-21", org="alpha-north"), held("b/2", "2023-03-02", org="beta"), source="beta"),
             [("accepted", None)] * 2)
        # From one period into another: out of the closed one.
        same(feed(office, {**held("a/1", "2023-04-20"), "action": "replace"}), [("accepted", "E151")])
        counted(office, 8)
        office.qf("period", "publish", "2023-03", "--scope", "alpha")
        check("there is no such edition" in office.qf("period", "show", "2023-03", code=1).err)
        said = office.qf("period", "changes", "2023-03", "--scope", "alpha", "--json").json
        same([(row["key"], bool(row["was"]), bool(row["is"])) for row in said["rows"]], [("a/1", True, False), ("n/4", False, True)])
        check(office.qf("period", "show", "2023-03", "--scope", "alpha", "--as", "beta", code=77).err, "not theirs")
        same(show(office, "2023-03", "--scope", "alpha", "--data", "--as", "alpha"),
             show(office, "2023-03", "--scope", "alpha", "--data"))
        book = os.path.join(office.path("log", "ingest.logbook"))
        for words in ('period-closed period=202303-202303 scope="alpha" edition=1', "edition-published period=202303-202303"):
            until(lambda words=words: words in open(book, encoding="utf-8").read(), 5, f"the logbook has {words}")
        office.verify()


run(marchs_figures_are_closed_published_and_corrected, another_commands_verdict_is_not_this_ones,
    the_years_report_is_kept_as_it_was_handed_out,
    years_are_put_together_of_the_editions_of_their_parts,
    publishing_dies_on_the_way_and_is_gone_on_with, an_edition_outlives_kills_backups_and_trims,
    a_close_names_all_whom_it_does_not_wait_for_or_closes_nothing,
    an_organisation_moves_and_its_records_belong_where_it_stood)
