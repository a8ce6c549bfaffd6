#!/usr/bin/python3
"""The board of qf-report: its files, its panels, and what is pushed to those who watch,
however many, slow or without rights they are."""
import csv
import http.client
import io
import json
import os
import signal
import socket

from support import sample
from support.harness import PATIENCE, SOURCE, Office, check, run, same, until
from support.site import Site, free_port
from support.web import Stream, ask, port_of, with_tokens

BOARD = "/api/v1/board"


def feed(office, seed, org, count, prefix=None):
    rows = list(sample.activities(seed, org, count, prefix=prefix))
    office.partner(org).send([sample.event(row) for row in rows])
    return rows


def told_by_qf(office, *words):
    return office.qf("totals", "--json", *words).json


def panels_say_what_qf_says():
    with Office(http=True) as office:
        port = port_of(office)
        for org in ("alpha", "beta"):
            office.add_source(org, org)
            feed(office, 3, org, 150)
        office.wait_records(300)
        _, headers, said = ask(port, BOARD, year="2023")
        panels = said["panels"]
        same(list(panels), panels["status"]["panels"], "the panels that it says there are")
        check("sites" not in panels, "this programme has no lines")
        year = told_by_qf(office, "--from", "2023", "--to", "2023")
        same({row["code"]: row["value"] for row in panels["headline"]["rows"]},
             {**{name: year["all"][name] for name in ("activities", "attendances")}, "organisations": 2})
        same([(row["last_value"], row["growth_last"]) for row in panels["headline"]["rows"]], [(0, "—")] * 3)
        months = {row["members"][0]: row for row in told_by_qf(office, "--by", "month", "--from", "2023", "--to", "2023")["rows"]}
        for row in panels["months"]["rows"]:
            told = months.get(str(row["month"]), {"activities": 0, "attendances": 0})
            same((row["activities"], row["attendances"]), (told["activities"], told["attendances"]), row)
        orgs = {row["members"][0]: row for row in told_by_qf(office, "--by", "org")["rows"]}
        same({row["org"]: row["activities"] for row in panels["partners"]["rows"]}, {org: row["activities"] for org, row in orgs.items()})
        same(panels["status"]["years"], [2023])
        same(ask(port, BOARD)[2]["panels"]["status"]["year"], 2023, "without a year the last one with data")
        same(ask(port, BOARD, year="2023", headers={"If-None-Match": headers["ETag"]})[0], 304)

        # The activities behind a number, page by page, add up to it.
        where = {"kind": "activity", "where": "org=alpha", "from": "2023-05-01", "to": "2023-05-31"}
        wanted = told_by_qf(office, "--where", "org=alpha", "--from", "2023-05-01", "--to", "2023-05-31")["all"]
        rows, page = [], {}
        while page is not None:
            said = ask(port, "/api/v1/list", limit="4", **where, **page)[2]
            rows += said["rows"]
            page = {"page": said["next"]} if "next" in said else None
        same((len(rows), sum(row["activities"] for row in rows)), (wanted["records"], wanted["activities"]))
        same(len({row["key"] for row in rows}), len(rows), "each once")
        table = list(csv.reader(io.StringIO(ask(port, "/api/v1/list", format="csv", lang="en", **where)[2][1:])))
        same((table[0][:3], table[0][-2:], len(table) - 1), (["date", "fed by", "key"], ["activities", "attendances"], len(rows)))
        for page in ("x", "00", "0" * 400, "zz" * 8):
            check(ask(port, "/api/v1/list", page=page, **where)[0] in (200, 400), page)

        # One organisation with all below it.
        one = ask(port, BOARD, year="2023", org="alpha")[2]["panels"]
        same(one["headline"]["rows"][0]["value"], orgs["alpha"]["activities"])
        same([row["org"] for row in one["status"]["rows"]], ["alpha"])

        # Any two dimensions crossed, and what may be added of them.
        crossed = ask(port, BOARD, year="2023", panel="matrix", cross="org,mode")
        told = {tuple(row["members"]): row["activities"] for row in told_by_qf(office, "--by", "org,mode", "--from", "2023", "--to", "2023")["rows"]}
        same({(row["row"], row["column"]): row["activities"] for row in crossed[2]["rows"]}, told)
        usual = panels["matrix"]
        same((usual["rows_of"], usual["columns_of"], usual["choices"]), ("org", "content", ["org", "content", "mode"]), "one dimension has several values: another fills up, and the longer list is in the rows")
        for words in ("org", "org,org", "org,none", ",org", "a" * 40 + ",org"):
            same(ask(port, BOARD, year="2023", cross=words)[0], 400, words)

        # A table.
        _, headers, said = ask(port, BOARD, year="2023", panel="partners", format="csv", lang="zh")
        check("qingfeng-partners-2023.csv" in headers["Content-Disposition"], headers)
        check(said.startswith("\ufeff"), "Excel wants a BOM")
        table = list(csv.reader(io.StringIO(said[1:])))
        same(table[0][:3], ["单位", "活动（场）", "人次"])
        same({row[0]: int(row[1]) for row in table[1:]}, {"甲": orgs["alpha"]["activities"], "乙": orgs["beta"]["activities"]})
        table = list(csv.reader(io.StringIO(ask(port, "/api/v1/totals", by="org", format="csv", lang="en")[2][1:])))
        same(table[-1][:2], ["total", str(told_by_qf(office)["all"]["activities"])])
        for words in ({"year": "1"}, {"base": "x"}, {"org": "nobody"}, {"org": "a" * 40}, {"format": "csv"}, {"format": "xml"}, {"lang": "fr"}):
            status, _, said = ask(port, BOARD, **words)
            check(status == 400 and said["detail"], words, status, said)
        same(ask(port, BOARD, panel="none")[0], 404)
        office.check_sanitizers()


