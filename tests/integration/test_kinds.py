#!/usr/bin/python3
"""Declared kinds from the event a partner feeds to the number somebody reads: live
broadcasts and visits to sites, by the rules that the table of kinds gives them."""
import csv
import io
import os
import urllib.parse
import urllib.request

from support.harness import Office, check, run, same, until
from support.partner import ANSWER_S
from support.web import port_of

PROGRAMME = os.path.join(os.environ["QF_SOURCE"], "tests/data/kinds-programme.yaml")


def kinds_office(**how):
    return Office(programme=PROGRAMME, **how)


def feed(office, *events, code=0, source="alpha"):
    """Lines of JSON by `qf feed -`; gives the summary, with what was said of each line as "lines"."""
    said = office.tell(*events, source=source, code=code).lines
    return {**said[-1], "lines": said[:-1]}


def broadcast(key, date, views=None, **more):
    event = {"kind": "broadcast", "key": key, "date": date, "org": "alpha", **more}
    return event if views is None else {**event, "views": views}


def visit(key, date, visits, site, **more):
    return {"kind": "visit", "key": key, "date": date, "org": "alpha", "site": site, "visits": visits, **more}


def totals(office, kind, *words):
    return office.qf("totals", "--kind", kind, "--json", *words).json


def wait_listed(office, kind, count):
    until(lambda: office.qf("list", kind, "--json").json["all"]["records"] == count, 20, f"{count} of {kind} stand")


SESSIONS = (broadcast("live/1", "2023-05-06", 10240, viewers=7000, peak=1200, replay_views=300, start="19:30",
                      minutes=45, title="清风微课堂 一"),
            broadcast("live/2", "2023-06-10", 11873, viewers=9100, peak=1900),
            broadcast("live/3", "2024-01-20", 12506, viewers=8000, peak=900, replay_views=50))


def every_figure_of_a_broadcast_is_its_own():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        said = feed(office, *SESSIONS)
        same(said["taken"], 3, said)
        wait_listed(office, "broadcast", 3)
        every = totals(office, "broadcast")["all"]
        same(every["broadcasts"]["value"], 3)
        same(every["views"], {"value": 34619, "known": 3, "unknown": 0})
        same(every["replay_views"], {"value": 350, "known": 2, "unknown": 1}, "what is not known is not 0")
        same(every["peak"]["value"], 1900, "the largest")
        same(every["viewers"], None, "different people are not added")
        year = {row["members"][0]: row for row in totals(office, "broadcast", "--by", "year")["rows"]}
        same([year["2023"]["views"]["value"], year["2024"]["viewers"]["value"]], [22113, 8000],
             "one broadcast alone has its viewers")

        # What may not be added is refused with a sentence, and what to ask for.
        for measure, word in (("sum:peak", "max:peak"), ("sum:viewers", "max:viewers"), ("viewers", "max:viewers")):
            refused = office.qf("totals", "--kind", "broadcast", "--measure", measure, "--lang", "en", code=64)
            check(word in refused.err and "never added" in refused.err, refused.err)
        asked = totals(office, "broadcast", "--measure", "max:viewers,min:views")["all"]
        same([asked["max:viewers"]["value"], asked["min:views"]["value"]], [9100, 10240])
        check("views" not in office.qf("totals", "--json").json["all"], "nothing of it is an activity")
        same(office.qf("totals", "--json").json["all"]["activities"], 0)
        table = office.qf("totals", "--kind", "broadcast", "--by", "month", "--lang", "zh").out
        check("10,240" in table and "从不相加" in table and "—" in table, table)
        office.verify()


