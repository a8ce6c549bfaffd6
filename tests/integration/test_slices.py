#!/usr/bin/python3
"""What takes qf-report long by HTTP holds up nobody: while a large answer or a view of the board is made, small
questions are answered, one after the other; and what is made in slices is true of one moment all the same."""
import csv
import http.client
import io
import json
import os
import select
import threading

from support import sample
from support.harness import PATIENCE, SOURCE, Office, check, run, same
from support.web import ask, port_of

KINDS = os.path.join(SOURCE, "tests/data/kinds-programme.yaml")
RECORDS = 20000
LEAST = 3  # small answers before a large one; when it was made in one piece there was one at most
LIST = "/api/v1/list?kind=activity&"


def sample_event(row, number):
    """At one of a thousand sites, so that there are many groups."""
    fields = {"key": row["activity_no"], "date": row["date"], "sessions": row["sessions"],
              "values": {"org": row["org"], "site": f"X{number * 7919 % 1198:04d}"}}
    return "activity", {**fields, **({"attendances": row["attendances"]} if row["attendances"] is not None else {})}


def feed(office, count, prefix):
    rows = list(sample.activities(5, "alpha", count, prefix=prefix))
    partner = office.partner("alpha")
    for at in range(0, count, 1000):
        partner.send([sample_event(row, at + i) for i, row in enumerate(rows[at:at + 1000])])
    return rows


def with_sites(office):
    """An installation whose programme has 1,200 sites; its port."""
    with open(KINDS, encoding="utf-8") as file:
        lines = file.read().split("\n")
    after = next(i for i, line in enumerate(lines) if "code: S2," in line) + 1
    lines[after:after] = [f"      - {{code: X{n:04d}, zh: 点{n}, en: Site {n}, groups: [site_category=R]}}" for n in range(1198)]
    with open(office.path("many.yaml"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    office.qf("programme", "load", office.path("many.yaml"))
    office.add_source("alpha", "alpha")
    return port_of(office)


class Large:
    """A question whose answer is not waited for."""

    def __init__(self, port, path):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60 * PATIENCE)
        self.connection.request("GET", path)

    def has_begun(self):
        return bool(select.select([self.connection.sock], [], [], 0)[0])

    def read(self):
        answer = self.connection.getresponse()
        body = answer.read().decode()
        self.connection.close()
        same(answer.status, 200, body[:200])
        return body


def small_ones_before(port, large):
    """How many small answers there are before the first byte of the large one."""
    small = http.client.HTTPConnection("127.0.0.1", port, timeout=20 * PATIENCE)
    count = 0
    while not large.has_begun():
        small.request("GET", "/api/v1/totals?by=org")
        answer = small.getresponse()
        check(answer.status == 200 and answer.read(), answer.status)
        count += 1
    small.close()
    return count


def small_ones_are_answered_in_between():
    with Office(programme=KINDS, http=True) as office:
        port = with_sites(office)
        rows = feed(office, RECORDS, "many")
        office.wait_records(RECORDS)
        sessions = sum(row["sessions"] for row in rows)

        large = Large(port, LIST + "format=csv&lang=en")
        check(small_ones_before(port, large) >= LEAST, "a list as a table")
        table = list(csv.reader(io.StringIO(large.read()[1:])))
        same((len(table) - 1, sum(int(row[-2]) for row in table[1:])), (RECORDS, sessions))

        large = Large(port, LIST + "limit=10000")
        check(small_ones_before(port, large) >= LEAST, "a list in JSON")
        page = json.loads(large.read())
        following = json.loads(Large(port, f"{LIST}limit=10000&page={page['next']}").read())
        same((len(page["rows"]), len(following["rows"]), "next" in following), (10000, 10000, False))
        same(len({row["key"] for row in page["rows"] + following["rows"]}), RECORDS)

        large = Large(port, "/api/v1/totals?by=site,month")
        check(small_ones_before(port, large) >= LEAST, "totals")
        told = json.loads(large.read())
        same((sum(row["activities"] for row in told["rows"]), told["all"]["activities"]), (sessions, sessions))
        same(told["rows"], office.qf("totals", "--by", "site,month", "--json").json["rows"])

        large = Large(port, "/api/v1/board?year=2023&base=2022&org=alpha")
        check(small_ones_before(port, large) >= LEAST, "a view of the board")
        panels = json.loads(large.read())["panels"]
        same(list(panels), panels["status"]["panels"])

        # More at a time than there are places for: each has its turn.
        many = [Large(port, f"{LIST}limit={9000 + i}") for i in range(12)]
        for i, each in enumerate(many):
            same(len(json.loads(each.read())["rows"]), 9000 + i)
        # Who leaves before his answer is made is no harm to others.
        for _ in range(6):
            Large(port, LIST + "format=csv").connection.close()
        same(ask(port, "/api/v1/totals")[2]["all"]["records"], RECORDS)
        # Stopped while answers are made.
        waiting = [Large(port, LIST + "format=csv") for _ in range(3)]
        office.stop()
        for each in waiting:
            each.connection.close()
        office.check_sanitizers()


def what_is_made_in_slices_is_of_one_moment():
    with Office(programme=KINDS, http=True) as office:
        port = with_sites(office)
        feed(office, RECORDS // 2, "first")
        office.wait_records(RECORDS // 2)
        feeding = threading.Thread(target=feed, args=(office, RECORDS // 2, "later"))
        feeding.start()
        looked = 0
        while feeding.is_alive() or not looked:
            # Each limit is another question: nothing is kept of it.
            panels = ask(port, "/api/v1/board", year="2023", base=str(2000 + looked % 20))[2].get("panels")
            if panels:  # else the reader had his share
                headline = panels["headline"]["rows"][0]["value"]
                months = panels["months"]
                same(sum(row["activities"] for row in (*months["rows"], months.get("undated", {"activities": 0}))), headline)
                same(sum(row["activities"] for row in panels["partners"]["rows"]), headline)
            said = ask(port, "/api/v1/totals", by="site")[2]
            if "rows" in said:
                same(sum(row["records"] for row in said["rows"]), said["all"]["records"])
            looked += 1
        feeding.join()
        office.wait_records(RECORDS)
        check(looked > 1, looked)
        office.check_sanitizers()


def what_cannot_be_asked_says_why():
    with Office(programme=KINDS, http=True) as office:
        port = with_sites(office)
        for words in ({"by": "a,b,c,d,e"}, {"by": "a" * 40}, {"where": "org=" + "a" * 200}, {"by": "org,mode,channel"}):
            status, _, said = ask(port, "/api/v1/totals", **words)
            check(status == 400 and said["detail"], words, status, said)
        # A body is not waited for, also where the answer takes its time.
        feed(office, 5000, "some")
        office.wait_records(5000)
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20 * PATIENCE)
        line.request("GET", LIST + "limit=5000", body=b"x" * 10)
        same(len(json.loads(line.getresponse().read())["rows"]), 5000)
        line.close()
        office.check_sanitizers()


run(small_ones_are_answered_in_between, what_is_made_in_slices_is_of_one_moment, what_cannot_be_asked_says_why)