def what_happens_is_pushed():
    with Office(http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha")
        feed(office, 3, "alpha", 20)
        office.wait_records(20)
        stream = Stream(port, year="2023")
        same(stream.answer.headers["Content-Type"], "text/event-stream; charset=utf-8")
        same(stream.next(), ("hello", {"go_on": False, "bundle": stream_bundle(port)}))
        stream.until(lambda panels: len(panels) == len(panels.get("status", {}).get("panels", "x")), said="all panels come")
        before = stream.panels["headline"]["rows"][0]["value"]
        same({row["today_value"] for row in stream.panels["headline"]["rows"]}, {None}, "today is of another year")
        rows = feed(office, 4, "alpha", 3, prefix="later")
        stream.until(lambda panels: panels["headline"]["rows"][0]["value"] == before + sum(row["sessions"] for row in rows),
                     said="the headline moves")
        stream.until(lambda panels: len(panels["recent"]["rows"]) >= 3, said="what came is told")
        newest = stream.panels["recent"]["rows"][0]
        same((newest["kind"], newest["what"], newest["org"], newest["members"]["org"]), ("activity", "new", "alpha", "alpha"))
        stream.until(lambda panels: panels["status"]["state"] == "ok", said="and that all is counted")
        told = ask(port, BOARD, year="2023")[2]["panels"]
        stream.until(lambda panels: all(panels[name] == told[name] for name in ("headline", "months", "partners")),
                     said="what is pushed is what is answered")

        # Who comes again and missed nothing goes on, also after reporting was started anew.
        office.kill("report")
        check(stream.next() is None or drained(stream), "the stream ends with its server")
        again = until(lambda: came_again(port, stream.last_event_id), 30, "the board is there again")
        same(again.next()[1]["go_on"], True)
        same([again.next()[0], again.next()[0]], ["status", "recent"])
        feed(office, 5, "alpha", 1, prefix="more")
        again.until(lambda panels: "headline" in panels, said="what changes is pushed on")
        again.close()
        missed = Stream(port, last_event_id=stream.last_event_id, year="2023")
        same(missed.next()[1]["go_on"], False, "who missed something gets all anew")
        missed.close()

        # Aggregation hangs: the link lives and says so.
        watching = Stream(port, year="2023")
        kept = until(lambda: tag_of_sound(port), 30, "all is counted")
        office.kill("aggregate", signal.SIGSTOP)
        watching.until(lambda panels: panels.get("status", {}).get("state") == "away", 30, "the board says that counting is away")
        until(lambda: "away" in str(ask(port, BOARD, headers={"If-None-Match": kept}, panel="status")[2]), 10,
              "who has the board of before is told so")
        office.kill("aggregate", signal.SIGCONT)
        watching.until(lambda panels: panels["status"]["state"] == "ok", 30, "and that it is back")
        watching.close()
        office.check_sanitizers()


def tag_of_sound(port):
    """Of the status panel, when it says that all is well."""
    _, headers, panel = ask(port, BOARD, panel="status")
    return panel.get("state") == "ok" and headers["ETag"]


def stream_bundle(port):
    return ask(port, BOARD, panel="status")[2]["bundle"]


def drained(stream):
    while stream.next():
        pass
    return True


def came_again(port, last_event_id):
    try:
        stream = Stream(port, last_event_id=last_event_id, year="2023")
    except (OSError, http.client.HTTPException):
        return None
    if stream.status == 200:
        return stream
    stream.close()
    return None


def memory_of(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def those_who_never_read_cost_little_and_hold_up_nobody():
    with Site(sources={"alpha": "alpha"}) as site:
        port = free_port()
        site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{port}', connections: 160, per_address: 150}}"
        site.configure()
        site.begin()
        site.partner("alpha").send([sample.event(row) for row in sample.activities(7, "alpha", 500)])
        site.wait_records(500)
        pid = site.pids("report")[0]
        readers = [Stream(port, year="2023") for _ in range(30)]
        for stream in readers:
            stream.until(lambda panels: "partners" in panels)
        before = memory_of(pid)
        silent = []
        for _ in range(20):
            line = socket.create_connection(("127.0.0.1", port), timeout=5)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(b"GET /api/v1/live?year=2023 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            silent.append(line)
        try:
            for turn in range(6):
                site.partner("alpha").send([sample.event(row) for row in sample.activities(turn, "alpha", 50, prefix=f"t{turn}")])
                wanted = told_by_qf(site)["all"]["activities"]
                for stream in readers:
                    stream.until(lambda panels, wanted=wanted: panels["partners"]["rows"][0]["activities"] >= wanted, 20, f"turn {turn}")
            check(memory_of(pid) - before < 16 * 1024 * 1024, "memory of those who never read", before, memory_of(pid))
            # One over the limit is told to come back; others are answered.
            more = []
            for _ in range(100):
                more.append(Stream(port, year="2023"))
                if more[-1].status != 200:
                    break
            same((more[-1].status, more[-1].answer.headers["Retry-After"]), (503, "30"))
            same(ask(port, BOARD, panel="headline")[0], 200)
            for stream in more:
                stream.close()
        finally:
            for line in silent:
                line.close()
        # Stopping with all of them connected is an end, not a crash.
        same(site.end("report"), 0, site.log_of("report")[-2000:])
        for stream in readers:
            check(drained(stream))
            stream.close()
        site.check_sanitizers()


def a_token_watches_its_own_as_long_as_it_is_one():
    with Site(sources={"alpha": "alpha", "beta": "beta"}) as site:
        port, made = with_tokens(site, "alpha")
        same([Stream(port, token).status for token in (None, "qft_x", made["metrics"])], [401, 401, 403])
        own, every = Stream(port, made["read"], year="2023"), Stream(port, made["admin"], year="2023")
        for stream in (own, every):
            stream.until(lambda panels: "partners" in panels)
        same({row["org"] for row in every.panels["partners"]["rows"]}, {"alpha", "beta"})
        same({row["org"] for row in own.panels["partners"]["rows"]}, {"alpha"})
        led = [{row["code"]: row["value"] for row in stream.panels["headline"]["rows"]}["organisations"] for stream in (own, every)]
        same(led, [None, 2], "how many led one is not known to who sees some of them")
        check(own.panels["partners"]["restricted"] and not every.panels["partners"]["restricted"], "says that it is not all")
        same([row["org"] for row in own.panels["status"]["rows"]], ["alpha"])
        site.partner("beta").send([sample.event(row) for row in sample.activities(8, "beta", 5, prefix="later")])
        every.until(lambda panels: len(panels["recent"]["rows"]) >= 5, said="beta's are told")
        own.until(lambda panels: panels["status"]["version"] >= every.panels["status"]["version"], said="the other has it too")
        same([row["org"] for row in own.panels["recent"]["rows"] if row["org"] != "alpha"], [], "and hears nothing of beta")
        # Rights that change change what is shown, though no number did.
        tokens = site.path("http.tokens")
        with open(tokens, encoding="utf-8") as file:
            lines = file.readlines()
        tag = ask(port, BOARD, made["read"], year="2023")[1]["ETag"]
        rewrite(tokens, (line.replace("alpha", "beta") for line in lines))
        own.until(lambda panels: {row["org"] for row in panels["partners"]["rows"]} == {"beta"}, said="what it may read now")
        status, headers, said = ask(port, BOARD, made["read"], headers={"If-None-Match": tag}, year="2023", panel="partners")
        same((status, [row["org"] for row in said["rows"]]), (200, ["beta"]))
        rewrite(tokens, (line for line in lines if not line.startswith("read ")))
        check(drained(own), "a token that is taken back ends its stream")
        check(every.next(), "the other goes on")


def rewrite(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)


def a_reader_has_a_share_of_boards():
    with Site(sources={"alpha": "alpha"}) as site:
        port = free_port()
        site.settings["report"].update(http=f"{{listen: 'tcp://127.0.0.1:{port}'}}", reader_ms_per_s=1)
        site.configure()
        site.begin()
        site.partner("alpha").send([sample.event(row) for row in sample.activities(7, "alpha", 500)])
        site.wait_records(500)
        for year in range(1901, 2900):
            status, headers, said = ask(port, BOARD, year=str(year))
            if status != 200:
                break
        check(status in (429, 503) and int(headers["Retry-After"]) > 0 and "share" in said["detail"], year, status, said)
        # Who watches is let in, and has it when the share allows it.
        stream = Stream(port, year="2023")
        stream.until(lambda panels: "partners" in panels, 30)
        stream.close()
        until(lambda: ask(port, BOARD, year=str(year))[0] == 200, 30, "later it is answered")
        site.check_sanitizers()


def files_of_the_board_are_served():
    with Site() as site:
        web, port = site.path("web"), free_port()
        os.makedirs(os.path.join(web, "assets"))
        for name, content in (("index.html", "<!doctype html><title>board</title>"), ("version", "b1\n"), ("secret", "no"),
                              ("assets/board-1a.js", "let a = 1;\n" * 100)):
            with open(os.path.join(web, name), "w", encoding="utf-8") as file:
                file.write(content)
        site.settings["report"]["http"] = f"{{listen: 'tcp://127.0.0.1:{port}', web: '{web}'}}"
        site.configure()
        site.begin()

        def get(path, method="GET", **headers):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10 * PATIENCE)
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            body = answer.read().decode()
            connection.close()
            return answer, body
        page, body = get("/")
        same((page.status, page.headers["Content-Type"], page.headers["Cache-Control"]), (200, "text/html; charset=utf-8", "private, no-cache"))
        check("<title>board" in body and "default-src 'self'" in page.headers["Content-Security-Policy"], body)
        same(get("/", **{"If-None-Match": page.headers["ETag"]})[0].status, 304)
        head, body = get("/assets/board-1a.js", "HEAD")
        same((head.status, body, head.headers["Content-Length"]), (200, "", "1100"))
        check("immutable" in head.headers["Cache-Control"], head.headers)
        for path in ("/secret", "/version", "/assets/../secret", "/assets/%2e%2e/secret", "/..%2fsecret", "/assets", "/web/index.html"):
            same(get(path)[0].status, 404, path)
        same(get("/", "POST")[0].status, 405)
        same(stream_bundle(port), "b1")


def another_programme_has_its_own_board():
    with Office(programme=os.path.join(SOURCE, "deploy/programmes/library.yaml"), http=True) as office:
        port = port_of(office)
        office.add_source("library", "TRL")
        office.qf("feed", os.path.join(SOURCE, "tests/data/timberland-2021-programs.csv"), "--map",
                  os.path.join(SOURCE, "deploy/programmes/library.map.yaml"), "--as", "library")
        office.wait_records(1308)
        panels = ask(port, BOARD)[2]["panels"]
        same(panels["status"]["year"], 2021)
        same([row["value"] for row in panels["headline"]["rows"]][:2], [2195, 28527], "the published figures")
        same((panels["matrix"]["rows_of"], panels["matrix"]["columns_of"]), ("category", "age_group"))
        check("sites" not in panels and not panels["status"]["in_person"], list(panels))
        told = {tuple(row["members"]): row["activities"] for row in told_by_qf(office, "--by", "category,age_group")["rows"]}
        same({(row["row"], row["column"]): row["activities"] for row in panels["matrix"]["rows"]}, told)
        table = ask(port, BOARD, panel="matrix", format="csv", lang="zh")[2]
        check(table.splitlines()[0].startswith('\ufeff"类别","年龄段"'), table.splitlines()[0])


KINDS = [
    {"kind": "survey_wave", "key": "W1", "date": "2023-06-01", "org": "alpha", "wave": "W1", "issued": 1200, "valid": 1000},
    *({"kind": "survey_result", "key": f"W1/alpha/{rate}/all", "date": "2023-06-30", "org": "alpha", "wave": "W1", "base": "all",
       "rate_kind": rate, "k": k, "n": 1000} for rate, k in (("awareness", 965), ("participation", 941), ("satisfaction", 983))),
    {"kind": "broadcast", "key": "live/1", "date": "2023-05-06", "org": "alpha", "views": 10240, "peak": 1200},
    {"kind": "broadcast", "key": "live/2", "date": "2023-06-10", "org": "alpha", "views": 9000, "peak": 900},
    {"kind": "checkpoint", "key": "2023/alpha/X1", "date": "2023-03-01", "org": "alpha", "checkpoint": "X1"},
    {"kind": "finding", "key": "2023/alpha/1", "date": "2023-03-02", "org": "alpha", "finding_kind": "hollow", "due": "2023-04-01"},
    {"kind": "finding", "key": "2023/alpha/2", "date": "2023-03-02", "org": "alpha", "finding_kind": "hollow", "due": "2023-04-01",
     "verified": "2023-03-30"},
    {"kind": "assignment", "key": "M01/alpha/2023", "date": "2023", "org": "alpha", "initiative": "M01", "target_activities": 10},
    {"kind": "progress", "key": "M01/alpha/2023", "date": "2023-12-01", "org": "alpha", "initiative": "M01", "done": True, "percent": 100},
    {"kind": "period_report", "key": "alpha/2023-05", "date": "2023-05", "org": "alpha", "activities": 3, "attendances": 70},
    {"kind": "period_report", "key": "alpha/2023-06", "date": "2023-06", "org": "alpha", "activities": 0, "attendances": 0, "zero": True},
]


def the_plan_counts_what_qf_report_plan_does():
    with Office(programme=os.path.join(SOURCE, "tests/data/reports-programme.yaml"), http=True) as office:
        port = port_of(office)
        office.add_source("town-a", "town-a")
        of = {"org": "town-a", "date": "2023-05-06", "sessions": 2, "initiative": ["M01"]}
        events = [{"kind": "assignment", "key": "M01/town-a/2023", "date": "2023", "org": "town-a", "initiative": "M01", "target_activities": 10},
                  {**of, "key": "1", "channel": "offline", "attendances": 30}, {**of, "key": "2", "channel": "online", "attendances": 5},
                  {**of, "key": "3", "channel": "offline", "initiative": ["M02"]}]
        office.qf("feed", "-", "--as", "town-a", stdin="".join(json.dumps(event) + "\n" for event in events))
        office.wait_records(3)
        until(lambda: office.qf("list", "assignment", "--json").json["all"]["records"], 20, "the assignment stands")
        told = [row for row in office.qf("report", "plan", "--year", "2023", "--json").json["rows"] if row["level"] == "initiative"]
        wanted = [("M01", 4, 35), ("M02", 2, None), ("M03", 0, 0)]
        same([(row["code"], row["activities"], row["attendances"]) for row in told][:3], wanted)
        said = ask(port, BOARD, year="2023", panel="plan")[2]["rows"]
        same([(row["initiative"], row["activities"], row["attendances"]) for row in said][:3], wanted, "of all channels, and what is not known is not 0")
        # Of a year that is not over, up to today.
        today = ask(port, BOARD)[2]["panels"]["status"]["today"]
        year = str(today // 10000)
        office.qf("feed", "-", "--as", "town-a", stdin="".join(json.dumps({**of, "key": f"now/{date}", "date": date}) + "\n" for date in (year, f"{year}-01-01")))
        office.wait_records(5)
        told = [row for row in office.qf("report", "plan", "--year", year, "--json").json["rows"] if row["level"] == "initiative"]
        panel = ask(port, BOARD, year=year, panel="plan")[2]
        over = today % 10000 == 1231
        same([told[0]["activities"], panel["rows"][0]["activities"], panel.get("undated_excluded", False)], [2 + 2 * over, 2 + 2 * over, not over])


def what_is_declared_is_shown_as_qf_reports_it():
    with Office(programme=os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha")
        lines = "".join(json.dumps(event) + "\n" for event in KINDS)
        same(json.loads(office.qf("feed", "-", "--as", "alpha", "--json", stdin=lines).out.splitlines()[-1])["taken"], len(KINDS))
        until(lambda: ask(port, BOARD, year="2023", panel="completeness")[2]["received"] == 2, 20, "the last of them stands")
        panels = ask(port, BOARD, year="2023")[2]["panels"]

        card = office.qf("report", "scorecard", "--year", "2023", "--json").json
        same(panels["rates"]["rows"], card["rates"])
        told = {name: card["broadcasts"][name] for name in ("holds", "above", "records", "least")}
        same({name: panels["broadcasts"][name] for name in told}, told)
        same([row["key"] for row in panels["broadcasts"]["rows"]], [row["key"] for row in card["broadcasts"]["breaks"]])
        same((panels["broadcasts"]["views"], panels["broadcasts"]["peak"]), (19240, 1200))

        told = office.qf("report", "oversight", "--asof", "2023-12-31", "--json").json
        same(panels["oversight"]["rows"], told["rows"])
        same({name: panels["oversight"][name] for name in told["all"]}, told["all"])

        told = office.qf("report", "completeness", "--from", "2023-01", "--to", "2023-12", "--json").json
        for name in ("expected", "received", "beside", "zero", "differing"):
            same(panels["completeness"][name], told[name], name)
        same([(row["org"], row["month"], row["received"], [row["declared_activities"], row["declared_attendances"]], row["differs"])
              for row in panels["completeness"]["rows"]],
             [(row["org"], row["month"], row["received"], row["declared"], row["differs"]) for row in told["rows"]])

        other = ask(port, BOARD, year="2023", org="beta")[2]["panels"]["completeness"]
        same((other["expected"], other["rows"]), (0, []), "alpha's sheets are not missed of beta")
        today = ask(port, BOARD, panel="status")[2]["today"]
        now = ask(port, BOARD, year=str(today // 10000), panel="completeness")[2]
        same(now["expected"], today // 100 % 100 - 1, "a month is due when it is over")

        row = next(row for row in panels["plan"]["rows"] if row["initiative"] == "M01")
        same((row["assigned"], row["target_activities"], row["done"]), (1, 10, 1))
        told = [row for row in office.qf("report", "plan", "--year", "2023", "--asof", "2023-12-31", "--json").json["rows"] if row["level"] == "initiative"]
        same([(row["initiative"], row["state"], row["target_activities"]) for row in panels["plan"]["rows"]],
             [(row["code"], row["state"], row["target_activities"]) for row in told])
        same({row["code"]: row["value"] for row in panels["headline"]["rows"]},
             {"activities": 0, "attendances": 0, "organisations": 0, "views": 19240})
        for kind, words in (("broadcast", {"by": "month"}), ("survey_result", {"by": "rate_kind,wave"})):
            told = office.qf("totals", "--kind", kind, "--json", "--by", words["by"]).json
            said = ask(port, "/api/v1/declared", kind=kind, **words)[2]
            same({name: said[name] for name in ("by", "rows", "all", "notes")}, {name: told[name] for name in ("by", "rows", "all", "notes")})
        same(ask(port, "/api/v1/list", kind="finding")[2]["rows"], office.qf("list", "finding", "--json").json["rows"])
        below = ask(port, "/api/v1/list", kind="finding", key="2023")[2]["rows"]
        same(below, office.qf("list", "finding", "--key", "2023", "--json").json["rows"])
        same([row["key"] for row in below], [row["key"] for row in ask(port, "/api/v1/list", kind="finding")[2]["rows"] if row["key"].startswith("2023/")])
        same([len(ask(port, "/api/v1/list", kind="finding", key=key)[2]["rows"]) for key in (below[0]["key"], "202", "2023/", "x")], [1, 0, 0, 0], "whole parts of keys only")
        same(ask(port, "/api/v1/list", kind="finding", key="k" * 97)[0], 400)
        same(ask(port, "/api/v1/declared", kind="broadcast", measure="sum:peak")[0], 400, "peaks are never added")
        table = list(csv.reader(io.StringIO(ask(port, "/api/v1/list", kind="finding", format="csv", lang="zh")[2][1:])))
        same((table[0][0], table[1][0], len(table)), ("日期", "2023-03-02", 3))
        for panel in panels["status"]["panels"]:
            same(ask(port, BOARD, year="2023", panel=panel, format="csv", lang="en")[0], 200, panel)


def what_is_not_known_is_not_none():
    with Office(programme=os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha")
        of = {"org": "alpha"}
        events = [{"kind": "activity", "key": "a", "date": "2022-05-06", "attendances": 7, **of}, {"kind": "broadcast", "key": "v", "date": "2022-05-06", "views": 5, **of},
                  {"kind": "activity", "key": "c", "date": "2021-05-06", "site": "S2", "content": "law", "sessions": 2, **of},
                  {"kind": "activity", "key": "d", "date": "2021-05-07", "site": "S2", "content": "law", "attendances": 9, **of},
                  {"kind": "activity", "key": "b", "date": "2023-05-06", **of}, {"kind": "broadcast", "key": "w", "date": "2023-05-06", **of}]
        office.qf("feed", "-", "--as", "alpha", stdin="".join(json.dumps(event) + "\n" for event in events))
        office.wait_records(4)
        panels = until(lambda: next((said for said in [ask(port, BOARD, year="2023")[2]["panels"]] if said["broadcasts"]["has_data"]), None), 20, "the broadcast")
        rows = {row["code"]: row for row in panels["headline"]["rows"]}
        for code, before in (("attendances", 7), ("views", 5)):
            same([rows[code][name] for name in ("value", "unknown", "last_value", "growth_last")], [None, 1, before, None], code)
        may = panels["months"]["rows"][4]
        same((may["activities"], may["attendances"], may["last_attendances"]), (1, None, 7))
        same((panels["months"]["rows"][5]["attendances"], panels["partners"]["rows"][0]["attendances"]), (0, None))
        # Beside a sum stands of how many it is not.
        sums = {"activities": 3, "attendances": 9, "activities_unknown": 2}
        panels = ask(port, BOARD, year="2021")[2]["panels"]
        cell = next(row for row in panels["matrix"]["rows"] if "law" in (row["row"], row["column"]))
        for row in (panels["months"]["rows"][4], cell, panels["sites"]["rows"][1]):
            same({name: row[name] for name in sums}, sums)
        for panel in ("months", "matrix", "sites"):
            table = list(csv.DictReader(io.StringIO(ask(port, BOARD, year="2021", panel=panel, format="csv", lang="en")[2][1:])))
            same(max(int(line["attendance not known"]) for line in table), 2, panel)
        after = ask(port, BOARD, year="2022")[2]["panels"]
        same([after["months"]["rows"][4]["last_activities_unknown"], after["partners"]["rows"][0]["last_activities_unknown"]], [2, 2])


def what_is_dated_today_stands_beside_the_year():
    with Office(programme=os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha")
        today = ask(port, BOARD)[2]["panels"]["status"]["today"]
        dates = [f"{today // 10000}-{today // 100 % 100:02}-{today % 100:02}", f"{today // 10000}-01-01"]
        events = [{"kind": "activity", "key": date + key, "date": date, "org": "alpha", "attendances": attendances}
                  for date, key, attendances in ((dates[0], "a", 7), (dates[0], "b", 5), (dates[1], "c", 3))]
        office.qf("feed", "-", "--as", "alpha", stdin="".join(json.dumps(event) + "\n" for event in events))
        office.wait_records(3)
        rows = until(lambda: next((rows for rows in [ask(port, BOARD)[2]["panels"]["headline"]["rows"]] if rows[0]["value"] == 3), None), 20, "all three")
        first = today % 10000 == 101
        same({row["code"]: (row["value"], row["today_value"]) for row in rows if row["code"] in ("activities", "attendances", "organisations")},
             {"activities": (3, 3 if first else 2), "attendances": (15, 15 if first else 12), "organisations": (1, None)})


def a_year_that_is_not_over_is_compared_with_the_same_days():
    with Office(programme=os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha")
        today = ask(port, BOARD)[2]["panels"]["status"]["today"]
        upto = 0 if today % 10000 == 1231 else today
        dates = [f"{today // 10000}-01-01", f"{today // 10000 - 1}-01-01", f"{today // 10000 - 1}-12-31"]
        office.qf("feed", "-", "--as", "alpha", stdin="".join(
            json.dumps({"kind": "activity", "key": date, "date": date, "org": "alpha", "attendances": 5}) + "\n" for date in dates))
        office.wait_records(3)
        panels = until(lambda: next((said for said in [ask(port, BOARD)[2]["panels"]] if said["partners"]["rows"]), None), 20, "they stand")
        before = 1 if upto else 2
        same(panels["headline"]["rows"][0]["last_value"], before)
        same([(row["activities"], row["last_activities"], row["last_attendances"]) for row in panels["partners"]["rows"]], [(1, before, 5 * before)])
        same([panels[name]["same_days_upto"] for name in ("headline", "partners")], [upto] * 2)
        said = f" (to {upto // 100 % 100}-{upto % 100:02})" if upto else ""
        for panel, head in (("headline", "last year"), ("partners", "activities, last year")):
            check(head + said in next(csv.reader(io.StringIO(ask(port, BOARD, panel=panel, format="csv", lang="en")[2][1:]))), panel)


def what_is_known_to_the_year_only_is_told():
    with Office(programme=os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), http=True) as office:
        port = port_of(office)
        office.add_source("alpha", "alpha")
        today = ask(port, BOARD)[2]["panels"]["status"]["today"]
        year = today // 10000
        of = {"date": str(year), "org": "alpha", "site": "S2"}
        events = [{"kind": "activity", "key": "now", "content": "law", "attendances": 5, **of}, {"kind": "activity", "key": "first", "attendances": 5, **of, "date": f"{year}-01-01"},
                  {"kind": "activity", "key": "before", "attendances": 5, **of, "date": str(year - 1)},
                  {"kind": "visit", "key": "v", "visits": 7, **of}, {"kind": "broadcast", "key": "b", "views": 9, "date": str(year), "org": "alpha"}]
        office.qf("feed", "-", "--as", "alpha", stdin="".join(json.dumps(event) + "\n" for event in events))
        office.wait_records(3)
        past = until(lambda: next((said for said in [ask(port, BOARD, year=str(year - 1))[2]["panels"]] if said["partners"]["rows"]), None), 20, "they stand")
        same(past["months"]["undated"], {"month": None, "activities": 1, "attendances": 5, "activities_unknown": 0, "last_activities": 0, "last_attendances": 0, "last_activities_unknown": 0})
        lines = list(csv.reader(io.StringIO(ask(port, BOARD, year=str(year - 1), panel="months", format="csv", lang="en")[2][1:])))
        same((lines[-1][0], [sum(int(line[at]) for line in lines[1:]) for at in (1, 2, 3)]), ("year only", [1, 5, 0]), "the lines add up to the year")
        same((past["headline"]["rows"][0]["value"], "undated_excluded" in past["headline"]), (1, False))
        # It may be of a day that is still to come, unless the year is at its last: no panel of the year counts it, and each says so.
        running = ask(port, BOARD, year=str(year))[2]["panels"]
        over = int(today % 10000 == 1231)
        same([running[name].get("undated_excluded", False) for name in ("headline", "months", "partners", "matrix", "sites", "broadcasts")], [not over] * 6)
        headline = {row["code"]: row["value"] for row in running["headline"]["rows"]}
        months, sites = running["months"], running["sites"]["rows"]
        same((headline["activities"], headline.get("views", 0), headline.get("visits", 0)), (1 + over, 9 * over, 7 * over))
        same([sum(row["activities"] for row in (*months["rows"], months["undated"])), running["matrix"]["all"], sum(row["activities"] for row in sites)], [1 + over] * 3)
        same([sum(row["visits"] or 0 for row in sites), running["broadcasts"]["views"] or 0], [7 * over, 9 * over])
        same([months["undated"][name] for name in ("activities", "last_activities")], [over, 1])
        # The year's sentence counts it in the year, and not where it compares.
        said = office.qf("report", "year", "--year", str(year), "--base", str(year - 1), "--json").json
        same((said["range"]["activities"], "dated to a month or year alone" in said["sentence"]), (2, not over))


def a_map_has_so_many_sites_and_says_how_many_there_are():
    with Office(programme=os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), http=True) as office:
        port = port_of(office)
        with open(os.path.join(SOURCE, "tests/data/kinds-programme.yaml"), encoding="utf-8") as file:
            lines = file.read().split("\n")
        after = next(i for i, line in enumerate(lines) if "code: S2," in line) + 1
        lines[after:after] = [f"      - {{code: X{n:04d}, zh: 点{n}, en: Site {n}, groups: [site_category=R]}}" for n in range(1198)]
        rewrite(office.path("many.yaml"), "\n".join(lines))
        office.qf("programme", "load", office.path("many.yaml"))
        office.add_source("alpha", "alpha")
        of = {"date": "2023-05-06", "org": "alpha"}
        events = [{"kind": "activity", "key": "a", "site": "X0997", "attendances": 7, **of}, {"kind": "activity", "key": "b", "site": "X0998", **of},
                  {"kind": "visit", "key": "v", "site": "S2", "visits": 5, **of}]
        office.qf("feed", "-", "--as", "alpha", stdin="".join(json.dumps(event) + "\n" for event in events))
        office.wait_records(2)
        panel = until(lambda: next((said for said in [ask(port, BOARD, year="2023", panel="sites")[2]] if said["rows"][1]["visits"]), None), 20, "the visit")
        same((panel["count"], len(panel["rows"])), (1200, 1000))
        same([row for row in panel["rows"] if row["activities"] or row["visits"]],
             [{"site": "S2", "line": "L", "activities": 0, "attendances": 0, "activities_unknown": 0, "visits": 5},
              {"site": "X0997", "line": "R", "activities": 1, "attendances": 7, "activities_unknown": 0, "visits": None}])


run(panels_say_what_qf_says, what_is_not_known_is_not_none, what_is_dated_today_stands_beside_the_year, a_year_that_is_not_over_is_compared_with_the_same_days, what_is_known_to_the_year_only_is_told, a_map_has_so_many_sites_and_says_how_many_there_are, the_plan_counts_what_qf_report_plan_does, what_is_declared_is_shown_as_qf_reports_it, what_happens_is_pushed, those_who_never_read_cost_little_and_hold_up_nobody,
    a_token_watches_its_own_as_long_as_it_is_one, a_reader_has_a_share_of_boards, files_of_the_board_are_served, another_programme_has_its_own_board)