def the_claim_names_the_session_that_breaks_it():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        feed(office, *SESSIONS)
        wait_listed(office, "broadcast", 3)
        claim = ("claim", "broadcast", "views>10000", "--json")
        holds = office.qf(*claim).json
        same([holds["holds"], holds["least"]["key"], holds["least"]["views"]], [True, "live/1", 10240], holds)
        # 10,000 is not above 10,000.
        feed(office, {**SESSIONS[0], "action": "replace", "views": 10000, "viewers": 6000, "reason": "platform's export"})
        until(lambda: totals(office, "broadcast")["all"]["views"]["value"] == 34379, 20, "the correction counts")
        broken = office.qf(*claim, code=1).json
        same([broken["holds"], [row["key"] for row in broken["breaks"]]], [False, ["live/1"]], broken)
        same(office.qf("claim", "broadcast", "views>=10000").code, 0)
        same(office.qf("claim", "broadcast", "views>10000", "--limit", "0", code=64).out, "", "a claim is about all of them")
        check("live/1" in office.qf("claim", "broadcast", "views>10000", "--lang", "zh", code=1).out, "it is named")
        # One whose views nobody knows leaves it open.
        feed(office, broadcast("live/4", "2024-02-01"))
        wait_listed(office, "broadcast", 4)
        opened = office.qf("claim", "broadcast", "views>100", "--json", code=1).json
        same([opened["holds"], opened["breaks"], [row["key"] for row in opened["unknown"]]], [False, [], ["live/4"]])
        same(office.qf("claim", "broadcast", "views>100", "--to", "2023").code, 0)
        office.verify()


def statements_of_a_kind_are_judged_as_all_are():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        feed(office, visit("S1/1", "2023-05-06", 35, "S1", groups=1), visit("S1/2", "2023-05-06", 10, "S1"),
             visit("S2/1", "2023-07-01", 50, "S2", groups=2))
        # Keys of each kind are apart: an activity and a broadcast may have the same.
        feed(office, {"kind": "activity", "key": "S1/1", "date": "2023-05-06", "org": "alpha", "attendances": 7},
             broadcast("S1/1", "2023-05-06", 20000))
        same(feed(office, visit("S1/1", "2023-05-06", 35, "S1", groups=1))["duplicates"], 1)
        same(feed(office, visit("S1/1", "2023-05-06", 36, "S1", groups=1), code=3)["lines"][0]["code"], "E141")
        feed(office, {"kind": "visit", "key": "S1/2", "action": "withdraw", "reason": "never took place"})
        until(lambda: totals(office, "visit")["all"]["visits"]["value"] == 85, 20, "the withdrawal counts")
        moved = visit("S2/1", "2024-07-01", 60, "S1", action="replace", reason="wrong site and year")
        feed(office, moved)
        until(lambda: totals(office, "visit")["all"]["visits"]["value"] == 95, 20, "the correction counts")
        by_site = {row["members"][0]: row["visits"]["value"] for row in totals(office, "visit", "--by", "site")["rows"]}
        same(by_site, {"S1": 95})
        by_category = totals(office, "visit", "--by", "site_category,year")["rows"]
        same({tuple(row["members"]): row["visits"]["value"] for row in by_category},
             {("R", "2023"): 35, ("R", "2024"): 60})
        same(totals(office, "visit", "--where", "site_category=L")["all"]["visits"]["value"], None)

        # What is wrong is named, by the same codes.
        wrong = {"visits": (visit("w/1", "2023-05-06", 20001, "S1"), "E101"),
                 "date": (visit("w/2", "2999-05-06", 1, "S1"), "E106"),
                 "site": ({"kind": "visit", "key": "w/3", "date": "2023-05-06", "org": "alpha", "visits": 1}, "E109"),
                 "org": ({**visit("w/4", "2023-05-06", 1, "S1"), "org": "beta"}, "E103"),
                 "viewers": (broadcast("w/5", "2023-05-06", 10, viewers=11), "E115"),
                 "none": ({"kind": "visit", "key": "w/6", "date": "2023-05-06", "org": "alpha", "site": "S1"}, "E109")}
        for field, (event, code) in wrong.items():
            said = feed(office, event, code=2)["lines"]
            same([line.get("code") for line in said], [code], field, said)
        counted = office.verify()
        same(len(counted.declared.of("visit")), 2)
        same(counted.total()[1:3], (1, 7))


def counts_survive_restarts_and_are_made_anew():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        feed(office, *SESSIONS, *(visit(f"v/{n}", f"2023-{n % 12 + 1:02d}-15", n, "S1") for n in range(1, 300)))
        wait_listed(office, "visit", 299)
        before = totals(office, "visit", "--by", "month")["rows"]
        office.kill("aggregate")
        office.kill("report")
        office.wait_ready()
        wait_listed(office, "visit", 299)
        feed(office, visit("v/1", "2023-02-15", 1001, "S2", action="replace", reason="more came"))
        until(lambda: totals(office, "visit", "--where", "site=S2")["all"]["visits"]["value"] == 1001, 20, "S2 counts")
        feed(office, visit("v/1", "2023-02-15", 1, "S1", action="replace", reason="no"))
        until(lambda: totals(office, "visit", "--by", "month")["rows"] == before, 20, "as before")
        office.verify()
        check(office.qf("rebuild", "--json").json["rebuilt"], "rebuilt")
        until(lambda: totals(office, "visit", "--by", "month")["rows"] == before, 30, "the same, made anew")
        office.verify()
        said = office.qf("verify", "--json").json
        same([said["clean"], said["declared"]], [True, 302], said)


def rights_hold_for_lists():
    with kinds_office() as office:
        check("0" in office.qf("report", "findings", "--lang", "en").out, "a cohort of none is one")
        check("finding_kind, org and cycle" in office.qf("report", "findings", "--by", "nothing", "--lang", "en", code=64).err, "what there is")
        office.add_source("alpha", "alpha", "feed,read")
        office.add_source("beta", "beta", "feed,read")
        feed(office, *SESSIONS)
        feed(office, {**broadcast("b/1", "2023-05-06", 5), "org": "beta"}, source="beta")
        wait_listed(office, "broadcast", 4)
        mine = office.qf("list", "broadcast", "--json", "--as", "beta").json
        same([row["key"] for row in mine["rows"]], ["b/1"])
        check("restricted" in mine["notes"], mine["notes"])
        claim = ("claim", "broadcast", "views>1", "--as", "beta")
        same((office.qf(*claim, "--json").json["records"], office.qf(*claim, "--json").json["notes"]), (1, ["restricted"]))
        check("what it does not see may be there" in office.qf(*claim, "--lang", "en").out, "it was not held against those of others")
        same(totals(office, "broadcast", "--as", "beta")["all"]["broadcasts"]["value"], 4, "the total is of all")
        refused = office.qf("list", "broadcast", "--where", "org=alpha", "--as", "beta", code=77)
        check("may not read" in refused.err, refused.err)
        refused = office.qf("list", "picnic", "--lang", "en", code=64)
        check("qf kinds" in refused.err, refused.err)


def write(office, name, text):
    path = os.path.join(office.home, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def clerks_tables_need_no_map():
    """Headers of both languages from the table of kinds; what is returned names the column and the text."""
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        streams = write(office, "streams.csv", "\ufeff操作,直播编号,主办单位,开播时间,名称,观看人次,观看人数,最高在线,回放人次,备注\r\n"
                        "新增,直播-01,甲,2023-05-06 19:30,微课堂一,\"10,240\",7000,１２００,,\r\n"
                        "新增,直播-02,甲,2023年6月10日,微课堂二,11873人次,,,50,\r\n"
                        "新增,直播-03,甲,2023-07-01,微课堂三,约2万,,,,\r\n"
                        "新增,直播-04,甲,2023-07-02,微课堂四,100,101,,,\r\n")
        said = office.qf("feed", streams, "--kind", "broadcast", "--as", "alpha", "--lang", "zh", "--json", code=2).json
        same([said["rows"], said["taken"], said["returned"]], [4, 2, 2], said)
        wait_listed(office, "broadcast", 2)
        every = totals(office, "broadcast")["all"]
        same([every["views"]["value"], every["peak"]["value"], every["replay_views"]["value"]], [22113, 1200, 50])
        with open(os.path.join(office.home, "streams_退回.csv"), encoding="utf-8-sig") as file:
            returned = file.read()
        check("约2万" in returned and "直播-04" in returned and "直播-01" not in returned, returned)

        # Visits have no numbers of their own: place, date and batch are their key, also when one is withdrawn.
        visits = write(office, "visits.csv", "action,site,org,date,visit_no,groups,visits\n"
                       "create,Site one,alpha,2023-05-06,1,1,35\ncreate,S1,alpha,2023-05-06,2,,10\n"
                       "create,S2,alpha,2023-05-06,,2,50\n")
        same(office.qf("feed", visits, "--kind", "visit", "--as", "alpha", "--json").json["taken"], 3)
        wait_listed(office, "visit", 3)
        same(sorted(row["key"] for row in office.qf("list", "visit", "--json").json["rows"]),
             ["S1/2023-05-06/1", "S1/2023-05-06/2", "S2/2023-05-06/1"])
        gone = write(office, "gone.csv", "操作,研学点,单位,日期,批次,团组数,人次,更正原因\n撤回,一号点,甲,2023-05-06,2,,,取消\n"
                     "更正,S1,甲,2023-05-06,1,1,36,点错\n")
        same(office.qf("feed", gone, "--kind", "visit", "--as", "alpha", "--json").json["taken"], 2)
        until(lambda: totals(office, "visit")["all"]["visits"]["value"] == 86, 20, "withdrawn and corrected")
        check("qf kinds" in office.qf("feed", gone, "--kind", "picnic", "--as", "alpha", "--lang", "en", code=64).err, "")
        office.verify()


def result(wave, org, rate, k, n, base="all", date="2023-11-30"):
    return {"kind": "survey_result", "key": f"{wave}/{org}/{rate}/{base}", "date": date, "org": org, "wave": wave, "rate_kind": rate,
            "base": base, "k": k, "n": n}


def rates_pool_only_within_one_question():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        feed(office, {"kind": "survey_wave", "key": "W1", "date": "2023-11-01", "org": "alpha", "wave": "W1",
                      "until": "2023-11-30", "issued": 1100, "valid": 1000, "title": "示例调查"},
             result("W1", "alpha", "awareness", 965, 1000), result("W1", "alpha", "satisfaction", 580, 590),
             result("W1", "alpha-north", "satisfaction", 403, 410), result("W2", "alpha", "satisfaction", 49, 50),
             result("W1", "alpha", "satisfaction", 90, 100, base="aware"))
        wait_listed(office, "survey_result", 5)
        share = ("totals", "--kind", "survey_result", "--measure", "share")
        refused = office.qf(*share, "--lang", "en", code=64)
        check("within one rate_kind base wave" in refused.err, refused.err)
        noted = ("totals", "--kind", "survey_result")
        check('"share" is combined only within one "' in office.qf(*noted, "--lang", "en").out, office.qf(*noted, "--lang", "en").out)
        check("“share”只能在同一个“" in office.qf(*noted, "--lang", "zh").out and "--by rate_kind" in office.qf(*noted).out)
        refused = office.qf(*share, "--where", "rate_kind=satisfaction", code=64)  # two waves, two bases
        one = ("--where", "rate_kind=satisfaction,wave=W1,base=all")
        pooled = office.qf(*share, *one, "--json").json["all"]["share"]
        same(pooled, {"value": 983, "of": 1000, "unknown": 0})
        check("98.3% (983/1,000)" in office.qf(*share, *one).out, "k and n stand beside the rate")
        same(office.qf("claim", "survey_result", "share>98%", *one).code, 0)
        # 49/50 is 98.0 %, and not over 98 %.
        of_w2 = ("--where", "rate_kind=satisfaction,wave=W2")
        same(office.qf("claim", "survey_result", "share>98%", *of_w2, "--json", code=1).json,
             {"holds": False, "k": 49, "n": 50, "unknown": 0, "notes": []})
        same(office.qf("claim", "survey_result", "share>=98%", *of_w2, "--lang", "en").out,
             "true: share 98.0% (49/50) >=98% (0 not known)\n", "98 is not above 98, and not said to be")
        rows = {tuple(row["members"]): row["share"]
                for row in office.qf(*share, "--by", "rate_kind,base", "--where", "wave=W1", "--json").json["rows"]}
        same(rows["awareness", "all"], {"value": 965, "of": 1000, "unknown": 0})
        same([line.get("code") for line in feed(office, result("W2", "alpha", "awareness", 51, 50), code=2)["lines"]],
             ["E115"])
        same([line.get("code") for line in feed(office, result("W2", "alpha", "awareness", 0, 0), code=2)["lines"]],
             ["E101"])
        # What is apart is not of activities: no cells, no rows, and no name for them.
        said = feed(office, {"kind": "activity", "key": "a", "date": "2023-05-06", "org": "alpha", "rate_kind": "awareness"},
                    code=2)
        check(said["lines"], said)
        check("no members" in office.qf("totals", "--by", "rate_kind", "--lang", "en", code=64).err, "asked of activities")
        same({key[0] for key in office.verify().cells()}, set())


def figures_of_a_kind_are_a_file_of_csv():
    """By qf and by HTTP alike: what is not known is empty and no 0, a rate its two numbers."""
    with kinds_office(http=True) as office:
        office.add_source("alpha", "alpha")
        feed(office, *SESSIONS, broadcast("live/4", "2025-01-20"), result("W1", "alpha", "awareness", 965, 1000),
             result("W1", "alpha", "satisfaction", 580, 590))
        wait_listed(office, "broadcast", 4)
        wait_listed(office, "survey_result", 2)

        def cells(kind, by, measures):
            words = {"kind": kind, "by": by, "measure": measures}
            file = office.qf("totals", "--csv", *(word for name, value in words.items() for word in (f"--{name}", value)), "--lang", "en").out
            with urllib.request.urlopen(f"http://127.0.0.1:{port_of(office)}/api/v1/declared?" + urllib.parse.urlencode(
                    {**words, "format": "csv", "lang": "en"}), timeout=ANSWER_S) as answer:
                same(answer.read().decode().replace("\r\n", "\n"), file, "by HTTP")
            return list(csv.reader(io.StringIO(file.removeprefix("\ufeff"))))
        head, *rows = cells("broadcast", "year", "views,replay_views,peak")
        same(len(head), 4, head)
        same(rows, [["2023", "22113", "300", "1900"], ["2024", "12506", "50", "900"], ["2025", "", "", ""], ["total", "34619", "350", "1900"]], head)
        head, *rows = cells("survey_result", "rate_kind,base", "share")
        same([head[2].endswith(" k"), head[3]], [True, "n"], head)
        same([row[2:] for row in rows], [["965", "1000"], ["580", "590"], ["—", ""]], rows)


def stocks_are_values_at_a_date_and_scores_are_exact():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        agreement = {"kind": "agreement", "org": "alpha", "five_co": ["C1", "C5"]}
        feed(office, {**agreement, "key": "x/1", "date": "2022-03-01", "until": "2023-06-30"},
             {**agreement, "key": "x/2", "date": "2023-05-01", "five_co": ["C1"]},
             {**agreement, "key": "x/3", "date": "2023-09-01", "until": "2024-08-31"})
        wait_listed(office, "agreement", 3)
        in_force = ("totals", "--kind", "agreement", "--measure", "in_force", "--json")
        same([office.qf(*in_force, "--to", day).json["all"]["in_force"]["value"]
              for day in ("2022-12-31", "2023-06-30", "2023-07-01", "2023-12-31", "2024-09-01")], [1, 2, 1, 2, 1])
        check("never added over time" in office.qf(*in_force[:-1], "--lang", "en", code=64).err, "without a date")
        check("never added over time" in office.qf(*in_force[:-1], "--by", "month", "--to", "2023", "--lang", "en",
                                                   code=64).err, "by month")
        by = office.qf(*in_force, "--by", "five_co", "--to", "2023-12-31").json
        same({row["members"][0]: row["in_force"]["value"] for row in by["rows"]}, {"C1": 2, "C5": 1})
        check("not_additive five_co" in by["notes"], by["notes"])
        # Ended early: the correction says until when; yesterday's stock stays what it was.
        feed(office, {**agreement, "key": "x/3", "date": "2023-09-01", "until": "2023-10-31", "action": "replace",
                      "reason": "ended early"})
        until(lambda: office.qf(*in_force, "--to", "2023-12-31").json["all"]["in_force"]["value"] == 1, 20, "ended")
        same(office.qf(*in_force, "--to", "2023-10-31").json["all"]["in_force"]["value"], 2)

        score = {"kind": "score", "org": "alpha", "most": 60, "date": "2023"}
        feed(office, {**score, "key": "2023/I1", "indicator": "I1", "points": "52.125"},
             {**score, "key": "2023/I2", "indicator": "I2", "points": 40.005, "most": "40.5"},
             {**score, "key": "2024/I1", "indicator": "I1", "points": 59, "date": "2024"})
        wait_listed(office, "score", 3)
        year = office.qf("totals", "--kind", "score", "--by", "org,year").out
        check("92.13" in year and "100.5" in year, year)  # 52.125 + 40.005, exactly
        check("within one year org" in office.qf("totals", "--kind", "score", "--measure", "points", "--lang", "en",
                                                 code=64).err, "scores of two years")
        same([line["code"] for line in feed(office, {**score, "key": "2023/I9", "indicator": "I1", "points": "60.001"},
                                            code=2)["lines"]], ["E115"])

        cover = {"kind": "period_report", "org": "alpha", "zero": False, "complete": True}
        feed(office, {**cover, "key": "alpha/2023-05", "date": "2023-05", "activities": 3, "attendances": 360},
             {**cover, "key": "alpha/2023-06", "date": "2023-06", "activities": 0, "attendances": 0, "zero": "是"})
        wait_listed(office, "period_report", 2)
        sheets = office.qf("totals", "--kind", "period_report", "--json").json["all"]
        same([sheets[name]["value"] for name in ("reports", "activities", "attendances", "zero", "complete")],
             [2, 3, 360, 1, 2])
        office.verify()


def oversight_plan_and_works_are_kept():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        finding = {"kind": "finding", "org": "alpha", "finding_kind": "hollow", "due": "2023-06-30"}
        feed(office, {**finding, "key": "2023/alpha/1", "date": "2023-05-01", "rectified": "2023-06-01", "verified": "2023-06-20"},
             {**finding, "key": "2023/alpha/2", "date": "2023-05-10", "rectified": "2023-06-20"},
             {**finding, "key": "2023/alpha/3", "date": "2023-06-25", "finding_kind": "generic"})
        wait_listed(office, "finding", 3)
        found = ("totals", "--kind", "finding", "--json", "--to")
        # On the day it is verified it is open no more.
        same([[office.qf(*found, day).json["all"][name]["value"] for name in ("open", "unrectified")]
              for day in ("2023-05-31", "2023-06-19", "2023-06-20", "2023-06-30")], [[2, 2], [2, 1], [1, 0], [2, 1]])
        same([line["code"] for line in
              feed(office, {**finding, "key": "w", "date": "2023-07-01"}, code=2)["lines"]], ["E101"], "due before raised")
        # The next step replaces the finding; the flow of May does not change.
        feed(office, {**finding, "key": "2023/alpha/2", "date": "2023-05-10", "rectified": "2023-06-20", "verified": "2023-06-28",
                      "action": "replace", "reason": "verified"})
        until(lambda: office.qf(*found, "2023-06-30").json["all"]["open"]["value"] == 1, 20, "verified")
        same({row["members"][0]: row["raised"]["value"]
              for row in office.qf("totals", "--kind", "finding", "--by", "month", "--json").json["rows"]},
             {"202305": 2, "202306": 1})

        feed(office, {"kind": "checkpoint", "key": "2023/alpha/X1", "date": "2023-04-01", "org": "alpha", "checkpoint": "X1",
                      "issues": 2},
             {"kind": "checkpoint", "key": "2023/alpha/D1", "date": "2023-05-01", "org": "alpha", "checkpoint": "D1"})
        ahead = {"kind": "assignment", "key": "M01/alpha/2999", "date": "2998", "org": "alpha", "initiative": "M01",
                 "target_activities": 12, "target_attendances": 1500, "due": "2998-12-31"}
        feed(office, ahead, {**ahead, "key": "M02/alpha/2998", "initiative": "M02", "target_activities": 6})
        feed(office, {"kind": "progress", "key": "M01/alpha/2023", "date": "2023-06-30", "org": "alpha", "initiative": "M01",
                      "percent": 50, "done": False},
             {"kind": "progress", "key": "M02/alpha/2023", "date": "2023-06-30", "org": "alpha", "initiative": "M02",
              "percent": 100, "done": True},
             {"kind": "highlight", "key": "alpha/1", "date": "2023-06-30", "org": "alpha", "title": "一个亮点"},
             {"kind": "site_works", "key": "S1/1", "date": "2023-01-10", "org": "alpha", "site": "S1", "done": "2023-03-01"},
             {"kind": "site_works", "key": "S2/1", "date": "2023-02-10", "org": "alpha", "site": "S2"})
        for kind in ("checkpoint", "assignment", "progress", "site_works"):
            wait_listed(office, kind, 2)
        targets = totals(office, "assignment", "--by", "initiative")
        same({row["members"][0]: row["target_activities"]["value"] for row in targets["rows"]}, {"M01": 12, "M02": 6})
        same(targets["all"]["target_attendances"]["value"], 3000)
        done = totals(office, "progress")["all"]
        same([done["done"]["value"], done["initiatives"]["value"], done["percent"]], [1, 2, None], "percents are not averaged")
        same([totals(office, "site_works", "--to", day)["all"]["under_way"]["value"]
              for day in ("2023-02-28", "2023-03-01", "2023-12-31")], [2, 1, 1])
        same([totals(office, "checkpoint")["all"][name] for name in ("done", "issues")],
             [{"value": 2, "known": 2, "unknown": 0}, {"value": 2, "known": 1, "unknown": 1}])
        office.verify()


def routine_checks_stand_beside_the_ten_and_assessments_go_through_steps():
    with kinds_office() as office:
        office.add_source("alpha", "alpha")
        check_of = {"kind": "routine_check", "org": "alpha", "focus": ["literacy", "theory"]}
        step = {"kind": "assessment", "key": "2023/alpha", "date": "2023", "org": "alpha"}
        feed(office, {**check_of, "key": "alpha/1", "date": "2023-03-02", "issues": 2},
             {**check_of, "key": "alpha/2", "date": "2023-05-02", "focus": ["theory"]},
             {"kind": "checkpoint", "key": "2023/alpha/X1", "date": "2023-05-01", "org": "alpha", "checkpoint": "X1",
              "focus": ["theory"]}, step)
        wait_listed(office, "routine_check", 2)
        focus = {row["members"][0]: row["checks"]["value"] for row in totals(office, "routine_check", "--by", "focus")["rows"]}
        same([focus, totals(office, "routine_check")["all"]["checks"]["value"]], [{"literacy": 1, "theory": 2}, 2],
             "rows of several focuses do not add up to the total")
        same(office.qf("report", "oversight", "--asof", "2023-12-31", "--json").json["rows"][0]["done"], 1, "they are none of the ten")
        for field, day in (("scored", "2024-02-01"), ("published", "2024-04-01")):
            step = {**step, "action": "replace", "reason": "next step", field: day}
            feed(office, step)
        until(lambda: totals(office, "assessment", "--to", "2024-04-01")["all"]["unpublished"]["value"] == 0, 20, "published")
        same([[totals(office, "assessment", "--to", day)["all"][name]["value"] for name in ("unscored", "unpublished")]
              for day in ("2023-12-31", "2024-02-01", "2024-03-31", "2024-04-01")], [[1, 1], [0, 1], [0, 1], [0, 0]])
        # A step before the first one is not taken.
        same(feed(office, {**step, "key": "2023/x", "scored": "2022-01-01"}, code=2)["lines"][0]["code"], "E101")
        office.verify()


if __name__ == "__main__":
    run(routine_checks_stand_beside_the_ten_and_assessments_go_through_steps, oversight_plan_and_works_are_kept, rates_pool_only_within_one_question, figures_of_a_kind_are_a_file_of_csv, stocks_are_values_at_a_date_and_scores_are_exact,
        clerks_tables_need_no_map, every_figure_of_a_broadcast_is_its_own, the_claim_names_the_session_that_breaks_it,
        statements_of_a_kind_are_judged_as_all_are, counts_survive_restarts_and_are_made_anew, rights_hold_for_lists)
